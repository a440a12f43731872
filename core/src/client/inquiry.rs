//! Asking what became of an order.

use super::Client;
use super::calls::Claim;
use super::report;
use crate::exchange::OnCancel;
use crate::gateway::{Answer, Expected};
use crate::guidance::Asked;
use crate::journal::{Entry, OrderKey, Take};
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
        let expected = known.as_ref().filter(|entry| entry.is_ours()).map_or_else(
            || Expected {
                out_trade_no: out_trade_no.to_owned(),
                ..Expected::default()
            },
            Entry::expected,
        );
        let question = self.gateway.query(&expected, &self.stamp());
        let mut outcome = match self.exchange(&question, OnCancel::Cut, call.signal()) {
            Err(failure) => {
                let status = if failure.interrupted {
                    Status::ClientClosed
                } else {
                    Status::Network
                };
                let mut outcome = Outcome::with_message(status, failure.cause);
                outcome.set("host", failure.host);
                outcome
            }
            Ok(reply) => {
                let answer = self.gateway.read_query(&expected, &reply);
                let open = known.filter(|entry| entry.phase.is_some());
                let mut outcome = self.answered(&key, &answer, open.is_some());
                outcome.set("host", reply.host);
                outcome
            }
        };
        outcome.set("out_trade_no", out_trade_no);
        outcome.set("attempts", 1);
        outcome.set("elapsed_ms", self.elapsed_ms(begun));
        self.explain(Asked::Query, outcome)
    }

    fn answered(&self, key: &OrderKey, answer: &Answer<QueryVerdict>, open: bool) -> Outcome {
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
        if open {
            self.settle_by_answer(key, answer.verdict, outcome)
        } else {
            outcome
        }
    }

    /// What a clear answer means for an order that the journal holds open.
    fn settle_by_answer(
        &self,
        key: &OrderKey,
        verdict: QueryVerdict,
        mut outcome: Outcome,
    ) -> Outcome {
        // Whoever works on the order settles it; this answer may be older than its last action.
        let Ok(Take::Taken(entry)) = self.journal.take(key) else {
            return outcome;
        };
        let reversing = entry.phase == Some(Phase::Reversing);
        let settled = match verdict {
            QueryVerdict::Paid if reversing => {
                outcome.status = Status::Unknown;
                outcome.set("message", "still paid, although a reverse may be under way");
                outcome.set("reversal", Reversal::Required.name());
                None
            }
            QueryVerdict::Paid => Some(Status::Ok),
            QueryVerdict::Closed | QueryVerdict::Reversed => Some(Status::Reversed),
            QueryVerdict::Refunded if reversing => Some(Status::Reversed),
            QueryVerdict::Refunded => Some(Status::Refunded),
            QueryVerdict::Foreign => Some(Status::Duplicate),
            QueryVerdict::Conflict => Some(Status::Unknown),
            _ => None,
        };
        match settled.filter(|_| entry.phase.is_some()) {
            Some(status) => {
                let facts = report::without_personal_data(&outcome.fields);
                let result = self.journal.settle(key, status, &facts, true);
                self.report_fault(key, result);
            }
            None => self.give_back(key),
        }
        outcome
    }
}

impl Entry {
    /// Whether the order at the gateway is this journal's own sale.
    fn is_ours(&self) -> bool {
        !matches!(
            self.outcome,
            Some((Status::Duplicate | Status::Rejected | Status::Network, _))
        )
    }
}
