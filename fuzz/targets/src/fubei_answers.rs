//! Answers of Fubei, which are not signed: none is called paid that does not say so of our order, with
//! our amount, in an envelope that says that the call succeeded.

use serde_json::Value;
use wxpay_core::fields::Fields;
use wxpay_core::gateway::{Gateway, Prepay, Refunds};
use wxpay_core::verdict::{
    PrepayVerdict, QueryVerdict, RefundVerdict, ReverseVerdict, SubmitVerdict,
};

use crate::fubei::{self, Merchant};
use crate::reached::reached;
use crate::{input, shop};

/// Which operation, which merchant, the HTTP status, the body.
pub fn run(data: &[u8]) {
    let (operation, data) = input::choice(data, 7);
    let (merchant, data) = input::choice(data, 4);
    let (status, body) = input::status(data);
    let gateway = Merchant(merchant).gateway();
    let reply = shop::reply(status, Vec::new(), body);
    let expected = shop::expected();

    let envelope: Value = serde_json::from_slice(body).unwrap_or_default();
    let data = match &envelope["data"] {
        Value::String(text) => serde_json::from_str(text).unwrap_or_default(),
        data => data.clone(),
    };
    let code = &envelope["result_code"];
    let succeeded = status == 200
        && (*code == 200 || *code == "200")
        && envelope["success"] != Value::Bool(false);
    match operation {
        0 => {
            let answer = Gateway::read_submit(&gateway, &expected, &reply);
            shop::check(&answer);
            if answer.verdict == SubmitVerdict::Paid {
                reached("paid");
                assert!(succeeded && fubei::says_paid(&data), "{data}");
                assert_eq!(answer.facts["total_fee"], shop::TOTAL_FEE);
            }
        }
        1 => {
            let answer = Gateway::read_query(&gateway, &expected, &reply);
            shop::check(&answer);
            match answer.verdict {
                QueryVerdict::Paid => {
                    reached("found paid");
                    assert!(succeeded && fubei::says_paid(&data), "{data}");
                    assert_eq!(answer.facts["total_fee"], shop::TOTAL_FEE);
                }
                QueryVerdict::Reversed | QueryVerdict::Closed => {
                    reached("ended");
                    assert!(succeeded, "{envelope}");
                    assert_eq!(data["merchant_order_sn"], shop::OUT_TRADE_NO);
                }
                _ => {}
            }
        }
        2 | 4 => {
            let answer = match operation {
                2 => Gateway::read_reverse(&gateway, &expected, &reply),
                _ => Prepay::read_close(&gateway, &expected, &reply),
            };
            shop::check(&answer);
            assert!(answer.verdict != ReverseVerdict::Done || status == 200);
            assert_ne!(answer.verdict, ReverseVerdict::NotSent);
            if answer.verdict == ReverseVerdict::Done {
                reached("undone");
            }
        }
        3 => {
            let asked: Fields = [
                ("out_trade_no", shop::OUT_TRADE_NO),
                ("total_fee", "888"),
                ("body", "coffee"),
                ("trade_type", "NATIVE"),
                ("store_id", "123"),
            ]
            .into_iter()
            .collect();
            let Ok(order) = Prepay::order(&gateway, &asked) else {
                return;
            };
            let answer = Prepay::read(&gateway, &order, &reply, &shop::stamp());
            shop::check(&answer);
            if answer.verdict == PrepayVerdict::Ready {
                reached("ready");
                assert!(succeeded, "{envelope}");
            }
        }
        _ => {
            let asked = shop::expected_refund();
            let answer = match operation {
                5 => Refunds::read(&gateway, &asked, &reply),
                _ => Refunds::read_query(&gateway, &asked, &reply),
            };
            shop::check(&answer);
            if answer.verdict == RefundVerdict::Refunded {
                reached("refunded");
                assert!(succeeded, "{envelope}");
                assert_eq!(data["merchant_refund_sn"], shop::OUT_REFUND_NO);
            }
        }
    }
}
