//! Notifications that the host's web server received.

use std::ffi::c_char;

use wxpay_core::guidance::Asked;

use crate::boundary::{self, DOCUMENT_LIMIT, TEXT_LIMIT};
use crate::client::wxpay_client;
use crate::result::wxpay_result;
use crate::status::wxpay_status;

/// Proves and decrypts a notification that the till's own web server received, compares it with the
/// journal, and brings that up to date. Nothing in it is believed before its signature is verified;
/// a proven message about an amount or order that does not agree with the journal is no payment.
///
/// WXPAY_OK               notification is "payment": THE MONEY IS THERE for out_trade_no; "ride": the
///                        fare was deducted
/// WXPAY_REFUNDED         "refund": the money of out_refund_no went back
/// WXPAY_ACCEPTED         "refund": still under way
/// WXPAY_DECLINED         "refund": it failed, no money went back; "payment": it failed; "ride": the
///                        fare could not be deducted
/// WXPAY_UNKNOWN          proven, but it does not agree with what this journal knows: another amount,
///                        an order that is being undone, or a callback about a ride that contradicts
///                        an earlier one
/// WXPAY_E_DUPLICATE      proven, but the order number was paid by another sale
/// WXPAY_E_FORGED         not proven: signature, key, age or encryption is wrong
/// WXPAY_E_ARGUMENT       not a notification at all
/// other below zero       WXPAY_E_JOURNAL, WXPAY_E_CLOSED, WXPAY_E_UNSUPPORTED
///
/// Whatever it returns, answer the HTTP request with the result's fields reply_status (an HTTP
/// status), reply_type (a content type) and reply (the body, possibly empty), within 5 seconds: they
/// tell the gateway that it is done, or to send it again. The journal may not know the order (known is 0):
/// then compare total_fee with the sale yourself. A notification may come twice, late, or never, so
/// bring the books up to date once for each order, and wxpay_query remains the way to be sure.
///
/// Callbacks of the ride code are told from the gateway's own by their form, and need the section
/// [ride_code] (WXPAY_E_UNSUPPORTED without it, WXPAY_E_CONFIG if keys are missing); headers are not
/// looked at. out_trade_no is the operator's own number of the ride if the journal knows it (known is 1),
/// and else the callback's. Nothing else tells what became of a ride. The first WXPAY_OK or
/// WXPAY_DECLINED settles it; a failure that is made good later becomes WXPAY_OK.
///
/// headers: the request's header lines, "Name: value", ended by LF or CR LF, as they were received,
/// at most 65536 bytes; ASCII whatever the client's encoding. body: its body_length bytes, exactly
/// as they were received, which may be any; at most 1048576. NULL if body_length is 0.
///
/// Any thread. Sends nothing and does not block, save with APIv3: the first time it asks the gateway
/// for its time (3 s at most), and a key that is not known yet is fetched once (one connect and one
/// answer time-out a host at most).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wxpay_notify_decode(
    client: *mut wxpay_client,
    headers: *const c_char,
    body: *const c_char,
    body_length: usize,
    result: *mut *mut wxpay_result,
) -> wxpay_status {
    // SAFETY: the pointers are as the header demands.
    unsafe {
        boundary::call(client, Asked::Notification, result, |core, _| {
            let headers = boundary::bytes("headers", headers, TEXT_LIMIT)?;
            let body = boundary::data("body", body, body_length, DOCUMENT_LIMIT)?;
            // The headers that count are ASCII; a stray byte in another one is no reason to refuse.
            Ok(core.notify_decode(&String::from_utf8_lossy(headers), body))
        })
    }
}
