//! Ending orders that the payer scans or opens, while they are unpaid.

use super::calls::Claim;
use super::prepay::UNSUPPORTED;
use super::run::{Evidence, HandOver, Run};
use super::{Client, report};
use crate::gateway::{Answer, Expected, Product};
use crate::guidance::Asked;
use crate::journal::{Entry, Key, Take};
use crate::outcome::Outcome;
use crate::policy::{Phase, Purpose, Resume};
use crate::signal::Signal;
use crate::status::Status;
use crate::verdict::{QueryVerdict, ReverseVerdict};

impl Client {
    /// Ends an unpaid order, and has a query confirm it.
    pub fn close_order(&self, out_trade_no: &str) -> Outcome {
        if let Err(outcome) = self.check_out_trade_no(Asked::Close, out_trade_no) {
            return *outcome;
        }
        let key = self.key(out_trade_no);
        if self.gateway.prepay().is_none() {
            return self.about(Asked::Close, &key, Status::Unsupported, UNSUPPORTED);
        }
        let call = match self.calls.enter(Claim::Reverse(out_trade_no)) {
            Ok(call) => call,
            Err(refused) => return self.refused(Asked::Close, &refused, Some(out_trade_no)),
        };
        match self.journal.take(&key, None) {
            Err(error) => self.about(
                Asked::Close,
                &key,
                Status::Journal,
                format!("the close was not sent: {error}"),
            ),
            Ok(Take::Busy(_)) => self.busy(Asked::Close, &key),
            Ok(Take::Absent) => self.close_stranger(&key, None, call.signal()),
            Ok(Take::Taken(entry)) => self.close_known(&entry, call.signal()),
        }
    }

    fn close_known(&self, entry: &Entry, signal: &Signal) -> Outcome {
        let key = &entry.key;
        let about = |status, message: &str| {
            self.give_back(key);
            self.about(Asked::Close, key, status, message)
        };
        if entry.product == Product::CodePayment {
            let message = "an order of a payment code cannot be closed; use wxpay_reverse";
            let mut outcome = about(Status::Argument, message);
            outcome.set("field", "out_trade_no");
            return self.explain(Asked::Close, outcome);
        }
        match &entry.outcome {
            Some((Status::Reversed, _)) => {
                let mut outcome = about(Status::Closed, "closed before; nothing was sent");
                outcome.set("replayed", 1);
                outcome
            }
            Some((Status::Ok, facts)) => {
                self.give_back(key);
                let mut outcome = Outcome::new(Status::Ok);
                report::add_facts(&mut outcome, facts);
                outcome.set("out_trade_no", key.number.as_str());
                outcome.set("replayed", 1);
                self.closed(outcome, &Evidence::default(), true)
            }
            Some((Status::Refunded, _)) => about(
                Status::Refunded,
                "it was paid, and a refund was opened; nothing was sent",
            ),
            // What is on record says that this journal's order never came to be. Whatever is there
            // under its number is another one.
            Some((status, _)) if *status != Status::NotPaid => {
                self.give_back(key);
                self.close_stranger(key, entry.sub_mch_id.clone(), signal)
            }
            Some(_) | None => {
                let (outcome, evidence) =
                    self.resume(entry, Purpose::Undo, Asked::Close, HandOver::Now, signal);
                self.closed(outcome, &evidence, true)
            }
        }
    }

    /// Closes an order that the journal does not have. Nothing is put on record: a close moves no
    /// money, and can be asked for again at any time.
    fn close_stranger(&self, key: &Key, sub_mch_id: Option<String>, signal: &Signal) -> Outcome {
        let resume = Resume {
            phase: Phase::Waiting,
            // Made by somebody else, some time ago.
            age: self.policy.code_lifetime.max(self.policy.prepay_window),
            purpose: Purpose::Undo,
        };
        let run = Run {
            payment: self.taken_up(Product::Prepay, resume),
            expected: Expected {
                out_trade_no: key.number.clone(),
                product: Product::Prepay,
                sub_mch_id,
                ..Expected::default()
            },
            asked: Asked::Close,
            on_record: false,
            ..self.run(key.clone(), signal)
        };
        let (outcome, evidence) = self.contained(run);
        self.closed(outcome, &evidence, false)
    }

    /// The ending of an undoing, in the words of a close.
    fn closed(&self, mut outcome: Outcome, evidence: &Evidence, on_record: bool) -> Outcome {
        let refused = |answer: &Answer<ReverseVerdict>| answer.verdict == ReverseVerdict::Refused;
        let last_query = evidence.query.as_ref().map(|answer| answer.verdict);
        let status = match outcome.status {
            // Of an order that was made here, it is proven that nobody can pay it any more.
            Status::Reversed if last_query == Some(QueryVerdict::NotFound) && !on_record => {
                Status::NotFound
            }
            Status::Reversed => Status::Closed,
            Status::Ok => {
                outcome.set("code", "ORDERPAID");
                outcome.set("code_message", "");
                outcome.set(
                    "message",
                    "the order is paid and was left alone; give the money back by a refund",
                );
                Status::Rejected
            }
            Status::Unknown if evidence.reverse.as_ref().is_some_and(refused) => Status::Rejected,
            status => status,
        };
        outcome.status = status;
        outcome.fields.remove("advice");
        self.explain(Asked::Close, outcome)
    }
}
