//! Answers: nobody signs them, no table lists their codes, and they come in several forms.

use super::*;
use crate::common::{DECLINED, REVERSED, UNKNOWN, each};
use wxpay_simulator::{Fault, FaultKind, FubeiData, FubeiRefused};

#[test]
fn a_refusal_is_final_only_after_two_queries_wherever_its_code_stands() {
    let mut cases = Vec::new();
    for way in WAYS_IN {
        for sub_code_in_data in [false, true] {
            for data in [FubeiData::Object, FubeiData::Text] {
                let forms = FubeiForms {
                    sub_code_in_data,
                    data,
                    ..FubeiForms::default()
                };
                cases.push((way, forms));
            }
        }
    }
    each(&cases, |(way, forms)| {
        let shop = Shop::with(settings(way.0, way.1, *forms));
        let till = shop.till();
        for (scenario, code) in [
            (Scenario::NotEnough, "NOTENOUGH"),
            (Scenario::AuthCodeExpired, "AUTHCODEEXPIRE"),
            (Scenario::UnlistedCode, "PAYER_ON_HOLIDAY"),
            (Scenario::NoAuth, "NOAUTH"),
        ] {
            let sale = shop.sale(scenario);
            let outcome = pay(&shop, &till, &sale);
            assert_eq!(outcome.status(), DECLINED, "{way:?}: {outcome:?}");
            assert!(outcome.has_code(code), "{forms:?}: {outcome:?}");
            let asked = shop.count(&sale, Operation::Orderquery);
            assert_eq!(asked, 2, "{scenario:?}");
            assert_eq!(shop.count(&sale, Operation::Reverse), 0);
        }
        let sale = shop.sale(Scenario::RefusedButPaid);
        let outcome = pay(&shop, &till, &sale);
        assert_eq!(outcome.status(), OK, "{forms:?}: {outcome:?}");
        assert_eq!(outcome.get("code"), None, "{outcome:?}");
    });
}

#[test]
fn a_refused_order_that_is_still_open_is_undone_and_not_called_declined() {
    let mut settings = settings(FubeiApi::V1, FubeiLevel::Merchant, FubeiForms::default());
    settings.fubei.refused = FubeiRefused::Unpaid;
    let shop = Shop::with(settings);
    let till = shop.till();
    for scenario in [
        Scenario::NotEnough,
        Scenario::CardNotSupported,
        Scenario::TradeError,
    ] {
        let sale = shop.sale(scenario);
        let outcome = pay(&shop, &till, &sale);
        assert_eq!(outcome.status(), REVERSED, "{scenario:?}: {outcome:?}");
        assert_eq!(outcome.get("reversal").as_deref(), Some("completed"));
    }
}

#[test]
fn a_lacking_comma_makes_an_answer_unclear_never_a_failure() {
    for way in WAYS_IN {
        for data in [FubeiData::Object, FubeiData::Text] {
            let forms = FubeiForms {
                data,
                ..FubeiForms::default()
            };
            let shop = Shop::with(settings(way.0, way.1, forms));
            let till = shop.till();
            let cases = [
                (Scenario::Paid, Operation::Micropay, OK),
                (Scenario::PasswordPaid, Operation::Micropay, OK),
                (Scenario::NotEnough, Operation::Micropay, REVERSED),
                (Scenario::AnswerLost, Operation::Orderquery, OK),
                (Scenario::PasswordNever, Operation::Reverse, REVERSED),
            ];
            each(&cases, |(scenario, operation, status)| {
                let sale = shop.sale(*scenario);
                let fault = Fault::once(*operation, FaultKind::MissingComma);
                shop.simulator.fault(fault.for_order(&sale.out_trade_no));
                let outcome = pay(&shop, &till, &sale);
                let context = format!("{way:?} {scenario:?} {operation:?}: {outcome:?}");
                assert_eq!(outcome.status(), *status, "{context}");
                assert_eq!(shop.count(&sale, Operation::Micropay), 1, "{context}");
            });
        }
    }
}

#[test]
fn an_answer_about_another_merchant_is_as_good_as_none() {
    // 1.0 never says for whom it answers.
    for way in &WAYS_IN[1..] {
        let shop = shop_at(*way);
        let till = shop.till();
        let once = shop.sale(Scenario::Paid);
        let fault = Fault::once(Operation::Micropay, FaultKind::ForeignMerchant);
        shop.simulator.fault(fault.for_order(&once.out_trade_no));
        assert_eq!(pay(&shop, &till, &once).status(), OK, "{way:?}");
        let asked = shop.count(&once, Operation::Orderquery);
        let vendor = way.1 == FubeiLevel::Vendor;
        // A merchant's own configuration does not know his number.
        assert_eq!(asked, usize::from(vendor), "{way:?}");
    }
    let shop = shop_at(WAYS_IN[2]);
    let sale = shop.sale(Scenario::Paid);
    for operation in [
        Operation::Micropay,
        Operation::Orderquery,
        Operation::Reverse,
    ] {
        shop.simulator
            .fault(Fault::always(operation, FaultKind::ForeignMerchant));
    }
    let till = shop.till_with("reverse_budget = \"3000ms\"", "reverse_budget = \"1000ms\"");
    let outcome = pay(&shop, &till, &sale);
    assert_eq!(outcome.status(), UNKNOWN, "{outcome:?}");
    shop.simulator.clear_faults();
    let recovered = till.recover();
    assert_eq!(recovered.status(), OK, "{recovered:?}");
    let told = recovered.json()["orders"][0]["status"].clone();
    let charged = if told == OK { FEE } else { 0 };
    assert_eq!(shop.simulator.net_charged(&sale.out_trade_no), charged);
}

#[test]
fn a_reverse_under_way_is_awaited() {
    let mut settings = settings(FubeiApi::V1, FubeiLevel::Merchant, FubeiForms::default());
    settings.timing.revoking_ms = 500;
    let shop = Shop::with(settings);
    let till = shop.till();
    let sale = shop.sale(Scenario::Paid);
    assert_eq!(pay(&shop, &till, &sale).status(), OK);
    let reversed = till.reverse(&sale.out_trade_no);
    assert_eq!(reversed.status(), REVERSED, "{reversed:?}");
    assert_eq!(reversed.get("trade_state").as_deref(), Some("REVOKED"));
    assert_eq!(shop.simulator.net_charged(&sale.out_trade_no), 0);
    assert!(shop.count(&sale, Operation::Orderquery) > 1);
}
