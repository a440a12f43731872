//! Threads for what the standard library cannot interrupt: resolving a name, connecting a socket.

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

/// The threads that a transport has started and not yet joined.
#[derive(Debug, Default)]
pub(super) struct Helpers {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    threads: Vec<JoinHandle<()>>,
    closed: bool,
}

impl Helpers {
    /// Runs `work` on a thread of its own. Fails once closed, or if the system gives no thread.
    pub(super) fn spawn(&self, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
        let mut state = self.lock();
        if state.closed {
            return Err(io::Error::other("the client is closed"));
        }
        let finished = state.threads.extract_if(.., |thread| thread.is_finished());
        finished.for_each(join);
        let thread = thread::Builder::new()
            .name("wxpay-connect".to_owned())
            .spawn(work)?;
        state.threads.push(thread);
        Ok(())
    }

    /// Lets no thread start any more and waits for those that run.
    pub(super) fn close(&self) {
        let threads = {
            let mut state = self.lock();
            state.closed = true;
            std::mem::take(&mut state.threads)
        };
        threads.into_iter().for_each(join);
    }

    /// How many threads are running.
    #[cfg(test)]
    pub(super) fn running(&self) -> usize {
        let state = self.lock();
        state.threads.iter().filter(|t| !t.is_finished()).count()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing under this lock can be left half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn join(thread: JoinHandle<()>) {
    // One that panicked has told its story by the panic hook.
    drop(thread.join());
}
