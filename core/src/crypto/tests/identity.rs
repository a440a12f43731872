//! Identities from the files in `tests/fixtures`; how those were made is in the README there.

use p12_keystore::{Certificate, KeyStore, KeyStoreEntry, PrivateKey, PrivateKeyChain};
use proptest::prelude::*;
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;

use super::super::*;

macro_rules! fixture {
    ($name:literal) => {
        include_bytes!(concat!("../../../tests/fixtures/", $name)).as_slice()
    };
}

const PASSWORD: &str = "10000100";
const SERIAL: &str = "8F57F09EFDC096DE15EBE81A47057A7232F1B8E1";

fn error(result: Result<Identity, IdentityError>) -> IdentityError {
    result.expect_err("this must not make an identity")
}

#[test]
fn a_pkcs12_file_opens_in_every_encryption_in_use() {
    for (name, file) in [
        ("AES-256, SHA-256", fixture!("aes.p12")),
        ("RC2-40 and 3DES, SHA-1", fixture!("legacy.p12")),
        ("3DES, SHA-1", fixture!("3des.p12")),
        ("without a MAC", fixture!("no-mac.p12")),
    ] {
        let identity = Identity::from_pkcs12(file, PASSWORD).expect(name);
        assert_eq!(identity.serial(), SERIAL, "{name}");
        assert_eq!(identity.chain().len(), 1, "{name}");
    }
}

#[test]
fn the_chain_starts_with_the_leaf_and_goes_on_to_its_issuer() {
    let ca = certificates_from_pem(fixture!("ca.pem")).unwrap().remove(0);
    let leaf = certificates_from_pem(fixture!("rsa.pem"))
        .unwrap()
        .remove(0);
    let from_pkcs12 = Identity::from_pkcs12(fixture!("chain.p12"), PASSWORD).unwrap();
    // This file has the issuer first.
    let from_pem = Identity::from_pem(fixture!("chain.pem"), fixture!("rsa.key.pem")).unwrap();
    for identity in [from_pkcs12, from_pem] {
        assert_eq!(identity.chain(), [leaf.clone(), ca.clone()]);
    }
}

#[test]
fn a_certificate_that_has_nothing_to_do_with_the_leaf_is_left_out() {
    let bundle = [fixture!("ec.pem"), fixture!("rsa.pem")].concat();
    let identity = Identity::from_pem(&bundle, fixture!("rsa.key.pem")).unwrap();
    assert_eq!(identity.chain().len(), 1);
    assert_eq!(identity.serial(), SERIAL);
}

#[test]
fn every_unencrypted_pem_key_is_read() {
    for (name, certificate, key) in [
        ("PKCS#8", fixture!("rsa.pem"), fixture!("rsa.key.pem")),
        ("PKCS#1", fixture!("rsa.pem"), fixture!("rsa.pkcs1.key.pem")),
        ("SEC1", fixture!("ec.pem"), fixture!("ec.key.pem")),
    ] {
        Identity::from_pem(certificate, key).expect(name);
    }
    Identity::from_pkcs12(fixture!("ec.p12"), PASSWORD).expect("EC in PKCS#12");
}

#[test]
fn a_windows_editor_may_have_saved_the_pem_files() {
    let saved = |file: &[u8]| {
        let text = str::from_utf8(file).unwrap().replace('\n', "\r\n");
        ["\u{feff}", &text].concat().into_bytes()
    };
    Identity::from_pem(&saved(fixture!("rsa.pem")), &saved(fixture!("rsa.key.pem"))).unwrap();
}

#[test]
fn the_leaf_tells_its_validity_and_subject() {
    let identity = Identity::from_pem(fixture!("rsa.pem"), fixture!("rsa.key.pem")).unwrap();
    let days = (identity.not_after() - identity.not_before()) / 86_400;
    assert_eq!(days, 36_500);
    assert!(identity.subject_contains("10000100"));
    assert!(!identity.subject_contains("10000101"));
}

#[test]
fn a_serial_number_of_one_byte_keeps_both_digits() {
    let ca = Identity::from_pem(fixture!("ca.pem"), fixture!("ca.key.pem")).unwrap();
    assert_eq!(ca.serial(), "01");
}

#[test]
fn a_wrong_password_is_told_from_a_damaged_file() {
    for file in [
        fixture!("aes.p12"),
        fixture!("legacy.p12"),
        fixture!("3des.p12"),
    ] {
        for password in ["", "10000101", "微信"] {
            assert_eq!(
                error(Identity::from_pkcs12(file, password)),
                IdentityError::WrongPassword
            );
        }
        for length in [0, 1, 40, file.len() / 2, file.len() - 1] {
            assert_eq!(
                error(Identity::from_pkcs12(&file[..length], PASSWORD)),
                IdentityError::DamagedPkcs12
            );
        }
    }
    let page = b"<!DOCTYPE html><html><body>Please log in</body></html>";
    assert_eq!(
        error(Identity::from_pkcs12(page, PASSWORD)),
        IdentityError::DamagedPkcs12
    );
}

/// The MAC covers password and content alike; of the two, the password is the likelier culprit.
#[test]
fn content_that_was_altered_counts_as_a_wrong_password() {
    let mut file = fixture!("aes.p12").to_vec();
    let middle = file.len() / 2;
    file[middle] ^= 1;
    assert_eq!(
        error(Identity::from_pkcs12(&file, PASSWORD)),
        IdentityError::WrongPassword
    );
}

#[test]
fn a_pkcs12_file_with_a_part_missing_is_named_so() {
    assert_eq!(
        error(Identity::from_pkcs12(
            fixture!("no-certificate.p12"),
            PASSWORD
        )),
        IdentityError::NoCertificate
    );
    assert_eq!(
        error(Identity::from_pkcs12(fixture!("no-key.p12"), PASSWORD)),
        IdentityError::NoKey
    );
}

#[test]
fn a_pkcs12_file_in_another_encryption_is_named_so() {
    assert_eq!(
        error(Identity::from_pkcs12(fixture!("rc4.p12"), PASSWORD)),
        IdentityError::UnsupportedEncryption
    );
}

#[test]
fn a_pkcs12_file_that_asks_for_too_much_work_or_is_too_large_is_not_opened() {
    for file in [
        fixture!("million-mac.p12"),
        fixture!("million-aes.p12"),
        fixture!("million-legacy.p12"),
    ] {
        assert_eq!(
            error(Identity::from_pkcs12(file, PASSWORD)),
            IdentityError::UnsupportedEncryption
        );
    }
    let mut large = fixture!("aes.p12").to_vec();
    large.resize(MAX_PKCS12_BYTES + 1, 0);
    assert_eq!(
        error(Identity::from_pkcs12(&large, PASSWORD)),
        IdentityError::TooLarge
    );
}

#[test]
fn a_key_of_another_pair_is_refused() {
    assert_eq!(
        error(Identity::from_pem(
            fixture!("rsa.pem"),
            fixture!("ca.key.pem")
        )),
        IdentityError::KeyMismatch
    );
    assert_eq!(
        error(Identity::from_pem(
            fixture!("rsa.pem"),
            fixture!("ec.key.pem")
        )),
        IdentityError::KeyMismatch
    );

    let key = PrivateKeyDer::from_pem_slice(fixture!("ca.key.pem")).unwrap();
    let certificate = certificates_from_pem(fixture!("rsa.pem")).unwrap();
    let mut store = KeyStore::new();
    store.add_entry(
        "mixed up",
        KeyStoreEntry::PrivateKeyChain(PrivateKeyChain::new(
            "id",
            PrivateKey::from_der(key.secret_der()).unwrap(),
            [Certificate::from_der(&certificate[0]).unwrap()],
        )),
    );
    let file = store.writer(PASSWORD).write().unwrap();
    assert_eq!(
        error(Identity::from_pkcs12(&file, PASSWORD)),
        IdentityError::KeyMismatch
    );
}

#[test]
fn pem_files_that_cannot_serve_are_refused_with_the_reason() {
    let certificate = fixture!("rsa.pem");
    let key = fixture!("rsa.key.pem");
    let broken = b"-----BEGIN PRIVATE KEY-----\n???\n-----END PRIVATE KEY-----\n".as_slice();
    let empty = b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n".as_slice();
    let hollow = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".as_slice();
    for (certificate, key, reason) in [
        (
            certificate,
            fixture!("rsa.encrypted.key.pem"),
            IdentityError::EncryptedKey,
        ),
        (
            certificate,
            fixture!("rsa.pkcs1.encrypted.key.pem"),
            IdentityError::EncryptedKey,
        ),
        (certificate, certificate, IdentityError::NoKey),
        (certificate, b"", IdentityError::NoKey),
        (certificate, broken, IdentityError::DamagedPem),
        (
            certificate,
            &key[..key.len() / 2],
            IdentityError::DamagedPem,
        ),
        (certificate, empty, IdentityError::BadKey),
        (key, key, IdentityError::NoCertificate),
        (
            &certificate[..certificate.len() / 2],
            key,
            IdentityError::DamagedPem,
        ),
        (hollow, key, IdentityError::BadCertificate),
        (fixture!("version1.pem"), key, IdentityError::BadCertificate),
    ] {
        assert_eq!(error(Identity::from_pem(certificate, key)), reason);
    }
}

#[test]
fn debug_shows_no_key() {
    let identity = Identity::from_pem(fixture!("rsa.pem"), fixture!("rsa.key.pem")).unwrap();
    assert_eq!(
        format!("{identity:?}"),
        format!("Identity(serial {SERIAL})")
    );
}

/// Changes bytes of a real file, so that the parsers get past their first look.
fn altered(file: &[u8], changes: &[(prop::sample::Index, u8)]) -> Vec<u8> {
    let mut file = file.to_vec();
    for (index, value) in changes {
        *index.get_mut(&mut file) = *value;
    }
    file
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn any_bytes_as_pem_give_an_identity_or_an_error(
        bytes in prop::collection::vec(any::<u8>(), 0..400),
        changes in prop::collection::vec(any::<(prop::sample::Index, u8)>(), 0..4),
    ) {
        let _ = Identity::from_pem(&bytes, &bytes);
        let _ = Identity::from_pem(
            &altered(fixture!("chain.pem"), &changes),
            &altered(fixture!("ec.key.pem"), &changes),
        );
    }

    #[test]
    fn any_bytes_as_pkcs12_give_an_identity_or_an_error(
        bytes in prop::collection::vec(any::<u8>(), 0..400),
        changes in prop::collection::vec(any::<(prop::sample::Index, u8)>(), 1..4),
    ) {
        let _ = Identity::from_pkcs12(&bytes, PASSWORD);
        for file in [fixture!("legacy.p12"), fixture!("no-mac.p12")] {
            let _ = Identity::from_pkcs12(&altered(file, &changes), PASSWORD);
        }
    }
}
