//! Fubei (付呗), an aggregator of WeChat Pay, Alipay and UnionPay: interfaces 1.0
//! (`openapi.payment.order.*`) and 2.0 (`fbpay.order.*`), for merchants and for service providers.
//!
//! Requests are JSON with the business parameters as JSON text inside, signed with MD5 and a secret.
//! Answers are not signed: that they come from Fubei is TLS's word alone, and what they say counts
//! only if they are about our order. Amounts travel as decimal yuan, and are made and read as text.
//!
//! `fields` and `request` turn a till's fields into requests; `message` reads JSON, `codes` knows
//! refusals, `answer` and `facts` turn replies into verdicts. `prepay`, `refund` and `notice` are the
//! other products.

mod answer;
mod codes;
mod content;
mod detail;
mod facts;
mod fields;
mod form;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod message;
mod money;
mod notice;
mod prepay;
mod refund;
mod request;
mod sign;
#[cfg(test)]
mod tests;

use crate::config::{FubeiAccount, FubeiConfig};
use crate::exchange::{Call, Reply};
use crate::fields::Fields;
use crate::gateway::{
    Answer, Expected, Gateway, InvalidField, Notifications, Order, Prepay, Refunds, Stamp,
};
use crate::verdict::{QueryVerdict, ReverseVerdict, SubmitVerdict};

const NAME: &str = "fubei";

/// Fubei for one merchant, or for one service provider.
pub struct Fubei {
    config: FubeiConfig,
}

impl Fubei {
    /// The gateway with this configuration, which was checked when it was read.
    pub fn new(config: FubeiConfig) -> Self {
        Self { config }
    }

    /// The merchant that a service provider acts for.
    fn merchant_id<'a>(&'a self, named: Option<&'a str>) -> Option<&'a str> {
        match &self.config.account {
            FubeiAccount::Merchant { .. } => None,
            FubeiAccount::Vendor { merchant_id, .. } => named.or(merchant_id.as_deref()),
        }
    }
}

impl Gateway for Fubei {
    fn name(&self) -> &'static str {
        NAME
    }

    fn account(&self) -> String {
        match &self.config.account {
            FubeiAccount::Merchant { app_id } => format!("fubei:{app_id}"),
            FubeiAccount::Vendor {
                vendor_sn,
                merchant_id: Some(merchant_id),
            } => format!("fubei:{vendor_sn}:{merchant_id}"),
            FubeiAccount::Vendor { vendor_sn, .. } => format!("fubei:{vendor_sn}"),
        }
    }

    fn order(&self, fields: &Fields) -> Result<Order, InvalidField> {
        self.build_order(fields)
    }

    fn check_out_trade_no(&self, out_trade_no: &str) -> Result<(), InvalidField> {
        fields::check_known_number("out_trade_no", out_trade_no)
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
