//! A payer who is busy while the order is to be reversed, and pays then: when that may be believed.

use super::*;

/// The payer is busy when the order is first reversed, and has paid by the time of the next look.
struct Hosts {
    time: Arc<Time>,
    /// The first reverse left to a host that did not answer, too.
    repeated: bool,
    reverses: AtomicU64,
    /// Is full from the first reverse on, if it is given.
    disk: Option<Arc<Disk>>,
}

impl Transport for Hosts {
    fn exchange(
        &self,
        _: Option<&str>,
        call: &Call,
        _: Limits,
        _: &Signal,
    ) -> Result<Reply, Failure> {
        let reverses = self.reverses.load(Ordering::SeqCst);
        let message = match (call.operation, reverses) {
            ("micropay", _) => Message::failed("USERPAYING", ""),
            ("orderquery", 0) => Message::state("USERPAYING"),
            ("orderquery", 1) => Message::paid()
                .without("attach")
                .with("trade_state", "SUCCESS")
                .with("time_end", "20141030133615"),
            ("orderquery", _) => Message::state("REVOKED"),
            ("reverse", 0) => Message::failed("USERPAYING", ""),
            ("reverse", _) => Message::success(&[("recall", "N")]),
            (operation, _) => panic!("{operation}"),
        };
        let reverse = call.operation == "reverse";
        self.reverses
            .fetch_add(u64::from(reverse), Ordering::SeqCst);
        if let (true, Some(disk)) = (reverse, &self.disk) {
            disk.full.store(true, Ordering::SeqCst);
        }
        let date = START + i64::try_from(self.time.seconds()).unwrap();
        Ok(Reply {
            sent_at: self.time.now(),
            date: Some(date),
            repeated: self.repeated && reverse && reverses == 0,
            ..message.signed().reply()
        })
    }

    fn probe(&self, _: &Signal) -> Vec<(String, Result<(), String>)> {
        Vec::new()
    }

    fn close(&self) {}
}

fn outcome(repeated: bool, fills_disk: bool) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let time = Arc::new(Time::default());
    let disk = open_disk(folder.path(), &time);
    let hosts = Hosts {
        time: Arc::clone(&time),
        repeated,
        reverses: AtomicU64::new(0),
        disk: fills_disk.then(|| Arc::clone(&disk)),
    };
    let client = Client::from_parts(Parts {
        gateway: Arc::new(WechatV2::new(v2::config())),
        ride: None,
        transport: Arc::new(hosts),
        clock: Arc::clone(&time) as Arc<dyn Clock>,
        journal: disk,
        policy: PolicyConfig::profile(Region::Mainland),
        language: Language::English,
    });
    let fields = [
        ("out_trade_no", v2::OUT_TRADE_NO),
        ("auth_code", "134539517967686076"),
        ("total_fee", "888"),
        ("body", "tea"),
    ];
    client.micropay(&fields.into_iter().collect())
}

#[test]
fn paid_is_believed_after_a_reverse_that_was_refused_while_the_payer_was_busy() {
    ended(&outcome(false, false), Status::Ok);
}

/// The host that did not answer may carry the reverse out a second later.
#[test]
fn paid_is_not_believed_if_an_earlier_try_of_the_refused_reverse_may_have_arrived() {
    ended(&outcome(true, false), Status::Reversed);
}

/// It is on record that the order is being reversed: the next recovery would take the money back after
/// the goods have gone.
#[test]
fn paid_that_cannot_be_recorded_is_in_doubt_if_a_recovery_would_go_on_reversing() {
    let outcome = outcome(false, true);
    ended(&outcome, Status::Unknown);
    assert_eq!(outcome.text("reversal"), Some("required"));
}
