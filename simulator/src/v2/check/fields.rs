//! The fields of each operation with their lengths and characters.

use std::net::IpAddr;

use crate::clock::from_beijing;
use crate::fault::Operation;
use crate::notify::check_notify_url;
use crate::settings::Region;

pub(super) struct Rule {
    pub(super) name: &'static str,
    pub(super) required: bool,
    pub(super) check: fn(&str, Region) -> Result<(), String>,
    pub(super) code: &'static str,
}

const fn needs(name: &'static str, check: fn(&str, Region) -> Result<(), String>) -> Rule {
    Rule {
        name,
        required: true,
        check,
        code: "PARAM_ERROR",
    }
}

const fn takes(name: &'static str, check: fn(&str, Region) -> Result<(), String>) -> Rule {
    Rule {
        required: false,
        ..needs(name, check)
    }
}

pub(super) fn rules(operation: Operation) -> &'static [Rule] {
    match operation {
        Operation::Micropay => MICROPAY,
        Operation::Orderquery | Operation::Reverse => ABOUT_AN_ORDER,
        Operation::Prepay => UNIFIED_ORDER,
        Operation::Close => CLOSE,
        Operation::Refund => REFUND,
        Operation::RefundQuery => REFUND_QUERY,
        // APIv2 has none.
        Operation::Certificates | Operation::Ride => &[],
    }
}

/// Protocol §4.7.
const MICROPAY: &[Rule] = &[
    needs("appid", |v, _| up_to(32, v)),
    needs("mch_id", |v, _| up_to(32, v)),
    takes("sub_appid", |v, _| up_to(32, v)),
    takes("sub_mch_id", |v, _| up_to(32, v)),
    takes("device_info", |v, _| up_to(32, v)),
    needs("nonce_str", |v, _| up_to(32, v)),
    needs("sign", |v, _| up_to(64, v)),
    takes("sign_type", |v, _| up_to(32, v)),
    needs("body", |v, region| match region {
        Region::Mainland => up_to(127, v),
        Region::HongKong => up_to(32, v),
    }),
    takes("version", |v, _| one_of(&["1.0"], v)),
    takes("detail", |v, _| json(6000, v)),
    takes("attach", |v, _| up_to(127, v)),
    needs("out_trade_no", order_number),
    needs("total_fee", amount),
    takes("fee_type", currency),
    needs("spbill_create_ip", address),
    takes("goods_tag", |v, _| up_to(32, v)),
    takes("limit_pay", |v, _| one_of(&["no_credit"], v)),
    takes("time_start", moment),
    takes("time_expire", moment),
    takes("receipt", |v, _| one_of(&["Y"], v)),
    Rule {
        code: "AUTH_CODE_INVALID",
        ..needs("auth_code", payment_code)
    },
    takes("scene_info", |v, _| json(256, v)),
    takes("profit_sharing", |v, _| one_of(&["Y", "N"], v)),
];

/// Protocol §4.9 and §4.10.
const ABOUT_AN_ORDER: &[Rule] = &[
    needs("appid", |v, _| up_to(32, v)),
    needs("mch_id", |v, _| up_to(32, v)),
    takes("sub_appid", |v, _| up_to(32, v)),
    takes("sub_mch_id", |v, _| up_to(32, v)),
    takes("transaction_id", |v, _| up_to(32, v)),
    takes("out_trade_no", order_number),
    needs("nonce_str", |v, _| up_to(32, v)),
    needs("sign", |v, _| up_to(64, v)),
    takes("sign_type", |v, _| up_to(32, v)),
];

/// The unified order, as the documents of APIv2 list it.
const UNIFIED_ORDER: &[Rule] = &[
    needs("appid", |v, _| up_to(32, v)),
    needs("mch_id", |v, _| up_to(32, v)),
    takes("sub_appid", |v, _| up_to(32, v)),
    takes("sub_mch_id", |v, _| up_to(32, v)),
    takes("device_info", |v, _| up_to(32, v)),
    needs("nonce_str", |v, _| up_to(32, v)),
    needs("sign", |v, _| up_to(64, v)),
    takes("sign_type", |v, _| up_to(32, v)),
    needs("body", |v, region| match region {
        Region::Mainland => up_to(127, v),
        Region::HongKong => up_to(32, v),
    }),
    takes("version", |v, _| one_of(&["1.0"], v)),
    takes("detail", |v, _| json(6000, v)),
    takes("attach", |v, _| up_to(127, v)),
    needs("out_trade_no", order_number),
    takes("fee_type", currency),
    needs("total_fee", amount),
    needs("spbill_create_ip", address),
    takes("time_start", moment),
    takes("time_expire", moment),
    takes("goods_tag", |v, _| up_to(32, v)),
    needs("notify_url", notify_url),
    needs("trade_type", |v, _| {
        one_of(&["JSAPI", "NATIVE", "APP", "MWEB"], v)
    }),
    takes("product_id", |v, _| up_to(32, v)),
    takes("limit_pay", |v, _| one_of(&["no_credit"], v)),
    takes("openid", |v, _| up_to(128, v)),
    takes("sub_openid", |v, _| up_to(128, v)),
    takes("receipt", |v, _| one_of(&["Y"], v)),
    takes("profit_sharing", |v, _| one_of(&["Y", "N"], v)),
    takes("scene_info", |v, _| json(256, v)),
];

/// Protocol §4.12.
const CLOSE: &[Rule] = &[
    needs("appid", |v, _| up_to(32, v)),
    needs("mch_id", |v, _| up_to(32, v)),
    takes("sub_appid", |v, _| up_to(32, v)),
    takes("sub_mch_id", |v, _| up_to(32, v)),
    needs("out_trade_no", order_number),
    needs("nonce_str", |v, _| up_to(32, v)),
    needs("sign", |v, _| up_to(64, v)),
    takes("sign_type", |v, _| up_to(32, v)),
];

/// Protocol §4.11.
const REFUND: &[Rule] = &[
    needs("appid", |v, _| up_to(32, v)),
    needs("mch_id", |v, _| up_to(32, v)),
    takes("sub_appid", |v, _| up_to(32, v)),
    takes("sub_mch_id", |v, _| up_to(32, v)),
    needs("nonce_str", |v, _| up_to(32, v)),
    needs("sign", |v, _| up_to(64, v)),
    takes("sign_type", |v, _| up_to(32, v)),
    takes("transaction_id", |v, _| up_to(32, v)),
    takes("out_trade_no", order_number),
    needs("out_refund_no", refund_number),
    needs("total_fee", amount),
    needs("refund_fee", amount),
    takes("refund_fee_type", currency),
    takes("refund_desc", |v, _| up_to(80, v)),
    takes("refund_account", |v, _| {
        one_of(
            &[
                "REFUND_SOURCE_UNSETTLED_FUNDS",
                "REFUND_SOURCE_RECHARGE_FUNDS",
            ],
            v,
        )
    }),
    takes("notify_url", notify_url),
];

/// Protocol §4.11.
const REFUND_QUERY: &[Rule] = &[
    needs("appid", |v, _| up_to(32, v)),
    needs("mch_id", |v, _| up_to(32, v)),
    takes("sub_appid", |v, _| up_to(32, v)),
    takes("sub_mch_id", |v, _| up_to(32, v)),
    needs("nonce_str", |v, _| up_to(32, v)),
    needs("sign", |v, _| up_to(64, v)),
    takes("sign_type", |v, _| up_to(32, v)),
    takes("transaction_id", |v, _| up_to(32, v)),
    takes("out_trade_no", order_number),
    takes("out_refund_no", refund_number),
    takes("refund_id", |v, _| up_to(32, v)),
    takes("offset", |v, _| match v.parse::<u16>() {
        Ok(_) => Ok(()),
        Err(_) => Err("not a whole number".to_owned()),
    }),
];

fn up_to(bytes: usize, value: &str) -> Result<(), String> {
    if value.len() <= bytes {
        Ok(())
    } else {
        Err(format!("longer than {bytes} bytes"))
    }
}

fn one_of(allowed: &[&str], value: &str) -> Result<(), String> {
    if allowed.contains(&value) {
        Ok(())
    } else {
        Err(format!("none of {}", allowed.join(", ")))
    }
}

fn json(bytes: usize, value: &str) -> Result<(), String> {
    up_to(bytes, value)?;
    serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(value)
        .map(|_| ())
        .map_err(|_| "not a JSON object".to_owned())
}

fn order_number(value: &str, _: Region) -> Result<(), String> {
    number(32, value)
}

fn refund_number(value: &str, _: Region) -> Result<(), String> {
    number(64, value)
}

fn number(bytes: usize, value: &str) -> Result<(), String> {
    up_to(bytes, value)?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_-|*@".contains(c);
    if value.chars().all(allowed) {
        Ok(())
    } else {
        Err("something else than letters, digits and _-|*@".to_owned())
    }
}

fn amount(value: &str, _: Region) -> Result<(), String> {
    let plain = value.bytes().all(|b| b.is_ascii_digit()) && !value.starts_with('0');
    if plain && value.len() <= 10 {
        Ok(())
    } else {
        Err("not a whole number of fen from 1".to_owned())
    }
}

fn currency(value: &str, region: Region) -> Result<(), String> {
    match region {
        Region::Mainland => one_of(&["CNY"], value),
        Region::HongKong if value.len() == 3 && value.bytes().all(|b| b.is_ascii_uppercase()) => {
            Ok(())
        }
        Region::HongKong => Err("not an ISO 4217 code".to_owned()),
    }
}

fn address(value: &str, _: Region) -> Result<(), String> {
    value
        .parse::<IpAddr>()
        .map(|_| ())
        .map_err(|_| "not an IP address".to_owned())
}

fn moment(value: &str, _: Region) -> Result<(), String> {
    from_beijing(value)
        .map(|_| ())
        .ok_or_else(|| "not a time as yyyyMMddHHmmss".to_owned())
}

/// What the documents ask of it: reachable by HTTP, and without parameters.
fn notify_url(value: &str, _: Region) -> Result<(), String> {
    up_to(256, value)?;
    check_notify_url(value)
}

fn payment_code(value: &str, _: Region) -> Result<(), String> {
    let digits = value.len() == 18 && value.bytes().all(|b| b.is_ascii_digit());
    if digits && matches!(value.as_bytes(), [b'1', b'0'..=b'5', ..]) {
        Ok(())
    } else {
        Err("not 18 digits that begin with 10 to 15".to_owned())
    }
}
