//! A shop to test in: a simulated gateway, a folder with configuration and journal, tills.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use tempfile::TempDir;
use wxpay_simulator::{
    Api, Fubei, FubeiAccount, Merchant, Operation, OrderRecord, PolicyNumbers, Scenario, Settings,
    Simulator, Timing, auth_code,
};

use super::{Client, Outcome, Request};

/// What every test sale costs, fen.
pub const FEE: i64 = 888;

pub struct Shop {
    pub simulator: Simulator,
    pub folder: TempDir,
    numbers: AtomicU64,
    config: OnceLock<String>,
}

/// A sale that has not been rung up yet.
#[derive(Clone, Debug)]
pub struct Sale {
    pub out_trade_no: String,
    pub auth_code: String,
}

impl Sale {
    pub fn request(&self) -> Request {
        Request::sale(&self.out_trade_no, &self.auth_code, FEE)
    }
}

impl Shop {
    /// APIv2 and mainland rules at test speed.
    pub fn open() -> Self {
        Self::with(quick())
    }

    /// The same with this API.
    pub fn open_on(api: Api) -> Self {
        Self::with(quick_on(api))
    }

    /// Which API its tills are configured for.
    pub fn api(&self) -> Api {
        self.simulator.settings().api
    }

    /// The hosts that its tills go to: Fubei has one address.
    pub fn hosts(&self) -> Vec<String> {
        let mut hosts = self.simulator.hosts();
        if self.api() == Api::Fubei {
            hosts.truncate(1);
        }
        hosts
    }

    pub fn with(settings: Settings) -> Self {
        Self {
            simulator: Simulator::start(settings).expect("the simulator starts"),
            folder: tempfile::tempdir().expect("there is room for a folder"),
            numbers: AtomicU64::new(1),
            config: OnceLock::new(),
        }
    }

    /// A configuration with a journal in the shop's folder. Its files are written once: other
    /// threads may be reading them.
    pub fn config(&self) -> String {
        self.config
            .get_or_init(|| self.config_with(slower(patience())))
            .clone()
    }

    pub fn config_with(&self, numbers: PolicyNumbers) -> String {
        let config = self
            .simulator
            .config_toml(self.folder.path(), Some(numbers));
        format!(
            "language = \"en\"\n{}",
            config.expect("the folder can be written")
        )
    }

    /// The same as a file, for programs.
    pub fn config_file(&self) -> PathBuf {
        let path = self.folder.path().join("wxpay.toml");
        std::fs::write(&path, self.config()).expect("the folder can be written");
        path
    }

    pub fn till(&self) -> Client {
        Client::open_toml(self.config()).expect("the configuration is complete")
    }

    /// A till with something in its configuration replaced.
    pub fn till_with(&self, from: &str, to: &str) -> Client {
        let config = self.config();
        assert!(config.contains(from), "{from:?} is not in {config}");
        Client::open_toml(config.replace(from, to)).expect("the configuration is complete")
    }

    pub fn journal(&self) -> PathBuf {
        self.folder.path().join("wxpay-journal.db")
    }

    pub fn sale(&self, scenario: Scenario) -> Sale {
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        Sale {
            out_trade_no: format!("T{number:06}"),
            auth_code: auth_code(scenario, number),
        }
    }

    pub fn order(&self, sale: &Sale) -> Option<OrderRecord> {
        self.simulator.ledger().order(&sale.out_trade_no).cloned()
    }

    /// Requests of an operation for a sale that were received.
    pub fn count(&self, sale: &Sale, operation: Operation) -> usize {
        let operations = self.operations(sale);
        operations
            .into_iter()
            .filter(|have| *have == operation)
            .count()
    }

    /// How many requests have come in, this operation of the sale among them: on a slow machine the
    /// question about a charge may be answered, and the till with it, before the charge is on record.
    pub fn received(&self, sale: &Sale, operation: Operation) -> usize {
        for _ in 0..1_000 {
            if self.count(sale, operation) > 0 {
                return self.simulator.requests().len();
            }
            super::pause(10);
        }
        panic!("{sale:?}: no {operation:?} has come in");
    }

    /// What was asked for a sale, in order.
    pub fn operations(&self, sale: &Sale) -> Vec<Operation> {
        let requests = self.simulator.requests();
        requests
            .iter()
            .filter(|request| request.out_trade_no.as_deref() == Some(&sale.out_trade_no))
            .filter_map(|request| request.operation)
            .collect()
    }

    /// What the till was told and what the ledger says must agree, whatever happened.
    #[track_caller]
    pub fn agrees(&self, sale: &Sale, outcome: &Outcome) {
        let told = Told {
            status: outcome.status(),
            total_fee: outcome.get_int("total_fee"),
            transaction_id: outcome.get("transaction_id"),
        };
        let order = self.order(sale);
        told.agrees(order.as_ref(), &format!("{sale:?}: {outcome:?}"));
    }
}

/// What a till was told about a sale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub status: i32,
    pub total_fee: Option<i64>,
    pub transaction_id: Option<String>,
}

impl Told {
    /// It must agree with the ledger's order, whatever happened.
    #[track_caller]
    pub fn agrees(&self, order: Option<&OrderRecord>, context: &str) {
        let net = order.map_or(0, |order| order.net_fen);
        let foreign = order.is_some_and(|order| order.foreign);
        let context = format!("{context}\nledger: {order:?}");
        match self.status {
            super::OK => {
                assert_eq!(net, FEE, "paid, but not in the ledger: {context}");
                assert!(!foreign, "somebody else's sale: {context}");
                assert_eq!(self.total_fee, Some(FEE), "{context}");
                let transaction_id = order.and_then(|order| order.transaction_id.clone());
                assert_eq!(self.transaction_id, transaction_id, "{context}");
            }
            super::UNKNOWN => {}
            super::E_DUPLICATE => {
                let refunded = order.map_or(0, |order| order.refunded_fen);
                assert_eq!(refunded, 0, "the other sale was undone: {context}");
                assert!(
                    !foreign || net > 0,
                    "the other sale is not there: {context}"
                );
            }
            _ if foreign => panic!("undone or denied somebody else's sale: {context}"),
            _ => assert_eq!(net, 0, "not paid, but charged: {context}"),
        }
        let Some(order) = order else { return };
        assert!(order.submits <= 1, "the charge was sent twice: {context}");
        assert!(order.charges <= 1, "charged twice: {context}");
        assert_eq!(order.early_reverses, 0, "reversed too early: {context}");
        assert!(
            !foreign || order.reverses == 0,
            "reversed somebody else's sale: {context}"
        );
    }
}

/// How many times longer tills wait than otherwise, `WXPAY_PATIENCE`: for those that something slows down.
fn patience() -> u64 {
    let text = std::env::var("WXPAY_PATIENCE").ok();
    text.map_or(1, |text| text.parse().expect("WXPAY_PATIENCE is a number"))
}

/// The numbers of tests, this many times longer.
pub fn slower(pace: u64) -> PolicyNumbers {
    let quick = PolicyNumbers::quick();
    PolicyNumbers {
        first_query: quick.first_query * pace,
        query_interval: quick.query_interval * pace,
        window: quick.window * pace,
        reverse_not_before: quick.reverse_not_before * pace,
        reverse_budget: quick.reverse_budget * pace,
        reverse_interval: quick.reverse_interval * pace,
        confirm_interval: quick.confirm_interval * pace,
        code_lifetime: quick.code_lifetime * pace,
        connect_timeout: quick.connect_timeout * pace,
        answer_timeout: quick.answer_timeout * pace,
    }
}

/// Mainland rules at test speed; the gateway's floor for a reverse has some slack for the time that
/// a request is on its way.
pub fn quick_on(api: Api) -> Settings {
    Settings { api, ..quick() }
}

/// The same for one merchant alone: the usual one, or another.
pub fn quick_for(api: Api, merchant: Merchant, account: FubeiAccount) -> Settings {
    let settings = quick_on(api);
    let fubei = Fubei {
        accounts: vec![account],
        ..settings.fubei
    };
    Settings {
        merchants: vec![merchant],
        fubei,
        ..settings
    }
}

/// The same with APIv2.
pub fn quick() -> Settings {
    let timing = Timing {
        reverse_not_before_ms: 700,
        ..Timing::quick()
    };
    Settings {
        timing,
        ..Settings::default()
    }
}
