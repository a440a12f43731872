//! The rows: what is said in both languages, and the advice. Payments are here; where the same status
//! calls for other words, [`prepay`], [`refund`], [`ride`] and [`notification`] have them.

mod notification;
mod prepay;
mod refund;
mod ride;

use super::{Advice, Asked, Situation};
use crate::gateway::codes::{self, Remedy};
use crate::status::Status;

/// One row: the same thing said twice, and what it asks of the till.
pub(super) struct Note {
    pub(super) advice: Option<Advice>,
    pub(super) chinese: &'static str,
    pub(super) english: &'static str,
}

const fn note_of(advice: Advice, chinese: &'static str, english: &'static str) -> Note {
    Note {
        advice: Some(advice),
        chinese,
        english,
    }
}

/// The row of a situation.
pub(super) fn note(situation: &Situation<'_>) -> Note {
    match situation.asked {
        Asked::Prepay => prepay::note(situation),
        Asked::Close => prepay::closing(situation),
        Asked::Refund => refund::note(situation),
        Asked::Ride => ride::note(situation),
        Asked::Notification => notification::note(situation),
        Asked::Payment
        | Asked::Query
        | Asked::Reverse
        | Asked::Cancel
        | Asked::Recover
        | Asked::Other => order(situation),
    }
}

/// What an order has come to.
fn order(situation: &Situation<'_>) -> Note {
    let remedy = situation.code.and_then(codes::find).map(|code| code.remedy);
    match situation.status {
        Status::Ok => ok(situation),
        Status::Declined => declined(remedy),
        Status::Reversed if situation.cancel_requested => note_of(
            Advice::Rescan,
            "交易已取消，顾客若已付款会原路退回。如需继续，请用新单号重新收款。",
            "Cancelled; anything paid goes back. To go on, take a new payment under a new order \
             number.",
        ),
        Status::Reversed => note_of(
            Advice::Rescan,
            "交易已撤销，顾客若已付款会原路退回。如需继续，请用新单号重新收款。",
            "Undone; anything paid goes back. To go on, take a new payment under a new order number.",
        ),
        Status::Paying => note_of(
            Advice::Hold,
            "顾客正在输入密码，请稍候。",
            "The customer is entering the password. Please wait.",
        ),
        Status::NotPaid if remedy == Some(Remedy::PaymentFailed) => note_of(
            Advice::Hold,
            "支付失败，订单尚未撤销。请先撤销该订单，再用新单号重新收款。",
            "The payment failed but is not undone yet. Reverse the order first, then take a new \
             payment under a new order number.",
        ),
        Status::NotPaid => note_of(
            Advice::Hold,
            "该订单尚未付款，请勿交货。",
            "The order is not paid yet. Hold the goods.",
        ),
        Status::Closed => note_of(
            Advice::Rescan,
            "订单已关闭，未收款。如需继续，请用新单号重新收款。",
            "The order is closed; nothing was charged. To go on, take a new payment under a new \
             order number.",
        ),
        Status::Refunded => note_of(
            Advice::Rescan,
            "该订单的款项已退回或正在退回，请勿交货。如需继续，请用新单号重新收款。",
            "The money has gone back or is going back. Keep the goods. To go on, take a new payment \
             under a new order number.",
        ),
        Status::NotFound if situation.asked == Asked::Cancel => note_of(
            Advice::Hold,
            "该单号没有正在进行的收款，请查询订单结果。",
            "No payment under this number is in progress. Query the order.",
        ),
        Status::NotFound => note_of(
            Advice::Hold,
            "支付平台没有查到该订单，请核对单号，请勿交货。",
            "The payment platform knows no such order. Check the number and hold the goods.",
        ),
        Status::Accepted => note_of(
            Advice::Hold,
            "已受理，等待最终结果。",
            "Accepted; the result is still to come.",
        ),
        Status::Running => note_of(
            Advice::Hold,
            "正在收款，请稍候。",
            "The payment is in progress. Please wait.",
        ),
        Status::Unknown => unknown(situation, remedy),
        Status::Argument if situation.field == Some("auth_code") => note_of(
            Advice::Rescan,
            "扫到的不是本店可收的付款码，未收款。请顾客打开付款码，再扫一次。",
            "That is not a payment code that this shop takes; nothing was charged. Ask the customer \
             for one and scan it.",
        ),
        Status::Argument => note_of(
            Advice::FixSetup,
            "收银机给出的资料有误，没有发出任何请求。请联系收银软件的技术人员。",
            "The till's data is wrong and nothing was sent. Call whoever looks after the till \
             software.",
        ),
        Status::Config => note_of(
            Advice::FixSetup,
            "支付配置有误，没有发出任何请求。请联系技术人员。",
            "The payment configuration is wrong and nothing was sent. Call a technician.",
        ),
        Status::Journal => note_of(
            Advice::FixSetup,
            "收银机无法读写订单记录，没有发出任何请求。请联系技术人员检查磁盘。",
            "The till cannot read or write its order record, so nothing was sent. Call a technician \
             to check the disk.",
        ),
        Status::Busy => note_of(
            Advice::Hold,
            "该单号正在另一处处理，请等待那边的结果。",
            "This order number is in progress elsewhere. Wait for that result.",
        ),
        Status::Duplicate => duplicate(remedy),
        Status::Network if situation.asked == Asked::Payment => note_of(
            Advice::Rescan,
            "网络不通，收款没有发出，未收款。请检查网络后重新收款。",
            "No connection; the payment was not sent and nothing was charged. Check the network and \
             try again.",
        ),
        Status::Network if situation.asked == Asked::Other => note_of(
            Advice::FixSetup,
            "连不上支付平台，请检查网络。",
            "The payment platform cannot be reached. Check the network.",
        ),
        Status::Network => note_of(
            Advice::Hold,
            "网络不通，暂时无法得知订单结果。请勿交货，稍后再查询。",
            "No connection, so the result is not known yet. Hold the goods and query again later.",
        ),
        Status::Rejected => rejected(situation.asked, remedy),
        Status::Forged => note_of(
            Advice::CallSupport,
            "收到的结果未通过验证，不可采信。请勿交货，并联系技术人员。",
            "The answer failed verification and must not be trusted. Hold the goods and call \
             support.",
        ),
        Status::ClientClosed if situation.asked == Asked::Payment => note_of(
            Advice::Rescan,
            "收银程序正在关闭，收款没有发出，未收款。请重新打开后再收款。",
            "The till is closing; the payment was not sent and nothing was charged. Try again after \
             a restart.",
        ),
        Status::ClientClosed => note_of(
            Advice::Hold,
            "收银程序正在关闭，操作没有进行。请重新打开后再试。",
            "The till is closing and nothing was done. Try again after a restart.",
        ),
        Status::Unsupported => note_of(
            Advice::FixSetup,
            "当前支付通道不支持该操作。",
            "The configured payment channel does not offer this.",
        ),
        Status::Internal => note_of(
            Advice::CallSupport,
            "收款组件内部出错，本次没有收款。请联系技术人员。",
            "The payment component failed; this call charged nothing. Call support.",
        ),
    }
}

fn ok(situation: &Situation<'_>) -> Note {
    match situation.asked {
        Asked::Payment | Asked::Query if situation.cancel_requested => note_of(
            Advice::HandOver,
            "取消之前顾客已付款，收款成功。如仍要取消，请做退款。",
            "The customer had paid before the cancel: the money is there. Refund it if it is still \
             unwanted.",
        ),
        Asked::Payment | Asked::Query => paid(),
        Asked::Cancel => note_of(
            Advice::Hold,
            "已通知取消，请等待收款的最终结果。",
            "The cancel was passed on. Wait for the payment's own result.",
        ),
        Asked::Recover => done(
            "没有未了结的订单和退款。",
            "No order and no refund is left open.",
        ),
        _ => done("操作完成。", "Done."),
    }
}

fn paid() -> Note {
    note_of(Advice::HandOver, "收款成功。", "Paid.")
}

/// Nothing is left to do.
fn done(chinese: &'static str, english: &'static str) -> Note {
    Note {
        advice: None,
        chinese,
        english,
    }
}

fn declined(remedy: Option<Remedy>) -> Note {
    match remedy {
        Some(Remedy::OtherCard) => note_of(
            Advice::OtherCard,
            "余额不足，未收款。请顾客换卡支付，再用新单号重新扫码。",
            "Not enough money; nothing was charged. Ask for another card and scan again under a new \
             order number.",
        ),
        Some(Remedy::CardNotSupported) => note_of(
            Advice::OtherCard,
            "该卡不支持当前支付，未收款。请顾客换卡或绑新卡，再用新单号重新扫码。",
            "This card cannot be used here; nothing was charged. Ask for another card and scan again \
             under a new order number.",
        ),
        Some(Remedy::FreshCode) => note_of(
            Advice::Rescan,
            "付款码已过期或已用过，未收款。请顾客刷新付款码，再用新单号重新扫码。",
            "The code is too old or was used; nothing was charged. Ask the customer to refresh it \
             and scan again under a new order number.",
        ),
        Some(Remedy::WechatCode) => note_of(
            Advice::Rescan,
            "付款码无效或已过期，未收款。请顾客打开本店可收的付款码并刷新，再用新单号重新扫码。",
            "The code is not valid or too old; nothing was charged. Ask for a fresh payment code \
             of a kind that this shop takes and scan it under a new order number.",
        ),
        Some(Remedy::SamePayer) => note_of(
            Advice::Rescan,
            "付款人与本单开始时不同，未收款。请用新单号重新扫码。",
            "This order was begun by another payer; nothing was charged. Scan again under a new \
             order number.",
        ),
        Some(Remedy::PayerRefused) => note_of(
            Advice::OtherCard,
            "顾客账户或风控限制，未收款。请顾客换一种支付方式，再用新单号重新收款。",
            "The customer's account or a risk rule forbids it; nothing was charged. Ask for another \
             way of paying, under a new order number.",
        ),
        Some(Remedy::Permission) => note_of(
            Advice::OtherCard,
            "本店不能收取该付款码，未收款。请顾客换一种支付方式，再用新单号重新收款。",
            "This shop cannot accept that code; nothing was charged. Ask for another way of paying, \
             under a new order number.",
        ),
        _ => note_of(
            Advice::Rescan,
            "支付未成功，未收款。如需继续，请用新单号重新扫码。",
            "The payment did not succeed; nothing was charged. To go on, scan again under a new \
             order number.",
        ),
    }
}

fn rejected(asked: Asked, remedy: Option<Remedy>) -> Note {
    match remedy {
        Some(Remedy::Permission) if asked == Asked::Payment => note_of(
            Advice::FixSetup,
            "商户没有开通付款码支付权限，未收款。请联系技术人员。",
            "The merchant has no permission for this kind of payment; nothing was charged. Call a \
             technician.",
        ),
        Some(Remedy::Permission) => note_of(
            Advice::FixSetup,
            "商户没有这项操作的权限，本次未收款。请联系技术人员。",
            "The merchant has no permission for this; this call charged nothing. Call a technician.",
        ),
        Some(Remedy::Signature) => note_of(
            Advice::FixSetup,
            "签名错误，未收款。请技术人员检查密钥和签名类型。",
            "The signature was refused; nothing was charged. A technician must check key and \
             signature type.",
        ),
        Some(Remedy::Account) => note_of(
            Advice::FixSetup,
            "公众账号或商户号有误，未收款。请技术人员检查配置。",
            "App id and merchant number are wrong or do not belong together; nothing was charged. A \
             technician must check the configuration.",
        ),
        _ => note_of(
            Advice::FixSetup,
            "支付平台拒绝了请求，未收款。请联系技术人员。",
            "The payment platform refused the request itself; nothing was charged. Call a technician.",
        ),
    }
}

fn duplicate(remedy: Option<Remedy>) -> Note {
    match remedy {
        Some(Remedy::NumberPaid) => note_of(
            Advice::Hold,
            "该单号此前已付过款，本次未收款。请先核对那一笔：若就是本单，请勿再收。",
            "This order number was paid before; this call charged nothing. Look at that sale first: \
             if it is this one, do not charge again.",
        ),
        Some(Remedy::NumberEnded) => note_of(
            Advice::Hold,
            "该单号此前已关闭或撤销，本次未收款。核对后请用新单号收款。",
            "This order number was closed or reversed before; this call charged nothing. Check it, \
             then use a new order number.",
        ),
        _ => note_of(
            Advice::Hold,
            "单号重复，本次未收款。请先查询该单号的结果，确认未付后再用新单号收款。",
            "The order number is taken; this call charged nothing. Query that order first, and use a \
             new order number only if it is not this sale.",
        ),
    }
}

fn unknown(situation: &Situation<'_>, remedy: Option<Remedy>) -> Note {
    if situation.conflict {
        return note_of(
            Advice::CallSupport,
            "该单号已付款，但金额、币种或附加数据与本单不符。请勿交货，请勿重复收款，并联系主管核对。",
            "The order number was paid, but with another amount, currency or attach. Hold the goods, \
             do not charge again, and have it checked.",
        );
    }
    if situation.asked == Asked::Recover {
        return note_of(
            Advice::Hold,
            "还有订单或退款没有了结，请稍后再次恢复。",
            "Some orders or refunds are still open. Run the recovery again later.",
        );
    }
    if remedy == Some(Remedy::TooOld) {
        return note_of(
            Advice::CallSupport,
            "订单已超过撤销期限，没有撤销。请查询结果，如已付款请做退款。",
            "The order is too old to be reversed and was not. Query it, and refund it if it was paid.",
        );
    }
    if situation.reversal_required {
        return note_of(
            Advice::Hold,
            "结果未定，订单有待撤销。请勿交货，请勿重复收款，稍后用恢复或查询功能确认。",
            "Not settled; the order still has to be undone. Hold the goods, do not charge again, and \
             recover or query it later.",
        );
    }
    note_of(
        Advice::Hold,
        "收款结果未知。请勿交货，请勿重复收款，稍后用恢复或查询功能确认。",
        "The result is not known. Hold the goods, do not charge again, and recover or query it later.",
    )
}
