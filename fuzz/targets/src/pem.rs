//! PEM: certificates are written and read again as the same, and a key that is read is a working one.

use wxpay_core::crypto::{
    Certificate, Identity, SigningKey, VerifyingKey, certificates_from_pem, certificates_to_pem,
    private_key_from_pem,
};

use crate::reached::reached;

/// Any bytes as a file.
pub fn run(data: &[u8]) {
    if let Ok(certificates) = certificates_from_pem(data) {
        assert!(!certificates.is_empty());
        let written = certificates_to_pem(&certificates);
        assert_eq!(certificates_from_pem(written.as_bytes()), Ok(certificates));
    }
    let key = private_key_from_pem(data);
    if let Ok(signing) = SigningKey::from_pem(data) {
        reached("key");
        assert!(key.is_ok());
        let signature = signing.sign(b"message");
        assert!(signing.public().verifies(b"message", &signature));
        assert!(!signing.public().verifies(b"massage", &signature));
    }
    if VerifyingKey::from_pem(data).is_ok() {
        reached("public key");
    }
    if let Ok(identity) = Identity::from_pem(data, data) {
        assert!(!identity.chain().is_empty() && !identity.serial().is_empty());
    }
    if let Ok(certificate) = Certificate::from_pem(data) {
        reached("certificate");
        assert!(
            certificate
                .serial()
                .bytes()
                .all(|byte| byte.is_ascii_hexdigit())
        );
    }
}
