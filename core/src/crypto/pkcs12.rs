//! PKCS#12 files (`apiclient_cert.p12`) in today's and in legacy encryption.

use p12_keystore::Pkcs12Archive;
use p12_keystore::error::Error;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use super::IdentityError;

/// A larger file is not opened. Real ones have 2 to 10 KiB.
pub const MAX_PKCS12_BYTES: usize = 64 * 1024;

/// What a PKCS#12 file holds, in the order of the file. What belongs together is not yet known.
pub(super) struct Contents {
    pub(super) certificates: Vec<CertificateDer<'static>>,
    pub(super) keys: Vec<PrivateKeyDer<'static>>,
}

/// Opens a PKCS#12 file. `p12_keystore` refuses more than a million key derivation rounds, so a
/// hostile file costs time in proportion to its (limited) size only.
pub(super) fn open(file: &[u8], password: &str) -> Result<Contents, IdentityError> {
    if file.len() > MAX_PKCS12_BYTES {
        return Err(IdentityError::TooLarge);
    }
    let archive = Pkcs12Archive::from_pkcs12(file, password).map_err(|error| match error {
        // Without a MAC a wrong password shows in the padding.
        Error::MacError(_) | Error::UnpadError => IdentityError::WrongPassword,
        Error::UnsupportedEncryptionScheme
        | Error::UnsupportedMacAlgorithm
        | Error::InvalidParameters
        | Error::Pkcs5Error(_) => IdentityError::UnsupportedEncryption,
        _ => IdentityError::DamagedPkcs12,
    })?;
    Ok(Contents {
        certificates: archive
            .certs
            .iter()
            .map(|bag| CertificateDer::from(bag.cert.as_der().to_vec()))
            .collect(),
        keys: archive
            .keys
            .iter()
            .map(|bag| PrivatePkcs8KeyDer::from(bag.key.as_der().to_vec()).into())
            .collect(),
    })
}
