//! Giving money back.

use super::Client;
use crate::fields::Fields;
use crate::outcome::Outcome;

impl Client {
    /// Gives money back, whole or in part, and blocks until the gateway has taken it on or refused.
    pub fn refund(&self, _fields: &Fields) -> Outcome {
        unimplemented!()
    }

    /// Asks what became of a refund.
    pub fn refund_query(&self, _out_refund_no: &str) -> Outcome {
        unimplemented!()
    }
}
