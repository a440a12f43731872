//! AES-CBC: the published vectors, then lengths and bytes of any kind.

use proptest::prelude::*;

use super::super::vectors::{Vector, vector};
use super::super::*;

fn bytes(digits: &str) -> Vec<u8> {
    hex::decode(digits).unwrap()
}

fn iv(v: &Vector) -> [u8; 16] {
    v.bytes("iv").try_into().unwrap()
}

#[test]
fn w2_the_mini_programs_example_opens() {
    let v = vector("w2");
    let key = CbcKey::new(v.bytes("key")).unwrap();
    let plain = key.open(iv(&v), &v.bytes("ciphertext")).unwrap();
    assert_eq!(plain, v.text("plaintext").as_bytes());
}

#[test]
fn w2_with_anything_altered_is_not_that_text() {
    let v = vector("w2");
    let sealed = v.bytes("ciphertext");
    let plain = Ok(v.text("plaintext").as_bytes().to_vec());
    let key = CbcKey::new(v.bytes("key")).unwrap();
    for length in (0..48).chain([sealed.len() - 1, sealed.len() + 1]) {
        let mut cut = sealed.clone();
        cut.resize(length, 0);
        if !length.is_multiple_of(16) || length == 0 {
            assert_eq!(key.open(iv(&v), &cut), Err(OpenError::Refused), "{length}");
        } else {
            assert_ne!(key.open(iv(&v), &cut), plain, "{length}");
        }
    }
    for at in 0..sealed.len() {
        let mut altered = sealed.clone();
        altered[at] ^= 1;
        assert_ne!(key.open(iv(&v), &altered), plain, "{at}");
    }
    let mut other = v.bytes("key");
    other[0] ^= 1;
    let other = CbcKey::new(other).unwrap();
    assert_ne!(other.open(iv(&v), &sealed), plain);
    assert_ne!(key.open([0; 16], &sealed), plain);
}

/// NIST SP 800-38A, F.2.1, F.2.3 and F.2.5, each with the block that PKCS#7 adds.
#[rustfmt::skip]
const NIST: [(&str, &str); 3] = [
    ("2b7e151628aed2a6abf7158809cf4f3c", "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b273bed6b8e3c1743b7116e69e222295163ff1caa1681fac09120eca307586e1a78cb82807230e1321d3fae00d18cc2012"),
    ("8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b", "4f021db243bc633d7178183a9fa071e8b4d9ada9ad7dedf4e5e738763f69145a571b242012fb7ae07fa9baac3df102e008b0e27988598881d920a9e64f5615cd612ccd79224b350935d45dd6a98f8176"),
    ("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4", "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b3f461796d6b0d6b2e0c2a72b4d80e644"),
];

const NIST_IV: &str = "000102030405060708090a0b0c0d0e0f";
const NIST_PLAINTEXT: &str = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710";

#[test]
fn keys_of_every_size_open_the_standards_examples() {
    for (key, sealed) in NIST {
        let key = CbcKey::new(bytes(key)).unwrap();
        let iv = bytes(NIST_IV).try_into().unwrap();
        assert_eq!(key.open(iv, &bytes(sealed)), Ok(bytes(NIST_PLAINTEXT)));
        // Without its last block it ends with 0x10, which 16 such bytes would have to do.
        let unpadded = &bytes(sealed)[..64];
        assert_eq!(key.open(iv, unpadded), Err(OpenError::Refused));
    }
}

/// By its initialisation vector one known block decrypts to whatever is wanted, so to every padding.
#[test]
fn only_a_padding_of_1_to_16_equal_bytes_is_right() {
    let v = vector("r1");
    let key = CbcKey::new(v.text("aes_key").as_bytes().to_vec()).unwrap();
    let sealed = v.bytes("ciphertext");
    let (before, last) = sealed[sealed.len() - 32..].split_at(16);
    let plain = v.text("plaintext").as_bytes();
    let tail = plain.len() % 16;
    let mut block = plain[plain.len() - tail..].to_vec();
    block.resize(16, u8::try_from(16 - tail).unwrap());
    let decrypting_to = |wanted: [u8; 16]| {
        let mut iv = [0; 16];
        for (at, byte) in iv.iter_mut().enumerate() {
            *byte = before[at] ^ block[at] ^ wanted[at];
        }
        key.open(iv, last)
    };
    for padding in 0..=255_u8 {
        let wanted = [padding; 16];
        let opened = decrypting_to(wanted);
        match usize::from(padding) {
            length @ 1..=16 => assert_eq!(opened, Ok(wanted[length..].to_vec())),
            _ => assert_eq!(opened, Err(OpenError::Refused), "{padding}"),
        }
        let mut uneven = wanted;
        uneven[14] ^= 1;
        if padding != 1 {
            assert_eq!(decrypting_to(uneven), Err(OpenError::Refused), "{padding}");
        }
    }
}

#[test]
fn keys_of_other_lengths_are_refused_and_none_is_shown() {
    for length in (0..70).filter(|length| ![16, 24, 32].contains(length)) {
        let refused = CbcKey::new(vec![b'k'; length]).unwrap_err();
        assert_eq!(refused, OpenError::KeyLength, "{length}");
    }
    let key = CbcKey::new(b"hush-hush-hush-h".to_vec()).unwrap();
    assert_eq!(format!("{key:?}"), "CbcKey(…)");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn any_bytes_open_or_give_an_error(
        key in prop::sample::select(vec![16, 24, 32]),
        iv: [u8; 16],
        sealed in prop::collection::vec(any::<u8>(), 0..80),
    ) {
        let key = CbcKey::new(vec![7; key]).unwrap();
        if let Ok(plain) = key.open(iv, &sealed) {
            prop_assert!(plain.len() < sealed.len());
        }
    }
}
