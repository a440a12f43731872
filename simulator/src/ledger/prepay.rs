//! Orders that the payer pays elsewhere: made by a prepay request, paid or closed later.

use std::collections::BTreeMap;

use super::order::{Ending, Order, Sale};
use super::{Book, Counts, Key, Refusal, State};
use crate::channel::Channel;
use crate::fubei::{FubeiApi, FubeiLevel};
use crate::scenario::PasswordEnd;
use crate::settings::{Settings, SignType};

/// How an order is paid, as the documents' `trade_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TradeType {
    Micropay,
    Jsapi,
    Native,
    App,
    Mweb,
}

impl TradeType {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Micropay => "MICROPAY",
            Self::Jsapi => "JSAPI",
            Self::Native => "NATIVE",
            Self::App => "APP",
            Self::Mweb => "MWEB",
        }
    }
}

/// The API generation of a request, which is also that of the notification about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Generation {
    V2(SignType),
    V3,
    /// And whose secret signs.
    Fubei(FubeiApi, FubeiLevel),
}

/// Where and how somebody wants to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Notify {
    pub(crate) url: Option<String>,
    pub(crate) generation: Generation,
}

/// An order that was asked for.
#[derive(Clone)]
pub(crate) struct Prepay {
    pub(crate) key: Key,
    pub(crate) trade_type: TradeType,
    pub(crate) total_fee: i64,
    pub(crate) fee_type: String,
    /// Whose money it will be, if an aggregator takes it.
    pub(crate) channel: Option<Channel>,
    /// Who has to pay, if the request says so.
    pub(crate) openid: Option<String>,
    pub(crate) notify: Notify,
    /// Milliseconds since the start; unpaid by then it is closed.
    pub(crate) expires_at: Option<i64>,
    /// Everything that must be the same when the request comes again.
    pub(crate) parameters: BTreeMap<String, String>,
}

/// What an order made by prepay has beyond others.
#[derive(Clone)]
pub(crate) struct Prepaid {
    pub(crate) trade_type: TradeType,
    pub(crate) prepay_id: String,
    pub(crate) notify: Notify,
    pub(super) expires_at: Option<i64>,
}

impl Prepaid {
    /// What a Native order's QR code says.
    pub(crate) fn code_url(&self) -> String {
        format!("weixin://wxpay/bizpayurl?pr={}zz", self.tail())
    }

    /// Where a browser on a phone is sent to.
    pub(crate) fn h5_url(&self) -> String {
        format!(
            "https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id={}&package={}",
            self.prepay_id,
            self.tail()
        )
    }

    fn tail(&self) -> &str {
        self.prepay_id.get(27..).unwrap_or_default()
    }
}

/// What a prepay found.
pub(crate) enum Prepared {
    Order(Box<Order>),
    /// `expires_at` is over already.
    Expired,
    Refused(Refusal),
}

/// What a close did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Closed {
    Done,
    NotFound,
    /// A payment by code: it can only be reversed.
    ByCode,
    Paid,
    Already,
}

impl Book {
    /// Makes an order, or finds the one that the same request made before.
    pub(crate) fn prepay(
        &mut self,
        now: i64,
        prepay: &Prepay,
        earlier: Counts,
        settings: &Settings,
    ) -> Prepared {
        let entry = self.entries.entry(prepay.key.clone()).or_default();
        entry.settle(now, earlier, settings);
        let refused = Prepared::Refused;
        if entry.tombstone {
            return refused(Refusal::OrderReversed);
        }
        if let Some(order) = &entry.order {
            return match order.state {
                _ if order.prepay.is_none() => refused(Refusal::NumberUsed),
                State::Success | State::Refund => refused(Refusal::OrderPaid),
                State::Revoked => refused(Refusal::OrderReversed),
                State::Closed => refused(Refusal::OrderClosed),
                _ if order.sale.parameters != prepay.parameters => refused(Refusal::DifferentSale),
                _ => Prepared::Order(Box::new(order.clone())),
            };
        }
        if prepay.expires_at.is_some_and(|at| at <= now) {
            return Prepared::Expired;
        }
        self.transactions += 1;
        let order = entry.order.insert(Order::prepaid(
            now,
            prepay.clone(),
            self.transactions,
            settings.timing.prepay_ms,
        ));
        Prepared::Order(Box::new(order.clone()))
    }

    pub(crate) fn close(
        &mut self,
        now: i64,
        key: &Key,
        earlier: Counts,
        settings: &Settings,
    ) -> Closed {
        let entry = self.entries.entry(key.clone()).or_default();
        entry.settle(now, earlier, settings);
        let Some(order) = &mut entry.order else {
            return Closed::NotFound;
        };
        match order.state {
            State::InFlight => Closed::NotFound,
            _ if order.prepay.is_none() => Closed::ByCode,
            State::Success | State::Refund => Closed::Paid,
            State::Closed | State::Revoked => Closed::Already,
            State::NotPay | State::UserPaying | State::PayError | State::Absent => {
                order.end(State::Closed);
                Closed::Done
            }
        }
    }
}

impl Order {
    fn prepaid(now: i64, prepay: Prepay, number: u64, pays_after: Option<i64>) -> Self {
        let sale = Sale {
            key: prepay.key,
            auth_code: String::new(),
            total_fee: prepay.total_fee,
            fee_type: prepay.fee_type,
            channel: prepay.channel,
            notify: None,
            parameters: prepay.parameters,
        };
        let mut order = Self::new(now, sale, None, number, None);
        if let Some(openid) = prepay.openid {
            order.openid = openid;
        }
        order.ending = pays_after.map(|ms| Ending::At(now + ms, PasswordEnd::Paid));
        order.prepay = Some(Prepaid {
            trade_type: prepay.trade_type,
            // 36 characters, as WeChat's own.
            prepay_id: format!("wx{now:014}{number:020}"),
            notify: prepay.notify,
            expires_at: prepay.expires_at,
        });
        order
    }
}
