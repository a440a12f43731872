//! The truth: what was booked, charged and given back. Pure: time comes in as milliseconds since
//! the start, and whatever was due by then happens before anything is answered.

mod entry;
mod notice;
mod order;
mod prepay;
mod record;
mod refund;

use std::collections::{BTreeMap, HashMap};

use crate::fault::Operation;
use crate::scenario::{Booking, Scenario};
use crate::settings::{ReversedPaid, Settings};

use entry::Entry;
pub(crate) use notice::Notice;
pub(crate) use order::{Order, Sale};
pub(crate) use prepay::{Closed, Generation, Notify, Prepared, Prepay, TradeType};
pub use record::{
    Ledger, OrderRecord, PayerAction, PayerError, RefundAction, RefundError, RefundRecord,
    RefundState, State, Totals,
};
use refund::RefundEntry;
pub(crate) use refund::{Refund, RefundKey, RefundRefusal, RefundRequest, Refunded};

/// An order number is unique within its merchant and shop.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    pub(crate) mch_id: String,
    pub(crate) sub_mch_id: Option<String>,
    pub(crate) out_trade_no: String,
}

/// Requests received for a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) submits: u32,
    pub(crate) queries: u32,
    pub(crate) reverses: u32,
    early_reverses: u32,
    pub(crate) closes: u32,
}

impl Counts {
    pub(crate) fn of(&self, operation: Operation) -> u32 {
        match operation {
            Operation::Micropay | Operation::Prepay => self.submits,
            Operation::Orderquery => self.queries,
            Operation::Reverse => self.reverses,
            Operation::Close => self.closes,
            Operation::Refund
            | Operation::RefundQuery
            | Operation::Certificates
            | Operation::Ride => 0,
        }
    }
}

/// What a submit found.
pub(crate) enum Submitted {
    Paid(Box<Order>),
    Paying,
    Refused(Refusal),
}

/// Why a charge is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    CodeAlreadyUsed,
    OrderPaid,
    OrderReversed,
    OrderClosed,
    DifferentSale,
    /// By an order that is paid in another way.
    NumberUsed,
    /// As the scenario has it.
    Scripted(&'static str),
}

/// What a query found.
pub(crate) enum Queried {
    NotFound,
    /// Reversed before anything was booked.
    Tombstone,
    Order(Box<Order>),
}

/// What a reverse did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reversed {
    Done,
    PayerBusy,
    NotFound,
    /// It was made by prepay and is paid.
    PaidElsewhere,
    /// It was made by prepay, or refunds have begun to give the money back.
    Impossible,
}

#[derive(Default)]
pub(crate) struct Book {
    entries: BTreeMap<Key, Entry>,
    /// Which order used an auth code.
    codes: HashMap<String, Key>,
    refunds: BTreeMap<RefundKey, RefundEntry>,
    /// Orders and refunds booked.
    transactions: u64,
}

impl Book {
    /// Counts a request about an order and says how many came before it.
    pub(crate) fn received(
        &mut self,
        now: i64,
        key: &Key,
        operation: Operation,
        settings: &Settings,
    ) -> Counts {
        if matches!(
            operation,
            Operation::Refund | Operation::RefundQuery | Operation::Certificates | Operation::Ride
        ) {
            // Refunds and rides are counted by numbers of their own.
            return Counts::default();
        }
        let entry = self.entries.entry(key.clone()).or_default();
        let earlier = entry.counts;
        entry.settle(now, earlier, settings);
        match operation {
            Operation::Micropay | Operation::Prepay => entry.counts.submits += 1,
            Operation::Orderquery => entry.counts.queries += 1,
            Operation::Close => entry.counts.closes += 1,
            Operation::Refund
            | Operation::RefundQuery
            | Operation::Certificates
            | Operation::Ride => {}
            Operation::Reverse => {
                entry.counts.reverses += 1;
                let early = entry.order.as_ref().is_some_and(|order| {
                    now - order.submitted_at < settings.timing.reverse_not_before_ms
                });
                entry.counts.early_reverses += u32::from(early);
            }
        }
        earlier
    }

    /// Books a charge, or finds what it finds when the number is known already.
    pub(crate) fn submit(
        &mut self,
        now: i64,
        sale: &Sale,
        earlier: Counts,
        settings: &Settings,
    ) -> Submitted {
        let code_is_foreign = self
            .codes
            .get(&sale.auth_code)
            .is_some_and(|key| *key != sale.key);
        let entry = self.entries.entry(sale.key.clone()).or_default();
        entry.settle(now, earlier, settings);
        if let Some(order) = &entry.order {
            return order.submitted_again(sale);
        }
        if entry.tombstone {
            return Submitted::Refused(Refusal::OrderReversed);
        }
        if code_is_foreign {
            return Submitted::Refused(Refusal::CodeAlreadyUsed);
        }
        let scenario = Scenario::of_auth_code(&sale.auth_code);
        let script = scenario.script(&settings.timing);
        let refusal = |code| Submitted::Refused(Refusal::Scripted(code));
        if script.booking == Booking::Nothing {
            return refusal(script.answer.unwrap_or("SYSTEMERROR"));
        }
        self.transactions += 1;
        let order = entry.order.insert(Order::new(
            now,
            sale.clone(),
            Some(scenario),
            self.transactions,
            script.answer,
        ));
        order.book(now, script.booking, settings);
        if !order.foreign {
            self.codes.insert(sale.auth_code.clone(), sale.key.clone());
        }
        match (script.answer, order.state) {
            (Some(code), _) => refusal(code),
            (None, State::Success) if !order.foreign => Submitted::Paid(Box::new(order.clone())),
            (None, State::Success) => Submitted::Refused(Refusal::OrderPaid),
            (None, State::UserPaying) => Submitted::Paying,
            (None, _) => refusal("SYSTEMERROR"),
        }
    }

    pub(crate) fn query(
        &mut self,
        now: i64,
        key: &Key,
        earlier: Counts,
        settings: &Settings,
    ) -> Queried {
        let Some(entry) = self.entries.get_mut(key) else {
            return Queried::NotFound;
        };
        entry.settle(now, earlier, settings);
        match &entry.order {
            Some(order) if order.state != State::InFlight => {
                Queried::Order(Box::new(order.clone()))
            }
            None if entry.tombstone => Queried::Tombstone,
            _ => Queried::NotFound,
        }
    }

    pub(crate) fn reverse(
        &mut self,
        now: i64,
        key: &Key,
        earlier: Counts,
        settings: &Settings,
    ) -> Reversed {
        self.settle_refunds(now);
        let entry = self.entries.entry(key.clone()).or_default();
        entry.settle(now, earlier, settings);
        let booked = entry
            .order
            .as_mut()
            .filter(|order| order.state != State::InFlight);
        let Some(order) = booked else {
            return entry.reverse_unknown(settings.reverse_unknown);
        };
        match order.state {
            State::Success | State::Refund if order.prepay.is_some() => Reversed::PaidElsewhere,
            _ if order.prepay.is_some() => Reversed::Impossible,
            State::Refund if order.refunded_fen < order.charged_fen => Reversed::Impossible,
            State::UserPaying if settings.refuse_reverse_while_paying => Reversed::PayerBusy,
            State::UserPaying if order.busy_reverses > 0 => {
                if order.busy_reverses != u32::MAX {
                    order.busy_reverses -= 1;
                }
                Reversed::PayerBusy
            }
            State::UserPaying | State::NotPay | State::PayError => {
                order.end(State::Revoked);
                order.reversed_at = Some(now);
                Reversed::Done
            }
            State::Success => {
                order.give_back();
                order.end(match settings.reversed_paid {
                    ReversedPaid::Revoked => State::Revoked,
                    ReversedPaid::Refund => State::Refund,
                });
                order.reversed_at = Some(now);
                Reversed::Done
            }
            State::Revoked | State::Closed | State::Refund => Reversed::Done,
            State::Absent | State::InFlight => Reversed::NotFound,
        }
    }

    /// Remembers that a reverse was refused for good.
    pub(crate) fn reverse_failed(&mut self, key: &Key) {
        if let Some(order) = self.order_mut(key) {
            order.reverse_failed = true;
        }
    }

    /// The scenario that a number plays, if something is booked under it.
    pub(crate) fn scenario(&self, key: &Key) -> Option<Scenario> {
        self.entries.get(key)?.order.as_ref()?.scenario
    }

    /// The order as it stands, if a query would see it.
    pub(crate) fn look_up(&self, key: &Key) -> Option<Order> {
        let order = self.order(key)?;
        (order.state != State::InFlight).then(|| order.clone())
    }

    /// The order number behind the platform's own number.
    pub(crate) fn out_trade_no(
        &self,
        mch_id: &str,
        sub_mch_id: Option<&str>,
        transaction_id: &str,
    ) -> Option<&str> {
        self.entries.iter().find_map(|(key, entry)| {
            let mine = key.mch_id == mch_id && key.sub_mch_id.as_deref() == sub_mch_id;
            let order = entry.order.as_ref()?;
            (mine && order.transaction_id == transaction_id).then_some(key.out_trade_no.as_str())
        })
    }

    pub(crate) fn act(
        &mut self,
        now: i64,
        out_trade_no: &str,
        action: PayerAction,
        settings: &Settings,
    ) -> Result<State, PayerError> {
        let entry = self
            .entries
            .iter_mut()
            .find(|(key, entry)| key.out_trade_no == out_trade_no && entry.order.is_some())
            .map(|(_, entry)| entry);
        let Some(entry) = entry else {
            return Err(PayerError::NoOrder(out_trade_no.to_owned()));
        };
        entry.settle(now, entry.counts, settings);
        let Some(order) = &mut entry.order else {
            return Err(PayerError::NoOrder(out_trade_no.to_owned()));
        };
        let prepaid = order.prepay.is_some();
        match (action, order.state) {
            (PayerAction::Pay, State::UserPaying | State::InFlight) => order.charge(now),
            (PayerAction::Pay, State::NotPay) if prepaid => order.charge(now),
            // An attempt that fails leaves such an order unpaid: the payer may try again.
            (PayerAction::Fail | PayerAction::Wait, State::NotPay) if prepaid => {
                order.ending = None;
            }
            (PayerAction::Fail, State::UserPaying) => order.end(State::PayError),
            (PayerAction::Wait, State::UserPaying) => order.ending = None,
            (PayerAction::Close, State::NotPay | State::UserPaying | State::PayError) => {
                order.end(State::Closed);
            }
            (PayerAction::Refund, State::Success) => {
                order.give_back();
                order.end(State::Refund);
            }
            (action, state) => return Err(PayerError::State { state, action }),
        }
        Ok(order.state)
    }

    /// Everything as it stands at `now`.
    pub(crate) fn snapshot(&mut self, now: i64, settings: &Settings) -> Ledger {
        self.settle(now, settings);
        let mut ledger = Ledger {
            refunds: self.refund_records(),
            ..Ledger::default()
        };
        for (key, entry) in &self.entries {
            let record = entry.record(key);
            ledger.totals.orders += 1;
            ledger.totals.charged_fen += record.charged_fen;
            ledger.totals.refunded_fen += record.refunded_fen;
            ledger.totals.net_fen += record.net_fen;
            ledger.orders.push(record);
        }
        ledger
    }

    /// Lets everything happen that is due at `now`.
    fn settle(&mut self, now: i64, settings: &Settings) {
        for entry in self.entries.values_mut() {
            entry.settle(now, entry.counts, settings);
        }
        self.settle_refunds(now);
    }

    fn order(&self, key: &Key) -> Option<&Order> {
        self.entries.get(key)?.order.as_ref()
    }

    fn order_mut(&mut self, key: &Key) -> Option<&mut Order> {
        self.entries.get_mut(key)?.order.as_mut()
    }
}

#[cfg(test)]
mod tests;
