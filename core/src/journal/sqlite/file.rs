//! The file: its schema, how it is made, and what makes it unusable.

use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use crate::clock::{Clock, SystemClock};
use crate::crypto::digest;
use crate::signal::Signal;

// For a list, `state IN (...)`, SQLite would build a table of its own at each write.
macro_rules! table {
    ($name:literal) => {
        concat!(
            "CREATE TABLE ",
            $name,
            " (
                account       TEXT    NOT NULL,
                number        TEXT    NOT NULL,
                gateway       TEXT    NOT NULL,
                state         TEXT    NOT NULL
                    CHECK (state = 'intent' OR state = 'waiting' OR state = 'reversing'
                        OR state = 'final' OR state = 'returned'),
                salt          BLOB,
                fingerprint   BLOB,
                sub_mch_id    TEXT,
                total_fee     INTEGER,
                fee_type      TEXT,
                attach        TEXT,
                begun_ms      INTEGER NOT NULL,
                submitted_at  INTEGER,
                status        INTEGER,
                facts         TEXT,
                holder        TEXT,
                lease_ms      INTEGER,
                by_till       INTEGER NOT NULL DEFAULT 0,
                product       TEXT    NOT NULL DEFAULT 'code_payment',
                document      TEXT,
                PRIMARY KEY (account, number)
            ) STRICT;
            CREATE INDEX ",
            $name,
            "_pending ON ",
            $name,
            " (account, begun_ms) WHERE state <> 'returned' OR holder IS NOT NULL;"
        )
    };
}

/// `wxpj`, so that another program's database is never taken for a journal.
const APPLICATION_ID: i32 = 0x7778_706a;
const SCHEMA_VERSION: i32 = 3;

/// Rides are found by their `attach`, too: their callbacks may name them by nothing else.
macro_rules! rides {
    () => {
        concat!(
            table!("rides"),
            "CREATE INDEX rides_attach ON rides (account, attach);"
        )
    };
}

/// The tables differ in what their numbers are numbers of, see [`super::super::Book`].
const SCHEMA: &str = concat!(table!("orders"), table!("refunds"), rides!());
/// From version 1, which knew code payments only.
const FROM_1: &str = concat!(
    "ALTER TABLE orders RENAME COLUMN out_trade_no TO number;
     ALTER TABLE orders ADD COLUMN product TEXT NOT NULL DEFAULT 'code_payment';
     ALTER TABLE orders ADD COLUMN document TEXT;",
    table!("refunds"),
);
/// From version 2, which knew no rides.
const FROM_2: &str = rides!();
/// See SQLite's file format.
const SMALLEST_PAGE: u64 = 512;
/// How long another process may hold the write lock before a call gives up.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);
/// Between two looks whether it is free. SQLite's own waiting ends up looking ten times a second, and
/// misses the gaps between the writes of busy tills for seconds on end.
const LOCK_PAUSE: Duration = Duration::from_millis(2);
/// What a connection keeps of the file in memory, in pages of 4 KiB.
const CACHED_PAGES: i32 = 64;
/// Settled orders are forgotten after this; the gateway itself refuses a number used twice.
const RETENTION_MS: i64 = 30 * 24 * 3600 * 1000;

/// Opens, creates, checks and prunes; the error says what is wrong and the remedy.
pub(super) fn connect(path: &Path, now: i64) -> Result<Connection, String> {
    if !path.exists() {
        create(path)?;
    }
    // What is shorter than any page is an empty database to SQLite.
    if length(path).is_some_and(|length| length < SMALLEST_PAGE) {
        let why = "it is empty or cut short, so it is damaged; delete it only if it never held an \
                   order";
        return Err(why.into());
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).map_err(describe)?;
    let open = |connection: &mut Connection| -> rusqlite::Result<Result<(), String>> {
        connection.busy_handler(Some(wait_for_lock()))?;
        // A damaged file is left as it is: closing must not write the log into it.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        if let Err(why) = check(connection, path)? {
            return Ok(Err(why));
        }
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        // A call looks at a handful of pages. The check has read all of them: they are let go.
        connection.pragma_update(None, "cache_size", CACHED_PAGES)?;
        take_over(connection, now)?;
        Ok(Ok(()))
    };
    open(&mut connection).map_err(describe)??;
    Ok(connection)
}

/// Whether to look once more, after a pause, by the number of looks so far.
fn wait_for_lock() -> impl FnMut(i32) -> bool + Send + 'static {
    let (clock, nobody) = (SystemClock::new(), Signal::new());
    let mut end = clock.now();
    move |looks| {
        let now = clock.now();
        if looks == 0 {
            end = now + LOCK_TIMEOUT;
        }
        clock.wait(now + LOCK_PAUSE, &nobody, true);
        now < end
    }
}

/// What is wrong with the file, and the remedy.
fn describe(error: rusqlite::Error) -> String {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => format!(
            "it is damaged ({error}); restore it from a backup, or move it away after settling its \
             open orders by hand"
        ),
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            format!(
                "it cannot be written ({error}); give this user write access to it and its folder"
            )
        }
        Some(ErrorCode::CannotOpen) => {
            format!(
                "it cannot be opened ({error}); check that its folder exists and may be written"
            )
        }
        Some(ErrorCode::DatabaseBusy) => format!(
            "another program has kept it locked for {LOCK_TIMEOUT:?} ({error}); look for a backup or an \
             editor that has it open"
        ),
        Some(ErrorCode::DiskFull) => format!("the disk is full ({error})"),
        _ => error.to_string(),
    }
}

/// Makes the file elsewhere and moves it into place whole, so that nobody ever sees half a journal
/// and an empty file always means damage.
fn create(path: &Path) -> Result<(), String> {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}", digest::random_hex()));
    let draft = Path::new(&name);
    let build = || -> rusqlite::Result<()> {
        let connection = Connection::open(draft)?;
        connection.execute_batch(SCHEMA)?;
        connection.pragma_update(None, "application_id", APPLICATION_ID)?;
        connection.pragma_update(None, "user_version", SCHEMA_VERSION)?;
        connection.close().map_err(|(_, error)| error)
    };
    let placed = build()
        .map_err(describe)
        .and_then(|()| place(draft, path, |from, to| std::fs::hard_link(from, to)));
    // Gone already where it was renamed; where it stays behind it does no harm.
    let _ = std::fs::remove_file(draft);
    placed
}

/// A link never replaces what another process has put there meanwhile. Not every file system has them.
fn place(
    draft: &Path,
    path: &Path,
    link: impl Fn(&Path, &Path) -> std::io::Result<()>,
) -> Result<(), String> {
    match link(draft, path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists && !path.exists() => {
            std::fs::rename(draft, path).map_err(|error| error.to_string())
        }
        _ => Ok(()),
    }
}

/// Brings an older file up to date and prunes it, whole or not at all. Two processes may open it at once.
fn take_over(connection: &mut Connection, now: i64) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version = version(&transaction)?;
    for (from, steps) in [(1, FROM_1), (2, FROM_2)] {
        if version <= from {
            transaction.execute_batch(steps)?;
        }
    }
    for table in ["orders", "refunds", "rides"] {
        transaction.execute(
            &format!(
                "DELETE FROM {table}
                 WHERE state = 'returned' AND holder IS NULL AND begun_ms < ?1"
            ),
            [now - RETENTION_MS],
        )?;
    }
    // Proves that the file can be written, also when there is nothing to change.
    transaction.pragma_update(None, "user_version", version.max(SCHEMA_VERSION))?;
    transaction.commit()
}

/// Proves that the file can be written and changes nothing: a newer wxpay may have taken it over since it
/// was opened, and must find its own version.
pub(super) fn prove_writable(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "user_version", version(connection)?)
}

fn version(connection: &Connection) -> rusqlite::Result<i32> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

fn check(connection: &Connection, path: &Path) -> rusqlite::Result<Result<(), String>> {
    let damaged = |why: &str| {
        Ok(Err(format!(
            "it is damaged ({why}); restore it from a backup, or move it away after settling its \
             open orders by hand"
        )))
    };
    // With a log beside it the end may be half written, and what is missing is in the log.
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    if length(Path::new(&log)).unwrap_or(0) == 0 {
        let page: u32 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
        if length(path).is_some_and(|length| length % u64::from(page) != 0) {
            return damaged("its last page is cut short");
        }
    }
    let application: i32 =
        connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if application != APPLICATION_ID {
        return Ok(Err(
            "it is a database of another program; choose another journal.path".into(),
        ));
    }
    let version = version(connection)?;
    if version > SCHEMA_VERSION {
        return Ok(Err(format!(
            "it was written by a newer wxpay (journal version {version}, this one knows \
             {SCHEMA_VERSION}); install that version"
        )));
    }
    // Not the quick one: what is open is found by an index, which has to agree with its table.
    let verdict: String =
        connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if verdict != "ok" {
        return damaged(&verdict);
    }
    Ok(Ok(()))
}

fn length(path: &Path) -> Option<u64> {
    std::fs::metadata(path).ok().map(|file| file.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::ffi;

    #[test]
    fn what_sqlite_refuses_is_told_with_its_remedy() {
        for (code, remedy) in [
            (ffi::SQLITE_NOTADB, "restore it from a backup"),
            (ffi::SQLITE_CORRUPT, "restore it from a backup"),
            (ffi::SQLITE_READONLY, "give this user write access"),
            (ffi::SQLITE_PERM, "give this user write access"),
            (ffi::SQLITE_CANTOPEN, "check that its folder exists"),
            (ffi::SQLITE_FULL, "the disk is full"),
            (
                ffi::SQLITE_BUSY,
                "locked for 5s (Error code 5: database is locked); look for a backup",
            ),
            (ffi::SQLITE_IOERR, "disk I/O error"),
        ] {
            let text = describe(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None));
            assert!(text.contains(remedy), "{code}: {text}");
        }
    }

    #[test]
    fn a_new_file_comes_into_place_with_links_and_without_and_replaces_nothing() {
        let no_links = |_: &Path, _: &Path| Err(ErrorKind::Unsupported.into());
        let link = |from: &Path, to: &Path| std::fs::hard_link(from, to);
        // What lies there already, whether a link notices that, and what lies there afterwards.
        for (before, links, after) in [
            (None, true, "ours"),
            (None, false, "ours"),
            (Some("theirs"), true, "theirs"),
            (Some("theirs"), false, "theirs"),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let (draft, path) = (folder.path().join("draft"), folder.path().join("journal"));
            std::fs::write(&draft, "ours").unwrap();
            if let Some(before) = before {
                std::fs::write(&path, before).unwrap();
            }
            match links {
                true => place(&draft, &path, link).unwrap(),
                false => place(&draft, &path, no_links).unwrap(),
            }
            assert_eq!(std::fs::read_to_string(&path).unwrap(), after, "{links}");
        }
        // Gone before anybody could look, so that a rename would replace what comes next.
        let folder = tempfile::tempdir().unwrap();
        let (draft, path) = (folder.path().join("draft"), folder.path().join("journal"));
        std::fs::write(&draft, "ours").unwrap();
        let seen = |_: &Path, _: &Path| Err(ErrorKind::AlreadyExists.into());
        place(&draft, &path, seen).unwrap();
        assert!(!path.exists());
    }
}
