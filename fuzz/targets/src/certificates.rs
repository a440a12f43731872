//! Certificates: none but the one that it issued is trusted for the authority's sake.

use std::sync::LazyLock;

use rustls_pki_types::CertificateDer;
use wxpay_core::crypto::{Certificate, certificates_from_pem};

use crate::reached::reached;

/// Within the validity of every fixture.
const NOW: i64 = 1_800_000_000;

static AUTHORITY: LazyLock<Vec<Certificate>> = LazyLock::new(|| {
    vec![fixture(include_bytes!(
        "../../../core/tests/fixtures/ca.pem"
    ))]
});
static ISSUED: LazyLock<Certificate> =
    LazyLock::new(|| fixture(include_bytes!("../../../core/tests/fixtures/rsa.pem")));

fn fixture(file: &[u8]) -> Certificate {
    Certificate::from_pem(file).expect("the fixture is a certificate")
}

/// Any bytes as a certificate, in PEM or DER.
pub fn run(data: &[u8]) {
    let der = match certificates_from_pem(data) {
        Ok(mut certificates) => certificates.swap_remove(0),
        Err(_) => CertificateDer::from(data.to_vec()),
    };
    let Ok(certificate) = Certificate::from_der(der) else {
        return;
    };
    assert!(
        certificate
            .serial()
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit())
    );
    for now in [NOW, i64::MIN, 0, i64::MAX] {
        if certificate.check_issuer(&AUTHORITY, now).is_err() {
            continue;
        }
        // What the signature covers is all that there is to a certificate.
        reached("trusted");
        assert!(certificate.is_valid_at(now));
        assert_eq!(certificate.serial(), ISSUED.serial());
        assert_eq!(certificate.common_name(), ISSUED.common_name());
        assert!(certificate.key() == ISSUED.key());
        assert_eq!(certificate.not_after(), ISSUED.not_after());
        assert!(!certificate.is_authority());
    }
}
