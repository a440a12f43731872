//! The driver: runs the policy against the clock, the transport and the journal.

use std::sync::Arc;
use std::time::Duration;

use crate::config::{Config, Encoding, Language};
use crate::fields::Fields;
use crate::outcome::Outcome;

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

/// One merchant's connection to one gateway. Used by any number of threads at once.
pub struct Client {}

impl Client {
    /// Opens the journal and prepares connections; sends nothing.
    pub fn open(_config: Config) -> Result<Arc<Self>, Box<Outcome>> {
        unimplemented!()
    }
    /// Language of prompts.
    pub fn language(&self) -> Language {
        unimplemented!()
    }
    /// Encoding of the C API's strings.
    pub fn encoding(&self) -> Encoding {
        unimplemented!()
    }
    /// Self-test.
    pub fn check(&self) -> Outcome {
        unimplemented!()
    }
    /// Where events go.
    pub fn on_event(&self, _sink: Option<EventSink>) {
        unimplemented!()
    }
    /// Where log lines up to `level` go.
    pub fn on_log(&self, _level: Level, _sink: Option<LogSink>) {
        unimplemented!()
    }
    /// Takes a payment.
    pub fn micropay(&self, _fields: &Fields) -> Outcome {
        unimplemented!()
    }
    /// Asks for an order.
    pub fn query(&self, _out_trade_no: &str) -> Outcome {
        unimplemented!()
    }
    /// Undoes an order.
    pub fn reverse(&self, _out_trade_no: &str) -> Outcome {
        unimplemented!()
    }
    /// Stops a payment that another thread waits for.
    pub fn cancel(&self, _out_trade_no: &str) -> Outcome {
        unimplemented!()
    }
    /// Settles whatever was in flight.
    pub fn recover(&self) -> Outcome {
        unimplemented!()
    }
    /// Takes a payment on a thread of its own.
    pub fn start_micropay(self: &Arc<Self>, _fields: Fields) -> Result<Task, Box<Outcome>> {
        unimplemented!()
    }
    /// Ends every call and every thread. From inside a callback of this client it does not wait.
    pub fn close(&self) {
        unimplemented!()
    }
    /// An outcome with prompt and advice filled in, for errors found before the core is reached.
    pub fn refusal(&self, _outcome: Outcome) -> Outcome {
        unimplemented!()
    }
}

/// A payment under way on a thread of its own.
pub struct Task {}

impl Task {
    /// The outcome, or `None` if it is not there within `timeout`. May be called again afterwards.
    pub fn wait(&self, _timeout: Duration) -> Option<Outcome> {
        unimplemented!()
    }
    /// The order number it was started with.
    pub fn out_trade_no(&self) -> &str {
        unimplemented!()
    }
}
