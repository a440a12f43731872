//! The policy, edge by edge (`charging`, `undoing`, `resuming`, `closing`) and by random walks (`walks`); refunds the same way
//! (`refunds`). At every stage answers that nobody asked for (`unasked`); and what is shown of it all
//! (`displays`).

mod charging;
mod closing;
mod displays;
mod refunds;
mod resuming;
mod unasked;
mod undoing;
mod walks;

use std::time::Duration;

use super::{Action, Cause, Ending, Event, Payment, Phase, Purpose, Resume, Reversal, Why};
use crate::clock::Moment;
use crate::config::{PolicyConfig, Region, ReverseMode};
use crate::status::Status;
use crate::verdict::{QueryVerdict as Q, ReverseVerdict as R, SubmitVerdict as S};

/// How long a simulated answer takes.
const ANSWER: Duration = Duration::from_millis(100);

fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

fn mainland() -> PolicyConfig {
    PolicyConfig::profile(Region::Mainland)
}

/// Drives a payment by hand and keeps the time.
struct Bench {
    payment: Payment,
    now: Moment,
    /// What has to happen next.
    pending: Vec<Action>,
    /// Everything that was asked for, with its time.
    log: Vec<(Duration, Action)>,
}

impl Bench {
    fn new(settings: PolicyConfig) -> Self {
        Self::started(Payment::new(settings))
    }

    fn resumed(settings: PolicyConfig, phase: Phase, age: f64, purpose: Purpose) -> Self {
        let resume = Resume {
            phase,
            age: seconds(age),
            purpose,
        };
        Self::started(Payment::resume(settings, resume))
    }

    fn started(payment: Payment) -> Self {
        let now = Moment(Duration::from_secs(1000));
        let mut bench = Self {
            payment,
            now,
            pending: Vec::new(),
            log: Vec::new(),
        };
        bench.step(Event::Start);
        bench
    }

    fn step(&mut self, event: Event) {
        self.pending = self.payment.step(event, self.now);
        let at = self.elapsed();
        self.log
            .extend(self.pending.iter().map(|action| (at, *action)));
        assert!(self.log.len() < 2000, "it never ends");
    }

    fn elapsed(&self) -> Duration {
        self.now.since(Moment(Duration::from_secs(1000)))
    }

    /// Waits out whatever wait is pending.
    fn rest(&mut self) -> &mut Self {
        while let Some(Action::Wait(until)) = self.pending.last() {
            self.now = (*until).max(self.now);
            self.step(Event::Elapsed);
        }
        self
    }

    fn answered(&mut self, event: Event, after: Duration) -> &mut Self {
        self.now = self.now + after;
        self.step(event);
        self
    }

    #[track_caller]
    fn submit(&mut self, verdict: S) -> &mut Self {
        assert_eq!(self.pending.last(), Some(&Action::Submit));
        let sent = self.now;
        self.answered(Event::Submit { verdict, sent }, ANSWER)
    }

    #[track_caller]
    fn query(&mut self, verdict: Q) -> &mut Self {
        self.rest();
        assert!(
            matches!(self.pending.last(), Some(Action::Query(_))),
            "{:?}",
            self.pending
        );
        self.answered(Event::Query(verdict), ANSWER)
    }

    #[track_caller]
    fn reverse(&mut self, verdict: R) -> &mut Self {
        self.rest();
        assert_eq!(self.pending.last(), Some(&Action::Reverse));
        self.answered(Event::Reverse(verdict), ANSWER)
    }

    fn cancel(&mut self) -> &mut Self {
        let actions = self.payment.step(Event::Cancel, self.now);
        if !actions.is_empty() {
            let at = self.elapsed();
            self.log.extend(actions.iter().map(|action| (at, *action)));
            self.pending = actions;
        }
        self
    }

    /// Answers every poll with `verdict` until a look before a reverse is due.
    fn poll_out(&mut self, verdict: Q) -> &mut Self {
        while self.rest().pending.last() == Some(&Action::Query(Why::Poll)) {
            self.query(verdict);
        }
        self
    }

    fn ending(&self) -> Option<Ending> {
        match self.pending.last() {
            Some(Action::Finish(ending)) => Some(*ending),
            _ => None,
        }
    }

    #[track_caller]
    fn ends(&mut self, status: Status, cause: Cause) {
        self.rest();
        let ending = self
            .ending()
            .unwrap_or_else(|| panic!("goes on: {:?}", self.pending));
        assert_eq!((ending.status, ending.cause), (status, cause));
    }

    fn times(&self, wanted: Action) -> Vec<f64> {
        let matching = self.log.iter().filter(|(_, action)| *action == wanted);
        matching
            .map(|(at, _)| (at.as_secs_f64() * 10.0).round() / 10.0)
            .collect()
    }
}

fn paying(settings: PolicyConfig) -> Bench {
    let mut bench = Bench::new(settings);
    bench.submit(S::Unclear);
    bench
}
