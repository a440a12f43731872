//! The record of every notification.

use std::collections::VecDeque;
use std::fmt;

use serde::{Serialize, Serializer};

use super::Notification;

/// What a notification is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum NotificationKind {
    /// An order was paid.
    Payment,
    /// A refund ended.
    Refund,
    /// A ride ended.
    Ride,
}

/// A notification and what became of it.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct NotificationRecord {
    /// Where it is sent to.
    pub url: String,
    /// The platform's number of it; the same in every attempt.
    pub id: String,
    /// What it is about.
    pub kind: NotificationKind,
    /// The order; a ride's `out_order_no`.
    pub out_trade_no: String,
    /// The refund, if it is about one.
    pub out_refund_no: Option<String>,
    /// How often it was sent.
    pub attempts: u32,
    /// The HTTP status of the latest answer; `None` if there was no answer.
    pub answered: Option<u16>,
    /// It was answered as it should be: by 200 or 204, APIv2's by an XML with `return_code` SUCCESS,
    /// Fubei's by `success`, a ride's by `errcode` 0 and its own `nonce_str`.
    pub delivered: bool,
    /// Names and values of the latest attempt.
    pub headers: Vec<(String, String)>,
    /// What was sent.
    #[serde(serialize_with = "as_text")]
    pub body: Vec<u8>,
}

fn as_text<S: Serializer>(body: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&String::from_utf8_lossy(body))
}

/// Without headers and body: they are for tills alone.
impl fmt::Debug for NotificationRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NotificationRecord")
            .field("url", &self.url)
            .field("id", &self.id)
            .field("kind", &self.kind)
            .field("out_trade_no", &self.out_trade_no)
            .field("out_refund_no", &self.out_refund_no)
            .field("attempts", &self.attempts)
            .field("answered", &self.answered)
            .field("delivered", &self.delivered)
            .finish_non_exhaustive()
    }
}

/// The latest notifications, oldest first.
#[derive(Default)]
pub(crate) struct Notifications(VecDeque<NotificationRecord>);

/// Older ones are forgotten, and not sent again, so that a long run does not grow without end.
const KEPT: usize = 10_000;

impl Notifications {
    pub(crate) fn all(&self) -> Vec<NotificationRecord> {
        self.0.iter().cloned().collect()
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn push(&mut self, record: NotificationRecord) {
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back(record);
    }

    /// Writes an attempt down before it is made; says whether the notification is still wanted.
    pub(super) fn attempt(&mut self, id: &str, sent: &Notification) -> bool {
        let Some(record) = self.find(id) else {
            return false;
        };
        record.attempts += 1;
        record.answered = None;
        record.headers.clone_from(&sent.headers);
        record.body.clone_from(&sent.body);
        true
    }

    pub(super) fn answered(&mut self, id: &str, status: u16, delivered: bool) {
        if let Some(record) = self.find(id) {
            record.answered = Some(status);
            record.delivered = delivered;
        }
    }

    fn find(&mut self, id: &str) -> Option<&mut NotificationRecord> {
        self.0.iter_mut().find(|record| record.id == id)
    }
}
