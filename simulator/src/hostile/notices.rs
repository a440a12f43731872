//! Notifications and callbacks: anybody may send them, so what is not proven is nothing.

pub(super) mod fubei;
pub(super) mod ride;
pub(super) mod v2;
pub(super) mod v3;

use super::{Case, RIDE, Subject, Told, case};

const fn payment(
    on: &'static [super::Gateway],
    id: &'static str,
    told: Told,
    why: &'static str,
) -> Case {
    case(on, id, told, why).about(Subject::Payment)
}

const fn refund(
    on: &'static [super::Gateway],
    id: &'static str,
    told: Told,
    why: &'static str,
) -> Case {
    case(on, id, told, why).about(Subject::Refund)
}

const fn ride(id: &'static str, told: Told, why: &'static str) -> Case {
    case(RIDE, id, told, why).about(Subject::Ride)
}
