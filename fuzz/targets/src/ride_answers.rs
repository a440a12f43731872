//! Answers to a ride's deduction: none says that money has moved.

use serde_json::Value;
use wxpay_core::verdict::RideVerdict;

use crate::reached::reached;
use crate::{input, ride, shop};

/// The HTTP status, the body.
pub fn run(data: &[u8]) {
    let (status, body) = input::status(data);
    let answer = ride::gateway().read_deduct(&shop::reply(status, Vec::new(), body));
    shop::check(&answer);
    assert!(answer.facts.is_empty());
    if answer.verdict == RideVerdict::Unclear {
        return;
    }
    assert_eq!(status, 200);
    let message: Value = serde_json::from_slice(body).expect("what is no JSON is unclear");
    let code = match &message["errcode"] {
        Value::String(text) => text.parse().ok(),
        code => code.as_i64(),
    };
    let accepted = answer.verdict == RideVerdict::Accepted;
    reached(match accepted {
        true => "accepted",
        false => "rejected",
    });
    assert_eq!(accepted, code == Some(0), "{message}");
}
