//! A till in a process of its own, what it is to sell, and what it has written down.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use wxpay_simulator::{PolicyNumbers, Scenario, auth_code};

use crate::common::OK;
use crate::common::program::{self, command};
use crate::common::shop::{FEE, Shop, Told};
use crate::dice::Dice;
use crate::process::{Figures, Sample, median};

const RECOVERIES: usize = 9;

/// A payment that is to be made.
#[derive(Debug)]
pub(crate) struct Sale {
    pub(crate) number: String,
    pub(crate) scenario: Scenario,
    line: String,
}

impl Sale {
    /// Every fourth goes without blocking. Of those whose payer types a password, every fourth is cancelled.
    pub(crate) fn new(count: usize, scenario: Scenario, dice: &mut Dice) -> Self {
        let password = [Scenario::PasswordPaid, Scenario::PasswordNever];
        let letter = match password.contains(&scenario) && dice.below(4) == 0 {
            true => 'C',
            false => 'L',
        };
        let number = format!("{letter}{count:07}");
        let how = match dice.below(4) {
            0 => "task",
            _ => "pay",
        };
        let code = auth_code(scenario, count as u64);
        Self {
            line: format!("{how} {number} {FEE} {code}"),
            number,
            scenario,
        }
    }
}

pub(crate) struct Till {
    folder: PathBuf,
    journal: PathBuf,
}

impl Till {
    pub(crate) fn new(shop: &Shop, numbers: PolicyNumbers) -> Self {
        let till = Self {
            folder: shop.folder.path().to_owned(),
            journal: shop.journal(),
        };
        fs::write(till.file("wxpay.toml"), shop.config_with(numbers)).unwrap();
        till
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn start(&self, plan: &str, record: &Path, threads: usize) -> program::Till {
        let file = self.file("plan");
        fs::write(&file, plan).unwrap();
        let config = self.file("wxpay.toml");
        let threads = threads.to_string();
        let arguments = [&config, &file, record].map(|path| path.to_str().unwrap());
        let arguments = [&arguments[..], &[threads.as_str()]].concat();
        let mut program = command("tests/c/till.c", &arguments);
        // The C library's heaps, eight a processor, otherwise each keep what they once needed, and it takes
        // for ever until every one of them has seen the worst. What is in use does not grow by that.
        program
            .env("MALLOC_ARENA_MAX", "2")
            .env("MALLOC_MMAP_THRESHOLD_", "131072");
        program::Till::start(program)
    }

    /// Makes the payments, and says to `meanwhile` how many percent are done.
    pub(crate) fn sell(
        &self,
        sales: &[Sale],
        threads: usize,
        meanwhile: impl Fn(usize),
    ) -> Figures {
        let mut plan = String::from("recover 1\n");
        for sale in sales {
            // Writing into a String cannot fail.
            let _ = writeln!(plan, "{}", sale.line);
        }
        let record = self.file("sold");
        let began = now();
        let mut till = self.start(&plan, &record, threads);
        let mut samples: Vec<(usize, Sample)> = Vec::new();
        let (mut lines, mut told) = (None, 0);
        let mut done = 0;
        let status = loop {
            if let Some(status) = till.0.try_wait().unwrap() {
                break status;
            }
            told += newly_told(&mut lines, &record);
            done = told * 100 / sales.len();
            meanwhile(done);
            samples.extend(Sample::of(till.0.id()).map(|sample| (done, sample)));
            pause(100);
        };
        assert!(status.success(), "after {done} %: {status}");
        let quarter = |number: usize| {
            let of_it = |(done, _): &&(usize, Sample)| done / 25 == number;
            let quarter = samples.iter().filter(of_it);
            median(quarter.map(|(_, sample)| sample.rss_kib).collect())
        };
        let most = |what: fn(&Sample) -> usize| {
            let all = samples.iter().map(|(_, sample)| what(sample));
            all.max().unwrap_or(0)
        };
        Figures {
            rss_kib: [0, 1, 2, 3].map(quarter),
            most_threads: most(|sample| sample.threads),
            most_sockets: most(|sample| sample.sockets),
            elapsed: now() - began,
            ..Figures::default()
        }
    }

    /// Another life, which settles what is open.
    pub(crate) fn recover(&self) {
        let record = self.file("recovered");
        let mut till = self.start(&format!("recover {RECOVERIES}\n"), &record, 1);
        let status = till.0.wait().unwrap();
        assert!(status.success(), "{status}");
        let text = fs::read_to_string(&record).unwrap();
        let ended = format!("after recover - {OK}\n");
        assert!(text.contains(&ended), "recovering does not end: {text}");
    }

    /// Everything that was told about each number, in order.
    pub(crate) fn told(&self) -> HashMap<String, Vec<Told>> {
        let mut told: HashMap<String, Vec<Told>> = HashMap::new();
        for record in ["sold", "recovered"] {
            // There may have been no recovery yet.
            let text = fs::read_to_string(self.file(record)).unwrap_or_default();
            for line in text.lines() {
                let words: Vec<&str> = line.split(' ').collect();
                let (("after", "micropay") | ("listed", "order")) = (words[0], words[1]) else {
                    continue;
                };
                let about = told.entry(words[2].to_owned()).or_default();
                let latest = Told {
                    status: words[3].parse().unwrap(),
                    total_fee: words.get(4).map(|fen| fen.parse().unwrap()),
                    transaction_id: words.get(5).map(|id| (*id).to_owned()),
                };
                if words[0] == "after" {
                    assert!(about.is_empty(), "told twice: {line}");
                }
                about.push(latest);
            }
        }
        told
    }

    /// What a recovery would have to settle or to tell: number and state.
    pub(crate) fn open_orders(&self) -> Vec<(String, String)> {
        let db = Connection::open(&self.journal).unwrap();
        let mut rows = db
            .prepare("SELECT number, state FROM orders WHERE state <> 'returned'")
            .unwrap();
        let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
        rows.unwrap().map(Result::unwrap).collect()
    }
}

/// How many payments have ended since the last time.
fn newly_told(lines: &mut Option<BufReader<File>>, record: &Path) -> usize {
    let Some(lines) = lines else {
        *lines = File::open(record).ok().map(BufReader::new);
        return 0;
    };
    // Each line is written at once. At the end of the file there may be more later.
    let lines = lines.lines().map(Result::unwrap);
    lines
        .filter(|line| line.starts_with("after micropay"))
        .count()
}

#[expect(clippy::disallowed_methods, reason = "for the figures alone")]
fn now() -> Instant {
    Instant::now()
}

#[expect(
    clippy::disallowed_methods,
    reason = "waits for another process's moment"
)]
fn pause(ms: u64) {
    std::thread::sleep(Duration::from_millis(ms));
}
