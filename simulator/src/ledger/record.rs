//! What the ledger shows: stable JSON for people, scripts and tests.

use serde::{Deserialize, Serialize};

use crate::ride::RideRecord;

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
    /// Whose number it is; a Fubei merchant's `merchant_id`.
    pub mch_id: String,
    /// The shop, in institution mode.
    pub sub_mch_id: Option<String>,
    /// Where it stands now.
    pub state: State,
    /// The name of the scenario it plays; `None` if nothing was booked, or by a prepay.
    pub scenario: Option<String>,
    /// `MICROPAY`, or what a prepay asked for; `None` if nothing was booked.
    pub trade_type: Option<String>,
    /// What was asked, fen; `None` if nothing was booked.
    pub total_fee: Option<i64>,
    /// ISO 4217.
    pub fee_type: Option<String>,
    /// The platform's number; Fubei's `order_sn`.
    pub transaction_id: Option<String>,
    /// Taken from the payer, fen.
    pub charged_fen: i64,
    /// Given back to the payer, fen.
    pub refunded_fen: i64,
    /// What the payer is out of pocket: charged less refunded.
    pub net_fen: i64,
    /// How many times the payer was charged.
    pub charges: u32,
    /// Well-formed, rightly signed charges or prepays received, whatever became of them.
    pub submits: u32,
    /// Queries received, counted alike.
    pub queries: u32,
    /// Reverses received, counted alike.
    pub reverses: u32,
    /// Reverses that came sooner after the submit than the documents allow.
    pub early_reverses: u32,
    /// Closes received, counted alike.
    pub closes: u32,
    /// The number belongs to another sale that was paid before this one asked for it.
    pub foreign: bool,
}

/// Where a refund stands; in JSON as here in capitals (`PROCESSING`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RefundState {
    /// The number was heard of, but no refund was opened.
    Absent,
    /// Opened: the money is on its way.
    Processing,
    /// The payer has the money.
    Success,
    /// The bank did not take it: somebody has to see to it.
    Abnormal,
    /// Ended without the money moving.
    Closed,
}

impl RefundState {
    /// As in JSON and in APIv3's `status`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Absent => "ABSENT",
            Self::Processing => "PROCESSING",
            Self::Success => "SUCCESS",
            Self::Abnormal => "ABNORMAL",
            Self::Closed => "CLOSED",
        }
    }
}

/// Everything about one refund number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundRecord {
    /// The merchant's refund number.
    pub out_refund_no: String,
    /// Whose number it is.
    pub mch_id: String,
    /// The shop, in institution mode.
    pub sub_mch_id: Option<String>,
    /// The platform's number; `None` if no refund was opened.
    pub refund_id: Option<String>,
    /// The order whose money goes back; `None` if no refund was opened.
    pub out_trade_no: Option<String>,
    /// What goes back, fen; `None` if no refund was opened.
    pub refund_fee: Option<i64>,
    /// Where it stands now. Only a `SUCCESS` is counted in [`OrderRecord::refunded_fen`].
    pub state: RefundState,
    /// Well-formed, rightly signed refund requests received, whatever became of them.
    pub submits: u32,
    /// Queries received, counted alike.
    pub queries: u32,
}

/// The whole ledger at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// Sums over all orders.
    pub totals: Totals,
    /// In the order of merchant, shop and order number.
    pub orders: Vec<OrderRecord>,
    /// In the order of merchant, shop and refund number.
    pub refunds: Vec<RefundRecord>,
    /// In the order of arrival. They are no orders, and in no total.
    pub rides: Vec<RideRecord>,
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

    /// The first refund with this number.
    pub fn refund(&self, out_refund_no: &str) -> Option<&RefundRecord> {
        self.refunds
            .iter()
            .find(|refund| refund.out_refund_no == out_refund_no)
    }

    /// The first ride with this number.
    pub fn ride(&self, out_order_no: &str) -> Option<&RideRecord> {
        self.rides
            .iter()
            .find(|ride| ride.out_order_no.as_deref() == Some(out_order_no))
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
    /// The payer types the password and pays, or pays an order made by prepay.
    Pay,
    /// The payment fails: PAYERROR, or NOTPAY as before if the order was made by prepay.
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

/// What somebody other than the till does to a refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RefundAction {
    /// The payer gets the money: SUCCESS.
    Succeed,
    /// The bank refuses it: ABNORMAL.
    Fail,
    /// Nothing happens by itself any more: it stays PROCESSING.
    Wait,
    /// It ends without the money moving: CLOSED.
    Close,
}

/// Why an action is not possible.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefundError {
    /// No refund was opened under the number.
    #[error("no refund {0:?} was opened")]
    NoRefund(String),
    /// The refund's state does not allow it.
    #[error("the refund is {state:?}: {action:?} is not possible")]
    State {
        /// Where it stands.
        state: RefundState,
        /// What was wanted.
        action: RefundAction,
    },
}
