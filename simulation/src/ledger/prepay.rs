//! Orders that the payer scans: made, paid by whoever has seen the code, closed.

use super::{Request, Said, Standing, refused};
use crate::plan::Plan;
use crate::world::{EPOCH, Happening, Ms, State, World};

/// What an order to scan has beyond others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Scanned {
    /// Unix seconds; unpaid by then it is closed.
    pub(crate) time_expire: Option<i64>,
}

impl State {
    pub(super) fn prepay(&mut self, plan: &Plan, request: &Request) -> Said {
        if self.gateway_fault(plan) {
            let (fault, made, told) = match self.rng.u8(..9) {
                0 => (
                    "prepay: a system error, not made",
                    false,
                    refused(self.pick(&["SYSTEMERROR", "BANKERROR"])),
                ),
                1 => (
                    "prepay: made, and a system error told",
                    true,
                    refused("SYSTEMERROR"),
                ),
                2 => (
                    "prepay rejected",
                    false,
                    refused(self.pick(super::REJECTED)),
                ),
                3 => ("prepay rejected", false, Said::Turned("签名错误")),
                4 => ("prepay: made, and a page told", true, Said::Page(502)),
                5 => (
                    "prepay: made, and a refusal told",
                    true,
                    refused(self.pick(&["NOAUTH", "RULE_LIMIT"])),
                ),
                6 => (
                    "prepay: made, and a used number told",
                    true,
                    refused(self.pick(super::DUPLICATE)),
                ),
                7 => (
                    "prepay: an unknown refusal",
                    self.rng.bool(),
                    refused("SOMETHING_NEW"),
                ),
                _ => (
                    "prepay: too often",
                    false,
                    Said::Refused {
                        code: "RULE_LIMIT",
                        text: "频率限制，请稍后再试",
                    },
                ),
            };
            self.tally.fault(fault);
            if made {
                let _ = self.make(request);
            }
            return told;
        }
        self.make(request)
    }

    /// Makes the order, or finds the one that the same request has made before.
    fn make(&mut self, request: &Request) -> Said {
        let number = request.number.as_str();
        let scanned = Scanned {
            time_expire: request.time_expire,
        };
        if let Some(order) = self.ledger.orders.get(number) {
            let same = order.total == request.total && order.scanned == Some(scanned);
            return match order.standing() {
                Standing::Paid | Standing::Refunded => refused("ORDERPAID"),
                Standing::Closed => refused("ORDERCLOSED"),
                Standing::Revoked => refused("ORDERREVERSED"),
                _ if order.scanned.is_none() => refused("OUT_TRADE_NO_USED"),
                Standing::Paying
                | Standing::NotPaid
                | Standing::Failed
                | Standing::RevokeFailed
                    if same =>
                {
                    self.code(number)
                }
                Standing::Paying
                | Standing::NotPaid
                | Standing::Failed
                | Standing::RevokeFailed => {
                    self.tally.fault("prepay: other parameters than before");
                    match self.rng.bool() {
                        true => refused("OUT_TRADE_NO_USED"),
                        false => Said::Refused {
                            code: "INVALID_REQUEST",
                            text: "重入请求数据和已存在的业务单据数据不一致",
                        },
                    }
                }
            };
        }
        if self.ledger.burnt.contains(number) {
            return refused("ORDERREVERSED");
        }
        let now = self.now;
        self.open(number, request.total, Standing::NotPaid, now);
        if let Some(order) = self.ledger.orders.get_mut(number) {
            order.scanned = Some(scanned);
        }
        if let Some(at) = request.time_expire {
            let at = u64::try_from(at - EPOCH).unwrap_or(0) * 1000;
            self.later(at, Happening::Expire(number.to_owned()));
        }
        self.code(number)
    }

    fn code(&self, number: &str) -> Said {
        Said::Code {
            number: number.to_owned(),
        }
    }

    pub(super) fn close(&mut self, plan: &Plan, request: &Request) -> Said {
        let number = request.number.as_str();
        if self.gateway_fault(plan) {
            let (fault, told) = match self.rng.u8(..12) {
                0 | 1 => {
                    let _ = self.shut(plan, number);
                    let code = self.pick(&["SYSTEMERROR", "BANKERROR", "SOMETHING_NEW"]);
                    ("closed, and a failure told", refused(code))
                }
                2 | 3 => ("close: done, and it was not", Said::Closed),
                4 => {
                    let code = self.pick(&["NOAUTH", "SIGNERROR", "TRADE_ERROR"]);
                    ("close refused", refused(code))
                }
                5 => {
                    let code = self.pick(&["INVALID_REQUEST", "RULE_LIMIT"]);
                    let text = "频率限制，请稍后再试";
                    ("close: too often", Said::Refused { code, text })
                }
                6 | 7 => {
                    let code = self.pick(&["TRADE_STATE_ERROR", "USERPAYING"]);
                    ("close: not in this state, they say", refused(code))
                }
                8 => ("close: paid, they say", refused("ORDERPAID")),
                9 => ("close: closed before, they say", refused("ORDERCLOSED")),
                10 => ("close: no such order, they say", refused("ORDERNOTEXIST")),
                _ => ("close: a page", Said::Page(500)),
            };
            self.tally.fault(fault);
            if told == Said::Closed && self.ledger.seen.contains(number) && self.percent(40.0) {
                self.pay_at_once(number);
            } else if self.ledger.seen.contains(number) && self.percent(40.0) {
                // Of all moments now.
                let at = self.now + self.rng.u64(..4_000);
                self.later(at, Happening::Scan(number.to_owned()));
            }
            return told;
        }
        self.shut(plan, number)
    }

    /// Nobody scans any more, and who has scanned gives up.
    pub(crate) fn call_it_a_day(&mut self) {
        self.closing_time = true;
        let scanned = |order: &super::Order| order.scanned.is_some();
        let paying = |order: &super::Order| order.standing() == Standing::Paying;
        let orders = self.ledger.orders.iter();
        let typing: Vec<String> = orders
            .filter(|(_, order)| scanned(order) && paying(order))
            .map(|(number, _)| number.clone())
            .collect();
        for number in typing {
            self.set(&number, Standing::NotPaid);
        }
    }

    /// What a till will hear of that which it believes to be closed.
    fn pay_at_once(&mut self, number: &str) {
        let order = self.ledger.orders.get(number);
        let standing = order.map(super::Order::standing);
        if !matches!(standing, Some(Standing::NotPaid | Standing::Failed)) {
            return;
        }
        self.set(number, Standing::Paid);
        match self.rng.u8(..4) {
            0 => {
                self.ledger.lied.insert(number.to_owned());
                self.ledger.overstated.insert(number.to_owned());
            }
            1 => {
                if let Some(order) = self.ledger.orders.get_mut(number) {
                    order.given_back = order.total;
                }
                self.set(number, Standing::Refunded);
            }
            _ => {}
        }
    }

    fn shut(&mut self, plan: &Plan, number: &str) -> Said {
        let Some(order) = self.ledger.orders.get(number) else {
            return refused("ORDERNOTEXIST");
        };
        match order.standing() {
            Standing::Paid | Standing::Refunded => {
                self.tally.fault("close: the payer was faster");
                refused("ORDERPAID")
            }
            Standing::Closed | Standing::Revoked if plan.seed.is_multiple_of(3) => Said::Closed,
            Standing::Closed | Standing::Revoked => refused("ORDERCLOSED"),
            _ if order.scanned.is_none() => Said::Refused {
                code: "TRADE_STATE_ERROR",
                text: "当前交易不允许进行普通关单（只能撤销）",
            },
            // Some wait for the payer at the password prompt, some turn him away.
            Standing::Paying if plan.seed.is_multiple_of(2) => {
                self.tally.fault("close: the payer is typing");
                refused("TRADE_STATE_ERROR")
            }
            Standing::Paying | Standing::NotPaid | Standing::Failed | Standing::RevokeFailed => {
                self.set(number, Standing::Closed);
                Said::Closed
            }
        }
    }
}

impl World {
    /// Somebody has the code before his eyes from now on.
    pub(crate) fn show(&self, number: &str) {
        let mut state = self.lock();
        state.ledger.seen.insert(number.to_owned());
        let after: Ms = match state.rng.u8(..20) {
            0..6 => state.rng.u64(500..20_000),
            6..10 => state.rng.u64(20_000..90_000),
            // When a till that waits gives up, or a little later.
            10..13 => state.rng.u64(115_000..140_000),
            13 => state.rng.u64(90_000..600_000),
            _ => return,
        };
        let at = state.now + after;
        state.later(at, Happening::Scan(number.to_owned()));
    }

    /// The payer scans, and pays what still can be paid.
    pub(crate) fn scan(&self, number: &str) {
        let mut state = self.lock();
        let order = state.ledger.orders.get(number);
        let standing = order
            .filter(|order| order.scanned.is_some())
            .map(super::Order::standing);
        let payable = matches!(standing, Some(Standing::NotPaid | Standing::Failed));
        if !payable || state.closing_time {
            return;
        }
        let now = state.now;
        let next = if state.percent(50.0) {
            Standing::Paid
        } else {
            let after = state.rng.u64(1_000..30_000);
            state.later(now + after, Happening::Payer(number.to_owned()));
            // What did not work at first may work later.
            if state.percent(50.0) {
                let again = after + state.rng.u64(1_000..60_000);
                state.later(now + again, Happening::Scan(number.to_owned()));
            }
            Standing::Paying
        };
        state.set(number, next);
        drop(state);
        self.trace(|| format!("payer scans {number}: {next:?}"));
    }

    /// Its `time_expire` has come.
    pub(crate) fn expire(&self, number: &str) {
        let mut state = self.lock();
        let order = state.ledger.orders.get(number);
        if !matches!(
            order.map(super::Order::standing),
            Some(Standing::NotPaid | Standing::Failed | Standing::Paying)
        ) {
            return;
        }
        state.tally.fault("an order expires");
        state.set(number, Standing::Closed);
        drop(state);
        self.trace(|| format!("gateway: {number} has expired"));
    }
}
