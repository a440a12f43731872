//! Notifications: what happened, sent to the `notify_url` of the request that it concerns, and the
//! callbacks of rides.

mod record;
mod send;

use std::fmt;

use hyper::Uri;
use serde::{Deserialize, Serialize};

pub(crate) use record::Notifications;
pub use record::{NotificationKind, NotificationRecord};
pub(crate) use send::run;

use crate::hostile::{self, Case, Hostile, Subject};
use crate::ledger::{Generation, Notice};
use crate::ride::{self, Callback, Ride, RideSeal};
use crate::shared::Shared;
use crate::{fubei, v2, v3};

/// A notification as a till's HTTP server receives it.
#[derive(Clone, PartialEq, Eq)]
pub struct Notification {
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// XML, JSON or a form.
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
    /// Ride code: about another ride, rightly encrypted and signed.
    ForeignOrder,
    /// Ride code: what is encrypted is no JSON, rightly signed; Fubei: `data` is none.
    NoJson,
    /// Ride code: what is encrypted was not padded, rightly signed.
    BadPadding,
    /// A case of the table of hostile notifications (`docs/hostile.md`).
    Hostile {
        /// Which.
        case: Hostile,
    },
}

impl NotificationFault {
    /// The case of the table, if it is one about this.
    pub(crate) fn case(fault: Option<Self>, subject: Subject) -> Option<&'static Case> {
        match fault {
            Some(Self::Hostile { case }) => {
                Some(case.case()).filter(|case| case.subject == subject)
            }
            _ => None,
        }
    }
}

/// Why there is no notification.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotificationError {
    /// Nothing has happened under the number that a notification would tell.
    #[error(
        "{0:?} has nothing to tell: a prepay order has to be paid, a refund or a ride to have ended"
    )]
    Nothing(String),
    /// This kind of notification has nothing that could be wrong like this.
    #[error("such a notification cannot have the fault {0:?}")]
    Fault(NotificationFault),
}

/// What a notification says and how it is signed; signed anew for each attempt.
pub(crate) struct Message {
    body: Vec<u8>,
    style: Style,
    fault: Option<NotificationFault>,
}

/// How a notification is signed and answered.
enum Style {
    V2,
    V3,
    Fubei,
    Ride {
        /// What the answer has to repeat.
        nonce_str: String,
    },
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
        let (style, body) = match generation {
            Generation::V2(sign_type) => (
                Style::V2,
                v2::notice::body(shared, notice, sign_type, fault),
            ),
            Generation::V3 => (Style::V3, v3::notice::body(shared, notice, id, fault)),
            Generation::Fubei(api, level) => (
                Style::Fubei,
                fubei::notice::body(shared, notice, api, level, fault),
            ),
        };
        let Some(body) = body else {
            return Err(match fault {
                Some(fault) => NotificationError::Fault(fault),
                None => NotificationError::Nothing(id.to_owned()),
            });
        };
        Ok(Self { body, style, fault })
    }

    /// About a ride; `seal`: as that has it instead of the settings.
    pub(crate) fn about_ride(
        shared: &Shared,
        ride: &Ride,
        seal: Option<&RideSeal>,
        fault: Option<NotificationFault>,
    ) -> Option<Self> {
        let platform = shared.settings().ride_code.as_ref()?;
        let seal = seal.unwrap_or(&platform.seal);
        let Callback { body, nonce_str } = ride::callback(shared, platform, seal, ride, fault)?;
        Some(Self {
            body,
            style: Style::Ride { nonce_str },
            fault,
        })
    }

    /// Whether an answer says that it was understood.
    pub(crate) fn is_heard(&self, status: u16, answer: &[u8]) -> bool {
        match &self.style {
            Style::V2 => matches!(status, 200 | 204) && v2::notice::is_acknowledged(answer),
            Style::V3 => matches!(status, 200 | 204),
            Style::Fubei => status == 200 && fubei::notice::is_acknowledged(answer),
            Style::Ride { nonce_str } => status == 200 && ride::is_acknowledged(answer, nonce_str),
        }
    }

    pub(crate) fn signed(&self, shared: &Shared) -> Notification {
        let (content_type, signature) = match self.style {
            Style::V2 => ("text/xml; charset=utf-8", Vec::new()),
            Style::Fubei => ("application/x-www-form-urlencoded", Vec::new()),
            Style::Ride { .. } => ("application/json; charset=utf-8", Vec::new()),
            Style::V3 => (
                "application/json; charset=utf-8",
                v3::notice::headers(shared, &self.body, self.fault),
            ),
        };
        let mut body = self.body.clone();
        if let (Style::V3, Some(NotificationFault::Hostile { case })) = (&self.style, self.fault) {
            hostile::bytes(&mut body, case.case().text);
        }
        let mut headers = vec![("Content-Type".to_owned(), content_type.to_owned())];
        headers.extend(signature);
        Notification { headers, body }
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

/// A callback about `ride`, sent nowhere.
pub(crate) fn make_about_ride(
    shared: &Shared,
    ride: Option<Ride>,
    number: &str,
    seal: Option<&RideSeal>,
    fault: Option<NotificationFault>,
) -> Result<Notification, NotificationError> {
    let nothing = || NotificationError::Nothing(number.to_owned());
    let ride = ride.ok_or_else(nothing)?;
    let message = |fault| Message::about_ride(shared, &ride, seal, fault);
    match (message(fault), fault) {
        (Some(message), _) => Ok(message.signed(shared)),
        (None, Some(fault)) if message(None).is_some() => Err(NotificationError::Fault(fault)),
        (None, _) => Err(nothing()),
    }
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
