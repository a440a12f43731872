//! Refunds.
//!
//! Sources: `MerchantOrderApi` of Fubei's Java SDK for 1.0, whose answers name no amount, and whose
//! question names the order as well.

use super::answer::{About, Reading};
use super::content::Content;
use super::fields::{self, REFUND, invalid};
use super::message::text;
use super::request::{Operation, content, name_merchant, parameters};
use super::{Fubei, facts};
use crate::config::FubeiApi;
use crate::exchange::{Call, Reply, Resend};
use crate::fields::Fields;
use crate::gateway::refunded::{self, Reported};
use crate::gateway::rules::short;
use crate::gateway::{Answer, ExpectedRefund, InvalidField, Refund, Refunds, Stamp};
use crate::outcome::Facts;
use crate::verdict::RefundVerdict;

impl Refunds for Fubei {
    fn can_refund(&self) -> bool {
        true
    }

    /// Nothing that Fubei publishes says what a second request of one number does.
    fn may_resend(&self) -> bool {
        false
    }

    fn check_out_refund_no(&self, out_refund_no: &str) -> Result<(), InvalidField> {
        fields::check_known_number("out_refund_no", out_refund_no)
    }

    fn refund(&self, given: &Fields) -> Result<Refund, InvalidField> {
        let mut checked = fields::check(given, REFUND, self.config.api)?;
        let fields = &checked.fields;
        let text = |name: &str| fields.get(name).map(str::to_owned);
        let refund_fee = fields::amount(
            fields.get("refund_fee").unwrap_or_default(),
            self.config.api,
        )
        .map_err(|rule| invalid("refund_fee", rule))?;
        let total_fee = fields.get("total_fee").and_then(|fee| fee.parse().ok());
        if total_fee.is_some_and(|total_fee: i64| refund_fee > total_fee) {
            return Err(invalid("refund_fee", "is more than total_fee"));
        }
        match (fields.get("out_trade_no"), fields.get("transaction_id")) {
            (None, None) => {
                return Err(invalid(
                    "out_trade_no",
                    "is required, or transaction_id instead",
                ));
            }
            // The gateway would go by one of them and leave the other unread.
            (Some(_), Some(_)) => {
                return Err(invalid(
                    "transaction_id",
                    "set either this or out_trade_no, not both",
                ));
            }
            _ => {}
        }
        let merchant_id = self.merchant_of(fields)?;
        let expected = ExpectedRefund {
            out_refund_no: text("out_refund_no").unwrap_or_default(),
            out_trade_no: text("out_trade_no"),
            transaction_id: text("transaction_id"),
            sub_mch_id: merchant_id.clone(),
            refund_fee: Some(refund_fee),
            fee_type: Some("CNY".to_owned()),
        };
        name_merchant(&mut checked.content, merchant_id.as_deref());
        Ok(Refund {
            expected,
            parameters: parameters(&checked.content),
            left_out: checked.left_out,
        })
    }

    /// See [`may_resend`](Refunds::may_resend).
    fn call(&self, refund: &Refund, stamp: &Stamp) -> Call {
        let content = content(&refund.parameters);
        self.request(Operation::Refund, content, stamp, Resend::OnlyIfUnsent)
    }

    fn read(&self, expected: &ExpectedRefund, reply: &Reply) -> Answer<RefundVerdict> {
        with_state(self.answer(
            &self.about_refund(expected),
            reply,
            RefundVerdict::Unclear,
            RefundVerdict::Rejected,
            |refusal| refusal.refund(),
            |data| self.refund_state(expected, data, RefundVerdict::Processing),
        ))
    }

    fn query(&self, expected: &ExpectedRefund, stamp: &Stamp) -> Call {
        let mut content = Content::default();
        content.text("merchant_refund_sn", expected.out_refund_no.as_str());
        // 2.0 asks for the refund alone.
        if self.config.api == FubeiApi::V1 {
            if let Some(order_sn) = &expected.transaction_id {
                content.text("order_sn", order_sn.as_str());
            } else if let Some(number) = &expected.out_trade_no {
                content.text("merchant_order_sn", number.as_str());
            }
        }
        let merchant_id = self.merchant_id(expected.sub_mch_id.as_deref());
        name_merchant(&mut content, merchant_id);
        self.request(
            Operation::RefundQuery,
            &content.json(),
            stamp,
            Resend::Freely,
        )
    }

    fn check_question(&self, expected: &ExpectedRefund) -> Result<(), InvalidField> {
        let names_order = expected.out_trade_no.is_some() || expected.transaction_id.is_some();
        if self.config.api == FubeiApi::V1 && !names_order {
            return Err(invalid(
                "out_refund_no",
                "is in no record of this till, and Fubei 1.0 wants to know its order as well; ask on \
                 the till that made the refund, or with api = \"2.0\"",
            ));
        }
        Ok(())
    }

    fn read_query(&self, expected: &ExpectedRefund, reply: &Reply) -> Answer<RefundVerdict> {
        with_state(self.answer(
            &self.about_refund(expected),
            reply,
            RefundVerdict::Unclear,
            RefundVerdict::Rejected,
            |refusal| refusal.refund_query(),
            |data| self.refund_state(expected, data, RefundVerdict::Unclear),
        ))
    }
}

impl Fubei {
    pub(super) fn about_refund<'a>(&'a self, expected: &'a ExpectedRefund) -> About<'a> {
        About {
            number: ("merchant_refund_sn", &expected.out_refund_no),
            order_sn: None,
            merchant_id: self.merchant_id(expected.sub_mch_id.as_deref()),
            asked: None,
        }
    }

    /// What became of a refund; `silent` is what an answer without a state says.
    pub(super) fn refund_state(
        &self,
        expected: &ExpectedRefund,
        data: &Facts,
        silent: RefundVerdict,
    ) -> Reading<RefundVerdict> {
        if !self.about_refund(expected).is_named(data) {
            let why = "the answer does not name its refund";
            return (RefundVerdict::Unclear, why.to_owned());
        }
        let state = text(data, "refund_status");
        let verdict = match state.as_deref() {
            None => silent,
            Some("REFUND_SUCCESS") => RefundVerdict::Refunded,
            Some("REFUND_PROCESSING") => RefundVerdict::Processing,
            // As 1.0 spells it, and as 2.0 does.
            Some("REFUND_FAILER" | "REFUND_FAIL") => RefundVerdict::Failed,
            Some(_) => RefundVerdict::Unclear,
        };
        let (out_trade_no, transaction_id) =
            (text(data, "merchant_order_sn"), text(data, "order_sn"));
        let reported = Reported {
            out_trade_no: out_trade_no.as_deref(),
            transaction_id: transaction_id.as_deref(),
            refund_fee: refund_fee(expected, data),
            fee_type: None,
        };
        match refunded::judge(expected, &reported, verdict) {
            (judged, why) if judged != verdict => (judged, why.to_owned()),
            (judged, _) => {
                let state = state.as_deref().unwrap_or("missing");
                (judged, format!("refund_status {}", short(state, 64)))
            }
        }
    }
}

/// The state is the code of a refund that failed, and nothing that an unclear answer may tell.
pub(super) fn with_state(mut answer: Answer<RefundVerdict>) -> Answer<RefundVerdict> {
    match answer.verdict {
        RefundVerdict::Refunded | RefundVerdict::Processing | RefundVerdict::Conflict => {}
        RefundVerdict::Failed => answer.code = text(&answer.facts, "refund_status"),
        _ => {
            answer.facts.remove("refund_status");
        }
    }
    answer
}

/// The amount that the answer names. 1.0 never names one, which agrees with any.
fn refund_fee(expected: &ExpectedRefund, data: &Facts) -> Option<i64> {
    let named = ["refund_money", "refund_amount"]
        .into_iter()
        .find(|name| data.contains_key(*name));
    match named {
        Some(name) => facts::amount(data, name),
        None => expected.refund_fee.or(Some(0)),
    }
}
