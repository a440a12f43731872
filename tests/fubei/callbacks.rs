//! Callbacks: signed forms with amounts as anybody may write them.

use std::io::Write;
use std::process::{Command, Stdio};

use super::*;
use crate::common::{E_ARGUMENT, E_FORGED, NOT_PAID, UNKNOWN};
use wxpay_simulator::{FubeiAccount, FubeiCallbacks, FubeiData};

#[test]
fn a_callback_is_believed_whether_empty_fields_are_signed_or_not() {
    for way in WAYS_IN {
        for callbacks in [
            FubeiCallbacks::Full,
            FubeiCallbacks::EmptySigned,
            FubeiCallbacks::EmptySkipped,
        ] {
            let forms = FubeiForms {
                callbacks,
                amounts_as_text: callbacks == FubeiCallbacks::EmptySigned,
                data: FubeiData::Object,
                ..FubeiForms::default()
            };
            let shop = Shop::with(settings(way.0, way.1, forms));
            let till = shop.till();
            // A payment by code is announced, too.
            let sale = sale_of(&shop, Channel::Alipay, Scenario::Paid);
            assert_eq!(pay(&shop, &till, &sale).status(), OK);
            let made = shop
                .simulator
                .notification_for_payment(&sale.out_trade_no, None)
                .unwrap();
            for till in [&till, &shop.till_with("wxpay-journal.db", "other.db")] {
                let told = till.notify_decode(made.header_lines(), &made.body);
                let context = format!("{way:?} {callbacks:?}: {told:?}");
                assert_eq!(told.status(), OK, "{context}");
                assert_eq!(told.get_int("total_fee"), Some(FEE), "{context}");
                assert_eq!(told.get("channel").as_deref(), Some("alipay"), "{context}");
                assert_eq!(told.get("reply").as_deref(), Some("success"), "{context}");
                shop.agrees(&sale, &told);
            }
            // The secret of the other level, or of another account, proves nothing here.
            let other = till_of_other_secret(&shop);
            let told = other.notify_decode(made.header_lines(), &made.body);
            assert_eq!(told.status(), E_FORGED, "{way:?}: {told:?}");
            assert_eq!(told.get("reply").as_deref(), Some("fail"));
        }
    }
}

fn till_of_other_secret(shop: &Shop) -> Client {
    shop.till_with(
        "secret = { file =",
        "secret = \"00000000000000000000000000000000\" # { file =",
    )
}

/// MD5 that is not the library's.
fn md5_upper(text: &str) -> String {
    let mut child = Command::new("openssl")
        .args(["dgst", "-md5", "-r"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("openssl is installed");
    let mut input = child.stdin.take().unwrap();
    input.write_all(text.as_bytes()).unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap().stdout;
    String::from_utf8(output).unwrap()[..32].to_uppercase()
}

/// A rightly signed callback that says this.
fn callback(data: &str) -> String {
    let secret = FubeiAccount::example().app_secret;
    let sign = md5_upper(&format!(
        "data={data}&result_code=200&result_message=success{secret}"
    ));
    let escaped: String = data.bytes().map(|byte| format!("%{byte:02X}")).collect();
    format!("result_code=200&result_message=success&data={escaped}&sign={sign}")
}

#[test]
fn amounts_are_read_from_their_digits_and_what_is_no_whole_fen_proves_nothing() {
    let shop = shop();
    let till = shop.till();
    let tell = |number: &str, amount: &str| {
        let now = now();
        till.notify_decode(
            "",
            callback(&format!(
                r#"{{"merchant_order_sn":"{number}","order_sn":"20000000000000000001","trade_state":"SUCCESS","order_price":{amount},"total_fee":{amount},"pay_time":{now},"type":1}}"#
            )),
        )
    };
    let cases = [
        ("8.88", true),
        ("\"8.88\"", true),
        ("8.880", true),
        ("\"8.8800\"", true),
        ("8.8800000000000000000000000000", true),
        ("8.881", false),
        ("8.8799999999999999", false),
        ("888e-2", false),
        ("\"888E-2\"", false),
        ("0.888e1", false),
        ("-8.88", false),
        ("\"8,88\"", false),
        ("\"￥8.88\"", false),
        ("\"\"", false),
        ("null", false),
        ("{}", false),
        ("[8.88]", false),
    ];
    for (index, (amount, reads)) in cases.into_iter().enumerate() {
        let number = format!("AMOUNT{index}");
        let shown = till.prepay(&Request::order(&number, FEE));
        assert_eq!(shown.status(), OK, "{shown:?}");
        let told = tell(&number, amount);
        if reads {
            assert_eq!(told.status(), OK, "{amount}: {told:?}");
            assert_eq!(told.get_int("total_fee"), Some(FEE), "{amount}");
        } else {
            assert_ne!(told.status(), OK, "{amount}: {told:?}");
            // Nothing of it is on record: the gateway still says that nobody has paid.
            assert_eq!(till.query(&number).status(), NOT_PAID, "{amount}");
        }
    }
    // Readable, and not what was asked.
    let shown = till.prepay(&Request::order("OTHER", FEE));
    assert_eq!(shown.status(), OK, "{shown:?}");
    let told = tell("OTHER", "8.89");
    assert_eq!(told.status(), UNKNOWN, "{told:?}");
    assert_eq!(told.get("advice").as_deref(), Some("call_support"));
}

#[expect(
    clippy::disallowed_methods,
    reason = "a callback tells when it was paid"
)]
fn now() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.unwrap().as_secs()
}

#[test]
fn what_is_no_form_of_fubeis_is_refused() {
    let shop = shop();
    let till = shop.till();
    for body in [
        "",
        "{}",
        "<xml/>",
        "a=1",
        "data",
        "data=%ZZ",
        "data=1&data=2",
    ] {
        let told = till.notify_decode("", body);
        assert_eq!(told.status(), E_ARGUMENT, "{body}: {told:?}");
        assert_eq!(told.get("reply").as_deref(), Some("fail"), "{body}");
    }
    let unsigned = "result_code=200&data=%7B%22merchant_order_sn%22%3A%22T1%22%7D";
    assert_eq!(till.notify_decode("", unsigned).status(), E_FORGED);
}
