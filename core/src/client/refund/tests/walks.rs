//! Random faults: whatever goes wrong, the till is told the truth and the money goes back once.

use std::panic::AssertUnwindSafe;

use proptest::prelude::*;

use super::*;

/// A panic outside of the machine is contained by the C surface, as doubt.
fn contained(call: impl FnOnce() -> Outcome) -> Outcome {
    std::panic::catch_unwind(AssertUnwindSafe(call))
        .unwrap_or_else(|_| Outcome::new(Status::Unknown))
}

#[derive(Clone, Debug)]
enum Plan {
    Answer,
    Refuse(&'static str),
    Lost(bool),
    Unsent,
    Garbage,
    Forged,
    WrongAmount,
    Crash,
}

fn plan() -> impl Strategy<Value = Plan> {
    let codes = [
        "SYSTEMERROR",
        "FREQUENCY_LIMITED",
        "NOTENOUGH",
        "PARAM_ERROR",
        "REFUND_FEE_MISMATCH",
        "REFUNDNOTEXIST",
        "SOMETHING_NEW",
    ];
    prop_oneof![
        2 => Just(Plan::Answer),
        4 => prop::sample::select(codes.to_vec()).prop_map(Plan::Refuse),
        4 => any::<bool>().prop_map(Plan::Lost),
        1 => Just(Plan::Unsent),
        1 => Just(Plan::Garbage),
        1 => Just(Plan::Forged),
        1 => Just(Plan::WrongAmount),
        1 => Just(Plan::Crash),
    ]
}

fn fault(plan: &Plan) -> Fault {
    match plan {
        Plan::Answer => Fault::Answer,
        Plan::Refuse(code) => Fault::Refuse(code, ""),
        Plan::Lost(executed) => Fault::Lost {
            executed: *executed,
        },
        Plan::Unsent => Fault::Unsent,
        Plan::Garbage => Fault::Garbage,
        Plan::Forged => Fault::Forged,
        Plan::WrongAmount => Fault::WrongAmount,
        Plan::Crash => Fault::Crash,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn a_till_is_told_the_truth_and_the_money_goes_back_once(
        plans in prop::collection::vec(plan(), 0..12),
    ) {
        // A refused query in a walk would be a lie about the ledger.
        let lies = |plans: &[Plan]| plans.iter().any(|plan| matches!(plan, Plan::Refuse("REFUNDNOTEXIST")));
        // Two signed answers about another amount are believed, see the policy.
        let wrong = plans.iter().filter(|plan| matches!(plan, Plan::WrongAmount)).count();
        let world = world(plans.iter().map(fault));
        let till = world.till();
        let outcome = till.refund(&fields());
        let booked = world.booked("R1").is_some();
        match outcome.status {
            Status::Accepted => prop_assert!(booked),
            Status::Declined | Status::Rejected | Status::Network => {
                prop_assert!(!booked || lies(&plans), "{outcome:?}");
            }
            Status::Unknown => {
                let entry = world.journal().find(&key("R1")).unwrap().unwrap();
                prop_assert!(entry.phase.is_some(), "open");
            }
            Status::Duplicate => prop_assert!(wrong >= 2, "{outcome:?}"),
            other => prop_assert!(false, "{other:?}"),
        }
        prop_assert!(outcome.int("elapsed_ms").unwrap_or(0) <= 61_000);

        // Tried again until it is settled, by the same call or by recoveries, also through faults.
        let mut last = outcome.status;
        for turn in 0..40 {
            if matches!(last, Status::Accepted | Status::Duplicate) {
                break;
            }
            if turn % 2 == 0 {
                contained(|| till.recover());
            }
            last = contained(|| till.refund(&fields())).status;
        }
        if last == Status::Duplicate {
            prop_assert!(wrong >= 2);
            prop_assert!(world.given_back() <= 100);
            return Ok(());
        }
        prop_assert_eq!(last, Status::Accepted);
        prop_assert_eq!(world.given_back(), 100);
        let listed = recovered(&till);
        prop_assert!(listed.is_empty());
    }
}
