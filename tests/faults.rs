//! Every fault of the simulator on every operation, and hosts that come and go: what the till is
//! told agrees with the ledger, and a charge is sent once.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::on_every_gateway;
use common::shop::{FEE, Sale, Shop, quick_on};
use common::{
    Client, DECLINED, E_DUPLICATE, E_NETWORK, NOT_FOUND, OK, Outcome, REVERSED, RUNNING, Task,
    UNKNOWN, each, turn,
};
use wxpay_simulator::{
    Api, Fault, FaultKind, HostState, Operation, PayerAction, PolicyNumbers, Scenario, Settings,
    State, Timing,
};

on_every_gateway! {
    every_fault_of_every_operation_ends_as_the_ledger_says,
    an_answer_lost_after_the_order_was_booked_ends_as_paid_or_reversed_never_as_declined,
    with_every_host_down_nothing_is_charged_and_the_same_number_may_be_tried_again,
    with_every_host_down_after_the_charge_the_sale_is_unknown_until_one_is_back,
    an_answer_just_before_or_after_the_time_out_changes_nothing_about_the_truth,
    a_charge_that_is_booked_after_it_was_reversed_is_reversed_again,
    a_query_that_lags_behind_the_charge_is_not_believed_too_early,
    an_earlier_orders_reply_is_never_taken_for_this_sale,
    a_clock_that_is_a_day_off_makes_nobody_elses_sale_of_this_one,
    a_gateway_whose_clock_is_set_between_two_sales_makes_nobody_elses_sale_of_the_second,
    a_till_that_never_learned_the_time_of_a_sale_recovers_it_by_the_gateways_clock,
    a_payer_who_pays_between_the_last_look_and_the_reverse_gets_the_money_back;
    // Fubei has one address.
    wechat: with_the_first_host_down_the_second_serves,
    a_host_that_goes_down_after_the_charge_leaves_the_queries_to_the_other,
    answers_that_only_one_host_loses_come_from_the_other,
}

const DAY: i64 = 86_400;

/// What a till is told of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Paid,
    Reversed,
    /// Left alone: the gateway says that it was paid before this sale began.
    Foreign,
    /// Left alone: paid, but not what was asked.
    Conflict,
    /// Unknown, until a recovery undoes it once the fault is over.
    Open,
}

/// The one request that charges has this fault; everything after it works.
fn of_a_faulty_charge(_: Api, kind: &FaultKind) -> Ending {
    use FaultKind as F;
    match kind {
        // Nothing was booked, so there is nothing to find; it is undone to be sure.
        F::DropBefore
        | F::Http {
            executed: false, ..
        }
        | F::Redirect { executed: false }
        | F::Error {
            executed: false, ..
        }
        | F::ReturnFail { executed: false }
        | F::RecallY { .. }
        | F::EmptySuccess => Ending::Reversed,
        // It was booked, and a query finds it.
        F::DropAfter
        | F::DelayBefore { .. }
        | F::DelayAfter { .. }
        | F::Http { executed: true, .. }
        | F::Redirect { executed: true }
        | F::Error { executed: true, .. }
        | F::ReturnFail { executed: true }
        | F::TradeState { .. }
        | F::Garbage
        | F::Empty
        | F::Truncated
        | F::MissingSign
        | F::WrongSign
        | F::WrongAmount
        | F::ForeignOrder
        | F::ForeignMerchant
        | F::OldTimeEnd { .. }
        | F::Doctype
        | F::DuplicateElement
        | F::Huge { .. }
        | F::Slow { .. }
        | F::Close
        | F::CloseUnannounced => Ending::Paid,
        // Of APIv3 alone.
        F::SignProbe | F::OldTimestamp { .. } | F::Replay | F::UnknownSerial | F::MissingSerial => {
            Ending::Paid
        }
        // Of Fubei alone: unreadable, as in its own sample.
        F::MissingComma => Ending::Paid,
        // See tests/hostile/.
        F::Hostile { .. } => Ending::Paid,
    }
}

/// The answer to the charge is lost after it was booked, and the first query has this fault.
fn of_a_faulty_first_query(_: Api, kind: &FaultKind) -> Ending {
    use FaultKind as F;
    match kind {
        // Rightly signed statements about this very order are believed.
        F::WrongAmount => Ending::Conflict,
        F::OldTimeEnd { .. } => Ending::Foreign,
        F::DropBefore
        | F::DropAfter
        | F::DelayBefore { .. }
        | F::DelayAfter { .. }
        | F::Http { .. }
        | F::Redirect { .. }
        | F::Error { .. }
        | F::ReturnFail { .. }
        | F::RecallY { .. }
        | F::EmptySuccess
        | F::TradeState { .. }
        | F::Garbage
        | F::Empty
        | F::Truncated
        | F::MissingSign
        | F::WrongSign
        | F::ForeignOrder
        | F::ForeignMerchant
        | F::Doctype
        | F::DuplicateElement
        | F::Huge { .. }
        | F::Slow { .. }
        | F::Close
        | F::CloseUnannounced => Ending::Paid,
        // Of APIv3 alone.
        F::SignProbe | F::OldTimestamp { .. } | F::Replay | F::UnknownSerial | F::MissingSerial => {
            Ending::Paid
        }
        // Of Fubei alone: unreadable, as in its own sample.
        F::MissingComma => Ending::Paid,
        F::Hostile { .. } => Ending::Paid,
    }
}

/// The same, and every query has the fault.
fn of_faulty_queries(api: Api, kind: &FaultKind) -> Ending {
    use FaultKind as F;
    match kind {
        // Its answers are not signed, and those to a merchant do not name him.
        F::MissingSign | F::WrongSign | F::ForeignMerchant if api == Api::Fubei => Ending::Paid,
        F::DelayBefore { .. } | F::DelayAfter { .. } | F::Close | F::CloseUnannounced => {
            Ending::Paid
        }
        F::WrongAmount => Ending::Conflict,
        F::OldTimeEnd { .. } => Ending::Foreign,
        F::DropBefore
        | F::DropAfter
        | F::Http { .. }
        | F::Redirect { .. }
        | F::Error { .. }
        | F::ReturnFail { .. }
        | F::RecallY { .. }
        | F::EmptySuccess
        | F::TradeState { .. }
        | F::Garbage
        | F::Empty
        | F::Truncated
        | F::MissingSign
        | F::WrongSign
        | F::ForeignOrder
        | F::ForeignMerchant
        | F::Doctype
        | F::DuplicateElement
        | F::Huge { .. }
        | F::Slow { .. } => Ending::Open,
        // Of APIv3 alone.
        F::SignProbe | F::OldTimestamp { .. } | F::Replay | F::UnknownSerial | F::MissingSerial => {
            Ending::Open
        }
        // Of Fubei alone.
        F::MissingComma => Ending::Open,
        F::Hostile { .. } => Ending::Open,
    }
}

/// The payer never types the password, and every reverse has this fault.
fn of_faulty_reverses(api: Api, kind: &FaultKind) -> Ending {
    use FaultKind as F;
    match kind {
        // Here as well.
        F::MissingSign | F::WrongSign | F::ForeignMerchant if api == Api::Fubei => Ending::Reversed,
        // APIv3 and Fubei say which order it was.
        F::ForeignOrder if api != Api::V2 => Ending::Open,
        // It signs an empty body, too, as abroad; what it says is confirmed by a query.
        F::Empty if api == Api::V3 => Ending::Reversed,
        // The answer is readable all the same: it has no amount, time or order to be wrong about.
        F::DelayBefore { .. }
        | F::DelayAfter { .. }
        | F::TradeState { .. }
        | F::WrongAmount
        | F::ForeignOrder
        | F::OldTimeEnd { .. }
        | F::Close
        | F::CloseUnannounced => Ending::Reversed,
        F::DropBefore
        | F::DropAfter
        | F::Http { .. }
        | F::Redirect { .. }
        | F::Error { .. }
        | F::ReturnFail { .. }
        | F::RecallY { .. }
        | F::EmptySuccess
        | F::Garbage
        | F::Empty
        | F::Truncated
        | F::MissingSign
        | F::WrongSign
        | F::ForeignMerchant
        | F::Doctype
        | F::DuplicateElement
        | F::Huge { .. }
        | F::Slow { .. } => Ending::Open,
        // Of APIv3 alone.
        F::SignProbe | F::OldTimestamp { .. } | F::Replay | F::UnknownSerial | F::MissingSerial => {
            Ending::Open
        }
        // Of Fubei alone.
        F::MissingComma => Ending::Open,
        F::Hostile { .. } => Ending::Open,
    }
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

/// So many at once need some patience on a busy machine.
fn patient(shop: &Shop, answer_timeout: u64) -> Client {
    let numbers = PolicyNumbers {
        window: 6_000,
        reverse_budget: 12_000,
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
    each(&cases, |(sale, fault, ending)| {
        let outcome = pay(&shop, &till, sale);
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

fn with_the_first_host_down_the_second_serves(api: Api) {
    each(&[HostState::Down, HostState::Hang], |&state| {
        let shop = Shop::open_on(api);
        let till = shop.till();
        shop.simulator.set_host(0, state).unwrap();
        let cases = [
            (Scenario::Paid, OK),
            (Scenario::PasswordPaid, OK),
            (Scenario::AnswerLost, OK),
            (Scenario::NotEnough, DECLINED),
            (Scenario::PasswordNever, REVERSED),
        ];
        each(&cases, |(scenario, status)| {
            let sale = shop.sale(*scenario);
            let outcome = pay(&shop, &till, &sale);
            assert_eq!(
                outcome.status(),
                *status,
                "{state:?} {scenario:?}: {outcome:?}"
            );
            assert_eq!(outcome.get("host").as_ref(), shop.simulator.hosts().get(1));
            assert_eq!(shop.count(&sale, Operation::Micropay), 1);
        });
        assert!(
            shop.simulator
                .requests()
                .iter()
                .all(|request| request.host == 1)
        );
    });
}

fn with_every_host_down_nothing_is_charged_and_the_same_number_may_be_tried_again(api: Api) {
    each(&[HostState::Down, HostState::Hang], |&state| {
        let shop = Shop::open_on(api);
        let till = shop.till_with(
            "connect_timeout = \"2000ms\"",
            "connect_timeout = \"900ms\"",
        );
        let sale = shop.sale(Scenario::Paid);
        for host in [0, 1] {
            shop.simulator.set_host(host, state).unwrap();
        }
        let tries = if state == HostState::Down { 2 } else { 1 };
        for _ in 0..tries {
            let outcome = pay(&shop, &till, &sale);
            assert_eq!(outcome.status(), E_NETWORK, "{state:?}: {outcome:?}");
            for host in shop.hosts() {
                assert!(
                    outcome.message().contains(&host),
                    "{host} is not named: {outcome:?}"
                );
            }
        }
        assert!(shop.simulator.requests().is_empty());
        assert_eq!(till.query(&sale.out_trade_no).status(), E_NETWORK);

        let last = shop.hosts().len() - 1;
        shop.simulator.set_host(last, HostState::Up).unwrap();
        assert_eq!(till.query(&sale.out_trade_no).status(), NOT_FOUND);
        let outcome = pay(&shop, &till, &sale);
        assert_eq!(outcome.status(), OK, "{state:?}: {outcome:?}");
        assert_eq!(outcome.get_int("replayed"), Some(0));
    });
}

/// Starts sales and waits until the gateway has heard of each.
fn start_all<const N: usize>(shop: &Shop, till: &Client, sales: &[Sale; N]) -> [Task; N] {
    let mut tasks = sales
        .each_ref()
        .map(|sale| till.start(&sale.request()).expect("it starts"));
    for (sale, task) in sales.iter().zip(&mut tasks) {
        while shop
            .order(sale)
            .is_none_or(|order| order.state == State::Absent)
        {
            let outcome = task.wait(5);
            assert_eq!(outcome.status(), RUNNING, "{outcome:?}");
        }
    }
    tasks
}

fn a_host_that_goes_down_after_the_charge_leaves_the_queries_to_the_other(api: Api) {
    let shop = Shop::open_on(api);
    let till = shop.till();
    let sales = [
        Scenario::PasswordPaid,
        Scenario::AnswerDelayed,
        Scenario::PasswordNever,
    ]
    .map(|scenario| shop.sale(scenario));
    let tasks = start_all(&shop, &till, &sales);
    shop.simulator.set_host(0, HostState::Down).unwrap();
    for ((sale, mut task), status) in sales.iter().zip(tasks).zip([OK, OK, REVERSED]) {
        let outcome = task.wait(-1);
        assert_eq!(outcome.status(), status, "{outcome:?}");
        shop.agrees(sale, &outcome);
        sent_once(&shop, sale);
    }
}

fn with_every_host_down_after_the_charge_the_sale_is_unknown_until_one_is_back(api: Api) {
    let shop = Shop::open_on(api);
    let till = hasty(&shop);
    let sales = [
        Scenario::PasswordPaid,
        Scenario::PasswordNever,
        Scenario::AnswerDelayed,
    ]
    .map(|scenario| shop.sale(scenario));
    let mut tasks = start_all(&shop, &till, &sales);
    for host in [0, 1] {
        shop.simulator.set_host(host, HostState::Down).unwrap();
    }
    for (sale, task) in sales.iter().zip(&mut tasks) {
        let outcome = task.wait(-1);
        assert_eq!(outcome.status(), UNKNOWN, "{outcome:?}");
        assert_eq!(
            outcome.get("reversal").as_deref(),
            Some("required"),
            "{outcome:?}"
        );
        shop.agrees(sale, &outcome);
    }
    let unreachable = till.recover();
    assert_eq!(unreachable.status(), UNKNOWN, "{unreachable:?}");
    assert_eq!(unreachable.get_int("open"), Some(3), "{unreachable:?}");

    shop.simulator.set_host(0, HostState::Up).unwrap();
    let recovered = till.recover();
    assert_eq!(recovered.status(), OK, "{recovered:?}");
    for sale in &sales {
        let told = recovered.json()["orders"].clone();
        let told = told
            .as_array()
            .unwrap()
            .iter()
            .find(|o| o["out_trade_no"] == *sale.out_trade_no);
        let charged = if told.unwrap()["status"] == OK {
            FEE
        } else {
            0
        };
        assert_eq!(
            shop.simulator.net_charged(&sale.out_trade_no),
            charged,
            "{recovered:?}"
        );
        sent_once(&shop, sale);
    }
}

fn answers_that_only_one_host_loses_come_from_the_other(api: Api) {
    each(&[FaultKind::DropAfter, FaultKind::Truncated], |kind| {
        let shop = Shop::open_on(api);
        let till = shop.till();
        for operation in [
            Operation::Micropay,
            Operation::Orderquery,
            Operation::Reverse,
        ] {
            shop.simulator
                .fault(Fault::always(operation, kind.clone()).on_host(0));
        }
        let cases = [
            (Scenario::Paid, OK),
            (Scenario::PasswordPaid, OK),
            (Scenario::PasswordFailed, REVERSED),
            (Scenario::PasswordNever, REVERSED),
            (Scenario::NotEnough, REVERSED),
            (Scenario::QueryForeign, E_DUPLICATE),
        ];
        each(&cases, |(scenario, status)| {
            let sale = shop.sale(*scenario);
            let outcome = pay(&shop, &till, &sale);
            assert_eq!(
                outcome.status(),
                *status,
                "{kind:?} {scenario:?}: {outcome:?}"
            );
        });
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

/// What these scenarios end as when all clocks are right.
const WHATEVER_THE_CLOCKS_SAY: [(Scenario, i32); 7] = [
    (Scenario::Paid, OK),
    (Scenario::PasswordPaid, OK),
    (Scenario::AnswerLost, OK),
    (Scenario::SystemErrorBooked, OK),
    (Scenario::RefusedButPaid, OK),
    (Scenario::LateByQueries, OK),
    (Scenario::QueryForeign, E_DUPLICATE),
];

fn play_with_clocks(shop: &Shop, till: &Client, skew: i64) {
    each(&WHATEVER_THE_CLOCKS_SAY, |(scenario, status)| {
        let sale = shop.sale(*scenario);
        let outcome = pay(shop, till, &sale);
        assert_eq!(
            outcome.status(),
            *status,
            "{skew}, {scenario:?}: {outcome:?}"
        );
    });
}

fn a_clock_that_is_a_day_off_makes_nobody_elses_sale_of_this_one(api: Api) {
    // Whether the gateway's clock is a day ahead or the till's a day behind is the same.
    each(&[-DAY, -3_600, 3_600, DAY], |&skew| {
        let shop = Shop::with(Settings {
            skew_seconds: skew,
            ..quick_on(api)
        });
        let till = shop.till();
        play_with_clocks(&shop, &till, skew);
        // Now the till knows the gateway's time beforehand.
        play_with_clocks(&shop, &till, skew);
    });
}

fn a_gateway_whose_clock_is_set_between_two_sales_makes_nobody_elses_sale_of_the_second(api: Api) {
    let shop = Shop::open_on(api);
    let till = shop.till();
    // What APIv3 signs carries the time, and a time of long ago is a replay: see `tests/v3/clocks.rs`.
    let skews = match api {
        Api::V2 | Api::Fubei => [DAY, 0, -DAY, 0],
        Api::V3 => [3_600, DAY, 2 * DAY, 30 * DAY],
    };
    for skew in skews {
        shop.simulator.set_skew(skew);
        play_with_clocks(&shop, &till, skew);
    }
}

fn a_till_that_never_learned_the_time_of_a_sale_recovers_it_by_the_gateways_clock(api: Api) {
    each(&[-DAY, DAY], |&skew| {
        let shop = Shop::with(Settings {
            skew_seconds: skew,
            ..quick_on(api)
        });
        let sale = shop.sale(Scenario::AnswerLost);
        let drop = Fault::always(Operation::Orderquery, FaultKind::DropBefore);
        shop.simulator.fault(drop);
        shop.simulator
            .fault(Fault::always(Operation::Reverse, FaultKind::DropBefore));
        let outcome = pay(&shop, &hasty(&shop), &sale);
        assert_eq!(outcome.status(), UNKNOWN, "{outcome:?}");
        shop.simulator.clear_faults();
        // A paid order that may have been reversed is reversed, never called somebody else's.
        let recovered = shop.till().recover();
        assert_eq!(recovered.status(), OK, "{recovered:?}");
        assert_eq!(
            recovered.get_int("orders.0.status"),
            Some(REVERSED.into()),
            "{recovered:?}"
        );
        assert_eq!(shop.simulator.net_charged(&sale.out_trade_no), 0);
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
