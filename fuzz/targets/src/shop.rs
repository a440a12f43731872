//! The order that all answers and notices are held against.

use std::fmt::Debug;
use std::time::Duration;

use wxpay_core::clock::Moment;
use wxpay_core::exchange::Reply;
use wxpay_core::gateway::{Answer, Expected, ExpectedRefund, Stamp};
use wxpay_core::outcome::Facts;

use crate::reached::reached;

pub(crate) const OUT_TRADE_NO: &str = "T1-000042";
pub(crate) const OUT_REFUND_NO: &str = "T1-000042-1";
pub(crate) const TOTAL_FEE: i64 = 888;
pub(crate) const REFUND_FEE: i64 = 100;
pub(crate) const ATTACH: &str = "till 3";

/// 2026-11-21T12:00:05+08:00
pub(crate) const PAID_AT: i64 = 1_795_233_605;
/// Shortly afterwards.
pub(crate) const NOW: i64 = PAID_AT + 3;

pub(crate) fn expected() -> Expected {
    Expected {
        out_trade_no: OUT_TRADE_NO.into(),
        total_fee: Some(TOTAL_FEE),
        fee_type: Some("CNY".into()),
        attach: Some(ATTACH.into()),
        submitted_at: Some(PAID_AT - 5),
        ..Expected::default()
    }
}

pub(crate) fn expected_refund() -> ExpectedRefund {
    ExpectedRefund {
        out_refund_no: OUT_REFUND_NO.into(),
        out_trade_no: Some(OUT_TRADE_NO.into()),
        refund_fee: Some(REFUND_FEE),
        fee_type: Some("CNY".into()),
        ..ExpectedRefund::default()
    }
}

pub(crate) fn stamp() -> Stamp {
    Stamp {
        nonce: "5d0b44f2f1a84e1f9f0c8a7d6b5e4c3a".into(),
        unix_seconds: NOW,
    }
}

pub(crate) fn reply(status: u16, headers: Vec<(String, String)>, body: &[u8]) -> Reply {
    Reply {
        status,
        headers,
        body: body.to_vec(),
        host: "https://gateway.example.com".into(),
        sent_at: Moment::default(),
        elapsed: Duration::ZERO,
        new_connection: false,
        repeated: false,
        date: Some(NOW),
        now: Some(NOW),
    }
}

/// What holds for every answer: texts for a log are short and on one line, and a forged one says
/// nothing.
pub(crate) fn check<V: Debug>(answer: &Answer<V>) {
    let short = |text: &str| text.chars().count() <= 1024 && !text.contains(char::is_control);
    assert!(short(&answer.why), "{:?}", answer.why);
    assert!(answer.code.as_deref().is_none_or(short));
    assert!(answer.code_message.as_deref().is_none_or(short));
    if answer.forged {
        assert!(answer.facts.is_empty(), "facts of a forged answer");
        assert!(answer.code.is_none(), "the code of a forged answer");
    }
}

/// What facts say of the amounts and numbers of an order that is paid.
pub(crate) fn check_paid(facts: &Facts) {
    reached("paid");
    assert_eq!(facts["total_fee"], TOTAL_FEE);
    assert_eq!(facts["out_trade_no"], OUT_TRADE_NO);
    if let Some(attach) = facts.get("attach") {
        assert_eq!(attach, ATTACH);
    }
    assert!(facts.contains_key("paid_at"), "no time of payment");
}
