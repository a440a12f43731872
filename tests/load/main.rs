//! Load: a crowd of threads on one client, with everything going wrong that can; what the till was told of
//! each payment is held against the gateway's books, and what the process takes is measured.
//!
//! The till is a process of its own (`tests/c/till.c`), so that nothing else is in its figures.
//! `WXPAY_PAYMENTS` says how many payments are spread over the three gateways and over 1, 8, 64 and 500
//! threads; otherwise 64 threads make a few.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../common/mod.rs"]
mod common;
#[path = "../power/dice.rs"]
mod dice;

mod process;
mod till;

use std::collections::{BTreeMap, HashMap};

use common::program::Sanitizer;
use common::shop::{FEE, Shop, slower};
use common::{DECLINED, E_NETWORK, E_REJECTED, OK, REVERSED, UNKNOWN, on_every_gateway, turn};
use dice::Dice;
use process::Figures;
use till::{Sale, Till};
use wxpay_simulator::{
    Api, Connections, HostState, OrderRecord, PayerAction, Scenario, Settings, Timing,
};

/// What a payment that nothing was found out about may be told as; the others end the test.
const STATUSES: [i32; 6] = [OK, DECLINED, REVERSED, UNKNOWN, E_NETWORK, E_REJECTED];
/// What the transport keeps of connections that nobody uses.
const IDLE: usize = 8;
/// What a process may grow by from the second quarter of its payments to the last …
const GROWTH_KIB: u64 = 8 * 1024;
/// … and for each of its threads, whose stack keeps what its deepest call has touched.
const GROWTH_OF_STACK_KIB: usize = 16;

#[derive(Clone, Copy, Debug)]
struct Round {
    api: Api,
    threads: usize,
    payments: usize,
}

/// For one gateway, and whether there is more time than a test run has.
fn rounds(api: Api) -> (Vec<Round>, bool) {
    let asked = std::env::var("WXPAY_PAYMENTS").ok();
    let shares = match asked.as_deref() {
        None | Some("") => vec![(64, 700)],
        Some(text) => {
            let all: usize = text.parse().unwrap_or_else(|_| panic!("{text:?}"));
            // A single thread spends its time waiting.
            [(1, 1), (8, 9), (64, 30), (500, 60)]
                .map(|(threads, percent)| (threads, (all * percent / 300).max(threads)))
                .to_vec()
        }
    };
    let on_demand = shares.len() > 1;
    let round = |(threads, payments)| Round {
        api,
        threads,
        payments,
    };
    (shares.into_iter().map(round).collect(), on_demand)
}

/// How many times slower than quick everything is, so that two processors can serve the crowd in time.
fn pace(threads: usize) -> u64 {
    match threads {
        0..=8 => 1,
        9..=64 => 2,
        _ => 5,
    }
}

fn shop(round: Round) -> Shop {
    let (quick, pace) = (Timing::quick(), pace(round.threads));
    let slower = i64::try_from(pace).unwrap();
    Shop::with(Settings {
        api: round.api,
        timing: Timing {
            password_ms: quick.password_ms * slower,
            delayed_ms: quick.delayed_ms * pace,
            too_late_ms: quick.too_late_ms * pace,
            late_ms: quick.late_ms * slower,
            slow_byte_ms: quick.slow_byte_ms * pace,
            code_lifetime_ms: quick.code_lifetime_ms * slower,
            // How long a charge waits in the crowd before it is counted is not the till's doing.
            reverse_not_before_ms: 0,
            ..quick
        },
        ..Settings::default()
    })
}

/// Four sales of five are as they should be.
fn sales(round: Round) -> Vec<Sale> {
    let mut dice = Dice::new(round.threads as u64);
    let troubled: Vec<_> = Scenario::ALL
        .iter()
        .copied()
        .filter(|scenario| {
            // Here no number is anybody else's.
            !matches!(
                scenario,
                Scenario::OrderPaid
                    | Scenario::OutTradeNoUsed
                    | Scenario::InvalidRequest
                    | Scenario::QueryForeign
            )
        })
        .collect();
    (0..round.payments)
        .map(|number| {
            let scenario = match dice.below(100) {
                0..78 => Scenario::Paid,
                78..82 => Scenario::PasswordPaid,
                _ => dice.one_of(&troubled),
            };
            Sale::new(number, scenario, &mut dice)
        })
        .collect()
}

on_every_gateway! {
    a_crowd_of_threads_on_one_client_loses_no_payment_and_does_not_grow,
}

fn a_crowd_of_threads_on_one_client_loses_no_payment_and_does_not_grow(api: Api) {
    let (rounds, on_demand) = rounds(api);
    // The figures of a long run are to be its own.
    let _turn = on_demand.then(turn);
    for round in rounds {
        let (told, figures) = play(round);
        println!("{round:?}: {figures}\ntold: {told:?}");
        for status in [OK, DECLINED, REVERSED, UNKNOWN] {
            let never = round.payments >= 300 && !told.contains_key(&status);
            assert!(!never, "never {status}: {told:?}");
        }
    }
}

/// Returns how often each status was told at first, and what it took.
fn play(round: Round) -> (BTreeMap<i32, usize>, Figures) {
    let shop = shop(round);
    let sales = sales(round);
    let till = Till::new(&shop, slower(pace(round.threads)));
    let figures = till.sell(&sales, round.threads, |progress| trouble(&shop, progress));
    for host in 0..shop.simulator.hosts().len() {
        shop.simulator.set_host(host, HostState::Up).unwrap();
    }
    let told = agrees(&shop, &till, &sales);

    for sale in &sales {
        // Nobody else can undo these.
        let stuck = [Scenario::ReverseExpired, Scenario::ReverseTradeError];
        if stuck.contains(&sale.scenario) && told[&sale.number] == UNKNOWN {
            let _ = shop.simulator.payer(&sale.number, PayerAction::Close);
        }
    }
    till.recover();
    agrees(&shop, &till, &sales);
    is_settled(&shop, &till, &sales);

    let Connections { most, accepted, .. } = shop.simulator.connections();
    let requests = shop.simulator.requests();
    let figures = Figures {
        most_connections: most,
        connections: accepted,
        requests: requests.last().map_or(0, |request| request.number),
        ..figures
    };
    is_bounded(round, &figures);
    let mut counts = BTreeMap::new();
    for status in told.into_values() {
        *counts.entry(status).or_default() += 1;
    }
    (counts, figures)
}

/// The first host goes away and comes back, over and over: nobody listens, or nobody answers.
fn trouble(shop: &Shop, progress: usize) {
    let state = match progress % 10 {
        4 if progress % 20 == 4 => HostState::Hang,
        4 => HostState::Down,
        _ => HostState::Up,
    };
    shop.simulator.set_host(0, state).unwrap();
}

/// Whatever was told of each sale, at first and by a recovery. Returns what was told at first.
fn agrees(shop: &Shop, till: &Till, sales: &[Sale]) -> HashMap<String, i32> {
    let ledger = shop.simulator.ledger();
    let orders: HashMap<&str, &OrderRecord> = (ledger.orders.iter())
        .map(|order| (order.out_trade_no.as_str(), order))
        .collect();
    let told = till.told();
    let first = sales.iter().map(|sale| {
        let about = told.get(&sale.number).map_or(&[][..], Vec::as_slice);
        let order = orders.get(sale.number.as_str()).copied();
        let context = format!("{sale:?}: {about:?}");
        for told in about {
            told.agrees(order, &context);
            assert!(STATUSES.contains(&told.status), "{context}");
        }
        let first = about.first().unwrap_or_else(|| panic!("lost: {context}"));
        (sale.number.clone(), first.status)
    });
    let first = first.collect();
    let strangers = orders.len() > sales.len();
    assert!(!strangers, "orders that nobody has asked for");
    first
}

/// Nothing is open any more, and every fen in the books was told.
fn is_settled(shop: &Shop, till: &Till, sales: &[Sale]) {
    let open = till.open_orders();
    assert!(open.is_empty(), "open after the last recovery: {open:?}");
    let told = till.told();
    let ledger = shop.simulator.ledger();
    let mut paid = 0;
    for sale in sales {
        let about = &told[&sale.number];
        let is_paid = about.iter().any(|told| told.status == OK);
        // Paid with another amount, as far as anybody can tell: somebody has to look.
        let unclear = sale.scenario == Scenario::QueryWrongAmount;
        if is_paid || unclear && ledger_has(&ledger.orders, sale) {
            paid += FEE;
        }
    }
    assert_eq!(ledger.totals.net_fen, paid, "charged, and never told");
}

fn ledger_has(orders: &[OrderRecord], sale: &Sale) -> bool {
    let mut orders = orders.iter();
    orders.any(|order| order.out_trade_no == sale.number && order.net_fen == FEE)
}

fn is_bounded(round: Round, figures: &Figures) {
    let context = format!("{round:?}: {figures}");
    // A call has one connection, and for a moment one that it has just given up.
    let connections = 2 * round.threads + IDLE;
    for most in [figures.most_connections, figures.most_sockets] {
        assert!(most <= connections, "too many connections: {context}");
    }
    // Each call may have a thread of its own and a helper that connects; one that it has given up may
    // not have noticed yet.
    let threads = 4 * round.threads + IDLE;
    assert!(
        figures.most_threads <= threads,
        "too many threads: {context}"
    );
    let [_, middle, _, end] = figures.rss_kib;
    // A sanitizer keeps books of its own.
    let stacks = u64::try_from(round.threads * GROWTH_OF_STACK_KIB).unwrap();
    let grows = end > middle + GROWTH_KIB + stacks && Sanitizer::get().is_none();
    assert!(!grows, "the process grows: {context}");
}
