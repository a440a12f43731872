//! One run: tills at work, then the peace after the storm, then the reckoning.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use wxpay_core::fields::Fields;
use wxpay_core::journal::{Book, Journal};
use wxpay_core::outcome::Outcome;
use wxpay_core::status::Status;

use crate::ledger::Standing;
use crate::memory::MemoryStore;
use crate::plan::Plan;
use crate::prepay::{self, Prepay};
use crate::process::{Crash, Disk, Program};
use crate::rules::Call;
use crate::tally::Tally;
use crate::world::{Happening, World};

/// What became of a run.
#[derive(Debug)]
pub struct Report {
    /// Which run.
    pub seed: u64,
    /// Over which API: `APIv2`, `APIv3`, `Fubei`.
    pub api: &'static str,
    /// Every rule that was broken.
    pub violations: Vec<String>,
    /// What happened, if it was asked for.
    pub trace: Vec<String>,
    /// How often what happened.
    pub tally: Tally,
}

impl Report {
    /// Everything that somebody needs who wants to know what went wrong.
    pub fn explain(&self) -> String {
        let mut text = format!("seed {} breaks rules:\n", self.seed);
        for violation in &self.violations {
            text.push_str(&format!("  {violation}\n"));
        }
        for line in &self.trace {
            text.push_str(&format!("{line}\n"));
        }
        text.push_str(&format!(
            "again: cargo run -p wxpay-simulation -- --seed {} --trace\n",
            self.seed
        ));
        text
    }
}

/// Runs one seed; the same seed does the same. `traced` tells every step.
pub fn run(seed: u64, traced: bool) -> Report {
    let plan = Plan::new(seed);
    let disk = match plan.sqlite {
        true => Disk::File(tempfile::tempdir().expect("a folder for the journal")),
        false => Disk::Memory(Arc::new(MemoryStore::default())),
    };
    let world = Arc::new(World::new(plan, traced));
    world.trace(|| format!("{:?}", world.plan));
    let plan = world.plan.clone();
    let processes = if plan.one_process { 1 } else { plan.tills };
    let mut rng = fastrand::Rng::with_seed(seed ^ 0x0071_11d5);
    prepare(&world, &plan, &mut rng);
    for process in 0..processes {
        world.start(process, &disk);
    }
    let scripts: Vec<Vec<Call>> = (0..plan.tills)
        .map(|till| script(&plan, till, &mut rng))
        .collect();
    plan_interference(&world, &plan, &scripts, &mut rng);
    {
        let mut state = world.lock();
        for till in 0..plan.tills {
            let process = if plan.one_process { 0 } else { till };
            state.processes[process].actors.push(till);
        }
    }
    let actors = scripts.into_iter().enumerate().map(|(till, script)| {
        let process = if plan.one_process { 0 } else { till };
        let (world, disk) = (&world, &disk);
        let work: Box<dyn FnOnce() + Send + '_> =
            Box::new(move || at_work(world, disk, process, script));
        work
    });
    world.together(actors.collect());
    reckon(&world, &disk, processes);
    world
        .programs
        .lock()
        .expect("nobody panics with it")
        .clear();
    let mut state = world.lock();
    let api = plan.api.name();
    *state.tally.runs.entry(api).or_default() += 1;
    Report {
        seed,
        api,
        violations: std::mem::take(&mut state.violations),
        trace: std::mem::take(&mut state.trace),
        tally: std::mem::take(&mut state.tally),
    }
}

fn prepare(world: &World, plan: &Plan, rng: &mut fastrand::Rng) {
    let mut state = world.lock();
    if plan.clock_jumps || rng.u8(..10) == 0 {
        state.skew_ms = rng.i64(-3 * 86_400_000..86_400_000);
        state.tally.fault("a clock that is wrong from the start");
    }
    if plan.foreign {
        state.tally.fault("the number was used before");
        // Where the time of the charge may not be known, the amount has to tell.
        let total = if plan.calm { 888 } else { 777 };
        let standing = match rng.u8(..4) {
            _ if plan.prepay => prepay::past(rng),
            0 => Standing::Closed,
            _ => Standing::Paid,
        };
        state.ledger.sold_before("ORDER-A1", total, standing);
    }
    if plan.refunds && rng.u8(..10) == 0 {
        state.tally.fault("the refund number was used before");
        state.ledger.refunded_before("REFUND-R1", "ORDER-A9", 5);
    }
}

fn script(plan: &Plan, till: usize, rng: &mut fastrand::Rng) -> Vec<Call> {
    if plan.prepay {
        return prepay::script(plan, till, rng);
    }
    let same = till == 0 || rng.u8(..10) < 6;
    let number = if same {
        "ORDER-A1".to_owned()
    } else {
        format!("ORDER-B{till}")
    };
    // Whoever reverses has given nothing back, or everything: see `README.md`.
    let whole = plan.explicit_reverse && plan.refunds;
    let total = if till > 0 && rng.u8(..10) < 2 && !whole {
        999
    } else {
        888
    };
    let mut calls = Vec::new();
    let pay = Call::Pay {
        number: number.clone(),
        total,
    };
    if till > 0 {
        calls.push(Call::Sleep(rng.u64(..60_000)));
    }
    match rng.u8(..10) {
        0..8 => calls.push(pay.clone()),
        _ if till == 0 => calls.push(pay.clone()),
        8 => calls.push(Call::Recover),
        _ => calls.push(Call::Query(number.clone())),
    }
    if plan.explicit_reverse && rng.bool() {
        calls.push(Call::Sleep(rng.u64(..30_000)));
        calls.push(Call::Reverse(number.clone()));
    }
    if plan.refunds {
        // An order in state REFUND is told as undone, also if only a part went back: see `README.md`.
        let fee = if plan.explicit_reverse {
            888
        } else {
            rng.i64(1..=888)
        };
        let refund = Call::Refund {
            number: "REFUND-R1".into(),
            order: "ORDER-A1".into(),
            fee,
        };
        calls.push(refund.clone());
        if rng.bool() {
            calls.push(Call::Sleep(rng.u64(..40_000)));
            calls.push(Call::RefundQuery("REFUND-R1".into()));
            calls.push(refund);
        }
    }
    for _ in 0..rng.u8(..3) {
        calls.push(Call::Sleep(rng.u64(..20_000)));
        match rng.u8(..6) {
            0..3 => calls.push(pay.clone()),
            3 => calls.push(Call::Query(number.clone())),
            4 => calls.push(Call::Recover),
            _ if plan.explicit_reverse => calls.push(Call::Reverse(number.clone())),
            _ => {}
        }
    }
    calls
}

fn plan_interference(world: &World, plan: &Plan, scripts: &[Vec<Call>], rng: &mut fastrand::Rng) {
    if plan.cancels > 0 {
        let till = rng.usize(..scripts.len());
        let process = if plan.one_process { 0 } else { till };
        for _ in 0..rng.u8(1..=3) {
            let number = "ORDER-A1".to_owned();
            // Those who wait for a payer to scan wait longer.
            let at = rng.u64(..if plan.prepay { 150_000 } else { 70_000 });
            world.later(at, Happening::Cancel { process, number });
        }
    }
    if plan.clock_jumps {
        for _ in 0..rng.u8(1..=3) {
            let day = 86_400_000;
            let by = if plan.clock_ahead {
                rng.i64(1_000..day)
            } else {
                -rng.i64(1_000..day)
            };
            world.later(rng.u64(..120_000), Happening::SetClock(by));
        }
    }
}

fn at_work(world: &Arc<World>, disk: &Disk, process: usize, script: Vec<Call>) {
    for call in script {
        let mut call = Some(call);
        let mut turns = 0;
        while let Some(next) = call.take() {
            turns += 1;
            if let Call::Sleep(ms) = next {
                world.sleep(world.now() + ms);
                continue;
            }
            if let Call::Refund { order, .. } = &next
                && !world.lock().records.was_paid(order)
            {
                continue;
            }
            let Some(program) = world.program(process) else {
                return;
            };
            if !world.lock().processes[process].alive {
                world.trace(|| format!("process {process} starts again"));
                world.start(process, disk);
                world.tick("process started again");
                // Most tills recover first, as they should; some just go on.
                call = Some(next);
                if turns < 12 && world.chance(80.0) {
                    let program = world.program(process).unwrap_or(program);
                    carry_out(world, process, &program, &Call::Recover);
                }
                continue;
            }
            let closed = !carry_out(world, process, &program, &next);
            let dead = !world.lock().processes[process].alive;
            if dead {
                let pause = world.lock().rng.u64(100..40_000);
                world.sleep(world.now() + pause);
                if turns < 12 && world.chance(50.0) {
                    call = Some(next);
                }
            } else if closed {
                let mut state = world.lock();
                state.processes[process].alive = false;
                state.wake(process);
            }
        }
    }
}

/// Whether the client can still be used.
pub(crate) fn carry_out(world: &World, process: usize, program: &Program, call: &Call) -> bool {
    let (begun, frozen) = {
        let mut state = world.lock();
        let now = state.now;
        match call {
            Call::Pay { number, .. } => {
                state.ledger.shown.entry(number.clone()).or_insert(now);
            }
            Call::Reverse(number) => {
                state.records.asked_back.insert(number.clone());
            }
            Call::Refund { order, .. } => {
                state.records.asked_back.insert(order.clone());
            }
            Call::Prepay(Prepay::Close(number)) if !is_open(world, &*program.journal, number) => {
                state.records.strangers.insert(number.clone());
            }
            _ => {}
        }
        (now, state.processes[process].frozen_for)
    };
    world.trace(|| format!("process {process}: {call:?}"));
    let account = world.key(Book::Orders, "").account;
    let journal = &*program.journal;
    let pending = [Book::Orders, Book::Refunds]
        .into_iter()
        .map(|book| journal.pending(book, &account).map_or(0, |keys| keys.len()))
        .sum();
    let client = &program.client;
    let result = catch_unwind(AssertUnwindSafe(|| -> Outcome {
        match call {
            Call::Pay { number, total } => {
                let total = total.to_string();
                let fields: Fields = [
                    ("out_trade_no", number.as_str()),
                    ("auth_code", "134539517967686076"),
                    ("total_fee", &total),
                    ("body", "tea"),
                ]
                .into_iter()
                .collect();
                client.micropay(&fields)
            }
            Call::Query(number) => client.query(number),
            Call::Reverse(number) => client.reverse(number),
            Call::Recover => client.recover(),
            Call::Refund { number, order, fee } => {
                let fee = fee.to_string();
                let fields: Fields = [
                    ("out_refund_no", number.as_str()),
                    ("out_trade_no", order),
                    ("total_fee", "888"),
                    ("refund_fee", &fee),
                ]
                .into_iter()
                .collect();
                client.refund(&fields)
            }
            Call::RefundQuery(number) => client.refund_query(number),
            Call::Prepay(call) => prepay::carry_out(world, process, client, call),
            Call::Sleep(_) => Outcome::new(Status::Ok),
        }
    }));
    match result {
        Ok(outcome) => {
            let (now, frozen_now) = {
                let state = world.lock();
                (state.now, state.processes[process].frozen_for)
            };
            let after = (now - begun).saturating_sub(frozen_now - frozen);
            // Others may have begun more while this one had not looked yet.
            let listed = outcome
                .fields
                .get("orders")
                .and_then(|orders| orders.as_array());
            let pending = listed.map_or(pending, |orders| orders.len().max(pending));
            world.returned(call, &outcome, after, pending, journal);
            let message = outcome.message();
            !message.contains("client was closed") && !message.contains("client is closing")
        }
        Err(payload) if payload.is::<Crash>() => true,
        Err(_) => {
            world.violation(format!("{call:?} panicked"));
            false
        }
    }
}

fn is_open(world: &World, journal: &dyn Journal, number: &str) -> bool {
    let entry = journal
        .find(&world.key(Book::Orders, number))
        .ok()
        .flatten();
    entry.is_some_and(|entry| match entry.outcome {
        Some((status, _)) => status == Status::NotPaid,
        None => true,
    })
}

/// Everything works again, everything late has arrived: now the truth must come out.
fn reckon(world: &Arc<World>, disk: &Disk, processes: usize) {
    {
        let mut state = world.lock();
        state.healed = true;
        for process in &mut state.processes {
            process.alive = false;
        }
    }
    world.trace(|| "the network is back, every process is started anew".to_owned());
    world.sleep(world.now() + 250_000);
    let program = world.start(processes, disk);
    let account = world.key(Book::Orders, "").account;
    for _ in 0..4 {
        carry_out(world, processes, &program, &Call::Recover);
        let open = |book| {
            let keys = program.journal.pending(book, &account).unwrap_or_default();
            !keys.is_empty()
        };
        if !open(Book::Orders) && !open(Book::Refunds) {
            break;
        }
        world.sleep(world.now() + 70_000);
    }
    // Whoever kept silent all the time is heard now.
    world.sleep(world.now() + 100_000);
    prepay::settle(world, processes, &program);
    world.check_end(&*program.journal);
}
