//! Deducting rides.

use wxpay_core::guidance::Asked;

use crate::boundary::{self, InvalidArgument, in_doubt};
use crate::client::wxpay_client;
use crate::request::wxpay_request;
use crate::result::wxpay_result;
use crate::status::wxpay_status;

/// Asks for the fare of a ride to be deducted, from the WeChat ride code (chengchema) that a reader on
/// a bus or at a gate has scanned. Needs the section [ride_code] of the configuration, beside any
/// gateway.
///
/// WXPAY_ACCEPTED         the usual answer, and the best one: the deduction was taken on. THAT IS NO
///                        PAYMENT: the callback tells whether it succeeds, see wxpay_notify_decode
/// WXPAY_UNKNOWN          in doubt: it may have been deducted. It is in the journal and is never sent
///                        again; the callback tells. DO NOT DEDUCT IT UNDER ANOTHER NUMBER
/// WXPAY_OK, WXPAY_DECLINED
///                        with replayed = 1 only: the same ride was asked for before, and its
///                        callback has come since
/// below zero             this call deducted nothing: after WXPAY_E_NETWORK, WXPAY_E_REJECTED (the
///                        access token ...), WXPAY_E_JOURNAL and WXPAY_E_CLOSED the number may be used
///                        again, WXPAY_E_DUPLICATE means that it was used for another ride,
///                        WXPAY_E_BUSY that it is under way elsewhere, WXPAY_E_UNSUPPORTED that there
///                        is no [ride_code], WXPAY_E_CONFIG that something in it is missing, and what
///                        to ask Tencent for
///
/// Never WXPAY_OK for a ride that was not asked for before. There is no query and no refund: nobody
/// has published one. request needs
///
///   out_trade_no    the operator's own number of this ride, 1 to 32 characters, never used before;
///                   sent as out_order_no
///   qrcode          the scanned code as text; or qrcode_base64, its bytes in base64
///   total_fee       the fare after discount, in fen
///   original_fee    the fare before discount, in fen
///   trade_scene     BUS or METRO
///   line_name       the line
///   start_time      when the ride began, yyyyMMddHHmmss
///
/// and may have access_token (it lives for two hours and is the host's to renew; it goes before the
/// configured one, and a renewed one asks for the same ride), attach (brought back by the callback; the
/// number unless given, and else unlike that of any other ride), end_time with start_qrcode (the second
/// scan), body, machine_ip, machine_latitude and machine_longitude, see docs/ride-code.md. It is only
/// read. The ride is in the journal, on disk, before the first byte leaves; neither code nor token is.
///
/// The same number with the same fields again sends nothing: it returns what is known by now, with
/// replayed = 1. With other fields it is refused, and other_status tells what became of the other ride.
///
/// Any thread. Blocks until there is an answer: for one connect and one answer time-out at most (20 s
/// by default). Closing the client ends it; it cannot be cancelled. Events name the number, and count
/// nothing down.
///
/// Source: the ride code's document for deductions (Tencent, 2022-05-11).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wxpay_ride_pay(
    client: *mut wxpay_client,
    request: *const wxpay_request,
    result: *mut *mut wxpay_result,
) -> wxpay_status {
    // SAFETY: the pointers are as the header demands.
    unsafe {
        boundary::call(client, Asked::Ride, result, |core, encoding| {
            let request = request.as_ref();
            let fields = request
                .ok_or_else(|| InvalidArgument::null("request"))?
                .decode(encoding)?;
            Ok(in_doubt(core, Asked::Ride, || core.ride_pay(&fields)))
        })
    }
}
