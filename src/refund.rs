//! Giving money back.

use std::ffi::c_char;

use wxpay_core::guidance::Asked;

use crate::boundary::{self, InvalidArgument, TEXT_LIMIT, in_doubt};
use crate::client::wxpay_client;
use crate::request::wxpay_request;
use crate::result::wxpay_result;
use crate::status::wxpay_status;

/// Gives money back for a paid order, whole or in part, several times if need be.
///
/// WXPAY_REFUNDED         the money went back
/// WXPAY_ACCEPTED         the gateway has taken the refund on, and the money goes back later (minutes
///                        for a balance, days for a bank card): the usual answer. wxpay_refund_query
///                        and the notification tell the end
/// WXPAY_DECLINED         no money has gone back; code says why. Without refund_status it was refused
///                        (the merchant's balance is too low ...): remove the cause and call again
///                        with the SAME refund number. With refund_status it was taken on and failed
///                        for good: settle it in the merchant platform
/// WXPAY_UNKNOWN          in doubt: the refund is in the journal. Call this again with the SAME
///                        refund number and the same fields, or wxpay_refund_query, or
///                        wxpay_recover. A NEW NUMBER WOULD BE A SECOND REFUND. Fubei does not
///                        promise that one number pays once, so there all of these only ask; what
///                        Fubei never heard of stays in doubt until somebody looks there
/// below zero             this call gave nothing back: after WXPAY_E_NETWORK, WXPAY_E_JOURNAL and
///                        WXPAY_E_CLOSED the same refund number may be tried again,
///                        WXPAY_E_DUPLICATE means that it was used for another refund, WXPAY_E_BUSY
///                        that it is under way elsewhere, WXPAY_E_UNSUPPORTED that this
///                        configuration cannot refund (APIv2 without client certificate)
///
/// Never WXPAY_OK. request needs
///
///   out_refund_no  the till's own number of this refund, 1 to 64 characters (Fubei: 32), never used
///                  before; the till keeps it before it calls, and repeats it when it tries again
///   out_trade_no   the order's number, or transaction_id, the gateway's number of it
///   total_fee      what the order cost, in minor units (fen); Fubei knows it
///   refund_fee     what goes back; the sum of all refunds of an order is at most total_fee
///
/// and may have refund_desc, notify_url and what else docs/refunds.md lists. It is only read. The
/// refund is in the journal, on disk, before the first byte leaves; the same number with other
/// fields is refused. One that was taken on is not sent again: it is asked for.
///
/// Any thread. Blocks for a second or so. If the gateway asks for the same request again, or does not
/// answer clearly, for about 90 s at most with the default configuration: 45 s (policy.reverse_budget), and one
/// connect and one answer time-out a host for the last request. Closing the client ends it; it cannot
/// be cancelled. Events name the refund number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wxpay_refund(
    client: *mut wxpay_client,
    request: *const wxpay_request,
    result: *mut *mut wxpay_result,
) -> wxpay_status {
    // SAFETY: the pointers are as the header demands.
    unsafe {
        boundary::call(client, Asked::Refund, result, |core, encoding| {
            let request = request.as_ref();
            let fields = request
                .ok_or_else(|| InvalidArgument::null("request"))?
                .decode(encoding)?;
            Ok(in_doubt(core, Asked::Refund, || core.refund(&fields)))
        })
    }
}

/// Asks the gateway what became of a refund, once. A refund that the journal holds open is settled
/// there if the answer allows it.
///
/// Returns WXPAY_REFUNDED, WXPAY_ACCEPTED, WXPAY_DECLINED as wxpay_refund does; WXPAY_NOT_FOUND (the
/// gateway has no such refund, now: one that is under way may still arrive, so this is no licence for a
/// new number); WXPAY_E_DUPLICATE if the number is another refund's; WXPAY_E_NETWORK,
/// WXPAY_E_REJECTED, WXPAY_E_FORGED, WXPAY_E_CLOSED if there was no answer to go by; WXPAY_E_ARGUMENT
/// with Fubei 1.0, which has to be told the order, too, if the journal does not know the refund.
///
/// out_refund_no: the refund's number. Any thread. Blocks for one connect and one answer time-out a
/// host at most (20 s each by default).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wxpay_refund_query(
    client: *mut wxpay_client,
    out_refund_no: *const c_char,
    result: *mut *mut wxpay_result,
) -> wxpay_status {
    // SAFETY: the pointers are as the header demands.
    unsafe {
        boundary::call(client, Asked::Refund, result, |core, encoding| {
            let out_refund_no =
                boundary::text("out_refund_no", out_refund_no, TEXT_LIMIT, encoding)?;
            Ok(in_doubt(core, Asked::Refund, || {
                core.refund_query(&out_refund_no)
            }))
        })
    }
}
