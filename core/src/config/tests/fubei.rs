//! `[fubei]`.

use super::*;
use crate::config::{
    AuthCodes, Channel, FubeiAccount, FubeiApi, FubeiConfig, GatewayConfig, PolicyConfig, Region,
};

/// Line numbers count from here.
const FUBEI: &str = r#"gateway = "fubei"

[journal]
path = "wxpay-journal.db"

[fubei]
app_id = "20161219113441561987"
secret = "hush-0123456789"
"#;

fn with(from: &str, to: &str) -> String {
    assert!(FUBEI.contains(from), "{from}");
    FUBEI.replacen(from, to, 1)
}

fn fubei(text: &str) -> FubeiConfig {
    match checked(text)
        .unwrap_or_else(|error| panic!("{error}"))
        .gateway
    {
        GatewayConfig::Fubei(config) => config,
        other => panic!("another gateway: {other:?}"),
    }
}

fn vendor(line: &str) -> String {
    with("app_id = \"20161219113441561987\"", line)
}

#[test]
fn a_merchant_needs_no_more_than_its_application_and_its_secret() {
    let config = checked(FUBEI).unwrap();
    assert!(config.warnings.is_empty());
    assert_eq!(config.policy, PolicyConfig::profile(Region::Mainland));
    assert!(config.transport.client_certificate.is_none());
    assert_eq!(config.transport.hosts.len(), 1);
    assert_eq!(
        config.transport.hosts[0].as_str(),
        "https://shq-api.51fubei.com/"
    );

    let fubei = fubei(FUBEI);
    let app_id = "20161219113441561987".to_owned();
    assert_eq!(fubei.account, FubeiAccount::Merchant { app_id });
    assert_eq!(fubei.secret.expose(), "hush-0123456789");
    assert_eq!(fubei.api, FubeiApi::V1);
    assert_eq!(fubei.path, "/gateway");
    assert_eq!(fubei.store_id, None);
    assert_eq!(fubei.auth_codes, AuthCodes::default());
}

#[test]
fn a_service_provider_has_the_newer_interface_unless_it_says_otherwise() {
    let text = vendor("vendor_sn = \"2018071920330100001\"\nmerchant_id = \"1227366\"");
    let config = fubei(&text);
    let vendor_sn = "2018071920330100001".to_owned();
    let merchant_id = Some("1227366".to_owned());
    assert_eq!(
        config.account,
        FubeiAccount::Vendor {
            vendor_sn,
            merchant_id
        }
    );
    assert_eq!(
        (config.api, config.path.as_str()),
        (FubeiApi::V2, "/gateway/agent")
    );

    let first = vendor("vendor_sn = \"2018071920330100001\"\napi = \"1.0\"");
    let checked = checked(&first).unwrap();
    assert_eq!(checked.warnings.len(), 1);
    assert!(checked.warnings[0].starts_with("wxpay.toml:6: fubei: Fubei documents"));
}

#[test]
fn every_value_can_be_given() {
    let text = with(
        "secret = \"hush-0123456789\"",
        "secret = { file = \"fubei_secret.txt\" }\napi = \"2.0\"\nurl = \"https://pay.example.com:8443/gateway/cate\"\n\
         store_id = \"25249\"\nauth_codes = { wechat = [\"10-19\"], alipay = [\"28\", \"30-31\"], unionpay = [] }",
    );
    let config = checked(&text).unwrap();
    assert_eq!(
        config.transport.hosts[0].as_str(),
        "https://pay.example.com:8443/"
    );
    let config = fubei(&text);
    assert_eq!(config.secret.expose(), "hush-hush");
    assert_eq!(config.path, "/gateway/cate");
    assert_eq!(config.store_id.as_deref(), Some("25249"));
    for (code, channel) in [
        ("199999999999999999", Some(Channel::Wechat)),
        ("280000000000000000", Some(Channel::Alipay)),
        ("310000000000000000", Some(Channel::Alipay)),
        ("250000000000000000", None),
        ("6210000000000000000", None),
    ] {
        assert_eq!(config.auth_codes.channel(code), channel, "{code}");
    }
}

#[test]
fn a_channel_that_is_not_in_the_table_keeps_its_prefixes() {
    let config = fubei(&format!("{FUBEI}auth_codes = {{ wechat = [\"1\"] }}\n"));
    for (code, channel) in [
        ("160000000000000000", Some(Channel::Wechat)),
        ("250000000000000000", Some(Channel::Alipay)),
        ("6210000000000000000", Some(Channel::UnionPay)),
    ] {
        assert_eq!(config.auth_codes.channel(code), channel, "{code}");
    }
}

#[test]
fn the_secret_is_in_no_debug_text() {
    assert!(!format!("{:?}", checked(FUBEI).unwrap()).contains("hush"));
}

/// Piece of the base, what stands there instead, the error.
#[rustfmt::skip]
const TABLE: &[(&str, &str, &str)] = &[
    ("[fubei]\napp_id = \"20161219113441561987\"\nsecret = \"hush-0123456789\"", "", "wxpay.toml: fubei: is missing; gateway = \"fubei\" needs this section"),
    ("app_id = \"20161219113441561987\"", "", "wxpay.toml:6: fubei.app_id: is missing; write app_id (a merchant for itself) or vendor_sn (a service provider)"),
    ("app_id", "vendor_sn = \"1\"\napp_id", "wxpay.toml:7: fubei.vendor_sn: stands beside app_id; write app_id (a merchant for itself) or vendor_sn (a service provider), not both"),
    ("app_id", "merchant_id = \"1\"\napp_id", "wxpay.toml:7: fubei.merchant_id: belongs to vendor_sn: app_id names its merchant already; take it out"),
    ("20161219113441561987", "2016 1219", "wxpay.toml:7: fubei.app_id: must be up to 64 letters and digits, as in 20161219113441561987"),
    ("\"20161219113441561987\"", "20161219", "wxpay.toml:7: fubei.app_id: must be text in quotes"),
    ("app_id = \"20161219113441561987\"", "vendor_sn = \"1\"\nmerchant_id = \"x\"", "wxpay.toml:8: fubei.merchant_id: must be up to 18 digits in quotes, without zeros before them"),
    ("secret = \"hush-0123456789\"", "", "wxpay.toml:6: fubei.secret: is missing; it is the AppSecret (商户密钥) of app_id, or the VendorSecret of vendor_sn"),
    ("hush-0123456789", "hush hush", "wxpay.toml:8: fubei.secret: must be at most 128 ASCII characters without blanks; copy it from where Fubei shows it"),
    ("hush-0123456789", "hush密", "wxpay.toml:8: fubei.secret: must be at most 128 ASCII characters without blanks; copy it from where Fubei shows it"),
    ("secret", "api = \"3.0\"\nsecret", "wxpay.toml:8: fubei.api: must be \"1.0\" or \"2.0\""),
    ("secret", "api = 2.0\nsecret", "wxpay.toml:8: fubei.api: must be text in quotes"),
    ("secret", "url = \"http://a.example/gateway\"\nsecret", "wxpay.toml:8: fubei.url: must be like \"https://shq-api.51fubei.com/gateway\": https with a path, no query or user name"),
    ("secret", "url = \"https://a.example\"\nsecret", "wxpay.toml:8: fubei.url: must be like"),
    ("secret", "url = \"https://a.example/g?x=1\"\nsecret", "wxpay.toml:8: fubei.url: must be like"),
    ("secret", "url = \"https://hush@a.example/g\"\nsecret", "wxpay.toml:8: fubei.url: must be like"),
    ("secret", "store_id = \"007\"\nsecret", "wxpay.toml:8: fubei.store_id: must be up to 10 digits in quotes, without zeros before them"),
    ("secret", "client_certificate = 1\nsecret", "wxpay.toml:8: fubei.client_certificate: is unknown; known here: app_id, vendor_sn, merchant_id, secret, api, url, store_id, auth_codes"),
    ("secret", "auth_codes = 1\nsecret", "wxpay.toml:8: fubei.auth_codes: must be a table with wechat, alipay, unionpay"),
    ("secret", "auth_codes = { weixin = [] }\nsecret", "wxpay.toml:8: fubei.auth_codes.weixin: is unknown; known here: wechat, alipay, unionpay"),
    ("secret", "auth_codes = { wechat = \"10\" }\nsecret", "wxpay.toml:8: fubei.auth_codes.wechat: must be an array such as"),
    ("secret", "auth_codes = { wechat = [\"1x\"] }\nsecret", "wxpay.toml:8: fubei.auth_codes.wechat: must be like \"28\" or \"25-30\": up to 10 digits that a code begins with"),
    ("secret", "auth_codes = { wechat = [\"15-10\"] }\nsecret", "wxpay.toml:8: fubei.auth_codes.wechat: must be like"),
    ("secret", "auth_codes = { wechat = [\"9-10\"] }\nsecret", "wxpay.toml:8: fubei.auth_codes.wechat: must be like"),
    ("secret", "auth_codes = { wechat = [\"12345678901\"] }\nsecret", "wxpay.toml:8: fubei.auth_codes.wechat: must be like"),
    ("secret", "auth_codes = { wechat = [\"2\"] }\nsecret", "wxpay.toml:8: fubei.auth_codes: a code could be of alipay (25-30) and of wechat (2); give each its own"),
    ("secret", "auth_codes = { unionpay = [\"281\"] }\nsecret", "wxpay.toml:8: fubei.auth_codes: a code could be of alipay (25-30) and of unionpay (281); give each its own"),
];

#[test]
fn every_mistake_is_named_with_its_place_and_the_remedy_and_without_the_secret() {
    for (from, to, wanted) in TABLE {
        let error = checked(&with(from, to)).expect_err(to).to_string();
        assert!(
            error.starts_with(wanted),
            "{to}\n have {error}\n want {wanted}"
        );
        assert!(!error.contains("hush"), "{error}");
    }
}

#[test]
fn a_till_changes_gateways_by_one_line() {
    let both = format!("{BASE}[fubei]\napp_id = \"1\"\nsecret = \"hush\"\n");
    assert!(matches!(
        checked(&both).unwrap().gateway,
        GatewayConfig::WechatV2(_)
    ));
    let other = both.replacen("\"wechat-v2\"", "\"fubei\"", 1);
    assert!(matches!(
        checked(&other).unwrap().gateway,
        GatewayConfig::Fubei(_)
    ));
}
