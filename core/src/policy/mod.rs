//! Pure: the payment state machine.
