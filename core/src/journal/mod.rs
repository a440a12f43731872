//! The durable record of orders: nothing is sent that cannot be remembered.
//!
//! An order goes `intent → waiting → reversing → final → returned`; each change is committed before
//! the action it announces. While a call works on an order it holds a lease that a heartbeat keeps
//! alive, so several processes share one journal and take over what a dead one left behind. Refunds
//! and rides go the same way in [`Book`]s of their own, but for `reversing`; a ride's `waiting` means
//! that it was accepted.
//!
//! [`Journal`] is a trait so that a shop can keep one journal for all tills; [`sqlite`] is the file
//! beside the till. Crash by crash: `docs/journal.md`.

pub mod sqlite;
#[cfg(test)]
mod tests;

use std::time::Duration;

use crate::gateway::Product;
use crate::outcome::Facts;
use crate::policy::Phase;
use crate::status::Status;

/// What a number is a number of: orders and refunds are numbered apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Book {
    /// `out_trade_no`
    Orders,
    /// `out_refund_no`
    Refunds,
    /// `out_trade_no` of rides, which their platform calls `out_order_no`.
    Rides,
}

/// Which order or refund: numbers are unique within an account.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// See [`crate::gateway::Gateway::account`].
    pub account: String,
    /// Of what.
    pub book: Book,
    /// The merchant's number.
    pub number: String,
}

/// A sale about to be charged, or a refund about to be sent.
#[derive(Clone, Debug)]
pub struct Sale {
    /// Whose.
    pub key: Key,
    /// How an order is paid.
    pub product: Product,
    /// The gateway's name.
    pub gateway: String,
    /// Everything the till asked for, in one unambiguous form. Only a salted digest is kept.
    pub parameters: Vec<u8>,
    /// What a recovery needs to send the same request again: a refund's order and parameters.
    pub document: Option<Facts>,
    /// Institution mode: the shop's own merchant number.
    pub sub_mch_id: Option<String>,
    /// Minor units; of a refund, what is given back.
    pub total_fee: Option<i64>,
    /// ISO 4217.
    pub fee_type: Option<String>,
    /// As it is sent.
    pub attach: Option<String>,
    /// Now on the gateway's clock (unix seconds), if that is known.
    pub submitted_at: Option<i64>,
}

/// An order or a refund as the journal knows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Whose.
    pub key: Key,
    /// How an order is paid.
    pub product: Product,
    /// What a recovery needs to send the same request again.
    pub document: Option<Facts>,
    /// The gateway's name.
    pub gateway: String,
    /// Where it stands; `None` when it is settled.
    pub phase: Option<Phase>,
    /// Whether a till has been handed the outcome.
    pub returned: bool,
    /// Institution mode: the shop's own merchant number.
    pub sub_mch_id: Option<String>,
    /// Minor units.
    pub total_fee: Option<i64>,
    /// ISO 4217.
    pub fee_type: Option<String>,
    /// As it was sent.
    pub attach: Option<String>,
    /// When the charge was submitted, on the gateway's clock (unix seconds), if that was known.
    pub submitted_at: Option<i64>,
    /// When the order was begun, on this machine's clock (unix milliseconds).
    pub begun_ms: i64,
    /// The till itself asked for it to be reversed, whatever it was sold for.
    pub by_till: bool,
    /// The outcome of a settled order.
    pub outcome: Option<(Status, Facts)>,
    /// Until when whoever holds it says to be alive (unix milliseconds); moved on by heartbeats.
    pub lease_ms: Option<i64>,
}

impl Entry {
    /// Provably nothing was charged or given back, and nothing can be: the number is as good as new.
    ///
    /// A refund that was refused belongs here, since the documents ask for the next attempt under the
    /// same number; one that was taken on and then failed does not, and is told by its
    /// `refund_status`.
    pub fn never_happened(&self) -> bool {
        match &self.outcome {
            Some((Status::Network | Status::Rejected | Status::ClientClosed, _)) => true,
            Some((Status::Declined, facts)) if self.key.book == Book::Refunds => {
                !facts.contains_key("refund_status")
            }
            _ => false,
        }
    }
}

/// What [`Journal::begin`] found.
#[derive(Clone, Debug, PartialEq)]
pub enum Begin {
    /// New (or never sent before): recorded as an intent, it may be sent now.
    Started,
    /// The same sale, unfinished: this caller holds it now and goes on settling it.
    Unfinished(Entry),
    /// The same sale, settled.
    Settled(Entry),
    /// The number belongs to another sale.
    OtherSale(Entry),
    /// Another call holds it.
    Busy,
}

/// What [`Journal::take`] found.
#[derive(Clone, Debug, PartialEq)]
pub enum Take {
    /// This caller holds it now.
    Taken(Entry),
    /// Another call holds it.
    Busy(Entry),
    /// The journal does not know it.
    Absent,
}

/// Why the journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Not a journal of this library, damaged, or of a newer version.
    #[error("the journal {path} cannot be used: {why}")]
    Unusable {
        /// The file.
        path: String,
        /// What is wrong and the remedy.
        why: String,
    },
    /// Another process took the order over, because this one's heartbeat had stopped.
    #[error("another process has taken this order over")]
    LeaseLost,
    /// Reading or writing failed: disk full, read-only, locked for too long.
    #[error("the journal cannot be read or written: {0}")]
    Storage(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The record of orders. Every method commits before it returns. Used by any number of threads.
pub trait Journal: Send + Sync {
    /// Records the intent to charge, or says why this sale must not be charged.
    fn begin(&self, sale: &Sale) -> Result<Begin, JournalError>;

    /// Takes an order to work on it. Somebody's hold is no obstacle if its lease is over, or if it
    /// still is `silent`: a lease that was seen one lease ago and that no heartbeat has moved since
    /// (whatever the clocks say).
    fn take(&self, key: &Key, silent: Option<i64>) -> Result<Take, JournalError>;

    /// Takes an order number that the journal does not know, in order to reverse it.
    fn adopt(&self, key: &Key, gateway: &str) -> Result<Take, JournalError>;

    /// Moves a held order to `phase`; remembers `submitted_at` if it is known, and for good that the
    /// till asked for the reverse.
    fn record(
        &self,
        key: &Key,
        phase: Phase,
        submitted_at: Option<i64>,
        by_till: bool,
    ) -> Result<(), JournalError>;

    /// Settles a held order and gives it back, so that it is not kept alive any more even if this
    /// fails. Of the facts it keeps those [`without_personal_data`](crate::outcome::without_personal_data).
    /// `returned`: the till gets it now.
    fn settle(
        &self,
        key: &Key,
        status: Status,
        facts: &Facts,
        returned: bool,
    ) -> Result<(), JournalError>;

    /// Gives a held order back as it stands, so that it is not kept alive any more even if this
    /// fails.
    fn release(&self, key: &Key) -> Result<(), JournalError>;

    /// A till has been handed the outcome of a settled order.
    fn mark_returned(&self, key: &Key) -> Result<(), JournalError>;

    /// An order as it stands, held or not.
    fn find(&self, key: &Key) -> Result<Option<Entry>, JournalError>;

    /// Everything of the account in this book that is unsettled, or settled without a till knowing, or
    /// held; oldest first.
    fn pending(&self, book: Book, account: &str) -> Result<Vec<Key>, JournalError>;

    /// What in this book was sent with this `attach`; two at most, which is enough to know that it is
    /// ambiguous. Quick for rides only.
    fn with_attach(
        &self,
        book: Book,
        account: &str,
        attach: &str,
    ) -> Result<Vec<Key>, JournalError>;

    /// Keeps what this journal handle holds from being taken over.
    fn heartbeat(&self) -> Result<(), JournalError>;

    /// How long a holder may be silent.
    fn lease(&self) -> Duration;

    /// Proves that the journal can be written.
    fn check(&self) -> Result<(), JournalError>;
}
