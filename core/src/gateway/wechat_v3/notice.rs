//! Notifications of payments and refunds.

use super::WechatV3;
use crate::gateway::{
    Answer, Expected, ExpectedRefund, Notice, NoticeError, Notification, Notifications,
};
use crate::outcome::Facts;
use crate::verdict::{QueryVerdict, RefundVerdict};

impl Notifications for WechatV3 {
    fn open(&self, _: &Notice<'_>) -> Result<Notification, NoticeError> {
        unimplemented!()
    }

    fn judge(&self, _: &Facts, _: &Expected) -> Answer<QueryVerdict> {
        unimplemented!()
    }

    fn judge_refund(&self, _: &Facts, _: &ExpectedRefund) -> Answer<RefundVerdict> {
        unimplemented!()
    }

    fn acknowledgement(&self, _: bool) -> (&'static str, String) {
        unimplemented!()
    }
}
