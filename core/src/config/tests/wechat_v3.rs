//! `[wechat_v3]`.

use super::*;
use crate::config::{GatewayConfig, PlatformCertificates, Region, ReverseMode, WechatV3Config};
use crate::crypto::{SigningKey, VerifyingKey};

const SERIAL: &str = "8F57F09EFDC096DE15EBE81A47057A7232F1B8E1";
const PUBLIC_KEY_ID: &str = "PUB_KEY_ID_0110000100202501010000000000000001";

/// Line numbers in the tests count from here.
const BASE: &str = r#"gateway = "wechat-v3"

[journal]
path = "data/till.db"

[wechat_v3]
appid = "wx2421b1c4370ec43b"
mchid = "10000100"
serial_no = "8F57F09EFDC096DE15EBE81A47057A7232F1B8E1"
private_key = { file = "rsa.key.pem" }
api_v3_key = { env = "WXPAY_API_KEY" }

[policy]
"#;

const BY_PUBLIC_KEY: &str = r#"public_key_id = "PUB_KEY_ID_0110000100202501010000000000000001"
public_key = { file = "ca.pub.pem" }
api_v3_key"#;

fn base_with(old: &str, new: &str) -> String {
    assert!(BASE.contains(old), "{old:?} is not in the base");
    BASE.replacen(old, new, 1)
}

fn wechat_v3(config: &Config) -> &WechatV3Config {
    let GatewayConfig::WechatV3(gateway) = &config.gateway else {
        panic!("another gateway");
    };
    gateway
}

fn platform(config: &Config) -> &PlatformCertificates {
    let platform = wechat_v3(config).platform_certificates.as_ref();
    platform.expect("platform certificates")
}

fn key(file: &str) -> VerifyingKey {
    let file = &Shop::new().files[&Path::new("/shop").join(file)];
    SigningKey::from_pem(file).unwrap().public()
}

fn file_text(name: &str) -> String {
    String::from_utf8(Shop::new().files[&Path::new("/shop").join(name)].clone()).unwrap()
}

#[test]
fn what_is_not_given_has_the_documented_defaults() {
    let config = checked(BASE).unwrap();
    assert_eq!(config.warnings, Vec::<String>::new());
    assert_eq!(config.policy.reverse, ReverseMode::Automatic);
    assert!(config.transport.client_certificate.is_none());
    let hosts: Vec<_> = config
        .transport
        .hosts
        .iter()
        .map(url::Url::as_str)
        .collect();
    assert_eq!(
        hosts,
        [
            "https://api.mch.weixin.qq.com/",
            "https://api2.mch.weixin.qq.com/"
        ]
    );

    let gateway = wechat_v3(&config);
    assert_eq!(gateway.appid, "wx2421b1c4370ec43b");
    assert_eq!(gateway.mchid, "10000100");
    assert!(!gateway.partner);
    assert_eq!((&gateway.sub_appid, &gateway.sub_mchid), (&None, &None));
    assert_eq!(gateway.serial_no, SERIAL);
    assert_eq!(gateway.certificate_expires, None);
    assert!(gateway.private_key.public() == key("rsa.key.pem"));
    assert_eq!(gateway.api_v3_key.expose(), API_KEY);
    assert!(gateway.public_keys.is_empty());
    assert!(gateway.auth_code_check);
    assert_eq!(gateway.region, Region::Mainland);
    let platform = platform(&config);
    assert!(platform.extra_roots.is_empty());
    assert_eq!(
        platform.cache,
        Path::new("/shop/data/till-platform-certificates-10000100.pem")
    );
}

#[test]
fn the_certificate_tells_the_serial_number_and_when_it_expires() {
    let certificate = "certificate = { file = \"rsa.pem\" }\n";
    let without = base_with(&format!("serial_no = \"{SERIAL}\"\n"), certificate);
    let lower = base_with(SERIAL, &SERIAL.to_lowercase());
    for text in [
        without,
        base_with("api_v3_key", &format!("{certificate}api_v3_key")),
        lower.replace("api_v3_key", &format!("{certificate}api_v3_key")),
    ] {
        let config = checked(&text).unwrap();
        assert_eq!(config.warnings, Vec::<String>::new());
        let gateway = wechat_v3(&config);
        assert_eq!(gateway.serial_no, SERIAL);
        assert!(
            gateway
                .certificate_expires
                .is_some_and(|expires| expires > NOW)
        );
    }
}

#[test]
fn a_certificate_out_of_its_time_or_of_another_merchant_is_told() {
    let text = base_with(
        "api_v3_key",
        "certificate = { file = \"rsa.pem\" }\napi_v3_key",
    );
    let error = |now| checked_at(&text, now).unwrap_err().to_string();
    assert!(
        error(0)
            .starts_with("wxpay.toml:11: wechat_v3.certificate: the certificate is valid from 20")
    );
    assert!(error(5_000_000_000).contains("get a new one at 商户平台 → 账户中心 → API安全"));
    let expires = wechat_v3(&checked(&text).unwrap())
        .certificate_expires
        .unwrap();
    let soon = checked_at(&text, expires - 24 * 3600).unwrap().warnings;
    assert!(
        soon[0].starts_with("wxpay.toml:11: wechat_v3.certificate: the certificate expires on 21"),
        "{soon:?}"
    );
    let other = checked(&text.replace("\"10000100\"", "\"10000101\""))
        .unwrap()
        .warnings;
    assert!(
        other[0].contains("does not name the merchant number 10000101"),
        "{other:?}"
    );
}

#[test]
fn keys_may_be_given_as_text_file_or_variable() {
    let text = |name| format!("'''\n{}'''", file_text(name));
    let config = base_with("{ file = \"rsa.key.pem\" }", &text("rsa.key.pem"));
    let config = config.replace(
        "api_v3_key",
        &BY_PUBLIC_KEY.replace("{ file = \"ca.pub.pem\" }", &text("ca.pub.pem")),
    );
    let config = checked(&config).unwrap();
    assert!(wechat_v3(&config).private_key.public() == key("rsa.key.pem"));
    assert!(wechat_v3(&config).public_keys[0].1 == key("ca.key.pem"));
}

#[test]
fn a_public_key_makes_platform_certificates_unnecessary_unless_they_are_asked_for() {
    let config = checked(&base_with("api_v3_key", BY_PUBLIC_KEY)).unwrap();
    let gateway = wechat_v3(&config);
    let [(id, public)] = gateway.public_keys.as_slice() else {
        panic!("one key");
    };
    assert_eq!(id, PUBLIC_KEY_ID);
    assert!(*public == key("ca.key.pem"));
    assert!(gateway.platform_certificates.is_none());

    let both = format!("platform_certificates = \"auto\"\n{BY_PUBLIC_KEY}");
    let config = checked(&base_with("api_v3_key", &both)).unwrap();
    assert_eq!(wechat_v3(&config).public_keys.len(), 1);
    assert!(
        platform(&config)
            .cache
            .ends_with("till-platform-certificates-10000100.pem")
    );

    let never = format!("platform_certificates = \"never\"\n{BY_PUBLIC_KEY}");
    let config = checked(&base_with("api_v3_key", &never)).unwrap();
    assert!(wechat_v3(&config).platform_certificates.is_none());
}

#[test]
fn what_has_no_effect_beside_a_public_key_is_warned_of() {
    let idle = format!(
        "platform_certificate_cache = \"a.pem\"\nplatform_ca = {{ file = \"ca.pem\" }}\n{BY_PUBLIC_KEY}"
    );
    let warnings = checked(&base_with("api_v3_key", &idle)).unwrap().warnings;
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(
        warnings[0]
            .starts_with("wxpay.toml:11: wechat_v3.platform_certificate_cache: has no effect")
    );
    assert!(warnings[1].starts_with("wxpay.toml:12: wechat_v3.platform_ca: has no effect"));
}

#[test]
fn the_cache_and_further_authorities_are_where_they_are_said_to_be() {
    let given = "platform_certificate_cache = \"data/keys.pem\"\nplatform_ca = { file = \"ca.pem\" }\napi_v3_key";
    let config = checked(&base_with("api_v3_key", given)).unwrap();
    assert_eq!(platform(&config).cache, Path::new("/shop/data/keys.pem"));
    assert_eq!(platform(&config).extra_roots.len(), 1);
    let relative = checked(&base_with("data/till.db", "till")).unwrap();
    assert_eq!(
        platform(&relative).cache,
        Path::new("/shop/till-platform-certificates-10000100.pem")
    );
}

#[test]
fn a_partner_acts_for_other_merchants() {
    let partner = BASE
        .replace("appid", "sp_appid")
        .replace("mchid", "sp_mchid");
    let config = checked(&partner).unwrap();
    let gateway = wechat_v3(&config);
    assert!(gateway.partner);
    assert_eq!(
        (gateway.appid.as_str(), gateway.mchid.as_str()),
        ("wx2421b1c4370ec43b", "10000100")
    );
    assert_eq!((&gateway.sub_appid, &gateway.sub_mchid), (&None, &None));

    let sub = "sub_appid = \"wxsub\"\nsub_mchid = \"452532745\"\napi_v3_key";
    let config = checked(&partner.replace("api_v3_key", sub)).unwrap();
    let gateway = wechat_v3(&config);
    assert_eq!(gateway.sub_appid.as_deref(), Some("wxsub"));
    assert_eq!(gateway.sub_mchid.as_deref(), Some("452532745"));
}

#[test]
fn hong_kong_has_its_own_hosts_and_profile() {
    let config = checked(&base_with("api_v3_key", "region = \"hk\"\napi_v3_key")).unwrap();
    assert_eq!(wechat_v3(&config).region, Region::HongKong);
    let host = config.transport.hosts[0].as_str();
    assert_eq!(host, "https://apihk.mch.weixin.qq.com/");
    assert_eq!(config.policy.query_interval.as_secs(), 10);
}

#[test]
fn a_shops_trade_is_for_overseas_only() {
    let with = |region: &str, code: &str| {
        let keys =
            format!("region = \"{region}\"\nmerchant_category_code = \"{code}\"\napi_v3_key");
        checked(&base_with("api_v3_key", &keys))
    };
    let config = with("hk", "5812").unwrap();
    let code = wechat_v3(&config).merchant_category_code.as_deref();
    assert_eq!(code, Some("5812"));
    for (region, code) in [("mainland", "5812"), ("hk", "58 12"), ("hk", "")] {
        let error = with(region, code).unwrap_err().to_string();
        assert!(error.contains("merchant_category_code"), "{error}");
    }
}

/// Changing the gateway, and going back, is one line.
#[test]
fn the_section_of_the_other_gateway_may_stay_and_is_not_read() {
    let v2 = "[wechat_v2]\nmch_id = 5\napi_key = { file = \"/nowhere\" }\n[policy]";
    assert!(checked(&base_with("[policy]", v2)).is_ok());
    let v3 = "[wechat_v3]\nmchid = 5\nprivate_key = { file = \"/nowhere\" }\n[policy]";
    assert!(checked(&super::base_with("[policy]", v3)).is_ok());
}

/// Piece of the base, what stands there instead, the error. Every text that a test passes as a
/// secret contains `hush`.
#[rustfmt::skip]
const TABLE: &[(&str, &str, &str)] = &[
    ("[policy]", "[wechat_v2]\napi_kye = \"hush\"\n[policy]", "wxpay.toml:14: wechat_v2.api_kye: is unknown; did you mean api_key?"),
    ("mchid =", "mch_id =", "wxpay.toml:8: wechat_v3.mch_id: is unknown; did you mean mchid?"),
    // who
    ("appid = \"wx2421b1c4370ec43b\"\nmchid = \"10000100\"", "", "wxpay.toml:6: wechat_v3: appid and mchid are missing; mchid is the merchant number (商户号), appid the app id bound to it. A partner (服务商) gives sp_appid and sp_mchid instead"),
    ("appid = \"wx2421b1c4370ec43b\"", "", EITHER),
    ("mchid = \"10000100\"", "", EITHER),
    ("appid =", "sp_appid =", EITHER),
    ("appid =", "sp_appid = \"wx1\"\nappid =", EITHER),
    ("mchid =", "sp_mchid = \"1\"\nsp_appid = \"wx1\"\nmchid =", EITHER),
    ("mchid =", "sub_mchid = \"1\"\nmchid =", "wxpay.toml:8: wechat_v3.sub_mchid: belongs to a partner (服务商), who gives sp_appid and sp_mchid in place of appid and mchid"),
    ("mchid =", "sub_appid = \"wx1\"\nmchid =", "wxpay.toml:8: wechat_v3.sub_appid: belongs to a partner (服务商), who gives sp_appid and sp_mchid in place of appid and mchid"),
    ("\"10000100\"", "10000100", "wxpay.toml:8: wechat_v3.mchid: must be text in quotes"),
    ("\"10000100\"", "\"1000010O\"", "wxpay.toml:8: wechat_v3.mchid: must be up to 32 digits, as in 10000100"),
    ("wx2421b1c4370ec43b", "wx-2421b1c4370ec43b", "wxpay.toml:7: wechat_v3.appid: must be up to 32 letters and digits, as in wx2421b1c4370ec43b"),
    // serial_no
    ("serial_no = \"8F57F09EFDC096DE15EBE81A47057A7232F1B8E1\"", "", "wxpay.toml:6: wechat_v3.serial_no: is missing; it is the serial number (证书序列号) of the merchant's API certificate, at 商户平台 → 账户中心 → API安全 → 商户API证书; or give certificate = { file = \"apiclient_cert.pem\" }"),
    ("\"8F57F09EFDC096DE15EBE81A47057A7232F1B8E1\"", "\"8F:57:F0:9E\"", SERIAL_ERROR),
    ("\"8F57F09EFDC096DE15EBE81A47057A7232F1B8E1\"", "\"8F57F09EFDC096DE15EBE81A47057A7232F1B8E10\"", SERIAL_ERROR),
    ("\"8F57F09EFDC096DE15EBE81A47057A7232F1B8E1\"", "\"PUB_KEY_ID_0110000100\"", SERIAL_ERROR),
    ("\"8F57F09EFDC096DE15EBE81A47057A7232F1B8E1\"", "1", "wxpay.toml:9: wechat_v3.serial_no: must be text in quotes"),
    // private_key
    ("private_key = { file = \"rsa.key.pem\" }", "", "wxpay.toml:6: wechat_v3.private_key: is missing; give { file = \"apiclient_key.pem\" }, the key of the merchant's API certificate"),
    ("{ file = \"rsa.key.pem\" }", "\"hush\"", "wxpay.toml:10: wechat_v3.private_key: holds no private key; it is apiclient_key.pem"),
    ("rsa.key.pem", "rsa.pem", "wxpay.toml:10: wechat_v3.private_key: holds no private key; it is apiclient_key.pem"),
    ("rsa.key.pem", "rsa.encrypted.key.pem", "wxpay.toml:10: wechat_v3.private_key: holds an encrypted private key; decrypt it with `openssl pkey -in encrypted.pem -out apiclient_key.pem`"),
    ("rsa.key.pem", "ec.key.pem", "wxpay.toml:10: wechat_v3.private_key: holds a private key that cannot be used; RSA of 2048 bits or more is needed"),
    ("rsa.key.pem", "small.key.pem", "wxpay.toml:10: wechat_v3.private_key: holds a private key that cannot be used; RSA of 2048 bits or more is needed"),
    ("rsa.key.pem", "/nowhere.pem", "wxpay.toml:10: wechat_v3.private_key.file: cannot read /nowhere.pem: entity not found"),
    ("rsa.key.pem", "large.pem", "wxpay.toml:10: wechat_v3.private_key.file: cannot read /shop/large.pem: it is too large"),
    ("rsa.key.pem", "utf-16.txt", "wxpay.toml:10: wechat_v3.private_key.file: the file is not UTF-8 text; save it as UTF-8"),
    ("{ file = \"rsa.key.pem\" }", "{ cert = \"a\" }", "wxpay.toml:10: wechat_v3.private_key.cert: is unknown; known here: file, env"),
    // certificate
    ("api_v3_key", "certificate = { file = \"rsa.key.pem\" }\napi_v3_key", "wxpay.toml:11: wechat_v3.certificate: holds no certificate"),
    ("api_v3_key", "certificate = { file = \"version1.pem\" }\napi_v3_key", "wxpay.toml:11: wechat_v3.certificate: holds a certificate that cannot be read (X.509 version 3 is needed)"),
    ("api_v3_key", "certificate = { file = \"ca.pem\" }\napi_v3_key", "wxpay.toml:11: wechat_v3.certificate: private_key does not belong to this certificate; both must be from one download"),
    ("serial_no = \"8", "certificate = { file = \"rsa.pem\" }\nserial_no = \"9", "wxpay.toml:9: wechat_v3.certificate: has the serial number 8F57F09EFDC096DE15EBE81A47057A7232F1B8E1, and serial_no another one; leave serial_no out, or take all from one download"),
    // api_v3_key
    ("api_v3_key = { env = \"WXPAY_API_KEY\" }", "", "wxpay.toml:6: wechat_v3.api_v3_key: is missing; it is the APIv3 key (APIv3密钥) of 商户平台 → 账户中心 → API安全"),
    ("{ env = \"WXPAY_API_KEY\" }", "\"hush\"", "wxpay.toml:11: wechat_v3.api_v3_key: must be 32 characters, has 4; copy the APIv3 key from where it was set (商户平台 → 账户中心 → API安全), or set a new one there"),
    ("{ env = \"WXPAY_API_KEY\" }", "\"hush密钥\"", "wxpay.toml:11: wechat_v3.api_v3_key: must be ASCII without blanks, has other characters; copy the APIv3 key from where it was set (商户平台 → 账户中心 → API安全), or set a new one there"),
    // public_key
    ("api_v3_key", "public_key = { file = \"ca.pub.pem\" }\napi_v3_key", "wxpay.toml:6: wechat_v3.public_key_id: is missing; it is the 公钥ID beside the key at 商户平台 → 账户中心 → API安全 → 微信支付公钥"),
    ("api_v3_key", "public_key_id = \"PUB_KEY_ID_01\"\napi_v3_key", "wxpay.toml:6: wechat_v3.public_key: is missing; give { file = \"pub_key.pem\" }, the key of public_key_id, from 商户平台 → 账户中心 → API安全 → 微信支付公钥"),
    ("api_v3_key", "public_key_id = \"0110000100\"\npublic_key = { file = \"ca.pub.pem\" }\napi_v3_key", ID_ERROR),
    ("api_v3_key", "public_key_id = \"PUB_KEY_ID_\"\npublic_key = { file = \"ca.pub.pem\" }\napi_v3_key", ID_ERROR),
    ("api_v3_key", "public_key_id = \"PUB_KEY_ID_01 \"\npublic_key = { file = \"ca.pub.pem\" }\napi_v3_key", ID_ERROR),
    ("api_v3_key", "public_key_id = \"PUB_KEY_ID_01\"\npublic_key = { file = \"rsa.pem\" }\napi_v3_key", "wxpay.toml:12: wechat_v3.public_key: holds a certificate, not a public key (BEGIN PUBLIC KEY); it is pub_key.pem from 商户平台 → 账户中心 → API安全 → 微信支付公钥"),
    ("api_v3_key", "public_key_id = \"PUB_KEY_ID_01\"\npublic_key = { file = \"rsa.key.pem\" }\napi_v3_key", "wxpay.toml:12: wechat_v3.public_key: holds no public key (BEGIN PUBLIC KEY); it is pub_key.pem from 商户平台 → 账户中心 → API安全 → 微信支付公钥"),
    ("api_v3_key", "public_key_id = \"PUB_KEY_ID_01\"\npublic_key = { file = \"small.pub.pem\" }\napi_v3_key", "wxpay.toml:12: wechat_v3.public_key: holds a public key that cannot be used; RSA of 2048 bits or more is needed; it is pub_key.pem from 商户平台 → 账户中心 → API安全 → 微信支付公钥"),
    ("api_v3_key", "public_key_id = \"PUB_KEY_ID_01\"\npublic_key = { file = \"rsa.pub.pem\" }\napi_v3_key", "wxpay.toml:12: wechat_v3.public_key: is the merchant's own; WeChat Pay's is pub_key.pem from 商户平台 → 账户中心 → API安全 → 微信支付公钥"),
    // platform certificates
    ("api_v3_key", "platform_certificates = \"never\"\napi_v3_key", "wxpay.toml:11: wechat_v3.platform_certificates: leaves nothing to verify answers with; give public_key_id and public_key from 商户平台 → 账户中心 → API安全 → 微信支付公钥, or write \"auto\""),
    ("api_v3_key", "platform_certificates = true\napi_v3_key", "wxpay.toml:11: wechat_v3.platform_certificates: must be text in quotes"),
    ("api_v3_key", "platform_certificates = \"yes\"\napi_v3_key", "wxpay.toml:11: wechat_v3.platform_certificates: must be \"auto\" or \"never\""),
    ("api_v3_key", "platform_certificate_cache = \"/nowhere/a.pem\"\napi_v3_key", "wxpay.toml:11: wechat_v3.platform_certificate_cache: the folder /nowhere does not exist; create it"),
    ("api_v3_key", "platform_certificate_cache = \"data\"\napi_v3_key", "wxpay.toml:11: wechat_v3.platform_certificate_cache: is a folder; name a file in it"),
    ("api_v3_key", "platform_ca = { file = \"rsa.key.pem\" }\napi_v3_key", "wxpay.toml:11: wechat_v3.platform_ca: holds no certificate"),
    ("api_v3_key", "platform_ca = { file = \"rsa.pem\" }\napi_v3_key", "wxpay.toml:11: wechat_v3.platform_ca: certificate 1 cannot be trusted: it is no X.509 CA certificate of an RSA key"),
    ("api_v3_key", "region = \"us\"\napi_v3_key", "wxpay.toml:11: wechat_v3.region: must be \"mainland\" or \"hk\""),
    ("api_v3_key", "hosts = []\napi_v3_key", "wxpay.toml:11: wechat_v3.hosts: must name 1 to 8 hosts; without hosts the region's own are used"),
    ("api_v3_key", "auth_code_check = 1\napi_v3_key", "wxpay.toml:11: wechat_v3.auth_code_check: must be true or false, without quotes"),
];

const EITHER: &str = "wxpay.toml:6: wechat_v3: must have either appid and mchid (a merchant) or sp_appid and sp_mchid (a partner, 服务商), not one of each";
const SERIAL_ERROR: &str = "wxpay.toml:9: wechat_v3.serial_no: must be up to 40 hexadecimal digits without blanks or colons: the 证书序列号 at 商户平台 → 账户中心 → API安全 → 商户API证书";
const ID_ERROR: &str = "wxpay.toml:11: wechat_v3.public_key_id: must be the whole id with its PUB_KEY_ID_, as shown at 商户平台 → 账户中心 → API安全 → 微信支付公钥";

#[test]
fn every_mistake_is_named_with_its_place_and_the_remedy() {
    for (old, new, expected) in TABLE {
        let error = checked(&base_with(old, new)).expect_err(new).to_string();
        assert_eq!(error, *expected, "{new:?}");
        assert!(!error.contains("hush") && !error.contains('\n'), "{error}");
    }
}
