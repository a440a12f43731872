//! Power cuts: a till is killed at every stage of a payment, and the next start settles everything.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::path::{Path, PathBuf};

use common::on_every_gateway;
use common::program::{Till, command};
use common::shop::{FEE, Sale, Shop};
use common::{Client, E_BUSY, E_DUPLICATE, OK, Outcome, REVERSED, UNKNOWN};
use serde_json::Value;
use wxpay_simulator::{Api, Fault, FaultKind, Operation, PayerAction, Scenario};

on_every_gateway! {
    killed_before_the_answer_to_a_charge_that_was_booked,
    killed_before_the_answer_to_a_charge_that_was_lost,
    killed_while_the_payer_types_the_password_and_does_not_finish,
    killed_while_the_payer_types_the_password_and_then_pays,
    killed_while_reversing,
    killed_after_a_reverse_whose_answer_was_lost,
    killed_while_reversing_and_paid_meanwhile_gives_the_money_back,
    a_recovery_may_itself_be_killed,
    a_recovery_that_is_killed_tells_again_what_it_had_settled,
    an_order_in_doubt_is_settled_by_asking_for_it_or_by_paying_again_or_by_recovering,
    an_order_that_is_being_reversed_and_still_shows_paid_is_in_doubt,
    an_order_whose_reverses_never_arrived_is_reversed_before_its_absence_is_believed,
    a_recovery_without_a_network_leaves_everything_open_and_the_next_one_settles_it,
    recovered_payments_are_given_back_if_the_configuration_says_so,
    two_processes_on_one_journal_never_charge_one_order_twice,
}

/// A till in a process of its own rings up `sale` and is killed once the gateway has received
/// `count` requests of `operation` for it. Returns its configuration: nobody has to wait long for a
/// dead till's orders.
fn killed_at(shop: &Shop, sale: &Sale, operation: Operation, count: usize) -> (PathBuf, String) {
    let config = shop.folder.path().join("wxpay.toml");
    let text = shop
        .config()
        .replace("[journal]\n", "[journal]\nlease = \"2s\"\n");
    std::fs::write(&config, &text).unwrap();
    let mut till = ring_up(&config, sale);
    while shop.count(sale, operation) < count {
        assert!(
            till.0.try_wait().unwrap().is_none(),
            "the till has ended by itself"
        );
        common::pause(5);
    }
    till.kill();
    (config, text)
}

fn ring_up(config: &Path, sale: &Sale) -> Till {
    let fee = FEE.to_string();
    let arguments = [
        config.to_str().unwrap(),
        &sale.out_trade_no,
        &fee,
        &sale.auth_code,
    ];
    Till::start(command("examples-c/sale.c", &arguments))
}

/// One recovery, at once: it finds out by itself that the till before it is dead.
#[track_caller]
fn recovered(till: &Client, sale: &Sale) -> (Outcome, Value) {
    let outcome = till.recover();
    let orders = outcome.json()["orders"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let ours = orders
        .into_iter()
        .find(|order| order["out_trade_no"] == sale.out_trade_no.as_str());
    match ours {
        Some(ours) => (outcome, ours),
        None => panic!("not listed: {outcome:?}"),
    }
}

fn check(api: Api, scenario: Scenario, asked: (Operation, usize), status: i32, net: i64) {
    let shop = Shop::open_on(api);
    let (operation, count) = asked;
    let sale = shop.sale(scenario);
    let (_, config) = killed_at(&shop, &sale, operation, count);

    let till = Client::open_toml(config).unwrap();
    let (outcome, order) = recovered(&till, &sale);
    let context = format!("{scenario:?} killed at {operation:?} {count}: {outcome:?}");
    assert_eq!(outcome.status(), OK, "{context}");
    assert_eq!(outcome.get_int("open"), Some(0), "{context}");
    assert_eq!(order["status"], status, "{context}");
    assert_eq!(
        shop.simulator.net_charged(&sale.out_trade_no),
        net,
        "{context}"
    );
    assert_eq!(shop.count(&sale, Operation::Micropay), 1, "{context}");
    // Reported once, and replayed for ever after.
    let again = till.recover();
    assert_eq!(
        again.json()["orders"],
        Value::Array(Vec::new()),
        "{again:?}"
    );
    let replayed = till.micropay(&sale.request());
    assert_eq!(replayed.status(), status, "{replayed:?}");
    assert_eq!(replayed.get_int("replayed"), Some(1));
    assert_eq!(shop.count(&sale, Operation::Micropay), 1);
}

fn killed_before_the_answer_to_a_charge_that_was_booked(api: Api) {
    check(
        api,
        Scenario::AnswerTooLate,
        (Operation::Micropay, 1),
        OK,
        FEE,
    );
}

fn killed_before_the_answer_to_a_charge_that_was_lost(api: Api) {
    check(
        api,
        Scenario::RequestLost,
        (Operation::Micropay, 1),
        REVERSED,
        0,
    );
}

fn killed_while_the_payer_types_the_password_and_does_not_finish(api: Api) {
    check(
        api,
        Scenario::PasswordNever,
        (Operation::Orderquery, 2),
        REVERSED,
        0,
    );
}

fn killed_while_the_payer_types_the_password_and_then_pays(api: Api) {
    check(
        api,
        Scenario::PasswordPaid,
        (Operation::Orderquery, 1),
        OK,
        FEE,
    );
}

fn killed_while_reversing(api: Api) {
    check(api, Scenario::Recall, (Operation::Reverse, 1), REVERSED, 0);
}

fn killed_after_a_reverse_whose_answer_was_lost(api: Api) {
    check(
        api,
        Scenario::ReverseAnswerLost,
        (Operation::Reverse, 1),
        REVERSED,
        0,
    );
}

fn killed_while_reversing_and_paid_meanwhile_gives_the_money_back(api: Api) {
    check(
        api,
        Scenario::PaidWhileReversing,
        (Operation::Reverse, 1),
        REVERSED,
        0,
    );
}

fn a_recovery_may_itself_be_killed(api: Api) {
    let shop = Shop::open_on(api);
    let sale = shop.sale(Scenario::Recall);
    let (path, config) = killed_at(&shop, &sale, Operation::Orderquery, 1);
    let mut recovery = Till::start(command("examples-c/recover.c", &[path.to_str().unwrap()]));
    while shop.count(&sale, Operation::Reverse) == 0 {
        assert!(
            recovery.0.try_wait().unwrap().is_none(),
            "the recovery has ended by itself"
        );
        common::pause(5);
    }
    recovery.kill();
    let till = Client::open_toml(config).unwrap();
    let (outcome, order) = recovered(&till, &sale);
    assert_eq!(order["status"], REVERSED, "{outcome:?}");
    assert_eq!(shop.simulator.net_charged(&sale.out_trade_no), 0);
}

fn a_recovery_that_is_killed_tells_again_what_it_had_settled(api: Api) {
    let shop = Shop::open_on(api);
    let path = shop.config_file();
    let till = shop.till();
    let [first, second] = [Scenario::PasswordNever, Scenario::Recall].map(|scenario| {
        let sale = shop.sale(scenario);
        let task = till.start(&sale.request()).unwrap();
        while shop.count(&sale, Operation::Orderquery) == 0 {
            common::pause(5);
        }
        drop(task);
        sale
    });
    // Closing leaves both open, as a power cut does.
    drop(till);
    let mut recovery = Till::start(command("examples-c/recover.c", &[path.to_str().unwrap()]));
    // Oldest first: the first order is settled when the second is being undone.
    while shop.count(&second, Operation::Reverse) == 0 {
        assert!(
            recovery.0.try_wait().unwrap().is_none(),
            "the recovery has ended by itself"
        );
        common::pause(5);
    }
    recovery.kill();
    let patient = shop.till_with("[journal]\n", "[journal]\nlease = \"2s\"\n");
    let outcome = patient.recover();
    assert_eq!(outcome.status(), OK, "{outcome:?}");
    let told: Vec<_> = (0..2)
        .map(|place| outcome.get(&format!("orders.{place}.out_trade_no")))
        .collect();
    assert_eq!(
        told,
        [Some(first.out_trade_no), Some(second.out_trade_no)],
        "{outcome:?}"
    );
    assert_eq!(shop.simulator.ledger().totals.net_fen, 0);
}

/// Leaves an order in doubt: nothing answers after the charge.
fn left_in_doubt(shop: &Shop, scenario: Scenario) -> (Client, Sale) {
    let till = shop.till();
    let sale = shop.sale(scenario);
    for operation in [Operation::Orderquery, Operation::Reverse] {
        shop.simulator
            .fault(Fault::always(operation, FaultKind::DropBefore));
    }
    let outcome = till.micropay(&sale.request());
    assert_eq!(outcome.status(), UNKNOWN, "{outcome:?}");
    assert_eq!(outcome.get("reversal").as_deref(), Some("required"));
    assert_eq!(outcome.get("advice").as_deref(), Some("hold"));
    shop.simulator.clear_faults();
    (till, sale)
}

fn an_order_in_doubt_is_settled_by_asking_for_it_or_by_paying_again_or_by_recovering(api: Api) {
    let shop = Shop::open_on(api);
    // The reverses never arrived, but for all the till knows one may have.
    let (till, asked) = left_in_doubt(&shop, Scenario::PasswordNever);
    shop.simulator
        .payer(&asked.out_trade_no, PayerAction::Close)
        .unwrap();
    assert_eq!(till.query(&asked.out_trade_no).status(), common::CLOSED);
    let settled = till.micropay(&asked.request());
    assert_eq!(
        (settled.status(), settled.get_int("replayed")),
        (REVERSED, Some(1))
    );
    shop.agrees(&asked, &settled);

    let (till, again) = left_in_doubt(&shop, Scenario::PasswordNever);
    let outcome = till.micropay(&again.request());
    assert_eq!(outcome.status(), REVERSED, "{outcome:?}");
    shop.agrees(&again, &outcome);

    let (till, recovered) = left_in_doubt(&shop, Scenario::PasswordNever);
    let outcome = till.recover();
    assert_eq!(outcome.status(), OK, "{outcome:?}");
    assert_eq!(shop.simulator.net_charged(&recovered.out_trade_no), 0);
    assert_eq!(shop.count(&recovered, Operation::Micropay), 1);
}

fn an_order_that_is_being_reversed_and_still_shows_paid_is_in_doubt(api: Api) {
    let shop = Shop::open_on(api);
    let (till, sale) = left_in_doubt(&shop, Scenario::PasswordNever);
    shop.simulator
        .payer(&sale.out_trade_no, PayerAction::Pay)
        .unwrap();
    let outcome = till.query(&sale.out_trade_no);
    assert_eq!(outcome.status(), UNKNOWN, "{outcome:?}");
    assert_eq!(outcome.get("reversal").as_deref(), Some("required"));
    let outcome = till.recover();
    assert_eq!(outcome.status(), OK, "{outcome:?}");
    assert_eq!(outcome.json()["orders"][0]["status"], REVERSED);
    assert_eq!(shop.simulator.net_charged(&sale.out_trade_no), 0);
}

fn an_order_whose_reverses_never_arrived_is_reversed_before_its_absence_is_believed(api: Api) {
    let shop = Shop::open_on(api);
    let (till, sale) = left_in_doubt(&shop, Scenario::AnswerLost);
    let absent = FaultKind::Error {
        err_code: "ORDERNOTEXIST".into(),
        executed: false,
    };
    shop.simulator
        .fault(Fault::once(Operation::Orderquery, absent).times(2));
    let outcome = till.recover();
    assert_eq!(outcome.status(), OK, "{outcome:?}");
    assert_eq!(outcome.json()["orders"][0]["status"], REVERSED);
    assert_eq!(shop.simulator.net_charged(&sale.out_trade_no), 0);
}

fn a_recovery_without_a_network_leaves_everything_open_and_the_next_one_settles_it(api: Api) {
    let shop = Shop::open_on(api);
    let (till, sale) = left_in_doubt(&shop, Scenario::PasswordNever);
    for host in 0..2 {
        shop.simulator
            .set_host(host, wxpay_simulator::HostState::Down)
            .unwrap();
    }
    let outcome = till.recover();
    assert_eq!(outcome.status(), UNKNOWN, "{outcome:?}");
    assert_eq!(outcome.get_int("open"), Some(1));
    for host in 0..2 {
        shop.simulator
            .set_host(host, wxpay_simulator::HostState::Up)
            .unwrap();
    }
    assert_eq!(till.recover().status(), OK);
    assert_eq!(shop.simulator.net_charged(&sale.out_trade_no), 0);
}

fn recovered_payments_are_given_back_if_the_configuration_says_so(api: Api) {
    let shop = Shop::open_on(api);
    let sale = shop.sale(Scenario::AnswerTooLate);
    let (_, config) = killed_at(&shop, &sale, Operation::Micropay, 1);
    let config = config.replace("[policy]\n", "[policy]\non_recovered_paid = \"reverse\"\n");
    let till = Client::open_toml(config).unwrap();
    let (outcome, order) = recovered(&till, &sale);
    assert_eq!(order["status"], REVERSED, "{outcome:?}");
    assert_eq!(shop.simulator.net_charged(&sale.out_trade_no), 0);
}

fn two_processes_on_one_journal_never_charge_one_order_twice(api: Api) {
    let shop = Shop::open_on(api);
    let config = shop.config_file();
    let till = shop.till();
    let sale = shop.sale(Scenario::PasswordNever);
    let mut other = ring_up(&config, &sale);
    while shop.count(&sale, Operation::Micropay) == 0 {
        common::pause(5);
    }
    let ours = till.micropay(&sale.request());
    assert_eq!(ours.status(), E_BUSY, "{ours:?}");
    assert_eq!(till.reverse(&sale.out_trade_no).status(), E_BUSY);
    // Somebody alive works on it, so it is not this till's to recover.
    let recovery = till.recover();
    assert_eq!(
        (recovery.status(), recovery.get_int("open")),
        (OK, Some(0)),
        "{recovery:?}"
    );
    assert!(!other.0.wait().unwrap().success());
    assert_eq!(shop.count(&sale, Operation::Micropay), 1);
    let replayed = till.micropay(&sale.request());
    assert_eq!(
        (replayed.status(), replayed.get_int("replayed")),
        (REVERSED, Some(1))
    );
    shop.agrees(&sale, &replayed);

    let mut rescanned = sale.clone();
    rescanned.auth_code = shop.sale(Scenario::Paid).auth_code;
    let outcome = till.micropay(&rescanned.request());
    assert_eq!(outcome.status(), E_DUPLICATE, "{outcome:?}");
    assert_eq!(
        outcome.get("other_status").as_deref(),
        Some("WXPAY_REVERSED")
    );
}
