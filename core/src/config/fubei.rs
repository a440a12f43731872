//! `[fubei]`.

use std::fmt;

use url::Url;

use super::context::Context;
use super::document::{Item, Section};
use super::{ConfigError, Secret, secret};

pub(super) const KEYS: [&str; 8] = [
    "app_id",
    "vendor_sn",
    "merchant_id",
    "secret",
    "api",
    "url",
    "store_id",
    "auth_codes",
];

/// A prefix with more digits would be a whole code.
const LONGEST_PREFIX: usize = 10;
const MOST_PREFIXES: usize = 64;

/// `[fubei]`.
#[derive(Debug)]
pub struct FubeiConfig {
    /// Who signs, and for whom.
    pub account: FubeiAccount,
    /// AppSecret (商户密钥) or VendorSecret (服务商密钥).
    pub secret: Secret,
    /// Which generation of the interface.
    pub api: FubeiApi,
    /// Where requests go on the host, starting with `/`.
    pub path: String,
    /// The store of orders that name none, digits.
    pub store_id: Option<String>,
    /// Whose code a payment code is.
    pub auth_codes: AuthCodes,
}

/// Who signs a request, and for whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FubeiAccount {
    /// 商户级: a merchant for itself.
    Merchant {
        /// The merchant's application.
        app_id: String,
    },
    /// 服务商级: a service provider for its merchants.
    Vendor {
        /// The service provider's number.
        vendor_sn: String,
        /// The merchant, digits. A request's own `sub_mch_id` wins.
        merchant_id: Option<String>,
    },
}

/// Generations of Fubei's interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FubeiApi {
    /// `openapi.payment.order.*`
    V1,
    /// `fbpay.order.*`
    V2,
}

/// Whose payment code, or whose money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// WeChat Pay.
    Wechat,
    /// Alipay.
    Alipay,
    /// UnionPay.
    UnionPay,
}

impl Channel {
    /// Every channel.
    pub const ALL: [Self; 3] = [Self::Wechat, Self::Alipay, Self::UnionPay];

    /// As in the configuration and in the result field `channel`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Wechat => "wechat",
            Self::Alipay => "alipay",
            Self::UnionPay => "unionpay",
        }
    }

    /// The vendor's own patterns, without their lengths.
    ///
    /// Source: `BarcodeDetector`, Fubei's .NET SDK.
    fn documented(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Wechat => &[("10", "15")],
            Self::Alipay => &[("25", "30")],
            Self::UnionPay => &[("621", "628")],
        }
    }
}

/// Which digits a payment code begins with, channel by channel. Lengths are not looked at: the
/// documents contradict each other, and channels lengthen their codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthCodes(Vec<(Channel, Prefixes)>);

/// Prefixes of one length from the first to the last.
#[derive(Clone, PartialEq, Eq)]
struct Prefixes {
    first: String,
    last: String,
}

impl AuthCodes {
    /// Whose code it is, if the table knows.
    pub fn channel(&self, auth_code: &str) -> Option<Channel> {
        if !auth_code.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let fits = |(_, prefixes): &&(Channel, Prefixes)| prefixes.include(auth_code);
        self.0.iter().find(fits).map(|(channel, _)| *channel)
    }
}

impl Default for AuthCodes {
    fn default() -> Self {
        let documented = |channel: Channel| {
            channel.documented().iter().map(move |(first, last)| {
                let prefixes = Prefixes {
                    first: (*first).to_owned(),
                    last: (*last).to_owned(),
                };
                (channel, prefixes)
            })
        };
        Self(Channel::ALL.into_iter().flat_map(documented).collect())
    }
}

impl Prefixes {
    /// Reads `28` or `25-30`.
    fn parse(text: &str) -> Option<Self> {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let digits = |text: &str| {
            (1..=LONGEST_PREFIX).contains(&text.len())
                && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        let fits = digits(first) && digits(last) && first.len() == last.len() && first <= last;
        fits.then(|| Self {
            first: first.to_owned(),
            last: last.to_owned(),
        })
    }

    fn include(&self, code: &str) -> bool {
        code.get(..self.first.len())
            .is_some_and(|head| (self.first.as_str()..=self.last.as_str()).contains(&head))
    }

    /// Whether some code begins with both.
    fn overlap(&self, other: &Self) -> bool {
        let length = self.first.len().min(other.first.len());
        self.first[..length] <= other.last[..length] && other.first[..length] <= self.last[..length]
    }
}

impl fmt::Debug for Prefixes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.first == self.last {
            true => f.write_str(&self.first),
            false => write!(f, "{}-{}", self.first, self.last),
        }
    }
}

/// The configuration, and its host.
pub(super) fn read(
    mut section: Section<'_>,
    context: &Context<'_>,
    warnings: &mut Vec<String>,
) -> Result<(FubeiConfig, Url), ConfigError> {
    let account = account(&mut section)?;
    let remedy = "it is the AppSecret (商户密钥) of app_id, or the VendorSecret of vendor_sn";
    let item = section.need("secret", remedy)?;
    let secret = read_secret(item, context)?;
    let by_level = match account {
        FubeiAccount::Merchant { .. } => FubeiApi::V1,
        FubeiAccount::Vendor { .. } => FubeiApi::V2,
    };
    let apis = [("1.0", FubeiApi::V1), ("2.0", FubeiApi::V2)];
    let api = section.choice("api", &apis, by_level)?;
    if api == FubeiApi::V1 && by_level == FubeiApi::V2 {
        warnings.push(section.place.note(
            r#"Fubei documents the payments of api = "1.0" for app_id only; with vendor_sn use api = "2.0""#,
        ));
    }
    let url = match section.take("url") {
        Some(item) => address(&item)?,
        None => default_address(api),
    };
    let config = FubeiConfig {
        account,
        secret,
        api,
        path: url.path().to_owned(),
        store_id: section
            .take("store_id")
            .as_ref()
            .map(|item| digits(item, 10))
            .transpose()?,
        auth_codes: match section.take("auth_codes") {
            Some(item) => read_auth_codes(item)?,
            None => AuthCodes::default(),
        },
    };
    let mut host = url;
    host.set_path("/");
    Ok((config, host))
}

fn account(section: &mut Section<'_>) -> Result<FubeiAccount, ConfigError> {
    let remedy = "write app_id (a merchant for itself) or vendor_sn (a service provider)";
    let merchant_id = section.take("merchant_id");
    match (section.take("app_id"), section.take("vendor_sn")) {
        (None, None) => Err(section.missing("app_id", remedy)),
        (Some(_), Some(vendor_sn)) => Err(vendor_sn
            .place
            .error(format_args!("stands beside app_id; {remedy}, not both"))),
        (Some(app_id), None) => match merchant_id {
            None => Ok(FubeiAccount::Merchant {
                app_id: identifier(&app_id)?,
            }),
            Some(item) => Err(item
                .place
                .error("belongs to vendor_sn: app_id names its merchant already; take it out")),
        },
        (None, Some(vendor_sn)) => Ok(FubeiAccount::Vendor {
            vendor_sn: identifier(&vendor_sn)?,
            merchant_id: merchant_id
                .as_ref()
                .map(|item| digits(item, 18))
                .transpose()?,
        }),
    }
}

fn identifier(item: &Item<'_>) -> Result<String, ConfigError> {
    let text = item.text()?;
    if text.len() > 64 || !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(item
            .place
            .error("must be up to 64 letters and digits, as in 20161219113441561987"));
    }
    Ok(text.to_owned())
}

/// A whole number as text, since it is sent as a JSON number.
fn digits(item: &Item<'_>, max: usize) -> Result<String, ConfigError> {
    let text = item.text()?;
    let whole = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    if text.len() > max || !whole {
        return Err(item.place.error(format_args!(
            "must be up to {max} digits in quotes, without zeros before them"
        )));
    }
    Ok(text.to_owned())
}

fn read_secret(item: Item<'_>, context: &Context<'_>) -> Result<Secret, ConfigError> {
    let place = item.place.clone();
    let secret = secret::read(item, context)?;
    let length = secret.expose().len();
    if length > 128 || !secret.expose().bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(place.error(
            "must be at most 128 ASCII characters without blanks; copy it from where Fubei shows it",
        ));
    }
    Ok(secret)
}

/// A full address: host and path.
fn address(item: &Item<'_>) -> Result<Url, ConfigError> {
    let url = Url::parse(item.text()?).ok().filter(|url| {
        url.scheme() == "https"
            && url.has_host()
            && url.path() != "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none()
    });
    url.ok_or_else(|| {
        item.place.error(
            r#"must be like "https://shq-api.51fubei.com/gateway": https with a path, no query or user name"#,
        )
    })
}

/// Source: `OpenApiConstants` of Fubei's Java SDK, and the .NET SDK's settings.
fn default_address(api: FubeiApi) -> Url {
    let path = match api {
        FubeiApi::V1 => "gateway",
        FubeiApi::V2 => "gateway/agent",
    };
    Url::parse(&format!("https://shq-api.51fubei.com/{path}")).expect("the paths above make URLs")
}

fn read_auth_codes(item: Item<'_>) -> Result<AuthCodes, ConfigError> {
    let mut section = item.section(&Channel::ALL.map(Channel::name))?;
    let mut table = AuthCodes::default();
    for channel in Channel::ALL {
        let Some(list) = section.take(channel.name()) else {
            continue;
        };
        let place = list.place.clone();
        table.0.retain(|(other, _)| *other != channel);
        for item in list.list()? {
            let prefixes = Prefixes::parse(item.text()?).ok_or_else(|| {
                item.place.error(format_args!(
                    r#"must be like "28" or "25-30": up to {LONGEST_PREFIX} digits that a code begins with"#
                ))
            })?;
            table.0.push((channel, prefixes));
        }
        if table.0.len() > MOST_PREFIXES {
            return Err(place.error(format_args!("has more than {MOST_PREFIXES} prefixes")));
        }
    }
    for (index, (channel, prefixes)) in table.0.iter().enumerate() {
        let ambiguous = table.0[..index]
            .iter()
            .find(|(other, others)| other != channel && others.overlap(prefixes));
        if let Some((other, others)) = ambiguous {
            return Err(section.place.error(format_args!(
                "a code could be of {} ({others:?}) and of {} ({prefixes:?}); give each its own",
                other.name(),
                channel.name()
            )));
        }
    }
    Ok(table)
}
