//! The gateways: pure codecs between orders and requests, replies and verdicts.

pub mod codes;
pub mod wechat_v2;

pub(crate) mod beijing;
pub(crate) mod paid;
pub(crate) mod rules;
pub(crate) mod vocabulary;

use crate::exchange::{Call, Reply};
use crate::fields::Fields;
use crate::outcome::Facts;
use crate::verdict::{QueryVerdict, ReverseVerdict, SubmitVerdict};

/// Randomness and time for one request, so that codecs stay pure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// 32 random characters `[0-9a-f]`.
    pub nonce: String,
    /// The gateway's clock as far as it is known, unix seconds.
    pub unix_seconds: i64,
}

/// Which order is meant, and what a paid answer must agree with. Fields that are `None` are not
/// compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// The merchant's order number.
    pub out_trade_no: String,
    /// Institution mode: whose order it is. `None` is the configured one.
    pub sub_mch_id: Option<String>,
    /// Minor units.
    pub total_fee: Option<i64>,
    /// ISO 4217; an answer that names no currency agrees with `CNY`.
    pub fee_type: Option<String>,
    /// As it was sent; a gateway that does not echo it agrees.
    pub attach: Option<String>,
    /// When the charge was submitted, on the gateway's clock (unix seconds), if that is known.
    pub submitted_at: Option<i64>,
}

/// A sale that passed every check and can be submitted.
#[derive(Clone, Debug)]
pub struct Order {
    /// What the answers must agree with (`submitted_at` is still unknown).
    pub expected: Expected,
    /// The gateway's own parameters, without nonce and signature.
    pub parameters: Fields,
    /// Vocabulary fields that this gateway has no place for.
    pub left_out: Vec<String>,
}

/// A field that cannot be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{gateway}: {field}: {rule}")]
pub struct InvalidField {
    /// The gateway whose rule it is.
    pub gateway: &'static str,
    /// The field as the till named it.
    pub field: String,
    /// What is wrong and what would be right; never the value.
    pub rule: String,
}

/// A reply that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer<V> {
    /// What it means.
    pub verdict: V,
    /// The gateway's own code (`USERPAYING`), if the reply carried one.
    pub code: Option<String>,
    /// The gateway's own text for it.
    pub code_message: Option<String>,
    /// Why the verdict is what it is, for the log; never a secret.
    pub why: String,
    /// The reply failed verification (signature missing or wrong, not about this order).
    pub forged: bool,
    /// What a verified reply says, in result-field names (`transaction_id`, `paid_at` …).
    pub facts: Facts,
}

/// One payment system.
pub trait Gateway: Send + Sync {
    /// As in the configuration: `wechat-v2`.
    fn name(&self) -> &'static str;

    /// The account whose order numbers are unique among themselves: the journal's key beside the
    /// order number. The same for every API generation of one merchant.
    fn account(&self) -> String;

    /// Checks the fields of a charge and maps them to the gateway's own.
    fn order(&self, fields: &Fields) -> Result<Order, InvalidField>;

    /// Checks an order number that is only asked about.
    fn check_out_trade_no(&self, out_trade_no: &str) -> Result<(), InvalidField>;

    /// The charge.
    fn submit(&self, order: &Order, stamp: &Stamp) -> Call;
    /// The question what became of an order.
    fn query(&self, expected: &Expected, stamp: &Stamp) -> Call;
    /// Close it if unpaid, give the money back if paid.
    fn reverse(&self, expected: &Expected, stamp: &Stamp) -> Call;

    /// Whether [`reverse`](Self::reverse) can be sent at all (v2: with a client certificate only).
    fn can_reverse(&self) -> bool;

    /// Reads the reply to a charge.
    fn read_submit(&self, expected: &Expected, reply: &Reply) -> Answer<SubmitVerdict>;
    /// Reads the reply to a query.
    fn read_query(&self, expected: &Expected, reply: &Reply) -> Answer<QueryVerdict>;
    /// Reads the reply to a reverse.
    fn read_reverse(&self, expected: &Expected, reply: &Reply) -> Answer<ReverseVerdict>;
}
