//! A till made of a TLS connection and string handling.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use wxpay_simulator::{Scenario, Settings, Simulator, Timing, auth_code};

pub(crate) type Fields = BTreeMap<String, String>;
pub(crate) type Tls = StreamOwned<ClientConnection, TcpStream>;

/// Payers so slow and codes so lasting that nothing changes by itself while a test runs, and
/// answers so fast that no test waits for long.
pub(crate) fn timing() -> Timing {
    Timing {
        password_ms: 600_000,
        late_ms: 600_000,
        code_lifetime_ms: 3_600_000,
        reverse_not_before_ms: 600_000,
        delayed_ms: 100,
        too_late_ms: 300,
        slow_byte_ms: 1,
        refund_ms: 600_000,
        revoking_ms: 0,
        ride_ms: 600_000,
        notify_retry_ms: vec![1, 1, 1],
        ..Timing::quick()
    }
}

/// Asks until something has happened.
#[expect(
    clippy::disallowed_methods,
    reason = "another thread or process is waited for"
)]
pub(crate) fn until(happened: impl Fn() -> bool) {
    for _ in 0..4_000 {
        if happened() {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("it never happens");
}

pub(crate) fn start() -> Simulator {
    start_with(Settings::default())
}

pub(crate) fn start_with(settings: Settings) -> Simulator {
    Simulator::start(Settings {
        timing: timing(),
        ..settings
    })
    .expect("the simulator starts")
}

/// What came back.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn fields(&self) -> Fields {
        let text = self.text();
        let document = roxmltree::Document::parse(&text).expect("the answer is XML");
        document
            .root_element()
            .children()
            .filter(|node| node.is_element())
            .map(|node| {
                let value = node.children().filter_map(|child| child.text()).collect();
                (node.tag_name().name().to_owned(), value)
            })
            .collect()
    }
}

pub(crate) struct Till<'a> {
    pub(crate) simulator: &'a Simulator,
    pub(crate) host: usize,
    pub(crate) hmac: bool,
    config: Arc<ClientConfig>,
}

pub(crate) fn config(
    simulator: &Simulator,
    certificate: Option<(&str, &str)>,
) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(simulator.ca_pem().as_bytes()).expect("the CA is PEM"))
        .expect("the CA is a certificate");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider has them")
        .with_root_certificates(roots);
    Arc::new(match certificate {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => builder
            .with_client_auth_cert(
                vec![CertificateDer::from_pem_slice(certificate.as_bytes()).expect("PEM")],
                PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("PEM"),
            )
            .expect("certificate and key belong together"),
    })
}

/// A connection whose handshake is done.
pub(crate) fn connect(url: &str, config: &Arc<ClientConfig>) -> io::Result<Tls> {
    let stream = TcpStream::connect(address(url))?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let name = ServerName::try_from("localhost").expect("a name");
    let connection = ClientConnection::new(config.clone(), name).map_err(io::Error::other)?;
    let mut stream = StreamOwned::new(connection, stream);
    stream.conn.complete_io(&mut stream.sock)?;
    Ok(stream)
}

/// Host and port of an URL.
pub(crate) fn address(url: &str) -> &str {
    url.split("//").nth(1).expect("an URL has two slashes")
}

impl<'a> Till<'a> {
    pub(crate) fn new(simulator: &'a Simulator) -> Self {
        let identity = (simulator.client_cert_pem(), simulator.client_key_pem());
        Self::with_certificate(simulator, Some(identity))
    }

    pub(crate) fn with_certificate(
        simulator: &'a Simulator,
        certificate: Option<(&str, &str)>,
    ) -> Self {
        Self {
            simulator,
            host: 0,
            hmac: false,
            config: config(simulator, certificate),
        }
    }

    pub(crate) fn connect(&self) -> io::Result<Tls> {
        connect(&self.simulator.hosts()[self.host], &self.config)
    }

    /// Common fields, nonce and signature around `fields`.
    pub(crate) fn signed(&self, fields: &[(&str, &str)]) -> Fields {
        static NONCE: AtomicU64 = AtomicU64::new(0);
        let nonce = NONCE.fetch_add(1, Ordering::Relaxed).to_string();
        let merchant = self.simulator.merchant();
        let mut all = Fields::from([
            ("appid".to_owned(), merchant.appid.clone()),
            ("mch_id".to_owned(), merchant.mch_id.clone()),
            ("nonce_str".to_owned(), nonce),
        ]);
        if self.hmac {
            all.insert("sign_type".to_owned(), "HMAC-SHA256".to_owned());
        }
        for (name, value) in fields {
            all.insert((*name).to_owned(), (*value).to_owned());
        }
        let sign = self.sign(&all);
        all.insert("sign".to_owned(), sign);
        all
    }

    pub(crate) fn sign(&self, fields: &Fields) -> String {
        let key = &self.simulator.merchant().api_key;
        let text: String = fields
            .iter()
            .filter(|(name, value)| *name != "sign" && !value.is_empty())
            .map(|(name, value)| format!("{name}={value}&"))
            .collect();
        let text = format!("{text}key={key}");
        let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02X}")).collect();
        if self.hmac {
            let mut mac = Hmac::<sha2::Sha256>::new_from_slice(key.as_bytes()).expect("any key");
            mac.update(text.as_bytes());
            hex(&mac.finalize().into_bytes())
        } else {
            hex(&Md5::digest(text))
        }
    }

    pub(crate) fn post(&self, path: &str, body: &str) -> io::Result<Answer> {
        let mut stream = self.connect()?;
        request(&mut stream, "POST", path, body)
    }

    pub(crate) fn send(&self, path: &str, fields: &[(&str, &str)]) -> io::Result<Answer> {
        self.post(path, &xml(&self.signed(fields)))
    }

    pub(crate) fn submit(&self, out_trade_no: &str, code: &str) -> io::Result<Answer> {
        self.send("/pay/micropay", &sale(out_trade_no, code))
    }

    pub(crate) fn play(&self, out_trade_no: &str, scenario: Scenario) -> io::Result<Answer> {
        self.submit(out_trade_no, &auth_code(scenario, number_of(out_trade_no)))
    }

    pub(crate) fn query(&self, out_trade_no: &str) -> io::Result<Answer> {
        self.send("/pay/orderquery", &[("out_trade_no", out_trade_no)])
    }

    pub(crate) fn reverse(&self, out_trade_no: &str) -> io::Result<Answer> {
        self.send("/secapi/pay/reverse", &[("out_trade_no", out_trade_no)])
    }

    /// Asks for an order of 888 fen by `/pay/unifiedorder`.
    pub(crate) fn prepay(&self, out_trade_no: &str, notify_url: &str) -> io::Result<Answer> {
        self.send("/pay/unifiedorder", &order(out_trade_no, notify_url))
    }

    pub(crate) fn close(&self, out_trade_no: &str) -> io::Result<Answer> {
        self.send("/pay/closeorder", &[("out_trade_no", out_trade_no)])
    }

    /// Gives back a part of 888 fen.
    pub(crate) fn refund(
        &self,
        out_trade_no: &str,
        out_refund_no: &str,
        refund_fee: &str,
    ) -> io::Result<Answer> {
        let fields = refund(out_trade_no, out_refund_no, refund_fee);
        self.send("/secapi/pay/refund", &fields)
    }

    pub(crate) fn refund_query(&self, name: &str, number: &str) -> io::Result<Answer> {
        self.send("/pay/refundquery", &[(name, number)])
    }

    /// The answer's fields, after checking that it is signed as the request was.
    pub(crate) fn verified(&self, answer: io::Result<Answer>) -> Fields {
        let fields = answer.expect("there is an answer").fields();
        assert_eq!(fields.get("sign"), Some(&self.sign(&fields)), "{fields:?}");
        fields
    }

    /// `trade_state`, or `err_code`.
    pub(crate) fn state(&self, out_trade_no: &str) -> String {
        let fields = self.verified(self.query(out_trade_no));
        let state = fields.get("trade_state").or_else(|| fields.get("err_code"));
        state.expect("one of the two").clone()
    }
}

/// Different numbers get different codes.
pub(crate) fn number_of(out_trade_no: &str) -> u64 {
    out_trade_no.bytes().fold(7, |sum, byte| {
        (sum * 31 + u64::from(byte)) % 999_999_999_989
    })
}

pub(crate) fn sale<'a>(out_trade_no: &'a str, code: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("body", "可乐 <&> ]]>"),
        ("attach", "till 1"),
        ("device_info", "1000"),
        ("out_trade_no", out_trade_no),
        ("total_fee", "888"),
        ("spbill_create_ip", "127.0.0.1"),
        ("auth_code", code),
    ]
}

pub(crate) fn order<'a>(out_trade_no: &'a str, notify_url: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("body", "可乐"),
        ("attach", "till 1"),
        ("out_trade_no", out_trade_no),
        ("total_fee", "888"),
        ("spbill_create_ip", "127.0.0.1"),
        ("notify_url", notify_url),
        ("trade_type", "NATIVE"),
    ]
}

pub(crate) fn refund<'a>(
    out_trade_no: &'a str,
    out_refund_no: &'a str,
    refund_fee: &'a str,
) -> Vec<(&'a str, &'a str)> {
    vec![
        ("out_trade_no", out_trade_no),
        ("out_refund_no", out_refund_no),
        ("total_fee", "888"),
        ("refund_fee", refund_fee),
    ]
}

pub(crate) fn xml(fields: &Fields) -> String {
    let elements: String = fields
        .iter()
        .map(|(name, value)| {
            let value = value.replace("]]>", "]]]]><![CDATA[>");
            format!("<{name}><![CDATA[{value}]]></{name}>")
        })
        .collect();
    format!("<xml>{elements}</xml>")
}

/// One request on a connection that stays usable, if the server lets it.
pub(crate) fn request(
    stream: &mut (impl Read + Write),
    method: &str,
    path: &str,
    body: &str,
) -> io::Result<Answer> {
    exchange(stream, method, path, &["Content-Type: text/xml"], body)
}

/// The same with header lines of one's own.
pub(crate) fn exchange(
    stream: &mut (impl Read + Write),
    method: &str,
    path: &str,
    headers: &[&str],
    body: &str,
) -> io::Result<Answer> {
    let length = body.len();
    let headers: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
    // In one piece, so that no packet waits for the receipt of the one before.
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\
         Content-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes())?;
    stream.flush()?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).expect("a head is ASCII");
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1));
    let status = status
        .and_then(|status| status.parse().ok())
        .expect("a status");
    let headers: BTreeMap<_, _> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    // A 204 has none.
    let length = headers
        .get("content-length")
        .map_or(0, |length| length.parse().expect("a length"));
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok(Answer {
        status,
        headers,
        body,
    })
}
