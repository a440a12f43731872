//! Notifications through the C function: what the till is told, what is on record afterwards, and what
//! hostile senders can do to either.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::on_every_gateway;
use common::program::{hold_lock, lock};
use common::shop::{FEE, Shop, quick_on};
use common::{
    ACCEPTED, Client, DECLINED, E_ARGUMENT, E_DUPLICATE, E_FORGED, OK, Outcome, REFUNDED, Request,
    UNKNOWN, each,
};
use serde_json::Value;
use wxpay_simulator::{
    Api, HostState, Notification, NotificationError, NotificationFault, Operation, PayerAction,
    PlatformKeys, PlatformSigner, RefundAction, Scenario, Settings, Timing,
};

on_every_gateway! {
    a_payment_is_proven_put_on_record_and_the_same_however_often_it_comes,
    a_payment_that_a_task_waits_for_ends_once_whoever_tells_it_first,
    a_payment_that_comes_several_times_at_once_is_told_alike,
    an_order_that_the_journal_does_not_know_is_told_and_stays_unknown_to_it,
    a_refund_that_was_accepted_ends_as_its_notification_says,
    a_refund_that_the_journal_does_not_know_is_told,
    every_fault_of_a_payments_notification_ends_as_the_table_says,
    every_fault_of_a_refunds_notification_ends_as_the_table_says,
    a_byte_changed_anywhere_tells_nothing_else,
    a_clock_that_is_a_day_off_refuses_nothing_genuine,
    a_journal_that_cannot_be_written_asks_for_it_again,
}

const BACK: i64 = 100;

/// A shop whose refunds end when the test says so.
fn open_on(api: Api) -> Shop {
    open_with(quick_on(api))
}

fn open_with(settings: Settings) -> Shop {
    let timing = Timing {
        refund_ms: 3_600_000,
        ..settings.timing
    };
    Shop::with(Settings { timing, ..settings })
}

/// A till whose journal knows nothing of what the others did.
fn stranger(shop: &Shop) -> Client {
    shop.till_with("wxpay-journal.db", "other.db")
}

fn told(till: &Client, notification: &Notification) -> Outcome {
    till.notify_decode(notification.header_lines(), &notification.body)
}

fn order(number: &str) -> Request {
    Request::order(number, FEE)
}

/// An order that was shown and is paid, which nobody has told the till yet.
#[track_caller]
fn paid(shop: &Shop, till: &Client, number: &str) {
    let shown = till.prepay(&order(number));
    assert_eq!(shown.status(), OK, "{shown:?}");
    shop.simulator.payer(number, PayerAction::Pay).unwrap();
}

fn payment(shop: &Shop, number: &str) -> Notification {
    let made = shop.simulator.notification_for_payment(number, None);
    made.unwrap()
}

fn refund_request(number: &str) -> Request {
    Request::refund(number, &format!("{number}R"), FEE, BACK)
}

/// A refund that the till knows as accepted, and that has since ended like this.
#[track_caller]
fn refunded(shop: &Shop, till: &Client, number: &str, action: RefundAction) {
    let sale = shop.sale(Scenario::Paid);
    let request = Request::sale(number, &sale.auth_code, FEE);
    assert_eq!(till.micropay(&request).status(), OK);
    let request = refund_request(number).with("notify_url", "https://shop.example/wxpay");
    let accepted = till.refund(&request);
    assert_eq!(accepted.status(), ACCEPTED, "{accepted:?}");
    let ended = shop.simulator.refund_action(&format!("{number}R"), action);
    ended.unwrap();
}

fn refund(shop: &Shop, number: &str) -> Notification {
    let made = shop
        .simulator
        .notification_for_refund(&format!("{number}R"), None);
    made.unwrap()
}

/// What is answered has to fit what became of it, in the API's words.
#[track_caller]
fn answered(api: Api, outcome: &Outcome, http_status: i64) {
    assert_eq!(
        outcome.get_int("reply_status"),
        Some(http_status),
        "{outcome:?}"
    );
    let word = match (api, http_status) {
        (Api::Fubei, 200) => "success",
        (Api::Fubei, _) => "fail",
        (_, 200) => "SUCCESS",
        _ => "FAIL",
    };
    let (kind, said) = match api {
        Api::V2 => (
            "text/xml",
            format!("<return_code><![CDATA[{word}]]></return_code>"),
        ),
        Api::V3 => ("application/json", format!("\"code\":\"{word}\"")),
        Api::Fubei => ("text/plain; charset=utf-8", word.to_owned()),
    };
    assert_eq!(outcome.get("reply_type").as_deref(), Some(kind));
    let reply = outcome.get("reply").unwrap();
    assert!(reply.contains(&said), "{reply}");
}

/// The payment of an order, as the ledger has it.
#[track_caller]
fn is_paid(shop: &Shop, number: &str, outcome: &Outcome) {
    assert_eq!(outcome.status(), OK, "{outcome:?}");
    answered(shop.api(), outcome, 200);
    assert_eq!(outcome.get("notification").as_deref(), Some("payment"));
    assert_eq!(outcome.get("out_trade_no").as_deref(), Some(number));
    assert_eq!(outcome.get_int("total_fee"), Some(FEE));
    let ledger = shop.simulator.ledger();
    let booked = ledger.order(number).unwrap();
    assert_eq!(outcome.get("transaction_id"), booked.transaction_id);
    let v3 = shop.api() == Api::V3;
    assert_eq!(outcome.get("event_id").is_some(), v3, "{outcome:?}");
    assert_eq!(shop.simulator.net_charged(number), FEE);
}

#[track_caller]
fn is_refunded(shop: &Shop, number: &str, outcome: &Outcome) {
    assert_eq!(outcome.status(), REFUNDED, "{outcome:?}");
    answered(shop.api(), outcome, 200);
    assert_eq!(outcome.get("notification").as_deref(), Some("refund"));
    assert_eq!(outcome.get("out_trade_no").as_deref(), Some(number));
    assert_eq!(outcome.get("out_refund_no"), Some(format!("{number}R")));
    assert_eq!(outcome.get_int("refund_fee"), Some(BACK));
    assert!(outcome.get("refund_id").is_some(), "{outcome:?}");
}

#[track_caller]
fn knows(outcome: &Outcome, known: i64, replayed: i64) {
    let have = (outcome.get_int("known"), outcome.get_int("replayed"));
    assert_eq!(have, (Some(known), Some(replayed)), "{outcome:?}");
}

/// With every host down, only the journal can say anything.
fn set_hosts(shop: &Shop, state: HostState) {
    for host in 0..shop.simulator.hosts().len() {
        shop.simulator.set_host(host, state).unwrap();
    }
}

fn a_payment_is_proven_put_on_record_and_the_same_however_often_it_comes(api: Api) {
    let shop = open_on(api);
    let till = shop.till();
    paid(&shop, &till, "NATIVE1");
    let first = payment(&shop, "NATIVE1");
    for (notification, replayed) in [
        (&first, 0),
        (&first, 1),
        // Signed anew, as a later attempt is.
        (&payment(&shop, "NATIVE1"), 1),
        (&first, 1),
    ] {
        let outcome = told(&till, notification);
        is_paid(&shop, "NATIVE1", &outcome);
        knows(&outcome, 1, replayed);
    }
    let requests = shop.simulator.requests();
    let queries = requests.iter().filter(|request| {
        request.out_trade_no.as_deref() == Some("NATIVE1")
            && request.operation == Some(Operation::Orderquery)
    });
    assert_eq!(queries.count(), 0, "nobody was asked");
    set_hosts(&shop, HostState::Down);
    let shown = till.prepay(&order("NATIVE1"));
    assert_eq!(shown.status(), E_DUPLICATE, "{shown:?}");
    assert_eq!(shown.get("other_status").as_deref(), Some("WXPAY_OK"));
    assert!(shown.get("code_url").is_none(), "{shown:?}");
    let recovered = till.recover();
    assert_eq!(recovered.get_int("open"), Some(0), "{recovered:?}");
    set_hosts(&shop, HostState::Up);
    let queried = till.query("NATIVE1");
    assert_eq!(queried.status(), OK, "{queried:?}");
    assert_eq!(queried.get("transaction_id"), shown.get("transaction_id"));
}

fn a_payment_that_a_task_waits_for_ends_once_whoever_tells_it_first(api: Api) {
    let shop = open_on(api);
    let till = shop.till();
    for number in ["NATIVE1", "NATIVE2", "NATIVE3"] {
        let (mut task, _) = till.start_prepay(&order(number)).unwrap();
        shop.simulator.payer(number, PayerAction::Pay).unwrap();
        let notification = payment(&shop, number);
        let outcome = told(&till, &notification);
        is_paid(&shop, number, &outcome);
        assert_eq!(outcome.get_int("known"), Some(1), "{outcome:?}");
        let ended = task.wait(-1);
        assert_eq!(ended.status(), OK, "{ended:?}");
        assert_eq!(ended.get("transaction_id"), outcome.get("transaction_id"));
        let again = told(&till, &notification);
        is_paid(&shop, number, &again);
        knows(&again, 1, 1);
    }
    assert_eq!(till.recover().get_int("open"), Some(0));
}

fn a_payment_that_comes_several_times_at_once_is_told_alike(api: Api) {
    let shop = open_on(api);
    let till = shop.till();
    paid(&shop, &till, "NATIVE1");
    let notification = payment(&shop, "NATIVE1");
    each(&[(); 16], |()| {
        let outcome = told(&till, &notification);
        assert_eq!(outcome.status(), OK, "{outcome:?}");
        // Who comes while another one is put on record may be asked to come again.
        let reply = outcome.get_int("reply_status");
        assert!([Some(200), Some(500)].contains(&reply), "{outcome:?}");
    });
    let last = told(&till, &notification);
    is_paid(&shop, "NATIVE1", &last);
    knows(&last, 1, 1);
}

fn an_order_that_the_journal_does_not_know_is_told_and_stays_unknown_to_it(api: Api) {
    let shop = open_on(api);
    paid(&shop, &shop.till(), "NATIVE1");
    let server = stranger(&shop);
    for _ in 0..2 {
        let outcome = told(&server, &payment(&shop, "NATIVE1"));
        is_paid(&shop, "NATIVE1", &outcome);
        knows(&outcome, 0, 0);
    }
    assert_eq!(server.recover().json()["orders"], serde_json::json!([]));
    // Nobody here can say what was asked, so the amount is told as it is.
    let fault = Some(NotificationFault::WrongAmount);
    let made = shop.simulator.notification_for_payment("NATIVE1", fault);
    let outcome = told(&server, &made.unwrap());
    assert_eq!(outcome.status(), OK, "{outcome:?}");
    assert_eq!(outcome.get_int("total_fee"), Some(FEE + 1));
    knows(&outcome, 0, 0);
}

fn a_refund_that_was_accepted_ends_as_its_notification_says(api: Api) {
    let shop = open_on(api);
    let till = shop.till();
    refunded(&shop, &till, "SALE-1", RefundAction::Succeed);
    let notification = refund(&shop, "SALE-1");
    for replayed in [0, 1, 1] {
        let outcome = told(&till, &notification);
        is_refunded(&shop, "SALE-1", &outcome);
        knows(&outcome, 1, replayed);
    }
    for (number, action) in [
        ("SALE-2", RefundAction::Fail),
        ("SALE-3", RefundAction::Close),
    ] {
        refunded(&shop, &till, number, action);
        let notification = refund(&shop, number);
        for replayed in [0, 1] {
            let outcome = told(&till, &notification);
            assert_eq!(outcome.status(), DECLINED, "{outcome:?}");
            answered(api, &outcome, 200);
            knows(&outcome, 1, replayed);
            assert_eq!(outcome.get("code"), outcome.get("refund_status"));
        }
    }
    let asked = shop.simulator.requests();
    let questions = asked
        .iter()
        .filter(|request| request.operation == Some(Operation::RefundQuery));
    assert_eq!(questions.count(), 0, "nobody was asked");
    set_hosts(&shop, HostState::Down);
    for (number, status) in [
        ("SALE-1", REFUNDED),
        ("SALE-2", DECLINED),
        ("SALE-3", DECLINED),
    ] {
        let request = refund_request(number).with("notify_url", "https://shop.example/wxpay");
        let replayed = till.refund(&request);
        assert_eq!(replayed.status(), status, "{replayed:?}");
        assert_eq!(replayed.get_int("replayed"), Some(1));
    }
}

fn a_refund_that_the_journal_does_not_know_is_told(api: Api) {
    let shop = open_on(api);
    refunded(&shop, &shop.till(), "SALE-1", RefundAction::Succeed);
    let server = stranger(&shop);
    for _ in 0..2 {
        let outcome = told(&server, &refund(&shop, "SALE-1"));
        is_refunded(&shop, "SALE-1", &outcome);
        knows(&outcome, 0, 0);
    }
}

const FAULTS: [NotificationFault; 10] = [
    NotificationFault::MissingSignature,
    NotificationFault::WrongSignature,
    NotificationFault::SignProbe,
    NotificationFault::OldTimestamp { seconds: 320 },
    NotificationFault::OldTimestamp { seconds: -320 },
    NotificationFault::UnknownSerial,
    NotificationFault::TamperedCiphertext,
    NotificationFault::WrongAmount,
    NotificationFault::ForeignMerchant,
    NotificationFault::Doctype,
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Payment,
    Refund,
}

/// How a notification with a fault ends; `None`: there is none such.
fn ending(api: Api, kind: Kind, fault: NotificationFault) -> Option<i32> {
    use NotificationFault as F;
    match (api, fault) {
        (_, F::WrongAmount) => Some(UNKNOWN),
        // A merchant's own callbacks do not name him, and nothing in them is encrypted.
        (Api::Fubei, F::MissingSignature | F::WrongSignature) => Some(E_FORGED),
        (Api::Fubei, _) => None,
        (_, F::ForeignMerchant) => Some(E_FORGED),
        (
            Api::V3,
            F::MissingSignature
            | F::WrongSignature
            | F::SignProbe
            | F::OldTimestamp { .. }
            | F::UnknownSerial
            | F::TamperedCiphertext,
        ) => Some(E_FORGED),
        (Api::V3, F::Doctype) => None,
        // Of rides alone, and those of tests/hostile/.
        (_, F::ForeignOrder | F::NoJson | F::BadPadding | F::Hostile { .. }) => None,
        (Api::V2, F::SignProbe | F::OldTimestamp { .. } | F::UnknownSerial) => None,
        // Refunds of APIv2 are encrypted and not signed, payments are the other way round.
        (Api::V2, F::MissingSignature | F::WrongSignature) => {
            (kind == Kind::Payment).then_some(E_FORGED)
        }
        (Api::V2, F::TamperedCiphertext) => (kind == Kind::Refund).then_some(E_FORGED),
        (Api::V2, F::Doctype) => Some(E_ARGUMENT),
    }
}

/// Plays every fault against an order of its own: told as the table says, nothing of it reported
/// unless it is proven, and the journal ready for the real one, which follows.
fn every_fault(
    api: Api,
    kind: Kind,
    prepare: impl Fn(&Shop, &Client, &str),
    make: impl Fn(&Shop, &str, Option<NotificationFault>) -> Result<Notification, NotificationError>,
    genuine: impl Fn(&Shop, &str, &Outcome),
) {
    let shop = open_on(api);
    let till = shop.till();
    for (index, fault) in FAULTS.into_iter().enumerate() {
        let number = format!("ORDER{index}");
        prepare(&shop, &till, &number);
        let made = make(&shop, &number, Some(fault));
        let Some(status) = ending(api, kind, fault) else {
            assert_eq!(made, Err(NotificationError::Fault(fault)));
            continue;
        };
        let outcome = told(&till, &made.unwrap());
        assert_eq!(outcome.status(), status, "{fault:?}: {outcome:?}");
        if status == UNKNOWN {
            answered(api, &outcome, 200);
            knows(&outcome, 1, 0);
            let advice = match kind {
                Kind::Payment => "call_support",
                Kind::Refund => "hold",
            };
            assert_eq!(outcome.get("advice").as_deref(), Some(advice));
        } else {
            answered(api, &outcome, if status == E_FORGED { 401 } else { 400 });
            for fact in [
                "notification",
                "out_trade_no",
                "out_refund_no",
                "transaction_id",
                "refund_id",
                "total_fee",
                "known",
            ] {
                assert_eq!(outcome.get(fact), None, "{fault:?}: {outcome:?}");
            }
        }
        let real = told(&till, &make(&shop, &number, None).unwrap());
        genuine(&shop, &number, &real);
        knows(&real, 1, 0);
    }
}

fn every_fault_of_a_payments_notification_ends_as_the_table_says(api: Api) {
    let make =
        |shop: &Shop, number: &str, fault| shop.simulator.notification_for_payment(number, fault);
    every_fault(api, Kind::Payment, paid, make, is_paid);
}

fn every_fault_of_a_refunds_notification_ends_as_the_table_says(api: Api) {
    let prepare = |shop: &Shop, till: &Client, number: &str| {
        refunded(shop, till, number, RefundAction::Succeed);
    };
    let make = |shop: &Shop, number: &str, fault| {
        let number = format!("{number}R");
        shop.simulator.notification_for_refund(&number, fault)
    };
    every_fault(api, Kind::Refund, prepare, make, is_refunded);
}

/// What a till goes by.
fn facts(outcome: &Outcome) -> Vec<Value> {
    let json = outcome.json();
    let names = [
        "status",
        "notification",
        "out_trade_no",
        "out_refund_no",
        "transaction_id",
        "refund_id",
        "total_fee",
        "refund_fee",
        "refund_status",
        "known",
    ];
    names.map(|name| json[name].clone()).to_vec()
}

fn a_byte_changed_anywhere_tells_nothing_else(api: Api) {
    let shop = open_on(api);
    let till = shop.till();
    paid(&shop, &till, "NATIVE1");
    refunded(&shop, &till, "SALE-1", RefundAction::Succeed);
    let server = stranger(&shop);
    for (notification, status) in [
        (payment(&shop, "NATIVE1"), OK),
        (refund(&shop, "SALE-1"), REFUNDED),
    ] {
        let (headers, body) = (notification.header_lines(), notification.body);
        let mut refused = 0;
        for till in [&till, &server] {
            let genuine = till.notify_decode(&headers, &body);
            assert_eq!(genuine.status(), status, "{genuine:?}");
            let mut check = |headers: &[u8], body: &[u8], place: String| {
                let outcome = till.notify_decode(headers, body);
                if [OK, REFUNDED, DECLINED, ACCEPTED].contains(&outcome.status()) {
                    assert_eq!(facts(&outcome), facts(&genuine), "{place}: {outcome:?}");
                } else {
                    assert!(
                        [E_FORGED, E_ARGUMENT, UNKNOWN].contains(&outcome.status()),
                        "{place}: {outcome:?}"
                    );
                    refused += 1;
                }
            };
            for at in (0..headers.len()).step_by(16) {
                let mut changed = headers.clone().into_bytes();
                changed[at] ^= 1;
                check(&changed, &body, format!("headers, byte {at}"));
            }
            for at in (0..body.len()).step_by(16) {
                let mut changed = body.clone();
                changed[at] ^= 1;
                check(
                    headers.as_bytes(),
                    &changed,
                    format!("body, byte {at} of {}", body.len()),
                );
                check(
                    headers.as_bytes(),
                    &body[..at],
                    format!("body, cut at {at}"),
                );
            }
        }
        assert!(refused > body.len() / 16, "{refused} refused");
    }
}

fn a_clock_that_is_a_day_off_refuses_nothing_genuine(api: Api) {
    for skew_seconds in [-86_400, 86_400] {
        let shop = open_with(Settings {
            skew_seconds,
            ..quick_on(api)
        });
        paid(&shop, &shop.till(), "NATIVE1");
        // It has heard of nothing, so the notification is the first it hears.
        let server = stranger(&shop);
        is_paid(&shop, "NATIVE1", &told(&server, &payment(&shop, "NATIVE1")));
        if api != Api::V3 {
            continue;
        }
        // One of these is of the hour that the machine believes in.
        for seconds in [320, -320, 86_400, -86_400] {
            let old = Some(NotificationFault::OldTimestamp { seconds });
            let old = shop.simulator.notification_for_payment("NATIVE1", old);
            let outcome = told(&server, &old.unwrap());
            assert_eq!(outcome.status(), E_FORGED, "{seconds}: {outcome:?}");
        }
    }
}

fn a_journal_that_cannot_be_written_asks_for_it_again(api: Api) {
    let shop = open_on(api);
    let till = shop.till();
    paid(&shop, &till, "NATIVE1");
    refunded(&shop, &till, "SALE-1", RefundAction::Succeed);
    let holder = lock(&shop.journal());
    let cases = [
        (payment(&shop, "NATIVE1"), OK),
        (refund(&shop, "SALE-1"), REFUNDED),
    ];
    each(&cases, |(notification, status)| {
        let outcome = told(&till, notification);
        assert_eq!(
            outcome.status(),
            *status,
            "proven all the same: {outcome:?}"
        );
        answered(api, &outcome, 500);
        knows(&outcome, 1, 0);
    });
    drop(holder);
    for replayed in [0, 1] {
        let outcome = told(&till, &payment(&shop, "NATIVE1"));
        is_paid(&shop, "NATIVE1", &outcome);
        knows(&outcome, 1, replayed);
        let outcome = told(&till, &refund(&shop, "SALE-1"));
        is_refunded(&shop, "SALE-1", &outcome);
        knows(&outcome, 1, replayed);
    }
}

/// Does nothing unless [`lock`] has started it.
#[test]
fn holds_the_lock_it_is_told_to() {
    hold_lock();
}

/// How often platform certificates were asked for.
fn downloads(shop: &Shop) -> usize {
    let requests = shop.simulator.requests();
    requests
        .iter()
        .filter(|request| request.operation == Some(Operation::Certificates))
        .count()
}

/// Whether a till of the shop has written what it fetched.
fn has_kept_certificates(shop: &Shop) -> bool {
    let mch_id = &shop.simulator.merchant().mch_id;
    let name = format!("wxpay-journal-platform-certificates-{mch_id}.pem");
    shop.folder.path().join(name).exists()
}

#[test]
fn a_key_that_was_rotated_is_fetched_once_and_no_made_up_one_more_often() {
    for platform_keys in [PlatformKeys::Certificates, PlatformKeys::Both] {
        let shop = open_with(Settings {
            platform_keys,
            platform_signer: PlatformSigner::Certificate,
            ..quick_on(Api::V3)
        });
        // A download is not repeated within a minute, so this till's is left to another one.
        let first = shop.till();
        assert_eq!(first.prepay(&order("NATIVE1")).status(), OK);
        while !has_kept_certificates(&shop) {
            common::pause(5);
        }
        drop(first);
        let till = shop.till();
        paid(&shop, &till, "NATIVE1");
        let before = downloads(&shop);
        shop.simulator.rotate_platform_key().unwrap();
        for replayed in [0, 1, 1] {
            let outcome = told(&till, &payment(&shop, "NATIVE1"));
            is_paid(&shop, "NATIVE1", &outcome);
            knows(&outcome, 1, replayed);
        }
        assert_eq!(downloads(&shop), before + 1);
        for _ in 0..5 {
            let fault = Some(NotificationFault::UnknownSerial);
            let made = shop.simulator.notification_for_payment("NATIVE1", fault);
            let outcome = told(&till, &made.unwrap());
            assert_eq!(outcome.status(), E_FORGED, "{outcome:?}");
        }
        assert_eq!(downloads(&shop), before + 1);
    }
}
