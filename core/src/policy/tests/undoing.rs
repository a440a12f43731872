use super::*;

fn at_the_reverse() -> Bench {
    let mut bench = paying(mainland());
    bench.poll_out(Q::Paying).query(Q::NotPaid);
    bench
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
