//! A till with its journal and its record, over all the lives of its process.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::atomic::{AtomicU64, Ordering};

use wxpay_simulator::{PayerAction, RideScenario, Scenario, auth_code};

use crate::common::program::{Till, command};
use crate::common::shop::Shop;
use crate::common::{CLOSED, E_BUSY, NOT_FOUND, OK, REFUNDED, REVERSED, UNKNOWN};
use crate::dice::Dice;
use crate::journal::Snapshot;
use crate::record::{self, Book, Call, Line};
use crate::{FEE, PART, numbers, rules};

/// What a till is told to do about one number.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) what: What,
    pub(crate) number: String,
    /// The order's; a ride's is in its number.
    pub(crate) scenario: Scenario,
    code: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Pay,
    /// The same, cancelled while the payer is asked for the password.
    Cancelled,
    /// The same, and the till dies there, or earlier, or later.
    DiesWaiting,
    DiesSubmitting,
    DiesReversing,
    Task,
    Refund,
    Undo,
    Ride(RideScenario),
}

impl Job {
    pub(crate) fn new(what: What, scenario: Scenario) -> Self {
        static NUMBERS: AtomicU64 = AtomicU64::new(1);
        let count = NUMBERS.fetch_add(1, Ordering::Relaxed);
        let (letter, end) = match what {
            What::Pay | What::Task => ("P", String::new()),
            What::Cancelled => ("C", String::new()),
            What::DiesWaiting => ("W", String::new()),
            What::DiesSubmitting => ("S", String::new()),
            What::DiesReversing => ("V", String::new()),
            What::Refund => ("B", String::new()),
            What::Undo => ("U", String::new()),
            What::Ride(scenario) => ("R", format!("-{}", scenario.number())),
        };
        Self {
            what,
            number: format!("{letter}{count:07}{end}"),
            scenario,
            code: auth_code(scenario, count),
        }
    }

    /// The number of its refund.
    pub(crate) fn refund(&self) -> String {
        format!("{}-R1", self.number)
    }

    fn line(&self) -> String {
        let (number, code) = (&self.number, &self.code);
        match self.what {
            What::Pay
            | What::Cancelled
            | What::DiesWaiting
            | What::DiesSubmitting
            | What::DiesReversing => format!("pay {number} {FEE} {code}"),
            What::Task => format!("task {number} {FEE} {code}"),
            What::Refund => format!("refund {number} {FEE} {code} {PART}"),
            What::Undo => format!("undo {number} {FEE} {code}"),
            What::Ride(_) => format!("ride {number} {FEE}"),
        }
    }
}

pub(crate) struct Case<'a> {
    pub(crate) shop: &'a Shop,
    folder: PathBuf,
    pub(crate) jobs: Vec<Job>,
    /// What the till has written down in each of its lives.
    pub(crate) lives: Vec<Vec<Line>>,
}

/// A process that is under way.
pub(crate) struct Life {
    pub(crate) till: Till,
    record: PathBuf,
}

impl Life {
    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.till.0
    }

    /// What it has written down so far.
    pub(crate) fn record(&self) -> Vec<Line> {
        record::read(&self.record)
    }
}

impl<'a> Case<'a> {
    /// `name` is that of its folder.
    pub(crate) fn new(shop: &'a Shop, name: &str) -> Self {
        let folder = shop.folder.path().join(name);
        std::fs::create_dir_all(folder.join("disk")).unwrap();
        let case = Self {
            shop,
            folder,
            jobs: Vec::new(),
            lives: Vec::new(),
        };
        std::fs::write(case.config_file(), case.config()).unwrap();
        case
    }

    /// Nobody has to wait long for a dead till's orders.
    pub(crate) fn config(&self) -> String {
        let journal = self.shop.journal();
        self.shop
            .config_with(numbers())
            .replace("[journal]\n", "[journal]\nlease = \"600ms\"\n")
            .replace(journal.to_str().unwrap(), self.journal().to_str().unwrap())
    }

    fn config_file(&self) -> PathBuf {
        self.folder.join("wxpay.toml")
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Alone in its folder.
    pub(crate) fn journal(&self) -> PathBuf {
        self.folder.join("disk").join("wxpay-journal.db")
    }

    /// Begins another life: `first` if there is something to do before the threads start, then what is
    /// open to the till, then `jobs`. `dress` may change how the process is started.
    pub(crate) fn live(
        &mut self,
        recoveries: usize,
        jobs: Vec<Job>,
        threads: usize,
        dress: impl FnOnce(Command) -> Command,
    ) -> Life {
        let mut plan = String::new();
        if recoveries > 0 {
            // Writing into a String cannot fail.
            let _ = writeln!(plan, "recover {recoveries}");
            for line in self.unanswered() {
                let _ = writeln!(plan, "{line}");
            }
        }
        for job in &jobs {
            let _ = writeln!(plan, "{}", job.line());
        }
        self.jobs.extend(jobs);
        let number = self.lives.len();
        let file = self.folder.join(format!("plan-{number}"));
        let record = self.folder.join(format!("record-{number}"));
        std::fs::write(&file, plan).unwrap();
        let config = self.config_file();
        let threads = threads.to_string();
        let arguments = [
            config.to_str().unwrap(),
            file.to_str().unwrap(),
            record.to_str().unwrap(),
            &threads,
        ];
        let program = dress(command("tests/c/till.c", &arguments));
        Life {
            till: Till::start(program),
            record,
        }
    }

    /// The life is over; what it has written down is kept.
    pub(crate) fn over(&mut self, life: &Life) {
        self.lives.push(life.record());
    }

    /// A life that ends by itself. Returns its exit code; -1 for a signal.
    pub(crate) fn live_out(
        &mut self,
        recoveries: usize,
        jobs: Vec<Job>,
        dress: impl FnOnce(Command) -> Command,
    ) -> i32 {
        let mut life = self.live(recoveries, jobs, 1, dress);
        let status = life.child().wait().unwrap();
        self.over(&life);
        status.code().unwrap_or(-1)
    }

    pub(crate) fn lines(&self) -> impl Iterator<Item = &Line> {
        self.lives.iter().flatten()
    }

    /// What has been told about a number, in order.
    pub(crate) fn told(&self, of: Book, number: &str) -> Vec<(Call, i32)> {
        let told = self.lines().filter_map(|line| match line {
            Line::Told {
                call,
                book,
                number: about,
                status,
            } if (*book, about.as_str()) == (of, number) => Some((*call, *status)),
            _ => None,
        });
        told.collect()
    }

    /// How often a call about a number was begun.
    pub(crate) fn begun(&self, call: Call, number: &str) -> usize {
        let begun = |line: &&Line| matches!(line, Line::Before(each, about) if (*each, about.as_str()) == (call, number));
        self.lines().filter(begun).count()
    }

    /// What a till asks about when its recovery is over: everything that it has begun and never heard
    /// of again. Half of it by the same call once more.
    fn unanswered(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (place, job) in self.jobs.iter().enumerate() {
            let number = &job.number;
            let silent = |call, book, number: &str| {
                let told = self.told(book, number);
                self.begun(call, number) > 0 && !told.iter().any(is_answer)
            };
            let refund = job.refund();
            if let What::Ride(_) = job.what {
                if silent(Call::Ride, Book::Rides, number) {
                    lines.push(job.line());
                }
            } else if silent(Call::Micropay, Book::Orders, number)
                // Paid with another amount, as far as anybody can tell: asking again changes nothing.
                && (job.scenario != Scenario::QueryWrongAmount
                    || self.told(Book::Orders, number).is_empty())
            {
                let would_die = matches!(
                    job.what,
                    What::DiesWaiting | What::DiesSubmitting | What::DiesReversing
                );
                lines.push(if place % 2 == 0 || would_die {
                    format!("query {number}")
                } else {
                    format!("pay {number} {FEE} {}", job.code)
                });
            } else if silent(Call::Refund, Book::Refunds, &refund) {
                lines.push(format!("back {number} {FEE} {PART}"));
            }
        }
        lines
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot::of(&self.journal())
    }

    /// The last lives: recovers until nothing is open, and asks for whatever it never heard of. Then
    /// everything has to be as it was told.
    pub(crate) fn settle(&mut self) -> Result<(), String> {
        for job in &self.jobs {
            // Nobody else can undo these.
            if matches!(
                job.scenario,
                Scenario::ReverseExpired | Scenario::ReverseTradeError
            ) {
                // There may be no such order, or it has ended.
                let _ = self.shop.simulator.payer(&job.number, PayerAction::Close);
            }
        }
        // Scripted trouble with queries does not last.
        for _ in 0..3 {
            let code = self.live_out(9, Vec::new(), |till| till);
            if code != 0 {
                let lines = self.lives.last();
                return Err(format!("the last till ended with {code}: {lines:?}"));
            }
            if self.unanswered().is_empty() {
                break;
            }
        }
        let last = self.lives.last().into_iter().flatten();
        let mut recovered = last.filter_map(|line| match line {
            Line::Told {
                call: Call::Recover,
                status,
                ..
            } => Some(*status),
            _ => None,
        });
        if recovered.next_back() != Some(OK) {
            return Err("recovering does not come to an end".into());
        }
        rules::settled(self)
    }

    /// The record of all lives about one number, and what the gateway has received of it.
    pub(crate) fn story(&self, number: &str) -> String {
        let mut text = String::new();
        for (life, lines) in self.lives.iter().enumerate() {
            for line in lines {
                let line = format!("{line:?}");
                if line.contains(number) || line.contains("Recover") {
                    let _ = writeln!(text, "life {life}: {line}");
                }
            }
        }
        for request in self.shop.simulator.requests() {
            if request.out_trade_no.as_deref() == Some(number) {
                let _ = writeln!(text, "{request}");
            }
        }
        let ledger = self.shop.simulator.ledger();
        let _ = writeln!(text, "{:?}", ledger.order(number));
        text
    }
}

/// Whether a till need not ask again.
fn is_answer((call, status): &(Call, i32)) -> bool {
    match call {
        Call::Query => [OK, CLOSED, REVERSED, REFUNDED, NOT_FOUND].contains(status),
        _ => ![UNKNOWN, E_BUSY].contains(status),
    }
}

/// A till's day, drawn by lot.
pub(crate) fn jobs(dice: &mut Dice, count: usize, with_refunds: bool) -> Vec<Job> {
    let scenarios: Vec<_> = Scenario::ALL
        .iter()
        .copied()
        .filter(|scenario| !is_somebody_elses(*scenario))
        .collect();
    (0..count)
        .map(|_| {
            let scenario = dice.one_of(&scenarios);
            match dice.below(16) {
                0..=5 => Job::new(What::Pay, scenario),
                6 => Job::new(What::Cancelled, Scenario::PasswordPaid),
                7 => Job::new(What::Cancelled, Scenario::PasswordNever),
                8..=9 => Job::new(What::Task, scenario),
                10..=11 if with_refunds => Job::new(What::Refund, Scenario::Paid),
                10..=13 => Job::new(What::Undo, Scenario::Paid),
                _ => {
                    let scenario = dice.one_of(RideScenario::ALL);
                    Job::new(What::Ride(scenario), Scenario::Paid)
                }
            }
        })
        .collect()
}

/// A till that dies before the first answer cannot tell such an order from its own: numbers have to be
/// unique, see docs/journal.md.
fn is_somebody_elses(scenario: Scenario) -> bool {
    matches!(
        scenario,
        Scenario::OrderPaid | Scenario::OutTradeNoUsed | Scenario::QueryForeign
    )
}
