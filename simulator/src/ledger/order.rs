//! One order: how it is booked, what happens to it by itself, and its money.

use std::collections::BTreeMap;

use super::prepay::{Notify, Prepaid, TradeType};
use super::{Counts, Key, Refusal, State, Submitted};
use crate::channel::Channel;
use crate::scenario::{Booking, LateAt, PasswordEnd, Scenario};
use crate::settings::Settings;

/// A charge that was asked for.
#[derive(Clone)]
pub(crate) struct Sale {
    pub(crate) key: Key,
    pub(crate) auth_code: String,
    pub(crate) total_fee: i64,
    pub(crate) fee_type: String,
    /// Whose money it is, if an aggregator takes it.
    pub(crate) channel: Option<Channel>,
    /// An aggregator tells of payments by code, too.
    pub(crate) notify: Option<Notify>,
    /// Everything that must be the same when the request comes again.
    pub(crate) parameters: BTreeMap<String, String>,
}

#[derive(Clone)]
pub(crate) struct Order {
    pub(crate) sale: Sale,
    /// `None`: an order made by prepay.
    pub(crate) scenario: Option<Scenario>,
    pub(crate) prepay: Option<Prepaid>,
    pub(crate) state: State,
    pub(crate) transaction_id: String,
    pub(crate) openid: String,
    /// Milliseconds since the start.
    pub(crate) paid_at: Option<i64>,
    pub(super) submitted_at: i64,
    /// How the password prompt or the charge under way ends.
    pub(super) ending: Option<Ending>,
    pub(super) busy_reverses: u32,
    /// When it was reversed.
    pub(crate) reversed_at: Option<i64>,
    /// A reverse was tried and refused for good, and nothing has happened since.
    pub(crate) reverse_failed: bool,
    /// The payment was handed out for a notification.
    pub(super) told: bool,
    pub(super) refusal: Option<&'static str>,
    pub(super) charged_fen: i64,
    pub(super) refunded_fen: i64,
    pub(super) charges: u32,
    pub(crate) foreign: bool,
}

#[derive(Clone, Copy)]
pub(super) enum Ending {
    At(i64, PasswordEnd),
    AfterQueries(u32),
    AfterReverses(u32),
}

#[derive(Clone, Copy)]
pub(super) enum Event {
    Charge,
    Fail,
    AutoRevoke,
    Close,
    Vanish,
}

impl Order {
    pub(super) fn new(
        now: i64,
        sale: Sale,
        scenario: Option<Scenario>,
        number: u64,
        refusal: Option<&'static str>,
    ) -> Self {
        Self {
            scenario,
            prepay: None,
            state: State::NotPay,
            transaction_id: match sale.channel {
                None => format!("4200{number:024}"),
                // Fubei's numbers have 20 digits.
                Some(_) => format!("20{number:018}"),
            },
            openid: format!("oSimulatedPayer{number:013}"),
            paid_at: None,
            submitted_at: now,
            ending: None,
            busy_reverses: 0,
            reversed_at: None,
            reverse_failed: false,
            told: false,
            refusal,
            charged_fen: 0,
            refunded_fen: 0,
            charges: 0,
            foreign: false,
            sale,
        }
    }

    /// Where and how the payment is told.
    pub(crate) fn notify(&self) -> Option<&Notify> {
        let prepaid = self.prepay.as_ref().map(|prepay| &prepay.notify);
        prepaid.or(self.sale.notify.as_ref())
    }

    /// Whether the payer's money is here, or was until it was refunded.
    pub(crate) fn is_paid(&self) -> bool {
        matches!(self.state, State::Success | State::Refund) && self.reversed_at.is_none()
    }

    pub(crate) fn trade_type(&self) -> TradeType {
        self.prepay
            .as_ref()
            .map_or(TradeType::Micropay, |prepay| prepay.trade_type)
    }

    pub(super) fn book(&mut self, now: i64, booking: Booking, settings: &Settings) {
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

    pub(super) fn submitted_again(&self, sale: &Sale) -> Submitted {
        let refused = Submitted::Refused;
        match self.state {
            _ if self.prepay.is_some() => refused(Refusal::NumberUsed),
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
    pub(super) fn next_event(
        &self,
        now: i64,
        counts: Counts,
        settings: &Settings,
    ) -> Option<(i64, Event)> {
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
            State::UserPaying | State::NotPay | State::PayError => match &self.prepay {
                Some(prepay) => prepay.expires_at.map(|at| (at, Event::Close)),
                None => settings
                    .timing
                    .auto_revoke_ms
                    .map(|ms| (self.submitted_at + ms, Event::AutoRevoke)),
            },
            _ => None,
        };
        ending.into_iter().chain(other).min_by_key(|(at, _)| *at)
    }

    pub(super) fn charge(&mut self, at: i64) {
        self.charged_fen += self.sale.total_fee;
        self.charges += 1;
        self.paid_at = Some(at);
        self.end(State::Success);
    }

    pub(super) fn give_back(&mut self) {
        self.refunded_fen += self.charged_fen - self.refunded_fen;
    }

    pub(super) fn end(&mut self, state: State) {
        self.state = state;
        self.reverse_failed = false;
        self.ending = None;
    }
}
