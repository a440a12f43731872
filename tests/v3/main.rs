//! What APIv3 alone has: platform keys that change, answers that are not to be believed, clocks that
//! are wrong, partners and regions, the self-test, and the way from one API to the other.

#[path = "../common/mod.rs"]
mod common;

mod answers;
mod bootstrap;
mod cache;
mod clocks;
mod fields;
mod hosts;
mod mistakes;
mod places;
mod rotation;
mod self_test;
mod switching;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use common::shop::{Sale, Shop, quick_on};
use common::{Client, OK, Outcome, RUNNING, Task, each};
use wxpay_simulator::{
    Api, Operation, OrderRecord, PlatformKeys, PlatformSigner, PolicyNumbers, Scenario, Settings,
};

const EVERY_OPERATION: [Operation; 3] = [
    Operation::Micropay,
    Operation::Orderquery,
    Operation::Reverse,
];

/// A gateway whose answers are proven by these keys.
fn keys_of(platform_keys: PlatformKeys) -> Settings {
    Settings {
        platform_keys,
        ..quick_on(Api::V3)
    }
}

/// The same with both kinds, of which this one signs at first.
fn signed_by(platform_signer: PlatformSigner) -> Settings {
    Settings {
        platform_signer,
        ..keys_of(PlatformKeys::Both)
    }
}

/// How often platform certificates were asked for.
fn downloads(shop: &Shop) -> usize {
    let requests = shop.simulator.requests();
    requests
        .iter()
        .filter(|request| request.operation == Some(Operation::Certificates))
        .count()
}

/// Where a till of the shop keeps platform certificates.
fn cache(shop: &Shop) -> PathBuf {
    let mch_id = &shop.simulator.merchant().mch_id;
    let name = format!("wxpay-journal-platform-certificates-{mch_id}.pem");
    shop.folder.path().join(name)
}

/// Lets a till fetch the platform certificates and close, so that the next one has them in their file.
fn prepare(shop: &Shop) {
    let till = shop.till();
    pay(shop, &till, &shop.sale(Scenario::Paid), OK);
    // With a public key, no payment waits for them.
    while !cache(shop).exists() {
        common::pause(5);
    }
    drop(till);
    assert_eq!(downloads(shop), 1);
}

/// Pays; what the till is told has to agree with the ledger.
#[track_caller]
fn pay(shop: &Shop, till: &Client, sale: &Sale, status: i32) -> Outcome {
    let outcome = till.micropay(&sale.request());
    ended(shop, sale, &outcome, status);
    outcome
}

#[track_caller]
fn ended(shop: &Shop, sale: &Sale, outcome: &Outcome, status: i32) {
    let order = shop.order(sale);
    assert_eq!(outcome.status(), status, "{outcome:?}\nledger: {order:?}");
    shop.agrees(sale, outcome);
}

/// Starts a sale and waits until the ledger's record of it is as wanted.
fn start_until(
    shop: &Shop,
    till: &Client,
    sale: &Sale,
    reached: impl Fn(&OrderRecord) -> bool,
) -> Task {
    let mut task = till.start(&sale.request()).expect("it starts");
    while !shop.order(sale).is_some_and(|order| reached(&order)) {
        let outcome = task.wait(2);
        assert_eq!(outcome.status(), RUNNING, "{outcome:?}");
    }
    task
}

/// A configuration without the lines that begin with any of `names`, and with `more` in the place of the
/// first.
fn config_without(config: &str, names: &[&str], more: &str) -> String {
    let mut changed = String::new();
    let mut more = Some(more);
    for line in config.lines() {
        if names
            .iter()
            .any(|name| line.starts_with(&format!("{name} =")))
        {
            changed.push_str(more.take().unwrap_or_default());
        } else {
            changed.push_str(line);
        }
        changed.push('\n');
    }
    assert!(more.is_none(), "none of {names:?} is in {config}");
    changed
}

/// The configuration of a till that soon gives up what nobody can settle.
fn hasty(shop: &Shop) -> String {
    shop.config_with(PolicyNumbers {
        window: 1_100,
        reverse_budget: 700,
        ..PolicyNumbers::quick()
    })
}

fn open(config: &str) -> Client {
    Client::open_toml(config).expect("the configuration is complete")
}

/// The log of a till.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<(i32, String)>>>);

const WARNING: i32 = 2;

impl Log {
    fn of(till: &Client) -> Self {
        let log = Self::default();
        let lines = Arc::clone(&log.0);
        till.on_log(4, move |level, line| {
            let line = String::from_utf8_lossy(line).into_owned();
            lines
                .lock()
                .expect("no test panics here")
                .push((level, line));
        });
        log
    }

    /// The warnings and errors with this piece, but for those about the configuration's numbers.
    fn warnings(&self, piece: &str) -> Vec<String> {
        let lines = self.0.lock().expect("no test panics here");
        let wanted = |(level, line): &&(i32, String)| {
            *level <= WARNING && line.contains(piece) && !line.contains("of WeChat's documents")
        };
        lines
            .iter()
            .filter(wanted)
            .map(|(_, line)| line.clone())
            .collect()
    }
}
