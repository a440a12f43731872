//! The attempt that the current thread carries: whether it may send, has sent, and until when.
//!
//! Connections outlive exchanges in ureq's pool, and ureq hands a connection nothing about the
//! request it is used for. An exchange runs on one thread from beginning to end, so the connection
//! finds its exchange by a thread-local.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::{Clock, Moment};
use crate::signal::ExchangeGuard;

thread_local! {
    static CURRENT: RefCell<Option<Rc<InFlight>>> = const { RefCell::new(None) };
}

/// One attempt at one host.
pub(super) struct InFlight {
    guard: Rc<ExchangeGuard>,
    clock: Arc<dyn Clock>,
    answer_timeout: Duration,
    /// The answer is due by then, however late the first byte was sent.
    latest: Moment,
    due: Cell<Option<Moment>>,
    dialled: Cell<bool>,
    answering: Cell<bool>,
}

/// The exchange was cut before anything of this request was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("interrupted before anything was sent")]
pub(super) struct Stopped;

impl InFlight {
    pub(super) fn new(
        guard: &Rc<ExchangeGuard>,
        clock: &Arc<dyn Clock>,
        answer_timeout: Duration,
        latest: Moment,
    ) -> Rc<Self> {
        Rc::new(Self {
            guard: Rc::clone(guard),
            clock: Arc::clone(clock),
            answer_timeout,
            latest,
            due: Cell::new(None),
            dialled: Cell::new(false),
            answering: Cell::new(false),
        })
    }

    /// Makes this the attempt of the current thread until the result is dropped.
    pub(super) fn enter(self: &Rc<Self>) -> Entered {
        Entered {
            previous: CURRENT.replace(Some(Rc::clone(self))),
        }
    }

    /// The attempt of the current thread.
    pub(super) fn current() -> Option<Rc<Self>> {
        CURRENT.with_borrow(Clone::clone)
    }

    /// When this attempt must be over.
    pub(super) fn latest(&self) -> Moment {
        self.latest
    }

    pub(super) fn guard(&self) -> &ExchangeGuard {
        &self.guard
    }

    /// To be called before every write of the request; the first one decides. `cut` ends the
    /// connection's reads and writes.
    pub(super) fn begin(&self, cut: impl Fn() + Send + 'static) -> Result<(), Stopped> {
        if self.sent() {
            return Ok(());
        }
        let now = self.clock.now();
        if !self.guard.arm(cut) || !self.guard.may_send(now) {
            return Err(Stopped);
        }
        let due = now + self.answer_timeout;
        self.due.set(Some(due.min(self.latest)));
        Ok(())
    }

    /// Whether a byte of the request may have left in this attempt.
    pub(super) fn sent(&self) -> bool {
        self.due.get().is_some()
    }

    /// The connection is about to go back to the pool, where another exchange may take it: a cut
    /// must not touch it any more. `false`: it has already been cut.
    pub(super) fn release(&self) -> bool {
        self.guard.arm(|| ())
    }

    /// What is left of the answer time-out.
    pub(super) fn left(&self) -> Duration {
        self.due
            .get()
            .map_or(self.answer_timeout, |due| due.since(self.clock.now()))
    }

    /// A connection was made for this attempt, instead of one from the pool.
    pub(super) fn set_dialled(&self) {
        self.dialled.set(true);
    }

    pub(super) fn dialled(&self) -> bool {
        self.dialled.get()
    }

    /// A part of the answer has come.
    pub(super) fn set_answering(&self) {
        self.answering.set(true);
    }

    pub(super) fn answering(&self) -> bool {
        self.answering.get()
    }
}

/// Puts the thread back to what it carried before.
pub(super) struct Entered {
    previous: Option<Rc<InFlight>>,
}

impl Drop for Entered {
    fn drop(&mut self) {
        CURRENT.set(self.previous.take());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use crate::clock::SystemClock;
    use crate::exchange::OnCancel;
    use crate::signal::Signal;

    fn flight(signal: &Signal, on_cancel: OnCancel, latest: Duration) -> Rc<InFlight> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let guard = Rc::new(signal.exchange(on_cancel));
        InFlight::new(&guard, &clock, Duration::from_secs(60), Moment(latest))
    }

    fn begin(flight: &InFlight) -> (Result<(), Stopped>, Arc<AtomicBool>) {
        let cut = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&cut);
        let begun = flight.begin(move || seen.store(true, Ordering::SeqCst));
        (begun, cut)
    }

    const LATE: Duration = Duration::from_secs(1_000_000);

    #[test]
    fn a_connection_that_went_back_to_the_pool_is_not_cut_any_more() {
        let signal = Signal::new();
        let flight = flight(&signal, OnCancel::Cut, LATE);
        let (begun, cut) = begin(&flight);
        assert!(begun.is_ok() && flight.release());
        signal.cancel();
        assert!(!cut.load(Ordering::SeqCst));
    }

    #[test]
    fn a_connection_that_was_cut_does_not_go_back_to_the_pool() {
        let signal = Signal::new();
        let flight = flight(&signal, OnCancel::Cut, LATE);
        let (begun, cut) = begin(&flight);
        signal.cancel();
        assert!(begun.is_ok() && cut.load(Ordering::SeqCst));
        assert!(!flight.release());
    }

    #[test]
    fn nothing_is_sent_after_a_cut_and_that_is_known() {
        let signal = Signal::new();
        let flight = flight(&signal, OnCancel::CutUnlessSent, LATE);
        signal.cancel();
        assert_eq!(begin(&flight).0, Err(Stopped));
        assert!(!flight.sent() && !flight.guard().sent());
    }

    #[test]
    fn the_answer_is_due_by_the_time_out_or_by_the_end_of_the_hosts_share() {
        let signal = Signal::new();
        let free = flight(&signal, OnCancel::Cut, LATE);
        assert!(begin(&free).0.is_ok() && !free.left().is_zero());
        let late = flight(&signal, OnCancel::Cut, Duration::ZERO);
        assert!(begin(&late).0.is_ok() && late.left().is_zero());
    }

    #[test]
    fn a_thread_carries_an_attempt_only_while_it_is_entered() {
        let signal = Signal::new();
        let outer = flight(&signal, OnCancel::Cut, LATE);
        let entered = outer.enter();
        {
            let other = Signal::new();
            let inner = flight(&other, OnCancel::Cut, LATE);
            let _entered = inner.enter();
            assert!(InFlight::current().is_some_and(|it| Rc::ptr_eq(&it, &inner)));
        }
        assert!(InFlight::current().is_some_and(|it| Rc::ptr_eq(&it, &outer)));
        drop(entered);
        assert!(InFlight::current().is_none());
    }
}
