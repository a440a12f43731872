//! What the gateway says, as the bytes that come over the wire; signed by keys of its own.

use std::collections::{BTreeMap, HashMap};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use wxpay_core::clock::Moment;
use wxpay_core::crypto::SigningKey;
use wxpay_core::crypto::digest::{hmac_sha256_hex_upper, md5_hex_upper};
use wxpay_core::exchange::{Call, Reply};

use crate::ledger::{Operation, Request, Said, Standing};
use crate::plan::Api;

pub(crate) const APPID: &str = "wx2421b1c4370ec43b";
pub(crate) const MERCHANT: &str = "10000100";
pub(crate) const KEY: &str = "192006250b4c09247ec02edce69f6a2d";
pub(crate) const KEY_ID: &str = "PUB_KEY_ID_0110000100202501010000000000000001";

/// Of the platform, and of the merchant: what the tests of the core use, too.
pub(crate) static PLATFORM: LazyLock<SigningKey> = LazyLock::new(|| {
    let pem = include_bytes!("../../core/tests/fixtures/rsa.key.pem");
    SigningKey::from_pem(pem).expect("the fixture is a key")
});

/// Signatures that were made before: they depend on nothing but the bytes.
static SIGNED: LazyLock<Mutex<HashMap<Vec<u8>, String>>> = LazyLock::new(Mutex::default);

/// What a request asks for.
pub(crate) fn read(call: &Call, host: usize) -> Request {
    let operation = match call.operation {
        "micropay" | "codepay" => Operation::Charge,
        "orderquery" | "query" => Operation::Query,
        "reverse" => Operation::Reverse,
        "refund" => Operation::Refund,
        _ => Operation::RefundQuery,
    };
    let signed_at = call
        .headers
        .iter()
        .find(|(name, _)| *name == "Authorization")
        .and_then(|(_, value)| {
            let (_, rest) = value.split_once("timestamp=\"")?;
            rest.split_once('"')?.0.parse().ok()
        });
    let fields = match call.headers.iter().any(|(_, value)| value == "text/xml") {
        true => parse_xml(&call.body),
        false => read_json(call),
    };
    let text = |name: &str| fields.get(name).cloned().unwrap_or_default();
    let number = match operation {
        Operation::Refund | Operation::RefundQuery => text("out_refund_no"),
        _ => text("out_trade_no"),
    };
    Request {
        operation,
        number,
        order: text("out_trade_no"),
        total: text("total_fee").parse().unwrap_or(0),
        fee: text("refund_fee").parse().unwrap_or(0),
        host,
        signed_at,
        copy: false,
    }
}

fn read_json(call: &Call) -> BTreeMap<String, String> {
    let body: Value = serde_json::from_slice(&call.body).unwrap_or_default();
    let mut fields = BTreeMap::new();
    for (name, at) in [
        ("out_trade_no", "/out_trade_no"),
        ("out_refund_no", "/out_refund_no"),
        ("total_fee", "/amount/total"),
        ("refund_fee", "/amount/refund"),
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

/// The library's own flat messages, without entities in them.
fn parse_xml(body: &[u8]) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::new();
    let text = String::from_utf8_lossy(body);
    let mut rest = text.trim_start_matches("<xml>");
    while let Some((name, after)) = rest
        .strip_prefix('<')
        .and_then(|rest| rest.split_once('>'))
        .filter(|(name, _)| !name.starts_with('/'))
    {
        let Some((value, after)) = after.split_once(&format!("</{name}>")) else {
            break;
        };
        fields.insert(name.to_owned(), value.to_owned());
        rest = after;
    }
    fields
}

/// Where a reply comes from, and when.
pub(crate) struct Envelope {
    pub(crate) host: String,
    pub(crate) sent_at: Moment,
    pub(crate) elapsed: Duration,
    /// The gateway's clock.
    pub(crate) time: i64,
    pub(crate) dated: bool,
    /// An earlier try of the same call has left.
    pub(crate) repeated: bool,
}

pub(crate) fn reply(api: Api, said: &Said, envelope: Envelope) -> Reply {
    let (status, headers, body) = match api {
        Api::V2Md5 | Api::V2Hmac => v2(api, said, false),
        Api::V3 => v3(said, envelope.time, false),
    };
    Reply {
        status,
        headers,
        body,
        host: envelope.host,
        sent_at: envelope.sent_at,
        elapsed: envelope.elapsed,
        new_connection: false,
        repeated: envelope.repeated,
        date: envelope.dated.then_some(envelope.time),
        now: None,
    }
}

type Wire = (u16, Vec<(String, String)>, Vec<u8>);

fn page(status: u16) -> Wire {
    (status, Vec::new(), b"<html>Bad Gateway</html>".to_vec())
}

fn trade_state(standing: Standing) -> &'static str {
    match standing {
        Standing::Paying => "USERPAYING",
        Standing::NotPaid => "NOTPAY",
        Standing::Failed => "PAYERROR",
        Standing::Paid => "SUCCESS",
        Standing::Closed => "CLOSED",
        Standing::Revoked => "REVOKED",
        Standing::Refunded => "REFUND",
    }
}

fn v2(api: Api, said: &Said, forged: bool) -> Wire {
    let mut fields: BTreeMap<String, String> = [
        ("return_code", "SUCCESS"),
        ("result_code", "SUCCESS"),
        ("appid", APPID),
        ("mch_id", MERCHANT),
        ("nonce_str", "EBObtckqDbde2wll"),
    ]
    .map(|(name, value)| (name.into(), value.into()))
    .into();
    let mut set = |name: &str, value: String| fields.insert(name.into(), value);
    match said {
        Said::Forged(said) => return v2(api, said, true),
        Said::Page(status) => return page(*status),
        Said::Garbage | Said::Probe | Said::WrongTime => return page(200),
        Said::Turned(text) => {
            let body = format!(
                "<xml><return_code>FAIL</return_code><return_msg>{text}</return_msg></xml>"
            );
            return (200, Vec::new(), body.into_bytes());
        }
        Said::Order {
            number,
            standing,
            total,
            paid_at,
        } => {
            set("out_trade_no", number.clone());
            set("trade_state", trade_state(*standing).into());
            if matches!(standing, Standing::Paid | Standing::Refunded) {
                set("total_fee", total.to_string());
                set("fee_type", "CNY".into());
                set("transaction_id", "1008450740201411110005820873".into());
                set("time_end", compact(*paid_at));
            }
        }
        Said::Refused { code, text } => {
            set("result_code", "FAIL".into());
            set("err_code", (*code).into());
            set("err_code_des", (*text).into());
        }
        Said::Undone { number, recall } => {
            set("out_trade_no", number.clone());
            set("recall", if *recall { "Y" } else { "N" }.into());
        }
        Said::Refund {
            number,
            order,
            fee,
            total,
            status,
            asked,
        } => {
            set("out_trade_no", order.clone());
            set("transaction_id", "1008450740201411110005820873".into());
            set("total_fee", total.to_string());
            let end = if *asked { "_0" } else { "" };
            set(&format!("out_refund_no{end}"), number.clone());
            set(&format!("refund_id{end}"), "5000".into());
            set(&format!("refund_fee{end}"), fee.to_string());
            if *asked {
                set("refund_count", "1".into());
                set("refund_status_0", (*status).into());
            }
        }
    }
    fields.retain(|_, value| !value.is_empty());
    let mut string: String = fields
        .iter()
        .flat_map(|(name, value)| [name, "=", value, "&"])
        .collect();
    let key = if forged { "somebody else's" } else { KEY };
    string.push_str("key=");
    string.push_str(key);
    let sign = match api {
        Api::V2Hmac => hmac_sha256_hex_upper(key.as_bytes(), string.as_bytes()),
        _ => md5_hex_upper(string.as_bytes()),
    };
    fields.insert("sign".into(), sign);
    let mut xml = String::from("<xml>");
    for (name, value) in &fields {
        for part in ["<", name, "><![CDATA[", value, "]]></", name, ">"] {
            xml.push_str(part);
        }
    }
    xml.push_str("</xml>");
    (200, Vec::new(), xml.into_bytes())
}

fn v3(said: &Said, time: i64, forged: bool) -> Wire {
    let (status, body) = match said {
        Said::Forged(said) => return v3(said, time, true),
        Said::Page(status) => return page(*status),
        Said::Garbage => return page(200),
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
    let body = body.to_string().into_bytes();
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

/// The parts of a moment in Beijing: the days of the epoch after Howard Hinnant's `civil_from_days`.
fn civil(unix: i64) -> [i64; 6] {
    let local = unix + 8 * 3600;
    let (days, seconds) = (local.div_euclid(86_400), local.rem_euclid(86_400));
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let part = (5 * of_year + 2) / 153;
    let day = of_year - (153 * part + 2) / 5 + 1;
    let month = if part < 10 { part + 3 } else { part - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    [
        year,
        month,
        day,
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60,
    ]
}

fn compact(unix: i64) -> String {
    let [year, month, day, hour, minute, second] = civil(unix);
    format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}")
}

fn rfc3339(unix: i64) -> String {
    let [year, month, day, hour, minute, second] = civil(unix);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}+08:00")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_told_in_beijing_time() {
        assert_eq!(compact(1_414_647_325), "20141030133525");
        assert_eq!(rfc3339(1_800_000_000), "2027-01-15T16:00:00+08:00");
        assert_eq!(compact(1_709_222_399), "20240229235959");
    }
}
