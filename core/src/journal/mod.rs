//! The durable record of orders.
