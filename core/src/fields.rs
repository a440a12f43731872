//! What a till asks for: fields by their documented names, as text.

use std::collections::{BTreeMap, btree_map};
use std::fmt;

/// Request fields by name. One vocabulary for every gateway, named as in WeChat Pay APIv2; parts of
/// an object are joined with a dot (`scene_info.store_id`); numbers are decimal text.
///
/// `Debug` shows the names only, since values may hold an auth code.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Fields(BTreeMap<String, String>);

impl Fields {
    /// No fields.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets one field; the last value given wins.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.insert(name.into(), value.into());
    }

    /// The value of a field; an empty value counts as absent, as it does in every gateway's signature.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// Every non-empty field in the order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .filter(|(_, value)| !value.is_empty())
    }
}

impl IntoIterator for Fields {
    type Item = (String, String);
    type IntoIter = btree_map::IntoIter<String, String>;

    /// Every field, the empty ones included.
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl From<BTreeMap<String, String>> for Fields {
    fn from(values: BTreeMap<String, String>) -> Self {
        Self(values)
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Fields {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        Self(
            pairs
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
