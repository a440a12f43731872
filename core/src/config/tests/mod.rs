//! Checking against a world made of maps: few tests touch a file.

mod errors;
mod fubei;
mod hostile;
mod ride_code;
mod values;
mod wechat_v3;

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::check::check;
use super::context::{Context, World};
use super::{Config, ConfigError};

macro_rules! fixture {
    ($name:literal) => {
        (
            $name,
            include_bytes!(concat!("../../../tests/fixtures/", $name)).to_vec(),
        )
    };
}

/// Within the validity of every fixture.
pub(super) const NOW: i64 = 1_800_000_000;
pub(super) const API_KEY: &str = "0123456789abcdef0123456789ABCDEF";

/// Line numbers in the tests count from here.
pub(super) const BASE: &str = r#"gateway = "wechat-v2"

[journal]
path = "wxpay-journal.db"

[wechat_v2]
appid = "wx2421b1c4370ec43b"
mch_id = "10000100"
api_key = "0123456789abcdef0123456789ABCDEF"
client_certificate = { p12 = "aes.p12" }

[policy]
profile = "mainland"

[transport]
connect_timeout = "5s"
"#;

/// Files and folders are in `/shop`.
pub(super) struct Shop {
    files: HashMap<PathBuf, Vec<u8>>,
    variables: HashMap<&'static str, &'static str>,
}

impl Shop {
    pub(super) fn new() -> Self {
        let files = [
            fixture!("aes.p12"),
            fixture!("legacy.p12"),
            fixture!("no-key.p12"),
            fixture!("rsa.pem"),
            fixture!("rsa.key.pem"),
            fixture!("rsa.encrypted.key.pem"),
            fixture!("ec.pem"),
            fixture!("ec.key.pem"),
            fixture!("ca.pem"),
            fixture!("version1.pem"),
            fixture!("rsa.pub.pem"),
            fixture!("ca.pub.pem"),
            fixture!("ca.key.pem"),
            fixture!("small.key.pem"),
            fixture!("small.pub.pem"),
            ("large.pem", vec![b'x'; 70_000]),
            ("api_key.txt", format!("{API_KEY}\n").into_bytes()),
            ("fubei_secret.txt", b"hush-hush\n".to_vec()),
            ("ride_aes_key.txt", b"aHVzaC0wMTIzNDU2Nzg5YQ==\n".to_vec()),
            ("ride_sign_key.txt", b"hush-sign\n".to_vec()),
            (
                "api_key.windows.txt",
                format!("\u{feff}{API_KEY}\r\n").into_bytes(),
            ),
            ("short.txt", b"0123456789abcdef0123456789ABCDE".to_vec()),
            ("empty.txt", b"\n".to_vec()),
            ("utf-16.txt", b"\xFF\xFE0\x001\x00".to_vec()),
            ("long.txt", vec![b'x'; 5000]),
            (
                "not-a-root.pem",
                b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_vec(),
            ),
        ];
        let place = |(name, bytes)| (Path::new("/shop").join(name), bytes);
        Self {
            files: files.into_iter().map(place).collect(),
            variables: HashMap::from([("WXPAY_API_KEY", API_KEY), ("WXPAY_EMPTY", "")]),
        }
    }
}

impl World for Shop {
    fn read(&self, path: &Path, limit: usize) -> io::Result<Zeroizing<Vec<u8>>> {
        let file = self.files.get(path).ok_or(io::ErrorKind::NotFound)?;
        if file.len() > limit {
            return Err(io::Error::other("it is too large"));
        }
        Ok(Zeroizing::new(file.clone()))
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).map(|value| (*value).to_owned())
    }

    fn is_folder(&self, path: &Path) -> bool {
        path == Path::new("/shop") || path == Path::new("/shop/data")
    }
}

pub(super) fn checked_at(text: &str, now: i64) -> Result<Config, ConfigError> {
    let context = Context {
        folder: Path::new("/shop"),
        now,
        world: &Shop::new(),
    };
    check("wxpay.toml", text, &context)
}

pub(super) fn checked(text: &str) -> Result<Config, ConfigError> {
    checked_at(text, NOW)
}

/// The base with one piece replaced.
pub(super) fn base_with(old: &str, new: &str) -> String {
    assert!(BASE.contains(old), "{old:?} is not in the base");
    BASE.replacen(old, new, 1)
}
