//! What the hosts, the control interface and the library's caller share.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use md5::{Digest, Md5};
use tokio::sync::Notify;

use crate::clock::Clock;
use crate::connections::Gauge;
use crate::fault::Faults;
use crate::ledger::{
    Book, Ledger, PayerAction, PayerError, RefundAction, RefundError, RefundState, State,
};
use crate::notify::{Notifications, check_notify_url};
use crate::requests::{RequestRecord, Requests};
use crate::ride::{RideAction, RideCallbackError, RideError, RideState, Rides};
use crate::settings::{Merchant, Settings};
use crate::v3::{Keys, Nonces, Sent};

pub(crate) struct Shared {
    settings: Settings,
    clock: Clock,
    book: Mutex<Book>,
    faults: Mutex<Faults>,
    requests: Mutex<Requests>,
    rides: Mutex<Rides>,
    /// Where callbacks of rides are sent.
    ride_callback: Mutex<Option<String>>,
    notifications: Mutex<Notifications>,
    /// There may be something to tell.
    stirred: Notify,
    nonces: AtomicU64,
    /// Issued client certificates (DER) and their merchants.
    certificates: HashMap<Vec<u8>, String>,
    keys: Keys,
    nonces_seen: Mutex<Nonces>,
    answers_sent: Mutex<Sent>,
    gauge: Gauge,
}

impl Shared {
    pub(crate) fn new(
        settings: Settings,
        certificates: HashMap<Vec<u8>, String>,
        keys: Keys,
    ) -> Self {
        let platform = settings.ride_code.as_ref();
        let ride_callback = platform.and_then(|platform| platform.callback_url.clone());
        Self {
            clock: Clock::new(settings.skew_seconds),
            settings,
            book: Mutex::default(),
            faults: Mutex::default(),
            requests: Mutex::default(),
            rides: Mutex::default(),
            ride_callback: Mutex::new(ride_callback),
            notifications: Mutex::default(),
            stirred: Notify::new(),
            nonces: AtomicU64::new(0),
            certificates,
            keys,
            nonces_seen: Mutex::default(),
            answers_sent: Mutex::default(),
            gauge: Gauge::default(),
        }
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    pub(crate) fn book(&self) -> MutexGuard<'_, Book> {
        lock(&self.book)
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        lock(&self.faults)
    }

    pub(crate) fn rides(&self) -> MutexGuard<'_, Rides> {
        lock(&self.rides)
    }

    pub(crate) fn notifications(&self) -> MutexGuard<'_, Notifications> {
        lock(&self.notifications)
    }

    /// Wakes the sender of notifications: something has happened, or will by itself.
    pub(crate) fn stir(&self) {
        self.stirred.notify_one();
    }

    /// Waits until something may have happened.
    pub(crate) async fn stirred(&self) {
        self.stirred.notified().await;
    }

    pub(crate) fn merchant(&self, mch_id: &str) -> Option<&Merchant> {
        let merchants = &self.settings.merchants;
        merchants.iter().find(|merchant| merchant.mch_id == mch_id)
    }

    /// The merchant that a client certificate was issued to.
    pub(crate) fn certificate_owner(&self, der: &[u8]) -> Option<&str> {
        self.certificates.get(der).map(String::as_str)
    }

    /// The platform's and the merchants' RSA keys.
    pub(crate) fn keys(&self) -> &Keys {
        &self.keys
    }

    pub(crate) fn nonces_seen(&self) -> MutexGuard<'_, Nonces> {
        lock(&self.nonces_seen)
    }

    pub(crate) fn answers_sent(&self) -> MutexGuard<'_, Sent> {
        lock(&self.answers_sent)
    }

    /// Of the connections to all hosts.
    pub(crate) fn gauge(&self) -> &Gauge {
        &self.gauge
    }

    /// 32 characters that no answer had before.
    pub(crate) fn nonce(&self) -> String {
        let number = self.nonces.fetch_add(1, Ordering::Relaxed);
        let text = format!("{number} {}", self.clock.unix(self.clock.now()));
        hex::encode_upper(Md5::digest(text))
    }

    pub(crate) fn record(&self, record: RequestRecord) {
        let mut requests = lock(&self.requests);
        let record = requests.push(record);
        // Under the lock, so that lines come in the order of their numbers.
        if let Some(log) = &self.settings.log {
            log.write(&record);
        }
    }

    pub(crate) fn requests(&self) -> Vec<RequestRecord> {
        lock(&self.requests).all()
    }

    pub(crate) fn ledger(&self) -> Ledger {
        let now = self.clock.now();
        Ledger {
            rides: self.rides().records(now),
            ..self.book().snapshot(now, &self.settings)
        }
    }

    pub(crate) fn payer(
        &self,
        out_trade_no: &str,
        action: PayerAction,
    ) -> Result<State, PayerError> {
        let state = self
            .book()
            .act(self.clock.now(), out_trade_no, action, &self.settings);
        self.stir();
        state
    }

    pub(crate) fn refund_action(
        &self,
        out_refund_no: &str,
        action: RefundAction,
    ) -> Result<RefundState, RefundError> {
        let now = self.clock.now();
        let state = self
            .book()
            .act_on_refund(now, out_refund_no, action, &self.settings);
        self.stir();
        state
    }

    pub(crate) fn ride_action(
        &self,
        out_order_no: &str,
        action: RideAction,
    ) -> Result<RideState, RideError> {
        let now = self.clock.now();
        let state = self.rides().act(now, out_order_no, action);
        self.stir();
        state
    }

    pub(crate) fn ride_callback(&self) -> Option<String> {
        lock(&self.ride_callback).clone()
    }

    pub(crate) fn set_ride_callback(&self, url: Option<&str>) -> Result<(), RideCallbackError> {
        if self.settings.ride_code.is_none() {
            return Err(RideCallbackError::NoRides);
        }
        if let Some(url) = url {
            check_notify_url(url).map_err(RideCallbackError::Url)?;
        }
        *lock(&self.ride_callback) = url.map(str::to_owned);
        Ok(())
    }

    /// Forgets orders, refunds, rides, faults, requests and notifications, and sets the skew back. Keys
    /// stay as they are.
    pub(crate) fn reset(&self) {
        *self.book() = Book::default();
        *self.rides() = Rides::default();
        self.faults().clear();
        lock(&self.requests).clear();
        self.notifications().clear();
        *self.nonces_seen() = Nonces::default();
        *self.answers_sent() = Sent::default();
        self.clock.set_skew(self.settings.skew_seconds);
    }
}

/// A panic elsewhere does not make the data unusable: every change is a single step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
