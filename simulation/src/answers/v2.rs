//! APIv2: XML, signed with the API key.

use std::collections::BTreeMap;

use wxpay_core::crypto::digest::{hmac_sha256_hex_upper, md5_hex_upper};

use super::{APPID, KEY, MERCHANT, Wire, code_url, compact, page, trade_state};
use crate::ledger::{Said, Standing};
use crate::plan::Api;

/// The library's own flat messages, without entities in them.
pub(super) fn read(body: &[u8]) -> BTreeMap<String, String> {
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

pub(super) fn reply(api: Api, said: &Said, forged: bool) -> Wire {
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
        Said::Page(status) => return page(*status),
        Said::Garbage | Said::Probe | Said::WrongTime | Said::Forged(_) => return page(200),
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
        Said::Code { number } => {
            set("trade_type", "NATIVE".into());
            set("prepay_id", "wx201410272009395522657a690389285100".into());
            set("code_url", code_url(number));
        }
        Said::Closed => {}
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
