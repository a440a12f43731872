//! Charges, queries and reverses.

use wxpay_simulator::hostile::{Subject, Told};
use wxpay_simulator::{Api, Operation, Scenario};

use super::common::{E_FORGED, OK, REVERSED, UNKNOWN, each, on_every_gateway};
use super::{Stage, cases, fault, gateway, statuses};

on_every_gateway! {
    a_charge_with_a_hostile_answer_ends_as_the_ledger_says,
    a_query_with_a_hostile_answer_is_told_what_the_table_says,
    what_is_behind_an_answer_is_not_taken_for_the_next_one,
    a_reverse_with_a_hostile_answer_is_done_or_stays_open,
}

fn a_charge_with_a_hostile_answer_ends_as_the_ledger_says(api: Api) {
    let stage = Stage::open(api);
    let plays: Vec<_> = cases(gateway(api), Subject::Answer)
        .map(|case| (case, stage.shop.sale(Scenario::Paid)))
        .collect();
    for (case, sale) in &plays {
        stage.set(
            fault(case, Operation::Micropay).times(1),
            &sale.out_trade_no,
        );
    }
    each(&plays, |(case, sale)| {
        let outcome = stage.lone_till(case).micropay(&sale.request());
        stage.ended_as_paid(case, sale, &outcome);
    });
    stage.surprises.none();
}

fn a_query_with_a_hostile_answer_is_told_what_the_table_says(api: Api) {
    let stage = Stage::open(api);
    let queried = cases(gateway(api), Subject::Answer).filter(|case| case.told != Told::Skipped);
    let plays = stage.paid_sales(queried);
    for (case, sale) in &plays {
        stage.set(fault(case, Operation::Orderquery), &sale.out_trade_no);
    }
    each(&plays, |(case, sale)| {
        let outcome = stage.till(case).query(&sale.out_trade_no);
        let expected = match case.told {
            Told::Read => &[OK],
            told => statuses(stage.gateway(), Subject::Answer, told),
        };
        stage.surprises.check(case, expected, &outcome);
        let tells = |fact: &str| outcome.get(fact).is_some();
        if outcome.status() == E_FORGED && (tells("transaction_id") || tells("trade_state")) {
            let what = format!("tells what is not proven: {outcome:?}");
            stage.surprises.add(case, &what);
        }
    });
    stage.shop.simulator.clear_faults();
    each(&plays, |(case, sale)| {
        let outcome = stage.patient.query(&sale.out_trade_no);
        stage.surprises.check(case, &[OK], &outcome);
        stage.shop.agrees(sale, &outcome);
        // The charge is told again as it ended, whatever was said since.
        let again = stage.patient.micropay(&sale.request());
        stage.surprises.check(case, &[OK], &again);
        stage.sent_once(case, sale);
    });
    stage.surprises.none();
}

/// One question after the other, so that the next one would go down the connection that has something
/// left in it.
fn what_is_behind_an_answer_is_not_taken_for_the_next_one(api: Api) {
    let stage = Stage::open(api);
    let [first, second] = [(), ()].map(|()| stage.paid().out_trade_no);
    for case in cases(gateway(api), Subject::Answer).filter(|case| case.told == Told::Read) {
        stage.set(fault(case, Operation::Orderquery).times(1), &first);
        for number in [&first, &second] {
            let outcome = stage.patient.query(number);
            stage.surprises.check(case, &[OK], &outcome);
            if outcome.get("out_trade_no").as_deref() != Some(number) {
                let what = format!("asked for {number}: {outcome:?}");
                stage.surprises.add(case, &what);
            }
        }
    }
    stage.surprises.none();
}

fn a_reverse_with_a_hostile_answer_is_done_or_stays_open(api: Api) {
    let stage = Stage::open(api);
    let reversed =
        cases(gateway(api), Subject::Answer).filter(|case| case.reverse != Told::Skipped);
    let plays = stage.paid_sales(reversed);
    for (case, sale) in &plays {
        stage.set(fault(case, Operation::Reverse), &sale.out_trade_no);
    }
    each(&plays, |(case, sale)| {
        let outcome = stage.till_for(case.reverse).reverse(&sale.out_trade_no);
        let expected = match case.reverse {
            Told::Read => &[REVERSED],
            _ => &[UNKNOWN],
        };
        stage.surprises.check(case, expected, &outcome);
        let reversal = outcome.get("reversal");
        if outcome.status() == UNKNOWN && reversal.as_deref() != Some("required") {
            let what = format!("not to be undone any more: {outcome:?}");
            stage.surprises.add(case, &what);
        }
        stage.shop.agrees(sale, &outcome);
    });
    stage.shop.simulator.clear_faults();
    let recovered = stage.patient.recover();
    assert_eq!(recovered.status(), OK, "{recovered:?}");
    each(&plays, |(case, sale)| {
        let outcome = stage.patient.reverse(&sale.out_trade_no);
        stage.surprises.check(case, &[REVERSED], &outcome);
        stage.shop.agrees(sale, &outcome);
    });
    stage.surprises.none();
}
