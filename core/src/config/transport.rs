//! `[transport]`, and URLs wherever they are given.

use std::time::Duration;

use rustls::RootCertStore;
use rustls_pki_types::CertificateDer;
use url::Url;

use super::ConfigError;
use super::context::Context;
use super::document::{Item, Section};
use crate::crypto::certificates_from_pem;

pub(super) const KEYS: [&str; 4] = ["connect_timeout", "answer_timeout", "ca_file", "proxy"];

/// A whole system's CA bundle has a quarter of this.
const CA_FILE_LIMIT: usize = 1 << 20;
const MOST_HOSTS: usize = 8;
const PROXY_SCHEMES: [&str; 6] = ["http", "https", "socks4", "socks4a", "socks5", "socks5h"];

/// The section's values; hosts and client certificate are the gateway's.
pub(super) struct Connections {
    pub(super) connect_timeout: Duration,
    pub(super) answer_timeout: Duration,
    pub(super) extra_roots: Vec<CertificateDer<'static>>,
    pub(super) proxy: Option<Url>,
}

pub(super) fn read(
    mut section: Section<'_>,
    context: &Context<'_>,
) -> Result<Connections, ConfigError> {
    let mut timeout = |key, default| match section.take(key) {
        Some(item) => item.positive_duration(),
        None => Ok(Duration::from_secs(default)),
    };
    Ok(Connections {
        connect_timeout: timeout("connect_timeout", 5)?,
        answer_timeout: timeout("answer_timeout", 15)?,
        extra_roots: match section.take("ca_file") {
            Some(item) => roots(&item, context)?,
            None => Vec::new(),
        },
        proxy: section.take("proxy").as_ref().map(proxy).transpose()?,
    })
}

fn roots(
    item: &Item<'_>,
    context: &Context<'_>,
) -> Result<Vec<CertificateDer<'static>>, ConfigError> {
    let file = context.read(item, CA_FILE_LIMIT)?;
    let roots = certificates_from_pem(&file)
        .map_err(|error| item.place.error(format_args!("the file {error}")))?;
    let mut store = RootCertStore::empty();
    for (index, root) in roots.iter().enumerate() {
        store.add(root.clone()).map_err(|_| {
            item.place.error(format_args!(
                "certificate {} of the file cannot be trusted: it is no X.509 CA certificate",
                index + 1
            ))
        })?;
    }
    Ok(roots)
}

fn proxy(item: &Item<'_>) -> Result<Url, ConfigError> {
    let url = Url::parse(item.text()?).ok().filter(|url| {
        PROXY_SCHEMES.contains(&url.scheme())
            && url.has_host()
            && matches!(url.path(), "" | "/")
            && url.query().is_none()
            && url.fragment().is_none()
    });
    // The value stays unsaid: it may hold a password.
    url.ok_or_else(|| {
        item.place.error(format_args!(
            r#"must be like "http://10.0.0.1:3128"; schemes: {}"#,
            PROXY_SCHEMES.join(", ")
        ))
    })
}

/// A gateway's `hosts`, in order of preference.
pub(super) fn hosts(list: Item<'_>) -> Result<Vec<Url>, ConfigError> {
    let place = list.place.clone();
    let mut hosts = Vec::new();
    for item in list.list()? {
        let host = host(&item)?;
        if hosts.contains(&host) {
            return Err(item.place.error("names one host twice"));
        }
        hosts.push(host);
    }
    if hosts.is_empty() || hosts.len() > MOST_HOSTS {
        return Err(place.error(format_args!(
            "must name 1 to {MOST_HOSTS} hosts; without hosts the region's own are used"
        )));
    }
    Ok(hosts)
}

fn host(item: &Item<'_>) -> Result<Url, ConfigError> {
    let url = Url::parse(item.text()?).ok().filter(|url| {
        url.scheme() == "https"
            && url.has_host()
            && url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none()
    });
    url.ok_or_else(|| {
        item.place.error(
            r#"must be like "https://api.mch.weixin.qq.com": https, no path, query or user name"#,
        )
    })
}
