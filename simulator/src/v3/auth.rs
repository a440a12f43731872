//! Who sends a request: headers, `Authorization`, clock and signature (protocol §5.1).

use std::collections::{HashMap, VecDeque};

use hyper::HeaderMap;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, USER_AGENT};

use super::Problem;
use crate::server::Request;
use crate::settings::Merchant;
use crate::shared::Shared;

const SCHEME: &str = "WECHATPAY2-SHA256-RSA2048 ";
/// A request may be this many seconds older or younger than the platform's clock, less one.
const WINDOW_SECONDS: u64 = 300;

/// The sender, and how many requests before this one had its timestamp and nonce. The number is
/// there as soon as the header could be read.
pub(super) fn sender<'a>(
    shared: &'a Shared,
    request: &Request,
) -> (Result<&'a Merchant, Problem>, u32) {
    if let Err(problem) = headers(&request.headers) {
        return (Err(problem), 0);
    }
    let mut headers = request.headers.get_all(AUTHORIZATION).iter();
    let header = match (headers.next(), headers.next()) {
        (Some(header), None) => Authorization::parse(header.to_str().unwrap_or_default()),
        (None, _) => Err(refused("Http头缺少Authorization")),
        (Some(_), Some(_)) => Err(refused("Http头Authorization重复")),
    };
    match header {
        Ok(header) => {
            let repeats = shared.nonces_seen().seen(&header);
            (proven(shared, request, &header), repeats)
        }
        Err(problem) => (Err(problem), 0),
    }
}

/// What a request needs besides its signature.
fn headers(headers: &HeaderMap) -> Result<(), Problem> {
    let accepts = |accept: &str| {
        accept.split(',').any(|kind| {
            let kind = kind.split(';').next().unwrap_or_default().trim();
            matches!(kind, "application/json" | "*/*")
        })
    };
    let agent = text(headers, USER_AGENT).is_some_and(|agent| !agent.trim().is_empty());
    if !agent || !text(headers, ACCEPT).is_some_and(accepts) {
        return Err(Problem::new(
            400,
            "PARAM_ERROR",
            "Http头缺少Accept或User-Agent",
        ));
    }
    Ok(())
}

/// Whether a body says that it is JSON.
pub(super) fn content_type(headers: &HeaderMap) -> Result<(), Problem> {
    let json = text(headers, CONTENT_TYPE).is_some_and(|kind| {
        let kind = kind.split(';').next().unwrap_or_default().trim();
        kind.eq_ignore_ascii_case("application/json")
    });
    if json {
        Ok(())
    } else {
        Err(Problem::new(
            400,
            "PARAM_ERROR",
            "Http头Content-Type不是application/json",
        ))
    }
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

fn refused(message: impl Into<String>) -> Problem {
    Problem::new(401, "SIGN_ERROR", message)
}

/// Clock, then serial number, then signature: each with a message of its own.
fn proven<'a>(
    shared: &'a Shared,
    request: &Request,
    header: &Authorization<'_>,
) -> Result<&'a Merchant, Problem> {
    let clock = shared.clock();
    let now = clock.unix(clock.now());
    if header.timestamp.abs_diff(now) >= WINDOW_SECONDS {
        return Err(refused(
            "Http头Authorization中的timestamp与发起请求的时间不得超过5分钟",
        ));
    }
    let merchants = &shared.settings().merchants;
    let merchant = merchants
        .iter()
        .find(|merchant| merchant.mch_id == header.mchid);
    let Some(merchant) = merchant else {
        return Err(refused("Http头Authorization中的mchid不存在"));
    };
    let keys = shared.keys();
    if keys.owner(header.serial_no) != Some(merchant.mch_id.as_str()) {
        return Err(refused(
            "商户证书序列号有误。请使用签名私钥匹配的证书序列号",
        ));
    }
    let message = header.message(request);
    if !keys.verify(header.serial_no, &message, header.signature) {
        return Err(refused("错误的签名，验签失败"));
    }
    Ok(merchant)
}

/// The header's five values.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Authorization<'a> {
    mchid: &'a str,
    nonce_str: &'a str,
    timestamp: i64,
    serial_no: &'a str,
    signature: &'a str,
}

impl<'a> Authorization<'a> {
    /// Takes `name="value"` five times, each name once, separated by commas alone.
    fn parse(header: &'a str) -> Result<Self, Problem> {
        Self::read(header).ok_or_else(|| {
            refused("Http头Authorization值格式错误，请参考《微信支付商户REST API签名规则》")
        })
    }

    fn read(header: &'a str) -> Option<Self> {
        let mut values: HashMap<&str, &str> = HashMap::new();
        for pair in header.strip_prefix(SCHEME)?.split(',') {
            let (name, value) = pair.split_once('=')?;
            let value = value.strip_prefix('"')?.strip_suffix('"')?;
            let plain = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
            if value.is_empty() || !value.bytes().all(plain) {
                return None;
            }
            if values.insert(name, value).is_some() {
                return None;
            }
        }
        let mut take = |name| values.remove(name);
        let timestamp = take("timestamp")?;
        let nonce_str = take("nonce_str")?;
        let header = Self {
            mchid: take("mchid")?,
            nonce_str,
            timestamp: timestamp.parse().ok()?,
            serial_no: take("serial_no")?,
            signature: take("signature")?,
        };
        let digits = timestamp.bytes().all(|byte| byte.is_ascii_digit());
        (values.is_empty() && digits && nonce_str.len() <= 32).then_some(header)
    }

    /// What the sender has to have signed.
    fn message(&self, request: &Request) -> Vec<u8> {
        let mut message = format!(
            "{}\n{}\n{}\n{}\n",
            request.method, request.target, self.timestamp, self.nonce_str
        )
        .into_bytes();
        message.extend_from_slice(&request.body);
        message.push(b'\n');
        message
    }
}

/// The latest timestamps and nonces with the number of their requests.
#[derive(Default)]
pub(crate) struct Nonces {
    counts: HashMap<String, u32>,
    order: VecDeque<String>,
}

impl Nonces {
    /// How many requests before this one had its timestamp and nonce.
    fn seen(&mut self, header: &Authorization<'_>) -> u32 {
        const KEPT: usize = 10_000;
        let name = format!("{} {} {}", header.mchid, header.timestamp, header.nonce_str);
        if let Some(count) = self.counts.get_mut(&name) {
            *count = count.saturating_add(1);
            return *count;
        }
        if self.order.len() == KEPT
            && let Some(oldest) = self.order.pop_front()
        {
            self.counts.remove(&oldest);
        }
        self.counts.insert(name.clone(), 0);
        self.order.push_back(name);
        0
    }
}
