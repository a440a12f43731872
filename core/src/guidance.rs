//! What the cashier reads and what the till should do.
