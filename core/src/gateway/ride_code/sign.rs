//! The signature of callbacks. The document says that it covers fields 1 to 5, and no more; how is
//! configured, and the defaults are APIv2's.
//!
//! Source: "支付回调接口", `sign`; "签名算法", APIv2.

use zeroize::Zeroizing;

use crate::config::{RideSign, RideSignType, SignKeyStyle};
use crate::crypto::digest::{equal, hmac_sha256_hex_upper, md5_hex_upper};

/// Whether `given` is the signature of `fields` (all that the callback has, as received); capitals do
/// not matter. True for [`RideSignType::None`].
pub(super) fn verify<'a>(
    sign: &'a RideSign,
    field: impl Fn(&'a str) -> (&'a str, &'a str),
    given: &str,
) -> bool {
    let text = || string_to_sign(sign, field);
    let made = match sign.sign_type {
        RideSignType::HmacSha256 => {
            hmac_sha256_hex_upper(sign.key.expose().as_bytes(), text().as_bytes())
        }
        RideSignType::Md5 => md5_hex_upper(text().as_bytes()),
        RideSignType::None => return true,
    };
    equal(given.to_ascii_uppercase().as_bytes(), made.as_bytes())
}

/// `a=1&b=2` in the order of the names as they were received, and the key. `field` tells the name and
/// the value of each.
pub(super) fn string_to_sign<'a>(
    sign: &'a RideSign,
    field: impl Fn(&'a str) -> (&'a str, &'a str),
) -> Zeroizing<String> {
    let mut pairs: Vec<_> = sign
        .fields
        .iter()
        .map(|name| field(name))
        .filter(|(_, value)| !sign.skip_empty || !value.is_empty())
        .collect();
    pairs.sort_unstable();
    let mut text = Zeroizing::new(String::with_capacity(4096));
    for (name, value) in pairs {
        if !text.is_empty() {
            text.push('&');
        }
        for part in [name, "=", value] {
            text.push_str(part);
        }
    }
    if sign.key_style == SignKeyStyle::AmpKey {
        text.push_str("&key=");
    }
    text.push_str(sign.key.expose());
    text
}
