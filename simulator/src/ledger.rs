//! The truth: what was booked, charged and given back. Pure: time comes in as milliseconds since
//! the start, and whatever was due by then happens before anything is answered.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use crate::fault::Operation;
use crate::scenario::{Booking, LateAt, PasswordEnd, Scenario};
use crate::settings::{ReverseUnknown, ReversedPaid, Settings};

/// Where an order stands; in JSON as here in capitals (`NOTPAY`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum State {
    /// The number was heard of, but nothing is booked.
    #[serde(rename = "ABSENT")]
    Absent,
    /// The charge is under way: not charged, and no query sees it.
    #[serde(rename = "IN_FLIGHT")]
    InFlight,
    /// Booked, unpaid.
    #[serde(rename = "NOTPAY")]
    NotPay,
    /// The payer is at the password prompt.
    #[serde(rename = "USERPAYING")]
    UserPaying,
    /// Paid.
    #[serde(rename = "SUCCESS")]
    Success,
    /// The payment failed.
    #[serde(rename = "PAYERROR")]
    PayError,
    /// Reversed: it will never be paid, and what was paid went back.
    #[serde(rename = "REVOKED")]
    Revoked,
    /// Closed: it will never be paid.
    #[serde(rename = "CLOSED")]
    Closed,
    /// Was paid, the money went back.
    #[serde(rename = "REFUND")]
    Refund,
}

impl State {
    /// As in JSON and in `trade_state`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Absent => "ABSENT",
            Self::InFlight => "IN_FLIGHT",
            Self::NotPay => "NOTPAY",
            Self::UserPaying => "USERPAYING",
            Self::Success => "SUCCESS",
            Self::PayError => "PAYERROR",
            Self::Revoked => "REVOKED",
            Self::Closed => "CLOSED",
            Self::Refund => "REFUND",
        }
    }
}

/// Everything about one order number, for people and tests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderRecord {
    /// The merchant's order number.
    pub out_trade_no: String,
    /// Whose number it is.
    pub mch_id: String,
    /// The shop, in institution mode.
    pub sub_mch_id: Option<String>,
    /// Where it stands now.
    pub state: State,
    /// The name of the scenario it plays; `None` if nothing was booked.
    pub scenario: Option<String>,
    /// What was asked, fen; `None` if nothing was booked.
    pub total_fee: Option<i64>,
    /// ISO 4217.
    pub fee_type: Option<String>,
    /// The platform's number.
    pub transaction_id: Option<String>,
    /// Taken from the payer, fen.
    pub charged_fen: i64,
    /// Given back to the payer, fen.
    pub refunded_fen: i64,
    /// What the payer is out of pocket: charged less refunded.
    pub net_fen: i64,
    /// How many times the payer was charged.
    pub charges: u32,
    /// Well-formed, rightly signed charges received, whatever became of them.
    pub submits: u32,
    /// Queries received, counted alike.
    pub queries: u32,
    /// Reverses received, counted alike.
    pub reverses: u32,
    /// Reverses that came sooner after the submit than the documents allow.
    pub early_reverses: u32,
    /// The number belongs to another sale that was paid before this one asked for it.
    pub foreign: bool,
}

/// The whole ledger at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// Sums over all orders.
    pub totals: Totals,
    /// In the order of merchant, shop and order number.
    pub orders: Vec<OrderRecord>,
}

/// Sums over all orders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Order numbers heard of.
    pub orders: usize,
    /// Taken from payers, fen.
    pub charged_fen: i64,
    /// Given back, fen.
    pub refunded_fen: i64,
    /// Charged less refunded.
    pub net_fen: i64,
}

impl Ledger {
    /// The first order with this number.
    pub fn order(&self, out_trade_no: &str) -> Option<&OrderRecord> {
        self.orders
            .iter()
            .find(|order| order.out_trade_no == out_trade_no)
    }

    /// What payers are out of pocket for this number, fen; 0 for a number never heard of.
    pub fn net_charged(&self, out_trade_no: &str) -> i64 {
        self.orders
            .iter()
            .filter(|order| order.out_trade_no == out_trade_no)
            .map(|order| order.net_fen)
            .sum()
    }
}

/// What somebody other than the till does to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PayerAction {
    /// The payer types the password and pays.
    Pay,
    /// The payment fails: PAYERROR.
    Fail,
    /// The payer lets the phone lie: nothing happens by itself any more.
    Wait,
    /// The platform closes the unpaid order.
    Close,
    /// The merchant gives the money back by other means: REFUND.
    Refund,
}

/// Why an action is not possible.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayerError {
    /// Nothing is booked under the number.
    #[error("no order {0:?} is booked")]
    NoOrder(String),
    /// The order's state does not allow it.
    #[error("the order is {state:?}: {action:?} is not possible")]
    State {
        /// Where it stands.
        state: State,
        /// What was wanted.
        action: PayerAction,
    },
}

/// An order number is unique within its merchant and shop.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    pub(crate) mch_id: String,
    pub(crate) sub_mch_id: Option<String>,
    pub(crate) out_trade_no: String,
}

/// A charge that was asked for.
#[derive(Clone)]
pub(crate) struct Sale {
    pub(crate) key: Key,
    pub(crate) auth_code: String,
    pub(crate) total_fee: i64,
    pub(crate) fee_type: String,
    /// Everything that must be the same when the request comes again.
    pub(crate) parameters: BTreeMap<String, String>,
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
        }
    }
}

#[derive(Clone)]
pub(crate) struct Order {
    pub(crate) sale: Sale,
    pub(crate) scenario: Scenario,
    pub(crate) state: State,
    pub(crate) transaction_id: String,
    pub(crate) openid: String,
    /// Milliseconds since the start.
    pub(crate) paid_at: Option<i64>,
    submitted_at: i64,
    /// How the password prompt or the charge under way ends.
    ending: Option<Ending>,
    busy_reverses: u32,
    refusal: Option<&'static str>,
    charged_fen: i64,
    refunded_fen: i64,
    charges: u32,
    foreign: bool,
}

#[derive(Clone, Copy)]
enum Ending {
    At(i64, PasswordEnd),
    AfterQueries(u32),
    AfterReverses(u32),
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

#[derive(Clone, Copy)]
enum Event {
    Charge,
    Fail,
    AutoRevoke,
    Vanish,
}

impl Order {
    fn new(
        now: i64,
        sale: Sale,
        scenario: Scenario,
        number: u64,
        refusal: Option<&'static str>,
    ) -> Self {
        Self {
            sale,
            scenario,
            state: State::NotPay,
            transaction_id: format!("4200{number:024}"),
            openid: format!("oSimulatedPayer{number:013}"),
            paid_at: None,
            submitted_at: now,
            ending: None,
            busy_reverses: 0,
            refusal,
            charged_fen: 0,
            refunded_fen: 0,
            charges: 0,
            foreign: false,
        }
    }

    fn book(&mut self, now: i64, booking: Booking, settings: &Settings) {
        const AN_HOUR_MS: i64 = 3_600_000;
        match booking {
            Booking::Nothing | Booking::Unpaid => {}
            Booking::Paid => self.charge(now),
            Booking::Failed => self.end(State::PayError),
            Booking::Password { ends, busy } => {
                self.state = State::UserPaying;
                self.busy_reverses = busy;
                self.ending = ends.map(|end| Ending::At(now + settings.timing.password_ms, end));
            }
            Booking::PaidByReverses(reverses) => {
                self.state = State::UserPaying;
                self.ending = Some(Ending::AfterReverses(reverses));
            }
            Booking::Late { at } => {
                self.state = State::InFlight;
                self.ending = Some(match at {
                    LateAt::Millis(ms) => Ending::At(now + ms, PasswordEnd::Paid),
                    LateAt::Queries(queries) => Ending::AfterQueries(queries),
                });
            }
            Booking::Foreign { more_fen } => {
                self.foreign = true;
                self.sale.total_fee += more_fen;
                self.charge(now - AN_HOUR_MS);
            }
        }
    }

    fn submitted_again(&self, sale: &Sale) -> Submitted {
        let refused = Submitted::Refused;
        match self.state {
            State::Success | State::Refund => refused(Refusal::OrderPaid),
            State::Revoked => refused(Refusal::OrderReversed),
            State::Closed => refused(Refusal::OrderClosed),
            _ if self.sale.parameters != sale.parameters => refused(Refusal::DifferentSale),
            State::UserPaying => Submitted::Paying,
            State::PayError => refused(Refusal::Scripted(self.refusal.unwrap_or("TRADE_ERROR"))),
            State::NotPay | State::InFlight | State::Absent => {
                refused(Refusal::Scripted(self.refusal.unwrap_or("SYSTEMERROR")))
            }
        }
    }

    /// The next thing that happens by itself, and when.
    fn next_event(&self, now: i64, counts: Counts, settings: &Settings) -> Option<(i64, Event)> {
        let ending = match self.ending {
            Some(Ending::At(at, PasswordEnd::Paid)) => Some((at, Event::Charge)),
            Some(Ending::At(at, PasswordEnd::Failed)) => Some((at, Event::Fail)),
            Some(Ending::AfterQueries(n)) if counts.queries >= n => Some((now, Event::Charge)),
            Some(Ending::AfterReverses(n)) if counts.reverses >= n => Some((now, Event::Charge)),
            _ => None,
        };
        let other = match self.state {
            State::InFlight => Some((
                self.submitted_at + settings.timing.code_lifetime_ms,
                Event::Vanish,
            )),
            State::UserPaying | State::NotPay | State::PayError => settings
                .timing
                .auto_revoke_ms
                .map(|ms| (self.submitted_at + ms, Event::AutoRevoke)),
            _ => None,
        };
        ending.into_iter().chain(other).min_by_key(|(at, _)| *at)
    }

    fn charge(&mut self, at: i64) {
        self.charged_fen += self.sale.total_fee;
        self.charges += 1;
        self.paid_at = Some(at);
        self.end(State::Success);
    }

    fn give_back(&mut self) {
        self.refunded_fen += self.charged_fen - self.refunded_fen;
    }

    fn end(&mut self, state: State) {
        self.state = state;
        self.ending = None;
    }
}

#[cfg(test)]
mod tests;
