//! The C library: converts, calls `wxpay-core`, converts back. No rule about money lives here.
//!
//! One file a C type; its doc comments are the documentation in `include/wxpay.h`, which the build
//! script generates by way of `src/wxpay.h.in`.
//!
//! * [`library`][]: version.
//! * [`status`][]: the numbers that calls end with.
//! * [`client`][]: opening, callbacks, closing.
//! * [`request`][]: the fields of a sale.
//! * [`payment`][]: the blocking calls of an in-person payment.
//! * [`task`][]: the same without blocking.
//! * [`prepay`][]: orders that the payer scans or opens.
//! * [`refund`][]: giving money back.
//! * [`ride`][]: deducting rides.
//! * [`notify`][]: notifications that the host's web server received.
//! * [`invoke`][]: any of them by name, JSON in.
//! * [`result`][]: what a call ended with.
//! * `boundary`: foreign memory, panics and NULL stop there.
//! * `encoding`: UTF-8 and GBK.

#![expect(non_camel_case_types, reason = "types carry the names of the C API")]
#![expect(
    clippy::missing_safety_doc,
    reason = "the header's introduction states the rules for pointers once, for all functions"
)]

mod boundary;
pub mod client;
mod encoding;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
pub mod invoke;
pub mod library;
pub mod notify;
pub mod payment;
pub mod prepay;
pub mod refund;
pub mod request;
pub mod result;
pub mod ride;
pub mod status;
pub mod task;
