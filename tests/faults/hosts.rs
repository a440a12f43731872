//! Hosts that are down, hang, and come back.

use super::*;

on_every_gateway! {
    with_every_host_down_nothing_is_charged_and_the_same_number_may_be_tried_again,
    with_every_host_down_after_the_charge_the_sale_is_unknown_until_one_is_back;
    // Fubei has one address.
    wechat: with_the_first_host_down_the_second_serves,
    a_host_that_goes_down_after_the_charge_leaves_the_queries_to_the_other,
    answers_that_only_one_host_loses_come_from_the_other,
}

fn with_the_first_host_down_the_second_serves(api: Api) {
    each(&[HostState::Down, HostState::Hang], |&state| {
        let shop = Shop::open_on(api);
        let till = shop.till();
        shop.simulator.set_host(0, state).unwrap();
        let cases = [
            (Scenario::Paid, OK),
            (Scenario::PasswordPaid, OK),
            (Scenario::AnswerLost, OK),
            (Scenario::NotEnough, DECLINED),
            (Scenario::PasswordNever, REVERSED),
        ];
        each(&cases, |(scenario, status)| {
            let sale = shop.sale(*scenario);
            let outcome = pay(&shop, &till, &sale);
            assert_eq!(
                outcome.status(),
                *status,
                "{state:?} {scenario:?}: {outcome:?}"
            );
            assert_eq!(outcome.get("host").as_ref(), shop.simulator.hosts().get(1));
            assert_eq!(shop.count(&sale, Operation::Micropay), 1);
        });
        assert!(
            shop.simulator
                .requests()
                .iter()
                .all(|request| request.host == 1)
        );
    });
}

fn with_every_host_down_nothing_is_charged_and_the_same_number_may_be_tried_again(api: Api) {
    each(&[HostState::Down, HostState::Hang], |&state| {
        let shop = Shop::open_on(api);
        let till = shop.till_with(
            "connect_timeout = \"2000ms\"",
            "connect_timeout = \"900ms\"",
        );
        let sale = shop.sale(Scenario::Paid);
        for host in [0, 1] {
            shop.simulator.set_host(host, state).unwrap();
        }
        let tries = if state == HostState::Down { 2 } else { 1 };
        for _ in 0..tries {
            let outcome = pay(&shop, &till, &sale);
            assert_eq!(outcome.status(), E_NETWORK, "{state:?}: {outcome:?}");
            for host in shop.hosts() {
                assert!(
                    outcome.message().contains(&host),
                    "{host} is not named: {outcome:?}"
                );
            }
        }
        assert!(shop.simulator.requests().is_empty());
        assert_eq!(till.query(&sale.out_trade_no).status(), E_NETWORK);

        let last = shop.hosts().len() - 1;
        shop.simulator.set_host(last, HostState::Up).unwrap();
        assert_eq!(till.query(&sale.out_trade_no).status(), NOT_FOUND);
        let outcome = pay(&shop, &till, &sale);
        assert_eq!(outcome.status(), OK, "{state:?}: {outcome:?}");
        assert_eq!(outcome.get_int("replayed"), Some(0));
    });
}

/// Starts sales and waits until the gateway has heard of each.
fn start_all<const N: usize>(shop: &Shop, till: &Client, sales: &[Sale; N]) -> [Task; N] {
    let mut tasks = sales
        .each_ref()
        .map(|sale| till.start(&sale.request()).expect("it starts"));
    for (sale, task) in sales.iter().zip(&mut tasks) {
        while shop
            .order(sale)
            .is_none_or(|order| order.state == State::Absent)
        {
            let outcome = task.wait(5);
            assert_eq!(outcome.status(), RUNNING, "{outcome:?}");
        }
    }
    tasks
}

fn a_host_that_goes_down_after_the_charge_leaves_the_queries_to_the_other(api: Api) {
    let shop = Shop::open_on(api);
    let till = shop.till();
    let sales = [
        Scenario::PasswordPaid,
        Scenario::AnswerDelayed,
        Scenario::PasswordNever,
    ]
    .map(|scenario| shop.sale(scenario));
    let tasks = start_all(&shop, &till, &sales);
    shop.simulator.set_host(0, HostState::Down).unwrap();
    for ((sale, mut task), status) in sales.iter().zip(tasks).zip([OK, OK, REVERSED]) {
        let outcome = task.wait(-1);
        assert_eq!(outcome.status(), status, "{outcome:?}");
        shop.agrees(sale, &outcome);
        sent_once(&shop, sale);
    }
}

fn with_every_host_down_after_the_charge_the_sale_is_unknown_until_one_is_back(api: Api) {
    let shop = Shop::open_on(api);
    let till = hasty(&shop);
    let sales = [
        Scenario::PasswordPaid,
        Scenario::PasswordNever,
        Scenario::AnswerDelayed,
    ]
    .map(|scenario| shop.sale(scenario));
    let mut tasks = start_all(&shop, &till, &sales);
    for host in [0, 1] {
        shop.simulator.set_host(host, HostState::Down).unwrap();
    }
    for (sale, task) in sales.iter().zip(&mut tasks) {
        let outcome = task.wait(-1);
        assert_eq!(outcome.status(), UNKNOWN, "{outcome:?}");
        assert_eq!(
            outcome.get("reversal").as_deref(),
            Some("required"),
            "{outcome:?}"
        );
        shop.agrees(sale, &outcome);
    }
    let unreachable = till.recover();
    assert_eq!(unreachable.status(), UNKNOWN, "{unreachable:?}");
    assert_eq!(unreachable.get_int("open"), Some(3), "{unreachable:?}");

    shop.simulator.set_host(0, HostState::Up).unwrap();
    let recovered = till.recover();
    assert_eq!(recovered.status(), OK, "{recovered:?}");
    for sale in &sales {
        let told = recovered.json()["orders"].clone();
        let told = told
            .as_array()
            .unwrap()
            .iter()
            .find(|o| o["out_trade_no"] == *sale.out_trade_no);
        let charged = if told.unwrap()["status"] == OK {
            FEE
        } else {
            0
        };
        assert_eq!(
            shop.simulator.net_charged(&sale.out_trade_no),
            charged,
            "{recovered:?}"
        );
        sent_once(&shop, sale);
    }
}

fn answers_that_only_one_host_loses_come_from_the_other(api: Api) {
    each(&[FaultKind::DropAfter, FaultKind::Truncated], |kind| {
        let shop = Shop::open_on(api);
        let till = shop.till();
        for operation in [
            Operation::Micropay,
            Operation::Orderquery,
            Operation::Reverse,
        ] {
            shop.simulator
                .fault(Fault::always(operation, kind.clone()).on_host(0));
        }
        let cases = [
            (Scenario::Paid, OK),
            (Scenario::PasswordPaid, OK),
            (Scenario::PasswordFailed, REVERSED),
            (Scenario::PasswordNever, REVERSED),
            (Scenario::NotEnough, REVERSED),
            (Scenario::QueryForeign, E_DUPLICATE),
        ];
        each(&cases, |(scenario, status)| {
            let sale = shop.sale(*scenario);
            let outcome = pay(&shop, &till, &sale);
            assert_eq!(
                outcome.status(),
                *status,
                "{kind:?} {scenario:?}: {outcome:?}"
            );
        });
    });
}
