//! Where a client's log lines and events go.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

/// What a call is doing, for a display. The discriminants are the numbers of the C API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Event {
    /// The charge is being sent.
    Submitting = 1,
    /// The payer may be typing a password.
    WaitingForPayer = 2,
    /// Asking the gateway.
    Querying = 3,
    /// Undoing.
    Reversing = 4,
    /// Trying again after a fault.
    Retrying = 5,
    /// The outcome is known.
    Done = 6,
}

/// Log levels; each includes the ones before it. The discriminants are the numbers of the C API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(i32)]
pub enum Level {
    /// Something is wrong and needs somebody.
    Error = 1,
    /// Something is odd.
    Warning = 2,
    /// One line for each exchange and each outcome.
    Info = 3,
    /// Everything.
    Debug = 4,
}

/// Receives events: the event, the order number, the milliseconds left until the next stage.
pub type EventSink = Arc<dyn Fn(Event, &str, i32) + Send + Sync>;
/// Receives log lines.
pub type LogSink = Arc<dyn Fn(Level, &str) + Send + Sync>;

#[derive(Default)]
pub(super) struct Sinks {
    event: RwLock<Option<EventSink>>,
    log: RwLock<Option<(Level, LogSink)>>,
}

impl Sinks {
    pub(super) fn set_event(&self, sink: Option<EventSink>) {
        *self.event.write().unwrap_or_else(PoisonError::into_inner) = sink;
    }

    pub(super) fn set_log(&self, level: Level, sink: Option<LogSink>) {
        *self.log.write().unwrap_or_else(PoisonError::into_inner) = sink.map(|sink| (level, sink));
    }

    pub(super) fn event(&self, event: Event, out_trade_no: &str, remaining: Duration) {
        // Cloned out, so that no lock is held while the host's code runs.
        let sink = self
            .event
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        if let Some(sink) = sink {
            sink(
                event,
                out_trade_no,
                i32::try_from(remaining.as_millis()).unwrap_or(i32::MAX),
            );
        }
    }

    pub(super) fn log(&self, level: Level, line: impl FnOnce() -> String) {
        let sink = self
            .log
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        if let Some((_, sink)) = sink.filter(|(up_to, _)| level <= *up_to) {
            sink(level, &line());
        }
    }
}
