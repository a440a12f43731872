//! HTTPS to a list of hosts: pooled connections, failover, and the knowledge whether a byte has left.
//!
//! * `https`: [`HttpsTransport`] sends a call to one host after the other.
//! * `hosts`: pure; which host comes first.
//! * `tracking`: the exchange that the current thread carries, and whether it may send.
//! * `wire`: connections. The only file that knows ureq's unversioned interfaces.
//! * `causes`: words for what goes wrong with a connection.
//! * `helpers`: the threads that do what the standard library cannot interrupt.
//! * `tls`: trust, identity, and words for what goes wrong with them.

mod causes;
mod helpers;
mod hosts;
mod https;
#[cfg(test)]
mod tests;
mod tls;
mod tracking;
mod wire;

use crate::exchange::{Call, Failure, Limits, Reply};
use crate::signal::Signal;

pub use https::{Attempt, HttpsTransport, Observer};

/// Carries calls to a gateway. Used by any number of threads at once.
pub trait Transport: Send + Sync {
    /// Sends `call` and reads the whole reply. `number` is the order's, refund's or ride's that it is
    /// about, if any, for the log. Ends within one connect and one answer time-out a
    /// host, or sooner if `limits` say so; at once when `signal` cuts it.
    fn exchange(
        &self,
        number: Option<&str>,
        call: &Call,
        limits: Limits,
        signal: &Signal,
    ) -> Result<Reply, Failure>;

    /// Whether each host can be reached, for the self-test: host and, if not, why.
    fn probe(&self, signal: &Signal) -> Vec<(String, Result<(), String>)>;

    /// Closes idle connections and waits for any thread of the transport's own.
    fn close(&self);
}
