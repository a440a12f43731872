//! At start-up: settle whatever was in flight.

use super::Client;
use super::calls::Claim;
use super::run::HandOver;
use crate::config::OnRecoveredPaid;
use crate::guidance::Asked;
use crate::journal::{OrderKey, Take};
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
        let keys = match self.journal.pending(&self.gateway.account()) {
            Ok(keys) => keys,
            Err(error) => return self.refusal(Status::Journal, error.to_string()),
        };
        let mut orders = Vec::new();
        let mut open = 0;
        let mut reachable = true;
        for key in &keys {
            let Some(outcome) = self.recover_one(key, call.signal(), &mut reachable) else {
                continue;
            };
            if outcome.text("reversal") == Some(Reversal::Required.name()) {
                open += 1;
            } else {
                self.handed_over(key);
            }
            orders.push(outcome.to_value());
        }
        let status = if open == 0 {
            Status::Ok
        } else {
            Status::Unknown
        };
        let settled = orders.len() - open;
        let mut outcome = Outcome::with_message(
            status,
            format!("{settled} orders settled, {open} still open"),
        );
        outcome.set("orders", orders);
        outcome.set("open", open);
        self.explain(Asked::Recover, outcome)
    }

    /// `None`: another live process has it.
    fn recover_one(
        &self,
        key: &OrderKey,
        signal: &Signal,
        reachable: &mut bool,
    ) -> Option<Outcome> {
        let _claim = self.calls.enter(Claim::Reverse(&key.out_trade_no)).ok()?;
        let entry = match self.journal.take(key) {
            Ok(Take::Taken(entry)) => entry,
            Ok(Take::Busy(_) | Take::Absent) => return None,
            Err(error) => return Some(self.still_open(key, error.to_string())),
        };
        if entry.phase.is_none() {
            self.give_back(key);
            return Some(self.replay(Asked::Payment, &entry));
        }
        if signal.closing() || !*reachable {
            self.give_back(key);
            return Some(self.still_open(key, "the gateway cannot be reached".into()));
        }
        let purpose = match self.policy.on_recovered_paid {
            OnRecoveredPaid::Report => Purpose::RecoverKeepingPaid,
            OnRecoveredPaid::Reverse => Purpose::RecoverReversingPaid,
        };
        let (outcome, evidence) =
            self.resume(&entry, purpose, Asked::Payment, HandOver::Later, signal);
        // One order's time is spent on finding out that the network is down, not every one's.
        *reachable = evidence.reached;
        Some(outcome)
    }

    fn still_open(&self, key: &OrderKey, message: String) -> Outcome {
        let mut outcome = self.about(Asked::Payment, key, Status::Unknown, message);
        outcome.set("reversal", Reversal::Required.name());
        outcome
    }
}
