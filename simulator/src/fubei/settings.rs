//! What is particular to Fubei in the settings.

use std::fmt;

/// Everything about Fubei that is fixed when a simulator starts.
#[derive(Clone, Debug)]
pub struct Fubei {
    /// The merchants it knows. The first one is written into configurations.
    pub accounts: Vec<FubeiAccount>,
    /// Which interface written configurations use; the simulator itself serves both.
    pub api: FubeiApi,
    /// Who signs in written configurations; the simulator itself takes both.
    pub level: FubeiLevel,
    /// How answers and callbacks are written, where documents and practice differ.
    pub forms: FubeiForms,
    /// What a query says of an order whose payment the channel refused; no document tells.
    pub refused: FubeiRefused,
}

impl Default for Fubei {
    fn default() -> Self {
        Self {
            accounts: vec![FubeiAccount::example(), FubeiAccount::second_example()],
            api: FubeiApi::V1,
            level: FubeiLevel::Merchant,
            forms: FubeiForms::default(),
            refused: FubeiRefused::Closed,
        }
    }
}

impl Fubei {
    /// What is wrong with it.
    pub(crate) fn objection(&self) -> Option<&'static str> {
        let unusable = |text: &String| {
            text.is_empty() || text.len() > 64 || !text.bytes().all(|byte| byte.is_ascii_graphic())
        };
        for account in &self.accounts {
            let texts = [
                &account.app_id,
                &account.app_secret,
                &account.vendor_sn,
                &account.vendor_secret,
            ];
            if texts.into_iter().any(unusable) {
                return Some(
                    "ids and secrets of settings.fubei.accounts have to be 1 to 64 ASCII characters",
                );
            }
            if account.store_ids.is_empty() {
                return Some("an account of settings.fubei.accounts needs a store");
            }
            let contradicts = |other: &&FubeiAccount| {
                other.vendor_sn == account.vendor_sn && other.vendor_secret != account.vendor_secret
            };
            if self.accounts.iter().any(|other| contradicts(&other)) {
                return Some("one vendor_sn in settings.fubei.accounts has two secrets");
            }
        }
        None
    }

    pub(crate) fn account(&self, merchant_id: &str) -> Option<&FubeiAccount> {
        self.accounts
            .iter()
            .find(|account| account.merchant_id.to_string() == merchant_id)
    }
}

/// A merchant, reached by himself or through his service provider. The ledger calls him by his
/// `merchant_id`.
#[derive(Clone)]
pub struct FubeiAccount {
    /// The merchant's own application.
    pub app_id: String,
    /// AppSecret: the merchant's own secret.
    pub app_secret: String,
    /// His service provider.
    pub vendor_sn: String,
    /// VendorSecret: the service provider's secret.
    pub vendor_secret: String,
    /// What the service provider calls him by.
    pub merchant_id: u32,
    /// His stores. If there are several, every order has to name one.
    pub store_ids: Vec<u32>,
}

impl FubeiAccount {
    /// The account that configurations are written for.
    pub fn example() -> Self {
        Self {
            app_id: "20161219113441561987".to_owned(),
            app_secret: "0123456789abcdef0123456789abcdef".to_owned(),
            vendor_sn: "2018071920330100001".to_owned(),
            vendor_secret: "fedcba9876543210fedcba9876543210".to_owned(),
            merchant_id: 1_227_366,
            store_ids: vec![25_249],
        }
    }

    /// Somebody else with another service provider.
    pub fn second_example() -> Self {
        Self {
            app_id: "20160922135339595387".to_owned(),
            app_secret: "00112233445566778899aabbccddeeff".to_owned(),
            vendor_sn: "2018071920330100002".to_owned(),
            vendor_secret: "ffeeddccbbaa99887766554433221100".to_owned(),
            merchant_id: 1_227_367,
            store_ids: vec![25_250],
        }
    }

    /// The secret of those who sign at `level`.
    pub fn secret(&self, level: FubeiLevel) -> &str {
        match level {
            FubeiLevel::Merchant => &self.app_secret,
            FubeiLevel::Vendor => &self.vendor_secret,
        }
    }
}

impl fmt::Debug for FubeiAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FubeiAccount({})", self.merchant_id)
    }
}

/// The two generations of Fubei's interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FubeiApi {
    /// 1.0: `openapi.payment.order.…` on `/gateway`.
    V1,
    /// 2.0: `fbpay.order.…` on `/gateway/agent`, for merchants on `/gateway/cate`, too.
    V2,
}

impl FubeiApi {
    /// As in a configuration.
    pub fn version(self) -> &'static str {
        match self {
            Self::V1 => "1.0",
            Self::V2 => "2.0",
        }
    }
}

/// Who signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FubeiLevel {
    /// 商户级: the merchant, by `app_id`.
    Merchant,
    /// 服务商级: his service provider, by `vendor_sn`; on 2.0 alone.
    Vendor,
}

/// How answers and callbacks are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FubeiForms {
    /// What `data` is.
    pub data: FubeiData,
    /// `result_code` in quotation marks.
    pub result_code_as_text: bool,
    /// `sub_code` in `data` instead of beside it.
    pub sub_code_in_data: bool,
    /// Amounts in quotation marks.
    pub amounts_as_text: bool,
    /// How the number itself is written.
    pub amounts: FubeiAmounts,
    /// What callbacks do about empty fields.
    pub callbacks: FubeiCallbacks,
}

/// What an answer's `data` is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FubeiData {
    /// An object.
    #[default]
    Object,
    /// The JSON text of one.
    Text,
}

/// How answers and callbacks write an amount in yuan. Documents and samples have both of the first
/// two; the others are what a number in JSON may be written like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FubeiAmounts {
    /// `8.80`
    #[default]
    TwoDecimals,
    /// `8.8`
    Shortest,
    /// `8.8000`
    FourDecimals,
    /// `880e-2`
    Exponent,
}

/// Whether callbacks have an empty field, and whether it is signed; implementations differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FubeiCallbacks {
    /// No field is empty.
    #[default]
    Full,
    /// `result_message` is empty and signed.
    EmptySigned,
    /// `result_message` is empty and not signed.
    EmptySkipped,
}

/// What a query says of an order whose payment the channel refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FubeiRefused {
    /// `CLOSED`
    Closed,
    /// `USERPAYING`, 待支付
    Unpaid,
}
