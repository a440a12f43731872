//! One client, many threads; several clients in one process.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::on_every_gateway;
use common::shop::{FEE, Shop, quick_for};
use common::{Client, DECLINED, E_BUSY, OK, REVERSED, RUNNING};
use wxpay_simulator::{Api, Fault, FaultKind, FubeiAccount, Merchant, Operation, Scenario};

on_every_gateway! {
    thirty_two_threads_pay_through_one_client,
    two_threads_cannot_pay_one_order,
    a_task_is_polled_until_it_is_done_and_tells_the_same_again,
    several_merchants_live_in_one_process_and_share_one_journal,
}

const THREADS: usize = 32;

fn thirty_two_threads_pay_through_one_client(api: Api) {
    let shop = Shop::open_on(api);
    let till = shop.till();
    // Every seventh answer is lost on the way.
    for skip in (0..60).step_by(7) {
        shop.simulator
            .fault(Fault::once(Operation::Micropay, FaultKind::DropAfter).skip(skip));
    }
    let scenarios = [
        (Scenario::Paid, OK),
        (Scenario::PasswordPaid, OK),
        (Scenario::NotEnough, DECLINED),
        (Scenario::AnswerLost, OK),
    ];
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (shop, till) = (&shop, &till);
            scope.spawn(move || {
                for round in 0..4 {
                    let (scenario, status) = scenarios[(thread + round) % scenarios.len()];
                    let sale = shop.sale(scenario);
                    let outcome = till.micropay(&sale.request());
                    shop.agrees(&sale, &outcome);
                    // A refusal whose answer was lost is found unpaid and undone.
                    let allowed = outcome.status() == status
                        || (status == DECLINED && outcome.status() == REVERSED);
                    assert!(allowed, "{scenario:?}: {outcome:?}");
                    if outcome.status() == OK {
                        let query = till.query(&sale.out_trade_no);
                        assert_eq!(query.status(), OK, "{query:?}");
                    }
                }
            });
        }
    });
    let ledger = shop.simulator.ledger();
    assert_eq!(ledger.totals.orders, THREADS * 4);
    assert!(
        ledger
            .orders
            .iter()
            .all(|order| order.submits == 1 && order.charges <= 1)
    );
    assert_eq!(till.recover().get_int("open"), Some(0));
}

fn two_threads_cannot_pay_one_order(api: Api) {
    let shop = Shop::open_on(api);
    let till = shop.till();
    let sale = shop.sale(Scenario::PasswordPaid);
    let mut task = till.start(&sale.request()).unwrap();
    let busy = till.micropay(&sale.request());
    assert_eq!(busy.status(), E_BUSY, "{busy:?}");
    assert_eq!(
        till.start(&sale.request())
            .map(|_| ())
            .unwrap_err()
            .status(),
        E_BUSY
    );
    assert_eq!(till.reverse(&sale.out_trade_no).status(), E_BUSY);
    let outcome = task.wait(-1);
    assert_eq!(outcome.status(), OK, "{outcome:?}");
    shop.agrees(&sale, &outcome);
}

fn a_task_is_polled_until_it_is_done_and_tells_the_same_again(api: Api) {
    let shop = Shop::open_on(api);
    let till = shop.till();
    let sale = shop.sale(Scenario::PasswordPaid);
    let mut task = till.start(&sale.request()).unwrap();
    assert_eq!(task.wait(0).status(), RUNNING);
    let outcome = loop {
        let outcome = task.wait(5);
        if outcome.status() != RUNNING {
            break outcome;
        }
    };
    assert_eq!(outcome.status(), OK, "{outcome:?}");
    assert_eq!(task.wait(0).json(), outcome.json());
    assert_eq!(
        till.recover().json()["orders"].as_array().map(Vec::len),
        Some(0)
    );
}

fn several_merchants_live_in_one_process_and_share_one_journal(api: Api) {
    let shop = Shop::open_on(api);
    let other = Shop::with(quick_for(
        api,
        Merchant::second_example(),
        FubeiAccount::second_example(),
    ));
    let journal = shop.journal();
    let theirs = other
        .config()
        .replace(other.journal().to_str().unwrap(), journal.to_str().unwrap());
    let (ours, theirs) = (shop.till(), Client::open_toml(theirs).unwrap());
    std::thread::scope(|scope| {
        for (shop, till) in [(&shop, &ours), (&other, &theirs)] {
            for _ in 0..4 {
                scope.spawn(move || {
                    let sale = shop.sale(Scenario::PasswordPaid);
                    let outcome = till.micropay(&sale.request());
                    assert_eq!(outcome.status(), OK, "{outcome:?}");
                    shop.agrees(&sale, &outcome);
                });
            }
        }
    });
    // The same order numbers, each the merchant's own.
    assert_eq!(shop.simulator.ledger().totals.net_fen, 4 * FEE);
    assert_eq!(other.simulator.ledger().totals.net_fen, 4 * FEE);
}
