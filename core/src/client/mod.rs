//! The driver: runs the policy against the clock, the transport and the journal.
//!
//! `payment` takes, continues, reverses and recovers orders; each goes through a `run`, which
//! carries out what the policy says. `prepay` makes orders that the payer scans or opens, `close`
//! ends them, `refund` gives money back, `ride` deducts rides, `notify` reads what the gateway reports by
//! itself. `inquiry` asks without deciding, `check` is the self-test. `ask` sends one question, `clocks` and `keys` are
//! what it needs for that, `keeper` renews keys in time. `calls` knows who is in flight, `task` gives a
//! payment a thread of its own, `report` words the outcome.

mod ask;
mod calls;
mod check;
mod clocks;
mod close;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod headers;
mod heartbeat;
mod inquiry;
mod keeper;
mod keys;
mod notify;
mod payment;
mod prepay;
mod recovery;
mod refund;
mod report;
mod ride;
mod run;
mod sinks;
mod task;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use crate::clock::{Clock, Moment, SystemClock};
use crate::config::{
    Config, ConfigError, Encoding, GatewayConfig, Language, PolicyConfig, ReverseMode,
};
use crate::exchange::{Call, Failure, Limits, Reply};
use crate::gateway::fubei::Fubei;
use crate::gateway::wechat_v2::WechatV2;
use crate::gateway::wechat_v3::WechatV3;
use crate::gateway::{Answer, Gateway, InvalidField, Stamp};
use crate::guidance::{self, Asked, Situation};
use crate::journal::sqlite::SqliteJournal;
use crate::journal::{Book, Journal, Key};
use crate::outcome::Outcome;
use crate::policy::Reversal;
use crate::signal::Signal;
use crate::status::Status;
use crate::transport::{Attempt, HttpsTransport, Observer, Transport};

use calls::{Calls, Refused};
use clocks::GatewayClocks;
use heartbeat::Heartbeat;
use keeper::Keeper;
use keys::Keys;
use sinks::Sinks;

pub use ride::RideParts;
pub use sinks::{Event, EventSink, Level, LogSink};
pub use task::Task;

/// One merchant's connection to one gateway. Used by any number of threads at once.
pub struct Client {
    gateway: Arc<dyn Gateway>,
    transport: Arc<dyn Transport>,
    ride: Option<RideParts>,
    clock: Arc<dyn Clock>,
    journal: Arc<dyn Journal>,
    policy: PolicyConfig,
    language: Language,
    encoding: Encoding,
    sinks: Arc<Sinks>,
    calls: Calls,
    tasks: task::Tasks,
    heartbeat: Mutex<Option<Heartbeat>>,
    clocks: Arc<GatewayClocks>,
    keys: Arc<Keys>,
    keeper: Mutex<Option<Keeper>>,
    /// When the client certificate expires, unix seconds.
    certificate_expires: Option<i64>,
    warnings: Vec<String>,
}

/// What a client is made of; replaceable, so that the whole of it can be simulated.
pub struct Parts {
    /// The codec.
    pub gateway: Arc<dyn Gateway>,
    /// The wire.
    pub transport: Arc<dyn Transport>,
    /// The ride code, if there is one.
    pub ride: Option<RideParts>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Memory.
    pub journal: Arc<dyn Journal>,
    /// The policy's numbers.
    pub policy: PolicyConfig,
    /// Language of prompts.
    pub language: Language,
}

impl Client {
    /// Opens the journal and prepares connections; sends nothing itself. Where the gateway changes its
    /// keys (APIv3 with platform certificates), those that were kept are read, and a thread of the
    /// client's own fetches and renews them from now on; no call waits for it unless it has no key.
    pub fn open(config: Config) -> Result<Arc<Self>, Box<Outcome>> {
        let language = config.language;
        let refuse = |status, message: String| Box::new(refusal(language, status, message));
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let journal: Arc<dyn Journal> = Arc::new(
            SqliteJournal::open(&config.journal, Arc::clone(&clock))
                .map_err(|error| refuse(Status::Journal, error.to_string()))?,
        );
        let sinks = Arc::new(Sinks::default());
        let logged = Arc::clone(&sinks);
        let observer: Observer = Arc::new(move |attempt| log_failure(&logged, attempt));
        let unusable = |error: ConfigError| refuse(Status::Config, error.to_string());
        let transport =
            HttpsTransport::new(&config.transport, Arc::clone(&clock), Arc::clone(&observer))
                .map_err(unusable)?;
        let ride = match config.ride_code {
            Some(settings) => Some(
                RideParts::new(settings, &config.transport, Arc::clone(&clock), observer)
                    .map_err(unusable)?,
            ),
            None => None,
        };
        let mut key_file = None;
        let gateway: Arc<dyn Gateway> = match config.gateway {
            GatewayConfig::WechatV2(settings) => Arc::new(WechatV2::new(settings)),
            GatewayConfig::WechatV3(settings) => {
                let platform = settings.platform_certificates.as_ref();
                key_file = platform.map(|platform| platform.cache.clone());
                Arc::new(WechatV3::new(settings))
            }
            GatewayConfig::Fubei(settings) => Arc::new(Fubei::new(settings)),
        };
        let no_thread = |error: std::io::Error| {
            let text = format!("no thread can be started: {error}");
            refuse(Status::Internal, text)
        };
        let heartbeat = Heartbeat::start(
            Arc::clone(&journal),
            Arc::clone(&clock),
            config.journal.lease / 3,
        )
        .map_err(no_thread)?;
        let parts = Parts {
            gateway,
            transport: Arc::new(transport),
            ride,
            clock,
            journal,
            policy: config.policy,
            language,
        };
        let mut client = Self::assemble(parts, sinks, key_file);
        client.encoding = config.encoding;
        client.heartbeat = Mutex::new(Some(heartbeat));
        client.certificate_expires = config
            .transport
            .client_certificate
            .map(|identity| identity.not_after());
        client.warnings = config.warnings;
        client.warnings.extend(client.keys.restore());
        let keeper = Keeper::start(Arc::clone(&client.keys)).map_err(no_thread)?;
        client.keeper = Mutex::new(keeper);
        Ok(Arc::new(client))
    }

    /// A client of other parts: simulated ones, or another journal. Its orders' leases are not
    /// kept alive, and keys are fetched only when they are missing; whoever made the parts does
    /// the rest.
    pub fn from_parts(parts: Parts) -> Self {
        Self::assemble(parts, Arc::default(), None)
    }

    fn assemble(parts: Parts, sinks: Arc<Sinks>, key_file: Option<PathBuf>) -> Self {
        let clocks = Arc::<GatewayClocks>::default();
        let keys = Arc::new(Keys {
            gateway: Arc::clone(&parts.gateway),
            transport: Arc::clone(&parts.transport),
            clock: Arc::clone(&parts.clock),
            clocks: Arc::clone(&clocks),
            sinks: Arc::clone(&sinks),
            file: key_file,
            state: Mutex::default(),
        });
        Self {
            gateway: parts.gateway,
            transport: parts.transport,
            ride: parts.ride,
            clock: parts.clock,
            journal: parts.journal,
            policy: parts.policy,
            language: parts.language,
            encoding: Encoding::Utf8,
            sinks,
            calls: Calls::default(),
            tasks: task::Tasks::default(),
            heartbeat: Mutex::new(None),
            clocks,
            keys,
            keeper: Mutex::new(None),
            certificate_expires: None,
            warnings: Vec::new(),
        }
    }

    /// Language of prompts.
    pub fn language(&self) -> Language {
        self.language
    }

    /// Encoding of the C API's strings.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Where events go: on the thread of the blocking call (a task's own thread), with no lock held.
    pub fn on_event(&self, sink: Option<EventSink>) {
        self.sinks.set_event(sink);
    }

    /// Where log lines up to `level` go. What the configuration gave cause to warn about is
    /// reported at once.
    pub fn on_log(&self, level: Level, sink: Option<LogSink>) {
        self.sinks.set_log(level, sink);
        for warning in &self.warnings {
            self.sinks.log(Level::Warning, || warning.clone());
        }
    }

    /// Stops a payment that another thread (or this one, from a callback) waits for: `Ok` if there
    /// is one, else `NotFound`. The blocked call itself tells how it ended.
    pub fn cancel(&self, out_trade_no: &str) -> Outcome {
        if let Err(outcome) = self.check_out_trade_no(Asked::Cancel, out_trade_no) {
            return *outcome;
        }
        let mut outcome = if self.calls.cancel(out_trade_no) {
            Outcome::with_message(
                Status::Ok,
                "cancel delivered; the blocked call tells the ending",
            )
        } else {
            Outcome::with_message(
                Status::NotFound,
                "no payment of this number is in flight here",
            )
        };
        outcome.set("out_trade_no", out_trade_no);
        self.explain(Asked::Cancel, outcome)
    }

    /// Ends every call and every thread. From inside a callback of this client it does not wait.
    pub fn close(&self) {
        self.calls.close();
        if self.calls.inside() {
            return;
        }
        self.tasks.join();
        if let Some(heartbeat) = self
            .heartbeat
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
        {
            heartbeat.stop();
        }
        let keeper = self
            .keeper
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(keeper) = keeper {
            keeper.stop();
        }
        self.close_transports();
    }

    fn close_transports(&self) {
        self.transport.close();
        if let Some(ride) = &self.ride {
            ride.close();
        }
    }

    /// An outcome with prompt and advice filled in, for errors found before the core is reached.
    pub fn refusal(&self, status: Status, message: impl Into<String>) -> Outcome {
        refusal(self.language, status, message)
    }

    fn explain(&self, asked: Asked, outcome: Outcome) -> Outcome {
        let mut outcome = explain(self.language, asked, outcome);
        outcome.set("gateway", self.gateway.name());
        outcome
    }

    fn key(&self, out_trade_no: &str) -> Key {
        Key {
            account: self.gateway.account(),
            book: Book::Orders,
            number: out_trade_no.to_owned(),
        }
    }

    fn check_out_trade_no(&self, asked: Asked, out_trade_no: &str) -> Result<(), Box<Outcome>> {
        self.gateway
            .check_out_trade_no(out_trade_no)
            .map_err(|invalid| Box::new(self.invalid(asked, &invalid)))
    }

    fn invalid(&self, asked: Asked, invalid: &InvalidField) -> Outcome {
        let mut outcome = Outcome::with_message(Status::Argument, invalid.to_string());
        outcome.set("field", invalid.field.as_str());
        self.explain(asked, outcome)
    }

    fn refused(&self, asked: Asked, refused: &Refused, out_trade_no: Option<&str>) -> Outcome {
        let (status, message) = match refused {
            Refused::Closing => (
                Status::ClientClosed,
                "the client is closing; nothing was sent",
            ),
            Refused::Busy => (
                Status::Busy,
                "this order number is in flight in another call of this client",
            ),
        };
        let mut outcome = Outcome::with_message(status, message);
        if let Some(number) = out_trade_no {
            outcome.set("out_trade_no", number);
        }
        self.explain(asked, outcome)
    }

    /// Whether unclear and paid orders can be undone at all.
    fn can_reverse(&self) -> bool {
        self.policy.reverse == ReverseMode::Automatic && self.gateway.can_reverse()
    }

    fn exchange(
        &self,
        number: Option<&str>,
        call: &Call,
        limits: Limits,
        signal: &Signal,
    ) -> Result<Reply, Failure> {
        let result = self.transport.exchange(number, call, limits, signal);
        if let Ok(reply) = &result {
            self.keys.learn(reply);
        }
        result
    }

    /// The one line of an exchange that got a reply.
    fn log_exchange<V: fmt::Debug>(
        &self,
        out_trade_no: &str,
        call: &Call,
        reply: &Reply,
        answer: &Answer<V>,
    ) {
        let level = if answer.forged {
            Level::Warning
        } else {
            Level::Info
        };
        self.sinks.log(level, || {
            let connection = if reply.new_connection {
                " on a new connection"
            } else {
                ""
            };
            let request_id = reply
                .header("request-id")
                .map(|id| format!(", request id {id}"));
            format!(
                "{out_trade_no} {}: {} {}{}: HTTP {} in {} ms{connection}: {}, read as {:?}{}",
                call.operation,
                call.method,
                reply.host,
                call.place(),
                reply.status,
                reply.elapsed.as_millis(),
                answer.why,
                answer.verdict,
                request_id.unwrap_or_default(),
            )
        });
    }

    /// The gateway's clock, unix seconds, if an answer has told it.
    fn gateway_time(&self) -> Option<i64> {
        self.clocks.time(self.clock.now())
    }

    fn stamp(&self) -> Stamp {
        self.keys.stamp()
    }

    fn elapsed_ms(&self, since: Moment) -> i64 {
        i64::try_from(self.clock.now().since(since).as_millis()).unwrap_or(i64::MAX)
    }
}

/// A client that was closed from inside one of its own callbacks ends here.
impl Drop for Client {
    fn drop(&mut self) {
        self.close_transports();
    }
}

/// An outcome with prompt and advice, for errors found before there is a client.
pub fn refusal(language: Language, status: Status, message: impl Into<String>) -> Outcome {
    refusal_of(language, Asked::Other, status, message)
}

/// The same, where it is known what was asked for.
pub fn refusal_of(
    language: Language,
    asked: Asked,
    status: Status,
    message: impl Into<String>,
) -> Outcome {
    explain(language, asked, Outcome::with_message(status, message))
}

fn explain(language: Language, asked: Asked, mut outcome: Outcome) -> Outcome {
    let reversal = |which: Reversal| outcome.text("reversal") == Some(which.name());
    let situation = Situation {
        asked,
        status: outcome.status,
        code: outcome.text("code"),
        field: outcome.text("field"),
        cancel_requested: outcome.int("cancel_requested") == Some(1),
        reversal_required: reversal(Reversal::Required),
        // The one unknown that is settled.
        conflict: outcome.status == Status::Unknown && reversal(Reversal::None),
    };
    let guidance = guidance::guide(&situation, language);
    outcome.set("prompt", guidance.prompt);
    if let Some(advice) = guidance.advice {
        outcome.set("advice", advice.name());
    }
    outcome
}

/// Attempts that got a reply are logged with what the reply says, see [`Client::log_exchange`].
fn log_failure(sinks: &Sinks, attempt: &Attempt<'_>) {
    let Err(cause) = attempt.result else { return };
    sinks.log(Level::Warning, || {
        let when = if attempt.sent { "after" } else { "before" };
        let Attempt {
            number,
            operation,
            method,
            host,
            path,
            ..
        } = attempt;
        let ms = attempt.elapsed.as_millis();
        let number = number.map(|number| format!("{number} "));
        let number = number.unwrap_or_default();
        format!(
            "{number}{operation}: {method} {host}{path}: failed {when} sending, in {ms} ms: {cause}"
        )
    });
}
