//! Orders that the payer scans or opens: made, waited for, closed.

use std::sync::Arc;

use super::{Client, Task};
use crate::fields::Fields;
use crate::outcome::Outcome;

impl Client {
    /// Makes an order that the payer scans or opens. [`Status::Ok`](crate::status::Status::Ok) means
    /// that there is something to show, not that there is money.
    pub fn prepay(&self, _fields: &Fields) -> Outcome {
        unimplemented!()
    }

    /// The same, and waits for the payment on a thread of its own: paid, or closed when
    /// `policy.prepay_window` is over or the order is cancelled. The outcome holds what to show.
    pub fn start_prepay(
        self: &Arc<Self>,
        _fields: Fields,
    ) -> Result<(Task, Outcome), Box<Outcome>> {
        unimplemented!()
    }

    /// Ends an unpaid order of [`prepay`](Self::prepay).
    pub fn close_order(&self, _out_trade_no: &str) -> Outcome {
        unimplemented!()
    }
}
