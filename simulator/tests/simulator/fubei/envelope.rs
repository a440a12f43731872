use serde_json::json;
use wxpay_simulator::{FubeiApi, FubeiLevel, Scenario, Settings};

use super::client::{Fields, Till, data, refusal, sign};
use crate::client::{request, start, start_with};

const QUERY: &str = "{\"merchant_order_sn\":\"A\"}";

/// The answer's code to a query whose fields were changed and then signed.
fn code(till: &Till<'_>, change: impl FnOnce(&mut Fields)) -> i64 {
    let mut fields = till.envelope(&till.method("query"), QUERY);
    change(&mut fields);
    refusal(till.post(&till.signed(fields))).0
}

fn set(fields: &mut Fields, name: &str, value: &str) {
    fields.insert(name.to_owned(), value.to_owned());
}

#[test]
fn each_key_of_the_envelope_has_a_code_of_its_own() {
    let simulator = start();
    let till = Till::new(&simulator);
    let removed = |name: &str| code(&till, |fields| drop(fields.remove(name)));
    assert_eq!(removed("app_id"), 1001);
    assert_eq!(removed("method"), 1003);
    assert_eq!(removed("format"), 1004);
    assert_eq!(removed("sign_method"), 1005);
    assert_eq!(removed("nonce"), 1010);
    assert_eq!(removed("biz_content"), 402);
    for (name, value, expected) in [
        ("app_id", "20161219113441561988", 1002),
        ("app_id", "", 1002),
        ("vendor_sn", "2018071920330100001", 402),
        ("method", "", 1003),
        ("format", "xml", 1004),
        ("format", "", 1004),
        ("sign_method", "MD5", 1005),
        ("nonce", "", 1012),
        ("nonce", "123456789012345678901234567890123", 1012),
        ("method", "openapi.payment.order.steal", 1008),
        ("method", "fbpay.order.query", 1008),
        ("version", "2.0", 402),
        ("biz_content", "{\"merchant_order_sn\":\"A\"", 402),
        ("biz_content", "[]", 402),
        ("timestamp", "1", 402),
    ] {
        let shown = code(&till, |fields| set(fields, name, value));
        assert_eq!(shown, expected, "{name} {value}");
    }
    // All of them are rightly signed; these are not.
    let mut fields = till.envelope(&till.method("query"), QUERY);
    set(&mut fields, "nonce", "another");
    assert_eq!(refusal(till.post(&fields)).0, 1007);
    fields.remove("sign");
    assert_eq!(refusal(till.post(&fields)).0, 1006);
    let lower = till.envelope(&till.method("query"), QUERY);
    let mut lower = lower.clone();
    let small = lower["sign"].to_lowercase();
    set(&mut lower, "sign", &small);
    assert_eq!(refusal(till.post(&lower)).0, 1007);
    assert_eq!(simulator.ledger().totals.orders, 0);
}

#[test]
fn the_secret_follows_bare_and_the_text_of_biz_content_is_what_is_signed() {
    let simulator = start();
    let till = Till::new(&simulator);
    let secret = &till.account().app_secret;
    // With blanks and escapes that no serialiser would write again.
    let content = "{ \"merchant_order_sn\" : \"\\u0041\" }";
    let fields = till.envelope(&till.method("query"), content);
    assert_eq!(refusal(till.post(&fields)).1, "ORDERNOTEXIST");
    let mut as_wechat = fields.clone();
    as_wechat.remove("sign");
    let signature = sign(&as_wechat, &format!("&key={secret}"));
    set(&mut as_wechat, "sign", &signature);
    assert_eq!(refusal(till.post(&as_wechat)).0, 1007);
    let mut compact = fields;
    set(&mut compact, "biz_content", QUERY);
    assert_eq!(refusal(till.post(&compact)).0, 1007);
    // Optional on 1.0.
    let mut short = till.envelope(&till.method("query"), QUERY);
    short.remove("version");
    assert_eq!(refusal(till.post(&till.signed(short))).1, "ORDERNOTEXIST");
}

#[test]
fn what_is_no_json_object_of_texts_is_refused() {
    let simulator = start();
    let till = Till::new(&simulator);
    let json = ["Content-Type: application/json"];
    let fields = till.envelope(&till.method("query"), QUERY);
    let body = json!(fields).to_string();
    for (headers, body) in [
        (&["Content-Type: text/xml"], body.as_str()),
        (&["Content-Type: application/x-www-form-urlencoded"], &body),
        (&json, "<xml/>"),
        (&json, "[]"),
        (&json, ""),
        (&json, &body.replacen('{', "{\"app_id\":\"twice\",", 1)),
    ] {
        assert_eq!(refusal(till.raw(headers, body)).0, 402, "{body}");
    }
    // A number in the place of a text.
    let mut object = json!(fields);
    object["nonce"] = json!(7);
    assert_eq!(refusal(till.raw(&json, &object.to_string())).0, 1011);
    object = json!(fields);
    object["biz_content"] = json!({ "merchant_order_sn": "A" });
    assert_eq!(refusal(till.raw(&json, &object.to_string())).0, 402);
    let mut stream = crate::client::Till::new(&simulator).connect().unwrap();
    let answer = request(&mut stream, "PUT", "/gateway", &body);
    assert_eq!(refusal(answer).0, 402);
    let mut stream = crate::client::Till::new(&simulator).connect().unwrap();
    let answer = request(&mut stream, "POST", "/gateway/other", &body).unwrap();
    assert_eq!(answer.status, 404);
}

#[test]
fn levels_and_paths_belong_together() {
    let simulator = start();
    let mut till = Till::new(&simulator);
    till.api = FubeiApi::V2;
    for path in ["/gateway/agent", "/gateway/cate"] {
        till.path = path;
        let number = path.replace('/', "");
        let paid = data(till.play(&number, Scenario::Paid));
        assert_eq!(paid["order_status"], "SUCCESS");
    }
    let mut vendor = Till::vendor(&simulator);
    assert_eq!(
        data(vendor.play("V", Scenario::Paid))["order_status"],
        "SUCCESS"
    );
    vendor.path = "/gateway/cate";
    assert_eq!(refusal(vendor.query("V")).0, 401);
    vendor.path = "/gateway";
    vendor.api = FubeiApi::V1;
    assert_eq!(refusal(vendor.query("V")).0, 401);
    // Merchant and service provider see the same orders.
    till.path = "/gateway/agent";
    assert_eq!(till.state("V"), "SUCCESS");
    assert_eq!(Till::new(&simulator).state("V"), "SUCCESS");
}

#[test]
fn a_service_provider_names_a_merchant_of_his_own_and_a_merchant_none() {
    let simulator = start();
    let vendor = Till::vendor(&simulator);
    let query = |content: &str| {
        let fields = vendor.envelope("fbpay.order.query", content);
        refusal(vendor.post(&fields))
    };
    assert_eq!(query(QUERY).0, 402);
    let other = "{\"merchant_id\":1227367,\"merchant_order_sn\":\"A\"}";
    assert_eq!(query(other).0, 401);
    let text = "{\"merchant_id\":\"1227366\",\"merchant_order_sn\":\"A\"}";
    assert_eq!(query(text).0, 402);
    let mut merchant = Till::new(&simulator);
    merchant.api = FubeiApi::V2;
    merchant.path = "/gateway/agent";
    let own = "{\"merchant_id\":1227366,\"merchant_order_sn\":\"A\"}";
    let fields = merchant.envelope("fbpay.order.query", own);
    assert_eq!(refusal(merchant.post(&fields)).0, 402);
    // A merchant's secret is not his service provider's.
    let mut confused = Till::vendor(&simulator);
    confused.level = FubeiLevel::Merchant;
    let mut fields = confused.envelope("fbpay.order.query", own);
    fields.remove("app_id");
    set(&mut fields, "vendor_sn", &confused.account().vendor_sn);
    assert_eq!(refusal(confused.post(&confused.signed(fields))).0, 1007);
}

#[test]
fn with_several_stores_an_order_names_one() {
    let mut settings = Settings::default();
    settings.fubei.accounts[0].store_ids = vec![1, 2];
    let simulator = start_with(settings);
    let till = Till::new(&simulator);
    assert_eq!(refusal(till.play("A", Scenario::Paid)).0, 402);
    let code = "130000000000010000";
    let at = |store: &str| {
        let content = format!("{},\"store_id\":{store}", till.sale("A", code));
        till.call("swipe", &content)
    };
    assert_eq!(refusal(at("3")).0, 402);
    assert_eq!(refusal(at("\"2\"")).0, 402);
    assert_eq!(data(at("2"))["store_id"], 2);
    // A question needs none.
    assert_eq!(till.state("A"), "SUCCESS");
}
