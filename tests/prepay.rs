//! Orders that the payer scans or opens, through the C functions: what a front end needs, what the
//! task ends as, and that an order that the till was told is closed cannot be paid.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::io::Write;
use std::process::{Command, Stdio};

use common::shop::{FEE, Sale, Shop, quick_on};
use common::{
    CLOSED, Client, E_ARGUMENT, E_DUPLICATE, E_REJECTED, NOT_FOUND, NOT_PAID, OK, Outcome,
    REVERSED, RUNNING, Request, UNKNOWN, each, on_every_gateway,
};
use serde_json::Value;
use wxpay_simulator::{
    Api, Fault, FaultKind, Operation, PayerAction, Scenario, Settings, State, Timing,
};

on_every_gateway! {
    the_first_order_of_a_till_is_not_paid_by_an_earlier_sale,
    a_task_whose_payer_pays_ends_paid,
    a_task_whose_time_is_over_has_closed_the_order,
    a_cancel_closes_the_order,
    a_payer_who_is_faster_than_the_cancel_has_paid,
    an_order_is_closed_once_and_for_all,
    a_paid_order_is_not_closed,
    what_is_not_an_order_to_show_is_not_closed,
    the_same_order_is_shown_again_and_another_one_is_refused,
    an_order_whose_till_has_gone_is_closed_or_reported_and_a_plain_one_left_alone,
    no_fault_leaves_an_order_payable_that_the_till_was_told_is_closed;
    // Fubei's codes: see `tests/fubei/`.
    wechat: every_trade_type_gives_what_its_front_end_needs,
}

fn order(sale: &Sale) -> Request {
    Request::order(&sale.out_trade_no, FEE)
}

fn patient(shop: &Shop) -> Client {
    with_window(shop, "60s")
}

fn with_window(shop: &Shop, window: &str) -> Client {
    let policy = format!("[policy]\nprepay_window = \"{window}\"\n");
    shop.till_with("[policy]\n", &policy)
}

fn state(shop: &Shop, sale: &Sale) -> Option<State> {
    shop.order(sale).map(|order| order.state)
}

fn pays(shop: &Shop, sale: &Sale) -> bool {
    let action = PayerAction::Pay;
    shop.simulator.payer(&sale.out_trade_no, action).is_ok()
}

#[track_caller]
fn is_closed(shop: &Shop, sale: &Sale) {
    assert_eq!(state(shop, sale), Some(State::Closed));
    assert!(!pays(shop, sale), "a closed order was paid");
}

/// What openssl says to these arguments, with a message on its standard input.
fn openssl(arguments: &[&str], message: &str) -> String {
    let mut child = Command::new("openssl")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("openssl is installed");
    let mut input = child.stdin.take().unwrap();
    input.write_all(message.as_bytes()).unwrap();
    drop(input);
    String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
}

/// Checks what calls up the payment with a crypto that is not the library's.
fn is_signed(shop: &Shop, outcome: &Outcome, sign_name: &str) {
    let params: Value = serde_json::from_str(&outcome.get("pay_params").unwrap()).unwrap();
    let params = params.as_object().unwrap();
    for (name, value) in params {
        assert_eq!(
            outcome.get(&format!("pay.{name}")).as_deref(),
            value.as_str()
        );
    }
    let text = |name: &str| params[name].as_str().unwrap();
    let merchant = &shop.simulator.settings().merchants[0];
    let prepay_id = outcome.get("prepay_id").unwrap();
    let jsapi = sign_name == "paySign";
    let last = if jsapi {
        format!("prepay_id={prepay_id}")
    } else {
        prepay_id
    };
    let [appid, time, nonce, package] = if jsapi {
        ["appId", "timeStamp", "nonceStr", "package"]
    } else {
        ["appid", "timestamp", "noncestr", "prepayid"]
    };
    assert_eq!(text(appid), merchant.appid);
    assert_eq!(text(package), last);
    if shop.api() == Api::V2 {
        let pairs: Vec<String> = params
            .iter()
            .filter(|(name, _)| *name != sign_name)
            .map(|(name, value)| format!("{name}={}", value.as_str().unwrap()))
            .collect();
        let message = format!("{}&key={}", pairs.join("&"), merchant.api_key);
        let digest = openssl(&["dgst", "-sha256", "-hmac", &merchant.api_key], &message);
        let digest = digest.trim().rsplit(' ').next().unwrap().to_uppercase();
        assert_eq!(text(sign_name), digest);
        return;
    }
    let file = |name: &str| {
        let path = shop.folder.path().join(name);
        path.to_str().unwrap().to_owned()
    };
    let (certificate, key, base64, sign) = (
        file("mine.pem"),
        file("mine.pub"),
        file("b64"),
        file("sign"),
    );
    std::fs::write(&certificate, shop.simulator.client_cert_pem()).unwrap();
    let public = openssl(&["x509", "-in", &certificate, "-pubkey", "-noout"], "");
    std::fs::write(&key, public).unwrap();
    std::fs::write(&base64, text(sign_name)).unwrap();
    openssl(&["base64", "-d", "-A", "-in", &base64, "-out", &sign], "");
    let message = format!("{}\n{}\n{}\n{last}\n", text(appid), text(time), text(nonce));
    let verify = ["dgst", "-sha256", "-verify", &key, "-signature", &sign];
    assert_eq!(openssl(&verify, &message).trim(), "Verified OK");
    assert_ne!(openssl(&verify, &message[1..]).trim(), "Verified OK");
}

fn every_trade_type_gives_what_its_front_end_needs(api: Api) {
    let shop = Shop::open_on(api);
    let till = shop.till();
    let made = |trade_type: &str, fields: &[(&str, &str)]| {
        let sale = shop.sale(Scenario::Paid);
        let mut request = order(&sale).with("trade_type", trade_type);
        for (name, value) in fields {
            request = request.with(name, value);
        }
        let outcome = till.prepay(&request);
        assert_eq!(outcome.status(), OK, "{trade_type}: {outcome:?}");
        let record = shop.order(&sale).unwrap();
        assert_eq!((record.state, record.total_fee), (State::NotPay, Some(FEE)));
        outcome
    };
    let native = made("NATIVE", &[]);
    assert!(native.get("code_url").unwrap().starts_with("weixin://"));
    assert_eq!(native.get("pay_params"), None);
    let scene = r#"{"h5_info":{"type":"Wap"}}"#;
    let h5 = made(
        "H5",
        &[("spbill_create_ip", "203.0.113.7"), ("scene_info", scene)],
    );
    assert!(h5.get("h5_url").unwrap().starts_with("https://"));
    let jsapi = made("JSAPI", &[("openid", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o")]);
    is_signed(&shop, &jsapi, "paySign");
    is_signed(&shop, &made("APP", &[]), "sign");
}

fn a_task_whose_payer_pays_ends_paid(api: Api) {
    let timing = Timing {
        prepay_ms: Some(300),
        ..Timing::quick()
    };
    let shop = Shop::with(Settings {
        timing,
        ..quick_on(api)
    });
    let till = patient(&shop);
    let sale = shop.sale(Scenario::Paid);
    let (mut task, shown) = till.start_prepay(&order(&sale)).unwrap();
    assert!(shown.get("code_url").is_some(), "{shown:?}");
    let outcome = task.wait(-1);
    assert_eq!(outcome.status(), OK, "{outcome:?}");
    shop.agrees(&sale, &outcome);
    shop.agrees(&sale, &till.query(&sale.out_trade_no));
    assert_eq!(shop.count(&sale, Operation::Close), 0);
}

fn a_task_whose_time_is_over_has_closed_the_order(api: Api) {
    let shop = Shop::open_on(api);
    let till = with_window(&shop, "600ms");
    let sale = shop.sale(Scenario::Paid);
    let (mut task, _) = till.start_prepay(&order(&sale)).unwrap();
    let outcome = task.wait(-1);
    assert_eq!(outcome.status(), REVERSED, "{outcome:?}");
    is_closed(&shop, &sale);
}

fn a_cancel_closes_the_order(api: Api) {
    let shop = Shop::open_on(api);
    let till = patient(&shop);
    let sale = shop.sale(Scenario::Paid);
    let (mut task, _) = till.start_prepay(&order(&sale)).unwrap();
    assert_eq!(till.cancel(&sale.out_trade_no).status(), OK);
    let outcome = task.wait(-1);
    assert_eq!(outcome.status(), REVERSED, "{outcome:?}");
    assert_eq!(outcome.get_int("cancel_requested"), Some(1));
    is_closed(&shop, &sale);
}

fn a_payer_who_is_faster_than_the_cancel_has_paid(api: Api) {
    let shop = Shop::open_on(api);
    let till = patient(&shop);
    let sale = shop.sale(Scenario::Paid);
    let (mut task, _) = till.start_prepay(&order(&sale)).unwrap();
    assert!(pays(&shop, &sale));
    till.cancel(&sale.out_trade_no);
    let outcome = task.wait(-1);
    assert_eq!(outcome.status(), OK, "{outcome:?}");
    shop.agrees(&sale, &outcome);
}

fn an_order_is_closed_once_and_for_all(api: Api) {
    let shop = Shop::open_on(api);
    let till = shop.till();
    let sale = shop.sale(Scenario::Paid);
    assert_eq!(till.prepay(&order(&sale)).status(), OK);
    let unpaid = till.query(&sale.out_trade_no);
    assert_eq!(unpaid.status(), NOT_PAID, "{unpaid:?}");
    for replayed in [0, 1] {
        let outcome = till.close_order(&sale.out_trade_no);
        assert_eq!(outcome.status(), CLOSED, "{outcome:?}");
        assert_eq!(outcome.get_int("replayed"), Some(replayed));
    }
    assert_eq!(shop.count(&sale, Operation::Close), 1);
    is_closed(&shop, &sale);
    let again = till.prepay(&order(&sale));
    assert_eq!(again.status(), E_DUPLICATE, "{again:?}");
}

fn a_paid_order_is_not_closed(api: Api) {
    let shop = Shop::open_on(api);
    let till = shop.till();
    let sale = shop.sale(Scenario::Paid);
    assert_eq!(till.prepay(&order(&sale)).status(), OK);
    assert!(pays(&shop, &sale));
    let outcome = till.close_order(&sale.out_trade_no);
    assert_eq!(outcome.status(), E_REJECTED, "{outcome:?}");
    assert!(outcome.has_code("ORDERPAID"), "{outcome:?}");
    shop.agrees(&sale, &till.query(&sale.out_trade_no));
    assert_eq!(shop.simulator.net_charged(&sale.out_trade_no), FEE);
}

fn what_is_not_an_order_to_show_is_not_closed(api: Api) {
    let shop = Shop::open_on(api);
    let till = shop.till();
    let unknown = till.close_order("NOBODYS1");
    assert_eq!(unknown.status(), NOT_FOUND, "{unknown:?}");
    let sale = shop.sale(Scenario::Paid);
    assert_eq!(till.micropay(&sale.request()).status(), OK);
    let refused = till.close_order(&sale.out_trade_no);
    assert_eq!(refused.status(), E_ARGUMENT, "{refused:?}");
    assert!(refused.message().contains("wxpay_reverse"), "{refused:?}");
    assert_eq!(shop.count(&sale, Operation::Close), 0);
}

fn the_same_order_is_shown_again_and_another_one_is_refused(api: Api) {
    let shop = Shop::open_on(api);
    let till = shop.till();
    let sale = shop.sale(Scenario::Paid);
    for _ in 0..2 {
        let shown = till.prepay(&order(&sale));
        assert_eq!(shown.status(), OK, "{shown:?}");
        assert!(shown.get("code_url").is_some());
    }
    let other = till.prepay(&Request::order(&sale.out_trade_no, FEE + 1));
    assert_eq!(other.status(), E_DUPLICATE, "{other:?}");
    assert_eq!(other.get("code_url"), None);
    assert_eq!(shop.count(&sale, Operation::Prepay), 2);
    assert_eq!(shop.order(&sale).unwrap().total_fee, Some(FEE));
}

fn an_order_whose_till_has_gone_is_closed_or_reported_and_a_plain_one_left_alone(api: Api) {
    let shop = Shop::open_on(api);
    let till = patient(&shop);
    let sales = [(); 3].map(|()| shop.sale(Scenario::Paid));
    let [plain, unpaid, paid] = &sales;
    assert_eq!(till.prepay(&order(plain)).status(), OK);
    let tasks = [unpaid, paid].map(|sale| till.start_prepay(&order(sale)).unwrap());
    // The till ends without a network, so that it can close nothing.
    for operation in [Operation::Close, Operation::Orderquery] {
        shop.simulator
            .fault(Fault::always(operation, FaultKind::DropBefore));
    }
    drop(till);
    drop(tasks);
    assert!(pays(&shop, paid));
    shop.simulator.clear_faults();

    let recovered = shop.till().recover();
    assert_eq!(recovered.status(), OK, "{recovered:?}");
    let orders = recovered.json()["orders"].as_array().cloned().unwrap();
    let status = |sale: &Sale| {
        let ours = |entry: &&Value| entry["out_trade_no"] == sale.out_trade_no.as_str();
        orders
            .iter()
            .find(ours)
            .map(|entry| entry["status"].clone())
    };
    assert_eq!(status(unpaid), Some(REVERSED.into()), "{recovered:?}");
    assert_eq!(status(paid), Some(OK.into()), "{recovered:?}");
    assert_eq!(status(plain), None, "{recovered:?}");
    is_closed(&shop, unpaid);
    assert_eq!(shop.simulator.net_charged(&paid.out_trade_no), FEE);
    assert!(pays(&shop, plain), "a plain order stays payable");
}

fn no_fault_leaves_an_order_payable_that_the_till_was_told_is_closed(api: Api) {
    let shop = Shop::open_on(api);
    let open = |reverse_budget: &str| {
        let config = shop
            .config()
            .replace("[policy]\n", "[policy]\nprepay_window = \"600ms\"\n")
            .replace("3000ms", reverse_budget);
        Client::open_toml(config).expect("the configuration is complete")
    };
    // So many at once need some patience on a busy machine; what never ends well needs none.
    let [till, hasty] = ["60s", "3s"].map(open);
    let mut kinds = FaultKind::examples();
    match api {
        Api::V2 => {}
        Api::V3 => kinds.extend(FaultKind::v3_examples()),
        Api::Fubei => kinds.extend(FaultKind::fubei_examples()),
    }
    let mut cases = Vec::new();
    for kind in kinds {
        for operation in [Operation::Prepay, Operation::Close] {
            for times in [Some(1), None] {
                let sale = shop.sale(Scenario::Paid);
                let fault = Fault {
                    times,
                    ..Fault::once(operation, kind.clone())
                };
                shop.simulator
                    .fault(fault.clone().for_order(&sale.out_trade_no));
                cases.push((sale, fault));
            }
        }
    }
    each(&cases, |(sale, fault)| {
        let hopeless = fault.operation == Some(Operation::Close) && fault.times.is_none();
        let till = if hopeless { &hasty } else { &till };
        let outcome = match till.start_prepay(&order(sale)) {
            Ok((mut task, shown)) => {
                assert_eq!(shown.status(), RUNNING, "{fault:?}: {shown:?}");
                task.wait(-1)
            }
            Err(refused) => {
                assert_eq!(fault.operation, Some(Operation::Prepay), "{refused:?}");
                assert!(refused.status() < 0, "{fault:?}: {refused:?}");
                assert_eq!(refused.get("code_url"), None, "{fault:?}");
                return;
            }
        };
        let context = format!("{fault:?}: {outcome:?}");
        match outcome.status() {
            REVERSED => assert!(!pays(&shop, sale), "told closed, and payable: {context}"),
            UNKNOWN => {
                assert!(hopeless, "{context}");
                assert_eq!(
                    outcome.get("reversal").as_deref(),
                    Some("required"),
                    "{context}"
                );
            }
            _ => panic!("{context}"),
        }
    });
    shop.simulator.clear_faults();
    let recovered = till.recover();
    assert_eq!(recovered.status(), OK, "{recovered:?}");
    for (sale, fault) in &cases {
        let shown = shop.count(sale, Operation::Close) > 0;
        assert!(!shown || !pays(&shop, sale), "{fault:?} {recovered:?}");
    }
}

/// Before its first answer a till knows no time but its own machine's.
fn the_first_order_of_a_till_is_not_paid_by_an_earlier_sale(api: Api) {
    let shop = Shop::open_on(api);
    let till = shop.till();
    let shown = till.prepay(&Request::order("FIRST-ORDER", FEE));
    assert_eq!(shown.status(), OK, "{shown:?}");
    shop.simulator
        .payer("FIRST-ORDER", PayerAction::Pay)
        .unwrap();
    let earlier = FaultKind::OldTimeEnd { seconds: 86_400 };
    shop.simulator
        .fault(Fault::once(Operation::Orderquery, earlier));
    let outcome = till.query("FIRST-ORDER");
    assert_eq!(outcome.status(), E_DUPLICATE, "{outcome:?}");
}
