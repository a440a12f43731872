//! One order from where it stands to an ending: carries out what the policy says.

use std::fmt;
use std::time::Duration;

use super::{Client, Event, Level, report};
use crate::clock::Moment;
use crate::config::OnRecoveredPaid;
use crate::exchange::{Call, Failure, Limits, OnCancel, Reply};
use crate::gateway::{Answer, Expected, Order, Product, Stamp};
use crate::guidance::Asked;
use crate::journal::{JournalError, Key};
use crate::outcome::Outcome;
use crate::policy::{self, Action, Cause, Ending, Payment, Phase, Reversal, Why};
use crate::signal::Signal;
use crate::status::Status;
use crate::verdict::{QueryVerdict, ReverseVerdict, SubmitVerdict};

/// Waits are cut into pieces of this length, so that a display counts down and a till without
/// threads can cancel from its callback.
pub(super) const TICK: Duration = Duration::from_secs(1);

/// The answers that explain an outcome.
#[derive(Default)]
pub(super) struct Evidence {
    pub(super) submit: Option<Answer<SubmitVerdict>>,
    pub(super) query: Option<Answer<QueryVerdict>>,
    pub(super) reverse: Option<Answer<ReverseVerdict>>,
    /// Why the last exchange without a reply had none; gone with the next reply.
    pub(super) failure: Option<String>,
    pub(super) host: String,
    pub(super) attempts: u32,
    /// Some exchange got a reply of any kind.
    pub(super) reached: bool,
}

/// What is done with the outcome once it is on record.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum HandOver {
    /// The call returns it at once.
    Now,
    /// Somebody will fetch it.
    Later,
}

pub(super) struct Run<'a> {
    pub(super) client: &'a Client,
    pub(super) signal: &'a Signal,
    pub(super) asked: Asked,
    pub(super) key: Key,
    pub(super) payment: Payment,
    pub(super) expected: Expected,
    /// The charge to send; `None` for an order that is not new.
    pub(super) order: Option<&'a Order>,
    pub(super) hand_over: HandOver,
    pub(super) begun: Moment,
    /// When the charge was sent in this run.
    pub(super) submitted: Option<Moment>,
    /// Whether an answer of this run has told what the gateway's clock showed then.
    pub(super) submit_dated: bool,
    pub(super) evidence: Evidence,
    /// Whether the charge may have left this machine, now or in an earlier life.
    pub(super) may_have_charged: bool,
    /// The till asks for it to be undone, whatever it was sold for.
    pub(super) by_till: bool,
    /// The last exchange went wrong.
    pub(super) fault: bool,
    /// The order is being undone.
    pub(super) reversing: bool,
    /// The journal has the order, and this run holds it. Only a close can do without: it moves no
    /// money.
    pub(super) on_record: bool,
}

impl Run<'_> {
    /// Runs to the end. The order must be held if it is on record; afterwards it is settled or given back.
    pub(super) fn run(mut self) -> (Outcome, Evidence) {
        let mut cancel_told = false;
        let mut event = policy::Event::Start;
        loop {
            let mut actions = Vec::new();
            if self.signal.closing() {
                return self.close();
            }
            if self.signal.cancelled() && !cancel_told {
                cancel_told = true;
                actions = self.step(policy::Event::Cancel);
            }
            if actions.is_empty() {
                actions = self.step(event);
            }
            event = match self.perform(&actions, cancel_told) {
                Ok(event) => event,
                Err(stop) => return self.stop(stop),
            };
        }
    }

    fn step(&mut self, event: policy::Event) -> Vec<Action> {
        let stage = self.payment.stage();
        self.client.sinks.log(Level::Debug, || {
            let which = match self.expected.product {
                Product::CodePayment => "",
                Product::Prepay => "prepay ",
            };
            format!("{} {which}policy, {stage}: {event}", self.key.number)
        });
        self.payment.step(event, self.now())
    }

    fn perform(&mut self, actions: &[Action], cancel_told: bool) -> Result<policy::Event, Stop> {
        for action in actions {
            match *action {
                // `Journal::begin` has recorded it.
                Action::Record(Phase::Intent) => {}
                Action::Record(phase) => self.record(phase)?,
                Action::Submit => return Ok(self.submit()),
                Action::Query(why) => return Ok(self.query(why)),
                Action::Reverse => return Ok(self.reverse()),
                Action::Wait(until) => {
                    self.wait(until, cancel_told);
                    return Ok(policy::Event::Elapsed);
                }
                Action::Finish(ending) => return Err(Stop::Ending(ending)),
            }
        }
        Err(Stop::Stuck)
    }

    fn record(&self, phase: Phase) -> Result<(), Stop> {
        if !self.on_record {
            return Ok(());
        }
        let (journal, submitted_at) = (&self.client.journal, self.expected.submitted_at);
        match journal.record(&self.key, phase, submitted_at, self.by_till) {
            // To a recovery, waiting is the same as the intent that is on record already.
            Err(error @ JournalError::Storage(_)) if phase == Phase::Waiting => {
                self.log(Level::Error, &error.to_string());
                Ok(())
            }
            recorded => recorded.map_err(Stop::Journal),
        }
    }

    fn submit(&mut self) -> policy::Event {
        let Some(order) = self.order else {
            return policy::Event::SubmitUnsent;
        };
        self.event(Event::Submitting);
        let gateway = &*self.client.gateway;
        let told = self.ask(
            OnCancel::CutUnlessSent.into(),
            |_, stamp| gateway.submit(order, stamp),
            |expected, reply| gateway.read_submit(expected, reply),
        );
        match told {
            Ok((sent, answer)) => {
                self.may_have_charged = true;
                self.fault = answer.verdict == SubmitVerdict::Unclear && answer.code.is_none();
                let verdict = answer.verdict;
                self.evidence.submit = Some(answer);
                policy::Event::Submit { verdict, sent }
            }
            Err(Failure {
                sent_at: Some(sent),
                ..
            }) => {
                self.may_have_charged = true;
                policy::Event::Submit {
                    verdict: SubmitVerdict::Unclear,
                    sent,
                }
            }
            // The gateway has refused what comes before it: the next one would fare no better.
            Err(failure) if !failure.interrupted && self.client.keys.refused() => {
                policy::Event::Submit {
                    verdict: SubmitVerdict::Rejected,
                    sent: self.now(),
                }
            }
            Err(_) => policy::Event::SubmitUnsent,
        }
    }

    fn query(&mut self, why: Why) -> policy::Event {
        self.event(match why {
            Why::Poll | Why::Confirm => Event::Querying,
            Why::Check | Why::Verify => Event::Reversing,
        });
        let limits = match why {
            // A poll that hangs must not eat the time for undoing.
            Why::Poll | Why::Confirm => Limits {
                on_cancel: OnCancel::Cut,
                until: Some(self.payment.stage_end()).filter(|end| *end > self.now()),
            },
            Why::Check | Why::Verify => OnCancel::Ignore.into(),
        };
        self.reversing = limits.on_cancel == OnCancel::Ignore;
        let gateway = &*self.client.gateway;
        let told = self.ask(
            limits,
            |expected, stamp| gateway.query(expected, stamp),
            |expected, reply| gateway.read_query(expected, reply),
        );
        let Ok((_, answer)) = told else {
            return policy::Event::Query(QueryVerdict::Unclear);
        };
        self.fault = answer.verdict == QueryVerdict::Unclear;
        let verdict = answer.verdict;
        self.evidence.query = Some(answer);
        policy::Event::Query(verdict)
    }

    fn reverse(&mut self) -> policy::Event {
        self.reversing = true;
        self.event(Event::Reversing);
        let gateway = &*self.client.gateway;
        let told = match (self.expected.product, gateway.prepay()) {
            (Product::CodePayment, _) => self.ask(
                OnCancel::Ignore.into(),
                |expected, stamp| gateway.reverse(expected, stamp),
                |expected, reply| {
                    let mut answer = gateway.read_reverse(expected, reply);
                    if reply.repeated && answer.verdict == ReverseVerdict::PayerBusy {
                        // This one was refused. The one before it may still be carried out.
                        answer.verdict = ReverseVerdict::Unclear;
                    }
                    answer
                },
            ),
            (Product::Prepay, Some(prepay)) => self.ask(
                OnCancel::Ignore.into(),
                |expected, stamp| prepay.close(expected, stamp),
                |expected, reply| prepay.read_close(expected, reply),
            ),
            // The order was made by another gateway of the same merchant.
            (Product::Prepay, None) => return policy::Event::Reverse(ReverseVerdict::Refused),
        };
        match told {
            Ok((_, answer)) => {
                let verdict = answer.verdict;
                self.evidence.reverse = Some(answer);
                policy::Event::Reverse(verdict)
            }
            Err(failure) if failure.sent() => policy::Event::Reverse(ReverseVerdict::Unclear),
            Err(_) => policy::Event::Reverse(ReverseVerdict::NotSent),
        }
    }

    /// When the question was sent, and the answer.
    fn ask<V: fmt::Debug>(
        &mut self,
        limits: Limits,
        call: impl Fn(&Expected, &Stamp) -> Call,
        read: impl Fn(&Expected, &Reply) -> Answer<V>,
    ) -> Result<(Moment, Answer<V>), Failure> {
        self.evidence.attempts += 1;
        let result = self.client.ask(
            &self.key.number,
            limits,
            self.signal,
            |stamp| call(&self.expected, stamp),
            |reply, _| read(&self.dated(reply), reply),
        );
        match &result {
            Ok(told) => {
                self.expected = self.dated(&told.reply);
                self.submit_dated |=
                    told.reply.date.is_some() && self.submitted_by(&told.reply).is_some();
                self.submitted = self.submitted_by(&told.reply);
                self.evidence.attempts += told.requests - 1;
                self.evidence.reached = true;
                self.evidence.failure = None;
                self.evidence.host.clone_from(&told.reply.host);
            }
            Err(failure) => {
                if self.order.is_some() && self.submitted.is_none() {
                    self.submitted = failure.sent_at;
                }
                self.fault = !failure.interrupted;
                self.evidence.host.clone_from(&failure.host);
                self.evidence.failure = Some(failure.cause.clone());
            }
        }
        result.map(|told| (told.reply.sent_at, told.answer))
    }

    /// When the charge was sent, if this run sent it: it is the first exchange of a new order.
    fn submitted_by(&self, reply: &Reply) -> Option<Moment> {
        let first = || self.order.is_some().then_some(reply.sent_at);
        self.submitted.or_else(first)
    }

    /// What the answer must agree with, the time of the submit on the gateway's own clock included,
    /// whatever this machine's says: as an answer to this very order tells it, since that clock may
    /// have been set after an earlier one.
    fn dated(&self, reply: &Reply) -> Expected {
        let mut expected = self.expected.clone();
        if let (Some(submitted), Some(date), false) =
            (self.submitted_by(reply), reply.date, self.submit_dated)
        {
            let age = self.now().since(submitted).as_secs();
            expected.submitted_at = Some(date.saturating_sub_unsigned(age));
        }
        expected
    }

    fn wait(&self, until: Moment, cancel_told: bool) {
        loop {
            let now = self.now();
            if now >= until || self.signal.closing() || (self.signal.cancelled() && !cancel_told) {
                return;
            }
            self.event(match (self.reversing, self.fault) {
                (true, _) => Event::Reversing,
                (false, true) => Event::Retrying,
                (false, false) => Event::WaitingForPayer,
            });
            self.client
                .clock
                .wait(until.min(now + TICK), self.signal, cancel_told);
        }
    }

    fn stop(self, stop: Stop) -> (Outcome, Evidence) {
        match stop {
            Stop::Ending(ending) => self.finish(ending),
            Stop::Journal(error) => {
                // What the next step would have announced is not on record, so it is not taken.
                let message = format!("stopped, because it cannot be recorded: {error}");
                self.log(Level::Error, &message);
                self.leave_open(message)
            }
            Stop::Stuck => self.leave_open("stopped by a bug in wxpay; please report it".into()),
        }
    }

    fn close(self) -> (Outcome, Evidence) {
        if self.may_have_charged {
            return self.leave_open("the client was closed while the order was in flight".into());
        }
        let message = "the client was closed before anything was sent";
        let outcome = self.outcome(Status::ClientClosed, message.into(), Reversal::None, None);
        self.settle(outcome)
    }

    fn finish(self, ending: Ending) -> (Outcome, Evidence) {
        let message = report::message(ending.cause, self.expected.product, &self.evidence);
        let code = report::decisive_code(ending.cause, &self.evidence);
        let outcome = self.outcome(ending.status, message, ending.reversal, code);
        if ending.is_final() {
            self.settle(outcome)
        } else {
            self.give_back(outcome)
        }
    }

    fn leave_open(self, message: String) -> (Outcome, Evidence) {
        let code = report::decisive_code(Cause::StillUnclear, &self.evidence);
        let outcome = self.outcome(Status::Unknown, message, Reversal::Required, code);
        self.give_back(outcome)
    }

    /// The order stays open: `recover`, `query` or `reverse` goes on.
    fn give_back(self, outcome: Outcome) -> (Outcome, Evidence) {
        let outcome = self.announce(outcome);
        if self.on_record
            && let Err(error) = self.client.journal.release(&self.key)
        {
            let text = format!("not given back to the journal: {error}");
            self.log(Level::Warning, &text);
        }
        (outcome, self.evidence)
    }

    fn settle(self, outcome: Outcome) -> (Outcome, Evidence) {
        if outcome.status == Status::Duplicate && self.evidence.query.is_none() {
            return self.settle_duplicate(outcome);
        }
        // The host's callbacks run before the outcome counts as handed over: if they end the
        // process, the next recovery tells it again.
        let outcome = self.announce(outcome);
        let returned = self.hand_over == HandOver::Now;
        match self.record_outcome(&outcome, returned) {
            Some(instead) => (instead, self.evidence),
            None => (outcome, self.evidence),
        }
    }

    /// On record before its facts are asked for, so that no crash can make the other sale look like
    /// this one.
    fn settle_duplicate(mut self, mut outcome: Outcome) -> (Outcome, Evidence) {
        if let Some(instead) = self.record_outcome(&outcome, false) {
            return (instead, self.evidence);
        }
        let _ = self.query(Why::Confirm);
        if let Some(answer) = &self.evidence.query {
            report::add_facts(&mut outcome, &answer.facts);
        }
        let outcome = self.announce(outcome);
        if self.hand_over == HandOver::Now {
            self.client.handed_over(&self.key);
        }
        (outcome, self.evidence)
    }

    /// Settles the order in the journal. What is returned takes the outcome's place: the order is
    /// in other hands.
    fn record_outcome(&self, outcome: &Outcome, returned: bool) -> Option<Outcome> {
        if !self.on_record {
            return None;
        }
        let journal = &self.client.journal;
        match journal.settle(&self.key, outcome.status, &outcome.fields, returned) {
            Ok(()) => None,
            Err(JournalError::LeaseLost) => {
                let message = format!(
                    "{}; but another process has taken the order over and may have undone it",
                    outcome.message()
                );
                self.log(Level::Error, &message);
                Some(self.in_doubt(message))
            }
            Err(error) => {
                let text = format!("the outcome is not on record: {error}");
                self.log(Level::Error, &text);
                let reverses = self.client.policy.on_recovered_paid == OnRecoveredPaid::Reverse
                    || self.payment.recorded() == Phase::Reversing;
                let reverses_paid = reverses && self.expected.product == Product::CodePayment;
                if outcome.status == Status::Ok && reverses_paid {
                    // The next recovery would give the money back after the goods have gone.
                    return Some(self.in_doubt(text));
                }
                // The outcome is proven; the next recovery finds it a second time.
                None
            }
        }
    }

    fn in_doubt(&self, message: String) -> Outcome {
        let unknown = self.outcome(Status::Unknown, message, Reversal::Required, None);
        self.client.explain(self.asked, unknown)
    }

    /// Words it, and tells log and display.
    fn announce(&self, outcome: Outcome) -> Outcome {
        let outcome = self.client.explain(self.asked, outcome);
        let text = format!("{}: {}", outcome.status.name(), outcome.message());
        self.log(Level::Info, &text);
        self.event(Event::Done);
        outcome
    }

    fn outcome(
        &self,
        status: Status,
        message: String,
        reversal: Reversal,
        code: Option<(String, Option<String>)>,
    ) -> Outcome {
        let mut outcome = Outcome::with_message(status, message);
        report::describe(&mut outcome, &self.evidence);
        if let Some((code, text)) = code {
            outcome.set("code", code);
            outcome.set("code_message", text.unwrap_or_default());
        }
        if let Some(total_fee) = self.expected.total_fee {
            outcome
                .fields
                .entry("total_fee")
                .or_insert_with(|| total_fee.into());
        }
        outcome.set("out_trade_no", self.key.number.as_str());
        outcome.set("reversal", reversal.name());
        outcome.set(
            "cancel_requested",
            i64::from(self.payment.cancel_requested()),
        );
        outcome.set("replayed", 0);
        outcome.set("elapsed_ms", self.client.elapsed_ms(self.begun));
        outcome
    }

    fn log(&self, level: Level, text: &str) {
        self.client
            .sinks
            .log(level, || format!("{} {text}", self.key.number));
    }

    fn event(&self, event: Event) {
        let remaining = match event {
            Event::Done => Duration::ZERO,
            _ => self.payment.stage_end().since(self.now()),
        };
        self.client.sinks.event(event, &self.key.number, remaining);
    }

    fn now(&self) -> Moment {
        self.client.clock.now()
    }
}

/// Why a run stops.
enum Stop {
    Ending(Ending),
    Journal(JournalError),
    Stuck,
}
