//! What is known of one order number.

use super::order::Event;
use super::{Counts, Key, Order, OrderRecord, Reversed, State};
use crate::settings::{ReverseUnknown, Settings};

#[derive(Default)]
pub(super) struct Entry {
    pub(super) counts: Counts,
    pub(super) order: Option<Order>,
    pub(super) tombstone: bool,
}

impl Entry {
    /// Lets everything happen that is due at `now`. `counts` are the requests that may trigger
    /// something: not the one being answered.
    pub(super) fn settle(&mut self, now: i64, counts: Counts, settings: &Settings) {
        while let Some(order) = &mut self.order {
            match order.next_event(now, counts, settings) {
                Some((at, event)) if at <= now => match event {
                    Event::Charge => order.charge(at),
                    Event::Fail => order.end(State::PayError),
                    Event::AutoRevoke => order.end(State::Revoked),
                    Event::Close => order.end(State::Closed),
                    Event::Vanish => self.order = None,
                },
                _ => return,
            }
        }
    }

    pub(super) fn reverse_unknown(&mut self, rule: ReverseUnknown) -> Reversed {
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

    pub(super) fn record(&self, key: &Key) -> OrderRecord {
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
            scenario: order
                .and_then(|order| order.scenario)
                .map(|scenario| scenario.name().to_owned()),
            trade_type: order.map(|order| order.trade_type().name().to_owned()),
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
            closes: self.counts.closes,
            foreign: order.is_some_and(|order| order.foreign),
        }
    }
}
