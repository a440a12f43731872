//! `[wechat_v3]`.

use std::path::{Path, PathBuf};

use rustls_pki_types::CertificateDer;
use url::Url;

use super::context::Context;
use super::document::{Item, Place, Section};
use super::wechat::{SAFETY_PAGE, app_id, check_dates, check_key, digits, hosts, region};
use super::{ConfigError, PlatformCertificates, Region, Secret, WechatV3Config, secret};
use crate::crypto::{Certificate, KeyFault, SigningKey, VerifyingKey, certificates_from_pem};

pub(super) const KEYS: [&str; 19] = [
    "appid",
    "mchid",
    "sp_appid",
    "sp_mchid",
    "sub_appid",
    "sub_mchid",
    "serial_no",
    "private_key",
    "certificate",
    "api_v3_key",
    "public_key_id",
    "public_key",
    "platform_certificates",
    "platform_certificate_cache",
    "platform_ca",
    "auth_code_check",
    "merchant_category_code",
    "region",
    "hosts",
];

const PEM_LIMIT: usize = 64 * 1024;
const PUBLIC_KEY_ID: &str = "PUB_KEY_ID_";

pub(super) fn read(
    mut section: Section<'_>,
    journal: &Path,
    context: &Context<'_>,
    warnings: &mut Vec<String>,
) -> Result<(WechatV3Config, Vec<Url>), ConfigError> {
    let accounts = Accounts::read(&mut section)?;
    let private_key = read_private_key(&mut section, context)?;
    let serial_no = section.take("serial_no");
    let serial_no = serial_no.as_ref().map(read_serial_no).transpose()?;
    let certificate = match section.take("certificate") {
        None => None,
        Some(item) => Some(read_certificate(
            item,
            &accounts.mchid,
            &private_key,
            serial_no.as_deref(),
            context,
            warnings,
        )?),
    };
    let serial_no = match (serial_no, &certificate) {
        (Some(given), _) => given,
        (None, Some(certificate)) => certificate.serial().to_owned(),
        (None, None) => {
            return Err(section.missing(
                "serial_no",
                &format!(
                    "it is the serial number (证书序列号) of the merchant's API certificate, at \
                     {SAFETY_PAGE} → 商户API证书; or give certificate = {{ file = \"apiclient_cert.pem\" }}"
                ),
            ));
        }
    };
    let remedy = format!("it is the APIv3 key (APIv3密钥) of {SAFETY_PAGE}");
    let api_v3_key = read_api_v3_key(section.need("api_v3_key", &remedy)?, context)?;
    let public_key = read_public_key(&mut section, &private_key, context)?;
    let platform_certificates = read_platform(
        &mut section,
        public_key.is_some(),
        (journal, &accounts.mchid),
        context,
        warnings,
    )?;
    let region = region(&mut section)?;
    let hosts = hosts(&mut section, region)?;
    let merchant_category_code = section.take("merchant_category_code");
    if let Some(item) = merchant_category_code
        .as_ref()
        .filter(|_| region == Region::Mainland)
    {
        return Err(item.place.error(r#"is for region = "hk" only; remove it"#));
    }
    let config = WechatV3Config {
        merchant_category_code: merchant_category_code.as_ref().map(digits).transpose()?,
        appid: accounts.appid,
        mchid: accounts.mchid,
        partner: accounts.partner,
        sub_appid: accounts.sub_appid,
        sub_mchid: accounts.sub_mchid,
        serial_no,
        certificate_expires: certificate.map(|certificate| certificate.not_after()),
        private_key,
        api_v3_key,
        public_keys: public_key.into_iter().collect(),
        platform_certificates,
        auth_code_check: section.flag("auth_code_check", true)?,
        region,
    };
    Ok((config, hosts))
}

/// Who asks, and for whom.
struct Accounts {
    appid: String,
    mchid: String,
    partner: bool,
    sub_appid: Option<String>,
    sub_mchid: Option<String>,
}

impl Accounts {
    fn read(section: &mut Section<'_>) -> Result<Self, ConfigError> {
        let place = section.place.clone();
        let mut take = |key| section.take(key);
        let own = (take("appid"), take("mchid"));
        let partner = (take("sp_appid"), take("sp_mchid"));
        let sub = (take("sub_appid"), take("sub_mchid"));
        match (&own, &partner) {
            ((None, None), (None, None)) => Err(place.error(
                "appid and mchid are missing; mchid is the merchant number (商户号), appid the app \
                 id bound to it. A partner (服务商) gives sp_appid and sp_mchid instead",
            )),
            ((Some(appid), Some(mchid)), (None, None)) => {
                if let Some(item) = sub.0.or(sub.1) {
                    return Err(item.place.error(
                        "belongs to a partner (服务商), who gives sp_appid and sp_mchid in place of \
                         appid and mchid",
                    ));
                }
                Ok(Self {
                    appid: app_id(appid)?,
                    mchid: digits(mchid)?,
                    partner: false,
                    sub_appid: None,
                    sub_mchid: None,
                })
            }
            ((None, None), (Some(appid), Some(mchid))) => Ok(Self {
                appid: app_id(appid)?,
                mchid: digits(mchid)?,
                partner: true,
                sub_appid: sub.0.as_ref().map(app_id).transpose()?,
                sub_mchid: sub.1.as_ref().map(digits).transpose()?,
            }),
            _ => Err(place.error(
                "must have either appid and mchid (a merchant) or sp_appid and sp_mchid (a partner, \
                 服务商), not one of each",
            )),
        }
    }
}

/// PEM as text, file or variable.
fn read_pem(item: Item<'_>, context: &Context<'_>) -> Result<Secret, ConfigError> {
    secret::read_up_to(PEM_LIMIT, item, context)
}

fn read_private_key(
    section: &mut Section<'_>,
    context: &Context<'_>,
) -> Result<SigningKey, ConfigError> {
    let remedy =
        r#"give { file = "apiclient_key.pem" }, the key of the merchant's API certificate"#;
    let item = section.need("private_key", remedy)?;
    let place = item.place.clone();
    let pem = read_pem(item, context)?;
    SigningKey::from_pem(pem.expose().as_bytes()).map_err(|fault| {
        let hint = match fault {
            KeyFault::Pem(crate::crypto::IdentityError::NoKey) => "; it is apiclient_key.pem",
            _ => "",
        };
        place.error(format_args!("{fault}{hint}"))
    })
}

fn read_serial_no(item: &Item<'_>) -> Result<String, ConfigError> {
    let text = item.text()?;
    if text.len() > 40 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(item.place.error(format_args!(
            "must be up to 40 hexadecimal digits without blanks or colons: the 证书序列号 at \
             {SAFETY_PAGE} → 商户API证书"
        )));
    }
    Ok(text.to_ascii_uppercase())
}

fn read_certificate(
    item: Item<'_>,
    mchid: &str,
    private_key: &SigningKey,
    serial_no: Option<&str>,
    context: &Context<'_>,
    warnings: &mut Vec<String>,
) -> Result<Certificate, ConfigError> {
    let place = item.place.clone();
    let pem = read_pem(item, context)?;
    let certificate =
        Certificate::from_pem(pem.expose().as_bytes()).map_err(|fault| place.error(fault))?;
    if *certificate.key() != private_key.public() {
        return Err(place.error(
            "private_key does not belong to this certificate; both must be from one download",
        ));
    }
    if serial_no.is_some_and(|given| given != certificate.serial()) {
        return Err(place.error(format_args!(
            "has the serial number {}, and serial_no another one; leave serial_no out, or take all \
             from one download",
            certificate.serial()
        )));
    }
    let validity = (certificate.not_before(), certificate.not_after());
    check_dates(&place, validity, context.now, warnings)?;
    if certificate.common_name() != Some(mchid) {
        warnings.push(place.note(format_args!(
            "the certificate does not name the merchant number {mchid}; is it that merchant's own?"
        )));
    }
    Ok(certificate)
}

fn read_api_v3_key(item: Item<'_>, context: &Context<'_>) -> Result<Secret, ConfigError> {
    let place = item.place.clone();
    let key = secret::read(item, context)?;
    check_key(key.expose(), "APIv3").map_err(|problem| place.error(problem))?;
    Ok(key)
}

fn read_public_key(
    section: &mut Section<'_>,
    private_key: &SigningKey,
    context: &Context<'_>,
) -> Result<Option<(String, VerifyingKey)>, ConfigError> {
    let (id, item) = match (section.take("public_key_id"), section.take("public_key")) {
        (None, None) => return Ok(None),
        (Some(id), Some(item)) => (id, item),
        (Some(_), None) => {
            let remedy = format!(
                r#"give {{ file = "pub_key.pem" }}, the key of public_key_id, from {SAFETY_PAGE} → 微信支付公钥"#
            );
            return Err(section.missing("public_key", &remedy));
        }
        (None, Some(_)) => {
            let remedy = format!("it is the 公钥ID beside the key at {SAFETY_PAGE} → 微信支付公钥");
            return Err(section.missing("public_key_id", &remedy));
        }
    };
    let text = id.text()?;
    let number = text.strip_prefix(PUBLIC_KEY_ID).unwrap_or_default();
    let plain = number.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if number.is_empty() || text.len() > 64 || !plain {
        return Err(id.place.error(format_args!(
            "must be the whole id with its {PUBLIC_KEY_ID}, as shown at {SAFETY_PAGE} → 微信支付公钥"
        )));
    }
    let place = item.place.clone();
    let pem = read_pem(item, context)?;
    let key = VerifyingKey::from_pem(pem.expose().as_bytes()).map_err(|fault| {
        place.error(format_args!(
            "{fault}; it is pub_key.pem from {SAFETY_PAGE} → 微信支付公钥"
        ))
    })?;
    if key == private_key.public() {
        return Err(place.error(format_args!(
            "is the merchant's own; WeChat Pay's is pub_key.pem from {SAFETY_PAGE} → 微信支付公钥"
        )));
    }
    Ok(Some((text.to_owned(), key)))
}

/// `account` is where the journal is, and whose keys they are: what the cache is called after.
fn read_platform(
    section: &mut Section<'_>,
    has_public_key: bool,
    account: (&Path, &str),
    context: &Context<'_>,
    warnings: &mut Vec<String>,
) -> Result<Option<PlatformCertificates>, ConfigError> {
    let choice = section.take("platform_certificates");
    let cache = section.take("platform_certificate_cache");
    let roots = section.take("platform_ca");
    let download = match &choice {
        Some(item) => item.choice(&[("auto", true), ("never", false)])?,
        None => !has_public_key,
    };
    if !download {
        if let Some(item) = choice.filter(|_| !has_public_key) {
            return Err(item.place.error(format_args!(
                "leaves nothing to verify answers with; give public_key_id and public_key from \
                 {SAFETY_PAGE} → 微信支付公钥, or write \"auto\""
            )));
        }
        for unused in [&cache, &roots].into_iter().flatten() {
            warnings.push(unused.place.note(
                r#"has no effect: with a public key, platform certificates are used only with platform_certificates = "auto""#,
            ));
        }
        return Ok(None);
    }
    Ok(Some(PlatformCertificates {
        cache: match cache {
            Some(item) => read_cache(&item, context)?,
            None => default_cache(account.0, account.1),
        },
        extra_roots: match roots {
            Some(item) => read_roots(item, context)?,
            None => Vec::new(),
        },
    }))
}

fn read_cache(item: &Item<'_>, context: &Context<'_>) -> Result<PathBuf, ConfigError> {
    let path = context.path(item)?;
    context.check_place(&path, &item.place)?;
    Ok(path)
}

/// Beside the journal, by its name and the merchant's number: platform certificates are each
/// merchant's own, a journal may serve several.
fn default_cache(journal: &Path, mchid: &str) -> PathBuf {
    let mut name = journal.file_stem().unwrap_or_default().to_owned();
    name.push(format!("-platform-certificates-{mchid}.pem"));
    journal.with_file_name(name)
}

fn read_roots(
    item: Item<'_>,
    context: &Context<'_>,
) -> Result<Vec<CertificateDer<'static>>, ConfigError> {
    let place: Place<'_> = item.place.clone();
    let pem = read_pem(item, context)?;
    let roots =
        certificates_from_pem(pem.expose().as_bytes()).map_err(|fault| place.error(fault))?;
    for (index, root) in roots.iter().enumerate() {
        let certificate = Certificate::from_der(root.clone());
        if !certificate.is_ok_and(|certificate| certificate.is_authority()) {
            return Err(place.error(format_args!(
                "certificate {} cannot be trusted: it is no X.509 CA certificate of an RSA key",
                index + 1
            )));
        }
    }
    Ok(roots)
}
