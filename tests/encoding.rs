//! Tills that know nothing but GBK: bytes in and out, and UTF-8 on the wire.

mod common;

use std::fs;
use std::sync::{Arc, Mutex};

use common::shop::{FEE, Shop};
use common::{
    Client, DECLINED, E_ARGUMENT, E_DUPLICATE, E_JOURNAL, OK, Outcome, REVERSED, Request, UNKNOWN,
};
use encoding_rs::GBK;
use wxpay_simulator::{Fault, FaultKind, Operation, PayerAction, Scenario, State};

const BODY: &str = "珍珠奶茶（大杯）";
const ATTACH: &str = "三号柜台·€8.88";
const STORE: &str = "腾讯大厦腾大餐厅";
const DETAIL: &str =
    r#"{"goods_detail":[{"goods_id":"1001","goods_name":"奶茶","quantity":1,"price":888}]}"#;

fn gbk(text: &str) -> Vec<u8> {
    let (bytes, _, unmappable) = GBK.encode(text);
    assert!(!unmappable, "{text}");
    bytes.into_owned()
}

#[track_caller]
fn read(bytes: &[u8]) -> String {
    let (text, _, malformed) = GBK.decode(bytes);
    assert!(!malformed, "not GBK: {bytes:x?}");
    text.into_owned()
}

#[track_caller]
fn get(outcome: &Outcome, field: &str) -> String {
    read(
        &outcome
            .get_bytes(field)
            .unwrap_or_else(|| panic!("no {field}: {outcome:?}")),
    )
}

fn is_chinese(text: &str) -> bool {
    text.chars().any(|c| ('\u{4e00}'..'\u{a000}').contains(&c))
}

/// A till for `encoding` with Chinese prompts, and a journal of its own.
fn till(shop: &Shop, encoding: &str) -> Client {
    let config = shop
        .config()
        .replace(
            "language = \"en\"",
            &format!("language = \"zh-CN\"\nencoding = \"{encoding}\""),
        )
        .replace("wxpay-journal.db", &format!("{encoding}.db"));
    Client::open_toml(config).expect("the configuration is complete")
}

/// The same sale, with its texts written by `write`.
fn sale(out_trade_no: &str, auth_code: &str, write: impl Fn(&str) -> Vec<u8>) -> Request {
    Request::sale(out_trade_no, auth_code, FEE)
        .with("body", write(BODY))
        .with("attach", write(ATTACH))
        .with("detail", write(DETAIL))
        .with("spbill_create_ip", "8.8.8.8")
        .with("scene_info.store_id", "SZT10000")
        .with("scene_info.store_name", write(STORE))
}

fn utf8(text: &str) -> Vec<u8> {
    text.as_bytes().to_vec()
}

#[test]
fn chinese_in_gbk_reaches_the_gateway_as_the_same_sale_as_in_utf8() {
    // A gateway answers the repetition of an open order only if every field is the same.
    let shop = Shop::open();
    let tills = [till(&shop, "gbk"), till(&shop, "utf-8")];
    let typing = shop.sale(Scenario::PasswordNever);
    let request = sale(&typing.out_trade_no, &typing.auth_code, gbk);
    let mut first = tills[0].start(&request).unwrap();
    while shop
        .order(&typing)
        .is_none_or(|order| order.state != State::UserPaying)
    {
        first.wait(5);
    }
    let other =
        sale(&typing.out_trade_no, &typing.auth_code, utf8).with("body", "珍珠奶茶（小杯）");
    assert_eq!(
        tills[1].micropay(&other).status(),
        E_DUPLICATE,
        "the gateway compares nothing"
    );
    let third = shop.till_with("wxpay-journal.db", "third.db");
    let mut same = third
        .start(&sale(&typing.out_trade_no, &typing.auth_code, utf8))
        .unwrap();
    while shop.count(&typing, Operation::Micropay) < 3 {
        same.wait(5);
    }
    shop.simulator
        .payer(&typing.out_trade_no, PayerAction::Pay)
        .unwrap();
    let told = same.wait(-1);
    assert_eq!(told.status(), OK, "{told:?}");
    assert_eq!(told.get("attach").as_deref(), Some(ATTACH));

    let told = first.wait(-1);
    assert_eq!(told.status(), OK, "{told:?}");
    assert_eq!(get(&told, "attach"), ATTACH);
    assert_eq!(told.json()["attach"], ATTACH);
    assert_eq!(shop.simulator.net_charged(&typing.out_trade_no), FEE);
}

#[test]
fn results_are_gbk_and_json_is_ascii_and_both_say_what_utf8_says() {
    let shop = Shop::open();
    let (narrow, wide) = (till(&shop, "gbk"), till(&shop, "utf-8"));
    let cases = [
        (Scenario::Paid, OK),
        (Scenario::PasswordPaid, OK),
        (Scenario::NotEnough, DECLINED),
        (Scenario::AuthCodeExpired, DECLINED),
        (Scenario::PasswordNever, REVERSED),
        (Scenario::ReverseExpired, UNKNOWN),
        (Scenario::OrderPaid, E_DUPLICATE),
    ];
    std::thread::scope(|scope| {
        for (scenario, status) in cases {
            let (shop, narrow, wide) = (&shop, &narrow, &wide);
            scope.spawn(move || {
                let (in_gbk, in_utf8) = (shop.sale(scenario), shop.sale(scenario));
                let told = narrow.micropay(&sale(&in_gbk.out_trade_no, &in_gbk.auth_code, gbk));
                let also = wide.micropay(&sale(&in_utf8.out_trade_no, &in_utf8.auth_code, utf8));
                assert_eq!(
                    (told.status(), also.status()),
                    (status, status),
                    "{told:?} {also:?}"
                );
                assert_eq!(get(&told, "prompt"), also.prompt());
                assert!(is_chinese(&also.prompt()), "{also:?}");
                for field in ["code_message", "attach", "trade_state_desc", "advice"] {
                    assert_eq!(
                        told.get_bytes(field).map(|bytes| read(&bytes)),
                        also.get(field),
                        "{field}"
                    );
                }
                assert!(told.json_bytes().is_ascii(), "{told:?}");
                assert_eq!(told.json()["prompt"], also.json()["prompt"]);
                shop.agrees(&in_gbk, &told);
            });
        }
    });
}

#[test]
fn a_name_for_an_operation_takes_json_in_gbk() {
    let shop = Shop::open();
    let till = till(&shop, "gbk");
    let one = shop.sale(Scenario::Paid);
    let json = format!(
        r#"{{"out_trade_no": "{}", "auth_code": "{}", "total_fee": {FEE}, "body": "{BODY}",
             "attach": "{ATTACH}", "scene_info": {{"store_id": "1", "store_name": "{STORE}"}}}}"#,
        one.out_trade_no, one.auth_code
    );
    let outcome = till.invoke("micropay", gbk(&json));
    assert_eq!(outcome.status(), OK, "{outcome:?}");
    assert_eq!(get(&outcome, "attach"), ATTACH);
    let refused = till.invoke("micropay", json);
    assert_ne!(refused.status(), OK, "UTF-8 is not what this till writes");
}

#[test]
fn bytes_that_are_not_gbk_are_refused_by_the_fields_name_and_send_nothing() {
    let shop = Shop::open();
    let till = till(&shop, "gbk");
    // A lead byte without its second, a byte that leads nothing, a second byte out of range.
    for malformed in [&b"milk \xc4"[..], b"\xff", b"\x81\x20", b"\xc4\xcc\xb2\x00"] {
        let malformed = malformed.split(|byte| *byte == 0).next().unwrap();
        for field in [
            "body",
            "attach",
            "detail",
            "scene_info.store_name",
            "out_trade_no",
        ] {
            let one = shop.sale(Scenario::Paid);
            let outcome = till.micropay(&one.request().with(field, malformed));
            assert_eq!(
                outcome.status(),
                E_ARGUMENT,
                "{field} {malformed:x?}: {outcome:?}"
            );
            assert_eq!(get(&outcome, "field"), field);
            assert!(get(&outcome, "message").contains("GBK"), "{outcome:?}");
            assert!(is_chinese(&get(&outcome, "prompt")), "{outcome:?}");
        }
        assert_eq!(till.query(malformed).status(), E_ARGUMENT);
        assert_eq!(till.reverse(malformed).status(), E_ARGUMENT);
        assert_eq!(till.invoke("query", malformed).status(), E_ARGUMENT);
    }
    assert!(shop.simulator.requests().is_empty());
    assert_eq!(till.recover().get_int("open"), Some(0));
}

#[test]
fn log_lines_and_events_are_gbk() {
    let shop = Shop::open();
    let till = till(&shop, "gbk");
    let lines = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&lines);
    till.on_log(4, move |_, line| seen.lock().unwrap().push(line.to_vec()));
    let events = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&events);
    till.on_event(move |event, number, _| seen.lock().unwrap().push((event, number.to_owned())));

    let one = shop.sale(Scenario::AnswerLost);
    let foreign = FaultKind::Error {
        err_code: "系统繁忙".into(),
        executed: true,
    };
    shop.simulator
        .fault(Fault::once(Operation::Orderquery, foreign));
    let outcome = till.micropay(&sale(&one.out_trade_no, &one.auth_code, gbk));
    assert_eq!(outcome.status(), OK, "{outcome:?}");
    let lines: Vec<_> = lines
        .lock()
        .unwrap()
        .iter()
        .map(|line| read(line))
        .collect();
    assert!(
        lines.iter().any(|line| line.contains("系统繁忙")),
        "{lines:#?}"
    );
    let events = events.lock().unwrap();
    assert!(!events.is_empty() && events.iter().all(|(_, number)| *number == one.out_trade_no));
}

#[test]
fn a_callback_in_gbk_and_one_in_utf8_do_not_mix_in_one_process() {
    let shop = Shop::open();
    let (narrow, wide) = (till(&shop, "gbk"), till(&shop, "utf-8"));
    let (one, two) = (
        shop.sale(Scenario::NotEnough),
        shop.sale(Scenario::NotEnough),
    );
    let told = narrow.micropay(&sale(&one.out_trade_no, &one.auth_code, gbk));
    let also = wide.micropay(&sale(&two.out_trade_no, &two.auth_code, utf8));
    assert_eq!(get(&told, "code_message"), "余额不足");
    assert_eq!(also.get("code_message").as_deref(), Some("余额不足"));
    // GBK bytes are no UTF-8 and the other way round, so neither till takes the other's.
    let three = shop.sale(Scenario::Paid);
    let outcome = wide.micropay(&sale(&three.out_trade_no, &three.auth_code, gbk));
    assert_eq!(outcome.status(), E_ARGUMENT, "{outcome:?}");
    assert!(
        outcome.message().contains("encoding = \"gbk\""),
        "{outcome:?}"
    );
}

#[test]
fn a_configuration_is_utf8_whatever_its_strings_are() {
    let shop = Shop::open();
    let folder = shop.folder.path().join("奶茶店");
    fs::create_dir(&folder).unwrap();
    let config = shop
        .config()
        .replace("language = \"en\"", "encoding = \"gbk\"")
        .replace("wxpay-journal.db", "奶茶店/账本.db");
    drop(Client::open_toml(&config).unwrap());
    assert!(folder.join("账本.db").exists());

    let damage = "this is no database, it is somebody's shopping list";
    fs::write(folder.join("账本.db"), damage).unwrap();
    let refused = Client::open_toml(&config).err().unwrap();
    assert_eq!(refused.status(), E_JOURNAL, "{refused:?}");
    assert!(get(&refused, "message").contains("账本"), "{refused:?}");
}
