//! Refunds: opened, and asked for.

use super::answer::{Data, Member};
use super::codes::{self, Refusal};
use super::order::channel;
use super::settings::FubeiApi;
use super::told::trade_no;
use super::{Verified, money};
use crate::channel::Channel;
use crate::clock::beijing;
use crate::ledger::{
    Generation, Key, Notify, Order, Refund, RefundKey, RefundRefusal, RefundRequest, RefundState,
    Refunded,
};
use crate::shared::Shared;

/// The refund number that a request is about; `None`: it names one that does not exist.
fn refund_key(shared: &Shared, request: &Verified<'_>) -> Option<RefundKey> {
    let mch_id = request.account.merchant_id.to_string();
    let out_refund_no = match request.content.text("refund_sn") {
        Some(refund_sn) => {
            let book = shared.book();
            book.out_refund_no(&mch_id, None, refund_sn)?.to_owned()
        }
        None => request.content.text("merchant_refund_sn")?.to_owned(),
    };
    Some(RefundKey {
        mch_id,
        sub_mch_id: None,
        out_refund_no,
    })
}

/// Counts a request about a refund, whatever becomes of it.
pub(super) fn count(shared: &Shared, request: &Verified<'_>, opens: bool) {
    let Some(key) = refund_key(shared, request) else {
        return;
    };
    match opens {
        true => shared.book().refund_received(&key),
        false => shared.book().refund_query_received(&key),
    }
}

/// The order whose refund a query asks for.
pub(super) fn order_of_query(shared: &Shared, request: &Verified<'_>) -> Option<Key> {
    let key = refund_key(shared, request)?;
    let (now, settings) = (shared.clock().now(), shared.settings());
    let found = shared.book().refund_of(now, &key, settings);
    found.map(|(refund, _)| refund.request.order)
}

pub(super) fn open(
    shared: &Shared,
    request: &Verified<'_>,
    order: Option<&Key>,
) -> Result<Data, Refusal> {
    let unknown = || Refusal::channel("ORDERNOTEXIST", Channel::Wechat);
    let order = order.ok_or_else(unknown)?;
    let booked = shared.book().look_up(order).ok_or_else(unknown)?;
    let asked = match request.method.api {
        FubeiApi::V1 => request.content.scalar("refund_money"),
        FubeiApi::V2 => request.content.scalar("refund_amount"),
    };
    let mut parameters = request.content.leaves();
    // Any of them names the same order.
    for name in ["merchant_order_sn", "order_sn", "trade_no", "ins_order_sn"] {
        parameters.remove(name);
    }
    let refund = RefundRequest {
        key: refund_key(shared, request).ok_or_else(Refusal::server_fault)?,
        order: order.clone(),
        // Everything, unless it says how much.
        refund_fee: asked.and_then(money::fen).unwrap_or(booked.sale.total_fee),
        total_fee: booked.sale.total_fee,
        notify: Notify {
            url: None,
            generation: Generation::Fubei(request.method.api, request.level),
        },
        parameters,
    };
    let (now, settings) = (shared.clock().now(), shared.settings());
    let channel = channel(shared, order);
    let refunded = shared.book().refund(now, &refund, settings);
    let refusal = match refunded {
        Refunded::Refund(refund, order) => return Ok(opened(request.method.api, &refund, &order)),
        Refunded::Refused(refusal) => refusal,
    };
    let because = |message| Refusal::because("INVALID_REQUEST", channel, message);
    Err(match refusal {
        RefundRefusal::NoOrder => unknown(),
        RefundRefusal::NotPaid => Refusal::because("TRADE_STATE_ERROR", channel, codes::NOT_PAID),
        RefundRefusal::Reversed => Refusal::channel("ORDERREVERSED", channel),
        RefundRefusal::Mismatch => Refusal::channel("REFUND_FEE_MISMATCH", channel),
        RefundRefusal::AllRefunded => because(codes::ALL_REFUNDED),
        RefundRefusal::TooMuch => because(codes::TOO_MUCH),
        RefundRefusal::TooMany => because(codes::TOO_MANY),
    })
}

/// `order`: the one that the request names, where it has to name one.
pub(super) fn query(
    shared: &Shared,
    request: &Verified<'_>,
    order: Option<&Key>,
) -> Result<Data, Refusal> {
    let (now, settings) = (shared.clock().now(), shared.settings());
    let key = refund_key(shared, request);
    let found = key.and_then(|key| shared.book().refund_of(now, &key, settings));
    let found = found.filter(|(refund, _)| {
        request.method.api == FubeiApi::V2 || order == Some(&refund.request.order)
    });
    let (refund, order) =
        found.ok_or_else(|| Refusal::channel("REFUNDNOTEXIST", Channel::Wechat))?;
    let mut data = opened(request.method.api, &refund, &order);
    data.text("refund_status", status(request.method.api, refund.state));
    if request.method.api == FubeiApi::V2 {
        ended(&mut data, shared, &refund);
    }
    Ok(data)
}

/// What a refund's callback says.
pub(super) fn told(shared: &Shared, api: FubeiApi, refund: &Refund, order: &Order) -> Data {
    let mut data = opened(api, refund, order);
    data.text("refund_status", status(api, refund.state));
    data.set("refund_amount", Member::Money(refund.request.refund_fee));
    // Fubei's own charge for it.
    data.set("refund_fee", Member::Money(0));
    ended(&mut data, shared, refund);
    data
}

fn opened(api: FubeiApi, refund: &Refund, order: &Order) -> Data {
    let mut data = Data::default();
    data.text("merchant_order_sn", order.sale.key.out_trade_no.as_str());
    data.text("order_sn", order.transaction_id.as_str());
    data.text(
        "merchant_refund_sn",
        refund.request.key.out_refund_no.as_str(),
    );
    data.text("refund_sn", refund.refund_id.as_str());
    match api {
        FubeiApi::V1 => data.text("trade_no", trade_no(&order.transaction_id)),
        FubeiApi::V2 => {
            data.text("refund_status", status(api, refund.state));
            data.set("refund_amount", Member::Money(refund.request.refund_fee));
            let parameters = &refund.request.parameters;
            let device_no = parameters.get("device_no").map_or("", String::as_str);
            data.text("device_no", device_no);
            let handler = parameters
                .get("handler")
                .and_then(|number| number.parse().ok());
            data.set("handler", Member::Whole(handler.unwrap_or(0)));
        }
    }
    data
}

/// What 2.0 and callbacks add when it is over.
fn ended(data: &mut Data, shared: &Shared, refund: &Refund) {
    if let Some(at) = refund.success_at {
        let fee = refund.request.refund_fee;
        data.set("buyer_refund_amount", Member::Money(fee));
        data.text("finish_time", beijing(shared.clock().unix(at)));
    }
}

/// Both generations in their own spelling.
fn status(api: FubeiApi, state: RefundState) -> &'static str {
    match (state, api) {
        (RefundState::Success, _) => "REFUND_SUCCESS",
        (RefundState::Abnormal | RefundState::Closed, FubeiApi::V1) => "REFUND_FAILER",
        (RefundState::Abnormal | RefundState::Closed, FubeiApi::V2) => "REFUND_FAIL",
        (RefundState::Processing | RefundState::Absent, _) => "REFUND_PROCESSING",
    }
}
