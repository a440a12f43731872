//! What a till is told of an answer.

use serde_json::json;

use super::*;
use crate::gateway::Gateway;
use crate::outcome::Facts;
use crate::verdict::QueryVerdict as Q;
use crate::verdict::SubmitVerdict as S;

fn told(data: &str) -> Facts {
    let answer = gateway().read_query(&expected(), &ok(data));
    assert!(!answer.forged, "{}", answer.why);
    answer.facts
}

#[test]
fn a_paid_answer_of_1_0_is_told_in_the_names_of_results_and_in_fen() {
    let answer = gateway().read_submit(&expected(), &ok(PAID));

    assert_eq!(answer.verdict, S::Paid, "{}", answer.why);
    assert_eq!((answer.code, answer.code_message), (None, None));
    let wanted = json!({
        "out_trade_no": OUT_TRADE_NO,
        "transaction_id": ORDER_SN,
        "trade_no": "2018092616294901086756739438",
        "platform_order_no": "4200001212282111030178445712",
        "trade_state": "SUCCESS",
        "total_fee": 888,
        "payer_total": 880,
        "net_money": 884,
        "discount_money": 0,
        "cash_coupon_fee": 8,
        "fee": 4,
        "paid_at": "2016-11-08T11:12:42+08:00",
        "channel": "wechat",
        "openid": "oUpF8uN95",
        "attach": "till 3",
        "store_id": 123,
        "cashier_id": 0,
        "device_info": "123456",
        "request_id": "08F-268512771",
    });
    assert_eq!(Value::Object(answer.facts), wanted);
}

#[test]
fn a_paid_answer_of_2_0_is_told_in_the_same_names() {
    let answer = second().read_submit(&expected(), &ok(PAID_2));

    assert_eq!(answer.verdict, S::Paid, "{}", answer.why);
    let wanted = json!({
        "out_trade_no": OUT_TRADE_NO,
        "transaction_id": ORDER_SN,
        "ins_order_sn": "2018092616294901086756739438",
        "channel_order_sn": "4200001212282111030178445712",
        "trade_state": "SUCCESS",
        "total_fee": 888,
        "payer_total": 880,
        "net_amount": 888,
        "fee": 4,
        "paid_at": "2016-11-08T11:12:42+08:00",
        "channel": "alipay",
        "user_id": "2088",
        "attach": "till 3",
        "store_id": 123,
        "device_info": "123456",
        "payment_list": r#"[{"type":"CHANNEL_PRE","amount":0.080}]"#,
        "request_id": "08F-268512771",
    });
    assert_eq!(Value::Object(answer.facts), wanted);
}

#[test]
fn a_merchants_discount_is_told_beside_the_orders_amount() {
    // As the document's sample: 100 yuan, 20 off by the merchant's discount.
    let discounted = PAID
        .replace(r#""total_fee":8.88"#, r#""total_fee":80.00"#)
        .replace(r#""discount_money":"0.00""#, r#""discount_money":20.00"#)
        .replace(r#""order_price":8.88,"#, "");
    let asked = Expected {
        total_fee: Some(10_000),
        ..expected()
    };
    for data in [
        discounted.clone(),
        discounted.replace(r#""fee":0.04"#, r#""fee":0.04,"order_price":100"#),
    ] {
        let answer = gateway().read_query(&asked, &ok(&data));
        assert_eq!(answer.verdict, Q::Paid, "{}", answer.why);
        assert_eq!(answer.facts["total_fee"], 10_000);
        assert_eq!(answer.facts["settlement_total_fee"], 8000);
        assert_eq!(answer.facts["discount_money"], 2000);
    }
}

#[test]
fn every_channel_has_its_name() {
    for (member, channel) in [
        (r#""type":1"#, "wechat"),
        (r#""type":"2""#, "alipay"),
        (r#""type":5"#, "unionpay"),
        (r#""pay_type":"wxpay""#, "wechat"),
        (r#""pay_type":"alipay""#, "alipay"),
        (r#""pay_type":"unionpay""#, "unionpay"),
        (r#""pay_type":"bankcardpay""#, "bankcard"),
        (r#""pay_type":"dcep""#, "dcep"),
    ] {
        let facts = told(&PAID.replace(r#""type":1"#, member));
        assert_eq!(facts["channel"], channel);
        let payer = if channel == "wechat" {
            "openid"
        } else {
            "user_id"
        };
        assert_eq!(facts[payer], "oUpF8uN95");
    }
}

#[test]
fn data_may_be_an_object_or_the_text_of_one() {
    let as_text = Value::from(PAID).to_string();
    let answer = gateway().read_submit(&expected(), &ok(&as_text));
    assert_eq!(answer.verdict, S::Paid);
    assert_eq!(
        answer.facts,
        gateway().read_submit(&expected(), &ok(PAID)).facts
    );
}

#[test]
fn result_code_may_be_a_number_or_text() {
    for code in ["200", "\"200\""] {
        let body = format!(r#"{{"result_code":{code},"data":{PAID}}}"#);
        let answer = gateway().read_submit(&expected(), &reply(200, body));
        assert_eq!(answer.verdict, S::Paid, "{code}");
    }
    for code in [
        "200.0",
        "2e2",
        "\"200 \"",
        "\"0200\"",
        "true",
        "201",
        "[200]",
        "{\"a\":200}",
    ] {
        let body = format!(r#"{{"result_code":{code},"data":{PAID}}}"#);
        let answer = gateway().read_submit(&expected(), &reply(200, body));
        assert_eq!(answer.verdict, S::Unclear, "{code}");
    }
}

#[test]
fn sub_code_is_heard_beside_data_and_in_it() {
    for body in [
        r#"{"result_code":400,"result_message":"失败","sub_code":"NOTENOUGH","data":{}}"#,
        r#"{"result_code":"400","result_message":"失败","data":{"sub_code":"NOTENOUGH"}}"#,
        r#"{"result_code":400,"result_message":"失败","data":"{\"sub_code\":\"NOTENOUGH\"}"}"#,
        r#"{"result_code":400,"result_message":"失败","sub_code":null,"data":{"sub_code":"NOTENOUGH"}}"#,
    ] {
        let answer = gateway().read_submit(&expected(), &reply(200, body));
        assert_eq!(answer.verdict, S::Declined { listed: false }, "{body}");
        assert_eq!(answer.code.as_deref(), Some("NOTENOUGH"));
        assert_eq!(answer.code_message.as_deref(), Some("失败"));
    }
}

#[test]
fn an_unpaid_answer_tells_its_state_as_a_code_too() {
    let answer = gateway().read_submit(&expected(), &ok(&state("USERPAYING")));
    assert_eq!(answer.verdict, S::Unclear);
    assert_eq!(answer.code.as_deref(), Some("USERPAYING"));
    assert_eq!(answer.facts["trade_state"], "USERPAYING");
}

#[test]
fn amounts_as_numbers_or_text_are_read_from_their_digits() {
    for amount in ["8.88", "8.880", "\"8.88\"", "\"8.880\""] {
        let data = PAID.replace(
            r#""order_price":8.88"#,
            &format!(r#""order_price":{amount}"#),
        );
        let answer = gateway().read_query(&expected(), &ok(&data));
        assert_eq!(answer.verdict, Q::Paid, "{amount}");
        assert_eq!(answer.facts["total_fee"], 888);
    }
    let asked = |total_fee| Expected {
        total_fee: Some(total_fee),
        ..expected()
    };
    for (amount, fen) in [("8.8", 880), ("80", 8000), ("\"80.0\"", 8000), ("0.1", 10)] {
        let data = PAID.replace(
            r#""order_price":8.88"#,
            &format!(r#""order_price":{amount}"#),
        );
        let answer = gateway().read_query(&asked(fen), &ok(&data));
        assert_eq!(answer.verdict, Q::Paid, "{amount}");
    }
}

#[test]
fn an_amount_that_cannot_be_read_is_told_as_it_was_written() {
    let facts = told(&PAID.replace("\"8.80\"", "8.8049999999999997"));
    assert_eq!(facts["payer_total"], "8.8049999999999997");
    let facts = told(&PAID.replace(r#""fee":0.04"#, r#""fee":4e-2"#));
    assert_eq!(facts["fee"], "4e-2");
}

#[test]
fn names_that_the_library_gives_a_meaning_to_are_not_told() {
    for name in crate::gateway::results::RESERVED {
        let data = PAID.replacen('{', &format!(r#"{{"{name}":"forged","#), 1);
        let answer = gateway().read_query(&expected(), &ok(&data));
        assert_ne!(answer.facts.get(*name), Some(&"forged".into()), "{name}");
    }
}

#[test]
fn a_moment_is_read_as_either_interface_writes_it() {
    for member in [
        r#""pay_time":1478574762"#,
        r#""pay_time":"1478574762""#,
        r#""pay_time":0,"finish_time":"20161108111242""#,
    ] {
        let facts = told(&PAID.replace(r#""pay_time":1478574762"#, member));
        assert_eq!(facts["paid_at"], "2016-11-08T11:12:42+08:00", "{member}");
    }
    for member in [
        r#""pay_time":0"#,
        r#""pay_time":null"#,
        r#""pay_time":1478574762000"#,
        r#""pay_time":-147857476"#,
        r#""finish_time":"2016-11-08""#,
    ] {
        let data = PAID.replace(r#""pay_time":1478574762"#, member);
        let answer = gateway().read_query(&expected(), &ok(&data));
        assert_eq!(answer.verdict, Q::Unclear, "{member}");
        assert!(!answer.facts.contains_key("paid_at"));
    }
}

#[test]
fn a_paid_answer_has_no_code_whatever_the_channel_adds() {
    let data = PAID_2.replace(r#""sub_code":null"#, r#""sub_code":"10000""#);
    let answer = second().read_submit(&expected(), &ok(&data));
    assert_eq!((answer.verdict, answer.code), (S::Paid, None));
    let waiting = state("USERPAYING").replacen('{', r#"{"sub_code":"10003","#, 1);
    let answer = second().read_submit(&expected(), &ok(&waiting));
    assert_eq!(answer.verdict, S::Unclear);
    assert_eq!(answer.code.as_deref(), Some("10003"));
}
