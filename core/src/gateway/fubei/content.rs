//! The business parameters of a request: one JSON object, written once, signed and sent as it is.

use std::collections::BTreeMap;

use serde_json::Value;

/// Business parameters: what becomes `biz_content`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Content(BTreeMap<&'static str, Json>);

/// A value as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Json {
    /// A text.
    Text(String),
    /// A number as it is written.
    Number(String),
}

impl Content {
    pub(super) fn text(&mut self, name: &'static str, text: impl Into<String>) {
        self.0.insert(name, Json::Text(text.into()));
    }

    /// `number` is the number's JSON.
    pub(super) fn number(&mut self, name: &'static str, number: impl Into<String>) {
        self.0.insert(name, Json::Number(number.into()));
    }

    /// Puts `value` at `name`, where nothing else may be: `false` if something is.
    pub(super) fn agrees(&mut self, name: &'static str, value: Json) -> bool {
        *self.0.entry(name).or_insert_with(|| value.clone()) == value
    }

    /// The exact text that is signed and sent.
    pub(super) fn json(&self) -> String {
        let member = |(name, value): (&&str, &Json)| {
            let name = Value::from(*name);
            match value {
                Json::Text(text) => format!("{name}:{}", Value::from(text.as_str())),
                Json::Number(number) => format!("{name}:{number}"),
            }
        };
        let members: Vec<_> = self.0.iter().map(member).collect();
        format!("{{{}}}", members.join(","))
    }
}
