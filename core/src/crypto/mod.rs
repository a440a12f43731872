//! Digests, keys and certificates.

pub mod digest;
mod identity;
mod pem;
mod pkcs12;
mod rsa;

pub use identity::{Identity, IdentityError};
pub use pem::{certificates_from_pem, private_key_from_pem};
pub use pkcs12::MAX_PKCS12_BYTES;
pub use rsa::{SigningKey, VerifyingKey};

#[cfg(test)]
mod tests;
