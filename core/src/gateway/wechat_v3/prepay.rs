//! Orders that the payer scans or opens: JSAPI, mini-program, Native, H5, App.

use super::WechatV3;
use crate::exchange::{Call, Reply};
use crate::fields::Fields;
use crate::gateway::{Answer, Expected, InvalidField, Order, Prepay, Stamp};
use crate::verdict::{PrepayVerdict, ReverseVerdict};

impl Prepay for WechatV3 {
    fn order(&self, _: &Fields) -> Result<Order, InvalidField> {
        unimplemented!()
    }

    fn call(&self, _: &Order, _: &Stamp) -> Call {
        unimplemented!()
    }

    fn read(&self, _: &Order, _: &Reply, _: &Stamp) -> Answer<PrepayVerdict> {
        unimplemented!()
    }

    fn close(&self, _: &Expected, _: &Stamp) -> Call {
        unimplemented!()
    }

    fn read_close(&self, _: &Expected, _: &Reply) -> Answer<ReverseVerdict> {
        unimplemented!()
    }
}
