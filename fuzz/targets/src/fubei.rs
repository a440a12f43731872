//! The merchant of Fubei, its signatures made here, and what its messages say, read here once more.

use serde_json::Value;
use wxpay_core::config::{AuthCodes, FubeiAccount, FubeiApi, FubeiConfig, Secret};
use wxpay_core::crypto::digest::md5_hex_upper;
use wxpay_core::gateway::fubei::Fubei;

use crate::shop;

pub(crate) const SECRET: &str = "0123456789abcdef0123456789abcdef";
pub(crate) const MERCHANT_ID: &str = "1227366";

/// Bit 0: for a merchant of a service provider; bit 1: 2.0.
#[derive(Clone, Copy)]
pub(crate) struct Merchant(pub(crate) u8);

impl Merchant {
    pub(crate) fn gateway(self) -> Fubei {
        let account = match self.0 & 1 {
            0 => FubeiAccount::Merchant {
                app_id: "20160922135339595387".into(),
            },
            _ => FubeiAccount::Vendor {
                vendor_sn: "2018071920330100001".into(),
                merchant_id: Some(MERCHANT_ID.into()),
            },
        };
        let (api, path) = match self.0 & 2 {
            0 => (FubeiApi::V1, "/gateway"),
            _ => (FubeiApi::V2, "/gateway/agent"),
        };
        Fubei::new(FubeiConfig {
            account,
            secret: Secret::new(SECRET),
            api,
            path: path.into(),
            store_id: None,
            auth_codes: AuthCodes::default(),
        })
    }
}

/// The signature of a form's fields, which come in the order of their names.
pub(crate) fn signature<'a>(fields: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let pairs: Vec<_> = fields
        .filter(|(name, _)| *name != "sign")
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    md5_hex_upper(format!("{}{SECRET}", pairs.join("&")).as_bytes())
}

/// Whether `data` says that our order was paid as asked: by its number, its state and by one of the
/// ways that Fubei has to write the amount.
pub(crate) fn says_paid(data: &Value) -> bool {
    let text = |name: &str| match &data[name] {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let is = |name: &str, wanted: &str| text(name).is_some_and(|told| told == wanted);
    let fen = |name: &str| {
        let yuan: f64 = text(name)?.parse().ok()?;
        Some(yuan * 100.0)
    };
    let right = |fen: f64| (fen - 888.0).abs() < 1e-6;
    let received = fen("total_fee").unwrap_or_default();
    let discount = fen("discount_money").unwrap_or_default();
    let amount = [fen("total_amount"), fen("order_price"), Some(received)];
    is("merchant_order_sn", shop::OUT_TRADE_NO)
        && (is("trade_state", "SUCCESS") || is("order_status", "SUCCESS"))
        && (amount.into_iter().flatten().any(right) || right(received + discount))
        && text("attach").is_none_or(|attach| attach.is_empty() || attach == shop::ATTACH)
}
