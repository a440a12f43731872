//! A till that signs and verifies with another library than the simulator.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, UnparsedPublicKey};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rustls::ClientConfig;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer, SubjectPublicKeyInfoDer};
use serde_json::{Value, json};
use webpki::EndEntityCert;
use wxpay_simulator::{Scenario, Simulator, auth_code};

use crate::client::{Answer, config, connect, exchange, number_of};

/// Seconds of this computer's clock.
#[expect(
    clippy::disallowed_methods,
    reason = "the simulator measures a request by its clock, which runs with this computer's"
)]
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    i64::try_from(since.expect("after 1970").as_secs()).expect("before the end of time")
}

pub(crate) struct Till<'a> {
    pub(crate) simulator: &'a Simulator,
    pub(crate) host: usize,
    /// Added to the timestamps of requests.
    pub(crate) ahead: i64,
    pub(crate) sub_mchid: Option<String>,
    key: KeyPair,
    config: Arc<ClientConfig>,
}

/// What a request is signed with, apart from the key.
#[derive(Clone)]
pub(crate) struct Credentials {
    pub(crate) mchid: String,
    pub(crate) serial_no: String,
    pub(crate) timestamp: String,
    pub(crate) nonce_str: String,
}

impl<'a> Till<'a> {
    pub(crate) fn new(simulator: &'a Simulator) -> Self {
        let key = PrivatePkcs8KeyDer::from_pem_slice(simulator.client_key_pem().as_bytes());
        let key = key.expect("the key is PEM");
        Self {
            simulator,
            host: 0,
            ahead: 0,
            sub_mchid: None,
            key: KeyPair::from_pkcs8(key.secret_pkcs8_der()).expect("the key is PKCS#8"),
            // No client certificate.
            config: config(simulator, None),
        }
    }

    pub(crate) fn credentials(&self) -> Credentials {
        static NONCE: AtomicU64 = AtomicU64::new(0);
        Credentials {
            mchid: self.simulator.merchant().mch_id.clone(),
            serial_no: self.simulator.client_serial_no().to_owned(),
            timestamp: (now() + self.ahead).to_string(),
            nonce_str: format!("N{}", NONCE.fetch_add(1, Ordering::Relaxed)),
        }
    }

    pub(crate) fn sign(&self, message: &str) -> String {
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                message.as_bytes(),
                &mut signature,
            )
            .expect("the key signs");
        BASE64_STANDARD.encode(signature)
    }

    /// The header of a request that is signed as the documents say.
    pub(crate) fn authorization(
        &self,
        credentials: &Credentials,
        method: &str,
        target: &str,
        body: &str,
    ) -> String {
        let Credentials {
            mchid,
            serial_no,
            timestamp,
            nonce_str,
        } = credentials;
        let signature = self.sign(&format!(
            "{method}\n{target}\n{timestamp}\n{nonce_str}\n{body}\n"
        ));
        format!(
            "WECHATPAY2-SHA256-RSA2048 mchid=\"{mchid}\",nonce_str=\"{nonce_str}\",\
             timestamp=\"{timestamp}\",serial_no=\"{serial_no}\",signature=\"{signature}\""
        )
    }

    /// Sends these header lines and nothing else.
    pub(crate) fn raw(
        &self,
        method: &str,
        target: &str,
        headers: &[&str],
        body: &str,
    ) -> io::Result<Answer> {
        let mut stream = connect(&self.simulator.hosts()[self.host], &self.config)?;
        exchange(&mut stream, method, target, headers, body)
    }

    pub(crate) fn signed(
        &self,
        credentials: &Credentials,
        method: &str,
        target: &str,
        body: &str,
    ) -> io::Result<Answer> {
        let authorization = self.authorization(credentials, method, target, body);
        let authorization = format!("Authorization: {authorization}");
        let mut headers = vec![
            authorization.as_str(),
            "Accept: application/json",
            "User-Agent: till/1",
        ];
        if !body.is_empty() {
            headers.push("Content-Type: application/json");
        }
        self.raw(method, target, &headers, body)
    }

    pub(crate) fn get(&self, target: &str) -> io::Result<Answer> {
        self.signed(&self.credentials(), "GET", target, "")
    }

    pub(crate) fn post(&self, target: &str, body: &Value) -> io::Result<Answer> {
        self.signed(&self.credentials(), "POST", target, &body.to_string())
    }

    /// `/v3/pay/transactions`, or its partner form.
    pub(crate) fn base(&self) -> &'static str {
        match self.sub_mchid {
            None => "/v3/pay/transactions",
            Some(_) => "/v3/pay/partner/transactions",
        }
    }

    /// The accounts in a body.
    pub(crate) fn accounts(&self) -> Value {
        let merchant = self.simulator.merchant();
        match &self.sub_mchid {
            None => json!({ "appid": merchant.appid, "mchid": merchant.mch_id }),
            Some(shop) => json!({
                "sp_appid": merchant.appid,
                "sp_mchid": merchant.mch_id,
                "sub_mchid": shop,
            }),
        }
    }

    /// The accounts in a query.
    pub(crate) fn query_string(&self) -> String {
        let mchid = &self.simulator.merchant().mch_id;
        match &self.sub_mchid {
            None => format!("mchid={mchid}"),
            Some(shop) => format!("sp_mchid={mchid}&sub_mchid={shop}"),
        }
    }

    pub(crate) fn sale(&self, out_trade_no: &str, code: &str) -> Value {
        let mut body = self.accounts();
        let sale = json!({
            "description": "可乐 \"<&>\" \\",
            "attach": "till 1",
            "out_trade_no": out_trade_no,
            "payer": { "auth_code": code },
            "amount": { "total": 888, "currency": "CNY" },
            "scene_info": { "device_id": "1000", "store_info": { "id": "0001" } },
        });
        for (name, value) in sale.as_object().expect("an object") {
            body[name] = value.clone();
        }
        body
    }

    pub(crate) fn submit(&self, out_trade_no: &str, code: &str) -> io::Result<Answer> {
        let target = format!("{}/codepay", self.base());
        self.post(&target, &self.sale(out_trade_no, code))
    }

    pub(crate) fn play(&self, out_trade_no: &str, scenario: Scenario) -> io::Result<Answer> {
        self.submit(out_trade_no, &auth_code(scenario, number_of(out_trade_no)))
    }

    pub(crate) fn query(&self, out_trade_no: &str) -> io::Result<Answer> {
        let (base, accounts) = (self.base(), self.query_string());
        self.get(&format!("{base}/out-trade-no/{out_trade_no}?{accounts}"))
    }

    pub(crate) fn reverse(&self, out_trade_no: &str) -> io::Result<Answer> {
        let target = format!("{}/out-trade-no/{out_trade_no}/reverse", self.base());
        self.post(&target, &self.accounts())
    }

    /// An order of 888 fen that is paid elsewhere.
    pub(crate) fn order(&self, out_trade_no: &str, notify_url: &str) -> Value {
        let mut body = self.accounts();
        let order = json!({
            "description": "可乐",
            "attach": "till 1",
            "out_trade_no": out_trade_no,
            "notify_url": notify_url,
            "amount": { "total": 888, "currency": "CNY" },
        });
        for (name, value) in order.as_object().expect("an object") {
            body[name] = value.clone();
        }
        body
    }

    pub(crate) fn native(&self, out_trade_no: &str, notify_url: &str) -> io::Result<Answer> {
        let target = format!("{}/native", self.base());
        self.post(&target, &self.order(out_trade_no, notify_url))
    }

    pub(crate) fn close(&self, out_trade_no: &str) -> io::Result<Answer> {
        let mut body = self.accounts();
        for name in ["appid", "sp_appid"] {
            body.as_object_mut().expect("an object").remove(name);
        }
        let target = format!("{}/out-trade-no/{out_trade_no}/close", self.base());
        self.post(&target, &body)
    }

    /// A part of 888 fen that goes back.
    pub(crate) fn part(&self, out_trade_no: &str, out_refund_no: &str, fen: i64) -> Value {
        let mut body = json!({
            "out_trade_no": out_trade_no,
            "out_refund_no": out_refund_no,
            "amount": { "refund": fen, "total": 888, "currency": "CNY" },
        });
        if let Some(shop) = &self.sub_mchid {
            body["sub_mchid"] = shop.as_str().into();
        }
        body
    }

    pub(crate) fn refund(
        &self,
        out_trade_no: &str,
        out_refund_no: &str,
        fen: i64,
    ) -> io::Result<Answer> {
        let body = self.part(out_trade_no, out_refund_no, fen);
        self.post("/v3/refund/domestic/refunds", &body)
    }

    pub(crate) fn refund_query(&self, out_refund_no: &str) -> io::Result<Answer> {
        let shop = match &self.sub_mchid {
            None => String::new(),
            Some(shop) => format!("?sub_mchid={shop}"),
        };
        self.get(&format!(
            "/v3/refund/domestic/refunds/{out_refund_no}{shop}"
        ))
    }

    /// The answer's body, after checking that it is good and signed by a known key.
    pub(crate) fn verified(&self, answer: io::Result<Answer>) -> Value {
        let answer = answer.expect("there is an answer");
        assert!((200..300).contains(&answer.status), "{answer:?}");
        assert!(self.proves(&answer), "{answer:?}");
        if answer.body.is_empty() {
            return Value::Null;
        }
        serde_json::from_slice(&answer.body).expect("the answer is JSON")
    }

    /// Whether a key that this till knows signed the answer within the last five minutes.
    pub(crate) fn proves(&self, answer: &Answer) -> bool {
        let header = |name: &str| answer.headers.get(&format!("wechatpay-{name}"));
        let parts = (
            header("timestamp"),
            header("nonce"),
            header("signature"),
            header("serial"),
        );
        let (Some(timestamp), Some(nonce), Some(signature), Some(serial)) = parts else {
            return false;
        };
        let fresh = timestamp
            .parse::<i64>()
            .is_ok_and(|timestamp| (now() + self.ahead).abs_diff(timestamp) < 300);
        let Ok(signature) = BASE64_STANDARD.decode(signature) else {
            return false;
        };
        let mut message = format!("{timestamp}\n{nonce}\n").into_bytes();
        message.extend_from_slice(&answer.body);
        message.push(b'\n');
        let keys = self.known_keys();
        fresh
            && keys.get(serial).is_some_and(|key| {
                UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key)
                    .verify(&message, &signature)
                    .is_ok()
            })
    }

    /// By serial number or id: everything that was handed out, as SubjectPublicKeyInfo.
    fn known_keys(&self) -> BTreeMap<String, Vec<u8>> {
        let public = self.simulator.public_key_pem();
        let public = SubjectPublicKeyInfoDer::from_pem_slice(public.as_bytes()).expect("PEM");
        let mut keys = BTreeMap::new();
        let id = self.simulator.public_key_id().to_owned();
        keys.insert(id, public.to_vec());
        for pem in self.simulator.platform_certificates() {
            let (serial, key) = read_certificate(&pem);
            keys.insert(serial, key);
        }
        keys
    }
}

/// Serial number (capital hexadecimal digits) and SubjectPublicKeyInfo of a certificate.
pub(crate) fn read_certificate(pem: &str) -> (String, Vec<u8>) {
    let der = CertificateDer::from_pem_slice(pem.as_bytes()).expect("a certificate is PEM");
    let certificate = EndEntityCert::try_from(&der).expect("a certificate is X.509");
    let serial = certificate.serial();
    let digits = serial.iter().map(|byte| format!("{byte:02X}")).collect();
    (digits, certificate.subject_public_key_info().to_vec())
}

/// What an encrypted resource holds.
pub(crate) fn open(key: &str, resource: &Value) -> Option<String> {
    let text = |name: &str| resource[name].as_str().expect("a text");
    assert_eq!(text("algorithm"), "AEAD_AES_256_GCM");
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key.as_bytes()).expect("32 bytes"));
    let nonce = Nonce::try_assume_unique_for_key(text("nonce").as_bytes()).expect("12 bytes");
    let mut sealed = BASE64_STANDARD.decode(text("ciphertext")).expect("base64");
    let aad = Aad::from(text("associated_data"));
    let opened = key.open_in_place(nonce, aad, &mut sealed).ok()?;
    Some(String::from_utf8(opened.to_vec()).expect("UTF-8"))
}

/// The error code of a refusal, which nobody signed.
pub(crate) fn refusal(answer: io::Result<Answer>) -> (u16, Value) {
    let answer = answer.expect("there is an answer");
    assert!(answer.status >= 400, "{answer:?}");
    assert!(!answer.headers.contains_key("wechatpay-signature"));
    let body = serde_json::from_slice(&answer.body).expect("the answer is JSON");
    (answer.status, body)
}

/// `trade_state`, or the error's `code`.
pub(crate) fn code(answer: io::Result<Answer>) -> String {
    let answer = answer.expect("there is an answer");
    let body: Value = serde_json::from_slice(&answer.body).expect("the answer is JSON");
    let code = body.get("code").or_else(|| body.get("trade_state"));
    let code = code.and_then(Value::as_str);
    code.expect("one of the two").to_owned()
}
