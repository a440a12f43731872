//! Callbacks: a form with `result_code`, `result_message`, `data` and their `sign`.
//!
//! Sources: `NotifyApi` of Fubei's PHP SDK, `NotifyController` of its .NET SDK.

use super::codes::SUCCESS;
use super::refund::with_state;
use super::{Fubei, facts, form, message, sign};
use crate::gateway::{
    Answer, Expected, ExpectedRefund, Notice, NoticeError, Notification, Notifications,
};
use crate::outcome::Facts;
use crate::verdict::{QueryVerdict, RefundVerdict};

/// Where a message keeps what stands beside `data`.
const RESULT_CODE: &str = "result_code";

impl Notifications for Fubei {
    fn open(&self, notice: &Notice<'_>) -> Result<Notification, NoticeError> {
        let malformed = |why: String| NoticeError::Malformed(why);
        let fields = form::parse(notice.body).map_err(|error| malformed(error.to_string()))?;
        let field = |wanted: &str| {
            fields
                .iter()
                .find(|(name, _)| name == wanted)
                .map(|(_, value)| value.as_str())
        };
        let Some(data) = field("data") else {
            return Err(malformed("a form without data".into()));
        };
        let given = field("sign").unwrap_or_default();
        let signed: Vec<(&str, &str)> = fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .filter(|(name, _)| *name != "sign")
            .collect();
        if !sign::verify(&signed, given, &self.config.secret) {
            return Err(NoticeError::Forged {
                why: match given {
                    "" => "the callback has no signature".into(),
                    _ => "the callback's signature is wrong, or secret is".into(),
                },
                unknown_key: None,
            });
        }
        let mut message = message::object(data.as_bytes())
            .map_err(|error| malformed(format!("data is {error}")))?;
        let result_code = field(RESULT_CODE).unwrap_or_default();
        message.insert(RESULT_CODE.into(), result_code.into());
        let number = |name: &str| message::text(&message, name);
        if message.contains_key("merchant_refund_sn") || message.contains_key("refund_sn") {
            let out_refund_no = number("merchant_refund_sn")
                .ok_or_else(|| malformed("a refund without merchant_refund_sn".into()))?;
            return Ok(Notification::Refund {
                out_refund_no,
                message,
            });
        }
        let out_trade_no = number("merchant_order_sn")
            .ok_or_else(|| malformed("data without merchant_order_sn".into()))?;
        Ok(Notification::Payment {
            out_trade_no,
            message,
        })
    }

    fn judge(&self, message: &Facts, expected: &Expected) -> Answer<QueryVerdict> {
        let about = self.about(expected);
        if let Err(why) = about.check(message) {
            return forged(QueryVerdict::Unclear, why);
        }
        let (verdict, why) = match announces_success(message) {
            true => self.state(expected, message),
            false => (QueryVerdict::Unclear, NO_SUCCESS.to_owned()),
        };
        // Only payments are announced; that there is none yet is no news.
        let verdict = match verdict {
            QueryVerdict::NotPaid => QueryVerdict::Paying,
            verdict => verdict,
        };
        Answer {
            facts: told(message, about.asked),
            ..Answer::new(verdict, why)
        }
    }

    fn judge_refund(&self, message: &Facts, expected: &ExpectedRefund) -> Answer<RefundVerdict> {
        let about = self.about_refund(expected);
        if let Err(why) = about.check(message) {
            return forged(RefundVerdict::Unclear, why);
        }
        let (verdict, why) = match announces_success(message) {
            true => self.refund_state(expected, message, RefundVerdict::Unclear),
            false => (RefundVerdict::Unclear, NO_SUCCESS.to_owned()),
        };
        with_state(Answer {
            facts: told(message, None),
            ..Answer::new(verdict, why)
        })
    }

    fn acknowledgement(&self, taken: bool) -> (&'static str, String) {
        let word = if taken { "success" } else { "fail" };
        ("text/plain; charset=utf-8", word.to_owned())
    }
}

const NO_SUCCESS: &str = "a callback whose result_code is not 200";

fn announces_success(message: &Facts) -> bool {
    message::text(message, RESULT_CODE).as_deref() == Some(SUCCESS)
}

fn told(message: &Facts, asked: Option<i64>) -> Facts {
    let mut facts = facts::of(message, asked, None);
    facts.remove(RESULT_CODE);
    facts
}

fn forged<V>(unclear: V, why: &str) -> Answer<V> {
    Answer {
        forged: true,
        ..Answer::new(unclear, why.to_owned())
    }
}
