//! Virtual time, and whose turn it is.
//!
//! Tills are real threads, since the client blocks; but only one of them runs at a time. It runs until
//! it waits (in the clock or on the wire); then whoever wakes up first is next, and among equals the
//! seed decides. So everything that happens is a function of the seed.

use std::cell::Cell;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::ledger::Ledger;
use crate::plan::Plan;
use crate::prepay::task::Tasks;
use crate::process::Program;
use crate::rules::Records;
use crate::tally::Tally;

/// Milliseconds since the run began.
pub(crate) type Ms = u64;

/// What the gateway's clock shows then, unix seconds.
pub(crate) const EPOCH: i64 = 1_800_000_000;

/// Tills, and as many tasks.
pub(crate) const MOST_ACTORS: usize = 8;

thread_local! {
    pub(crate) static ACTOR: Cell<usize> = const { Cell::new(0) };
}

/// Something that happens by itself at a time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Happening {
    /// A request reaches the gateway.
    Deliver(u64),
    /// A charge that was taken on is carried out at last.
    Book(u64),
    /// The payer at the prompt makes up his mind.
    Payer(String),
    /// Somebody scans the code of an order.
    Scan(String),
    /// The `time_expire` of an order.
    Expire(String),
    /// The heartbeat of a process.
    Beat { process: usize, life: u32 },
    /// The machine's wall clock is set, by so many milliseconds.
    SetClock(i64),
    /// Somebody presses cancel.
    Cancel { process: usize, number: String },
}

/// Everything that one run is made of.
pub(crate) struct World {
    pub(crate) plan: Plan,
    pub(crate) traced: bool,
    state: Mutex<State>,
    pub(crate) batons: [Condvar; MOST_ACTORS],
    /// What runs in each process; emptied at the end.
    pub(crate) programs: Mutex<Vec<Option<Program>>>,
}

pub(crate) struct State {
    pub(crate) now: Ms,
    pub(crate) rng: fastrand::Rng,
    pub(crate) ledger: Ledger,
    pub(crate) records: Records,
    pub(crate) tally: Tally,
    pub(crate) processes: Vec<Life>,
    /// The network is back and nobody interferes any more.
    pub(crate) healed: bool,
    /// Nobody scans any more.
    pub(crate) closing_time: bool,
    /// How far the machine's wall clock is off.
    pub(crate) skew_ms: i64,
    pub(crate) trace: Vec<String>,
    pub(crate) violations: Vec<String>,
    pub(crate) crashes_left: u32,
    pub(crate) cancels_left: u32,
    pub(crate) tasks: Tasks,
    sequence: u64,
    happenings: BinaryHeap<Reverse<(Ms, u64, Happening)>>,
    /// When each actor wants to go on.
    pub(crate) sleepers: BTreeMap<usize, Ms>,
    pub(crate) running: usize,
}

/// A process of the shop: the machine it runs on, and how often it was started.
#[derive(Clone, Debug, Default)]
pub(crate) struct Life {
    pub(crate) life: u32,
    pub(crate) alive: bool,
    pub(crate) started: Ms,
    /// It stands still until then, heartbeats included.
    pub(crate) frozen_until: Ms,
    /// For how long it stood still in all.
    pub(crate) frozen_for: Ms,
    /// The actors inside of it.
    pub(crate) actors: Vec<usize>,
}

impl World {
    pub(crate) fn new(plan: Plan, traced: bool) -> Self {
        let rng = fastrand::Rng::with_seed(plan.seed ^ 0x5eed_5eed_5eed_5eed);
        let state = State {
            now: 0,
            rng,
            ledger: Ledger::default(),
            records: Records::default(),
            tally: Tally::default(),
            processes: Vec::new(),
            healed: false,
            closing_time: false,
            skew_ms: 0,
            trace: Vec::new(),
            violations: Vec::new(),
            crashes_left: plan.crashes,
            cancels_left: plan.cancels,
            tasks: Tasks::default(),
            sequence: 0,
            happenings: BinaryHeap::new(),
            sleepers: BTreeMap::new(),
            running: 0,
        };
        Self {
            plan,
            traced,
            state: Mutex::new(state),
            batons: Default::default(),
            programs: Mutex::default(),
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now(&self) -> Ms {
        self.lock().now
    }

    pub(crate) fn trace(&self, line: impl FnOnce() -> String) {
        if self.traced {
            let line = line();
            let mut state = self.lock();
            let line = format!("{:>9} ms {} {line}", state.now, ACTOR.get());
            state.trace.push(line);
        }
    }

    pub(crate) fn violation(&self, rule: impl Into<String>) {
        let rule = rule.into();
        self.trace(|| format!("VIOLATION {rule}"));
        let mut state = self.lock();
        let at = state.now;
        state.violations.push(format!("{rule} (at {at} ms)"));
    }

    pub(crate) fn tick(&self, what: &'static str) {
        self.lock().tally.fault(what);
    }

    pub(crate) fn chance(&self, percent: f64) -> bool {
        percent > 0.0 && self.lock().rng.f64() * 100.0 < percent
    }

    /// Blocks until then, or until woken; others go on meanwhile.
    pub(crate) fn sleep(&self, until: Ms) {
        let actor = ACTOR.get();
        let mut state = self.lock();
        let until = until.max(state.now);
        state.sleepers.insert(actor, until);
        loop {
            if let Some(happening) = state.due() {
                drop(state);
                self.happen(happening);
                state = self.lock();
                continue;
            }
            let next = state.next_actor().unwrap_or(actor);
            state.running = next;
            if next == actor {
                return;
            }
            self.batons[next].notify_one();
            self.turn(actor, state);
            return;
        }
    }

    /// Blocks until it is this actor's turn.
    pub(crate) fn turn(&self, actor: usize, mut state: MutexGuard<'_, State>) {
        while state.running != actor {
            state = self.batons[actor]
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Runs these at the same (virtual) time, the first one on this thread, and waits for all.
    pub(crate) fn together(&self, actors: Vec<Box<dyn FnOnce() + Send + '_>>) {
        let mut actors = actors.into_iter().enumerate();
        let Some((_, first)) = actors.next() else {
            return;
        };
        std::thread::scope(|scope| {
            for (actor, work) in actors {
                {
                    let mut state = self.lock();
                    let now = state.now;
                    state.sleepers.insert(actor, now);
                }
                scope.spawn(move || {
                    ACTOR.set(actor);
                    self.turn(actor, self.lock());
                    work();
                    self.leave();
                });
            }
            ACTOR.set(0);
            first();
            self.leave();
        });
        self.lock().running = 0;
    }

    /// The actor has nothing more to do.
    pub(crate) fn leave(&self) {
        let mut state = self.lock();
        loop {
            if state.sleepers.is_empty() {
                return;
            }
            if let Some(happening) = state.due() {
                drop(state);
                self.happen(happening);
                state = self.lock();
                continue;
            }
            if let Some(next) = state.next_actor() {
                state.running = next;
                self.batons[next].notify_one();
            }
            return;
        }
    }

    pub(crate) fn later(&self, at: Ms, happening: Happening) {
        self.lock().later(at, happening);
    }
}

impl State {
    pub(crate) fn later(&mut self, at: Ms, happening: Happening) {
        self.sequence += 1;
        self.happenings
            .push(Reverse((at, self.sequence, happening)));
    }

    /// What happens before anybody wakes up; time goes on to it.
    fn due(&mut self) -> Option<Happening> {
        let at = self.happenings.peek().map(|Reverse((at, ..))| *at)?;
        let wake = self.sleepers.values().min().copied()?;
        if at > wake {
            return None;
        }
        let Reverse((at, _, happening)) = self.happenings.pop()?;
        self.now = self.now.max(at);
        Some(happening)
    }

    /// Who wakes up first; time goes on to that.
    fn next_actor(&mut self) -> Option<usize> {
        let wake = self.sleepers.values().min().copied()?;
        let first: Vec<usize> = self
            .sleepers
            .iter()
            .filter(|(_, at)| **at == wake)
            .map(|(actor, _)| *actor)
            .collect();
        let next = match first[..] {
            [only] => only,
            _ => first[self.rng.usize(..first.len())],
        };
        self.sleepers.remove(&next);
        self.now = self.now.max(wake);
        Some(next)
    }

    /// Who sleeps in this process looks at what has changed.
    pub(crate) fn wake(&mut self, process: usize) {
        let now = self.now;
        for actor in self.processes[process].actors.clone() {
            if let Some(at) = self.sleepers.get_mut(&actor) {
                *at = now;
            }
        }
    }
}
