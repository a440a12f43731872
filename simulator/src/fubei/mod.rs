//! Fubei (付呗), interfaces 1.0 and 2.0: JSON whose business parameters are JSON text, signed with MD5
//! and a secret. Its answers are not signed.

mod answer;
mod codes;
mod envelope;
mod fields;
mod hostile;
mod method;
mod money;
pub(crate) mod notice;
mod order;
mod refund;
mod settings;
mod sign;
mod told;
mod values;

use std::time::Duration;

pub(crate) use self::method::path;
pub use self::settings::{
    Fubei, FubeiAccount, FubeiAmounts, FubeiApi, FubeiCallbacks, FubeiData, FubeiForms, FubeiLevel,
    FubeiRefused,
};

use self::answer::{Answer, Data};
use self::codes::Refusal;
use self::envelope::Envelope;
use self::method::Method;
use crate::fault::{FaultKind, Operation};
use crate::ledger::{Counts, Key};
use crate::raw_json::Members;
use crate::reply::{Delivery, Reply};
use crate::scenario::Scenario;
use crate::server::{Outcome, Request};
use crate::shared::Shared;

/// A request that passed every check.
struct Verified<'a> {
    method: Method,
    /// Who signed it.
    level: FubeiLevel,
    /// For whom.
    account: &'a FubeiAccount,
    content: Members,
}

/// Whether a path is Fubei's to answer.
pub(crate) fn serves(path: &str) -> bool {
    method::gateway(path).is_some()
}

/// Answers a request, with every delay that comes before it takes effect.
pub(crate) async fn handle(shared: &Shared, request: &Request) -> (Option<Operation>, Outcome) {
    let (method, number, received) = receive(shared, request);
    let operation = method.map(|method| method.operation);
    let key = match &received {
        Ok(verified) => key(shared, verified),
        Err(_) => None,
    };
    let out_trade_no = match (&key, &received) {
        (Some(key), _) => Some(key.out_trade_no.clone()),
        (None, Err(_)) => number,
        (None, Ok(_)) => None,
    };
    let mut faults = match operation {
        Some(operation) => {
            let mut set = shared.faults();
            set.take(operation, request.host, out_trade_no.as_deref())
        }
        None => Vec::new(),
    };
    let mut earlier = Counts::default();
    if let Ok(verified) = &received {
        let scripted;
        (earlier, scripted) = count(shared, verified, key.as_ref());
        faults.extend(scripted);
    }
    for fault in &faults {
        if let FaultKind::DelayBefore { ms } = fault {
            tokio::time::sleep(Duration::from_millis(*ms)).await;
        }
    }
    let executed = faults.iter().all(FaultKind::executed);
    let api = method::gateway(&request.path).map_or(FubeiApi::V1, |(api, _)| api);
    let answer = |result| Answer::new(api, result, out_trade_no.as_deref());
    let honest = match &received {
        Err(refusal) => Some(answer(Err(refusal.clone()))),
        Ok(verified) if executed => Some(answer(execute(shared, verified, key.as_ref(), earlier))),
        Ok(_) => None,
    };
    let verdict = honest
        .as_ref()
        .map_or_else(|| "NOT_EXECUTED".to_owned(), Answer::verdict);
    let replaced = received.as_ref().ok().and_then(|verified| {
        faults
            .iter()
            .find_map(|fault| replacement(shared, verified, key.as_ref(), fault))
    });
    let answer = replaced
        .map(answer)
        .or(honest)
        .unwrap_or_else(|| Answer::new(api, Err(Refusal::server_fault()), None));

    let mut reply = Reply::json(200, String::new());
    reply.content_type = "application/json;charset=UTF-8";
    let body = answer.body(shared.settings().fubei.forms, &faults);
    reply.body = match crate::hostile::of(&faults) {
        Some((case, lie)) => {
            let lie = lie.zip(out_trade_no.as_deref());
            hostile::altered(shared, &body, lie, case).into()
        }
        None => body.into(),
    };
    let delivery = Delivery::of(reply, &faults, &request.base);
    let mut outcome = Outcome::new(delivery, &verdict);
    outcome.out_trade_no = out_trade_no;
    outcome.set_faults(&faults);
    (operation, outcome)
}

/// The method and the order number as far as they could be read, and the request if it is right.
fn receive<'a>(
    shared: &'a Shared,
    request: &Request,
) -> (
    Option<Method>,
    Option<String>,
    Result<Verified<'a>, Refusal>,
) {
    let settings = shared.settings();
    let envelope = match envelope::open(&settings.fubei, request) {
        Ok(envelope) => envelope,
        Err(unopened) => return (unopened.method, unopened.number, Err(unopened.refusal)),
    };
    let method = envelope.method;
    let number = envelope.content.text("merchant_order_sn");
    let number = number.filter(|number| number.len() <= 64);
    let number = number.map(str::to_owned);
    let checked = fields::check(method, &envelope.content, settings.allow_unknown_parameters);
    let verified = checked.and_then(|()| {
        let verified = for_merchant(envelope)?;
        store(&verified)?;
        order::check_expiry(shared, &verified)?;
        Ok(verified)
    });
    (Some(method), number, verified)
}

/// For whom a request is, whose fields were checked.
fn for_merchant(envelope: Envelope<'_>) -> Result<Verified<'_>, Refusal> {
    let Envelope {
        method,
        level,
        accounts,
        content,
    } = envelope;
    let account = match (level, content.scalar("merchant_id")) {
        (FubeiLevel::Merchant, None) => accounts.first().copied(),
        (FubeiLevel::Merchant, Some(_)) => {
            return Err(Refusal::parameter("merchant_id", "商户级接入时不传"));
        }
        (FubeiLevel::Vendor, None) => return Err(Refusal::parameter("merchant_id", "缺失")),
        (FubeiLevel::Vendor, Some(merchant_id)) => accounts
            .into_iter()
            .find(|account| account.merchant_id.to_string() == merchant_id),
    };
    match account {
        Some(account) => Ok(Verified {
            method,
            level,
            account,
            content,
        }),
        None => Err(Refusal::own(401, "[merchant_id]没有权限")),
    }
}

/// Whether an order is for a store of the merchant's.
fn store(request: &Verified<'_>) -> Result<(), Refusal> {
    let makes_order = matches!(
        request.method.operation,
        Operation::Micropay | Operation::Prepay
    );
    let known = |number: &str| {
        let mut stores = request.account.store_ids.iter();
        stores.any(|store| store.to_string() == number)
    };
    match request.content.scalar("store_id") {
        None if makes_order && request.account.store_ids.len() > 1 => {
            Err(Refusal::parameter("store_id", "存在多个门店时必填"))
        }
        Some(number) if !known(number) => Err(Refusal::parameter("store_id", "门店不存在")),
        _ => Ok(()),
    }
}

/// The order that a request is about: Fubei's number goes before the channel's, that before the
/// merchant's. `None`: it names it by a number that does not exist.
fn key(shared: &Shared, request: &Verified<'_>) -> Option<Key> {
    if (request.method.api, request.method.operation) == (FubeiApi::V2, Operation::RefundQuery) {
        return refund::order_of_query(shared, request);
    }
    let mch_id = request.account.merchant_id.to_string();
    let text = |name| request.content.text(name);
    let by_number = |order_sn: &str| {
        let book = shared.book();
        book.out_trade_no(&mch_id, None, order_sn)
            .map(str::to_owned)
    };
    let out_trade_no = match (
        text("order_sn"),
        text("trade_no").or_else(|| text("ins_order_sn")),
    ) {
        (Some(order_sn), _) => by_number(order_sn)?,
        (None, Some(trade_no)) => by_number(&told::order_sn(trade_no)?)?,
        (None, None) => text("merchant_order_sn")?.to_owned(),
    };
    Some(Key {
        mch_id,
        sub_mch_id: None,
        out_trade_no,
    })
}

/// Counts a request and finds the faults that its scenario has for it.
fn count(shared: &Shared, request: &Verified<'_>, key: Option<&Key>) -> (Counts, Vec<FaultKind>) {
    let operation = request.method.operation;
    let none = (Counts::default(), Vec::new());
    if matches!(operation, Operation::Refund | Operation::RefundQuery) {
        refund::count(shared, request, operation == Operation::Refund);
        return none;
    }
    let Some(key) = key else {
        return none;
    };
    let settings = shared.settings();
    let mut book = shared.book();
    let earlier = book.received(shared.clock().now(), key, operation, settings);
    let booked = book.scenario(key);
    let scenario = match request.content.text("auth_code") {
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
    request: &Verified<'_>,
    key: Option<&Key>,
    earlier: Counts,
) -> Result<Data, Refusal> {
    let operation = request.method.operation;
    let answer = match (operation, key) {
        (Operation::Refund, key) => refund::open(shared, request, key),
        (Operation::RefundQuery, key) => refund::query(shared, request, key),
        (_, Some(key)) => order::execute(shared, request, key, earlier),
        (_, None) => Err(Refusal::channel("ORDERNOTEXIST", crate::Channel::Wechat)),
    };
    // Payments by code are told, too.
    shared.stir();
    answer
}

/// What `fault` puts in the place of the honest answer, if it does.
fn replacement(
    shared: &Shared,
    request: &Verified<'_>,
    key: Option<&Key>,
    fault: &FaultKind,
) -> Option<Result<Data, Refusal>> {
    let channel = || match (request.content.text("auth_code"), key) {
        (Some(code), _) => crate::Channel::of_auth_code(code).unwrap_or(crate::Channel::Wechat),
        (None, Some(key)) => order::channel(shared, key),
        (None, None) => crate::Channel::Wechat,
    };
    match fault {
        FaultKind::Error { err_code, .. } => {
            let for_good = matches!(err_code.as_ref(), "REVERSE_EXPIRE" | "TRADE_ERROR");
            if let (Operation::Reverse, true, Some(key)) = (request.method.operation, for_good, key)
            {
                shared.book().reverse_failed(key);
            }
            Some(Err(Refusal::channel(err_code, channel())))
        }
        FaultKind::ReturnFail { .. } => Some(Err(Refusal::server_fault())),
        FaultKind::RecallY { success: false } => {
            Some(Err(Refusal::channel("SYSTEMERROR", channel())))
        }
        FaultKind::RecallY { success: true } | FaultKind::EmptySuccess => Some(Ok(match key {
            Some(key) => order::done(shared, request, key),
            None => Data::default(),
        })),
        _ => None,
    }
}
