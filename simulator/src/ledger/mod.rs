//! The truth: what was booked, charged and given back. Pure: time comes in as milliseconds since
//! the start, and whatever was due by then happens before anything is answered.

mod order;
mod record;

use std::collections::{BTreeMap, HashMap};

use crate::fault::Operation;
use crate::scenario::{Booking, Scenario};
use crate::settings::{ReverseUnknown, ReversedPaid, Settings};

use order::Event;
pub(crate) use order::{Order, Sale};
pub use record::{Ledger, OrderRecord, PayerAction, PayerError, State, Totals};

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
}

impl Counts {
    pub(crate) fn of(&self, operation: Operation) -> u32 {
        match operation {
            Operation::Micropay => self.submits,
            Operation::Orderquery => self.queries,
            Operation::Reverse => self.reverses,
            Operation::Certificates
            | Operation::Prepay
            | Operation::Close
            | Operation::Refund
            | Operation::RefundQuery => 0,
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
}

#[derive(Default)]
pub(crate) struct Book {
    entries: BTreeMap<Key, Entry>,
    /// Which order used an auth code.
    codes: HashMap<String, Key>,
    transactions: u64,
}

#[derive(Default)]
struct Entry {
    counts: Counts,
    order: Option<Order>,
    tombstone: bool,
}

impl Book {
    /// Counts a request and says how many came before it.
    pub(crate) fn received(
        &mut self,
        now: i64,
        key: &Key,
        operation: Operation,
        settings: &Settings,
    ) -> Counts {
        let entry = self.entries.entry(key.clone()).or_default();
        let earlier = entry.counts;
        entry.settle(now, earlier, settings);
        match operation {
            Operation::Micropay => entry.counts.submits += 1,
            Operation::Orderquery => entry.counts.queries += 1,
            Operation::Reverse => {
                entry.counts.reverses += 1;
                let early = entry.order.as_ref().is_some_and(|order| {
                    now - order.submitted_at < settings.timing.reverse_not_before_ms
                });
                entry.counts.early_reverses += u32::from(early);
            }
            Operation::Certificates
            | Operation::Prepay
            | Operation::Close
            | Operation::Refund
            | Operation::RefundQuery => {}
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
            scenario,
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
            State::UserPaying if settings.refuse_reverse_while_paying => Reversed::PayerBusy,
            State::UserPaying if order.busy_reverses > 0 => {
                if order.busy_reverses != u32::MAX {
                    order.busy_reverses -= 1;
                }
                Reversed::PayerBusy
            }
            State::UserPaying | State::NotPay | State::PayError => {
                order.end(State::Revoked);
                Reversed::Done
            }
            State::Success => {
                order.give_back();
                order.end(match settings.reversed_paid {
                    ReversedPaid::Revoked => State::Revoked,
                    ReversedPaid::Refund => State::Refund,
                });
                Reversed::Done
            }
            State::Revoked | State::Closed | State::Refund => Reversed::Done,
            State::Absent | State::InFlight => Reversed::NotFound,
        }
    }

    /// The scenario that a number plays, if something is booked under it.
    pub(crate) fn scenario(&self, key: &Key) -> Option<Scenario> {
        self.entries
            .get(key)?
            .order
            .as_ref()
            .map(|order| order.scenario)
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
        match (action, order.state) {
            (PayerAction::Pay, State::UserPaying | State::InFlight) => order.charge(now),
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
        let mut ledger = Ledger::default();
        for (key, entry) in &mut self.entries {
            entry.settle(now, entry.counts, settings);
            let record = entry.record(key);
            ledger.totals.orders += 1;
            ledger.totals.charged_fen += record.charged_fen;
            ledger.totals.refunded_fen += record.refunded_fen;
            ledger.totals.net_fen += record.net_fen;
            ledger.orders.push(record);
        }
        ledger
    }
}

impl Entry {
    /// Lets everything happen that is due at `now`. `counts` are the requests that may trigger
    /// something: not the one being answered.
    fn settle(&mut self, now: i64, counts: Counts, settings: &Settings) {
        while let Some(order) = &mut self.order {
            match order.next_event(now, counts, settings) {
                Some((at, event)) if at <= now => match event {
                    Event::Charge => order.charge(at),
                    Event::Fail => order.end(State::PayError),
                    Event::AutoRevoke => order.end(State::Revoked),
                    Event::Vanish => self.order = None,
                },
                _ => return,
            }
        }
    }

    fn reverse_unknown(&mut self, rule: ReverseUnknown) -> Reversed {
        match rule {
            _ if self.tombstone => Reversed::Done,
            ReverseUnknown::NotExist => Reversed::NotFound,
            ReverseUnknown::EmptySuccess => Reversed::Done,
            ReverseUnknown::Tombstone => {
                self.tombstone = true;
                if let Some(order) = &mut self.order {
                    order.end(State::Revoked);
                }
                Reversed::Done
            }
        }
    }

    fn record(&self, key: &Key) -> OrderRecord {
        let order = self.order.as_ref();
        let absent = if self.tombstone {
            State::Revoked
        } else {
            State::Absent
        };
        let (charged_fen, refunded_fen) =
            order.map_or((0, 0), |order| (order.charged_fen, order.refunded_fen));
        OrderRecord {
            out_trade_no: key.out_trade_no.clone(),
            mch_id: key.mch_id.clone(),
            sub_mch_id: key.sub_mch_id.clone(),
            state: order.map_or(absent, |order| order.state),
            scenario: order.map(|order| order.scenario.name().to_owned()),
            total_fee: order.map(|order| order.sale.total_fee),
            fee_type: order.map(|order| order.sale.fee_type.clone()),
            transaction_id: order.map(|order| order.transaction_id.clone()),
            charged_fen,
            refunded_fen,
            net_fen: charged_fen - refunded_fen,
            charges: order.map_or(0, |order| order.charges),
            submits: self.counts.submits,
            queries: self.counts.queries,
            reverses: self.counts.reverses,
            early_reverses: self.counts.early_reverses,
            foreign: order.is_some_and(|order| order.foreign),
        }
    }
}

#[cfg(test)]
mod tests;
