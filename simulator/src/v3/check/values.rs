//! Rules for single values; lengths are counted in bytes.

use std::net::IpAddr;

use crate::clock::from_rfc3339;
use crate::notify::check_notify_url;
use crate::settings::Region;

/// Says what is wrong, never the value.
pub(super) type Check = fn(&str, Region) -> Result<(), String>;

pub(super) fn up_to(bytes: usize, value: &str) -> Result<(), String> {
    if value.len() <= bytes {
        Ok(())
    } else {
        Err(format!("长度超过{bytes}字节"))
    }
}

pub(super) fn one_of(allowed: &[&str], value: &str) -> Result<(), String> {
    if allowed.contains(&value) {
        Ok(())
    } else {
        Err(format!("可选值: {}", allowed.join(", ")))
    }
}

/// `out_trade_no`: 6 to 32 of letters, digits, `_`, `-`, `*`; abroad from 1, and `|` and `@`, too.
pub(super) fn order_number(value: &str, region: Region) -> Result<(), String> {
    let (least, others) = match region {
        Region::Mainland => (6, "_-*"),
        Region::HongKong => (1, "_-|*@"),
    };
    let allowed = |c: char| c.is_ascii_alphanumeric() || others.contains(c);
    if !(least..=32).contains(&value.len()) {
        Err(format!("长度不是{least}到32"))
    } else if value.chars().all(allowed) {
        Ok(())
    } else {
        Err(format!("只能是数字、大小写字母和{others}"))
    }
}

/// `out_refund_no`: up to 64 of letters, digits and `_-|*@`.
pub(super) fn refund_number(value: &str, _: Region) -> Result<(), String> {
    up_to(64, value)?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_-|*@".contains(c);
    if value.chars().all(allowed) {
        Ok(())
    } else {
        Err("只能是数字、大小写字母和_-|*@".to_owned())
    }
}

pub(super) fn notify_url(value: &str, _: Region) -> Result<(), String> {
    up_to(256, value)?;
    check_notify_url(value).map_err(|_| "不是不带参数的http或https地址".to_owned())
}

/// As RFC 3339 writes it.
pub(super) fn moment(value: &str, _: Region) -> Result<(), String> {
    up_to(64, value)?;
    from_rfc3339(value)
        .map(|_| ())
        .ok_or_else(|| "不是rfc3339格式".to_owned())
}

pub(super) fn currency(value: &str, region: Region) -> Result<(), String> {
    match region {
        Region::Mainland => one_of(&["CNY"], value),
        Region::HongKong if value.len() == 3 && value.bytes().all(|b| b.is_ascii_uppercase()) => {
            Ok(())
        }
        Region::HongKong => Err("不是ISO 4217货币代码".to_owned()),
    }
}

pub(super) fn address(value: &str, _: Region) -> Result<(), String> {
    value
        .parse::<IpAddr>()
        .map(|_| ())
        .map_err(|_| "不是IP地址".to_owned())
}

pub(super) fn digits(bytes: usize, value: &str) -> Result<(), String> {
    up_to(bytes, value)?;
    if value.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(())
    } else {
        Err("只能是数字".to_owned())
    }
}

pub(super) fn alphanumeric(bytes: usize, value: &str) -> Result<(), String> {
    up_to(bytes, value)?;
    if value.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        Ok(())
    } else {
        Err("只能是数字和字母".to_owned())
    }
}

/// 18 digits that begin with 10 to 15.
pub(super) fn is_payment_code(value: &str) -> bool {
    let digits = value.len() == 18 && value.bytes().all(|byte| byte.is_ascii_digit());
    digits && matches!(value.as_bytes(), [b'1', b'0'..=b'5', ..])
}
