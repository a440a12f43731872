//! Refunds through the C functions: what the till is told agrees with the ledger, and one refund
//! number gives money back once, whatever happens to answers and processes.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::on_every_gateway;
use common::program::{Till, command};
use common::shop::{FEE, Sale, Shop, quick_on};
use common::{
    ACCEPTED, Client, DECLINED, E_ARGUMENT, E_DUPLICATE, E_NETWORK, E_UNSUPPORTED, NOT_FOUND, OK,
    Outcome, REFUNDED, Request, UNKNOWN,
};
use serde_json::Value;
use wxpay_simulator::{
    Api, Fault, FaultKind, Fubei, FubeiApi, HostState, Operation, RefundAction, RefundState,
    Scenario, Settings,
};

on_every_gateway! {
    an_order_is_refunded_in_parts_up_to_what_it_cost,
    a_refund_that_is_repeated_with_its_number_gives_back_once,
    a_refund_that_its_bank_refuses_is_final,
    what_the_journal_knows_of_the_order_need_not_be_told_again,
    an_order_that_is_not_paid_is_not_refunded,
    with_every_host_down_nothing_goes_back_and_the_same_number_may_be_tried_again,
    killed_after_a_refund_whose_answer_was_lost;
    // Fubei promises nothing about a second request: see the tests of its own below.
    wechat: every_fault_of_a_refund_ends_as_the_ledger_says_and_gives_back_once,
    killed_while_a_refund_that_never_arrived_is_repeated,
}

const BACK: i64 = 100;

fn number(sale: &Sale) -> String {
    format!("{}-R1", sale.out_trade_no)
}

fn request(sale: &Sale) -> Request {
    Request::refund(&sale.out_trade_no, &number(sale), FEE, BACK)
}

fn paid(shop: &Shop, till: &Client) -> Sale {
    let sale = shop.sale(Scenario::Paid);
    assert_eq!(till.micropay(&sale.request()).status(), OK);
    sale
}

/// What goes or went back for an order, and in how many refunds.
fn going_back(shop: &Shop, sale: &Sale) -> (i64, usize) {
    let ledger = shop.simulator.ledger();
    let of_order = |order: &Option<String>| order.as_deref() == Some(&sale.out_trade_no);
    let refunds = ledger
        .refunds
        .iter()
        .filter(|refund| of_order(&refund.out_trade_no));
    let amounts: Vec<i64> = refunds.filter_map(|refund| refund.refund_fee).collect();
    (amounts.iter().sum(), amounts.len())
}

#[track_caller]
fn is_given_back(outcome: &Outcome) {
    assert!(
        [ACCEPTED, REFUNDED].contains(&outcome.status()),
        "{outcome:?}"
    );
}

/// What a recovery lists of a sale's refund.
#[track_caller]
fn listed(recovered: &Outcome, sale: &Sale) -> Value {
    let orders = recovered.json()["orders"].as_array().cloned().unwrap();
    let ours = orders
        .into_iter()
        .find(|entry| entry["out_refund_no"] == number(sale).as_str());
    ours.unwrap_or_else(|| panic!("not listed: {recovered:?}"))
}

fn an_order_is_refunded_in_parts_up_to_what_it_cost(api: Api) {
    let shop = Shop::open_on(api);
    let till = shop.till();
    let sale = paid(&shop, &till);
    let part = |index: usize, fee: i64| {
        let number = format!("{}-R{index}", sale.out_trade_no);
        till.refund(&Request::refund(&sale.out_trade_no, &number, FEE, fee))
    };
    let first = part(1, 300);
    is_given_back(&first);
    assert_eq!(first.get_int("refund_fee"), Some(300), "{first:?}");
    assert_eq!(first.get_int("total_fee"), Some(FEE));
    assert_eq!(first.get("out_trade_no"), Some(sale.out_trade_no.clone()));
    assert!(first.get("refund_id").is_some() && first.get("transaction_id").is_some());
    let too_much = part(2, 600);
    assert_eq!(too_much.status(), DECLINED, "{too_much:?}");
    assert!(too_much.get("code").is_some());
    is_given_back(&part(2, 588));
    assert_eq!(going_back(&shop, &sale), (FEE, 2));
}

fn a_refund_that_is_repeated_with_its_number_gives_back_once(api: Api) {
    let shop = Shop::open_on(api);
    let till = shop.till();
    let sale = paid(&shop, &till);
    is_given_back(&till.refund(&request(&sale)));
    shop.simulator
        .refund_action(&number(&sale), RefundAction::Succeed)
        .ok();
    for _ in 0..2 {
        let again = till.refund(&request(&sale));
        assert_eq!(again.status(), REFUNDED, "{again:?}");
        assert_eq!(again.get_int("replayed"), Some(1));
    }
    assert_eq!(shop.count(&sale, Operation::Refund), 1);
    let other = Request::refund(&sale.out_trade_no, &number(&sale), FEE, BACK + 1);
    let other = till.refund(&other);
    assert_eq!(other.status(), E_DUPLICATE, "{other:?}");
    assert_eq!(other.get_int("refund_fee"), Some(BACK), "that refund's");

    // Another till, whose journal knows nothing of it.
    let stranger = shop.till_with("wxpay-journal.db", "other.db");
    is_given_back(&stranger.refund(&request(&sale)));
    let unknown = stranger.refund_query("never-heard-of");
    // Fubei 1.0 has to be told the order, too.
    let status = match api {
        Api::V2 | Api::V3 => NOT_FOUND,
        Api::Fubei => E_ARGUMENT,
    };
    assert_eq!(unknown.status(), status, "{unknown:?}");
    assert_eq!(going_back(&shop, &sale), (BACK, 1));
}

fn a_refund_that_its_bank_refuses_is_final(api: Api) {
    let shop = Shop::open_on(api);
    let till = shop.till();
    for action in [RefundAction::Fail, RefundAction::Close] {
        let sale = paid(&shop, &till);
        // So that it does not succeed before its bank refuses it.
        let hold = Fault::once(Operation::Refund, FaultKind::DelayAfter { ms: 1 });
        shop.simulator.fault(hold.for_order(&sale.out_trade_no));
        let accepted = till.refund(&request(&sale));
        let Ok(state) = shop.simulator.refund_action(&number(&sale), action) else {
            // It was faster.
            is_given_back(&accepted);
            continue;
        };
        assert!(matches!(state, RefundState::Abnormal | RefundState::Closed));
        for outcome in [
            till.refund_query(number(&sale)),
            till.refund(&request(&sale)),
        ] {
            assert_eq!(outcome.status(), DECLINED, "{outcome:?}");
            assert_eq!(outcome.get("code"), outcome.get("refund_status"));
            assert_eq!(outcome.get("advice").as_deref(), Some("call_support"));
        }
        assert_eq!(shop.count(&sale, Operation::Refund), 1);
    }
}

fn what_the_journal_knows_of_the_order_need_not_be_told_again(api: Api) {
    let shop = Shop::open_on(api);
    let till = shop.till();
    let sale = paid(&shop, &till);
    let brief = || {
        Request::new()
            .with("out_refund_no", number(&sale))
            .with("out_trade_no", &sale.out_trade_no)
            .with_int("refund_fee", BACK)
    };
    // Fubei itself knows what the order cost.
    if api != Api::Fubei {
        let stranger = shop.till_with("wxpay-journal.db", "other.db");
        let refused = stranger.refund(&brief());
        assert_eq!(refused.status(), E_ARGUMENT, "{refused:?}");
        assert_eq!(refused.get("field").as_deref(), Some("total_fee"));
    }
    is_given_back(&till.refund(&brief()));
    assert_eq!(going_back(&shop, &sale), (BACK, 1));
}

fn an_order_that_is_not_paid_is_not_refunded(api: Api) {
    let shop = Shop::open_on(api);
    let till = shop.till();
    for scenario in [Scenario::NotEnough, Scenario::PasswordNever] {
        let sale = shop.sale(scenario);
        assert_ne!(till.micropay(&sale.request()).status(), OK);
        let outcome = till.refund(&request(&sale));
        assert_eq!(outcome.status(), DECLINED, "{outcome:?}");
        assert_eq!(outcome.get("refund_status"), None);
    }
    let never = shop.sale(Scenario::Paid);
    let outcome = till.refund(&request(&never));
    assert_eq!(outcome.status(), DECLINED, "{outcome:?}");
}

#[test]
fn apiv2_refunds_take_a_client_certificate() {
    let shop = Shop::open();
    let sale = paid(&shop, &shop.till());
    let config = shop.config();
    let without = config
        .lines()
        .filter(|line| !line.starts_with("client_certificate"))
        .collect::<Vec<_>>()
        .join("\n")
        .replace("[policy]\n", "[policy]\nreverse = \"never\"\n");
    let till = Client::open_toml(without).unwrap();
    let outcome = till.refund(&request(&sale));
    assert_eq!(outcome.status(), E_UNSUPPORTED, "{outcome:?}");
    assert!(outcome.message().contains("client_certificate"));
    assert_eq!(shop.count(&sale, Operation::Refund), 0);
}

fn with_every_host_down_nothing_goes_back_and_the_same_number_may_be_tried_again(api: Api) {
    let shop = Shop::open_on(api);
    let till = shop.till();
    let sale = paid(&shop, &till);
    let hosts = shop.simulator.hosts().len();
    for host in 0..hosts {
        shop.simulator.set_host(host, HostState::Down).unwrap();
    }
    // A connection from before is found dead by the first request, which may have been sent by then.
    let mut outcome = till.refund(&request(&sale));
    if outcome.status() == UNKNOWN {
        let other = shop.till_with("wxpay-journal.db", "other.db");
        outcome = other.refund(&request(&sale));
    }
    assert_eq!(outcome.status(), E_NETWORK, "{outcome:?}");
    for host in 0..hosts {
        shop.simulator.set_host(host, HostState::Up).unwrap();
    }
    is_given_back(&till.refund(&request(&sale)));
    assert_eq!(going_back(&shop, &sale), (BACK, 1));
}

fn kinds(api: Api) -> Vec<FaultKind> {
    let mut kinds = FaultKind::examples();
    match api {
        Api::V2 => {}
        Api::V3 => kinds.extend(FaultKind::v3_examples()),
        Api::Fubei => kinds.extend(FaultKind::fubei_examples()),
    }
    kinds
}

/// Does it for each of them, a few at a time.
fn each<T: Sync>(cases: &[T], check: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    check(case);
                }
            });
        }
    });
}

/// Which requests have a fault.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Play {
    FirstRefund,
    EveryRefund,
    /// After a refund whose answer is lost.
    FirstQuery,
    EveryQuery,
}

/// Pays sales and sets every fault in every place.
fn faulty_refunds(shop: &Shop, till: &Client) -> Vec<(Sale, Play, FaultKind)> {
    // Leaves an answer to each operation for a replay.
    let first = paid(shop, till);
    is_given_back(&till.refund(&request(&first)));
    is_given_back(&till.refund_query(number(&first)));
    let mut cases = Vec::new();
    for play in [
        Play::FirstRefund,
        Play::EveryRefund,
        Play::FirstQuery,
        Play::EveryQuery,
    ] {
        for kind in kinds(shop.api()) {
            let sale = paid(shop, till);
            let set = |fault: Fault| shop.simulator.fault(fault.for_order(&sale.out_trade_no));
            match play {
                Play::FirstRefund => set(Fault::once(Operation::Refund, kind.clone())),
                Play::EveryRefund => set(Fault::always(Operation::Refund, kind.clone())),
                Play::FirstQuery | Play::EveryQuery => {
                    set(Fault::once(Operation::Refund, FaultKind::DropAfter));
                    let query = match play {
                        Play::FirstQuery => Fault::once(Operation::RefundQuery, kind.clone()),
                        _ => Fault::always(Operation::RefundQuery, kind.clone()),
                    };
                    set(query);
                }
            }
            cases.push((sale, play, kind));
        }
    }
    cases
}

fn every_fault_of_a_refund_ends_as_the_ledger_says_and_gives_back_once(api: Api) {
    let shop = Shop::open_on(api);
    let till = shop.till();
    let cases = faulty_refunds(&shop, &till);
    each(&cases, |(sale, play, kind)| {
        let outcome = till.refund(&request(sale));
        let (back, refunds) = going_back(&shop, sale);
        let context = format!("{play:?} {kind:?}: {outcome:?}, {back} in {refunds}");
        assert!(refunds <= 1, "{context}");
        match outcome.status() {
            ACCEPTED | REFUNDED => assert_eq!(back, BACK, "{context}"),
            // The gateway says so in two rightly signed answers.
            E_DUPLICATE => assert!(
                *play == Play::EveryQuery
                    && matches!(kind, FaultKind::WrongAmount | FaultKind::ForeignOrder),
                "{context}"
            ),
            UNKNOWN => assert_ne!(*play, Play::FirstRefund, "{context}"),
            _ => panic!("{context}"),
        }
    });
    shop.simulator.clear_faults();
    let recovered = till.recover();
    assert_eq!(recovered.status(), OK, "{recovered:?}");
    for (sale, play, kind) in &cases {
        let outcome = till.refund(&request(sale));
        let context = format!("{play:?} {kind:?}: {outcome:?}");
        if outcome.status() != E_DUPLICATE {
            is_given_back(&outcome);
            assert_eq!(outcome.get_int("replayed"), Some(1), "{context}");
        }
        assert_eq!(going_back(&shop, sale), (BACK, 1), "{context}");
    }
}

/// A till in a process of its own refunds a sale and is killed once the gateway has received `count`
/// refund requests. Returns its configuration: nobody has to wait long for a dead till's refunds.
fn killed_at(shop: &Shop, sale: &Sale, count: usize) -> String {
    let config: PathBuf = shop.folder.path().join("wxpay.toml");
    let text = shop
        .config()
        .replace("[journal]\n", "[journal]\nlease = \"2s\"\n");
    std::fs::write(&config, &text).unwrap();
    let (fee, back) = (FEE.to_string(), BACK.to_string());
    let arguments = [config.to_str().unwrap(), &sale.out_trade_no, &fee, &back];
    let mut till = Till::start(command("examples-c/refund.c", &arguments));
    while shop.count(sale, Operation::Refund) < count {
        assert!(
            till.0.try_wait().unwrap().is_none(),
            "the till has ended by itself"
        );
        common::pause(5);
    }
    till.kill();
    text
}

fn check_killed(api: Api, fault: Fault, count: usize) {
    let shop = Shop::open_on(api);
    let sale = paid(&shop, &shop.till());
    shop.simulator.fault(fault);
    let config = killed_at(&shop, &sale, count);
    shop.simulator.clear_faults();

    let till = Client::open_toml(config).unwrap();
    let recovered = till.recover();
    assert_eq!(recovered.status(), OK, "{recovered:?}");
    let refund = listed(&recovered, &sale);
    let status = refund["status"].as_i64().unwrap();
    assert!(
        [ACCEPTED, REFUNDED].map(i64::from).contains(&status),
        "{refund}"
    );
    assert_eq!(refund["out_trade_no"], sale.out_trade_no.as_str());
    assert_eq!(going_back(&shop, &sale), (BACK, 1));
    // Reported once, and never sent again.
    let sent = shop.count(&sale, Operation::Refund);
    assert_eq!(till.recover().json()["orders"], Value::Array(Vec::new()));
    let again = till.refund(&request(&sale));
    is_given_back(&again);
    assert_eq!(again.get_int("replayed"), Some(1), "{again:?}");
    assert_eq!(shop.count(&sale, Operation::Refund), sent);
    assert_eq!(going_back(&shop, &sale), (BACK, 1));
}

fn killed_after_a_refund_whose_answer_was_lost(api: Api) {
    let late = FaultKind::DelayAfter { ms: 60_000 };
    check_killed(api, Fault::always(Operation::Refund, late), 1);
}

fn killed_while_a_refund_that_never_arrived_is_repeated(api: Api) {
    check_killed(
        api,
        Fault::always(Operation::Refund, FaultKind::DropBefore),
        2,
    );
}

/// Of both generations: 1.0 never tells what became of a refund at once, 2.0 does.
fn at_fubei() -> [Shop; 2] {
    [FubeiApi::V1, FubeiApi::V2].map(|api| {
        let settings = quick_on(Api::Fubei);
        let fubei = Fubei {
            api,
            ..settings.fubei
        };
        Shop::with(Settings { fubei, ..settings })
    })
}

#[test]
fn no_fault_makes_a_second_refund_at_fubei_and_none_sends_it_again() {
    for shop in at_fubei() {
        let till = shop.till();
        let cases = faulty_refunds(&shop, &till);
        // The one request of each was booked, or never will be.
        let booked = |(_, play, kind): &&(Sale, Play, FaultKind)| {
            matches!(play, Play::FirstQuery | Play::EveryQuery) || kind.executed()
        };
        each(&cases, |case| {
            let (sale, play, kind) = case;
            let outcome = till.refund(&request(sale));
            let (back, refunds) = going_back(&shop, sale);
            let context = format!("{play:?} {kind:?}: {outcome:?}, {back} in {refunds}");
            let is_booked = booked(&case);
            assert_eq!(refunds, usize::from(is_booked), "{context}");
            assert_eq!(shop.count(sale, Operation::Refund), 1, "{context}");
            match outcome.status() {
                ACCEPTED | REFUNDED => assert_eq!(back, BACK, "{context}"),
                // 2.0 names the amount.
                E_DUPLICATE => assert!(
                    *play == Play::EveryQuery && *kind == FaultKind::WrongAmount,
                    "{context}"
                ),
                UNKNOWN => {
                    assert!(!is_booked || *play == Play::EveryQuery, "{context}");
                    assert_eq!(outcome.get("advice").as_deref(), Some("hold"), "{context}");
                    assert!(outcome.message().contains("only asked for"), "{context}");
                }
                _ => panic!("{context}"),
            }
        });
        shop.simulator.clear_faults();
        let recovered = till.recover();
        let never = cases.iter().filter(|case| !booked(case)).count();
        assert_eq!(recovered.status(), UNKNOWN, "{recovered:?}");
        let open = i64::try_from(never).unwrap();
        assert_eq!(recovered.get_int("open"), Some(open), "{recovered:?}");
        for case in &cases {
            let (sale, play, kind) = case;
            let outcome = till.refund(&request(sale));
            let context = format!("{play:?} {kind:?}: {outcome:?}");
            let back = match booked(&case) {
                true => {
                    if outcome.status() != E_DUPLICATE {
                        is_given_back(&outcome);
                        assert_eq!(outcome.get_int("replayed"), Some(1), "{context}");
                    }
                    (BACK, 1)
                }
                false => {
                    assert_eq!(outcome.status(), UNKNOWN, "{context}");
                    (0, 0)
                }
            };
            assert_eq!(going_back(&shop, sale), back, "{context}");
            assert_eq!(shop.count(sale, Operation::Refund), 1, "{context}");
        }
    }
}

#[test]
fn killed_after_a_refund_that_never_reached_fubei_it_stays_unknown_and_is_never_sent_again() {
    for shop in at_fubei() {
        let sale = paid(&shop, &shop.till());
        let drop = Fault::always(Operation::Refund, FaultKind::DropBefore);
        shop.simulator.fault(drop);
        let config = killed_at(&shop, &sale, 1);
        shop.simulator.clear_faults();
        let till = Client::open_toml(config).unwrap();
        for _ in 0..2 {
            let recovered = till.recover();
            assert_eq!(recovered.status(), UNKNOWN, "{recovered:?}");
            assert_eq!(listed(&recovered, &sale)["status"], UNKNOWN);
            let again = till.refund(&request(&sale));
            assert_eq!(again.status(), UNKNOWN, "{again:?}");
            assert!(again.has_code("REFUNDNOTEXIST"), "{again:?}");
        }
        assert_eq!(shop.count(&sale, Operation::Refund), 1);
        assert_eq!(going_back(&shop, &sale), (0, 0));
        // What is found out in Fubei's own records is settled under a number of its own.
        let other = format!("{}-R2", sale.out_trade_no);
        let other = Request::refund(&sale.out_trade_no, &other, FEE, BACK);
        is_given_back(&till.refund(&other));
        assert_eq!(going_back(&shop, &sale), (BACK, 1));
    }
}
