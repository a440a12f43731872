//! RSA signatures: PKCS#1 v1.5 with SHA-256, the one that APIv3 uses.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::error::KeyRejected;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, PublicKey};
use aws_lc_rs::signature::{
    KeyPair as _, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256,
};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, SubjectPublicKeyInfoDer};
use x509_parser::prelude::FromDer;
use x509_parser::public_key::RSAPublicKey;
use zeroize::Zeroize;

use super::pem::without_mark;
use super::{IdentityError, private_key_from_pem};

const SMALLEST_BITS: usize = 2048;

/// A private RSA key that signs. It is wiped when the last copy is dropped.
#[derive(Clone)]
pub struct SigningKey(Arc<KeyPair>);

/// A public RSA key that verifies, read from PKCS#1 DER once: what a verification needs beyond the
/// numbers is worked out with the first one and kept.
#[derive(Clone)]
pub struct VerifyingKey(Arc<ParsedPublicKey>);

/// Why a key cannot be used. The texts hold no part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// The PEM around it.
    #[error(transparent)]
    Pem(#[from] IdentityError),
    /// Not RSA, too short, or inconsistent.
    #[error("holds a private key that cannot be used; RSA of 2048 bits or more is needed")]
    Private,
    /// Not RSA, too short, or no key at all.
    #[error("holds a public key that cannot be used; RSA of 2048 bits or more is needed")]
    Public,
    /// PEM, but of something else.
    #[error("holds no public key (BEGIN PUBLIC KEY)")]
    NoPublicKey,
    /// A certificate where a public key belongs.
    #[error("holds a certificate, not a public key (BEGIN PUBLIC KEY)")]
    CertificateInstead,
}

/// Shows nothing.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey")
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VerifyingKey")
    }
}

impl PartialEq for VerifyingKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_ref().as_ref() == other.0.as_ref().as_ref()
    }
}

impl Eq for VerifyingKey {}

impl SigningKey {
    /// From an unencrypted PEM file: `PRIVATE KEY` (PKCS#8) or `RSA PRIVATE KEY` (PKCS#1).
    pub fn from_pem(file: &[u8]) -> Result<Self, KeyFault> {
        let mut key = private_key_from_pem(file)?;
        let signing = match &key {
            PrivateKeyDer::Pkcs8(der) => Self::from_pkcs8(der.secret_pkcs8_der()),
            PrivateKeyDer::Pkcs1(der) => Self::from_pkcs1(der.secret_pkcs1_der()),
            _ => Err(KeyFault::Private),
        };
        key.zeroize();
        signing
    }

    /// From PKCS#8 DER.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, KeyFault> {
        Self::parsed(KeyPair::from_pkcs8(der))
    }

    /// From PKCS#1 DER.
    pub fn from_pkcs1(der: &[u8]) -> Result<Self, KeyFault> {
        Self::parsed(KeyPair::from_der(der))
    }

    /// The parser checks the numbers and the size.
    fn parsed(key: Result<KeyPair, KeyRejected>) -> Result<Self, KeyFault> {
        key.map(|key| Self(Arc::new(key)))
            .map_err(|_| KeyFault::Private)
    }

    /// The public half: equal to that of the certificate which the key belongs to.
    pub fn public(&self) -> VerifyingKey {
        VerifyingKey::from_pkcs1(self.0.public_key().as_ref())
            .expect("the public half of a checked key is written as it is read")
    }

    /// The signature over `message`.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                message,
                &mut signature,
            )
            .expect("a checked key signs, and the buffer has the size of its modulus");
        signature
    }
}

impl VerifyingKey {
    /// From a PEM file with a `PUBLIC KEY`. If there are several, the first.
    pub fn from_pem(file: &[u8]) -> Result<Self, KeyFault> {
        let file = without_mark(file);
        match SubjectPublicKeyInfoDer::pem_slice_iter(file).next() {
            Some(Ok(der)) => Self::from_spki(&der),
            Some(Err(_)) => Err(IdentityError::DamagedPem.into()),
            None if CertificateDer::from_pem_slice(file).is_ok() => {
                Err(KeyFault::CertificateInstead)
            }
            None => Err(KeyFault::NoPublicKey),
        }
    }

    /// From the DER of a `SubjectPublicKeyInfo`: of a PEM `PUBLIC KEY` or inside a certificate.
    pub fn from_spki(der: &[u8]) -> Result<Self, KeyFault> {
        let key = PublicKey::from_der(der).map_err(|_| KeyFault::Public)?;
        match RSAPublicKey::from_der(key.as_ref()) {
            Ok((_, numbers)) if numbers.key_size() >= SMALLEST_BITS => {
                Self::from_pkcs1(key.as_ref())
            }
            _ => Err(KeyFault::Public),
        }
    }

    fn from_pkcs1(der: &[u8]) -> Result<Self, KeyFault> {
        ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der)
            .map(|key| Self(Arc::new(key)))
            .map_err(|_| KeyFault::Public)
    }

    /// Whether `signature` was made over `message` with the private half.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0.verify_sig(message, signature).is_ok()
    }
}
