//! The self-test of an APIv3 client: which of key, serial number, certificate and clock is wrong.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::*;
use crate::client::Parts;
use crate::client::keys::tests::{Time, Wire, dated, failure};
use crate::clock::Clock;
use crate::config::{Config, Language, Secret, WechatV3Config};
use crate::exchange::{Call, Failure, Reply};
use crate::gateway::wechat_v3::WechatV3;
use crate::gateway::wechat_v3::testing::{
    API_V3_KEY, DAY, NOW, PUBLIC_KEY_ID, SERIAL, config, public_key_config, reply, signed,
};
use crate::journal::sqlite::SqliteJournal;
use crate::transport::Transport;

struct Till {
    client: Client,
    wire: Arc<Wire>,
    time: Arc<Time>,
    _folder: tempfile::TempDir,
}

impl Till {
    fn of(settings: WechatV3Config) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = include_str!("../../../tests/fixtures/rsa.key.pem");
        let path = folder.path().join("till.db");
        // For the policy's numbers; the gateway is another.
        let text = format!(
            "gateway = \"wechat-v3\"\njournal.path = '{}'\n[wechat_v3]\nappid = \"wx1\"\nmchid = \"1\"\n\
             serial_no = \"1\"\napi_v3_key = \"{API_V3_KEY}\"\nprivate_key = '''{key}'''\n",
            path.display()
        );
        let config = Config::from_toml(&text).unwrap();
        let time = Arc::new(Time::default());
        let clock = Arc::clone(&time) as Arc<dyn Clock>;
        let wire = Wire::new(&time);
        Self {
            client: Client::from_parts(Parts {
                gateway: Arc::new(WechatV3::new(settings)),
                transport: Arc::clone(&wire) as Arc<dyn Transport>,
                ride: None,
                journal: Arc::new(
                    SqliteJournal::open(&config.journal, Arc::clone(&clock)).unwrap(),
                ),
                clock,
                policy: config.policy,
                language: Language::English,
            }),
            wire,
            time,
            _folder: folder,
        }
    }

    /// The next question is answered so, signed under this serial.
    fn answers(&self, status: u16, body: &'static str, serial: Option<&'static str>) {
        self.wire.will(move |_, now| {
            let answer = match serial {
                Some(serial) => signed(status, body.as_bytes(), serial, now),
                None => reply(status, body.as_bytes()),
            };
            Ok(dated(answer, now))
        });
    }

    /// The next question is answered as it is without being told: with certificates.
    fn hands_out_certificates(&self) {
        self.wire.will(|_: &Call, now| -> Result<Reply, Failure> {
            Ok(crate::client::keys::tests::certificates(now))
        });
    }

    /// The checks' names with whether they passed, the status, and all that failed says.
    fn check(&self) -> (Vec<(String, bool)>, Status, String) {
        let outcome = self.client.check();
        let checks = outcome.fields["checks"].as_array().unwrap().clone();
        let name = |check: &Value| {
            let name = check["check"].as_str().unwrap().to_owned();
            (name, check["ok"].as_bool().unwrap())
        };
        let names = checks.iter().map(name).collect();
        (names, outcome.status, outcome.message().to_owned())
    }

    fn message_of(&self, name: &str) -> String {
        let outcome = self.client.check();
        let checks = outcome.fields["checks"].as_array().unwrap();
        let check = checks.iter().find(|check| check["check"] == name).unwrap();
        check["message"].as_str().unwrap().to_owned()
    }
}

const NOT_FOUND: &str = r#"{"code":"ORDER_NOT_EXIST","message":"订单不存在"}"#;
const SERIAL_WRONG: &str =
    r#"{"code":"SIGN_ERROR","message":"商户证书序列号有误。请使用签名私钥匹配的证书序列号"}"#;
const SIGNATURE_WRONG: &str = r#"{"code":"SIGN_ERROR","message":"错误的签名，验签失败"}"#;
const NO_CERTIFICATES: &str = r#"{"code":"RESOURCE_NOT_EXISTS","message":"无可用的平台证书，请在商户平台-API安全申请使用微信支付公钥。"}"#;

fn passed(names: &[&str]) -> Vec<(String, bool)> {
    names
        .iter()
        .map(|name| ((*name).to_owned(), true))
        .collect()
}

#[test]
fn a_merchant_with_platform_certificates_passes() {
    let till = Till::of(config());
    till.hands_out_certificates();
    till.answers(404, NOT_FOUND, Some(SERIAL));
    let (checks, status, message) = till.check();
    assert_eq!(status, Status::Ok, "{message}");
    assert_eq!(
        checks,
        passed(&[
            "journal",
            "certificate",
            "host",
            "platform_keys",
            "private_key",
            "serial_no",
            "credentials",
            "clock"
        ])
    );
}

#[test]
fn a_merchant_with_a_public_key_passes() {
    let till = Till::of(public_key_config());
    till.answers(404, NOT_FOUND, Some(PUBLIC_KEY_ID));
    let (checks, status, message) = till.check();
    assert_eq!(status, Status::Ok, "{message}");
    assert!(checks.contains(&("platform_keys".to_owned(), true)));
    assert_eq!(till.wire.asked().len(), 1);
}

#[test]
fn an_error_that_is_not_signed_leaves_the_platforms_key_untried() {
    let till = Till::of(public_key_config());
    till.answers(404, NOT_FOUND, None);
    assert!(till.message_of("platform_keys").starts_with("not tried"));
}

#[test]
fn a_merchant_who_has_moved_to_the_public_key_is_told_to_stop_asking_for_certificates() {
    let till = Till::of(WechatV3Config {
        platform_certificates: config().platform_certificates,
        ..public_key_config()
    });
    till.answers(404, NO_CERTIFICATES, None);
    till.answers(404, NOT_FOUND, None);
    let (_, status, message) = till.check();
    assert_eq!(status, Status::Ok, "{message}");
    till.answers(404, NO_CERTIFICATES, None);
    till.answers(404, NOT_FOUND, Some("PUB_KEY_ID_02"));
    assert!(till.message_of("platform_keys").contains("PUB_KEY_ID_02"));
}

/// Settings, the answers in order (status, body, signed under), the checks that fail, the status and
/// what must be said.
type Case = (
    &'static str,
    WechatV3Config,
    &'static [(u16, &'static str, Option<&'static str>)],
    &'static [&'static str],
    Status,
    &'static [&'static str],
);

#[test]
fn every_mistake_is_told_with_its_key_of_the_configuration_and_the_remedy() {
    let wrong_key = || WechatV3Config {
        api_v3_key: Secret::new("x".repeat(32)),
        ..config()
    };
    let with_files = || WechatV3Config {
        certificate_expires: Some(NOW + 365 * DAY),
        ..public_key_config()
    };
    let other_public_key = || WechatV3Config {
        public_keys: vec![(
            PUBLIC_KEY_ID.into(),
            public_key_config().private_key.public(),
        )],
        ..public_key_config()
    };
    let expired = || WechatV3Config {
        certificate_expires: Some(NOW - 1),
        ..public_key_config()
    };
    let cases: [Case; 17] = [
        (
            "the serial number",
            config(),
            &[(401, SERIAL_WRONG, None)],
            &["serial_no"],
            Status::Config,
            &["serial_no is not that of", "one download"],
        ),
        (
            "the serial number, by a question",
            public_key_config(),
            &[(401, SERIAL_WRONG, None)],
            &["serial_no"],
            Status::Config,
            &["商户证书序列号有误"],
        ),
        (
            "the private key",
            config(),
            &[(401, SIGNATURE_WRONG, None)],
            &["private_key"],
            Status::Config,
            &["private_key does not sign"],
        ),
        (
            "the private key, by a question",
            public_key_config(),
            &[(401, SIGNATURE_WRONG, None)],
            &["private_key"],
            Status::Config,
            &["one download"],
        ),
        (
            "another merchant's files",
            with_files(),
            &[(401, SIGNATURE_WRONG, None)],
            &["private_key"],
            Status::Config,
            &["another merchant than mchid"],
        ),
        (
            "the APIv3 key",
            wrong_key(),
            &[
                (200, "certificates", Some(SERIAL)),
                (200, "certificates", Some(SERIAL)),
            ],
            &["platform_keys"],
            Status::Config,
            &["api_v3_key"],
        ),
        (
            "no APIv3 key",
            config(),
            &[(
                401,
                r#"{"code":"SIGN_ERROR","message":"商户未设置APIv3密钥。"}"#,
                None,
            )],
            &["api_v3_key"],
            Status::Config,
            &["APIv3 key yet"],
        ),
        (
            "an expired certificate",
            config(),
            &[(
                401,
                r#"{"code":"SIGN_ERROR","message":"商户证书已过期。"}"#,
                None,
            )],
            &["certificate"],
            Status::Config,
            &["expired", "API安全"],
        ),
        (
            "an expired certificate, by its file",
            expired(),
            &[(404, NOT_FOUND, Some(PUBLIC_KEY_ID))],
            &["certificate"],
            Status::Config,
            &["has expired"],
        ),
        (
            "only a public key",
            config(),
            &[(404, NO_CERTIFICATES, None)],
            &["platform_keys"],
            Status::Config,
            &["public_key_id", "微信支付公钥"],
        ),
        (
            "another public key's id",
            public_key_config(),
            &[(404, NOT_FOUND, Some("PUB_KEY_ID_02"))],
            &["platform_keys"],
            Status::Config,
            &["PUB_KEY_ID_02", "public_key_id"],
        ),
        (
            "another public key",
            other_public_key(),
            &[(404, NOT_FOUND, Some(PUBLIC_KEY_ID))],
            &["platform_keys"],
            Status::Config,
            &["public_key is not the key of public_key_id"],
        ),
        (
            "still platform certificates",
            public_key_config(),
            &[(404, NOT_FOUND, Some(SERIAL))],
            &["platform_keys"],
            Status::Config,
            &["platform_certificates = \"auto\""],
        ),
        (
            "headers are dropped",
            public_key_config(),
            &[(200, "{}", None)],
            &["platform_keys"],
            Status::Config,
            &["proxy"],
        ),
        (
            "no permission",
            public_key_config(),
            &[(
                403,
                r#"{"code":"NO_AUTH","message":"商户无权限"}"#,
                Some(PUBLIC_KEY_ID),
            )],
            &["credentials"],
            Status::Config,
            &["NO_AUTH"],
        ),
        (
            "an outage",
            public_key_config(),
            &[(503, "", None)],
            &["credentials"],
            Status::Network,
            &["503"],
        ),
        (
            "an outage before any key",
            config(),
            &[(503, "", None)],
            &["platform_keys"],
            Status::Network,
            &["503"],
        ),
    ];
    for (mistake, settings, answers, failing, expected, pieces) in cases {
        let till = Till::of(settings);
        for &(status, body, serial) in answers {
            match body {
                "certificates" => till.hands_out_certificates(),
                body => till.answers(status, body, serial),
            }
        }
        let (checks, status, message) = till.check();
        let failed: Vec<_> = checks.iter().filter(|(_, ok)| !ok).collect();
        let names: Vec<_> = failed.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, failing, "{mistake}: {message}");
        assert_eq!(status, expected, "{mistake}: {message}");
        for piece in pieces {
            assert!(message.contains(piece), "{mistake}: {piece}: {message}");
        }
        let twice = checks.iter().filter(|(name, _)| name != "host").count()
            - checks
                .iter()
                .map(|(name, _)| name)
                .filter(|name| *name != "host")
                .collect::<std::collections::HashSet<_>>()
                .len();
        assert_eq!(twice, 0, "{mistake}: a check occurs twice: {checks:?}");
    }
}

#[test]
fn a_clock_that_is_wrong_by_a_day_is_told_and_no_obstacle() {
    for (skew, side) in [(DAY, "fast"), (-DAY, "slow")] {
        let till = Till::of(config());
        till.time.skew.store(skew, Ordering::SeqCst);
        till.hands_out_certificates();
        till.answers(404, NOT_FOUND, Some(SERIAL));
        let (checks, status, message) = till.check();
        assert_eq!(status, Status::Ok, "{message}");
        assert!(checks.contains(&("clock".to_owned(), true)));
        till.answers(404, NOT_FOUND, Some(SERIAL));
        let expected = format!("this machine's clock is 86400 s {side}; set it");
        assert_eq!(till.message_of("clock"), expected);
    }
}

#[test]
fn a_certificate_that_is_not_given_or_expires_soon_is_mentioned() {
    let said = |expires| {
        let till = Till::of(WechatV3Config {
            certificate_expires: expires,
            ..public_key_config()
        });
        till.answers(404, NOT_FOUND, Some(PUBLIC_KEY_ID));
        till.message_of("certificate")
    };
    assert!(said(None).starts_with("certificate is not given"));
    assert!(said(Some(NOW + 10 * DAY)).contains("expires in 10 days; get a new one"));
    assert!(said(Some(NOW + 100 * DAY)).contains("good for 100 days"));
}

#[test]
fn a_partner_without_a_shop_of_his_own_is_not_called_wrong_for_it() {
    let till = Till::of(WechatV3Config {
        partner: true,
        ..public_key_config()
    });
    till.answers(
        400,
        r#"{"code":"PARAM_ERROR","message":"sub_mchid"}"#,
        Some(PUBLIC_KEY_ID),
    );
    let (_, status, message) = till.check();
    assert_eq!(status, Status::Ok, "{message}");
}

#[test]
fn what_the_network_does_is_not_blamed_on_the_configuration() {
    let till = Till::of(public_key_config());
    till.wire.will(|_, _| Err(failure("no network", false)));
    let (checks, status, message) = till.check();
    assert!(checks.contains(&("credentials".to_owned(), false)));
    assert_eq!((status, message.as_str()), (Status::Network, "no network"));
}
