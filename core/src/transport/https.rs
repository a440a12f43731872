//! [`HttpsTransport`]: one host after the other, and what may be sent again.

use std::io::Read;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::fmt::rfc2822::DateTimeParser;
use rustls::ClientConfig;
use ureq::config::Config;
use ureq::http::{HeaderMap, Request, Response, Uri};
use ureq::{Agent, AsSendBody, Body, Proxy};
use url::Url;

use super::Transport;
use super::causes::{self, DialError};
use super::helpers::Helpers;
use super::hosts::Hosts;
use super::tls;
use super::tracking::InFlight;
use super::wire::{self, Dialer, INPUT_BUFFER, OUTPUT_BUFFER};
use crate::clock::{Clock, Moment};
use crate::config::{ConfigError, TransportConfig};
use crate::exchange::{Call, Failure, Limits, OnCancel, Reply, Resend};
use crate::signal::{ExchangeGuard, Signal};

/// The largest body of an answer. A gateway's are a few KiB.
pub(super) const MAX_BODY: usize = 1024 * 1024;
/// Room for the body of most answers.
const ORDINARY_BODY: usize = 4 * 1024;
/// The largest header of an answer, status line included.
const MAX_HEADER: usize = 32 * 1024;
/// An idle connection is not used after this. Longer than the pause between two polls of a payment,
/// shorter than servers and firewalls keep idle connections: a charge that goes down a connection
/// just dropped by the other side ends as unclear.
const MAX_IDLE: Duration = Duration::from_secs(15);
const MAX_IDLE_CONNECTIONS: usize = 8;

const PROXY_SCHEMES: [&str; 6] = ["http", "https", "socks4", "socks4a", "socks5", "socks5h"];

/// One try of a call at one host, for the log. Holds no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt<'a> {
    /// The order's, refund's or ride's that the call is about, if any.
    pub number: Option<&'a str>,
    /// [`Call::operation`].
    pub operation: &'static str,
    /// `GET` or `POST`.
    pub method: &'static str,
    /// The path, without its query.
    pub path: &'a str,
    /// Scheme, host and port, as in [`Reply::host`].
    pub host: &'a str,
    /// From the search for a connection to the last byte of the answer, or to the failure.
    pub elapsed: Duration,
    /// The HTTP status, or what went wrong.
    pub result: Result<u16, &'a str>,
    /// Whether any byte of the request may have left in this try.
    pub sent: bool,
    /// Whether a connection was made for it, instead of one from the pool.
    pub new_connection: bool,
    /// The answer's `Request-ID` header.
    pub request_id: Option<&'a str>,
}

/// Sees every [`Attempt`], on the thread of the call, with no lock held.
pub type Observer = Arc<dyn Fn(&Attempt<'_>) + Send + Sync>;

/// The [`Transport`] over HTTP/1.1 and TLS.
///
/// A call costs no thread on a pooled connection. A new connection costs one helper thread until
/// its socket is connected, and one socket; up to eight idle connections are kept for 15 seconds.
pub struct HttpsTransport {
    agent: Agent,
    dialer: Arc<Dialer>,
    hosts: Vec<String>,
    order: Mutex<Hosts>,
    answer_timeout: Duration,
    observer: Observer,
    closed: AtomicBool,
}

/// Why one try failed.
struct Fault {
    cause: String,
    /// The host could not be connected to.
    demote: bool,
    /// It may be for no other reason than that the pooled connection was stale.
    stale: bool,
}

impl HttpsTransport {
    /// Checks `config`; connects to nothing yet. Nothing but `config` has a say: neither proxies
    /// nor certificates are taken from the environment.
    pub fn new(
        config: &TransportConfig,
        clock: Arc<dyn Clock>,
        observer: Observer,
    ) -> Result<Self, ConfigError> {
        let identity = config.client_certificate.as_ref();
        let credentials = identity.map(|identity| (identity.chain(), identity.key()));
        let tls = tls::client_config(&config.extra_roots, credentials)?;
        Self::with_tls(config, tls, clock, observer)
    }

    pub(super) fn with_tls(
        config: &TransportConfig,
        tls: Arc<ClientConfig>,
        clock: Arc<dyn Clock>,
        observer: Observer,
    ) -> Result<Self, ConfigError> {
        let hosts = config
            .hosts
            .iter()
            .map(origin)
            .collect::<Result<Vec<_>, _>>()?;
        if hosts.is_empty() {
            return Err(ConfigError("hosts: at least one is needed".to_owned()));
        }
        for (name, timeout) in [
            ("connect_timeout", config.connect_timeout),
            ("answer_timeout", config.answer_timeout),
        ] {
            if timeout.is_zero() {
                return Err(ConfigError(format!("transport.{name}: must not be zero")));
            }
        }
        let ureq = Config::builder()
            .proxy(config.proxy.as_ref().map(proxy).transpose()?)
            .https_only(true)
            .http_status_as_error(false)
            .max_redirects(0)
            .user_agent(concat!("wxpay/", env!("CARGO_PKG_VERSION")))
            .accept("*/*")
            .accept_encoding("")
            .max_response_header_size(MAX_HEADER)
            .input_buffer_size(INPUT_BUFFER)
            .output_buffer_size(OUTPUT_BUFFER)
            .max_idle_age(MAX_IDLE)
            .max_idle_connections(MAX_IDLE_CONNECTIONS)
            .max_idle_connections_per_host(MAX_IDLE_CONNECTIONS)
            .build();
        let dialer = Arc::new(Dialer {
            config: ureq,
            tls,
            proxy_tls: tls::client_config(&config.extra_roots, None)?,
            connect_timeout: config.connect_timeout,
            clock,
            helpers: Helpers::default(),
        });
        Ok(Self {
            agent: wire::agent(&dialer),
            order: Mutex::new(Hosts::new(hosts.len())),
            hosts,
            dialer,
            answer_timeout: config.answer_timeout,
            observer,
            closed: AtomicBool::new(false),
        })
    }

    /// Tries `call` at one host; where it may be sent again, once more on a new connection if the
    /// pooled one fails. Both within one connect and one answer time-out.
    fn try_host(
        &self,
        host: &str,
        number: Option<&str>,
        call: &Call,
        guard: &Rc<ExchangeGuard>,
        until: Option<Moment>,
    ) -> Result<Reply, Fault> {
        let full = self.now() + self.dialer.connect_timeout + self.answer_timeout;
        let latest = until.map_or(full, |until| until.min(full));
        match self.attempt(host, number, call, guard, latest, MAX_IDLE) {
            Err(fault) if fault.stale && call.resend == Resend::Freely && !guard.cut() => {
                self.attempt(host, number, call, guard, latest, Duration::ZERO)
            }
            other => other,
        }
    }

    fn attempt(
        &self,
        host: &str,
        number: Option<&str>,
        call: &Call,
        guard: &Rc<ExchangeGuard>,
        latest: Moment,
        max_idle: Duration,
    ) -> Result<Reply, Fault> {
        let start = self.now();
        let repeated = guard.sent();
        let flight = InFlight::new(guard, &self.dialer.clock, self.answer_timeout, latest);
        let result = {
            let _entered = flight.enter();
            self.send(host, call, max_idle, &flight, start)
        }
        .map(|reply| Reply { repeated, ..reply })
        .map_err(|error| self.fault(&error, call, &flight));
        (self.observer)(&Attempt {
            number,
            operation: call.operation,
            method: call.method,
            path: call.place(),
            host,
            elapsed: self.now().since(start),
            result: match &result {
                Ok(reply) => Ok(reply.status),
                Err(fault) => Err(&fault.cause),
            },
            sent: flight.sent(),
            new_connection: flight.dialled(),
            request_id: result
                .as_ref()
                .ok()
                .and_then(|reply| reply.header("request-id")),
        });
        result
    }

    fn send(
        &self,
        host: &str,
        call: &Call,
        max_idle: Duration,
        flight: &InFlight,
        start: Moment,
    ) -> Result<Reply, ureq::Error> {
        let response = if call.method == "GET" && call.body.is_empty() {
            self.run(host, call, (), max_idle)
        } else {
            self.run(host, call, call.body.as_slice(), max_idle)
        }?;
        let (parts, body) = response.into_parts();
        let mut bytes = Vec::with_capacity(ORDINARY_BODY);
        // One byte more than is allowed, so that the end of the body is seen: only then does the
        // connection go back to the pool.
        body.into_reader()
            .take(MAX_BODY as u64 + 1)
            .read_to_end(&mut bytes)?;
        if bytes.len() > MAX_BODY {
            return Err(ureq::Error::BodyExceedsLimit(MAX_BODY as u64));
        }
        let headers = lower_case(&parts.headers);
        Ok(Reply {
            now: None,
            status: parts.status.as_u16(),
            date: headers
                .iter()
                .find(|(name, _)| name == "date")
                .and_then(|(_, value)| unix_seconds(value)),
            headers,
            body: bytes,
            host: host.to_owned(),
            // A reply without a request does not occur; then the latest moment is the safe one.
            sent_at: flight.guard().sent_at().unwrap_or_else(|| self.now()),
            elapsed: self.now().since(start),
            new_connection: flight.dialled(),
            repeated: false,
        })
    }

    fn run(
        &self,
        host: &str,
        call: &Call,
        body: impl AsSendBody,
        max_idle: Duration,
    ) -> Result<Response<Body>, ureq::Error> {
        // Without the slash the path could change the host.
        if !call.path.starts_with('/') {
            return Err(ureq::Error::Other("the path lacks its first slash".into()));
        }
        let mut request = Request::builder()
            .method(call.method)
            .uri(format!("{host}{}", call.path));
        for (name, value) in &call.headers {
            request = request.header(*name, value);
        }
        let mut request = request.body(body)?;
        // A configuration of its own is a copy of the agent's.
        if max_idle != MAX_IDLE {
            let configured = self.agent.configure_request(request);
            request = configured.max_idle_age(max_idle).build();
        }
        self.agent.run(request)
    }

    fn fault(&self, error: &ureq::Error, call: &Call, flight: &InFlight) -> Fault {
        let timed_out = matches!(error, ureq::Error::Timeout(_));
        let broke_off = causes::broke_off(error);
        let dial = match error {
            ureq::Error::Other(error) => error.downcast_ref::<DialError>(),
            _ => None,
        };
        let cause = if self.interrupted(flight.guard()) {
            "interrupted".to_owned()
        } else if let Some(dial) = dial {
            dial.to_string()
        } else if timed_out {
            let limit = self.answer_timeout;
            match flight.answering() {
                false => format!("time-out: no answer within {limit:?}"),
                true => format!("time-out: the answer was not complete after {limit:?}"),
            }
        } else if broke_off && flight.answering() {
            "the connection was closed in the middle of the answer".to_owned()
        } else if broke_off && call.path.starts_with("/secapi/") {
            "the server closed the connection without an answer; calls to /secapi/ need the \
             merchant's own client_certificate"
                .to_owned()
        } else if broke_off {
            "the server closed the connection without an answer".to_owned()
        } else if let ureq::Error::BodyExceedsLimit(limit) = error {
            format!("the answer is larger than {limit} bytes")
        } else {
            causes::explain(error)
        };
        Fault {
            cause,
            demote: dial.is_some() && !self.interrupted(flight.guard()),
            stale: flight.sent() && !flight.dialled() && !flight.answering() && !timed_out,
        }
    }

    fn interrupted(&self, guard: &ExchangeGuard) -> bool {
        guard.cut() || self.closed.load(Ordering::SeqCst)
    }

    fn now(&self) -> Moment {
        self.dialer.clock.now()
    }

    fn order(&self) -> MutexGuard<'_, Hosts> {
        // Nothing under this lock can be left half done.
        self.order.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many helper threads are running.
    #[cfg(test)]
    pub(super) fn helpers_running(&self) -> usize {
        self.dialer.helpers.running()
    }
}

impl Transport for HttpsTransport {
    fn exchange(
        &self,
        number: Option<&str>,
        call: &Call,
        limits: Limits,
        signal: &Signal,
    ) -> Result<Reply, Failure> {
        let guard = Rc::new(signal.exchange(limits.on_cancel));
        let out_of_time = || limits.until.is_some_and(|until| self.now() >= until);
        let order = self.order().order(self.now());
        let mut causes = Vec::new();
        let mut last = order[0];
        for index in order {
            if self.interrupted(&guard) {
                if causes.is_empty() {
                    causes.push("interrupted before anything was sent".to_owned());
                }
                break;
            }
            if call.resend == Resend::OnlyIfUnsent && guard.sent() {
                break;
            }
            last = index;
            let host = &self.hosts[index];
            match self.try_host(host, number, call, &guard, limits.until) {
                Ok(reply) => {
                    self.order().restore(index);
                    return Ok(reply);
                }
                Err(fault) => {
                    if fault.demote && !out_of_time() {
                        self.order().demote(index, self.now());
                    }
                    causes.push(format!("{host}: {}", fault.cause));
                    if out_of_time() {
                        break;
                    }
                }
            }
        }
        Err(Failure {
            sent_at: guard.sent_at(),
            interrupted: self.interrupted(&guard),
            host: self.hosts[last].clone(),
            cause: causes.join("; "),
        })
    }

    fn probe(&self, signal: &Signal) -> Vec<(String, Result<(), String>)> {
        let guard = signal.exchange(OnCancel::Cut);
        let probe = |host: &String| {
            let reached = match host.parse::<Uri>() {
                Ok(_) if self.interrupted(&guard) => Err("interrupted".to_owned()),
                Ok(uri) => self.dialer.probe(&uri, &guard).map_err(|error| error.0),
                Err(error) => Err(error.to_string()),
            };
            (host.clone(), reached)
        };
        self.hosts.iter().map(probe).collect()
    }

    fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        self.agent.clone().shutdown();
        self.dialer.helpers.close();
    }
}

fn lower_case(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), text(value.as_bytes())))
        .collect()
}

/// A `Date` header (RFC 9110 §5.6.7, the form that may be sent).
fn unix_seconds(date: &str) -> Option<i64> {
    static PARSER: DateTimeParser = DateTimeParser::new();
    let timestamp = PARSER.parse_timestamp(date).ok()?;
    Some(timestamp.as_second())
}

fn origin(host: &Url) -> Result<String, ConfigError> {
    let origin = host.origin().ascii_serialization();
    let plain = host.scheme() == "https"
        && host.has_host()
        && host.username().is_empty()
        && host.password().is_none()
        && host.path() == "/"
        && host.query().is_none()
        && host.fragment().is_none();
    match origin.parse::<Uri>() {
        Ok(_) if plain => Ok(origin),
        _ => Err(ConfigError(
            "hosts: each must be https://name or https://name:port".to_owned(),
        )),
    }
}

fn proxy(url: &Url) -> Result<Proxy, ConfigError> {
    // The URL may hold a password and is not shown.
    let refused = |why: &str| ConfigError(format!("transport.proxy: {why}"));
    if !PROXY_SCHEMES.contains(&url.scheme()) {
        let known = PROXY_SCHEMES.join(", ");
        return Err(refused(&format!("its scheme must be one of {known}")));
    }
    if !url.has_host() {
        return Err(refused("it names no host"));
    }
    Proxy::new(url.as_str()).map_err(|_| refused("not a usable URL: is the password %-encoded?"))
}

#[cfg(test)]
mod unit_tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn a_host_is_a_scheme_a_name_and_a_port_and_nothing_else() {
        assert_eq!(
            origin(&url("https://a.example")).unwrap(),
            "https://a.example"
        );
        assert_eq!(
            origin(&url("https://a.example:443/")).unwrap(),
            "https://a.example"
        );
        assert_eq!(
            origin(&url("https://[::1]:8443")).unwrap(),
            "https://[::1]:8443"
        );
        for bad in [
            "http://a.example",
            "https://a.example/path",
            "https://a.example/?q",
            "https://user@a.example",
            "https://user:password@a.example",
        ] {
            assert!(origin(&url(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_refused_without_showing_its_password() {
        for bad in [
            "ftp://u:hunter2@p.example",
            "socks5://u:hunter2%FF@p.example",
        ] {
            let error = proxy(&url(bad)).unwrap_err();
            assert!(error.0.starts_with("transport.proxy: "), "{error}");
            assert!(!error.0.contains("hunter2"), "{error}");
        }
        for good in [
            "http://u:p@p.example:3128",
            "https://p.example",
            "socks5h://[::1]:1080",
        ] {
            assert!(proxy(&url(good)).is_ok(), "{good}");
        }
    }

    #[test]
    fn a_date_header_is_read_as_unix_seconds() {
        assert_eq!(
            unix_seconds("Sun, 06 Nov 1994 08:49:37 GMT"),
            Some(784_111_777)
        );
        assert_eq!(unix_seconds("yesterday"), None);
        assert_eq!(unix_seconds(""), None);
    }
}
