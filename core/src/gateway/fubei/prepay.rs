//! Orders that the payer scans: `openapi.payment.order.scan`, `fbpay.order.precreate`.

use super::fields::{self, PREPAY, invalid};
use super::request::{Operation, content, named_channel, type_number};
use super::{Fubei, facts};
use crate::config::{Channel, FubeiApi};
use crate::exchange::{Call, Reply, Resend};
use crate::fields::Fields;
use crate::gateway::{Answer, Expected, InvalidField, Order, Prepay, Product, Stamp};
use crate::verdict::{PrepayVerdict, ReverseVerdict};

impl Prepay for Fubei {
    fn order(&self, given: &Fields) -> Result<Order, InvalidField> {
        let mut checked = fields::check(given, PREPAY, self.config.api)?;
        if self.config.api == FubeiApi::V1 {
            // A till that comes from WeChat's own interfaces names no channel.
            let channel = named_channel(&checked.fields)?.unwrap_or(Channel::Wechat);
            if channel == Channel::UnionPay {
                let field = match checked.fields.get("type") {
                    Some(_) => "type",
                    None => "pay_type",
                };
                return Err(invalid(
                    field,
                    "UnionPay has no code to scan here: 1 or wxpay, 2 or alipay",
                ));
            }
            checked.content.number("type", type_number(channel));
        }
        self.order_of(checked, Product::Prepay)
    }

    fn call(&self, order: &Order, stamp: &Stamp) -> Call {
        let content = content(&order.parameters);
        self.request(Operation::Precreate, content, stamp, Resend::Freely)
    }

    fn read(&self, order: &Order, reply: &Reply, _: &Stamp) -> Answer<PrepayVerdict> {
        let expected = &order.expected;
        self.answer(
            &self.about(expected),
            reply,
            PrepayVerdict::Unclear,
            PrepayVerdict::Rejected,
            |refusal| refusal.prepay(),
            |data| {
                let amount = facts::order_amount(data, expected.total_fee);
                let unclear = |why: &str| (PrepayVerdict::Unclear, why.to_owned());
                if !data.get("qr_code").is_some_and(|code| code.is_string()) {
                    return unclear("the answer has no qr_code");
                }
                if amount.is_some() && amount != expected.total_fee {
                    return unclear("the order was made for another amount");
                }
                (PrepayVerdict::Ready, "the order is made".to_owned())
            },
        )
    }

    fn close(&self, expected: &Expected, stamp: &Stamp) -> Call {
        self.ask_about(Operation::Close, expected, stamp)
    }

    fn read_close(&self, expected: &Expected, reply: &Reply) -> Answer<ReverseVerdict> {
        self.undoing_answer(expected, reply, |refusal| refusal.close())
    }
}
