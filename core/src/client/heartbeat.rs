//! Keeps the leases of the orders in flight alive while calls wait for the network.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use crate::clock::Clock;
use crate::journal::Journal;
use crate::signal::Signal;

pub(super) struct Heartbeat {
    stop: Arc<Signal>,
    thread: Option<JoinHandle<()>>,
}

impl Heartbeat {
    pub(super) fn start(
        journal: Arc<dyn Journal>,
        clock: Arc<dyn Clock>,
        interval: Duration,
    ) -> std::io::Result<Self> {
        let stop = Arc::new(Signal::new());
        let signal = Arc::clone(&stop);
        let thread = std::thread::Builder::new()
            .name("wxpay-heartbeat".into())
            .spawn(move || {
                while !signal.closing() {
                    clock.wait(clock.now() + interval, &signal, true);
                    // A beat that fails costs at most the lease, and whoever lost it finds out.
                    let _ = journal.heartbeat();
                }
            })?;
        Ok(Self {
            stop,
            thread: Some(thread),
        })
    }

    /// Ends the thread and waits for it.
    pub(super) fn stop(mut self) {
        self.stop.close();
        if let Some(thread) = self.thread.take() {
            // The thread cannot panic; if it did, it has ended all the same.
            let _ = thread.join();
        }
    }
}

impl Drop for Heartbeat {
    fn drop(&mut self) {
        self.stop.close();
    }
}
