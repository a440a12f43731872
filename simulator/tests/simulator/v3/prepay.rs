use serde_json::{Value, json};
use wxpay_simulator::{
    Fault, FaultKind, Operation, PayerAction, Region, Scenario, Settings, Simulator, State,
};

use super::client::{Till, code, refusal};
use crate::client::{Answer, Till as TillV2, start, start_with};

const NOTIFY: &str = "http://127.0.0.1:9/notify";

/// Asks for an order of this kind, with more members than every kind has.
fn asked(till: &Till<'_>, kind: &str, number: &str, more: &Value) -> std::io::Result<Answer> {
    let mut body = till.order(number, NOTIFY);
    for (name, value) in more.as_object().expect("an object") {
        body[name] = value.clone();
    }
    till.post(&format!("{}/{kind}", till.base()), &body)
}

fn h5() -> Value {
    json!({ "scene_info": { "payer_client_ip": "127.0.0.1", "h5_info": { "type": "Wap" } } })
}

fn partner() -> Simulator {
    let mut settings = Settings::default();
    settings.merchants[0].sub_mch_ids = vec!["20000001".to_owned()];
    start_with(settings)
}

#[test]
fn each_kind_of_order_answers_with_what_its_front_end_needs() {
    let (direct, institution) = (start(), partner());
    for (simulator, shop) in [(&direct, None), (&institution, Some("20000001".to_owned()))] {
        let mut till = Till::new(simulator);
        let openid = if shop.is_some() {
            "sp_openid"
        } else {
            "openid"
        };
        till.sub_mchid = shop;
        let payer = json!({ "payer": { openid: "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o" } });
        for (kind, more, field, trade_type) in [
            ("jsapi", payer, "prepay_id", "JSAPI"),
            ("native", json!({}), "code_url", "NATIVE"),
            ("h5", h5(), "h5_url", "MWEB"),
            ("app", json!({}), "prepay_id", "APP"),
        ] {
            let number = format!("number-{kind}");
            let made = till.verified(asked(&till, kind, &number, &more));
            assert_eq!(made.as_object().unwrap().len(), 2, "{made}");
            let value = made[field].as_str().unwrap();
            match field {
                "prepay_id" => assert_eq!(value.len(), 36),
                "code_url" => assert!(value.starts_with("weixin://wxpay/bizpayurl?pr=")),
                _ => assert!(value.starts_with("https://wx.tenpay.com/")),
            }
            assert_eq!(till.verified(asked(&till, kind, &number, &more)), made);
            assert_eq!(code(till.query(&number)), "NOTPAY");
            assert_eq!(
                simulator.payer(&number, PayerAction::Pay),
                Ok(State::Success)
            );
            let found = till.verified(till.query(&number));
            assert_eq!(found["trade_state"], "SUCCESS");
            assert_eq!(found["trade_type"], trade_type);
            if kind == "jsapi" {
                assert_eq!(found["payer"][openid], "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o");
            }
            assert_eq!(simulator.net_charged(&number), 888);
        }
    }
}

#[test]
fn an_order_is_closed_without_a_word_and_stays_closed() {
    let (direct, institution) = (start(), partner());
    for (simulator, shop) in [(&direct, None), (&institution, Some("20000001".to_owned()))] {
        let mut till = Till::new(simulator);
        till.sub_mchid = shop;
        let unknown = refusal(till.close("number-A"));
        assert_eq!(
            (unknown.0, &unknown.1["code"]),
            (404, &json!("ORDER_NOT_EXIST"))
        );
        till.verified(till.native("number-A", NOTIFY));
        let closed = till.close("number-A").unwrap();
        assert_eq!(closed.status, 204);
        assert_eq!(till.verified(Ok(closed)), Value::Null);
        assert_eq!(code(till.query("number-A")), "CLOSED");
        for answer in [till.close("number-A"), till.native("number-A", NOTIFY)] {
            let (status, body) = refusal(answer);
            assert_eq!((status, &body["code"]), (400, &json!("ORDER_CLOSED")));
        }
        assert!(simulator.payer("number-A", PayerAction::Pay).is_err());
    }
}

#[test]
fn what_is_paid_is_neither_closed_nor_reversed_nor_made_again() {
    let simulator = start();
    let till = Till::new(&simulator);
    till.verified(till.native("number-A", NOTIFY));
    let (status, body) = refusal(till.reverse("number-A"));
    assert_eq!((status, &body["code"]), (403, &json!("TRADE_ERROR")));
    simulator.payer("number-A", PayerAction::Pay).unwrap();
    for answer in [
        till.close("number-A"),
        till.reverse("number-A"),
        till.native("number-A", NOTIFY),
    ] {
        let (status, body) = refusal(answer);
        assert_eq!((status, &body["code"]), (400, &json!("ORDER_PAID")));
    }
    assert_eq!(simulator.net_charged("number-A"), 888);
}

#[test]
fn numbers_are_shared_with_payments_by_code_and_with_the_other_api() {
    let simulator = start();
    let (till, till_v2) = (Till::new(&simulator), TillV2::new(&simulator));
    till.verified(till.play("number-A", Scenario::PasswordNever));
    let (status, body) = refusal(till.close("number-A"));
    assert_eq!((status, &body["code"]), (400, &json!("INVALID_REQUEST")));
    assert!(body["message"].as_str().unwrap().contains("只能撤销"));
    let (status, body) = refusal(till.native("number-A", NOTIFY));
    assert_eq!((status, &body["code"]), (403, &json!("OUT_TRADE_NO_USED")));
    till.verified(till.native("number-B", NOTIFY));
    let other = json!({ "goods_tag": "WXG" });
    let (status, body) = refusal(asked(&till, "native", "number-B", &other));
    assert_eq!((status, &body["code"]), (400, &json!("INVALID_REQUEST")));
    assert_eq!(till_v2.state("number-B"), "NOTPAY");
    till_v2.verified(till_v2.close("number-B"));
    assert_eq!(code(till.query("number-B")), "CLOSED");
}

#[test]
fn an_order_has_to_have_its_fields() {
    let simulator = start();
    let till = Till::new(&simulator);
    let fault = |kind: &str, more: &Value| {
        let (status, body) = refusal(asked(&till, kind, "number-A", more));
        assert_eq!(
            (status, &body["code"]),
            (400, &json!("PARAM_ERROR")),
            "{more}"
        );
        body["detail"]["field"].as_str().unwrap().to_owned()
    };
    for (kind, more, field) in [
        ("jsapi", json!({}), "/payer"),
        ("jsapi", json!({ "payer": {} }), "/payer/openid"),
        ("native", json!({ "payer": { "openid": "o" } }), "/payer"),
        ("h5", json!({}), "/scene_info"),
        (
            "h5",
            json!({ "scene_info": { "payer_client_ip": "127.0.0.1" } }),
            "/scene_info/h5_info",
        ),
        (
            "native",
            json!({ "notify_url": "https://a.b/?c=d" }),
            "/notify_url",
        ),
        (
            "native",
            json!({ "out_trade_no": "short" }),
            "/out_trade_no",
        ),
        (
            "native",
            json!({ "description": "x".repeat(128) }),
            "/description",
        ),
        ("native", json!({ "attach": "x".repeat(129) }), "/attach"),
        (
            "native",
            json!({ "time_expire": "20300101000000" }),
            "/time_expire",
        ),
        (
            "native",
            json!({ "time_expire": "2020-01-01T00:00:00+08:00" }),
            "/time_expire",
        ),
        (
            "native",
            json!({ "amount": { "total": 0 } }),
            "/amount/total",
        ),
        ("native", json!({ "trade_type": "NATIVE" }), "/trade_type"),
    ] {
        assert_eq!(fault(kind, &more), field);
    }
    let whole = json!({
        "time_expire": "2099-01-01T00:00:00+08:00",
        "goods_tag": "WXG",
        "support_fapiao": true,
        "detail": {
            "cost_price": 888,
            "invoice_id": "1",
            "goods_detail": [{
                "merchant_goods_id": "1", "wxpay_goods_id": "2", "goods_name": "可乐",
                "quantity": 1, "unit_price": 888
            }],
        },
        "scene_info": {
            "payer_client_ip": "127.0.0.1",
            "device_id": "1000",
            "store_info": { "id": "0001", "name": "店", "area_code": "440305", "address": "路" },
        },
        "settle_info": { "profit_sharing": false },
    });
    till.verified(asked(&till, "native", "number-A", &whole));
}

#[test]
fn a_service_providers_payer_has_one_of_two_names() {
    let simulator = partner();
    let mut till = Till::new(&simulator);
    till.sub_mchid = Some("20000001".to_owned());
    for (more, field) in [
        (json!({ "payer": {} }), "/payer/sp_openid"),
        (json!({ "payer": { "sub_openid": "oSub" } }), "/sub_appid"),
    ] {
        let (_, body) = refusal(asked(&till, "jsapi", "number-A", &more));
        assert_eq!(body["detail"]["field"], field);
    }
    let whole = json!({ "payer": { "sub_openid": "oSub" }, "sub_appid": "wxSub" });
    till.verified(asked(&till, "jsapi", "number-A", &whole));
    simulator.payer("number-A", PayerAction::Pay).unwrap();
    let found = till.verified(till.query("number-A"));
    assert_eq!(found["payer"]["sub_openid"], "oSub");
}

#[test]
fn abroad_orders_are_made_and_closed_on_paths_of_their_own() {
    let simulator = start_with(Settings {
        region: Region::HongKong,
        ..Settings::default()
    });
    let till = Till::new(&simulator);
    let order = |kind: &str, trade_type: &str, number: &str| {
        let mut body = till.order(number, NOTIFY);
        body["trade_type"] = trade_type.into();
        body["merchant_category_code"] = "4111".into();
        body["amount"]["currency"] = "HKD".into();
        if kind == "jsapi" {
            body["payer"] = json!({ "openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o" });
        }
        till.post(&format!("/v3/global/transactions/{kind}"), &body)
    };
    for (kind, trade_type, field) in [
        ("jsapi", "JSAPI", "prepay_id"),
        ("native", "NATIVE", "code_url"),
        ("app", "APP", "prepay_id"),
        ("mweb", "MWEB", "mweb_url"),
    ] {
        let made = till.verified(order(kind, trade_type, kind));
        assert!(made[field].is_string(), "{made}");
        let target = format!("/v3/global/transactions/out-trade-no/{kind}/close");
        let closed = till.post(&target, &json!({ "mchid": "10000100" })).unwrap();
        assert_eq!(closed.status, 204);
        assert_eq!(simulator.ledger().order(kind).unwrap().state, State::Closed);
    }
    let (_, body) = refusal(order("native", "APP", "wrong"));
    assert_eq!(body["detail"]["field"], "/trade_type");
    let at_home = till.post("/v3/pay/transactions/native", &till.order("home-1", NOTIFY));
    assert_eq!(at_home.unwrap().status, 404);
}

#[test]
fn faults_happen_to_prepays_and_closes() {
    let simulator = start();
    let till = Till::new(&simulator);
    simulator.fault(Fault::once(Operation::Prepay, FaultKind::DropAfter));
    assert!(till.native("number-A", NOTIFY).is_err());
    assert_eq!(code(till.query("number-A")), "NOTPAY");
    simulator.fault(Fault::once(Operation::Prepay, FaultKind::MissingSign));
    let unsigned = till.native("number-A", NOTIFY).unwrap();
    assert!(!till.proves(&unsigned));
    simulator.fault(Fault::once(Operation::Close, FaultKind::DropBefore));
    assert!(till.close("number-A").is_err());
    simulator.fault(Fault::once(Operation::Close, FaultKind::EmptySuccess));
    assert_eq!(till.close("number-A").unwrap().status, 204);
    assert_eq!(code(till.query("number-A")), "NOTPAY");
    simulator.fault(
        Fault::once(
            Operation::Close,
            FaultKind::Error {
                err_code: "SYSTEMERROR".into(),
                executed: true,
            },
        )
        .for_order("number-A"),
    );
    assert_eq!(refusal(till.close("number-A")).0, 500);
    assert_eq!(code(till.query("number-A")), "CLOSED");
}
