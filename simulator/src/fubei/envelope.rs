//! What stands around the business parameters: who asks for what, and the signature (facts §3 to §6).

use hyper::header::CONTENT_TYPE;
use hyper::{HeaderMap, Method as Http};

use super::codes::Refusal;
use super::method::{self, Method};
use super::settings::{Fubei, FubeiAccount, FubeiApi, FubeiLevel};
use super::sign::sign;
use crate::raw_json::{self, Json, Members};
use crate::server::Request;

/// A request whose sender is proven. Its parameters are still to be checked.
pub(super) struct Envelope<'a> {
    pub(super) method: Method,
    pub(super) level: FubeiLevel,
    /// Those that the sender may act for.
    pub(super) accounts: Vec<&'a FubeiAccount>,
    pub(super) content: Members,
}

/// Why there is none, and how far it was read.
pub(super) struct Unopened {
    pub(super) refusal: Refusal,
    pub(super) method: Option<Method>,
    /// `merchant_order_sn`, for the record of a request that nobody is proven to have sent.
    pub(super) number: Option<String>,
}

const KEYS: [&str; 9] = [
    "app_id",
    "biz_content",
    "format",
    "method",
    "nonce",
    "sign",
    "sign_method",
    "vendor_sn",
    "version",
];

pub(super) fn open<'a>(fubei: &'a Fubei, request: &Request) -> Result<Envelope<'a>, Unopened> {
    let unread = |refusal| Unopened {
        refusal,
        method: None,
        number: None,
    };
    let (api, levels) = method::gateway(&request.path)
        .ok_or_else(|| unread(Refusal::own(1008, "请求地址不存在")))?;
    if request.method != Http::POST {
        return Err(unread(Refusal::own(402, "请使用POST方法")));
    }
    if !is_json(&request.headers) {
        return Err(unread(Refusal::own(402, "请求头必须为application/json")));
    }
    let fields = raw_json::read_object(&request.body)
        .ok_or_else(|| unread(Refusal::own(402, "请求体不是合法的JSON对象")))?;
    let content = fields
        .text("biz_content")
        .and_then(|content| raw_json::read_object(content.as_bytes()));
    let found = fields
        .text("method")
        .and_then(|name| method::find(api, name).ok());
    let refused = |refusal| Unopened {
        refusal,
        method: found,
        number: content
            .as_ref()
            .and_then(|content| content.text("merchant_order_sn"))
            .filter(|number| number.len() <= 64)
            .map(str::to_owned),
    };
    let (level, accounts) = sender(fubei, &fields).map_err(refused)?;
    if !levels.contains(&level) {
        return Err(refused(Refusal::own(401, "没有权限访问该地址")));
    }
    let method = common(api, &fields).map_err(refused)?;
    proven(&fields, accounts[0].secret(level)).map_err(refused)?;
    match content {
        Some(content) => Ok(Envelope {
            method,
            level,
            accounts,
            content,
        }),
        None => Err(refused(Refusal::parameter(
            "biz_content",
            "不是JSON对象的文本",
        ))),
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let kind = value.map(|value| value.split(';').next().unwrap_or_default().trim());
    kind.is_some_and(|kind| kind.eq_ignore_ascii_case("application/json"))
}

/// Who says he has sent it, and for whom he may; never empty.
fn sender<'a>(
    fubei: &'a Fubei,
    fields: &Members,
) -> Result<(FubeiLevel, Vec<&'a FubeiAccount>), Refusal> {
    let (level, accounts): (_, Vec<_>) = match (fields.get("app_id"), fields.get("vendor_sn")) {
        (None, None) => return Err(Refusal::own(1001, "[app_id]缺失")),
        (Some(_), Some(_)) => {
            return Err(Refusal::own(402, "[app_id]和[vendor_sn]不能同时存在"));
        }
        (Some(Json::Text(app_id)), None) => {
            let mine = |account: &&FubeiAccount| account.app_id == *app_id;
            let accounts = fubei.accounts.iter().filter(mine);
            (FubeiLevel::Merchant, accounts.take(1).collect())
        }
        (None, Some(Json::Text(vendor_sn))) => {
            let mine = |account: &&FubeiAccount| account.vendor_sn == *vendor_sn;
            let accounts = fubei.accounts.iter().filter(mine);
            (FubeiLevel::Vendor, accounts.collect())
        }
        _ => return Err(Refusal::own(1001, "[app_id]必须为字符串")),
    };
    if accounts.is_empty() {
        return Err(Refusal::own(1002, "[app_id]不存在或无权限"));
    }
    Ok((level, accounts))
}

/// Everything that is the same in every request.
fn common(api: FubeiApi, fields: &Members) -> Result<Method, Refusal> {
    let unknown = fields.iter().find(|(name, _)| !KEYS.contains(name));
    if let Some((name, _)) = unknown {
        return Err(Refusal::parameter(name, "未定义的参数"));
    }
    let name = match fields.get("method") {
        Some(Json::Text(name)) if !name.is_empty() => name,
        _ => return Err(Refusal::own(1003, "[method]缺失")),
    };
    if fields.text("format") != Some("json") {
        return Err(Refusal::own(1004, "[format]必须为json"));
    }
    if fields.text("sign_method") != Some("md5") {
        return Err(Refusal::own(1005, "[sign_method]必须为md5"));
    }
    let nonce = match fields.get("nonce") {
        None => return Err(Refusal::own(1010, "[nonce]缺失")),
        Some(Json::Text(nonce)) => nonce,
        Some(_) => return Err(Refusal::own(1011, "[nonce]必须为字符串")),
    };
    if !(1..=32).contains(&nonce.chars().count()) {
        return Err(Refusal::own(1012, "[nonce]长度必须为1-32位"));
    }
    match (api, fields.get("version")) {
        (_, None) => {}
        (_, Some(Json::Text(version))) if version == "1.0" => {}
        (FubeiApi::V2, Some(Json::Text(version))) if version == "2.0" => {}
        _ => return Err(Refusal::parameter("version", "不支持的版本")),
    }
    if fields.text("biz_content").is_none() {
        return Err(Refusal::parameter("biz_content", "缺失或不是字符串"));
    }
    method::find(api, name)
}

/// The signature over what was sent, with the text of `biz_content` as it is.
fn proven(fields: &Members, secret: &str) -> Result<(), Refusal> {
    let given = match fields.get("sign") {
        Some(Json::Text(sign)) if !sign.is_empty() => sign,
        _ => return Err(Refusal::own(1006, "[sign]缺失")),
    };
    let texts = fields.iter().filter_map(|(name, value)| match value {
        Json::Text(text) => Some((name, text.as_str())),
        _ => None,
    });
    if *given == sign(texts, secret) {
        Ok(())
    } else {
        Err(Refusal::own(1007, "[sign]签名错误"))
    }
}
