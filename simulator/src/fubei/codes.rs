//! Refusals: Fubei's own codes (facts §6), and the channels' that it passes on.
//!
//! No table of either is public. Fubei's own are those of a server's scaffold; a channel's are
//! WeChat's for WeChat and UnionPay, and Alipay's for Alipay.

use crate::channel::Channel;

/// The call succeeded.
pub(super) const SUCCESS: u16 = 200;
/// The channel refused; `sub_code` says why.
const CHANNEL: u16 = 400;
/// A parameter is wrong.
const PARAMETER: u16 = 402;

/// An answer that is no success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) result_code: u16,
    pub(super) message: String,
    /// The channel's own code.
    pub(super) sub_code: Option<String>,
}

impl Refusal {
    /// One of Fubei's own.
    pub(super) fn own(result_code: u16, message: impl Into<String>) -> Self {
        Self {
            result_code,
            message: message.into(),
            sub_code: None,
        }
    }

    /// A wrong parameter; `why` never holds its value.
    pub(super) fn parameter(name: &str, why: impl AsRef<str>) -> Self {
        Self::own(PARAMETER, format!("[{name}]{}", why.as_ref()))
    }

    /// Something is wrong with Fubei itself.
    pub(super) fn server_fault() -> Self {
        Self::own(500, "服务器错误")
    }

    /// What a channel says, by APIv2's code.
    pub(super) fn channel(code: &str, channel: Channel) -> Self {
        let listed = CODES.iter().find(|listed| listed.wechat == code);
        let spelt = match (listed, channel) {
            (Some(listed), Channel::Alipay) => listed.alipay,
            _ => code,
        };
        Self {
            result_code: CHANNEL,
            message: listed.map_or(UNLISTED, |listed| listed.message).to_owned(),
            sub_code: Some(spelt.to_owned()),
        }
    }

    /// The same with a text of its own.
    pub(super) fn because(code: &str, channel: Channel, message: &str) -> Self {
        Self {
            message: message.to_owned(),
            ..Self::channel(code, channel)
        }
    }

    /// What the simulator found, for the record.
    pub(super) fn verdict(&self) -> String {
        match &self.sub_code {
            Some(code) => code.clone(),
            None => self.result_code.to_string(),
        }
    }
}

/// A reason and its names.
struct Listed {
    wechat: &'static str,
    alipay: &'static str,
    message: &'static str,
}

const fn listed(wechat: &'static str, alipay: &'static str, message: &'static str) -> Listed {
    Listed {
        wechat,
        alipay,
        message,
    }
}

#[rustfmt::skip]
const CODES: &[Listed] = &[
    listed("SYSTEMERROR", "ACQ.SYSTEM_ERROR", "系统超时"),
    listed("BANKERROR", "aop.ACQ.SYSTEM_ERROR", "银行系统异常"),
    listed("USERPAYING", "ACQ.WAIT_BUYER_PAY", "需要用户输入支付密码"),
    listed("NOAUTH", "ACQ.ACCESS_FORBIDDEN", "商户无权限"),
    listed("NOTENOUGH", "ACQ.BUYER_BALANCE_NOT_ENOUGH", "余额不足"),
    listed("NOTSUPORTCARD", "ACQ.ERROR_BALANCE_PAYMENT_DISABLE", "不支持卡类型"),
    listed("AUTHCODEEXPIRE", "ACQ.PAYMENT_AUTH_CODE_INVALID", "二维码已过期，请用户刷新后再试"),
    listed("AUTH_CODE_INVALID", "ACQ.PAYMENT_AUTH_CODE_INVALID", "付款码无效"),
    listed("AUTH_CODE_ERROR", "ACQ.PAYMENT_AUTH_CODE_INVALID", "付款码参数错误"),
    listed("BUYER_MISMATCH", "ACQ.TRADE_BUYER_NOT_MATCH", "支付账号错误"),
    listed("TRADE_ERROR", "ACQ.PAYMENT_FAIL", "交易错误"),
    listed("ORDERPAID", "ACQ.TRADE_HAS_SUCCESS", "订单已支付"),
    listed("ORDERCLOSED", "ACQ.TRADE_HAS_CLOSE", "订单已关闭"),
    listed("ORDERREVERSED", "ACQ.TRADE_HAS_CLOSE", "订单已撤销"),
    listed("OUT_TRADE_NO_USED", "ACQ.CONTEXT_INCONSISTENT", "商户订单号重复"),
    listed("INVALID_REQUEST", "ACQ.CONTEXT_INCONSISTENT", "订单信息与首次请求不一致"),
    listed("ORDERNOTEXIST", "ACQ.TRADE_NOT_EXIST", "订单不存在"),
    listed("TRADE_STATE_ERROR", "ACQ.TRADE_STATUS_ERROR", "订单状态错误"),
    listed("REVERSE_EXPIRE", "ACQ.REASON_TRADE_REFUND_FEE_ERR", "订单无法撤销"),
    listed("REFUND_FEE_MISMATCH", "ACQ.DISCORDANT_REPEAT_REQUEST", "退款信息与首次请求不一致"),
    listed("REFUNDNOTEXIST", "ACQ.REFUND_NOT_EXIST", "退款不存在"),
];

/// What is said about a code that is not in the table.
const UNLISTED: &str = "模拟器返回的其他错误";
/// What is said when a code served another order.
pub(super) const CODE_USED: &str = "每个付款码仅限使用一次，请刷新再试";
/// What is said about a code of no channel.
pub(super) const NO_SUCH_CODE: &str = "无法识别的付款码";
/// What a reverse says while the payer is at the password prompt.
pub(super) const PAYER_BUSY: &str = "正在支付中不能发起撤销";
/// What a reverse says about an order that it cannot undo.
pub(super) const NOT_REVERSIBLE: &str = "该订单不支持撤销";
/// What a close says about a payment by code.
pub(super) const ONLY_REVERSE: &str = "付款码订单不支持关闭，只能撤销";
/// What a refund says of an order that is not paid.
pub(super) const NOT_PAID: &str = "订单未支付，不能退款";
/// What a refund says that has nothing left to give back.
pub(super) const ALL_REFUNDED: &str = "订单已全额退款";
/// What a refund says that asks for more than is left.
pub(super) const TOO_MUCH: &str = "退款金额大于可退金额";
/// What the refund after the tenth says.
pub(super) const TOO_MANY: &str = "退款次数超过10次";

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::scenario::Scenario;
    use crate::settings::Timing;

    #[test]
    fn every_reason_is_listed_once_and_spelt_as_its_channel_does() {
        let reasons: HashSet<_> = CODES.iter().map(|listed| listed.wechat).collect();
        assert_eq!(reasons.len(), CODES.len());
        for listed in CODES {
            let said = |channel| Refusal::channel(listed.wechat, channel).sub_code.unwrap();
            assert_eq!(said(Channel::Wechat), listed.wechat);
            assert_eq!(said(Channel::UnionPay), listed.wechat);
            assert_eq!(said(Channel::Alipay), listed.alipay);
            assert!(listed.alipay.contains("ACQ."));
        }
        let other = Refusal::channel("NEW", Channel::Alipay);
        assert_eq!(other.sub_code.as_deref(), Some("NEW"));
        assert_eq!((other.result_code, other.message.as_str()), (400, UNLISTED));
    }

    #[test]
    fn the_reasons_of_all_scenarios_but_the_unlisted_one_are_in_the_table() {
        for scenario in Scenario::ALL.iter().copied() {
            let script = scenario.script(&Timing::default());
            let known = |code| CODES.iter().any(|listed| listed.wechat == code);
            let listed = script.answer.is_none_or(known);
            assert_eq!(listed, scenario != Scenario::UnlistedCode, "{scenario:?}");
        }
    }
}
