//! Callbacks about rides: the only word there is on whether one was paid.

use serde_json::Value;

use super::{NO_SECTION, RideParts};
use crate::client::calls::Claim;
use crate::client::notify::{Decoded, told, with_record};
use crate::client::{Client, Level};
use crate::gateway::ride_code::{self, ExpectedRide, RideNotice, RideNoticeError};
use crate::guidance::Asked;
use crate::journal::{Book, Entry, JournalError, Take};
use crate::outcome::Outcome;
use crate::policy::{Phase, Reversal};
use crate::status::Status;
use crate::verdict::QueryVerdict;

/// All that the sender of an unproven callback gets to know.
const NOT_VERIFIED: &str = "the callback is not verified";

impl Client {
    /// What [`Client::notify_decode`] does with a body that looks like a callback of the ride code.
    pub(in crate::client) fn ride_notice(&self, body: &[u8]) -> Outcome {
        let decoded = match (self.calls.enter(Claim::Nothing), &self.ride) {
            (Err(_), _) => Decoded::refused(Status::ClientClosed, "the client is closing"),
            (Ok(_), None) => Decoded::refused(Status::Unsupported, NO_SECTION),
            (Ok(_call), Some(parts)) => self.decode_ride(parts, body),
        };
        let outcome = self.answer_sender(decoded, |taken| ride_code::acknowledgement(body, taken));
        let asked = match outcome.status {
            Status::Ok | Status::Declined | Status::Unknown => Asked::Ride,
            _ => Asked::Notification,
        };
        self.explain_as_ride(asked, outcome)
    }

    fn decode_ride(&self, parts: &RideParts, body: &[u8]) -> Decoded {
        match parts.codec.open(body) {
            Ok(notice) => self
                .take_in_ride(parts, &notice)
                .unwrap_or_else(|error| Decoded::refused(Status::Journal, error.to_string())),
            Err(RideNoticeError::NotConfigured(why)) => Decoded::refused(Status::Config, why),
            Err(error @ RideNoticeError::Malformed(_)) => {
                Decoded::argument("body", error.to_string())
            }
            Err(RideNoticeError::Forged { detail }) => self.not_verified(&detail),
        }
    }

    fn not_verified(&self, detail: &str) -> Decoded {
        self.sinks.log(Level::Warning, || {
            format!("- notification: {NOT_VERIFIED}: {detail}")
        });
        Decoded::refused(Status::Forged, NOT_VERIFIED)
    }

    /// `Err`: the journal could not be asked which ride it is about.
    fn take_in_ride(
        &self,
        parts: &RideParts,
        notice: &RideNotice,
    ) -> Result<Decoded, JournalError> {
        let known = self.ride_of(parts, notice)?;
        let expected = match &known {
            Some(entry) => ExpectedRide {
                out_trade_no: entry.key.number.clone(),
                total_fee: entry.total_fee,
                attach: entry.attach.clone(),
            },
            None => ExpectedRide {
                out_trade_no: notice.out_trade_no.clone(),
                ..ExpectedRide::default()
            },
        };
        let answer = parts.codec.judge(notice, &expected);
        let status = match answer.verdict {
            QueryVerdict::Paid => Status::Ok,
            QueryVerdict::Failed => Status::Declined,
            QueryVerdict::Conflict => Status::Unknown,
            _ if answer.forged => return Ok(self.not_verified(&answer.why)),
            // Proven, and no end that anybody knows; another callback may tell one.
            _ => Status::Unknown,
        };
        let mut outcome = told(status, &answer, known.as_ref());
        if answer.verdict == QueryVerdict::Conflict {
            outcome.set("reversal", Reversal::None.name());
        }
        outcome.set("out_trade_no", expected.out_trade_no);
        let recorded = match &known {
            _ if !is_end(answer.verdict) => {
                outcome.set("replayed", 0);
                Ok(true)
            }
            Some(entry) => self.settle_ride(entry, &mut outcome),
            None => Ok(true),
        };
        outcome.set("notification", "ride");
        Ok(with_record(outcome, recorded))
    }

    /// Which ride of this journal a callback is about. The documents do not say whether its
    /// `out_trade_no` is the number that was sent, or one of the platform's own that may look like
    /// another ride's; `attach` comes back as it was sent. So a ride whose `attach` it is not is meant
    /// only where there is no better one.
    fn ride_of(
        &self,
        parts: &RideParts,
        notice: &RideNotice,
    ) -> Result<Option<Entry>, JournalError> {
        let named = self.journal.find(&parts.key(&notice.out_trade_no))?;
        let Some(attach) = notice.attach.as_deref() else {
            return Ok(named);
        };
        let agrees = |entry: &Entry| entry.attach.as_deref() == Some(attach);
        if named.as_ref().is_some_and(agrees) {
            return Ok(named);
        }
        // Unless the operator wanted another one, it is the number.
        let own = self.journal.find(&parts.key(attach))?.filter(agrees);
        if own.is_some() {
            return Ok(own);
        }
        let account = parts.codec.account();
        let found = self.journal.with_attach(Book::Rides, &account, attach)?;
        match found.as_slice() {
            [key] => self.journal.find(key),
            // Several rides share it, so it leads to none.
            _ => Ok(named),
        }
    }

    /// Brings a proven callback together with what is on record. Returns whether it is on record by
    /// now; it is not if another call holds the ride.
    fn settle_ride(&self, known: &Entry, outcome: &mut Outcome) -> Result<bool, JournalError> {
        let bearing = Bearing::of(known, outcome);
        if bearing != Bearing::Settles {
            bearing.tell(known, outcome);
            return Ok(true);
        }
        let entry = match self.journal.take(&known.key, None)? {
            Take::Taken(entry) => entry,
            Take::Busy(_) => return Ok(false),
            Take::Absent => return Ok(true),
        };
        // Somebody may have settled it in between.
        let bearing = Bearing::of(&entry, outcome);
        if bearing != Bearing::Settles {
            self.give_back(&entry.key);
            bearing.tell(&entry, outcome);
            return Ok(true);
        }
        if entry.never_happened() {
            let message = format!(
                "{}, although this journal has it that nothing was sent or executed",
                outcome.message()
            );
            outcome.set("message", message);
        }
        // Whoever was told that it is accepted hears the rest from this very call. A ride whose own call
        // had nothing to tell may have ended with it, and a recovery says what came of that.
        let returned = entry.returned || entry.phase == Some(Phase::Waiting);
        self.journal
            .settle(&entry.key, outcome.status, &outcome.fields, returned)?;
        Ok(true)
    }
}

fn is_end(verdict: QueryVerdict) -> bool {
    matches!(
        verdict,
        QueryVerdict::Paid | QueryVerdict::Failed | QueryVerdict::Conflict
    )
}

/// What a callback's word is to the one on record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bearing {
    /// It is the first, or takes the other's place.
    Settles,
    /// It says the same.
    Repeats,
    /// It says the opposite of what was proven.
    Contradicts,
}

impl Bearing {
    fn of(entry: &Entry, told: &Outcome) -> Self {
        let Some((status, facts)) = &entry.outcome else {
            return Self::Settles;
        };
        let recorded = facts.get("transaction_id").and_then(Value::as_str);
        let another = |recorded| told.text("transaction_id").is_some_and(|id| id != recorded);
        match (*status, told.status) {
            // Deducted twice, or another ride's.
            (Status::Ok, Status::Ok) if recorded.is_some_and(another) => Self::Contradicts,
            (recorded, told) if recorded == told => Self::Repeats,
            // A deduction that failed may be made good later. Money that was taken does not become
            // untaken, and a ride that was paid otherwise than asked is not settled by a third word.
            (Status::Ok | Status::Unknown, _) => Self::Contradicts,
            _ => Self::Settles,
        }
    }

    /// What does not settle the ride says so. What contradicts the record is in doubt, and the record
    /// stays.
    fn tell(self, entry: &Entry, outcome: &mut Outcome) {
        outcome.set("replayed", i64::from(self == Self::Repeats));
        if self != Self::Contradicts {
            return;
        }
        let recorded = entry.outcome.as_ref().map(|(status, _)| status.name());
        let message = format!(
            "{}; but an earlier callback has said otherwise, and {} stays on record",
            outcome.message(),
            recorded.unwrap_or_default(),
        );
        outcome.status = Status::Unknown;
        outcome.set("message", message);
        outcome.set("reversal", Reversal::None.name());
    }
}
