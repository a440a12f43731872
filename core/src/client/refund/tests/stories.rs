//! One refund at a time: what goes wrong, what the till is told, what the ledger says.

use std::sync::Mutex;

use super::*;
use crate::config::{PolicyConfig, Region};

const LOST: Fault = Fault::Lost { executed: true };
const NEVER_ARRIVED: Fault = Fault::Lost { executed: false };

#[test]
fn a_refund_that_is_taken_on_is_accepted_with_its_facts() {
    let world = world([]);
    let outcome = world.till().refund(&fields());
    is(&outcome, Status::Accepted);
    for (name, value) in [
        ("out_trade_no", "A1"),
        ("transaction_id", "42"),
        ("refund_id", "5000"),
        ("refund_status", "PROCESSING"),
        ("host", "https://gateway"),
        ("gateway", "wechat-v2"),
    ] {
        assert_eq!(outcome.text(name), Some(value), "{name}");
    }
    for (name, value) in [
        ("refund_fee", 100),
        ("total_fee", 888),
        ("attempts", 1),
        ("replayed", 0),
        ("elapsed_ms", 100),
    ] {
        assert_eq!(outcome.int(name), Some(value), "{name}");
    }
    assert!(!outcome.prompt().is_empty());
    assert_eq!(world.given_back(), 100);
}

#[test]
fn the_whole_request_is_on_record_before_the_first_byte_leaves() {
    let world = world([]);
    let (seen, look) = (Arc::new(Mutex::new(None)), Arc::clone(&world));
    let inside = Arc::clone(&seen);
    world.plan([Fault::Meanwhile(Box::new(move || {
        *inside.lock().unwrap() = look.journal().find(&key("R1")).unwrap();
    }))]);
    world.till().refund(&with("refund_desc", "sold out"));
    let entry = seen.lock().unwrap().take().expect("on record");
    assert_eq!(entry.phase, Some(Phase::Intent));
    assert_eq!(entry.total_fee, Some(100));
    let document = entry.document.unwrap();
    for (name, value) in with("refund_desc", "sold out").iter() {
        assert_eq!(document[name], value, "{name}");
    }
}

#[test]
fn a_refund_whose_answer_is_lost_is_found_and_not_sent_again() {
    for fault in [LOST, Fault::Garbage, Fault::Forged] {
        let world = world([fault]);
        is(&world.till().refund(&fields()), Status::Accepted);
        assert_eq!((world.count(REFUND), world.count(QUERY)), (1, 1));
        assert_eq!(world.given_back(), 100);
    }
}

#[test]
fn a_refund_that_never_arrived_is_sent_again_with_the_same_parameters() {
    let world = world([NEVER_ARRIVED]);
    let outcome = world.till().refund(&fields());
    is(&outcome, Status::Accepted);
    assert_eq!(outcome.int("attempts"), Some(3));
    let mut sent = world.requests(REFUND);
    for request in &mut sent {
        assert!(request.remove("nonce_str").is_some() && request.remove("sign").is_some());
    }
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0], sent[1]);
    assert_eq!(world.given_back(), 100);
}

#[test]
fn what_the_gateway_asks_to_be_repeated_is_repeated() {
    for code in ["SYSTEMERROR", "BIZERR_NEED_RETRY", "FREQUENCY_LIMITED"] {
        let world = world([Fault::Refuse(code, ""), Fault::Refuse(code, "")]);
        is(&world.till().refund(&fields()), Status::Accepted);
        assert_eq!((world.count(REFUND), world.count(QUERY)), (3, 0), "{code}");
        assert_eq!(world.given_back(), 100);
    }
}

#[test]
fn a_refusal_is_confirmed_and_its_number_may_be_used_again() {
    let world = world([Fault::Refuse("NOTENOUGH", "余额不足")]);
    let till = world.till();
    let refused = till.refund(&fields());
    is(&refused, Status::Declined);
    assert_eq!(refused.text("code"), Some("NOTENOUGH"));
    assert_eq!(refused.text("code_message"), Some("余额不足"));
    assert_eq!(refused.text("refund_status"), None);
    assert_eq!((world.count(REFUND), world.count(QUERY)), (1, 1));

    is(&till.refund(&fields()), Status::Accepted);
    assert_eq!(world.count(REFUND), 2);
    assert_eq!(world.given_back(), 100);
}

#[test]
fn a_refusal_that_the_ledger_contradicts_is_a_refund() {
    let world = world([NEVER_ARRIVED, Fault::Answer, Fault::Refuse("NOTENOUGH", "")]);
    let ledger = Arc::clone(&world);
    world.plan([
        Fault::Answer,
        Fault::Meanwhile(Box::new(move || ledger.book("R1", 100, "SUCCESS"))),
    ]);
    // The first request arrives after all, between the two looks that a refusal after it needs.
    is(&world.till().refund(&fields()), Status::Refunded);
    assert_eq!(world.given_back(), 100);
}

#[test]
fn a_refusal_after_a_lost_answer_is_confirmed_twice() {
    let world = world([
        NEVER_ARRIVED,
        Fault::Answer,
        Fault::Refuse("PARAM_ERROR", ""),
    ]);
    is(&world.till().refund(&fields()), Status::Rejected);
    assert_eq!((world.count(REFUND), world.count(QUERY)), (2, 3));
    assert_eq!(world.given_back(), 0);
}

#[test]
fn nothing_sent_and_nothing_executed_leave_the_number_free_for_any_fields() {
    for (fault, status) in [
        (Fault::Unsent, Status::Network),
        (Fault::Refuse("PARAM_ERROR", ""), Status::Rejected),
    ] {
        let world = world([fault]);
        let till = world.till();
        is(&till.refund(&fields()), status);
        assert_eq!(world.count(QUERY), 0);
        is(&till.refund(&with("refund_fee", "50")), Status::Accepted);
        assert_eq!(world.given_back(), 50);
    }
}

#[test]
fn an_unknown_code_is_never_final() {
    let world = world((0..50).map(|turn| match turn % 2 {
        0 => Fault::Refuse("SOMETHING_NEW", "?"),
        _ => Fault::Answer,
    }));
    let outcome = world.till().refund(&fields());
    is(&outcome, Status::Unknown);
    assert_eq!(outcome.text("code"), Some("SOMETHING_NEW"));
    assert!(outcome.int("elapsed_ms") <= Some(46_000), "{outcome:?}");
}

#[test]
fn a_refund_in_doubt_stays_open_and_the_same_call_goes_on() {
    let world = world((0..20).map(|_| NEVER_ARRIVED));
    let till = world.till();
    let outcome = till.refund(&fields());
    is(&outcome, Status::Unknown);
    assert_eq!(outcome.int("refund_fee"), Some(100));
    // The budget, and one exchange that began within it.
    assert!(outcome.int("elapsed_ms") <= Some(61_000), "{outcome:?}");
    let open = world.journal().find(&key("R1")).unwrap().unwrap();
    assert!(open.phase.is_some() && open.lease_ms.is_none());

    world.heal();
    let sent = world.count(REFUND);
    let outcome = till.refund(&fields());
    is(&outcome, Status::Accepted);
    assert_eq!(world.count(REFUND), sent + 1);
    assert_eq!(world.given_back(), 100);
}

#[test]
fn a_refund_in_doubt_is_carried_through_by_a_recovery_and_booked_once() {
    for executed in [true, false] {
        let world = world((0..20).map(|_| Fault::Lost { executed }));
        is(&world.till().refund(&fields()), Status::Unknown);
        assert_eq!(world.till().recover().int("open"), Some(1));
        world.heal();

        let listed = recovered(&world.till());
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0]["out_refund_no"], "R1");
        assert_eq!(listed[0]["out_trade_no"], "A1");
        assert_eq!(listed[0]["status"], Status::Accepted.code());
        assert_eq!(world.given_back(), 100, "executed {executed}");
        assert!(recovered(&world.till()).is_empty(), "told once");
        let replayed = world.till().refund(&fields());
        assert_eq!(replayed.int("replayed"), Some(1));
        assert_eq!(world.given_back(), 100);
    }
}

#[test]
fn a_recovery_sends_exactly_what_was_asked_for() {
    let world = world([Fault::Crash]);
    let asked = with("notify_url", "https://shop.example.com/refunds");
    is(&world.till().refund(&asked), Status::Unknown);
    recovered(&world.till());
    let mut sent = world.requests(REFUND);
    for request in &mut sent {
        request.retain(|name, _| name != "nonce_str" && name != "sign");
    }
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0], sent[1]);
    assert_eq!(sent[1]["notify_url"], "https://shop.example.com/refunds");
}

#[test]
fn a_recovery_that_reaches_nobody_says_so_and_leaves_the_rest() {
    let world = world([Fault::Crash, Fault::Crash]);
    let till = world.till();
    till.refund(&fields());
    till.refund(&with("out_refund_no", "R2"));
    world.plan((0..20).map(|_| Fault::Unsent));
    let outcome = till.recover();
    assert_eq!(outcome.status, Status::Unknown);
    assert_eq!(outcome.int("open"), Some(2));
    let second = &listed(&outcome)[1];
    assert!(second["message"].as_str().unwrap().contains("reached"));
}

#[test]
fn without_a_certificate_nothing_is_recorded_or_sent() {
    let world = world([]);
    let till = world.till_of(false, PolicyConfig::profile(Region::Mainland));
    let outcome = till.refund(&fields());
    is(&outcome, Status::Unsupported);
    assert!(outcome.message().contains("client_certificate"));
    assert_eq!(world.count(REFUND), 0);
    assert!(world.journal().find(&key("R1")).unwrap().is_none());
}

#[test]
fn without_a_certificate_an_open_refund_is_only_asked_for() {
    let world = world([Fault::Crash]);
    is(&world.till().refund(&fields()), Status::Unknown);
    let till = world.till_of(false, PolicyConfig::profile(Region::Mainland));
    let outcome = till.recover();
    assert_eq!(outcome.int("open"), Some(1));
    assert!(
        listed(&outcome)[0]["message"]
            .as_str()
            .unwrap()
            .contains("cannot send it again")
    );
    assert_eq!(world.count(REFUND), 1, "the one that crashed");
    world.book("R1", 100, "SUCCESS");
    assert_eq!(recovered(&till)[0]["status"], Status::Refunded.code());
}

#[test]
fn what_the_journal_knows_of_the_order_may_be_left_out() {
    let world = world([]);
    let till = world.till();
    let missing = till.refund(&with("total_fee", ""));
    assert_eq!(missing.status, Status::Argument);
    assert_eq!(missing.text("field"), Some("total_fee"));

    let order = Sale {
        key: Key {
            book: Book::Orders,
            ..key("A1")
        },
        product: crate::gateway::Product::CodePayment,
        gateway: "wechat-v2".into(),
        parameters: Vec::new(),
        document: None,
        sub_mch_id: Some("777".into()),
        total_fee: Some(888),
        fee_type: Some("CNY".into()),
        attach: None,
        submitted_at: None,
    };
    world.journal().begin(&order).unwrap();
    world.plan([Fault::Crash]);
    is(&till.refund(&with("total_fee", "")), Status::Unknown);
    assert_eq!(world.requests(REFUND)[0]["total_fee"], "888");
    assert_eq!(world.requests(REFUND)[0]["sub_mch_id"], "777");

    // The order is forgotten; the refund still knows what it needs.
    world.edit("DELETE FROM orders");
    let again = till.refund(&with("total_fee", ""));
    assert_ne!(again.status, Status::Duplicate, "{again:?}");
    assert_eq!(world.requests(QUERY)[0]["sub_mch_id"], "777");
}

#[test]
fn a_bad_field_is_told_before_anything_is_recorded() {
    let world = world([]);
    let outcome = world.till().refund(&with("refund_fee", "889"));
    assert_eq!(outcome.status, Status::Argument);
    assert_eq!(outcome.text("field"), Some("refund_fee"));
    assert!(world.journal().find(&key("R1")).unwrap().is_none());
}

#[test]
fn events_tell_what_goes_on_with_the_refunds_number() {
    let world = world([NEVER_ARRIVED]);
    let till = world.till();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&seen);
    till.on_event(Some(Arc::new(move |event, number, remaining| {
        assert_eq!(number, "R1");
        assert!((0..=45_000).contains(&remaining));
        sink.lock().unwrap().push(event);
    })));
    till.refund(&fields());
    let mut events = std::mem::take(&mut *seen.lock().unwrap());
    events.dedup();
    assert_eq!(
        events,
        [
            Event::Submitting,
            Event::Querying,
            Event::Retrying,
            Event::Submitting,
            Event::Done
        ]
    );
}

/// Closes the client from inside an event.
fn closing_at(till: &Arc<Client>, at: Event) {
    let weak = Arc::downgrade(till);
    till.on_event(Some(Arc::new(move |event, _, _| {
        if event == at {
            weak.upgrade().unwrap().close();
        }
    })));
}

#[test]
fn closing_before_anything_was_sent_is_no_refund() {
    let world = world([]);
    let till = world.till();
    closing_at(&till, Event::Submitting);
    is(&till.refund(&fields()), Status::ClientClosed);
    assert_eq!(world.count(REFUND), 0);
    is(&till.refund(&fields()), Status::ClientClosed);
    is(&world.till().refund(&fields()), Status::Accepted);
}

#[test]
fn closing_in_the_middle_leaves_the_refund_open() {
    for at in [Event::Querying, Event::Retrying] {
        let world = world([NEVER_ARRIVED]);
        let till = world.till();
        closing_at(&till, at);
        is(&till.refund(&fields()), Status::Unknown);
        assert_eq!(world.count(REFUND), 1);
        assert_eq!(recovered(&world.till()).len(), 1);
        assert_eq!(world.given_back(), 100);
    }
}

#[test]
fn a_cancel_is_not_for_refunds() {
    let world = world([]);
    let till = world.till();
    let weak = Arc::downgrade(&till);
    world.plan([Fault::Meanwhile(Box::new(move || {
        let outcome = weak.upgrade().unwrap().cancel("R1");
        assert_eq!(outcome.status, Status::NotFound);
    }))]);
    is(&till.refund(&fields()), Status::Accepted);
}
