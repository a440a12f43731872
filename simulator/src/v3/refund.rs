//! Refunds: opened and asked for (protocol §5.9, abroad §6).

use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::route::{Number, Route};
use super::{Problem, Verified, error, json as fields, prepay, transactions};
use crate::clock::rfc3339;
use crate::ledger::{
    Key, Order, Refund, RefundKey, RefundRefusal, RefundRequest, RefundState, Refunded,
};
use crate::settings::Region;
use crate::shared::Shared;

/// The refund number that a request is about; `None`: it names one that does not exist.
fn refund_key(shared: &Shared, route: &Route, request: &Verified<'_>) -> Option<RefundKey> {
    let (mch_id, sub_mch_id) = (&request.merchant.mch_id, request.sub_mchid.as_deref());
    let out_refund_no = match &route.number {
        Number::Own(number) => number.clone(),
        Number::Platform(id) => shared
            .book()
            .out_refund_no(mch_id, sub_mch_id, id)?
            .to_owned(),
        Number::None => request.body.get("out_refund_no")?.as_str()?.to_owned(),
    };
    Some(RefundKey {
        mch_id: mch_id.clone(),
        sub_mch_id: sub_mch_id.map(str::to_owned),
        out_refund_no,
    })
}

/// The order whose refund a query asks for.
pub(super) fn order_of_query(
    shared: &Shared,
    route: &Route,
    request: &Verified<'_>,
) -> Option<Key> {
    let key = refund_key(shared, route, request)?;
    let (now, settings) = (shared.clock().now(), shared.settings());
    let found = shared.book().refund_of(now, &key, settings);
    found.map(|(refund, _)| refund.request.order)
}

/// Counts a request about a refund, whatever becomes of it.
pub(super) fn count(shared: &Shared, route: &Route, request: &Verified<'_>) {
    let Some(key) = refund_key(shared, route, request) else {
        return;
    };
    match request.body {
        Value::Null => shared.book().refund_query_received(&key),
        _ => shared.book().refund_received(&key),
    }
}

pub(super) fn open(
    shared: &Shared,
    route: &Route,
    request: &Verified<'_>,
    order: Option<&Key>,
) -> Result<Answer, Problem> {
    let unknown = || no_resource(404);
    let order = order.ok_or_else(unknown)?.clone();
    let key = refund_key(shared, route, request).ok_or_else(unknown)?;
    let body = &request.body;
    let fen = |pointer| {
        body.pointer(pointer)
            .and_then(Value::as_i64)
            .expect("the amounts were checked to be whole numbers")
    };
    let mut parameters = fields::leaves(body);
    // Either of the two names the same order.
    parameters.remove("transaction_id");
    parameters.remove("out_trade_no");
    let asked = RefundRequest {
        key,
        order,
        refund_fee: fen("/amount/refund"),
        total_fee: fen("/amount/total"),
        notify: prepay::notify(body),
        parameters,
    };
    let (now, settings) = (shared.clock().now(), shared.settings());
    let refunded = shared.book().refund(now, &asked, settings);
    let refusal = match refunded {
        Refunded::Refund(refund, order) => {
            return Ok(match settings.region {
                Region::Mainland => state(shared, &refund, &order).into(),
                Region::HongKong => accepted_abroad(shared, &refund).into(),
            });
        }
        Refunded::Refused(refusal) => refusal,
    };
    let because = |message: &str| Problem::new(400, "INVALID_REQUEST", message);
    Err(match refusal {
        RefundRefusal::NoOrder => unknown(),
        RefundRefusal::NotPaid => because(error::NOT_PAID),
        RefundRefusal::Reversed => error::problem("ORDERREVERSED"),
        RefundRefusal::Mismatch => because(error::MISMATCH),
        RefundRefusal::AllRefunded => because(error::ALL_REFUNDED),
        RefundRefusal::TooMuch => because(error::TOO_MUCH),
        RefundRefusal::TooMany => because(error::TOO_MANY),
    })
}

pub(super) fn query(
    shared: &Shared,
    route: &Route,
    request: &Verified<'_>,
) -> Result<Answer, Problem> {
    let (now, settings) = (shared.clock().now(), shared.settings());
    let key = refund_key(shared, route, request);
    let found = key.and_then(|key| shared.book().refund_of(now, &key, settings));
    let (refund, order) = found.ok_or_else(|| no_resource(404))?;
    Ok(match settings.region {
        Region::Mainland => state(shared, &refund, &order).into(),
        Region::HongKong => state_abroad(shared, &refund, &order).into(),
    })
}

fn no_resource(status: u16) -> Problem {
    Problem::new(status, "RESOURCE_NOT_EXISTS", error::NO_RESOURCE)
}

/// What goes back to the payer himself; the rest is the coupon's.
fn payer_refund(shared: &Shared, refund: &Refund, order: &Order) -> (i64, i64) {
    let total = order.sale.total_fee;
    let payer_total = total - shared.settings().coupon_fen.clamp(0, total);
    (payer_total, refund.request.refund_fee * payer_total / total)
}

/// Numbers, accounts and amounts that a notification tells, too.
pub(super) fn told(
    shared: &Shared,
    request: &Verified<'_>,
    refund: &Refund,
    order: &Order,
) -> Map<String, Value> {
    let mut body = transactions::accounts(request);
    for name in ["appid", "sp_appid", "sub_appid"] {
        body.remove(name);
    }
    let (payer_total, payer_refund) = payer_refund(shared, refund, order);
    let mut set = |name: &str, value: Value| {
        body.insert(name.to_owned(), value);
    };
    set("transaction_id", order.transaction_id.as_str().into());
    set("out_trade_no", order.sale.key.out_trade_no.as_str().into());
    set("refund_id", refund.refund_id.as_str().into());
    let number = refund.request.key.out_refund_no.as_str();
    set("out_refund_no", number.into());
    set("refund_status", refund.state.name().into());
    set("user_received_account", RECEIVED_BY.into());
    let amount = json!({
        "total": order.sale.total_fee,
        "refund": refund.request.refund_fee,
        "payer_total": payer_total,
        "payer_refund": payer_refund,
    });
    set("amount", amount);
    if let Some(at) = refund.success_at {
        set("success_time", rfc3339(shared.clock().unix(at)).into());
    }
    body
}

const RECEIVED_BY: &str = "支付用户零钱";

/// What there is to say about a refund.
fn state(shared: &Shared, refund: &Refund, order: &Order) -> Value {
    let clock = shared.clock();
    let (total, refund_fee) = (order.sale.total_fee, refund.request.refund_fee);
    let (payer_total, payer_refund) = payer_refund(shared, refund, order);
    let funds = refund.request.parameters.get("funds_account");
    let mut body = json!({
        "refund_id": refund.refund_id,
        "out_refund_no": refund.request.key.out_refund_no,
        "transaction_id": order.transaction_id,
        "out_trade_no": order.sale.key.out_trade_no,
        "channel": "ORIGINAL",
        "user_received_account": RECEIVED_BY,
        "create_time": rfc3339(clock.unix(refund.opened_at)),
        "status": refund.state.name(),
        "funds_account": funds.map_or("AVAILABLE", String::as_str),
        "amount": {
            "total": total,
            "refund": refund_fee,
            "from": [],
            "payer_total": payer_total,
            "payer_refund": payer_refund,
            "settlement_total": total,
            "settlement_refund": refund_fee,
            "discount_refund": refund_fee - payer_refund,
            "currency": order.sale.fee_type,
        },
    });
    if let Some(at) = refund.success_at {
        body["success_time"] = rfc3339(clock.unix(at)).into();
    }
    body
}

fn amount_abroad(refund: &Refund, currency: &str) -> Value {
    let refund_fee = refund.request.refund_fee;
    json!({
        "refund": refund_fee,
        "currency": currency,
        "payer_refund": refund_fee,
        "payer_currency": "CNY",
        "exchange_rate": { "type": "SETTLEMENT_RATE", "rate": 100_000_000 },
    })
}

/// A refund that was accepted abroad: what became of it only the query says.
fn accepted_abroad(shared: &Shared, refund: &Refund) -> Value {
    let currency = refund.request.parameters.get("amount/currency");
    json!({
        "id": refund.refund_id,
        "out_refund_no": refund.request.key.out_refund_no,
        "create_time": rfc3339(shared.clock().unix(refund.opened_at)),
        "amount": amount_abroad(refund, currency.map_or("CNY", String::as_str)),
    })
}

fn state_abroad(shared: &Shared, refund: &Refund, order: &Order) -> Value {
    let clock = shared.clock();
    let mut body = json!({
        "id": refund.refund_id,
        "out_refund_no": refund.request.key.out_refund_no,
        "transaction_id": order.transaction_id,
        "out_trade_no": order.sale.key.out_trade_no,
        "channel": "ORIGINAL",
        "recv_account": RECEIVED_BY,
        "fund_source": "REFUND_SOURCE_RECHARGE_FUNDS",
        "create_time": rfc3339(clock.unix(refund.opened_at)),
        "status": match refund.state {
            RefundState::Closed => "REFUNDCLOSE",
            RefundState::Abnormal => "CHANGE",
            other => other.name(),
        },
        "amount": amount_abroad(refund, &order.sale.fee_type),
    });
    if let Some(at) = refund.success_at {
        body["success_time"] = rfc3339(clock.unix(at)).into();
    }
    body
}
