//! A WeChat Pay gateway to test tills against: real TLS, a strict ledger that knows the truth,
//! scripted payers, and faults on demand.
//!
//! It shares no code with the library that it tests: a mistake there must not be mirrored here.
//!
//! The map of the house, in reading order:
//!
//! * [`Settings`]: what a simulator is started with.
//! * [`Scenario`]: what happens to a sale, chosen by the last four digits of the auth code.
//! * [`Fault`]: what goes wrong on top of it, and which requests it happens to.
//! * [`hostile`]: every way an answer, a notification or a connection can be wrong, as one table.
//! * [`Ledger`]: what was charged and what was given back.
//! * [`Notification`]: what is sent to a `notify_url`.
//! * `v2`, `v3`, `fubei`, `ride`: the gateways' requests, checks, answers and signatures.
//! * `tls`, `host`, `hosts`, `server`, `reply`: certificates, ports, HTTP, and how bytes leave.
//! * `control`: all of it by JSON over HTTP.
//! * `configuration`: ready-made wxpay configurations.
//!
//! `docs/simulator.md` is the manual.
//!
//! ```
//! use wxpay_simulator::{Scenario, Settings, Simulator, auth_code};
//!
//! let simulator = Simulator::start(Settings::default())?;
//! let code = auth_code(Scenario::AnswerLost, 1); // hand it to the till, then:
//! assert_eq!(simulator.net_charged("20260101-0001"), 0);
//! # assert!(code.ends_with("0401"));
//! # Ok::<(), wxpay_simulator::StartError>(())
//! ```

#![forbid(unsafe_code)]

mod channel;
mod clock;
mod configuration;
mod connections;
mod control;
mod fault;
mod fubei;
mod host;
pub mod hostile;
mod hosts;
mod ledger;
mod notify;
mod raw_json;
mod reply;
mod requests;
mod ride;
mod scenario;
mod server;
mod settings;
mod shared;
mod tls;
mod v2;
mod v3;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::runtime::{Builder, Runtime};

pub use channel::{Channel, auth_code_of};
pub use configuration::PolicyNumbers;
pub use connections::Connections;
pub use fault::{Fault, FaultError, FaultKind, Operation};
pub use fubei::{
    Fubei, FubeiAccount, FubeiAmounts, FubeiApi, FubeiCallbacks, FubeiData, FubeiForms, FubeiLevel,
    FubeiRefused,
};
pub use host::{HostState, ListenError};
pub use hosts::HostError;
pub use ledger::{
    Ledger, OrderRecord, PayerAction, PayerError, RefundAction, RefundError, RefundRecord,
    RefundState, State, Totals,
};
pub use notify::{
    Notification, NotificationError, NotificationFault, NotificationKind, NotificationRecord,
};
pub use requests::RequestRecord;
pub use ride::{
    MchIdName, RideAction, RideCallbackError, RideCode, RideDuplicates, RideError, RideNumber,
    RideRecord, RideScenario, RideSeal, RideSign, RideState, SignKeyStyle, TextEncoding,
};
pub use scenario::{Scenario, auth_code};
pub use settings::{
    Api, Certificate, Log, Merchant, PayingForm, Pkcs12, PlatformKeys, PlatformSigner, Region,
    RequestErrors, ReverseUnknown, ReversedPaid, Settings, SignType, Timing,
};
pub use tls::CertificateError;

use control::Control;
use hosts::Hosts;
use shared::Shared;
use tls::Certificates;
use v3::Keys;
pub use v3::SignerError;

/// A running gateway with threads of its own. Every method may be called from any thread; dropping
/// it closes every connection and frees every port.
pub struct Simulator {
    shared: Arc<Shared>,
    hosts: Arc<Hosts>,
    certificates: Certificates,
    control: Option<SocketAddr>,
    /// `None` only while it is dropped.
    runtime: Option<Runtime>,
}

/// Why a simulator does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The settings contradict themselves.
    #[error("{0}")]
    Settings(&'static str),
    /// No certificates.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// A host's port is not to be had.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// No threads, or no control port.
    #[error("cannot start: {0}")]
    Io(#[from] io::Error),
}

impl Simulator {
    /// Makes certificates, starts threads and listens; every host is up when this returns.
    pub fn start(settings: Settings) -> Result<Self, StartError> {
        if settings.merchants.is_empty() {
            return Err(StartError::Settings("settings.merchants is empty; add one"));
        }
        if settings.ports.is_empty() {
            return Err(StartError::Settings(
                "settings.ports is empty; add one a host, 0 for a free port",
            ));
        }
        if let Some(why) = settings.merchants.iter().find_map(Merchant::objection) {
            return Err(StartError::Settings(why));
        }
        let ride_code = settings.ride_code.as_ref();
        let why = settings
            .fubei
            .objection()
            .or_else(|| ride_code.and_then(RideCode::objection));
        if let Some(why) = why {
            return Err(StartError::Settings(why));
        }
        if settings.api == Api::Fubei && settings.fubei.accounts.is_empty() {
            return Err(StartError::Settings(
                "settings.fubei.accounts is empty; add one",
            ));
        }
        let certificates = Certificates::issue(&settings)?;
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("wxpay-simulator")
            .enable_all()
            .build()?;
        let (ports, control_port) = (settings.ports.clone(), settings.control_port);
        let keys = Keys::new(&settings, &certificates)?;
        let shared = Arc::new(Shared::new(settings, certificates.owners(), keys));
        runtime.spawn(notify::run(shared.clone()));
        let hosts = Hosts::start(
            &ports,
            &shared,
            &certificates.servers,
            runtime.handle().clone(),
        )?;
        let mut simulator = Self {
            hosts: Arc::new(hosts),
            shared,
            certificates,
            control: None,
            runtime: Some(runtime),
        };
        if let Some(port) = control_port {
            simulator.control = Some(simulator.start_control(port)?);
        }
        Ok(simulator)
    }

    fn start_control(&self, port: u16) -> io::Result<SocketAddr> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        if let Some(runtime) = &self.runtime {
            let _inside = runtime.enter();
            let listener = tokio::net::TcpListener::from_std(listener)?;
            let control = Control {
                shared: self.shared.clone(),
                hosts: self.hosts.clone(),
            };
            runtime.spawn(control.serve(listener));
        }
        Ok(address)
    }

    /// `https://localhost:PORT`, one a host.
    pub fn hosts(&self) -> Vec<String> {
        self.hosts
            .ports()
            .iter()
            .map(|port| format!("https://localhost:{port}"))
            .collect()
    }

    /// `http://127.0.0.1:PORT`, if there is a control interface.
    pub fn control_url(&self) -> Option<String> {
        self.control.map(|address| format!("http://{address}"))
    }

    /// What it was started with.
    pub fn settings(&self) -> &Settings {
        self.shared.settings()
    }

    /// The merchant that configurations and certificates are handed out for: the first one.
    pub fn merchant(&self) -> &Merchant {
        &self.settings().merchants[0]
    }

    /// The certificate to trust.
    pub fn ca_pem(&self) -> &str {
        &self.certificates.ca_pem
    }

    /// The first merchant's client certificate, key and CA; the password is its `mch_id`.
    pub fn client_p12(&self) -> &[u8] {
        &self.certificates.clients[0].pkcs12
    }

    /// The first merchant's client certificate.
    pub fn client_cert_pem(&self) -> &str {
        &self.certificates.clients[0].certificate_pem
    }

    /// The key of [`client_cert_pem`](Self::client_cert_pem), PKCS#8.
    pub fn client_key_pem(&self) -> &str {
        &self.certificates.clients[0].key_pem
    }

    /// The serial number of [`client_cert_pem`](Self::client_cert_pem): 40 hexadecimal digits.
    pub fn client_serial_no(&self) -> &str {
        &self.certificates.clients[0].serial
    }

    /// The authority that issues platform certificates; it has nothing to do with TLS.
    pub fn platform_ca_pem(&self) -> String {
        self.shared.keys().root_pem()
    }

    /// The platform certificates that are handed out, as PEM, oldest first; the last one is the one
    /// that may sign.
    pub fn platform_certificates(&self) -> Vec<String> {
        self.shared.keys().certificates_pem()
    }

    /// The WeChat Pay public key, as `pub_key.pem` of the merchant platform has it.
    pub fn public_key_pem(&self) -> &str {
        self.shared.keys().public_key_pem()
    }

    /// Its id: `PUB_KEY_ID_01…`.
    pub fn public_key_id(&self) -> &str {
        self.shared.keys().public_key_id()
    }

    /// Issues a new platform certificate with another key and signs with that from now on if a
    /// certificate signs at all; the old ones stay valid and listed. Returns the new serial number.
    pub fn rotate_platform_key(&self) -> Result<String, CertificateError> {
        self.shared.keys().rotate()
    }

    /// Which kind of key signs APIv3 answers from now on.
    pub fn set_platform_signer(&self, signer: PlatformSigner) -> Result<(), SignerError> {
        self.shared.keys().set_signer(signer)
    }

    /// The truth as it is now.
    pub fn ledger(&self) -> Ledger {
        self.shared.ledger()
    }

    /// What payers are out of pocket for this order number, fen.
    pub fn net_charged(&self, out_trade_no: &str) -> i64 {
        self.ledger().net_charged(out_trade_no)
    }

    /// The latest requests (at most 10 000), oldest first.
    pub fn requests(&self) -> Vec<RequestRecord> {
        self.shared.requests()
    }

    /// How many connections there are and were.
    pub fn connections(&self) -> Connections {
        self.shared.gauge().read()
    }

    /// Sets a fault beside those that are set.
    ///
    /// # Panics
    ///
    /// If the fault cannot be played; see [`Fault::check`].
    pub fn fault(&self, fault: Fault) {
        if let Err(error) = fault.check() {
            panic!("{error}");
        }
        self.shared.faults().add(fault);
    }

    /// Forgets every fault that was set. Scenarios go on.
    pub fn clear_faults(&self) {
        self.shared.faults().clear();
    }

    /// Changes a host (counted from 0); in force when this returns.
    pub fn set_host(&self, host: usize, state: HostState) -> Result<(), HostError> {
        self.hosts.set(host, state)
    }

    /// Does to an order what somebody other than the till does; returns its state.
    pub fn payer(&self, out_trade_no: &str, action: PayerAction) -> Result<State, PayerError> {
        self.shared.payer(out_trade_no, action)
    }

    /// Does to a refund what its bank does; returns its state.
    pub fn refund_action(
        &self,
        out_refund_no: &str,
        action: RefundAction,
    ) -> Result<RefundState, RefundError> {
        self.shared.refund_action(out_refund_no, action)
    }

    /// The latest notifications (at most 10 000), oldest first.
    pub fn notifications(&self) -> Vec<NotificationRecord> {
        self.shared.notifications().all()
    }

    /// Makes a notification about a paid prepay order or a paid Fubei order, right or wrong, and sends it nowhere.
    pub fn notification_for_payment(
        &self,
        out_trade_no: &str,
        fault: Option<NotificationFault>,
    ) -> Result<Notification, NotificationError> {
        let (now, settings) = (self.shared.clock().now(), self.settings());
        let notice = self
            .shared
            .book()
            .payment_notice(now, out_trade_no, settings);
        notify::make(&self.shared, notice, out_trade_no, fault)
    }

    /// Makes a notification about a refund that has ended, right or wrong, and sends it nowhere.
    pub fn notification_for_refund(
        &self,
        out_refund_no: &str,
        fault: Option<NotificationFault>,
    ) -> Result<Notification, NotificationError> {
        let (now, settings) = (self.shared.clock().now(), self.settings());
        let notice = self
            .shared
            .book()
            .refund_notice(now, out_refund_no, settings);
        notify::make(&self.shared, notice, out_refund_no, fault)
    }

    /// Does to an accepted ride what the platform does; returns its state.
    pub fn ride_action(
        &self,
        out_order_no: &str,
        action: RideAction,
    ) -> Result<RideState, RideError> {
        self.shared.ride_action(out_order_no, action)
    }

    /// Where callbacks of rides are sent from now on; `None`: nowhere. Those under way go on.
    pub fn set_ride_callback(&self, url: Option<&str>) -> Result<(), RideCallbackError> {
        self.shared.set_ride_callback(url)
    }

    /// Makes a callback about a ride that has ended, right or wrong, and sends it nowhere.
    pub fn notification_for_ride(
        &self,
        out_order_no: &str,
        fault: Option<NotificationFault>,
    ) -> Result<Notification, NotificationError> {
        self.callback_for_ride(out_order_no, None, fault)
    }

    /// The same, signed and encrypted as `seal` has it instead of the settings.
    ///
    /// # Panics
    ///
    /// If the seal's AES key has another length than 16, 24 or 32 bytes.
    pub fn notification_for_ride_sealed(
        &self,
        out_order_no: &str,
        seal: &RideSeal,
        fault: Option<NotificationFault>,
    ) -> Result<Notification, NotificationError> {
        assert!(seal.is_usable(), "the seal's aes_key is no key");
        self.callback_for_ride(out_order_no, Some(seal), fault)
    }

    fn callback_for_ride(
        &self,
        out_order_no: &str,
        seal: Option<&RideSeal>,
        fault: Option<NotificationFault>,
    ) -> Result<Notification, NotificationError> {
        let now = self.shared.clock().now();
        let ride = self.shared.rides().find(now, out_order_no);
        notify::make_about_ride(&self.shared, ride, out_order_no, seal, fault)
    }

    /// Moves the platform's wall clock away from this computer's.
    pub fn set_skew(&self, seconds: i64) {
        self.shared.clock().set_skew(seconds);
    }

    /// Forgets orders, refunds, rides, faults, requests and notifications and sets the clock back. Hosts,
    /// keys and the address of callbacks stay as they are.
    pub fn reset(&self) {
        self.shared.reset();
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.hosts.stop();
        if let Some(runtime) = self.runtime.take() {
            // The other ways of stopping would panic when an async test drops a simulator.
            runtime.shutdown_background();
        }
    }
}
