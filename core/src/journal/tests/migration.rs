//! Files of versions 1 and 2 are taken over with everything in them.

use super::*;

const VERSION_1: &str = "
    CREATE TABLE orders (
        account       TEXT    NOT NULL,
        out_trade_no  TEXT    NOT NULL,
        gateway       TEXT    NOT NULL,
        state         TEXT    NOT NULL
            CHECK (state IN ('intent', 'waiting', 'reversing', 'final', 'returned')),
        salt          BLOB,
        fingerprint   BLOB,
        sub_mch_id    TEXT,
        total_fee     INTEGER,
        fee_type      TEXT,
        attach        TEXT,
        begun_ms      INTEGER NOT NULL,
        submitted_at  INTEGER,
        status        INTEGER,
        facts         TEXT,
        holder        TEXT,
        lease_ms      INTEGER,
        by_till       INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (account, out_trade_no)
    ) STRICT;
    CREATE INDEX orders_pending ON orders (account, begun_ms) WHERE state <> 'returned';
    PRAGMA application_id = 0x7778706a;
    PRAGMA user_version = 1;";

/// What version 2 made of a file of version 1, and of a new one.
const VERSION_2: &str = "
    ALTER TABLE orders RENAME COLUMN out_trade_no TO number;
    ALTER TABLE orders ADD COLUMN product TEXT NOT NULL DEFAULT 'code_payment';
    ALTER TABLE orders ADD COLUMN document TEXT;
    CREATE TABLE refunds (
        account       TEXT    NOT NULL,
        number        TEXT    NOT NULL,
        gateway       TEXT    NOT NULL,
        state         TEXT    NOT NULL
            CHECK (state IN ('intent', 'waiting', 'reversing', 'final', 'returned')),
        salt          BLOB,
        fingerprint   BLOB,
        sub_mch_id    TEXT,
        total_fee     INTEGER,
        fee_type      TEXT,
        attach        TEXT,
        begun_ms      INTEGER NOT NULL,
        submitted_at  INTEGER,
        status        INTEGER,
        facts         TEXT,
        holder        TEXT,
        lease_ms      INTEGER,
        by_till       INTEGER NOT NULL DEFAULT 0,
        product       TEXT    NOT NULL DEFAULT 'code_payment',
        document      TEXT,
        PRIMARY KEY (account, number)
    ) STRICT;
    CREATE INDEX refunds_pending ON refunds (account, begun_ms) WHERE state <> 'returned';
    PRAGMA user_version = 2;";

/// An order of version 1, with the digest of `parameters` under an empty salt.
fn insert(bench: &Bench, number: &str, state: &str, parameters: &str, rest: &str) {
    let fingerprint = hex::encode(crate::crypto::digest::sha256(parameters.as_bytes()));
    let begun = bench.wall.unix_ms();
    edit(
        &bench.path(),
        &format!(
            "INSERT INTO orders (account, out_trade_no, gateway, state, salt, fingerprint, total_fee,
                 fee_type, attach, begun_ms, submitted_at, {rest_names})
             VALUES ('wechat:10000100', '{number}', 'wechat-v2', '{state}', x'', x'{fingerprint}', 888,
                 'CNY', 'till 3', {begun}, 1700000000, {rest})",
            rest_names = "sub_mch_id, status, facts, by_till"
        ),
    );
}

fn version_1() -> Bench {
    let bench = Bench::new();
    edit(&bench.path(), VERSION_1);
    bench
}

/// A file of version 1 with what `fill` puts into it, and the same as version 2 has it.
fn both(fill: impl Fn(&Bench)) -> [Bench; 2] {
    let (old, newer) = (version_1(), version_1());
    fill(&old);
    fill(&newer);
    edit(&newer.path(), VERSION_2);
    [old, newer]
}

#[test]
fn an_order_of_an_older_version_keeps_everything() {
    let facts_text = r#"'{"transaction_id":"42"}'"#;
    for bench in both(|bench| {
        insert(bench, "open", "waiting", "p", "'777', NULL, NULL, 0");
        insert(bench, "undone", "reversing", "p", "NULL, NULL, NULL, 1");
        let paid = format!("NULL, 0, {facts_text}, 0");
        insert(bench, "paid", "final", "p", &paid);
    }) {
        keeps_everything(&bench);
    }
}

#[track_caller]
fn keeps_everything(bench: &Bench) {
    let journal = bench.open();

    let open = journal.find(&key("open")).unwrap().unwrap();
    assert_eq!(
        open,
        Entry {
            key: key("open"),
            product: Product::CodePayment,
            document: None,
            gateway: "wechat-v2".into(),
            phase: Some(Phase::Waiting),
            returned: false,
            sub_mch_id: Some("777".into()),
            total_fee: Some(888),
            fee_type: Some("CNY".into()),
            attach: Some("till 3".into()),
            submitted_at: Some(1_700_000_000),
            begun_ms: bench.wall.unix_ms(),
            by_till: false,
            outcome: None,
            lease_ms: None,
        }
    );
    assert!(journal.find(&key("undone")).unwrap().unwrap().by_till);
    let pending = journal.pending(Book::Orders, "wechat:10000100").unwrap();
    assert_eq!(pending, [key("open"), key("paid"), key("undone")]);
    assert!(matches!(
        journal.begin(&sale("open", "p")).unwrap(),
        Begin::Unfinished(_)
    ));
    let Begin::Settled(paid) = journal.begin(&sale("paid", "p")).unwrap() else {
        panic!("the digest of its parameters is lost")
    };
    assert_eq!(paid.outcome, Some((Status::Ok, facts("42"))));
    assert!(matches!(
        journal.begin(&sale("paid", "q")).unwrap(),
        Begin::OtherSale(_)
    ));
}

fn version(bench: &Bench) -> i32 {
    let database = rusqlite::Connection::open(bench.path()).unwrap();
    database
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap()
}

#[test]
fn an_older_file_takes_refunds_and_rides_and_stays_at_the_new_version() {
    for bench in both(|bench| insert(bench, "open", "intent", "p", "NULL, NULL, NULL, 0")) {
        let journal = bench.open();
        for new in [refunds::refund("R1", "p"), rides::ride("B1", "p")] {
            assert_eq!(journal.begin(&new).unwrap(), Begin::Started);
        }
        drop(journal);
        let journal = bench.open();
        for kept in [refunds::key("R1"), rides::key("B1"), key("open")] {
            assert!(journal.find(&kept).unwrap().is_some(), "{kept:?}");
        }
        assert_eq!(version(&bench), 3);
    }
}

#[test]
fn a_refund_of_version_2_goes_on() {
    let bench = version_1();
    edit(&bench.path(), VERSION_2);
    let begun = bench.wall.unix_ms();
    edit(
        &bench.path(),
        &format!(
            "INSERT INTO refunds (account, number, gateway, state, begun_ms, total_fee, document)
             VALUES ('wechat:10000100', 'R1', 'wechat-v2', 'waiting', {begun}, 100,
                 '{{\"out_trade_no\":\"A1\"}}')"
        ),
    );
    let entry = bench.open().find(&refunds::key("R1")).unwrap().unwrap();
    assert_eq!(entry.phase, Some(Phase::Waiting));
    assert_eq!(entry.document.unwrap()["out_trade_no"], "A1");
}

#[test]
fn old_and_new_files_have_the_same_columns() {
    let columns = |bench: &Bench, table: &str| -> Vec<String> {
        drop(bench.open());
        let database = rusqlite::Connection::open(bench.path()).unwrap();
        let mut query = database
            .prepare("SELECT name FROM pragma_table_info(?1) ORDER BY name")
            .unwrap();
        let names = query.query_map([table], |row| row.get(0)).unwrap();
        names.collect::<Result<_, _>>().unwrap()
    };
    let new = Bench::new();
    for old in both(|_| {}) {
        for table in ["orders", "refunds", "rides"] {
            let names = columns(&new, table);
            assert!(names.contains(&"document".to_owned()), "{names:?}");
            assert_eq!(columns(&old, table), names);
        }
    }
}

#[test]
fn several_tills_may_bring_one_file_up_to_date_at_once() {
    for bench in both(|bench| insert(bench, "open", "intent", "p", "NULL, NULL, NULL, 0")) {
        brought_up_to_date_at_once(&bench);
    }
}

#[track_caller]
fn brought_up_to_date_at_once(bench: &Bench) {
    std::thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || {
                bench
                    .open()
                    .begin(&refunds::refund(&format!("R{thread}"), "p"))
                    .unwrap()
            });
        }
    });
    let journal = bench.open();
    let pending = |book| journal.pending(book, "wechat:10000100").unwrap().len();
    assert_eq!((pending(Book::Orders), pending(Book::Refunds)), (1, 4));
}

#[test]
fn a_migration_that_fails_leaves_the_old_file() {
    for (in_the_way, from, column) in [
        ("refunds", 1, "out_trade_no"),
        ("rides", 1, "out_trade_no"),
        ("rides", 2, "number"),
    ] {
        let [old, newer] = both(|bench| {
            insert(bench, "open", "intent", "p", "NULL, NULL, NULL, 0");
        });
        let bench = if from == 1 { old } else { newer };
        edit(&bench.path(), &format!("CREATE TABLE {in_the_way} (x)"));
        assert!(bench.try_open().is_err(), "{in_the_way} {from}");
        let database = rusqlite::Connection::open(bench.path()).unwrap();
        let name: String = database
            .query_row(&format!("SELECT {column} FROM orders"), [], |row| {
                row.get(0)
            })
            .unwrap();
        assert_eq!((version(&bench), name.as_str()), (from, "open"));
    }
}
