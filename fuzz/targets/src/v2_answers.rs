//! Answers of APIv2: nothing is believed that is not signed with our key, and nothing is called paid
//! that does not say so of our order.

use wxpay_core::fields::Fields;
use wxpay_core::gateway::wechat_v2::fuzzing::read_xml;
use wxpay_core::gateway::{Gateway, Prepay, Refunds};
use wxpay_core::verdict::{
    PrepayVerdict, QueryVerdict, RefundVerdict, ReverseVerdict, SubmitVerdict,
};

use crate::reached::reached;
use crate::v2::Merchant;
use crate::{input, shop};

/// Which operation, whether it is signed here (4) and for whom (1, 2), the HTTP status, the body.
pub fn run(data: &[u8]) {
    let (operation, data) = input::choice(data, 7);
    let (how, data) = input::choice(data, 8);
    let (status, body) = input::status(data);
    let merchant = Merchant(how);
    let signed = (how & 4 != 0).then(|| merchant.signed(body)).flatten();
    let body = signed.as_deref().unwrap_or(body);
    let reply = shop::reply(status, Vec::new(), body);

    let fields = read_xml(body).unwrap_or_default();
    let proven = status == 200 && merchant.proves(&fields);
    let paid = proven && merchant.says_paid(&fields);
    let refund = |after: &str| {
        let get = |name: &str| fields.get(&format!("{name}{after}"));
        get("out_refund_no") == Some(shop::OUT_REFUND_NO)
            && get("refund_fee").and_then(|fee| fee.parse().ok()) == Some(shop::REFUND_FEE)
            && fields.get("out_trade_no") == Some(shop::OUT_TRADE_NO)
    };

    let gateway = merchant.gateway();
    let expected = shop::expected();
    match operation {
        0 => {
            let answer = Gateway::read_submit(&gateway, &expected, &reply);
            shop::check(&answer);
            assert!(answer.verdict != SubmitVerdict::Paid || paid, "{fields:?}");
            if answer.verdict == SubmitVerdict::Paid {
                shop::check_paid(&answer.facts);
            }
            if matches!(answer.verdict, SubmitVerdict::Declined { .. }) {
                assert!(proven, "an unsigned refusal was believed");
            }
        }
        1 => {
            let answer = Gateway::read_query(&gateway, &expected, &reply);
            shop::check(&answer);
            assert!(answer.verdict != QueryVerdict::Paid || paid, "{fields:?}");
            if answer.verdict == QueryVerdict::Paid {
                shop::check_paid(&answer.facts);
            }
            let silent = matches!(
                answer.verdict,
                QueryVerdict::Unclear | QueryVerdict::Rejected
            );
            assert!(silent || proven, "an unsigned state was believed");
        }
        2 | 4 => {
            let answer = match operation {
                2 => Gateway::read_reverse(&gateway, &expected, &reply),
                _ => Prepay::read_close(&gateway, &expected, &reply),
            };
            shop::check(&answer);
            let silent = matches!(
                answer.verdict,
                ReverseVerdict::Unclear | ReverseVerdict::Refused
            );
            assert!(silent || proven, "an unsigned reverse was believed");
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
                ("trade_type", "JSAPI"),
                ("openid", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"),
                ("notify_url", "https://shop.example.com/notify"),
                ("spbill_create_ip", "192.0.2.7"),
            ]
            .into_iter()
            .collect();
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
            let (answer, right) = match operation {
                5 => (Refunds::read(&gateway, &asked, &reply), refund("")),
                _ => (
                    Refunds::read_query(&gateway, &asked, &reply),
                    (0..50).any(|index| refund(&format!("_{index}"))),
                ),
            };
            shop::check(&answer);
            if matches!(
                answer.verdict,
                RefundVerdict::Refunded | RefundVerdict::Processing
            ) {
                reached("refunded");
                assert!(proven && right, "{fields:?}");
            }
        }
    }
}
