//! `[ride_code]`.

use url::Url;

use super::Secret;
use crate::crypto::CbcKey;

/// `[ride_code]`. Tencent hands over the address, the signature and the keys to each operator and
/// publishes none of them, so whatever is not configured is refused when it is used.
#[derive(Debug)]
pub struct RideCodeConfig {
    /// Whose rides: the merchant number (支付商户号), which callbacks name.
    pub mch_id: String,
    /// The mini program, which callbacks name. Not compared if it is not given.
    pub appid: Option<String>,
    /// Where rides are deducted.
    pub deduct_url: Option<DeductUrl>,
    /// For `{access_token}` in the address; a request's own wins. It lives for two hours, and is the
    /// host's to renew.
    pub access_token: Option<Secret>,
    /// How callbacks are signed.
    pub sign: Option<RideSign>,
    /// How callbacks are encrypted.
    pub seal: Option<RideSeal>,
}

/// `deduct_url`, in two parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeductUrl {
    /// Scheme, host and port; always `https`.
    pub host: Url,
    /// Path and query, starting with `/`; may hold `{access_token}`.
    pub path: String,
}

/// How callbacks are signed.
#[derive(Debug)]
pub struct RideSign {
    /// The algorithm.
    pub sign_type: RideSignType,
    /// Its key; empty for [`RideSignType::None`].
    pub key: Secret,
    /// Names of the signed fields; `mch_id` stands for whatever the callback calls it.
    pub fields: Vec<String>,
    /// Whether empty fields are left out.
    pub skip_empty: bool,
    /// How the key follows what is signed.
    pub key_style: SignKeyStyle,
    /// Whether it is written in lower case. It is compared without regard to that.
    pub lower_case: bool,
}

/// Algorithms of a callback's signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RideSignType {
    /// `HMAC-SHA256`
    HmacSha256,
    /// `MD5`
    Md5,
    /// `NONE`: callbacks are not signed, and nothing but the encryption speaks for them.
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

/// How callbacks are encrypted: AES-CBC with PKCS#7 padding.
#[derive(Debug)]
pub struct RideSeal {
    /// AES-128, -192 or -256, by its length.
    pub key: CbcKey,
    /// How `iv` is written.
    pub iv_encoding: TextEncoding,
    /// How `encrypted_data` is written.
    pub data_encoding: TextEncoding,
}

/// How bytes are written as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextEncoding {
    /// As they are.
    Raw,
    /// Hexadecimal digits.
    Hex,
    /// Base64 with padding.
    Base64,
}
