//! The fields of prepay orders and their closing (protocol §5.6 and §5.7).

use serde_json::Value;

use super::Kind::{Object, Text};
use super::tables::{
    AMOUNT, APPID, ATTACH, CATEGORY, DESCRIPTION, DETAIL, GLOBAL_AMOUNT, GLOBAL_DETAIL,
    GLOBAL_SCENE, GOODS_TAG, LIMIT_PAY, MCHID, OUT_TRADE_NO, SETTLE, SP_APPID, SP_MCHID, SUB_APPID,
    SUB_MCHID, SUPPORT_FAPIAO,
};
use super::values::{address, moment, notify_url, one_of, up_to};
use super::{Field, Problem, Verified, needs, prepay, takes};
use crate::ledger::TradeType;
use crate::settings::Region;

pub(super) const NOTIFY_URL: Field = needs("notify_url", Text(notify_url));
const TIME_EXPIRE: Field = takes("time_expire", Text(moment));
const OPENID: Field = needs("openid", Text(|v, _| up_to(128, v)));
const PAYER: Field = needs("payer", Object(&[OPENID]));
const PARTNER_PAYER: Field = needs(
    "payer",
    Object(&[
        takes("sp_openid", Text(|v, _| up_to(128, v))),
        takes("sub_openid", Text(|v, _| up_to(128, v))),
    ]),
);
const STORE: Field = takes(
    "store_info",
    Object(&[
        needs("id", Text(|v, _| up_to(32, v))),
        takes("name", Text(|v, _| up_to(256, v))),
        takes("area_code", Text(|v, _| up_to(32, v))),
        takes("address", Text(|v, _| up_to(512, v))),
    ]),
);
const CLIENT_IP: Field = needs("payer_client_ip", Text(address));
const DEVICE_ID: Field = takes("device_id", Text(|v, _| up_to(32, v)));
const SCENE: Field = takes("scene_info", Object(&[CLIENT_IP, DEVICE_ID, STORE]));
/// A browser on a phone has to be told of.
const H5_SCENE: Field = needs(
    "scene_info",
    Object(&[
        CLIENT_IP,
        DEVICE_ID,
        STORE,
        needs(
            "h5_info",
            Object(&[
                needs("type", Text(|v, _| up_to(32, v))),
                takes("app_name", Text(|v, _| up_to(64, v))),
                takes("app_url", Text(|v, _| up_to(128, v))),
                takes("bundle_id", Text(|v, _| up_to(128, v))),
                takes("package_name", Text(|v, _| up_to(128, v))),
            ]),
        ),
    ]),
);
const TRADE_TYPE: Field = needs(
    "trade_type",
    Text(|v, _| one_of(&["JSAPI", "NATIVE", "APP", "MWEB"], v)),
);

/// A table for merchants and one for service providers, who name accounts and payers otherwise.
macro_rules! tables {
    ($($direct:ident [$($own:expr),*], $partner:ident [$($theirs:expr),*]: $($field:expr),*;)*) => {
        $(
            const $direct: &[Field] = &[APPID, MCHID, $($own,)* $($field),*];
            const $partner: &[Field] =
                &[SP_APPID, SP_MCHID, SUB_APPID, SUB_MCHID, $($theirs,)* $($field),*];
        )*
    };
}

#[rustfmt::skip]
tables! {
    NATIVE [], PARTNER_NATIVE []:
        DESCRIPTION, OUT_TRADE_NO, TIME_EXPIRE, ATTACH, NOTIFY_URL, GOODS_TAG, SUPPORT_FAPIAO,
        AMOUNT, DETAIL, SCENE, SETTLE;
    JSAPI [PAYER], PARTNER_JSAPI [PARTNER_PAYER]:
        DESCRIPTION, OUT_TRADE_NO, TIME_EXPIRE, ATTACH, NOTIFY_URL, GOODS_TAG, SUPPORT_FAPIAO,
        AMOUNT, DETAIL, SCENE, SETTLE;
    H5 [], PARTNER_H5 []:
        DESCRIPTION, OUT_TRADE_NO, TIME_EXPIRE, ATTACH, NOTIFY_URL, GOODS_TAG, SUPPORT_FAPIAO,
        AMOUNT, DETAIL, H5_SCENE, SETTLE;
    GLOBAL [], GLOBAL_PARTNER []:
        DESCRIPTION, OUT_TRADE_NO, TIME_EXPIRE, ATTACH, NOTIFY_URL, GOODS_TAG, TRADE_TYPE, CATEGORY,
        LIMIT_PAY, GLOBAL_AMOUNT, GLOBAL_SCENE, GLOBAL_DETAIL;
    GLOBAL_JSAPI [PAYER], GLOBAL_PARTNER_JSAPI [PARTNER_PAYER]:
        DESCRIPTION, OUT_TRADE_NO, TIME_EXPIRE, ATTACH, NOTIFY_URL, GOODS_TAG, TRADE_TYPE, CATEGORY,
        LIMIT_PAY, GLOBAL_AMOUNT, GLOBAL_SCENE, GLOBAL_DETAIL;
}

/// The fields of an order that is paid as `trade_type` says.
pub(super) fn fields(trade_type: TradeType, partner: bool, region: Region) -> &'static [Field] {
    match (region, trade_type, partner) {
        (Region::Mainland, TradeType::Jsapi, false) => JSAPI,
        (Region::Mainland, TradeType::Jsapi, true) => PARTNER_JSAPI,
        (Region::Mainland, TradeType::Mweb, false) => H5,
        (Region::Mainland, TradeType::Mweb, true) => PARTNER_H5,
        (Region::Mainland, _, false) => NATIVE,
        (Region::Mainland, _, true) => PARTNER_NATIVE,
        (Region::HongKong, TradeType::Jsapi, false) => GLOBAL_JSAPI,
        (Region::HongKong, TradeType::Jsapi, true) => GLOBAL_PARTNER_JSAPI,
        (Region::HongKong, _, false) => GLOBAL,
        (Region::HongKong, _, true) => GLOBAL_PARTNER,
    }
}

/// What no table says: a service provider's payer has one openid, and the type is the path's.
pub(super) fn rest(request: &Verified<'_>) -> Result<(), Problem> {
    let text = |pointer| request.body.pointer(pointer).and_then(Value::as_str);
    let payer = request.body.get("payer");
    let named = ["/payer/openid", "/payer/sp_openid", "/payer/sub_openid"];
    if payer.is_some() && named.into_iter().all(|pointer| text(pointer).is_none()) {
        return Err(Problem::parameter(
            "/payer/sp_openid",
            "sp_openid和sub_openid至少填一个",
        ));
    }
    if text("/payer/sub_openid").is_some() && text("/sub_appid").is_none() {
        return Err(Problem::parameter(
            "/sub_appid",
            "传sub_openid时必填sub_appid",
        ));
    }
    let path = prepay::trade_type(request.path).name();
    match text("/trade_type") {
        Some(trade_type) if trade_type != path => {
            Err(Problem::parameter("/trade_type", "与请求路径不一致"))
        }
        _ => Ok(()),
    }
}

/// Protocol §5.6.
pub(super) const CLOSE: &[Field] = &[MCHID];
/// Protocol §5.6.
pub(super) const PARTNER_CLOSE: &[Field] = &[SP_MCHID, SUB_MCHID];
