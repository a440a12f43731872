//! wxpay without its journal, which it cannot be configured to do without: the driver with a journal
//! that forgets everything. A contestant as those in C (see `contestant.c`), but for payments alone:
//!
//! ```text
//! unrecorded v2|v3 FOLDER DIGIT CONFIGURATION
//! ```

#![allow(clippy::unwrap_used, reason = "a benchmark may panic")]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use wxpay_core::client::{Client, Parts};
use wxpay_core::clock::{Clock, SystemClock};
use wxpay_core::config::{Config, GatewayConfig};
use wxpay_core::fields::Fields;
use wxpay_core::gateway::Gateway;
use wxpay_core::gateway::wechat_v2::WechatV2;
use wxpay_core::gateway::wechat_v3::WechatV3;
use wxpay_core::journal::{Begin, Book, Entry, Journal, JournalError, Key, Sale, Take};
use wxpay_core::outcome::Facts;
use wxpay_core::policy::Phase;
use wxpay_core::status::Status;
use wxpay_core::transport::{HttpsTransport, Observer};

struct Forgetful;

impl Journal for Forgetful {
    fn begin(&self, _: &Sale) -> Result<Begin, JournalError> {
        Ok(Begin::Started)
    }
    fn take(&self, _: &Key, _: Option<i64>) -> Result<Take, JournalError> {
        Ok(Take::Absent)
    }
    fn adopt(&self, _: &Key, _: &str) -> Result<Take, JournalError> {
        Ok(Take::Absent)
    }
    fn record(&self, _: &Key, _: Phase, _: Option<i64>, _: bool) -> Result<(), JournalError> {
        Ok(())
    }
    fn settle(&self, _: &Key, _: Status, _: &Facts, _: bool) -> Result<(), JournalError> {
        Ok(())
    }
    fn release(&self, _: &Key) -> Result<(), JournalError> {
        Ok(())
    }
    fn mark_returned(&self, _: &Key) -> Result<(), JournalError> {
        Ok(())
    }
    fn find(&self, _: &Key) -> Result<Option<Entry>, JournalError> {
        Ok(None)
    }
    fn pending(&self, _: Book, _: &str) -> Result<Vec<Key>, JournalError> {
        Ok(Vec::new())
    }
    fn with_attach(&self, _: Book, _: &str, _: &str) -> Result<Vec<Key>, JournalError> {
        Ok(Vec::new())
    }
    fn heartbeat(&self) -> Result<(), JournalError> {
        Ok(())
    }
    fn lease(&self) -> Duration {
        Duration::from_secs(10)
    }
    fn check(&self) -> Result<(), JournalError> {
        Ok(())
    }
}

fn client(configuration: &Path) -> Client {
    let config = Config::from_file(configuration).unwrap();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let observer: Observer = Arc::new(|_| {});
    let transport = HttpsTransport::new(&config.transport, Arc::clone(&clock), observer).unwrap();
    let gateway: Arc<dyn Gateway> = match config.gateway {
        GatewayConfig::WechatV2(settings) => Arc::new(WechatV2::new(settings)),
        GatewayConfig::WechatV3(settings) => Arc::new(WechatV3::new(settings)),
        GatewayConfig::Fubei(_) => panic!("v2 or v3"),
    };
    Client::from_parts(Parts {
        gateway,
        transport: Arc::new(transport),
        ride: None,
        clock,
        journal: Arc::new(Forgetful),
        policy: config.policy,
        language: config.language,
    })
}

/// Of the main thread, which does all the work of a payment on a connection that is there; nanoseconds.
fn cpu() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split_ascii_whitespace()
        .next()
        .unwrap()
        .parse()
        .unwrap()
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn pay(client: &Client, digit: &str, next: &mut u32, count: u32) {
    let process = std::process::id() % 100_000;
    let sales: Vec<[String; 2]> = (*next..*next + count)
        .map(|number| {
            [
                format!("B{digit}-{process:05}-{number:06}"),
                format!("13{digit}{process:05}{number:06}0000"),
            ]
        })
        .collect();
    *next += count;
    let mut times = Vec::new();
    let used = cpu();
    for [out_trade_no, auth_code] in &sales {
        let begun = Instant::now();
        let fields: Fields = [
            ("out_trade_no", out_trade_no.as_str()),
            ("auth_code", auth_code.as_str()),
            ("total_fee", "888"),
            ("body", "coffee"),
        ]
        .into_iter()
        .collect();
        let outcome = client.micropay(&fields);
        assert_eq!(outcome.status, Status::Ok, "{}", outcome.message());
        times.push(begun.elapsed().as_nanos().to_string());
    }
    println!("{} {}", cpu() - used, times.join(" "));
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, _, _, digit, configuration] = &arguments[..] else {
        panic!("usage: unrecorded v2|v3 FOLDER DIGIT CONFIGURATION");
    };
    let client = client(Path::new(configuration));
    let mut next = 0;
    for line in std::io::stdin().lines() {
        let line = line.unwrap();
        match line.split_once(' ') {
            Some(("pay", count)) => pay(&client, digit, &mut next, count.parse().unwrap()),
            _ => panic!("no job: {line}"),
        }
    }
}
