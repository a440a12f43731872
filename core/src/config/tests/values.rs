use std::time::Duration;

use super::*;
use crate::config::{
    Encoding, GatewayConfig, Language, OnRecoveredPaid, PolicyConfig, Region, ReverseMode, Secret,
    SignType, WechatV2Config,
};

fn wechat_v2(config: &Config) -> &WechatV2Config {
    let GatewayConfig::WechatV2(gateway) = &config.gateway else {
        panic!("another gateway");
    };
    gateway
}

fn hosts(config: &Config) -> Vec<&str> {
    config
        .transport
        .hosts
        .iter()
        .map(url::Url::as_str)
        .collect()
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn what_is_not_given_has_the_documented_defaults() {
    let config = checked(BASE).unwrap();
    assert_eq!(config.language, Language::Chinese);
    assert_eq!(config.encoding, Encoding::Utf8);
    assert_eq!(config.journal.path, Path::new("/shop/wxpay-journal.db"));
    assert_eq!(config.journal.lease, seconds(10));
    assert_eq!(config.warnings, Vec::<String>::new());

    let gateway = wechat_v2(&config);
    assert_eq!(gateway.appid, "wx2421b1c4370ec43b");
    assert_eq!(gateway.mch_id, "10000100");
    assert_eq!(gateway.api_key.expose(), API_KEY);
    assert_eq!((&gateway.sub_appid, &gateway.sub_mch_id), (&None, &None));
    assert_eq!(gateway.sign_type, SignType::HmacSha256);
    assert_eq!(gateway.region, Region::Mainland);
    assert!(gateway.auth_code_check);
    assert!(gateway.client_certificate.is_some());

    assert!(config.transport.client_certificate.is_some());
    assert_eq!(config.transport.connect_timeout, seconds(5));
    assert_eq!(config.transport.answer_timeout, seconds(15));
    assert!(config.transport.extra_roots.is_empty());
    assert_eq!(config.transport.proxy, None);
    assert_eq!(
        hosts(&config),
        [
            "https://api.mch.weixin.qq.com/",
            "https://api2.mch.weixin.qq.com/"
        ]
    );
}

#[test]
fn the_policy_defaults_are_the_numbers_of_the_documents() {
    assert_eq!(
        checked(BASE).unwrap().policy,
        PolicyConfig {
            first_query: seconds(5),
            query_interval: seconds(3),
            window: seconds(45),
            reverse_not_before: seconds(15),
            reverse_budget: seconds(45),
            reverse_interval: seconds(2),
            confirm_interval: seconds(5),
            code_lifetime: seconds(60),
            reverse: ReverseMode::Automatic,
            confirm_declines: true,
            on_recovered_paid: OnRecoveredPaid::Report,
            prepay_window: Duration::from_secs(120),
        }
    );
    let policy = checked(&base_with("\"mainland\"", "\"hk\""))
        .unwrap()
        .policy;
    assert_eq!(
        (policy.first_query, policy.query_interval, policy.window),
        (seconds(5), seconds(10), seconds(30))
    );
}

#[test]
fn hong_kong_brings_its_own_hosts_and_profile() {
    let text =
        base_with("api_key", "region = \"hk\"\napi_key").replace("profile = \"mainland\"", "");
    let config = checked(&text).unwrap();
    assert_eq!(wechat_v2(&config).region, Region::HongKong);
    assert_eq!(config.policy, PolicyConfig::profile(Region::HongKong));
    assert_eq!(
        hosts(&config),
        [
            "https://apihk.mch.weixin.qq.com/",
            "https://api.mch.weixin.qq.com/"
        ]
    );
}

#[test]
fn every_value_can_be_given() {
    let config = checked(
        r#"
gateway = "wechat-v2"
language = "en"
encoding = "gbk"
[journal]
path = "data/orders.db"
lease = "1m"
[wechat_v2]
appid = "wx2421b1c4370ec43b"
mch_id = "10000100"
sub_appid = "wx8888888888888888"
sub_mch_id = "1900000109"
api_key = { env = "WXPAY_API_KEY" }
sign_type = "MD5"
auth_code_check = false
hosts = ["https://127.0.0.1:8443", "https://api.mch.weixin.qq.com"]
[wechat_v2.client_certificate]
cert = "rsa.pem"
key = "rsa.key.pem"
[policy]
first_query = "6s"
query_interval = "3500ms"
window = "1m30s"
reverse_not_before = "20s"
reverse_budget = "50s"
reverse_interval = "250ms"
confirm_interval = "4 s"
code_lifetime = "1.5m"
reverse = "never"
confirm_declines = false
on_recovered_paid = "report"
[transport]
connect_timeout = "4s"
answer_timeout = "20s"
ca_file = "ca.pem"
proxy = "socks5h://till:hush@10.0.0.1:1080"
"#,
    )
    .unwrap();
    assert_eq!(config.warnings, Vec::<String>::new());
    assert_eq!(config.language, Language::English);
    assert_eq!(config.encoding, Encoding::Gbk);
    assert_eq!(config.journal.path, Path::new("/shop/data/orders.db"));
    assert_eq!(config.journal.lease, seconds(60));
    let gateway = wechat_v2(&config);
    assert_eq!(gateway.sub_appid.as_deref(), Some("wx8888888888888888"));
    assert_eq!(gateway.sub_mch_id.as_deref(), Some("1900000109"));
    assert_eq!(gateway.api_key.expose(), API_KEY);
    assert_eq!(gateway.sign_type, SignType::Md5);
    assert!(!gateway.auth_code_check);
    assert_eq!(
        hosts(&config),
        ["https://127.0.0.1:8443/", "https://api.mch.weixin.qq.com/"]
    );
    assert_eq!(
        config.policy,
        PolicyConfig {
            first_query: seconds(6),
            query_interval: Duration::from_millis(3500),
            window: seconds(90),
            reverse_not_before: seconds(20),
            reverse_budget: seconds(50),
            reverse_interval: Duration::from_millis(250),
            confirm_interval: seconds(4),
            code_lifetime: seconds(90),
            reverse: ReverseMode::Never,
            confirm_declines: false,
            on_recovered_paid: OnRecoveredPaid::Report,
            prepay_window: Duration::from_secs(120),
        }
    );
    assert_eq!(config.transport.connect_timeout, seconds(4));
    assert_eq!(config.transport.answer_timeout, seconds(20));
    assert_eq!(config.transport.extra_roots.len(), 1);
    assert_eq!(
        config.transport.proxy.as_ref().map(url::Url::as_str),
        Some("socks5h://till:hush@10.0.0.1:1080")
    );

    let shown = format!("{config:?}");
    assert!(
        !shown.contains("hush") && !shown.contains(API_KEY),
        "{shown}"
    );
}

#[test]
fn a_secret_comes_from_text_file_or_environment() {
    for source in [
        "\"0123456789abcdef0123456789ABCDEF\"",
        "{ file = \"api_key.txt\" }",
        "{ file = \"api_key.windows.txt\" }",
        "{ file = \"/shop/api_key.txt\" }",
        "{ env = \"WXPAY_API_KEY\" }",
    ] {
        let text = base_with("\"0123456789abcdef0123456789ABCDEF\"", source);
        let config = checked(&text).expect(source);
        assert_eq!(wechat_v2(&config).api_key.expose(), API_KEY, "{source}");
    }
    assert_eq!(format!("{:?}", Secret::new(API_KEY)), "Secret(…)");
}

#[test]
fn without_reverse_no_certificate_is_needed() {
    let text = base_with("client_certificate = { p12 = \"aes.p12\" }", "")
        .replace("profile = \"mainland\"", "reverse = \"never\"");
    let config = checked(&text).unwrap();
    assert!(wechat_v2(&config).client_certificate.is_none());
    assert!(config.transport.client_certificate.is_none());
}

#[test]
fn a_password_can_be_given_like_any_secret() {
    let text = base_with(
        "p12 = \"aes.p12\"",
        "p12 = \"legacy.p12\", password = \"10000100\"",
    )
    .replace("mch_id = \"10000100\"", "mch_id = \"1900000109\"");
    let config = checked(&text).unwrap();
    assert_eq!(
        config.warnings,
        [
            "wxpay.toml:10: wechat_v2.client_certificate.p12: the certificate does not name \
             mch_id 1900000109; reverse and refund need that merchant's own"
        ]
    );
}

#[test]
fn durations_below_the_documents_are_allowed_with_a_warning() {
    for (key, value, documented) in [
        ("first_query", "4.9s", "5s"),
        ("query_interval", "100ms", "3s"),
        ("window", "44s", "45s"),
        ("reverse_not_before", "0s", "15s"),
        ("code_lifetime", "59s", "60s"),
    ] {
        let text = base_with("profile = \"mainland\"", &format!("{key} = \"{value}\""));
        let shown = if value == "0s" { "0ns" } else { value };
        assert_eq!(
            checked(&text).expect(key).warnings,
            [format!(
                "wxpay.toml:13: policy.{key}: {shown} is shorter than the {documented} of WeChat's \
                 documents"
            )]
        );
    }
}

#[test]
fn a_short_lease_and_a_certificate_that_runs_out_are_warned_of() {
    let text = base_with("wxpay-journal.db\"", "wxpay-journal.db\"\nlease = \"4s\"");
    assert_eq!(
        checked(&text).unwrap().warnings,
        [
            "wxpay.toml:5: journal.lease: 4s is short: a process that stalls that long loses its \
             orders to another"
        ]
    );

    let GatewayConfig::WechatV2(gateway) = checked(BASE).unwrap().gateway else {
        panic!("another gateway");
    };
    let last = gateway.client_certificate.unwrap().not_after();
    let warnings = checked_at(BASE, last - 29 * 86_400).unwrap().warnings;
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].contains("the certificate expires on 21"));
    assert!(checked_at(BASE, last).is_ok());
    assert!(checked_at(BASE, last + 1).is_err());
}

#[test]
fn a_file_saved_by_a_windows_editor_is_read_with_the_same_line_numbers() {
    let windows = |text: &str| ["\u{feff}", &text.replace('\n', "\r\n")].concat();
    checked(&windows(BASE)).unwrap();
    let error = checked(&windows(&base_with("profile", "porfile"))).unwrap_err();
    assert_eq!(
        error.to_string(),
        "wxpay.toml:13: policy.porfile: is unknown; did you mean profile?"
    );
}

/// Every TOML block of the documentation, with the fixtures in place of its files.
#[test]
fn the_examples_of_the_documentation_are_good_configurations_and_name_the_defaults() {
    let page = include_str!("../../../../docs/configuration.md").replace("\r\n", "\n");
    let examples: Vec<_> = page
        .split("```toml\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .collect();
    assert_eq!(examples.len(), 2);

    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::new();
    for (name, fixture) in [
        ("apiclient_cert.p12", "aes.p12"),
        ("api_key.txt", "api_key.txt"),
        ("ca.pem", "ca.pem"),
    ] {
        let bytes = &shop.files[&Path::new("/shop").join(fixture)];
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    let path = folder.path().join("wxpay.toml");
    let [short, full] = [0, 1].map(|index| {
        std::fs::write(&path, examples[index]).unwrap();
        let mut config = Config::from_file(&path).unwrap();
        assert_eq!(config.warnings, Vec::<String>::new());
        assert_eq!(config.journal.path, folder.path().join("wxpay-journal.db"));
        config.transport.proxy = None;
        config.transport.extra_roots.clear();
        config
    });
    assert_eq!(format!("{short:?}"), format!("{full:?}"));
}
