//! From replies to verdicts.
//!
//! `return_code`, then `result_code`, then `trade_state` decide. Whatever is not signed, not about
//! our merchant or not about our order is no answer at all, so nothing of it but the fact that it
//! came is used.

use super::{WechatV2, facts, sign, xml};
use crate::exchange::Reply;
use crate::fields::Fields;
use crate::gateway::beijing::Beijing;
use crate::gateway::codes::Remedy;
use crate::gateway::paid::{self, Payment};
use crate::gateway::rules::short;
use crate::gateway::{Answer, Expected, codes};
use crate::verdict::{QueryVerdict, ReverseVerdict, SubmitVerdict};

/// Texts of `return_code` FAIL that say the request was refused before it was looked at, and what to
/// do about it. These answers have neither code nor signature.
const REQUEST_FAULTS: &[(&str, Remedy)] = &[
    ("签名错误", Remedy::Signature),
    ("签名失败", Remedy::Signature),
    ("签名验证失败", Remedy::Signature),
    ("参数格式校验错误", Remedy::RequestFault),
    ("参数格式错误", Remedy::RequestFault),
    ("缺少参数", Remedy::RequestFault),
    ("xml格式错误", Remedy::RequestFault),
    ("编码格式错误", Remedy::RequestFault),
    ("请使用post方法", Remedy::RequestFault),
    ("appid不存在", Remedy::Account),
    ("mchid不存在", Remedy::Account),
    ("mch_id不存在", Remedy::Account),
    ("商户号不存在", Remedy::Account),
    ("appid和mch_id不匹配", Remedy::Account),
    ("appid与mch_id不匹配", Remedy::Account),
    ("mch_id与appid不匹配", Remedy::Account),
    ("sign error", Remedy::Signature),
    ("signature error", Remedy::Signature),
    ("invalid signature", Remedy::Signature),
];

/// A verdict and why.
pub(super) type Reading<V> = (V, String);

impl WechatV2 {
    pub(super) fn submit_answer(
        &self,
        expected: &Expected,
        reply: &Reply,
    ) -> Answer<SubmitVerdict> {
        let mut answer = self.answer(
            expected,
            reply,
            SubmitVerdict::Unclear,
            SubmitVerdict::Rejected,
            |message| match failed(message) {
                None => {
                    let (verdict, why) = self.judge(expected, message);
                    match verdict {
                        QueryVerdict::Paid => (SubmitVerdict::Paid, why),
                        // A query says whose payment it is, and goes through every check again.
                        _ => (SubmitVerdict::Unclear, why),
                    }
                }
                Some((code, text)) => because(codes::submit(code, text), code),
            },
        );
        if answer.verdict == SubmitVerdict::Paid {
            answer.facts.insert("trade_state".into(), "SUCCESS".into());
        }
        answer
    }

    pub(super) fn query_answer(&self, expected: &Expected, reply: &Reply) -> Answer<QueryVerdict> {
        let mut answer = self.answer(
            expected,
            reply,
            QueryVerdict::Unclear,
            QueryVerdict::Rejected,
            |message| match failed(message) {
                None => self.trade_state(expected, message),
                Some((code, _)) => because(codes::query(code), code),
            },
        );
        if answer.verdict == QueryVerdict::Failed {
            answer.code = Some("PAYERROR".into());
            answer.code_message = answer
                .facts
                .get("trade_state_desc")
                .and_then(|text| text.as_str())
                .map(|text| short(text, 256));
        }
        answer
    }

    pub(super) fn reverse_answer(
        &self,
        expected: &Expected,
        reply: &Reply,
    ) -> Answer<ReverseVerdict> {
        if refused_certificate(reply) {
            return without_message(
                ReverseVerdict::Refused,
                "the gateway did not accept the client certificate: check client_certificate in \
                 the configuration against the merchant platform",
                false,
            );
        }
        self.answer(
            expected,
            reply,
            ReverseVerdict::Unclear,
            ReverseVerdict::Refused,
            |message| {
                let again = message.get("recall") == Some("Y");
                let (verdict, why) = match failed(message) {
                    None => (ReverseVerdict::Done, "reversed".to_owned()),
                    Some((code, text)) => because(codes::reverse(code, text), code),
                };
                match verdict {
                    ReverseVerdict::PayerBusy => (verdict, why),
                    _ if again => (ReverseVerdict::Again, format!("{why}, recall Y")),
                    _ => (verdict, why),
                }
            },
        )
    }

    /// What every operation's answer has in common. An `expected` without order number is compared
    /// by the operation itself.
    pub(super) fn answer<V>(
        &self,
        expected: &Expected,
        reply: &Reply,
        unclear: V,
        rejected: V,
        verified: impl FnOnce(&Fields) -> Reading<V>,
    ) -> Answer<V> {
        if reply.status != 200 {
            let why = format!("HTTP status {}", reply.status);
            return without_message(unclear, why, false);
        }
        let message = match xml::parse(&reply.body) {
            Ok(message) => message,
            Err(error) => return without_message(unclear, error.to_string(), false),
        };
        match message.get("return_code") {
            Some("SUCCESS") => {}
            Some("FAIL") => {
                let fault = request_fault(&message);
                let (verdict, why) = match fault {
                    Some(remedy) => (
                        rejected,
                        format!(
                            "return_code FAIL: the request was refused unexecuted{}",
                            hint(remedy)
                        ),
                    ),
                    None => (
                        unclear,
                        "return_code FAIL without a known reason".to_owned(),
                    ),
                };
                return Answer {
                    code: message.get("err_code").map(|code| short(code, 64)),
                    code_message: message
                        .get("err_code_des")
                        .or_else(|| message.get("return_msg"))
                        .map(|text| short(text, 256)),
                    ..Answer::new(verdict, why)
                };
            }
            _ => return without_message(unclear, "return_code is neither SUCCESS nor FAIL", false),
        }
        if let Err(why) = self.verify(expected, &message) {
            return without_message(unclear, why, true);
        }
        let (verdict, why) = verified(&message);
        let failed = message.get("result_code") != Some("SUCCESS");
        let if_failed = |name, max| {
            message
                .get(name)
                .filter(|_| failed)
                .map(|text| short(text, max))
        };
        Answer {
            code: if_failed("err_code", 64),
            code_message: if_failed("err_code_des", 256),
            facts: facts::of(message, reply),
            ..Answer::new(verdict, why)
        }
    }

    /// Signed with our key and by our algorithm, from the merchant we asked for, about our order.
    pub(super) fn verify(&self, expected: &Expected, message: &Fields) -> Result<(), &'static str> {
        if message.get("sign").is_none() {
            return Err("the answer has no signature");
        }
        if !sign::verify(message, &self.config.api_key, self.config.sign_type) {
            return Err("the answer's signature is wrong, or api_key is");
        }
        if message.get("appid") != Some(&self.config.appid) {
            return Err("the answer is about another appid");
        }
        if message.get("mch_id") != Some(&self.config.mch_id) {
            return Err("the answer is about another mch_id");
        }
        let differs =
            |name, asked: &str| message.get(name).is_some_and(|answered| answered != asked);
        if let Some(sub_mch_id) = self.sub_mch_id(expected)
            && differs("sub_mch_id", sub_mch_id)
        {
            return Err("the answer is about another sub_mch_id");
        }
        if !expected.out_trade_no.is_empty() && differs("out_trade_no", &expected.out_trade_no) {
            return Err("the answer is about another out_trade_no");
        }
        if let Some(transaction_id) = &expected.transaction_id
            && differs("transaction_id", transaction_id)
        {
            return Err("the answer is about another transaction_id");
        }
        Ok(())
    }

    /// Whether a payment is the one that was asked for. The documents require the order number in
    /// every such answer and, in institution mode, the shop.
    pub(super) fn judge(&self, expected: &Expected, message: &Fields) -> Reading<QueryVerdict> {
        let unproven = |why: &str| (QueryVerdict::Unclear, why.to_owned());
        if !names_the_order(expected, message) {
            return unproven("the answer does not name its order");
        }
        if self.sub_mch_id(expected).is_some() && message.get("sub_mch_id").is_none() {
            return unproven("the answer does not name its sub_mch_id");
        }
        let payment = Payment {
            total_fee: message.get("total_fee").and_then(facts::whole_number),
            fee_type: message.get("fee_type"),
            attach: message.get("attach"),
            paid_at: message
                .get("time_end")
                .and_then(Beijing::parse)
                .and_then(Beijing::unix_seconds),
        };
        let (verdict, why) = paid::judge(expected, &payment);
        (verdict, why.to_owned())
    }

    fn trade_state(&self, expected: &Expected, message: &Fields) -> Reading<QueryVerdict> {
        // A state that ends an order has to name it; one that keeps waiting may be careless.
        let named = names_the_order(expected, message);
        let verdict = match message.get("trade_state") {
            Some("SUCCESS") => return self.judge(expected, message),
            Some("REFUND") if named => QueryVerdict::Refunded,
            Some("REVOKED") if named => QueryVerdict::Reversed,
            Some("CLOSED") if named => QueryVerdict::Closed,
            Some("NOTPAY") => QueryVerdict::NotPaid,
            Some("USERPAYING" | "ACCEPT") => QueryVerdict::Paying,
            Some("PAYERROR") => QueryVerdict::Failed,
            _ => QueryVerdict::Unclear,
        };
        let state = message.get("trade_state").unwrap_or("missing");
        (verdict, format!("trade_state {}", short(state, 64)))
    }
}

/// Whether it is said which order the answer is about, by every number that it was asked for.
fn names_the_order(expected: &Expected, message: &Fields) -> bool {
    let has = |name| message.get(name).is_some();
    has("out_trade_no") && (expected.transaction_id.is_none() || has("transaction_id"))
}

/// The code and text of a refusal; empty ones if it gives none. `None` if nothing was refused.
pub(super) fn failed(message: &Fields) -> Option<(&str, &str)> {
    if message.get("result_code") == Some("SUCCESS") {
        return None;
    }
    let or_empty = |name| message.get(name).unwrap_or_default();
    Some(match message.get("result_code") {
        Some("FAIL") => (or_empty("err_code"), or_empty("err_code_des")),
        _ => ("", ""),
    })
}

/// Names the code in the reason.
pub(super) fn because<V>(verdict: V, code: &str) -> Reading<V> {
    let why = match code {
        "" => "refused without an err_code".to_owned(),
        code => {
            let hint = codes::find(code).map_or("", |row| hint(row.remedy));
            format!("err_code {}{hint}", short(code, 64))
        }
    };
    (verdict, why)
}

/// The settings to look at, where it is one of them that is wrong.
pub(super) fn hint(remedy: Remedy) -> &'static str {
    match remedy {
        Remedy::Signature => "; check api_key and sign_type in the configuration",
        Remedy::Account => "; check appid and mch_id in the configuration",
        _ => "",
    }
}

/// What to do about a `return_code` FAIL that says that the request was refused before it was
/// executed; `None` if it does not say so.
fn request_fault(message: &Fields) -> Option<Remedy> {
    if let Some(code) = message.get("err_code") {
        let row = codes::find(code)?;
        return (codes::submit(code, "") == SubmitVerdict::Rejected).then_some(row.remedy);
    }
    let text = message.get("return_msg").unwrap_or_default().to_lowercase();
    let fault = REQUEST_FAULTS
        .iter()
        .find(|(fault, _)| text.contains(fault));
    fault.map(|(_, remedy)| *remedy)
}

/// The web server's page for a reverse or a refund without, or with a wrong, client certificate.
pub(super) fn refused_certificate(reply: &Reply) -> bool {
    (400..500).contains(&reply.status)
        && String::from_utf8_lossy(&reply.body).contains("SSL certificate")
}

pub(super) fn without_message<V>(verdict: V, why: impl Into<String>, forged: bool) -> Answer<V> {
    Answer {
        forged,
        ..Answer::new(verdict, why)
    }
}
