//! How often everything happened.

use std::collections::BTreeMap;
use std::fmt;

/// Counts by kind and name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How each call ended: the call and its status.
    pub outcomes: BTreeMap<String, u64>,
    /// Each stage of the payment policy with each event it met.
    pub edges: BTreeMap<String, u64>,
    /// The same of the refund policy.
    pub refund_edges: BTreeMap<String, u64>,
    /// What went wrong, by kind.
    pub faults: BTreeMap<&'static str, u64>,
    /// Where processes died.
    pub crashes: BTreeMap<&'static str, u64>,
    /// Requests that left.
    pub requests: u64,
}

impl Tally {
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
        sum(&mut self.outcomes, &other.outcomes);
        sum(&mut self.edges, &other.edges);
        sum(&mut self.refund_edges, &other.refund_edges);
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
        ] {
            writeln!(f, "{title}:")?;
            for (name, count) in counts {
                writeln!(f, "{count:>10}  {name}")?;
            }
        }
        for (title, counts) in [
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
