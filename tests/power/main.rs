//! Power cuts: tills in processes of their own are killed at any moment, lose their disk at any write, or
//! find a torn journal; what they have been told is held against the gateway's books.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../common/mod.rs"]
mod common;

mod case;
mod dice;
mod disk;
mod journal;
mod kills;
mod record;
mod rules;
mod torn;
mod writes;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use common::shop::Shop;
use wxpay_simulator::{Api, PolicyNumbers, RideCode, Settings, Timing};

/// What every sale costs, and what a refund gives back of it, fen.
const FEE: i64 = 888;
const PART: i64 = 100;

/// Every ending within three seconds, but slow enough for two processors with a crowd of tills.
fn numbers() -> PolicyNumbers {
    PolicyNumbers {
        first_query: 100,
        query_interval: 80,
        window: 700,
        reverse_not_before: 400,
        reverse_budget: 1_500,
        reverse_interval: 60,
        confirm_interval: 100,
        code_lifetime: 2_500,
        connect_timeout: 3_000,
        answer_timeout: 600,
    }
}

/// A gateway that goes with them, and a platform for rides.
fn shop(api: Api) -> Shop {
    Shop::with(Settings {
        api,
        ride_code: Some(RideCode::example()),
        timing: Timing {
            password_ms: 250,
            delayed_ms: 150,
            too_late_ms: 1_000,
            late_ms: 350,
            slow_byte_ms: 20,
            code_lifetime_ms: 2_500,
            // A crowd of tills keeps a request waiting for long.
            reverse_not_before_ms: 50,
            refund_ms: 100,
            revoking_ms: 50,
            ride_ms: 100,
            ..Timing::quick()
        },
        ..Settings::default()
    })
}

/// A number that the caller wants; an empty one is none.
fn environment(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok().filter(|text| !text.is_empty())?;
    let number = text.parse();
    Some(number.unwrap_or_else(|_| panic!("{name} is no number: {text:?}")))
}

/// Whether there is more time than a test run has.
fn on_demand() -> bool {
    environment("WXPAY_KILLS").is_some()
}

/// Plays numbered cases at the same time, until one says that it was the last or something is wrong.
/// The numbers count from 1. Returns what went wrong.
fn play(at_once: usize, case: impl Fn(usize) -> Result<bool, String> + Sync) -> Result<(), String> {
    let (next, over) = (AtomicUsize::new(1), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..at_once)
            .map(|_| {
                scope.spawn(|| {
                    while !over.load(Ordering::Relaxed) {
                        match case(next.fetch_add(1, Ordering::Relaxed)) {
                            Ok(true) => {}
                            Ok(false) => over.store(true, Ordering::Relaxed),
                            Err(wrong) => {
                                over.store(true, Ordering::Relaxed);
                                return Err(wrong);
                            }
                        }
                    }
                    Ok(())
                })
            })
            .collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().expect("a case does not panic"))
    })
}
