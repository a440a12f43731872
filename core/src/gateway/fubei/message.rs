//! Fubei's JSON: the envelope of answers, and `data`, which is an object or the JSON text of one.
//!
//! Numbers are kept as they are written: amounts are read from their digits, never through floating
//! point.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::value::RawValue;

use super::codes::SUCCESS;
use crate::json::{self, JsonError};
use crate::outcome::Facts;

/// More than any answer about one order has.
const MAX_BYTES: usize = 1024 * 1024;

/// Why a message cannot be used; never any of its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum MessageError {
    #[error("a body that is {0}")]
    Json(#[from] JsonError),
    #[error("a body without result_code")]
    NoResultCode,
    #[error("a body whose data is {0}")]
    Data(JsonError),
}

/// An answer as every operation gives it.
#[derive(Debug)]
pub(super) struct Envelope {
    /// `result_code`, number or text.
    pub(super) code: String,
    /// `result_message`
    pub(super) message: String,
    /// `sub_code`, beside `data` or in it.
    pub(super) sub_code: String,
    /// What it is about; empty if there is nothing.
    pub(super) data: Facts,
    /// `success: false`, as 2.0 says it.
    pub(super) denied: bool,
}

impl Envelope {
    pub(super) fn read(body: &[u8]) -> Result<Self, MessageError> {
        let members = object(body)?;
        let text_of = |name: &str| text(&members, name);
        let code = text_of("result_code").ok_or(MessageError::NoResultCode)?;
        let data = match text_of("data") {
            // How some servers write an object without members.
            None => Facts::new(),
            Some(data) if data.trim() == "[]" => Facts::new(),
            Some(data) => object(data.as_bytes()).map_err(MessageError::Data)?,
        };
        let sub_code = text_of("sub_code").or_else(|| text(&data, "sub_code"));
        Ok(Self {
            code,
            message: text_of("result_message").unwrap_or_default(),
            sub_code: sub_code.unwrap_or_default(),
            denied: members.get("success") == Some(&Value::Bool(false)),
            data,
        })
    }

    /// The call succeeded, which says nothing about money.
    pub(super) fn succeeded(&self) -> bool {
        self.code == SUCCESS && !self.denied
    }
}

/// Reads an object strictly. Whole numbers, texts and truth values stay what they are; other numbers,
/// lists and objects become the text that they were written as; what is `null` or empty is left out.
pub(super) fn object(text: &[u8]) -> Result<Facts, JsonError> {
    json::parse_object(text, MAX_BYTES)?;
    // The strict reader took it, so this one does.
    let members: BTreeMap<String, Box<RawValue>> =
        serde_json::from_slice(text).map_err(|error| JsonError::Malformed {
            line: error.line(),
            column: error.column(),
        })?;
    let kept = |(name, raw): (String, Box<RawValue>)| {
        let text = raw.get();
        let value = match text.as_bytes().first() {
            Some(b'{' | b'[') => text.into(),
            Some(b'-' | b'0'..=b'9') => number(text),
            _ => serde_json::from_str(text).unwrap_or_default(),
        };
        (!value.is_null() && value != "").then_some((name, value))
    };
    Ok(members.into_iter().filter_map(kept).collect())
}

fn number(token: &str) -> Value {
    let whole = token.bytes().all(|byte| byte.is_ascii_digit());
    match token.parse::<i64>() {
        Ok(number) if whole => number.into(),
        _ => token.into(),
    }
}

/// A text, or a number as it was written.
pub(super) fn text(members: &Facts, name: &str) -> Option<String> {
    match members.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
