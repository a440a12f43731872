//! A refund number once more, other tills, and the journal's faults.

use super::*;

/// Runs `what` while a refund of this till is under way.
fn meanwhile(world: &Arc<World>, what: impl FnOnce() + Send + 'static) -> Arc<Client> {
    world.plan([Fault::Meanwhile(Box::new(what))]);
    world.till()
}

#[test]
fn an_accepted_refund_is_brought_up_to_date_when_it_is_asked_for_again() {
    let world = world([]);
    let till = world.till();
    is(&till.refund(&fields()), Status::Accepted);
    world.book("R1", 100, "SUCCESS");
    let again = till.refund(&fields());
    is(&again, Status::Refunded);
    assert_eq!(again.int("replayed"), Some(1));
    assert_eq!(again.text("refund_status"), Some("SUCCESS"));
    assert_eq!(again.text("out_trade_no"), Some("A1"));
    let requests = world.count(REFUND) + world.count(QUERY);
    let last = till.refund(&fields());
    is(&last, Status::Refunded);
    assert_eq!(world.count(REFUND) + world.count(QUERY), requests);
    assert_eq!(world.count(REFUND), 1);
}

#[test]
fn an_accepted_refund_that_cannot_be_asked_for_is_told_as_recorded() {
    for fault in [Fault::Unsent, Fault::Lost { executed: true }, Fault::Forged] {
        let world = world([]);
        let till = world.till();
        till.refund(&fields());
        world.book("R1", 100, "SUCCESS");
        world.plan([fault]);
        let again = till.refund(&fields());
        is(&again, Status::Accepted);
        assert_eq!(again.int("replayed"), Some(1));
        assert_eq!(world.count(REFUND), 1);
    }
}

#[test]
fn a_refund_that_failed_is_final_and_its_code_says_how() {
    let world = world([]);
    let till = world.till();
    till.refund(&fields());
    world.book("R1", 100, "REFUNDCLOSE");
    for _ in 0..2 {
        let outcome = till.refund(&fields());
        is(&outcome, Status::Declined);
        assert_eq!(outcome.text("code"), Some("REFUNDCLOSE"));
        assert_eq!(outcome.text("refund_status"), Some("REFUNDCLOSE"));
        assert_eq!(outcome.int("replayed"), Some(1));
    }
    assert_eq!((world.count(REFUND), world.count(QUERY)), (1, 1));
}

#[test]
fn other_fields_under_a_number_are_another_refund() {
    let world = world([]);
    let till = world.till();
    till.refund(&fields());
    let other = till.refund(&with("refund_fee", "50"));
    is(&other, Status::Duplicate);
    assert_eq!(other.int("refund_fee"), Some(100), "that refund's facts");
    assert_eq!(other.text("other_status"), Some("WXPAY_ACCEPTED"));
    assert_eq!((world.count(REFUND), world.count(QUERY)), (1, 0));

    world.plan([Fault::Crash]);
    till.refund(&with("out_refund_no", "R2"));
    let mut open = with("out_refund_no", "R2");
    open.set("refund_fee", "50");
    let other = till.refund(&open);
    assert_eq!(other.status, Status::Duplicate);
    assert_eq!(other.text("other_status"), Some("WXPAY_UNKNOWN"));
    assert_eq!(other.int("refund_fee"), Some(100));
}

#[test]
fn a_number_that_another_till_used_for_another_refund_is_a_duplicate() {
    let world = world([]);
    world.book("R1", 250, "SUCCESS");
    let outcome = world.till().refund(&fields());
    is(&outcome, Status::Duplicate);
    assert_eq!(outcome.int("refund_fee"), Some(250));
    assert_eq!(world.given_back(), 250);
    let again = world.till().refund(&fields());
    is(&again, Status::Duplicate);
    assert_eq!(world.count(REFUND), 1);
}

#[test]
fn one_answer_with_another_amount_makes_nobody_elses_refund_of_this_one() {
    let world = world([Fault::WrongAmount]);
    is(&world.till().refund(&fields()), Status::Accepted);
    let world = super::world([Fault::Lost { executed: true }, Fault::WrongAmount]);
    is(&world.till().refund(&fields()), Status::Accepted);
    assert_eq!(world.given_back(), 100);
}

#[test]
fn amounts_that_do_not_fit_the_order_are_a_refusal() {
    let world = world([Fault::Refuse(
        "INVALID_REQUEST",
        "订单金额或退款金额与之前请求不一致，请核实后再试",
    )]);
    is(&world.till().refund(&fields()), Status::Declined);
    assert_eq!(world.count(QUERY), 2, "looked for twice");
}

#[test]
fn a_refund_in_flight_is_busy_for_everybody_else() {
    let world = world([]);
    let other = world.till();
    let theirs = meanwhile(&world, move || {
        is(&other.refund(&fields()), Status::Busy);
        is(&other.refund(&with("refund_fee", "50")), Status::Busy);
        is(&other.refund_query("R1"), Status::NotFound);
    });
    is(&theirs.refund(&fields()), Status::Accepted);

    let world = World::new();
    let till = world.till();
    let weak = Arc::downgrade(&till);
    world.plan([Fault::Meanwhile(Box::new(move || {
        let same = weak.upgrade().unwrap();
        is(&same.refund(&fields()), Status::Busy);
    }))]);
    is(&till.refund(&fields()), Status::Accepted);
}

#[test]
fn an_order_and_a_refund_of_one_number_do_not_wait_for_each_other() {
    let world = world([]);
    let till = world.till();
    let weak = Arc::downgrade(&till);
    world.plan([Fault::Meanwhile(Box::new(move || {
        let same = weak.upgrade().unwrap();
        let claim = same.calls.enter(crate::client::calls::Claim::Payment("R1"));
        assert!(claim.is_ok());
    }))]);
    is(&till.refund(&fields()), Status::Accepted);
}

/// Another process takes the refund over, because this one has been silent for too long.
fn steal(world: &Arc<World>) {
    world.pass(11);
    let taken = world.journal().take(&key("R1"), None).unwrap();
    assert!(matches!(taken, Take::Taken(_)));
}

#[test]
fn who_has_lost_a_refund_sends_it_no_more() {
    let world = world([]);
    let thief = Arc::clone(&world);
    let till = meanwhile(&world, move || steal(&thief));
    // What the gateway says of the refund stays true, whoever holds it.
    is(&till.refund(&fields()), Status::Accepted);

    let world = World::new();
    let thief = Arc::clone(&world);
    world.plan([Fault::Refuse("SYSTEMERROR", "")]);
    let till = world.till();
    let once = std::sync::Once::new();
    till.on_event(Some(Arc::new(move |event, _, _| {
        if event == Event::Retrying {
            once.call_once(|| steal(&thief));
        }
    })));
    let outcome = till.refund(&fields());
    is(&outcome, Status::Unknown);
    assert_eq!(world.count(REFUND), 1, "not sent again");
}

#[test]
fn a_journal_that_cannot_be_written_refuses_the_refund_before_it_is_sent() {
    let world = world([]);
    let till = world.till();
    world
        .edit("CREATE TRIGGER full BEFORE INSERT ON refunds BEGIN SELECT RAISE(FAIL, 'full'); END");
    is(&till.refund(&fields()), Status::Journal);
    assert_eq!(world.count(REFUND), 0);
}

const NO_ENDINGS: &str = "CREATE TRIGGER full BEFORE UPDATE OF status ON refunds
     WHEN NEW.status IS NOT NULL BEGIN SELECT RAISE(FAIL, 'full'); END";

#[test]
fn an_ending_that_cannot_be_recorded_is_told_only_if_it_is_about_the_refund_itself() {
    for (fault, status) in [
        (Fault::Answer, Status::Accepted),
        // The next recovery would send these again.
        (Fault::Refuse("NOTENOUGH", ""), Status::Unknown),
        (Fault::Refuse("PARAM_ERROR", ""), Status::Unknown),
        (Fault::Unsent, Status::Unknown),
    ] {
        let world = world([fault]);
        let till = world.till();
        world.edit(NO_ENDINGS);
        is(&till.refund(&fields()), status);
        world.edit("DROP TRIGGER full");
        world.pass(11);
        let listed = recovered(&world.till());
        assert_eq!(listed[0]["status"], Status::Accepted.code());
        assert_eq!(world.given_back(), 100);
    }
}

#[test]
fn a_refund_that_no_till_was_told_of_is_listed_once() {
    let world = world([]);
    let till = world.till();
    let journal = world.journal();
    let outcome = till.refund(&fields());
    journal.take(&key("R1"), None).unwrap();
    journal
        .settle(&key("R1"), outcome.status, &outcome.fields, false)
        .unwrap();
    let listed = recovered(&till);
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["out_refund_no"], "R1");
    assert_eq!(listed[0]["replayed"], 1);
    assert!(recovered(&till).is_empty());
    assert_eq!(world.count(QUERY), 0, "nothing is sent for it");
}

#[test]
fn where_the_money_went_is_told_but_not_kept() {
    let world = world([]);
    let till = world.till();
    till.refund(&fields());
    world.book("R1", 100, "SUCCESS");
    let outcome = till.refund_query("R1");
    assert!(outcome.text("refund_recv_accout").is_some());
    let entry = world.journal().find(&key("R1")).unwrap().unwrap();
    let (status, facts) = entry.outcome.unwrap();
    assert_eq!(status, Status::Refunded);
    assert!(!facts.contains_key("refund_recv_accout"));
}

#[test]
fn a_query_tells_the_refunds_state() {
    let world = world([]);
    let till = world.till();
    is(&till.refund_query("R1"), Status::NotFound);
    for (status, told) in [
        ("PROCESSING", Status::Accepted),
        ("SUCCESS", Status::Refunded),
        ("CHANGE", Status::Declined),
    ] {
        world.book("R1", 100, status);
        let outcome = till.refund_query("R1");
        is(&outcome, told);
        assert_eq!(outcome.text("refund_status"), Some(status));
        assert_eq!(outcome.int("refund_fee"), Some(100));
        assert_eq!(outcome.int("attempts"), Some(1));
    }
    for (fault, told) in [
        (Fault::Unsent, Status::Network),
        (Fault::Lost { executed: true }, Status::Network),
        (Fault::Refuse("SYSTEMERROR", ""), Status::Network),
        (Fault::Refuse("SIGNERROR", ""), Status::Rejected),
        (Fault::Forged, Status::Forged),
    ] {
        world.plan([fault]);
        is(&till.refund_query("R1"), told);
    }
    assert_eq!(till.refund_query("R 1").status, Status::Argument);
    till.close();
    is(&till.refund_query("R1"), Status::ClientClosed);
}

#[test]
fn a_query_settles_what_is_open_and_moves_on_what_was_accepted() {
    let world = world([Fault::Crash]);
    let till = world.till();
    is(&till.refund(&fields()), Status::Unknown);
    is(&till.refund_query("R1"), Status::NotFound);
    let entry = || world.journal().find(&key("R1")).unwrap().unwrap();
    assert!(entry().phase.is_some(), "it may still arrive");

    for (status, told) in [
        ("PROCESSING", Status::Accepted),
        ("SUCCESS", Status::Refunded),
    ] {
        world.book("R1", 100, status);
        is(&till.refund_query("R1"), told);
        let entry = entry();
        assert_eq!(
            entry.outcome.as_ref().map(|(status, _)| *status),
            Some(told)
        );
        assert!(entry.returned);
    }
    world.book("R1", 100, "PROCESSING");
    is(&till.refund_query("R1"), Status::Accepted);
    assert_eq!(entry().outcome.unwrap().0, Status::Refunded, "never back");
    assert!(recovered(&till).is_empty());
    is(&till.refund(&fields()), Status::Refunded);
}

#[test]
fn a_query_about_a_number_of_another_refund_is_a_duplicate() {
    let world = world([Fault::Crash]);
    let till = world.till();
    till.refund(&fields());
    world.book("R1", 250, "SUCCESS");
    is(&till.refund_query("R1"), Status::Duplicate);
    let listed = recovered(&till);
    assert_eq!(listed[0]["status"], Status::Duplicate.code());
    is(&till.refund(&fields()), Status::Duplicate);
    assert_eq!(world.given_back(), 250);
}

#[test]
fn a_query_leaves_a_refund_in_flight_to_its_call() {
    let world = world([]);
    let other = world.till();
    let ledger = Arc::clone(&world);
    let till = meanwhile(&world, move || {
        ledger.book("R1", 100, "SUCCESS");
        is(&other.refund_query("R1"), Status::Refunded);
        let entry = ledger.journal().find(&key("R1")).unwrap().unwrap();
        assert_eq!(entry.phase, Some(Phase::Intent));
    });
    is(&till.refund(&fields()), Status::Accepted);
}
