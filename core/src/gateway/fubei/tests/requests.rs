//! Till fields to signed requests.

use super::*;
use crate::config::Channel;
use crate::exchange::Resend;
use crate::gateway::{Gateway, InvalidField, Order, Prepay, Product, Refunds};

pub(super) fn order(gateway: &Fubei, fields: &Fields) -> Order {
    Gateway::order(gateway, fields).expect("a good sale")
}

pub(super) fn invalid(gateway: &Fubei, fields: &Fields) -> InvalidField {
    Gateway::order(gateway, fields).expect_err("a bad sale")
}

/// The business parameters of a sale.
pub(super) fn pays(gateway: &Fubei, pairs: &[(&str, &str)]) -> String {
    content(&gateway.submit(&order(gateway, &sale_with(pairs)), &stamp()))
}

#[test]
fn a_sale_becomes_a_signed_swipe() {
    let gateway = gateway();
    let call = gateway.submit(&order(&gateway, &sale()), &stamp());
    let body = sent(&call);

    assert_eq!(
        (call.operation, call.method),
        ("openapi.payment.order.swipe", "POST")
    );
    assert_eq!(call.path, "/gateway");
    assert_eq!(
        call.headers,
        [("Content-Type", "application/json; charset=utf-8".to_owned())]
    );
    assert_eq!(call.resend, Resend::OnlyIfUnsent);
    for (name, value) in [
        ("app_id", APP_ID),
        ("method", "openapi.payment.order.swipe"),
        ("format", "json"),
        ("sign_method", "md5"),
        ("nonce", stamp().nonce.as_str()),
        ("version", "1.0"),
    ] {
        assert_eq!(body[name], value, "{name}");
    }
    assert_eq!(body.len(), 8, "and the content and the signature");
    assert_eq!(
        body["biz_content"],
        r#"{"auth_code":"134567890123456789","merchant_order_sn":"20160120105532871512","total_fee":8.88,"type":1}"#
    );
}

#[test]
fn the_same_sale_in_2_0_has_its_own_names_and_leaves_the_channel_to_the_gateway() {
    let gateway = second();
    let call = gateway.submit(&order(&gateway, &sale()), &stamp());
    let body = sent(&call);

    assert_eq!(call.path, "/gateway/agent");
    assert_eq!(body["method"], "fbpay.order.pay");
    assert_eq!(
        body["biz_content"],
        r#"{"auth_code":"134567890123456789","merchant_order_sn":"20160120105532871512","total_amount":8.88}"#
    );
}

#[test]
fn a_service_provider_signs_as_itself_and_names_the_merchant() {
    let gateway = vendor();
    let order = order(&gateway, &sale());
    let call = gateway.submit(&order, &stamp());

    assert_eq!(sent(&call)["vendor_sn"], VENDOR_SN);
    assert!(!sent(&call).contains_key("app_id"));
    assert!(content(&call).contains(r#""merchant_id":1227366,"#));
    assert_eq!(order.expected.sub_mch_id.as_deref(), Some(MERCHANT_ID));
    for call in [
        Gateway::query(&gateway, &Expected::default(), &stamp()),
        gateway.reverse(&Expected::default(), &stamp()),
        gateway.close(&Expected::default(), &stamp()),
    ] {
        assert!(
            content(&call).contains(r#""merchant_id":1227366,"#),
            "{call:?}"
        );
    }
}

#[test]
fn a_requests_own_merchant_wins_and_is_asked_about_again() {
    let gateway = vendor();
    let order = order(&gateway, &sale_with(&[("sub_mch_id", "777")]));

    assert_eq!(order.expected.sub_mch_id.as_deref(), Some("777"));
    for call in [
        gateway.submit(&order, &stamp()),
        Gateway::query(&gateway, &order.expected, &stamp()),
        gateway.reverse(&order.expected, &stamp()),
    ] {
        assert!(content(&call).contains(r#""merchant_id":777,"#));
    }
}

#[test]
fn which_merchant_is_meant_is_never_guessed() {
    let nobody = Fubei::new(FubeiConfig {
        account: FubeiAccount::Vendor {
            vendor_sn: VENDOR_SN.into(),
            merchant_id: None,
        },
        ..config()
    });
    assert_eq!(invalid(&nobody, &sale()).field, "sub_mch_id");
    // The money would go to another one.
    let error = invalid(&gateway(), &sale_with(&[("sub_mch_id", "777")]));
    assert_eq!(error.field, "sub_mch_id");
}

#[test]
fn every_operation_has_its_method_in_both_interfaces() {
    let refund: Fields = [
        ("out_refund_no", "R1"),
        ("refund_fee", "1"),
        ("out_trade_no", "A1"),
    ]
    .into_iter()
    .collect();
    let mut to_scan = sale();
    to_scan.set("auth_code", "");
    for (gateway, methods) in [
        (
            gateway(),
            [
                "openapi.payment.order.swipe",
                "openapi.payment.order.query",
                "openapi.payment.order.reverse",
                "openapi.payment.order.close",
                "openapi.payment.order.refund",
                "openapi.payment.order.refund.query",
                "openapi.payment.order.scan",
            ],
        ),
        (
            second(),
            [
                "fbpay.order.pay",
                "fbpay.order.query",
                "fbpay.order.cancel",
                "fbpay.order.close",
                "fbpay.order.refund",
                "fbpay.order.refund.query",
                "fbpay.order.precreate",
            ],
        ),
    ] {
        let refund = gateway.refund(&refund).unwrap();
        let shown = Prepay::order(&gateway, &to_scan).unwrap();
        let calls = [
            (
                gateway.submit(&order(&gateway, &sale()), &stamp()),
                Resend::OnlyIfUnsent,
            ),
            (
                Gateway::query(&gateway, &expected(), &stamp()),
                Resend::Freely,
            ),
            (gateway.reverse(&expected(), &stamp()), Resend::Freely),
            (gateway.close(&expected(), &stamp()), Resend::Freely),
            (
                Refunds::call(&gateway, &refund, &stamp()),
                Resend::OnlyIfUnsent,
            ),
            (
                Refunds::query(&gateway, &refund.expected, &stamp()),
                Resend::Freely,
            ),
            (Prepay::call(&gateway, &shown, &stamp()), Resend::Freely),
        ];
        for ((call, resend), method) in calls.into_iter().zip(methods) {
            assert_eq!(sent(&call)["method"], method);
            assert_eq!((call.operation, call.resend), (method, resend));
        }
    }
}

#[test]
fn query_and_reverse_name_the_order_and_nothing_else() {
    for gateway in [gateway(), second()] {
        for call in [
            Gateway::query(&gateway, &expected(), &stamp()),
            gateway.reverse(&expected(), &stamp()),
        ] {
            assert_eq!(
                content(&call),
                r#"{"merchant_order_sn":"20160120105532871512"}"#
            );
        }
        let by_theirs = Expected {
            transaction_id: Some(ORDER_SN.into()),
            ..Expected::default()
        };
        let call = Gateway::query(&gateway, &by_theirs, &stamp());
        assert_eq!(content(&call), r#"{"order_sn":"20160119233754227705"}"#);
    }
}

#[test]
fn what_answers_must_agree_with_is_what_was_asked() {
    let order = order(&gateway(), &sale_with(&[("attach", " till 3 ")]));
    assert_eq!(
        order.expected,
        Expected {
            submitted_at: None,
            ..expected()
        }
    );
    assert_eq!(order.expected.product, Product::CodePayment);
    assert!(order.left_out.is_empty());
}

#[test]
fn the_bytes_that_are_signed_are_sent_whatever_they_hold() {
    let body = "茶 \"Ω\" \\ / & = % + 😀 </xml> \u{2028}";
    let text = pays(&gateway(), &[("body", body), ("attach", "a=1&b=2")]);
    let back: Map<String, Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(back["body"], body);
    assert_eq!(back["attach"], "a=1&b=2");
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
    for (name, value) in &first {
        let same = second[name] == *value;
        assert_eq!(same, !matches!(name.as_str(), "nonce" | "sign"), "{name}");
    }
}

#[test]
fn yuan_have_exactly_two_decimals_and_are_a_number() {
    for (fee, text) in [
        ("1", "0.01"),
        ("10", "0.10"),
        ("100", "1.00"),
        ("8000", "80.00"),
        ("999999999", "9999999.99"),
    ] {
        let text_1 = pays(&gateway(), &[("total_fee", fee)]);
        assert!(
            text_1.contains(&format!(r#""total_fee":{text},"#)),
            "{text_1}"
        );
        let text_2 = pays(&second(), &[("total_fee", fee)]);
        assert!(
            text_2.contains(&format!(r#""total_amount":{text}}}"#)),
            "{text_2}"
        );
    }
}

#[test]
fn the_channel_is_told_where_the_code_tells_it() {
    for (code, kind) in [
        ("100000000000000000", Some(1)),
        ("159999999999999999", Some(1)),
        ("250000000000000000", Some(2)),
        ("309999999999999999999999", Some(2)),
        ("6210000000000000000", Some(5)),
        ("6289999999999999999", Some(5)),
        // Never refused for its length, whatever the documents say.
        ("13", Some(1)),
        ("2812345678", Some(2)),
        ("280000000000000000000000000000", Some(2)),
        // Not in the table: the gateway has to know.
        ("160000000000000000", None),
        ("510000000000000000", None),
        ("6200000000000000000", None),
        ("6290000000000000000", None),
        ("10000000000000000X", None),
        ("fp0a1b2c3d4e5f6071829", None),
        ("1", None),
    ] {
        let text = pays(&gateway(), &[("auth_code", code)]);
        let content: Map<String, Value> = serde_json::from_str(&text).unwrap();
        assert_eq!(content["auth_code"], code);
        assert_eq!(content.get("type").and_then(Value::as_i64), kind, "{code}");
        assert!(!pays(&second(), &[("auth_code", code)]).contains("type"));
    }
}

#[test]
fn a_till_may_name_the_channel_by_either_interfaces_word() {
    for (name, value, kind) in [
        ("type", "2", 2),
        ("type", "unionpay", 5),
        ("pay_type", "wxpay", 1),
        ("pay_type", "alipay", 2),
    ] {
        let pairs = [(name, value), ("auth_code", "280000000000000000")];
        let text = pays(&gateway(), &pairs);
        assert!(text.contains(&format!(r#""type":{kind}"#)), "{text}");
    }
    let both = [("type", "1"), ("pay_type", "alipay")];
    assert_eq!(invalid(&gateway(), &sale_with(&both)).field, "type");
    let order = order(&second(), &sale_with(&[("pay_type", "alipay")]));
    assert_eq!(order.left_out, ["pay_type"]);
}

#[test]
fn face_payment_carries_its_token_its_scene_and_its_buyer_and_no_channel() {
    let face = [
        ("scene", "FACE_PAY"),
        ("auth_code", "280000000000000000"),
        ("buyer_id", "2088123412341234"),
    ];
    assert_eq!(
        pays(&gateway(), &face),
        r#"{"auth_code":"280000000000000000","buyer_id":"2088123412341234","merchant_order_sn":"20160120105532871512","scene":"FACE_PAY","total_fee":8.88}"#
    );
    let named = [face[0], face[1], face[2], ("type", "2")];
    assert!(pays(&gateway(), &named).contains(r#""type":2"#));
    assert_eq!(
        order(&second(), &sale_with(&face)).left_out,
        ["buyer_id", "scene"]
    );
}

#[test]
fn the_configured_store_is_named_unless_the_till_names_one() {
    let gateway = Fubei::new(FubeiConfig {
        store_id: Some("25249".into()),
        ..config()
    });
    assert!(pays(&gateway, &[]).contains(r#""store_id":25249,"#));
    assert!(pays(&gateway, &[("store_id", "7")]).contains(r#""store_id":7,"#));
}

#[test]
fn the_account_is_who_the_order_numbers_belong_to() {
    assert_eq!(gateway().account(), format!("fubei:{APP_ID}"));
    assert_eq!(second().account(), gateway().account());
    assert_eq!(
        vendor().account(),
        format!("fubei:{VENDOR_SN}:{MERCHANT_ID}")
    );
    assert_eq!(gateway().name(), "fubei");
    assert!(gateway().can_reverse());
}

#[test]
fn channels_have_names_that_differ() {
    let names = Channel::ALL.map(Channel::name);
    assert_eq!(names, ["wechat", "alipay", "unionpay"]);
}
