//! Answers that nobody asked for, at every stage: a late one, of an earlier request, must not be taken for
//! the one that is awaited.

use super::*;
use crate::policy::refund;
use crate::verdict::RefundVerdict;

fn charged(verdict: S) -> Bench {
    let mut bench = Bench::new(mainland());
    bench.submit(verdict);
    bench
}

fn undoing() -> Bench {
    let mut bench = charged(S::Unclear);
    bench.poll_out(Q::NotPaid);
    bench
}

/// One bench at each thing that a payment can wait for, by the stage that it is in.
fn stages() -> Vec<(&'static str, Bench)> {
    let mut confirming_pause = charged(S::Declined { listed: false });
    confirming_pause.query(Q::NotFound);
    let mut polling = charged(S::Unclear);
    polling.rest();
    let mut reversing = undoing();
    reversing.query(Q::NotPaid);
    let mut reversing_pause = undoing();
    reversing_pause.query(Q::NotPaid).reverse(R::Again);
    let mut verifying = undoing();
    verifying.query(Q::NotPaid).reverse(R::Done);
    let mut verifying_pause = undoing();
    verifying_pause
        .query(Q::NotPaid)
        .reverse(R::Done)
        .query(Q::Unclear);
    let mut over = charged(S::Paid);
    over.rest();
    vec![
        ("Submitting", Bench::new(mainland())),
        ("Confirming", charged(S::Declined { listed: true })),
        ("Confirming", confirming_pause),
        ("Polling", charged(S::Unclear)),
        ("Polling", polling),
        ("Checking", undoing()),
        ("Reversing", reversing),
        ("Reversing", reversing_pause),
        ("Verifying", verifying),
        ("Verifying", verifying_pause),
        ("Over", over),
    ]
}

#[test]
fn an_answer_is_taken_only_while_it_is_awaited() {
    for (stage, bench) in stages() {
        assert_eq!(bench.payment.stage(), stage);
        let awaited = bench.pending.last().copied();
        let sent = bench.now;
        let mut events = vec![
            (false, Event::Start),
            (matches!(awaited, Some(Action::Wait(_))), Event::Elapsed),
            (awaited == Some(Action::Submit), Event::SubmitUnsent),
        ];
        events.extend(walks::SUBMITS.map(|verdict| {
            let event = Event::Submit { verdict, sent };
            (awaited == Some(Action::Submit), event)
        }));
        let asked = matches!(awaited, Some(Action::Query(_)));
        events.extend(walks::QUERIES.map(|verdict| (asked, Event::Query(verdict))));
        let reversed = awaited == Some(Action::Reverse);
        events.extend(walks::REVERSES.map(|verdict| (reversed, Event::Reverse(verdict))));
        for (awaited, event) in events {
            let mut payment = bench.payment.clone();
            let actions = payment.step(event, bench.now);
            assert_eq!(!actions.is_empty(), awaited, "{stage}: {event}");
            if !awaited {
                assert_eq!(payment, bench.payment, "{stage}: {event}");
            }
        }
    }
}

/// Else a second request would go out while the first is under way, and one of them is taken for the other.
#[test]
fn a_cancel_in_mid_exchange_asks_for_nothing_and_waits_for_the_answer() {
    for (stage, bench) in stages() {
        let awaited = match bench.pending.last() {
            Some(Action::Query(_)) => Event::Query(Q::Unclear),
            Some(Action::Reverse) => Event::Reverse(R::Unclear),
            Some(Action::Submit) => Event::SubmitUnsent,
            _ => continue,
        };
        let mut payment = bench.payment.clone();
        assert!(payment.step(Event::Cancel, bench.now).is_empty(), "{stage}");
        assert_eq!(payment.stage(), stage);
        assert!(!payment.step(awaited, bench.now).is_empty(), "{stage}");
    }
}

#[test]
fn a_payment_that_is_over_cannot_be_cancelled_any_more() {
    let mut bench = charged(S::Paid);
    let actions = bench.payment.step(Event::Cancel, bench.now);
    assert!(actions.is_empty());
    assert_eq!(bench.payment.stage(), "Over");
}

#[test]
fn a_payment_that_has_not_begun_takes_no_answer() {
    let fresh = Payment::new(mainland());
    assert_eq!(fresh.stage(), "Fresh");
    let sent = Moment::default();
    for event in [
        Event::Elapsed,
        Event::SubmitUnsent,
        Event::Submit {
            verdict: S::Paid,
            sent,
        },
        Event::Query(Q::Paid),
        Event::Reverse(R::Done),
    ] {
        let mut payment = fresh.clone();
        assert!(payment.step(event, sent).is_empty());
        assert_eq!(payment, fresh);
    }
}

#[test]
fn a_refund_takes_an_answer_only_while_it_is_awaited() {
    use RefundVerdict as V;
    use refund::{Action, Begin, Event, Refunding};
    let begun = Refunding::new(mainland(), Begin::New { may_resend: true });
    let now = Moment(Duration::from_secs(1000));
    let events = [
        Event::Start,
        Event::Elapsed,
        Event::Sent(V::Refunded),
        Event::Sent(V::Unclear),
        Event::Unsent,
        Event::Query(V::Refunded),
        Event::Query(V::Unclear),
    ];
    for story in [
        vec![],
        vec![Event::Start],
        vec![Event::Start, Event::Sent(V::Unclear)],
        vec![Event::Start, Event::Sent(V::Again)],
        vec![Event::Start, Event::Sent(V::Refunded)],
    ] {
        let mut at = begun.clone();
        let last = story.iter().fold(None, |_, event| {
            let actions = at.step(*event, now);
            actions.last().copied()
        });
        for event in events {
            let awaited = match last {
                None => event == Event::Start,
                Some(Action::Send) => matches!(event, Event::Sent(_) | Event::Unsent),
                Some(Action::Query) => matches!(event, Event::Query(_)),
                Some(Action::Wait(_)) => event == Event::Elapsed,
                Some(Action::Record(_) | Action::Finish(_)) => false,
            };
            let mut refunding = at.clone();
            let actions = refunding.step(event, now);
            assert_eq!(!actions.is_empty(), awaited, "{story:?}, then {event:?}");
            if !awaited {
                assert_eq!(refunding, at, "{story:?}, then {event:?}");
            }
        }
    }
}
