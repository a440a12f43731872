//! The table of hostile answers, notifications and connections, played through the C functions: what the
//! till is told agrees with the ledger and with the table, and no lie is ever taken for a payment.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../common/mod.rs"]
mod common;

mod answers;
mod clocks;
mod connections;
mod keys;
mod lies;
mod notices;
mod orders;
mod refunds;
mod rides;
mod table;

use std::sync::Mutex;

use common::shop::{Sale, Shop, quick_on};
use common::{
    ACCEPTED, CLOSED, Client, E_ARGUMENT, E_DUPLICATE, E_FORGED, E_NETWORK, E_REJECTED, NOT_FOUND,
    NOT_PAID, OK, Outcome, PAYING, REFUNDED, REVERSED, UNKNOWN, each,
};
use wxpay_simulator::hostile::{Case, Gateway, Hostile, Lie, Step, Subject, Told};
use wxpay_simulator::{
    Api, Fault, FaultKind, Operation, PolicyNumbers, Scenario, Settings, Timing,
};

fn gateway(api: Api) -> Gateway {
    match api {
        Api::V2 => Gateway::V2,
        Api::V3 => Gateway::V3,
        Api::Fubei => Gateway::Fubei,
    }
}

fn cases(gateway: Gateway, subject: Subject) -> impl Iterator<Item = &'static Case> {
    Hostile::all()
        .map(Hostile::case)
        .filter(move |case| case.concerns(gateway) && case.subject == subject)
}

fn hostile(case: &Case) -> Hostile {
    Hostile::find(case.id).unwrap()
}

fn fault(case: &Case, operation: Operation) -> Fault {
    let case = hostile(case);
    Fault::always(operation, FaultKind::Hostile { case, lie: None })
}

fn lying(case: &Case, operation: Operation, lie: Lie) -> Fault {
    let (case, lie) = (hostile(case), Some(lie));
    Fault::always(operation, FaultKind::Hostile { case, lie })
}

/// What a question, or a notification's reader, is told: one of these.
fn statuses(gateway: Gateway, subject: Subject, told: Told) -> &'static [i32] {
    let notice = !matches!(subject, Subject::Answer | Subject::Clock);
    match told {
        Told::Read => &[OK, ACCEPTED, REFUNDED],
        Told::Broken if gateway == Gateway::V3 => &[E_FORGED],
        Told::Nothing | Told::Broken if notice => &[E_ARGUMENT],
        Told::Nothing | Told::Broken => &[E_NETWORK],
        Told::Forged => &[E_FORGED],
        Told::Conflict => &[UNKNOWN],
        Told::Foreign => &[E_DUPLICATE],
        Told::NotPaid => &[NOT_PAID],
        Told::Paying => &[PAYING],
        Told::Closed => &[CLOSED],
        Told::Reversed => &[REVERSED],
        Told::Refunded => &[REFUNDED],
        Told::NotFound => &[NOT_FOUND],
        Told::Rejected => &[E_REJECTED],
        Told::Skipped => &[],
    }
}

/// Everything that did not come out as the table says, with the table's reason.
#[derive(Default)]
struct Surprises(Mutex<Vec<String>>);

impl Surprises {
    fn check(&self, case: &Case, expected: &[i32], outcome: &Outcome) {
        if !expected.contains(&outcome.status()) {
            self.add(case, &format!("{expected:?}, not {outcome:?}"));
        }
    }

    fn add(&self, case: &Case, what: &str) {
        let line = format!("{} ({}): {what}", case.id, case.why);
        self.0.lock().unwrap().push(line);
    }

    #[track_caller]
    fn none(self) {
        let mut lines = self.0.into_inner().unwrap();
        lines.sort();
        assert!(
            lines.is_empty(),
            "{} surprises:\n{}",
            lines.len(),
            lines.join("\n")
        );
    }
}

/// For what has to come through: on a busy machine an honest answer may take seconds.
fn patient() -> PolicyNumbers {
    PolicyNumbers {
        window: 60_000,
        reverse_budget: 60_000,
        connect_timeout: 30_000,
        answer_timeout: 30_000,
        ..PolicyNumbers::quick()
    }
}

/// For answers that never come to an end, and reverses that are never confirmed: all that is expected of
/// them is that they are given up, however late.
fn hasty() -> PolicyNumbers {
    PolicyNumbers {
        window: 20_000,
        reverse_budget: 1_000,
        answer_timeout: 600,
        ..patient()
    }
}

/// Those of the till that asks for what this case answers.
fn numbers(case: &Case) -> PolicyNumbers {
    match is_endless(case) {
        true => hasty(),
        false => patient(),
    }
}

/// Whether the gateway may stay silent, or never stop.
fn is_endless(case: &Case) -> bool {
    let endless = |step: &Step| matches!(step, Step::Hold | Step::Drip(..) | Step::Repeat(..));
    case.told != Told::Read && case.wire.iter().any(endless)
}

fn open(shop: &Shop, numbers: PolicyNumbers) -> Client {
    let config = shop.config_with(numbers);
    Client::open_toml(config).expect("the configuration is complete")
}

/// A shop with refunds that end when the test says so, and two tills of it on one journal.
struct Stage {
    shop: Shop,
    patient: Client,
    hasty: Client,
    surprises: Surprises,
}

impl Stage {
    fn open(api: Api) -> Self {
        Self::with(quick_on(api))
    }

    fn with(settings: Settings) -> Self {
        let timing = Timing {
            refund_ms: 3_600_000,
            // A charge may have been held up on its way for longer than the till waits.
            reverse_not_before_ms: 0,
            ..settings.timing
        };
        let shop = Shop::with(Settings { timing, ..settings });
        let [patient, hasty] = [patient(), hasty()].map(|numbers| open(&shop, numbers));
        Self {
            shop,
            patient,
            hasty,
            surprises: Surprises::default(),
        }
    }

    fn open_till(&self, numbers: PolicyNumbers) -> Client {
        open(&self.shop, numbers)
    }

    fn gateway(&self) -> Gateway {
        gateway(self.shop.api())
    }

    /// The till that asks for what this case answers.
    fn till(&self, case: &Case) -> &Client {
        match is_endless(case) {
            true => &self.hasty,
            false => &self.patient,
        }
    }

    /// The same, alone with its connections: where an answer ends one unannounced, the next charge of a
    /// till may just be going down it, and is lost.
    fn lone_till(&self, case: &Case) -> Client {
        self.open_till(numbers(case))
    }

    /// The till that waits for an ending, if this is to come to one.
    fn till_for(&self, told: Told) -> &Client {
        match told {
            Told::Read => &self.patient,
            _ => &self.hasty,
        }
    }

    fn set(&self, fault: Fault, number: &str) {
        self.shop.simulator.fault(fault.for_order(number));
    }

    #[track_caller]
    fn paid(&self) -> Sale {
        let sale = self.shop.sale(Scenario::Paid);
        let outcome = self.patient.micropay(&sale.request());
        assert_eq!(outcome.status(), OK, "{outcome:?}");
        sale
    }

    /// A paid sale for each case.
    fn paid_sales(&self, cases: impl Iterator<Item = &'static Case>) -> Vec<(&'static Case, Sale)> {
        let plays = Mutex::new(Vec::new());
        each(&cases.collect::<Vec<_>>(), |case| {
            let sale = self.paid();
            plays.lock().unwrap().push((*case, sale));
        });
        plays.into_inner().unwrap()
    }

    /// A charge that was paid, and whose till asks until it knows.
    fn ended_as_paid(&self, case: &Case, sale: &Sale, outcome: &Outcome) {
        self.shop.agrees(sale, outcome);
        // The hasty till may have given up before the gateway, held up, had read the request.
        if !is_endless(case) || self.shop.count(sale, Operation::Micropay) > 0 {
            self.surprises.check(case, &[OK], outcome);
            self.sent_once(case, sale);
        }
    }

    fn sent_once(&self, case: &Case, sale: &Sale) {
        if self.shop.count(sale, Operation::Micropay) != 1 {
            self.surprises.add(case, "not sent once");
        }
    }
}

/// A till with this configuration, but one host alone, and a journal of its own.
fn at_host(shop: &Shop, config: &str, host: usize) -> Client {
    let hosts = shop.simulator.hosts();
    let lines = config.lines().map(|line| match line {
        line if line.starts_with("hosts = ") => format!("hosts = [\"{}\"]", hosts[host]),
        line => line
            .replace(&hosts[0], &hosts[host])
            .replace("wxpay-journal.db", &format!("journal-{host}.db")),
    });
    let config = lines.collect::<Vec<_>>().join("\n");
    Client::open_toml(config).expect("the configuration is complete")
}
