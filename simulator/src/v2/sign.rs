//! APIv2 signatures, written for the simulator alone: a mistake in the library must not be mirrored here.

use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use sha2::Sha256;

use crate::settings::SignType;

/// The signature over `fields`: non-empty values other than `sign`, sorted by name, with the key
/// at the end (protocol §4.3).
pub(crate) fn sign<'a>(
    fields: impl IntoIterator<Item = (&'a str, &'a str)>,
    key: &str,
    sign_type: SignType,
) -> String {
    let mut pairs: Vec<_> = fields
        .into_iter()
        .filter(|(name, value)| *name != "sign" && !value.is_empty())
        .collect();
    pairs.sort_unstable();
    let mut text = String::new();
    for (name, value) in pairs {
        text.push_str(name);
        text.push('=');
        text.push_str(value);
        text.push('&');
    }
    text.push_str("key=");
    text.push_str(key);
    match sign_type {
        SignType::Md5 => hex::encode_upper(Md5::digest(&text)),
        SignType::HmacSha256 => {
            let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes())
                .expect("HMAC takes keys of any length");
            mac.update(text.as_bytes());
            hex::encode_upper(mac.finalize().into_bytes())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documents_own_example_is_signed_as_they_print_it() {
        let fields = [
            ("mch_id", "10000100"),
            ("appid", "wxd930ea5d5a258f4f"),
            ("nonce_str", "ibuaiVcKdpRxkhJA"),
            ("device_info", "1000"),
            ("body", "test"),
            ("sign", "left out"),
        ];
        let key = "192006250b4c09247ec02edce69f6a2d";
        assert_eq!(
            sign(fields, key, SignType::Md5),
            "9A0A8659F005D6984697E2CA0A9CF3B7"
        );
        assert_eq!(
            sign(fields, key, SignType::HmacSha256),
            "6A9AE1657590FD6257D693A078E1C3E4BB6BA4DC30B23E0EE2496E54170DACD6"
        );
    }

    #[test]
    fn names_of_mixed_case_and_values_with_an_equals_sign_are_signed_as_they_are() {
        let fields = |sign_type| {
            [
                ("appId", "mock-appid"),
                ("timeStamp", "1601234567"),
                ("nonceStr", "mock-nonce"),
                ("package", "prepay_id=mock-prepay-id"),
                ("signType", sign_type),
            ]
        };
        let key = "mock-v2-secret-key";
        assert_eq!(
            sign(fields("MD5"), key, SignType::Md5),
            "C52D6B09E8A039D6E8696A014BB37160"
        );
        assert_eq!(
            sign(fields("HMAC-SHA256"), key, SignType::HmacSha256),
            "BAC9240577E86EDC7753264E502196C61F78F24777E9E7CCE82A7BD97F906EED"
        );
    }

    #[test]
    fn empty_values_are_skipped_and_zero_is_not_empty() {
        let key = "yansongda";
        let with_empty = [("name", "yansongda"), ("age", "29"), ("foo", "")];
        assert_eq!(
            sign(with_empty, key, SignType::Md5),
            "3213848AED2C380749FD1D559555881D"
        );
        assert_ne!(
            sign([("name", "yansongda"), ("foo", "0")], key, SignType::Md5),
            sign([("name", "yansongda")], key, SignType::Md5)
        );
    }
}
