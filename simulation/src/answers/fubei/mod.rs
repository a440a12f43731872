//! Fubei: JSON over one address. Requests are signed with the secret; answers are not signed at all.

mod replies;

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use wxpay_core::crypto::digest::md5_hex_upper;
use wxpay_core::exchange::Call;

use crate::ledger::{Operation, Request};
use crate::plan::Api;

pub(super) use replies::reply;

pub(crate) const APP_ID: &str = "20161219113441561987";
pub(crate) const VENDOR_SN: &str = "2018071920330100001";
pub(crate) const MERCHANT_ID: &str = "1227366";
pub(crate) const SECRET: &str = "0123456789abcdef0123456789abcdef";
pub(crate) const PATH_1: &str = "/gateway";
pub(crate) const PATH_2: &str = "/gateway/agent";

/// The parameters beside `biz_content`, and `biz_content` itself.
fn parameters(call: &Call) -> Option<BTreeMap<String, String>> {
    let body: BTreeMap<String, Value> = serde_json::from_slice(&call.body).ok()?;
    body.into_iter()
        .map(|(name, value)| Some((name, value.as_str()?.to_owned())))
        .collect()
}

fn content(call: &Call) -> Map<String, Value> {
    let parameters = parameters(call).unwrap_or_default();
    let text = parameters.get("biz_content").map_or("", String::as_str);
    serde_json::from_str(text).unwrap_or_default()
}

pub(super) fn read(call: &Call) -> Request {
    let parameters = parameters(call).unwrap_or_default();
    let method = parameters.get("method").map_or("", String::as_str);
    let operation = match method.rsplit_once("order.").map(|(_, last)| last) {
        Some("swipe" | "pay") => Operation::Charge,
        Some("query") => Operation::Query,
        Some("reverse" | "cancel") => Operation::Reverse,
        Some("refund") => Operation::Refund,
        _ => Operation::RefundQuery,
    };
    let content = content(call);
    let text = |name: &str| match content.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
        None => String::new(),
    };
    let fen = |names: [&str; 2]| {
        let amount = names.into_iter().find_map(|name| content.get(name));
        amount.map_or(0, |amount| fen(&amount.to_string()))
    };
    let order = text("merchant_order_sn");
    Request {
        operation,
        number: match operation {
            Operation::Refund | Operation::RefundQuery => text("merchant_refund_sn"),
            _ => order.clone(),
        },
        order,
        total: fen(["total_fee", "total_amount"]),
        fee: fen(["refund_money", "refund_amount"]),
        host: 0,
        signed_at: None,
        time_expire: None,
        copy: false,
    }
}

/// What Fubei's documents ask of a request and this one does not do.
pub(super) fn flaw(api: Api, call: &Call) -> Option<String> {
    let flaw = |what: &str| Some(what.to_owned());
    let (level, account, path, prefix) = match api {
        Api::Fubei2 => ("vendor_sn", VENDOR_SN, PATH_2, "fbpay.order."),
        _ => ("app_id", APP_ID, PATH_1, "openapi.payment.order."),
    };
    let json = |(name, value): &(&str, String)| {
        name.eq_ignore_ascii_case("content-type") && value == "application/json; charset=utf-8"
    };
    if call.method != "POST" || call.path != path || !call.headers.iter().any(json) {
        return flaw("method, path or content type");
    }
    let Some(mut parameters) = parameters(call) else {
        return flaw("it is not a flat object of texts");
    };
    let given = parameters.remove("sign").unwrap_or_default();
    if given != sign(&parameters) {
        return flaw("the signature is wrong");
    }
    let given = |name: &str| parameters.get(name).map_or("", String::as_str);
    let names = [level, "format", "method", "nonce", "sign_method", "version"];
    let known = |name: &String| name == "biz_content" || names.contains(&name.as_str());
    if names.iter().any(|name| given(name).is_empty()) || !parameters.keys().all(known) {
        return flaw("a parameter too few, or too many");
    }
    if (given(level), given("format"), given("sign_method")) != (account, "json", "md5")
        || !given("method").starts_with(prefix)
        || given("nonce").len() > 32
    {
        return flaw("a parameter has another value");
    }
    let text = given("biz_content");
    let Ok(content) = serde_json::from_str::<Map<String, Value>>(text) else {
        return flaw("biz_content is not an object");
    };
    let request = read(call);
    if request.number.is_empty() || request.number.trim() != request.number {
        return flaw("it says nothing of what it is about");
    }
    if api == Api::Fubei2
        && content.get("merchant_id").map(Value::to_string) != Some(MERCHANT_ID.into())
    {
        return flaw("it does not name the merchant");
    }
    // The document's 10 digits with exactly two decimals, and not as a text.
    let amount = match (request.operation, api) {
        (Operation::Charge, Api::Fubei2) => Some(("total_amount", request.total)),
        (Operation::Charge, _) => Some(("total_fee", request.total)),
        (Operation::Refund, Api::Fubei2) => Some(("refund_amount", request.fee)),
        (Operation::Refund, _) => Some(("refund_money", request.fee)),
        _ => None,
    };
    if let Some((name, fen)) = amount {
        let written = format!("\"{name}\":{}.{:02}", fen / 100, fen % 100);
        if fen <= 0 || !text.contains(&written) {
            return flaw("the amount is not written in yuan with two decimals");
        }
    }
    if api == Api::Fubei1 && request.order.is_empty() {
        return flaw("1.0 wants to know the order of a refund");
    }
    None
}

fn fen(yuan: &str) -> i64 {
    let (whole, decimals) = yuan.split_once('.').unwrap_or((yuan, ""));
    format!("{whole}{decimals:0<2}").parse().unwrap_or(0)
}

/// 签名算法: sorted, joined, and the secret right behind.
fn sign(parameters: &BTreeMap<String, String>) -> String {
    let pairs: Vec<String> = parameters
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    md5_hex_upper(format!("{}{SECRET}", pairs.join("&")).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_signed_as_the_vectors_of_both_levels_are() {
        for (level, account, method, wanted) in [
            (
                "app_id",
                "20160922135339595387",
                "openapi.payment.order.query",
                "48A94D416BBC86F3A913CF328F007051",
            ),
            (
                "vendor_sn",
                "2018071920330100001",
                "fbpay.order.query",
                "F475792CC82F1B897CC02CA6EEEA1B8E",
            ),
        ] {
            let parameters = [
                (level, account),
                (
                    "biz_content",
                    r#"{"merchant_order_sn":"20160120105532871512"}"#,
                ),
                ("format", "json"),
                ("method", method),
                ("nonce", "87sdf9806sdf73jkds"),
                ("sign_method", "md5"),
                ("version", "1.0"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
            assert_eq!(sign(&parameters.into()), wanted, "{level}");
        }
    }

    #[test]
    fn yuan_are_read_as_fen() {
        for (yuan, wanted) in [
            ("8.88", 888),
            ("8.8", 880),
            ("8.0", 800),
            ("8", 800),
            ("0.01", 1),
        ] {
            assert_eq!(fen(yuan), wanted, "{yuan}");
        }
    }
}
