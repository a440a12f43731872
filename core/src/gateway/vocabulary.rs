//! The request vocabulary over all gateways: which names exist at all.

/// Names that at least one gateway has a place for. A gateway leaves out the ones it has no place
/// for, so that a till changes gateways by configuration alone.
pub(crate) const NAMES: &[&str] = &[
    "alipay_extend_params",
    "attach",
    "auth_code",
    "body",
    "buyer_id",
    "call_back_url",
    "cashier_id",
    "detail",
    "device_info",
    "disable_pay_channels",
    "discount_switch",
    "equipment_type",
    "fee_type",
    "goods_tag",
    "handler",
    "limit_pay",
    "merchant_category_code",
    "notify_url",
    "openid",
    "out_refund_no",
    "out_trade_no",
    "pay_type",
    "platform_store_id",
    "product_id",
    "profit_sharing",
    "receipt",
    "refund_account",
    "refund_desc",
    "refund_fee",
    "refund_fee_type",
    "scene",
    "scene_info",
    "scene_info.device_id",
    "scene_info.device_ip",
    "scene_info.h5_info.app_name",
    "scene_info.h5_info.app_url",
    "scene_info.h5_info.bundle_id",
    "scene_info.h5_info.package_name",
    "scene_info.h5_info.type",
    "scene_info.operator_id",
    "scene_info.payer_client_ip",
    "scene_info.store_address",
    "scene_info.store_area_code",
    "scene_info.store_id",
    "scene_info.store_name",
    "scene_info.store_out_id",
    "settle_info.profit_sharing",
    "spbill_create_ip",
    "store_id",
    "sub_appid",
    "sub_mch_id",
    "sub_openid",
    "support_fapiao",
    "time_expire",
    "time_start",
    "timeout_express",
    "total_fee",
    "trade_type",
    "transaction_id",
    "type",
    "version",
];

/// Objects whose every part belongs to the vocabulary.
const OBJECTS: &[&str] = &["settle_info."];

/// Whether some gateway has a place for `name`.
pub(crate) fn knows(name: &str) -> bool {
    NAMES.contains(&name) || OBJECTS.iter().any(|object| name.starts_with(object))
}

/// The known name that looks most like `name`, if one does.
pub(crate) fn nearest(name: &str) -> Option<&'static str> {
    nearest_of(NAMES.iter().copied(), name)
}

/// The same among `names`.
pub(crate) fn nearest_of(
    names: impl Iterator<Item = &'static str>,
    name: &str,
) -> Option<&'static str> {
    let lower = name.to_lowercase();
    let near = |known: &'static str| {
        let distance = strsim::osa_distance(&lower, known);
        (distance <= 1 + known.len() / 6).then_some((distance, known))
    };
    names.filter_map(near).min().map(|(_, known)| known)
}

/// What is wrong with a name that [`knows`] does not know.
pub(crate) fn unknown(name: &str) -> String {
    match nearest(name) {
        Some(known) => format!("is not a known field; did you mean {known}?"),
        None => "is not a known field; docs/fields.md lists them".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_and_known() {
        assert!(NAMES.is_sorted());
        assert!(NAMES.iter().all(|name| knows(name)));
        assert!(knows("settle_info.anything"));
        assert!(!knows("settle_info"));
    }

    #[test]
    fn a_slip_of_the_pen_finds_its_neighbour_and_nonsense_finds_none() {
        assert_eq!(nearest("out_trade_on"), Some("out_trade_no"));
        assert_eq!(nearest("totalfee"), Some("total_fee"));
        assert_eq!(nearest("AUTH_CODE"), Some("auth_code"));
        assert_eq!(nearest("scene_info.storeid"), Some("scene_info.store_id"));
        assert_eq!(nearest("zzzzzzzz"), None);
        assert_eq!(nearest(""), None);
    }
}
