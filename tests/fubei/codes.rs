//! Payment codes of every channel, and of none that is known; faces.

use super::*;
use crate::common::{DECLINED, E_ARGUMENT, E_CONFIG, REVERSED, each};

#[test]
fn codes_of_every_channel_are_paid_and_told_apart() {
    for way in WAYS_IN {
        let shop = shop_at(way);
        let till = shop.till();
        for (channel, name) in [
            (Channel::Wechat, "wechat"),
            (Channel::Alipay, "alipay"),
            (Channel::UnionPay, "unionpay"),
        ] {
            let cases = [
                (Scenario::Paid, OK),
                (Scenario::PasswordPaid, OK),
                (Scenario::AnswerLost, OK),
                (Scenario::SystemErrorBooked, OK),
                (Scenario::RefusedButPaid, OK),
                (Scenario::NotEnough, DECLINED),
                (Scenario::AuthCodeExpired, DECLINED),
                (Scenario::SystemErrorLost, REVERSED),
                (Scenario::PasswordNever, REVERSED),
            ];
            each(&cases, |(scenario, status)| {
                let sale = sale_of(&shop, channel, *scenario);
                let outcome = pay(&shop, &till, &sale);
                let context = format!("{way:?} {channel:?} {scenario:?}: {outcome:?}");
                assert_eq!(outcome.status(), *status, "{context}");
                if *status == OK {
                    assert_eq!(outcome.get("channel").as_deref(), Some(name), "{context}");
                    // Whoever pays with something else than WeChat has no openid.
                    let wechat = channel == Channel::Wechat;
                    assert_eq!(outcome.get("openid").is_some(), wechat, "{context}");
                }
            });
        }
    }
}

#[test]
fn a_code_that_no_table_knows_and_one_of_any_length_are_left_to_the_gateway() {
    let shop = shop();
    let till = shop.till();
    // Alipay's are 16 to 24 digits; the document that Fubei publishes says 18 for all.
    for code in [
        "2800000000000000",
        "300000000000000001",
        "250000000000000000000002",
    ] {
        let sale = Sale {
            auth_code: code.to_owned(),
            ..shop.sale(Scenario::Paid)
        };
        assert_eq!(pay(&shop, &till, &sale).status(), OK, "{code}");
    }
    for code in [
        "0100000000000000003",
        "51000000000000000004",
        "1300000000",
        "13000000000000000000000000000005",
        "99",
        "WX-130000000000000006",
    ] {
        let sale = Sale {
            auth_code: code.to_owned(),
            ..shop.sale(Scenario::Paid)
        };
        let outcome = pay(&shop, &till, &sale);
        assert_eq!(shop.count(&sale, Operation::Micropay), 1, "{code}");
        assert_eq!(outcome.status(), DECLINED, "{code}: {outcome:?}");
        assert!(outcome.has_code("AUTH_CODE_INVALID"), "{code}: {outcome:?}");
    }
}

#[test]
fn the_table_of_prefixes_is_a_matter_of_configuration() {
    let shop = shop();
    let pays = |keys: &str, channel: Channel| {
        let sale = sale_of(&shop, channel, Scenario::Paid);
        pay(&shop, &till_with(&shop, keys), &sale).status()
    };
    // What the simulator takes for WeChat's is called Alipay's, which it refuses.
    let wrong = r#"auth_codes = { wechat = ["10-12", "14-15"], alipay = ["13", "25-30"] }"#;
    assert_eq!(pays(wrong, Channel::Wechat), DECLINED);
    assert_eq!(pays(wrong, Channel::Alipay), OK);
    // A code of no channel's is sent without one.
    let none = "auth_codes = { wechat = [], alipay = [], unionpay = [] }";
    for channel in [Channel::Wechat, Channel::Alipay, Channel::UnionPay] {
        assert_eq!(pays(none, channel), OK, "{channel:?}");
    }
    // 2.0 does without the table.
    let shop = shop_at(WAYS_IN[1]);
    let sale = sale_of(&shop, Channel::Wechat, Scenario::Paid);
    assert_eq!(pay(&shop, &till_with(&shop, wrong), &sale).status(), OK);

    let ambiguous = shop.config().replace(
        "[fubei]\n",
        "[fubei]\nauth_codes = { alipay = [\"13\", \"25-30\"] }\n",
    );
    let refused = Client::open_toml(ambiguous).map(|_| ()).unwrap_err();
    assert_eq!(refused.status(), E_CONFIG, "{refused:?}");
    assert!(
        refused.message().contains("give each its own"),
        "{refused:?}"
    );
}

#[test]
fn a_till_may_name_the_channel_itself() {
    let shop = shop();
    let till = shop.till();
    for (field, value, status) in [
        ("type", "2", OK),
        ("pay_type", "alipay", OK),
        ("type", "1", DECLINED),
        ("pay_type", "unionpay", DECLINED),
    ] {
        let sale = sale_of(&shop, Channel::Alipay, Scenario::Paid);
        let outcome = till.micropay(&sale.request().with(field, value));
        shop.agrees(&sale, &outcome);
        assert_eq!(outcome.status(), status, "{field} {value}: {outcome:?}");
    }
    let sale = shop.sale(Scenario::Paid);
    let both = sale.request().with("type", "1").with("pay_type", "alipay");
    let refused = till.micropay(&both);
    assert_eq!(refused.status(), E_ARGUMENT, "{refused:?}");
    assert_eq!(shop.count(&sale, Operation::Micropay), 0);
}

#[test]
fn a_face_pays_with_its_token_and_its_buyer() {
    let shop = shop();
    let till = shop.till();
    let sale = Sale {
        auth_code: "fp05abfc3d8e2b4e5f8a9c0d1e2f3a4b5c6d7e".to_owned(),
        ..shop.sale(Scenario::Paid)
    };
    let face = |buyer_id: &str| {
        sale.request()
            .with("scene", "FACE_PAY")
            .with("buyer_id", buyer_id)
    };
    let refused = till.micropay(&face("20 88"));
    assert_eq!(refused.status(), E_ARGUMENT, "{refused:?}");
    assert_eq!(refused.get("field").as_deref(), Some("buyer_id"));
    let outcome = till.micropay(&face("2088123412341234"));
    assert_eq!(outcome.status(), OK, "{outcome:?}");
    assert_eq!(outcome.get("channel").as_deref(), Some("alipay"));
    shop.agrees(&sale, &outcome);
}

#[test]
fn goods_with_promotions_are_checked_before_anything_is_sent() {
    let shop = shop();
    let till = shop.till();
    let sale = shop.sale(Scenario::Paid);
    let article = r#"{"goods_id":"1001","goods_name":"咖啡","quantity":2,"price":444}"#;
    for wrong in [
        "{}".to_owned(),
        r#"{"goods_detail":[]}"#.to_owned(),
        format!(r#"{{"goods_detail":[{article}],"cost_price":8.88}}"#),
        format!(
            r#"{{"goods_detail":[{article}],"receipt_id":"{}"}}"#,
            "9".repeat(33)
        ),
        format!(r#"{{"goods_detail":[{}]}}"#, article.replace("444", "4.44")),
        format!(
            r#"{{"goods_detail":[{}]}}"#,
            article.replace("\"quantity\":2", "\"quantity\":0")
        ),
        format!(
            r#"{{"goods_detail":[{}]}}"#,
            article.replace("goods_name", "goodsname")
        ),
        format!(r#"{{"goods_detail":[{article}"#),
    ] {
        let refused = till.micropay(&sale.request().with("detail", &wrong));
        assert_eq!(refused.status(), E_ARGUMENT, "{wrong}: {refused:?}");
        assert_eq!(refused.get("field").as_deref(), Some("detail"), "{wrong}");
    }
    assert_eq!(shop.count(&sale, Operation::Micropay), 0);
    let right = format!(r#"{{"cost_price":888,"receipt_id":"wx123","goods_detail":[{article}]}}"#);
    let outcome = till.micropay(&sale.request().with("detail", right));
    assert_eq!(outcome.status(), OK, "{outcome:?}");
    shop.agrees(&sale, &outcome);
}
