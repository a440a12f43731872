//! The fields of a verified answer under the names of results.

use serde_json::Value;

use crate::exchange::Reply;
use crate::fields::Fields;
use crate::gateway::beijing::Beijing;
use crate::gateway::results;
use crate::outcome::Facts;

/// Of no use to a till: they are about the message, not about the payment.
const ABOUT_THE_MESSAGE: &[&str] = &[
    "appid",
    "err_code",
    "err_code_des",
    "mch_id",
    "nonce_str",
    "result_code",
    "return_code",
    "return_msg",
    "sign",
    "sign_type",
];

/// Everything that `message` says about the order.
pub(super) fn of(message: Fields, reply: &Reply) -> Facts {
    let mut facts = of_message(message);
    if let Some(request_id) = reply.header("request-id") {
        facts.insert("request_id".into(), request_id.into());
    }
    facts
}

/// The same of a message that is no reply.
pub(super) fn of_message(message: Fields) -> Facts {
    let mut facts = Facts::new();
    for (name, value) in message {
        let known = |names: &[&str]| names.contains(&name.as_str());
        if value.is_empty() || known(ABOUT_THE_MESSAGE) || known(results::RESERVED) {
            continue;
        }
        let moment = (name == "time_end").then(|| Beijing::parse(&value));
        match (name.as_str(), moment.flatten()) {
            (_, Some(moment)) => facts.insert("paid_at".into(), moment.rfc3339().into()),
            ("cash_fee", _) => facts.insert("payer_total".into(), number_or_text(value)),
            _ if is_amount(&name) => facts.insert(name, number_or_text(value)),
            _ => facts.insert(name, value.into()),
        };
    }
    facts
}

/// Minor units, as integers all the way: `"888"` is 888, `"8.88"` is nothing.
pub(super) fn whole_number(text: &str) -> Option<i64> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

fn number_or_text(text: String) -> Value {
    whole_number(&text).map_or_else(|| text.into(), Value::from)
}

/// `total_fee`, `coupon_fee`, `coupon_fee_0`, `coupon_count` …
fn is_amount(name: &str) -> bool {
    let stem = name.trim_end_matches(|character: char| character.is_ascii_digit());
    let stem = stem.strip_suffix('_').unwrap_or(stem);
    stem.ends_with("_fee") || stem.ends_with("_count")
}
