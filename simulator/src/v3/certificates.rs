//! `GET /v3/certificates` and `/v3/global/certificates` (protocol §5.3).

use serde_json::{Value, json};

use super::keys::VALID_YEARS;
use super::{Problem, Verified, aead};
use crate::shared::Shared;

/// Every valid platform certificate, encrypted with the merchant's APIv3 key.
pub(super) fn respond(shared: &Shared, request: &Verified<'_>) -> Result<Value, Problem> {
    let Some(certificates) = shared.keys().certificates() else {
        return Err(Problem::new(
            404,
            "RESOURCE_NOT_EXISTS",
            "无可用的平台证书，请在商户平台-API安全申请使用微信支付公钥。",
        ));
    };
    let (from, to) = VALID_YEARS;
    let key = &request.merchant.api_v3_key;
    let data: Vec<_> = certificates
        .iter()
        .map(|certificate| {
            let nonce = shared.nonce()[..12].to_lowercase();
            let text = certificate.pem.trim_end().as_bytes();
            json!({
                "serial_no": certificate.serial,
                "effective_time": format!("{from}-01-01T08:00:00+08:00"),
                "expire_time": format!("{to}-01-01T08:00:00+08:00"),
                "encrypt_certificate": {
                    "algorithm": "AEAD_AES_256_GCM",
                    "nonce": nonce,
                    "associated_data": "certificate",
                    "ciphertext": aead::seal(key, &nonce, "certificate", text),
                },
            })
        })
        .collect();
    Ok(json!({ "data": data }))
}
