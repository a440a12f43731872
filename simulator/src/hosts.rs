//! The hosts of one simulator.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustls::ServerConfig;
use serde_json::{Value, json};
use tokio::runtime::Handle;
use tokio_rustls::TlsAcceptor;

use crate::host::{Host, HostState, ListenError};
use crate::server::Gate;
use crate::shared::Shared;

pub(crate) struct Hosts {
    hosts: Mutex<Vec<(Host, Gate)>>,
    runtime: Handle,
}

/// Why a host's state cannot change.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// There is no host with this number.
    #[error("there is no host {0}; they are counted from 0 and there are {1}")]
    NoSuchHost(usize, usize),
    /// It cannot listen.
    #[error(transparent)]
    Listen(#[from] ListenError),
}

impl Hosts {
    /// One host a port, all up, each with its own of `servers`.
    pub(crate) fn start(
        ports: &[u16],
        shared: &Arc<Shared>,
        servers: &[Arc<ServerConfig>],
        runtime: Handle,
    ) -> Result<Self, ListenError> {
        let hosts = ports
            .iter()
            .zip(servers)
            .enumerate()
            .map(|(number, (port, server))| {
                let mut host = Host::reserve(*port)?;
                let gate = Gate {
                    shared: shared.clone(),
                    acceptor: TlsAcceptor::from(server.clone()),
                    host: number,
                    port: host.port(),
                };
                host.set(HostState::Up, &gate, &runtime)?;
                Ok((host, gate))
            });
        let hosts = hosts.collect::<Result<_, ListenError>>()?;
        Ok(Self {
            hosts: Mutex::new(hosts),
            runtime,
        })
    }

    pub(crate) fn set(&self, number: usize, state: HostState) -> Result<(), HostError> {
        let mut hosts = self.lock();
        let count = hosts.len();
        let Some((host, gate)) = hosts.get_mut(number) else {
            return Err(HostError::NoSuchHost(number, count));
        };
        host.set(state, gate, &self.runtime)?;
        Ok(())
    }

    pub(crate) fn ports(&self) -> Vec<u16> {
        self.lock().iter().map(|(host, _)| host.port()).collect()
    }

    /// As the control interface shows them.
    pub(crate) fn states(&self) -> Vec<Value> {
        self.lock()
            .iter()
            .map(|(host, gate)| json!({ "url": gate.url(), "state": host.state() }))
            .collect()
    }

    /// Takes every host down.
    pub(crate) fn stop(&self) {
        for (host, gate) in self.lock().iter_mut() {
            // On the way out nobody can do anything about it.
            let _ = host.set(HostState::Down, gate, &self.runtime);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(Host, Gate)>> {
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
