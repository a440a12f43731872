//! The calls in flight on one client: who works on which order or refund, who can be cancelled, and
//! the orderly end of them all.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::journal::Book;
use crate::signal::Signal;

thread_local! {
    /// The [`Calls`] (by address) that this thread is inside of: a callback may close the client.
    static INSIDE: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

#[derive(Default)]
pub(super) struct Calls {
    state: Mutex<State>,
    emptied: Condvar,
}

#[derive(Default)]
struct State {
    closing: bool,
    next_id: u64,
    active: HashMap<u64, Active>,
}

struct Active {
    signal: Arc<Signal>,
    number: Option<(Book, String)>,
    cancellable: bool,
}

/// What a call does to an order or refund number.
pub(super) enum Claim<'a> {
    /// Nothing: a query, a self-test, a recovery.
    Nothing,
    /// Works on an order; can be cancelled.
    Payment(&'a str),
    /// Works on an order; goes on to its end.
    Reverse(&'a str),
    /// Works on a refund; goes on to its end.
    Refund(&'a str),
    /// Works on a ride; goes on to its end.
    Ride(&'a str),
}

/// Why a call cannot start.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    Closing,
    Busy,
}

impl Calls {
    pub(super) fn enter(&self, claim: Claim<'_>) -> Result<CallGuard<'_>, Refused> {
        let (number, cancellable) = match claim {
            Claim::Nothing => (None, false),
            Claim::Payment(number) => (Some((Book::Orders, number)), true),
            Claim::Reverse(number) => (Some((Book::Orders, number)), false),
            Claim::Refund(number) => (Some((Book::Refunds, number)), false),
            Claim::Ride(number) => (Some((Book::Rides, number)), false),
        };
        let mut state = self.lock();
        if state.closing {
            return Err(Refused::Closing);
        }
        if number.is_some_and(|(book, number)| state.find(book, number).is_some()) {
            return Err(Refused::Busy);
        }
        let signal = Arc::new(Signal::new());
        let id = state.next_id;
        state.next_id += 1;
        let active = Active {
            signal: Arc::clone(&signal),
            number: number.map(|(book, number)| (book, number.to_owned())),
            cancellable,
        };
        state.active.insert(id, active);
        drop(state);
        INSIDE.with_borrow_mut(|inside| inside.push(self.address()));
        Ok(CallGuard {
            calls: self,
            id,
            signal,
        })
    }

    /// Whether there was a payment to cancel.
    pub(super) fn cancel(&self, out_trade_no: &str) -> bool {
        let state = self.lock();
        let Some(active) = state
            .find(Book::Orders, out_trade_no)
            .filter(|active| active.cancellable)
        else {
            return false;
        };
        active.signal.cancel();
        true
    }

    /// Lets nobody in any more, ends every call, and waits until all have left; does not wait when
    /// this thread is itself inside one of them.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.closing = true;
        for active in state.active.values() {
            active.signal.close();
        }
        if INSIDE.with_borrow(|inside| inside.contains(&self.address())) {
            return;
        }
        while !state.active.is_empty() {
            state = self
                .emptied
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Whether this thread is inside a call, so that it must not wait for calls to end.
    pub(super) fn inside(&self) -> bool {
        INSIDE.with_borrow(|inside| inside.contains(&self.address()))
    }

    fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Maps of handles: every single change leaves them consistent.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn find(&self, book: Book, number: &str) -> Option<&Active> {
        let claimed = |active: &&Active| {
            let claim = active.number.as_ref();
            claim.is_some_and(|(of, claimed)| *of == book && claimed == number)
        };
        self.active.values().find(claimed)
    }
}

/// A call in flight; dropping it is its end.
pub(super) struct CallGuard<'a> {
    calls: &'a Calls,
    id: u64,
    signal: Arc<Signal>,
}

impl CallGuard<'_> {
    pub(super) fn signal(&self) -> &Signal {
        &self.signal
    }
}

impl Drop for CallGuard<'_> {
    fn drop(&mut self) {
        let address = self.calls.address();
        INSIDE.with_borrow_mut(|inside| {
            if let Some(place) = inside.iter().rposition(|&have| have == address) {
                inside.remove(place);
            }
        });
        self.calls.lock().active.remove(&self.id);
        self.calls.emptied.notify_all();
    }
}
