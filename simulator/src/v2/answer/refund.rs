//! What answers say about refunds.

use super::{Account, Answer};
use crate::clock::beijing_spaced;
use crate::ledger::{Order, Refund, RefundState};
use crate::shared::Shared;

/// The documents' own spelling, `refund_recv_accout`, goes with it.
const RECEIVED_BY: &str = "支付用户零钱";

impl Account {
    /// A refund that was opened.
    pub(crate) fn refunded(&self, shared: &Shared, refund: &Refund, order: &Order) -> Answer {
        let mut answer = self.answer(shared, "SUCCESS");
        let refund_fee = refund.request.refund_fee.to_string();
        answer.refunded_order(order);
        answer.set("out_refund_no", &refund.request.key.out_refund_no);
        answer.set("refund_id", &refund.refund_id);
        answer.set("refund_channel", "ORIGINAL");
        answer.set("refund_fee", &refund_fee);
        answer.set("cash_refund_fee", &refund_fee);
        answer.set("coupon_refund_fee", "0");
        answer.set("coupon_refund_count", "0");
        answer
    }

    /// What a query says about an order's refunds; `total` of them, if it is asked from an offset.
    pub(crate) fn refunds(
        &self,
        shared: &Shared,
        order: &Order,
        refunds: &[Refund],
        total: Option<usize>,
    ) -> Answer {
        let mut answer = self.answer(shared, "SUCCESS");
        answer.refunded_order(order);
        if let Some(total) = total {
            answer.set("total_refund_count", &total.to_string());
        }
        answer.set("refund_count", &refunds.len().to_string());
        let sum: i64 = refunds.iter().map(|refund| refund.request.refund_fee).sum();
        answer.set("refund_fee", &sum.to_string());
        for (number, refund) in refunds.iter().enumerate() {
            let mut set = |name: &str, value: &str| answer.set(&format!("{name}_{number}"), value);
            set("out_refund_no", &refund.request.key.out_refund_no);
            set("refund_id", &refund.refund_id);
            set("refund_channel", "ORIGINAL");
            set("refund_fee", &refund.request.refund_fee.to_string());
            set("coupon_refund_fee", "0");
            set("refund_status", refund_status(refund.state));
            set("refund_account", "REFUND_SOURCE_RECHARGE_FUNDS");
            set("refund_recv_accout", RECEIVED_BY);
            if let Some(at) = refund.success_at {
                let time = beijing_spaced(shared.clock().unix(at));
                set("refund_success_time", &time);
            }
        }
        answer
    }
}

impl Answer {
    /// What a notification says about a refund that has ended.
    pub(crate) fn refund_notice(&mut self, shared: &Shared, refund: &Refund, order: &Order) {
        let (total_fee, refund_fee) = (
            order.sale.total_fee.to_string(),
            refund.request.refund_fee.to_string(),
        );
        self.set("transaction_id", &order.transaction_id);
        self.set("out_trade_no", &order.sale.key.out_trade_no);
        self.set("refund_id", &refund.refund_id);
        self.set("out_refund_no", &refund.request.key.out_refund_no);
        self.set("total_fee", &total_fee);
        self.set("settlement_total_fee", &total_fee);
        self.set("refund_fee", &refund_fee);
        self.set("settlement_refund_fee", &refund_fee);
        self.set("refund_status", refund_status(refund.state));
        if let Some(at) = refund.success_at {
            let time = beijing_spaced(shared.clock().unix(at));
            self.set("success_time", &time);
        }
        self.set("refund_recv_accout", RECEIVED_BY);
        self.set("refund_account", "REFUND_SOURCE_RECHARGE_FUNDS");
        self.set("refund_request_source", "API");
    }

    fn refunded_order(&mut self, order: &Order) {
        let total_fee = order.sale.total_fee.to_string();
        self.set("transaction_id", &order.transaction_id);
        self.set("out_trade_no", &order.sale.key.out_trade_no);
        self.set("total_fee", &total_fee);
        self.set("fee_type", &order.sale.fee_type);
        self.set("cash_fee", &total_fee);
    }
}

/// As `refund_status` has it.
fn refund_status(state: RefundState) -> &'static str {
    match state {
        RefundState::Success => "SUCCESS",
        RefundState::Processing | RefundState::Absent => "PROCESSING",
        RefundState::Abnormal => "CHANGE",
        RefundState::Closed => "REFUNDCLOSE",
    }
}
