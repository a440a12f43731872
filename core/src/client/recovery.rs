//! At start-up: settle whatever was in flight.

use super::Client;
use super::calls::{Claim, Refused};
use super::run::HandOver;
use crate::config::OnRecoveredPaid;
use crate::guidance::Asked;
use crate::journal::{Book, Entry, Key, Take};
use crate::outcome::Outcome;
use crate::policy::{Purpose, Reversal};
use crate::signal::Signal;
use crate::status::Status;

impl Client {
    /// Settles every order that is open, and reports every one whose outcome no till has seen.
    /// May be killed at any moment and run again.
    pub fn recover(&self) -> Outcome {
        let call = match self.calls.enter(Claim::Nothing) {
            Ok(call) => call,
            Err(refused) => return self.refused(Asked::Recover, &refused, None),
        };
        let keys = match self.journal.pending(Book::Orders, &self.gateway.account()) {
            Ok(keys) => keys,
            Err(error) => return self.refusal(Status::Journal, error.to_string()),
        };
        let mut recovery = Recovery {
            client: self,
            signal: call.signal(),
            reachable: true,
            outcomes: Vec::new(),
        };
        let mut held = Vec::new();
        for key in keys {
            match recovery.settle(&key, None) {
                Some(lease) => held.push((key, lease)),
                None => continue,
            }
        }
        if !held.is_empty() {
            // A holder that beats is alive; one that does not has died.
            let silence = self.clock.now() + self.journal.lease();
            self.clock.wait(silence, call.signal(), true);
            for (key, lease) in held {
                // Still held: it is in live hands, and not this call's business.
                let _ = recovery.settle(&key, lease);
            }
        }
        let outcomes = recovery.outcomes;
        let is_open =
            |outcome: &&Outcome| outcome.text("reversal") == Some(Reversal::Required.name());
        let open = outcomes.iter().filter(is_open).count();
        let settled = outcomes.len() - open;
        let status = if open == 0 {
            Status::Ok
        } else {
            Status::Unknown
        };
        let orders: Vec<_> = outcomes.iter().map(Outcome::to_value).collect();
        let message = format!("{settled} orders settled, {open} still open");
        let mut outcome = Outcome::with_message(status, message);
        outcome.set("orders", orders);
        outcome.set("open", open);
        let outcome = self.explain(Asked::Recover, outcome);
        for settled in outcomes.iter().filter(|outcome| !is_open(outcome)) {
            self.handed_over(&self.key(settled.text("out_trade_no").unwrap_or_default()));
        }
        outcome
    }

    fn still_open(&self, key: &Key, message: impl Into<String>) -> Outcome {
        let mut outcome = self.about(Asked::Payment, key, Status::Unknown, message);
        outcome.set("reversal", Reversal::Required.name());
        outcome
    }
}

/// One pass over the orders that are pending.
struct Recovery<'a> {
    client: &'a Client,
    signal: &'a Signal,
    /// The last order that was tried got an answer of any kind.
    reachable: bool,
    outcomes: Vec<Outcome>,
}

impl Recovery<'_> {
    /// Settles one order, or finds that somebody holds it (and until when, at least). `silent`: the
    /// lease of a holder that has not beaten since.
    fn settle(&mut self, key: &Key, silent: Option<i64>) -> Option<Option<i64>> {
        let claim = self.client.calls.enter(Claim::Reverse(&key.number));
        let outcome = match claim {
            // Another call of this client works on it.
            Err(Refused::Busy) => return None,
            Err(Refused::Closing) => self.client.still_open(key, "the client is closing"),
            Ok(_claim) => match self.client.journal.take(key, silent) {
                Ok(Take::Taken(entry)) => self.settle_taken(&entry),
                Ok(Take::Busy(entry)) => return Some(entry.lease_ms),
                Ok(Take::Absent) => return None,
                Err(error) => self.client.still_open(key, error.to_string()),
            },
        };
        self.outcomes.push(outcome);
        None
    }

    fn settle_taken(&mut self, entry: &Entry) -> Outcome {
        let client = self.client;
        if entry.phase.is_none() {
            client.give_back(&entry.key);
            return client.replay(Asked::Payment, entry);
        }
        let stopped = match (self.signal.closing(), self.reachable) {
            (true, _) => Some("the client is closing"),
            (false, false) => Some("the gateway could not be reached"),
            (false, true) => None,
        };
        if let Some(why) = stopped {
            client.give_back(&entry.key);
            return client.still_open(&entry.key, why);
        }
        let purpose = match client.policy.on_recovered_paid {
            OnRecoveredPaid::Report => Purpose::RecoverKeepingPaid,
            OnRecoveredPaid::Reverse => Purpose::RecoverReversingPaid,
        };
        let later = HandOver::Later;
        let (outcome, evidence) = client.resume(entry, purpose, Asked::Payment, later, self.signal);
        // One order's time is spent on finding out that the network is down, not every one's.
        self.reachable = evidence.reached;
        outcome
    }
}
