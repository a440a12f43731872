//! Asking what became of a refund.

use crate::client::Client;
use crate::client::calls::Claim;
use crate::client::report;
use crate::client::run::HandOver;
use crate::exchange::{Failure, OnCancel};
use crate::gateway::{Answer, ExpectedRefund, Refunds};
use crate::guidance::Asked;
use crate::journal::{Entry, JournalError, Key, Take};
use crate::outcome::Outcome;
use crate::policy::refund::told;
use crate::signal::Signal;
use crate::status::Status;
use crate::verdict::RefundVerdict;

impl Client {
    /// Asks the gateway once what became of a refund. One that the journal holds open, or knows as
    /// accepted, is brought up to date by a clear answer.
    pub fn refund_query(&self, out_refund_no: &str) -> Outcome {
        self.ask_for_refund(out_refund_no)
            .unwrap_or_else(|refusal| *refusal)
    }

    fn ask_for_refund(&self, out_refund_no: &str) -> Result<Outcome, Box<Outcome>> {
        let refunds = self.refunds()?;
        refunds
            .check_out_refund_no(out_refund_no)
            .map_err(|invalid| Box::new(self.invalid(Asked::Refund, &invalid)))?;
        let call = self
            .calls
            .enter(Claim::Nothing)
            .map_err(|refused| Box::new(self.refund_not_entered(&refused, out_refund_no)))?;
        let key = self.refund_key(out_refund_no);
        let known = self.journal.find(&key).map_err(|error| {
            Box::new(self.about_refund(out_refund_no, Status::Journal, error.to_string()))
        })?;
        let expected = match &known {
            Some(entry) => entry.expected_refund(refunds),
            None => ExpectedRefund {
                out_refund_no: out_refund_no.to_owned(),
                ..ExpectedRefund::default()
            },
        };
        refunds
            .check_question(&expected)
            .map_err(|invalid| Box::new(self.invalid(Asked::Refund, &invalid)))?;
        let begun = self.clock.now();
        let (mut outcome, verdict) = self.one_question(refunds, &expected, call.signal());
        outcome.set("out_refund_no", out_refund_no);
        outcome.set("elapsed_ms", self.elapsed_ms(begun));
        let outcome = self.explain(Asked::Refund, outcome);
        // That the number is another's takes two answers, see the policy.
        let certain = told(verdict).is_some() && verdict != RefundVerdict::Conflict;
        if known.is_some() && certain {
            let taken_up = self.take_up_answer(&key, &outcome, HandOver::Now);
            self.report_fault(&key, taken_up.map(|_| ()));
        }
        Ok(outcome)
    }

    /// The recorded outcome once more; one that was not the end yet is brought up to date first, if
    /// the gateway can be asked.
    pub(super) fn replay_up_to_date(
        &self,
        refunds: &dyn Refunds,
        entry: &Entry,
        signal: &Signal,
    ) -> Outcome {
        let accepted = matches!(entry.outcome, Some((Status::Accepted, _)));
        let mut entry = entry.clone();
        if accepted {
            let (fresh, verdict) =
                self.one_question(refunds, &entry.expected_refund(refunds), signal);
            if told(verdict).is_some() && supersedes(&entry, fresh.status) {
                let taken_up = self.take_up_answer(&entry.key, &fresh, HandOver::Now);
                self.report_fault(&entry.key, taken_up.map(|_| ()));
                let outcome = merged(&entry, &fresh);
                entry.outcome = Some((outcome.status, outcome.fields));
            }
        }
        self.handed_over(&entry.key);
        self.replay_refund(&entry)
    }

    /// One exchange, and what it says.
    fn one_question(
        &self,
        refunds: &dyn Refunds,
        expected: &ExpectedRefund,
        signal: &Signal,
    ) -> (Outcome, RefundVerdict) {
        let told = self.ask(
            &expected.out_refund_no,
            OnCancel::Cut.into(),
            signal,
            |stamp| refunds.query(expected, stamp),
            |reply, _| refunds.read_query(expected, reply),
        );
        let (mut outcome, host, verdict) = match told {
            Err(failure) => {
                let Failure {
                    interrupted,
                    host,
                    cause,
                    ..
                } = failure;
                let status = if interrupted {
                    Status::ClientClosed
                } else {
                    Status::Network
                };
                let outcome = Outcome::with_message(status, cause);
                (outcome, host, RefundVerdict::Unclear)
            }
            Ok(told) => (answered(&told.answer), told.reply.host, told.answer.verdict),
        };
        outcome.set("host", host);
        outcome.set("attempts", 1);
        (outcome, verdict)
    }

    /// A clear answer settles a refund that is open and moves on one that is settled, unless somebody
    /// is working on it. `hand_over`: whether the till that has it open is told by this very call.
    /// Returns whether the answer is on record by now, or is sure to be found by whoever works on it.
    pub(in crate::client) fn take_up_answer(
        &self,
        key: &Key,
        outcome: &Outcome,
        hand_over: HandOver,
    ) -> Result<bool, JournalError> {
        let entry = match self.journal.take(key, None)? {
            Take::Taken(entry) => entry,
            Take::Busy(entry) => return Ok(entry.phase.is_some()),
            Take::Absent => return Ok(true),
        };
        if !supersedes(&entry, outcome.status) {
            self.give_back(key);
            return Ok(true);
        }
        let merged = merged(&entry, outcome);
        let returned = hand_over == HandOver::Now || entry.returned;
        self.journal
            .settle(key, merged.status, &merged.fields, returned)?;
        Ok(true)
    }
}

/// What a single answer means for somebody who asks.
pub(in crate::client) fn answered(answer: &Answer<RefundVerdict>) -> Outcome {
    let status = match (told(answer.verdict), answer.verdict) {
        (Some(ending), _) => ending.status,
        (None, RefundVerdict::NotFound) => Status::NotFound,
        (None, RefundVerdict::Rejected) => Status::Rejected,
        (None, _) if answer.forged => Status::Forged,
        (None, _) => Status::Network,
    };
    let mut outcome = Outcome::with_message(status, answer.why.as_str());
    report::add_facts(&mut outcome, &answer.facts);
    if let Some(code) = &answer.code {
        outcome.set("code", code.as_str());
        outcome.set(
            "code_message",
            answer.code_message.as_deref().unwrap_or_default(),
        );
    }
    outcome
}

/// Whether what an answer says takes the place of what is on record: that the money went back is not
/// taken back by an answer that is older, and a refund that exists is not another's.
fn supersedes(entry: &Entry, status: Status) -> bool {
    let recorded = entry.outcome.as_ref().map(|(status, _)| *status);
    match (recorded, status) {
        (None, _) => true,
        (Some(Status::Refunded), Status::Accepted) => false,
        (Some(Status::Refunded | Status::Accepted), Status::Duplicate) => false,
        (Some(recorded), status) => recorded != status,
    }
}

/// The recorded facts with the fresh ones over them.
fn merged(entry: &Entry, fresh: &Outcome) -> Outcome {
    let mut fields = match &entry.outcome {
        Some((_, facts)) => facts.clone(),
        None => super::asked_for(&entry.refund_fields()),
    };
    // Of the ending before.
    for name in ["advice", "code", "code_message"] {
        fields.remove(name);
    }
    for (name, value) in &fresh.fields {
        fields.insert(name.clone(), value.clone());
    }
    fields.insert("out_refund_no".into(), entry.key.number.as_str().into());
    Outcome {
        status: fresh.status,
        fields,
    }
}
