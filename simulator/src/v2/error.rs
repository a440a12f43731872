//! The error codes of the documents with their descriptions (protocol §4.8 to §4.10).

/// The documents' description of `err_code`; a text of the simulator's own for a code without one.
pub(crate) fn description(err_code: &str) -> &'static str {
    CODES
        .iter()
        .find(|(code, _)| *code == err_code)
        .map_or("模拟器返回的其他错误", |(_, text)| text)
}

/// `err_code` and `err_code_des`.
pub(crate) const CODES: &[(&str, &str)] = &[
    ("SYSTEMERROR", "系统超时"),
    ("BANKERROR", "银行端超时"),
    ("USERPAYING", "需要用户输入支付密码"),
    ("PARAM_ERROR", "参数错误"),
    ("ORDERPAID", "订单已支付"),
    ("NOAUTH", "商户无权限"),
    ("AUTHCODEEXPIRE", "二维码已过期,请用户在微信上刷新后再试"),
    ("NOTENOUGH", "余额不足"),
    ("NOTSUPORTCARD", "不支持卡类型"),
    ("ORDERCLOSED", "订单已关闭"),
    ("ORDERREVERSED", "订单已撤销"),
    ("AUTH_CODE_ERROR", "授权码参数错误"),
    ("AUTH_CODE_INVALID", "授权码检验错误"),
    ("BUYER_MISMATCH", "支付账号错误"),
    ("OUT_TRADE_NO_USED", "商户订单号重复"),
    ("XML_FORMAT_ERROR", "XML格式错误"),
    ("REQUIRE_POST_METHOD", "请使用post方法"),
    ("SIGNERROR", "签名错误"),
    ("LACK_PARAMS", "缺少参数"),
    ("NOT_UTF8", "编码格式错误"),
    ("APPID_NOT_EXIST", "APPID不存在"),
    ("MCHID_NOT_EXIST", "MCHID不存在"),
    ("APPID_MCHID_NOT_MATCH", "appid和mch_id不匹配"),
    (
        "INVALID_REQUEST",
        "重入请求数据和已存在的业务单据数据不一致",
    ),
    ("TRADE_ERROR", "交易错误"),
    ("ORDERNOTEXIST", "此交易订单号不存在"),
    ("INVALID_TRANSACTIONID", "无效transaction_id"),
    ("REVERSE_EXPIRE", "订单无法撤销"),
    ("TRADE_STATE_ERROR", "订单状态错误"),
    (
        "REFUND_FEE_MISMATCH",
        "订单金额或退款金额与之前请求不一致，请核实后再试",
    ),
    ("REFUNDNOTEXIST", "退款订单查询失败"),
    ("ERROR", "业务错误"),
    (
        "BIZERR_NEED_RETRY",
        "退款业务流程错误，需要商户触发重试来解决",
    ),
    ("TRADE_OVERDUE", "订单已经超过退款期限"),
    ("USER_ACCOUNT_ABNORMAL", "退款请求失败"),
    ("INVALID_REQ_TOO_MUCH", "无效请求过多"),
    ("FREQUENCY_LIMITED", "频率限制"),
];

/// What is said when an auth code served another order.
pub(crate) const CODE_USED: &str = "101 每个二维码仅限使用一次,请刷新再试";
/// What a reverse says while the payer is at the password prompt.
pub(crate) const PAYER_BUSY: &str = "正在支付中不能发起撤销";

/// What a reverse says about an order that it cannot undo.
pub(crate) const NOT_REVERSIBLE: &str = "该订单不支持撤销";
/// What a close says about a payment by code (protocol §4.12).
pub(crate) const ONLY_REVERSE: &str = "当前交易不允许进行普通关单（只能撤销）";
/// What a prepay says whose `time_expire` is over.
pub(crate) const EXPIRED: &str = "time_expire时间过短";
/// What a refund says that has nothing left to give back.
pub(crate) const ALL_REFUNDED: &str = "订单已全额退款";
/// What a refund says that asks for more than is left.
pub(crate) const TOO_MUCH: &str = "refund_fee大于可退金额";
/// What the refund after the fiftieth says.
pub(crate) const TOO_MANY: &str = "部分退款次数超过限制";
/// What a refund of an unpaid order says.
pub(crate) const NOT_PAID: &str = "订单未支付，不能退款";

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_code_is_listed_once_within_the_documented_lengths() {
        let codes: HashSet<_> = CODES.iter().map(|(code, _)| code).collect();
        assert_eq!(codes.len(), CODES.len());
        for (code, text) in CODES {
            assert!(code.len() <= 32 && !text.is_empty() && text.len() <= 128);
            assert_eq!(description(code), *text);
        }
        assert_eq!(description("NEW"), "模拟器返回的其他错误");
    }
}
