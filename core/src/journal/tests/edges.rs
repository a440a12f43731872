//! To the millisecond and to the byte: when a lease is over, when an order is forgotten, how short a file is
//! none; and the journal's own check.

use super::*;

const DAY: i64 = 24 * 3600 * 1000;

/// Forgotten too early, its number could be charged once more.
#[test]
fn a_settled_order_is_remembered_for_thirty_days_and_not_a_millisecond_less() {
    let bench = Bench::new();
    let journal = bench.open();
    journal.begin(&sale("A1", "p")).unwrap();
    journal
        .settle(&key("A1"), Status::Ok, &facts("42"), true)
        .unwrap();
    drop(journal);
    for part in [60_000, DAY - 60_000, 14 * DAY, 15 * DAY] {
        bench.wall.pass(part);
        assert!(matches!(
            bench.open().begin(&sale("A1", "p")).unwrap(),
            Begin::Settled(_)
        ));
    }
    bench.wall.pass(1);
    assert_eq!(bench.open().find(&key("A1")).unwrap(), None);
}

#[test]
fn a_lease_is_over_with_its_last_millisecond() {
    let bench = Bench::new();
    let (ours, theirs) = (bench.open(), bench.open());
    assert_eq!(ours.lease(), Duration::from_secs(10));
    ours.begin(&sale("A1", "p")).unwrap();
    let entry = ours.find(&key("A1")).unwrap().unwrap();
    assert_eq!(entry.lease_ms, Some(bench.wall.unix_ms() + 10_000));
    bench.wall.pass(9_999);
    assert!(is_busy(&theirs, &key("A1"), None));
    bench.wall.pass(1);
    assert!(takes(&theirs, &key("A1"), None));
}

#[test]
fn heartbeats_keep_an_order_alive_for_as_long_as_it_is_held_and_no_longer() {
    let bench = Bench::new();
    let (ours, theirs) = (bench.open(), bench.open());
    ours.begin(&sale("A1", "p")).unwrap();
    for _ in 0..3 {
        bench.wall.pass(9_000);
        ours.heartbeat().unwrap();
    }
    assert!(is_busy(&theirs, &key("A1"), None));
    ours.release(&key("A1")).unwrap();
    ours.heartbeat().unwrap();
    assert!(takes(&theirs, &key("A1"), None));
}

#[test]
fn a_check_proves_that_the_file_can_be_written() {
    let bench = Bench::new();
    let journal = bench.open();
    let log = bench.folder.path().join("journal.db-wal");
    let written = || std::fs::metadata(&log).unwrap().len();
    let before = written();
    journal.check().unwrap();
    assert!(written() > before, "nothing was written");
    journal.deny_writing();
    let error = journal.check().unwrap_err();
    assert!(matches!(error, JournalError::Storage(_)), "{error}");
}

/// An older process that goes on while another installs a newer version must not make the file look old: the
/// next start would change it a second time.
#[test]
fn a_check_leaves_a_file_that_a_newer_version_has_taken_over_as_it_is() {
    let bench = Bench::new();
    let journal = bench.open();
    edit(&bench.path(), "PRAGMA user_version = 4");
    journal.check().unwrap();
    bench.is_refused("newer wxpay");
}

#[test]
fn what_is_shorter_than_any_page_is_damaged_and_must_not_be_taken_for_a_new_journal() {
    let bench = Bench::new();
    drop(bench.open());
    let whole = std::fs::read(bench.path()).unwrap();
    for length in [0, 1, 100, 511] {
        std::fs::write(bench.path(), &whole[..length]).unwrap();
        bench.is_refused("empty or cut short");
    }
    for length in [512, 4095, 4097, whole.len() - 1] {
        std::fs::write(bench.path(), &whole[..length]).unwrap();
        bench.is_refused("it is damaged (");
    }
}

#[test]
fn what_cannot_be_written_whole_is_not_written_at_all() {
    let bench = Bench::new();
    let journal = bench.open();
    journal.begin(&sale("A1", "p")).unwrap();
    journal
        .settle(&key("A1"), Status::Network, &facts("42"), true)
        .unwrap();
    let before = journal.find(&key("A1")).unwrap();
    // It never happened, so it is deleted and begun anew, of which only the first succeeds.
    let broken =
        "CREATE TRIGGER full BEFORE INSERT ON orders BEGIN SELECT RAISE(FAIL, 'full'); END";
    edit(&bench.path(), broken);
    assert!(journal.begin(&sale("A1", "q")).is_err());
    assert_eq!(journal.find(&key("A1")).unwrap(), before);
    edit(&bench.path(), "DROP TRIGGER full");
    assert_eq!(
        journal.begin(&sale("A1", "q")).unwrap(),
        Begin::Started,
        "the failure is over"
    );
}

/// A code payment that is taken for an order to show would be closed, which gives nothing back.
#[test]
fn how_an_order_is_paid_is_remembered() {
    for (product, name) in [
        (Product::CodePayment, "code_payment"),
        (Product::Prepay, "prepay"),
    ] {
        let bench = Bench::new();
        let journal = bench.open();
        let sale = Sale {
            product,
            ..sale("A1", "p")
        };
        journal.begin(&sale).unwrap();
        let found = journal.find(&key("A1")).unwrap().unwrap();
        assert_eq!(found.product, product);
        let stored: String = rusqlite::Connection::open(bench.path())
            .unwrap()
            .query_row("SELECT product FROM orders", [], |row| row.get(0))
            .unwrap();
        assert_eq!(stored, name);
    }
}

/// SQLite's own waiting looks ten times a second and misses such gaps for seconds on end.
#[test]
fn who_waits_for_the_file_gets_it_between_the_writes_of_busy_tills() {
    let bench = Bench::new();
    let busy = [(); 4].map(|()| bench.open());
    let over = AtomicBool::new(false);
    let (opened, written) = std::thread::scope(|scope| {
        let writers = busy.map(|journal| {
            let over = &over;
            scope.spawn(move || {
                let mut writes = std::iter::repeat_with(|| journal.check());
                writes.find(|write| write.is_err() || over.load(Ordering::SeqCst))
            })
        });
        let opened: Vec<_> = (0..20).map(|_| bench.try_open().map(drop)).collect();
        over.store(true, Ordering::SeqCst);
        (opened, writers.map(|writer| writer.join().unwrap()))
    });
    for result in opened.into_iter().chain(written.into_iter().flatten()) {
        result.unwrap();
    }
}
