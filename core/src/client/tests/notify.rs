//! Notifications, and what they do to the journal.

use serde_json::json;

use super::*;
use crate::gateway::Product;
use crate::gateway::wechat_v2::tests::notices::{refund_notice, refund_text};

const OUT_REFUND_NO: &str = "1217752501201407033233368018R1";

/// The payment of [`native`].
fn paid() -> Message {
    Message::paid()
        .without("attach")
        .with("trade_type", "NATIVE")
}

fn told(bench: &Bench, message: &Message) -> Outcome {
    bench.client.notify_decode("", message.xml().as_bytes())
}

#[track_caller]
fn answered(outcome: &Outcome, http_status: i64, code: &str) {
    assert_eq!(outcome.int("reply_status"), Some(http_status));
    assert_eq!(outcome.text("reply_type"), Some("text/xml"));
    let reply = outcome.text("reply").unwrap();
    assert!(reply.contains(&format!("<![CDATA[{code}]]>")), "{reply}");
}

#[test]
fn a_payment_is_proven_put_on_record_and_said_again_when_it_comes_again() {
    let bench = shown();
    for replayed in [0, 1, 1] {
        let outcome = told(&bench, &paid().signed());
        ended(&outcome, Status::Ok);
        answered(&outcome, 200, "SUCCESS");
        assert_eq!(outcome.text("notification"), Some("payment"));
        assert_eq!(outcome.text("out_trade_no"), Some(v2::OUT_TRADE_NO));
        assert_eq!(outcome.int("total_fee"), Some(888));
        assert_eq!(outcome.int("known"), Some(1));
        assert_eq!(outcome.int("replayed"), Some(replayed));
        assert_eq!(bench.kept(), Some(Status::Ok));
    }
    assert!(bench.shop.asked().is_empty(), "nothing was sent");
    assert_eq!(bench.recovered(), []);
    let kept = format!("{:?}", bench.entry());
    assert!(!kept.contains("oUpF8uN95"), "the payer");
}

#[test]
fn a_payment_that_this_journal_does_not_know_is_a_payment_all_the_same() {
    let bench = Bench::new();
    let outcome = told(&bench, &paid().signed());
    ended(&outcome, Status::Ok);
    answered(&outcome, 200, "SUCCESS");
    assert_eq!(outcome.int("known"), Some(0));
    assert_eq!(bench.entry(), None);
}

#[test]
fn another_amount_than_was_asked_is_no_payment() {
    let bench = shown();
    let outcome = told(&bench, &paid().with("total_fee", "1").signed());
    ended(&outcome, Status::Unknown);
    answered(&outcome, 200, "SUCCESS");
    assert_eq!(outcome.text("reversal"), Some("none"));
    assert_eq!(bench.kept(), Some(Status::Unknown));
}

#[test]
fn what_somebody_else_wrote_is_forged_and_changes_nothing() {
    let bench = shown();
    for message in [
        paid(),
        paid().signed_with("another key", crate::config::SignType::HmacSha256),
        paid().signed().with("total_fee", "889"),
        paid().with("mch_id", "1").signed(),
        paid().with("sub_mch_id", "1").with("mch_id", "1").signed(),
    ] {
        let outcome = told(&bench, &message);
        ended(&outcome, Status::Forged);
        answered(&outcome, 401, "FAIL");
        assert!(outcome.text("transaction_id").is_none());
        assert_eq!(bench.kept(), Some(Status::NotPaid));
    }
}

#[test]
fn what_is_no_notification_is_an_argument() {
    let bench = shown();
    let long = vec![b' '; 1024 * 1024 + 1];
    for (headers, body, field) in [
        ("", &b""[..], "body"),
        ("", b"<xml/>", "body"),
        ("", b"{\"id\":\"1\"}", "body"),
        ("", &long, "body"),
        ("POST / HTTP/1.1", b"<xml/>", "headers"),
        ("A: b\r\n folded", b"<xml/>", "headers"),
    ] {
        let outcome = bench.client.notify_decode(headers, body);
        ended(&outcome, Status::Argument);
        assert_eq!(outcome.text("field"), Some(field));
        answered(&outcome, 400, "FAIL");
    }
    // An order that was made at a known time is not paid by a payment that names none.
    let undated = told(&bench, &paid().without("time_end").signed());
    ended(&undated, Status::Argument);
    assert_eq!(undated.text("field"), Some("body"));
    assert_eq!(bench.kept(), Some(Status::NotPaid));
    ended(&told(&bench, &paid().signed()), Status::Ok);
}

#[test]
fn what_cannot_be_put_on_record_is_asked_for_again() {
    let bench = shown();
    bench.disk.full.store(true, Ordering::SeqCst);
    let outcome = told(&bench, &paid().signed());
    ended(&outcome, Status::Ok);
    answered(&outcome, 500, "FAIL");

    bench.disk.full.store(false, Ordering::SeqCst);
    answered(&told(&bench, &paid().signed()), 500, "FAIL");
    // The lease of the call that could not write.
    bench.time.elapsed_ms.fetch_add(10_000, Ordering::SeqCst);
    answered(&told(&bench, &paid().signed()), 200, "SUCCESS");
    assert_eq!(bench.kept(), Some(Status::Ok));
}

#[test]
fn a_payment_that_failed_leaves_the_order_open() {
    let bench = shown();
    let failed = Message::failed("SYSTEMERROR", "系统错误").with("out_trade_no", v2::OUT_TRADE_NO);
    let outcome = told(&bench, &failed.signed());
    ended(&outcome, Status::Declined);
    assert_eq!(outcome.text("code"), Some("SYSTEMERROR"));
    answered(&outcome, 200, "SUCCESS");
    assert_eq!(bench.kept(), Some(Status::NotPaid));
    ended(&told(&bench, &paid().signed()), Status::Ok);
}

#[test]
fn what_a_dead_till_was_waiting_for_is_settled_and_still_told_by_the_recovery() {
    let bench = abandoned().restarted(|_| {});
    bench.shop.asked();
    ended(&told(&bench, &paid().signed()), Status::Ok);
    assert_eq!(bench.kept(), Some(Status::Ok));
    assert_eq!(bench.recovered(), [("WXPAY_OK".to_owned(), 1)]);
    assert!(bench.shop.asked().is_empty());
}

#[test]
fn a_task_that_waits_finds_the_payment_by_itself() {
    let bench = Bench::new();
    let client = Arc::downgrade(&bench.client);
    let shop = Arc::clone(&bench.shop);
    bench.client.on_event(Some(Arc::new(move |event, _, _| {
        let Some(client) = client.upgrade() else {
            return;
        };
        if event == Event::WaitingForPayer {
            shop.has(Some(PAID));
            let outcome = client.notify_decode("", paid().signed().xml().as_bytes());
            ended(&outcome, Status::Ok);
            assert_eq!(outcome.int("reply_status"), Some(200));
        }
    })));
    ended(&waiting(&bench).wait(None).unwrap(), Status::Ok);
}

#[test]
fn an_order_whose_close_is_not_confirmed_is_paid_if_a_notification_says_so() {
    let bench = Bench::new();
    bench.shop.fails("closeorder", &[Fault::AnswerLost; 64]);
    bench.shop.fails("orderquery", &[Fault::Unsent; 64]);
    ended(&waiting(&bench).wait(None).unwrap(), Status::Unknown);
    assert_eq!(bench.phase(), Some(Phase::Reversing));

    ended(&told(&bench, &paid().signed()), Status::Ok);
    assert_eq!(bench.kept(), Some(Status::Ok));
}

#[test]
fn a_payment_of_an_order_that_was_closed_for_certain_is_in_doubt() {
    let bench = shown();
    ended(&bench.client.close_order(v2::OUT_TRADE_NO), Status::Closed);
    let outcome = told(&bench, &paid().signed());
    ended(&outcome, Status::Unknown);
    assert_eq!(outcome.text("reversal"), Some("none"));
    assert!(outcome.message().contains("refund"));
}

#[test]
fn a_payment_of_a_charge_that_is_being_reversed_is_in_doubt_and_stays_so() {
    let bench = Bench::new();
    let key = bench.client.key(v2::OUT_TRADE_NO);
    bench.disk.adopt(&key, "wechat-v2").unwrap();
    bench.disk.release(&key).unwrap();
    let outcome = told(&bench, &paid().signed());
    ended(&outcome, Status::Unknown);
    assert_eq!(outcome.text("reversal"), Some("required"));
    answered(&outcome, 200, "SUCCESS");
    assert_eq!(bench.phase(), Some(Phase::Reversing));
}

#[test]
fn an_old_notification_does_not_bring_back_money_that_was_refunded_since() {
    let bench = shown();
    bench.shop.has(Some(Order::Refunded));
    ended(&bench.client.query(v2::OUT_TRADE_NO), Status::Refunded);
    ended(&told(&bench, &paid().signed()), Status::Refunded);
    assert_eq!(bench.kept(), Some(Status::Refunded));
}

/// A refund that was taken on, on record.
fn refunding(bench: &Bench, returned: bool) -> Key {
    let key = bench.client.refund_key(OUT_REFUND_NO);
    let asked = json!({
        "out_refund_no": OUT_REFUND_NO,
        "out_trade_no": v2::OUT_TRADE_NO,
        "refund_fee": "100",
        "total_fee": "888",
    });
    let sale = Sale {
        key: key.clone(),
        product: Product::default(),
        gateway: "wechat-v2".into(),
        parameters: Vec::new(),
        document: asked.as_object().cloned(),
        sub_mch_id: None,
        total_fee: Some(100),
        fee_type: Some("CNY".into()),
        attach: None,
        submitted_at: None,
    };
    assert_eq!(bench.disk.begin(&sale).unwrap(), Begin::Started);
    let mut facts = Facts::new();
    facts.insert("refund_status".into(), "PROCESSING".into());
    bench
        .disk
        .settle(&key, Status::Accepted, &facts, returned)
        .unwrap();
    key
}

#[test]
fn a_refund_that_was_taken_on_ends_by_its_notification() {
    for (status, ending) in [("SUCCESS", Status::Refunded), ("CHANGE", Status::Declined)] {
        let bench = Bench::new();
        let key = refunding(&bench, true);
        let message = refund_notice(&refund_text("root", &[("refund_status", status)]));
        for replayed in [0, 1] {
            let outcome = told(&bench, &message);
            ended(&outcome, ending);
            answered(&outcome, 200, "SUCCESS");
            assert_eq!(outcome.text("notification"), Some("refund"));
            assert_eq!(outcome.text("out_refund_no"), Some(OUT_REFUND_NO));
            assert_eq!(outcome.text("refund_status"), Some(status));
            assert_eq!(outcome.int("refund_fee"), Some(100));
            assert_eq!(outcome.int("known"), Some(1));
            assert_eq!(outcome.int("replayed"), Some(replayed));
        }
        let entry = bench.disk.find(&key).unwrap().unwrap();
        assert_eq!(entry.outcome.unwrap().0, ending);
        assert!(entry.returned);
    }
}

#[test]
fn a_refund_that_nobody_was_told_about_is_still_told_by_the_recovery() {
    let bench = Bench::new();
    refunding(&bench, false);
    ended(
        &told(&bench, &refund_notice(&refund_text("root", &[]))),
        Status::Refunded,
    );
    assert_eq!(bench.recovered(), [("WXPAY_REFUNDED".to_owned(), 1)]);
}

#[test]
fn a_refund_of_another_amount_is_in_doubt_and_an_unknown_one_is_told() {
    let bench = Bench::new();
    let unknown = told(&bench, &refund_notice(&refund_text("root", &[])));
    ended(&unknown, Status::Refunded);
    assert_eq!(unknown.int("known"), Some(0));

    let key = refunding(&bench, true);
    let message = refund_notice(&refund_text("root", &[("refund_fee", "888")]));
    ended(&told(&bench, &message), Status::Unknown);
    let entry = bench.disk.find(&key).unwrap().unwrap();
    assert_eq!(entry.outcome.unwrap().0, Status::Accepted);
}

#[test]
fn a_closing_client_asks_for_it_again() {
    let bench = shown();
    bench.client.close();
    let outcome = told(&bench, &paid().signed());
    ended(&outcome, Status::ClientClosed);
    answered(&outcome, 500, "FAIL");
}

/// A till of APIv3 whose clock is wrong by so many seconds.
fn skewed(skew: i64) -> Bench {
    let bench = Bench::of(Arc::new(WechatV3::new(v3::config())), |_| {});
    bench.time.skew.store(skew, Ordering::SeqCst);
    bench
}

/// A payment that was signed at this time.
fn signed_at(bench: &Bench, at: i64) -> Outcome {
    posted(bench, &v3::notices::payment(&v3::notices::paid()), at)
}

fn posted(bench: &Bench, envelope: &serde_json::Value, at: i64) -> Outcome {
    let (headers, body) = v3::notices::posted(envelope, at);
    let headers: String = headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    bench.client.notify_decode(&headers, &body)
}

#[test]
fn a_till_whose_clock_is_wrong_by_a_day_asks_for_the_time_once_and_is_not_open_to_replay() {
    for skew in [-86_400, 0, 86_400] {
        let bench = skewed(skew);
        ended(&signed_at(&bench, START), Status::Ok);
        assert_eq!(bench.shop.asked(), ["query"]);
        // What its own clock would have let through.
        for replayed_at in [START - 300, START + 300, START - 86_400, START + 86_400] {
            let outcome = signed_at(&bench, replayed_at);
            ended(&outcome, Status::Forged);
            assert_eq!(outcome.int("reply_status"), Some(401));
            assert_eq!(outcome.text("reply_type"), Some("application/json"));
        }
        assert!(bench.shop.asked().is_empty());
    }
}

#[test]
fn where_nobody_tells_the_time_the_tills_own_clock_has_to_do() {
    let bench = skewed(0);
    bench.shop.fails("query", &[Fault::Unsent; 2]);
    ended(&signed_at(&bench, START), Status::Ok);
    ended(&signed_at(&bench, START - 300), Status::Forged);
}

#[test]
fn a_notification_of_apiv3_is_told_by_its_own_numbers_and_answered_in_its_own_words() {
    let bench = skewed(0);
    let outcome = signed_at(&bench, START);
    ended(&outcome, Status::Ok);
    assert_eq!(outcome.text("event_id"), Some("EV-2018022511223320873"));
    assert_eq!(outcome.text("event_type"), Some("TRANSACTION.SUCCESS"));
    assert_eq!(outcome.int("reply_status"), Some(200));
    assert!(outcome.text("reply").unwrap().contains("SUCCESS"));
    assert_eq!(outcome.int("total_fee"), Some(888));
}

#[test]
fn a_notification_of_apiv3_about_another_merchant_names_none_of_its_numbers() {
    let bench = skewed(0);
    let mut message = v3::notices::paid();
    message["mchid"] = "1999999999".into();
    let outcome = posted(&bench, &v3::notices::payment(&message), START);
    ended(&outcome, Status::Forged);
    assert_eq!(outcome.int("reply_status"), Some(401));
    for name in ["notification", "out_trade_no", "transaction_id", "known"] {
        assert!(outcome.text(name).is_none(), "{name}");
    }
}

#[test]
fn what_carries_no_time_is_no_reason_to_ask_for_it() {
    let bench = skewed(0);
    ended(&bench.client.notify_decode("A: b", b"{}"), Status::Forged);
    assert!(bench.shop.asked().is_empty());
}

#[test]
fn a_key_that_nobody_has_told_is_fetched_and_the_notification_looked_at_again() {
    use crate::client::keys::tests::{Time, Wire};
    use crate::gateway::wechat_v3::testing;

    let folder = tempfile::tempdir().unwrap();
    let time = Arc::new(Time::default());
    let wire = Wire::new(&time);
    let config = JournalConfig {
        path: folder.path().join("journal.db"),
        lease: Duration::from_secs(10),
    };
    let clock = Arc::clone(&time) as Arc<dyn Clock>;
    let client = Client::from_parts(Parts {
        gateway: Arc::new(WechatV3::new(testing::config())),
        transport: Arc::clone(&wire) as Arc<dyn Transport>,
        ride: None,
        clock: Arc::clone(&clock),
        journal: Arc::new(SqliteJournal::open(&config, clock).unwrap()),
        policy: PolicyConfig::profile(Region::Mainland),
        language: Language::English,
    });
    let mut message = v3::notices::paid();
    message["appid"] = "wx2421b1c4370ec43b".into();
    message["mchid"] = "10000100".into();
    let body = v3::notices::payment_for(testing::API_V3_KEY, &message).to_string();
    let decode = |serial| {
        let headers = testing::headers(body.as_bytes(), serial, testing::NOW);
        let lines = headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}\n"));
        client.notify_decode(&lines.collect::<String>(), body.as_bytes())
    };

    ended(&decode(testing::SERIAL), Status::Ok);
    assert_eq!(wire.asked(), ["query", "certificates"]);
    ended(&decode(testing::SERIAL), Status::Ok);
    assert!(wire.asked().is_empty());
    // However many somebody makes up.
    for _ in 0..3 {
        ended(&decode(testing::NEXT_SERIAL), Status::Forged);
    }
    assert!(wire.asked().len() <= 1);
}
