//! Proofs that tills are told the truth.
//!
//! * [`run`]: one seed is one run of a whole shop in virtual time: the real client, policy and codecs
//!   against a gateway that keeps books, over a network where everything goes wrong.
//! * [`explore`]: the policies alone, in every state that they can reach.
//!
//! `README.md` says what is assumed of the gateway, and how a seed is replayed.

pub mod explore;
pub mod memory;

mod answers;
mod ledger;
mod plan;
mod prepay;
mod process;
mod rules;
mod run;
mod tally;
mod wire;
mod world;

pub use run::{Report, run};
pub use tally::Tally;
