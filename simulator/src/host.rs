//! One listening port: up, down or hanging.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::mpsc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::net::{TcpListener, TcpSocket};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::server::Gate;

/// How a host behaves towards new connections; a change cuts the ones it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HostState {
    /// Serves.
    Up,
    /// Nobody listens: connections are refused.
    Down,
    /// Accepts connections and never says a word, not even in the TLS handshake.
    Hang,
}

/// Why a host cannot listen.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on port {port} of localhost: {source}; is it in use?")]
pub struct ListenError {
    /// The port; 0 if any would have done.
    pub port: u16,
    /// What the system said.
    pub source: io::Error,
}

pub(crate) struct Host {
    addresses: Vec<SocketAddr>,
    state: HostState,
    /// Bound and not listening while the host is down, so that nobody else gets the port.
    reserved: Vec<TcpSocket>,
    running: Option<Running>,
}

struct Running {
    stop: oneshot::Sender<()>,
    /// Disconnected when the listeners are closed.
    stopped: mpsc::Receiver<()>,
}

impl Host {
    /// Takes `port` (0: any free one) on 127.0.0.1 and, where there is IPv6, on ::1. It is down.
    pub(crate) fn reserve(port: u16) -> Result<Self, ListenError> {
        const ATTEMPTS: usize = 50;
        let mut last = None;
        for _ in 0..if port == 0 { ATTEMPTS } else { 1 } {
            match reserve(port) {
                Ok(reserved) => {
                    let addresses: io::Result<_> =
                        reserved.iter().map(TcpSocket::local_addr).collect();
                    return Ok(Self {
                        addresses: addresses.map_err(|source| ListenError { port, source })?,
                        state: HostState::Down,
                        reserved,
                        running: None,
                    });
                }
                Err(source) => last = Some(source),
            }
        }
        let source = last.unwrap_or_else(|| io::Error::from(io::ErrorKind::AddrInUse));
        Err(ListenError { port, source })
    }

    pub(crate) fn port(&self) -> u16 {
        self.addresses.first().map_or(0, SocketAddr::port)
    }

    pub(crate) fn state(&self) -> HostState {
        self.state
    }

    /// Returns when the new state is in force. Blocks for moments: not for async code.
    pub(crate) fn set(
        &mut self,
        state: HostState,
        gate: &Gate,
        runtime: &Handle,
    ) -> Result<(), ListenError> {
        if state == self.state {
            return Ok(());
        }
        self.close().map_err(|source| self.error(source))?;
        if state == HostState::Down {
            return Ok(());
        }
        let _inside = runtime.enter();
        let listeners: io::Result<Vec<TcpListener>> = self
            .reserved
            .drain(..)
            .map(|socket| socket.listen(128))
            .collect();
        let listeners = listeners.map_err(|source| self.error(source))?;
        let (stop, stopping) = oneshot::channel();
        let (done, stopped) = mpsc::channel();
        let gate = (state == HostState::Up).then(|| gate.clone());
        runtime.spawn(async move {
            let mut loops = JoinSet::new();
            for listener in listeners {
                loops.spawn(accept(listener, gate.clone()));
            }
            // The sender's end counts as a stop, too.
            let _ = stopping.await;
            loops.shutdown().await;
            drop(done);
        });
        self.running = Some(Running { stop, stopped });
        self.state = state;
        Ok(())
    }

    /// Closes the listeners and their connections, and keeps the port.
    fn close(&mut self) -> io::Result<()> {
        self.state = HostState::Down;
        if let Some(running) = self.running.take() {
            // Nobody to tell means that it has stopped already.
            let _ = running.stop.send(());
            let _ = running.stopped.recv_timeout(Duration::from_secs(5));
        }
        if self.reserved.is_empty() {
            self.reserved = self
                .addresses
                .iter()
                .map(|address| bind(*address))
                .collect::<io::Result<_>>()?;
        }
        Ok(())
    }

    fn error(&self, source: io::Error) -> ListenError {
        ListenError {
            port: self.port(),
            source,
        }
    }
}

fn reserve(port: u16) -> io::Result<Vec<TcpSocket>> {
    let first = bind((Ipv4Addr::LOCALHOST, port).into())?;
    let port = first.local_addr()?.port();
    match bind((Ipv6Addr::LOCALHOST, port).into()) {
        Ok(second) => Ok(vec![first, second]),
        // Taken by somebody else: then "localhost" would lead astray.
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Err(error),
        // No IPv6 here.
        Err(_) => Ok(vec![first]),
    }
}

fn bind(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    // On Windows this option would let strangers share the port.
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

/// Accepts until it is aborted; its connections end with it.
async fn accept(listener: TcpListener, gate: Option<Gate>) {
    let mut connections = JoinSet::new();
    let mut silent = Vec::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match (accepted, &gate) {
                (Ok((stream, _)), Some(gate)) => {
                    connections.spawn(gate.clone().serve(stream));
                }
                (Ok((stream, _)), None) => silent.push(stream),
                (Err(_), _) => tokio::time::sleep(Duration::from_millis(10)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}
