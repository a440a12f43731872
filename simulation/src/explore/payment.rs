//! The payment machine.

use std::time::Duration;

use wxpay_core::clock::Moment;
use wxpay_core::config::{PolicyConfig, ReverseMode};
use wxpay_core::policy::{
    Action, Cause, Ending, Event, Payment, Phase, Purpose, Resume, Reversal, Why,
};
use wxpay_core::status::Status;
use wxpay_core::verdict::{QueryVerdict as Q, ReverseVerdict as R, SubmitVerdict as S};

use super::{BEGIN, Explored, Node, Variety, walk};

const SUBMITS: [S; 6] = [
    S::Paid,
    S::Declined { listed: true },
    S::Declined { listed: false },
    S::Duplicate,
    S::Rejected,
    S::Unclear,
];
const QUERIES: [Q; 12] = [
    Q::Paid,
    Q::Foreign,
    Q::Conflict,
    Q::Paying,
    Q::NotPaid,
    Q::Failed,
    Q::Closed,
    Q::Reversed,
    Q::Refunded,
    Q::NotFound,
    Q::Rejected,
    Q::Unclear,
];
const REVERSES: [R; 8] = [
    R::Done,
    R::Again,
    R::PayerBusy,
    R::NotFound,
    R::Expired,
    R::Refused,
    R::NotSent,
    R::Unclear,
];

/// How an order comes to the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A new sale.
    New,
    /// One that the journal has.
    Resumed(Phase, Purpose),
    /// One that the payer scans or opens.
    Closing(Phase, Purpose),
}

/// Every way in.
pub fn entries() -> Vec<Entry> {
    let mut entries = vec![Entry::New];
    for phase in [Phase::Intent, Phase::Waiting, Phase::Reversing] {
        for purpose in [
            Purpose::Settle,
            Purpose::RecoverKeepingPaid,
            Purpose::RecoverReversingPaid,
            Purpose::Undo,
        ] {
            entries.push(Entry::Resumed(phase, purpose));
            entries.push(Entry::Closing(phase, purpose));
        }
    }
    entries
}

/// Walks everything that a policy can do with an order that came in this way; an old one fresh, past
/// the first deadline, and past all of them.
pub fn explore(variety: &Variety, entry: Entry, explored: &mut Explored) -> Result<(), String> {
    let settings = &variety.settings;
    let step = Duration::from_secs(1);
    let ages = [
        Duration::ZERO,
        settings.reverse_not_before + step,
        settings.window.max(settings.code_lifetime) + step,
    ];
    let ages = match entry {
        Entry::New => &ages[..1],
        Entry::Resumed(..) | Entry::Closing(..) => &ages[..],
    };
    for &age in ages {
        let mut starts = Vec::new();
        for cancelled in [false, true] {
            starts.push(Walker::start(variety, entry, age, cancelled, explored)?);
        }
        walk(starts, explored)
            .map_err(|rule| format!("{}, {entry:?}, {age:?} old: {rule}", variety.name))?;
    }
    Ok(())
}

/// What the checks remember of an order's past.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Past {
    /// The charge went out.
    submitted: bool,
    /// What came of it.
    submit: Option<S>,
    /// When its first byte left; of an old order, when that was.
    sent: Moment,
    reversing_recorded: bool,
    /// A reverse left and may have been taken.
    reversed: bool,
    last_query: Option<(Why, Q)>,
    /// The same of a reverse or a close.
    undo_left: bool,
    /// When `NotFound` was first seen after a reverse, with nothing against it since.
    missing: Option<Moment>,
    /// The same question a second time, late enough.
    proven_missing: bool,
    /// When the exchange in flight was begun.
    asked: Moment,
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Walker<'a> {
    setup: Setup<'a>,
    payment: Payment,
    now: Moment,
    /// What has to happen next.
    next: Action,
    past: Past,
}

#[derive(Clone, Copy)]
struct Setup<'a> {
    variety: &'a Variety,
    entry: Entry,
    age: Duration,
}

/// The same in one walk.
impl PartialEq for Setup<'_> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
impl Eq for Setup<'_> {}
impl std::hash::Hash for Setup<'_> {
    fn hash<H: std::hash::Hasher>(&self, _: &mut H) {}
}

impl<'a> Walker<'a> {
    fn start(
        variety: &'a Variety,
        entry: Entry,
        age: Duration,
        cancelled: bool,
        explored: &mut Explored,
    ) -> Result<Self, String> {
        let settings = variety.settings.clone();
        let resume = |phase, purpose| Resume {
            phase,
            age,
            purpose,
        };
        let payment = match entry {
            Entry::New => Payment::new(settings),
            Entry::Resumed(phase, purpose) => Payment::resume(settings, resume(phase, purpose)),
            Entry::Closing(phase, purpose) => Payment::resume(
                PolicyConfig {
                    reverse_not_before: Duration::ZERO,
                    reverse: ReverseMode::Automatic,
                    ..settings
                },
                resume(phase, purpose),
            )
            .closing(),
        };
        let recorded = |phase| matches!(entry, Entry::Resumed(have, _) | Entry::Closing(have, _) if have == phase);
        let reversing = recorded(Phase::Reversing);
        let mut node = Self {
            setup: Setup {
                variety,
                entry,
                age,
            },
            payment,
            now: BEGIN,
            next: Action::Wait(BEGIN),
            past: Past {
                submitted: false,
                submit: None,
                sent: BEGIN,
                reversing_recorded: reversing,
                reversed: reversing && !entry.closing(),
                last_query: None,
                undo_left: reversing,
                missing: None,
                proven_missing: false,
                asked: BEGIN,
            },
        };
        if cancelled {
            explored.edges.insert("Fresh: Cancel".into());
        }
        if cancelled && !node.payment.step(Event::Cancel, BEGIN).is_empty() {
            return Err("a cancel before the start does something".into());
        }
        node.feed(Event::Start, explored)?;
        Ok(node)
    }

    fn settings(&self) -> &PolicyConfig {
        &self.setup.variety.settings
    }

    fn closes(&self) -> bool {
        matches!(self.setup.entry, Entry::Closing(..))
    }

    fn purpose(&self) -> Option<Purpose> {
        match self.setup.entry {
            Entry::New => None,
            Entry::Resumed(_, purpose) | Entry::Closing(_, purpose) => Some(purpose),
        }
    }

    /// Feeds an event that is awaited, and checks what it leads to.
    fn feed(&mut self, event: Event, explored: &mut Explored) -> Result<(), String> {
        explored
            .edges
            .insert(format!("{}: {event}", self.payment.stage()));
        let actions = self.payment.step(event, self.now);
        self.take(&actions, explored)
            .map_err(|rule| format!("{rule}; {event:?} at {:?} of {self:?}", self.now))
    }

    fn take(&mut self, actions: &[Action], explored: &mut Explored) -> Result<(), String> {
        let Some((last, records)) = actions.split_last() else {
            return Err("an awaited event leads to nothing".into());
        };
        for record in records {
            match record {
                Action::Record(Phase::Reversing) => self.past.reversing_recorded = true,
                Action::Record(_) => {}
                other => return Err(format!("{other:?} is not the last thing to do")),
            }
        }
        self.next = *last;
        self.past.asked = self.now;
        match *last {
            Action::Record(_) => Err("a record announces nothing".into()),
            Action::Wait(until) if until <= self.now => Err("a wait that does not wait".into()),
            Action::Wait(_) | Action::Query(_) => Ok(()),
            Action::Submit => self.check_submit(records),
            Action::Reverse => self.check_reverse(),
            Action::Finish(ending) => {
                explored
                    .endings
                    .insert(format!("{:?} {:?}", ending.status, ending.cause));
                self.check_end(ending)
            }
        }
    }

    fn check_submit(&mut self, records: &[Action]) -> Result<(), String> {
        if self.past.submitted {
            return Err("charged twice".into());
        }
        if self.setup.entry != Entry::New {
            return Err("an old order is charged".into());
        }
        if records != [Action::Record(Phase::Intent)] {
            return Err("charged without an intent on record".into());
        }
        self.past.submitted = true;
        Ok(())
    }

    fn check_reverse(&self) -> Result<(), String> {
        if self.settings().reverse == ReverseMode::Never && !self.closes() {
            return Err("reversed, although it must never be".into());
        }
        if !self.past.reversing_recorded {
            return Err("reversed without a record".into());
        }
        let earliest = match self.closes() {
            true => self.past.sent,
            false => {
                self.past.sent
                    + self
                        .settings()
                        .reverse_not_before
                        .saturating_sub(self.setup.age)
            }
        };
        if self.now < earliest {
            return Err(format!("reversed before {earliest:?}"));
        }
        if !self.past.undo_left && !matches!(self.past.last_query, Some((Why::Check, _))) {
            return Err("reversed without a last look".into());
        }
        let taken_up_again = match self.purpose() {
            None | Some(Purpose::Undo) => false,
            Some(Purpose::Settle) => !self.closes(),
            Some(Purpose::RecoverKeepingPaid | Purpose::RecoverReversingPaid) => true,
        };
        if taken_up_again
            && !self.past.undo_left
            && matches!(self.past.last_query, Some((_, Q::Unclear | Q::Rejected)))
        {
            return Err("an old order was reversed blindly".into());
        }
        Ok(())
    }

    fn check_end(&self, ending: Ending) -> Result<(), String> {
        let Ending {
            status,
            cause,
            reversal,
        } = ending;
        let past = &self.past;
        let last = past.last_query.map(|(_, verdict)| verdict);
        let undoes_paid = !self.closes()
            && matches!(
                self.purpose(),
                Some(Purpose::Undo | Purpose::RecoverReversingPaid)
            );
        let fine = match status {
            Status::Ok => {
                cause == Cause::Paid
                    && !past.reversed
                    && !undoes_paid
                    && reversal == Reversal::None
                    && match past.submit {
                        Some(S::Paid) => true,
                        _ => last == Some(Q::Paid),
                    }
            }
            Status::Declined => {
                let confirmed = match past.submit {
                    Some(S::Declined { listed: true }) => {
                        let gone = matches!(
                            last,
                            Some(Q::NotFound | Q::Closed | Q::Reversed | Q::Failed | Q::NotPaid)
                        );
                        gone || (!self.settings().confirm_declines && last.is_none())
                    }
                    Some(S::Declined { listed: false }) => matches!(
                        last,
                        Some(Q::NotFound | Q::Closed | Q::Reversed | Q::Failed)
                    ),
                    _ => false,
                };
                confirmed && !past.reversed && reversal == Reversal::None
            }
            Status::Reversed => match cause {
                Cause::CancelledUnsent => past.submit.is_none() && !past.reversed,
                Cause::FoundClosed => {
                    matches!(last, Some(Q::Closed | Q::Reversed)) && reversal == Reversal::Completed
                }
                Cause::FoundRefunded => last == Some(Q::Refunded),
                Cause::ReverseConfirmed => {
                    matches!(last, Some(Q::Closed | Q::Reversed | Q::Refunded))
                        && (past.reversed || self.closes())
                }
                Cause::NeverArrived => past.proven_missing,
                _ => false,
            },
            Status::Refunded => last == Some(Q::Refunded),
            Status::Duplicate => last == Some(Q::Foreign) || past.submit == Some(S::Duplicate),
            Status::Rejected => past.submit == Some(S::Rejected) && !past.reversed,
            Status::Network => past.submitted && past.submit.is_none() && !past.reversed,
            Status::Unknown => {
                (reversal == Reversal::Required) != (cause == Cause::Conflict)
                    && (cause != Cause::Conflict || last == Some(Q::Conflict))
            }
            _ => false,
        };
        if !fine {
            return Err(format!("ends as {ending:?}"));
        }
        if ending.is_final() && reversal == Reversal::Required {
            return Err("settled, although it must still be undone".into());
        }
        self.check_deadline()
    }

    /// Window, budget, one second look, and the exchanges that were under way at the end of each.
    fn check_deadline(&self) -> Result<(), String> {
        let settings = self.settings();
        let slowest = self.setup.variety.answers.iter().max().copied();
        let slowest = slowest.unwrap_or_default();
        let undoing = settings.window.max(settings.reverse_not_before) + settings.reverse_budget;
        let longest = undoing.max(settings.code_lifetime) + settings.confirm_interval;
        let latest = self.past.sent + longest + slowest * 3;
        if self.now > latest {
            return Err(format!("ends at {:?}, later than {latest:?}", self.now));
        }
        Ok(())
    }

    /// Every answer to what is in flight.
    fn answers(&self) -> Vec<Event> {
        let asked = self.past.asked;
        match self.next {
            Action::Submit => {
                let submit = |sent| move |verdict| Event::Submit { verdict, sent };
                let mut events: Vec<_> = SUBMITS.into_iter().map(submit(asked)).collect();
                // The connection took a while.
                events.push(submit(asked + Duration::from_secs(1))(S::Unclear));
                events.push(Event::SubmitUnsent);
                events
            }
            Action::Query(_) => QUERIES.into_iter().map(Event::Query).collect(),
            Action::Reverse => REVERSES.into_iter().map(Event::Reverse).collect(),
            Action::Wait(_) => vec![Event::Elapsed],
            Action::Record(_) | Action::Finish(_) => Vec::new(),
        }
    }

    /// What an answer does to what is known, before the machine gets it.
    fn learn(&mut self, event: Event) {
        let past = &mut self.past;
        match event {
            Event::Submit { verdict, sent } => {
                past.submit = Some(verdict);
                past.sent = sent;
            }
            Event::Query(verdict) => {
                let Action::Query(why) = self.next else {
                    return;
                };
                past.last_query = Some((why, verdict));
                past.proven_missing = false;
                match (why, verdict) {
                    (Why::Verify, Q::NotFound) => {
                        let settings = &self.setup.variety.settings;
                        let first = *past.missing.get_or_insert(past.asked);
                        let dead =
                            past.sent + settings.code_lifetime.saturating_sub(self.setup.age);
                        // An answer that came when the question was due for the second time proves it.
                        past.proven_missing =
                            past.asked >= dead && past.asked >= first + settings.confirm_interval;
                    }
                    (Why::Verify, Q::Unclear | Q::Rejected) => {}
                    _ => past.missing = None,
                }
            }
            Event::Reverse(verdict) => {
                let taken = !matches!(verdict, R::NotSent | R::PayerBusy);
                past.reversed |= taken && !self.setup.entry.closing();
                past.undo_left |= taken;
            }
            Event::Start | Event::Elapsed | Event::Cancel | Event::SubmitUnsent => {}
        }
    }

    /// What nobody waits for changes nothing.
    fn check_strays(&self) -> Result<(), String> {
        let sent = self.now;
        let strays = [
            (
                Action::Submit,
                Event::Submit {
                    verdict: S::Paid,
                    sent,
                },
            ),
            (Action::Submit, Event::SubmitUnsent),
            (Action::Query(Why::Poll), Event::Query(Q::Paid)),
            (Action::Reverse, Event::Reverse(R::Done)),
            (Action::Wait(sent), Event::Elapsed),
            (Action::Record(Phase::Intent), Event::Start),
        ];
        for (action, stray) in strays {
            if std::mem::discriminant(&action) == std::mem::discriminant(&self.next) {
                continue;
            }
            let mut payment = self.payment.clone();
            if !payment.step(stray, self.now).is_empty() || payment != self.payment {
                return Err(format!("{stray:?} does something in {self:?}"));
            }
        }
        Ok(())
    }
}

impl Entry {
    /// Whether it is closed where others are reversed.
    pub fn closing(self) -> bool {
        matches!(self, Self::Closing(..))
    }
}

impl std::fmt::Debug for Walker<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{:?} awaiting {:?}, {:?}",
            self.payment, self.next, self.past
        )
    }
}

impl Node for Walker<'_> {
    fn successors(&self, explored: &mut Explored) -> Result<Vec<Self>, String> {
        self.check_strays()?;
        let mut successors = Vec::new();
        // A cancel: at once, and when a wait or an exchange has lasted for a step.
        if !self.payment.cancel_requested() && !matches!(self.next, Action::Finish(_)) {
            for late in [0, 1] {
                let mut node = self.clone();
                node.now = node.now + Duration::from_secs(late);
                if matches!(node.next, Action::Wait(until) if node.now > until) {
                    continue;
                }
                explored
                    .edges
                    .insert(format!("{}: Cancel", node.payment.stage()));
                let actions = node.payment.step(Event::Cancel, node.now);
                if !actions.is_empty() {
                    if !matches!(self.next, Action::Wait(_)) {
                        return Err(format!("a cancel in mid-exchange acts: {self:?}"));
                    }
                    node.take(&actions, explored)
                        .map_err(|rule| format!("{rule}; a cancel of {self:?}"))?;
                }
                successors.push(node);
            }
        }
        for event in self.answers() {
            let delays = match self.next {
                Action::Wait(until) => vec![until.since(self.now)],
                _ => self.setup.variety.answers.clone(),
            };
            for delay in delays {
                let mut node = self.clone();
                node.now = node.now + delay;
                if let Event::Submit { sent, .. } = event {
                    node.now = Moment(node.now.0.max(sent.0));
                }
                node.learn(event);
                node.feed(event, explored)?;
                successors.push(node);
            }
        }
        Ok(successors)
    }
}
