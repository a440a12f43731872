//! Certificates by themselves: what they say, and whether somebody trusted issued them.

use std::fmt;
use std::time::Duration;

use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime};
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, ExtendedKeyUsageValidator, KeyPurposeIdIter};
use x509_parser::prelude::X509Certificate;

use super::identity::{parse, serial_of};
use super::{IdentityError, KeyFault, VerifyingKey, certificates_from_pem};

/// An X.509 certificate of an RSA key.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    der: CertificateDer<'static>,
    key: VerifyingKey,
    serial: String,
    common_name: Option<String>,
    not_before: i64,
    not_after: i64,
    authority: bool,
}

/// Why a certificate is not trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotTrusted {
    /// Before its time.
    #[error("it is not valid yet")]
    NotYet,
    /// After its time.
    #[error("it has expired")]
    Expired,
    /// No trusted certificate issued it.
    #[error("nobody who is trusted issued it")]
    Issuer,
}

impl Certificate {
    /// From the first certificate of a PEM file.
    pub fn from_pem(file: &[u8]) -> Result<Self, KeyFault> {
        Self::from_der(certificates_from_pem(file)?.swap_remove(0))
    }

    /// From DER.
    pub fn from_der(der: CertificateDer<'static>) -> Result<Self, KeyFault> {
        let parsed = parse(&der)?;
        let basic = parsed
            .basic_constraints()
            .map_err(|_| IdentityError::BadCertificate)?;
        Ok(Self {
            key: VerifyingKey::from_spki(parsed.public_key().raw)?,
            serial: serial_of(&parsed),
            common_name: common_name_of(&parsed),
            not_before: parsed.validity().not_before.timestamp(),
            not_after: parsed.validity().not_after.timestamp(),
            authority: basic.is_some_and(|constraints| constraints.value.ca),
            der,
        })
    }

    /// The whole of it.
    pub fn der(&self) -> &CertificateDer<'static> {
        &self.der
    }

    /// The key that it is about.
    pub fn key(&self) -> &VerifyingKey {
        &self.key
    }

    /// Its serial number in upper-case hex, as WeChat writes it.
    pub fn serial(&self) -> &str {
        &self.serial
    }

    /// The common name of whom it is about.
    pub fn common_name(&self) -> Option<&str> {
        self.common_name.as_deref()
    }

    /// From when it is valid, unix seconds.
    pub fn not_before(&self) -> i64 {
        self.not_before
    }

    /// When it expires, unix seconds.
    pub fn not_after(&self) -> i64 {
        self.not_after
    }

    /// Whether it may issue others.
    pub fn is_authority(&self) -> bool {
        self.authority
    }

    /// Whether it is within its time, unix seconds.
    pub fn is_valid_at(&self, time: i64) -> bool {
        (self.not_before..=self.not_after).contains(&time)
    }

    /// Whether one of `roots`, which are trusted as they are while they are valid, issued it, for
    /// somebody who may not issue others.
    pub fn check_issuer(&self, roots: &[Self], now: i64) -> Result<(), NotTrusted> {
        if now < self.not_before {
            return Err(NotTrusted::NotYet);
        }
        if now > self.not_after {
            return Err(NotTrusted::Expired);
        }
        let anchors: Vec<TrustAnchor<'_>> = roots
            .iter()
            .filter(|root| root.authority && root.is_valid_at(now))
            .filter_map(|root| webpki::anchor_from_trusted_cert(&root.der).ok())
            .collect();
        let time = Duration::from_secs(u64::try_from(now).unwrap_or(0));
        EndEntityCert::try_from(&self.der)
            .and_then(|leaf| {
                leaf.verify_for_usage(
                    ALL_VERIFICATION_ALGS,
                    &anchors,
                    &[],
                    UnixTime::since_unix_epoch(time),
                    AnyUsage,
                    None,
                    None,
                )
                .map(drop)
            })
            .map_err(|_| NotTrusted::Issuer)
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate(serial {})", self.serial)
    }
}

/// Those certificates sign messages, for which there is no extended key usage.
struct AnyUsage;

impl ExtendedKeyUsageValidator for AnyUsage {
    fn validate(&self, _: KeyPurposeIdIter<'_, '_>) -> Result<(), webpki::Error> {
        Ok(())
    }
}

fn common_name_of(certificate: &X509Certificate<'_>) -> Option<String> {
    let name = certificate.subject().iter_common_name().next()?;
    name.as_str().ok().map(str::to_owned)
}
