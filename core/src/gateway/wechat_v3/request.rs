//! From a till's fields to bodies and paths.
//!
//! Sources: "付款码支付", "商户订单号查询订单", "撤销订单", APIv3, direct and partner editions, and the
//! global edition of each.

use std::fmt::Write as _;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use super::WechatV3;
use super::fields::{self, CODE_PAYMENT, Checked, invalid, place};
use crate::config::Region;
use crate::exchange::{Call, Resend};
use crate::fields::Fields;
use crate::gateway::{Expected, InvalidField, Order, Product, Stamp, rules};

/// Sent when the till names no address: tills seldom know theirs, and the documents contradict each
/// other on whether it is required.
pub(super) const DEFAULT_IP: &str = "127.0.0.1";

/// Everything but RFC 3986's unreserved characters is escaped, since the signature is over the path as
/// it is sent and nobody on the way may find another spelling of it nicer.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A merchant that a partner acts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shop<'a> {
    pub(super) sub_mchid: &'a str,
    pub(super) sub_appid: Option<&'a str>,
}

impl WechatV3 {
    pub(super) fn build_order(&self, given: &Fields) -> Result<Order, InvalidField> {
        let mut checked = self.checked(given, CODE_PAYMENT)?;
        let shop = self
            .shop(&checked.fields)?
            .map(|shop| shop.sub_mchid.to_owned());
        match self.config.region {
            Region::Mainland => {
                self.name_store(&mut checked, shop.as_deref())?;
                // Unless the till gave one.
                place(
                    &mut checked.body,
                    "/scene_info/device_ip",
                    DEFAULT_IP.into(),
                );
            }
            Region::HongKong => {
                name_store_overseas(&mut checked);
                place(&mut checked.body, "/trade_type", "MICROPAY".into());
            }
        }
        let merchant = self.merchant_with_apps(self.shop(&checked.fields)?);
        checked.body.extend(merchant);
        Ok(Order {
            expected: self.expected(&checked.fields, shop, Product::CodePayment)?,
            parameters: checked.body,
            left_out: checked.left_out,
        })
    }

    /// What a paid answer to checked fields must agree with.
    pub(super) fn expected(
        &self,
        fields: &Fields,
        shop: Option<String>,
        product: Product,
    ) -> Result<Expected, InvalidField> {
        let total_fee = rules::amount(fields.get("total_fee").unwrap_or_default())
            .map_err(|rule| invalid("total_fee", rule))?;
        let fee_type = match (fields.get("fee_type"), self.config.region) {
            (Some(fee_type), _) => Some(fee_type.to_owned()),
            (None, Region::Mainland) => Some("CNY".to_owned()),
            // The documents do not name the currency that an overseas merchant's order defaults to.
            (None, Region::HongKong) => None,
        };
        Ok(Expected {
            out_trade_no: fields.get("out_trade_no").unwrap_or_default().to_owned(),
            transaction_id: None,
            product,
            sub_mch_id: shop,
            total_fee: Some(total_fee),
            fee_type,
            attach: fields.get("attach").map(str::to_owned),
            submitted_at: None,
        })
    }

    /// Checks an order or refund number that is only asked about.
    pub(super) fn check_number(&self, field: &str, number: &str) -> Result<(), InvalidField> {
        fields::check_known_number(number).map_err(|rule| invalid(field, rule))
    }

    pub(super) fn build_submit(&self, order: &Order, stamp: &Stamp) -> Call {
        let path = match self.config.region {
            Region::Mainland => format!("{}/codepay", self.transactions()),
            Region::HongKong => "/v3/global/micropay/transactions/pay".to_owned(),
        };
        let body = Value::Object(order.parameters.clone());
        self.call(
            "codepay",
            "POST",
            path,
            Some(&body),
            stamp,
            Resend::OnlyIfUnsent,
        )
    }

    pub(super) fn build_query(&self, expected: &Expected, stamp: &Stamp) -> Call {
        let order = match &expected.transaction_id {
            Some(transaction_id) => format!("id/{}", escaped(transaction_id)),
            None => format!("out-trade-no/{}", escaped(&expected.out_trade_no)),
        };
        let path = format!(
            "{}/{order}?{}",
            self.transactions(),
            self.merchant_query(self.shop_named(expected.sub_mch_id.as_deref()))
        );
        self.call("query", "GET", path, None, stamp, Resend::Freely)
    }

    pub(super) fn build_reverse(&self, expected: &Expected, stamp: &Stamp) -> Call {
        let shop = self.shop_named(expected.sub_mch_id.as_deref());
        let (transactions, merchant) = match self.config.region {
            Region::Mainland => (self.transactions(), self.merchant_with_apps(shop)),
            Region::HongKong => ("/v3/global/micropay/transactions", self.merchant(shop)),
        };
        let number = escaped(&expected.out_trade_no);
        self.call(
            "reverse",
            "POST",
            format!("{transactions}/out-trade-no/{number}/reverse"),
            Some(&Value::Object(merchant)),
            stamp,
            Resend::Freely,
        )
    }

    /// Where orders live.
    pub(super) fn transactions(&self) -> &'static str {
        match (self.config.region, self.config.partner) {
            (Region::Mainland, false) => "/v3/pay/transactions",
            (Region::Mainland, true) => "/v3/pay/partner/transactions",
            (Region::HongKong, _) => "/v3/global/transactions",
        }
    }

    /// What bodies call the configured `appid` and `mchid`.
    pub(super) fn own_names(&self) -> [&'static str; 2] {
        match self.config.partner {
            true => ["sp_appid", "sp_mchid"],
            false => ["appid", "mchid"],
        }
    }

    /// The shop of a new order, for partners. A `sub_appid` that the till gave wins; the configured
    /// one belongs to the configured shop only.
    pub(super) fn shop<'a>(&'a self, fields: &'a Fields) -> Result<Option<Shop<'a>>, InvalidField> {
        if !self.config.partner {
            let stray = ["sub_mch_id", "sub_appid"]
                .into_iter()
                .find(|name| fields.get(name).is_some());
            return match stray {
                Some(name) => Err(invalid(
                    name,
                    "is for partners only; the configuration has appid and mchid instead of \
                     sp_appid and sp_mchid",
                )),
                None => Ok(None),
            };
        }
        let Some(shop) = self.shop_named(fields.get("sub_mch_id")) else {
            return Err(invalid(
                "sub_mch_id",
                "is required: neither the request nor the configuration says for which merchant \
                 the partner acts",
            ));
        };
        Ok(Some(Shop {
            sub_appid: fields.get("sub_appid").or(shop.sub_appid),
            ..shop
        }))
    }

    /// The shop of a known order, for partners.
    pub(super) fn shop_named<'a>(&'a self, named: Option<&'a str>) -> Option<Shop<'a>> {
        let configured = self.config.sub_mchid.as_deref();
        let sub_mchid = self.sub_mchid(named).filter(|_| self.config.partner)?;
        Some(Shop {
            sub_mchid,
            sub_appid: self
                .config
                .sub_appid
                .as_deref()
                .filter(|_| configured == Some(sub_mchid)),
        })
    }

    /// Whose order it is, for bodies.
    pub(super) fn merchant(&self, shop: Option<Shop<'_>>) -> Map<String, Value> {
        let [_, mchid] = self.own_names();
        let mut merchant = Map::new();
        merchant.insert(mchid.into(), self.config.mchid.as_str().into());
        if let Some(shop) = shop {
            merchant.insert("sub_mchid".into(), shop.sub_mchid.into());
        }
        merchant
    }

    /// The same with the app ids.
    pub(super) fn merchant_with_apps(&self, shop: Option<Shop<'_>>) -> Map<String, Value> {
        let [appid, _] = self.own_names();
        let mut merchant = self.merchant(shop);
        merchant.insert(appid.into(), self.config.appid.as_str().into());
        if let Some(sub_appid) = shop.and_then(|shop| shop.sub_appid) {
            merchant.insert("sub_appid".into(), sub_appid.into());
        }
        merchant
    }

    /// The same as a query string.
    pub(super) fn merchant_query(&self, shop: Option<Shop<'_>>) -> String {
        let [_, mchid] = self.own_names();
        let mut query = format!("{mchid}={}", escaped(&self.config.mchid));
        if let Some(shop) = shop {
            write!(query, "&sub_mchid={}", escaped(shop.sub_mchid))
                .expect("text can always be written to");
        }
        query
    }

    /// The mainland requires a store: WeChat's number of the place, or the merchant's own code.
    ///
    /// What APIv2 calls the store's id is the merchant's own code, and a place is all digits: so what
    /// is not all digits is sent as the code. A till that names no store, as APIv2 allowed, gets its
    /// merchant number for a code: all of a merchant's sales at one store is what it told APIv2, too.
    fn name_store(&self, checked: &mut Checked, shop: Option<&str>) -> Result<(), InvalidField> {
        let given = checked.fields.get("scene_info.store_id");
        let mut out_id = checked.fields.get("scene_info.store_out_id");
        let place_id = given.filter(|id| rules::digits(id, 32).is_ok());
        if let (None, Some(code)) = (place_id, given) {
            if out_id.is_some_and(|out_id| out_id != code) || rules::alphanumeric(code, 32).is_err()
            {
                return Err(invalid(
                    "scene_info.store_id",
                    "up to 32 digits (WeChat's number of the place); the merchant's own code, letters \
                     and digits, is scene_info.store_out_id",
                ));
            }
            out_id = Some(code);
        }
        if place_id.is_none() && out_id.is_none() {
            out_id = Some(shop.unwrap_or(&self.config.mchid));
        }
        for (at, value) in [
            ("/scene_info/store_info/id", place_id),
            ("/scene_info/store_info/out_id", out_id),
        ] {
            if let Some(value) = value {
                place(&mut checked.body, at, value.into());
            }
        }
        Ok(())
    }
}

/// Overseas a store is optional, but has a name and an address if it is given: what APIv2 took
/// without them is left out.
pub(super) fn name_store_overseas(checked: &mut Checked) {
    let parts = [
        ("scene_info.store_address", "/scene_info/store_info/address"),
        ("scene_info.store_id", "/scene_info/store_info/id"),
        ("scene_info.store_name", "/scene_info/store_info/name"),
    ];
    let has = |name: &str| checked.fields.get(name).is_some();
    let complete = has("scene_info.store_address") && has("scene_info.store_name");
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

/// As a part of a path or a query.
pub(super) fn escaped(text: &str) -> impl std::fmt::Display + '_ {
    utf8_percent_encode(text, ESCAPED)
}
