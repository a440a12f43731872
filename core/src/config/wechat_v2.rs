//! `[wechat_v2]`.

use url::Url;

use super::context::Context;
use super::document::{Item, Section};
use super::{ConfigError, Region, Secret, SignType, WechatV2Config, secret, transport};
use crate::crypto::{
    Identity, IdentityError, MAX_PKCS12_BYTES, certificates_from_pem, private_key_from_pem,
};

pub(super) const KEYS: [&str; 10] = [
    "appid",
    "mch_id",
    "sub_appid",
    "sub_mch_id",
    "api_key",
    "sign_type",
    "client_certificate",
    "auth_code_check",
    "region",
    "hosts",
];

const PEM_LIMIT: usize = 256 * 1024;
const SAFETY_PAGE: &str = "商户平台 → 账户中心 → API安全";
/// A certificate that expires sooner is worth a warning.
const SOON: i64 = 30 * 24 * 3600;

pub(super) fn read(
    mut section: Section<'_>,
    context: &Context<'_>,
    warnings: &mut Vec<String>,
) -> Result<(WechatV2Config, Vec<Url>), ConfigError> {
    let appid = section.need("appid", "it is the app id bound to the merchant number")?;
    let mch_id = section.need("mch_id", "it is the merchant number (商户号)")?;
    let mch_id = digits(&mch_id)?;
    let api_key = section.need("api_key", &format!("it is the APIv2 key of {SAFETY_PAGE}"))?;
    let regions = [("mainland", Region::Mainland), ("hk", Region::HongKong)];
    let region = section.choice("region", &regions, Region::Mainland)?;
    let sign_types = [
        ("HMAC-SHA256", SignType::HmacSha256),
        ("MD5", SignType::Md5),
    ];
    let hosts = match section.take("hosts") {
        Some(list) => transport::hosts(list)?,
        None => default_hosts(region),
    };
    let config = WechatV2Config {
        appid: app_id(&appid)?,
        sub_appid: section.take("sub_appid").as_ref().map(app_id).transpose()?,
        sub_mch_id: section
            .take("sub_mch_id")
            .as_ref()
            .map(digits)
            .transpose()?,
        api_key: read_api_key(api_key, context)?,
        sign_type: section.choice("sign_type", &sign_types, SignType::HmacSha256)?,
        client_certificate: match section.take("client_certificate") {
            Some(item) => Some(read_certificate(item, &mch_id, context, warnings)?),
            None => None,
        },
        mch_id,
        auth_code_check: section.flag("auth_code_check", true)?,
        region,
    };
    Ok((config, hosts))
}

/// The documents' hosts: the near one first, the far one as backup.
fn default_hosts(region: Region) -> Vec<Url> {
    let hosts = match region {
        Region::Mainland => ["api", "api2"],
        Region::HongKong => ["apihk", "api"],
    };
    hosts
        .into_iter()
        .map(|host| {
            Url::parse(&format!("https://{host}.mch.weixin.qq.com"))
                .expect("the names above make URLs")
        })
        .collect()
}

fn app_id(item: &Item<'_>) -> Result<String, ConfigError> {
    let text = item.text()?;
    if text.len() > 32 || !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(item
            .place
            .error("must be up to 32 letters and digits, as in wx2421b1c4370ec43b"));
    }
    Ok(text.to_owned())
}

fn digits(item: &Item<'_>) -> Result<String, ConfigError> {
    let text = item.text()?;
    if text.len() > 32 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(item.place.error("must be up to 32 digits, as in 10000100"));
    }
    Ok(text.to_owned())
}

fn read_api_key(item: Item<'_>, context: &Context<'_>) -> Result<Secret, ConfigError> {
    let place = item.place.clone();
    let key = secret::read(item, context)?;
    let length = key.expose().chars().count();
    let problem = if !key.expose().bytes().all(|byte| byte.is_ascii_graphic()) {
        "must be ASCII without blanks, has other characters".to_owned()
    } else if length != 32 {
        format!("must be 32 characters, has {length}")
    } else {
        return Ok(key);
    };
    Err(place.error(format_args!(
        "{problem}; copy the APIv2 key from where it was set ({SAFETY_PAGE}), or set a new one there"
    )))
}

fn read_certificate(
    item: Item<'_>,
    mch_id: &str,
    context: &Context<'_>,
    warnings: &mut Vec<String>,
) -> Result<Identity, ConfigError> {
    let mut section = item.section(&["p12", "password", "cert", "key"])?;
    let password = section.take("password");
    let (file, identity) = match (
        section.take("p12"),
        section.take("cert"),
        section.take("key"),
    ) {
        (Some(p12), None, None) => {
            let identity = from_p12(&p12, password, mch_id, context)?;
            (p12, identity)
        }
        (None, Some(cert), Some(key)) if password.is_none() => {
            let identity = from_pem(&cert, &key, context)?;
            (cert, identity)
        }
        _ => {
            return Err(section.place.error(
                "must have either p12 (and password unless it is mch_id), or cert and key",
            ));
        }
    };
    check_dates(&file, &identity, context.now, warnings)?;
    if !identity.subject_contains(mch_id) {
        warnings.push(file.place.note(format_args!(
            "the certificate does not name mch_id {mch_id}; \
             reverse and refund need that merchant's own"
        )));
    }
    Ok(identity)
}

fn from_p12(
    file: &Item<'_>,
    password: Option<Item<'_>>,
    mch_id: &str,
    context: &Context<'_>,
) -> Result<Identity, ConfigError> {
    let bytes = context.read(file, MAX_PKCS12_BYTES)?;
    let (place, password, hint) = match password {
        Some(item) => (
            item.place.clone(),
            secret::read(item, context)?,
            "it is the mch_id unless it was changed",
        ),
        None => (
            file.place.clone(),
            Secret::new(mch_id),
            "mch_id was tried; give the right one as password",
        ),
    };
    Identity::from_pkcs12(&bytes, password.expose()).map_err(|error| match error {
        IdentityError::WrongPassword => place.error(format_args!("the file {error}; {hint}")),
        _ => file.place.error(format_args!("the file {error}")),
    })
}

fn from_pem(
    cert: &Item<'_>,
    key: &Item<'_>,
    context: &Context<'_>,
) -> Result<Identity, ConfigError> {
    let about = |item: &Item<'_>, error| item.place.error(format_args!("the file {error}"));
    let certificates = certificates_from_pem(&context.read(cert, PEM_LIMIT)?)
        .map_err(|error| about(cert, error))?;
    let private_key =
        private_key_from_pem(&context.read(key, PEM_LIMIT)?).map_err(|error| about(key, error))?;
    Identity::new(certificates, private_key).map_err(|error| match error {
        IdentityError::BadKey => about(key, error),
        IdentityError::KeyMismatch => key.place.error(error),
        _ => about(cert, error),
    })
}

fn check_dates(
    file: &Item<'_>,
    identity: &Identity,
    now: i64,
    warnings: &mut Vec<String>,
) -> Result<(), ConfigError> {
    let (first, last) = (identity.not_before(), identity.not_after());
    if now < first {
        return Err(file.place.error(format_args!(
            "the certificate is valid from {} only, and this machine's clock says {}; set the clock",
            date(first),
            date(now)
        )));
    }
    if now > last {
        return Err(file.place.error(format_args!(
            "the certificate expired on {} (this machine's clock says {}); get a new one at {SAFETY_PAGE}",
            date(last),
            date(now)
        )));
    }
    if last - now < SOON {
        warnings.push(file.place.note(format_args!(
            "the certificate expires on {}; get a new one at {SAFETY_PAGE}",
            date(last)
        )));
    }
    Ok(())
}

fn date(unix_seconds: i64) -> String {
    jiff::Timestamp::from_second(unix_seconds).map_or_else(
        |_| "a date out of range".to_owned(),
        |time| time.strftime("%Y-%m-%d").to_string(),
    )
}
