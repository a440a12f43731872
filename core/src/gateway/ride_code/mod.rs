//! The WeChat ride code (乘车码): a reader scans the passenger's code, the fare is deducted without a
//! password, and an encrypted callback tells whether it was.
//!
//! There is no query and no refund that anybody has published, so an answer that is not clear stays
//! unknown until the callback comes, and nothing is ever sent twice.
//!
//! `fields` and `request` turn a till's fields into the request, `answer` reads the reply. `sign` and
//! `notice` verify and decrypt callbacks, `facts` says what they mean.
//!
//! Source: "扫码支付" of the mini-program ride code (乘车码), 2022-05-11.

mod answer;
mod facts;
mod fields;
mod notice;
mod request;
mod sign;
#[cfg(test)]
mod tests;

mod inspect;

use std::fmt;

use crate::config::{RideCodeConfig, Secret};
use crate::exchange::{Call, Reply};
use crate::fields::Fields;
use crate::gateway::{Answer, InvalidField};
use crate::outcome::Facts;
use crate::verdict::{QueryVerdict, RideVerdict};

pub use self::notice::{acknowledgement, is_callback};

/// As in the result field `gateway` and in the journal.
pub const NAME: &str = "ride-code";

/// Whom to ask for what is published nowhere.
const TENCENT: &str =
    "Tencent, who gives it to each operator (the ride code's documents name city_api@tencent.com)";

/// The ride code of one operator.
pub struct RideCode {
    config: RideCodeConfig,
}

/// A ride that passed every check and can be deducted.
#[derive(Clone)]
pub struct Ride {
    /// What its callback must agree with.
    pub expected: ExpectedRide,
    /// The body, without anything that the library does not send. A position is decimal text here,
    /// and is sent as a number of the same digits.
    pub parameters: Facts,
    /// Vocabulary fields that this gateway has no place for.
    pub left_out: Vec<String>,
    /// For the address, if that wants one.
    access_token: Option<Secret>,
}

/// `Debug` shows neither parameters nor token: they hold the passenger's code.
impl fmt::Debug for Ride {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ride")
            .field("expected", &self.expected)
            .field("left_out", &self.left_out)
            .finish_non_exhaustive()
    }
}

/// Which ride is meant, and what its callback must agree with. `None` is not compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExpectedRide {
    /// The operator's number, sent as `out_order_no`.
    pub out_trade_no: String,
    /// Fen, after discount.
    pub total_fee: Option<i64>,
    /// As it was sent: the till's own, or else the number.
    pub attach: Option<String>,
}

/// Why a ride cannot be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RideRefusal {
    /// A field.
    #[error(transparent)]
    Field(#[from] InvalidField),
    /// Something that Tencent has to tell is not configured: which key, and what to ask for.
    #[error("{0}")]
    NotConfigured(String),
}

/// A verified callback.
#[derive(Clone, PartialEq)]
pub struct RideNotice {
    /// `out_trade_no` of the callback: the operator's number or one of the platform's own, the
    /// documents do not say.
    pub out_trade_no: String,
    /// As it was sent with the ride.
    pub attach: Option<String>,
    /// The decrypted message, in its own words.
    pub message: Facts,
}

/// `Debug` does not show the message: it holds the passenger's code and id.
impl fmt::Debug for RideNotice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RideNotice")
            .field("out_trade_no", &self.out_trade_no)
            .finish_non_exhaustive()
    }
}

/// Why a callback is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RideNoticeError {
    /// Something that Tencent has to tell is not configured: which key, and what to ask for.
    #[error("{0}")]
    NotConfigured(String),
    /// Not a callback at all, before anything was decrypted or verified.
    #[error("not a ride-code callback: {0}")]
    Malformed(String),
    /// Not verified. Whoever sent it is told no more than that: the reason is for the log alone.
    #[error("the callback is not verified")]
    Forged {
        /// What is wrong; never a secret, and never for the sender.
        detail: String,
    },
}

impl RideCode {
    /// The gateway with this configuration, which was checked when it was read.
    pub fn new(config: RideCodeConfig) -> Self {
        Self { config }
    }

    /// Whether enough is configured to read callbacks. A gate that only deducts has them read elsewhere.
    pub fn reads_callbacks(&self) -> bool {
        self.config.sign.is_some() && self.config.seal.is_some()
    }

    /// See [`super::Gateway::account`].
    pub fn account(&self) -> String {
        format!("ride_code:{}", self.config.mch_id)
    }

    /// Checks the fields of a ride and maps them to the body.
    pub fn ride(&self, fields: &Fields) -> Result<Ride, RideRefusal> {
        self.build_ride(fields)
    }

    /// The deduction; never sent twice.
    pub fn deduct(&self, ride: &Ride) -> Call {
        self.build_deduct(ride)
    }

    /// Reads the reply to it. Nothing that it says means that money has moved.
    pub fn read_deduct(&self, reply: &Reply) -> Answer<RideVerdict> {
        answer::read(reply)
    }

    /// Verifies and decrypts a callback.
    pub fn open(&self, body: &[u8]) -> Result<RideNotice, RideNoticeError> {
        self.open_callback(body)
    }

    /// What a verified callback means for a ride: `Paid`, `Failed`, `Conflict` or `Unclear`. The number
    /// in it is not compared: it may be the platform's own.
    pub fn judge(&self, notice: &RideNotice, expected: &ExpectedRide) -> Answer<QueryVerdict> {
        facts::judge(notice, expected)
    }
}
