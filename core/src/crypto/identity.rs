//! A certificate chain with its private key.

use std::fmt;
use std::sync::Arc;

use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::sign::CertifiedKey;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use x509_parser::prelude::{FromDer, X509Certificate, X509Version};
use zeroize::Zeroize;

use super::{certificates_from_pem, pkcs12, private_key_from_pem};

/// A certificate chain with its private key, checked to belong together.
#[derive(Clone)]
pub struct Identity(Arc<IdentityParts>);

struct IdentityParts {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    serial: String,
    subject: String,
    not_before: i64,
    not_after: i64,
}

impl Drop for IdentityParts {
    fn drop(&mut self) {
        self.key.zeroize();
    }
}

/// Why a certificate with its key cannot be used. The texts hold no part of a key or password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// Larger than [`super::MAX_PKCS12_BYTES`].
    #[error("is larger than 64 KiB, which no client certificate is")]
    TooLarge,
    /// The MAC does not fit the password (or, rarely, the content was altered since).
    #[error("does not open: the password is wrong")]
    WrongPassword,
    /// Not PKCS#12, cut off, or otherwise unreadable.
    #[error("is damaged or not a PKCS#12 file; download it again")]
    DamagedPkcs12,
    /// Encrypted or authenticated in a way that is not supported, or with absurd parameters.
    #[error(
        "is encrypted in a way that is not supported; convert it with \
         `openssl pkcs12 -in old.p12 -nodes -out all.pem` and \
         `openssl pkcs12 -export -in all.pem -out new.p12`, then delete all.pem"
    )]
    UnsupportedEncryption,
    /// Broken PEM.
    #[error("is damaged: its PEM cannot be read; download it again")]
    DamagedPem,
    /// A certificate that cannot be read or is no X.509 version 3 certificate.
    #[error("holds a certificate that cannot be read (X.509 version 3 is needed)")]
    BadCertificate,
    /// No certificate.
    #[error("holds no certificate")]
    NoCertificate,
    /// No private key.
    #[error("holds no private key")]
    NoKey,
    /// The PEM key asks for a password.
    #[error(
        "holds an encrypted private key; decrypt it with \
         `openssl pkey -in encrypted.pem -out apiclient_key.pem`"
    )]
    EncryptedKey,
    /// A private key that cannot be read, or an algorithm or size that TLS does not use.
    #[error("holds a private key that cannot be used; RSA of 2048 bits or more, or EC, is needed")]
    BadKey,
    /// Certificate and key are from different pairs.
    #[error("the private key does not belong to the certificate; both must be from one download")]
    KeyMismatch,
}

impl Identity {
    /// From the bytes of a PKCS#12 file.
    pub fn from_pkcs12(file: &[u8], password: &str) -> Result<Self, IdentityError> {
        let pkcs12::Contents { certificates, keys } = pkcs12::open(file, password)?;
        let mut outcome = Err(IdentityError::NoKey);
        for key in keys {
            outcome = Self::new(certificates.clone(), key);
            if !matches!(outcome, Err(IdentityError::KeyMismatch)) {
                break;
            }
        }
        outcome
    }

    /// From the bytes of two PEM files, which may be the same file.
    pub fn from_pem(certificates: &[u8], key: &[u8]) -> Result<Self, IdentityError> {
        Self::new(
            certificates_from_pem(certificates)?,
            private_key_from_pem(key)?,
        )
    }

    /// From certificates in any order, one of which belongs to `key`. Those that did not issue it
    /// are left out.
    pub fn new(
        certificates: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
    ) -> Result<Self, IdentityError> {
        let signer = any_supported_type(&key).map_err(|_| IdentityError::BadKey)?;
        let parsed = certificates
            .iter()
            .map(parse)
            .collect::<Result<Vec<_>, _>>()?;
        if parsed.is_empty() {
            return Err(IdentityError::NoCertificate);
        }
        let leaf = certificates
            .iter()
            .position(|certificate| {
                CertifiedKey::new(vec![certificate.clone()], Arc::clone(&signer))
                    .keys_match()
                    .is_ok()
            })
            .ok_or(IdentityError::KeyMismatch)?;
        let subject = parsed[leaf]
            .subject()
            .iter_attributes()
            .filter_map(|attribute| attribute.as_str().ok())
            .collect::<Vec<_>>()
            .join("\n");
        let validity = parsed[leaf].validity();
        Ok(Self(Arc::new(IdentityParts {
            chain: path_from(leaf, &parsed)
                .into_iter()
                .map(|index| certificates[index].clone())
                .collect(),
            serial: serial_of(&parsed[leaf]),
            subject,
            not_before: validity.not_before.timestamp(),
            not_after: validity.not_after.timestamp(),
            key,
        })))
    }

    /// The chain, leaf first, DER.
    pub fn chain(&self) -> &[CertificateDer<'static>] {
        &self.0.chain
    }

    /// The private key.
    pub fn key(&self) -> &PrivateKeyDer<'static> {
        &self.0.key
    }

    /// The leaf's serial number in upper-case hex, as WeChat writes it.
    pub fn serial(&self) -> &str {
        &self.0.serial
    }

    /// From when the leaf is valid, unix seconds.
    pub fn not_before(&self) -> i64 {
        self.0.not_before
    }

    /// When the leaf expires, unix seconds.
    pub fn not_after(&self) -> i64 {
        self.0.not_after
    }

    /// Whether any part of the leaf's subject name contains `text`.
    pub fn subject_contains(&self, text: &str) -> bool {
        self.0.subject.contains(text)
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity(serial {})", self.serial())
    }
}

pub(super) fn parse<'a>(
    certificate: &'a CertificateDer<'static>,
) -> Result<X509Certificate<'a>, IdentityError> {
    match X509Certificate::from_der(certificate) {
        Ok(([], parsed)) if parsed.version() == X509Version::V3 => Ok(parsed),
        _ => Err(IdentityError::BadCertificate),
    }
}

/// The leaf, its issuer, its issuer's issuer and so on as far as `certificates` go.
fn path_from(leaf: usize, certificates: &[X509Certificate<'_>]) -> Vec<usize> {
    let mut path = vec![leaf];
    let mut last = leaf;
    while let Some(issuer) = (0..certificates.len()).find(|index| {
        !path.contains(index)
            && certificates[*index].subject().as_raw() == certificates[last].issuer().as_raw()
    }) {
        path.push(issuer);
        last = issuer;
    }
    path
}

pub(super) fn serial_of(certificate: &X509Certificate<'_>) -> String {
    let bytes = certificate.raw_serial();
    // DER puts a zero before a number whose first bit is set; it is not part of the number.
    match bytes {
        [0, rest @ ..] if !rest.is_empty() => hex::encode_upper(rest),
        _ => hex::encode_upper(bytes),
    }
}
