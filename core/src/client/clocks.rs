//! The gateway's clock, as its answers tell it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::clock::Moment;

/// More than this many seconds between this machine's clock and the gateway's is worth setting the
/// clock for; APIv3 refuses requests at 300.
pub(super) const SKEW_NOTICE: u64 = 60;

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
    /// This machine's clock was said to be wrong, and has not been right since.
    told: bool,
}

impl GatewayClocks {
    /// A `Date` header of a verified connection came; `local` is this machine's clock. Returns what to
    /// say about that clock, once for as long as it is wrong.
    pub(super) fn date(&self, date: i64, now: Moment, local: i64) -> Option<String> {
        let mut epochs = self.lock();
        epochs.date = Some(epoch(date, now));
        let told = std::mem::replace(&mut epochs.told, local.abs_diff(date) > SKEW_NOTICE);
        (epochs.told && !told).then(|| skew(local, date))
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

/// How far this machine's clock is off the gateway's, in words.
pub(super) fn skew(local: i64, gateway: i64) -> String {
    let seconds = local.abs_diff(gateway);
    if seconds <= SKEW_NOTICE {
        let sign = if local < gateway { "-" } else { "" };
        return format!("this machine's clock is {sign}{seconds} s off the gateway's");
    }
    let side = if local > gateway { "fast" } else { "slow" };
    format!("this machine's clock is {seconds} s {side}; set it")
}

fn epoch(time: i64, now: Moment) -> i64 {
    time.saturating_sub_unsigned(now.0.as_secs())
}

fn read(epoch: i64, now: Moment) -> i64 {
    epoch.saturating_add_unsigned(now.0.as_secs())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const NOON: i64 = 1_800_000_000;
    const DAY: i64 = 24 * 3600;

    fn at(seconds: u64) -> Moment {
        Moment(Duration::from_secs(seconds))
    }

    #[test]
    fn without_any_answer_this_machines_clock_is_all_there_is() {
        let clocks = GatewayClocks::default();
        assert_eq!(clocks.time(at(5)), None);
        assert_eq!(clocks.verification_time(None, at(5), NOON), NOON);
    }

    #[test]
    fn a_date_goes_on_by_the_clock_that_never_jumps_whatever_this_machine_says() {
        for skew in [0, -DAY, DAY, -20 * 365 * DAY] {
            let clocks = GatewayClocks::default();
            let _ = clocks.date(NOON, at(10), NOON + skew);
            assert_eq!(clocks.time(at(10)), Some(NOON));
            assert_eq!(clocks.time(at(70)), Some(NOON + 60));
            // The machine's clock jumps in between; an answer without `Date` arrives.
            for local in [NOON + skew, NOON + skew + DAY, 0] {
                assert_eq!(clocks.verification_time(None, at(70), local), NOON + 60);
            }
        }
    }

    #[test]
    fn the_latest_date_counts_forwards_and_backwards() {
        let clocks = GatewayClocks::default();
        let _ = clocks.date(NOON + DAY, at(0), NOON);
        let _ = clocks.date(NOON, at(1), NOON);
        assert_eq!(clocks.time(at(1)), Some(NOON));
        assert_eq!(clocks.verification_time(Some(NOON + 5), at(1), 0), NOON + 5);
    }

    /// Who answers with an old, genuinely signed answer can answer with an old `Date` as well.
    #[test]
    fn an_answer_from_the_past_stays_one_whatever_its_date_says() {
        let clocks = GatewayClocks::default();
        clocks.signed(NOON, at(100));
        let replayed = NOON - 3600;
        assert_eq!(
            clocks.verification_time(Some(replayed), at(100), replayed),
            NOON
        );
        assert_eq!(
            clocks.verification_time(Some(replayed), at(160), replayed),
            NOON + 60
        );
        let _ = clocks.date(replayed, at(160), replayed);
        assert_eq!(clocks.verification_time(None, at(160), replayed), NOON + 60);
        // Signatures of earlier times do not bring it back.
        clocks.signed(replayed, at(160));
        assert_eq!(clocks.verification_time(None, at(160), replayed), NOON + 60);
        // Requests are signed with what the gateway says, or they would be refused for good.
        assert_eq!(clocks.time(at(160)), Some(replayed));
    }

    #[test]
    fn a_later_date_wins_over_an_earlier_signature() {
        let clocks = GatewayClocks::default();
        clocks.signed(NOON, at(0));
        assert_eq!(
            clocks.verification_time(Some(NOON + DAY), at(0), 0),
            NOON + DAY
        );
    }

    #[test]
    fn a_wrong_clock_is_told_once_and_again_after_it_was_right() {
        let clocks = GatewayClocks::default();
        let told = |date, local| clocks.date(date, at(0), local);
        assert_eq!(told(NOON, NOON + 60), None);
        let said = told(NOON, NOON + 61).unwrap();
        assert_eq!(said, "this machine's clock is 61 s fast; set it");
        assert_eq!(told(NOON, NOON + DAY), None);
        assert_eq!(told(NOON, NOON), None);
        let said = told(NOON, NOON - DAY).unwrap();
        assert_eq!(said, "this machine's clock is 86400 s slow; set it");
    }

    #[test]
    fn a_clock_that_is_nearly_right_is_said_to_be_off_by_so_much() {
        assert_eq!(
            skew(NOON, NOON),
            "this machine's clock is 0 s off the gateway's"
        );
        assert_eq!(
            skew(NOON - 3, NOON),
            "this machine's clock is -3 s off the gateway's"
        );
    }

    #[test]
    fn times_at_the_ends_of_the_range_do_no_harm() {
        for extreme in [i64::MIN, i64::MAX] {
            let clocks = GatewayClocks::default();
            let _ = clocks.date(extreme, at(u64::MAX), -extreme.saturating_add(1));
            clocks.signed(extreme, at(u64::MAX));
            let _ = clocks.time(at(0));
            let _ = clocks.verification_time(None, at(u64::MAX), extreme);
        }
    }
}
