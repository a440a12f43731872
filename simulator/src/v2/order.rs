//! What becomes of an order: charged, asked for, reversed; made by prepay, closed.

use super::answer::Answer;
use super::{Verified, error};
use crate::clock::from_beijing;
use crate::fault::Operation;
use crate::ledger::{
    Closed, Counts, Key, Prepared, Prepay, Queried, Refusal, Reversed, Sale, Submitted, TradeType,
};
use crate::shared::Shared;

/// Does what an operation about an order asks for.
pub(super) fn execute(
    shared: &Shared,
    operation: Operation,
    verified: &Verified,
    earlier: Counts,
) -> Answer {
    let account = &verified.account;
    let failure = |code: &str, text: &str| account.failure(shared, operation, code, text);
    let listed = |code: &str| failure(code, error::description(code));
    let refused = |refusal| match refusal {
        Refusal::CodeAlreadyUsed => failure("AUTH_CODE_INVALID", error::CODE_USED),
        Refusal::OrderPaid => listed("ORDERPAID"),
        Refusal::OrderReversed => listed("ORDERREVERSED"),
        Refusal::OrderClosed => listed("ORDERCLOSED"),
        Refusal::DifferentSale => listed("INVALID_REQUEST"),
        Refusal::NumberUsed => listed("OUT_TRADE_NO_USED"),
        Refusal::Scripted(code) => listed(code),
    };
    let Some(key) = &verified.key else {
        return listed(match operation {
            Operation::Reverse => "INVALID_TRANSACTIONID",
            _ => "ORDERNOTEXIST",
        });
    };
    let (now, settings) = (shared.clock().now(), shared.settings());
    match operation {
        Operation::Micropay => {
            let sale = sale(key.clone(), verified);
            let submitted = shared.book().submit(now, &sale, earlier, settings);
            match submitted {
                Submitted::Paid(order) => account.paid(shared, &order),
                Submitted::Paying => listed("USERPAYING"),
                Submitted::Refused(refusal) => refused(refusal),
            }
        }
        Operation::Orderquery => {
            let queried = shared.book().query(now, key, earlier, settings);
            match queried {
                Queried::NotFound => listed("ORDERNOTEXIST"),
                Queried::Tombstone => account.revoked_unbooked(shared, &key.out_trade_no),
                Queried::Order(order) => account.state(shared, &order),
            }
        }
        Operation::Reverse => {
            let reversed = shared.book().reverse(now, key, earlier, settings);
            match reversed {
                Reversed::Done => account.reversed(shared),
                Reversed::PayerBusy => failure("USERPAYING", error::PAYER_BUSY),
                Reversed::NotFound => listed("ORDERNOTEXIST"),
                Reversed::PaidElsewhere => listed("ORDERPAID"),
                Reversed::Impossible => failure("TRADE_ERROR", error::NOT_REVERSIBLE),
            }
        }
        Operation::Prepay => {
            let prepay = prepay(key.clone(), shared, verified);
            let prepared = shared.book().prepay(now, &prepay, earlier, settings);
            match prepared {
                Prepared::Order(order) => account.prepared(shared, &order),
                Prepared::Expired => failure("INVALID_REQUEST", error::EXPIRED),
                Prepared::Refused(refusal) => refused(refusal),
            }
        }
        Operation::Close => {
            let closed = shared.book().close(now, key, earlier, settings);
            match closed {
                Closed::Done => account.closed(shared),
                Closed::NotFound => listed("ORDERNOTEXIST"),
                Closed::ByCode => failure("TRADE_STATE_ERROR", error::ONLY_REVERSE),
                Closed::Paid => listed("ORDERPAID"),
                Closed::Already => listed("ORDERCLOSED"),
            }
        }
        Operation::Refund | Operation::RefundQuery | Operation::Certificates | Operation::Ride => {
            listed("SYSTEMERROR")
        }
    }
}

fn sale(key: Key, verified: &Verified) -> Sale {
    let text = |name| verified.parameters.get(name).unwrap_or_default().to_owned();
    Sale {
        key,
        auth_code: text("auth_code"),
        total_fee: verified.fen("total_fee"),
        fee_type: verified
            .parameters
            .get("fee_type")
            .unwrap_or("CNY")
            .to_owned(),
        channel: None,
        notify: None,
        parameters: verified.comparable(&[]),
    }
}

fn prepay(key: Key, shared: &Shared, verified: &Verified) -> Prepay {
    let parameters = &verified.parameters;
    Prepay {
        key,
        trade_type: match parameters.get("trade_type") {
            Some("NATIVE") => TradeType::Native,
            Some("APP") => TradeType::App,
            Some("MWEB") => TradeType::Mweb,
            _ => TradeType::Jsapi,
        },
        total_fee: verified.fen("total_fee"),
        fee_type: parameters.get("fee_type").unwrap_or("CNY").to_owned(),
        channel: None,
        openid: parameters
            .get("openid")
            .or_else(|| parameters.get("sub_openid"))
            .map(str::to_owned),
        notify: verified.notify(),
        expires_at: parameters
            .get("time_expire")
            .and_then(from_beijing)
            .map(|unix| shared.clock().at(unix)),
        parameters: verified.comparable(&[]),
    }
}
