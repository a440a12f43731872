//! Which values a till may send.

use super::requests::{order, refused, sent};
use super::*;
use crate::gateway::Gateway;

#[test]
fn blanks_around_values_are_taken_off_and_blank_values_are_absent() {
    let mut fields = sale_with("auth_code", "134539517967686076\r\n");
    fields.set("attach", "   ");
    let order = order(&gateway(), &fields);

    assert_eq!(
        order.parameters["auth_code"].as_str(),
        Some("134539517967686076")
    );
    assert_eq!(order.parameters.get("attach"), None);
    assert_eq!(order.expected.attach, None);
}

#[test]
fn an_order_number_with_blanks_is_refused_since_it_is_how_the_till_asks_again() {
    let padded = format!("{OUT_TRADE_NO} ");
    assert_eq!(
        refused(&gateway(), &sale_with("out_trade_no", &padded)).field,
        "out_trade_no"
    );
    assert_eq!(
        gateway().check_out_trade_no(&padded).unwrap_err().field,
        "out_trade_no"
    );
    assert_eq!(gateway().check_out_trade_no(OUT_TRADE_NO), Ok(()));
}

#[test]
fn each_required_field_is_missed_by_its_name() {
    for name in ["out_trade_no", "auth_code", "total_fee", "body"] {
        for empty in ["", " "] {
            let error = refused(&gateway(), &sale_with(name, empty));
            assert_eq!(error.field, name);
            assert_eq!(error.gateway, "wechat-v2");
        }
    }
}

#[test]
fn every_field_takes_its_longest_value_and_refuses_one_more() {
    let text = |length: usize| "a".repeat(length);
    for (name, longest, over) in [
        ("out_trade_no", text(32), text(33)),
        ("body", text(127), text(128)),
        ("body", "白".repeat(42), "白".repeat(43)),
        ("attach", text(127), text(128)),
        ("device_info", text(32), text(33)),
        ("goods_tag", text(32), text(33)),
        ("limit_pay", text(32), text(33)),
        ("scene_info.store_id", text(32), text(33)),
        ("scene_info.store_name", text(64), text(65)),
        ("total_fee", "2147483647".into(), "2147483648".into()),
        (
            "detail",
            format!("{{\"a\":\"{}\"}}", text(5992)),
            format!("{{\"a\":\"{}\"}}", text(5993)),
        ),
        (
            "scene_info",
            format!("{{\"a\":\"{}\"}}", text(248)),
            format!("{{\"a\":\"{}\"}}", text(249)),
        ),
    ] {
        order(&gateway(), &sale_with(name, &longest));
        assert_eq!(refused(&gateway(), &sale_with(name, &over)).field, name);
    }
    let shop = |name: &str, value: &str| {
        let mut fields = sale_with("sub_mch_id", "1");
        fields.set(name, value);
        gateway().order(&fields)
    };
    for name in ["sub_mch_id", "sub_appid"] {
        assert!(shop(name, &text(32)).is_ok());
        assert_eq!(shop(name, &text(33)).unwrap_err().field, name);
    }
}

#[test]
fn hong_kong_counts_32_characters_of_body() {
    order(&hong_kong(), &sale_with("body", &"白".repeat(32)));
    assert_eq!(
        refused(&hong_kong(), &sale_with("body", &"白".repeat(33))).field,
        "body"
    );
    assert_eq!(
        refused(&hong_kong(), &sale_with("body", &"a".repeat(33))).field,
        "body"
    );
    let four_bytes_each = "🍜".repeat(32);
    assert_eq!(
        refused(&hong_kong(), &sale_with("body", &four_bytes_each)).field,
        "body"
    );
}

#[test]
fn values_outside_of_their_rule_are_refused_by_name_without_showing_them() {
    for (name, bad) in [
        (
            "out_trade_no",
            &["a b", "a.b", "a/b", "单号", "a+b", "a\0b", "a#b"][..],
        ),
        (
            "auth_code",
            &[
                "13453951796768607",
                "1345395179676860761",
                "164539517967686076",
                "284539517967686076",
                "13453951796768607a",
                "034539517967686076",
                "１３４５３９",
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
                "١",
                "88.00",
                "NaN",
                "0x10",
                "99999999999999999999",
            ],
        ),
        ("fee_type", &["cny", "CN", "CNYY", "C Y", "元"]),
        ("body", &["a\tb", "a\nb", "a\0b", "a\u{7f}b", "a\u{FFFE}b"]),
        ("attach", &["a\rb", "a\u{FFFF}b", "\u{1b}[31m-"]),
        ("device_info", &["a\u{85}b"]),
        (
            "detail",
            &[
                "[]",
                "{",
                "{\"quantity\":1,}",
                "{\"a\":1,\"a\":2}",
                "text",
                "{\"a\":\"\u{FFFF}\"}",
                "1",
            ],
        ),
        ("scene_info", &["[]", "{a:1}"]),
        (
            "spbill_create_ip",
            &[
                "localhost",
                "1.2.3",
                "1.2.3.4.5",
                "256.1.1.1",
                "::1%eth0",
                "1.2.3.4:80",
            ],
        ),
        (
            "time_start",
            &["20091226", "2009-12-25 09:10", "20091325091010"],
        ),
        ("time_expire", &["x", "20090230091010"]),
        ("receipt", &["y", "YES", "1"]),
        ("profit_sharing", &["n", "true"]),
        ("limit_pay", &["no credit", "不"]),
        ("version", &["1", "2.0"]),
        ("sub_mch_id", &["1 2", "商户"]),
    ] {
        for value in bad {
            let error = refused(&gateway(), &sale_with(name, value));
            assert_eq!(error.field, name, "{value:?}");
            assert!(error.rule.len() > 5);
            assert!(
                value.len() < 8 || !error.to_string().contains(value),
                "{name} shows its value: {error}"
            );
        }
    }
}

#[test]
fn values_within_their_rule_are_sent() {
    for (name, good) in [
        ("out_trade_no", &["a", "_-|*@", "0"][..]),
        ("auth_code", &["100000000000000000", "159999999999999999"]),
        ("total_fee", &["1", "2147483647"]),
        ("fee_type", &["CNY", "HKD"]),
        ("body", &["<b> & ]]> \"'", "套餐 🍜"]),
        ("spbill_create_ip", &["8.8.8.8", "::1", "2001:db8::7"]),
        ("time_start", &["20091225091010"]),
        ("time_expire", &["20091227091010"]),
        ("receipt", &["Y", "N"]),
        ("profit_sharing", &["Y", "N"]),
        ("limit_pay", &["no_credit"]),
        ("version", &["1.0"]),
        ("detail", &["{}"]),
    ] {
        for value in good {
            let gateway = gateway();
            let call = gateway.submit(&order(&gateway, &sale_with(name, value)), &stamp());
            assert_eq!(sent(&call).get(name), Some(*value));
        }
    }
}

#[test]
fn money_never_goes_through_a_float() {
    let gateway = gateway();
    for fee in ["1", "29", "113", "115", "1999", "16777217", "2147483647"] {
        let order = order(&gateway, &sale_with("total_fee", fee));
        assert_eq!(order.expected.total_fee, fee.parse().ok());
        assert_eq!(
            sent(&gateway.submit(&order, &stamp())).get("total_fee"),
            Some(fee)
        );
    }
    assert!(
        refused(&gateway, &sale_with("total_fee", "8.88"))
            .rule
            .contains("8.88 yuan is 888")
    );
}

#[test]
fn other_codes_pass_only_where_the_check_is_switched_off() {
    let unchecked = WechatV2::new(WechatV2Config {
        auth_code_check: false,
        ..config()
    });
    let token = "ft".repeat(64);
    for code in ["284539517967686076", "fp0123456789", token.as_str()] {
        assert_eq!(
            refused(&gateway(), &sale_with("auth_code", code)).field,
            "auth_code"
        );
        order(&unchecked, &sale_with("auth_code", code));
    }
    for code in ["12 34", "码", "a\0b", &"1".repeat(129)] {
        assert_eq!(
            refused(&unchecked, &sale_with("auth_code", code)).field,
            "auth_code"
        );
    }
}

#[test]
fn what_the_library_signs_with_is_not_the_tills_to_set() {
    for name in ["appid", "mch_id", "nonce_str", "sign", "sign_type", "key"] {
        let error = refused(&gateway(), &sale_with(name, "x"));
        assert_eq!(error.field, name);
        assert!(error.rule.contains("configuration"));
    }
}

#[test]
fn words_of_other_gateways_are_left_out_and_named() {
    let words = [
        "buyer_id",
        "notify_url",
        "openid",
        "scene_info.device_id",
        "scene_info.store_out_id",
        "settle_info.profit_sharing",
        "support_fapiao",
    ];
    let mut fields = sale();
    for word in words {
        fields.set(word, "anything at all\0");
    }
    assert_eq!(order(&gateway(), &fields).left_out, words);

    let mut fields = sale_with("receipt", "Y");
    fields.set("limit_pay", "no_credit");
    fields.set("profit_sharing", "Y");
    let overseas = order(&hong_kong(), &fields);
    assert_eq!(
        overseas.left_out,
        ["limit_pay", "profit_sharing", "receipt"]
    );
    assert_eq!(overseas.parameters.get("receipt"), None);
}

#[test]
fn an_unknown_field_is_refused_with_its_likely_spelling() {
    for (name, hint) in [
        ("out_trade_on", "out_trade_no"),
        ("totalfee", "total_fee"),
        ("Body", "body"),
        ("scene_info.storeid", "scene_info.store_id"),
    ] {
        let error = refused(&gateway(), &sale_with(name, "1"));
        assert_eq!(error.field, name);
        assert!(
            error.rule.contains(&format!("did you mean {hint}?")),
            "{error}"
        );
    }
    let error = refused(&gateway(), &sale_with("colour_of_the_bag", "red"));
    assert!(error.rule.contains("docs/fields.md"));
    let error = refused(&gateway(), &sale_with(&"x\n".repeat(500), "1"));
    assert_eq!(error.field, "x".repeat(64));
}
