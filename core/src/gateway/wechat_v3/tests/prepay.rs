//! Orders that the payer scans or opens.

use super::*;
use crate::crypto::VerifyingKey;
use crate::crypto::vectors::vector;
use crate::exchange::{Call, Resend};
use crate::gateway::wechat_v3::prepay::to_sign;
use crate::gateway::{Answer, Gateway, InvalidField, Order, Prepay, Product};
use crate::verdict::PrepayVerdict as P;
use crate::verdict::ReverseVerdict as R;

const PREPAY_ID: &str = "wx201410272009395522657a690389285100";
const OPENID: &str = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o";

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
    asked("JSAPI", &[("openid", OPENID)])
}

fn order(gateway: &WechatV3, fields: &Fields) -> Order {
    Prepay::order(gateway, fields).expect("a good order")
}

fn refused(gateway: &WechatV3, fields: &Fields) -> InvalidField {
    Prepay::order(gateway, fields).expect_err("a bad order")
}

fn call(gateway: &WechatV3, fields: &Fields) -> Call {
    Prepay::call(gateway, &order(gateway, fields), &stamp())
}

fn body(call: &Call) -> Value {
    serde_json::from_slice(&call.body).expect("JSON")
}

fn read(gateway: &WechatV3, fields: &Fields, reply: &Reply) -> Answer<P> {
    Prepay::read(gateway, &order(gateway, fields), reply, &stamp())
}

fn ready(body: Value) -> Reply {
    signed(200, body.to_string())
}

#[test]
fn the_documents_jsapi_order_is_what_is_sent() {
    let gateway = gateway();
    let call = call(&gateway, &jsapi());
    assert_eq!((call.operation, call.method), ("prepay", "POST"));
    assert_eq!(call.path, "/v3/pay/transactions/jsapi");
    assert_eq!(call.resend, Resend::Freely);
    assert_eq!(
        body(&call),
        json!({
            "appid": APPID,
            "mchid": MCHID,
            "description": "Ipadmini16G白色",
            "out_trade_no": OUT_TRADE_NO,
            "notify_url": "https://pay.example.com/notify",
            "amount": { "total": 888 },
            "payer": { "openid": OPENID },
        })
    );
    let expected = order(&gateway, &jsapi()).expected;
    assert_eq!(expected.product, Product::Prepay);
    assert_eq!(expected.total_fee, Some(888));
    assert_eq!(expected.fee_type.as_deref(), Some("CNY"));
}

#[test]
fn every_way_to_pay_has_its_path() {
    let ip = ("spbill_create_ip", "203.0.113.7");
    for (fields, path) in [
        (asked("NATIVE", &[]), "native"),
        (asked("APP", &[]), "app"),
        (asked("H5", &[ip]), "h5"),
        (asked("MWEB", &[ip]), "h5"),
        (jsapi(), "jsapi"),
    ] {
        let direct = call(&gateway(), &fields);
        assert_eq!(direct.path, format!("/v3/pay/transactions/{path}"));
        assert!(body(&direct).get("trade_type").is_none());
        let partner = call(&partner(), &fields);
        assert_eq!(partner.path, format!("/v3/pay/partner/transactions/{path}"));
    }
    let overseas = ("merchant_category_code", "4111");
    for (fields, path, trade_type) in [
        (asked("NATIVE", &[overseas]), "native", "NATIVE"),
        (asked("H5", &[overseas, ip]), "mweb", "MWEB"),
        (
            asked("JSAPI", &[overseas, ("openid", "o")]),
            "jsapi",
            "JSAPI",
        ),
    ] {
        let call = call(&hong_kong(), &fields);
        assert_eq!(call.path, format!("/v3/global/transactions/{path}"));
        assert_eq!(body(&call)["trade_type"], trade_type);
    }
}

#[test]
fn every_field_of_the_vocabulary_finds_its_place() {
    let fields = asked(
        "H5",
        &[
            ("attach", "till 3"),
            ("goods_tag", "WXG"),
            ("receipt", "Y"),
            ("profit_sharing", "N"),
            ("device_info", "013467007045764"),
            ("spbill_create_ip", "203.0.113.7"),
            ("scene_info.store_id", "0001"),
            ("scene_info.store_name", "腾讯大厦分店"),
            ("scene_info.store_area_code", "440305"),
            ("scene_info.h5_info.type", "iOS"),
            ("scene_info.h5_info.app_name", "王者荣耀"),
            ("scene_info.h5_info.bundle_id", "com.tencent.wzryiOS"),
            ("time_expire", "20180608103456"),
            ("auth_code", "134539517967686076"),
        ],
    );
    let order = order(&gateway(), &fields);
    assert_eq!(order.left_out, ["auth_code"]);
    let sent = body(&Prepay::call(&gateway(), &order, &stamp()));
    assert_eq!(sent["attach"], "till 3");
    assert_eq!(sent["support_fapiao"], true);
    assert_eq!(sent["settle_info"]["profit_sharing"], false);
    assert_eq!(sent["time_expire"], "2018-06-08T10:34:56+08:00");
    assert_eq!(
        sent["scene_info"],
        json!({
            "payer_client_ip": "203.0.113.7",
            "device_id": "013467007045764",
            "store_info": { "id": "0001", "name": "腾讯大厦分店", "area_code": "440305" },
            "h5_info": {
                "type": "iOS",
                "app_name": "王者荣耀",
                "bundle_id": "com.tencent.wzryiOS",
            },
        })
    );
}

#[test]
fn a_scene_has_what_the_documents_require_of_it() {
    let gateway = gateway();
    let h5 = body(&call(
        &gateway,
        &asked("H5", &[("scene_info.payer_client_ip", "203.0.113.7")]),
    ));
    assert_eq!(
        h5["scene_info"],
        json!({ "payer_client_ip": "203.0.113.7", "h5_info": { "type": "Wap" } })
    );
    let named = asked("NATIVE", &[("device_info", "7")]);
    assert_eq!(
        body(&call(&gateway, &named))["scene_info"],
        json!({ "payer_client_ip": "127.0.0.1", "device_id": "7" })
    );
    let nameless = order(
        &gateway,
        &asked("NATIVE", &[("scene_info.store_name", "店")]),
    );
    assert_eq!(nameless.left_out, ["scene_info.store_name"]);
    assert!(!nameless.parameters.contains_key("scene_info"));
}

#[test]
fn an_h5_page_in_the_words_of_v2_is_understood() {
    let scene =
        r#"{"h5_info":{"type":"Wap","wap_url":"https://pay.example.com","wap_name":"充值"}}"#;
    let fields = asked(
        "H5",
        &[("spbill_create_ip", "203.0.113.7"), ("scene_info", scene)],
    );
    assert_eq!(
        body(&call(&gateway(), &fields))["scene_info"]["h5_info"],
        json!({ "type": "Wap", "app_url": "https://pay.example.com", "app_name": "充值" })
    );
}

#[test]
fn a_time_to_expire_is_taken_in_either_generations_words() {
    for (time, sent) in [
        ("20180608103456", "2018-06-08T10:34:56+08:00"),
        ("2018-06-08T10:34:56+08:00", "2018-06-08T10:34:56+08:00"),
        ("2018-06-08T02:34:56Z", "2018-06-08T10:34:56+08:00"),
    ] {
        let fields = asked("NATIVE", &[("time_expire", time)]);
        assert_eq!(body(&call(&gateway(), &fields))["time_expire"], sent);
    }
}

#[test]
fn every_trade_type_asks_for_what_it_cannot_do_without() {
    for (gateway, fields, field) in [
        (gateway(), asked("JSAPI", &[]), "openid"),
        (gateway(), asked("H5", &[]), "spbill_create_ip"),
        (gateway(), asked("MICROPAY", &[]), "trade_type"),
        (
            gateway(),
            asked("NATIVE", &[("notify_url", "")]),
            "notify_url",
        ),
        (
            gateway(),
            asked("NATIVE", &[("notify_url", "x")]),
            "notify_url",
        ),
        (
            gateway(),
            asked("NATIVE", &[("time_expire", "2h")]),
            "time_expire",
        ),
        (
            gateway(),
            asked("NATIVE", &[("out_trade_no", "a|b")]),
            "out_trade_no",
        ),
        (
            gateway(),
            asked("JSAPI", &[("sub_openid", "o")]),
            "sub_openid",
        ),
        (
            gateway(),
            asked("NATIVE", &[("sub_mch_id", "1")]),
            "sub_mch_id",
        ),
        (
            gateway(),
            asked("H5", &[("scene_info.h5_info.type", "Mac")]),
            "scene_info.h5_info.type",
        ),
        (hong_kong(), asked("NATIVE", &[]), "merchant_category_code"),
    ] {
        assert_eq!(refused(&gateway, &fields).field, field);
    }
}

#[test]
fn a_partner_names_its_shop_and_whose_openid_it_is() {
    let sent = body(&call(&partner(), &jsapi()));
    assert_eq!(sent["sp_appid"], APPID);
    assert_eq!(sent["sp_mchid"], MCHID);
    assert_eq!(sent["sub_mchid"], SUB_MCHID);
    assert_eq!(sent["payer"], json!({ "sp_openid": OPENID }));
    let shops = asked("JSAPI", &[("sub_openid", "oSub")]);
    assert_eq!(
        body(&call(&partner(), &shops))["payer"],
        json!({ "sub_openid": "oSub" })
    );
}

/// What the front end's signature is over, verified with the merchant's own public key.
fn signs(facts: &crate::outcome::Facts, name: &str, lines: [&str; 4]) -> bool {
    let signature = BASE64.decode(facts[name].as_str().unwrap()).unwrap();
    let message: String = lines.iter().map(|line| format!("{line}\n")).collect();
    MERCHANT.public().verifies(message.as_bytes(), &signature)
}

#[test]
fn jsapi_gets_the_signed_parameters_of_the_bridge() {
    let facts = read(
        &gateway(),
        &jsapi(),
        &ready(json!({ "prepay_id": PREPAY_ID })),
    )
    .facts;
    let package = format!("prepay_id={PREPAY_ID}");
    for (name, value) in [
        ("prepay_id", PREPAY_ID),
        ("pay.appId", APPID),
        ("pay.timeStamp", "1414647325"),
        ("pay.nonceStr", "5d0b44f2f1a84e1f9f0c8a7d6b5e4c3a"),
        ("pay.package", &package),
        ("pay.signType", "RSA"),
    ] {
        assert_eq!(facts[name], value, "{name}");
    }
    let nonce = "5d0b44f2f1a84e1f9f0c8a7d6b5e4c3a";
    assert!(signs(
        &facts,
        "pay.paySign",
        [APPID, "1414647325", nonce, &package]
    ));
    let text: Value = serde_json::from_str(facts["pay_params"].as_str().unwrap()).unwrap();
    assert_eq!(text["paySign"], facts["pay.paySign"]);
    assert_eq!(text.as_object().unwrap().len(), 6);
}

#[test]
fn an_app_signs_the_bare_prepay_id() {
    let fields = asked("APP", &[]);
    let facts = read(
        &gateway(),
        &fields,
        &ready(json!({ "prepay_id": PREPAY_ID })),
    )
    .facts;
    for (name, value) in [
        ("pay.appid", APPID),
        ("pay.partnerid", MCHID),
        ("pay.prepayid", PREPAY_ID),
        ("pay.package", "Sign=WXPay"),
        ("pay.noncestr", "5d0b44f2f1a84e1f9f0c8a7d6b5e4c3a"),
        ("pay.timestamp", "1414647325"),
    ] {
        assert_eq!(facts[name], value, "{name}");
    }
    let nonce = "5d0b44f2f1a84e1f9f0c8a7d6b5e4c3a";
    assert!(signs(
        &facts,
        "pay.sign",
        [APPID, "1414647325", nonce, PREPAY_ID]
    ));
}

#[test]
fn a_partner_signs_for_the_app_id_that_really_calls() {
    let reply = || ready(json!({ "prepay_id": PREPAY_ID }));
    let of = |fields: &Fields| read(&partner(), fields, &reply()).facts;
    assert_eq!(of(&jsapi())["pay.appId"], APPID);
    assert_eq!(
        of(&asked("JSAPI", &[("sub_openid", "o")]))["pay.appId"],
        "wxsub"
    );
    let app = of(&asked("APP", &[]));
    assert_eq!(
        (&app["pay.appid"], &app["pay.partnerid"]),
        (&json!("wxsub"), &json!(MCHID))
    );
}

#[test]
fn vector_v3_5_is_what_the_bridge_signs() {
    let vector = vector("v3-5");
    let stamp = Stamp {
        nonce: "5K8264ILTKCH16CQ2502SI8ZNMTM67VS".into(),
        unix_seconds: 1_414_561_699,
    };
    let package = format!("prepay_id={PREPAY_ID}");
    let message = to_sign("wx8888888888888888", &stamp, &package);
    assert_eq!(message, vector.text("message"));
    let key = VerifyingKey::from_spki(&vector.bytes("public_key")).unwrap();
    assert!(key.verifies(message.as_bytes(), &vector.bytes("signature")));
}

#[test]
fn native_and_h5_have_a_url_to_show_and_nothing_to_sign() {
    let url = "https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx1&package=2";
    let ip = ("spbill_create_ip", "203.0.113.7");
    for (fields, answer, name, value) in [
        (
            asked("NATIVE", &[]),
            json!({ "code_url": "weixin://wxpay/bizpayurl?pr=NwY5Mz9" }),
            "code_url",
            "weixin://wxpay/bizpayurl?pr=NwY5Mz9",
        ),
        (asked("H5", &[ip]), json!({ "h5_url": url }), "h5_url", url),
        (
            asked("H5", &[ip]),
            json!({ "mweb_url": url }),
            "h5_url",
            url,
        ),
    ] {
        let answer = read(&gateway(), &fields, &ready(answer));
        assert_eq!(answer.verdict, P::Ready, "{}", answer.why);
        assert_eq!(answer.facts[name], value);
        assert!(!answer.facts.contains_key("pay_params"));
        assert!(!answer.facts.contains_key("mweb_url"));
    }
}

#[test]
fn an_answer_without_anything_to_show_or_without_proof_is_unclear() {
    let good = json!({ "prepay_id": PREPAY_ID }).to_string();
    for (reply, forged) in [
        (ready(json!({})), false),
        (ready(json!({ "prepay_id": "" })), false),
        (ready(json!({ "prepay_id": 5 })), false),
        (ready(json!({ "code_url": "weixin://x" })), false),
        (reply(200, good.clone()), true),
        (
            signed_by(&STRANGER, KEY_ID, NOW, reply(200, good.clone())),
            true,
        ),
        (
            signed_by(&PLATFORM, KEY_ID, NOW - 300, reply(200, good)),
            true,
        ),
    ] {
        let answer = read(&gateway(), &jsapi(), &reply);
        assert_eq!((answer.verdict, answer.forged), (P::Unclear, forged));
        assert!(!answer.facts.contains_key("prepay_id"));
    }
}

#[test]
fn every_code_of_the_jsapi_table_is_read_with_its_status() {
    for (status, code, verdict) in [
        (403, "TRADE_ERROR", P::Rejected),
        (500, "SYSTEM_ERROR", P::Unclear),
        (401, "SIGN_ERROR", P::Rejected),
        (403, "RULE_LIMIT", P::Rejected),
        (400, "PARAM_ERROR", P::Rejected),
        (403, "OUT_TRADE_NO_USED", P::Duplicate),
        (404, "ORDER_NOT_EXIST", P::Rejected),
        (400, "ORDER_CLOSED", P::Duplicate),
        (500, "OPENID_MISMATCH", P::Rejected),
        (403, "NO_AUTH", P::Rejected),
        (400, "MCH_NOT_EXISTS", P::Rejected),
        (500, "INVALID_TRANSACTIONID", P::Rejected),
        (400, "INVALID_REQUEST", P::Rejected),
        (429, "FREQUENCY_LIMITED", P::Unclear),
        (500, "BANK_ERROR", P::Unclear),
        (400, "APPID_MCHID_NOT_MATCH", P::Rejected),
        (403, "ACCOUNT_ERROR", P::Rejected),
        (400, "SOMETHING_NEW", P::Unclear),
    ] {
        let reply = Message::refused(code, "描述").unsigned(status);
        let answer = read(&gateway(), &jsapi(), &reply);
        assert_eq!(answer.verdict, verdict, "{code}");
        assert_eq!(answer.code.as_deref(), Some(code));
    }
    assert_eq!(
        read(&gateway(), &jsapi(), &reply(502, "<html>")).verdict,
        P::Unclear
    );
}

#[test]
fn a_close_names_merchant_and_order() {
    let direct = Prepay::close(&gateway(), &expected(), &stamp());
    assert_eq!((direct.operation, direct.method), ("close", "POST"));
    assert_eq!(
        direct.path,
        format!("/v3/pay/transactions/out-trade-no/{OUT_TRADE_NO}/close")
    );
    assert_eq!(body(&direct), json!({ "mchid": MCHID }));
    let partner = Prepay::close(&partner(), &expected(), &stamp());
    assert_eq!(
        partner.path,
        format!("/v3/pay/partner/transactions/out-trade-no/{OUT_TRADE_NO}/close")
    );
    assert_eq!(
        body(&partner),
        json!({ "sp_mchid": MCHID, "sub_mchid": SUB_MCHID })
    );
    let odd = Expected {
        out_trade_no: "a|b@c*".into(),
        ..expected()
    };
    let overseas = Prepay::close(&hong_kong(), &odd, &stamp());
    assert_eq!(
        overseas.path,
        "/v3/global/transactions/out-trade-no/a%7Cb%40c%2A/close"
    );
}

#[test]
fn a_close_is_believed_only_if_it_is_signed() {
    let gateway = gateway();
    let read = |reply: &Reply| gateway.read_close(&expected(), reply).verdict;
    assert_eq!(read(&signed(204, "")), R::Done);
    assert_eq!(read(&reply(204, "")), R::Unclear);
    assert_eq!(read(&signed(202, "")), R::Unclear);
    for (status, code, verdict) in [
        (400, "ORDER_PAID", R::PayerBusy),
        (400, "ORDERPAID", R::PayerBusy),
        (400, "ORDER_CLOSED", R::Done),
        (404, "ORDER_NOT_EXIST", R::NotFound),
        (429, "FREQUENCY_LIMITED", R::Again),
        (500, "SYSTEM_ERROR", R::Again),
        (401, "SIGN_ERROR", R::Refused),
    ] {
        assert_eq!(read(&Message::refused(code, "").unsigned(status)), verdict);
    }
    assert!(Gateway::prepay(&gateway).is_some());
}
