//! What a hostile case makes of an answer.

use serde_json::{Value, json};

use crate::clock::beijing;
use crate::hostile::{self, Case, Lie};
use crate::shared::Shared;

/// The body with what the case changes; `lie`: what is said first, and about which order.
pub(super) fn altered(
    shared: &Shared,
    body: &[u8],
    lie: Option<(Lie, &str)>,
    case: &Case,
) -> Vec<u8> {
    let mut body = match serde_json::from_slice(body) {
        Ok(mut document) if lie.is_some() || !case.fields.is_empty() => {
            match lie {
                Some((Lie::Paid, out_trade_no)) => paid(shared, &mut document, out_trade_no),
                Some((Lie::NotPaid, _)) => document["data"]["trade_state"] = "CLOSED".into(),
                None => {}
            }
            hostile::json_fields(&mut document, case.fields);
            document.to_string().into_bytes()
        }
        _ => body.to_vec(),
    };
    hostile::bytes(&mut body, case.text);
    body
}

/// The best of news about an order: that it is paid, as asked.
fn paid(shared: &Shared, document: &mut Value, out_trade_no: &str) {
    let ledger = shared.ledger();
    let order = ledger.order(out_trade_no);
    let fen = order.and_then(|order| order.total_fee).unwrap_or_default();
    let clock = shared.clock();
    let time = beijing(clock.unix(clock.now()));
    let yuan = format!("{}.{:02}", fen / 100, fen % 100);
    *document = json!({
        "result_code": 200,
        "result_message": "成功",
        "data": {
            "merchant_order_sn": out_trade_no,
            "order_sn": "20990101000000000001",
            "trade_state": "SUCCESS",
            "order_price": yuan,
            "total_fee": yuan,
            "pay_time": time,
            "finish_time": time,
        },
    });
}
