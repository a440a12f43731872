//! The simulator's only clock: milliseconds since its start, and the wall clock with its skew.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use time::format_description::well_known::Rfc3339;
use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};

pub(crate) struct Clock {
    started: Instant,
    started_unix_ms: i64,
    skew_seconds: AtomicI64,
}

impl Clock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the simulator shares no code with the library, so it has a clock of its own"
    )]
    pub(crate) fn new(skew_seconds: i64) -> Self {
        let since_epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Self {
            started: Instant::now(),
            started_unix_ms: i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX),
            skew_seconds: AtomicI64::new(skew_seconds),
        }
    }

    /// Milliseconds since the start.
    pub(crate) fn now(&self) -> i64 {
        i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX)
    }

    /// What the simulated platform's wall clock shows at `at` (milliseconds since the start), unix seconds.
    pub(crate) fn unix(&self, at: i64) -> i64 {
        (self.started_unix_ms.saturating_add(at) / 1000)
            .saturating_add(self.skew_seconds.load(Ordering::Relaxed))
    }

    /// When, in milliseconds since the start, the platform's wall clock shows `unix` seconds.
    pub(crate) fn at(&self, unix: i64) -> i64 {
        unix.saturating_sub(self.skew_seconds.load(Ordering::Relaxed))
            .saturating_mul(1000)
            .saturating_sub(self.started_unix_ms)
    }

    pub(crate) fn set_skew(&self, seconds: i64) {
        self.skew_seconds.store(seconds, Ordering::Relaxed);
    }

    pub(crate) fn skew(&self) -> i64 {
        self.skew_seconds.load(Ordering::Relaxed)
    }

    /// The `Date` header of an answer that leaves now.
    pub(crate) fn http_date(&self) -> String {
        let seconds = u64::try_from(self.unix(self.now())).unwrap_or(0);
        httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(seconds))
    }
}

const BEIJING: UtcOffset = match UtcOffset::from_hms(8, 0, 0) {
    Ok(offset) => offset,
    Err(_) => UtcOffset::UTC,
};

fn in_beijing(unix_seconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(unix_seconds)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
        .to_offset(BEIJING)
}

/// Unix seconds of a `yyyyMMddHHmmss` in Beijing.
pub(crate) fn from_beijing(text: &str) -> Option<i64> {
    if text.len() != 14 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let part = |range: std::ops::Range<usize>| text.get(range)?.parse::<u8>().ok();
    let year = text.get(0..4)?.parse().ok()?;
    let date = Date::from_calendar_date(year, Month::try_from(part(4..6)?).ok()?, part(6..8)?);
    let time = Time::from_hms(part(8..10)?, part(10..12)?, part(12..14)?);
    let moment = PrimitiveDateTime::new(date.ok()?, time.ok()?);
    Some(moment.assume_offset(BEIJING).unix_timestamp())
}

/// `yyyy-MM-dd HH:mm:ss` in Beijing, as APIv2's times of refunds.
pub(crate) fn beijing_spaced(unix_seconds: i64) -> String {
    let digits = beijing(unix_seconds);
    let part = |range: std::ops::Range<usize>| digits.get(range).unwrap_or_default();
    format!(
        "{}-{}-{} {}:{}:{}",
        part(0..4),
        part(4..6),
        part(6..8),
        part(8..10),
        part(10..12),
        part(12..14)
    )
}

/// `yyyyMMddHHmmss` in Beijing, as most times of APIv2.
pub(crate) fn beijing(unix_seconds: i64) -> String {
    let time = in_beijing(unix_seconds);
    format!(
        "{:04}{:02}{:02}{:02}{:02}{:02}",
        time.year(),
        u8::from(time.month()),
        time.day(),
        time.hour(),
        time.minute(),
        time.second()
    )
}

/// `yyyy-MM-ddTHH:mm:ss+08:00`, as every time of APIv3.
pub(crate) fn rfc3339(unix_seconds: i64) -> String {
    let time = in_beijing(unix_seconds);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}+08:00",
        time.year(),
        u8::from(time.month()),
        time.day(),
        time.hour(),
        time.minute(),
        time.second()
    )
}

/// Unix seconds of a time as RFC 3339 writes it.
pub(crate) fn from_rfc3339(text: &str) -> Option<i64> {
    OffsetDateTime::parse(text, &Rfc3339)
        .ok()
        .map(OffsetDateTime::unix_timestamp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beijing_is_eight_hours_ahead_of_utc() {
        assert_eq!(beijing(0), "19700101080000");
        assert_eq!(beijing(1_735_660_800), "20250101000000");
        assert_eq!(rfc3339(1_735_660_800), "2025-01-01T00:00:00+08:00");
        assert_eq!(beijing_spaced(1_735_660_799), "2024-12-31 23:59:59");
    }

    #[test]
    fn a_time_in_beijing_is_read_back_and_others_are_refused() {
        for unix in [0, 1_709_193_600, 1_735_660_799] {
            assert_eq!(from_beijing(&beijing(unix)), Some(unix));
            assert_eq!(from_rfc3339(&rfc3339(unix)), Some(unix));
        }
        for text in [
            "",
            "20230229000000",
            "20231301000000",
            "20231231240000",
            "2023123123595",
            "2023123123595x",
        ] {
            assert_eq!(from_beijing(text), None, "{text}");
            assert_eq!(from_rfc3339(text), None, "{text}");
        }
    }

    #[test]
    fn a_moment_of_the_wall_clock_is_found_again() {
        let clock = Clock::new(-3600);
        let at = clock.at(clock.unix(7000));
        assert!((6001..=7000).contains(&at), "{at}");
    }

    #[test]
    fn the_skew_moves_the_wall_clock_and_nothing_else() {
        let clock = Clock::new(0);
        let before = clock.unix(5000);
        clock.set_skew(-3600);
        assert_eq!(clock.unix(5000), before - 3600);
        assert_eq!(clock.skew(), -3600);
    }
}
