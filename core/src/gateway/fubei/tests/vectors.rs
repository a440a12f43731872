//! The vectors of the facts about the protocol, by name.

use super::*;
use crate::gateway::fubei::sign::{sign, verify};
use crate::gateway::{Gateway, Notice, Notification, Notifications};

fn signed(parameters: &[(&str, &str)], secret: &str) -> String {
    let fields: Fields = parameters.iter().copied().collect();
    sign(fields.iter(), &Secret::new(secret))
}

/// With the nonce of the official query sample.
fn query_sample() -> Stamp {
    Stamp {
        nonce: "87sdf9806sdf73jkds".into(),
        unix_seconds: 0,
    }
}

#[test]
fn vector_s1_a_merchants_query_comes_out_of_the_gateway() {
    let wanted = "48A94D416BBC86F3A913CF328F007051";
    let call = gateway().query(&expected(), &query_sample());

    assert_eq!(sent(&call)["sign"], wanted);
    assert_eq!(
        signed(
            &[
                ("app_id", APP_ID),
                (
                    "biz_content",
                    r#"{"merchant_order_sn":"20160120105532871512"}"#
                ),
                ("format", "json"),
                ("method", "openapi.payment.order.query"),
                ("nonce", "87sdf9806sdf73jkds"),
                ("sign_method", "md5"),
                ("version", "1.0"),
            ],
            SECRET,
        ),
        wanted
    );
}

#[test]
fn vector_s2_chinese_text_is_signed_as_raw_utf_8() {
    let content = r#"{"type":1,"merchant_order_sn":"T1","auth_code":"134567890123456789","total_fee":0.01,"body":"测试"}"#;
    let sign = signed(
        &[
            ("app_id", APP_ID),
            ("biz_content", content),
            ("format", "json"),
            ("method", "openapi.payment.order.swipe"),
            ("nonce", "87sdf9806sdf73jkds"),
            ("sign_method", "md5"),
            ("version", "1.0"),
        ],
        SECRET,
    );
    assert_eq!(sign, "485E9D0FE7535A0FA046CA1DE4840A0E");
}

#[test]
fn vector_s3_a_service_providers_query() {
    let gateway = Fubei::new(FubeiConfig {
        account: FubeiAccount::Vendor {
            vendor_sn: VENDOR_SN.into(),
            merchant_id: None,
        },
        api: FubeiApi::V2,
        ..config()
    });
    let call = gateway.query(&expected(), &query_sample());
    assert_eq!(sent(&call)["sign"], "F475792CC82F1B897CC02CA6EEEA1B8E");
}

#[test]
fn vector_s4_a_callback() {
    let data = r#"{"merchant_order_sn":"T1","order_status":"SUCCESS","total_amount":0.01}"#;
    let sign = "D9319C7C18F9F82BECAFA4310F772E82";
    let parameters = [
        ("data", data),
        ("result_code", "200"),
        ("result_message", "success"),
    ];
    assert!(verify(&parameters, sign, &Secret::new(SECRET)));

    let body = "result_code=200&result_message=success&sign=D9319C7C18F9F82BECAFA4310F772E82\
        &data=%7B%22merchant_order_sn%22%3A%22T1%22%2C%22order_status%22%3A%22SUCCESS%22%2C%22total_amount%22%3A0.01%7D";
    let notice = Notice {
        headers: &[],
        body: body.as_bytes(),
        now: 0,
    };
    let Ok(Notification::Payment { out_trade_no, .. }) = gateway().open(&notice) else {
        panic!("a payment");
    };
    assert_eq!(out_trade_no, "T1");
}

/// The vendor's own unit test, with the secret that it prints.
#[test]
fn vector_s5_the_inputs_of_the_official_unit_test() {
    let sign = signed(
        &[
            ("app_id", "20170609152021917511"),
            ("biz_content", r#"{"merchant_order_sn":"28867994"}"#),
            ("format", "json"),
            ("method", "openapi.payment.order.close"),
            ("nonce", "87sdf9806sdf73jkds"),
            ("sign_method", "md5"),
            ("version", "1.0"),
        ],
        "672f295578a545c24b397bae275e6f81",
    );
    assert_eq!(sign, "C0A8CDE6A5F975E24FACAC48DF03701F");
}

#[test]
fn the_secret_stands_bare_behind_the_last_value() {
    let bare = signed(&[("a", "1"), ("b", "2")], "key");
    assert_eq!(bare, md5_hex_upper(b"a=1&b=2key"));
    assert_ne!(bare, md5_hex_upper(b"a=1&b=2&key=key"));
}
