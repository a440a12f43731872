use super::*;

fn parameters(fields: &[(&str, &str)]) -> Parameters {
    xml::read(&xml::write(fields.iter().copied())).expect("what is written is read")
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
    let text = xml::write(GOOD.iter().copied()).replace("</xml>", "<detail>{}</detail></xml>");
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
    let settings = Settings::default();
    let check = |extra: &[(&str, &str)]| {
        let mut fields = GOOD[..4].to_vec();
        fields.extend(extra);
        let parameters = parameters(&fields);
        let merchant = merchant(&parameters, &settings).unwrap();
        content(Operation::Reverse, &parameters, merchant, &settings)
            .err()
            .map(|objection| objection.code)
    };
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
