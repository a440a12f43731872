//! A disk that is full for real: a small one is mounted for one till alone.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;

use wxpay_simulator::{Api, RideScenario, Scenario};

use crate::case::{Case, Job, What};
use crate::common::{E_JOURNAL, OK};
use crate::record::{Book, Call, Line};
use crate::{play, rules, shop};

const BLOCK: usize = 4_096;

/// With a name space of its own, so that nothing stays mounted.
fn unshare() -> Option<Vec<&'static str>> {
    let ways: [&[&str]; 2] = [&["--mount"], &["--user", "--map-root-user", "--mount"]];
    let works = |way: &&[&str]| {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("unshare");
        command
            .args(way.iter())
            .args(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs"])
            .arg(folder.path())
            .stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    ways.into_iter().find(works).map(<[_]>::to_vec)
}

#[test]
fn a_disk_of_any_size_refuses_a_charge_or_remembers_it() {
    let Some(way) = unshare() else {
        // `journal.rs` limits the size of files instead.
        println!("nothing may be mounted here, so no disk was filled");
        return;
    };
    let shop = shop(Api::V2);
    let told = Mutex::new(Vec::new());
    let played = play(6, |number| {
        let mut case = Case::new(&shop, &format!("disk-{number}"));
        // A journal with some orders in it, at rest.
        let earlier = (0..8)
            .map(|_| Job::new(What::Pay, Scenario::Paid))
            .collect();
        let code = case.live_out(0, earlier, |till| till);
        if code != 0 {
            return Err(format!("without a limit it ended with {code}"));
        }
        let disk = case.journal().parent().unwrap().to_owned();
        let (start, end) = (case.folder().join("start"), case.folder().join("end"));
        fs::rename(&disk, &start).unwrap();
        for folder in [&disk, &end] {
            fs::create_dir(folder).unwrap();
        }
        let used = blocks(&start);
        let free = number - 1;
        let day = vec![
            Job::new(What::Pay, Scenario::Paid),
            Job::new(What::Cancelled, Scenario::PasswordNever),
            Job::new(What::Refund, Scenario::Paid),
            Job::new(What::Ride(RideScenario::Paid), Scenario::Paid),
            Job::new(What::Pay, Scenario::Paid),
        ];
        let code = case.live_out(0, day, |till| {
            let mut mounted = Command::new("unshare");
            mounted
                .args(&way)
                .args(["sh", "-c"])
                .arg(
                    "mount -t tmpfs -o size=$1 tmpfs \"$2\" && cp \"$3\"/* \"$2\" || exit 5
                     disk=$2 end=$4; shift 4; \"$@\"; code=$?
                     cp \"$disk\"/* \"$end\" || exit 6; exit $code",
                )
                .arg("sh")
                .arg(((used + free) * BLOCK).to_string())
                .args([&disk, &start, &end])
                .arg(till.get_program())
                .args(till.get_args());
            for (name, value) in till.get_envs() {
                mounted.env(name, value.unwrap_or_default());
            }
            mounted
        });
        if code != 0 && code != 3 {
            return Err(format!("{free} free blocks: it ended with {code}"));
        }
        fs::remove_dir(&disk).unwrap();
        fs::rename(&end, &disk).unwrap();
        let lines = case.lives.last().into_iter().flatten();
        let statuses: Vec<i32> = lines
            .filter_map(|line| match line {
                Line::Opened(status) if *status != OK => Some(*status),
                Line::Told {
                    call: Call::Micropay,
                    book: Book::Orders,
                    status,
                    ..
                } => Some(*status),
                _ => None,
            })
            .collect();
        rules::always(&case, &case.snapshot())
            .and_then(|()| case.settle())
            .map_err(|wrong| format!("{free} free blocks: {wrong}"))?;
        let enough = code == 0 && !statuses.contains(&E_JOURNAL) && free > 40;
        told.lock().unwrap().push((free, statuses));
        Ok(!enough)
    });
    let told = told.into_inner().unwrap();
    println!("{told:?}");
    if let Err(wrong) = played {
        panic!("{wrong}");
    }
    let with = |status| told.iter().filter(|(_, all)| all.contains(&status)).count();
    assert!(with(E_JOURNAL) > 0 && with(OK) > 0, "{told:?}");
}

fn blocks(folder: &Path) -> usize {
    let sizes = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().metadata().unwrap().len());
    let sizes = sizes.map(|size| usize::try_from(size).unwrap().div_ceil(BLOCK));
    sizes.sum()
}
