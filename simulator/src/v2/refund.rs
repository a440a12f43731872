//! Refunds: opened, and asked for by any of four numbers.

use super::answer::Answer;
use super::{Verified, error, order_key};
use crate::fault::Operation;
use crate::ledger::{Key, Refund, RefundRefusal, RefundRequest, Refunded};
use crate::shared::Shared;

/// How many refunds one answer lists; the rest is for `offset`.
const PAGE: usize = 10;

/// Counts a request about refunds, whatever becomes of it.
pub(super) fn count(shared: &Shared, operation: Operation, verified: &Verified) {
    let number = |name| {
        let number = verified.parameters.get(name)?;
        Some(verified.refund_key(number))
    };
    if operation == Operation::Refund {
        if let Some(key) = number("out_refund_no") {
            shared.book().refund_received(&key);
        }
        return;
    }
    let asked = match (
        verified.parameters.get("refund_id"),
        number("out_refund_no"),
    ) {
        (None, Some(key)) => vec![key],
        _ => found(shared, verified)
            .into_iter()
            .map(|refund| refund.request.key)
            .collect(),
    };
    let mut book = shared.book();
    for key in &asked {
        book.refund_query_received(key);
    }
}

/// The order whose refunds a query asks for.
pub(super) fn order_of_query(shared: &Shared, verified: &Verified) -> Option<Key> {
    match out_refund_no(shared, verified) {
        Some(number) => {
            let (now, key) = (shared.clock().now(), verified.refund_key(&number?));
            let found = shared.book().refund_of(now, &key, shared.settings());
            found.map(|(refund, _)| refund.request.order)
        }
        None => order_key(shared, verified),
    }
}

/// The refund number that a query asks for: `None` if it asks for an order's refunds,
/// `Some(None)` if it names one that does not exist.
fn out_refund_no(shared: &Shared, verified: &Verified) -> Option<Option<String>> {
    let parameters = &verified.parameters;
    match (parameters.get("refund_id"), parameters.get("out_refund_no")) {
        (Some(id), _) => {
            let (mch_id, sub_mch_id) = (&verified.mch_id, verified.sub_mch_id.as_deref());
            let book = shared.book();
            let number = book.out_refund_no(mch_id, sub_mch_id, id);
            Some(number.map(str::to_owned))
        }
        (None, Some(number)) => Some(Some(number.to_owned())),
        (None, None) => None,
    }
}

/// The refunds that a query asks for, oldest first.
fn found(shared: &Shared, verified: &Verified) -> Vec<Refund> {
    let Some(order) = &verified.key else {
        return Vec::new();
    };
    let (now, settings) = (shared.clock().now(), shared.settings());
    let mut refunds = shared.book().refunds_of(now, order, settings);
    if let Some(number) = out_refund_no(shared, verified) {
        refunds.retain(|refund| Some(&refund.request.key.out_refund_no) == number.as_ref());
    }
    refunds
}

/// Opens a refund.
pub(super) fn open(shared: &Shared, verified: &Verified) -> Answer {
    let account = &verified.account;
    let failure = |code: &str, text: &str| account.failure(shared, Operation::Refund, code, text);
    let listed = |code: &str| failure(code, error::description(code));
    let parameters = &verified.parameters;
    let (refund_fee, total_fee) = (verified.fen("refund_fee"), verified.fen("total_fee"));
    if refund_fee > total_fee {
        return Answer::communication_failure("invalid refund_fee");
    }
    let Some(order) = &verified.key else {
        return listed("INVALID_TRANSACTIONID");
    };
    let request = RefundRequest {
        key: verified.refund_key(parameters.get("out_refund_no").unwrap_or_default()),
        order: order.clone(),
        refund_fee,
        total_fee,
        notify: verified.notify(),
        // Either of the two names the same order.
        parameters: verified.comparable(&["transaction_id", "out_trade_no"]),
    };
    let (now, settings) = (shared.clock().now(), shared.settings());
    let refunded = shared.book().refund(now, &request, settings);
    match refunded {
        Refunded::Refund(refund, order) => account.refunded(shared, &refund, &order),
        Refunded::Refused(refusal) => match refusal {
            RefundRefusal::NoOrder => listed("ORDERNOTEXIST"),
            RefundRefusal::NotPaid => failure("TRADE_STATE_ERROR", error::NOT_PAID),
            RefundRefusal::Reversed => listed("ORDERREVERSED"),
            RefundRefusal::Mismatch => listed("REFUND_FEE_MISMATCH"),
            RefundRefusal::AllRefunded => failure("ERROR", error::ALL_REFUNDED),
            RefundRefusal::TooMuch => failure("INVALID_REQUEST", error::TOO_MUCH),
            RefundRefusal::TooMany => failure("INVALID_REQUEST", error::TOO_MANY),
        },
    }
}

/// Says what became of refunds.
pub(super) fn query(shared: &Shared, verified: &Verified) -> Answer {
    let account = &verified.account;
    let refunds = found(shared, verified);
    let order = verified
        .key
        .as_ref()
        .and_then(|key| shared.book().look_up(key));
    let Some(order) = order.filter(|_| !refunds.is_empty()) else {
        let text = error::description("REFUNDNOTEXIST");
        return account.failure(shared, Operation::RefundQuery, "REFUNDNOTEXIST", text);
    };
    let offset = verified.parameters.get("offset");
    let skipped = offset.and_then(|offset| offset.parse().ok()).unwrap_or(0);
    let total = offset.map(|_| refunds.len());
    let page: Vec<_> = refunds.into_iter().skip(skipped).take(PAGE).collect();
    account.refunds(shared, &order, &page, total)
}
