//! Money that goes back: refunds by number, each at most once.

use std::collections::BTreeMap;

use super::prepay::Notify;
use super::record::{RefundAction, RefundError, RefundRecord, RefundState};
use super::{Book, Key, Order, State};
use crate::settings::Settings;

/// A refund number is unique within its merchant and shop.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RefundKey {
    pub(crate) mch_id: String,
    pub(crate) sub_mch_id: Option<String>,
    pub(crate) out_refund_no: String,
}

/// A refund that was asked for.
#[derive(Clone)]
pub(crate) struct RefundRequest {
    pub(crate) key: RefundKey,
    pub(crate) order: Key,
    pub(crate) refund_fee: i64,
    /// What the request says the order was about.
    pub(crate) total_fee: i64,
    pub(crate) notify: Notify,
    /// Everything else that must be the same when the request comes again.
    pub(crate) parameters: BTreeMap<String, String>,
}

impl RefundRequest {
    /// A retry may come through the other API, whose parameters have other names.
    fn same_as(&self, other: &Self) -> bool {
        let same_generation = std::mem::discriminant(&self.notify.generation)
            == std::mem::discriminant(&other.notify.generation);
        self.order == other.order
            && (self.refund_fee, self.total_fee) == (other.refund_fee, other.total_fee)
            && (!same_generation || self.parameters == other.parameters)
    }
}

#[derive(Clone)]
pub(crate) struct Refund {
    pub(crate) request: RefundRequest,
    pub(crate) refund_id: String,
    pub(crate) state: RefundState,
    /// Milliseconds since the start.
    pub(crate) opened_at: i64,
    /// When the money was back.
    pub(crate) success_at: Option<i64>,
    /// When it succeeds by itself.
    due: Option<i64>,
    /// The end that was handed out for a notification.
    pub(super) told: Option<RefundState>,
    pub(super) number: u64,
}

/// What a refund request found.
pub(crate) enum Refunded {
    /// Opened now or before by the same request.
    Refund(Box<Refund>, Box<Order>),
    Refused(RefundRefusal),
}

/// Why a refund is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RefundRefusal {
    NoOrder,
    NotPaid,
    Reversed,
    /// Another amount than the order's, or other parameters than the number's first request had.
    Mismatch,
    AllRefunded,
    TooMuch,
    TooMany,
}

/// How many refunds an order can have: WeChat's, and Fubei's.
fn most(order: &Order) -> usize {
    match order.sale.channel {
        None => 50,
        Some(_) => 10,
    }
}

#[derive(Default)]
pub(super) struct RefundEntry {
    submits: u32,
    queries: u32,
    pub(super) refund: Option<Refund>,
}

impl Book {
    /// Counts a refund request, whatever becomes of it.
    pub(crate) fn refund_received(&mut self, key: &RefundKey) {
        self.refunds.entry(key.clone()).or_default().submits += 1;
    }

    /// Counts a question about a refund number, whatever becomes of it.
    pub(crate) fn refund_query_received(&mut self, key: &RefundKey) {
        self.refunds.entry(key.clone()).or_default().queries += 1;
    }

    /// Opens a refund, or finds the one that the same request opened before.
    pub(crate) fn refund(
        &mut self,
        now: i64,
        request: &RefundRequest,
        settings: &Settings,
    ) -> Refunded {
        self.settle(now, settings);
        let refused = Refunded::Refused;
        let order = match self.entries.get(&request.order) {
            Some(entry) => entry.order.as_ref(),
            None => None,
        };
        let Some(order) = order.filter(|order| order.state != State::InFlight) else {
            return refused(RefundRefusal::NoOrder);
        };
        if let Some(refund) = self.opened(&request.key) {
            return if refund.request.same_as(request) {
                Refunded::Refund(Box::new(refund.clone()), Box::new(order.clone()))
            } else {
                refused(RefundRefusal::Mismatch)
            };
        }
        let (pending, count) = self.pending(&request.order);
        let left = order.charged_fen - order.refunded_fen - pending;
        match order.state {
            State::Success | State::Refund => {}
            State::Revoked => return refused(RefundRefusal::Reversed),
            _ => return refused(RefundRefusal::NotPaid),
        }
        if request.total_fee != order.sale.total_fee {
            return refused(RefundRefusal::Mismatch);
        }
        if left == 0 {
            return refused(RefundRefusal::AllRefunded);
        }
        if request.refund_fee > left {
            return refused(RefundRefusal::TooMuch);
        }
        if count >= most(order) {
            return refused(RefundRefusal::TooMany);
        }
        self.transactions += 1;
        let number = self.transactions;
        let refund = Refund {
            request: request.clone(),
            refund_id: format!("5030{number:024}"),
            state: RefundState::Processing,
            opened_at: now,
            success_at: None,
            due: Some(now + settings.timing.refund_ms),
            told: None,
            number,
        };
        self.refunds.entry(request.key.clone()).or_default().refund = Some(refund);
        if let Some(order) = self.order_mut(&request.order) {
            order.end(State::Refund);
        }
        self.settle_refunds(now);
        match (self.opened(&request.key), self.order(&request.order)) {
            (Some(refund), Some(order)) => {
                Refunded::Refund(Box::new(refund.clone()), Box::new(order.clone()))
            }
            _ => refused(RefundRefusal::NoOrder),
        }
    }

    /// The refund with this number.
    pub(crate) fn refund_of(
        &mut self,
        now: i64,
        key: &RefundKey,
        settings: &Settings,
    ) -> Option<(Refund, Order)> {
        self.settle(now, settings);
        let refund = self.opened(key)?.clone();
        let order = self.order(&refund.request.order)?.clone();
        Some((refund, order))
    }

    /// The refunds of an order, oldest first.
    pub(crate) fn refunds_of(&mut self, now: i64, order: &Key, settings: &Settings) -> Vec<Refund> {
        self.settle(now, settings);
        let mut refunds: Vec<_> = self
            .all_opened()
            .filter(|refund| refund.request.order == *order)
            .cloned()
            .collect();
        refunds.sort_by_key(|refund| refund.number);
        refunds
    }

    /// The refund number behind the platform's own.
    pub(crate) fn out_refund_no(
        &self,
        mch_id: &str,
        sub_mch_id: Option<&str>,
        refund_id: &str,
    ) -> Option<&str> {
        self.all_opened()
            .find(|refund| {
                let key = &refund.request.key;
                key.mch_id == mch_id
                    && key.sub_mch_id.as_deref() == sub_mch_id
                    && refund.refund_id == refund_id
            })
            .map(|refund| refund.request.key.out_refund_no.as_str())
    }

    /// Does to a refund what its bank does.
    pub(crate) fn act_on_refund(
        &mut self,
        now: i64,
        out_refund_no: &str,
        action: RefundAction,
        settings: &Settings,
    ) -> Result<RefundState, RefundError> {
        self.settle(now, settings);
        let key = self
            .all_opened()
            .map(|refund| &refund.request.key)
            .find(|key| key.out_refund_no == out_refund_no)
            .cloned();
        let refund = key.and_then(|key| self.refunds.get_mut(&key)?.refund.as_mut());
        let Some(refund) = refund else {
            return Err(RefundError::NoRefund(out_refund_no.to_owned()));
        };
        match (action, refund.state) {
            (RefundAction::Succeed, RefundState::Processing | RefundState::Abnormal) => {
                refund.due = Some(now);
                refund.state = RefundState::Processing;
            }
            (RefundAction::Wait, RefundState::Processing) => refund.due = None,
            (RefundAction::Fail, RefundState::Processing) => {
                refund.due = None;
                refund.state = RefundState::Abnormal;
            }
            (RefundAction::Close, RefundState::Processing | RefundState::Abnormal) => {
                refund.due = None;
                refund.state = RefundState::Closed;
            }
            (action, state) => return Err(RefundError::State { state, action }),
        }
        let key = refund.request.key.clone();
        self.settle_refunds(now);
        Ok(self.opened(&key).map_or(RefundState::Absent, |r| r.state))
    }

    /// Lets every refund succeed that is due at `now`, and counts its money.
    pub(super) fn settle_refunds(&mut self, now: i64) {
        for entry in self.refunds.values_mut() {
            let Some(refund) = &mut entry.refund else {
                continue;
            };
            let Some(due) = refund.due.filter(|due| *due <= now) else {
                continue;
            };
            refund.due = None;
            refund.state = RefundState::Success;
            refund.success_at = Some(due);
            let order = self.entries.get_mut(&refund.request.order);
            if let Some(order) = order.and_then(|entry| entry.order.as_mut()) {
                order.refunded_fen += refund.request.refund_fee;
            }
        }
    }

    /// When the next refund succeeds by itself.
    pub(super) fn next_refund(&self) -> Option<i64> {
        self.all_opened().filter_map(|refund| refund.due).min()
    }

    pub(super) fn all_opened(&self) -> impl Iterator<Item = &Refund> {
        self.refunds
            .values()
            .filter_map(|entry| entry.refund.as_ref())
    }

    /// What refunds hold of an order without having given it back yet, fen; and how many refunds
    /// it has.
    pub(super) fn pending(&self, order: &Key) -> (i64, usize) {
        self.all_opened()
            .filter(|refund| refund.request.order == *order)
            .fold((0, 0), |(pending, count), refund| match refund.state {
                RefundState::Processing | RefundState::Abnormal => {
                    (pending + refund.request.refund_fee, count + 1)
                }
                _ => (pending, count + 1),
            })
    }

    fn opened(&self, key: &RefundKey) -> Option<&Refund> {
        self.refunds.get(key)?.refund.as_ref()
    }

    pub(super) fn refund_records(&self) -> Vec<RefundRecord> {
        self.refunds
            .iter()
            .map(|(key, entry)| {
                let refund = entry.refund.as_ref();
                let request = refund.map(|refund| &refund.request);
                RefundRecord {
                    out_refund_no: key.out_refund_no.clone(),
                    mch_id: key.mch_id.clone(),
                    sub_mch_id: key.sub_mch_id.clone(),
                    refund_id: refund.map(|refund| refund.refund_id.clone()),
                    out_trade_no: request.map(|request| request.order.out_trade_no.clone()),
                    refund_fee: request.map(|request| request.refund_fee),
                    state: refund.map_or(RefundState::Absent, |refund| refund.state),
                    submits: entry.submits,
                    queries: entry.queries,
                }
            })
            .collect()
    }
}
