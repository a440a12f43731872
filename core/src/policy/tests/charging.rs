use super::*;

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
