//! Till fields to signed requests.

use super::*;
use crate::exchange::{Call, Resend};
use crate::gateway::{Gateway, InvalidField, Order, Product};

pub(super) fn order(gateway: &WechatV3, fields: &Fields) -> Order {
    gateway.order(fields).expect("a good sale")
}

pub(super) fn refused(gateway: &WechatV3, fields: &Fields) -> InvalidField {
    gateway.order(fields).expect_err("a bad sale")
}

/// The body that is sent for a sale.
pub(super) fn body(gateway: &WechatV3, fields: &Fields) -> Value {
    sent(&gateway.submit(&order(gateway, fields), &stamp()))
}

pub(super) fn sent(call: &Call) -> Value {
    serde_json::from_slice(&call.body).expect("our own JSON")
}

fn header<'a>(call: &'a Call, name: &str) -> &'a str {
    let mut found = call.headers.iter().filter(|(have, _)| *have == name);
    let (_, value) = found.next().expect(name);
    assert!(found.next().is_none(), "{name} twice");
    value
}

/// The request was signed as it is sent, with the merchant's key.
pub(super) fn is_signed(call: &Call) {
    let authorization = header(call, "Authorization");
    let signature = authorization
        .split_once("signature=\"")
        .and_then(|(_, rest)| rest.split_once('"'))
        .map(|(signature, _)| BASE64.decode(signature).expect("Base64"))
        .expect("a signature");
    let message = format!(
        "{}\n{}\n{}\n{}\n{}\n",
        call.method,
        call.path,
        stamp().unix_seconds,
        stamp().nonce,
        String::from_utf8(call.body.clone()).unwrap()
    );
    assert!(MERCHANT.public().verifies(message.as_bytes(), &signature));
}

#[test]
fn a_sale_becomes_the_documents_code_payment() {
    let gateway = gateway();
    let order = order(&gateway, &sale_with("attach", "till 3"));
    let call = gateway.submit(&order, &stamp());

    assert_eq!((call.operation, call.method), ("codepay", "POST"));
    assert_eq!(call.path, "/v3/pay/transactions/codepay");
    assert_eq!(call.resend, Resend::OnlyIfUnsent);
    assert_eq!(header(&call, "Content-Type"), "application/json");
    assert_eq!(header(&call, "Accept"), "application/json");
    assert_eq!(
        sent(&call),
        json!({
            "appid": APPID,
            "mchid": MCHID,
            "description": "Ipadmini16G白色",
            "out_trade_no": OUT_TRADE_NO,
            "attach": "till 3",
            "payer": { "auth_code": "134539517967686076" },
            "amount": { "total": 888 },
            "scene_info": {
                "device_ip": "127.0.0.1",
                "store_info": { "out_id": MCHID },
            },
        })
    );
    is_signed(&call);
}

#[test]
fn the_documents_own_example_is_made_of_the_vocabulary() {
    let fields: Fields = [
        ("out_trade_no", "1217752501201407033233368018"),
        ("auth_code", "130061098828009406"),
        ("total_fee", "100"),
        ("fee_type", "CNY"),
        ("body", "Image形象店-深圳腾大-QQ公仔"),
        ("attach", "自定义数据说明"),
        ("goods_tag", "WXG"),
        ("receipt", "N"),
        ("profit_sharing", "N"),
        ("device_info", "013467007045764"),
        ("spbill_create_ip", "128.0.0.1"),
        ("scene_info.store_id", "0001"),
        ("scene_info.store_out_id", "A1111"),
        (
            "detail",
            r#"{"cost_price":608800,"receipt_id":"微信123","goods_detail":[{"goods_id":"1246464644",
            "wxpay_goods_id":"1001","goods_name":"iPhoneX 256G","quantity":1,"price":528800}]}"#,
        ),
    ]
    .into_iter()
    .collect();

    assert_eq!(
        body(&gateway(), &fields),
        json!({
            "appid": APPID,
            "mchid": MCHID,
            "description": "Image形象店-深圳腾大-QQ公仔",
            "out_trade_no": "1217752501201407033233368018",
            "attach": "自定义数据说明",
            "goods_tag": "WXG",
            "support_fapiao": false,
            "payer": { "auth_code": "130061098828009406" },
            "amount": { "total": 100, "currency": "CNY" },
            "scene_info": {
                "device_id": "013467007045764",
                "device_ip": "128.0.0.1",
                "store_info": { "id": "0001", "out_id": "A1111" },
            },
            "detail": {
                "cost_price": 608800,
                "invoice_id": "微信123",
                "goods_detail": [{
                    "merchant_goods_id": "1246464644",
                    "wxpay_goods_id": "1001",
                    "goods_name": "iPhoneX 256G",
                    "quantity": 1,
                    "unit_price": 528800,
                }],
            },
            "settle_info": { "profit_sharing": false },
        })
    );
}

#[test]
fn the_global_editions_own_example_is_made_of_the_same_vocabulary() {
    let fields: Fields = [
        ("out_trade_no", "20150806125346"),
        ("merchant_category_code", "4111"),
        ("auth_code", "134650720866361395"),
        ("total_fee", "1"),
        ("fee_type", "HKD"),
        ("attach", "Payment Test"),
        (
            "body",
            "Image Store - Tencent Building in Shenzhen - QQ Doll",
        ),
        ("goods_tag", "1234"),
        ("limit_pay", "no_credit"),
        (
            "detail",
            r#"{"cost_price":1,"receipt_id":"1234","goods_detail":[{"goods_id":"iphone6s_16G",
            "wxpay_goods_id":"3405","goods_name":"iPhone6s 16G","quantity":1,"price":1}]}"#,
        ),
        ("scene_info.payer_client_ip", "14.23.150.211"),
        ("spbill_create_ip", "59.37.125.32"),
        ("device_info", "013467007045764"),
        ("scene_info.operator_id", "P001"),
        ("scene_info.store_id", "SZTX001"),
        ("scene_info.store_name", "Tencent Building Branch"),
        (
            "scene_info.store_address",
            "Nanshan District, Shenzhen, Guangdong",
        ),
    ]
    .into_iter()
    .collect();
    let gateway = hong_kong();
    let call = gateway.submit(&order(&gateway, &fields), &stamp());

    assert_eq!(call.path, "/v3/global/micropay/transactions/pay");
    is_signed(&call);
    assert_eq!(
        sent(&call),
        json!({
            "appid": APPID,
            "mchid": MCHID,
            "out_trade_no": "20150806125346",
            "merchant_category_code": "4111",
            "payer": { "auth_code": "134650720866361395" },
            "trade_type": "MICROPAY",
            "amount": { "total": 1, "currency": "HKD" },
            "attach": "Payment Test",
            "description": "Image Store - Tencent Building in Shenzhen - QQ Doll",
            "goods_tag": "1234",
            "limit_pay": "no_credit",
            "detail": {
                "cost_price": 1,
                "receipt_id": "1234",
                "goods_detail": [{
                    "goods_id": "iphone6s_16G",
                    "wxpay_goods_id": "3405",
                    "goods_name": "iPhone6s 16G",
                    "quantity": 1,
                    "price": 1,
                }],
            },
            "scene_info": {
                "payer_client_ip": "14.23.150.211",
                "device_ip": "59.37.125.32",
                "device_id": "013467007045764",
                "operator_id": "P001",
                "store_info": {
                    "id": "SZTX001",
                    "name": "Tencent Building Branch",
                    "address": "Nanshan District, Shenzhen, Guangdong",
                },
            },
        })
    );
}

#[test]
fn what_answers_must_agree_with_is_what_was_asked() {
    let asked = order(&gateway(), &sale_with("attach", " till 3 ")).expected;
    assert_eq!(
        asked,
        Expected {
            submitted_at: None,
            ..expected()
        }
    );
    assert_eq!(asked.product, Product::CodePayment);
    let overseas = order(&hong_kong(), &sale_overseas()).expected;
    assert_eq!(overseas.fee_type, None, "the gateway's choice");
    let shop = order(&partner(), &sale()).expected;
    assert_eq!(shop.sub_mch_id.as_deref(), Some(SUB_MCHID));
}

#[test]
fn query_and_reverse_name_the_order_and_may_go_to_any_host() {
    let gateway = gateway();
    let query = gateway.query(&expected(), &stamp());
    assert_eq!((query.operation, query.method), ("query", "GET"));
    assert_eq!(
        query.path,
        format!("/v3/pay/transactions/out-trade-no/{OUT_TRADE_NO}?mchid={MCHID}")
    );
    assert!(query.body.is_empty());

    let reverse = gateway.reverse(&expected(), &stamp());
    assert_eq!((reverse.operation, reverse.method), ("reverse", "POST"));
    assert_eq!(
        reverse.path,
        format!("/v3/pay/transactions/out-trade-no/{OUT_TRADE_NO}/reverse")
    );
    assert_eq!(sent(&reverse), json!({ "appid": APPID, "mchid": MCHID }));

    for call in [query, reverse] {
        assert_eq!(call.resend, Resend::Freely);
        is_signed(&call);
    }
    assert!(gateway.can_reverse());
}

#[test]
fn an_order_is_asked_for_by_the_gateways_own_number_too() {
    let by_transaction = Expected {
        transaction_id: Some(TRANSACTION_ID.into()),
        ..Expected::default()
    };
    for (gateway, path) in [
        (
            gateway(),
            format!("/v3/pay/transactions/id/{TRANSACTION_ID}?mchid={MCHID}"),
        ),
        (
            partner(),
            format!(
                "/v3/pay/partner/transactions/id/{TRANSACTION_ID}?sp_mchid={MCHID}&sub_mchid={SUB_MCHID}"
            ),
        ),
        (
            hong_kong(),
            format!("/v3/global/transactions/id/{TRANSACTION_ID}?mchid={MCHID}"),
        ),
    ] {
        let call = gateway.query(&by_transaction, &stamp());
        assert_eq!(call.path, path);
        is_signed(&call);
    }
}

#[test]
fn numbers_from_the_days_of_apiv2_are_escaped_and_signed_as_they_are_sent() {
    let gateway = gateway();
    let old = Expected {
        out_trade_no: "_-|*@aZ09".into(),
        ..Expected::default()
    };
    assert_eq!(gateway.check_out_trade_no(&old.out_trade_no), Ok(()));
    for (call, path) in [
        (
            gateway.query(&old, &stamp()),
            "/v3/pay/transactions/out-trade-no/_-%7C%2A%40aZ09?mchid=1230000109",
        ),
        (
            gateway.reverse(&old, &stamp()),
            "/v3/pay/transactions/out-trade-no/_-%7C%2A%40aZ09/reverse",
        ),
    ] {
        assert_eq!(call.path, path);
        is_signed(&call);
    }
}

#[test]
fn no_number_reaches_another_path() {
    for number in ["a/../b", "a?b", "a#b", "a%2Fb", "a b", "a\nb", "单号"] {
        assert!(gateway().check_out_trade_no(number).is_err());
        let asked = Expected {
            out_trade_no: number.into(),
            transaction_id: None,
            ..Expected::default()
        };
        let path = gateway().query(&asked, &stamp()).path;
        let segment = path
            .strip_prefix("/v3/pay/transactions/out-trade-no/")
            .and_then(|rest| rest.strip_suffix("?mchid=1230000109"))
            .expect("the same place");
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte);
        assert!(segment.bytes().all(plain), "{path}");
    }
}

#[test]
fn partners_name_the_configured_shop_everywhere() {
    let gateway = partner();
    let order = order(&gateway, &sale());
    let submit = gateway.submit(&order, &stamp());
    let query = gateway.query(&order.expected, &stamp());
    let reverse = gateway.reverse(&Expected::default(), &stamp());

    assert_eq!(submit.path, "/v3/pay/partner/transactions/codepay");
    let body = sent(&submit);
    for (name, value) in [
        ("sp_appid", APPID),
        ("sp_mchid", MCHID),
        ("sub_appid", "wxsub"),
        ("sub_mchid", SUB_MCHID),
    ] {
        assert_eq!(body[name], value, "{name}");
    }
    assert!(body.get("appid").is_none() && body.get("mchid").is_none());
    assert_eq!(body["scene_info"]["store_info"]["out_id"], SUB_MCHID);

    assert_eq!(
        query.path,
        format!(
            "/v3/pay/partner/transactions/out-trade-no/{OUT_TRADE_NO}?sp_mchid={MCHID}&sub_mchid={SUB_MCHID}"
        )
    );
    assert!(
        reverse
            .path
            .starts_with("/v3/pay/partner/transactions/out-trade-no/")
    );
    assert_eq!(
        sent(&reverse),
        json!({
            "sp_appid": APPID,
            "sp_mchid": MCHID,
            "sub_appid": "wxsub",
            "sub_mchid": SUB_MCHID,
        })
    );
}

#[test]
fn a_requests_own_shop_wins_and_is_asked_about_again() {
    let gateway = partner();
    let mut fields = sale_with("sub_mch_id", "777");
    let order_of_other = order(&gateway, &fields);
    assert_eq!(order_of_other.expected.sub_mch_id.as_deref(), Some("777"));

    for body in [
        sent(&gateway.submit(&order_of_other, &stamp())),
        sent(&gateway.reverse(&order_of_other.expected, &stamp())),
    ] {
        assert_eq!(body["sub_mchid"], "777");
        assert!(
            body.get("sub_appid").is_none(),
            "it belongs to the other shop"
        );
    }
    let query = gateway.query(&order_of_other.expected, &stamp());
    assert!(query.path.ends_with("&sub_mchid=777"));

    fields.set("sub_appid", "wx777");
    assert_eq!(body(&gateway, &fields)["sub_appid"], "wx777");
}

#[test]
fn a_partner_without_a_shop_and_a_shop_without_a_partner_are_refused() {
    let no_shop = WechatV3::new(WechatV3Config {
        sub_mchid: None,
        sub_appid: None,
        ..partner_config()
    });
    assert_eq!(refused(&no_shop, &sale()).field, "sub_mch_id");
    assert_eq!(
        body(&no_shop, &sale_with("sub_mch_id", "7"))["sub_mchid"],
        "7"
    );

    for name in ["sub_mch_id", "sub_appid"] {
        let error = refused(&gateway(), &sale_with(name, "7"));
        assert_eq!(error.field, name);
        assert!(error.rule.contains("partners only"), "{error}");
    }
}

#[test]
fn overseas_has_paths_of_its_own() {
    let gateway = hong_kong();
    let query = gateway.query(&expected(), &stamp());
    assert_eq!(
        query.path,
        format!("/v3/global/transactions/out-trade-no/{OUT_TRADE_NO}?mchid={MCHID}")
    );
    let reverse = gateway.reverse(&expected(), &stamp());
    assert_eq!(
        reverse.path,
        format!("/v3/global/micropay/transactions/out-trade-no/{OUT_TRADE_NO}/reverse")
    );
    assert_eq!(sent(&reverse), json!({ "mchid": MCHID }));

    let institution = WechatV3::new(WechatV3Config {
        region: Region::HongKong,
        ..partner_config()
    });
    let submit = institution.submit(&order(&institution, &sale_overseas()), &stamp());
    assert_eq!(submit.path, "/v3/global/micropay/transactions/pay");
    assert_eq!(sent(&submit)["sp_mchid"], MCHID);
    let query = institution.query(&expected(), &stamp());
    assert!(
        query
            .path
            .ends_with(&format!("?sp_mchid={MCHID}&sub_mchid={SUB_MCHID}"))
    );
    let reverse = institution.reverse(&expected(), &stamp());
    assert_eq!(
        sent(&reverse),
        json!({ "sp_mchid": MCHID, "sub_mchid": SUB_MCHID })
    );
}

#[test]
fn a_second_submit_of_an_order_differs_by_its_signature_only() {
    let gateway = gateway();
    let order = order(&gateway, &sale());
    let first = gateway.submit(&order, &stamp());
    let second = gateway.submit(
        &order,
        &Stamp {
            nonce: "00000000000000000000000000000000".into(),
            unix_seconds: PAID_AT + 86_400,
        },
    );

    assert_eq!(first.body, second.body);
    assert_eq!(first.path, second.path);
    let authorization = |call: &Call| header(call, "Authorization").to_owned();
    assert_ne!(authorization(&first), authorization(&second));
}

#[test]
fn the_account_is_the_merchant_whatever_the_api_generation() {
    assert_eq!(gateway().account(), "wechat:1230000109");
    assert_eq!(partner().account(), "wechat:1230000109:1900000109");
    assert_eq!(gateway().name(), "wechat-v3");
}

#[test]
fn an_order_shows_its_number_but_never_its_auth_code() {
    let shown = format!("{:?}", order(&gateway(), &sale()));
    assert!(shown.contains(OUT_TRADE_NO), "{shown}");
    assert!(!shown.contains("134539517967686076"), "{shown}");
}
