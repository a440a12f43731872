//! Mistakes that payment software is known for, one test each, through the C functions.
//! `docs/testing.md` says where the other ones are tested.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::thread;

use common::on_every_gateway;
use common::shop::{FEE, Sale, Shop, quick_for, quick_on};
use common::{
    Client, DECLINED, E_CLOSED, E_DUPLICATE, E_FORGED, E_NETWORK, NOT_FOUND, OK, Outcome, REVERSED,
    Request, UNKNOWN,
};
use wxpay_simulator::{
    Api, Certificate, Fault, FaultKind, FubeiAccount, HostState, Merchant, Operation, PayerAction,
    PolicyNumbers, Scenario, Settings, State,
};

on_every_gateway! {
    a_time_out_is_not_a_failure,
    polling_ends,
    a_successful_reverse_is_a_success_and_a_refused_one_is_not,
    an_exception_path_has_a_deadline,
    not_found_is_not_final,
    nothing_is_closed_locally_without_asking,
    an_undone_order_cannot_be_paid_any_more,
    a_default_time_out_is_not_infinite,
    two_merchants_at_once_in_one_process_do_not_mix_their_keys,
    money_never_passes_through_floating_point,
    the_till_chooses_the_order_number,
    a_paid_order_that_is_submitted_again_is_never_called_declined,
    a_cancel_always_completes,
    a_close_ends_every_call;
    // Fubei has one address, and signs no answer.
    wechat: the_backup_host_is_verified_too,
    an_answer_without_a_sign_is_not_believed,
}

const EVERY_OPERATION: [Operation; 3] = [
    Operation::Micropay,
    Operation::Orderquery,
    Operation::Reverse,
];

fn error(err_code: &'static str) -> FaultKind {
    FaultKind::Error {
        err_code: err_code.into(),
        executed: true,
    }
}

/// A till that soon gives up what nobody can settle.
fn hasty(shop: &Shop) -> Client {
    let numbers = PolicyNumbers {
        window: 1_100,
        reverse_budget: 1_000,
        answer_timeout: 1_000,
        ..PolicyNumbers::quick()
    };
    Client::open_toml(shop.config_with(numbers)).expect("the configuration is complete")
}

fn pay(shop: &Shop, till: &Client, sale: &Sale) -> Outcome {
    let outcome = till.micropay(&sale.request());
    shop.agrees(sale, &outcome);
    assert!(
        shop.count(sale, Operation::Micropay) <= 1,
        "sent twice: {outcome:?}"
    );
    outcome
}

fn a_time_out_is_not_a_failure(api: Api) {
    let shop = Shop::open_on(api);
    let till = hasty(&shop);
    // The charge times out; then every answer does.
    let (one, all) = (
        shop.sale(Scenario::AnswerTooLate),
        shop.sale(Scenario::AnswerTooLate),
    );
    for operation in EVERY_OPERATION {
        let never = FaultKind::DelayAfter { ms: 1_500 };
        shop.simulator
            .fault(Fault::always(operation, never).for_order(&all.out_trade_no));
    }
    thread::scope(|scope| {
        scope.spawn(|| {
            let outcome = pay(&shop, &till, &one);
            assert_eq!(outcome.status(), OK, "{outcome:?}");
        });
        let outcome = pay(&shop, &till, &all);
        assert_eq!(outcome.status(), UNKNOWN, "{outcome:?}");
        assert_eq!(
            outcome.get("advice").as_deref(),
            Some("hold"),
            "{outcome:?}"
        );
    });
}

fn polling_ends(api: Api) {
    let shop = Shop::open_on(api);
    let till = shop.till();
    let forever = |operation, kind| Fault::always(operation, kind);
    let busy = FaultKind::Error {
        err_code: "USERPAYING".into(),
        executed: false,
    };
    let state = |text: &'static str| FaultKind::TradeState {
        trade_state: text.into(),
    };
    let cases = [
        (vec![], REVERSED),
        (vec![forever(Operation::Reverse, busy)], UNKNOWN),
        (
            vec![forever(
                Operation::Reverse,
                FaultKind::RecallY { success: false },
            )],
            UNKNOWN,
        ),
        (
            vec![forever(Operation::Orderquery, state("USERPAYING"))],
            UNKNOWN,
        ),
        (
            vec![forever(Operation::Orderquery, state("ACCEPT"))],
            UNKNOWN,
        ),
        (
            vec![forever(Operation::Orderquery, error("SYSTEMERROR"))],
            UNKNOWN,
        ),
    ];
    thread::scope(|scope| {
        for (faults, status) in &cases {
            let (shop, till) = (&shop, &till);
            scope.spawn(move || {
                let sale = shop.sale(Scenario::PasswordNever);
                for fault in faults {
                    shop.simulator
                        .fault(fault.clone().for_order(&sale.out_trade_no));
                }
                let outcome = pay(shop, till, &sale);
                assert_eq!(outcome.status(), *status, "{faults:?}: {outcome:?}");
                // Two seconds of polls every 200 ms, three of undoing every 100 ms at most.
                let sent = shop.operations(&sale).len();
                assert!(sent <= 1 + 10 + 2 * 30, "{faults:?}: {sent} requests");
            });
        }
    });
}

fn a_successful_reverse_is_a_success_and_a_refused_one_is_not(api: Api) {
    let shop = Shop::open_on(api);
    let till = shop.till();
    let sale = shop.sale(Scenario::Paid);
    assert_eq!(pay(&shop, &till, &sale).status(), OK);
    let reversed = till.reverse(&sale.out_trade_no);
    assert_eq!(reversed.status(), REVERSED, "{reversed:?}");
    assert_eq!(
        reversed.get("reversal").as_deref(),
        Some("completed"),
        "{reversed:?}"
    );
    assert_eq!(shop.count(&sale, Operation::Reverse), 1, "once is enough");
    assert_eq!(shop.simulator.net_charged(&sale.out_trade_no), 0);

    thread::scope(|scope| {
        for code in ["TRADE_ERROR", "REVERSE_EXPIRE", "NOAUTH"] {
            let (shop, till) = (&shop, &till);
            scope.spawn(move || {
                let sale = shop.sale(Scenario::Paid);
                assert_eq!(pay(shop, till, &sale).status(), OK);
                let refuse = FaultKind::Error {
                    err_code: code.into(),
                    executed: false,
                };
                let refuse = Fault::always(Operation::Reverse, refuse);
                shop.simulator.fault(refuse.for_order(&sale.out_trade_no));
                let reversed = till.reverse(&sale.out_trade_no);
                assert_eq!(reversed.status(), UNKNOWN, "{code}: {reversed:?}");
                assert!(reversed.has_code(code), "{code}: {reversed:?}");
                assert_eq!(shop.simulator.net_charged(&sale.out_trade_no), FEE);
            });
        }
    });
}

/// Accepts and hangs up, for ever; counts.
fn hanging_up() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let host = format!(
        "https://localhost:{}",
        listener.local_addr().expect("it has an address").port()
    );
    let accepted = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&accepted);
    thread::spawn(move || {
        for connection in listener.incoming() {
            counter.fetch_add(1, Ordering::Relaxed);
            drop(connection);
        }
    });
    (host, accepted)
}

fn an_exception_path_has_a_deadline(api: Api) {
    let shop = Shop::open_on(api);
    // No connection ever gets as far as TLS.
    let (host, accepted) = hanging_up();
    let hosts = shop.hosts();
    let till = match hosts.as_slice() {
        [only] => shop.till_with(only, &host),
        hosts => shop.till_with(&hosts.join("\", \""), &host),
    };
    let sale = shop.sale(Scenario::Paid);
    let outcome = pay(&shop, &till, &sale);
    assert_eq!(outcome.status(), E_NETWORK, "{outcome:?}");
    assert_eq!(till.query(&sale.out_trade_no).status(), E_NETWORK);
    let tries = accepted.load(Ordering::Relaxed);
    assert!((1..=4).contains(&tries), "{tries}");
    drop(till);

    // The charge gets through, and from then on every request is read and dropped.
    let till = hasty(&shop);
    let sale = shop.sale(Scenario::AnswerLost);
    for operation in [Operation::Orderquery, Operation::Reverse] {
        shop.simulator
            .fault(Fault::always(operation, FaultKind::DropBefore));
    }
    let outcome = pay(&shop, &till, &sale);
    assert_eq!(outcome.status(), UNKNOWN, "{outcome:?}");
    // Each of at most 10 polls and 30 tries to undo goes to two hosts, and there to a new
    // connection if the first one was stale.
    let sent = shop.operations(&sale).len();
    assert!(sent <= 1 + 4 * 40, "{sent} requests");
    let recovered = till.recover();
    assert_eq!(recovered.status(), UNKNOWN, "{recovered:?}");
    assert!(shop.operations(&sale).len() <= sent + 4 * 60);
}

fn not_found_is_not_final(api: Api) {
    let shop = Shop::open_on(api);
    let till = shop.till();
    thread::scope(|scope| {
        for (scenario, looks) in [
            (Scenario::QueryLag, 0),
            (Scenario::LateByQueries, 0),
            (Scenario::LateByTime, 0),
            (Scenario::AnswerLost, 5),
            (Scenario::RefusedButPaid, 0),
        ] {
            let (shop, till) = (&shop, &till);
            scope.spawn(move || {
                let sale = shop.sale(scenario);
                let lag = Fault::once(Operation::Orderquery, error("ORDERNOTEXIST")).times(looks);
                shop.simulator.fault(lag.for_order(&sale.out_trade_no));
                let outcome = pay(shop, till, &sale);
                assert_eq!(outcome.status(), OK, "{scenario:?}: {outcome:?}");
            });
        }
    });
}

fn nothing_is_closed_locally_without_asking(api: Api) {
    let shop = Shop::open_on(api);
    let till = shop.till();
    let sale = shop.sale(Scenario::PasswordNever);
    let outcome = pay(&shop, &till, &sale);
    assert_eq!(outcome.status(), REVERSED, "{outcome:?}");
    let asked = shop.operations(&sale);
    let reverse = asked
        .iter()
        .position(|operation| *operation == Operation::Reverse)
        .expect("a reverse");
    assert_eq!(
        asked[reverse - 1],
        Operation::Orderquery,
        "no look before: {asked:?}"
    );
    assert_eq!(
        asked.last().unwrap(),
        &Operation::Orderquery,
        "no look after: {asked:?}"
    );
    assert_eq!(shop.order(&sale).unwrap().state, State::Revoked);
}

fn an_undone_order_cannot_be_paid_any_more(api: Api) {
    let shop = Shop::open_on(api);
    let till = hasty(&shop);
    for scenario in [Scenario::PasswordNever, Scenario::PasswordFailed] {
        let sale = shop.sale(scenario);
        let outcome = pay(&shop, &till, &sale);
        assert_eq!(outcome.status(), REVERSED, "{outcome:?}");
        assert!(
            shop.simulator
                .payer(&sale.out_trade_no, PayerAction::Pay)
                .is_err(),
            "{scenario:?}"
        );
        assert_eq!(shop.simulator.net_charged(&sale.out_trade_no), 0);
    }
}

fn the_backup_host_is_verified_too(api: Api) {
    // Its answers.
    let shop = Shop::open_on(api);
    let till = hasty(&shop);
    shop.simulator.set_host(0, HostState::Down).unwrap();
    thread::scope(|scope| {
        for kind in [
            FaultKind::MissingSign,
            FaultKind::WrongSign,
            FaultKind::ForeignMerchant,
        ] {
            let (shop, till) = (&shop, &till);
            scope.spawn(move || {
                let sale = shop.sale(Scenario::Paid);
                for operation in EVERY_OPERATION {
                    let fault = Fault::always(operation, kind.clone()).on_host(1);
                    shop.simulator.fault(fault.for_order(&sale.out_trade_no));
                }
                let outcome = pay(shop, till, &sale);
                assert_eq!(outcome.status(), UNKNOWN, "{kind:?}: {outcome:?}");
                let order = shop.order(&sale).unwrap();
                assert!(
                    order.submits == 1 && order.queries > 0,
                    "not signed: {order:?}"
                );
            });
        }
    });
    // Its certificate.
    let impostor = Shop::with(Settings {
        certificate: Certificate::UnknownCa,
        ..quick_on(api)
    });
    let hosts = shop.simulator.hosts();
    let till = shop.till_with(&hosts[1], &impostor.simulator.hosts()[0]);
    let sale = shop.sale(Scenario::Paid);
    let outcome = pay(&shop, &till, &sale);
    assert_eq!(outcome.status(), E_NETWORK, "{outcome:?}");
    assert!(impostor.simulator.requests().is_empty());
}

fn an_answer_without_a_sign_is_not_believed(api: Api) {
    let shop = Shop::open_on(api);
    let till = hasty(&shop);
    let sale = shop.sale(Scenario::Paid);
    for operation in EVERY_OPERATION {
        shop.simulator
            .fault(Fault::always(operation, FaultKind::MissingSign));
    }
    let outcome = pay(&shop, &till, &sale);
    assert_eq!(outcome.status(), UNKNOWN, "{outcome:?}");
    assert_eq!(
        outcome.get("transaction_id"),
        None,
        "told, but not proven: {outcome:?}"
    );
    let queried = till.query(&sale.out_trade_no);
    assert_eq!(queried.status(), E_FORGED, "{queried:?}");
    assert_eq!(queried.get("trade_state"), None, "{queried:?}");
    assert_eq!(
        queried.get("advice").as_deref(),
        Some("call_support"),
        "{queried:?}"
    );
    // A refusal without a signature is as little believed as a payment.
    shop.simulator.clear_faults();
    let sale = shop.sale(Scenario::RefusedButPaid);
    shop.simulator
        .fault(Fault::once(Operation::Micropay, FaultKind::MissingSign));
    assert_eq!(pay(&shop, &till, &sale).status(), OK);
}

#[test]
fn external_entities_are_refused() {
    let shop = Shop::open();
    let till = hasty(&shop);
    let sale = shop.sale(Scenario::Paid);
    for operation in EVERY_OPERATION {
        shop.simulator
            .fault(Fault::always(operation, FaultKind::Doctype));
    }
    let outcome = pay(&shop, &till, &sale);
    assert_eq!(outcome.status(), UNKNOWN, "{outcome:?}");
    let queried = till.query(&sale.out_trade_no);
    assert_eq!(queried.status(), E_NETWORK, "{queried:?}");
    assert!(
        !format!("{queried:?}{outcome:?}").contains("xxe.invalid"),
        "{queried:?}"
    );
}

fn a_default_time_out_is_not_infinite(api: Api) {
    let shop = Shop::with(Settings {
        ports: vec![0],
        ..quick_on(api)
    });
    let config = shop
        .simulator
        .config_toml(shop.folder.path(), None)
        .unwrap();
    assert!(!config.contains("timeout"), "{config}");
    let till = Client::open_toml(config).unwrap();
    shop.simulator.set_host(0, HostState::Hang).unwrap();
    let sale = shop.sale(Scenario::Paid);
    let outcome = pay(&shop, &till, &sale);
    assert_eq!(outcome.status(), E_NETWORK, "{outcome:?}");
    assert!(outcome.message().contains("time-out"), "{outcome:?}");
}

fn two_merchants_at_once_in_one_process_do_not_mix_their_keys(api: Api) {
    // Each gateway knows one merchant, and takes nothing that is signed with the other's key.
    let merchants = [
        (Merchant::example(), FubeiAccount::example()),
        (Merchant::second_example(), FubeiAccount::second_example()),
    ];
    let shops = merchants.map(|(merchant, account)| Shop::with(quick_for(api, merchant, account)));
    // The same journal and the same order numbers, two accounts.
    let journals = shops
        .each_ref()
        .map(|shop| shop.journal().display().to_string());
    let tills = shops.each_ref().map(|shop| {
        let config = shop.config().replace(&journals[1], &journals[0]);
        Client::open_toml(config).unwrap()
    });
    let scenarios = [
        Scenario::Paid,
        Scenario::PasswordPaid,
        Scenario::AnswerLost,
        Scenario::SystemErrorBooked,
        Scenario::WrongSign,
        Scenario::RefusedButPaid,
    ];
    let numbers: Mutex<Vec<String>> = Mutex::default();
    thread::scope(|scope| {
        for scenario in scenarios.repeat(4) {
            let (shops, tills, numbers) = (&shops, &tills, &numbers);
            scope.spawn(move || {
                let sale = shops[0].sale(scenario);
                thread::scope(|scope| {
                    let theirs = scope.spawn(|| tills[1].micropay(&sale.request()).status());
                    assert_eq!(
                        tills[0].micropay(&sale.request()).status(),
                        OK,
                        "{scenario:?}"
                    );
                    assert_eq!(theirs.join().unwrap(), OK, "{scenario:?}");
                });
                numbers.lock().unwrap().push(sale.out_trade_no);
            });
        }
    });
    for number in numbers.lock().unwrap().iter() {
        for shop in &shops {
            let ledger = shop.simulator.ledger();
            let order = ledger.order(number).expect("both have the number");
            assert_eq!((order.net_fen, order.submits), (FEE, 1), "{order:?}");
        }
    }
}

fn money_never_passes_through_floating_point(api: Api) {
    let shop = Shop::open_on(api);
    let till = shop.till();
    // Fubei takes ten characters of yuan.
    let most = match api {
        Api::V2 | Api::V3 => 2_147_483_647,
        Api::Fubei => 999_999_999,
    };
    // 0.29 × 100, 1.15 × 100 and their like are not whole in binary; 2^24 + 1 is no float, and the
    // last is the documents' largest.
    let fees = [
        1,
        7,
        29,
        57,
        58,
        113,
        115,
        1_001,
        1_999,
        16_777_217,
        100_000_001,
        most,
    ];
    thread::scope(|scope| {
        for fee in fees {
            let (shop, till) = (&shop, &till);
            scope.spawn(move || {
                let [typed, text, json] = [(); 3].map(|()| shop.sale(Scenario::AnswerLost));
                let typed_request = Request::sale(&typed.out_trade_no, &typed.auth_code, fee);
                let text_request = Request::sale(&text.out_trade_no, &text.auth_code, 1)
                    .with("total_fee", fee.to_string());
                let object = format!(
                    r#"{{"out_trade_no":"{}","auth_code":"{}","total_fee":{fee},"body":"tea"}}"#,
                    json.out_trade_no, json.auth_code
                );
                for (sale, outcome) in [
                    (&typed, till.micropay(&typed_request)),
                    (&text, till.micropay(&text_request)),
                    (&json, till.invoke("micropay", object)),
                ] {
                    assert_eq!(outcome.status(), OK, "{outcome:?}");
                    assert_eq!(outcome.get_int("total_fee"), Some(fee));
                    assert_eq!(outcome.get_int("payer_total"), Some(fee));
                    assert_eq!(outcome.json()["total_fee"].as_i64(), Some(fee));
                    assert_eq!(outcome.get("total_fee"), Some(fee.to_string()));
                    assert_eq!(shop.simulator.net_charged(&sale.out_trade_no), fee);
                }
            });
        }
    });
}

fn the_till_chooses_the_order_number(api: Api) {
    let shop = Shop::open_on(api);
    let till = shop.till();
    let longest = "9".repeat(32);
    let numbers = match api {
        Api::V2 | Api::Fubei => ["1", "T-2026_1|x*3", &longest, "aZ09"],
        Api::V3 => ["100000", "T-2026_1-x*3", &longest, "aZ0900"],
    };
    for number in numbers {
        let code = shop.sale(Scenario::Paid).auth_code;
        let outcome = till.micropay(&Request::sale(number, &code, FEE));
        assert_eq!(outcome.status(), OK, "{outcome:?}");
        assert_eq!(outcome.get("out_trade_no").as_deref(), Some(number));
        assert_eq!(shop.simulator.net_charged(number), FEE, "{number}");
    }
}

fn a_paid_order_that_is_submitted_again_is_never_called_declined(api: Api) {
    let shop = Shop::open_on(api);
    let till = shop.till();
    let sale = shop.sale(Scenario::Paid);
    let paid = pay(&shop, &till, &sale);
    let again = pay(&shop, &till, &sale);
    assert_eq!(
        (again.status(), again.get_int("replayed")),
        (OK, Some(1)),
        "{again:?}"
    );
    assert_eq!(again.get("transaction_id"), paid.get("transaction_id"));

    // A till that has lost its journal asks the gateway, which knows the number.
    let forgetful = shop.till_with("wxpay-journal.db", "new.db");
    let outcome = forgetful.micropay(&sale.request());
    // What Fubei passes on may be about this very payment, so what is found paid just now, for the same
    // amount, is this sale.
    let (status, advice) = match api {
        Api::V2 | Api::V3 => (E_DUPLICATE, "hold"),
        Api::Fubei => (OK, "hand_over"),
    };
    assert_eq!(outcome.status(), status, "{outcome:?}");
    assert_eq!(
        outcome.get("transaction_id"),
        paid.get("transaction_id"),
        "{outcome:?}"
    );
    assert_eq!(
        outcome.get("trade_state").as_deref(),
        Some("SUCCESS"),
        "{outcome:?}"
    );
    assert_eq!(
        outcome.get("advice").as_deref(),
        Some(advice),
        "{outcome:?}"
    );
    assert_eq!(shop.order(&sale).unwrap().charges, 1);
    assert_eq!(shop.simulator.net_charged(&sale.out_trade_no), FEE);
}

fn a_cancel_always_completes(api: Api) {
    let shop = Shop::open_on(api);
    let slow = |kind: fn(u64) -> FaultKind| Some((Operation::Micropay, kind(1_200)));
    let cases = [
        (Scenario::PasswordNever, None),
        (Scenario::PasswordPaid, None),
        (Scenario::PasswordBusy, None),
        (Scenario::PasswordBusyPaid, None),
        (Scenario::Recall, None),
        (Scenario::NotEnough, None),
        (Scenario::RequestLost, None),
        (Scenario::AnswerLost, None),
        (Scenario::Paid, slow(|ms| FaultKind::DelayAfter { ms })),
        (Scenario::Paid, slow(|ms| FaultKind::DelayBefore { ms })),
    ];
    // Cancelled from inside the callback, when it is told of this event.
    let events = [
        (1, "submitting"),
        (2, "waiting"),
        (3, "querying"),
        (4, "reversing"),
    ];
    thread::scope(|scope| {
        for (event, name) in events {
            let till = Arc::new(shop.till_with("wxpay-journal.db", &format!("{name}.db")));
            let weak: Weak<Client> = Arc::downgrade(&till);
            till.on_event(move |told, number, _| {
                if let Some(till) = weak.upgrade().filter(|_| told == event) {
                    assert_eq!(till.cancel(number).status(), OK);
                }
            });
            for (scenario, fault) in &cases {
                let (shop, till) = (&shop, Arc::clone(&till));
                scope.spawn(move || {
                    let sale = shop.sale(*scenario);
                    if let Some((operation, kind)) = fault {
                        let fault = Fault::once(*operation, kind.clone());
                        shop.simulator.fault(fault.for_order(&sale.out_trade_no));
                    }
                    let outcome = pay(shop, &till, &sale);
                    let status = outcome.status();
                    assert!(
                        [OK, DECLINED, REVERSED].contains(&status),
                        "{scenario:?} cancelled while {name}: {outcome:?}"
                    );
                    assert_eq!(till.cancel(&sale.out_trade_no).status(), NOT_FOUND);
                });
            }
        }
    });
}

fn a_close_ends_every_call(api: Api) {
    let shop = Shop::open_on(api);
    let till = shop.till();
    let typing = shop.sale(Scenario::PasswordNever);
    let mut task = till.start(&typing.request()).unwrap();
    while shop
        .order(&typing)
        .is_none_or(|order| order.state != State::UserPaying)
    {
        task.wait(5);
    }
    drop(till);
    let outcome = task.wait(-1);
    assert!(
        [UNKNOWN, E_CLOSED].contains(&outcome.status()),
        "{outcome:?}"
    );
    assert_eq!(
        outcome.status(),
        UNKNOWN,
        "the charge was sent: {outcome:?}"
    );
    let recovered = shop.till().recover();
    assert_eq!(
        recovered.get_int("orders.0.status"),
        Some(REVERSED.into()),
        "{recovered:?}"
    );
}
