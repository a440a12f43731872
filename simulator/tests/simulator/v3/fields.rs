//! Field tables: names, types, lengths, characters, and who may act for whom.

use serde_json::{Value, json};
use wxpay_simulator::{Region, Scenario, Settings, auth_code};

use super::client::{Till, refusal};
use crate::client::{start, start_with};

const CODEPAY: &str = "/v3/pay/transactions/codepay";

/// Everything that the documents allow.
fn whole(till: &Till<'_>, number: u64) -> Value {
    let mut sale = till.sale(
        &format!("order-{number}"),
        &auth_code(Scenario::Paid, number),
    );
    sale["goods_tag"] = "WXG".into();
    sale["support_fapiao"] = false.into();
    sale["scene_info"]["device_ip"] = "128.0.0.1".into();
    sale["scene_info"]["store_info"]["out_id"] = "A1111".into();
    sale["detail"] = json!({
        "cost_price": 608_800,
        "invoice_id": "微信123",
        "goods_detail": [{
            "merchant_goods_id": "1246464644",
            "wxpay_goods_id": "1001",
            "goods_name": "iPhoneX 256G",
            "quantity": 1,
            "unit_price": 528_800,
        }],
    });
    sale["settle_info"] = json!({ "profit_sharing": false });
    sale
}

/// The sale with the value at `pointer` put in, or taken out if it is null.
fn with(mut sale: Value, pointer: &str, value: &Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    let parent = sale.pointer_mut(parent).expect("there is a parent");
    let parent = parent.as_object_mut().expect("it is an object");
    match value {
        Value::Null => parent.remove(name),
        value => parent.insert(name.to_owned(), value.clone()),
    };
    sale
}

#[test]
fn each_field_keeps_its_type_length_and_characters() {
    let simulator = start();
    let till = Till::new(&simulator);
    let long = |n: usize| json!("x".repeat(n));
    let null = || Value::Null;
    let mut number = 0;
    for (pointer, good, bad) in [
        ("/description", long(127), long(128)),
        ("/description", json!("可乐"), null()),
        ("/description", json!("可乐"), json!("")),
        ("/description", json!("可乐"), json!(7)),
        ("/attach", long(128), long(129)),
        ("/attach", null(), json!(["x"])),
        ("/goods_tag", long(32), long(33)),
        ("/support_fapiao", json!(true), json!("true")),
        (
            "/payer",
            json!({ "auth_code": "130000000099990000" }),
            null(),
        ),
        (
            "/payer",
            json!({ "auth_code": "130000000099980000" }),
            json!([]),
        ),
        ("/payer/auth_code", json!("130000000099970000"), long(33)),
        ("/payer/openid", null(), long(1)),
        ("/amount", json!({ "total": 1 }), null()),
        ("/amount/total", json!(1), json!(0)),
        ("/amount/total", json!(888), json!("888")),
        ("/amount/total", json!(9_999_999_999_i64), json!(8.88)),
        ("/amount/total", json!(100), json!(-1)),
        ("/amount/currency", null(), json!("HKD")),
        (
            "/scene_info",
            json!({ "store_info": { "id": "1" } }),
            null(),
        ),
        ("/scene_info/device_id", long(32), long(33)),
        ("/scene_info/device_ip", json!("::1"), json!("localhost")),
        ("/scene_info/store_info", json!({ "out_id": "A1" }), null()),
        ("/scene_info/store_info/id", json!("0001"), json!("A1111")),
        (
            "/scene_info/store_info/id",
            json!("1".repeat(32)),
            json!("1".repeat(33)),
        ),
        ("/scene_info/store_info/out_id", long(256), long(257)),
        ("/scene_info/store_info/out_id", null(), json!("A-1")),
        ("/detail/cost_price", json!(0), json!("1")),
        ("/detail/invoice_id", long(32), long(33)),
        ("/detail/goods_detail", null(), json!([])),
        ("/detail/goods_detail", null(), json!({})),
        ("/detail/goods_detail/0", null(), json!("x")),
        ("/detail/goods_detail/0/quantity", json!(2), json!(0)),
        ("/detail/goods_detail/0/unit_price", json!(2), null()),
        (
            "/detail/goods_detail/0/merchant_goods_id",
            long(32),
            long(33),
        ),
        ("/detail/goods_detail/0/goods_name", long(256), long(257)),
        ("/detail/goods_detail/0/price", null(), json!(1)),
        ("/settle_info/profit_sharing", json!(true), json!("Y")),
        ("/notify_url", null(), json!("https://example.com")),
        ("/time_expire", null(), json!("2018-06-08T10:34:56+08:00")),
    ] {
        for (value, accepted) in [(&good, true), (&bad, false)] {
            number += 1;
            let in_list = pointer.starts_with("/detail/goods_detail/0");
            let sale = whole(&till, number);
            let sale = match pointer {
                "/detail/goods_detail/0" if accepted => sale,
                "/detail/goods_detail/0" => with(sale, "/detail/goods_detail", &json!([value])),
                _ if in_list && accepted && value.is_null() => sale,
                _ => with(sale, pointer, value),
            };
            let answer = till.post(CODEPAY, &sale);
            if accepted {
                till.verified(answer);
                continue;
            }
            let (status, body) = refusal(answer);
            assert_eq!(
                (status, &body["code"]),
                (400, &json!("PARAM_ERROR")),
                "{pointer}"
            );
            assert_eq!(body["detail"]["field"], pointer);
            assert_eq!(body["detail"]["location"], "body");
            assert!(!body["message"].as_str().unwrap().is_empty());
        }
    }
}

#[test]
fn order_numbers_keep_their_length_and_characters() {
    let simulator = start();
    let till = Till::new(&simulator);
    let cases = [
        "Az09_-*",
        &"x".repeat(32),
        "short",
        &"x".repeat(33),
        "a|b@cdef",
        "订单一二",
    ];
    for (index, number) in cases.into_iter().enumerate() {
        let sale = till.sale(number, &auth_code(Scenario::Paid, index as u64));
        let answer = till.post(CODEPAY, &sale);
        if index < 2 {
            till.verified(answer);
        } else {
            assert_eq!(refusal(answer).1["detail"]["field"], "/out_trade_no");
        }
    }
}

#[test]
fn a_place_needs_one_of_its_two_names() {
    let simulator = start();
    let till = Till::new(&simulator);
    let mut sale = till.sale("order-1", "130000000000010000");
    sale["scene_info"]["store_info"] = json!({});
    let (_, body) = refusal(till.post(CODEPAY, &sale));
    assert_eq!(body["detail"]["field"], "/scene_info/store_info/id");
}

#[test]
fn what_is_no_code_of_wechat_is_invalid() {
    let simulator = start();
    let till = Till::new(&simulator);
    for bad in [
        "160269300684844649",
        "090269300684844649",
        "12026930068484464",
        "1202693006848446490",
        "12026930068484464x",
    ] {
        let (status, body) = refusal(till.submit("order-1", bad));
        assert_eq!((status, &body["code"]), (400, &json!("AUTH_CODE_INVALID")));
    }
    assert!(simulator.ledger().orders.is_empty());
}

#[test]
fn what_is_no_object_is_no_request() {
    let simulator = start();
    let till = Till::new(&simulator);
    let good = till.sale("order-1", "130000000000010000").to_string();
    for body in [
        "{",
        "[]",
        "<xml></xml>",
        &good.replacen('{', "{\"attach\":\"x\",", 1),
        &format!("{good}{good}"),
    ] {
        let (status, said) = refusal(till.signed(&till.credentials(), "POST", CODEPAY, body));
        assert_eq!(
            (status, &said["code"]),
            (400, &json!("PARAM_ERROR")),
            "{body}"
        );
    }
    let empty = refusal(till.signed(&till.credentials(), "POST", CODEPAY, ""));
    assert_eq!(empty.0, 400);
    let target = "/v3/certificates";
    let body_in_get = refusal(till.signed(&till.credentials(), "GET", target, "{}"));
    assert_eq!(body_in_get.1["message"], "GET请求不能有请求体");
    assert!(simulator.ledger().orders.is_empty());
}

#[test]
fn accounts_must_exist_and_belong_together() {
    let simulator = start();
    let till = Till::new(&simulator);
    for (name, value, status, code) in [
        ("appid", "wxnobody", 400, "APPID_NOT_EXIST"),
        ("appid", "wxd930ea5d5a258f4f", 400, "APPID_MCHID_NOT_MATCH"),
        ("mchid", "10000200", 400, "PARAM_ERROR"),
        ("mchid", "", 400, "PARAM_ERROR"),
        ("sub_mchid", "20000001", 400, "PARAM_ERROR"),
    ] {
        let mut sale = till.sale("order-1", "130000000000010000");
        sale[name] = value.into();
        let (found, body) = refusal(till.post(CODEPAY, &sale));
        assert_eq!(
            (found, &body["code"]),
            (status, &json!(code)),
            "{name} {value}"
        );
        let mut accounts = till.accounts();
        accounts[name] = value.into();
        let target = "/v3/pay/transactions/out-trade-no/order-1/reverse";
        let (found, body) = refusal(till.post(target, &accounts));
        assert_eq!(
            (found, &body["code"]),
            (status, &json!(code)),
            "{name} {value}"
        );
    }
}

#[test]
fn a_query_names_its_account_and_nothing_else() {
    let simulator = start();
    let till = Till::new(&simulator);
    let base = "/v3/pay/transactions/out-trade-no/order-1";
    for (target, field) in [
        (base.to_owned(), "mchid"),
        (format!("{base}?"), "mchid"),
        (format!("{base}?mchid="), "mchid"),
        (format!("{base}?mchid=10000200"), "mchid"),
        (format!("{base}?mchid=10000100&appid=1"), "appid"),
        (format!("{base}?mchid=10000100&mchid=10000100"), "mchid"),
        (
            "/v3/certificates?algorithm_type=SM2".to_owned(),
            "algorithm_type",
        ),
    ] {
        let (status, body) = refusal(till.get(&target));
        assert_eq!(
            (status, &body["code"]),
            (400, &json!("PARAM_ERROR")),
            "{target}"
        );
        assert_eq!(body["detail"]["field"], field);
        assert_eq!(body["detail"]["location"], "url");
    }
    let target = format!("{CODEPAY}?mchid=10000100");
    let sale = till.sale("order-1", "130000000000010000");
    assert_eq!(
        refusal(till.post(&target, &sale)).1["detail"]["field"],
        "mchid"
    );
    till.verified(till.get("/v3/certificates?algorithm_type=RSA"));
}

#[test]
fn unknown_fields_pass_if_the_settings_say_so() {
    let simulator = start_with(Settings {
        allow_unknown_parameters: true,
        ..Settings::default()
    });
    let till = Till::new(&simulator);
    let mut sale = till.sale("order-1", "130000000000010000");
    sale["notify_url"] = "https://example.com".into();
    till.verified(till.post(CODEPAY, &sale));
}

#[test]
fn hong_kong_has_fields_of_its_own() {
    let simulator = start_with(Settings {
        region: Region::HongKong,
        ..Settings::default()
    });
    let till = Till::new(&simulator);
    let pay = "/v3/global/micropay/transactions/pay";
    let mut number = 0;
    let mut sale = || {
        number += 1;
        let mut sale = till.sale(
            &format!("order-{number}"),
            &auth_code(Scenario::Paid, number),
        );
        sale["trade_type"] = "MICROPAY".into();
        sale["amount"]["currency"] = "HKD".into();
        sale
    };
    for (pointer, good, bad) in [
        ("/trade_type", json!("MICROPAY"), Value::Null),
        ("/trade_type", json!("MICROPAY"), json!("JSAPI")),
        ("/amount/currency", json!("USD"), json!("usd")),
        ("/amount/currency", json!("CNY"), Value::Null),
        ("/merchant_category_code", json!("4111"), json!("41111")),
        ("/limit_pay", json!("no_credit"), json!("credit")),
        ("/scene_info", Value::Null, json!("x")),
        ("/scene_info/operator_id", json!("P001"), json!(1)),
        ("/scene_info/payer_client_ip", json!("::1"), json!("x")),
        (
            "/scene_info/store_info/name",
            json!("x"),
            json!("x".repeat(65)),
        ),
        ("/support_fapiao", Value::Null, json!(true)),
        (
            "/detail",
            json!({ "receipt_id": "1", "goods_detail": [
                { "goods_id": "1", "quantity": 1, "price": 1 },
            ]}),
            json!("x"),
        ),
    ] {
        till.verified(till.post(pay, &with(sale(), pointer, &good)));
        let (_, body) = refusal(till.post(pay, &with(sale(), pointer, &bad)));
        assert_eq!(body["detail"]["field"], pointer, "{bad}");
    }
}
