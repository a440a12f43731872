//! Clocks that are wrong, or are set in the middle.

use super::*;

on_every_gateway! {
    a_clock_that_is_a_day_off_makes_nobody_elses_sale_of_this_one,
    a_gateway_whose_clock_is_set_between_two_sales_makes_nobody_elses_sale_of_the_second,
    a_till_that_never_learned_the_time_of_a_sale_recovers_it_by_the_gateways_clock,
}

const DAY: i64 = 86_400;

/// What these scenarios end as when all clocks are right.
const WHATEVER_THE_CLOCKS_SAY: [(Scenario, i32); 7] = [
    (Scenario::Paid, OK),
    (Scenario::PasswordPaid, OK),
    (Scenario::AnswerLost, OK),
    (Scenario::SystemErrorBooked, OK),
    (Scenario::RefusedButPaid, OK),
    (Scenario::LateByQueries, OK),
    (Scenario::QueryForeign, E_DUPLICATE),
];

fn play_with_clocks(shop: &Shop, till: &Client, skew: i64) {
    each(&WHATEVER_THE_CLOCKS_SAY, |(scenario, status)| {
        let sale = shop.sale(*scenario);
        let outcome = pay(shop, till, &sale);
        assert_eq!(
            outcome.status(),
            *status,
            "{skew}, {scenario:?}: {outcome:?}"
        );
    });
}

fn a_clock_that_is_a_day_off_makes_nobody_elses_sale_of_this_one(api: Api) {
    // Whether the gateway's clock is a day ahead or the till's a day behind is the same.
    each(&[-DAY, -3_600, 3_600, DAY], |&skew| {
        let shop = Shop::with(Settings {
            skew_seconds: skew,
            ..quick_on(api)
        });
        let till = shop.till();
        play_with_clocks(&shop, &till, skew);
        // Now the till knows the gateway's time beforehand.
        play_with_clocks(&shop, &till, skew);
    });
}

fn a_gateway_whose_clock_is_set_between_two_sales_makes_nobody_elses_sale_of_the_second(api: Api) {
    let shop = Shop::open_on(api);
    let till = shop.till();
    // What APIv3 signs carries the time, and a time of long ago is a replay: see `tests/v3/clocks.rs`.
    let skews = match api {
        Api::V2 | Api::Fubei => [DAY, 0, -DAY, 0],
        Api::V3 => [3_600, DAY, 2 * DAY, 30 * DAY],
    };
    for skew in skews {
        shop.simulator.set_skew(skew);
        play_with_clocks(&shop, &till, skew);
    }
}

fn a_till_that_never_learned_the_time_of_a_sale_recovers_it_by_the_gateways_clock(api: Api) {
    each(&[-DAY, DAY], |&skew| {
        let shop = Shop::with(Settings {
            skew_seconds: skew,
            ..quick_on(api)
        });
        let sale = shop.sale(Scenario::AnswerLost);
        let drop = Fault::always(Operation::Orderquery, FaultKind::DropBefore);
        shop.simulator.fault(drop);
        shop.simulator
            .fault(Fault::always(Operation::Reverse, FaultKind::DropBefore));
        let outcome = pay(&shop, &hasty(&shop), &sale);
        assert_eq!(outcome.status(), UNKNOWN, "{outcome:?}");
        shop.simulator.clear_faults();
        // A paid order that may have been reversed is reversed, never called somebody else's.
        let recovered = shop.till().recover();
        assert_eq!(recovered.status(), OK, "{recovered:?}");
        assert_eq!(
            recovered.get_int("orders.0.status"),
            Some(REVERSED.into()),
            "{recovered:?}"
        );
        assert_eq!(shop.simulator.net_charged(&sale.out_trade_no), 0);
    });
}
