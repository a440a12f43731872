//! Charges, queries and reverses.

use super::{LAG, Order, REJECTED, Request, Said, Standing, refused};
use crate::plan::{Plan, Stranger};
use crate::world::{Happening, State};

const LISTED: &[&str] = &[
    "NOTENOUGH",
    "NOTSUPORTCARD",
    "AUTHCODEEXPIRE",
    "AUTH_CODE_INVALID",
];
const UNLISTED: &[&str] = &["RULE_LIMIT", "ACCOUNT_ERROR", "SOMETHING_NEW"];

/// A paid order with another amount.
fn overstated(honest: Said) -> Option<Said> {
    match honest {
        Said::Order {
            number,
            standing: Standing::Paid,
            total,
            paid_at,
        } => Some(Said::Order {
            number,
            standing: Standing::Paid,
            total: total + 1,
            paid_at,
        }),
        _ => None,
    }
}

impl State {
    pub(super) fn begin_typing(&mut self, number: &str, total: i64) {
        let now = self.now;
        self.open(number, total, Standing::Paying, now);
        let after = match self.rng.u8(..10) {
            0..7 => self.rng.u64(1_000..30_000),
            7..9 => self.rng.u64(30_000..70_000),
            _ => self.rng.u64(70_000..110_000),
        };
        self.later(now + after, Happening::Payer(number.to_owned()));
    }

    pub(super) fn gateway_fault(&mut self, plan: &Plan) -> bool {
        let fault = !self.healed && self.percent(plan.gateway_faults);
        // Where one thing goes wrong, the next one does, too.
        if fault && self.rng.u8(..6) == 0 {
            self.tally.fault("query: system errors for a while");
            self.ledger.ill_until = self.now + self.rng.u64(3_000..25_000);
        }
        fault
    }

    pub(super) fn charge(&mut self, plan: &Plan, request: &Request, id: u64) -> Said {
        let (number, total, now) = (request.number.as_str(), request.total, self.now);
        if let Some(order) = self.ledger.orders.get(number) {
            // Some look at the payer's code first.
            if order.foreign && !plan.calm && plan.seed.is_multiple_of(3) {
                return refused("NOTENOUGH");
            }
            return match order.standing() {
                Standing::Paid | Standing::Refunded => refused("ORDERPAID"),
                Standing::Closed => refused("ORDERCLOSED"),
                Standing::Revoked | Standing::RevokeFailed => refused("ORDERREVERSED"),
                Standing::Paying => refused("USERPAYING"),
                Standing::NotPaid | Standing::Failed => refused("OUT_TRADE_NO_USED"),
            };
        }
        if self.ledger.burnt.contains(number) {
            return refused("ORDERREVERSED");
        }
        if request.copy {
            return refused("SYSTEMERROR");
        }
        let shown = self.ledger.shown.get(number).copied().unwrap_or(now);
        let lifetime = u64::try_from(plan.policy.code_lifetime.as_millis()).unwrap_or(60_000);
        if now.saturating_sub(shown) + LAG + 1_000 >= lifetime {
            return refused("AUTHCODEEXPIRE");
        }
        let latest = shown + lifetime - LAG - 1_000;
        if self.gateway_fault(plan) {
            match self.rng.u8(..9) {
                // Rejected: not executed, and the gateway says so.
                0 => {
                    self.ledger.charges.entry(number.to_owned()).or_default().1 += 1;
                    self.tally.fault("charge rejected");
                    let code = self.pick(REJECTED);
                    return match self.rng.bool() {
                        true => refused(code),
                        false => Said::Turned("签名错误"),
                    };
                }
                1 => {
                    self.tally.fault("charged, and a system error told");
                    self.open(number, total, Standing::Paid, now);
                    let code = self.pick(&["SYSTEMERROR", "BANKERROR"]);
                    return refused(code);
                }
                2 => {
                    self.tally.fault("not charged, and a system error told");
                    return refused("SYSTEMERROR");
                }
                3 | 4 if !plan.clock_ahead => {
                    self.tally.fault("booked late");
                    let at = self.rng.u64(now..=latest.max(now));
                    self.later(at, Happening::Book(id));
                    return refused("SYSTEMERROR");
                }
                // A refusal that was none: the one question that follows shows it.
                5 if plan.policy.confirm_declines => {
                    self.tally.fault("charged, and a refusal told");
                    let standing = match self.rng.u8(..8) {
                        0..4 => Standing::Paid,
                        4 => Standing::Failed,
                        5 => Standing::Revoked,
                        // Fubei would go on calling it paid, and nobody could know.
                        6 if !plan.api.is_fubei() => Standing::Refunded,
                        _ => Standing::Paying,
                    };
                    if standing == Standing::Paying {
                        self.begin_typing(number, total);
                    }
                    self.open(number, total, standing, 0);
                    if let (Standing::Refunded, Some(order)) =
                        (standing, self.ledger.orders.get_mut(number))
                    {
                        order.charged = true;
                        order.given_back = total;
                    }
                    let code = self.pick(LISTED);
                    return refused(code);
                }
                6 => {
                    self.tally.fault("charged, and an unknown refusal told");
                    self.open(number, total, Standing::Paid, now);
                    let code = self.pick(UNLISTED);
                    return refused(code);
                }
                7 => {
                    self.tally.fault("charged, and a page told");
                    self.open(number, total, Standing::Paid, now);
                    return Said::Page(502);
                }
                _ => {
                    self.tally.fault("charged, and another amount told");
                    self.open(number, total, Standing::Paid, now);
                    self.ledger.lied.insert(number.to_owned());
                    let Said::Order {
                        number,
                        standing,
                        paid_at,
                        ..
                    } = self.said_of(number, now)
                    else {
                        return Said::Garbage;
                    };
                    return Said::Order {
                        number,
                        standing,
                        total: total + 1,
                        paid_at,
                    };
                }
            }
        }
        match self.rng.u8(..100) {
            0..45 => {
                self.open(number, total, Standing::Paid, now);
                self.said_of(number, now)
            }
            45..75 => {
                self.begin_typing(number, total);
                match self.rng.bool() {
                    true => refused("USERPAYING"),
                    false => self.said_of(number, now),
                }
            }
            75..88 => refused(self.pick(LISTED)),
            88..91 => {
                self.open(number, total, Standing::NotPaid, now);
                refused(self.pick(LISTED))
            }
            91..94 => {
                self.open(number, total, Standing::Failed, now);
                let text = "支付失败，请撤销订单";
                Said::Refused {
                    code: "TRADE_ERROR",
                    text,
                }
            }
            94..96 => {
                self.open(number, total, Standing::Closed, now);
                refused(self.pick(UNLISTED))
            }
            // The gateway has given it up by itself.
            96 => {
                self.open(number, total, Standing::Revoked, now);
                refused("SYSTEMERROR")
            }
            _ => refused(self.pick(UNLISTED)),
        }
    }

    pub(super) fn query(&mut self, plan: &Plan, request: &Request) -> Said {
        let number = request.number.as_str();
        if !self.healed && self.now < self.ledger.ill_until {
            return refused("SYSTEMERROR");
        }
        if !self.healed
            && self.ledger.overstated.contains(number)
            && let Some(said) = overstated(self.said_of(number, self.now))
        {
            return said;
        }
        if self.gateway_fault(plan) {
            let honest = self.said_of(number, self.now);
            match self.rng.u8(..24) {
                0..6 => {
                    self.tally.fault("query: a system error");
                    return refused("SYSTEMERROR");
                }
                6..12 => {
                    self.tally.fault("query: rejected");
                    return refused("NOAUTH");
                }
                12..16 => {
                    self.tally.fault("query: a page");
                    return Said::Page(504);
                }
                16..20 => {
                    self.tally.fault("query: forged");
                    return Said::Forged(Box::new(honest));
                }
                which if which == 20 || (plan.prepay && (21..23).contains(&which)) => {
                    if let Some(said) = overstated(honest) {
                        self.tally.fault("query: another amount");
                        self.ledger.lied.insert(number.to_owned());
                        return said;
                    }
                }
                _ => {
                    self.tally.fault("query: a probe, or another's answer");
                    return match plan.api {
                        crate::plan::Api::V3 => Said::Probe,
                        _ => Said::Order {
                            number: "ANOTHER".into(),
                            standing: Standing::Revoked,
                            total: 1,
                            paid_at: 0,
                        },
                    };
                }
            }
        }
        let lag = match request.host {
            1 if !self.healed && !plan.clock_ahead => self.rng.u64(..=LAG),
            _ => 0,
        };
        let said = self.said_of(number, self.now.saturating_sub(lag));
        if said != self.said_of(number, self.now) {
            self.tally.fault("hosts disagree");
        }
        said
    }

    pub(super) fn reverse(&mut self, plan: &Plan, request: &Request) -> Said {
        let number = request.number.as_str();
        let done = |recall| Said::Undone {
            number: number.to_owned(),
            recall,
        };
        if self
            .ledger
            .orders
            .get(number)
            .is_some_and(|order| order.foreign)
        {
            self.tally
                .fault("somebody else's order is asked to be reversed");
            return match self.percent(50.0) && !self.healed {
                true => done(false),
                false => refused("REVERSE_EXPIRE"),
            };
        }
        if self.gateway_fault(plan) {
            match self.rng.u8(..10) {
                0 | 1 => {
                    self.tally.fault("reversed, and a system error told");
                    self.undo(plan, number);
                    return refused("SYSTEMERROR");
                }
                2 => {
                    self.tally.fault("reverse: again");
                    self.fail_to_reverse(plan, number);
                    return done(true);
                }
                3 => {
                    self.tally.fault("reverse: done, and it was not");
                    self.fail_to_reverse(plan, number);
                    return done(false);
                }
                4 => {
                    self.tally.fault("reverse refused");
                    let text = "商户权限异常";
                    return match self.rng.u8(..3) {
                        0 => Said::Refused {
                            code: "INVALID_REQUEST",
                            text,
                        },
                        1 => refused("TRADE_ERROR"),
                        _ => refused("REVERSE_EXPIRE"),
                    };
                }
                5 => {
                    self.tally.fault("reverse: too often");
                    return Said::Refused {
                        code: "INVALID_REQUEST",
                        text: "频率限制",
                    };
                }
                6 | 7 => {
                    self.tally.fault("reverse: the payer is busy");
                    return refused("USERPAYING");
                }
                8 => {
                    self.tally.fault("reverse: no such order, they say");
                    return refused("ORDERNOTEXIST");
                }
                _ => {
                    self.tally.fault("reverse: a page");
                    return Said::Page(500);
                }
            }
        }
        self.undo(plan, number)
    }

    /// Fubei tells it as the order's state.
    fn fail_to_reverse(&mut self, plan: &Plan, number: &str) {
        let open = |order: &Order| {
            let standing = order.standing();
            !matches!(
                standing,
                Standing::Closed | Standing::Revoked | Standing::Refunded
            )
        };
        if plan.api.is_fubei() && self.ledger.orders.get(number).is_some_and(open) {
            self.set(number, Standing::RevokeFailed);
        }
    }

    fn undo(&mut self, plan: &Plan, number: &str) -> Said {
        let done = Said::Undone {
            number: number.to_owned(),
            recall: false,
        };
        let Some(order) = self.ledger.orders.get_mut(number) else {
            return match plan.stranger {
                Stranger::Unknown => refused("ORDERNOTEXIST"),
                Stranger::Ignored => done,
                Stranger::Again if self.healed => refused("ORDERNOTEXIST"),
                Stranger::Again => Said::Undone {
                    number: number.to_owned(),
                    recall: true,
                },
                Stranger::BurntHidden => {
                    self.ledger.burnt.insert(number.to_owned());
                    refused("ORDERNOTEXIST")
                }
                Stranger::BurntShown => {
                    let now = self.now;
                    self.open(number, 0, Standing::Revoked, now);
                    done
                }
            };
        };
        // An order to scan: some undo it, some do not.
        if order.scanned.is_some() && plan.seed.is_multiple_of(2) {
            return refused("ORDERPAID");
        }
        match order.standing() {
            Standing::Paying if plan.seed.is_multiple_of(2) => refused("USERPAYING"),
            Standing::Closed => refused("ORDERCLOSED"),
            Standing::Revoked => done,
            // Fubei may not look at it.
            Standing::Refunded if !plan.api.is_fubei() || plan.seed.is_multiple_of(2) => {
                refused("TRADE_ERROR")
            }
            _ => {
                if order.charged {
                    order.given_back = order.total;
                }
                self.set(number, Standing::Revoked);
                done
            }
        }
    }
}
