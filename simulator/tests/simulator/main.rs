//! The simulator over real connections, seen through a client that knows nothing of its inside.

mod client;
mod control;
mod faults;
mod fubei;
mod gateway;
mod listener;
mod notifications;
mod prepay;
mod program;
mod refunds;
mod ride;
mod scenarios;
mod tls;
mod v3;
