//! Notifications that the host's web server received.
//!
//! A notification is believed by its own proof, whatever the journal says; what it means is said by
//! the journal, too. It may come twice, late, or never, so nothing here depends on when it comes. What
//! comes from the ride code is read in `ride::notice`.

use std::time::Duration;

use super::calls::Claim;
use super::refund::inquiry as refunded;
use super::run::HandOver;
use super::{Client, Level, headers, report};
use crate::crypto::digest;
use crate::exchange::{Limits, OnCancel};
use crate::gateway::ride_code;
use crate::gateway::{
    Answer, Expected, ExpectedRefund, Notice, NoticeError, Notification, Notifications,
};
use crate::guidance::Asked;
use crate::journal::{Entry, JournalError};
use crate::outcome::{Facts, Outcome};
use crate::policy::Reversal;
use crate::signal::Signal;
use crate::status::Status;
use crate::verdict::{QueryVerdict, RefundVerdict};

/// More than any notification has.
const MAX_BODY_BYTES: usize = 1024 * 1024;
/// The sender waits for 5 s.
const PATIENCE: Duration = Duration::from_secs(3);

/// What was made of a notification, and what is to be answered.
pub(super) struct Decoded {
    outcome: Outcome,
    /// It is not needed any more; else it is to be sent again.
    taken: bool,
}

impl Decoded {
    pub(super) fn refused(status: Status, message: impl Into<String>) -> Self {
        Self {
            outcome: Outcome::with_message(status, message),
            taken: false,
        }
    }

    pub(super) fn argument(field: &str, message: impl Into<String>) -> Self {
        let mut refused = Self::refused(Status::Argument, message);
        refused.outcome.set("field", field);
        refused
    }
}

impl Client {
    /// Verifies a notification, compares it with the journal and brings that up to date. `headers`
    /// are `Name: value` lines, `body` is as it was received.
    ///
    /// Whatever it ends with, `reply_status`, `reply_type` and `reply` are what to answer the HTTP
    /// request with. Sends nothing, unless the gateway's time or the key that the notification names
    /// is not known yet.
    pub fn notify_decode(&self, headers: &str, body: &[u8]) -> Outcome {
        if body.len() <= MAX_BODY_BYTES && ride_code::is_callback(body) {
            return self.ride_notice(body);
        }
        let Some(notifications) = self.gateway.notifications() else {
            let message = "this gateway sends no notifications";
            let mut outcome = Outcome::with_message(Status::Unsupported, message);
            add_reply(&mut outcome, 501, ("text/plain", String::new()));
            return self.explain(Asked::Notification, outcome);
        };
        let decoded = match self.calls.enter(Claim::Nothing) {
            Err(_) => Decoded::refused(Status::ClientClosed, "the client is closing"),
            Ok(call) => self.decode(notifications, headers, body, call.signal()),
        };
        let outcome = self.answer_sender(decoded, |taken| notifications.acknowledgement(taken));
        self.explain(Asked::Notification, outcome)
    }

    /// Adds what to answer the HTTP request with, and logs what came.
    pub(super) fn answer_sender(
        &self,
        decoded: Decoded,
        acknowledgement: impl FnOnce(bool) -> (&'static str, String),
    ) -> Outcome {
        let Decoded { mut outcome, taken } = decoded;
        let http_status = match outcome.status {
            _ if taken => 200,
            Status::Argument => 400,
            Status::Forged => 401,
            Status::Unsupported => 501,
            _ => 500,
        };
        add_reply(&mut outcome, http_status, acknowledgement(taken));
        let level = match outcome.status {
            Status::Forged | Status::Argument => Level::Warning,
            _ => Level::Info,
        };
        self.sinks.log(level, || {
            let number = outcome
                .text("out_refund_no")
                .or_else(|| outcome.text("out_trade_no"));
            format!(
                "{} notification: {}: {}",
                number.unwrap_or("-"),
                outcome.status.name(),
                outcome.message()
            )
        });
        outcome
    }

    fn decode(
        &self,
        notifications: &dyn Notifications,
        headers: &str,
        body: &[u8],
        signal: &Signal,
    ) -> Decoded {
        let headers = match headers::parse(headers) {
            Ok(headers) => headers,
            Err(error) => return Decoded::argument("headers", format!("headers: {error}")),
        };
        if body.len() > MAX_BODY_BYTES {
            return Decoded::argument("body", "body: longer than 1 MiB");
        }
        let mut notice = Notice {
            headers: &headers,
            body,
            now: 0,
        };
        let signed_at = notifications.signed_at(&notice);
        if signed_at.is_some() {
            self.learn_time(signal);
        }
        let (now, local) = (self.clock.now(), self.clock.unix_ms() / 1000);
        notice.now = self.clocks.verification_time(None, now, local);
        match self.open_notice(notifications, &notice, signal) {
            Ok(notification) => {
                if let Some(signed_at) = signed_at {
                    self.clocks.signed(signed_at, now);
                }
                self.take_in(notifications, &notification)
            }
            Err(NoticeError::Malformed(why)) => {
                Decoded::argument("body", format!("not a notification: {why}"))
            }
            Err(NoticeError::Forged { why, .. }) => Decoded::refused(Status::Forged, why),
        }
    }

    /// Where the age of a signature is looked at, this machine's clock may be wrong by hours, so the
    /// gateway's own is asked for, once: it comes with every answer. If no answer comes, this
    /// machine's has to do. A replay that it lets through says again what was true then; the journal
    /// has known it since.
    fn learn_time(&self, signal: &Signal) {
        if self.gateway_time().is_some() {
            return;
        }
        let nobodys = Expected {
            out_trade_no: format!("wxpayclock{}", &digest::random_hex()[..16]),
            ..Expected::default()
        };
        let call = self.gateway.query(&nobodys, &self.stamp());
        if let Err(failure) = self.exchange(None, &call, self.patience(), signal) {
            self.sinks.log(Level::Warning, || {
                format!(
                    "the gateway's time is not known, this machine's is used: {}",
                    failure.cause
                )
            });
        }
    }

    fn patience(&self) -> Limits {
        Limits {
            on_cancel: OnCancel::Cut,
            until: Some(self.clock.now() + PATIENCE),
        }
    }

    /// Verified and decrypted; a key that nobody has told is fetched once.
    fn open_notice(
        &self,
        notifications: &dyn Notifications,
        notice: &Notice<'_>,
        signal: &Signal,
    ) -> Result<Notification, NoticeError> {
        match notifications.open(notice) {
            Err(NoticeError::Forged {
                unknown_key: Some(serial),
                ..
            }) if self.keys.fetch_for(&serial, self.patience(), signal) => {
                notifications.open(notice)
            }
            opened => opened,
        }
    }

    fn take_in(&self, notifications: &dyn Notifications, notification: &Notification) -> Decoded {
        let taken_in = match notification {
            Notification::Payment {
                out_trade_no,
                message,
            } => self.take_in_payment(notifications, out_trade_no, message),
            Notification::Refund {
                out_refund_no,
                message,
            } => self.take_in_refund(notifications, out_refund_no, message),
        };
        let mut decoded =
            taken_in.unwrap_or_else(|error| Decoded::refused(Status::Journal, error.to_string()));
        if decoded.outcome.status == Status::Forged {
            // Another merchant's numbers are nothing to go by.
            return decoded;
        }
        let (kind, field, number) = match notification {
            Notification::Payment { out_trade_no, .. } => ("payment", "out_trade_no", out_trade_no),
            Notification::Refund { out_refund_no, .. } => {
                ("refund", "out_refund_no", out_refund_no)
            }
        };
        decoded.outcome.set("notification", kind);
        decoded.outcome.set(field, number.as_str());
        decoded
    }

    /// `Err`: the journal could not be asked what the message is to be compared with.
    fn take_in_payment(
        &self,
        notifications: &dyn Notifications,
        out_trade_no: &str,
        message: &Facts,
    ) -> Result<Decoded, JournalError> {
        let key = self.key(out_trade_no);
        let known = self.journal.find(&key)?;
        let expected = match &known {
            Some(entry) if !entry.by_till => entry.expected(),
            Some(entry) => entry.named(),
            None => Expected {
                out_trade_no: out_trade_no.to_owned(),
                ..Expected::default()
            },
        };
        let answer = notifications.judge(message, &expected);
        let status = match answer.verdict {
            QueryVerdict::Paid => Status::Ok,
            QueryVerdict::Foreign => Status::Duplicate,
            QueryVerdict::Conflict => Status::Unknown,
            QueryVerdict::Paying => Status::Paying,
            QueryVerdict::NotPaid | QueryVerdict::Failed => Status::Declined,
            QueryVerdict::Closed => Status::Closed,
            QueryVerdict::Reversed => Status::Reversed,
            QueryVerdict::Refunded => Status::Refunded,
            QueryVerdict::NotFound | QueryVerdict::Rejected | QueryVerdict::Unclear => {
                return Ok(unproven(&answer));
            }
        };
        let mut outcome = told(status, &answer, known.as_ref());
        if answer.verdict == QueryVerdict::Conflict {
            outcome.set("reversal", Reversal::None.name());
        }
        let refunded = |entry: &Entry| matches!(entry.outcome, Some((Status::Refunded, _)));
        if status == Status::Ok && known.as_ref().is_some_and(refunded) {
            outcome.status = Status::Refunded;
            outcome.set("message", "paid, and known to be refunded since");
        }
        let recorded = match known {
            Some(_) => self.compare(&key, answer.verdict, HandOver::Later, &mut outcome),
            None => Ok(true),
        };
        Ok(with_record(outcome, recorded))
    }

    fn take_in_refund(
        &self,
        notifications: &dyn Notifications,
        out_refund_no: &str,
        message: &Facts,
    ) -> Result<Decoded, JournalError> {
        let key = self.refund_key(out_refund_no);
        let known = self.journal.find(&key)?;
        let expected = match (&known, self.gateway.refunds()) {
            (Some(entry), Some(refunds)) => entry.expected_refund(refunds),
            _ => ExpectedRefund {
                out_refund_no: out_refund_no.to_owned(),
                ..ExpectedRefund::default()
            },
        };
        let answer = notifications.judge_refund(message, &expected);
        let status = match answer.verdict {
            RefundVerdict::Refunded | RefundVerdict::Processing | RefundVerdict::Failed => {
                refunded::answered(&answer).status
            }
            RefundVerdict::Conflict => Status::Unknown,
            _ => return Ok(unproven(&answer)),
        };
        let outcome = told(status, &answer, known.as_ref());
        let recorded = match known {
            Some(_) if status != Status::Unknown => {
                self.take_up_answer(&key, &outcome, HandOver::Later)
            }
            _ => Ok(true),
        };
        Ok(with_record(outcome, recorded))
    }
}

/// What is not on record is sent again, so that it will be.
pub(super) fn with_record(mut outcome: Outcome, recorded: Result<bool, JournalError>) -> Decoded {
    let why = match recorded {
        Ok(true) => {
            return Decoded {
                outcome,
                taken: true,
            };
        }
        Ok(false) => "another call holds it".to_owned(),
        Err(error) => error.to_string(),
    };
    let message = format!("{}; not on record yet: {why}", outcome.message());
    outcome.set("message", message);
    Decoded {
        outcome,
        taken: false,
    }
}

/// A message that is proven to be the gateway's, and what it says.
pub(super) fn told<V>(status: Status, answer: &Answer<V>, known: Option<&Entry>) -> Outcome {
    let mut outcome = Outcome::with_message(status, answer.why.as_str());
    report::add_facts(&mut outcome, &answer.facts);
    if let Some(code) = &answer.code {
        let text = answer.code_message.as_deref().unwrap_or_default();
        outcome.set("code", code.as_str());
        outcome.set("code_message", text);
    }
    let before = known.and_then(|entry| entry.outcome.as_ref());
    let again = before.is_some_and(|(recorded, _)| *recorded == status);
    outcome.set("known", i64::from(known.is_some()));
    outcome.set("replayed", i64::from(again));
    outcome
}

/// A message that is the gateway's, but about somebody else's order, or about nothing.
fn unproven<V>(answer: &Answer<V>) -> Decoded {
    if answer.forged {
        return Decoded::refused(Status::Forged, answer.why.as_str());
    }
    Decoded::argument("body", format!("it proves nothing: {}", answer.why))
}

fn add_reply(outcome: &mut Outcome, http_status: u16, reply: (&'static str, String)) {
    let (content_type, body) = reply;
    outcome.set("reply_status", http_status);
    outcome.set("reply_type", content_type);
    outcome.set("reply", body);
}
