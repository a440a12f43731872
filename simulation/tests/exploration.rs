//! Every order of events that the policies can meet.

use wxpay_simulation::explore::{Explored, payment, refund, varieties};

#[test]
fn no_order_of_events_breaks_a_rule_of_payments() {
    for variety in varieties() {
        let mut explored = Explored::default();
        for entry in payment::entries() {
            payment::explore(&variety, entry, &mut explored)
                .unwrap_or_else(|rule| panic!("{rule}"));
        }
        println!(
            "{}: {} states, {} transitions, depth {}",
            variety.name, explored.states, explored.transitions, explored.depth
        );
        assert!(explored.states > 0);
    }
}

#[test]
fn no_order_of_events_breaks_a_rule_of_refunds() {
    for variety in varieties() {
        let mut explored = Explored::default();
        for begin in refund::BEGINNINGS {
            refund::explore(&variety, begin, &mut explored).unwrap_or_else(|rule| panic!("{rule}"));
        }
        println!(
            "{}: {} states, {} transitions, depth {}",
            variety.name, explored.states, explored.transitions, explored.depth
        );
        assert!(explored.states > 0);
    }
}
