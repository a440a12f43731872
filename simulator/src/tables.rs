//! What is printed as lines: the scenarios and the ledger.

use wxpay_simulator::{Ledger, RideScenario, Scenario, auth_code};

pub(crate) fn scenarios() -> String {
    Scenario::ALL
        .iter()
        .map(|scenario| {
            format!(
                "{}  {:<21} {}\n",
                auth_code(*scenario, 1),
                scenario.name(),
                scenario.description()
            )
        })
        .collect()
}

pub(crate) fn rides() -> String {
    RideScenario::ALL
        .iter()
        .map(|scenario| {
            format!(
                "RIDE{}  {:<21} {}\n",
                scenario.number(),
                scenario.name(),
                scenario.description()
            )
        })
        .collect()
}

pub(crate) fn rows(ledger: &Ledger) -> String {
    let mut text = format!(
        "{:<32}  {:<10}  {:>9}  {:>9}  {:>9}\n",
        "out_trade_no", "state", "charged", "refunded", "net"
    );
    for order in &ledger.orders {
        text += &format!(
            "{:<32}  {:<10}  {:>9}  {:>9}  {:>9}\n",
            order.out_trade_no,
            order.state.name(),
            order.charged_fen,
            order.refunded_fen,
            order.net_fen
        );
    }
    if !ledger.refunds.is_empty() {
        text += &format!(
            "\n{:<32}  {:<10}  {:>9}  {}\n",
            "out_refund_no", "state", "refund", "out_trade_no"
        );
    }
    for refund in &ledger.refunds {
        text += &format!(
            "{:<32}  {:<10}  {:>9}  {}\n",
            refund.out_refund_no,
            refund.state.name(),
            refund.refund_fee.unwrap_or(0),
            refund.out_trade_no.as_deref().unwrap_or("-")
        );
    }
    if !ledger.rides.is_empty() {
        text += &format!(
            "\n{:<32}  {:<10}  {:>9}  {:>9}\n",
            "out_order_no", "state", "fare", "charged"
        );
    }
    for ride in &ledger.rides {
        text += &format!(
            "{:<32}  {:<10}  {:>9}  {:>9}\n",
            ride.out_order_no.as_deref().unwrap_or("-"),
            ride.state.name(),
            ride.total_fee.unwrap_or(0),
            ride.charged_fen
        );
    }
    text
}
