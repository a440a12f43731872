//! WeChat Pay APIv2: flat XML signed with a shared key.

mod answer;
mod check;
mod error;
pub(crate) mod notice;
mod order;
mod refund;
mod sign;
mod xml;

use std::collections::BTreeMap;
use std::time::Duration;

use self::answer::{Account, Answer};
use self::check::Objection;
use self::xml::Parameters;
use crate::fault::{FaultKind, Operation};
use crate::hostile;
use crate::ledger::{Counts, Generation, Key, Notify, RefundKey};
use crate::reply::{Delivery, Reply};
use crate::server::{ClientCertificate, Outcome, Request};
use crate::settings::{RequestErrors, SignType};
use crate::shared::Shared;

/// What a path asks for.
pub(crate) fn operation(path: &str) -> Option<Operation> {
    match path {
        "/pay/micropay" => Some(Operation::Micropay),
        "/pay/orderquery" => Some(Operation::Orderquery),
        "/secapi/pay/reverse" => Some(Operation::Reverse),
        "/pay/unifiedorder" => Some(Operation::Prepay),
        "/pay/closeorder" => Some(Operation::Close),
        "/secapi/pay/refund" => Some(Operation::Refund),
        "/pay/refundquery" => Some(Operation::RefundQuery),
        _ => None,
    }
}

/// Answers a request, with every delay that comes before it takes effect.
pub(crate) async fn handle(shared: &Shared, operation: Operation, request: &Request) -> Outcome {
    let certified = matches!(operation, Operation::Reverse | Operation::Refund);
    if certified {
        let refused = match request.certificate {
            ClientCertificate::None => Some("No required SSL certificate was sent"),
            ClientCertificate::Foreign => Some("The SSL certificate error"),
            ClientCertificate::Of(_) => None,
        };
        if let Some(title) = refused {
            return Outcome::new(Delivery::Send(Reply::page(400, title)), "NO_CERTIFICATE");
        }
    }
    let received = receive(shared, operation, request);
    let out_trade_no = match &received {
        Ok(verified) => verified.key.as_ref().map(|key| key.out_trade_no.clone()),
        Err(refused) => refused.out_trade_no.clone(),
    };
    let mut faults = shared
        .faults()
        .take(operation, request.host, out_trade_no.as_deref());
    let mut earlier = Counts::default();
    if let Ok(verified) = &received {
        let scripted;
        (earlier, scripted) = count(shared, operation, verified);
        faults.extend(scripted);
    }
    for fault in &faults {
        if let FaultKind::DelayBefore { ms } = fault {
            tokio::time::sleep(Duration::from_millis(*ms)).await;
        }
    }
    let executed = faults.iter().all(FaultKind::executed);
    let honest = match &received {
        Err(refused) => Some((
            refused.answer(shared, operation),
            refused.objection.code.to_owned(),
        )),
        Ok(verified) if executed => {
            let answer = execute(shared, operation, verified, earlier);
            let verdict = answer.verdict().to_owned();
            Some((answer, verdict))
        }
        Ok(_) => None,
    };
    let verdict = honest
        .as_ref()
        .map_or("NOT_EXECUTED", |(_, verdict)| verdict)
        .to_owned();
    let account = received.as_ref().ok().map(|verified| &verified.account);
    let replaced = account.and_then(|account| {
        faults
            .iter()
            .find_map(|fault| account.replacement(shared, operation, fault))
    });
    let answer = replaced
        .or_else(|| honest.map(|(answer, _)| answer))
        .unwrap_or_else(|| Answer::communication_failure("系统繁忙"));

    let subject = (shared, out_trade_no.as_deref().unwrap_or_default());
    let mut outcome = Outcome::new(deliver(answer, &faults, subject, request), &verdict);
    outcome.out_trade_no = out_trade_no;
    outcome.set_faults(&faults);
    outcome
}

/// A request that passed every check.
struct Verified {
    account: Account,
    parameters: Parameters,
    mch_id: String,
    sub_mch_id: Option<String>,
    /// The order that it is about; `None`: it names it by a number that does not exist.
    key: Option<Key>,
    sign_type: SignType,
}

impl Verified {
    fn refund_key(&self, out_refund_no: &str) -> RefundKey {
        RefundKey {
            mch_id: self.mch_id.clone(),
            sub_mch_id: self.sub_mch_id.clone(),
            out_refund_no: out_refund_no.to_owned(),
        }
    }

    /// A parameter that was checked to be a whole number.
    fn fen(&self, name: &str) -> i64 {
        self.parameters
            .get(name)
            .and_then(|fee| fee.parse().ok())
            .expect("the amount was checked to be there and a whole number")
    }

    /// What must be the same when the request comes again.
    fn comparable(&self, but: &[&str]) -> BTreeMap<String, String> {
        self.parameters
            .iter()
            .filter(|(name, value)| {
                !matches!(*name, "nonce_str" | "sign" | "sign_type")
                    && !but.contains(name)
                    && !value.is_empty()
            })
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    fn notify(&self) -> Notify {
        Notify {
            url: self.parameters.get("notify_url").map(str::to_owned),
            generation: Generation::V2(self.sign_type),
        }
    }
}

/// A request that did not.
struct Refused {
    objection: Objection,
    account: Option<Account>,
    signature_proven: bool,
    out_trade_no: Option<String>,
    style: RequestErrors,
}

impl Refused {
    fn answer(&self, shared: &Shared, operation: Operation) -> Answer {
        let detail = &self.objection.detail;
        let text = error::description(self.objection.code);
        let text = if detail.is_empty() {
            text.to_owned()
        } else {
            format!("{text}:{detail}")
        };
        let business = match self.style {
            RequestErrors::AsWechat => self.signature_proven,
            RequestErrors::Communication => false,
            RequestErrors::Business => true,
        };
        match &self.account {
            Some(account) if business => {
                account.failure(shared, operation, self.objection.code, &text)
            }
            _ => Answer::communication_failure(&text),
        }
    }
}

fn receive(
    shared: &Shared,
    operation: Operation,
    request: &Request,
) -> Result<Verified, Box<Refused>> {
    let settings = shared.settings();
    let refused = |objection, account, signature_proven, out_trade_no: Option<&str>| {
        Box::new(Refused {
            objection,
            account,
            signature_proven,
            out_trade_no: out_trade_no
                .filter(|number| number.len() <= 64)
                .map(str::to_owned),
            style: settings.request_errors,
        })
    };
    let parameters = check::parse(&request.method, &request.body)
        .map_err(|objection| refused(objection, None, false, None))?;
    let number = parameters.get("out_trade_no");
    let merchant = check::merchant(&parameters, settings)
        .map_err(|objection| refused(objection, None, false, number))?;
    let sign_type = check::sign_type(&parameters)
        .map_err(|objection| refused(objection, None, false, number))?;
    let account = Account::new(merchant, |name| parameters.get(name), sign_type);
    check::signature(&parameters, merchant, sign_type)
        .map_err(|objection| refused(objection, Some(account.clone()), false, number))?;
    check::content(operation, &parameters, merchant, settings)
        .map_err(|objection| refused(objection, Some(account.clone()), true, number))?;
    if let ClientCertificate::Of(owner) = &request.certificate
        && matches!(operation, Operation::Reverse | Operation::Refund)
        && *owner != merchant.mch_id
    {
        let objection = Objection {
            code: "INVALID_REQUEST",
            detail: "the certificate belongs to another mch_id".to_owned(),
        };
        return Err(refused(objection, Some(account), true, number));
    }

    let mut verified = Verified {
        account,
        mch_id: merchant.mch_id.clone(),
        sub_mch_id: parameters.get("sub_mch_id").map(str::to_owned),
        key: None,
        parameters,
        sign_type,
    };
    verified.key = match operation {
        Operation::RefundQuery => refund::order_of_query(shared, &verified),
        _ => order_key(shared, &verified),
    };
    Ok(verified)
}

/// The order that `transaction_id` or else `out_trade_no` names.
fn order_key(shared: &Shared, verified: &Verified) -> Option<Key> {
    let (mch_id, sub_mch_id) = (&verified.mch_id, verified.sub_mch_id.as_deref());
    let out_trade_no = match verified.parameters.get("transaction_id") {
        None => verified.parameters.get("out_trade_no").map(str::to_owned),
        Some(id) => shared
            .book()
            .out_trade_no(mch_id, sub_mch_id, id)
            .map(str::to_owned),
    };
    Some(Key {
        mch_id: mch_id.clone(),
        sub_mch_id: sub_mch_id.map(str::to_owned),
        out_trade_no: out_trade_no?,
    })
}

/// Counts a request and finds the faults that its scenario has for it.
fn count(shared: &Shared, operation: Operation, verified: &Verified) -> (Counts, Vec<FaultKind>) {
    if matches!(operation, Operation::Refund | Operation::RefundQuery) {
        refund::count(shared, operation, verified);
        return (Counts::default(), Vec::new());
    }
    let Some(key) = &verified.key else {
        return (Counts::default(), Vec::new());
    };
    let settings = shared.settings();
    let mut book = shared.book();
    let earlier = book.received(shared.clock().now(), key, operation, settings);
    let booked = book.scenario(key);
    let scenario = match verified.parameters.get("auth_code") {
        // What a number plays was decided by the first code that was booked under it.
        Some(code) => booked.or_else(|| Some(crate::Scenario::of_auth_code(code))),
        None => booked,
    };
    let faults = scenario.map_or_else(Vec::new, |scenario| {
        scenario
            .script(&settings.timing)
            .faults(operation, earlier.of(operation))
    });
    (earlier, faults)
}

fn execute(shared: &Shared, operation: Operation, verified: &Verified, earlier: Counts) -> Answer {
    let answer = match operation {
        Operation::Refund => refund::open(shared, verified),
        Operation::RefundQuery => refund::query(shared, verified),
        _ => order::execute(shared, operation, verified, earlier),
    };
    if matches!(operation, Operation::Prepay | Operation::Refund) {
        shared.stir();
    }
    answer
}

/// Tampers with an answer, signs it, and decides how its bytes leave.
fn deliver(
    mut answer: Answer,
    faults: &[FaultKind],
    (shared, out_trade_no): (&Shared, &str),
    request: &Request,
) -> Delivery {
    for fault in faults {
        answer.tamper(fault);
    }
    let mut reply = Reply::xml(String::new());
    if let Some((case, lie)) = hostile::of(faults) {
        if let Some(lie) = lie {
            answer.lie(shared, out_trade_no, lie);
        }
        reply.body = answer.altered("xml", case).into();
    } else {
        reply.body = answer.render(faults).into();
    }
    for fault in faults {
        match fault {
            FaultKind::Garbage => {
                reply.body = b"\xff\xfe\x00garbage <xml> &&& \x00".to_vec().into()
            }
            FaultKind::Empty => reply.body = Vec::new().into(),
            _ => {}
        }
    }
    Delivery::of(reply, faults, &request.base)
}
