//! How callbacks are encrypted and signed, written for the simulator alone: a mistake in the library
//! must not be mirrored here.

use aes::{Aes128, Aes192, Aes256};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use cbc::Encryptor;
use cbc::cipher::block_padding::{NoPadding, Pkcs7};
use cbc::cipher::{BlockModeEncrypt, KeyIvInit};
use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use sha2::Sha256;

use super::settings::{RideSeal, RideSign, SignKeyStyle, TextEncoding};

/// AES-CBC with PKCS#7 padding, or without any; the key's length chooses the variant.
///
/// # Panics
///
/// If the key has another length than 16, 24 or 32 bytes, or there is no padding and no whole number
/// of blocks.
pub(super) fn encrypt(key: &[u8], iv: &[u8; 16], text: &[u8], padded: bool) -> Vec<u8> {
    match key.len() {
        16 => encrypt_with::<Encryptor<Aes128>>(key, iv, text, padded),
        24 => encrypt_with::<Encryptor<Aes192>>(key, iv, text, padded),
        _ => encrypt_with::<Encryptor<Aes256>>(key, iv, text, padded),
    }
}

fn encrypt_with<C: KeyIvInit + BlockModeEncrypt>(
    key: &[u8],
    iv: &[u8; 16],
    text: &[u8],
    padded: bool,
) -> Vec<u8> {
    let cipher = C::new_from_slices(key, iv).expect("the settings were checked");
    if padded {
        cipher.encrypt_padded_vec::<Pkcs7>(text)
    } else {
        cipher.encrypt_padded_vec::<NoPadding>(text)
    }
}

/// Bytes as text; raw ones have to be ASCII.
pub(super) fn written(bytes: &[u8], encoding: TextEncoding) -> String {
    match encoding {
        TextEncoding::Raw => String::from_utf8_lossy(bytes).into_owned(),
        TextEncoding::Hex => hex::encode(bytes),
        TextEncoding::Base64 => BASE64_STANDARD.encode(bytes),
    }
}

/// The signature over the callback's `fields`, sorted by name; `None` if there is none.
pub(super) fn sign(seal: &RideSeal, fields: &[(&str, &str)]) -> Option<String> {
    let value = |name: &str| {
        let found = fields.iter().find(|(known, _)| *known == name);
        found.map_or("", |(_, value)| *value)
    };
    let mut pairs: Vec<_> = seal
        .sign_fields
        .iter()
        .map(|name| match name.as_str() {
            "mch_id" => seal.mch_id_name.name(),
            other => other,
        })
        .map(|name| (name, value(name)))
        .filter(|(_, value)| !seal.sign_skip_empty || !value.is_empty())
        .collect();
    pairs.sort_unstable();
    let pairs: Vec<_> = pairs
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let key = &seal.sign_key;
    let text = pairs.join("&")
        + &match seal.sign_key_style {
            SignKeyStyle::AmpKey => format!("&key={key}"),
            SignKeyStyle::Suffix => key.clone(),
        };
    let signature = match seal.sign_type {
        RideSign::None => return None,
        RideSign::Md5 => hex::encode_upper(Md5::digest(text)),
        RideSign::HmacSha256 => {
            let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes())
                .expect("HMAC takes keys of any length");
            mac.update(text.as_bytes());
            hex::encode_upper(mac.finalize().into_bytes())
        }
    };
    Some(match seal.sign_lower_case {
        true => signature.to_lowercase(),
        false => signature,
    })
}

#[cfg(test)]
mod tests {
    use super::super::settings::MchIdName;
    use super::*;

    const IV: [u8; 16] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
    const PLAINTEXT: &str =
        r#"{"openid":"1234","order_no":"O1","total_fee":200,"trade_state":"SUCCESS"}"#;
    const CIPHER: &str = "xK5ETH0bICQ470hVrLaHTMjhBDmD7qt2tqLTJEcVtGz+nPKTl260JQrqBxFruLvU5U32d3vv1s/rUU9AJOiiheASEvMW3kaCT3h7ZAm4us0=";

    fn base64(bytes: &[u8]) -> String {
        written(bytes, TextEncoding::Base64)
    }

    #[test]
    fn vector_w2_is_encrypted_as_published() {
        let text = r#"{"openId":"oGZUI0egBJY1zhBYw2KhdUfwVJJE","nickName":"Band","gender":1,"language":"zh_CN","city":"Guangzhou","province":"Guangdong","country":"CN","avatarUrl":"http://wx.qlogo.cn/mmopen/vi_32/aSKcBBPpibyKNicHNTMM0qJVh8Kjgiak2AHWr8MHM4WgMEm7GFhsf8OYrySdbvAMvTsw3mo8ibKicsnfN5pRjl1p8HQ/0","unionId":"ocMvos6NjeKLIBqg5Mr9QjxrP1FA","watermark":{"timestamp":1477314187,"appid":"wx4f4bc4dec97d474b"}}"#;
        let key = BASE64_STANDARD.decode("tiihtNczf5v6AKRyjwEUhQ==").unwrap();
        let iv = BASE64_STANDARD.decode("r7BXXKkLb8qrSNn05n0qiA==").unwrap();
        let iv = iv.try_into().unwrap();
        assert_eq!(
            base64(&encrypt(&key, &iv, text.as_bytes(), true)),
            "CiyLU1Aw2KjvrjMdj8YKliAjtP4gsMZMQmRzooG2xrDcvSnxIMXFufNstNGTyaGS9uT5geRa0W4oTOb1WT7fJlAC+oNPdbB+3hVbJSRgv+4lGOETKUQz6OYStslQ142dNCuabNPGBzlooOmB231qMM85d2/fV6ChevvXvQP8Hkue1poOFtnEtpyxVLW1zAo6/1Xx1COxFvrc2d7UL/lmHInNlxuacJXwu0fjpXfz/YqYzBIBzD6WUfTIF9GRHpOn/Hz7saL8xz+W//FRAUid1OksQaQx4CMs8LOddcQhULW4ucetDf96JcR3g0gfRK4PC7E/r7Z6xNrXd2UIeorGj5Ef7b1pJAYB6Y5anaHqZ9J6nKEBvB4DnNLIVWSgARns/8wR2SiRS7MNACwTyrGvt9ts8p12PKFdlqYTopNHR1Vf7XjfhQlVsAJdNiKdYmYVoKlaRv85IfVunYzO0IKXsyl7JCUjCpoG20f0a04COwfneQAGGwd5oa+T8yO5hzuyDb/XcxxmK01EpqOyuxINew=="
        );
    }

    #[test]
    fn vector_r1_is_encrypted_under_keys_of_two_sizes() {
        for (key, cipher) in [
            ("0123456789abcdef", CIPHER),
            (
                "0123456789abcdef0123456789abcdef",
                "e3hu7t8r5NbjikLWfXVOYIjG0toX7ABoXhWH+HeOQuwjhU6b5oWf5WXxmWtszJ77azKcpZAf/kBXeJkVqpx0QOFQmrfRi824GOwKLlXOupM=",
            ),
        ] {
            let sealed = encrypt(key.as_bytes(), &IV, PLAINTEXT.as_bytes(), true);
            assert_eq!(base64(&sealed), cipher);
        }
    }

    #[test]
    fn vector_r1_is_signed_in_both_ways() {
        let mut seal = RideSeal::example();
        let fields = [
            ("appid", "wx0000000000000001"),
            ("mch_id", "1230000109"),
            ("nonce_str", "abcdefg"),
            ("encrypted_data", CIPHER),
            ("iv", "AAECAwQFBgcICQoLDA0ODw=="),
        ];
        let hmac = "366BB7BD2D982B0A4AAD08F2F922EDFB75B8048084429B5E9BDEA43086D83409";
        assert_eq!(sign(&seal, &fields).as_deref(), Some(hmac));
        seal.sign_type = RideSign::Md5;
        let md5 = "A7ADDCC880E979AD9CD9A11DED7724F0";
        assert_eq!(sign(&seal, &fields).as_deref(), Some(md5));
        seal.sign_lower_case = true;
        assert_eq!(sign(&seal, &fields), Some(md5.to_lowercase()));
        seal.sign_type = RideSign::None;
        assert_eq!(sign(&seal, &fields), None);
    }

    #[test]
    fn each_option_changes_what_is_signed() {
        let fields = [
            ("appid", "a"),
            ("appidmch_id", "m"),
            ("mch_id", "m"),
            ("nonce_str", ""),
        ];
        let signed = |change: &dyn Fn(&mut RideSeal)| {
            let mut seal = RideSeal {
                sign_type: RideSign::Md5,
                sign_key: "K".to_owned(),
                ..RideSeal::example()
            };
            change(&mut seal);
            sign(&seal, &fields).unwrap()
        };
        let md5 = |text: &str| hex::encode_upper(Md5::digest(text));
        assert_eq!(signed(&|_| {}), md5("appid=a&mch_id=m&key=K"));
        assert_eq!(
            signed(&|seal| seal.sign_key_style = SignKeyStyle::Suffix),
            md5("appid=a&mch_id=mK")
        );
        assert_eq!(
            signed(&|seal| seal.mch_id_name = MchIdName::AppidMchId),
            md5("appid=a&appidmch_id=m&key=K")
        );
        assert_eq!(
            signed(&|seal| seal.sign_skip_empty = false),
            md5("appid=a&encrypted_data=&iv=&mch_id=m&nonce_str=&key=K")
        );
        assert_eq!(
            signed(&|seal| seal.sign_fields = vec!["mch_id".to_owned()]),
            md5("mch_id=m&key=K")
        );
    }
}
