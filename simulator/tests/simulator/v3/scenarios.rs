use serde_json::Value;
use wxpay_simulator::{Scenario, Settings, Simulator, State, Timing};

use super::client::{Till, code};
use crate::client::{start, timing, until};

/// Under its bare name a scenario would be too short for an order number.
fn number(scenario: Scenario) -> String {
    format!("order-{}", scenario.name())
}

/// What the submit shows, in a word.
fn submit(till: &Till<'_>, scenario: Scenario) -> String {
    let Ok(answer) = till.play(&number(scenario), scenario) else {
        return "nothing".to_owned();
    };
    let Ok(body) = serde_json::from_slice::<Value>(&answer.body) else {
        return if answer.headers["content-type"] == "text/html" {
            answer.status.to_string()
        } else {
            "unreadable".to_owned()
        };
    };
    if answer.text().matches("\"trade_state\"").count() > 1 {
        return "twice".to_owned();
    }
    if answer.status < 300 && !till.proves(&answer) {
        return "unproven".to_owned();
    }
    let code = body.get("code").unwrap_or_else(|| &body["trade_state"]);
    code.as_str().expect("one of the two").to_owned()
}

/// The first answer, the first query's answer, and what the payer has paid by then.
#[test]
fn every_scenario_begins_as_on_apiv2() {
    use Scenario as S;
    let simulator = start();
    let till = Till::new(&simulator);
    for scenario in Scenario::ALL.iter().copied() {
        let (answer, state, net) = match scenario {
            S::Paid | S::AnswerDelayed | S::AnswerTooLate | S::SlowBytes | S::HugeBody => {
                ("SUCCESS", "SUCCESS", 888)
            }
            S::PasswordPaid
            | S::PasswordFailed
            | S::PasswordNever
            | S::PasswordBusy
            | S::PasswordBusyPaid
            | S::Recall
            | S::RecallSuccess
            | S::ReverseAnswerLost
            | S::ReverseExpired
            | S::ReverseTradeError
            | S::ReverseHttp500
            | S::ReverseEmpty
            | S::PaidWhileReversing => ("USERPAYING", "USERPAYING", 0),
            S::NotEnough => ("NOT_ENOUGH", "NOTPAY", 0),
            S::AuthCodeExpired => ("AUTH_CODE_EXPIRE", "ORDER_NOT_EXIST", 0),
            S::AuthCodeInvalid => ("AUTH_CODE_INVALID", "ORDER_NOT_EXIST", 0),
            S::AuthCodeError => ("AUTH_CODE_ERROR", "ORDER_NOT_EXIST", 0),
            S::CardNotSupported => ("NOT_SUPORT_CARD", "NOTPAY", 0),
            S::NoAuth => ("NO_AUTH", "ORDER_NOT_EXIST", 0),
            S::TradeError => ("TRADE_ERROR", "PAYERROR", 0),
            S::BuyerMismatch => ("BUYER_MISMATCH", "NOTPAY", 0),
            S::UnlistedCode => ("PAYER_ON_HOLIDAY", "ORDER_NOT_EXIST", 0),
            S::OrderPaid => ("ORDER_PAID", "SUCCESS", 888),
            S::OutTradeNoUsed => ("OUT_TRADE_NO_USED", "SUCCESS", 889),
            S::InvalidRequest => ("INVALID_REQUEST", "ORDER_NOT_EXIST", 0),
            S::RefusedButPaid => ("NOT_ENOUGH", "SUCCESS", 888),
            S::SystemErrorBooked => ("SYSTEM_ERROR", "SUCCESS", 888),
            S::SystemErrorLost => ("SYSTEM_ERROR", "ORDER_NOT_EXIST", 0),
            S::BankErrorBooked => ("BANK_ERROR", "SUCCESS", 888),
            S::BankErrorLost => ("BANK_ERROR", "ORDER_NOT_EXIST", 0),
            S::AnswerLost | S::Truncated | S::QueryWrongAmount | S::QueryForeign => {
                ("nothing", "SUCCESS", 888)
            }
            S::RequestLost | S::LateByQueries | S::LateByTime => ("nothing", "ORDER_NOT_EXIST", 0),
            S::Http500 => ("500", "SUCCESS", 888),
            S::Http502 => ("502", "ORDER_NOT_EXIST", 0),
            S::Http429 => ("429", "ORDER_NOT_EXIST", 0),
            S::Redirect => ("302", "ORDER_NOT_EXIST", 0),
            S::Garbage | S::Doctype => ("unreadable", "SUCCESS", 888),
            S::MissingSign | S::WrongSign => ("unproven", "SUCCESS", 888),
            S::WrongAmount | S::ForeignOrder | S::ForeignMerchant => ("SUCCESS", "SUCCESS", 888),
            S::DuplicateElement => ("twice", "SUCCESS", 888),
            S::QueryLag => ("nothing", "ORDER_NOT_EXIST", 888),
            S::QuerySystemError => ("nothing", "SYSTEM_ERROR", 888),
            S::QueryAccept => ("nothing", "ACCEPT", 888),
        };
        assert_eq!(submit(&till, scenario), answer, "{scenario:?}");
        assert_eq!(code(till.query(&number(scenario))), state, "{scenario:?}");
        assert_eq!(
            simulator.net_charged(&number(scenario)),
            net,
            "{scenario:?}"
        );
    }
}

#[test]
fn passwords_are_typed_and_late_charges_arrive_by_themselves() {
    let simulator = Simulator::start(Settings {
        timing: Timing {
            password_ms: 50,
            late_ms: 50,
            ..timing()
        },
        ..Settings::default()
    })
    .unwrap();
    let till = Till::new(&simulator);
    for (scenario, end) in [
        (Scenario::PasswordPaid, "SUCCESS"),
        (Scenario::PasswordFailed, "PAYERROR"),
        (Scenario::LateByTime, "SUCCESS"),
    ] {
        submit(&till, scenario);
        until(|| code(till.query(&number(scenario))) == end);
    }
    let failed = till.verified(till.query("order-password_failed"));
    assert_eq!(failed["trade_state_desc"], "支付失败，请撤销订单");
}

#[test]
fn queries_that_lag_catch_up_and_conflicting_ones_are_rightly_signed() {
    let simulator = start();
    let till = Till::new(&simulator);
    for (scenario, first) in [
        (Scenario::QueryLag, "ORDER_NOT_EXIST"),
        (Scenario::QuerySystemError, "SYSTEM_ERROR"),
        (Scenario::QueryAccept, "ACCEPT"),
        (Scenario::LateByQueries, "ORDER_NOT_EXIST"),
    ] {
        submit(&till, scenario);
        let states: Vec<_> = (0..3)
            .map(|_| code(till.query(&number(scenario))))
            .collect();
        assert_eq!(states, [first, first, "SUCCESS"], "{scenario:?}");
    }
    submit(&till, Scenario::QueryWrongAmount);
    let conflict = till.verified(till.query("order-query_wrong_amount"));
    assert_eq!(conflict["amount"]["total"], 889);
    submit(&till, Scenario::QueryForeign);
    let foreign = till.verified(till.query("order-query_foreign"));
    till.play("present-order", Scenario::Paid).unwrap();
    let present = till.verified(till.query("present-order"));
    assert!(foreign["success_time"].as_str() < present["success_time"].as_str());
    assert!(
        simulator
            .ledger()
            .order("order-query_foreign")
            .unwrap()
            .foreign
    );
}

/// What each of the first reverses shows, and the state after them.
fn reverses(simulator: &Simulator, scenario: Scenario) -> (Vec<String>, State) {
    let till = Till::new(simulator);
    submit(&till, scenario);
    let shown = (0..3)
        .map(|_| match till.reverse(&number(scenario)) {
            Err(_) => "nothing".to_owned(),
            Ok(answer) => match serde_json::from_slice::<Value>(&answer.body) {
                Err(_) => answer.status.to_string(),
                Ok(body) => match body["code"].as_str() {
                    Some(code) => code.to_owned(),
                    None => till.verified(Ok(answer))["out_trade_no"].to_string(),
                },
            },
        })
        .collect();
    let ledger = simulator.ledger();
    let order = ledger.order(&number(scenario));
    (shown, order.expect("it was submitted").state)
}

#[test]
fn reverses_go_wrong_as_on_apiv2() {
    use Scenario as S;
    let simulator = start();
    let (again, busy) = ("SYSTEM_ERROR", "USERPAYING");
    for (scenario, expected, state) in [
        (S::PasswordNever, ["done"; 3], State::Revoked),
        (S::PasswordBusy, [busy, busy, "done"], State::Revoked),
        (S::Recall, [again, again, "done"], State::Revoked),
        (S::RecallSuccess, ["done"; 3], State::Revoked),
        (
            S::ReverseAnswerLost,
            ["nothing", "done", "done"],
            State::Revoked,
        ),
        (S::ReverseExpired, ["REVERSE_EXPIRE"; 3], State::UserPaying),
        (S::ReverseTradeError, ["TRADE_ERROR"; 3], State::UserPaying),
        (S::ReverseHttp500, ["500", "500", "done"], State::Revoked),
        (S::ReverseEmpty, ["done"; 3], State::Revoked),
        (
            S::PaidWhileReversing,
            [again, again, "done"],
            State::Revoked,
        ),
    ] {
        let (shown, end) = reverses(&simulator, scenario);
        let done = format!("\"{}\"", number(scenario));
        let expected = expected.map(|word| if word == "done" { &done } else { word });
        assert_eq!(shown, expected, "{scenario:?}");
        assert_eq!(end, state, "{scenario:?}");
        assert_eq!(simulator.net_charged(&number(scenario)), 0);
    }
    let ledger = simulator.ledger();
    let undone = ledger.order("order-paid_while_reversing").unwrap();
    assert_eq!((undone.charged_fen, undone.refunded_fen), (888, 888));
    assert_eq!((undone.reverses, undone.early_reverses), (3, 3));
}

#[test]
fn reverses_that_do_nothing_say_so_to_a_query_alone() {
    let simulator = start();
    let till = Till::new(&simulator);
    for (scenario, empty) in [(Scenario::ReverseEmpty, 1), (Scenario::RecallSuccess, 2)] {
        submit(&till, scenario);
        for _ in 0..empty {
            till.verified(till.reverse(&number(scenario)));
            assert_eq!(code(till.query(&number(scenario))), "USERPAYING");
        }
        till.verified(till.reverse(&number(scenario)));
        assert_eq!(code(till.query(&number(scenario))), "REVOKED");
    }
}
