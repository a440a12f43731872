//! Callbacks of Fubei: none is opened unless it is signed with our secret.

use serde_json::Value;
use wxpay_core::gateway::fubei::fuzzing::read_form;
use wxpay_core::gateway::{Notice, NoticeError, Notification, Notifications};
use wxpay_core::verdict::{QueryVerdict, RefundVerdict};

use crate::fubei::{self, Merchant};
use crate::reached::reached;
use crate::{input, shop};

/// Whether to sign the form, which merchant, the form.
pub fn run(data: &[u8]) {
    let (sign, data) = input::choice(data, 2);
    let (merchant, data) = input::choice(data, 4);
    let mut body = data.to_vec();
    let read = read_form(data);
    if let Some(fields) = &read {
        let again = form(fields.iter().map(pair));
        assert_eq!(read_form(&again).as_ref(), Some(fields));
        if sign == 1 {
            let made = fubei::signature(fields.iter().map(pair));
            let unsigned = fields.iter().map(pair).filter(|(name, _)| *name != "sign");
            body = form(unsigned.chain([("sign", made.as_str())]));
        }
    }

    let gateway = Merchant(merchant).gateway();
    let opened = gateway.open(&Notice {
        headers: &[],
        body: &body,
        now: shop::NOW,
    });
    let fields = read_form(&body).unwrap_or_default();
    let field = |wanted: &str| {
        let found = fields.iter().find(|(name, _)| name == wanted);
        found.map(|(_, value)| value.as_str()).unwrap_or_default()
    };
    let proven = || {
        let given = field("sign").to_ascii_uppercase();
        let filled = fields
            .iter()
            .map(pair)
            .filter(|(_, value)| !value.is_empty());
        given == fubei::signature(fields.iter().map(pair)) || given == fubei::signature(filled)
    };
    match opened {
        Ok(Notification::Payment {
            out_trade_no,
            message,
        }) => {
            assert!(proven(), "an unsigned payment was opened");
            assert!(!out_trade_no.is_empty());
            let answer = gateway.judge(&message, &shop::expected());
            shop::check(&answer);
            if answer.verdict == QueryVerdict::Paid {
                reached("paid");
                let data: Value = serde_json::from_str(field("data")).expect("it was read");
                assert!(fubei::says_paid(&data), "{data}");
                assert_eq!(field("result_code"), "200");
            }
        }
        Ok(Notification::Refund {
            out_refund_no,
            message,
        }) => {
            assert!(proven(), "an unsigned refund was opened");
            let answer = gateway.judge_refund(&message, &shop::expected_refund());
            shop::check(&answer);
            if answer.verdict == RefundVerdict::Refunded {
                reached("refunded");
                assert_eq!(out_refund_no, shop::OUT_REFUND_NO);
            }
        }
        Err(NoticeError::Malformed(why) | NoticeError::Forged { why, .. }) => {
            assert!(why.chars().count() < 256, "{why}");
        }
    }
}

fn pair(pair: &(String, String)) -> (&str, &str) {
    (&pair.0, &pair.1)
}

fn form<'a>(fields: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<u8> {
    let escaped = |text: &str| -> String {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        text.bytes()
            .map(|byte| match plain(byte) {
                true => char::from(byte).to_string(),
                false => format!("%{byte:02X}"),
            })
            .collect()
    };
    let pairs: Vec<_> = fields
        .map(|(name, value)| format!("{}={}", escaped(name), escaped(value)))
        .collect();
    pairs.join("&").into_bytes()
}
