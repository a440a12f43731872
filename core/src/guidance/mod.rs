//! What the cashier reads and what the till should do, for every outcome and code.
//!
//! Two promises hold for every row: only a payment that is proven says [`Advice::HandOver`], and
//! whatever is not settled says to hold the goods and not to charge again.

mod notes;
#[cfg(test)]
mod tests;

use crate::config::Language;
use crate::status::Status;

/// What was asked for: [`Status::Ok`] means money only where money was asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Asked {
    /// A payment, or a task that takes one.
    Payment,
    /// A query of an order.
    Query,
    /// A reverse.
    Reverse,
    /// To cancel a payment in flight.
    Cancel,
    /// To settle whatever was in flight.
    Recover,
    /// Something that a payer can scan or open.
    Prepay,
    /// To close an unpaid order.
    Close,
    /// To give money back, or what became of that.
    Refund,
    /// To deduct a ride, or what became of that.
    Ride,
    /// What a notification says.
    Notification,
    /// Anything else: the self-test, opening a client.
    Other,
}

/// How a call ended, as far as it matters to the people at the till.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Situation<'a> {
    /// What was asked for.
    pub asked: Asked,
    /// How it ended.
    pub status: Status,
    /// The gateway's code, if there was one.
    pub code: Option<&'a str>,
    /// The request field that was refused, if it was one.
    pub field: Option<&'a str>,
    /// The payment was to be cancelled.
    pub cancel_requested: bool,
    /// The order still has to be undone.
    pub reversal_required: bool,
    /// Paid, but not as asked.
    pub conflict: bool,
}

impl Situation<'_> {
    /// A situation of which nothing but the status is known.
    pub fn new(asked: Asked, status: Status) -> Self {
        Self {
            asked,
            status,
            code: None,
            field: None,
            cancel_requested: false,
            reversal_required: false,
            conflict: false,
        }
    }
}

/// What the till should do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Advice {
    /// The money is there: hand over the goods.
    HandOver,
    /// Not settled: neither hand over nor charge again.
    Hold,
    /// Not charged: scan again, under a new order number.
    Rescan,
    /// Not charged: another card or way of paying, under a new order number.
    OtherCard,
    /// Somebody has to look at the order.
    CallSupport,
    /// Configuration, permission or the till's program is wrong.
    FixSetup,
}

impl Advice {
    /// As in the result field `advice`.
    pub fn name(self) -> &'static str {
        match self {
            Self::HandOver => "hand_over",
            Self::Hold => "hold",
            Self::Rescan => "rescan",
            Self::OtherCard => "other_card",
            Self::CallSupport => "call_support",
            Self::FixSetup => "fix_setup",
        }
    }
}

/// What to show and what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guidance {
    /// For the cashier, one or two sentences.
    pub prompt: &'static str,
    /// For the till; `None` where nothing is left to do.
    pub advice: Option<Advice>,
}

/// What to say and do about a situation.
pub fn guide(situation: &Situation<'_>, language: Language) -> Guidance {
    let note = notes::note(situation);
    Guidance {
        prompt: match language {
            Language::Chinese => note.chinese,
            Language::English => note.english,
        },
        advice: note.advice,
    }
}
