//! Deducting rides: taking one up, and what is on record of it. `run` sends it, `notice` reads what its
//! callback says.
//!
//! Nobody can be asked what became of a ride. So nothing is ever sent twice, and what is not clear
//! stays as it is until the callback comes.

mod notice;
mod run;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use super::calls::{Claim, Refused};
use super::{Client, Level, explain};
use crate::clock::Clock;
use crate::config::{ConfigError, RideCodeConfig, TransportConfig};
use crate::fields::Fields;
use crate::gateway::Product;
use crate::gateway::ride_code::{NAME, Ride, RideCode, RideRefusal};
use crate::guidance::Asked;
use crate::journal::{Begin, Book, Entry, Key, Sale};
use crate::outcome::{Facts, Outcome};
use crate::policy::{Phase, Reversal};
use crate::status::Status;
use crate::transport::{HttpsTransport, Observer, Transport};

use run::RideRun;

const NO_SECTION: &str =
    "the ride code is not configured: add the section [ride_code] to the configuration";
const NO_ADDRESS: &str =
    "ride_code.deduct_url is not set, so no ride can be deducted: ask Tencent for the address";
const NOT_TOLD_YET: &str = "its callback has not come yet";

/// The ride code, beside the gateway.
pub struct RideParts {
    /// The codec.
    pub codec: RideCode,
    /// Its own wire; `None` if no address is configured, so that callbacks are all it can read.
    pub transport: Option<Arc<dyn Transport>>,
}

impl RideParts {
    /// With connections as `wire` has them, but for hosts and client certificate.
    pub(super) fn new(
        settings: RideCodeConfig,
        wire: &TransportConfig,
        clock: Arc<dyn Clock>,
        observer: Observer,
    ) -> Result<Self, ConfigError> {
        let transport = match &settings.deduct_url {
            None => None,
            Some(url) => {
                let wire = TransportConfig {
                    hosts: vec![url.host.clone()],
                    connect_timeout: wire.connect_timeout,
                    answer_timeout: wire.answer_timeout,
                    extra_roots: wire.extra_roots.clone(),
                    proxy: wire.proxy.clone(),
                    client_certificate: None,
                };
                let transport = HttpsTransport::new(&wire, clock, observer)?;
                Some(Arc::new(transport) as Arc<dyn Transport>)
            }
        };
        Ok(Self {
            codec: RideCode::new(settings),
            transport,
        })
    }

    pub(super) fn close(&self) {
        if let Some(transport) = &self.transport {
            transport.close();
        }
    }

    fn key(&self, out_trade_no: &str) -> Key {
        Key {
            account: self.codec.account(),
            book: Book::Rides,
            number: out_trade_no.to_owned(),
        }
    }
}

impl Client {
    /// Asks for a ride to be deducted, once, and blocks until that is accepted, refused or unclear. It
    /// is never paid by this: its callback tells, see [`Client::notify_decode`].
    pub fn ride_pay(&self, fields: &Fields) -> Outcome {
        self.begin_ride(fields).unwrap_or_else(|refusal| *refusal)
    }

    /// `Err`: the ride was not taken up.
    fn begin_ride(&self, fields: &Fields) -> Result<Outcome, Box<Outcome>> {
        let begun = self.clock.now();
        let refuse = |number: &str, status, message: &str| {
            Box::new(self.about_ride(number, status, message))
        };
        let given = fields.get("out_trade_no").unwrap_or_default();
        let parts = self
            .ride
            .as_ref()
            .ok_or_else(|| refuse(given, Status::Unsupported, NO_SECTION))?;
        let ride = parts.codec.ride(fields).map_err(|refusal| match refusal {
            RideRefusal::Field(invalid) => {
                let mut outcome = Outcome::with_message(Status::Argument, invalid.to_string());
                outcome.set("field", invalid.field.as_str());
                Box::new(self.explain_ride(outcome))
            }
            RideRefusal::NotConfigured(why) => refuse(given, Status::Config, &why),
        })?;
        let number = ride.expected.out_trade_no.as_str();
        let transport = parts
            .transport
            .as_ref()
            .ok_or_else(|| refuse(number, Status::Config, NO_ADDRESS))?;
        self.log_left_out(NAME, number, &ride.left_out);
        let call = self.calls.enter(Claim::Ride(number));
        let call = call.map_err(|refused| match refused {
            Refused::Closing => {
                let message = "the client is closing; nothing was sent";
                refuse(number, Status::ClientClosed, message)
            }
            Refused::Busy => {
                let message = "this ride is in flight in another call of this client";
                refuse(number, Status::Busy, message)
            }
        })?;
        let key = parts.key(number);
        let sale = ride_sale(&key, fields, &ride);
        let found = self.journal.begin(&sale).map_err(|error| {
            let message = format!("the ride was not sent: {error}");
            refuse(number, Status::Journal, &message)
        })?;
        match found {
            Begin::Busy => {
                let message = "this ride is in flight in another process";
                Err(refuse(number, Status::Busy, message))
            }
            Begin::OtherSale(entry) => Err(Box::new(self.other_ride(&entry))),
            Begin::Settled(entry) => {
                self.handed_over(&key);
                Ok(self.replay_ride(&entry))
            }
            Begin::Unfinished(entry) => {
                self.give_back(&key);
                Ok(self.open_ride(&entry))
            }
            Begin::Started => Ok(self.contained_ride(&RideRun {
                client: self,
                codec: &parts.codec,
                transport: transport.as_ref(),
                signal: call.signal(),
                ride: &ride,
                key: &key,
                begun,
            })),
        }
    }

    /// A bug must neither end the host's process nor pass for an answer.
    fn contained_ride(&self, run: &RideRun<'_>) -> Outcome {
        std::panic::catch_unwind(AssertUnwindSafe(|| run.run())).unwrap_or_else(|_| {
            self.give_back(run.key);
            let message = "stopped by a bug in wxpay after the ride was begun; please report it";
            let number = &run.key.number;
            self.sinks
                .log(Level::Error, || format!("{number} {message}"));
            self.about_ride(number, Status::Unknown, message)
        })
    }

    /// A ride whose end is not known, once more. There is nobody to ask.
    pub(super) fn open_ride(&self, entry: &Entry) -> Outcome {
        let (status, what) = match entry.phase {
            Some(Phase::Waiting) => (Status::Accepted, "accepted before"),
            _ => (
                Status::Unknown,
                "begun before, without a clear answer, and not sent again",
            ),
        };
        let mut outcome = Outcome::with_message(status, format!("{what}; {NOT_TOLD_YET}"));
        outcome.set("replayed", 1);
        self.named_ride(entry, outcome)
    }

    /// The recorded outcome once more.
    pub(super) fn replay_ride(&self, entry: &Entry) -> Outcome {
        let mut outcome = match &entry.outcome {
            Some((status, facts)) => Outcome {
                status: *status,
                fields: facts.clone(),
            },
            None => Outcome::with_message(Status::Journal, "the journal has lost this outcome"),
        };
        outcome.set("replayed", 1);
        self.named_ride(entry, outcome)
    }

    fn other_ride(&self, entry: &Entry) -> Outcome {
        let (status, facts) = match (&entry.outcome, entry.phase) {
            (Some((status, facts)), _) => (*status, facts.clone()),
            (None, Some(Phase::Waiting)) => (Status::Accepted, Facts::new()),
            (None, _) => (Status::Unknown, Facts::new()),
        };
        let mut outcome = Outcome {
            status: Status::Duplicate,
            fields: facts,
        };
        outcome.set("other_status", status.name());
        outcome.set(
            "message",
            "this number belongs to another ride in the journal (other parameters); nothing was sent, \
             the facts are that ride's",
        );
        self.named_ride(entry, outcome)
    }

    fn named_ride(&self, entry: &Entry, mut outcome: Outcome) -> Outcome {
        outcome.set("out_trade_no", entry.key.number.as_str());
        let fee = outcome.fields.entry("total_fee");
        fee.or_insert_with(|| entry.total_fee.into());
        self.explain_ride(outcome)
    }

    pub(super) fn about_ride(
        &self,
        out_trade_no: &str,
        status: Status,
        message: impl Into<String>,
    ) -> Outcome {
        let mut outcome = Outcome::with_message(status, message);
        if !out_trade_no.is_empty() {
            outcome.set("out_trade_no", out_trade_no);
        }
        self.explain_ride(outcome)
    }

    fn explain_ride(&self, outcome: Outcome) -> Outcome {
        self.explain_as_ride(Asked::Ride, outcome)
    }

    fn explain_as_ride(&self, asked: Asked, outcome: Outcome) -> Outcome {
        let mut outcome = explain(self.language, asked, outcome);
        outcome.set("gateway", NAME);
        outcome
    }
}

/// Whether a ride's outcome is none yet: accepted, or in doubt and not for good.
pub(super) fn awaits_callback(outcome: &Outcome) -> bool {
    let settled = outcome.text("reversal") == Some(Reversal::None.name());
    match outcome.status {
        Status::Accepted => true,
        Status::Unknown => !settled,
        _ => false,
    }
}

fn ride_sale(key: &Key, fields: &Fields, ride: &Ride) -> Sale {
    let mut parameters = Vec::new();
    // A renewed token asks for the same ride.
    for (name, value) in fields.iter().filter(|(name, _)| *name != "access_token") {
        for part in [name, value] {
            parameters.extend_from_slice(&part.len().to_be_bytes());
            parameters.extend_from_slice(part.as_bytes());
        }
    }
    Sale {
        key: key.clone(),
        product: Product::default(),
        gateway: NAME.to_owned(),
        parameters,
        document: None,
        sub_mch_id: None,
        total_fee: ride.expected.total_fee,
        fee_type: Some("CNY".to_owned()),
        attach: ride.expected.attach.clone(),
        submitted_at: None,
    }
}
