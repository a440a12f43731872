//! One ride, sent once.

use std::time::Duration;

use crate::client::{Client, Event, Level, report};
use crate::clock::Moment;
use crate::exchange::{Failure, OnCancel, Reply};
use crate::gateway::Answer;
use crate::gateway::ride_code::{Ride, RideCode};
use crate::journal::Key;
use crate::outcome::Outcome;
use crate::policy::Phase;
use crate::signal::Signal;
use crate::status::Status;
use crate::transport::Transport;
use crate::verdict::RideVerdict;

const UNCLEAR: &str = "no clear answer, so it may have been deducted; it is not sent again";
const CLOSED_BEFORE: &str = "the client was closed before anything was sent";

pub(super) struct RideRun<'a> {
    pub(super) client: &'a Client,
    pub(super) codec: &'a RideCode,
    pub(super) transport: &'a dyn Transport,
    pub(super) signal: &'a Signal,
    pub(super) ride: &'a Ride,
    pub(super) key: &'a Key,
    pub(super) begun: Moment,
}

impl RideRun<'_> {
    /// The ride must be held, as an intent; afterwards it is settled or given back.
    pub(super) fn run(&self) -> Outcome {
        self.event(Event::Submitting);
        if self.signal.closing() {
            return self.settle(self.outcome(Status::ClientClosed, CLOSED_BEFORE, 0));
        }
        let call = self.codec.deduct(self.ride);
        let exchanged = self.transport.exchange(
            Some(&self.key.number),
            &call,
            OnCancel::Ignore.into(),
            self.signal,
        );
        match exchanged {
            Ok(reply) => {
                let answer = self.codec.read_deduct(&reply);
                self.client
                    .log_exchange(&self.key.number, &call, &reply, &answer);
                self.answered(&reply, &answer)
            }
            Err(failure) => self.failed(&failure),
        }
    }

    fn answered(&self, reply: &Reply, answer: &Answer<RideVerdict>) -> Outcome {
        let (status, what) = match answer.verdict {
            RideVerdict::Accepted => (Status::Accepted, "accepted; its callback tells the end"),
            RideVerdict::Rejected => (
                Status::Rejected,
                "the platform refused the request without executing it",
            ),
            RideVerdict::Unclear => (Status::Unknown, UNCLEAR),
        };
        let mut outcome = self.outcome(status, &format!("{what}: {}", answer.why), 1);
        report::add_facts(&mut outcome, &answer.facts);
        outcome.set("host", reply.host.as_str());
        if let Some(code) = &answer.code {
            let text = answer.code_message.as_deref().unwrap_or_default();
            outcome.set("code", code.as_str());
            outcome.set("code_message", text);
        }
        match answer.verdict {
            RideVerdict::Accepted if self.codec.reads_callbacks() => self.accepted(outcome),
            // Nobody here will ever hear more of it, and a list of all rides would be no list.
            RideVerdict::Accepted | RideVerdict::Rejected => self.settle(outcome),
            RideVerdict::Unclear => self.leave_open(outcome),
        }
    }

    fn failed(&self, failure: &Failure) -> Outcome {
        let (status, what) = match (failure.sent(), self.signal.closing()) {
            (true, true) => (
                Status::Unknown,
                "the client was closed while the ride was in flight",
            ),
            (true, false) => (Status::Unknown, UNCLEAR),
            (false, true) => (Status::ClientClosed, CLOSED_BEFORE),
            (false, false) => (
                Status::Network,
                "the platform could not be reached, nothing was sent",
            ),
        };
        let mut outcome = self.outcome(status, &format!("{what}: {}", failure.cause), 1);
        outcome.set("host", failure.host.as_str());
        if failure.sent() {
            self.leave_open(outcome)
        } else {
            self.settle(outcome)
        }
    }

    /// What the platform has said is true without a record, too. A callback that came first has found
    /// the ride held, so there is none to overwrite; and if another process has taken the ride over,
    /// whatever it has recorded stays, for this call does not hold the ride any more.
    fn accepted(&self, mut outcome: Outcome) -> Outcome {
        let journal = &self.client.journal;
        if let Err(error) = journal.record(self.key, Phase::Waiting, None, false) {
            self.not_on_record(&mut outcome, &error.to_string());
        }
        self.leave_open(outcome)
    }

    /// Given back before the till is told, so that the callback finds it free.
    fn leave_open(&self, outcome: Outcome) -> Outcome {
        self.client.give_back(self.key);
        self.announce(outcome)
    }

    /// There is nothing to wait for. Where provably nothing was deducted the number may be used again.
    fn settle(&self, outcome: Outcome) -> Outcome {
        let mut outcome = self.announce(outcome);
        let journal = &self.client.journal;
        if let Err(error) = journal.settle(self.key, outcome.status, &outcome.fields, true) {
            self.not_on_record(&mut outcome, &error.to_string());
        }
        outcome
    }

    fn not_on_record(&self, outcome: &mut Outcome, error: &str) {
        let message = format!("{}; but that is not on record: {error}", outcome.message());
        self.log(Level::Error, &message);
        outcome.set("message", message);
    }

    /// Words it, and tells log and display.
    fn announce(&self, outcome: Outcome) -> Outcome {
        let outcome = self.client.explain_ride(outcome);
        let text = format!("{}: {}", outcome.status.name(), outcome.message());
        self.log(Level::Info, &text);
        self.event(Event::Done);
        outcome
    }

    fn outcome(&self, status: Status, message: &str, attempts: u32) -> Outcome {
        let mut outcome = Outcome::with_message(status, message);
        outcome.set("out_trade_no", self.key.number.as_str());
        if let Some(total_fee) = self.ride.expected.total_fee {
            outcome.set("total_fee", total_fee);
        }
        outcome.set("attempts", attempts);
        outcome.set("replayed", 0);
        outcome.set("elapsed_ms", self.client.elapsed_ms(self.begun));
        outcome
    }

    fn log(&self, level: Level, text: &str) {
        self.client
            .sinks
            .log(level, || format!("{} {text}", self.key.number));
    }

    /// There is no next stage to count down to.
    fn event(&self, event: Event) {
        self.client
            .sinks
            .event(event, &self.key.number, Duration::ZERO);
    }
}
