//! The ride code, seen through an operator with cryptography of another library.

mod callbacks;
pub(crate) mod client;
mod deduct;
