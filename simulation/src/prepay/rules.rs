//! What tills were told of orders to scan, against the gateway's books.

use wxpay_core::gateway::Product;
use wxpay_core::journal::{Book, Entry, Journal};
use wxpay_core::outcome::Outcome;
use wxpay_core::policy::Phase;
use wxpay_core::status::Status;

use super::{Prepay, Wish};
use crate::ledger::{Operation, Request};
use crate::world::{Ms, World};

impl World {
    /// A call has returned.
    pub(crate) fn check_prepay(&self, call: &Prepay, outcome: &Outcome, journal: &dyn Journal) {
        match call {
            Prepay::Show(wish) => match outcome.status {
                Status::Ok => self.check_exists(wish, outcome, journal),
                _ => self.check_not_shown(&wish.number, outcome),
            },
            Prepay::Await(wish) => {
                let number = wish.number.as_str();
                match outcome.status {
                    Status::Running => self.violation(format!("{number} runs although it ended")),
                    Status::Ok | Status::Reversed | Status::Refunded | Status::Unknown => {
                        self.told(Book::Orders, number, outcome.status);
                        self.check_told(number, Some(wish.total), outcome, journal);
                    }
                    _ => self.check_not_shown(number, outcome),
                }
            }
            Prepay::Close(number) => self.check_closed(number, outcome, journal),
        }
    }

    /// A task has begun: there is something to show.
    pub(super) fn check_shown(
        &self,
        wish: &Wish,
        shown: &Outcome,
        begun: Ms,
        frozen: Ms,
        process: usize,
    ) {
        let (now, frozen_now) = {
            let mut state = self.lock();
            let outcomes = &mut state.tally.outcomes;
            let name = format!("prepay and wait {}", shown.status.name());
            *outcomes.entry(name).or_default() += 1;
            (state.now, state.processes[process].frozen_for)
        };
        let (after, latest) = (
            (now - begun).saturating_sub(frozen_now - frozen),
            self.prepay_deadline(),
        );
        if after > latest {
            self.violation(format!(
                "{wish:?} was shown after {after} ms, more than {latest} ms"
            ));
        }
        if shown.status != Status::Running {
            self.violation(format!(
                "a task of {} begins as {}",
                wish.number,
                shown.status.name()
            ));
        }
        if let Some(program) = self.program(process) {
            self.check_exists(wish, shown, &*program.journal);
        }
    }

    /// A task that had something to show cannot say that nobody could pay.
    pub(super) fn check_waited(&self, number: &str, outcome: &Outcome) {
        use Status as S;
        let status = outcome.status;
        if !matches!(
            status,
            S::Ok | S::Reversed | S::Refunded | S::Unknown | S::Duplicate
        ) {
            let name = status.name();
            self.violation(format!("a task of {number} that had begun ends as {name}"));
        }
    }

    /// An order of these very parameters exists, and is on record.
    fn check_exists(&self, wish: &Wish, outcome: &Outcome, journal: &dyn Journal) {
        let number = wish.number.as_str();
        let order = self.lock().ledger.orders.get(number).cloned();
        let same = order.is_some_and(|order| {
            let scanned = order.scanned.map(|scanned| scanned.time_expire);
            order.total == wish.total && scanned == Some(wish.time_expire)
        });
        if !same {
            self.violation(format!("{number} is shown, and there is no such order"));
        }
        if outcome.text("code_url").is_none() {
            self.violation(format!("{number} is made, and there is nothing to show"));
        }
        let known = match journal.find(&self.key(Book::Orders, number)) {
            Ok(Some(entry)) => entry.product == Product::Prepay && !entry.never_happened(),
            _ => false,
        };
        if !known {
            self.violation(format!("{number} is shown, and not on record"));
        }
    }

    fn check_not_shown(&self, number: &str, outcome: &Outcome) {
        let status = outcome.status;
        let fine = match status {
            Status::Network
            | Status::Forged
            | Status::Rejected
            | Status::Busy
            | Status::Journal
            | Status::ClientClosed => true,
            // The facts are the other order's, under this very number.
            Status::Duplicate if outcome.text("other_status") == Some(Status::Ok.name()) => {
                self.is_paid(number)
            }
            Status::Duplicate => true,
            _ => false,
        };
        if !fine {
            let other = outcome.text("other_status").unwrap_or_default();
            self.violation(format!(
                "a prepay of {number} ends as {} {other}",
                status.name()
            ));
        }
        if ["code_url", "prepay_id"]
            .iter()
            .any(|name| outcome.text(name).is_some())
        {
            self.violation(format!("a prepay of {number} fails and shows something"));
        }
    }

    fn check_closed(&self, number: &str, outcome: &Outcome, journal: &dyn Journal) {
        let status = outcome.status;
        let wrong = match status {
            Status::Closed => {
                self.told(Book::Orders, number, status);
                let charged = self.lock().ledger.charged(number);
                charged.then_some("it is paid")
            }
            Status::Rejected if outcome.text("code") == Some("ORDERPAID") => {
                (!self.is_paid(number)).then_some("nobody has paid")
            }
            Status::Refunded => {
                self.check_told(number, None, outcome, journal);
                None
            }
            Status::Unknown => {
                let state = self.lock();
                let lied = state.ledger.lied.contains(number);
                let foreign = state.ledger.is_foreign(number);
                drop(state);
                // Of what is not open nothing has to be on record.
                let entry = journal.find(&self.key(Book::Orders, number)).ok().flatten();
                let stranger = entry.is_none_or(|entry| entry.outcome.is_some());
                match stranger {
                    true => None,
                    false => self.check_open(number, outcome, journal, lied || foreign),
                }
            }
            Status::NotFound
            | Status::Rejected
            | Status::Duplicate
            | Status::Busy
            | Status::Journal
            | Status::ClientClosed => None,
            Status::Argument => {
                let entry = journal.find(&self.key(Book::Orders, number)).ok().flatten();
                let by_code = entry.is_some_and(|entry| entry.product == Product::CodePayment);
                (!by_code).then_some("it is no payment by code")
            }
            _ => Some("no such outcome"),
        };
        if let Some(wrong) = wrong {
            self.violation(format!(
                "a close of {number} ends as {}: {wrong} ({})",
                status.name(),
                outcome.message()
            ));
        }
    }

    /// What a query says of an order to scan; a till relies on it as on the task's own ending.
    pub(crate) fn check_scanned(&self, number: &str, outcome: &Outcome, journal: &dyn Journal) {
        let state = self.lock();
        let Some(order) = state.ledger.orders.get(number) else {
            return;
        };
        let lied = state.ledger.lied.contains(number) || order.foreign;
        if order.scanned.is_none() || order.foreign {
            return;
        }
        let charged = state.ledger.charged(number);
        let total = order.total;
        drop(state);
        // Nobody knows what an order of others should cost.
        let known = matches!(journal.find(&self.key(Book::Orders, number)), Ok(Some(_)));
        let wrong = match outcome.status {
            Status::Ok => {
                self.told(Book::Orders, number, Status::Ok);
                !charged || (known && outcome.int("total_fee") != Some(total))
            }
            Status::Closed | Status::Reversed => {
                self.told(Book::Orders, number, Status::Closed);
                charged
            }
            Status::Duplicate => true,
            Status::Unknown => !lied,
            _ => false,
        };
        if wrong {
            self.violation(format!(
                "a query finds {number}, an order to scan, {} ({})",
                outcome.status.name(),
                outcome.message()
            ));
        }
    }

    /// Nobody who was told that an order to scan is closed may ever be wrong: a close takes nothing
    /// back.
    pub(crate) fn is_closed_and_paid(&self, number: &str, status: Status) -> bool {
        let state = self.lock();
        let order = state.ledger.orders.get(number);
        let scanned = order.is_some_and(|order| order.scanned.is_some());
        match status {
            Status::Closed => state.ledger.charged(number),
            Status::Reversed => scanned && state.ledger.charged(number),
            _ => false,
        }
    }

    /// An entry that has ended, when all is over.
    pub(crate) fn is_misrecorded(&self, entry: &Entry, status: Status) -> bool {
        let number = entry.key.number.as_str();
        let state = self.lock();
        let charged = state.ledger.charged(number);
        let Some(order) = state.ledger.orders.get(number) else {
            return false;
        };
        if order.foreign {
            return false;
        }
        let scanned = order.scanned.is_some();
        let other = charged && (scanned != (entry.product == Product::Prepay));
        let amount = status == Status::Ok && scanned && entry.total_fee != Some(order.total);
        drop(state);
        other || amount || self.is_closed_and_paid(number, status)
    }

    /// An order to scan that somebody tried to charge by code, where the gateway undoes neither.
    pub(crate) fn cannot_be_undone(&self, entry: &Entry) -> bool {
        let state = self.lock();
        let order = state.ledger.orders.get(&entry.key.number);
        entry.product == Product::CodePayment
            && self.plan.seed.is_multiple_of(2)
            && order.is_some_and(|order| order.scanned.is_some() && !order.charged)
    }

    fn is_paid(&self, number: &str) -> bool {
        let state = self.lock();
        let order = state.ledger.orders.get(number);
        order.is_some_and(|order| order.charged)
    }

    /// Nothing is sent that is not in the journal; only what it does not have open is closed without a
    /// record.
    pub(crate) fn check_prepay_sent(&self, request: &Request, journal: &dyn Journal) {
        let entry = match journal.find(&self.key(Book::Orders, &request.number)) {
            Ok(entry) => entry,
            Err(error) => {
                self.violation(format!("the journal cannot be read: {error}"));
                return;
            }
        };
        // Others may have settled it while this process stood still, or its clock jumped.
        let lost = self.plan.suspends || self.plan.clock_ahead;
        let shown = |entry: &Entry| matches!(entry.outcome, Some((Status::NotPaid, _)));
        let fine = match (&entry, request.operation) {
            (Some(entry), Operation::Prepay) => {
                entry.product == Product::Prepay && (entry.phase.is_some() || shown(entry))
            }
            (None, Operation::Prepay) => false,
            (Some(entry), _) => match entry.phase {
                Some(phase) => phase == Phase::Reversing,
                None => !shown(entry),
            },
            (None, _) => true,
        };
        let stranger = request.operation == Operation::Close
            && self.lock().records.strangers.contains(&request.number);
        if !fine && !lost && !stranger {
            let state = entry.map(|entry| (entry.product, entry.phase));
            self.violation(format!("{request:?} was sent, on record is {state:?}"));
        }
    }

    /// Three requests with two pauses, and the question what the number was used for.
    pub(crate) fn prepay_deadline(&self) -> Ms {
        let pause = u64::try_from(self.plan.policy.reverse_interval.as_millis()).unwrap_or(0);
        100 + 4 * self.exchange_ms() + 3 * pause
    }
}
