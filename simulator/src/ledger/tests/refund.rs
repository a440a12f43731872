use super::*;

fn refund(out_refund_no: &str, refund_fee: i64) -> RefundRequest {
    let order = sale("A", Scenario::Paid, 1).key;
    RefundRequest {
        key: RefundKey {
            mch_id: order.mch_id.clone(),
            sub_mch_id: None,
            out_refund_no: out_refund_no.to_owned(),
        },
        order,
        refund_fee,
        total_fee: 888,
        notify: Notify {
            url: Some("http://127.0.0.1:9/notify".to_owned()),
            generation: Generation::V2(crate::SignType::Md5),
        },
        parameters: BTreeMap::from([("refund_desc".to_owned(), "broken".to_owned())]),
    }
}

/// A desk where order A was paid.
fn desk(refund_ms: i64) -> Desk {
    let mut desk = Desk::new(Settings {
        timing: Timing {
            refund_ms,
            ..settings().timing
        },
        ..settings()
    });
    desk.submit(0, &sale("A", Scenario::Paid, 1));
    desk
}

impl Desk {
    fn refund(&mut self, now: i64, request: &RefundRequest) -> Refunded {
        self.book.refund_received(&request.key);
        self.book.refund(now, request, &self.settings)
    }

    fn refund_record(&mut self, now: i64, out_refund_no: &str) -> RefundRecord {
        let ledger = self.book.snapshot(now, &self.settings);
        ledger
            .refund(out_refund_no)
            .expect("it was asked for")
            .clone()
    }

    fn act_on_refund(
        &mut self,
        now: i64,
        number: &str,
        action: RefundAction,
    ) -> Result<RefundState, RefundError> {
        self.book.act_on_refund(now, number, action, &self.settings)
    }
}

fn opened(refunded: Refunded) -> Refund {
    match refunded {
        Refunded::Refund(refund, _) => *refund,
        Refunded::Refused(refusal) => panic!("{refusal:?}"),
    }
}

fn refused(refunded: Refunded) -> RefundRefusal {
    match refunded {
        Refunded::Refused(refusal) => refusal,
        Refunded::Refund(..) => panic!("opened"),
    }
}

#[test]
fn one_request_is_one_refund_however_often_it_comes() {
    let mut desk = desk(0);
    let order = sale("A", Scenario::Paid, 1);
    let first = opened(desk.refund(1, &refund("R", 300)));
    let again = opened(desk.refund(2, &refund("R", 300)));
    assert_eq!(first.refund_id, again.refund_id);
    assert_eq!(first.state, RefundState::Success);
    let record = desk.record(3, &order);
    assert_eq!(record.state, State::Refund);
    assert_eq!((record.refunded_fen, record.net_fen), (300, 588));
    assert_eq!(
        desk.refund_record(3, "R"),
        RefundRecord {
            out_refund_no: "R".to_owned(),
            mch_id: "10000100".to_owned(),
            sub_mch_id: None,
            refund_id: Some(first.refund_id),
            out_trade_no: Some("A".to_owned()),
            refund_fee: Some(300),
            state: RefundState::Success,
            submits: 2,
            queries: 0,
        }
    );
}

#[test]
fn the_same_number_with_anything_else_is_refused_unless_only_the_api_differs() {
    let mut desk = desk(0);
    let first = opened(desk.refund(1, &refund("R", 300)));
    let other_reason = RefundRequest {
        parameters: BTreeMap::new(),
        ..refund("R", 300)
    };
    let other_total = RefundRequest {
        total_fee: 887,
        ..refund("R", 300)
    };
    for other in [refund("R", 301), other_reason.clone(), other_total] {
        assert_eq!(refused(desk.refund(2, &other)), RefundRefusal::Mismatch);
    }
    let by_v3 = RefundRequest {
        notify: Notify {
            url: None,
            generation: Generation::V3,
        },
        ..other_reason
    };
    assert_eq!(opened(desk.refund(3, &by_v3)).refund_id, first.refund_id);
    assert_eq!(desk.net(4, &sale("A", Scenario::Paid, 1)), 588);
}

#[test]
fn an_order_gives_back_what_was_paid_and_no_more() {
    let mut desk = desk(1_000);
    let wrong_total = RefundRequest {
        total_fee: 889,
        ..refund("R0", 100)
    };
    assert_eq!(
        refused(desk.refund(1, &wrong_total)),
        RefundRefusal::Mismatch
    );
    opened(desk.refund(2, &refund("R1", 500)));
    // What is on its way counts.
    assert_eq!(
        refused(desk.refund(3, &refund("R2", 389))),
        RefundRefusal::TooMuch
    );
    opened(desk.refund(4, &refund("R2", 388)));
    assert_eq!(
        refused(desk.refund(5, &refund("R3", 1))),
        RefundRefusal::AllRefunded
    );
    let order = sale("A", Scenario::Paid, 1);
    assert_eq!(desk.net(999, &order), 888);
    assert_eq!(desk.net(1_002, &order), 388);
    assert_eq!(desk.net(1_004, &order), 0);
    assert_eq!(desk.refund_record(1_005, "R3").state, RefundState::Absent);
    let listed = desk.book.refunds_of(1_006, &order.key, &desk.settings);
    let numbers: Vec<_> = listed
        .iter()
        .map(|refund| refund.request.key.out_refund_no.as_str())
        .collect();
    assert_eq!(numbers, ["R1", "R2"]);
}

#[test]
fn an_order_has_at_most_fifty_refunds() {
    let mut desk = desk(0);
    for n in 0..50 {
        opened(desk.refund(1, &refund(&format!("R{n}"), 1)));
    }
    assert_eq!(
        refused(desk.refund(2, &refund("R50", 1))),
        RefundRefusal::TooMany
    );
    assert_eq!(desk.net(3, &sale("A", Scenario::Paid, 1)), 838);
}

#[test]
fn what_was_not_paid_or_was_reversed_cannot_be_refunded() {
    let mut desk = Desk::new(settings());
    let paying = sale("A", Scenario::PasswordNever, 1);
    assert_eq!(
        refused(desk.refund(0, &refund("R", 1))),
        RefundRefusal::NoOrder
    );
    desk.submit(1, &paying);
    assert_eq!(
        refused(desk.refund(2, &refund("R", 1))),
        RefundRefusal::NotPaid
    );
    desk.reverse(3, &paying);
    assert_eq!(
        refused(desk.refund(4, &refund("R", 1))),
        RefundRefusal::Reversed
    );
    for (rule, refusal) in [
        (ReversedPaid::Revoked, RefundRefusal::Reversed),
        (ReversedPaid::Refund, RefundRefusal::AllRefunded),
    ] {
        let mut desk = Desk::new(Settings {
            reversed_paid: rule,
            ..settings()
        });
        let paid = sale("A", Scenario::Paid, 1);
        desk.submit(0, &paid);
        desk.reverse(1, &paid);
        assert_eq!(refused(desk.refund(2, &refund("R", 1))), refusal);
        assert_eq!(desk.net(3, &paid), 0);
    }
}

#[test]
fn a_partly_refunded_order_cannot_be_reversed_and_a_wholly_refunded_one_is() {
    let mut desk = desk(0);
    let order = sale("A", Scenario::Paid, 1);
    opened(desk.refund(1, &refund("R1", 300)));
    assert_eq!(desk.reverse(2, &order), Reversed::Impossible);
    assert_eq!(desk.net(3, &order), 588);
    opened(desk.refund(4, &refund("R2", 588)));
    assert_eq!(desk.reverse(5, &order), Reversed::Done);
    assert_eq!(desk.net(6, &order), 0);
}

#[test]
fn the_bank_decides_how_a_refund_ends() {
    let mut desk = desk(1_000);
    let order = sale("A", Scenario::Paid, 1);
    opened(desk.refund(0, &refund("R", 800)));
    assert_eq!(
        desk.act_on_refund(1, "R", RefundAction::Wait),
        Ok(RefundState::Processing)
    );
    assert_eq!(
        desk.refund_record(9_000, "R").state,
        RefundState::Processing
    );
    assert_eq!(
        desk.act_on_refund(9_001, "R", RefundAction::Fail),
        Ok(RefundState::Abnormal)
    );
    assert_eq!(
        refused(desk.refund(9_002, &refund("S", 100))),
        RefundRefusal::TooMuch
    );
    assert_eq!(
        desk.act_on_refund(9_003, "R", RefundAction::Close),
        Ok(RefundState::Closed)
    );
    assert_eq!(desk.net(9_004, &order), 888);
    // What was closed can be asked for again, under another number.
    opened(desk.refund(9_005, &refund("S", 888)));
    assert_eq!(
        desk.act_on_refund(9_006, "S", RefundAction::Succeed),
        Ok(RefundState::Success)
    );
    assert_eq!(desk.net(9_007, &order), 0);
    assert_eq!(
        desk.act_on_refund(9_008, "S", RefundAction::Close),
        Err(RefundError::State {
            state: RefundState::Success,
            action: RefundAction::Close
        })
    );
    assert_eq!(
        desk.act_on_refund(9_009, "T", RefundAction::Close),
        Err(RefundError::NoRefund("T".to_owned()))
    );
}

#[test]
fn each_end_of_a_refund_is_told_once() {
    let mut desk = desk(1_000);
    opened(desk.refund(0, &refund("R", 300)));
    let (notices, next) = desk.book.notices(1, &desk.settings);
    assert!(notices.is_empty());
    assert_eq!(next, Some(1_000));
    desk.act_on_refund(2, "R", RefundAction::Fail).unwrap();
    let told = |desk: &mut Desk, now| {
        let (notices, _) = desk.book.notices(now, &desk.settings);
        notices
            .iter()
            .map(|notice| match notice {
                Notice::Refund(refund, _) => refund.state,
                Notice::Payment(_) => panic!("nobody asked for that"),
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(told(&mut desk, 3), [RefundState::Abnormal]);
    assert!(told(&mut desk, 4).is_empty());
    desk.act_on_refund(5, "R", RefundAction::Succeed).unwrap();
    assert_eq!(told(&mut desk, 6), [RefundState::Success]);
    assert!(told(&mut desk, 7).is_empty());
}
