//! From replies to verdicts.
//!
//! A 2xx counts only if it is signed; one that is not, or whose signature is wrong, is no answer at
//! all, so nothing of it but the fact that it came is used. Error answers come without signature by
//! the documents' own account: they are read for what they are worth. The signature covers neither
//! the request nor the HTTP status, so an answer must name the merchant and the order it is about.

use serde_json::Value;

use super::verify::Verification;
use super::{WechatV3, facts, refusals};
use crate::exchange::Reply;
use crate::gateway::beijing::Beijing;
use crate::gateway::codes::{self, Remedy};
use crate::gateway::paid::{self, Payment};
use crate::gateway::rules::short;
use crate::gateway::{Answer, Expected};
use crate::json;
use crate::outcome::Facts;
use crate::verdict::{QueryVerdict, ReverseVerdict, SubmitVerdict};

/// More than any answer about one order has.
const MAX_BYTES: usize = 1024 * 1024;
/// More than any error answer has.
const MAX_ERROR_BYTES: usize = 64 * 1024;

/// The request's `attach` may be one longer than the answer's.
const MAX_ECHOED_ATTACH: usize = 127;

/// An error answer: its HTTP status, `code` and `message` (empty where missing).
pub(super) struct Refusal<'a> {
    pub(super) status: u16,
    pub(super) code: &'a str,
    pub(super) message: &'a str,
}

/// What an answer means, why, and what it tells the till.
pub(super) type Reading<V> = (V, String, Facts);

impl WechatV3 {
    pub(super) fn submit_answer(
        &self,
        expected: &Expected,
        reply: &Reply,
    ) -> Answer<SubmitVerdict> {
        let mut answer = self.read_answer_about(
            reply,
            SubmitVerdict::Unclear,
            |refusal| {
                let verdict = match codes::submit(refusal.code, refusal.message) {
                    // Only a 4xx proves that nothing was executed.
                    SubmitVerdict::Rejected if refusal.status >= 500 => SubmitVerdict::Unclear,
                    _ if refusal.status >= 500 && codes::find(refusal.code).is_none() => {
                        SubmitVerdict::Unclear
                    }
                    verdict => verdict,
                };
                (verdict, refusal.why())
            },
            |body| {
                self.is_about(expected, body)?;
                let (verdict, why) = self.trade_state(expected, body);
                let verdict = match verdict {
                    QueryVerdict::Paid => SubmitVerdict::Paid,
                    // A query says what became of it, and goes through every check again.
                    _ => SubmitVerdict::Unclear,
                };
                Ok((verdict, why, facts::of(body, facts::ORDER)))
            },
        );
        if answer.verdict == SubmitVerdict::Unclear {
            tell_state(&mut answer, &["USERPAYING", "PAYERROR"]);
        }
        answer
    }

    pub(super) fn query_answer(&self, expected: &Expected, reply: &Reply) -> Answer<QueryVerdict> {
        let mut answer = self.read_answer_about(
            reply,
            QueryVerdict::Unclear,
            |refusal| {
                let verdict = match codes::query(refusal.code) {
                    QueryVerdict::NotFound if refusal.status >= 500 => QueryVerdict::Unclear,
                    verdict => verdict,
                };
                (verdict, refusal.why())
            },
            |body| {
                self.is_about(expected, body)?;
                let (verdict, why) = self.trade_state(expected, body);
                Ok((verdict, why, facts::of(body, facts::ORDER)))
            },
        );
        if answer.verdict == QueryVerdict::Failed {
            tell_state(&mut answer, &["PAYERROR"]);
        }
        answer
    }

    pub(super) fn reverse_answer(
        &self,
        expected: &Expected,
        reply: &Reply,
    ) -> Answer<ReverseVerdict> {
        self.read_answer_about(
            reply,
            ReverseVerdict::Unclear,
            |refusal| {
                let verdict = codes::reverse(refusal.code, refusal.message);
                (verdict, refusal.why())
            },
            |body| {
                self.is_about(expected, body)?;
                let verdict = match reply.status {
                    200 | 204 => ReverseVerdict::Done,
                    _ => ReverseVerdict::Unclear,
                };
                let why = format!("HTTP status {}", reply.status);
                Ok((verdict, why, facts::of(body, facts::ORDER)))
            },
        )
    }

    /// What every operation's answer has in common: verification, the JSON, `code` and `message`, the
    /// request id. `proven` gets the body of a verified 2xx (`Null` if it is empty), `refused` an
    /// error answer, which may be unsigned, as the documents have it; `unclear` is everything else.
    pub(super) fn read_answer<V>(
        &self,
        reply: &Reply,
        unclear: V,
        refused: impl FnOnce(&Refusal<'_>) -> (V, String),
        proven: impl FnOnce(&Value) -> Reading<V>,
    ) -> Answer<V> {
        self.read_answer_about(reply, unclear, refused, |body| Ok(proven(body)))
    }

    /// The same, where a verified 2xx can turn out to be about something else (the error says what):
    /// that is as good as forged.
    pub(super) fn read_answer_about<V>(
        &self,
        reply: &Reply,
        unclear: V,
        refused: impl FnOnce(&Refusal<'_>) -> (V, String),
        proven: impl FnOnce(&Value) -> Result<Reading<V>, &'static str>,
    ) -> Answer<V> {
        let (success, max) = match reply.status {
            200..=299 => (true, MAX_BYTES),
            400..=599 => (false, MAX_ERROR_BYTES),
            status => return Answer::new(unclear, format!("HTTP status {status}")),
        };
        let Some(now) = reply.now.or(reply.date) else {
            return Answer::new(unclear, "the gateway's time is not known");
        };
        let signed_at = match self.verify(&reply.headers, &reply.body, now) {
            Verification::Proven { signed_at } => Some(signed_at),
            Verification::Unsigned if success => {
                let why = format!("HTTP status {} without a signature", reply.status);
                return forged_answer(unclear, why, None);
            }
            Verification::Unsigned => None,
            Verification::Disproved {
                unknown_key: Some(serial),
                ..
            } => {
                let downloads = self.config.platform_certificates.is_some();
                let why = refusals::unknown_key(&serial, downloads);
                return forged_answer(unclear, why, Some(serial));
            }
            Verification::Disproved { why, .. } => return forged_answer(unclear, why, None),
        };
        let body = match &reply.body[..] {
            [] => Ok(Value::Null),
            body => json::parse(body, max),
        };
        let body = match body {
            Ok(body @ (Value::Object(_) | Value::Null)) => body,
            Ok(_) => return unreadable(unclear, reply, "not a JSON object", signed_at),
            Err(error) => return unreadable(unclear, reply, error, signed_at),
        };
        let mut answer = if success {
            match proven(&body) {
                Ok((verdict, why, facts)) => Answer {
                    facts,
                    ..Answer::new(verdict, why)
                },
                Err(why) => return forged_answer(unclear, why.into(), None),
            }
        } else {
            let refusal = Refusal {
                status: reply.status,
                code: text(&body, "code").unwrap_or_default(),
                message: text(&body, "message").unwrap_or_default(),
            };
            let (verdict, mut why) = refused(&refusal);
            if signed_at.is_none() {
                why.push_str(", unverified");
            }
            Answer {
                code: shown(refusal.code, 64),
                code_message: shown(&with_field(refusal.message, &body), 256),
                ..Answer::new(verdict, why)
            }
        };
        answer.signed_at = signed_at;
        if let Some(request_id) = reply.header("request-id") {
            let request_id = short(request_id, 128);
            answer.facts.insert("request_id".into(), request_id.into());
        }
        answer
    }

    /// `Err` says which of the names that the answer gives is not the one that was asked for.
    pub(super) fn is_about(&self, expected: &Expected, body: &Value) -> Result<(), &'static str> {
        let differs =
            |name: &str, asked: &str| member(body, name).is_some_and(|have| have != asked);
        let [appid, mchid] = self.own_names();
        if differs(mchid, &self.config.mchid) {
            return Err("the answer is about another merchant");
        }
        if differs(appid, &self.config.appid) {
            return Err("the answer is about another appid");
        }
        if let Some(shop) = self.shop_named(expected.sub_mch_id.as_deref())
            && differs("sub_mchid", shop.sub_mchid)
        {
            return Err("the answer is about another sub_mchid");
        }
        if !expected.out_trade_no.is_empty() && differs("out_trade_no", &expected.out_trade_no) {
            return Err("the answer is about another out_trade_no");
        }
        if let Some(asked) = &expected.transaction_id
            && transaction_id(body).is_some_and(|have| have != asked.as_str())
        {
            return Err("the answer is about another transaction_id");
        }
        Ok(())
    }

    /// Whether a body of which [`is_about`](Self::is_about) knows no difference names the merchant
    /// and the order at all.
    fn names_the_order(&self, expected: &Expected, body: &Value) -> Result<(), &'static str> {
        let [_, mchid] = self.own_names();
        if member(body, mchid).is_none() {
            return Err("the answer does not name its merchant");
        }
        let shop = self.shop_named(expected.sub_mch_id.as_deref());
        if shop.is_some() && member(body, "sub_mchid").is_none() {
            return Err("the answer does not name its sub_mchid");
        }
        if member(body, "out_trade_no").is_none() {
            return Err("the answer does not name its order");
        }
        if expected.transaction_id.is_some() && transaction_id(body).is_none() {
            return Err("the answer does not name its transaction_id");
        }
        Ok(())
    }

    /// What an order's state means, and why.
    pub(super) fn trade_state(&self, expected: &Expected, body: &Value) -> (QueryVerdict, String) {
        let state = text(body, "trade_state").unwrap_or("missing");
        let verdict = match state {
            "SUCCESS" => return self.judge(expected, body),
            "REFUND" => QueryVerdict::Refunded,
            "REVOKED" => QueryVerdict::Reversed,
            "CLOSED" => QueryVerdict::Closed,
            "NOTPAY" => QueryVerdict::NotPaid,
            "PAYERROR" => QueryVerdict::Failed,
            // It keeps waiting, so it may be careless.
            "USERPAYING" | "ACCEPT" => {
                return (QueryVerdict::Paying, format!("trade_state {state}"));
            }
            _ => QueryVerdict::Unclear,
        };
        let why = format!("trade_state {}", short(state, 64));
        match self.names_the_order(expected, body) {
            Ok(()) => (verdict, why),
            Err(missing) => (QueryVerdict::Unclear, format!("{why}, but {missing}")),
        }
    }

    /// Whether a payment is the one that was asked for.
    fn judge(&self, expected: &Expected, body: &Value) -> (QueryVerdict, String) {
        if let Err(why) = self.names_the_order(expected, body) {
            return (QueryVerdict::Unclear, why.to_owned());
        }
        let amount = |name: &str| body.get("amount").and_then(|amount| amount.get(name));
        let payment = Payment {
            total_fee: amount("total")
                .and_then(Value::as_i64)
                .filter(|fee| *fee >= 0),
            fee_type: amount("currency").and_then(Value::as_str),
            attach: text(body, "attach").map(|echoed| match &expected.attach {
                Some(asked) if is_cut(asked, echoed) => asked,
                _ => echoed,
            }),
            paid_at: text(body, "success_time")
                .and_then(Beijing::parse_rfc3339)
                .and_then(Beijing::unix_seconds),
        };
        let (verdict, why) = paid::judge(expected, &payment);
        (verdict, why.to_owned())
    }
}

impl Refusal<'_> {
    /// Names status and code, and the settings to look at where it is one of them that is wrong.
    pub(super) fn why(&self) -> String {
        let hint = match codes::find(self.code).map(|row| row.remedy) {
            Some(Remedy::Signature) => "; check private_key and serial_no in the configuration",
            Some(Remedy::Account) => "; check appid and mchid in the configuration",
            _ => "",
        };
        match self.code {
            "" => format!("HTTP status {} without a code", self.status),
            code => format!(
                "HTTP status {}, code {}{hint}",
                self.status,
                short(code, 64)
            ),
        }
    }
}

/// A member that says something; `null` and empty text do not.
pub(super) fn member<'a>(body: &'a Value, name: &str) -> Option<&'a Value> {
    body.get(name)
        .filter(|value| !value.is_null() && *value != "")
}

/// A member that is text.
pub(super) fn text<'a>(body: &'a Value, name: &str) -> Option<&'a str> {
    member(body, name).and_then(Value::as_str)
}

/// The global edition calls it `id`.
fn transaction_id(body: &Value) -> Option<&Value> {
    member(body, "transaction_id").or_else(|| member(body, "id"))
}

/// Whether `echoed` is `asked`, cut to what an answer has room for.
fn is_cut(asked: &str, echoed: &str) -> bool {
    // The cut may have to spare a character of up to four bytes.
    asked.len() > MAX_ECHOED_ATTACH
        && echoed.len() + 4 > MAX_ECHOED_ATTACH
        && asked.starts_with(echoed)
}

/// Tells one of these states as if it were a code, as APIv2 does.
fn tell_state<V>(answer: &mut Answer<V>, states: &[&str]) {
    let fact = |name: &str| answer.facts.get(name).and_then(Value::as_str);
    let Some(state) = fact("trade_state").filter(|state| states.contains(state)) else {
        return;
    };
    let code = state.to_owned();
    let message = fact("trade_state_desc").map(|text| short(text, 256));
    answer.code = Some(code);
    answer.code_message = message;
}

/// The text of a refusal with the field that it is about, if the answer names one. `detail` has more
/// members; one of them repeats the value, which may be secret.
fn with_field(message: &str, body: &Value) -> String {
    let field = body.get("detail").and_then(|detail| text(detail, "field"));
    match field {
        Some(field) => format!("{} ({})", short(message, 160), short(field, 80)),
        None => message.to_owned(),
    }
}

fn shown(text: &str, max: usize) -> Option<String> {
    Some(short(text, max)).filter(|text| !text.is_empty())
}

pub(super) fn forged_answer<V>(unclear: V, why: String, unknown_key: Option<String>) -> Answer<V> {
    Answer {
        forged: true,
        unknown_key,
        ..Answer::new(unclear, why)
    }
}

fn unreadable<V>(
    unclear: V,
    reply: &Reply,
    error: impl std::fmt::Display,
    signed_at: Option<i64>,
) -> Answer<V> {
    let why = format!("HTTP status {}, a body that is {error}", reply.status);
    Answer {
        signed_at,
        ..Answer::new(unclear, why)
    }
}
