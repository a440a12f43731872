//! Answers of APIv3: nothing that ends an order is believed unless WeChat Pay has signed it.

use serde_json::Value;
use wxpay_core::gateway::{Gateway, Prepay, Refunds};
use wxpay_core::verdict::{
    PrepayVerdict, QueryVerdict, RefundVerdict, ReverseVerdict, SubmitVerdict,
};

use crate::reached::reached;
use crate::{input, shop, v3};

/// Which operation, whether it is signed here (4) and for whom (1, 2), the HTTP status; then the body, or
/// header lines, an empty line and the body.
pub fn run(data: &[u8]) {
    let (operation, data) = input::choice(data, 7);
    let (how, data) = input::choice(data, 8);
    let (status, data) = input::status(data);
    let signed = how & 4 != 0;
    let (headers, body) = match signed {
        true => (v3::signature(data), data),
        false => input::headers(data),
    };
    let reply = shop::reply(status, headers, body);
    let gateway = v3::gateway(how);
    let message: Value = serde_json::from_slice(body).unwrap_or_default();
    let proven = signed && (200..300).contains(&status);
    let expected = shop::expected();

    let _ = gateway.is_probe(&reply);
    let _ = gateway.refused_for_clock(&reply, &shop::stamp());
    for finding in gateway.diagnose(&reply) {
        assert!(finding.message.chars().count() < 2048);
    }
    match operation {
        0 => {
            let answer = Gateway::read_submit(&gateway, &expected, &reply);
            shop::check(&answer);
            assert!(signed || answer.signed_at.is_none());
            if answer.verdict == SubmitVerdict::Paid {
                assert!(proven && v3::says_paid(&message, how), "{message}");
                shop::check_paid(&answer.facts);
            }
        }
        1 => {
            let answer = Gateway::read_query(&gateway, &expected, &reply);
            shop::check(&answer);
            assert!(signed || answer.signed_at.is_none());
            match answer.verdict {
                QueryVerdict::Paid => {
                    assert!(proven && v3::says_paid(&message, how), "{message}");
                    shop::check_paid(&answer.facts);
                }
                // What an error answer may say, which need not be signed.
                QueryVerdict::Unclear | QueryVerdict::Rejected | QueryVerdict::NotFound => {}
                _ => assert!(proven, "an unsigned state was believed"),
            }
        }
        2 | 4 => {
            let answer = match operation {
                2 => Gateway::read_reverse(&gateway, &expected, &reply),
                _ => Prepay::read_close(&gateway, &expected, &reply),
            };
            shop::check(&answer);
            assert!(answer.verdict != ReverseVerdict::Done || proven);
            assert_ne!(answer.verdict, ReverseVerdict::NotSent);
            if answer.verdict == ReverseVerdict::Done {
                reached("undone");
            }
        }
        3 => {
            let mut asked: wxpay_core::fields::Fields = [
                ("out_trade_no", shop::OUT_TRADE_NO),
                ("total_fee", "888"),
                ("body", "coffee"),
                ("trade_type", "JSAPI"),
                ("openid", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"),
                ("notify_url", "https://shop.example.com/notify"),
            ]
            .into_iter()
            .collect();
            asked.set("fee_type", "CNY");
            let order = Prepay::order(&gateway, &asked).expect("a whole order");
            let answer = Prepay::read(&gateway, &order, &reply, &shop::stamp());
            shop::check(&answer);
            if answer.verdict == PrepayVerdict::Ready {
                reached("ready");
                assert!(proven, "an unsigned prepay_id was believed");
                assert!(answer.facts.contains_key("prepay_id"));
            }
        }
        _ => {
            let asked = shop::expected_refund();
            let answer = match operation {
                5 => Refunds::read(&gateway, &asked, &reply),
                _ => Refunds::read_query(&gateway, &asked, &reply),
            };
            shop::check(&answer);
            if matches!(
                answer.verdict,
                RefundVerdict::Refunded | RefundVerdict::Processing
            ) {
                reached("refunded");
                assert!(proven, "an unsigned refund was believed");
                assert_eq!(message["out_refund_no"], shop::OUT_REFUND_NO);
                assert_eq!(message["amount"]["refund"], shop::REFUND_FEE);
            }
        }
    }
}
