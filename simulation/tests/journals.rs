//! The journal in memory is the one in SQLite, as far as anybody can tell: whatever is done to both,
//! by several handles and with a wall clock that jumps, both give the same answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use proptest::prelude::*;
use wxpay_core::clock::{Clock, Moment};
use wxpay_core::config::JournalConfig;
use wxpay_core::gateway::Product;
use wxpay_core::journal::sqlite::SqliteJournal;
use wxpay_core::journal::{Book, Journal, Key, Sale};
use wxpay_core::outcome::Facts;
use wxpay_core::policy::Phase;
use wxpay_core::signal::Signal;
use wxpay_core::status::Status;
use wxpay_simulation::memory::{MemoryJournal, MemoryStore};

const LEASE: Duration = Duration::from_secs(10);

struct Wall(AtomicI64);

impl Clock for Wall {
    fn now(&self) -> Moment {
        Moment::default()
    }
    fn unix_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
    fn wait(&self, _: Moment, _: &Signal, _: bool) {}
}

#[derive(Clone, Debug)]
enum Step {
    Pass(i64),
    Begin {
        parameters: u8,
        document: bool,
    },
    Take {
        silent: bool,
    },
    Adopt,
    Record {
        phase: Phase,
        submitted: Option<i64>,
        by_till: bool,
    },
    Settle {
        status: Status,
        failed: bool,
        returned: bool,
    },
    Release,
    MarkReturned,
    Heartbeat,
    Check,
}

fn step() -> impl Strategy<Value = Step> {
    let phases = vec![Phase::Intent, Phase::Waiting, Phase::Reversing];
    prop_oneof![
        3 => (-20_000..25_000_i64).prop_map(Step::Pass),
        4 => (0..2_u8, any::<bool>())
            .prop_map(|(parameters, document)| Step::Begin { parameters, document }),
        3 => any::<bool>().prop_map(|silent| Step::Take { silent }),
        1 => Just(Step::Adopt),
        4 => (prop::sample::select(phases), prop::option::of(0..9_i64), any::<bool>())
            .prop_map(|(phase, submitted, by_till)| Step::Record { phase, submitted, by_till }),
        4 => (prop::sample::select(Status::ALL.to_vec()), any::<bool>(), any::<bool>())
            .prop_map(|(status, failed, returned)| Step::Settle { status, failed, returned }),
        2 => Just(Step::Release),
        1 => Just(Step::MarkReturned),
        2 => Just(Step::Heartbeat),
        1 => Just(Step::Check),
    ]
}

fn key(book: Book, number: u8) -> Key {
    Key {
        account: "wechat:10000100".into(),
        book,
        number: format!("N{number}"),
    }
}

fn sale(key: &Key, parameters: u8, document: bool) -> Sale {
    let mut facts = Facts::new();
    facts.insert("out_trade_no".into(), "A1".into());
    Sale {
        key: key.clone(),
        product: if document {
            Product::CodePayment
        } else {
            Product::Prepay
        },
        gateway: "wechat-v2".into(),
        parameters: vec![parameters],
        document: document.then_some(facts),
        sub_mch_id: None,
        total_fee: Some(888),
        fee_type: Some("CNY".into()),
        attach: document.then(|| "till 3".into()),
        submitted_at: None,
    }
}

/// Does it, and says what came of it and what there is to see afterwards.
fn did(journal: &dyn Journal, key: &Key, step: &Step, seen: Option<i64>) -> (String, Option<i64>) {
    let result = match step {
        Step::Pass(_) => "time".to_owned(),
        Step::Begin {
            parameters,
            document,
        } => {
            format!("{:?}", journal.begin(&sale(key, *parameters, *document)))
        }
        Step::Take { silent } => format!("{:?}", journal.take(key, seen.filter(|_| *silent))),
        Step::Adopt => match key.book {
            Book::Orders => format!("{:?}", journal.adopt(key, "wechat-v3")),
            Book::Refunds | Book::Rides => String::new(),
        },
        Step::Record {
            phase,
            submitted,
            by_till,
        } => {
            // Only orders can be reversed.
            let phase = match (key.book, phase) {
                (Book::Refunds, Phase::Reversing) => Phase::Waiting,
                (_, phase) => *phase,
            };
            format!("{:?}", journal.record(key, phase, *submitted, *by_till))
        }
        Step::Settle {
            status,
            failed,
            returned,
        } => {
            let mut facts = Facts::new();
            facts.insert("total_fee".into(), 888.into());
            if *failed {
                facts.insert("refund_status".into(), "CHANGE".into());
            }
            format!("{:?}", journal.settle(key, *status, &facts, *returned))
        }
        Step::Release => format!("{:?}", journal.release(key)),
        Step::MarkReturned => format!("{:?}", journal.mark_returned(key)),
        Step::Heartbeat => format!("{:?}", journal.heartbeat()),
        Step::Check => format!("{:?} {:?}", journal.check(), journal.lease()),
    };
    let entry = journal.find(key).expect("readable");
    let lease = entry.as_ref().and_then(|entry| entry.lease_ms);
    let pending = [Book::Orders, Book::Refunds].map(|book| journal.pending(book, &key.account));
    (format!("{result}; {entry:?}; {pending:?}"), lease)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn memory_and_file_are_one_to_whoever_asks(
        steps in prop::collection::vec((step(), 0..3_usize, 0..2_u8, any::<bool>()), 1..60),
    ) {
        let folder = tempfile::tempdir().expect("a folder");
        let wall = Arc::new(Wall(AtomicI64::new(1_800_000_000_000)));
        let config = JournalConfig { path: folder.path().join("journal.db"), lease: LEASE };
        let clock = || Arc::clone(&wall) as Arc<dyn Clock>;
        let store = Arc::new(MemoryStore::default());
        let files: Vec<_> = (0..3)
            .map(|_| SqliteJournal::open(&config, clock()).expect("a new journal"))
            .collect();
        let memories: Vec<_> = (0..3).map(|_| MemoryJournal::open(&store, clock(), LEASE)).collect();
        let mut seen = None;
        for (step, handle, number, refunds) in steps {
            if let Step::Pass(ms) = step {
                wall.0.fetch_add(ms, Ordering::SeqCst);
            }
            let key = key(if refunds { Book::Refunds } else { Book::Orders }, number);
            let (file, lease) = did(&files[handle], &key, &step, seen);
            let (memory, _) = did(&memories[handle], &key, &step, seen);
            prop_assert_eq!(file, memory, "{:?} by {}", step, handle);
            seen = lease;
        }
    }
}
