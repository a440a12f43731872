//! What somebody has to be told: payments of prepay orders and ends of refunds.

use super::{Book, Order, Refund, RefundState, State};
use crate::settings::Settings;

/// Something that happened and that a request named a `notify_url` for.
pub(crate) enum Notice {
    Payment(Box<Order>),
    Refund(Box<Refund>, Box<Order>),
}

impl Book {
    /// Hands out what happened by `now`, each once; and says when the next thing will happen by
    /// itself.
    pub(crate) fn notices(&mut self, now: i64, settings: &Settings) -> (Vec<Notice>, Option<i64>) {
        self.settle(now, settings);
        let mut notices = Vec::new();
        let mut next = self.next_refund();
        for entry in self.entries.values_mut() {
            let Some(order) = &mut entry.order else {
                continue;
            };
            let event = order.next_event(now, entry.counts, settings);
            let Some(prepay) = &mut order.prepay else {
                continue;
            };
            if prepay.notify.url.is_none() {
                continue;
            }
            let paid = matches!(order.state, State::Success | State::Refund);
            if paid && !prepay.told {
                prepay.told = true;
                notices.push(Notice::Payment(Box::new(order.clone())));
            }
            next = next.into_iter().chain(event.map(|(at, _)| at)).min();
        }
        for entry in self.refunds.values_mut() {
            let Some(refund) = &mut entry.refund else {
                continue;
            };
            let ended = match refund.state {
                RefundState::Absent | RefundState::Processing => None,
                end => Some(end),
            };
            if refund.request.notify.url.is_none() || ended.is_none() || ended == refund.told {
                continue;
            }
            let order = self.entries.get(&refund.request.order);
            if let Some(order) = order.and_then(|entry| entry.order.clone()) {
                refund.told = ended;
                notices.push(Notice::Refund(Box::new(refund.clone()), Box::new(order)));
            }
        }
        (notices, next)
    }
}
