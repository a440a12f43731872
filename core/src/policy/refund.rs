//! The refund machine: one refund on its way to an ending.
//!
//! ```text
//!   Start ─► Sending ─ Refunded · Processing · Failed ─────────────────────► an ending
//!             ▲ │ │ └─ first of all: Rejected · nothing left ──────────────► an error status
//!             │ │ └─── Declined, or Rejected after doubt ─► Confirming ────► Declined, Rejected
//!             │ │                                             │ found ─────► its state
//!             │ ├ Unclear · Conflict ─► Asking ─ found ────────────────────► its state
//!             │ └ Again ┐      │ ▲ ▲      └ Conflict twice ────────────────► Duplicate
//!             │         │      │ │ └ Unclear (after a pause) · Conflict once
//!             └─────────┴──────┘ └── a refund that is taken up again starts here
//!               (after a pause)
//!                                          budget over, nothing clear ─────► Unknown
//! ```
//!
//! Where the refund number makes the request idempotent, the gateway's documents ask for the same
//! request under the same number whenever its outcome is not known, and pay it once. So, unlike a
//! charge, it may go out again. A gateway that does not promise so is only asked once a request may
//! have arrived: Again goes to Asking, and so does "no such refund", which proves nothing; what no
//! query finds stays unknown.
//!
//! What must never be guessed is that nothing happened, because a till that is told so takes a new
//! number: once a request may have been taken on, only the gateway's "no such refund", seen twice
//! after a clear refusal, says so. That the number belongs to another refund, which invites a new
//! number just as well, takes two answers, too.
//!
//! The numbers are those of undoing a payment: `reverse_budget`, `reverse_interval`,
//! `confirm_interval`, `confirm_declines`.

use std::time::Duration;

use crate::clock::Moment;
use crate::config::PolicyConfig;
use crate::policy::Phase;
use crate::status::Status;
use crate::verdict::RefundVerdict;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// Begin. The first event, and only the first.
    Start,
    /// The wait that was asked for is over, or was interrupted.
    Elapsed,
    /// The request was answered, or may have left without an answer ([`RefundVerdict::Unclear`]).
    Sent(RefundVerdict),
    /// The request provably never left.
    Unsent,
    /// A query was answered.
    Query(RefundVerdict),
}

/// What to do next. [`Action::Record`] is committed before the action behind it is begun; if it
/// cannot be committed, or the refund is in other hands by then, that action must not be begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Commit this phase of the refund.
    Record(Phase),
    /// Send the request; then [`Event::Sent`] or [`Event::Unsent`].
    Send,
    /// Ask for the refund; then [`Event::Query`].
    Query,
    /// Wait until then; then [`Event::Elapsed`].
    Wait(Moment),
    /// The end. No event may follow.
    Finish(Ending),
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ending {
    /// What the till is told.
    pub status: Status,
    /// Why.
    pub cause: Cause,
}

impl Ending {
    /// Whether the refund is settled; if not, the journal keeps it open for `recover`.
    pub fn is_final(&self) -> bool {
        self.status != Status::Unknown
    }
}

/// Why a refund ended as it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cause {
    /// The money went back.
    Refunded,
    /// Taken on; the money goes back later.
    TakenOn,
    /// Taken on, and it ended without the money going back.
    Failed,
    /// The refund number belongs to another refund.
    Conflict,
    /// Refused, and confirmed where that is needed.
    Declined,
    /// The gateway did not execute the request.
    Rejected,
    /// No host could be reached.
    NothingSent,
    /// No clear answer came in time.
    StillUnclear,
    /// The gateway does not know it, and it cannot or must not be sent again.
    CannotSend,
}

/// How a machine is begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Begin {
    /// A refund that nobody has sent.
    New {
        /// Whether a request that may have arrived may be sent again.
        may_resend: bool,
    },
    /// One that may have been sent before.
    Resumed {
        /// Whether it may be sent again, and the request and what it takes to send it are at hand.
        may_send: bool,
    },
}

/// One refund on its way to an ending.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Refunding {
    settings: PolicyConfig,
    begin: Begin,
    stage: Stage,
    /// What the driver was told to do and has not reported yet.
    awaiting: Awaiting,
    /// A request left that may have been taken on: a refusal alone proves nothing any more.
    doubt: bool,
    /// The last answer spoke of another refund of this number.
    contradicted: bool,
    deadline: Moment,
    /// Before the next repetition.
    pause: Duration,
    /// When the exchange in flight was begun.
    asked: Moment,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Stage {
    Fresh,
    Open(Open),
    Over,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Open {
    Sending { due: Moment },
    Asking { due: Moment },
    Confirming(Confirming),
}

/// A refusal that a query must confirm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Confirming {
    refusal: Ending,
    /// One "no such refund" is enough.
    once: bool,
    due: Moment,
    /// It was seen once.
    missing: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Awaiting {
    Nothing,
    Elapsed,
    Sent,
    Query,
}

impl Refunding {
    /// A refund about to be sent, or one to go on with.
    pub fn new(settings: PolicyConfig, begin: Begin) -> Self {
        Self {
            begin,
            stage: Stage::Fresh,
            awaiting: Awaiting::Nothing,
            doubt: matches!(begin, Begin::Resumed { .. }),
            contradicted: false,
            deadline: Moment::default(),
            pause: settings.reverse_interval,
            asked: Moment::default(),
            settings,
        }
    }

    /// The name of the stage that it is in, for the log.
    pub fn stage(&self) -> &'static str {
        match self.stage {
            Stage::Fresh => "Fresh",
            Stage::Open(Open::Sending { .. }) => "Sending",
            Stage::Open(Open::Asking { .. }) => "Asking",
            Stage::Open(Open::Confirming(_)) => "Confirming",
            Stage::Over => "Over",
        }
    }

    /// When it must be over, for displays.
    pub fn deadline(&self) -> Moment {
        self.deadline
    }

    /// Takes in what happened and says what to do, in this order. Empty only for an event that
    /// nobody waits for.
    #[must_use = "the actions must be carried out"]
    pub fn step(&mut self, event: Event, now: Moment) -> Vec<Action> {
        let actions = match (event, self.awaiting, self.stage) {
            (Event::Start, _, Stage::Fresh) => self.start(now),
            (Event::Elapsed, Awaiting::Elapsed, Stage::Open(open)) => self.proceed(open, now),
            (Event::Sent(verdict), Awaiting::Sent, _) => self
                .told(verdict, now)
                .unwrap_or_else(|| self.sent(verdict, now)),
            (Event::Unsent, Awaiting::Sent, _) => self.unsent(now),
            (Event::Query(verdict), Awaiting::Query, Stage::Open(open)) => self
                .told(verdict, now)
                .unwrap_or_else(|| self.queried(verdict, open, now)),
            _ => return Vec::new(),
        };
        self.note(&actions, now);
        actions
    }

    fn start(&mut self, now: Moment) -> Vec<Action> {
        self.deadline = now + self.settings.reverse_budget;
        match self.begin {
            Begin::New { .. } => {
                self.stage = Stage::Open(Open::Sending { due: now });
                vec![Action::Record(Phase::Intent), Action::Send]
            }
            Begin::Resumed { .. } => {
                self.stage = Stage::Open(Open::Asking { due: now });
                vec![Action::Query]
            }
        }
    }

    /// What to do about an answer that speaks of the refund itself; `None` if it does not.
    fn told(&mut self, verdict: RefundVerdict, now: Moment) -> Option<Vec<Action>> {
        let contradicted = std::mem::take(&mut self.contradicted);
        let ending = told(verdict)?;
        if ending.cause == Cause::Conflict && !contradicted {
            self.contradicted = true;
            self.doubt = true;
            return Some(self.go(Open::Asking { due: now }, now));
        }
        Some(finish(ending))
    }

    fn sent(&mut self, verdict: RefundVerdict, now: Moment) -> Vec<Action> {
        use RefundVerdict as R;
        match verdict {
            R::Rejected if !self.doubt => finish(REJECTED),
            R::Rejected => self.confirm(REJECTED, false, now),
            R::Declined { listed } => {
                let sure = listed && !self.doubt;
                if sure && !self.settings.confirm_declines {
                    return finish(DECLINED);
                }
                self.confirm(DECLINED, sure, now)
            }
            // The gateway's own words: the same request again.
            R::Again if self.may_resend() => {
                self.doubt = true;
                let due = self.after_pause(now);
                self.go(Open::Sending { due }, now)
            }
            R::Again => {
                self.doubt = true;
                let due = self.after_pause(now);
                self.go(Open::Asking { due }, now)
            }
            _ => {
                self.doubt = true;
                self.go(Open::Asking { due: now }, now)
            }
        }
    }

    fn unsent(&mut self, now: Moment) -> Vec<Action> {
        if !self.doubt {
            return finish(Ending {
                status: Status::Network,
                cause: Cause::NothingSent,
            });
        }
        let due = self.after_pause(now);
        self.go(Open::Asking { due }, now)
    }

    fn confirm(&mut self, refusal: Ending, once: bool, now: Moment) -> Vec<Action> {
        let confirming = Confirming {
            refusal,
            once,
            due: now,
            missing: false,
        };
        self.go(Open::Confirming(confirming), now)
    }

    fn queried(&mut self, verdict: RefundVerdict, open: Open, now: Moment) -> Vec<Action> {
        let open = match open {
            Open::Confirming(confirming) => match self.missing(verdict, confirming, now) {
                Ok(confirming) => Open::Confirming(confirming),
                Err(confirmed) => return finish(confirmed),
            },
            Open::Sending { .. } | Open::Asking { .. } => match verdict {
                RefundVerdict::NotFound if self.begin == CANNOT_SEND => {
                    return finish(Ending {
                        status: Status::Unknown,
                        cause: Cause::CannotSend,
                    });
                }
                // Where asking is refused, the answer to the request itself has to tell.
                RefundVerdict::NotFound | RefundVerdict::Rejected if self.may_resend() => {
                    let due = self.after_pause(now);
                    Open::Sending { due }
                }
                _ => {
                    let due = self.after_pause(now);
                    Open::Asking { due }
                }
            },
        };
        self.go(open, now)
    }

    /// What a query that found nothing clear does to a refusal; `Err` if it is confirmed.
    fn missing(
        &mut self,
        verdict: RefundVerdict,
        confirming: Confirming,
        now: Moment,
    ) -> Result<Confirming, Ending> {
        if verdict != RefundVerdict::NotFound {
            let due = self.after_pause(now);
            return Ok(Confirming { due, ..confirming });
        }
        // Nothing is due before the second look once a first one found nothing.
        if confirming.once || confirming.missing {
            return Err(confirming.refusal);
        }
        Ok(Confirming {
            due: (self.asked + self.settings.confirm_interval).max(now),
            missing: true,
            ..confirming
        })
    }

    /// Whether it may be sent once more, now that a request may have arrived.
    fn may_resend(&self) -> bool {
        match self.begin {
            Begin::New { may_resend } => may_resend,
            Begin::Resumed { may_send } => may_send,
        }
    }

    fn go(&mut self, open: Open, now: Moment) -> Vec<Action> {
        self.stage = Stage::Open(open);
        self.proceed(open, now)
    }

    /// What to do when nothing is awaited.
    fn proceed(&self, open: Open, now: Moment) -> Vec<Action> {
        let (due, then) = match open {
            // The record proves that the refund is still in these hands.
            Open::Sending { due } => (due, vec![Action::Record(Phase::Waiting), Action::Send]),
            Open::Asking { due } => (due, vec![Action::Query]),
            Open::Confirming(confirming) => (confirming.due, vec![Action::Query]),
        };
        if due.max(now) >= self.deadline {
            return finish(Ending {
                status: Status::Unknown,
                cause: Cause::StillUnclear,
            });
        }
        if now < due {
            return vec![Action::Wait(due)];
        }
        then
    }

    /// A pause that doubles up to four times the first.
    fn after_pause(&mut self, now: Moment) -> Moment {
        let due = now + self.pause;
        self.pause = (self.pause * 2).min(self.settings.reverse_interval * 4);
        due
    }

    /// Remembers what the driver now owes.
    fn note(&mut self, actions: &[Action], now: Moment) {
        self.awaiting = match actions.last() {
            Some(Action::Send) => Awaiting::Sent,
            Some(Action::Query) => Awaiting::Query,
            Some(Action::Wait(_)) => Awaiting::Elapsed,
            // The ending.
            _ => {
                self.stage = Stage::Over;
                Awaiting::Nothing
            }
        };
        if matches!(self.awaiting, Awaiting::Sent | Awaiting::Query) {
            self.asked = now;
        }
    }
}

/// Asking is all that is left, and there is always a next time.
const CANNOT_SEND: Begin = Begin::Resumed { may_send: false };

const DECLINED: Ending = Ending {
    status: Status::Declined,
    cause: Cause::Declined,
};
const REJECTED: Ending = Ending {
    status: Status::Rejected,
    cause: Cause::Rejected,
};

/// What a verified answer about the refund itself says; `None` if it says nothing about it.
pub fn told(verdict: RefundVerdict) -> Option<Ending> {
    let (status, cause) = match verdict {
        RefundVerdict::Refunded => (Status::Refunded, Cause::Refunded),
        RefundVerdict::Processing => (Status::Accepted, Cause::TakenOn),
        RefundVerdict::Failed => (Status::Declined, Cause::Failed),
        RefundVerdict::Conflict => (Status::Duplicate, Cause::Conflict),
        RefundVerdict::NotFound
        | RefundVerdict::Declined { .. }
        | RefundVerdict::Rejected
        | RefundVerdict::Again
        | RefundVerdict::Unclear => return None,
    };
    Some(Ending { status, cause })
}

fn finish(ending: Ending) -> Vec<Action> {
    vec![Action::Finish(ending)]
}
