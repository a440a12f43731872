//! What each field must look like.

use super::*;

/// Name, good values, bad values.
#[rustfmt::skip]
const TABLE: &[(&str, &[&str], &[&str])] = &[
    ("access_token", &["t", "72_a-B.c~d/e+f="], &["to ken", "茶", "a\u{1}"]),
    ("attach", &["gate 7", "茶"], &["a\nb", "\u{7f}", LONG]),
    ("body", &["公交代扣", "地铁代扣"], &["乘车", "BUS"]),
    ("end_time", &["20261121080000", "20261231235959"], &["20261121075959", "20261131080000", "2026-11-21", "20261121240000"]),
    ("line_name", &["2号线", "B12 → West"], &["a\tb", LONG]),
    ("machine_ip", &["192.0.2.7", "2001:db8::1"], &["192.0.2.300", "gate-7", "192.0.2.7:80"]),
    ("machine_latitude", &["0", "-0.5", "90", "-90.000", "22.543096", "89.999999999999999"], &["90.1", "-91", "090", "+1", "1.", ".5", "1e1", "22,5", "1.0000000000000001", "NaN", "--1", "-", "１", "99999999999999999999"]),
    ("machine_longitude", &["180", "-180.0", "114.05"], &["180.000001", "181", "1800"]),
    ("original_fee", &["180", "181", "2147483647"], &["179", "0", "2147483648", "-1", "1.95", "0200", "+200", "２００"]),
    ("out_trade_no", &["R1", "a_b-c|d*e@f", "01234567890123456789012345678901"], &["012345678901234567890123456789012", "R 1", "R1\n", "茶"]),
    ("qrcode", &["0123456789", "a b~{}", "TX\r\n"], &["茶", "a\u{1}b", "a\tb", "é"]),
    ("start_time", &["20261121080000", "20240229000000"], &["20230229000000", "20261121086000", "8:00"]),
    ("total_fee", &["0", "1", "200"], &["201", "-0", "00", "01", "", "1.8", "180fen", "9999999999"]),
    ("trade_scene", &["METRO", "BUS"], &["metro", "FERRY"]),
];

const LONG: &str = "012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678";

#[test]
fn every_value_is_checked_and_an_error_names_its_field_and_not_its_value() {
    for (name, good, bad) in TABLE {
        for value in *good {
            let fields = fare_with(&[(name, value)]);
            assert!(gateway().ride(&fields).is_ok(), "{name} {value}");
        }
        for value in *bad {
            let error = refused(&fare_with(&[(name, value)]));
            // An amount is judged together with the other.
            let field = if (*name, *value) == ("total_fee", "201") {
                "original_fee"
            } else {
                name
            };
            assert_eq!(error.field, field, "{value}");
            assert_eq!(error.gateway, "ride-code");
            let long_enough = value.len() > 3;
            assert!(!long_enough || !error.rule.contains(value), "{error}");
        }
    }
}

#[test]
fn an_access_token_has_an_end() {
    let longest = "t".repeat(1024);
    let sent = gateway().deduct(&ride(&fare_with(&[("access_token", &longest)])));
    assert!(sent.path.ends_with(&longest));
    let error = refused(&fare_with(&[("access_token", &format!("{longest}t"))]));
    assert_eq!(error.field, "access_token");
}

#[test]
fn every_field_that_the_document_demands_is_required() {
    for name in [
        "line_name",
        "original_fee",
        "out_trade_no",
        "qrcode",
        "start_time",
        "total_fee",
        "trade_scene",
    ] {
        for missing in ["", " \t\r\n"] {
            if name == "out_trade_no" && !missing.is_empty() {
                continue;
            }
            let error = refused(&fare_with(&[(name, missing)]));
            assert_eq!(error.field, name);
            assert!(error.rule.starts_with("is required"), "{error}");
        }
    }
}

#[test]
fn bytes_of_a_code_are_taken_in_strict_base64_only() {
    let largest = BASE64.encode([0; 4296]);
    let larger = BASE64.encode([0; 4297]);
    for (field, companion) in [
        ("qrcode_base64", ("qrcode", "")),
        ("start_qrcode_base64", ("end_time", "20261121090000")),
    ] {
        for good in ["AP8=", "AP8A", largest.as_str()] {
            let ride = ride(&fare_with(&[companion, (field, good)]));
            let sent = field.trim_end_matches("_base64");
            assert_eq!(ride.parameters[sent], good);
        }
        for bad in [
            "AP8",
            "AP9=",
            "AP8=\nAP8=",
            "AP-_",
            "A P8=",
            "=",
            "茶",
            larger.as_str(),
        ] {
            let error = refused(&fare_with(&[companion, (field, bad)]));
            assert_eq!(error.field, field);
            assert!(error.rule.starts_with("standard base64"), "{error}");
        }
    }
    let longest = "x".repeat(4296);
    assert!(gateway().ride(&fare_with(&[("qrcode", &longest)])).is_ok());
    let error = refused(&fare_with(&[("qrcode", &format!("{longest}x"))]));
    assert!(error.rule.contains("at most 4296"), "{error}");
}

#[test]
fn a_code_is_given_in_one_form_and_a_second_scan_has_its_end() {
    for (pairs, field, says) in [
        (
            &[("qrcode_base64", "AP8=")][..],
            "qrcode_base64",
            "stands beside qrcode",
        ),
        (
            &[
                ("start_qrcode", "A"),
                ("start_qrcode_base64", "AP8="),
                ("end_time", "20261121090000"),
            ],
            "start_qrcode_base64",
            "stands beside start_qrcode",
        ),
        (
            &[("start_qrcode", "A")],
            "end_time",
            "is required with start_qrcode",
        ),
        (
            &[("start_qrcode_base64", "AP8=")],
            "end_time",
            "is required with start_qrcode",
        ),
        (
            &[("end_time", "20261121075959")],
            "end_time",
            "is before start_time",
        ),
    ] {
        let error = refused(&fare_with(pairs));
        assert_eq!(error.field, field);
        assert!(error.rule.starts_with(says), "{error}");
    }
    assert!(
        gateway()
            .ride(&fare_with(&[("end_time", "20261121080000")]))
            .is_ok()
    );
}

#[test]
fn fields_of_the_gateways_are_left_out_and_unknown_ones_refused() {
    let other = [
        ("auth_code", "134567890123456789"),
        ("device_info", "7"),
        ("scene_info.store_id", "1"),
        ("settle_info.profit_sharing", "Y"),
        ("openid", " "),
    ];
    let left_out = ride(&fare_with(&other)).left_out;
    assert_eq!(
        left_out,
        [
            "auth_code",
            "device_info",
            "scene_info.store_id",
            "settle_info.profit_sharing"
        ]
    );
    let long = "z".repeat(100);
    for (name, says) in [
        ("out_order_no", "is called out_trade_no here"),
        ("qr_code", "is not a known field; did you mean qrcode?"),
        (
            "start_qr_code",
            "is not a known field; did you mean start_qrcode?",
        ),
        (
            "original_fe",
            "is not a known field; did you mean original_fee?",
        ),
        (
            "machine_lattitude",
            "is not a known field; did you mean machine_latitude?",
        ),
        ("Line_Name", "is not a known field; did you mean line_name?"),
        ("sign", "is not a known field; docs/ride-code.md lists them"),
        (
            long.as_str(),
            "is not a known field; docs/ride-code.md lists them",
        ),
    ] {
        let error = refused(&fare_with(&[(name, "hush")]));
        assert_eq!(error.rule, says);
        assert_eq!(error.field, name[..name.len().min(64)]);
    }
}
