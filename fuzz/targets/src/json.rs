//! Strict JSON: what is read is what serde_json reads, is written and read again as the same, and has
//! no name twice.

use serde_json::Value;
use wxpay_core::json::{JsonError, parse, parse_object};

const MOST: usize = 64 * 1024;

/// Any bytes as a value.
pub fn run(data: &[u8]) {
    let read = parse(data, MOST);
    let object = parse_object(data, MOST);
    let lenient: Result<Value, _> = serde_json::from_slice(data);
    let value = match read {
        Ok(value) => value,
        Err(error) => {
            assert_eq!(object, Err(error));
            if matches!(error, JsonError::Malformed { .. }) {
                assert!(lenient.is_err(), "{error}");
            }
            return;
        }
    };
    assert!(data.len() <= MOST && depth(&value) <= 32);
    assert_eq!(lenient.ok().as_ref(), Some(&value));
    match &value {
        Value::Object(members) => assert_eq!(object.as_ref(), Ok(members)),
        _ => assert_eq!(object, Err(JsonError::NotAnObject)),
    }
    // serde_json reads a fraction to within one unit in the last place only.
    if has_fraction(&value) {
        return;
    }
    let written = value.to_string();
    assert_eq!(parse(written.as_bytes(), usize::MAX), Ok(value));
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(values) => 1 + values.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

fn has_fraction(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_f64(),
        Value::Array(values) => values.iter().any(has_fraction),
        Value::Object(members) => members.values().any(has_fraction),
        _ => false,
    }
}
