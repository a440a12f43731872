//! Orders that the payer scans or opens.

use super::requests::sent;
use super::*;
use crate::exchange::Resend;
use crate::gateway::wechat_v2::sign;
use crate::gateway::{Answer, Gateway, InvalidField, Order, Prepay, Product};
use crate::verdict::PrepayVerdict as P;
use crate::verdict::ReverseVerdict as R;

const PREPAY_ID: &str = "wx201410272009395522657a690389285100";

fn asked(trade_type: &str, more: &[(&str, &str)]) -> Fields {
    let base = [
        ("out_trade_no", OUT_TRADE_NO),
        ("total_fee", "888"),
        ("body", "Ipadmini16G白色"),
        ("notify_url", "https://pay.example.com/notify"),
        ("trade_type", trade_type),
    ];
    base.iter().chain(more).copied().collect()
}

fn jsapi() -> Fields {
    asked("JSAPI", &[("openid", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o")])
}

fn order(gateway: &WechatV2, fields: &Fields) -> Order {
    Prepay::order(gateway, fields).expect("a good order")
}

fn refused(gateway: &WechatV2, fields: &Fields) -> InvalidField {
    Prepay::order(gateway, fields).expect_err("a bad order")
}

fn ready(trade_type: &str, more: &[(&str, &str)]) -> Message {
    let message = Message::success(&[("trade_type", trade_type), ("prepay_id", PREPAY_ID)]);
    more.iter()
        .fold(message, |message, (name, value)| message.with(name, value))
}

fn read(gateway: &WechatV2, fields: &Fields, message: Message) -> Answer<P> {
    Prepay::read(gateway, &order(gateway, fields), &message.reply(), &stamp())
}

#[test]
fn an_order_becomes_a_signed_unified_order_that_may_go_to_any_host() {
    let gateway = gateway();
    let order = order(&gateway, &jsapi());
    let call = Prepay::call(&gateway, &order, &stamp());
    let message = sent(&call);

    assert_eq!((call.operation, call.method), ("unifiedorder", "POST"));
    assert_eq!(call.path, "/pay/unifiedorder");
    assert_eq!(call.resend, Resend::Freely);
    for (name, value) in [
        ("appid", APPID),
        ("mch_id", MCH_ID),
        ("out_trade_no", OUT_TRADE_NO),
        ("total_fee", "888"),
        ("body", "Ipadmini16G白色"),
        ("trade_type", "JSAPI"),
        ("openid", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"),
        ("notify_url", "https://pay.example.com/notify"),
        ("spbill_create_ip", "127.0.0.1"),
    ] {
        assert_eq!(message.get(name), Some(value), "{name}");
    }
    assert_eq!(message.iter().count(), 12, "nonce, sign_type and sign");
    assert!(sign::verify(
        &message,
        &Secret::new(KEY),
        SignType::HmacSha256
    ));
    assert_eq!(order.expected.product, Product::Prepay);
    assert_eq!(order.expected.total_fee, Some(888));
}

#[test]
fn every_trade_type_asks_for_what_it_cannot_do_without() {
    let gateway = gateway();
    for (fields, field) in [
        (asked("JSAPI", &[]), "openid"),
        (asked("H5", &[]), "spbill_create_ip"),
        (asked("MICROPAY", &[]), "trade_type"),
        (asked("jsapi", &[]), "trade_type"),
        (asked("", &[]), "trade_type"),
        (asked("NATIVE", &[("notify_url", "")]), "notify_url"),
        (asked("NATIVE", &[("total_fee", "0")]), "total_fee"),
        (asked("NATIVE", &[("time_expire", "2h")]), "time_expire"),
        (asked("APP", &[("notify", "x")]), "notify"),
        (asked("JSAPI", &[("sub_openid", "o1")]), "sub_openid"),
        (
            asked("H5", &[("scene_info.h5_info.type", "Mac")]),
            "scene_info.h5_info.type",
        ),
    ] {
        assert_eq!(refused(&gateway, &fields).field, field);
    }
}

#[test]
fn a_notify_url_is_an_address_without_a_query() {
    let gateway = gateway();
    for url in [
        "pay.example.com/notify",
        "ftp://pay.example.com/",
        "https://pay.example.com/notify?till=1",
        "https://pay.example.com/notify#a",
        "https://",
        "https://pay.example.com/通知",
        "https://pay.example.com/a b",
        &format!("https://pay.example.com/{}", "a".repeat(256)),
    ] {
        let fields = asked("NATIVE", &[("notify_url", url)]);
        assert_eq!(refused(&gateway, &fields).field, "notify_url", "{url}");
    }
    let fields = asked("NATIVE", &[("notify_url", "http://10.0.0.7:8080/n")]);
    order(&gateway, &fields);
}

#[test]
fn native_names_a_product_of_its_own_if_the_till_names_none() {
    let gateway = gateway();
    let own = order(&gateway, &asked("NATIVE", &[]));
    assert_eq!(own.parameters["product_id"], OUT_TRADE_NO);
    let named = order(
        &gateway,
        &asked("NATIVE", &[("product_id", "12235413214070356458058")]),
    );
    assert_eq!(named.parameters["product_id"], "12235413214070356458058");
}

#[test]
fn h5_is_written_as_v2_has_it() {
    let gateway = gateway();
    let ip = ("scene_info.payer_client_ip", "203.0.113.7");
    let plain = order(&gateway, &asked("H5", &[ip]));
    assert_eq!(plain.parameters["trade_type"], "MWEB");
    assert_eq!(plain.parameters["spbill_create_ip"], "203.0.113.7");
    assert_eq!(
        plain.parameters["scene_info"],
        r#"{"h5_info":{"type":"Wap"}}"#
    );

    let page = [
        ip,
        ("scene_info.h5_info.type", "Wap"),
        ("scene_info.h5_info.app_name", "腾讯充值"),
        ("scene_info.h5_info.app_url", "https://pay.qq.com"),
    ];
    assert_eq!(
        order(&gateway, &asked("MWEB", &page)).parameters["scene_info"],
        r#"{"h5_info":{"type":"Wap","wap_name":"腾讯充值","wap_url":"https://pay.qq.com"}}"#
    );
    let app = [
        ip,
        ("scene_info.h5_info.type", "Android"),
        ("scene_info.h5_info.app_name", "王者荣耀"),
        ("scene_info.h5_info.package_name", "com.tencent.tmgp.sgame"),
        ("scene_info.store_id", "S1"),
    ];
    assert_eq!(
        order(&gateway, &asked("H5", &app)).parameters["scene_info"],
        r#"{"h5_info":{"app_name":"王者荣耀","package_name":"com.tencent.tmgp.sgame","type":"Android"},"store_info":{"id":"S1"}}"#
    );
    let two = asked("H5", &[ip, ("spbill_create_ip", "203.0.113.8")]);
    assert_eq!(refused(&gateway, &two).field, "scene_info.payer_client_ip");
}

#[test]
fn what_a_code_payment_alone_has_is_left_out() {
    let fields = asked("NATIVE", &[("auth_code", "134539517967686076")]);
    let order = order(&gateway(), &fields);
    assert_eq!(order.left_out, ["auth_code"]);
    assert!(!order.parameters.contains_key("auth_code"));
}

#[test]
fn native_and_h5_have_a_url_to_show_and_nothing_to_sign() {
    let gateway = gateway();
    let native = read(
        &gateway,
        &asked("NATIVE", &[]),
        ready(
            "NATIVE",
            &[("code_url", "weixin://wxpay/bizpayurl?pr=NwY5Mz9")],
        )
        .signed(),
    );
    assert_eq!(native.verdict, P::Ready);
    assert_eq!(
        native.facts["code_url"],
        "weixin://wxpay/bizpayurl?pr=NwY5Mz9"
    );
    assert_eq!(native.facts["prepay_id"], PREPAY_ID);

    let url = "https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx1&package=2";
    let h5 = read(
        &gateway,
        &asked("H5", &[("spbill_create_ip", "203.0.113.7")]),
        ready("MWEB", &[("mweb_url", url)]).signed(),
    );
    assert_eq!(h5.verdict, P::Ready);
    assert_eq!(h5.facts["h5_url"], url);
    assert!(!h5.facts.contains_key("mweb_url"));
    for answer in [native, h5] {
        assert!(!answer.facts.contains_key("pay_params"));
    }
}

/// Signs on its own.
fn signed(pairs: &[(&str, &str)], sign_type: SignType) -> String {
    let mut pairs = pairs.to_vec();
    pairs.sort();
    let string: String = pairs
        .iter()
        .map(|(name, value)| format!("{name}={value}&"))
        .collect();
    let string = format!("{string}key={KEY}");
    match sign_type {
        SignType::Md5 => md5_hex_upper(string.as_bytes()),
        SignType::HmacSha256 => hmac_sha256_hex_upper(KEY.as_bytes(), string.as_bytes()),
    }
}

#[test]
fn jsapi_gets_the_signed_parameters_of_the_bridge_in_either_algorithm() {
    for sign_type in [SignType::Md5, SignType::HmacSha256] {
        let gateway = WechatV2::new(WechatV2Config {
            sign_type,
            ..config()
        });
        let message = ready("JSAPI", &[]).signed_with(KEY, sign_type);
        let facts = read(&gateway, &jsapi(), message).facts;
        let package = format!("prepay_id={PREPAY_ID}");
        let parameters = [
            ("appId", APPID),
            ("timeStamp", "1414647325"),
            ("nonceStr", "5d0b44f2f1a84e1f9f0c8a7d6b5e4c3a"),
            ("package", package.as_str()),
            ("signType", sign::name(sign_type)),
        ];
        for (name, value) in parameters {
            assert_eq!(facts[&format!("pay.{name}")], value, "{name}");
        }
        assert_eq!(facts["pay.paySign"], signed(&parameters, sign_type));
        let text: serde_json::Value =
            serde_json::from_str(facts["pay_params"].as_str().unwrap()).unwrap();
        assert_eq!(text["paySign"], facts["pay.paySign"]);
        assert_eq!(text["timeStamp"], "1414647325", "a string");
        assert_eq!(text.as_object().unwrap().len(), 6);
    }
}

#[test]
fn vector_v2_2_is_what_the_bridge_signs() {
    let gateway = WechatV2::new(WechatV2Config {
        appid: "mock-appid".into(),
        api_key: Secret::new("mock-v2-secret-key"),
        sign_type: SignType::Md5,
        ..config()
    });
    let order = order(&gateway, &jsapi());
    let message = Message::success(&[("prepay_id", "mock-prepay-id")])
        .with("appid", "mock-appid")
        .signed_with("mock-v2-secret-key", SignType::Md5);
    let stamp = Stamp {
        nonce: "mock-nonce".into(),
        unix_seconds: 1_601_234_567,
    };
    let facts = Prepay::read(&gateway, &order, &message.reply(), &stamp).facts;
    assert_eq!(facts["pay.paySign"], "C52D6B09E8A039D6E8696A014BB37160");
}

#[test]
fn an_app_gets_its_own_names_for_them() {
    let facts = read(&gateway(), &asked("APP", &[]), ready("APP", &[]).signed()).facts;
    let parameters = [
        ("appid", APPID),
        ("partnerid", MCH_ID),
        ("prepayid", PREPAY_ID),
        ("package", "Sign=WXPay"),
        ("noncestr", "5d0b44f2f1a84e1f9f0c8a7d6b5e4c3a"),
        ("timestamp", "1414647325"),
    ];
    for (name, value) in parameters {
        assert_eq!(facts[&format!("pay.{name}")], value, "{name}");
    }
    assert_eq!(facts["pay.sign"], signed(&parameters, SignType::HmacSha256));
}

#[test]
fn an_institution_signs_for_the_app_id_that_really_calls() {
    let gateway = institution();
    let message = || ready("JSAPI", &[("sub_mch_id", "452532745")]).signed();
    let of = |fields: &Fields| read(&gateway, fields, message()).facts["pay.appId"].clone();

    assert_eq!(of(&jsapi()), APPID);
    assert_eq!(of(&asked("JSAPI", &[("sub_openid", "oSub")])), "wxsub");
    let other = read(
        &gateway,
        &jsapi(),
        ready("JSAPI", &[("sub_mch_id", "1")]).signed(),
    );
    assert!(other.forged);
}

#[test]
fn an_answer_without_anything_to_show_is_unclear() {
    let gateway = gateway();
    for (fields, message) in [
        (asked("NATIVE", &[]), ready("NATIVE", &[])),
        (jsapi(), ready("JSAPI", &[]).without("prepay_id")),
        (jsapi(), ready("APP", &[])),
        (
            asked("H5", &[("spbill_create_ip", "203.0.113.7")]),
            ready("MWEB", &[("code_url", "weixin://x")]),
        ),
    ] {
        let answer = read(&gateway, &fields, message.signed());
        assert_eq!(answer.verdict, P::Unclear, "{}", answer.why);
        assert!(!answer.facts.contains_key("pay_params"));
    }
}

#[test]
fn an_unsigned_forged_or_unreadable_answer_shows_nothing() {
    let gateway = gateway();
    let order = order(&gateway, &jsapi());
    let good = ready("JSAPI", &[]).signed();
    for (reply, forged) in [
        (good.clone().without("sign").reply(), true),
        (good.clone().with("prepay_id", "wx1").reply(), true),
        (
            ready("JSAPI", &[]).with("mch_id", "1").signed().reply(),
            true,
        ),
        (reply(500, good.xml()), false),
        (reply(200, "<html>"), false),
    ] {
        let answer = Prepay::read(&gateway, &order, &reply, &stamp());
        assert_eq!((answer.verdict, answer.forged), (P::Unclear, forged));
        assert!(answer.facts.is_empty());
    }
}

#[test]
fn a_refusal_is_read_by_its_code() {
    for (code, verdict) in [
        ("ORDERPAID", P::Duplicate),
        ("OUT_TRADE_NO_USED", P::Duplicate),
        ("NOAUTH", P::Rejected),
        ("SYSTEMERROR", P::Unclear),
        ("SOMETHING_NEW", P::Unclear),
    ] {
        let answer = read(&gateway(), &jsapi(), Message::failed(code, "描述").signed());
        assert_eq!(answer.verdict, verdict, "{code}");
        assert_eq!(answer.code.as_deref(), Some(code));
    }
    let unsigned = Message(vec![
        ("return_code".into(), "FAIL".into()),
        ("return_msg".into(), "签名错误".into()),
    ]);
    let answer = read(&gateway(), &jsapi(), unsigned);
    assert_eq!(answer.verdict, P::Rejected);
}

#[test]
fn a_close_names_the_order_and_needs_no_certificate() {
    let gateway = institution();
    let call = Prepay::close(&gateway, &expected(), &stamp());
    let message = sent(&call);

    assert_eq!(
        (call.operation, call.path.as_str()),
        ("closeorder", "/pay/closeorder")
    );
    assert_eq!(call.resend, Resend::Freely);
    assert_eq!(message.get("out_trade_no"), Some(OUT_TRADE_NO));
    assert_eq!(message.get("sub_mch_id"), Some("452532745"));
    assert!(!gateway.can_reverse());
}

#[test]
fn a_close_is_believed_only_if_it_is_signed() {
    let read = |message: Message| gateway().read_close(&expected(), &message.reply()).verdict;
    assert_eq!(read(Message::success(&[]).signed()), R::Done);
    assert_eq!(read(Message::success(&[])), R::Unclear);
    assert_eq!(
        read(Message::failed("ORDERPAID", "").signed()),
        R::PayerBusy
    );
    assert_eq!(read(Message::failed("ORDERPAID", "")), R::Unclear);
    assert_eq!(
        read(Message::failed("ORDERNOTEXIST", "").signed()),
        R::NotFound
    );
    assert_eq!(read(Message::failed("SIGNERROR", "").signed()), R::Refused);
}
