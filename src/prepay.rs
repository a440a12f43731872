//! Orders that the payer scans or opens.

use std::ffi::c_char;

use wxpay_core::guidance::Asked;
use wxpay_core::status::Status;

use crate::boundary::{self, InvalidArgument, TEXT_LIMIT, contained, in_doubt};
use crate::client::wxpay_client;
use crate::request::wxpay_request;
use crate::result::wxpay_result;
use crate::status::wxpay_status;
use crate::task::wxpay_task;

/// Makes an order that the payer pays on the phone: by scanning a code that the shop shows
/// (trade_type NATIVE), in WeChat or in a mini program (JSAPI), in the phone's browser (H5) or in
/// the shop's own app (APP). docs/prepay.md has the fields of each. Fubei has NATIVE alone, and makes
/// codes for WeChat and for Alipay.
///
/// WXPAY_OK               THERE IS SOMETHING TO SHOW, AND NOBODY HAS PAID YET: WXPAY_IS_PAID is not
///                        for this status. The result has code_url (draw it as a QR code), h5_url
///                        (open it), or prepay_id and pay_params: what the front end needs, signed,
///                        as JSON, and one by one as pay.timeStamp, pay.paySign and so on
/// WXPAY_E_DUPLICATE      the order number was paid, closed, or used with other fields before
/// other below zero       this call has nothing to show, so nobody can pay because of it. After
///                        WXPAY_E_NETWORK, WXPAY_E_FORGED, WXPAY_E_JOURNAL and WXPAY_E_CLOSED the
///                        same call again, with the same fields, is safe. What was shown before
///                        under this number may still be paid
///
/// The money is proven by wxpay_query, by wxpay_notify_decode, or by waiting with
/// wxpay_prepay_start; what a front end says about its payment proves nothing. An order that is not
/// wanted any more is ended by wxpay_close.
///
/// request: see wxpay_request_set, with trade_type and without auth_code; it is only read. The same
/// order number with the same fields may be asked for again as long as it is unpaid, which renews what
/// is shown. The order is in the journal before anything is sent. wxpay_recover leaves it alone.
///
/// Any thread. Blocks for a second or so. If the gateway does not answer, it is asked three times: for
/// three connect and three answer time-outs a host at most (20 s each by default), and one more of
/// each if the order number is taken.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wxpay_prepay(
    client: *mut wxpay_client,
    request: *const wxpay_request,
    result: *mut *mut wxpay_result,
) -> wxpay_status {
    // SAFETY: the pointers are as the header demands.
    unsafe {
        boundary::call(client, Asked::Prepay, result, |core, encoding| {
            let request = request.as_ref();
            let fields = request
                .ok_or_else(|| InvalidArgument::null("request"))?
                .decode(encoding)?;
            Ok(in_doubt(core, Asked::Prepay, || core.prepay(&fields)))
        })
    }
}

/// Makes an order as wxpay_prepay does, and waits for its payment on a thread of the library: asks
/// until it is paid, and closes the order when time is over (policy.prepay_window) or when
/// wxpay_cancel is called for it. Events come on that thread.
///
/// Returns WXPAY_RUNNING, and the result has what to show, as that of wxpay_prepay; task is where
/// the handle goes, to be freed with wxpay_task_free. Otherwise returns what wxpay_prepay returns,
/// and puts NULL into task: nothing is waited for.
///
/// wxpay_task_wait then returns WXPAY_OK (paid: hand over the goods), WXPAY_REVERSED (closed unpaid:
/// it never will be paid), WXPAY_REFUNDED, or WXPAY_UNKNOWN (in doubt: hold the goods; wxpay_recover
/// or wxpay_query settles it). A task that dies with its process leaves the order to wxpay_recover,
/// which reports it or closes it.
///
/// Any thread. Blocks as wxpay_prepay does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wxpay_prepay_start(
    client: *mut wxpay_client,
    request: *const wxpay_request,
    task: *mut *mut wxpay_task,
    result: *mut *mut wxpay_result,
) -> wxpay_status {
    // SAFETY: the pointers are as the header demands.
    unsafe {
        boundary::output(task, std::ptr::null_mut());
        boundary::call(client, Asked::Prepay, result, |core, encoding| {
            if task.is_null() {
                return Err(InvalidArgument::null("task"));
            }
            let request = request.as_ref();
            let fields = request
                .ok_or_else(|| InvalidArgument::null("request"))?
                .decode(encoding)?;
            Ok(match contained(|| core.start_prepay(fields)) {
                Ok(Ok((started, outcome))) => {
                    boundary::hand_over(task, wxpay_task::new(started, core, encoding));
                    outcome
                }
                Ok(Err(outcome)) => *outcome,
                Err(bug) => boundary::refusal(Some(core), Asked::Prepay, Status::Unknown, bug.0),
            })
        })
    }
}

/// Ends an unpaid order of wxpay_prepay, so that nobody can pay it any more.
///
/// Returns WXPAY_CLOSED, confirmed by a query. WXPAY_E_REJECTED: it was not closed, as code says; with
/// code ORDERPAID it is paid, and was left alone (wxpay_refund gives the money back). WXPAY_REFUNDED:
/// it was paid, and a refund was opened. WXPAY_NOT_FOUND: there is no such order. WXPAY_UNKNOWN: that
/// it is closed is not certain (call it again; if this journal knows the order, wxpay_recover goes on,
/// too). WXPAY_E_BUSY: the order is being waited for in a task (use wxpay_cancel) or in another
/// process. WXPAY_E_ARGUMENT: an order of wxpay_micropay cannot be closed; use wxpay_reverse. Never
/// WXPAY_OK.
///
/// out_trade_no: the order number. Any thread. Blocks as wxpay_reverse does at most, and for a second
/// or so if the gateway answers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wxpay_close(
    client: *mut wxpay_client,
    out_trade_no: *const c_char,
    result: *mut *mut wxpay_result,
) -> wxpay_status {
    // SAFETY: the pointers are as the header demands.
    unsafe {
        boundary::call(client, Asked::Close, result, |core, encoding| {
            let out_trade_no = boundary::text("out_trade_no", out_trade_no, TEXT_LIMIT, encoding)?;
            Ok(in_doubt(core, Asked::Close, || {
                core.close_order(&out_trade_no)
            }))
        })
    }
}
