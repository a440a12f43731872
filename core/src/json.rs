//! JSON from outside, read strictly: of limited size and depth, and no name twice in one object.
//!
//! Two readers that disagree on which of two equal names counts are how a signed message comes to
//! say one thing to the one who signed it and another to the one who pays out.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::{Map, Value};

/// Objects and lists within each other.
const MAX_DEPTH: usize = 32;

const TWICE: &str = "a name occurs twice in one object";
const TOO_DEEP: &str = "objects and lists are nested deeper than 32";

/// Why a text cannot be read; never any of its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// More bytes than allowed.
    #[error("longer than {0} bytes")]
    TooLong(usize),
    /// No JSON, or cut short.
    #[error("not JSON at line {line} column {column}")]
    Malformed {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// Which of two values was meant is not for us to guess.
    #[error("{TWICE}")]
    Twice,
    /// Deeper than any message of a gateway.
    #[error("{TOO_DEEP}")]
    TooDeep,
    /// JSON, but no object.
    #[error("not a JSON object")]
    NotAnObject,
}

/// Reads one value of at most `max` bytes.
pub fn parse(text: &[u8], max: usize) -> Result<Value, JsonError> {
    if text.len() > max {
        return Err(JsonError::TooLong(max));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let value = Strict { depth: 0 }
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value));
    value.map_err(|error| match error.classify() {
        // Of an arbitrary value only our own refusals are about the data.
        Category::Data if error.to_string().starts_with(TWICE) => JsonError::Twice,
        Category::Data => JsonError::TooDeep,
        _ => JsonError::Malformed {
            line: error.line(),
            column: error.column(),
        },
    })
}

/// Reads one object of at most `max` bytes.
pub fn parse_object(text: &[u8], max: usize) -> Result<Map<String, Value>, JsonError> {
    match parse(text, max)? {
        Value::Object(object) => Ok(object),
        _ => Err(JsonError::NotAnObject),
    }
}

/// A value inside of so many others.
#[derive(Clone, Copy)]
struct Strict {
    depth: usize,
}

impl Strict {
    fn inner<E: Error>(self) -> Result<Self, E> {
        if self.depth == MAX_DEPTH {
            return Err(E::custom(TOO_DEEP));
        }
        Ok(Self {
            depth: self.depth + 1,
        })
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let inner = self.inner()?;
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(inner)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let inner = self.inner()?;
        let mut members = Map::new();
        while let Some(name) = object.next_key::<String>()? {
            let value = object.next_value_seed(inner)?;
            if members.insert(name, value).is_some() {
                return Err(Error::custom(TWICE));
            }
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> Result<Value, JsonError> {
        parse(text.as_bytes(), 1024 * 1024)
    }

    #[test]
    fn every_kind_of_value_is_read_as_it_was_written() {
        let text =
            r#" {"a": null, "b": [true, -1, 18446744073709551615, 8.88], "c": {"d": "茶\n"}} "#;
        let value = json!({"a": null, "b": [true, -1, u64::MAX, 8.88], "c": {"d": "茶\n"}});
        assert_eq!(read(text), Ok(value));
    }

    #[test]
    fn a_name_given_twice_is_refused_at_every_depth_however_it_is_spelt() {
        for text in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"b":2,"a":3}"#,
            r#"{"x":{"a":1,"a":2}}"#,
            r#"[[{"a":null,"a":null}]]"#,
            r#"{"total":1,"\u0074otal":2}"#,
        ] {
            assert_eq!(read(text), Err(JsonError::Twice), "{text}");
        }
        assert!(read(r#"{"a":{"a":1},"b":[{"a":1},{"a":1}]}"#).is_ok());
    }

    #[test]
    fn depth_and_length_are_limited() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(read(&nested(MAX_DEPTH)).is_ok());
        for depth in [MAX_DEPTH + 1, 127, 100_000] {
            assert_eq!(read(&nested(depth)), Err(JsonError::TooDeep), "{depth}");
        }
        let objects = |depth: usize| format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
        assert!(read(&objects(MAX_DEPTH)).is_ok());
        assert_eq!(read(&objects(MAX_DEPTH + 1)), Err(JsonError::TooDeep));

        assert!(parse(b"\"12\"", 4).is_ok());
        assert_eq!(parse(b"\"123\"", 4), Err(JsonError::TooLong(4)));
    }

    #[test]
    fn what_is_not_exactly_one_value_is_refused_with_its_place_and_without_its_content() {
        for text in [
            "",
            " ",
            "{",
            "{\"a\":}",
            "{} {}",
            "{\"a\":1,}",
            "secret",
            "'secret'",
            "{a:1}",
            "NaN",
            "01",
            "\"\u{1}\"",
            "<html>secret</html>",
            "{\"a\":\"secret",
        ] {
            let error = read(text).unwrap_err();
            assert!(
                matches!(error, JsonError::Malformed { .. }),
                "{text}: {error}"
            );
            assert!(!error.to_string().contains("secret"));
        }
        assert!(parse(b"\"\xff\"", 10).is_err());
        let error = read("{\n  \"a\": 1x}").unwrap_err();
        assert_eq!(error.to_string(), "not JSON at line 2 column 9");
    }

    #[test]
    fn an_object_is_asked_for_where_only_one_will_do() {
        assert_eq!(parse_object(b"{}", 10), Ok(Map::new()));
        for text in ["[]", "1", "null", "\"{}\""] {
            let read = parse_object(text.as_bytes(), 10);
            assert_eq!(read, Err(JsonError::NotAnObject), "{text}");
        }
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 64, 8, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
                proptest::collection::btree_map(any::<String>(), inner, 0..8)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_back(value in value()) {
            prop_assert_eq!(read(&value.to_string()), Ok(value));
        }

        #[test]
        fn any_bytes_are_read_or_refused_without_a_panic(bytes: Vec<u8>) {
            let _ = parse(&bytes, 64);
        }

        #[test]
        fn nothing_is_read_that_serde_json_itself_would_not_read(text in "[\\[\\]{}\",:a10.e \\-]{0,24}") {
            if let Ok(value) = read(&text) {
                prop_assert_eq!(serde_json::from_str::<Value>(&text).ok(), Some(value));
            }
        }

        #[test]
        fn a_text_cut_short_is_never_read(value in value(), at in any::<prop::sample::Index>()) {
            let text = json!({ "value": value }).to_string();
            prop_assert!(parse(&text.as_bytes()[..at.index(text.len())], usize::MAX).is_err());
        }
    }
}
