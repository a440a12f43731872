use wxpay_simulator::{Channel, FubeiApi, Scenario, Settings, auth_code_of};

use super::client::{Till, data, refusal};
use crate::client::{start, start_with};

fn code() -> String {
    auth_code_of(Channel::Wechat, Scenario::Paid, 1)
}

/// A sale with an amount written as it is.
fn of_amount(till: &Till<'_>, number: &str, yuan: &str) -> String {
    let sale = till.sale(number, &code());
    let name = till.name("total_fee");
    sale.replace(&format!("\"{name}\":8.88"), &format!("\"{name}\":{yuan}"))
}

#[test]
fn amounts_are_plain_numbers_of_at_most_two_decimals() {
    let simulator = start();
    for till in [Till::new(&simulator), Till::vendor(&simulator)] {
        for (yuan, fen) in [
            ("0.01", 1),
            ("0.1", 10),
            ("8", 800),
            ("8.8", 880),
            ("8.80", 880),
            ("1100.00", 110_000),
            ("9999999.99", 999_999_999),
        ] {
            simulator.reset();
            data(till.call("swipe", &of_amount(&till, "A", yuan)));
            assert_eq!(simulator.net_charged("A"), fen, "{yuan}");
        }
        simulator.reset();
        for yuan in [
            "\"8.88\"",
            "8.888",
            "8.880",
            "888e-2",
            "8.88e0",
            "1E1",
            "0",
            "0.00",
            "-8.88",
            "true",
            "null",
            "[8.88]",
            "100000000.00",
        ] {
            let (code, _, text) = refusal(till.call("swipe", &of_amount(&till, "A", yuan)));
            assert_eq!(code, 402, "{yuan}");
            assert!(text.contains(till.name("total_fee")), "{text}");
        }
        assert_eq!(simulator.net_charged("A"), 0);
    }
}

/// The answer's code to a sale with one member more.
fn with(till: &Till<'_>, member: &str) -> Option<i64> {
    till.simulator.reset();
    let base = format!(
        "\"merchant_order_sn\":\"A\",\"auth_code\":\"{}\",\"{}\":8.88",
        code(),
        till.name("total_fee")
    );
    let answer = till
        .call("swipe", &format!("{base},{member}"))
        .expect("there is an answer");
    let code = super::client::parsed(&answer)["result_code"].as_i64();
    code.filter(|code| *code != 200)
}

#[test]
fn optional_fields_have_types_and_lengths() {
    let simulator = start();
    let (v1, v2) = (Till::new(&simulator), Till::vendor(&simulator));
    let text = |name: &str, length: usize| format!("\"{name}\":\"{}\"", "x".repeat(length));
    for (till, name, most) in [
        (&v1, "device_no", 18),
        (&v1, "body", 128),
        (&v1, "attach", 127),
        (&v1, "buyer_id", 32),
        (&v2, "body", 128),
        (&v2, "attach", 127),
    ] {
        assert_eq!(with(till, &text(name, most)), None, "{name}");
        assert_eq!(with(till, &text(name, most + 1)), Some(402), "{name}");
        assert_eq!(with(till, &text(name, 0)), Some(402), "{name}");
        assert_eq!(with(till, &format!("\"{name}\":1")), Some(402), "{name}");
    }
    for (member, code) in [
        ("\"store_id\":25249", None),
        ("\"store_id\":\"25249\"", Some(402)),
        ("\"store_id\":25249.0", Some(402)),
        ("\"store_id\":25250", Some(402)),
        ("\"cashier_id\":151156", None),
        ("\"cashier_id\":15115600000", Some(402)),
        ("\"type\":1", None),
        ("\"type\":3", Some(402)),
        ("\"type\":\"1\"", Some(402)),
        ("\"equipment_type\":90", None),
        ("\"equipment_type\":127", None),
        ("\"equipment_type\":89", Some(402)),
        ("\"discount_switch\":0", None),
        ("\"discount_switch\":2", Some(402)),
        ("\"call_back_url\":\"https://till.example/n\"", None),
        (
            "\"call_back_url\":\"https://till.example/n?a=1\"",
            Some(402),
        ),
        ("\"call_back_url\":\"ftp://till.example/n\"", Some(402)),
        ("\"timeout_express\":\"20991231235959\"", None),
        ("\"timeout_express\":\"20200101000000\"", Some(402)),
        ("\"timeout_express\":\"2099-12-31\"", Some(402)),
        ("\"scene\":\"FACE\"", Some(402)),
        ("\"notify_url\":\"https://till.example/n\"", Some(402)),
        ("\"merchant_id\":1227366", Some(402)),
        ("\"unheard_of\":1", Some(402)),
    ] {
        assert_eq!(with(&v1, member), code, "{member}");
    }
    for (member, code) in [
        ("\"notify_url\":\"https://till.example/n\"", None),
        ("\"call_back_url\":\"https://till.example/n\"", Some(402)),
        ("\"type\":1", Some(402)),
        ("\"alipay_extend_params\":\"{\\\"hb_fq_num\\\":3}\"", None),
        ("\"alipay_extend_params\":{\"hb_fq_num\":3}", Some(402)),
        ("\"alipay_extend_params\":\"[]\"", Some(402)),
    ] {
        assert_eq!(with(&v2, member), code, "{member}");
    }
}

#[test]
fn goods_are_the_text_of_a_described_object() {
    let simulator = start();
    let till = Till::new(&simulator);
    let goods = |detail: &str| {
        let text = serde_json::Value::from(detail).to_string();
        with(&till, &format!("\"detail\":{text}"))
    };
    let article = r#"{"goods_id":"1","goods_name":"可乐","quantity":1,"price":888}"#;
    let list = |article: &str| format!("{{\"goods_detail\":[{article}]}}");
    assert_eq!(goods(&list(article)), None);
    let all = format!(
        "{{\"cost_price\":888,\"receipt_id\":\"R1\",\"goods_detail\":[{article},{article}]}}"
    );
    assert_eq!(goods(&all), None);
    let as_text = serde_json::Value::from(format!("[{article}]")).to_string();
    assert_eq!(goods(&format!("{{\"goods_detail\":{as_text}}}")), None);
    for wrong in [
        "".to_owned(),
        "[]".to_owned(),
        "{}".to_owned(),
        "{\"goods_detail\":[]}".to_owned(),
        list("1"),
        list(&article.replace("888", "8.88")),
        list(&article.replace("888", "\"888\"")),
        list(&article.replace("\"quantity\":1,", "")),
        list(&article.replace("\"quantity\":1", "\"quantity\":0")),
        list(&article.replace("\"goods_id\":\"1\"", "\"goods_id\":1")),
        list(&article.replace("可乐", &"x".repeat(257))),
        all.replace("\"cost_price\":888", "\"cost_price\":8.88"),
        all.replace("R1", &"x".repeat(33)),
    ] {
        assert_eq!(goods(&wrong), Some(402), "{wrong}");
    }
    assert_eq!(
        with(&till, &format!("\"detail\":{}", list(article))),
        Some(402)
    );
}

#[test]
fn required_fields_and_order_numbers_are_there() {
    let simulator = start();
    for till in [Till::new(&simulator), Till::vendor(&simulator)] {
        let amount = till.name("total_fee");
        for lacking in [
            format!("\"auth_code\":\"{}\",\"{amount}\":8.88", code()),
            format!("\"merchant_order_sn\":\"A\",\"{amount}\":8.88"),
            format!("\"merchant_order_sn\":\"A\",\"auth_code\":\"{}\"", code()),
        ] {
            assert_eq!(refusal(till.call("swipe", &lacking)).0, 402, "{lacking}");
        }
        for number in [" A", "A ", "", "123456789012345678901234567890123"] {
            assert_eq!(refusal(till.submit(number, &code())).0, 402, "{number:?}");
        }
        let longest = "1".repeat(32);
        data(till.submit(&longest, &code()));
        let nothing = match till.api {
            FubeiApi::V1 => till.call("query", "\"device_no\":\"1\""),
            // Nothing but the merchant, without a comma behind it.
            FubeiApi::V2 => {
                let content = format!("{{\"merchant_id\":{}}}", till.account().merchant_id);
                till.post(&till.envelope(&till.method("query"), &content))
            }
        };
        assert_eq!(refusal(nothing).0, 402);
        simulator.reset();
    }
}

#[test]
fn unknown_fields_pass_where_they_may() {
    let simulator = start_with(Settings {
        allow_unknown_parameters: true,
        ..Settings::default()
    });
    let till = Till::new(&simulator);
    assert_eq!(with(&till, "\"unheard_of\":1"), None);
}
