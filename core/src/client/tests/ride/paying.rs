//! What the gate is told of its request, and what is on record then.

use super::*;

#[test]
fn an_accepted_ride_is_accepted_and_never_paid() {
    let gate = Gate::new();
    let events: Arc<Mutex<Vec<Event>>> = Arc::default();
    let seen = Arc::clone(&events);
    gate.client.on_event(Some(Arc::new(move |event, number, _| {
        assert_eq!(number, NUMBER);
        seen.lock().unwrap().push(event);
    })));
    let outcome = gate.pay(&[]);
    ended(&outcome, Status::Accepted);
    assert_eq!(outcome.text("out_trade_no"), Some(NUMBER));
    assert_eq!(outcome.text("gateway"), Some("ride-code"));
    assert_eq!(outcome.text("host"), Some(HOST));
    assert_eq!(outcome.text("advice"), Some("hold"));
    assert_eq!(outcome.int("total_fee"), Some(180));
    assert_eq!(outcome.int("attempts"), Some(1));
    assert_eq!(outcome.int("replayed"), Some(0));
    assert!(outcome.int("elapsed_ms").is_some());
    assert!(!outcome.prompt().is_empty());
    assert_eq!(*events.lock().unwrap(), [Event::Submitting, Event::Done]);
    assert_eq!(gate.phase(), Some(Phase::Waiting));
    assert_eq!(gate.sent(), 1);
    let entry = gate.entry(NUMBER).unwrap();
    assert_eq!(entry.attach.as_deref(), Some(NUMBER));
    assert_eq!(entry.total_fee, Some(180));
    assert_eq!(entry.lease_ms, None, "given back");
    // Whatever the platform's clock shows, it is not the gateway's.
    assert_eq!(gate.client.gateway_time(), None);
}

#[test]
fn neither_token_nor_code_is_anywhere_but_on_the_wire() {
    let gate = Gate::new();
    let fresh = "FRESH-TOKEN";
    for (number, said) in [
        ("R1", Said::Http(200, ACCEPTED)),
        ("R2", Said::Http(500, "nonsense")),
        ("R3", Said::Lost),
        ("R4", Said::Unsent),
        (
            "R5",
            Said::Http(200, r#"{"errcode":40001,"errmsg":"invalid credential"}"#),
        ),
    ] {
        gate.says([said]);
        let outcome = gate.pay(&[("out_trade_no", number), ("access_token", fresh)]);
        let again = gate.pay(&[("out_trade_no", number)]);
        let told = gate.told(&[("out_trade_no", number.into()), ("attach", number.into())]);
        for outcome in [outcome, again, told] {
            let text = outcome.to_value().to_string();
            assert!(!text.contains(QRCODE) && !text.contains("TOKEN"), "{text}");
        }
    }
    let sent = gate.platform.sent.lock().unwrap();
    assert!(sent[0].path.contains(fresh) && sent[0].body.len() > 100);
    assert!(!format!("{sent:?}").contains("TOKEN"));
    let logged = format!("{:?}", gate.logged.lock().unwrap());
    assert!(
        logged.contains("POST https://rides.example.com/deduct:"),
        "{logged}"
    );
    for file in std::fs::read_dir(gate.folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned() + &logged;
        let code = BASE64.encode(QRCODE);
        for secret in [QRCODE, &code, TOKEN, fresh, "oPASSENGER"] {
            assert!(!text.contains(secret), "{secret}");
        }
    }
}

#[test]
fn every_answer_ends_as_it_must_and_nothing_is_sent_again_unless_nothing_was_deducted() {
    let token = r#"{"errcode":40001,"errmsg":"invalid credential"}"#;
    for (said, status, code, again) in [
        (Said::Http(200, ACCEPTED), Status::Accepted, None, false),
        (
            Said::Http(200, token),
            Status::Rejected,
            Some("40001"),
            true,
        ),
        (
            Said::Http(200, r#"{"errcode":-1}"#),
            Status::Unknown,
            Some("-1"),
            false,
        ),
        (
            Said::Http(200, r#"{"errcode":987654}"#),
            Status::Unknown,
            Some("987654"),
            false,
        ),
        (Said::Http(200, "{}"), Status::Unknown, None, false),
        (Said::Http(200, "<html>"), Status::Unknown, None, false),
        (Said::Http(502, ""), Status::Unknown, None, false),
        (Said::Lost, Status::Unknown, None, false),
        (Said::Unsent, Status::Network, None, true),
    ] {
        let gate = Gate::new();
        gate.says([said]);
        let outcome = gate.pay(&[]);
        ended(&outcome, status);
        assert_eq!(outcome.text("code"), code);
        assert_eq!(outcome.text("reversal"), None);
        let kept = match status {
            Status::Accepted => (Some(Phase::Waiting), None),
            Status::Unknown => (Some(Phase::Intent), None),
            settled => (None, Some(settled)),
        };
        assert_eq!((gate.phase(), gate.kept()), kept);
        let second = gate.pay(&[]);
        assert_eq!(gate.sent(), 1 + usize::from(again), "{status:?}");
        if again {
            ended(&second, Status::Accepted);
            assert_eq!(second.int("replayed"), Some(0));
        } else {
            ended(&second, status);
            assert_eq!(second.int("replayed"), Some(1));
            assert_eq!(second.int("total_fee"), Some(180));
        }
    }
}

#[test]
fn the_same_ride_is_told_by_its_fields_but_for_the_token() {
    let gate = Gate::new();
    ended(&gate.pay(&[]), Status::Accepted);
    let renewed = gate.pay(&[("access_token", "ANOTHER-TOKEN")]);
    ended(&renewed, Status::Accepted);
    assert_eq!(renewed.int("replayed"), Some(1));
    for other in [
        ("total_fee", "179"),
        ("qrcode", "SOMEBODY-ELSES"),
        ("line_name", "M394"),
        ("attach", "gate 7"),
    ] {
        let outcome = gate.pay(&[other]);
        ended(&outcome, Status::Duplicate);
        assert_eq!(outcome.text("other_status"), Some("WXPAY_ACCEPTED"));
        assert_eq!(outcome.int("total_fee"), Some(180), "that ride's");
    }
    assert_eq!(gate.sent(), 1);

    gate.says([Said::Lost]);
    let unclear = [("out_trade_no", "RIDE2")];
    ended(&gate.pay(&unclear), Status::Unknown);
    let outcome = gate.pay(&[unclear[0], ("total_fee", "1")]);
    assert_eq!(outcome.text("other_status"), Some("WXPAY_UNKNOWN"));
    ended(&gate.told(&[]), Status::Ok);
    let outcome = gate.pay(&[("total_fee", "1")]);
    ended(&outcome, Status::Duplicate);
    assert_eq!(outcome.text("other_status"), Some("WXPAY_OK"));
    assert_eq!(outcome.text("transaction_id"), Some("4300001"));
}

#[test]
fn a_ride_that_provably_was_not_deducted_leaves_its_number_to_another_code() {
    let gate = Gate::new();
    gate.says([Said::Unsent]);
    ended(&gate.pay(&[]), Status::Network);
    ended(&gate.pay(&[("qrcode", "A-FRESH-CODE")]), Status::Accepted);
    assert_eq!(gate.sent(), 2);
}

#[test]
fn nothing_is_sent_that_cannot_be_remembered() {
    let gate = Gate::new();
    gate.disk.no_more.store(true, Ordering::SeqCst);
    let outcome = gate.pay(&[]);
    ended(&outcome, Status::Journal);
    assert_eq!(gate.sent(), 0);

    gate.disk.no_more.store(false, Ordering::SeqCst);
    let disk = Arc::clone(&gate.disk);
    gate.meanwhile(move || disk.full.store(true, Ordering::SeqCst));
    let outcome = gate.pay(&[]);
    ended(&outcome, Status::Accepted);
    assert!(
        outcome.message().contains("not on record"),
        "{}",
        outcome.message()
    );
    let errors = gate.logged.lock().unwrap();
    assert!(errors.iter().any(|(level, _)| *level == Level::Error));
    drop(errors);
    gate.disk.full.store(false, Ordering::SeqCst);
    // As good as unclear, and not sent again for that.
    ended(&gate.pay(&[]), Status::Unknown);
    assert_eq!(gate.sent(), 1);
}

#[test]
fn a_client_that_closes_has_sent_nothing_or_does_not_know() {
    let gate = Gate::new();
    gate.client.close();
    ended(&gate.pay(&[]), Status::ClientClosed);
    assert_eq!(gate.entry(NUMBER), None);
    assert!(gate.platform.closed.load(Ordering::SeqCst));

    for (said, status) in [
        (Said::Unsent, Status::ClientClosed),
        (Said::Lost, Status::Unknown),
        (Said::Http(200, ACCEPTED), Status::Accepted),
    ] {
        let gate = Gate::new();
        gate.says([said]);
        let client = Arc::downgrade(&gate.client);
        gate.meanwhile(move || client.upgrade().unwrap().calls.close());
        ended(&gate.pay(&[]), status);
    }

    let gate = Gate::new();
    let client = Arc::downgrade(&gate.client);
    gate.client.on_event(Some(Arc::new(move |event, _, _| {
        if let (Event::Submitting, Some(client)) = (event, client.upgrade()) {
            client.close();
        }
    })));
    ended(&gate.pay(&[]), Status::ClientClosed);
    assert_eq!(gate.sent(), 0);
    assert_eq!(gate.kept(), Some(Status::ClientClosed));
}

#[test]
fn a_bug_after_the_ride_was_begun_leaves_it_in_doubt_and_not_held() {
    let gate = Gate::new();
    gate.says([Said::Bug]);
    let outcome = gate.pay(&[]);
    ended(&outcome, Status::Unknown);
    assert_eq!(outcome.text("out_trade_no"), Some(NUMBER));
    assert_eq!(gate.phase(), Some(Phase::Intent));
    ended(&gate.told(&[]), Status::Ok);
}

#[test]
fn what_is_missing_is_named_and_nothing_is_sent() {
    let time = Arc::new(Time::default());
    let folder = tempfile::tempdir().unwrap();
    let (client, _) = client_of(&time, &open_disk(folder.path(), &time), None);
    for outcome in [
        client.ride_pay(&ride(&[])),
        client.notify_decode("", &callback(&[])),
    ] {
        ended(&outcome, Status::Unsupported);
        assert!(outcome.message().contains("[ride_code]"));
        assert_eq!(outcome.text("gateway"), Some("ride-code"));
    }
    ended(&client.recover(), Status::Ok);

    let gate = Gate::with(RideCodeConfig {
        deduct_url: None,
        sign: None,
        ..settings()
    });
    let outcome = gate.pay(&[]);
    ended(&outcome, Status::Config);
    assert!(outcome.message().contains("ride_code.deduct_url"));
    let outcome = gate.told(&[]);
    ended(&outcome, Status::Config);
    assert!(outcome.message().contains("sign_type"));
    answered(&outcome, 500, -1);

    let gate = Gate::new();
    for (name, value) in [
        ("total_fee", "1.8"),
        ("qrcode", ""),
        ("trade_scene", "TRAM"),
        ("out_trade_no", ""),
        ("never_heard_of", "1"),
    ] {
        let outcome = gate.pay(&[(name, value)]);
        ended(&outcome, Status::Argument);
        assert_eq!(outcome.text("field"), Some(name));
    }
    assert_eq!(gate.sent(), 0);
}

#[test]
fn a_ride_in_flight_is_busy_to_everybody_else() {
    let gate = Gate::new();
    let (client, neighbour) = (Arc::downgrade(&gate.client), gate.neighbour());
    gate.meanwhile(move || {
        let same = client.upgrade().unwrap();
        ended(&same.ride_pay(&ride(&[])), Status::Busy);
        ended(&neighbour.ride_pay(&ride(&[])), Status::Busy);
        // An order of the same number has nothing to do with it.
        ended(&same.cancel(NUMBER), Status::NotFound);
    });
    ended(&gate.pay(&[]), Status::Accepted);
    assert_eq!(gate.sent(), 1);
}
