//! Rides: a book of their own, found by their `attach`, too.

use super::*;

const ACCOUNT: &str = "ride_code:1230000109";

pub(super) fn key(number: &str) -> Key {
    Key {
        account: ACCOUNT.into(),
        book: Book::Rides,
        number: number.into(),
    }
}

pub(super) fn ride(number: &str, parameters: &str) -> Sale {
    with_attach(number, parameters, number)
}

fn with_attach(number: &str, parameters: &str, attach: &str) -> Sale {
    Sale {
        key: key(number),
        gateway: "ride-code".into(),
        total_fee: Some(200),
        attach: Some(attach.into()),
        ..sale(number, parameters)
    }
}

fn found(journal: &SqliteJournal, book: Book, account: &str, attach: &str) -> Vec<Key> {
    let mut keys = journal.with_attach(book, account, attach).unwrap();
    keys.sort_by(|one, other| one.number.cmp(&other.number));
    keys
}

#[test]
fn rides_are_found_by_their_attach_and_more_than_one_is_told_as_two() {
    let bench = Bench::new();
    let journal = bench.open();
    for (number, attach) in [
        ("B1", "gate 7"),
        ("B2", "gate 8"),
        ("B3", "gate 8"),
        ("B4", "gate 9"),
        ("B5", "gate 9"),
        ("B6", "gate 9"),
    ] {
        journal.begin(&with_attach(number, "p", attach)).unwrap();
    }
    assert_eq!(found(&journal, Book::Rides, ACCOUNT, "gate 7"), [key("B1")]);
    assert_eq!(
        found(&journal, Book::Rides, ACCOUNT, "gate 8"),
        [key("B2"), key("B3")]
    );
    assert_eq!(found(&journal, Book::Rides, ACCOUNT, "gate 9").len(), 2);
    for (book, account, attach) in [
        (Book::Rides, ACCOUNT, "gate"),
        (Book::Rides, ACCOUNT, ""),
        (Book::Rides, "ride_code:1", "gate 7"),
        (Book::Orders, ACCOUNT, "gate 7"),
        (Book::Refunds, ACCOUNT, "gate 7"),
    ] {
        assert!(found(&journal, book, account, attach).is_empty());
    }
}

#[test]
fn rides_are_found_by_an_index_however_many_there_are() {
    let bench = Bench::new();
    drop(bench.open());
    let database = rusqlite::Connection::open(bench.path()).unwrap();
    let plan: String = database
        .query_row(
            "EXPLAIN QUERY PLAN SELECT number FROM rides WHERE account = 'a' AND attach = 'b' LIMIT 2",
            [],
            |row| row.get("detail"),
        )
        .unwrap();
    assert!(plan.contains("rides_attach"), "{plan}");
}

#[test]
fn a_ride_an_order_and_a_refund_of_one_number_have_nothing_to_do_with_each_other() {
    let bench = Bench::new();
    let journal = bench.open();
    for new in [sale("A1", "p"), refunds::refund("A1", "q"), ride("A1", "r")] {
        assert_eq!(journal.begin(&new).unwrap(), Begin::Started);
    }
    journal
        .record(&key("A1"), Phase::Waiting, None, false)
        .unwrap();
    let phase = |key: &Key| journal.find(key).unwrap().unwrap().phase;
    assert_eq!(phase(&key("A1")), Some(Phase::Waiting));
    assert_eq!(phase(&super::key("A1")), Some(Phase::Intent));
    assert_eq!(phase(&refunds::key("A1")), Some(Phase::Intent));
    assert_eq!(journal.pending(Book::Rides, ACCOUNT).unwrap(), [key("A1")]);
}

#[test]
fn a_ride_that_provably_never_happened_may_start_again_and_no_other() {
    for (outcome, again) in [
        (Status::Network, true),
        (Status::Rejected, true),
        (Status::ClientClosed, true),
        (Status::Declined, false),
        (Status::Ok, false),
        (Status::Unknown, false),
    ] {
        let bench = Bench::new();
        let journal = bench.open();
        journal.begin(&ride("B1", "p")).unwrap();
        journal
            .settle(&key("B1"), outcome, &Facts::new(), true)
            .unwrap();
        let same = journal.begin(&ride("B1", "p")).unwrap();
        assert_eq!(same == Begin::Started, again, "{outcome:?} {same:?}");
    }
}

#[test]
fn rides_are_forgotten_like_orders_and_open_ones_stay() {
    let bench = Bench::new();
    let journal = bench.open();
    journal.begin(&ride("told", "p")).unwrap();
    journal
        .settle(&key("told"), Status::Ok, &Facts::new(), true)
        .unwrap();
    journal.begin(&ride("open", "p")).unwrap();
    journal
        .record(&key("open"), Phase::Waiting, None, false)
        .unwrap();
    drop(journal);
    bench.wall.pass(31 * 24 * 3600 * 1000);
    let journal = bench.open();
    assert_eq!(journal.find(&key("told")).unwrap(), None);
    assert!(journal.find(&key("open")).unwrap().is_some());
}
