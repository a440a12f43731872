//! Digests, keys and certificates.

pub mod digest;

use std::sync::Arc;

use rustls_pki_types::{CertificateDer, PrivateKeyDer};

/// A certificate chain with its private key, checked to belong together.
#[derive(Clone)]
pub struct Identity(Arc<IdentityParts>);

struct IdentityParts {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    serial: String,
    not_after: i64,
}

impl Identity {
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

    /// When the leaf expires, unix seconds.
    pub fn not_after(&self) -> i64 {
        self.0.not_after
    }
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Identity(serial {})", self.serial())
    }
}
