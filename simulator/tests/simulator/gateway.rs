use wxpay_simulator::{
    Merchant, Region, RequestErrors, ReversedPaid, Scenario, Settings, State, auth_code,
};

use crate::client::{Till, sale, start, start_with, xml};

#[test]
fn a_sale_is_paid_queried_and_reversed_in_both_signatures() {
    let simulator = start();
    for (hmac, number) in [(false, "md5-1"), (true, "hmac-1")] {
        let mut till = Till::new(&simulator);
        till.hmac = hmac;
        let paid = till.verified(till.play(number, Scenario::Paid));
        for (name, value) in [
            ("return_code", "SUCCESS"),
            ("result_code", "SUCCESS"),
            ("appid", "wx2421b1c4370ec43b"),
            ("mch_id", "10000100"),
            ("device_info", "1000"),
            ("trade_type", "MICROPAY"),
            ("fee_type", "CNY"),
            ("total_fee", "888"),
            ("cash_fee", "888"),
            ("out_trade_no", number),
            ("attach", "till 1"),
        ] {
            assert_eq!(paid.get(name).map(String::as_str), Some(value), "{name}");
        }
        for name in [
            "openid",
            "is_subscribe",
            "bank_type",
            "cash_fee_type",
            "transaction_id",
            "nonce_str",
            "later_extension",
        ] {
            assert!(!paid[name].is_empty());
        }
        assert_eq!(paid["time_end"].len(), 14);

        let found = till.verified(till.query(number));
        assert_eq!(found["trade_state"], "SUCCESS");
        for name in [
            "transaction_id",
            "total_fee",
            "time_end",
            "openid",
            "attach",
        ] {
            assert_eq!(found[name], paid[name]);
        }
        let by_id = [("transaction_id", paid["transaction_id"].as_str())];
        let found = till.verified(till.send("/pay/orderquery", &by_id));
        assert_eq!(found["out_trade_no"], number);

        let reversed = till.verified(till.reverse(number));
        assert_eq!(reversed["result_code"], "SUCCESS");
        assert_eq!(reversed["recall"], "N");
        assert_eq!(till.state(number), "REVOKED");
        assert_eq!(simulator.net_charged(number), 0);
        let again = till.verified(till.play(number, Scenario::Paid));
        assert_eq!(again["err_code"], "ORDERREVERSED");
    }
}

#[test]
fn unknown_orders_do_not_exist() {
    let simulator = start();
    let till = Till::new(&simulator);
    assert_eq!(till.state("never"), "ORDERNOTEXIST");
    let answer = till.verified(till.reverse("never"));
    assert_eq!(answer["err_code"], "ORDERNOTEXIST");
    assert_eq!(answer["recall"], "N");
    let by_id = [("transaction_id", "4200")];
    let answer = till.verified(till.send("/pay/orderquery", &by_id));
    assert_eq!(answer["err_code"], "ORDERNOTEXIST");
    let answer = till.verified(till.send("/secapi/pay/reverse", &by_id));
    assert_eq!(answer["err_code"], "INVALID_TRANSACTIONID");
}

#[test]
fn the_same_number_and_the_same_code_are_recognised() {
    let simulator = start();
    let till = Till::new(&simulator);
    let paying = auth_code(Scenario::PasswordNever, 1);
    let code = |answer| till.verified(answer)["err_code"].clone();
    assert_eq!(code(till.submit("A", &paying)), "USERPAYING");
    assert_eq!(code(till.submit("A", &paying)), "USERPAYING");
    let other = auth_code(Scenario::Paid, 2);
    let refused = till.verified(till.submit("A", &other));
    assert_eq!(refused["err_code"], "INVALID_REQUEST");
    assert_eq!(
        refused["err_code_des"],
        "重入请求数据和已存在的业务单据数据不一致"
    );
    let refused = till.verified(till.submit("B", &paying));
    assert_eq!(refused["err_code"], "AUTH_CODE_INVALID");
    assert!(refused["err_code_des"].starts_with("101 "));
    till.verified(till.submit("C", &other));
    assert_eq!(code(till.submit("C", &other)), "ORDERPAID");
    assert_eq!(simulator.ledger().order("C").unwrap().charges, 1);
}

#[test]
fn faults_of_a_request_come_in_the_shape_the_settings_say() {
    for (style, early, late) in [
        (RequestErrors::AsWechat, false, true),
        (RequestErrors::Communication, false, false),
        (RequestErrors::Business, true, true),
    ] {
        let simulator = start_with(Settings {
            request_errors: style,
            ..Settings::default()
        });
        let till = Till::new(&simulator);
        let mut forged = till.signed(&sale("A", "130000000000000000"));
        forged.insert("total_fee".to_owned(), "1".to_owned());
        let forged = till.post("/pay/micropay", &xml(&forged));
        let lacking = till.send("/pay/micropay", &sale("A", "130000000000000000")[1..]);
        for (answer, business, code, text) in [
            (forged, early, "SIGNERROR", "签名错误"),
            (lacking, late, "LACK_PARAMS", "缺少参数:body"),
        ] {
            if business {
                let fields = till.verified(answer);
                assert_eq!(fields["return_code"], "SUCCESS");
                assert_eq!(fields["err_code"], code);
                assert_eq!(fields["err_code_des"], text);
            } else {
                let fields = answer.unwrap().fields();
                assert_eq!(fields["return_code"], "FAIL");
                assert_eq!(fields["return_msg"], text);
                assert!(!fields.contains_key("sign") && !fields.contains_key("result_code"));
            }
        }
        let verdicts: Vec<_> = simulator
            .requests()
            .into_iter()
            .map(|r| r.verdict)
            .collect();
        assert_eq!(verdicts, ["SIGNERROR", "LACK_PARAMS"]);
        assert!(simulator.ledger().orders.is_empty(), "nothing was executed");
    }
}

#[test]
fn what_is_no_request_is_answered_without_a_signature() {
    let simulator = start();
    let till = Till::new(&simulator);
    let good = xml(&till.signed(&sale("A", "130000000000000000")));
    for (body, text) in [
        ("<xml>", "XML格式错误"),
        ("<!DOCTYPE x []><xml><a>1</a></xml>", "XML格式错误"),
        (
            &good.replace("</xml>", "<body>x</body></xml>"),
            "XML格式错误",
        ),
        (
            "<xml><mch_id>1</mch_id><appid>1</appid></xml>",
            "MCHID不存在",
        ),
        ("<xml><mch_id>1</mch_id></xml>", "缺少参数:appid"),
    ] {
        let answer = till.post("/pay/micropay", body).unwrap();
        assert_eq!(answer.status, 200);
        let fields = answer.fields();
        assert_eq!(fields["return_code"], "FAIL");
        assert!(fields["return_msg"].starts_with(text), "{body}: {fields:?}");
        assert!(!fields.contains_key("sign"));
    }
    let mut stream = till.connect().unwrap();
    let got = crate::client::request(&mut stream, "GET", "/pay/micropay", "").unwrap();
    assert_eq!(got.fields()["return_msg"], "请使用post方法");
    assert_eq!(till.post("/pay/nothing", "").unwrap().status, 404);
    let huge = till.post("/pay/micropay", &"x".repeat(2 << 20));
    assert!(huge.is_err() || huge.unwrap().status == 413);
}

#[test]
fn shops_of_an_institution_have_numbers_of_their_own() {
    let mut settings = Settings::default();
    settings.merchants[0].sub_mch_ids = vec!["20000001".to_owned(), "20000002".to_owned()];
    let simulator = start_with(settings);
    let till = Till::new(&simulator);
    for (shop, code) in [
        ("20000001", "130000000000010000"),
        ("20000002", "130000000000020000"),
    ] {
        let mut fields = sale("A", code);
        fields.push(("sub_mch_id", shop));
        let paid = till.verified(till.send("/pay/micropay", &fields));
        assert_eq!(paid["result_code"], "SUCCESS");
        assert_eq!(paid["sub_mch_id"], shop);
    }
    assert_eq!(simulator.ledger().totals.orders, 2);
    assert_eq!(simulator.net_charged("A"), 2 * 888);
    let lacking = till.verified(till.query("A"));
    assert_eq!(lacking["err_code"], "LACK_PARAMS");
}

#[test]
fn hong_kong_answers_with_a_rate() {
    let simulator = start_with(Settings {
        region: Region::HongKong,
        reversed_paid: ReversedPaid::Refund,
        ..Settings::default()
    });
    let till = Till::new(&simulator);
    let mut fields = sale("A", "130000000000010000");
    fields.push(("fee_type", "HKD"));
    let paid = till.verified(till.send("/pay/micropay", &fields));
    assert_eq!(paid["fee_type"], "HKD");
    assert_eq!(paid["rate"], "100000000");
    till.verified(till.reverse("A"));
    assert_eq!(till.state("A"), "REFUND");
    assert_eq!(simulator.ledger().order("A").unwrap().state, State::Refund);
}

#[test]
fn no_record_holds_a_code_a_key_or_a_signature() {
    let simulator = start();
    let till = Till::new(&simulator);
    let code = auth_code(Scenario::Paid, 123_456_789);
    let fields = till.signed(&sale("A", &code));
    till.post("/pay/micropay", &xml(&fields)).unwrap();
    let seen = format!("{:?} {:?}", simulator.requests(), simulator.ledger());
    let line = simulator.requests()[0].to_string();
    for secret in [&code, &fields["sign"], &Merchant::example().api_key] {
        assert!(!seen.contains(secret.as_str()) && !line.contains(secret.as_str()));
    }
    assert!(line.contains("/pay/micropay A SUCCESS -> 200"), "{line}");
}
