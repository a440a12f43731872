use wxpay_simulator::{Channel, Scenario, Settings, Simulator, State, Timing};

use super::client::{Till, data, word};
use crate::client::{self, Answer, start, timing, until};
use crate::v3;

/// What the submit shows, in a word.
fn submit(till: &Till<'_>, scenario: Scenario) -> String {
    let Ok(answer) = till.play(scenario.name(), scenario) else {
        return "nothing".to_owned();
    };
    if answer.headers["content-type"] == "text/html" {
        return answer.status.to_string();
    }
    if answer.text().matches("\"trade_state\"").count() > 1 {
        return "twice".to_owned();
    }
    match serde_json::from_slice::<serde_json::Value>(&answer.body) {
        Ok(_) => word(&answer),
        Err(_) => "unreadable".to_owned(),
    }
}

/// The first answer, the first query's answer, and what the payer has paid by then.
#[test]
fn every_scenario_begins_as_on_wechat_pay() {
    use Scenario as S;
    let simulator = start();
    let till = Till::new(&simulator);
    for scenario in Scenario::ALL.iter().copied() {
        let (answer, state, net) = match scenario {
            S::Paid
            | S::AnswerDelayed
            | S::AnswerTooLate
            | S::SlowBytes
            | S::HugeBody
            // Nobody signs answers.
            | S::MissingSign
            | S::WrongSign => ("SUCCESS", "SUCCESS", 888),
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
            S::NotEnough => ("NOTENOUGH", "CLOSED", 0),
            S::AuthCodeExpired => ("AUTHCODEEXPIRE", "ORDERNOTEXIST", 0),
            S::AuthCodeInvalid => ("AUTH_CODE_INVALID", "ORDERNOTEXIST", 0),
            S::AuthCodeError => ("AUTH_CODE_ERROR", "ORDERNOTEXIST", 0),
            S::CardNotSupported => ("NOTSUPORTCARD", "CLOSED", 0),
            S::NoAuth => ("NOAUTH", "ORDERNOTEXIST", 0),
            S::TradeError => ("TRADE_ERROR", "CLOSED", 0),
            S::BuyerMismatch => ("BUYER_MISMATCH", "CLOSED", 0),
            S::UnlistedCode => ("PAYER_ON_HOLIDAY", "ORDERNOTEXIST", 0),
            S::OrderPaid => ("ORDERPAID", "SUCCESS", 888),
            S::OutTradeNoUsed => ("OUT_TRADE_NO_USED", "SUCCESS", 889),
            S::InvalidRequest => ("INVALID_REQUEST", "ORDERNOTEXIST", 0),
            S::RefusedButPaid => ("NOTENOUGH", "SUCCESS", 888),
            S::SystemErrorBooked => ("SYSTEMERROR", "SUCCESS", 888),
            S::SystemErrorLost => ("SYSTEMERROR", "ORDERNOTEXIST", 0),
            S::BankErrorBooked => ("BANKERROR", "SUCCESS", 888),
            S::BankErrorLost => ("BANKERROR", "ORDERNOTEXIST", 0),
            S::AnswerLost | S::Truncated | S::QueryWrongAmount | S::QueryForeign => {
                ("nothing", "SUCCESS", 888)
            }
            S::RequestLost | S::LateByQueries | S::LateByTime => ("nothing", "ORDERNOTEXIST", 0),
            S::Http500 => ("500", "SUCCESS", 888),
            S::Http502 => ("502", "ORDERNOTEXIST", 0),
            S::Http429 => ("429", "ORDERNOTEXIST", 0),
            S::Redirect => ("302", "ORDERNOTEXIST", 0),
            S::Garbage | S::Doctype => ("unreadable", "SUCCESS", 888),
            S::WrongAmount | S::ForeignOrder | S::ForeignMerchant => ("SUCCESS", "SUCCESS", 888),
            S::DuplicateElement => ("twice", "SUCCESS", 888),
            S::QueryLag => ("nothing", "ORDERNOTEXIST", 888),
            S::QuerySystemError => ("nothing", "SYSTEMERROR", 888),
            S::QueryAccept => ("nothing", "ACCEPT", 888),
        };
        assert_eq!(submit(&till, scenario), answer, "{scenario:?}");
        assert_eq!(till.state(scenario.name()), state, "{scenario:?}");
        assert_eq!(simulator.net_charged(scenario.name()), net, "{scenario:?}");
    }
}

#[test]
fn every_channel_and_interface_does_to_the_ledger_what_v2_and_v3_do() {
    let simulator = start();
    // They differ from a plain payment in size and time alone.
    let plain = [
        Scenario::HugeBody,
        Scenario::SlowBytes,
        Scenario::AnswerTooLate,
    ];
    let scenarios = || {
        let all = Scenario::ALL.iter().copied();
        all.filter(|scenario| !plain.contains(scenario))
    };
    let truth = |play: &dyn Fn(&str, Scenario) -> std::io::Result<Answer>| -> Vec<_> {
        simulator.reset();
        let nets = scenarios().map(|scenario| {
            let number = format!("order-{}", scenario.number());
            // An answer that never comes is one of the scenarios.
            let _ = play(&number, scenario);
            (scenario, simulator.net_charged(&number))
        });
        nets.collect()
    };
    let wechat = client::Till::new(&simulator);
    let on_v2 = truth(&|number, scenario| wechat.play(number, scenario));
    let wechat = v3::client::Till::new(&simulator);
    let on_v3 = truth(&|number, scenario| wechat.play(number, scenario));
    assert_eq!(on_v3, on_v2);
    for channel in Channel::ALL {
        for mut till in [Till::new(&simulator), Till::vendor(&simulator)] {
            till.channel = channel;
            let on_fubei = truth(&|number, scenario| till.play(number, scenario));
            assert_eq!(on_fubei, on_v2, "{channel:?} {}", till.path);
        }
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
        (Scenario::PasswordFailed, "CLOSED"),
        (Scenario::LateByTime, "SUCCESS"),
    ] {
        submit(&till, scenario);
        until(|| till.state(scenario.name()) == end);
    }
}

#[test]
fn queries_that_lag_catch_up() {
    let simulator = start();
    let till = Till::vendor(&simulator);
    for (scenario, first) in [
        (Scenario::QueryLag, "ORDERNOTEXIST"),
        (Scenario::QuerySystemError, "SYSTEMERROR"),
        (Scenario::QueryAccept, "ACCEPT"),
        (Scenario::LateByQueries, "ORDERNOTEXIST"),
    ] {
        submit(&till, scenario);
        let states: Vec<_> = (0..3).map(|_| till.state(scenario.name())).collect();
        assert_eq!(states, [first, first, "SUCCESS"], "{scenario:?}");
    }
    submit(&till, Scenario::QueryWrongAmount);
    let conflict = data(till.query("query_wrong_amount"));
    assert_eq!(conflict["total_amount"], serde_json::json!(8.89));
}

/// What each of the first reverses shows, and the state after them.
fn reverses(simulator: &Simulator, scenario: Scenario) -> (Vec<String>, State) {
    let till = Till::vendor(simulator);
    submit(&till, scenario);
    let shown = (0..3)
        .map(|_| match till.reverse(scenario.name()) {
            Err(_) => "nothing".to_owned(),
            Ok(answer) if answer.headers["content-type"] == "text/html" => {
                answer.status.to_string()
            }
            Ok(answer) => word(&answer),
        })
        .collect();
    let ledger = simulator.ledger();
    let order = ledger.order(scenario.name());
    (shown, order.expect("it was submitted").state)
}

#[test]
fn reverses_go_wrong_as_on_wechat_pay() {
    use Scenario as S;
    let simulator = start();
    let (again, busy, done) = ("SYSTEMERROR", "USERPAYING", "REVOKED");
    for (scenario, expected, state) in [
        (S::PasswordNever, [done; 3], State::Revoked),
        (S::PasswordBusy, [busy, busy, done], State::Revoked),
        (S::Recall, [again, again, done], State::Revoked),
        (S::RecallSuccess, [done; 3], State::Revoked),
        (
            S::ReverseAnswerLost,
            ["nothing", done, done],
            State::Revoked,
        ),
        (S::ReverseExpired, ["REVERSE_EXPIRE"; 3], State::UserPaying),
        (S::ReverseTradeError, ["TRADE_ERROR"; 3], State::UserPaying),
        (S::ReverseHttp500, ["500", "500", done], State::Revoked),
        (S::ReverseEmpty, [done; 3], State::Revoked),
        (S::PaidWhileReversing, [again, again, done], State::Revoked),
    ] {
        let (shown, end) = reverses(&simulator, scenario);
        assert_eq!(shown, expected, "{scenario:?}");
        assert_eq!(end, state, "{scenario:?}");
        assert_eq!(simulator.net_charged(scenario.name()), 0);
    }
    let ledger = simulator.ledger();
    let undone = ledger.order("paid_while_reversing").unwrap();
    assert_eq!((undone.charged_fen, undone.refunded_fen), (888, 888));
}

#[test]
fn reverses_that_do_nothing_say_so_to_a_query_alone() {
    let simulator = start();
    let till = Till::new(&simulator);
    for (scenario, empty) in [(Scenario::ReverseEmpty, 1), (Scenario::RecallSuccess, 2)] {
        submit(&till, scenario);
        for _ in 0..empty {
            data(till.reverse(scenario.name()));
            assert_eq!(till.state(scenario.name()), "USERPAYING");
        }
        data(till.reverse(scenario.name()));
        assert_eq!(till.state(scenario.name()), "REVOKED");
    }
}
