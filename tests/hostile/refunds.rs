//! Refunds and the questions about them.

use wxpay_simulator::hostile::{Subject, Told};
use wxpay_simulator::{Api, Operation};

use super::common::shop::{FEE, Sale, Shop};
use super::common::{ACCEPTED, E_DUPLICATE, REFUNDED, Request, UNKNOWN, each, on_every_gateway};
use super::{Stage, cases, fault, gateway, is_endless, statuses};

on_every_gateway! {
    a_refund_with_a_hostile_answer_gives_back_once,
    a_question_for_a_refund_with_a_hostile_answer_is_told_what_the_table_says,
}

const BACK: i64 = 100;

pub(crate) fn refund_number(sale: &Sale) -> String {
    format!("{}-R", sale.out_trade_no)
}

pub(crate) fn refund(sale: &Sale) -> Request {
    Request::refund(&sale.out_trade_no, &refund_number(sale), FEE, BACK)
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

impl Stage {
    fn went_back_once(&self, case: &super::Case, sale: &Sale) {
        let back = going_back(&self.shop, sale);
        if back != (BACK, 1) {
            self.surprises.add(case, &format!("{back:?} go back"));
        }
    }
}

fn a_refund_with_a_hostile_answer_gives_back_once(api: Api) {
    let stage = Stage::open(api);
    let plays = stage.paid_sales(cases(gateway(api), Subject::Answer));
    for (case, sale) in &plays {
        stage.set(fault(case, Operation::Refund).times(1), &sale.out_trade_no);
    }
    each(&plays, |(case, sale)| {
        let outcome = stage.till(case).refund(&refund(sale));
        let expected: &[i32] = match is_endless(case) {
            // The till that gives up soon may have given up the question that finds out, too.
            true => &[ACCEPTED, REFUNDED, UNKNOWN],
            false => &[ACCEPTED, REFUNDED],
        };
        stage.surprises.check(case, expected, &outcome);
        let again = stage.patient.refund(&refund(sale));
        stage.surprises.check(case, &[ACCEPTED, REFUNDED], &again);
        stage.went_back_once(case, sale);
    });
    stage.surprises.none();
}

fn a_question_for_a_refund_with_a_hostile_answer_is_told_what_the_table_says(api: Api) {
    let stage = Stage::open(api);
    let asked =
        cases(gateway(api), Subject::Answer).filter(|case| case.refund_query != Told::Skipped);
    let plays = stage.paid_sales(asked);
    each(&plays, |(_, sale)| {
        let outcome = stage.patient.refund(&refund(sale));
        assert_eq!(outcome.status(), ACCEPTED, "{outcome:?}");
    });
    for (case, sale) in &plays {
        stage.set(fault(case, Operation::RefundQuery), &sale.out_trade_no);
    }
    each(&plays, |(case, sale)| {
        let outcome = stage.till(case).refund_query(refund_number(sale));
        let expected = match case.refund_query {
            Told::Read => &[ACCEPTED],
            Told::Conflict => &[E_DUPLICATE],
            told => statuses(stage.gateway(), Subject::Answer, told),
        };
        stage.surprises.check(case, expected, &outcome);
    });
    stage.shop.simulator.clear_faults();
    each(&plays, |(case, sale)| {
        let outcome = stage.patient.refund(&refund(sale));
        stage.surprises.check(case, &[ACCEPTED], &outcome);
        stage.went_back_once(case, sale);
    });
    stage.surprises.none();
}
