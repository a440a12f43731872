//! Every documented field reaches the gateway: it remembers what a number was asked for, and refuses the
//! same number with anything else.

use super::*;
use crate::common::{DECLINED, E_DUPLICATE, Request};
use wxpay_simulator::{Merchant, Region};

/// A field, a value, another one, and whether the gateway has a place for it.
type Case = (&'static str, &'static str, &'static str, bool);

const MAINLAND: [Case; 17] = [
    ("total_fee", "888", "889", true),
    ("body", "coffee", "tea", true),
    ("attach", "till 3 & <counter>", "till 4", true),
    (
        "detail",
        r#"{"goods_detail":[{"goods_id":"1001","goods_name":"iPhone6s 32G","quantity":1,"price":888}]}"#,
        r#"{"goods_detail":[{"goods_id":"1002","goods_name":"iPhone6s 32G","quantity":1,"price":888}]}"#,
        true,
    ),
    ("device_info", "013467007045764", "013467007045765", true),
    (
        "scene_info.device_id",
        "013467007045764",
        "013467007045765",
        true,
    ),
    ("goods_tag", "WXG", "WXH", true),
    ("spbill_create_ip", "8.8.8.8", "2001:db8::1", true),
    ("scene_info.device_ip", "8.8.8.8", "8.8.4.4", true),
    ("scene_info.store_id", "10000", "10001", true),
    ("scene_info.store_out_id", "SZT10000", "SZT10001", true),
    (
        "scene_info",
        r#"{"store_info":{"id":"SZT1"}}"#,
        r#"{"store_info":{"id":"SZT2"}}"#,
        true,
    ),
    ("receipt", "Y", "N", true),
    ("support_fapiao", "true", "false", true),
    ("profit_sharing", "Y", "N", true),
    ("settle_info.profit_sharing", "true", "false", true),
    ("limit_pay", "no_credit", "", false),
];

const HONG_KONG: [Case; 14] = [
    ("total_fee", "888", "889", true),
    ("body", "coffee", "tea", true),
    ("fee_type", "HKD", "USD", true),
    ("attach", "till 3", "till 4", true),
    (
        "detail",
        r#"{"goods_detail":[{"goods_id":"1001","quantity":1,"price":888}]}"#,
        r#"{"goods_detail":[{"goods_id":"1001","quantity":2,"price":444}]}"#,
        true,
    ),
    ("device_info", "1", "2", true),
    ("goods_tag", "WXG", "WXH", true),
    ("scene_info.device_ip", "8.8.8.8", "8.8.4.4", true),
    ("scene_info.operator_id", "P001", "P002", true),
    ("scene_info.payer_client_ip", "8.8.8.8", "8.8.4.4", true),
    ("limit_pay", "no_credit", "", true),
    ("merchant_category_code", "5812", "5814", true),
    ("profit_sharing", "Y", "N", false),
    ("receipt", "Y", "N", false),
];

const PARTNER: [Case; 1] = [(
    "sub_appid",
    "wxd930ea5d5a258f4f",
    "wx2421b1c4370ec43b",
    true,
)];

/// All that every request has, with one field set.
fn request(sale: &Sale, region: Region, field: &str, value: &str) -> Request {
    let mut request = Request::new()
        .with("out_trade_no", &sale.out_trade_no)
        .with("auth_code", &sale.auth_code);
    let mut needed = vec![("total_fee", "888"), ("body", "coffee")];
    if region == Region::HongKong {
        needed.extend([("fee_type", "HKD"), ("merchant_category_code", "5812")]);
    }
    for (name, usual) in needed {
        request = request.with(name, if name == field { value } else { usual });
    }
    request.with(field, value)
}

/// Asks with the field, and from a till that remembers nothing of it once more: with the same value the
/// gateway says the same, with another one that the number is taken.
fn play(shop: &Shop, &(field, value, other, sent): &Case) {
    let region = shop.simulator.settings().region;
    let forgetful = |name: &str| shop.till_with("wxpay-journal.db", &format!("{name}.db"));
    // What was refused for want of money stays known to the gateway, unpaid.
    let sale = shop.sale(Scenario::NotEnough);
    let name = &sale.out_trade_no;
    let first = forgetful(name).micropay(&request(&sale, region, field, value));
    assert_eq!(first.status(), DECLINED, "{field}: {first:?}");
    let same = forgetful(&format!("{name}-same")).micropay(&request(&sale, region, field, value));
    assert_eq!(same.status(), DECLINED, "{field}: {same:?}");
    let changed =
        forgetful(&format!("{name}-other")).micropay(&request(&sale, region, field, other));
    let expected = if sent { E_DUPLICATE } else { DECLINED };
    assert_eq!(changed.status(), expected, "{field}: {changed:?}");
    assert_eq!(shop.count(&sale, Operation::Micropay), 3, "{field}");
}

#[test]
fn every_documented_field_reaches_the_gateway() {
    each(&MAINLAND, |case| {
        play(&Shop::with(keys_of(PlatformKeys::PublicKey)), case)
    });
}

#[test]
fn every_field_of_hong_kong_reaches_the_gateway() {
    each(&HONG_KONG, |case| {
        let settings = keys_of(PlatformKeys::PublicKey);
        play(
            &Shop::with(Settings {
                region: Region::HongKong,
                ..settings
            }),
            case,
        );
    });
}

#[test]
fn every_field_of_a_partner_reaches_the_gateway() {
    each(&PARTNER, |case| {
        let merchant = Merchant {
            sub_mch_ids: vec!["1900000109".to_owned()],
            ..Merchant::example()
        };
        play(
            &Shop::with(Settings {
                merchants: vec![merchant],
                ..keys_of(PlatformKeys::PublicKey)
            }),
            case,
        );
    });
}

/// What the answer has comes back under the names of every gateway.
#[test]
fn what_the_gateway_answers_comes_back() {
    let shop = Shop::with(Settings {
        coupon_fen: 100,
        ..keys_of(PlatformKeys::Both)
    });
    let till = shop.till();
    for scenario in [Scenario::Paid, Scenario::PasswordPaid] {
        let sale = shop.sale(scenario);
        let outcome = till.micropay(&sale.request().with("attach", "till 3"));
        ended(&shop, &sale, &outcome, OK);
        let order = shop.order(&sale).expect("it was booked");
        assert_eq!(outcome.get("transaction_id"), order.transaction_id);
        for (field, value) in [
            ("gateway", "wechat-v3"),
            ("out_trade_no", sale.out_trade_no.as_str()),
            ("attach", "till 3"),
            ("trade_type", "MICROPAY"),
            ("trade_state", "SUCCESS"),
            ("bank_type", "CMB_DEBIT"),
            ("fee_type", "CNY"),
        ] {
            assert_eq!(
                outcome.get(field).as_deref(),
                Some(value),
                "{field}: {outcome:?}"
            );
        }
        for (field, value) in [
            ("total_fee", 888),
            ("payer_total", 788),
            ("cancel_requested", 0),
        ] {
            assert_eq!(outcome.get_int(field), Some(value), "{field}: {outcome:?}");
        }
        for field in ["openid", "paid_at", "request_id", "host", "prompt"] {
            let value = outcome.get(field);
            assert!(
                value.is_some_and(|value| !value.is_empty()),
                "{field}: {outcome:?}"
            );
        }
        assert!(
            outcome.json().to_string().contains("109519"),
            "the coupon: {outcome:?}"
        );
    }
}
