//! Everything that was told or written, and the search for secrets in it.

use super::*;

/// Everything that a till, its log and its disk were told.
#[derive(Clone, Default)]
pub(super) struct Heard(pub(super) Arc<Mutex<Vec<Told>>>);

/// Where something was told, and its bytes.
pub(super) type Told = (String, Vec<u8>);

impl Heard {
    pub(super) fn add(&self, origin: impl Into<String>, bytes: impl Into<Vec<u8>>) {
        self.0
            .lock()
            .expect("no test panics here")
            .push((origin.into(), bytes.into()));
    }

    pub(super) fn listen(&self, till: &Client) {
        let log = self.clone();
        till.on_log(4, move |level, line| log.add(format!("log {level}"), line));
        let events = self.clone();
        till.on_event(move |event, number, _| events.add(format!("event {event}"), number));
    }

    /// All of a result. A payer's id may stand in the fields of that name, and only there.
    pub(super) fn outcome(&self, outcome: &Outcome) {
        let mut json = outcome.json();
        remove_payer(&mut json);
        let status = outcome.status();
        self.add(format!("json {status}"), json.to_string());
        self.add(format!("message {status}"), outcome.message());
        self.add(format!("prompt {status}"), outcome.prompt());
    }

    /// A client, listened to; or the error, heard.
    pub(super) fn open(&self, config: &str) -> Option<Client> {
        match Client::open_toml(config) {
            Ok(till) => {
                self.listen(&till);
                Some(till)
            }
            Err(refused) => {
                assert_eq!(refused.status(), E_CONFIG, "{refused:?}");
                self.outcome(&refused);
                None
            }
        }
    }

    /// The journal's files as they are now, and what is kept of the platform's keys.
    pub(super) fn journal(&self, shop: &Shop) {
        let mut found = 0;
        for entry in fs::read_dir(shop.folder.path()).expect("the folder is there") {
            let path = entry.expect("it can be read").path();
            let name = path
                .file_name()
                .expect("it has a name")
                .to_string_lossy()
                .into_owned();
            if name.contains(".db") || name.contains("platform-certificates") {
                found += 1;
                self.add(
                    format!("journal {name}"),
                    fs::read(path).expect("it can be read"),
                );
            }
        }
        assert!(found > 0, "there is no journal");
    }
}

pub(super) fn remove_payer(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for name in ["openid", "user_id", "user_logon_id"] {
                fields.remove(name);
            }
            fields.values_mut().for_each(remove_payer);
        }
        Value::Array(items) => items.iter_mut().for_each(remove_payer),
        _ => {}
    }
}

/// What must not be heard, by its kind.
#[derive(Default)]
pub(super) struct Secrets(pub(super) Vec<(&'static str, Vec<u8>)>);

impl Secrets {
    pub(super) fn of(shop: &Shop) -> Self {
        let simulator = &shop.simulator;
        let mut secrets = Self::default();
        let merchant = simulator.merchant();
        secrets.add("api_key", merchant.api_key.as_str());
        secrets.add("api_v3_key", merchant.api_v3_key.as_str());
        let account = FubeiAccount::example();
        secrets.add("app_secret", account.app_secret);
        secrets.add("vendor_secret", account.vendor_secret);
        // What every openid of the simulator begins with.
        secrets.add("openid", "oSimulatedPayer");
        secrets.add("authorization", "WECHATPAY2-SHA256-RSA2048");
        secrets.add("probe", "WECHATPAY/SIGNTEST");
        let pem = simulator.client_key_pem();
        let lines: Vec<_> = pem
            .lines()
            .filter(|line| !line.starts_with("-----"))
            .collect();
        for line in &lines {
            if line.len() > 20 {
                secrets.add("private key in PEM", *line);
            }
        }
        // Past the header that every RSA key has.
        let der = base64(&lines.concat());
        assert_eq!(der[..2], [0x30, 0x82], "not DER");
        for part in der[64..].chunks_exact(24) {
            secrets.add("private key in DER", part);
        }
        secrets
    }

    pub(super) fn add(&mut self, kind: &'static str, secret: impl Into<Vec<u8>>) {
        self.0.push((kind, secret.into()));
    }

    /// Every secret that was heard: its kind and where.
    pub(super) fn leaks(&self, heard: &Heard) -> Vec<String> {
        let heard = heard.0.lock().expect("no test panics here");
        let secrets: Vec<_> = self
            .0
            .iter()
            .map(|(kind, bytes)| (kind, text(bytes)))
            .collect();
        let mut leaks = Vec::new();
        for (origin, bytes) in heard.iter() {
            let told = text(bytes);
            let found = secrets
                .iter()
                .filter(|(_, secret)| told.contains(secret.as_str()));
            leaks.extend(found.map(|(kind, _)| format!("{kind} in {origin}")));
            if has_signature(bytes) {
                leaks.push(format!("signature in {origin}"));
            }
        }
        leaks
    }
}

/// A character for each byte: searching texts is fast in unoptimised tests, too.
pub(super) fn text(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

/// Upper-case hexadecimal digits as long as the shorter kind of APIv2's signatures, or base64 half as
/// long as APIv3's. Forty digits are the serial number of a certificate, nothing but decimal ones the id
/// of a public key, and 32 before a hyphen the id of a request.
fn has_signature(bytes: &[u8]) -> bool {
    let hex = |byte: &u8| matches!(byte, b'0'..=b'9' | b'A'..=b'F');
    let base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let runs = bytes.chunk_by(|one, next| hex(one) == hex(next));
    let mut runs = runs.filter(|run| !run.is_empty()).peekable();
    while let Some(run) = runs.next() {
        let request_id = run.len() == 32 && runs.peek().is_some_and(|next| next[0] == b'-');
        let id = request_id || run.len() == 40 || run.iter().all(u8::is_ascii_digit);
        if hex(&run[0]) && run.len() >= 32 && !id {
            return true;
        }
    }
    bytes
        .split(|byte| !base64(byte))
        .any(|run| run.len() >= 172)
}

pub(super) fn base64(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = Vec::new();
    let (mut bits, mut held) = (0_u32, 0);
    for digit in text
        .bytes()
        .filter_map(|c| DIGITS.iter().position(|digit| *digit == c))
    {
        bits = (bits << 6) | u32::try_from(digit).expect("a digit is below 64");
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from((bits >> held) & 0xff).expect("eight bits fit"));
        }
    }
    bytes
}
