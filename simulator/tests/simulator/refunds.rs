use wxpay_simulator::{
    Fault, FaultKind, Operation, RefundAction, RefundState, Scenario, Settings, Simulator, State,
};

use crate::client::{Till, start};

/// A simulator whose refunds are done at once.
fn instant() -> Simulator {
    let mut settings = Settings::default();
    settings.timing.refund_ms = 0;
    Simulator::start(settings).expect("the simulator starts")
}

fn money(simulator: &Simulator, out_trade_no: &str) -> (i64, i64, i64) {
    let ledger = simulator.ledger();
    let order = ledger.order(out_trade_no).expect("it was booked");
    (order.charged_fen, order.refunded_fen, order.net_fen)
}

#[test]
fn a_refund_gives_money_back_once_and_is_found_by_each_of_its_numbers() {
    let simulator = instant();
    for hmac in [false, true] {
        let mut till = Till::new(&simulator);
        till.hmac = hmac;
        let (order, number) = (format!("A-{hmac}"), format!("R-{hmac}"));
        let paid = till.verified(till.play(&order, Scenario::Paid));
        let done = till.verified(till.refund(&order, &number, "300"));
        for (name, value) in [
            ("result_code", "SUCCESS"),
            ("transaction_id", &paid["transaction_id"]),
            ("out_trade_no", &order),
            ("out_refund_no", &number),
            ("refund_fee", "300"),
            ("total_fee", "888"),
            ("cash_fee", "888"),
            ("cash_refund_fee", "300"),
        ] {
            assert_eq!(done[name], value, "{name}");
        }
        let again = till.verified(till.refund(&order, &number, "300"));
        assert_eq!(again["refund_id"], done["refund_id"]);
        assert_eq!(money(&simulator, &order), (888, 300, 588));
        assert_eq!(till.state(&order), "REFUND");
        for (name, value) in [
            ("out_refund_no", &number),
            ("refund_id", &done["refund_id"]),
            ("out_trade_no", &order),
            ("transaction_id", &paid["transaction_id"]),
        ] {
            let found = till.verified(till.refund_query(name, value));
            assert_eq!(found["refund_count"], "1", "{name}");
            assert_eq!(found["out_refund_no_0"], number);
            assert_eq!(found["refund_id_0"], done["refund_id"]);
            assert_eq!(found["refund_fee_0"], "300");
            assert_eq!(found["refund_status_0"], "SUCCESS");
            assert_eq!(found["refund_success_time_0"].len(), 19);
            assert_eq!(found["total_fee"], "888");
        }
        let ledger = simulator.ledger();
        let record = ledger.refund(&number).unwrap();
        assert_eq!((record.submits, record.queries), (2, 4));
    }
}

#[test]
fn an_order_is_refunded_in_parts_and_never_beyond_what_was_paid() {
    let simulator = instant();
    let till = Till::new(&simulator);
    till.verified(till.play("A", Scenario::Paid));
    let code = |order, number, fee| {
        let answer = till.verified(till.refund(order, number, fee));
        answer.get("err_code").cloned()
    };
    assert_eq!(code("A", "R1", "300"), None);
    assert_eq!(
        code("A", "R1", "301").as_deref(),
        Some("REFUND_FEE_MISMATCH")
    );
    assert_eq!(code("A", "R2", "589").as_deref(), Some("INVALID_REQUEST"));
    assert_eq!(code("A", "R2", "588"), None);
    assert_eq!(code("A", "R3", "1").as_deref(), Some("ERROR"));
    assert_eq!(money(&simulator, "A"), (888, 888, 0));
    let more_than_all = till.refund("A", "R4", "889").unwrap().fields();
    assert_eq!(more_than_all["return_code"], "FAIL");
    let listed = till.verified(till.refund_query("out_trade_no", "A"));
    assert_eq!(listed["refund_count"], "2");
    assert_eq!(listed["refund_fee"], "888");
    assert_eq!(listed["out_refund_no_1"], "R2");
    let from_one = [("out_trade_no", "A"), ("offset", "1")];
    let listed = till.verified(till.send("/pay/refundquery", &from_one));
    assert_eq!(listed["total_refund_count"], "2");
    assert_eq!(listed["out_refund_no_0"], "R2");
    assert!(!listed.contains_key("out_refund_no_1"));
}

#[test]
fn what_is_unknown_unpaid_or_reversed_is_not_refunded() {
    let simulator = instant();
    let till = Till::new(&simulator);
    let code = |order| till.verified(till.refund(order, "R", "1"))["err_code"].clone();
    assert_eq!(code("A"), "ORDERNOTEXIST");
    till.verified(till.play("A", Scenario::PasswordNever));
    assert_eq!(code("A"), "TRADE_STATE_ERROR");
    till.verified(till.reverse("A"));
    assert_eq!(code("A"), "ORDERREVERSED");
    let by_id = [
        ("transaction_id", "4200"),
        ("out_refund_no", "R"),
        ("total_fee", "888"),
        ("refund_fee", "1"),
    ];
    let unknown = till.verified(till.send("/secapi/pay/refund", &by_id));
    assert_eq!(unknown["err_code"], "INVALID_TRANSACTIONID");
    for (name, number) in [
        ("out_refund_no", "R"),
        ("refund_id", "5030"),
        ("out_trade_no", "A"),
        ("transaction_id", "4200"),
    ] {
        let answer = till.verified(till.refund_query(name, number));
        assert_eq!(answer["err_code"], "REFUNDNOTEXIST", "{name}");
    }
    let ledger = simulator.ledger();
    let record = ledger.refund("R").unwrap();
    assert_eq!((record.state, record.submits), (RefundState::Absent, 4));
}

#[test]
fn a_refund_is_on_its_way_until_the_bank_has_decided() {
    let simulator = start();
    let till = Till::new(&simulator);
    till.verified(till.play("A", Scenario::Paid));
    let status = |number: &str| {
        let found = till.verified(till.refund_query("out_refund_no", number));
        found["refund_status_0"].clone()
    };
    for (number, action, state, shown, refunded) in [
        (
            "R1",
            RefundAction::Succeed,
            RefundState::Success,
            "SUCCESS",
            100,
        ),
        (
            "R2",
            RefundAction::Fail,
            RefundState::Abnormal,
            "CHANGE",
            100,
        ),
        (
            "R3",
            RefundAction::Close,
            RefundState::Closed,
            "REFUNDCLOSE",
            100,
        ),
    ] {
        till.verified(till.refund("A", number, "100"));
        assert_eq!(status(number), "PROCESSING");
        assert_eq!(simulator.refund_action(number, action), Ok(state));
        assert_eq!(status(number), shown);
        assert_eq!(money(&simulator, "A"), (888, refunded, 888 - refunded));
    }
    assert_eq!(simulator.ledger().order("A").unwrap().state, State::Refund);
}

#[test]
fn a_refund_needs_the_merchants_own_certificate() {
    let simulator = start();
    let till = Till::new(&simulator);
    till.verified(till.play("A", Scenario::Paid));
    let bare = Till::with_certificate(&simulator, None);
    assert_eq!(bare.refund("A", "R", "1").unwrap().status, 400);
    let stranger = start();
    let foreign = (stranger.client_cert_pem(), stranger.client_key_pem());
    let with_foreign = Till::with_certificate(&simulator, Some(foreign));
    assert_eq!(with_foreign.refund("A", "R", "1").unwrap().status, 400);
    assert!(simulator.ledger().refunds.is_empty());
    let asked = bare.verified(bare.refund_query("out_refund_no", "R"));
    assert_eq!(asked["err_code"], "REFUNDNOTEXIST");
}

#[test]
fn a_refund_whose_answer_is_lost_was_made_and_is_made_once() {
    let simulator = instant();
    let till = Till::new(&simulator);
    till.verified(till.play("A", Scenario::Paid));
    for kind in [
        FaultKind::DropBefore,
        FaultKind::DropAfter,
        FaultKind::Truncated,
        FaultKind::Http {
            status: 502,
            executed: true,
        },
    ] {
        simulator.fault(Fault::once(Operation::Refund, kind.clone()));
        let lost = till.refund("A", "R", "888");
        assert!(lost.is_err() || lost.unwrap().status == 502, "{kind:?}");
        let back = if kind == FaultKind::DropBefore {
            0
        } else {
            888
        };
        assert_eq!(money(&simulator, "A"), (888, back, 888 - back), "{kind:?}");
    }
    let known = till.verified(till.refund("A", "R", "888"));
    assert_eq!(known["result_code"], "SUCCESS");
    let ledger = simulator.ledger();
    assert_eq!((ledger.refunds.len(), ledger.refunds[0].submits), (1, 5));
}

#[test]
fn faults_falsify_what_is_said_about_refunds() {
    let simulator = instant();
    let till = Till::new(&simulator);
    till.verified(till.play("A", Scenario::Paid));
    till.verified(till.refund("A", "R", "100"));
    for (operation, kind, name, value) in [
        (
            Operation::Refund,
            FaultKind::WrongAmount,
            "refund_fee",
            "101",
        ),
        (
            Operation::Refund,
            FaultKind::ForeignOrder,
            "out_refund_no",
            "SOMEBODYELSESREFUND",
        ),
        (
            Operation::RefundQuery,
            FaultKind::WrongAmount,
            "refund_fee_0",
            "101",
        ),
        (
            Operation::RefundQuery,
            FaultKind::ForeignOrder,
            "out_refund_no_0",
            "SOMEBODYELSESREFUND",
        ),
    ] {
        simulator.fault(Fault::once(operation, kind).for_order("A"));
        let answer = match operation {
            Operation::Refund => till.refund("A", "R", "100"),
            _ => till.refund_query("out_refund_no", "R"),
        };
        assert_eq!(till.verified(answer)[name], value);
    }
}

#[test]
fn a_refunded_sale_is_paid_for_good() {
    let simulator = instant();
    let till = Till::new(&simulator);
    till.verified(till.play("A", Scenario::Paid));
    till.verified(till.refund("A", "R1", "300"));
    let again = till.verified(till.play("A", Scenario::Paid));
    assert_eq!(again["err_code"], "ORDERPAID");
    let reversed = till.verified(till.reverse("A"));
    assert_eq!(reversed["err_code"], "TRADE_ERROR");
    assert_eq!(money(&simulator, "A"), (888, 300, 588));
}
