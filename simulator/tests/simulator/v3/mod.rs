//! APIv3, seen through a till with cryptography of its own.

mod auth;
mod client;
mod faults;
mod fields;
mod gateway;
mod keys;
mod scenarios;
