//! The operator of the ride code, and callbacks signed and sealed here.

use std::collections::BTreeMap;

use aws_lc_rs::cipher::{AES_128, EncryptionContext, PaddedBlockEncryptingKey, UnboundCipherKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use wxpay_core::config::{
    DeductUrl, RideCodeConfig, RideSeal, RideSign, RideSignType, Secret, SignKeyStyle, TextEncoding,
};
use wxpay_core::crypto::CbcKey;
use wxpay_core::crypto::digest::hmac_sha256_hex_upper;
use wxpay_core::gateway::ride_code::{ExpectedRide, RideCode};

pub(crate) const APPID: &str = "wx0000000000000001";
pub(crate) const MCH_ID: &str = "1230000109";
pub(crate) const NUMBER: &str = "R20261121-1";
const SIGN_KEY: &str = "hush-sign-key";
const AES_KEY: &[u8] = b"hush-0123456789a";
const IV: [u8; 16] = *b"0123456789abcdef";

pub(crate) fn gateway() -> RideCode {
    let fields = ["appid", "mch_id", "nonce_str", "encrypted_data", "iv"];
    RideCode::new(RideCodeConfig {
        mch_id: MCH_ID.into(),
        appid: Some(APPID.into()),
        deduct_url: Some(DeductUrl {
            host: "https://rides.example.com/".parse().expect("an address"),
            path: "/deduct?access_token={access_token}".into(),
        }),
        access_token: Some(Secret::new("hush-token")),
        sign: Some(RideSign {
            sign_type: RideSignType::HmacSha256,
            key: Secret::new(SIGN_KEY),
            fields: fields.map(str::to_owned).to_vec(),
            skip_empty: true,
            key_style: SignKeyStyle::AmpKey,
            lower_case: false,
        }),
        seal: Some(RideSeal {
            key: CbcKey::new(AES_KEY.to_vec()).expect("16 bytes are a key"),
            iv_encoding: TextEncoding::Base64,
            data_encoding: TextEncoding::Base64,
        }),
    })
}

pub(crate) fn expected() -> ExpectedRide {
    ExpectedRide {
        out_trade_no: NUMBER.into(),
        total_fee: Some(180),
        attach: Some(NUMBER.into()),
    }
}

/// A callback with this message, as the platform makes it.
pub(crate) fn callback(message: &[u8]) -> Vec<u8> {
    let mut sealed = message.to_vec();
    UnboundCipherKey::new(&AES_128, AES_KEY)
        .and_then(PaddedBlockEncryptingKey::cbc_pkcs7)
        .and_then(|key| key.less_safe_encrypt(&mut sealed, EncryptionContext::Iv128(IV.into())))
        .expect("a key of 16 bytes seals anything");
    let fields = [
        ("appid", APPID),
        ("mch_id", MCH_ID),
        ("nonce_str", "abcdefg"),
        ("encrypted_data", &BASE64.encode(sealed)),
        ("iv", &BASE64.encode(IV)),
    ];
    signed(
        fields
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
    )
}

/// An envelope with a right signature.
pub(crate) fn signed(mut envelope: BTreeMap<String, String>) -> Vec<u8> {
    envelope.remove("sign");
    let covered = [
        "appid",
        "mch_id",
        "appidmch_id",
        "nonce_str",
        "encrypted_data",
        "iv",
    ];
    let mut text = String::new();
    for (name, value) in &envelope {
        if covered.contains(&name.as_str()) && !value.is_empty() {
            text += &format!("{name}={value}&");
        }
    }
    text += &format!("key={SIGN_KEY}");
    let sign = hmac_sha256_hex_upper(SIGN_KEY.as_bytes(), text.as_bytes());
    envelope.insert("sign".into(), sign);
    serde_json::to_vec(&envelope).expect("texts are JSON")
}
