//! Asking what became of an order.

use serde_json::Value;

use super::Client;
use super::ask::Told;
use super::calls::Claim;
use super::report;
use super::run::HandOver;
use crate::exchange::{Failure, OnCancel};
use crate::gateway::{Answer, Expected, Product};
use crate::guidance::Asked;
use crate::journal::{Entry, JournalError, Key, Take};
use crate::outcome::Outcome;
use crate::policy::{Phase, Reversal};
use crate::status::Status;
use crate::verdict::QueryVerdict;

impl Client {
    /// Asks the gateway once. An order that the journal holds open is settled by a clear answer.
    pub fn query(&self, out_trade_no: &str) -> Outcome {
        if let Err(outcome) = self.check_out_trade_no(Asked::Query, out_trade_no) {
            return *outcome;
        }
        let call = match self.calls.enter(Claim::Nothing) {
            Ok(call) => call,
            Err(refused) => return self.refused(Asked::Query, &refused, Some(out_trade_no)),
        };
        let begun = self.clock.now();
        let key = self.key(out_trade_no);
        let known = match self.journal.find(&key) {
            Ok(known) => known,
            Err(error) => {
                return self.about(Asked::Query, &key, Status::Journal, error.to_string());
            }
        };
        let expected = asked_for(known.as_ref(), out_trade_no);
        let told = self.ask(
            out_trade_no,
            OnCancel::Cut.into(),
            call.signal(),
            |stamp| self.gateway.query(&expected, stamp),
            |reply, _| self.gateway.read_query(&expected, reply),
        );
        let mut outcome = match told {
            Err(failure) => unanswered(failure),
            Ok(told) => {
                let hand_over = known.is_some().then_some(HandOver::Now);
                let mut outcome = self.answered(&key, &told.answer, hand_over);
                outcome.set("host", told.reply.host);
                outcome
            }
        };
        outcome.set("out_trade_no", out_trade_no);
        outcome.set("attempts", 1);
        outcome.set("elapsed_ms", self.elapsed_ms(begun));
        self.explain(Asked::Query, outcome)
    }

    /// The same by the gateway's own number, which only a paid order has. The answer tells whose it is,
    /// and is held against what the journal knows of that order.
    pub fn query_transaction(&self, transaction_id: &str) -> Outcome {
        if let Err(invalid) = self.gateway.check_transaction_id(transaction_id) {
            return self.invalid(Asked::Query, &invalid);
        }
        let call = match self.calls.enter(Claim::Nothing) {
            Ok(call) => call,
            Err(refused) => return self.refused(Asked::Query, &refused, None),
        };
        let begun = self.clock.now();
        let named = Expected {
            transaction_id: Some(transaction_id.to_owned()),
            ..Expected::default()
        };
        let told = self.ask(
            transaction_id,
            OnCancel::Cut.into(),
            call.signal(),
            |stamp| self.gateway.query(&named, stamp),
            |reply, _| self.gateway.read_query(&named, reply),
        );
        let mut outcome = match told {
            Err(failure) => unanswered(failure),
            Ok(told) => {
                let mut outcome = self.about_transaction(&named, &told);
                outcome.set("host", told.reply.host);
                outcome
            }
        };
        outcome.set("transaction_id", transaction_id);
        outcome.set("attempts", 1);
        outcome.set("elapsed_ms", self.elapsed_ms(begun));
        self.explain(Asked::Query, outcome)
    }

    fn about_transaction(&self, named: &Expected, told: &Told<QueryVerdict>) -> Outcome {
        let number = told.answer.facts.get("out_trade_no");
        let key = self.key(number.and_then(Value::as_str).unwrap_or_default());
        match self.journal.find(&key) {
            Ok(None) => self.answered(&key, &told.answer, None),
            Ok(Some(entry)) => {
                let expected = Expected {
                    transaction_id: named.transaction_id.clone(),
                    ..asked_for(Some(&entry), &key.number)
                };
                let answer = self.gateway.read_query(&expected, &told.reply);
                self.answered(&key, &answer, Some(HandOver::Now))
            }
            Err(error) => Outcome::with_message(Status::Journal, error.to_string()),
        }
    }

    /// What an answer says; `hand_over` if the journal knows the order, see
    /// [`compare`](Self::compare).
    pub(super) fn answered(
        &self,
        key: &Key,
        answer: &Answer<QueryVerdict>,
        hand_over: Option<HandOver>,
    ) -> Outcome {
        let status = match answer.verdict {
            QueryVerdict::Paid => Status::Ok,
            QueryVerdict::Foreign => Status::Duplicate,
            QueryVerdict::Conflict => Status::Unknown,
            QueryVerdict::Paying => Status::Paying,
            QueryVerdict::NotPaid | QueryVerdict::Failed => Status::NotPaid,
            QueryVerdict::Closed => Status::Closed,
            QueryVerdict::Reversed => Status::Reversed,
            QueryVerdict::Refunded => Status::Refunded,
            QueryVerdict::NotFound => Status::NotFound,
            QueryVerdict::Rejected => Status::Rejected,
            QueryVerdict::Unclear if answer.forged => Status::Forged,
            QueryVerdict::Unclear => Status::Network,
        };
        let mut outcome = Outcome::with_message(status, answer.why.as_str());
        report::add_facts(&mut outcome, &answer.facts);
        if answer.verdict == QueryVerdict::Conflict {
            outcome.set("reversal", Reversal::None.name());
        }
        if let Some(code) = &answer.code {
            outcome.set("code", code.as_str());
            outcome.set(
                "code_message",
                answer.code_message.as_deref().unwrap_or_default(),
            );
        }
        if let Some(hand_over) = hand_over {
            let compared = self.compare(key, answer.verdict, hand_over, &mut outcome);
            self.report_fault(key, compared.map(|_| ()));
        }
        outcome
    }

    /// Brings the answer together with what the journal knows by now: it settles an order that is
    /// open, and it may be older than what others have done since.
    ///
    /// `hand_over`: whether the till that has the order open is told by this very call. Returns whether
    /// the answer is on record by now, or is sure to be found by whoever works on the order.
    pub(super) fn compare(
        &self,
        key: &Key,
        verdict: QueryVerdict,
        hand_over: HandOver,
        outcome: &mut Outcome,
    ) -> Result<bool, JournalError> {
        let Some(found) = self.journal.find(key)? else {
            return Ok(true);
        };
        let entry = if found.phase.is_some() || found.awaits_payer() {
            match self.journal.take(key, None)? {
                Take::Taken(entry) => {
                    self.settle_by_answer(&entry, verdict, hand_over, outcome)?;
                    return Ok(true);
                }
                Take::Busy(entry) => entry,
                Take::Absent => return Ok(true),
            }
        } else {
            found
        };
        doubt(&entry, verdict, outcome);
        Ok(!entry.awaits_payer())
    }

    /// What a clear answer means for an order that this call holds.
    fn settle_by_answer(
        &self,
        entry: &Entry,
        verdict: QueryVerdict,
        hand_over: HandOver,
        outcome: &mut Outcome,
    ) -> Result<(), JournalError> {
        // Nobody has the order open that was only shown, so nobody has to be told later.
        let shown_only = entry.awaits_payer();
        // A close never takes a payment back.
        let reversing =
            entry.phase == Some(Phase::Reversing) && entry.product == Product::CodePayment;
        let settled = match verdict {
            _ if entry.phase.is_none() && !shown_only => None,
            QueryVerdict::Paid if reversing => None,
            QueryVerdict::Paid => Some(Status::Ok),
            QueryVerdict::Closed | QueryVerdict::Reversed => Some(Status::Reversed),
            QueryVerdict::Refunded if reversing => Some(Status::Reversed),
            QueryVerdict::Refunded => Some(Status::Refunded),
            QueryVerdict::Foreign => Some(Status::Duplicate),
            QueryVerdict::Conflict => Some(Status::Unknown),
            _ => None,
        };
        if let Some(status) = settled {
            let returned = shown_only || hand_over == HandOver::Now;
            return self
                .journal
                .settle(&entry.key, status, &outcome.fields, returned);
        }
        self.give_back(&entry.key);
        doubt(entry, verdict, outcome);
        Ok(())
    }
}

/// A payment at the gateway is not this sale's if the journal knows better.
fn doubt(entry: &Entry, verdict: QueryVerdict, outcome: &mut Outcome) {
    if !matches!(verdict, QueryVerdict::Paid | QueryVerdict::Conflict) {
        return;
    }
    let ended = matches!(entry.outcome, Some((Status::Reversed, _)));
    let never_ours = matches!(
        entry.outcome,
        Some((
            Status::Duplicate | Status::Network | Status::ClientClosed,
            _
        ))
    );
    match entry.product {
        _ if never_ours => {
            outcome.status = Status::Duplicate;
            outcome.fields.remove("reversal");
            outcome.set(
                "message",
                "paid, but by another sale: this till's own charge never happened",
            );
        }
        Product::CodePayment if ended || entry.phase == Some(Phase::Reversing) => {
            outcome.status = Status::Unknown;
            outcome.set(
                "message",
                "still shown as paid, although it is being or was reversed",
            );
            outcome.set("reversal", Reversal::Required.name());
        }
        Product::Prepay if ended => {
            outcome.status = Status::Unknown;
            outcome.set(
                "message",
                "shown as paid, although it was closed and that was confirmed; give the money back \
                 by a refund if the goods are not handed over",
            );
            outcome.set("reversal", Reversal::None.name());
        }
        Product::CodePayment | Product::Prepay => {}
    }
}

/// What a paid answer must agree with, as far as the journal knows.
fn asked_for(known: Option<&Entry>, out_trade_no: &str) -> Expected {
    match known {
        Some(entry) if !entry.by_till => entry.expected(),
        Some(entry) => entry.named(),
        None => Expected {
            out_trade_no: out_trade_no.to_owned(),
            ..Expected::default()
        },
    }
}

fn unanswered(failure: Failure) -> Outcome {
    let status = if failure.interrupted {
        Status::ClientClosed
    } else {
        Status::Network
    };
    let mut outcome = Outcome::with_message(status, failure.cause);
    outcome.set("host", failure.host);
    outcome
}
