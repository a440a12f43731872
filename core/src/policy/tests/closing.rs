//! Orders that the payer scans or opens: waited for, and closed instead of reversed.

use proptest::prelude::*;

use super::walks::{self, QUERIES, REVERSES};
use super::*;

/// As a client waits for such an order.
fn patience() -> PolicyConfig {
    PolicyConfig {
        window: seconds(120.0),
        reverse_not_before: Duration::ZERO,
        ..mainland()
    }
}

fn taken_up(phase: Phase, age: f64, purpose: Purpose) -> Bench {
    let resume = Resume {
        phase,
        age: seconds(age),
        purpose,
    };
    Bench::started(Payment::resume(patience(), resume).closing())
}

fn waiting() -> Bench {
    taken_up(Phase::Waiting, 0.0, Purpose::Settle)
}

#[test]
fn a_payer_has_the_whole_window_and_then_the_order_is_closed_and_that_is_confirmed() {
    let mut bench = waiting();
    bench.poll_out(Q::NotPaid).query(Q::NotPaid);
    assert_eq!(bench.times(Action::Query(Why::Check)), [120.0]);
    assert_eq!(
        bench.pending,
        [Action::Record(Phase::Reversing), Action::Reverse]
    );
    bench
        .reverse(R::Done)
        .query(Q::Closed)
        .ends(Status::Reversed, Cause::ReverseConfirmed);
}

#[test]
fn a_cancel_closes_at_once() {
    let mut bench = waiting();
    bench.query(Q::NotPaid);
    bench.cancel();
    bench.query(Q::NotPaid).reverse(R::Done).query(Q::Closed);
    assert!(bench.elapsed() < seconds(1.0));
    bench.ends(Status::Reversed, Cause::ReverseConfirmed);
}

#[test]
fn an_order_found_paid_by_the_close_is_paid() {
    let mut bench = waiting();
    bench.poll_out(Q::NotPaid).query(Q::NotPaid);
    bench
        .reverse(R::PayerBusy)
        .query(Q::Paid)
        .ends(Status::Ok, Cause::Paid);
}

#[test]
fn a_payment_wins_whatever_became_of_the_close_before() {
    for taken in [R::Done, R::Unclear, R::Again, R::NotFound] {
        let mut bench = waiting();
        bench
            .poll_out(Q::NotPaid)
            .query(Q::NotPaid)
            .reverse(taken)
            .rest();
        if bench.pending.contains(&Action::Reverse) {
            bench.reverse(R::PayerBusy);
        }
        bench.query(Q::Paid).ends(Status::Ok, Cause::Paid);
    }
}

#[test]
fn a_payment_wins_whatever_the_order_is_taken_up_for() {
    for phase in [Phase::Intent, Phase::Waiting, Phase::Reversing] {
        for purpose in [
            Purpose::Settle,
            Purpose::RecoverKeepingPaid,
            Purpose::RecoverReversingPaid,
            Purpose::Undo,
        ] {
            taken_up(phase, 5.0, purpose)
                .query(Q::Paid)
                .ends(Status::Ok, Cause::Paid);
        }
    }
}

#[test]
fn what_was_refunded_is_said_to_be_refunded_and_never_closed() {
    taken_up(Phase::Waiting, 500.0, Purpose::Undo)
        .query(Q::Refunded)
        .ends(Status::Refunded, Cause::FoundRefunded);
    taken_up(Phase::Reversing, 500.0, Purpose::Settle)
        .query(Q::Refunded)
        .ends(Status::Refunded, Cause::FoundRefunded);
}

#[test]
fn a_recovery_closes_what_is_unpaid() {
    let mut bench = taken_up(Phase::Waiting, 10.0, Purpose::RecoverKeepingPaid);
    bench.query(Q::NotPaid).query(Q::NotPaid);
    bench
        .reverse(R::Done)
        .query(Q::Closed)
        .ends(Status::Reversed, Cause::ReverseConfirmed);
}

#[test]
fn an_order_to_show_is_closed_without_a_clear_answer_unless_a_recovery_does_it() {
    let mut settled = waiting();
    settled.poll_out(Q::Unclear).query(Q::Unclear);
    assert_eq!(settled.pending.last(), Some(&Action::Reverse));
    let mut recovered = taken_up(Phase::Waiting, 500.0, Purpose::RecoverKeepingPaid);
    recovered.query(Q::Unclear).query(Q::Unclear).rest();
    assert_eq!(recovered.pending, [Action::Query(Why::Check)]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn a_proven_payment_is_never_lost_and_an_ending_is_never_a_guess(
        steps in prop::collection::vec(walks::step(), 1..60),
        age in 0..300_u32,
        phase in prop::sample::select(vec![Phase::Intent, Phase::Waiting, Phase::Reversing]),
        purpose in prop::sample::select(vec![
            Purpose::Settle,
            Purpose::RecoverKeepingPaid,
            Purpose::RecoverReversingPaid,
            Purpose::Undo,
        ]),
    ) {
        let mut bench = taken_up(phase, f64::from(age), purpose);
        let mut last_query = None;
        for step in steps.iter().cycle().take(400) {
            if step.cancel {
                bench.cancel();
            }
            let answer = Duration::from_millis(u64::from(step.answer_ms));
            match bench.pending.last().copied() {
                Some(Action::Wait(until)) => {
                    prop_assert!(until > bench.now);
                    bench.now = until;
                    bench.step(Event::Elapsed);
                }
                Some(Action::Query(_)) => {
                    let verdict = walks::verdict(step.choice, &QUERIES, Q::NotPaid);
                    last_query = Some(verdict);
                    bench.answered(Event::Query(verdict), answer);
                    prop_assert!(verdict != Q::Paid || bench.ending().is_some());
                }
                Some(Action::Reverse) => {
                    let verdict = walks::verdict(step.choice, &REVERSES, R::Again);
                    bench.answered(Event::Reverse(verdict), answer);
                }
                Some(Action::Finish(ending)) => {
                    let proof = match ending.status {
                        Status::Ok => matches!(last_query, Some(Q::Paid)),
                        Status::Reversed => {
                            matches!(last_query, Some(Q::Closed | Q::Reversed | Q::NotFound))
                        }
                        Status::Refunded => matches!(last_query, Some(Q::Refunded)),
                        Status::Duplicate => matches!(last_query, Some(Q::Foreign)),
                        Status::Unknown => !matches!(last_query, Some(Q::Paid)),
                        _ => false,
                    };
                    prop_assert!(proof, "{ending:?} after {last_query:?}");
                    return Ok(());
                }
                other => return Err(TestCaseError::fail(format!("{other:?}"))),
            }
        }
        Err(TestCaseError::fail("no end after 400 steps"))?;
    }
}
