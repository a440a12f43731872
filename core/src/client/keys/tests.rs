use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering};

use super::*;
use crate::client::keeper::Keeper;
use crate::config::WechatV3Config;
use crate::gateway::wechat_v3::WechatV3;
use crate::gateway::wechat_v3::testing::{
    DAY, NEXT_SERIAL, NOW, SERIAL, Wanted, config, download, public_key_config, reply, signed,
};

/// A clock that moves by waiting only. It reads [`NOW`] at its start, and this machine's is `skew` off.
#[derive(Default)]
pub(in crate::client) struct Time {
    elapsed_ms: AtomicU64,
    pub(in crate::client) skew: AtomicI64,
}

impl Time {
    pub(in crate::client) fn pass(&self, seconds: u64) {
        self.elapsed_ms.fetch_add(seconds * 1000, Ordering::SeqCst);
    }

    /// What the gateway's clock shows.
    pub(in crate::client) fn gateway(&self) -> i64 {
        NOW + i64::try_from(self.elapsed_ms.load(Ordering::SeqCst) / 1000).unwrap()
    }
}

impl Clock for Time {
    fn now(&self) -> Moment {
        Moment(Duration::from_millis(
            self.elapsed_ms.load(Ordering::SeqCst),
        ))
    }

    fn unix_ms(&self) -> i64 {
        (self.gateway() + self.skew.load(Ordering::SeqCst)) * 1000
    }

    fn wait(&self, until: Moment, signal: &Signal, seen_cancel: bool) {
        if signal.closing() || (signal.cancelled() && !seen_cancel) {
            return;
        }
        let until = u64::try_from(until.0.as_millis()).unwrap();
        self.elapsed_ms.fetch_max(until, Ordering::SeqCst);
    }
}

pub(in crate::client) type Answer = Box<dyn FnOnce(&Call, i64) -> Result<Reply, Failure> + Send>;

/// A gateway that answers as it is told, and without being told hands out one certificate. Requests
/// whose time is off are refused, as the documents have it.
pub(in crate::client) struct Wire {
    pub(in crate::client) time: Arc<Time>,
    answers: Mutex<VecDeque<Answer>>,
    calls: Mutex<Vec<Call>>,
}

impl Wire {
    pub(in crate::client) fn new(time: &Arc<Time>) -> Arc<Self> {
        Arc::new(Self {
            time: Arc::clone(time),
            answers: Mutex::default(),
            calls: Mutex::default(),
        })
    }

    pub(in crate::client) fn will(
        &self,
        answer: impl FnOnce(&Call, i64) -> Result<Reply, Failure> + Send + 'static,
    ) {
        self.answers.lock().unwrap().push_back(Box::new(answer));
    }

    /// The operations asked for since the last look.
    pub(in crate::client) fn asked(&self) -> Vec<&'static str> {
        let calls = std::mem::take(&mut *self.calls.lock().unwrap());
        calls.iter().map(|call| call.operation).collect()
    }
}

/// The time in a request's `Authorization`.
fn stamped(call: &Call) -> i64 {
    let header = call
        .headers
        .iter()
        .find(|(name, _)| *name == "Authorization");
    let (_, rest) = header.unwrap().1.split_once("timestamp=\"").unwrap();
    rest.split_once('"').unwrap().0.parse().unwrap()
}

pub(in crate::client) fn certificates(now: i64) -> Reply {
    let body = download(&[Wanted::default()]);
    dated(signed(200, &body, SERIAL, now), now)
}

pub(in crate::client) fn dated(reply: Reply, now: i64) -> Reply {
    Reply {
        date: Some(now),
        now: None,
        ..reply
    }
}

impl Transport for Wire {
    fn exchange(
        &self,
        _: Option<&str>,
        call: &Call,
        _: Limits,
        signal: &Signal,
    ) -> Result<Reply, Failure> {
        if signal.closing() || signal.cancelled() {
            return Err(failure("interrupted", true));
        }
        // Before anybody sees the call and makes time go on.
        let now = self.time.gateway();
        self.calls.lock().unwrap().push(call.clone());
        if stamped(call).abs_diff(now) >= 300 {
            let body = r#"{"code":"SIGN_ERROR","message":"Http头Authorization中的timestamp与发起请求的时间不得超过5分钟"}"#;
            return Ok(dated(reply(401, body.as_bytes()), now));
        }
        let answer = self.answers.lock().unwrap().pop_front();
        match answer {
            Some(answer) => answer(call, now),
            None => Ok(certificates(now)),
        }
    }

    fn probe(&self, _: &Signal) -> Vec<(String, Result<(), String>)> {
        vec![("https://api.mch.weixin.qq.com".to_owned(), Ok(()))]
    }

    fn close(&self) {}
}

pub(in crate::client) fn failure(cause: &str, interrupted: bool) -> Failure {
    Failure {
        sent_at: None,
        interrupted,
        host: "https://api.mch.weixin.qq.com".to_owned(),
        cause: cause.to_owned(),
    }
}

struct Setting {
    time: Arc<Time>,
    wire: Arc<Wire>,
    keys: Arc<Keys>,
    log: Arc<Mutex<Vec<(Level, String)>>>,
}

impl Setting {
    fn of(config: WechatV3Config, file: Option<PathBuf>) -> Self {
        let time = Arc::new(Time::default());
        let wire = Wire::new(&time);
        let log: Arc<Mutex<Vec<(Level, String)>>> = Arc::default();
        let sinks = Arc::new(Sinks::default());
        let lines = Arc::clone(&log);
        let sink = move |level, line: &str| lines.lock().unwrap().push((level, line.to_owned()));
        sinks.set_log(Level::Debug, Some(Arc::new(sink)));
        Self {
            keys: Arc::new(Keys {
                gateway: Arc::new(WechatV3::new(config)),
                transport: Arc::clone(&wire) as Arc<dyn Transport>,
                clock: Arc::clone(&time) as Arc<dyn Clock>,
                clocks: Arc::default(),
                sinks,
                file,
                state: Mutex::default(),
            }),
            time,
            wire,
            log,
        }
    }

    fn new() -> Self {
        Self::of(config(), None)
    }

    fn have(&self) -> Result<(), Failure> {
        self.keys
            .have(OnCancel::CutUnlessSent.into(), &Signal::new())
    }

    fn fetch_for(&self, serial: &str) -> bool {
        self.keys
            .fetch_for(serial, OnCancel::Cut.into(), &Signal::new())
    }

    fn any(&self) -> bool {
        self.keys.gateway.keys().unwrap().any(self.keys.time())
    }

    fn warnings(&self) -> Vec<String> {
        let log = std::mem::take(&mut *self.log.lock().unwrap());
        let warnings = log
            .into_iter()
            .filter(|(level, _)| *level == Level::Warning);
        warnings.map(|(_, line)| line).collect()
    }
}

const DOWNLOAD: &str = "certificates";

#[test]
fn keys_are_fetched_once_before_the_first_question() {
    let shop = Setting::new();
    shop.have().unwrap();
    shop.have().unwrap();
    assert_eq!(shop.wire.asked(), [DOWNLOAD]);
    assert_eq!(shop.warnings(), Vec::<String>::new());
}

#[test]
fn a_public_key_is_enough() {
    let shop = Setting::of(public_key_config(), None);
    shop.have().unwrap();
    assert!(!shop.fetch_for(SERIAL));
    assert_eq!(shop.wire.asked(), Vec::<&str>::new());
}

#[test]
fn without_a_key_nothing_is_sent_and_the_remedy_is_told() {
    let shop = Setting::new();
    shop.wire.will(|_, _| Err(failure("no network", false)));
    shop.wire.will(|_, now| {
        let body = r#"{"code":"RESOURCE_NOT_EXISTS","message":"无可用的平台证书，请在商户平台-API安全申请使用微信支付公钥。"}"#;
        Ok(dated(reply(404, body.as_bytes()), now))
    });
    for piece in ["no network", "public_key_id"] {
        let failure = shop.have().unwrap_err();
        assert!(!failure.sent() && !failure.interrupted);
        assert!(
            failure.cause.starts_with("nothing was sent, "),
            "{failure:?}"
        );
        assert!(failure.cause.contains(piece), "{failure:?}");
        assert_eq!(failure.host, "https://api.mch.weixin.qq.com");
        assert_eq!(shop.warnings().len(), 1);
    }
}

#[test]
fn a_clock_that_is_wrong_by_any_amount_is_set_right_by_the_download() {
    for skew in [
        0,
        250,
        3600,
        -3600,
        DAY,
        -DAY,
        10 * 365 * DAY,
        -20 * 365 * DAY,
    ] {
        let shop = Setting::new();
        shop.time.skew.store(skew, Ordering::SeqCst);
        shop.have().unwrap();
        let expected: &[&str] = match skew.abs() < 300 {
            true => &[DOWNLOAD],
            false => &[DOWNLOAD, DOWNLOAD],
        };
        assert_eq!(shop.wire.asked(), expected, "{skew}");
        assert_eq!(shop.keys.stamp().unix_seconds, NOW);
        let warned = shop.warnings();
        assert_eq!(warned.len(), usize::from(skew != 0), "{warned:?}");
        shop.have().unwrap();
        assert!(shop.wire.asked().is_empty() && shop.warnings().is_empty());
    }
}

#[test]
fn a_clock_that_jumps_while_the_client_runs_changes_nothing() {
    let shop = Setting::new();
    shop.have().unwrap();
    for skew in [DAY, -DAY, 20 * 365 * DAY] {
        shop.time.skew.store(skew, Ordering::SeqCst);
        assert_eq!(shop.keys.stamp().unix_seconds, NOW);
        assert!(shop.any());
    }
}

#[test]
fn kept_keys_serve_once_the_clock_is_right_even_if_the_download_fails() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys.pem");
    Setting::of(config(), Some(file.clone())).have().unwrap();

    let shop = Setting::of(config(), Some(file));
    shop.time.skew.store(-10 * 365 * DAY, Ordering::SeqCst);
    assert_eq!(shop.keys.restore(), None);
    assert!(!shop.any());
    shop.wire.will(|_, now| Ok(dated(reply(503, b""), now)));
    shop.have().unwrap();
    assert_eq!(shop.wire.asked(), [DOWNLOAD, DOWNLOAD]);
}

#[test]
fn a_probe_is_followed_by_the_real_answer() {
    let shop = Setting::new();
    let probe = |_: &Call, now| {
        let mut probe = certificates(now);
        probe.headers[2].1 = "WECHATPAY/SIGNTEST/AAAA".to_owned();
        Ok(probe)
    };
    shop.wire.will(probe);
    shop.have().unwrap();
    assert_eq!(shop.wire.asked(), [DOWNLOAD, DOWNLOAD]);
    // Two of them are not waited for.
    let shop = Setting::new();
    shop.wire.will(probe);
    shop.wire.will(probe);
    let failure = shop.have().unwrap_err();
    assert!(failure.cause.contains("probe"), "{failure:?}");
    assert_eq!(shop.wire.asked(), [DOWNLOAD, DOWNLOAD]);
}

#[test]
fn an_unknown_serial_causes_one_download_a_minute() {
    let shop = Setting::new();
    shop.have().unwrap();
    shop.wire.asked();
    // What has just been fetched is worth a look, and nothing more.
    assert!(shop.fetch_for(NEXT_SERIAL));
    assert_eq!(shop.wire.asked(), Vec::<&str>::new());
    shop.time.pass(60);
    let next = |_: &Call, now| {
        let next = Wanted {
            serial: NEXT_SERIAL,
            ..Wanted::default()
        };
        let body = download(&[Wanted::default(), next]);
        Ok(dated(signed(200, &body, NEXT_SERIAL, now), now))
    };
    shop.wire.will(next);
    assert!(shop.fetch_for(NEXT_SERIAL));
    for _ in 0..100 {
        assert!(shop.fetch_for("SOMETHING"));
    }
    assert_eq!(shop.wire.asked(), [DOWNLOAD]);
    shop.time.pass(60);
    assert!(shop.fetch_for("SOMETHING"));
    assert_eq!(shop.wire.asked(), [DOWNLOAD]);
}

#[test]
fn after_a_download_that_failed_the_next_may_come_sooner() {
    let shop = Setting::new();
    let fails = |_: &Call, _| Err(failure("no network", false));
    shop.wire.will(fails);
    assert!(!shop.fetch_for(SERIAL));
    assert!(!shop.fetch_for(SERIAL));
    assert_eq!(shop.wire.asked(), [DOWNLOAD]);
    shop.time.pass(5);
    assert!(shop.fetch_for(SERIAL));
    assert_eq!(shop.wire.asked(), [DOWNLOAD]);
}

#[test]
fn a_download_that_was_cut_counts_for_nothing() {
    let shop = Setting::new();
    let signal = Signal::new();
    signal.cancel();
    assert!(!shop.keys.fetch_for(SERIAL, OnCancel::Cut.into(), &signal));
    let cut = shop
        .keys
        .have(OnCancel::CutUnlessSent.into(), &signal)
        .unwrap_err();
    assert!(cut.interrupted && !cut.sent());
    assert_eq!(shop.warnings(), Vec::<String>::new());
    assert!(shop.fetch_for(SERIAL));
    assert_eq!(shop.wire.asked(), [DOWNLOAD]);
}

#[test]
fn the_log_shows_a_strange_serial_cut_short() {
    let shop = Setting::new();
    shop.fetch_for(&"F".repeat(1000));
    let log = shop.log.lock().unwrap();
    assert!(
        log.iter().any(|(_, line)| line.contains("FFFFFFFF")),
        "{log:?}"
    );
    assert!(log.iter().all(|(_, line)| line.len() < 400), "{log:?}");
}

/// Holds the first download until `waiting` says so.
fn hold(shop: &Setting, release: &Arc<AtomicBool>) {
    let (release, time) = (Arc::clone(release), Arc::clone(&shop.time));
    shop.wire.will(move |_, _| {
        while !release.load(Ordering::SeqCst) {
            std::thread::yield_now();
        }
        // Whoever waits moves the time on, and an answer from before would be too old.
        Ok(certificates(time.gateway()))
    });
}

#[test]
fn of_many_threads_one_downloads_and_the_others_wait_for_it() {
    let shop = Setting::new();
    let release = Arc::new(AtomicBool::new(false));
    let started = AtomicUsize::new(0);
    hold(&shop, &release);
    std::thread::scope(|threads| {
        let first = threads.spawn(|| shop.have());
        // Whoever waits moves the time on, which must not make this one's request too old.
        while shop.wire.calls.lock().unwrap().is_empty() {
            std::thread::yield_now();
        }
        let others: Vec<_> = (0..5)
            .map(|_| {
                threads.spawn(|| {
                    started.fetch_add(1, Ordering::SeqCst);
                    shop.have()
                })
            })
            .collect();
        while started.load(Ordering::SeqCst) < 5 || shop.time.now() < Moment(GLANCE * 5) {
            std::thread::yield_now();
        }
        release.store(true, Ordering::SeqCst);
        for worker in others.into_iter().chain([first]) {
            worker.join().unwrap().unwrap();
        }
    });
    assert_eq!(shop.wire.asked(), [DOWNLOAD]);
}

#[test]
fn who_waits_for_another_threads_download_still_ends_in_time_or_when_cancelled() {
    let shop = Setting::new();
    let release = Arc::new(AtomicBool::new(false));
    hold(&shop, &release);
    std::thread::scope(|threads| {
        threads.spawn(|| shop.have());
        while shop.wire.calls.lock().unwrap().is_empty() {
            std::thread::yield_now();
        }
        let limits = Limits {
            on_cancel: OnCancel::Cut,
            until: Some(shop.time.now() + Duration::from_secs(1)),
        };
        let late = shop.keys.have(limits, &Signal::new()).unwrap_err();
        assert!(!late.sent() && !late.interrupted);
        let signal = Signal::new();
        signal.cancel();
        assert!(
            shop.keys
                .have(OnCancel::Cut.into(), &signal)
                .unwrap_err()
                .interrupted
        );
        let signal = Signal::new();
        signal.close();
        assert!(
            shop.keys
                .have(OnCancel::Ignore.into(), &signal)
                .unwrap_err()
                .interrupted
        );
        release.store(true, Ordering::SeqCst);
    });
    shop.have().unwrap();
}

#[test]
fn what_was_fetched_is_kept_in_a_file_and_nothing_else_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys.pem");
    fs::write(&file, "something old").unwrap();
    let shop = Setting::of(config(), Some(file.clone()));
    assert!(
        shop.keys
            .restore()
            .unwrap()
            .contains("keys.pem: the file of platform certificates")
    );
    shop.have().unwrap();
    let kept = fs::read_to_string(&file).unwrap();
    assert!(kept.contains("BEGIN CERTIFICATE") && !kept.contains("something old"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);

    let next = Setting::of(config(), Some(file));
    assert_eq!(next.keys.restore(), None);
    next.have().unwrap();
    assert_eq!(next.wire.asked(), Vec::<&str>::new());
}

#[test]
fn a_file_that_is_missing_is_no_fault_and_one_that_cannot_be_used_is_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let missing = Setting::of(config(), Some(folder.path().join("keys.pem")));
    assert_eq!(missing.keys.restore(), None);
    let unusable = Setting::of(config(), Some(folder.path().to_owned()));
    assert!(
        unusable
            .keys
            .restore()
            .unwrap()
            .contains("it is not a file")
    );
    unusable.have().unwrap();
    let warnings = unusable.warnings();
    assert!(
        warnings[0].starts_with("keys cannot be kept in "),
        "{warnings:?}"
    );
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn the_keeper_fetches_by_itself_and_again_when_keys_are_due() {
    let shop = Setting::new();
    let keeper = Keeper::start(Arc::clone(&shop.keys)).unwrap().unwrap();
    // Its clock moves by its own waits.
    while shop.time.gateway() < NOW + 24 * 3600 {
        std::thread::yield_now();
    }
    keeper.stop();
    let asked = shop.wire.asked().len();
    assert!(
        (3..=5).contains(&asked),
        "{asked} downloads in a day or a little more"
    );
    assert!(shop.any());
}

#[test]
fn the_keeper_tries_again_and_warns_but_not_all_the_time() {
    let shop = Setting::new();
    for _ in 0..3 {
        shop.wire.will(|_, _| Err(failure("no network", false)));
    }
    let keeper = Keeper::start(Arc::clone(&shop.keys)).unwrap().unwrap();
    while !shop.any() {
        std::thread::yield_now();
    }
    keeper.stop();
    assert_eq!(shop.warnings().len(), 3);
    // 1 + 2 + 4 minutes
    assert!(shop.time.gateway() >= NOW + 7 * 60);
}

#[test]
fn there_is_no_keeper_where_there_is_nothing_to_fetch() {
    let shop = Setting::of(public_key_config(), None);
    assert!(Keeper::start(Arc::clone(&shop.keys)).unwrap().is_none());
}

/// A host may close its client from a log line; that must not wait for the thread that it is on.
#[test]
fn the_keeper_can_be_stopped_from_its_own_log_line() {
    let shop = Setting::new();
    let keeper: Arc<Mutex<Option<Keeper>>> = Arc::default();
    let stopped = Arc::new(AtomicBool::new(false));
    let (inner, done) = (Arc::clone(&keeper), Arc::clone(&stopped));
    let sink = move |_, _: &str| {
        let keeper = loop {
            if let Some(keeper) = inner.lock().unwrap().take() {
                break keeper;
            }
            std::thread::yield_now();
        };
        keeper.stop();
        done.store(true, Ordering::SeqCst);
    };
    shop.keys.sinks.set_log(Level::Debug, Some(Arc::new(sink)));
    *keeper.lock().unwrap() = Keeper::start(Arc::clone(&shop.keys)).unwrap();
    while !stopped.load(Ordering::SeqCst) {
        std::thread::yield_now();
    }
}
