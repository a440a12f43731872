//! For fuzzing alone: what is behind the codec.

use super::xml;
use crate::fields::Fields;

/// Reads a message.
pub fn read_xml(message: &[u8]) -> Option<Fields> {
    xml::parse(message).ok()
}

/// Writes a message.
pub fn write_xml(fields: &Fields) -> Vec<u8> {
    xml::write(fields.iter())
}
