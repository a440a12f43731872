//! APIv3: signatures that prove nothing, and proven answers that are not about what was asked.

pub(super) mod contents;
pub(super) mod signatures;

use super::{Case, Told, V3, case};

const fn v3(id: &'static str, told: Told, why: &'static str) -> Case {
    case(V3, id, told, why)
}
