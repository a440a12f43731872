//! What `[wechat_v2]` and `[wechat_v3]` have in common.

use url::Url;

use super::document::{Item, Place, Section};
use super::{ConfigError, Region, transport};

pub(super) const SAFETY_PAGE: &str = "商户平台 → 账户中心 → API安全";
/// A certificate that expires sooner is worth a warning.
const SOON: i64 = 30 * 24 * 3600;

pub(super) fn region(section: &mut Section<'_>) -> Result<Region, ConfigError> {
    let regions = [("mainland", Region::Mainland), ("hk", Region::HongKong)];
    section.choice("region", &regions, Region::Mainland)
}

/// `hosts`, or the documents' own for the region.
pub(super) fn hosts(section: &mut Section<'_>, region: Region) -> Result<Vec<Url>, ConfigError> {
    match section.take("hosts") {
        Some(list) => transport::hosts(list),
        None => Ok(default_hosts(region)),
    }
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

pub(super) fn app_id(item: &Item<'_>) -> Result<String, ConfigError> {
    let text = item.text()?;
    if text.len() > 32 || !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(item
            .place
            .error("must be up to 32 letters and digits, as in wx2421b1c4370ec43b"));
    }
    Ok(text.to_owned())
}

pub(super) fn digits(item: &Item<'_>) -> Result<String, ConfigError> {
    let text = item.text()?;
    if text.len() > 32 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(item.place.error("must be up to 32 digits, as in 10000100"));
    }
    Ok(text.to_owned())
}

/// The rule for the keys of 32 characters; `what` is `APIv2` or `APIv3`.
pub(super) fn check_key(key: &str, what: &str) -> Result<(), String> {
    let length = key.chars().count();
    let problem = if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        "must be ASCII without blanks, has other characters".to_owned()
    } else if length != 32 {
        format!("must be 32 characters, has {length}")
    } else {
        return Ok(());
    };
    Err(format!(
        "{problem}; copy the {what} key from where it was set ({SAFETY_PAGE}), or set a new one there"
    ))
}

/// Refuses a certificate out of its time, warns of one that soon is.
pub(super) fn check_dates(
    file: &Place<'_>,
    (first, last): (i64, i64),
    now: i64,
    warnings: &mut Vec<String>,
) -> Result<(), ConfigError> {
    if now < first {
        return Err(file.error(format_args!(
            "the certificate is valid from {} only, and this machine's clock says {}; set the clock",
            date(first),
            date(now)
        )));
    }
    if now > last {
        return Err(file.error(format_args!(
            "the certificate expired on {} (this machine's clock says {}); get a new one at {SAFETY_PAGE}",
            date(last),
            date(now)
        )));
    }
    if last - now < SOON {
        warnings.push(file.note(format_args!(
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
