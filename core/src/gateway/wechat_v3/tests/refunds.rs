//! Refunds: requests, answers, and what is believed of them.

use super::requests::{is_signed, sent};
use super::*;
use crate::exchange::Resend;
use crate::gateway::refund_codes::CODES;
use crate::gateway::{Answer, ExpectedRefund, Gateway, InvalidField, Refund, Refunds};
use crate::verdict::RefundVerdict as R;

const OUT_REFUND_NO: &str = "1217752501201407033233368018-1";
const REFUSED: R = R::Declined { listed: true };

fn fields() -> Fields {
    [
        ("out_refund_no", OUT_REFUND_NO),
        ("out_trade_no", OUT_TRADE_NO),
        ("total_fee", "888"),
        ("refund_fee", "100"),
    ]
    .into_iter()
    .collect()
}

fn with(name: &str, value: &str) -> Fields {
    let mut fields = fields();
    fields.set(name, value);
    fields
}

/// Through the trait object, as the client does it.
fn refunds(gateway: &WechatV3) -> &dyn Refunds {
    Gateway::refunds(gateway).expect("APIv3 refunds")
}

fn refund(gateway: &WechatV3, fields: &Fields) -> Refund {
    refunds(gateway).refund(fields).expect("a good refund")
}

fn refused(gateway: &WechatV3, fields: &Fields) -> InvalidField {
    refunds(gateway).refund(fields).expect_err("a bad refund")
}

fn body(gateway: &WechatV3, fields: &Fields) -> Value {
    sent(&refunds(gateway).call(&refund(gateway, fields), &stamp()))
}

fn expected_refund() -> ExpectedRefund {
    refund(&gateway(), &fields()).expected
}

/// An answer about the refund, to the request or to the question.
fn found(status: &str) -> Message {
    Message(json!({
        "refund_id": "50000000382019052709732678859",
        "out_refund_no": OUT_REFUND_NO,
        "transaction_id": TRANSACTION_ID,
        "out_trade_no": OUT_TRADE_NO,
        "channel": "ORIGINAL",
        "user_received_account": "招商银行信用卡0403",
        "success_time": "2020-12-01T16:18:12+08:00",
        "create_time": "2020-12-01T16:18:12+08:00",
        "status": status,
        "funds_account": "UNSETTLED",
        "amount": {
            "total": 888,
            "refund": 100,
            "payer_total": 880,
            "payer_refund": 90,
            "settlement_refund": 100,
            "settlement_total": 888,
            "discount_refund": 10,
            "currency": "CNY",
        },
        "promotion_detail": [],
    }))
}

/// Both answers are read alike.
fn read(message: &Message) -> Answer<R> {
    let gateway = gateway();
    let asked = expected_refund();
    let answer = refunds(&gateway).read(&asked, &message.signed());
    assert_eq!(
        refunds(&gateway).read_query(&asked, &message.signed()),
        answer
    );
    answer
}

fn refusal(code: &str, text: &str, status: u16) -> [Answer<R>; 2] {
    let (gateway, asked) = (gateway(), expected_refund());
    let reply = Message::refused(code, text).unsigned(status);
    [
        refunds(&gateway).read(&asked, &reply),
        refunds(&gateway).read_query(&asked, &reply),
    ]
}

#[test]
fn a_refund_becomes_the_documents_body() {
    let mut given = with("refund_desc", " 商品已售完 ");
    given.set("refund_account", "REFUND_SOURCE_RECHARGE_FUNDS");
    given.set("notify_url", "https://shop.example.com/refunds");
    given.set(
        "detail",
        r#"{"goods_detail":[{"goods_id":"1217752501","wxpay_goods_id":"1001","goods_name":"iPhone6s",
            "price":528800,"refund_amount":100,"refund_quantity":1}]}"#,
    );
    let gateway = gateway();
    let refund = refund(&gateway, &given);
    let call = refunds(&gateway).call(&refund, &stamp());
    assert_eq!((call.operation, call.method), ("refund", "POST"));
    assert_eq!(call.path, "/v3/refund/domestic/refunds");
    assert_eq!(call.resend, Resend::OnlyIfUnsent, "never twice unseen");
    is_signed(&call);
    assert_eq!(
        sent(&call),
        json!({
            "out_refund_no": OUT_REFUND_NO,
            "out_trade_no": OUT_TRADE_NO,
            "reason": "商品已售完",
            "notify_url": "https://shop.example.com/refunds",
            "funds_account": "AVAILABLE",
            "amount": { "refund": 100, "total": 888, "currency": "CNY" },
            "goods_detail": [{
                "merchant_goods_id": "1217752501",
                "wechatpay_goods_id": "1001",
                "goods_name": "iPhone6s",
                "unit_price": 528800,
                "refund_amount": 100,
                "refund_quantity": 1,
            }],
        })
    );
}

#[test]
fn the_question_names_the_refund_and_may_go_to_any_host() {
    let call = refunds(&gateway()).query(&expected_refund(), &stamp());
    assert_eq!((call.operation, call.method), ("refundquery", "GET"));
    assert_eq!(
        call.path,
        format!("/v3/refund/domestic/refunds/{OUT_REFUND_NO}")
    );
    assert_eq!(call.resend, Resend::Freely);
    assert!(call.body.is_empty());
    is_signed(&call);

    let odd = ExpectedRefund {
        out_refund_no: "A|B*C@D".into(),
        ..ExpectedRefund::default()
    };
    let call = refunds(&gateway()).query(&odd, &stamp());
    assert_eq!(call.path, "/v3/refund/domestic/refunds/A%7CB%2AC%40D");
}

#[test]
fn a_partner_names_the_shop_everywhere() {
    let partner = partner();
    for (given, shop) in [(fields(), SUB_MCHID), (with("sub_mch_id", "777"), "777")] {
        let refund = refund(&partner, &given);
        assert_eq!(refund.expected.sub_mch_id.as_deref(), Some(shop));
        assert_eq!(body(&partner, &given)["sub_mchid"], shop);
        let call = refunds(&partner).query(&refund.expected, &stamp());
        let path = format!("/v3/refund/domestic/refunds/{OUT_REFUND_NO}?sub_mchid={shop}");
        assert_eq!(call.path, path);
        is_signed(&call);
    }
    assert_eq!(
        refused(&gateway(), &with("sub_mch_id", "777")).field,
        "sub_mch_id"
    );
}

#[test]
fn overseas_refunds_have_a_path_of_their_own_and_name_the_merchant() {
    let hong_kong = hong_kong();
    let given = with("fee_type", "HKD");
    let refund = refund(&hong_kong, &given);
    assert_eq!(refund.expected.fee_type, None, "told in another currency");
    let call = refunds(&hong_kong).call(&refund, &stamp());
    assert_eq!(call.path, "/v3/global/refunds");
    assert_eq!(
        sent(&call),
        json!({
            "appid": APPID,
            "mchid": MCHID,
            "out_refund_no": OUT_REFUND_NO,
            "out_trade_no": OUT_TRADE_NO,
            "amount": { "refund": 100, "total": 888, "currency": "HKD" },
        })
    );
    let call = refunds(&hong_kong).query(&refund.expected, &stamp());
    let path = format!("/v3/global/refunds/out-refund-no/{OUT_REFUND_NO}?mchid={MCHID}");
    assert_eq!(call.path, path);

    let told = json!({
        "id": "50000000382019052709732678859",
        "out_refund_no": OUT_REFUND_NO,
        "transaction_id": TRANSACTION_ID,
        "out_trade_no": OUT_TRADE_NO,
        "recv_account": "招商银行信用卡0403",
        "status": "SUCCESS",
        "amount": { "refund": 100, "currency": "CNY", "payer_refund": 90 },
    });
    let answer = refunds(&hong_kong).read_query(&refund.expected, &Message(told).signed());
    assert_eq!(answer.verdict, R::Refunded, "{}", answer.why);
    assert_eq!(answer.facts["refund_id"], "50000000382019052709732678859");
    assert_eq!(answer.facts["user_received_account"], "招商银行信用卡0403");
}

#[test]
fn what_answers_must_agree_with_is_what_was_asked() {
    assert_eq!(
        expected_refund(),
        ExpectedRefund {
            out_refund_no: OUT_REFUND_NO.into(),
            out_trade_no: Some(OUT_TRADE_NO.into()),
            transaction_id: None,
            sub_mch_id: None,
            refund_fee: Some(100),
            fee_type: Some("CNY".into()),
        }
    );
    let mut by_id = with("out_trade_no", "");
    by_id.set("transaction_id", TRANSACTION_ID);
    let expected = refund(&gateway(), &by_id).expected;
    assert_eq!(expected.out_trade_no, None);
    assert_eq!(expected.transaction_id.as_deref(), Some(TRANSACTION_ID));
}

#[test]
fn a_bad_field_is_named_with_its_rule() {
    let long = "R".repeat(65);
    for (name, value) in [
        ("out_refund_no", ""),
        ("out_refund_no", " R1"),
        ("out_refund_no", long.as_str()),
        ("out_trade_no", ""),
        ("out_trade_no", " A1"),
        ("refund_fee", ""),
        ("refund_fee", "0"),
        ("refund_fee", "889"),
        ("total_fee", ""),
        ("transaction_id", TRANSACTION_ID),
        ("refund_fee_type", "yuan"),
        ("refund_account", "BALANCE"),
        ("notify_url", "https://shop.example.com/?a=b"),
        ("detail", "[]"),
        ("detail", r#"{"cost_price":1,"goods_detail":[]}"#),
        ("detail", "{}"),
        ("mchid", "1"),
    ] {
        let refused = refused(&gateway(), &with(name, value));
        assert_eq!(refused.field, name, "{value}");
        assert!(
            value.len() < 4 || !refused.rule.contains(value),
            "{}",
            refused.rule
        );
    }
    let mut currencies = with("fee_type", "CNY");
    currencies.set("refund_fee_type", "HKD");
    assert!(
        refused(&gateway(), &currencies)
            .rule
            .contains("the same as")
    );
    assert!(refunds(&gateway()).check_out_refund_no("R|1@").is_ok());
    assert!(refunds(&gateway()).check_out_refund_no(&long).is_err());
    assert!(refunds(&gateway()).can_refund(), "needs no certificate");
}

#[test]
fn a_number_from_the_days_of_apiv2_can_still_be_refunded() {
    assert_eq!(
        body(&gateway(), &with("out_trade_no", "A|1"))["out_trade_no"],
        "A|1"
    );
}

#[test]
fn what_only_others_have_a_place_for_is_left_out() {
    let refund = refund(&gateway(), &with("device_info", "till 3"));
    assert_eq!(refund.left_out, ["device_info"]);
}

#[test]
fn a_refund_is_told_in_the_names_of_results() {
    let answer = read(&found("SUCCESS"));
    assert_eq!(answer.verdict, R::Refunded, "{}", answer.why);
    assert_eq!(
        Value::Object(answer.facts),
        json!({
            "cash_refund_fee": 90,
            "coupon_refund_fee": 10,
            "create_time": "2020-12-01T16:18:12+08:00",
            "fee_type": "CNY",
            "out_refund_no": OUT_REFUND_NO,
            "out_trade_no": OUT_TRADE_NO,
            "payer_total": 880,
            "promotion_detail": [],
            "refund_account": "UNSETTLED",
            "refund_channel": "ORIGINAL",
            "refund_fee": 100,
            "refund_id": "50000000382019052709732678859",
            "refund_status": "SUCCESS",
            "refunded_at": "2020-12-01T16:18:12+08:00",
            "request_id": "08F-268512771",
            "settlement_refund_fee": 100,
            "settlement_total_fee": 888,
            "total_fee": 888,
            "transaction_id": TRANSACTION_ID,
            "user_received_account": "招商银行信用卡0403",
        })
    );
}

#[test]
fn every_status_has_its_verdict_and_a_failed_one_is_the_code() {
    for (status, verdict, code) in [
        ("SUCCESS", R::Refunded, None),
        ("PROCESSING", R::Processing, None),
        ("CLOSED", R::Failed, Some("CLOSED")),
        ("ABNORMAL", R::Failed, Some("ABNORMAL")),
        ("REFUNDCLOSE", R::Failed, Some("REFUNDCLOSE")),
        ("CHANGE", R::Failed, Some("CHANGE")),
        ("SOMETHING_NEW", R::Unclear, None),
        ("success", R::Unclear, None),
        ("", R::Unclear, None),
    ] {
        let answer = read(&found(status));
        assert_eq!(answer.verdict, verdict, "{status}");
        assert_eq!(answer.code.as_deref(), code, "{status}");
        let told = answer.facts.get("refund_status");
        assert_eq!(told.is_some(), verdict != R::Unclear, "{status}");
    }
}

#[test]
fn another_amount_order_or_currency_under_this_number_is_a_conflict() {
    for message in [
        found("SUCCESS").with("/amount/refund", 101),
        found("ABNORMAL").with("/out_trade_no", "another"),
        found("PROCESSING").with("/amount/currency", "HKD"),
    ] {
        let answer = read(&message);
        assert_eq!(answer.verdict, R::Conflict, "{}", message.body());
        assert!(!answer.forged);
        assert!(answer.facts.contains_key("refund_id"), "its facts are told");
    }
}

#[test]
fn an_answer_that_lacks_what_a_proof_needs_is_unclear() {
    for message in [
        found("SUCCESS").without("/out_refund_no"),
        found("SUCCESS").without("/out_trade_no"),
        found("SUCCESS").without("/amount"),
        found("SUCCESS").with("/amount/refund", "100"),
        found("SUCCESS").with("/amount/refund", 1.5),
        found("SUCCESS").with("/amount/refund", -100),
        found("SUCCESS").without("/status"),
        Message(json!({})),
    ] {
        assert_eq!(read(&message).verdict, R::Unclear, "{}", message.body());
    }
}

#[test]
fn a_refund_for_a_shop_that_the_till_named_is_told_by_that_shop_alone() {
    let partner = partner();
    let asked = refund(&partner, &with("sub_mch_id", "777")).expected;
    let told = |shop: &str| {
        let reply = found("SUCCESS").with("/sub_mchid", shop).signed();
        let answer = refunds(&partner).read_query(&asked, &reply);
        (answer.verdict, answer.forged)
    };
    assert_eq!(told("777"), (R::Refunded, false));
    assert_eq!(told(SUB_MCHID), (R::Unclear, true));
}

#[test]
fn an_answer_about_another_refund_or_merchant_or_without_a_good_signature_is_no_answer() {
    let (gateway, asked) = (gateway(), expected_refund());
    let good = found("SUCCESS");
    for reply in [
        good.clone().with("/out_refund_no", "another").signed(),
        good.clone().with("/mchid", "1").signed(),
        good.unsigned(200),
        signed_by(&STRANGER, KEY_ID, NOW, good.unsigned(200)),
        signed_by(&PLATFORM, KEY_ID, NOW - 3600, good.unsigned(200)),
    ] {
        for answer in [
            refunds(&gateway).read(&asked, &reply),
            refunds(&gateway).read_query(&asked, &reply),
        ] {
            let told = (answer.verdict, answer.forged);
            assert_eq!(told, (R::Unclear, true), "{}", answer.why);
            assert!(answer.facts.is_empty());
        }
    }
}

#[test]
fn every_code_means_what_its_row_says_unless_the_gateway_itself_is_ill() {
    for code in CODES {
        let [refunded, queried] = refusal(code.name, "描述", 403);
        assert_eq!(refunded.verdict, code.refund, "{}", code.name);
        assert_eq!(queried.verdict, code.query, "{}", code.name);
        assert_eq!(refunded.code.as_deref(), Some(code.name));

        for (answer, verdict) in refusal(code.name, "描述", 500)
            .into_iter()
            .zip([code.refund, code.query])
        {
            let wanted = match verdict {
                R::Again => R::Again,
                _ => R::Unclear,
            };
            assert_eq!(answer.verdict, wanted, "{}", code.name);
        }
    }
    for (code, status, refunded, queried) in [
        ("NOT_ENOUGH", 403, REFUSED, R::Unclear),
        ("RESOURCE_NOT_EXISTS", 404, REFUSED, R::NotFound),
        ("FREQUENCY_LIMITED", 429, R::Again, R::Again),
        ("SYSTEM_ERROR", 500, R::Again, R::Again),
        ("SIGN_ERROR", 401, R::Rejected, R::Rejected),
        ("SOMETHING_NEW", 400, R::Unclear, R::Unclear),
        ("", 404, R::Unclear, R::Unclear),
    ] {
        let answers = refusal(code, "", status);
        let verdicts = answers.map(|answer| answer.verdict);
        assert_eq!(verdicts, [refunded, queried], "{code}");
    }
}

#[test]
fn texts_that_say_more_than_their_code_are_heard() {
    let mismatch = "订单金额或退款金额与之前请求不一致，请核实后再试";
    let [doubtful, _] = refusal("INVALID_REQUEST", mismatch, 400);
    assert_eq!(doubtful.verdict, R::Declined { listed: false });
    let [again, _] = refusal("INVALID_REQUEST", "频率限制，请降低频率再重试", 400);
    assert_eq!(again.verdict, R::Again);
    let [refused, _] = refusal("INVALID_REQUEST", "订单已全额退款", 400);
    assert_eq!(refused.verdict, REFUSED);
}
