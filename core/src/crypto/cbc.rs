//! AES-CBC with PKCS#7 padding, as ride-code callbacks are encrypted. It proves nothing: what comes
//! out is to be believed for its signature.

use std::fmt;

use aws_lc_rs::cipher::{
    AES_128, AES_192, AES_256, Algorithm, DecryptionContext, PaddedBlockDecryptingKey,
    UnboundCipherKey,
};
use zeroize::Zeroizing;

use super::OpenError;

/// A key of AES-128, -192 or -256; wiped on drop, never shown by `Debug`.
pub struct CbcKey {
    algorithm: &'static Algorithm,
    bytes: Zeroizing<Vec<u8>>,
}

impl CbcKey {
    /// `bytes` has to have 16, 24 or 32 of them.
    pub fn new(bytes: Vec<u8>) -> Result<Self, OpenError> {
        let bytes = Zeroizing::new(bytes);
        let algorithm = match bytes.len() {
            16 => &AES_128,
            24 => &AES_192,
            32 => &AES_256,
            _ => return Err(OpenError::KeyLength),
        };
        Ok(Self { algorithm, bytes })
    }

    /// Decrypts. That the padding is right does not prove that the key was.
    pub fn open(&self, iv: [u8; 16], sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
        let key = UnboundCipherKey::new(self.algorithm, &self.bytes)
            .and_then(PaddedBlockDecryptingKey::cbc_pkcs7)
            .map_err(|_| OpenError::KeyLength)?;
        if sealed.is_empty() || !sealed.len().is_multiple_of(self.algorithm.block_len()) {
            return Err(OpenError::Refused);
        }
        let mut buffer = sealed.to_vec();
        let length = key
            .decrypt(&mut buffer, DecryptionContext::Iv128(iv.into()))
            .map_err(|_| OpenError::Refused)?
            .len();
        buffer.truncate(length);
        Ok(buffer)
    }
}

impl fmt::Debug for CbcKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CbcKey(…)")
    }
}
