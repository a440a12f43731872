//! Notifications: what happened, sent to the `notify_url` of the request that it concerns.

mod record;
mod send;

use std::fmt;

use hyper::Uri;
use serde::{Deserialize, Serialize};

pub(crate) use record::Notifications;
pub use record::{NotificationKind, NotificationRecord};
pub(crate) use send::run;

use crate::ledger::{Generation, Notice};
use crate::shared::Shared;
use crate::{v2, v3};

/// A notification as a till's HTTP server receives it.
#[derive(Clone, PartialEq, Eq)]
pub struct Notification {
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// XML or JSON.
    pub body: Vec<u8>,
}

impl Notification {
    /// The headers as lines: `Name: value`, each ended by CR and LF.
    pub fn header_lines(&self) -> String {
        self.headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect()
    }
}

/// Bodies and signatures are for tills alone.
impl fmt::Debug for Notification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("Notification")
            .field("headers", &names)
            .field("body", &format_args!("{} bytes", self.body.len()))
            .finish()
    }
}

/// What is wrong with a notification that is made to be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum NotificationFault {
    /// No signature.
    MissingSignature,
    /// A signature of the right form that is wrong.
    WrongSignature,
    /// APIv3: a probe, `WECHATPAY/SIGNTEST/` and no base64.
    SignProbe,
    /// APIv3: rightly signed this many seconds ago; less than 0: in the future.
    OldTimestamp {
        /// Of the platform's clock.
        seconds: i64,
    },
    /// APIv3: rightly signed with a key that nobody was told of.
    UnknownSerial,
    /// What is encrypted was changed on the way, and rightly signed if it is signed.
    TamperedCiphertext,
    /// One fen more than was paid or given back.
    WrongAmount,
    /// Another merchant's number.
    ForeignMerchant,
    /// APIv2: a document type with an external entity, as WeChat probes with.
    Doctype,
}

/// Why there is no notification.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotificationError {
    /// Nothing has happened under the number that a notification would tell.
    #[error("{0:?} has nothing to tell: a prepay order has to be paid, a refund to have ended")]
    Nothing(String),
    /// This kind of notification has nothing that could be wrong like this.
    #[error("such a notification cannot have the fault {0:?}")]
    Fault(NotificationFault),
}

/// What a notification says and how it is signed; signed anew for each attempt.
pub(crate) struct Message {
    body: Vec<u8>,
    generation: Generation,
    fault: Option<NotificationFault>,
}

impl Message {
    /// `id`: APIv3's number of the notification.
    pub(crate) fn new(
        shared: &Shared,
        notice: &Notice,
        id: &str,
        fault: Option<NotificationFault>,
    ) -> Result<Self, NotificationError> {
        let generation = notice
            .notify()
            .map_or(Generation::V3, |notify| notify.generation);
        let body = match generation {
            Generation::V2(sign_type) => v2::notice::body(shared, notice, sign_type, fault),
            Generation::V3 => v3::notice::body(shared, notice, id, fault),
        };
        let Some(body) = body else {
            return Err(match fault {
                Some(fault) => NotificationError::Fault(fault),
                None => NotificationError::Nothing(id.to_owned()),
            });
        };
        Ok(Self {
            body,
            generation,
            fault,
        })
    }

    pub(crate) fn signed(&self, shared: &Shared) -> Notification {
        let (content_type, signature) = match self.generation {
            Generation::V2(_) => ("text/xml; charset=utf-8", Vec::new()),
            Generation::V3 => (
                "application/json; charset=utf-8",
                v3::notice::headers(shared, &self.body, self.fault),
            ),
        };
        let mut headers = vec![("Content-Type".to_owned(), content_type.to_owned())];
        headers.extend(signature);
        Notification {
            headers,
            body: self.body.clone(),
        }
    }
}

/// A notification about `notice`, sent nowhere; `number` is what was asked for.
pub(crate) fn make(
    shared: &Shared,
    notice: Option<Notice>,
    number: &str,
    fault: Option<NotificationFault>,
) -> Result<Notification, NotificationError> {
    let notice = notice.ok_or_else(|| NotificationError::Nothing(number.to_owned()))?;
    let id = format!("EV-{}", shared.nonce());
    Ok(Message::new(shared, &notice, &id, fault)?.signed(shared))
}

/// Whether the platform would send notifications there: HTTP or HTTPS, and no parameters.
pub(crate) fn check_notify_url(url: &str) -> Result<(), String> {
    let parsed: Uri = url.parse().map_err(|_| "not a URL".to_owned())?;
    if !matches!(parsed.scheme_str(), Some("http" | "https")) || parsed.host().is_none() {
        return Err("not a URL with http or https".to_owned());
    }
    if parsed.query().is_some() {
        return Err("a URL with parameters".to_owned());
    }
    Ok(())
}
