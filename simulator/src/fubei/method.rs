//! Which methods there are, and on which paths (facts §2, §7 to §9).

use super::codes::Refusal;
use super::settings::{FubeiApi, FubeiLevel};
use crate::fault::Operation;

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Method {
    pub(super) api: FubeiApi,
    pub(super) operation: Operation,
}

/// A gateway's path: its interface, and who may sign there.
pub(super) fn gateway(path: &str) -> Option<(FubeiApi, &'static [FubeiLevel])> {
    match path {
        "/gateway" => Some((FubeiApi::V1, &[FubeiLevel::Merchant])),
        "/gateway/agent" => Some((FubeiApi::V2, &[FubeiLevel::Merchant, FubeiLevel::Vendor])),
        "/gateway/cate" => Some((FubeiApi::V2, &[FubeiLevel::Merchant])),
        _ => None,
    }
}

/// The path that a configuration names.
pub(crate) fn path(api: FubeiApi) -> &'static str {
    match api {
        FubeiApi::V1 => "/gateway",
        FubeiApi::V2 => "/gateway/agent",
    }
}

/// The method with this name on an interface's path.
pub(super) fn find(api: FubeiApi, name: &str) -> Result<Method, Refusal> {
    let operation = match (api, name) {
        (FubeiApi::V1, "openapi.payment.order.swipe") => Operation::Micropay,
        (FubeiApi::V1, "openapi.payment.order.query") => Operation::Orderquery,
        (FubeiApi::V1, "openapi.payment.order.reverse") => Operation::Reverse,
        (FubeiApi::V1, "openapi.payment.order.close") => Operation::Close,
        (FubeiApi::V1, "openapi.payment.order.refund") => Operation::Refund,
        (FubeiApi::V1, "openapi.payment.order.refund.query") => Operation::RefundQuery,
        (FubeiApi::V1, "openapi.payment.order.scan") => Operation::Prepay,
        (FubeiApi::V2, "fbpay.order.pay") => Operation::Micropay,
        (FubeiApi::V2, "fbpay.order.query") => Operation::Orderquery,
        (FubeiApi::V2, "fbpay.order.cancel") => Operation::Reverse,
        (FubeiApi::V2, "fbpay.order.close") => Operation::Close,
        (FubeiApi::V2, "fbpay.order.refund") => Operation::Refund,
        (FubeiApi::V2, "fbpay.order.refund.query") => Operation::RefundQuery,
        (FubeiApi::V2, "fbpay.order.precreate") => Operation::Prepay,
        _ => return Err(Refusal::own(1008, "[method]不存在")),
    };
    Ok(Method { api, operation })
}
