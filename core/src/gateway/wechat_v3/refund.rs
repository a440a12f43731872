//! Refunds.

use super::WechatV3;
use crate::exchange::{Call, Reply};
use crate::fields::Fields;
use crate::gateway::{Answer, ExpectedRefund, InvalidField, Refund, Refunds, Stamp};
use crate::verdict::RefundVerdict;

impl Refunds for WechatV3 {
    fn can_refund(&self) -> bool {
        true
    }

    fn check_out_refund_no(&self, _: &str) -> Result<(), InvalidField> {
        unimplemented!()
    }

    fn refund(&self, _: &Fields) -> Result<Refund, InvalidField> {
        unimplemented!()
    }

    fn call(&self, _: &Refund, _: &Stamp) -> Call {
        unimplemented!()
    }

    fn read(&self, _: &ExpectedRefund, _: &Reply) -> Answer<RefundVerdict> {
        unimplemented!()
    }

    fn query(&self, _: &ExpectedRefund, _: &Stamp) -> Call {
        unimplemented!()
    }

    fn read_query(&self, _: &ExpectedRefund, _: &Reply) -> Answer<RefundVerdict> {
        unimplemented!()
    }
}
