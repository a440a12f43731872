//! From a till's fields to bodies and paths.

use super::WechatV3;
use crate::exchange::Call;
use crate::fields::Fields;
use crate::gateway::{Expected, InvalidField, Order, Stamp};

impl WechatV3 {
    pub(super) fn build_order(&self, _given: &Fields) -> Result<Order, InvalidField> {
        unimplemented!()
    }

    /// Checks an order or refund number that is only asked about.
    pub(super) fn check_number(&self, _field: &str, _number: &str) -> Result<(), InvalidField> {
        unimplemented!()
    }

    pub(super) fn build_submit(&self, _order: &Order, _stamp: &Stamp) -> Call {
        unimplemented!()
    }

    pub(super) fn build_query(&self, _expected: &Expected, _stamp: &Stamp) -> Call {
        unimplemented!()
    }

    pub(super) fn build_reverse(&self, _expected: &Expected, _stamp: &Stamp) -> Call {
        unimplemented!()
    }
}
