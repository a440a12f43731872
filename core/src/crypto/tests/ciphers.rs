//! Decryption: the published vectors, then lengths and bytes of any kind.

use proptest::prelude::*;

use super::super::vectors::vector;
use super::super::*;

#[test]
fn v2_4_a_refund_notice_opens() {
    let v = vector("v2-4");
    let key = v.text("key").as_bytes();
    let plain = ecb_open(key, &v.bytes("ciphertext")).unwrap();
    assert_eq!(plain, v.text("plaintext").as_bytes());
}

#[test]
fn v2_4_with_anything_altered_is_not_that_text() {
    let v = vector("v2-4");
    let key = v.text("key").as_bytes();
    let sealed = v.bytes("ciphertext");
    for length in (0..sealed.len()).chain([17, 31]) {
        let mut cut = sealed.clone();
        cut.resize(length, 0);
        assert_eq!(ecb_open(key, &cut), Err(OpenError::Refused), "{length}");
    }
    for key in [
        b"".as_slice(),
        &key[..31],
        &key[..16],
        &[key, b"0"].concat(),
    ] {
        assert_eq!(ecb_open(key, &sealed), Err(OpenError::KeyLength));
    }
    let other = ecb_open(b"00000000000000000000000000000000", &sealed);
    assert_ne!(other, Ok(v.text("plaintext").as_bytes().to_vec()));
}

#[test]
fn v3_6_a_key_of_16_bytes_is_refused() {
    let v = vector("v3-6");
    let open = |key: &str| {
        aead_open(
            key.as_bytes(),
            v.text("nonce").as_bytes(),
            v.text("associated_data").as_bytes(),
            &v.bytes("ciphertext"),
        )
    };
    assert_eq!(open(v.text("key")), Err(OpenError::KeyLength));
    let doubled = v.text("key").repeat(2);
    assert_eq!(open(&doubled), Err(OpenError::Refused));
    assert_eq!(open(&doubled[1..]), Err(OpenError::KeyLength));
}

#[test]
fn v3_6_a_text_too_short_for_its_tag_does_not_open() {
    let key = [b'k'; 32];
    for length in 0..16 {
        let sealed = vec![0; length];
        assert_eq!(
            aead_open(&key, &[b'n'; 12], b"", &sealed),
            Err(OpenError::Refused)
        );
    }
}

#[test]
fn v3_7_opens_and_nothing_near_it_does() {
    let v = vector("v3-7");
    let open = |nonce: &str, data: &str, sealed: &[u8]| {
        aead_open(
            v.text("key").as_bytes(),
            nonce.as_bytes(),
            data.as_bytes(),
            sealed,
        )
    };
    let (nonce, data) = (v.text("nonce"), v.text("associated_data"));
    let sealed = v.bytes("ciphertext");
    assert_eq!(
        open(nonce, data, &sealed).unwrap(),
        v.text("plaintext").as_bytes()
    );
    assert_eq!(
        open(nonce, "bad-associatedData", &sealed),
        Err(OpenError::Refused)
    );
    assert_eq!(open("bad-4a9R25RW", data, &sealed), Err(OpenError::Refused));
    assert_eq!(open(nonce, data, &[0; 128]), Err(OpenError::Refused));
    for length in (0..40).filter(|&length| length != 12) {
        assert_eq!(
            open(&"n".repeat(length), data, &sealed),
            Err(OpenError::NonceLength),
            "{length}"
        );
    }
}

#[test]
fn v3_8_is_a_real_platform_certificate() {
    let v = vector("v3-8");
    let plain = open_certificate(&v);
    assert_eq!(plain.len(), 1398);
    assert_eq!(
        hex::encode(digest::sha256(&plain)),
        v.text("plaintext_sha256")
    );
    assert_eq!(
        Certificate::from_pem(&plain).unwrap().serial(),
        v.text("serial")
    );
}

#[test]
fn v3_10_is_a_real_platform_certificate() {
    let v = vector("v3-10");
    let plain = open_certificate(&v);
    assert_eq!(plain.len(), 1475);
    assert_eq!(
        Certificate::from_pem(&plain).unwrap().serial(),
        v.text("serial")
    );
}

pub(super) fn open_certificate(v: &vectors::Vector) -> Vec<u8> {
    aead_open(
        v.text("key").as_bytes(),
        v.text("nonce").as_bytes(),
        v.text("associated_data").as_bytes(),
        &v.bytes("ciphertext"),
    )
    .unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn any_bytes_open_or_give_an_error(
        key in prop::collection::vec(any::<u8>(), 0..40),
        nonce in prop::collection::vec(any::<u8>(), 0..40),
        data in prop::collection::vec(any::<u8>(), 0..40),
        sealed in prop::collection::vec(any::<u8>(), 0..80),
    ) {
        prop_assert!(aead_open(&key, &nonce, &data, &sealed).is_err());
        prop_assert!(aead_open(&[7; 32], &nonce, &data, &sealed).is_err());
        let _ = ecb_open(&key, &sealed);
        if let Ok(plain) = ecb_open(&[7; 32], &sealed) {
            prop_assert!(plain.len() < sealed.len());
        }
    }
}
