//! The gateway's clock, as its answers tell it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Moment;

/// More than this many seconds between this machine's clock and the gateway's is worth setting the
/// clock for; APIv3 refuses requests at 300.
pub(super) const SKEW_NOTICE: u64 = 60;

/// How far apart the clocks of the gateway's own machines may be. Without it, one signature by a fast
/// machine would make every later answer an old one.
const AMONG_THEMSELVES: i64 = 300;

/// A signature from further ahead is forgotten once `Date` headers have told otherwise for this long.
const PATIENCE: Duration = Duration::from_secs(300);
/// Headers that tell the same clock differ by no more than this, in seconds.
const STEADY: u64 = 60;

/// What two kinds of evidence say about the gateway's clock; each is kept as the unix seconds that
/// it showed when this client's clock read zero.
#[derive(Default)]
pub(super) struct GatewayClocks(Mutex<Epochs>);

#[derive(Clone, Copy, Default)]
struct Epochs {
    /// The latest `Date` header of a verified connection: good for signing requests.
    date: Option<i64>,
    /// The highest time in any verified signature: an answer from the past stays one whatever its
    /// `Date` says.
    signed: Option<i64>,
    /// Since when every `Date` has told the same clock, far behind that time: it was the gateway's own
    /// that was wrong. An answer that somebody keeps and sends again does not go on ticking.
    behind: Option<(Moment, i64)>,
    /// This machine's clock was said to be wrong, and has not been right since.
    told: bool,
}

impl GatewayClocks {
    /// A `Date` header of a verified connection came; `local` is this machine's clock. Returns what to
    /// say about that clock, once for as long as it is wrong.
    pub(super) fn date(&self, date: i64, now: Moment, local: i64) -> Option<String> {
        let mut epochs = self.lock();
        let told = epoch(date, now);
        epochs.date = Some(told);
        epochs.behind = match (epochs.signed, epochs.behind) {
            (Some(signed), since) if signed.saturating_sub(told) > AMONG_THEMSELVES => {
                let since = since.filter(|(_, first)| first.abs_diff(told) <= STEADY);
                Some(since.unwrap_or((now, told)))
            }
            _ => None,
        };
        if epochs
            .behind
            .is_some_and(|(since, _)| now.since(since) >= PATIENCE)
        {
            epochs.signed = None;
            epochs.behind = None;
        }
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
    /// is known, or else this machine's clock; but never much earlier than signatures have proven.
    pub(super) fn verification_time(&self, date: Option<i64>, now: Moment, local: i64) -> i64 {
        let epochs = *self.lock();
        let told = date
            .or_else(|| epochs.date.map(|epoch| read(epoch, now)))
            .unwrap_or(local);
        let proven = epochs.signed.map(|epoch| read(epoch, now));
        let earliest = proven.map(|proven| proven.saturating_sub(AMONG_THEMSELVES));
        earliest.map_or(told, |earliest| told.max(earliest))
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
        let earliest = NOON - AMONG_THEMSELVES;
        let now = |date, moment| clocks.verification_time(date, moment, replayed);
        assert_eq!(now(Some(replayed), at(100)), earliest);
        assert_eq!(now(Some(replayed), at(160)), earliest + 60);
        let _ = clocks.date(replayed, at(160), replayed);
        assert_eq!(now(None, at(160)), earliest + 60);
        // Signatures of earlier times do not bring it back.
        clocks.signed(replayed, at(160));
        assert_eq!(now(None, at(160)), earliest + 60);
        // Requests are signed with what the gateway says, or they would be refused for good.
        assert_eq!(clocks.time(at(160)), Some(replayed));
    }

    /// A gateway whose clock was fast once, and is right again.
    #[test]
    fn a_clock_that_went_back_is_believed_when_it_has_gone_on_for_five_minutes() {
        let clocks = GatewayClocks::default();
        clocks.signed(NOON + DAY, at(0));
        for second in (0..300).step_by(10) {
            let told = NOON + i64::try_from(second).unwrap();
            let _ = clocks.date(told, at(second), told);
            let proven = told + DAY - AMONG_THEMSELVES;
            assert_eq!(
                clocks.verification_time(Some(told), at(second), told),
                proven
            );
        }
        let _ = clocks.date(NOON + 300, at(300), NOON);
        assert_eq!(
            clocks.verification_time(Some(NOON + 300), at(300), 0),
            NOON + 300
        );
    }

    /// The same answer again and again tells a clock that stands still, or one that jumps about.
    #[test]
    fn kept_answers_do_not_set_the_clock_back_however_often_they_come() {
        let clocks = GatewayClocks::default();
        clocks.signed(NOON + DAY, at(0));
        for second in (0..3600).step_by(10) {
            let _ = clocks.date(NOON, at(second), NOON);
        }
        let _ = clocks.date(NOON + 3600, at(3600), NOON);
        assert_eq!(
            clocks.verification_time(Some(NOON), at(3600), NOON),
            NOON + DAY + 3600 - AMONG_THEMSELVES
        );
        // One honest answer in between is enough to begin anew.
        for second in (3600..7200).step_by(10) {
            let told = NOON + i64::try_from(second).unwrap();
            let honest = if second % 290 == 0 { told + DAY } else { told };
            let _ = clocks.date(honest, at(second), honest);
        }
        assert_eq!(
            clocks.verification_time(Some(NOON), at(7200), NOON),
            NOON + DAY + 7200 - AMONG_THEMSELVES
        );
    }

    /// Both are within five minutes of the right time, and so of what they are held against.
    #[test]
    fn machines_of_the_gateway_whose_clocks_differ_do_not_shut_each_other_out() {
        let clocks = GatewayClocks::default();
        clocks.signed(NOON + 250, at(0));
        let slow = NOON - 45;
        let now = clocks.verification_time(Some(NOON), at(0), NOON);
        assert!(now.abs_diff(slow) < 300, "{}", now - slow);
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
