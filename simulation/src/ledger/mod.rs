//! The gateway's books, and what it does with a request.
//!
//! Nothing here knows how the library reads answers: orders have a standing, money is counted, and what
//! is said is drawn from the documents' own words (`answers` puts it into XML and JSON).

mod orders;
mod prepay;
mod refunds;

use std::collections::{BTreeMap, BTreeSet};

pub(crate) use prepay::Scanned;

use crate::plan::Api;
use crate::world::{EPOCH, Ms, State, World};

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Paying,
    NotPaid,
    Failed,
    Paid,
    Closed,
    Revoked,
    /// Fubei: a reverse was begun and failed.
    RevokeFailed,
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
    /// The payer scans it.
    pub(crate) scanned: Option<Scanned>,
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
    Prepay,
    Close,
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
    /// Until when an order can be paid, unix seconds, if the request says so.
    pub(crate) time_expire: Option<i64>,
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
    /// There is something to show.
    Code {
        number: String,
    },
    Closed,
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

    /// The opposite of the truth, for somebody who forges an answer.
    pub(crate) fn contrary(&self, order: &str, time: i64) -> Self {
        let (number, standing, total) = match self {
            Self::Refund { status, .. } => {
                let mut lie = self.clone();
                if let Self::Refund { status: told, .. } = &mut lie {
                    *told = if *status == "SUCCESS" {
                        "CHANGE"
                    } else {
                        "SUCCESS"
                    };
                }
                return lie;
            }
            Self::Order {
                number,
                standing: Standing::Paid | Standing::Refunded,
                total,
                ..
            } => (number.as_str(), Standing::Revoked, *total),
            Self::Order { number, total, .. } => (number.as_str(), Standing::Paid, *total),
            _ => (order, Standing::Paid, 888),
        };
        Self::Order {
            number: number.to_owned(),
            standing,
            total,
            paid_at: time,
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

/// For lagging hosts: how far one may be behind.
pub(crate) const LAG: Ms = 4_000;

#[derive(Default)]
pub(crate) struct Ledger {
    pub(crate) orders: BTreeMap<String, Order>,
    pub(crate) refunds: BTreeMap<String, Refund>,
    /// When the payer's code for this number was shown.
    pub(crate) shown: BTreeMap<String, Ms>,
    /// Charges by number: how many left, and how many of them were refused unexecuted. With Fubei, which
    /// promises nothing of one that is sent twice, refunds, too.
    pub(crate) charges: BTreeMap<String, (u32, u32)>,
    /// Numbers of which the gateway has told something wrong under its own signature.
    pub(crate) lied: BTreeSet<String>,
    /// Orders whose code somebody has before his eyes.
    seen: BTreeSet<String>,
    burnt: BTreeSet<String>,
    /// Until then every question is answered with a system error.
    ill_until: Ms,
    /// Paid orders of which too much is told.
    overstated: BTreeSet<String>,
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

    /// Somebody else's, of long ago.
    pub(crate) fn is_foreign(&self, number: &str) -> bool {
        self.orders.get(number).is_some_and(|order| order.foreign)
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
            scanned: None,
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
    pub(crate) fn earlier(
        &self,
        api: Api,
        operation: Operation,
        rng: &mut fastrand::Rng,
    ) -> Option<Said> {
        let fit: Vec<&Said> = self
            .past
            .iter()
            .filter(|(of, _)| ![*of, operation].contains(&Operation::Prepay))
            .filter(|(_, said)| !said.denies_the_order() && !said.disclaims())
            .filter(|(of, _)| {
                let refunds = [Operation::Refund, Operation::RefundQuery];
                // What another question was refused for says nothing about this one.
                refunds.contains(of) == refunds.contains(&operation)
            })
            .filter(|(of, said)| match said {
                // Fubei tells of a reverse in the words in which it tells an order's state.
                Said::Undone { .. } if api.is_fubei() => *of == operation,
                Said::Refused { code, .. } => {
                    let dull = matches!(*code, "SYSTEMERROR" | "BANKERROR" | "USERPAYING");
                    let undoes = [Operation::Reverse, Operation::Close].contains(&operation);
                    *of == operation && (dull || undoes)
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
            scanned: None,
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
                Operation::Refund => {
                    let said = state.refund(&self.plan, &request);
                    state.count_refused_refund(&request, &said);
                    said
                }
                Operation::RefundQuery => state.refund_query(&self.plan, &request),
                Operation::Prepay => state.prepay(&self.plan, &request),
                Operation::Close => state.close(&self.plan, &request),
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
        let paying = |order: &Order| match order.standing() {
            Standing::Paying => true,
            Standing::RevokeFailed => !order.charged,
            _ => false,
        };
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
