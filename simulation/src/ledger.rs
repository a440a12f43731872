//! The gateway's books, and what it does with a request.
//!
//! Nothing here knows how the library reads answers: orders have a standing, money is counted, and what
//! is said is drawn from the documents' own words (`answers` puts it into XML and JSON).

use std::collections::{BTreeMap, BTreeSet};

use crate::plan::{Plan, Stranger};
use crate::world::{EPOCH, Happening, Ms, State, World};

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Paying,
    NotPaid,
    Failed,
    Paid,
    Closed,
    Revoked,
    Refunded,
}

/// One order.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) total: i64,
    pub(crate) foreign: bool,
    pub(crate) charged: bool,
    pub(crate) given_back: i64,
    pub(crate) paid_at: i64,
    history: Vec<(Ms, Standing)>,
}

impl Order {
    pub(crate) fn standing(&self) -> Standing {
        self.history
            .last()
            .map_or(Standing::NotPaid, |(_, standing)| *standing)
    }

    fn at(&self, time: Ms) -> Option<Standing> {
        let known = self.history.iter().rev().find(|(since, _)| *since <= time);
        known.map(|(_, standing)| *standing)
    }

    /// What the merchant has of it.
    pub(crate) fn net(&self) -> i64 {
        if self.charged {
            self.total - self.given_back
        } else {
            0
        }
    }
}

/// One refund.
#[derive(Clone, Debug)]
pub(crate) struct Refund {
    pub(crate) order: String,
    pub(crate) fee: i64,
    pub(crate) fails: bool,
    pub(crate) foreign: bool,
    /// When it was taken on, if it is not over at once.
    since: Option<Ms>,
}

impl Refund {
    fn status(&self, now: Ms) -> &'static str {
        let over = self
            .since
            .is_none_or(|since| now.saturating_sub(since) > 20_000);
        match (over, self.fails) {
            (false, _) => "PROCESSING",
            (true, false) => "SUCCESS",
            (true, true) => "CHANGE",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Charge,
    Query,
    Reverse,
    Refund,
    RefundQuery,
}

/// A request as the gateway reads it.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) operation: Operation,
    /// Of the order, or of the refund.
    pub(crate) number: String,
    pub(crate) order: String,
    pub(crate) total: i64,
    pub(crate) fee: i64,
    pub(crate) host: usize,
    /// When it says to have been signed, if it does.
    pub(crate) signed_at: Option<i64>,
    /// The network has made two of one.
    pub(crate) copy: bool,
}

/// What the gateway says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Said {
    Order {
        number: String,
        standing: Standing,
        total: i64,
        paid_at: i64,
    },
    Refused {
        code: &'static str,
        text: &'static str,
    },
    /// The request is wrong, says the door: no code, no signature.
    Turned(&'static str),
    /// APIv3: signed too long ago, or too early.
    WrongTime,
    Undone {
        number: String,
        recall: bool,
    },
    Refund {
        number: String,
        order: String,
        fee: i64,
        total: i64,
        status: &'static str,
        asked: bool,
    },
    Page(u16),
    Garbage,
    Forged(Box<Self>),
    Probe,
}

impl Said {
    /// Whether it takes back that anything was done; believed without a second question.
    pub(crate) fn disclaims(&self) -> bool {
        match self {
            Self::Turned(_) | Self::WrongTime => true,
            Self::Refused { code, .. } => {
                REJECTED.contains(code) || DUPLICATE.contains(code) || *code == "INVALID_REQUEST"
            }
            _ => false,
        }
    }

    pub(crate) fn denies_the_order(&self) -> bool {
        matches!(self, Self::Refused { code, .. } if matches!(*code, "ORDERNOTEXIST" | "REFUNDNOTEXIST"))
    }
}

const REJECTED: &[&str] = &["PARAM_ERROR", "LACK_PARAMS", "NOAUTH"];
const DUPLICATE: &[&str] = &[
    "ORDERPAID",
    "OUT_TRADE_NO_USED",
    "ORDERCLOSED",
    "ORDERREVERSED",
];
const LISTED: &[&str] = &[
    "NOTENOUGH",
    "NOTSUPORTCARD",
    "AUTHCODEEXPIRE",
    "AUTH_CODE_INVALID",
];
const UNLISTED: &[&str] = &["RULE_LIMIT", "ACCOUNT_ERROR", "SOMETHING_NEW"];

/// For lagging hosts: how far one may be behind.
pub(crate) const LAG: Ms = 4_000;

#[derive(Default)]
pub(crate) struct Ledger {
    pub(crate) orders: BTreeMap<String, Order>,
    pub(crate) refunds: BTreeMap<String, Refund>,
    /// When the payer's code for this number was shown.
    pub(crate) shown: BTreeMap<String, Ms>,
    /// Charges by number: how many left, and how many of them were refused unexecuted.
    pub(crate) charges: BTreeMap<String, (u32, u32)>,
    /// Numbers of which the gateway has told something wrong under its own signature.
    pub(crate) lied: BTreeSet<String>,
    burnt: BTreeSet<String>,
    refused_refunds: BTreeMap<String, Said>,
    requests: BTreeMap<u64, Request>,
    answers: BTreeMap<u64, Said>,
    next: u64,
    /// Everything said so far.
    past: Vec<(Operation, Said)>,
}

fn refused(code: &'static str) -> Said {
    Said::Refused { code, text: "" }
}

impl Ledger {
    pub(crate) fn admit(&mut self, request: Request) -> u64 {
        self.next += 1;
        self.requests.insert(self.next, request);
        self.next
    }

    pub(crate) fn answer(&mut self, id: u64) -> Option<Said> {
        self.answers.remove(&id)
    }

    pub(crate) fn net(&self, number: &str) -> i64 {
        self.orders.get(number).map_or(0, Order::net)
    }

    pub(crate) fn charged(&self, number: &str) -> bool {
        self.orders
            .get(number)
            .is_some_and(|order| order.charged && !order.foreign)
    }

    pub(crate) fn sold_before(&mut self, number: &str, total: i64, standing: Standing) {
        let order = Order {
            total,
            foreign: true,
            charged: standing == Standing::Paid,
            given_back: 0,
            paid_at: EPOCH - 30 * 24 * 3600,
            history: vec![(0, standing)],
        };
        self.orders.insert(number.to_owned(), order);
    }

    pub(crate) fn refunded_before(&mut self, number: &str, order: &str, fee: i64) {
        let refund = Refund {
            order: order.into(),
            fee,
            fails: false,
            foreign: true,
            since: None,
        };
        self.refunds.insert(number.into(), refund);
    }

    /// An earlier answer, for somebody who asks now. What the library must be able to rely on is left
    /// out: see the assumptions in `README.md`.
    pub(crate) fn earlier(&self, operation: Operation, rng: &mut fastrand::Rng) -> Option<Said> {
        let fit: Vec<&Said> = self
            .past
            .iter()
            .filter(|(_, said)| !said.denies_the_order() && !said.disclaims())
            .filter(|(of, _)| {
                let refunds = [Operation::Refund, Operation::RefundQuery];
                // What another question was refused for says nothing about this one.
                refunds.contains(of) == refunds.contains(&operation)
            })
            .filter(|(of, said)| match said {
                Said::Refused { code, .. } => {
                    let dull = matches!(*code, "SYSTEMERROR" | "BANKERROR" | "USERPAYING");
                    *of == operation && (dull || operation == Operation::Reverse)
                }
                _ => true,
            })
            .map(|(_, said)| said)
            .collect();
        match fit.len() {
            0 => None,
            count => Some(fit[rng.usize(..count)].clone()),
        }
    }
}

impl State {
    fn set(&mut self, number: &str, standing: Standing) {
        let now = self.now;
        if let Some(order) = self.ledger.orders.get_mut(number) {
            if standing == Standing::Paid {
                order.charged = true;
                order.paid_at = EPOCH + i64::try_from(now / 1000).unwrap_or(0);
            }
            order.history.push((now, standing));
        }
    }

    fn pick(&mut self, from: &[&'static str]) -> &'static str {
        from[self.rng.usize(..from.len())]
    }

    fn percent(&mut self, share: f64) -> bool {
        share > 0.0 && self.rng.f64() * 100.0 < share
    }

    fn open(&mut self, number: &str, total: i64, standing: Standing, since: Ms) {
        let order = Order {
            total,
            foreign: false,
            charged: false,
            given_back: 0,
            paid_at: 0,
            history: vec![(since, Standing::NotPaid)],
        };
        self.ledger.orders.insert(number.to_owned(), order);
        self.set(number, standing);
        if let (Some(order), true) = (self.ledger.orders.get_mut(number), since == 0) {
            // On every host at once.
            let standing = order.standing();
            order.history = vec![(0, standing)];
        }
    }

    fn said_of(&self, number: &str, time: Ms) -> Said {
        let Some(order) = self.ledger.orders.get(number) else {
            return refused("ORDERNOTEXIST");
        };
        match order.at(time) {
            None => refused("ORDERNOTEXIST"),
            Some(standing) => Said::Order {
                number: number.to_owned(),
                standing,
                total: order.total,
                paid_at: order.paid_at,
            },
        }
    }
}

impl World {
    pub(crate) fn deliver(&self, id: u64) {
        let mut state = self.lock();
        let Some(request) = state.ledger.requests.get(&id).cloned() else {
            return;
        };
        let gateway_time = EPOCH + i64::try_from(state.now / 1000).unwrap_or(0);
        let wrong_time = request
            .signed_at
            .is_some_and(|at| at.abs_diff(gateway_time) > 300);
        let said = if wrong_time {
            if request.operation == Operation::Charge {
                state
                    .ledger
                    .charges
                    .entry(request.number.clone())
                    .or_default()
                    .1 += 1;
            }
            state.tally.fault("refused for the clock");
            Said::WrongTime
        } else {
            match request.operation {
                Operation::Charge => state.charge(&self.plan, &request, id),
                Operation::Query => state.query(&self.plan, &request),
                Operation::Reverse => state.reverse(&self.plan, &request),
                Operation::Refund => state.refund(&self.plan, &request),
                Operation::RefundQuery => state.refund_query(&self.plan, &request),
            }
        };
        state.ledger.past.push((request.operation, said.clone()));
        state.ledger.answers.insert(id, said.clone());
        drop(state);
        self.trace(|| {
            format!(
                "gateway: {:?} {} says {said:?}",
                request.operation, request.number
            )
        });
    }

    /// A charge that was taken on earlier.
    pub(crate) fn book(&self, id: u64) {
        let mut state = self.lock();
        let Some(request) = state.ledger.requests.get(&id).cloned() else {
            return;
        };
        let number = &request.number;
        if state.ledger.orders.contains_key(number) || state.ledger.burnt.contains(number) {
            return;
        }
        let now = state.now;
        if state.percent(70.0) {
            state.open(number, request.total, Standing::Paid, now);
        } else {
            state.begin_typing(number, request.total);
        }
        drop(state);
        self.trace(|| format!("gateway: {number} is booked at last"));
    }

    /// The payer has made up his mind.
    pub(crate) fn payer(&self, number: &str) {
        let mut state = self.lock();
        let paying = |order: &Order| order.standing() == Standing::Paying;
        if !state.ledger.orders.get(number).is_some_and(paying) {
            return;
        }
        let standing = match state.rng.u8(..10) {
            0..6 => Standing::Paid,
            6..8 => Standing::Failed,
            _ => Standing::NotPaid,
        };
        state.set(number, standing);
        drop(state);
        self.trace(|| format!("payer of {number}: {standing:?}"));
    }
}

impl State {
    fn begin_typing(&mut self, number: &str, total: i64) {
        let now = self.now;
        self.open(number, total, Standing::Paying, now);
        let after = match self.rng.u8(..10) {
            0..7 => self.rng.u64(1_000..30_000),
            7..9 => self.rng.u64(30_000..70_000),
            _ => self.rng.u64(70_000..110_000),
        };
        self.later(now + after, Happening::Payer(number.to_owned()));
    }

    fn gateway_fault(&mut self, plan: &Plan) -> bool {
        !self.healed && self.percent(plan.gateway_faults)
    }

    fn charge(&mut self, plan: &Plan, request: &Request, id: u64) -> Said {
        let (number, total, now) = (request.number.as_str(), request.total, self.now);
        if let Some(order) = self.ledger.orders.get(number) {
            // Some look at the payer's code first.
            if order.foreign && !plan.calm && plan.seed.is_multiple_of(3) {
                return refused("NOTENOUGH");
            }
            return match order.standing() {
                Standing::Paid | Standing::Refunded => refused("ORDERPAID"),
                Standing::Closed => refused("ORDERCLOSED"),
                Standing::Revoked => refused("ORDERREVERSED"),
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
                        6 => Standing::Refunded,
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

    fn query(&mut self, plan: &Plan, request: &Request) -> Said {
        let number = request.number.as_str();
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
                20 => {
                    if let Said::Order {
                        number,
                        standing: Standing::Paid,
                        total,
                        paid_at,
                    } = honest
                    {
                        self.tally.fault("query: another amount");
                        self.ledger.lied.insert(number.clone());
                        let standing = Standing::Paid;
                        return Said::Order {
                            number,
                            standing,
                            total: total + 1,
                            paid_at,
                        };
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

    fn reverse(&mut self, plan: &Plan, request: &Request) -> Said {
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
                    return done(true);
                }
                3 => {
                    self.tally.fault("reverse: done, and it was not");
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
        match order.standing() {
            Standing::Paying if plan.seed.is_multiple_of(2) => refused("USERPAYING"),
            Standing::Closed => refused("ORDERCLOSED"),
            Standing::Revoked => done,
            Standing::Refunded => refused("TRADE_ERROR"),
            Standing::Paying | Standing::NotPaid | Standing::Failed | Standing::Paid => {
                if order.charged {
                    order.given_back = order.total;
                }
                self.set(number, Standing::Revoked);
                done
            }
        }
    }

    fn refund(&mut self, plan: &Plan, request: &Request) -> Said {
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
                    return refused("SOMETHING_NEW");
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

    fn refund_query(&mut self, plan: &Plan, request: &Request) -> Said {
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
