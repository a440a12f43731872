//! The simulator's only clock: milliseconds since its start, and the wall clock with its skew.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use time::{OffsetDateTime, UtcOffset};

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

fn in_beijing(unix_seconds: i64) -> OffsetDateTime {
    const BEIJING: UtcOffset = match UtcOffset::from_hms(8, 0, 0) {
        Ok(offset) => offset,
        Err(_) => UtcOffset::UTC,
    };
    OffsetDateTime::from_unix_timestamp(unix_seconds)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
        .to_offset(BEIJING)
}

/// `yyyyMMddHHmmss` in Beijing, as every time of APIv2.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beijing_is_eight_hours_ahead_of_utc() {
        assert_eq!(beijing(0), "19700101080000");
        assert_eq!(beijing(1_735_660_800), "20250101000000");
        assert_eq!(rfc3339(1_735_660_800), "2025-01-01T00:00:00+08:00");
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
