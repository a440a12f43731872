//! Faults: what goes wrong with a request or its answer, and which requests it happens to.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::hostile::{Hostile, Lie};

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// The charge: APIv2 micropay, APIv3 codepay.
    Micropay,
    /// The question what became of an order.
    Orderquery,
    /// Close it, or give the money back.
    Reverse,
    /// The list of platform certificates (APIv3).
    Certificates,
    /// An order that the payer pays on his own phone.
    Prepay,
    /// The end of such an order before it is paid.
    Close,
    /// Money back for a paid order.
    Refund,
    /// The question what became of a refund.
    RefundQuery,
    /// A ride that is deducted.
    Ride,
}

impl Operation {
    /// As in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Micropay => "micropay",
            Self::Orderquery => "orderquery",
            Self::Reverse => "reverse",
            Self::Certificates => "certificates",
            Self::Prepay => "prepay",
            Self::Close => "close",
            Self::Refund => "refund",
            Self::RefundQuery => "refund_query",
            Self::Ride => "ride",
        }
    }
}

/// What goes wrong. In JSON: `"kind"` is the name in snake_case, the fields stand beside it.
///
/// `executed` says whether the request took effect although its answer does not tell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FaultKind {
    /// The connection is cut; the request has no effect.
    DropBefore,
    /// The request takes effect, then the connection is cut without an answer.
    DropAfter,
    /// The request waits before it takes effect, even if the client has gone by then.
    DelayBefore {
        /// Milliseconds.
        ms: u64,
    },
    /// The request takes effect at once, the answer waits.
    DelayAfter {
        /// Milliseconds.
        ms: u64,
    },
    /// An HTML page with this HTTP status.
    Http {
        /// 200 to 599.
        status: u16,
        /// See [`FaultKind`].
        #[serde(default)]
        executed: bool,
    },
    /// 302 to another path of the same host.
    Redirect {
        /// See [`FaultKind`].
        #[serde(default)]
        executed: bool,
    },
    /// A signed `result_code` FAIL with this `err_code`.
    Error {
        /// Any text; the documents' codes come with the documents' description.
        err_code: Cow<'static, str>,
        /// See [`FaultKind`].
        #[serde(default)]
        executed: bool,
    },
    /// An unsigned `return_code` FAIL.
    ReturnFail {
        /// See [`FaultKind`].
        #[serde(default)]
        executed: bool,
    },
    /// `recall` Y; a reverse is not executed.
    RecallY {
        /// Beside `result_code` SUCCESS instead of FAIL with SYSTEMERROR.
        #[serde(default)]
        success: bool,
    },
    /// Executed; a reverse of this kind says SUCCESS, `recall` N, but has done nothing.
    EmptySuccess,
    /// Executed; `trade_state`, or a refund's status, is this text.
    TradeState {
        /// Any text.
        trade_state: Cow<'static, str>,
    },
    /// Executed; bytes that are no XML.
    Garbage,
    /// Executed; an empty body.
    Empty,
    /// Executed; the connection ends in the middle of the body.
    Truncated,
    /// Executed; no `sign`.
    MissingSign,
    /// Executed; a `sign` of the right form that is wrong.
    WrongSign,
    /// Executed; one fen more than was asked, rightly signed.
    WrongAmount,
    /// Executed; another `out_trade_no`, rightly signed.
    ForeignOrder,
    /// Executed; another `mch_id`, signed with the right key.
    ForeignMerchant,
    /// Executed; `time_end` lies this many seconds in the past, rightly signed.
    OldTimeEnd {
        /// A day unless given.
        #[serde(default = "a_day")]
        seconds: i64,
    },
    /// Executed; a document type declaration with an external entity before the root.
    Doctype,
    /// Executed; `result_code` and `total_fee` occur twice with different values.
    DuplicateElement,
    /// Executed; a well-formed, rightly signed body of this size.
    Huge {
        /// 16 MiB unless given, at most 256 MiB.
        #[serde(default = "sixteen_mebibytes")]
        bytes: u64,
    },
    /// Executed; the body arrives byte by byte.
    Slow {
        /// Milliseconds between two bytes.
        ms: u64,
    },
    /// Executed; `Connection: close`.
    Close,
    /// Executed; the connection is closed right after the answer without having been announced, so
    /// that a client that keeps it will find it dead.
    CloseUnannounced,
    /// APIv3 only. Executed; `Wechatpay-Signature` is one of WeChat's probes: `WECHATPAY/SIGNTEST/`
    /// and base64 that breaks off.
    SignProbe,
    /// APIv3 only. Executed; rightly signed, with a `Wechatpay-Timestamp` this many seconds in the past.
    OldTimestamp {
        /// A day unless given; negative for the future.
        #[serde(default = "a_day")]
        seconds: i64,
    },
    /// APIv3 only. Executed; in the answer's place an earlier signed answer of the same operation
    /// with its old headers, about another order if there is one. The first answer of an operation
    /// has no earlier one and goes out as it is.
    Replay,
    /// APIv3 only. Executed; rightly signed with a key that nobody was told of, under its own serial.
    UnknownSerial,
    /// APIv3 only. Executed; no `Wechatpay-Serial`.
    MissingSerial,
    /// Fubei and rides only. Executed; a comma is lacking in the JSON, as in Fubei's own sample.
    MissingComma,
    /// Executed; a case of the table of hostile answers (`docs/hostile.md`).
    Hostile {
        /// Which.
        case: Hostile,
        /// What the answer becomes before the case's own changes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lie: Option<Lie>,
    },
}

fn a_day() -> i64 {
    86_400
}

fn sixteen_mebibytes() -> u64 {
    16 << 20
}

impl FaultKind {
    /// As in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::DropBefore => "drop_before",
            Self::DropAfter => "drop_after",
            Self::DelayBefore { .. } => "delay_before",
            Self::DelayAfter { .. } => "delay_after",
            Self::Http { .. } => "http",
            Self::Redirect { .. } => "redirect",
            Self::Error { .. } => "error",
            Self::ReturnFail { .. } => "return_fail",
            Self::RecallY { .. } => "recall_y",
            Self::EmptySuccess => "empty_success",
            Self::TradeState { .. } => "trade_state",
            Self::Garbage => "garbage",
            Self::Empty => "empty",
            Self::Truncated => "truncated",
            Self::MissingSign => "missing_sign",
            Self::WrongSign => "wrong_sign",
            Self::WrongAmount => "wrong_amount",
            Self::ForeignOrder => "foreign_order",
            Self::ForeignMerchant => "foreign_merchant",
            Self::OldTimeEnd { .. } => "old_time_end",
            Self::Doctype => "doctype",
            Self::DuplicateElement => "duplicate_element",
            Self::Huge { .. } => "huge",
            Self::Slow { .. } => "slow",
            Self::Close => "close",
            Self::CloseUnannounced => "close_unannounced",
            Self::SignProbe => "sign_probe",
            Self::OldTimestamp { .. } => "old_timestamp",
            Self::Replay => "replay",
            Self::UnknownSerial => "unknown_serial",
            Self::MissingSerial => "missing_serial",
            Self::MissingComma => "missing_comma",
            Self::Hostile { .. } => "hostile",
        }
    }

    /// One of each kind that every API knows, for documentation and exhaustive tests.
    pub fn examples() -> Vec<Self> {
        vec![
            Self::DropBefore,
            Self::DropAfter,
            Self::DelayBefore { ms: 500 },
            Self::DelayAfter { ms: 500 },
            Self::Http {
                status: 502,
                executed: false,
            },
            Self::Redirect { executed: false },
            Self::Error {
                err_code: "SYSTEMERROR".into(),
                executed: false,
            },
            Self::ReturnFail { executed: false },
            Self::RecallY { success: false },
            Self::EmptySuccess,
            Self::TradeState {
                trade_state: "ACCEPT".into(),
            },
            Self::Garbage,
            Self::Empty,
            Self::Truncated,
            Self::MissingSign,
            Self::WrongSign,
            Self::WrongAmount,
            Self::ForeignOrder,
            Self::ForeignMerchant,
            Self::OldTimeEnd { seconds: a_day() },
            Self::Doctype,
            Self::DuplicateElement,
            Self::Huge {
                bytes: sixteen_mebibytes(),
            },
            Self::Slow { ms: 100 },
            Self::Close,
            Self::CloseUnannounced,
        ]
    }

    /// One of each kind that APIv3 alone knows; on APIv2 they change nothing.
    pub fn v3_examples() -> Vec<Self> {
        vec![
            Self::SignProbe,
            Self::OldTimestamp { seconds: a_day() },
            Self::Replay,
            Self::UnknownSerial,
            Self::MissingSerial,
        ]
    }

    /// One of each kind that Fubei and the ride code alone know; on APIv2 and APIv3 they change nothing.
    pub fn fubei_examples() -> Vec<Self> {
        vec![Self::MissingComma]
    }

    /// Whether a request that meets this fault takes effect.
    pub fn executed(&self) -> bool {
        match self {
            Self::DropBefore | Self::RecallY { .. } | Self::EmptySuccess => false,
            Self::Http { executed, .. }
            | Self::Redirect { executed }
            | Self::Error { executed, .. }
            | Self::ReturnFail { executed } => *executed,
            _ => true,
        }
    }
}

/// A fault and the requests it happens to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Only this operation; `None`: any.
    pub operation: Option<Operation>,
    /// Only this order; `None`: any.
    pub out_trade_no: Option<String>,
    /// Only on this host, from 0; `None`: any.
    pub host: Option<usize>,
    /// Of the requests that match, let this many pass first.
    pub skip: u32,
    /// Then happen this many times; `None`: for ever.
    pub times: Option<u32>,
    /// What goes wrong.
    pub kind: FaultKind,
}

impl Fault {
    /// Happens to the next request of `operation`, once.
    pub fn once(operation: Operation, kind: FaultKind) -> Self {
        Self {
            operation: Some(operation),
            out_trade_no: None,
            host: None,
            skip: 0,
            times: Some(1),
            kind,
        }
    }

    /// Happens to every request of `operation`.
    pub fn always(operation: Operation, kind: FaultKind) -> Self {
        Self {
            times: None,
            ..Self::once(operation, kind)
        }
    }

    /// Happens to the first `times` requests that match.
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// Lets `skip` requests that match pass first.
    pub fn skip(mut self, skip: u32) -> Self {
        self.skip = skip;
        self
    }

    /// Happens on this host only.
    pub fn on_host(mut self, host: usize) -> Self {
        self.host = Some(host);
        self
    }

    /// Happens to this order only.
    pub fn for_order(mut self, out_trade_no: impl Into<String>) -> Self {
        self.out_trade_no = Some(out_trade_no.into());
        self
    }

    /// Reads the control interface's JSON object: `kind` and its fields; `operation` (any unless
    /// given), `out_trade_no`, `host`, `skip` (0), `times` (1; null: for ever).
    pub fn from_json(text: &str) -> Result<Self, FaultError> {
        let mut object: Map<String, Value> = serde_json::from_str(text)?;
        let operation: Option<Value> = object.remove("operation");
        let operation = match operation.as_ref().and_then(Value::as_str) {
            Some("any") => None,
            _ => read(operation)?,
        };
        let times = match object.remove("times") {
            None => Some(1),
            given => read(given)?,
        };
        let fault = Self {
            operation,
            out_trade_no: read(object.remove("out_trade_no"))?,
            host: read(object.remove("host"))?,
            skip: read::<u32>(object.remove("skip"))?.unwrap_or(0),
            times,
            kind: serde_json::from_value(Value::Object(object.clone()))?,
        };
        let known = serde_json::to_value(&fault.kind)?;
        if let Some(name) = object.keys().find(|name| known.get(*name).is_none()) {
            return Err(FaultError::UnknownKey(name.clone()));
        }
        fault.check()?;
        Ok(fault)
    }

    /// Whether the values can be played.
    pub fn check(&self) -> Result<(), FaultError> {
        match self.kind {
            FaultKind::Http { status, .. } if !(200..=599).contains(&status) => {
                Err(FaultError::Status(status))
            }
            FaultKind::Huge { bytes } if bytes > 256 << 20 => Err(FaultError::TooHuge),
            _ => Ok(()),
        }
    }
}

fn read<T: serde::de::DeserializeOwned>(value: Option<Value>) -> Result<Option<T>, FaultError> {
    Ok(serde_json::from_value(value.unwrap_or(Value::Null))?)
}

/// Why a fault cannot be set.
#[derive(Debug, thiserror::Error)]
pub enum FaultError {
    /// Not the JSON that describes a fault.
    #[error("not a fault: {0}")]
    Json(#[from] serde_json::Error),
    /// A key that neither the position nor the kind has.
    #[error("unknown key {0:?} for this kind of fault")]
    UnknownKey(String),
    /// Outside 200..=599.
    #[error("status {0} cannot be answered; use 200 to 599")]
    Status(u16),
    /// More than 256 MiB.
    #[error("bytes may be at most 268435456")]
    TooHuge,
}

/// The faults that are set, each with the number of requests it has matched.
#[derive(Default)]
pub(crate) struct Faults(Vec<(Fault, u32)>);

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) {
        self.0.push((fault, 0));
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// The faults that happen to this request; counts the match.
    pub(crate) fn take(
        &mut self,
        operation: Operation,
        host: usize,
        out_trade_no: Option<&str>,
    ) -> Vec<FaultKind> {
        let mut kinds = Vec::new();
        for (fault, seen) in &mut self.0 {
            let matches = fault.operation.is_none_or(|only| only == operation)
                && fault.host.is_none_or(|only| only == host)
                && (fault.out_trade_no.is_none() || fault.out_trade_no.as_deref() == out_trade_no);
            if !matches {
                continue;
            }
            let position = *seen;
            *seen = seen.saturating_add(1);
            let happens = position >= fault.skip
                && fault
                    .times
                    .is_none_or(|times| position - fault.skip < times);
            if happens {
                kinds.push(fault.kind.clone());
            }
        }
        kinds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_happens_to_the_occurrences_it_was_set_for() {
        let mut faults = Faults::default();
        faults.add(
            Fault::once(Operation::Orderquery, FaultKind::DropAfter)
                .skip(1)
                .times(2),
        );
        let mut happened = Vec::new();
        for _ in 0..5 {
            assert!(faults.take(Operation::Micropay, 0, None).is_empty());
            happened.push(!faults.take(Operation::Orderquery, 0, None).is_empty());
        }
        assert_eq!(happened, [false, true, true, false, false]);
    }

    #[test]
    fn host_and_order_narrow_a_fault_and_several_add_up() {
        let mut faults = Faults::default();
        faults.add(Fault::always(Operation::Reverse, FaultKind::Close).on_host(1));
        faults.add(Fault::always(Operation::Reverse, FaultKind::WrongSign).for_order("A"));
        assert!(faults.take(Operation::Reverse, 0, Some("B")).is_empty());
        assert_eq!(
            faults.take(Operation::Reverse, 1, Some("A")),
            [FaultKind::Close, FaultKind::WrongSign]
        );
        faults.clear();
        assert!(faults.take(Operation::Reverse, 1, Some("A")).is_empty());
    }

    #[test]
    fn every_kind_is_read_back_from_its_own_json() {
        for kind in FaultKind::examples()
            .into_iter()
            .chain(FaultKind::v3_examples())
            .chain(FaultKind::fubei_examples())
        {
            let json = serde_json::to_value(&kind).unwrap();
            assert_eq!(json["kind"], kind.name());
            let fault = Fault::from_json(&json.to_string()).unwrap();
            assert_eq!(fault.kind, kind);
            assert_eq!((fault.operation, fault.times), (None, Some(1)));
        }
    }

    #[test]
    fn wrong_json_is_refused_with_a_reason() {
        for (json, reason) in [
            (r#"{"kind":"nonsense"}"#, "nonsense"),
            (r#"{"kind":"slow"}"#, "ms"),
            (r#"{"kind":"garbage","tims":3}"#, "tims"),
            (r#"{"kind":"garbage","operation":"payout"}"#, "payout"),
            (r#"{"kind":"http","status":99}"#, "99"),
            (r#"{"kind":"huge","bytes":999999999999}"#, "268435456"),
            ("[]", "not a fault"),
        ] {
            let error = Fault::from_json(json).unwrap_err().to_string();
            assert!(error.contains(reason), "{json}: {error}");
        }
        let fault =
            Fault::from_json(r#"{"kind":"close","operation":"micropay","times":null,"skip":2}"#)
                .unwrap();
        assert_eq!(
            fault,
            Fault::always(Operation::Micropay, FaultKind::Close).skip(2)
        );
    }
}
