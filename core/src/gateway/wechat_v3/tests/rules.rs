//! Which values a till may send.

use super::requests::{body, order, refused};
use super::*;
use crate::gateway::Gateway;
use crate::gateway::vocabulary;
use crate::gateway::wechat_v3::fields::{CODE_PAYMENT, OWN};

#[test]
fn blanks_around_values_are_taken_off_and_blank_values_are_absent() {
    let mut fields = sale_with("auth_code", "134539517967686076\r\n");
    fields.set("attach", "   ");
    fields.set("scene_info", " ");
    let body = body(&gateway(), &fields);

    assert_eq!(body["payer"]["auth_code"], "134539517967686076");
    assert_eq!(body.get("attach"), None);
}

#[test]
fn an_order_number_with_blanks_is_refused_since_it_is_how_the_till_asks_again() {
    let padded = format!("{OUT_TRADE_NO} ");
    assert_eq!(
        refused(&gateway(), &sale_with("out_trade_no", &padded)).field,
        "out_trade_no"
    );
    assert!(gateway().check_out_trade_no(&padded).is_err());
    assert_eq!(gateway().check_out_trade_no(OUT_TRADE_NO), Ok(()));
}

#[test]
fn punctuation_that_only_apiv2_has_is_refused_by_saying_so() {
    for number in ["till|42", "till@42"] {
        let error = refused(&gateway(), &sale_with("out_trade_no", number));
        assert!(error.rule.contains("APIv2 only"), "{error}");
        assert_eq!(
            gateway().check_out_trade_no(number),
            Ok(()),
            "but asked about"
        );
    }
}

#[test]
fn each_required_field_is_missed_by_its_name() {
    for name in ["out_trade_no", "auth_code", "total_fee", "body"] {
        for empty in ["", " "] {
            let error = refused(&gateway(), &sale_with(name, empty));
            assert_eq!((error.field.as_str(), error.gateway), (name, "wechat-v3"));
        }
    }
    assert_eq!(
        refused(&hong_kong(), &sale()).field,
        "merchant_category_code"
    );
    order(&hong_kong(), &sale_overseas());
}

#[test]
fn every_field_takes_its_longest_value_and_refuses_one_more() {
    let text = |length: usize| "a".repeat(length);
    let digits = |length: usize| "7".repeat(length);
    for (name, longest, over) in [
        ("out_trade_no", text(32), text(33)),
        ("body", text(127), text(128)),
        ("body", "白".repeat(42), "白".repeat(43)),
        ("attach", text(128), text(129)),
        ("device_info", text(32), text(33)),
        ("goods_tag", text(32), text(33)),
        ("scene_info.device_id", text(32), text(33)),
        ("scene_info.store_id", digits(32), digits(33)),
        ("scene_info.store_id", text(32), text(33)),
        ("scene_info.store_out_id", text(256), text(257)),
        ("total_fee", "2147483647".into(), "2147483648".into()),
        (
            "detail",
            format!("{{\"a\":\"{}\"}}", text(5992)),
            format!("{{\"a\":\"{}\"}}", text(5993)),
        ),
    ] {
        order(&gateway(), &sale_with(name, &longest));
        assert_eq!(refused(&gateway(), &sale_with(name, &over)).field, name);
    }
    for name in ["sub_mch_id", "sub_appid"] {
        order(&partner(), &sale_with(name, &text(32)));
        assert_eq!(refused(&partner(), &sale_with(name, &text(33))).field, name);
    }
    for (name, max) in [
        ("limit_pay", 32),
        ("scene_info.operator_id", 32),
        ("scene_info.store_name", 256),
        ("scene_info.store_address", 512),
    ] {
        let with = |length: usize| {
            let mut fields = sale_overseas();
            fields.set(name, text(length));
            fields
        };
        order(&hong_kong(), &with(max));
        assert_eq!(refused(&hong_kong(), &with(max + 1)).field, name);
    }
    let scene = |length: usize| {
        let padding = " ".repeat(length - r#"{"device_id":"1"}"#.len());
        sale_with("scene_info", &format!("{{\"device_id\":{padding}\"1\"}}"))
    };
    order(&gateway(), &scene(2048));
    assert_eq!(refused(&gateway(), &scene(2049)).field, "scene_info");
}

#[test]
fn values_outside_of_their_rule_are_refused_by_name_without_showing_them() {
    for (name, bad) in [
        (
            "out_trade_no",
            &[
                "abcde",
                "a b c d",
                "a.bcdef",
                "a/bcdef",
                "单号单号",
                "a+bcdef",
                "a#bcdef",
            ][..],
        ),
        (
            "auth_code",
            &[
                "13453951796768607",
                "1345395179676860761",
                "164539517967686076",
                "284539517967686076",
                "13453951796768607a",
            ],
        ),
        (
            "total_fee",
            &[
                "0",
                "-1",
                "8.88",
                "1e3",
                "+1",
                "0888",
                "1 000",
                "NaN",
                "99999999999999999999",
            ],
        ),
        ("fee_type", &["cny", "CN", "CNYY", "元"]),
        ("body", &["a\tb", "a\nb", "a\0b", "a\u{FFFE}b"]),
        ("attach", &["a\rb", "\u{1b}[31m-"]),
        ("device_info", &["a\u{85}b"]),
        (
            "detail",
            &[
                "[]",
                "{",
                "{\"quantity\":1,}",
                "text",
                "{\"a\":1,\"a\":2}",
                "1",
            ],
        ),
        (
            "scene_info",
            &[
                "[]",
                "{a:1}",
                "{\"device_id\":\"1\",\"device_id\":\"2\"}",
                "{\"device_id\":[1]}",
                "{\"device_id\":1.5}",
                "{\"store_id\":\"1\",\"store_info\":{\"id\":\"1\"}}",
            ],
        ),
        (
            "spbill_create_ip",
            &["localhost", "1.2.3", "256.1.1.1", "1.2.3.4:80"],
        ),
        ("scene_info.device_ip", &["::1%eth0"]),
        ("scene_info.store_id", &["SZ-1", "店", "a b"]),
        ("scene_info.store_out_id", &["SZ-1", "店", "a b"]),
        ("receipt", &["y", "YES", "1", "True"]),
        ("support_fapiao", &["yes", "0"]),
        ("profit_sharing", &["n", "TRUE"]),
        ("settle_info.profit_sharing", &["on"]),
    ] {
        for value in bad {
            let error = refused(&gateway(), &sale_with(name, value));
            assert_eq!(error.field, name, "{value:?}: {error}");
            assert!(error.rule.len() > 5);
            assert!(
                value.len() < 8 || !error.to_string().contains(value),
                "{name} shows its value: {error}"
            );
        }
    }
    let configured = WechatV3::new(WechatV3Config {
        region: Region::HongKong,
        merchant_category_code: Some("4111".into()),
        ..config()
    });
    for (given, sent) in [("", "4111"), ("5812", "5812")] {
        let order = order(&configured, &sale_with("merchant_category_code", given));
        assert_eq!(order.parameters["merchant_category_code"], sent);
    }
    for bad in ["", "41a1", "4111 1", &"1".repeat(33)] {
        let error = refused(&hong_kong(), &sale_with("merchant_category_code", bad));
        assert_eq!(error.field, "merchant_category_code");
    }
}

#[test]
fn values_within_their_rule_are_sent_in_their_type() {
    for (name, good, at, sent) in [
        ("out_trade_no", "_-*aZ0", "/out_trade_no", json!("_-*aZ0")),
        ("total_fee", "1", "/amount/total", json!(1)),
        (
            "total_fee",
            "2147483647",
            "/amount/total",
            json!(2_147_483_647),
        ),
        ("fee_type", "HKD", "/amount/currency", json!("HKD")),
        (
            "body",
            "<b> & ]]> \"'\\",
            "/description",
            json!("<b> & ]]> \"'\\"),
        ),
        (
            "spbill_create_ip",
            "2001:db8::7",
            "/scene_info/device_ip",
            json!("2001:db8::7"),
        ),
        (
            "scene_info.device_ip",
            "8.8.8.8",
            "/scene_info/device_ip",
            json!("8.8.8.8"),
        ),
        (
            "device_info",
            "till 3",
            "/scene_info/device_id",
            json!("till 3"),
        ),
        (
            "scene_info.device_id",
            "till 3",
            "/scene_info/device_id",
            json!("till 3"),
        ),
        ("goods_tag", "WXG", "/goods_tag", json!("WXG")),
        ("receipt", "Y", "/support_fapiao", json!(true)),
        ("receipt", "false", "/support_fapiao", json!(false)),
        ("support_fapiao", "true", "/support_fapiao", json!(true)),
        ("support_fapiao", "N", "/support_fapiao", json!(false)),
        (
            "profit_sharing",
            "Y",
            "/settle_info/profit_sharing",
            json!(true),
        ),
        (
            "settle_info.profit_sharing",
            "false",
            "/settle_info/profit_sharing",
            json!(false),
        ),
        ("detail", "{}", "/detail", json!({})),
    ] {
        let body = body(&gateway(), &sale_with(name, good));
        assert_eq!(body.pointer(at), Some(&sent), "{name}");
    }
}

#[test]
fn money_never_goes_through_a_float() {
    for fee in ["1", "29", "113", "115", "1999", "16777217", "2147483647"] {
        let fields = sale_with("total_fee", fee);
        assert_eq!(
            order(&gateway(), &fields).expected.total_fee,
            fee.parse().ok()
        );
        assert_eq!(
            body(&gateway(), &fields)["amount"]["total"].to_string(),
            fee
        );
    }
}

#[test]
fn two_names_of_one_field_may_agree_but_not_contradict() {
    for (one, other, same, different) in [
        ("receipt", "support_fapiao", ("Y", "true"), ("Y", "false")),
        (
            "profit_sharing",
            "settle_info.profit_sharing",
            ("N", "false"),
            ("N", "Y"),
        ),
        (
            "device_info",
            "scene_info.device_id",
            ("3", "3"),
            ("3", "4"),
        ),
        (
            "spbill_create_ip",
            "scene_info.device_ip",
            ("::1", "::1"),
            ("::1", "::2"),
        ),
    ] {
        let both = |values: (&str, &str)| {
            let mut fields = sale_with(one, values.0);
            fields.set(other, values.1);
            fields
        };
        order(&gateway(), &both(same));
        let error = refused(&gateway(), &both(different));
        assert!([one, other].contains(&error.field.as_str()));
        assert!(
            error.rule.contains(one) || error.rule.contains(other),
            "{error}"
        );
    }
}

#[test]
fn other_codes_pass_only_where_the_check_is_switched_off() {
    let unchecked = WechatV3::new(WechatV3Config {
        auth_code_check: false,
        ..config()
    });
    for code in ["284539517967686076", "fp0123456789"] {
        assert_eq!(
            refused(&gateway(), &sale_with("auth_code", code)).field,
            "auth_code"
        );
        order(&unchecked, &sale_with("auth_code", code));
    }
}

#[test]
fn what_the_library_sets_is_not_the_tills_to_set() {
    for name in OWN {
        let error = refused(&gateway(), &sale_with(name, "x"));
        assert_eq!(error.field, *name);
        assert!(error.rule.contains("configuration"));
    }
}

#[test]
fn every_field_of_the_table_is_a_word_of_the_vocabulary() {
    for field in CODE_PAYMENT {
        assert!(vocabulary::NAMES.contains(&field.name), "{}", field.name);
    }
}

#[test]
fn every_word_of_the_vocabulary_is_sent_or_left_out_or_refused_by_its_rule() {
    for gateway in [gateway(), partner(), hong_kong()] {
        for name in vocabulary::NAMES {
            let mut fields = sale_overseas();
            fields.set(*name, "\u{1}");
            match gateway.order(&fields) {
                Ok(order) => assert!(order.left_out.contains(&(*name).to_owned()), "{name}"),
                Err(error) => assert_eq!(error.field, *name),
            }
        }
    }
}

#[test]
fn words_that_have_no_place_are_left_out_and_named() {
    let words = [
        "limit_pay",
        "notify_url",
        "openid",
        "scene_info.store_name",
        "settle_info.anything",
        "time_expire",
        "trade_type",
        "version",
    ];
    let mut fields = sale();
    for word in words {
        fields.set(word, "anything at all\0");
    }
    let order = order(&gateway(), &fields);
    assert_eq!(order.left_out, words);
    let plain = body(&gateway(), &sale());
    assert_eq!(Value::Object(order.parameters), plain);
}

#[test]
fn an_unknown_field_is_refused_with_its_likely_spelling() {
    for (name, hint) in [
        ("out_trade_on", "out_trade_no"),
        ("sub_mchid", "sub_mch_id"),
        ("scene_info.storeid", "scene_info.store_id"),
    ] {
        let error = refused(&gateway(), &sale_with(name, "1"));
        assert_eq!(error.field, name);
        assert!(
            error.rule.contains(&format!("did you mean {hint}?")),
            "{error}"
        );
    }
    let error = refused(&gateway(), &sale_with(&"x\n".repeat(500), "1"));
    assert_eq!(error.field, "x".repeat(64));
}

#[test]
fn what_a_till_sends_over_apiv2_is_taken_over_apiv3() {
    use crate::config::{SignType, WechatV2Config};
    use crate::gateway::wechat_v2::WechatV2;

    let v2 = WechatV2::new(WechatV2Config {
        appid: APPID.into(),
        mch_id: MCHID.into(),
        sub_appid: None,
        sub_mch_id: None,
        api_key: Secret::new("192006250b4c09247ec02edce69f6a2d"),
        sign_type: SignType::HmacSha256,
        client_certificate: None,
        auth_code_check: true,
        region: Region::Mainland,
    });
    let mut fields = sale();
    for (name, value) in [
        ("fee_type", "CNY"),
        ("attach", "till 3"),
        (
            "detail",
            r#"{"goods_detail":[{"goods_id":"1","quantity":1,"price":888}]}"#,
        ),
        ("device_info", "till 3"),
        ("goods_tag", "WXG"),
        ("limit_pay", "no_credit"),
        ("profit_sharing", "N"),
        ("receipt", "Y"),
        ("scene_info.store_id", "SZT10000"),
        ("scene_info.store_name", "腾大餐厅"),
        ("spbill_create_ip", "192.0.2.7"),
        ("time_expire", "20141030134025"),
        ("time_start", "20141030133525"),
        ("version", "1.0"),
    ] {
        fields.set(name, value);
    }
    let over_v2 = v2.order(&fields).unwrap();
    let over_v3 = gateway().order(&fields).unwrap();
    assert_eq!(over_v2.expected, over_v3.expected);
    assert!(over_v2.left_out.is_empty());
    assert_eq!(
        over_v3.left_out,
        [
            "limit_pay",
            "scene_info.store_name",
            "time_expire",
            "time_start",
            "version"
        ]
    );
}
