//! Fetches keys before they are needed, on a thread of its own: no payment waits for it.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use super::keys::Keys;
use crate::exchange::OnCancel;
use crate::signal::Signal;

/// How often it is looked whether keys are due.
const ROUND: Duration = Duration::from_secs(60);
/// After a download that failed, the next one waits for this, and ever longer …
const FIRST_PAUSE: Duration = Duration::from_secs(60);
/// … up to this; where trying again does not help, at once.
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);

pub(super) struct Keeper {
    stop: Arc<Signal>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    /// `None` where the gateway hands out no keys.
    pub(super) fn start(keys: Arc<Keys>) -> std::io::Result<Option<Self>> {
        if keys.gateway.keys().is_none() {
            return Ok(None);
        }
        let stop = Arc::new(Signal::new());
        let signal = Arc::clone(&stop);
        let thread = std::thread::Builder::new()
            .name("wxpay-keys".into())
            .spawn(move || run(&keys, &signal))?;
        Ok(Some(Self {
            stop,
            thread: Some(thread),
        }))
    }

    /// Cuts a download, ends the thread and waits for it; called by that thread itself (from a log
    /// callback), it does not wait.
    pub(super) fn stop(mut self) {
        self.stop.close();
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != std::thread::current().id()
        {
            // The thread cannot panic; if it did, it has ended all the same.
            let _ = thread.join();
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.stop.close();
    }
}

fn run(keys: &Keys, signal: &Signal) {
    let mut pause = Pause::default();
    while !signal.closing() {
        let wait = match keys.gateway.keys() {
            Some(source) if source.due(keys.time()) => {
                let fetched = keys.fetch(source, OnCancel::Cut.into(), signal);
                pause.after(fetched.as_ref().err().map(|fault| fault.refused))
            }
            _ => ROUND,
        };
        keys.clock.wait(keys.clock.now() + wait, signal, true);
    }
}

/// Until the next look.
#[derive(Default)]
struct Pause(Option<Duration>);

impl Pause {
    /// `failed` says of a download that failed whether trying again is pointless.
    fn after(&mut self, failed: Option<bool>) -> Duration {
        self.0 = match (failed, self.0) {
            (None, _) => None,
            (Some(true), _) => Some(LONGEST_PAUSE),
            (Some(false), None) => Some(FIRST_PAUSE),
            (Some(false), Some(last)) => Some((last * 2).min(LONGEST_PAUSE)),
        };
        self.0.unwrap_or(ROUND)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_download_that_fails_is_tried_ever_more_seldom() {
        let mut pause = Pause::default();
        let minutes: Vec<_> = (0..8)
            .map(|_| pause.after(Some(false)).as_secs() / 60)
            .collect();
        assert_eq!(minutes, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(pause.after(None), ROUND);
        assert_eq!(pause.after(Some(false)), FIRST_PAUSE);
        assert_eq!(pause.after(Some(true)), LONGEST_PAUSE);
    }
}
