use std::collections::HashSet;

use super::*;

/// Of an answer's words, `told`s and edits nothing may be a slip: JSON edits hold JSON.
#[test]
fn every_json_value_of_the_table_is_json() {
    for hostile in Hostile::all() {
        let case = hostile.case();
        let json = |gateway: &Gateway| match (gateway, case.subject) {
            (Gateway::V2, _) => false,
            (Gateway::Fubei, Subject::Answer | Subject::Clock | Subject::Connection) => true,
            (Gateway::Fubei, _) => false,
            (Gateway::V3 | Gateway::Ride, _) => true,
        };
        if !case.on.iter().all(json) {
            continue;
        }
        for edit in case.fields.iter().chain(case.inner).chain(case.after) {
            if let Edit::Set(name, value) | Edit::Replace(name, value) = edit {
                assert!(name.starts_with('/'), "{}: {name}", case.id);
                let read = serde_json::from_str::<serde_json::Value>(value);
                assert!(read.is_ok(), "{}: {value}", case.id);
            }
        }
    }
}

#[test]
fn ids_and_reasons_are_there_and_no_two_ids_are_alike() {
    let mut ids = HashSet::new();
    for hostile in Hostile::all() {
        let case = hostile.case();
        assert!(ids.insert(case.id), "{} twice", case.id);
        assert!(
            case.id
                .split_once('/')
                .is_some_and(|(a, b)| !a.is_empty() && !b.is_empty())
        );
        assert!(
            case.why.ends_with(['.', '?']),
            "{}: {:?}",
            case.id,
            case.why
        );
        assert!(
            case.why.split(' ').count() > 1 && !case.on.is_empty(),
            "{}",
            case.id
        );
    }
}

#[test]
fn a_case_is_found_by_its_id_and_written_as_it() {
    let case = Hostile::find("v2/sign-missing").unwrap();
    let text = serde_json::to_string(&case).unwrap();
    assert_eq!(text, "\"v2/sign-missing\"");
    assert_eq!(serde_json::from_str::<Hostile>(&text).unwrap(), case);
    assert!(serde_json::from_str::<Hostile>("\"v2/sing-missing\"").is_err());
}

#[test]
fn fields_of_both_kinds_are_changed_as_the_edits_say() {
    let mut fields = vec![
        ("a".to_owned(), "1".to_owned()),
        ("b".to_owned(), "2".to_owned()),
    ];
    let edits = [
        Edit::Set("a", "3"),
        Edit::Set("c", "4"),
        Edit::Replace("d", "5"),
        Edit::Rename("b", "e"),
        Edit::Again("a", "0"),
        Edit::Append("e", "x"),
    ];
    pairs(&mut fields, &edits);
    let told: Vec<_> = fields
        .iter()
        .map(|(name, value)| format!("{name}{value}"))
        .collect();
    assert_eq!(told, ["a0", "a3", "e2x", "c4"]);

    let mut document = serde_json::json!({ "a": { "b": 1, "c": "x" } });
    json_fields(
        &mut document,
        &[
            Edit::Set("/a/b", "[2]"),
            Edit::Append("/a/c", "y"),
            Edit::Rename("/a/c", "/d"),
            Edit::Drop("/e"),
            Edit::Replace("/f", "1"),
        ],
    );
    assert_eq!(
        document,
        serde_json::json!({ "a": { "b": [2] }, "d": "xy" })
    );
}

#[test]
fn bytes_and_headers_are_changed_as_the_edits_say() {
    let mut body = b"{abc}".to_vec();
    bytes(
        &mut body,
        &[
            Text::Swap("b", b"\xff"),
            Text::Front(b"<"),
            Text::Pile("c", "x", 3),
            Text::Cut(1),
            Text::Back(b">"),
        ],
    );
    assert_eq!(body, b"<{a\xffxxxc>");
    let mut headers = vec![("a", "1".to_owned()), ("b", "23".to_owned())];
    told_headers(
        &mut headers,
        &[
            Headers::Cut("b", 1),
            Headers::Twice("b"),
            Headers::Copy("a", "b"),
            Headers::Drop("c"),
        ],
    );
    assert_eq!(
        headers,
        [
            ("b", "2".to_owned()),
            ("b", "2".to_owned()),
            ("a", "2".to_owned())
        ]
    );
}
