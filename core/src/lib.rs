//! In-person payments by WeChat, as a blocking and thread-safe library.
//!
//! The map of the house, in reading order:
//!
//! * [`status`], [`fields`], [`outcome`]: what a till hands in and what it gets back.
//! * [`verdict`]: what a gateway's answer means, in words that no gateway owns.
//! * [`policy`]: pure. The payment state machine: events in, actions out.
//! * [`gateway`]: pure. One folder a gateway; builds requests, reads answers into verdicts.
//! * [`exchange`]: one request and its reply, between gateway and transport.
//! * [`signal`]: how a call that waits is cancelled from another thread.
//! * [`clock`]: the only file that reads a clock or sleeps.
//! * [`transport`]: HTTPS with pooled connections; knows whether a byte of a request has left.
//! * [`journal`]: the durable record of orders.
//! * [`crypto`]: digests, keys and certificates.
//! * [`json`]: JSON from outside, read strictly.
//! * [`config`]: TOML in, checked typed configuration out.
//! * [`guidance`]: what the cashier reads and what the till should do, for every outcome and code.
//! * [`client`]: the driver that runs the policy against all of the above.

#![forbid(unsafe_code)]

pub mod client;
pub mod clock;
pub mod config;
pub mod crypto;
pub mod exchange;
pub mod fields;
pub mod gateway;
pub mod guidance;
pub mod journal;
pub mod json;
pub mod outcome;
pub mod policy;
pub mod signal;
pub mod status;
pub mod transport;
pub mod verdict;
