//! The blocking calls of an in-person payment.

use std::ffi::c_char;

use wxpay_core::guidance::Asked;

use crate::boundary::{self, InvalidArgument, TEXT_LIMIT, in_doubt};
use crate::client::wxpay_client;
use crate::request::wxpay_request;
use crate::result::wxpay_result;
use crate::status::wxpay_status;

/// Takes a payment: sends the charge once, waits while the payer types a password, asks until the
/// outcome is clear, and undoes the payment if it does not become clear in time.
///
/// WXPAY_OK               paid: hand over the goods
/// WXPAY_DECLINED         not charged; repeat with a new order number, if at all
/// WXPAY_REVERSED         it had to be undone (time over, cancelled ...); as after WXPAY_DECLINED
/// WXPAY_REFUNDED         it was paid, and somebody refunded it meanwhile
/// WXPAY_UNKNOWN          in doubt: hold the goods and settle it with wxpay_recover, wxpay_query
///                        or this call again, with the same order number
/// below zero             this call charged nothing: after WXPAY_E_NETWORK, WXPAY_E_JOURNAL and
///                        WXPAY_E_CLOSED the same order number may be tried again,
///                        WXPAY_E_DUPLICATE tells about another sale (look at it before charging
///                        under a new number), WXPAY_E_BUSY means that it is being paid already,
///                        WXPAY_E_ARGUMENT and WXPAY_E_REJECTED need another request or another
///                        set-up, and then the same number serves
///
/// request: see wxpay_request_set; it is only read. The same order number with the same fields
/// never charges twice: a finished payment is reported again (replayed is 1), one that is in doubt
/// goes on being settled. With other fields it is WXPAY_E_DUPLICATE. The order is in the journal,
/// on disk, before the first byte leaves; should the machine lose power during the call,
/// wxpay_recover settles the order after the restart.
///
/// Any thread. Blocks for a second or two if the payer need not type a password, and with the
/// default configuration at most about 140 s: connecting to two hosts (5 s each), then 45 s for
/// the payer, 45 s for undoing, and one connect (5 s) and one answer (15 s) time-out a host for the
/// last request. wxpay_cancel ends the waiting sooner; wxpay_client_on_event shows what is going
/// on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wxpay_micropay(
    client: *mut wxpay_client,
    request: *const wxpay_request,
    result: *mut *mut wxpay_result,
) -> wxpay_status {
    // SAFETY: the pointers are as the header demands.
    unsafe {
        boundary::call(client, Asked::Payment, result, |core, encoding| {
            let request = request.as_ref();
            let fields = request
                .ok_or_else(|| InvalidArgument::null("request"))?
                .decode(encoding)?;
            Ok(in_doubt(core, Asked::Payment, || core.micropay(&fields)))
        })
    }
}

/// Asks the gateway what became of an order, once. An order that the journal holds open is settled
/// there if the answer allows it.
///
/// Works for orders of wxpay_prepay, too. Returns WXPAY_OK (paid: the answer is verified, and amount
/// and attach agree with what this journal knows of the order; it knows nothing of another till's),
/// WXPAY_PAYING, WXPAY_NOT_PAID, WXPAY_CLOSED, WXPAY_REVERSED, WXPAY_REFUNDED, WXPAY_NOT_FOUND;
/// WXPAY_UNKNOWN if the order is being undone or was paid with an unexpected amount;
/// WXPAY_E_DUPLICATE if it was paid by another sale; WXPAY_E_NETWORK, WXPAY_E_REJECTED,
/// WXPAY_E_FORGED if there was no answer to go by. WXPAY_NOT_PAID and WXPAY_NOT_FOUND are the state
/// at this moment: an order that is in flight may still become paid.
///
/// out_trade_no: the order number. Any thread. Blocks for one connect and one answer time-out a
/// host at most (20 s each by default).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wxpay_query(
    client: *mut wxpay_client,
    out_trade_no: *const c_char,
    result: *mut *mut wxpay_result,
) -> wxpay_status {
    // SAFETY: the pointers are as the header demands.
    unsafe {
        boundary::call(client, Asked::Query, result, |core, encoding| {
            let out_trade_no = boundary::text("out_trade_no", out_trade_no, TEXT_LIMIT, encoding)?;
            Ok(core.query(&out_trade_no))
        })
    }
}

/// Undoes an order, whatever state it is in: an unpaid one is closed for ever, for a paid one the
/// money goes back. Waits until the order is old enough to be undone (15 s by default), repeats
/// until the gateway has done it, and asks to be sure.
///
/// Returns WXPAY_REVERSED; or WXPAY_UNKNOWN if that is not certain yet: the journal keeps the
/// order, and wxpay_recover or this call again goes on. WXPAY_E_BUSY: the order is in flight in
/// another call (use wxpay_cancel) or process. WXPAY_E_UNSUPPORTED: the client is configured never
/// to reverse. Never WXPAY_OK, so an undone payment cannot be taken for a good one.
///
/// out_trade_no: the order number. Any thread. Blocks for about 100 s at most with the default
/// configuration.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wxpay_reverse(
    client: *mut wxpay_client,
    out_trade_no: *const c_char,
    result: *mut *mut wxpay_result,
) -> wxpay_status {
    // SAFETY: the pointers are as the header demands.
    unsafe {
        boundary::call(client, Asked::Reverse, result, |core, encoding| {
            let out_trade_no = boundary::text("out_trade_no", out_trade_no, TEXT_LIMIT, encoding)?;
            Ok(in_doubt(core, Asked::Reverse, || {
                core.reverse(&out_trade_no)
            }))
        })
    }
}

/// From another thread (or from inside a callback): asks the call or task that is paying this order
/// to stop waiting and to undo the payment (an order of wxpay_prepay_start: to close it). Returns
/// at once; the paying call tells the ending. That may still be WXPAY_OK, if the money turns out to
/// be there: then the result has cancel_requested set, and wxpay_reverse gives it back (wxpay_refund,
/// if the payer scanned or opened the order).
///
/// Returns WXPAY_OK (delivered) or WXPAY_NOT_FOUND (this client has no such order in flight). Not
/// safe in a signal handler: set a flag there, and cancel from a callback or thread that sees it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wxpay_cancel(
    client: *mut wxpay_client,
    out_trade_no: *const c_char,
    result: *mut *mut wxpay_result,
) -> wxpay_status {
    // SAFETY: the pointers are as the header demands.
    unsafe {
        boundary::call(client, Asked::Cancel, result, |core, encoding| {
            let out_trade_no = boundary::text("out_trade_no", out_trade_no, TEXT_LIMIT, encoding)?;
            Ok(core.cancel(&out_trade_no))
        })
    }
}

/// To be called when the till starts: settles every order and refund that was in flight when the last
/// process ended, and reports those whose outcome the till may not have seen. Safe to interrupt
/// and to repeat at any time.
///
/// Returns WXPAY_OK (nothing is open any more), or WXPAY_UNKNOWN (some are still open: call it again
/// later). The result's orders is a list of results: orders.0.out_trade_no, orders.0.status,
/// orders.0.total_fee, then orders.1 and so on; a refund has out_refund_no, which an order has not;
/// open is how many of both remain.
///
/// Any thread. Blocks as long as undoing takes, one order after the other, and for one
/// journal.lease (10 s) if another process holds or held some of them; with nothing open it returns
/// at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wxpay_recover(
    client: *mut wxpay_client,
    result: *mut *mut wxpay_result,
) -> wxpay_status {
    // SAFETY: the pointers are as the header demands.
    unsafe {
        boundary::call(client, Asked::Recover, result, |core, _| {
            Ok(in_doubt(core, Asked::Recover, || core.recover()))
        })
    }
}
