//! Fen here, decimal yuan there.

use super::*;
use crate::common::{E_ARGUMENT, REFUNDED};
use wxpay_simulator::FubeiData;

#[test]
fn the_smallest_and_the_largest_amounts_arrive_as_they_left() {
    for (way, most) in [
        (WAYS_IN[0], 999_999_999),
        (WAYS_IN[1], 1_000_000_000),
        (WAYS_IN[2], 1_000_000_000),
    ] {
        for amounts_as_text in [false, true] {
            let forms = FubeiForms {
                amounts_as_text,
                ..FubeiForms::default()
            };
            let shop = Shop::with(settings(way.0, way.1, forms));
            let till = shop.till();
            for fee in [1, 10, 99, 100, 101, 1_010, 10_000_000, most] {
                let sale = shop.sale(Scenario::AnswerLost);
                let request = Request::sale(&sale.out_trade_no, &sale.auth_code, fee);
                let outcome = till.micropay(&request);
                let context = format!("{way:?} {fee}: {outcome:?}");
                assert_eq!(outcome.status(), OK, "{context}");
                assert_eq!(outcome.get_int("total_fee"), Some(fee), "{context}");
                assert_eq!(outcome.get_int("payer_total"), Some(fee), "{context}");
                assert_eq!(shop.simulator.net_charged(&sale.out_trade_no), fee);
                let number = format!("{}-R", sale.out_trade_no);
                till.refund(&Request::refund(&sale.out_trade_no, &number, fee, fee));
                while till.refund_query(&number).status() != REFUNDED {
                    common::pause(5);
                }
                assert_eq!(shop.simulator.net_charged(&sale.out_trade_no), 0);
            }
            let sale = shop.sale(Scenario::Paid);
            let request = Request::sale(&sale.out_trade_no, &sale.auth_code, most + 1);
            let refused = till.micropay(&request);
            assert_eq!(refused.status(), E_ARGUMENT, "{refused:?}");
            assert_eq!(refused.get("field").as_deref(), Some("total_fee"));
            assert_eq!(shop.count(&sale, Operation::Micropay), 0);
        }
    }
}

#[test]
fn a_merchants_discount_is_told_beside_the_price_which_is_what_must_agree() {
    for data in [FubeiData::Object, FubeiData::Text] {
        let forms = FubeiForms {
            data,
            ..FubeiForms::default()
        };
        let shop = Shop::with(Settings {
            coupon_fen: 100,
            ..settings(FubeiApi::V1, FubeiLevel::Merchant, forms)
        });
        let till = shop.till();
        for scenario in [Scenario::Paid, Scenario::AnswerLost] {
            let sale = shop.sale(scenario);
            let outcome = till.micropay(&sale.request().with("discount_switch", "1"));
            assert_eq!(outcome.status(), OK, "{outcome:?}");
            for (name, fen) in [
                ("total_fee", FEE),
                ("settlement_total_fee", FEE - 100),
                ("payer_total", FEE - 100),
                ("discount_money", 100),
            ] {
                assert_eq!(outcome.get_int(name), Some(fen), "{name}: {outcome:?}");
            }
            let without = shop.sale(scenario);
            let outcome = pay(&shop, &till, &without);
            assert_eq!(outcome.get("settlement_total_fee"), None, "{outcome:?}");
            assert_eq!(outcome.get_int("discount_money"), Some(0), "{outcome:?}");
        }
    }
}
