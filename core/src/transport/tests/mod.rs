//! The transport against real TLS servers on the loopback interface.

mod answers;
mod cuts;
mod failover;
mod handshakes;
mod proxies;
mod server;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use url::Url;

use super::{HttpsTransport, Transport};
use crate::clock::{Clock, Moment, SystemClock};
use crate::config::TransportConfig;
use crate::exchange::{Call, Failure, OnCancel, Reply, Resend};
use crate::signal::Signal;
use server::Pki;

/// Long enough that a test that passes never waits for it.
const LONG: Duration = Duration::from_secs(30);
/// Short enough to be waited for.
const SHORT: Duration = Duration::from_millis(500);

/// The machine's clock, put forward at will.
#[derive(Default)]
struct TestClock {
    real: SystemClock,
    ahead: AtomicU64,
}

impl TestClock {
    fn advance(&self, duration: Duration) {
        self.ahead.fetch_add(duration.as_secs(), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Moment {
        self.real.now() + Duration::from_secs(self.ahead.load(Ordering::SeqCst))
    }
    fn unix_ms(&self) -> i64 {
        self.real.unix_ms()
    }
    fn wait(&self, until: Moment, signal: &Signal, seen_cancel: bool) {
        self.real.wait(until, signal, seen_cancel);
    }
}

/// What the observer saw of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    host: String,
    result: Result<u16, String>,
    sent: bool,
    new_connection: bool,
    request_id: Option<String>,
}

/// A transport under test with what it reported.
struct Rig {
    transport: HttpsTransport,
    clock: Arc<TestClock>,
    attempts: Arc<Mutex<Vec<Seen>>>,
}

impl Rig {
    fn new(config: &TransportConfig) -> Self {
        Self::build(|clock, observer| HttpsTransport::new(config, clock, observer).unwrap())
    }

    fn build(make: impl FnOnce(Arc<dyn Clock>, super::Observer) -> HttpsTransport) -> Self {
        let attempts = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&attempts);
        let clock = Arc::new(TestClock::default());
        let observer: super::Observer = Arc::new(move |attempt| {
            seen.lock().unwrap().push(Seen {
                host: attempt.host.to_owned(),
                result: attempt.result.map_err(str::to_owned),
                sent: attempt.sent,
                new_connection: attempt.new_connection,
                request_id: attempt.request_id.map(str::to_owned),
            });
        });
        let transport = make(Arc::clone(&clock) as Arc<dyn Clock>, observer);
        Self {
            transport,
            clock,
            attempts,
        }
    }

    fn charge(&self) -> Result<Reply, Failure> {
        self.exchange(&charge())
    }

    fn query(&self) -> Result<Reply, Failure> {
        self.exchange(&query())
    }

    fn exchange(&self, call: &Call) -> Result<Reply, Failure> {
        self.transport
            .exchange(None, call, OnCancel::Cut.into(), &Signal::new())
    }

    fn attempts(&self) -> Vec<Seen> {
        let attempts = self.attempts.lock();
        attempts.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn config(pki: &Pki, hosts: &[String]) -> TransportConfig {
    TransportConfig {
        hosts: hosts.iter().map(|host| Url::parse(host).unwrap()).collect(),
        connect_timeout: LONG,
        answer_timeout: LONG,
        extra_roots: vec![pki.root()],
        proxy: None,
        client_certificate: None,
    }
}

fn call(operation: &'static str, path: &str, resend: Resend) -> Call {
    Call {
        operation,
        method: "POST",
        path: path.to_owned(),
        headers: vec![("Content-Type", "text/xml".to_owned())],
        body: b"<xml>signed</xml>".to_vec(),
        resend,
    }
}

fn charge() -> Call {
    call("micropay", "/pay/micropay", Resend::OnlyIfUnsent)
}

fn query() -> Call {
    call("orderquery", "/pay/orderquery", Resend::Freely)
}

fn reverse() -> Call {
    call("reverse", "/secapi/pay/reverse", Resend::Freely)
}
