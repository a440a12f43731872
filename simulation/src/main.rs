//! Runs seeds and tells what happened.

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use clap::Parser;
use wxpay_simulation::{Tally, run};

/// Simulated shops, each a function of its seed.
#[derive(Parser)]
struct Arguments {
    /// How many runs.
    #[arg(long, default_value_t = 100_000)]
    runs: u64,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    first: u64,
    /// One seed only.
    #[arg(long)]
    seed: Option<u64>,
    /// Tell every step of it.
    #[arg(long)]
    trace: bool,
    /// Threads.
    #[arg(long, default_value_t = 2)]
    threads: usize,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(seed) = arguments.seed {
        let report = run(seed, arguments.trace);
        println!("{}", report.trace.join("\n"));
        for violation in &report.violations {
            println!("seed {seed}: {violation}");
        }
        return ExitCode::from(u8::from(!report.violations.is_empty()));
    }
    let next = AtomicU64::new(arguments.first);
    let end = arguments.first.saturating_add(arguments.runs);
    let total = Mutex::new((Tally::default(), 0_u64));
    std::thread::scope(|scope| {
        for _ in 0..arguments.threads.max(1) {
            scope.spawn(|| {
                let mut tally = Tally::default();
                let mut bad = 0;
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end {
                        break;
                    }
                    let report = run(seed, false);
                    tally.add(&report.tally);
                    for violation in &report.violations {
                        println!("seed {seed}: {violation}");
                    }
                    bad += u64::from(!report.violations.is_empty());
                }
                let mut total = total.lock().expect("no thread panics with it");
                total.0.add(&tally);
                total.1 += bad;
            });
        }
    });
    let (tally, bad) = total.into_inner().expect("no thread panics with it");
    println!("{} runs, {bad} of them broke a rule", arguments.runs);
    println!("{tally}");
    ExitCode::from(u8::from(bad > 0))
}
