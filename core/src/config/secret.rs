//! Secrets: given as text, as a file or as an environment variable; never shown.

use std::fmt;

use super::ConfigError;
use super::context::Context;
use super::document::Item;

/// A secret's file may have this many bytes unless it is a key's.
const LIMIT: usize = 4096;

/// A secret text; wiped on drop, never shown by `Debug`.
#[derive(Clone, zeroize::ZeroizeOnDrop)]
pub struct Secret(String);

impl Secret {
    /// Keeps `text` secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for signing.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Reads `"text"`, `{ file = "…" }` or `{ env = "…" }`.
pub(super) fn read(item: Item<'_>, context: &Context<'_>) -> Result<Secret, ConfigError> {
    read_up_to(LIMIT, item, context)
}

/// [`read`] with another limit for a file.
pub(super) fn read_up_to(
    limit: usize,
    item: Item<'_>,
    context: &Context<'_>,
) -> Result<Secret, ConfigError> {
    if !item.is_table() {
        return item.text().map(Secret::new).map_err(|_| {
            item.place
                .error(r#"must be text in quotes (not empty), { file = "…" } or { env = "…" }"#)
        });
    }
    let mut section = item.section(&["file", "env"])?;
    match (section.take("file"), section.take("env")) {
        (Some(file), None) => from_file(limit, &file, context),
        (None, Some(env)) => match context.world.variable(env.text()?) {
            Some(value) if !value.is_empty() => Ok(Secret(value)),
            _ => Err(env.place.error(format_args!(
                "the environment variable {} is not set in this process",
                env.text()?
            ))),
        },
        _ => Err(section
            .place
            .error(r#"must have either file = "…" or env = "…""#)),
    }
}

fn from_file(limit: usize, file: &Item<'_>, context: &Context<'_>) -> Result<Secret, ConfigError> {
    let bytes = context.read(file, limit)?;
    let text = str::from_utf8(&bytes).map_err(|_| {
        file.place
            .error("the file is not UTF-8 text; save it as UTF-8")
    })?;
    // Editors put a byte order mark before and a line end behind what was typed.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        return Err(file.place.error("the file is empty"));
    }
    Ok(Secret::new(text))
}
