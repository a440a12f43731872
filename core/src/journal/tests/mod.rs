//! The SQLite journal: transitions, leases, strangers' files, and what must never be in it; its limits
//! (`edges`), older files (`migration`), refunds (`refunds`), rides (`rides`) and torn files (`torn`).

mod edges;
mod migration;
mod refunds;
mod rides;
mod torn;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use super::sqlite::SqliteJournal;
use super::*;
use crate::clock::{Clock, Moment};
use crate::config::JournalConfig;
use crate::signal::Signal;

/// A wall clock that the test moves.
#[derive(Default)]
struct Wall(AtomicI64);

impl Wall {
    fn pass(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for Wall {
    fn now(&self) -> Moment {
        Moment::default()
    }
    fn unix_ms(&self) -> i64 {
        1_700_000_000_000 + self.0.load(Ordering::SeqCst)
    }
    fn wait(&self, _: Moment, _: &Signal, _: bool) {}
}

struct Bench {
    folder: tempfile::TempDir,
    wall: Arc<Wall>,
}

impl Bench {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            wall: Arc::default(),
        }
    }

    fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("journal.db")
    }

    fn try_open(&self) -> Result<SqliteJournal, JournalError> {
        let config = JournalConfig {
            path: self.path(),
            lease: Duration::from_secs(10),
        };
        SqliteJournal::open(&config, Arc::clone(&self.wall) as Arc<dyn Clock>)
    }

    fn open(&self) -> SqliteJournal {
        self.try_open().unwrap()
    }

    fn refusal(&self) -> String {
        self.try_open().map(|_| ()).unwrap_err().to_string()
    }

    /// The file is refused, and that is why.
    #[track_caller]
    fn is_refused(&self, why: &str) {
        let refusal = self.refusal();
        assert!(refusal.contains(why), "{refusal}");
    }
}

fn key(out_trade_no: &str) -> Key {
    Key {
        account: "wechat:10000100".into(),
        book: Book::Orders,
        number: out_trade_no.into(),
    }
}

fn sale(out_trade_no: &str, parameters: &str) -> Sale {
    Sale {
        key: key(out_trade_no),
        product: Product::CodePayment,
        document: None,
        gateway: "wechat-v2".into(),
        parameters: parameters.as_bytes().to_vec(),
        sub_mch_id: None,
        total_fee: Some(888),
        fee_type: Some("CNY".into()),
        attach: Some("till 3".into()),
        submitted_at: None,
    }
}

fn facts(transaction_id: &str) -> Facts {
    let mut facts = Facts::new();
    facts.insert("transaction_id".into(), transaction_id.into());
    facts
}

/// Whether this handle gets the order, and holds it then.
fn takes(journal: &SqliteJournal, key: &Key, silent: Option<i64>) -> bool {
    matches!(journal.take(key, silent).unwrap(), Take::Taken(_))
}

fn is_busy(journal: &SqliteJournal, key: &Key, silent: Option<i64>) -> bool {
    matches!(journal.take(key, silent).unwrap(), Take::Busy(_))
}

#[test]
fn an_order_goes_through_its_phases_and_is_replayed_afterwards() {
    let bench = Bench::new();
    let journal = bench.open();
    let sale = sale("A1", "p");
    assert_eq!(journal.begin(&sale).unwrap(), Begin::Started);
    assert_eq!(
        journal.find(&sale.key).unwrap().unwrap().phase,
        Some(Phase::Intent)
    );
    for told in [Some(1_800_000_000), Some(1_700_000_000), None] {
        journal
            .record(&sale.key, Phase::Waiting, told, false)
            .unwrap();
    }
    journal
        .record(&sale.key, Phase::Reversing, None, false)
        .unwrap();
    let entry = journal.find(&sale.key).unwrap().unwrap();
    assert_eq!(entry.phase, Some(Phase::Reversing));
    assert_eq!(
        entry.submitted_at,
        Some(1_700_000_000),
        "the latest that was known"
    );
    assert_eq!(entry.attach.as_deref(), Some("till 3"));
    journal
        .settle(&sale.key, Status::Reversed, &facts("42"), false)
        .unwrap();
    assert_eq!(
        journal.pending(Book::Orders, "wechat:10000100").unwrap(),
        [key("A1")]
    );
    let Begin::Settled(entry) = journal.begin(&sale).unwrap() else {
        panic!("not settled")
    };
    assert_eq!(entry.outcome, Some((Status::Reversed, facts("42"))));
    assert!(!entry.returned);
    journal.mark_returned(&sale.key).unwrap();
    assert!(
        journal
            .pending(Book::Orders, "wechat:10000100")
            .unwrap()
            .is_empty()
    );
    assert!(journal.find(&sale.key).unwrap().unwrap().returned);
}

#[test]
fn the_same_number_with_other_parameters_is_another_sale() {
    let bench = Bench::new();
    let journal = bench.open();
    journal.begin(&sale("A1", "p")).unwrap();
    journal
        .settle(&key("A1"), Status::Ok, &facts("42"), true)
        .unwrap();
    assert!(matches!(
        journal.begin(&sale("A1", "q")).unwrap(),
        Begin::OtherSale(_)
    ));
    let other_merchant = Sale {
        key: Key {
            account: "wechat:10000200".into(),
            ..key("A1")
        },
        ..sale("A1", "q")
    };
    assert_eq!(journal.begin(&other_merchant).unwrap(), Begin::Started);
}

#[test]
fn a_held_order_is_busy_for_everybody_until_its_holder_is_silent_for_the_lease() {
    let bench = Bench::new();
    let (ours, theirs) = (bench.open(), bench.open());
    ours.begin(&sale("A1", "p")).unwrap();
    assert_eq!(theirs.begin(&sale("A1", "p")).unwrap(), Begin::Busy);
    assert!(is_busy(&theirs, &key("A1"), None));
    bench.wall.pass(9_000);
    ours.heartbeat().unwrap();
    bench.wall.pass(9_000);
    assert!(is_busy(&theirs, &key("A1"), None));
    bench.wall.pass(2_000);
    assert!(matches!(
        theirs.begin(&sale("A1", "p")).unwrap(),
        Begin::Unfinished(_)
    ));
}

#[test]
fn who_has_lost_an_order_cannot_write_to_it() {
    let bench = Bench::new();
    let (ours, theirs) = (bench.open(), bench.open());
    ours.begin(&sale("A1", "p")).unwrap();
    bench.wall.pass(11_000);
    assert!(takes(&theirs, &key("A1"), None));
    let lost = |result| matches!(result, Err(JournalError::LeaseLost));
    assert!(lost(ours.record(&key("A1"), Phase::Waiting, None, false)));
    assert!(lost(ours.settle(
        &key("A1"),
        Status::Ok,
        &Facts::new(),
        true
    )));
    assert!(lost(ours.release(&key("A1"))));
    ours.heartbeat().unwrap();
    theirs
        .settle(&key("A1"), Status::Reversed, &Facts::new(), true)
        .unwrap();
}

#[test]
fn a_sale_that_provably_never_happened_may_start_again_even_with_another_code() {
    for status in [Status::Network, Status::Rejected, Status::ClientClosed] {
        let bench = Bench::new();
        let journal = bench.open();
        journal.begin(&sale("A1", "p")).unwrap();
        journal
            .settle(&key("A1"), status, &Facts::new(), true)
            .unwrap();
        assert_eq!(journal.begin(&sale("A1", "q")).unwrap(), Begin::Started);
    }
    for status in [
        Status::Ok,
        Status::Declined,
        Status::Reversed,
        Status::Duplicate,
    ] {
        let bench = Bench::new();
        let journal = bench.open();
        journal.begin(&sale("A1", "p")).unwrap();
        journal
            .settle(&key("A1"), status, &Facts::new(), true)
            .unwrap();
        assert!(matches!(
            journal.begin(&sale("A1", "p")).unwrap(),
            Begin::Settled(_)
        ));
    }
}

#[test]
fn an_unknown_number_is_adopted_before_it_is_reversed() {
    let bench = Bench::new();
    let journal = bench.open();
    assert_eq!(journal.take(&key("A1"), None).unwrap(), Take::Absent);
    let Take::Taken(entry) = journal.adopt(&key("A1"), "wechat-v2").unwrap() else {
        panic!("not adopted")
    };
    assert_eq!(entry.phase, Some(Phase::Reversing));
    assert_eq!(entry.total_fee, None);
    // Nobody adopts what is known, held or not.
    assert!(matches!(
        journal.adopt(&key("A1"), "wechat-v2").unwrap(),
        Take::Busy(_)
    ));
    journal.release(&key("A1")).unwrap();
    assert!(matches!(
        journal.begin(&sale("A1", "p")).unwrap(),
        Begin::OtherSale(_)
    ));
}

#[test]
fn everything_survives_a_new_start() {
    let bench = Bench::new();
    bench.open().begin(&sale("A1", "p")).unwrap();
    bench.wall.pass(60_000);
    let journal = bench.open();
    assert_eq!(
        journal.pending(Book::Orders, "wechat:10000100").unwrap(),
        [key("A1")]
    );
    assert!(matches!(
        journal.begin(&sale("A1", "p")).unwrap(),
        Begin::Unfinished(_)
    ));
}

#[test]
fn what_a_till_has_been_told_is_pending_only_while_somebody_holds_it() {
    let bench = Bench::new();
    let journal = bench.open();
    let pending = || journal.pending(Book::Orders, "wechat:10000100").unwrap();
    journal.begin(&sale("A1", "p")).unwrap();
    journal
        .settle(&key("A1"), Status::NotPaid, &Facts::new(), true)
        .unwrap();
    assert_eq!(pending(), []);
    assert!(takes(&journal, &key("A1"), None));
    assert_eq!(pending(), [key("A1")]);
    journal.release(&key("A1")).unwrap();
    assert_eq!(pending(), []);
}

#[test]
fn pending_orders_come_oldest_first_and_only_of_the_account() {
    let bench = Bench::new();
    let journal = bench.open();
    for number in ["C", "A", "B"] {
        journal.begin(&sale(number, "p")).unwrap();
        bench.wall.pass(1);
    }
    assert_eq!(
        journal.pending(Book::Orders, "wechat:10000100").unwrap(),
        [key("C"), key("A"), key("B")]
    );
    assert!(
        journal
            .pending(Book::Orders, "wechat:1")
            .unwrap()
            .is_empty()
    );
}

#[test]
fn settled_orders_are_forgotten_after_thirty_days_and_open_ones_never() {
    let bench = Bench::new();
    let journal = bench.open();
    journal.begin(&sale("settled", "p")).unwrap();
    journal
        .settle(&key("settled"), Status::Ok, &Facts::new(), true)
        .unwrap();
    journal.begin(&sale("unseen", "p")).unwrap();
    journal
        .settle(&key("unseen"), Status::Ok, &Facts::new(), false)
        .unwrap();
    journal.begin(&sale("open", "p")).unwrap();
    drop(journal);
    bench.wall.pass(31 * 24 * 3600 * 1000);
    let journal = bench.open();
    assert_eq!(journal.find(&key("settled")).unwrap(), None);
    assert!(journal.find(&key("unseen")).unwrap().is_some());
    assert!(journal.find(&key("open")).unwrap().is_some());
}

#[test]
fn the_file_never_holds_what_the_till_asked_for_in_the_clear() {
    let bench = Bench::new();
    let journal = bench.open();
    let secret = "134539517967686076";
    journal
        .begin(&sale("A1", &format!("auth_code={secret}")))
        .unwrap();
    journal
        .record(&key("A1"), Phase::Waiting, None, false)
        .unwrap();
    drop(journal);
    for file in std::fs::read_dir(bench.folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(
            !bytes
                .windows(secret.len())
                .any(|window| window == secret.as_bytes())
        );
    }
}

#[test]
fn the_same_parameters_leave_different_digests() {
    let bench = Bench::new();
    let journal = bench.open();
    journal.begin(&sale("A1", "p")).unwrap();
    journal.begin(&sale("A2", "p")).unwrap();
    drop(journal);
    let database = rusqlite::Connection::open(bench.path()).unwrap();
    let distinct: i64 = database
        .query_row(
            "SELECT count(DISTINCT fingerprint) FROM orders",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(distinct, 2);
}

fn edit(path: &Path, sql: &str) {
    rusqlite::Connection::open(path)
        .unwrap()
        .execute_batch(sql)
        .unwrap();
}

#[test]
fn a_newer_journal_is_busy() {
    let bench = Bench::new();
    drop(bench.open());
    edit(&bench.path(), "PRAGMA user_version = 4");
    bench.is_refused("newer wxpay");
}

#[test]
fn another_programs_database_is_refused_and_left_alone() {
    let bench = Bench::new();
    edit(&bench.path(), "CREATE TABLE theirs (x)");
    let before = std::fs::read(bench.path()).unwrap();
    bench.is_refused("another program");
    assert_eq!(std::fs::read(bench.path()).unwrap(), before);
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let bench = Bench::new();
    for content in [&b""[..], b"hello", &[0x55; 8192]] {
        std::fs::write(bench.path(), content).unwrap();
        bench.is_refused("damaged");
        assert_eq!(std::fs::read(bench.path()).unwrap(), content);
    }
}

#[test]
fn a_damaged_page_is_busy() {
    let bench = Bench::new();
    let journal = bench.open();
    for number in 0..200 {
        journal.begin(&sale(&format!("A{number}"), "p")).unwrap();
    }
    drop(journal);
    edit(&bench.path(), "PRAGMA wal_checkpoint(TRUNCATE)");
    let mut bytes = std::fs::read(bench.path()).unwrap();
    assert!(bytes.len() > 3 * 4096);
    for page in bytes.chunks_mut(4096).skip(1) {
        page[..64].fill(0xff);
    }
    std::fs::write(bench.path(), bytes).unwrap();
    bench.is_refused("damaged");
}

#[test]
fn a_folder_that_does_not_exist_is_named() {
    let bench = Bench::new();
    let path = bench.folder.path().join("missing").join("journal.db");
    let config = JournalConfig {
        path,
        lease: Duration::from_secs(10),
    };
    let error = SqliteJournal::open(&config, Arc::clone(&bench.wall) as Arc<dyn Clock>);
    let error = error.map(|_| ()).unwrap_err().to_string();
    assert!(
        error.contains("missing") && error.contains("folder"),
        "{error}"
    );
}

#[test]
fn a_full_disk_is_an_error_and_no_intent() {
    let bench = Bench::new();
    let journal = bench.open();
    journal.limit_pages(6);
    let mut number = 0;
    let error = loop {
        match journal.begin(&sale(&format!("A{number}"), "p")) {
            Ok(_) => number += 1,
            Err(error) => break error,
        }
        assert!(number < 1000, "nothing is ever written");
    };
    assert!(matches!(error, JournalError::Storage(_)), "{error}");
    assert_eq!(journal.find(&key(&format!("A{number}"))).unwrap(), None);
}

#[test]
fn two_handles_that_create_the_file_at_once_share_one_journal() {
    let bench = Bench::new();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let bench = &bench;
            scope.spawn(move || {
                bench
                    .open()
                    .begin(&sale(&format!("T{thread}"), "p"))
                    .unwrap()
            });
        }
    });
    assert_eq!(
        bench
            .open()
            .pending(Book::Orders, "wechat:10000100")
            .unwrap()
            .len(),
        8
    );
    let leftovers = std::fs::read_dir(bench.folder.path())
        .unwrap()
        .filter(|file| {
            let name = file.as_ref().unwrap().file_name();
            !name
                .to_string_lossy()
                .trim_start_matches("journal.db")
                .is_empty()
                && !name.to_string_lossy().contains("-wal")
                && !name.to_string_lossy().contains("-shm")
        })
        .count();
    assert_eq!(leftovers, 0);
}

#[test]
fn a_holder_that_no_heartbeat_moved_for_a_lease_is_dead_whatever_the_clock_says() {
    let bench = Bench::new();
    let (ours, theirs) = (bench.open(), bench.open());
    ours.begin(&sale("A1", "p")).unwrap();
    // The machine's clock starts again a year earlier.
    bench.wall.pass(-365 * 24 * 3600 * 1000);
    let seen = || match theirs.take(&key("A1"), None).unwrap() {
        Take::Busy(entry) => entry.lease_ms,
        found => panic!("{found:?}"),
    };
    let alive = seen();
    ours.heartbeat().unwrap();
    assert!(is_busy(&theirs, &key("A1"), alive));
    let silent = seen();
    assert!(takes(&theirs, &key("A1"), silent));
}

#[test]
fn an_order_given_back_in_vain_is_not_kept_alive() {
    let bench = Bench::new();
    let (ours, theirs) = (bench.open(), bench.open());
    ours.begin(&sale("A1", "p")).unwrap();
    let broken =
        "CREATE TRIGGER full BEFORE UPDATE ON orders BEGIN SELECT RAISE(FAIL, 'full'); END";
    edit(&bench.path(), broken);
    assert!(
        ours.settle(&key("A1"), Status::Ok, &Facts::new(), true)
            .is_err()
    );
    edit(&bench.path(), "DROP TRIGGER full");
    bench.wall.pass(11_000);
    ours.heartbeat().unwrap();
    assert!(takes(&theirs, &key("A1"), None));
}

#[test]
fn what_the_till_asked_to_be_reversed_stays_so() {
    let bench = Bench::new();
    let journal = bench.open();
    journal.begin(&sale("A1", "p")).unwrap();
    journal
        .record(&key("A1"), Phase::Reversing, None, true)
        .unwrap();
    journal
        .record(&key("A1"), Phase::Reversing, None, false)
        .unwrap();
    assert!(journal.find(&key("A1")).unwrap().unwrap().by_till);
}
