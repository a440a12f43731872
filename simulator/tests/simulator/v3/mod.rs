//! APIv3, seen through a till with cryptography of its own.

mod auth;
pub(crate) mod client;
mod faults;
mod fields;
mod gateway;
mod keys;
mod prepay;
mod refunds;
mod scenarios;
