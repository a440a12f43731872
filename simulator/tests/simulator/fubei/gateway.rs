use serde_json::json;
use wxpay_simulator::{
    Channel, FubeiAmounts, FubeiApi, FubeiData, FubeiForms, FubeiRefused, PayerAction,
    ReverseUnknown, Scenario, Settings, Simulator, State, Timing, auth_code_of,
};

use super::client::{Till, data, parsed, refusal, word};
use crate::client::{start, start_with, timing};

#[test]
fn a_paid_order_tells_everything_on_1_0() {
    let simulator = start();
    let till = Till::new(&simulator);
    let answer = till.play("A", Scenario::Paid).unwrap();
    assert_eq!(
        answer.headers["content-type"],
        "application/json;charset=UTF-8"
    );
    // Two decimals, as the documents show them.
    assert!(
        answer.text().contains("\"total_fee\":8.88,"),
        "{}",
        answer.text()
    );
    let paid = data(Ok(answer));
    for (name, value) in [
        ("merchant_order_sn", json!("A")),
        ("trade_state", json!("SUCCESS")),
        ("total_fee", json!(8.88)),
        ("order_price", json!(8.88)),
        ("discount_money", json!(0.0)),
        ("buyer_pay_amount", json!(8.88)),
        ("fee", json!(0.03)),
        ("net_money", json!(8.85)),
        ("type", json!(1)),
        ("attach", json!("till 1")),
        ("device_no", json!("1000")),
        ("body", json!("可乐 <&> \"\\")),
        ("store_id", json!(25249)),
        ("cashier_id", json!(0)),
    ] {
        assert_eq!(paid[name], value, "{name}");
    }
    let length = |name: &str| paid[name].as_str().unwrap().len();
    assert_eq!(length("order_sn"), 20);
    assert!(length("trade_no") <= 32 && length("platform_order_no") <= 32);
    assert!(paid["pay_time"].as_i64().unwrap() > 1_700_000_000);
    assert!(
        paid["user_id"]
            .as_str()
            .unwrap()
            .starts_with("oSimulatedPayer")
    );
    assert_eq!(data(till.query("A")), paid);
    let ledger = simulator.ledger();
    let order = ledger.order("A").unwrap();
    assert_eq!(order.transaction_id.as_deref(), paid["order_sn"].as_str());
    assert_eq!(
        (order.mch_id.as_str(), &order.sub_mch_id),
        ("1227366", &None)
    );
}

#[test]
fn a_paid_order_tells_everything_on_2_0() {
    let simulator = start();
    let till = Till::vendor(&simulator);
    let answer = till.play("A", Scenario::Paid).unwrap();
    assert_eq!(parsed(&answer)["success"], true);
    let paid = data(Ok(answer));
    for (name, value) in [
        ("merchant_order_sn", json!("A")),
        ("order_status", json!("SUCCESS")),
        ("total_amount", json!(8.88)),
        ("net_amount", json!(8.88)),
        ("pay_type", json!("wxpay")),
        ("merchant_id", json!(1_227_366)),
        ("payment_list", json!([])),
    ] {
        assert_eq!(paid[name], value, "{name}");
    }
    assert_eq!(paid["finish_time"].as_str().unwrap().len(), 14);
    for name in ["trade_state", "total_fee", "pay_time", "body"] {
        assert!(paid.get(name).is_none(), "{name}");
    }
    assert_eq!(data(till.query("A")), paid);
}

#[test]
fn an_order_is_found_by_each_of_its_numbers() {
    let simulator = start();
    let (v1, v2) = (Till::new(&simulator), Till::vendor(&simulator));
    let paid = data(v1.play("A", Scenario::Paid));
    let order_sn = paid["order_sn"].as_str().unwrap();
    let trade_no = paid["trade_no"].as_str().unwrap();
    for (till, name, number) in [
        (&v1, "order_sn", order_sn),
        (&v1, "trade_no", trade_no),
        (&v2, "order_sn", order_sn),
        (&v2, "ins_order_sn", trade_no),
    ] {
        let found = data(till.call("query", &format!("\"{name}\":\"{number}\"")));
        assert_eq!(found["merchant_order_sn"], "A", "{name}");
        // Fubei's own number goes before the merchant's.
        let both = format!("\"{name}\":\"{number}\",\"merchant_order_sn\":\"B\"");
        assert_eq!(data(till.call("query", &both))["merchant_order_sn"], "A");
    }
    for unknown in [
        "\"order_sn\":\"20999999999999999999\"",
        "\"trade_no\":\"1\"",
    ] {
        assert_eq!(refusal(v1.call("query", unknown)).1, "ORDERNOTEXIST");
    }
    let reversed = data(v1.call("reverse", &format!("\"order_sn\":\"{order_sn}\"")));
    assert_eq!(reversed["merchant_order_sn"], "A");
    assert_eq!(simulator.net_charged("A"), 0);
}

#[test]
fn every_channel_pays_and_refuses_in_its_own_words() {
    let simulator = start();
    let (mut v1, mut v2) = (Till::new(&simulator), Till::vendor(&simulator));
    for (channel, number, name, not_enough) in [
        (Channel::Wechat, 1, "wxpay", "NOTENOUGH"),
        (Channel::Alipay, 2, "alipay", "ACQ.BUYER_BALANCE_NOT_ENOUGH"),
        (Channel::UnionPay, 5, "unionpay", "NOTENOUGH"),
    ] {
        v1.channel = channel;
        v2.channel = channel;
        let (a, b) = (format!("A-{name}"), format!("B-{name}"));
        assert_eq!(data(v1.play(&a, Scenario::Paid))["type"], number);
        assert_eq!(data(v2.play(&b, Scenario::Paid))["pay_type"], name);
        let (code, sub_code, text) = refusal(v1.play(&format!("C-{name}"), Scenario::NotEnough));
        assert_eq!(
            (code, sub_code.as_str(), text.as_str()),
            (400, not_enough, "余额不足")
        );
    }
    v1.channel = Channel::Alipay;
    let paid = data(v1.play("D", Scenario::Paid));
    assert!(paid["user_id"].as_str().unwrap().starts_with("2088"));
    assert_eq!(paid["user_logon_id"], "139****0000");
}

#[test]
fn codes_of_no_channel_of_another_or_used_before_are_refused() {
    let simulator = start();
    let till = Till::new(&simulator);
    for code in ["18", "160000000000010000", "6290000000000010000", "x"] {
        assert_eq!(
            refusal(till.submit("A", code)).1,
            "AUTH_CODE_INVALID",
            "{code}"
        );
    }
    let code = auth_code_of(Channel::Wechat, Scenario::Paid, 1);
    let typed = |number: &str, kind: i32| {
        let content = format!("{},\"type\":{kind}", till.sale(number, &code));
        till.call("swipe", &content)
    };
    assert_eq!(refusal(typed("A", 2)).1, "ACQ.PAYMENT_AUTH_CODE_INVALID");
    assert_eq!(data(typed("A", 1))["type"], 1);
    let (_, sub_code, text) = refusal(typed("B", 1));
    assert_eq!(sub_code, "AUTH_CODE_INVALID");
    assert!(text.contains("仅限使用一次"), "{text}");
    // A face is no code of any channel.
    let face = format!(
        "{},\"scene\":\"FACE_PAY\"",
        till.sale("F", "fp0a1b2c-token-0000")
    );
    assert_eq!(data(till.call("swipe", &face))["type"], 2);
    for (kind, code) in [(1, 402), (5, 402), (2, 200)] {
        let face = face.replace("\"F\"", &format!("\"F{kind}\""));
        let face = face.replace("token", &format!("token{kind}"));
        let answer = till
            .call("swipe", &format!("{face},\"type\":{kind}"))
            .unwrap();
        assert_eq!(parsed(&answer)["result_code"], code, "{kind}");
    }
}

#[test]
fn the_same_number_again_says_what_became_of_it() {
    let simulator = start();
    let till = Till::new(&simulator);
    till.play("A", Scenario::Paid).unwrap();
    assert_eq!(refusal(till.play("A", Scenario::Paid)).1, "ORDERPAID");
    till.play("B", Scenario::PasswordNever).unwrap();
    let again = data(till.play("B", Scenario::PasswordNever));
    assert_eq!(again["trade_state"], "USERPAYING");
    assert!(again.get("pay_time").is_none());
    let other = till.sale("B", &auth_code_of(Channel::Wechat, Scenario::Paid, 9));
    assert_eq!(refusal(till.call("swipe", &other)).1, "INVALID_REQUEST");
    data(till.reverse("B"));
    assert_eq!(
        refusal(till.play("B", Scenario::PasswordNever)).1,
        "ORDERREVERSED"
    );
    assert_eq!(simulator.ledger().order("A").unwrap().charges, 1);
}

fn revoking(revoking_ms: i64) -> Simulator {
    Simulator::start(Settings {
        timing: Timing {
            revoking_ms,
            ..timing()
        },
        ..Settings::default()
    })
    .expect("the simulator starts")
}

#[test]
fn a_reverse_is_under_way_before_it_is_done() {
    for (revoking_ms, state) in [(600_000, "REVOKING"), (0, "REVOKED")] {
        let simulator = revoking(revoking_ms);
        for till in [Till::new(&simulator), Till::vendor(&simulator)] {
            for (number, scenario) in [("paid", Scenario::Paid), ("not", Scenario::PasswordNever)] {
                let number = format!("{number}-{}", till.path.len());
                till.play(&number, scenario).unwrap();
                let reversed = data(till.reverse(&number));
                assert_eq!(reversed["merchant_order_sn"], number);
                let named = match till.api {
                    FubeiApi::V1 => None,
                    FubeiApi::V2 => Some(state),
                };
                let said = reversed
                    .get("order_status")
                    .and_then(|state| state.as_str());
                assert_eq!(said, named);
                assert_eq!(till.state(&number), state);
                // The truth does not wait.
                let ledger = simulator.ledger();
                let order = ledger.order(&number).unwrap();
                assert_eq!((order.state, order.net_fen), (State::Revoked, 0));
                data(till.reverse(&number));
            }
        }
    }
}

#[test]
fn a_reverse_that_fails_for_good_shows_until_something_else_happens() {
    let simulator = start();
    let till = Till::new(&simulator);
    for scenario in [Scenario::ReverseExpired, Scenario::ReverseTradeError] {
        let number = scenario.name();
        till.play(number, scenario).unwrap();
        assert_eq!(till.state(number), "USERPAYING");
        let (code, sub_code, _) = refusal(till.reverse(number));
        assert_eq!(code, 400);
        assert!(["REVERSE_EXPIRE", "TRADE_ERROR"].contains(&sub_code.as_str()));
        assert_eq!(till.state(number), "REVOKED_ERROR");
        simulator.payer(number, PayerAction::Pay).unwrap();
        assert_eq!(till.state(number), "SUCCESS");
    }
}

#[test]
fn states_that_fubei_does_not_have_are_its_own() {
    for (refused, shown) in [
        (FubeiRefused::Closed, "CLOSED"),
        (FubeiRefused::Unpaid, "USERPAYING"),
    ] {
        let mut settings = Settings::default();
        settings.fubei.refused = refused;
        let simulator = start_with(settings);
        let till = Till::new(&simulator);
        for scenario in [Scenario::NotEnough, Scenario::TradeError] {
            till.play(scenario.name(), scenario).unwrap();
            assert_eq!(till.state(scenario.name()), shown);
        }
        till.play("A", Scenario::PasswordNever).unwrap();
        simulator.payer("A", PayerAction::Fail).unwrap();
        assert_eq!(till.state("A"), shown);
        till.play("B", Scenario::Paid).unwrap();
        simulator.payer("B", PayerAction::Refund).unwrap();
        assert_eq!(till.state("B"), "SUCCESS");
    }
}

#[test]
fn a_number_reversed_before_it_was_booked_is_revoked() {
    let simulator = start_with(Settings {
        reverse_unknown: ReverseUnknown::Tombstone,
        ..Settings::default()
    });
    let till = Till::new(&simulator);
    data(till.reverse("A"));
    assert_eq!(till.state("A"), "REVOKED");
    assert_eq!(refusal(till.play("A", Scenario::Paid)).1, "ORDERREVERSED");
    let strict = start();
    let till = Till::new(&strict);
    assert_eq!(refusal(till.reverse("A")).1, "ORDERNOTEXIST");
}

#[test]
fn an_order_to_scan_is_paid_or_closed_and_never_reversed() {
    let simulator = start();
    for till in [Till::new(&simulator), Till::vendor(&simulator)] {
        let number = |name: &str| format!("{name}-{}", till.path.len());
        let (a, b) = (number("A"), number("B"));
        let made = data(till.scan(&a, "https://till.example/notify"));
        assert!(made["qr_code"].as_str().unwrap().contains("://"));
        assert_eq!(
            data(till.scan(&a, "https://till.example/notify"))["order_sn"],
            made["order_sn"]
        );
        assert_eq!(till.state(&a), "USERPAYING");
        assert_eq!(refusal(till.reverse(&a)).1, "TRADE_ERROR");
        simulator.payer(&a, PayerAction::Pay).unwrap();
        assert_eq!(till.state(&a), "SUCCESS");
        assert_eq!(refusal(till.close(&a)).1, "ORDERPAID");
        data(till.scan(&b, "https://till.example/notify"));
        data(till.close(&b));
        assert_eq!(till.state(&b), "CLOSED");
        assert_eq!(refusal(till.close(&b)).1, "ORDERCLOSED");
        let c = number("C");
        till.play(&c, Scenario::PasswordNever).unwrap();
        let (_, sub_code, text) = refusal(till.close(&c));
        assert_eq!(sub_code, "TRADE_STATE_ERROR");
        assert!(text.contains("只能撤销"), "{text}");
        assert_eq!(refusal(till.close("nobody's")).1, "ORDERNOTEXIST");
    }
    let till = Till::new(&simulator);
    let alipay = till
        .order("D", "https://till.example/n")
        .replace("\"type\":1", "\"type\":2");
    assert!(
        data(till.call("scan", &alipay))["qr_code"]
            .as_str()
            .unwrap()
            .contains("alipay")
    );
}

#[test]
fn a_discount_is_taken_off_where_the_till_says_so() {
    let simulator = start_with(Settings {
        coupon_fen: 100,
        ..Settings::default()
    });
    let till = Till::new(&simulator);
    let code = auth_code_of(Channel::Wechat, Scenario::Paid, 1);
    let content = format!("{},\"discount_switch\":1", till.sale("A", &code));
    let paid = data(till.call("swipe", &content));
    assert_eq!(
        (&paid["order_price"], &paid["total_fee"]),
        (&json!(8.88), &json!(7.88))
    );
    assert_eq!(paid["discount_money"], json!(1.0));
    assert_eq!(
        data(till.play("B", Scenario::Paid))["total_fee"],
        json!(8.88)
    );
}

#[test]
fn answers_take_every_form_that_was_seen() {
    for (forms, expected) in [
        (
            FubeiForms {
                data: FubeiData::Text,
                ..FubeiForms::default()
            },
            "\"data\":\"{\\\"merchant_order_sn\\\":\\\"A\\\"",
        ),
        (
            FubeiForms {
                result_code_as_text: true,
                ..FubeiForms::default()
            },
            "\"result_code\":\"200\"",
        ),
        (
            FubeiForms {
                amounts_as_text: true,
                ..FubeiForms::default()
            },
            "\"total_fee\":\"8.88\"",
        ),
        (
            FubeiForms {
                amounts: FubeiAmounts::Exponent,
                ..FubeiForms::default()
            },
            "\"total_fee\":888e-2,",
        ),
        (
            FubeiForms {
                amounts_as_text: true,
                amounts: FubeiAmounts::FourDecimals,
                ..FubeiForms::default()
            },
            "\"total_fee\":\"8.8800\"",
        ),
        (
            FubeiForms {
                amounts: FubeiAmounts::Shortest,
                ..FubeiForms::default()
            },
            "\"discount_money\":0,",
        ),
        (
            FubeiForms {
                sub_code_in_data: true,
                ..FubeiForms::default()
            },
            "\"sub_code\":null}",
        ),
    ] {
        let mut settings = Settings::default();
        settings.fubei.forms = forms;
        let simulator = start_with(settings);
        let till = Till::new(&simulator);
        let text = till.play("A", Scenario::Paid).unwrap().text();
        assert!(text.contains(expected), "{expected} in {text}");
        assert!(
            serde_json::from_str::<serde_json::Value>(&text).is_ok(),
            "{text}"
        );
        let refused = till.play("B", Scenario::NotEnough).unwrap();
        let inside = "\"data\":{\"merchant_order_sn\":\"B\",\"sub_code\":\"NOTENOUGH\"}";
        assert_eq!(refused.text().contains(inside), forms.sub_code_in_data);
        assert_eq!(
            refused.text().ends_with(",\"sub_code\":\"NOTENOUGH\"}"),
            !forms.sub_code_in_data
        );
    }
    // In the seed's form unless told otherwise.
    let simulator = start();
    let refused = Till::new(&simulator)
        .play("B", Scenario::NotEnough)
        .unwrap();
    assert_eq!(word(&refused), "NOTENOUGH");
    assert_eq!(
        refused.text(),
        "{\"result_code\":400,\"data\":{\"merchant_order_sn\":\"B\"},\
         \"result_message\":\"余额不足\",\"sub_code\":\"NOTENOUGH\"}"
    );
}
