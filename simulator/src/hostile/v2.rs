//! APIv2: signatures that prove nothing, and proven answers that are not about what was asked.

pub(super) mod contents;
pub(super) mod signatures;

use super::{Case, Told, V2, case};

const fn v2(id: &'static str, told: Told, why: &'static str) -> Case {
    case(V2, id, told, why)
}
