//! A task's thread in virtual time. The library starts it by itself; here it becomes an actor beside
//! the till that asked for it.
//!
//! Until there is something to show, the till blocks in the call, so the task has its turn. Then the
//! till goes on, and the task waits like any other actor; its end is the end of its thread.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::process::Process;
use crate::world::{ACTOR, MOST_ACTORS, State, World};

const MOST_TILLS: usize = MOST_ACTORS / 2;

thread_local! {
    static TASK: RefCell<Option<OnTask>> = const { RefCell::new(None) };
}

/// The tasks of a run, by actor.
#[derive(Default)]
pub(crate) struct Tasks {
    /// The till that blocks until its task has begun.
    starter: Option<usize>,
    alive: BTreeSet<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// The till waits for it.
    Starting,
    /// The till goes on, and this thread must wait at the next thing that it touches.
    HandingOver,
    Running,
}

/// What a task's thread knows of itself.
struct OnTask {
    world: Arc<World>,
    process: usize,
    /// Who asked for it.
    till: usize,
    turn: Turn,
}

impl Drop for OnTask {
    /// With the thread. One that never began leaves the turn to its starter.
    fn drop(&mut self) {
        if self.turn == Turn::Running {
            self.world.lock().forget(self.process, self.till);
            self.world.leave();
        }
    }
}

/// The actor that a till's task is.
fn task_of(till: usize) -> usize {
    till + MOST_TILLS
}

/// The first thing that a task touches, and the first after it has begun, is the clock.
pub(crate) fn arrive(process: &Process) {
    let world = &process.world;
    let known = TASK.try_with(|task| {
        let mut task = task.borrow_mut();
        let Some(task) = task.as_mut() else {
            return false;
        };
        if task.turn == Turn::HandingOver {
            task.turn = Turn::Running;
            world.turn(ACTOR.get(), world.lock());
        }
        true
    });
    // A thread that is ending needs nothing.
    if known.unwrap_or(true) || std::thread::current().name() != Some("wxpay-task") {
        return;
    }
    let mut state = world.lock();
    let Some(till) = state.tasks.starter.take() else {
        return;
    };
    let actor = task_of(till);
    ACTOR.set(actor);
    state.running = actor;
    state.tasks.alive.insert(actor);
    state.processes[process.index].actors.push(actor);
    drop(state);
    TASK.set(Some(OnTask {
        world: Arc::clone(world),
        process: process.index,
        till,
        turn: Turn::Starting,
    }));
}

/// What is shown is on record: the till's turn.
pub(crate) fn hand_over(world: &World) {
    TASK.with_borrow_mut(|task| {
        let Some(task) = task.as_mut().filter(|task| task.turn == Turn::Starting) else {
            return;
        };
        task.turn = Turn::HandingOver;
        let mut state = world.lock();
        let now = state.now;
        state.sleepers.insert(ACTOR.get(), now);
        state.running = task.till;
    });
}

impl State {
    fn forget(&mut self, process: usize, till: usize) {
        let task = task_of(till);
        self.tasks.alive.remove(&task);
        self.processes[process]
            .actors
            .retain(|actor| *actor != task);
    }
}

impl World {
    /// Calls what starts a task in this process and blocks until it has begun, or will not.
    pub(crate) fn starting<T, E>(
        &self,
        process: usize,
        start: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        let till = ACTOR.get();
        self.lock().tasks.starter = Some(till);
        let started = start();
        let mut state = self.lock();
        state.tasks.starter = None;
        state.running = till;
        if started.is_err() {
            state.forget(process, till);
        }
        drop(state);
        started
    }

    /// Whether this till's task is still at work.
    pub(crate) fn has_task(&self) -> bool {
        let task = task_of(ACTOR.get());
        self.lock().tasks.alive.contains(&task)
    }
}
