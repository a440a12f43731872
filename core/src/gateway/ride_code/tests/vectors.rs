//! The vectors, by name.

use super::*;
use crate::crypto::vectors::{Vector, vector};
use crate::gateway::ride_code::sign::string_to_sign;

fn configured(v: &Vector, sign_type: RideSignType) -> RideCodeConfig {
    RideCodeConfig {
        sign: Some(RideSign {
            sign_type,
            key: Secret::new(v.text("sign_key")),
            ..sign()
        }),
        seal: Some(RideSeal {
            key: CbcKey::new(v.text("aes_key").as_bytes().to_vec()).unwrap(),
            ..seal()
        }),
        ..config()
    }
}

fn callback(v: &Vector) -> Callback {
    Callback::of(v.text("ciphertext"))
        .with("appid", v.text("appid"))
        .with("mch_id", v.text("mch_id"))
        .with("nonce_str", v.text("nonce_str"))
        .with("iv", v.text("iv"))
}

/// What the log says of R1 with this signature: its message names no `out_trade_no`, so a verified R1
/// is refused for that, which nothing else reaches.
fn log(v: &Vector, sign_type: RideSignType, sign: &str) -> String {
    let gateway = RideCode::new(configured(v, sign_type));
    forged(gateway.open(&callback(v).with("sign", sign).body()))
}

#[test]
fn r1_is_signed_over_five_fields_in_the_order_of_their_names() {
    let v = vector("r1");
    let config = configured(&v, RideSignType::Md5);
    let callback = callback(&v);
    let text = string_to_sign(config.sign.as_ref().unwrap(), |name| {
        (name, callback.0[name].as_str())
    });
    assert_eq!(
        *text,
        format!(
            "appid=wx0000000000000001&encrypted_data={}&iv=AAECAwQFBgcICQoLDA0ODw==\
             &mch_id=1230000109&nonce_str=abcdefg&key=0123456789abcdef",
            v.text("ciphertext")
        )
    );
}

#[test]
fn r1_is_verified_and_decrypted_with_either_algorithm() {
    let v = vector("r1");
    for (sign_type, name, other) in [
        (RideSignType::Md5, "md5", "hmac_sha256"),
        (RideSignType::HmacSha256, "hmac_sha256", "md5"),
    ] {
        let lacks = "the decrypted message lacks out_trade_no";
        assert_eq!(log(&v, sign_type, v.text(name)), lacks);
        assert_eq!(log(&v, sign_type, &v.text(name).to_lowercase()), lacks);
        assert!(log(&v, sign_type, v.text(other)).starts_with("sign is wrong"));
        assert_eq!(log(&v, sign_type, ""), "there is no sign");
    }
}

#[test]
fn r1_decrypts_to_its_plaintext_under_a_key_of_either_size() {
    let v = vector("r1");
    let iv = v.bytes("iv").try_into().unwrap();
    for (key, ciphertext) in [
        ("aes_key", "ciphertext"),
        ("aes_256_key", "aes_256_ciphertext"),
    ] {
        let key = CbcKey::new(v.text(key).as_bytes().to_vec()).unwrap();
        let plain = key.open(iv, &v.bytes(ciphertext)).unwrap();
        assert_eq!(plain, v.text("plaintext").as_bytes(), "{ciphertext}");
    }
}

#[test]
fn w2_opens_as_a_callback_with_key_and_iv_in_base64_and_is_no_ride() {
    let v = vector("w2");
    let key = TextEncoding::Base64.decode(v.text("key")).unwrap();
    let gateway = RideCode::new(RideCodeConfig {
        seal: Some(RideSeal {
            key: CbcKey::new(key).unwrap(),
            ..seal()
        }),
        ..config()
    });
    let callback = Callback::of(v.text("ciphertext")).with("iv", v.text("iv"));
    let detail = forged(gateway.open(&callback.signed().body()));
    assert_eq!(detail, "the decrypted message lacks out_trade_no");
}

/// The order, the joining and the key are APIv2's, so its published vector holds as well.
#[test]
fn v2_1_the_signature_is_that_of_apiv2() {
    let pairs = [
        ("appid", "wxd930ea5d5a258f4f"),
        ("body", "test"),
        ("device_info", "1000"),
        ("mch_id", "10000100"),
        ("nonce_str", "ibuaiVcKdpRxkhJA"),
    ];
    let like_v2 = RideSign {
        key: Secret::new("192006250b4c09247ec02edce69f6a2d"),
        fields: pairs.iter().rev().map(|(name, _)| (*name).into()).collect(),
        ..sign()
    };
    let text = string_to_sign(&like_v2, |name| {
        *pairs.iter().find(|(known, _)| *known == name).unwrap()
    });
    let md5 = md5_hex_upper(text.as_bytes());
    assert_eq!(md5, "9A0A8659F005D6984697E2CA0A9CF3B7");
}
