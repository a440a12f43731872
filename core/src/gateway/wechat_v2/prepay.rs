//! Orders that the payer scans or opens: JSAPI, mini-program, Native, H5, App.
//!
//! Sources: "统一下单", "关闭订单", and the pages about calling up the payment of JSAPI and App.

use super::answer::{Reading, because, failed};
use super::fields::PREPAY_FIELDS;
use super::request::{flat, invalid, texts};
use super::{WechatV2, sign};
use crate::exchange::{Call, Reply, Resend};
use crate::fields::Fields;
use crate::gateway::prepaid::{self, TradeType};
use crate::gateway::{Answer, Expected, InvalidField, Order, Prepay, Product, Stamp};
use crate::verdict::{PrepayVerdict, ReverseVerdict};

impl Prepay for WechatV2 {
    fn order(&self, given: &Fields) -> Result<Order, InvalidField> {
        let (mut fields, left_out) = self.checked(given, PREPAY_FIELDS)?;
        let trade_type = TradeType::parse(fields.get("trade_type").unwrap_or_default())
            .map_err(|rule| invalid("trade_type", rule))?;
        if let Some(address) = fields.get("scene_info.payer_client_ip").map(str::to_owned) {
            if fields
                .get("spbill_create_ip")
                .is_some_and(|ip| ip != address)
            {
                return Err(invalid(
                    "scene_info.payer_client_ip",
                    "is the same as spbill_create_ip and says something else; set one of them",
                ));
            }
            fields.set("spbill_create_ip", address);
        }
        match trade_type {
            TradeType::Jsapi
                if fields.get("openid").is_none() && fields.get("sub_openid").is_none() =>
            {
                return Err(invalid("openid", "is required for JSAPI: who will pay"));
            }
            // The documents require a number of the merchant's own making.
            TradeType::Native if fields.get("product_id").is_none() => {
                let number = fields.get("out_trade_no").unwrap_or_default().to_owned();
                fields.set("product_id", number);
            }
            TradeType::H5 => {
                if fields.get("spbill_create_ip").is_none() {
                    return Err(invalid(
                        "spbill_create_ip",
                        "is required for H5: the address of the payer's own phone",
                    ));
                }
                if fields.get("scene_info").is_none()
                    && fields.get("scene_info.h5_info.type").is_none()
                {
                    fields.set("scene_info.h5_info.type", "Wap");
                }
                fields.set("trade_type", "MWEB");
            }
            TradeType::Jsapi | TradeType::Native | TradeType::App => {}
        }
        let order = self.assembled(&fields, left_out, Product::Prepay)?;
        if fields.get("sub_openid").is_some() && !order.parameters.contains_key("sub_appid") {
            return Err(invalid(
                "sub_openid",
                "belongs to a sub_appid; set that in the configuration or beside it",
            ));
        }
        Ok(order)
    }

    fn call(&self, order: &Order, stamp: &Stamp) -> Call {
        Self::call(
            self,
            "unifiedorder",
            "/pay/unifiedorder",
            texts(&order.parameters),
            stamp,
            Resend::Freely,
        )
    }

    fn read(&self, order: &Order, reply: &Reply, stamp: &Stamp) -> Answer<PrepayVerdict> {
        let parameters = flat(&order.parameters);
        let mut answer = self.answer(
            &order.expected,
            reply,
            PrepayVerdict::Unclear,
            PrepayVerdict::Rejected,
            |message| match failed(message) {
                None => ready(&parameters, message),
                Some((code, text)) => because(prepaid::prepay(code, text), code),
            },
        );
        if let Some(url) = answer.facts.remove("mweb_url") {
            answer.facts.insert("h5_url".into(), url);
        }
        if answer.verdict == PrepayVerdict::Ready
            && let Some(prepay_id) = answer.facts.get("prepay_id").and_then(|id| id.as_str())
        {
            let signed = self.front_end(&parameters, prepay_id, stamp);
            if let Some(signed) = signed {
                prepaid::add_parameters(&mut answer.facts, signed);
            }
        }
        answer
    }

    fn close(&self, expected: &Expected, stamp: &Stamp) -> Call {
        let parameters = self.about(expected);
        Self::call(
            self,
            "closeorder",
            "/pay/closeorder",
            parameters.iter(),
            stamp,
            Resend::Freely,
        )
    }

    fn read_close(&self, expected: &Expected, reply: &Reply) -> Answer<ReverseVerdict> {
        self.answer(
            expected,
            reply,
            ReverseVerdict::Unclear,
            ReverseVerdict::Refused,
            |message| match failed(message) {
                None => (ReverseVerdict::Done, "closed".to_owned()),
                Some((code, text)) => because(prepaid::close(code, text), code),
            },
        )
    }
}

impl WechatV2 {
    /// The parameters that call up the payment, signed like a request; `None` where nothing needs
    /// them. The app id is that of the page or app that really calls.
    fn front_end(
        &self,
        parameters: &Fields,
        prepay_id: &str,
        stamp: &Stamp,
    ) -> Option<Vec<(&'static str, String)>> {
        let own = |name| {
            parameters
                .get(name)
                .unwrap_or(&self.config.appid)
                .to_owned()
        };
        let (nonce, time) = (stamp.nonce.clone(), stamp.unix_seconds.to_string());
        let (mut signed, sign_name) = match TradeType::parse(parameters.get("trade_type")?).ok()? {
            TradeType::Jsapi => {
                let caller = match parameters.get("sub_openid") {
                    Some(_) => own("sub_appid"),
                    None => own("appid"),
                };
                let signed = vec![
                    ("appId", caller),
                    ("timeStamp", time),
                    ("nonceStr", nonce),
                    ("package", format!("prepay_id={prepay_id}")),
                    ("signType", sign::name(self.config.sign_type).to_owned()),
                ];
                (signed, "paySign")
            }
            TradeType::App => {
                let signed = vec![
                    ("appid", own("sub_appid")),
                    ("partnerid", self.config.mch_id.clone()),
                    ("prepayid", prepay_id.to_owned()),
                    ("package", "Sign=WXPay".to_owned()),
                    ("noncestr", nonce),
                    ("timestamp", time),
                ];
                (signed, "sign")
            }
            TradeType::Native | TradeType::H5 => return None,
        };
        let fields: Fields = signed.iter().cloned().collect();
        let sign = sign::sign(fields.iter(), &self.config.api_key, self.config.sign_type);
        signed.push((sign_name, sign));
        Some(signed)
    }
}

/// Whether the message brings what was asked for.
fn ready(parameters: &Fields, message: &Fields) -> Reading<PrepayVerdict> {
    let unclear = |why: &str| (PrepayVerdict::Unclear, why.to_owned());
    let asked = parameters.get("trade_type").unwrap_or_default();
    let Ok(trade_type) = TradeType::parse(asked) else {
        return unclear("no trade_type was asked for");
    };
    if message.get("trade_type").is_some_and(|made| made != asked) {
        return unclear("the order was made for another trade_type");
    }
    let field = match trade_type.shown() {
        "h5_url" => "mweb_url",
        field => field,
    };
    if message.get(field).is_none() {
        return (PrepayVerdict::Unclear, format!("the answer has no {field}"));
    }
    (PrepayVerdict::Ready, "the order is made".to_owned())
}
