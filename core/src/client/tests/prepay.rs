//! Orders that the payer scans or opens: made, waited for, closed, recovered.

use super::*;
use crate::client::Event;
use crate::config::{OnRecoveredPaid, ReverseMode};

#[test]
fn something_to_show_is_no_money_and_is_left_alone_by_a_recovery() {
    let bench = Bench::new();
    let outcome = bench.client.prepay(&native(&[]));
    ended(&outcome, Status::Ok);
    assert_eq!(outcome.text("code_url"), Some(CODE_URL));
    assert_eq!(outcome.int("total_fee"), Some(888));
    assert!(outcome.text("trade_state").is_none());
    assert_eq!(bench.kept(), Some(Status::NotPaid));

    assert_eq!(bench.recovered(), []);
    assert_eq!(bench.shop.asked(), ["unifiedorder"]);
    assert_eq!(*bench.shop.order(), Some(Order::Unpaid));
}

#[test]
fn what_was_shown_by_a_process_that_died_is_given_back_by_a_recovery_whatever_the_clock_says() {
    let bench = shown();
    // It died while it asked about the order, and the clock was set back by a day since.
    bench.time.skew.store(86_400, Ordering::SeqCst);
    let key = bench.client.key(v2::OUT_TRADE_NO);
    assert!(matches!(bench.disk.take(&key, None), Ok(Take::Taken(_))));
    bench.time.skew.store(0, Ordering::SeqCst);
    let bench = bench.restarted(|_| {});
    ended(&bench.client.close_order(v2::OUT_TRADE_NO), Status::Busy);

    assert_eq!(bench.recovered(), []);
    assert!(bench.shop.asked().is_empty());
    ended(&bench.client.close_order(v2::OUT_TRADE_NO), Status::Closed);
}

#[test]
fn the_same_fields_are_sent_again_and_others_are_refused_unsent() {
    let bench = shown();
    ended(&bench.client.prepay(&native(&[])), Status::Ok);
    assert_eq!(bench.shop.asked(), ["unifiedorder"]);

    let other = bench.client.prepay(&native(&[("total_fee", "889")]));
    ended(&other, Status::Duplicate);
    assert_eq!(other.text("other_status"), Some("WXPAY_NOT_PAID"));
    assert_eq!(other.int("total_fee"), Some(888));
    assert!(bench.shop.asked().is_empty());
}

#[test]
fn the_same_fields_asked_of_a_charge_are_another_sale() {
    let bench = Bench::new();
    let both = native(&[("auth_code", "134539517967686076")]);
    ended(&bench.client.prepay(&both), Status::Ok);
    ended(&bench.client.micropay(&both), Status::Duplicate);
    assert_eq!(bench.shop.asked(), ["unifiedorder"]);
}

#[test]
fn a_lost_answer_is_asked_for_again() {
    let bench = Bench::new();
    bench.shop.fails(
        "unifiedorder",
        &[Fault::AnswerLost, Fault::Code("SYSTEMERROR")],
    );
    let outcome = bench.client.prepay(&native(&[]));
    ended(&outcome, Status::Ok);
    assert_eq!(outcome.int("attempts"), Some(3));
    assert_eq!(bench.time.seconds(), 6, "pauses of 2 and 4 seconds");
}

#[test]
fn what_was_never_shown_cannot_be_paid_so_its_number_is_as_good_as_new() {
    for (fault, status) in [
        (Fault::AnswerLost, Status::Network),
        (Fault::Unsent, Status::Network),
        (Fault::Code("SYSTEMERROR"), Status::Network),
        (Fault::Code("SOMETHING_NEW"), Status::Network),
        (Fault::Unsigned, Status::Forged),
    ] {
        let bench = Bench::new();
        bench.shop.fails("unifiedorder", &[fault; 3]);
        let outcome = bench.client.prepay(&native(&[]));
        ended(&outcome, status);
        assert!(outcome.text("code_url").is_none());
        assert_eq!(bench.shop.asked().len(), 3, "and no more");
        assert_eq!(bench.recovered(), []);
        ended(
            &bench.client.prepay(&native(&[("body", "coffee")])),
            Status::Ok,
        );
    }
}

#[test]
fn a_refused_request_is_rejected_at_once_and_may_be_corrected() {
    let bench = Bench::new();
    bench
        .shop
        .fails("unifiedorder", &[Fault::Code("PARAM_ERROR")]);
    let outcome = bench.client.prepay(&native(&[]));
    ended(&outcome, Status::Rejected);
    assert_eq!(outcome.text("code"), Some("PARAM_ERROR"));
    assert_eq!(bench.shop.asked(), ["unifiedorder"]);
    ended(
        &bench.client.prepay(&native(&[("body", "coffee")])),
        Status::Ok,
    );
}

#[test]
fn what_was_shown_once_stays_known_whatever_becomes_of_the_next_request() {
    for fault in [
        Fault::AnswerLost,
        Fault::Unsent,
        Fault::Unsigned,
        Fault::Code("PARAM_ERROR"),
        Fault::Code("SOMETHING_NEW"),
    ] {
        let bench = shown();
        bench.shop.fails("unifiedorder", &[fault; 3]);
        assert!(bench.client.prepay(&native(&[])).status.is_error());
        assert_eq!(bench.kept(), Some(Status::NotPaid));
        ended(
            &bench.client.prepay(&native(&[("body", "coffee")])),
            Status::Duplicate,
        );

        bench.shop.has(Some(PAID));
        ended(&bench.client.query(v2::OUT_TRADE_NO), Status::Ok);
        assert_eq!(bench.kept(), Some(Status::Ok));
    }
}

#[test]
fn a_number_with_a_past_is_a_duplicate_and_its_own_facts_are_told() {
    for (order, other) in [
        (PAID, "WXPAY_OK"),
        (Order::Closed, "WXPAY_CLOSED"),
        (Order::Refunded, "WXPAY_REFUNDED"),
    ] {
        let bench = Bench::new();
        bench.shop.has(Some(order));
        let outcome = bench.client.prepay(&native(&[]));
        ended(&outcome, Status::Duplicate);
        assert_eq!(outcome.text("other_status"), Some(other));
        assert_eq!(bench.kept(), Some(Status::Duplicate));
        assert_eq!(bench.shop.asked(), ["unifiedorder", "orderquery"]);
    }
}

#[test]
fn an_own_order_that_was_paid_meanwhile_is_found_paid_and_not_taken_for_anothers() {
    let bench = shown();
    bench.shop.has(Some(PAID));
    let outcome = bench.client.prepay(&native(&[]));
    ended(&outcome, Status::Duplicate);
    assert_eq!(outcome.text("other_status"), Some("WXPAY_OK"));
    assert_eq!(bench.kept(), Some(Status::Ok));
    ended(&bench.client.query(v2::OUT_TRADE_NO), Status::Ok);

    bench.shop.asked();
    ended(&bench.client.prepay(&native(&[])), Status::Duplicate);
    assert!(bench.shop.asked().is_empty());
}

#[test]
fn what_cannot_be_recorded_is_not_shown() {
    let bench = Bench::new();
    bench.disk.full.store(true, Ordering::SeqCst);
    let outcome = bench.client.prepay(&native(&[]));
    ended(&outcome, Status::Journal);
    assert!(outcome.text("code_url").is_none());
    let refused = bench
        .client
        .start_prepay(native(&[]))
        .map(|_| ())
        .unwrap_err();
    ended(&refused, Status::Journal);

    bench.disk.full.store(false, Ordering::SeqCst);
    assert_eq!(bench.recovered(), [("WXPAY_REVERSED".to_owned(), 0)]);
    assert_eq!(*bench.shop.order(), Some(Order::Closed));
}

#[test]
fn neither_the_payer_nor_a_signature_is_in_the_journal() {
    let bench = Bench::new();
    let mut fields = native(&[("openid", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o")]);
    fields.set("trade_type", "JSAPI");
    // The shop makes native orders; what it is asked for is on record all the same.
    ended(&bench.client.prepay(&fields), Status::Network);
    ended(&bench.client.prepay(&native(&[])), Status::Ok);
    let kept = bench.entry().unwrap();
    let text = format!("{kept:?}");
    assert!(
        !text.contains(CODE_URL) && !text.contains("oUpF8u"),
        "{text}"
    );
    for file in ["journal.db", "journal.db-wal"] {
        let bytes = std::fs::read(bench.folder.path().join(file)).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        assert!(!text.contains("oUpF8u") && !text.contains("bizpayurl"));
    }
}

#[test]
fn a_task_ends_paid_when_the_payer_has_paid() {
    let bench = Bench::new();
    *bench.shop.pays_at.lock().unwrap() = Some(30);
    let task = waiting(&bench);
    let outcome = task.wait(None).unwrap();
    ended(&outcome, Status::Ok);
    assert_eq!(outcome.int("total_fee"), Some(888));
    assert_eq!(
        outcome.text("transaction_id"),
        Some("4200001212282111030178445712")
    );
    assert_eq!(bench.kept(), Some(Status::Ok));
    assert!(!bench.shop.asked().contains(&"closeorder"));
    assert_eq!(bench.recovered(), [], "it was fetched");
}

#[test]
fn a_paid_task_that_nobody_fetched_is_told_by_the_next_recovery() {
    let bench = Bench::new();
    *bench.shop.pays_at.lock().unwrap() = Some(3);
    let task = waiting(&bench);
    bench.client.close();
    drop(task);
    // Closing may have been faster than the payer.
    let bench = bench.restarted(|_| {});
    bench.shop.has(Some(PAID));
    let told = bench.recovered();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].0, "WXPAY_OK");
    assert_eq!(bench.recovered(), []);
}

#[test]
fn when_time_is_over_the_order_is_closed_and_that_is_confirmed() {
    let bench = Bench::new();
    let outcome = waiting(&bench).wait(None).unwrap();
    ended(&outcome, Status::Reversed);
    assert_eq!(outcome.text("reversal"), Some("completed"));
    assert_eq!(outcome.int("cancel_requested"), Some(0));
    assert_eq!(bench.time.seconds(), 120);
    assert_eq!(*bench.shop.order(), Some(Order::Closed));
    let asked = bench.shop.asked();
    assert_eq!(
        asked[asked.len() - 3..],
        ["orderquery", "closeorder", "orderquery"]
    );
    let again = bench.client.prepay(&native(&[]));
    ended(&again, Status::Duplicate);
    assert_eq!(again.text("other_status"), Some("WXPAY_REVERSED"));
}

#[test]
fn an_order_is_closed_even_where_nothing_may_be_reversed() {
    let bench = Bench::with(|policy| policy.reverse = ReverseMode::Never);
    let outcome = waiting(&bench).wait(None).unwrap();
    ended(&outcome, Status::Reversed);
}

#[test]
fn a_cancel_closes_at_once() {
    let bench = Bench::new();
    let client = Arc::downgrade(&bench.client);
    bench
        .client
        .on_event(Some(Arc::new(move |event, number, _| {
            if let (Event::WaitingForPayer, Some(client)) = (event, client.upgrade()) {
                ended(&client.cancel(number), Status::Ok);
            }
        })));
    let outcome = waiting(&bench).wait(None).unwrap();
    ended(&outcome, Status::Reversed);
    assert_eq!(outcome.int("cancel_requested"), Some(1));
    assert!(bench.time.seconds() < 5);
    assert_eq!(*bench.shop.order(), Some(Order::Closed));
}

#[test]
fn a_payer_who_is_faster_than_the_close_has_paid() {
    let bench = Bench::new();
    *bench.shop.pays_at.lock().unwrap() = Some(121);
    // The first close is lost, the second comes when the money is there.
    bench.shop.fails("closeorder", &[Fault::Unsent]);
    let outcome = waiting(&bench).wait(None).unwrap();
    ended(&outcome, Status::Ok);
    assert_eq!(bench.kept(), Some(Status::Ok));
}

#[test]
fn a_lost_answer_to_the_close_does_not_make_a_payment_doubtful() {
    let bench = Bench::new();
    bench
        .shop
        .fails("closeorder", &[Fault::Code("SYSTEMERROR")]);
    *bench.shop.pays_at.lock().unwrap() = Some(121);
    ended(&waiting(&bench).wait(None).unwrap(), Status::Ok);
}

#[test]
fn a_close_that_is_never_confirmed_leaves_the_order_open_for_a_recovery() {
    let bench = Bench::new();
    bench.shop.fails("closeorder", &[Fault::Unsent; 64]);
    let outcome = waiting(&bench).wait(None).unwrap();
    ended(&outcome, Status::Unknown);
    assert_eq!(outcome.text("reversal"), Some("required"));
    assert_eq!(bench.phase(), Some(Phase::Reversing));

    bench.shop.faults.lock().unwrap().clear();
    let same = bench.client.prepay(&native(&[]));
    ended(&same, Status::Duplicate);
    assert_eq!(bench.recovered(), [("WXPAY_REVERSED".to_owned(), 0)]);
}

#[test]
fn what_a_dead_till_was_waiting_for_is_closed_if_it_is_unpaid() {
    let bench = abandoned().restarted(|_| {});
    assert_eq!(bench.recovered(), [("WXPAY_REVERSED".to_owned(), 0)]);
    assert_eq!(*bench.shop.order(), Some(Order::Closed));
    assert_eq!(bench.recovered(), []);
}

#[test]
fn what_a_dead_till_was_waiting_for_is_reported_if_it_is_paid_and_never_given_back() {
    for on_recovered_paid in [OnRecoveredPaid::Report, OnRecoveredPaid::Reverse] {
        let bench = abandoned().restarted(|policy| policy.on_recovered_paid = on_recovered_paid);
        bench.shop.has(Some(PAID));
        bench.shop.asked();
        assert_eq!(bench.recovered(), [("WXPAY_OK".to_owned(), 0)]);
        assert_eq!(bench.shop.asked(), ["orderquery"]);
    }
}

#[test]
fn what_a_dead_till_was_waiting_for_can_be_shown_and_waited_for_again() {
    let bench = abandoned().restarted(|_| {});
    let now = bench.time.seconds();
    *bench.shop.pays_at.lock().unwrap() = Some(now + 100);
    ended(&waiting(&bench).wait(None).unwrap(), Status::Ok);
}

#[test]
fn an_unpaid_order_is_closed_and_stays_closed() {
    let bench = shown();
    let outcome = bench.client.close_order(v2::OUT_TRADE_NO);
    ended(&outcome, Status::Closed);
    assert_eq!(
        bench.shop.asked(),
        ["orderquery", "closeorder", "orderquery"]
    );
    assert_eq!(bench.kept(), Some(Status::Reversed));

    let again = bench.client.close_order(v2::OUT_TRADE_NO);
    ended(&again, Status::Closed);
    assert_eq!(again.int("replayed"), Some(1));
    assert!(bench.shop.asked().is_empty());
    assert_eq!(bench.recovered(), []);
}

#[test]
fn a_paid_order_is_not_closed_and_is_on_record_as_paid() {
    let bench = shown();
    bench.shop.has(Some(PAID));
    for replayed in [0, 1] {
        let outcome = bench.client.close_order(v2::OUT_TRADE_NO);
        ended(&outcome, Status::Rejected);
        assert_eq!(outcome.text("code"), Some("ORDERPAID"));
        assert_eq!(outcome.int("total_fee"), Some(888));
        assert_eq!(outcome.int("replayed"), Some(replayed));
        assert!(outcome.message().contains("refund"));
        assert_eq!(bench.kept(), Some(Status::Ok));
    }
    assert_eq!(bench.shop.asked(), ["orderquery"]);
}

#[test]
fn an_order_of_another_till_can_be_closed_and_nothing_is_put_on_record() {
    let bench = Bench::new();
    bench.shop.has(Some(Order::Unpaid));
    ended(&bench.client.close_order(v2::OUT_TRADE_NO), Status::Closed);
    assert_eq!(*bench.shop.order(), Some(Order::Closed));
    bench.shop.has(Some(PAID));
    ended(
        &bench.client.close_order(v2::OUT_TRADE_NO),
        Status::Rejected,
    );
    bench.shop.has(None);
    ended(
        &bench.client.close_order(v2::OUT_TRADE_NO),
        Status::NotFound,
    );
    bench.shop.has(Some(Order::Refunded));
    ended(
        &bench.client.close_order(v2::OUT_TRADE_NO),
        Status::Refunded,
    );
    assert_eq!(bench.entry(), None);
}

#[test]
fn a_close_in_doubt_is_unknown_and_goes_on_in_a_recovery() {
    let bench = shown();
    bench.shop.fails("closeorder", &[Fault::AnswerLost; 64]);
    bench.shop.fails("orderquery", &[Fault::Unsent; 64]);
    let outcome = bench.client.close_order(v2::OUT_TRADE_NO);
    ended(&outcome, Status::Unknown);
    assert!(bench.time.seconds() <= 60, "bounded");

    bench.shop.faults.lock().unwrap().clear();
    assert_eq!(bench.recovered(), [("WXPAY_REVERSED".to_owned(), 0)]);
}

#[test]
fn a_refused_close_says_so() {
    let bench = shown();
    bench.shop.fails("closeorder", &[Fault::Code("NOAUTH")]);
    let outcome = bench.client.close_order(v2::OUT_TRADE_NO);
    ended(&outcome, Status::Rejected);
    assert_eq!(outcome.text("code"), Some("NOAUTH"));
    assert_eq!(*bench.shop.order(), Some(Order::Unpaid));
}

#[test]
fn an_order_that_a_task_waits_for_is_busy_and_is_ended_by_a_cancel() {
    let bench = Bench::new();
    let client = Arc::downgrade(&bench.client);
    bench
        .client
        .on_event(Some(Arc::new(move |event, number, _| {
            let Some(client) = client.upgrade() else {
                return;
            };
            if event == Event::WaitingForPayer {
                ended(&client.close_order(number), Status::Busy);
                ended(&client.prepay(&native(&[])), Status::Busy);
                client.cancel(number);
            }
        })));
    ended(&waiting(&bench).wait(None).unwrap(), Status::Reversed);
}

#[test]
fn what_was_charged_cannot_be_closed_and_what_was_shown_cannot_be_reversed() {
    let bench = Bench::new();
    let key = bench.client.key(v2::OUT_TRADE_NO);
    bench.disk.adopt(&key, "wechat-v2").unwrap();
    bench.disk.release(&key).unwrap();
    let outcome = bench.client.close_order(v2::OUT_TRADE_NO);
    ended(&outcome, Status::Argument);
    assert_eq!(outcome.text("field"), Some("out_trade_no"));
    assert!(outcome.message().contains("wxpay_reverse"));
    assert!(bench.shop.asked().is_empty());

    let bench = shown();
    ended(&bench.client.reverse(v2::OUT_TRADE_NO), Status::Unsupported);
    assert!(bench.shop.asked().is_empty());
    ended(&bench.client.close_order(v2::OUT_TRADE_NO), Status::Closed);
}

#[test]
fn a_payment_of_another_amount_is_left_alone_and_in_doubt() {
    let bench = shown();
    bench.shop.has(Some(Order::Paid { total_fee: "887" }));
    let outcome = bench.client.query(v2::OUT_TRADE_NO);
    ended(&outcome, Status::Unknown);
    assert_eq!(outcome.text("reversal"), Some("none"));
    assert_eq!(bench.kept(), Some(Status::Unknown));
}

#[test]
fn a_query_settles_what_it_finds_about_an_order_that_was_shown() {
    for (order, status, kept) in [
        (PAID, Status::Ok, Status::Ok),
        (Order::Closed, Status::Closed, Status::Reversed),
        (Order::Refunded, Status::Refunded, Status::Refunded),
        (Order::Unpaid, Status::NotPaid, Status::NotPaid),
    ] {
        let bench = shown();
        bench.shop.has(Some(order));
        ended(&bench.client.query(v2::OUT_TRADE_NO), status);
        assert_eq!(bench.kept(), Some(kept));
        assert_eq!(bench.recovered(), [], "nobody waits for it");
    }
}

#[test]
fn a_till_whose_clock_is_wrong_by_a_day_still_recognises_its_own_payment() {
    for skew in [-86_400, 86_400] {
        let bench = Bench::new();
        bench.time.skew.store(skew, Ordering::SeqCst);
        *bench.shop.pays_at.lock().unwrap() = Some(3);
        ended(&waiting(&bench).wait(None).unwrap(), Status::Ok);
    }
}

/// A time that another answer told, once, is not when this order was made.
#[test]
fn a_wrong_time_in_an_earlier_answer_makes_nobody_elses_sale_of_a_payment() {
    for ahead in [-86_400, 86_400] {
        let bench = Bench::new();
        bench.shop.fails("orderquery", &[Fault::Ahead(ahead)]);
        ended(&bench.client.query(v2::OUT_TRADE_NO), Status::NotFound);
        ended(&bench.client.prepay(&native(&[])), Status::Ok);
        let made = bench.entry().and_then(|entry| entry.submitted_at).unwrap();
        assert!(made.abs_diff(START) < 60, "{ahead}: {made}");
        bench.shop.has(Some(PAID));
        ended(&bench.client.query(v2::OUT_TRADE_NO), Status::Ok);
    }
}

#[test]
fn a_closing_client_makes_nothing_any_more() {
    let bench = Bench::new();
    bench.client.close();
    ended(&bench.client.prepay(&native(&[])), Status::ClientClosed);
    ended(
        &bench.client.close_order(v2::OUT_TRADE_NO),
        Status::ClientClosed,
    );
    assert!(bench.client.start_prepay(native(&[])).is_err());
    assert!(bench.shop.asked().is_empty());
}
