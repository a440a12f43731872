//! The journal's disk fails, fills up, or loses what was not synced, at each write in turn.
//!
//! `tests/c/failing_io.c` lies between the till and the C library. The n-th change of a file fails, for
//! every n until there is no n-th; a clean till then recovers, and the rules are checked as ever.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use wxpay_simulator::{Api, RideScenario, Scenario};

use crate::case::{Case, Job, What};
use crate::common::shop::Shop;
use crate::common::{library_path, turn};
use crate::record::{Book, Line};
use crate::{on_demand, play, rules, shop};

/// Most of the time they wait.
const AT_ONCE: usize = 12;

/// How the disk goes wrong, as `tests/c/failing_io.c` has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Disk {
    FailsOnce,
    IsFull,
    StoresHalf,
    /// Nothing is lost, but the process is.
    Killed,
    /// Nothing is left of what was not synced.
    PowerGoes,
    /// Some of its sectors are.
    PowerGoesSomewhere,
}

impl Disk {
    fn name(self) -> &'static str {
        match self {
            Self::FailsOnce => "eio",
            Self::IsFull => "enospc",
            Self::StoresHalf => "short",
            Self::Killed => "kill",
            Self::PowerGoes | Self::PowerGoesSomewhere => "lose",
        }
    }

    fn kills(self) -> bool {
        matches!(
            self,
            Self::Killed | Self::PowerGoes | Self::PowerGoesSomewhere
        )
    }
}

/// What is interrupted.
#[derive(Clone, Copy, Debug)]
enum Story {
    /// A new journal, a payment, one that is undone, a refund, a ride, a task.
    Day,
    /// Two orders that a dead till has left, one of them half undone.
    Recovery,
}

#[test]
fn a_day_whose_journal_fails_at_any_write_ends_as_the_ledger_says() {
    at_every_write(
        Story::Day,
        &[Disk::FailsOnce, Disk::IsFull, Disk::StoresHalf],
    );
}

#[test]
fn a_day_that_ends_at_any_write_of_the_journal_is_recovered() {
    at_every_write(
        Story::Day,
        &[Disk::Killed, Disk::PowerGoes, Disk::PowerGoesSomewhere],
    );
}

#[test]
fn a_recovery_whose_journal_fails_at_any_write_may_be_repeated() {
    at_every_write(
        Story::Recovery,
        &[Disk::FailsOnce, Disk::IsFull, Disk::StoresHalf],
    );
}

#[test]
fn a_recovery_that_ends_at_any_write_of_the_journal_may_be_repeated() {
    at_every_write(
        Story::Recovery,
        &[Disk::Killed, Disk::PowerGoes, Disk::PowerGoesSomewhere],
    );
}

#[test]
fn the_name_of_a_new_journal_is_on_the_disk_before_anything_is_sent() {
    let library = compile();
    let shop = shop(Api::V2);
    let mut case = Case::new(&shop, "name");
    let synced = case.folder().join("synced");
    let job = Job::new(What::DiesSubmitting, Scenario::Paid);
    let number = job.number.clone();
    let code = case.live_out(0, vec![job], |mut till| {
        till.env("LD_PRELOAD", library)
            .env("WXPAY_IO_FOLDER_SYNCED", &synced);
        till
    });
    assert_eq!(code, 9);
    assert!(synced.exists(), "a file whose name is lost is no record");
    assert_eq!(case.snapshot().state(Book::Orders, &number), Some("intent"));
    case.settle().unwrap();
    assert!(
        shop.simulator
            .ledger()
            .order(&number)
            .is_none_or(|order| order.submits == 0)
    );
}

/// At each write the disk goes wrong in one of these ways, in turn; on demand in all of them.
fn at_every_write(story: Story, disks: &[Disk]) {
    let _turn = turn();
    let library = compile();
    let shop = shop(Api::V2);
    let (told, writes) = (Mutex::new(BTreeMap::new()), AtomicUsize::new(0));
    let played = play(AT_ONCE, |at| {
        let disks = match on_demand() {
            true => disks,
            false => &disks[at % disks.len()..][..1],
        };
        let mut any = false;
        for disk in disks {
            any |= interrupted(&shop, story, *disk, at, &library, &told)
                .map_err(|wrong| format!("{story:?}, {disk:?} at write {at}: {wrong}"))?;
        }
        if any {
            writes.fetch_max(at, Ordering::Relaxed);
        }
        Ok(any)
    });
    let (writes, told) = (writes.into_inner(), told.into_inner().unwrap());
    println!("{story:?}, {disks:?} at each of {writes} writes; told: {told:?}");
    if let Err(wrong) = played {
        panic!("{wrong}");
    }
    assert!(writes > 20, "the journal was hardly written: {writes}");
}

/// Returns whether there was such a write.
fn interrupted(
    shop: &Shop,
    story: Story,
    disk: Disk,
    at: usize,
    library: &Path,
    told: &Mutex<BTreeMap<String, usize>>,
) -> Result<bool, String> {
    let mut case = Case::new(shop, &format!("{story:?}-{disk:?}-{at}"));
    let (recoveries, jobs) = match story {
        Story::Day => (0, day()),
        Story::Recovery => {
            for job in [
                Job::new(What::DiesWaiting, Scenario::PasswordNever),
                Job::new(What::DiesReversing, Scenario::Recall),
            ] {
                let code = case.live_out(0, vec![job], |till| till);
                if code != 9 {
                    return Err(format!("should have died, and ended with {code}"));
                }
            }
            (1, Vec::new())
        }
    };
    let fired = case.folder().join("fired");
    let code = case.live_out(recoveries, jobs, |mut till| {
        till.env("LD_PRELOAD", library)
            .env("WXPAY_IO_FILES", "wxpay-journal.db")
            .env("WXPAY_IO_FAULT", disk.name())
            .env("WXPAY_IO_AT", at.to_string())
            .env("WXPAY_IO_FIRED", &fired);
        if disk == Disk::PowerGoesSomewhere {
            till.env("WXPAY_IO_SEED", at.to_string());
        }
        till
    });
    let fired = fired.exists();
    let as_expected = match code {
        0 => !(fired && disk.kills()),
        3 => fired && !disk.kills(),
        -1 => fired && disk.kills(),
        _ => false,
    };
    if !as_expected {
        let lines = case.lives.last();
        return Err(format!("ended with {code}, fired: {fired}: {lines:?}"));
    }
    {
        let mut told = told.lock().unwrap();
        for line in case.lives.last().into_iter().flatten() {
            if let Line::Told { call, status, .. } = line {
                *told.entry(format!("{call:?} {status}")).or_default() += 1;
            }
        }
    }
    if disk != Disk::PowerGoes && disk != Disk::PowerGoesSomewhere {
        rules::always(&case, &case.snapshot())?;
    }
    case.settle()?;
    Ok(fired)
}

fn day() -> Vec<Job> {
    vec![
        Job::new(What::Pay, Scenario::Paid),
        Job::new(What::Cancelled, Scenario::PasswordNever),
        Job::new(What::Refund, Scenario::Paid),
        Job::new(What::Ride(RideScenario::Paid), Scenario::Paid),
        Job::new(What::Task, Scenario::NotEnough),
    ]
}

/// The library that goes in front, compiled once a process.
fn compile() -> PathBuf {
    use std::sync::OnceLock;
    static COMPILED: OnceLock<PathBuf> = OnceLock::new();
    COMPILED
        .get_or_init(|| {
            let library = library_path();
            let folder = library.parent().unwrap();
            let compiled = folder.join(format!("test-failing_io-{}.so", std::process::id()));
            let root = Path::new(env!("CARGO_MANIFEST_DIR"));
            let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
            let output = Command::new(compiler)
                .args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-g", "-shared"])
                .args(["-fPIC", "-pthread", "-o"])
                .arg(&compiled)
                .arg(root.join("tests/c/failing_io.c"))
                .arg("-ldl")
                .output()
                .unwrap();
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{errors}");
            compiled
        })
        .clone()
}
