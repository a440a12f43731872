//! Codes that the payer scans.

use super::*;
use crate::common::{CLOSED, E_ARGUMENT, NOT_PAID};
use wxpay_simulator::{PayerAction, State};

#[test]
fn a_code_to_scan_is_of_a_channel_in_1_0_and_of_all_of_them_in_2_0() {
    for (way, fields, start) in [
        (WAYS_IN[0], &[][..], "weixin://"),
        (WAYS_IN[0], &[("type", "1")][..], "weixin://"),
        (
            WAYS_IN[0],
            &[("pay_type", "alipay")][..],
            "https://qr.alipay.com/",
        ),
        (WAYS_IN[1], &[][..], "https://shq-api.51fubei.com/paypage"),
        (
            WAYS_IN[2],
            &[("type", "2")][..],
            "https://shq-api.51fubei.com/paypage",
        ),
    ] {
        let shop = shop_at(way);
        let till = shop.till();
        let sale = shop.sale(Scenario::Paid);
        let mut request = Request::order(&sale.out_trade_no, FEE);
        for (name, value) in fields {
            request = request.with(name, value);
        }
        let shown = till.prepay(&request);
        assert_eq!(shown.status(), OK, "{way:?}: {shown:?}");
        let code_url = shown.get("code_url").unwrap();
        assert!(code_url.starts_with(start), "{way:?}: {code_url}");
        let unpaid = till.query(&sale.out_trade_no);
        assert_eq!(unpaid.status(), NOT_PAID, "{way:?}: {unpaid:?}");
        shop.simulator
            .payer(&sale.out_trade_no, PayerAction::Pay)
            .unwrap();
        let paid = till.query(&sale.out_trade_no);
        assert_eq!(paid.status(), OK, "{way:?}: {paid:?}");
        shop.agrees(&sale, &paid);

        let closed = shop.sale(Scenario::Paid);
        let shown = till.prepay(&Request::order(&closed.out_trade_no, FEE));
        assert_eq!(shown.status(), OK, "{way:?}: {shown:?}");
        let outcome = till.close_order(&closed.out_trade_no);
        assert_eq!(outcome.status(), CLOSED, "{way:?}: {outcome:?}");
        assert_eq!(shop.order(&closed).unwrap().state, State::Closed);
    }
}

#[test]
fn what_fubei_has_no_code_for_is_refused_before_anything_is_sent() {
    let shop = shop();
    let till = shop.till();
    for (name, value) in [
        ("trade_type", "JSAPI"),
        ("trade_type", "H5"),
        ("type", "5"),
        ("pay_type", "unionpay"),
        ("pay_type", "cash"),
    ] {
        let request = Request::order("ORDER1", FEE).with(name, value);
        let refused = till.prepay(&request);
        assert_eq!(refused.status(), E_ARGUMENT, "{name} {value}: {refused:?}");
        assert_eq!(refused.get("field").as_deref(), Some(name), "{value}");
    }
    assert!(shop.simulator.requests().is_empty());
}
