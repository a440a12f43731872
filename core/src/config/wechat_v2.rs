//! `[wechat_v2]`.

use url::Url;

use super::context::Context;
use super::document::{Item, Section};
use super::wechat::{SAFETY_PAGE, app_id, check_dates, check_key, digits, hosts, region};
use super::{ConfigError, Secret, SignType, WechatV2Config, secret};
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

pub(super) fn read(
    mut section: Section<'_>,
    context: &Context<'_>,
    warnings: &mut Vec<String>,
) -> Result<(WechatV2Config, Vec<Url>), ConfigError> {
    let appid = section.need("appid", "it is the app id bound to the merchant number")?;
    let mch_id = section.need("mch_id", "it is the merchant number (商户号)")?;
    let mch_id = digits(&mch_id)?;
    let api_key = section.need("api_key", &format!("it is the APIv2 key of {SAFETY_PAGE}"))?;
    let region = region(&mut section)?;
    let sign_types = [
        ("HMAC-SHA256", SignType::HmacSha256),
        ("MD5", SignType::Md5),
    ];
    let hosts = hosts(&mut section, region)?;
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

fn read_api_key(item: Item<'_>, context: &Context<'_>) -> Result<Secret, ConfigError> {
    let place = item.place.clone();
    let key = secret::read(item, context)?;
    check_key(key.expose(), "APIv2").map_err(|problem| place.error(problem))?;
    Ok(key)
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
    let validity = (identity.not_before(), identity.not_after());
    check_dates(&file.place, validity, context.now, warnings)?;
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
