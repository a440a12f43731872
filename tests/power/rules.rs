//! The money rules: what a till was told against the gateway's books and the journal.

use wxpay_simulator::{Ledger, OrderRecord, RefundState, RideState, Scenario};

use crate::case::{Case, Job, What};
use crate::common::{
    ACCEPTED, CLOSED, DECLINED, E_ARGUMENT, E_CLOSED, E_INTERNAL, E_JOURNAL, E_NETWORK, E_REJECTED,
    NOT_FOUND, OK, REFUNDED, REVERSED,
};
use crate::journal::Snapshot;
use crate::record::{Book, Call};
use crate::{FEE, PART};

/// Holds at any moment at which no process is running.
pub(crate) fn always(case: &Case<'_>, snapshot: &Snapshot) -> Result<(), String> {
    let ledger = case.shop.simulator.ledger();
    for job in &case.jobs {
        let wrong = match job.what {
            What::Ride(_) => ride(case, job, &ledger, snapshot),
            _ => {
                order(case, job, &ledger, snapshot).or_else(|| refund(case, job, &ledger, snapshot))
            }
        };
        if let Some(wrong) = wrong {
            let story = case.story(&job.number);
            return Err(format!("{job:?}: {wrong}\n{story}"));
        }
    }
    Ok(())
}

/// Holds when everything is settled.
pub(crate) fn settled(case: &Case<'_>) -> Result<(), String> {
    let snapshot = case.snapshot();
    always(case, &snapshot)?;
    for book in [Book::Orders, Book::Refunds] {
        if let Some((number, state)) = snapshot.unsettled(book).first() {
            let story = case.story(number);
            return Err(format!(
                "{number} is {state} after the last recovery\n{story}"
            ));
        }
    }
    let ledger = case.shop.simulator.ledger();
    for job in &case.jobs {
        let number = &job.number;
        let begun = case.begun(Call::Micropay, number) + case.begun(Call::Ride, number) > 0;
        let book = match job.what {
            What::Ride(_) => Book::Rides,
            _ => Book::Orders,
        };
        let told = case.told(book, number);
        let wrong = if begun && told.is_empty() {
            Some("begun, and never heard of again")
        } else if book == Book::Orders
            && ledger.net_charged(number) > 0
            && !told.iter().any(|(_, status)| *status == OK)
            // Paid with another amount, as far as anybody can tell: somebody has to look.
            && job.scenario != Scenario::QueryWrongAmount
        {
            Some("charged, and the till was never told")
        } else {
            None
        };
        if let Some(wrong) = wrong {
            return Err(format!("{job:?}: {wrong}\n{}", case.story(number)));
        }
    }
    Ok(())
}

fn order(case: &Case<'_>, job: &Job, ledger: &Ledger, snapshot: &Snapshot) -> Option<String> {
    let number = &job.number;
    let told = case.told(Book::Orders, number);
    let record = ledger.order(number);
    let net = record.map_or(0, |record| record.net_fen);
    let on_record = snapshot.state(Book::Orders, number).is_some();
    if let Some(record) = record
        && let Some(wrong) = received(record, &told, on_record)
    {
        return Some(wrong);
    }
    let is_told = |wanted: &[i32]| {
        told.iter().any(|(call, status)| {
            let of_a_payment = matches!(call, Call::Micropay | Call::Listed | Call::Reverse);
            (of_a_payment && wanted.contains(status)) || (*status == OK && wanted == [OK])
        })
    };
    if is_told(&[E_INTERNAL]) {
        return Some(format!("a bug: {told:?}"));
    }
    let paid = is_told(&[OK]);
    // That a part was given back is no contradiction.
    let unpaid = if case.begun(Call::Refund, &job.refund()) > 0 {
        is_told(&[DECLINED, REVERSED])
    } else {
        is_told(&[DECLINED, REVERSED, REFUNDED])
    };
    let left = match job.what {
        What::Undo => [0, FEE],
        What::Refund => [FEE - PART, FEE],
        _ => [FEE, FEE],
    };
    if paid && unpaid && job.what != What::Undo {
        return Some(format!("paid and not paid: {told:?}"));
    }
    if paid && !unpaid && !left.contains(&net) {
        return Some(format!("told as paid, but {net} fen are there: {told:?}"));
    }
    if unpaid && net != 0 {
        return Some(format!(
            "told as not paid, but {net} fen are gone: {told:?}"
        ));
    }
    // Of an order that an earlier call has left open such an answer says nothing.
    let refused = [E_ARGUMENT, E_JOURNAL, E_NETWORK, E_REJECTED, E_CLOSED];
    let alone = case.begun(Call::Micropay, number) == 1;
    if alone
        && matches!(told[..], [(Call::Micropay, status)] if refused.contains(&status))
        && net != 0
    {
        return Some(format!(
            "nothing was sent or executed, but charged: {told:?}"
        ));
    }
    let unheard = told.last() == Some(&(Call::Query, NOT_FOUND)) && !on_record;
    if unheard && record.is_some_and(|record| record.submits > 0) {
        return Some("unknown to journal and gateway, but it was sent".into());
    }
    if matches!(told.last(), Some((Call::Query, NOT_FOUND | CLOSED))) && net != 0 {
        return Some(format!("asked for, not there, and charged: {told:?}"));
    }
    None
}

fn received(record: &OrderRecord, told: &[(Call, i32)], on_record: bool) -> Option<String> {
    if record.charges > 1 {
        return Some("charged twice".into());
    }
    if usize::try_from(record.submits).unwrap_or(usize::MAX) > 1 + rejected(told) {
        return Some("sent twice".into());
    }
    if record.early_reverses > 0 {
        return Some("reversed too early".into());
    }
    if record.submits + record.reverses > 0 && !on_record {
        return Some("sent, and not in the journal".into());
    }
    None
}

/// How often the gateway has provably not executed it, so that it may be sent again.
fn rejected(told: &[(Call, i32)]) -> usize {
    let rejected = told.iter().filter(|(_, status)| *status == E_REJECTED);
    rejected.count()
}

fn refund(case: &Case<'_>, job: &Job, ledger: &Ledger, snapshot: &Snapshot) -> Option<String> {
    let number = job.refund();
    let told = case.told(Book::Refunds, &number);
    let record = ledger.refund(&number);
    let opened = record.filter(|record| record.state != RefundState::Absent);
    if record.is_some_and(|record| record.submits > 0)
        && snapshot.state(Book::Refunds, &number).is_none()
    {
        return Some("a refund was sent, and is not in the journal".into());
    }
    let backs: Vec<_> = ledger
        .refunds
        .iter()
        .filter(|refund| refund.out_trade_no.as_deref() == Some(&job.number))
        .collect();
    if backs.len() > 1 || backs.iter().any(|refund| refund.refund_fee != Some(PART)) {
        return Some(format!("given back wrongly: {backs:?}"));
    }
    for (call, status) in &told {
        let wrong = match *status {
            ACCEPTED | REFUNDED => opened.is_none(),
            DECLINED => opened.is_some(),
            OK | E_INTERNAL => true,
            // A recovery or the same call again may have sent it since.
            E_JOURNAL | E_NETWORK | E_REJECTED | E_CLOSED => {
                told.len() == 1 && case.begun(Call::Refund, &number) == 1 && opened.is_some()
            }
            _ => false,
        };
        if wrong {
            return Some(format!(
                "{call:?} told the refund as {status}, and it is {opened:?}"
            ));
        }
    }
    None
}

fn ride(case: &Case<'_>, job: &Job, ledger: &Ledger, snapshot: &Snapshot) -> Option<String> {
    let number = &job.number;
    let told = case.told(Book::Rides, number);
    let Some(record) = ledger.ride(number) else {
        let accepted = told.iter().any(|(_, status)| *status == ACCEPTED);
        return accepted.then(|| "a ride was accepted that never came".to_owned());
    };
    let taken = record.state != RideState::Absent;
    if record.charges > 1 {
        return Some("a ride was deducted twice".into());
    }
    if usize::try_from(record.requests).unwrap_or(usize::MAX) > 1 + rejected(&told) {
        return Some("a ride was sent twice".into());
    }
    if record.requests > 0 && snapshot.state(Book::Rides, number).is_none() {
        return Some("a ride was sent, and is not in the journal".into());
    }
    for (_, status) in &told {
        let wrong = match *status {
            ACCEPTED => !taken,
            E_JOURNAL | E_NETWORK | E_REJECTED | E_CLOSED | E_ARGUMENT => {
                case.begun(Call::Ride, number) == 1 && taken
            }
            // Only its callback tells such things.
            OK | DECLINED | E_INTERNAL => true,
            _ => false,
        };
        if wrong {
            return Some(format!("a ride was told as {status}, and it is {record:?}"));
        }
    }
    None
}
