//! AEAD_AES_256_GCM, as resources of notifications and platform certificates are encrypted.

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit, Nonce};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

/// `ciphertext` of a resource: base64 of the encrypted bytes with the 16 bytes of their tag at the
/// end. `nonce` has 12 bytes, `key` is a merchant's APIv3 key.
///
/// # Panics
///
/// If nonce or key have another length; the simulator makes the one and checks the other when it
/// starts.
pub(crate) fn seal(key: &str, nonce: &str, associated_data: &str, plaintext: &[u8]) -> String {
    let cipher = Aes256Gcm::new_from_slice(key.as_bytes()).expect("an APIv3 key has 32 bytes");
    let nonce = Nonce::try_from(nonce.as_bytes()).expect("a nonce has 12 bytes");
    let payload = Payload {
        msg: plaintext,
        aad: associated_data.as_bytes(),
    };
    let sealed = cipher
        .encrypt(&nonce, payload)
        .expect("certificates and notifications are far below the cipher's limit");
    BASE64_STANDARD.encode(sealed)
}

/// What [`seal`] was given; `None` if anything does not fit.
#[cfg(test)]
pub(crate) fn open(
    key: &str,
    nonce: &str,
    associated_data: &str,
    ciphertext: &str,
) -> Option<Vec<u8>> {
    let cipher = Aes256Gcm::new_from_slice(key.as_bytes()).ok()?;
    let nonce = Nonce::try_from(nonce.as_bytes()).ok()?;
    let sealed = BASE64_STANDARD.decode(ciphertext).ok()?;
    let payload = Payload {
        msg: &sealed,
        aad: associated_data.as_bytes(),
    };
    cipher.decrypt(&nonce, payload).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "a7cde1ZJB1kG2e7VfTs3jQzaWizur8Gb";
    const NONCE: &str = "uluk4a9R25RW";
    const SEALED: &str = "ulwSiIajGClcvcOYvOQ7+l+0PAbzzwI=";

    #[test]
    fn vector_v3_7_is_sealed_and_opened_as_published() {
        assert_eq!(seal(KEY, NONCE, "associatedData", b"message"), SEALED);
        let opened = open(KEY, NONCE, "associatedData", SEALED);
        assert_eq!(opened.as_deref(), Some(&b"message"[..]));
    }

    #[test]
    fn what_vector_v3_7_says_must_fail_fails() {
        assert_eq!(open(KEY, NONCE, "bad-associatedData", SEALED), None);
        assert_eq!(open(KEY, "bad-4a9R25RW", "associatedData", SEALED), None);
        let zeros = BASE64_STANDARD.encode([0; 128]);
        assert_eq!(open(KEY, NONCE, "associatedData", &zeros), None);
        assert_eq!(open(KEY, "short", "associatedData", SEALED), None);
    }

    #[test]
    fn the_16_byte_key_of_vector_v3_6_is_no_key_for_aes_256() {
        let (key, nonce) = ("testAPIv3Key0000", "wCq51qZv4Yfg");
        let associated_data = "Dl56FrqWQJF1t9LtC3vEUsniZKvbqdR8";
        let sealed = "FsdXzxryWfKwvLJKf8LG/ToRPTRh8RN9wROC";
        assert_eq!(open(key, nonce, associated_data, sealed), None);
    }
}
