//! A hundred thousand shops, each a function of its seed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use wxpay_simulation::explore::{Explored, payment, refund, varieties};
use wxpay_simulation::{Tally, run};

const RUNS: u64 = 100_000;

/// What shops with Fubei never meet: how it begins and ends, and the reason.
const NEVER_WITH_FUBEI: &[(&str, &str, &str)] = &[
    ("hosts disagree", "", "there is one"),
    ("refused for the clock", "", "requests name no time"),
    ("payment policy", "Query(Failed)", "no such state"),
    ("payment policy", "Query(NotPaid)", "USERPAYING means both"),
    ("payment policy", "Query(Refunded)", "it stays SUCCESS"),
    ("payment policy", "Submit(Duplicate)", "no published code"),
    ("payment policy", "{ listed: true })", "no published table"),
    ("refund policy", "{ listed: true })", "no published table"),
    ("refund policy", "(Again)", "never sent again"),
    ("refund policy", "Sending: Elapsed", "never sent again"),
    (
        "prepay policy",
        "",
        "orders to scan are simulated over WeChat's APIs",
    ),
    ("prepay", "", "the same"),
    ("close", "", "the same"),
    ("an order expires", "", "the same"),
];

/// How calls end over every API.
const OUTCOMES: &[&str] = &[
    "micropay WXPAY_OK",
    "micropay WXPAY_DECLINED",
    "micropay WXPAY_REVERSED",
    "micropay WXPAY_UNKNOWN",
    "micropay WXPAY_E_DUPLICATE",
    "micropay WXPAY_E_NETWORK",
    "micropay WXPAY_E_REJECTED",
    "query WXPAY_OK",
    "query WXPAY_REVERSED",
    "query WXPAY_NOT_FOUND",
    "query WXPAY_E_FORGED",
    "reverse WXPAY_REVERSED",
    "recovered WXPAY_OK",
    "recovered WXPAY_REVERSED",
    "refund WXPAY_ACCEPTED",
    "refund WXPAY_DECLINED",
    "refund WXPAY_REFUNDED",
    "refund_query WXPAY_REFUNDED",
];

/// What the policies could meet and the simulated shops never do, with the reason.
const NEVER_MET: &[(&str, &str)] = &[
    (
        "prepay policy, Reversing: Reverse(Expired)",
        "no document lists REVERSE_EXPIRE for a close",
    ),
    (
        "prepay policy, Verifying: Query(Foreign)",
        "takes a number that was paid long ago, a process that dies while it asks for an order under it, a \
         last look without an answer, and a close of what is paid that is told as done",
    ),
];

/// Everything that can go wrong, every place to die, and everything that a stage of the policies can
/// meet: in payments by code, in refunds, in orders to scan.
fn wanted() -> BTreeSet<String> {
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
    names(
        Tally::FAULTS.iter().copied(),
        Tally::CRASHES.iter().copied(),
        [&payments.edges, &refunds.edges, &prepays.edges].map(|edges| edges.iter()),
    )
}

fn met(tally: &Tally) -> BTreeSet<String> {
    names(
        tally.faults.keys().copied(),
        tally.crashes.keys().copied(),
        [&tally.edges, &tally.refund_edges, &tally.prepay_edges].map(|edges| edges.keys()),
    )
}

/// Without what so few runs meet that a quarter of them may well miss it.
fn often(tally: &Tally) -> Tally {
    fn drop_rare<K: Ord>(counts: &mut BTreeMap<K, u64>) {
        counts.retain(|_, count| *count >= 40);
    }
    let mut often = tally.clone();
    drop_rare(&mut often.faults);
    drop_rare(&mut often.crashes);
    drop_rare(&mut often.edges);
    drop_rare(&mut often.refund_edges);
    often
}

fn names<'a>(
    faults: impl Iterator<Item = &'a str>,
    crashes: impl Iterator<Item = &'a str>,
    edges: [impl Iterator<Item = &'a String>; 3],
) -> BTreeSet<String> {
    let [payments, refunds, prepays] = edges;
    faults
        .map(str::to_owned)
        .chain(crashes.map(|place| format!("dies {place}")))
        .chain(payments.map(|edge| format!("payment policy, {edge}")))
        .chain(refunds.map(|edge| format!("refund policy, {edge}")))
        .chain(prepays.map(|edge| format!("prepay policy, {edge}")))
        .collect()
}

/// By API.
fn all() -> BTreeMap<&'static str, Tally> {
    let next = AtomicU64::new(0);
    let total = Mutex::new(BTreeMap::<_, Tally>::new());
    let broken = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut tallies = BTreeMap::<_, Tally>::new();
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= RUNS {
                        break;
                    }
                    let report = run(seed, false);
                    tallies.entry(report.api).or_default().add(&report.tally);
                    if !report.violations.is_empty() {
                        broken.lock().expect("no thread panics").push(seed);
                    }
                }
                let mut total = total.lock().expect("no thread panics");
                for (api, tally) in &tallies {
                    total.entry(*api).or_default().add(tally);
                }
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
    let by_api = all();
    let mut tally = Tally::default();
    for of in by_api.values() {
        tally.add(of);
    }
    println!("{RUNS} runs\n{tally}");
    let wanted = wanted();
    let mut wrong = Vec::new();
    let never = |what: &&String| NEVER_MET.iter().any(|(never, _)| what == never);
    for what in wanted.difference(&met(&tally)).filter(|what| !never(what)) {
        wrong.push(format!("never met: {what}"));
    }
    for what in met(&tally).difference(&wanted) {
        wrong.push(format!("cannot be: {what}"));
    }
    let fubei = met(&by_api["Fubei"]);
    let excused = |what: &&String| {
        let fits =
            |(start, end, _): &(&str, &str, _)| what.starts_with(start) && what.ends_with(end);
        NEVER_WITH_FUBEI.iter().any(fits)
    };
    let often = met(&often(&tally));
    for what in often.difference(&fubei).filter(|what| !excused(what)) {
        wrong.push(format!("never met with Fubei: {what}"));
    }
    for what in fubei.iter().filter(excused) {
        wrong.push(format!("met with Fubei after all: {what}"));
    }
    for api in ["APIv2", "APIv3", "Fubei"] {
        for outcome in OUTCOMES {
            let name = format!("{api} {outcome}");
            if !tally.outcomes.contains_key(&name) {
                wrong.push(format!("never told: {name}"));
            }
        }
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
