//! From a till's fields to the deduction.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

use super::fields::{self, BODIES, Checked, DECIMALS, fare, invalid};
use super::{ExpectedRide, Ride, RideCode, RideRefusal, TENCENT};
use crate::config::{ACCESS_TOKEN, DeductUrl, Secret};
use crate::exchange::{Call, Resend};
use crate::fields::Fields;
use crate::gateway::InvalidField;
use crate::outcome::Facts;

/// All but what RFC 3986 calls unreserved.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Sent as they were given.
const AS_GIVEN: [&str; 5] = [
    "end_time",
    "line_name",
    "machine_ip",
    "start_time",
    "trade_scene",
];

impl RideCode {
    pub(super) fn build_ride(&self, given: &Fields) -> Result<Ride, RideRefusal> {
        let Some(url) = &self.config.deduct_url else {
            return Err(RideRefusal::NotConfigured(format!(
                "ride_code.deduct_url is not configured: where rides are deducted is published \
                 nowhere; ask {TENCENT} for the URL of the deduction (微信扣费接口)"
            )));
        };
        let Checked { fields, left_out } = fields::check(given)?;
        let access_token = self.access_token(url, &fields)?;
        let (expected, parameters) = parameters(&fields)?;
        Ok(Ride {
            expected,
            parameters,
            left_out,
            access_token,
        })
    }

    fn access_token(
        &self,
        url: &DeductUrl,
        fields: &Fields,
    ) -> Result<Option<Secret>, RideRefusal> {
        let given = fields.get("access_token").map(Secret::new);
        match (url.wants_access_token(), given) {
            (false, None) => Ok(None),
            (false, Some(_)) => Err(invalid(
                "access_token",
                "would not be sent: ride_code.deduct_url has no {access_token} to put it at; \
                 leave it out, or correct the URL",
            )
            .into()),
            (true, given) => match given.or_else(|| self.config.access_token.clone()) {
                Some(token) => Ok(Some(token)),
                None => Err(RideRefusal::NotConfigured(format!(
                    "access_token is missing: ride_code.deduct_url wants one. Set access_token in the \
                     request, since it lives for two hours only, or ride_code.access_token in the \
                     configuration; if it is not clear which application's token it is, ask {TENCENT}"
                ))),
            },
        }
    }

    pub(super) fn build_deduct(&self, ride: &Ride) -> Call {
        let url = self.config.deduct_url.as_ref();
        let path = url.map_or("/", |url| url.path.as_str());
        let path = match &ride.access_token {
            Some(token) => {
                let escaped = utf8_percent_encode(token.expose(), ESCAPED).to_string();
                path.replacen(ACCESS_TOKEN, &escaped, 1)
            }
            None => path.to_owned(),
        };
        Call {
            operation: "ride_deduct",
            method: "POST",
            path,
            headers: vec![("Content-Type", "application/json".to_owned())],
            body: serde_json::to_vec(&Body(&ride.parameters))
                .expect("texts and numbers can be written into memory"),
            resend: Resend::OnlyIfUnsent,
        }
    }
}

/// What is compared, and what is sent.
fn parameters(fields: &Fields) -> Result<(ExpectedRide, Facts), InvalidField> {
    let get = |name: &str| fields.get(name).unwrap_or_default();
    let mut parameters = Facts::new();
    let mut set = |name: &str, value: Value| {
        parameters.insert(name.to_owned(), value);
    };
    for name in AS_GIVEN.into_iter().chain(DECIMALS) {
        if let Some(value) = fields.get(name) {
            set(name, value.into());
        }
    }

    let amount = |name: &str| fare(get(name)).map_err(|rule| invalid(name, rule));
    let (total_fee, original_fee) = (amount("total_fee")?, amount("original_fee")?);
    if original_fee < total_fee {
        return Err(invalid(
            "original_fee",
            "is less than total_fee: it is the fare before the discount, total_fee the one after it",
        ));
    }
    set("total_fee", total_fee.into());
    set("original_fee", original_fee.into());

    let Some(qrcode) = code(fields, "qrcode", "qrcode_base64")? else {
        return Err(invalid(
            "qrcode",
            "is required: the scanned ride code as text, or its bytes in base64 as qrcode_base64",
        ));
    };
    set("qrcode", qrcode.into());
    let start_qrcode = code(fields, "start_qrcode", "start_qrcode_base64")?;
    let second_scan = start_qrcode.is_some();
    if let Some(start_qrcode) = start_qrcode {
        set("start_qrcode", start_qrcode.into());
    }
    match fields.get("end_time") {
        // Both are fourteen digits.
        Some(end) if end < get("start_time") => {
            return Err(invalid("end_time", "is before start_time"));
        }
        None if second_scan => {
            return Err(invalid(
                "end_time",
                "is required with start_qrcode: the second scan is the end of the ride",
            ));
        }
        _ => {}
    }

    let scene = get("trade_scene");
    let usual = BODIES.iter().find(|(known, _)| *known == scene);
    let usual = usual.map_or("", |(_, body)| *body);
    set("body", fields.get("body").unwrap_or(usual).into());
    let out_trade_no = get("out_trade_no");
    set("out_order_no", out_trade_no.into());
    // Whether the callback names our number is nowhere said; that it brings this back is.
    let attach = fields.get("attach").unwrap_or(out_trade_no);
    set("attach", attach.into());
    let expected = ExpectedRide {
        out_trade_no: out_trade_no.to_owned(),
        total_fee: Some(total_fee),
        attach: Some(attach.to_owned()),
    };
    Ok((expected, parameters))
}

/// A code in base64, if it is given in one of its two forms.
fn code(fields: &Fields, text: &str, base64: &str) -> Result<Option<String>, InvalidField> {
    match (fields.get(text), fields.get(base64)) {
        (Some(_), Some(_)) => Err(invalid(
            base64,
            format!("stands beside {text}; set one of them"),
        )),
        (Some(text), None) => Ok(Some(BASE64.encode(text))),
        (None, code) => Ok(code.map(str::to_owned)),
    }
}

/// The parameters as they are sent: decimals as numbers of the same digits, which a floating-point
/// number would not keep.
struct Body<'a>(&'a Facts);

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in self.0 {
            let number = value
                .as_str()
                .filter(|_| DECIMALS.contains(&name.as_str()))
                .and_then(|text| serde_json::from_str::<&RawValue>(text).ok());
            match number {
                Some(number) => map.serialize_entry(name, number)?,
                None => map.serialize_entry(name, value)?,
            }
        }
        map.end()
    }
}
