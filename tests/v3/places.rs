//! Partners with their shops, and Hong Kong.

use super::*;
use crate::common::{DECLINED, E_ARGUMENT, NOT_FOUND, REFUNDED, REVERSED, Request, UNKNOWN};
use common::shop::FEE;
use wxpay_simulator::{Fault, FaultKind, Merchant, PayerAction, Region, State};

const SHOPS: [&str; 2] = ["1900000109", "1900000110"];

fn partner() -> Shop {
    let merchant = Merchant {
        sub_mch_ids: SHOPS.map(str::to_owned).to_vec(),
        ..Merchant::example()
    };
    Shop::with(Settings {
        merchants: vec![merchant],
        ..keys_of(PlatformKeys::Both)
    })
}

/// Every scenario of interest, for the configured shop and for one that the request names.
#[test]
fn a_partner_pays_asks_and_reverses_for_the_shop_that_is_meant() {
    let shop = partner();
    let configured = shop.till();
    let open_to_all = open(&config_without(&shop.config(), &["sub_mchid"], ""));
    let cases = [
        (&configured, None, SHOPS[0]),
        (&configured, Some(SHOPS[1]), SHOPS[1]),
        (&open_to_all, Some(SHOPS[0]), SHOPS[0]),
        (&open_to_all, Some(SHOPS[1]), SHOPS[1]),
    ];
    let plays = [
        (Scenario::Paid, OK),
        (Scenario::PasswordPaid, OK),
        (Scenario::AnswerLost, OK),
        (Scenario::PasswordNever, REVERSED),
        (Scenario::NotEnough, DECLINED),
    ];
    let cases: Vec<_> = cases
        .into_iter()
        .flat_map(|case| plays.map(|play| (case, play)))
        .collect();
    each(&cases, |&((till, named, expected), (scenario, status))| {
        let sale = shop.sale(scenario);
        let mut request = sale.request();
        if let Some(named) = named {
            request = request.with("sub_mch_id", named);
        }
        let outcome = till.micropay(&request);
        ended(&shop, &sale, &outcome, status);
        let order = shop.order(&sale).expect("it was booked");
        assert_eq!(
            order.sub_mch_id.as_deref(),
            Some(expected),
            "{named:?} {scenario:?}"
        );
        // Afterwards, by the number alone.
        let outcome = till.query(&sale.out_trade_no);
        assert_eq!(
            outcome.status() == OK,
            status == OK,
            "{named:?} {scenario:?}: {outcome:?}"
        );
        if scenario == Scenario::Paid {
            let outcome = till.reverse(&sale.out_trade_no);
            assert_eq!(outcome.status(), REVERSED, "{named:?}: {outcome:?}");
            assert_eq!(shop.simulator.net_charged(&sale.out_trade_no), 0);
        }
    });
}

#[test]
fn a_partner_must_name_a_shop_and_may_not_name_a_strangers() {
    let shop = partner();
    let till = open(&config_without(&shop.config(), &["sub_mchid"], ""));
    let sale = shop.sale(Scenario::Paid);
    let outcome = till.micropay(&sale.request());
    assert_eq!(outcome.status(), E_ARGUMENT, "{outcome:?}");
    assert_eq!(
        outcome.get("field").as_deref(),
        Some("sub_mch_id"),
        "{outcome:?}"
    );
    assert!(shop.operations(&sale).is_empty());
    let outcome = till.micropay(&sale.request().with("sub_mch_id", "1900009999"));
    assert_eq!(
        shop.simulator.net_charged(&sale.out_trade_no),
        0,
        "{outcome:?}"
    );
    assert_ne!(outcome.status(), OK, "{outcome:?}");
    assert!(!outcome.message().is_empty());
    // A merchant of his own has no shops.
    let own = Shop::open_on(Api::V3);
    let outcome = own.till().micropay(
        &own.sale(Scenario::Paid)
            .request()
            .with("sub_mch_id", SHOPS[0]),
    );
    assert_eq!(outcome.status(), E_ARGUMENT, "{outcome:?}");
}

/// A till that was closed in mid-payment remembers whose sale it was.
#[test]
fn a_recovery_asks_for_the_shop_that_the_request_had_named() {
    let shop = partner();
    let config = config_without(&shop.config(), &["sub_mchid"], "");
    let till = open(&config);
    let sales = [
        (Scenario::PasswordPaid, SHOPS[0]),
        (Scenario::PasswordNever, SHOPS[1]),
    ]
    .map(|(scenario, named)| (shop.sale(scenario), named));
    let tasks: Vec<_> = sales
        .iter()
        .map(|(sale, named)| {
            till.start(&sale.request().with("sub_mch_id", named))
                .expect("it starts")
        })
        .collect();
    while !sales.iter().all(|(sale, _)| {
        shop.order(sale)
            .is_some_and(|order| order.state != State::Absent)
    }) {
        common::pause(5);
    }
    drop(till);
    drop(tasks);
    let recovered = open(&config).recover();
    assert_eq!(recovered.status(), OK, "{recovered:?}");
    assert_eq!(recovered.get_int("open"), Some(0), "{recovered:?}");
    for (sale, named) in &sales {
        let order = shop.order(sale).expect("it was booked");
        assert_eq!(order.sub_mch_id.as_deref(), Some(*named));
        let told = recovered.json()["orders"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let told = told
            .iter()
            .find(|one| one["out_trade_no"] == *sale.out_trade_no)
            .expect("it is listed")
            .clone();
        assert_eq!(
            order.net_fen,
            if told["status"] == OK { FEE } else { 0 },
            "{told}"
        );
        assert_eq!(order.submits, 1);
    }
}

fn hong_kong(settings: Settings) -> Shop {
    Shop::with(Settings {
        region: Region::HongKong,
        ..settings
    })
}

fn hk_request(sale: &Sale) -> Request {
    sale.request()
        .with("fee_type", "HKD")
        .with("merchant_category_code", "5812")
}

#[test]
fn every_scenario_of_hong_kong_ends_as_the_ledger_says() {
    let shop = hong_kong(keys_of(PlatformKeys::Certificates));
    // So many at once need some patience on a busy machine.
    let till = shop.till_with("reverse_budget = \"3000ms\"", "reverse_budget = \"6000ms\"");
    each(Scenario::ALL, |&scenario| {
        let sale = shop.sale(scenario);
        let outcome = till.micropay(&hk_request(&sale));
        shop.agrees(&sale, &outcome);
        assert!(shop.count(&sale, Operation::Micropay) <= 1, "{scenario:?}");
        if matches!(
            scenario,
            Scenario::Paid | Scenario::PasswordPaid | Scenario::AnswerLost
        ) {
            ended(&shop, &sale, &outcome, OK);
            assert_eq!(
                outcome.get("fee_type").as_deref(),
                Some("HKD"),
                "{outcome:?}"
            );
            assert!(outcome.get("transaction_id").is_some(), "{outcome:?}");
        }
        if matches!(scenario, Scenario::PasswordNever | Scenario::PasswordFailed) {
            ended(&shop, &sale, &outcome, REVERSED);
        }
    });
}

/// Its reverse is answered by 204 and nothing else: no number to hold against the order.
#[test]
fn a_reverse_that_says_nothing_is_confirmed_by_a_query() {
    let shop = hong_kong(keys_of(PlatformKeys::Both));
    // So many at once need some patience on a busy machine.
    let patient = || shop.till_with("window = \"2000ms\"", "window = \"3000ms\"");
    let till = patient();
    let paid = shop.sale(Scenario::Paid);
    ended(&shop, &paid, &till.micropay(&hk_request(&paid)), OK);
    let queried = till.query(&paid.out_trade_no);
    assert_eq!(
        (queried.status(), queried.get_int("total_fee")),
        (OK, Some(FEE)),
        "{queried:?}"
    );
    let reversed = till.reverse(&paid.out_trade_no);
    assert_eq!(reversed.status(), REVERSED, "{reversed:?}");
    assert_eq!(shop.operations(&paid).last(), Some(&Operation::Orderquery));
    assert!([REVERSED, REFUNDED].contains(&till.query(&paid.out_trade_no).status()));
    assert_eq!(till.query("NEVERHEARDOF").status(), NOT_FOUND);

    let mut kinds = FaultKind::examples();
    kinds.extend(FaultKind::v3_examples());
    kinds.push(FaultKind::RecallY { success: true });
    let once = kinds
        .into_iter()
        .map(|kind| (Fault::once(Operation::Reverse, kind), REVERSED));
    // A 204 that did nothing, always: the query knows.
    let always = Fault::always(Operation::Reverse, FaultKind::EmptySuccess);
    let cases: Vec<_> = once.chain([(always, UNKNOWN)]).collect();
    each(&cases, |(fault, status)| {
        let sale = shop.sale(Scenario::PasswordNever);
        shop.simulator
            .fault(fault.clone().for_order(&sale.out_trade_no));
        // Alone with its connections, which a fault may end unannounced.
        let outcome = patient().micropay(&hk_request(&sale));
        let order = shop.order(&sale);
        assert_eq!(
            outcome.status(),
            *status,
            "{fault:?}: {outcome:?}\n{order:?}"
        );
        shop.agrees(&sale, &outcome);
    });
}

#[test]
fn a_payment_given_back_elsewhere_is_seen_in_hong_kong_too() {
    let shop = hong_kong(keys_of(PlatformKeys::Both));
    let till = shop.till();
    let sale = shop.sale(Scenario::Paid);
    ended(&shop, &sale, &till.micropay(&hk_request(&sale)), OK);
    shop.simulator
        .payer(&sale.out_trade_no, PayerAction::Refund)
        .expect("it is paid");
    let reader = shop.till_with("wxpay-journal.db", "other.db");
    assert_eq!(reader.query(&sale.out_trade_no).status(), REFUNDED);
}
