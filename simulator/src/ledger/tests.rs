mod prepay;
mod refund;

use super::*;
use crate::scenario::auth_code;
use crate::settings::{ReverseUnknown, Timing};

fn settings() -> Settings {
    Settings {
        timing: Timing {
            password_ms: 100,
            late_ms: 100,
            late_queries: 2,
            busy_reverses: 2,
            recalls: 2,
            code_lifetime_ms: 1000,
            reverse_not_before_ms: 50,
            refund_ms: 0,
            ..Timing::default()
        },
        ..Settings::default()
    }
}

fn sale(out_trade_no: &str, scenario: Scenario, n: u64) -> Sale {
    let code = auth_code(scenario, n);
    Sale {
        key: Key {
            mch_id: "10000100".to_owned(),
            sub_mch_id: None,
            out_trade_no: out_trade_no.to_owned(),
        },
        auth_code: code.clone(),
        total_fee: 888,
        fee_type: "CNY".to_owned(),
        channel: None,
        notify: None,
        parameters: BTreeMap::from([
            ("auth_code".to_owned(), code),
            ("total_fee".to_owned(), "888".to_owned()),
        ]),
    }
}

struct Desk {
    book: Book,
    settings: Settings,
}

impl Desk {
    fn new(settings: Settings) -> Self {
        Self {
            book: Book::default(),
            settings,
        }
    }

    fn submit(&mut self, now: i64, sale: &Sale) -> Submitted {
        let earlier = self
            .book
            .received(now, &sale.key, Operation::Micropay, &self.settings);
        self.book.submit(now, sale, earlier, &self.settings)
    }

    fn query(&mut self, now: i64, sale: &Sale) -> State {
        let earlier = self
            .book
            .received(now, &sale.key, Operation::Orderquery, &self.settings);
        match self.book.query(now, &sale.key, earlier, &self.settings) {
            Queried::NotFound => State::Absent,
            Queried::Tombstone => State::Revoked,
            Queried::Order(order) => order.state,
        }
    }

    fn reverse(&mut self, now: i64, sale: &Sale) -> Reversed {
        let earlier = self
            .book
            .received(now, &sale.key, Operation::Reverse, &self.settings);
        self.book.reverse(now, &sale.key, earlier, &self.settings)
    }

    fn record(&mut self, now: i64, sale: &Sale) -> OrderRecord {
        self.book
            .snapshot(now, &self.settings)
            .order(&sale.key.out_trade_no)
            .expect("the number was used")
            .clone()
    }

    fn net(&mut self, now: i64, sale: &Sale) -> i64 {
        self.book
            .snapshot(now, &self.settings)
            .net_charged(&sale.key.out_trade_no)
    }
}

fn refusal(submitted: Submitted) -> Refusal {
    match submitted {
        Submitted::Refused(refusal) => refusal,
        Submitted::Paid(_) => panic!("paid"),
        Submitted::Paying => panic!("paying"),
    }
}

#[test]
fn a_sale_is_charged_once_however_often_it_comes() {
    let mut desk = Desk::new(settings());
    let sale = sale("A", Scenario::Paid, 1);
    assert!(matches!(desk.submit(0, &sale), Submitted::Paid(_)));
    assert_eq!(refusal(desk.submit(1, &sale)), Refusal::OrderPaid);
    let record = desk.record(2, &sale);
    assert_eq!(
        (record.charged_fen, record.charges, record.submits),
        (888, 1, 2)
    );
    assert_eq!(record.state, State::Success);
}

#[test]
fn a_code_serves_one_order_only_even_after_a_refusal() {
    let mut desk = Desk::new(settings());
    let first = sale("A", Scenario::NotEnough, 1);
    assert_eq!(
        refusal(desk.submit(0, &first)),
        Refusal::Scripted("NOTENOUGH")
    );
    let second = sale("B", Scenario::NotEnough, 1);
    assert_eq!(refusal(desk.submit(1, &second)), Refusal::CodeAlreadyUsed);
    assert_eq!(desk.record(2, &second).state, State::Absent);
}

#[test]
fn the_same_number_with_other_parameters_is_refused_until_it_is_paid() {
    let mut desk = Desk::new(settings());
    let first = sale("A", Scenario::PasswordPaid, 1);
    assert!(matches!(desk.submit(0, &first), Submitted::Paying));
    assert!(matches!(desk.submit(1, &first), Submitted::Paying));
    let other = sale("A", Scenario::Paid, 2);
    assert_eq!(refusal(desk.submit(2, &other)), Refusal::DifferentSale);
    assert_eq!(refusal(desk.submit(150, &other)), Refusal::OrderPaid);
    assert_eq!(desk.net(151, &first), 888);
}

#[test]
fn a_password_prompt_ends_by_time_and_not_before() {
    for (scenario, end, net) in [
        (Scenario::PasswordPaid, State::Success, 888),
        (Scenario::PasswordFailed, State::PayError, 0),
        (Scenario::PasswordNever, State::UserPaying, 0),
    ] {
        let mut desk = Desk::new(settings());
        let sale = sale("A", scenario, 1);
        assert!(matches!(desk.submit(0, &sale), Submitted::Paying));
        assert_eq!(desk.query(99, &sale), State::UserPaying);
        assert_eq!(desk.query(100, &sale), end, "{scenario:?}");
        assert_eq!(desk.net(10_000, &sale), net);
    }
}

#[test]
fn a_reverse_gives_the_money_back_once_and_the_number_is_dead() {
    for (rule, state) in [
        (ReversedPaid::Revoked, State::Revoked),
        (ReversedPaid::Refund, State::Refund),
    ] {
        let mut desk = Desk::new(Settings {
            reversed_paid: rule,
            ..settings()
        });
        let sale = sale("A", Scenario::Paid, 1);
        desk.submit(0, &sale);
        assert_eq!(desk.reverse(10, &sale), Reversed::Done);
        assert_eq!(desk.reverse(60, &sale), Reversed::Done);
        let record = desk.record(61, &sale);
        assert_eq!(record.state, state);
        assert_eq!((record.charged_fen, record.refunded_fen), (888, 888));
        assert_eq!((record.reverses, record.early_reverses), (2, 1));
        assert!(matches!(desk.submit(62, &sale), Submitted::Refused(_)));
        assert_eq!(desk.net(63, &sale), 0);
    }
}

#[test]
fn an_unpaid_order_that_was_reversed_is_never_paid() {
    let mut desk = Desk::new(settings());
    let sale = sale("A", Scenario::PasswordPaid, 1);
    desk.submit(0, &sale);
    assert_eq!(desk.reverse(50, &sale), Reversed::Done);
    assert_eq!(desk.query(5000, &sale), State::Revoked);
    assert_eq!(
        desk.book.act(5001, "A", PayerAction::Pay, &desk.settings),
        Err(PayerError::State {
            state: State::Revoked,
            action: PayerAction::Pay
        })
    );
    assert_eq!(refusal(desk.submit(5002, &sale)), Refusal::OrderReversed);
    assert_eq!(desk.record(5003, &sale).charges, 0);
}

#[test]
fn reverses_are_refused_while_the_payer_types_if_the_scenario_or_the_settings_say_so() {
    let mut desk = Desk::new(settings());
    let busy = sale("A", Scenario::PasswordBusy, 1);
    desk.submit(0, &busy);
    let answers: Vec<_> = (1..4).map(|now| desk.reverse(now, &busy)).collect();
    assert_eq!(
        answers,
        [Reversed::PayerBusy, Reversed::PayerBusy, Reversed::Done]
    );
    let until_paid = sale("B", Scenario::PasswordBusyPaid, 2);
    desk.submit(0, &until_paid);
    assert_eq!(desk.reverse(99, &until_paid), Reversed::PayerBusy);
    assert_eq!(desk.query(100, &until_paid), State::Success);

    let mut strict = Desk::new(Settings {
        refuse_reverse_while_paying: true,
        ..settings()
    });
    let never = sale("C", Scenario::PasswordNever, 3);
    strict.submit(0, &never);
    assert_eq!(strict.reverse(10_000, &never), Reversed::PayerBusy);
}

#[test]
fn a_late_charge_is_invisible_until_it_takes_effect() {
    let mut desk = Desk::new(settings());
    let by_queries = sale("A", Scenario::LateByQueries, 1);
    desk.submit(0, &by_queries);
    assert_eq!(desk.record(1, &by_queries).state, State::InFlight);
    assert_eq!(desk.query(2, &by_queries), State::Absent);
    assert_eq!(desk.net(3, &by_queries), 0);
    assert_eq!(desk.query(4, &by_queries), State::Absent);
    assert_eq!(desk.net(5, &by_queries), 888);
    assert_eq!(desk.query(6, &by_queries), State::Success);

    let by_time = sale("B", Scenario::LateByTime, 2);
    desk.submit(0, &by_time);
    assert_eq!(desk.query(99, &by_time), State::Absent);
    assert_eq!(desk.query(100, &by_time), State::Success);
}

#[test]
fn a_late_charge_fails_when_its_code_has_expired() {
    let mut desk = Desk::new(settings());
    let sale = sale("A", Scenario::LateByQueries, 1);
    desk.submit(0, &sale);
    assert_eq!(desk.query(1000, &sale), State::Absent);
    assert_eq!(desk.query(1001, &sale), State::Absent);
    assert_eq!(desk.query(1002, &sale), State::Absent);
    let record = desk.record(1003, &sale);
    assert_eq!((record.state, record.charges), (State::Absent, 0));
}

#[test]
fn what_a_reverse_does_to_a_charge_under_way_follows_the_setting() {
    for (rule, answer, net) in [
        (ReverseUnknown::NotExist, Reversed::NotFound, 888),
        (ReverseUnknown::EmptySuccess, Reversed::Done, 888),
        (ReverseUnknown::Tombstone, Reversed::Done, 0),
    ] {
        let mut desk = Desk::new(Settings {
            reverse_unknown: rule,
            ..settings()
        });
        let under_way = sale("A", Scenario::LateByTime, 1);
        desk.submit(0, &under_way);
        assert_eq!(desk.reverse(50, &under_way), answer);
        assert_eq!(desk.net(500, &under_way), net, "{rule:?}");

        let never_seen = sale("B", Scenario::Paid, 2);
        assert_eq!(desk.reverse(50, &never_seen), answer);
        let buried = rule == ReverseUnknown::Tombstone;
        assert_eq!(desk.query(51, &never_seen) == State::Revoked, buried);
        let submitted = desk.submit(52, &never_seen);
        assert_eq!(matches!(submitted, Submitted::Refused(_)), buried);
    }
}

#[test]
fn the_platform_revokes_what_is_unpaid_when_it_is_told_to() {
    let mut desk = Desk::new(Settings {
        timing: Timing {
            auto_revoke_ms: Some(80),
            ..settings().timing
        },
        ..settings()
    });
    let slow = sale("A", Scenario::PasswordPaid, 1);
    let paid = sale("B", Scenario::Paid, 2);
    desk.submit(0, &slow);
    desk.submit(0, &paid);
    assert_eq!(desk.query(79, &slow), State::UserPaying);
    assert_eq!(desk.query(1000, &slow), State::Revoked);
    assert_eq!(desk.query(1000, &paid), State::Success);
}

#[test]
fn a_foreign_sale_keeps_its_money_and_its_amount() {
    let mut desk = Desk::new(settings());
    let sale = sale("A", Scenario::OutTradeNoUsed, 1);
    assert_eq!(
        refusal(desk.submit(0, &sale)),
        Refusal::Scripted("OUT_TRADE_NO_USED")
    );
    let record = desk.record(1, &sale);
    assert!(record.foreign);
    assert_eq!((record.net_fen, record.total_fee), (889, Some(889)));
}

#[test]
fn somebody_pays_between_the_reverses() {
    let mut desk = Desk::new(settings());
    let sale = sale("A", Scenario::PaidWhileReversing, 1);
    desk.submit(0, &sale);
    // The first two reverses are answered by the scripted fault and never reach the book's reverse.
    for now in 1..3 {
        desk.book
            .received(now, &sale.key, Operation::Reverse, &desk.settings);
    }
    assert_eq!(desk.query(3, &sale), State::Success);
    assert_eq!(desk.reverse(4, &sale), Reversed::Done);
    assert_eq!(desk.net(5, &sale), 0);
}

#[test]
fn the_payer_acts_only_where_it_is_possible() {
    let mut desk = Desk::new(settings());
    let sale = sale("A", Scenario::PasswordPaid, 1);
    let act = |desk: &mut Desk, now, action| desk.book.act(now, "A", action, &desk.settings);
    assert_eq!(
        act(&mut desk, 0, PayerAction::Pay),
        Err(PayerError::NoOrder("A".to_owned()))
    );
    desk.submit(0, &sale);
    assert_eq!(act(&mut desk, 1, PayerAction::Wait), Ok(State::UserPaying));
    assert_eq!(desk.query(5000, &sale), State::UserPaying);
    assert_eq!(act(&mut desk, 5001, PayerAction::Pay), Ok(State::Success));
    assert!(act(&mut desk, 5002, PayerAction::Close).is_err());
    assert_eq!(act(&mut desk, 5003, PayerAction::Refund), Ok(State::Refund));
    assert_eq!(desk.net(5004, &sale), 0);
}

#[test]
fn totals_are_the_sums_of_the_orders() {
    let mut desk = Desk::new(settings());
    let (kept, undone) = (sale("A", Scenario::Paid, 1), sale("B", Scenario::Paid, 2));
    desk.submit(0, &kept);
    desk.submit(0, &undone);
    desk.reverse(100, &undone);
    let ledger = desk.book.snapshot(101, &desk.settings);
    assert_eq!(
        ledger.totals,
        Totals {
            orders: 2,
            charged_fen: 1776,
            refunded_fen: 888,
            net_fen: 888
        }
    );
    assert_eq!(ledger.net_charged("never heard of"), 0);
}
