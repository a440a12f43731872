//! What recoveries, and gates that share a journal, make of rides.

use super::*;

#[test]
fn a_recovery_lists_rides_that_wait_and_does_not_count_them_as_open() {
    let gate = Gate::new();
    ended(&gate.pay(&[("out_trade_no", "R1")]), Status::Accepted);
    gate.says([Said::Lost]);
    ended(&gate.pay(&[("out_trade_no", "R2")]), Status::Unknown);
    gate.says([Said::Lost]);
    ended(&gate.pay(&[("out_trade_no", "R3")]), Status::Unknown);
    let gate = gate.restarted();
    let waiting = |number: &str, status: &str| (number.to_owned(), status.to_owned());
    for _ in 0..2 {
        let listed = gate.recovered();
        assert_eq!(
            listed,
            [
                waiting("R1", "WXPAY_ACCEPTED"),
                waiting("R2", "WXPAY_UNKNOWN"),
                waiting("R3", "WXPAY_UNKNOWN"),
            ]
        );
    }
    let message = gate.client.recover().message().to_owned();
    assert!(
        message.contains("3 rides wait for their callbacks"),
        "{message}"
    );
    for (number, state) in [("R1", "SUCCESS"), ("R2", "SUCCESS"), ("R3", "FAIL")] {
        let more = [
            ("out_trade_no", json!(number)),
            ("attach", json!(number)),
            ("trade_state", json!(state)),
        ];
        answered(&gate.told(&more), 200, 0);
    }
    // Whoever asked for those two may never have heard of them.
    assert_eq!(
        gate.recovered(),
        [waiting("R2", "WXPAY_OK"), waiting("R3", "WXPAY_DECLINED"),]
    );
    assert_eq!(gate.recovered(), []);
    assert_eq!(gate.sent(), 3);
}

#[test]
fn a_gate_that_reads_no_callbacks_waits_for_none_and_whoever_reads_them_settles_its_rides() {
    let gate = Gate::with(RideCodeConfig {
        sign: None,
        seal: None,
        ..settings()
    });
    assert_eq!(gate.pay(&[]).status, Status::Accepted);
    gate.says([Said::Lost]);
    assert_eq!(
        gate.pay(&[("out_trade_no", "RIDE2")]).status,
        Status::Unknown
    );
    let again = gate.pay(&[]);
    assert_eq!(again.status, Status::Accepted);
    assert_eq!(again.int("replayed"), Some(1));
    assert_eq!(gate.sent(), 2);
    // What is in doubt is listed, what was accepted is not.
    let listed = gate.recovered();
    assert_eq!(listed.len(), 1, "{listed:?}");
    assert_eq!(listed[0].0, "RIDE2");

    let reader = gate.neighbour();
    let told = reader.notify_decode("", &callback(&[]));
    assert_eq!(told.status, Status::Ok);
    assert_eq!(told.int("known"), Some(1));
    assert_eq!(gate.pay(&[]).status, Status::Ok);
    assert_eq!(gate.sent(), 2);
}

#[test]
fn a_recovery_leaves_a_ride_in_flight_alone_and_finds_one_whose_gate_has_died() {
    let gate = Gate::new();
    let neighbour = gate.neighbour();
    let time = Arc::clone(&gate.time);
    gate.meanwhile(move || {
        let listed = neighbour.recover();
        // No heartbeat moves its lease here, so it counts as dead after one.
        assert_eq!(listed.fields["orders"].as_array().unwrap().len(), 1);
        assert_eq!(listed.fields["orders"][0]["status_name"], "WXPAY_UNKNOWN");
        assert!(time.seconds() >= 10);
    });
    ended(&gate.pay(&[]), Status::Accepted);
    assert_eq!(gate.sent(), 1);

    let gate = Gate::new();
    let client = Arc::downgrade(&gate.client);
    gate.meanwhile(move || {
        let listed = client.upgrade().unwrap().recover();
        assert_eq!(listed.fields["orders"], json!([]));
    });
    ended(&gate.pay(&[]), Status::Accepted);
}

#[test]
fn the_self_test_tells_what_of_the_ride_code_is_there() {
    let listed = |gate: &Gate, name: &str| {
        let outcome = gate.client.check();
        let checks = outcome.fields["checks"].as_array().unwrap().clone();
        let check = checks.into_iter().find(|check| check["check"] == name);
        check.map(|check| {
            let message = check["message"].as_str().unwrap().to_owned();
            (check["ok"] == true, message)
        })
    };
    let whole = Gate::new();
    let (ok, message) = listed(&whole, "ride_code").unwrap();
    assert!(ok && message.contains("can be deducted"), "{message}");
    assert!(listed(&whole, "ride_host").unwrap().0);
    whole.platform.reachable.store(false, Ordering::SeqCst);
    let (ok, message) = listed(&whole, "ride_host").unwrap();
    assert!(!ok && message.contains("connection refused"), "{message}");

    let deaf = Gate::with(RideCodeConfig {
        seal: None,
        ..settings()
    });
    let (ok, message) = listed(&deaf, "ride_code").unwrap();
    assert!(ok && message.contains("ride_code.aes_key"), "{message}");

    let empty = Gate::with(RideCodeConfig {
        deduct_url: None,
        seal: None,
        ..settings()
    });
    let (ok, message) = listed(&empty, "ride_code").unwrap();
    assert!(!ok && message.contains("ride_code.deduct_url"), "{message}");
    assert_eq!(listed(&empty, "ride_host"), None);
}
