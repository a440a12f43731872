//! The statuses that every call ends with. Numbers are for ever: new ones are added, none is reused.

/// How a call ended. The discriminants are the numbers of the C API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum Status {
    /// A payment call, or a query of an order: the money is there. Any other call: done.
    Ok = 0,
    /// Not charged, and this order number never will be.
    Declined = 1,
    /// Closed for ever, or the money went back.
    Reversed = 2,
    /// (query) The payer is at the password prompt.
    Paying = 3,
    /// (query) The order exists and is unpaid.
    NotPaid = 4,
    /// (query, close) The order is closed.
    Closed = 5,
    /// (query) Was paid, a refund was opened; (refund) the money went back.
    Refunded = 6,
    /// No such order.
    NotFound = 7,
    /// Accepted, the result comes later.
    Accepted = 8,
    /// (task) Started, not done yet.
    Running = 9,
    /// In doubt: hold the goods. It is in the journal.
    Unknown = 20,
    /// An argument or a request field is missing or malformed; nothing was sent.
    Argument = -1,
    /// The configuration is incomplete or wrong.
    Config = -2,
    /// The journal could not be written: the charge was not sent.
    Journal = -3,
    /// The order number is in flight in another thread or process.
    Busy = -4,
    /// The order number belongs to another sale, which was left alone.
    Duplicate = -5,
    /// Nothing was sent; or a query got no usable answer.
    Network = -6,
    /// The gateway refused the request itself without executing it.
    Rejected = -7,
    /// A notification, or the answer to a query, failed verification.
    Forged = -8,
    /// The client is closing and this call had sent nothing.
    ClientClosed = -9,
    /// This gateway does not offer the operation.
    Unsupported = -10,
    /// A bug in the library, contained.
    Internal = -11,
}

impl Status {
    /// Every status, in the order of the documentation.
    pub const ALL: [Self; 22] = [
        Self::Ok,
        Self::Declined,
        Self::Reversed,
        Self::Paying,
        Self::NotPaid,
        Self::Closed,
        Self::Refunded,
        Self::NotFound,
        Self::Accepted,
        Self::Running,
        Self::Unknown,
        Self::Argument,
        Self::Config,
        Self::Journal,
        Self::Busy,
        Self::Duplicate,
        Self::Network,
        Self::Rejected,
        Self::Forged,
        Self::ClientClosed,
        Self::Unsupported,
        Self::Internal,
    ];

    /// The number of the C API.
    pub fn code(self) -> i32 {
        self as i32
    }

    /// The status with this number.
    pub fn from_code(code: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.code() == code)
    }

    /// The name of the C API, such as `WXPAY_DECLINED`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "WXPAY_OK",
            Self::Declined => "WXPAY_DECLINED",
            Self::Reversed => "WXPAY_REVERSED",
            Self::Paying => "WXPAY_PAYING",
            Self::NotPaid => "WXPAY_NOT_PAID",
            Self::Closed => "WXPAY_CLOSED",
            Self::Refunded => "WXPAY_REFUNDED",
            Self::NotFound => "WXPAY_NOT_FOUND",
            Self::Accepted => "WXPAY_ACCEPTED",
            Self::Running => "WXPAY_RUNNING",
            Self::Unknown => "WXPAY_UNKNOWN",
            Self::Argument => "WXPAY_E_ARGUMENT",
            Self::Config => "WXPAY_E_CONFIG",
            Self::Journal => "WXPAY_E_JOURNAL",
            Self::Busy => "WXPAY_E_BUSY",
            Self::Duplicate => "WXPAY_E_DUPLICATE",
            Self::Network => "WXPAY_E_NETWORK",
            Self::Rejected => "WXPAY_E_REJECTED",
            Self::Forged => "WXPAY_E_FORGED",
            Self::ClientClosed => "WXPAY_E_CLOSED",
            Self::Unsupported => "WXPAY_E_UNSUPPORTED",
            Self::Internal => "WXPAY_E_INTERNAL",
        }
    }

    /// Below zero: this call charged nothing.
    pub fn is_error(self) -> bool {
        self.code() < 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_survives_the_round_trip_through_its_number() {
        for status in Status::ALL {
            assert_eq!(Status::from_code(status.code()), Some(status));
            assert!(status.name().starts_with("WXPAY_"));
            assert_eq!(status.is_error(), status.name().starts_with("WXPAY_E_"));
        }
        assert_eq!(Status::from_code(-12), None);
        assert_eq!(Status::from_code(10), None);
    }
}
