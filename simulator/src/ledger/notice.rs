//! What somebody has to be told: payments of prepay orders and ends of refunds.

use super::{Book, Notify, Order, Refund, RefundState};
use crate::notify::NotificationKind;
use crate::settings::Settings;

/// Something that happened and that a request named a `notify_url` for.
pub(crate) enum Notice {
    Payment(Box<Order>),
    Refund(Box<Refund>, Box<Order>),
}

impl Notice {
    pub(crate) fn order(&self) -> &Order {
        match self {
            Self::Payment(order) | Self::Refund(_, order) => order,
        }
    }

    /// Where and how it is told.
    pub(crate) fn notify(&self) -> Option<&Notify> {
        match self {
            Self::Payment(order) => order.notify(),
            Self::Refund(refund, _) => Some(&refund.request.notify),
        }
    }

    /// What it is about: the order's number and the refund's.
    pub(crate) fn numbers(&self) -> (NotificationKind, &str, Option<&str>) {
        let order = self.order().sale.key.out_trade_no.as_str();
        match self {
            Self::Payment(_) => (NotificationKind::Payment, order, None),
            Self::Refund(refund, _) => {
                let number = refund.request.key.out_refund_no.as_str();
                (NotificationKind::Refund, order, Some(number))
            }
        }
    }
}

impl Book {
    /// What could be told about a paid order that is told at all.
    pub(crate) fn payment_notice(
        &mut self,
        now: i64,
        out_trade_no: &str,
        settings: &Settings,
    ) -> Option<Notice> {
        self.settle(now, settings);
        let paid = |order: &&Order| {
            order.notify().is_some()
                && order.sale.key.out_trade_no == out_trade_no
                && order.is_paid()
                && !order.foreign
        };
        let orders = self
            .entries
            .values()
            .filter_map(|entry| entry.order.as_ref());
        let order = orders.into_iter().find(paid)?;
        Some(Notice::Payment(Box::new(order.clone())))
    }

    /// What could be told about a refund that has ended.
    pub(crate) fn refund_notice(
        &mut self,
        now: i64,
        out_refund_no: &str,
        settings: &Settings,
    ) -> Option<Notice> {
        self.settle(now, settings);
        let ended = |refund: &&Refund| {
            refund.request.key.out_refund_no == out_refund_no
                && !matches!(refund.state, RefundState::Absent | RefundState::Processing)
        };
        let refund = self.all_opened().find(ended)?;
        let order = self.order(&refund.request.order)?;
        Some(Notice::Refund(
            Box::new(refund.clone()),
            Box::new(order.clone()),
        ))
    }

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
            if order.foreign || order.notify().is_none_or(|notify| notify.url.is_none()) {
                continue;
            }
            if order.is_paid() && !order.told {
                order.told = true;
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
