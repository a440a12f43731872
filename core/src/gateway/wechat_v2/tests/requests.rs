//! Till fields to signed messages.

use super::*;
use crate::exchange::{Call, Resend};
use crate::gateway::wechat_v2::{sign, xml};
use crate::gateway::{Gateway, InvalidField, Order};

pub(super) fn order(gateway: &WechatV2, fields: &Fields) -> Order {
    gateway.order(fields).expect("a good sale")
}

pub(super) fn refused(gateway: &WechatV2, fields: &Fields) -> InvalidField {
    gateway.order(fields).expect_err("a bad sale")
}

pub(super) fn sent(call: &Call) -> Fields {
    xml::parse(&call.body).expect("our own message")
}

#[test]
fn a_sale_becomes_a_signed_micropay_message() {
    let gateway = gateway();
    let order = order(&gateway, &sale_with("attach", "till 3"));
    let call = gateway.submit(&order, &stamp());
    let message = sent(&call);

    assert_eq!((call.operation, call.method), ("micropay", "POST"));
    assert_eq!(call.path, "/pay/micropay");
    assert_eq!(call.headers, [("Content-Type", "text/xml".to_owned())]);
    assert_eq!(call.resend, Resend::OnlyIfUnsent);
    for (name, value) in [
        ("appid", APPID),
        ("mch_id", MCH_ID),
        ("nonce_str", stamp().nonce.as_str()),
        ("sign_type", "HMAC-SHA256"),
        ("out_trade_no", OUT_TRADE_NO),
        ("auth_code", "134539517967686076"),
        ("total_fee", "888"),
        ("body", "Ipadmini16G白色"),
        ("attach", "till 3"),
        ("spbill_create_ip", "127.0.0.1"),
    ] {
        assert_eq!(message.get(name), Some(value), "{name}");
    }
    assert_eq!(message.iter().count(), 11, "and the signature");
    assert!(sign::verify(
        &message,
        &Secret::new(KEY),
        SignType::HmacSha256
    ));
    assert!(order.parameters.get("sign").is_none());
    assert!(order.parameters.get("nonce_str").is_none());
}

#[test]
fn what_answers_must_agree_with_is_what_was_asked() {
    let order = order(&gateway(), &sale_with("attach", " till 3 "));

    assert_eq!(
        order.expected,
        Expected {
            submitted_at: None,
            ..expected()
        }
    );
    assert!(order.left_out.is_empty());
}

#[test]
fn an_overseas_order_without_a_currency_leaves_it_to_the_gateway() {
    let order = order(&hong_kong(), &sale());
    assert_eq!(order.expected.fee_type, None);
}

#[test]
fn md5_is_signed_as_md5() {
    let gateway = WechatV2::new(WechatV2Config {
        sign_type: SignType::Md5,
        ..config()
    });
    let message = sent(&gateway.submit(&order(&gateway, &sale()), &stamp()));

    assert_eq!(message.get("sign_type"), Some("MD5"));
    assert!(sign::verify(&message, &Secret::new(KEY), SignType::Md5));
}

#[test]
fn query_and_reverse_name_the_order_and_may_go_to_any_host() {
    let gateway = gateway();
    for (call, operation, path) in [
        (
            gateway.query(&expected(), &stamp()),
            "orderquery",
            "/pay/orderquery",
        ),
        (
            gateway.reverse(&expected(), &stamp()),
            "reverse",
            "/secapi/pay/reverse",
        ),
    ] {
        let message = sent(&call);
        assert_eq!((call.operation, call.path.as_str()), (operation, path));
        assert_eq!(call.resend, Resend::Freely);
        assert_eq!(message.get("out_trade_no"), Some(OUT_TRADE_NO));
        assert!(sign::verify(
            &message,
            &Secret::new(KEY),
            SignType::HmacSha256
        ));
        assert_eq!(message.iter().count(), 6, "nothing else");
    }
}

#[test]
fn an_order_is_asked_for_by_the_gateways_own_number_too() {
    let gateway = gateway();
    let by_transaction = Expected {
        transaction_id: Some("4200001212282111030178445712".into()),
        ..Expected::default()
    };
    let message = sent(&gateway.query(&by_transaction, &stamp()));

    assert_eq!(
        message.get("transaction_id"),
        Some("4200001212282111030178445712")
    );
    assert_eq!(message.get("out_trade_no"), None);
    assert_eq!(message.iter().count(), 6, "nothing else");
    assert_eq!(gateway.check_transaction_id("4200001212"), Ok(()));
    for bad in ["", " 4200", "4200 1", "单号", &"4".repeat(33)] {
        let error = gateway.check_transaction_id(bad).unwrap_err();
        assert_eq!(
            (error.field.as_str(), error.gateway),
            ("transaction_id", "wechat-v2")
        );
    }
}

#[test]
fn institution_mode_names_the_configured_shop_everywhere() {
    let gateway = institution();
    let order = order(&gateway, &sale());

    assert_eq!(order.expected.sub_mch_id.as_deref(), Some("452532745"));
    for call in [
        gateway.submit(&order, &stamp()),
        gateway.query(&order.expected, &stamp()),
        gateway.reverse(&Expected::default(), &stamp()),
    ] {
        assert_eq!(sent(&call).get("sub_mch_id"), Some("452532745"));
        assert_eq!(sent(&call).get("sub_appid"), Some("wxsub"));
    }
}

#[test]
fn a_requests_own_shop_wins_and_is_asked_about_again() {
    let gateway = institution();
    let order = order(&gateway, &sale_with("sub_mch_id", "777"));

    assert_eq!(order.expected.sub_mch_id.as_deref(), Some("777"));
    for call in [
        gateway.submit(&order, &stamp()),
        gateway.query(&order.expected, &stamp()),
        gateway.reverse(&order.expected, &stamp()),
    ] {
        assert_eq!(sent(&call).get("sub_mch_id"), Some("777"));
        assert_eq!(
            sent(&call).get("sub_appid"),
            None,
            "it belongs to the other shop"
        );
    }
}

#[test]
fn a_sub_appid_without_a_shop_is_refused() {
    assert_eq!(
        refused(&gateway(), &sale_with("sub_appid", "wx1")).field,
        "sub_appid"
    );
}

#[test]
fn the_account_is_the_merchant_whatever_the_api_generation() {
    assert_eq!(gateway().account(), "wechat:10000100");
    assert_eq!(institution().account(), "wechat:10000100:452532745");
    assert_eq!(gateway().name(), "wechat-v2");
    assert!(!gateway().can_reverse());
}

#[test]
fn store_parts_become_the_regions_scene_info() {
    let mut fields = sale_with("scene_info.store_id", "SZT10000");
    fields.set("scene_info.store_name", "腾讯大厦\"腾大\"餐厅");

    for (gateway, scene) in [
        (
            gateway(),
            r#"{"store_info":{"id":"SZT10000","name":"腾讯大厦\"腾大\"餐厅"}}"#,
        ),
        (
            hong_kong(),
            r#"{"store_id":"SZT10000","store_name":"腾讯大厦\"腾大\"餐厅"}"#,
        ),
    ] {
        let order = order(&gateway, &fields);
        assert_eq!(order.parameters["scene_info"], *scene);
        assert_eq!(order.parameters.get("scene_info.store_id"), None);
    }
    fields.set("scene_info", "{}");
    assert_eq!(refused(&gateway(), &fields).field, "scene_info");
}

#[test]
fn json_travels_in_cdata_and_survives_its_end_mark() {
    let detail = r#"{"goods_detail":[{"goods_name":"a ]]> & <b>","quantity":1}]}"#;
    let gateway = gateway();
    let call = gateway.submit(&order(&gateway, &sale_with("detail", detail)), &stamp());
    let body = String::from_utf8(call.body.clone()).unwrap();

    assert!(body.contains(r#"<detail><![CDATA[{"goods_detail""#));
    assert_eq!(sent(&call).get("detail"), Some(detail));
}

#[test]
fn line_ends_between_json_tokens_are_sent_as_signed() {
    let gateway = gateway();
    let call = gateway.submit(
        &order(
            &gateway,
            &sale_with("detail", "{\r\n\t\"cost_price\": 1\r\n}\r\n"),
        ),
        &stamp(),
    );

    assert_eq!(sent(&call).get("detail"), Some("{\n\t\"cost_price\": 1\n}"));
    assert!(sign::verify(
        &sent(&call),
        &Secret::new(KEY),
        SignType::HmacSha256
    ));
}

#[test]
fn a_second_submit_of_an_order_differs_by_nonce_and_signature_only() {
    let gateway = gateway();
    let order = order(&gateway, &sale());
    let first = sent(&gateway.submit(&order, &stamp()));
    let second = sent(&gateway.submit(
        &order,
        &Stamp {
            nonce: "00000000000000000000000000000000".into(),
            ..stamp()
        },
    ));

    for (name, value) in first.iter() {
        let same = second.get(name) == Some(value);
        assert_eq!(same, !matches!(name, "nonce_str" | "sign"), "{name}");
    }
}

#[test]
fn an_order_shows_its_number_but_never_its_auth_code() {
    let shown = format!("{:?}", order(&gateway(), &sale()));
    assert!(shown.contains(OUT_TRADE_NO), "{shown}");
    assert!(!shown.contains("134539517967686076"), "{shown}");
}
