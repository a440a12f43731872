//! An operator that speaks the ride code's JSON.

use std::io;
use std::sync::Arc;

use aws_lc_rs::cipher::{
    AES_128, AES_192, AES_256, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey,
};
use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use aws_lc_rs::iv::FixedLength;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use md5::{Digest, Md5};
use rustls::ClientConfig;
use serde_json::{Value, json};
use wxpay_simulator::{
    RideCode, RideSeal, RideSign, Settings, SignKeyStyle, Simulator, TextEncoding,
};

use crate::client::{Answer, config, connect, exchange, start_with};

pub(crate) struct Operator<'a> {
    pub(crate) simulator: &'a Simulator,
    pub(crate) token: String,
    config: Arc<ClientConfig>,
}

pub(crate) fn start_ride(change: impl FnOnce(&mut RideCode)) -> Simulator {
    let mut platform = RideCode::example();
    change(&mut platform);
    start_with(Settings {
        ride_code: Some(platform),
        ..Settings::default()
    })
}

impl<'a> Operator<'a> {
    pub(crate) fn new(simulator: &'a Simulator) -> Self {
        Self {
            simulator,
            token: "SIMULATED_ACCESS_TOKEN".to_owned(),
            config: config(simulator, None),
        }
    }

    pub(crate) fn post(&self, method: &str, target: &str, body: &str) -> io::Result<Answer> {
        let mut stream = connect(&self.simulator.hosts()[0], &self.config)?;
        let headers = ["Content-Type: application/json"];
        exchange(&mut stream, method, target, &headers, body)
    }

    pub(crate) fn send(&self, body: &str) -> io::Result<Answer> {
        let target = format!("/intp/transportcode/simulated?access_token={}", self.token);
        self.post("POST", &target, body)
    }

    pub(crate) fn pay(&self, out_order_no: &str) -> io::Result<Answer> {
        let mut body = ride();
        body["out_order_no"] = out_order_no.into();
        self.send(&body.to_string())
    }
}

/// Every field but the number.
pub(crate) fn ride() -> Value {
    json!({
        "qrcode": "VFhhZmVmYXdlZndlZg==",
        "total_fee": 180,
        "original_fee": 200,
        "machine_ip": "10.0.0.7",
        "machine_latitude": 31.2304,
        "machine_longitude": 121.4737,
        "body": "地铁代扣",
        "start_time": "20261122081500",
        "end_time": "20261122084500",
        "line_name": "2号线",
        "trade_scene": "METRO",
        "start_qrcode": "VFhmaXJzdA==",
        "attach": "gate 7",
    })
}

/// `errcode` of an answer.
pub(crate) fn errcode(answer: io::Result<Answer>) -> i64 {
    let answer = answer.expect("there is an answer");
    assert_eq!(answer.status, 200);
    let answer: Value = serde_json::from_slice(&answer.body).expect("the answer is JSON");
    answer["errcode"].as_i64().expect("a number")
}

fn bytes(text: &str, encoding: TextEncoding) -> Vec<u8> {
    match encoding {
        TextEncoding::Raw => text.as_bytes().to_vec(),
        TextEncoding::Hex => hex::decode(text).expect("hex"),
        TextEncoding::Base64 => BASE64_STANDARD.decode(text).expect("base64"),
    }
}

/// Whether a callback is signed as `seal` has it.
pub(crate) fn is_signed(seal: &RideSeal, callback: &Value) -> bool {
    let mut names: Vec<&str> = vec!["appid", "encrypted_data", "iv", "nonce_str"];
    names.push(seal.mch_id_name.name());
    names.sort_unstable();
    let pairs: Vec<_> = names
        .into_iter()
        .map(|name| format!("{name}={}", callback[name].as_str().expect("a text")))
        .collect();
    let key = &seal.sign_key;
    let text = match seal.sign_key_style {
        SignKeyStyle::AmpKey => format!("{}&key={key}", pairs.join("&")),
        SignKeyStyle::Suffix => format!("{}{key}", pairs.join("&")),
    };
    let digest = match seal.sign_type {
        RideSign::None => return callback.get("sign").is_none(),
        RideSign::Md5 => Md5::digest(text).to_vec(),
        RideSign::HmacSha256 => {
            let tag = sign(&Key::new(HMAC_SHA256, key.as_bytes()), text.as_bytes());
            tag.as_ref().to_vec()
        }
    };
    let expected = match seal.sign_lower_case {
        true => hex::encode(digest),
        false => hex::encode_upper(digest),
    };
    callback.get("sign").and_then(Value::as_str) == Some(expected.as_str())
}

/// What a callback keeps secret, decrypted by another library than the simulator's; `None` if it
/// cannot be, or is no JSON.
pub(crate) fn content(seal: &RideSeal, callback: &Value) -> Option<Value> {
    let text = |name: &str| callback[name].as_str().expect("a text");
    let key = bytes(&seal.aes_key, seal.aes_key_encoding);
    let algorithm = match key.len() {
        16 => &AES_128,
        24 => &AES_192,
        _ => &AES_256,
    };
    let key = UnboundCipherKey::new(algorithm, &key).expect("a key");
    let key = PaddedBlockDecryptingKey::cbc_pkcs7(key).expect("a key");
    let iv: [u8; 16] = bytes(text("iv"), seal.iv_encoding)
        .try_into()
        .expect("16 bytes");
    let mut sealed = bytes(text("encrypted_data"), seal.data_encoding);
    let context = DecryptionContext::Iv128(FixedLength::from(iv));
    let opened = key.decrypt(&mut sealed, context).ok()?;
    serde_json::from_slice(opened).ok()
}
