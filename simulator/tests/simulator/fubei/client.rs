//! A till that speaks Fubei's JSON with string handling alone.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use md5::{Digest, Md5};
use rustls::ClientConfig;
use serde_json::{Value, json};
use wxpay_simulator::{
    Channel, FubeiAccount, FubeiApi, FubeiLevel, Scenario, Simulator, auth_code_of,
};

use crate::client::{Answer, config, connect, exchange, number_of};

pub(crate) type Fields = BTreeMap<String, String>;

pub(crate) struct Till<'a> {
    pub(crate) simulator: &'a Simulator,
    pub(crate) api: FubeiApi,
    pub(crate) level: FubeiLevel,
    pub(crate) path: &'static str,
    pub(crate) channel: Channel,
    pub(crate) host: usize,
    config: Arc<ClientConfig>,
}

impl<'a> Till<'a> {
    pub(crate) fn new(simulator: &'a Simulator) -> Self {
        Self {
            simulator,
            api: FubeiApi::V1,
            level: FubeiLevel::Merchant,
            path: "/gateway",
            channel: Channel::Wechat,
            host: 0,
            // No client certificate.
            config: config(simulator, None),
        }
    }

    /// A service provider on 2.0.
    pub(crate) fn vendor(simulator: &'a Simulator) -> Self {
        Self {
            api: FubeiApi::V2,
            level: FubeiLevel::Vendor,
            path: "/gateway/agent",
            ..Self::new(simulator)
        }
    }

    pub(crate) fn account(&self) -> &'a FubeiAccount {
        &self.simulator.settings().fubei.accounts[0]
    }

    /// The method's name for one of 1.0's.
    pub(crate) fn method(&self, of_v1: &'static str) -> String {
        let of_v2 = match of_v1 {
            "swipe" => "pay",
            "reverse" => "cancel",
            "scan" => "precreate",
            other => other,
        };
        match self.api {
            FubeiApi::V1 => format!("openapi.payment.order.{of_v1}"),
            FubeiApi::V2 => format!("fbpay.order.{of_v2}"),
        }
    }

    /// A parameter's name for one of 1.0's.
    pub(crate) fn name(&self, of_v1: &'static str) -> &'static str {
        match (self.api, of_v1) {
            (FubeiApi::V1, name) => name,
            (_, "total_fee") => "total_amount",
            (_, "refund_money") => "refund_amount",
            (_, "call_back_url") => "notify_url",
            (_, "trade_state") => "order_status",
            (_, name) => name,
        }
    }

    /// Everything around `content`, signed.
    pub(crate) fn envelope(&self, method: &str, content: &str) -> Fields {
        static NONCE: AtomicU64 = AtomicU64::new(0);
        let (level, id) = match self.level {
            FubeiLevel::Merchant => ("app_id", &self.account().app_id),
            FubeiLevel::Vendor => ("vendor_sn", &self.account().vendor_sn),
        };
        let nonce = NONCE.fetch_add(1, Ordering::Relaxed).to_string();
        let fields = [
            (level, id.as_str()),
            ("biz_content", content),
            ("format", "json"),
            ("method", method),
            ("nonce", nonce.as_str()),
            ("sign_method", "md5"),
            ("version", "1.0"),
        ];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
        self.signed(Fields::from(fields))
    }

    pub(crate) fn signed(&self, mut fields: Fields) -> Fields {
        fields.remove("sign");
        let sign = sign(&fields, self.account().secret(self.level));
        fields.insert("sign".to_owned(), sign);
        fields
    }

    pub(crate) fn raw(&self, headers: &[&str], body: &str) -> io::Result<Answer> {
        let mut stream = connect(&self.simulator.hosts()[self.host], &self.config)?;
        exchange(&mut stream, "POST", self.path, headers, body)
    }

    pub(crate) fn post(&self, fields: &Fields) -> io::Result<Answer> {
        let headers = ["Content-Type: application/json; charset=utf-8"];
        self.raw(&headers, &json!(fields).to_string())
    }

    /// `content`: the members of an object.
    pub(crate) fn call(&self, method: &'static str, content: &str) -> io::Result<Answer> {
        let merchant = match self.level {
            FubeiLevel::Merchant => String::new(),
            FubeiLevel::Vendor => format!("\"merchant_id\":{},", self.account().merchant_id),
        };
        let content = format!("{{{merchant}{content}}}");
        self.post(&self.envelope(&self.method(method), &content))
    }

    pub(crate) fn sale(&self, number: &str, code: &str) -> String {
        format!(
            "\"merchant_order_sn\":\"{number}\",\"auth_code\":\"{code}\",\"{}\":8.88,\
             \"body\":\"可乐 <&> \\\"\\\\\",\"attach\":\"till 1\",\"device_no\":\"1000\"",
            self.name("total_fee")
        )
    }

    pub(crate) fn submit(&self, number: &str, code: &str) -> io::Result<Answer> {
        self.call("swipe", &self.sale(number, code))
    }

    pub(crate) fn play(&self, number: &str, scenario: Scenario) -> io::Result<Answer> {
        let code = auth_code_of(self.channel, scenario, number_of(number));
        self.submit(number, &code)
    }

    pub(crate) fn query(&self, number: &str) -> io::Result<Answer> {
        self.call("query", &named(number))
    }

    pub(crate) fn reverse(&self, number: &str) -> io::Result<Answer> {
        self.call("reverse", &named(number))
    }

    pub(crate) fn close(&self, number: &str) -> io::Result<Answer> {
        self.call("close", &named(number))
    }

    pub(crate) fn order(&self, number: &str, url: &str) -> String {
        let kind = match self.api {
            FubeiApi::V1 => "\"type\":1,",
            FubeiApi::V2 => "",
        };
        format!(
            "{kind}\"merchant_order_sn\":\"{number}\",\"{}\":8.88,\"attach\":\"till 1\",\"{}\":\"{url}\"",
            self.name("total_fee"),
            self.name("call_back_url")
        )
    }

    pub(crate) fn scan(&self, number: &str, url: &str) -> io::Result<Answer> {
        self.call("scan", &self.order(number, url))
    }

    /// `yuan`: as JSON.
    pub(crate) fn refund(&self, number: &str, refund: &str, yuan: &str) -> io::Result<Answer> {
        let (order, name) = (named(number), self.name("refund_money"));
        self.call(
            "refund",
            &format!("{order},\"merchant_refund_sn\":\"{refund}\",\"{name}\":{yuan}"),
        )
    }

    pub(crate) fn refund_query(&self, number: &str, refund: &str) -> io::Result<Answer> {
        let refund = format!("\"merchant_refund_sn\":\"{refund}\"");
        match self.api {
            FubeiApi::V1 => self.call("refund.query", &format!("{},{refund}", named(number))),
            FubeiApi::V2 => self.call("refund.query", &refund),
        }
    }

    /// The state, or why there is none.
    pub(crate) fn state(&self, number: &str) -> String {
        word(&self.query(number).expect("there is an answer"))
    }
}

fn named(number: &str) -> String {
    format!("\"merchant_order_sn\":\"{number}\"")
}

pub(crate) fn sign(fields: &Fields, secret: &str) -> String {
    let pairs: Vec<_> = fields
        .iter()
        .filter(|(name, _)| *name != "sign")
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let digest = Md5::digest(format!("{}{secret}", pairs.join("&")));
    digest.iter().map(|byte| format!("{byte:02X}")).collect()
}

pub(crate) fn parsed(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).expect("the answer is JSON")
}

/// `data` of an answer that says success.
pub(crate) fn data(answer: io::Result<Answer>) -> Value {
    let answer = parsed(&answer.expect("there is an answer"));
    assert_eq!(answer["result_code"], 200, "{answer}");
    answer["data"].clone()
}

/// `result_code`, `sub_code` (or nothing) and text of an answer that does not.
pub(crate) fn refusal(answer: io::Result<Answer>) -> (i64, String, String) {
    let answer = answer.expect("there is an answer");
    assert_eq!(answer.status, 200);
    let answer = parsed(&answer);
    let text = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
    let code = answer["result_code"].as_i64().expect("a number");
    assert_ne!(code, 200, "{answer}");
    (code, text("sub_code"), text("result_message"))
}

/// The state of an order; or `sub_code`; or `result_code`.
pub(crate) fn word(answer: &Answer) -> String {
    let answer = parsed(answer);
    let data = &answer["data"];
    let state = data.get("trade_state").or_else(|| data.get("order_status"));
    match state.or_else(|| answer.get("sub_code")) {
        Some(word) => word.as_str().expect("a text").to_owned(),
        None => answer["result_code"].to_string(),
    }
}
