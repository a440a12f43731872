//! What a till is told where one request of a payment goes wrong, by fault.

use super::*;

/// What a till is told of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Paid,
    Reversed,
    /// Left alone: the gateway says that it was paid before this sale began.
    Foreign,
    /// Left alone: paid, but not what was asked.
    Conflict,
    /// Unknown, until a recovery undoes it once the fault is over.
    Open,
}

/// The one request that charges has this fault; everything after it works.
pub(super) fn of_a_faulty_charge(_: Api, kind: &FaultKind) -> Ending {
    use FaultKind as F;
    match kind {
        // Nothing was booked, so there is nothing to find; it is undone to be sure.
        F::DropBefore
        | F::Http {
            executed: false, ..
        }
        | F::Redirect { executed: false }
        | F::Error {
            executed: false, ..
        }
        | F::ReturnFail { executed: false }
        | F::RecallY { .. }
        | F::EmptySuccess => Ending::Reversed,
        // It was booked, and a query finds it.
        F::DropAfter
        | F::DelayBefore { .. }
        | F::DelayAfter { .. }
        | F::Http { executed: true, .. }
        | F::Redirect { executed: true }
        | F::Error { executed: true, .. }
        | F::ReturnFail { executed: true }
        | F::TradeState { .. }
        | F::Garbage
        | F::Empty
        | F::Truncated
        | F::MissingSign
        | F::WrongSign
        | F::WrongAmount
        | F::ForeignOrder
        | F::ForeignMerchant
        | F::OldTimeEnd { .. }
        | F::Doctype
        | F::DuplicateElement
        | F::Huge { .. }
        | F::Slow { .. }
        | F::Close
        | F::CloseUnannounced => Ending::Paid,
        // Of APIv3 alone.
        F::SignProbe | F::OldTimestamp { .. } | F::Replay | F::UnknownSerial | F::MissingSerial => {
            Ending::Paid
        }
        // Of Fubei alone: unreadable, as in its own sample.
        F::MissingComma => Ending::Paid,
        // See tests/hostile/.
        F::Hostile { .. } => Ending::Paid,
    }
}

/// The answer to the charge is lost after it was booked, and the first query has this fault.
pub(super) fn of_a_faulty_first_query(_: Api, kind: &FaultKind) -> Ending {
    use FaultKind as F;
    match kind {
        // Rightly signed statements about this very order are believed.
        F::WrongAmount => Ending::Conflict,
        F::OldTimeEnd { .. } => Ending::Foreign,
        F::DropBefore
        | F::DropAfter
        | F::DelayBefore { .. }
        | F::DelayAfter { .. }
        | F::Http { .. }
        | F::Redirect { .. }
        | F::Error { .. }
        | F::ReturnFail { .. }
        | F::RecallY { .. }
        | F::EmptySuccess
        | F::TradeState { .. }
        | F::Garbage
        | F::Empty
        | F::Truncated
        | F::MissingSign
        | F::WrongSign
        | F::ForeignOrder
        | F::ForeignMerchant
        | F::Doctype
        | F::DuplicateElement
        | F::Huge { .. }
        | F::Slow { .. }
        | F::Close
        | F::CloseUnannounced => Ending::Paid,
        // Of APIv3 alone.
        F::SignProbe | F::OldTimestamp { .. } | F::Replay | F::UnknownSerial | F::MissingSerial => {
            Ending::Paid
        }
        // Of Fubei alone: unreadable, as in its own sample.
        F::MissingComma => Ending::Paid,
        F::Hostile { .. } => Ending::Paid,
    }
}

/// The same, and every query has the fault.
pub(super) fn of_faulty_queries(api: Api, kind: &FaultKind) -> Ending {
    use FaultKind as F;
    match kind {
        // Its answers are not signed, and those to a merchant do not name him.
        F::MissingSign | F::WrongSign | F::ForeignMerchant if api == Api::Fubei => Ending::Paid,
        F::DelayBefore { .. } | F::DelayAfter { .. } | F::Close | F::CloseUnannounced => {
            Ending::Paid
        }
        F::WrongAmount => Ending::Conflict,
        F::OldTimeEnd { .. } => Ending::Foreign,
        F::DropBefore
        | F::DropAfter
        | F::Http { .. }
        | F::Redirect { .. }
        | F::Error { .. }
        | F::ReturnFail { .. }
        | F::RecallY { .. }
        | F::EmptySuccess
        | F::TradeState { .. }
        | F::Garbage
        | F::Empty
        | F::Truncated
        | F::MissingSign
        | F::WrongSign
        | F::ForeignOrder
        | F::ForeignMerchant
        | F::Doctype
        | F::DuplicateElement
        | F::Huge { .. }
        | F::Slow { .. } => Ending::Open,
        // Of APIv3 alone.
        F::SignProbe | F::OldTimestamp { .. } | F::Replay | F::UnknownSerial | F::MissingSerial => {
            Ending::Open
        }
        // Of Fubei alone.
        F::MissingComma => Ending::Open,
        F::Hostile { .. } => Ending::Open,
    }
}

/// The payer never types the password, and every reverse has this fault.
pub(super) fn of_faulty_reverses(api: Api, kind: &FaultKind) -> Ending {
    use FaultKind as F;
    match kind {
        // Here as well.
        F::MissingSign | F::WrongSign | F::ForeignMerchant if api == Api::Fubei => Ending::Reversed,
        // APIv3 and Fubei say which order it was.
        F::ForeignOrder if api != Api::V2 => Ending::Open,
        // It signs an empty body, too, as abroad; what it says is confirmed by a query.
        F::Empty if api == Api::V3 => Ending::Reversed,
        // The answer is readable all the same: it has no amount, time or order to be wrong about.
        F::DelayBefore { .. }
        | F::DelayAfter { .. }
        | F::TradeState { .. }
        | F::WrongAmount
        | F::ForeignOrder
        | F::OldTimeEnd { .. }
        | F::Close
        | F::CloseUnannounced => Ending::Reversed,
        F::DropBefore
        | F::DropAfter
        | F::Http { .. }
        | F::Redirect { .. }
        | F::Error { .. }
        | F::ReturnFail { .. }
        | F::RecallY { .. }
        | F::EmptySuccess
        | F::Garbage
        | F::Empty
        | F::Truncated
        | F::MissingSign
        | F::WrongSign
        | F::ForeignMerchant
        | F::Doctype
        | F::DuplicateElement
        | F::Huge { .. }
        | F::Slow { .. } => Ending::Open,
        // Of APIv3 alone.
        F::SignProbe | F::OldTimestamp { .. } | F::Replay | F::UnknownSerial | F::MissingSerial => {
            Ending::Open
        }
        // Of Fubei alone.
        F::MissingComma => Ending::Open,
        F::Hostile { .. } => Ending::Open,
    }
}
