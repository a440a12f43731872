//! WeChat Pay APIv3: JSON, RSA signatures both ways.
//!
//! `sign` makes the `Authorization` of a request, `verify` proves an answer with the keys of `keys`,
//! which `certificates` opens and `refusals` explains when something about them is wrong.
//! `fields`, `detail` and `request` turn a till's fields into bodies and paths, `answer` and `facts`
//! turn replies into verdicts. `prepay`, `refund` and `notice` are the other products.

mod answer;
mod certificates;
mod detail;
mod facts;
mod fields;
mod keys;
mod notice;
mod prepay;
mod refund;
mod refusals;
mod request;
mod sign;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
pub(crate) mod tests;
mod verify;

use crate::config::WechatV3Config;
use crate::exchange::{Call, Reply};
use crate::fields::Fields;
use crate::gateway::{
    Answer, Expected, Finding, Gateway, InvalidField, KeySource, Notifications, Order, Prepay,
    Refunds, Stamp,
};
use crate::verdict::{QueryVerdict, ReverseVerdict, SubmitVerdict};

use self::keys::KeyRing;

const NAME: &str = "wechat-v3";

/// WeChat Pay APIv3 for one merchant.
pub struct WechatV3 {
    config: WechatV3Config,
    keys: KeyRing,
}

impl WechatV3 {
    /// The gateway with this configuration, which was checked when it was read.
    pub fn new(config: WechatV3Config) -> Self {
        let keys = KeyRing::new(&config);
        Self { config, keys }
    }

    /// The shop whose order it is, for partners.
    fn sub_mchid<'a>(&'a self, named: Option<&'a str>) -> Option<&'a str> {
        named.or(self.config.sub_mchid.as_deref())
    }
}

impl Gateway for WechatV3 {
    fn name(&self) -> &'static str {
        NAME
    }

    fn account(&self) -> String {
        match &self.config.sub_mchid {
            Some(sub_mchid) => format!("wechat:{}:{sub_mchid}", self.config.mchid),
            None => format!("wechat:{}", self.config.mchid),
        }
    }

    fn order(&self, fields: &Fields) -> Result<Order, InvalidField> {
        self.build_order(fields)
    }

    fn check_out_trade_no(&self, out_trade_no: &str) -> Result<(), InvalidField> {
        self.check_number("out_trade_no", out_trade_no)
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
        true
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

    fn refused_for_clock(&self, reply: &Reply, stamp: &Stamp) -> bool {
        verify::refused_for_clock(reply, stamp)
    }

    fn is_probe(&self, reply: &Reply) -> bool {
        verify::is_probe(reply)
    }

    fn keys(&self) -> Option<&dyn KeySource> {
        self.config
            .platform_certificates
            .is_some()
            .then_some(self as &dyn KeySource)
    }

    fn inspect(&self, now: i64) -> Vec<Finding> {
        vec![self.inspect_certificate(now)]
    }

    fn diagnose(&self, reply: &Reply) -> Vec<Finding> {
        self.findings(reply)
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
