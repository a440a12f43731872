//! Orders that the payer pays elsewhere: made and closed (protocol §5.6, §5.7, abroad §6).

use serde_json::{Value, json};

use super::answer::Answer;
use super::transactions::refused;
use super::{Problem, Verified, error, json as fields};
use crate::clock::from_rfc3339;
use crate::ledger::{Closed, Counts, Generation, Key, Notify, Prepared, Prepay, TradeType};
use crate::shared::Shared;

/// How an order is paid that this path makes.
pub(super) fn trade_type(path: &str) -> TradeType {
    match path.rsplit('/').next() {
        Some("native") => TradeType::Native,
        Some("app") => TradeType::App,
        Some("h5" | "mweb") => TradeType::Mweb,
        _ => TradeType::Jsapi,
    }
}

pub(super) fn make(
    shared: &Shared,
    request: &Verified<'_>,
    key: &Key,
    earlier: Counts,
) -> Result<Answer, Problem> {
    let prepay = prepay(shared, request, key);
    let (now, settings) = (shared.clock().now(), shared.settings());
    let prepared = shared.book().prepay(now, &prepay, earlier, settings);
    let order = match prepared {
        Prepared::Order(order) => order,
        Prepared::Expired => {
            return Err(Problem::parameter("/time_expire", "time_expire时间过短"));
        }
        Prepared::Refused(refusal) => return Err(refused(refusal)),
    };
    let prepay = order
        .prepay
        .as_ref()
        .ok_or_else(|| error::problem("SYSTEMERROR"))?;
    let body = match order.trade_type() {
        TradeType::Native => json!({ "code_url": prepay.code_url() }),
        // The name of the field is the end of the path's.
        TradeType::Mweb if request.path.ends_with("mweb") => {
            json!({ "mweb_url": prepay.h5_url() })
        }
        TradeType::Mweb => json!({ "h5_url": prepay.h5_url() }),
        TradeType::Jsapi | TradeType::App | TradeType::Micropay => {
            json!({ "prepay_id": prepay.prepay_id })
        }
    };
    Ok(body.into())
}

pub(super) fn close(
    shared: &Shared,
    key: Option<&Key>,
    earlier: Counts,
) -> Result<Answer, Problem> {
    let key = key.ok_or_else(|| error::problem("INVALID_TRANSACTIONID"))?;
    let (now, settings) = (shared.clock().now(), shared.settings());
    let closed = shared.book().close(now, key, earlier, settings);
    match closed {
        Closed::Done => Ok(Value::Null.into()),
        Closed::NotFound => Err(error::problem("ORDERNOTEXIST")),
        Closed::Paid => Err(error::problem("ORDERPAID")),
        Closed::Already => Err(error::problem("ORDERCLOSED")),
        Closed::ByCode => Err(Problem {
            message: error::ONLY_REVERSE.to_owned(),
            ..error::problem("INVALID_REQUEST")
        }),
    }
}

/// Where and how the sender of a checked body wants to be told.
pub(super) fn notify(body: &Value) -> Notify {
    Notify {
        url: body
            .get("notify_url")
            .and_then(Value::as_str)
            .map(str::to_owned),
        generation: Generation::V3,
    }
}

/// The order that a checked body asks for.
fn prepay(shared: &Shared, request: &Verified<'_>, key: &Key) -> Prepay {
    let body = &request.body;
    let text = |pointer| body.pointer(pointer).and_then(Value::as_str);
    let payer = ["/payer/openid", "/payer/sp_openid", "/payer/sub_openid"];
    Prepay {
        key: key.clone(),
        trade_type: trade_type(request.path),
        total_fee: body
            .pointer("/amount/total")
            .and_then(Value::as_i64)
            .expect("the amount was checked to be a whole number"),
        fee_type: text("/amount/currency").unwrap_or("CNY").to_owned(),
        channel: None,
        openid: payer.into_iter().find_map(text).map(str::to_owned),
        notify: notify(body),
        expires_at: text("/time_expire")
            .and_then(from_rfc3339)
            .map(|unix| shared.clock().at(unix)),
        parameters: fields::leaves(body),
    }
}
