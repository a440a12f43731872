//! Torn files: whatever has become of the bytes, opening gives an error or the journal as it was.
//!
//! SQLite keeps checksums of its log, not of the main file. So what is in the log counts up to the first
//! byte that is wrong, and damage to the main file is found where it breaks the structure, the order of
//! the keys, or the agreement of tables and indices.

use super::*;

const PAGE: usize = 4096;
/// See SQLite's file format.
const LOG_HEADER: usize = 32;
const FRAME: usize = 24 + PAGE;
const BOOKS: [Book; 3] = [Book::Orders, Book::Refunds, Book::Rides];

/// The main file and the log beside it.
#[derive(Clone, PartialEq)]
struct Files {
    main: Vec<u8>,
    log: Vec<u8>,
}

/// All that a journal can say.
#[derive(Debug, PartialEq)]
struct Content {
    entries: Vec<Option<Entry>>,
    pending: Vec<Vec<Key>>,
}

fn numbered(book: Book, number: usize) -> Key {
    Key {
        book,
        ..key(&format!("{number:04}"))
    }
}

fn everything() -> impl Iterator<Item = Key> {
    BOOKS
        .into_iter()
        .flat_map(|book| (0..80).map(move |number| numbered(book, number)))
}

/// Takes each number a few steps on its way, and leaves some of them anywhere on it.
fn fill(journal: &SqliteJournal, numbers: impl Iterator<Item = usize>) {
    for number in numbers {
        for book in BOOKS {
            let key = numbered(book, number);
            let sale = Sale {
                key: key.clone(),
                attach: Some(format!("till {number}")),
                document: Some(facts("of a refund")),
                ..sale("", "p")
            };
            journal.begin(&sale).unwrap();
            if number % 9 == 1 {
                continue;
            }
            journal
                .record(&key, Phase::Waiting, Some(1), false)
                .unwrap();
            match number % 9 {
                2 => {}
                3 => journal.record(&key, Phase::Reversing, None, true).unwrap(),
                4 => journal.release(&key).unwrap(),
                rest => {
                    let status = if rest % 2 == 0 {
                        Status::Ok
                    } else {
                        Status::Declined
                    };
                    let id = format!("{number}");
                    journal
                        .settle(&key, status, &facts(&id), rest != 5)
                        .unwrap();
                }
            }
        }
    }
}

impl Files {
    fn of(path: &Path) -> Self {
        Self {
            main: std::fs::read(path).unwrap(),
            log: std::fs::read(log(path)).unwrap_or_default(),
        }
    }

    /// Where frames end that end a transaction, of the log's own frames.
    fn commits(&self) -> Vec<usize> {
        let salts = &self.log[16..24];
        let frames = self.log[LOG_HEADER..].chunks_exact(FRAME).enumerate();
        frames
            .take_while(|(_, frame)| frame[8..16] == *salts)
            .filter(|(_, frame)| frame[4..8] != [0; 4])
            .map(|(place, _)| LOG_HEADER + (place + 1) * FRAME)
            .collect()
    }

    fn pages(&self) -> usize {
        self.main.len() / PAGE
    }

    fn with_page(&self, page: usize, bytes: &[u8]) -> Self {
        let mut files = self.clone();
        files.main[page * PAGE..][..bytes.len()].copy_from_slice(bytes);
        files
    }

    fn page(&self, page: usize) -> &[u8] {
        &self.main[page * PAGE..][..PAGE]
    }

    fn with_log(&self, log: &[u8]) -> Self {
        Self {
            log: log.to_vec(),
            ..self.clone()
        }
    }
}

fn log(path: &Path) -> std::path::PathBuf {
    path.with_file_name("journal.db-wal")
}

/// What a journal of these files says, or why it cannot be used. A refused file is left as it is.
fn read(files: &Files) -> Result<Content, String> {
    let bench = Bench::new();
    std::fs::write(bench.path(), &files.main).unwrap();
    if !files.log.is_empty() {
        std::fs::write(log(&bench.path()), &files.log).unwrap();
    }
    let journal = match bench.try_open() {
        Ok(journal) => journal,
        Err(error) => {
            let left = Files::of(&bench.path());
            assert!(left == *files, "it was touched: {error}");
            return Err(error.to_string());
        }
    };
    let content = || -> Result<Content, JournalError> {
        Ok(Content {
            entries: everything()
                .map(|key| journal.find(&key))
                .collect::<Result<_, _>>()?,
            pending: BOOKS
                .into_iter()
                .map(|book| journal.pending(book, "wechat:10000100"))
                .collect::<Result<_, _>>()?,
        })
    };
    content().map_err(|error| error.to_string())
}

/// With everything in the main file.
fn at_rest() -> Files {
    let bench = Bench::new();
    fill(&bench.open(), 0..80);
    let files = Files::of(&bench.path());
    assert!(
        files.log.is_empty() && files.pages() > 20,
        "{}",
        files.pages()
    );
    files
}

/// As a process leaves it that was killed: half of it in the log.
fn in_use() -> Files {
    let bench = Bench::new();
    fill(&bench.open(), 0..60);
    let journal = bench.open();
    fill(&journal, 60..65);
    let files = Files::of(&bench.path());
    assert!(files.commits().len() > 30);
    files
}

/// Bytes that mean nothing.
fn noise(seed: usize, length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_u32 ^ u32::try_from(seed).unwrap().wrapping_mul(2_654_435_761);
    let mut byte = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[1]
    };
    (0..length).map(|_| byte()).collect()
}

/// Plays what can happen to a file: each must be refused, or read as if it had not happened.
fn damaged(intact: &Files, happened: impl Iterator<Item = (String, Files)>) {
    let truth = read(intact).unwrap();
    let (mut refused, mut accepted) = (0, 0);
    for (what, files) in happened {
        match read(&files) {
            Ok(content) => {
                assert!(content == truth, "{what}: it is read as another journal");
                accepted += 1;
            }
            Err(why) => {
                assert!(!why.is_empty(), "{what}");
                refused += 1;
            }
        }
    }
    println!("{refused} refused, {accepted} without harm");
    assert!(refused > 0);
}

#[test]
fn a_file_that_ends_early_anywhere_is_refused() {
    let intact = at_rest();
    let odd = [1, 2, 16, 99, 100, 101, 511, 513];
    let ends = (0..intact.pages())
        .flat_map(|page| [page * PAGE, page * PAGE + 1, page * PAGE + PAGE / 2])
        .chain(odd)
        .chain([intact.main.len() - 1]);
    for end in ends {
        let files = Files {
            main: intact.main[..end].to_vec(),
            log: Vec::new(),
        };
        let refusal = read(&files).unwrap_err();
        assert!(refusal.contains("damaged"), "{end}: {refusal}");
    }
}

#[test]
fn a_page_of_zeros_or_noise_is_refused() {
    let intact = at_rest();
    let pages = (0..intact.pages()).flat_map(|page| {
        let whole = [
            ("zeros", vec![0; PAGE]),
            ("ones", vec![0xff; PAGE]),
            ("noise", noise(page, PAGE)),
        ];
        let sector = [
            ("zeros in front of", vec![0; 512]),
            ("noise in front of", noise(page, 512)),
        ];
        whole.into_iter().chain(sector).map({
            let intact = &intact;
            move |(what, bytes)| {
                (
                    format!("{what} page {page}"),
                    intact.with_page(page, &bytes),
                )
            }
        })
    });
    damaged(&intact, pages);
}

#[test]
fn a_page_in_another_pages_place_is_refused() {
    let intact = at_rest();
    let places = (0..intact.pages())
        .flat_map(|to| (0..intact.pages()).map(move |from| (to, from)))
        .filter(|(to, from)| to != from);
    let pages = places.map(|(to, from)| {
        let what = format!("page {from} in the place of {to}");
        (what, intact.with_page(to, intact.page(from)))
    });
    damaged(&intact, pages);
}

#[test]
fn a_log_counts_up_to_its_first_wrong_byte() {
    let intact = in_use();
    let commits = intact.commits();
    let states: Vec<_> = std::iter::once(0)
        .chain(commits.iter().copied())
        .map(|end| (end, read(&intact.with_log(&intact.log[..end])).unwrap()))
        .collect();
    // What was committed by then, and nothing of what came later.
    let until = |wrong: usize| {
        let mut whole = states.iter().filter(|(end, _)| *end <= wrong);
        &whole.next_back().unwrap().1
    };
    let check = |what: &str, wrong: usize, log: &[u8]| match read(&intact.with_log(log)) {
        Ok(content) => assert!(content == *until(wrong), "{what} {wrong}: another journal"),
        // A main file without its log may be half a change: then it is refused.
        Err(why) => assert!(why.contains("damaged"), "{what} {wrong}: {why}"),
    };
    let frames = (intact.log.len() - LOG_HEADER) / FRAME;
    for frame in 0..frames {
        let start = LOG_HEADER + frame * FRAME;
        for end in [start, start + 1, start + 24, start + FRAME / 2] {
            check("cut at", end, &intact.log[..end]);
        }
        for (offset, length) in [(0, 4), (8, 8), (16, 8), (24, 512), (24, PAGE), (0, FRAME)] {
            let mut log = intact.log.clone();
            let wrong = start + offset;
            log[wrong..wrong + length].copy_from_slice(&noise(frame, length));
            check("noise at", wrong, &log);
        }
        let mut log = intact.log.clone();
        log[start + 24..start + FRAME].fill(0);
        check("zeros at", start + 24, &log);
    }
    for place in 0..LOG_HEADER {
        let mut log = intact.log.clone();
        log[place] ^= 0x10;
        check("header", place, &log);
    }
    check("noise", 0, &noise(1, intact.log.len()));
}

#[test]
fn a_file_of_an_earlier_day_beside_the_log_of_a_later_one_is_refused() {
    let later = in_use();
    let bench = Bench::new();
    fill(&bench.open(), 0..30);
    let earlier = Files::of(&bench.path());
    let refusal = read(&earlier.with_log(&later.log)).unwrap_err();
    assert!(refusal.contains("damaged"), "{refusal}");
}

#[test]
fn the_shared_memory_beside_it_does_not_matter() {
    let intact = in_use();
    let truth = read(&intact).unwrap();
    for length in [0, 1, 100, 32_768, 65_536] {
        for fill in [vec![0; length], noise(length, length)] {
            let bench = Bench::new();
            std::fs::write(bench.path(), &intact.main).unwrap();
            std::fs::write(log(&bench.path()), &intact.log).unwrap();
            std::fs::write(bench.path().with_file_name("journal.db-shm"), fill).unwrap();
            let journal = bench.open();
            for (book, expected) in BOOKS.into_iter().zip(&truth.pending) {
                let pending = journal.pending(book, "wechat:10000100").unwrap();
                assert_eq!(pending, *expected);
            }
        }
    }
}

#[test]
fn a_changed_byte_anywhere_breaks_nothing_but_the_journal() {
    let intact = at_rest();
    let truth = read(&intact).unwrap();
    let (mut refused, mut other) = (0, 0);
    for place in (0..intact.main.len()).step_by(257) {
        let mut files = intact.clone();
        files.main[place] ^= 1 << (place % 8);
        match read(&files) {
            Ok(content) if content == truth => {}
            Ok(_) => other += 1,
            Err(_) => refused += 1,
        }
    }
    println!("{refused} refused, {other} read otherwise");
    assert!(refused > 0);
}
