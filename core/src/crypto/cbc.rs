//! AES-CBC with PKCS#7 padding, as ride-code callbacks are encrypted. It proves nothing: what comes
//! out is to be believed for its signature.

use std::fmt;

use zeroize::Zeroizing;

use super::OpenError;

/// A key of AES-128, -192 or -256; wiped on drop, never shown by `Debug`.
pub struct CbcKey(Zeroizing<Vec<u8>>);

impl CbcKey {
    /// `bytes` has to have 16, 24 or 32 of them.
    pub fn new(bytes: Vec<u8>) -> Result<Self, OpenError> {
        match bytes.len() {
            16 | 24 | 32 => Ok(Self(Zeroizing::new(bytes))),
            _ => Err(OpenError::KeyLength),
        }
    }

    /// Decrypts. That the padding is right does not prove that the key was.
    pub fn open(&self, _iv: [u8; 16], _sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
        let _ = &self.0;
        unimplemented!()
    }
}

impl fmt::Debug for CbcKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CbcKey(…)")
    }
}
