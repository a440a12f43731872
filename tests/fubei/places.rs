//! Where requests go, and who signs them.

use super::*;
use crate::common::{E_ARGUMENT, E_REJECTED, REFUNDED, REVERSED};

#[test]
fn every_generation_and_level_pays_asks_reverses_and_gives_back() {
    for way in WAYS_IN {
        let shop = shop_at(way);
        let till = shop.till();
        let [paid, undone] = [(); 2].map(|()| shop.sale(Scenario::PasswordPaid));
        for sale in [&paid, &undone] {
            assert_eq!(pay(&shop, &till, sale).status(), OK, "{way:?}");
        }
        let queried = till.query(&paid.out_trade_no);
        assert_eq!(queried.status(), OK, "{way:?}: {queried:?}");
        assert_eq!(queried.get("gateway").as_deref(), Some("fubei"));
        let reversed = till.reverse(&undone.out_trade_no);
        assert_eq!(reversed.status(), REVERSED, "{way:?}: {reversed:?}");
        let back = Request::refund(&paid.out_trade_no, "R1", FEE, FEE);
        till.refund(&back);
        while till.refund_query("R1").status() != REFUNDED {
            common::pause(5);
        }
        for sale in [&paid, &undone] {
            assert_eq!(shop.simulator.net_charged(&sale.out_trade_no), 0, "{way:?}");
        }
        // Who signs in the name of others says for whom; who signs for himself need not.
        let merchant_id = shop.simulator.settings().fubei.accounts[0].merchant_id;
        let order = shop.order(&paid).unwrap();
        assert_eq!(order.mch_id, merchant_id.to_string(), "{way:?}");
    }
}

#[test]
fn a_service_provider_acts_for_the_merchant_that_the_request_names() {
    let way = (FubeiApi::V2, FubeiLevel::Vendor);
    let mut settings = settings(way.0, way.1, FubeiForms::default());
    // Another merchant of the same service provider.
    let mut other = settings.fubei.accounts[0].clone();
    other.merchant_id = 1_227_399;
    other.app_id = "20161219113441561999".to_owned();
    other.store_ids = vec![25_300];
    settings.fubei.accounts.push(other);
    let shop = Shop::with(settings);
    let till = shop.till();
    let sale = shop.sale(Scenario::AnswerLost);
    let outcome = till.micropay(&sale.request().with("sub_mch_id", "1227399"));
    assert_eq!(outcome.status(), OK, "{outcome:?}");
    shop.agrees(&sale, &outcome);
    assert_eq!(shop.order(&sale).unwrap().mch_id, "1227399");
    // The journal knows whose it is when it is reversed.
    assert_eq!(till.reverse(&sale.out_trade_no).status(), REVERSED);
    assert_eq!(shop.simulator.net_charged(&sale.out_trade_no), 0);

    let merchants = shop_at(WAYS_IN[0]);
    let sale = merchants.sale(Scenario::Paid);
    let refused = merchants
        .till()
        .micropay(&sale.request().with("sub_mch_id", "1227399"));
    assert_eq!(refused.status(), E_ARGUMENT, "{refused:?}");
    assert_eq!(refused.get("field").as_deref(), Some("sub_mch_id"));
    assert_eq!(merchants.count(&sale, Operation::Micropay), 0);
}

#[test]
fn the_whole_address_is_a_matter_of_configuration() {
    let shop = shop_at((FubeiApi::V2, FubeiLevel::Merchant));
    let till = shop.till_with("/gateway/agent\"", "/gateway/cate\"");
    let sale = shop.sale(Scenario::PasswordNever);
    assert_eq!(pay(&shop, &till, &sale).status(), REVERSED);
    let requests = shop.simulator.requests();
    assert!(requests.len() > 3, "{requests:?}");
    for request in &requests {
        assert_eq!(request.path, "/gateway/cate", "{request:?}");
    }
}

#[test]
fn a_generation_at_the_other_ones_address_is_refused_and_told_what_to_look_at() {
    let shop = shop();
    let till = shop.till_with("/gateway\"", "/gateway/agent\"");
    let sale = shop.sale(Scenario::Paid);
    let outcome = pay(&shop, &till, &sale);
    assert_eq!(outcome.status(), E_REJECTED, "{outcome:?}");
    assert!(outcome.has_code("1008"), "{outcome:?}");
    assert!(outcome.message().contains("api and url"), "{outcome:?}");
    assert_eq!(shop.count(&sale, Operation::Reverse), 0);
}

#[test]
fn a_secret_that_is_not_the_accounts_is_refused_and_told() {
    let shop = shop();
    let till = shop.till_with(
        "secret = { file =",
        "secret = \"00000000000000000000000000000000\" # { file =",
    );
    let sale = shop.sale(Scenario::Paid);
    let outcome = pay(&shop, &till, &sale);
    assert_eq!(outcome.status(), E_REJECTED, "{outcome:?}");
    assert!(outcome.message().contains("check secret"), "{outcome:?}");
}

#[test]
fn a_merchant_with_several_stores_names_one_in_the_configuration_or_the_request() {
    let mut settings = settings(FubeiApi::V1, FubeiLevel::Merchant, FubeiForms::default());
    settings.fubei.accounts[0].store_ids = vec![25_249, 25_251];
    let shop = Shop::with(settings);
    let first = shop.sale(Scenario::Paid);
    let outcome = pay(&shop, &shop.till(), &first);
    assert_eq!(outcome.get_int("store_id"), Some(25_249), "{outcome:?}");
    let second = shop.sale(Scenario::Paid);
    let outcome = shop
        .till()
        .micropay(&second.request().with("store_id", "25251"));
    assert_eq!(outcome.get_int("store_id"), Some(25_251), "{outcome:?}");
    shop.agrees(&second, &outcome);
    let nobody = shop.till_with("store_id = \"25249\"\n", "");
    let third = shop.sale(Scenario::Paid);
    let refused = pay(&shop, &nobody, &third);
    assert_eq!(refused.status(), E_REJECTED, "{refused:?}");
    assert!(refused.has_code("402"), "{refused:?}");
}

#[test]
fn the_self_test_finds_everything_in_order_and_says_that_no_certificate_is_needed() {
    for way in WAYS_IN {
        let outcome = shop_at(way).till().check();
        assert_eq!(outcome.status(), OK, "{way:?}: {outcome:?}");
        let checks = outcome.json()["checks"].as_array().cloned().unwrap();
        let message = |name: &str| {
            let check = checks.iter().find(|check| check["check"] == name);
            check.unwrap_or_else(|| panic!("{name}: {outcome:?}"))["message"].clone()
        };
        assert_eq!(message("client_certificate"), "none is needed");
        assert_eq!(
            message("credentials"),
            "the gateway accepts the credentials"
        );
    }
}
