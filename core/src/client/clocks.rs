//! The gateway's clock, as its answers tell it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::clock::Moment;

/// What two kinds of evidence say about the gateway's clock; each is kept as the unix seconds that
/// it showed when this client's clock read zero.
#[derive(Default)]
pub(super) struct GatewayClocks(Mutex<Epochs>);

#[derive(Clone, Copy, Default)]
struct Epochs {
    /// The latest `Date` header of a verified connection: good for signing requests.
    date: Option<i64>,
    /// The highest time in any verified signature. It never goes back, so an answer from the past
    /// stays one whatever its `Date` says.
    signed: Option<i64>,
}

impl GatewayClocks {
    /// A `Date` header of a verified connection came.
    pub(super) fn date(&self, date: i64, now: Moment) {
        self.lock().date = Some(epoch(date, now));
    }

    /// A verified signature was made at this time.
    pub(super) fn signed(&self, at: i64, now: Moment) {
        let mut epochs = self.lock();
        let told = epoch(at, now);
        epochs.signed = Some(epochs.signed.map_or(told, |known| known.max(told)));
    }

    /// The gateway's time, if any answer has told it; unix seconds.
    pub(super) fn time(&self, now: Moment) -> Option<i64> {
        self.lock().date.map(|epoch| read(epoch, now))
    }

    /// What the times in signatures are held against: the reply's own `Date`, or else the best that
    /// is known, or else this machine's clock; but never earlier than signatures have proven.
    pub(super) fn verification_time(&self, date: Option<i64>, now: Moment, local: i64) -> i64 {
        let epochs = *self.lock();
        let told = date
            .or_else(|| epochs.date.map(|epoch| read(epoch, now)))
            .unwrap_or(local);
        let proven = epochs.signed.map(|epoch| read(epoch, now));
        proven.map_or(told, |proven| told.max(proven))
    }

    fn lock(&self) -> MutexGuard<'_, Epochs> {
        // Numbers: every single change leaves them consistent.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn epoch(time: i64, now: Moment) -> i64 {
    time.saturating_sub_unsigned(now.0.as_secs())
}

fn read(epoch: i64, now: Moment) -> i64 {
    epoch.saturating_add_unsigned(now.0.as_secs())
}
