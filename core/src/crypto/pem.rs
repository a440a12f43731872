//! Certificates and private keys in PEM.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use rustls_pki_types::pem::{Error, PemObject};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use super::IdentityError;

/// Every certificate of a PEM file in the order of the file; at least one.
pub fn certificates_from_pem(file: &[u8]) -> Result<Vec<CertificateDer<'static>>, IdentityError> {
    let certificates = CertificateDer::pem_slice_iter(without_mark(file))
        .collect::<Result<Vec<_>, Error>>()
        .map_err(|_| IdentityError::DamagedPem)?;
    if certificates.is_empty() {
        return Err(IdentityError::NoCertificate);
    }
    Ok(certificates)
}

/// Certificates as one PEM file, in their order.
pub fn certificates_to_pem<'a>(
    certificates: impl IntoIterator<Item = &'a CertificateDer<'static>>,
) -> String {
    let mut file = String::new();
    for certificate in certificates {
        file.push_str("-----BEGIN CERTIFICATE-----\n");
        let text = BASE64.encode(certificate);
        for line in text.as_bytes().chunks(64) {
            file.extend(line.iter().map(|&byte| char::from(byte)));
            file.push('\n');
        }
        file.push_str("-----END CERTIFICATE-----\n");
    }
    file
}

/// The private key of a PEM file: PKCS#8 (`PRIVATE KEY`), PKCS#1 (`RSA PRIVATE KEY`) or SEC1
/// (`EC PRIVATE KEY`), unencrypted. If there are several, the first.
pub fn private_key_from_pem(file: &[u8]) -> Result<PrivateKeyDer<'static>, IdentityError> {
    let file = without_mark(file);
    let marks: [&[u8]; 2] = [b"BEGIN ENCRYPTED PRIVATE KEY", b"Proc-Type: 4,ENCRYPTED"];
    let encrypted = |mark: &[u8]| file.windows(mark.len()).any(|window| window == mark);
    if marks.into_iter().any(encrypted) {
        return Err(IdentityError::EncryptedKey);
    }
    PrivateKeyDer::from_pem_slice(file).map_err(|error| match error {
        Error::NoItemsFound => IdentityError::NoKey,
        _ => IdentityError::DamagedPem,
    })
}

/// Windows editors put a byte order mark before the first line, which would hide that line.
pub(super) fn without_mark(file: &[u8]) -> &[u8] {
    file.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(file)
}
