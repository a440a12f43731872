//! A real till is killed at random moments, and the next one settles everything.
//!
//! `WXPAY_KILLS` says how many kills (300 unless given), `WXPAY_SEED` which ones. The moments follow from the
//! seed, what a process has come to by then does not: a failure prints both, and its whole story.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Mutex;

use wxpay_simulator::{Api, Fault, FaultKind, Operation, RideAction};

use crate::case::{Case, What, jobs};
use crate::common::pause;
use crate::common::{Client, DECLINED, OK, UNKNOWN, turn};
use crate::dice::Dice;
use crate::record::{Call, Line};
use crate::{environment, play, rules, shop};

/// Of one journal, before it is settled for good.
const KILLS_A_TILL: usize = 10;
/// Two processors are busy with them, and most of their time is waiting.
const TILLS_AT_ONCE: usize = 10;
const JOBS: usize = 40;

#[derive(Default)]
struct Tally {
    kills: usize,
    in_recovery: usize,
    before_anything: usize,
    numbers: usize,
    states: BTreeMap<String, usize>,
    told: BTreeMap<String, usize>,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} kills, {} of them in a recovery, {} before the journal was open; {} numbers",
            self.kills, self.in_recovery, self.before_anything, self.numbers
        )?;
        writeln!(f, "in the journal at the kill: {:?}", self.states)?;
        write!(f, "told: {:?}", self.told)
    }
}

#[test]
fn a_till_that_is_killed_at_any_moment_never_loses_or_doubles_money() {
    let _turn = turn();
    let kills = usize::try_from(environment("WXPAY_KILLS").unwrap_or(300)).unwrap();
    let seed = environment("WXPAY_SEED").unwrap_or(20_260_101);
    let tills = kills.div_ceil(KILLS_A_TILL);
    let tally = Mutex::new(Tally::default());
    let played = play(TILLS_AT_ONCE.min(tills), |number| {
        if number > tills {
            return Ok(false);
        }
        let kills = KILLS_A_TILL.min(kills - (number - 1) * KILLS_A_TILL);
        let till = u64::try_from(number).unwrap();
        killed(seed, till, kills, &tally)
            .map(|()| true)
            .map_err(|wrong| format!("WXPAY_SEED={seed}, till {number}: {wrong}"))
    });
    let tally = tally.into_inner().unwrap();
    println!("{tally}");
    if let Err(wrong) = played {
        panic!("{wrong}");
    }
    assert_eq!(tally.kills, kills);
    if kills >= 100 {
        for state in ["intent", "waiting", "reversing", "final", "returned"] {
            assert!(tally.states.contains_key(state), "never {state}: {tally}");
        }
        assert!(tally.in_recovery > 0, "{tally}");
    }
}

fn killed(seed: u64, number: u64, kills: usize, tally: &Mutex<Tally>) -> Result<(), String> {
    let mut dice = Dice::new(seed ^ number.wrapping_mul(0x1_0001));
    let api = [Api::V2, Api::V3, Api::Fubei][usize::try_from(number % 3).unwrap()];
    let shop = shop(api);
    let mut case = Case::new(&shop, "till");
    let mut kill = 0;
    while kill < kills {
        // With Fubei a refund that never left stays in doubt, so it would never be settled.
        let jobs = jobs(&mut dice, JOBS, api != Api::Fubei);
        for job in &jobs {
            if dice.below(2) == 0 {
                continue;
            }
            let kind = dice.one_of(&[FaultKind::DropAfter, FaultKind::DropBefore]);
            let fault = Fault::once(Operation::Refund, kind);
            shop.simulator.fault(fault.for_order(&job.number));
        }
        let threads = 1 + usize::try_from(dice.below(6)).unwrap();
        let mut life = case.live(3, jobs, threads, |till| till);
        let recovered = dice.below(3) > 0;
        let moment = if recovered {
            dice.below(900)
        } else {
            dice.below(1_500)
        };
        let is_recovered = |line: &Line| {
            matches!(
                line,
                Line::Told {
                    call: Call::Recover,
                    ..
                }
            )
        };
        while recovered && !life.record().iter().any(is_recovered) {
            if life.child().try_wait().unwrap().is_some() {
                break;
            }
            pause(2);
        }
        pause(moment);
        let ended = life.child().try_wait().unwrap();
        life.till.kill();
        case.over(&life);
        let at = format!(
            "life {}, killed {moment} ms after its {}",
            case.lives.len() - 1,
            if recovered { "recovery" } else { "start" }
        );
        if let Some(status) = ended
            && !status.success()
        {
            return Err(format!(
                "{at}: ended by itself with {status}: {:?}",
                case.lives.last()
            ));
        }
        let snapshot = case.snapshot();
        rules::always(&case, &snapshot).map_err(|wrong| format!("{at}: {wrong}"))?;
        if ended.is_none() {
            kill += 1;
            let lines = &case.lives[case.lives.len() - 1];
            count(&mut tally.lock().unwrap(), lines, &snapshot.histogram());
        }
    }
    case.settle()
        .and_then(|()| rides(&case))
        .map_err(|wrong| format!("after the last recovery: {wrong}"))?;
    let mut tally = tally.lock().unwrap();
    tally.numbers += case
        .lines()
        .filter(|line| {
            matches!(
                line,
                Line::Before(Call::Micropay | Call::Refund | Call::Ride, _)
            )
        })
        .count();
    for line in case.lines() {
        if let Line::Told { call, status, .. } = line {
            *tally.told.entry(format!("{call:?} {status}")).or_default() += 1;
        }
    }
    Ok(())
}

/// Nothing but a callback ends a ride: whatever the platform tells now has to fit what the gate was told.
fn rides(case: &Case<'_>) -> Result<(), String> {
    let gate = Client::open_toml(case.config()).map_err(|refusal| format!("{refusal:?}"))?;
    for job in &case.jobs {
        let What::Ride(_) = job.what else { continue };
        let simulator = &case.shop.simulator;
        // One that was not taken has nothing to tell.
        let _ = simulator.ride_action(&job.number, RideAction::Succeed);
        let Ok(callback) = simulator.notification_for_ride(&job.number, None) else {
            continue;
        };
        let outcome = gate.notify_decode(callback.header_lines(), &callback.body);
        let charges = simulator
            .ledger()
            .ride(&job.number)
            .map(|ride| ride.charges);
        let fits = match outcome.status() {
            OK => charges == Some(1),
            DECLINED => charges == Some(0),
            // One fen more than was asked for.
            UNKNOWN => outcome.get("reversal").as_deref() == Some("none"),
            _ => false,
        };
        if !fits || outcome.get_int("known") != Some(1) {
            let story = case.story(&job.number);
            return Err(format!(
                "{job:?}: {outcome:?}, {charges:?} charges\n{story}"
            ));
        }
    }
    Ok(())
}

fn count(tally: &mut Tally, lines: &[Line], states: &BTreeMap<String, usize>) {
    tally.kills += 1;
    let recoveries = lines
        .iter()
        .map(|line| match line {
            Line::Before(Call::Recover, _) => 1,
            Line::Told {
                call: Call::Recover,
                ..
            } => -1,
            _ => 0,
        })
        .sum::<i32>();
    tally.in_recovery += usize::from(recoveries > 0);
    let opened = lines.iter().any(|line| matches!(line, Line::Opened(OK)));
    tally.before_anything += usize::from(!opened);
    for (state, count) in states {
        *tally.states.entry(state.clone()).or_default() += count;
    }
}
