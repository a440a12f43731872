//! Rides through the C functions: what a gate is told agrees with what the platform deducts, nothing is
//! ever sent twice, and a callback is believed for its proof alone.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../common/mod.rs"]
mod common;

mod callbacks;
mod web_server;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::program::{Till, command};
use common::shop::{Shop, quick};
use common::{
    ACCEPTED, Client, DECLINED, E_ARGUMENT, E_BUSY, E_CONFIG, E_DUPLICATE, E_FORGED, E_NETWORK,
    E_REJECTED, E_UNSUPPORTED, OK, Outcome, Request, UNKNOWN, each,
};
use serde_json::Value;
use wxpay_simulator::{
    Api, Fault, FaultKind, HostState, MchIdName, Notification, NotificationError,
    NotificationFault, Operation, RideAction, RideCode, RideDuplicates, RideNumber, RideRecord,
    RideScenario, RideSeal, RideSign, RideState, Settings, SignKeyStyle, TextEncoding,
};

/// What every test ride costs, fen.
const FARE: i64 = 180;
const QRCODE: &str = "TXRIDECODE0123456789";

/// A till at a gate, and the platform behind it.
fn open() -> Shop {
    open_with(|_| {})
}

fn open_with(change: impl FnOnce(&mut RideCode)) -> Shop {
    let mut platform = RideCode::example();
    change(&mut platform);
    Shop::with(Settings {
        ride_code: Some(platform),
        ..quick()
    })
}

/// A number that plays a scenario.
fn number(scenario: RideScenario) -> String {
    static NUMBERS: AtomicUsize = AtomicUsize::new(1);
    let count = NUMBERS.fetch_add(1, Ordering::Relaxed);
    format!("G{count:05}-{}", scenario.number())
}

fn ride(number: &str) -> Request {
    Request::ride(number, QRCODE, FARE)
}

fn record(shop: &Shop, number: &str) -> Option<RideRecord> {
    shop.simulator.ledger().ride(number).cloned()
}

/// Requests for a ride that were received, whatever became of them.
fn received(shop: &Shop, number: &str) -> usize {
    let requests = shop.simulator.requests();
    let ours = requests
        .iter()
        .filter(|request| request.out_trade_no.as_deref() == Some(number));
    ours.count()
}

/// A ride that the gate knows as accepted, and that has since ended like this.
#[track_caller]
fn ended(shop: &Shop, till: &Client, number: &str, action: RideAction) {
    let accepted = till.ride_pay(&ride(number));
    assert_eq!(accepted.status(), ACCEPTED, "{accepted:?}");
    // It may have ended by itself.
    let _ = shop.simulator.ride_action(number, action);
}

/// The callback of a ride, once it has ended.
fn callback(shop: &Shop, number: &str) -> Notification {
    loop {
        match shop.simulator.notification_for_ride(number, None) {
            Ok(notification) => return notification,
            Err(NotificationError::Nothing(_)) => common::pause(5),
            Err(error) => panic!("{error}"),
        }
    }
}

fn told(till: &Client, notification: &Notification) -> Outcome {
    till.notify_decode(notification.header_lines(), &notification.body)
}

/// What is answered to a callback has to fit what became of it.
#[track_caller]
fn answered(outcome: &Outcome, http_status: i64) {
    assert_eq!(
        outcome.get_int("reply_status"),
        Some(http_status),
        "{outcome:?}"
    );
    let reply: Value = serde_json::from_str(&outcome.get("reply").unwrap()).unwrap();
    let errcode = if http_status == 200 { 0 } else { -1 };
    assert_eq!(reply["errcode"], errcode, "{outcome:?}");
    assert_eq!(
        outcome.get("reply_type").as_deref(),
        Some("application/json")
    );
}

/// What the deduct call ends with, and its code.
fn first_answer(scenario: RideScenario) -> (i32, Option<&'static str>) {
    use RideScenario as S;
    match scenario {
        S::Paid | S::Failed | S::Silent | S::Twice | S::CallbackFirst | S::CallbackWrongAmount => {
            (ACCEPTED, None)
        }
        S::Busy | S::BusyDeducted => (UNKNOWN, Some("-1")),
        S::Token => (E_REJECTED, Some("40001")),
        S::Refused => (UNKNOWN, Some("9000002")),
        S::AnswerLost
        | S::RequestLost
        | S::AnswerTooLate
        | S::Http500
        | S::Http502
        | S::Garbage
        | S::Truncated
        | S::NoErrcode => (UNKNOWN, None),
    }
}

#[test]
fn every_scenario_ends_as_the_ledger_says_and_is_sent_once() {
    let shop = open();
    let till = shop.till();
    each(RideScenario::ALL, |scenario| {
        let number = number(*scenario);
        let (status, code) = first_answer(*scenario);
        let first = till.ride_pay(&ride(&number));
        let context = format!("{scenario:?}: {first:?}");
        assert_eq!(first.status(), status, "{context}");
        assert_eq!(first.get("code").as_deref(), code, "{context}");
        assert_eq!(first.get("gateway").as_deref(), Some("ride-code"));
        assert_eq!(first.get("out_trade_no"), Some(number.clone()));
        assert_eq!(first.get_int("total_fee"), Some(FARE), "{context}");
        assert_eq!(first.get_int("attempts"), Some(1), "{context}");
        assert_eq!(first.get_int("replayed"), Some(0), "{context}");
        if *scenario == RideScenario::Token {
            // Nothing was deducted, so the same number may try again.
            assert_eq!(till.ride_pay(&ride(&number)).get_int("replayed"), Some(0));
            assert_eq!(record(&shop, &number).unwrap().charges, 0);
            return;
        }
        let again = till.ride_pay(&ride(&number));
        assert_eq!(again.status(), status, "{scenario:?}: {again:?}");
        assert_eq!(again.get_int("replayed"), Some(1), "{again:?}");
        let taken = record(&shop, &number).is_some_and(|ride| ride.state != RideState::Absent);
        if taken {
            let outcome = told(&till, &callback(&shop, &number));
            let charges = record(&shop, &number).unwrap().charges;
            let end = match scenario {
                RideScenario::CallbackWrongAmount => UNKNOWN,
                RideScenario::Failed => DECLINED,
                _ => OK,
            };
            let context = format!("{scenario:?}: {outcome:?}, {charges} charges");
            assert_eq!(outcome.status(), end, "{context}");
            assert_eq!(charges, u32::from(end != DECLINED), "{context}");
            answered(&outcome, 200);
            let last = till.ride_pay(&ride(&number));
            assert_eq!(last.status(), end, "{last:?}");
            assert_eq!(last.get("transaction_id"), outcome.get("transaction_id"));
        }
        assert_eq!(received(&shop, &number), 1, "{scenario:?}");
        assert!(record(&shop, &number).is_none_or(|ride| ride.charges <= 1));
    });
    let recovered = till.recover();
    assert_eq!(recovered.status(), OK, "{recovered:?}");
    assert_eq!(recovered.get_int("open"), Some(0), "{recovered:?}");
    // In doubt for ever: nothing was deducted, and nobody can be asked.
    let listed = recovered.json()["orders"].as_array().cloned().unwrap();
    let mut waiting: Vec<_> = listed
        .iter()
        .filter(|ride| ride["status"] == UNKNOWN)
        .filter_map(|ride| {
            Some(
                ride["out_trade_no"]
                    .as_str()?
                    .rsplit_once('-')?
                    .1
                    .to_owned(),
            )
        })
        .collect();
    let mut expected: Vec<_> = [
        RideScenario::Busy,
        RideScenario::Refused,
        RideScenario::RequestLost,
        RideScenario::Http502,
    ]
    .map(|scenario| scenario.number().to_owned())
    .to_vec();
    waiting.sort();
    expected.sort();
    assert_eq!(waiting, expected);
}

#[test]
fn a_ride_is_paid_beside_any_gateway() {
    for api in [Api::V2, Api::V3, Api::Fubei] {
        let shop = Shop::with(Settings {
            api,
            ride_code: Some(RideCode::example()),
            ..quick()
        });
        let till = shop.till();
        let number = number(RideScenario::Paid);
        ended(&shop, &till, &number, RideAction::Succeed);
        let outcome = told(&till, &callback(&shop, &number));
        assert_eq!(outcome.status(), OK, "{outcome:?}");
        answered(&outcome, 200);
        assert_eq!(outcome.get("notification").as_deref(), Some("ride"));
        assert_eq!(outcome.get("advice").as_deref(), Some("hand_over"));
        assert_eq!(outcome.get("out_trade_no"), Some(number.clone()));
        assert_eq!(outcome.get_int("total_fee"), Some(FARE));
        assert_eq!(outcome.get_int("known"), Some(1));
        let taken = record(&shop, &number).unwrap();
        assert_eq!(outcome.get("transaction_id"), taken.transaction_id);
        assert_eq!(taken.charged_fen, FARE);
        // A payment of that number is another thing.
        let checked = till.check();
        let checks = checked.json()["checks"].as_array().cloned().unwrap();
        for name in ["ride_code", "ride_host"] {
            let ok = |check: &Value| check["check"] == name && check["ok"] == true;
            assert!(checks.iter().any(ok), "{name}: {checked:?}");
        }
    }
}

#[test]
fn every_fault_of_the_wire_leaves_one_deduction_at_most_and_no_word_of_payment() {
    let shop = open();
    let mut kinds = FaultKind::examples();
    kinds.extend(FaultKind::v3_examples());
    kinds.extend(FaultKind::fubei_examples());
    each(&kinds, |kind| {
        let number = number(RideScenario::Paid);
        let fault = Fault::always(Operation::Ride, kind.clone());
        shop.simulator.fault(fault.for_order(&number));
        // Alone with its connections, which a fault may end unannounced.
        let till = shop.till();
        for _ in 0..2 {
            let outcome = till.ride_pay(&ride(&number));
            assert!(
                [ACCEPTED, UNKNOWN].contains(&outcome.status()),
                "{kind:?}: {outcome:?}"
            );
        }
        assert_eq!(received(&shop, &number), 1, "{kind:?}");
        let charges = record(&shop, &number).map_or(0, |ride| ride.charges);
        assert!(charges <= 1, "{kind:?}");
    });
}

#[test]
fn a_number_that_comes_twice_is_deducted_once_even_where_the_platform_would_do_it_again() {
    let shop = open_with(|platform| platform.duplicates = RideDuplicates::ChargedAgain);
    let till = shop.till();
    for scenario in [RideScenario::Paid, RideScenario::AnswerLost] {
        let number = number(scenario);
        let first = till.ride_pay(&ride(&number)).status();
        let renewed = ride(&number).with("access_token", "SIMULATED_ACCESS_TOKEN");
        assert_eq!(till.ride_pay(&renewed).status(), first);
        // Another process, and one that comes back.
        assert_eq!(shop.till().ride_pay(&ride(&number)).status(), first);
        callback(&shop, &number);
        let deducted = record(&shop, &number).unwrap();
        assert_eq!((deducted.requests, deducted.charges), (1, 1));
        let other = till.ride_pay(&ride(&number).with("line_name", "M394"));
        assert_eq!(other.status(), E_DUPLICATE, "{other:?}");
        assert!(other.get("other_status").is_some());
        assert_eq!(record(&shop, &number).unwrap().requests, 1);
    }
}

#[test]
fn many_gates_that_ask_for_one_ride_at_once_deduct_it_once() {
    let shop = open_with(|platform| platform.duplicates = RideDuplicates::ChargedAgain);
    let tills = [shop.till(), shop.till()];
    let number = number(RideScenario::CallbackFirst);
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let calls: Vec<_> = (0..16)
            .map(|thread| {
                let (till, number) = (&tills[thread % 2], &number);
                scope.spawn(move || till.ride_pay(&ride(number)))
            })
            .collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    });
    let with = |status: i32| {
        let of_status = outcomes.iter().filter(|outcome| outcome.status() == status);
        of_status.count()
    };
    assert!(with(ACCEPTED) >= 1, "{outcomes:?}");
    assert_eq!(
        with(ACCEPTED) + with(E_BUSY),
        outcomes.len(),
        "{outcomes:?}"
    );
    let first =
        |outcome: &&Outcome| outcome.status() == ACCEPTED && outcome.get_int("replayed") == Some(0);
    assert_eq!(outcomes.iter().filter(first).count(), 1);
    callback(&shop, &number);
    let deducted = record(&shop, &number).unwrap();
    assert_eq!((deducted.requests, deducted.charges), (1, 1));
}

#[test]
fn killed_in_the_middle_of_a_ride() {
    let shop = open();
    let number = number(RideScenario::Paid);
    let config = shop.folder.path().join("wxpay.toml");
    let text = shop
        .config()
        .replace("[journal]\n", "[journal]\nlease = \"2s\"\n");
    std::fs::write(&config, &text).unwrap();
    shop.simulator.fault(Fault::always(
        Operation::Ride,
        FaultKind::DelayAfter { ms: 60_000 },
    ));
    let fare = FARE.to_string();
    let arguments = [
        config.to_str().unwrap(),
        &number,
        &fare,
        "M393",
        "20261122090500",
        QRCODE,
    ];
    let mut gate = Till::start(command("examples-c/ride.c", &arguments));
    while received(&shop, &number) < 1 && record(&shop, &number).is_none() {
        assert!(
            gate.0.try_wait().unwrap().is_none(),
            "the gate has ended by itself"
        );
        common::pause(5);
    }
    gate.kill();
    shop.simulator.clear_faults();

    let till = Client::open_toml(&text).unwrap();
    let listed = |till: &Client| {
        let recovered = till.recover();
        assert_eq!(recovered.status(), OK, "{recovered:?}");
        assert_eq!(recovered.get_int("open"), Some(0));
        recovered.json()["orders"].as_array().cloned().unwrap()
    };
    for _ in 0..2 {
        let rides = listed(&till);
        assert_eq!(rides.len(), 1, "{rides:?}");
        assert_eq!(rides[0]["status"], UNKNOWN);
        assert_eq!(rides[0]["gateway"], "ride-code");
        assert_eq!(rides[0]["out_trade_no"], number.as_str());
    }
    let again = till.ride_pay(&ride(&number));
    assert_eq!(again.status(), UNKNOWN, "{again:?}");
    let outcome = told(&till, &callback(&shop, &number));
    assert_eq!(outcome.status(), OK, "{outcome:?}");
    drop(till);
    // Nobody who asked for it was there to hear that.
    let till = Client::open_toml(&text).unwrap();
    let rides = listed(&till);
    assert_eq!(rides.len(), 1, "{rides:?}");
    assert_eq!(rides[0]["status"], OK);
    assert_eq!(listed(&till), Vec::<Value>::new());
    assert_eq!(till.ride_pay(&ride(&number)).status(), OK);
    let deducted = record(&shop, &number).unwrap();
    assert_eq!((deducted.requests, deducted.charges), (1, 1));
}

#[test]
fn with_the_host_down_nothing_is_deducted_and_the_number_may_be_used_again() {
    let shop = open();
    let till = shop.till();
    for host in 0..shop.simulator.hosts().len() {
        shop.simulator.set_host(host, HostState::Down).unwrap();
    }
    let number = number(RideScenario::Paid);
    let outcome = till.ride_pay(&ride(&number));
    assert_eq!(outcome.status(), E_NETWORK, "{outcome:?}");
    assert_eq!(outcome.get("advice").as_deref(), Some("rescan"));
    let check = till.check();
    assert_eq!(check.status(), E_NETWORK, "{check:?}");
    for host in 0..shop.simulator.hosts().len() {
        shop.simulator.set_host(host, HostState::Up).unwrap();
    }
    // The passenger scans again: another code.
    let again = till.ride_pay(&Request::ride(&number, "ANOTHERCODE", FARE));
    assert_eq!(again.status(), ACCEPTED, "{again:?}");
    assert_eq!(record(&shop, &number).unwrap().requests, 1);
}

/// The shop's configuration without lines that begin like this.
fn config_without(shop: &Shop, starts: &[&str]) -> String {
    let config = shop.config();
    let kept = config
        .lines()
        .filter(|line| !starts.iter().any(|start| line.starts_with(start)));
    kept.collect::<Vec<_>>().join("\n")
}

#[test]
fn what_is_not_configured_is_asked_for_by_name() {
    let shop = open();
    let number = number(RideScenario::Paid);
    ended(&shop, &shop.till(), &number, RideAction::Succeed);
    let notification = callback(&shop, &number);
    let sent = received(&shop, &number);

    let none = Shop::open();
    let till = none.till();
    for outcome in [till.ride_pay(&ride("G1")), told(&till, &notification)] {
        assert_eq!(outcome.status(), E_UNSUPPORTED, "{outcome:?}");
        assert!(outcome.message().contains("[ride_code]"), "{outcome:?}");
        assert_eq!(outcome.get("advice").as_deref(), Some("fix_setup"));
    }

    let mute = config_without(&shop, &["deduct_url", "access_token"]);
    let till = Client::open_toml(mute).unwrap();
    let outcome = till.ride_pay(&ride("G1"));
    assert_eq!(outcome.status(), E_CONFIG, "{outcome:?}");
    assert!(outcome.message().contains("ride_code.deduct_url"));
    assert_eq!(told(&till, &notification).status(), OK);

    let deaf = config_without(&shop, &["sign_", "aes_key", "iv_encoding", "data_encoding"]);
    let till = Client::open_toml(deaf).unwrap();
    let outcome = told(&till, &notification);
    assert_eq!(outcome.status(), E_CONFIG, "{outcome:?}");
    assert!(outcome.message().contains("Tencent"), "{outcome:?}");
    answered(&outcome, 500);

    let tokenless = config_without(&shop, &["access_token"]);
    let till = Client::open_toml(tokenless).unwrap();
    let outcome = till.ride_pay(&ride("G1"));
    assert_eq!(outcome.status(), E_CONFIG, "{outcome:?}");
    let given = ride("G1").with("access_token", "SIMULATED_ACCESS_TOKEN");
    assert_eq!(till.ride_pay(&given).status(), ACCEPTED);
    assert_eq!(received(&shop, &number), sent);
}

#[test]
fn a_wrong_field_is_named_and_nothing_is_sent() {
    let shop = open();
    let till = shop.till();
    for (field, value) in [
        ("out_trade_no", "no blanks"),
        ("total_fee", "1.80"),
        ("original_fee", "1"),
        ("trade_scene", "TRAM"),
        ("line_name", ""),
        ("start_time", "2026-11-22"),
        ("qrcode", ""),
        ("never_heard_of", "1"),
    ] {
        let outcome = till.ride_pay(&ride("G1").with(field, value));
        assert_eq!(outcome.status(), E_ARGUMENT, "{field}: {outcome:?}");
        assert_eq!(outcome.get("field").as_deref(), Some(field), "{outcome:?}");
    }
    assert_eq!(received(&shop, "G1"), 0);
}

#[test]
fn a_ride_by_its_name_is_the_same_as_by_its_function() {
    let shop = open();
    let till = shop.till();
    let number = number(RideScenario::Paid);
    let arguments = serde_json::json!({
        "out_trade_no": number,
        "qrcode": QRCODE,
        "total_fee": FARE,
        "original_fee": FARE,
        "trade_scene": "BUS",
        "line_name": "M393",
        "start_time": "20261122090500",
    });
    let outcome = till.invoke("ride_pay", arguments.to_string());
    assert_eq!(outcome.status(), ACCEPTED, "{outcome:?}");
    let typed = till.ride_pay(&ride(&number));
    assert_eq!(typed.status(), ACCEPTED);
    assert_eq!(typed.get_int("replayed"), Some(1), "{typed:?}");
    let body = callback(&shop, &number).body;
    let body = String::from_utf8(body).unwrap();
    let arguments = serde_json::json!({ "headers": "", "body": body });
    let outcome = till.invoke("notify_decode", arguments.to_string());
    assert_eq!(outcome.status(), OK, "{outcome:?}");
}
