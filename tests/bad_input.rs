//! What a till can pass wrongly, through the C functions, without a gateway.

mod common;

use std::fs;
use std::path::Path;

use common::{Client, E_ARGUMENT, E_CONFIG, E_NETWORK, Library, NOT_FOUND, OK, Outcome, Request};

/// A client that is complete, but whose only host refuses every connection.
fn offline_toml(directory: &Path, encoding: &str) -> String {
    format!(
        r#"
        gateway = "wechat-v2"
        encoding = "{encoding}"
        [journal]
        path = '{}'
        [wechat_v2]
        appid = "wx2421b1c4370ec43b"
        mch_id = "10000100"
        api_key = "0123456789abcdef0123456789abcdef"
        hosts = ["https://127.0.0.1:1"]
        [policy]
        reverse = "never"
        [transport]
        connect_timeout = "200ms"
        "#,
        directory.join("journal.db").display()
    )
}

struct Offline {
    client: Client,
    directory: tempfile::TempDir,
}

fn offline(encoding: &str) -> Offline {
    let directory = tempfile::tempdir().expect("there is room for a temporary directory");
    let client = Client::open_toml(offline_toml(directory.path(), encoding))
        .expect("the configuration is complete");
    Offline { client, directory }
}

#[track_caller]
fn assert_refused(outcome: &Outcome, field: &str, words: &str) {
    assert_eq!(outcome.status(), E_ARGUMENT, "{outcome:?}");
    assert_eq!(outcome.get("field").as_deref(), Some(field), "{outcome:?}");
    assert!(outcome.message().contains(words), "{outcome:?}");
    assert!(!outcome.prompt().is_empty(), "{outcome:?}");
    assert!(outcome.get("advice").is_some(), "{outcome:?}");
}

#[test]
fn the_library_knows_its_version_and_its_statuses() {
    let library = Library::get();
    assert_eq!(library.version(), env!("CARGO_PKG_VERSION"));
    assert_eq!(library.status_name(OK), "WXPAY_OK");
    assert_eq!(library.status_name(12_345), "WXPAY_?");
}

#[test]
fn a_request_that_breaks_a_rule_names_field_and_rule_and_sends_nothing() {
    let till = offline("utf-8");
    let sale = || Request::sale("BAD1", "134567890123456789", 888);
    let cases = [
        (sale().with("out_trade_no", ""), "out_trade_no"),
        (sale().with("out_trade_no", "a".repeat(33)), "out_trade_no"),
        (sale().with("out_trade_no", "a b"), "out_trade_no"),
        (sale().with("auth_code", ""), "auth_code"),
        (sale().with("auth_code", "1234"), "auth_code"),
        (sale().with("total_fee", ""), "total_fee"),
        (sale().with("total_fee", "0"), "total_fee"),
        (sale().with("total_fee", "8.88"), "total_fee"),
        (sale().with_int("total_fee", -1), "total_fee"),
        (sale().with_int("total_fee", i64::MAX), "total_fee"),
        (sale().with("body", ""), "body"),
        (sale().with("no_such_field", "x"), "no_such_field"),
    ];
    for (request, field) in cases {
        assert_refused(&till.client.micropay(&request), field, field);
        assert_refused(&till.client.start(&request).err().unwrap(), field, field);
    }
    let recovered = till.client.recover();
    assert_eq!(recovered.status(), OK, "{recovered:?}");
    assert_eq!(
        recovered.get("orders.0.out_trade_no"),
        None,
        "{recovered:?}"
    );
}

#[test]
fn no_answer_repeats_an_auth_code() {
    let till = offline("utf-8");
    let code = "134567890123456789";
    for request in [
        Request::sale("SECRET1", code, 888),
        Request::sale("SECRET2", code, -888),
        Request::sale("SECRET3", &code.repeat(2), 888),
    ] {
        let outcome = till.client.micropay(&request);
        assert!(!format!("{outcome:?}").contains(code), "{outcome:?}");
    }
    let json = format!("{{\"auth_code\": {code}x}}");
    let outcome = till.client.invoke("micropay", json);
    assert_eq!(outcome.status(), E_ARGUMENT);
    assert!(!format!("{outcome:?}").contains(code), "{outcome:?}");
}

#[test]
fn a_field_that_could_not_be_set_is_not_left_out_in_silence() {
    let till = offline("utf-8");
    let mut request = Request::sale("SPOILT1", "134567890123456789", 888);
    assert_eq!(request.set("attach", "a".repeat(65_537)), E_ARGUMENT);
    assert_refused(
        &till.client.micropay(&request),
        "attach",
        "longer than 65536 bytes",
    );

    assert_eq!(request.set("attach", "table 7"), OK);
    let outcome = till.client.micropay(&request);
    assert_eq!(outcome.status(), E_NETWORK, "{outcome:?}");
}

#[test]
fn bytes_are_read_in_the_client_s_encoding() {
    let gbk = b"\xc4\xcc\xb2\xe8".as_slice();
    let till = offline("utf-8");
    let request = Request::sale("ENC1", "134567890123456789", 888).with("body", gbk);
    let outcome = till.client.micropay(&request);
    assert_refused(&outcome, "body", "not UTF-8");
    assert!(
        outcome.message().contains("encoding = \"gbk\""),
        "{outcome:?}"
    );

    let till = offline("gbk");
    let outcome = till.client.micropay(&request);
    assert_eq!(outcome.status(), E_NETWORK, "{outcome:?}");
    assert!(outcome.json_bytes().is_ascii());
    let prompt = outcome.get_bytes("prompt").unwrap();
    let (text, _, malformed) = encoding_rs::GBK.decode(&prompt);
    assert!(
        !malformed && !text.is_empty() && !prompt.is_ascii(),
        "{text}"
    );
    let outcome = till.client.query(b"\xff");
    assert_eq!(outcome.status(), E_ARGUMENT, "{outcome:?}");
}

#[test]
fn order_numbers_are_checked_before_anything_is_asked() {
    let till = offline("utf-8");
    let client = &till.client;
    let too_long = "a".repeat(65_537);
    for wrong in ["", "a b", &"a".repeat(33), &too_long] {
        assert_refused(&client.query(wrong), "out_trade_no", "");
        assert_refused(&client.cancel(wrong), "out_trade_no", "");
        let reversed = client.reverse(wrong).status();
        assert!(reversed < 0, "{reversed}");
    }
    assert_eq!(client.cancel("NOTHERE").status(), NOT_FOUND);
    assert_eq!(client.query("NOTHERE").status(), E_NETWORK);
}

#[test]
fn an_operation_by_name_is_refused_like_its_function() {
    let till = offline("utf-8");
    let client = &till.client;
    assert_refused(&client.invoke("pay", "{}"), "operation", "micropay, query");
    assert_refused(&client.invoke("micropay", "[]"), "json", "JSON object");
    assert_refused(&client.invoke("micropay", "{}"), "out_trade_no", "");
    assert_refused(
        &client.invoke("micropay", r#"{"total_fee": 8.88}"#),
        "total_fee",
        "whole number",
    );
    assert_refused(
        &client.invoke("micropay", r#"{"total_fee": 1, "total_fee": 2}"#),
        "json",
        "repeated",
    );
    assert_refused(&client.invoke("query", "{}"), "out_trade_no", "");
    assert_refused(
        &client.invoke("query", r#"{"out_trade_no": "A", "body": "x"}"#),
        "body",
        "no argument",
    );
    let big = format!("{{\"body\": \"{}\"}}", "x".repeat(1024 * 1024));
    assert_refused(&client.invoke("micropay", big), "json", "1048576");

    let sale = r#"{"out_trade_no": "INVOKE1", "auth_code": "134567890123456789",
                   "total_fee": 888, "body": "coffee", "scene_info": {"store_id": "7"}}"#;
    let outcome = client.invoke("micropay", sale);
    assert_eq!(outcome.status(), E_NETWORK, "{outcome:?}");
    assert_eq!(outcome.get("out_trade_no").as_deref(), Some("INVOKE1"));
    assert_eq!(client.invoke("recover", "").status(), OK);
}

#[test]
fn a_configuration_that_is_wrong_says_what_and_where() {
    let directory = tempfile::tempdir().unwrap();
    let good = offline_toml(directory.path(), "utf-8");
    let cases = [
        ("mch_id = \"10000100\"", "", "mch_id"),
        ("appid =", "app_id =", "app_id"),
        ("reverse = \"never\"", "", "client_certificate"),
        (
            "connect_timeout = \"200ms\"",
            "connect_timeout = \"soon\"",
            "connect_timeout",
        ),
        ("gateway = \"wechat-v2\"", "gateway = \"wechat\"", "gateway"),
        ("https://", "http://", "hosts"),
    ];
    for (from, to, words) in cases {
        let outcome = Client::open_toml(good.replace(from, to)).err().unwrap();
        assert_eq!(outcome.status(), E_CONFIG, "{outcome:?}");
        assert!(outcome.message().contains(words), "{words}: {outcome:?}");
        assert!(
            !outcome.message().contains("0123456789abcdef"),
            "{outcome:?}"
        );
    }
    let outcome = Client::open(directory.path().join("missing.toml"))
        .err()
        .unwrap();
    assert_eq!(outcome.status(), E_CONFIG);
    assert!(outcome.message().contains("missing.toml"), "{outcome:?}");
}

#[test]
fn a_configuration_file_may_have_a_name_that_is_not_ascii() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("奶茶店.toml");
    fs::write(&path, offline_toml(directory.path(), "utf-8")).unwrap();
    assert_eq!(Client::open(&path).unwrap().recover().status(), OK);
}

#[test]
fn nothing_is_left_in_the_journal_by_a_request_that_was_refused_or_never_left() {
    let till = offline("utf-8");
    let request = Request::sale("AGAIN1", "134567890123456789", 888);
    for _ in 0..2 {
        let outcome = till.client.micropay(&request);
        assert_eq!(outcome.status(), E_NETWORK, "{outcome:?}");
        assert_eq!(
            outcome.get_int("replayed").unwrap_or_default(),
            0,
            "{outcome:?}"
        );
    }
    let Offline { client, directory } = till;
    drop(client);
    let client = Client::open_toml(offline_toml(directory.path(), "utf-8")).unwrap();
    let recovered = client.recover();
    assert_eq!(recovered.status(), OK, "{recovered:?}");
    assert_eq!(
        recovered.get_int("open").unwrap_or_default(),
        0,
        "{recovered:?}"
    );
}
