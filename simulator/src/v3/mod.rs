//! WeChat Pay APIv3: JSON over REST, signed with RSA keys.

mod aead;
mod answer;
mod auth;
mod certificates;
mod check;
mod error;
mod hostile;
mod json;
mod keys;
pub(crate) mod notice;
mod prepay;
mod refund;
mod route;
mod transactions;

use std::collections::BTreeMap;
use std::time::Duration;

use hyper::Method;
use serde_json::Value;

use self::answer::Answer;
use self::route::{Number, Route};
use crate::fault::{FaultKind, Operation};
use crate::ledger::{Counts, Key};
use crate::scenario::Scenario;
use crate::server::{Outcome, Request};
use crate::settings::Merchant;
use crate::shared::Shared;

pub(crate) use self::answer::Sent;
pub(crate) use self::auth::Nonces;
pub(crate) use self::keys::Keys;
pub use self::keys::SignerError;

/// A request whose sender is proven. Its fields are still to be checked.
pub(crate) struct Verified<'a> {
    /// Who signed it.
    pub(crate) merchant: &'a Merchant,
    /// `sub_mchid` of the body or the query.
    pub(crate) sub_mchid: Option<String>,
    /// As requested, without the query.
    pub(crate) path: &'a str,
    /// Percent-decoded.
    pub(crate) query: BTreeMap<String, String>,
    /// An object; `Null` for a GET.
    pub(crate) body: Value,
}

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// HTTP's.
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    /// The field at fault: a JSON pointer into the body, or the name of a query parameter.
    pub(crate) field: Option<String>,
}

impl Problem {
    pub(crate) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            field: None,
        }
    }

    /// PARAM_ERROR about `field`; `why` never holds its value.
    pub(crate) fn parameter(field: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            field: Some(field.into()),
            ..Self::new(400, "PARAM_ERROR", why)
        }
    }

    fn no_such_path() -> Self {
        Self::new(404, "RESOURCE_NOT_EXISTS", "请求的资源不存在")
    }
}

/// Whether a path is APIv3's to answer.
pub(crate) fn serves(path: &str) -> bool {
    path.starts_with("/v3/")
}

/// Answers a request, with every delay that comes before it takes effect.
pub(crate) async fn handle(shared: &Shared, request: &Request) -> (Option<Operation>, Outcome) {
    match route::find(&request.method, &request.path, shared.settings().region) {
        Ok(route) => (
            Some(route.operation),
            respond(shared, &route, request).await,
        ),
        Err(problem) => {
            let delivery = answer::deliver(shared, Answer::from(&problem), &[], None, request);
            (None, Outcome::new(delivery, problem.code))
        }
    }
}

async fn respond(shared: &Shared, route: &Route, request: &Request) -> Outcome {
    let operation = route.operation;
    let (received, nonce_repeats) = receive(shared, route, request);
    let key = received
        .as_ref()
        .ok()
        .and_then(|verified| key(shared, route, verified));
    let out_trade_no = match &key {
        Some(key) => Some(key.out_trade_no.clone()),
        None => own_number(route),
    };
    let mut faults = shared
        .faults()
        .take(operation, request.host, out_trade_no.as_deref());
    let mut earlier = Counts::default();
    if let (Ok(verified), Operation::Refund | Operation::RefundQuery) = (&received, operation) {
        refund::count(shared, route, verified);
    } else if let (Ok(verified), Some(key)) = (&received, &key) {
        let scripted;
        (earlier, scripted) = count(shared, operation, verified, key);
        faults.extend(scripted);
    }
    for fault in &faults {
        if let FaultKind::DelayBefore { ms } = fault {
            tokio::time::sleep(Duration::from_millis(*ms)).await;
        }
    }
    let executed = faults.iter().all(FaultKind::executed);
    let honest = match &received {
        Err(problem) => Some(Answer::from(problem)),
        Ok(verified) if executed => Some(
            execute(shared, route, verified, key.as_ref(), earlier)
                .unwrap_or_else(|problem| Answer::from(&problem)),
        ),
        Ok(_) => None,
    };
    let verdict = honest
        .as_ref()
        .map_or("NOT_EXECUTED", Answer::verdict)
        .to_owned();
    let replaced = received.as_ref().ok().and_then(|verified| {
        faults
            .iter()
            .find_map(|fault| replacement(shared, operation, verified, key.as_ref(), fault))
    });
    let answer = replaced
        .or(honest)
        .unwrap_or_else(|| Answer::failure("SYSTEMERROR"));

    let subject = Some((operation, out_trade_no.as_deref().unwrap_or_default()));
    let delivery = answer::deliver(shared, answer, &faults, subject, request);
    let mut outcome = Outcome::new(delivery, &verdict);
    outcome.out_trade_no = out_trade_no;
    outcome.nonce_repeats = nonce_repeats;
    outcome.set_faults(&faults);
    outcome
}

/// The order number in a path, for the record of a request that nobody is proven to have sent.
fn own_number(route: &Route) -> Option<String> {
    match (&route.number, route.operation) {
        (_, Operation::RefundQuery) => None,
        (Number::Own(number), _) if number.len() <= 64 => Some(number.clone()),
        _ => None,
    }
}

/// Proves the sender and checks the fields of the operations that are answered here.
fn receive<'a>(
    shared: &'a Shared,
    route: &Route,
    request: &'a Request,
) -> (Result<Verified<'a>, Problem>, u32) {
    let (sender, nonce_repeats) = auth::sender(shared, request);
    let verified = sender.and_then(|merchant| {
        let verified = read(merchant, request)?;
        check::content(route, &verified, shared.settings())?;
        Ok(verified)
    });
    (verified, nonce_repeats)
}

fn read<'a>(merchant: &'a Merchant, request: &'a Request) -> Result<Verified<'a>, Problem> {
    let query = check::query(request.query())?;
    let body = match (&request.method, request.body.is_empty()) {
        (&Method::GET, true) => Value::Null,
        (&Method::GET, false) => {
            return Err(Problem::new(400, "PARAM_ERROR", "GET请求不能有请求体"));
        }
        _ => {
            auth::content_type(&request.headers)?;
            json::read(&request.body)
                .map(Value::Object)
                .ok_or_else(|| Problem::new(400, "PARAM_ERROR", "请求体不是合法的JSON对象"))?
        }
    };
    let sub_mchid = body
        .get("sub_mchid")
        .and_then(Value::as_str)
        .or_else(|| query.get("sub_mchid").map(String::as_str))
        .map(str::to_owned);
    Ok(Verified {
        merchant,
        sub_mchid,
        path: &request.path,
        query,
        body,
    })
}

/// The order that a request is about; `None` for one that names no order, or an unknown
/// `transaction_id`.
fn key(shared: &Shared, route: &Route, verified: &Verified<'_>) -> Option<Key> {
    let mch_id = &verified.merchant.mch_id;
    let sub_mch_id = verified.sub_mchid.as_deref();
    if route.operation == Operation::RefundQuery {
        return refund::order_of_query(shared, route, verified);
    }
    let text = |name: &str| verified.body.get(name).and_then(Value::as_str);
    let by_id = |id: &str| {
        let book = shared.book();
        let number = book.out_trade_no(mch_id, sub_mch_id, id);
        number.map(str::to_owned)
    };
    let out_trade_no = match (&route.number, text("transaction_id")) {
        (Number::Own(number), _) => number.clone(),
        (Number::Platform(id), _) => by_id(id)?,
        (Number::None, Some(id)) => by_id(id)?,
        (Number::None, None) => text("out_trade_no")?.to_owned(),
    };
    Some(Key {
        mch_id: mch_id.clone(),
        sub_mch_id: sub_mch_id.map(str::to_owned),
        out_trade_no,
    })
}

/// Counts a request and finds the faults that its scenario has for it.
fn count(
    shared: &Shared,
    operation: Operation,
    verified: &Verified<'_>,
    key: &Key,
) -> (Counts, Vec<FaultKind>) {
    let settings = shared.settings();
    let mut book = shared.book();
    let earlier = book.received(shared.clock().now(), key, operation, settings);
    let booked = book.scenario(key);
    let code = verified.body.pointer("/payer/auth_code");
    let scenario = match code.and_then(Value::as_str) {
        // What a number plays was decided by the first code that was booked under it.
        Some(code) => booked.or_else(|| Some(Scenario::of_auth_code(code))),
        None => booked,
    };
    let faults = scenario.map_or_else(Vec::new, |scenario| {
        scenario
            .script(&settings.timing)
            .faults(operation, earlier.of(operation))
    });
    (earlier, faults)
}

fn execute(
    shared: &Shared,
    route: &Route,
    verified: &Verified<'_>,
    key: Option<&Key>,
    earlier: Counts,
) -> Result<Answer, Problem> {
    let named = || key.ok_or_else(|| Problem::parameter("/out_trade_no", "缺少必填参数"));
    let answer = match route.operation {
        Operation::Micropay => transactions::codepay(shared, verified, named()?, earlier),
        Operation::Orderquery => transactions::query(shared, verified, key, earlier),
        Operation::Reverse => transactions::reverse(shared, route, verified, key, earlier),
        Operation::Certificates => certificates::respond(shared, verified).map(Answer::from),
        Operation::Prepay => prepay::make(shared, verified, named()?, earlier),
        Operation::Close => prepay::close(shared, key, earlier),
        Operation::Refund => refund::open(shared, route, verified, key),
        Operation::RefundQuery => refund::query(shared, route, verified),
        Operation::Ride => Err(Problem::no_such_path()),
    };
    if matches!(route.operation, Operation::Prepay | Operation::Refund) {
        shared.stir();
    }
    answer
}

/// The answer that `fault` puts in the place of the honest one, if it does.
fn replacement(
    shared: &Shared,
    operation: Operation,
    verified: &Verified<'_>,
    key: Option<&Key>,
    fault: &FaultKind,
) -> Option<Answer> {
    let region = shared.settings().region;
    let number = key.map_or("", |key| key.out_trade_no.as_str());
    transactions::replacement(region, operation, verified, number, fault)
}
