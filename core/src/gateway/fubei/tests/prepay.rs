//! Orders that the payer scans.

use super::*;
use crate::gateway::{InvalidField, Order, Prepay, Product};
use crate::verdict::PrepayVerdict as P;
use crate::verdict::ReverseVerdict as R;

fn to_scan(pairs: &[(&str, &str)]) -> Fields {
    let mut fields = sale_with(pairs);
    fields.set("auth_code", "");
    fields
}

fn order(gateway: &Fubei, pairs: &[(&str, &str)]) -> Order {
    gateway.order(&to_scan(pairs)).expect("a good order")
}

fn invalid(gateway: &Fubei, pairs: &[(&str, &str)]) -> InvalidField {
    gateway.order(&to_scan(pairs)).expect_err("a bad order")
}

fn shows(gateway: &Fubei, pairs: &[(&str, &str)]) -> String {
    content(&gateway.call(&order(gateway, pairs), &stamp()))
}

const SHOWN: &str = r#"{"merchant_order_sn":"20160120105532871512","order_sn":"20160119233754227705","trade_no":"20180926","type":1,"total_fee":8.88,"qr_code":"https://qr.shouqianba.example/1"}"#;

#[test]
fn an_order_to_scan_names_its_channel_in_1_0_and_is_for_all_of_them_in_2_0() {
    assert_eq!(
        shows(&gateway(), &[]),
        r#"{"merchant_order_sn":"20160120105532871512","total_fee":8.88,"type":1}"#
    );
    assert_eq!(
        shows(
            &gateway(),
            &[("trade_type", "NATIVE"), ("pay_type", "alipay")]
        ),
        r#"{"merchant_order_sn":"20160120105532871512","total_fee":8.88,"type":2}"#
    );
    assert_eq!(
        shows(&second(), &[("trade_type", "NATIVE")]),
        r#"{"merchant_order_sn":"20160120105532871512","total_amount":8.88}"#
    );
    let order = order(&vendor(), &[]);
    assert_eq!(order.expected.product, Product::Prepay);
    assert_eq!(order.expected.sub_mch_id.as_deref(), Some(MERCHANT_ID));
}

#[test]
fn other_ways_to_get_at_an_order_are_refused() {
    for other in ["JSAPI", "H5", "MWEB", "APP", "native"] {
        assert_eq!(
            invalid(&gateway(), &[("trade_type", other)]).field,
            "trade_type"
        );
    }
    assert_eq!(invalid(&gateway(), &[("type", "5")]).field, "type");
    assert_eq!(
        invalid(&gateway(), &[("pay_type", "unionpay")]).field,
        "pay_type"
    );
}

#[test]
fn what_only_code_payments_have_is_left_out() {
    let order = order(
        &gateway(),
        &[
            ("goods_tag", "1"),
            ("product_id", "2"),
            ("time_expire", "20991227091010"),
            ("notify_url", "https://a.example/n"),
            ("equipment_type", "90"),
        ],
    );
    assert_eq!(order.left_out, ["goods_tag", "product_id", "time_expire"]);
    let text = shows(&second(), &[("time_expire", "20991227091010")]);
    assert!(text.contains(r#""timeout_express":"20991227091010""#));
}

#[test]
fn what_the_payer_can_be_shown_is_the_code_url() {
    let order = order(&gateway(), &[]);
    let answer = gateway().read(&order, &ok(SHOWN), &stamp());
    assert_eq!(answer.verdict, P::Ready, "{}", answer.why);
    assert_eq!(answer.facts["code_url"], "https://qr.shouqianba.example/1");
    assert_eq!(answer.facts["transaction_id"], ORDER_SN);
    assert_eq!(answer.facts["channel"], "wechat");
    let silent = r#"{"qr_code":"weixin://wxpay/bizpayurl?pr=1"}"#;
    assert_eq!(
        gateway().read(&order, &ok(silent), &stamp()).verdict,
        P::Ready
    );
}

#[test]
fn an_answer_about_something_else_or_without_a_code_is_not_shown() {
    let order = order(&gateway(), &[]);
    let read = |data: &str| gateway().read(&order, &ok(data), &stamp());
    for data in [
        SHOWN.replace("\"https://qr.shouqianba.example/1\"", "null"),
        SHOWN.replace("\"https://qr.shouqianba.example/1\"", "1"),
        SHOWN.replace("\"total_fee\":8.88", "\"total_fee\":8.87"),
        "{}".into(),
        "null".into(),
    ] {
        assert_eq!(read(&data).verdict, P::Unclear, "{data}");
    }
    let other = read(&SHOWN.replace(OUT_TRADE_NO, "A2"));
    assert!(other.forged && other.facts.is_empty());
}

#[test]
fn every_refusal_of_an_order_to_scan() {
    let order = order(&gateway(), &[]);
    for (reply, wanted) in [
        (refused("1007", "", ""), P::Rejected),
        (refused("402", "", ""), P::Rejected),
        (refused("400", "NOAUTH", ""), P::Rejected),
        (refused("400", "ORDERPAID", ""), P::Duplicate),
        (refused("400", "OUT_TRADE_NO_USED", ""), P::Duplicate),
        (refused("400", "SYSTEMERROR", ""), P::Unclear),
        (refused("400", "SOMETHING_NEW", ""), P::Unclear),
        (refused("400", "", "失败"), P::Unclear),
        (refused("500", "NOAUTH", ""), P::Unclear),
        (reply(502, ok(SHOWN).body), P::Unclear),
        (reply(200, "{"), P::Unclear),
    ] {
        assert_eq!(
            gateway().read(&order, &reply, &stamp()).verdict,
            wanted,
            "{reply:?}"
        );
    }
}

#[test]
fn every_answer_to_a_close() {
    for (reply, wanted) in [
        (ok(&state("CLOSED")), R::Done),
        (ok("{}"), R::Done),
        (refused("400", "ORDERPAID", ""), R::PayerBusy),
        (refused("400", "ACQ.TRADE_HAS_SUCCESS", ""), R::PayerBusy),
        (refused("400", "X", "订单已支付，不能关闭"), R::PayerBusy),
        (refused("400", "USERPAYING", ""), R::PayerBusy),
        (refused("400", "ORDERCLOSED", ""), R::Done),
        (refused("400", "ORDERNOTEXIST", ""), R::NotFound),
        (refused("400", "", "订单不存在"), R::NotFound),
        (refused("400", "SYSTEMERROR", ""), R::Again),
        (refused("1007", "", ""), R::Refused),
        (refused("500", "", "订单已支付"), R::Unclear),
        (reply(200, ""), R::Unclear),
    ] {
        let verdict = gateway().read_close(&expected(), &reply).verdict;
        assert_eq!(verdict, wanted, "{}", String::from_utf8_lossy(&reply.body));
    }
}
