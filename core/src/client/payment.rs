//! Taking a payment, going on with one, and undoing one.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use super::calls::Claim;
use super::run::{Evidence, HandOver, Run};
use super::task::Begun;
use super::{Client, Level};
use crate::config::{PolicyConfig, ReverseMode};
use crate::fields::Fields;
use crate::gateway::{Expected, Order, Product};
use crate::guidance::Asked;
use crate::journal::{Begin, Entry, JournalError, Key, Sale, Take};
use crate::outcome::Outcome;
use crate::policy::{Payment, Phase, Purpose, Resume, Reversal};
use crate::signal::Signal;
use crate::status::Status;

impl Client {
    /// Takes a payment, and blocks until it has ended one way or the other.
    pub fn micropay(&self, fields: &Fields) -> Outcome {
        self.pay(fields, HandOver::Now, || {})
            .unwrap_or_else(|refusal| *refusal)
    }

    /// The same on a task's thread: `begun` is told once whether the order is taken up.
    pub(super) fn micropay_as_task(
        &self,
        fields: &Fields,
        begun: Begun<'_, ()>,
    ) -> Option<Outcome> {
        match self.pay(fields, HandOver::Later, || begun(Ok(()))) {
            Ok(outcome) => Some(outcome),
            Err(refusal) => {
                begun(Err(refusal));
                None
            }
        }
    }

    /// `Err`: the order was not taken up, and `begun` was not called.
    fn pay(
        &self,
        fields: &Fields,
        hand_over: HandOver,
        begun: impl FnOnce(),
    ) -> Result<Outcome, Box<Outcome>> {
        let order = self
            .gateway
            .order(fields)
            .map_err(|invalid| Box::new(self.invalid(Asked::Payment, &invalid)))?;
        let number = order.expected.out_trade_no.as_str();
        self.log_left_out(self.gateway.name(), number, &order.left_out);
        let call = self
            .calls
            .enter(Claim::Payment(number))
            .map_err(|refused| Box::new(self.refused(Asked::Payment, &refused, Some(number))))?;
        let key = self.key(number);
        let sale = self.sale(&key, fields, &order);
        let found = self.journal.begin(&sale).map_err(|error| {
            let message = format!("the charge was not sent: {error}");
            Box::new(self.about(Asked::Payment, &key, Status::Journal, message))
        })?;
        match found {
            Begin::Busy => Err(Box::new(self.busy(Asked::Payment, &key))),
            Begin::OtherSale(entry) => Err(Box::new(self.other_sale(Asked::Payment, &entry))),
            Begin::Settled(entry) => {
                begun();
                if hand_over == HandOver::Now {
                    self.handed_over(&key);
                }
                Ok(self.replay(Asked::Payment, &entry))
            }
            Begin::Unfinished(entry) => {
                begun();
                let purpose = Purpose::Settle;
                Ok(self
                    .resume(&entry, purpose, Asked::Payment, hand_over, call.signal())
                    .0)
            }
            Begin::Started => {
                begun();
                let mut expected = order.expected.clone();
                expected.submitted_at = sale.submitted_at;
                let run = Run {
                    payment: Payment::new(self.policy.clone()),
                    expected,
                    order: Some(&order),
                    hand_over,
                    may_have_charged: false,
                    ..self.run(key, call.signal())
                };
                Ok(self.contained(run).0)
            }
        }
    }

    pub(super) fn log_left_out(&self, gateway: &str, number: &str, fields: &[String]) {
        for field in fields {
            self.sinks.log(Level::Debug, || {
                format!("{number} {field} has no place in {gateway} and is left out")
            });
        }
    }

    /// Undoes an order: closes it if unpaid, gives the money back if paid.
    pub fn reverse(&self, out_trade_no: &str) -> Outcome {
        if let Err(outcome) = self.check_out_trade_no(Asked::Reverse, out_trade_no) {
            return *outcome;
        }
        let key = self.key(out_trade_no);
        if !self.can_reverse() {
            let message = "this configuration cannot reverse: policy.reverse is \"never\", or there \
                           is no client certificate";
            return self.about(Asked::Reverse, &key, Status::Unsupported, message);
        }
        let call = match self.calls.enter(Claim::Reverse(out_trade_no)) {
            Ok(call) => call,
            Err(refused) => return self.refused(Asked::Reverse, &refused, Some(out_trade_no)),
        };
        let taken = self.journal.take(&key, None).and_then(|taken| match taken {
            Take::Absent => self.journal.adopt(&key, self.gateway.name()),
            found => Ok(found),
        });
        match taken {
            Err(error) => self.about(
                Asked::Reverse,
                &key,
                Status::Journal,
                format!("the reverse was not sent: {error}"),
            ),
            Ok(Take::Busy(_) | Take::Absent) => self.busy(Asked::Reverse, &key),
            Ok(Take::Taken(entry)) if entry.product == Product::Prepay => {
                self.give_back(&key);
                let message = "an order that the payer scans or opens cannot be reversed: wxpay_close \
                               ends it while it is unpaid, wxpay_refund gives the money back";
                self.about(Asked::Reverse, &key, Status::Unsupported, message)
            }
            Ok(Take::Taken(entry)) => {
                if let Some((Status::Reversed, _)) = &entry.outcome {
                    self.give_back(&key);
                    return self.replay(Asked::Reverse, &entry);
                }
                self.resume(
                    &entry,
                    Purpose::Undo,
                    Asked::Reverse,
                    HandOver::Now,
                    call.signal(),
                )
                .0
            }
        }
    }

    /// Goes on with an order that the journal knows and this call holds.
    pub(super) fn resume(
        &self,
        entry: &Entry,
        purpose: Purpose,
        asked: Asked,
        hand_over: HandOver,
        signal: &Signal,
    ) -> (Outcome, Evidence) {
        let age = self.clock.unix_ms().saturating_sub(entry.begun_ms);
        let code_payment = entry.product == Product::CodePayment;
        let undo = code_payment && (purpose == Purpose::Undo || entry.by_till);
        let resume = Resume {
            phase: entry.phase.unwrap_or(Phase::Waiting),
            // A clock that was set back makes the order young, which only means more patience.
            age: Duration::from_millis(u64::try_from(age).unwrap_or(0)),
            purpose: if undo { Purpose::Undo } else { purpose },
        };
        let run = Run {
            payment: self.taken_up(entry.product, resume),
            // What the till asks to be reversed may have been sold for anything.
            expected: if undo {
                entry.named()
            } else {
                entry.expected()
            },
            by_till: undo,
            asked,
            hand_over,
            ..self.run(entry.key.clone(), signal)
        };
        self.contained(run)
    }

    /// The policy for an order that is out already.
    pub(super) fn taken_up(&self, product: Product, resume: Resume) -> Payment {
        match product {
            Product::CodePayment => Payment::resume(self.policy.clone(), resume),
            Product::Prepay => {
                let policy = PolicyConfig {
                    window: self.policy.prepay_window,
                    reverse_not_before: Duration::ZERO,
                    // Closing an unpaid order needs no certificate and moves nobody's money.
                    reverse: ReverseMode::Automatic,
                    ..self.policy.clone()
                };
                Payment::resume(policy, resume).closing()
            }
        }
    }

    /// A bug must neither end the host's process nor pass for an answer.
    pub(super) fn contained(&self, run: Run<'_>) -> (Outcome, Evidence) {
        let (asked, key, on_record) = (run.asked, run.key.clone(), run.on_record);
        std::panic::catch_unwind(AssertUnwindSafe(|| run.run())).unwrap_or_else(|_| {
            if on_record {
                self.give_back(&key);
            }
            let message = "stopped by a bug in wxpay after the order was begun; please report it";
            let mut outcome = self.about(asked, &key, Status::Unknown, message);
            outcome.set("reversal", Reversal::Required.name());
            self.sinks
                .log(Level::Error, || format!("{} {message}", key.number));
            // Says nothing about the network.
            let evidence = Evidence {
                reached: true,
                ..Evidence::default()
            };
            (outcome, evidence)
        })
    }

    pub(super) fn run<'a>(&'a self, key: Key, signal: &'a Signal) -> Run<'a> {
        Run {
            client: self,
            signal,
            asked: Asked::Payment,
            key,
            payment: Payment::new(self.policy.clone()),
            expected: Expected::default(),
            order: None,
            hand_over: HandOver::Now,
            begun: self.clock.now(),
            submitted: None,
            submit_dated: false,
            evidence: Evidence::default(),
            may_have_charged: true,
            by_till: false,
            fault: false,
            reversing: false,
            on_record: true,
        }
    }

    pub(super) fn sale(&self, key: &Key, fields: &Fields, order: &Order) -> Sale {
        let mut parameters = match order.expected.product {
            Product::CodePayment => Vec::new(),
            // The same fields asked of another function are another sale.
            Product::Prepay => b"prepay".to_vec(),
        };
        for (name, value) in fields.iter() {
            for part in [name, value] {
                parameters.extend_from_slice(&part.len().to_be_bytes());
                parameters.extend_from_slice(part.as_bytes());
            }
        }
        Sale {
            key: key.clone(),
            product: order.expected.product,
            document: None,
            gateway: self.gateway.name().to_owned(),
            parameters,
            sub_mch_id: order.expected.sub_mch_id.clone(),
            total_fee: order.expected.total_fee,
            fee_type: order.expected.fee_type.clone(),
            attach: order.expected.attach.clone(),
            submitted_at: self.gateway_time(),
        }
    }

    /// The recorded outcome once more.
    pub(super) fn replay(&self, asked: Asked, entry: &Entry) -> Outcome {
        let mut outcome = match &entry.outcome {
            Some((status, facts)) => Outcome {
                status: *status,
                fields: facts.clone(),
            },
            None => Outcome::with_message(Status::Journal, "the journal has lost this outcome"),
        };
        outcome.set("out_trade_no", entry.key.number.as_str());
        outcome.set("replayed", 1);
        self.explain(asked, outcome)
    }

    pub(super) fn other_sale(&self, asked: Asked, entry: &Entry) -> Outcome {
        let message = "this order number belongs to another sale in the journal (other parameters); \
                       nothing was sent, the facts are that sale's";
        let mut outcome = self.used(entry);
        outcome.set("message", message);
        self.explain(asked, outcome)
    }

    /// That the number is in use, and what for.
    pub(super) fn used(&self, entry: &Entry) -> Outcome {
        let mut outcome = match &entry.outcome {
            Some((status, facts)) => {
                let mut outcome = Outcome {
                    status: Status::Duplicate,
                    fields: facts.clone(),
                };
                outcome.set("other_status", status.name());
                outcome
            }
            None => {
                let mut outcome = Outcome::new(Status::Duplicate);
                outcome.set("other_status", Status::Unknown.name());
                outcome
            }
        };
        if let Some(total_fee) = entry.total_fee {
            outcome.set("total_fee", total_fee);
        }
        outcome.set("out_trade_no", entry.key.number.as_str());
        outcome
    }

    pub(super) fn busy(&self, asked: Asked, key: &Key) -> Outcome {
        self.about(
            asked,
            key,
            Status::Busy,
            "this order number is in flight in another process",
        )
    }

    pub(super) fn about(
        &self,
        asked: Asked,
        key: &Key,
        status: Status,
        message: impl Into<String>,
    ) -> Outcome {
        let mut outcome = Outcome::with_message(status, message);
        outcome.set("out_trade_no", key.number.as_str());
        self.explain(asked, outcome)
    }

    pub(super) fn handed_over(&self, key: &Key) {
        self.report_fault(key, self.journal.mark_returned(key));
    }

    pub(super) fn give_back(&self, key: &Key) {
        self.report_fault(key, self.journal.release(key));
    }

    /// Bookkeeping that changes nothing about the outcome.
    pub(super) fn report_fault(&self, key: &Key, result: Result<(), JournalError>) {
        if let Err(error) = result {
            self.sinks
                .log(Level::Warning, || format!("{} {error}", key.number));
        }
    }
}

impl Entry {
    /// The payer was shown something, and nothing is known about a payment.
    pub(super) fn awaits_payer(&self) -> bool {
        self.product == Product::Prepay && matches!(self.outcome, Some((Status::NotPaid, _)))
    }

    /// Which order, and nothing to agree with.
    pub(super) fn named(&self) -> Expected {
        Expected {
            out_trade_no: self.key.number.clone(),
            product: self.product,
            sub_mch_id: self.sub_mch_id.clone(),
            ..Expected::default()
        }
    }

    /// What a paid answer must agree with.
    pub(super) fn expected(&self) -> Expected {
        Expected {
            out_trade_no: self.key.number.clone(),
            product: self.product,
            sub_mch_id: self.sub_mch_id.clone(),
            total_fee: self.total_fee,
            fee_type: self.fee_type.clone(),
            attach: self.attach.clone(),
            submitted_at: self.submitted_at,
            transaction_id: None,
        }
    }
}
