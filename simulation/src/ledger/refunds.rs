//! Refunds and the questions about them.

use super::{Refund, Request, Said, Standing, refused};
use crate::plan::Plan;
use crate::world::State;

impl State {
    pub(super) fn refund(&mut self, plan: &Plan, request: &Request) -> Said {
        let number = request.number.as_str();
        if let Some(refund) = self.ledger.refunds.get(number) {
            if refund.fee != request.fee || refund.order != request.order {
                return refused("REFUND_FEE_MISMATCH");
            }
            return self.said_of_refund(number, false);
        }
        if let Some(refusal) = self.ledger.refused_refunds.get(number) {
            return refusal.clone();
        }
        let refuse = |state: &mut Self, said: Said| {
            state
                .ledger
                .refused_refunds
                .insert(number.to_owned(), said.clone());
            said
        };
        let left = self.ledger.net(&request.order);
        if left < request.fee {
            return refuse(self, refused("TRADE_STATE_ERROR"));
        }
        let mut told = None;
        if self.gateway_fault(plan) {
            match self.rng.u8(..9) {
                0 => {
                    self.tally.fault("refund: a system error, not taken on");
                    return refused("SYSTEMERROR");
                }
                1 => {
                    self.tally
                        .fault("refund: taken on, and a system error told");
                    told = Some(refused("BIZERR_NEED_RETRY"));
                }
                2 => {
                    self.tally.fault("refund declined");
                    return refuse(self, refused("NOTENOUGH"));
                }
                3 => {
                    self.tally.fault("refund rejected");
                    return refuse(self, refused("PARAM_ERROR"));
                }
                4 => {
                    self.tally.fault("refund: taken on, and a page told");
                    told = Some(Said::Page(500));
                }
                5 => {
                    self.tally.fault("refund: in doubt, not taken on");
                    return refuse(self, refused("REFUND_FEE_MISMATCH"));
                }
                6 if plan.policy.confirm_declines => {
                    self.tally.fault("refund: taken on, and a refusal told");
                    told = Some(refused("NOTENOUGH"));
                }
                7 => {
                    self.tally
                        .fault("refund: taken on, and another amount told");
                    self.ledger.lied.insert(number.to_owned());
                    told = Some(Said::Refund {
                        number: number.to_owned(),
                        order: request.order.clone(),
                        fee: request.fee + 1,
                        total: request.total,
                        status: "PROCESSING",
                        asked: false,
                    });
                }
                _ => {
                    self.tally.fault("refund: an unknown refusal");
                    let said = refused("SOMETHING_NEW");
                    return match plan.api.is_fubei() {
                        // The channel's own code is a refusal like any other there.
                        true => refuse(self, said),
                        false => said,
                    };
                }
            }
        }
        let share = if told.is_some() { 40.0 } else { 10.0 };
        let fails = !plan.explicit_reverse && self.percent(share);
        let at_once = self.percent(30.0);
        let refund = Refund {
            order: request.order.clone(),
            fee: request.fee,
            fails,
            foreign: false,
            since: if at_once { None } else { Some(self.now) },
        };
        self.ledger.refunds.insert(number.to_owned(), refund);
        if let Some(order) = self.ledger.orders.get_mut(&request.order) {
            order.given_back += if fails { 0 } else { request.fee };
        }
        self.set(&request.order, Standing::Refunded);
        told.unwrap_or_else(|| self.said_of_refund(number, false))
    }

    /// One that was clearly refused, and so may be asked for anew.
    pub(super) fn count_refused_refund(&mut self, request: &Request, said: &Said) {
        let unclear = ["SYSTEMERROR", "BIZERR_NEED_RETRY"];
        let refused = matches!(said, Said::Refused { code, .. } if !unclear.contains(code));
        let number = &request.number;
        if refused && !request.copy && !self.ledger.refunds.contains_key(number) {
            self.ledger.charges.entry(number.clone()).or_default().1 += 1;
        }
    }

    fn said_of_refund(&self, number: &str, asked: bool) -> Said {
        match self.ledger.refunds.get(number) {
            None => refused("REFUNDNOTEXIST"),
            Some(refund) => Said::Refund {
                number: number.to_owned(),
                order: refund.order.clone(),
                fee: refund.fee,
                total: self
                    .ledger
                    .orders
                    .get(&refund.order)
                    .map_or(888, |order| order.total),
                status: refund.status(self.now),
                asked,
            },
        }
    }

    pub(super) fn refund_query(&mut self, plan: &Plan, request: &Request) -> Said {
        if self.gateway_fault(plan) {
            match self.rng.u8(..4) {
                0 => {
                    self.tally.fault("refund query: a system error");
                    return refused("SYSTEMERROR");
                }
                1 => {
                    self.tally.fault("refund query: rejected");
                    return refused("NOAUTH");
                }
                2 => {
                    self.tally.fault("refund query: a page");
                    return Said::Page(502);
                }
                _ => {
                    let honest = self.said_of_refund(&request.number, true);
                    if let Said::Refund {
                        number,
                        order,
                        fee,
                        total,
                        status,
                        asked,
                    } = honest
                    {
                        self.tally.fault("refund query: another amount");
                        self.ledger.lied.insert(number.clone());
                        return Said::Refund {
                            number,
                            order,
                            fee: fee + 1,
                            total,
                            status,
                            asked,
                        };
                    }
                }
            }
        }
        self.said_of_refund(&request.number, true)
    }
}
