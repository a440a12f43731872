use super::*;

#[test]
fn settling_an_old_order_asks_at_once_and_then_undoes_it() {
    let mut bench = Bench::resumed(mainland(), Phase::Waiting, 300.0, Purpose::Settle);
    assert_eq!(bench.pending, [Action::Query(Why::Poll)]);
    bench.query(Q::NotPaid).query(Q::NotPaid);
    assert_eq!(
        bench.pending,
        [Action::Record(Phase::Reversing), Action::Reverse]
    );
    bench.reverse(R::Done).query(Q::NotFound).query(Q::NotFound);
    bench.ends(Status::Reversed, Cause::NeverArrived);
}

#[test]
fn no_resumed_order_is_ever_submitted_again() {
    for purpose in [
        Purpose::Settle,
        Purpose::RecoverKeepingPaid,
        Purpose::RecoverReversingPaid,
        Purpose::Undo,
    ] {
        for phase in [Phase::Intent, Phase::Waiting, Phase::Reversing] {
            let mut bench = Bench::resumed(mainland(), phase, 3.0, purpose);
            bench.poll_out(Q::NotFound);
            assert!(bench.times(Action::Submit).is_empty());
        }
    }
}

#[test]
fn a_recovery_reports_what_is_paid() {
    for phase in [Phase::Intent, Phase::Waiting] {
        Bench::resumed(mainland(), phase, 300.0, Purpose::RecoverKeepingPaid)
            .query(Q::Paid)
            .ends(Status::Ok, Cause::Paid);
    }
}

#[test]
fn a_recovery_may_be_told_to_reverse_what_is_paid() {
    let mut bench = Bench::resumed(
        mainland(),
        Phase::Waiting,
        300.0,
        Purpose::RecoverReversingPaid,
    );
    bench
        .query(Q::Paid)
        .query(Q::Paid)
        .reverse(R::Done)
        .query(Q::Refunded);
    bench.ends(Status::Reversed, Cause::ReverseConfirmed);
}

#[test]
fn a_recovery_goes_on_reversing_and_does_not_believe_paid() {
    let mut bench = Bench::resumed(
        mainland(),
        Phase::Reversing,
        300.0,
        Purpose::RecoverKeepingPaid,
    );
    assert_eq!(bench.pending, [Action::Query(Why::Verify)]);
    bench.query(Q::Paid).reverse(R::Done).query(Q::Reversed);
    bench.ends(Status::Reversed, Cause::ReverseConfirmed);
}

/// That of the process before may have been recorded and never have left.
#[test]
fn a_recovery_believes_in_no_absence_before_a_reverse_of_its_own_was_answered() {
    for answered in [R::Done, R::NotFound] {
        let mut bench = Bench::resumed(
            mainland(),
            Phase::Reversing,
            300.0,
            Purpose::RecoverKeepingPaid,
        );
        bench.query(Q::NotFound);
        assert_eq!(bench.rest().pending, [Action::Reverse]);
        bench.reverse(R::Unclear).reverse(answered);
        bench.query(Q::NotFound).query(Q::NotFound);
        bench.ends(Status::Reversed, Cause::NeverArrived);
    }
}

/// A till may have been told that it is paid, when that could not be recorded.
#[test]
fn the_same_sale_once_more_reverses_nothing_before_it_has_a_clear_answer() {
    for unusable in [Q::Unclear, Q::Rejected] {
        let mut bench = Bench::resumed(mainland(), Phase::Waiting, 60.0, Purpose::Settle);
        bench.query(Q::Unclear);
        while bench.rest().ending().is_none() {
            assert_eq!(bench.pending, [Action::Query(Why::Check)]);
            bench.query(unusable);
        }
        bench.ends(Status::Unknown, Cause::StillUnclear);
        let mut bench = Bench::resumed(mainland(), Phase::Waiting, 60.0, Purpose::Settle);
        bench.query(Q::Unclear).query(unusable).query(Q::Paid);
        bench.ends(Status::Ok, Cause::Paid);
    }
}

#[test]
fn a_new_sale_and_what_the_till_wants_undone_are_reversed_without_a_clear_answer() {
    for unusable in [Q::Unclear, Q::Rejected] {
        let mut new = paying(mainland());
        new.poll_out(unusable).query(unusable);
        assert_eq!(
            new.pending,
            [Action::Record(Phase::Reversing), Action::Reverse]
        );
        let mut undone = Bench::resumed(mainland(), Phase::Waiting, 300.0, Purpose::Undo);
        undone.query(unusable);
        assert_eq!(undone.pending, [Action::Reverse]);
    }
}

#[test]
fn a_recovery_reverses_nothing_before_it_has_a_clear_answer() {
    let mut bench = Bench::resumed(
        mainland(),
        Phase::Waiting,
        300.0,
        Purpose::RecoverKeepingPaid,
    );
    while matches!(bench.rest().pending.last(), Some(Action::Query(_))) {
        bench.query(Q::Unclear);
    }
    bench.ends(Status::Unknown, Cause::StillUnclear);
    assert!(bench.times(Action::Reverse).is_empty());
}

#[test]
fn a_recovery_of_a_young_order_waits_until_it_may_be_reversed() {
    let mut bench = Bench::resumed(mainland(), Phase::Intent, 10.0, Purpose::RecoverKeepingPaid);
    bench.poll_out(Q::Paying).query(Q::Paying);
    assert_eq!(bench.times(Action::Query(Why::Check)), [5.0]);
    assert_eq!(
        bench.pending,
        [Action::Record(Phase::Reversing), Action::Reverse]
    );
}

#[test]
fn a_reverse_by_the_till_undoes_what_is_paid_when_it_is_old_enough() {
    let mut bench = Bench::resumed(mainland(), Phase::Waiting, 5.0, Purpose::Undo);
    bench.query(Q::Paid);
    assert_eq!(bench.times(Action::Query(Why::Check)), [10.0]);
    bench
        .reverse(R::Done)
        .query(Q::Refunded)
        .ends(Status::Reversed, Cause::ReverseConfirmed);
}

#[test]
fn a_reverse_by_the_till_is_recorded_before_anything_else() {
    let bench = Bench::resumed(mainland(), Phase::Waiting, 300.0, Purpose::Undo);
    assert_eq!(
        bench.pending,
        [Action::Record(Phase::Reversing), Action::Query(Why::Check)]
    );
}

#[test]
fn a_reverse_by_the_till_of_an_undone_order_is_already_there() {
    for verdict in [Q::Reversed, Q::Closed] {
        Bench::resumed(mainland(), Phase::Waiting, 300.0, Purpose::Undo)
            .query(verdict)
            .ends(Status::Reversed, Cause::FoundClosed);
    }
    Bench::resumed(mainland(), Phase::Waiting, 300.0, Purpose::Undo)
        .query(Q::Refunded)
        .ends(Status::Reversed, Cause::FoundRefunded);
}

#[test]
fn an_answer_that_nobody_asked_for_changes_nothing() {
    let mut payment = Payment::new(mainland());
    let _ = payment.step(Event::Start, Moment::default());
    let before = payment.clone();
    for event in [
        Event::Query(Q::Paid),
        Event::Reverse(R::Done),
        Event::Elapsed,
        Event::Start,
    ] {
        assert!(payment.step(event, Moment::default()).is_empty());
        assert_eq!(payment, before);
    }
}

#[test]
fn the_times_count_from_the_first_byte_of_the_charge_not_from_the_attempt_to_connect() {
    let mut bench = Bench::new(mainland());
    bench.cancel();
    let sent = bench.now + seconds(8.0);
    bench.answered(
        Event::Submit {
            verdict: S::Unclear,
            sent,
        },
        seconds(9.0),
    );
    bench.poll_out(Q::Paying);
    assert_eq!(bench.times(Action::Query(Why::Poll))[0], 13.0);
    assert_eq!(bench.times(Action::Query(Why::Check)), [23.0]);
}

#[test]
fn a_cancel_before_the_first_step_hurries_a_resumed_order_and_denies_nothing() {
    for phase in [Phase::Intent, Phase::Waiting, Phase::Reversing] {
        let resume = Resume {
            phase,
            age: seconds(1.0),
            purpose: Purpose::Settle,
        };
        let mut payment = Payment::resume(mainland(), resume);
        assert!(payment.step(Event::Cancel, Moment::default()).is_empty());
        let mut bench = Bench::started(payment);
        assert!(bench.ending().is_none(), "{phase:?}");
        bench.poll_out(Q::Paying);
        assert!(matches!(
            bench.pending.last(),
            Some(Action::Query(Why::Check | Why::Verify))
        ));
        assert_eq!(bench.elapsed(), seconds(14.0));
    }
}

#[test]
fn a_refusal_that_cannot_be_confirmed_within_the_window_is_undone() {
    let mut bench = Bench::new(mainland());
    bench.submit(S::Declined { listed: false });
    bench.answered(Event::Query(Q::NotFound), seconds(46.0));
    assert_eq!(bench.pending, [Action::Query(Why::Check)]);
}

/// The configuration does not allow it; the machine does not rely on that.
#[test]
fn without_any_time_to_undo_nothing_is_begun_and_nothing_is_claimed() {
    let settings = PolicyConfig {
        reverse_budget: Duration::ZERO,
        ..mainland()
    };
    let mut bench = Bench::new(settings);
    let sent = bench.now;
    let verdict = S::Unclear;
    bench.answered(Event::Submit { verdict, sent }, seconds(46.0));
    assert_eq!(bench.pending.len(), 1, "an ending alone");
    bench.ends(Status::Unknown, Cause::StillUnclear);
    assert_eq!(bench.ending().unwrap().reversal, Reversal::Required);
}
