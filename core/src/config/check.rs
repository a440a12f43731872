//! The whole document: top-level keys, `[journal]`, and rules across sections.

use std::time::Duration;

use super::context::Context;
use super::document::{self, Section};
use super::{
    Config, ConfigError, Encoding, GatewayConfig, JournalConfig, Language, Region, ReverseMode,
    TransportConfig, fubei, policy, ride_code, transport, wechat_v2, wechat_v3,
};

const KEYS: [&str; 10] = [
    "gateway",
    "language",
    "encoding",
    "journal",
    "wechat_v2",
    "wechat_v3",
    "fubei",
    "ride_code",
    "policy",
    "transport",
];

/// A lease shorter than this can run out while a busy machine merely stalls.
const SHORT_LEASE: Duration = Duration::from_secs(5);

/// Pure but for what `context` lends: text in, configuration or the first error out.
pub(super) fn check(name: &str, text: &str, context: &Context<'_>) -> Result<Config, ConfigError> {
    let mut warnings = Vec::new();
    let mut root = document::parse(name, text, &KEYS)?;

    let remedy = r#"write gateway = "wechat-v2", "wechat-v3" or "fubei""#;
    let gateway = root.need("gateway", remedy)?;
    let api = gateway.choice(&[
        ("wechat-v2", Api::V2),
        ("wechat-v3", Api::V3),
        ("fubei", Api::Fubei),
    ])?;
    let languages = [("zh-CN", Language::Chinese), ("en", Language::English)];
    let language = root.choice("language", &languages, Language::Chinese)?;
    let encodings = [("utf-8", Encoding::Utf8), ("gbk", Encoding::Gbk)];
    let encoding = root.choice("encoding", &encodings, Encoding::Utf8)?;

    let journal = journal(&mut root, context, &mut warnings)?;
    let section = chosen_section(&mut root, api)?;
    let place = section.place.clone();
    let (gateway, region, hosts) = match api {
        Api::V2 => {
            let (gateway, hosts) = wechat_v2::read(section, context, &mut warnings)?;
            let region = gateway.region;
            (GatewayConfig::WechatV2(gateway), region, hosts)
        }
        Api::V3 => {
            let read = wechat_v3::read(section, &journal.path, context, &mut warnings);
            let (gateway, hosts) = read?;
            let region = gateway.region;
            (GatewayConfig::WechatV3(gateway), region, hosts)
        }
        Api::Fubei => {
            let (gateway, host) = fubei::read(section, context, &mut warnings)?;
            (GatewayConfig::Fubei(gateway), Region::Mainland, vec![host])
        }
    };
    let ride_code = match root.take("ride_code") {
        None => None,
        Some(item) => {
            let section = item.section(&ride_code::KEYS)?;
            Some(ride_code::read(section, context, &mut warnings)?)
        }
    };
    let section = root.subsection("policy", &policy::KEYS)?;
    let policy = policy::read(section, region, &mut warnings)?;
    let client_certificate = match &gateway {
        GatewayConfig::WechatV2(gateway) => gateway.client_certificate.clone(),
        GatewayConfig::WechatV3(_) | GatewayConfig::Fubei(_) => None,
    };
    let without = api == Api::V2 && client_certificate.is_none();
    if without && policy.reverse == ReverseMode::Automatic {
        return Err(place.error(
            r#"client_certificate is missing; reversing needs it. Give { p12 = "apiclient_cert.p12" }, or write reverse = "never" in [policy]"#,
        ));
    }
    let section = root.subsection("transport", &transport::KEYS)?;
    let connections = transport::read(section, context)?;

    Ok(Config {
        gateway,
        language,
        encoding,
        journal,
        policy,
        ride_code,
        transport: TransportConfig {
            hosts,
            connect_timeout: connections.connect_timeout,
            answer_timeout: connections.answer_timeout,
            extra_roots: connections.extra_roots,
            proxy: connections.proxy,
            client_certificate,
        },
        warnings,
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Api {
    V2,
    V3,
    Fubei,
}

/// The section of the chosen gateway. That of another may stay in the file, so that changing the
/// gateway, and going back, is one line: its keys are checked for spelling, no value is looked at
/// and no file is read.
fn chosen_section<'d>(root: &mut Section<'d>, api: Api) -> Result<Section<'d>, ConfigError> {
    let v2 = root.take("wechat_v2");
    let v2 = v2.map(|item| item.section(&wechat_v2::KEYS)).transpose()?;
    let v3 = root.take("wechat_v3");
    let v3 = v3.map(|item| item.section(&wechat_v3::KEYS)).transpose()?;
    let fubei = root.take("fubei");
    let fubei = fubei.map(|item| item.section(&fubei::KEYS)).transpose()?;
    let (section, name, remedy) = match api {
        Api::V2 => (
            v2,
            "wechat_v2",
            r#"gateway = "wechat-v2" needs this section"#,
        ),
        Api::V3 => (
            v3,
            "wechat_v3",
            r#"gateway = "wechat-v3" needs this section"#,
        ),
        Api::Fubei => (fubei, "fubei", r#"gateway = "fubei" needs this section"#),
    };
    section.ok_or_else(|| root.missing(name, remedy))
}

fn journal(
    root: &mut Section<'_>,
    context: &Context<'_>,
    warnings: &mut Vec<String>,
) -> Result<JournalConfig, ConfigError> {
    let mut section = root.subsection("journal", &["path", "lease"])?;
    let remedy = r#"write path = "wxpay-journal.db", a file on a local disk"#;
    let item = section.need("path", remedy)?;
    let path = context.path(&item)?;
    context.check_place(&path, &item.place)?;
    if !path.has_root() {
        warnings.push(item.place.note(
            "is relative to the working directory; started elsewhere, \
             the till would not find its open orders",
        ));
    }
    let lease = match section.take("lease") {
        None => Duration::from_secs(10),
        Some(item) => {
            let lease = item.positive_duration()?;
            if lease < SHORT_LEASE {
                warnings.push(item.place.note(format_args!(
                    "{lease:?} is short: a process that stalls that long loses its orders to another"
                )));
            }
            lease
        }
    };
    Ok(JournalConfig { path, lease })
}
