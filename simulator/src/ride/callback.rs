//! What a callback says, and what has to be answered (ride facts §3).

use serde_json::{Map, Value, json};

use super::book::Ride;
use super::record::RideState;
use super::scenario::RideScenario;
use super::seal::{encrypt, sign, written};
use super::settings::{RideCode, RideNumber, RideSeal};
use crate::clock::beijing;
use crate::hostile::{self, Case, Seal, Subject};
use crate::notify::NotificationFault;
use crate::raw_json;
use crate::shared::Shared;

/// A callback, and the `nonce_str` that its answer has to repeat.
pub(crate) struct Callback {
    pub(crate) body: Vec<u8>,
    pub(crate) nonce_str: String,
}

/// `None` if the ride has not ended, or a callback cannot have `fault`.
pub(crate) fn callback(
    shared: &Shared,
    platform: &RideCode,
    seal: &RideSeal,
    ride: &Ride,
    fault: Option<NotificationFault>,
) -> Option<Callback> {
    let case = NotificationFault::case(fault, Subject::Ride);
    let mut content = content(shared, platform, ride)?;
    let mut mch_id = platform.mch_id.as_str();
    let text = match fault {
        None
        | Some(
            NotificationFault::MissingSignature
            | NotificationFault::WrongSignature
            | NotificationFault::TamperedCiphertext,
        ) => None,
        Some(NotificationFault::WrongAmount) => {
            content.insert("total_fee".to_owned(), (ride.asked.total_fee + 1).into());
            None
        }
        Some(NotificationFault::ForeignMerchant) => {
            mch_id = "1999999999";
            None
        }
        Some(NotificationFault::ForeignOrder) => {
            content.insert("out_trade_no".to_owned(), "SOMEBODYELSESRIDE".into());
            if content.contains_key("attach") {
                content.insert("attach".to_owned(), "somebody else's".into());
            }
            None
        }
        Some(NotificationFault::NoJson) => Some("trade_state=SUCCESS".to_owned()),
        Some(NotificationFault::BadPadding) => None,
        Some(
            NotificationFault::SignProbe
            | NotificationFault::OldTimestamp { .. }
            | NotificationFault::UnknownSerial
            | NotificationFault::Doctype,
        ) => return None,
        Some(NotificationFault::Hostile { .. }) => {
            json_inner(&mut content, case?);
            None
        }
    };
    let mut text = text.unwrap_or_else(|| Value::Object(content).to_string());
    if let Some(case) = case {
        let mut bytes = text.into_bytes();
        hostile::bytes(&mut bytes, case.inner_text);
        text = String::from_utf8_lossy(&bytes).into_owned();
    }
    let padded = fault != Some(NotificationFault::BadPadding);
    if !padded {
        // Whole blocks whose last byte is no length of a padding.
        while text.len() % 16 != 0 {
            text.push(' ');
        }
    }
    let nonce_str = shared.nonce();
    let iv = shared.nonce();
    // In letters and digits, so that it can be written raw, too.
    let iv: [u8; 16] = iv.as_bytes()[..16].try_into().expect("a nonce is longer");
    let key = seal.key()?;
    let mut sealed = encrypt(&key, &iv, text.as_bytes(), padded);
    if fault == Some(NotificationFault::TamperedCiphertext)
        && let Some(first) = sealed.first_mut()
    {
        *first ^= 1;
    }
    let encrypted_data = written(&sealed, seal.data_encoding);
    let iv = written(&iv, seal.iv_encoding);
    let mch_id_name = seal.mch_id_name.name();
    let fields = [
        ("appid", platform.appid.as_str()),
        (mch_id_name, mch_id),
        ("nonce_str", nonce_str.as_str()),
        ("encrypted_data", encrypted_data.as_str()),
        ("iv", iv.as_str()),
    ];
    if let Some(case) = case {
        let body = altered(seal, &fields, case);
        return Some(Callback { body, nonce_str });
    }
    let mut signature = sign(seal, &fields);
    match (&mut signature, fault) {
        (Some(signature), Some(NotificationFault::WrongSignature)) => {
            let other = if signature.starts_with('0') { "1" } else { "0" };
            signature.replace_range(..1, other);
        }
        (signature, Some(NotificationFault::MissingSignature)) => *signature = None,
        _ => {}
    }
    let mut body = Map::new();
    for (name, value) in fields {
        body.insert(name.to_owned(), value.into());
    }
    if let Some(signature) = signature {
        body.insert("sign".to_owned(), signature.into());
    }
    Some(Callback {
        body: Value::Object(body).to_string().into_bytes(),
        nonce_str,
    })
}

fn json_inner(content: &mut Map<String, Value>, case: &Case) {
    let mut document = Value::Object(std::mem::take(content));
    hostile::json_fields(&mut document, case.inner);
    if let Value::Object(changed) = document {
        *content = changed;
    }
}

/// The envelope with what a hostile case changes.
fn altered(seal: &RideSeal, fields: &[(&str, &str)], case: &Case) -> Vec<u8> {
    let mut envelope = Value::Object(
        fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).into()))
            .collect(),
    );
    hostile::json_fields(&mut envelope, case.fields);
    let signed = |key: &str| {
        let texts: Vec<_> = envelope
            .as_object()
            .into_iter()
            .flatten()
            .filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)))
            .collect();
        let seal = RideSeal {
            sign_key: key.to_owned(),
            ..seal.clone()
        };
        sign(&seal, &texts)
    };
    let signature = match case.seal {
        Seal::None => None,
        Seal::OtherKey => signed("somebodyelseskey"),
        Seal::NoKey => signed(""),
        Seal::Wrong => signed(&seal.sign_key).map(|right| {
            let digit = if right.starts_with('0') { "1" } else { "0" };
            format!("{digit}{}", &right[1..])
        }),
        _ => signed(&seal.sign_key),
    };
    if let Some(signature) = signature {
        envelope["sign"] = signature.into();
    }
    hostile::json_fields(&mut envelope, case.after);
    let mut body = envelope.to_string().into_bytes();
    hostile::bytes(&mut body, case.text);
    body
}

/// What is encrypted.
fn content(shared: &Shared, platform: &RideCode, ride: &Ride) -> Option<Map<String, Value>> {
    let ended_at = ride.ended_at?;
    let transaction_id = ride.transaction_id();
    let out_trade_no = match (platform.out_trade_no, ride.out_order_no()) {
        (RideNumber::OutOrderNo, Some(out_order_no)) => out_order_no.to_owned(),
        _ => format!("TC{:020}", ride.number),
    };
    let more = i64::from(ride.scenario == RideScenario::CallbackWrongAmount);
    let mut content = Map::new();
    let mut set = |name: &str, value: Value| {
        content.insert(name.to_owned(), value);
    };
    set(
        "openid",
        format!("oSimulatedRider{:013}", ride.number).into(),
    );
    set("bank_type", "CFT".into());
    set("total_fee", (ride.asked.total_fee + more).into());
    set("trade_state", ride.state.name().into());
    if ride.state == RideState::Fail {
        set("trade_msg", "余额不足".into());
    }
    set("transaction_id", transaction_id.into());
    set("out_trade_no", out_trade_no.into());
    if let Some(attach) = &ride.asked.attach {
        set("attach", attach.as_str().into());
    }
    set("time_end", beijing(shared.clock().unix(ended_at)).into());
    set("qrcode", ride.asked.qrcode.as_str().into());
    Some(content)
}

/// Whether an answer says that the callback was understood: `errcode` 0 and the `nonce_str` again.
pub(crate) fn is_acknowledged(answer: &[u8], nonce_str: &str) -> bool {
    raw_json::read_object(answer).is_some_and(|answer| {
        answer.get("errcode") == Some(&raw_json::Json::Number("0".to_owned()))
            && answer.text("nonce_str") == Some(nonce_str)
    })
}

/// An answer to a request.
pub(super) fn answer(errcode: i64, errmsg: &str) -> Value {
    json!({ "errcode": errcode, "errmsg": errmsg })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_acknowledgement_has_errcode_0_and_the_nonce() {
        let said = [
            r#"{"errcode":0,"errmsg":"","nonce_str":"N"}"#,
            r#"{"nonce_str":"N","errcode":0}"#,
        ];
        for answer in said {
            assert!(is_acknowledged(answer.as_bytes(), "N"), "{answer}");
        }
        for answer in [
            "",
            "success",
            r#"{"errcode":0}"#,
            r#"{"errcode":"0","nonce_str":"N"}"#,
            r#"{"errcode":1,"nonce_str":"N"}"#,
            r#"{"errcode":0,"nonce_str":"M"}"#,
        ] {
            assert!(!is_acknowledged(answer.as_bytes(), "N"), "{answer}");
        }
    }
}
