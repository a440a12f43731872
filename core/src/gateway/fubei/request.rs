//! From a till's fields to signed requests.

use serde_json::Value;

use super::content::Content;
use super::fields::{self, Checked, PAY, invalid, pay_type};
use super::{Fubei, sign};
use crate::config::{Channel, FubeiAccount, FubeiApi};
use crate::exchange::{Call, Resend};
use crate::fields::Fields;
use crate::gateway::{Expected, InvalidField, Order, Product, Stamp};
use crate::outcome::Facts;

/// Where [`Order`] and refunds keep their business parameters: the very text that is signed and sent.
const CONTENT: &str = "biz_content";

/// What is asked of Fubei.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Pay,
    Query,
    Reverse,
    Close,
    Refund,
    RefundQuery,
    Precreate,
}

impl Operation {
    /// Source: `MerchantPaymentApi`, `MerchantOrderApi` and `AgentApi` of Fubei's Java SDK, and its
    /// VB.NET SDK.
    pub(super) fn method(self, api: FubeiApi) -> &'static str {
        match (api, self) {
            (FubeiApi::V1, Self::Pay) => "openapi.payment.order.swipe",
            (FubeiApi::V1, Self::Query) => "openapi.payment.order.query",
            (FubeiApi::V1, Self::Reverse) => "openapi.payment.order.reverse",
            (FubeiApi::V1, Self::Close) => "openapi.payment.order.close",
            (FubeiApi::V1, Self::Refund) => "openapi.payment.order.refund",
            (FubeiApi::V1, Self::RefundQuery) => "openapi.payment.order.refund.query",
            (FubeiApi::V1, Self::Precreate) => "openapi.payment.order.scan",
            (FubeiApi::V2, Self::Pay) => "fbpay.order.pay",
            (FubeiApi::V2, Self::Query) => "fbpay.order.query",
            (FubeiApi::V2, Self::Reverse) => "fbpay.order.cancel",
            (FubeiApi::V2, Self::Close) => "fbpay.order.close",
            (FubeiApi::V2, Self::Refund) => "fbpay.order.refund",
            (FubeiApi::V2, Self::RefundQuery) => "fbpay.order.refund.query",
            (FubeiApi::V2, Self::Precreate) => "fbpay.order.precreate",
        }
    }
}

impl Fubei {
    pub(super) fn build_order(&self, given: &Fields) -> Result<Order, InvalidField> {
        let api = self.config.api;
        let mut checked = fields::check(given, PAY, api)?;
        if api == FubeiApi::V1 {
            let channel = match named_channel(&checked.fields)? {
                // A face-pay token is no code.
                None if checked.fields.get("scene").is_some() => None,
                None => {
                    let code = checked.fields.get("auth_code").unwrap_or_default();
                    self.config.auth_codes.channel(code)
                }
                named => named,
            };
            if let Some(channel) = channel {
                checked.content.number("type", type_number(channel));
            }
        }
        self.order_of(checked, Product::CodePayment)
    }

    /// An order out of checked fields, with the configured store and the merchant.
    pub(super) fn order_of(
        &self,
        checked: Checked,
        product: Product,
    ) -> Result<Order, InvalidField> {
        let Checked {
            mut content,
            fields,
            left_out,
        } = checked;
        if fields.get("store_id").is_none()
            && let Some(store_id) = &self.config.store_id
        {
            content.number("store_id", store_id.as_str());
        }
        let merchant_id = self.merchant_of(&fields)?;
        name_merchant(&mut content, merchant_id.as_deref());
        let total_fee = fields.get("total_fee").unwrap_or_default();
        let total_fee = fields::amount(total_fee, self.config.api)
            .map_err(|rule| invalid("total_fee", rule))?;
        Ok(Order {
            expected: Expected {
                out_trade_no: fields.get("out_trade_no").unwrap_or_default().to_owned(),
                transaction_id: None,
                product,
                sub_mch_id: merchant_id,
                total_fee: Some(total_fee),
                fee_type: Some("CNY".to_owned()),
                attach: fields.get("attach").map(str::to_owned),
                submitted_at: None,
            },
            parameters: parameters(&content),
            left_out,
        })
    }

    /// The merchant of a new order or refund, for service providers.
    pub(super) fn merchant_of(&self, fields: &Fields) -> Result<Option<String>, InvalidField> {
        let named = fields.get("sub_mch_id");
        match (&self.config.account, self.merchant_id(named)) {
            (FubeiAccount::Merchant { .. }, _) if named.is_some() => Err(invalid(
                "sub_mch_id",
                "is for service providers only; the configuration has app_id instead of vendor_sn, \
                 which names its merchant already",
            )),
            (FubeiAccount::Vendor { .. }, None) => Err(invalid(
                "sub_mch_id",
                "is required: neither the request nor merchant_id in the configuration says for \
                 which merchant the service provider acts",
            )),
            (_, merchant_id) => Ok(merchant_id.map(str::to_owned)),
        }
    }

    pub(super) fn build_submit(&self, order: &Order, stamp: &Stamp) -> Call {
        let content = content(&order.parameters);
        self.request(Operation::Pay, content, stamp, Resend::OnlyIfUnsent)
    }

    pub(super) fn build_query(&self, expected: &Expected, stamp: &Stamp) -> Call {
        self.ask_about(Operation::Query, expected, stamp)
    }

    pub(super) fn build_reverse(&self, expected: &Expected, stamp: &Stamp) -> Call {
        self.ask_about(Operation::Reverse, expected, stamp)
    }

    /// A request that says no more than which order it is about.
    pub(super) fn ask_about(
        &self,
        operation: Operation,
        expected: &Expected,
        stamp: &Stamp,
    ) -> Call {
        let mut content = Content::default();
        match &expected.transaction_id {
            Some(order_sn) => content.text("order_sn", order_sn.as_str()),
            None => content.text("merchant_order_sn", expected.out_trade_no.as_str()),
        }
        let merchant_id = self.merchant_id(expected.sub_mch_id.as_deref());
        name_merchant(&mut content, merchant_id);
        self.request(operation, &content.json(), stamp, Resend::Freely)
    }

    /// A complete request. `content` is signed and sent byte for byte.
    pub(super) fn request(
        &self,
        operation: Operation,
        content: &str,
        stamp: &Stamp,
        resend: Resend,
    ) -> Call {
        let method = operation.method(self.config.api);
        let (level, account) = match &self.config.account {
            FubeiAccount::Merchant { app_id } => ("app_id", app_id),
            FubeiAccount::Vendor { vendor_sn, .. } => ("vendor_sn", vendor_sn),
        };
        let mut parameters: Fields = [
            (level, account.as_str()),
            (CONTENT, content),
            ("format", "json"),
            ("method", method),
            ("nonce", stamp.nonce.as_str()),
            ("sign_method", "md5"),
            // Of both interfaces, in the vendor's own SDKs.
            ("version", "1.0"),
        ]
        .into_iter()
        .collect();
        let sign = sign::sign(parameters.iter(), &self.config.secret);
        parameters.set("sign", sign);
        let body: Facts = parameters
            .iter()
            .map(|(name, value)| (name.to_owned(), value.into()))
            .collect();
        Call {
            operation: method,
            method: "POST",
            path: self.config.path.clone(),
            headers: vec![("Content-Type", "application/json; charset=utf-8".to_owned())],
            body: Value::Object(body).to_string().into_bytes(),
            resend,
        }
    }
}

/// Business parameters as an order holds them.
pub(super) fn parameters(content: &Content) -> Facts {
    let mut parameters = Facts::new();
    parameters.insert(CONTENT.into(), content.json().into());
    parameters
}

/// And back.
pub(super) fn content(parameters: &Facts) -> &str {
    parameters
        .get(CONTENT)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

pub(super) fn name_merchant(content: &mut Content, merchant_id: Option<&str>) {
    if let Some(merchant_id) = merchant_id {
        content.number("merchant_id", merchant_id);
    }
}

/// The channel that the till names, if it names one, by either interface's word.
pub(super) fn named_channel(fields: &Fields) -> Result<Option<Channel>, InvalidField> {
    let named = |name| {
        fields
            .get(name)
            .map(pay_type)
            .transpose()
            .map_err(|rule| invalid(name, rule))
    };
    match (named("pay_type")?, named("type")?) {
        (Some(one), Some(other)) if one != other => Err(invalid(
            "type",
            "is the same as pay_type and says something else; set one of them",
        )),
        (one, other) => Ok(one.or(other)),
    }
}

/// As 1.0 numbers the channels.
pub(super) fn type_number(channel: Channel) -> &'static str {
    match channel {
        Channel::Wechat => "1",
        Channel::Alipay => "2",
        Channel::UnionPay => "5",
    }
}
