//! From the evidence of a run to what the till reads.

use super::run::Evidence;
use crate::gateway::{Answer, Product};
use crate::outcome::{Facts, Outcome};
use crate::policy::Cause;

/// One sentence for the log: what happened, and which answers prove it.
pub(super) fn message(cause: Cause, product: Product, evidence: &Evidence) -> String {
    let (headline, undoing) = match product {
        Product::CodePayment => (headline(cause), "the last reverse"),
        Product::Prepay => (headline_of_prepaid(cause), "the last close"),
    };
    let headline = match (cause, &evidence.submit) {
        (Cause::Rejected, None) => "the configuration is wrong, nothing was sent",
        _ => headline,
    };
    let mut text = headline.to_owned();
    let mut add = |what: &str, why: Option<&str>| {
        if let Some(why) = why {
            text.push_str("; ");
            text.push_str(what);
            text.push_str(": ");
            text.push_str(why);
        }
    };
    add(
        "the charge",
        evidence.submit.as_ref().map(|answer| answer.why.as_str()),
    );
    add(
        "the last query",
        evidence.query.as_ref().map(|answer| answer.why.as_str()),
    );
    add(
        undoing,
        evidence.reverse.as_ref().map(|answer| answer.why.as_str()),
    );
    add("the last failure", evidence.failure.as_deref());
    text
}

fn headline(cause: Cause) -> &'static str {
    match cause {
        Cause::Paid => "paid",
        Cause::Declined => "declined",
        Cause::Duplicate => "the gateway says that this order number is already in use",
        Cause::Foreign => "this order number was paid before this sale began; it was left alone",
        Cause::Conflict => "paid, but not what was asked; it was left alone",
        Cause::Rejected => "the gateway refused the request without executing it",
        Cause::NothingSent => "no host could be reached, nothing was sent",
        Cause::CancelledUnsent => "cancelled before anything was sent",
        Cause::FoundClosed => "the gateway has closed the order",
        Cause::FoundRefunded => "the money went back",
        Cause::ReverseConfirmed => "reversed and confirmed",
        Cause::NeverArrived => "the gateway never got the charge, and its code has expired",
        Cause::BudgetOver => "reversing could not be confirmed in time",
        Cause::ReverseRefused => "the gateway refuses to reverse",
        Cause::ReverseExpired => "too old to be reversed; refund it",
        Cause::WindowOver => "still unclear, and policy.reverse is \"never\"",
        Cause::StillUnclear => "no clear answer yet",
    }
}

/// The same where the order is closed instead of reversed.
fn headline_of_prepaid(cause: Cause) -> &'static str {
    match cause {
        Cause::ReverseConfirmed => "unpaid, closed and confirmed",
        Cause::NeverArrived => "the gateway knows no such order",
        Cause::BudgetOver => "closing could not be confirmed in time",
        Cause::ReverseRefused => "the gateway refuses to close the order",
        Cause::ReverseExpired => "too old to be closed",
        cause => headline(cause),
    }
}

/// The gateway's code that the ending rests on.
pub(super) fn decisive_code(cause: Cause, evidence: &Evidence) -> Option<(String, Option<String>)> {
    fn code<V>(answer: &Option<Answer<V>>) -> Option<(String, Option<String>)> {
        let answer = answer.as_ref()?;
        Some((answer.code.clone()?, answer.code_message.clone()))
    }
    let submit = || code(&evidence.submit);
    let query = || code(&evidence.query);
    let reverse = || code(&evidence.reverse);
    match cause {
        Cause::Paid | Cause::Foreign | Cause::Conflict | Cause::FoundRefunded => None,
        Cause::BudgetOver | Cause::ReverseRefused | Cause::ReverseExpired => {
            reverse().or_else(query).or_else(submit)
        }
        Cause::WindowOver | Cause::StillUnclear => query().or_else(submit),
        _ => submit().or_else(query),
    }
}

/// Facts, host and number of requests.
pub(super) fn describe(outcome: &mut Outcome, evidence: &Evidence) {
    if let Some(answer) = &evidence.query {
        add_facts(outcome, &answer.facts);
    }
    if let Some(answer) = &evidence.submit {
        add_facts(outcome, &answer.facts);
    }
    if let Some(answer) = &evidence.reverse {
        add_facts(outcome, &answer.facts);
    }
    outcome.set("attempts", evidence.attempts);
    if !evidence.host.is_empty() {
        outcome.set("host", evidence.host.as_str());
    }
}

/// Adds what is not there yet.
pub(super) fn add_facts(outcome: &mut Outcome, facts: &Facts) {
    for (name, value) in facts {
        outcome
            .fields
            .entry(name.clone())
            .or_insert_with(|| value.clone());
    }
}
