//! The keys that answers are verified with, where the gateway changes them: fetched when there are
//! none, when an answer names one that nobody has told, and (by `keeper`) before they expire. A file
//! keeps them between starts.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::clocks::GatewayClocks;
use super::sinks::{Level, Sinks};
use crate::clock::{Clock, Moment};
use crate::crypto::digest;
use crate::exchange::{Call, Failure, Limits, OnCancel, Reply};
use crate::gateway::{Gateway, KeyError, KeySource, Stamp};
use crate::signal::Signal;
use crate::transport::Transport;

/// Answers may name unknown keys as often as they like: they cause one download in this time …
const REST: Duration = Duration::from_secs(60);
/// … or in this, if the last one failed.
const REST_AFTER_FAILURE: Duration = Duration::from_secs(5);
/// How often a thread looks whether the download of another one has ended.
const GLANCE: Duration = Duration::from_millis(20);
/// More than a file of keys ever has.
const FILE_LIMIT: u64 = 512 * 1024;

/// Fetches keys and keeps them, for any number of threads at once: one downloads, the others wait.
pub(super) struct Keys {
    pub(super) gateway: Arc<dyn Gateway>,
    pub(super) transport: Arc<dyn Transport>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) clocks: Arc<GatewayClocks>,
    pub(super) sinks: Arc<Sinks>,
    /// Where they are kept between starts.
    pub(super) file: Option<PathBuf>,
    pub(super) state: Mutex<State>,
}

#[derive(Default)]
pub(super) struct State {
    fetching: bool,
    /// How many downloads have ended. One that was cut short counts for nothing.
    ended: u64,
    /// When the last of them ended, and how.
    last: Option<(Moment, Result<String, Fault>)>,
}

/// Why keys could not be fetched.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    /// What is wrong and the remedy.
    pub(super) why: String,
    /// Trying again does not help.
    pub(super) refused: bool,
    /// It was cut by a cancel or by the closing of the client.
    pub(super) interrupted: bool,
    pub(super) host: String,
    /// What came, if anything did.
    pub(super) reply: Option<Box<Reply>>,
}

impl Fault {
    fn new(why: impl Into<String>) -> Self {
        Self {
            why: why.into(),
            refused: false,
            interrupted: false,
            host: String::new(),
            reply: None,
        }
    }
}

/// What ends a download before the question that it is for: nothing has been sent yet.
fn before(limits: Limits) -> Limits {
    Limits {
        on_cancel: match limits.on_cancel {
            OnCancel::Ignore => OnCancel::Ignore,
            OnCancel::Cut | OnCancel::CutUnlessSent => OnCancel::Cut,
        },
        ..limits
    }
}

impl Keys {
    /// The gateway's time, or what this machine takes for it.
    pub(super) fn time(&self) -> i64 {
        self.clocks
            .time(self.clock.now())
            .unwrap_or_else(|| self.clock.unix_ms() / 1000)
    }

    /// Nothing is sent whose answer could not be verified: fetches keys if there are none.
    pub(super) fn have(&self, limits: Limits, signal: &Signal) -> Result<(), Failure> {
        let Some(source) = self.gateway.keys() else {
            return Ok(());
        };
        let ended = self.lock().ended;
        if source.any(self.time()) {
            return Ok(());
        }
        let fetched = self.fetch_after(ended, source, before(limits), signal);
        // A clock that this has set right may be all that was missing.
        if source.any(self.time()) {
            return Ok(());
        }
        let fault = match fetched {
            Err(fault) => fault,
            Ok(_) => Fault::new("what was fetched is not valid now"),
        };
        Err(Failure {
            sent_at: None,
            interrupted: fault.interrupted,
            host: fault.host,
            cause: format!(
                "nothing was sent, since there is no key to verify the answer with: {}",
                fault.why
            ),
        })
    }

    /// Whether there is no key, and trying again would not bring one: something in the configuration is
    /// wrong.
    pub(super) fn refused(&self) -> bool {
        let last = self.lock().last.clone();
        let refused = matches!(last, Some((_, Err(Fault { refused: true, .. }))));
        let has_none = |source: &dyn KeySource| !source.any(self.time());
        refused && self.gateway.keys().is_some_and(has_none)
    }

    /// Fetches keys because of an answer that is signed under `serial`, unless that was done a moment
    /// ago. Whether looking again may help.
    pub(super) fn fetch_for(&self, serial: &str, limits: Limits, signal: &Signal) -> bool {
        let Some(source) = self.gateway.keys() else {
            return false;
        };
        let now = self.clock.now();
        if let Some((at, result)) = &self.lock().last {
            let (rest, fetched) = match result {
                Ok(_) => (REST, true),
                Err(_) => (REST_AFTER_FAILURE, false),
            };
            if now.since(*at) < rest {
                // It may have come with the download that another thread has just made.
                return fetched;
            }
        }
        self.sinks.log(Level::Info, || {
            let shown: String = serial.chars().take(64).collect();
            format!("an answer is signed under {shown}, which is not known: fetching keys")
        });
        self.fetch(source, before(limits), signal).is_ok()
    }

    /// Downloads keys, or waits for the thread that is at it.
    pub(super) fn fetch(
        &self,
        source: &dyn KeySource,
        limits: Limits,
        signal: &Signal,
    ) -> Result<String, Fault> {
        let ended = self.lock().ended;
        self.fetch_after(ended, source, limits, signal)
    }

    /// The same for a thread that found that it needs them when so many downloads had ended.
    fn fetch_after(
        &self,
        ended: u64,
        source: &dyn KeySource,
        limits: Limits,
        signal: &Signal,
    ) -> Result<String, Fault> {
        loop {
            let mut state = self.lock();
            if !state.fetching {
                // Somebody's download has ended since.
                if let Some((_, result)) = &state.last
                    && state.ended > ended
                {
                    return result.clone();
                }
                state.fetching = true;
                break;
            }
            drop(state);
            let now = self.clock.now();
            let cancelled = signal.cancelled() && limits.on_cancel != OnCancel::Ignore;
            if cancelled || signal.closing() || limits.until.is_some_and(|until| now >= until) {
                return Err(Fault {
                    interrupted: cancelled || signal.closing(),
                    ..Fault::new("another thread is still fetching keys")
                });
            }
            let seen_cancel = limits.on_cancel == OnCancel::Ignore;
            self.clock.wait(now + GLANCE, signal, seen_cancel);
        }
        let fetching = Fetching(self);
        let result = self.download(source, limits, signal);
        fetching.end(&result);
        match &result {
            Ok(text) => {
                self.sinks.log(Level::Info, || text.clone());
                self.keep(source);
            }
            Err(fault) if fault.interrupted => {}
            Err(fault) => self.sinks.log(Level::Warning, || {
                format!("keys could not be fetched: {}", fault.why)
            }),
        }
        result
    }

    fn download(
        &self,
        source: &dyn KeySource,
        limits: Limits,
        signal: &Signal,
    ) -> Result<String, Fault> {
        let (reply, error) = match self.try_download(source, limits, signal)? {
            Ok(text) => return Ok(text),
            // An answer that is not believed may be a probe, which the real one follows.
            Err((reply, error)) if !error.refused && reply.status == 200 => {
                match self.try_download(source, limits, signal)? {
                    Ok(text) => return Ok(text),
                    Err(last) => last,
                }
            }
            Err(last) => last,
        };
        Err(Fault {
            why: error.why,
            refused: error.refused,
            interrupted: false,
            host: reply.host.clone(),
            reply: Some(Box::new(reply)),
        })
    }

    /// One question, asked again if it was refused for this machine's clock.
    fn try_download(
        &self,
        source: &dyn KeySource,
        limits: Limits,
        signal: &Signal,
    ) -> Result<Result<String, (Reply, KeyError)>, Fault> {
        let exchange = |call: &Call| {
            let failed = |failure: Failure| Fault {
                interrupted: failure.interrupted,
                host: failure.host,
                ..Fault::new(failure.cause)
            };
            let reply = self.transport.exchange(None, call, limits, signal);
            let reply = reply.map_err(failed)?;
            self.learn(&reply);
            Ok(reply)
        };
        let mut stamp = self.stamp();
        let mut reply = exchange(&source.download(&stamp))?;
        if self.gateway.refused_for_clock(&reply, &stamp) {
            stamp = self.stamp();
            reply = exchange(&source.download(&stamp))?;
        }
        reply.now = Some(self.clocks.verification_time(
            reply.date,
            self.clock.now(),
            self.clock.unix_ms() / 1000,
        ));
        Ok(source.install(&reply).map_err(|error| (reply, error)))
    }

    /// Takes the gateway's time from a reply.
    pub(super) fn learn(&self, reply: &Reply) {
        let Some(date) = reply.date else { return };
        let local = self.clock.unix_ms() / 1000;
        if let Some(text) = self.clocks.date(date, self.clock.now(), local) {
            self.sinks.log(Level::Warning, || text);
        }
    }

    /// Nonce and time for a request.
    pub(super) fn stamp(&self) -> Stamp {
        Stamp {
            nonce: digest::random_hex(),
            unix_seconds: self.time(),
        }
    }

    /// Takes up what the file holds. What is wrong with it, if there is one.
    pub(super) fn restore(&self) -> Option<String> {
        let source = self.gateway.keys()?;
        let path = self.file.as_deref()?;
        let kept = match read(path) {
            Ok(kept) => kept?,
            Err(error) => return Some(format!("{} cannot be read: {error}", path.display())),
        };
        let restored = source.restore(&kept, self.time());
        restored
            .err()
            .map(|error| format!("{}: {}", path.display(), error.why))
    }

    fn keep(&self, source: &dyn KeySource) {
        let Some(path) = &self.file else { return };
        if let Err(error) = replace(path, &source.cached()) {
            self.sinks.log(Level::Warning, || {
                format!(
                    "keys cannot be kept in {}: {error}; the next start needs the network",
                    path.display()
                )
            });
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every single change leaves it consistent.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// This thread downloads; whatever becomes of it, the others do not wait for ever.
struct Fetching<'a>(&'a Keys);

impl Fetching<'_> {
    fn end(self, result: &Result<String, Fault>) {
        let result = match result {
            Ok(text) => Ok(text.clone()),
            Err(fault) if fault.interrupted => return,
            Err(fault) => Err(fault.clone()),
        };
        let now = self.0.clock.now();
        let mut state = self.0.lock();
        state.ended += 1;
        state.last = Some((now, result));
    }
}

impl Drop for Fetching<'_> {
    fn drop(&mut self) {
        self.0.lock().fetching = false;
    }
}

/// `None` if there is no such file.
fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        // Opening anything else, a pipe for one, could block for ever.
        Ok(metadata) if !metadata.is_file() => return Err(io::Error::other("it is not a file")),
        other => other.map(drop)?,
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(FILE_LIMIT).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

/// Puts a whole file in the place of another, so that a reader sees the one or the other.
fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}", digest::random_hex()));
    let temporary = path.with_file_name(name);
    let write = || {
        let mut file = File::options()
            .write(true)
            .create_new(true)
            .open(&temporary)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&temporary, path)
    };
    write().inspect_err(|_| {
        // It may not even have been made.
        let _ = fs::remove_file(&temporary);
    })
}

#[cfg(test)]
pub(super) mod tests;
