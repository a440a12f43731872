//! The gateways: pure codecs between orders and requests, replies and verdicts.

pub mod codes;
pub mod fubei;
pub mod refund_codes;
pub mod ride_code;
pub mod wechat_v2;
pub mod wechat_v3;

pub(crate) mod beijing;
pub(crate) mod paid;
pub(crate) mod prepaid;
pub(crate) mod refunded;
pub(crate) mod results;
pub(crate) mod rules;
pub(crate) mod vocabulary;

use std::fmt;

use crate::exchange::{Call, Reply};
use crate::fields::Fields;
use crate::outcome::Facts;
use crate::verdict::{PrepayVerdict, QueryVerdict, RefundVerdict, ReverseVerdict, SubmitVerdict};

/// Randomness and time for one request, so that codecs stay pure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// 32 random characters `[0-9a-f]`.
    pub nonce: String,
    /// The gateway's clock as far as it is known, unix seconds.
    pub unix_seconds: i64,
}

/// How an order is paid, and so how it is undone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Product {
    /// The till scans the payer's code: undone by a reverse.
    #[default]
    CodePayment,
    /// The payer scans or opens what the merchant shows: undone by closing it while it is unpaid.
    Prepay,
}

/// Which order is meant, and what a paid answer must agree with. Fields that are `None` are not
/// compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// The merchant's order number; may be empty where the order is named by `transaction_id`.
    pub out_trade_no: String,
    /// The gateway's number, where the order is asked for by it. Only for queries.
    pub transaction_id: Option<String>,
    /// How it is paid.
    pub product: Product,
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
#[derive(Clone)]
pub struct Order {
    /// What the answers must agree with (`submitted_at` is still unknown).
    pub expected: Expected,
    /// The gateway's own parameters, without nonce and signature: a JSON body, or flat text.
    pub parameters: Facts,
    /// Vocabulary fields that this gateway has no place for.
    pub left_out: Vec<String>,
}

/// `Debug` does not show the parameters: they hold the auth code.
impl fmt::Debug for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Order")
            .field("expected", &self.expected)
            .field("left_out", &self.left_out)
            .finish_non_exhaustive()
    }
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
    /// It could not be verified because nobody has told this key; see [`KeySource`].
    pub unknown_key: Option<String>,
    /// When the verified signature says it was made, unix seconds.
    pub signed_at: Option<i64>,
    /// What a verified reply says, in result-field names (`transaction_id`, `paid_at` …).
    pub facts: Facts,
}

impl<V> Answer<V> {
    /// An answer that says no more than this.
    pub fn new(verdict: V, why: impl Into<String>) -> Self {
        Self {
            verdict,
            code: None,
            code_message: None,
            why: why.into(),
            forged: false,
            unknown_key: None,
            signed_at: None,
            facts: Facts::new(),
        }
    }
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

    /// Checks a gateway's own order number that is asked about.
    fn check_transaction_id(&self, transaction_id: &str) -> Result<(), InvalidField> {
        rules::identifier(transaction_id, 32).map_err(|rule| InvalidField {
            gateway: self.name(),
            field: "transaction_id".into(),
            rule,
        })
    }

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

    /// Whether `reply` proves that the call made with `stamp` was not executed because the stamp's
    /// time was wrong: the one case in which a charge may be sent again.
    fn refused_for_clock(&self, _reply: &Reply, _stamp: &Stamp) -> bool {
        false
    }

    /// Whether `reply` only tries whether signatures are checked: the real one follows if the question
    /// is asked again.
    fn is_probe(&self, _reply: &Reply) -> bool {
        false
    }

    /// Where the keys come from that answers are verified with, if they change by themselves.
    fn keys(&self) -> Option<&dyn KeySource> {
        None
    }

    /// For the self-test: what can be said about keys and certificates without asking anybody; `now`
    /// in unix seconds.
    fn inspect(&self, _now: i64) -> Vec<Finding> {
        Vec::new()
    }

    /// For the self-test: what the reply to any question says about keys and certificates.
    fn diagnose(&self, _reply: &Reply) -> Vec<Finding> {
        Vec::new()
    }

    /// Orders that the payer scans or opens.
    fn prepay(&self) -> Option<&dyn Prepay> {
        None
    }

    /// Giving money back.
    fn refunds(&self) -> Option<&dyn Refunds> {
        None
    }

    /// What the gateway reports by itself.
    fn notifications(&self) -> Option<&dyn Notifications> {
        None
    }
}

/// What the self-test learns about one part of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The part, as the self-test names it: `private_key`, `serial_no`, `certificate`,
    /// `platform_keys`, `api_v3_key`, `mchid`, `clock`, `credentials`.
    pub check: &'static str,
    /// No payment can work like this.
    pub wrong: bool,
    /// What is the matter, the key of the configuration and the remedy; never a secret.
    pub message: String,
}

/// Keys that the gateway hands out and changes (platform certificates). Used by any number of
/// threads at once.
pub trait KeySource: Send + Sync {
    /// Whether any answer could be verified now.
    fn any(&self, now: i64) -> bool;

    /// Whether it is time to fetch them: there is none, the newest was fetched long ago or expires
    /// soon.
    fn due(&self, now: i64) -> bool;

    /// The request for them.
    fn download(&self, stamp: &Stamp) -> Call;

    /// Checks and takes up what the reply brings; the text is for the log.
    fn install(&self, reply: &Reply) -> Result<String, KeyError>;

    /// Takes up what [`cached`](Self::cached) gave out earlier, as far as it can still be trusted.
    fn restore(&self, cached: &[u8], now: i64) -> Result<String, KeyError>;

    /// What a file should hold so that the next start needs no network. Public data.
    fn cached(&self) -> Vec<u8>;
}

/// Why keys were not taken up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct KeyError {
    /// What is wrong and the remedy; never a secret.
    pub why: String,
    /// Trying again does not help: credentials, permission or configuration are wrong.
    pub refused: bool,
}

/// Orders that the payer scans or opens: JSAPI, mini-program, Native, H5, App.
pub trait Prepay: Send + Sync {
    /// Checks the fields and maps them to the gateway's own; `expected.product` is
    /// [`Product::Prepay`].
    fn order(&self, fields: &Fields) -> Result<Order, InvalidField>;

    /// The request for something to show. Idempotent: the same parameters may be sent again.
    fn call(&self, order: &Order, stamp: &Stamp) -> Call;

    /// Reads the reply. The facts hold `prepay_id`, `code_url` or `h5_url` and, where a front end
    /// needs them, its signed parameters, signed with `stamp`.
    fn read(&self, order: &Order, reply: &Reply, stamp: &Stamp) -> Answer<PrepayVerdict>;

    /// Ends an unpaid order.
    fn close(&self, expected: &Expected, stamp: &Stamp) -> Call;

    /// Reads the reply to [`close`](Self::close), in the words of a reverse: an order found paid is
    /// [`ReverseVerdict::PayerBusy`], for a query must say so.
    fn read_close(&self, expected: &Expected, reply: &Reply) -> Answer<ReverseVerdict>;
}

/// Which refund is meant, and what an answer about it must agree with. `None` is not compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExpectedRefund {
    /// The merchant's refund number.
    pub out_refund_no: String,
    /// The order it belongs to, by the merchant's number.
    pub out_trade_no: Option<String>,
    /// The order it belongs to, by the gateway's number.
    pub transaction_id: Option<String>,
    /// Institution mode: whose order it is. `None` is the configured one.
    pub sub_mch_id: Option<String>,
    /// Minor units.
    pub refund_fee: Option<i64>,
    /// ISO 4217; an answer that names no currency agrees with `CNY`.
    pub fee_type: Option<String>,
}

/// A refund that passed every check.
#[derive(Clone, Debug)]
pub struct Refund {
    /// What the answers must agree with.
    pub expected: ExpectedRefund,
    /// The gateway's own parameters, without nonce and signature; nothing secret, so that the journal
    /// can keep them and a recovery can send the same request again.
    pub parameters: Facts,
    /// Vocabulary fields that this gateway has no place for.
    pub left_out: Vec<String>,
}

/// Giving money back, whole or in parts.
pub trait Refunds: Send + Sync {
    /// Whether a refund can be sent at all (v2: with a client certificate only).
    fn can_refund(&self) -> bool;

    /// Whether the gateway promises that one refund number gives money back once, however often it is
    /// sent. Without that promise a request that may have arrived is never sent again.
    fn may_resend(&self) -> bool {
        true
    }

    /// Checks a refund number that is only asked about.
    fn check_out_refund_no(&self, out_refund_no: &str) -> Result<(), InvalidField>;

    /// Checks the fields and maps them to the gateway's own.
    fn refund(&self, fields: &Fields) -> Result<Refund, InvalidField>;

    /// The refund. Where [`may_resend`](Self::may_resend) says so, the same parameters may be sent
    /// again.
    fn call(&self, refund: &Refund, stamp: &Stamp) -> Call;

    /// Reads the reply to it.
    fn read(&self, expected: &ExpectedRefund, reply: &Reply) -> Answer<RefundVerdict>;

    /// The question what became of a refund.
    fn query(&self, expected: &ExpectedRefund, stamp: &Stamp) -> Call;

    /// Whether `expected` says all that the question needs; the journal may know no more of a refund
    /// than its number.
    fn check_question(&self, _expected: &ExpectedRefund) -> Result<(), InvalidField> {
        Ok(())
    }

    /// Reads the reply to that.
    fn read_query(&self, expected: &ExpectedRefund, reply: &Reply) -> Answer<RefundVerdict>;
}

/// A notification as it came in over HTTP.
#[derive(Clone)]
pub struct Notice<'a> {
    /// Header names in lower case with their values, in order.
    pub headers: &'a [(String, String)],
    /// The body as received.
    pub body: &'a [u8],
    /// The gateway's clock as well as it is known, unix seconds.
    pub now: i64,
}

/// What a verified notification is about.
#[derive(Clone, Debug, PartialEq)]
pub enum Notification {
    /// An order. [`Notifications::judge`] says what it means.
    Payment {
        /// Which.
        out_trade_no: String,
        /// Its message, in the gateway's own words.
        message: Facts,
    },
    /// A refund. [`Notifications::judge_refund`] says what it means.
    Refund {
        /// Which.
        out_refund_no: String,
        /// Its message, in the gateway's own words.
        message: Facts,
    },
}

/// Why a notification is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoticeError {
    /// Not a notification of this gateway at all.
    #[error("not a notification: {0}")]
    Malformed(String),
    /// Its signature, its age or its encryption is not right.
    #[error("not verified: {why}")]
    Forged {
        /// What is wrong; never a secret.
        why: String,
        /// Nobody has told this key; see [`KeySource`].
        unknown_key: Option<String>,
    },
}

/// What the gateway reports by itself.
pub trait Notifications: Send + Sync {
    /// When a message claims to have been signed, unix seconds, if its age is looked at.
    fn signed_at(&self, _notice: &Notice<'_>) -> Option<i64> {
        None
    }

    /// Verifies and decrypts.
    fn open(&self, notice: &Notice<'_>) -> Result<Notification, NoticeError>;

    /// What a verified payment message means for an order.
    fn judge(&self, message: &Facts, expected: &Expected) -> Answer<QueryVerdict>;

    /// What a verified refund message means for a refund.
    fn judge_refund(&self, message: &Facts, expected: &ExpectedRefund) -> Answer<RefundVerdict>;

    /// What to answer with: content type and body, for "taken" or for "send it again".
    fn acknowledgement(&self, taken: bool) -> (&'static str, String);
}
