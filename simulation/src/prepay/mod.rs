//! Orders that the payer scans: what tills do with them.

mod rules;
pub(crate) mod task;

use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::Duration;

use wxpay_core::client::Client;
use wxpay_core::fields::Fields;
use wxpay_core::journal::{Book, Journal};
use wxpay_core::outcome::Outcome;
use wxpay_core::status::Status;

use crate::answers::compact;
use crate::ledger::Standing;
use crate::plan::Plan;
use crate::process::{Crash, Program};
use crate::rules::Call;
use crate::world::{EPOCH, Ms, World};

/// How often a till looks whether its task has ended.
pub(crate) const LOOK_MS: Ms = 5_000;

/// Whether a seed's tills make such orders: one shop in eight.
pub(crate) fn wanted(seed: u64) -> bool {
    fastrand::Rng::with_seed(seed ^ 0x5ca9_5ca9).u8(..8) == 0
}

/// Whether the number has a past, in more of these shops than in others.
pub(crate) fn used_before(seed: u64) -> bool {
    fastrand::Rng::with_seed(seed ^ 0x0b1d_0b1d).u8(..8) == 0
}

/// What it was then: by code or to scan, somebody else's.
pub(crate) fn past(rng: &mut fastrand::Rng) -> Standing {
    match rng.u8(..8) {
        0..5 => Standing::Paid,
        5 => Standing::Closed,
        6 => Standing::Revoked,
        _ => Standing::Refunded,
    }
}

/// What a till does with an order to scan.
#[derive(Clone, Debug)]
pub(crate) enum Prepay {
    /// Has it made, or shown once more.
    Show(Wish),
    /// The same, and waits for the payer.
    Await(Wish),
    Close(String),
}

/// An order that is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    pub(crate) number: String,
    pub(crate) total: i64,
    /// Unix seconds.
    time_expire: Option<i64>,
}

impl Prepay {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Show(_) => "prepay",
            Self::Await(_) => "prepay and wait",
            Self::Close(_) => "close",
        }
    }
}

impl Wish {
    fn fields(&self) -> Fields {
        let total = self.total.to_string();
        let mut fields: Fields = [
            ("out_trade_no", self.number.as_str()),
            ("total_fee", &total),
            ("body", "tea"),
            ("trade_type", "NATIVE"),
            ("notify_url", "https://pay.example.com/notify"),
        ]
        .into_iter()
        .collect();
        if let Some(at) = self.time_expire {
            fields.set("time_expire", compact(at));
        }
        fields
    }
}

pub(crate) fn script(plan: &Plan, till: usize, rng: &mut fastrand::Rng) -> Vec<Call> {
    let same = till == 0 || rng.u8(..10) < 7;
    let number = match same {
        true => "ORDER-A1".to_owned(),
        false => format!("ORDER-B{till}"),
    };
    // The same of every till, or it would be another order.
    let expires = (plan.seed / 8).is_multiple_of(6);
    let wish = Wish {
        number: number.clone(),
        total: if till > 0 && rng.u8(..10) < 2 {
            999
        } else {
            888
        },
        time_expire: expires.then(|| EPOCH + 60 + i64::try_from(plan.seed % 120).unwrap_or(0)),
    };
    let by_code = Call::Pay {
        number: number.clone(),
        total: wish.total,
    };
    let show = Call::Prepay(Prepay::Show(wish.clone()));
    let wait = Call::Prepay(Prepay::Await(wish));
    let close = Call::Prepay(Prepay::Close(number.clone()));
    let mut calls = Vec::new();
    if till > 0 {
        calls.push(Call::Sleep(rng.u64(..60_000)));
    }
    if plan.foreign && rng.bool() {
        // From now on the gateway's time is known.
        calls.push(Call::Query("ORDER-C1".into()));
    }
    calls.push(match rng.u8(..20) {
        0..9 => wait.clone(),
        9..17 => show.clone(),
        17 => by_code.clone(),
        18 => close.clone(),
        _ => Call::Recover,
    });
    for _ in 0..rng.u8(1..=4) {
        calls.push(Call::Sleep(rng.u64(..40_000)));
        calls.push(match rng.u8(..20) {
            0..6 => Call::Query(number.clone()),
            6..9 => show.clone(),
            9..11 => wait.clone(),
            11..15 => close.clone(),
            15 | 16 => Call::Recover,
            17 => by_code.clone(),
            18 if plan.explicit_reverse => Call::Reverse(number.clone()),
            _ => Call::Refund {
                number: "REFUND-R1".into(),
                order: number.clone(),
                fee: match (plan.explicit_reverse, rng.i64(1..=888)) {
                    (true, _) => 888,
                    (false, part) => part,
                },
            },
        });
    }
    calls
}

/// Makes the call, and waits for the end of a task.
pub(crate) fn carry_out(
    world: &World,
    process: usize,
    client: &Arc<Client>,
    call: &Prepay,
) -> Outcome {
    let life = world.lock().processes[process].life;
    let wish = match call {
        Prepay::Show(wish) => {
            let outcome = client.prepay(&wish.fields());
            if outcome.status == Status::Ok {
                world.show(&wish.number);
            }
            return outcome;
        }
        Prepay::Close(number) => {
            let outcome = client.close_order(number);
            // What is not on record is not given back either, so its call ends although its process
            // has died.
            die_with(world, process, life);
            return outcome;
        }
        Prepay::Await(wish) => wish,
    };
    let begun = world.now();
    let frozen = world.lock().processes[process].frozen_for;
    let started = world.starting(process, || client.start_prepay(wish.fields()));
    let task = match started {
        Ok((task, shown)) => {
            world.check_shown(wish, &shown, begun, frozen, process);
            world.show(&wish.number);
            task
        }
        Err(refusal) => {
            die_with(world, process, life);
            return *refusal;
        }
    };
    loop {
        world.sleep(world.now() + LOOK_MS);
        if let Some(outcome) = task.wait(Some(Duration::ZERO)) {
            die_with(world, process, life);
            world.check_waited(&wish.number, &outcome);
            return outcome;
        }
        if !world.has_task() {
            die_with(world, process, life);
            world.violation(format!("{call:?} ended without an outcome"));
            return Outcome::new(Status::Internal);
        }
        if world.chance(3.0) && world.lock().processes[process].life == life {
            // A display asks for itself.
            let asked = client.query(&wish.number);
            if let Some(program) = world.program(process) {
                world.check_scanned(&wish.number, &asked, &*program.journal);
            }
        }
    }
}

/// A process that has died tells nothing.
fn die_with(world: &World, process: usize, life: u32) {
    let state = world.lock();
    let now = &state.processes[process];
    if now.life != life || (!now.alive && !state.healed) {
        drop(state);
        resume_unwind(Box::new(Crash));
    }
}

/// After the storm: what was only shown is left alone by a recovery. A query brings it up to date, a
/// close ends it.
pub(crate) fn settle(world: &World, process: usize, program: &Program) {
    let journal: &dyn Journal = &*program.journal;
    let numbers: Vec<String> = {
        let mut state = world.lock();
        // Or somebody would pay behind the back of the last question.
        state.call_it_a_day();
        state.ledger.orders.keys().cloned().collect()
    };
    for number in numbers {
        let waits = |journal: &dyn Journal| {
            let entry = journal
                .find(&world.key(Book::Orders, &number))
                .ok()
                .flatten();
            entry.is_some_and(|entry| matches!(entry.outcome, Some((Status::NotPaid, _))))
        };
        if !waits(journal) {
            continue;
        }
        for call in [
            Call::Query(number.clone()),
            Call::Prepay(Prepay::Close(number.clone())),
        ] {
            let close = matches!(call, Call::Prepay(_));
            if waits(journal) && (!close || world.plan.seed.is_multiple_of(2)) {
                crate::run::carry_out(world, process, program, &call);
                if close && waits(journal) {
                    world.violation(format!("{number} cannot be closed"));
                }
            }
        }
    }
}
