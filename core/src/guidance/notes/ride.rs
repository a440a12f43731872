//! Deducting a ride, and what its callback says. It is read at a gate or on a bus: who may pass is the
//! operator's rule, and no row decides it.
//!
//! Above all: a ride that may have been deducted is never deducted again.

use super::{Note, note_of};
use crate::guidance::{Advice, Situation};
use crate::status::Status;

pub(super) fn note(situation: &Situation<'_>) -> Note {
    match situation.status {
        Status::Ok => note_of(Advice::HandOver, "车费扣款成功。", "The fare was deducted."),
        Status::Accepted => note_of(
            Advice::Hold,
            "扣费请求已受理，结果以扣费回调为准。请勿重复扣费；是否放行，按运营规则处理。",
            "The deduction was accepted; the callback tells whether it succeeds. Do not deduct again. \
             Whether the rider passes is up to the operator's rules.",
        ),
        Status::Declined => note_of(
            Advice::CallSupport,
            "车费没有扣成。请按运营规则处理欠费，请勿用同一单号再扣。",
            "The fare could not be deducted. Follow the operator's rules for unpaid rides, and do not \
             deduct again under the same number.",
        ),
        Status::Unknown if situation.conflict => note_of(
            Advice::CallSupport,
            "回调的扣费结果与本次乘车不符。请勿再扣费，并联系主管核对。",
            "What was deducted is not what was asked for. Do not deduct again, and have it checked.",
        ),
        Status::Argument if is_code(situation.field) => note_of(
            Advice::Rescan,
            "没有读到有效的乘车码，未扣费。请乘客刷新乘车码后再刷。",
            "No usable ride code was read; nothing was deducted. Ask the rider to refresh the code \
             and scan again.",
        ),
        Status::Argument => note_of(
            Advice::FixSetup,
            "乘车数据有误，没有发出扣费请求。请联系设备软件的技术人员。",
            "The ride's data is wrong and nothing was sent. Call whoever looks after the reader's \
             software.",
        ),
        Status::Config => note_of(
            Advice::FixSetup,
            "乘车码配置不完整，没有发出扣费请求。请联系技术人员。",
            "The ride-code configuration is not complete and nothing was sent. Call a technician.",
        ),
        Status::Journal => note_of(
            Advice::FixSetup,
            "设备无法读写乘车记录，没有发出扣费请求。请联系技术人员检查磁盘。",
            "The record of rides cannot be read or written, so nothing was sent. Call a technician to \
             check the disk.",
        ),
        Status::Busy => note_of(
            Advice::Hold,
            "该单号正在另一处扣费，请等待那边的结果。",
            "This ride is being deducted elsewhere. Wait for that result.",
        ),
        Status::Duplicate => note_of(
            Advice::Hold,
            "该单号已用于另一次乘车，本次未扣费。请核对单号。",
            "The number belongs to another ride; this call deducted nothing. Check the number.",
        ),
        Status::Network => note_of(
            Advice::Rescan,
            "网络不通，扣费请求没有发出，未扣费。请检查网络后再刷码。",
            "No connection; nothing was sent and nothing was deducted. Check the network and scan \
             again.",
        ),
        Status::Rejected => note_of(
            Advice::FixSetup,
            "扣费请求被拒绝，未扣费。请技术人员检查 access_token。",
            "The request itself was refused; nothing was deducted. A technician must check the access \
             token.",
        ),
        Status::ClientClosed => note_of(
            Advice::Rescan,
            "程序正在关闭，扣费请求没有发出，未扣费。请重新启动后再刷码。",
            "The program is closing; nothing was sent and nothing was deducted. Scan again after a \
             restart.",
        ),
        Status::Unsupported => note_of(
            Advice::FixSetup,
            "没有配置乘车码，没有发出扣费请求。请联系技术人员。",
            "The ride code is not configured and nothing was sent. Call a technician.",
        ),
        Status::Internal => note_of(
            Advice::CallSupport,
            "扣费组件内部出错，本次未扣费。请联系技术人员。",
            "The payment component failed; this call deducted nothing. Call support.",
        ),
        // A ride ends as none of the others; whatever came instead is not known to be anything.
        Status::Unknown
        | Status::Forged
        | Status::NotFound
        | Status::Reversed
        | Status::Refunded
        | Status::Paying
        | Status::NotPaid
        | Status::Closed
        | Status::Running => note_of(
            Advice::Hold,
            "扣费结果未知，以扣费回调为准。请勿重复扣费；是否放行，按运营规则处理。",
            "Whether it was deducted is not known until the callback comes. Do not deduct again. \
             Whether the rider passes is up to the operator's rules.",
        ),
    }
}

/// Whether the rider's code is at fault, and a fresh one may be read.
fn is_code(field: Option<&str>) -> bool {
    matches!(field, Some("qrcode" | "start_qrcode"))
}
