//! What a till may say about a ride, and what each value must look like.
//!
//! The document names types, but no lengths and no characters. Where it is silent the narrowest rule of
//! WeChat Pay's own interfaces is taken: what fits there fits anywhere.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::NAME;
use crate::config::check_access_token;
use crate::fields::Fields;
use crate::gateway::rules::{self, Broken, trimmed};
use crate::gateway::{InvalidField, vocabulary};

/// No QR code holds more characters.
const MAX_CODE: usize = 4296;
/// Of a degree, the last one is about as wide as an atom.
const MAX_DECIMALS: usize = 15;

pub(super) const BUS: &str = "BUS";
pub(super) const METRO: &str = "METRO";
/// `body` of a bus, and of a metro ride.
pub(super) const BODIES: [(&str, &str); 2] = [(BUS, "公交代扣"), (METRO, "地铁代扣")];

/// What a value must look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// The operator's number: 1 to 32 characters, as an order number of WeChat Pay. It has to be
    /// unique, and is the attach too where the till gives none.
    Number,
    /// A scanned code as text.
    Code,
    /// A scanned code of any bytes.
    CodeInBase64,
    /// Fen, and 0.
    Fare,
    /// See [`rules::ip_address`].
    Address,
    /// Decimal degrees up to so many.
    Degrees(u16),
    /// Printable text up to so many bytes.
    Text(usize),
    /// One of [`BODIES`].
    Body,
    /// One of [`BODIES`].
    Scene,
    /// See [`rules::compact_time`].
    Time,
    /// See [`check_access_token`].
    AccessToken,
}

/// Name, rule, whether it cannot be missing.
#[rustfmt::skip]
pub(super) const FIELDS: &[(&str, Rule, bool)] = &[
    ("access_token",        Rule::AccessToken,  false),
    ("attach",              Rule::Text(127),    false),
    ("body",                Rule::Body,         false),
    ("end_time",            Rule::Time,         false),
    ("line_name",           Rule::Text(128),    true),
    ("machine_ip",          Rule::Address,      false),
    ("machine_latitude",    Rule::Degrees(90),  false),
    ("machine_longitude",   Rule::Degrees(180), false),
    ("original_fee",        Rule::Fare,         true),
    ("out_trade_no",        Rule::Number,       true),
    ("qrcode",              Rule::Code,         false),
    ("qrcode_base64",       Rule::CodeInBase64, false),
    ("start_qrcode",        Rule::Code,         false),
    ("start_qrcode_base64", Rule::CodeInBase64, false),
    ("start_time",          Rule::Time,         true),
    ("total_fee",           Rule::Fare,         true),
    ("trade_scene",         Rule::Scene,        true),
];

/// Fields that are sent as a number although their value here is text.
pub(super) const DECIMALS: [&str; 2] = ["machine_latitude", "machine_longitude"];

/// A till's fields that passed the table.
pub(super) struct Checked {
    /// As they were checked: trimmed.
    pub(super) fields: Fields,
    /// Vocabulary fields that a ride has no place for.
    pub(super) left_out: Vec<String>,
}

/// Checks every field by itself, and that none is missing.
pub(super) fn check(given: &Fields) -> Result<Checked, InvalidField> {
    let mut checked = Checked {
        fields: Fields::new(),
        left_out: Vec::new(),
    };
    for (name, value) in given.iter() {
        let field = FIELDS.iter().find(|(known, ..)| *known == name);
        let value = match field {
            // It is the name by which the till finds the ride again.
            Some((_, Rule::Number, _)) => value,
            _ => trimmed(value),
        };
        if value.is_empty() {
            continue;
        }
        match field {
            Some((_, rule, _)) => {
                follows(*rule, value).map_err(|broken| invalid(name, broken))?;
                checked.fields.set(name, value);
            }
            None if vocabulary::knows(name) => checked.left_out.push(name.to_owned()),
            None => return Err(unknown(name)),
        }
    }
    match FIELDS
        .iter()
        .find(|(name, _, required)| *required && checked.fields.get(name).is_none())
    {
        Some((name, ..)) => Err(invalid(name, "is required")),
        None => Ok(checked),
    }
}

fn follows(rule: Rule, value: &str) -> Result<(), Broken> {
    match rule {
        Rule::Number => rules::order_number(value, "_-|*@", 32),
        Rule::Code => code(value),
        Rule::CodeInBase64 => code_in_base64(value),
        Rule::Fare => fare(value).map(|_| ()),
        Rule::Address => rules::ip_address(value),
        Rule::Degrees(most) => degrees(value, most),
        Rule::Text(max) => {
            rules::printable(value)?;
            rules::at_most_bytes(value, max)
        }
        Rule::Body => match BODIES.iter().any(|(_, body)| *body == value) {
            true => Ok(()),
            false => Err("公交代扣 or 地铁代扣; without it trade_scene says which".into()),
        },
        Rule::Scene => match BODIES.iter().any(|(scene, _)| *scene == value) {
            true => Ok(()),
            false => Err("METRO or BUS".into()),
        },
        Rule::Time => rules::compact_time(value),
        Rule::AccessToken => check_access_token(value),
    }
}

/// Other characters would have been changed on their way from the scanner to here, since a code is
/// bytes and a field is text.
fn code(value: &str) -> Result<(), Broken> {
    let plain = |byte: u8| (b' '..=b'~').contains(&byte);
    if !value.bytes().all(plain) {
        return Err(
            "printable ASCII, as scanned; a code of other bytes goes, in base64, into the field of \
             the same name with _base64"
                .into(),
        );
    }
    rules::at_most_bytes(value, MAX_CODE)
}

fn code_in_base64(value: &str) -> Result<(), Broken> {
    match BASE64.decode(value) {
        Ok(bytes) if (1..=MAX_CODE).contains(&bytes.len()) => Ok(()),
        _ => Err(format!(
            "standard base64 with its padding, in one line, of 1 to {MAX_CODE} bytes"
        )),
    }
}

/// An amount that a discount may have brought to nothing.
pub(super) fn fare(value: &str) -> Result<i64, Broken> {
    let digits = value.bytes().all(|byte| byte.is_ascii_digit());
    value
        .parse::<i32>()
        .ok()
        .filter(|_| digits && (value == "0" || !value.starts_with('0')))
        .map(i64::from)
        .ok_or_else(|| {
            format!(
                "a whole number of fen from 0 to {}, digits only: 1.80 yuan is 180",
                i32::MAX
            )
        })
}

/// A number as JSON writes it, without an exponent.
fn degrees(value: &str, most: u16) -> Result<(), Broken> {
    let size = value.strip_prefix('-').unwrap_or(value);
    let (whole, decimals) = size.split_once('.').unwrap_or((size, "0"));
    let digits = |text: &str, max| {
        (1..=max).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    let written = digits(whole, 3)
        && digits(decimals, MAX_DECIMALS)
        && (whole == "0" || !whole.starts_with('0'));
    let nothing_over = decimals.bytes().all(|byte| byte == b'0');
    let within = |degrees: u16| degrees < most || (degrees == most && nothing_over);
    match written && whole.parse().is_ok_and(within) {
        true => Ok(()),
        false => Err(format!(
            "decimal degrees from -{most} to {most} with up to {MAX_DECIMALS} decimals, such as 22.5431"
        )),
    }
}

/// An error about one field.
pub(super) fn invalid(field: &str, rule: impl Into<String>) -> InvalidField {
    InvalidField {
        gateway: NAME,
        field: field.to_owned(),
        rule: rule.into(),
    }
}

/// The name comes from the till: whatever it is, it must not blow up a log.
fn unknown(name: &str) -> InvalidField {
    let known = FIELDS.iter().map(|(known, ..)| *known);
    let rule = match (name, vocabulary::nearest_of(known, name)) {
        ("out_order_no", _) => "is called out_trade_no here".to_owned(),
        (_, Some(known)) => format!("is not a known field; did you mean {known}?"),
        (_, None) => "is not a known field; docs/ride-code.md lists them".to_owned(),
    };
    invalid(&rules::short(name, 64), rule)
}
