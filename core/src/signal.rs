//! How a call that waits or talks to a gateway is cancelled, or closed, from another thread.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Moment;
use crate::exchange::OnCancel;

/// One for each blocking call. Any thread may [`cancel`](Self::cancel) or [`close`](Self::close) it.
#[derive(Default)]
pub struct Signal {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    cancelled: bool,
    closing: bool,
    exchange: Option<InFlight>,
}

struct InFlight {
    on_cancel: OnCancel,
    /// When the first byte of the request was handed to the socket.
    sent: Option<Moment>,
    cut: bool,
    wire: Option<Box<dyn Fn() + Send>>,
}

impl State {
    fn cut_exchange(&mut self) {
        let closing = self.closing;
        if let Some(exchange) = &mut self.exchange {
            let cut = closing
                || match exchange.on_cancel {
                    OnCancel::Cut => true,
                    OnCancel::CutUnlessSent => exchange.sent.is_none(),
                    OnCancel::Ignore => false,
                };
            if cut {
                exchange.cut = true;
                if let Some(wire) = exchange.wire.take() {
                    wire();
                }
            }
        }
    }
}

impl Signal {
    /// A signal that nobody has raised.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks the call to stop waiting and to undo what it started.
    pub fn cancel(&self) {
        let mut state = self.lock();
        state.cancelled = true;
        state.cut_exchange();
        self.shared.changed.notify_all();
    }

    /// The client closes: the call must end now, with whatever is on record.
    pub fn close(&self) {
        let mut state = self.lock();
        state.closing = true;
        state.cut_exchange();
        self.shared.changed.notify_all();
    }

    /// Whether [`cancel`](Self::cancel) was called.
    pub fn cancelled(&self) -> bool {
        self.lock().cancelled
    }

    /// Whether [`close`](Self::close) was called.
    pub fn closing(&self) -> bool {
        self.lock().closing
    }

    /// Opens an exchange. Dropping the guard ends it.
    pub fn exchange(&self, on_cancel: OnCancel) -> ExchangeGuard {
        let mut state = self.lock();
        let cut = state.closing || (state.cancelled && on_cancel != OnCancel::Ignore);
        state.exchange = Some(InFlight {
            on_cancel,
            sent: None,
            cut,
            wire: None,
        });
        ExchangeGuard {
            shared: Arc::clone(&self.shared),
        }
    }

    /// Blocks until something is raised that `seen_cancel` does not cover, at most for `timeout`.
    /// For [`crate::clock`], which alone knows when to stop.
    pub(crate) fn wait_for_change(&self, seen_cancel: bool, timeout: Duration) {
        let state = self.lock();
        if state.closing || (state.cancelled && !seen_cancel) {
            return;
        }
        drop(
            self.shared
                .changed
                .wait_timeout(state, timeout)
                .unwrap_or_else(PoisonError::into_inner),
        );
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.lock()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing under this lock can be left half done, so a poisoned state is as good as any.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An exchange in flight, as the transport sees it. It may try several connections in turn.
pub struct ExchangeGuard {
    shared: Arc<Shared>,
}

impl ExchangeGuard {
    /// Registers how to cut the connection (or the connection attempt) now in use, replacing the
    /// last one. Returns `false`, without registering, if the exchange is already cut. `wire` is
    /// called at most once, from any thread, and must not block.
    #[must_use]
    pub fn arm(&self, wire: impl Fn() + Send + 'static) -> bool {
        self.with(|exchange| {
            if !exchange.cut {
                exchange.wire = Some(Box::new(wire));
            }
            !exchange.cut
        })
    }

    /// To be called before the first byte of the request is handed to the socket. `false`: the
    /// exchange is cut and nothing may be sent any more.
    #[must_use]
    pub fn may_send(&self, now: Moment) -> bool {
        self.with(|exchange| {
            if !exchange.cut {
                exchange.sent.get_or_insert(now);
            }
            !exchange.cut
        })
    }

    /// Whether any byte of the request may have left.
    pub fn sent(&self) -> bool {
        self.sent_at().is_some()
    }

    /// When the first byte of the request was handed to the socket.
    pub fn sent_at(&self) -> Option<Moment> {
        self.with(|exchange| exchange.sent)
    }

    /// Whether the exchange was cut by a cancel or a close.
    pub fn cut(&self) -> bool {
        self.with(|exchange| exchange.cut)
    }

    fn with<T>(&self, f: impl FnOnce(&mut InFlight) -> T) -> T {
        let mut state = self.shared.lock();
        // The guard is the only one who clears `exchange`, on drop.
        f(state
            .exchange
            .as_mut()
            .expect("an exchange is open while its guard lives"))
    }
}

impl Drop for ExchangeGuard {
    fn drop(&mut self) {
        self.shared.lock().exchange = None;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    fn armed(signal: &Signal, on_cancel: OnCancel) -> (ExchangeGuard, Arc<AtomicBool>) {
        let guard = signal.exchange(on_cancel);
        let cut = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&cut);
        assert!(guard.arm(move || seen.store(true, Ordering::SeqCst)));
        (guard, cut)
    }

    #[test]
    fn a_cancel_before_the_first_byte_forbids_sending() {
        let signal = Signal::new();
        let (guard, cut) = armed(&signal, OnCancel::CutUnlessSent);
        signal.cancel();
        assert!(cut.load(Ordering::SeqCst));
        assert!(!guard.may_send(Moment::default()));
        assert!(!guard.sent());
    }

    #[test]
    fn a_cancel_after_the_first_byte_leaves_a_charge_alone() {
        let signal = Signal::new();
        let (guard, cut) = armed(&signal, OnCancel::CutUnlessSent);
        assert!(guard.may_send(Moment::default()));
        signal.cancel();
        assert!(!cut.load(Ordering::SeqCst));
        assert!(guard.sent() && !guard.cut());
    }

    #[test]
    fn a_close_cuts_everything() {
        for on_cancel in [OnCancel::Cut, OnCancel::CutUnlessSent, OnCancel::Ignore] {
            let signal = Signal::new();
            let (guard, cut) = armed(&signal, on_cancel);
            assert!(guard.may_send(Moment::default()));
            signal.close();
            assert!(cut.load(Ordering::SeqCst));
            assert!(guard.cut());
        }
    }

    #[test]
    fn an_exchange_that_starts_after_the_cancel_is_cut_unless_it_must_go_on() {
        let signal = Signal::new();
        signal.cancel();
        assert!(!signal.exchange(OnCancel::Cut).may_send(Moment::default()));
        assert!(
            !signal
                .exchange(OnCancel::CutUnlessSent)
                .may_send(Moment::default())
        );
        assert!(
            signal
                .exchange(OnCancel::Ignore)
                .may_send(Moment::default())
        );
    }
}
