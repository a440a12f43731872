//! Refunds: requests, answers, and what is believed of them.

use super::*;
use crate::crypto::Identity;
use crate::exchange::Resend;
use crate::gateway::refund_codes::CODES;
use crate::gateway::wechat_v2::sign;
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

fn without(name: &str) -> Fields {
    with(name, "")
}

/// Through the trait object, as the client does it.
fn refunds(gateway: &WechatV2) -> &dyn Refunds {
    Gateway::refunds(gateway).expect("APIv2 refunds")
}

fn refund(gateway: &WechatV2, fields: &Fields) -> Refund {
    refunds(gateway).refund(fields).expect("a good refund")
}

fn refused(fields: &Fields) -> InvalidField {
    refunds(&gateway())
        .refund(fields)
        .expect_err("a bad refund")
}

fn expected_refund() -> ExpectedRefund {
    refund(&gateway(), &fields()).expected
}

/// The answer to a refund that was taken on.
fn taken_on() -> Message {
    Message::success(&[
        ("transaction_id", "4200001212282111030178445712"),
        ("out_trade_no", OUT_TRADE_NO),
        ("out_refund_no", OUT_REFUND_NO),
        ("refund_id", "50000000382019052709732678859"),
        ("refund_fee", "100"),
        ("coupon_refund_fee", "0"),
        ("total_fee", "888"),
        ("cash_fee", "880"),
        ("cash_refund_fee", "100"),
    ])
}

/// The answer to the question about it; another refund of the order comes first.
fn found(status: &str) -> Message {
    Message::success(&[
        ("transaction_id", "4200001212282111030178445712"),
        ("out_trade_no", OUT_TRADE_NO),
        ("total_fee", "888"),
        ("fee_type", "CNY"),
        ("refund_fee", "350"),
        ("refund_count", "2"),
        ("out_refund_no_0", "another"),
        ("refund_id_0", "1"),
        ("refund_fee_0", "250"),
        ("refund_status_0", "SUCCESS"),
        ("coupon_refund_id_0_0", "9"),
        ("out_refund_no_1", OUT_REFUND_NO),
        ("refund_id_1", "50000000382019052709732678859"),
        ("refund_channel_1", "ORIGINAL"),
        ("refund_fee_1", "100"),
        ("coupon_refund_id_1_0", "10000"),
        ("refund_status_1", status),
        ("refund_recv_accout_1", "支付用户零钱"),
        ("refund_success_time_1", "2016-07-25 15:26:26"),
    ])
}

fn read(message: &Message) -> Answer<R> {
    refunds(&gateway()).read(&expected_refund(), &message.clone().signed().reply())
}

fn read_query(message: &Message) -> Answer<R> {
    refunds(&gateway()).read_query(&expected_refund(), &message.clone().signed().reply())
}

#[test]
fn a_refund_becomes_a_signed_message_and_never_goes_out_twice_unseen() {
    let gateway = gateway();
    let mut given = with("refund_desc", " 商品已售完 & <退> ");
    given.set("refund_account", "AVAILABLE");
    given.set("notify_url", "https://shop.example.com/refunds");
    let refund = refund(&gateway, &given);
    let call = refunds(&gateway).call(&refund, &stamp());
    let message = requests::sent(&call);

    assert_eq!((call.operation, call.method), ("refund", "POST"));
    assert_eq!(call.path, "/secapi/pay/refund");
    assert_eq!(call.resend, Resend::OnlyIfUnsent);
    for (name, value) in [
        ("appid", APPID),
        ("mch_id", MCH_ID),
        ("out_refund_no", OUT_REFUND_NO),
        ("out_trade_no", OUT_TRADE_NO),
        ("total_fee", "888"),
        ("refund_fee", "100"),
        ("refund_fee_type", "CNY"),
        ("refund_desc", "商品已售完 & <退>"),
        ("refund_account", "REFUND_SOURCE_RECHARGE_FUNDS"),
        ("notify_url", "https://shop.example.com/refunds"),
        ("nonce_str", stamp().nonce.as_str()),
        ("sign_type", "HMAC-SHA256"),
    ] {
        assert_eq!(message.get(name), Some(value), "{name}");
    }
    assert_eq!(message.iter().count(), 13, "and the signature");
    let key = Secret::new(KEY);
    assert!(sign::verify(&message, &key, SignType::HmacSha256));
    for secret in ["sign", "nonce_str"] {
        assert!(refund.parameters.get(secret).is_none());
    }
}

#[test]
fn the_question_names_the_refund_and_may_go_to_any_host() {
    let call = refunds(&gateway()).query(&expected_refund(), &stamp());
    let message = requests::sent(&call);
    assert_eq!(
        (call.operation, call.path.as_str()),
        ("refundquery", "/pay/refundquery")
    );
    assert_eq!(call.resend, Resend::Freely);
    assert_eq!(message.get("out_refund_no"), Some(OUT_REFUND_NO));
    assert_eq!(message.iter().count(), 6, "nothing else");
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
    let mut by_id = without("out_trade_no");
    by_id.set("transaction_id", "4200001212282111030178445712");
    let expected = refund(&gateway(), &by_id).expected;
    assert_eq!(expected.out_trade_no, None);
    assert_eq!(
        expected.transaction_id.as_deref(),
        Some("4200001212282111030178445712")
    );
    let overseas = refund(&hong_kong(), &fields());
    assert_eq!(overseas.expected.fee_type, None);
    assert_eq!(overseas.parameters.get("refund_fee_type"), None);
}

#[test]
fn the_currency_has_two_names_and_one_meaning() {
    for name in ["fee_type", "refund_fee_type"] {
        let refund = refund(&hong_kong(), &with(name, "HKD"));
        assert_eq!(refund.expected.fee_type.as_deref(), Some("HKD"));
        assert_eq!(refund.parameters["refund_fee_type"], "HKD");
        assert_eq!(refund.parameters.get("fee_type"), None);
    }
    let mut both = with("fee_type", "HKD");
    both.set("refund_fee_type", "HKD");
    assert!(refunds(&hong_kong()).refund(&both).is_ok());
    both.set("refund_fee_type", "USD");
    assert_eq!(refused(&both).field, "refund_fee_type");
}

#[test]
fn institution_mode_names_the_shop_everywhere() {
    let gateway = institution();
    for (given, shop, appid) in [
        (fields(), "452532745", Some("wxsub")),
        (with("sub_mch_id", "777"), "777", None),
    ] {
        let refund = refund(&gateway, &given);
        assert_eq!(refund.expected.sub_mch_id.as_deref(), Some(shop));
        for call in [
            refunds(&gateway).call(&refund, &stamp()),
            refunds(&gateway).query(&refund.expected, &stamp()),
        ] {
            let message = requests::sent(&call);
            assert_eq!(message.get("sub_mch_id"), Some(shop));
            assert_eq!(message.get("sub_appid"), appid);
        }
    }
    assert_eq!(refused(&with("sub_appid", "wx1")).field, "sub_appid");
}

#[test]
fn a_bad_field_is_named_with_its_rule() {
    let long = "R".repeat(65);
    for (name, value) in [
        ("out_refund_no", ""),
        ("out_refund_no", " R1"),
        ("out_refund_no", "退款"),
        ("out_refund_no", long.as_str()),
        ("out_trade_no", ""),
        ("out_trade_no", " A1"),
        ("refund_fee", ""),
        ("refund_fee", "0"),
        ("refund_fee", "1.00"),
        ("refund_fee", "889"),
        ("total_fee", ""),
        ("total_fee", "-1"),
        ("transaction_id", "4200001212282111030178445712"),
        ("refund_fee_type", "yuan"),
        ("refund_account", "BALANCE"),
        ("notify_url", "https://shop.example.com/?a=b"),
        ("notify_url", "ftp://shop.example.com/"),
        ("notify_url", "shop.example.com"),
        ("appid", "wx1"),
        ("sign", "x"),
    ] {
        assert_eq!(refused(&with(name, value)).field, name, "{value}");
    }
    let desc = "退".repeat(27);
    assert_eq!(refused(&with("refund_desc", &desc)).field, "refund_desc");
    assert!(refused(&with("refund_fe", "1")).rule.contains("refund_fee"));
    assert!(refunds(&gateway()).check_out_refund_no("R1").is_ok());
    assert!(refunds(&gateway()).check_out_refund_no(&long).is_err());
}

#[test]
fn what_only_others_have_a_place_for_is_left_out() {
    let refund = refund(&gateway(), &with("detail", "{}"));
    assert_eq!(refund.left_out, ["detail"]);
    assert!(refund.parameters.get("detail").is_none());
}

#[test]
fn it_takes_a_client_certificate() {
    assert!(!refunds(&gateway()).can_refund());
    let identity = Identity::from_pem(
        include_bytes!("../../../../tests/fixtures/rsa.pem"),
        include_bytes!("../../../../tests/fixtures/rsa.key.pem"),
    );
    let with_one = WechatV2::new(WechatV2Config {
        client_certificate: Some(identity.unwrap()),
        ..config()
    });
    assert!(refunds(&with_one).can_refund());
    let page = "<html><head><title>400 No required SSL certificate was sent</title></head></html>";
    let answer = refunds(&gateway()).read(&expected_refund(), &reply(400, page));
    assert_eq!(answer.verdict, R::Rejected);
    assert!(answer.why.contains("client_certificate"));
}

#[test]
fn a_refund_that_was_taken_on_is_under_way_and_not_yet_paid() {
    let answer = read(&taken_on());
    assert_eq!(answer.verdict, R::Processing, "{}", answer.why);
    assert_eq!(answer.code, None);
    assert_eq!(
        serde_json::Value::Object(answer.facts),
        serde_json::json!({
            "cash_refund_fee": 100,
            "coupon_refund_fee": 0,
            "out_refund_no": OUT_REFUND_NO,
            "out_trade_no": OUT_TRADE_NO,
            "payer_total": 880,
            "refund_fee": 100,
            "refund_id": "50000000382019052709732678859",
            "refund_status": "PROCESSING",
            "request_id": "08F-268512771",
            "total_fee": 888,
            "transaction_id": "4200001212282111030178445712",
        })
    );
}

#[test]
fn of_a_list_of_refunds_only_ours_is_told() {
    let answer = read_query(&found("SUCCESS"));
    assert_eq!(answer.verdict, R::Refunded, "{}", answer.why);
    assert_eq!(
        serde_json::Value::Object(answer.facts),
        serde_json::json!({
            "coupon_refund_id_0": "10000",
            "fee_type": "CNY",
            "out_refund_no": OUT_REFUND_NO,
            "out_trade_no": OUT_TRADE_NO,
            "refund_channel": "ORIGINAL",
            "refund_count": 2,
            "refund_fee": 100,
            "refund_id": "50000000382019052709732678859",
            "refund_recv_accout": "支付用户零钱",
            "refund_status": "SUCCESS",
            "refunded_at": "2016-07-25T15:26:26+08:00",
            "request_id": "08F-268512771",
            "total_fee": 888,
            "transaction_id": "4200001212282111030178445712",
        })
    );
}

#[test]
fn of_several_refunds_the_one_that_was_asked_for_is_told_wherever_it_stands() {
    let mut first = found("SUCCESS");
    for (name, value) in [
        ("out_refund_no_0", OUT_REFUND_NO),
        ("refund_fee_0", "100"),
        ("out_refund_no_1", "another"),
        ("refund_fee_1", "250"),
        ("refund_id_1", "2"),
        ("coupon_refund_id_1_0", "8"),
    ] {
        first = first.with(name, value);
    }
    let facts = read_query(&first).facts;
    for (name, value) in [
        ("out_refund_no", OUT_REFUND_NO),
        ("refund_id", "1"),
        ("coupon_refund_id_0", "9"),
    ] {
        assert_eq!(facts[name], value, "{name}");
    }
    assert_eq!(facts["refund_fee"], 100);
    assert!(!facts.contains_key("refunded_at"));
}

#[test]
fn a_time_in_another_form_is_told_as_it_came() {
    for time in [
        "2016-07-25T15:26:26",
        "2016-07-25 15:26:6",
        "20160725152626",
    ] {
        let facts = read_query(&found("SUCCESS").with("refund_success_time_1", time)).facts;
        assert_eq!(facts["refund_success_time"], time);
        assert!(!facts.contains_key("refunded_at"));
    }
}

#[test]
fn every_refund_status_has_its_verdict_and_a_failed_one_is_the_code() {
    for (status, verdict, code) in [
        ("SUCCESS", R::Refunded, None),
        ("PROCESSING", R::Processing, None),
        ("REFUNDCLOSE", R::Failed, Some("REFUNDCLOSE")),
        ("CHANGE", R::Failed, Some("CHANGE")),
        ("NOTSURE", R::Unclear, None),
        ("success", R::Unclear, None),
        ("", R::Unclear, None),
    ] {
        let answer = read_query(&found(status));
        assert_eq!(answer.verdict, verdict, "{status}");
        assert_eq!(answer.code.as_deref(), code, "{status}");
        let told = answer.facts.get("refund_status");
        assert_eq!(told.is_some(), verdict != R::Unclear, "{status}");
    }
}

#[test]
fn another_amount_order_or_currency_under_this_number_is_a_conflict() {
    for message in [
        taken_on().with("refund_fee", "101"),
        taken_on().with("out_trade_no", "another"),
        taken_on().with("fee_type", "HKD"),
        taken_on().with("refund_fee_type", "HKD"),
    ] {
        assert_eq!(read(&message).verdict, R::Conflict, "{}", message.xml());
    }
    for message in [
        found("SUCCESS").with("refund_fee_1", "101"),
        found("CHANGE").with("out_trade_no", "another"),
        found("PROCESSING").with("fee_type", "HKD"),
    ] {
        let answer = read_query(&message);
        assert_eq!(answer.verdict, R::Conflict, "{}", message.xml());
        assert!(!answer.forged);
        assert!(answer.facts.contains_key("refund_id"), "its facts are told");
    }
}

#[test]
fn an_answer_that_lacks_what_a_proof_needs_is_unclear() {
    for message in [
        taken_on().without("out_refund_no"),
        taken_on().without("out_trade_no"),
        taken_on().without("refund_fee"),
        taken_on().with("refund_fee", "1.00"),
        Message::success(&[]),
    ] {
        assert_eq!(read(&message).verdict, R::Unclear, "{}", message.xml());
    }
    for message in [
        found("SUCCESS").without("out_refund_no_1"),
        found("SUCCESS").without("refund_fee_1"),
        found("SUCCESS").without("refund_status_1"),
        found("SUCCESS").without("out_trade_no"),
        taken_on(),
    ] {
        assert_eq!(
            read_query(&message).verdict,
            R::Unclear,
            "{}",
            message.xml()
        );
    }
    let shops = institution();
    let asked = refund(&shops, &fields()).expected;
    let nameless = refunds(&shops).read(&asked, &taken_on().signed().reply());
    assert_eq!(nameless.verdict, R::Unclear);
    let named = taken_on().with("sub_mch_id", "452532745").signed().reply();
    assert_eq!(refunds(&shops).read(&asked, &named).verdict, R::Processing);
}

#[test]
fn an_answer_about_another_refund_or_merchant_or_without_a_good_signature_is_no_answer() {
    let stranger = read(&taken_on().with("out_refund_no", "another"));
    assert_eq!((stranger.verdict, stranger.forged), (R::Unclear, true));
    assert!(stranger.facts.is_empty());

    for reply in [
        taken_on().reply(),
        taken_on()
            .signed_with("0".repeat(32).as_str(), SignType::HmacSha256)
            .reply(),
        taken_on().signed_with(KEY, SignType::Md5).reply(),
        taken_on().with("mch_id", "1").signed().reply(),
        taken_on().with("appid", "wx1").signed().reply(),
        taken_on().signed().with("refund_fee", "99").reply(),
    ] {
        let answer = refunds(&gateway()).read(&expected_refund(), &reply);
        assert_eq!(
            (answer.verdict, answer.forged),
            (R::Unclear, true),
            "{}",
            answer.why
        );
        assert!(answer.facts.is_empty());
    }
    let unsigned = found("SUCCESS").reply();
    let answer = refunds(&gateway()).read_query(&expected_refund(), &unsigned);
    assert_eq!((answer.verdict, answer.forged), (R::Unclear, true));
}

#[test]
fn a_refund_for_a_shop_that_the_till_named_is_told_by_that_shop_alone() {
    let expected = refund(&gateway(), &with("sub_mch_id", "777")).expected;
    let told = |shop: &str| {
        let reply = taken_on().with("sub_mch_id", shop).signed().reply();
        refunds(&gateway()).read(&expected, &reply)
    };
    assert_eq!(told("777").verdict, R::Processing);
    let other = told("778");
    assert_eq!((other.verdict, other.forged), (R::Unclear, true));
    assert!(other.facts.is_empty());
}

#[test]
fn every_code_means_what_its_row_says() {
    for code in CODES {
        let message = Message::failed(code.name, "描述");
        let answer = read(&message);
        assert_eq!(answer.verdict, code.refund, "{}", code.name);
        assert_eq!(answer.code.as_deref(), Some(code.name));
        assert_eq!(read_query(&message).verdict, code.query, "{}", code.name);
    }
    assert_eq!(read(&Message::failed("NOT_ENOUGH", "")).verdict, REFUSED);
    for unknown in ["SOMETHING_NEW", ""] {
        assert_eq!(read(&Message::failed(unknown, "")).verdict, R::Unclear);
        assert_eq!(
            read_query(&Message::failed(unknown, "")).verdict,
            R::Unclear
        );
    }
}

#[test]
fn a_refusal_never_looks_like_a_refund_that_exists() {
    let message = Message::failed("NOTENOUGH", "余额不足").with("refund_status", "SUCCESS");
    let answer = read(&message);
    assert_eq!(answer.verdict, REFUSED);
    assert!(!answer.facts.contains_key("refund_status"));
}

#[test]
fn wrong_settings_are_named() {
    let answer = read(&Message::failed("SIGNERROR", "签名错误"));
    assert!(answer.why.contains("api_key"), "{}", answer.why);
}

#[test]
fn an_unsigned_fail_is_a_rejection_for_known_texts_only() {
    for (text, verdict) in [
        ("签名错误", R::Rejected),
        ("缺少参数", R::Rejected),
        ("系统繁忙", R::Unclear),
        ("", R::Unclear),
    ] {
        let body =
            format!("<xml><return_code>FAIL</return_code><return_msg>{text}</return_msg></xml>");
        let reply = reply(200, body);
        let asked = expected_refund();
        let refunds = gateway();
        assert_eq!(
            self::refunds(&refunds).read(&asked, &reply).verdict,
            verdict
        );
        let queried = self::refunds(&refunds).read_query(&asked, &reply);
        assert_eq!(queried.verdict, verdict);
    }
}

#[test]
fn garbage_and_other_statuses_are_unclear() {
    for (status, body) in [
        (200, ""),
        (200, "<html/>"),
        (200, "<xml><return_code>SUCCESS</return_code></xml>"),
        (500, "<xml/>"),
        (404, ""),
    ] {
        let reply = reply(status, body);
        let asked = expected_refund();
        let gateway = gateway();
        assert_eq!(refunds(&gateway).read(&asked, &reply).verdict, R::Unclear);
        let queried = refunds(&gateway).read_query(&asked, &reply);
        assert_eq!(queried.verdict, R::Unclear);
    }
    for status in [201, 202, 400, 500, 502] {
        let reply = reply(status, taken_on().signed().xml());
        let answer = refunds(&gateway()).read(&expected_refund(), &reply);
        assert_eq!(answer.verdict, R::Unclear, "{status}");
    }
}
