//! One request to a gateway and its reply, between the codecs and the transport.

use std::fmt;
use std::time::Duration;

use crate::clock::Moment;

/// What the transport may do with a request beyond sending it once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resend {
    /// A charge: to the next host only if provably no byte has left.
    OnlyIfUnsent,
    /// A query or a reverse: to any host at any time.
    Freely,
}

/// What happens to an exchange in flight when the payment is cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnCancel {
    /// Cut at once (a poll).
    Cut,
    /// Cut at once if no byte has left (a charge); otherwise its answer is awaited.
    CutUnlessSent,
    /// Goes on (a reverse, and the query before it).
    Ignore,
}

/// What ends an exchange early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// What a cancel does to it.
    pub on_cancel: OnCancel,
    /// It ends by then, also before its own time-outs.
    pub until: Option<Moment>,
}

impl From<OnCancel> for Limits {
    fn from(on_cancel: OnCancel) -> Self {
        Self {
            on_cancel,
            until: None,
        }
    }
}

/// A request, complete but for the host.
#[derive(Clone, PartialEq, Eq)]
pub struct Call {
    /// For logs: `micropay`, `orderquery`, `reverse`.
    pub operation: &'static str,
    /// `GET` or `POST`.
    pub method: &'static str,
    /// Path and query, starting with `/`.
    pub path: String,
    /// Headers, `Content-Type` included; host, length and user agent are the transport's.
    pub headers: Vec<(&'static str, String)>,
    /// The exact bytes that were signed.
    pub body: Vec<u8>,
    /// See [`Resend`].
    pub resend: Resend,
}

impl Call {
    /// The path for logs: without its query, which may hold an access token.
    pub fn place(&self) -> &str {
        self.path.split('?').next().unwrap_or_default()
    }
}

/// `Debug` shows neither body, query nor header values: they hold signatures, tokens and auth codes.
impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {} ({} bytes)",
            self.method,
            self.place(),
            self.body.len()
        )
    }
}

/// A gateway's reply, complete: a reply cut short is a [`Failure`].
#[derive(Clone)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// Header names in lower case with their values, in order.
    pub headers: Vec<(String, String)>,
    /// The body as received.
    pub body: Vec<u8>,
    /// The host that answered, as configured (`https://api.mch.weixin.qq.com`).
    pub host: String,
    /// When the first byte of the request was sent.
    pub sent_at: Moment,
    /// From the search for a connection to the last byte of the reply.
    pub elapsed: Duration,
    /// A connection was made for it, instead of one from the pool.
    pub new_connection: bool,
    /// An earlier try of the same call may have left, to this or another host, and got no answer: it
    /// may still be carried out, whatever this reply says.
    pub repeated: bool,
    /// The gateway's clock by the `Date` header of this verified connection, unix seconds.
    pub date: Option<i64>,
    /// The gateway's clock as well as the client knows it, unix seconds: what the times in signatures
    /// are held against. The transport leaves it out.
    pub now: Option<i64>,
}

impl Reply {
    /// The first header of this (lower-case) name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(have, _)| have == name)
            .map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "HTTP {} from {} ({} bytes)",
            self.status,
            self.host,
            self.body.len()
        )
    }
}

/// Why an exchange gave no reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// When the first byte of the request may have left, on any host. `None` is a proof that
    /// nothing did.
    pub sent_at: Option<Moment>,
    /// Whether it was cut by a cancel or by the closing of the client.
    pub interrupted: bool,
    /// The last host tried.
    pub host: String,
    /// What went wrong with each host tried, for the log; never a secret.
    pub cause: String,
}

impl Failure {
    /// Whether any byte of the request may have left on any host. `false` is a proof.
    pub fn sent(&self) -> bool {
        self.sent_at.is_some()
    }
}
