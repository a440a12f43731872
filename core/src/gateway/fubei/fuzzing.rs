//! For fuzzing alone: what is behind the codec.

use super::{form, message, money};
use crate::outcome::Facts;

/// Reads a form: its fields in the order of their names.
pub fn read_form(body: &[u8]) -> Option<Vec<(String, String)>> {
    form::parse(body).ok()
}

/// Reads `data`.
pub fn read_data(text: &[u8]) -> Option<Facts> {
    message::object(text).ok()
}

/// Fen of decimal yuan.
pub fn fen(yuan: &str) -> Option<i64> {
    money::fen(yuan)
}

/// Decimal yuan of fen.
pub fn yuan(fen: i64) -> String {
    money::yuan(fen)
}
