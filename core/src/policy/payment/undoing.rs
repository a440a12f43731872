//! Undoing: the last look, the reverse, and its confirmation.

use std::time::Duration;

use super::{Open, Payment, Stage, finish};
use crate::clock::Moment;
use crate::config::ReverseMode;
use crate::policy::{Action, Cause, Phase, Reversal, Why};
use crate::status::Status;
use crate::verdict::{QueryVerdict, ReverseVerdict};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Undoing {
    pub(super) deadline: Moment,
    pub(super) next: Step,
    pub(super) due: Moment,
    /// Before the next repetition of a reverse.
    pub(super) pause: Duration,
    /// When `NotFound` was first seen after a reverse.
    pub(super) missing_since: Option<Moment>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Step {
    Check,
    Reverse,
    Verify,
}

impl Payment {
    pub(super) fn undo(&mut self, next: Step, due: Moment, now: Moment) -> Vec<Action> {
        let undoing = Undoing {
            deadline: due + self.settings.reverse_budget,
            next,
            due,
            pause: self.settings.reverse_interval,
            missing_since: None,
        };
        self.go_on_undoing(undoing, now)
    }

    pub(super) fn go_on_undoing(&mut self, undoing: Undoing, now: Moment) -> Vec<Action> {
        self.stage = Stage::Open(Open::Undoing(undoing));
        let over = match undoing.missing_since {
            None => undoing.due.max(now) >= undoing.deadline,
            // Where only the second `NotFound` is missing, that look is worth waiting for.
            Some(first) => undoing.due >= undoing.deadline && undoing.due > self.second_look(first),
        };
        if over {
            return self.give_up();
        }
        if now < undoing.due {
            return vec![Action::Wait(undoing.due)];
        }
        match undoing.next {
            Step::Check => self.query(Why::Check),
            Step::Verify => self.query(Why::Verify),
            Step::Reverse if self.settings.reverse == ReverseMode::Never => {
                finish(Status::Unknown, Cause::WindowOver, Reversal::Required)
            }
            Step::Reverse => self.record(Phase::Reversing, vec![Action::Reverse]),
        }
    }

    fn give_up(&self) -> Vec<Action> {
        let cause = if self.recorded == Phase::Reversing {
            Cause::BudgetOver
        } else {
            Cause::StillUnclear
        };
        finish(Status::Unknown, cause, Reversal::Required)
    }

    /// The last look before a reverse that nobody has taken yet.
    pub(super) fn checked(
        &mut self,
        verdict: QueryVerdict,
        undoing: Undoing,
        now: Moment,
    ) -> Vec<Action> {
        use QueryVerdict as Q;
        match verdict {
            Q::Closed | Q::Reversed => self.found_closed(),
            Q::Refunded => self.found_refunded(),
            // An order that is taken up again is undone on a clear answer only: it may be somebody
            // else's sale, or one that a till was told to be paid when that could not be recorded.
            Q::Unclear | Q::Rejected if self.taken_up_again() => {
                self.again(undoing, Step::Check, now)
            }
            _ => self.go_on_undoing(
                Undoing {
                    next: Step::Reverse,
                    ..undoing
                },
                now,
            ),
        }
    }

    pub(super) fn reversed(
        &mut self,
        verdict: ReverseVerdict,
        undoing: Undoing,
        now: Moment,
    ) -> Vec<Action> {
        use ReverseVerdict as R;
        match verdict {
            R::Done | R::NotFound => {
                self.reverse_taken = !self.closes;
                self.reverse_answered = true;
                let next = Undoing {
                    next: Step::Verify,
                    ..undoing
                };
                self.go_on_undoing(next, now)
            }
            R::Again | R::Unclear => {
                self.reverse_taken = !self.closes;
                self.again(undoing, Step::Reverse, now)
            }
            R::NotSent => self.again(undoing, Step::Reverse, now),
            R::PayerBusy => {
                let next = if self.reverse_taken {
                    Step::Verify
                } else {
                    Step::Check
                };
                let due = now + self.settings.reverse_interval;
                self.go_on_undoing(
                    Undoing {
                        next,
                        due,
                        ..undoing
                    },
                    now,
                )
            }
            R::Expired => finish(Status::Unknown, Cause::ReverseExpired, Reversal::Required),
            R::Refused => finish(Status::Unknown, Cause::ReverseRefused, Reversal::Required),
        }
    }

    pub(super) fn verified(
        &mut self,
        verdict: QueryVerdict,
        undoing: Undoing,
        now: Moment,
    ) -> Vec<Action> {
        use QueryVerdict as Q;
        match verdict {
            Q::Refunded if self.closes => self.found_refunded(),
            Q::Reversed | Q::Closed | Q::Refunded => finish(
                Status::Reversed,
                Cause::ReverseConfirmed,
                Reversal::Completed,
            ),
            Q::NotFound if !self.reverse_answered => {
                let next = Undoing {
                    next: Step::Reverse,
                    ..undoing
                };
                self.go_on_undoing(next, now)
            }
            Q::NotFound => match undoing.missing_since {
                // Nothing is due before the second look once a first one was missing.
                Some(_) => finish(Status::Reversed, Cause::NeverArrived, Reversal::Completed),
                None => self.go_on_undoing(
                    Undoing {
                        missing_since: Some(self.asked),
                        due: self.second_look(self.asked).max(now),
                        ..undoing
                    },
                    now,
                ),
            },
            Q::Unclear | Q::Rejected => self.again(undoing, Step::Verify, now),
            _ => self.again(
                Undoing {
                    missing_since: None,
                    ..undoing
                },
                Step::Reverse,
                now,
            ),
        }
    }

    /// When a `NotFound` proves that the charge never arrived, if one was seen at `first`.
    fn second_look(&self, first: Moment) -> Moment {
        (first + self.settings.confirm_interval).max(self.code_dead)
    }

    /// The same again after a pause that doubles up to four times the first.
    fn again(&mut self, undoing: Undoing, next: Step, now: Moment) -> Vec<Action> {
        let due = now + undoing.pause;
        let pause = (undoing.pause * 2).min(self.settings.reverse_interval * 4);
        self.go_on_undoing(
            Undoing {
                next,
                due,
                pause,
                ..undoing
            },
            now,
        )
    }
}
