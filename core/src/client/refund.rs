//! Giving money back: taking a refund up, and going on with one. `run` carries it through, `inquiry`
//! asks without sending anything.

pub(super) mod inquiry;
mod run;
#[cfg(test)]
mod tests;

use std::panic::AssertUnwindSafe;

use serde_json::Value;

use super::calls::{Claim, Refused};
use super::run::HandOver;
use super::{Client, Level};
use crate::fields::Fields;
use crate::gateway::{ExpectedRefund, Product, Refund, Refunds};
use crate::guidance::Asked;
use crate::journal::{Begin, Book, Entry, JournalError, Key, Sale};
use crate::outcome::{Facts, Outcome};
use crate::policy::refund::{self, Refunding};
use crate::signal::Signal;
use crate::status::Status;

use run::RefundRun;

impl Client {
    /// Gives money back, whole or in part, and blocks until the gateway has taken it on or refused.
    pub fn refund(&self, fields: &Fields) -> Outcome {
        self.begin_refund(fields).unwrap_or_else(|refusal| *refusal)
    }

    /// `Err`: the refund was not taken up.
    fn begin_refund(&self, given: &Fields) -> Result<Outcome, Box<Outcome>> {
        let refunds = self.refunds()?;
        let fields = self.completed(given).map_err(|error| {
            let message = format!("the refund was not sent: {error}");
            let number = given.get("out_refund_no").unwrap_or_default();
            Box::new(self.about_refund(number, Status::Journal, message))
        })?;
        let refund = refunds
            .refund(&fields)
            .map_err(|invalid| Box::new(self.invalid(Asked::Refund, &invalid)))?;
        let number = refund.expected.out_refund_no.as_str();
        if !refunds.can_refund() {
            let message = "this configuration cannot refund: APIv2 needs the merchant's client \
                           certificate, set client_certificate";
            return Err(Box::new(self.about_refund(
                number,
                Status::Unsupported,
                message,
            )));
        }
        self.log_left_out(self.gateway.name(), number, &refund.left_out);
        let call = self
            .calls
            .enter(Claim::Refund(number))
            .map_err(|refused| Box::new(self.refund_not_entered(&refused, number)))?;
        let key = self.refund_key(number);
        let sale = self.refund_sale(&key, given, &fields, &refund);
        let found = self.journal.begin(&sale).map_err(|error| {
            let message = format!("the refund was not sent: {error}");
            Box::new(self.about_refund(number, Status::Journal, message))
        })?;
        match found {
            Begin::Busy => Err(Box::new(self.about_refund(
                number,
                Status::Busy,
                "this refund number is in flight in another process",
            ))),
            Begin::OtherSale(entry) => Err(Box::new(self.other_refund(&entry))),
            Begin::Settled(entry) => Ok(self.replay_up_to_date(refunds, &entry, call.signal())),
            Begin::Unfinished(entry) => Ok(self
                .resume_refund(refunds, &entry, HandOver::Now, call.signal())
                .0),
            Begin::Started => {
                let asked = asked_for(&fields);
                let begin = refund::Begin::New {
                    may_resend: refunds.may_resend(),
                };
                let refunding = Refunding::new(self.policy.clone(), begin);
                let run = RefundRun {
                    expected: refund.expected.clone(),
                    refund: Some(refund),
                    may_have_left: false,
                    ..self.refund_run(refunds, key, refunding, asked, call.signal())
                };
                Ok(self.contained_refund(run).0)
            }
        }
    }

    /// Goes on with a refund that the journal knows and this call holds: asks, and sends the same
    /// request again where the gateway does not know it and promises to pay it once. Also tells whether anybody answered at all.
    pub(super) fn resume_refund(
        &self,
        refunds: &dyn Refunds,
        entry: &Entry,
        hand_over: HandOver,
        signal: &Signal,
    ) -> (Outcome, bool) {
        let fields = entry.refund_fields();
        let rebuilt = refunds.refund(&fields);
        if let Err(invalid) = &rebuilt {
            self.sinks.log(Level::Warning, || {
                format!(
                    "{} cannot be sent again by this configuration: {invalid}",
                    entry.key.number
                )
            });
        }
        let refund = rebuilt.ok().filter(|_| refunds.can_refund());
        let begin = refund::Begin::Resumed {
            may_send: refund.is_some() && refunds.may_resend(),
        };
        let run = RefundRun {
            expected: entry.expected_refund(refunds),
            refund,
            hand_over,
            ..self.refund_run(
                refunds,
                entry.key.clone(),
                Refunding::new(self.policy.clone(), begin),
                asked_for(&fields),
                signal,
            )
        };
        self.contained_refund(run)
    }

    fn refund_run<'a>(
        &'a self,
        refunds: &'a dyn Refunds,
        key: Key,
        refunding: Refunding,
        asked: Facts,
        signal: &'a Signal,
    ) -> RefundRun<'a> {
        RefundRun {
            client: self,
            refunds,
            signal,
            key,
            refunding,
            expected: ExpectedRefund::default(),
            refund: None,
            asked,
            hand_over: HandOver::Now,
            begun: self.clock.now(),
            evidence: run::Evidence::default(),
            may_have_left: true,
        }
    }

    /// A bug must neither end the host's process nor pass for an answer.
    fn contained_refund(&self, run: RefundRun<'_>) -> (Outcome, bool) {
        let key = run.key.clone();
        std::panic::catch_unwind(AssertUnwindSafe(|| run.run())).unwrap_or_else(|_| {
            self.give_back(&key);
            let message = "stopped by a bug in wxpay after the refund was begun; please report it";
            self.sinks
                .log(Level::Error, || format!("{} {message}", key.number));
            // Says nothing about the network.
            (
                self.about_refund(&key.number, Status::Unknown, message),
                true,
            )
        })
    }

    pub(super) fn refunds(&self) -> Result<&dyn Refunds, Box<Outcome>> {
        self.gateway.refunds().ok_or_else(|| {
            let message = "this gateway offers no refunds";
            let outcome = Outcome::with_message(Status::Unsupported, message);
            Box::new(self.explain(Asked::Refund, outcome))
        })
    }

    pub(super) fn refund_key(&self, out_refund_no: &str) -> Key {
        Key {
            account: self.gateway.account(),
            book: Book::Refunds,
            number: out_refund_no.to_owned(),
        }
    }

    /// The till's fields, and what it may leave out because the journal knows the order: its amount,
    /// currency and shop. They are the refund's own once the order is forgotten.
    fn completed(&self, given: &Fields) -> Result<Fields, JournalError> {
        let mut fields = given.clone();
        let order = match fields.get("out_trade_no") {
            Some(out_trade_no) => self.journal.find(&self.key(out_trade_no))?,
            None => None,
        };
        let known: Fields = match (order, fields.get("out_refund_no")) {
            (Some(order), _) => [
                ("total_fee", order.total_fee.map(|fee| fee.to_string())),
                ("fee_type", order.fee_type),
                ("sub_mch_id", order.sub_mch_id),
            ]
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .collect(),
            (None, Some(number)) => self
                .journal
                .find(&self.refund_key(number))?
                .map(|entry| entry.refund_fields())
                .unwrap_or_default(),
            (None, None) => Fields::new(),
        };
        let has_currency = fields.get("refund_fee_type").is_some();
        for name in ["total_fee", "fee_type", "sub_mch_id"] {
            let given = fields.get(name).is_some() || (name == "fee_type" && has_currency);
            if let (false, Some(value)) = (given, known.get(name)) {
                fields.set(name, value);
            }
        }
        Ok(fields)
    }

    fn refund_sale(&self, key: &Key, given: &Fields, fields: &Fields, refund: &Refund) -> Sale {
        Sale {
            key: key.clone(),
            product: Product::default(),
            gateway: self.gateway.name().to_owned(),
            // What the till said: what the journal had to add may be gone the next time.
            parameters: Value::Object(document(given)).to_string().into_bytes(),
            document: Some(document(fields)),
            sub_mch_id: refund.expected.sub_mch_id.clone(),
            total_fee: refund.expected.refund_fee,
            fee_type: refund.expected.fee_type.clone(),
            attach: None,
            submitted_at: self.gateway_time(),
        }
    }

    /// The recorded outcome once more.
    pub(super) fn replay_refund(&self, entry: &Entry) -> Outcome {
        let mut outcome = match &entry.outcome {
            Some((status, facts)) => Outcome {
                status: *status,
                fields: facts.clone(),
            },
            None => Outcome::with_message(Status::Journal, "the journal has lost this outcome"),
        };
        outcome.set("out_refund_no", entry.key.number.as_str());
        outcome.set("replayed", 1);
        self.explain(Asked::Refund, outcome)
    }

    fn other_refund(&self, entry: &Entry) -> Outcome {
        let (status, facts) = match &entry.outcome {
            Some((status, facts)) => (*status, facts.clone()),
            None => (Status::Unknown, asked_for(&entry.refund_fields())),
        };
        let mut outcome = Outcome {
            status: Status::Duplicate,
            fields: facts,
        };
        outcome.set("other_status", status.name());
        outcome.set("out_refund_no", entry.key.number.as_str());
        outcome.set(
            "message",
            "this refund number belongs to another refund in the journal (other parameters); \
             nothing was sent, the facts are that refund's",
        );
        self.explain(Asked::Refund, outcome)
    }

    fn refund_not_entered(&self, refused: &Refused, out_refund_no: &str) -> Outcome {
        let (status, message) = match refused {
            Refused::Closing => (
                Status::ClientClosed,
                "the client is closing; nothing was sent",
            ),
            Refused::Busy => (
                Status::Busy,
                "this refund number is in flight in another call of this client",
            ),
        };
        self.about_refund(out_refund_no, status, message)
    }

    pub(super) fn about_refund(
        &self,
        out_refund_no: &str,
        status: Status,
        message: impl Into<String>,
    ) -> Outcome {
        let mut outcome = Outcome::with_message(status, message);
        if !out_refund_no.is_empty() {
            outcome.set("out_refund_no", out_refund_no);
        }
        self.explain(Asked::Refund, outcome)
    }
}

impl Entry {
    /// What the till asked for, and what the journal added.
    fn refund_fields(&self) -> Fields {
        let document = self.document.iter().flatten();
        document
            .filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)))
            .collect()
    }

    /// What an answer about it must agree with.
    pub(super) fn expected_refund(&self, refunds: &dyn Refunds) -> ExpectedRefund {
        match refunds.refund(&self.refund_fields()) {
            Ok(refund) => refund.expected,
            // Of another gateway, whose fields this one does not take.
            Err(_) => ExpectedRefund {
                out_refund_no: self.key.number.clone(),
                sub_mch_id: self.sub_mch_id.clone(),
                refund_fee: self.total_fee,
                fee_type: self.fee_type.clone(),
                ..ExpectedRefund::default()
            },
        }
    }
}

fn document(fields: &Fields) -> Facts {
    fields
        .iter()
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect()
}

/// Under the names of results.
fn asked_for(fields: &Fields) -> Facts {
    let mut facts = Facts::new();
    for name in ["out_trade_no", "transaction_id"] {
        if let Some(value) = fields.get(name) {
            facts.insert(name.to_owned(), value.into());
        }
    }
    for name in ["refund_fee", "total_fee"] {
        let amount = fields
            .get(name)
            .and_then(|value| value.trim().parse::<i64>().ok());
        if let Some(amount) = amount {
            facts.insert(name.to_owned(), amount.into());
        }
    }
    facts
}
