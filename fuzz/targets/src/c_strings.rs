//! Strings of the C functions, in either encoding.

use serde_json::Value;
use wxpay_core::config::Encoding;
use wxpay_surface::fuzzing::{decode, encode, json};

/// The encoding, and a string up to its NUL.
pub fn run(data: &[u8]) {
    let (which, data) = crate::input::choice(data, 2);
    let bytes = data.split(|byte| *byte == 0).next().unwrap_or_default();
    let encoding = match which {
        0 => Encoding::Utf8,
        _ => Encoding::Gbk,
    };
    let Some(text) = decode(bytes, encoding) else {
        return;
    };
    let written = encode(&text, encoding);
    assert!(!written.contains(&0));
    match encoding {
        Encoding::Utf8 => assert_eq!(written, bytes),
        Encoding::Gbk => {
            // What GBK has no place for has become a question mark by now.
            let again = decode(&written, encoding).expect("what was written is GBK");
            assert_eq!(again.chars().count(), text.chars().count());
            for (one, other) in text.chars().zip(again.chars()) {
                assert!(one == other || other == '?', "{one:?} has become {other:?}");
            }
            assert_eq!(encode(&again, encoding), written);
        }
    }
    let value = Value::from(text.as_str());
    let written = json(&value, encoding);
    assert!(encoding == Encoding::Utf8 || written.is_ascii());
    assert_eq!(serde_json::from_str::<Value>(&written).ok(), Some(value));
}
