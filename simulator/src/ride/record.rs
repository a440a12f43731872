//! What the ledger shows of rides.

use serde::{Deserialize, Serialize};

/// Where a ride stands; in JSON as here in capitals (`ACCEPTED`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RideState {
    /// The number was heard of, but nothing is deducted.
    Absent,
    /// Taken; nothing is deducted yet.
    Accepted,
    /// Deducted.
    Success,
    /// It could not be deducted.
    Fail,
}

impl RideState {
    /// As in JSON and in `trade_state`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Absent => "ABSENT",
            Self::Accepted => "ACCEPTED",
            Self::Success => "SUCCESS",
            Self::Fail => "FAIL",
        }
    }
}

/// Everything about one ride.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RideRecord {
    /// The operator's number; `None` if the request had none.
    pub out_order_no: Option<String>,
    /// What the operator wants back in the callback.
    pub attach: Option<String>,
    /// What was asked, fen, after discount; `None` if nothing was accepted.
    pub total_fee: Option<i64>,
    /// Where it stands now.
    pub state: RideState,
    /// The name of the scenario it plays.
    pub scenario: String,
    /// The platform's number; `None` if nothing was accepted.
    pub transaction_id: Option<String>,
    /// Taken from the passenger, fen.
    pub charged_fen: i64,
    /// How many times the passenger was charged.
    pub charges: u32,
    /// Right requests received, whatever became of them.
    pub requests: u32,
}

/// What the platform does to a ride that it has accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RideAction {
    /// The passenger is charged: SUCCESS.
    Succeed,
    /// He cannot be: FAIL.
    Fail,
    /// Nothing happens by itself any more: it stays ACCEPTED.
    Wait,
}

/// Why callbacks cannot be sent somewhere.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RideCallbackError {
    /// There is no ride-code platform.
    #[error("there is no ride-code platform; start with --ride-code, or with settings.ride_code")]
    NoRides,
    /// It is no HTTP or HTTPS URL, or has parameters.
    #[error("callbacks of rides cannot be sent there: it is {0}")]
    Url(String),
}

/// Why an action is not possible.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RideError {
    /// No ride was accepted under the number.
    #[error("no ride {0:?} was accepted")]
    NoRide(String),
    /// It has ended.
    #[error("the ride is {state:?}: {action:?} is not possible")]
    State {
        /// Where it stands.
        state: RideState,
        /// What was wanted.
        action: RideAction,
    },
}
