//! WeChat Pay APIv2: micropay, orderquery, reverse and refund, unified order and close,
//! notifications; mainland and Hong Kong, direct and institution mode.
//!
//! Requests and answers are flat XML messages signed with the API key. An answer counts only if it
//! is signed with the algorithm of the request, comes from the merchant that was asked for and, where
//! it names an order, names ours.

mod answer;
mod facts;
mod fields;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod notice;
mod prepay;
mod refund;
mod request;
mod sign;
#[cfg(test)]
pub(crate) mod tests;
mod xml;

use crate::config::WechatV2Config;
use crate::exchange::{Call, Reply};
use crate::fields::Fields;
use crate::gateway::{
    Answer, Expected, Gateway, InvalidField, Notifications, Order, Prepay, Refunds, Stamp,
};
use crate::verdict::{QueryVerdict, ReverseVerdict, SubmitVerdict};

const NAME: &str = "wechat-v2";

/// WeChat Pay APIv2 for one merchant.
pub struct WechatV2 {
    config: WechatV2Config,
}

impl WechatV2 {
    /// The gateway with this configuration, which was checked when it was read.
    pub fn new(config: WechatV2Config) -> Self {
        Self { config }
    }

    /// The shop whose order it is, in institution mode.
    fn sub_mch_id<'a>(&'a self, expected: &'a Expected) -> Option<&'a str> {
        self.shop(expected.sub_mch_id.as_deref())
    }

    fn shop<'a>(&'a self, named: Option<&'a str>) -> Option<&'a str> {
        named.or(self.config.sub_mch_id.as_deref())
    }
}

impl Gateway for WechatV2 {
    fn name(&self) -> &'static str {
        NAME
    }

    fn account(&self) -> String {
        match &self.config.sub_mch_id {
            Some(sub_mch_id) => format!("wechat:{}:{sub_mch_id}", self.config.mch_id),
            None => format!("wechat:{}", self.config.mch_id),
        }
    }

    fn order(&self, fields: &Fields) -> Result<Order, InvalidField> {
        self.build_order(fields)
    }

    fn check_out_trade_no(&self, out_trade_no: &str) -> Result<(), InvalidField> {
        fields::check_out_trade_no(out_trade_no)
            .map_err(|rule| request::invalid("out_trade_no", rule))
    }

    fn submit(&self, order: &Order, stamp: &Stamp) -> Call {
        self.build_submit(order, stamp)
    }

    fn query(&self, expected: &Expected, stamp: &Stamp) -> Call {
        self.build_query(expected, stamp)
    }

    fn reverse(&self, expected: &Expected, stamp: &Stamp) -> Call {
        self.build_reverse(expected, stamp)
    }

    fn can_reverse(&self) -> bool {
        self.config.client_certificate.is_some()
    }

    fn read_submit(&self, expected: &Expected, reply: &Reply) -> Answer<SubmitVerdict> {
        self.submit_answer(expected, reply)
    }

    fn read_query(&self, expected: &Expected, reply: &Reply) -> Answer<QueryVerdict> {
        self.query_answer(expected, reply)
    }

    fn read_reverse(&self, expected: &Expected, reply: &Reply) -> Answer<ReverseVerdict> {
        self.reverse_answer(expected, reply)
    }

    fn prepay(&self) -> Option<&dyn Prepay> {
        Some(self)
    }

    fn refunds(&self) -> Option<&dyn Refunds> {
        Some(self)
    }
    fn notifications(&self) -> Option<&dyn Notifications> {
        Some(self)
    }
}
