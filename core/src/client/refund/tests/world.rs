//! The simulated gateway, wire and clock.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::client::{Client, Parts};
use crate::clock::{Clock, Moment};
use crate::config::{
    JournalConfig, Language, PolicyConfig, Region, Secret, SignType, WechatV2Config,
};
use crate::crypto::Identity;
use crate::crypto::digest::hmac_sha256_hex_upper;
use crate::exchange::{Call, Failure, Limits, Reply};
use crate::gateway::wechat_v2::WechatV2;
use crate::journal::sqlite::SqliteJournal;
use crate::signal::Signal;
use crate::transport::Transport;

const KEY: &str = "192006250b4c09247ec02edce69f6a2d";
/// How long an exchange takes, and how long one whose answer is lost.
const ANSWER: Duration = Duration::from_millis(100);
const TIME_OUT: Duration = Duration::from_secs(15);

/// What happens to one exchange.
pub(super) enum Fault {
    /// Nothing.
    Answer,
    /// Refused with this code and text, unexecuted.
    Refuse(&'static str, &'static str),
    /// Executed if so, and its answer lost.
    Lost {
        executed: bool,
    },
    /// No byte left.
    Unsent,
    /// Executed, and the answer is no XML, or has a wrong signature.
    Garbage,
    Forged,
    /// Executed, and the answer tells one fen more.
    WrongAmount,
    /// The library itself breaks.
    Crash,
    /// Something else happens while the request is under way; then it is answered.
    Meanwhile(Box<dyn FnOnce() + Send>),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Booked {
    pub(super) order: String,
    pub(super) fee: i64,
    pub(super) status: &'static str,
}

#[derive(Default)]
struct State {
    now: Duration,
    faults: VecDeque<Fault>,
    refunds: BTreeMap<String, Booked>,
    /// Each request: what it was, and its parameters.
    requests: Vec<(&'static str, BTreeMap<String, String>)>,
}

pub(super) struct World {
    folder: tempfile::TempDir,
    state: Mutex<State>,
}

impl World {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            folder: tempfile::tempdir().unwrap(),
            state: Mutex::default(),
        })
    }

    pub(super) fn plan(&self, faults: impl IntoIterator<Item = Fault>) {
        self.state.lock().unwrap().faults.extend(faults);
    }

    /// Nothing goes wrong any more.
    pub(super) fn heal(&self) {
        self.state.lock().unwrap().faults.clear();
    }

    pub(super) fn journal(self: &Arc<Self>) -> SqliteJournal {
        let config = JournalConfig {
            path: self.journal_path(),
            lease: Duration::from_secs(10),
        };
        SqliteJournal::open(&config, Arc::clone(self) as Arc<dyn Clock>).unwrap()
    }

    pub(super) fn journal_path(&self) -> std::path::PathBuf {
        self.folder.path().join("journal.db")
    }

    /// Every till of the shop: all share the journal's file.
    pub(super) fn till(self: &Arc<Self>) -> Arc<Client> {
        self.till_of(true, PolicyConfig::profile(Region::Mainland))
    }

    pub(super) fn till_of(
        self: &Arc<Self>,
        certificate: bool,
        policy: PolicyConfig,
    ) -> Arc<Client> {
        let identity = || {
            let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/");
            let read = |name: &str| std::fs::read(format!("{fixtures}{name}")).unwrap();
            Identity::from_pem(&read("rsa.pem"), &read("rsa.key.pem")).unwrap()
        };
        let gateway = WechatV2::new(WechatV2Config {
            appid: "wx2421b1c4370ec43b".into(),
            mch_id: "10000100".into(),
            sub_appid: None,
            sub_mch_id: None,
            api_key: Secret::new(KEY),
            sign_type: SignType::HmacSha256,
            client_certificate: certificate.then(identity),
            auth_code_check: true,
            region: Region::Mainland,
        });
        Arc::new(Client::from_parts(Parts {
            gateway: Arc::new(gateway),
            transport: Arc::new(Wire(Arc::clone(self))),
            ride: None,
            clock: Arc::clone(self) as Arc<dyn Clock>,
            journal: Arc::new(self.journal()),
            policy,
            language: Language::English,
        }))
    }

    /// The shop's journal, by hand.
    pub(super) fn edit(&self, sql: &str) {
        rusqlite::Connection::open(self.journal_path())
            .unwrap()
            .execute_batch(sql)
            .unwrap();
    }

    pub(super) fn pass(&self, seconds: u64) {
        self.state.lock().unwrap().now += Duration::from_secs(seconds);
    }

    pub(super) fn book(&self, number: &str, fee: i64, status: &'static str) {
        let booked = Booked {
            order: "A1".into(),
            fee,
            status,
        };
        let mut state = self.state.lock().unwrap();
        state.refunds.insert(number.into(), booked);
    }

    pub(super) fn booked(&self, number: &str) -> Option<Booked> {
        self.state.lock().unwrap().refunds.get(number).cloned()
    }

    /// All money that went back.
    pub(super) fn given_back(&self) -> i64 {
        let state = self.state.lock().unwrap();
        state.refunds.values().map(|booked| booked.fee).sum()
    }

    pub(super) fn count(&self, operation: &str) -> usize {
        self.requests(operation).len()
    }

    /// The parameters of each request of a kind that left.
    pub(super) fn requests(&self, operation: &str) -> Vec<BTreeMap<String, String>> {
        let state = self.state.lock().unwrap();
        let of_kind = state.requests.iter().filter(|(kind, _)| *kind == operation);
        of_kind.map(|(_, fields)| fields.clone()).collect()
    }

    /// What a request does, and the answer to it.
    fn execute(&self, operation: &str, fields: &BTreeMap<String, String>) -> Vec<(String, String)> {
        let mut state = self.state.lock().unwrap();
        let number = fields["out_refund_no"].clone();
        let own = |list: &[(&str, &str)]| -> Vec<(String, String)> {
            list.iter()
                .map(|(name, value)| ((*name).into(), (*value).into()))
                .collect()
        };
        if operation == "refund" {
            let fee = fields["refund_fee"].parse().unwrap();
            let order = fields["out_trade_no"].clone();
            let booked = state
                .refunds
                .entry(number.clone())
                .or_insert_with(|| Booked {
                    order: order.clone(),
                    fee,
                    status: "PROCESSING",
                });
            if booked.fee != fee || booked.order != order {
                return refusal("REFUND_FEE_MISMATCH", "订单金额或退款金额与之前请求不一致");
            }
            return own(&[
                ("out_refund_no", &number),
                ("out_trade_no", &order),
                ("transaction_id", "42"),
                ("refund_id", "5000"),
                ("refund_fee", &fee.to_string()),
                ("total_fee", &fields["total_fee"]),
            ]);
        }
        let Some(booked) = state.refunds.get(&number) else {
            return refusal("REFUNDNOTEXIST", "not exist");
        };
        own(&[
            ("out_trade_no", &booked.order),
            ("transaction_id", "42"),
            ("total_fee", "888"),
            ("refund_count", "1"),
            ("out_refund_no_0", &number),
            ("refund_id_0", "5000"),
            ("refund_fee_0", &booked.fee.to_string()),
            ("refund_status_0", booked.status),
            ("refund_recv_accout_0", "招商银行信用卡0403"),
        ])
    }
}

fn refusal(code: &str, text: &str) -> Vec<(String, String)> {
    [
        ("result_code", "FAIL"),
        ("err_code", code),
        ("err_code_des", text),
    ]
    .map(|(name, value)| (name.into(), value.into()))
    .into()
}

impl Clock for World {
    fn now(&self) -> Moment {
        Moment(self.state.lock().unwrap().now)
    }

    fn unix_ms(&self) -> i64 {
        let passed = self.state.lock().unwrap().now.as_millis();
        1_700_000_000_000 + i64::try_from(passed).unwrap()
    }

    fn wait(&self, until: Moment, _: &Signal, _: bool) {
        let mut state = self.state.lock().unwrap();
        state.now = state.now.max(until.0);
    }
}

struct Wire(Arc<World>);

impl Transport for Wire {
    fn exchange(
        &self,
        _: Option<&str>,
        call: &Call,
        _: Limits,
        signal: &Signal,
    ) -> Result<Reply, Failure> {
        let world = &self.0;
        let failure = |sent: bool, interrupted: bool| Failure {
            sent_at: sent.then(|| world.now()),
            interrupted,
            host: "https://gateway".into(),
            cause: "simulated".into(),
        };
        if signal.closing() {
            return Err(failure(false, true));
        }
        let fields = parse(&call.body);
        let fault = {
            let mut state = world.state.lock().unwrap();
            let fault = state.faults.pop_front().unwrap_or(Fault::Answer);
            state.now += ANSWER;
            if !matches!(fault, Fault::Unsent) {
                state.requests.push((call.operation, fields.clone()));
            }
            fault
        };
        let answer = || world.execute(call.operation, &fields);
        let mut forged = false;
        let answer = match fault {
            Fault::Answer => answer(),
            Fault::Refuse(code, text) => refusal(code, text),
            Fault::Lost { executed } => {
                if executed {
                    answer();
                }
                let failed = failure(true, false);
                world.state.lock().unwrap().now += TIME_OUT;
                return Err(failed);
            }
            Fault::Unsent => return Err(failure(false, false)),
            Fault::Garbage => {
                answer();
                return Ok(reply(world, b"<html>".to_vec()));
            }
            Fault::Forged => {
                forged = true;
                answer()
            }
            Fault::WrongAmount => {
                let mut answer = answer();
                for (name, value) in &mut answer {
                    if matches!(name.as_str(), "refund_fee" | "refund_fee_0") {
                        *value = "101".into();
                    }
                }
                answer
            }
            Fault::Crash => panic!("simulated bug"),
            Fault::Meanwhile(what) => {
                what();
                answer()
            }
        };
        Ok(reply(world, message(answer, forged)))
    }

    fn probe(&self, _: &Signal) -> Vec<(String, Result<(), String>)> {
        Vec::new()
    }

    fn close(&self) {}
}

fn reply(world: &World, body: Vec<u8>) -> Reply {
    Reply {
        status: 200,
        headers: Vec::new(),
        body,
        host: "https://gateway".into(),
        sent_at: world.now(),
        elapsed: ANSWER,
        new_connection: false,
        repeated: false,
        date: Some(world.unix_ms() / 1000),
        now: None,
    }
}

fn message(answer: Vec<(String, String)>, forged: bool) -> Vec<u8> {
    let mut fields: BTreeMap<String, String> = [
        ("return_code", "SUCCESS"),
        ("appid", "wx2421b1c4370ec43b"),
        ("mch_id", "10000100"),
        ("nonce_str", "EBObtckqDbde2wll"),
        ("result_code", "SUCCESS"),
    ]
    .map(|(name, value)| (name.into(), value.into()))
    .into();
    fields.extend(answer);
    fields.retain(|_, value| !value.is_empty());
    let mut string: String = fields
        .iter()
        .map(|(name, value)| format!("{name}={value}&"))
        .collect();
    string.push_str(&format!("key={}", if forged { "other" } else { KEY }));
    let sign = hmac_sha256_hex_upper(KEY.as_bytes(), string.as_bytes());
    fields.insert("sign".into(), sign);
    let xml: String = fields
        .iter()
        .map(|(name, value)| format!("<{name}><![CDATA[{value}]]></{name}>"))
        .collect();
    format!("<xml>{xml}</xml>").into_bytes()
}

/// The library's own flat messages, without entities in them.
fn parse(body: &[u8]) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::new();
    let mut rest = std::str::from_utf8(body)
        .unwrap()
        .trim_start_matches("<xml>");
    while let Some((name, after)) = rest
        .strip_prefix('<')
        .and_then(|rest| rest.split_once('>'))
        .filter(|(name, _)| !name.starts_with('/'))
    {
        let (value, after) = after.split_once(&format!("</{name}>")).unwrap();
        fields.insert(name.to_owned(), value.to_owned());
        rest = after;
    }
    fields
}
