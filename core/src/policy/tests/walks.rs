//! Random walks through the policy; the rules of the house hold on every one.

use proptest::prelude::*;

use super::*;

pub(super) const SUBMITS: [S; 6] = [
    S::Paid,
    S::Declined { listed: true },
    S::Declined { listed: false },
    S::Duplicate,
    S::Rejected,
    S::Unclear,
];
pub(super) const QUERIES: [Q; 12] = [
    Q::Paid,
    Q::Foreign,
    Q::Conflict,
    Q::Paying,
    Q::NotPaid,
    Q::Failed,
    Q::Closed,
    Q::Reversed,
    Q::Refunded,
    Q::NotFound,
    Q::Rejected,
    Q::Unclear,
];
pub(super) const REVERSES: [R; 8] = [
    R::Done,
    R::Again,
    R::PayerBusy,
    R::NotFound,
    R::Expired,
    R::Refused,
    R::NotSent,
    R::Unclear,
];
/// Longest simulated answer; two of them can follow the last deadline.
const SLOWEST: f64 = 15.0;

#[derive(Clone, Debug)]
pub(super) struct Step {
    /// Chooses among the verdicts; the likelier ones (nothing new) keep walks long.
    pub(super) choice: u8,
    pub(super) answer_ms: u32,
    pub(super) cancel: bool,
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    (any::<u8>(), 0..15_000_u32, prop::bool::weighted(0.05)).prop_map(
        |(choice, answer_ms, cancel)| Step {
            choice,
            answer_ms,
            cancel,
        },
    )
}

pub(super) fn verdict<T: Copy>(choice: u8, all: &[T], dull: T) -> T {
    match usize::from(choice) {
        choice if choice < 160 => dull,
        choice => all[choice % all.len()],
    }
}

fn walk(mut bench: Bench, steps: &[Step], reverse_floor: f64) -> Result<(), TestCaseError> {
    let fresh = bench.pending.contains(&Action::Submit);
    let mut last_query = None;
    let mut reverse_taken = false;
    let mut recorded_reversing = false;
    for step in steps.iter().cycle().take(400) {
        if bench.pending.contains(&Action::Record(Phase::Reversing)) {
            recorded_reversing = true;
        }
        if step.cancel {
            bench.cancel();
        }
        let answer = Duration::from_millis(u64::from(step.answer_ms));
        let Some(action) = bench.pending.last().copied() else {
            return Err(TestCaseError::fail("nothing to do and not over"));
        };
        match action {
            Action::Wait(until) => {
                prop_assert!(until > bench.now, "a wait that does not wait");
                bench.now = until;
                bench.step(Event::Elapsed);
            }
            Action::Submit => {
                let verdict = verdict(step.choice, &SUBMITS, S::Unclear);
                let sent = bench.now;
                bench.answered(Event::Submit { verdict, sent }, answer);
            }
            Action::Query(_) => {
                let verdict = verdict(step.choice, &QUERIES, Q::NotPaid);
                last_query = Some(verdict);
                bench.answered(Event::Query(verdict), answer);
            }
            Action::Reverse => {
                prop_assert!(
                    bench.elapsed() >= seconds(reverse_floor),
                    "reversed at {:?}",
                    bench.elapsed()
                );
                prop_assert!(recorded_reversing || !fresh);
                prop_assert!(!matches!(last_query, Some(Q::Foreign | Q::Conflict)));
                let verdict = verdict(step.choice, &REVERSES, R::Again);
                reverse_taken |= !matches!(verdict, R::NotSent | R::PayerBusy);
                bench.answered(Event::Reverse(verdict), answer);
            }
            Action::Finish(ending) => {
                return check(&bench, ending, fresh, last_query, reverse_taken);
            }
            Action::Record(_) => return Err(TestCaseError::fail("a record announces nothing")),
        }
    }
    Err(TestCaseError::fail("no end after 400 steps"))
}

fn check(
    bench: &Bench,
    ending: Ending,
    fresh: bool,
    last_query: Option<Q>,
    reverse_taken: bool,
) -> Result<(), TestCaseError> {
    prop_assert!(bench.times(Action::Submit).len() <= 1, "charged twice");
    prop_assert!(fresh || bench.times(Action::Submit).is_empty());
    match ending.status {
        Status::Ok => {
            prop_assert!(matches!(last_query, None | Some(Q::Paid)));
            prop_assert!(!reverse_taken, "paid after a reverse may have been taken");
        }
        Status::Declined | Status::Rejected | Status::Network => {
            prop_assert!(fresh && !reverse_taken)
        }
        Status::Unknown => prop_assert!(!ending.is_final() || ending.cause == Cause::Conflict),
        _ => {}
    }
    // Window, budget, and one answer that was on its way at the end of each; or the expired code.
    let bound = (45.0 + 45.0_f64).max(60.0 + 5.0) + 3.0 * SLOWEST;
    prop_assert!(
        bench.elapsed() <= seconds(bound),
        "took {:?}",
        bench.elapsed()
    );
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]

    #[test]
    fn every_new_sale_keeps_the_rules(steps in prop::collection::vec(step(), 1..60)) {
        walk(Bench::new(mainland()), &steps, 15.0)?;
    }

    #[test]
    fn every_resumed_order_keeps_the_rules(
        steps in prop::collection::vec(step(), 1..60),
        age in 0..120_u32,
        phase in prop::sample::select(vec![Phase::Intent, Phase::Waiting, Phase::Reversing]),
        purpose in prop::sample::select(vec![
            Purpose::Settle,
            Purpose::RecoverKeepingPaid,
            Purpose::RecoverReversingPaid,
            Purpose::Undo,
        ]),
    ) {
        let age = f64::from(age);
        walk(Bench::resumed(mainland(), phase, age, purpose), &steps, (15.0 - age).max(0.0))?;
    }
}
