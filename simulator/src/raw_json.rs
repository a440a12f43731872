//! JSON whose numbers stay as they were written: money must not pass through floating point.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Json {
    Null,
    Flag(bool),
    /// As it was written.
    Number(String),
    Text(String),
    List(Vec<Self>),
    Object(Members),
}

/// Names and values of an object; no name occurs twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Members(Vec<(String, Json)>);

impl Members {
    pub(crate) fn get(&self, name: &str) -> Option<&Json> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value)
    }

    /// A member that is a text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            Json::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A text, or a number as it was written.
    pub(crate) fn scalar(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            Json::Text(text) | Json::Number(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Json)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Every leaf by the path of its names, as `detail/goods_id`.
    pub(crate) fn leaves(&self) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        for (name, value) in self.iter() {
            collect(value, name.to_owned(), &mut found);
        }
        found
    }
}

fn collect(value: &Json, path: String, found: &mut BTreeMap<String, String>) {
    let leaf = match value {
        Json::Object(members) => {
            for (name, value) in members.iter() {
                collect(value, format!("{path}/{name}"), found);
            }
            return;
        }
        Json::List(items) => {
            for (index, value) in items.iter().enumerate() {
                collect(value, format!("{path}/{index}"), found);
            }
            return;
        }
        Json::Text(text) | Json::Number(text) => text.clone(),
        Json::Flag(flag) => flag.to_string(),
        Json::Null => "null".to_owned(),
    };
    found.insert(path, leaf);
}

/// No message has more levels.
const DEEPEST: usize = 16;

/// Reads one JSON object; a name that occurs twice is an error at any depth.
pub(crate) fn read_object(text: &[u8]) -> Option<Members> {
    match read(text)? {
        Json::Object(members) => Some(members),
        _ => None,
    }
}

/// Reads one JSON value.
pub(crate) fn read(text: &[u8]) -> Option<Json> {
    value(serde_json::from_slice(text).ok()?, DEEPEST)
}

fn value(raw: &RawValue, deeper: usize) -> Option<Json> {
    let text = raw.get();
    let deeper = deeper.checked_sub(1)?;
    Some(match text.as_bytes().first()? {
        b'{' => {
            let Raw(members) = serde_json::from_str(text).ok()?;
            let members = members
                .into_iter()
                .map(|(name, raw)| Some((name, value(raw, deeper)?)));
            Json::Object(Members(members.collect::<Option<_>>()?))
        }
        b'[' => {
            let items: Vec<&RawValue> = serde_json::from_str(text).ok()?;
            let items = items.into_iter().map(|raw| value(raw, deeper));
            Json::List(items.collect::<Option<_>>()?)
        }
        b'"' => Json::Text(serde_json::from_str(text).ok()?),
        b't' => Json::Flag(true),
        b'f' => Json::Flag(false),
        b'n' => Json::Null,
        _ => Json::Number(text.to_owned()),
    })
}

/// An object's members, unread.
struct Raw<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Raw<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(UniqueNames)
    }
}

struct UniqueNames;

impl<'de> Visitor<'de> for UniqueNames {
    type Value = Raw<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Raw<'de>, A::Error> {
        let mut members: Vec<(String, &RawValue)> = Vec::new();
        while let Some((name, value)) = entries.next_entry::<String, &RawValue>()? {
            if members.iter().any(|(known, _)| *known == name) {
                return Err(A::Error::custom("a name occurs twice"));
            }
            members.push((name, value));
        }
        Ok(Raw(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_as_they_were_written() {
        let text = r#" {"a":8.80,"b":[1e2,-0,{"c":100000000000000000000.01}],"d":"中\n","e":null,"f":true} "#;
        let members = read_object(text.as_bytes()).unwrap();
        assert_eq!(members.get("a"), Some(&Json::Number("8.80".to_owned())));
        assert_eq!(members.text("d"), Some("中\n"));
        assert_eq!(
            (members.text("a"), members.scalar("a")),
            (None, Some("8.80"))
        );
        let expected = [
            ("a", "8.80"),
            ("b/0", "1e2"),
            ("b/1", "-0"),
            ("b/2/c", "100000000000000000000.01"),
            ("d", "中\n"),
            ("e", "null"),
            ("f", "true"),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(members.leaves(), BTreeMap::from(expected));
    }

    #[test]
    fn what_is_no_single_object_with_unique_names_is_refused() {
        for text in [
            "",
            "[]",
            "1",
            "{",
            "{} {}",
            r#"{"a":1,"a":2}"#,
            r#"{"a":{"b":1,"b":1}}"#,
            r#"{"a":[{"b":1,"b":1}]}"#,
            r#"{"a":01}"#,
            r#"{"a":+1}"#,
            r#"{"a":1.}"#,
            r#"{"a":"\订"}"#,
            "{\"a\":\"\u{1}\"}",
        ] {
            assert_eq!(read_object(text.as_bytes()), None, "{text}");
        }
        assert_eq!(read_object(b"{\"a\":\"\xff\"}"), None);
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(20), "]".repeat(20));
        assert_eq!(read_object(deep.as_bytes()), None);
    }
}
