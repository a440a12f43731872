//! A journal in memory: the rules of the SQLite one without its disk. That the two are equal is what
//! `tests/journals.rs` shows.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use wxpay_core::clock::Clock;
use wxpay_core::gateway::Product;
use wxpay_core::journal::{Begin, Book, Entry, Journal, JournalError, Key, Sale, Take};
use wxpay_core::outcome::{Facts, without_personal_data};
use wxpay_core::policy::Phase;
use wxpay_core::status::Status;

/// What survives when a process dies: the file, so to say.
#[derive(Default)]
pub struct MemoryStore {
    rows: Mutex<BTreeMap<(u8, String, String), Stored>>,
    handles: AtomicU64,
    full: AtomicBool,
}

impl MemoryStore {
    /// What a full disk does: nothing can be written.
    pub fn set_full(&self, full: bool) {
        self.full.store(full, Ordering::Relaxed);
    }
}

#[derive(Clone)]
struct Stored {
    entry: Entry,
    /// What the till asked for; an adopted number has none.
    parameters: Option<Vec<u8>>,
    holder: Option<u64>,
}

/// One handle on it, as a process has one.
pub struct MemoryJournal {
    store: Arc<MemoryStore>,
    clock: Arc<dyn Clock>,
    lease: Duration,
    held: Mutex<HashSet<Key>>,
    holder: u64,
}

impl MemoryJournal {
    /// Opens the store. It never forgets, where the file forgets after 30 days.
    pub fn open(store: &Arc<MemoryStore>, clock: Arc<dyn Clock>, lease: Duration) -> Self {
        Self {
            store: Arc::clone(store),
            clock,
            lease,
            held: Mutex::default(),
            holder: store.handles.fetch_add(1, Ordering::Relaxed),
        }
    }

    fn rows(&self) -> MutexGuard<'_, BTreeMap<(u8, String, String), Stored>> {
        self.store
            .rows
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn room(&self) -> Result<(), JournalError> {
        match self.store.full.load(Ordering::Relaxed) {
            true => Err(JournalError::Storage("the disk is full".into())),
            false => Ok(()),
        }
    }

    fn held(&self) -> MutexGuard<'_, HashSet<Key>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lease_until(&self) -> i64 {
        let lease = i64::try_from(self.lease.as_millis()).unwrap_or(i64::MAX);
        self.clock.unix_ms().saturating_add(lease)
    }

    fn hold(&self, stored: &mut Stored) {
        stored.holder = Some(self.holder);
        stored.entry.lease_ms = Some(self.lease_until());
        self.held().insert(stored.entry.key.clone());
    }

    fn update(&self, key: &Key, change: impl FnOnce(&mut Stored)) -> Result<(), JournalError> {
        self.room()?;
        match self.rows().get_mut(&place(key)) {
            Some(stored) if stored.holder == Some(self.holder) => {
                change(stored);
                Ok(())
            }
            _ => Err(JournalError::LeaseLost),
        }
    }
}

fn place(key: &Key) -> (u8, String, String) {
    let book = match key.book {
        Book::Orders => 0,
        Book::Refunds => 1,
        Book::Rides => 2,
    };
    (book, key.account.clone(), key.number.clone())
}

fn is_held(entry: &Entry, now: i64, silent: Option<i64>) -> bool {
    entry.lease_ms.is_some_and(|until| until > now) && entry.lease_ms != silent
}

fn release(stored: &mut Stored) {
    stored.holder = None;
    stored.entry.lease_ms = None;
}

impl Journal for MemoryJournal {
    fn begin(&self, sale: &Sale) -> Result<Begin, JournalError> {
        self.room()?;
        let now = self.clock.unix_ms();
        let mut rows = self.rows();
        let place = place(&sale.key);
        if let Some(stored) = rows.get_mut(&place) {
            if is_held(&stored.entry, now, None) {
                return Ok(Begin::Busy);
            }
            if stored.entry.never_happened() {
                rows.remove(&place);
            } else if stored.parameters.as_ref() != Some(&sale.parameters) {
                return Ok(Begin::OtherSale(stored.entry.clone()));
            } else if stored.entry.phase.is_some() {
                let before = stored.entry.clone();
                self.hold(stored);
                return Ok(Begin::Unfinished(before));
            } else {
                return Ok(Begin::Settled(stored.entry.clone()));
            }
        }
        let mut stored = Stored {
            entry: Entry {
                key: sale.key.clone(),
                product: sale.product,
                document: sale.document.clone(),
                gateway: sale.gateway.clone(),
                phase: Some(Phase::Intent),
                returned: false,
                sub_mch_id: sale.sub_mch_id.clone(),
                total_fee: sale.total_fee,
                fee_type: sale.fee_type.clone(),
                attach: sale.attach.clone(),
                submitted_at: sale.submitted_at,
                begun_ms: now,
                by_till: false,
                outcome: None,
                lease_ms: None,
            },
            parameters: Some(sale.parameters.clone()),
            holder: None,
        };
        self.hold(&mut stored);
        rows.insert(place, stored);
        Ok(Begin::Started)
    }

    fn take(&self, key: &Key, silent: Option<i64>) -> Result<Take, JournalError> {
        self.room()?;
        let now = self.clock.unix_ms();
        let mut rows = self.rows();
        let Some(stored) = rows.get_mut(&place(key)) else {
            return Ok(Take::Absent);
        };
        if is_held(&stored.entry, now, silent) {
            return Ok(Take::Busy(stored.entry.clone()));
        }
        let before = stored.entry.clone();
        self.hold(stored);
        Ok(Take::Taken(before))
    }

    fn adopt(&self, key: &Key, gateway: &str) -> Result<Take, JournalError> {
        self.room()?;
        let mut rows = self.rows();
        if let Some(stored) = rows.get(&place(key)) {
            return Ok(Take::Busy(stored.entry.clone()));
        }
        let mut stored = Stored {
            entry: Entry {
                key: key.clone(),
                product: Product::CodePayment,
                document: None,
                gateway: gateway.to_owned(),
                phase: Some(Phase::Reversing),
                returned: false,
                sub_mch_id: None,
                total_fee: None,
                fee_type: None,
                attach: None,
                submitted_at: None,
                begun_ms: self.clock.unix_ms(),
                by_till: true,
                outcome: None,
                lease_ms: None,
            },
            parameters: None,
            holder: None,
        };
        self.hold(&mut stored);
        let entry = stored.entry.clone();
        rows.insert(place(key), stored);
        Ok(Take::Taken(entry))
    }

    fn record(
        &self,
        key: &Key,
        phase: Phase,
        submitted_at: Option<i64>,
        by_till: bool,
    ) -> Result<(), JournalError> {
        self.update(key, |stored| {
            let entry = &mut stored.entry;
            entry.phase = Some(phase);
            entry.returned = false;
            entry.submitted_at = submitted_at.or(entry.submitted_at);
            entry.by_till |= by_till;
            entry.outcome = None;
        })
    }

    fn settle(
        &self,
        key: &Key,
        status: Status,
        facts: &Facts,
        returned: bool,
    ) -> Result<(), JournalError> {
        self.held().remove(key);
        self.update(key, |stored| {
            stored.entry.phase = None;
            stored.entry.returned = returned;
            let kept =
                without_personal_data(facts).map(|(name, value)| (name.clone(), value.clone()));
            stored.entry.outcome = Some((status, kept.collect()));
            release(stored);
        })
    }

    fn release(&self, key: &Key) -> Result<(), JournalError> {
        self.held().remove(key);
        self.update(key, release)
    }

    fn mark_returned(&self, key: &Key) -> Result<(), JournalError> {
        self.room()?;
        if let Some(stored) = self.rows().get_mut(&place(key))
            && stored.entry.phase.is_none()
        {
            stored.entry.returned = true;
        }
        Ok(())
    }

    fn find(&self, key: &Key) -> Result<Option<Entry>, JournalError> {
        Ok(self
            .rows()
            .get(&place(key))
            .map(|stored| stored.entry.clone()))
    }

    fn pending(&self, book: Book, account: &str) -> Result<Vec<Key>, JournalError> {
        let rows = self.rows();
        let mut open: Vec<&Entry> = rows
            .values()
            .map(|stored| &stored.entry)
            .filter(|entry| {
                let pending = !entry.returned || entry.lease_ms.is_some();
                entry.key.book == book && entry.key.account == account && pending
            })
            .collect();
        open.sort_by_key(|entry| (entry.begun_ms, entry.key.number.clone()));
        Ok(open.into_iter().map(|entry| entry.key.clone()).collect())
    }

    fn with_attach(
        &self,
        book: Book,
        account: &str,
        attach: &str,
    ) -> Result<Vec<Key>, JournalError> {
        let rows = self.rows();
        let entries = rows.values().map(|stored| &stored.entry);
        let meant = entries.filter(|entry| {
            let key = &entry.key;
            key.book == book && key.account == account && entry.attach.as_deref() == Some(attach)
        });
        Ok(meant.map(|entry| entry.key.clone()).take(2).collect())
    }

    fn heartbeat(&self) -> Result<(), JournalError> {
        let held: Vec<Key> = self.held().iter().cloned().collect();
        for key in held {
            let until = self.lease_until();
            // Who has lost it finds out when it writes.
            let _ = self.update(&key, |stored| stored.entry.lease_ms = Some(until));
        }
        Ok(())
    }

    fn lease(&self) -> Duration {
        self.lease
    }

    fn check(&self) -> Result<(), JournalError> {
        self.room()
    }
}
