//! Giving money back, and what became of that. One refund call and one query share their words, so
//! each must be true after either.
//!
//! Above all: nobody is ever told to try a refund under another refund number, for that would be a
//! second one.

use super::{Note, done, note_of};
use crate::gateway::codes::{self, Remedy};
use crate::guidance::{Advice, Situation};
use crate::status::Status;

pub(super) fn note(situation: &Situation<'_>) -> Note {
    match situation.status {
        Status::Refunded => done(
            "退款成功，款项已退回顾客。",
            "Refunded: the money went back.",
        ),
        Status::Accepted => note_of(
            Advice::Hold,
            "退款已受理，款项将原路退回。请勿重复退款，稍后可查询结果。",
            "The refund was taken on and the money is going back. Do not refund again; ask for the \
             result later.",
        ),
        Status::Declined => declined(situation.code),
        Status::NotFound => note_of(
            Advice::Hold,
            "支付平台没有查到该退款单，请核对退款单号。如需再试，请用同一退款单号。",
            "The payment platform knows no such refund. Check the refund number; to try again, use the \
             same one.",
        ),
        Status::Argument => note_of(
            Advice::FixSetup,
            "退款资料有误，没有发出退款请求。请联系收银软件的技术人员。",
            "The refund's data is wrong and nothing was sent. Call whoever looks after the till \
             software.",
        ),
        Status::Config => note_of(
            Advice::FixSetup,
            "支付配置有误，没有发出退款请求。请联系技术人员。",
            "The payment configuration is wrong and nothing was sent. Call a technician.",
        ),
        Status::Journal => note_of(
            Advice::FixSetup,
            "收银机无法读写退款记录，没有发出退款请求。请联系技术人员检查磁盘。",
            "The till cannot read or write its record of refunds, so nothing was sent. Call a \
             technician to check the disk.",
        ),
        Status::Busy => note_of(
            Advice::Hold,
            "该退款正在另一处处理，请等待那边的结果。",
            "This refund is in progress elsewhere. Wait for that result.",
        ),
        Status::Duplicate => note_of(
            Advice::Hold,
            "该退款单号已用于另一笔退款，本次没有退款。请先核对那一笔：若就是这一笔，请勿再退。",
            "The refund number belongs to another refund; this call gave nothing back. Look at that \
             one first: if it is this one, do not refund again.",
        ),
        Status::Network => note_of(
            Advice::Hold,
            "网络不通，暂时没有退款结果。请稍后用同一退款单号重试或查询，请勿换单号。",
            "No connection, so there is no result yet. Try again or ask later under the same refund \
             number, never under another.",
        ),
        Status::Rejected => rejected(situation.code),
        Status::Forged => note_of(
            Advice::CallSupport,
            "收到的退款结果未通过验证，不可采信。请勿换单号重复退款，并联系技术人员。",
            "The answer failed verification and must not be trusted. Do not refund under another \
             number, and call support.",
        ),
        Status::ClientClosed => note_of(
            Advice::Hold,
            "收银程序正在关闭，没有发出退款请求。请重新打开后用同一退款单号再试。",
            "The till is closing and nothing was sent. Try again after a restart, under the same \
             refund number.",
        ),
        Status::Unsupported => note_of(
            Advice::FixSetup,
            "按当前配置不能退款，没有发出退款请求。请联系技术人员。",
            "The configured payment channel cannot refund, and nothing was sent. Call a technician.",
        ),
        Status::Internal => note_of(
            Advice::CallSupport,
            "退款组件内部出错，本次没有退款。请联系技术人员。",
            "The payment component failed; this call gave nothing back. Call support.",
        ),
        Status::Unknown if situation.conflict => note_of(
            Advice::CallSupport,
            "支付平台的退款记录与本次退款不符。请勿再退款，并联系主管核对。",
            "The platform's record of the refund is not what was asked for. Do not refund again, and have \
             it checked.",
        ),
        // A refund ends as none of the others; whatever came instead is not known to be anything.
        Status::Unknown
        | Status::Ok
        | Status::Reversed
        | Status::Paying
        | Status::NotPaid
        | Status::Closed
        | Status::Running => note_of(
            Advice::Hold,
            "退款结果未知。请勿换单号重复退款，稍后用同一退款单号重试或查询。",
            "The result is not known. Do not refund under another number; try again or ask later \
             under the same one.",
        ),
    }
}

/// No money has gone back.
fn declined(code: Option<&str>) -> Note {
    match code.and_then(Reason::of) {
        Some(Reason::Balance) => note_of(
            Advice::CallSupport,
            "商户账户余额不足，没有退款。请联系店长或财务充值，再用同一退款单号重试。",
            "The merchant's balance is too low; no money went back. Tell the manager to top it up, \
             then try again under the same refund number.",
        ),
        Some(Reason::TooOld) => note_of(
            Advice::CallSupport,
            "订单已超过退款期限，没有退款。请联系店长用其他方式退给顾客。",
            "The order is too old to be refunded; no money went back. Ask the manager to return it \
             another way.",
        ),
        Some(Reason::PayerAccount) => note_of(
            Advice::CallSupport,
            "顾客的账户无法收款，没有退款。请联系店长用其他方式退给顾客。",
            "The customer's account cannot take the money; none went back. Ask the manager to return \
             it another way.",
        ),
        Some(Reason::NotRefundable) => note_of(
            Advice::CallSupport,
            "该订单当前不能退款，没有退款。请核对是否已付款、是否已全部退款。",
            "The order cannot be refunded as it stands; no money went back. Check whether it was \
             paid, and how much of it was refunded before.",
        ),
        Some(Reason::Bank) => note_of(
            Advice::CallSupport,
            "款项没有退到顾客账户。请勿另行退款，请联系店长到商户平台处理这笔退款。",
            "The money did not reach the customer's account. Do not refund again; the manager has to \
             see to this refund in the merchant platform.",
        ),
        None => note_of(
            Advice::CallSupport,
            "退款失败，没有退款。请联系店长到商户平台核对后再处理。",
            "The refund failed; no money went back. The manager should look at it in the merchant \
             platform before anything else is done.",
        ),
    }
}

/// Why no money goes back.
#[derive(Clone, Copy)]
enum Reason {
    Balance,
    TooOld,
    PayerAccount,
    NotRefundable,
    Bank,
}

impl Reason {
    fn of(code: &str) -> Option<Self> {
        Some(match codes::normal(code).as_str() {
            "NOTENOUGH" => Self::Balance,
            "TRADEOVERDUE" => Self::TooOld,
            "USERACCOUNTABNORMAL" => Self::PayerAccount,
            "ORDERNOTEXIST" | "RESOURCENOTEXISTS" | "INVALIDREQUEST" | "REFUNDFEEMISMATCH"
            | "TRADESTATEERROR" | "ORDERCLOSED" | "ORDERREVERSED" => Self::NotRefundable,
            // The state of a refund that the payer's bank did not take: APIv3's, APIv2's.
            "ABNORMAL" | "CHANGE" => Self::Bank,
            _ => return None,
        })
    }
}

fn rejected(code: Option<&str>) -> Note {
    if code.is_some_and(|code| codes::normal(code) == "CERTERROR") {
        return note_of(
            Advice::FixSetup,
            "商户证书有误，本次没有退款。请技术人员检查证书。",
            "The merchant's certificate was refused; this call gave nothing back. A technician must \
             check the certificate.",
        );
    }
    match code.and_then(codes::find).map(|code| code.remedy) {
        Some(Remedy::Permission) => note_of(
            Advice::FixSetup,
            "商户没有退款权限，本次没有退款。请联系技术人员。",
            "The merchant has no permission to refund; this call gave nothing back. Call a \
             technician.",
        ),
        Some(Remedy::Signature) => note_of(
            Advice::FixSetup,
            "签名错误，本次没有退款。请技术人员检查密钥和签名类型。",
            "The signature was refused; this call gave nothing back. A technician must check key and \
             signature type.",
        ),
        Some(Remedy::Account) => note_of(
            Advice::FixSetup,
            "公众账号或商户号有误，本次没有退款。请技术人员检查配置。",
            "App id and merchant number are wrong or do not belong together; this call gave nothing \
             back. A technician must check the configuration.",
        ),
        _ => note_of(
            Advice::FixSetup,
            "支付平台拒绝了退款请求，本次没有退款。请联系技术人员。",
            "The payment platform refused the request itself; this call gave nothing back. Call a \
             technician.",
        ),
    }
}
