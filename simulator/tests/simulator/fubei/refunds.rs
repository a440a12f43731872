use serde_json::json;
use wxpay_simulator::{
    FubeiApi, RefundAction, RefundState, Scenario, Settings, Simulator, State, Timing,
};

use super::client::{Till, data, refusal};
use crate::client::{start, timing};

fn tills(simulator: &Simulator) -> [Till<'_>; 2] {
    [Till::new(simulator), Till::vendor(simulator)]
}

#[test]
fn a_refund_is_opened_once_and_succeeds() {
    let simulator = start();
    for till in tills(&simulator) {
        simulator.reset();
        data(till.play("A", Scenario::Paid));
        let opened = data(till.refund("A", "R1", "3.00"));
        assert_eq!(opened["merchant_order_sn"], "A");
        assert_eq!(opened["merchant_refund_sn"], "R1");
        match till.api {
            // 1.0 does not say what became of it, nor how much it is.
            FubeiApi::V1 => {
                assert!(opened.get("refund_status").is_none());
                assert!(opened["trade_no"].is_string());
            }
            FubeiApi::V2 => {
                assert_eq!(opened["refund_status"], "REFUND_PROCESSING");
                assert_eq!(opened["refund_amount"], json!(3.0));
            }
        }
        // The same number is the same refund.
        assert_eq!(
            data(till.refund("A", "R1", "3.00"))["refund_sn"],
            opened["refund_sn"]
        );
        assert_eq!(
            refusal(till.refund("A", "R1", "4.00")).1,
            "REFUND_FEE_MISMATCH"
        );
        let asked = data(till.refund_query("A", "R1"));
        assert_eq!(asked["refund_status"], "REFUND_PROCESSING");
        assert_eq!(simulator.net_charged("A"), 888);
        simulator
            .refund_action("R1", RefundAction::Succeed)
            .unwrap();
        let asked = data(till.refund_query("A", "R1"));
        assert_eq!(asked["refund_status"], "REFUND_SUCCESS");
        let told = asked.get("buyer_refund_amount");
        assert_eq!(told.is_some(), till.api == FubeiApi::V2);
        assert_eq!(simulator.net_charged("A"), 588);
        // An order that was refunded was paid all the same.
        assert_eq!(till.state("A"), "SUCCESS");
        let ledger = simulator.ledger();
        let refund = ledger.refund("R1").unwrap();
        assert_eq!((refund.submits, refund.queries), (3, 2));
        assert_eq!(refund.refund_fee, Some(300));
    }
}

#[test]
fn a_refund_that_fails_says_so_as_its_interface_spells_it() {
    let simulator = start();
    for (till, failed) in tills(&simulator)
        .iter()
        .zip(["REFUND_FAILER", "REFUND_FAIL"])
    {
        simulator.reset();
        data(till.play("A", Scenario::Paid));
        for (refund, action) in [("R1", RefundAction::Fail), ("R2", RefundAction::Close)] {
            data(till.refund("A", refund, "1"));
            simulator.refund_action(refund, action).unwrap();
            assert_eq!(
                data(till.refund_query("A", refund))["refund_status"],
                failed
            );
        }
    }
}

#[test]
fn without_an_amount_1_0_gives_everything_back() {
    let simulator = Simulator::start(Settings {
        timing: Timing {
            refund_ms: 0,
            ..timing()
        },
        ..Settings::default()
    })
    .unwrap();
    let [v1, v2] = tills(&simulator);
    data(v1.play("A", Scenario::Paid));
    let all = "\"merchant_order_sn\":\"A\",\"merchant_refund_sn\":\"R1\"";
    data(v1.call("refund", all));
    assert_eq!(simulator.net_charged("A"), 0);
    assert_eq!(simulator.ledger().order("A").unwrap().state, State::Refund);
    assert_eq!(refusal(v2.call("refund", all)).0, 402);
    assert_eq!(refusal(v1.refund("A", "R2", "0.01")).2, "订单已全额退款");
}

#[test]
fn refunds_are_refused_for_a_reason() {
    let simulator = start();
    let till = Till::new(&simulator);
    assert_eq!(refusal(till.refund("A", "R1", "1")).1, "ORDERNOTEXIST");
    till.play("A", Scenario::PasswordNever).unwrap();
    assert_eq!(refusal(till.refund("A", "R1", "1")).1, "TRADE_STATE_ERROR");
    data(till.reverse("A"));
    assert_eq!(refusal(till.refund("A", "R1", "1")).1, "ORDERREVERSED");
    data(till.play("B", Scenario::Paid));
    assert_eq!(
        refusal(till.refund("B", "R1", "8.89")).2,
        "退款金额大于可退金额"
    );
    for yuan in ["0", "\"1.00\"", "1.001", "1e0", "-1"] {
        assert_eq!(refusal(till.refund("B", "R1", yuan)).0, 402, "{yuan}");
    }
    for number in 1..=10 {
        data(till.refund("B", &format!("R{number}"), "0.01"));
    }
    assert_eq!(
        refusal(till.refund("B", "R11", "0.01")).2,
        "退款次数超过10次"
    );
    // A part is on its way: no reverse any more.
    assert_eq!(refusal(till.reverse("B")).1, "TRADE_ERROR");
    assert_eq!(refusal(till.refund_query("B", "R11")).1, "REFUNDNOTEXIST");
    assert_eq!(refusal(till.refund_query("A", "R1")).1, "REFUNDNOTEXIST");
    let refund_alone = till.call("refund.query", "\"merchant_refund_sn\":\"R1\"");
    assert_eq!(refusal(refund_alone).0, 402);
    let ledger = simulator.ledger();
    assert_eq!(ledger.refund("R11").unwrap().state, RefundState::Absent);
}

#[test]
fn a_refund_is_found_by_fubeis_number() {
    let simulator = start();
    for till in tills(&simulator) {
        simulator.reset();
        let paid = data(till.play("A", Scenario::Paid));
        let opened = data(till.refund("A", "R1", "1"));
        let order_sn = paid["order_sn"].as_str().unwrap();
        let refund_sn = opened["refund_sn"].as_str().unwrap();
        let content = match till.api {
            FubeiApi::V1 => format!("\"order_sn\":\"{order_sn}\",\"refund_sn\":\"{refund_sn}\""),
            FubeiApi::V2 => format!("\"refund_sn\":\"{refund_sn}\""),
        };
        assert_eq!(
            data(till.call("refund.query", &content))["merchant_refund_sn"],
            "R1"
        );
    }
}
