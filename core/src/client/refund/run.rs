//! One refund from where it stands to an ending: carries out what the machine says.

use crate::client::run::{HandOver, TICK};
use crate::client::{Client, Event, Level, report};
use crate::clock::Moment;
use crate::exchange::{Failure, OnCancel};
use crate::gateway::{Answer, ExpectedRefund, Refund, Refunds};
use crate::guidance::Asked;
use crate::journal::{JournalError, Key};
use crate::outcome::{Facts, Outcome};
use crate::policy::Phase;
use crate::policy::refund::{self, Action, Cause, Ending, Refunding};
use crate::signal::Signal;
use crate::status::Status;
use crate::verdict::RefundVerdict;

use crate::client::ask::Told;

/// The answers that explain an outcome.
#[derive(Default)]
pub(super) struct Evidence {
    sent: Option<Answer<RefundVerdict>>,
    query: Option<Answer<RefundVerdict>>,
    /// Why the last exchange without a reply had none; gone with the next reply.
    failure: Option<String>,
    host: String,
    attempts: u32,
    /// Some exchange got a reply of any kind.
    reached: bool,
}

pub(super) struct RefundRun<'a> {
    pub(super) client: &'a Client,
    pub(super) refunds: &'a dyn Refunds,
    pub(super) signal: &'a Signal,
    pub(super) key: Key,
    pub(super) refunding: Refunding,
    pub(super) expected: ExpectedRefund,
    /// The request; `None` if it cannot be sent (again).
    pub(super) refund: Option<Refund>,
    /// What was asked for, under the names of results.
    pub(super) asked: Facts,
    pub(super) hand_over: HandOver,
    pub(super) begun: Moment,
    pub(super) evidence: Evidence,
    /// Whether the request may have left this machine, now or in an earlier life.
    pub(super) may_have_left: bool,
}

impl RefundRun<'_> {
    /// Runs to the end. The refund must be held; afterwards it is settled or given back.
    pub(super) fn run(mut self) -> (Outcome, bool) {
        let mut event = refund::Event::Start;
        loop {
            if self.signal.closing() {
                return self.close();
            }
            let stage = self.refunding.stage();
            self.client.sinks.log(Level::Debug, || {
                format!("{} refund policy, {stage}: {event:?}", self.key.number)
            });
            let actions = self.refunding.step(event, self.now());
            event = match self.perform(&actions) {
                Ok(event) => event,
                Err(stop) => return self.stop(stop),
            };
        }
    }

    fn perform(&mut self, actions: &[Action]) -> Result<refund::Event, Stop> {
        for action in actions {
            match *action {
                // `Journal::begin` has recorded it.
                Action::Record(Phase::Intent) => {}
                Action::Record(phase) => self
                    .client
                    .journal
                    .record(&self.key, phase, None, false)
                    .map_err(Stop::Journal)?,
                Action::Send => return Ok(self.send()),
                Action::Query => return Ok(self.query()),
                Action::Wait(until) => {
                    self.wait(until);
                    return Ok(refund::Event::Elapsed);
                }
                Action::Finish(ending) => return Err(Stop::Ending(ending)),
            }
        }
        Err(Stop::Stuck)
    }

    fn send(&mut self) -> refund::Event {
        let Some(refund) = &self.refund else {
            return refund::Event::Unsent;
        };
        self.event(Event::Submitting);
        let told = self.client.ask(
            &self.key.number,
            OnCancel::Ignore.into(),
            self.signal,
            |stamp| self.refunds.call(refund, stamp),
            |reply, _| self.refunds.read(&self.expected, reply),
        );
        match self.take_down(told) {
            Ok(answer) => {
                self.may_have_left = true;
                let verdict = answer.verdict;
                self.evidence.sent = Some(answer);
                refund::Event::Sent(verdict)
            }
            Err(failure) if failure.sent() => {
                self.may_have_left = true;
                refund::Event::Sent(RefundVerdict::Unclear)
            }
            Err(_) => refund::Event::Unsent,
        }
    }

    fn query(&mut self) -> refund::Event {
        self.event(Event::Querying);
        let told = self.client.ask(
            &self.key.number,
            OnCancel::Ignore.into(),
            self.signal,
            |stamp| self.refunds.query(&self.expected, stamp),
            |reply, _| self.refunds.read_query(&self.expected, reply),
        );
        let Ok(answer) = self.take_down(told) else {
            return refund::Event::Query(RefundVerdict::Unclear);
        };
        let verdict = answer.verdict;
        self.evidence.query = Some(answer);
        refund::Event::Query(verdict)
    }

    /// Remembers what an exchange tells beside its answer.
    fn take_down(
        &mut self,
        told: Result<Told<RefundVerdict>, Failure>,
    ) -> Result<Answer<RefundVerdict>, Failure> {
        let evidence = &mut self.evidence;
        match told {
            Ok(told) => {
                evidence.attempts += told.requests;
                evidence.reached = true;
                evidence.failure = None;
                evidence.host = told.reply.host;
                Ok(told.answer)
            }
            Err(failure) => {
                evidence.attempts += 1;
                evidence.host.clone_from(&failure.host);
                evidence.failure = Some(failure.cause.clone());
                Err(failure)
            }
        }
    }

    /// In pieces, so that a display counts down.
    fn wait(&self, until: Moment) {
        while self.now() < until && !self.signal.closing() {
            self.event(Event::Retrying);
            let next = until.min(self.now() + TICK);
            self.client.clock.wait(next, self.signal, true);
        }
    }

    fn stop(self, stop: Stop) -> (Outcome, bool) {
        match stop {
            Stop::Ending(ending) => self.finish(ending),
            Stop::Journal(error) => {
                // Neither that it is still in these hands nor anything else is certain without it.
                let message = format!("not sent again, because the journal refuses: {error}");
                self.log(Level::Error, &message);
                self.leave_open(message)
            }
            Stop::Stuck => self.leave_open("stopped by a bug in wxpay; please report it".into()),
        }
    }

    fn close(self) -> (Outcome, bool) {
        if self.may_have_left {
            return self.leave_open("the client was closed while the refund was in flight".into());
        }
        let message = "the client was closed before anything was sent";
        let outcome = self.outcome(Status::ClientClosed, message.into(), None);
        self.settle(outcome)
    }

    fn finish(self, ending: Ending) -> (Outcome, bool) {
        let message = self.message(ending.cause);
        let outcome = self.outcome(ending.status, message, Some(ending.cause));
        if ending.is_final() {
            self.settle(outcome)
        } else {
            self.give_back(outcome)
        }
    }

    fn leave_open(self, message: String) -> (Outcome, bool) {
        let outcome = self.outcome(Status::Unknown, message, Some(Cause::StillUnclear));
        self.give_back(outcome)
    }

    /// The refund stays open: the same call again, `refund_query` or `recover` goes on.
    fn give_back(self, outcome: Outcome) -> (Outcome, bool) {
        let outcome = self.announce(outcome);
        self.client.give_back(&self.key);
        (outcome, self.evidence.reached)
    }

    fn settle(self, outcome: Outcome) -> (Outcome, bool) {
        // The host's callbacks run before the outcome counts as handed over: if they end the
        // process, the next recovery tells it again.
        let outcome = self.announce(outcome);
        let returned = self.hand_over == HandOver::Now;
        let journal = &self.client.journal;
        let outcome = match journal.settle(&self.key, outcome.status, &outcome.fields, returned) {
            Ok(()) => outcome,
            Err(error) => self.not_on_record(outcome, &error),
        };
        (outcome, self.evidence.reached)
    }

    /// What the gateway says of the refund is true without a record. That nothing happened is not:
    /// whoever goes on with it, the next recovery for one, may send the request again.
    fn not_on_record(&self, outcome: Outcome, error: &JournalError) -> Outcome {
        let message = format!(
            "{}; but the outcome is not on record: {error}",
            outcome.message()
        );
        self.log(Level::Error, &message);
        let told = outcome.fields.contains_key("refund_status");
        if told || outcome.status == Status::Duplicate {
            return outcome;
        }
        let outcome = self.outcome(Status::Unknown, message, Some(Cause::StillUnclear));
        self.client.explain(Asked::Refund, outcome)
    }

    /// Words it, and tells log and display.
    fn announce(&self, outcome: Outcome) -> Outcome {
        let outcome = self.client.explain(Asked::Refund, outcome);
        let text = format!("{}: {}", outcome.status.name(), outcome.message());
        self.log(Level::Info, &text);
        self.event(Event::Done);
        outcome
    }

    fn outcome(&self, status: Status, message: String, cause: Option<Cause>) -> Outcome {
        let mut outcome = Outcome::with_message(status, message);
        let Evidence { sent, query, .. } = &self.evidence;
        for answer in [query, sent].into_iter().flatten() {
            report::add_facts(&mut outcome, &answer.facts);
        }
        // Of another refund nothing but its own facts.
        if status != Status::Duplicate {
            report::add_facts(&mut outcome, &self.asked);
        }
        if let Some((code, text)) = cause.and_then(|cause| self.code(cause)) {
            outcome.set("code", code);
            outcome.set("code_message", text.unwrap_or_default());
        }
        outcome.set("out_refund_no", self.key.number.as_str());
        outcome.set("attempts", self.evidence.attempts);
        if !self.evidence.host.is_empty() {
            outcome.set("host", self.evidence.host.as_str());
        }
        outcome.set("replayed", 0);
        outcome.set("elapsed_ms", self.client.elapsed_ms(self.begun));
        outcome
    }

    /// The gateway's code that the ending rests on.
    fn code(&self, cause: Cause) -> Option<(String, Option<String>)> {
        let code = |answer: &Option<Answer<RefundVerdict>>| {
            let answer = answer.as_ref()?;
            Some((answer.code.clone()?, answer.code_message.clone()))
        };
        let Evidence { sent, query, .. } = &self.evidence;
        match cause {
            Cause::Refunded | Cause::TakenOn | Cause::Conflict | Cause::NothingSent => None,
            Cause::Failed => code(query).or_else(|| code(sent)),
            Cause::Declined | Cause::Rejected | Cause::StillUnclear | Cause::CannotSend => {
                code(sent).or_else(|| code(query))
            }
        }
    }

    /// One sentence for the log: what happened, and which answers prove it.
    fn message(&self, cause: Cause) -> String {
        let mut text = headline(cause).to_owned();
        if matches!(cause, Cause::CannotSend | Cause::StillUnclear) && !self.refunds.may_resend() {
            text.push_str(NEVER_TWICE);
        }
        let why = |answer: &Option<Answer<RefundVerdict>>| Some(answer.as_ref()?.why.clone());
        for (what, why) in [
            ("the refund", why(&self.evidence.sent)),
            ("the last query", why(&self.evidence.query)),
            ("the last failure", self.evidence.failure.clone()),
        ] {
            if let Some(why) = why {
                text.push_str(&format!("; {what}: {why}"));
            }
        }
        text
    }

    fn log(&self, level: Level, text: &str) {
        self.client
            .sinks
            .log(level, || format!("{} {text}", self.key.number));
    }

    fn event(&self, event: Event) {
        let remaining = match event {
            Event::Done => std::time::Duration::ZERO,
            _ => self.refunding.deadline().since(self.now()),
        };
        self.client.sinks.event(event, &self.key.number, remaining);
    }

    fn now(&self) -> Moment {
        self.client.clock.now()
    }
}

fn headline(cause: Cause) -> &'static str {
    match cause {
        Cause::Refunded => "refunded",
        Cause::TakenOn => "taken on; the money goes back later",
        Cause::Failed => "taken on, but it failed and no money went back",
        Cause::Conflict => "the refund number belongs to another refund, which was left alone",
        Cause::Declined => "refused, no money went back",
        Cause::Rejected => "the gateway refused the request without executing it",
        Cause::NothingSent => "no host could be reached, nothing was sent",
        Cause::StillUnclear => "no clear answer yet",
        Cause::CannotSend => {
            "the gateway does not know this refund, and this configuration cannot send it again"
        }
    }
}

/// For gateways where a second request might be a second refund.
const NEVER_TWICE: &str = "; nobody promises that a second request would be the same refund, so it is \
    only asked for: look in the gateway's own records";

/// Why a run stops.
enum Stop {
    Ending(Ending),
    Journal(JournalError),
    Stuck,
}
