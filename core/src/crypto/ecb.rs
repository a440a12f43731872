//! AES-256-ECB with PKCS#7 padding, as APIv2 encrypts `req_info` of refund notices. Good for nothing
//! else: it hides no patterns and proves nothing.

use aws_lc_rs::cipher::{AES_256, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey};

use super::OpenError;

/// Decrypts; `key` is 32 bytes. That the padding is right does not prove that the key was.
pub fn ecb_open(key: &[u8], sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
    let key = UnboundCipherKey::new(&AES_256, key).map_err(|_| OpenError::KeyLength)?;
    let key = PaddedBlockDecryptingKey::ecb_pkcs7(key).map_err(|_| OpenError::KeyLength)?;
    if sealed.is_empty() || !sealed.len().is_multiple_of(AES_256.block_len()) {
        return Err(OpenError::Refused);
    }
    let mut buffer = sealed.to_vec();
    let length = key
        .decrypt(&mut buffer, DecryptionContext::None)
        .map_err(|_| OpenError::Refused)?
        .len();
    buffer.truncate(length);
    Ok(buffer)
}
