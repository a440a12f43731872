//! What a request has to be: the fields of the deduct table, each of its type (ride facts §2).

use std::net::IpAddr;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::book::Asked;
use crate::clock::from_beijing;
use crate::raw_json::{Json, Members};

type Check = fn(&Json) -> Result<(), &'static str>;

struct Field {
    name: &'static str,
    required: bool,
    check: Check,
}

const fn needs(name: &'static str, check: Check) -> Field {
    Field {
        name,
        required: true,
        check,
    }
}

const fn takes(name: &'static str, check: Check) -> Field {
    Field {
        required: false,
        ..needs(name, check)
    }
}

const FIELDS: &[Field] = &[
    needs("qrcode", base64_text),
    needs("total_fee", fen),
    needs("original_fee", fen),
    takes("machine_ip", |value| {
        let address = text(value)?.parse::<IpAddr>();
        address.map(|_| ()).map_err(|_| "is no IP address")
    }),
    takes("machine_latitude", |value| degrees(90.0, value)),
    takes("machine_longitude", |value| degrees(180.0, value)),
    needs("body", |value| match text(value)? {
        "公交代扣" | "地铁代扣" => Ok(()),
        _ => Err("is neither 公交代扣 nor 地铁代扣"),
    }),
    needs("start_time", moment),
    takes("end_time", moment),
    needs("line_name", |value| text(value).map(|_| ())),
    needs("trade_scene", |value| match text(value)? {
        "METRO" | "BUS" => Ok(()),
        _ => Err("is neither METRO nor BUS"),
    }),
    takes("start_qrcode", base64_text),
    takes("out_order_no", |value| text(value).map(|_| ())),
    takes("attach", |value| text(value).map(|_| ())),
];

/// The document gives no lengths; nothing sensible is longer.
const LONGEST: usize = 4096;

fn text(value: &Json) -> Result<&str, &'static str> {
    match value {
        Json::Text(text) if text.is_empty() => Err("is empty"),
        Json::Text(text) if text.len() > LONGEST => Err("is too long"),
        Json::Text(text) => Ok(text),
        _ => Err("is no string"),
    }
}

fn base64_text(value: &Json) -> Result<(), &'static str> {
    match BASE64_STANDARD.decode(text(value)?) {
        Ok(bytes) if !bytes.is_empty() => Ok(()),
        _ => Err("is no base64"),
    }
}

fn moment(value: &Json) -> Result<(), &'static str> {
    match from_beijing(text(value)?) {
        Some(_) => Ok(()),
        None => Err("is no yyyyMMddHHmmss"),
    }
}

/// A whole number of fen without sign, point or exponent.
fn fen(value: &Json) -> Result<(), &'static str> {
    match value {
        Json::Number(number) if is_fen(number) => Ok(()),
        _ => Err("is no whole number of fen"),
    }
}

fn is_fen(number: &str) -> bool {
    number.bytes().all(|byte| byte.is_ascii_digit()) && number.parse::<i32>().is_ok()
}

fn degrees(most: f64, value: &Json) -> Result<(), &'static str> {
    match value {
        Json::Number(number) if number.parse().is_ok_and(|at: f64| at.abs() <= most) => Ok(()),
        _ => Err("is no such number of degrees"),
    }
}

/// The ride that a body asks for, or the field at fault and why; never its value.
pub(super) fn read(body: &Members, allow_unknown: bool) -> Result<Asked, String> {
    let unknown = body
        .iter()
        .find(|(name, _)| !FIELDS.iter().any(|field| field.name == *name));
    if let (Some((name, _)), false) = (unknown, allow_unknown) {
        return Err(format!("{name} is no field of a ride"));
    }
    for field in FIELDS {
        match body.get(field.name) {
            Some(value) => {
                (field.check)(value).map_err(|why| format!("{} {why}", field.name))?;
            }
            None if field.required => return Err(format!("{} is missing", field.name)),
            None => {}
        }
    }
    let number = |name| body.scalar(name).and_then(|number| number.parse().ok());
    let (total_fee, original_fee): (Option<i64>, Option<i64>) =
        (number("total_fee"), number("original_fee"));
    if total_fee > original_fee {
        return Err("total_fee is more than original_fee".to_owned());
    }
    let (start, end) = (body.text("start_time"), body.text("end_time"));
    if end.is_some_and(|end| Some(end) < start) {
        return Err("end_time is before start_time".to_owned());
    }
    if body.get("start_qrcode").is_some() && end.is_none() {
        return Err("end_time is missing beside start_qrcode".to_owned());
    }
    Ok(Asked {
        out_order_no: body.text("out_order_no").map(str::to_owned),
        attach: body.text("attach").map(str::to_owned),
        total_fee: total_fee.unwrap_or(0),
        qrcode: body.text("qrcode").unwrap_or_default().to_owned(),
    })
}
