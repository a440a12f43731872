//! From replies to verdicts.

use serde_json::Value;

use crate::exchange::Reply;
use crate::gateway::Answer;
use crate::gateway::rules::short;
use crate::json;
use crate::verdict::RideVerdict;

/// More than any reply has.
const MAX_BYTES: usize = 64 * 1024;

/// The access token is wrong, not valid, missing or expired: WeChat's common codes. That this API uses
/// them too is likely and not documented.
pub(super) const TOKEN_CODES: [i64; 4] = [40_001, 40_014, 41_001, 42_001];

/// Source: "微信扣费接口", `errcode`. There is no table of its values: 0 alone is known.
pub(super) fn read(reply: &Reply) -> Answer<RideVerdict> {
    let object = match json::parse_object(&reply.body, MAX_BYTES) {
        Ok(object) => object,
        Err(error) => {
            let why = format!("HTTP {}, and the answer is {error}", reply.status);
            return Answer::new(RideVerdict::Unclear, why);
        }
    };
    let code = object.get("errcode").and_then(integer);
    let (verdict, why) = match (reply.status, code) {
        (200, Some(0)) => (RideVerdict::Accepted, "errcode 0".to_owned()),
        (200, Some(code)) if TOKEN_CODES.contains(&code) => {
            let why = format!(
                "errcode {code}: the access token was refused, so nothing was executed; \
                 that is the code's common meaning, this API documents none"
            );
            (RideVerdict::Rejected, why)
        }
        (200, Some(code)) => (RideVerdict::Unclear, format!("errcode {code}")),
        (200, None) => (RideVerdict::Unclear, "no readable errcode".to_owned()),
        (status, _) => (RideVerdict::Unclear, format!("HTTP {status}")),
    };
    let refusal = code.filter(|code| *code != 0);
    Answer {
        code: refusal.map(|code| code.to_string()),
        code_message: object
            .get("errmsg")
            .and_then(Value::as_str)
            .filter(|text| refusal.is_some() && !text.is_empty())
            .map(|text| short(text, 256)),
        ..Answer::new(verdict, why)
    }
}

/// A whole number, or its digits as text.
pub(super) fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => {
            let digits = text.strip_prefix('-').unwrap_or(text);
            let whole = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            whole.then(|| text.parse().ok()).flatten()
        }
        _ => None,
    }
}
