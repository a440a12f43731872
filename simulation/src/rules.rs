//! The money rules: what tills were told against the gateway's books.

use std::collections::BTreeSet;
use std::time::Duration;

use wxpay_core::config::ReverseMode;
use wxpay_core::gateway::Product;
use wxpay_core::journal::{Book, Entry, Journal, Key};
use wxpay_core::outcome::Outcome;
use wxpay_core::status::Status;

use crate::answers;
use crate::ledger::Standing;
use crate::plan::Api;
use crate::prepay::{LOOK_MS, Prepay};
use crate::wire::{ANSWER_MS, CONNECT_MS};
use crate::world::{Ms, World};

/// What the checks remember of a run.
#[derive(Default)]
pub(crate) struct Records {
    /// Each outcome that a till was handed: of which book, about which number.
    told: Vec<(Book, String, Status)>,
    /// Orders whose money a till asked back.
    pub(crate) asked_back: BTreeSet<String>,
    /// Orders that a till asked to close when they were not open.
    pub(crate) strangers: BTreeSet<String>,
}

impl Records {
    /// Whether a till knows the order as paid.
    pub(crate) fn was_paid(&self, number: &str) -> bool {
        let wanted = |told: &(Book, String, Status)| told.1 == number && told.2 == Status::Ok;
        self.told.iter().any(wanted)
    }
}

/// A call of a till.
#[derive(Clone, Debug)]
pub(crate) enum Call {
    Pay {
        number: String,
        total: i64,
    },
    Query(String),
    Reverse(String),
    Recover,
    Refund {
        number: String,
        order: String,
        fee: i64,
    },
    RefundQuery(String),
    Prepay(Prepay),
    Sleep(Ms),
}

impl Call {
    fn name(&self) -> &'static str {
        match self {
            Self::Pay { .. } => "micropay",
            Self::Query(_) => "query",
            Self::Reverse(_) => "reverse",
            Self::Recover => "recover",
            Self::Refund { .. } => "refund",
            Self::RefundQuery(_) => "refund_query",
            Self::Prepay(call) => call.name(),
            Self::Sleep(_) => "sleep",
        }
    }
}

impl World {
    pub(crate) fn key(&self, book: Book, number: &str) -> Key {
        Key {
            account: answers::account(self.plan.api),
            book,
            number: number.to_owned(),
        }
    }

    /// A call has returned, `after` so long (standing still not counted), having found `pending`.
    pub(crate) fn returned(
        &self,
        call: &Call,
        outcome: &Outcome,
        after: Ms,
        pending: usize,
        journal: &dyn Journal,
    ) {
        let status = outcome.status;
        self.trace(|| format!("{call:?} returns {} {}", status.name(), outcome.message()));
        {
            let mut state = self.lock();
            let outcomes = &mut state.tally.outcomes;
            let api = self.plan.api.name();
            let name = format!("{api} {} {}", call.name(), status.name());
            *outcomes.entry(name).or_default() += 1;
        }
        let latest = self.deadline(call, pending);
        if after > latest {
            self.violation(format!("{call:?} took {after} ms, more than {latest} ms"));
        }
        match call {
            Call::Pay { number, total } => {
                self.told(Book::Orders, number, status);
                self.check_told(number, Some(*total), outcome, journal);
            }
            Call::Reverse(number) => {
                self.told(Book::Orders, number, status);
                if status == Status::Ok {
                    self.violation(format!("a reverse of {number} ends as paid"));
                }
                self.check_told(number, None, outcome, journal);
            }
            Call::Query(number) => {
                self.check_asked(number, outcome);
                self.check_scanned(number, outcome, journal);
            }
            Call::Prepay(call) => self.check_prepay(call, outcome, journal),
            Call::Refund { number, fee, .. } => {
                self.told(Book::Refunds, number, status);
                self.check_refund(number, Some(*fee), status, outcome, journal);
            }
            Call::RefundQuery(number) => match status {
                Status::Ok => self.violation("a refund_query says OK"),
                Status::Accepted | Status::Refunded => {
                    self.check_refund(number, None, status, outcome, journal);
                }
                _ => {}
            },
            Call::Recover => self.check_recovered(outcome, journal),
            Call::Sleep(_) => {}
        }
    }

    pub(crate) fn told(&self, book: Book, number: &str, status: Status) {
        let told = (book, number.to_owned(), status);
        self.lock().records.told.push(told);
    }

    /// Connecting, window, budget, one second look, and the exchanges under way at the end of each.
    fn deadline(&self, call: &Call, pending: usize) -> Ms {
        let ms = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        let policy = &self.plan.policy;
        let exchange = self.exchange_ms();
        let window = ms(policy.window).max(ms(policy.reverse_not_before));
        let undone = (window + ms(policy.reverse_budget)).max(ms(policy.code_lifetime));
        let payment = exchange + undone + ms(policy.confirm_interval) + exchange;
        let refund = ms(policy.reverse_budget) + 2 * exchange;
        let slack = 100;
        slack
            + match call {
                Call::Pay { .. } | Call::Reverse(_) => payment,
                Call::Query(_) | Call::RefundQuery(_) => exchange,
                Call::Refund { .. } => refund,
                Call::Prepay(Prepay::Show(_)) => self.prepay_deadline(),
                Call::Prepay(Prepay::Close(_)) => payment,
                Call::Prepay(Prepay::Await(_)) => {
                    self.prepay_deadline() + ms(policy.prepay_window) + payment + LOOK_MS
                }
                Call::Recover => {
                    let pending = u64::try_from(pending).unwrap_or(0);
                    20_000 + pending * payment.max(refund)
                }
                Call::Sleep(_) => Ms::MAX - slack,
            }
    }

    /// One question at every host.
    pub(crate) fn exchange_ms(&self) -> Ms {
        let hosts = u64::try_from(self.plan.hosts).unwrap_or(1);
        let times = match self.plan.api {
            // Refused for its time, or answered by a probe: asked again.
            Api::V3 => 3,
            Api::V2Md5 | Api::V2Hmac | Api::Fubei1 | Api::Fubei2 => 1,
        };
        hosts * (CONNECT_MS + ANSWER_MS) * times
    }

    pub(crate) fn check_told(
        &self,
        number: &str,
        total: Option<i64>,
        outcome: &Outcome,
        journal: &dyn Journal,
    ) {
        let state = self.lock();
        let net = state.ledger.net(number);
        let charged = state.ledger.charged(number);
        let asked_back = state.records.asked_back.contains(number);
        let lied = state.ledger.lied.contains(number);
        let foreign = state.ledger.is_foreign(number);
        drop(state);
        let wrong = match outcome.status {
            Status::Ok if !charged => Some("paid, but nobody was charged"),
            Status::Ok if asked_back => None,
            Status::Ok if outcome.int("total_fee").is_some_and(|told| told != net) => {
                Some("paid, but another amount is told")
            }
            Status::Ok if net == 0 => Some("paid, but the money has gone"),
            Status::Ok if total.is_some_and(|total| total != net) => {
                Some("paid, but another amount")
            }
            Status::Declined if charged => Some("declined, but charged"),
            Status::Reversed if net != 0 && !foreign => Some("reversed, but the money is there"),
            Status::Refunded if net != 0 && !asked_back => Some("refunded, but it was not"),
            // Of an order that an earlier call has left open it says nothing.
            Status::Network | Status::ClientClosed | Status::Rejected
                if charged && self.is_settled_as(number, outcome.status, journal) =>
            {
                Some("nothing was sent or executed, but charged")
            }
            Status::Internal | Status::Argument | Status::Config => Some("no such outcome"),
            Status::Unknown => self.check_open(number, outcome, journal, lied || foreign),
            status if self.is_closed_and_paid(number, status) => Some("closed, but paid"),
            _ => None,
        };
        if let Some(wrong) = wrong {
            self.violation(format!(
                "{number} is told as {}: {wrong} ({})",
                outcome.status.name(),
                outcome.message()
            ));
        }
    }

    fn is_settled_as(&self, number: &str, status: Status, journal: &dyn Journal) -> bool {
        match journal.find(&self.key(Book::Orders, number)) {
            Ok(Some(entry)) => entry
                .outcome
                .is_some_and(|(recorded, _)| recorded == status),
            _ => true,
        }
    }

    /// What is not known is on record: open, or in other hands.
    pub(crate) fn check_open(
        &self,
        number: &str,
        outcome: &Outcome,
        journal: &dyn Journal,
        conflict: bool,
    ) -> Option<&'static str> {
        let Ok(entry) = journal.find(&self.key(Book::Orders, number)) else {
            return Some("the journal cannot be read");
        };
        match entry {
            None => Some("in doubt, and not on record"),
            Some(entry) if entry.phase.is_some() => None,
            Some(_) if outcome.text("reversal") == Some("none") => {
                (!conflict).then_some("a conflict that nobody made")
            }
            // Taken over and settled by another process meanwhile.
            Some(_) => None,
        }
    }

    fn check_asked(&self, number: &str, outcome: &Outcome) {
        let state = self.lock();
        let charged = state.ledger.charged(number);
        let foreign = state.ledger.is_foreign(number);
        let net = state.ledger.net(number);
        drop(state);
        match outcome.status {
            Status::Ok if !charged && !foreign => {
                self.violation(format!("a query finds {number} paid, but it is not"));
            }
            Status::Reversed | Status::Closed if net != 0 => {
                self.violation(format!("a query finds {number} ended, but it is paid"));
            }
            _ => {}
        }
    }

    fn check_recovered(&self, outcome: &Outcome, journal: &dyn Journal) {
        let orders = outcome
            .fields
            .get("orders")
            .and_then(|orders| orders.as_array());
        for order in orders.into_iter().flatten() {
            let code = order["status"]
                .as_i64()
                .and_then(|code| i32::try_from(code).ok());
            let Some(status) = code.and_then(Status::from_code) else {
                self.violation("recover lists something without a status");
                continue;
            };
            let mut told = Outcome::new(status);
            for name in ["message", "reversal", "refund_status"] {
                if let Some(value) = order.get(name) {
                    told.set(name, value.clone());
                }
            }
            {
                let mut state = self.lock();
                let api = self.plan.api.name();
                let name = format!("{api} recovered {}", status.name());
                *state.tally.outcomes.entry(name).or_default() += 1;
            }
            if let Some(number) = order["out_refund_no"].as_str() {
                self.told(Book::Refunds, number, status);
                self.check_refund(number, None, status, &told, journal);
            } else if let Some(number) = order["out_trade_no"].as_str() {
                self.told(Book::Orders, number, status);
                self.check_told(number, None, &told, journal);
            }
        }
    }

    fn check_refund(
        &self,
        number: &str,
        fee: Option<i64>,
        status: Status,
        outcome: &Outcome,
        journal: &dyn Journal,
    ) {
        let state = self.lock();
        let refund = state.ledger.refunds.get(number).cloned();
        let lied = state.ledger.lied.contains(number);
        drop(state);
        let booked = refund.as_ref().is_some_and(|refund| !refund.foreign);
        let wrong = match status {
            // Asked for by its number alone, and of whomever.
            Status::Accepted | Status::Refunded if refund.is_some() && fee.is_none() && !booked => {
                None
            }
            Status::Accepted | Status::Refunded if !booked => Some("it is not there"),
            Status::Refunded if refund.as_ref().is_some_and(|refund| refund.fails) => {
                Some("it has failed")
            }
            Status::Accepted | Status::Refunded
                if fee
                    .is_some_and(|fee| refund.as_ref().is_some_and(|refund| refund.fee != fee)) =>
            {
                Some("another amount")
            }
            Status::Declined if outcome.text("refund_status").is_some() => {
                (!refund.as_ref().is_some_and(|refund| refund.fails)).then_some("it did not fail")
            }
            Status::Declined | Status::Rejected | Status::Network if booked => {
                Some("but it was taken on")
            }
            Status::Duplicate => {
                let other = refund.as_ref().is_some_and(|refund| refund.foreign) || lied;
                // Other parameters than on record.
                let recorded = journal
                    .find(&self.key(Book::Refunds, number))
                    .ok()
                    .flatten();
                (!other && recorded.is_none()).then_some("it is nobody else's")
            }
            Status::Unknown => match journal.find(&self.key(Book::Refunds, number)) {
                Ok(Some(_)) => None,
                _ => Some("in doubt, and not on record"),
            },
            Status::Ok | Status::Internal => Some("no such outcome"),
            _ => None,
        };
        if let Some(wrong) = wrong {
            self.violation(format!(
                "refund {number} is told as {}: {wrong}",
                status.name()
            ));
        }
    }

    /// The network is back, time has passed, and a recovery has run: the books agree for good.
    pub(crate) fn check_end(&self, journal: &dyn Journal) {
        let state = self.lock();
        let told = state.records.told.clone();
        let asked_back = state.records.asked_back.clone();
        let mut orders: BTreeSet<String> = state.ledger.orders.keys().cloned().collect();
        orders.extend(
            told.iter()
                .filter(|told| told.0 == Book::Orders)
                .map(|told| told.1.clone()),
        );
        let refunds: BTreeSet<String> = state.ledger.refunds.keys().cloned().collect();
        drop(state);
        for number in &orders {
            let charged = self.lock().ledger.charged(number);
            match journal.find(&self.key(Book::Orders, number)) {
                Ok(Some(entry)) => self.check_entry(&entry),
                Ok(None) if charged => {
                    self.violation(format!("{number} is charged and not on record"))
                }
                Ok(None) => {}
                Err(error) => self.violation(format!("the journal cannot be read: {error}")),
            }
        }
        for number in &refunds {
            if let Ok(Some(entry)) = journal.find(&self.key(Book::Refunds, number)) {
                self.check_refund_entry(&entry);
            }
        }
        for (book, number, status) in &told {
            if *book == Book::Refunds {
                let state = self.lock();
                let booked = state
                    .ledger
                    .refunds
                    .get(number)
                    .is_some_and(|refund| !refund.foreign);
                let fails = state
                    .ledger
                    .refunds
                    .get(number)
                    .is_some_and(|refund| refund.fails);
                drop(state);
                let wrong = match status {
                    Status::Accepted | Status::Refunded => !booked,
                    Status::Declined => booked && !fails,
                    _ => false,
                };
                if wrong {
                    self.violation(format!(
                        "refund {number} was told as {}, and is not so",
                        status.name()
                    ));
                }
                continue;
            }
            let state = self.lock();
            let (net, charged) = (state.ledger.net(number), state.ledger.charged(number));
            let foreign = state.ledger.is_foreign(number);
            drop(state);
            let wrong = match status {
                Status::Ok => net == 0 && !asked_back.contains(number),
                Status::Declined => charged,
                Status::Reversed => net != 0 && !foreign,
                _ => false,
            } || self.is_closed_and_paid(number, *status);
            if wrong {
                self.violation(format!(
                    "{number} was told as {}, and in the end the gateway has {net} of it",
                    status.name()
                ));
            }
        }
    }

    fn check_entry(&self, entry: &Entry) {
        let number = &entry.key.number;
        let state = self.lock();
        let (net, charged) = (state.ledger.net(number), state.ledger.charged(number));
        let foreign = state.ledger.is_foreign(number);
        let lied = state.ledger.lied.contains(number);
        let asked_back = state.records.asked_back.contains(number);
        let refunded = state
            .ledger
            .orders
            .get(number)
            .is_some_and(|order| order.standing() == Standing::Refunded);
        drop(state);
        let Some((status, _)) = &entry.outcome else {
            // Without reversing, an order that is not paid cannot be settled by asking. With Fubei one
            // that was refunded is still called paid: refusing to reverse it proves nothing.
            let never = self.plan.policy.reverse == ReverseMode::Never && !(charged && net != 0);
            let stuck = entry.product == Product::CodePayment
                && (never || (self.plan.api.is_fubei() && refunded));
            if !stuck && !self.cannot_be_undone(entry) {
                self.violation(format!("{number} is still open: {:?}", entry.phase));
            }
            return;
        };
        let wrong = match status {
            Status::Ok => net == 0 && !asked_back,
            Status::Declined | Status::Rejected | Status::Network | Status::ClientClosed => charged,
            Status::Reversed => net != 0 && !foreign,
            Status::Duplicate => charged && !lied,
            Status::Unknown => !(foreign || lied),
            Status::Refunded => net != 0 && !asked_back,
            Status::NotPaid => entry.product != Product::Prepay || charged,
            _ => true,
        } || self.is_misrecorded(entry, *status);
        if wrong {
            self.violation(format!(
                "{number} is on record as {}, and the gateway has {net} of it",
                status.name()
            ));
        }
    }

    fn check_refund_entry(&self, entry: &Entry) {
        let number = &entry.key.number;
        let state = self.lock();
        let refund = state.ledger.refunds.get(number).cloned();
        let lied = state.ledger.lied.contains(number);
        drop(state);
        let booked = refund.as_ref().is_some_and(|refund| !refund.foreign);
        let Some((status, facts)) = &entry.outcome else {
            // Fubei knows it, or else nobody can.
            if booked || !self.plan.api.is_fubei() {
                self.violation(format!("refund {number} is still open"));
            }
            return;
        };
        let wrong = match status {
            Status::Accepted | Status::Refunded => !booked,
            Status::Declined if facts.contains_key("refund_status") => !booked,
            Status::Declined | Status::Rejected | Status::Network | Status::ClientClosed => booked,
            Status::Duplicate => booked && !lied,
            _ => true,
        };
        if wrong {
            self.violation(format!(
                "refund {number} is on record as {}: {refund:?}",
                status.name()
            ));
        }
    }
}
