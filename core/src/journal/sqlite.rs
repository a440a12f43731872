//! The journal in one SQLite file, shared by every client and process that opens it.

mod file;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::{Begin, Book, Entry, Journal, JournalError, Key, Sale, Take};
use crate::clock::Clock;
use crate::config::JournalConfig;
use crate::crypto::digest;
use crate::gateway::Product;
use crate::outcome::{Facts, without_personal_data};
use crate::policy::Phase;
use crate::status::Status;

use file::{connect, prove_writable};

/// A journal file, opened.
pub struct SqliteJournal {
    connection: Mutex<Connection>,
    clock: Arc<dyn Clock>,
    lease: Duration,
    /// What this handle's calls are working on: kept alive by heartbeats.
    held: Mutex<HashSet<Key>>,
    /// Names this handle among all that share the file.
    holder: String,
}

impl SqliteJournal {
    /// Opens the file, or creates it if there is none. A file that is damaged, foreign or newer is
    /// an error; it is never replaced.
    pub fn open(config: &JournalConfig, clock: Arc<dyn Clock>) -> Result<Self, JournalError> {
        let unusable = |why: String| JournalError::Unusable {
            path: config.path.display().to_string(),
            why,
        };
        let connection = connect(&config.path, clock.unix_ms()).map_err(unusable)?;
        Ok(Self {
            connection: Mutex::new(connection),
            clock,
            lease: config.lease,
            held: Mutex::default(),
            holder: digest::random_hex(),
        })
    }

    /// What a full disk does.
    #[cfg(test)]
    pub(super) fn limit_pages(&self, pages: u32) {
        self.lock()
            .pragma_update(None, "max_page_count", pages)
            .unwrap();
    }

    /// What a folder that has become read-only does.
    #[cfg(test)]
    pub(super) fn deny_writing(&self) {
        self.lock().pragma_update(None, "query_only", true).unwrap();
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        // A panic in the middle of a transaction has rolled it back.
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn write<T>(
        &self,
        work: impl FnOnce(&Connection, i64) -> rusqlite::Result<T>,
    ) -> Result<T, JournalError> {
        let connection = self.lock();
        let now = self.clock.unix_ms();
        let transact = || {
            let transaction = Immediate::begin(&connection)?;
            let value = work(&connection, now)?;
            transaction.commit()?;
            Ok(value)
        };
        transact().map_err(storage)
    }

    /// One update of an order that this handle must hold.
    fn update_held(
        &self,
        key: &Key,
        assignments: &str,
        values: &[&dyn rusqlite::ToSql],
    ) -> Result<(), JournalError> {
        let sql = format!(
            "UPDATE {} SET {assignments} WHERE account = ?1 AND number = ?2 AND holder = ?3",
            key.book.table()
        );
        let mut all: Vec<&dyn rusqlite::ToSql> = vec![&key.account, &key.number, &self.holder];
        all.extend_from_slice(values);
        let changed = self.write(|db, _| db.prepare_cached(&sql)?.execute(all.as_slice()))?;
        if changed == 0 {
            Err(JournalError::LeaseLost)
        } else {
            Ok(())
        }
    }

    /// The keys of the numbers that a query finds.
    fn keys(
        &self,
        book: Book,
        account: &str,
        sql: &str,
        values: &[&dyn rusqlite::ToSql],
    ) -> Result<Vec<Key>, JournalError> {
        let read = |db: &Connection| -> rusqlite::Result<Vec<Key>> {
            db.prepare_cached(sql)?
                .query_map(values, |row| {
                    Ok(Key {
                        account: account.to_owned(),
                        book,
                        number: row.get(0)?,
                    })
                })?
                .collect()
        };
        read(&self.lock()).map_err(storage)
    }

    fn lease_until(&self, now: i64) -> i64 {
        now.saturating_add_unsigned(u64::try_from(self.lease.as_millis()).unwrap_or(u64::MAX))
    }

    fn held(&self) -> MutexGuard<'_, HashSet<Key>> {
        // A set of names: every single change leaves it consistent.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers the order as held if `taken`, what a method that takes has found, says so.
    fn keep<T>(&self, key: &Key, taken: T, is_held: impl Fn(&T) -> bool) -> T {
        if is_held(&taken) {
            self.held().insert(key.clone());
        }
        taken
    }

    fn hold(&self, db: &Connection, key: &Key, now: i64) -> rusqlite::Result<()> {
        db.prepare_cached(&format!(
            "UPDATE {} SET holder = ?3, lease_ms = ?4 WHERE account = ?1 AND number = ?2",
            key.book.table()
        ))?
        .execute(params![
            key.account,
            key.number,
            self.holder,
            self.lease_until(now)
        ])?;
        Ok(())
    }
}

impl Journal for SqliteJournal {
    fn begin(&self, sale: &Sale) -> Result<Begin, JournalError> {
        let salt = digest::random_hex();
        let begun = self.write(|db, now| {
            if let Some(found) = lookup(db, &sale.key)? {
                if found.is_held(now, None) {
                    return Ok(Begin::Busy);
                }
                if found.entry.never_happened() {
                    db.prepare_cached(&format!(
                        "DELETE FROM {} WHERE account = ?1 AND number = ?2",
                        sale.key.book.table()
                    ))?
                    .execute(params![sale.key.account, sale.key.number])?;
                } else if !found.is_same_sale(sale) {
                    return Ok(Begin::OtherSale(found.entry));
                } else if found.entry.phase.is_some() {
                    self.hold(db, &sale.key, now)?;
                    return Ok(Begin::Unfinished(found.entry));
                } else {
                    return Ok(Begin::Settled(found.entry));
                }
            }
            db.prepare_cached(&format!(
                "INSERT INTO {} (account, number, gateway, state, salt, fingerprint,
                     sub_mch_id, total_fee, fee_type, attach, begun_ms, submitted_at, holder,
                     lease_ms, product, document)
                 VALUES (?1, ?2, ?3, 'intent', ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
                sale.key.book.table()
            ))?
            .execute(params![
                sale.key.account,
                sale.key.number,
                sale.gateway,
                salt.as_bytes(),
                fingerprint(salt.as_bytes(), &sale.parameters),
                sale.sub_mch_id,
                sale.total_fee,
                sale.fee_type,
                sale.attach,
                now,
                sale.submitted_at,
                self.holder,
                self.lease_until(now),
                product_name(sale.product),
                sale.document.clone().map(|document| Value::Object(document).to_string()),
            ])?;
            Ok(Begin::Started)
        })?;
        Ok(self.keep(&sale.key, begun, |begun| {
            matches!(begun, Begin::Started | Begin::Unfinished(_))
        }))
    }

    fn take(&self, key: &Key, silent: Option<i64>) -> Result<Take, JournalError> {
        let taken = self.write(|db, now| {
            let Some(found) = lookup(db, key)? else {
                return Ok(Take::Absent);
            };
            if found.is_held(now, silent) {
                return Ok(Take::Busy(found.entry));
            }
            self.hold(db, key, now)?;
            Ok(Take::Taken(found.entry))
        })?;
        Ok(self.keep(key, taken, |taken| matches!(taken, Take::Taken(_))))
    }

    fn adopt(&self, key: &Key, gateway: &str) -> Result<Take, JournalError> {
        let taken = self.write(|db, now| {
            if let Some(found) = lookup(db, key)? {
                return Ok(Take::Busy(found.entry));
            }
            db.prepare_cached(
                "INSERT INTO orders
                     (account, number, gateway, state, begun_ms, holder, lease_ms, by_till)
                 VALUES (?1, ?2, ?3, 'reversing', ?4, ?5, ?6, 1)",
            )?
            .execute(params![
                key.account,
                key.number,
                gateway,
                now,
                self.holder,
                self.lease_until(now),
            ])?;
            Ok(match lookup(db, key)? {
                Some(found) => Take::Taken(found.entry),
                None => Take::Absent,
            })
        })?;
        Ok(self.keep(key, taken, |taken| matches!(taken, Take::Taken(_))))
    }

    fn record(
        &self,
        key: &Key,
        phase: Phase,
        submitted_at: Option<i64>,
        by_till: bool,
    ) -> Result<(), JournalError> {
        self.update_held(
            key,
            "state = ?4, submitted_at = coalesce(?5, submitted_at), by_till = max(by_till, ?6),
             status = NULL, facts = NULL",
            &[&phase_name(phase), &submitted_at, &by_till],
        )
    }

    fn settle(
        &self,
        key: &Key,
        status: Status,
        facts: &Facts,
        returned: bool,
    ) -> Result<(), JournalError> {
        let state = if returned { "returned" } else { "final" };
        self.held().remove(key);
        let facts = serde_json::to_string(&Kept(facts))
            .map_err(|error| JournalError::Storage(error.into()))?;
        self.update_held(
            key,
            "state = ?4, status = ?5, facts = ?6, holder = NULL, lease_ms = NULL",
            &[&state, &status.code(), &facts],
        )
    }

    fn release(&self, key: &Key) -> Result<(), JournalError> {
        self.held().remove(key);
        self.update_held(key, "holder = NULL, lease_ms = NULL", &[])
    }

    fn mark_returned(&self, key: &Key) -> Result<(), JournalError> {
        self.write(|db, _| {
            db.prepare_cached(&format!(
                "UPDATE {} SET state = 'returned'
                 WHERE account = ?1 AND number = ?2 AND state = 'final'",
                key.book.table()
            ))?
            .execute(params![key.account, key.number])
        })?;
        Ok(())
    }

    fn find(&self, key: &Key) -> Result<Option<Entry>, JournalError> {
        Ok(lookup(&self.lock(), key)
            .map_err(storage)?
            .map(|found| found.entry))
    }

    fn pending(&self, book: Book, account: &str) -> Result<Vec<Key>, JournalError> {
        let sql = format!(
            "SELECT number FROM {}
             WHERE account = ?1 AND (state <> 'returned' OR holder IS NOT NULL)
             ORDER BY begun_ms, number",
            book.table()
        );
        self.keys(book, account, &sql, &[&account])
    }

    fn with_attach(
        &self,
        book: Book,
        account: &str,
        attach: &str,
    ) -> Result<Vec<Key>, JournalError> {
        let sql = format!(
            "SELECT number FROM {} WHERE account = ?1 AND attach = ?2 LIMIT 2",
            book.table()
        );
        self.keys(book, account, &sql, &[&account, &attach])
    }

    fn heartbeat(&self) -> Result<(), JournalError> {
        let held: Vec<_> = self.held().iter().cloned().collect();
        if held.is_empty() {
            return Ok(());
        }
        self.write(|db, now| {
            for key in &held {
                let until = self.lease_until(now);
                db.prepare_cached(&format!(
                    "UPDATE {} SET lease_ms = ?4
                     WHERE account = ?1 AND number = ?2 AND holder = ?3",
                    key.book.table()
                ))?
                .execute(params![key.account, key.number, self.holder, until])?;
            }
            Ok(())
        })
    }

    fn lease(&self) -> Duration {
        self.lease
    }

    fn check(&self) -> Result<(), JournalError> {
        self.write(|db, _| prove_writable(db))
    }
}

/// A transaction that writes, rolled back unless it is committed. As rusqlite's own, but its statements
/// are kept: there are two of these in every payment.
struct Immediate<'a>(&'a Connection);

impl<'a> Immediate<'a> {
    fn begin(connection: &'a Connection) -> rusqlite::Result<Self> {
        run(connection, "BEGIN IMMEDIATE")?;
        Ok(Self(connection))
    }

    fn commit(self) -> rusqlite::Result<()> {
        run(self.0, "COMMIT")
    }
}

impl Drop for Immediate<'_> {
    fn drop(&mut self) {
        if !self.0.is_autocommit() {
            // What fails here is rolled back by whoever opens the file next.
            let _ = run(self.0, "ROLLBACK");
        }
    }
}

fn run(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(drop)
}

/// Facts as they are written.
struct Kept<'a>(&'a Facts);

impl Serialize for Kept<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(without_personal_data(self.0))
    }
}

/// A row.
struct Found {
    entry: Entry,
    salt: Option<Vec<u8>>,
    fingerprint: Option<Vec<u8>>,
}

impl Found {
    fn is_held(&self, now: i64, silent: Option<i64>) -> bool {
        let lease = self.entry.lease_ms;
        lease.is_some_and(|until| until > now) && lease != silent
    }

    fn is_same_sale(&self, sale: &Sale) -> bool {
        match (&self.salt, &self.fingerprint) {
            (Some(salt), Some(have)) => *have == fingerprint(salt, &sale.parameters),
            _ => false,
        }
    }
}

fn lookup(db: &Connection, key: &Key) -> rusqlite::Result<Option<Found>> {
    db.prepare_cached(&format!(
        "SELECT gateway, state, salt, fingerprint, sub_mch_id, total_fee, fee_type, attach,
                begun_ms, submitted_at, status, facts, lease_ms, by_till, product, document
         FROM {} WHERE account = ?1 AND number = ?2",
        key.book.table()
    ))?
    .query_row(params![key.account, key.number], |row| read_row(key, row))
    .optional()
}

fn read_row(key: &Key, row: &Row<'_>) -> rusqlite::Result<Found> {
    let state: String = row.get("state")?;
    let phase = match state.as_str() {
        "intent" => Some(Phase::Intent),
        "waiting" => Some(Phase::Waiting),
        "reversing" => Some(Phase::Reversing),
        _ => None,
    };
    let status: Option<i32> = row.get("status")?;
    let object = |name| -> rusqlite::Result<Option<Facts>> {
        let text: Option<String> = row.get(name)?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
    };
    let facts = object("facts")?.unwrap_or_default();
    let product: String = row.get("product")?;
    Ok(Found {
        entry: Entry {
            key: key.clone(),
            product: if product == product_name(Product::Prepay) {
                Product::Prepay
            } else {
                Product::CodePayment
            },
            document: object("document")?,
            gateway: row.get("gateway")?,
            phase,
            returned: state == "returned",
            sub_mch_id: row.get("sub_mch_id")?,
            total_fee: row.get("total_fee")?,
            fee_type: row.get("fee_type")?,
            attach: row.get("attach")?,
            submitted_at: row.get("submitted_at")?,
            begun_ms: row.get("begun_ms")?,
            by_till: row.get("by_till")?,
            outcome: status
                .and_then(Status::from_code)
                .map(|status| (status, facts)),
            lease_ms: row.get("lease_ms")?,
        },
        salt: row.get("salt")?,
        fingerprint: row.get("fingerprint")?,
    })
}

impl Book {
    fn table(self) -> &'static str {
        match self {
            Self::Orders => "orders",
            Self::Refunds => "refunds",
            Self::Rides => "rides",
        }
    }
}

fn product_name(product: Product) -> &'static str {
    match product {
        Product::CodePayment => "code_payment",
        Product::Prepay => "prepay",
    }
}

fn phase_name(phase: Phase) -> &'static str {
    match phase {
        Phase::Intent => "intent",
        Phase::Waiting => "waiting",
        Phase::Reversing => "reversing",
    }
}

fn fingerprint(salt: &[u8], parameters: &[u8]) -> Vec<u8> {
    digest::sha256(&[salt, parameters].concat()).to_vec()
}

fn storage(error: rusqlite::Error) -> JournalError {
    JournalError::Storage(Box::new(error))
}
