//! Digests, constant-time comparison and random identifiers.

use aws_lc_rs::{constant_time, digest, hmac, rand};
use md5::{Digest, Md5};

/// MD5 in upper-case hex: the `MD5` signature of APIv2. Good for nothing else.
pub fn md5_hex_upper(data: &[u8]) -> String {
    hex::encode_upper(Md5::digest(data))
}

/// HMAC-SHA256 in upper-case hex: the `HMAC-SHA256` signature of APIv2.
pub fn hmac_sha256_hex_upper(key: &[u8], data: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    hex::encode_upper(hmac::sign(&key, data))
}

/// SHA-256.
pub fn sha256(data: &[u8]) -> [u8; 32] {
    digest::digest(&digest::SHA256, data)
        .as_ref()
        .try_into()
        .expect("a SHA-256 digest has 32 bytes")
}

/// Whether two signatures are equal; how long that takes tells nothing but their lengths.
pub fn equal(a: &[u8], b: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(a, b).is_ok()
}

/// 128 random bits as 32 characters `[0-9a-f]`, from the machine's cryptographic source.
pub fn random_hex() -> String {
    let mut bytes = [0; 16];
    rand::fill(&mut bytes)
        .expect("the library ends the process when the machine has no randomness");
    hex::encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Text, HMAC key, expected digests. The first is the documents' own (APIv2, chapter 4_3).
    const MD5_VECTORS: [(&str, &str); 3] = [
        (
            "appid=wxd930ea5d5a258f4f&body=test&device_info=1000&mch_id=10000100\
             &nonce_str=ibuaiVcKdpRxkhJA&key=192006250b4c09247ec02edce69f6a2d",
            "9A0A8659F005D6984697E2CA0A9CF3B7",
        ),
        (
            "appId=mock-appid&nonceStr=mock-nonce&package=prepay_id=mock-prepay-id&signType=MD5\
             &timeStamp=1601234567&key=mock-v2-secret-key",
            "C52D6B09E8A039D6E8696A014BB37160",
        ),
        (
            "age=29&name=yansongda&key=yansongda",
            "3213848AED2C380749FD1D559555881D",
        ),
    ];
    const HMAC_VECTORS: [(&str, &str, &str); 2] = [
        (
            "192006250b4c09247ec02edce69f6a2d",
            "appid=wxd930ea5d5a258f4f&body=test&device_info=1000&mch_id=10000100\
             &nonce_str=ibuaiVcKdpRxkhJA&key=192006250b4c09247ec02edce69f6a2d",
            "6A9AE1657590FD6257D693A078E1C3E4BB6BA4DC30B23E0EE2496E54170DACD6",
        ),
        (
            "mock-v2-secret-key",
            "appId=mock-appid&nonceStr=mock-nonce&package=prepay_id=mock-prepay-id\
             &signType=HMAC-SHA256&timeStamp=1601234567&key=mock-v2-secret-key",
            "BAC9240577E86EDC7753264E502196C61F78F24777E9E7CCE82A7BD97F906EED",
        ),
    ];

    #[test]
    fn the_published_signatures_come_out() {
        for (text, expected) in MD5_VECTORS {
            assert_eq!(md5_hex_upper(text.as_bytes()), expected);
        }
        for (key, text, expected) in HMAC_VECTORS {
            assert_eq!(
                hmac_sha256_hex_upper(key.as_bytes(), text.as_bytes()),
                expected
            );
        }
    }

    #[test]
    fn sha256_gives_the_digest_of_the_standard() {
        assert_eq!(
            hex::encode(sha256(b"abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn only_the_same_bytes_are_equal() {
        assert!(equal(b"", b""));
        assert!(equal(b"9A0A", b"9A0A"));
        assert!(!equal(b"9A0A", b"9A0B"));
        assert!(!equal(b"9A0A", b"9A0"));
        assert!(!equal(b"9A0A", b""));
    }

    #[test]
    fn random_identifiers_are_32_hex_digits_and_differ() {
        let (first, second) = (random_hex(), random_hex());
        assert_eq!(first.len(), 32);
        assert!(
            first
                .bytes()
                .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
        );
        assert_ne!(first, second);
    }
}
