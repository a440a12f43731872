//! What a notification says. It may be about a payment or a refund, and it may come from anybody: what
//! is not proven says nothing about the shop.

use super::{Note, done, note_of, order, paid};
use crate::guidance::{Advice, Situation};
use crate::status::Status;

pub(super) fn note(situation: &Situation<'_>) -> Note {
    match situation.status {
        Status::Ok => paid(),
        Status::Refunded => done(
            "退款成功，款项已退回顾客。",
            "Refunded: the money went back.",
        ),
        Status::Accepted => note_of(
            Advice::Hold,
            "退款已受理，款项将原路退回。请勿重复退款。",
            "The refund was taken on and the money is going back. Do not refund again.",
        ),
        Status::Declined => note_of(
            Advice::CallSupport,
            "通知：这笔付款或退款没有成功。请核对该单。",
            "The payment or refund that this is about did not succeed. Look at the order.",
        ),
        Status::Argument => note_of(
            Advice::Hold,
            "收到的不是支付平台的通知，未作处理。请以查询结果为准。",
            "What came in is no notification of the payment platform and was not acted on. Go by a query.",
        ),
        Status::Forged => note_of(
            Advice::Hold,
            "收到的通知未通过验证，不可采信，未作处理。请以查询结果为准。",
            "The notification failed verification and was not acted on. Go by a query.",
        ),
        Status::Network | Status::ClientClosed | Status::Busy => note_of(
            Advice::Hold,
            "暂时无法处理该通知，支付平台稍后会再次发送。请以查询结果为准。",
            "The notification cannot be dealt with now; the platform will send it again. Go by a query.",
        ),
        Status::Journal => note_of(
            Advice::FixSetup,
            "收银机无法读写订单记录，通知未作处理，支付平台稍后会再次发送。请联系技术人员检查磁盘。",
            "The till cannot read or write its order record, so the notification was not dealt with; \
             the platform will send it again. Call a technician to check the disk.",
        ),
        Status::Internal => note_of(
            Advice::CallSupport,
            "处理通知时内部出错，未作处理。请以查询结果为准，并联系技术人员。",
            "The payment component failed and the notification was not dealt with. Go by a query, \
             and call support.",
        ),
        Status::NotFound => note_of(
            Advice::Hold,
            "通知中的单号不是本机的订单。请核对单号。",
            "The notification is about no order of this till. Check the number.",
        ),
        Status::Unknown if !situation.conflict => note_of(
            Advice::Hold,
            "通知与本机的记录不符，结果未定。请勿交货，请勿重复收款或退款，并查询该单。",
            "The notification does not agree with this till's record, so nothing is settled. Hold \
             the goods, neither charge nor refund again, and query it.",
        ),
        _ => order(situation),
    }
}
