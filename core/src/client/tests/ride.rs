//! Rides: what the gate is told, what is on record, and what callbacks make of it.

use aws_lc_rs::cipher::{AES_128, EncryptionContext, PaddedBlockEncryptingKey, UnboundCipherKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

use super::*;
use crate::client::{Level, RideParts};
use crate::config::{
    DeductUrl, RideCodeConfig, RideSeal, RideSign, RideSignType, Secret, SignKeyStyle, TextEncoding,
};
use crate::crypto::CbcKey;
use crate::crypto::digest::hmac_sha256_hex_upper;
use crate::gateway::ride_code::RideCode;

const NUMBER: &str = "RIDE1";
const QRCODE: &str = "TXQRCODE-OF-A-PASSENGER";
const TOKEN: &str = "TOKEN-THAT-OPENS-DOORS";
const SIGN_KEY: &str = "0123456789abcdef";
const AES_KEY: &[u8; 16] = b"0123456789abcdef";
const HOST: &str = "https://rides.example.com";
const ACCEPTED: &str = r#"{"errcode":0,"errmsg":"ok"}"#;

/// What becomes of the next request.
enum Said {
    Http(u16, &'static str),
    /// It left, and no answer came.
    Lost,
    /// It never left.
    Unsent,
    /// The library has a bug.
    Bug,
}

type Hook = Box<dyn FnOnce() + Send>;

/// The other side of the ride code's wire.
struct Platform {
    time: Arc<Time>,
    said: Mutex<VecDeque<Said>>,
    sent: Mutex<Vec<Call>>,
    /// Happens while a request is on its way.
    meanwhile: Mutex<Option<Hook>>,
    reachable: AtomicBool,
    closed: AtomicBool,
}

impl Transport for Platform {
    fn exchange(&self, call: &Call, _: Limits, signal: &Signal) -> Result<Reply, Failure> {
        self.sent.lock().unwrap().push(call.clone());
        if let Some(meanwhile) = self.meanwhile.lock().unwrap().take() {
            meanwhile();
        }
        let said = self.said.lock().unwrap().pop_front();
        let failure = |sent: bool| Failure {
            sent_at: sent.then(|| self.time.now()),
            interrupted: signal.closing(),
            host: HOST.into(),
            cause: format!("{HOST}: the line is dead"),
        };
        match said.unwrap_or(Said::Http(200, ACCEPTED)) {
            Said::Lost => Err(failure(true)),
            Said::Unsent => Err(failure(false)),
            Said::Bug => panic!("a bug"),
            Said::Http(status, body) => Ok(Reply {
                status,
                headers: Vec::new(),
                body: body.into(),
                host: HOST.into(),
                sent_at: self.time.now(),
                elapsed: Duration::from_millis(30),
                new_connection: true,
                repeated: false,
                date: Some(START + 86_400),
                now: None,
            }),
        }
    }

    fn probe(&self, _: &Signal) -> Vec<(String, Result<(), String>)> {
        let reached = match self.reachable.load(Ordering::SeqCst) {
            true => Ok(()),
            false => Err("connection refused".to_owned()),
        };
        vec![(HOST.to_owned(), reached)]
    }

    fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
    }
}

fn settings() -> RideCodeConfig {
    let fields = ["appid", "mch_id", "nonce_str", "encrypted_data", "iv"];
    RideCodeConfig {
        mch_id: "1230000109".into(),
        appid: None,
        deduct_url: Some(DeductUrl {
            host: HOST.parse().unwrap(),
            path: "/deduct?access_token={access_token}".into(),
        }),
        access_token: Some(Secret::new(TOKEN)),
        sign: Some(RideSign {
            sign_type: RideSignType::HmacSha256,
            key: Secret::new(SIGN_KEY),
            fields: fields.map(str::to_owned).to_vec(),
            skip_empty: true,
            key_style: SignKeyStyle::AmpKey,
            lower_case: false,
        }),
        seal: Some(RideSeal {
            key: CbcKey::new(AES_KEY.to_vec()).unwrap(),
            iv_encoding: TextEncoding::Base64,
            data_encoding: TextEncoding::Base64,
        }),
    }
}

/// A gate, its journal, and the platform.
struct Gate {
    folder: tempfile::TempDir,
    time: Arc<Time>,
    platform: Arc<Platform>,
    disk: Arc<Disk>,
    client: Arc<Client>,
    logged: Arc<Mutex<Vec<(Level, String)>>>,
}

impl Gate {
    fn new() -> Self {
        Self::with(settings())
    }

    fn with(settings: RideCodeConfig) -> Self {
        let time = Arc::new(Time::default());
        let platform = Arc::new(Platform {
            time: Arc::clone(&time),
            said: Mutex::default(),
            sent: Mutex::default(),
            meanwhile: Mutex::default(),
            reachable: AtomicBool::new(true),
            closed: AtomicBool::new(false),
        });
        Self::open(tempfile::tempdir().unwrap(), time, platform, settings)
    }

    fn open(
        folder: tempfile::TempDir,
        time: Arc<Time>,
        platform: Arc<Platform>,
        settings: RideCodeConfig,
    ) -> Self {
        let disk = open_disk(folder.path(), &time);
        let (client, logged) = client_of(&time, &disk, ride_parts(settings, &platform));
        Self {
            folder,
            time,
            platform,
            disk,
            client,
            logged,
        }
    }

    /// Another client on the same journal and platform.
    fn neighbour(&self) -> Arc<Client> {
        let disk = open_disk(self.folder.path(), &self.time);
        client_of(&self.time, &disk, ride_parts(settings(), &self.platform)).0
    }

    /// The process has died and is up again.
    fn restarted(self) -> Self {
        self.client.close();
        self.time.elapsed_ms.fetch_add(11_000, Ordering::SeqCst);
        Self::open(self.folder, self.time, self.platform, settings())
    }

    fn says(&self, said: impl IntoIterator<Item = Said>) {
        self.platform.said.lock().unwrap().extend(said);
    }

    fn meanwhile(&self, what: impl FnOnce() + Send + 'static) {
        *self.platform.meanwhile.lock().unwrap() = Some(Box::new(what));
    }

    fn pay(&self, more: &[(&str, &str)]) -> Outcome {
        self.client.ride_pay(&ride(more))
    }

    /// Requests that left, or tried to.
    fn sent(&self) -> usize {
        self.platform.sent.lock().unwrap().len()
    }

    fn entry(&self, number: &str) -> Option<Entry> {
        self.disk.find(&key(number)).unwrap()
    }

    fn phase(&self) -> Option<Phase> {
        self.entry(NUMBER)?.phase
    }

    fn kept(&self) -> Option<Status> {
        self.entry(NUMBER)?.outcome.map(|(status, _)| status)
    }

    fn told(&self, more: &[(&str, Value)]) -> Outcome {
        self.client.notify_decode("", &callback(more))
    }

    /// Number and status of what a recovery lists.
    fn recovered(&self) -> Vec<(String, String)> {
        let outcome = self.client.recover();
        ended(&outcome, Status::Ok);
        assert_eq!(outcome.int("open"), Some(0));
        let rides = outcome.fields["orders"].as_array().unwrap().clone();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        rides
            .iter()
            .map(|ride| {
                assert_eq!(ride["gateway"], "ride-code");
                assert_eq!(ride["replayed"], 1);
                (text(&ride["out_trade_no"]), text(&ride["status_name"]))
            })
            .collect()
    }
}

fn ride_parts(settings: RideCodeConfig, platform: &Arc<Platform>) -> Option<RideParts> {
    let transport = settings
        .deduct_url
        .is_some()
        .then(|| Arc::clone(platform) as Arc<dyn Transport>);
    Some(RideParts {
        codec: RideCode::new(settings),
        transport,
    })
}

type Logged = Arc<Mutex<Vec<(Level, String)>>>;

fn client_of(time: &Arc<Time>, disk: &Arc<Disk>, ride: Option<RideParts>) -> (Arc<Client>, Logged) {
    let shop = Shop {
        time: Arc::clone(time),
        order: Mutex::default(),
        pays_at: Mutex::default(),
        faults: Mutex::default(),
        log: Mutex::default(),
    };
    let client = Arc::new(Client::from_parts(Parts {
        gateway: Arc::new(WechatV2::new(v2::config())),
        transport: Arc::new(shop),
        ride,
        clock: Arc::clone(time) as Arc<dyn Clock>,
        journal: Arc::clone(disk) as Arc<dyn Journal>,
        policy: PolicyConfig::profile(Region::Mainland),
        language: Language::English,
    }));
    let logged = Logged::default();
    let lines = Arc::clone(&logged);
    let sink = move |level, line: &str| lines.lock().unwrap().push((level, line.to_owned()));
    client.on_log(Level::Debug, Some(Arc::new(sink)));
    (client, logged)
}

fn key(number: &str) -> Key {
    Key {
        account: "ride_code:1230000109".into(),
        book: Book::Rides,
        number: number.into(),
    }
}

fn ride(more: &[(&str, &str)]) -> Fields {
    let base = [
        ("out_trade_no", NUMBER),
        ("qrcode", QRCODE),
        ("total_fee", "180"),
        ("original_fee", "200"),
        ("trade_scene", "BUS"),
        ("line_name", "M393"),
        ("start_time", "20261122090500"),
    ];
    base.iter().chain(more).copied().collect()
}

fn sealed(message: &str) -> Vec<u8> {
    let iv = [7_u8; 16];
    let cipher = UnboundCipherKey::new(&AES_128, AES_KEY).unwrap();
    let cipher = PaddedBlockEncryptingKey::cbc_pkcs7(cipher).unwrap();
    let mut data = message.as_bytes().to_vec();
    let context = EncryptionContext::Iv128(iv.into());
    cipher.less_safe_encrypt(&mut data, context).unwrap();
    let (data, iv) = (BASE64.encode(data), BASE64.encode(iv));
    let signed = format!(
        "appid=wx1&encrypted_data={data}&iv={iv}&mch_id=1230000109&nonce_str=n0nce&key={SIGN_KEY}"
    );
    let sign = hmac_sha256_hex_upper(SIGN_KEY.as_bytes(), signed.as_bytes());
    json!({
        "appid": "wx1",
        "mch_id": "1230000109",
        "nonce_str": "n0nce",
        "encrypted_data": data,
        "iv": iv,
        "sign": sign,
    })
    .to_string()
    .into_bytes()
}

/// A callback that says the ride was deducted, but for `more`; null is left out.
fn callback(more: &[(&str, Value)]) -> Vec<u8> {
    let mut message = json!({
        "openid": "oPASSENGER",
        "bank_type": "CFT",
        "total_fee": 180,
        "trade_state": "SUCCESS",
        "transaction_id": "4300001",
        "out_trade_no": NUMBER,
        "attach": NUMBER,
        "time_end": "20261122091500",
        "qrcode": QRCODE,
    });
    for (name, value) in more {
        message[*name] = value.clone();
    }
    let object = message.as_object_mut().unwrap();
    object.retain(|_, value| !value.is_null());
    sealed(&message.to_string())
}

fn failed() -> [(&'static str, Value); 2] {
    [
        ("trade_state", "FAIL".into()),
        ("trade_msg", "余额不足".into()),
    ]
}

#[track_caller]
fn answered(outcome: &Outcome, http_status: i64, errcode: i64) {
    assert_eq!(
        outcome.int("reply_status"),
        Some(http_status),
        "{outcome:?}"
    );
    let reply: Value = serde_json::from_str(outcome.text("reply").unwrap()).unwrap();
    assert_eq!(reply["errcode"], errcode);
    assert_eq!(reply["nonce_str"], "n0nce");
}

#[test]
fn an_accepted_ride_is_accepted_and_never_paid() {
    let gate = Gate::new();
    let events: Arc<Mutex<Vec<Event>>> = Arc::default();
    let seen = Arc::clone(&events);
    gate.client.on_event(Some(Arc::new(move |event, number, _| {
        assert_eq!(number, NUMBER);
        seen.lock().unwrap().push(event);
    })));
    let outcome = gate.pay(&[]);
    ended(&outcome, Status::Accepted);
    assert_eq!(outcome.text("out_trade_no"), Some(NUMBER));
    assert_eq!(outcome.text("gateway"), Some("ride-code"));
    assert_eq!(outcome.text("host"), Some(HOST));
    assert_eq!(outcome.text("advice"), Some("hold"));
    assert_eq!(outcome.int("total_fee"), Some(180));
    assert_eq!(outcome.int("attempts"), Some(1));
    assert_eq!(outcome.int("replayed"), Some(0));
    assert!(outcome.int("elapsed_ms").is_some());
    assert!(!outcome.prompt().is_empty());
    assert_eq!(*events.lock().unwrap(), [Event::Submitting, Event::Done]);
    assert_eq!(gate.phase(), Some(Phase::Waiting));
    assert_eq!(gate.sent(), 1);
    let entry = gate.entry(NUMBER).unwrap();
    assert_eq!(entry.attach.as_deref(), Some(NUMBER));
    assert_eq!(entry.total_fee, Some(180));
    assert_eq!(entry.lease_ms, None, "given back");
    // Whatever the platform's clock shows, it is not the gateway's.
    assert_eq!(gate.client.gateway_time(), None);
}

#[test]
fn neither_token_nor_code_is_anywhere_but_on_the_wire() {
    let gate = Gate::new();
    let fresh = "FRESH-TOKEN";
    for (number, said) in [
        ("R1", Said::Http(200, ACCEPTED)),
        ("R2", Said::Http(500, "nonsense")),
        ("R3", Said::Lost),
        ("R4", Said::Unsent),
        (
            "R5",
            Said::Http(200, r#"{"errcode":40001,"errmsg":"invalid credential"}"#),
        ),
    ] {
        gate.says([said]);
        let outcome = gate.pay(&[("out_trade_no", number), ("access_token", fresh)]);
        let again = gate.pay(&[("out_trade_no", number)]);
        let told = gate.told(&[("out_trade_no", number.into()), ("attach", number.into())]);
        for outcome in [outcome, again, told] {
            let text = outcome.to_value().to_string();
            assert!(!text.contains(QRCODE) && !text.contains("TOKEN"), "{text}");
        }
    }
    let sent = gate.platform.sent.lock().unwrap();
    assert!(sent[0].path.contains(fresh) && sent[0].body.len() > 100);
    assert!(!format!("{sent:?}").contains("TOKEN"));
    let logged = format!("{:?}", gate.logged.lock().unwrap());
    assert!(
        logged.contains("POST https://rides.example.com/deduct:"),
        "{logged}"
    );
    for file in std::fs::read_dir(gate.folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned() + &logged;
        let code = BASE64.encode(QRCODE);
        for secret in [QRCODE, &code, TOKEN, fresh, "oPASSENGER"] {
            assert!(!text.contains(secret), "{secret}");
        }
    }
}

#[test]
fn every_answer_ends_as_it_must_and_nothing_is_sent_again_unless_nothing_was_deducted() {
    let token = r#"{"errcode":40001,"errmsg":"invalid credential"}"#;
    for (said, status, code, again) in [
        (Said::Http(200, ACCEPTED), Status::Accepted, None, false),
        (
            Said::Http(200, token),
            Status::Rejected,
            Some("40001"),
            true,
        ),
        (
            Said::Http(200, r#"{"errcode":-1}"#),
            Status::Unknown,
            Some("-1"),
            false,
        ),
        (
            Said::Http(200, r#"{"errcode":987654}"#),
            Status::Unknown,
            Some("987654"),
            false,
        ),
        (Said::Http(200, "{}"), Status::Unknown, None, false),
        (Said::Http(200, "<html>"), Status::Unknown, None, false),
        (Said::Http(502, ""), Status::Unknown, None, false),
        (Said::Lost, Status::Unknown, None, false),
        (Said::Unsent, Status::Network, None, true),
    ] {
        let gate = Gate::new();
        gate.says([said]);
        let outcome = gate.pay(&[]);
        ended(&outcome, status);
        assert_eq!(outcome.text("code"), code);
        assert_eq!(outcome.text("reversal"), None);
        let kept = match status {
            Status::Accepted => (Some(Phase::Waiting), None),
            Status::Unknown => (Some(Phase::Intent), None),
            settled => (None, Some(settled)),
        };
        assert_eq!((gate.phase(), gate.kept()), kept);
        let second = gate.pay(&[]);
        assert_eq!(gate.sent(), 1 + usize::from(again), "{status:?}");
        if again {
            ended(&second, Status::Accepted);
            assert_eq!(second.int("replayed"), Some(0));
        } else {
            ended(&second, status);
            assert_eq!(second.int("replayed"), Some(1));
            assert_eq!(second.int("total_fee"), Some(180));
        }
    }
}

#[test]
fn the_same_ride_is_told_by_its_fields_but_for_the_token() {
    let gate = Gate::new();
    ended(&gate.pay(&[]), Status::Accepted);
    let renewed = gate.pay(&[("access_token", "ANOTHER-TOKEN")]);
    ended(&renewed, Status::Accepted);
    assert_eq!(renewed.int("replayed"), Some(1));
    for other in [
        ("total_fee", "179"),
        ("qrcode", "SOMEBODY-ELSES"),
        ("line_name", "M394"),
        ("attach", "gate 7"),
    ] {
        let outcome = gate.pay(&[other]);
        ended(&outcome, Status::Duplicate);
        assert_eq!(outcome.text("other_status"), Some("WXPAY_ACCEPTED"));
        assert_eq!(outcome.int("total_fee"), Some(180), "that ride's");
    }
    assert_eq!(gate.sent(), 1);

    gate.says([Said::Lost]);
    let unclear = [("out_trade_no", "RIDE2")];
    ended(&gate.pay(&unclear), Status::Unknown);
    let outcome = gate.pay(&[unclear[0], ("total_fee", "1")]);
    assert_eq!(outcome.text("other_status"), Some("WXPAY_UNKNOWN"));
    ended(&gate.told(&[]), Status::Ok);
    let outcome = gate.pay(&[("total_fee", "1")]);
    ended(&outcome, Status::Duplicate);
    assert_eq!(outcome.text("other_status"), Some("WXPAY_OK"));
    assert_eq!(outcome.text("transaction_id"), Some("4300001"));
}

#[test]
fn a_ride_that_provably_was_not_deducted_leaves_its_number_to_another_code() {
    let gate = Gate::new();
    gate.says([Said::Unsent]);
    ended(&gate.pay(&[]), Status::Network);
    ended(&gate.pay(&[("qrcode", "A-FRESH-CODE")]), Status::Accepted);
    assert_eq!(gate.sent(), 2);
}

#[test]
fn nothing_is_sent_that_cannot_be_remembered() {
    let gate = Gate::new();
    gate.disk.no_more.store(true, Ordering::SeqCst);
    let outcome = gate.pay(&[]);
    ended(&outcome, Status::Journal);
    assert_eq!(gate.sent(), 0);

    gate.disk.no_more.store(false, Ordering::SeqCst);
    let disk = Arc::clone(&gate.disk);
    gate.meanwhile(move || disk.full.store(true, Ordering::SeqCst));
    let outcome = gate.pay(&[]);
    ended(&outcome, Status::Accepted);
    assert!(
        outcome.message().contains("not on record"),
        "{}",
        outcome.message()
    );
    let errors = gate.logged.lock().unwrap();
    assert!(errors.iter().any(|(level, _)| *level == Level::Error));
    drop(errors);
    gate.disk.full.store(false, Ordering::SeqCst);
    // As good as unclear, and not sent again for that.
    ended(&gate.pay(&[]), Status::Unknown);
    assert_eq!(gate.sent(), 1);
}

#[test]
fn a_client_that_closes_has_sent_nothing_or_does_not_know() {
    let gate = Gate::new();
    gate.client.close();
    ended(&gate.pay(&[]), Status::ClientClosed);
    assert_eq!(gate.entry(NUMBER), None);
    assert!(gate.platform.closed.load(Ordering::SeqCst));

    for (said, status) in [
        (Said::Unsent, Status::ClientClosed),
        (Said::Lost, Status::Unknown),
        (Said::Http(200, ACCEPTED), Status::Accepted),
    ] {
        let gate = Gate::new();
        gate.says([said]);
        let client = Arc::downgrade(&gate.client);
        gate.meanwhile(move || client.upgrade().unwrap().calls.close());
        ended(&gate.pay(&[]), status);
    }

    let gate = Gate::new();
    let client = Arc::downgrade(&gate.client);
    gate.client.on_event(Some(Arc::new(move |event, _, _| {
        if let (Event::Submitting, Some(client)) = (event, client.upgrade()) {
            client.close();
        }
    })));
    ended(&gate.pay(&[]), Status::ClientClosed);
    assert_eq!(gate.sent(), 0);
    assert_eq!(gate.kept(), Some(Status::ClientClosed));
}

#[test]
fn a_bug_after_the_ride_was_begun_leaves_it_in_doubt_and_not_held() {
    let gate = Gate::new();
    gate.says([Said::Bug]);
    let outcome = gate.pay(&[]);
    ended(&outcome, Status::Unknown);
    assert_eq!(outcome.text("out_trade_no"), Some(NUMBER));
    assert_eq!(gate.phase(), Some(Phase::Intent));
    ended(&gate.told(&[]), Status::Ok);
}

#[test]
fn what_is_missing_is_named_and_nothing_is_sent() {
    let time = Arc::new(Time::default());
    let folder = tempfile::tempdir().unwrap();
    let (client, _) = client_of(&time, &open_disk(folder.path(), &time), None);
    for outcome in [
        client.ride_pay(&ride(&[])),
        client.notify_decode("", &callback(&[])),
    ] {
        ended(&outcome, Status::Unsupported);
        assert!(outcome.message().contains("[ride_code]"));
        assert_eq!(outcome.text("gateway"), Some("ride-code"));
    }
    ended(&client.recover(), Status::Ok);

    let gate = Gate::with(RideCodeConfig {
        deduct_url: None,
        sign: None,
        ..settings()
    });
    let outcome = gate.pay(&[]);
    ended(&outcome, Status::Config);
    assert!(outcome.message().contains("ride_code.deduct_url"));
    let outcome = gate.told(&[]);
    ended(&outcome, Status::Config);
    assert!(outcome.message().contains("sign_type"));
    answered(&outcome, 500, -1);

    let gate = Gate::new();
    for (name, value) in [
        ("total_fee", "1.8"),
        ("qrcode", ""),
        ("trade_scene", "TRAM"),
        ("out_trade_no", ""),
        ("never_heard_of", "1"),
    ] {
        let outcome = gate.pay(&[(name, value)]);
        ended(&outcome, Status::Argument);
        assert_eq!(outcome.text("field"), Some(name));
    }
    assert_eq!(gate.sent(), 0);
}

#[test]
fn a_ride_in_flight_is_busy_to_everybody_else() {
    let gate = Gate::new();
    let (client, neighbour) = (Arc::downgrade(&gate.client), gate.neighbour());
    gate.meanwhile(move || {
        let same = client.upgrade().unwrap();
        ended(&same.ride_pay(&ride(&[])), Status::Busy);
        ended(&neighbour.ride_pay(&ride(&[])), Status::Busy);
        // An order of the same number has nothing to do with it.
        ended(&same.cancel(NUMBER), Status::NotFound);
    });
    ended(&gate.pay(&[]), Status::Accepted);
    assert_eq!(gate.sent(), 1);
}

#[test]
fn a_callback_says_that_the_ride_was_paid_once_and_the_same_ever_after() {
    let gate = Gate::new();
    ended(&gate.pay(&[]), Status::Accepted);
    for replayed in [0, 1, 1] {
        let outcome = gate.told(&[]);
        ended(&outcome, Status::Ok);
        answered(&outcome, 200, 0);
        assert_eq!(outcome.text("reply_type"), Some("application/json"));
        assert_eq!(outcome.text("notification"), Some("ride"));
        assert_eq!(outcome.text("gateway"), Some("ride-code"));
        assert_eq!(outcome.text("out_trade_no"), Some(NUMBER));
        assert_eq!(outcome.text("transaction_id"), Some("4300001"));
        assert_eq!(outcome.text("openid"), Some("oPASSENGER"));
        assert_eq!(outcome.text("paid_at"), Some("2026-11-22T09:15:00+08:00"));
        assert_eq!(outcome.int("total_fee"), Some(180));
        assert_eq!(outcome.int("known"), Some(1));
        assert_eq!(outcome.int("replayed"), Some(replayed));
        assert_eq!(gate.kept(), Some(Status::Ok));
    }
    let kept = format!("{:?}", gate.entry(NUMBER));
    assert!(
        !kept.contains("oPASSENGER") && !kept.contains(QRCODE),
        "{kept}"
    );
    assert_eq!(gate.recovered(), [], "its gate has heard of it");
    let again = gate.pay(&[]);
    ended(&again, Status::Ok);
    assert_eq!(again.int("replayed"), Some(1));
    assert_eq!(again.text("transaction_id"), Some("4300001"));
    assert_eq!(gate.sent(), 1);
}

#[test]
fn what_callbacks_say_one_after_the_other() {
    let another = || vec![("transaction_id", json!("4300002"))];
    let more = || vec![("total_fee", json!(181))];
    let fail = || failed().to_vec();
    let (ok, declined, unknown) = (Status::Ok, Status::Declined, Status::Unknown);
    for (said, told, kept) in [
        (vec![fail(), fail()], vec![declined, declined], declined),
        // Made good later.
        (vec![fail(), vec![]], vec![declined, ok], ok),
        // Money that was taken does not become untaken.
        (vec![vec![], fail(), fail()], vec![ok, unknown, unknown], ok),
        (vec![more(), more()], vec![unknown, unknown], unknown),
        (
            vec![more(), vec![], fail()],
            vec![unknown, unknown, unknown],
            unknown,
        ),
        (vec![fail(), more()], vec![declined, unknown], unknown),
        (vec![vec![], more(), vec![]], vec![ok, unknown, ok], ok),
        // Deducted twice.
        (vec![vec![], another(), vec![]], vec![ok, unknown, ok], ok),
    ] {
        let gate = Gate::new();
        ended(&gate.pay(&[]), Status::Accepted);
        for (say, status) in said.iter().zip(&told) {
            let outcome = gate.told(say);
            ended(&outcome, *status);
            answered(&outcome, 200, 0);
            let advice = match status {
                Status::Ok => "hand_over",
                _ => "call_support",
            };
            assert_eq!(outcome.text("advice"), Some(advice), "{outcome:?}");
            let doubt = (*status == Status::Unknown).then_some("none");
            assert_eq!(outcome.text("reversal"), doubt);
        }
        assert_eq!(gate.kept(), Some(kept), "{told:?}");
        let again = gate.pay(&[]);
        ended(&again, kept);
        assert_eq!(gate.sent(), 1);
    }
}

#[test]
fn a_failure_tells_why() {
    let gate = Gate::new();
    ended(&gate.pay(&[]), Status::Accepted);
    let outcome = gate.told(&failed());
    ended(&outcome, Status::Declined);
    assert_eq!(outcome.text("code"), Some("FAIL"));
    assert_eq!(outcome.text("code_message"), Some("余额不足"));
}

#[test]
fn a_callback_finds_its_ride_by_either_number_or_by_an_attach_of_its_own() {
    let gate = Gate::new();
    for (number, attach) in [
        ("R1", ""),
        ("R2", "gate 7"),
        ("R3", "gate 8"),
        ("R4", "gate 8"),
    ] {
        ended(
            &gate.pay(&[("out_trade_no", number), ("attach", attach)]),
            Status::Accepted,
        );
    }
    let own = "TC00000000000000000001";
    for (out_trade_no, attach, found) in [
        ("R1", Value::Null, Some("R1")),
        (own, json!("R1"), Some("R1")),
        (own, json!("gate 7"), Some("R2")),
        ("R2", json!("gate 7"), Some("R2")),
        (own, json!("gate 8"), None),
        (own, json!("gate 9"), None),
        (own, Value::Null, None),
        ("R3", json!("gate 8"), Some("R3")),
    ] {
        let outcome = gate.told(&[
            ("out_trade_no", out_trade_no.into()),
            ("attach", attach.clone()),
        ]);
        ended(&outcome, Status::Ok);
        answered(&outcome, 200, 0);
        assert_eq!(
            outcome.text("out_trade_no"),
            Some(found.unwrap_or(out_trade_no))
        );
        assert_eq!(outcome.int("known"), Some(i64::from(found.is_some())));
    }
    // A number of the platform's own that happens to be another ride's.
    let mixed = gate.told(&[("out_trade_no", "R4".into()), ("attach", "gate 7".into())]);
    ended(&mixed, Status::Ok);
    assert_eq!(mixed.text("out_trade_no"), Some("R2"));
    // A number of ours, with an attach that leads nowhere, is no ride as it was asked for.
    let other = gate.told(&[("out_trade_no", "R4".into()), ("attach", "gate 9".into())]);
    ended(&other, Status::Unknown);
    assert_eq!(other.text("out_trade_no"), Some("R4"));
    let kept = |number: &str| {
        gate.entry(number)
            .unwrap()
            .outcome
            .map(|(status, _)| status)
    };
    assert_eq!(kept("R2"), Some(Status::Ok));
    assert_eq!(kept("R4"), Some(Status::Unknown));
}

#[test]
fn a_callback_that_comes_before_the_answer_is_sent_again_and_loses_nothing() {
    let gate = Gate::new();
    let client = Arc::downgrade(&gate.client);
    gate.meanwhile(move || {
        let outcome = client.upgrade().unwrap().notify_decode("", &callback(&[]));
        ended(&outcome, Status::Ok);
        answered(&outcome, 500, -1);
        assert_eq!(outcome.int("known"), Some(1));
    });
    ended(&gate.pay(&[]), Status::Accepted);
    assert_eq!(gate.phase(), Some(Phase::Waiting));
    let outcome = gate.told(&[]);
    answered(&outcome, 200, 0);
    assert_eq!(gate.kept(), Some(Status::Ok));
}

#[test]
fn an_answer_that_comes_after_the_ride_was_taken_over_and_settled_changes_nothing() {
    let gate = Gate::new();
    let (time, neighbour) = (Arc::clone(&gate.time), gate.neighbour());
    gate.meanwhile(move || {
        // Nobody keeps the lease alive here.
        time.elapsed_ms.fetch_add(11_000, Ordering::SeqCst);
        let outcome = neighbour.notify_decode("", &callback(&[]));
        answered(&outcome, 200, 0);
    });
    let outcome = gate.pay(&[]);
    ended(&outcome, Status::Accepted);
    assert!(outcome.message().contains("not on record"));
    assert_eq!((gate.phase(), gate.kept()), (None, Some(Status::Ok)));
}

#[test]
fn a_callback_that_cannot_be_put_on_record_is_asked_for_again() {
    let gate = Gate::new();
    ended(&gate.pay(&[]), Status::Accepted);
    gate.disk.full.store(true, Ordering::SeqCst);
    let outcome = gate.told(&[]);
    ended(&outcome, Status::Ok);
    answered(&outcome, 500, -1);
    gate.disk.full.store(false, Ordering::SeqCst);
    gate.time.elapsed_ms.fetch_add(11_000, Ordering::SeqCst);
    answered(&gate.told(&[]), 200, 0);
    assert_eq!(gate.kept(), Some(Status::Ok));
}

#[test]
fn a_callback_is_believed_even_where_the_journal_has_it_that_nothing_was_sent() {
    for (said, status) in [
        (Said::Unsent, Status::Network),
        (Said::Http(200, r#"{"errcode":42001}"#), Status::Rejected),
    ] {
        let gate = Gate::new();
        gate.says([said]);
        ended(&gate.pay(&[]), status);
        let outcome = gate.told(&[]);
        ended(&outcome, Status::Ok);
        assert!(
            outcome.message().contains("although"),
            "{}",
            outcome.message()
        );
        // The number is not free any more.
        ended(&gate.pay(&[("qrcode", "A-FRESH-CODE")]), Status::Duplicate);
        assert_eq!(gate.sent(), 1);
    }
}

#[test]
fn whatever_is_wrong_with_a_callback_is_told_in_one_way() {
    let gate = Gate::new();
    ended(&gate.pay(&[]), Status::Accepted);
    let changed = |name: &str, value: &str| {
        let mut body: Value = serde_json::from_slice(&callback(&[])).unwrap();
        body[name] = value.into();
        body.to_string().into_bytes()
    };
    let forged = [
        changed("sign", ""),
        changed("sign", "0"),
        changed("encrypted_data", "AAAA"),
        changed("iv", "AAAA"),
        changed("mch_id", "1999999999"),
        sealed("trade_state=SUCCESS"),
        sealed("{}"),
        sealed(r#"{"out_trade_no":"RIDE1"}"#),
    ];
    let mut told = Vec::new();
    for body in &forged {
        let outcome = gate.client.notify_decode("", body);
        ended(&outcome, Status::Forged);
        answered(&outcome, 401, -1);
        for name in ["notification", "out_trade_no", "transaction_id", "known"] {
            assert!(!outcome.fields.contains_key(name), "{name}");
        }
        told.push(outcome);
    }
    assert!(told.iter().all(|outcome| *outcome == told[0]));
    let logged = gate.logged.lock().unwrap();
    let details = logged
        .iter()
        .filter(|(level, line)| *level == Level::Warning && line.contains("not verified: "));
    assert_eq!(details.count(), forged.len());
    drop(logged);
    assert_eq!(gate.phase(), Some(Phase::Waiting));

    let mut numbered: Value = serde_json::from_slice(&callback(&[])).unwrap();
    numbered["sign"] = 1.into();
    let outcome = gate
        .client
        .notify_decode("", numbered.to_string().as_bytes());
    ended(&outcome, Status::Argument);
    assert_eq!(outcome.text("field"), Some("body"));
    answered(&outcome, 400, -1);
    assert_eq!(gate.phase(), Some(Phase::Waiting));
}

#[test]
fn a_callback_without_an_end_is_told_and_settles_nothing() {
    let gate = Gate::new();
    ended(&gate.pay(&[]), Status::Accepted);
    for more in [
        vec![("trade_state", json!("PENDING"))],
        vec![("total_fee", Value::Null)],
        // Of another ride it says nothing about this one.
        vec![("trade_state", json!("FAIL")), ("total_fee", json!(1))],
    ] {
        let outcome = gate.told(&more);
        ended(&outcome, Status::Unknown);
        answered(&outcome, 200, 0);
        assert_eq!(outcome.text("advice"), Some("hold"));
        assert_eq!(outcome.int("known"), Some(1));
        assert_eq!(outcome.int("replayed"), Some(0));
        assert_eq!(gate.phase(), Some(Phase::Waiting));
    }
    ended(&gate.told(&[]), Status::Ok);
}

#[test]
fn a_recovery_lists_rides_that_wait_and_does_not_count_them_as_open() {
    let gate = Gate::new();
    ended(&gate.pay(&[("out_trade_no", "R1")]), Status::Accepted);
    gate.says([Said::Lost]);
    ended(&gate.pay(&[("out_trade_no", "R2")]), Status::Unknown);
    gate.says([Said::Lost]);
    ended(&gate.pay(&[("out_trade_no", "R3")]), Status::Unknown);
    let gate = gate.restarted();
    let waiting = |number: &str, status: &str| (number.to_owned(), status.to_owned());
    for _ in 0..2 {
        let listed = gate.recovered();
        assert_eq!(
            listed,
            [
                waiting("R1", "WXPAY_ACCEPTED"),
                waiting("R2", "WXPAY_UNKNOWN"),
                waiting("R3", "WXPAY_UNKNOWN"),
            ]
        );
    }
    let message = gate.client.recover().message().to_owned();
    assert!(
        message.contains("3 rides wait for their callbacks"),
        "{message}"
    );
    for (number, state) in [("R1", "SUCCESS"), ("R2", "SUCCESS"), ("R3", "FAIL")] {
        let more = [
            ("out_trade_no", json!(number)),
            ("attach", json!(number)),
            ("trade_state", json!(state)),
        ];
        answered(&gate.told(&more), 200, 0);
    }
    // Whoever asked for those two may never have heard of them.
    assert_eq!(
        gate.recovered(),
        [waiting("R2", "WXPAY_OK"), waiting("R3", "WXPAY_DECLINED"),]
    );
    assert_eq!(gate.recovered(), []);
    assert_eq!(gate.sent(), 3);
}

#[test]
fn a_gate_that_reads_no_callbacks_waits_for_none_and_whoever_reads_them_settles_its_rides() {
    let gate = Gate::with(RideCodeConfig {
        sign: None,
        seal: None,
        ..settings()
    });
    assert_eq!(gate.pay(&[]).status, Status::Accepted);
    gate.says([Said::Lost]);
    assert_eq!(
        gate.pay(&[("out_trade_no", "RIDE2")]).status,
        Status::Unknown
    );
    let again = gate.pay(&[]);
    assert_eq!(again.status, Status::Accepted);
    assert_eq!(again.int("replayed"), Some(1));
    assert_eq!(gate.sent(), 2);
    // What is in doubt is listed, what was accepted is not.
    let listed = gate.recovered();
    assert_eq!(listed.len(), 1, "{listed:?}");
    assert_eq!(listed[0].0, "RIDE2");

    let reader = gate.neighbour();
    let told = reader.notify_decode("", &callback(&[]));
    assert_eq!(told.status, Status::Ok);
    assert_eq!(told.int("known"), Some(1));
    assert_eq!(gate.pay(&[]).status, Status::Ok);
    assert_eq!(gate.sent(), 2);
}

#[test]
fn a_recovery_leaves_a_ride_in_flight_alone_and_finds_one_whose_gate_has_died() {
    let gate = Gate::new();
    let neighbour = gate.neighbour();
    let time = Arc::clone(&gate.time);
    gate.meanwhile(move || {
        let listed = neighbour.recover();
        // No heartbeat moves its lease here, so it counts as dead after one.
        assert_eq!(listed.fields["orders"].as_array().unwrap().len(), 1);
        assert_eq!(listed.fields["orders"][0]["status_name"], "WXPAY_UNKNOWN");
        assert!(time.seconds() >= 10);
    });
    ended(&gate.pay(&[]), Status::Accepted);
    assert_eq!(gate.sent(), 1);

    let gate = Gate::new();
    let client = Arc::downgrade(&gate.client);
    gate.meanwhile(move || {
        let listed = client.upgrade().unwrap().recover();
        assert_eq!(listed.fields["orders"], json!([]));
    });
    ended(&gate.pay(&[]), Status::Accepted);
}

#[test]
fn the_self_test_tells_what_of_the_ride_code_is_there() {
    let listed = |gate: &Gate, name: &str| {
        let outcome = gate.client.check();
        let checks = outcome.fields["checks"].as_array().unwrap().clone();
        let check = checks.into_iter().find(|check| check["check"] == name);
        check.map(|check| {
            let message = check["message"].as_str().unwrap().to_owned();
            (check["ok"] == true, message)
        })
    };
    let whole = Gate::new();
    let (ok, message) = listed(&whole, "ride_code").unwrap();
    assert!(ok && message.contains("can be deducted"), "{message}");
    assert!(listed(&whole, "ride_host").unwrap().0);
    whole.platform.reachable.store(false, Ordering::SeqCst);
    let (ok, message) = listed(&whole, "ride_host").unwrap();
    assert!(!ok && message.contains("connection refused"), "{message}");

    let deaf = Gate::with(RideCodeConfig {
        seal: None,
        ..settings()
    });
    let (ok, message) = listed(&deaf, "ride_code").unwrap();
    assert!(ok && message.contains("ride_code.aes_key"), "{message}");

    let empty = Gate::with(RideCodeConfig {
        deduct_url: None,
        seal: None,
        ..settings()
    });
    let (ok, message) = listed(&empty, "ride_code").unwrap();
    assert!(!ok && message.contains("ride_code.deduct_url"), "{message}");
    assert_eq!(listed(&empty, "ride_host"), None);
}
