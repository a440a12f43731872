//! Callbacks of the ride code: none is opened unless it is signed, and none says paid with another
//! amount.

use std::collections::BTreeMap;

use serde_json::Value;
use wxpay_core::gateway::ride_code::{RideNoticeError, acknowledgement, is_callback};
use wxpay_core::verdict::QueryVerdict;

use crate::reached::reached;
use crate::{input, ride};

/// What to do with the bytes (leave them, sign them as an envelope, seal and sign them as a message), the
/// bytes.
pub fn run(data: &[u8]) {
    let (how, data) = input::choice(data, 3);
    let body = match how {
        0 => data.to_vec(),
        1 => match serde_json::from_slice::<BTreeMap<String, String>>(data) {
            Ok(envelope) => ride::signed(envelope),
            Err(_) => return,
        },
        _ => ride::callback(data),
    };
    let _ = is_callback(&body);
    for taken in [true, false] {
        let (_, reply) = acknowledgement(&body, taken);
        let reply: Value = serde_json::from_str(&reply).expect("an acknowledgement is JSON");
        assert_eq!(reply["errcode"] == 0, taken);
    }
    let gateway = ride::gateway();
    let notice = match gateway.open(&body) {
        Ok(notice) => notice,
        Err(RideNoticeError::Forged { detail }) => {
            assert!(detail.chars().count() < 512, "{detail}");
            return;
        }
        Err(RideNoticeError::Malformed(why)) => {
            assert!(how < 2, "{why}");
            return;
        }
        Err(RideNoticeError::NotConfigured(why)) => panic!("{why}"),
    };
    assert_ne!(how, 0, "an unsigned callback was opened");
    let answer = gateway.judge(&notice, &ride::expected());
    if answer.verdict == QueryVerdict::Paid {
        reached("paid");
        let message = &notice.message;
        assert_eq!(message["trade_state"], "SUCCESS");
        let fee = &message["total_fee"];
        let fee = fee.as_i64().or_else(|| fee.as_str()?.parse().ok());
        assert_eq!(fee, Some(180));
        assert!(notice.attach.is_none_or(|attach| attach == ride::NUMBER));
    }
    assert!(!answer.facts.contains_key("qrcode"));
}
