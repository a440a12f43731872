//! The names of results.

/// Names that the library gives a meaning to; an answer's field of that name is not it.
pub(crate) const RESERVED: &[&str] = &[
    "advice",
    "attempts",
    "cancel_requested",
    "code",
    "code_message",
    "elapsed_ms",
    "gateway",
    "host",
    "message",
    "open",
    "orders",
    "paid_at",
    "payer_total",
    "prompt",
    "replayed",
    "request_id",
    "reversal",
    "status",
    "status_name",
];
