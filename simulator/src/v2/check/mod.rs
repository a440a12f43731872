//! What a request has to be before the ledger sees it.

mod fields;

use hyper::Method;

use super::xml::{self, Parameters};
use crate::fault::Operation;
use crate::settings::{Merchant, Settings, SignType};

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
    let rules = fields::rules(operation);
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
    let one_of: &[&str] = match operation {
        Operation::Orderquery | Operation::Reverse | Operation::Refund => {
            &["transaction_id", "out_trade_no"]
        }
        Operation::RefundQuery => &[
            "refund_id",
            "out_refund_no",
            "transaction_id",
            "out_trade_no",
        ],
        Operation::Micropay
        | Operation::Prepay
        | Operation::Close
        | Operation::Certificates
        | Operation::Ride => &[],
    };
    if !one_of.is_empty() && one_of.iter().all(|name| parameters.get(name).is_none()) {
        return Err(Objection::new("LACK_PARAMS", one_of.join(" or ")));
    }
    if parameters.get("trade_type") == Some("JSAPI")
        && parameters.get("openid").is_none()
        && parameters.get("sub_openid").is_none()
    {
        return Err(Objection::new("LACK_PARAMS", "openid"));
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

#[cfg(test)]
mod tests;
