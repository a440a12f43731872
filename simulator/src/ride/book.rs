//! The truth about rides. Pure: time comes in as milliseconds since the start.

use super::record::{RideAction, RideError, RideRecord, RideState};
use super::scenario::RideScenario;
use super::settings::RideDuplicates;

/// A ride that was asked for.
#[derive(Clone)]
pub(super) struct Asked {
    pub(super) out_order_no: Option<String>,
    pub(super) attach: Option<String>,
    pub(super) total_fee: i64,
    pub(super) qrcode: String,
}

/// A ride that was accepted.
#[derive(Clone)]
pub(crate) struct Ride {
    pub(super) asked: Asked,
    pub(crate) scenario: RideScenario,
    pub(crate) state: RideState,
    /// How many were accepted before it.
    pub(super) number: u64,
    /// When it ended.
    pub(super) ended_at: Option<i64>,
    /// When it ends by itself, and how.
    due: Option<(i64, RideState)>,
    told: bool,
    charges: u32,
}

impl Ride {
    pub(crate) fn out_order_no(&self) -> Option<&str> {
        self.asked.out_order_no.as_deref()
    }

    pub(super) fn transaction_id(&self) -> String {
        format!("4300{:024}", self.number)
    }

    fn settle(&mut self, now: i64) {
        if let Some((at, end)) = self.due.filter(|(at, _)| *at <= now) {
            self.end(at, end);
        }
    }

    fn end(&mut self, at: i64, end: RideState) {
        self.due = None;
        self.ended_at = Some(at);
        self.state = end;
        self.charges += u32::from(end == RideState::Success);
    }
}

struct Entry {
    out_order_no: Option<String>,
    scenario: RideScenario,
    requests: u32,
    ride: Option<Ride>,
}

/// A request that was counted.
#[derive(Clone, Copy)]
pub(super) struct Received {
    pub(super) scenario: RideScenario,
    /// Of its entry: a ride without a number has nothing else to be found by.
    index: usize,
}

#[derive(Default)]
pub(crate) struct Rides {
    entries: Vec<Entry>,
    accepted: u64,
}

impl Rides {
    /// Counts a request and finds the scenario of its number.
    pub(super) fn received(&mut self, out_order_no: Option<&str>) -> Received {
        let known = out_order_no.and_then(|number| self.position(number));
        if let Some(index) = known {
            let entry = &mut self.entries[index];
            entry.requests += 1;
            return Received {
                scenario: entry.scenario,
                index,
            };
        }
        let scenario = out_order_no.map_or(RideScenario::Paid, RideScenario::of_out_order_no);
        self.entries.push(Entry {
            out_order_no: out_order_no.map(str::to_owned),
            scenario,
            requests: 1,
            ride: None,
        });
        Received {
            scenario,
            index: self.entries.len() - 1,
        }
    }

    /// Accepts a ride that [`received`](Self::received) counted; says whether it is the first under
    /// its number, or may be another.
    pub(super) fn accept(
        &mut self,
        now: i64,
        received: Received,
        asked: &Asked,
        due: (i64, RideState),
        duplicates: RideDuplicates,
    ) -> bool {
        self.accepted += 1;
        let number = self.accepted;
        let entry = self.entries.get_mut(received.index);
        // Everything may have been forgotten in the meantime.
        let Some(entry) = entry.filter(|entry| entry.out_order_no == asked.out_order_no) else {
            return false;
        };
        match (&mut entry.ride, duplicates) {
            (None, _) => {}
            (Some(_), RideDuplicates::Refused) => return false,
            (Some(ride), RideDuplicates::ChargedAgain) => {
                ride.settle(now);
                ride.charges += u32::from(due.1 == RideState::Success);
                return true;
            }
        }
        let ride = entry.ride.insert(Ride {
            asked: asked.clone(),
            scenario: entry.scenario,
            state: RideState::Accepted,
            number,
            ended_at: None,
            due: Some(due),
            told: false,
            charges: 0,
        });
        ride.settle(now);
        true
    }

    /// The ride as it stands.
    pub(crate) fn find(&mut self, now: i64, out_order_no: &str) -> Option<Ride> {
        let ride = self.entry(out_order_no)?.ride.as_mut()?;
        ride.settle(now);
        Some(ride.clone())
    }

    /// Hands out the rides that have ended by `now`, each once; and says when the next one will.
    pub(crate) fn ended(&mut self, now: i64) -> (Vec<Ride>, Option<i64>) {
        let mut ended = Vec::new();
        let mut next = None;
        for ride in self
            .entries
            .iter_mut()
            .filter_map(|entry| entry.ride.as_mut())
        {
            ride.settle(now);
            if ride.ended_at.is_some() && !ride.told {
                ride.told = true;
                ended.push(ride.clone());
            }
            next = next.into_iter().chain(ride.due.map(|(at, _)| at)).min();
        }
        (ended, next)
    }

    pub(crate) fn act(
        &mut self,
        now: i64,
        out_order_no: &str,
        action: RideAction,
    ) -> Result<RideState, RideError> {
        let entry = self.entry(out_order_no);
        let Some(ride) = entry.and_then(|entry| entry.ride.as_mut()) else {
            return Err(RideError::NoRide(out_order_no.to_owned()));
        };
        ride.settle(now);
        if ride.state != RideState::Accepted {
            return Err(RideError::State {
                state: ride.state,
                action,
            });
        }
        match action {
            RideAction::Succeed => ride.end(now, RideState::Success),
            RideAction::Fail => ride.end(now, RideState::Fail),
            RideAction::Wait => ride.due = None,
        }
        Ok(ride.state)
    }

    /// Everything as it stands at `now`, in the order of arrival.
    pub(crate) fn records(&mut self, now: i64) -> Vec<RideRecord> {
        for ride in self
            .entries
            .iter_mut()
            .filter_map(|entry| entry.ride.as_mut())
        {
            ride.settle(now);
        }
        self.entries
            .iter()
            .map(|entry| {
                let ride = entry.ride.as_ref();
                let charges = ride.map_or(0, |ride| ride.charges);
                let total_fee = ride.map(|ride| ride.asked.total_fee);
                RideRecord {
                    out_order_no: entry.out_order_no.clone(),
                    attach: ride.and_then(|ride| ride.asked.attach.clone()),
                    total_fee,
                    state: ride.map_or(RideState::Absent, |ride| ride.state),
                    scenario: entry.scenario.name().to_owned(),
                    transaction_id: ride.map(Ride::transaction_id),
                    charged_fen: i64::from(charges) * total_fee.unwrap_or(0),
                    charges,
                    requests: entry.requests,
                }
            })
            .collect()
    }

    /// By number; a ride without one is never found again.
    fn position(&self, out_order_no: &str) -> Option<usize> {
        self.entries
            .iter()
            .position(|entry| entry.out_order_no.as_deref() == Some(out_order_no))
    }

    fn entry(&mut self, out_order_no: &str) -> Option<&mut Entry> {
        let index = self.position(out_order_no)?;
        self.entries.get_mut(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(out_order_no: Option<&str>) -> Asked {
        Asked {
            out_order_no: out_order_no.map(str::to_owned),
            attach: Some("gate 7".to_owned()),
            total_fee: 200,
            qrcode: "QQ==".to_owned(),
        }
    }

    fn accepted(rides: &mut Rides, now: i64, number: Option<&str>, again: RideDuplicates) -> bool {
        let received = rides.received(number);
        let due = (now + 10, RideState::Success);
        rides.accept(now, received, &asked(number), due, again)
    }

    #[test]
    fn a_ride_is_charged_when_it_is_due_and_told_once() {
        let mut rides = Rides::default();
        assert!(accepted(&mut rides, 0, Some("A"), RideDuplicates::Refused));
        assert!(rides.ended(9).0.is_empty());
        assert_eq!(rides.ended(9).1, Some(10));
        let record = &rides.records(9)[0];
        assert_eq!((record.state, record.charged_fen), (RideState::Accepted, 0));
        let (ended, next) = rides.ended(10);
        assert_eq!((ended.len(), next), (1, None));
        assert_eq!(ended[0].state, RideState::Success);
        assert!(rides.ended(11).0.is_empty());
        let record = &rides.records(11)[0];
        assert_eq!((record.charged_fen, record.charges), (200, 1));
    }

    #[test]
    fn a_second_request_is_refused_or_charges_again() {
        for (again, taken, charged_fen) in [
            (RideDuplicates::Refused, false, 200),
            (RideDuplicates::ChargedAgain, true, 400),
        ] {
            let mut rides = Rides::default();
            assert!(accepted(&mut rides, 0, Some("A"), again));
            assert_eq!(accepted(&mut rides, 20, Some("A"), again), taken);
            let record = &rides.records(40)[0];
            assert_eq!((record.charged_fen, record.requests), (charged_fen, 2));
        }
    }

    #[test]
    fn rides_without_a_number_are_rides_of_their_own() {
        let mut rides = Rides::default();
        for now in [0, 1] {
            assert!(accepted(&mut rides, now, None, RideDuplicates::Refused));
        }
        assert_eq!(rides.records(20).len(), 2);
        assert_eq!(rides.ended(20).0.len(), 2);
    }

    #[test]
    fn a_ride_without_a_number_is_accepted_though_another_came_in_between() {
        let mut rides = Rides::default();
        let slow = rides.received(None);
        assert!(accepted(&mut rides, 0, Some("A"), RideDuplicates::Refused));
        let due = (10, RideState::Success);
        assert!(rides.accept(1, slow, &asked(None), due, RideDuplicates::Refused));
        let charged: Vec<_> = rides
            .records(20)
            .into_iter()
            .map(|ride| (ride.out_order_no, ride.charged_fen))
            .collect();
        assert_eq!(charged, [(None, 200), (Some("A".to_owned()), 200)]);
    }

    #[test]
    fn the_platform_ends_what_it_has_accepted_and_nothing_else() {
        let mut rides = Rides::default();
        accepted(&mut rides, 0, Some("A"), RideDuplicates::Refused);
        assert_eq!(rides.act(1, "A", RideAction::Wait), Ok(RideState::Accepted));
        assert_eq!(rides.ended(100).1, None);
        assert_eq!(rides.act(2, "A", RideAction::Fail), Ok(RideState::Fail));
        assert_eq!(rides.records(3)[0].charges, 0);
        let late = rides.act(4, "A", RideAction::Succeed).unwrap_err();
        assert!(late.to_string().contains("Fail"), "{late}");
        let unknown = rides.act(4, "B", RideAction::Succeed);
        assert_eq!(unknown, Err(RideError::NoRide("B".to_owned())));
    }
}
