//! Refunds of a whole client against a gateway that keeps a ledger: simulated wire and clock, real
//! codec and journal.

mod settled;
mod stories;
mod walks;
mod world;

use std::sync::Arc;

use crate::client::{Client, Event};
use crate::fields::Fields;
use crate::journal::{Book, Journal as _, Key, Sale, Take};
use crate::outcome::Outcome;
use crate::policy::Phase;
use crate::status::Status;

use world::{Fault, World};

const REFUND: &str = "refund";
const QUERY: &str = "refundquery";

fn fields() -> Fields {
    [
        ("out_refund_no", "R1"),
        ("out_trade_no", "A1"),
        ("total_fee", "888"),
        ("refund_fee", "100"),
    ]
    .into_iter()
    .collect()
}

fn with(name: &str, value: &str) -> Fields {
    let mut fields = fields();
    fields.set(name, value);
    fields
}

fn key(out_refund_no: &str) -> Key {
    Key {
        account: "wechat:10000100".into(),
        book: Book::Refunds,
        number: out_refund_no.into(),
    }
}

/// A world in which the next exchanges go wrong in these ways.
fn world(faults: impl IntoIterator<Item = Fault>) -> Arc<World> {
    let world = World::new();
    world.plan(faults);
    world
}

fn listed(outcome: &Outcome) -> Vec<serde_json::Value> {
    outcome.fields["orders"].as_array().unwrap().clone()
}

/// What a recovery that settles everything lists.
#[track_caller]
fn recovered(client: &Client) -> Vec<serde_json::Value> {
    let outcome = client.recover();
    assert_eq!(outcome.status, Status::Ok, "{outcome:?}");
    assert_eq!(outcome.int("open"), Some(0));
    listed(&outcome)
}

#[track_caller]
fn is(outcome: &Outcome, status: Status) {
    assert_eq!(outcome.status, status, "{outcome:?}");
    assert_eq!(outcome.text("out_refund_no"), Some("R1"), "{outcome:?}");
}
