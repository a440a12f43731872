use wxpay_simulator::{PayerAction, Scenario, Settings, Simulator, State, Timing};

use crate::client::{Till, start, timing, until};

/// What the submit shows, in a word.
fn submit(till: &Till<'_>, scenario: Scenario) -> String {
    let Ok(answer) = till.play(scenario.name(), scenario) else {
        return "nothing".to_owned();
    };
    if answer.status != 200 {
        return answer.status.to_string();
    }
    let text = answer.text();
    if roxmltree::Document::parse(&text).is_err() {
        return "unreadable".to_owned();
    }
    let fields = answer.fields();
    if text.matches("<result_code>").count() > 1 {
        return "twice".to_owned();
    }
    if fields.get("sign") != Some(&till.sign(&fields)) {
        return "unproven".to_owned();
    }
    fields
        .get("err_code")
        .unwrap_or_else(|| &fields["result_code"])
        .clone()
}

/// The first answer, the first query's answer, and what the payer has paid by then.
#[test]
fn every_scenario_begins_as_the_table_says() {
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
            S::NotEnough => ("NOTENOUGH", "NOTPAY", 0),
            S::AuthCodeExpired => ("AUTHCODEEXPIRE", "ORDERNOTEXIST", 0),
            S::AuthCodeInvalid => ("AUTH_CODE_INVALID", "ORDERNOTEXIST", 0),
            S::AuthCodeError => ("AUTH_CODE_ERROR", "ORDERNOTEXIST", 0),
            S::CardNotSupported => ("NOTSUPORTCARD", "NOTPAY", 0),
            S::NoAuth => ("NOAUTH", "ORDERNOTEXIST", 0),
            S::TradeError => ("TRADE_ERROR", "PAYERROR", 0),
            S::BuyerMismatch => ("BUYER_MISMATCH", "NOTPAY", 0),
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
            S::MissingSign | S::WrongSign => ("unproven", "SUCCESS", 888),
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
        until(|| till.state(scenario.name()) == end);
    }
    let failed = till.verified(till.query("password_failed"));
    assert_eq!(failed["trade_state_desc"], "支付失败,请撤销订单");
}

#[test]
fn queries_that_lag_catch_up() {
    let simulator = start();
    let till = Till::new(&simulator);
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
}

#[test]
fn conflicting_queries_are_rightly_signed() {
    let simulator = start();
    let till = Till::new(&simulator);
    submit(&till, Scenario::QueryWrongAmount);
    let conflict = till.verified(till.query("query_wrong_amount"));
    assert_eq!(conflict["total_fee"], "889");
    submit(&till, Scenario::QueryForeign);
    let foreign = till.verified(till.query("query_foreign"));
    submit(&till, Scenario::Paid);
    let present = till.verified(till.query("paid"));
    assert!(foreign["time_end"] < present["time_end"]);
    assert!(simulator.ledger().order("query_foreign").unwrap().foreign);
}

/// What each of the first reverses shows, and the state after them.
fn reverses(simulator: &Simulator, scenario: Scenario) -> (Vec<String>, State) {
    let till = Till::new(simulator);
    submit(&till, scenario);
    let shown = (0..3)
        .map(|_| match till.reverse(scenario.name()) {
            Err(_) => "nothing".to_owned(),
            Ok(answer) if answer.status != 200 => answer.status.to_string(),
            Ok(answer) => {
                let fields = till.verified(Ok(answer));
                let code = fields
                    .get("err_code")
                    .unwrap_or_else(|| &fields["result_code"]);
                format!("{code} {}", fields["recall"])
            }
        })
        .collect();
    let ledger = simulator.ledger();
    let order = ledger.order(scenario.name());
    (shown, order.expect("it was submitted").state)
}

#[test]
fn reverses_go_wrong_as_the_table_says() {
    use Scenario as S;
    let simulator = start();
    let (done, again, busy) = ("SUCCESS N", "SYSTEMERROR Y", "USERPAYING Y");
    for (scenario, expected, state) in [
        (S::PasswordNever, [done, done, done], State::Revoked),
        (S::PasswordBusy, [busy, busy, done], State::Revoked),
        (S::Recall, [again, again, done], State::Revoked),
        (
            S::RecallSuccess,
            ["SUCCESS Y", "SUCCESS Y", done],
            State::Revoked,
        ),
        (
            S::ReverseAnswerLost,
            ["nothing", done, done],
            State::Revoked,
        ),
        (
            S::ReverseExpired,
            ["REVERSE_EXPIRE N"; 3],
            State::UserPaying,
        ),
        (
            S::ReverseTradeError,
            ["TRADE_ERROR N"; 3],
            State::UserPaying,
        ),
        (S::ReverseHttp500, ["500", "500", done], State::Revoked),
        (S::ReverseEmpty, [done, done, done], State::Revoked),
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
    assert_eq!((undone.reverses, undone.early_reverses), (3, 3));
}

#[test]
fn an_empty_reverse_changes_nothing() {
    let simulator = start();
    let till = Till::new(&simulator);
    submit(&till, Scenario::ReverseEmpty);
    assert_eq!(till.verified(till.reverse("reverse_empty"))["recall"], "N");
    assert_eq!(till.state("reverse_empty"), "USERPAYING");
}

#[test]
fn a_busy_payer_pays_in_the_end() {
    let simulator = start();
    let till = Till::new(&simulator);
    submit(&till, Scenario::PasswordBusyPaid);
    let refused = till.verified(till.reverse("password_busy_paid"));
    assert_eq!(refused["err_code_des"], "正在支付中不能发起撤销");
    let state = simulator.payer("password_busy_paid", PayerAction::Pay);
    assert_eq!(state, Ok(State::Success));
    assert_eq!(till.state("password_busy_paid"), "SUCCESS");
}
