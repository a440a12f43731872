//! Answers that are not to be believed, and the forms of those that are.

use super::*;
use crate::common::{DECLINED, E_FORGED, NOT_FOUND, REVERSED, UNKNOWN};
use common::shop::FEE;
use wxpay_simulator::{Fault, FaultKind, PayingForm};

/// WeChat's probes of the signature check must end as the payment would without them.
#[test]
fn a_signature_probe_on_any_answer_ends_as_without_it() {
    type Case = (Scenario, &'static [Operation], u32, i32);
    let cases: [Case; 11] = [
        (Scenario::Paid, &[Operation::Micropay], 1, OK),
        (Scenario::PasswordPaid, &[Operation::Micropay], 1, OK),
        (Scenario::PasswordPaid, &[Operation::Orderquery], 1, OK),
        (Scenario::PasswordPaid, &[Operation::Orderquery], 3, OK),
        (Scenario::AnswerLost, &[Operation::Orderquery], 2, OK),
        (Scenario::SystemErrorBooked, &[Operation::Orderquery], 1, OK),
        (Scenario::NotEnough, &[Operation::Orderquery], 1, DECLINED),
        (
            Scenario::PasswordFailed,
            &[Operation::Orderquery],
            1,
            REVERSED,
        ),
        (Scenario::PasswordNever, &[Operation::Reverse], 1, REVERSED),
        (Scenario::PasswordNever, &[Operation::Reverse], 2, REVERSED),
        (Scenario::PasswordNever, &EVERY_OPERATION, 1, REVERSED),
    ];
    let settings = [
        keys_of(PlatformKeys::Both),
        Settings {
            sign_errors: true,
            ..keys_of(PlatformKeys::Certificates)
        },
    ];
    each(&settings, |settings| {
        let shop = Shop::with(settings.clone());
        let till = shop.till();
        each(&cases, |&(scenario, operations, times, status)| {
            let sale = shop.sale(scenario);
            for operation in operations {
                let probe = Fault::once(*operation, FaultKind::SignProbe).times(times);
                shop.simulator.fault(probe.for_order(&sale.out_trade_no));
            }
            pay(&shop, &till, &sale, status);
            assert_eq!(shop.count(&sale, Operation::Micropay), 1, "{scenario:?}");
        });
    });
}

#[test]
fn an_earlier_sales_answer_is_not_taken_for_this_one() {
    let shop = Shop::with(keys_of(PlatformKeys::Both));
    // A charge that never arrived is known as such once its code has expired.
    let till = shop.till_with("code_lifetime = \"4000ms\"", "code_lifetime = \"1500ms\"");
    // A sale that is paid, one that is asked about, and one that is closed.
    each(
        &[
            (Scenario::Paid, OK),
            (Scenario::AnswerLost, OK),
            (Scenario::PasswordNever, REVERSED),
        ],
        |&(scenario, status)| {
            pay(&shop, &till, &shop.sale(scenario), status);
        },
    );
    type Case = (Scenario, &'static [Operation], Option<u32>, i32);
    let cases: [Case; 6] = [
        (
            Scenario::AuthCodeExpired,
            &[Operation::Micropay],
            Some(1),
            REVERSED,
        ),
        (
            Scenario::PasswordNever,
            &[Operation::Micropay],
            Some(1),
            REVERSED,
        ),
        (
            Scenario::PasswordNever,
            &[Operation::Orderquery],
            Some(2),
            REVERSED,
        ),
        (
            Scenario::PasswordNever,
            &[Operation::Reverse],
            Some(1),
            REVERSED,
        ),
        (Scenario::Paid, &[Operation::Micropay], Some(1), OK),
        (
            Scenario::PasswordNever,
            &[Operation::Orderquery, Operation::Micropay],
            None,
            UNKNOWN,
        ),
    ];
    each(&cases, |&(scenario, operations, times, status)| {
        let sale = shop.sale(scenario);
        for operation in operations {
            let replay = Fault {
                times,
                ..Fault::once(*operation, FaultKind::Replay)
            };
            shop.simulator.fault(replay.for_order(&sale.out_trade_no));
        }
        let outcome = pay(&shop, &till, &sale, status);
        if status == UNKNOWN {
            let told = outcome.message().contains("another out_trade_no");
            assert!(told, "{outcome:?}");
            assert_eq!(outcome.get("transaction_id"), None, "{outcome:?}");
        }
    });
}

/// Its signature is good for five minutes; after that even the order's own answer is none.
#[test]
fn the_orders_own_answer_is_none_when_it_comes_again_later() {
    let shop = Shop::with(keys_of(PlatformKeys::Both));
    let till = shop.till();
    let sale = shop.sale(Scenario::AnswerLost);
    pay(&shop, &till, &sale, OK);
    let reader = shop.till_with("wxpay-journal.db", "other.db");
    assert_eq!(reader.query(&sale.out_trade_no).status(), OK);
    // Ten minutes later, by the gateway's clock, the money is given back.
    shop.simulator.set_skew(600);
    shop.simulator
        .payer(&sale.out_trade_no, wxpay_simulator::PayerAction::Refund)
        .expect("it is paid");
    let replay = Fault::always(Operation::Orderquery, FaultKind::Replay);
    shop.simulator.fault(replay);
    for till in [&reader, &shop.till_with("wxpay-journal.db", "third.db")] {
        let outcome = till.query(&sale.out_trade_no);
        assert_eq!(outcome.status(), E_FORGED, "{outcome:?}");
        assert!(outcome.message().contains("replay"), "{outcome:?}");
        assert_eq!(outcome.get("trade_state"), None, "{outcome:?}");
    }
    shop.simulator.clear_faults();
    let outcome = reader.query(&sale.out_trade_no);
    assert_eq!(outcome.status(), common::REFUNDED, "{outcome:?}");
}

#[test]
fn the_window_of_a_signature_has_two_sides() {
    let shop = Shop::with(keys_of(PlatformKeys::Both));
    let till = shop.till();
    for (seconds, status) in [
        (280, OK),
        (-280, OK),
        (310, E_FORGED),
        (-310, E_FORGED),
        (86_400, E_FORGED),
        (-86_400, E_FORGED),
        (1_000_000_000, E_FORGED),
        (-100_000_000_000_000_000, E_FORGED),
    ] {
        let sale = shop.sale(Scenario::Paid);
        pay(&shop, &till, &sale, OK);
        // A till of its own: what it learns from one answer is not what the next is held against.
        let name = format!("{}.db", sale.out_trade_no);
        let reader = shop.till_with("wxpay-journal.db", &name);
        let old = Fault::always(Operation::Orderquery, FaultKind::OldTimestamp { seconds });
        shop.simulator.fault(old.for_order(&sale.out_trade_no));
        let outcome = reader.query(&sale.out_trade_no);
        assert_eq!(outcome.status(), status, "{seconds}: {outcome:?}");
    }
}

#[test]
fn a_success_without_a_signature_is_none_and_an_error_without_one_is_heard() {
    let shop = Shop::with(keys_of(PlatformKeys::Both));
    let till = open(&hasty(&shop));
    let paid = shop.sale(Scenario::Paid);
    for operation in [Operation::Orderquery, Operation::Micropay] {
        let unsigned = Fault::always(operation, FaultKind::MissingSign);
        shop.simulator.fault(unsigned.for_order(&paid.out_trade_no));
    }
    let outcome = pay(&shop, &till, &paid, UNKNOWN);
    assert_eq!(outcome.get("transaction_id"), None, "{outcome:?}");
    let outcome = till.query(&paid.out_trade_no);
    assert_ne!(outcome.status(), OK, "{outcome:?}");
    assert!(
        outcome.message().contains("without a signature"),
        "{outcome:?}"
    );

    // Errors come unsigned, by the documents' own account.
    let refused = shop.sale(Scenario::NotEnough);
    let outcome = pay(&shop, &till, &refused, DECLINED);
    assert!(outcome.has_code("NOT_ENOUGH"), "{outcome:?}");
    assert_eq!(till.query("NEVERHEARDOF").status(), NOT_FOUND);
}

#[test]
fn an_error_that_is_signed_wrong_is_not_heard() {
    let shop = Shop::with(Settings {
        sign_errors: true,
        ..keys_of(PlatformKeys::Both)
    });
    let till = open(&hasty(&shop));
    assert_eq!(till.query("NEVERHEARDOF").status(), NOT_FOUND);
    each(
        &[
            FaultKind::WrongSign,
            FaultKind::OldTimestamp { seconds: 600 },
            FaultKind::UnknownSerial,
            FaultKind::MissingSerial,
        ],
        |kind| {
            let fault = |operation, sale: &Sale| {
                let fault = Fault::always(operation, kind.clone());
                shop.simulator.fault(fault.for_order(&sale.out_trade_no));
            };
            // The refusal of a charge: a query tells what is true.
            let sale = shop.sale(Scenario::NotEnough);
            fault(Operation::Micropay, &sale);
            let outcome = pay(&shop, &till, &sale, REVERSED);
            assert!(!outcome.has_code("NOT_ENOUGH"), "{kind:?}: {outcome:?}");
            let sale = shop.sale(Scenario::RefusedButPaid);
            fault(Operation::Micropay, &sale);
            pay(&shop, &till, &sale, OK);
            // "There is no such order" is not heard either.
            let sale = shop.sale(Scenario::RequestLost);
            fault(Operation::Orderquery, &sale);
            fault(Operation::Reverse, &sale);
            pay(&shop, &till, &sale, UNKNOWN);
            let outcome = till.query(&sale.out_trade_no);
            assert!(
                [UNKNOWN, E_FORGED].contains(&outcome.status()),
                "{kind:?}: {outcome:?}"
            );
        },
    );
}

/// The same sales in each form in which a charge says that the payer is typing the password.
#[test]
fn every_way_to_say_that_the_payer_is_typing_comes_to_the_same() {
    let forms = [PayingForm::Accepted, PayingForm::Ok, PayingForm::ErrorCode];
    let cases: Vec<_> = forms
        .into_iter()
        .flat_map(|form| [false, true].map(|sign_errors| (form, sign_errors)))
        .collect();
    each(&cases, |&(paying_form, sign_errors)| {
        let shop = Shop::with(Settings {
            paying_form,
            sign_errors,
            ..keys_of(PlatformKeys::Both)
        });
        let till = shop.till();
        each(
            &[
                (Scenario::PasswordPaid, OK),
                (Scenario::PasswordFailed, REVERSED),
                (Scenario::PasswordNever, REVERSED),
                (Scenario::PasswordBusyPaid, OK),
            ],
            |&(scenario, status)| {
                let sale = shop.sale(scenario);
                let outcome = pay(&shop, &till, &sale, status);
                assert_eq!(
                    shop.count(&sale, Operation::Micropay),
                    1,
                    "{paying_form:?}: {outcome:?}"
                );
                let net = shop.simulator.net_charged(&sale.out_trade_no);
                assert_eq!(net, if status == OK { FEE } else { 0 });
            },
        );
        // Cancelled at the prompt.
        let sale = shop.sale(Scenario::PasswordNever);
        let mut task = start_until(&shop, &till, &sale, |order| order.queries >= 1);
        assert_eq!(till.cancel(&sale.out_trade_no).status(), OK);
        ended(&shop, &sale, &task.wait(-1), REVERSED);
    });
}

/// A 202 is no payment, whatever else it says.
#[test]
fn accepted_is_not_paid() {
    let shop = Shop::with(keys_of(PlatformKeys::Both));
    let till = shop.till_with("code_lifetime = \"4000ms\"", "code_lifetime = \"1500ms\"");
    let sale = shop.sale(Scenario::Paid);
    let page = FaultKind::Http {
        status: 202,
        executed: false,
    };
    shop.simulator.fault(Fault::once(Operation::Micropay, page));
    pay(&shop, &till, &sale, REVERSED);
}
