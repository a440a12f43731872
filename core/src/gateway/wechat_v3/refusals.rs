//! What a refusal, or an answer that cannot be verified, says about keys, serial numbers, certificates
//! and clocks: which key of the configuration is wrong, and the remedy.
//!
//! WeChat Pay refuses wrong credentials with 401 and one code, `SIGN_ERROR`; only its text tells what
//! is wrong. Source: "签名相关", APIv3, and the same page's table of texts.

use serde_json::Value;

use super::WechatV3;
use super::verify::Verification;
use crate::exchange::Reply;
use crate::gateway::{Finding, KeyError};
use crate::json;

pub(super) const SAFETY_PAGE: &str = "商户平台 → 账户中心 → API安全";
const PUBLIC_KEY_ID: &str = "PUB_KEY_ID_";
/// A longer body or text is no error answer.
const LONGEST_BODY: usize = 64 * 1024;
const LONGEST_TEXT: usize = 120;
const DAY: i64 = 24 * 3600;
/// A certificate that expires sooner is worth a word.
const SOON: i64 = 30 * DAY;

/// A piece of WeChat's text, the check that fails, what is wrong and the remedy. The first that fits
/// counts.
const TEXTS: [(&str, &str, &str); 11] = [
    (
        "timestamp",
        "clock",
        "the request's time is more than 5 minutes off: this machine's clock is wrong; set it",
    ),
    (
        "序列号",
        "serial_no",
        "serial_no is not that of the merchant's certificate which private_key belongs to; take both from one download",
    ),
    (
        "已过期",
        "certificate",
        "the merchant's API certificate has expired; get a new one, and with it private_key and serial_no",
    ),
    (
        "作废",
        "certificate",
        "the merchant's API certificate was revoked; get a new one, and with it private_key and serial_no",
    ),
    (
        "已更换",
        "certificate",
        "the merchant's API certificate was replaced; take private_key and serial_no of the new one",
    ),
    (
        "未申请",
        "certificate",
        "the merchant has no API certificate yet; apply for one",
    ),
    (
        "APIv3密钥",
        "api_v3_key",
        "the merchant has set no APIv3 key yet; set one and put it into api_v3_key",
    ),
    (
        "mchid",
        "mchid",
        "WeChat Pay does not know mchid (of a partner: sp_mchid)",
    ),
    (
        "Authorization",
        "credentials",
        "WeChat Pay cannot read the request's signature; does a proxy change headers?",
    ),
    (
        "签名",
        "private_key",
        "private_key does not sign what WeChat Pay expects of the certificate serial_no; take both from one download",
    ),
    (
        "验签",
        "private_key",
        "private_key does not sign what WeChat Pay expects of the certificate serial_no; take both from one download",
    ),
];

/// The error of a download that was refused; `has_public_key` if one is configured.
pub(super) fn of_certificates(reply: &Reply, has_public_key: bool) -> KeyError {
    let (code, message) = code_and_message(reply);
    let says = says(reply.status, &code, &message);
    if reply.status == 401 {
        let finding = of_401(&message);
        return KeyError {
            why: format!("{}: {}", says, finding.message),
            refused: true,
        };
    }
    if reply.status == 404 || message.contains("微信支付公钥") {
        let remedy = if has_public_key {
            "this merchant has no platform certificates any more, and needs none beside public_key; \
             write platform_certificates = \"never\""
                .to_owned()
        } else {
            format!(
                "this merchant has no platform certificates but a WeChat Pay public key; take it \
                 and its id at {SAFETY_PAGE} → 微信支付公钥, and give them as public_key and \
                 public_key_id"
            )
        };
        return KeyError {
            why: format!("{says}: {remedy}"),
            refused: true,
        };
    }
    KeyError {
        why: format!("platform certificates were refused: {says}"),
        refused: (400..500).contains(&reply.status) && reply.status != 429,
    }
}

/// What to do about an answer that is signed under a key which is not known.
pub(super) fn unknown_key(serial: &str, downloads: bool) -> String {
    if serial.starts_with(PUBLIC_KEY_ID) {
        return format!(
            "answers are signed with the WeChat Pay public key {serial}, which is not configured; \
             take it and its id at {SAFETY_PAGE} → 微信支付公钥, and give them as public_key and \
             public_key_id"
        );
    }
    if downloads {
        return format!(
            "answers are signed under {serial}, which is not among the platform certificates that \
             WeChat Pay hands out"
        );
    }
    format!(
        "answers are signed under the platform certificate {serial}, and only a public key is \
         configured; write platform_certificates = \"auto\" until {SAFETY_PAGE} says that \
         everything has moved to 微信支付公钥"
    )
}

impl WechatV3 {
    /// What is known of the configuration without asking.
    pub(super) fn inspect_certificate(&self, now: i64) -> Finding {
        let Some(expires) = self.config.certificate_expires else {
            return right(
                "certificate",
                "certificate is not given, so it is not known here when it expires",
            );
        };
        let days = (expires - now) / DAY;
        if expires <= now {
            let message = format!(
                "the merchant's API certificate has expired; get a new one at {SAFETY_PAGE}"
            );
            return wrong("certificate", message);
        }
        if expires - now < SOON {
            let message = format!(
                "the merchant's API certificate expires in {days} days; get a new one at {SAFETY_PAGE}"
            );
            return right("certificate", message);
        }
        right(
            "certificate",
            format!("the merchant's API certificate is good for {days} days"),
        )
    }

    /// What an answer to any question says about keys and certificates.
    pub(super) fn findings(&self, reply: &Reply) -> Vec<Finding> {
        if reply.status == 401 {
            let (code, message) = code_and_message(reply);
            let mut finding = of_401(&message);
            finding.message = format!("{} ({})", finding.message, says(401, &code, &message));
            // The files were compared when the configuration was read.
            if self.config.certificate_expires.is_some()
                && matches!(finding.check, "serial_no" | "private_key")
            {
                finding.message.push_str(
                    "; certificate, private_key and serial_no fit each other, so they belong to \
                     another merchant than mchid, or were replaced",
                );
            }
            return vec![finding];
        }
        let mut findings = Vec::new();
        if reply.status < 500 {
            findings.push(right("private_key", "WeChat Pay accepts its signatures"));
            findings.push(right(
                "serial_no",
                "WeChat Pay knows it as that of private_key",
            ));
        }
        let now = reply.now.or(reply.date).unwrap_or_default();
        let keys = self.keys.describe(now);
        findings.push(match self.verify(&reply.headers, &reply.body, now) {
            Verification::Proven { .. } => right(
                "platform_keys",
                format!("WeChat Pay's answer is verified; known: {keys}"),
            ),
            Verification::Unsigned if (200..300).contains(&reply.status) => wrong(
                "platform_keys",
                "WeChat Pay's answer is not signed; does a proxy drop its Wechatpay-… headers?",
            ),
            Verification::Unsigned => right(
                "platform_keys",
                format!("not tried, since WeChat Pay has not signed this error; known: {keys}"),
            ),
            Verification::Disproved {
                unknown_key: Some(serial),
                ..
            } => wrong(
                "platform_keys",
                unknown_key(&serial, self.config.platform_certificates.is_some()),
            ),
            Verification::Disproved { why, .. } => {
                let serial = reply.header("wechatpay-serial").unwrap_or_default();
                let remedy = if self.keys.is_public(serial) {
                    format!(
                        "; if that stays so, public_key is not the key of public_key_id: take both \
                         again at {SAFETY_PAGE} → 微信支付公钥"
                    )
                } else {
                    String::new()
                };
                wrong(
                    "platform_keys",
                    format!("WeChat Pay's answer cannot be verified: {why}{remedy}"),
                )
            }
        });
        // A partner who names the shop in each request has none to be asked about here.
        if reply.status == 400 && self.config.partner && self.config.sub_mchid.is_none() {
            findings.push(right(
                "credentials",
                "accepted; no shop was asked about, since sub_mchid is not given",
            ));
        }
        findings
    }
}

fn of_401(message: &str) -> Finding {
    let found = TEXTS.iter().find(|(piece, ..)| message.contains(piece));
    found.map_or_else(
        || {
            wrong(
                "credentials",
                "mchid, serial_no and private_key do not fit each other, or were replaced",
            )
        },
        |(_, check, text)| {
            let place = match *check {
                "clock" | "mchid" | "credentials" => String::new(),
                _ => format!(" ({SAFETY_PAGE})"),
            };
            wrong(check, format!("{text}{place}"))
        },
    )
}

fn right(check: &'static str, message: impl Into<String>) -> Finding {
    Finding {
        check,
        wrong: false,
        message: message.into(),
    }
}

fn wrong(check: &'static str, message: impl Into<String>) -> Finding {
    Finding {
        check,
        wrong: true,
        message: message.into(),
    }
}

/// `code` and `message` of an error answer, fit to be shown; empty where there is none.
fn code_and_message(reply: &Reply) -> (String, String) {
    let body = json::parse(&reply.body, LONGEST_BODY).unwrap_or_default();
    let text = |key: &str| -> String {
        let text = body.get(key).and_then(Value::as_str).unwrap_or_default();
        let shown = text.chars().filter(|character| !character.is_control());
        shown.take(LONGEST_TEXT).collect()
    };
    (text("code"), text("message"))
}

fn says(status: u16, code: &str, message: &str) -> String {
    match (code, message) {
        ("", "") => format!("WeChat Pay says HTTP {status}"),
        (code, message) => format!("WeChat Pay says HTTP {status} {code} {message}")
            .trim_end()
            .to_owned(),
    }
}
