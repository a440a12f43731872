//! Stopping a payment at every stage: it always ends, and the ledger agrees with what is told.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};

use common::on_every_gateway;
use common::shop::{Sale, Shop};
use common::{Client, E_CLOSED, NOT_FOUND, OK, Outcome, REVERSED, RUNNING, UNKNOWN};
use wxpay_simulator::{Api, Fault, FaultKind, HostState, Operation, PayerAction, Scenario};

on_every_gateway! {
    a_cancel_before_a_byte_has_left_ends_at_once_with_nothing_to_reverse,
    a_cancel_while_the_answer_to_the_charge_is_awaited_lets_the_charge_win,
    a_cancel_while_the_payer_types_the_password_reverses,
    a_cancel_cuts_a_query_that_hangs,
    a_payment_seen_after_the_cancel_and_before_the_reverse_wins,
    a_cancel_while_reversing_changes_nothing,
    a_till_without_threads_cancels_from_its_event_callback,
    closing_the_client_ends_every_call_and_what_may_have_been_charged_stays_open,
    closing_the_client_before_a_byte_has_left_is_no_charge_and_the_number_stays_free,
    a_result_outlives_its_client_and_a_freed_task_goes_on,
}

const SUBMITTING: i32 = 1;
const QUERYING: i32 = 3;
const REVERSING: i32 = 4;
const DONE: i32 = 6;

/// Pays, and cancels from another thread as soon as `moment` has come.
fn cancelled_when(shop: &Shop, till: &Client, sale: &Sale, moment: impl Fn() -> bool) -> Outcome {
    let mut task = till.start(&sale.request()).unwrap();
    while !moment() {
        assert_eq!(task.wait(1).status(), RUNNING, "too late to cancel");
    }
    assert_eq!(till.cancel(&sale.out_trade_no).status(), OK);
    let outcome = task.wait(-1);
    shop.agrees(sale, &outcome);
    assert_eq!(till.cancel(&sale.out_trade_no).status(), NOT_FOUND);
    outcome
}

fn a_cancel_before_a_byte_has_left_ends_at_once_with_nothing_to_reverse(api: Api) {
    let shop = Shop::open_on(api);
    for host in 0..2 {
        shop.simulator.set_host(host, HostState::Hang).unwrap();
    }
    let till = shop.till_with("connect_timeout = \"2000ms\"", "connect_timeout = \"60s\"");
    let sale = shop.sale(Scenario::Paid);
    let outcome = cancelled_when(&shop, &till, &sale, || true);
    assert_eq!(outcome.status(), REVERSED, "{outcome:?}");
    assert_eq!(outcome.get("reversal").as_deref(), Some("none"));
    assert_eq!(outcome.get_int("cancel_requested"), Some(1));
    assert_eq!(shop.count(&sale, Operation::Micropay), 0);
}

fn a_cancel_while_the_answer_to_the_charge_is_awaited_lets_the_charge_win(api: Api) {
    let shop = Shop::open_on(api);
    let till = shop.till();
    let sale = shop.sale(Scenario::AnswerDelayed);
    let outcome = cancelled_when(&shop, &till, &sale, || {
        shop.count(&sale, Operation::Micropay) == 1
    });
    assert_eq!(outcome.status(), OK, "{outcome:?}");
    assert_eq!(outcome.get_int("cancel_requested"), Some(1));
}

fn a_cancel_while_the_payer_types_the_password_reverses(api: Api) {
    let shop = Shop::open_on(api);
    let till = shop.till();
    let sale = shop.sale(Scenario::PasswordNever);
    let outcome = cancelled_when(&shop, &till, &sale, || {
        shop.count(&sale, Operation::Orderquery) >= 1
    });
    assert_eq!(outcome.status(), REVERSED, "{outcome:?}");
    assert_eq!(outcome.get("reversal").as_deref(), Some("completed"));
    assert_eq!(outcome.get_int("cancel_requested"), Some(1));
}

fn a_cancel_cuts_a_query_that_hangs(api: Api) {
    let shop = Shop::open_on(api);
    let till = shop.till_with("answer_timeout = \"1500ms\"", "answer_timeout = \"60s\"");
    let sale = shop.sale(Scenario::PasswordNever);
    // The first query is never answered; without the cut the call would hang for a minute a host.
    let hang = FaultKind::DelayAfter { ms: 600_000 };
    shop.simulator
        .fault(Fault::once(Operation::Orderquery, hang));
    let outcome = cancelled_when(&shop, &till, &sale, || {
        shop.count(&sale, Operation::Orderquery) == 1
    });
    assert_eq!(outcome.status(), REVERSED, "{outcome:?}");
}

fn a_payment_seen_after_the_cancel_and_before_the_reverse_wins(api: Api) {
    let shop = Shop::open_on(api);
    let till = shop.till();
    let sale = shop.sale(Scenario::PasswordNever);
    let outcome = cancelled_when(&shop, &till, &sale, || {
        let typing = shop.count(&sale, Operation::Orderquery) >= 1;
        typing
            && shop
                .simulator
                .payer(&sale.out_trade_no, PayerAction::Pay)
                .is_ok()
    });
    assert_eq!(outcome.status(), OK, "{outcome:?}");
}

fn a_cancel_while_reversing_changes_nothing(api: Api) {
    let shop = Shop::open_on(api);
    let till = shop.till();
    let sale = shop.sale(Scenario::Recall);
    let outcome = cancelled_when(&shop, &till, &sale, || {
        shop.count(&sale, Operation::Reverse) >= 1
    });
    assert_eq!(outcome.status(), REVERSED, "{outcome:?}");
}

fn a_till_without_threads_cancels_from_its_event_callback(api: Api) {
    let shop = Shop::open_on(api);
    let till = Arc::new(shop.till());
    let sale = shop.sale(Scenario::PasswordNever);
    let (events, seen) = mpsc::channel();
    // Weak, so that the callback does not keep the client that keeps the callback.
    let caller = Arc::downgrade(&till);
    till.on_event(move |event, out_trade_no, remaining_ms| {
        assert!(remaining_ms >= 0);
        events.send(event).unwrap();
        if event == QUERYING
            && let Some(till) = caller.upgrade()
        {
            assert_eq!(till.cancel(out_trade_no).status(), OK);
        }
    });
    let outcome = till.micropay(&sale.request());
    assert_eq!(outcome.status(), REVERSED, "{outcome:?}");
    shop.agrees(&sale, &outcome);
    let events: Vec<i32> = seen.try_iter().collect();
    assert_eq!(events.first(), Some(&SUBMITTING));
    assert_eq!(events.last(), Some(&DONE));
    assert!(
        events.contains(&QUERYING) && events.contains(&REVERSING),
        "{events:?}"
    );
}

fn closing_the_client_ends_every_call_and_what_may_have_been_charged_stays_open(api: Api) {
    let shop = Shop::open_on(api);
    let till = shop.till();
    let typing = shop.sale(Scenario::PasswordNever);
    let mut task = till.start(&typing.request()).unwrap();
    while shop.count(&typing, Operation::Orderquery) == 0 {
        assert_eq!(task.wait(1).status(), RUNNING);
    }
    drop(till);
    let outcome = task.wait(-1);
    assert_eq!(outcome.status(), UNKNOWN, "{outcome:?}");
    assert_eq!(outcome.get("reversal").as_deref(), Some("required"));
    let recovery = shop.till().recover();
    assert_eq!(recovery.status(), OK, "{recovery:?}");
    assert_eq!(shop.simulator.net_charged(&typing.out_trade_no), 0);
}

fn closing_the_client_before_a_byte_has_left_is_no_charge_and_the_number_stays_free(api: Api) {
    let shop = Shop::open_on(api);
    for host in 0..2 {
        shop.simulator.set_host(host, HostState::Hang).unwrap();
    }
    let till = shop.till_with("connect_timeout = \"2000ms\"", "connect_timeout = \"60s\"");
    let sale = shop.sale(Scenario::Paid);
    let submitting = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&submitting);
    till.on_event(move |_, _, _| seen.store(true, Ordering::SeqCst));
    let mut task = till.start(&sale.request()).unwrap();
    while !submitting.load(Ordering::SeqCst) {
        common::pause(5);
    }
    drop(till);
    let outcome = task.wait(-1);
    assert_eq!(outcome.status(), E_CLOSED, "{outcome:?}");
    for host in 0..2 {
        shop.simulator.set_host(host, HostState::Up).unwrap();
    }
    let outcome = shop.till().micropay(&sale.request());
    assert_eq!(
        (outcome.status(), outcome.get_int("replayed")),
        (OK, Some(0)),
        "{outcome:?}"
    );
    shop.agrees(&sale, &outcome);
}

fn a_result_outlives_its_client_and_a_freed_task_goes_on(api: Api) {
    let shop = Shop::open_on(api);
    let till = shop.till();
    let kept = shop.sale(Scenario::Paid);
    let outcome = till.micropay(&kept.request());
    let freed = shop.sale(Scenario::PasswordPaid);
    drop(till.start(&freed.request()).unwrap());
    while shop.simulator.net_charged(&freed.out_trade_no) == 0 {
        common::pause(5);
    }
    // Nobody has fetched its outcome, so a recovery tells it.
    let recovery = loop {
        let recovery = till.recover();
        if recovery.json()["orders"]
            .as_array()
            .is_some_and(|orders| !orders.is_empty())
        {
            break recovery;
        }
    };
    assert_eq!(recovery.json()["orders"][0]["status"], OK, "{recovery:?}");
    drop(till);
    assert_eq!(outcome.status(), OK);
    assert!(outcome.get("transaction_id").is_some());
}
