//! What the platform tells by callback, and what is told that is not its own.

use super::*;

#[test]
fn callbacks_that_come_at_once_are_told_alike_and_settle_once() {
    let shop = open();
    let tills = [shop.till(), shop.till()];
    let number = number(RideScenario::Paid);
    ended(&shop, &tills[0], &number, RideAction::Succeed);
    let notification = callback(&shop, &number);
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let calls: Vec<_> = (0..16)
            .map(|thread| {
                let (till, notification) = (&tills[thread % 2], &notification);
                scope.spawn(move || told(till, notification))
            })
            .collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    });
    let settled = |outcome: &&Outcome| {
        outcome.get_int("replayed") == Some(0) && outcome.get_int("reply_status") == Some(200)
    };
    assert_eq!(outcomes.iter().filter(settled).count(), 1, "{outcomes:?}");
    for outcome in &outcomes {
        assert_eq!(outcome.status(), OK, "{outcome:?}");
        let http_status = outcome.get_int("reply_status").unwrap();
        // Whoever comes while another one writes is asked to come again.
        assert!([200, 500].contains(&http_status), "{outcome:?}");
        answered(outcome, http_status);
    }
    let again = told(&tills[1], &notification);
    assert_eq!(again.get_int("replayed"), Some(1), "{again:?}");
    answered(&again, 200);
}

/// What a callback with each fault comes to; `None`: there is no such callback.
fn of_fault(fault: NotificationFault) -> Option<i32> {
    use NotificationFault as F;
    match fault {
        F::MissingSignature
        | F::WrongSignature
        | F::TamperedCiphertext
        | F::ForeignMerchant
        | F::NoJson
        | F::BadPadding => Some(E_FORGED),
        F::WrongAmount => Some(UNKNOWN),
        F::ForeignOrder => Some(OK),
        F::SignProbe | F::OldTimestamp { .. } | F::UnknownSerial | F::Doctype => None,
        // See tests/hostile/.
        F::Hostile { .. } => None,
    }
}

#[test]
fn every_fault_of_a_callback_ends_as_the_table_says() {
    use NotificationFault as F;
    let shop = open();
    let till = shop.till();
    let mut forgeries = Vec::new();
    for fault in [
        F::MissingSignature,
        F::WrongSignature,
        F::SignProbe,
        F::OldTimestamp { seconds: 1 },
        F::UnknownSerial,
        F::TamperedCiphertext,
        F::WrongAmount,
        F::ForeignMerchant,
        F::Doctype,
        F::ForeignOrder,
        F::NoJson,
        F::BadPadding,
    ] {
        let number = number(RideScenario::Paid);
        ended(&shop, &till, &number, RideAction::Succeed);
        callback(&shop, &number);
        let made = shop.simulator.notification_for_ride(&number, Some(fault));
        let Some(status) = of_fault(fault) else {
            assert_eq!(made.unwrap_err(), NotificationError::Fault(fault));
            continue;
        };
        let outcome = told(&till, &made.unwrap());
        assert_eq!(outcome.status(), status, "{fault:?}: {outcome:?}");
        let genuine = match status {
            E_FORGED => {
                answered(&outcome, 401);
                let mut json = outcome.json();
                // It repeats the callback's own nonce.
                json.as_object_mut().unwrap().remove("reply");
                forgeries.push(json);
                OK
            }
            UNKNOWN => {
                answered(&outcome, 200);
                assert_eq!(outcome.get("advice").as_deref(), Some("call_support"));
                UNKNOWN
            }
            _ => {
                answered(&outcome, 200);
                assert_eq!(outcome.get_int("known"), Some(0), "{outcome:?}");
                assert_ne!(outcome.get("out_trade_no"), Some(number.clone()));
                OK
            }
        };
        // What is on record has not changed, but where the platform itself said so.
        let outcome = told(&till, &callback(&shop, &number));
        assert_eq!(outcome.status(), genuine, "{fault:?}: {outcome:?}");
    }
    // One cannot be told from another.
    assert_eq!(forgeries.len(), 6);
    assert!(
        forgeries.iter().all(|json| *json == forgeries[0]),
        "{forgeries:#?}"
    );
}

#[test]
fn a_byte_changed_anywhere_proves_nothing() {
    let shop = open();
    let till = shop.till();
    let number = number(RideScenario::Paid);
    ended(&shop, &till, &number, RideAction::Succeed);
    let body = callback(&shop, &number).body;
    let places: Vec<_> = (0..body.len()).collect();
    each(&places, |place| {
        let mut changed = body.clone();
        changed[*place] ^= 1;
        let outcome = till.notify_decode("", &changed);
        assert!(
            [E_FORGED, E_ARGUMENT].contains(&outcome.status()),
            "{place}: {outcome:?}"
        );
    });
    assert_eq!(till.ride_pay(&ride(&number)).status(), ACCEPTED);
    assert_eq!(told(&till, &callback(&shop, &number)).status(), OK);
}

#[test]
fn every_way_of_signing_and_writing_is_read_as_it_is_configured() {
    type Change = fn(&mut RideSeal);
    let changes: [Change; 8] = [
        |seal| seal.mch_id_name = MchIdName::AppidMchId,
        |seal| seal.sign_type = RideSign::Md5,
        |seal| seal.sign_type = RideSign::None,
        |seal| seal.sign_lower_case = true,
        |seal| seal.sign_key_style = SignKeyStyle::Suffix,
        |seal| seal.sign_skip_empty = false,
        |seal| {
            seal.aes_key = "00112233445566778899aabbccddeeff".to_owned();
            seal.aes_key_encoding = TextEncoding::Hex;
            seal.iv_encoding = TextEncoding::Hex;
            seal.data_encoding = TextEncoding::Hex;
        },
        |seal| {
            seal.aes_key = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3".to_owned();
            seal.aes_key_encoding = TextEncoding::Base64;
            seal.iv_encoding = TextEncoding::Raw;
        },
    ];
    each(&changes, |change| {
        let shop = open_with(|platform| change(&mut platform.seal));
        let till = shop.till();
        let number = number(RideScenario::Paid);
        ended(&shop, &till, &number, RideAction::Succeed);
        let outcome = told(&till, &callback(&shop, &number));
        assert_eq!(outcome.status(), OK, "{outcome:?}");
        answered(&outcome, 200);
    });
}

#[test]
fn a_platform_with_numbers_of_its_own_is_led_back_by_attach() {
    let shop = open_with(|platform| platform.out_trade_no = RideNumber::Own);
    let till = shop.till();
    let numbers: Vec<_> = (0..4).map(|_| number(RideScenario::Paid)).collect();
    for (index, attach) in [
        (0, None),
        (1, Some("gate 7")),
        (2, Some("x")),
        (3, Some("x")),
    ] {
        let mut request = ride(&numbers[index]);
        if let Some(attach) = attach {
            request = request.with("attach", attach);
        }
        assert_eq!(till.ride_pay(&request).status(), ACCEPTED);
        let outcome = told(&till, &callback(&shop, &numbers[index]));
        assert_eq!(outcome.status(), OK, "{outcome:?}");
        answered(&outcome, 200);
        // The last two share one, so the second of them leads nowhere.
        let known = index < 3;
        assert_eq!(
            outcome.get_int("known"),
            Some(i64::from(known)),
            "{outcome:?}"
        );
        let ours = outcome.get("out_trade_no") == Some(numbers[index].clone());
        assert_eq!(ours, known, "{outcome:?}");
    }
    let listed = till.recover().json()["orders"].clone();
    assert_eq!(listed.as_array().unwrap().len(), 1, "{listed}");
    assert_eq!(listed[0]["out_trade_no"], numbers[3].as_str());
}
