//! Every scenario of the simulator, taken through the C functions over TLS.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::on_every_gateway;
use common::shop::{FEE, Shop, quick, quick_on};
use common::{Client, DECLINED, E_DUPLICATE, E_REJECTED, OK, REVERSED, Request, UNKNOWN, each};
use wxpay_simulator::{
    Api, Fubei, FubeiApi, FubeiData, FubeiForms, FubeiLevel, FubeiRefused, Merchant, Operation,
    PayingForm, PlatformKeys, PlatformSigner, ReversedPaid, Scenario, Settings, SignType, State,
};

on_every_gateway! {
    every_scenario_ends_as_the_ledger_says,
    every_scenario_ends_alike_when_every_reverse_is_refused_while_the_payer_types,
    every_documented_field_reaches_the_gateway_and_comes_back,
    the_states_of_a_query_are_told_apart,
    a_code_serves_one_sale_only;
    wechat: hong_kong_rules,
    institution_mode_names_the_shop_in_every_request,
}

/// What the till is told, and the gateway's code that comes with it in APIv2's spelling.
fn expected(api: Api, scenario: Scenario) -> (i32, Option<&'static str>) {
    use Scenario as S;
    match scenario {
        // Fubei passes on what the channel says to Fubei, so nothing of it is believed before a query
        // has confirmed it: an order that is found paid is told by its date, one that is missing is
        // undone to be sure.
        S::NoAuth if api == Api::Fubei => (DECLINED, Some("NOAUTH")),
        S::OrderPaid | S::OutTradeNoUsed if api == Api::Fubei => (E_DUPLICATE, None),
        S::InvalidRequest if api == Api::Fubei => (REVERSED, Some("INVALID_REQUEST")),
        S::Paid
        | S::PasswordPaid
        | S::PasswordBusyPaid
        | S::RefusedButPaid
        | S::SystemErrorBooked
        | S::BankErrorBooked
        | S::AnswerLost
        | S::AnswerDelayed
        | S::AnswerTooLate
        | S::LateByQueries
        | S::LateByTime
        | S::SlowBytes
        | S::Http500
        | S::Garbage
        | S::Truncated
        | S::MissingSign
        | S::WrongSign
        | S::WrongAmount
        | S::ForeignOrder
        | S::ForeignMerchant
        | S::Doctype
        | S::DuplicateElement
        | S::HugeBody
        | S::QueryLag
        | S::QuerySystemError
        | S::QueryAccept => (OK, None),
        S::NotEnough => (DECLINED, Some("NOTENOUGH")),
        S::AuthCodeExpired => (DECLINED, Some("AUTHCODEEXPIRE")),
        S::AuthCodeInvalid => (DECLINED, Some("AUTH_CODE_INVALID")),
        S::AuthCodeError => (DECLINED, Some("AUTH_CODE_ERROR")),
        S::CardNotSupported => (DECLINED, Some("NOTSUPORTCARD")),
        S::TradeError => (DECLINED, Some("TRADE_ERROR")),
        S::BuyerMismatch => (DECLINED, Some("BUYER_MISMATCH")),
        S::UnlistedCode => (DECLINED, None),
        S::NoAuth => (E_REJECTED, Some("NOAUTH")),
        S::OrderPaid => (E_DUPLICATE, Some("ORDERPAID")),
        S::OutTradeNoUsed => (E_DUPLICATE, Some("OUT_TRADE_NO_USED")),
        S::InvalidRequest => (E_DUPLICATE, Some("INVALID_REQUEST")),
        S::QueryForeign => (E_DUPLICATE, None),
        // In APIv3 that is no code but a state.
        S::PasswordFailed | S::PasswordNever | S::PasswordBusy => {
            (REVERSED, (api != Api::V3).then_some("USERPAYING"))
        }
        S::SystemErrorLost => (REVERSED, Some("SYSTEMERROR")),
        S::BankErrorLost => (REVERSED, Some("BANKERROR")),
        S::RequestLost
        | S::Http502
        | S::Http429
        | S::Redirect
        | S::Recall
        | S::RecallSuccess
        | S::ReverseAnswerLost
        | S::ReverseHttp500
        | S::ReverseEmpty
        | S::PaidWhileReversing => (REVERSED, None),
        S::QueryWrongAmount => (UNKNOWN, None),
        S::ReverseExpired => (UNKNOWN, Some("REVERSE_EXPIRE")),
        S::ReverseTradeError => (UNKNOWN, Some("TRADE_ERROR")),
    }
}

fn play_all(shop: &Shop, till: &Client) {
    each(Scenario::ALL, |scenario| play(shop, till, *scenario));
}

fn play(shop: &Shop, till: &Client, scenario: Scenario) {
    let sale = shop.sale(scenario);
    let outcome = till.micropay(&sale.request());
    let (status, code) = expected(shop.api(), scenario);
    let order = shop.order(&sale);
    assert_eq!(
        outcome.status(),
        status,
        "{scenario:?}: {outcome:?}\nledger: {order:?}"
    );
    if let Some(code) = code {
        assert!(outcome.has_code(code), "{scenario:?}, {code}: {outcome:?}");
    }
    shop.agrees(&sale, &outcome);
    assert!(
        shop.count(&sale, Operation::Micropay) <= 1,
        "{scenario:?}: sent twice"
    );
    assert!(!outcome.prompt().is_empty(), "{scenario:?}");
    assert_eq!(
        outcome.get("out_trade_no"),
        Some(sale.out_trade_no),
        "{scenario:?}"
    );
    match status {
        OK => assert_eq!(
            outcome.get("advice").as_deref(),
            Some("hand_over"),
            "{scenario:?}"
        ),
        UNKNOWN => {
            let reversal = if code.is_some() { "required" } else { "none" };
            assert_eq!(
                outcome.get("reversal").as_deref(),
                Some(reversal),
                "{scenario:?}"
            );
        }
        _ => assert_ne!(
            outcome.get("advice").as_deref(),
            Some("hand_over"),
            "{scenario:?}"
        ),
    }
}

fn every_scenario_ends_as_the_ledger_says(api: Api) {
    let shop = Shop::open_on(api);
    play_all(&shop, &shop.till());
}

#[test]
fn the_same_with_md5_and_with_reversed_payments_shown_as_refunds() {
    let shop = Shop::with(Settings {
        sign_type: SignType::Md5,
        reversed_paid: ReversedPaid::Refund,
        ..quick()
    });
    play_all(&shop, &shop.till());
}

#[test]
fn the_same_with_every_kind_of_platform_key_and_every_way_to_say_that_the_payer_is_typing() {
    let settings = [
        (
            PlatformKeys::Certificates,
            PlatformSigner::Certificate,
            PayingForm::Ok,
        ),
        (
            PlatformKeys::PublicKey,
            PlatformSigner::PublicKey,
            PayingForm::Accepted,
        ),
        (
            PlatformKeys::Both,
            PlatformSigner::Certificate,
            PayingForm::ErrorCode,
        ),
    ];
    for (platform_keys, platform_signer, paying_form) in settings {
        let shop = Shop::with(Settings {
            platform_keys,
            platform_signer,
            paying_form,
            sign_errors: platform_keys == PlatformKeys::Both,
            reversed_paid: ReversedPaid::Refund,
            ..quick_on(Api::V3)
        });
        play_all(&shop, &shop.till());
    }
}

#[test]
fn the_same_with_every_generation_level_and_form_of_fubei() {
    let text = FubeiForms {
        data: FubeiData::Text,
        result_code_as_text: true,
        sub_code_in_data: true,
        amounts_as_text: true,
        ..FubeiForms::default()
    };
    for (api, level, forms, refused) in [
        (
            FubeiApi::V1,
            FubeiLevel::Merchant,
            text,
            FubeiRefused::Closed,
        ),
        (
            FubeiApi::V2,
            FubeiLevel::Merchant,
            FubeiForms::default(),
            FubeiRefused::Closed,
        ),
        (FubeiApi::V2, FubeiLevel::Vendor, text, FubeiRefused::Closed),
    ] {
        let settings = quick_on(Api::Fubei);
        let fubei = Fubei {
            api,
            level,
            forms,
            refused,
            ..settings.fubei
        };
        let shop = Shop::with(Settings { fubei, ..settings });
        play_all(&shop, &shop.till());
    }
}

fn every_scenario_ends_alike_when_every_reverse_is_refused_while_the_payer_types(api: Api) {
    let shop = Shop::with(Settings {
        refuse_reverse_while_paying: true,
        ..quick_on(api)
    });
    let till = shop.till();
    for scenario in [
        Scenario::PasswordPaid,
        Scenario::PasswordFailed,
        Scenario::Paid,
    ] {
        play(&shop, &till, scenario);
    }
}

fn hong_kong_rules(api: Api) {
    let shop = Shop::with(Settings {
        region: wxpay_simulator::Region::HongKong,
        ..quick_on(api)
    });
    let till = shop.till();
    let sale = shop.sale(Scenario::PasswordPaid);
    let request = sale
        .request()
        .with("fee_type", "HKD")
        .with("merchant_category_code", "5812")
        .with("scene_info.store_id", "SZT10000")
        .with("scene_info.store_name", "腾讯大厦腾大餐厅");
    let outcome = till.micropay(&request);
    assert_eq!(outcome.status(), OK, "{outcome:?}");
    assert_eq!(outcome.get("fee_type").as_deref(), Some("HKD"));
    shop.agrees(&sale, &outcome);
}

fn institution_mode_names_the_shop_in_every_request(api: Api) {
    let sub_mch_id = "1900000109".to_owned();
    let merchant = Merchant {
        sub_mch_ids: vec![sub_mch_id.clone()],
        ..Merchant::example()
    };
    let shop = Shop::with(Settings {
        merchants: vec![merchant],
        ..quick_on(api)
    });
    let till = shop.till();
    for (scenario, status) in [
        (Scenario::PasswordPaid, OK),
        (Scenario::PasswordNever, REVERSED),
        (Scenario::NotEnough, DECLINED),
    ] {
        let sale = shop.sale(scenario);
        let outcome = till.micropay(&sale.request());
        assert_eq!(outcome.status(), status, "{outcome:?}");
        shop.agrees(&sale, &outcome);
        assert_eq!(
            shop.order(&sale).and_then(|order| order.sub_mch_id),
            Some(sub_mch_id.clone())
        );
    }
}

fn every_documented_field_reaches_the_gateway_and_comes_back(api: Api) {
    let shop = Shop::open_on(api);
    let sale = shop.sale(Scenario::Paid);
    let request = sale
        .request()
        .with("device_info", "013467007045764")
        .with("detail", r#"{"goods_detail":[{"goods_id":"1001","goods_name":"iPhone6s 32G","quantity":1,"price":888}]}"#)
        .with("attach", "till 3 & <counter>")
        .with("goods_tag", "WXG")
        .with("limit_pay", "no_credit")
        .with("spbill_create_ip", "8.8.8.8")
        .with("scene_info.store_id", "SZT10000")
        .with("scene_info.store_name", "腾讯大厦腾大餐厅")
        .with("receipt", "Y")
        .with("profit_sharing", "N");
    let outcome = shop.till().micropay(&request);
    assert_eq!(outcome.status(), OK, "{outcome:?}");
    assert_eq!(outcome.get("attach").as_deref(), Some("till 3 & <counter>"));
    let gateway = match api {
        Api::V2 => "wechat-v2",
        Api::V3 => "wechat-v3",
        Api::Fubei => "fubei",
    };
    assert_eq!(outcome.get("gateway").as_deref(), Some(gateway));
    // Fubei tells whose money it is, neither the bank nor the currency.
    let own = match api {
        Api::V2 | Api::V3 => ["bank_type", "fee_type"],
        Api::Fubei => ["channel", "trade_no"],
    };
    let fields = ["openid", "paid_at", "host", "transaction_id"];
    for field in fields.into_iter().chain(own) {
        assert!(
            outcome.get(field).is_some_and(|value| !value.is_empty()),
            "{field}: {outcome:?}"
        );
    }
    for field in ["payer_total", "attempts", "elapsed_ms"] {
        assert!(outcome.get_int(field).is_some(), "{field}: {outcome:?}");
    }
    assert_eq!(outcome.get_int("replayed"), Some(0));
    assert_eq!(outcome.get_int("cancel_requested"), Some(0));
    assert_eq!(outcome.get("reversal").as_deref(), Some("none"));
    shop.agrees(&sale, &outcome);
}

fn the_states_of_a_query_are_told_apart(api: Api) {
    use common::{CLOSED, NOT_FOUND, NOT_PAID, PAYING, REFUNDED};
    use wxpay_simulator::PayerAction;
    // Fubei has no state for money that was given back, and none for a payment that failed: the one is
    // still SUCCESS, the other CLOSED.
    let (refunded_state, unpaid_state) = match api {
        Api::V2 | Api::V3 => (REFUNDED, NOT_PAID),
        Api::Fubei => (OK, CLOSED),
    };
    let shop = Shop::open_on(api);
    let till = shop.till();
    // Another journal knows none of these orders, so its query only asks.
    let reader = shop.till_with("wxpay-journal.db", "other.db");

    let paid = shop.sale(Scenario::Paid);
    assert_eq!(till.micropay(&paid.request()).status(), OK);
    assert_eq!(reader.query(&paid.out_trade_no).status(), OK);
    shop.simulator
        .payer(&paid.out_trade_no, PayerAction::Refund)
        .unwrap();
    assert_eq!(reader.query(&paid.out_trade_no).status(), refunded_state);

    let refused = shop.sale(Scenario::NotEnough);
    assert_eq!(till.micropay(&refused.request()).status(), DECLINED);
    assert_eq!(reader.query(&refused.out_trade_no).status(), unpaid_state);
    shop.simulator
        .payer(&refused.out_trade_no, PayerAction::Close)
        .unwrap();
    assert_eq!(reader.query(&refused.out_trade_no).status(), CLOSED);

    let typing = shop.sale(Scenario::PasswordNever);
    let mut task = till.start(&typing.request()).unwrap();
    while shop
        .order(&typing)
        .is_none_or(|order| order.state != State::UserPaying)
    {
        task.wait(10);
    }
    assert_eq!(reader.query(&typing.out_trade_no).status(), PAYING);
    shop.simulator
        .payer(&typing.out_trade_no, PayerAction::Fail)
        .unwrap();
    let failed = reader.query(&typing.out_trade_no);
    assert_eq!(failed.status(), unpaid_state);
    let (failed_state, ended) = match api {
        Api::V2 | Api::V3 => ("PAYERROR", REVERSED),
        // What is closed already need not be reversed.
        Api::Fubei => ("CLOSED", CLOSED),
    };
    assert_eq!(failed.get("trade_state").as_deref(), Some(failed_state));
    assert_eq!(task.wait(-1).status(), REVERSED);
    assert_eq!(reader.query(&typing.out_trade_no).status(), ended);
    assert_eq!(reader.query("never-heard-of").status(), NOT_FOUND);
}

fn a_code_serves_one_sale_only(api: Api) {
    let shop = Shop::open_on(api);
    let till = shop.till();
    let first = shop.sale(Scenario::Paid);
    assert_eq!(till.micropay(&first.request()).status(), OK);
    let mut second = shop.sale(Scenario::Paid);
    second.auth_code.clone_from(&first.auth_code);
    let outcome = till.micropay(&Request::sale(&second.out_trade_no, &second.auth_code, FEE));
    assert_eq!(outcome.status(), DECLINED, "{outcome:?}");
    shop.agrees(&second, &outcome);
}
