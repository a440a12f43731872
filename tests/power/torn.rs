//! Torn journals through the C functions: opened and recovered they are refused, or tell the truth. What
//! can be told apart at all is tried out in the journal's own tests.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use wxpay_simulator::{Api, Scenario};

use crate::case::{Case, Job, What};
use crate::common::pause;
use crate::common::{Client, E_JOURNAL, OK};
use crate::journal::beside;
use crate::{play, rules, shop};

const PAGE: usize = 4_096;
/// The header of a frame in the log, and its page.
const FRAME: usize = 24 + PAGE;
const LOG_HEADER: usize = 32;

type Told = BTreeMap<String, i64>;

struct Files {
    main: Vec<u8>,
    log: Vec<u8>,
}

impl Files {
    fn of(path: &Path) -> Self {
        Self {
            main: fs::read(path).unwrap(),
            log: fs::read(beside(path, "-wal")).unwrap_or_default(),
        }
    }
}

/// What a till with this journal is told when it starts; `None` if it is told that the journal cannot be
/// used.
fn recovered(case: &Case<'_>, files: &Files) -> Result<Option<Told>, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("torn.db");
    fs::write(&path, &files.main).unwrap();
    if !files.log.is_empty() {
        fs::write(beside(&path, "-wal"), &files.log).unwrap();
    }
    let journal = case.journal();
    let config = case
        .config()
        .replace(journal.to_str().unwrap(), path.to_str().unwrap());
    let outcome = match Client::open_toml(config) {
        Ok(till) => till.recover(),
        Err(refusal) => refusal,
    };
    match outcome.status() {
        E_JOURNAL if outcome.message().contains("journal") => Ok(None),
        OK => {
            let orders = outcome.json()["orders"].as_array().cloned();
            let told = orders.unwrap_or_default().into_iter().map(|order: Value| {
                let number = order["out_trade_no"].as_str().unwrap_or_default();
                (number.to_owned(), order["status"].as_i64().unwrap_or(-99))
            });
            Ok(Some(told.collect()))
        }
        _ => Err(format!("{outcome:?}")),
    }
}

/// A till that has sold for a while and then died three times, and what is open because of that.
fn abandoned(case: &mut Case<'_>) -> Result<(), String> {
    let sold = [Scenario::Paid, Scenario::NotEnough, Scenario::Paid]
        .into_iter()
        .cycle()
        .take(45)
        .map(|scenario| Job::new(What::Pay, scenario));
    let code = case.live_out(0, sold.collect(), |till| till);
    let open = [
        Job::new(What::DiesWaiting, Scenario::PasswordPaid),
        Job::new(What::DiesReversing, Scenario::Recall),
        Job::new(What::DiesWaiting, Scenario::PasswordNever),
    ];
    let codes: Vec<i32> = open
        .into_iter()
        .map(|job| case.live_out(0, vec![job], |till| till))
        .collect();
    if (code, &codes[..]) != (0, &[9, 9, 9][..]) {
        return Err(format!("ended with {code} and {codes:?}"));
    }
    // Nobody has to be waited for any more.
    pause(700);
    Ok(())
}

#[test]
fn a_torn_journal_is_refused_or_tells_the_truth() {
    let shop = shop(Api::V2);
    let mut case = Case::new(&shop, "torn");
    abandoned(&mut case).unwrap();
    let in_use = Files::of(&case.journal());
    assert!(in_use.log.len() > 3 * FRAME);
    let truth = recovered(&case, &in_use).unwrap().unwrap();
    assert_eq!(truth.len(), 3, "{truth:?}");

    // As it is after a till has been opened and closed.
    drop(Client::open_toml(case.config()).unwrap());
    let at_rest = Files::of(&case.journal());
    assert!(at_rest.log.is_empty());
    assert_eq!(recovered(&case, &at_rest).unwrap().as_ref(), Some(&truth));

    let mut happened: Vec<(String, Files)> = Vec::new();
    for page in 0..at_rest.main.len() / PAGE {
        let start = page * PAGE;
        let mut change = |what: &str, change: &dyn Fn(&mut Vec<u8>)| {
            let mut main = at_rest.main.clone();
            change(&mut main);
            let log = Vec::new();
            happened.push((format!("{what} page {page}"), Files { main, log }));
        };
        change("cut at", &|main| main.truncate(start));
        change("cut in", &|main| main.truncate(start + 1_000));
        change("zeros in", &|main| main[start..start + PAGE].fill(0));
        change("noise in", &|main| main[start..start + PAGE].fill(0xa5));
        change("the first page in the place of", &|main| {
            main.copy_within(0..PAGE, start);
        });
    }
    let of_the_main_file = happened.len();
    for frame in 0..(in_use.log.len() - LOG_HEADER) / FRAME {
        let start = LOG_HEADER + frame * FRAME;
        let mut change = |what: &str, change: &dyn Fn(&mut Vec<u8>)| {
            let (main, mut log) = (in_use.main.clone(), in_use.log.clone());
            change(&mut log);
            happened.push((
                format!("{what} frame {frame} of the log"),
                Files { main, log },
            ));
        };
        change("cut at", &|log| log.truncate(start));
        change("noise in", &|log| log[start + 30..start + 90].fill(0xa5));
    }
    let (refused, told) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let played = play(4, |number| {
        let Some((what, files)) = happened.get(number - 1) else {
            return Ok(false);
        };
        let Some(listed) = recovered(&case, files).map_err(|wrong| format!("{what}: {wrong}"))?
        else {
            refused.fetch_add(1, Ordering::Relaxed);
            return Ok(true);
        };
        told.fetch_add(1, Ordering::Relaxed);
        // The end of a log that is cut was never written, as far as anybody can tell.
        let is_true = if number <= of_the_main_file {
            listed == truth
        } else {
            listed.iter().all(|each| truth.get(each.0) == Some(each.1))
        };
        if !is_true {
            return Err(format!("{what}: told {listed:?}, and it is {truth:?}"));
        }
        Ok(true)
    });
    println!(
        "{} torn journals: {refused:?} refused, {told:?} read",
        happened.len()
    );
    if let Err(wrong) = played {
        panic!("{wrong}");
    }
    assert!(refused.into_inner() > 0 && told.into_inner() > 0);
    rules::always(&case, &case.snapshot()).unwrap();
}
