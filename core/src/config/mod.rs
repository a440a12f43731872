//! TOML in, checked and typed configuration out. The reference is `docs/configuration.md`.

mod check;
mod context;
mod document;
mod fubei;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod policy;
mod ride_code;
mod secret;
#[cfg(test)]
mod tests;
mod transport;
mod wechat;
mod wechat_v2;
mod wechat_v3;

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use self::context::{Context, Machine, World};
use self::document::Place;
pub use self::fubei::{AuthCodes, Channel, FubeiAccount, FubeiApi, FubeiConfig};
pub(crate) use self::ride_code::{ACCESS_TOKEN, check_access_token};
pub use self::ride_code::{
    DeductUrl, RideCodeConfig, RideSeal, RideSign, RideSignType, SignKeyStyle, TextEncoding,
};
pub use self::secret::Secret;
use crate::clock::{Clock, SystemClock};
use crate::crypto::{Identity, SigningKey, VerifyingKey};

/// A longer configuration is refused.
const LIMIT: usize = 256 * 1024;

/// Everything a client needs, checked.
#[derive(Debug)]
pub struct Config {
    /// What `wxpay_micropay` uses.
    pub gateway: GatewayConfig,
    /// Language of prompts.
    pub language: Language,
    /// Encoding of the C API's strings, both ways.
    pub encoding: Encoding,
    /// Where and how orders are remembered.
    pub journal: JournalConfig,
    /// The payment policy's numbers.
    pub policy: PolicyConfig,
    /// The ride code, beside the gateway.
    pub ride_code: Option<RideCodeConfig>,
    /// Connections.
    pub transport: TransportConfig,
    /// Things that are allowed but unwise (durations below the documents' own …), for the log. In
    /// the shape of errors, never with a secret.
    pub warnings: Vec<String>,
}

/// The settings of the chosen gateway.
#[derive(Debug)]
pub enum GatewayConfig {
    /// WeChat Pay APIv2.
    WechatV2(WechatV2Config),
    /// WeChat Pay APIv3.
    WechatV3(WechatV3Config),
    /// Fubei.
    Fubei(FubeiConfig),
}

/// `[wechat_v2]`.
#[derive(Debug)]
pub struct WechatV2Config {
    /// Official account or app id.
    pub appid: String,
    /// Merchant number.
    pub mch_id: String,
    /// Institution mode: the shop's own app id.
    pub sub_appid: Option<String>,
    /// Institution mode: the shop's merchant number. A request's own `sub_mch_id` wins.
    pub sub_mch_id: Option<String>,
    /// The APIv2 key.
    pub api_key: Secret,
    /// How requests are signed and answers must be.
    pub sign_type: SignType,
    /// For reverse and refund. `None` only with `policy.reverse = "never"`.
    pub client_certificate: Option<Identity>,
    /// Check auth codes against the documented prefixes.
    pub auth_code_check: bool,
    /// `apihk…` rules: `body` up to 32, HK scene_info and order-number characters.
    pub region: Region,
}

/// `[wechat_v3]`.
#[derive(Debug)]
pub struct WechatV3Config {
    /// `appid`, or a partner's `sp_appid`.
    pub appid: String,
    /// `mchid`, or a partner's `sp_mchid`: whose key signs.
    pub mchid: String,
    /// Whether it acts for other merchants; then every order names one of them.
    pub partner: bool,
    /// Partners: the shop's own app id.
    pub sub_appid: Option<String>,
    /// Partners: the shop's merchant number. A request's own `sub_mch_id` wins.
    pub sub_mchid: Option<String>,
    /// The serial number of the merchant's API certificate, upper-case hex.
    pub serial_no: String,
    /// When that certificate expires, unix seconds, if the certificate itself was given.
    pub certificate_expires: Option<i64>,
    /// The key of that certificate.
    pub private_key: SigningKey,
    /// The APIv3 key: 32 bytes.
    pub api_v3_key: Secret,
    /// WeChat Pay public keys by their ids (`PUB_KEY_ID_…`).
    pub public_keys: Vec<(String, VerifyingKey)>,
    /// Platform certificates, if they are to be downloaded.
    pub platform_certificates: Option<PlatformCertificates>,
    /// Overseas: the shop's trade, for requests that do not name it.
    pub merchant_category_code: Option<String>,
    /// Check auth codes against the documented prefixes.
    pub auth_code_check: bool,
    /// Mainland or global endpoints.
    pub region: Region,
}

/// `platform_certificates = "auto"`.
#[derive(Debug)]
pub struct PlatformCertificates {
    /// Where they are kept between starts.
    pub cache: PathBuf,
    /// Who may issue them, in addition to WeChat's own, DER.
    pub extra_roots: Vec<rustls_pki_types::CertificateDer<'static>>,
}

/// Which documents' rules a WeChat gateway follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Region {
    /// Mainland China.
    Mainland,
    /// Hong Kong and overseas.
    HongKong,
}

/// APIv2 signature algorithms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignType {
    /// `MD5`
    Md5,
    /// `HMAC-SHA256`
    HmacSha256,
}

/// Language of prompts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// `zh-CN`
    Chinese,
    /// `en`
    English,
}

/// Encoding of the C API's strings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// `utf-8`
    Utf8,
    /// `gbk`
    Gbk,
}

/// `[journal]`.
#[derive(Clone, Debug)]
pub struct JournalConfig {
    /// The SQLite file.
    pub path: PathBuf,
    /// How long an order stays with a process that no longer answers.
    pub lease: Duration,
}

/// `[policy]`; see `docs/policy.md`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PolicyConfig {
    /// From the submit to the first query.
    pub first_query: Duration,
    /// From one query to the next.
    pub query_interval: Duration,
    /// From the submit to the reverse.
    pub window: Duration,
    /// No reverse earlier than this after the submit.
    pub reverse_not_before: Duration,
    /// How long reversing is tried.
    pub reverse_budget: Duration,
    /// First pause between two reverses; doubles up to 8 s (4 × this, if that is less).
    pub reverse_interval: Duration,
    /// Between two confirmations.
    pub confirm_interval: Duration,
    /// An auth code older than this cannot be charged any more.
    pub code_lifetime: Duration,
    /// `reverse = "automatic"` or `"never"`.
    pub reverse: ReverseMode,
    /// Whether a listed refusal is confirmed by a query.
    pub confirm_declines: bool,
    /// What `recover` does with an order found paid.
    pub on_recovered_paid: OnRecoveredPaid,
    /// How long a task waits for a payer who has to scan or open something.
    pub prepay_window: Duration,
}

/// Whether unclear orders are reversed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReverseMode {
    /// Yes.
    Automatic,
    /// Never: they end as unknown.
    Never,
}

/// What `recover` does with an order found paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OnRecoveredPaid {
    /// Report it.
    Report,
    /// Give the money back.
    Reverse,
}

/// `[transport]` and the gateway's `hosts`.
pub struct TransportConfig {
    /// Scheme, host and port, in order of preference. Always `https`.
    pub hosts: Vec<url::Url>,
    /// For resolving, connecting and the TLS handshake together.
    pub connect_timeout: Duration,
    /// From the first byte sent to the last byte of the reply.
    pub answer_timeout: Duration,
    /// Trusted in addition to the built-in roots, DER.
    pub extra_roots: Vec<rustls_pki_types::CertificateDer<'static>>,
    /// `http://`, `https://`, `socks5://` …; none unless given.
    pub proxy: Option<url::Url>,
    /// Shown to a host that asks for it.
    pub client_certificate: Option<Identity>,
}

/// Shows neither the proxy, which may hold a password, nor the certificates.
impl fmt::Debug for TransportConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransportConfig")
            .field("hosts", &self.hosts)
            .field("connect_timeout", &self.connect_timeout)
            .field("answer_timeout", &self.answer_timeout)
            .field("extra_roots", &self.extra_roots.len())
            .field("proxy", &self.proxy.is_some())
            .field("client_certificate", &self.client_certificate)
            .finish()
    }
}

/// Why a configuration cannot be used: where, what, and the remedy, such as
/// `wxpay.toml:12: wechat_v2.api_key: must be 32 characters, has 31; …`. Never with a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(pub String);

impl Config {
    /// Reads and checks the file at `path`; paths inside it are relative to it.
    pub fn from_file(path: &Path) -> Result<Self, ConfigError> {
        let name = path.display().to_string();
        let place = Place::file(&name);
        let bytes = Machine
            .read(path, LIMIT)
            .map_err(|error| place.error(format_args!("cannot be read: {error}")))?;
        let text = str::from_utf8(&bytes)
            .map_err(|_| place.error("is not UTF-8 text; save it as UTF-8"))?;
        let path = std::path::absolute(path)
            .map_err(|error| place.error(format_args!("cannot be found: {error}")))?;
        Self::check(&name, path.parent().unwrap_or_else(|| Path::new("")), text)
    }

    /// Checks TOML text; paths inside it are relative to the working directory. Errors call it
    /// `configuration`.
    pub fn from_toml(text: &str) -> Result<Self, ConfigError> {
        let name = "configuration";
        if text.len() > LIMIT {
            let problem = format_args!("is larger than {LIMIT} bytes");
            return Err(Place::file(name).error(problem));
        }
        Self::check(name, Path::new(""), text)
    }

    fn check(name: &str, folder: &Path, text: &str) -> Result<Self, ConfigError> {
        let context = Context {
            folder,
            now: SystemClock::new().unix_ms() / 1000,
            world: &Machine,
        };
        check::check(name, text, &context)
    }
}
