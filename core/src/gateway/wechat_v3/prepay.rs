//! Orders that the payer scans or opens: JSAPI, mini-program, Native, H5, App.
//!
//! Sources: "JSAPI下单", "Native下单", "H5下单", "APP下单", "关闭订单", and the pages about calling up the
//! payment, APIv3, direct and partner editions, and the global edition of each.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;

use super::answer::{Reading, Refusal, member, text};
use super::fields::{Checked, PREPAY, invalid, place};
use super::request::{DEFAULT_IP, escaped, name_store_overseas};
use super::{WechatV3, facts};
use crate::config::Region;
use crate::exchange::{Call, Reply, Resend};
use crate::fields::Fields;
use crate::gateway::prepaid::{self, TradeType};
use crate::gateway::{Answer, Expected, InvalidField, Order, Prepay, Product, Stamp};
use crate::outcome::Facts;
use crate::verdict::{PrepayVerdict, ReverseVerdict};

/// Of answers to a prepay. The global edition has APIv2's name for the address of H5.
const SHOWN: &facts::Names = &[("h5_url", "h5_url"), ("mweb_url", "h5_url")];

impl Prepay for WechatV3 {
    fn order(&self, given: &Fields) -> Result<Order, InvalidField> {
        let mut checked = self.checked(given, PREPAY)?;
        let shop = self
            .shop(&checked.fields)?
            .map(|shop| shop.sub_mchid.to_owned());
        let trade_type = TradeType::parse(checked.fields.get("trade_type").unwrap_or_default())
            .map_err(|rule| invalid("trade_type", rule))?;
        checked
            .body
            .insert("trade_type".into(), sent_as(trade_type).into());
        self.name_payer(&mut checked, trade_type)?;
        match self.config.region {
            Region::Mainland => name_store(&mut checked),
            Region::HongKong => name_store_overseas(&mut checked),
        }
        self.name_scene(&mut checked, trade_type)?;
        let merchant = self.merchant_with_apps(self.shop(&checked.fields)?);
        checked.body.extend(merchant);
        Ok(Order {
            expected: self.expected(&checked.fields, shop, Product::Prepay)?,
            parameters: checked.body,
            left_out: checked.left_out,
        })
    }

    fn call(&self, order: &Order, stamp: &Stamp) -> Call {
        let mut body = order.parameters.clone();
        let product = match (asked(order), self.config.region) {
            (Some(TradeType::Jsapi), _) => "jsapi",
            (Some(TradeType::App), _) => "app",
            (Some(TradeType::H5), Region::Mainland) => "h5",
            (Some(TradeType::H5), Region::HongKong) => "mweb",
            (Some(TradeType::Native) | None, _) => "native",
        };
        // On the mainland the path says it.
        if self.config.region == Region::Mainland {
            body.remove("trade_type");
        }
        Self::call(
            self,
            "prepay",
            "POST",
            format!("{}/{product}", self.transactions()),
            Some(&Value::Object(body)),
            stamp,
            Resend::Freely,
        )
    }

    fn read(&self, order: &Order, reply: &Reply, stamp: &Stamp) -> Answer<PrepayVerdict> {
        let mut answer = self.read_answer(
            reply,
            PrepayVerdict::Unclear,
            |refusal: &Refusal<'_>| {
                let verdict = prepaid::prepay(refusal.code, refusal.message);
                (verdict, refusal.why())
            },
            |body| ready(order, body),
        );
        if answer.verdict == PrepayVerdict::Ready
            && let Some(prepay_id) = answer.facts.get("prepay_id").and_then(Value::as_str)
            && let Some(signed) = self.front_end(order, prepay_id, stamp)
        {
            prepaid::add_parameters(&mut answer.facts, signed);
        }
        answer
    }

    fn close(&self, expected: &Expected, stamp: &Stamp) -> Call {
        let shop = self.shop_named(expected.sub_mch_id.as_deref());
        let path = format!(
            "{}/out-trade-no/{}/close",
            self.transactions(),
            escaped(&expected.out_trade_no)
        );
        let body = Value::Object(self.merchant(shop));
        Self::call(
            self,
            "close",
            "POST",
            path,
            Some(&body),
            stamp,
            Resend::Freely,
        )
    }

    fn read_close(&self, expected: &Expected, reply: &Reply) -> Answer<ReverseVerdict> {
        self.read_answer_about(
            reply,
            ReverseVerdict::Unclear,
            |refusal| {
                let verdict = prepaid::close(refusal.code, refusal.message);
                (verdict, refusal.why())
            },
            |body| {
                self.is_about(expected, body)?;
                let verdict = match reply.status {
                    200 | 204 => ReverseVerdict::Done,
                    _ => ReverseVerdict::Unclear,
                };
                let why = format!("HTTP status {}", reply.status);
                Ok((verdict, why, Facts::new()))
            },
        )
    }
}

impl WechatV3 {
    fn name_payer(&self, checked: &mut Checked, trade_type: TradeType) -> Result<(), InvalidField> {
        let openid = checked.fields.get("openid");
        let sub_openid = checked.fields.get("sub_openid");
        if sub_openid.is_some() {
            let shop = self.shop(&checked.fields)?;
            if shop.is_none_or(|shop| shop.sub_appid.is_none()) {
                return Err(invalid(
                    "sub_openid",
                    "is for partners, and belongs to a sub_appid; set that in the configuration or \
                     beside it",
                ));
            }
        }
        if trade_type == TradeType::Jsapi && openid.is_none() && sub_openid.is_none() {
            return Err(invalid("openid", "is required for JSAPI: who will pay"));
        }
        let own = match self.config.partner {
            true => "/payer/sp_openid",
            false => "/payer/openid",
        };
        for (at, value) in [(own, openid), ("/payer/sub_openid", sub_openid)] {
            if let Some(value) = value {
                place(&mut checked.body, at, value.into());
            }
        }
        Ok(())
    }

    /// What the documents require of a scene, if there is one; H5 has to have one.
    fn name_scene(&self, checked: &mut Checked, trade_type: TradeType) -> Result<(), InvalidField> {
        if trade_type == TradeType::H5 {
            if checked
                .body
                .get("scene_info")
                .and_then(|scene| scene.get("payer_client_ip"))
                .is_none()
            {
                return Err(invalid(
                    "spbill_create_ip",
                    "is required for H5: the address of the payer's own phone",
                ));
            }
            if self.config.region == Region::Mainland
                && checked.fields.get("scene_info.h5_info.type").is_none()
            {
                place(&mut checked.body, "/scene_info/h5_info/type", "Wap".into());
            }
        }
        if checked.body.contains_key("scene_info") {
            // Unless the till gave one.
            place(
                &mut checked.body,
                "/scene_info/payer_client_ip",
                DEFAULT_IP.into(),
            );
        }
        Ok(())
    }

    /// The parameters that call up the payment; `None` where nothing needs them. The app id is that of
    /// the page or app that really calls.
    fn front_end(
        &self,
        order: &Order,
        prepay_id: &str,
        stamp: &Stamp,
    ) -> Option<Vec<(&'static str, String)>> {
        let [own, _] = self.own_names();
        let of = |name: &str| order.parameters.get(name).and_then(Value::as_str);
        let own = of(own).unwrap_or(&self.config.appid);
        let shops = of("sub_appid").unwrap_or(own);
        let (nonce, time) = (stamp.nonce.clone(), stamp.unix_seconds.to_string());
        let sign = |appid: &str, last: &str| {
            let message = to_sign(appid, stamp, last);
            BASE64.encode(self.config.private_key.sign(message.as_bytes()))
        };
        match asked(order)? {
            TradeType::Jsapi => {
                let pays_to_shop = order
                    .parameters
                    .get("payer")
                    .is_some_and(|payer| payer.get("sub_openid").is_some());
                let appid = if pays_to_shop { shops } else { own };
                let package = format!("prepay_id={prepay_id}");
                let sign = sign(appid, &package);
                Some(vec![
                    ("appId", appid.to_owned()),
                    ("timeStamp", time),
                    ("nonceStr", nonce),
                    ("package", package),
                    ("signType", "RSA".to_owned()),
                    ("paySign", sign),
                ])
            }
            TradeType::App => {
                // The bare id is signed.
                let sign = sign(shops, prepay_id);
                Some(vec![
                    ("appid", shops.to_owned()),
                    ("partnerid", self.config.mchid.clone()),
                    ("prepayid", prepay_id.to_owned()),
                    ("package", "Sign=WXPay".to_owned()),
                    ("noncestr", nonce),
                    ("timestamp", time),
                    ("sign", sign),
                ])
            }
            TradeType::Native | TradeType::H5 => None,
        }
    }
}

/// What calls up the payment is signed over: four lines, each with its line feed.
pub(super) fn to_sign(appid: &str, stamp: &Stamp, last: &str) -> String {
    let Stamp {
        nonce,
        unix_seconds,
    } = stamp;
    format!("{appid}\n{unix_seconds}\n{nonce}\n{last}\n")
}

/// As the global edition writes it in the body.
fn sent_as(trade_type: TradeType) -> &'static str {
    match trade_type {
        TradeType::Jsapi => "JSAPI",
        TradeType::Native => "NATIVE",
        TradeType::H5 => "MWEB",
        TradeType::App => "APP",
    }
}

fn asked(order: &Order) -> Option<TradeType> {
    let name = order.parameters.get("trade_type")?.as_str()?;
    TradeType::parse(name).ok()
}

/// A store has an id; one without, as APIv2 allowed it, is left out.
fn name_store(checked: &mut Checked) {
    let parts = [
        ("scene_info.store_address", "/scene_info/store_info/address"),
        (
            "scene_info.store_area_code",
            "/scene_info/store_info/area_code",
        ),
        ("scene_info.store_id", "/scene_info/store_info/id"),
        ("scene_info.store_name", "/scene_info/store_info/name"),
    ];
    let complete = checked.fields.get("scene_info.store_id").is_some();
    for (name, at) in parts {
        let Some(value) = checked.fields.get(name) else {
            continue;
        };
        if complete {
            place(&mut checked.body, at, value.into());
        } else {
            checked.left_out.push(name.to_owned());
        }
    }
}

/// Whether a verified answer brings what was asked for.
fn ready(order: &Order, body: &Value) -> Reading<PrepayVerdict> {
    let Some(trade_type) = asked(order) else {
        let why = "no trade_type was asked for".to_owned();
        return (PrepayVerdict::Unclear, why, Facts::new());
    };
    let field = match trade_type.shown() {
        "h5_url" if member(body, "mweb_url").is_some() => "mweb_url",
        field => field,
    };
    if text(body, field).is_none() {
        let why = format!("the answer has no {field}");
        return (PrepayVerdict::Unclear, why, Facts::new());
    }
    let facts = facts::of(body, SHOWN);
    (PrepayVerdict::Ready, "the order is made".to_owned(), facts)
}
