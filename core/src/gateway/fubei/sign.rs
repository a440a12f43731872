//! The signature of requests and callbacks.
//!
//! Source: `SignUtil` of Fubei's Java SDK, after "签名算法" of the interface's documents.

use zeroize::Zeroizing;

use crate::config::Secret;
use crate::crypto::digest::{equal, md5_hex_upper};

/// The signature of `parameters`, which come in ASCII order of their names and without `sign`:
/// `a=1&b=2` with the secret bare behind it, as upper-case MD5.
pub(super) fn sign<'a>(
    parameters: impl Iterator<Item = (&'a str, &'a str)>,
    secret: &Secret,
) -> String {
    let mut string = Zeroizing::new(String::with_capacity(1024));
    for (name, value) in parameters {
        if !string.is_empty() {
            string.push('&');
        }
        for part in [name, "=", value] {
            string.push_str(part);
        }
    }
    string.push_str(secret.expose());
    md5_hex_upper(string.as_bytes())
}

/// Whether `sign` is that of `parameters`, in the same order; capitals do not matter.
///
/// The vendor's own SDKs disagree on whether empty values are signed, so both readings are taken:
/// each needs the secret.
pub(super) fn verify(parameters: &[(&str, &str)], sign_given: &str, secret: &Secret) -> bool {
    let given = sign_given.to_ascii_uppercase();
    let filled = parameters.iter().filter(|(_, value)| !value.is_empty());
    let matches = |made: String| equal(given.as_bytes(), made.as_bytes());
    matches(sign(parameters.iter().copied(), secret)) || matches(sign(filled.copied(), secret))
}
