//! What the ledger shows: stable JSON for people, scripts and tests.

use serde::{Deserialize, Serialize};

/// Where an order stands; in JSON as here in capitals (`NOTPAY`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum State {
    /// The number was heard of, but nothing is booked.
    #[serde(rename = "ABSENT")]
    Absent,
    /// The charge is under way: not charged, and no query sees it.
    #[serde(rename = "IN_FLIGHT")]
    InFlight,
    /// Booked, unpaid.
    #[serde(rename = "NOTPAY")]
    NotPay,
    /// The payer is at the password prompt.
    #[serde(rename = "USERPAYING")]
    UserPaying,
    /// Paid.
    #[serde(rename = "SUCCESS")]
    Success,
    /// The payment failed.
    #[serde(rename = "PAYERROR")]
    PayError,
    /// Reversed: it will never be paid, and what was paid went back.
    #[serde(rename = "REVOKED")]
    Revoked,
    /// Closed: it will never be paid.
    #[serde(rename = "CLOSED")]
    Closed,
    /// Was paid, the money went back.
    #[serde(rename = "REFUND")]
    Refund,
}

impl State {
    /// As in JSON and in `trade_state`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Absent => "ABSENT",
            Self::InFlight => "IN_FLIGHT",
            Self::NotPay => "NOTPAY",
            Self::UserPaying => "USERPAYING",
            Self::Success => "SUCCESS",
            Self::PayError => "PAYERROR",
            Self::Revoked => "REVOKED",
            Self::Closed => "CLOSED",
            Self::Refund => "REFUND",
        }
    }
}

/// Everything about one order number, for people and tests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderRecord {
    /// The merchant's order number.
    pub out_trade_no: String,
    /// Whose number it is.
    pub mch_id: String,
    /// The shop, in institution mode.
    pub sub_mch_id: Option<String>,
    /// Where it stands now.
    pub state: State,
    /// The name of the scenario it plays; `None` if nothing was booked.
    pub scenario: Option<String>,
    /// What was asked, fen; `None` if nothing was booked.
    pub total_fee: Option<i64>,
    /// ISO 4217.
    pub fee_type: Option<String>,
    /// The platform's number.
    pub transaction_id: Option<String>,
    /// Taken from the payer, fen.
    pub charged_fen: i64,
    /// Given back to the payer, fen.
    pub refunded_fen: i64,
    /// What the payer is out of pocket: charged less refunded.
    pub net_fen: i64,
    /// How many times the payer was charged.
    pub charges: u32,
    /// Well-formed, rightly signed charges received, whatever became of them.
    pub submits: u32,
    /// Queries received, counted alike.
    pub queries: u32,
    /// Reverses received, counted alike.
    pub reverses: u32,
    /// Reverses that came sooner after the submit than the documents allow.
    pub early_reverses: u32,
    /// The number belongs to another sale that was paid before this one asked for it.
    pub foreign: bool,
}

/// The whole ledger at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// Sums over all orders.
    pub totals: Totals,
    /// In the order of merchant, shop and order number.
    pub orders: Vec<OrderRecord>,
}

/// Sums over all orders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Order numbers heard of.
    pub orders: usize,
    /// Taken from payers, fen.
    pub charged_fen: i64,
    /// Given back, fen.
    pub refunded_fen: i64,
    /// Charged less refunded.
    pub net_fen: i64,
}

impl Ledger {
    /// The first order with this number.
    pub fn order(&self, out_trade_no: &str) -> Option<&OrderRecord> {
        self.orders
            .iter()
            .find(|order| order.out_trade_no == out_trade_no)
    }

    /// What payers are out of pocket for this number, fen; 0 for a number never heard of.
    pub fn net_charged(&self, out_trade_no: &str) -> i64 {
        self.orders
            .iter()
            .filter(|order| order.out_trade_no == out_trade_no)
            .map(|order| order.net_fen)
            .sum()
    }
}

/// What somebody other than the till does to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PayerAction {
    /// The payer types the password and pays.
    Pay,
    /// The payment fails: PAYERROR.
    Fail,
    /// The payer lets the phone lie: nothing happens by itself any more.
    Wait,
    /// The platform closes the unpaid order.
    Close,
    /// The merchant gives the money back by other means: REFUND.
    Refund,
}

/// Why an action is not possible.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayerError {
    /// Nothing is booked under the number.
    #[error("no order {0:?} is booked")]
    NoOrder(String),
    /// The order's state does not allow it.
    #[error("the order is {state:?}: {action:?} is not possible")]
    State {
        /// Where it stands.
        state: State,
        /// What was wanted.
        action: PayerAction,
    },
}
