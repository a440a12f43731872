//! RSA keys and certificates: the published vectors, the files of `tests/fixtures`, hostile ones.

use proptest::prelude::*;
use rustls_pki_types::PrivateKeyDer;

use super::super::vectors::vector;
use super::super::*;
use super::ciphers::open_certificate;

macro_rules! fixture {
    ($name:literal) => {
        include_bytes!(concat!("../../../tests/fixtures/", $name)).as_slice()
    };
}

const TENPAY: &[u8] = include_bytes!("../../gateway/wechat_v3/tenpay.pem");

#[test]
fn v3_1_the_signature_comes_out() {
    let v = vector("v3-1");
    let key = SigningKey::from_pkcs8(&v.bytes("private_key")).unwrap();
    let message = v.text("message").as_bytes();
    let signature = key.sign(message);
    assert_eq!(signature, v.bytes("signature"));
    assert!(key.public().verifies(message, &signature));
    assert!(!key.public().verifies(b"Source", &signature));
    assert!(!key.public().verifies(message, &signature[1..]));
    assert!(!key.public().verifies(message, b""));
}

#[test]
fn v3_3_v3_4_and_v3_5_verify_with_their_public_keys() {
    for (name, message) in [
        (
            "v3-3",
            format!(
                "{}\n{}\n{}\n{}\n{}\n",
                vector("v3-3").text("method"),
                vector("v3-3").text("path"),
                vector("v3-3").text("timestamp"),
                vector("v3-3").text("nonce"),
                vector("v3-3").text("body")
            ),
        ),
        (
            "v3-4",
            format!(
                "{}\n{}\n{}\n",
                vector("v3-4").text("timestamp"),
                vector("v3-4").text("nonce"),
                vector("v3-4").text("body")
            ),
        ),
        ("v3-5", vector("v3-5").text("message").to_owned()),
    ] {
        let v = vector(name);
        let key = VerifyingKey::from_spki(&v.bytes("public_key")).unwrap();
        assert!(
            key.verifies(message.as_bytes(), &v.bytes("signature")),
            "{name}"
        );
        let altered = message.replace('1', "2");
        assert!(
            !key.verifies(altered.as_bytes(), &v.bytes("signature")),
            "{name}"
        );
    }
}

/// That WeChat's own root, as it is built in, is the right one.
#[test]
fn v3_8_and_v3_10_were_issued_by_tenpay() {
    let root = [Certificate::from_pem(TENPAY).unwrap()];
    let test_ca = [Certificate::from_pem(fixture!("ca.pem")).unwrap()];
    for name in ["v3-8", "v3-10"] {
        let certificate = Certificate::from_pem(&open_certificate(&vector(name))).unwrap();
        let (first, last) = (certificate.not_before(), certificate.not_after());
        for time in [first, first + 1_000_000, last] {
            assert_eq!(certificate.check_issuer(&root, time), Ok(()), "{name}");
        }
        for (time, roots, why) in [
            (first - 1, &root, NotTrusted::NotYet),
            (last + 1, &root, NotTrusted::Expired),
            (first, &test_ca, NotTrusted::Issuer),
        ] {
            assert_eq!(certificate.check_issuer(roots, time), Err(why), "{name}");
        }
        assert_eq!(
            certificate.check_issuer(&[], first),
            Err(NotTrusted::Issuer)
        );
        assert!(!certificate.is_authority());
        assert_eq!(certificate.common_name(), Some("Tenpay.com sign"));
    }
}

#[test]
fn a_certificate_with_an_altered_signature_or_content_is_not_trusted() {
    let root = [Certificate::from_pem(fixture!("ca.pem")).unwrap()];
    let certificate = Certificate::from_pem(fixture!("rsa.pem")).unwrap();
    let now = certificate.not_before();
    assert_eq!(certificate.check_issuer(&root, now), Ok(()));
    for place in [certificate.der().len() - 1, certificate.der().len() / 2] {
        let mut der = certificate.der().to_vec();
        der[place] ^= 1;
        if let Ok(altered) = Certificate::from_der(der.into()) {
            assert_eq!(
                altered.check_issuer(&root, now),
                Err(NotTrusted::Issuer),
                "{place}"
            );
        }
    }
}

#[test]
fn a_root_that_has_expired_or_may_not_issue_vouches_for_nobody() {
    let certificate = Certificate::from_pem(fixture!("rsa.pem")).unwrap();
    let now = certificate.not_before();
    let leaf_as_root = [certificate.clone()];
    assert_eq!(
        certificate.check_issuer(&leaf_as_root, now),
        Err(NotTrusted::Issuer)
    );
    // The authority itself is no end entity, even where it is trusted.
    let root = [Certificate::from_pem(fixture!("ca.pem")).unwrap()];
    assert!(root[0].is_authority());
    assert_eq!(root[0].check_issuer(&root, now), Err(NotTrusted::Issuer));
    let tenpay = Certificate::from_pem(TENPAY).unwrap();
    let sign = Certificate::from_pem(&open_certificate(&vector("v3-10"))).unwrap();
    assert!(!tenpay.is_valid_at(tenpay.not_after() + 1));
    assert!(sign.not_after() < tenpay.not_after());
}

#[test]
fn the_key_belongs_to_its_certificate_in_every_encoding() {
    let certificate = Certificate::from_pem(fixture!("rsa.pem")).unwrap();
    for file in [fixture!("rsa.key.pem"), fixture!("rsa.pkcs1.key.pem")] {
        let key = SigningKey::from_pem(file).unwrap();
        assert!(key.public() == *certificate.key());
    }
    assert!(*certificate.key() == VerifyingKey::from_pem(fixture!("rsa.pub.pem")).unwrap());
    let other = SigningKey::from_pem(fixture!("ca.key.pem")).unwrap();
    assert!(other.public() != *certificate.key());
}

#[test]
fn a_windows_editor_may_have_saved_the_public_key() {
    let text = str::from_utf8(fixture!("rsa.pub.pem")).unwrap();
    let saved = format!("\u{feff}{}", text.replace('\n', "\r\n"));
    assert!(VerifyingKey::from_pem(saved.as_bytes()).is_ok());
}

#[test]
fn private_keys_that_cannot_serve_are_refused_with_the_reason() {
    for (file, reason) in [
        (fixture!("small.key.pem"), KeyFault::Private),
        (fixture!("ec.key.pem"), KeyFault::Private),
        (
            fixture!("rsa.encrypted.key.pem"),
            KeyFault::Pem(IdentityError::EncryptedKey),
        ),
        (fixture!("rsa.pem"), KeyFault::Pem(IdentityError::NoKey)),
        (fixture!("rsa.pub.pem"), KeyFault::Pem(IdentityError::NoKey)),
        (b"", KeyFault::Pem(IdentityError::NoKey)),
        (
            &fixture!("rsa.key.pem")[..800],
            KeyFault::Pem(IdentityError::DamagedPem),
        ),
        (
            b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
            KeyFault::Private,
        ),
    ] {
        assert_eq!(SigningKey::from_pem(file).err(), Some(reason));
    }
}

#[test]
fn public_keys_that_cannot_serve_are_refused_with_the_reason() {
    for (file, reason) in [
        (fixture!("small.pub.pem"), KeyFault::Public),
        (fixture!("ec.pub.pem"), KeyFault::Public),
        (fixture!("rsa.pem"), KeyFault::CertificateInstead),
        (fixture!("rsa.key.pem"), KeyFault::NoPublicKey),
        (b"", KeyFault::NoPublicKey),
        (
            &fixture!("rsa.pub.pem")[..200],
            KeyFault::Pem(IdentityError::DamagedPem),
        ),
        (
            b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
            KeyFault::Public,
        ),
    ] {
        assert_eq!(VerifyingKey::from_pem(file).err(), Some(reason));
    }
    assert_eq!(
        Certificate::from_pem(fixture!("ec.pem")).err(),
        Some(KeyFault::Public)
    );
    assert_eq!(
        Certificate::from_pem(fixture!("version1.pem")).err(),
        Some(KeyFault::Pem(IdentityError::BadCertificate))
    );
}

#[test]
fn certificates_survive_being_written_as_pem() {
    let bundle = certificates_from_pem(fixture!("chain.pem")).unwrap();
    let file = certificates_to_pem(&bundle);
    assert_eq!(certificates_from_pem(file.as_bytes()).unwrap(), bundle);
    assert_eq!(file.as_bytes(), fixture!("chain.pem"));
}

#[test]
fn debug_shows_no_key() {
    let key = SigningKey::from_pem(fixture!("rsa.key.pem")).unwrap();
    let certificate = Certificate::from_pem(fixture!("ca.pem")).unwrap();
    assert_eq!(
        format!("{key:?} {:?} {certificate:?}", key.public()),
        "SigningKey VerifyingKey Certificate(serial 01)"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn any_bytes_give_keys_and_certificates_or_an_error(
        bytes in prop::collection::vec(any::<u8>(), 0..400),
        changes in prop::collection::vec(any::<(prop::sample::Index, u8)>(), 1..4),
    ) {
        let altered = |file: &[u8]| {
            let mut file = file.to_vec();
            for (index, value) in &changes {
                *index.get_mut(&mut file) = *value;
            }
            file
        };
        for file in [bytes.clone(), altered(fixture!("rsa.key.pem")), altered(fixture!("rsa.pub.pem")), altered(fixture!("rsa.pem"))] {
            let _ = SigningKey::from_pem(&file);
            let _ = VerifyingKey::from_pem(&file);
            let _ = Certificate::from_pem(&file);
        }
        // Behind the Base64, where changes reach the DER.
        let root = [Certificate::from_pem(fixture!("ca.pem")).unwrap()];
        let leaf = certificates_from_pem(fixture!("rsa.pem")).unwrap();
        if let Ok(certificate) = Certificate::from_der(altered(&leaf[0]).into()) {
            let trusted = certificate.check_issuer(&root, root[0].not_before() + 86_400);
            prop_assert!(trusted.is_err() || certificate.der() == &leaf[0]);
        }
        let PrivateKeyDer::Pkcs8(der) = private_key_from_pem(fixture!("rsa.key.pem")).unwrap() else { unreachable!() };
        let _ = SigningKey::from_pkcs8(&altered(der.secret_pkcs8_der()));
        let _ = SigningKey::from_pkcs1(&bytes);
    }
}
