//! Every fault of the simulator on every operation, and hosts that come and go: what the till is
//! told agrees with the ledger, and a charge is sent once.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../common/mod.rs"]
mod common;

mod clocks;
mod endings;
mod hosts;

use std::sync::{Arc, Mutex};

use common::on_every_gateway;
use common::shop::{FEE, Sale, Shop, quick_on};
use common::{
    Client, DECLINED, E_DUPLICATE, E_NETWORK, NOT_FOUND, OK, Outcome, REVERSED, RUNNING, Task,
    UNKNOWN, each, turn,
};
use endings::{
    Ending, of_a_faulty_charge, of_a_faulty_first_query, of_faulty_queries, of_faulty_reverses,
};
use wxpay_simulator::{
    Api, Fault, FaultKind, HostState, Operation, PayerAction, PolicyNumbers, Scenario, Settings,
    State, Timing,
};

on_every_gateway! {
    every_fault_of_every_operation_ends_as_the_ledger_says,
    an_answer_lost_after_the_order_was_booked_ends_as_paid_or_reversed_never_as_declined,
    an_answer_just_before_or_after_the_time_out_changes_nothing_about_the_truth,
    a_charge_that_is_booked_after_it_was_reversed_is_reversed_again,
    a_query_that_lags_behind_the_charge_is_not_believed_too_early,
    an_earlier_orders_reply_is_never_taken_for_this_sale,
    a_payer_who_pays_between_the_last_look_and_the_reverse_gets_the_money_back,
    a_request_that_fails_is_logged_with_the_number_of_its_order,
}

/// One of each kind, and what else a kind can do.
fn kinds(api: Api) -> Vec<FaultKind> {
    let mut kinds = FaultKind::examples();
    match api {
        Api::V2 => {}
        Api::V3 => kinds.extend(FaultKind::v3_examples()),
        Api::Fubei => kinds.extend(FaultKind::fubei_examples()),
    }
    kinds.extend([
        FaultKind::Http {
            status: 500,
            executed: true,
        },
        FaultKind::Http {
            status: 202,
            executed: false,
        },
        FaultKind::Http {
            status: 200,
            executed: true,
        },
        FaultKind::Redirect { executed: true },
        FaultKind::Error {
            err_code: "BANKERROR".into(),
            executed: true,
        },
        FaultKind::ReturnFail { executed: true },
        FaultKind::RecallY { success: true },
    ]);
    kinds
}

/// A till that soon gives up what cannot be undone.
fn hasty(shop: &Shop) -> Client {
    shop.till_with("reverse_budget = \"3000ms\"", "reverse_budget = \"1000ms\"")
}

fn pay(shop: &Shop, till: &Client, sale: &Sale) -> Outcome {
    let outcome = till.micropay(&sale.request());
    shop.agrees(sale, &outcome);
    sent_once(shop, sale);
    outcome
}

#[track_caller]
fn sent_once(shop: &Shop, sale: &Sale) {
    assert!(
        shop.count(sale, Operation::Micropay) <= 1,
        "{sale:?}: sent twice"
    );
}

#[track_caller]
fn check(shop: &Shop, sale: &Sale, outcome: &Outcome, ending: Ending, fault: &Fault) {
    let context = format!("{fault:?}: {outcome:?}\nledger: {:?}", shop.order(sale));
    let (status, reversal) = match ending {
        Ending::Paid => (OK, "none"),
        Ending::Reversed => (REVERSED, "completed"),
        Ending::Foreign => (E_DUPLICATE, "none"),
        Ending::Conflict => (UNKNOWN, "none"),
        Ending::Open => (UNKNOWN, "required"),
    };
    assert_eq!(outcome.status(), status, "{context}");
    assert_eq!(
        outcome.get("reversal").as_deref(),
        Some(reversal),
        "{context}"
    );
    if matches!(ending, Ending::Foreign | Ending::Conflict) {
        let reverses = shop.order(sale).map_or(0, |order| order.reverses);
        assert_eq!(
            reverses, 0,
            "undone, although it is not for the till to undo: {context}"
        );
    }
}

/// So many at once need some patience on a busy machine, and ask less often: each question of a
/// crowd takes a connection of its own.
fn patient(shop: &Shop, answer_timeout: u64) -> Client {
    let numbers = PolicyNumbers {
        query_interval: 500,
        window: 6_000,
        reverse_budget: 12_000,
        reverse_interval: 300,
        confirm_interval: 500,
        connect_timeout: 10_000,
        answer_timeout,
        ..PolicyNumbers::quick()
    };
    Client::open_toml(shop.config_with(numbers)).expect("the configuration is complete")
}

fn every_fault_of_every_operation_ends_as_the_ledger_says(api: Api) {
    let _turn = turn();
    type Expected = fn(Api, &FaultKind) -> Ending;
    type Occurs = fn(Operation, FaultKind) -> Fault;
    let plays: [(Scenario, Operation, Occurs, Expected); 5] = [
        (
            Scenario::Paid,
            Operation::Micropay,
            Fault::once,
            of_a_faulty_charge,
        ),
        (
            Scenario::AnswerLost,
            Operation::Orderquery,
            Fault::once,
            of_a_faulty_first_query,
        ),
        (
            Scenario::AnswerLost,
            Operation::Orderquery,
            Fault::always,
            of_faulty_queries,
        ),
        (
            Scenario::PasswordNever,
            Operation::Reverse,
            Fault::once,
            |_, _| Ending::Reversed,
        ),
        (
            Scenario::PasswordNever,
            Operation::Reverse,
            Fault::always,
            of_faulty_reverses,
        ),
    ];
    let shop = Shop::open_on(api);
    let till = patient(&shop, 3_000);
    // Leaves an answer to each operation for a replay.
    let first = shop.sale(Scenario::PasswordNever);
    assert_eq!(pay(&shop, &till, &first).status(), REVERSED);
    let mut cases = Vec::new();
    for (scenario, operation, occurs, expected) in plays {
        for kind in kinds(api) {
            let sale = shop.sale(scenario);
            let ending = expected(api, &kind);
            let fault = occurs(operation, kind).for_order(&sale.out_trade_no);
            shop.simulator.fault(fault.clone());
            cases.push((sale, fault, ending));
        }
    }
    // Those that take longest begin first.
    cases.sort_by_key(|(_, _, ending)| *ending != Ending::Open);
    each(&cases, |(sale, fault, ending)| {
        // The next charge of the same till may just be going down the connection that this ends.
        let alone = (fault.kind == FaultKind::CloseUnannounced).then(|| patient(&shop, 3_000));
        let outcome = pay(&shop, alone.as_ref().unwrap_or(&till), sale);
        check(&shop, sale, &outcome, *ending, fault);
    });
    shop.simulator.clear_faults();
    let open: Vec<_> = cases
        .iter()
        .filter(|(_, _, ending)| *ending == Ending::Open)
        .collect();
    let recovered = till.recover();
    assert_eq!(recovered.status(), OK, "{recovered:?}");
    let told = recovered.json()["orders"].as_array().unwrap().len();
    assert_eq!(told, open.len(), "{recovered:?}");
    for (sale, fault, _) in open {
        let outcome = till.query(&sale.out_trade_no);
        // An order whose last query took all the time there was for undoing it was never reversed.
        assert!(
            [OK, REVERSED].contains(&outcome.status()),
            "{fault:?}: {outcome:?}"
        );
        shop.agrees(sale, &outcome);
        sent_once(&shop, sale);
    }
}

fn an_answer_lost_after_the_order_was_booked_ends_as_paid_or_reversed_never_as_declined(api: Api) {
    let shop = Shop::open_on(api);
    let till = shop.till();
    let query = |kind: FaultKind| Fault::once(Operation::Orderquery, kind);
    let error = |err_code: &'static str| FaultKind::Error {
        err_code: err_code.into(),
        executed: true,
    };
    let mut cases = Vec::new();
    // The payer is asked for nothing, pays, fails, or never answers; after that, the queries work,
    // fail a few times, or lie about the order's existence.
    for (scenario, status) in [
        (Scenario::Paid, OK),
        (Scenario::PasswordPaid, OK),
        (Scenario::LateByQueries, OK),
        (Scenario::LateByTime, OK),
        (Scenario::PasswordFailed, REVERSED),
        (Scenario::PasswordNever, REVERSED),
    ] {
        let later = [
            vec![],
            vec![query(FaultKind::DropAfter).times(3)],
            vec![query(FaultKind::MissingSign).times(2)],
            vec![query(error("ORDERNOTEXIST")).times(2)],
            vec![query(error("SYSTEMERROR")).times(2)],
            vec![query(FaultKind::TradeState {
                trade_state: "NOTPAY".into(),
            })],
        ];
        cases.extend(later.map(|faults| (shop.sale(scenario), status, faults)));
    }
    // No query ever finds the order: it is undone, whether it was paid or not.
    let blind = vec![Fault::always(Operation::Orderquery, error("ORDERNOTEXIST"))];
    cases.push((shop.sale(Scenario::Paid), REVERSED, blind));
    for (sale, _, faults) in &cases {
        let lost = Fault::once(Operation::Micropay, FaultKind::DropAfter);
        shop.simulator.fault(lost.for_order(&sale.out_trade_no));
        for fault in faults {
            shop.simulator
                .fault(fault.clone().for_order(&sale.out_trade_no));
        }
    }
    each(&cases, |(sale, status, faults)| {
        let outcome = pay(&shop, &till, sale);
        assert_ne!(outcome.status(), DECLINED, "{outcome:?}");
        assert_eq!(
            outcome.status(),
            *status,
            "{faults:?}: {outcome:?}\n{:?}",
            shop.order(sale)
        );
        assert_eq!(shop.count(sale, Operation::Micropay), 1, "{faults:?}");
        let charged = if *status == OK { FEE } else { 0 };
        assert_eq!(
            shop.simulator.net_charged(&sale.out_trade_no),
            charged,
            "{faults:?}"
        );
    });
}

fn an_answer_just_before_or_after_the_time_out_changes_nothing_about_the_truth(api: Api) {
    let shop = Shop::open_on(api);
    let till = patient(&shop, 1_500);
    let mut cases = Vec::new();
    for ms in [1_400, 1_490, 1_500, 1_510, 1_600, 1_900] {
        for kind in [FaultKind::DelayBefore { ms }, FaultKind::DelayAfter { ms }] {
            cases.push((shop.sale(Scenario::Paid), Operation::Micropay, kind.clone()));
            cases.push((
                shop.sale(Scenario::AnswerLost),
                Operation::Orderquery,
                kind.clone(),
            ));
            cases.push((shop.sale(Scenario::PasswordNever), Operation::Reverse, kind));
        }
    }
    each(&cases, |(sale, operation, kind)| {
        let fault = Fault::once(*operation, kind.clone()).for_order(&sale.out_trade_no);
        shop.simulator.fault(fault.clone());
        let outcome = pay(&shop, &till, sale);
        let undone = *operation == Operation::Reverse;
        let ending = if undone {
            Ending::Reversed
        } else {
            Ending::Paid
        };
        check(&shop, sale, &outcome, ending, &fault);
    });
}

fn a_charge_that_is_booked_after_it_was_reversed_is_reversed_again(api: Api) {
    let shop = Shop::open_on(api);
    let sale = shop.sale(Scenario::Paid);
    let late = Fault::once(Operation::Micropay, FaultKind::DelayBefore { ms: 3_000 });
    shop.simulator.fault(late);
    let outcome = pay(&shop, &shop.till(), &sale);
    assert_eq!(outcome.status(), REVERSED, "{outcome:?}");
    let order = shop.order(&sale).unwrap();
    assert_eq!((order.charges, order.net_fen), (1, 0), "{order:?}");
    assert!(order.reverses > 1, "{order:?}");
}

fn a_query_that_lags_behind_the_charge_is_not_believed_too_early(api: Api) {
    let shop = Shop::open_on(api);
    let till = shop.till();
    let cases: Vec<_> = (0..5)
        .map(|queries| (shop.sale(Scenario::AnswerLost), queries))
        .collect();
    for (sale, queries) in &cases {
        let kind = FaultKind::Error {
            err_code: "ORDERNOTEXIST".into(),
            executed: true,
        };
        let lag = Fault::once(Operation::Orderquery, kind).times(*queries);
        shop.simulator.fault(lag.for_order(&sale.out_trade_no));
    }
    each(&cases, |(sale, queries)| {
        let outcome = pay(&shop, &till, sale);
        assert_eq!(outcome.status(), OK, "{queries}: {outcome:?}");
    });
}

fn an_earlier_orders_reply_is_never_taken_for_this_sale(api: Api) {
    let shop = Shop::open_on(api);
    let till = hasty(&shop);
    let cases: Vec<_> = [
        // The reply to the charge, then honest queries.
        (Scenario::PasswordNever, vec![Operation::Micropay], REVERSED),
        (Scenario::Paid, vec![Operation::Micropay], OK),
        // The replies to everything.
        (
            Scenario::Paid,
            vec![Operation::Micropay, Operation::Orderquery],
            UNKNOWN,
        ),
    ]
    .into_iter()
    .map(|(scenario, operations, status)| (shop.sale(scenario), operations, status))
    .collect();
    for (sale, operations, _) in &cases {
        for operation in operations {
            let fault = Fault::always(*operation, FaultKind::ForeignOrder);
            shop.simulator.fault(fault.for_order(&sale.out_trade_no));
        }
    }
    each(&cases, |(sale, operations, status)| {
        let outcome = pay(&shop, &till, sale);
        assert_eq!(outcome.status(), *status, "{operations:?}: {outcome:?}");
    });
}

fn a_payer_who_pays_between_the_last_look_and_the_reverse_gets_the_money_back(api: Api) {
    let timing = Timing {
        password_ms: 60_000,
        ..quick_on(api).timing
    };
    let shop = Shop::with(Settings {
        timing,
        ..quick_on(api)
    });
    let sale = shop.sale(Scenario::PasswordPaid);
    let before = FaultKind::DelayBefore { ms: 700 };
    shop.simulator
        .fault(Fault::once(Operation::Reverse, before));
    let till = shop.till();
    let mut task = till.start(&sale.request()).unwrap();
    while shop.order(&sale).is_none_or(|order| order.reverses == 0) {
        task.wait(5);
    }
    shop.simulator
        .payer(&sale.out_trade_no, PayerAction::Pay)
        .unwrap();
    let outcome = task.wait(-1);
    assert_eq!(outcome.status(), REVERSED, "{outcome:?}");
    shop.agrees(&sale, &outcome);
    let order = shop.order(&sale).unwrap();
    assert_eq!(
        (order.charged_fen, order.refunded_fen),
        (FEE, FEE),
        "{order:?}"
    );
}

fn a_request_that_fails_is_logged_with_the_number_of_its_order(api: Api) {
    let shop = Shop::open_on(api);
    let till = shop.till();
    let lines = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&lines);
    till.on_log(2, move |_, line| {
        let line = String::from_utf8_lossy(line).into_owned();
        seen.lock().unwrap().push(line);
    });
    let sale = shop.sale(Scenario::Paid);
    shop.simulator
        .fault(Fault::once(Operation::Micropay, FaultKind::DropAfter));
    assert_eq!(pay(&shop, &till, &sale).status(), OK);
    let lines = lines.lock().unwrap();
    let failed: Vec<_> = lines
        .iter()
        .filter(|line| line.contains("failed after sending"))
        .collect();
    assert_eq!(failed.len(), 1, "{lines:?}");
    assert!(failed[0].starts_with(&sale.out_trade_no), "{failed:?}");
}
