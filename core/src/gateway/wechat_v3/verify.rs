//! Whether an answer or a notification was signed by WeChat Pay, and when.
//!
//! Source: "签名验证", APIv3.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::WechatV3;
use crate::crypto::VerifyingKey;
use crate::exchange::Reply;
use crate::gateway::Stamp;

/// Signatures as old as this, or from as far in the future, are not believed (the documents'
/// "5 分钟").
const WINDOW: u64 = 300;
/// WeChat Pay probes whether signatures are checked at all ("签名探测流量").
const PROBE: &str = "WECHATPAY/SIGNTEST/";

const TIMESTAMP: &str = "wechatpay-timestamp";
const NONCE: &str = "wechatpay-nonce";
const SIGNATURE: &str = "wechatpay-signature";
const SERIAL: &str = "wechatpay-serial";

/// What the signature headers of a message are worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verification {
    /// Signed by WeChat Pay, fresh.
    Proven {
        /// When, unix seconds.
        signed_at: i64,
    },
    /// None of the four headers is there.
    Unsigned,
    /// Anything else: a header missing, a probe, a stale time, a wrong signature, an unknown key.
    Disproved {
        /// What is wrong; never the signature.
        why: String,
        /// The serial that no key is known for.
        unknown_key: Option<String>,
    },
}

/// What is known about the key of a serial.
pub(super) enum Lookup {
    Known(VerifyingKey),
    /// That of a certificate which is not valid now.
    OutOfTime,
    Unknown,
}

impl WechatV3 {
    /// Checks the signature of `headers` (names in lower case) over `body`; `now` is the gateway's
    /// clock, unix seconds.
    pub(super) fn verify(
        &self,
        headers: &[(String, String)],
        body: &[u8],
        now: i64,
    ) -> Verification {
        verify(headers, body, now, |serial| self.keys.find(serial, now))
    }
}

/// [`WechatV3::verify`] with keys from anywhere.
pub(super) fn verify(
    headers: &[(String, String)],
    body: &[u8],
    now: i64,
    find: impl FnOnce(&str) -> Lookup,
) -> Verification {
    let signed = match Signed::read(headers) {
        Ok(Some(signed)) => signed,
        Ok(None) => return Verification::Unsigned,
        Err(why) => return disproved(why),
    };
    let Signed {
        timestamp,
        signed_at,
        nonce,
        serial,
        signature,
    } = signed;
    // Before the key: what is stale is not worth fetching a key for.
    let age = now.abs_diff(signed_at);
    if age >= WINDOW {
        let side = if signed_at < now {
            "old"
        } else {
            "in the future"
        };
        return disproved(format!("its signature is {age} s {side}: a replay?"));
    }
    let key = match find(serial) {
        Lookup::Known(key) => key,
        Lookup::OutOfTime => {
            return disproved(format!(
                "signed under the platform certificate {serial}, which is not valid now"
            ));
        }
        Lookup::Unknown => {
            return Verification::Disproved {
                why: format!("signed under {serial}, a key that is not known"),
                unknown_key: Some(serial.to_owned()),
            };
        }
    };
    let message = [
        timestamp.as_bytes(),
        b"\n",
        nonce.as_bytes(),
        b"\n",
        body,
        b"\n",
    ]
    .concat();
    if !key.verifies(&message, &signature) {
        return disproved(format!("its signature under {serial} is wrong"));
    }
    Verification::Proven { signed_at }
}

/// When a message claims to have been signed, unix seconds; nothing of it is verified.
pub(super) fn claimed_time(headers: &[(String, String)]) -> Option<i64> {
    let value = single(headers, TIMESTAMP, 20).ok()?;
    value.parse().ok()
}

fn disproved(why: impl Into<String>) -> Verification {
    Verification::Disproved {
        why: why.into(),
        unknown_key: None,
    }
}

/// The four headers, well-formed.
struct Signed<'a> {
    timestamp: &'a str,
    signed_at: i64,
    nonce: &'a str,
    serial: &'a str,
    signature: Vec<u8>,
}

impl<'a> Signed<'a> {
    /// `None` if none of the headers is there.
    fn read(headers: &'a [(String, String)]) -> Result<Option<Self>, String> {
        let names = [TIMESTAMP, NONCE, SIGNATURE, SERIAL];
        if !headers
            .iter()
            .any(|(name, _)| names.contains(&name.as_str()))
        {
            return Ok(None);
        }
        let signature = single(headers, SIGNATURE, 2048)?;
        if signature.starts_with(PROBE) {
            return Err("a probe of the signature check; the real message follows".to_owned());
        }
        let timestamp = single(headers, TIMESTAMP, 20)?;
        let digits = timestamp.bytes().all(|byte| byte.is_ascii_digit());
        let signed_at = timestamp
            .parse()
            .ok()
            .filter(|_| digits)
            .ok_or_else(|| format!("its {TIMESTAMP} is no time"))?;
        Ok(Some(Self {
            timestamp,
            signed_at,
            nonce: single(headers, NONCE, 128)?,
            serial: single(headers, SERIAL, 128)?,
            signature: BASE64
                .decode(signature)
                .map_err(|_| format!("its {SIGNATURE} is not Base64"))?,
        }))
    }
}

/// The only header of this name. Blanks and line ends inside it would let a message be cut up
/// differently under the same signature.
fn single<'a>(
    headers: &'a [(String, String)],
    name: &'static str,
    longest: usize,
) -> Result<&'a str, String> {
    let mut values = headers.iter().filter(|(have, _)| have == name);
    let value = match (values.next(), values.next()) {
        (Some((_, value)), None) => value.as_str(),
        (None, _) => return Err(format!("it has no {name}")),
        (Some(_), Some(_)) => return Err(format!("it has {name} twice")),
    };
    let plain = value.bytes().all(|byte| byte.is_ascii_graphic());
    if value.is_empty() || value.len() > longest || !plain {
        return Err(format!("its {name} is malformed"));
    }
    Ok(value)
}

/// Requests are refused when their time is 300 s off, and that is looked at before the signature. A
/// minute less is enough here: the request was on its way for some of it, and `Date` has no
/// fractions. Taking a refusal for the clock's fault where it was not costs one request that is
/// refused as well, for a 401 says that nothing was executed.
const OFF: u64 = 240;

/// Whether a 401 is owed to the time in `stamp`.
pub(super) fn refused_for_clock(reply: &Reply, stamp: &Stamp) -> bool {
    reply.status == 401
        && reply
            .date
            .is_some_and(|date| date.abs_diff(stamp.unix_seconds) >= OFF)
}

/// Whether a reply is one of WeChat Pay's probes.
pub(super) fn is_probe(reply: &Reply) -> bool {
    reply
        .header(SIGNATURE)
        .is_some_and(|signature| signature.starts_with(PROBE))
}

#[cfg(test)]
mod tests;
