//! The digests of the gateways' signatures.

use aws_lc_rs::{constant_time, hmac};
use md5::{Digest, Md5};

/// MD5 as upper-case hex.
pub fn md5_hex_upper(data: &[u8]) -> String {
    hex::encode_upper(Md5::digest(data))
}

/// HMAC-SHA256 as upper-case hex.
pub fn hmac_sha256_hex_upper(key: &[u8], data: &[u8]) -> String {
    hex::encode_upper(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), data))
}

/// Compares without telling by its duration where the difference is; lengths are no secret.
pub fn constant_time_eq(left: &[u8], right: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(left, right).is_ok()
}
