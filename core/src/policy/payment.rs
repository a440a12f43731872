//! The machine itself.

mod undoing;

use std::time::Duration;

use super::{Action, Cause, Ending, Event, Phase, Purpose, Resume, Reversal, Why};
use crate::clock::Moment;
use crate::config::{PolicyConfig, ReverseMode};
use crate::status::Status;
use crate::verdict::{QueryVerdict, SubmitVerdict};

use undoing::{Step, Undoing};

/// One order on its way to an ending.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Payment {
    settings: PolicyConfig,
    resume: Option<Resume>,
    stage: Stage,
    /// What the driver was told to do and has not reported yet.
    awaiting: Awaiting,
    recorded: Phase,
    cancel_requested: bool,
    /// Undone by closing it, which never takes a payment back.
    closes: bool,
    /// A reverse left this machine and may have been taken: `Paid` cannot be trusted any more.
    reverse_taken: bool,
    /// `Done` or `NotFound` was answered to a reverse of this call: before that, an order's absence says
    /// nothing. Whether an earlier call's ever left is not known.
    reverse_answered: bool,
    /// No reverse before this.
    reverse_from: Moment,
    /// The charge cannot happen any more after this.
    code_dead: Moment,
    window_end: Moment,
    /// When the exchange in flight was begun.
    asked: Moment,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Stage {
    Fresh,
    Submitting,
    Open(Open),
    Over,
}

/// The charge may have left, and what became of it is not settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Open {
    Confirming { listed: bool, confirmations: u8 },
    Polling { next_query: Moment },
    Undoing(Undoing),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Awaiting {
    Nothing,
    Elapsed,
    Submit,
    Query,
    Reverse,
}

impl Payment {
    /// A new sale.
    pub fn new(settings: PolicyConfig) -> Self {
        Self {
            settings,
            resume: None,
            stage: Stage::Fresh,
            awaiting: Awaiting::Nothing,
            recorded: Phase::Intent,
            cancel_requested: false,
            closes: false,
            reverse_taken: false,
            reverse_answered: false,
            reverse_from: Moment::default(),
            code_dead: Moment::default(),
            window_end: Moment::default(),
            asked: Moment::default(),
        }
    }

    /// An order that is not new.
    pub fn resume(settings: PolicyConfig, resume: Resume) -> Self {
        Self {
            resume: Some(resume),
            recorded: resume.phase,
            reverse_taken: resume.phase == Phase::Reversing,
            ..Self::new(settings)
        }
    }

    /// The same order, undone by closing it ([`Action::Reverse`] stands for that): only an unpaid one
    /// can be closed, so a payment that is found wins at any time and whatever the purpose.
    pub fn closing(self) -> Self {
        Self {
            closes: true,
            reverse_taken: false,
            ..self
        }
    }

    /// Whether the till asked for it to be stopped.
    pub fn cancel_requested(&self) -> bool {
        self.cancel_requested
    }

    /// The phase that was last to be committed: where a recovery would go on.
    pub fn recorded(&self) -> Phase {
        self.recorded
    }

    /// The name of the stage that it is in, for the log.
    pub fn stage(&self) -> &'static str {
        match self.stage {
            Stage::Fresh => "Fresh",
            Stage::Submitting => "Submitting",
            Stage::Open(Open::Confirming { .. }) => "Confirming",
            Stage::Open(Open::Polling { .. }) => "Polling",
            Stage::Open(Open::Undoing(undoing)) => match undoing.next {
                Step::Check => "Checking",
                Step::Reverse => "Reversing",
                Step::Verify => "Verifying",
            },
            Stage::Over => "Over",
        }
    }

    /// When the present stage must be over, for displays.
    pub fn stage_end(&self) -> Moment {
        match self.stage {
            Stage::Open(Open::Undoing(undoing)) => undoing.deadline,
            _ => self.window_end,
        }
    }

    /// Takes in what happened and says what to do, in this order. Empty only while an answer is
    /// still awaited (a [`Event::Cancel`] in mid-exchange).
    #[must_use = "the actions must be carried out"]
    pub fn step(&mut self, event: Event, now: Moment) -> Vec<Action> {
        let actions = match (event, self.awaiting, self.stage) {
            (Event::Cancel, ..) => return self.cancel(now),
            (Event::Start, _, Stage::Fresh) => self.start(now),
            (Event::Elapsed, Awaiting::Elapsed, Stage::Open(open)) => self.proceed(open, now),
            (Event::Submit { verdict, sent }, Awaiting::Submit, _) => {
                self.asked = sent;
                self.set_deadlines(sent, Duration::ZERO);
                if self.cancel_requested {
                    self.hurry(now);
                }
                self.submitted(verdict, now)
            }
            (Event::SubmitUnsent, Awaiting::Submit, _) => self.unsent(),
            (Event::Query(verdict), Awaiting::Query, Stage::Open(open)) => {
                self.queried(verdict, open, now)
            }
            (Event::Reverse(verdict), Awaiting::Reverse, Stage::Open(Open::Undoing(undoing))) => {
                self.reversed(verdict, undoing, now)
            }
            // An answer that nobody asked for says nothing about what is asked now.
            _ => return Vec::new(),
        };
        self.note(&actions, now);
        actions
    }

    fn start(&mut self, now: Moment) -> Vec<Action> {
        let Some(resume) = self.resume else {
            if self.cancel_requested {
                return finish(Status::Reversed, Cause::CancelledUnsent, Reversal::None);
            }
            self.set_deadlines(now, Duration::ZERO);
            self.stage = Stage::Submitting;
            return vec![Action::Record(Phase::Intent), Action::Submit];
        };
        self.set_deadlines(now, resume.age);
        match resume.purpose {
            _ if resume.phase == Phase::Reversing => {
                self.undo(Step::Verify, self.reverse_from.max(now), now)
            }
            // From here on the till wants it undone, whatever happens to this process.
            Purpose::Undo => {
                let actions = self.undo(Step::Check, self.reverse_from.max(now), now);
                self.record(Phase::Reversing, actions)
            }
            Purpose::Settle | Purpose::RecoverKeepingPaid | Purpose::RecoverReversingPaid => {
                if self.cancel_requested || resume.purpose != Purpose::Settle {
                    self.hurry(now);
                }
                self.stage = Stage::Open(Open::Polling { next_query: now });
                self.query(Why::Poll)
            }
        }
    }

    fn unsent(&self) -> Vec<Action> {
        if self.cancel_requested {
            return finish(Status::Reversed, Cause::CancelledUnsent, Reversal::None);
        }
        finish(Status::Network, Cause::NothingSent, Reversal::None)
    }

    fn set_deadlines(&mut self, now: Moment, age: Duration) {
        let left = |duration: Duration| now + duration.saturating_sub(age);
        self.window_end = left(self.settings.window);
        self.reverse_from = left(self.settings.reverse_not_before);
        self.code_dead = left(self.settings.code_lifetime);
    }

    fn cancel(&mut self, now: Moment) -> Vec<Action> {
        self.cancel_requested = true;
        match self.stage {
            Stage::Fresh | Stage::Open(Open::Undoing(_)) | Stage::Over => Vec::new(),
            Stage::Open(open) if self.awaiting == Awaiting::Elapsed => {
                self.hurry(now);
                let actions = self.proceed(open, now);
                self.note(&actions, now);
                actions
            }
            Stage::Submitting | Stage::Open(_) => {
                self.hurry(now);
                Vec::new()
            }
        }
    }

    /// No more waiting for the payer than a reverse needs anyway.
    fn hurry(&mut self, now: Moment) {
        let earliest = match self.settings.reverse {
            ReverseMode::Automatic => self.reverse_from.max(now),
            ReverseMode::Never => now,
        };
        self.window_end = self.window_end.min(earliest);
    }

    fn submitted(&mut self, verdict: SubmitVerdict, now: Moment) -> Vec<Action> {
        match verdict {
            SubmitVerdict::Paid => finish(Status::Ok, Cause::Paid, Reversal::None),
            SubmitVerdict::Duplicate => finish(Status::Duplicate, Cause::Duplicate, Reversal::None),
            SubmitVerdict::Rejected => finish(Status::Rejected, Cause::Rejected, Reversal::None),
            SubmitVerdict::Declined { listed: true } if !self.settings.confirm_declines => {
                finish(Status::Declined, Cause::Declined, Reversal::None)
            }
            SubmitVerdict::Declined { listed } => {
                self.stage = Stage::Open(Open::Confirming {
                    listed,
                    confirmations: 0,
                });
                self.record(Phase::Waiting, self.query(Why::Confirm))
            }
            SubmitVerdict::Unclear => {
                let first = self.asked + self.settings.first_query;
                let next_query = first.max(now);
                let next = self.go(Open::Polling { next_query }, now);
                self.record(Phase::Waiting, next)
            }
        }
    }

    fn go(&mut self, open: Open, now: Moment) -> Vec<Action> {
        self.stage = Stage::Open(open);
        self.proceed(open, now)
    }

    /// What to do when nothing is awaited.
    fn proceed(&mut self, open: Open, now: Moment) -> Vec<Action> {
        match open {
            Open::Confirming { .. } | Open::Polling { .. } if now >= self.window_end => {
                self.undo(Step::Check, now, now)
            }
            Open::Confirming { .. } => {
                let due = self.asked + self.settings.confirm_interval;
                if now < due {
                    vec![Action::Wait(due)]
                } else {
                    self.query(Why::Confirm)
                }
            }
            Open::Polling { next_query } if now >= next_query => self.query(Why::Poll),
            Open::Polling { next_query } => vec![Action::Wait(next_query.min(self.window_end))],
            Open::Undoing(undoing) => self.go_on_undoing(undoing, now),
        }
    }

    fn queried(&mut self, verdict: QueryVerdict, open: Open, now: Moment) -> Vec<Action> {
        match verdict {
            QueryVerdict::Foreign => {
                return finish(Status::Duplicate, Cause::Foreign, Reversal::None);
            }
            QueryVerdict::Conflict => {
                return finish(Status::Unknown, Cause::Conflict, Reversal::None);
            }
            QueryVerdict::Paid if !self.reverse_taken && !self.paid_must_go() => {
                return finish(Status::Ok, Cause::Paid, Reversal::None);
            }
            _ => {}
        }
        match open {
            Open::Confirming {
                listed,
                confirmations,
            } => self.confirmed(verdict, listed, confirmations, now),
            Open::Polling { .. } => self.polled(verdict, now),
            Open::Undoing(undoing) => match undoing.next {
                Step::Verify => self.verified(verdict, undoing, now),
                Step::Check | Step::Reverse => self.checked(verdict, undoing, now),
            },
        }
    }

    fn confirmed(
        &mut self,
        verdict: QueryVerdict,
        listed: bool,
        confirmations: u8,
        now: Moment,
    ) -> Vec<Action> {
        use QueryVerdict as Q;
        match verdict {
            Q::Refunded => self.found_refunded(),
            Q::NotFound | Q::Closed | Q::Reversed | Q::Failed if listed || confirmations > 0 => {
                finish(Status::Declined, Cause::Declined, Reversal::None)
            }
            Q::NotPaid if listed => finish(Status::Declined, Cause::Declined, Reversal::None),
            Q::NotFound | Q::Closed | Q::Reversed | Q::Failed => {
                let confirming = Open::Confirming {
                    listed,
                    confirmations: 1,
                };
                self.go(confirming, now)
            }
            _ => self.poll_again(now),
        }
    }

    fn polled(&mut self, verdict: QueryVerdict, now: Moment) -> Vec<Action> {
        use QueryVerdict as Q;
        match verdict {
            Q::Closed | Q::Reversed => self.found_closed(),
            Q::Refunded => self.found_refunded(),
            Q::Failed if self.settings.reverse == ReverseMode::Automatic => {
                self.hurry(now);
                self.poll_again(now)
            }
            _ => self.poll_again(now),
        }
    }

    fn poll_again(&mut self, now: Moment) -> Vec<Action> {
        let next_query = (self.asked + self.settings.query_interval).max(now);
        self.go(Open::Polling { next_query }, now)
    }

    fn found_closed(&self) -> Vec<Action> {
        finish(Status::Reversed, Cause::FoundClosed, Reversal::Completed)
    }

    fn found_refunded(&self) -> Vec<Action> {
        let undo = self.purpose() == Some(Purpose::Undo);
        // A close gives nothing back, so somebody else did.
        let status = if undo && !self.closes {
            Status::Reversed
        } else {
            Status::Refunded
        };
        finish(status, Cause::FoundRefunded, Reversal::Completed)
    }

    fn purpose(&self) -> Option<Purpose> {
        self.resume.map(|resume| resume.purpose)
    }

    fn paid_must_go(&self) -> bool {
        let undone = matches!(
            self.purpose(),
            Some(Purpose::Undo | Purpose::RecoverReversingPaid)
        );
        undone && !self.closes
    }

    /// By a recovery, or by the same sale once more. (A close takes nothing back, so it needs no more
    /// than what a new sale needs.)
    fn taken_up_again(&self) -> bool {
        match self.purpose() {
            None | Some(Purpose::Undo) => false,
            Some(Purpose::Settle) => !self.closes,
            Some(Purpose::RecoverKeepingPaid | Purpose::RecoverReversingPaid) => true,
        }
    }

    fn query(&self, why: Why) -> Vec<Action> {
        vec![Action::Query(why)]
    }

    /// Puts a record before `then` if the journal does not say so already.
    fn record(&mut self, phase: Phase, mut then: Vec<Action>) -> Vec<Action> {
        if self.recorded != phase && !matches!(then.first(), Some(Action::Finish(_))) {
            self.recorded = phase;
            then.insert(0, Action::Record(phase));
        }
        then
    }

    /// Remembers what the driver now owes.
    fn note(&mut self, actions: &[Action], now: Moment) {
        self.awaiting = match actions.last() {
            Some(Action::Submit) => Awaiting::Submit,
            Some(Action::Query(_)) => Awaiting::Query,
            Some(Action::Reverse) => Awaiting::Reverse,
            Some(Action::Wait(_)) => Awaiting::Elapsed,
            // The ending.
            _ => {
                self.stage = Stage::Over;
                Awaiting::Nothing
            }
        };
        if !matches!(self.awaiting, Awaiting::Elapsed | Awaiting::Nothing) {
            self.asked = now;
        }
    }
}

fn finish(status: Status, cause: Cause, reversal: Reversal) -> Vec<Action> {
    vec![Action::Finish(Ending {
        status,
        cause,
        reversal,
    })]
}
