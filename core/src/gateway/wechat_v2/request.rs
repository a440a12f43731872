//! From a till's fields to signed messages.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::fields::{self, FIELDS, Field, OWN};
use super::{NAME, WechatV2, sign, xml};
use crate::config::Region;
use crate::exchange::{Call, Resend};
use crate::fields::Fields;
use crate::gateway::rules::{self, trimmed};
use crate::gateway::{Expected, InvalidField, Order, Product, Stamp, vocabulary};
use crate::outcome::Facts;

/// Sent when the till names no address: the parameter is required, tills seldom know theirs, and the
/// gateway checks only that it is one.
const DEFAULT_IP: &str = "127.0.0.1";

impl WechatV2 {
    pub(super) fn build_order(&self, given: &Fields) -> Result<Order, InvalidField> {
        let (fields, left_out) = self.checked(given, FIELDS)?;
        self.assembled(&fields, left_out, Product::CodePayment)
    }

    /// An order out of fields that were checked.
    pub(super) fn assembled(
        &self,
        fields: &Fields,
        left_out: Vec<String>,
        product: Product,
    ) -> Result<Order, InvalidField> {
        let mut parameters: Fields = fields
            .iter()
            .filter(|(name, _)| !name.contains('.'))
            .collect();
        if let Some(scene) = self.scene_info(fields)? {
            parameters.set("scene_info", scene);
        }
        if parameters.get("spbill_create_ip").is_none() {
            parameters.set("spbill_create_ip", DEFAULT_IP);
        }
        let sub_mch_id = fields
            .get("sub_mch_id")
            .or(self.config.sub_mch_id.as_deref());
        if sub_mch_id.is_none() && fields.get("sub_appid").is_some() {
            return Err(invalid("sub_appid", "needs a sub_mch_id beside it"));
        }
        self.set_merchant(&mut parameters, sub_mch_id);

        let total_fee = rules::amount(fields.get("total_fee").unwrap_or_default())
            .map_err(|rule| invalid("total_fee", rule))?;
        let fee_type = match (fields.get("fee_type"), self.config.region) {
            (Some(fee_type), _) => Some(fee_type.to_owned()),
            (None, Region::Mainland) => Some("CNY".to_owned()),
            // The documents do not name the currency that an overseas merchant's order defaults to.
            (None, Region::HongKong) => None,
        };
        Ok(Order {
            expected: Expected {
                out_trade_no: fields.get("out_trade_no").unwrap_or_default().to_owned(),
                sub_mch_id: sub_mch_id.map(str::to_owned),
                total_fee: Some(total_fee),
                fee_type,
                attach: fields.get("attach").map(str::to_owned),
                submitted_at: None,
                transaction_id: None,
                product,
            },
            parameters: document(parameters),
            left_out,
        })
    }

    pub(super) fn build_submit(&self, order: &Order, stamp: &Stamp) -> Call {
        self.call(
            "micropay",
            "/pay/micropay",
            texts(&order.parameters),
            stamp,
            Resend::OnlyIfUnsent,
        )
    }

    pub(super) fn build_query(&self, expected: &Expected, stamp: &Stamp) -> Call {
        let mut parameters = self.about(expected);
        if let Some(transaction_id) = &expected.transaction_id {
            // The documents take one of the two.
            parameters.set("out_trade_no", "");
            parameters.set("transaction_id", transaction_id.as_str());
        }
        self.call(
            "orderquery",
            "/pay/orderquery",
            parameters.iter(),
            stamp,
            Resend::Freely,
        )
    }

    pub(super) fn build_reverse(&self, expected: &Expected, stamp: &Stamp) -> Call {
        let parameters = self.about(expected);
        self.call(
            "reverse",
            "/secapi/pay/reverse",
            parameters.iter(),
            stamp,
            Resend::Freely,
        )
    }

    /// The till's fields, trimmed and checked, and the names of those that v2 has no place for.
    ///
    /// An order or refund number is not trimmed: it is the name by which the till asks again.
    pub(super) fn checked(
        &self,
        given: &Fields,
        table: &'static [Field],
    ) -> Result<(Fields, Vec<String>), InvalidField> {
        let region = self.config.region;
        let mut fields = Fields::new();
        let mut left_out = Vec::new();
        for (name, value) in given.iter() {
            let value = match name {
                "out_trade_no" | "out_refund_no" => value.to_owned(),
                // Between the tokens of JSON only; XML readers would turn them into line feeds.
                "detail" | "scene_info" => trimmed(value).replace('\r', ""),
                _ => trimmed(value).to_owned(),
            };
            if value.is_empty() {
                continue;
            }
            if OWN.contains(&name) {
                return Err(invalid(
                    name,
                    "is set by the library from its configuration",
                ));
            }
            let Some(field) = fields::find(table, name, region) else {
                if vocabulary::knows(name) {
                    left_out.push(name.to_owned());
                    continue;
                }
                return Err(unknown(name));
            };
            field
                .check(&value, region, self.config.auth_code_check)
                .map_err(|rule| invalid(name, rule))?;
            fields.set(name, value);
        }
        match table
            .iter()
            .find(|field| field.required && fields.get(field.name).is_none())
        {
            Some(missing) => Err(invalid(missing.name, "is required")),
            None => Ok((fields, left_out)),
        }
    }

    /// `scene_info` out of its parts, in the region's form.
    fn scene_info(&self, fields: &Fields) -> Result<Option<String>, InvalidField> {
        let named = |names: &[(&str, &str)]| -> Map<String, Value> {
            names
                .iter()
                .filter_map(|(ours, theirs)| {
                    let value = fields.get(ours)?;
                    Some(((*theirs).to_owned(), value.into()))
                })
                .collect()
        };
        let (id, name) = match self.config.region {
            Region::Mainland => ("id", "name"),
            Region::HongKong => ("store_id", "store_name"),
        };
        let store = named(&[("scene_info.store_id", id), ("scene_info.store_name", name)]);
        let (page_name, page_url) = match fields.get("scene_info.h5_info.type") {
            Some("Wap") => ("wap_name", "wap_url"),
            _ => ("app_name", "app_url"),
        };
        let page = named(&[
            ("scene_info.h5_info.type", "type"),
            ("scene_info.h5_info.app_name", page_name),
            ("scene_info.h5_info.app_url", page_url),
            ("scene_info.h5_info.bundle_id", "bundle_id"),
            ("scene_info.h5_info.package_name", "package_name"),
        ]);
        let mut scene = match self.config.region {
            _ if store.is_empty() => Map::new(),
            Region::Mainland => Map::from_iter([("store_info".to_owned(), store.into())]),
            Region::HongKong => store,
        };
        if !page.is_empty() {
            scene.insert("h5_info".to_owned(), page.into());
        }
        if scene.is_empty() {
            return Ok(None);
        }
        if fields.get("scene_info").is_some() {
            return Err(invalid(
                "scene_info",
                "set either this or its parts (scene_info.store_id …), not both",
            ));
        }
        let scene = Value::Object(scene).to_string();
        rules::at_most_bytes(&scene, 256).map_err(|rule| invalid("scene_info", rule))?;
        Ok(Some(scene))
    }

    /// The parameters of a question about an order.
    pub(super) fn about(&self, expected: &Expected) -> Fields {
        let mut parameters = Fields::new();
        parameters.set("out_trade_no", expected.out_trade_no.as_str());
        self.set_merchant(&mut parameters, self.sub_mch_id(expected));
        parameters
    }

    /// Whose order it is. A `sub_appid` that the till gave stays; the configured one belongs to the
    /// configured shop only.
    pub(super) fn set_merchant(&self, parameters: &mut Fields, sub_mch_id: Option<&str>) {
        parameters.set("appid", self.config.appid.as_str());
        parameters.set("mch_id", self.config.mch_id.as_str());
        let Some(sub_mch_id) = sub_mch_id else {
            return;
        };
        parameters.set("sub_mch_id", sub_mch_id);
        if let Some(sub_appid) = &self.config.sub_appid
            && self.config.sub_mch_id.as_deref() == Some(sub_mch_id)
            && parameters.get("sub_appid").is_none()
        {
            parameters.set("sub_appid", sub_appid.as_str());
        }
    }

    pub(super) fn call<'a>(
        &self,
        operation: &'static str,
        path: &str,
        parameters: impl IntoIterator<Item = (&'a str, &'a str)>,
        stamp: &'a Stamp,
        resend: Resend,
    ) -> Call {
        let sign_type = self.config.sign_type;
        let mut parameters: BTreeMap<&str, &str> = parameters.into_iter().collect();
        parameters.insert("nonce_str", &stamp.nonce);
        parameters.insert("sign_type", sign::name(sign_type));
        let signed = parameters.iter().map(|(name, value)| (*name, *value));
        let sign = sign::sign(signed, &self.config.api_key, sign_type);
        parameters.insert("sign", &sign);
        Call {
            operation,
            method: "POST",
            path: path.to_owned(),
            headers: vec![("Content-Type", "text/xml".to_owned())],
            body: xml::write(parameters),
            resend,
        }
    }
}

/// Flat parameters as an order or a refund holds them.
pub(super) fn document(parameters: Fields) -> Facts {
    parameters
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (name, value.into()))
        .collect()
}

/// And back.
pub(super) fn flat(document: &Facts) -> Fields {
    texts(document).collect()
}

/// The same, not copied.
pub(super) fn texts(document: &Facts) -> impl Iterator<Item = (&str, &str)> {
    document
        .iter()
        .filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)))
}

/// An error about one field.
pub(super) fn invalid(field: &str, rule: impl Into<String>) -> InvalidField {
    InvalidField {
        gateway: NAME,
        field: field.to_owned(),
        rule: rule.into(),
    }
}

/// The name comes from the till: whatever it is, it must not blow up a log.
fn unknown(name: &str) -> InvalidField {
    invalid(&rules::short(name, 64), vocabulary::unknown(name))
}
