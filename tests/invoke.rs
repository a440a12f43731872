//! An operation by its name does what its function does, and an order that has ended is told once
//! more without asking anybody.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::thread;

use common::on_every_gateway;
use common::shop::{FEE, Sale, Shop};
use common::{
    ACCEPTED, CLOSED, Client, DECLINED, E_ARGUMENT, E_DUPLICATE, E_FORGED, E_NETWORK, E_REJECTED,
    NOT_FOUND, NOT_PAID, OK, Outcome, REFUNDED, REVERSED, Request, UNKNOWN,
};
use serde_json::{Value, json};
use wxpay_simulator::{Api, HostState, Operation, PayerAction, Scenario, State};

on_every_gateway! {
    a_query_by_the_gateways_own_number_finds_the_order_and_holds_it_against_the_journal,
    an_order_to_scan_by_name_is_that_order_and_its_end_is_its_end,
    a_refund_by_name_is_the_refund,
    a_notification_by_name_is_the_notification,
}

/// What differs between two equal sales, or between two askings.
const VOLATILE: [&str; 16] = [
    "attempts",
    "code_url",
    "create_time",
    "elapsed_ms",
    "openid",
    "orders",
    "out_refund_no",
    "out_trade_no",
    "paid_at",
    "platform_order_no",
    "prepay_id",
    "refund_id",
    "refunded_at",
    "request_id",
    "trade_no",
    "transaction_id",
];

/// A result without what differs between two equal ones.
fn essence(outcome: &Outcome) -> Value {
    let mut json = outcome.json();
    let fields = json.as_object_mut().expect("a result is an object");
    for name in VOLATILE {
        fields.remove(name);
    }
    json
}

/// The same names, whatever the values.
fn names(outcome: &Outcome) -> Vec<String> {
    outcome
        .json()
        .as_object()
        .expect("a result is an object")
        .keys()
        .cloned()
        .collect()
}

#[track_caller]
fn assert_alike(typed: &Outcome, by_name: &Outcome) {
    assert_eq!(essence(typed), essence(by_name));
    assert_eq!(names(typed), names(by_name));
    assert_eq!(typed.prompt(), by_name.prompt());
    assert_eq!(typed.message(), by_name.message());
}

fn arguments(sale: &Sale) -> String {
    json!({
        "out_trade_no": sale.out_trade_no,
        "auth_code": sale.auth_code,
        "total_fee": FEE,
        "body": "coffee",
    })
    .to_string()
}

fn number(sale: &Sale) -> String {
    json!({ "out_trade_no": sale.out_trade_no }).to_string()
}

#[test]
fn a_payment_by_name_is_the_payment() {
    let shop = Shop::open();
    let till = shop.till();
    thread::scope(|scope| {
        for (scenario, status) in [
            (Scenario::Paid, OK),
            (Scenario::PasswordPaid, OK),
            (Scenario::NotEnough, DECLINED),
            (Scenario::UnlistedCode, DECLINED),
            (Scenario::PasswordNever, REVERSED),
            (Scenario::NoAuth, E_REJECTED),
            (Scenario::OutTradeNoUsed, E_DUPLICATE),
            (Scenario::QueryWrongAmount, UNKNOWN),
            (Scenario::ReverseTradeError, UNKNOWN),
        ] {
            let (shop, till) = (&shop, &till);
            scope.spawn(move || {
                let (one, two) = (shop.sale(scenario), shop.sale(scenario));
                let typed = till.micropay(&one.request());
                let by_name = till.invoke("micropay", arguments(&two));
                assert_eq!(typed.status(), status, "{typed:?}");
                assert_alike(&typed, &by_name);
                shop.agrees(&one, &typed);
                shop.agrees(&two, &by_name);
                assert_eq!(by_name.get("out_trade_no"), Some(two.out_trade_no));
            });
        }
    });
}

#[test]
fn a_query_by_name_is_the_query() {
    let shop = Shop::open();
    let till = shop.till();
    // Another journal, so that asking settles nothing.
    let reader = shop.till_with("wxpay-journal.db", "reader.db");
    let both = |sale: &Sale, status: i32| {
        let typed = reader.query(&sale.out_trade_no);
        assert_eq!(typed.status(), status, "{typed:?}");
        let by_name = reader.invoke("query", number(sale));
        assert_alike(&typed, &by_name);
        assert_eq!(typed.get("transaction_id"), by_name.get("transaction_id"));
    };
    let paid = shop.sale(Scenario::Paid);
    both(&paid, NOT_FOUND);
    assert_eq!(till.micropay(&paid.request()).status(), OK);
    both(&paid, OK);
    shop.simulator
        .payer(&paid.out_trade_no, PayerAction::Refund)
        .unwrap();
    both(&paid, REFUNDED);
    let unpaid = shop.sale(Scenario::NotEnough);
    assert_eq!(till.micropay(&unpaid.request()).status(), DECLINED);
    both(&unpaid, NOT_PAID);
    shop.simulator
        .payer(&unpaid.out_trade_no, PayerAction::Close)
        .unwrap();
    both(&unpaid, CLOSED);
    for host in [0, 1] {
        shop.simulator.set_host(host, HostState::Down).unwrap();
    }
    both(&paid, E_NETWORK);
}

#[test]
fn a_reverse_by_name_is_the_reverse_and_once_done_it_is_told_again() {
    let shop = Shop::open();
    let till = shop.till();
    let (one, two) = (shop.sale(Scenario::Paid), shop.sale(Scenario::Paid));
    for sale in [&one, &two] {
        assert_eq!(till.micropay(&sale.request()).status(), OK);
    }
    let typed = till.reverse(&one.out_trade_no);
    assert_eq!(typed.status(), REVERSED, "{typed:?}");
    let by_name = till.invoke("reverse", number(&two));
    assert_alike(&typed, &by_name);
    for sale in [&one, &two] {
        assert_eq!(shop.simulator.net_charged(&sale.out_trade_no), 0);
    }
    shop.received(&one, Operation::Reverse);
    let sent = shop.received(&two, Operation::Reverse);
    let again = till.reverse(&one.out_trade_no);
    assert_eq!(
        (again.status(), again.get_int("replayed")),
        (REVERSED, Some(1)),
        "{again:?}"
    );
    assert_alike(&again, &till.invoke("reverse", number(&one)));
    assert_eq!(shop.simulator.requests().len(), sent, "something was sent");
}

#[test]
fn a_cancel_by_name_is_the_cancel() {
    let shop = Shop::open();
    let till = shop.till();
    let nobody = shop.sale(Scenario::Paid);
    let typed = till.cancel(&nobody.out_trade_no);
    assert_eq!(typed.status(), NOT_FOUND, "{typed:?}");
    assert_alike(&typed, &till.invoke("cancel", number(&nobody)));

    let cancelled = |cancel: &dyn Fn(&Sale) -> Outcome| {
        let sale = shop.sale(Scenario::PasswordNever);
        let mut task = till.start(&sale.request()).unwrap();
        while shop
            .order(&sale)
            .is_none_or(|order| order.state != State::UserPaying)
        {
            task.wait(5);
        }
        let delivered = cancel(&sale);
        assert_eq!(delivered.status(), OK, "{delivered:?}");
        let ending = task.wait(-1);
        assert_eq!(ending.status(), REVERSED, "{ending:?}");
        assert_eq!(ending.get_int("cancel_requested"), Some(1), "{ending:?}");
        (delivered, ending)
    };
    let typed = cancelled(&|sale| till.cancel(&sale.out_trade_no));
    let by_name = cancelled(&|sale| till.invoke("cancel", number(sale)));
    assert_alike(&typed.0, &by_name.0);
    assert_alike(&typed.1, &by_name.1);
}

#[test]
fn a_recovery_and_a_self_test_by_name_are_the_recovery_and_the_self_test() {
    let shop = Shop::open();
    let till = shop.till();
    assert_alike(&till.check(), &till.invoke("check", "{}"));
    assert_alike(&till.recover(), &till.invoke("recover", "{}"));
    // Of each of two journals one order is left open and one is not.
    let recovered = |name: &str, recover: &dyn Fn(&Client) -> Outcome| {
        let till = shop.till_with("wxpay-journal.db", name);
        let sale = shop.sale(Scenario::ReverseTradeError);
        assert_eq!(till.micropay(&sale.request()).status(), UNKNOWN);
        assert_eq!(
            till.micropay(&shop.sale(Scenario::Paid).request()).status(),
            OK
        );
        let outcome = recover(&till);
        assert_eq!(outcome.status(), UNKNOWN, "{outcome:?}");
        assert_eq!(
            outcome.get("orders.0.out_trade_no"),
            Some(sale.out_trade_no)
        );
        assert_eq!(outcome.get("orders.1.out_trade_no"), None, "{outcome:?}");
        outcome
    };
    thread::scope(|scope| {
        let typed = scope.spawn(|| recovered("typed.db", &Client::recover));
        let by_name = recovered("named.db", &|till| till.invoke("recover", "{}"));
        assert_alike(&typed.join().unwrap(), &by_name);
    });
}

fn order_arguments(number: &str) -> String {
    json!({
        "out_trade_no": number,
        "trade_type": "NATIVE",
        "total_fee": FEE,
        "body": "coffee",
        "product_id": "1001",
        "notify_url": "https://shop.example/wxpay",
    })
    .to_string()
}

fn an_order_to_scan_by_name_is_that_order_and_its_end_is_its_end(api: Api) {
    let shop = Shop::open_on(api);
    let till = shop.till();
    let typed = till.prepay(&Request::order("TYPED1", FEE));
    assert_eq!(typed.status(), OK, "{typed:?}");
    assert_alike(&typed, &till.invoke("prepay", order_arguments("NAMED1")));
    let number = |number: &str| json!({ "out_trade_no": number }).to_string();
    let typed = till.close_order("TYPED1");
    assert_eq!(typed.status(), CLOSED, "{typed:?}");
    assert_alike(&typed, &till.invoke("close", number("NAMED1")));
    for order in ["TYPED1", "NAMED1"] {
        let state = shop.simulator.ledger().order(order).unwrap().state;
        assert_eq!(state, State::Closed, "{order}");
    }
    let typed = till.close_order("NOBODYS1");
    assert_alike(&typed, &till.invoke("close", number("NOBODYS1")));
    // What is wrong is said in the same words.
    let typed = till.prepay(&Request::order("TYPED2", -1));
    assert_eq!(typed.status(), E_ARGUMENT, "{typed:?}");
    let wrong = order_arguments("TYPED2").replace(&FEE.to_string(), "-1");
    assert_alike(&typed, &till.invoke("prepay", wrong));
}

fn a_query_by_the_gateways_own_number_finds_the_order_and_holds_it_against_the_journal(api: Api) {
    let shop = Shop::open_on(api);
    let till = shop.till();
    let sale = shop.sale(Scenario::Paid);
    let paid = till.micropay(&sale.request());
    let number = paid.get("transaction_id").expect("it is paid");
    let ask = |till: &Client, number: &str| {
        till.invoke("query", json!({ "transaction_id": number }).to_string())
    };
    let found = ask(&till, &number);
    assert_eq!(found.status(), OK, "{found:?}");
    assert_eq!(found.get("out_trade_no").as_ref(), Some(&sale.out_trade_no));
    shop.agrees(&sale, &found);
    // A till that knows nothing of it learns whose it is.
    let reader = shop.till_with("wxpay-journal.db", "other.db");
    let found = ask(&reader, &number);
    assert_eq!(found.status(), OK, "{found:?}");
    assert_eq!(found.get("out_trade_no").as_ref(), Some(&sale.out_trade_no));

    assert_eq!(ask(&till, "4200009999").status(), NOT_FOUND);
    let refused = ask(&till, "4200 0001");
    assert_eq!(refused.status(), E_ARGUMENT);
    assert_eq!(refused.get("field").as_deref(), Some("transaction_id"));
}

fn a_refund_by_name_is_the_refund(api: Api) {
    let shop = Shop::open_on(api);
    let till = shop.till();
    let [one, two] = [(); 2].map(|()| shop.sale(Scenario::Paid));
    for sale in [&one, &two] {
        assert_eq!(till.micropay(&sale.request()).status(), OK);
    }
    let typed = till.refund(&Request::refund(&one.out_trade_no, "TYPED-R1", FEE, 300));
    assert!([ACCEPTED, REFUNDED].contains(&typed.status()), "{typed:?}");
    let arguments = json!({
        "out_trade_no": two.out_trade_no,
        "out_refund_no": "NAMED-R1",
        "total_fee": FEE,
        "refund_fee": 300,
    });
    assert_alike(&typed, &till.invoke("refund", arguments.to_string()));
    let number = |number: &str| json!({ "out_refund_no": number }).to_string();
    while till.refund_query("NAMED-R1").status() == ACCEPTED {
        common::pause(5);
    }
    let typed = till.refund_query("TYPED-R1");
    assert_eq!(typed.status(), REFUNDED, "{typed:?}");
    assert_alike(&typed, &till.invoke("refund_query", number("NAMED-R1")));
    for sale in [&one, &two] {
        assert_eq!(shop.simulator.net_charged(&sale.out_trade_no), FEE - 300);
    }
    let typed = till.refund_query("NOBODYS1");
    let status = match api {
        Api::V2 | Api::V3 => NOT_FOUND,
        // 1.0 has to be told the order, too.
        Api::Fubei => E_ARGUMENT,
    };
    assert_eq!(typed.status(), status, "{typed:?}");
    assert_alike(&typed, &till.invoke("refund_query", number("NOBODYS1")));
}

fn a_notification_by_name_is_the_notification(api: Api) {
    let shop = Shop::open_on(api);
    let till = shop.till();
    let shown = till.prepay(&Request::order("NATIVE1", FEE));
    assert_eq!(shown.status(), OK, "{shown:?}");
    shop.simulator.payer("NATIVE1", PayerAction::Pay).unwrap();
    let notification = shop.simulator.notification_for_payment("NATIVE1", None);
    let notification = notification.unwrap();
    let headers = notification.header_lines();
    let typed = till.notify_decode(&headers, &notification.body);
    assert_eq!(
        (typed.status(), typed.get_int("replayed")),
        (OK, Some(0)),
        "{typed:?}"
    );
    assert_eq!(typed.get_int("total_fee"), Some(FEE));
    // The second time it is known.
    let typed = till.notify_decode(&headers, &notification.body);
    let body = String::from_utf8(notification.body).unwrap();
    let arguments = json!({ "headers": headers, "body": body });
    assert_alike(&typed, &till.invoke("notify_decode", arguments.to_string()));
    assert_eq!(typed.get_int("replayed"), Some(1), "{typed:?}");

    let typed = till.notify_decode("", "nonsense");
    let status = match api {
        Api::V2 | Api::Fubei => E_ARGUMENT,
        // Here the signature comes first.
        Api::V3 => E_FORGED,
    };
    assert_eq!(typed.status(), status, "{typed:?}");
    let arguments = json!({ "headers": "", "body": "nonsense" });
    assert_alike(&typed, &till.invoke("notify_decode", arguments.to_string()));
}

/// The ending again, by either way, without a request.
#[track_caller]
fn assert_replayed(shop: &Shop, till: &Client, sale: &Sale, first: &Outcome) {
    let about = |shop: &Shop| {
        let requests = shop.simulator.requests();
        requests
            .iter()
            .filter(|r| r.out_trade_no.as_ref() == Some(&sale.out_trade_no))
            .count()
    };
    let sent = about(shop);
    let typed = till.micropay(&sale.request());
    let by_name = till.invoke("micropay", arguments(sale));
    assert_alike(&typed, &by_name);
    assert_eq!(typed.status(), first.status(), "{typed:?}");
    assert_eq!(typed.get_int("replayed"), Some(1), "{typed:?}");
    let mut facts = first.json();
    facts["replayed"] = json!(1);
    // A payer's id is not on record.
    facts
        .as_object_mut()
        .expect("a result is an object")
        .remove("openid");
    assert_eq!(typed.json(), facts);
    shop.agrees(sale, &typed);
    assert_eq!(about(shop), sent, "something was sent");
}

#[test]
fn an_order_that_has_ended_is_replayed_and_nothing_is_sent() {
    let shop = Shop::open();
    let till = shop.till();
    thread::scope(|scope| {
        for (scenario, status) in [
            (Scenario::Paid, OK),
            (Scenario::AnswerLost, OK),
            (Scenario::NotEnough, DECLINED),
            (Scenario::PasswordNever, REVERSED),
            (Scenario::PasswordFailed, REVERSED),
            (Scenario::QueryWrongAmount, UNKNOWN),
        ] {
            let (shop, till) = (&shop, &till);
            scope.spawn(move || {
                let sale = shop.sale(scenario);
                let first = till.micropay(&sale.request());
                assert_eq!(first.status(), status, "{first:?}");
                assert_replayed(shop, till, &sale, &first);
                // Also by a till that is started anew.
                assert_replayed(shop, &shop.till(), &sale, &first);
            });
        }
    });
}

#[test]
fn the_same_number_for_another_sale_is_refused_with_the_facts_of_the_first() {
    let shop = Shop::open();
    let till = shop.till();
    thread::scope(|scope| {
        for (scenario, status_name) in [
            (Scenario::Paid, "WXPAY_OK"),
            (Scenario::NotEnough, "WXPAY_DECLINED"),
            (Scenario::PasswordNever, "WXPAY_REVERSED"),
            (Scenario::ReverseTradeError, "WXPAY_UNKNOWN"),
        ] {
            let (shop, till) = (&shop, &till);
            scope.spawn(move || {
                let sale = shop.sale(scenario);
                let first = till.micropay(&sale.request());
                assert_eq!(
                    first.get("status_name").as_deref(),
                    Some(status_name),
                    "{first:?}"
                );
                let before = shop.order(&sale).unwrap();
                let other_code = shop.sale(scenario).auth_code;
                for other in [
                    sale.request().with_int("total_fee", FEE - 1),
                    sale.request().with("body", "tea"),
                    sale.request().with("auth_code", other_code),
                    sale.request().with("attach", "more"),
                    sale.request().with("device_info", "7"),
                ] {
                    let outcome = till.micropay(&other);
                    assert_eq!(outcome.status(), E_DUPLICATE, "{outcome:?}");
                    assert_eq!(outcome.get_int("total_fee"), Some(FEE), "{outcome:?}");
                    assert_eq!(outcome.get("other_status").as_deref(), Some(status_name));
                    assert_eq!(outcome.get("transaction_id"), first.get("transaction_id"));
                    assert_eq!(
                        outcome.get("advice").as_deref(),
                        Some("hold"),
                        "{outcome:?}"
                    );
                }
                let changed = arguments(&sale).replace("coffee", "tea");
                let by_name = till.invoke("micropay", changed);
                assert_alike(
                    &till.micropay(&sale.request().with("body", "tea")),
                    &by_name,
                );
                let after = shop.order(&sale).unwrap();
                assert_eq!(
                    (after.submits, after.reverses),
                    (before.submits, before.reverses)
                );
                assert_eq!(after.net_fen, before.net_fen);
            });
        }
    });
}
