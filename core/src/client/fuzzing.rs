//! For fuzzing alone: what is behind the client.

use super::headers;

/// Reads the header lines of a notification.
pub fn read_headers(text: &str) -> Option<Vec<(String, String)>> {
    headers::parse(text).ok()
}
