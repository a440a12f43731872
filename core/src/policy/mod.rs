//! Pure: the payment state machine. Events in, actions out; no clock, no I/O, no randomness.
//!
//! ```text
//!   Start ─► Submitting ─ Paid ───────────────────────────────────────────► Ok
//!                │ │ │ └── Rejected · Duplicate · nothing left ─► an error status, never a reverse
//!                │ │ └──── Declined ─► Confirming ─ confirmed ────────────► Declined
//!                │ │                        │ Paying, Unclear
//!                │ └────── Unclear ─────► Polling ─ Paid ─────────────────► Ok
//!                │                          │  ▲ │ └ Closed, Reversed ────► Reversed
//!                │                          └──┘ └ window over, cancel, Failed
//!                └ (cancel before a byte left ─► Reversed)  ▼
//!                                                       Checking ─ Paid ──► Ok
//!                                                           ▼      ▲ payer busy
//!                                          Again, Unclear ┌ Reversing ────┘
//!                                                         └───▲ │ Done, NotFound
//!                                       Paid, NotPaid, Paying │ ▼
//!                                                         Verifying ──────► Reversed
//!                                     budget over, Expired, Refused ──────► Unknown
//! ```
//!
//! An order that the payer scans or opens is taken up in `Polling`, and closed instead of reversed
//! ([`Payment::closing`]): `Paid` wins from every state then. Giving money back has a machine of its
//! own, [`refund`].
//!
//! The numbers and their reasons are in `docs/policy.md`.

mod payment;
pub mod refund;
#[cfg(test)]
mod tests;

use std::fmt;
use std::time::Duration;

use crate::clock::Moment;
use crate::status::Status;
use crate::verdict::{QueryVerdict, ReverseVerdict, SubmitVerdict};

pub use payment::Payment;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// Begin. The first event, and only the first.
    Start,
    /// The wait that was asked for is over, or was interrupted.
    Elapsed,
    /// The till wants the payment stopped. May come at any time, also while an answer is awaited.
    Cancel,
    /// The charge was answered, or may have left without an answer ([`SubmitVerdict::Unclear`]).
    Submit {
        /// What the answer means.
        verdict: SubmitVerdict,
        /// When its first byte left: all of the policy's times count from there.
        sent: Moment,
    },
    /// The charge provably never left.
    SubmitUnsent,
    /// A query was answered.
    Query(QueryVerdict),
    /// A reverse was answered.
    Reverse(ReverseVerdict),
}

/// As the log has it: without times.
impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Submit { verdict, .. } => write!(f, "Submit({verdict:?})"),
            event => write!(f, "{event:?}"),
        }
    }
}

/// What to do next. [`Action::Record`] is committed before the action behind it is begun; if it
/// cannot be committed, that action must not be begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Commit this phase of the order.
    Record(Phase),
    /// Send the charge; then [`Event::Submit`] or [`Event::SubmitUnsent`].
    Submit,
    /// Ask for the order; then [`Event::Query`].
    Query(Why),
    /// Undo the order; then [`Event::Reverse`].
    Reverse,
    /// Wait until then; then [`Event::Elapsed`].
    Wait(Moment),
    /// The end. No event may follow.
    Finish(Ending),
}

/// Why a query is sent, for displays and for what a cancel does to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Why {
    /// The payer may be typing a password.
    Poll,
    /// A refusal is confirmed.
    Confirm,
    /// Last look before a reverse.
    Check,
    /// A reverse is confirmed.
    Verify,
}

/// The phase of an unfinished order, as the journal knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// The charge is about to be sent.
    Intent,
    /// The charge may have left; its outcome is being asked for.
    Waiting,
    /// A reverse may have left.
    Reversing,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ending {
    /// What the till is told.
    pub status: Status,
    /// Why.
    pub cause: Cause,
    /// Whether somebody must still reverse.
    pub reversal: Reversal,
}

impl Ending {
    /// Whether the order is settled; if not, the journal keeps it open for `recover`.
    pub fn is_final(&self) -> bool {
        self.reversal != Reversal::Required
    }
}

/// Why a payment ended as it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cause {
    /// A verified answer says so.
    Paid,
    /// Refused, and confirmed where the settings ask for it.
    Declined,
    /// The gateway says the number is in use.
    Duplicate,
    /// Paid before this charge was submitted.
    Foreign,
    /// Paid, but not what was asked.
    Conflict,
    /// The gateway did not execute the request.
    Rejected,
    /// No host could be reached.
    NothingSent,
    /// Cancelled before a byte left.
    CancelledUnsent,
    /// Found closed or reversed.
    FoundClosed,
    /// Found refunded.
    FoundRefunded,
    /// Reversed, and confirmed.
    ReverseConfirmed,
    /// Never known to the gateway, and its code has expired.
    NeverArrived,
    /// The reverse could not be confirmed in time.
    BudgetOver,
    /// The gateway refuses to reverse.
    ReverseRefused,
    /// Too old to be reversed.
    ReverseExpired,
    /// Unclear at the end of the window, and `reverse = "never"`.
    WindowOver,
    /// No clear answer came before anything may be undone (recovery).
    StillUnclear,
}

/// Who must undo what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reversal {
    /// Nothing to undo.
    None,
    /// The order must still be settled or reversed: `recover`, `query` or `reverse` does it.
    Required,
    /// Undone for certain.
    Completed,
}

impl Reversal {
    /// As in the result field `reversal`.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Required => "required",
            Self::Completed => "completed",
        }
    }
}

/// How a payment that is not new is taken up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Resume {
    /// Where the journal left it.
    pub phase: Phase,
    /// How long ago the charge was submitted.
    pub age: Duration,
    /// What for.
    pub purpose: Purpose,
}

/// What a payment is taken up for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// The till asks for the same sale again: poll for what is left of the window, then undo.
    Settle,
    /// `recover`, and paid orders are reported: nobody waits at the counter, so no more polling than
    /// it takes to get one clear answer.
    RecoverKeepingPaid,
    /// `recover`, and paid orders are reversed.
    RecoverReversingPaid,
    /// The till asks for a reverse: paid or not, it is undone.
    Undo,
}
