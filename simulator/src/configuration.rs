//! Ready-made wxpay configurations for a running simulator.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::Simulator;
use crate::fubei::{self, FubeiLevel};
use crate::ride::{RideCode, RideSign, SignKeyStyle};
use crate::settings::{Api, PlatformKeys, Region};

/// The numbers of `[policy]` and `[transport]`, milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyNumbers {
    /// `first_query`
    pub first_query: u64,
    /// `query_interval`
    pub query_interval: u64,
    /// `window`
    pub window: u64,
    /// `reverse_not_before`
    pub reverse_not_before: u64,
    /// `reverse_budget`
    pub reverse_budget: u64,
    /// `reverse_interval`
    pub reverse_interval: u64,
    /// `confirm_interval`
    pub confirm_interval: u64,
    /// `code_lifetime`
    pub code_lifetime: u64,
    /// `connect_timeout`
    pub connect_timeout: u64,
    /// `answer_timeout`
    pub answer_timeout: u64,
}

impl PolicyNumbers {
    /// For demonstrations and tests: every ending within seconds. Goes with
    /// [`Timing::quick`](crate::Timing::quick).
    pub fn quick() -> Self {
        Self {
            first_query: 300,
            query_interval: 200,
            window: 2_000,
            reverse_not_before: 1_000,
            reverse_budget: 3_000,
            reverse_interval: 100,
            confirm_interval: 200,
            code_lifetime: 4_000,
            connect_timeout: 2_000,
            answer_timeout: 1_500,
        }
    }

    fn policy(&self) -> [(&'static str, u64); 8] {
        [
            ("first_query", self.first_query),
            ("query_interval", self.query_interval),
            ("window", self.window),
            ("reverse_not_before", self.reverse_not_before),
            ("reverse_budget", self.reverse_budget),
            ("reverse_interval", self.reverse_interval),
            ("confirm_interval", self.confirm_interval),
            ("code_lifetime", self.code_lifetime),
        ]
    }

    fn transport(&self) -> [(&'static str, u64); 2] {
        [
            ("connect_timeout", self.connect_timeout),
            ("answer_timeout", self.answer_timeout),
        ]
    }
}

/// The files that a configuration names.
const CA: &str = "ca.pem";
const PKCS12: &str = "apiclient_cert.p12";
const CERTIFICATE: &str = "apiclient_cert.pem";
const KEY: &str = "apiclient_key.pem";
const API_KEY: &str = "api_key.txt";
const API_V3_KEY: &str = "api_v3_key.txt";
const PUBLIC_KEY: &str = "pub_key.pem";
const PLATFORM_CA: &str = "platform_ca.pem";
const FUBEI_SECRET: &str = "fubei_secret.txt";
const RIDE_TOKEN: &str = "ride_access_token.txt";
const RIDE_SIGN_KEY: &str = "ride_sign_key.txt";
const RIDE_AES_KEY: &str = "ride_aes_key.txt";
const JOURNAL: &str = "wxpay-journal.db";
const CONFIGURATION: &str = "wxpay.toml";

impl Simulator {
    /// Writes CAs, client certificate and keys into `dir` and returns a complete configuration with
    /// absolute paths for the first merchant and the API of [`Settings::api`](crate::Settings::api);
    /// without `numbers` the policy has its defaults.
    pub fn config_toml(&self, dir: &Path, numbers: Option<PolicyNumbers>) -> io::Result<String> {
        self.write_credentials(dir)?;
        let dir = std::path::absolute(dir)?;
        Ok(self.toml(numbers, |name| dir.join(name)))
    }

    /// Writes the same files and `wxpay.toml`, with paths relative to it, and returns its path.
    pub fn write_config(&self, dir: &Path, numbers: Option<PolicyNumbers>) -> io::Result<PathBuf> {
        self.write_credentials(dir)?;
        let path = std::path::absolute(dir)?.join(CONFIGURATION);
        fs::write(&path, self.toml(numbers, |name| PathBuf::from(name)))?;
        Ok(path)
    }

    fn write_credentials(&self, dir: &Path) -> io::Result<()> {
        fs::create_dir_all(dir)?;
        keep(&dir.join(CA), self.ca_pem().as_bytes())?;
        keep(&dir.join(PKCS12), self.client_p12())?;
        keep(&dir.join(CERTIFICATE), self.client_cert_pem().as_bytes())?;
        keep(&dir.join(KEY), self.client_key_pem().as_bytes())?;
        keep(&dir.join(API_KEY), self.merchant().api_key.as_bytes())?;
        keep(&dir.join(API_V3_KEY), self.merchant().api_v3_key.as_bytes())?;
        keep(&dir.join(PUBLIC_KEY), self.public_key_pem().as_bytes())?;
        keep(&dir.join(PLATFORM_CA), self.platform_ca_pem().as_bytes())?;
        let fubei = &self.settings().fubei;
        if let (Api::Fubei, Some(account)) = (self.settings().api, fubei.accounts.first()) {
            let secret = account.secret(fubei.level);
            keep(&dir.join(FUBEI_SECRET), secret.as_bytes())?;
        }
        if let Some(platform) = &self.settings().ride_code {
            keep(&dir.join(RIDE_TOKEN), platform.access_token.as_bytes())?;
            keep(&dir.join(RIDE_SIGN_KEY), platform.seal.sign_key.as_bytes())?;
            keep(&dir.join(RIDE_AES_KEY), platform.seal.aes_key.as_bytes())?;
        }
        Ok(())
    }

    fn toml(&self, numbers: Option<PolicyNumbers>, path: impl Fn(&str) -> PathBuf) -> String {
        let file = |name: &str| quoted(&path(name).to_string_lossy());
        let settings = self.settings();
        let gateway = match settings.api {
            Api::V2 => "wechat-v2",
            Api::V3 => "wechat-v3",
            Api::Fubei => "fubei",
        };
        let mut lines = vec![
            "# Written by the wxpay simulator; valid as long as it runs.".to_owned(),
            format!("gateway = \"{gateway}\""),
            String::new(),
            "[journal]".to_owned(),
            format!("path = {}", file(JOURNAL)),
            String::new(),
        ];
        match settings.api {
            Api::V2 => self.wechat_v2(&mut lines, &file),
            Api::V3 => self.wechat_v3(&mut lines, &file),
            Api::Fubei => self.fubei(&mut lines, &file),
        }
        if settings.api != Api::Fubei {
            if settings.region == Region::HongKong {
                lines.push("region = \"hk\"".to_owned());
            }
            let hosts: Vec<_> = self.hosts().iter().map(|host| quoted(host)).collect();
            lines.push(format!("hosts = [{}]", hosts.join(", ")));
        }
        if let Some(platform) = &settings.ride_code {
            self.ride_code(platform, &mut lines, &file);
        }
        let durations = |list: &[(&str, u64)]| {
            list.iter().fold(String::new(), |mut text, (name, ms)| {
                // Writing into a String cannot fail.
                let _ = writeln!(text, "{name} = \"{ms}ms\"");
                text
            })
        };
        let profile = match settings.region {
            Region::Mainland => "mainland",
            Region::HongKong => "hk",
        };
        let mut text = lines.join("\n");
        text.push_str(&format!("\n\n[policy]\nprofile = \"{profile}\"\n"));
        if let Some(numbers) = &numbers {
            text.push_str(&durations(&numbers.policy()));
        }
        text.push_str(&format!("\n[transport]\nca_file = {}\n", file(CA)));
        if let Some(numbers) = &numbers {
            text.push_str(&durations(&numbers.transport()));
        }
        text
    }

    fn wechat_v2(&self, lines: &mut Vec<String>, file: &impl Fn(&str) -> String) {
        let merchant = self.merchant();
        lines.extend([
            "[wechat_v2]".to_owned(),
            format!("appid = {}", quoted(&merchant.appid)),
            format!("mch_id = {}", quoted(&merchant.mch_id)),
        ]);
        if let Some(shop) = merchant.sub_mch_ids.first() {
            lines.push(format!("sub_mch_id = {}", quoted(shop)));
        }
        lines.extend([
            format!("api_key = {{ file = {} }}", file(API_KEY)),
            format!("sign_type = \"{}\"", self.settings().sign_type.name()),
            format!("client_certificate = {{ p12 = {} }}", file(PKCS12)),
        ]);
    }

    fn fubei(&self, lines: &mut Vec<String>, file: &impl Fn(&str) -> String) {
        let settings = &self.settings().fubei;
        lines.push("[fubei]".to_owned());
        if let Some(account) = settings.accounts.first() {
            match settings.level {
                FubeiLevel::Merchant => {
                    lines.push(format!("app_id = {}", quoted(&account.app_id)));
                }
                FubeiLevel::Vendor => lines.extend([
                    format!("vendor_sn = {}", quoted(&account.vendor_sn)),
                    format!("merchant_id = \"{}\"", account.merchant_id),
                ]),
            }
            if let [store_id, _, ..] = account.store_ids[..] {
                lines.push(format!("store_id = \"{store_id}\""));
            }
        }
        let host = self.hosts().into_iter().next().unwrap_or_default();
        let url = format!("{host}{}", fubei::path(settings.api));
        lines.extend([
            format!("secret = {{ file = {} }}", file(FUBEI_SECRET)),
            format!("api = \"{}\"", settings.api.version()),
            format!("url = {}", quoted(&url)),
        ]);
    }

    fn ride_code(
        &self,
        platform: &RideCode,
        lines: &mut Vec<String>,
        file: &impl Fn(&str) -> String,
    ) {
        let seal = &platform.seal;
        let host = self.hosts().into_iter().next().unwrap_or_default();
        let url = format!("{host}{}?access_token={{access_token}}", platform.path);
        let fields: Vec<_> = seal.sign_fields.iter().map(|name| quoted(name)).collect();
        let sign_type = match seal.sign_type {
            RideSign::HmacSha256 => "HMAC-SHA256",
            RideSign::Md5 => "MD5",
            RideSign::None => "NONE",
        };
        let key_style = match seal.sign_key_style {
            SignKeyStyle::AmpKey => "amp_key",
            SignKeyStyle::Suffix => "suffix",
        };
        let case = if seal.sign_lower_case {
            "lower"
        } else {
            "upper"
        };
        lines.extend([
            String::new(),
            "[ride_code]".to_owned(),
            format!("mch_id = {}", quoted(&platform.mch_id)),
            format!("appid = {}", quoted(&platform.appid)),
            format!("deduct_url = {}", quoted(&url)),
            format!("access_token = {{ file = {} }}", file(RIDE_TOKEN)),
            format!("sign_type = \"{sign_type}\""),
            format!("sign_key = {{ file = {} }}", file(RIDE_SIGN_KEY)),
            format!("sign_fields = [{}]", fields.join(", ")),
            format!("sign_skip_empty = {}", seal.sign_skip_empty),
            format!("sign_key_style = \"{key_style}\""),
            format!("sign_case = \"{case}\""),
            format!("aes_key = {{ file = {} }}", file(RIDE_AES_KEY)),
            format!("aes_key_encoding = \"{}\"", seal.aes_key_encoding.name()),
            format!("iv_encoding = \"{}\"", seal.iv_encoding.name()),
            format!("data_encoding = \"{}\"", seal.data_encoding.name()),
        ]);
    }

    fn wechat_v3(&self, lines: &mut Vec<String>, file: &impl Fn(&str) -> String) {
        let merchant = self.merchant();
        lines.push("[wechat_v3]".to_owned());
        match merchant.sub_mch_ids.first() {
            None => lines.extend([
                format!("appid = {}", quoted(&merchant.appid)),
                format!("mchid = {}", quoted(&merchant.mch_id)),
            ]),
            Some(shop) => lines.extend([
                format!("sp_appid = {}", quoted(&merchant.appid)),
                format!("sp_mchid = {}", quoted(&merchant.mch_id)),
                format!("sub_mchid = {}", quoted(shop)),
            ]),
        }
        lines.extend([
            format!("private_key = {{ file = {} }}", file(KEY)),
            format!("certificate = {{ file = {} }}", file(CERTIFICATE)),
            format!("serial_no = {}", quoted(self.client_serial_no())),
            format!("api_v3_key = {{ file = {} }}", file(API_V3_KEY)),
        ]);
        let offered = self.settings().platform_keys;
        if offered != PlatformKeys::Certificates {
            lines.extend([
                format!("public_key_id = {}", quoted(self.public_key_id())),
                format!("public_key = {{ file = {} }}", file(PUBLIC_KEY)),
            ]);
        }
        if offered != PlatformKeys::PublicKey {
            lines.extend([
                "platform_certificates = \"auto\"".to_owned(),
                format!("platform_ca = {{ file = {} }}", file(PLATFORM_CA)),
            ]);
        }
    }
}

/// Writes a file unless it is as it should be, and puts it into place whole: a till may be reading it.
fn keep(path: &Path, content: &[u8]) -> io::Result<()> {
    static DRAFTS: AtomicU64 = AtomicU64::new(0);
    if fs::read(path).is_ok_and(|found| found == content) {
        return Ok(());
    }
    let number = DRAFTS.fetch_add(1, Ordering::Relaxed);
    let draft = path.with_extension(format!("{}-{number}", process::id()));
    fs::write(&draft, content)?;
    fs::rename(&draft, path)
}

/// A TOML basic string.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_are_right_are_left_alone_and_others_are_replaced() {
        let simulator = Simulator::start(crate::Settings::default()).unwrap();
        let dir = tempfile::tempdir().unwrap();
        simulator.config_toml(dir.path(), None).unwrap();
        let names = [
            CA,
            PKCS12,
            CERTIFICATE,
            KEY,
            API_KEY,
            API_V3_KEY,
            PUBLIC_KEY,
            PLATFORM_CA,
        ];
        let written = |name: &str| {
            fs::metadata(dir.path().join(name))
                .unwrap()
                .modified()
                .unwrap()
        };
        let before = names.map(written);
        let earlier = fs::read(dir.path().join(CA)).unwrap();
        simulator.config_toml(dir.path(), None).unwrap();
        assert_eq!(names.map(written), before);
        fs::write(dir.path().join(CA), "of an earlier start").unwrap();
        simulator.config_toml(dir.path(), None).unwrap();
        assert_eq!(fs::read(dir.path().join(CA)).unwrap(), earlier);
    }

    #[test]
    fn a_file_that_several_write_is_never_seen_in_part() {
        let content = vec![b'x'; 64 * 1024];
        let dir = tempfile::tempdir().unwrap();
        for round in 0..50 {
            let path = dir.path().join(round.to_string());
            std::thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| {
                        keep(&path, &content).unwrap();
                        assert!(fs::read(&path).unwrap() == content, "{round}");
                    });
                }
            });
        }
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 50, "drafts");
    }

    #[test]
    fn paths_of_every_system_are_quoted() {
        assert_eq!(quoted(r"C:\tmp\ca.pem"), r#""C:\\tmp\\ca.pem""#);
        assert_eq!(quoted("a\"b\u{7}"), "\"a\\\"b\\u0007\"");
    }
}
