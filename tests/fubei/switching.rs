//! A till moves from WeChat's own interface to Fubei and back by its configuration, with one journal.

use super::*;
use crate::common::{REVERSED, UNKNOWN};
use wxpay_simulator::{Fault, FaultKind};

/// The same shop's configuration for APIv2, with the same journal.
fn of_wechat(shop: &Shop) -> String {
    let config = shop.config();
    let merchant = shop.simulator.merchant();
    let file = |name: &str| format!("{:?}", shop.folder.path().join(name));
    let hosts: Vec<_> = shop
        .simulator
        .hosts()
        .iter()
        .map(|host| format!("{host:?}"))
        .collect();
    let section = format!(
        "[wechat_v2]\nappid = \"{}\"\nmch_id = \"{}\"\napi_key = {{ file = {} }}\n\
         sign_type = \"HMAC-SHA256\"\nclient_certificate = {{ p12 = {} }}\nhosts = [{}]\n\n",
        merchant.appid,
        merchant.mch_id,
        file("api_key.txt"),
        file("apiclient_cert.p12"),
        hosts.join(", "),
    );
    let start = config.find("[fubei]").expect("it is Fubei's");
    let end = config.find("[policy]").expect("it has a policy");
    let config = format!("{}{section}{}", &config[..start], &config[end..]);
    config.replace("gateway = \"fubei\"", "gateway = \"wechat-v2\"")
}

/// Nothing answers after the charge.
fn left_in_doubt(shop: &Shop, till: &Client) -> Sale {
    for operation in [Operation::Orderquery, Operation::Reverse] {
        shop.simulator
            .fault(Fault::always(operation, FaultKind::DropBefore));
    }
    let sale = shop.sale(Scenario::PasswordNever);
    let outcome = pay(shop, till, &sale);
    assert_eq!(outcome.status(), UNKNOWN, "{outcome:?}");
    shop.simulator.clear_faults();
    sale
}

#[test]
fn a_till_moves_to_fubei_and_back_and_each_gateways_sales_are_settled_by_it() {
    let shop = shop();
    let (wechat, fubei) = (of_wechat(&shop), shop.config());
    let open = |config: &str| Client::open_toml(config).expect("it opens");

    // The very same requests, whatever the configuration says.
    let till = open(&wechat);
    let first = shop.sale(Scenario::Paid);
    let paid = pay(&shop, &till, &first);
    assert_eq!(
        (paid.status(), paid.get("gateway").as_deref()),
        (OK, Some("wechat-v2"))
    );
    let in_doubt = left_in_doubt(&shop, &till);
    let asked = shop.operations(&in_doubt);
    drop(till);

    let till = open(&fubei);
    let second = sale_of(&shop, Channel::Alipay, Scenario::Paid);
    let paid = pay(&shop, &till, &second);
    assert_eq!(
        (paid.status(), paid.get("gateway").as_deref()),
        (OK, Some("fubei"))
    );
    let in_doubt_too = left_in_doubt(&shop, &till);
    // What is WeChat's to settle is left to it.
    let recovered = till.recover();
    assert_eq!(recovered.status(), OK, "{recovered:?}");
    assert_eq!(listed(&recovered), [in_doubt_too.out_trade_no.as_str()]);
    assert_eq!(shop.operations(&in_doubt), asked);
    assert_eq!(
        pay(&shop, &till, &second).get_int("replayed"),
        Some(1),
        "its own sale is known again"
    );
    drop(till);

    let till = open(&wechat);
    let recovered = till.recover();
    assert_eq!(recovered.status(), OK, "{recovered:?}");
    assert_eq!(listed(&recovered), [in_doubt.out_trade_no.as_str()]);
    let again = pay(&shop, &till, &first);
    assert_eq!((again.status(), again.get_int("replayed")), (OK, Some(1)));
    for sale in [&in_doubt, &in_doubt_too] {
        assert_eq!(shop.simulator.net_charged(&sale.out_trade_no), 0);
    }
    for sale in [&first, &second] {
        assert_eq!(shop.simulator.net_charged(&sale.out_trade_no), FEE);
    }
}

fn listed(recovered: &Outcome) -> Vec<String> {
    let orders = recovered.json()["orders"].as_array().cloned().unwrap();
    let numbers = orders.iter().map(|order| order["out_trade_no"].as_str());
    numbers.map(|number| number.unwrap().to_owned()).collect()
}

#[test]
fn a_merchants_sales_under_1_0_are_settled_under_2_0_and_the_other_way_round() {
    let shop = shop();
    let first = shop.config();
    let second = first
        .replace("api = \"1.0\"", "api = \"2.0\"")
        .replace("/gateway\"", "/gateway/agent\"");
    assert_ne!(first, second);
    for (from, to) in [(&first, &second), (&second, &first)] {
        let till = Client::open_toml(from).unwrap();
        let paid = shop.sale(Scenario::Paid);
        assert_eq!(pay(&shop, &till, &paid).status(), OK);
        let in_doubt = left_in_doubt(&shop, &till);
        let back = Request::refund(
            &paid.out_trade_no,
            &format!("{}-R", paid.out_trade_no),
            FEE,
            300,
        );
        shop.simulator
            .fault(Fault::once(Operation::Refund, FaultKind::DropAfter));
        let refunded = till.refund(&back);
        assert!(refunded.status() > 0, "{refunded:?}");
        drop(till);

        let till = Client::open_toml(to).unwrap();
        let recovered = till.recover();
        assert_eq!(recovered.status(), OK, "{recovered:?}");
        let settled = till.query(&in_doubt.out_trade_no);
        assert_eq!(settled.status(), REVERSED, "{settled:?}");
        shop.agrees(&in_doubt, &settled);
        let again = till.refund(&back);
        assert_eq!(again.get_int("replayed"), Some(1), "{again:?}");
        assert_eq!(
            shop.simulator.net_charged(&paid.out_trade_no),
            FEE - 300,
            "{again:?}"
        );
        assert_eq!(shop.count(&paid, Operation::Refund), 1);
    }
}
