//! Time. The only file that reads a clock or sleeps; everything else is told.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::signal::Signal;

/// A point on a clock that never jumps, counted from an arbitrary start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(pub Duration);

impl Moment {
    /// How long after `earlier` this is; zero if it is before.
    pub fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl std::ops::Add<Duration> for Moment {
    type Output = Self;
    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration))
    }
}

/// The clocks of one client, real or simulated.
pub trait Clock: Send + Sync {
    /// The clock that never jumps.
    fn now(&self) -> Moment;

    /// The wall clock in milliseconds since 1970, as wrong as this machine has it.
    fn unix_ms(&self) -> i64;

    /// Blocks until `until`, or until the signal is raised: a close always ends the wait, a cancel
    /// only if `seen_cancel` is false.
    fn wait(&self, until: Moment, signal: &Signal, seen_cancel: bool);
}

/// The machine's clocks.
#[derive(Debug)]
pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    /// A clock that starts now.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the file that reads the clock"
    )]
    pub fn new() -> Self {
        Self {
            start: Instant::now(),
        }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Moment {
        Moment(self.start.elapsed())
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "this is the file that reads the clock"
    )]
    fn unix_ms(&self) -> i64 {
        let since_1970 = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX)
    }

    fn wait(&self, until: Moment, signal: &Signal, seen_cancel: bool) {
        loop {
            let left = until.since(self.now());
            if left.is_zero() || signal.closing() || (signal.cancelled() && !seen_cancel) {
                return;
            }
            signal.wait_for_change(seen_cancel, left);
        }
    }
}
