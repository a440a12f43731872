use super::*;

fn order(out_trade_no: &str) -> Prepay {
    Prepay {
        key: Key {
            mch_id: "10000100".to_owned(),
            sub_mch_id: None,
            out_trade_no: out_trade_no.to_owned(),
        },
        trade_type: TradeType::Native,
        total_fee: 888,
        fee_type: "CNY".to_owned(),
        channel: None,
        openid: None,
        notify: Notify {
            url: Some("http://127.0.0.1:9/notify".to_owned()),
            generation: Generation::V3,
        },
        expires_at: None,
        parameters: BTreeMap::from([("amount.total".to_owned(), "888".to_owned())]),
    }
}

impl Desk {
    fn prepay(&mut self, now: i64, prepay: &Prepay) -> Prepared {
        let earlier = self
            .book
            .received(now, &prepay.key, Operation::Prepay, &self.settings);
        self.book.prepay(now, prepay, earlier, &self.settings)
    }

    fn close(&mut self, now: i64, key: &Key) -> Closed {
        let earlier = self
            .book
            .received(now, key, Operation::Close, &self.settings);
        self.book.close(now, key, earlier, &self.settings)
    }

    fn act(&mut self, now: i64, action: PayerAction) -> Result<State, PayerError> {
        self.book.act(now, "A", action, &self.settings)
    }

    fn state(&mut self, now: i64) -> State {
        let ledger = self.book.snapshot(now, &self.settings);
        ledger.order("A").expect("the number was used").state
    }
}

fn made(prepared: Prepared) -> Order {
    match prepared {
        Prepared::Order(order) => *order,
        Prepared::Expired => panic!("expired"),
        Prepared::Refused(refusal) => panic!("{refusal:?}"),
    }
}

fn refused(prepared: Prepared) -> Refusal {
    match prepared {
        Prepared::Refused(refusal) => refusal,
        Prepared::Order(_) => panic!("made"),
        Prepared::Expired => panic!("expired"),
    }
}

#[test]
fn an_order_is_made_once_and_paid_when_somebody_pays_it() {
    let mut desk = Desk::new(settings());
    let first = made(desk.prepay(0, &order("A")));
    let again = made(desk.prepay(1, &order("A")));
    let ids = [&first, &again].map(|order| {
        let prepay = order.prepay.as_ref().expect("it was made by prepay");
        (prepay.prepay_id.clone(), prepay.code_url())
    });
    assert_eq!(ids[0], ids[1]);
    assert_eq!(ids[0].0.len(), 36);
    assert_eq!(desk.state(1_000_000), State::NotPay);
    assert_eq!(desk.act(1_000_001, PayerAction::Pay), Ok(State::Success));
    let record = desk.book.snapshot(1_000_002, &desk.settings);
    let record = record.order("A").unwrap();
    assert_eq!(
        (record.net_fen, record.charges, record.submits),
        (888, 1, 2)
    );
    assert_eq!(record.trade_type.as_deref(), Some("NATIVE"));
    assert_eq!(record.scenario, None);
    let after = desk.prepay(1_000_003, &order("A"));
    assert_eq!(refused(after), Refusal::OrderPaid);
}

#[test]
fn two_orders_differ_in_their_ids() {
    let mut desk = Desk::new(settings());
    let id = |order: Order| {
        order
            .prepay
            .map(|prepay| (prepay.prepay_id.clone(), prepay.h5_url()))
    };
    let (a, b) = (order("A"), order("B"));
    assert_ne!(id(made(desk.prepay(0, &a))), id(made(desk.prepay(0, &b))));
}

#[test]
fn the_scripted_payer_pays_in_his_time_and_failing_leaves_the_order_unpaid() {
    let mut desk = Desk::new(Settings {
        timing: Timing {
            prepay_ms: Some(100),
            ..settings().timing
        },
        ..settings()
    });
    desk.prepay(0, &order("A"));
    assert_eq!(desk.state(99), State::NotPay);
    assert_eq!(desk.state(100), State::Success);
    for action in [PayerAction::Fail, PayerAction::Wait] {
        desk.book = Book::default();
        desk.prepay(0, &order("A"));
        assert_eq!(desk.act(50, action), Ok(State::NotPay));
        assert_eq!(desk.state(10_000), State::NotPay);
        assert_eq!(desk.act(10_001, PayerAction::Pay), Ok(State::Success));
    }
}

#[test]
fn a_closed_order_is_never_paid_and_a_paid_one_never_closed() {
    let mut desk = Desk::new(settings());
    let key = order("A").key;
    assert_eq!(desk.close(0, &key), Closed::NotFound);
    desk.prepay(1, &order("A"));
    assert_eq!(desk.close(2, &key), Closed::Done);
    assert_eq!(desk.close(3, &key), Closed::Already);
    assert!(desk.act(4, PayerAction::Pay).is_err());
    assert_eq!(refused(desk.prepay(5, &order("A"))), Refusal::OrderClosed);
    let ledger = desk.book.snapshot(6, &desk.settings);
    let record = ledger.order("A").unwrap();
    assert_eq!((record.state, record.closes), (State::Closed, 3));

    let paid = order("B");
    desk.prepay(7, &paid);
    desk.book
        .act(8, "B", PayerAction::Pay, &desk.settings)
        .unwrap();
    assert_eq!(desk.close(9, &paid.key), Closed::Paid);
}

#[test]
fn an_order_is_closed_by_itself_when_its_time_is_over() {
    let mut desk = Desk::new(settings());
    let short = Prepay {
        expires_at: Some(100),
        ..order("A")
    };
    made(desk.prepay(0, &short));
    assert_eq!(desk.state(99), State::NotPay);
    assert_eq!(desk.state(100), State::Closed);
    let late = Prepay {
        expires_at: Some(100),
        ..order("B")
    };
    assert!(matches!(desk.prepay(100, &late), Prepared::Expired));
}

#[test]
fn the_platform_does_not_revoke_what_is_not_paid_by_code() {
    let mut desk = Desk::new(Settings {
        timing: Timing {
            auto_revoke_ms: Some(10),
            ..settings().timing
        },
        ..settings()
    });
    desk.prepay(0, &order("A"));
    assert_eq!(desk.state(10_000), State::NotPay);
}

#[test]
fn a_number_serves_one_kind_of_order_with_one_set_of_parameters() {
    let mut desk = Desk::new(settings());
    let other = Prepay {
        parameters: BTreeMap::from([("amount.total".to_owned(), "1".to_owned())]),
        ..order("A")
    };
    desk.prepay(0, &order("A"));
    assert_eq!(refused(desk.prepay(1, &other)), Refusal::DifferentSale);
    let by_code = sale("A", Scenario::Paid, 1);
    assert_eq!(refusal(desk.submit(2, &by_code)), Refusal::NumberUsed);
    let by_code = sale("B", Scenario::PasswordNever, 2);
    desk.submit(3, &by_code);
    assert_eq!(refused(desk.prepay(4, &order("B"))), Refusal::NumberUsed);
    assert_eq!(desk.close(5, &by_code.key), Closed::ByCode);
}

#[test]
fn only_a_payment_by_code_can_be_reversed() {
    let mut desk = Desk::new(settings());
    desk.prepay(0, &order("A"));
    let as_sale = sale("A", Scenario::Paid, 1);
    assert_eq!(desk.reverse(1, &as_sale), Reversed::Impossible);
    desk.act(2, PayerAction::Pay).unwrap();
    assert_eq!(desk.reverse(3, &as_sale), Reversed::PaidElsewhere);
    assert_eq!(desk.net(4, &as_sale), 888);
}

#[test]
fn a_payment_is_told_once_and_only_where_somebody_wants_to_know() {
    let mut desk = Desk::new(Settings {
        timing: Timing {
            prepay_ms: Some(100),
            ..settings().timing
        },
        ..settings()
    });
    let silent = Prepay {
        notify: Notify {
            url: None,
            generation: Generation::V3,
        },
        ..order("B")
    };
    desk.prepay(0, &order("A"));
    desk.prepay(0, &silent);
    let (notices, next) = desk.book.notices(0, &desk.settings);
    assert!(notices.is_empty());
    assert_eq!(next, Some(100));
    let (notices, next) = desk.book.notices(100, &desk.settings);
    assert_eq!(next, None);
    let [Notice::Payment(paid)] = notices.as_slice() else {
        panic!("one payment is told");
    };
    assert_eq!(paid.sale.key.out_trade_no, "A");
    assert!(desk.book.notices(101, &desk.settings).0.is_empty());
}
