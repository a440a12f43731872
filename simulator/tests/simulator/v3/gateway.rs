use serde_json::{Value, json};
use wxpay_simulator::{
    PayerAction, PayingForm, Region, ReverseUnknown, ReversedPaid, Scenario, Settings, State,
    auth_code,
};

use super::client::{Till, code, refusal};
use crate::client::{Till as TillV2, start, start_with};

#[test]
fn a_sale_is_paid_queried_and_reversed() {
    let simulator = start();
    let till = Till::new(&simulator);
    let answer = till.play("direct-1", Scenario::Paid).unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.headers["content-type"],
        "application/json; charset=utf-8"
    );
    let paid = till.verified(Ok(answer));
    let expected = json!({
        "appid": "wx2421b1c4370ec43b",
        "mchid": "10000100",
        "out_trade_no": "direct-1",
        "transaction_id": "4200000000000000000000000001",
        "trade_type": "MICROPAY",
        "trade_state": "SUCCESS",
        "trade_state_desc": "支付成功",
        "bank_type": "CMB_DEBIT",
        "attach": "till 1",
        "success_time": paid["success_time"],
        "payer": { "openid": "oSimulatedPayer0000000000001" },
        "amount": { "total": 888, "payer_total": 888, "currency": "CNY", "payer_currency": "CNY" },
        "later_extension": "接口可能增加字段 <&>",
    });
    assert_eq!(paid, expected);
    let time = paid["success_time"].as_str().unwrap();
    assert_eq!(time.len(), "2018-06-08T10:34:56+08:00".len());
    assert!(time.ends_with("+08:00"));

    assert_eq!(till.verified(till.query("direct-1")), paid);
    let by_id = format!(
        "/v3/pay/transactions/id/{}?mchid=10000100",
        paid["transaction_id"].as_str().unwrap()
    );
    assert_eq!(till.verified(till.get(&by_id)), paid);

    let reversed = till.verified(till.reverse("direct-1"));
    assert_eq!(
        reversed,
        json!({
            "appid": "wx2421b1c4370ec43b",
            "mchid": "10000100",
            "out_trade_no": "direct-1",
            "later_extension": "接口可能增加字段 <&>",
        })
    );
    assert_eq!(code(till.query("direct-1")), "REVOKED");
    assert_eq!(simulator.net_charged("direct-1"), 0);
    assert_eq!(
        code(till.play("direct-1", Scenario::Paid)),
        "ORDER_REVERSED"
    );
    let counts = simulator.ledger().order("direct-1").cloned().unwrap();
    assert_eq!((counts.submits, counts.queries, counts.reverses), (2, 3, 1));
}

#[test]
fn shops_of_a_service_provider_have_numbers_and_paths_of_their_own() {
    let mut settings = Settings::default();
    settings.merchants[0].sub_mch_ids = vec!["20000001".to_owned(), "20000002".to_owned()];
    let simulator = start_with(settings);
    let mut till = Till::new(&simulator);
    let direct = refusal(till.play("order-A", Scenario::Paid));
    assert_eq!((direct.0, &direct.1["code"]), (403, &json!("NO_AUTH")));
    for (shop, code) in [
        ("20000001", "130000000000010000"),
        ("20000002", "130000000000020000"),
    ] {
        till.sub_mchid = Some(shop.to_owned());
        let mut sale = till.sale("order-A", code);
        sale["sub_appid"] = "wx1111111111111111".into();
        let paid = till.verified(till.post("/v3/pay/partner/transactions/codepay", &sale));
        for (name, value) in [
            ("sp_appid", "wx2421b1c4370ec43b"),
            ("sp_mchid", "10000100"),
            ("sub_appid", "wx1111111111111111"),
            ("sub_mchid", shop),
            ("trade_state", "SUCCESS"),
        ] {
            assert_eq!(paid[name], value);
        }
        assert!(paid["payer"]["sp_openid"].is_string());
        assert!(paid.get("mchid").is_none());
        let found = till.verified(till.query("order-A"));
        assert_eq!(found["transaction_id"], paid["transaction_id"]);
        let id = paid["transaction_id"].as_str().unwrap();
        let accounts = till.query_string();
        let by_id = format!("/v3/pay/partner/transactions/id/{id}?{accounts}");
        assert_eq!(till.verified(till.get(&by_id))["sub_mchid"], shop);
    }
    assert_eq!(simulator.net_charged("order-A"), 2 * 888);
    let reversed = till.verified(till.reverse("order-A"));
    assert_eq!(reversed["sub_mchid"], "20000002");
    assert_eq!(simulator.net_charged("order-A"), 888);

    till.sub_mchid = Some("20000003".to_owned());
    assert_eq!(code(till.query("order-A")), "MCH_NOT_EXISTS");
    let stranger = start();
    let mut till = Till::new(&stranger);
    till.sub_mchid = Some("20000001".to_owned());
    assert_eq!(code(till.query("order-A")), "NO_AUTH");
}

/// A sale as the documents for Hong Kong have it.
fn global_sale(till: &Till<'_>, out_trade_no: &str, code: &str) -> Value {
    let mut sale = till.sale(out_trade_no, code);
    sale["trade_type"] = "MICROPAY".into();
    sale["merchant_category_code"] = "4111".into();
    sale["amount"]["currency"] = "HKD".into();
    sale["scene_info"] = json!({
        "payer_client_ip": "14.23.150.211",
        "device_ip": "59.37.125.32",
        "device_id": "013467007045764",
        "operator_id": "P001",
        "store_info": { "id": "SZTX001", "name": "Tencent", "address": "Shenzhen" },
    });
    sale
}

#[test]
fn hong_kong_has_paths_and_names_of_its_own() {
    let hong_kong = Settings {
        region: Region::HongKong,
        reversed_paid: ReversedPaid::Refund,
        ..Settings::default()
    };
    for shop in [None, Some("20000001".to_owned())] {
        let mut settings = hong_kong.clone();
        settings.merchants[0].sub_mch_ids = shop.iter().cloned().collect();
        let simulator = start_with(settings);
        let mut till = Till::new(&simulator);
        till.sub_mchid = shop;
        let accounts = till.query_string();
        let pay = "/v3/global/micropay/transactions/pay";
        let sale = global_sale(&till, "HK|1@a", "130000000000010000");
        let paid = till.verified(till.post(pay, &sale));
        assert_eq!(paid["id"], "4200000000000000000000000001");
        assert!(paid.get("transaction_id").is_none());
        assert_eq!(
            paid["amount"],
            json!({
                "total": 888,
                "payer_total": 888,
                "currency": "HKD",
                "payer_currency": "CNY",
                "exchange_rate": { "type": "SETTLEMENT_RATE", "rate": 100_000_000 },
            })
        );
        // The number's bar and at sign are percent-encoded in a path.
        let target = format!("/v3/global/transactions/out-trade-no/HK%7C1%40a?{accounts}");
        assert_eq!(till.verified(till.get(&target))["id"], paid["id"]);
        let target = format!("/v3/global/transactions/id/4200000000000000000000000001?{accounts}");
        assert_eq!(till.verified(till.get(&target))["id"], paid["id"]);

        let reverse = "/v3/global/micropay/transactions/out-trade-no/HK%7C1%40a/reverse";
        let answer = till.post(reverse, &till.accounts()).unwrap();
        assert_eq!((answer.status, answer.body.len()), (204, 0));
        assert!(till.proves(&answer));
        assert_eq!(till.verified(till.get(&target))["trade_state"], "REFUND");
        let by_id = "/v3/global/micropay/transactions/id/4200000000000000000000000001/reverse";
        assert_eq!(till.post(by_id, &till.accounts()).unwrap().status, 204);
        let unknown = "/v3/global/micropay/transactions/id/42/reverse";
        let unknown = refusal(till.post(unknown, &till.accounts()));
        assert_eq!(unknown.1["code"], "INVALID_TRANSACTIONID");
        assert!(till.verified(till.get("/v3/global/certificates"))["data"].is_array());
        assert_eq!(till.play("order-1", Scenario::Paid).unwrap().status, 404);
    }
    let mainland = start();
    let till = Till::new(&mainland);
    let sale = global_sale(&till, "order-1", "130000000000010000");
    let answer = till.post("/v3/global/micropay/transactions/pay", &sale);
    assert_eq!(answer.unwrap().status, 404);
}

#[test]
fn a_password_prompt_shows_in_the_form_the_settings_say() {
    for (form, status) in [
        (PayingForm::Accepted, 202),
        (PayingForm::Ok, 200),
        (PayingForm::ErrorCode, 400),
    ] {
        let simulator = start_with(Settings {
            paying_form: form,
            ..Settings::default()
        });
        let till = Till::new(&simulator);
        for _ in 0..2 {
            let answer = till.play("order-1", Scenario::PasswordNever).unwrap();
            assert_eq!(answer.status, status);
            if form == PayingForm::ErrorCode {
                assert_eq!(refusal(Ok(answer)).1["code"], "USERPAYING");
            } else {
                let body = till.verified(Ok(answer));
                assert_eq!(body["trade_state"], "USERPAYING");
                assert_eq!(body["out_trade_no"], "order-1");
                assert!(body.get("transaction_id").is_none() && body.get("amount").is_none());
            }
        }
        let found = till.verified(till.query("order-1"));
        assert_eq!(found["trade_state"], "USERPAYING");
        simulator.payer("order-1", PayerAction::Pay).unwrap();
        assert_eq!(code(till.query("order-1")), "SUCCESS");
    }
}

#[test]
fn unknown_orders_do_not_exist() {
    let simulator = start();
    let till = Till::new(&simulator);
    for answer in [
        till.query("never-heard"),
        till.reverse("never-heard"),
        till.get("/v3/pay/transactions/id/42?mchid=10000100"),
    ] {
        let id = answer.as_ref().unwrap().headers["request-id"].clone();
        let (status, body) = refusal(answer);
        assert_eq!((status, &body["code"]), (404, &json!("ORDER_NOT_EXIST")));
        assert!(id.ends_with("-268512771"), "{id}");
    }
    let tombstones = start_with(Settings {
        reverse_unknown: ReverseUnknown::Tombstone,
        ..Settings::default()
    });
    let till = Till::new(&tombstones);
    till.verified(till.reverse("never-heard"));
    let found = till.verified(till.query("never-heard"));
    assert_eq!(found["trade_state"], "REVOKED");
    assert_eq!(found["out_trade_no"], "never-heard");
    assert_eq!(
        code(till.play("never-heard", Scenario::Paid)),
        "ORDER_REVERSED"
    );
}

#[test]
fn the_same_number_and_the_same_code_are_recognised() {
    let simulator = start();
    let till = Till::new(&simulator);
    let paying = auth_code(Scenario::PasswordNever, 1);
    assert_eq!(code(till.submit("order-A", &paying)), "USERPAYING");
    assert_eq!(code(till.submit("order-A", &paying)), "USERPAYING");
    let other = auth_code(Scenario::Paid, 2);
    let (status, refused) = refusal(till.submit("order-A", &other));
    assert_eq!((status, &refused["code"]), (400, &json!("INVALID_REQUEST")));
    assert_eq!(refused["message"], "请求重入时，参数与首次请求时不一致");
    let (_, refused) = refusal(till.submit("order-B", &paying));
    assert_eq!(refused["code"], "AUTH_CODE_INVALID");
    assert!(refused["message"].as_str().unwrap().starts_with("101 "));
    till.verified(till.submit("order-C", &other));
    assert_eq!(code(till.submit("order-C", &other)), "ORDER_PAID");
    assert_eq!(simulator.ledger().order("order-C").unwrap().charges, 1);
}

#[test]
fn both_apis_share_the_ledger() {
    let simulator = start();
    let (new, old) = (Till::new(&simulator), TillV2::new(&simulator));
    let made = old.verified(old.play("made-by-v2", Scenario::Paid));
    let found = new.verified(new.query("made-by-v2"));
    assert_eq!(found["transaction_id"], made["transaction_id"].as_str());
    assert_eq!(found["amount"]["total"], 888);
    assert_eq!(found["attach"], "till 1");
    new.verified(new.reverse("made-by-v2"));
    assert_eq!(old.state("made-by-v2"), "REVOKED");

    let made = new.verified(new.play("made-by-v3", Scenario::Paid));
    let found = old.verified(old.query("made-by-v3"));
    assert_eq!(made["transaction_id"], found["transaction_id"].as_str());
    assert_eq!(found["attach"], "till 1");
    old.verified(old.reverse("made-by-v3"));
    assert_eq!(code(new.query("made-by-v3")), "REVOKED");
    let ledger = simulator.ledger();
    assert_eq!(ledger.order("made-by-v3").unwrap().state, State::Revoked);
    assert_eq!(ledger.totals.net_fen, 0);
}

#[test]
fn a_coupon_pays_its_part() {
    for region in [Region::Mainland, Region::HongKong] {
        let simulator = start_with(Settings {
            coupon_fen: 100,
            region,
            ..Settings::default()
        });
        let till = Till::new(&simulator);
        let paid = match region {
            Region::Mainland => till.play("order-1", Scenario::Paid),
            Region::HongKong => {
                let sale = global_sale(&till, "order-1", "130000000000010000");
                till.post("/v3/global/micropay/transactions/pay", &sale)
            }
        };
        let paid = till.verified(paid);
        assert_eq!(paid["amount"]["total"], 888);
        assert_eq!(paid["amount"]["payer_total"], 788);
        let part = match region {
            Region::Mainland => "wechatpay_contribute",
            Region::HongKong => "wechatpay_contribute_amount",
        };
        let promotions = paid["promotion_detail"].as_array().unwrap();
        assert_eq!(promotions.len(), 1);
        assert_eq!(promotions[0][part], 100);
    }
}

#[test]
fn every_answer_has_a_request_id_of_its_own() {
    let simulator = start();
    let till = Till::new(&simulator);
    let ids: std::collections::BTreeSet<_> = [
        till.play("order-1", Scenario::Paid),
        till.query("order-1"),
        till.query("order-2"),
        till.get("/v3/certificates"),
        till.get("/v3/elsewhere"),
        till.raw("GET", "/v3/certificates", &[], ""),
    ]
    .into_iter()
    .map(|answer| answer.unwrap().headers["request-id"].clone())
    .collect();
    assert_eq!(ids.len(), 6);
    assert!(ids.iter().all(|id| id.contains('-')));
}

#[test]
fn paths_and_methods_that_do_not_exist_are_refused() {
    let simulator = start();
    let till = Till::new(&simulator);
    for (method, target, status, code) in [
        ("GET", "/v3/", 404, "RESOURCE_NOT_EXISTS"),
        ("GET", "/v3/pay/transactions", 404, "RESOURCE_NOT_EXISTS"),
        (
            "GET",
            "/v3/pay/transactions/name/A?mchid=10000100",
            404,
            "RESOURCE_NOT_EXISTS",
        ),
        (
            "POST",
            "/v3/pay/transactions/out-trade-no/A/undo",
            404,
            "RESOURCE_NOT_EXISTS",
        ),
        (
            "GET",
            "/v3/pay/transactions/codepay",
            405,
            "METHOD_NOT_ALLOWED",
        ),
        ("POST", "/v3/certificates", 405, "METHOD_NOT_ALLOWED"),
        (
            "POST",
            "/v3/pay/transactions/id/42",
            405,
            "METHOD_NOT_ALLOWED",
        ),
        (
            "GET",
            "/v3/pay/transactions/out-trade-no/A/reverse",
            405,
            "METHOD_NOT_ALLOWED",
        ),
        (
            "GET",
            "/v3/pay/transactions/out-trade-no/%ff?mchid=10000100",
            400,
            "PARAM_ERROR",
        ),
    ] {
        let answer = till.signed(&till.credentials(), method, target, "");
        let (found, body) = refusal(answer);
        assert_eq!((found, &body["code"]), (status, &json!(code)), "{target}");
    }
    assert!(simulator.ledger().orders.is_empty());
}

#[test]
fn no_record_holds_a_code_a_key_or_a_signature() {
    let simulator = start();
    let till = Till::new(&simulator);
    let secret_code = auth_code(Scenario::Paid, 123_456_789);
    let body = till.sale("order-1", &secret_code).to_string();
    let credentials = till.credentials();
    let target = "/v3/pay/transactions/codepay";
    let header = till.authorization(&credentials, "POST", target, &body);
    let signature = header.split("signature=\"").nth(1).unwrap();
    let signature = signature.trim_end_matches('"').to_owned();
    till.signed(&credentials, "POST", target, &body).unwrap();
    let seen = format!("{:?} {:?}", simulator.requests(), simulator.ledger());
    let line = simulator.requests()[0].to_string();
    for secret in [&secret_code, &signature, &simulator.merchant().api_v3_key] {
        assert!(!seen.contains(secret.as_str()) && !line.contains(secret.as_str()));
    }
    assert!(
        line.contains("/v3/pay/transactions/codepay order-1 SUCCESS -> 200"),
        "{line}"
    );
}
