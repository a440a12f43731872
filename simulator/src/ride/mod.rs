//! The WeChat ride code (乘车码): rides are deducted by JSON over HTTPS, and an encrypted callback tells
//! what became of them.

mod book;
mod callback;
mod check;
mod record;
mod scenario;
mod seal;
mod settings;

use std::time::Duration;

use hyper::Method;
use serde_json::Value;

pub(crate) use self::book::{Ride, Rides};
pub(crate) use self::callback::{Callback, callback, is_acknowledged};
pub use self::record::{RideAction, RideCallbackError, RideError, RideRecord, RideState};
pub use self::scenario::RideScenario;
pub use self::settings::{
    MchIdName, RideCode, RideDuplicates, RideNumber, RideSeal, RideSign, SignKeyStyle, TextEncoding,
};

use self::book::{Asked, Received};
use self::callback::answer;
use self::scenario::{Said, Script};
use crate::fault::{FaultKind, Operation};
use crate::hostile;
use crate::raw_json;
use crate::reply::{Delivery, Reply};
use crate::server::{Outcome, Request};
use crate::settings::Settings;
use crate::shared::Shared;

/// System busy.
const BUSY: i64 = -1;
/// The access token is wrong.
const TOKEN: i64 = 40_001;
/// The access token is missing.
const NO_TOKEN: i64 = 41_001;
/// Not POST.
const NO_POST: i64 = 43_002;
/// No JSON.
const NO_JSON: i64 = 47_001;
/// A wrong field; the simulator's own choice.
const BAD_FIELD: i64 = 40_097;
/// The number was used before; the simulator's own choice.
const DUPLICATE: i64 = 9_000_001;
/// A refusal that nobody has heard of; the simulator's own choice.
const UNLISTED: i64 = 9_000_002;

/// Whether a path is the ride code's to answer.
pub(crate) fn serves(settings: &Settings, path: &str) -> bool {
    let platform = settings.ride_code.as_ref();
    platform.is_some_and(|platform| platform.path == path)
}

/// Answers a request, with every delay that comes before it takes effect.
pub(crate) async fn handle(shared: &Shared, request: &Request) -> Outcome {
    let received = receive(shared.settings(), request);
    let number = match &received {
        Ok(asked) => asked.out_order_no.clone(),
        Err(_) => None,
    };
    let mut faults = shared
        .faults()
        .take(Operation::Ride, request.host, number.as_deref());
    let counted = received.as_ref().ok().map(|asked| {
        let counted = shared.rides().received(asked.out_order_no.as_deref());
        (counted, counted.scenario.script(&shared.settings().timing))
    });
    faults.extend(
        counted
            .as_ref()
            .and_then(|(_, script)| script.fault.clone()),
    );
    for fault in &faults {
        if let FaultKind::DelayBefore { ms } = fault {
            tokio::time::sleep(Duration::from_millis(*ms)).await;
        }
    }
    let executed = faults.iter().all(FaultKind::executed);
    let said = match (&received, &counted) {
        (Ok(asked), Some((counted, script))) if executed => deduct(shared, *counted, asked, script),
        (Ok(_), _) => answer(BUSY, "system error"),
        (Err(refused), _) => refused.clone(),
    };
    let verdict = match (&received, executed) {
        (Ok(_), false) => "NOT_EXECUTED".to_owned(),
        _ => said["errcode"]
            .as_i64()
            .map_or_else(|| "NO_ERRCODE".to_owned(), |code| code.to_string()),
    };
    let replaced = faults.iter().find_map(replacement);
    let said = match &received {
        Ok(_) => replaced.unwrap_or(said),
        Err(_) => said,
    };
    let mut reply = Reply::json(200, String::new());
    reply.body = written(&said, &faults).into();
    let mut outcome = Outcome::new(Delivery::of(reply, &faults, &request.base), &verdict);
    outcome.out_trade_no = number;
    outcome.set_faults(&faults);
    outcome
}

/// The ride that a request asks for, or the answer that refuses it.
fn receive(settings: &Settings, request: &Request) -> Result<Asked, Value> {
    let Some(platform) = &settings.ride_code else {
        return Err(answer(BUSY, "system error"));
    };
    if request.method != Method::POST {
        return Err(answer(NO_POST, "require POST method"));
    }
    let token = request
        .query()
        .split('&')
        .find_map(|pair| pair.strip_prefix("access_token="))
        .map(|token| percent_encoding::percent_decode_str(token).decode_utf8_lossy());
    match token {
        None => return Err(answer(NO_TOKEN, "access_token missing")),
        Some(token) if token != platform.access_token => {
            return Err(answer(TOKEN, "invalid credential, access_token is invalid"));
        }
        Some(_) => {}
    }
    let body =
        raw_json::read_object(&request.body).ok_or_else(|| answer(NO_JSON, "data format error"))?;
    check::read(&body, settings.allow_unknown_parameters)
        .map_err(|why| answer(BAD_FIELD, &format!("invalid args: {why}")))
}

fn deduct(shared: &Shared, received: Received, asked: &Asked, script: &Script) -> Value {
    let (now, settings) = (shared.clock().now(), shared.settings());
    let duplicates = settings
        .ride_code
        .as_ref()
        .map_or(RideDuplicates::Refused, |platform| platform.duplicates);
    if let Some(end) = script.ends {
        let wait = if script.at_once {
            0
        } else {
            settings.timing.ride_ms
        };
        let accepted = shared
            .rides()
            .accept(now, received, asked, (now + wait, end), duplicates);
        if !accepted {
            return answer(DUPLICATE, "out_order_no is used already");
        }
        shared.stir();
    }
    match script.said {
        Said::Errcode(0) => answer(0, "ok"),
        Said::Errcode(BUSY) => answer(BUSY, "system error"),
        Said::Errcode(TOKEN) => answer(TOKEN, "invalid credential, access_token is invalid"),
        Said::Errcode(other) => answer(other, "模拟器返回的其他错误"),
        Said::Nothing => serde_json::json!({}),
    }
}

/// How often the end of a ride is told.
pub(crate) fn callbacks(settings: &Settings, ride: &Ride) -> usize {
    ride.scenario.script(&settings.timing).callbacks
}

/// What `fault` puts in the place of the honest answer, if it does.
fn replacement(fault: &FaultKind) -> Option<Value> {
    match fault {
        FaultKind::Error { err_code, .. } => {
            Some(answer(err_code.parse().unwrap_or(BUSY), err_code))
        }
        FaultKind::ReturnFail { .. } | FaultKind::RecallY { success: false } => {
            Some(answer(BUSY, "system error"))
        }
        FaultKind::RecallY { success: true } | FaultKind::EmptySuccess => Some(answer(0, "ok")),
        _ => None,
    }
}

/// The body, with what `faults` do to it. Nobody signs it.
fn written(said: &Value, faults: &[FaultKind]) -> Vec<u8> {
    if let Some((case, _)) = hostile::of(faults) {
        let mut said = said.clone();
        hostile::json_fields(&mut said, case.fields);
        let mut body = said.to_string().into_bytes();
        hostile::bytes(&mut body, case.text);
        return body;
    }
    let mut text = said.to_string();
    for fault in faults {
        match fault {
            FaultKind::Garbage => return b"\xff\xfe\x00garbage {\"errcode\": &&& \x00".to_vec(),
            FaultKind::Empty => return Vec::new(),
            FaultKind::Doctype => {
                return b"<!DOCTYPE foo [<!ENTITY xxe SYSTEM \"http://xxe.invalid/inject\">]>\n\
                    <xml><errcode>&xxe;</errcode></xml>"
                    .to_vec();
            }
            FaultKind::DuplicateElement => text.insert_str(1, "\"errcode\":-1,"),
            FaultKind::MissingComma => text = text.replacen(",\"", "\n\"", 1),
            FaultKind::Huge { bytes } => {
                let padding = "x".repeat(usize::try_from(*bytes).unwrap_or(usize::MAX));
                text.insert_str(1, &format!("\"padding\":\"{padding}\","));
            }
            _ => {}
        }
    }
    text.into_bytes()
}
