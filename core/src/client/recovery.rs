//! At start-up: settle whatever was in flight.

use super::Client;
use super::calls::{Claim, Refused};
use super::ride;
use super::run::HandOver;
use crate::config::OnRecoveredPaid;
use crate::guidance::Asked;
use crate::journal::{Book, Entry, Key, Take};
use crate::outcome::Outcome;
use crate::policy::{Purpose, Reversal};
use crate::signal::Signal;
use crate::status::Status;

impl Client {
    /// Settles every order and refund that is open, and reports every one whose outcome no till has
    /// seen. Rides that wait for their callbacks are reported as they stand: nobody can be asked about
    /// them. May be killed at any moment and run again.
    pub fn recover(&self) -> Outcome {
        let call = match self.calls.enter(Claim::Nothing) {
            Ok(call) => call,
            Err(refused) => return self.refused(Asked::Recover, &refused, None),
        };
        let account = self.gateway.account();
        let rides = self.ride.as_ref().map(|ride| ride.codec.account());
        let has_rides = rides.is_some();
        let books = [Book::Orders, Book::Refunds].map(|book| (book, account.clone()));
        let mut keys = Vec::new();
        for (book, account) in books
            .into_iter()
            .chain(rides.map(|account| (Book::Rides, account)))
        {
            match self.journal.pending(book, &account) {
                Ok(pending) => keys.extend(pending),
                Err(error) => return self.refusal(Status::Journal, error.to_string()),
            }
        }
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
        let is_open = |(key, outcome): &&(Key, Outcome)| match key.book {
            Book::Orders => outcome.text("reversal") == Some(Reversal::Required.name()),
            Book::Refunds => outcome.status == Status::Unknown,
            // Nothing can be asked about it: its callback tells.
            Book::Rides => false,
        };
        let is_waiting = |(key, outcome): &&(Key, Outcome)| {
            key.book == Book::Rides && ride::awaits_callback(outcome)
        };
        let open = outcomes.iter().filter(is_open).count();
        let waiting = outcomes.iter().filter(is_waiting).count();
        let settled = outcomes.len() - open - waiting;
        let status = if open == 0 {
            Status::Ok
        } else {
            Status::Unknown
        };
        let orders: Vec<_> = outcomes.iter().map(|(_, each)| each.to_value()).collect();
        let mut message = format!("{settled} orders and refunds settled, {open} still open");
        if has_rides {
            message.push_str(&format!(", {waiting} rides wait for their callbacks"));
        }
        let mut outcome = Outcome::with_message(status, message);
        outcome.set("orders", orders);
        outcome.set("open", open);
        let outcome = self.explain(Asked::Recover, outcome);
        let told = |each: &&(Key, Outcome)| !is_open(each) && !is_waiting(each);
        for (key, _) in outcomes.iter().filter(told) {
            self.handed_over(key);
        }
        outcome
    }

    fn still_open(&self, key: &Key, message: impl Into<String>) -> Outcome {
        match key.book {
            Book::Orders => {}
            Book::Refunds => return self.about_refund(&key.number, Status::Unknown, message),
            Book::Rides => return self.about_ride(&key.number, Status::Unknown, message),
        }
        let mut outcome = self.about(Asked::Payment, key, Status::Unknown, message);
        outcome.set("reversal", Reversal::Required.name());
        outcome
    }
}

/// One pass over the orders and refunds that are pending.
struct Recovery<'a> {
    client: &'a Client,
    signal: &'a Signal,
    /// The last one that was tried got an answer of any kind.
    reachable: bool,
    outcomes: Vec<(Key, Outcome)>,
}

impl Recovery<'_> {
    /// Settles one of them, or finds that somebody holds it (and until when, at least). `silent`: the
    /// lease of a holder that has not beaten since.
    fn settle(&mut self, key: &Key, silent: Option<i64>) -> Option<Option<i64>> {
        if let Some(outcome) = self.idle_ride(key) {
            self.outcomes.push((key.clone(), outcome));
            return None;
        }
        let claim = match key.book {
            Book::Orders => Claim::Reverse(&key.number),
            Book::Refunds => Claim::Refund(&key.number),
            Book::Rides => Claim::Ride(&key.number),
        };
        let claim = self.client.calls.enter(claim);
        let outcome = match claim {
            // Another call of this client works on it.
            Err(Refused::Busy) => return None,
            Err(Refused::Closing) => self.client.still_open(key, "the client is closing"),
            Ok(_claim) => match self.client.journal.take(key, silent) {
                Ok(Take::Taken(entry)) if entry.returned => {
                    // Told already, and held by a process that has died since.
                    self.client.give_back(key);
                    return None;
                }
                Ok(Take::Taken(entry)) => self.settle_taken(&entry),
                Ok(Take::Busy(entry)) => return Some(entry.lease_ms),
                Ok(Take::Absent) => return None,
                Err(error) => self.client.still_open(key, error.to_string()),
            },
        };
        self.outcomes.push((key.clone(), outcome));
        None
    }

    /// A ride that nobody holds is only told of, and there may be thousands of them: it is not taken,
    /// so that nothing has to be written.
    fn idle_ride(&self, key: &Key) -> Option<Outcome> {
        if key.book != Book::Rides {
            return None;
        }
        let entry = self.client.journal.find(key).ok().flatten()?;
        let idle = entry.lease_ms.is_none() && !entry.returned;
        idle.then(|| self.told_ride(&entry))
    }

    fn told_ride(&self, entry: &Entry) -> Outcome {
        match entry.phase {
            Some(_) => self.client.open_ride(entry),
            None => self.client.replay_ride(entry),
        }
    }

    fn settle_taken(&mut self, entry: &Entry) -> Outcome {
        let client = self.client;
        match entry.key.book {
            Book::Rides => {
                client.give_back(&entry.key);
                return self.told_ride(entry);
            }
            Book::Refunds if entry.phase.is_none() => {
                client.give_back(&entry.key);
                return client.replay_refund(entry);
            }
            Book::Orders if entry.phase.is_none() => {
                client.give_back(&entry.key);
                return client.replay(Asked::Payment, entry);
            }
            Book::Orders | Book::Refunds => {}
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
        if entry.key.book == Book::Refunds {
            return self.go_on_refunding(entry);
        }
        let purpose = match client.policy.on_recovered_paid {
            OnRecoveredPaid::Report => Purpose::RecoverKeepingPaid,
            OnRecoveredPaid::Reverse => Purpose::RecoverReversingPaid,
        };
        let later = HandOver::Later;
        let (outcome, evidence) = client.resume(entry, purpose, Asked::Payment, later, self.signal);
        // The time of one is spent on finding out that the network is down, not every one's.
        self.reachable = evidence.reached;
        outcome
    }

    fn go_on_refunding(&mut self, entry: &Entry) -> Outcome {
        let client = self.client;
        let Ok(refunds) = client.refunds() else {
            client.give_back(&entry.key);
            return client.still_open(&entry.key, "this gateway offers no refunds");
        };
        let (outcome, reached) = client.resume_refund(refunds, entry, HandOver::Later, self.signal);
        self.reachable = reached;
        outcome
    }
}
