//! The signature of a request: `WECHATPAY2-SHA256-RSA2048`.
//!
//! Source: "签名生成", APIv3.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;

use super::WechatV3;
use crate::exchange::{Call, Resend};
use crate::gateway::Stamp;

impl WechatV3 {
    /// A complete request. `path` is as it is sent: percent-encoded, with its query.
    pub(super) fn call(
        &self,
        operation: &'static str,
        method: &'static str,
        path: String,
        body: Option<&Value>,
        stamp: &Stamp,
        resend: Resend,
    ) -> Call {
        // The exact bytes that are sent are signed.
        let body = body.map_or_else(Vec::new, |body| body.to_string().into_bytes());
        let message = message(method, &path, stamp, &body);
        let signature = BASE64.encode(self.config.private_key.sign(&message));
        let authorization = authorization(
            &self.config.mchid,
            &self.config.serial_no,
            stamp,
            &signature,
        );
        let mut headers = vec![
            ("Authorization", authorization),
            ("Accept", "application/json".to_owned()),
        ];
        if !body.is_empty() {
            headers.push(("Content-Type", "application/json".to_owned()));
        }
        if let Some(serial) = self.keys.preferred() {
            headers.push(("Wechatpay-Serial", serial));
        }
        Call {
            operation,
            method,
            path,
            headers,
            body,
            resend,
        }
    }
}

/// What is signed: five lines, each with its line feed.
fn message(method: &str, path: &str, stamp: &Stamp, body: &[u8]) -> Vec<u8> {
    let Stamp {
        nonce,
        unix_seconds,
    } = stamp;
    let mut message = format!("{method}\n{path}\n{unix_seconds}\n{nonce}\n").into_bytes();
    message.extend_from_slice(body);
    message.push(b'\n');
    message
}

fn authorization(mchid: &str, serial_no: &str, stamp: &Stamp, signature: &str) -> String {
    let Stamp {
        nonce,
        unix_seconds,
    } = stamp;
    format!(
        "WECHATPAY2-SHA256-RSA2048 mchid=\"{mchid}\",nonce_str=\"{nonce}\",\
         timestamp=\"{unix_seconds}\",serial_no=\"{serial_no}\",signature=\"{signature}\""
    )
}

#[cfg(test)]
mod tests;
