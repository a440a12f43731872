//! Refunds.
//!
//! Sources: "申请退款" and "查询退款", APIv2.

use super::answer::{failed, hint, refused_certificate, without_message};
use super::fields::{self, REFUND_FIELDS};
use super::request::{document, invalid, texts};
use super::{WechatV2, facts};
use crate::config::Region;
use crate::exchange::{Call, Reply, Resend};
use crate::fields::Fields;
use crate::gateway::beijing::Beijing;
use crate::gateway::refunded::{self, Reported};
use crate::gateway::rules::short;
use crate::gateway::{
    Answer, Expected, ExpectedRefund, InvalidField, Refund, Refunds, Stamp, codes, refund_codes,
    rules,
};
use crate::outcome::Facts;
use crate::verdict::RefundVerdict;

impl Refunds for WechatV2 {
    fn can_refund(&self) -> bool {
        self.config.client_certificate.is_some()
    }

    fn check_out_refund_no(&self, out_refund_no: &str) -> Result<(), InvalidField> {
        fields::check_out_refund_no(out_refund_no).map_err(|rule| invalid("out_refund_no", rule))
    }

    fn refund(&self, given: &Fields) -> Result<Refund, InvalidField> {
        let (fields, left_out) = self.checked(given, REFUND_FIELDS)?;
        let refund_fee =
            refunded::fit_together(&fields).map_err(|(field, rule)| invalid(field, rule))?;
        let sub_mch_id = self.shop(fields.get("sub_mch_id")).map(str::to_owned);
        if sub_mch_id.is_none() && fields.get("sub_appid").is_some() {
            return Err(invalid("sub_appid", "needs a sub_mch_id beside it"));
        }
        let fee_type = self.refund_fee_type(&fields)?;
        let mut parameters: Fields = fields
            .iter()
            .filter(|(name, _)| *name != "fee_type")
            .collect();
        if let Some(fee_type) = &fee_type {
            parameters.set("refund_fee_type", fee_type.as_str());
        }
        if let Some(Ok((account, _))) = fields.get("refund_account").map(rules::refund_account) {
            parameters.set("refund_account", account);
        }
        self.set_merchant(&mut parameters, sub_mch_id.as_deref());
        let text = |name| fields.get(name).map(str::to_owned);
        Ok(Refund {
            expected: ExpectedRefund {
                out_refund_no: text("out_refund_no").unwrap_or_default(),
                out_trade_no: text("out_trade_no"),
                transaction_id: text("transaction_id"),
                sub_mch_id,
                refund_fee: Some(refund_fee),
                fee_type,
            },
            parameters: document(parameters),
            left_out,
        })
    }

    fn call(&self, refund: &Refund, stamp: &Stamp) -> Call {
        let parameters = texts(&refund.parameters);
        // It may be sent again, but not behind the back of the policy, which has to know that an
        // earlier one may have arrived.
        let resend = Resend::OnlyIfUnsent;
        self.call("refund", "/secapi/pay/refund", parameters, stamp, resend)
    }

    fn read(&self, expected: &ExpectedRefund, reply: &Reply) -> Answer<RefundVerdict> {
        if refused_certificate(reply) {
            return without_message(
                RefundVerdict::Rejected,
                "the gateway did not accept the client certificate: check client_certificate in \
                 the configuration against the merchant platform",
                false,
            );
        }
        self.refund_answer(expected, reply, refund_codes::refund, |message| {
            let fee_type = message.get("refund_fee_type");
            Told {
                number: message.get("out_refund_no"),
                refund_fee: message.get("refund_fee"),
                fee_type: fee_type.or_else(|| message.get("fee_type")),
                // "SUCCESS退款申请接收成功，结果通过退款查询接口查询"
                status: "PROCESSING",
                index: None,
            }
        })
    }

    fn query(&self, expected: &ExpectedRefund, stamp: &Stamp) -> Call {
        let mut parameters = Fields::new();
        parameters.set("out_refund_no", expected.out_refund_no.as_str());
        self.set_merchant(&mut parameters, self.shop(expected.sub_mch_id.as_deref()));
        let resend = Resend::Freely;
        let parameters = parameters.iter();
        self.call("refundquery", "/pay/refundquery", parameters, stamp, resend)
    }

    fn read_query(&self, expected: &ExpectedRefund, reply: &Reply) -> Answer<RefundVerdict> {
        let refused = |code: &str, _: &str| refund_codes::query(code);
        self.refund_answer(expected, reply, refused, |message| {
            let index = (0..MAX_REFUNDS).find(|index| {
                message.get(&format!("out_refund_no_{index}")) == Some(&expected.out_refund_no)
            });
            let at = |name: &str| message.get(&format!("{name}_{}", index?));
            Told {
                number: at("out_refund_no"),
                refund_fee: at("refund_fee"),
                fee_type: message.get("fee_type"),
                status: at("refund_status").unwrap_or_default(),
                index,
            }
        })
    }
}

/// Of one order; an answer lists at most ten.
const MAX_REFUNDS: u32 = 50;

/// What a successful answer says of a refund.
pub(super) struct Told<'a> {
    pub(super) number: Option<&'a str>,
    pub(super) refund_fee: Option<&'a str>,
    pub(super) fee_type: Option<&'a str>,
    /// `refund_status`
    pub(super) status: &'a str,
    /// Its place in the list, if it is one.
    pub(super) index: Option<u32>,
}

impl WechatV2 {
    /// The currency, under whichever of its two names.
    fn refund_fee_type(&self, fields: &Fields) -> Result<Option<String>, InvalidField> {
        match (fields.get("refund_fee_type"), fields.get("fee_type")) {
            (Some(one), Some(other)) if one != other => Err(invalid(
                "refund_fee_type",
                "is the same as fee_type and says something else; set one of them",
            )),
            (None, None) if self.config.region == Region::Mainland => Ok(Some("CNY".to_owned())),
            (one, other) => Ok(one.or(other).map(str::to_owned)),
        }
    }

    /// What the answers to a refund and to the question about one have in common.
    fn refund_answer(
        &self,
        expected: &ExpectedRefund,
        reply: &Reply,
        refused: impl FnOnce(&str, &str) -> RefundVerdict,
        told: impl for<'a> FnOnce(&'a Fields) -> Told<'a>,
    ) -> Answer<RefundVerdict> {
        // The order is compared with the refund: another one is a conflict, and no forgery.
        let merchant = Expected {
            sub_mch_id: expected.sub_mch_id.clone(),
            ..Expected::default()
        };
        let mut found = None;
        let mut stranger = false;
        let unclear = RefundVerdict::Unclear;
        let rejected = RefundVerdict::Rejected;
        let mut answer = self.answer(&merchant, reply, unclear, rejected, |message| {
            if let Some((code, text)) = failed(message) {
                return because(refused(code, text), code);
            }
            let told = told(message);
            stranger = told.number.is_some() && told.number != Some(&expected.out_refund_no);
            let (verdict, why) = self.judge_refund(expected, message, &told);
            let known = !matches!(verdict, RefundVerdict::Unclear);
            found = known.then(|| (told.status.to_owned(), told.index));
            (verdict, why)
        });
        match found {
            Some((status, index)) => {
                if let Some(index) = index {
                    pick(&mut answer.facts, index);
                }
                if answer.verdict == RefundVerdict::Failed {
                    answer.code = Some(short(&status, 64));
                }
                answer.facts.insert("refund_status".into(), status.into());
            }
            None => {
                answer.facts.remove("refund_status");
            }
        }
        if stranger {
            answer.forged = true;
            answer.facts = Facts::new();
        }
        answer
    }

    /// Whether a refund is the one that was asked for. The documents require the refund number, the
    /// order and the amount in every such answer and, in institution mode, the shop.
    pub(super) fn judge_refund(
        &self,
        expected: &ExpectedRefund,
        message: &Fields,
        told: &Told<'_>,
    ) -> (RefundVerdict, String) {
        let unclear = |why: &str| (RefundVerdict::Unclear, why.to_owned());
        match told.number {
            None => return unclear("the answer does not name this refund"),
            Some(number) if number != expected.out_refund_no => {
                return unclear("the answer is about another out_refund_no");
            }
            Some(_) => {}
        }
        let shop = self.shop(expected.sub_mch_id.as_deref());
        if shop.is_some() && message.get("sub_mch_id").is_none() {
            return unclear("the answer does not name its sub_mch_id");
        }
        let state = match told.status {
            "SUCCESS" => RefundVerdict::Refunded,
            "PROCESSING" => RefundVerdict::Processing,
            "REFUNDCLOSE" | "CHANGE" => RefundVerdict::Failed,
            _ => RefundVerdict::Unclear,
        };
        let reported = Reported {
            out_trade_no: message.get("out_trade_no"),
            transaction_id: message.get("transaction_id"),
            refund_fee: told.refund_fee.and_then(facts::whole_number),
            fee_type: told.fee_type,
        };
        let (verdict, why) = refunded::judge(expected, &reported, state);
        let status = short(told.status, 64);
        (verdict, format!("refund_status {status}: {why}"))
    }
}

/// Names the code in the reason.
fn because(verdict: RefundVerdict, code: &str) -> (RefundVerdict, String) {
    let hint = codes::find(code).map_or("", |row| hint(row.remedy));
    let why = match code {
        "" => "refused without an err_code".to_owned(),
        code => format!("err_code {}{hint}", short(code, 64)),
    };
    (verdict, why)
}

/// Of a list of refunds only the one at `index` stays, under the names without an index.
fn pick(facts: &mut Facts, index: u32) {
    let mut about_it = Facts::new();
    for (name, value) in std::mem::take(facts) {
        let (stem, numbers) = numbered(&name);
        match numbers[..] {
            [] => {
                facts.insert(name, value);
            }
            [first] if first == index => {
                about_it.insert(stem.to_owned(), value);
            }
            // A refund's coupons are numbered themselves.
            [first, second] if first == index => {
                about_it.insert(format!("{stem}_{second}"), value);
            }
            _ => {}
        }
    }
    if let Some(moment) = about_it
        .get("refund_success_time")
        .and_then(|time| success_time(time.as_str()?))
    {
        about_it.remove("refund_success_time");
        about_it.insert("refunded_at".into(), moment.rfc3339().into());
    }
    // `refund_fee` without a number is the sum of all refunds of the order.
    facts.append(&mut about_it);
}

/// `coupon_refund_id_0_1` is `coupon_refund_id` and 0, 1.
fn numbered(name: &str) -> (&str, Vec<u32>) {
    let mut stem = name;
    let mut numbers = Vec::new();
    while let Some((rest, number)) = stem.rsplit_once('_') {
        let Ok(number) = number.parse() else { break };
        numbers.insert(0, number);
        stem = rest;
    }
    (stem, numbers)
}

/// `2016-07-25 15:26:26`, Beijing time.
pub(super) fn success_time(text: &str) -> Option<Beijing> {
    let shaped = text.len() == 19 && text.as_bytes()[10] == b' ';
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    Beijing::parse(&digits).filter(|_| shaped)
}
