//! Refusals: Fubei's own `result_code`, and the channel's code that it passes on as `sub_code`.
//!
//! Fubei publishes no table of either, so nothing here is final but the codes that say that the
//! request never got as far as being executed. A `sub_code` is the channel's own: WeChat's codes are
//! looked up in WeChat's table; Alipay's come with `ACQ.` before them.

use crate::gateway::codes::Remedy;
use crate::gateway::rules::short;
use crate::gateway::{codes, prepaid, refund_codes};
use crate::verdict::{PrepayVerdict, QueryVerdict, RefundVerdict, ReverseVerdict, SubmitVerdict};

/// The call succeeded. Says nothing about money.
pub(super) const SUCCESS: &str = "200";
/// The channel refused, and `sub_code` is why.
const PLATFORM: &str = "400";

/// The request was refused before it was executed, and the setting to look at.
const NEVER_EXECUTED: &[(&str, &str)] = &[
    ("401", "; check the account's permissions with Fubei"),
    ("402", ""),
    (
        "1001",
        "; check app_id or vendor_sn, and url, in the configuration",
    ),
    (
        "1002",
        "; check app_id or vendor_sn, and url, in the configuration",
    ),
    ("1003", ""),
    ("1004", ""),
    ("1005", ""),
    ("1006", ""),
    ("1007", "; check secret in the configuration"),
    ("1008", "; check api and url in the configuration"),
    ("1009", "; check api and url in the configuration"),
    ("1010", ""),
    ("1011", ""),
    ("1012", ""),
];

/// Alipay's ways to say that it is not over yet, or that the order has moved on.
const NOT_OVER: &[&str] = &[
    "CONTEXT_INCONSISTENT",
    "ORDER_SUCCESS_PAY_INPROCESS",
    "TRADE_HAS_CLOSE",
    "TRADE_HAS_SUCCESS",
    "TRADE_STATUS_ERROR",
    "UNKNOW-ERROR",
    "WAIT_BUYER_PAY",
];

/// Texts that can only mean that Fubei has no such order. An unknown store or merchant is none.
const NO_SUCH_ORDER: &[&str] = &[
    "订单不存在",
    "订单号不存在",
    "订单未找到",
    "未找到订单",
    "未找到该订单",
    "查无此订单",
    "无此订单",
];

/// The same of a refund. One without its order cannot be either.
const NO_SUCH_REFUND: &[&str] = &[
    "退款不存在",
    "退款单不存在",
    "退款单号不存在",
    "退款号不存在",
    "退款记录不存在",
    "未找到退款",
    "无此退款",
];

/// An answer that is no success.
pub(super) struct Refusal<'a> {
    /// `result_code`, number or text.
    pub(super) code: &'a str,
    /// `sub_code`, empty if there is none.
    pub(super) sub_code: &'a str,
    /// `result_message`
    pub(super) message: &'a str,
}

impl Refusal<'_> {
    /// Which setting to look at, if the request was refused before it was executed.
    pub(super) fn never_executed(&self) -> Option<&'static str> {
        NEVER_EXECUTED
            .iter()
            .find(|(code, _)| *code == self.code)
            .map(|(_, hint)| *hint)
    }

    /// Of a charge. What refuses it is confirmed by a query always, since no published table lists it.
    pub(super) fn submit(&self) -> SubmitVerdict {
        let code = self.channel_code();
        if self.code != PLATFORM || is_not_over(code) {
            return SubmitVerdict::Unclear;
        }
        match codes::submit(code, self.message) {
            SubmitVerdict::Declined { .. } | SubmitVerdict::Rejected => {
                SubmitVerdict::Declined { listed: false }
            }
            // The channel's word for Fubei's number, not for ours: it may be this very payment.
            _ => SubmitVerdict::Unclear,
        }
    }

    /// Of a query.
    pub(super) fn query(&self) -> QueryVerdict {
        if self.no_such_order() {
            return QueryVerdict::NotFound;
        }
        QueryVerdict::Unclear
    }

    /// Of a reverse.
    pub(super) fn reverse(&self) -> ReverseVerdict {
        if self.no_such_order() {
            return ReverseVerdict::NotFound;
        }
        match self.code {
            PLATFORM => codes::reverse(self.channel_code(), self.message),
            _ => ReverseVerdict::Unclear,
        }
    }

    /// Of a close: what was paid in the meantime must be asked for.
    pub(super) fn close(&self) -> ReverseVerdict {
        if self.no_such_order() {
            return ReverseVerdict::NotFound;
        }
        let code = self.channel_code();
        let paid = codes::normal(code) == "TRADEHASSUCCESS" || self.says(&["已支付", "支付成功"]);
        match self.code {
            PLATFORM if paid => ReverseVerdict::PayerBusy,
            PLATFORM => prepaid::close(code, self.message),
            _ => ReverseVerdict::Unclear,
        }
    }

    /// Of a request for something to show.
    pub(super) fn prepay(&self) -> PrepayVerdict {
        match self.code {
            PLATFORM => prepaid::prepay(self.channel_code(), self.message),
            _ => PrepayVerdict::Unclear,
        }
    }

    /// Of a refund: refused for now, and a query must say so.
    pub(super) fn refund(&self) -> RefundVerdict {
        let code = self.channel_code();
        let passes = is_not_over(code)
            || refund_codes::refund(code, self.message) == RefundVerdict::Again
            || codes::find(code).is_some_and(|row| row.remedy == Remedy::Wait);
        if self.code != PLATFORM || passes {
            return RefundVerdict::Unclear;
        }
        RefundVerdict::Declined { listed: false }
    }

    /// Of the question about a refund.
    pub(super) fn refund_query(&self) -> RefundVerdict {
        let code = codes::normal(self.channel_code());
        let missing = self.says(NO_SUCH_REFUND)
            || matches!(code.as_str(), "REFUNDNOTEXIST" | "REFUNDNOTEXISTS");
        if missing && self.never_executed().is_none() || self.no_such_order() {
            return RefundVerdict::NotFound;
        }
        RefundVerdict::Unclear
    }

    /// What it says, for the log.
    pub(super) fn why(&self) -> String {
        let mut why = format!("result_code {}", short(self.code, 16));
        if !self.sub_code.is_empty() {
            why.push_str(&format!(", sub_code {}", short(self.sub_code, 64)));
        }
        if let Some(hint) = self.never_executed() {
            why.push_str(": the request was refused unexecuted");
            why.push_str(hint);
        }
        why
    }

    /// `sub_code` without the name of the interface that Alipay puts before its codes.
    fn channel_code(&self) -> &str {
        let prefixes = ["ACQ.", "isp.", "aop."];
        prefixes
            .iter()
            .find_map(|prefix| self.sub_code.strip_prefix(prefix))
            .unwrap_or(self.sub_code)
    }

    fn no_such_order(&self) -> bool {
        let code = codes::normal(self.channel_code());
        self.never_executed().is_none()
            && (self.says(NO_SUCH_ORDER)
                || matches!(code.as_str(), "ORDERNOTEXIST" | "TRADENOTEXIST"))
    }

    fn says(&self, texts: &[&str]) -> bool {
        texts.iter().any(|text| self.message.contains(text))
    }
}

fn is_not_over(code: &str) -> bool {
    let code = codes::normal(code);
    NOT_OVER.iter().any(|known| codes::normal(known) == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal<'a>(code: &'a str, sub_code: &'a str, message: &'a str) -> Refusal<'a> {
        Refusal {
            code,
            sub_code,
            message,
        }
    }

    #[test]
    fn what_was_refused_unexecuted_says_nothing_about_an_order_or_a_refund() {
        for (code, _) in NEVER_EXECUTED {
            for (sub_code, text) in [
                ("", "订单不存在"),
                ("", "退款不存在"),
                ("ORDERNOTEXIST", ""),
                ("ACQ.TRADE_NOT_EXIST", ""),
                ("REFUNDNOTEXIST", ""),
            ] {
                let refusal = refusal(code, sub_code, text);
                assert_eq!(refusal.query(), QueryVerdict::Unclear, "{code}");
                assert_eq!(refusal.reverse(), ReverseVerdict::Unclear, "{code}");
                assert_eq!(refusal.close(), ReverseVerdict::Unclear, "{code}");
                assert_eq!(refusal.refund_query(), RefundVerdict::Unclear, "{code}");
            }
        }
    }

    #[test]
    fn each_way_to_say_that_there_is_none_is_heard() {
        for text in NO_SUCH_ORDER {
            let refusal = refusal(PLATFORM, "", text);
            assert_eq!(refusal.query(), QueryVerdict::NotFound, "{text}");
            assert_eq!(refusal.reverse(), ReverseVerdict::NotFound, "{text}");
            assert_eq!(refusal.close(), ReverseVerdict::NotFound, "{text}");
            assert_eq!(refusal.refund_query(), RefundVerdict::NotFound, "{text}");
        }
        for text in NO_SUCH_REFUND {
            let refusal = refusal(PLATFORM, "", text);
            assert_eq!(refusal.query(), QueryVerdict::Unclear, "{text}");
            assert_eq!(refusal.refund_query(), RefundVerdict::NotFound, "{text}");
        }
        for (code, order) in [
            ("ORDERNOTEXIST", true),
            ("ACQ.TRADE_NOT_EXIST", true),
            ("REFUNDNOTEXIST", false),
            ("REFUND_NOT_EXISTS", false),
        ] {
            let refusal = refusal(PLATFORM, code, "");
            let query = match order {
                true => QueryVerdict::NotFound,
                false => QueryVerdict::Unclear,
            };
            assert_eq!(refusal.query(), query, "{code}");
            assert_eq!(refusal.refund_query(), RefundVerdict::NotFound, "{code}");
        }
    }

    #[test]
    fn what_is_not_over_refuses_neither_a_charge_nor_a_refund() {
        for code in NOT_OVER {
            for code in [(*code).to_owned(), format!("ACQ.{code}")] {
                let refusal = refusal(PLATFORM, &code, "余额不足");
                assert_eq!(refusal.submit(), SubmitVerdict::Unclear, "{code}");
                assert_eq!(refusal.refund(), RefundVerdict::Unclear, "{code}");
            }
        }
        for (code, text) in [
            ("SYSTEMERROR", ""),
            ("FREQUENCY_LIMITED", ""),
            ("INVALID_REQUEST", "频率限制"),
        ] {
            let refusal = refusal(PLATFORM, code, text);
            assert_eq!(refusal.refund(), RefundVerdict::Unclear, "{code}");
        }
        let refused = refusal(PLATFORM, "NOTENOUGH", "");
        assert_eq!(refused.submit(), SubmitVerdict::Declined { listed: false });
        assert_eq!(refused.refund(), RefundVerdict::Declined { listed: false });
    }

    #[test]
    fn only_the_channels_own_refusal_refuses() {
        for code in ["500", "", "200", "1003"] {
            let refusal = refusal(code, "NOTENOUGH", "");
            assert_eq!(refusal.submit(), SubmitVerdict::Unclear, "{code}");
            assert_eq!(refusal.refund(), RefundVerdict::Unclear, "{code}");
            assert_eq!(refusal.prepay(), PrepayVerdict::Unclear, "{code}");
            assert_eq!(refusal.close(), ReverseVerdict::Unclear, "{code}");
            assert_eq!(refusal.reverse(), ReverseVerdict::Unclear, "{code}");
        }
    }

    #[test]
    fn a_close_that_finds_a_payment_asks_for_it() {
        for (code, text) in [
            ("ACQ.TRADE_HAS_SUCCESS", ""),
            ("", "订单已支付"),
            ("", "支付成功"),
        ] {
            assert_eq!(
                refusal(PLATFORM, code, text).close(),
                ReverseVerdict::PayerBusy,
                "{code}{text}"
            );
        }
    }
}
