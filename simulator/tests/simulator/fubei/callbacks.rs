use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use wxpay_simulator::{
    FubeiCallbacks, Notification, NotificationError, NotificationFault, NotificationKind,
    PayerAction, RefundAction, Scenario, Settings, Simulator, auth_code,
};

use super::client::{Fields, Till, data, sign};
use crate::client::{number_of, start, start_with, until};
use crate::listener::Listener;

/// A form, as a till's server reads it.
fn form(body: &[u8]) -> Fields {
    let text = std::str::from_utf8(body).expect("a form is ASCII");
    let decoded = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_decode_str(&spaced)
            .decode_utf8()
            .expect("UTF-8")
            .into_owned()
    };
    text.split('&')
        .map(|pair| pair.split_once('=').expect("a name and a value"))
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect()
}

/// `data`, if the form is signed with the till's secret over every field.
fn proven(till: &Till<'_>, body: &[u8]) -> Option<Value> {
    let fields = form(body);
    assert_eq!(fields["result_code"], "200");
    let right = sign(&fields, till.account().secret(till.level));
    (fields.get("sign") == Some(&right))
        .then(|| serde_json::from_str(&fields["data"]).expect("data is JSON"))
}

#[test]
fn payments_of_both_kinds_are_told_signed_by_the_level_that_asked() {
    let simulator = start();
    for till in [Till::new(&simulator), Till::vendor(&simulator)] {
        let listener = Listener::start(vec![(200, "success")]);
        let number = |name: &str| format!("{name}-{}", till.path.len());
        let (a, b) = (number("scanned"), number("swiped"));
        data(till.scan(&a, &listener.url));
        assert!(listener.received().is_empty());
        simulator.payer(&a, PayerAction::Pay).unwrap();
        let told = listener.wait(1).remove(0);
        assert_eq!(
            told.headers["content-type"],
            "application/x-www-form-urlencoded"
        );
        let payment = proven(&till, &told.body).expect("it is rightly signed");
        assert_eq!(payment["merchant_order_sn"], a);
        assert_eq!(payment[till.name("trade_state")], "SUCCESS");
        assert_eq!(payment[till.name("total_fee")], json!(8.88));
        assert_eq!(payment["attach"], "till 1");
        let code = auth_code(Scenario::PasswordNever, number_of(&b));
        let url = format!("\"{}\":\"{}\"", till.name("call_back_url"), listener.url);
        let content = format!("{},{url}", till.sale(&b, &code));
        data(till.call("swipe", &content));
        assert_eq!(listener.received().len(), 1);
        simulator.payer(&b, PayerAction::Pay).unwrap();
        let told = listener.wait(2).remove(1);
        let payment = proven(&till, &told.body).expect("it is rightly signed");
        assert_eq!(payment["merchant_order_sn"], b);
        until(|| simulator.notifications().iter().all(|told| told.delivered));
    }
    let records = simulator.notifications();
    assert_eq!(records.len(), 4);
    assert!(
        records
            .iter()
            .all(|told| told.kind == NotificationKind::Payment)
    );
}

#[test]
fn a_callback_is_sent_again_until_it_is_answered_success() {
    let simulator = start();
    let till = Till::new(&simulator);
    let listener = Listener::start(vec![(500, "success"), (200, "SUCCESS"), (200, "success")]);
    data(till.scan("A", &listener.url));
    simulator.payer("A", PayerAction::Pay).unwrap();
    listener.wait(3);
    until(|| simulator.notifications()[0].delivered);
    assert_eq!(simulator.notifications()[0].attempts, 3);
    let bodies: Vec<_> = listener
        .received()
        .into_iter()
        .map(|told| told.body)
        .collect();
    assert!(bodies.iter().all(|body| *body == bodies[0]));
}

fn made(
    simulator: &Simulator,
    fault: Option<NotificationFault>,
) -> Result<Notification, NotificationError> {
    simulator.notification_for_payment("A", fault)
}

#[test]
fn a_callback_can_be_made_wrong_in_every_way_that_it_has() {
    let simulator = start();
    for till in [Till::new(&simulator), Till::vendor(&simulator)] {
        simulator.reset();
        assert!(made(&simulator, None).is_err());
        data(till.play("A", Scenario::Paid));
        let honest = made(&simulator, None).unwrap();
        assert!(proven(&till, &honest.body).is_some());
        let wrong = made(&simulator, Some(NotificationFault::WrongSignature)).unwrap();
        assert!(proven(&till, &wrong.body).is_none());
        assert_eq!(form(&wrong.body)["sign"].len(), 32);
        let missing = made(&simulator, Some(NotificationFault::MissingSignature)).unwrap();
        assert!(!form(&missing.body).contains_key("sign"));
        let amount = made(&simulator, Some(NotificationFault::WrongAmount)).unwrap();
        let amount = proven(&till, &amount.body).expect("rightly signed");
        assert_eq!(amount[till.name("total_fee")], json!(8.89));
        let foreign = made(&simulator, Some(NotificationFault::ForeignMerchant));
        match till.path {
            "/gateway" => {
                let error = NotificationError::Fault(NotificationFault::ForeignMerchant);
                assert_eq!(foreign.unwrap_err(), error);
            }
            _ => {
                let foreign = proven(&till, &foreign.unwrap().body).expect("rightly signed");
                assert_eq!(foreign["uid"], 1_999_999);
            }
        }
        let no_json = made(&simulator, Some(NotificationFault::NoJson)).unwrap();
        let fields = form(&no_json.body);
        let right = sign(&fields, till.account().secret(till.level));
        assert_eq!(fields["sign"], right);
        assert!(serde_json::from_str::<Value>(&fields["data"]).is_err());
        for fault in [
            NotificationFault::SignProbe,
            NotificationFault::OldTimestamp { seconds: 1 },
            NotificationFault::UnknownSerial,
            NotificationFault::TamperedCiphertext,
            NotificationFault::Doctype,
            NotificationFault::ForeignOrder,
            NotificationFault::BadPadding,
        ] {
            let error = made(&simulator, Some(fault)).unwrap_err();
            assert_eq!(error, NotificationError::Fault(fault));
        }
    }
}

#[test]
fn empty_fields_are_signed_or_not_as_the_settings_say() {
    for (callbacks, signed) in [
        (FubeiCallbacks::EmptySigned, true),
        (FubeiCallbacks::EmptySkipped, false),
    ] {
        let mut settings = Settings::default();
        settings.fubei.forms.callbacks = callbacks;
        let simulator = start_with(settings);
        let till = Till::new(&simulator);
        data(till.play("A", Scenario::Paid));
        let told = made(&simulator, None).unwrap();
        assert_eq!(form(&told.body)["result_message"], "");
        assert_eq!(proven(&till, &told.body).is_some(), signed);
        let mut filled = form(&told.body);
        let given = filled.remove("sign");
        filled.retain(|_, value| !value.is_empty());
        let skipped = sign(&filled, till.account().secret(till.level));
        assert_eq!(given == Some(skipped), !signed);
    }
}

#[test]
fn the_end_of_a_refund_can_be_told() {
    let simulator = start();
    for till in [Till::new(&simulator), Till::vendor(&simulator)] {
        simulator.reset();
        data(till.play("A", Scenario::Paid));
        data(till.refund("A", "R1", "3"));
        assert!(simulator.notification_for_refund("R1", None).is_err());
        simulator
            .refund_action("R1", RefundAction::Succeed)
            .unwrap();
        let told = simulator.notification_for_refund("R1", None).unwrap();
        let refund = proven(&till, &told.body).expect("rightly signed");
        for (name, value) in [
            ("merchant_order_sn", json!("A")),
            ("merchant_refund_sn", json!("R1")),
            ("refund_status", json!("REFUND_SUCCESS")),
            ("refund_amount", json!(3.0)),
        ] {
            assert_eq!(refund[name], value, "{name}");
        }
    }
}

#[test]
fn somebody_elses_order_is_not_told() {
    let simulator = start();
    let till = Till::new(&simulator);
    // The number belongs to another sale.
    till.play("A", Scenario::OrderPaid).unwrap();
    assert!(made(&simulator, None).is_err());
    // What was given back by a reverse is told no more.
    data(till.play("B", Scenario::Paid));
    data(till.reverse("B"));
    assert!(simulator.notification_for_payment("B", None).is_err());
}
