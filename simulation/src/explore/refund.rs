//! The refund machine.

use wxpay_core::clock::Moment;
use wxpay_core::policy::Phase;
use wxpay_core::policy::refund::{Action, Begin, Cause, Ending, Event, Refunding};
use wxpay_core::status::Status;
use wxpay_core::verdict::RefundVerdict as R;

use super::{BEGIN, Explored, Node, Variety, walk};

const VERDICTS: [R; 10] = [
    R::Refunded,
    R::Processing,
    R::Failed,
    R::Conflict,
    R::NotFound,
    R::Declined { listed: true },
    R::Declined { listed: false },
    R::Rejected,
    R::Again,
    R::Unclear,
];

/// Every way in.
pub const BEGINNINGS: [Begin; 4] = [
    Begin::New { may_resend: true },
    Begin::New { may_resend: false },
    Begin::Resumed { may_send: true },
    Begin::Resumed { may_send: false },
];

/// Walks everything that the policy can do with a refund that came in this way.
pub fn explore(variety: &Variety, begin: Begin, explored: &mut Explored) -> Result<(), String> {
    let mut node = Walker {
        variety: Same(variety),
        begin,
        refunding: Refunding::new(variety.settings.clone(), begin),
        now: BEGIN,
        next: Action::Wait(BEGIN),
        past: Past {
            doubt: matches!(begin, Begin::Resumed { .. }),
            sends: 0,
            last_sent: None,
            last: None,
            last_but_one: None,
            missing: None,
            proven_missing: 0,
            asked: BEGIN,
        },
    };
    node.feed(Event::Start, explored)?;
    walk([node], explored).map_err(|rule| format!("{}, {begin:?}: {rule}", variety.name))
}

/// What the checks remember of a refund's past.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Past {
    /// A request left whose answer does not rule out that it was taken on.
    doubt: bool,
    /// 0, 1, or more.
    sends: u8,
    last_sent: Option<R>,
    last: Option<R>,
    last_but_one: Option<R>,
    /// When "no such refund" was first seen since the last request.
    missing: Option<Moment>,
    /// How often since then, far enough apart.
    proven_missing: u8,
    asked: Moment,
}

#[derive(Clone, Copy)]
struct Same<'a>(&'a Variety);

impl PartialEq for Same<'_> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
impl Eq for Same<'_> {}
impl std::hash::Hash for Same<'_> {
    fn hash<H: std::hash::Hasher>(&self, _: &mut H) {}
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Walker<'a> {
    variety: Same<'a>,
    begin: Begin,
    refunding: Refunding,
    now: Moment,
    next: Action,
    past: Past,
}

impl Walker<'_> {
    fn feed(&mut self, event: Event, explored: &mut Explored) -> Result<(), String> {
        explored
            .edges
            .insert(format!("{}: {event:?}", self.refunding.stage()));
        let actions = self.refunding.step(event, self.now);
        self.take(&actions, explored)
            .map_err(|rule| format!("{rule}; {event:?} at {:?} of {self:?}", self.now))
    }

    fn take(&mut self, actions: &[Action], explored: &mut Explored) -> Result<(), String> {
        let Some((last, records)) = actions.split_last() else {
            return Err("an awaited event leads to nothing".into());
        };
        if let Some(other) = records
            .iter()
            .find(|action| !matches!(action, Action::Record(_)))
        {
            return Err(format!("{other:?} is not the last thing to do"));
        }
        self.next = *last;
        self.past.asked = self.now;
        match *last {
            Action::Record(_) => Err("a record announces nothing".into()),
            Action::Wait(until) if until <= self.now => Err("a wait that does not wait".into()),
            Action::Wait(_) | Action::Query => Ok(()),
            Action::Send => self.check_send(records),
            Action::Finish(ending) => {
                explored
                    .endings
                    .insert(format!("{:?} {:?}", ending.status, ending.cause));
                self.check_end(ending)
            }
        }
    }

    fn check_send(&mut self, records: &[Action]) -> Result<(), String> {
        match self.begin {
            Begin::Resumed { may_send: false } => {
                return Err("sent, although it cannot be".into());
            }
            Begin::New { may_resend: false } if self.past.sends > 0 => {
                return Err("sent again, although that may be a second refund".into());
            }
            _ => {}
        }
        let first = self.past.sends == 0 && !self.past.doubt;
        let wanted = match first {
            true => Phase::Intent,
            false => Phase::Waiting,
        };
        if records != [Action::Record(wanted)] {
            return Err(format!("sent without {wanted:?} on record"));
        }
        self.past.sends = (self.past.sends + 1).min(2);
        Ok(())
    }

    fn check_end(&self, ending: Ending) -> Result<(), String> {
        let past = &self.past;
        let sure = !past.doubt;
        let fine = match (ending.status, ending.cause) {
            (Status::Refunded, Cause::Refunded) => past.last == Some(R::Refunded),
            (Status::Accepted, Cause::TakenOn) => past.last == Some(R::Processing),
            (Status::Declined, Cause::Failed) => past.last == Some(R::Failed),
            (Status::Duplicate, Cause::Conflict) => {
                past.last == Some(R::Conflict) && past.last_but_one == Some(R::Conflict)
            }
            (Status::Declined, Cause::Declined) => match past.last_sent {
                Some(R::Declined { listed: true }) if sure => {
                    past.proven_missing > 0 || !self.variety.0.settings.confirm_declines
                }
                Some(R::Declined { .. }) => past.proven_missing > 1,
                _ => false,
            },
            (Status::Rejected, Cause::Rejected) => {
                past.last_sent == Some(R::Rejected) && (sure || past.proven_missing > 1)
            }
            (Status::Network, Cause::NothingSent) => sure && past.last.is_none(),
            (Status::Unknown, Cause::StillUnclear) => true,
            (Status::Unknown, Cause::CannotSend) => past.last == Some(R::NotFound),
            _ => false,
        };
        if !fine {
            return Err(format!("ends as {ending:?}"));
        }
        let slowest = self.variety.0.answers.iter().max().copied();
        let latest = BEGIN + self.variety.0.settings.reverse_budget + slowest.unwrap_or_default();
        if self.now > latest {
            return Err(format!("ends at {:?}, later than {latest:?}", self.now));
        }
        Ok(())
    }

    fn learn(&mut self, event: Event) {
        let past = &mut self.past;
        let (Event::Sent(verdict) | Event::Query(verdict)) = event else {
            return;
        };
        past.last_but_one = past.last.replace(verdict);
        if matches!(event, Event::Sent(_)) {
            past.missing = None;
            past.proven_missing = 0;
            // A refusal after doubt is in doubt itself.
            let refusal = matches!(verdict, R::Rejected | R::Declined { .. });
            past.doubt |= !refusal;
            past.last_sent = Some(verdict);
            return;
        }
        if verdict == R::Conflict {
            past.doubt = true;
        }
        if verdict == R::NotFound {
            let first = *past.missing.get_or_insert(past.asked);
            let again = past.proven_missing > 0
                && past.asked >= first + self.variety.0.settings.confirm_interval;
            past.proven_missing = if again { 2 } else { past.proven_missing.max(1) };
        }
    }
}

impl std::fmt::Debug for Walker<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{:?} awaiting {:?}, {:?}",
            self.refunding, self.next, self.past
        )
    }
}

impl Node for Walker<'_> {
    fn successors(&self, explored: &mut Explored) -> Result<Vec<Self>, String> {
        let events: Vec<Event> = match self.next {
            Action::Send => {
                let sent = VERDICTS
                    .into_iter()
                    .filter(|verdict| *verdict != R::NotFound);
                sent.map(Event::Sent).chain([Event::Unsent]).collect()
            }
            // Only the request itself can be refused for a reason of the business.
            Action::Query => VERDICTS
                .into_iter()
                .filter(|verdict| !matches!(verdict, R::Declined { .. }))
                .map(Event::Query)
                .collect(),
            Action::Wait(_) => vec![Event::Elapsed],
            Action::Record(_) | Action::Finish(_) => Vec::new(),
        };
        for stray in [
            Event::Start,
            Event::Elapsed,
            Event::Unsent,
            Event::Sent(R::Refunded),
            Event::Query(R::Refunded),
        ] {
            let mut refunding = self.refunding.clone();
            let awaited = events
                .iter()
                .any(|event| std::mem::discriminant(event) == std::mem::discriminant(&stray));
            if !awaited
                && (!refunding.step(stray, self.now).is_empty() || refunding != self.refunding)
            {
                return Err(format!("{stray:?} does something in {self:?}"));
            }
        }
        let mut successors = Vec::new();
        for event in events {
            let delays = match self.next {
                Action::Wait(until) => vec![until.since(self.now)],
                _ => self.variety.0.answers.clone(),
            };
            for delay in delays {
                let mut node = self.clone();
                node.now = node.now + delay;
                node.learn(event);
                node.feed(event, explored)?;
                successors.push(node);
            }
        }
        Ok(successors)
    }
}
