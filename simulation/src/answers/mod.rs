//! What the gateway says, as the bytes that come over the wire; signed by keys of its own.

pub(crate) mod fubei;
mod v2;
mod v3;

use std::sync::LazyLock;
use std::time::Duration;

use wxpay_core::clock::Moment;
use wxpay_core::crypto::SigningKey;
use wxpay_core::exchange::{Call, Reply};

use crate::ledger::{Operation, Request, Said, Standing};
use crate::plan::Api;

pub(crate) const APPID: &str = "wx2421b1c4370ec43b";
pub(crate) const MERCHANT: &str = "10000100";
pub(crate) const KEY: &str = "192006250b4c09247ec02edce69f6a2d";
pub(crate) const KEY_ID: &str = "PUB_KEY_ID_0110000100202501010000000000000001";

/// Of the platform, and of the merchant: what the tests of the core use, too.
pub(crate) static PLATFORM: LazyLock<SigningKey> = LazyLock::new(|| {
    let pem = include_bytes!("../../../core/tests/fixtures/rsa.key.pem");
    SigningKey::from_pem(pem).expect("the fixture is a key")
});

/// The account in the journal.
pub(crate) fn account(api: Api) -> String {
    match api {
        Api::V2Md5 | Api::V2Hmac | Api::V3 => format!("wechat:{MERCHANT}"),
        Api::Fubei1 => format!("fubei:{}", fubei::APP_ID),
        Api::Fubei2 => format!("fubei:{}:{}", fubei::VENDOR_SN, fubei::MERCHANT_ID),
    }
}

pub(crate) fn host(api: Api, index: usize) -> String {
    match api {
        Api::V2Md5 | Api::V2Hmac | Api::V3 => {
            format!("https://api{}.mch.weixin.qq.com", index + 1)
        }
        Api::Fubei1 | Api::Fubei2 => "https://shq-api.51fubei.com".into(),
    }
}

/// Why the gateway would turn a request away that the library has made, if it would.
pub(crate) fn flaw(api: Api, call: &Call) -> Option<String> {
    match api {
        Api::V2Md5 | Api::V2Hmac | Api::V3 => None,
        Api::Fubei1 | Api::Fubei2 => fubei::flaw(api, call),
    }
}

/// What a request asks for.
pub(crate) fn read(api: Api, call: &Call, host: usize) -> Request {
    if api.is_fubei() {
        return fubei::read(call);
    }
    let operation = match call.operation {
        "micropay" | "codepay" => Operation::Charge,
        "orderquery" | "query" => Operation::Query,
        "reverse" => Operation::Reverse,
        "refund" => Operation::Refund,
        "unifiedorder" | "prepay" => Operation::Prepay,
        "closeorder" | "close" => Operation::Close,
        _ => Operation::RefundQuery,
    };
    let signed_at = call
        .headers
        .iter()
        .find(|(name, _)| *name == "Authorization")
        .and_then(|(_, value)| {
            let (_, rest) = value.split_once("timestamp=\"")?;
            rest.split_once('"')?.0.parse().ok()
        });
    let fields = match call.headers.iter().any(|(_, value)| value == "text/xml") {
        true => v2::read(&call.body),
        false => v3::read(call),
    };
    let text = |name: &str| fields.get(name).cloned().unwrap_or_default();
    let number = match operation {
        Operation::Refund | Operation::RefundQuery => text("out_refund_no"),
        _ => text("out_trade_no"),
    };
    Request {
        operation,
        number,
        order: text("out_trade_no"),
        total: text("total_fee").parse().unwrap_or(0),
        fee: text("refund_fee").parse().unwrap_or(0),
        time_expire: unix(&text("time_expire")),
        host,
        signed_at,
        copy: false,
    }
}

/// Where a reply comes from, and when.
pub(crate) struct Envelope {
    pub(crate) host: String,
    /// The order that the request was about.
    pub(crate) order: String,
    pub(crate) sent_at: Moment,
    pub(crate) elapsed: Duration,
    /// The gateway's clock.
    pub(crate) time: i64,
    pub(crate) dated: bool,
    /// An earlier try of the same call has left.
    pub(crate) repeated: bool,
}

pub(crate) fn reply(api: Api, said: &Said, envelope: Envelope) -> Reply {
    let lie = match said {
        Said::Forged(honest) => Some(honest.contrary(&envelope.order, envelope.time)),
        _ => None,
    };
    let (shown, forged) = (lie.as_ref().unwrap_or(said), lie.is_some());
    let (status, headers, body) = match api {
        Api::V2Md5 | Api::V2Hmac => v2::reply(api, shown, forged),
        Api::V3 => v3::reply(shown, envelope.time, forged),
        Api::Fubei1 | Api::Fubei2 => fubei::reply(api, said, &envelope.order, envelope.time),
    };
    Reply {
        status,
        headers,
        body,
        host: envelope.host,
        sent_at: envelope.sent_at,
        elapsed: envelope.elapsed,
        new_connection: false,
        repeated: envelope.repeated,
        date: envelope.dated.then_some(envelope.time),
        now: None,
    }
}

type Wire = (u16, Vec<(String, String)>, Vec<u8>);

fn page(status: u16) -> Wire {
    (status, Vec::new(), b"<html>Bad Gateway</html>".to_vec())
}

/// What the payer scans.
fn code_url(number: &str) -> String {
    format!("weixin://wxpay/bizpayurl?pr={number}")
}

fn trade_state(standing: Standing) -> &'static str {
    match standing {
        Standing::Paying => "USERPAYING",
        Standing::NotPaid => "NOTPAY",
        Standing::Failed => "PAYERROR",
        Standing::Paid => "SUCCESS",
        Standing::Closed => "CLOSED",
        // Only Fubei tells them apart.
        Standing::Revoked | Standing::RevokeFailed => "REVOKED",
        Standing::Refunded => "REFUND",
    }
}

/// The parts of a moment in Beijing: the days of the epoch after Howard Hinnant's `civil_from_days`.
fn civil(unix: i64) -> [i64; 6] {
    let local = unix + 8 * 3600;
    let (days, seconds) = (local.div_euclid(86_400), local.rem_euclid(86_400));
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let part = (5 * of_year + 2) / 153;
    let day = of_year - (153 * part + 2) / 5 + 1;
    let month = if part < 10 { part + 3 } else { part - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    [
        year,
        month,
        day,
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60,
    ]
}

pub(crate) fn compact(unix: i64) -> String {
    let [year, month, day, hour, minute, second] = civil(unix);
    format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}")
}

fn rfc3339(unix: i64) -> String {
    let [year, month, day, hour, minute, second] = civil(unix);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}+08:00")
}

/// Of a moment in Beijing, as either API writes it.
fn unix(text: &str) -> Option<i64> {
    let text = text.trim_end_matches("+08:00");
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let part = |from, to| digits.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (part(0, 4)?, part(4, 6)?, part(6, 8)?);
    // March begins the year, after Howard Hinnant's `days_from_civil`.
    let year = if month <= 2 { year - 1 } else { year };
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = 365 * year + year / 4 - year / 100 + year / 400 + of_year - 719_468;
    let seconds = part(8, 10)? * 3600 + part(10, 12)? * 60 + part(12, 14)?;
    Some(days * 86_400 + seconds - 8 * 3600)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_told_in_beijing_time() {
        assert_eq!(compact(1_414_647_325), "20141030133525");
        assert_eq!(rfc3339(1_800_000_000), "2027-01-15T16:00:00+08:00");
        assert_eq!(compact(1_709_222_399), "20240229235959");
        for moment in [0, 1_414_647_325, 1_709_222_399, 1_800_000_000] {
            assert_eq!(unix(&compact(moment)), Some(moment));
            assert_eq!(unix(&rfc3339(moment)), Some(moment));
        }
        assert_eq!(unix(""), None);
    }
}
