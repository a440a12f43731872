//! Connections as ureq sees them. The only file that knows ureq's unversioned interfaces, which
//! may change with any minor version of it.
//!
//! From the inside out: a socket (or a tunnel through a proxy), opened on a helper thread; TLS; and
//! [`Tracked`], which asks the thread's exchange before the first byte of a request goes down.

use std::fmt;
use std::io::{Read, Write};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use rustls::{ClientConfig, ClientConnection, StreamOwned};
use rustls_pki_types::ServerName;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::time::Instant;
use ureq::unversioned::transport::{
    Buffers, ConnectProxyConnector, ConnectionDetails, Connector, LazyBuffers, NextTimeout,
    ShutdownHandle, SocksConnector, TcpConnector, Transport, TransportAdapter,
};
use ureq::{Agent, Error, Timeout};

use super::causes::{BrokenOff, DialError, broke_off, explain};
use super::helpers::Helpers;
use super::tracking::{InFlight, Stopped};
use crate::clock::{Clock, Moment};
use crate::signal::ExchangeGuard;

/// Larger than any answer's header, and than ureq's own limit for it: that one is to strike first.
pub(super) const INPUT_BUFFER: usize = 64 * 1024;
/// Larger than any header line of ours.
pub(super) const OUTPUT_BUFFER: usize = 16 * 1024;

/// Opens connections to hosts, through the proxy if there is one.
pub(super) struct Dialer {
    pub(super) config: Config,
    /// For the hosts.
    pub(super) tls: Arc<ClientConfig>,
    /// For an `https` proxy, which never sees the client certificate.
    pub(super) proxy_tls: Arc<ClientConfig>,
    pub(super) connect_timeout: Duration,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) helpers: Helpers,
}

type Register = Arc<dyn Fn(Weak<dyn ShutdownHandle>) -> Result<(), Error> + Send + Sync>;

/// An agent whose every connection comes from `dialer`.
pub(super) fn agent(dialer: &Arc<Dialer>) -> Agent {
    let connector = PooledDialer(Arc::clone(dialer));
    Agent::with_parts(dialer.config.clone(), connector, NoResolver)
}

impl Dialer {
    /// Connects and shakes hands, within the connect time-out.
    pub(super) fn probe(&self, uri: &Uri, guard: &ExchangeGuard) -> Result<(), DialError> {
        self.dial(uri, guard, Arc::new(|_| Ok(())), None).map(drop)
    }

    fn dial(
        &self,
        uri: &Uri,
        guard: &ExchangeGuard,
        register: Register,
        latest: Option<Moment>,
    ) -> Result<Tracked, DialError> {
        let full = self.clock.now() + self.connect_timeout;
        let deadline = latest.map_or(full, |latest| latest.min(full));
        let (events, opened) = mpsc::channel();
        let link = Arc::new(Link::new(events, register, self.config.proxy().is_some()));
        let cut = Arc::clone(&link);
        if !guard.arm(move || cut.abandon()) {
            return Err(DialError(Stopped.to_string()));
        }
        let opening = Opening {
            uri: uri.clone(),
            config: self.config.clone(),
            proxy_tls: Arc::clone(&self.proxy_tls),
            link: Arc::clone(&link),
            clock: Arc::clone(&self.clock),
            deadline,
        };
        self.helpers
            .spawn(move || opening.run())
            .map_err(|error| DialError(format!("no thread to connect with: {error}")))?;

        let transport = match opened.recv_timeout(deadline.since(self.clock.now())) {
            Ok(Event::Opened(result)) => result,
            Ok(Event::Abandoned) => return Err(DialError(Stopped.to_string())),
            // Nobody will wait for the helper any more.
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                link.abandon();
                Err(Error::Timeout(Timeout::Connect))
            }
        };
        let layer = transport.and_then(|transport| {
            link.enter(Phase::Handshake)?;
            let left = connect_within(deadline, &*self.clock);
            TlsLayer::handshake(&self.tls, uri, transport, left)
        });
        match (layer, link.socket()) {
            (Ok(layer), Some(socket)) => Ok(Tracked {
                layer,
                socket,
                unsent: Vec::new(),
            }),
            (Ok(_), None) => Err(DialError("no socket was opened".to_owned())),
            (Err(error), _) => Err(self.explain(&error, link.phase())),
        }
    }

    fn explain(&self, error: &Error, phase: Phase) -> DialError {
        let what = match (error, phase) {
            (Error::Timeout(_), phase) => format!("time-out while {phase}"),
            (Error::Io(error), Phase::Resolving) => format!("host name not found ({error})"),
            (error, phase) if broke_off(error) => {
                format!("the connection was closed while {phase}")
            }
            (error, _) => explain(error),
        };
        DialError(match self.config.proxy() {
            Some(proxy) => format!("by proxy {}:{}: {what}", proxy.host(), proxy.port()),
            None => what,
        })
    }
}

/// What a connection attempt is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Resolving,
    Connecting,
    Proxy,
    Handshake,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Resolving => "resolving the host name",
            Self::Connecting => "connecting",
            Self::Proxy => "asking the proxy for a connection",
            Self::Handshake => "shaking hands (TLS)",
        })
    }
}

enum Event {
    Opened(Result<Box<dyn Transport>, Error>),
    Abandoned,
}

/// One connection attempt, between the thread that waits for it, the helper that makes it and
/// whoever cuts it.
struct Link {
    events: Sender<Event>,
    register: Register,
    proxied: bool,
    state: Mutex<LinkState>,
}

struct LinkState {
    phase: Phase,
    abandoned: bool,
    socket: Option<Weak<dyn ShutdownHandle>>,
}

impl Link {
    fn new(events: Sender<Event>, register: Register, proxied: bool) -> Self {
        let state = LinkState {
            phase: Phase::Resolving,
            abandoned: false,
            socket: None,
        };
        Self {
            events,
            register,
            proxied,
            state: Mutex::new(state),
        }
    }

    /// Ends the attempt, whatever it is at. Does not block.
    fn abandon(&self) {
        let socket = {
            let mut state = self.lock();
            state.abandoned = true;
            state.socket.clone()
        };
        shut(socket.as_ref());
        // Whoever waited has gone if this fails.
        drop(self.events.send(Event::Abandoned));
    }

    fn enter(&self, phase: Phase) -> Result<(), Error> {
        let mut state = self.lock();
        if state.abandoned {
            return Err(stopped());
        }
        state.phase = phase;
        Ok(())
    }

    /// There is a socket: from here on `abandon` shuts it down.
    fn connected(&self, socket: Weak<dyn ShutdownHandle>) -> Result<(), Error> {
        (self.register)(Weak::clone(&socket))?;
        if self.proxied {
            self.enter(Phase::Proxy)?;
        }
        let mut state = self.lock();
        if state.abandoned {
            return Err(stopped());
        }
        state.socket = Some(socket);
        Ok(())
    }

    fn phase(&self) -> Phase {
        self.lock().phase
    }

    fn socket(&self) -> Option<Weak<dyn ShutdownHandle>> {
        self.lock().socket.clone()
    }

    fn lock(&self) -> MutexGuard<'_, LinkState> {
        // Nothing under this lock can be left half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn stopped() -> Error {
    Error::Other(Box::new(Stopped))
}

fn shut(socket: Option<&Weak<dyn ShutdownHandle>>) {
    if let Some(socket) = socket.and_then(Weak::upgrade) {
        socket.shutdown();
    }
}

fn connect_within(deadline: Moment, clock: &dyn Clock) -> NextTimeout {
    within(deadline.since(clock.now()), Timeout::Connect)
}

fn within(left: Duration, reason: Timeout) -> NextTimeout {
    NextTimeout {
        after: left.into(),
        reason,
        ..NextTimeout::default()
    }
}

/// The part of a connection attempt that runs on a helper: names, sockets, proxies.
struct Opening {
    uri: Uri,
    config: Config,
    proxy_tls: Arc<ClientConfig>,
    link: Arc<Link>,
    clock: Arc<dyn Clock>,
    deadline: Moment,
}

impl Opening {
    fn run(self) {
        let result = self.open();
        // Nobody waits any more if this fails; the connection goes with it.
        drop(self.link.events.send(Event::Opened(result)));
    }

    fn open(&self) -> Result<Box<dyn Transport>, Error> {
        let resolver = Names(Arc::clone(&self.link));
        let proxy = self.config.proxy();
        let addrs = match proxy {
            Some(proxy) if !proxy.resolve_target() => resolver.empty(),
            _ => resolver.resolve(&self.uri, &self.config, NextTimeout::default())?,
        };
        let proxy_tls = Arc::clone(&self.proxy_tls);
        let link = Arc::clone(&self.link);
        let details = ConnectionDetails {
            uri: &self.uri,
            addrs,
            config: &self.config,
            request_level: false,
            resolver: &resolver,
            now: Instant::now(),
            timeout: connect_within(self.deadline, &*self.clock),
            current_time: Arc::new(Instant::now),
            run_connector: Arc::new(move |details| connect_to_proxy(details, &proxy_tls)),
            register_shutdown: Arc::new(move |socket| link.connected(socket)),
        };
        let transport =
            ().chain(SocksConnector::default())
                .chain(ConnectProxyConnector::default())
                .chain(TcpConnector::default())
                .connect(&details, None)?
                .ok_or(Error::ConnectionFailed)?;
        Ok(Box::new(transport))
    }
}

fn connect_to_proxy(
    details: &ConnectionDetails<'_>,
    tls: &Arc<ClientConfig>,
) -> Result<Box<dyn Transport>, Error> {
    let tcp = TcpConnector::default()
        .connect(details, None::<()>)?
        .ok_or(Error::ConnectionFailed)?;
    if details.needs_tls() {
        let layer = TlsLayer::handshake(tls, details.uri, Box::new(tcp), details.timeout)?;
        Ok(Box::new(layer))
    } else {
        Ok(Box::new(tcp))
    }
}

/// The system's resolver, on the thread that asks.
struct Names(Arc<Link>);

impl Resolver for Names {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        _: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        self.0.enter(Phase::Resolving)?;
        // With a time-out it would start a thread that nobody joins.
        let addrs = DefaultResolver::default().resolve(uri, config, NextTimeout::default())?;
        self.0.enter(Phase::Connecting)?;
        Ok(addrs)
    }
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Names")
    }
}

/// ureq resolves before it looks into its pool; our [`Dialer`] resolves when it must.
#[derive(Debug)]
struct NoResolver;

impl Resolver for NoResolver {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        Ok(self.empty())
    }
}

/// Dials for ureq's pool.
struct PooledDialer(Arc<Dialer>);

impl Connector<()> for PooledDialer {
    type Out = Tracked;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        _: Option<()>,
    ) -> Result<Option<Tracked>, Error> {
        let flight = InFlight::current().ok_or_else(stopped)?;
        flight.set_dialled();
        let register = Arc::clone(&details.register_shutdown);
        match self
            .0
            .dial(details.uri, flight.guard(), register, Some(flight.latest()))
        {
            Ok(tracked) => Ok(Some(tracked)),
            Err(error) => Err(Error::Other(Box::new(error))),
        }
    }
}

impl fmt::Debug for PooledDialer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PooledDialer")
    }
}

/// TLS over any transport.
struct TlsLayer {
    stream: StreamOwned<ClientConnection, TransportAdapter>,
    buffers: LazyBuffers,
}

impl TlsLayer {
    fn handshake(
        tls: &Arc<ClientConfig>,
        uri: &Uri,
        transport: Box<dyn Transport>,
        timeout: NextTimeout,
    ) -> Result<Self, Error> {
        let host = uri.host().unwrap_or_default();
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let name = ServerName::try_from(bare.to_owned())
            .map_err(|_| Error::Tls("the host name is not one that a certificate can hold"))?;
        let mut conn = ClientConnection::new(Arc::clone(tls), name)?;
        let mut sock = TransportAdapter::new(transport, Arc::new(Instant::now));
        sock.set_timeout(timeout);
        conn.complete_io(&mut sock)?;
        Ok(Self {
            stream: StreamOwned::new(conn, sock),
            buffers: LazyBuffers::new(INPUT_BUFFER, OUTPUT_BUFFER),
        })
    }

    fn send(&mut self, output: &[u8], timeout: NextTimeout) -> Result<(), Error> {
        self.stream.sock.set_timeout(timeout);
        let written = self
            .stream
            .write_all(output)
            .and_then(|()| self.stream.flush());
        written.map_err(Error::from).map_err(|error| {
            let reason = broke_off(&error).then(|| self.last_words()).flatten();
            reason.map_or(error, Error::Rustls)
        })
    }

    /// Why the other side hung up while we were writing, if it said so before.
    fn last_words(&mut self) -> Option<rustls::Error> {
        while self.stream.conn.read_tls(&mut self.stream.sock).ok()? > 0 {
            if let Err(reason) = self.stream.conn.process_new_packets() {
                return Some(reason);
            }
        }
        None
    }

    /// Whether everything received has been consumed: what the server sent beyond its answer must
    /// not be taken for the next one.
    fn is_drained(&mut self) -> bool {
        let state = self.stream.conn.process_new_packets();
        state.is_ok_and(|state| state.plaintext_bytes_to_read() == 0 && !state.peer_has_closed())
            && self.buffers.input().is_empty()
            && self.stream.sock.get_mut().buffers().input().is_empty()
    }
}

impl Transport for TlsLayer {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        let output = self.buffers.output()[..amount].to_vec();
        self.send(&output, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.stream.sock.set_timeout(timeout);
        let amount = self.stream.read(self.buffers.input_append_buf())?;
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    fn is_open(&mut self) -> bool {
        self.is_drained() && self.stream.sock.get_mut().is_open()
    }

    fn is_tls(&self) -> bool {
        true
    }
}

impl fmt::Debug for TlsLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TlsLayer")
    }
}

/// The outermost layer: only bytes of requests and answers pass here, those of proxies and
/// handshakes are below.
struct Tracked {
    layer: TlsLayer,
    socket: Weak<dyn ShutdownHandle>,
    /// What of the request waits for the rest of it: header and body leave in one packet. It is on
    /// its way as far as the exchange knows.
    unsent: Vec<u8>,
}

impl Tracked {
    fn send(&mut self, timeout: NextTimeout) -> Result<(), Error> {
        if self.unsent.is_empty() {
            return Ok(());
        }
        let sent = self.layer.send(&self.unsent, timeout);
        self.unsent.clear();
        sent
    }
}

impl Transport for Tracked {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.layer.buffers()
    }

    fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), Error> {
        let flight = InFlight::current().ok_or_else(stopped)?;
        let socket = Weak::clone(&self.socket);
        flight
            .begin(move || shut(Some(&socket)))
            .map_err(|stopped| Error::Other(Box::new(stopped)))?;
        let timeout = answer_within(&flight)?;
        if self.unsent.len() + amount > OUTPUT_BUFFER {
            self.send(timeout)?;
        }
        let output = &self.layer.buffers.output()[..amount];
        self.unsent.extend_from_slice(output);
        Ok(())
    }

    fn await_input(&mut self, _: NextTimeout) -> Result<bool, Error> {
        let flight = InFlight::current().ok_or_else(stopped)?;
        let timeout = answer_within(&flight)?;
        self.send(timeout)?;
        match self.layer.await_input(timeout) {
            Ok(true) => {
                flight.set_answering();
                Ok(true)
            }
            // ureq takes these for the proper end of a body that has no length.
            Err(error) if broke_off(&error) => Err(Error::Other(Box::new(BrokenOff))),
            other => other,
        }
    }

    fn is_open(&mut self) -> bool {
        // ureq asks before it takes a connection from the pool and before it puts one there.
        let mine = InFlight::current().is_none_or(|flight| flight.release());
        mine && self.layer.is_open()
    }

    fn is_tls(&self) -> bool {
        true
    }
}

impl fmt::Debug for Tracked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tracked")
    }
}

fn answer_within(flight: &InFlight) -> Result<NextTimeout, Error> {
    let left = flight.left();
    if left.is_zero() {
        return Err(Error::Timeout(Timeout::RecvResponse));
    }
    Ok(within(left, Timeout::RecvResponse))
}
