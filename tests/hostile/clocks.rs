//! Times that go with an answer, and what a till makes of the next sale that has heard one. Each case has
//! a till of its own, since a till has one clock for all of its orders.

use wxpay_simulator::hostile::{Subject, Told};
use wxpay_simulator::{Api, Operation, PayerAction, Scenario, Settings};

use super::common::shop::{FEE, Shop, quick_on};
use super::common::{E_FORGED, OK, Request, each, on_every_gateway};
use super::{Surprises, at_host, cases, fault, gateway, patient, statuses};

on_every_gateway! {
    a_wrong_time_in_one_answer_makes_nobody_elses_sale_of_the_next,
}

fn a_wrong_time_in_one_answer_makes_nobody_elses_sale_of_the_next(api: Api) {
    let surprises = Surprises::default();
    let plays: Vec<_> = cases(gateway(api), Subject::Clock).enumerate().collect();
    let shop = Shop::with(Settings {
        ports: vec![0; plays.len()],
        ..quick_on(api)
    });
    let config = shop.config_with(patient());
    each(&plays, |(host, case)| {
        let till = at_host(&shop, &config, *host);
        let sale = shop.sale(Scenario::Paid);
        surprises.check(case, &[OK], &till.micropay(&sale.request()));
        let wrong = fault(case, Operation::Orderquery).times(1);
        shop.simulator.fault(wrong.for_order(&sale.out_trade_no));
        let outcome = till.query(&sale.out_trade_no);
        let expected = match case.told {
            Told::Read => &[OK][..],
            // It depends on fractions of a second.
            Told::Skipped => &[OK, E_FORGED],
            told => statuses(gateway(api), Subject::Clock, told),
        };
        surprises.check(case, expected, &outcome);

        let number = format!("NEXT{host:05}");
        let shown = till.prepay(&Request::order(&number, FEE));
        surprises.check(case, &[OK], &shown);
        shop.simulator.payer(&number, PayerAction::Pay).unwrap();
        surprises.check(case, &[OK], &till.query(&number));

        let wrong = fault(case, Operation::Orderquery).times(1);
        shop.simulator.fault(wrong.for_order(&sale.out_trade_no));
        surprises.check(case, expected, &till.query(&sale.out_trade_no));
        let next = shop.sale(Scenario::Paid);
        let outcome = till.micropay(&next.request());
        surprises.check(case, &[OK], &outcome);
        shop.agrees(&next, &outcome);
    });
    surprises.none();
}
