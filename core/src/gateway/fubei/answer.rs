//! From replies to verdicts.
//!
//! `result_code` says whether the call succeeded, the order's state what became of the money. An
//! answer about another order, or another merchant, is no answer at all, so nothing of it but the
//! fact that it came is used.

use super::codes::Refusal;
use super::message::{self, Envelope};
use super::{Fubei, facts};
use crate::exchange::Reply;
use crate::gateway::paid::{self, Payment};
use crate::gateway::rules::short;
use crate::gateway::{Answer, Expected, Product};
use crate::outcome::Facts;
use crate::verdict::{QueryVerdict, ReverseVerdict, SubmitVerdict};

/// A verdict and why.
pub(super) type Reading<V> = (V, String);

/// What an answer must be about.
pub(super) struct About<'a> {
    /// Our number, by Fubei's name for it; empty where it is not known.
    pub(super) number: (&'static str, &'a str),
    /// Fubei's number, where it was asked for by that.
    pub(super) order_sn: Option<&'a str>,
    /// The merchant that a service provider acts for.
    pub(super) merchant_id: Option<&'a str>,
    /// What the order was made for, in fen.
    pub(super) asked: Option<i64>,
}

impl Fubei {
    pub(super) fn submit_answer(
        &self,
        expected: &Expected,
        reply: &Reply,
    ) -> Answer<SubmitVerdict> {
        let mut answer = self.answer(
            &self.about(expected),
            reply,
            SubmitVerdict::Unclear,
            SubmitVerdict::Rejected,
            |refusal| refusal.submit(),
            |data| match self.state(expected, data) {
                (QueryVerdict::Paid, why) => (SubmitVerdict::Paid, why),
                // A query says whose payment it is, and goes through every check again.
                (_, why) => (SubmitVerdict::Unclear, why),
            },
        );
        // As WeChat itself calls it.
        let paying = answer
            .facts
            .get("trade_state")
            .is_some_and(|state| state == "USERPAYING");
        if paying && answer.code.is_none() {
            answer.code = Some("USERPAYING".into());
        }
        answer
    }

    pub(super) fn query_answer(&self, expected: &Expected, reply: &Reply) -> Answer<QueryVerdict> {
        self.answer(
            &self.about(expected),
            reply,
            QueryVerdict::Unclear,
            QueryVerdict::Rejected,
            |refusal| refusal.query(),
            |data| self.state(expected, data),
        )
    }

    pub(super) fn reverse_answer(
        &self,
        expected: &Expected,
        reply: &Reply,
    ) -> Answer<ReverseVerdict> {
        self.undoing_answer(expected, reply, |refusal| refusal.reverse())
    }

    /// Of a reverse or a close: a query says what it came to.
    pub(super) fn undoing_answer(
        &self,
        expected: &Expected,
        reply: &Reply,
        refused: impl FnOnce(&Refusal<'_>) -> ReverseVerdict,
    ) -> Answer<ReverseVerdict> {
        self.answer(
            &self.about(expected),
            reply,
            ReverseVerdict::Unclear,
            ReverseVerdict::Refused,
            refused,
            |data| match facts::state(data).as_deref() {
                Some("REVOKED_ERROR") => (ReverseVerdict::Again, "state REVOKED_ERROR".to_owned()),
                Some(state) => (ReverseVerdict::Done, format!("state {}", short(state, 64))),
                None => (ReverseVerdict::Done, "taken".to_owned()),
            },
        )
    }

    /// What every operation's answer has in common.
    pub(super) fn answer<V>(
        &self,
        about: &About<'_>,
        reply: &Reply,
        unclear: V,
        rejected: V,
        refused: impl FnOnce(&Refusal<'_>) -> V,
        told: impl FnOnce(&Facts) -> Reading<V>,
    ) -> Answer<V> {
        if reply.status != 200 {
            return Answer::new(unclear, format!("HTTP status {}", reply.status));
        }
        let envelope = match Envelope::read(&reply.body) {
            Ok(envelope) => envelope,
            Err(error) => return Answer::new(unclear, error.to_string()),
        };
        if let Err(why) = about.check(&envelope.data) {
            return Answer {
                forged: true,
                ..Answer::new(unclear, why.to_owned())
            };
        }
        let (verdict, why) = if envelope.succeeded() {
            told(&envelope.data)
        } else {
            let refusal = Refusal {
                code: &envelope.code,
                sub_code: &envelope.sub_code,
                message: &envelope.message,
            };
            let verdict = match refusal.never_executed() {
                Some(_) => rejected,
                None => refused(&refusal),
            };
            (verdict, refusal.why())
        };
        let paid = facts::state(&envelope.data).as_deref() == Some("SUCCESS");
        let code = match envelope.sub_code.as_str() {
            _ if envelope.succeeded() && paid => "",
            "" if envelope.succeeded() => "",
            "" => &envelope.code,
            sub_code => sub_code,
        };
        let refused = !code.is_empty();
        Answer {
            code: Some(short(code, 64)).filter(|code| !code.is_empty()),
            code_message: Some(short(&envelope.message, 256))
                .filter(|message| refused && !message.is_empty()),
            facts: facts::of(&envelope.data, about.asked, Some(reply)),
            ..Answer::new(verdict, why)
        }
    }

    pub(super) fn about<'a>(&'a self, expected: &'a Expected) -> About<'a> {
        About {
            number: ("merchant_order_sn", &expected.out_trade_no),
            order_sn: expected.transaction_id.as_deref(),
            merchant_id: self.merchant_id(expected.sub_mch_id.as_deref()),
            asked: expected.total_fee,
        }
    }

    /// What the state of an order means. Whatever ends it has to name it.
    pub(super) fn state(&self, expected: &Expected, data: &Facts) -> Reading<QueryVerdict> {
        let named = self.about(expected).is_named(data);
        let Some(state) = facts::state(data) else {
            let why = "the answer has no state, or two different ones";
            return (QueryVerdict::Unclear, why.to_owned());
        };
        let verdict = match state.as_str() {
            "SUCCESS" | "REVOKED" | "CLOSED" if !named => {
                let why = "the answer does not name its order";
                return (QueryVerdict::Unclear, why.to_owned());
            }
            "SUCCESS" => return judge(expected, data),
            "REVOKED" => QueryVerdict::Reversed,
            "CLOSED" => QueryVerdict::Closed,
            // 待支付: of an order to scan, that nobody has paid it.
            "USERPAYING" if expected.product == Product::Prepay => QueryVerdict::NotPaid,
            // A reverse that failed leaves an order that can still be paid, or is: it has to be
            // reversed again, as one that the payer is busy with has to be.
            "USERPAYING" | "REVOKED_ERROR" => QueryVerdict::Paying,
            // REVOKING is on its way: asking again will tell.
            _ => QueryVerdict::Unclear,
        };
        (verdict, format!("state {}", short(&state, 64)))
    }
}

impl About<'_> {
    /// Whether `data` is about the order that was asked for, as far as it says.
    pub(super) fn check(&self, data: &Facts) -> Result<(), &'static str> {
        let differs = |name: &str, asked: &str| {
            !asked.is_empty() && message::text(data, name).is_some_and(|told| told != asked)
        };
        let (name, number) = self.number;
        if differs(name, number) {
            return Err("the answer is about another order");
        }
        if self
            .order_sn
            .is_some_and(|asked| differs("order_sn", asked))
        {
            return Err("the answer is about another order");
        }
        if let Some(asked) = self.merchant_id
            && ["merchant_id", "uid"]
                .iter()
                .any(|name| differs(name, asked))
        {
            return Err("the answer is about another merchant");
        }
        Ok(())
    }

    /// Whether `data`, which was checked, names the order.
    pub(super) fn is_named(&self, data: &Facts) -> bool {
        let (name, number) = self.number;
        let name = match number {
            "" => "order_sn",
            _ => name,
        };
        data.contains_key(name)
    }
}

/// Whether a payment is the one that was asked for.
fn judge(expected: &Expected, data: &Facts) -> Reading<QueryVerdict> {
    let attach = message::text(data, "attach");
    let payment = Payment {
        total_fee: facts::order_amount(data, expected.total_fee),
        fee_type: None,
        attach: attach.as_deref(),
        paid_at: facts::moment(data).and_then(|moment| moment.unix_seconds()),
    };
    let (verdict, why) = paid::judge(expected, &payment);
    (verdict, why.to_owned())
}
