//! What a till has written down: what it was about to ask, and what it was told.

use std::path::Path;

/// Of which book a number is a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Book {
    Orders,
    Refunds,
    Rides,
}

/// What is told, and by what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    Micropay,
    Query,
    Reverse,
    Refund,
    Ride,
    Recover,
    /// By a recovery.
    Listed,
}

/// A line of the record.
#[derive(Clone, Debug)]
pub(crate) enum Line {
    Opened(i32),
    Before(Call, String),
    Told {
        call: Call,
        book: Book,
        number: String,
        status: i32,
    },
    Note,
    Closed,
}

/// Reads the record that a life has left; a last line without an end was never written.
pub(crate) fn read(path: &Path) -> Vec<Line> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let Some(end) = text.rfind('\n') else {
        return Vec::new();
    };
    text[..end].lines().map(line).collect()
}

fn line(text: &str) -> Line {
    let words: Vec<&str> = text.split(' ').collect();
    let status = |place: usize| {
        let word = words.get(place).copied().unwrap_or_default();
        word.parse().unwrap_or_else(|_| panic!("{text:?}"))
    };
    let told = |call, book| Line::Told {
        call,
        book,
        number: words[2].to_owned(),
        status: status(3),
    };
    match (words[0], words[1]) {
        ("opened", _) => Line::Opened(status(2)),
        ("before", name) => Line::Before(call(name).0, words[2].to_owned()),
        ("after", name) => {
            let (call, book) = call(name);
            told(call, book)
        }
        ("listed", "order") => told(Call::Listed, Book::Orders),
        ("listed", "refund") => told(Call::Listed, Book::Refunds),
        ("listed", _) => told(Call::Listed, Book::Rides),
        ("closed", _) => Line::Closed,
        _ => Line::Note,
    }
}

fn call(name: &str) -> (Call, Book) {
    match name {
        "micropay" => (Call::Micropay, Book::Orders),
        "query" => (Call::Query, Book::Orders),
        "reverse" => (Call::Reverse, Book::Orders),
        "refund" => (Call::Refund, Book::Refunds),
        "ride_pay" => (Call::Ride, Book::Rides),
        "recover" => (Call::Recover, Book::Orders),
        _ => panic!("{name:?} is no call of a till"),
    }
}
