//! A merchant and a platform for tests: keys of `tests/fixtures`, certificates made as needed.

use std::path::PathBuf;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use rcgen::{CertificateParams, DnType, Issuer, KeyPair, SerialNumber};
use rustls_pki_types::CertificateDer;
use serde_json::{Value, json};

use super::WechatV3;
use crate::clock::Moment;
use crate::config::{PlatformCertificates, Region, Secret, WechatV3Config};
use crate::crypto::vectors::vector;
use crate::crypto::{SigningKey, certificates_from_pem};
use crate::exchange::Reply;

/// Within the validity of every fixture.
pub(crate) const NOW: i64 = 1_800_000_000;
pub(crate) const DAY: i64 = 24 * 3600;
pub(crate) const API_V3_KEY: &str = "0123456789abcdef0123456789ABCDEF";
pub(crate) const PUBLIC_KEY_ID: &str = "PUB_KEY_ID_0110000100202501010000000000000001";
/// Of [`platform_certificate`]'s.
pub(crate) const SERIAL: &str = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1";
pub(crate) const NEXT_SERIAL: &str = "7A57F09EFDC096DE15EBE81A47057A7232F1B8E2";

const CA: &str = include_str!("../../../tests/fixtures/ca.pem");
const CA_KEY: &str = include_str!("../../../tests/fixtures/ca.key.pem");
const PLATFORM_KEY: &str = include_str!("../../../tests/fixtures/rsa.key.pem");

/// A merchant with platform certificates, issued by the test authority.
pub(crate) fn config() -> WechatV3Config {
    WechatV3Config {
        appid: "wx2421b1c4370ec43b".into(),
        mchid: "10000100".into(),
        partner: false,
        sub_appid: None,
        sub_mchid: None,
        merchant_category_code: None,
        serial_no: "8F57F09EFDC096DE15EBE81A47057A7232F1B8E1".into(),
        certificate_expires: None,
        private_key: merchant_key(),
        api_v3_key: Secret::new(API_V3_KEY),
        public_keys: Vec::new(),
        platform_certificates: Some(PlatformCertificates {
            cache: PathBuf::from("/nowhere"),
            extra_roots: certificates_from_pem(CA.as_bytes()).unwrap(),
        }),
        auth_code_check: true,
        region: Region::Mainland,
    }
}

/// The same merchant with a public key and nothing to download.
pub(crate) fn public_key_config() -> WechatV3Config {
    WechatV3Config {
        public_keys: vec![(PUBLIC_KEY_ID.into(), platform_key().public())],
        platform_certificates: None,
        ..config()
    }
}

pub(crate) fn gateway() -> WechatV3 {
    WechatV3::new(config())
}

pub(crate) fn merchant_key() -> SigningKey {
    SigningKey::from_pkcs8(&vector("v3-1").bytes("private_key")).unwrap()
}

/// The key of every platform certificate and of the public key.
pub(crate) fn platform_key() -> SigningKey {
    SigningKey::from_pem(PLATFORM_KEY.as_bytes()).unwrap()
}

/// Which certificate [`issue`] makes.
#[derive(Clone)]
pub(crate) struct Wanted<'a> {
    pub(crate) serial: &'a str,
    pub(crate) common_name: Option<&'a str>,
    pub(crate) not_before: i64,
    pub(crate) not_after: i64,
    /// By the test authority, or by nobody.
    pub(crate) issued: bool,
    pub(crate) authority: bool,
}

impl Default for Wanted<'_> {
    /// A platform certificate of five years, a month old.
    fn default() -> Self {
        Self {
            serial: SERIAL,
            common_name: Some("Tenpay.com sign"),
            not_before: NOW - 30 * DAY,
            not_after: NOW + 5 * 365 * DAY,
            issued: true,
            authority: false,
        }
    }
}

pub(crate) fn issue(wanted: &Wanted<'_>) -> CertificateDer<'static> {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    if let Some(name) = wanted.common_name {
        params.distinguished_name.push(DnType::CommonName, name);
    }
    let time = |seconds: i64| {
        let time = jiff::Timestamp::from_second(seconds).unwrap();
        let date = time.to_zoned(jiff::tz::TimeZone::UTC);
        let (year, month, day) = (date.year(), date.month(), date.day());
        rcgen::date_time_ymd(
            year.into(),
            month.try_into().unwrap(),
            day.try_into().unwrap(),
        )
    };
    params.not_before = time(wanted.not_before);
    params.not_after = time(wanted.not_after);
    params.serial_number = Some(SerialNumber::from(hex::decode(wanted.serial).unwrap()));
    if wanted.authority {
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    }
    let key = KeyPair::from_pem(PLATFORM_KEY).unwrap();
    let certificate = match wanted.issued {
        true => {
            let ca = KeyPair::from_pem(CA_KEY).unwrap();
            let issuer = Issuer::from_ca_cert_pem(CA, ca).unwrap();
            params.signed_by(&key, &issuer)
        }
        false => params.self_signed(&key),
    };
    certificate.unwrap().der().clone()
}

/// A certificate as `/v3/certificates` sends it.
pub(crate) fn sealed(serial: &str, certificate: &[u8], key: &str) -> Value {
    let nonce = "61f9c719728a";
    let mut text = certificate.to_vec();
    let cipher = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key.as_bytes()).unwrap());
    cipher
        .seal_in_place_append_tag(
            Nonce::try_assume_unique_for_key(nonce.as_bytes()).unwrap(),
            Aad::from(b"certificate"),
            &mut text,
        )
        .unwrap();
    json!({
        "serial_no": serial,
        "effective_time ": "2018-06-08T10:34:56+08:00",
        "expire_time": 0,
        "encrypt_certificate": {
            "algorithm": "AEAD_AES_256_GCM",
            "nonce": nonce,
            "associated_data": "certificate",
            "ciphertext": BASE64.encode(text),
        },
    })
}

/// The answer of `/v3/certificates` with these, unsigned.
pub(crate) fn download(wanted: &[Wanted<'_>]) -> Vec<u8> {
    let data: Vec<Value> = wanted
        .iter()
        .map(|wanted| {
            let pem = crate::crypto::certificates_to_pem([&issue(wanted)]);
            sealed(wanted.serial, pem.as_bytes(), API_V3_KEY)
        })
        .collect();
    json!({ "data": data }).to_string().into_bytes()
}

/// An answer that the platform has signed under `serial` at `at`, arriving at [`NOW`].
pub(crate) fn signed(status: u16, body: &[u8], serial: &str, at: i64) -> Reply {
    Reply {
        headers: headers(body, serial, at),
        ..reply(status, body)
    }
}

/// An answer without signature, arriving at [`NOW`].
pub(crate) fn reply(status: u16, body: &[u8]) -> Reply {
    Reply {
        status,
        headers: Vec::new(),
        body: body.to_vec(),
        host: "https://api.mch.weixin.qq.com".to_owned(),
        sent_at: Moment::default(),
        elapsed: std::time::Duration::ZERO,
        new_connection: true,
        repeated: false,
        date: Some(NOW),
        now: Some(NOW),
    }
}

/// The signature headers of a message.
pub(crate) fn headers(body: &[u8], serial: &str, at: i64) -> Vec<(String, String)> {
    let nonce = "e59e78a6c3f7dfd7e84aabee71be0452";
    let message = [format!("{at}\n{nonce}\n").as_bytes(), body, b"\n"].concat();
    let signature = BASE64.encode(platform_key().sign(&message));
    [
        ("wechatpay-timestamp", at.to_string()),
        ("wechatpay-nonce", nonce.to_owned()),
        ("wechatpay-signature", signature),
        ("wechatpay-serial", serial.to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec()
}
