//! Orders that the payer scans or opens: making one, and ending one that is unpaid.

use super::{Note, note_of, order};
use crate::gateway::codes::{self, Remedy};
use crate::guidance::{Advice, Situation};
use crate::status::Status;

/// Making an order. Nothing is charged by it, whatever it ends as.
pub(super) fn note(situation: &Situation<'_>) -> Note {
    match situation.status {
        Status::Ok | Status::Running => note_of(
            Advice::Hold,
            "请顾客扫码或在手机上付款。收到付款之前请勿交货。",
            "Let the customer scan or open it and pay. Hold the goods until the payment is there.",
        ),
        Status::Argument => note_of(
            Advice::FixSetup,
            "订单资料有误，没有下单。请联系收银软件的技术人员。",
            "The order's data is wrong and no order was made. Call whoever looks after the till \
             software.",
        ),
        // The same order may have been shown before, and that may still be paid.
        Status::Network | Status::ClientClosed | Status::Unknown if !situation.conflict => note_of(
            Advice::Hold,
            "没有得到可以出示的付款码。请检查网络后用同一单号重试；先前出示过的仍可能被付款。",
            "There is nothing to show. Check the network and try again under the same order \
                 number; what was shown before may still be paid.",
        ),
        Status::Forged => note_of(
            Advice::CallSupport,
            "收到的付款码未通过验证，请勿出示给顾客，并联系技术人员。",
            "The code that came back failed verification. Do not show it to anybody, and call \
             support.",
        ),
        _ => order(situation),
    }
}

/// Ending an unpaid order.
pub(super) fn closing(situation: &Situation<'_>) -> Note {
    let remedy = situation.code.and_then(codes::find).map(|code| code.remedy);
    match situation.status {
        Status::Rejected if remedy == Some(Remedy::NumberPaid) => note_of(
            Advice::Hold,
            "该订单顾客已付款，没有关闭。请查询订单，按已收款处理；如不需要，请做退款。",
            "The customer had paid this order, so it was not closed. Query it and treat it as paid, \
             or refund it.",
        ),
        Status::Argument => note_of(
            Advice::FixSetup,
            "该单号不是可以关闭的订单，没有发出任何请求。付款码订单请用撤销。",
            "That is no order that can be closed, and nothing was sent. An order of a payment code \
             is reversed instead.",
        ),
        Status::NotFound => note_of(
            Advice::Hold,
            "支付平台没有查到该订单，无需关闭。请核对单号。",
            "The payment platform knows no such order, so there is nothing to close. Check the number.",
        ),
        Status::Network => note_of(
            Advice::Hold,
            "网络不通，订单没有关闭，顾客仍可能付款。请稍后再关闭或查询。",
            "No connection; the order is not closed and may still be paid. Close or query it again \
             later.",
        ),
        Status::ClientClosed => note_of(
            Advice::Hold,
            "收银程序正在关闭，订单没有关闭，顾客仍可能付款。请重新打开后再关闭或查询。",
            "The till is closing; the order is not closed and may still be paid. Close or query it \
             after a restart.",
        ),
        Status::Rejected => note_of(
            Advice::FixSetup,
            "支付平台拒绝了关闭请求，订单没有关闭，顾客仍可能付款。请联系技术人员。",
            "The payment platform refused to close the order; it may still be paid. Call a technician.",
        ),
        Status::Unknown if !situation.conflict => note_of(
            Advice::Hold,
            "订单是否已关闭尚不确定，顾客仍可能付款。请勿换单号重复收款，稍后再关闭或查询。",
            "It is not certain that the order is closed; it may still be paid. Do not charge under \
             another number, and close or query it again later.",
        ),
        _ => order(situation),
    }
}
