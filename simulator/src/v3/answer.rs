//! Answers: what faults do to them, their signature, and how their bytes leave.

use std::collections::VecDeque;

use serde_json::{Map, Value, json};

use super::{Problem, error, hostile};
use crate::clock::rfc3339;
use crate::fault::{FaultKind, Operation};
use crate::reply::{Delivery, Reply};
use crate::server::Request;
use crate::shared::Shared;

/// An answer before it is signed.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    status: u16,
    /// `Null`: no body at all.
    body: Value,
}

impl From<Value> for Answer {
    /// 200, or 204 for `Null`.
    fn from(body: Value) -> Self {
        Self {
            status: if body.is_null() { 204 } else { 200 },
            body,
        }
    }
}

impl From<&Problem> for Answer {
    fn from(problem: &Problem) -> Self {
        let mut body = json!({ "code": problem.code, "message": problem.message });
        if let Some(field) = &problem.field {
            let location = if field.starts_with('/') {
                "body"
            } else {
                "url"
            };
            body["detail"] = json!({
                "field": field,
                "issue": problem.message,
                "location": location,
            });
        }
        Self {
            status: problem.status,
            body,
        }
    }
}

impl Answer {
    pub(super) fn with_status(status: u16, body: Value) -> Self {
        Self { status, body }
    }

    /// An error by APIv2's code.
    pub(super) fn failure(err_code: &str) -> Self {
        let (status, code, message) = match error::find(err_code) {
            Some(listed) => (listed.status, listed.code, listed.message),
            None => (403, err_code, error::UNLISTED),
        };
        Self {
            status,
            body: json!({ "code": code, "message": message }),
        }
    }

    /// What the simulator found, for the record.
    pub(super) fn verdict(&self) -> &str {
        let text = |name| self.body.get(name).and_then(Value::as_str);
        text("code")
            .or_else(|| text("trade_state"))
            .unwrap_or("SUCCESS")
    }

    /// What `fault` does to the fields.
    pub(super) fn tamper(&mut self, fault: &FaultKind) {
        let Value::Object(body) = &mut self.body else {
            return;
        };
        match fault {
            FaultKind::WrongAmount => {
                if let Some(Value::Object(amount)) = body.get_mut("amount") {
                    for name in ["total", "payer_total", "refund", "payer_refund"] {
                        if let Some(fen) = amount.get(name).and_then(Value::as_i64) {
                            amount.insert(name.to_owned(), (fen + 1).into());
                        }
                    }
                }
            }
            FaultKind::ForeignOrder => {
                replace(body, "out_trade_no", "SOMEBODYELSESORDER");
                replace(body, "out_refund_no", "SOMEBODYELSESREFUND");
            }
            FaultKind::ForeignMerchant => {
                replace(body, "mchid", "1999999999");
                replace(body, "sp_mchid", "1999999999");
            }
            FaultKind::OldTimeEnd { seconds } => {
                let time = body.get("success_time").and_then(Value::as_str);
                if let Some(older) = time.and_then(|time| older(time, *seconds)) {
                    replace(body, "success_time", &older);
                }
            }
            FaultKind::TradeState { trade_state } => {
                replace(body, "trade_state", trade_state);
                replace(body, "status", trade_state);
            }
            FaultKind::Huge { bytes } => {
                let padding = usize::try_from(*bytes).unwrap_or(usize::MAX);
                body.insert("padding".to_owned(), "x".repeat(padding).into());
            }
            _ => {}
        }
    }

    /// The body's bytes, with what `faults` do to them.
    pub(super) fn text(&self, faults: &[FaultKind]) -> Vec<u8> {
        let mut text = match &self.body {
            Value::Null => String::new(),
            body => body.to_string(),
        };
        if faults.contains(&FaultKind::DuplicateElement)
            && let Value::Object(body) = &self.body
        {
            let twice: String = [
                ("amount", r#"{"total":1}"#),
                ("code", r#""SUCCESS""#),
                ("out_trade_no", r#""SOMEBODYELSESORDER""#),
                ("trade_state", r#""PAYERROR""#),
            ]
            .iter()
            .filter(|(name, _)| body.contains_key(*name))
            .map(|(name, value)| format!(r#""{name}":{value},"#))
            .collect();
            text.insert_str(1, &twice);
        }
        if faults.contains(&FaultKind::Doctype) {
            text = "<!DOCTYPE foo [<!ENTITY xxe SYSTEM \"http://xxe.invalid/inject\">]>\n\
                    <xml><trade_state>&xxe;</trade_state></xml>"
                .to_owned();
        }
        if faults.contains(&FaultKind::Garbage) {
            return b"\xff\xfe\x00garbage {\"trade_state\": &&& \x00".to_vec();
        }
        if faults.contains(&FaultKind::Empty) {
            text.clear();
        }
        text.into_bytes()
    }
}

fn replace(body: &mut Map<String, Value>, name: &str, value: &str) {
    if let Some(known) = body.get_mut(name) {
        *known = value.into();
    }
}

/// A time as [`rfc3339`] writes it, moved into the past.
fn older(time: &str, seconds: i64) -> Option<String> {
    let number = |range: std::ops::Range<usize>| time.get(range)?.parse::<u8>().ok();
    let month = time::Month::try_from(number(5..7)?).ok()?;
    let year = time.get(0..4)?.parse().ok()?;
    let date = time::Date::from_calendar_date(year, month, number(8..10)?).ok()?;
    let clock = time::Time::from_hms(number(11..13)?, number(14..16)?, number(17..19)?).ok()?;
    let utc = time::PrimitiveDateTime::new(date, clock).assume_utc();
    // The text is read as if it were UTC, so eight hours come off again.
    let unix = utc.unix_timestamp() - 8 * 3600;
    Some(rfc3339(unix.saturating_sub(seconds)))
}

/// Adds what every answer has, tampers with it, signs it, and decides how its bytes leave.
/// `subject`: the operation and the order's number, for answers that may be replayed.
pub(super) fn deliver(
    shared: &Shared,
    mut answer: Answer,
    faults: &[FaultKind],
    subject: Option<(Operation, &str)>,
    request: &Request,
) -> Delivery {
    let good = (200..300).contains(&answer.status);
    if let (true, Value::Object(body)) = (good, &mut answer.body) {
        // Clients must bear with what they do not know (protocol §4.3).
        body.insert("later_extension".to_owned(), "接口可能增加字段 <&>".into());
    }
    for fault in faults {
        answer.tamper(fault);
    }
    let is_signed = good || shared.settings().sign_errors;
    let mut sent = match crate::hostile::of(faults) {
        Some((case, lie)) => {
            if let (Some(lie), Some((_, number))) = (lie, subject) {
                hostile::lie(shared, &mut answer.body, number, lie);
                answer.status = 200;
            }
            let (body, signed) = hostile::bodies(answer.body.clone(), case);
            SentAnswer {
                status: answer.status,
                headers: match is_signed || lie.is_some() {
                    true => hostile::signature(shared, &signed, case),
                    false => Vec::new(),
                },
                body,
            }
        }
        None => {
            let body = answer.text(faults);
            SentAnswer {
                status: answer.status,
                headers: match is_signed {
                    true => signature(shared, &body, faults),
                    false => Vec::new(),
                },
                body,
            }
        }
    };
    if let Some((operation, number)) = subject {
        let mut memory = shared.answers_sent();
        if faults.contains(&FaultKind::Replay) {
            sent = memory.earlier(operation, number).unwrap_or(sent);
        } else if !sent.headers.is_empty() && faults.iter().all(leaves_the_signature) {
            memory.keep(operation, number, sent.clone());
        }
    }
    let mut reply = Reply::json(sent.status, String::new());
    reply.content_type = "application/json; charset=utf-8";
    reply.body = sent.body.into();
    reply.headers = sent.headers;
    let number = error::find(answer.verdict()).map_or(0, |listed| listed.number);
    let id = format!("{}-{number}", shared.nonce());
    reply.headers.push(("request-id", id));
    Delivery::of(reply, faults, &request.base)
}

/// Whether an answer is rightly signed, with a present timestamp, in spite of `fault`.
fn leaves_the_signature(fault: &FaultKind) -> bool {
    !matches!(
        fault,
        FaultKind::MissingSign
            | FaultKind::WrongSign
            | FaultKind::SignProbe
            | FaultKind::OldTimestamp { .. }
            | FaultKind::UnknownSerial
            | FaultKind::MissingSerial
            | FaultKind::Hostile { .. }
    )
}

pub(super) type Headers = Vec<(&'static str, String)>;

/// The four headers (protocol §5.2), with what `faults` do to them.
pub(super) fn signature(shared: &Shared, body: &[u8], faults: &[FaultKind]) -> Headers {
    if faults.contains(&FaultKind::MissingSign) {
        return Vec::new();
    }
    let clock = shared.clock();
    let age = faults.iter().fold(0_i64, |age, fault| match fault {
        FaultKind::OldTimestamp { seconds } => age.saturating_add(*seconds),
        _ => age,
    });
    let timestamp = clock.unix(clock.now()).saturating_sub(age).to_string();
    let nonce = shared.nonce();
    let mut message = format!("{timestamp}\n{nonce}\n").into_bytes();
    message.extend_from_slice(body);
    message.push(b'\n');
    if faults.contains(&FaultKind::WrongSign) {
        message.push(b'\n');
    }
    let keys = shared.keys();
    let stranger = faults
        .contains(&FaultKind::UnknownSerial)
        .then(|| keys.sign_as_stranger(&message).ok())
        .flatten();
    let (serial, mut signature) = stranger.unwrap_or_else(|| keys.sign_platform(&message));
    if faults.contains(&FaultKind::SignProbe) {
        // One character more than a group of four: no decoder takes it for base64.
        signature = format!("WECHATPAY/SIGNTEST/{}A", &signature[..320]);
    }
    let mut headers = vec![
        ("wechatpay-timestamp", timestamp),
        ("wechatpay-nonce", nonce),
        ("wechatpay-signature", signature),
        (
            "wechatpay-signature-type",
            "WECHATPAY2-SHA256-RSA2048".to_owned(),
        ),
    ];
    if !faults.contains(&FaultKind::MissingSerial) {
        headers.push(("wechatpay-serial", serial));
    }
    headers
}

/// A signed answer as it left.
#[derive(Clone)]
struct SentAnswer {
    status: u16,
    headers: Headers,
    body: Vec<u8>,
}

/// The latest rightly signed answers, for replaying.
#[derive(Default)]
pub(crate) struct Sent(VecDeque<(Operation, String, SentAnswer)>);

impl Sent {
    /// The latest answer of `operation` about another number; else the latest about this one.
    fn earlier(&self, operation: Operation, number: &str) -> Option<SentAnswer> {
        let of_operation = || {
            let answers = self.0.iter().rev();
            answers.filter(|(known, _, _)| *known == operation)
        };
        of_operation()
            .find(|(_, known, _)| known != number)
            .or_else(|| of_operation().next())
            .map(|(_, _, answer)| answer.clone())
    }

    fn keep(&mut self, operation: Operation, number: &str, answer: SentAnswer) {
        const KEPT: usize = 200;
        const LARGEST: usize = 64 * 1024;
        if answer.body.len() > LARGEST {
            return;
        }
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back((operation, number.to_owned(), answer));
    }
}
