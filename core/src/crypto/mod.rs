//! Digests, ciphers, keys and certificates.

mod aead;
mod cbc;
mod certificate;
pub mod digest;
mod ecb;
mod identity;
mod pem;
mod pkcs12;
mod rsa;

pub use aead::aead_open;
pub use cbc::CbcKey;
pub use certificate::{Certificate, NotTrusted};
pub use ecb::ecb_open;
pub use identity::{Identity, IdentityError};
pub use pem::{certificates_from_pem, certificates_to_pem, private_key_from_pem};
pub use pkcs12::MAX_PKCS12_BYTES;
pub use rsa::{KeyFault, SigningKey, VerifyingKey};

/// Why something encrypted does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The key is too short or too long.
    #[error("the key is too short or too long")]
    KeyLength,
    /// The nonce does not have 12 bytes.
    #[error("the nonce does not have 12 bytes")]
    NonceLength,
    /// Another key, or altered, or cut off.
    #[error("it does not open with this key")]
    Refused,
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod vectors;
