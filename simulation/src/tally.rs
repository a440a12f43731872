//! How often everything happened.

use std::collections::BTreeMap;
use std::fmt;

/// Counts by kind and name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Runs by API.
    pub runs: BTreeMap<&'static str, u64>,
    /// How each call ended: the API, the call and its status.
    pub outcomes: BTreeMap<String, u64>,
    /// Each stage of the payment policy with each event it met.
    pub edges: BTreeMap<String, u64>,
    /// The same of the refund policy.
    pub refund_edges: BTreeMap<String, u64>,
    /// The same of the payment policy with orders that the payer scans.
    pub prepay_edges: BTreeMap<String, u64>,
    /// What went wrong, by kind.
    pub faults: BTreeMap<&'static str, u64>,
    /// Where processes died.
    pub crashes: BTreeMap<&'static str, u64>,
    /// Requests that left.
    pub requests: u64,
}

impl Tally {
    /// Every kind of thing that goes wrong.
    pub const FAULTS: &'static [&'static str] = &[
        "a clock that is wrong from the start",
        "a process stands still",
        "an order expires",
        "answer lost",
        "answer of an earlier request",
        "answer too late",
        "answer without a date",
        "booked late",
        "cancel",
        "cancel before anything is done",
        "cancel from a callback",
        "charge rejected",
        "charged, and a page told",
        "charged, and a refusal told",
        "charged, and a system error told",
        "charged, and an unknown refusal told",
        "charged, and another amount told",
        "client closed from a callback",
        "clock set back",
        "clock set forward",
        "close refused",
        "close: a page",
        "close: closed before, they say",
        "close: done, and it was not",
        "close: no such order, they say",
        "close: not in this state, they say",
        "close: paid, they say",
        "close: the payer is typing",
        "close: the payer was faster",
        "close: too often",
        "closed, and a failure told",
        "connection cut in the middle",
        "connection refused",
        "forged answer",
        "garbage",
        "host unreachable",
        "hosts disagree",
        "not charged, and a system error told",
        "prepay rejected",
        "prepay: a system error, not made",
        "prepay: an unknown refusal",
        "prepay: made, and a page told",
        "prepay: made, and a refusal told",
        "prepay: made, and a system error told",
        "prepay: made, and a used number told",
        "prepay: other parameters than before",
        "prepay: too often",
        "process started again",
        "query: a page",
        "query: a probe, or another's answer",
        "query: a system error",
        "query: another amount",
        "query: forged",
        "query: rejected",
        "query: system errors for a while",
        "refund declined",
        "refund query: a page",
        "refund query: a system error",
        "refund query: another amount",
        "refund query: rejected",
        "refund rejected",
        "refund: a system error, not taken on",
        "refund: an unknown refusal",
        "refund: in doubt, not taken on",
        "refund: taken on, and a page told",
        "refund: taken on, and a refusal told",
        "refund: taken on, and a system error told",
        "refund: taken on, and another amount told",
        "refused for the clock",
        "request delivered after its time-out",
        "request delivered twice",
        "request lost",
        "reverse refused",
        "reverse: a page",
        "reverse: again",
        "reverse: done, and it was not",
        "reverse: no such order, they say",
        "reverse: the payer is busy",
        "reverse: too often",
        "reversed, and a system error told",
        "somebody else's order is asked to be reversed",
        "the disk is full",
        "the number was used before",
        "the refund number was used before",
    ];

    /// Every place where a process can die.
    pub const CRASHES: &'static [&'static str] = &[
        "after adopt",
        "after begin",
        "after mark_returned",
        "after record",
        "after release",
        "after settle",
        "after take",
        "before a wait",
        "before adopt",
        "before an exchange",
        "before begin",
        "before find",
        "before mark_returned",
        "before pending",
        "before record",
        "before release",
        "before settle",
        "before take",
        "before the first byte",
        "in a callback",
        "while an answer comes in",
    ];

    pub(crate) fn fault(&mut self, what: &'static str) {
        *self.faults.entry(what).or_default() += 1;
    }

    /// Adds another run's.
    pub fn add(&mut self, other: &Self) {
        fn sum<K: Ord + Clone>(into: &mut BTreeMap<K, u64>, from: &BTreeMap<K, u64>) {
            for (name, count) in from {
                *into.entry(name.clone()).or_default() += count;
            }
        }
        sum(&mut self.runs, &other.runs);
        sum(&mut self.outcomes, &other.outcomes);
        sum(&mut self.edges, &other.edges);
        sum(&mut self.refund_edges, &other.refund_edges);
        sum(&mut self.prepay_edges, &other.prepay_edges);
        sum(&mut self.faults, &other.faults);
        sum(&mut self.crashes, &other.crashes);
        self.requests += other.requests;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} requests left", self.requests)?;
        for (title, counts) in [
            ("outcomes", &self.outcomes),
            ("the payment policy, stage and event", &self.edges),
            ("the refund policy, stage and event", &self.refund_edges),
            ("orders to scan, stage and event", &self.prepay_edges),
        ] {
            writeln!(f, "{title}:")?;
            for (name, count) in counts {
                writeln!(f, "{count:>10}  {name}")?;
            }
        }
        for (title, counts) in [
            ("runs", &self.runs),
            ("what went wrong", &self.faults),
            ("where processes died", &self.crashes),
        ] {
            writeln!(f, "{title}:")?;
            for (name, count) in counts {
                writeln!(f, "{count:>10}  {name}")?;
            }
        }
        Ok(())
    }
}
