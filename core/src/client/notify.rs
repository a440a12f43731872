//! Notifications that the host's web server received.

use super::Client;
use crate::outcome::Outcome;

impl Client {
    /// Verifies a notification, compares it with the journal and brings that up to date. `headers`
    /// are `Name: value` lines.
    pub fn notify_decode(&self, _headers: &str, _body: &[u8]) -> Outcome {
        unimplemented!()
    }
}
