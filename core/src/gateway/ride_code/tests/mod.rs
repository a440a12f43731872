//! The codec as its callers see it.

mod answers;
mod attacks;
mod callbacks;
mod documents;
mod meanings;
mod requests;
mod rules;
mod vectors;

use std::collections::BTreeMap;

use aws_lc_rs::cipher::{
    AES_128, AES_192, AES_256, EncryptionContext, PaddedBlockEncryptingKey, UnboundCipherKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::{ExpectedRide, Ride, RideCode, RideNotice, RideNoticeError, RideRefusal};
use crate::config::{
    DeductUrl, RideCodeConfig, RideSeal, RideSign, RideSignType, Secret, SignKeyStyle, TextEncoding,
};
use crate::crypto::CbcKey;
use crate::crypto::digest::{hmac_sha256_hex_upper, md5_hex_upper};
use crate::exchange::Reply;
use crate::fields::Fields;

const APPID: &str = "wx0000000000000001";
const MCH_ID: &str = "1230000109";
const SIGN_KEY: &str = "hush-sign-key";
const AES_KEY: &str = "hush-0123456789a";
const TOKEN: &str = "hush/token+1";
const IV: [u8; 16] = *b"\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f";

fn config() -> RideCodeConfig {
    RideCodeConfig {
        mch_id: MCH_ID.into(),
        appid: Some(APPID.into()),
        deduct_url: Some(DeductUrl {
            host: "https://rides.example.com/".parse().unwrap(),
            path: "/deduct?v=1&access_token={access_token}".into(),
        }),
        access_token: Some(Secret::new(TOKEN)),
        sign: Some(sign()),
        seal: Some(seal()),
    }
}

fn sign() -> RideSign {
    let fields = ["appid", "mch_id", "nonce_str", "encrypted_data", "iv"];
    RideSign {
        sign_type: RideSignType::HmacSha256,
        key: Secret::new(SIGN_KEY),
        fields: fields.map(str::to_owned).to_vec(),
        skip_empty: true,
        key_style: SignKeyStyle::AmpKey,
        lower_case: false,
    }
}

fn seal() -> RideSeal {
    RideSeal {
        key: CbcKey::new(AES_KEY.as_bytes().to_vec()).unwrap(),
        iv_encoding: TextEncoding::Base64,
        data_encoding: TextEncoding::Base64,
    }
}

fn gateway() -> RideCode {
    RideCode::new(config())
}

/// What every ride needs.
fn fare() -> Fields {
    [
        ("out_trade_no", "R20261121-1"),
        ("qrcode", "TX:abc"),
        ("total_fee", "180"),
        ("original_fee", "200"),
        ("start_time", "20261121080000"),
        ("line_name", "2号线"),
        ("trade_scene", "METRO"),
    ]
    .into_iter()
    .collect()
}

fn fare_with(pairs: &[(&str, &str)]) -> Fields {
    let mut fields = fare();
    for (name, value) in pairs {
        fields.set(*name, *value);
    }
    fields
}

fn ride(fields: &Fields) -> Ride {
    gateway().ride(fields).unwrap()
}

fn body(ride: &Ride) -> String {
    String::from_utf8(gateway().deduct(ride).body).unwrap()
}

fn refused(fields: &Fields) -> crate::gateway::InvalidField {
    match gateway().ride(fields) {
        Err(RideRefusal::Field(field)) => field,
        other => panic!("no field: {other:?}"),
    }
}

fn reply(status: u16, body: impl Into<Vec<u8>>) -> Reply {
    Reply {
        sent_at: crate::clock::Moment::default(),
        elapsed: std::time::Duration::ZERO,
        new_connection: false,
        repeated: false,
        status,
        headers: Vec::new(),
        body: body.into(),
        host: "https://rides.example.com".into(),
        date: None,
        now: None,
    }
}

/// What a successful deduction's message says.
const MESSAGE: &str = r#"{"openid":"oHush","bank_type":"CFT","total_fee":180,"trade_state":"SUCCESS","transaction_id":"4200001","out_trade_no":"R20261121-1","attach":"R20261121-1","time_end":"20261121081500","qrcode":"VFg6YWJj"}"#;

fn expected() -> ExpectedRide {
    ExpectedRide {
        out_trade_no: "R20261121-1".into(),
        total_fee: Some(180),
        attach: Some("R20261121-1".into()),
    }
}

/// Encrypts by other means than the codec's.
fn sealed(key: &[u8], text: &[u8]) -> Vec<u8> {
    let algorithm = match key.len() {
        16 => &AES_128,
        24 => &AES_192,
        _ => &AES_256,
    };
    let key = UnboundCipherKey::new(algorithm, key).unwrap();
    let key = PaddedBlockEncryptingKey::cbc_pkcs7(key).unwrap();
    let mut buffer = text.to_vec();
    key.less_safe_encrypt(&mut buffer, EncryptionContext::Iv128(IV.into()))
        .unwrap();
    buffer
}

/// A callback as the platform makes it. Any field can be set to something else before it is signed.
#[derive(Clone)]
struct Callback(BTreeMap<String, String>);

impl Callback {
    fn new(message: &str) -> Self {
        Self::of(&BASE64.encode(sealed(AES_KEY.as_bytes(), message.as_bytes())))
    }

    fn of(encrypted_data: &str) -> Self {
        let iv = BASE64.encode(IV);
        let fields = [
            ("appid", APPID),
            ("mch_id", MCH_ID),
            ("nonce_str", "abcdefg"),
            ("encrypted_data", encrypted_data),
            ("iv", iv.as_str()),
        ];
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Self(fields.map(owned).into())
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.0.insert(name.to_owned(), value.to_owned());
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.0.remove(name);
        self
    }

    /// `a=1&b=2`, of all fields that are not empty.
    fn text(&self) -> String {
        let pairs: Vec<_> = self
            .0
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.join("&")
    }

    /// By the defaults.
    fn signed(self) -> Self {
        let text = format!("{}&key={SIGN_KEY}", self.text());
        let sign = hmac_sha256_hex_upper(SIGN_KEY.as_bytes(), text.as_bytes());
        self.with("sign", &sign)
    }

    fn body(&self) -> Vec<u8> {
        serde_json::to_vec(&self.0).unwrap()
    }
}

/// Opens what was signed by the defaults.
fn opened(callback: Callback) -> Result<RideNotice, RideNoticeError> {
    gateway().open(&callback.signed().body())
}

/// What the log says of a callback that is not verified; the sender is told the same of each.
fn forged(result: Result<RideNotice, RideNoticeError>) -> String {
    let error = result.unwrap_err();
    assert_eq!(error.to_string(), "the callback is not verified");
    match error {
        RideNoticeError::Forged { detail } => {
            assert!(!detail.contains("hush"), "{detail}");
            detail
        }
        other => panic!("{other:?}"),
    }
}
