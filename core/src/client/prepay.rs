//! Orders that the payer scans or opens: made, and waited for. `close` ends them.
//!
//! The request for something to show moves no money and may be sent again. What counts is whether
//! anything was ever handed out that can be paid: until then a failed request is an error and nothing
//! more; from then on the order is open, whatever becomes of the next request for it.

use std::sync::Arc;
use std::time::Duration;

use super::ask::Told;
use super::calls::{CallGuard, Claim};
use super::run::{HandOver, Run};
use super::task::{Begun, Task};
use super::{Client, Level, report};
use crate::exchange::{Failure, OnCancel};
use crate::fields::Fields;
use crate::gateway::{Expected, Order, Prepay, Product};
use crate::guidance::Asked;
use crate::journal::{Begin, Entry, JournalError, Key, Sale, Take};
use crate::outcome::{Facts, Outcome};
use crate::policy::{Phase, Purpose, Resume};
use crate::signal::Signal;
use crate::status::Status;
use crate::verdict::PrepayVerdict;

/// How often a request that gets no usable answer is sent.
const TRIES: u32 = 3;

/// Seconds: not worth another entry in the journal. Payments may be dated a little early.
const CLOCKS_AGREE: u64 = 30;

pub(super) const UNSUPPORTED: &str = "this gateway makes no orders that the payer scans or opens";

/// Who waits for the payment of what is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Waits {
    /// Nobody here: a query or a notification will tell. `recover` leaves such orders alone.
    Nobody,
    /// A task. If it dies, `recover` settles the order.
    Task,
}

/// Something to show.
struct Shown<'a> {
    call: CallGuard<'a>,
    key: Key,
    /// What a payment must agree with.
    expected: Expected,
    outcome: Outcome,
}

impl Client {
    /// Makes an order that the payer scans or opens. [`Status::Ok`](crate::status::Status::Ok) means
    /// that there is something to show, not that there is money.
    ///
    /// The same fields again are sent again, which renews what is shown. An error means that this
    /// call has handed nothing out, so nobody can pay because of it.
    pub fn prepay(&self, fields: &Fields) -> Outcome {
        match self.show(fields, Waits::Nobody) {
            Ok(shown) => self.explain(Asked::Prepay, shown.outcome),
            Err(refusal) => *refusal,
        }
    }

    /// The same, and waits for the payment on a thread of its own: paid, or closed when
    /// `policy.prepay_window` is over or the order is cancelled. The outcome
    /// ([`Status::Running`](crate::status::Status::Running)) holds what to show.
    ///
    /// Blocks until the order is made. Events and log lines come on the task's thread.
    pub fn start_prepay(self: &Arc<Self>, fields: Fields) -> Result<(Task, Outcome), Box<Outcome>> {
        let (_, order) = self.prepaid_order(&fields)?;
        let key = self.key(&order.expected.out_trade_no);
        self.start_task(key, move |client, begun| {
            match client.show(&fields, Waits::Task) {
                Ok(shown) => Some(client.wait_for_payer(shown, begun)),
                Err(refusal) => {
                    begun(Err(refusal));
                    None
                }
            }
        })
    }

    fn wait_for_payer(&self, shown: Shown<'_>, begun: Begun<'_, Outcome>) -> Outcome {
        let to_show = Outcome {
            status: Status::Running,
            fields: shown.outcome.fields,
        };
        begun(Ok(self.explain(Asked::Prepay, to_show)));
        let resume = Resume {
            phase: Phase::Waiting,
            age: Duration::ZERO,
            purpose: Purpose::Settle,
        };
        let run = Run {
            payment: self.taken_up(Product::Prepay, resume),
            expected: shown.expected,
            hand_over: HandOver::Later,
            ..self.run(shown.key, shown.call.signal())
        };
        self.contained(run).0
    }

    /// The order that these fields ask for, and who makes it.
    fn prepaid_order(&self, fields: &Fields) -> Result<(&dyn Prepay, Order), Box<Outcome>> {
        let prepay = self.gateway.prepay().ok_or_else(|| {
            let outcome = Outcome::with_message(Status::Unsupported, UNSUPPORTED);
            Box::new(self.explain(Asked::Prepay, outcome))
        })?;
        let order = prepay
            .order(fields)
            .map_err(|invalid| Box::new(self.invalid(Asked::Prepay, &invalid)))?;
        Ok((prepay, order))
    }

    /// Makes the order, or asks for it once more. What is handed out is on record before it is.
    fn show(&self, fields: &Fields, waits: Waits) -> Result<Shown<'_>, Box<Outcome>> {
        let begun = self.clock.now();
        let (prepay, order) = self.prepaid_order(fields)?;
        let number = order.expected.out_trade_no.as_str();
        self.log_left_out(self.gateway.name(), number, &order.left_out);
        let claim = match waits {
            Waits::Nobody => Claim::Reverse(number),
            Waits::Task => Claim::Payment(number),
        };
        let call = self
            .calls
            .enter(claim)
            .map_err(|refused| Box::new(self.refused(Asked::Prepay, &refused, Some(number))))?;
        let key = self.key(number);
        let sale = self.sale(&key, fields, &order);
        let held = self.hold(&sale)?;
        let mut expected = order.expected.clone();
        expected.submitted_at = match &held.shown_before {
            // It may have been paid since it was shown first.
            Some(entry) => entry.submitted_at,
            None => sale.submitted_at,
        };

        let tried = self.ask_for_it(prepay, &order, call.signal());
        // Of a new order its own answer tells when it was made, whatever an earlier answer said the
        // time was: that clock may have been wrong, or set since.
        let told = tried.last.as_ref().ok().and_then(|told| told.reply.date);
        let learned = told.filter(|date| {
            let agrees = |at: i64| at.abs_diff(*date) <= CLOCKS_AGREE;
            held.shown_before.is_none() && !expected.submitted_at.is_some_and(agrees)
        });
        expected.submitted_at = learned.or(expected.submitted_at);
        let mut outcome = tried.describe();
        outcome.set("out_trade_no", number);
        outcome.set("elapsed_ms", self.elapsed_ms(begun));
        if let Some(total_fee) = expected.total_fee {
            outcome.set("total_fee", total_fee);
        }
        if tried.verdict() != PrepayVerdict::Ready {
            let refusal = self.not_shown(held, &tried, outcome, call.signal());
            return Err(Box::new(refusal));
        }
        if let Err(error) = held.record_shown(waits, learned) {
            let message = format!(
                "there is something to show, but that cannot be recorded, so it is not shown: {error}"
            );
            self.sinks
                .log(Level::Error, || format!("{number} {message}"));
            let refusal = self.about(Asked::Prepay, &key, Status::Journal, message);
            return Err(Box::new(refusal));
        }
        outcome.set("message", "there is something to show; nobody has paid yet");
        Ok(Shown {
            call,
            key,
            expected,
            outcome,
        })
    }

    /// Takes the order number for this call.
    fn hold<'a>(&'a self, sale: &Sale) -> Result<Held<'a>, Box<Outcome>> {
        let key = &sale.key;
        let failed = |error: JournalError| {
            let message = format!("the request was not sent: {error}");
            Box::new(self.about(Asked::Prepay, key, Status::Journal, message))
        };
        let busy = || Box::new(self.busy(Asked::Prepay, key));
        let used = |entry: &Entry, why: &str| {
            let mut outcome = self.used(entry);
            outcome.set("message", why);
            Box::new(self.explain(Asked::Prepay, outcome))
        };
        let ended = |entry: &Entry| {
            used(
                entry,
                "this order has ended before; nothing was sent, the facts are its own",
            )
        };
        let held = |shown_before| Held {
            client: self,
            key: key.clone(),
            shown_before,
            done: false,
        };
        match self.journal.begin(sale).map_err(failed)? {
            Begin::Busy => Err(busy()),
            Begin::OtherSale(entry) => Err(Box::new(self.other_sale(Asked::Prepay, &entry))),
            Begin::Started => Ok(held(None)),
            Begin::Settled(entry) if entry.awaits_payer() => {
                match self.journal.take(key, None).map_err(failed)? {
                    Take::Taken(entry) => {
                        let held = held(Some(entry));
                        match held
                            .shown_before
                            .as_ref()
                            .filter(|entry| !entry.awaits_payer())
                        {
                            // Somebody settled it in between.
                            Some(entry) => Err(ended(entry)),
                            None => Ok(held),
                        }
                    }
                    Take::Busy(_) | Take::Absent => Err(busy()),
                }
            }
            Begin::Settled(entry) => Err(ended(&entry)),
            Begin::Unfinished(entry) => match entry.phase {
                Some(Phase::Reversing) => {
                    let held = held(None);
                    let why = "this order is being closed; nothing was sent. wxpay_recover or \
                               wxpay_close ends that";
                    let refusal = used(&entry, why);
                    drop(held);
                    Err(refusal)
                }
                // Nothing was handed out before this was on record.
                Some(Phase::Intent) | None => Ok(held(None)),
                Some(Phase::Waiting) => Ok(held(Some(entry))),
            },
        }
    }

    /// Sends the request until it gets a usable answer, a few times at most.
    fn ask_for_it(&self, prepay: &dyn Prepay, order: &Order, signal: &Signal) -> Tried {
        let number = order.expected.out_trade_no.as_str();
        let mut pause = self.policy.reverse_interval;
        let mut tried = self.ask_once(prepay, order, signal);
        for _ in 1..TRIES {
            if !tried.is_worth_repeating() || signal.closing() || signal.cancelled() {
                break;
            }
            self.sinks.log(Level::Info, || {
                format!("{number} no usable answer; the same request again")
            });
            self.clock.wait(self.clock.now() + pause, signal, false);
            if signal.closing() || signal.cancelled() {
                break;
            }
            pause *= 2;
            let again = self.ask_once(prepay, order, signal);
            tried = Tried {
                requests: tried.requests + again.requests,
                ..again
            };
        }
        tried
    }

    fn ask_once(&self, prepay: &dyn Prepay, order: &Order, signal: &Signal) -> Tried {
        let last = self.ask(
            &order.expected.out_trade_no,
            // A cancel does not cut it off: with its answer the order can be closed.
            OnCancel::Ignore.into(),
            signal,
            |stamp| prepay.call(order, stamp),
            |reply, stamp| prepay.read(order, reply, stamp),
        );
        Tried {
            requests: last.as_ref().map_or(1, |told| told.requests),
            last,
        }
    }

    /// The ending of a request that brought nothing to show.
    fn not_shown(
        &self,
        held: Held<'_>,
        tried: &Tried,
        shared: Outcome,
        signal: &Signal,
    ) -> Outcome {
        let (key, shown_before) = (held.key.clone(), held.shown_before.clone());
        // The second is what the journal keeps: a number that is as good as new may be asked for
        // again with other fields.
        let (status, kept, why) = match &tried.last {
            Ok(Told { answer, .. }) => match answer.verdict {
                PrepayVerdict::Duplicate => {
                    (Status::Duplicate, Status::Duplicate, answer.why.as_str())
                }
                PrepayVerdict::Rejected => {
                    (Status::Rejected, Status::Rejected, answer.why.as_str())
                }
                _ if answer.forged => (Status::Forged, Status::Network, answer.why.as_str()),
                _ => (Status::Network, Status::Network, answer.why.as_str()),
            },
            Err(failure) if signal.closing() => (
                Status::ClientClosed,
                Status::ClientClosed,
                failure.cause.as_str(),
            ),
            Err(failure) => (Status::Network, Status::Network, failure.cause.as_str()),
        };
        let consequence = match &shown_before {
            Some(_) => "what was shown before can still be paid",
            None => "nothing was shown, so nobody can pay",
        };
        let mut outcome = Outcome { status, ..shared };
        outcome.set("message", format!("{why}; {consequence}"));
        match &shown_before {
            Some(_) => drop(held),
            None => held.settle(kept, &outcome.fields),
        }
        if status == Status::Duplicate {
            self.add_the_other(&key, shown_before.as_ref(), &mut outcome, signal);
        }
        self.sinks.log(Level::Info, || {
            format!(
                "{} {}: {}",
                key.number,
                outcome.status.name(),
                outcome.message()
            )
        });
        self.explain(Asked::Prepay, outcome)
    }

    /// What became of the order that has the number. If it is this journal's own, that is put on
    /// record, too.
    fn add_the_other(
        &self,
        key: &Key,
        own: Option<&Entry>,
        outcome: &mut Outcome,
        signal: &Signal,
    ) {
        let expected = match own {
            Some(entry) => entry.expected(),
            None => Expected {
                out_trade_no: key.number.clone(),
                product: Product::Prepay,
                ..Expected::default()
            },
        };
        let told = self.ask(
            &key.number,
            OnCancel::Ignore.into(),
            signal,
            |stamp| self.gateway.query(&expected, stamp),
            |reply, _| self.gateway.read_query(&expected, reply),
        );
        let Ok(Told { answer, .. }) = told else {
            return;
        };
        let other = self.answered(key, &answer, own.map(|_| HandOver::Later));
        report::add_facts(outcome, &answer.facts);
        if !other.status.is_error() {
            outcome.set("other_status", other.status.name());
        }
    }
}

/// An order number that this call works on; given back when it is dropped.
struct Held<'a> {
    client: &'a Client,
    key: Key,
    /// The order as it is on record, if a payer may have been shown something.
    shown_before: Option<Entry>,
    done: bool,
}

impl Held<'_> {
    /// Puts on record that there is something to show. A task's order stays held, for its run.
    /// `learned`: when it was made, if that is not on record yet.
    fn record_shown(mut self, waits: Waits, learned: Option<i64>) -> Result<(), JournalError> {
        let journal = &self.client.journal;
        match waits {
            // Returned, so that no recovery closes what somebody may be about to pay.
            Waits::Nobody => {
                if learned.is_some() {
                    journal.record(&self.key, Phase::Waiting, learned, false)?;
                }
                let mut facts = Facts::new();
                facts.insert("message".into(), "shown, and unpaid so far".into());
                journal.settle(&self.key, Status::NotPaid, &facts, true)?;
            }
            Waits::Task => journal.record(&self.key, Phase::Waiting, learned, false)?,
        }
        self.done = true;
        Ok(())
    }

    fn settle(mut self, status: Status, facts: &Facts) {
        self.done = true;
        let settled = self.client.journal.settle(&self.key, status, facts, true);
        self.client.report_fault(&self.key, settled);
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if !self.done {
            self.client.give_back(&self.key);
        }
    }
}

/// What came of asking.
struct Tried {
    requests: u32,
    last: Result<Told<PrepayVerdict>, Failure>,
}

impl Tried {
    /// Facts, code, host and number of requests.
    fn describe(&self) -> Outcome {
        let mut outcome = Outcome::new(Status::Ok);
        outcome.set("attempts", self.requests);
        let told = match &self.last {
            Ok(told) => told,
            Err(failure) => {
                outcome.set("host", failure.host.as_str());
                return outcome;
            }
        };
        outcome.set("host", told.reply.host.as_str());
        if told.answer.verdict == PrepayVerdict::Ready {
            report::add_facts(&mut outcome, &told.answer.facts);
        } else if let Some(request_id) = told.answer.facts.get("request_id") {
            // Nothing else: whatever could be paid with it must not be handed out.
            outcome.set("request_id", request_id.clone());
        }
        if let Some(code) = &told.answer.code {
            let text = told.answer.code_message.as_deref().unwrap_or_default();
            outcome.set("code", code.as_str());
            outcome.set("code_message", text);
        }
        outcome
    }

    fn verdict(&self) -> PrepayVerdict {
        match &self.last {
            Ok(told) => told.answer.verdict,
            Err(_) => PrepayVerdict::Unclear,
        }
    }

    fn is_worth_repeating(&self) -> bool {
        self.verdict() == PrepayVerdict::Unclear
    }
}
