//! Everything that can be wrong about keys, numbers and permissions, one mistake at a time.

use std::fs;

use super::*;
use rcgen::{KeyPair, PKCS_RSA_SHA256, RsaKeySize};

/// A key pair that nobody has.
pub(crate) fn stranger() -> KeyPair {
    KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).expect("a key")
}

pub(crate) fn write(shop: &Shop, name: &str, content: &str) {
    fs::write(shop.folder.path().join(name), content).expect("the folder can be written");
}

/// A line with a file of the shop's folder.
pub(crate) fn file(shop: &Shop, key: &str, name: &str) -> String {
    format!("{key} = {{ file = {:?} }}", shop.folder.path().join(name))
}

/// A mistake, how it is made, the check that fails and what is said about it.
pub(crate) struct Mistake {
    pub(crate) name: &'static str,
    pub(crate) settings: Settings,
    pub(crate) config: fn(&Shop) -> String,
    pub(crate) check: &'static str,
    pub(crate) pieces: &'static [&'static str],
}

fn wrong_private_key(shop: &Shop) -> String {
    write(shop, "stranger.pem", &stranger().serialize_pem());
    config_without(
        &shop.config(),
        &["private_key", "certificate"],
        &file(shop, "private_key", "stranger.pem"),
    )
}

pub(crate) fn mistakes() -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    for settings in [
        keys_of(PlatformKeys::Certificates),
        keys_of(PlatformKeys::PublicKey),
    ] {
        let mut add = |name, config: fn(&Shop) -> String, check, pieces| {
            mistakes.push(Mistake {
                name,
                settings: settings.clone(),
                config,
                check,
                pieces,
            });
        };
        add(
            "another private key",
            wrong_private_key,
            "private_key",
            &["private_key does not sign", "one download"],
        );
        add(
            "another serial number",
            |shop| {
                config_without(
                    &shop.config(),
                    &["serial_no", "certificate"],
                    "serial_no = \"1234567890ABCDEF\"",
                )
            },
            "serial_no",
            &["serial_no is not that of"],
        );
        add(
            "another merchant number",
            |shop| config_without(&shop.config(), &["mchid"], "mchid = \"10009999\""),
            "mchid",
            &["does not know mchid"],
        );
        add(
            "no permission",
            |shop| {
                let config = config_without(
                    &shop.config(),
                    &["appid"],
                    "sp_appid = \"wx2421b1c4370ec43b\"",
                );
                config
                    .replace("mchid = ", "sp_mchid = ")
                    .replace("serial_no =", "sub_mchid = \"1900000109\"\nserial_no =")
            },
            "credentials",
            &["NO_AUTH"],
        );
    }
    let mut add = |name, keys, config: fn(&Shop) -> String, check, pieces| {
        mistakes.push(Mistake {
            name,
            settings: keys,
            config,
            check,
            pieces,
        });
    };
    add(
        "another APIv3 key",
        keys_of(PlatformKeys::Certificates),
        |shop| {
            config_without(
                &shop.config(),
                &["api_v3_key"],
                "api_v3_key = \"0123456789abcdefghijklmnopqrstuv\"",
            )
        },
        "platform_keys",
        &["api_v3_key", "APIv3密钥"],
    );
    let signed_errors = Settings {
        sign_errors: true,
        ..keys_of(PlatformKeys::PublicKey)
    };
    add(
        "another public key",
        signed_errors.clone(),
        |shop| {
            write(shop, "stranger.pem", &stranger().public_key_pem());
            config_without(
                &shop.config(),
                &["public_key"],
                &file(shop, "public_key", "stranger.pem"),
            )
        },
        "platform_keys",
        &["public_key is not the key of public_key_id"],
    );
    add(
        "another public key's id",
        signed_errors,
        |shop| {
            config_without(
                &shop.config(),
                &["public_key_id"],
                "public_key_id = \"PUB_KEY_ID_0100000000012025010100000000000001\"",
            )
        },
        "platform_keys",
        &["public_key_id", "微信支付公钥"],
    );
    add(
        "no public key, and nothing else to be had",
        keys_of(PlatformKeys::PublicKey),
        |shop| config_without(&shop.config(), &["public_key_id", "public_key"], ""),
        "platform_keys",
        &["public_key_id", "微信支付公钥"],
    );
    add(
        "certificates only, and the public key signs",
        Settings {
            sign_errors: true,
            ..signed_by(PlatformSigner::PublicKey)
        },
        |shop| config_without(&shop.config(), &["public_key_id", "public_key"], ""),
        "platform_keys",
        &["public_key_id", "微信支付公钥"],
    );
    add(
        "a public key only, and a certificate signs",
        Settings {
            sign_errors: true,
            ..signed_by(PlatformSigner::Certificate)
        },
        |shop| {
            config_without(
                &shop.config(),
                &["platform_certificates", "platform_ca"],
                "",
            )
        },
        "platform_keys",
        &["platform_certificates = \"auto\""],
    );
    add(
        "somebody else's authority",
        keys_of(PlatformKeys::Certificates),
        |shop| config_without(&shop.config(), &["platform_ca"], ""),
        "platform_keys",
        &["authority", "platform_ca"],
    );
    mistakes
}
