//! What a call ends with: a status and named facts.

use serde_json::{Map, Value};

use crate::status::Status;

/// The facts of an answer by their documented names (`transaction_id`, `total_fee`, `paid_at` …).
pub type Facts = Map<String, Value>;

/// Fields that identify the payer; they reach the till but neither journal nor log.
const PERSONAL: [&str; 8] = [
    "card_id",
    "openid",
    "sub_openid",
    // Where a refund went: a bank and the last digits of a card (the first name is APIv2's spelling).
    "refund_recv_accout",
    "user_received_account",
    "user_id",
    "user_logon_id",
    // A passenger's ride code.
    "qrcode",
];

/// What a journal may keep of `facts`: everything but what identifies the payer.
pub fn without_personal_data(facts: &Facts) -> impl Iterator<Item = (&String, &Value)> {
    facts
        .iter()
        .filter(|(name, _)| !PERSONAL.contains(&name.as_str()))
}

/// How a call ended and all that is known about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// How the call ended.
    pub status: Status,
    /// Everything else, by name; see the field list in `docs/results.md`.
    pub fields: Facts,
}

impl Outcome {
    /// An outcome without facts.
    pub fn new(status: Status) -> Self {
        Self {
            status,
            fields: Facts::new(),
        }
    }

    /// An outcome that carries only a message for the log.
    pub fn with_message(status: Status, message: impl Into<String>) -> Self {
        let mut outcome = Self::new(status);
        outcome.set("message", message.into());
        outcome
    }

    /// Sets one fact.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.fields.insert(name.to_owned(), value.into());
    }

    /// A textual fact.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.fields.get(name).and_then(Value::as_str)
    }

    /// A numeric fact.
    pub fn int(&self, name: &str) -> Option<i64> {
        self.fields.get(name).and_then(Value::as_i64)
    }

    /// For the log: what happened, which code, which request id.
    pub fn message(&self) -> &str {
        self.text("message").unwrap_or_default()
    }

    /// For the cashier, in the client's language.
    pub fn prompt(&self) -> &str {
        self.text("prompt").unwrap_or_default()
    }

    /// Everything as one JSON object, `status` (the number) and `status_name` included.
    pub fn to_value(&self) -> Value {
        let mut object = self.fields.clone();
        object.insert("status".into(), self.status.code().into());
        object.insert("status_name".into(), self.status.name().into());
        Value::Object(object)
    }
}
