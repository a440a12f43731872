//! Proofs that tills are told the truth: the policies explored exhaustively ([`explore`]).

pub mod explore;
