//! Fubei, seen through a till with code of its own.

mod callbacks;
pub(crate) mod client;
mod envelope;
mod faults;
mod fields;
mod gateway;
mod refunds;
mod scenarios;
