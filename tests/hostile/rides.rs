//! Rides: what is not said clearly is in doubt, and nothing is sent twice.

use wxpay_simulator::hostile::{Gateway, Subject, Told};
use wxpay_simulator::{Operation, RideCode, Settings};

use super::common::shop::quick;
use super::common::{ACCEPTED, Request, UNKNOWN, each};
use super::{Stage, cases, fault};

const FARE: i64 = 180;

/// A gate, and the platform behind it.
pub(crate) fn gate() -> Settings {
    Settings {
        ride_code: Some(RideCode::example()),
        ..quick()
    }
}

pub(crate) fn ride(number: &str) -> Request {
    Request::ride(number, "TXRIDECODE0123456789", FARE)
}

#[test]
fn a_ride_with_a_hostile_answer_is_taken_on_or_in_doubt_and_sent_once() {
    let stage = Stage::with(gate());
    let plays: Vec<_> = cases(Gateway::Ride, Subject::Answer).enumerate().collect();
    each(&plays, |(at, case)| {
        let number = format!("R{at:05}-0000");
        stage.set(fault(case, Operation::Ride), &number);
        let expected = match case.told {
            Told::Read => &[ACCEPTED],
            _ => &[UNKNOWN],
        };
        let till = stage.lone_till(case);
        for _ in 0..2 {
            let outcome = till.ride_pay(&ride(&number));
            stage.surprises.check(case, expected, &outcome);
        }
        let requests = stage.shop.simulator.requests();
        let ours = requests
            .iter()
            .filter(|r| r.out_trade_no.as_deref() == Some(number.as_str()));
        let sent = ours.count();
        if sent != 1 {
            stage.surprises.add(case, &format!("sent {sent} times"));
        }
    });
    stage.surprises.none();
}
