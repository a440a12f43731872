//! The whole document: top-level keys, `[journal]`, and rules across sections.

use std::path::Path;
use std::time::Duration;

use super::context::Context;
use super::document::{self, Section};
use super::{
    Config, ConfigError, Encoding, GatewayConfig, JournalConfig, Language, ReverseMode,
    TransportConfig, policy, transport, wechat_v2,
};

const KEYS: [&str; 7] = [
    "gateway",
    "language",
    "encoding",
    "journal",
    "wechat_v2",
    "policy",
    "transport",
];

/// A lease shorter than this can run out while a busy machine merely stalls.
const SHORT_LEASE: Duration = Duration::from_secs(5);

/// Pure but for what `context` lends: text in, configuration or the first error out.
pub(super) fn check(name: &str, text: &str, context: &Context<'_>) -> Result<Config, ConfigError> {
    let mut warnings = Vec::new();
    let mut root = document::parse(name, text, &KEYS, later_version)?;

    let gateway = root.need("gateway", r#"write gateway = "wechat-v2""#)?;
    if matches!(gateway.text()?, "wechat-v3" | "fubei") {
        return Err(gateway.place.error(UNKNOWN_GATEWAY));
    }
    gateway.choice(&[("wechat-v2", ())])?;
    let languages = [("zh-CN", Language::Chinese), ("en", Language::English)];
    let language = root.choice("language", &languages, Language::Chinese)?;
    let encodings = [("utf-8", Encoding::Utf8), ("gbk", Encoding::Gbk)];
    let encoding = root.choice("encoding", &encodings, Encoding::Utf8)?;

    let Some(section) = root.take("wechat_v2") else {
        return Err(root.missing("wechat_v2", r#"gateway = "wechat-v2" needs this section"#));
    };
    let section = section.section(&wechat_v2::KEYS)?;
    let place = section.place.clone();
    let (gateway, hosts) = wechat_v2::read(section, context, &mut warnings)?;
    let section = root.subsection("policy", &policy::KEYS)?;
    let policy = policy::read(section, gateway.region, &mut warnings)?;
    if gateway.client_certificate.is_none() && policy.reverse == ReverseMode::Automatic {
        return Err(place.error(
            r#"client_certificate is missing; reversing needs it. Give { p12 = "apiclient_cert.p12" }, or write reverse = "never" in [policy]"#,
        ));
    }
    let section = root.subsection("transport", &transport::KEYS)?;
    let connections = transport::read(section, context)?;

    Ok(Config {
        language,
        encoding,
        journal: journal(&mut root, context, &mut warnings)?,
        policy,
        transport: TransportConfig {
            hosts,
            connect_timeout: connections.connect_timeout,
            answer_timeout: connections.answer_timeout,
            extra_roots: connections.extra_roots,
            proxy: connections.proxy,
            client_certificate: gateway.client_certificate.clone(),
        },
        gateway: GatewayConfig::WechatV2(gateway),
        warnings,
    })
}

const UNKNOWN_GATEWAY: &str = concat!(
    "this version (",
    env!("CARGO_PKG_VERSION"),
    ") does not know this gateway; it knows wechat-v2"
);

fn later_version(key: &str) -> Option<&'static str> {
    matches!(key, "wechat_v3" | "fubei" | "ride_code").then_some(UNKNOWN_GATEWAY)
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
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    if !context.world.is_folder(folder) {
        return Err(item.place.error(format_args!(
            "the folder {} does not exist; create it",
            folder.display()
        )));
    }
    if context.world.is_folder(&path) {
        return Err(item.place.error("is a folder; name a file in it"));
    }
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
