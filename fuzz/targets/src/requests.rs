//! What a till asks for, with every gateway: what a gateway accepts becomes a request that says just
//! that, and nothing else does.

use serde_json::Value;
use wxpay_core::exchange::Call;
use wxpay_core::fields::Fields;
use wxpay_core::gateway::wechat_v2::fuzzing::read_xml;
use wxpay_core::gateway::{Gateway, Order, Prepay, Refund, Refunds};

use crate::reached::reached;
use crate::{fubei, input, ride, shop, v2, v3};

/// Which gateway, for whom, and lines of `name=value`; a carriage return stands for a line feed.
pub fn run(data: &[u8]) {
    let (which, data) = input::choice(data, 4);
    let (merchant, data) = input::choice(data, 4);
    let text = String::from_utf8_lossy(data);
    let fields: Fields = text
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name, value.replace('\r', "\n")))
        .collect();
    match which {
        0 => {
            let merchant = v2::Merchant(merchant);
            all(&merchant.gateway(), &fields, |call| {
                let body = read_xml(&call.body).expect("a request is a message");
                assert!(merchant.proves(&body), "a request is signed");
                let fee = body.get("total_fee").and_then(|fee| fee.parse().ok());
                (body.get("out_trade_no").map(str::to_owned), fee)
            });
        }
        1 => all(&v3::gateway(merchant), &fields, |call| {
            assert!(
                call.headers
                    .iter()
                    .any(|(name, _)| *name == "Authorization")
            );
            let body: Value = serde_json::from_slice(&call.body).expect("a request is JSON");
            let number = body["out_trade_no"].as_str().map(str::to_owned);
            (number, body["amount"]["total"].as_i64())
        }),
        2 => all(&fubei::Merchant(merchant).gateway(), &fields, |call| {
            let body: Value = serde_json::from_slice(&call.body).expect("a request is JSON");
            let parameters = body.as_object().expect("a request is an object");
            let pairs = parameters
                .iter()
                .filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)));
            assert_eq!(body["sign"], fubei::signature(pairs));
            let content = body["biz_content"].as_str().unwrap_or_default();
            let content: Value = serde_json::from_str(content).expect("its content is JSON");
            let number = content["merchant_order_sn"].as_str().map(str::to_owned);
            (number, None)
        }),
        _ => rides(&fields),
    }
}

/// Every request that takes fields. `told` reads the number and the amount of an order from a body.
fn all<G: Gateway + Prepay + Refunds>(
    gateway: &G,
    fields: &Fields,
    told: impl Fn(&Call) -> (Option<String>, Option<i64>),
) {
    let stamp = shop::stamp();
    let check = |order: &Order, call: &Call| {
        let expected = &order.expected;
        assert_eq!(
            fields.get("out_trade_no"),
            Some(expected.out_trade_no.as_str())
        );
        let asked = fields.get("total_fee").and_then(|fee| fee.parse().ok());
        assert!(asked.is_some_and(|fee: i64| fee > 0) && expected.total_fee == asked);
        let (number, fee) = told(call);
        assert_eq!(number.as_deref(), Some(expected.out_trade_no.as_str()));
        assert!(fee.is_none() || fee == expected.total_fee);
        // The body of a journal or of a log may hold the order, but never the payer's code.
        if let Some(code) = fields.get("auth_code").filter(|code| code.len() > 9) {
            assert!(!format!("{order:?}{call:?}").contains(code) || occurs_twice(fields, code));
        }
    };
    match Gateway::order(gateway, fields) {
        Ok(order) => {
            reached("sale");
            check(&order, &gateway.submit(&order, &stamp));
        }
        Err(error) => assert!(error.rule.chars().count() < 1024, "{}", error.rule),
    }
    if let Ok(order) = Prepay::order(gateway, fields) {
        reached("prepay");
        check(&order, &Prepay::call(gateway, &order, &stamp));
    }
    if let Ok(refund) = Refunds::refund(gateway, fields) {
        reached("refund");
        let Refund { expected, .. } = &refund;
        assert_eq!(
            fields.get("out_refund_no"),
            Some(expected.out_refund_no.as_str())
        );
        let asked = fields.get("refund_fee").and_then(|fee| fee.parse().ok());
        assert_eq!(expected.refund_fee, asked);
        assert!(asked.is_some_and(|fee| fee > 0));
        told(&Refunds::call(gateway, &refund, &stamp));
    }
    if let Some(number) = fields.get("out_trade_no")
        && Gateway::check_out_trade_no(gateway, number).is_ok()
    {
        let expected = wxpay_core::gateway::Expected {
            out_trade_no: number.to_owned(),
            ..Default::default()
        };
        for call in [
            Gateway::query(gateway, &expected, &stamp),
            Gateway::reverse(gateway, &expected, &stamp),
            Prepay::close(gateway, &expected, &stamp),
        ] {
            assert!(call.path.starts_with('/'));
            assert!(call.path.bytes().all(|byte| byte.is_ascii_graphic()));
        }
    }
}

/// Whether another field says the same, so that it may well be told.
fn occurs_twice(fields: &Fields, text: &str) -> bool {
    let holding = |(_, value): &(&str, &str)| value.contains(text);
    fields.iter().filter(holding).count() > 1
}

fn rides(fields: &Fields) {
    let gateway = ride::gateway();
    let Ok(ride) = gateway.ride(fields) else {
        return;
    };
    reached("ride");
    let asked = fields.get("total_fee").and_then(|fee| fee.parse().ok());
    assert_eq!(ride.expected.total_fee, asked);
    let call = gateway.deduct(&ride);
    let body: Value = serde_json::from_slice(&call.body).expect("a request is JSON");
    assert_eq!(body["total_fee"].as_i64(), asked);
    assert_eq!(body["out_order_no"].as_str(), fields.get("out_trade_no"));
    assert!(call.path.bytes().all(|byte| byte.is_ascii_graphic()));
}
