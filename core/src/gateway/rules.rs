//! Checks of single request values that several gateways share. Each error is the rule and the
//! remedy, never the value.

use std::net::IpAddr;

use serde_json::{Map, Value};

use super::beijing::Beijing;
use crate::json;

/// The rule that a value broke.
pub(crate) type Broken = String;

/// Takes off the blanks and line ends that fixed-width records and scanners leave around a value.
///
/// The official APIv2 SDK trims before it signs, and of the characters it trims these are the ones
/// that XML allows.
pub(crate) fn trimmed(value: &str) -> &str {
    value.trim_matches([' ', '\t', '\r', '\n'])
}

/// At most `max` bytes of UTF-8.
pub(crate) fn at_most_bytes(value: &str, max: usize) -> Result<(), Broken> {
    if value.len() > max {
        return Err(format!(
            "at most {max} bytes of UTF-8, this is {}; shorten it",
            value.len()
        ));
    }
    Ok(())
}

/// At most `max` characters.
pub(crate) fn at_most_characters(value: &str, max: usize) -> Result<(), Broken> {
    let count = value.chars().count();
    if count > max {
        return Err(format!(
            "at most {max} characters, this is {count}; shorten it"
        ));
    }
    Ok(())
}

/// No control characters and no characters that XML 1.0 forbids.
pub(crate) fn printable(value: &str) -> Result<(), Broken> {
    if value.chars().any(char::is_control) {
        return Err("control characters (tab, line end, NUL …) are not allowed".into());
    }
    if !value.chars().all(is_xml_character) {
        return Err("U+FFFE and U+FFFF are not allowed".into());
    }
    Ok(())
}

/// `Char` of XML 1.0 §2.2.
pub(crate) fn is_xml_character(character: char) -> bool {
    matches!(character,
        '\t' | '\n' | '\r'
        | '\u{20}'..='\u{D7FF}'
        | '\u{E000}'..='\u{FFFD}'
        | '\u{10000}'..='\u{10FFFF}')
}

/// Printable ASCII without blanks: an identifier that somebody else gave out.
pub(crate) fn identifier(value: &str, max: usize) -> Result<(), Broken> {
    if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("printable ASCII characters without blanks".into());
    }
    at_most_bytes(value, max)
}

/// 1 to `max` letters, digits and `punctuation`.
pub(crate) fn order_number(value: &str, punctuation: &str, max: usize) -> Result<(), Broken> {
    let allowed =
        |character: char| character.is_ascii_alphanumeric() || punctuation.contains(character);
    if value.is_empty() || value.len() > max || !value.chars().all(allowed) {
        return Err(format!(
            "1 to {max} characters out of 0-9 A-Z a-z {punctuation}, without blanks; \
             letters and digits alone fit every gateway"
        ));
    }
    Ok(())
}

/// 1 to `max` digits.
pub(crate) fn digits(value: &str, max: usize) -> Result<(), Broken> {
    if value.is_empty() || value.len() > max || !value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("1 to {max} digits"));
    }
    Ok(())
}

/// 1 to `max` letters and digits.
pub(crate) fn alphanumeric(value: &str, max: usize) -> Result<(), Broken> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric();
    if value.is_empty() || value.len() > max || !value.bytes().all(allowed) {
        return Err(format!("1 to {max} letters A-Z a-z and digits"));
    }
    Ok(())
}

/// A positive whole number of minor units that fits the documents' `int`.
pub(crate) fn amount(value: &str) -> Result<i64, Broken> {
    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    value
        .parse::<i32>()
        .ok()
        .filter(|number| digits && *number > 0 && !value.starts_with('0'))
        .map(i64::from)
        .ok_or_else(|| {
            format!(
                "a whole number of minor units (fen) from 1 to {}, digits only: 8.88 yuan is 888",
                i32::MAX
            )
        })
}

/// Three capital letters.
pub(crate) fn currency(value: &str) -> Result<(), Broken> {
    if value.len() != 3 || !value.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err("three capital letters as in ISO 4217, such as CNY or HKD".into());
    }
    Ok(())
}

/// A WeChat payment code; with `check` off any printable ASCII up to 128.
pub(crate) fn wechat_auth_code(value: &str, check: bool) -> Result<(), Broken> {
    if !check {
        return identifier(value, 128);
    }
    let bytes = value.as_bytes();
    let wechat = bytes.len() == 18
        && bytes.iter().all(u8::is_ascii_digit)
        && bytes[0] == b'1'
        && (b'0'..=b'5').contains(&bytes[1]);
    if !wechat {
        return Err(
            "not a WeChat payment code (18 digits starting with 10 to 15); scan the payer's WeChat \
             payment code, or set auth_code_check = false for other codes"
                .into(),
        );
    }
    Ok(())
}

/// An IPv4 or IPv6 address.
pub(crate) fn ip_address(value: &str) -> Result<(), Broken> {
    match value.parse::<IpAddr>() {
        Ok(_) => Ok(()),
        Err(_) => Err("an IPv4 or IPv6 address, such as 192.0.2.7".into()),
    }
}

/// Where notifications are sent.
///
/// Source: "统一下单" and "JSAPI下单", `notify_url`.
pub(crate) fn notify_url(value: &str) -> Result<(), Broken> {
    at_most_bytes(value, 256)?;
    let usable = url::Url::parse(value).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.query().is_none()
            && url.fragment().is_none()
    });
    if !usable || !value.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(
            "an https:// address (http:// over a private line only) without query and fragment, \
             such as https://pay.example.com/notify"
                .into(),
        );
    }
    Ok(())
}

/// Where the money of a refund comes from, in the words of either generation; APIv2's word for it and
/// APIv3's.
///
/// Source: "申请退款", `refund_account` and `funds_account`.
pub(crate) fn refund_account(value: &str) -> Result<(&'static str, &'static str), Broken> {
    [
        ("REFUND_SOURCE_UNSETTLED_FUNDS", "UNSETTLED"),
        ("REFUND_SOURCE_RECHARGE_FUNDS", "AVAILABLE"),
    ]
    .into_iter()
    .find(|(v2, v3)| *v2 == value || *v3 == value)
    .ok_or_else(|| "UNSETTLED (what is not settled yet) or AVAILABLE (the balance)".into())
}

/// One JSON object.
pub(crate) fn json_object(value: &str, max: usize) -> Result<Map<String, Value>, Broken> {
    json::parse_object(value.as_bytes(), max)
        .map_err(|error| format!("one JSON object; this is {error}"))
}

/// `yyyyMMddHHmmss`
pub(crate) fn compact_time(value: &str) -> Result<(), Broken> {
    match Beijing::parse(value) {
        Some(_) => Ok(()),
        None => Err("yyyyMMddHHmmss in Beijing time, such as 20091225091010".into()),
    }
}

/// `Y` or `N`.
pub(crate) fn yes_or_no(value: &str) -> Result<(), Broken> {
    match value {
        "Y" | "N" => Ok(()),
        _ => Err("Y or N".into()),
    }
}

/// `Y` or `N` as in APIv2, `true` or `false` as in APIv3.
pub(crate) fn flag(value: &str) -> Result<bool, Broken> {
    match value {
        "Y" | "true" => Ok(true),
        "N" | "false" => Ok(false),
        _ => Err("Y or N, or true or false".into()),
    }
}

/// Text from outside for logs and screens: printable and not endless.
pub(crate) fn short(text: &str, max: usize) -> String {
    text.chars()
        .filter(|character| !character.is_control())
        .take(max)
        .collect()
}
