//! What callbacks make of a ride.

use super::*;

#[test]
fn a_callback_says_that_the_ride_was_paid_once_and_the_same_ever_after() {
    let gate = Gate::new();
    ended(&gate.pay(&[]), Status::Accepted);
    for replayed in [0, 1, 1] {
        let outcome = gate.told(&[]);
        ended(&outcome, Status::Ok);
        answered(&outcome, 200, 0);
        assert_eq!(outcome.text("reply_type"), Some("application/json"));
        assert_eq!(outcome.text("notification"), Some("ride"));
        assert_eq!(outcome.text("gateway"), Some("ride-code"));
        assert_eq!(outcome.text("out_trade_no"), Some(NUMBER));
        assert_eq!(outcome.text("transaction_id"), Some("4300001"));
        assert_eq!(outcome.text("openid"), Some("oPASSENGER"));
        assert_eq!(outcome.text("paid_at"), Some("2026-11-22T09:15:00+08:00"));
        assert_eq!(outcome.int("total_fee"), Some(180));
        assert_eq!(outcome.int("known"), Some(1));
        assert_eq!(outcome.int("replayed"), Some(replayed));
        assert_eq!(gate.kept(), Some(Status::Ok));
    }
    let kept = format!("{:?}", gate.entry(NUMBER));
    assert!(
        !kept.contains("oPASSENGER") && !kept.contains(QRCODE),
        "{kept}"
    );
    assert_eq!(gate.recovered(), [], "its gate has heard of it");
    let again = gate.pay(&[]);
    ended(&again, Status::Ok);
    assert_eq!(again.int("replayed"), Some(1));
    assert_eq!(again.text("transaction_id"), Some("4300001"));
    assert_eq!(gate.sent(), 1);
}

#[test]
fn what_callbacks_say_one_after_the_other() {
    let another = || vec![("transaction_id", json!("4300002"))];
    let more = || vec![("total_fee", json!(181))];
    let fail = || failed().to_vec();
    let (ok, declined, unknown) = (Status::Ok, Status::Declined, Status::Unknown);
    for (said, told, kept) in [
        (vec![fail(), fail()], vec![declined, declined], declined),
        // Made good later.
        (vec![fail(), vec![]], vec![declined, ok], ok),
        // Money that was taken does not become untaken.
        (vec![vec![], fail(), fail()], vec![ok, unknown, unknown], ok),
        (vec![more(), more()], vec![unknown, unknown], unknown),
        (
            vec![more(), vec![], fail()],
            vec![unknown, unknown, unknown],
            unknown,
        ),
        (vec![fail(), more()], vec![declined, unknown], unknown),
        (vec![vec![], more(), vec![]], vec![ok, unknown, ok], ok),
        // Deducted twice.
        (vec![vec![], another(), vec![]], vec![ok, unknown, ok], ok),
    ] {
        let gate = Gate::new();
        ended(&gate.pay(&[]), Status::Accepted);
        for (say, status) in said.iter().zip(&told) {
            let outcome = gate.told(say);
            ended(&outcome, *status);
            answered(&outcome, 200, 0);
            let advice = match status {
                Status::Ok => "hand_over",
                _ => "call_support",
            };
            assert_eq!(outcome.text("advice"), Some(advice), "{outcome:?}");
            let doubt = (*status == Status::Unknown).then_some("none");
            assert_eq!(outcome.text("reversal"), doubt);
        }
        assert_eq!(gate.kept(), Some(kept), "{told:?}");
        let again = gate.pay(&[]);
        ended(&again, kept);
        assert_eq!(gate.sent(), 1);
    }
}

#[test]
fn a_failure_tells_why() {
    let gate = Gate::new();
    ended(&gate.pay(&[]), Status::Accepted);
    let outcome = gate.told(&failed());
    ended(&outcome, Status::Declined);
    assert_eq!(outcome.text("code"), Some("FAIL"));
    assert_eq!(outcome.text("code_message"), Some("余额不足"));
}

#[test]
fn a_callback_finds_its_ride_by_either_number_or_by_an_attach_of_its_own() {
    let gate = Gate::new();
    for (number, attach) in [
        ("R1", ""),
        ("R2", "gate 7"),
        ("R3", "gate 8"),
        ("R4", "gate 8"),
    ] {
        ended(
            &gate.pay(&[("out_trade_no", number), ("attach", attach)]),
            Status::Accepted,
        );
    }
    let own = "TC00000000000000000001";
    for (out_trade_no, attach, found) in [
        ("R1", Value::Null, Some("R1")),
        (own, json!("R1"), Some("R1")),
        (own, json!("gate 7"), Some("R2")),
        ("R2", json!("gate 7"), Some("R2")),
        (own, json!("gate 8"), None),
        (own, json!("gate 9"), None),
        (own, Value::Null, None),
        ("R3", json!("gate 8"), Some("R3")),
    ] {
        let outcome = gate.told(&[
            ("out_trade_no", out_trade_no.into()),
            ("attach", attach.clone()),
        ]);
        ended(&outcome, Status::Ok);
        answered(&outcome, 200, 0);
        assert_eq!(
            outcome.text("out_trade_no"),
            Some(found.unwrap_or(out_trade_no))
        );
        assert_eq!(outcome.int("known"), Some(i64::from(found.is_some())));
    }
    // A number of the platform's own that happens to be another ride's.
    let mixed = gate.told(&[("out_trade_no", "R4".into()), ("attach", "gate 7".into())]);
    ended(&mixed, Status::Ok);
    assert_eq!(mixed.text("out_trade_no"), Some("R2"));
    // A number of ours, with an attach that leads nowhere, is no ride as it was asked for.
    let other = gate.told(&[("out_trade_no", "R4".into()), ("attach", "gate 9".into())]);
    ended(&other, Status::Unknown);
    assert_eq!(other.text("out_trade_no"), Some("R4"));
    let kept = |number: &str| {
        gate.entry(number)
            .unwrap()
            .outcome
            .map(|(status, _)| status)
    };
    assert_eq!(kept("R2"), Some(Status::Ok));
    assert_eq!(kept("R4"), Some(Status::Unknown));
}

#[test]
fn a_callback_that_comes_before_the_answer_is_sent_again_and_loses_nothing() {
    let gate = Gate::new();
    let client = Arc::downgrade(&gate.client);
    gate.meanwhile(move || {
        let outcome = client.upgrade().unwrap().notify_decode("", &callback(&[]));
        ended(&outcome, Status::Ok);
        answered(&outcome, 500, -1);
        assert_eq!(outcome.int("known"), Some(1));
    });
    ended(&gate.pay(&[]), Status::Accepted);
    assert_eq!(gate.phase(), Some(Phase::Waiting));
    let outcome = gate.told(&[]);
    answered(&outcome, 200, 0);
    assert_eq!(gate.kept(), Some(Status::Ok));
}

#[test]
fn an_answer_that_comes_after_the_ride_was_taken_over_and_settled_changes_nothing() {
    let gate = Gate::new();
    let (time, neighbour) = (Arc::clone(&gate.time), gate.neighbour());
    gate.meanwhile(move || {
        // Nobody keeps the lease alive here.
        time.elapsed_ms.fetch_add(11_000, Ordering::SeqCst);
        let outcome = neighbour.notify_decode("", &callback(&[]));
        answered(&outcome, 200, 0);
    });
    let outcome = gate.pay(&[]);
    ended(&outcome, Status::Accepted);
    assert!(outcome.message().contains("not on record"));
    assert_eq!((gate.phase(), gate.kept()), (None, Some(Status::Ok)));
}

#[test]
fn a_callback_that_cannot_be_put_on_record_is_asked_for_again() {
    let gate = Gate::new();
    ended(&gate.pay(&[]), Status::Accepted);
    gate.disk.full.store(true, Ordering::SeqCst);
    let outcome = gate.told(&[]);
    ended(&outcome, Status::Ok);
    answered(&outcome, 500, -1);
    gate.disk.full.store(false, Ordering::SeqCst);
    gate.time.elapsed_ms.fetch_add(11_000, Ordering::SeqCst);
    answered(&gate.told(&[]), 200, 0);
    assert_eq!(gate.kept(), Some(Status::Ok));
}

#[test]
fn a_callback_is_believed_even_where_the_journal_has_it_that_nothing_was_sent() {
    for (said, status) in [
        (Said::Unsent, Status::Network),
        (Said::Http(200, r#"{"errcode":42001}"#), Status::Rejected),
    ] {
        let gate = Gate::new();
        gate.says([said]);
        ended(&gate.pay(&[]), status);
        let outcome = gate.told(&[]);
        ended(&outcome, Status::Ok);
        assert!(
            outcome.message().contains("although"),
            "{}",
            outcome.message()
        );
        // The number is not free any more.
        ended(&gate.pay(&[("qrcode", "A-FRESH-CODE")]), Status::Duplicate);
        assert_eq!(gate.sent(), 1);
    }
}

#[test]
fn whatever_is_wrong_with_a_callback_is_told_in_one_way() {
    let gate = Gate::new();
    ended(&gate.pay(&[]), Status::Accepted);
    let changed = |name: &str, value: &str| {
        let mut body: Value = serde_json::from_slice(&callback(&[])).unwrap();
        body[name] = value.into();
        body.to_string().into_bytes()
    };
    let forged = [
        changed("sign", ""),
        changed("sign", "0"),
        changed("encrypted_data", "AAAA"),
        changed("iv", "AAAA"),
        changed("mch_id", "1999999999"),
        sealed("trade_state=SUCCESS"),
        sealed("{}"),
        sealed(r#"{"out_trade_no":"RIDE1"}"#),
    ];
    let mut told = Vec::new();
    for body in &forged {
        let outcome = gate.client.notify_decode("", body);
        ended(&outcome, Status::Forged);
        answered(&outcome, 401, -1);
        for name in ["notification", "out_trade_no", "transaction_id", "known"] {
            assert!(!outcome.fields.contains_key(name), "{name}");
        }
        told.push(outcome);
    }
    assert!(told.iter().all(|outcome| *outcome == told[0]));
    let logged = gate.logged.lock().unwrap();
    let details = logged
        .iter()
        .filter(|(level, line)| *level == Level::Warning && line.contains("not verified: "));
    assert_eq!(details.count(), forged.len());
    drop(logged);
    assert_eq!(gate.phase(), Some(Phase::Waiting));

    let mut numbered: Value = serde_json::from_slice(&callback(&[])).unwrap();
    numbered["sign"] = 1.into();
    let outcome = gate
        .client
        .notify_decode("", numbered.to_string().as_bytes());
    ended(&outcome, Status::Argument);
    assert_eq!(outcome.text("field"), Some("body"));
    answered(&outcome, 400, -1);
    assert_eq!(gate.phase(), Some(Phase::Waiting));
}

#[test]
fn a_callback_without_an_end_is_told_and_settles_nothing() {
    let gate = Gate::new();
    ended(&gate.pay(&[]), Status::Accepted);
    for more in [
        vec![("trade_state", json!("PENDING"))],
        vec![("total_fee", Value::Null)],
        // Of another ride it says nothing about this one.
        vec![("trade_state", json!("FAIL")), ("total_fee", json!(1))],
    ] {
        let outcome = gate.told(&more);
        ended(&outcome, Status::Unknown);
        answered(&outcome, 200, 0);
        assert_eq!(outcome.text("advice"), Some("hold"));
        assert_eq!(outcome.int("known"), Some(1));
        assert_eq!(outcome.int("replayed"), Some(0));
        assert_eq!(gate.phase(), Some(Phase::Waiting));
    }
    ended(&gate.told(&[]), Status::Ok);
}
