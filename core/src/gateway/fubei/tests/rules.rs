//! What a field must look like, and where it goes.

use super::requests::{invalid, order, pays};
use super::*;
use crate::gateway::Gateway;

/// Name, good value, what 1.0 and 2.0 make of it (empty: left out), a bad value.
#[rustfmt::skip]
const TABLE: &[(&str, &str, &str, &str, &str)] = &[
    ("alipay_extend_params", r#"{"hb_fq_num":3}"#, "", r#""alipay_extend_params":"{\"hb_fq_num\":3}""#, "{"),
    ("attach", "till 3", r#""attach":"till 3""#, r#""attach":"till 3""#, "a\u{1}b"),
    ("body", "茶", r#""body":"茶""#, r#""body":"茶""#, "a\nb"),
    ("buyer_id", "2088", r#""buyer_id":"2088""#, "", "20 88"),
    ("call_back_url", "https://a.example/n", r#""call_back_url":"https://a.example/n""#, r#""notify_url":"https://a.example/n""#, "a.example"),
    ("cashier_id", "151156", r#""cashier_id":151156"#, r#""cashier_id":151156"#, "12345678901"),
    ("detail", DETAIL, r#""detail":"{\"goods_detail\""#, r#""detail":"{\"goods_detail\""#, "{}"),
    ("device_info", "000000000000000018", r#""device_no":"000000000000000018""#, r#""device_no":"000000000000000018""#, "0000000000000000019"),
    ("disable_pay_channels", "promotion,voucher", "", r#""disable_pay_channels":"promotion,voucher""#, "a\tb"),
    ("discount_switch", "0", r#""discount_switch":0"#, "", "2"),
    ("equipment_type", "90", r#""equipment_type":90"#, "", "89"),
    ("goods_tag", "1234", r#""goods_tag":"1234""#, r#""goods_tag":"1234""#, "a\u{7f}"),
    ("notify_url", "http://a.example/n", r#""call_back_url":"http://a.example/n""#, r#""notify_url":"http://a.example/n""#, "https://a.example/n?x=1"),
    ("platform_store_id", "s1", "", r#""platform_store_id":"s1""#, "s 1"),
    ("scene", "FACE_PAY", r#""scene":"FACE_PAY""#, "", "FACEPAY"),
    ("store_id", "25249", r#""store_id":25249"#, r#""store_id":25249"#, "shop 1"),
    ("sub_appid", "wx1", r#""sub_appid":"wx1""#, r#""sub_appid":"wx1""#, "wx 1"),
    ("time_expire", "20991227091010", r#""timeout_express":"20991227091010""#, r#""timeout_express":"20991227091010""#, "20991327091010"),
    ("timeout_express", "20991227091010", r#""timeout_express":"20991227091010""#, r#""timeout_express":"20991227091010""#, "5m"),
];

const DETAIL: &str = r#"{"goods_detail":[{"goods_id":"1","goods_name":"茶","quantity":1,"price":888}],"cost_price":888,"receipt_id":"r1"}"#;

#[test]
fn every_field_goes_where_its_interface_has_it_or_is_left_out_and_is_checked_either_way() {
    for (name, good, first, other, bad) in TABLE {
        for (gateway, wanted) in [(gateway(), first), (second(), other)] {
            let order = order(&gateway, &sale_with(&[(name, good)]));
            let text = content(&gateway.submit(&order, &stamp()));
            if wanted.is_empty() {
                assert_eq!(order.left_out, [*name]);
                assert_eq!(text, pays(&gateway, &[]), "{name}");
            } else {
                assert!(order.left_out.is_empty(), "{name}");
                assert!(text.contains(wanted), "{name}: {text}");
            }
            let error = invalid(&gateway, &sale_with(&[(name, bad)]));
            assert_eq!(error.field, *name);
            assert!(!error.to_string().contains(*bad), "the value stays unsaid");
            assert!(error.to_string().starts_with("fubei: "));
        }
    }
}

#[test]
fn fields_of_other_gateways_are_left_out_and_unknown_ones_refused() {
    let other = [
        ("spbill_create_ip", "127.0.0.1"),
        ("scene_info", "{}"),
        ("version", "1.0"),
        ("openid", "o1"),
    ];
    let order = order(&gateway(), &sale_with(&other));
    assert_eq!(
        order.left_out,
        ["openid", "scene_info", "spbill_create_ip", "version"]
    );
    for (name, says) in [
        ("bodi", "did you mean body?"),
        ("zzzzzzzzzz", "is not a known field"),
        ("merchant_order_sn", "is called out_trade_no here"),
        ("total_amount", "is called total_fee here"),
        ("device_no", "is called device_info here"),
        ("merchant_id", "is called sub_mch_id here"),
        ("app_id", "is set by the library"),
        ("sign", "is set by the library"),
        ("biz_content", "is set by the library"),
        ("method", "is set by the library"),
        ("nonce", "is set by the library"),
    ] {
        let error = invalid(&gateway(), &sale_with(&[(name, "x")]));
        assert_eq!(error.field, name);
        assert!(error.rule.contains(says), "{error}");
    }
}

#[test]
fn what_every_charge_needs_is_asked_for() {
    for name in ["out_trade_no", "auth_code", "total_fee"] {
        for empty in ["", "  "] {
            if (name, empty) == ("out_trade_no", "  ") {
                continue;
            }
            let error = invalid(&gateway(), &sale_with(&[(name, empty)]));
            assert_eq!(
                (error.field.as_str(), error.rule.as_str()),
                (name, "is required")
            );
        }
    }
}

#[test]
fn an_order_number_is_up_to_32_characters_without_blanks() {
    let long = "A".repeat(32);
    assert!(pays(&gateway(), &[("out_trade_no", &long)]).contains(&long));
    let too_long = "A".repeat(33);
    for bad in [" A1", "A1 ", "A 1", "单号", "A#1", &too_long] {
        assert_eq!(
            invalid(&gateway(), &sale_with(&[("out_trade_no", bad)])).field,
            "out_trade_no"
        );
    }
    // One that is only asked about may be another system's.
    assert!(gateway().check_out_trade_no("A#1").is_ok());
    for bad in ["", " ", "A 1", &too_long] {
        assert!(gateway().check_out_trade_no(bad).is_err());
    }
}

#[test]
fn amounts_are_fen_and_have_the_interfaces_limit() {
    for bad in [
        "0",
        "-1",
        "8.88",
        "1e3",
        "0888",
        "+888",
        "abc",
        "2147483648",
    ] {
        for gateway in [gateway(), second()] {
            assert_eq!(
                invalid(&gateway, &sale_with(&[("total_fee", bad)])).field,
                "total_fee"
            );
        }
    }
    // Ten characters of yuan in 1.0, ten million yuan in 2.0.
    assert_eq!(
        invalid(&gateway(), &sale_with(&[("total_fee", "1000000000")])).field,
        "total_fee"
    );
    assert!(pays(&second(), &[("total_fee", "1000000000")]).contains("10000000.00"));
    assert_eq!(
        invalid(&second(), &sale_with(&[("total_fee", "1000000001")])).field,
        "total_fee"
    );
}

#[test]
fn lengths_count_bytes() {
    for (name, max) in [("body", 128), ("attach", 127), ("device_info", 18)] {
        let exactly = "x".repeat(max);
        assert!(pays(&gateway(), &[(name, &exactly)]).contains(&exactly));
        for longer in ["x".repeat(max + 1), "茶".repeat(max / 3 + 1)] {
            assert_eq!(
                invalid(&gateway(), &sale_with(&[(name, &longer)])).field,
                name
            );
        }
    }
    let url = |length: usize| format!("https://a.example/{}", "n".repeat(length - 18));
    assert!(pays(&gateway(), &[("notify_url", &url(256))]).contains("call_back_url"));
    assert_eq!(
        invalid(&gateway(), &sale_with(&[("notify_url", &url(257))])).field,
        "notify_url"
    );
    assert_eq!(
        invalid(&second(), &sale_with(&[("notify_url", &url(256))])).field,
        "notify_url"
    );
}

#[test]
fn a_code_is_refused_for_what_it_is_made_of_never_for_its_length() {
    for length in [1, 16, 17, 18, 19, 24, 32, 128, 1024] {
        let code = "9".repeat(length);
        assert!(pays(&gateway(), &[("auth_code", &code)]).contains(&code));
    }
    let endless = "9".repeat(1025);
    for bad in ["13456 7890", "付款码", "1345\u{0}", &endless] {
        let error = invalid(&gateway(), &sale_with(&[("auth_code", bad)]));
        assert_eq!(error.field, "auth_code");
        assert!(!error.to_string().contains(bad));
    }
    // What a scanner adds.
    let text = pays(&gateway(), &[("auth_code", " 134567890123456789\r\n")]);
    assert!(text.contains(r#""auth_code":"134567890123456789""#));
}

#[test]
fn one_currency_is_known_and_not_sent() {
    let order = order(&gateway(), &sale_with(&[("fee_type", "CNY")]));
    assert!(order.left_out.is_empty());
    assert_eq!(order.expected.fee_type.as_deref(), Some("CNY"));
    assert!(!pays(&gateway(), &[("fee_type", "CNY")]).contains("CNY"));
    assert_eq!(
        invalid(&gateway(), &sale_with(&[("fee_type", "HKD")])).field,
        "fee_type"
    );
}

#[test]
fn numbers_are_digits_without_zeros_before_them() {
    for (name, good, bad) in [
        (
            "store_id",
            ["0", "9999999999"],
            ["007", "-1", "1.5", "12345678901"],
        ),
        (
            "equipment_type",
            ["90", "127"],
            ["128", "+90", "-90", "1e2"],
        ),
        ("discount_switch", ["0", "1"], ["yes", "Y", "true", "-1"]),
    ] {
        for value in good {
            let text = pays(&gateway(), &[(name, value)]);
            assert!(text.contains(&format!(r#""{name}":{value}"#)), "{text}");
        }
        for value in bad {
            assert_eq!(
                invalid(&gateway(), &sale_with(&[(name, value)])).field,
                name,
                "{value}"
            );
        }
    }
}

#[test]
fn two_names_of_one_thing_must_not_contradict_each_other() {
    let same = [
        ("notify_url", "https://a.example/n"),
        ("call_back_url", "https://a.example/n"),
    ];
    assert!(pays(&gateway(), &same).contains("call_back_url"));
    let other = [
        ("notify_url", "https://a.example/n"),
        ("call_back_url", "https://b.example/n"),
    ];
    let error = invalid(&gateway(), &sale_with(&other));
    assert!(error.rule.contains("call_back_url"), "{error}");
    let times = [
        ("time_expire", "20991227091010"),
        ("timeout_express", "20991227091011"),
    ];
    assert_eq!(
        invalid(&second(), &sale_with(&times)).field,
        "timeout_express"
    );
}

#[test]
fn goods_are_checked_member_by_member_and_sent_as_they_were_given() {
    let spaced = format!(" {} ", DETAIL.replace(',', ", "));
    let text = pays(&gateway(), &[("detail", &spaced)]);
    let sent: Map<String, Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(sent["detail"], spaced.trim());

    // As the document types it: the list as text.
    let as_text = r#"{"goods_detail":"[{\"goods_id\":\"1\",\"goods_name\":\"a\",\"quantity\":1,\"price\":1,\"goods_category\":\"x\"}]"}"#;
    assert!(
        order(&gateway(), &sale_with(&[("detail", as_text)]))
            .left_out
            .is_empty()
    );

    for (from, to, says) in [
        (
            r#""goods_id":"1","#,
            "",
            "goods_detail[0]: goods_id is required",
        ),
        (
            r#""goods_name":"茶","#,
            "",
            "goods_detail[0]: goods_name is required",
        ),
        (
            r#""quantity":1,"#,
            "",
            "goods_detail[0]: quantity is required",
        ),
        (r#","price":888"#, "", "goods_detail[0]: price is required"),
        (
            "\"price\":888",
            "\"price\":8.88",
            "goods_detail[0]: price: a whole number",
        ),
        (
            "\"price\":888",
            "\"price\":\"888\"",
            "goods_detail[0]: price: a whole number",
        ),
        (
            "\"price\":888",
            "\"price\":-1",
            "goods_detail[0]: price: a whole number",
        ),
        (
            "\"price\":888",
            "\"price\":2147483648",
            "goods_detail[0]: price: a whole number",
        ),
        (
            "\"quantity\":1",
            "\"quantity\":0",
            "goods_detail[0]: quantity: at least 1",
        ),
        (
            "\"goods_id\":\"1\"",
            "\"goods_id\":1",
            "goods_detail[0]: goods_id: text",
        ),
        (
            "\"goods_id\":\"1\"",
            "\"goods_id\":\"123456789012345678901234567890123\"",
            "goods_id: 1 to 32",
        ),
        (
            "\"cost_price\":888",
            "\"cost_price\":\"8.88\"",
            "cost_price: a whole number",
        ),
        (
            "\"receipt_id\":\"r1\"",
            "\"receipt_id\":\"123456789012345678901234567890123\"",
            "receipt_id: 1 to 32",
        ),
        (
            "\"receipt_id\":\"r1\"",
            "\"receipt_id\":\"r1\",\"receipt_id\":\"r2\"",
            "a name occurs twice",
        ),
        ("[{", "[[{", "goods_detail"),
    ] {
        let detail = DETAIL.replacen(from, to, 1);
        assert_ne!(detail, DETAIL);
        let error = invalid(&gateway(), &sale_with(&[("detail", &detail)]));
        let expected = if detail.contains("[[") {
            "one JSON object"
        } else {
            says
        };
        assert!(error.rule.contains(expected), "{error}");
    }
    for (detail, says) in [
        ("[]", "not a JSON object"),
        ("{}", "goods_detail is required"),
        (r#"{"goods_detail":[]}"#, "at least one article"),
        (r#"{"goods_detail":{}}"#, "a list"),
        (r#"{"goods_detail":"{}"}"#, "a list"),
        (
            r#"{"goods_detail":[1]}"#,
            "goods_detail[0]: one JSON object",
        ),
    ] {
        let error = invalid(&gateway(), &sale_with(&[("detail", detail)]));
        assert!(error.rule.contains(says), "{error}");
    }
    let long = DETAIL.replace("茶", &"x".repeat(6000));
    assert!(
        invalid(&gateway(), &sale_with(&[("detail", &long)]))
            .rule
            .contains("6000")
    );
}
