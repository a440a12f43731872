//! Notifications of payments and refunds: signed like answers, and what they say is encrypted.
//!
//! Sources: "支付成功回调通知" and "退款结果回调通知", APIv3.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value};

use super::answer::{forged_answer, text};
use super::verify::{Verification, claimed_time};
use super::{WechatV3, facts, refund};
use crate::crypto::{OpenError, aead_open};
use crate::gateway::rules::short;
use crate::gateway::{
    Answer, Expected, ExpectedRefund, Notice, NoticeError, Notification, Notifications,
};
use crate::json;
use crate::outcome::Facts;
use crate::verdict::{QueryVerdict, RefundVerdict};

/// More than any notification has.
const MAX_BYTES: usize = 1024 * 1024;
const ALGORITHM: &str = "AEAD_AES_256_GCM";

/// What the envelope says, put beside what it holds; as names of results.
const ENVELOPE: [(&str, &str); 2] = [("id", "event_id"), ("event_type", "event_type")];

impl Notifications for WechatV3 {
    fn signed_at(&self, notice: &Notice<'_>) -> Option<i64> {
        claimed_time(notice.headers)
    }

    fn open(&self, notice: &Notice<'_>) -> Result<Notification, NoticeError> {
        match self.verify(notice.headers, notice.body, notice.now) {
            Verification::Proven { .. } => {}
            Verification::Unsigned => return Err(forged("it is not signed", None)),
            Verification::Disproved { why, unknown_key } => return Err(forged(why, unknown_key)),
        }
        let envelope = json::parse_object(notice.body, MAX_BYTES)
            .map_err(|error| NoticeError::Malformed(error.to_string()))?;
        let envelope = Value::Object(envelope);
        let mut message = self.opened(&envelope)?;
        let event_type = text(&envelope, "event_type").unwrap_or_default();
        for (member, name) in ENVELOPE {
            match text(&envelope, member) {
                Some(value) => message.insert(name.to_owned(), short(value, 128).into()),
                None => message.remove(name),
            };
        }
        let number = |name: &str| match message.get(name).and_then(Value::as_str) {
            Some(number) if !number.is_empty() => Ok(number.to_owned()),
            _ => Err(malformed(format!("it names no {name}"))),
        };
        match event_type.split_once('.') {
            Some(("TRANSACTION", _)) => Ok(Notification::Payment {
                out_trade_no: number("out_trade_no")?,
                message,
            }),
            Some(("REFUND", _)) => Ok(Notification::Refund {
                out_refund_no: number("out_refund_no")?,
                message,
            }),
            _ => Err(malformed(format!(
                "event_type {} is about neither an order nor a refund",
                short(event_type, 64)
            ))),
        }
    }

    fn judge(&self, message: &Facts, expected: &Expected) -> Answer<QueryVerdict> {
        let body = Value::Object(message.clone());
        if let Err(why) = self.is_about(expected, &body) {
            return forged_answer(QueryVerdict::Unclear, why.into(), None);
        }
        let (verdict, why) = self.trade_state(expected, &body);
        Answer {
            facts: facts::of(&body, facts::ORDER),
            ..Answer::new(verdict, why)
        }
    }

    fn judge_refund(&self, message: &Facts, expected: &ExpectedRefund) -> Answer<RefundVerdict> {
        let body = Value::Object(message.clone());
        if let Err(why) = self.is_about_refund(expected, &body) {
            return forged_answer(RefundVerdict::Unclear, why.into(), None);
        }
        let status = text(&body, "refund_status").unwrap_or_default();
        let (verdict, why) = refund::judge_refund(expected, &body, status);
        let failed = verdict == RefundVerdict::Failed;
        Answer {
            code: failed.then(|| short(status, 64)),
            facts: facts::of(&body, refund::NAMES),
            ..Answer::new(verdict, why)
        }
    }

    fn acknowledgement(&self, taken: bool) -> (&'static str, String) {
        let (code, message) = if taken {
            ("SUCCESS", "成功")
        } else {
            ("FAIL", "失败")
        };
        let body = serde_json::json!({ "code": code, "message": message });
        ("application/json", body.to_string())
    }
}

impl WechatV3 {
    /// What the envelope holds.
    fn opened(&self, envelope: &Value) -> Result<Map<String, Value>, NoticeError> {
        let resource = envelope
            .get("resource")
            .ok_or_else(|| malformed("it has no resource"))?;
        let part = |name: &str| {
            text(resource, name).ok_or_else(|| malformed(format!("its resource has no {name}")))
        };
        if part("algorithm")? != ALGORITHM {
            return Err(malformed(format!("its algorithm is not {ALGORITHM}")));
        }
        let sealed = BASE64
            .decode(part("ciphertext")?)
            .map_err(|_| malformed("its ciphertext is not Base64"))?;
        let nonce = part("nonce")?;
        let associated_data = text(resource, "associated_data").unwrap_or_default();
        let key = self.config.api_v3_key.expose().as_bytes();
        let opened = aead_open(key, nonce.as_bytes(), associated_data.as_bytes(), &sealed);
        let opened = opened.map_err(|error| match error {
            OpenError::NonceLength => malformed(error.to_string()),
            OpenError::KeyLength | OpenError::Refused => forged(
                "it does not open with api_v3_key; check that in the configuration",
                None,
            ),
        })?;
        json::parse_object(&opened, MAX_BYTES)
            .map_err(|error| malformed(format!("what it holds is {error}")))
    }
}

fn malformed(why: impl Into<String>) -> NoticeError {
    NoticeError::Malformed(why.into())
}

fn forged(why: impl Into<String>, unknown_key: Option<String>) -> NoticeError {
    NoticeError::Forged {
        why: why.into(),
        unknown_key,
    }
}
