//! The record of every request received.

use std::collections::VecDeque;
use std::fmt;

use serde::Serialize;

use crate::fault::Operation;

/// One request and what was done with it. Holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RequestRecord {
    /// Counts from 1.
    pub number: u64,
    /// Milliseconds from the start of the simulator to the request's last byte.
    pub at_ms: i64,
    /// Which host received it, from 0.
    pub host: usize,
    /// HTTP method.
    pub method: String,
    /// Path as it was requested, at most 200 characters.
    pub path: String,
    /// What the path means; `None` for a path that does not exist.
    pub operation: Option<Operation>,
    /// The order it is about, if it could be read.
    pub out_trade_no: Option<String>,
    /// A client certificate of the simulator's own was shown.
    pub client_certificate: bool,
    /// What the simulator found, before any fault changed the answer: `SUCCESS`, an error code, or
    /// `NOT_EXECUTED` when a fault came first.
    pub verdict: String,
    /// Names of the scripted and injected faults that took part.
    pub faults: Vec<String>,
    /// How many earlier requests of the merchant had this one's timestamp and nonce (APIv3): 0 from
    /// a till that does as the documents say. It is counted, not refused.
    pub nonce_repeats: u32,
    /// What left: `200`, another HTTP status, or `dropped`.
    pub answer: String,
}

impl fmt::Display for RequestRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "#{} {}ms host {} {} {} {} {} -> {}",
            self.number,
            self.at_ms,
            self.host,
            self.method.escape_debug(),
            self.path.escape_debug(),
            self.out_trade_no.as_deref().unwrap_or("-").escape_debug(),
            self.verdict,
            self.answer,
        )?;
        if !self.faults.is_empty() {
            write!(f, " [{}]", self.faults.join(" "))?;
        }
        Ok(())
    }
}

/// The latest requests; older ones are forgotten so that a long run does not grow without end.
#[derive(Default)]
pub(crate) struct Requests {
    records: VecDeque<RequestRecord>,
    last_number: u64,
}

const KEPT: usize = 10_000;

impl Requests {
    /// Numbers and keeps `record`.
    pub(crate) fn push(&mut self, mut record: RequestRecord) -> RequestRecord {
        self.last_number += 1;
        record.number = self.last_number;
        if self.records.len() == KEPT {
            self.records.pop_front();
        }
        self.records.push_back(record.clone());
        record
    }

    pub(crate) fn all(&self) -> Vec<RequestRecord> {
        self.records.iter().cloned().collect()
    }

    pub(crate) fn clear(&mut self) {
        self.records.clear();
        self.last_number = 0;
    }
}
