use wxpay_simulator::{
    Fault, FaultKind, Operation, PayerAction, Scenario, Settings, Simulator, State,
};

use crate::client::{Fields, Till, order, start, start_with};

const NOTIFY: &str = "http://127.0.0.1:9/notify";

/// `NATIVE` replaced, and more fields.
fn asked(till: &Till<'_>, out_trade_no: &str, trade_type: &str, more: &[(&str, &str)]) -> Fields {
    let mut fields = order(out_trade_no, NOTIFY);
    fields.retain(|(name, _)| *name != "trade_type");
    fields.push(("trade_type", trade_type));
    fields.extend(more);
    till.verified(till.send("/pay/unifiedorder", &fields))
}

#[test]
fn each_kind_of_order_answers_with_what_its_front_end_needs() {
    let simulator = start();
    for hmac in [false, true] {
        let mut till = Till::new(&simulator);
        till.hmac = hmac;
        for (trade_type, more, url) in [
            (
                "JSAPI",
                &[("openid", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o")][..],
                None,
            ),
            ("NATIVE", &[], Some("code_url")),
            ("APP", &[], None),
            ("MWEB", &[], Some("mweb_url")),
        ] {
            let number = format!("{trade_type}-{hmac}");
            let made = asked(&till, &number, trade_type, more);
            assert_eq!(made["result_code"], "SUCCESS");
            assert_eq!(made["trade_type"], trade_type);
            assert!(made["prepay_id"].starts_with("wx"));
            assert_eq!(made["prepay_id"].len(), 36);
            for name in ["code_url", "mweb_url"] {
                assert_eq!(
                    made.contains_key(name),
                    url == Some(name),
                    "{trade_type} {name}"
                );
            }
            assert_eq!(till.state(&number), "NOTPAY");
            let again = asked(&till, &number, trade_type, more);
            assert_eq!(again["prepay_id"], made["prepay_id"]);
            let record = simulator.ledger().order(&number).unwrap().clone();
            assert_eq!(record.trade_type.as_deref(), Some(trade_type));
        }
    }
    let till = Till::new(&simulator);
    let native = asked(&till, "N", "NATIVE", &[]);
    assert!(native["code_url"].starts_with("weixin://wxpay/bizpayurl?pr="));
    let h5 = asked(&till, "H", "MWEB", &[]);
    assert!(h5["mweb_url"].contains(&h5["prepay_id"]));
}

#[test]
fn an_order_is_paid_by_its_payer_and_then_neither_closed_nor_made_again() {
    let simulator = start();
    let till = Till::new(&simulator);
    let openid = [("openid", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o")];
    asked(&till, "A", "JSAPI", &openid);
    assert_eq!(simulator.payer("A", PayerAction::Pay), Ok(State::Success));
    let found = till.verified(till.query("A"));
    for (name, value) in [
        ("trade_state", "SUCCESS"),
        ("trade_type", "JSAPI"),
        ("openid", openid[0].1),
        ("total_fee", "888"),
        ("attach", "till 1"),
    ] {
        assert_eq!(found[name], value, "{name}");
    }
    assert_eq!(simulator.net_charged("A"), 888);
    assert_eq!(till.verified(till.close("A"))["err_code"], "ORDERPAID");
    assert_eq!(asked(&till, "A", "JSAPI", &openid)["err_code"], "ORDERPAID");
    assert_eq!(till.verified(till.reverse("A"))["err_code"], "ORDERPAID");
    assert_eq!(till.state("A"), "SUCCESS");
}

#[test]
fn a_closed_order_stays_closed() {
    let simulator = start();
    let till = Till::new(&simulator);
    let closed = |number| till.verified(till.close(number));
    assert_eq!(closed("A")["err_code"], "ORDERNOTEXIST");
    till.verified(till.prepay("A", NOTIFY));
    assert_eq!(till.verified(till.reverse("A"))["err_code"], "TRADE_ERROR");
    assert_eq!(closed("A")["result_code"], "SUCCESS");
    assert_eq!(till.state("A"), "CLOSED");
    assert_eq!(closed("A")["err_code"], "ORDERCLOSED");
    let again = till.verified(till.prepay("A", NOTIFY));
    assert_eq!(again["err_code"], "ORDERCLOSED");
    assert!(simulator.payer("A", PayerAction::Pay).is_err());
}

#[test]
fn payments_by_code_and_other_orders_have_numbers_of_their_own() {
    let simulator = start();
    let till = Till::new(&simulator);
    till.verified(till.play("A", Scenario::PasswordNever));
    let closed = till.verified(till.close("A"));
    assert_eq!(closed["err_code"], "TRADE_STATE_ERROR");
    assert!(closed["err_code_des"].contains("只能撤销"));
    let made = till.verified(till.prepay("A", NOTIFY));
    assert_eq!(made["err_code"], "OUT_TRADE_NO_USED");
    till.verified(till.prepay("B", NOTIFY));
    let paid = till.verified(till.play("B", Scenario::Paid));
    assert_eq!(paid["err_code"], "OUT_TRADE_NO_USED");
    let other = asked(&till, "B", "NATIVE", &[("goods_tag", "WXG")]);
    assert_eq!(other["err_code"], "INVALID_REQUEST");
    assert_eq!(simulator.ledger().totals.charged_fen, 0);
}

#[test]
fn a_time_that_is_over_is_no_time_to_expire() {
    let simulator = start();
    let till = Till::new(&simulator);
    let late = asked(&till, "A", "NATIVE", &[("time_expire", "20200101000000")]);
    assert_eq!(late["err_code"], "INVALID_REQUEST");
    assert_eq!(late["err_code_des"], "time_expire时间过短");
    let far = asked(&till, "A", "NATIVE", &[("time_expire", "20990101000000")]);
    assert_eq!(far["result_code"], "SUCCESS");
}

#[test]
fn the_scripted_payer_pays_by_himself_if_the_settings_say_so() {
    let mut settings = Settings::default();
    settings.timing.prepay_ms = Some(0);
    let simulator = Simulator::start(settings).unwrap();
    let till = Till::new(&simulator);
    till.verified(till.prepay("A", NOTIFY));
    assert_eq!(till.state("A"), "SUCCESS");
}

#[test]
fn faults_happen_to_prepays_and_closes() {
    let simulator = start_with(Settings::default());
    let till = Till::new(&simulator);
    simulator.fault(Fault::once(Operation::Prepay, FaultKind::DropAfter));
    assert!(till.prepay("A", NOTIFY).is_err());
    assert_eq!(till.state("A"), "NOTPAY");
    simulator.fault(Fault::once(Operation::Close, FaultKind::DropBefore));
    assert!(till.close("A").is_err());
    assert_eq!(till.state("A"), "NOTPAY");
    simulator.fault(Fault::once(Operation::Close, FaultKind::DropAfter));
    assert!(till.close("A").is_err());
    assert_eq!(till.state("A"), "CLOSED");
    let operations: Vec<_> = simulator.requests().iter().map(|r| r.operation).collect();
    assert_eq!(
        operations,
        [
            Some(Operation::Prepay),
            Some(Operation::Orderquery),
            Some(Operation::Close),
            Some(Operation::Orderquery),
            Some(Operation::Close),
            Some(Operation::Orderquery)
        ]
    );
    assert_eq!(simulator.ledger().order("A").unwrap().closes, 2);
}
