//! The refund machine, edge by edge, every short story, and random long ones.

use proptest::prelude::*;

use super::{ANSWER, mainland, seconds};
use crate::clock::Moment;
use crate::config::PolicyConfig;
use crate::policy::Phase;
use crate::policy::refund::{Action, Begin, Cause, Ending, Event, Refunding, told};
use crate::status::Status;
use crate::verdict::RefundVerdict as R;

const NEW: Begin = Begin::New { may_resend: true };
/// Where nobody promises that a second request is not a second refund.
const NEVER_TWICE: Begin = Begin::New { may_resend: false };
const LISTED: R = R::Declined { listed: true };
const UNLISTED: R = R::Declined { listed: false };
const VERDICTS: [R; 10] = [
    R::Refunded,
    R::Processing,
    R::Failed,
    R::Conflict,
    R::NotFound,
    LISTED,
    UNLISTED,
    R::Rejected,
    R::Again,
    R::Unclear,
];
const BEGIN: Moment = Moment(std::time::Duration::from_secs(1000));

/// Drives a refund by hand and keeps the time.
#[derive(Clone)]
struct Bench {
    refunding: Refunding,
    now: Moment,
    /// What has to happen next.
    pending: Vec<Action>,
    /// Everything that was asked for, with its time.
    log: Vec<(f64, Action)>,
}

impl Bench {
    fn new(settings: PolicyConfig) -> Self {
        Self::begun(settings, NEW)
    }

    fn resumed(may_send: bool) -> Self {
        Self::begun(mainland(), Begin::Resumed { may_send })
    }

    fn begun(settings: PolicyConfig, begin: Begin) -> Self {
        let mut bench = Self {
            refunding: Refunding::new(settings, begin),
            now: BEGIN,
            pending: Vec::new(),
            log: Vec::new(),
        };
        bench.step(Event::Start);
        bench
    }

    fn step(&mut self, event: Event) {
        self.pending = self.refunding.step(event, self.now);
        let at = self.elapsed();
        self.log
            .extend(self.pending.iter().map(|action| (at, *action)));
        assert!(self.log.len() < 2000, "it never ends");
    }

    fn elapsed(&self) -> f64 {
        self.now.since(BEGIN).as_secs_f64()
    }

    fn rest(&mut self) -> &mut Self {
        while let Some(Action::Wait(until)) = self.pending.last() {
            self.now = (*until).max(self.now);
            self.step(Event::Elapsed);
        }
        self
    }

    fn answered(&mut self, event: Event, after: f64) -> &mut Self {
        self.now = self.now + seconds(after);
        self.step(event);
        self
    }

    #[track_caller]
    fn send(&mut self, verdict: R) -> &mut Self {
        self.rest();
        assert_eq!(self.pending.last(), Some(&Action::Send));
        self.answered(Event::Sent(verdict), ANSWER.as_secs_f64())
    }

    #[track_caller]
    fn unsent(&mut self) -> &mut Self {
        self.rest();
        assert_eq!(self.pending.last(), Some(&Action::Send));
        self.answered(Event::Unsent, ANSWER.as_secs_f64())
    }

    #[track_caller]
    fn query(&mut self, verdict: R) -> &mut Self {
        self.rest();
        assert_eq!(self.pending.last(), Some(&Action::Query));
        self.answered(Event::Query(verdict), ANSWER.as_secs_f64())
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
        assert_eq!(
            self.pending,
            [Action::Finish(Ending { status, cause })],
            "{:?}",
            self.log
        );
    }

    fn times(&self, wanted: Action) -> Vec<f64> {
        let matching = self.log.iter().filter(|(_, action)| *action == wanted);
        matching.map(|(at, _)| (at * 10.0).round() / 10.0).collect()
    }
}

#[test]
fn the_intent_is_recorded_before_the_request_is_sent() {
    let bench = Bench::new(mainland());
    assert_eq!(bench.pending, [Action::Record(Phase::Intent), Action::Send]);
}

#[test]
fn an_answer_about_the_refund_itself_ends_it_wherever_it_comes() {
    for (verdict, status, cause) in [
        (R::Refunded, Status::Refunded, Cause::Refunded),
        (R::Processing, Status::Accepted, Cause::TakenOn),
        (R::Failed, Status::Declined, Cause::Failed),
    ] {
        Bench::new(mainland()).send(verdict).ends(status, cause);
        Bench::new(mainland())
            .send(R::Unclear)
            .query(verdict)
            .ends(status, cause);
        Bench::new(mainland())
            .send(R::Again)
            .send(verdict)
            .ends(status, cause);
        Bench::new(mainland())
            .send(LISTED)
            .query(verdict)
            .ends(status, cause);
        Bench::resumed(false).query(verdict).ends(status, cause);
    }
}

#[test]
fn another_refund_of_this_number_is_believed_when_two_answers_say_so() {
    let duplicate = (Status::Duplicate, Cause::Conflict);
    let mut bench = Bench::new(mainland());
    bench.send(R::Conflict);
    assert_eq!(bench.pending, [Action::Query], "at once");
    bench.query(R::Conflict).ends(duplicate.0, duplicate.1);
    Bench::resumed(true)
        .query(R::Conflict)
        .query(R::Conflict)
        .ends(duplicate.0, duplicate.1);
    Bench::new(mainland())
        .send(LISTED)
        .query(R::Conflict)
        .query(R::Conflict)
        .ends(duplicate.0, duplicate.1);
    // One wrong answer between right ones.
    Bench::new(mainland())
        .send(R::Conflict)
        .query(R::Processing)
        .ends(Status::Accepted, Cause::TakenOn);
    let mut bench = Bench::new(mainland());
    bench.send(R::Conflict).query(R::Unclear).query(R::Conflict);
    assert_eq!(bench.pending, [Action::Query], "not in a row");
}

#[test]
fn nothing_left_on_any_host_is_a_network_error_and_nothing_more() {
    Bench::new(mainland())
        .unsent()
        .ends(Status::Network, Cause::NothingSent);
}

#[test]
fn a_first_request_that_was_not_executed_is_rejected_without_a_query() {
    Bench::new(mainland())
        .send(R::Rejected)
        .ends(Status::Rejected, Cause::Rejected);
}

#[test]
fn a_first_listed_refusal_is_confirmed_by_one_query() {
    let mut bench = Bench::new(mainland());
    bench.send(LISTED);
    assert_eq!(bench.pending, [Action::Query], "at once");
    bench
        .query(R::NotFound)
        .ends(Status::Declined, Cause::Declined);
}

#[test]
fn a_first_listed_refusal_need_not_be_confirmed_if_the_settings_say_so() {
    let settings = PolicyConfig {
        confirm_declines: false,
        ..mainland()
    };
    Bench::new(settings.clone())
        .send(LISTED)
        .ends(Status::Declined, Cause::Declined);
    let mut doubtful = Bench::new(settings.clone());
    doubtful.send(R::Again).send(LISTED);
    assert_eq!(doubtful.pending, [Action::Query]);
    let mut unlisted = Bench::new(settings);
    unlisted.send(UNLISTED);
    assert_eq!(unlisted.pending, [Action::Query]);
}

#[test]
fn a_refusal_after_doubt_needs_two_confirmations_five_seconds_apart() {
    for (refusal, status, cause) in [
        (LISTED, Status::Declined, Cause::Declined),
        (UNLISTED, Status::Declined, Cause::Declined),
        (R::Rejected, Status::Rejected, Cause::Rejected),
    ] {
        let mut again = Bench::new(mainland());
        again.send(R::Again).send(refusal);
        let mut lost = Bench::new(mainland());
        lost.send(R::Unclear).query(R::NotFound).send(refusal);
        let mut resumed = Bench::resumed(true);
        resumed.query(R::NotFound).send(refusal);
        for mut bench in [again, lost, resumed] {
            bench.query(R::NotFound);
            assert_eq!(bench.ending(), None, "{refusal:?}");
            let first = *bench.times(Action::Query).last().unwrap();
            bench.query(R::NotFound).ends(status, cause);
            let second = *bench.times(Action::Query).last().unwrap();
            assert!(second - first >= 5.0, "{first} {second}");
        }
    }
}

#[test]
fn an_unlisted_refusal_needs_two_confirmations_even_if_it_came_first() {
    Bench::new(mainland())
        .send(UNLISTED)
        .query(R::NotFound)
        .query(R::NotFound)
        .ends(Status::Declined, Cause::Declined);
}

#[test]
fn a_refusal_that_cannot_be_confirmed_stays_unknown() {
    for verdict in [R::Unclear, R::Rejected, R::Again, LISTED, UNLISTED] {
        let mut bench = Bench::new(mainland());
        bench.send(LISTED);
        while bench.ending().is_none() {
            bench.query(verdict).rest();
        }
        bench.ends(Status::Unknown, Cause::StillUnclear);
        assert_eq!(bench.times(Action::Send), [0.0], "never sent again");
        let looks = bench.times(Action::Query);
        assert_eq!(
            looks[..4],
            [0.1, 2.2, 6.3, 14.4],
            "with a pause before each"
        );
    }
}

#[test]
fn a_lost_answer_is_asked_for_at_once_and_what_never_arrived_is_sent_again_after_a_pause() {
    let mut bench = Bench::new(mainland());
    bench.send(R::Unclear);
    assert_eq!(bench.pending, [Action::Query]);
    bench.query(R::NotFound).rest();
    assert_eq!(
        bench.pending,
        [Action::Record(Phase::Waiting), Action::Send]
    );
    bench
        .send(R::Processing)
        .ends(Status::Accepted, Cause::TakenOn);
    assert_eq!(bench.times(Action::Send), [0.0, 2.2]);
}

#[test]
fn pauses_double_up_to_four_times_the_first() {
    let mut bench = Bench::new(mainland());
    while bench.rest().ending().is_none() {
        bench.send(R::Again);
    }
    let sent = bench.times(Action::Send);
    assert_eq!(sent, [0.0, 2.1, 6.2, 14.3, 22.4, 30.5, 38.6]);
    bench.ends(Status::Unknown, Cause::StillUnclear);
}

#[test]
fn a_repetition_that_could_not_leave_is_asked_for_and_tried_again() {
    let mut bench = Bench::new(mainland());
    bench.send(R::Again).unsent().query(R::NotFound);
    bench
        .send(R::Processing)
        .ends(Status::Accepted, Cause::TakenOn);
}

#[test]
fn an_unclear_query_is_repeated_and_a_refused_one_leaves_the_answer_to_the_request() {
    let mut bench = Bench::new(mainland());
    bench.send(R::Unclear).query(R::Unclear).rest();
    assert_eq!(bench.pending, [Action::Query]);
    bench.query(R::Rejected).rest();
    assert_eq!(bench.pending.last(), Some(&Action::Send));
}

#[test]
fn a_refund_taken_up_again_is_asked_for_before_it_is_sent_again() {
    let mut bench = Bench::resumed(true);
    assert_eq!(bench.pending, [Action::Query]);
    bench.query(R::NotFound).rest();
    assert_eq!(
        bench.pending,
        [Action::Record(Phase::Waiting), Action::Send]
    );
}

#[test]
fn what_cannot_be_sent_again_is_only_asked_for() {
    Bench::resumed(false)
        .query(R::NotFound)
        .ends(Status::Unknown, Cause::CannotSend);
    let mut bench = Bench::resumed(false);
    while bench.ending().is_none() {
        bench.query(R::Rejected).rest();
    }
    bench.ends(Status::Unknown, Cause::StillUnclear);
    assert!(bench.times(Action::Send).is_empty());
}

#[test]
fn without_a_promise_that_the_number_pays_once_a_request_that_may_have_arrived_is_only_asked_for() {
    let mut bench = Bench::begun(mainland(), NEVER_TWICE);
    bench.send(R::Unclear);
    while bench.rest().ending().is_none() {
        bench.query(R::NotFound);
    }
    bench.ends(Status::Unknown, Cause::StillUnclear);
    assert_eq!(bench.times(Action::Send), [0.0]);
    assert!(bench.times(Action::Query).len() > 5, "{:?}", bench.log);

    // What the queries find in the end is told.
    let mut bench = Bench::begun(mainland(), NEVER_TWICE);
    bench.send(R::Unclear);
    bench
        .query(R::NotFound)
        .query(R::Rejected)
        .query(R::NotFound);
    bench.query(R::Processing);
    bench.ends(Status::Accepted, Cause::TakenOn);

    // Not even the gateway's wish to hear it again is one.
    let mut bench = Bench::begun(mainland(), NEVER_TWICE);
    bench.send(R::Again).query(R::NotFound).query(R::Refunded);
    bench.ends(Status::Refunded, Cause::Refunded);
    assert_eq!(bench.times(Action::Query)[0], 2.1, "after a pause");
    assert_eq!(bench.times(Action::Send), [0.0]);
}

#[test]
fn without_that_promise_what_clearly_never_happened_is_told_as_elsewhere() {
    let begun = || Bench::begun(mainland(), NEVER_TWICE);
    begun().unsent().ends(Status::Network, Cause::NothingSent);
    begun()
        .send(R::Rejected)
        .ends(Status::Rejected, Cause::Rejected);
    let mut refused = begun();
    refused.send(UNLISTED).query(R::NotFound).query(R::NotFound);
    refused.ends(Status::Declined, Cause::Declined);
}

#[test]
fn an_answer_that_nobody_asked_for_says_nothing() {
    let mut bench = Bench::new(mainland());
    for event in [Event::Start, Event::Elapsed, Event::Query(R::Refunded)] {
        assert!(bench.refunding.step(event, bench.now).is_empty());
    }
    bench.send(R::Refunded);
    for verdict in VERDICTS {
        let late = bench.refunding.step(Event::Sent(verdict), bench.now);
        assert!(late.is_empty());
    }
}

#[test]
fn only_an_unknown_ending_is_not_final() {
    for verdict in VERDICTS {
        if let Some(ending) = told(verdict) {
            assert!(ending.is_final());
        }
    }
    let unknown = Ending {
        status: Status::Unknown,
        cause: Cause::StillUnclear,
    };
    assert!(!unknown.is_final());
}

/// What a story has said so far.
#[derive(Clone, Copy, Default)]
struct Story {
    /// A request left whose answer was no clear one.
    doubt: bool,
    /// Refusals so far, and "no such refund" since the last one.
    refused: bool,
    missing: u32,
    last: Option<R>,
    before: Option<R>,
}

/// Checks an ending against the story that led to it.
fn check(bench: &Bench, story: Story, begin: Begin) {
    let context = format!("{:?}", bench.log);
    let sent = bench.times(Action::Send).len();
    match begin {
        NEVER_TWICE => assert_eq!(sent, 1, "{context}"),
        Begin::Resumed { may_send: false } => assert_eq!(sent, 0, "{context}"),
        _ => {}
    }
    let Some(ending) = bench.ending() else { return };
    let told_so = story.last.and_then(told);
    match ending.status {
        Status::Refunded | Status::Accepted => {
            assert_eq!(told_so, Some(ending), "{context}");
        }
        Status::Duplicate => {
            let both = [story.before, story.last];
            assert_eq!(both, [Some(R::Conflict); 2], "{context}");
        }
        Status::Declined if ending.cause == Cause::Failed => {
            assert_eq!(told_so, Some(ending), "{context}");
        }
        Status::Declined | Status::Rejected if story.doubt => {
            assert!(story.refused && story.missing >= 2, "{context}");
        }
        Status::Declined => assert!(story.refused && story.missing >= 1, "{context}"),
        Status::Rejected => assert!(story.refused, "{context}"),
        Status::Network => assert!(
            !story.doubt && matches!(begin, Begin::New { .. }),
            "{context}"
        ),
        Status::Unknown => {}
        other => panic!("{other:?}: {context}"),
    }
}

/// One step of a story: what the answer is, and after how long.
fn tell(bench: &mut Bench, story: &mut Story, verdict: R, unsent: bool, answer: f64) {
    story.before = story.last.take();
    match bench.pending.last().copied() {
        Some(Action::Send) if unsent => {
            bench.answered(Event::Unsent, answer);
        }
        Some(Action::Send) => {
            story.last = Some(verdict);
            story.missing = 0;
            match verdict {
                R::Declined { .. } | R::Rejected => story.refused = true,
                _ => {
                    story.doubt = true;
                    story.refused = false;
                }
            }
            bench.answered(Event::Sent(verdict), answer);
        }
        Some(Action::Query) => {
            story.last = Some(verdict);
            story.missing += u32::from(verdict == R::NotFound);
            bench.answered(Event::Query(verdict), answer);
        }
        pending => panic!("{pending:?}"),
    }
}

/// Every story of up to six answers, each of which may be anything.
#[test]
fn every_short_story_keeps_the_rules() {
    fn tell_on(bench: &Bench, story: Story, begin: Begin, left: u32, endings: &mut u32) {
        if bench.ending().is_some() {
            *endings += 1;
            return check(bench, story, begin);
        }
        if left == 0 {
            return;
        }
        for unsent in [false, true] {
            for verdict in VERDICTS {
                let (mut bench, mut story) = (bench.clone(), story);
                tell(&mut bench, &mut story, verdict, unsent, 0.1);
                bench.rest();
                tell_on(&bench, story, begin, left - 1, endings);
                if unsent {
                    break;
                }
            }
        }
    }
    for begin in [
        NEW,
        NEVER_TWICE,
        Begin::Resumed { may_send: true },
        Begin::Resumed { may_send: false },
    ] {
        let story = Story {
            doubt: matches!(begin, Begin::Resumed { .. }),
            ..Story::default()
        };
        let mut endings = 0;
        let bench = Bench::begun(mainland(), begin);
        tell_on(&bench, story, begin, 6, &mut endings);
        assert!(endings > 100, "{begin:?}: {endings}");
    }
}

#[derive(Clone, Debug)]
struct Step {
    /// Chooses among the verdicts; the likelier ones (nothing new) keep walks long.
    choice: u8,
    answer_ms: u32,
    unsent: bool,
}

fn step() -> impl Strategy<Value = Step> {
    (any::<u8>(), 0..15_000_u32, prop::bool::weighted(0.1)).prop_map(
        |(choice, answer_ms, unsent)| Step {
            choice,
            answer_ms,
            unsent,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]

    #[test]
    fn every_refund_keeps_the_rules_and_ends_in_time(
        steps in prop::collection::vec(step(), 1..40),
        begin in prop::sample::select(vec![
            NEW,
            NEVER_TWICE,
            Begin::Resumed { may_send: true },
            Begin::Resumed { may_send: false },
        ]),
    ) {
        let mut bench = Bench::begun(mainland(), begin);
        let mut story = Story { doubt: matches!(begin, Begin::Resumed { .. }), ..Story::default() };
        for step in steps.iter().cycle().take(400) {
            while let Some(Action::Wait(until)) = bench.pending.last().copied() {
                prop_assert!(until > bench.now, "a wait that does not wait");
                bench.rest();
            }
            if bench.ending().is_some() {
                break;
            }
            let sending = bench.pending.last() == Some(&Action::Send);
            let may_send = begin != (Begin::Resumed { may_send: false });
            prop_assert!(!sending || may_send);
            let may_resend = begin != NEVER_TWICE || bench.times(Action::Send).len() == 1;
            prop_assert!(may_resend, "sent twice: {:?}", bench.log);
            prop_assert_eq!(
                sending,
                matches!(bench.pending.first(), Some(Action::Record(_))),
                "each request is announced in the journal"
            );
            let dull = if sending { R::Unclear } else { R::NotFound };
            let verdict = match usize::from(step.choice) {
                choice if choice < 200 => dull,
                choice => VERDICTS[choice % VERDICTS.len()],
            };
            tell(&mut bench, &mut story, verdict, step.unsent, f64::from(step.answer_ms) / 1000.0);
        }
        prop_assert!(bench.ending().is_some(), "no end after 400 steps");
        check(&bench, story, begin);
        // The budget, and one answer that was on its way at its end.
        prop_assert!(bench.elapsed() <= 45.0 + 15.0, "took {}", bench.elapsed());
    }
}
