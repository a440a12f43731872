//! Refunds: a book of their own.

use serde_json::json;

use super::*;

pub(super) fn key(out_refund_no: &str) -> Key {
    Key {
        book: Book::Refunds,
        ..super::key(out_refund_no)
    }
}

pub(super) fn refund(out_refund_no: &str, parameters: &str) -> Sale {
    Sale {
        key: key(out_refund_no),
        document: json!({"out_trade_no": "A1", "refund_fee": "100"})
            .as_object()
            .cloned(),
        total_fee: Some(100),
        attach: None,
        ..sale(out_refund_no, parameters)
    }
}

#[test]
fn a_refund_keeps_the_document_that_sends_it_again() {
    let bench = Bench::new();
    bench.open().begin(&refund("R1", "p")).unwrap();
    let entry = bench.open().find(&key("R1")).unwrap().unwrap();
    assert_eq!(entry.document, refund("R1", "p").document);
    assert_eq!(entry.phase, Some(Phase::Intent));
    assert_eq!(entry.total_fee, Some(100));
}

#[test]
fn an_order_and_a_refund_of_one_number_have_nothing_to_do_with_each_other() {
    let bench = Bench::new();
    let (ours, theirs) = (bench.open(), bench.open());
    assert_eq!(ours.begin(&sale("A1", "p")).unwrap(), Begin::Started);
    assert_eq!(theirs.begin(&refund("A1", "q")).unwrap(), Begin::Started);
    ours.settle(&super::key("A1"), Status::Ok, &facts("42"), true)
        .unwrap();
    theirs
        .record(&key("A1"), Phase::Waiting, None, false)
        .unwrap();
    assert_eq!(
        ours.find(&key("A1")).unwrap().unwrap().phase,
        Some(Phase::Waiting)
    );
    let pending = |book| ours.pending(book, "wechat:10000100").unwrap();
    assert!(pending(Book::Orders).is_empty());
    assert_eq!(pending(Book::Refunds), [key("A1")]);
}

#[test]
fn a_held_refund_is_kept_alive_and_taken_over_like_an_order() {
    let bench = Bench::new();
    let (ours, theirs) = (bench.open(), bench.open());
    ours.begin(&refund("R1", "p")).unwrap();
    bench.wall.pass(9_000);
    ours.heartbeat().unwrap();
    bench.wall.pass(9_000);
    assert_eq!(theirs.begin(&refund("R1", "p")).unwrap(), Begin::Busy);
    bench.wall.pass(2_000);
    assert!(takes(&theirs, &key("R1"), None));
    let lost = |result| matches!(result, Err(JournalError::LeaseLost));
    assert!(lost(ours.record(&key("R1"), Phase::Waiting, None, false)));
}

#[test]
fn a_refund_that_provably_never_happened_may_start_again_and_no_other() {
    let status = |name: &str| json!({ "refund_status": name }).as_object().cloned();
    for (outcome, facts, again) in [
        (Status::Network, None, true),
        (Status::Rejected, None, true),
        (Status::ClientClosed, None, true),
        (Status::Declined, None, true),
        (Status::Declined, status("REFUNDCLOSE"), false),
        (Status::Declined, status("ABNORMAL"), false),
        (Status::Accepted, status("PROCESSING"), false),
        (Status::Refunded, status("SUCCESS"), false),
        (Status::Duplicate, None, false),
    ] {
        let bench = Bench::new();
        let journal = bench.open();
        journal.begin(&refund("R1", "p")).unwrap();
        journal
            .settle(&key("R1"), outcome, &facts.unwrap_or_default(), true)
            .unwrap();
        let same = journal.begin(&refund("R1", "p")).unwrap();
        assert_eq!(same == Begin::Started, again, "{outcome:?}");
        assert_eq!(
            matches!(same, Begin::Settled(_)),
            !again,
            "{outcome:?} {same:?}"
        );
    }
}

#[test]
fn a_refused_order_never_starts_again() {
    let bench = Bench::new();
    let journal = bench.open();
    journal.begin(&sale("A1", "p")).unwrap();
    journal
        .settle(&super::key("A1"), Status::Declined, &Facts::new(), true)
        .unwrap();
    assert!(matches!(
        journal.begin(&sale("A1", "p")).unwrap(),
        Begin::Settled(_)
    ));
}

#[test]
fn a_settled_refund_may_be_brought_up_to_date() {
    let bench = Bench::new();
    let journal = bench.open();
    journal.begin(&refund("R1", "p")).unwrap();
    journal
        .settle(&key("R1"), Status::Accepted, &facts("42"), true)
        .unwrap();
    assert!(takes(&journal, &key("R1"), None));
    journal
        .settle(&key("R1"), Status::Refunded, &facts("43"), true)
        .unwrap();
    let entry = journal.find(&key("R1")).unwrap().unwrap();
    assert_eq!(entry.outcome, Some((Status::Refunded, facts("43"))));
    assert!(entry.returned);
}

#[test]
fn refunds_are_forgotten_like_orders() {
    let bench = Bench::new();
    let journal = bench.open();
    journal.begin(&refund("told", "p")).unwrap();
    journal
        .settle(&key("told"), Status::Refunded, &Facts::new(), true)
        .unwrap();
    journal.begin(&refund("open", "p")).unwrap();
    drop(journal);
    bench.wall.pass(31 * 24 * 3600 * 1000);
    let journal = bench.open();
    assert_eq!(journal.find(&key("told")).unwrap(), None);
    assert!(journal.find(&key("open")).unwrap().is_some());
}
