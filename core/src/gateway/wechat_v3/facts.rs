//! The fields of a verified answer under the names of results.

use serde_json::{Map, Value};

use crate::gateway::beijing::Beijing;
use crate::gateway::results;
use crate::outcome::Facts;

/// Members of an answer, by their dotted names, and the results' names for them; an empty one is of
/// no use to a till. Results whose names end with `_at` are times.
pub(super) type Names = [(&'static str, &'static str)];

/// Of every answer: whose order it is.
pub(super) const MERCHANT: &Names = &[
    ("appid", ""),
    ("mchid", ""),
    ("sp_appid", ""),
    ("sp_mchid", ""),
    ("sub_mchid", "sub_mch_id"),
];

/// Of answers about an order.
pub(super) const ORDER: &Names = &[
    ("amount.currency", "fee_type"),
    ("amount.exchange_rate.rate", "rate"),
    ("amount.payer_currency", "cash_fee_type"),
    ("amount.payer_total", "payer_total"),
    ("amount.total", "total_fee"),
    // The global edition's name for it.
    ("id", "transaction_id"),
    ("payer.openid", "openid"),
    ("payer.sp_openid", "openid"),
    ("payer.sub_openid", "sub_openid"),
    ("scene_info.device_id", "device_info"),
    ("success_time", "paid_at"),
    ("transaction_id", "transaction_id"),
];

/// Everything that `message` says: what `names` translates, and the rest under its own dotted name.
pub(super) fn of(message: &Value, names: &Names) -> Facts {
    let mut facts = Facts::new();
    let Value::Object(message) = message else {
        return facts;
    };
    let mut rest = Vec::new();
    collect("", message, &mut rest);
    rest.retain(|(name, value)| {
        let Some((_, result)) = names
            .iter()
            .chain(MERCHANT)
            .find(|(member, _)| member == name)
        else {
            return true;
        };
        if !result.is_empty() {
            match moment(result, value) {
                Ok(value) => facts.insert((*result).to_owned(), value),
                // A time that nobody can read stays what it is.
                Err(()) => return true,
            };
        }
        false
    });
    for (name, value) in rest {
        let translated = names.iter().chain(MERCHANT).map(|(_, result)| *result);
        if !translated
            .chain(results::RESERVED.iter().copied())
            .any(|result| result == name)
        {
            facts.insert(name, value.clone());
        }
    }
    facts
}

/// Every member that is no object, by its dotted name; empty ones are none.
fn collect<'a>(prefix: &str, object: &'a Map<String, Value>, into: &mut Vec<(String, &'a Value)>) {
    for (name, value) in object {
        let name = format!("{prefix}{name}");
        match value {
            Value::Null => {}
            Value::String(text) if text.is_empty() => {}
            Value::Object(inner) => collect(&format!("{name}."), inner, into),
            value => into.push((name, value)),
        }
    }
}

/// Times in Beijing time, as every gateway's results have them.
fn moment(result: &str, value: &Value) -> Result<Value, ()> {
    if !result.ends_with("_at") {
        return Ok(value.clone());
    }
    let moment = value.as_str().and_then(Beijing::parse_rfc3339);
    moment.map(|moment| moment.rfc3339().into()).ok_or(())
}
