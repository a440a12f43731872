use super::*;
use crate::settings::Region;

fn parameters(fields: &[(&str, &str)]) -> Parameters {
    xml::read(&xml::write("xml", fields.iter().copied())).expect("what is written is read")
}

const GOOD: &[(&str, &str)] = &[
    ("appid", "wx2421b1c4370ec43b"),
    ("mch_id", "10000100"),
    ("nonce_str", "5K8264ILTKCH16CQ2502SI8ZNMTM67VS"),
    ("sign", "0"),
    ("body", "image形象店-深圳腾大- QQ公仔"),
    ("out_trade_no", "1415757673"),
    ("total_fee", "1"),
    ("spbill_create_ip", "14.17.22.52"),
    ("auth_code", "120269300684844649"),
];

fn with(name: &str, value: &str) -> Parameters {
    let mut fields: Vec<_> = GOOD
        .iter()
        .copied()
        .filter(|(known, _)| *known != name)
        .collect();
    fields.push((name, value));
    parameters(&fields)
}

fn objection(parameters: &Parameters, settings: &Settings) -> Option<Objection> {
    let merchant = merchant(parameters, settings).expect("the merchant exists");
    content(Operation::Micropay, parameters, merchant, settings).err()
}

/// The common fields and `extra`, checked as a request of `operation`.
fn found(operation: Operation, extra: &[(&str, &str)]) -> Option<Objection> {
    let settings = Settings::default();
    let mut fields = GOOD[..4].to_vec();
    fields.extend(extra);
    let parameters = parameters(&fields);
    let merchant = merchant(&parameters, &settings).unwrap();
    content(operation, &parameters, merchant, &settings).err()
}

fn code(parameters: &Parameters) -> Option<&'static str> {
    objection(parameters, &Settings::default()).map(|objection| objection.code)
}

#[test]
fn the_documents_own_example_passes() {
    assert_eq!(code(&parameters(GOOD)), None);
}

#[test]
fn every_required_field_is_missed() {
    for (name, _) in GOOD.iter().filter(|(name, _)| *name != "mch_id") {
        let without = with(name, "");
        let found = objection_or_missing(&without);
        assert_eq!(found.code, "LACK_PARAMS", "{name}");
        assert_eq!(found.detail, *name);
    }
}

fn objection_or_missing(parameters: &Parameters) -> Objection {
    let settings = Settings::default();
    match merchant(parameters, &settings) {
        Ok(merchant) => content(Operation::Micropay, parameters, merchant, &settings)
            .expect_err("a field is missing"),
        Err(objection) => objection,
    }
}

#[test]
fn each_field_keeps_its_length_and_characters() {
    let long = |n| "x".repeat(n);
    for (name, good, bad) in [
        ("nonce_str", long(32), long(33)),
        ("body", long(127), long(128)),
        ("attach", long(127), long(128)),
        ("device_info", long(32), long(33)),
        ("goods_tag", long(32), long(33)),
        ("out_trade_no", "Az09_-|*@".to_owned(), "a b".to_owned()),
        ("out_trade_no", long(32), long(33)),
        ("out_trade_no", long(1), "订单".to_owned()),
        ("total_fee", "1".to_owned(), "0".to_owned()),
        ("total_fee", "888".to_owned(), "8.88".to_owned()),
        ("total_fee", "100".to_owned(), "-1".to_owned()),
        ("total_fee", "9999999999".to_owned(), "01".to_owned()),
        ("fee_type", "CNY".to_owned(), "HKD".to_owned()),
        ("spbill_create_ip", "::1".to_owned(), "localhost".to_owned()),
        ("limit_pay", "no_credit".to_owned(), "credit".to_owned()),
        (
            "time_start",
            "20240229235959".to_owned(),
            "20230229000000".to_owned(),
        ),
        (
            "time_expire",
            "20251231000000".to_owned(),
            "2025123100000".to_owned(),
        ),
        ("receipt", "Y".to_owned(), "N".to_owned()),
        ("profit_sharing", "N".to_owned(), "y".to_owned()),
        ("version", "1.0".to_owned(), "1".to_owned()),
        (
            "detail",
            "{\"goods_detail\":[]}".to_owned(),
            "{\"a\":1,}".to_owned(),
        ),
        ("scene_info", "{\"store_info\":{}}".to_owned(), long(10)),
    ] {
        assert_eq!(code(&with(name, &good)), None, "{name} good");
        assert_eq!(code(&with(name, &bad)), Some("PARAM_ERROR"), "{name} bad");
    }
    for bad in [
        "160269300684844649",
        "090269300684844649",
        "12026930068484464",
        "1202693006848446490",
        "12026930068484464x",
    ] {
        assert_eq!(code(&with("auth_code", bad)), Some("AUTH_CODE_INVALID"));
    }
}

#[test]
fn hong_kong_has_a_shorter_body_and_its_own_money() {
    let settings = Settings {
        region: Region::HongKong,
        ..Settings::default()
    };
    assert!(objection(&with("body", &"x".repeat(33)), &settings).is_some());
    let short = with("body", "x");
    assert!(objection(&short, &settings).is_none());
    let mut fields: Vec<_> = GOOD.iter().copied().filter(|(n, _)| *n != "body").collect();
    fields.extend([("body", "x"), ("fee_type", "HKD")]);
    assert!(objection(&parameters(&fields), &settings).is_none());
}

#[test]
fn detail_has_to_be_in_cdata_and_unknown_names_are_refused() {
    let text =
        xml::write("xml", GOOD.iter().copied()).replace("</xml>", "<detail>{}</detail></xml>");
    let plain = xml::read(&text).unwrap();
    assert_eq!(code(&plain), Some("PARAM_ERROR"));
    assert_eq!(code(&with("notify_url", "x")), Some("PARAM_ERROR"));
    let lenient = Settings {
        allow_unknown_parameters: true,
        ..Settings::default()
    };
    assert_eq!(objection(&with("notify_url", "x"), &lenient), None);
}

#[test]
fn accounts_must_exist_and_belong_together() {
    let settings = Settings::default();
    let stranger = with("mch_id", "19999999");
    assert_eq!(
        merchant(&stranger, &settings).unwrap_err().code,
        "MCHID_NOT_EXIST"
    );
    assert_eq!(code(&with("appid", "wxnobody")), Some("APPID_NOT_EXIST"));
    assert_eq!(
        code(&with("appid", "wxd930ea5d5a258f4f")),
        Some("APPID_MCHID_NOT_MATCH")
    );
    assert_eq!(code(&with("sub_mch_id", "1")), Some("PARAM_ERROR"));

    let mut institution = Settings::default();
    institution.merchants[0].sub_mch_ids = vec!["20000001".to_owned()];
    let code = |parameters| objection(&parameters, &institution).map(|o| o.code);
    assert_eq!(code(parameters(GOOD)), Some("LACK_PARAMS"));
    assert_eq!(code(with("sub_mch_id", "2")), Some("MCHID_NOT_EXIST"));
    assert_eq!(code(with("sub_mch_id", "20000001")), None);
}

#[test]
fn a_query_needs_one_of_the_two_numbers() {
    let check =
        |extra: &[(&str, &str)]| found(Operation::Reverse, extra).map(|objection| objection.code);
    assert_eq!(check(&[]), Some("LACK_PARAMS"));
    assert_eq!(check(&[("out_trade_no", "A")]), None);
    assert_eq!(check(&[("transaction_id", "4200")]), None);
    assert_eq!(
        check(&[("out_trade_no", "A"), ("body", "x")]),
        Some("PARAM_ERROR")
    );
}

#[test]
fn method_encoding_and_signature_are_checked() {
    let objection = |method: &Method, body: &[u8]| parse(method, body).unwrap_err().code;
    assert_eq!(objection(&Method::GET, b"<xml/>"), "REQUIRE_POST_METHOD");
    assert_eq!(objection(&Method::POST, b"<xml>\xff</xml>"), "NOT_UTF8");
    assert_eq!(objection(&Method::POST, b"<xml>"), "XML_FORMAT_ERROR");

    let merchant = Merchant::example();
    for sign_type in [SignType::Md5, SignType::HmacSha256] {
        let right = super::super::sign::sign(GOOD.iter().copied(), &merchant.api_key, sign_type);
        assert_eq!(
            signature(&with("sign", &right), &merchant, sign_type),
            Ok(())
        );
        let lower = right.to_lowercase();
        assert!(signature(&with("sign", &lower), &merchant, sign_type).is_err());
    }
    assert!(signature(&with("sign", ""), &merchant, SignType::Md5).is_err());
    assert!(sign_type(&with("sign_type", "SHA1")).is_err());
    assert_eq!(
        sign_type(&with("sign_type", "HMAC-SHA256")),
        Ok(SignType::HmacSha256)
    );
}

const PREPAY: &[(&str, &str)] = &[
    ("body", "x"),
    ("out_trade_no", "A"),
    ("total_fee", "1"),
    ("spbill_create_ip", "127.0.0.1"),
    ("notify_url", "https://example.com/notify"),
    ("trade_type", "NATIVE"),
];

const REFUND: &[(&str, &str)] = &[
    ("out_trade_no", "A"),
    ("out_refund_no", "R"),
    ("total_fee", "2"),
    ("refund_fee", "1"),
];

#[test]
fn every_required_field_of_the_other_operations_is_missed() {
    for (operation, good) in [
        (Operation::Prepay, PREPAY),
        (Operation::Close, &[("out_trade_no", "A")]),
        (Operation::Refund, REFUND),
        (Operation::RefundQuery, &[("out_refund_no", "R")]),
    ] {
        assert_eq!(found(operation, good), None, "{operation:?}");
        for (name, _) in good {
            let rest: Vec<_> = good.iter().copied().filter(|(n, _)| n != name).collect();
            let lacking = found(operation, &rest).expect("a field is missing");
            assert_eq!(lacking.code, "LACK_PARAMS", "{operation:?} {name}");
            assert!(lacking.detail.contains(name), "{lacking:?}");
        }
        let stranger = [good, &[("auth_code", "120269300684844649")]].concat();
        let refused = found(operation, &stranger).expect("not a parameter of it");
        assert_eq!(refused.code, "PARAM_ERROR");
    }
    for name in ["refund_id", "transaction_id", "out_trade_no"] {
        assert_eq!(found(Operation::RefundQuery, &[(name, "1")]), None);
    }
}

#[test]
fn the_fields_of_the_other_operations_keep_their_lengths_and_characters() {
    let long = |n| "x".repeat(n);
    for (operation, good, name, right, wrong) in [
        (Operation::Prepay, PREPAY, "trade_type", "APP", "MICROPAY"),
        (
            Operation::Prepay,
            PREPAY,
            "notify_url",
            "http://127.0.0.1:1/a",
            "127.0.0.1/a",
        ),
        (
            Operation::Prepay,
            PREPAY,
            "notify_url",
            "https://a.b",
            "https://a.b/?c=d",
        ),
        (
            Operation::Prepay,
            PREPAY,
            "notify_url",
            "https://a.b/",
            "ftp://a.b/",
        ),
        (
            Operation::Prepay,
            PREPAY,
            "product_id",
            &long(32),
            &long(33),
        ),
        (Operation::Prepay, PREPAY, "openid", &long(128), &long(129)),
        (
            Operation::Prepay,
            PREPAY,
            "time_expire",
            "20300101000000",
            "2030-01-01",
        ),
        (
            Operation::Refund,
            REFUND,
            "out_refund_no",
            &long(64),
            &long(65),
        ),
        (
            Operation::Refund,
            REFUND,
            "out_refund_no",
            "Az09_-|*@",
            "R 1",
        ),
        (Operation::Refund, REFUND, "refund_fee", "2", "0"),
        (
            Operation::Refund,
            REFUND,
            "refund_desc",
            &long(80),
            &long(81),
        ),
        (Operation::Refund, REFUND, "refund_fee_type", "CNY", "USD"),
        (
            Operation::Refund,
            REFUND,
            "refund_account",
            "REFUND_SOURCE_UNSETTLED_FUNDS",
            "PURSE",
        ),
        (
            Operation::RefundQuery,
            &[("out_refund_no", "R")],
            "offset",
            "15",
            "-1",
        ),
    ] {
        let with = |value| {
            let mut fields: Vec<_> = good.iter().copied().filter(|(n, _)| *n != name).collect();
            fields.push((name, value));
            found(operation, &fields).map(|objection| objection.code)
        };
        assert_eq!(with(right), None, "{name} {right}");
        assert_eq!(with(wrong), Some("PARAM_ERROR"), "{name} {wrong}");
    }
}

#[test]
fn an_order_in_an_official_account_needs_its_payer() {
    let jsapi: Vec<_> = PREPAY
        .iter()
        .map(|(name, value)| {
            (
                *name,
                if *name == "trade_type" {
                    "JSAPI"
                } else {
                    value
                },
            )
        })
        .collect();
    let lacking = found(Operation::Prepay, &jsapi).expect("nobody would pay");
    assert_eq!(
        (lacking.code, lacking.detail.as_str()),
        ("LACK_PARAMS", "openid")
    );
    for name in ["openid", "sub_openid"] {
        let whole = [&jsapi[..], &[(name, "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o")]].concat();
        assert_eq!(found(Operation::Prepay, &whole), None);
    }
}
