//! The goods in both generations' words.

use super::requests::{body, refused};
use super::*;

fn detail(gateway: &WechatV3, detail: &Value) -> Value {
    let mut fields = sale_overseas();
    fields.set("detail", detail.to_string());
    body(gateway, &fields)["detail"].clone()
}

fn v2() -> Value {
    json!({
        "cost_price": 608_800,
        "receipt_id": "wx123",
        "goods_detail": [
            { "goods_id": "1", "wxpay_goods_id": "1001", "goods_name": "茶", "quantity": 1, "price": 528_800 },
            { "goods_id": "2", "quantity": 2, "price": 1, "goods_category": "kept" },
        ],
    })
}

fn v3() -> Value {
    json!({
        "cost_price": 608_800,
        "invoice_id": "wx123",
        "goods_detail": [
            { "merchant_goods_id": "1", "wxpay_goods_id": "1001", "goods_name": "茶", "quantity": 1, "unit_price": 528_800 },
            { "merchant_goods_id": "2", "quantity": 2, "unit_price": 1, "goods_category": "kept" },
        ],
    })
}

#[test]
fn either_generations_words_become_those_of_the_region() {
    for given in [v2(), v3()] {
        assert_eq!(detail(&gateway(), &given), v3());
        assert_eq!(detail(&hong_kong(), &given), v2());
    }
    assert_eq!(detail(&gateway(), &json!({})), json!({}));
    let other_product = json!({ "goods_detail": [{ "wechatpay_goods_id": "1001" }] });
    assert_eq!(
        detail(&gateway(), &other_product),
        json!({ "goods_detail": [{ "wxpay_goods_id": "1001" }] })
    );
}

#[test]
fn numbers_that_apiv2_took_as_text_become_numbers() {
    let given =
        json!({ "cost_price": "608800", "goods_detail": [{ "quantity": "1", "price": "0" }] });
    let sent =
        json!({ "cost_price": 608_800, "goods_detail": [{ "quantity": 1, "unit_price": 0 }] });
    assert_eq!(detail(&gateway(), &given), sent);
}

#[test]
fn what_cannot_be_meant_is_refused_with_the_members_name() {
    for (given, named) in [
        (r#"{"receipt_id":"1","invoice_id":"1"}"#, "invoice_id"),
        (
            r#"{"goods_detail":[{"goods_id":"1","merchant_goods_id":"1"}]}"#,
            "merchant_goods_id",
        ),
        (
            r#"{"goods_detail":[{"price":1,"unit_price":1}]}"#,
            "unit_price",
        ),
        (r#"{"goods_detail":{}}"#, "goods_detail"),
        (r#"{"goods_detail":[1]}"#, "goods_detail"),
        (r#"{"goods_detail":null}"#, "goods_detail"),
        (r#"{"goods_detail":[{"price":8.88}]}"#, "price"),
        (r#"{"goods_detail":[{"price":"8.88"}]}"#, "price"),
        (r#"{"goods_detail":[{"quantity":-1}]}"#, "quantity"),
        (r#"{"goods_detail":[{"quantity":""}]}"#, "quantity"),
        (r#"{"cost_price":true}"#, "cost_price"),
        (r#"{"goods_detail":[{"price":1,"price":2}]}"#, "twice"),
    ] {
        let error = refused(&gateway(), &sale_with("detail", given));
        assert_eq!(error.field, "detail");
        assert!(error.rule.contains(named), "{given}: {error}");
    }
}
