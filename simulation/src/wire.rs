//! The network: hosts tried one after the other, as the real transport does, and what goes wrong there.

use std::sync::Arc;
use std::time::Duration;

use wxpay_core::exchange::{Call, Failure, Limits, Reply, Resend};
use wxpay_core::journal::{Book, Journal};
use wxpay_core::policy::Phase;
use wxpay_core::signal::{ExchangeGuard, Signal};
use wxpay_core::transport::Transport;

use crate::answers::{self, Envelope};
use crate::ledger::{Operation, Request, Said};
use crate::process::Process;
use crate::world::{EPOCH, Happening, Ms};

pub(crate) const CONNECT_MS: Ms = 5_000;
pub(crate) const ANSWER_MS: Ms = 15_000;

pub(crate) struct Wire {
    process: Process,
    /// Without the places to die: what is on record when a byte leaves.
    journal: Arc<dyn Journal>,
}

/// What happens to one attempt at one host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Weather {
    Fine,
    Refused,
    Unreachable,
    RequestLost,
    AnswerLost,
    AnswerLate,
    RequestLate,
    Cut,
    Earlier,
    Garbage,
    Forged,
    Twice,
    Undated,
}

impl Weather {
    fn name(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::Refused => "connection refused",
            Self::Unreachable => "host unreachable",
            Self::RequestLost => "request lost",
            Self::AnswerLost => "answer lost",
            Self::AnswerLate => "answer too late",
            Self::RequestLate => "request delivered after its time-out",
            Self::Cut => "connection cut in the middle",
            Self::Earlier => "answer of an earlier request",
            Self::Garbage => "garbage",
            Self::Forged => "forged answer",
            Self::Twice => "request delivered twice",
            Self::Undated => "answer without a date",
        }
    }
}

enum Attempt {
    Reply(Box<Reply>),
    Failed,
    Interrupted,
}

impl Wire {
    pub(crate) fn new(process: Process, journal: Arc<dyn Journal>) -> Self {
        Self { process, journal }
    }

    fn weather(&self, operation: Operation) -> Weather {
        use Weather as W;
        let world = &self.process.world;
        let plan = &world.plan;
        let mut state = world.lock();
        if state.healed {
            return W::Fine;
        }
        if plan.calm {
            return match operation {
                Operation::Charge => W::AnswerLost,
                _ => W::Fine,
            };
        }
        if state.rng.f64() * 100.0 >= plan.faults {
            return W::Fine;
        }
        let all = [
            W::Refused,
            W::Unreachable,
            W::RequestLost,
            W::RequestLost,
            W::AnswerLost,
            W::AnswerLost,
            W::AnswerLate,
            W::RequestLate,
            W::RequestLate,
            W::Cut,
            W::Earlier,
            W::Garbage,
            W::Forged,
            W::Twice,
            W::Undated,
        ];
        let weather = all[state.rng.usize(..all.len())];
        if weather == W::Undated && plan.foreign {
            return W::Fine;
        }
        state.tally.fault(weather.name());
        weather
    }

    /// Waits, unless it is cut. Whether it was not.
    fn pass(&self, until: Ms, guard: &ExchangeGuard) -> bool {
        let world = &self.process.world;
        while world.now() < until && !guard.cut() {
            world.sleep(until);
            self.process.check();
        }
        !guard.cut()
    }

    fn attempt(
        &self,
        call: &Call,
        host: usize,
        until: Option<Ms>,
        guard: &ExchangeGuard,
    ) -> Attempt {
        let world = &self.process.world;
        let request = answers::read(world.plan.api, call, host);
        let weather = self.weather(request.operation);
        let begun = world.now();
        let clamp = |at: Ms| until.map_or(at, |until| at.min(until));
        let connected = match weather {
            Weather::Unreachable => begun + CONNECT_MS,
            Weather::Refused => begun + 20,
            _ => begun + world.lock().rng.u64(1..300),
        };
        if !self.pass(clamp(connected), guard) {
            return Attempt::Interrupted;
        }
        let out_of_time = until.is_some_and(|until| world.now() >= until);
        if out_of_time || matches!(weather, Weather::Unreachable | Weather::Refused) {
            return Attempt::Failed;
        }
        self.process.boundary("before the first byte");
        let now_moment = wxpay_core::clock::Clock::now(&self.process);
        let repeated = guard.sent();
        if !guard.may_send(now_moment) {
            return Attempt::Interrupted;
        }
        let sent_at = guard.sent_at().unwrap_or(now_moment);
        if let Some(flaw) = answers::flaw(world.plan.api, call) {
            world.violation(format!("{} cannot be read: {flaw}", call.operation));
        }
        self.check_sent(&request);
        world.trace(|| {
            format!(
                "sends {:?} {} to host {host}, {}",
                request.operation,
                request.number,
                weather.name()
            )
        });
        let sent = world.now();
        let time_out = clamp(sent + ANSWER_MS);
        let (id, deliver, back) = {
            let mut state = world.lock();
            state.tally.requests += 1;
            let quick = world.plan.clock_ahead;
            let there = if quick {
                state.rng.u64(1..500)
            } else {
                state.rng.u64(1..2_000)
            };
            let late = match request.operation {
                Operation::Charge => state.rng.u64(2_000..50_000),
                Operation::Refund | Operation::RefundQuery => state.rng.u64(2_000..18_000),
                _ => state.rng.u64(2_000..60_000),
            };
            let back = state.rng.u64(1..1_500);
            let id = state.ledger.admit(request.clone());
            let deliver = match weather {
                Weather::RequestLost => None,
                Weather::RequestLate if quick => Some(sent + there),
                Weather::RequestLate => Some(sent + late),
                _ => Some(sent + there),
            };
            if let Some(at) = deliver {
                state.later(at, Happening::Deliver(id));
            }
            if weather == Weather::Twice {
                let again = state.ledger.admit(Request {
                    copy: true,
                    ..request.clone()
                });
                // The first one's answer is the one that comes back.
                state.later(sent + there + 700, Happening::Deliver(again));
            }
            (id, deliver, back)
        };
        let answered = match (weather, deliver) {
            (Weather::AnswerLost | Weather::AnswerLate | Weather::RequestLate, _) | (_, None) => {
                None
            }
            (Weather::Cut, Some(at)) => {
                let ended = clamp(at + back / 2);
                return match self.pass(ended, guard) {
                    true => Attempt::Failed,
                    false => Attempt::Interrupted,
                };
            }
            (_, Some(at)) => Some(at + back).filter(|at| *at < time_out),
        };
        if !self.pass(answered.unwrap_or(time_out), guard) {
            return Attempt::Interrupted;
        }
        self.process.boundary("while an answer comes in");
        let Some(_) = answered else {
            return Attempt::Failed;
        };
        let mut state = world.lock();
        let Some(mut said) = state.ledger.answer(id) else {
            return Attempt::Failed;
        };
        match weather {
            Weather::Earlier => {
                let mut rng = state.rng.clone();
                if let Some(earlier) =
                    state
                        .ledger
                        .earlier(world.plan.api, request.operation, &mut rng)
                {
                    said = earlier;
                }
                state.rng = rng;
            }
            Weather::Garbage => said = Said::Garbage,
            Weather::Forged => said = Said::Forged(Box::new(said)),
            _ => {}
        }
        let time = EPOCH + i64::try_from(state.now / 1000).unwrap_or(0);
        let elapsed = Duration::from_millis(state.now - begun);
        drop(state);
        world.trace(|| format!("gets {said:?}"));
        let envelope = Envelope {
            host: answers::host(world.plan.api, host),
            order: request.order,
            sent_at,
            elapsed,
            time,
            dated: weather != Weather::Undated,
            repeated,
        };
        Attempt::Reply(Box::new(answers::reply(world.plan.api, &said, envelope)))
    }

    /// Nothing is sent that is not in the journal, and no charge twice.
    fn check_sent(&self, request: &Request) {
        let world = &self.process.world;
        let book = match request.operation {
            Operation::Query | Operation::RefundQuery => return,
            Operation::Charge | Operation::Reverse => Book::Orders,
            Operation::Refund => Book::Refunds,
            Operation::Prepay | Operation::Close => {
                return world.check_prepay_sent(request, &*self.journal);
            }
        };
        let key = world.key(book, &request.number);
        let phase = match self.journal.find(&key) {
            Ok(Some(entry)) => entry.phase,
            Ok(None) => {
                world.violation(format!("{request:?} was sent and is not in the journal"));
                return;
            }
            Err(error) => {
                world.violation(format!("the journal cannot be read: {error}"));
                return;
            }
        };
        // Others may have settled it while this process stood still, or its clock jumped.
        let lost = world.plan.suspends || world.plan.clock_ahead;
        let fine = match request.operation {
            Operation::Reverse => phase == Some(Phase::Reversing),
            _ => phase.is_some(),
        };
        if !fine && !lost {
            world.violation(format!("{request:?} was sent in phase {phase:?}"));
        }
        let once = match request.operation {
            Operation::Charge => true,
            Operation::Refund => world.plan.api.is_fubei(),
            _ => false,
        };
        if once {
            let charges = {
                let mut state = world.lock();
                let charges = state
                    .ledger
                    .charges
                    .entry(request.number.clone())
                    .or_default();
                charges.0 += 1;
                *charges
            };
            if charges.0 > charges.1 + 1 {
                world.violation(format!(
                    "a second {:?} of {} was sent",
                    request.operation, request.number
                ));
            }
        }
    }
}

impl Transport for Wire {
    fn exchange(
        &self,
        _: Option<&str>,
        call: &Call,
        limits: Limits,
        signal: &Signal,
    ) -> Result<Reply, Failure> {
        self.process.boundary("before an exchange");
        let guard = signal.exchange(limits.on_cancel);
        let world = &self.process.world;
        let begun = wxpay_core::clock::Clock::now(&self.process);
        let until = limits.until.map(|until| {
            let left = u64::try_from(until.since(begun).as_millis()).unwrap_or(u64::MAX);
            world.now().saturating_add(left)
        });
        let mut last = 0;
        for host in 0..world.plan.hosts {
            let out_of_time = until.is_some_and(|until| world.now() >= until);
            if guard.cut()
                || (host > 0 && out_of_time)
                || (call.resend == Resend::OnlyIfUnsent && guard.sent())
            {
                break;
            }
            last = host;
            match self.attempt(call, host, until, &guard) {
                Attempt::Reply(reply) => return Ok(*reply),
                Attempt::Failed => {}
                Attempt::Interrupted => break,
            }
        }
        world.trace(|| format!("no answer, sent {:?}, cut {}", guard.sent(), guard.cut()));
        Err(Failure {
            sent_at: guard.sent_at(),
            interrupted: guard.cut(),
            host: answers::host(world.plan.api, last),
            cause: "simulated".into(),
        })
    }

    fn probe(&self, _: &Signal) -> Vec<(String, Result<(), String>)> {
        Vec::new()
    }

    fn close(&self) {}
}
