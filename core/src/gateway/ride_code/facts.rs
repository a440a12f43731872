//! What a verified callback means, and its fields under the names of results.

use serde_json::Value;

use super::answer::integer;
use super::{ExpectedRide, RideNotice};
use crate::gateway::Answer;
use crate::gateway::beijing::Beijing;
use crate::gateway::results;
use crate::gateway::rules::short;
use crate::outcome::Facts;
use crate::verdict::QueryVerdict;

/// `trade_state` of a deduction, and of one that failed.
const SUCCESS: &str = "SUCCESS";
const FAIL: &str = "FAIL";

/// Not told: the passenger's code, and the number, which has its place elsewhere.
const NOT_TOLD: [&str; 2] = ["out_trade_no", "qrcode"];

pub(super) fn judge(notice: &RideNotice, expected: &ExpectedRide) -> Answer<QueryVerdict> {
    let message = &notice.message;
    let text = |name: &str| message.get(name).and_then(Value::as_str);
    let fee = message.get("total_fee").and_then(integer);
    let other = other(notice, expected, fee);
    let (verdict, why) = match (text("trade_state"), other) {
        (Some(SUCCESS), Some(why)) => (QueryVerdict::Conflict, format!("deducted, but {why}")),
        (Some(SUCCESS), None) if fee.is_none() => {
            let why = "deducted, but without a readable amount";
            (QueryVerdict::Unclear, why.to_owned())
        }
        (Some(SUCCESS), None) => (QueryVerdict::Paid, "deducted as asked".to_owned()),
        // Of another ride it says nothing about this one.
        (Some(FAIL), Some(why)) => (QueryVerdict::Unclear, format!("it failed, but {why}")),
        (Some(FAIL), None) => (QueryVerdict::Failed, "the deduction failed".to_owned()),
        _ => {
            let why = "trade_state is neither SUCCESS nor FAIL";
            (QueryVerdict::Unclear, why.to_owned())
        }
    };
    let failed = verdict == QueryVerdict::Failed;
    let said = text("trade_msg").filter(|text| failed && !text.is_empty());
    Answer {
        code: failed.then(|| FAIL.to_owned()),
        code_message: said.map(|text| short(text, 256)),
        facts: told(notice, expected),
        ..Answer::new(verdict, why)
    }
}

/// In what it differs from the ride.
fn other(notice: &RideNotice, expected: &ExpectedRide, fee: Option<i64>) -> Option<&'static str> {
    let differs =
        |asked: Option<i64>| matches!((asked, fee), (Some(asked), Some(fee)) if asked != fee);
    let attach = |asked: &str| notice.attach.as_deref().is_some_and(|have| have != asked);
    if differs(expected.total_fee) {
        return Some("with another amount");
    }
    if expected.attach.as_deref().is_some_and(attach) {
        return Some("with another attach");
    }
    None
}

fn told(notice: &RideNotice, expected: &ExpectedRide) -> Facts {
    let paid = notice
        .message
        .get("trade_state")
        .is_some_and(|state| state == SUCCESS);
    let mut facts = Facts::new();
    for (name, value) in &notice.message {
        let name = name.as_str();
        let scalar = !matches!(value, Value::Null | Value::Array(_) | Value::Object(_));
        if !scalar || NOT_TOLD.contains(&name) || results::RESERVED.contains(&name) {
            continue;
        }
        let moment = value.as_str().filter(|_| paid).and_then(Beijing::parse);
        match (name, moment, integer(value)) {
            _ if value == "" => None,
            ("time_end", Some(moment), _) => {
                facts.insert("paid_at".into(), moment.rfc3339().into())
            }
            ("trade_msg", ..) => facts.insert("trade_state_desc".into(), value.clone()),
            ("total_fee", _, Some(fen)) => facts.insert(name.into(), fen.into()),
            _ => facts.insert(name.into(), value.clone()),
        };
    }
    // The documents do not say whose number it is.
    if !expected.out_trade_no.is_empty() && expected.out_trade_no != notice.out_trade_no {
        let number = notice.out_trade_no.as_str();
        facts.insert("platform_order_no".into(), number.into());
    }
    facts
}
