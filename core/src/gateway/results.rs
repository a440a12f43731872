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
    "known",
    "message",
    "notification",
    "open",
    "orders",
    "other_status",
    "paid_at",
    "pay_params",
    "payer_total",
    "prompt",
    "replayed",
    "reply",
    "reply_status",
    "reply_type",
    "request_id",
    "reversal",
    "status",
    "status_name",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_names_are_sorted() {
        assert!(RESERVED.is_sorted());
    }
}
