//! What a process takes, as the system tells.

use std::fmt;
use std::fs;
use std::time::Duration;

/// Of a till's whole run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Figures {
    /// The medians of each quarter of the payments, KiB.
    pub(crate) rss_kib: [u64; 4],
    pub(crate) most_threads: usize,
    /// As the till's process has them.
    pub(crate) most_sockets: usize,
    /// As the gateway has them.
    pub(crate) most_connections: usize,
    /// That were made in all.
    pub(crate) connections: u64,
    pub(crate) requests: u64,
    pub(crate) elapsed: Duration,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} s; {} requests over {} connections; at most {} connections ({} sockets), {} threads; \
             resident KiB {:?}",
            self.elapsed.as_secs(),
            self.requests,
            self.connections,
            self.most_connections,
            self.most_sockets,
            self.most_threads,
            self.rss_kib
        )
    }
}

/// A process at a moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    pub(crate) rss_kib: u64,
    pub(crate) threads: usize,
    pub(crate) sockets: usize,
}

impl Sample {
    /// `None` if it is no more.
    pub(crate) fn of(process: u32) -> Option<Self> {
        let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
        let value = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name))?;
            line.split_whitespace().nth(1)?.parse().ok()
        };
        let files = fs::read_dir(format!("/proc/{process}/fd")).ok()?;
        let sockets = files
            .filter_map(|file| fs::read_link(file.ok()?.path()).ok())
            .filter(|link| link.to_string_lossy().starts_with("socket:"));
        Some(Self {
            // A process that has ended and was not waited for has none.
            rss_kib: value("VmRSS:")?,
            threads: value("Threads:")?.try_into().ok()?,
            sockets: sockets.count(),
        })
    }
}

/// The middle one of some numbers; 0 of none.
pub(crate) fn median(mut numbers: Vec<u64>) -> u64 {
    numbers.sort_unstable();
    numbers.get(numbers.len() / 2).copied().unwrap_or(0)
}
