//! The journal as it lies on the disk, read from a copy: whoever opens the file itself repairs it.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::record::Book;

/// The states of all numbers.
#[derive(Default)]
pub(crate) struct Snapshot {
    rows: HashMap<(&'static str, String), String>,
}

const BOOKS: [(&str, Book); 3] = [
    ("orders", Book::Orders),
    ("refunds", Book::Refunds),
    ("rides", Book::Rides),
];

impl Snapshot {
    /// Of a file that nobody has open; empty if there is none.
    pub(crate) fn of(path: &Path) -> Self {
        let mut snapshot = Self::default();
        if !path.exists() {
            return snapshot;
        }
        let folder = tempfile::tempdir().unwrap();
        let copy = copy(path, folder.path());
        let db = Connection::open(copy).unwrap();
        for (table, _) in BOOKS {
            let mut rows = db
                .prepare(&format!("SELECT number, state FROM {table}"))
                .unwrap();
            let rows = rows
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
                .unwrap();
            for row in rows {
                let (number, state): (String, String) = row.unwrap();
                snapshot.rows.insert((table, number), state);
            }
        }
        snapshot
    }

    pub(crate) fn state(&self, book: Book, number: &str) -> Option<&str> {
        let (table, _) = BOOKS.into_iter().find(|(_, each)| *each == book)?;
        self.rows
            .get(&(table, number.to_owned()))
            .map(String::as_str)
    }

    /// How many numbers are in each state.
    pub(crate) fn histogram(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for state in self.rows.values() {
            *counts.entry(state.clone()).or_default() += 1;
        }
        counts
    }

    /// The numbers of a book that a recovery has to settle or to tell.
    pub(crate) fn unsettled(&self, book: Book) -> Vec<(&str, &str)> {
        self.rows
            .iter()
            .filter(|((table, _), state)| BOOKS.contains(&(*table, book)) && *state != "returned")
            .map(|((_, number), state)| (number.as_str(), state.as_str()))
            .collect()
    }
}

/// The main file and the log beside it, as a copy in `folder`. The third file is memory.
pub(crate) fn copy(path: &Path, folder: &Path) -> PathBuf {
    let name = path.file_name().unwrap();
    let copy = folder.join(name);
    fs::copy(path, &copy).unwrap();
    let log = beside(path, "-wal");
    if log.exists() {
        fs::copy(log, beside(&copy, "-wal")).unwrap();
    }
    copy
}

pub(crate) fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}
