//! Rides: the gate, the platform that it talks to, and callbacks as the platform seals them.

mod callbacks;
mod paying;
mod recovery;

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
    fn exchange(
        &self,
        _: Option<&str>,
        call: &Call,
        _: Limits,
        signal: &Signal,
    ) -> Result<Reply, Failure> {
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
