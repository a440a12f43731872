//! The merchant of APIv3, and WeChat Pay's signatures and seals made here.

use std::path::PathBuf;
use std::sync::LazyLock;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use wxpay_core::config::{PlatformCertificates, Region, Secret, WechatV3Config};
use wxpay_core::crypto::{SigningKey, certificates_from_pem};
use wxpay_core::gateway::wechat_v3::WechatV3;

use crate::shop;

pub(crate) const APPID: &str = "wxd678efh567hg6787";
pub(crate) const MCHID: &str = "1230000109";
pub(crate) const SUB_MCHID: &str = "1900000109";
pub(crate) const KEY_ID: &str = "PUB_KEY_ID_0112300001092024101100397200000006";
pub(crate) const API_V3_KEY: &str = "a7cde1ZJB1kG2e7VfTs3jQzaWizur8Gb";

const CA: &[u8] = include_bytes!("../../../core/tests/fixtures/ca.pem");

/// Of WeChat Pay, and of the merchant as well: what matters is that no bytes from outside are signed.
static KEY: LazyLock<SigningKey> = LazyLock::new(|| {
    let file = include_bytes!("../../../core/tests/fixtures/rsa.key.pem");
    SigningKey::from_pem(file).expect("the fixture is a key")
});

/// With WeChat Pay's public key; bit 0: for a shop; bit 1: overseas.
pub(crate) fn gateway(how: u8) -> WechatV3 {
    let partner = how & 1 != 0;
    WechatV3::new(WechatV3Config {
        partner,
        sub_mchid: partner.then(|| SUB_MCHID.into()),
        public_keys: vec![(KEY_ID.into(), KEY.public())],
        region: match how & 2 {
            0 => Region::Mainland,
            _ => Region::HongKong,
        },
        ..config()
    })
}

/// With platform certificates, of which there is none yet.
pub(crate) fn without_keys() -> WechatV3 {
    WechatV3::new(WechatV3Config {
        platform_certificates: Some(PlatformCertificates {
            cache: PathBuf::from("/nowhere"),
            extra_roots: certificates_from_pem(CA).expect("the fixture is a certificate"),
        }),
        ..config()
    })
}

fn config() -> WechatV3Config {
    WechatV3Config {
        appid: APPID.into(),
        mchid: MCHID.into(),
        partner: false,
        sub_appid: None,
        sub_mchid: None,
        merchant_category_code: Some("4111".into()),
        serial_no: "1DDE55AD98ED71D6EDD4A4A16996DE7B47773A8C".into(),
        certificate_expires: None,
        private_key: KEY.clone(),
        api_v3_key: Secret::new(API_V3_KEY),
        public_keys: Vec::new(),
        platform_certificates: None,
        auth_code_check: true,
        region: Region::Mainland,
    }
}

/// The headers that WeChat Pay signs a body with.
pub(crate) fn signature(body: &[u8]) -> Vec<(String, String)> {
    let (at, nonce) = (shop::NOW, "c5ac7061fccab6bf3e254dcf98995b8c");
    let message = [format!("{at}\n{nonce}\n").as_bytes(), body, b"\n"].concat();
    [
        ("wechatpay-timestamp", at.to_string()),
        ("wechatpay-nonce", nonce.to_owned()),
        ("wechatpay-serial", KEY_ID.to_owned()),
        ("wechatpay-signature", BASE64.encode(KEY.sign(&message))),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

/// Something encrypted to the merchant.
pub(crate) fn sealed(text: &[u8], associated_data: &str) -> Value {
    let nonce = "fdasflkja484";
    let key = UnboundKey::new(&AES_256_GCM, API_V3_KEY.as_bytes()).expect("a key of 32 bytes");
    let mut sealed = text.to_vec();
    LessSafeKey::new(key)
        .seal_in_place_append_tag(
            Nonce::try_assume_unique_for_key(nonce.as_bytes()).expect("a nonce of 12 bytes"),
            Aad::from(associated_data.as_bytes()),
            &mut sealed,
        )
        .expect("it is short enough");
    json!({
        "algorithm": "AEAD_AES_256_GCM",
        "nonce": nonce,
        "associated_data": associated_data,
        "original_type": associated_data,
        "ciphertext": BASE64.encode(sealed),
    })
}

/// Whether a message says in so many words that our order was paid as asked.
pub(crate) fn says_paid(message: &Value, how: u8) -> bool {
    let partner = how & 1 != 0;
    let is = |name: &str, wanted: &str| message[name] == wanted;
    let amount = &message["amount"];
    let currency = &amount["currency"];
    let attach = &message["attach"];
    let silent = |value: &Value| value.is_null() || *value == "";
    let merchant = match (partner, how & 2) {
        (true, _) => is("sp_mchid", MCHID) && is("sub_mchid", SUB_MCHID),
        (false, _) => is("mchid", MCHID),
    };
    merchant
        && is("out_trade_no", shop::OUT_TRADE_NO)
        && is("trade_state", "SUCCESS")
        && amount["total"] == shop::TOTAL_FEE
        && (currency.is_null() || *currency == "CNY" || !currency.is_string())
        && (silent(attach) || !attach.is_string() || *attach == shop::ATTACH)
}
