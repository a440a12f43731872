//! APIv2 signatures: a digest over all non-empty parameters and the API key.

use zeroize::Zeroizing;

use crate::config::{Secret, SignType};
use crate::crypto::digest::{equal, hmac_sha256_hex_upper, md5_hex_upper};
use crate::fields::Fields;
use crate::gateway::rules::trimmed;

/// As it is sent in `sign_type`.
pub(super) fn name(sign_type: SignType) -> &'static str {
    match sign_type {
        SignType::Md5 => "MD5",
        SignType::HmacSha256 => "HMAC-SHA256",
    }
}

/// The signature of `parameters`, in the order of their names, upper-case hex.
pub(super) fn sign<'a>(
    parameters: impl Iterator<Item = (&'a str, &'a str)>,
    key: &Secret,
    sign_type: SignType,
) -> String {
    digest(&string_to_sign(parameters, key), key, sign_type)
}

/// Whether the parameters' own `sign` is theirs; `false` too if there is none.
///
/// The official SDK trims values before it signs, so a signature over the values without outer
/// blanks is as good: both take the key. Capitals do not matter; the length does, so that an answer
/// cannot choose the weaker algorithm.
pub(super) fn verify(parameters: &Fields, key: &Secret, sign_type: SignType) -> bool {
    let Some(sign) = parameters.get("sign") else {
        return false;
    };
    let sign = sign.to_ascii_uppercase();
    let matches = |string: &str| equal(sign.as_bytes(), digest(string, key, sign_type).as_bytes());
    let trimmed_values = parameters
        .iter()
        .map(|(name, value)| (name, trimmed(value)));
    matches(&string_to_sign(parameters.iter(), key))
        || matches(&string_to_sign(trimmed_values, key))
}

/// `a=1&b=2&key=…`: names in ASCII order (which is the order of [`Fields`]), values raw, empty ones
/// and `sign` left out. A zero is not empty.
fn string_to_sign<'a>(
    parameters: impl Iterator<Item = (&'a str, &'a str)>,
    key: &Secret,
) -> Zeroizing<String> {
    let mut string = Zeroizing::new(String::with_capacity(1024));
    for (name, value) in parameters {
        if name != "sign" && !value.is_empty() {
            for part in [name, "=", value, "&"] {
                string.push_str(part);
            }
        }
    }
    string.push_str("key=");
    string.push_str(key.expose());
    string
}

fn digest(string: &str, key: &Secret, sign_type: SignType) -> String {
    match sign_type {
        SignType::Md5 => md5_hex_upper(string.as_bytes()),
        SignType::HmacSha256 => hmac_sha256_hex_upper(key.expose().as_bytes(), string.as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        pairs.iter().copied().collect()
    }

    fn v2_1() -> (Fields, Secret) {
        (
            fields(&[
                ("appid", "wxd930ea5d5a258f4f"),
                ("mch_id", "10000100"),
                ("device_info", "1000"),
                ("body", "test"),
                ("nonce_str", "ibuaiVcKdpRxkhJA"),
            ]),
            Secret::new("192006250b4c09247ec02edce69f6a2d"),
        )
    }

    #[test]
    fn vector_v2_1_the_official_documents_example() {
        let (parameters, key) = v2_1();

        assert_eq!(
            sign(parameters.iter(), &key, SignType::Md5),
            "9A0A8659F005D6984697E2CA0A9CF3B7"
        );
        assert_eq!(
            sign(parameters.iter(), &key, SignType::HmacSha256),
            "6A9AE1657590FD6257D693A078E1C3E4BB6BA4DC30B23E0EE2496E54170DACD6"
        );
    }

    #[test]
    fn vector_v2_2_mixed_case_names_and_an_equals_sign_in_a_value() {
        let key = Secret::new("mock-v2-secret-key");
        for (sign_type, wanted) in [
            (SignType::Md5, "C52D6B09E8A039D6E8696A014BB37160"),
            (
                SignType::HmacSha256,
                "BAC9240577E86EDC7753264E502196C61F78F24777E9E7CCE82A7BD97F906EED",
            ),
        ] {
            let parameters = fields(&[
                ("timeStamp", "1601234567"),
                ("appId", "mock-appid"),
                ("signType", name(sign_type)),
                ("package", "prepay_id=mock-prepay-id"),
                ("nonceStr", "mock-nonce"),
            ]);
            assert_eq!(sign(parameters.iter(), &key, sign_type), wanted);
        }
    }

    #[test]
    fn vector_v2_3_an_empty_value_is_left_out() {
        let parameters = fields(&[("name", "yansongda"), ("age", "29"), ("foo", "")]);

        assert_eq!(
            sign(parameters.iter(), &Secret::new("yansongda"), SignType::Md5),
            "3213848AED2C380749FD1D559555881D"
        );
    }

    #[test]
    fn a_zero_is_signed_and_the_sign_itself_is_not() {
        let (mut parameters, key) = v2_1();
        let without = sign(parameters.iter(), &key, SignType::Md5);

        parameters.set("sign", "anything");
        assert_eq!(sign(parameters.iter(), &key, SignType::Md5), without);
        parameters.set("coupon_fee", "0");
        assert_ne!(sign(parameters.iter(), &key, SignType::Md5), without);
    }

    #[test]
    fn a_signature_is_verified_in_either_case_and_with_trimmed_values() {
        let (mut parameters, key) = v2_1();
        let right = sign(parameters.iter(), &key, SignType::Md5);

        for sign in [right.clone(), right.to_lowercase()] {
            parameters.set("sign", sign);
            assert!(verify(&parameters, &key, SignType::Md5));
        }
        parameters.set("body", " test\n");
        assert!(verify(&parameters, &key, SignType::Md5));
        parameters.set("body", "te st");
        assert!(!verify(&parameters, &key, SignType::Md5));
    }

    #[test]
    fn a_missing_wrong_cut_or_other_algorithms_signature_is_refused() {
        let (mut parameters, key) = v2_1();
        let md5 = sign(parameters.iter(), &key, SignType::Md5);
        let hmac = sign(parameters.iter(), &key, SignType::HmacSha256);

        assert!(!verify(&parameters, &key, SignType::Md5), "missing");
        for wrong in ["", "0", &md5[..31], &hmac, &"0".repeat(32)] {
            parameters.set("sign", wrong);
            assert!(!verify(&parameters, &key, SignType::Md5), "{wrong}");
        }
        parameters.set("sign", md5);
        assert!(!verify(&parameters, &key, SignType::HmacSha256));
        assert!(!verify(&parameters, &Secret::new("other"), SignType::Md5));
    }
}
