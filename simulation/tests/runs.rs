//! A hundred thousand shops, each a function of its seed.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use wxpay_simulation::explore::{Explored, payment, refund, varieties};
use wxpay_simulation::{Tally, run};

const RUNS: u64 = 100_000;

/// What the policies could meet and the simulated shops never do, with the reason.
const NEVER_MET: &[(&str, &str, &str)] = &[
    (
        "prepay",
        "Reversing: Reverse(Expired)",
        "no document lists REVERSE_EXPIRE for a close",
    ),
    (
        "prepay",
        "Verifying: Query(Foreign)",
        "takes a number that was paid long ago, a process that dies while it asks for an order under it, a \
         last look without an answer, and a close of what is paid that is told as done",
    ),
];

/// Everything that a stage can meet: in orders of payment codes, of refunds, in orders to scan.
fn edges() -> [BTreeSet<String>; 3] {
    let (mut payments, mut refunds) = (Explored::default(), Explored::default());
    let mut prepays = Explored::default();
    let mut variety = varieties().swap_remove(0);
    variety.answers = vec![Duration::ZERO, Duration::from_secs(4)];
    for entry in payment::entries() {
        let explored = match entry.closing() {
            false => &mut payments,
            true => &mut prepays,
        };
        payment::explore(&variety, entry, explored).unwrap_or_else(|rule| panic!("{rule}"));
    }
    for begin in refund::BEGINNINGS {
        refund::explore(&variety, begin, &mut refunds).unwrap_or_else(|rule| panic!("{rule}"));
    }
    [payments, refunds, prepays].map(|explored| explored.edges)
}

fn all() -> Tally {
    let next = AtomicU64::new(0);
    let total = Mutex::new(Tally::default());
    let broken = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut tally = Tally::default();
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= RUNS {
                        break;
                    }
                    let report = run(seed, false);
                    tally.add(&report.tally);
                    if !report.violations.is_empty() {
                        broken.lock().expect("no thread panics").push(seed);
                    }
                }
                total.lock().expect("no thread panics").add(&tally);
            });
        }
    });
    let mut broken = broken.into_inner().expect("no thread panics");
    broken.sort_unstable();
    if let Some(first) = broken.first() {
        panic!("{broken:?}\n{}", run(*first, true).explain());
    }
    total.into_inner().expect("no thread panics")
}

#[test]
fn no_till_is_ever_told_anything_but_the_truth() {
    let tally = all();
    println!("{RUNS} runs\n{tally}");
    let missing: Vec<_> = Tally::FAULTS
        .iter()
        .filter(|name| !tally.faults.contains_key(*name))
        .chain(
            Tally::CRASHES
                .iter()
                .filter(|name| !tally.crashes.contains_key(*name)),
        )
        .collect();
    assert!(missing.is_empty(), "never happened: {missing:?}");

    let [payments, refunds, prepays] = edges();
    let mut wrong = Vec::new();
    for (what, wanted, have) in [
        ("payment", payments, &tally.edges),
        ("refund", refunds, &tally.refund_edges),
        ("prepay", prepays, &tally.prepay_edges),
    ] {
        let excused = |edge: &String| {
            let of = |(policy, never, _): &(&str, &str, &str)| *policy == what && never == edge;
            NEVER_MET.iter().any(of)
        };
        let missing = wanted
            .iter()
            .filter(|edge| !have.contains_key(*edge) && !excused(edge));
        wrong.extend(missing.map(|edge| format!("never met: {what} policy, {edge}")));
        let strange = have.keys().filter(|edge| !wanted.contains(*edge));
        wrong.extend(strange.map(|edge| format!("cannot be: {what} policy, {edge}")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_seed_replays_exactly() {
    for seed in (0..400).chain([507, 1007]) {
        let (first, second) = (run(seed, true), run(seed, true));
        assert_eq!(first.trace, second.trace, "seed {seed}");
        assert_eq!(first.tally, second.tally, "seed {seed}");
    }
}
