//! A client of simulated parts: the real codec and journal, and between them a shop whose ledger,
//! clock and network the test holds in its hands.

mod failover;
mod notify;
mod prepay;
mod ride;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use super::{Client, Event, Parts, Task};
use crate::clock::{Clock, Moment};
use crate::config::{JournalConfig, Language, PolicyConfig, Region};
use crate::exchange::{Call, Failure, Limits, Reply};
use crate::fields::Fields;
use crate::gateway::Gateway;
use crate::gateway::wechat_v2::WechatV2;
use crate::gateway::wechat_v2::tests::{self as v2, Message};
use crate::gateway::wechat_v3::WechatV3;
use crate::gateway::wechat_v3::tests as v3;
use crate::journal::sqlite::SqliteJournal;
use crate::journal::{Begin, Book, Entry, Journal, JournalError, Key, Sale, Take};
use crate::outcome::{Facts, Outcome};
use crate::policy::Phase;
use crate::signal::Signal;
use crate::status::Status;
use crate::transport::Transport;

/// The gateway's clock when a test begins: 2014-10-30T13:35:20+08:00.
const START: i64 = v2::PAID_AT - 5;

/// A clock that stands still but for waits.
#[derive(Default)]
struct Time {
    elapsed_ms: AtomicU64,
    /// How wrong the machine's wall clock is, in seconds.
    skew: AtomicI64,
}

impl Time {
    fn seconds(&self) -> u64 {
        self.elapsed_ms.load(Ordering::SeqCst) / 1000
    }
}

impl Clock for Time {
    fn now(&self) -> Moment {
        Moment(Duration::from_millis(
            self.elapsed_ms.load(Ordering::SeqCst),
        ))
    }

    fn unix_ms(&self) -> i64 {
        let skewed = START + self.skew.load(Ordering::SeqCst);
        skewed * 1000 + i64::try_from(self.elapsed_ms.load(Ordering::SeqCst)).unwrap()
    }

    fn wait(&self, until: Moment, signal: &Signal, seen_cancel: bool) {
        if signal.closing() || (signal.cancelled() && !seen_cancel) {
            return;
        }
        let until = u64::try_from(until.0.as_millis()).unwrap();
        self.elapsed_ms.fetch_max(until, Ordering::SeqCst);
    }
}

/// Where the one order of the shop stands.
#[derive(Clone, Debug, PartialEq)]
enum Order {
    Unpaid,
    Paid { total_fee: &'static str },
    Closed,
    Refunded,
}

const CODE_URL: &str = "weixin://wxpay/bizpayurl?pr=NwY5Mz9";

const PAID: Order = Order::Paid { total_fee: "888" };

/// What goes wrong with the next request of an operation.
#[derive(Clone, Copy, PartialEq)]
enum Fault {
    /// It is carried out, and the answer is lost.
    AnswerLost,
    /// Nothing leaves the machine.
    Unsent,
    /// It is refused with this code.
    Code(&'static str),
    /// It is refused without a signature.
    Unsigned,
    /// The answer's `Date` is so many seconds ahead.
    Ahead(i64),
}

/// WeChat, as far as one order goes.
struct Shop {
    time: Arc<Time>,
    order: Mutex<Option<Order>>,
    /// The payer pays when this many seconds have passed.
    pays_at: Mutex<Option<u64>>,
    faults: Mutex<VecDeque<(&'static str, Fault)>>,
    log: Mutex<Vec<&'static str>>,
}

impl Shop {
    fn has(&self, order: Option<Order>) {
        *self.order.lock().unwrap() = order;
    }

    fn order(&self) -> MutexGuard<'_, Option<Order>> {
        let mut order = self.order.lock().unwrap();
        let due = |at: &u64| self.time.seconds() >= *at;
        if *order == Some(Order::Unpaid) && self.pays_at.lock().unwrap().as_ref().is_some_and(due) {
            *order = Some(PAID);
        }
        order
    }

    fn fails(&self, operation: &'static str, faults: &[Fault]) {
        let faults = faults.iter().map(|fault| (operation, *fault));
        self.faults.lock().unwrap().extend(faults);
    }

    /// The operations asked for since the last look.
    fn asked(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.log.lock().unwrap())
    }

    fn carry_out(&self, operation: &str) -> Message {
        let mut order = self.order();
        let number = ("out_trade_no", v2::OUT_TRADE_NO);
        match (operation, order.clone()) {
            ("unifiedorder", None | Some(Order::Unpaid)) => {
                *order = Some(Order::Unpaid);
                Message::success(&[
                    ("trade_type", "NATIVE"),
                    ("prepay_id", "wx201410272009395522657a690389285100"),
                    ("code_url", CODE_URL),
                ])
            }
            ("unifiedorder", Some(Order::Closed)) => Message::failed("ORDERCLOSED", "订单已关闭"),
            ("unifiedorder", _) => Message::failed("ORDERPAID", "该订单已支付"),
            ("orderquery", None) => Message::failed("ORDERNOTEXIST", "订单不存在"),
            ("orderquery", Some(Order::Unpaid)) => Message::state("NOTPAY"),
            ("orderquery", Some(Order::Closed)) => Message::state("CLOSED"),
            ("orderquery", Some(Order::Refunded)) => Message::state("REFUND"),
            ("orderquery", Some(Order::Paid { total_fee })) => Message::paid()
                .without("attach")
                .with("trade_type", "NATIVE")
                .with("trade_state", "SUCCESS")
                .with("total_fee", total_fee),
            ("closeorder", None) => Message::failed("ORDERNOTEXIST", "订单不存在"),
            ("closeorder", Some(Order::Unpaid | Order::Closed)) => {
                *order = Some(Order::Closed);
                Message::success(&[number])
            }
            ("closeorder", Some(_)) => Message::failed("ORDERPAID", "该订单已支付"),
            (operation, order) => panic!("{operation} of {order:?}"),
        }
    }
}

impl Transport for Shop {
    fn exchange(
        &self,
        _: Option<&str>,
        call: &Call,
        _: Limits,
        signal: &Signal,
    ) -> Result<Reply, Failure> {
        self.log.lock().unwrap().push(call.operation);
        let failure = |sent: bool| Failure {
            sent_at: sent.then(|| self.time.now()),
            interrupted: signal.closing(),
            host: "https://api.mch.weixin.qq.com".into(),
            cause: "the line is dead".into(),
        };
        if signal.closing() {
            return Err(failure(false));
        }
        let fault = {
            let mut faults = self.faults.lock().unwrap();
            let place = faults.iter().position(|(name, _)| *name == call.operation);
            place.and_then(|place| faults.remove(place))
        };
        let ahead = match fault {
            Some((_, Fault::Ahead(seconds))) => seconds,
            _ => 0,
        };
        let date = START + i64::try_from(self.time.seconds()).unwrap() + ahead;
        if (call.operation, &fault) == ("query", &None) {
            // Of APIv3 this shop knows the time only.
            return Ok(Reply {
                sent_at: self.time.now(),
                date: Some(date),
                status: 404,
                body: Vec::new(),
                ..Message::success(&[]).reply()
            });
        }
        let message = match fault {
            None | Some((_, Fault::Ahead(_))) => self.carry_out(call.operation).signed(),
            Some((_, Fault::AnswerLost)) => {
                let _ = self.carry_out(call.operation);
                return Err(failure(true));
            }
            Some((_, Fault::Unsent)) => return Err(failure(false)),
            Some((_, Fault::Code(code))) => Message::failed(code, "").signed(),
            Some((_, Fault::Unsigned)) => self.carry_out(call.operation).without("sign"),
        };
        Ok(Reply {
            sent_at: self.time.now(),
            date: Some(date),
            ..message.reply()
        })
    }

    fn probe(&self, _: &Signal) -> Vec<(String, Result<(), String>)> {
        Vec::new()
    }

    fn close(&self) {}
}

/// A journal whose disk can be full.
struct Disk {
    journal: SqliteJournal,
    /// What is there cannot be changed.
    full: AtomicBool,
    /// Nothing new can be begun.
    no_more: AtomicBool,
}

impl Disk {
    fn room(&self) -> Result<(), JournalError> {
        match self.full.load(Ordering::SeqCst) {
            true => Err(JournalError::Storage("the disk is full".into())),
            false => Ok(()),
        }
    }
}

impl Journal for Disk {
    fn begin(&self, sale: &Sale) -> Result<Begin, JournalError> {
        match self.no_more.load(Ordering::SeqCst) {
            true => Err(JournalError::Storage("the disk is full".into())),
            false => self.journal.begin(sale),
        }
    }
    fn take(&self, key: &Key, silent: Option<i64>) -> Result<Take, JournalError> {
        self.journal.take(key, silent)
    }
    fn adopt(&self, key: &Key, gateway: &str) -> Result<Take, JournalError> {
        self.journal.adopt(key, gateway)
    }
    fn record(
        &self,
        key: &Key,
        phase: Phase,
        submitted_at: Option<i64>,
        by_till: bool,
    ) -> Result<(), JournalError> {
        self.room()?;
        self.journal.record(key, phase, submitted_at, by_till)
    }
    fn settle(
        &self,
        key: &Key,
        status: Status,
        facts: &Facts,
        returned: bool,
    ) -> Result<(), JournalError> {
        self.room()?;
        self.journal.settle(key, status, facts, returned)
    }
    fn release(&self, key: &Key) -> Result<(), JournalError> {
        self.journal.release(key)
    }
    fn mark_returned(&self, key: &Key) -> Result<(), JournalError> {
        self.journal.mark_returned(key)
    }
    fn find(&self, key: &Key) -> Result<Option<Entry>, JournalError> {
        self.journal.find(key)
    }
    fn pending(&self, book: Book, account: &str) -> Result<Vec<Key>, JournalError> {
        self.journal.pending(book, account)
    }
    fn with_attach(
        &self,
        book: Book,
        account: &str,
        attach: &str,
    ) -> Result<Vec<Key>, JournalError> {
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

/// Everything together.
struct Bench {
    folder: tempfile::TempDir,
    time: Arc<Time>,
    shop: Arc<Shop>,
    disk: Arc<Disk>,
    client: Arc<Client>,
}

impl Bench {
    fn new() -> Self {
        Self::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut PolicyConfig)) -> Self {
        Self::of(Arc::new(WechatV2::new(v2::config())), change)
    }

    fn of(gateway: Arc<dyn Gateway>, change: impl FnOnce(&mut PolicyConfig)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let time = Arc::new(Time::default());
        let shop = Arc::new(Shop {
            time: Arc::clone(&time),
            order: Mutex::default(),
            pays_at: Mutex::default(),
            faults: Mutex::default(),
            log: Mutex::default(),
        });
        let mut policy = PolicyConfig::profile(Region::Mainland);
        change(&mut policy);
        let disk = open_disk(folder.path(), &time);
        let client = open_client(gateway, &time, &shop, &disk, policy);
        Self {
            folder,
            time,
            shop,
            disk,
            client,
        }
    }

    /// The till has died and is up again; `change` is what was changed in its configuration.
    fn restarted(self, change: impl FnOnce(&mut PolicyConfig)) -> Self {
        self.client.close();
        let mut policy = self.client.policy.clone();
        change(&mut policy);
        let disk = open_disk(self.folder.path(), &self.time);
        let gateway = Arc::clone(&self.client.gateway);
        let client = open_client(gateway, &self.time, &self.shop, &disk, policy);
        Self {
            disk,
            client,
            ..self
        }
    }

    fn entry(&self) -> Option<Entry> {
        let key = self.client.key(v2::OUT_TRADE_NO);
        self.disk.find(&key).unwrap()
    }

    /// What the journal says has become of the order.
    fn kept(&self) -> Option<Status> {
        self.entry()?.outcome.map(|(status, _)| status)
    }

    fn phase(&self) -> Option<Phase> {
        self.entry()?.phase
    }

    /// The endings that a recovery reports.
    fn recovered(&self) -> Vec<(String, i64)> {
        let outcome = self.client.recover();
        let orders = outcome.fields["orders"].as_array().unwrap().clone();
        let told = |order: &serde_json::Value| {
            (
                order["status_name"].as_str().unwrap().to_owned(),
                order["replayed"].as_i64().unwrap_or(0),
            )
        };
        orders.iter().map(told).collect()
    }
}

fn open_disk(folder: &std::path::Path, time: &Arc<Time>) -> Arc<Disk> {
    let config = JournalConfig {
        path: folder.join("journal.db"),
        lease: Duration::from_secs(10),
    };
    let journal = SqliteJournal::open(&config, Arc::clone(time) as Arc<dyn Clock>).unwrap();
    Arc::new(Disk {
        journal,
        full: AtomicBool::new(false),
        no_more: AtomicBool::new(false),
    })
}

fn open_client(
    gateway: Arc<dyn Gateway>,
    time: &Arc<Time>,
    shop: &Arc<Shop>,
    disk: &Arc<Disk>,
    policy: PolicyConfig,
) -> Arc<Client> {
    Arc::new(Client::from_parts(Parts {
        gateway,
        transport: Arc::clone(shop) as Arc<dyn Transport>,
        ride: None,
        clock: Arc::clone(time) as Arc<dyn Clock>,
        journal: Arc::clone(disk) as Arc<dyn Journal>,
        policy,
        language: Language::English,
    }))
}

/// What is asked for in these tests.
fn native(more: &[(&str, &str)]) -> Fields {
    let base = [
        ("out_trade_no", v2::OUT_TRADE_NO),
        ("total_fee", "888"),
        ("body", "tea"),
        ("notify_url", "https://pay.example.com/notify"),
        ("trade_type", "NATIVE"),
    ];
    base.iter().chain(more).copied().collect()
}

#[track_caller]
fn ended(outcome: &Outcome, status: Status) {
    assert_eq!(outcome.status, status, "{}", outcome.message());
}

/// An order that was shown, and that nobody here waits for.
fn shown() -> Bench {
    let bench = Bench::new();
    ended(&bench.client.prepay(&native(&[])), Status::Ok);
    bench.shop.asked();
    bench
}

/// A task that waits for the payer.
fn waiting(bench: &Bench) -> Task {
    let (task, outcome) = bench
        .client
        .start_prepay(native(&[]))
        .expect("something to show");
    ended(&outcome, Status::Running);
    assert_eq!(outcome.text("code_url"), Some(CODE_URL));
    task
}

/// Runs a task whose order is left open when the till dies.
fn abandoned() -> Bench {
    let bench = Bench::new();
    let client = Arc::downgrade(&bench.client);
    bench.client.on_event(Some(Arc::new(move |event, _, _| {
        if let (Event::WaitingForPayer, Some(client)) = (event, client.upgrade()) {
            client.calls.close();
        }
    })));
    let outcome = waiting(&bench).wait(None).unwrap();
    ended(&outcome, Status::Unknown);
    assert_eq!(outcome.text("reversal"), Some("required"));
    assert_eq!(bench.phase(), Some(Phase::Waiting));
    bench
}
