//! What a request has to be before the ledger sees it.

use std::net::IpAddr;

use hyper::Method;
use time::{Date, Month, Time};

use super::xml::{self, Parameters};
use crate::fault::Operation;
use crate::settings::{Merchant, Region, Settings, SignType};

/// A request fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Objection {
    pub(crate) code: &'static str,
    /// Which field, and what is wrong with it; never its value.
    pub(crate) detail: String,
}

impl Objection {
    fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
        }
    }
}

/// Method, encoding and form of a request.
pub(crate) fn parse(method: &Method, body: &[u8]) -> Result<Parameters, Objection> {
    if *method != Method::POST {
        return Err(Objection::new("REQUIRE_POST_METHOD", ""));
    }
    let text = std::str::from_utf8(body).map_err(|_| Objection::new("NOT_UTF8", ""))?;
    xml::read(text).map_err(|detail| Objection::new("XML_FORMAT_ERROR", detail))
}

/// The account that a request names, if it exists.
pub(crate) fn merchant<'a>(
    parameters: &Parameters,
    settings: &'a Settings,
) -> Result<&'a Merchant, Objection> {
    let mch_id = required(parameters, "mch_id")?;
    required(parameters, "appid")?;
    settings
        .merchants
        .iter()
        .find(|merchant| merchant.mch_id == mch_id)
        .ok_or_else(|| Objection::new("MCHID_NOT_EXIST", ""))
}

/// How a request is signed; MD5 unless it says otherwise.
pub(crate) fn sign_type(parameters: &Parameters) -> Result<SignType, Objection> {
    match parameters.get("sign_type") {
        None | Some("MD5") => Ok(SignType::Md5),
        Some("HMAC-SHA256") => Ok(SignType::HmacSha256),
        Some(_) => Err(Objection::new(
            "PARAM_ERROR",
            "sign_type: neither MD5 nor HMAC-SHA256",
        )),
    }
}

pub(crate) fn signature(
    parameters: &Parameters,
    merchant: &Merchant,
    sign_type: SignType,
) -> Result<(), Objection> {
    let expected = super::sign::sign(parameters.iter(), &merchant.api_key, sign_type);
    match parameters.get("sign") {
        Some(sign) if sign == expected => Ok(()),
        Some(_) => Err(Objection::new("SIGNERROR", "")),
        None => Err(Objection::new("SIGNERROR", "no sign")),
    }
}

/// Everything else: names, required fields, lengths, characters, and who may act for whom.
pub(crate) fn content(
    operation: Operation,
    parameters: &Parameters,
    merchant: &Merchant,
    settings: &Settings,
) -> Result<(), Objection> {
    let appid = required(parameters, "appid")?;
    if appid != merchant.appid {
        let known = settings.merchants.iter().any(|other| other.appid == appid);
        let code = if known {
            "APPID_MCHID_NOT_MATCH"
        } else {
            "APPID_NOT_EXIST"
        };
        return Err(Objection::new(code, ""));
    }
    let rules = rules(operation);
    if !settings.allow_unknown_parameters {
        let unknown = parameters
            .iter()
            .find(|(name, _)| !rules.iter().any(|rule| rule.name == *name));
        if let Some((name, _)) = unknown {
            return Err(Objection::new(
                "PARAM_ERROR",
                format!("{name}: not a parameter of this operation"),
            ));
        }
    }
    for rule in rules {
        match parameters.get(rule.name) {
            Some(value) => (rule.check)(value, settings.region)
                .map_err(|why| Objection::new(rule.code, format!("{}: {why}", rule.name)))?,
            None if rule.required => {
                return Err(Objection::new("LACK_PARAMS", rule.name));
            }
            None => {}
        }
    }
    if parameters.get("detail").is_some() && !parameters.is_cdata("detail") {
        return Err(Objection::new("PARAM_ERROR", "detail: not in CDATA"));
    }
    if operation != Operation::Micropay
        && parameters.get("transaction_id").is_none()
        && parameters.get("out_trade_no").is_none()
    {
        return Err(Objection::new(
            "LACK_PARAMS",
            "transaction_id or out_trade_no",
        ));
    }
    shop(parameters, merchant)
}

fn shop(parameters: &Parameters, merchant: &Merchant) -> Result<(), Objection> {
    match parameters.get("sub_mch_id") {
        None if merchant.sub_mch_ids.is_empty() => Ok(()),
        None => Err(Objection::new("LACK_PARAMS", "sub_mch_id")),
        Some(id) if merchant.sub_mch_ids.iter().any(|known| known == id) => Ok(()),
        Some(_) if merchant.sub_mch_ids.is_empty() => Err(Objection::new(
            "PARAM_ERROR",
            "sub_mch_id: for institutions only",
        )),
        Some(_) => Err(Objection::new("MCHID_NOT_EXIST", "sub_mch_id")),
    }
}

fn required<'a>(parameters: &'a Parameters, name: &'static str) -> Result<&'a str, Objection> {
    parameters
        .get(name)
        .ok_or_else(|| Objection::new("LACK_PARAMS", name))
}

struct Rule {
    name: &'static str,
    required: bool,
    check: fn(&str, Region) -> Result<(), String>,
    code: &'static str,
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

fn rules(operation: Operation) -> &'static [Rule] {
    match operation {
        Operation::Micropay => MICROPAY,
        _ => ABOUT_AN_ORDER,
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
    up_to(32, value)?;
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
    let digits = value.len() == 14 && value.bytes().all(|b| b.is_ascii_digit());
    let number = |range: std::ops::Range<usize>| value[range].parse::<u16>().ok();
    let valid = digits
        && (|| {
            let small = |range| u8::try_from(number(range)?).ok();
            let month = Month::try_from(small(4..6)?).ok()?;
            Date::from_calendar_date(i32::from(number(0..4)?), month, small(6..8)?).ok()?;
            Time::from_hms(small(8..10)?, small(10..12)?, small(12..14)?).ok()
        })()
        .is_some();
    if valid {
        Ok(())
    } else {
        Err("not a time as yyyyMMddHHmmss".to_owned())
    }
}

fn payment_code(value: &str, _: Region) -> Result<(), String> {
    let digits = value.len() == 18 && value.bytes().all(|b| b.is_ascii_digit());
    if digits && matches!(value.as_bytes(), [b'1', b'0'..=b'5', ..]) {
        Ok(())
    } else {
        Err("not 18 digits that begin with 10 to 15".to_owned())
    }
}

#[cfg(test)]
mod tests;
