//! Whole sales: the codec under the policy, with a journal on disk and a gateway that answers as the
//! test says.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::*;
use crate::client::{Client, Parts};
use crate::clock::{Clock, Moment};
use crate::config::{JournalConfig, Language, PolicyConfig, Region};
use crate::exchange::{Failure, Limits};
use crate::journal::sqlite::SqliteJournal;
use crate::outcome::Outcome;
use crate::signal::Signal;
use crate::status::Status;
use crate::transport::Transport;

const START: i64 = PAID_AT - 5;

/// A clock that stands still but for waits.
#[derive(Default)]
struct Time(AtomicU64);

impl Clock for Time {
    fn now(&self) -> Moment {
        Moment(Duration::from_millis(self.0.load(Ordering::SeqCst)))
    }

    fn unix_ms(&self) -> i64 {
        START * 1000 + i64::try_from(self.0.load(Ordering::SeqCst)).unwrap()
    }

    fn wait(&self, until: Moment, _: &Signal, _: bool) {
        let until = u64::try_from(until.0.as_millis()).unwrap();
        self.0.fetch_max(until, Ordering::SeqCst);
    }
}

/// What is answered to the so-manieth (from 0) request of an operation; `None` is a dead line.
type Answers = dyn Fn(&str, usize) -> Option<Reply> + Send + Sync;

/// Fubei, as the test plays it.
struct Stage {
    time: Arc<Time>,
    answers: Box<Answers>,
    log: Mutex<Vec<(&'static str, u64)>>,
}

impl Transport for Stage {
    fn exchange(
        &self,
        _: Option<&str>,
        call: &Call,
        _: Limits,
        _: &Signal,
    ) -> Result<Reply, Failure> {
        sent(call);
        let operation = call.operation.rsplit('.').next().unwrap();
        let seconds = self.time.0.load(Ordering::SeqCst) / 1000;
        let mut log = self.log.lock().unwrap();
        let earlier = log.iter().filter(|(name, _)| *name == operation).count();
        log.push((operation, seconds));
        match (self.answers)(operation, earlier) {
            Some(reply) => Ok(Reply {
                sent_at: self.time.now(),
                date: Some(self.time.unix_ms() / 1000),
                ..reply
            }),
            None => Err(Failure {
                sent_at: Some(self.time.now()),
                interrupted: false,
                host: "https://shq-api.51fubei.com".into(),
                cause: "the line is dead".into(),
            }),
        }
    }

    fn probe(&self, _: &Signal) -> Vec<(String, Result<(), String>)> {
        vec![("https://shq-api.51fubei.com".into(), Ok(()))]
    }

    fn close(&self) {}
}

/// A till with a Fubei account.
struct Till {
    client: Client,
    stage: Arc<Stage>,
    folder: tempfile::TempDir,
}

impl Till {
    fn of(
        gateway: Fubei,
        answers: impl Fn(&str, usize) -> Option<Reply> + Send + Sync + 'static,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let time = Arc::new(Time::default());
        let stage = Arc::new(Stage {
            time: Arc::clone(&time),
            answers: Box::new(answers),
            log: Mutex::default(),
        });
        let journal = JournalConfig {
            path: folder.path().join("journal.db"),
            lease: Duration::from_secs(10),
        };
        let clock: Arc<dyn Clock> = time;
        let client = Client::from_parts(Parts {
            gateway: Arc::new(gateway),
            transport: Arc::<Stage>::clone(&stage),
            ride: None,
            journal: Arc::new(SqliteJournal::open(&journal, Arc::clone(&clock)).unwrap()),
            clock,
            policy: PolicyConfig::profile(Region::Mainland),
            language: Language::English,
        });
        Self {
            client,
            stage,
            folder,
        }
    }

    fn new(answers: impl Fn(&str, usize) -> Option<Reply> + Send + Sync + 'static) -> Self {
        Self::of(gateway(), answers)
    }

    fn sells(&self) -> Outcome {
        self.client.micropay(&sale_with(&[("attach", "till 3")]))
    }

    /// What was asked for so far, in order, repetitions in one.
    fn asked(&self) -> Vec<&'static str> {
        let mut asked: Vec<_> = self.log().into_iter().map(|(name, _)| name).collect();
        asked.dedup();
        asked
    }

    fn log(&self) -> Vec<(&'static str, u64)> {
        self.stage.log.lock().unwrap().clone()
    }

    fn charges(&self) -> usize {
        let charge = |(name, _): &&(&str, u64)| matches!(*name, "swipe" | "pay");
        self.log().iter().filter(charge).count()
    }
}

#[test]
fn a_payment_that_is_paid_at_once() {
    for (gateway, data) in [(gateway(), PAID), (second(), PAID_2), (vendor(), PAID_2)] {
        let till = Till::of(gateway, move |_, _| Some(ok(data)));
        let outcome = till.sells();
        assert_eq!(outcome.status, Status::Ok, "{}", outcome.message());
        assert_eq!(outcome.int("total_fee"), Some(888));
        assert_eq!(outcome.text("transaction_id"), Some(ORDER_SN));
        assert_eq!(outcome.text("gateway"), Some("fubei"));
        assert_eq!(till.log().len(), 1);
    }
}

#[test]
fn the_documents_unreadable_sample_is_asked_about_and_never_charged_again() {
    let sample = ok(&PAID.replace(r#""SUCCESS","#, r#""SUCCESS""#));
    let till = Till::new(move |operation, count| match (operation, count) {
        ("swipe", _) => Some(sample.clone()),
        ("query", 0) => Some(ok(&state("USERPAYING"))),
        _ => Some(ok(PAID)),
    });
    let outcome = till.sells();
    assert_eq!(outcome.status, Status::Ok, "{}", outcome.message());
    assert_eq!(till.log(), [("swipe", 0), ("query", 5), ("query", 8)]);
}

#[test]
fn a_lost_answer_is_asked_about_and_never_charged_again() {
    let till = Till::new(|operation, _| (operation == "query").then(|| ok(PAID)));
    assert_eq!(till.sells().status, Status::Ok);
    assert_eq!(till.charges(), 1);
}

#[test]
fn a_refusal_is_final_only_when_two_queries_have_confirmed_it() {
    let till = Till::new(|operation, _| match operation {
        "swipe" => Some(refused("400", "NOTENOUGH", "余额不足")),
        _ => Some(refused("400", "ORDERNOTEXIST", "订单不存在")),
    });
    let outcome = till.sells();
    assert_eq!(outcome.status, Status::Declined, "{}", outcome.message());
    assert_eq!(outcome.text("code"), Some("NOTENOUGH"));
    assert_eq!(till.log(), [("swipe", 0), ("query", 0), ("query", 5)]);
}

#[test]
fn a_refusal_that_a_query_contradicts_is_a_payment() {
    let till = Till::new(|operation, _| match operation {
        "swipe" => Some(refused("400", "NOTENOUGH", "余额不足")),
        _ => Some(ok(PAID)),
    });
    assert_eq!(till.sells().status, Status::Ok);
}

#[test]
fn what_does_not_become_clear_is_reversed_again_until_the_reverse_has_worked() {
    let till = Till::new(|operation, count| match (operation, count) {
        ("swipe", _) => Some(ok(&state("USERPAYING"))),
        ("reverse", 0) => Some(ok(&state("REVOKING"))),
        ("reverse", _) => Some(ok(&state("REVOKED"))),
        // Polling ends at 45 s; then the reverse is on its way, has failed, has worked.
        ("query", 0..=14) => Some(ok(&state("USERPAYING"))),
        ("query", 15) => Some(ok(&state("REVOKING"))),
        ("query", 16) => Some(ok(&state("REVOKED_ERROR"))),
        _ => Some(ok(&state("REVOKED"))),
    });
    let outcome = till.sells();
    assert_eq!(outcome.status, Status::Reversed, "{}", outcome.message());
    assert_eq!(outcome.text("reversal"), Some("completed"));
    assert_eq!(
        till.asked(),
        ["swipe", "query", "reverse", "query", "reverse", "query"]
    );
    assert_eq!(till.charges(), 1);
}

#[test]
fn a_request_that_was_never_executed_ends_at_once_and_is_not_undone() {
    let till = Till::new(|_, _| Some(refused("1007", "", "签名错误")));
    let outcome = till.sells();
    assert_eq!(outcome.status, Status::Rejected);
    assert_eq!(till.asked(), ["swipe"]);
    assert!(
        outcome.message().contains("check secret"),
        "{}",
        outcome.message()
    );
}

#[test]
fn somebody_elses_payment_is_neither_taken_nor_undone() {
    for (from, to, status) in [
        (
            r#""order_price":8.88"#,
            r#""order_price":8.87"#,
            Status::Unknown,
        ),
        ("1478574762", "1478574600", Status::Duplicate),
    ] {
        let data = PAID.replace(from, to);
        let till = Till::new(move |_, _| Some(ok(&data)));
        assert_eq!(till.sells().status, status);
        assert_eq!(till.asked(), ["swipe", "query"]);
    }
}

#[test]
fn neither_code_nor_payer_is_kept() {
    let till = Till::new(|_, _| {
        Some(ok(&PAID.replace(
            r#""user_logon_id":"""#,
            r#""user_logon_id":"hush@x""#,
        )))
    });
    let outcome = till.sells();
    assert_eq!(outcome.text("openid"), Some("oUpF8uN95"));
    let journal = std::fs::read_dir(till.folder.path()).unwrap();
    let bytes: Vec<u8> = journal
        .flat_map(|file| std::fs::read(file.unwrap().path()).unwrap())
        .collect();
    for secret in ["oUpF8uN95", "hush@x", "134567890123456789", SECRET] {
        let kept = bytes
            .windows(secret.len())
            .any(|window| window == secret.as_bytes());
        assert!(!kept, "{secret}");
    }
}

#[test]
fn a_callback_settles_the_order_and_is_answered() {
    let till = Till::new(|_, _| None);
    assert_eq!(till.sells().status, Status::Unknown);

    let body = notices::signed(PAID);
    let outcome = till.client.notify_decode("", body.as_bytes());
    // The till has asked for it to be undone by now: that it is shown as paid is no good news.
    assert_eq!(outcome.status, Status::Unknown, "{}", outcome.message());
    assert_eq!(outcome.text("reply"), Some("success"));

    let other = Till::new(|_, _| None);
    let outcome = other.client.notify_decode("", body.as_bytes());
    assert_eq!(outcome.status, Status::Ok, "{}", outcome.message());
    let forged = other
        .client
        .notify_decode("", body.replace("200", "400").as_bytes());
    assert_eq!(forged.status, Status::Forged);
    assert_eq!(forged.text("reply"), Some("fail"));
}

#[test]
fn a_refund_of_1_0_is_accepted_and_its_query_tells_the_end() {
    let data = |state: &str| {
        format!(
            r#"{{"merchant_refund_sn":"R1","refund_sn":"F1","merchant_order_sn":"{OUT_TRADE_NO}"{state}}}"#
        )
    };
    let till = Till::new(move |_, count| {
        Some(match count {
            0 => ok(&data("")),
            _ => ok(&data(r#","refund_status":"REFUND_SUCCESS""#)),
        })
    });
    let fields: Fields = [
        ("out_refund_no", "R1"),
        ("refund_fee", "100"),
        ("out_trade_no", OUT_TRADE_NO),
    ]
    .into_iter()
    .collect();
    let outcome = till.client.refund(&fields);
    assert_eq!(outcome.status, Status::Accepted, "{}", outcome.message());
    assert_eq!(outcome.text("refund_id"), Some("F1"));
    assert_eq!(till.asked(), ["refund"]);
}

#[test]
fn the_self_test_takes_no_such_order_for_good_news() {
    let unknown = r#"{"result_code":400,"result_message":"订单不存在","data":{}}"#;
    let till = Till::new(move |_, _| Some(reply(200, unknown)));
    let outcome = till.client.check();
    assert_eq!(outcome.status, Status::Ok, "{}", outcome.message());
    let refused = r#"{"result_code":1002,"result_message":"app_id不存在"}"#;
    let till = Till::new(move |_, _| Some(reply(200, refused)));
    let outcome = till.client.check();
    assert_eq!(outcome.status, Status::Config);
    assert!(
        outcome.message().contains("app_id"),
        "{}",
        outcome.message()
    );
}
