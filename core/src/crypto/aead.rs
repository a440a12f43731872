//! AES-256-GCM as APIv3 encrypts with it: certificates and notifications.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

use super::OpenError;

/// Decrypts. `sealed` ends with the 16-byte tag; `key` is 32 bytes, `nonce` 12. All lengths may come
/// from outside.
///
/// Source: "证书和回调报文解密", APIv3.
pub fn aead_open(
    key: &[u8],
    nonce: &[u8],
    associated_data: &[u8],
    sealed: &[u8],
) -> Result<Vec<u8>, OpenError> {
    let key = UnboundKey::new(&AES_256_GCM, key).map_err(|_| OpenError::KeyLength)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| OpenError::NonceLength)?;
    let mut buffer = sealed.to_vec();
    let length = LessSafeKey::new(key)
        .open_in_place(nonce, Aad::from(associated_data), &mut buffer)
        .map_err(|_| OpenError::Refused)?
        .len();
    buffer.truncate(length);
    Ok(buffer)
}
