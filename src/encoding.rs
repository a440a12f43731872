//! Text in and out: UTF-8, or GBK for hosts that know nothing else.

use std::ffi::CString;

use encoding_rs::{EncoderResult, GBK};
use serde_json::Value;
use wxpay_core::config::Encoding;

/// The text of `bytes`, or the rule that they break.
pub(crate) fn decode(bytes: &[u8], encoding: Encoding) -> Result<String, String> {
    match encoding {
        Encoding::Utf8 => std::str::from_utf8(bytes).map(str::to_owned).map_err(|error| {
            format!(
                "is not UTF-8 from byte {} on; a till that writes GBK sets encoding = \"gbk\" in the configuration",
                error.valid_up_to()
            )
        }),
        Encoding::Gbk => GBK
            .decode_without_bom_handling_and_without_replacement(bytes)
            .map(Into::into)
            .ok_or_else(|| "is not GBK, which the configuration says strings are".to_owned()),
    }
}

/// `text` as a C string. What the encoding or C has no place for becomes `?`.
pub(crate) fn encode(text: &str, encoding: Encoding) -> CString {
    let text = text.replace('\0', "?");
    let bytes = match encoding {
        Encoding::Utf8 => text.into_bytes(),
        Encoding::Gbk => gbk(&text),
    };
    CString::new(bytes).expect("both encodings write a NUL for U+0000 only, and that was replaced")
}

/// `value` as JSON text that survives `encoding`: with GBK nothing but ASCII.
pub(crate) fn json(value: &Value, encoding: Encoding) -> String {
    let text = value.to_string();
    match encoding {
        Encoding::Utf8 => text,
        // In JSON a character outside ASCII can only be part of a string.
        Encoding::Gbk => text
            .chars()
            .fold(String::with_capacity(text.len()), |mut ascii, c| {
                if c.is_ascii() {
                    ascii.push(c);
                } else {
                    for unit in c.encode_utf16(&mut [0; 2]) {
                        ascii.push_str(&format!("\\u{unit:04x}"));
                    }
                }
                ascii
            }),
    }
}

fn gbk(mut text: &str) -> Vec<u8> {
    let mut encoder = GBK.new_encoder();
    let mut bytes = Vec::new();
    loop {
        // No character of GBK is longer than in UTF-8, save the ones of one byte, which are as long.
        bytes.reserve(text.len() + 4);
        let (result, read) =
            encoder.encode_from_utf8_to_vec_without_replacement(text, &mut bytes, true);
        text = &text[read..];
        match result {
            EncoderResult::InputEmpty => return bytes,
            EncoderResult::Unmappable(_) => bytes.push(b'?'),
            EncoderResult::OutputFull => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn chinese_text_survives_the_round_trip_in_both_encodings() {
        let text = "奶茶 8.88 元";
        for encoding in [Encoding::Utf8, Encoding::Gbk] {
            let bytes = encode(text, encoding);
            assert_eq!(decode(bytes.as_bytes(), encoding).unwrap(), text);
        }
        assert_eq!(encode("元", Encoding::Gbk).as_bytes(), b"\xd4\xaa");
    }

    #[test]
    fn what_gbk_does_not_know_becomes_a_question_mark() {
        assert_eq!(encode("a😀b😀", Encoding::Gbk).as_bytes(), b"a?b?");
        let long = "😀".repeat(5_000) + &"元".repeat(5_000);
        assert_eq!(encode(&long, Encoding::Gbk).as_bytes().len(), 15_000);
    }

    #[test]
    fn a_nul_inside_a_text_cannot_cut_it_short() {
        assert_eq!(encode("a\0b", Encoding::Utf8).as_bytes(), b"a?b");
        assert_eq!(encode("a\0b", Encoding::Gbk).as_bytes(), b"a?b");
    }

    #[test]
    fn malformed_bytes_are_refused_with_the_place_or_the_encoding() {
        let error = decode(b"ab\xb5\xea", Encoding::Utf8).unwrap_err();
        assert!(error.contains("byte 2") && error.contains("gbk"), "{error}");
        assert!(decode(b"\xb5", Encoding::Gbk).is_err());
    }

    #[test]
    fn json_for_gbk_is_ascii_and_means_the_same() {
        let value = json!({"body": "奶茶😀\"\n", "n": [1, null]});
        let text = json(&value, Encoding::Gbk);
        assert!(text.is_ascii(), "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
        assert!(json(&value, Encoding::Utf8).contains("奶茶😀"));
    }
}
