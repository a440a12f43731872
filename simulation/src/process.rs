//! A process of the shop: the real client on simulated parts. It can die wherever it touches one.

use std::panic::resume_unwind;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use wxpay_core::client::{Client, Event, Level, Parts};
use wxpay_core::clock::{Clock, Moment};
use wxpay_core::config::{
    AuthCodes, FubeiAccount, FubeiApi, FubeiConfig, JournalConfig, Language, Region, Secret,
    SignType, WechatV2Config, WechatV3Config,
};
use wxpay_core::crypto::Identity;
use wxpay_core::gateway::Gateway;
use wxpay_core::gateway::fubei::Fubei;
use wxpay_core::gateway::wechat_v2::WechatV2;
use wxpay_core::gateway::wechat_v3::WechatV3;
use wxpay_core::journal::sqlite::SqliteJournal;
use wxpay_core::journal::{Begin, Book, Entry, Journal, JournalError, Key, Sale, Take};
use wxpay_core::outcome::Facts;
use wxpay_core::policy::Phase;
use wxpay_core::signal::Signal;
use wxpay_core::status::Status;

use crate::answers::{APPID, KEY, KEY_ID, MERCHANT, PLATFORM, fubei};
use crate::memory::{MemoryJournal, MemoryStore};
use crate::plan::Api;
use crate::prepay::task;
use crate::wire::Wire;
use crate::world::{EPOCH, Happening, Life, World};

/// What unwinds a thread whose process has died.
pub(crate) struct Crash;

pub(crate) const LEASE: Duration = Duration::from_secs(10);
const BEAT_MS: u64 = 3_333;

/// What a running process consists of.
#[derive(Clone)]
pub(crate) struct Program {
    pub(crate) client: Arc<Client>,
    pub(crate) journal: Arc<dyn Journal>,
}

/// Where the journal is between the lives of processes.
pub(crate) enum Disk {
    Memory(Arc<MemoryStore>),
    File(tempfile::TempDir),
}

impl Disk {
    pub(crate) fn open(&self, clock: Arc<dyn Clock>) -> Arc<dyn Journal> {
        match self {
            Self::Memory(store) => Arc::new(MemoryJournal::open(store, clock, LEASE)),
            Self::File(folder) => {
                let config = JournalConfig {
                    path: folder.path().join("journal.db"),
                    lease: LEASE,
                };
                Arc::new(SqliteJournal::open(&config, clock).expect("a journal of this run's own"))
            }
        }
    }
}

fn v2(sign_type: SignType) -> Arc<dyn Gateway> {
    let identity = Identity::from_pem(
        include_bytes!("../../core/tests/fixtures/rsa.pem"),
        include_bytes!("../../core/tests/fixtures/rsa.key.pem"),
    );
    Arc::new(WechatV2::new(WechatV2Config {
        appid: APPID.into(),
        mch_id: MERCHANT.into(),
        sub_appid: None,
        sub_mch_id: None,
        api_key: Secret::new(KEY),
        sign_type,
        client_certificate: Some(identity.expect("the fixtures fit each other")),
        auth_code_check: true,
        region: Region::Mainland,
    }))
}

fn fubei(api: FubeiApi, account: FubeiAccount, path: &str) -> Arc<dyn Gateway> {
    Arc::new(Fubei::new(FubeiConfig {
        account,
        secret: Secret::new(fubei::SECRET),
        api,
        path: path.into(),
        store_id: None,
        auth_codes: AuthCodes::default(),
    }))
}

static V2_MD5: LazyLock<Arc<dyn Gateway>> = LazyLock::new(|| v2(SignType::Md5));
static V2_HMAC: LazyLock<Arc<dyn Gateway>> = LazyLock::new(|| v2(SignType::HmacSha256));
static V3: LazyLock<Arc<dyn Gateway>> = LazyLock::new(|| {
    Arc::new(WechatV3::new(WechatV3Config {
        appid: APPID.into(),
        mchid: MERCHANT.into(),
        partner: false,
        sub_appid: None,
        sub_mchid: None,
        merchant_category_code: None,
        serial_no: "8F57F09EFDC096DE15EBE81A47057A7232F1B8E1".into(),
        certificate_expires: None,
        private_key: PLATFORM.clone(),
        api_v3_key: Secret::new("0123456789abcdef0123456789ABCDEF"),
        public_keys: vec![(KEY_ID.into(), PLATFORM.public())],
        platform_certificates: None,
        auth_code_check: true,
        region: Region::Mainland,
    }))
});

static FUBEI_1: LazyLock<Arc<dyn Gateway>> = LazyLock::new(|| {
    let account = FubeiAccount::Merchant {
        app_id: fubei::APP_ID.into(),
    };
    fubei(FubeiApi::V1, account, fubei::PATH_1)
});
static FUBEI_2: LazyLock<Arc<dyn Gateway>> = LazyLock::new(|| {
    let account = FubeiAccount::Vendor {
        vendor_sn: fubei::VENDOR_SN.into(),
        merchant_id: Some(fubei::MERCHANT_ID.into()),
    };
    fubei(FubeiApi::V2, account, fubei::PATH_2)
});

/// A process in one of its lives, as its parts see it.
#[derive(Clone)]
pub(crate) struct Process {
    pub(crate) world: Arc<World>,
    pub(crate) index: usize,
    pub(crate) life: u32,
    pub(crate) started: u64,
}

impl Process {
    /// A place where a process can die, or stand still, or be told to cancel.
    pub(crate) fn boundary(&self, place: &'static str) {
        self.check();
        let world = &self.world;
        let mut state = world.lock();
        if state.healed {
            return;
        }
        if world.plan.suspends && state.rng.f64() < 0.004 {
            let for_ms = state.rng.u64(500..40_000);
            let until = state.now + for_ms;
            state.tally.fault("a process stands still");
            let life = &mut state.processes[self.index];
            life.frozen_until = until;
            life.frozen_for += for_ms;
            drop(state);
            world.trace(|| format!("process {} stands still for {for_ms} ms", self.index));
            while world.now() < until {
                world.sleep(until);
                self.check();
            }
            state = world.lock();
        }
        let at_once = place == "after begin" || place == "after take";
        if at_once && state.cancels_left > 0 && state.rng.u8(..20) == 0 {
            state.cancels_left -= 1;
            drop(state);
            if let Some(program) = world.program(self.index) {
                world.trace(|| "cancel before anything is done".to_owned());
                program.client.cancel("ORDER-A1");
            }
            world.tick("cancel before anything is done");
            state = world.lock();
        }
        if state.crashes_left > 0 && state.rng.f64() * 100.0 < world.plan.crash_percent {
            state.crashes_left -= 1;
            *state.tally.crashes.entry(place).or_default() += 1;
            state.processes[self.index].alive = false;
            state.wake(self.index);
            drop(state);
            world.trace(|| format!("process {} dies: {place}", self.index));
            resume_unwind(Box::new(Crash));
        }
    }

    /// Ends the thread if its process has died.
    pub(crate) fn check(&self) {
        let state = self.world.lock();
        let life = &state.processes[self.index];
        if !life.alive || life.life != self.life {
            drop(state);
            resume_unwind(Box::new(Crash));
        }
    }
}

impl World {
    /// Starts a process, again if it has run before.
    pub(crate) fn start(self: &Arc<Self>, index: usize, disk: &Disk) -> Program {
        let (life, started) = {
            let mut state = self.lock();
            while state.processes.len() <= index {
                state.processes.push(Life::default());
            }
            let now = state.now;
            let process = &mut state.processes[index];
            process.life += 1;
            process.alive = true;
            process.started = now;
            process.frozen_until = 0;
            let life = process.life;
            let beat = Happening::Beat {
                process: index,
                life,
            };
            state.later(now + BEAT_MS, beat);
            (life, now)
        };
        let process = Process {
            world: Arc::clone(self),
            index,
            life,
            started,
        };
        let clock: Arc<dyn Clock> = Arc::new(process.clone());
        let journal = disk.open(Arc::clone(&clock));
        let gateway = match self.plan.api {
            Api::V2Md5 => &V2_MD5,
            Api::V2Hmac => &V2_HMAC,
            Api::V3 => &V3,
            Api::Fubei1 => &FUBEI_1,
            Api::Fubei2 => &FUBEI_2,
        };
        let client = Arc::new(Client::from_parts(Parts {
            gateway: Arc::clone(gateway),
            transport: Arc::new(Wire::new(process.clone(), Arc::clone(&journal))),
            clock,
            journal: Arc::new(Watched {
                process: process.clone(),
                journal: Arc::clone(&journal),
                store: match disk {
                    Disk::Memory(store) => Some(Arc::clone(store)),
                    Disk::File(_) => None,
                },
            }),
            ride: None,
            policy: self.plan.policy.clone(),
            language: Language::English,
        }));
        let listener = process.clone();
        let weak = Arc::downgrade(&client);
        client.on_event(Some(Arc::new(move |event, number, _| {
            listener.boundary("in a callback");
            let Some(client) = weak.upgrade() else { return };
            listener.interfere(&client, event, number);
        })));
        let writer = process;
        client.on_log(
            Level::Debug,
            Some(Arc::new(move |_, line| writer.logged(line))),
        );
        let program = Program { client, journal };
        let mut programs = self.programs.lock().expect("nobody panics with it");
        while programs.len() <= index {
            programs.push(None);
        }
        programs[index] = Some(program.clone());
        program
    }

    pub(crate) fn program(&self, index: usize) -> Option<Program> {
        let programs = self.programs.lock().expect("nobody panics with it");
        programs.get(index).cloned().flatten()
    }

    /// Carries out what is due.
    pub(crate) fn happen(&self, happening: Happening) {
        match happening {
            Happening::Deliver(id) => self.deliver(id),
            Happening::Book(id) => self.book(id),
            Happening::Payer(number) => self.payer(&number),
            Happening::Scan(number) => self.scan(&number),
            Happening::Expire(number) => self.expire(&number),
            Happening::Beat { process, life } => {
                let frozen = {
                    let state = self.lock();
                    let of = &state.processes[process];
                    if !of.alive || of.life != life {
                        return;
                    }
                    of.frozen_until > state.now
                };
                if let (false, Some(program)) = (frozen, self.program(process)) {
                    // A beat that fails costs the lease at most.
                    let _ = program.journal.heartbeat();
                }
                let next = self.now() + BEAT_MS;
                self.later(next, Happening::Beat { process, life });
            }
            Happening::SetClock(by) => {
                self.trace(|| format!("the wall clock jumps by {by} ms"));
                self.tick(if by < 0 {
                    "clock set back"
                } else {
                    "clock set forward"
                });
                self.lock().skew_ms += by;
            }
            Happening::Cancel { process, number } => {
                let alive = self.lock().processes[process].alive;
                if let (true, Some(program)) = (alive, self.program(process)) {
                    self.trace(|| format!("cancel {number}"));
                    if program.client.cancel(&number).status == Status::Ok {
                        self.tick("cancel");
                    }
                    self.lock().wake(process);
                }
            }
        }
    }
}

impl Process {
    fn interfere(&self, client: &Client, event: Event, number: &str) {
        let world = &self.world;
        let mut state = world.lock();
        if state.healed || event == Event::Done {
            return;
        }
        let chance = match (world.plan.prepay, event) {
            (false, _) => 0.05,
            // Who waits for a payer to scan is told so every second.
            (true, Event::Reversing) => 0.25,
            (true, _) => 0.005,
        };
        if state.cancels_left > 0 && state.rng.f64() < chance {
            state.cancels_left -= 1;
            state.tally.fault("cancel from a callback");
            drop(state);
            world.trace(|| format!("cancel {number} from a callback"));
            let found = client.cancel(number).status == Status::Ok;
            let mut state = world.lock();
            state.cancels_left += u32::from(!found);
            state.wake(self.index);
            return;
        }
        if world.plan.close && state.rng.f64() < 0.02 {
            state.tally.fault("client closed from a callback");
            drop(state);
            world.trace(|| format!("process {} closes its client", self.index));
            client.close();
            world.lock().wake(self.index);
        }
    }

    fn logged(&self, line: &str) {
        self.world.trace(|| format!("log: {line}"));
        if line.contains("bug in wxpay") {
            let dead = {
                let state = self.world.lock();
                let life = &state.processes[self.index];
                !life.alive || life.life != self.life
            };
            if !dead {
                self.world
                    .violation(format!("the library calls it a bug: {line}"));
            }
        }
        let Some((_, rest)) = line.split_once(" policy, ") else {
            return;
        };
        let mut state = self.world.lock();
        let tally = &mut state.tally;
        let edges = match line {
            line if line.contains(" refund policy, ") => &mut tally.refund_edges,
            line if line.contains(" prepay policy, ") => &mut tally.prepay_edges,
            _ => &mut tally.edges,
        };
        *edges.entry(rest.to_owned()).or_default() += 1;
    }
}

impl Clock for Process {
    fn now(&self) -> Moment {
        task::arrive(self);
        // Each process counts from its own beginning.
        let since = self.world.now().saturating_sub(self.started);
        Moment(Duration::from_millis(since + 1_000 * u64::from(self.life)))
    }

    fn unix_ms(&self) -> i64 {
        let state = self.world.lock();
        EPOCH * 1000 + i64::try_from(state.now).unwrap_or(0) + state.skew_ms
    }

    fn wait(&self, until: Moment, signal: &Signal, seen_cancel: bool) {
        self.boundary("before a wait");
        loop {
            let left = until.since(self.now());
            if left.is_zero() || signal.closing() || (signal.cancelled() && !seen_cancel) {
                return;
            }
            // Up to the next millisecond, so that no wait is too short.
            let left = u64::try_from(left.as_micros().div_ceil(1000)).unwrap_or(u64::MAX);
            self.world.sleep(self.world.now() + left);
            self.check();
        }
    }
}

/// The journal, where the process can die before and after each step, and the disk can be full.
struct Watched {
    process: Process,
    journal: Arc<dyn Journal>,
    store: Option<Arc<MemoryStore>>,
}

impl Watched {
    fn write<T>(
        &self,
        before: &'static str,
        after: &'static str,
        write: impl FnOnce() -> Result<T, JournalError>,
    ) -> Result<T, JournalError> {
        if std::thread::panicking() {
            return Err(JournalError::Storage("the process has died".into()));
        }
        self.process.boundary(before);
        let world = &self.process.world;
        let full = !world.lock().healed && world.chance(world.plan.journal_faults);
        if let (true, Some(store)) = (full, &self.store) {
            world.tick("the disk is full");
            world.trace(|| format!("the disk is full {before}"));
            store.set_full(true);
            let result = write();
            store.set_full(false);
            return result;
        }
        let result = write()?;
        world.trace(|| format!("journal: {after}"));
        self.process.boundary(after);
        Ok(result)
    }
}

impl Journal for Watched {
    fn begin(&self, sale: &Sale) -> Result<Begin, JournalError> {
        self.write("before begin", "after begin", || self.journal.begin(sale))
    }
    fn take(&self, key: &Key, silent: Option<i64>) -> Result<Take, JournalError> {
        self.write("before take", "after take", || {
            self.journal.take(key, silent)
        })
    }
    fn adopt(&self, key: &Key, gateway: &str) -> Result<Take, JournalError> {
        self.write("before adopt", "after adopt", || {
            self.journal.adopt(key, gateway)
        })
    }
    fn record(
        &self,
        key: &Key,
        phase: Phase,
        submitted_at: Option<i64>,
        by_till: bool,
    ) -> Result<(), JournalError> {
        self.write("before record", "after record", || {
            self.journal.record(key, phase, submitted_at, by_till)
        })?;
        task::hand_over(&self.process.world);
        Ok(())
    }
    fn settle(
        &self,
        key: &Key,
        status: Status,
        facts: &Facts,
        returned: bool,
    ) -> Result<(), JournalError> {
        self.write("before settle", "after settle", || {
            self.journal.settle(key, status, facts, returned)
        })
    }
    fn release(&self, key: &Key) -> Result<(), JournalError> {
        self.write("before release", "after release", || {
            self.journal.release(key)
        })
    }
    fn mark_returned(&self, key: &Key) -> Result<(), JournalError> {
        self.write("before mark_returned", "after mark_returned", || {
            self.journal.mark_returned(key)
        })
    }
    fn find(&self, key: &Key) -> Result<Option<Entry>, JournalError> {
        self.process.boundary("before find");
        self.journal.find(key)
    }
    fn pending(&self, book: Book, account: &str) -> Result<Vec<Key>, JournalError> {
        self.process.boundary("before pending");
        self.journal.pending(book, account)
    }
    fn with_attach(
        &self,
        book: Book,
        account: &str,
        attach: &str,
    ) -> Result<Vec<Key>, JournalError> {
        self.process.boundary("before with_attach");
        self.journal.with_attach(book, account, attach)
    }
    fn heartbeat(&self) -> Result<(), JournalError> {
        self.journal.heartbeat()
    }
    fn lease(&self) -> Duration {
        self.journal.lease()
    }
    fn check(&self) -> Result<(), JournalError> {
        self.journal.check()
    }
}
