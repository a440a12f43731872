//! What a hostile case makes of an answer or a notification.

use serde_json::{Value, json};

use super::answer::Headers;
use crate::clock::rfc3339;
use crate::hostile::{self, Case, Lie, Seal};
use crate::shared::Shared;

/// Makes the body a lie about an order.
pub(super) fn lie(shared: &Shared, body: &mut Value, out_trade_no: &str, lie: Lie) {
    let Value::Object(members) = body else {
        return;
    };
    members.remove("code");
    if lie == Lie::NotPaid {
        for name in ["transaction_id", "success_time"] {
            members.remove(name);
        }
        members.insert("out_trade_no".to_owned(), out_trade_no.into());
        members.insert("trade_state".to_owned(), "NOTPAY".into());
        return;
    }
    let ledger = shared.ledger();
    let order = ledger.order(out_trade_no);
    let fee = order.and_then(|order| order.total_fee).unwrap_or_default();
    let clock = shared.clock();
    // As every 2xx has; and unlike an error what is paid names its merchant.
    members.insert("later_extension".to_owned(), "接口可能增加字段 <&>".into());
    if !(members.contains_key("mchid") || members.contains_key("sp_mchid")) {
        let merchant = &shared.settings().merchants[0];
        members.insert("mchid".to_owned(), merchant.mch_id.as_str().into());
        members.insert("appid".to_owned(), merchant.appid.as_str().into());
    }
    for (name, value) in [
        ("out_trade_no", out_trade_no.into()),
        ("trade_state", "SUCCESS".into()),
        ("trade_state_desc", "支付成功".into()),
        ("trade_type", "NATIVE".into()),
        ("bank_type", "CFT".into()),
        ("transaction_id", "4200009999999999999999999999".into()),
        ("success_time", rfc3339(clock.unix(clock.now())).into()),
        ("payer", json!({ "openid": "oNobodyAtAll" })),
        (
            "amount",
            json!({ "total": fee, "payer_total": fee, "currency": "CNY", "payer_currency": "CNY" }),
        ),
    ] {
        members.insert(name.to_owned(), value);
    }
}

/// The bytes that leave, and those that are signed.
pub(super) fn bodies(mut body: Value, case: &Case) -> (Vec<u8>, Vec<u8>) {
    hostile::json_fields(&mut body, case.fields);
    let before = match &body {
        Value::Null => Vec::new(),
        body => body.to_string().into_bytes(),
    };
    let mut after = before.clone();
    hostile::bytes(&mut after, case.text);
    let signed = match case.signed_before_text {
        true => before,
        false => after.clone(),
    };
    (after, signed)
}

/// The headers of a signature over `body`.
pub(super) fn signature(shared: &Shared, body: &[u8], case: &Case) -> Headers {
    if case.seal == Seal::None {
        return Vec::new();
    }
    let clock = shared.clock();
    let age = match case.seal {
        Seal::Old(seconds) => seconds,
        _ => 0,
    };
    let timestamp = clock.unix(clock.now()).saturating_sub(age).to_string();
    let nonce = shared.nonce();
    let mut message = format!("{timestamp}\n{nonce}\n").into_bytes();
    message.extend_from_slice(body);
    message.push(b'\n');
    match case.seal {
        Seal::Wrong => message.push(b'\n'),
        Seal::BodyAlone => message = body.to_vec(),
        Seal::NoLineEnd => drop(message.pop()),
        _ => {}
    }
    let keys = shared.keys();
    let (serial, signature) = match case.seal {
        Seal::OtherKey | Seal::Impostor => {
            let (own, _) = keys.sign_platform(&message);
            let stranger = keys.sign_as_stranger(&message);
            let (serial, signature) = stranger.unwrap_or_default();
            match case.seal {
                Seal::Impostor => (own, signature),
                _ => (serial, signature),
            }
        }
        _ => keys.sign_platform(&message),
    };
    vec![
        ("wechatpay-timestamp", timestamp),
        ("wechatpay-nonce", nonce),
        ("wechatpay-signature", signature),
        (
            "wechatpay-signature-type",
            "WECHATPAY2-SHA256-RSA2048".to_owned(),
        ),
        ("wechatpay-serial", serial),
    ]
}
