//! PKCS#12 files under the merchant's number.

use wxpay_core::crypto::Identity;

use crate::reached::reached;

/// Any bytes as a file.
pub fn run(data: &[u8]) {
    for password in ["10000100", ""] {
        if let Ok(identity) = Identity::from_pkcs12(data, password) {
            reached("identity");
            assert!(!identity.chain().is_empty());
            assert!(
                identity
                    .serial()
                    .bytes()
                    .all(|byte| byte.is_ascii_hexdigit())
            );
            let again = Identity::new(identity.chain().to_vec(), identity.key().clone_key());
            assert_eq!(
                again.map(|again| again.serial().to_owned()),
                Ok(identity.serial().to_owned())
            );
        }
    }
}
