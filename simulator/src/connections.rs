//! How many connections there are, so that a client's pool can be held to its word.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;

/// Connections to the hosts, all hosts together; those that a hanging host accepts are not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Connections {
    /// Open now.
    pub open: usize,
    /// The most that were ever open at the same time.
    pub most: usize,
    /// Accepted since the start.
    pub accepted: u64,
}

#[derive(Clone, Default)]
pub(crate) struct Gauge(Arc<Mutex<Connections>>);

/// Counts as an open connection until it is dropped.
pub(crate) struct Counted(Gauge);

impl Gauge {
    pub(crate) fn count(&self) -> Counted {
        let mut now = self.lock();
        now.accepted += 1;
        now.open += 1;
        now.most = now.most.max(now.open);
        drop(now);
        Counted(self.clone())
    }

    pub(crate) fn read(&self) -> Connections {
        *self.lock()
    }

    fn lock(&self) -> MutexGuard<'_, Connections> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.lock().open -= 1;
    }
}
