//! The answer of `/v3/certificates`: encrypted certificates in JSON, and who may have issued them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use rustls_pki_types::CertificateDer;
use serde_json::Value;

use crate::crypto::{Certificate, NotTrusted, OpenError, aead_open, certificates_from_pem};
use crate::gateway::KeyError;
use crate::json;

/// What one encrypted certificate may have, in Base64. Real ones have 2 KiB.
const LONGEST: usize = 16 * 1024;

/// A certificate as the gateway sent it, not yet trusted.
#[derive(Debug)]
pub(super) struct Sent(Certificate);

/// Why a certificate is not taken up.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// There is none.
    None,
    /// The JSON around it.
    Malformed,
    /// Another cipher: of the SM2 family.
    Algorithm,
    /// It does not open.
    Sealed,
    /// What was in it.
    NoCertificate,
    /// Another one than it is said to be.
    Serial,
    /// A merchant's own.
    Merchant,
    /// Whose it is not.
    Trust(NotTrusted),
}

impl Refused {
    pub(super) fn into_error(self) -> KeyError {
        let (why, refused) = match self {
            Self::None => ("WeChat Pay has sent no platform certificate", false),
            Self::Malformed => (
                "the answer with the platform certificates is malformed",
                false,
            ),
            Self::Algorithm => (
                "WeChat Pay has sent platform certificates in an encryption other than \
                 AEAD_AES_256_GCM only",
                false,
            ),
            Self::Sealed => (
                "the platform certificates do not open with api_v3_key: it is not the merchant's \
                 APIv3 key; set it as it stands at 商户平台 → 账户中心 → API安全 → APIv3密钥",
                true,
            ),
            Self::NoCertificate => (
                "WeChat Pay has sent something else as a platform certificate",
                false,
            ),
            Self::Serial => (
                "WeChat Pay has sent a platform certificate with another serial number than it says",
                false,
            ),
            Self::Merchant => (
                "what came as a platform certificate is a merchant's own certificate",
                false,
            ),
            Self::Trust(NotTrusted::Issuer) => (
                "the platform certificate was not issued by WeChat Pay's own authority (nor by \
                 one in platform_ca)",
                false,
            ),
            Self::Trust(NotTrusted::Expired | NotTrusted::NotYet) => (
                "the platform certificate is not valid now; is this machine's clock right?",
                false,
            ),
        };
        KeyError {
            why: why.to_owned(),
            refused,
        }
    }
}

impl Sent {
    /// Whether it is one that answers may be verified with, now or later.
    pub(super) fn trusted(self, roots: &[Certificate], now: i64) -> Result<Certificate, Refused> {
        // One that is handed out ahead of its time is kept for later.
        let then = now.max(self.0.not_before());
        check(self.0, roots, then)
    }
}

/// One that was kept. `now` may be wrong, so expired ones are told by it only, and the chain is
/// checked for a time at which it could be right.
pub(super) fn from_cache(
    der: CertificateDer<'static>,
    roots: &[Certificate],
    now: i64,
) -> Result<Certificate, Refused> {
    let certificate = Certificate::from_der(der).map_err(|_| Refused::NoCertificate)?;
    let then = now.clamp(
        certificate.not_before(),
        certificate.not_after().max(certificate.not_before()),
    );
    check(certificate, roots, then)
}

fn check(
    certificate: Certificate,
    roots: &[Certificate],
    time: i64,
) -> Result<Certificate, Refused> {
    // The same authority issues the merchants' certificates, in the name of their numbers.
    let merchant = |name: &str| name.bytes().all(|byte| byte.is_ascii_digit());
    if certificate.common_name().is_none_or(merchant) {
        return Err(Refused::Merchant);
    }
    certificate
        .check_issuer(roots, time)
        .map_err(Refused::Trust)?;
    Ok(certificate)
}

/// Decrypts at most `most` certificates.
pub(super) fn open(
    body: &[u8],
    api_v3_key: &[u8],
    most: usize,
) -> Result<Vec<Result<Sent, Refused>>, KeyError> {
    let body = json::parse(body, most * LONGEST).map_err(|_| Refused::Malformed.into_error())?;
    let data = body
        .get("data")
        .and_then(Value::as_array)
        .filter(|data| data.len() <= most)
        .ok_or_else(|| Refused::Malformed.into_error())?;
    Ok(data.iter().map(|one| open_one(one, api_v3_key)).collect())
}

/// The times beside it are not looked at: the certificate has its own.
fn open_one(one: &Value, api_v3_key: &[u8]) -> Result<Sent, Refused> {
    let text = |value: &Value, key: &str| -> Result<String, Refused> {
        let text = value.get(key).and_then(Value::as_str);
        let text = text.filter(|text| text.len() <= LONGEST);
        text.map(str::to_owned).ok_or(Refused::Malformed)
    };
    let serial = text(one, "serial_no")?;
    let sealed = one.get("encrypt_certificate").ok_or(Refused::Malformed)?;
    if text(sealed, "algorithm")? != "AEAD_AES_256_GCM" {
        return Err(Refused::Algorithm);
    }
    let ciphertext = BASE64
        .decode(text(sealed, "ciphertext")?)
        .map_err(|_| Refused::Malformed)?;
    let associated_data = match sealed.get("associated_data") {
        None | Some(Value::Null) => String::new(),
        Some(_) => text(sealed, "associated_data")?,
    };
    let pem = aead_open(
        api_v3_key,
        text(sealed, "nonce")?.as_bytes(),
        associated_data.as_bytes(),
        &ciphertext,
    )
    .map_err(|error| match error {
        OpenError::NonceLength => Refused::Malformed,
        _ => Refused::Sealed,
    })?;
    let certificate = certificates_from_pem(&pem)
        .map_err(|_| Refused::NoCertificate)?
        .swap_remove(0);
    let certificate = Certificate::from_der(certificate).map_err(|_| Refused::NoCertificate)?;
    if certificate.serial() != serial {
        return Err(Refused::Serial);
    }
    Ok(Sent(certificate))
}
