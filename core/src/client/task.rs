//! A payment on a thread of its own, for hosts that cannot block.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::{Client, Outcome, Status};
use crate::fields::Fields;
use crate::guidance::Asked;
use crate::journal::Key;

/// A payment under way on a thread of its own.
pub struct Task {
    client: Arc<Client>,
    key: Key,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    outcome: Mutex<Option<Outcome>>,
    done: Condvar,
    handed_over: AtomicBool,
}

impl Task {
    /// The outcome, or `None` if it is not there within `timeout` (`None` waits for ever). May be
    /// called again afterwards. The first hand-over is recorded in the journal.
    pub fn wait(&self, timeout: Option<Duration>) -> Option<Outcome> {
        let outcome = self
            .shared
            .outcome
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let pending = |outcome: &mut Option<Outcome>| outcome.is_none();
        let outcome = match timeout {
            Some(timeout) => {
                self.shared
                    .done
                    .wait_timeout_while(outcome, timeout, pending)
                    .unwrap_or_else(PoisonError::into_inner)
                    .0
            }
            None => self
                .shared
                .done
                .wait_while(outcome, pending)
                .unwrap_or_else(PoisonError::into_inner),
        };
        let outcome = outcome.clone()?;
        if !self.shared.handed_over.swap(true, Ordering::Relaxed) {
            self.client.handed_over(&self.key);
        }
        Some(outcome)
    }

    /// The order number it was started with.
    pub fn out_trade_no(&self) -> &str {
        &self.key.number
    }
}

/// The threads of a client's tasks.
#[derive(Default)]
pub(super) struct Tasks(Mutex<Vec<JoinHandle<()>>>);

impl Tasks {
    pub(super) fn join(&self) {
        let threads = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            // A panic in it has already become an outcome.
            let _ = thread.join();
        }
    }

    fn keep(&self, thread: JoinHandle<()>) {
        let mut threads = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        threads.retain(|thread| !thread.is_finished());
        threads.push(thread);
    }
}

/// Tells the one who waits for the start how that went, once.
pub(super) type Begun<'a, T> = &'a dyn Fn(Result<T, Box<Outcome>>);

impl Client {
    /// Takes a payment on a thread of its own. What is wrong with the request, and a number that is
    /// busy, is told at once.
    pub fn start_micropay(self: &Arc<Self>, fields: Fields) -> Result<Task, Box<Outcome>> {
        let order = self
            .gateway
            .order(&fields)
            .map_err(|invalid| Box::new(self.invalid(Asked::Payment, &invalid)))?;
        let key = self.key(&order.expected.out_trade_no);
        let (task, ()) = self.start_task(key, move |client, begun| {
            client.micropay_as_task(&fields, begun)
        })?;
        Ok(task)
    }

    /// Runs `work` on a thread of its own and waits until it has begun. What it returns is the task's
    /// outcome; it has none only if it told that it cannot begin.
    pub(super) fn start_task<T: Send + 'static>(
        self: &Arc<Self>,
        key: Key,
        work: impl FnOnce(&Self, Begun<'_, T>) -> Option<Outcome> + Send + 'static,
    ) -> Result<(Task, T), Box<Outcome>> {
        let shared = Arc::new(Shared::default());
        let (started, entered) = std::sync::mpsc::channel();
        let (client, result) = (Arc::clone(self), Arc::clone(&shared));
        let work = move || {
            let begun = |how| {
                // The starter waits for exactly one message.
                let _ = started.send(how);
            };
            let outcome = work(&client, &begun);
            *result
                .outcome
                .lock()
                .unwrap_or_else(PoisonError::into_inner) = outcome;
            result.done.notify_all();
        };
        let thread = std::thread::Builder::new()
            .name("wxpay-task".into())
            .spawn(work)
            .map_err(|error| {
                let message = format!("no thread can be started, nothing was sent: {error}");
                Box::new(self.refusal(Status::Internal, message))
            })?;
        self.tasks.keep(thread);
        match entered.recv() {
            Ok(how) => {
                let task = Task {
                    client: Arc::clone(self),
                    key,
                    shared,
                };
                how.map(|begun| (task, begun))
            }
            Err(_) => Err(Box::new(
                self.refusal(Status::Internal, "the task's thread has ended"),
            )),
        }
    }
}
