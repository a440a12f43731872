use serde_json::{Value, json};
use wxpay_simulator::{
    Fault, FaultKind, Operation, RefundAction, RefundState, Region, Scenario, Settings, Simulator,
};

use super::client::{Till, code, refusal};
use crate::client::{Till as TillV2, start, start_with};

/// A simulator whose refunds are done at once.
fn instant(mut settings: Settings) -> Simulator {
    settings.timing.refund_ms = 0;
    Simulator::start(settings).expect("the simulator starts")
}

#[test]
fn a_refund_gives_money_back_once_and_says_all_of_it() {
    let simulator = instant(Settings::default());
    let till = Till::new(&simulator);
    let paid = till.verified(till.play("number-A", Scenario::Paid));
    let done = till.verified(till.refund("number-A", "R-1", 300));
    let expected = json!({
        "refund_id": "5030000000000000000000000002",
        "out_refund_no": "R-1",
        "transaction_id": paid["transaction_id"],
        "out_trade_no": "number-A",
        "channel": "ORIGINAL",
        "user_received_account": "支付用户零钱",
        "success_time": done["success_time"],
        "create_time": done["create_time"],
        "status": "SUCCESS",
        "funds_account": "AVAILABLE",
        "amount": {
            "total": 888, "refund": 300, "from": [], "payer_total": 888, "payer_refund": 300,
            "settlement_total": 888, "settlement_refund": 300, "discount_refund": 0,
            "currency": "CNY",
        },
        "later_extension": "接口可能增加字段 <&>",
    });
    assert_eq!(done, expected);
    assert_eq!(till.verified(till.refund("number-A", "R-1", 300)), done);
    assert_eq!(till.verified(till.refund_query("R-1")), done);
    assert_eq!(code(till.query("number-A")), "REFUND");
    assert_eq!(simulator.net_charged("number-A"), 588);
    let record = simulator.ledger().refund("R-1").unwrap().clone();
    assert_eq!((record.submits, record.queries), (2, 1));

    let by_id = json!({
        "transaction_id": paid["transaction_id"],
        "out_refund_no": "R-2",
        "reason": "商品已售完",
        "funds_account": "UNSETTLED",
        "notify_url": "https://example.com/notify",
        "amount": { "refund": 588, "total": 888, "currency": "CNY" },
        "goods_detail": [{
            "merchant_goods_id": "1", "unit_price": 588, "refund_amount": 588, "refund_quantity": 1
        }],
    });
    let done = till.verified(till.post("/v3/refund/domestic/refunds", &by_id));
    assert_eq!(done["out_trade_no"], "number-A");
    assert_eq!(done["funds_account"], "UNSETTLED");
    assert_eq!(simulator.net_charged("number-A"), 0);
}

#[test]
fn what_cannot_be_refunded_is_refused() {
    let simulator = instant(Settings::default());
    let till = Till::new(&simulator);
    let refused = |order: &str, number: &str, fen: i64| {
        let (status, body) = refusal(till.refund(order, number, fen));
        let code = body["code"].as_str().unwrap().to_owned();
        (status, code, body["message"].as_str().unwrap().to_owned())
    };
    assert_eq!(refused("number-A", "R-1", 1).1, "RESOURCE_NOT_EXISTS");
    till.verified(till.play("number-A", Scenario::PasswordNever));
    assert_eq!(refused("number-A", "R-1", 1).1, "INVALID_REQUEST");
    till.verified(till.reverse("number-A"));
    assert_eq!(refused("number-A", "R-1", 1).1, "ORDER_REVERSED");

    till.verified(till.play("number-B", Scenario::Paid));
    till.verified(till.refund("number-B", "R-2", 300));
    for (number, fen, message) in [
        (
            "R-2",
            301,
            "订单金额或退款金额与之前请求不一致，请核实后再试",
        ),
        ("R-3", 589, "申请退款金额大于可退金额"),
    ] {
        let expected = (400, "INVALID_REQUEST".to_owned(), message.to_owned());
        assert_eq!(refused("number-B", number, fen), expected);
    }
    till.verified(till.refund("number-B", "R-3", 588));
    assert_eq!(refused("number-B", "R-4", 1).2, "订单已全额退款");
    assert_eq!(simulator.net_charged("number-B"), 0);
    let (status, body) = refusal(till.refund_query("R-9"));
    assert_eq!(
        (status, &body["code"]),
        (404, &json!("RESOURCE_NOT_EXISTS"))
    );
}

#[test]
fn a_refund_has_to_have_its_fields() {
    let simulator = instant(Settings::default());
    let till = Till::new(&simulator);
    till.verified(till.play("number-A", Scenario::Paid));
    for (change, field) in [
        (json!({ "out_refund_no": null }), "/out_refund_no"),
        (json!({ "out_refund_no": "R 1" }), "/out_refund_no"),
        (json!({ "out_refund_no": "x".repeat(65) }), "/out_refund_no"),
        (json!({ "out_trade_no": null }), "/out_trade_no"),
        (json!({ "amount": null }), "/amount"),
        (
            json!({ "amount": { "refund": 1, "total": 888 } }),
            "/amount/currency",
        ),
        (
            json!({ "amount": { "refund": 889, "total": 888, "currency": "CNY" } }),
            "/amount/refund",
        ),
        (json!({ "reason": "x".repeat(81) }), "/reason"),
        (json!({ "funds_account": "PURSE" }), "/funds_account"),
        (json!({ "notify_url": "nowhere" }), "/notify_url"),
        (json!({ "mchid": "10000100" }), "/mchid"),
    ] {
        let mut body = till.part("number-A", "R-1", 1);
        for (name, value) in change.as_object().unwrap() {
            if value.is_null() {
                body.as_object_mut().unwrap().remove(name);
            } else {
                body[name] = value.clone();
            }
        }
        let (status, answer) = refusal(till.post("/v3/refund/domestic/refunds", &body));
        assert_eq!(
            (status, &answer["code"]),
            (400, &json!("PARAM_ERROR")),
            "{change}"
        );
        assert_eq!(answer["detail"]["field"], field);
    }
    let (_, answer) = refusal(till.get("/v3/refund/domestic/refunds/R-1?mchid=10000100"));
    assert_eq!(answer["detail"]["field"], "mchid");
    assert!(simulator.ledger().refunds.is_empty());
}

#[test]
fn a_service_provider_refunds_for_its_shop() {
    let mut settings = Settings::default();
    settings.merchants[0].sub_mch_ids = vec!["20000001".to_owned()];
    let simulator = instant(settings);
    let mut till = Till::new(&simulator);
    till.sub_mchid = Some("20000001".to_owned());
    till.verified(till.play("number-A", Scenario::Paid));
    till.verified(till.refund("number-A", "R-1", 888));
    assert_eq!(till.verified(till.refund_query("R-1"))["status"], "SUCCESS");
    let bare = Till::new(&simulator);
    let (_, answer) = refusal(bare.refund("number-A", "R-1", 888));
    assert_eq!(answer["detail"]["field"], "/sub_mchid");
    let (_, answer) = refusal(bare.refund_query("R-1"));
    assert_eq!(answer["detail"]["field"], "sub_mchid");
}

#[test]
fn a_refund_is_on_its_way_until_the_bank_has_decided() {
    let simulator = start();
    let till = Till::new(&simulator);
    till.verified(till.play("number-A", Scenario::Paid));
    for (number, action, state) in [
        ("R-1", RefundAction::Succeed, RefundState::Success),
        ("R-2", RefundAction::Fail, RefundState::Abnormal),
        ("R-3", RefundAction::Close, RefundState::Closed),
    ] {
        let opened = till.verified(till.refund("number-A", number, 100));
        assert_eq!(opened["status"], "PROCESSING");
        assert_eq!(opened.get("success_time"), None);
        assert_eq!(simulator.refund_action(number, action), Ok(state));
        let found = till.verified(till.refund_query(number));
        assert_eq!(found["status"], state.name());
    }
    assert_eq!(simulator.net_charged("number-A"), 788);
}

#[test]
fn a_coupon_goes_back_in_proportion() {
    let simulator = instant(Settings {
        coupon_fen: 88,
        ..Settings::default()
    });
    let till = Till::new(&simulator);
    till.verified(till.play("number-A", Scenario::Paid));
    let done = till.verified(till.refund("number-A", "R-1", 888));
    assert_eq!(done["amount"]["payer_refund"], 800);
    assert_eq!(done["amount"]["discount_refund"], 88);
}

#[test]
fn a_refund_begun_by_one_api_is_the_same_by_the_other() {
    let simulator = instant(Settings::default());
    let (till, till_v2) = (Till::new(&simulator), TillV2::new(&simulator));
    till.verified(till.play("number-A", Scenario::Paid));
    let first = till_v2.verified(till_v2.refund("number-A", "R-1", "300"));
    let again = till.verified(till.refund("number-A", "R-1", 300));
    assert_eq!(again["refund_id"], first["refund_id"].as_str());
    let found = till_v2.verified(till_v2.refund_query("out_refund_no", "R-1"));
    assert_eq!(found["refund_count"], "1");
    assert_eq!(simulator.net_charged("number-A"), 588);
}

#[test]
fn a_refund_whose_answer_is_lost_was_made_and_is_made_once() {
    let simulator = instant(Settings::default());
    let till = Till::new(&simulator);
    till.verified(till.play("number-A", Scenario::Paid));
    simulator.fault(Fault::once(Operation::Refund, FaultKind::DropBefore));
    assert!(till.refund("number-A", "R-1", 888).is_err());
    assert_eq!(simulator.net_charged("number-A"), 888);
    for kind in [FaultKind::DropAfter, FaultKind::Truncated] {
        simulator.fault(Fault::once(Operation::Refund, kind));
        assert!(till.refund("number-A", "R-1", 888).is_err());
        assert_eq!(simulator.net_charged("number-A"), 0);
    }
    simulator.fault(
        Fault::once(
            Operation::RefundQuery,
            FaultKind::TradeState {
                trade_state: "ACCEPTED".into(),
            },
        )
        .for_order("number-A"),
    );
    assert_eq!(
        till.verified(till.refund_query("R-1"))["status"],
        "ACCEPTED"
    );
    for (kind, field, value) in [
        (FaultKind::WrongAmount, "amount", json!(889)),
        (
            FaultKind::ForeignOrder,
            "out_refund_no",
            json!("SOMEBODYELSESREFUND"),
        ),
    ] {
        simulator.fault(Fault::once(Operation::RefundQuery, kind));
        let told = till.verified(till.refund_query("R-1"));
        let found = match &told[field] {
            Value::Object(amount) => amount["refund"].clone(),
            other => other.clone(),
        };
        assert_eq!(found, value);
    }
    let ledger = simulator.ledger();
    assert_eq!((ledger.refunds.len(), ledger.refunds[0].submits), (1, 3));
}

#[test]
fn abroad_a_refund_has_paths_and_names_of_its_own() {
    let simulator = start_with(Settings {
        region: Region::HongKong,
        ..Settings::default()
    });
    let (till, till_v2) = (Till::new(&simulator), TillV2::new(&simulator));
    let mut fields = crate::client::sale("A", "130000000000010000");
    fields.retain(|(name, _)| *name != "body");
    fields.extend([("fee_type", "HKD"), ("body", "coke")]);
    till_v2.verified(till_v2.send("/pay/micropay", &fields));
    let mut body = till.part("A", "R-1", 300);
    body["amount"]["currency"] = "HKD".into();
    for (name, value) in till.accounts().as_object().unwrap() {
        body[name] = value.clone();
    }
    let opened = till.verified(till.post("/v3/global/refunds", &body));
    assert_eq!(opened["out_refund_no"], "R-1");
    assert_eq!(opened["amount"]["refund"], 300);
    simulator.refund_action("R-1", RefundAction::Fail).unwrap();
    let id = opened["id"].as_str().unwrap();
    for target in [
        format!("/v3/global/refunds/id/{id}?mchid=10000100"),
        "/v3/global/refunds/out-refund-no/R-1?mchid=10000100".to_owned(),
    ] {
        let found = till.verified(till.get(&target));
        assert_eq!(found["status"], "CHANGE");
        assert_eq!(found["out_trade_no"], "A");
    }
    let unknown = till.get("/v3/global/refunds/id/5030?mchid=10000100");
    assert_eq!(refusal(unknown).0, 404);
    assert_eq!(simulator.ledger().refund("R-1").unwrap().queries, 2);
}
