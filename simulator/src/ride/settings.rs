//! What is particular to the ride code in the settings.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::notify::check_notify_url;

/// A ride-code platform. Tencent publishes neither the address nor the signature nor the keys of the
/// real one, so everything can be chosen.
#[derive(Clone)]
pub struct RideCode {
    /// Where rides are deducted.
    pub path: String,
    /// What the parameter `access_token` of a request has to be.
    pub access_token: String,
    /// The mini program.
    pub appid: String,
    /// The merchant.
    pub mch_id: String,
    /// How callbacks are signed and encrypted.
    pub seal: RideSeal,
    /// What a callback's `out_trade_no` is.
    pub out_trade_no: RideNumber,
    /// What a second request with the same `out_order_no` does.
    pub duplicates: RideDuplicates,
    /// Where callbacks are sent at first; `None`: nowhere. See
    /// [`Simulator::set_ride_callback`](crate::Simulator::set_ride_callback).
    pub callback_url: Option<String>,
}

impl RideCode {
    /// The platform that configurations are written for.
    pub fn example() -> Self {
        Self {
            path: "/intp/transportcode/simulated".to_owned(),
            access_token: "SIMULATED_ACCESS_TOKEN".to_owned(),
            appid: "wx0000000000000001".to_owned(),
            mch_id: "1230000109".to_owned(),
            seal: RideSeal::example(),
            out_trade_no: RideNumber::OutOrderNo,
            duplicates: RideDuplicates::Refused,
            callback_url: None,
        }
    }

    /// What is wrong with it.
    pub(crate) fn objection(&self) -> Option<&'static str> {
        if !self.path.starts_with('/') || self.path.contains(['?', '#']) {
            return Some("settings.ride_code.path has to begin with / and to end before the query");
        }
        if self.seal.key().is_none() {
            return Some("settings.ride_code.seal.aes_key is no key of 16, 24 or 32 bytes");
        }
        let url = self.callback_url.as_deref();
        url.is_some_and(|url| check_notify_url(url).is_err())
            .then_some("settings.ride_code.callback_url is no URL without parameters")
    }
}

/// Without token and keys.
impl fmt::Debug for RideCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RideCode")
            .field("path", &self.path)
            .field("mch_id", &self.mch_id)
            .field("seal", &self.seal)
            .field("out_trade_no", &self.out_trade_no)
            .field("duplicates", &self.duplicates)
            .field("callback_url", &self.callback_url)
            .finish_non_exhaustive()
    }
}

/// How callbacks are signed and encrypted.
#[derive(Clone, PartialEq, Eq)]
pub struct RideSeal {
    /// What the merchant's number is called.
    pub mch_id_name: MchIdName,
    /// The signature's algorithm.
    pub sign_type: RideSign,
    /// The signature's key.
    pub sign_key: String,
    /// What is signed; `mch_id` stands for whatever it is called.
    pub sign_fields: Vec<String>,
    /// Leave empty fields out of the signature.
    pub sign_skip_empty: bool,
    /// How the key follows the fields.
    pub sign_key_style: SignKeyStyle,
    /// Small letters in the signature.
    pub sign_lower_case: bool,
    /// The AES key: 16, 24 or 32 bytes.
    pub aes_key: String,
    /// How `aes_key` is written.
    pub aes_key_encoding: TextEncoding,
    /// How `iv` is written.
    pub iv_encoding: TextEncoding,
    /// How `encrypted_data` is written; not raw.
    pub data_encoding: TextEncoding,
}

impl RideSeal {
    /// What the facts hold likely.
    pub fn example() -> Self {
        let fields = ["appid", "mch_id", "nonce_str", "encrypted_data", "iv"];
        Self {
            mch_id_name: MchIdName::MchId,
            sign_type: RideSign::HmacSha256,
            sign_key: "0123456789abcdef".to_owned(),
            sign_fields: fields.map(str::to_owned).to_vec(),
            sign_skip_empty: true,
            sign_key_style: SignKeyStyle::AmpKey,
            sign_lower_case: false,
            aes_key: "0123456789abcdef0123456789abcdef".to_owned(),
            aes_key_encoding: TextEncoding::Raw,
            iv_encoding: TextEncoding::Base64,
            data_encoding: TextEncoding::Base64,
        }
    }

    pub(crate) fn is_usable(&self) -> bool {
        self.key().is_some()
    }

    /// The AES key's bytes, if they are as many as they have to be.
    pub(super) fn key(&self) -> Option<Vec<u8>> {
        let key = match self.aes_key_encoding {
            TextEncoding::Raw => self.aes_key.clone().into_bytes(),
            TextEncoding::Hex => hex::decode(&self.aes_key).ok()?,
            TextEncoding::Base64 => BASE64_STANDARD.decode(&self.aes_key).ok()?,
        };
        matches!(key.len(), 16 | 24 | 32).then_some(key)
    }
}

/// Without keys.
impl fmt::Debug for RideSeal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RideSeal")
            .field("mch_id_name", &self.mch_id_name)
            .field("sign_type", &self.sign_type)
            .finish_non_exhaustive()
    }
}

/// What the merchant's number is called; table and samples of the document differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MchIdName {
    /// `mch_id`
    MchId,
    /// `appidmch_id`
    AppidMchId,
}

impl MchIdName {
    /// As in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::MchId => "mch_id",
            Self::AppidMchId => "appidmch_id",
        }
    }
}

/// The algorithm of a callback's signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RideSign {
    /// HMAC-SHA256
    HmacSha256,
    /// MD5
    Md5,
    /// There is none.
    None,
}

/// How the key follows what is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignKeyStyle {
    /// `&key=K`
    AmpKey,
    /// `K`
    Suffix,
}

/// How bytes are written as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextEncoding {
    /// As they are.
    Raw,
    /// In hexadecimal digits.
    Hex,
    /// In base64 with padding.
    Base64,
}

impl TextEncoding {
    /// As in a configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Hex => "hex",
            Self::Base64 => "base64",
        }
    }
}

/// What a callback's `out_trade_no` is; the document does not say whether it is the request's
/// `out_order_no`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RideNumber {
    /// The request's `out_order_no`.
    OutOrderNo,
    /// A number of the platform's own: only `attach` leads back to the ride.
    Own,
}

/// What a second request with the same `out_order_no` does; the document says that it has to be
/// unique, and no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RideDuplicates {
    /// It is refused.
    Refused,
    /// The passenger pays once more.
    ChargedAgain,
}
