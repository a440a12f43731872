//! For fuzzing alone: what is behind the C functions.

use serde_json::Value;
use wxpay_core::config::Encoding;
use wxpay_core::fields::Fields;

use crate::{encoding, invoke};

/// The text of a C string.
pub fn decode(bytes: &[u8], of: Encoding) -> Option<String> {
    encoding::decode(bytes, of).ok()
}

/// The bytes of a C string, without its NUL.
pub fn encode(text: &str, to: Encoding) -> Vec<u8> {
    encoding::encode(text, to).into_bytes()
}

/// JSON as results have it.
pub fn json(value: &Value, of: Encoding) -> String {
    encoding::json(value, of)
}

/// The arguments of `wxpay_invoke`.
pub fn arguments(json: &str) -> Option<Fields> {
    invoke::parse(json).ok()
}
