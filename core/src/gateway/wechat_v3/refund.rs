//! Refunds.
//!
//! Sources: "申请退款" and "查询单笔退款（通过商户退款单号）", APIv3, direct and partner editions, and
//! the global edition of each. Their answers name no merchant, as other answers do: what ties them to
//! a request are the refund number, the order and the amount.

use serde_json::Value;

use super::answer::{member, text};
use super::facts::Names;
use super::fields::{self, REFUND, WECHAT_GOODS_ID, invalid, place};
use super::request::escaped;
use super::{WechatV3, detail, facts};
use crate::config::Region;
use crate::exchange::{Call, Reply, Resend};
use crate::fields::Fields;
use crate::gateway::refunded::{self, Reported};
use crate::gateway::rules::short;
use crate::gateway::{
    Answer, Expected, ExpectedRefund, InvalidField, Refund, Refunds, Stamp, refund_codes, rules,
};
use crate::verdict::RefundVerdict;

/// Of answers about a refund.
pub(super) const NAMES: &Names = &[
    ("amount.currency", "fee_type"),
    ("amount.discount_refund", "coupon_refund_fee"),
    ("amount.payer_refund", "cash_refund_fee"),
    ("amount.payer_total", "payer_total"),
    ("amount.refund", "refund_fee"),
    ("amount.settlement_refund", "settlement_refund_fee"),
    ("amount.settlement_total", "settlement_total_fee"),
    ("amount.total", "total_fee"),
    ("channel", "refund_channel"),
    ("funds_account", "refund_account"),
    // The global edition's names for them.
    ("id", "refund_id"),
    ("recv_account", "user_received_account"),
    ("refund_id", "refund_id"),
    ("refund_status", "refund_status"),
    ("status", "refund_status"),
    ("success_time", "refunded_at"),
    ("user_received_account", "user_received_account"),
];

impl Refunds for WechatV3 {
    fn can_refund(&self) -> bool {
        true
    }

    fn check_out_refund_no(&self, out_refund_no: &str) -> Result<(), InvalidField> {
        fields::check_refund_number(out_refund_no).map_err(|rule| invalid("out_refund_no", rule))
    }

    fn refund(&self, given: &Fields) -> Result<Refund, InvalidField> {
        let mut checked = self.checked(given, REFUND)?;
        let fields = &checked.fields;
        let refund_fee =
            refunded::fit_together(fields).map_err(|(field, rule)| invalid(field, rule))?;
        let text = |name| fields.get(name).map(str::to_owned);
        let currency = text("refund_fee_type").or_else(|| text("fee_type"));
        let shop = self.shop(fields)?;
        let body = &mut checked.body;
        let fee_type = match self.config.region {
            Region::Mainland => {
                if let Some(Ok((_, account))) =
                    fields.get("refund_account").map(rules::refund_account)
                {
                    place(body, "/funds_account", account.into());
                }
                if let Some(detail) = fields.get("detail") {
                    place(body, "/goods_detail", goods(detail)?);
                }
                // Unless the till gave one; the documents require it.
                let currency = currency.unwrap_or_else(|| "CNY".to_owned());
                place(body, "/amount/currency", currency.as_str().into());
                if let Some(shop) = shop {
                    place(body, "/sub_mchid", shop.sub_mchid.into());
                }
                Some(currency)
            }
            Region::HongKong => {
                body.extend(self.merchant_with_apps(shop));
                // The documents' own sample tells a refund of an order in HKD in another currency.
                None
            }
        };
        Ok(Refund {
            expected: ExpectedRefund {
                out_refund_no: text("out_refund_no").unwrap_or_default(),
                out_trade_no: text("out_trade_no"),
                transaction_id: text("transaction_id"),
                sub_mch_id: shop.map(|shop| shop.sub_mchid.to_owned()),
                refund_fee: Some(refund_fee),
                fee_type,
            },
            parameters: checked.body,
            left_out: checked.left_out,
        })
    }

    fn call(&self, refund: &Refund, stamp: &Stamp) -> Call {
        let body = Value::Object(refund.parameters.clone());
        let path = self.refunds_path().to_owned();
        // It may be sent again, but not behind the back of the policy, which has to know that an
        // earlier one may have arrived.
        let resend = Resend::OnlyIfUnsent;
        self.call("refund", "POST", path, Some(&body), stamp, resend)
    }

    fn read(&self, expected: &ExpectedRefund, reply: &Reply) -> Answer<RefundVerdict> {
        self.refund_answer(expected, reply, refund_codes::refund)
    }

    fn query(&self, expected: &ExpectedRefund, stamp: &Stamp) -> Call {
        let number = escaped(&expected.out_refund_no);
        let shop = self.shop_named(expected.sub_mch_id.as_deref());
        let path = match (self.config.region, shop) {
            (Region::HongKong, shop) => format!(
                "{}/out-refund-no/{number}?{}",
                self.refunds_path(),
                self.merchant_query(shop)
            ),
            (Region::Mainland, Some(shop)) => format!(
                "{}/{number}?sub_mchid={}",
                self.refunds_path(),
                escaped(shop.sub_mchid)
            ),
            (Region::Mainland, None) => format!("{}/{number}", self.refunds_path()),
        };
        self.call("refundquery", "GET", path, None, stamp, Resend::Freely)
    }

    fn read_query(&self, expected: &ExpectedRefund, reply: &Reply) -> Answer<RefundVerdict> {
        let refused = |code: &str, _: &str| refund_codes::query(code);
        self.refund_answer(expected, reply, refused)
    }
}

impl WechatV3 {
    /// Where refunds live, also those of partners.
    fn refunds_path(&self) -> &'static str {
        match self.config.region {
            Region::Mainland => "/v3/refund/domestic/refunds",
            Region::HongKong => "/v3/global/refunds",
        }
    }

    /// What the answers to a refund and to the question about one have in common.
    fn refund_answer(
        &self,
        expected: &ExpectedRefund,
        reply: &Reply,
        refused: impl FnOnce(&str, &str) -> RefundVerdict,
    ) -> Answer<RefundVerdict> {
        let mut answer = self.read_answer_about(
            reply,
            RefundVerdict::Unclear,
            |refusal| {
                let verdict = match refused(refusal.code, refusal.message) {
                    RefundVerdict::Again => RefundVerdict::Again,
                    // Only a 4xx proves anything.
                    _ if refusal.status >= 500 => RefundVerdict::Unclear,
                    verdict => verdict,
                };
                (verdict, refusal.why())
            },
            |body| {
                self.is_about_refund(expected, body)?;
                let status = text(body, "status").unwrap_or_default();
                let (verdict, why) = judge_refund(expected, body, status);
                Ok((verdict, why, facts::of(body, NAMES)))
            },
        );
        match answer.verdict {
            RefundVerdict::Refunded | RefundVerdict::Processing | RefundVerdict::Conflict => {}
            RefundVerdict::Failed => {
                let status = answer.facts.get("refund_status").and_then(Value::as_str);
                answer.code = status.map(|status| short(status, 64));
            }
            _ => {
                answer.facts.remove("refund_status");
            }
        }
        answer
    }

    /// `Err` says which of the names that the answer gives is not the one that was asked for. The
    /// order is compared with the refund: another one is a conflict, and no forgery.
    pub(super) fn is_about_refund(
        &self,
        expected: &ExpectedRefund,
        body: &Value,
    ) -> Result<(), &'static str> {
        let merchant = Expected {
            sub_mch_id: expected.sub_mch_id.clone(),
            ..Expected::default()
        };
        self.is_about(&merchant, body)?;
        match member(body, "out_refund_no") {
            Some(number) if *number != expected.out_refund_no.as_str() => {
                Err("the answer is about another out_refund_no")
            }
            _ => Ok(()),
        }
    }
}

/// The goods that come back: of the order's `detail` a refund has this list and nothing else.
fn goods(detail: &str) -> Result<Value, InvalidField> {
    let mut detail = detail::read(detail, Region::Mainland, WECHAT_GOODS_ID)
        .map_err(|rule| invalid("detail", rule))?;
    match (detail.remove("goods_detail"), detail.is_empty()) {
        (Some(goods), true) => Ok(goods),
        _ => Err(invalid(
            "detail",
            "of a refund: one JSON object with goods_detail, the list of the goods that come back, \
             and nothing else",
        )),
    }
}

/// Whether a refund is the one that was asked for, and what its `status` means.
pub(super) fn judge_refund(
    expected: &ExpectedRefund,
    body: &Value,
    status: &str,
) -> (RefundVerdict, String) {
    let unclear = |why: &str| (RefundVerdict::Unclear, why.to_owned());
    if member(body, "out_refund_no").is_none() {
        return unclear("the answer does not name this refund");
    }
    let state = match status {
        "SUCCESS" => RefundVerdict::Refunded,
        "PROCESSING" => RefundVerdict::Processing,
        // The second of each is the global edition's.
        "CLOSED" | "REFUNDCLOSE" | "ABNORMAL" | "CHANGE" => RefundVerdict::Failed,
        _ => return unclear(&format!("refund status {}", short(status, 64))),
    };
    let amount = |name: &str| body.get("amount").and_then(|amount| amount.get(name));
    let reported = Reported {
        out_trade_no: text(body, "out_trade_no"),
        transaction_id: text(body, "transaction_id"),
        refund_fee: amount("refund")
            .and_then(Value::as_i64)
            .filter(|fee| *fee >= 0),
        fee_type: amount("currency").and_then(Value::as_str),
    };
    let (verdict, why) = refunded::judge(expected, &reported, state);
    (
        verdict,
        format!("refund status {}: {why}", short(status, 64)),
    )
}
