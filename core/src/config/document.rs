//! TOML whose every value knows its file, line and key, so that every error can name them.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::time::Duration;

use jiff::fmt::friendly::SpanParser;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::ConfigError;

/// No duration is longer: a till must not stand still for longer.
const LONGEST: Duration = Duration::from_secs(600);

/// Where a value is: `wxpay.toml:12: wechat_v2.api_key`.
#[derive(Clone)]
pub(super) struct Place<'d> {
    file: &'d str,
    /// Zero for the file as a whole.
    line: usize,
    key: String,
}

impl<'d> Place<'d> {
    /// A file as a whole.
    pub(super) fn file(file: &'d str) -> Self {
        Self {
            file,
            line: 0,
            key: String::new(),
        }
    }

    /// What is wrong here, and the remedy.
    pub(super) fn error(&self, problem: impl Display) -> ConfigError {
        ConfigError(self.note(problem))
    }

    /// The same shape for something that is merely unwise.
    pub(super) fn note(&self, text: impl Display) -> String {
        let Self { file, line, key } = self;
        let line = match line {
            0 => String::new(),
            line => format!(":{line}"),
        };
        let key = match key.as_str() {
            "" => String::new(),
            key => format!(" {key}:"),
        };
        format!("{file}{line}:{key} {text}")
    }

    fn child(&self, line: usize, key: &str) -> Self {
        let key = match self.key.as_str() {
            "" => key.to_owned(),
            parent => format!("{parent}.{key}"),
        };
        Self {
            file: self.file,
            line,
            key,
        }
    }
}

/// A table: the whole document, a `[section]` or an inline `{ … }`.
pub(super) struct Section<'d> {
    pub(super) place: Place<'d>,
    text: &'d str,
    items: BTreeMap<String, Item<'d>>,
}

/// A value with its place.
pub(super) struct Item<'d> {
    pub(super) place: Place<'d>,
    text: &'d str,
    value: DeValue<'d>,
}

/// Parses a document whose top level may have the keys `known`.
pub(super) fn parse<'d>(
    file: &'d str,
    text: &'d str,
    known: &[&str],
) -> Result<Section<'d>, ConfigError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let place = Place::file(file);
    // The error's own text would quote the line, which may hold a secret.
    let table = DeTable::parse(text).map_err(|error| {
        let line = error.span().map_or(0, |span| line_of(text, span.start));
        Place {
            line,
            ..place.clone()
        }
        .error(format_args!("is not TOML: {}", error.message()))
    })?;
    section(place, text, table.into_inner(), known)
}

fn section<'d>(
    place: Place<'d>,
    text: &'d str,
    table: DeTable<'d>,
    known: &[&str],
) -> Result<Section<'d>, ConfigError> {
    let mut entries: Vec<_> = table.into_iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    let mut items = BTreeMap::new();
    for (key, value) in entries {
        let line = line_of(text, key.span().start);
        let key = key.into_inner().into_owned();
        if !known.contains(&key.as_str()) {
            let shown: String = key.escape_debug().take(40).collect();
            return Err(place.child(line, &shown).error(unknown(&key, known)));
        }
        let item = Item {
            place: place.child(line, &key),
            text,
            value: value.into_inner(),
        };
        items.insert(key, item);
    }
    Ok(Section { place, text, items })
}

fn unknown(key: &str, known: &[&str]) -> String {
    let close = known
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(key, candidate), candidate))
        .filter(|_| key.len() <= 40)
        .min()
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 5);
    match close {
        Some((_, candidate)) => format!("is unknown; did you mean {candidate}?"),
        None => format!("is unknown; known here: {}", known.join(", ")),
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    let before = &text.as_bytes()[..offset.min(text.len())];
    1 + before.iter().filter(|byte| **byte == b'\n').count()
}

impl<'d> Section<'d> {
    /// Takes a value out, if it is there.
    pub(super) fn take(&mut self, key: &str) -> Option<Item<'d>> {
        self.items.remove(key)
    }

    /// Takes a value out that must be there; `remedy` says what to put.
    pub(super) fn need(&mut self, key: &str, remedy: &str) -> Result<Item<'d>, ConfigError> {
        self.take(key).ok_or_else(|| self.missing(key, remedy))
    }

    /// The error for a value that must be there.
    pub(super) fn missing(&self, key: &str, remedy: &str) -> ConfigError {
        self.place
            .child(self.place.line, key)
            .error(format_args!("is missing; {remedy}"))
    }

    /// Takes a table out; an empty one if there is none.
    pub(super) fn subsection(&mut self, key: &str, known: &[&str]) -> Result<Self, ConfigError> {
        match self.take(key) {
            Some(item) => item.section(known),
            None => Ok(Section {
                place: self.place.child(0, key),
                text: self.text,
                items: BTreeMap::new(),
            }),
        }
    }

    /// A choice, or `default` if it is not given.
    pub(super) fn choice<T: Copy>(
        &mut self,
        key: &str,
        choices: &[(&str, T)],
        default: T,
    ) -> Result<T, ConfigError> {
        self.take(key)
            .map_or(Ok(default), |item| item.choice(choices))
    }

    /// `true` or `false`, or `default` if it is not given.
    pub(super) fn flag(&mut self, key: &str, default: bool) -> Result<bool, ConfigError> {
        match self.take(key) {
            None => Ok(default),
            Some(Item {
                value: DeValue::Boolean(value),
                ..
            }) => Ok(value),
            Some(item) => Err(item.place.error("must be true or false, without quotes")),
        }
    }
}

impl<'d> Item<'d> {
    /// A text that is not empty.
    pub(super) fn text(&self) -> Result<&str, ConfigError> {
        match &self.value {
            DeValue::String(text) if text.is_empty() => Err(self.place.error("must not be empty")),
            DeValue::String(text) => Ok(text),
            _ => Err(self.place.error("must be text in quotes")),
        }
    }

    /// Whether this is a table.
    pub(super) fn is_table(&self) -> bool {
        matches!(self.value, DeValue::Table(_))
    }

    /// One of several texts.
    pub(super) fn choice<T: Copy>(&self, choices: &[(&str, T)]) -> Result<T, ConfigError> {
        let text = self.text()?;
        let found = choices.iter().find(|(name, _)| *name == text);
        found.map(|(_, value)| *value).ok_or_else(|| {
            let names: Vec<_> = choices
                .iter()
                .map(|(name, _)| format!("{name:?}"))
                .collect();
            self.place
                .error(format_args!("must be {}", names.join(" or ")))
        })
    }

    /// `5s`, `250ms`, `1m30s`: at most ten minutes; zero is allowed here.
    pub(super) fn duration(&self) -> Result<Duration, ConfigError> {
        // The parser also knows clock notation and signs.
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b' ';
        let parsed = match &self.value {
            DeValue::String(text) if text.bytes().all(plain) => SpanParser::new()
                .parse_unsigned_duration(text.as_bytes())
                .ok(),
            _ => None,
        };
        match parsed {
            Some(duration) if duration > LONGEST => {
                Err(self.place.error("must be 10 minutes at most"))
            }
            Some(duration) => Ok(duration),
            None => Err(self
                .place
                .error(r#"must be a duration in quotes such as "5s", "250ms" or "1m30s""#)),
        }
    }

    /// A duration longer than zero.
    pub(super) fn positive_duration(&self) -> Result<Duration, ConfigError> {
        match self.duration()? {
            Duration::ZERO => Err(self.place.error("must be longer than zero")),
            duration => Ok(duration),
        }
    }

    /// A table with no other keys than `known`.
    pub(super) fn section(self, known: &[&str]) -> Result<Section<'d>, ConfigError> {
        match self.value {
            DeValue::Table(table) => section(self.place, self.text, table, known),
            _ => Err(self
                .place
                .error(format_args!("must be a table with {}", known.join(", ")))),
        }
    }

    /// An array's values.
    pub(super) fn list(self) -> Result<Vec<Self>, ConfigError> {
        let DeValue::Array(values) = self.value else {
            return Err(self.place.error(r#"must be an array such as ["…", "…"]"#));
        };
        let item = |value: Spanned<DeValue<'d>>| Item {
            place: Place {
                line: line_of(self.text, value.span().start),
                ..self.place.clone()
            },
            text: self.text,
            value: value.into_inner(),
        };
        Ok(values.into_iter().map(item).collect())
    }
}
