//! `[ride_code]`.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use url::Url;
use zeroize::Zeroizing;

use super::context::Context;
use super::document::{Item, Section};
use super::wechat::{app_id, digits};
use super::{ConfigError, Secret, secret};
use crate::crypto::CbcKey;

pub(super) const KEYS: [&str; 14] = [
    "mch_id",
    "appid",
    "deduct_url",
    "access_token",
    "sign_type",
    "sign_key",
    "sign_fields",
    "sign_skip_empty",
    "sign_key_style",
    "sign_case",
    "aes_key",
    "aes_key_encoding",
    "iv_encoding",
    "data_encoding",
];

/// Where an access token goes in an address.
pub(crate) const ACCESS_TOKEN: &str = "{access_token}";

/// No access token is longer; WeChat's documents ask for room for 512 characters.
const MAX_ACCESS_TOKEN: usize = 1024;
const MAX_URL: usize = 2048;

/// What a callback's signature covers: fields 1 to 5 of its table.
const SIGN_FIELDS: [&str; 5] = ["appid", "mch_id", "nonce_str", "encrypted_data", "iv"];

/// Fields of which an unsigned one lets a callback be altered: the encryption does not notice.
const NEVER_UNSIGNED: [&str; 2] = ["encrypted_data", "iv"];

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
#[derive(Clone, PartialEq, Eq)]
pub struct DeductUrl {
    /// Scheme, host and port; always `https`.
    pub host: Url,
    /// Path and query, starting with `/`; may hold `{access_token}` in its query, once.
    pub path: String,
}

impl DeductUrl {
    /// Whether it has a place for an access token.
    pub fn wants_access_token(&self) -> bool {
        self.path.contains(ACCESS_TOKEN)
    }
}

/// `Debug` does not show the query: nobody knows what it may hold.
impl fmt::Debug for DeductUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.split('?').next().unwrap_or_default();
        write!(f, "DeductUrl({}{})", self.host, &path[path.len().min(1)..])
    }
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

impl TextEncoding {
    /// The bytes that `text` stands for.
    pub(crate) fn decode(self, text: &str) -> Option<Vec<u8>> {
        match self {
            Self::Raw => Some(text.as_bytes().to_vec()),
            Self::Hex => hex::decode(text).ok(),
            Self::Base64 => BASE64.decode(text).ok(),
        }
    }
}

/// What is not given is not an error yet, since a gate only deducts and a server only reads
/// callbacks; what is given in part is.
pub(super) fn read(
    mut section: Section<'_>,
    context: &Context<'_>,
    warnings: &mut Vec<String>,
) -> Result<RideCodeConfig, ConfigError> {
    let mch_id = section.need("mch_id", "it is the merchant number (商户号) of the rides")?;
    let appid = section.take("appid");
    let deduct_url = section.take("deduct_url");
    let deduct_url = deduct_url.as_ref().map(address).transpose()?;
    let access_token = read_access_token(&mut section, deduct_url.as_ref(), context)?;
    Ok(RideCodeConfig {
        mch_id: digits(&mch_id)?,
        appid: appid.as_ref().map(app_id).transpose()?,
        deduct_url,
        access_token,
        sign: read_sign(&mut section, context, warnings)?,
        seal: read_seal(&mut section, context)?,
    })
}

fn address(item: &Item<'_>) -> Result<DeductUrl, ConfigError> {
    let text = item.text()?;
    let usable = Url::parse(text).ok().filter(|url| {
        url.scheme() == "https"
            && url.has_host()
            && url.path() != "/"
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none()
            && text.len() <= MAX_URL
            && text.bytes().all(|byte| byte.is_ascii_graphic())
    });
    // The value stays unsaid: its query may hold anything.
    let mut url = usable.ok_or_else(|| {
        item.place.error(
            r#"must be like "https://host.example/path?access_token={access_token}": https with a path, no user name, no fragment"#,
        )
    })?;
    let query = url.query().unwrap_or_default();
    let places = query.matches(ACCESS_TOKEN).count();
    if places > 1 || text.matches(['{', '}']).count() != 2 * places {
        return Err(item
            .place
            .error("may hold {access_token} once, behind the question mark, and no other braces"));
    }
    let written_out = url
        .query_pairs()
        .any(|(name, value)| name == "access_token" && value != ACCESS_TOKEN);
    if written_out {
        return Err(item.place.error(
            "must say access_token={access_token}; the token itself goes into access_token",
        ));
    }
    let path = match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    };
    url.set_path("/");
    url.set_query(None);
    Ok(DeductUrl { host: url, path })
}

fn read_access_token(
    section: &mut Section<'_>,
    deduct_url: Option<&DeductUrl>,
    context: &Context<'_>,
) -> Result<Option<Secret>, ConfigError> {
    let Some(item) = section.take("access_token") else {
        return Ok(None);
    };
    let place = item.place.clone();
    let token = secret::read(item, context)?;
    check_access_token(token.expose())
        .map_err(|rule| place.error(format_args!("must be {rule}")))?;
    match deduct_url {
        Some(url) if url.wants_access_token() => Ok(Some(token)),
        Some(_) => Err(place.error(
            "would never be sent: deduct_url has no place for it. Write …?access_token={access_token} there, or take it out",
        )),
        None => Err(section.missing("deduct_url", "access_token is sent to it")),
    }
}

/// The rule of an access token, wherever it comes from.
pub(crate) fn check_access_token(token: &str) -> Result<(), String> {
    let graphic = token.bytes().all(|byte| byte.is_ascii_graphic());
    match graphic && (1..=MAX_ACCESS_TOKEN).contains(&token.len()) {
        true => Ok(()),
        false => Err(format!(
            "1 to {MAX_ACCESS_TOKEN} printable ASCII characters without blanks"
        )),
    }
}

fn read_sign(
    section: &mut Section<'_>,
    context: &Context<'_>,
    warnings: &mut Vec<String>,
) -> Result<Option<RideSign>, ConfigError> {
    let types = [
        ("HMAC-SHA256", RideSignType::HmacSha256),
        ("MD5", RideSignType::Md5),
        ("NONE", RideSignType::None),
    ];
    let styles = [
        ("amp_key", SignKeyStyle::AmpKey),
        ("suffix", SignKeyStyle::Suffix),
    ];
    let Some(named) = section.take("sign_type") else {
        let others = [
            "sign_key",
            "sign_fields",
            "sign_skip_empty",
            "sign_key_style",
            "sign_case",
        ];
        return lone(
            section,
            &others,
            "sign_type",
            r#""HMAC-SHA256", "MD5" or "NONE""#,
        );
    };
    let sign_type = named.choice(&types)?;
    let key = match section.take("sign_key") {
        Some(item) => Some(read_sign_key(item, context)?),
        None => None,
    };
    let key = match (sign_type, key) {
        (RideSignType::None, _) => {
            warnings.push(named.place.note(
                "NONE: callbacks are believed without a signature, and encryption alone does not show that one was altered",
            ));
            Secret::new("")
        }
        (_, Some(key)) => key,
        (_, None) => {
            let remedy = "it is the key of sign_type, from Tencent";
            return Err(section.missing("sign_key", remedy));
        }
    };
    let list = section.take("sign_fields");
    let place = list.as_ref().map(|list| list.place.clone());
    let fields = match list {
        Some(list) => read_sign_fields(list)?,
        None => SIGN_FIELDS.map(str::to_owned).to_vec(),
    };
    let unsigned = NEVER_UNSIGNED.map(|name| (!fields.iter().any(|field| field == name), name));
    for (unsigned, name) in unsigned {
        if let (true, Some(place), false) = (unsigned, &place, sign_type == RideSignType::None) {
            warnings.push(place.note(format_args!(
                "leaves out {name}: a callback could be altered there without anybody noticing"
            )));
        }
    }
    Ok(Some(RideSign {
        sign_type,
        key,
        fields,
        skip_empty: section.flag("sign_skip_empty", true)?,
        key_style: section.choice("sign_key_style", &styles, SignKeyStyle::AmpKey)?,
        lower_case: section.choice("sign_case", &[("upper", false), ("lower", true)], false)?,
    }))
}

fn read_sign_key(item: Item<'_>, context: &Context<'_>) -> Result<Secret, ConfigError> {
    let place = item.place.clone();
    let key = secret::read(item, context)?;
    if key.expose().chars().any(char::is_control) {
        return Err(place.error("must not hold control characters such as line ends"));
    }
    Ok(key)
}

fn read_sign_fields(list: Item<'_>) -> Result<Vec<String>, ConfigError> {
    let place = list.place.clone();
    let mut fields: Vec<String> = Vec::new();
    for item in list.list()? {
        let name = item.choice(&SIGN_FIELDS.map(|name| (name, name)))?;
        if fields.iter().any(|field| field == name) {
            return Err(item.place.error(format_args!("names {name} twice")));
        }
        fields.push(name.to_owned());
    }
    if fields.is_empty() {
        return Err(place.error(format_args!(
            "must name what is signed; without it: {}",
            SIGN_FIELDS.join(", ")
        )));
    }
    Ok(fields)
}

fn read_seal(
    section: &mut Section<'_>,
    context: &Context<'_>,
) -> Result<Option<RideSeal>, ConfigError> {
    let encodings = [
        ("base64", TextEncoding::Base64),
        ("hex", TextEncoding::Hex),
        ("raw", TextEncoding::Raw),
    ];
    let Some(key) = section.take("aes_key") else {
        let others = ["aes_key_encoding", "iv_encoding", "data_encoding"];
        return lone(
            section,
            &others,
            "aes_key",
            "it is the key of callbacks, from Tencent",
        );
    };
    let place = key.place.clone();
    let key = secret::read(key, context)?;
    let remedy = r#"say how aes_key is written: "raw", "hex" or "base64"; there is no default"#;
    let written = section.need("aes_key_encoding", remedy)?;
    let encoding = written.choice(&encodings)?;
    let bytes = encoding.decode(key.expose()).map(Zeroizing::new);
    let bytes = bytes.ok_or_else(|| {
        place.error(format_args!(
            "is not what aes_key_encoding says; copy it as Tencent gave it, without blanks{}",
            match encoding {
                TextEncoding::Base64 => " and with its = at the end",
                _ => "",
            }
        ))
    })?;
    let length = bytes.len();
    let key = CbcKey::new(bytes.to_vec()).map_err(|_| {
        place.error(format_args!(
            "must be 16, 24 or 32 bytes, has {length} read as aes_key_encoding says; is that right?"
        ))
    })?;
    Ok(Some(RideSeal {
        key,
        iv_encoding: section.choice("iv_encoding", &encodings, TextEncoding::Base64)?,
        data_encoding: section.choice("data_encoding", &encodings[..2], TextEncoding::Base64)?,
    }))
}

/// Nothing, if none of `others` is given; else the error that `key` is missing to them.
fn lone<T>(
    section: &mut Section<'_>,
    others: &[&str],
    key: &str,
    remedy: &str,
) -> Result<Option<T>, ConfigError> {
    match others.iter().find(|other| section.take(other).is_some()) {
        None => Ok(None),
        Some(other) => {
            let remedy = format!("{other} needs it; {remedy}");
            Err(section.missing(key, &remedy))
        }
    }
}
