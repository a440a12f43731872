//! How calls end.

use std::ffi::{CStr, c_char};

use wxpay_core::status::Status;

use crate::boundary::guarded;

/// How a call ended: one of the WXPAY_ constants below. Numbers are for ever: new ones are added,
/// none is reused, so treat a number that you do not know like WXPAY_UNKNOWN if it is above zero,
/// and like WXPAY_E_INTERNAL if it is below. Below zero means: this call charged nothing and gave
/// nothing back.
pub type wxpay_status = i32;

/// wxpay_micropay, wxpay_task_wait, wxpay_query, wxpay_notify_decode: THE MONEY IS THERE; signature,
/// order number, merchant and amount were compared with what was asked. wxpay_prepay: there is
/// something to show, AND NOBODY HAS PAID YET. Any other call: done; those that reverse, close or
/// refund never end so.
pub const WXPAY_OK: wxpay_status = 0;
/// Not charged, and this order number never will be. The next attempt needs a new one. (refund)
/// Refused or failed: no money has gone back.
pub const WXPAY_DECLINED: wxpay_status = 1;
/// Closed for ever, or the money went back: the good ending of wxpay_reverse, and of a payment
/// that had to be undone. The next attempt needs a new order number.
pub const WXPAY_REVERSED: wxpay_status = 2;
/// (query) The payer is at the password prompt.
pub const WXPAY_PAYING: wxpay_status = 3;
/// (query) The order exists and is unpaid, now.
pub const WXPAY_NOT_PAID: wxpay_status = 4;
/// (query, close, task) The order is closed: it was not paid and never will be.
pub const WXPAY_CLOSED: wxpay_status = 5;
/// (query, payment) The order was paid, and a refund was opened since. (refund, notification) The
/// money went back.
pub const WXPAY_REFUNDED: wxpay_status = 6;
/// (query) The gateway has no such order or refund, now. (cancel) This client has no such order in
/// flight.
pub const WXPAY_NOT_FOUND: wxpay_status = 7;
/// (refund, notification) Taken on: the money goes back later.
pub const WXPAY_ACCEPTED: wxpay_status = 8;
/// (task) Started, not done yet.
pub const WXPAY_RUNNING: wxpay_status = 9;
/// In doubt: hold the goods. Whether money moved is not known yet; the order is in the journal,
/// and wxpay_recover or wxpay_query settles it. Never charge the sale again meanwhile. (refund) The
/// money may be on its way back: never refund it under another refund number.
pub const WXPAY_UNKNOWN: wxpay_status = 20;
/// An argument or a field is missing, malformed or too long; wxpay_result_message names it and
/// the rule. Nothing was sent.
pub const WXPAY_E_ARGUMENT: wxpay_status = -1;
/// The configuration cannot be read, or is incomplete or wrong: a file, a key, a certificate.
pub const WXPAY_E_CONFIG: wxpay_status = -2;
/// The journal cannot be opened or written. A charge or refund was not sent, because it could not
/// have been remembered.
pub const WXPAY_E_JOURNAL: wxpay_status = -3;
/// This order or refund number is in flight in another thread or process.
pub const WXPAY_E_BUSY: wxpay_status = -4;
/// This order number belongs to another sale; the result shows that sale's state. It was left
/// alone. Find out first whether that sale is this one under other parameters (a code scanned
/// again): if it is not settled, hold the goods; only then charge under a new order number.
/// (refund) The refund number was used for another refund.
pub const WXPAY_E_DUPLICATE: wxpay_status = -5;
/// A charge, a refund: nothing was sent, and the same number may be tried again. A query: no usable
/// answer.
pub const WXPAY_E_NETWORK: wxpay_status = -6;
/// The gateway refused the request itself without executing it: signature, credentials,
/// permission, parameters. Something in the set-up is wrong.
pub const WXPAY_E_REJECTED: wxpay_status = -7;
/// A notification, or the answer to a query, failed verification and was not believed.
pub const WXPAY_E_FORGED: wxpay_status = -8;
/// The client is closing and this call had sent nothing. (One that had ends as WXPAY_UNKNOWN.)
pub const WXPAY_E_CLOSED: wxpay_status = -9;
/// The gateway, as it is configured, does not offer the operation.
pub const WXPAY_E_UNSUPPORTED: wxpay_status = -10;
/// A bug in the library, contained; the client stays usable. (After a charge or refund was sent a
/// bug ends as WXPAY_UNKNOWN.)
pub const WXPAY_E_INTERNAL: wxpay_status = -11;

/// The name of a status, such as "WXPAY_DECLINED": ASCII, static, never NULL. For a number that
/// is no status of this version: "WXPAY_?". Any thread.
#[unsafe(no_mangle)]
pub extern "C" fn wxpay_status_name(status: wxpay_status) -> *const c_char {
    guarded(c"WXPAY_?".as_ptr(), || name(status).as_ptr())
}

/// The core's names as static C strings.
fn name(status: wxpay_status) -> &'static CStr {
    Status::from_code(status).map_or(c"WXPAY_?", |status| match status {
        Status::Ok => c"WXPAY_OK",
        Status::Declined => c"WXPAY_DECLINED",
        Status::Reversed => c"WXPAY_REVERSED",
        Status::Paying => c"WXPAY_PAYING",
        Status::NotPaid => c"WXPAY_NOT_PAID",
        Status::Closed => c"WXPAY_CLOSED",
        Status::Refunded => c"WXPAY_REFUNDED",
        Status::NotFound => c"WXPAY_NOT_FOUND",
        Status::Accepted => c"WXPAY_ACCEPTED",
        Status::Running => c"WXPAY_RUNNING",
        Status::Unknown => c"WXPAY_UNKNOWN",
        Status::Argument => c"WXPAY_E_ARGUMENT",
        Status::Config => c"WXPAY_E_CONFIG",
        Status::Journal => c"WXPAY_E_JOURNAL",
        Status::Busy => c"WXPAY_E_BUSY",
        Status::Duplicate => c"WXPAY_E_DUPLICATE",
        Status::Network => c"WXPAY_E_NETWORK",
        Status::Rejected => c"WXPAY_E_REJECTED",
        Status::Forged => c"WXPAY_E_FORGED",
        Status::ClientClosed => c"WXPAY_E_CLOSED",
        Status::Unsupported => c"WXPAY_E_UNSUPPORTED",
        Status::Internal => c"WXPAY_E_INTERNAL",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_and_names_are_those_of_the_core() {
        for status in Status::ALL {
            let constant = match status {
                Status::Ok => WXPAY_OK,
                Status::Declined => WXPAY_DECLINED,
                Status::Reversed => WXPAY_REVERSED,
                Status::Paying => WXPAY_PAYING,
                Status::NotPaid => WXPAY_NOT_PAID,
                Status::Closed => WXPAY_CLOSED,
                Status::Refunded => WXPAY_REFUNDED,
                Status::NotFound => WXPAY_NOT_FOUND,
                Status::Accepted => WXPAY_ACCEPTED,
                Status::Running => WXPAY_RUNNING,
                Status::Unknown => WXPAY_UNKNOWN,
                Status::Argument => WXPAY_E_ARGUMENT,
                Status::Config => WXPAY_E_CONFIG,
                Status::Journal => WXPAY_E_JOURNAL,
                Status::Busy => WXPAY_E_BUSY,
                Status::Duplicate => WXPAY_E_DUPLICATE,
                Status::Network => WXPAY_E_NETWORK,
                Status::Rejected => WXPAY_E_REJECTED,
                Status::Forged => WXPAY_E_FORGED,
                Status::ClientClosed => WXPAY_E_CLOSED,
                Status::Unsupported => WXPAY_E_UNSUPPORTED,
                Status::Internal => WXPAY_E_INTERNAL,
            };
            assert_eq!(constant, status.code(), "{status:?}");
            assert_eq!(name(constant).to_str(), Ok(status.name()));
        }
        assert_eq!(name(10), c"WXPAY_?");
        assert_eq!(name(i32::MIN), c"WXPAY_?");
    }
}
