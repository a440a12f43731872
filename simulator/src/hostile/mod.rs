//! The hostile gateway: every way an answer, a notification or a connection can be wrong, as one table.
//!
//! A case is data: which gateways it concerns, what is changed and when it is signed, what a till may
//! make of it, and why. `tests/hostile/` plays all of them; [`FaultKind::Hostile`] plays one.
//!
//! The order of the changes to an answer: its fields; in APIv2 the signature, which is a field; fields
//! after that; the text; in APIv3 the signature, which is in headers, unless it was made before the text
//! was changed; headers; and last how its bytes leave.
//!
//! [`FaultKind::Hostile`]: crate::FaultKind::Hostile

mod certificates;
mod edit;
mod fubei;
mod http;
mod json;
mod notices;
mod ride;
mod tls;
mod v2;
mod v3;
mod wire;
mod xml;

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub(crate) use certificates::server_config;
pub use certificates::{Issuer, Shown};
pub use edit::{Edit, Headers, Seal, Text};
pub(crate) use edit::{bytes, json_fields, pairs, told_headers};
pub use wire::{Bytes, Step};
pub(crate) use wire::{Raw, greet, send};

use crate::fault::FaultKind;

/// Whose answers a case is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Gateway {
    /// WeChat Pay APIv2.
    V2,
    /// WeChat Pay APIv3.
    V3,
    /// Fubei.
    Fubei,
    /// The ride code.
    Ride,
}

/// What is altered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// The answer to a request.
    Answer,
    /// The notification of a payment.
    Payment,
    /// The notification of a refund.
    Refund,
    /// The callback of a ride.
    Ride,
    /// The time that goes with the answer to a query.
    Clock,
    /// The connection before there is any request.
    Connection,
}

/// What an answer about an order is made to say, rightly signed and as complete as the truth would be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lie {
    /// The best of news: that it is paid, as asked.
    Paid,
    /// The worst: that it is not.
    NotPaid,
}

/// What a till may make of it. A charge or a refund is never decided by an altered answer alone: a query
/// finds out, so that the ledger decides. This is what a question is told, and a notification's reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Told {
    /// What the honest one would have said: the change is none that matters.
    Read,
    /// Nothing can be made of it: `WXPAY_E_NETWORK`; of a notification `WXPAY_E_ARGUMENT`.
    Nothing,
    /// Not believed: `WXPAY_E_FORGED`.
    Forged,
    /// Not what was sent: [`Forged`](Self::Forged) in APIv3, which signs bytes, [`Nothing`](Self::Nothing)
    /// elsewhere.
    Broken,
    /// Proven, about this very order, and not what was asked: `WXPAY_UNKNOWN`, to be left alone; of a
    /// refund's number `WXPAY_E_DUPLICATE`.
    Conflict,
    /// Proven, and paid before this sale began: `WXPAY_E_DUPLICATE`.
    Foreign,
    /// A proven statement that there is no payment: `WXPAY_NOT_PAID`.
    NotPaid,
    /// A proven statement that the payer is at it: `WXPAY_PAYING`.
    Paying,
    /// A proven statement that it was closed: `WXPAY_CLOSED`.
    Closed,
    /// A proven statement that it was reversed: `WXPAY_REVERSED`.
    Reversed,
    /// A proven statement that it was given back: `WXPAY_REFUNDED`.
    Refunded,
    /// Proven not to exist: `WXPAY_NOT_FOUND`.
    NotFound,
    /// Refused for the request's sake: `WXPAY_E_REJECTED`.
    Rejected,
    /// This kind of answer has nothing that the change could touch.
    Skipped,
}

/// One way to be wrong.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// Stable; the family, a slash, and a name.
    pub id: &'static str,
    /// Whose answers it concerns.
    pub on: &'static [Gateway],
    /// What is altered.
    pub subject: Subject,
    /// Changes of the fields; of those in front of the signature.
    pub fields: &'static [Edit],
    /// Changes of what a notification encrypts.
    pub inner: &'static [Edit],
    /// The same of its text.
    pub inner_text: &'static [Text],
    /// The signature.
    pub seal: Seal,
    /// Changes of the fields behind the signature.
    pub after: &'static [Edit],
    /// Changes of the body's bytes.
    pub text: &'static [Text],
    /// APIv3: the signature is over the body as it was before its text was changed.
    pub signed_before_text: bool,
    /// Another HTTP status.
    pub status: Option<u16>,
    /// Changes of the headers.
    pub headers: &'static [Headers],
    /// How the bytes leave; none: by HTTP's rules.
    pub wire: &'static [Step],
    /// The certificate that is shown.
    pub shown: Option<Shown>,
    /// What the answer to a query, or a notification, comes to.
    pub told: Told,
    /// What the answer to a reverse comes to: [`Told::Read`] is done.
    pub reverse: Told,
    /// What the answer to the question for a refund comes to.
    pub refund_query: Told,
    /// What the answer to a request for something to show comes to.
    pub prepay: Told,
    /// What the answer to a close comes to: [`Told::Read`] is done.
    pub close: Told,
    /// What the list of platform certificates comes to: [`Told::Read`] is that it can be used.
    pub certificates: Told,
    /// Why.
    pub why: &'static str,
}

const WECHAT: &[Gateway] = &[Gateway::V2, Gateway::V3];
const V2: &[Gateway] = &[Gateway::V2];
const V3: &[Gateway] = &[Gateway::V3];
const FUBEI: &[Gateway] = &[Gateway::Fubei];
const RIDE: &[Gateway] = &[Gateway::Ride];
const PAYMENTS: &[Gateway] = &[Gateway::V2, Gateway::V3, Gateway::Fubei];
const ALL: &[Gateway] = &[Gateway::V2, Gateway::V3, Gateway::Fubei, Gateway::Ride];
const JSON: &[Gateway] = &[Gateway::V3, Gateway::Fubei];

/// An answer that every kind of question makes the same of.
const fn case(on: &'static [Gateway], id: &'static str, told: Told, why: &'static str) -> Case {
    Case {
        id,
        on,
        subject: Subject::Answer,
        fields: &[],
        inner: &[],
        inner_text: &[],
        seal: Seal::Right,
        after: &[],
        text: &[],
        signed_before_text: false,
        status: None,
        headers: &[],
        wire: &[],
        shown: None,
        told,
        reverse: told,
        refund_query: told,
        prepay: told,
        close: told,
        certificates: told,
        why,
    }
}

impl Case {
    const fn about(mut self, subject: Subject) -> Self {
        self.subject = subject;
        self
    }

    const fn fields(mut self, fields: &'static [Edit]) -> Self {
        self.fields = fields;
        self
    }

    const fn inner(mut self, inner: &'static [Edit]) -> Self {
        self.inner = inner;
        self
    }

    const fn inner_text(mut self, inner_text: &'static [Text]) -> Self {
        self.inner_text = inner_text;
        self
    }

    const fn seal(mut self, seal: Seal) -> Self {
        self.seal = seal;
        self
    }

    const fn after(mut self, after: &'static [Edit]) -> Self {
        self.after = after;
        self
    }

    const fn text(mut self, text: &'static [Text]) -> Self {
        self.text = text;
        self
    }

    /// Its text is changed behind the signature.
    const fn text_after(mut self, text: &'static [Text]) -> Self {
        self.text = text;
        self.signed_before_text = true;
        self
    }

    const fn status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    const fn headers(mut self, headers: &'static [Headers]) -> Self {
        self.headers = headers;
        self
    }

    const fn wire(mut self, wire: &'static [Step]) -> Self {
        self.wire = wire;
        self
    }

    const fn shown(mut self, shown: Shown) -> Self {
        self.shown = Some(shown);
        self
    }

    /// Another ending of a reverse.
    const fn reverse(mut self, told: Told) -> Self {
        self.reverse = told;
        self
    }

    /// Another ending of the question for a refund.
    const fn refund_query(mut self, told: Told) -> Self {
        self.refund_query = told;
        self
    }

    /// Another ending of a request for something to show.
    const fn prepay(mut self, told: Told) -> Self {
        self.prepay = told;
        self
    }

    /// Another ending of a close.
    const fn close(mut self, told: Told) -> Self {
        self.close = told;
        self
    }

    /// Another ending of a download of certificates.
    const fn certificates(mut self, told: Told) -> Self {
        self.certificates = told;
        self
    }

    /// Of answers that name neither merchant nor order: something to show, a close, a list of keys.
    const fn bare_answers(mut self, told: Told) -> Self {
        self.prepay = told;
        self.close = told;
        self.certificates = told;
        self
    }

    /// Of answers to queries, and to charges, alone.
    const fn of_orders(mut self) -> Self {
        self.reverse = Told::Skipped;
        self.refund_query = Told::Skipped;
        self.prepay = Told::Skipped;
        self.close = Told::Skipped;
        self.certificates = Told::Skipped;
        self
    }

    /// Whether it concerns this gateway.
    pub fn concerns(&self, gateway: Gateway) -> bool {
        self.on.contains(&gateway)
    }

    /// Whether the bytes leave by HTTP's rules.
    pub(crate) fn is_raw(&self) -> bool {
        !self.wire.is_empty()
    }
}

/// The tables, family by family.
const FAMILIES: &[&[Case]] = &[
    http::CASES,
    tls::CASES,
    xml::CASES,
    json::CASES,
    v2::signatures::CASES,
    v2::contents::CASES,
    v3::signatures::CASES,
    v3::contents::CASES,
    fubei::CASES,
    ride::CASES,
    notices::v2::CASES,
    notices::v3::CASES,
    notices::fubei::CASES,
    notices::ride::CASES,
];

/// A case of the table. In JSON: its id.
#[derive(Clone, Copy)]
pub struct Hostile(&'static Case);

impl Hostile {
    /// All of them, in the table's order.
    pub fn all() -> impl Iterator<Item = Self> {
        FAMILIES.iter().flat_map(|family| family.iter()).map(Self)
    }

    /// The case with this id.
    pub fn find(id: &str) -> Option<Self> {
        Self::all().find(|hostile| hostile.0.id == id)
    }

    /// What it is.
    pub fn case(self) -> &'static Case {
        self.0
    }
}

impl fmt::Debug for Hostile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.id)
    }
}

/// Ids are unique.
impl PartialEq for Hostile {
    fn eq(&self, other: &Self) -> bool {
        self.0.id == other.0.id
    }
}

impl Eq for Hostile {}

impl Serialize for Hostile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.id)
    }
}

impl<'de> Deserialize<'de> for Hostile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let id = String::deserialize(deserializer)?;
        Self::find(&id).ok_or_else(|| {
            serde::de::Error::custom(format!("no hostile case {id:?}; see docs/hostile.md"))
        })
    }
}

/// The case that is among `faults`, and the lie that goes with it.
pub(crate) fn of(faults: &[FaultKind]) -> Option<(&'static Case, Option<Lie>)> {
    faults.iter().find_map(|fault| match fault {
        FaultKind::Hostile { case, lie } => Some((case.case(), *lie)),
        _ => None,
    })
}

#[cfg(test)]
mod tests;
