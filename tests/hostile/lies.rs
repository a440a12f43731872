//! The same changes on top of an answer that says the opposite of the truth, as well as the truth would
//! be said: where nothing else is wrong with it, it is believed.

use wxpay_simulator::hostile::{Case, Edit, Gateway, Lie, Subject, Told};
use wxpay_simulator::{Api, Operation, PolicyNumbers, Scenario};

use super::common::shop::FEE;
use super::common::{CLOSED, NOT_PAID, OK, Request, each, on_every_gateway};
use super::{Stage, cases, gateway, lying, numbers, statuses};

on_every_gateway! {
    a_lie_that_an_unpaid_order_is_paid_is_never_believed,
    a_lie_that_a_paid_order_is_not_is_never_believed,
    a_lie_about_a_charge_that_was_refused_is_never_believed,
    a_lie_about_a_charge_that_was_paid_is_never_believed,
}

fn a_lie_that_an_unpaid_order_is_paid_is_never_believed(api: Api) {
    let stage = Stage::open(api);
    let lies: Vec<_> = cases(gateway(api), Subject::Answer).enumerate().collect();
    each(&lies, |(at, case)| {
        let number = format!("LIE{at:05}");
        let shown = stage.patient.prepay(&Request::order(&number, FEE));
        assert_eq!(shown.status(), OK, "{shown:?}");
        stage.set(lying(case, Operation::Orderquery, Lie::Paid), &number);
        let outcome = stage.till(case).query(&number);
        // Whoever has the keys and speaks for the gateway is the gateway: such a lie is believed, which
        // shows that the others are lies that could be.
        match case.told {
            Told::Read => stage.surprises.check(case, &[OK], &outcome),
            _ if outcome.status() == OK => {
                stage.surprises.add(case, &format!("believed: {outcome:?}"));
            }
            Told::Nothing | Told::Forged | Told::Broken => {
                let expected = statuses(stage.gateway(), Subject::Answer, case.told);
                stage.surprises.check(case, expected, &outcome);
            }
            _ => {}
        }
        assert_eq!(stage.shop.simulator.net_charged(&number), 0);
    });
    stage.surprises.none();
}

fn a_lie_that_a_paid_order_is_not_is_never_believed(api: Api) {
    let stage = Stage::open(api);
    let plays = stage.paid_sales(cases(gateway(api), Subject::Answer));
    for (case, sale) in &plays {
        let lie = lying(case, Operation::Orderquery, Lie::NotPaid);
        stage.set(lie, &sale.out_trade_no);
    }
    each(&plays, |(case, sale)| {
        let outcome = stage.till(case).query(&sale.out_trade_no);
        match case.told {
            Told::Read => stage.surprises.check(case, &[NOT_PAID, CLOSED], &outcome),
            // What is wrong with a payment is not said.
            _ if case.refund_query == Told::Skipped => {}
            Told::Nothing | Told::Forged | Told::Broken => {
                let expected = statuses(stage.gateway(), Subject::Answer, case.told);
                stage.surprises.check(case, expected, &outcome);
            }
            _ => {}
        }
        // What is on record stays, even then.
        let again = stage.patient.micropay(&sale.request());
        stage.surprises.check(case, &[OK], &again);
        stage.sent_once(case, sale);
    });
    stage.surprises.none();
}

/// APIv2's charges have none.
fn is_about_states(case: &Case) -> bool {
    let state = |edit: &Edit| {
        matches!(
            edit,
            Edit::Set("trade_state", _)
                | Edit::Drop("trade_state")
                | Edit::Append("trade_state", _)
        )
    };
    case.fields.iter().chain(case.after).any(state)
}

fn a_lie_about_a_charge_that_was_refused_is_never_believed(api: Api) {
    let stage = Stage::open(api);
    // A charge that is in doubt is waited for, and this one in vain.
    let short = |case| PolicyNumbers {
        window: 1_000,
        ..numbers(case)
    };
    let plays: Vec<_> = cases(gateway(api), Subject::Answer)
        .filter(|case| case.on != [Gateway::V2] || !is_about_states(case))
        .map(|case| (case, stage.shop.sale(Scenario::NotEnough)))
        .collect();
    for (case, sale) in &plays {
        let lie = lying(case, Operation::Micropay, Lie::Paid).times(1);
        stage.set(lie, &sale.out_trade_no);
    }
    each(&plays, |(case, sale)| {
        let outcome = stage.open_till(short(case)).micropay(&sale.request());
        match case.told {
            Told::Read => stage.surprises.check(case, &[OK], &outcome),
            _ if outcome.status() == OK => {
                stage.surprises.add(case, &format!("believed: {outcome:?}"));
            }
            _ => stage.shop.agrees(sale, &outcome),
        }
        assert_eq!(stage.shop.simulator.net_charged(&sale.out_trade_no), 0);
    });
    stage.surprises.none();
}

/// Not even by whoever has the keys: a query has to confirm it.
fn a_lie_about_a_charge_that_was_paid_is_never_believed(api: Api) {
    let stage = Stage::open(api);
    let plays: Vec<_> = cases(gateway(api), Subject::Answer)
        .map(|case| (case, stage.shop.sale(Scenario::Paid)))
        .collect();
    for (case, sale) in &plays {
        let lie = lying(case, Operation::Micropay, Lie::NotPaid).times(1);
        stage.set(lie, &sale.out_trade_no);
    }
    each(&plays, |(case, sale)| {
        let outcome = stage.lone_till(case).micropay(&sale.request());
        stage.ended_as_paid(case, sale, &outcome);
    });
    stage.surprises.none();
}
