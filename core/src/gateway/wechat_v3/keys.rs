//! The keys that answers are verified with: platform certificates and WeChat Pay public keys side by
//! side, by serial.
//!
//! Sources: "获取平台证书", "微信支付公钥", APIv3.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::certificates::{self, Refused};
use super::verify::{Lookup, Verification, verify};
use super::{WechatV3, refusals};
use crate::config::{Region, WechatV3Config};
use crate::crypto::{Certificate, VerifyingKey, certificates_from_pem, certificates_to_pem};
use crate::exchange::{Call, Reply, Resend};
use crate::gateway::{KeyError, KeySource, Stamp};

/// The documents want certificates to be asked for at least every 12 hours.
const LONGEST_REST: i64 = 11 * 3600;
/// Certificates change so slowly that more than this is no keys of WeChat's.
const MOST: usize = 16;
/// What [`KeySource::restore`] reads. [`MOST`] certificates have a tenth of it.
const CACHE_LIMIT: usize = 256 * 1024;
/// First line of the cache: when its certificates were fetched.
const FETCHED: &str = "fetched ";

/// WeChat Pay's own root ("Tenpay.com Root CA"): from the trust chain that "如何通过证书信任链验证平台证书"
/// offers.
const TENPAY: &[u8] = include_bytes!("tenpay.pem");

/// Keys by their `Wechatpay-Serial`.
pub(super) struct KeyRing {
    public: Vec<(String, VerifyingKey)>,
    /// Who may issue platform certificates.
    roots: Vec<Certificate>,
    platform: RwLock<Platform>,
}

#[derive(Default)]
struct Platform {
    certificates: BTreeMap<String, Certificate>,
    /// Unix seconds.
    fetched: Option<i64>,
}

impl KeyRing {
    pub(super) fn new(config: &WechatV3Config) -> Self {
        let built_in = Certificate::from_pem(TENPAY).expect("the embedded root is a certificate");
        let given = config.platform_certificates.iter();
        let given = given.flat_map(|platform| &platform.extra_roots);
        // The configuration has checked them.
        let given = given.filter_map(|root| Certificate::from_der(root.clone()).ok());
        Self {
            public: config.public_keys.clone(),
            roots: std::iter::once(built_in).chain(given).collect(),
            platform: RwLock::default(),
        }
    }

    /// The serial that answers should be signed under, if the gateway has to be told: it uses
    /// platform certificates by itself, a public key only where a request names it.
    pub(super) fn preferred(&self) -> Option<String> {
        self.public.first().map(|(id, _)| id.clone())
    }

    /// The key of a serial, as far as it may be used at `now`.
    pub(super) fn find(&self, serial: &str, now: i64) -> Lookup {
        if let Some((_, key)) = self.public.iter().find(|(id, _)| id == serial) {
            return Lookup::Known(key.clone());
        }
        match self.read().certificates.get(serial) {
            Some(certificate) if certificate.is_valid_at(now) => {
                Lookup::Known(certificate.key().clone())
            }
            Some(_) => Lookup::OutOfTime,
            None => Lookup::Unknown,
        }
    }

    /// Names what is there, for a log or the self-test.
    pub(super) fn describe(&self, now: i64) -> String {
        let mut keys: Vec<String> = self
            .public
            .iter()
            .map(|(id, _)| format!("the public key {id}"))
            .collect();
        let platform = self.read();
        for certificate in platform.certificates.values() {
            let serial = certificate.serial();
            keys.push(if certificate.is_valid_at(now) {
                let days = (certificate.not_after() - now) / (24 * 3600);
                format!("the platform certificate {serial}, good for {days} days")
            } else {
                format!("the platform certificate {serial}, which is not valid now")
            });
        }
        match keys.as_slice() {
            [] => "no key".to_owned(),
            keys => keys.join(", "),
        }
    }

    /// Whether this is the id of a configured public key.
    pub(super) fn is_public(&self, serial: &str) -> bool {
        self.public.iter().any(|(id, _)| id == serial)
    }

    fn read(&self) -> RwLockReadGuard<'_, Platform> {
        // Every change below is a single step.
        self.platform.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Platform> {
        self.platform
            .write()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes certificates up beside those that are known, and drops what has expired.
    fn add(&self, certificates: Vec<Certificate>, fetched: Option<i64>, now: i64) {
        let mut platform = self.write();
        platform
            .certificates
            .retain(|_, known| known.not_after() >= now);
        for certificate in certificates {
            platform
                .certificates
                .insert(certificate.serial().to_owned(), certificate);
        }
        platform.fetched = fetched.or(platform.fetched);
    }
}

impl Platform {
    fn usable(&self, now: i64) -> impl Iterator<Item = &Certificate> {
        self.certificates
            .values()
            .filter(move |certificate| certificate.is_valid_at(now))
    }
}

impl KeySource for WechatV3 {
    fn any(&self, now: i64) -> bool {
        !self.keys.public.is_empty() || self.keys.read().usable(now).next().is_some()
    }

    fn due(&self, now: i64) -> bool {
        let platform = self.keys.read();
        let Some(newest) = platform.usable(now).max_by_key(|have| have.not_after()) else {
            return true;
        };
        let Some(fetched) = platform.fetched else {
            return true;
        };
        // A new certificate is handed out before the old one expires: in the last tenth of its life
        // it is looked for more often, and never seldom.
        let life = newest.not_after() - newest.not_before();
        let rest = if newest.not_after() - now < life / 10 {
            (life / 100).clamp(60, LONGEST_REST)
        } else {
            LONGEST_REST
        };
        now.abs_diff(fetched) >= rest.unsigned_abs()
    }

    fn download(&self, stamp: &Stamp) -> Call {
        let path = match self.config.region {
            Region::Mainland => "/v3/certificates",
            Region::HongKong => "/v3/global/certificates",
        };
        self.call(
            "certificates",
            "GET",
            path.to_owned(),
            None,
            stamp,
            Resend::Freely,
        )
    }

    fn install(&self, reply: &Reply) -> Result<String, KeyError> {
        if reply.status != 200 {
            let has_public_key = !self.keys.public.is_empty();
            return Err(refusals::of_certificates(reply, has_public_key));
        }
        let now = reply.now.or(reply.date).ok_or_else(|| KeyError {
            why: "the answer to the request for platform certificates tells no time".to_owned(),
            refused: false,
        })?;
        let key = self.config.api_v3_key.expose().as_bytes();
        let opened = certificates::open(&reply.body, key, MOST)?;
        let mut taken = Vec::new();
        let mut refused = Vec::new();
        for certificate in opened {
            match certificate.and_then(|one| one.trusted(&self.keys.roots, now)) {
                Ok(certificate) => taken.push(certificate),
                Err(why) => refused.push(why),
            }
        }
        if taken.is_empty() {
            return Err(refused
                .into_iter()
                .next()
                .unwrap_or(Refused::None)
                .into_error());
        }
        self.check_download(reply, &taken, now)?;
        let mut text = format!(
            "fetched {} from {}",
            match taken.len() {
                1 => "1 platform certificate".to_owned(),
                count => format!("{count} platform certificates"),
            },
            reply.host
        );
        for why in refused {
            text.push_str(&format!("; left out: {}", why.into_error()));
        }
        self.keys.add(taken, Some(now), now);
        text.push_str(&format!("; now known: {}", self.keys.describe(now)));
        Ok(text)
    }

    fn restore(&self, cached: &[u8], now: i64) -> Result<String, KeyError> {
        let useless = |why: &str| KeyError {
            why: format!("the file of platform certificates {why}; they will be fetched"),
            refused: false,
        };
        if cached.len() > CACHE_LIMIT {
            return Err(useless("is too large to be one"));
        }
        let certificates =
            certificates_from_pem(cached).map_err(|error| useless(&error.to_string()))?;
        if certificates.len() > MOST {
            return Err(useless("holds too many certificates"));
        }
        let count = certificates.len();
        // Validity is looked at whenever one is used: this machine's clock may be wrong now, and
        // be set right by the first answer.
        let trusted: Vec<Certificate> = certificates
            .into_iter()
            .filter_map(|der| certificates::from_cache(der, &self.keys.roots, now).ok())
            .collect();
        if trusted.is_empty() {
            return Err(useless("holds none that WeChat Pay issued"));
        }
        let text = format!(
            "{} of {count} platform certificates taken from their file",
            trusted.len()
        );
        let fetched = fetched(cached).filter(|&time| time <= now);
        self.keys.add(trusted, fetched, now);
        Ok(text)
    }

    fn cached(&self) -> Vec<u8> {
        let platform = self.keys.read();
        let fetched = platform.fetched.unwrap_or_default();
        let certificates = platform.certificates.values().map(Certificate::der);
        let pem = certificates_to_pem(certificates);
        format!("{FETCHED}{fetched}\n{pem}").into_bytes()
    }
}

impl WechatV3 {
    /// The signature of a download, which may be made under one of the keys that it brings. The
    /// documents except the first download from being signed; what it brings is proven all the same,
    /// by the encryption and by the certificates' issuer.
    fn check_download(
        &self,
        reply: &Reply,
        brought: &[Certificate],
        now: i64,
    ) -> Result<(), KeyError> {
        let first = !self.any(now);
        let find = |serial: &str| match brought.iter().find(|one| one.serial() == serial) {
            Some(certificate) if certificate.is_valid_at(now) => {
                Lookup::Known(certificate.key().clone())
            }
            Some(_) => Lookup::OutOfTime,
            None => self.keys.find(serial, now),
        };
        let why = match verify(&reply.headers, &reply.body, now, find) {
            Verification::Proven { .. } => return Ok(()),
            Verification::Unsigned if first => return Ok(()),
            Verification::Unsigned => "it is not signed".to_owned(),
            Verification::Disproved {
                unknown_key: Some(serial),
                ..
            } => {
                return Err(KeyError {
                    why: refusals::unknown_key(&serial, true),
                    refused: true,
                });
            }
            Verification::Disproved { why, .. } => why,
        };
        Err(KeyError {
            why: format!("the answer with the platform certificates is not believed: {why}"),
            refused: false,
        })
    }
}

/// The time in the first line of a cache.
fn fetched(cached: &[u8]) -> Option<i64> {
    let line = cached.split(|&byte| byte == b'\n').next()?;
    let line = str::from_utf8(line).ok()?;
    line.strip_prefix(FETCHED)?.trim_end().parse().ok()
}

#[cfg(test)]
mod tests;
