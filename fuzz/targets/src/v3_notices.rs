//! Notices of APIv3: none is opened unless WeChat Pay has signed it and sealed it to us.

use serde_json::{Value, json};
use wxpay_core::gateway::{Notice, NoticeError, Notification, Notifications};
use wxpay_core::verdict::{QueryVerdict, RefundVerdict};

use crate::reached::reached;
use crate::{input, shop, v3};

/// What to do with the bytes (leave them with their header lines, sign them, seal and sign them as a
/// payment or as a refund), for whom, the message.
pub fn run(data: &[u8]) {
    let (how, data) = input::choice(data, 4);
    let (merchant, data) = input::choice(data, 2);
    let (headers, body) = match how {
        0 => {
            let (headers, body) = input::headers(data);
            (headers, body.to_vec())
        }
        1 => (v3::signature(data), data.to_vec()),
        2 => envelope(data, "TRANSACTION.SUCCESS", "transaction"),
        _ => envelope(data, "REFUND.SUCCESS", "refund"),
    };
    let gateway = v3::gateway(merchant);
    let notice = Notice {
        headers: &headers,
        body: &body,
        now: shop::NOW,
    };
    let _ = gateway.signed_at(&notice);
    match gateway.open(&notice) {
        Ok(Notification::Payment {
            out_trade_no,
            message,
        }) => {
            assert_eq!(how, 2, "somebody else sealed a payment");
            assert_eq!(message["out_trade_no"], out_trade_no);
            let answer = gateway.judge(&message, &shop::expected());
            shop::check(&answer);
            if answer.verdict == QueryVerdict::Paid {
                let message: Value = serde_json::from_slice(data).expect("it was read");
                assert!(v3::says_paid(&message, merchant), "{message}");
                shop::check_paid(&answer.facts);
            }
        }
        Ok(Notification::Refund {
            out_refund_no,
            message,
        }) => {
            assert_eq!(how, 3, "somebody else sealed a refund");
            let answer = gateway.judge_refund(&message, &shop::expected_refund());
            shop::check(&answer);
            if answer.verdict == RefundVerdict::Refunded {
                reached("refunded");
                assert_eq!(out_refund_no, shop::OUT_REFUND_NO);
                assert_eq!(message["out_trade_no"], shop::OUT_TRADE_NO);
                assert_eq!(message["amount"]["refund"], shop::REFUND_FEE);
            }
        }
        Err(NoticeError::Malformed(why) | NoticeError::Forged { why, .. }) => {
            assert!(why.chars().count() < 512, "{why}");
        }
    }
}

fn envelope(text: &[u8], event_type: &str, kind: &str) -> (Vec<(String, String)>, Vec<u8>) {
    let envelope = json!({
        "id": "EV-2018022511223320873",
        "create_time": "2026-11-21T12:00:05+08:00",
        "resource_type": "encrypt-resource",
        "event_type": event_type,
        "resource": v3::sealed(text, kind),
    });
    let body = envelope.to_string().into_bytes();
    (v3::signature(&body), body)
}
