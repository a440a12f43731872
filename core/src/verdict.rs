//! What a gateway's answer means, in words that belong to no gateway.

/// The meaning of the answer to a charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SubmitVerdict {
    /// Charged: signed, and equal to what was asked.
    Paid,
    /// Refused by the payer's side; `listed` if a published table says so of this code.
    Declined {
        /// Whether the gateway's tables list the code as a refusal.
        listed: bool,
    },
    /// The order number is already in use at the gateway.
    Duplicate,
    /// The request itself was refused and provably not executed.
    Rejected,
    /// Anything else: the money may have moved.
    Unclear,
}

/// The meaning of the answer to a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum QueryVerdict {
    /// Paid: signed, and equal to what was asked.
    Paid,
    /// Paid before this order was submitted: somebody else's sale.
    Foreign,
    /// Paid, but with another amount, currency or `attach`.
    Conflict,
    /// The payer is at the password prompt.
    Paying,
    /// Exists, unpaid.
    NotPaid,
    /// The payment failed (PAYERROR); the gateway wants it reversed.
    Failed,
    /// Closed for ever.
    Closed,
    /// Reversed for ever.
    Reversed,
    /// Was paid, and a refund was opened.
    Refunded,
    /// The gateway knows no such order (yet).
    NotFound,
    /// The query itself was refused: signature, credentials, permission, parameters.
    Rejected,
    /// No usable answer.
    Unclear,
}

/// The meaning of the answer to a reverse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReverseVerdict {
    /// The gateway says it is done; a query must confirm it.
    Done,
    /// The gateway asks for the reverse to be sent again.
    Again,
    /// Refused while the payer is at the password prompt.
    PayerBusy,
    /// The gateway knows no such order.
    NotFound,
    /// Too old to be reversed.
    Expired,
    /// Refused: permission, certificate, risk control, parameters.
    Refused,
    /// Provably never left this machine.
    NotSent,
    /// No usable answer: it may have been taken.
    Unclear,
}

/// The meaning of the answer to a prepay: nothing is charged by it, a payer may pay from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PrepayVerdict {
    /// The payer can be shown what the facts hold.
    Ready,
    /// The order number was paid, closed or used with other parameters before.
    Duplicate,
    /// The request itself was refused; nobody can pay.
    Rejected,
    /// No usable answer; the same request may be sent again.
    Unclear,
}

/// The meaning of the answer to a refund, or to the question what became of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RefundVerdict {
    /// The money went back.
    Refunded,
    /// Taken on; the money goes back later.
    Processing,
    /// It ended without the money going back (closed, abnormal).
    Failed,
    /// The refund number is in use for another refund.
    Conflict,
    /// The gateway knows no such refund (yet).
    NotFound,
    /// Refused by the business (merchant balance, too old, amount); `listed` if a published table
    /// says so of this code.
    Declined {
        /// Whether the gateway's tables list the code as a refusal.
        listed: bool,
    },
    /// The request itself was refused and provably not executed.
    Rejected,
    /// The gateway asks for the same request again, under the same refund number.
    Again,
    /// Anything else: it may have been taken on.
    Unclear,
}

/// The meaning of the answer to a ride's deduction, which never says that money has moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RideVerdict {
    /// Taken on; a callback tells the end.
    Accepted,
    /// The request itself was refused and provably not executed (the access token).
    Rejected,
    /// Anything else: it may have been deducted.
    Unclear,
}
