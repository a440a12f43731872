//! Configurations: what is accepted is whole and consistent, and no error quotes a secret.

use wxpay_core::config::fuzzing::check_among;
use wxpay_core::config::{Config, GatewayConfig};

use crate::reached::reached;

macro_rules! fixtures {
    ($($name:literal)*) => {
        &[$(($name, include_bytes!(concat!("../../../core/tests/fixtures/", $name)))),*]
    };
}

/// The files beside it.
const FILES: &[(&str, &[u8])] = fixtures! {
    "aes.p12" "rsa.pem" "rsa.key.pem" "rsa.pub.pem" "ca.pub.pem" "ec.pem" "ec.key.pem" "ca.pem" "small.key.pem"
    "rsa.encrypted.key.pem" "version1.pem"
};

/// Within the validity of every file.
const NOW: i64 = 1_800_000_000;

/// Any text as a document.
pub fn run(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    match check_among(text, FILES, NOW) {
        Ok(config) => accepted(text, &config),
        Err(error) => {
            assert!(error.0.chars().count() < 4096, "{error}");
            assert!(error.0.starts_with("wxpay.toml"), "{error}");
        }
    }
}

fn accepted(text: &str, config: &Config) {
    let policy = &config.policy;
    assert!(policy.first_query <= policy.window);
    assert!(policy.reverse_not_before <= policy.window);
    assert!(policy.reverse_interval <= policy.reverse_budget);
    assert!(!policy.query_interval.is_zero() && !policy.window.is_zero());
    let transport = &config.transport;
    assert!((1..=8).contains(&transport.hosts.len()));
    for host in &transport.hosts {
        assert!(
            host.scheme() == "https" && host.has_host() && host.path() == "/",
            "{host}"
        );
        assert!(host.username().is_empty() && host.password().is_none());
    }
    assert!(!transport.connect_timeout.is_zero() && !transport.answer_timeout.is_zero());
    let mut secrets = Vec::new();
    match &config.gateway {
        GatewayConfig::WechatV2(gateway) => {
            reached("wechat-v2");
            assert!(gateway.mch_id.bytes().all(|byte| byte.is_ascii_digit()));
            assert_eq!(gateway.api_key.expose().len(), 32);
            secrets.push(gateway.api_key.expose());
        }
        GatewayConfig::WechatV3(gateway) => {
            reached("wechat-v3");
            assert_eq!(gateway.api_v3_key.expose().len(), 32);
            assert!(!gateway.public_keys.is_empty() || gateway.platform_certificates.is_some());
            secrets.push(gateway.api_v3_key.expose());
        }
        GatewayConfig::Fubei(gateway) => {
            reached("fubei");
            secrets.push(gateway.secret.expose());
        }
    }
    let ride = config.ride_code.as_ref();
    secrets.extend(
        ride.and_then(|ride| ride.access_token.as_ref())
            .map(|token| token.expose()),
    );
    let shown = format!("{config:?}");
    for secret in secrets {
        // What is written elsewhere in the document as well is not secret.
        let once = text.matches(secret).count() == 1;
        assert!(secret.len() < 16 || !once || !shown.contains(secret));
    }
}
