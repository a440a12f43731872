//! The table of hostile answers, notifications and connections, played through the C functions: what the
//! till is told agrees with the ledger and with the table, and no lie is ever taken for a payment.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::collections::BTreeMap;
use std::sync::Mutex;

use common::shop::{FEE, Sale, Shop, quick, quick_on};
use common::{
    ACCEPTED, CLOSED, Client, E_ARGUMENT, E_DUPLICATE, E_FORGED, E_NETWORK, E_REJECTED, NOT_FOUND,
    NOT_PAID, OK, Outcome, PAYING, REFUNDED, REVERSED, Request, UNKNOWN, each, on_every_gateway,
};
use wxpay_simulator::hostile::{Case, Gateway, Hostile, Step, Subject, Told};
use wxpay_simulator::{
    Api, Fault, FaultKind, Notification, NotificationError, NotificationFault, Operation,
    PayerAction, PolicyNumbers, RefundAction, RideAction, RideCode, Scenario, Settings, Timing,
};

on_every_gateway! {
    a_charge_with_a_hostile_answer_ends_as_the_ledger_says,
    a_query_with_a_hostile_answer_is_told_what_the_table_says,
    a_lie_about_an_unpaid_order_is_never_believed,
    a_reverse_with_a_hostile_answer_is_done_or_stays_open,
    a_refund_with_a_hostile_answer_gives_back_once,
    a_question_for_a_refund_with_a_hostile_answer_is_told_what_the_table_says,
    a_hostile_notification_of_a_payment_is_told_as_the_table_says,
    a_hostile_notification_of_a_refund_is_told_as_the_table_says,
    a_hostile_connection_gets_nothing,
}

const BACK: i64 = 100;

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

/// Floods and silences keep the machine busy and come to nothing, so they come last: what has to be read
/// is read while there is time for it.
fn each_of<T: Sync>(plays: &[T], case: impl Fn(&T) -> &'static Case, play: impl Fn(&T) + Sync) {
    let waits = |step: &Step| matches!(step, Step::Hold | Step::Drip(..) | Step::Repeat(..));
    let (slow, quick): (Vec<_>, Vec<_>) = plays.iter().partition(|play| {
        let case = case(play);
        case.told != Told::Read && case.wire.iter().any(waits)
    });
    for wave in [quick, slow] {
        each(&wave, |case| play(case));
    }
}

fn hostile(case: &Case) -> Hostile {
    Hostile::find(case.id).unwrap()
}

fn fault(case: &Case, operation: Operation, lie: bool) -> Fault {
    let case = hostile(case);
    Fault::always(operation, FaultKind::Hostile { case, lie })
}

/// What a question, or a notification's reader, is told: one of these.
fn statuses(gateway: Gateway, subject: Subject, told: Told) -> &'static [i32] {
    let notice = subject != Subject::Answer;
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

/// A shop with refunds that end when the test says so, and a till for crowds: patient enough for a busy
/// machine, and soon done with what cannot be undone.
fn open(api: Api) -> (Shop, Client) {
    let settings = quick_on(api);
    let timing = Timing {
        refund_ms: 3_600_000,
        ..settings.timing
    };
    let shop = Shop::with(Settings { timing, ..settings });
    let numbers = PolicyNumbers {
        window: 6_000,
        reverse_budget: 4_000,
        answer_timeout: 2_000,
        ..PolicyNumbers::quick()
    };
    let till = Client::open_toml(shop.config_with(numbers)).expect("the configuration is complete");
    (shop, till)
}

#[track_caller]
fn paid(shop: &Shop, till: &Client) -> Sale {
    let sale = shop.sale(Scenario::Paid);
    let outcome = till.micropay(&sale.request());
    assert_eq!(outcome.status(), OK, "{outcome:?}");
    sale
}

/// A paid sale for each case.
fn with_paid_sales(
    shop: &Shop,
    till: &Client,
    cases: impl Iterator<Item = &'static Case>,
) -> Vec<(&'static Case, Sale)> {
    let plays = Mutex::new(Vec::new());
    each(&cases.collect::<Vec<_>>(), |case| {
        let sale = paid(shop, till);
        plays.lock().unwrap().push((*case, sale));
    });
    plays.into_inner().unwrap()
}

fn a_charge_with_a_hostile_answer_ends_as_the_ledger_says(api: Api) {
    let (shop, till) = open(api);
    let surprises = Surprises::default();
    let plays: Vec<_> = cases(gateway(api), Subject::Answer)
        .map(|case| (case, shop.sale(Scenario::Paid)))
        .collect();
    for (case, sale) in &plays {
        let fault = fault(case, Operation::Micropay, false).times(1);
        shop.simulator.fault(fault.for_order(&sale.out_trade_no));
    }
    each_of(
        &plays,
        |(case, _)| *case,
        |(case, sale)| {
            let outcome = till.micropay(&sale.request());
            surprises.check(case, &[OK], &outcome);
            shop.agrees(sale, &outcome);
            if shop.count(sale, Operation::Micropay) != 1 {
                surprises.add(case, "not sent once");
            }
        },
    );
    surprises.none();
}

fn a_query_with_a_hostile_answer_is_told_what_the_table_says(api: Api) {
    let (shop, till) = open(api);
    let surprises = Surprises::default();
    let queried = cases(gateway(api), Subject::Answer).filter(|case| case.told != Told::Skipped);
    let plays = with_paid_sales(&shop, &till, queried);
    for (case, sale) in &plays {
        let fault = fault(case, Operation::Orderquery, false);
        shop.simulator.fault(fault.for_order(&sale.out_trade_no));
    }
    each_of(
        &plays,
        |(case, _)| *case,
        |(case, sale)| {
            let outcome = till.query(&sale.out_trade_no);
            let expected = match case.told {
                Told::Read => &[OK],
                told => statuses(gateway(api), Subject::Answer, told),
            };
            surprises.check(case, expected, &outcome);
            let tells = |fact: &str| outcome.get(fact).is_some();
            if outcome.status() == E_FORGED && (tells("transaction_id") || tells("trade_state")) {
                surprises.add(case, &format!("tells what is not proven: {outcome:?}"));
            }
        },
    );
    shop.simulator.clear_faults();
    each_of(
        &plays,
        |(case, _)| *case,
        |(case, sale)| {
            let outcome = till.query(&sale.out_trade_no);
            surprises.check(case, &[OK], &outcome);
            shop.agrees(sale, &outcome);
            // The charge is told again as it ended, whatever was said since.
            let again = till.micropay(&sale.request());
            surprises.check(case, &[OK], &again);
            if shop.count(sale, Operation::Micropay) != 1 {
                surprises.add(case, "sent again");
            }
        },
    );
    surprises.none();
}

fn a_lie_about_an_unpaid_order_is_never_believed(api: Api) {
    let (shop, till) = open(api);
    let surprises = Surprises::default();
    let lies: Vec<_> = cases(gateway(api), Subject::Answer).enumerate().collect();
    each_of(
        &lies,
        |(_, case)| *case,
        |(at, case)| {
            let number = format!("LIE{at:05}");
            let shown = till.prepay(&Request::order(&number, FEE));
            assert_eq!(shown.status(), OK, "{shown:?}");
            let fault = fault(case, Operation::Orderquery, true);
            shop.simulator.fault(fault.for_order(&number));
            let outcome = till.query(&number);
            // Whoever has the keys and speaks for the gateway is the gateway: such a lie is believed, which
            // shows that the others are lies that could be.
            match case.told {
                Told::Read => surprises.check(case, &[OK], &outcome),
                _ if outcome.status() == OK => {
                    surprises.add(case, &format!("believed: {outcome:?}"))
                }
                Told::Nothing | Told::Forged | Told::Broken => {
                    let expected = statuses(gateway(api), Subject::Answer, case.told);
                    surprises.check(case, expected, &outcome);
                }
                _ => {}
            }
            assert_eq!(shop.simulator.net_charged(&number), 0);
        },
    );
    surprises.none();
}

fn a_reverse_with_a_hostile_answer_is_done_or_stays_open(api: Api) {
    let (shop, till) = open(api);
    let surprises = Surprises::default();
    let reversed =
        cases(gateway(api), Subject::Answer).filter(|case| case.reverse != Told::Skipped);
    let plays = with_paid_sales(&shop, &till, reversed);
    for (case, sale) in &plays {
        let fault = fault(case, Operation::Reverse, false);
        shop.simulator.fault(fault.for_order(&sale.out_trade_no));
    }
    each_of(
        &plays,
        |(case, _)| *case,
        |(case, sale)| {
            let outcome = till.reverse(&sale.out_trade_no);
            let expected = match case.reverse {
                Told::Read => &[REVERSED],
                _ => &[UNKNOWN],
            };
            surprises.check(case, expected, &outcome);
            let reversal = outcome.get("reversal");
            if outcome.status() == UNKNOWN && reversal.as_deref() != Some("required") {
                surprises.add(case, &format!("not to be undone any more: {outcome:?}"));
            }
            shop.agrees(sale, &outcome);
        },
    );
    shop.simulator.clear_faults();
    let recovered = till.recover();
    assert_eq!(recovered.status(), OK, "{recovered:?}");
    each_of(
        &plays,
        |(case, _)| *case,
        |(case, sale)| {
            let outcome = till.reverse(&sale.out_trade_no);
            surprises.check(case, &[REVERSED], &outcome);
            shop.agrees(sale, &outcome);
        },
    );
    surprises.none();
}

fn refund_number(sale: &Sale) -> String {
    format!("{}-R", sale.out_trade_no)
}

fn refund(sale: &Sale) -> Request {
    Request::refund(&sale.out_trade_no, &refund_number(sale), FEE, BACK)
}

/// What goes or went back for an order, and in how many refunds.
fn going_back(shop: &Shop, sale: &Sale) -> (i64, usize) {
    let ledger = shop.simulator.ledger();
    let of_order = |order: &Option<String>| order.as_deref() == Some(&sale.out_trade_no);
    let refunds = ledger
        .refunds
        .iter()
        .filter(|refund| of_order(&refund.out_trade_no));
    let amounts: Vec<i64> = refunds.filter_map(|refund| refund.refund_fee).collect();
    (amounts.iter().sum(), amounts.len())
}

fn a_refund_with_a_hostile_answer_gives_back_once(api: Api) {
    let (shop, till) = open(api);
    let surprises = Surprises::default();
    let plays = with_paid_sales(&shop, &till, cases(gateway(api), Subject::Answer));
    for (case, sale) in &plays {
        let fault = fault(case, Operation::Refund, false).times(1);
        shop.simulator.fault(fault.for_order(&sale.out_trade_no));
    }
    each_of(
        &plays,
        |(case, _)| *case,
        |(case, sale)| {
            let outcome = till.refund(&refund(sale));
            surprises.check(case, &[ACCEPTED, REFUNDED], &outcome);
            if going_back(&shop, sale) != (BACK, 1) {
                surprises.add(case, &format!("{:?} go back", going_back(&shop, sale)));
            }
        },
    );
    surprises.none();
}

fn a_question_for_a_refund_with_a_hostile_answer_is_told_what_the_table_says(api: Api) {
    let (shop, till) = open(api);
    let surprises = Surprises::default();
    let asked =
        cases(gateway(api), Subject::Answer).filter(|case| case.refund_query != Told::Skipped);
    let plays = with_paid_sales(&shop, &till, asked);
    each(&plays, |(_, sale)| {
        let outcome = till.refund(&refund(sale));
        assert_eq!(outcome.status(), ACCEPTED, "{outcome:?}");
    });
    for (case, sale) in &plays {
        let fault = fault(case, Operation::RefundQuery, false);
        shop.simulator.fault(fault.for_order(&sale.out_trade_no));
    }
    each_of(
        &plays,
        |(case, _)| *case,
        |(case, sale)| {
            let outcome = till.refund_query(refund_number(sale));
            let expected = match case.refund_query {
                Told::Read => &[ACCEPTED],
                Told::Conflict => &[E_DUPLICATE],
                told => statuses(gateway(api), Subject::Answer, told),
            };
            surprises.check(case, expected, &outcome);
        },
    );
    shop.simulator.clear_faults();
    each_of(
        &plays,
        |(case, _)| *case,
        |(case, sale)| {
            let outcome = till.refund(&refund(sale));
            surprises.check(case, &[ACCEPTED], &outcome);
            if going_back(&shop, sale) != (BACK, 1) {
                surprises.add(case, &format!("{:?} go back", going_back(&shop, sale)));
            }
        },
    );
    surprises.none();
}

/// Plays a notification and then the honest one, which has to come through whatever was sent before.
fn notified(
    gateway: Gateway,
    till: &Client,
    case: &Case,
    surprises: &Surprises,
    make: impl Fn(Option<NotificationFault>) -> Result<Notification, NotificationError>,
) {
    let told = |notification: Notification| {
        till.notify_decode(notification.header_lines(), notification.body)
    };
    let fault = NotificationFault::Hostile {
        case: hostile(case),
    };
    let outcome = told(make(Some(fault)).unwrap());
    surprises.check(case, statuses(gateway, case.subject, case.told), &outcome);
    let believed = [OK, REFUNDED, UNKNOWN, E_DUPLICATE].contains(&outcome.status());
    let reply = outcome.get_int("reply_status");
    if (reply == Some(200)) != believed {
        surprises.add(case, &format!("answered by {reply:?}: {outcome:?}"));
    }
    if !believed && outcome.get("out_trade_no").is_some() {
        surprises.add(case, &format!("tells what is not proven: {outcome:?}"));
    }
    if case.told != Told::Foreign && case.told != Told::Conflict {
        let outcome = told(make(None).unwrap());
        surprises.check(case, &[OK, REFUNDED], &outcome);
    }
}

fn a_hostile_notification_of_a_payment_is_told_as_the_table_says(api: Api) {
    let (shop, till) = open(api);
    let surprises = Surprises::default();
    let plays: Vec<_> = cases(gateway(api), Subject::Payment).enumerate().collect();
    each_of(
        &plays,
        |(_, case)| *case,
        |(at, case)| {
            let number = format!("NATIVE{at:03}");
            let shown = till.prepay(&Request::order(&number, FEE));
            assert_eq!(shown.status(), OK, "{shown:?}");
            shop.simulator.payer(&number, PayerAction::Pay).unwrap();
            notified(gateway(api), &till, case, &surprises, |fault| {
                shop.simulator.notification_for_payment(&number, fault)
            });
        },
    );
    surprises.none();
}

fn a_hostile_notification_of_a_refund_is_told_as_the_table_says(api: Api) {
    let (shop, till) = open(api);
    let surprises = Surprises::default();
    let plays = with_paid_sales(&shop, &till, cases(gateway(api), Subject::Refund));
    each_of(
        &plays,
        |(case, _)| *case,
        |(case, sale)| {
            let request = refund(sale).with("notify_url", "https://shop.example/wxpay");
            let accepted = till.refund(&request);
            assert_eq!(accepted.status(), ACCEPTED, "{accepted:?}");
            let number = refund_number(sale);
            shop.simulator
                .refund_action(&number, RefundAction::Succeed)
                .unwrap();
            notified(gateway(api), &till, case, &surprises, |fault| {
                shop.simulator.notification_for_refund(&number, fault)
            });
        },
    );
    surprises.none();
}

/// A shop whose hosts meet connections as the case says.
fn behind(case: &Case, settings: Settings) -> Shop {
    Shop::with(Settings {
        hostile: Some(hostile(case)),
        ..settings
    })
}

fn a_hostile_connection_gets_nothing(api: Api) {
    let surprises = Surprises::default();
    let plays: Vec<_> = cases(gateway(api), Subject::Connection).collect();
    each(&plays, |case| {
        let shop = behind(case, quick_on(api));
        let till = shop.till_with(
            "connect_timeout = \"2000ms\"",
            "connect_timeout = \"900ms\"",
        );
        let sale = shop.sale(Scenario::Paid);
        let outcome = till.micropay(&sale.request());
        surprises.check(case, &[E_NETWORK], &outcome);
        let host = &shop.hosts()[0];
        if !outcome.message().contains(host.as_str()) {
            surprises.add(case, &format!("does not name {host}: {outcome:?}"));
        }
        surprises.check(case, &[E_NETWORK], &till.query(&sale.out_trade_no));
        if !shop.simulator.requests().is_empty() {
            surprises.add(case, "something was sent");
        }
    });
    surprises.none();
}

/// A gate, and the platform behind it.
fn gate(settings: Settings) -> Settings {
    Settings {
        ride_code: Some(RideCode::example()),
        ..settings
    }
}

const FARE: i64 = 180;

fn ride(number: &str) -> Request {
    Request::ride(number, "TXRIDECODE0123456789", FARE)
}

#[test]
fn a_ride_with_a_hostile_answer_is_taken_on_or_in_doubt_and_sent_once() {
    let shop = Shop::with(gate(quick()));
    let till = shop.till();
    let surprises = Surprises::default();
    let plays: Vec<_> = cases(Gateway::Ride, Subject::Answer).enumerate().collect();
    each_of(
        &plays,
        |(_, case)| *case,
        |(at, case)| {
            let number = format!("R{at:05}-0000");
            let fault = fault(case, Operation::Ride, false);
            shop.simulator.fault(fault.for_order(&number));
            let expected = match case.told {
                Told::Read => &[ACCEPTED],
                _ => &[UNKNOWN],
            };
            for _ in 0..2 {
                let outcome = till.ride_pay(&ride(&number));
                surprises.check(case, expected, &outcome);
            }
            let requests = shop.simulator.requests();
            let ours = requests
                .iter()
                .filter(|r| r.out_trade_no.as_deref() == Some(number.as_str()));
            let sent = ours.count();
            if sent != 1 {
                surprises.add(case, &format!("sent {sent} times"));
            }
        },
    );
    surprises.none();
}

#[test]
fn a_ride_over_a_hostile_connection_is_not_sent() {
    let surprises = Surprises::default();
    let plays: Vec<_> = cases(Gateway::Ride, Subject::Connection).collect();
    each(&plays, |case| {
        let shop = behind(case, gate(quick()));
        let till = shop.till_with(
            "connect_timeout = \"2000ms\"",
            "connect_timeout = \"900ms\"",
        );
        let outcome = till.ride_pay(&ride("R1-0000"));
        surprises.check(case, &[E_NETWORK], &outcome);
        if !shop.simulator.requests().is_empty() {
            surprises.add(case, "something was sent");
        }
    });
    surprises.none();
}

#[test]
fn a_hostile_callback_of_a_ride_is_told_as_the_table_says() {
    let shop = Shop::with(gate(quick()));
    let till = shop.till();
    let surprises = Surprises::default();
    let plays: Vec<_> = cases(Gateway::Ride, Subject::Ride).enumerate().collect();
    each_of(
        &plays,
        |(_, case)| *case,
        |(at, case)| {
            let number = format!("C{at:05}-0102");
            let accepted = till.ride_pay(&ride(&number));
            assert_eq!(accepted.status(), ACCEPTED, "{accepted:?}");
            // It may have ended by itself.
            let _ = shop.simulator.ride_action(&number, RideAction::Succeed);
            notified(Gateway::Ride, &till, case, &surprises, |fault| {
                shop.simulator.notification_for_ride(&number, fault)
            });
        },
    );
    surprises.none();
}

#[test]
fn the_table_is_as_long_as_was_promised() {
    let mut counts = BTreeMap::new();
    for case in Hostile::all().map(Hostile::case) {
        let notice = matches!(
            case.subject,
            Subject::Payment | Subject::Refund | Subject::Ride
        );
        for gateway in case.on {
            let name = match (gateway, notice) {
                (_, true) => "notifications",
                (Gateway::V2, false) => "v2",
                (Gateway::V3, false) => "v3",
                (Gateway::Fubei, false) => "fubei",
                (Gateway::Ride, false) => "ride",
            };
            *counts.entry(name).or_insert(0) += 1;
        }
    }
    for (name, least) in [
        ("v2", 150),
        ("v3", 150),
        ("fubei", 60),
        ("ride", 40),
        ("notifications", 40),
    ] {
        assert!(counts[name] >= least, "{name}: {counts:?}");
    }
}

/// The manual's words for what a till is told.
fn in_words(told: Told) -> &'static str {
    match told {
        Told::Read => "as if it were honest",
        Told::Nothing => "nothing",
        Told::Forged => "forged",
        Told::Broken => "nothing; APIv3: forged",
        Told::Conflict => "another payment",
        Told::Foreign => "an earlier sale",
        Told::NotPaid => "not paid",
        Told::Paying => "paying",
        Told::Closed => "closed",
        Told::Reversed => "reversed",
        Told::Refunded => "refunded",
        Told::NotFound => "not found",
        Told::Rejected => "rejected",
        Told::Skipped => "-",
    }
}

/// The table of the manual.
fn manual() -> String {
    let mut rows = String::new();
    for case in Hostile::all().map(Hostile::case) {
        let on: Vec<_> = case
            .on
            .iter()
            .map(|gateway| match gateway {
                Gateway::V2 => "v2",
                Gateway::V3 => "v3",
                Gateway::Fubei => "fubei",
                Gateway::Ride => "ride",
            })
            .collect();
        let [reverse, refund] = match case.subject {
            Subject::Answer => [in_words(case.reverse), in_words(case.refund_query)],
            _ => ["-", "-"],
        };
        rows.push_str(&format!(
            "| `{}` | {} | {} | {reverse} | {refund} | {} |\n",
            case.id,
            on.join(" "),
            in_words(case.told),
            case.why
        ));
    }
    rows
}

#[test]
fn the_manual_has_the_table() {
    const MARK: &str = "| id | of | told | reverse | refund | why |\n|---|---|---|---|---|---|\n";
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/hostile.md");
    let text = std::fs::read_to_string(path).unwrap();
    let (before, after) = text.split_once(MARK).expect("the head of the table");
    let (_, after) = after.split_once("\n\n").unwrap_or_default();
    let rows = manual();
    let wanted = match after {
        "" => format!("{before}{MARK}{rows}"),
        after => format!("{before}{MARK}{rows}\n{after}"),
    };
    if std::env::var_os("WXPAY_WRITE_DOCS").is_some() {
        std::fs::write(path, wanted).unwrap();
    } else {
        assert!(text == wanted, "write it with WXPAY_WRITE_DOCS=1");
    }
}
