//! What a display and the log are told of a payment on its way.

use super::*;
use crate::policy::{Reversal, refund};

#[test]
fn the_end_of_the_window_is_shown_and_then_that_of_the_budget() {
    let mut bench = Bench::new(mainland());
    let begun = bench.now;
    assert_eq!(bench.payment.stage_end(), begun + seconds(45.0));
    bench.submit(S::Unclear).poll_out(Q::Paying);
    assert_eq!(bench.payment.stage(), "Checking");
    assert_eq!(bench.payment.stage_end(), begun + seconds(90.0));
}

#[test]
fn a_cancel_is_shown_once_it_was_asked_for() {
    let mut bench = Bench::new(mainland());
    assert!(!bench.payment.cancel_requested());
    bench.submit(S::Unclear);
    assert!(!bench.payment.cancel_requested());
    bench.cancel();
    assert!(bench.payment.cancel_requested());
}

#[test]
fn what_is_recorded_is_where_a_recovery_would_go_on() {
    let mut bench = Bench::new(mainland());
    assert_eq!(bench.payment.recorded(), Phase::Intent);
    bench.submit(S::Unclear);
    assert_eq!(bench.payment.recorded(), Phase::Waiting);
    bench.poll_out(Q::Paying);
    assert_eq!(bench.payment.recorded(), Phase::Waiting);
    bench.query(Q::Paying);
    assert_eq!(bench.payment.recorded(), Phase::Reversing);
}

#[test]
fn an_order_that_is_taken_up_again_is_recorded_as_the_journal_left_it() {
    for phase in [Phase::Intent, Phase::Waiting, Phase::Reversing] {
        let mut bench = Bench::resumed(mainland(), phase, 300.0, Purpose::Settle);
        assert_eq!(bench.payment.recorded(), phase);
        bench.query(Q::NotPaid);
        if phase == Phase::Reversing {
            assert!(!bench.rest().pending.contains(&Action::Record(phase)));
        }
    }
    // A reverse may have left before, so what is given up is a reverse.
    let mut bench = Bench::resumed(mainland(), Phase::Reversing, 300.0, Purpose::Settle);
    while bench.rest().ending().is_none() {
        bench.query(Q::Unclear);
    }
    bench.ends(Status::Unknown, Cause::BudgetOver);
}

#[test]
fn the_log_has_an_event_without_its_times() {
    let sent = Moment(Duration::from_secs(7));
    let verdict = S::Declined { listed: true };
    for (event, text) in [
        (
            Event::Submit { verdict, sent },
            "Submit(Declined { listed: true })",
        ),
        (Event::Query(Q::NotFound), "Query(NotFound)"),
        (Event::Elapsed, "Elapsed"),
    ] {
        assert_eq!(event.to_string(), text);
    }
}

#[test]
fn a_result_names_who_must_undo_what() {
    for (reversal, name) in [
        (Reversal::None, "none"),
        (Reversal::Required, "required"),
        (Reversal::Completed, "completed"),
    ] {
        assert_eq!(reversal.name(), name);
    }
}

#[test]
fn a_refund_shows_its_stage_and_when_it_must_be_over() {
    use crate::verdict::RefundVerdict as V;
    use refund::{Begin, Event, Refunding};
    let now = Moment(Duration::from_secs(1000));
    let mut refunding = Refunding::new(mainland(), Begin::New { may_resend: true });
    assert_eq!(refunding.stage(), "Fresh");
    for (event, stage) in [
        (Event::Start, "Sending"),
        (Event::Sent(V::Unclear), "Asking"),
        (Event::Query(V::NotFound), "Sending"),
    ] {
        let _ = refunding.step(event, now);
        assert_eq!(refunding.stage(), stage);
        assert_eq!(refunding.deadline(), now + seconds(45.0));
    }
    let later = now + seconds(2.0);
    let _ = refunding.step(Event::Elapsed, later);
    let _ = refunding.step(Event::Sent(V::Rejected), later);
    assert_eq!(refunding.stage(), "Confirming");
    let _ = refunding.step(Event::Query(V::Refunded), later);
    assert_eq!(refunding.stage(), "Over");
}
