//! The codec as its callers see it.

mod answers;
mod attacks;
mod documents;
mod notices;
mod prepay;
mod refunds;
mod requests;
mod rules;
mod sales;
mod vectors;
mod verdicts;

use serde_json::{Map, Value};

use super::Fubei;
use crate::config::{AuthCodes, FubeiAccount, FubeiApi, FubeiConfig, Secret};
use crate::crypto::digest::md5_hex_upper;
use crate::exchange::{Call, Reply};
use crate::fields::Fields;
use crate::gateway::{Expected, Stamp};

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const APP_ID: &str = "20160922135339595387";
const VENDOR_SN: &str = "2018071920330100001";
const MERCHANT_ID: &str = "1227366";
const OUT_TRADE_NO: &str = "20160120105532871512";
const ORDER_SN: &str = "20160119233754227705";

/// 2016-11-08T11:12:42+08:00
const PAID_AT: i64 = 1_478_574_762;

fn config() -> FubeiConfig {
    FubeiConfig {
        account: FubeiAccount::Merchant {
            app_id: APP_ID.into(),
        },
        secret: Secret::new(SECRET),
        api: FubeiApi::V1,
        path: "/gateway".into(),
        store_id: None,
        auth_codes: AuthCodes::default(),
    }
}

/// 1.0, a merchant for itself.
fn gateway() -> Fubei {
    Fubei::new(config())
}

/// 2.0, a merchant for itself.
fn second() -> Fubei {
    Fubei::new(FubeiConfig {
        api: FubeiApi::V2,
        path: "/gateway/agent".into(),
        ..config()
    })
}

/// 2.0, a service provider with a merchant.
fn vendor() -> Fubei {
    Fubei::new(FubeiConfig {
        account: FubeiAccount::Vendor {
            vendor_sn: VENDOR_SN.into(),
            merchant_id: Some(MERCHANT_ID.into()),
        },
        api: FubeiApi::V2,
        path: "/gateway/agent".into(),
        ..config()
    })
}

fn stamp() -> Stamp {
    Stamp {
        nonce: "5d0b44f2f1a84e1f9f0c8a7d6b5e4c3a".into(),
        unix_seconds: PAID_AT,
    }
}

/// What every charge needs.
fn sale() -> Fields {
    [
        ("out_trade_no", OUT_TRADE_NO),
        ("auth_code", "134567890123456789"),
        ("total_fee", "888"),
    ]
    .into_iter()
    .collect()
}

fn sale_with(pairs: &[(&str, &str)]) -> Fields {
    let mut fields = sale();
    for (name, value) in pairs {
        fields.set(*name, *value);
    }
    fields
}

fn expected() -> Expected {
    Expected {
        out_trade_no: OUT_TRADE_NO.into(),
        total_fee: Some(888),
        fee_type: Some("CNY".into()),
        attach: Some("till 3".into()),
        submitted_at: Some(PAID_AT - 5),
        ..Expected::default()
    }
}

/// `data` of a paid answer to [`sale`] in 1.0.
const PAID: &str = r#"{"merchant_order_sn":"20160120105532871512","order_sn":"20160119233754227705","trade_no":"2018092616294901086756739438","trade_state":"SUCCESS","total_fee":8.88,"net_money":8.84,"order_price":8.88,"pay_time":1478574762,"type":1,"discount_money":"0.00","buyer_pay_amount":"8.80","attach":"till 3","store_id":123,"cashier_id":0,"user_id":"oUpF8uN95","device_no":"123456","body":"","user_logon_id":"","cash_coupon_fee":0.08,"fee":0.04,"platform_order_no":"4200001212282111030178445712"}"#;

/// The same in 2.0.
const PAID_2: &str = r#"{"merchant_order_sn":"20160120105532871512","order_sn":"20160119233754227705","ins_order_sn":"2018092616294901086756739438","channel_order_sn":"4200001212282111030178445712","order_status":"SUCCESS","total_amount":8.88,"net_amount":8.88,"buyer_pay_amount":8.80,"fee":0.04,"pay_type":"alipay","user_id":"2088","finish_time":"20161108111242","attach":"till 3","store_id":123,"device_no":"123456","payment_list":[{"type":"CHANNEL_PRE","amount":0.080}],"sub_code":null}"#;

/// One state and nothing else.
fn state(state: &str) -> String {
    format!(r#"{{"merchant_order_sn":"{OUT_TRADE_NO}","trade_state":"{state}"}}"#)
}

/// An answer that succeeded, about `data`.
fn ok(data: &str) -> Reply {
    reply(
        200,
        format!(r#"{{"result_code":200,"result_message":"成功","data":{data}}}"#),
    )
}

/// A refusal.
fn refused(code: &str, sub_code: &str, message: &str) -> Reply {
    let body = serde_json::json!({
        "result_code": code.parse::<i64>().unwrap(),
        "result_message": message,
        "sub_code": sub_code,
        "data": { "merchant_order_sn": OUT_TRADE_NO },
    });
    reply(200, body.to_string())
}

fn reply(status: u16, body: impl Into<Vec<u8>>) -> Reply {
    Reply {
        sent_at: crate::clock::Moment::default(),
        elapsed: std::time::Duration::ZERO,
        new_connection: false,
        repeated: false,
        status,
        headers: vec![("request-id".into(), "08F-268512771".into())],
        body: body.into(),
        host: "https://shq-api.51fubei.com".into(),
        date: None,
        now: None,
    }
}

/// What a request says, with the signature checked by other means than the codec's.
fn sent(call: &Call) -> Map<String, Value> {
    let body: Map<String, Value> = serde_json::from_slice(&call.body).expect("our own JSON");
    let mut pairs: Vec<_> = body
        .iter()
        .filter(|(name, _)| *name != "sign")
        .map(|(name, value)| format!("{name}={}", value.as_str().expect("text only")))
        .collect();
    pairs.sort();
    let string = format!("{}{SECRET}", pairs.join("&"));
    assert_eq!(body["sign"], md5_hex_upper(string.as_bytes()));
    body
}

/// The business parameters of a request, as they were written.
fn content(call: &Call) -> String {
    sent(call)["biz_content"].as_str().unwrap().to_owned()
}
