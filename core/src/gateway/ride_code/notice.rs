//! Callbacks: an envelope that is signed, with a message in it that is encrypted.
//!
//! Whatever is wrong after the envelope's shape is one error to the sender: one who could tell a wrong
//! padding from a wrong signature could decrypt with our help.
//!
//! Source: "支付回调接口".

use serde_json::{Map, Value, json};

use super::answer::integer;
use super::{RideCode, RideNotice, RideNoticeError, TENCENT, sign};
use crate::config::{RideSeal, RideSign};
use crate::gateway::rules;
use crate::json::parse_object;

/// More than any callback has.
const MAX_BYTES: usize = 64 * 1024;
const MAX_NUMBER: usize = 128;
/// A longer `nonce_str` is not echoed.
const MAX_NONCE: usize = 64;

const MCH_ID: &str = "mch_id";
/// What the document's table calls it; its samples and the sibling pages say `mch_id`.
const APPID_MCH_ID: &str = "appidmch_id";

/// Whether a body looks like a callback of the ride code, whoever sent it.
pub fn is_callback(body: &[u8]) -> bool {
    // Fubei's and APIv2's end here.
    body.trim_ascii_start().first() == Some(&b'{')
        && parse_object(body, MAX_BYTES).is_ok_and(|object| {
            // APIv3 encrypts into `resource`.
            object.contains_key("encrypted_data") && !object.contains_key("resource")
        })
}

/// What to answer a callback with: content type and body, for "taken" or for "send it again". It
/// echoes the callback's `nonce_str`.
pub fn acknowledgement(body: &[u8], taken: bool) -> (&'static str, String) {
    let object = parse_object(body, MAX_BYTES).unwrap_or_default();
    let nonce = object
        .get("nonce_str")
        .and_then(Value::as_str)
        .filter(|nonce| rules::at_most_characters(nonce, MAX_NONCE).is_ok());
    let (errcode, errmsg) = if taken { (0, "") } else { (-1, "again") };
    let reply = json!({
        "errcode": errcode,
        "errmsg": errmsg,
        "nonce_str": nonce.unwrap_or_default(),
    });
    ("application/json", reply.to_string())
}

/// What is around the encrypted message. A field that is absent is empty.
struct Envelope {
    fields: Map<String, Value>,
    /// What the merchant's number is called.
    mch_id_name: &'static str,
}

impl Envelope {
    fn parse(body: &[u8]) -> Result<Self, String> {
        let mut fields = parse_object(body, MAX_BYTES).map_err(|error| error.to_string())?;
        fields.retain(|_, value| !value.is_null());
        let known = [
            "appid",
            MCH_ID,
            APPID_MCH_ID,
            "nonce_str",
            "encrypted_data",
            "iv",
            "sign",
        ];
        let text = |name: &&str| fields.get(*name).is_none_or(Value::is_string);
        if let Some(name) = known.into_iter().find(|name| !text(name)) {
            return Err(format!("{name} is no text"));
        }
        let has = |name| fields.contains_key(name);
        let mch_id_name = match (has(MCH_ID), has(APPID_MCH_ID)) {
            (true, false) => MCH_ID,
            (false, true) => APPID_MCH_ID,
            (true, true) => return Err("it has both mch_id and appidmch_id".into()),
            (false, false) => return Err("it lacks mch_id".into()),
        };
        match ["encrypted_data", "iv"].into_iter().find(|name| !has(name)) {
            Some(name) => Err(format!("it lacks {name}")),
            None => Ok(Self {
                fields,
                mch_id_name,
            }),
        }
    }

    fn text(&self, name: &str) -> &str {
        self.fields
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// A field by the name that the configuration has for it: the name as received, and the value.
    fn signed<'a>(&'a self, name: &'a str) -> (&'a str, &'a str) {
        let name = if name == MCH_ID {
            self.mch_id_name
        } else {
            name
        };
        (name, self.text(name))
    }
}

impl RideCode {
    pub(super) fn open_callback(&self, body: &[u8]) -> Result<RideNotice, RideNoticeError> {
        let envelope = Envelope::parse(body).map_err(RideNoticeError::Malformed)?;
        let (sign, seal) = self.handed_over()?;
        self.verify(&envelope, sign)
            .and_then(|()| unseal(&envelope, seal))
            .and_then(|plain| read(&plain))
            .map_err(|detail| RideNoticeError::Forged { detail })
    }

    fn handed_over(&self) -> Result<(&RideSign, &RideSeal), RideNoticeError> {
        let (sign, seal) = (self.config.sign.as_ref(), self.config.seal.as_ref());
        let lacking = match (sign, seal) {
            (Some(sign), Some(seal)) => return Ok((sign, seal)),
            (Some(_), None) => "ride_code.aes_key and aes_key_encoding are",
            (None, Some(_)) => "ride_code.sign_type and sign_key are",
            (None, None) => "ride_code.sign_type, sign_key, aes_key and aes_key_encoding are",
        };
        Err(RideNoticeError::NotConfigured(format!(
            "{lacking} not configured: how callbacks are signed and encrypted is published nowhere; ask \
             {TENCENT} for the signature's algorithm, key and order of fields, and for the AES key and \
             how it is written"
        )))
    }

    fn verify(&self, envelope: &Envelope, sign: &RideSign) -> Result<(), String> {
        let (name, mch_id) = envelope.signed(MCH_ID);
        if mch_id != self.config.mch_id {
            return Err(format!("{name} is not ride_code.mch_id"));
        }
        let appid = self.config.appid.as_deref();
        if appid.is_some_and(|appid| appid != envelope.text("appid")) {
            return Err("appid is not ride_code.appid".into());
        }
        let given = envelope.text("sign");
        if sign::verify(sign, |name| envelope.signed(name), given) {
            return Ok(());
        }
        Err(match given {
            "" => "there is no sign".into(),
            _ => "sign is wrong, or ride_code.sign_key or another key of the signature is".into(),
        })
    }
}

fn unseal(envelope: &Envelope, seal: &RideSeal) -> Result<Vec<u8>, String> {
    let iv = seal.iv_encoding.decode(envelope.text("iv"));
    let iv = iv.and_then(|iv| <[u8; 16]>::try_from(iv).ok());
    let iv = iv.ok_or("iv is not 16 bytes; is ride_code.iv_encoding right?")?;
    let sealed = seal.data_encoding.decode(envelope.text("encrypted_data"));
    let sealed =
        sealed.ok_or("encrypted_data cannot be decoded; is ride_code.data_encoding right?")?;
    seal.key
        .open(iv, &sealed)
        .map_err(|_| "encrypted_data does not open; is ride_code.aes_key right?".into())
}

/// The decrypted message. Only what is needed to know which ride it is about and what became of it
/// must be there: a failure may well leave out what belongs to a payment.
fn read(plain: &[u8]) -> Result<RideNotice, String> {
    let message = parse_object(plain, MAX_BYTES).map_err(|error| {
        format!("the decrypted message is {error}; is ride_code.aes_key right?")
    })?;
    let text = |name: &str| match message.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
        Some(_) => Err(format!("{name} of the decrypted message is no text")),
    };
    let need =
        |name: &str| text(name)?.ok_or_else(|| format!("the decrypted message lacks {name}"));
    let out_trade_no = need("out_trade_no")?;
    rules::identifier(out_trade_no, MAX_NUMBER)
        .map_err(|rule| format!("out_trade_no of the decrypted message: {rule}"))?;
    need("trade_state")?;
    let attach = text("attach")?.map(str::to_owned);
    let fen = message.get("total_fee").filter(|fee| !fee.is_null());
    if fen.is_some_and(|fee| integer(fee).is_none_or(|fen| fen < 0)) {
        return Err("total_fee of the decrypted message is no whole number of fen".into());
    }
    Ok(RideNotice {
        out_trade_no: out_trade_no.to_owned(),
        attach,
        message,
    })
}
