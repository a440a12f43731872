//! APIv3: JSON, signed with the platform's key.

use std::collections::{BTreeMap, HashMap};
use std::sync::{LazyLock, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use wxpay_core::exchange::Call;

use super::{APPID, KEY_ID, MERCHANT, PLATFORM, Wire, code_url, page, rfc3339, trade_state};
use crate::ledger::{Said, Standing};

/// Signatures that were made before: they depend on nothing but the bytes.
static SIGNED: LazyLock<Mutex<HashMap<Vec<u8>, String>>> = LazyLock::new(Mutex::default);

pub(super) fn read(call: &Call) -> BTreeMap<String, String> {
    let body: Value = serde_json::from_slice(&call.body).unwrap_or_default();
    let mut fields = BTreeMap::new();
    for (name, at) in [
        ("out_trade_no", "/out_trade_no"),
        ("out_refund_no", "/out_refund_no"),
        ("total_fee", "/amount/total"),
        ("refund_fee", "/amount/refund"),
        ("time_expire", "/time_expire"),
    ] {
        match body.pointer(at) {
            Some(Value::String(text)) => fields.insert(name.into(), text.clone()),
            Some(Value::Number(number)) => fields.insert(name.into(), number.to_string()),
            _ => None,
        };
    }
    let path = call.path.split('?').next().unwrap_or_default();
    for (name, before) in [
        ("out_trade_no", "/out-trade-no/"),
        ("out_refund_no", "/refund/domestic/refunds/"),
    ] {
        if let Some((_, rest)) = path.split_once(before) {
            let number = rest.split('/').next().unwrap_or_default();
            fields.insert(name.into(), number.to_owned());
        }
    }
    fields
}

pub(super) fn reply(said: &Said, time: i64, forged: bool) -> Wire {
    let (status, body) = match said {
        Said::Page(status) => return page(*status),
        Said::Garbage | Said::Forged(_) => return page(200),
        Said::Turned(_) | Said::WrongTime => (
            401,
            json!({ "code": "SIGN_ERROR", "message": "Http头Authorization中的timestamp与发起请求的时间不得超过5分钟" }),
        ),
        Said::Probe => {
            let headers = [("wechatpay-signature", "WECHATPAY/SIGNTEST/abc")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()));
            return (200, headers.into(), b"{}".to_vec());
        }
        Said::Order {
            number,
            standing,
            total,
            paid_at,
        } => {
            let mut body = json!({
                "appid": APPID,
                "mchid": MERCHANT,
                "out_trade_no": number,
                "trade_state": trade_state(*standing),
            });
            if matches!(standing, Standing::Paid | Standing::Refunded) {
                body["amount"] = json!({ "total": total, "currency": "CNY" });
                body["transaction_id"] = "1008450740201411110005820873".into();
                body["success_time"] = rfc3339(*paid_at).into();
            }
            (200, body)
        }
        Said::Code { number } => (200, json!({ "code_url": code_url(number) })),
        Said::Closed => (204, Value::Null),
        Said::Refused { code, text } => {
            let status = match *code {
                "SYSTEMERROR" | "BANKERROR" | "BIZERR_NEED_RETRY" => 500,
                "ORDERNOTEXIST" | "REFUNDNOTEXIST" => 404,
                "NOAUTH" => 403,
                _ => 400,
            };
            (status, json!({ "code": code, "message": text }))
        }
        Said::Undone { recall: true, .. } => (
            500,
            json!({ "code": "SYSTEM_ERROR", "message": "系统错误" }),
        ),
        Said::Undone {
            number,
            recall: false,
        } => {
            let body = json!({ "appid": APPID, "mchid": MERCHANT, "out_trade_no": number });
            (200, body)
        }
        Said::Refund {
            number,
            order,
            fee,
            total,
            status,
            ..
        } => {
            let status = if *status == "CHANGE" {
                "ABNORMAL"
            } else {
                status
            };
            let body = json!({
                "out_refund_no": number,
                "out_trade_no": order,
                "refund_id": "5000",
                "transaction_id": "1008450740201411110005820873",
                "status": status,
                "amount": { "refund": fee, "total": total, "currency": "CNY" },
            });
            (200, body)
        }
    };
    let body = match body {
        Value::Null => Vec::new(),
        body => body.to_string().into_bytes(),
    };
    if status >= 400 {
        return (status, Vec::new(), body);
    }
    let nonce = "c5ac7061fccab6bf3e254dcf98995b8c";
    let mut message = format!("{time}\n{nonce}\n").into_bytes();
    message.extend_from_slice(&body);
    message.push(b'\n');
    if forged {
        message.push(b'!');
    }
    let mut signed = SIGNED.lock().unwrap_or_else(PoisonError::into_inner);
    let signature = match signed.get(&message) {
        Some(signature) => signature.clone(),
        None => {
            let signature = BASE64.encode(PLATFORM.sign(&message));
            signed.insert(message, signature.clone());
            signature
        }
    };
    let headers = [
        ("wechatpay-timestamp", time.to_string()),
        ("wechatpay-nonce", nonce.to_owned()),
        ("wechatpay-serial", KEY_ID.to_owned()),
        ("wechatpay-signature", signature),
    ]
    .map(|(name, value)| (name.to_owned(), value));
    (status, headers.into(), body)
}
