use super::*;
use crate::policy::Reversal;

fn paying(settings: PolicyConfig) -> Bench {
    let mut bench = Bench::new(settings);
    bench.submit(S::Unclear);
    bench
}

fn at_the_reverse() -> Bench {
    let mut bench = paying(mainland());
    bench.poll_out(Q::Paying).query(Q::NotPaid);
    bench
}

#[test]
fn the_intent_is_recorded_before_the_charge_is_sent() {
    let bench = Bench::new(mainland());
    assert_eq!(
        bench.pending,
        [Action::Record(Phase::Intent), Action::Submit]
    );
}

#[test]
fn a_paid_answer_ends_at_once() {
    Bench::new(mainland())
        .submit(S::Paid)
        .ends(Status::Ok, Cause::Paid);
}

#[test]
fn nothing_left_on_any_host_is_a_network_error_and_nothing_more() {
    let mut bench = Bench::new(mainland());
    bench
        .answered(Event::SubmitUnsent, ANSWER)
        .ends(Status::Network, Cause::NothingSent);
}

#[test]
fn rejected_is_final_without_query_or_reverse() {
    let mut bench = Bench::new(mainland());
    bench
        .submit(S::Rejected)
        .ends(Status::Rejected, Cause::Rejected);
    assert!(
        !bench
            .log
            .iter()
            .any(|(_, action)| matches!(action, Action::Query(_)))
    );
}

#[test]
fn a_number_in_use_is_a_duplicate_and_is_never_reversed() {
    Bench::new(mainland())
        .submit(S::Duplicate)
        .ends(Status::Duplicate, Cause::Duplicate);
}

#[test]
fn a_listed_refusal_is_confirmed_by_one_query() {
    for verdict in [Q::NotFound, Q::NotPaid, Q::Closed, Q::Reversed, Q::Failed] {
        let mut bench = Bench::new(mainland());
        bench.submit(S::Declined { listed: true });
        assert_eq!(
            bench.pending,
            [Action::Record(Phase::Waiting), Action::Query(Why::Confirm)]
        );
        bench.query(verdict).ends(Status::Declined, Cause::Declined);
    }
}

#[test]
fn a_refusal_need_not_be_confirmed_if_the_settings_say_so_and_a_table_lists_it() {
    let settings = PolicyConfig {
        confirm_declines: false,
        ..mainland()
    };
    Bench::new(settings.clone())
        .submit(S::Declined { listed: true })
        .ends(Status::Declined, Cause::Declined);
    let mut unlisted = Bench::new(settings);
    unlisted.submit(S::Declined { listed: false });
    assert_eq!(unlisted.pending.last(), Some(&Action::Query(Why::Confirm)));
}

#[test]
fn a_refusal_that_was_charged_all_the_same_is_paid() {
    for listed in [true, false] {
        let mut bench = Bench::new(mainland());
        bench
            .submit(S::Declined { listed })
            .query(Q::Paid)
            .ends(Status::Ok, Cause::Paid);
    }
}

#[test]
fn a_refusal_of_what_was_charged_and_given_back_is_refunded_at_once() {
    for listed in [true, false] {
        let mut bench = Bench::new(mainland());
        bench.submit(S::Declined { listed }).query(Q::Refunded);
        assert!(bench.ending().is_some(), "{:?}", bench.pending);
        bench.ends(Status::Refunded, Cause::FoundRefunded);
    }
}

#[test]
fn an_unlisted_refusal_needs_two_confirmations_five_seconds_apart() {
    for verdict in [Q::NotFound, Q::Closed, Q::Reversed, Q::Failed] {
        let mut bench = Bench::new(mainland());
        bench.submit(S::Declined { listed: false }).query(verdict);
        assert!(bench.ending().is_none());
        bench.query(verdict).ends(Status::Declined, Cause::Declined);
        assert_eq!(bench.times(Action::Query(Why::Confirm)), [0.1, 5.1]);
    }
}

#[test]
fn unpaid_does_not_confirm_an_unlisted_refusal() {
    let mut bench = Bench::new(mainland());
    bench
        .submit(S::Declined { listed: false })
        .query(Q::NotPaid)
        .rest();
    assert_eq!(bench.pending, [Action::Query(Why::Poll)]);
}

#[test]
fn a_refusal_that_cannot_be_confirmed_goes_on_as_unclear() {
    for verdict in [Q::Paying, Q::Unclear, Q::Rejected] {
        let mut bench = Bench::new(mainland());
        bench
            .submit(S::Declined { listed: true })
            .query(verdict)
            .rest();
        assert_eq!(bench.pending, [Action::Query(Why::Poll)]);
        bench.poll_out(verdict);
        assert_eq!(bench.pending, [Action::Query(Why::Check)]);
    }
}

#[test]
fn polls_start_five_seconds_after_the_submit_and_come_every_three_until_the_window_is_over() {
    let mut bench = paying(mainland());
    assert_eq!(bench.pending[0], Action::Record(Phase::Waiting));
    bench.poll_out(Q::Paying);
    let polls = bench.times(Action::Query(Why::Poll));
    assert_eq!(polls[..3], [5.0, 8.0, 11.0]);
    assert_eq!(polls.len(), 14);
    assert_eq!(bench.times(Action::Query(Why::Check)), [45.0]);
}

#[test]
fn the_first_poll_comes_at_once_if_the_answer_took_longer() {
    let mut bench = Bench::new(mainland());
    let sent = bench.now;
    bench.answered(
        Event::Submit {
            verdict: S::Unclear,
            sent,
        },
        seconds(15.0),
    );
    assert_eq!(bench.pending.last(), Some(&Action::Query(Why::Poll)));
}

#[test]
fn the_hong_kong_profile_polls_every_ten_seconds_for_thirty() {
    let mut bench = paying(PolicyConfig::profile(Region::HongKong));
    bench.poll_out(Q::Paying);
    assert_eq!(bench.times(Action::Query(Why::Poll)), [5.0, 15.0, 25.0]);
    assert_eq!(bench.times(Action::Query(Why::Check)), [30.0]);
}

#[test]
fn not_found_while_polling_is_never_final() {
    let mut bench = paying(mainland());
    bench.poll_out(Q::NotFound);
    assert_eq!(bench.pending, [Action::Query(Why::Check)]);
}

#[test]
fn polling_ends_with_what_is_found() {
    for (verdict, status, cause) in [
        (Q::Paid, Status::Ok, Cause::Paid),
        (Q::Closed, Status::Reversed, Cause::FoundClosed),
        (Q::Reversed, Status::Reversed, Cause::FoundClosed),
        (Q::Refunded, Status::Refunded, Cause::FoundRefunded),
        (Q::Foreign, Status::Duplicate, Cause::Foreign),
        (Q::Conflict, Status::Unknown, Cause::Conflict),
    ] {
        paying(mainland())
            .query(Q::Paying)
            .query(verdict)
            .ends(status, cause);
        at_the_look_before_the_reverse(Q::Unclear)
            .query(verdict)
            .ends(status, cause);
    }
}

fn at_the_look_before_the_reverse(poll: Q) -> Bench {
    let mut bench = paying(mainland());
    bench.poll_out(poll);
    bench
}

#[test]
fn a_conflict_is_settled_and_nothing_is_left_to_reverse() {
    let mut bench = paying(mainland());
    bench.query(Q::Conflict);
    let ending = bench.ending().unwrap();
    assert!(ending.is_final());
    assert_eq!(ending.reversal, Reversal::None);
}

#[test]
fn a_failed_payment_is_reversed_but_not_before_fifteen_seconds() {
    let mut bench = paying(mainland());
    bench.query(Q::Failed).poll_out(Q::Failed).query(Q::Failed);
    assert_eq!(
        bench.pending,
        [Action::Record(Phase::Reversing), Action::Reverse]
    );
    assert_eq!(bench.times(Action::Query(Why::Check)), [15.0]);
    assert_eq!(bench.times(Action::Reverse), [15.1]);
}

#[test]
fn a_cancel_reverses_but_not_before_fifteen_seconds_and_looks_first() {
    let mut bench = paying(mainland());
    bench
        .query(Q::Paying)
        .cancel()
        .poll_out(Q::Paying)
        .query(Q::Paying);
    assert_eq!(bench.times(Action::Query(Why::Check)), [15.0]);
    bench
        .reverse(R::Done)
        .query(Q::Reversed)
        .ends(Status::Reversed, Cause::ReverseConfirmed);
    assert!(bench.payment.cancel_requested());
}

#[test]
fn a_late_cancel_reverses_at_once() {
    let mut bench = paying(mainland());
    while bench.elapsed() < seconds(20.0) {
        bench.query(Q::Paying);
    }
    let before = bench.elapsed();
    bench.cancel();
    assert_eq!(bench.pending, [Action::Query(Why::Check)]);
    assert_eq!(bench.elapsed(), before);
}

#[test]
fn paid_wins_over_a_cancel_while_no_reverse_was_sent() {
    paying(mainland())
        .query(Q::Paying)
        .cancel()
        .query(Q::Paid)
        .ends(Status::Ok, Cause::Paid);
    let mut bench = Bench::new(mainland());
    bench.cancel().submit(S::Paid).ends(Status::Ok, Cause::Paid);
    assert!(bench.payment.cancel_requested());
}

#[test]
fn a_cancel_before_anything_was_sent_leaves_nothing_to_reverse() {
    let mut bench = Bench::new(mainland());
    bench.cancel().answered(Event::SubmitUnsent, ANSWER);
    bench.ends(Status::Reversed, Cause::CancelledUnsent);
    assert_eq!(bench.ending().unwrap().reversal, Reversal::None);

    let mut payment = Payment::new(mainland());
    assert!(payment.step(Event::Cancel, Moment::default()).is_empty());
    let actions = payment.step(Event::Start, Moment::default());
    assert!(!actions.contains(&Action::Submit));
}

#[test]
fn the_reverse_is_recorded_before_it_is_sent_and_confirmed_by_a_query() {
    for verdict in [Q::Reversed, Q::Closed, Q::Refunded] {
        let mut bench = at_the_reverse();
        assert_eq!(
            bench.pending,
            [Action::Record(Phase::Reversing), Action::Reverse]
        );
        bench.reverse(R::Done);
        assert_eq!(bench.pending, [Action::Query(Why::Verify)]);
        bench
            .query(verdict)
            .ends(Status::Reversed, Cause::ReverseConfirmed);
        assert_eq!(bench.ending().unwrap().reversal, Reversal::Completed);
    }
}

#[test]
fn a_reverse_that_is_not_confirmed_is_repeated() {
    for verdict in [Q::Paid, Q::NotPaid, Q::Paying, Q::Failed] {
        let mut bench = at_the_reverse();
        bench.reverse(R::Done).query(verdict).rest();
        assert_eq!(bench.pending, [Action::Reverse]);
    }
    let mut bench = at_the_reverse();
    bench.reverse(R::Done).query(Q::Unclear).rest();
    assert_eq!(bench.pending, [Action::Query(Why::Verify)]);
}

#[test]
fn paid_is_not_believed_once_a_reverse_may_have_been_taken() {
    for taken in [R::Done, R::Again, R::Unclear, R::NotFound] {
        let mut bench = at_the_reverse();
        bench.reverse(taken);
        while bench.rest().pending.last() == Some(&Action::Reverse) {
            bench.reverse(R::Done);
        }
        bench.query(Q::Paid).rest();
        assert_eq!(bench.pending, [Action::Reverse], "after {taken:?}");
    }
}

#[test]
fn paid_is_believed_while_every_reverse_was_refused_because_the_payer_was_busy() {
    let mut bench = at_the_reverse();
    bench
        .reverse(R::PayerBusy)
        .query(Q::Paying)
        .reverse(R::PayerBusy);
    bench.query(Q::Paid).ends(Status::Ok, Cause::Paid);
    let looks = bench.times(Action::Query(Why::Check));
    assert_eq!(looks, [45.0, 47.2, 49.4], "with a pause before each");
}

#[test]
fn a_reverse_that_never_left_is_sent_again_and_paid_still_wins() {
    let mut bench = at_the_reverse();
    bench
        .reverse(R::NotSent)
        .reverse(R::PayerBusy)
        .query(Q::Paid)
        .ends(Status::Ok, Cause::Paid);
}

#[test]
fn recalls_are_repeated_with_a_pause_that_doubles_up_to_eight_seconds() {
    let mut bench = at_the_reverse();
    for _ in 0..6 {
        bench.reverse(R::Again);
    }
    let times = bench.times(Action::Reverse);
    let pauses: Vec<f64> = times
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).round())
        .collect();
    assert_eq!(pauses, [2.0, 4.0, 8.0, 8.0, 8.0, 8.0][..pauses.len()]);
    assert!(pauses.len() >= 4);
}

#[test]
fn an_endless_recall_ends_as_unknown_with_the_reversal_required() {
    let mut bench = at_the_reverse();
    while bench.rest().pending.last() == Some(&Action::Reverse) {
        bench.reverse(R::Again);
    }
    bench.ends(Status::Unknown, Cause::BudgetOver);
    let ending = bench.ending().unwrap();
    assert_eq!(ending.reversal, Reversal::Required);
    assert!(!ending.is_final());
    assert!(bench.elapsed() <= seconds(45.0 + 45.0 + 1.0));
}

#[test]
fn a_refused_or_expired_reverse_is_unknown() {
    at_the_reverse()
        .reverse(R::Refused)
        .ends(Status::Unknown, Cause::ReverseRefused);
    at_the_reverse()
        .reverse(R::Expired)
        .ends(Status::Unknown, Cause::ReverseExpired);
}

#[test]
fn an_order_that_never_arrived_is_proven_by_a_second_look_after_the_code_has_expired() {
    for answer in [R::Done, R::NotFound] {
        let mut bench = at_the_reverse();
        bench.reverse(answer).query(Q::NotFound);
        assert!(bench.ending().is_none());
        bench
            .query(Q::NotFound)
            .ends(Status::Reversed, Cause::NeverArrived);
        assert_eq!(
            *bench.times(Action::Query(Why::Verify)).last().unwrap(),
            60.0
        );
    }
}

#[test]
fn an_order_that_was_seen_between_two_looks_is_not_absent() {
    for seen in [Q::Paid, Q::NotPaid, Q::Paying, Q::Failed] {
        let mut bench = at_the_reverse();
        bench.reverse(R::Done).query(Q::NotFound).query(seen);
        bench.reverse(R::Done).query(Q::NotFound).rest();
        assert_eq!(bench.pending, [Action::Query(Why::Verify)], "{seen:?}");
        bench
            .query(Q::NotFound)
            .ends(Status::Reversed, Cause::NeverArrived);
    }
}

#[test]
fn the_second_look_is_waited_for_beyond_the_budget() {
    let settings = PolicyConfig {
        reverse_budget: seconds(4.0),
        code_lifetime: seconds(120.0),
        ..mainland()
    };
    let mut bench = paying(settings);
    bench
        .poll_out(Q::NotFound)
        .query(Q::NotFound)
        .reverse(R::Done)
        .query(Q::NotFound);
    bench.rest();
    assert_eq!(bench.elapsed(), seconds(120.0));
    bench
        .query(Q::NotFound)
        .ends(Status::Reversed, Cause::NeverArrived);
}

#[test]
fn an_unclear_second_look_beyond_the_budget_is_unknown() {
    let settings = PolicyConfig {
        reverse_budget: seconds(4.0),
        code_lifetime: seconds(120.0),
        ..mainland()
    };
    let mut bench = paying(settings);
    bench
        .poll_out(Q::NotFound)
        .query(Q::NotFound)
        .reverse(R::Done)
        .query(Q::NotFound);
    bench
        .query(Q::Unclear)
        .ends(Status::Unknown, Cause::BudgetOver);
}

#[test]
fn a_foreign_sale_stops_even_a_reverse_under_way() {
    at_the_reverse()
        .reverse(R::Done)
        .query(Q::Foreign)
        .ends(Status::Duplicate, Cause::Foreign);
    at_the_reverse()
        .reverse(R::Done)
        .query(Q::Conflict)
        .ends(Status::Unknown, Cause::Conflict);
}

#[test]
fn without_reverse_the_window_ends_as_unknown() {
    let settings = PolicyConfig {
        reverse: ReverseMode::Never,
        ..mainland()
    };
    let mut bench = paying(settings.clone());
    bench.query(Q::Failed).poll_out(Q::Paying).query(Q::Paying);
    bench.ends(Status::Unknown, Cause::WindowOver);
    assert_eq!(bench.ending().unwrap().reversal, Reversal::Required);
    assert!(bench.elapsed() >= seconds(45.0));
    assert!(bench.times(Action::Reverse).is_empty());

    let mut cancelled = paying(settings);
    cancelled
        .cancel()
        .query(Q::Paying)
        .ends(Status::Unknown, Cause::WindowOver);
    assert!(cancelled.elapsed() < seconds(1.0));
}

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
