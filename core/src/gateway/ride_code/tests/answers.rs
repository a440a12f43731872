//! Replies to a deduction.

use super::*;
use crate::verdict::RideVerdict::{self, Accepted, Rejected, Unclear};

/// HTTP status, body, verdict, code, its text.
type Row = (
    u16,
    &'static str,
    RideVerdict,
    Option<&'static str>,
    Option<&'static str>,
);

#[rustfmt::skip]
const TABLE: &[Row] = &[
    (200, r#"{"errcode":0}"#, Accepted, None, None),
    (200, r#"{"errcode":0,"errmsg":"ok"}"#, Accepted, None, None),
    (200, r#"{"errcode":"0","something":[{}]}"#, Accepted, None, None),
    (200, r#"{"errcode":40001,"errmsg":"invalid credential"}"#, Rejected, Some("40001"), Some("invalid credential")),
    (200, r#"{"errcode":40014}"#, Rejected, Some("40014"), None),
    (200, r#"{"errcode":41001,"errmsg":""}"#, Rejected, Some("41001"), None),
    (200, r#"{"errcode":"42001","errmsg":"a\nb"}"#, Rejected, Some("42001"), Some("ab")),
    (200, r#"{"errcode":-1,"errmsg":"system error"}"#, Unclear, Some("-1"), Some("system error")),
    (200, r#"{"errcode":"-1"}"#, Unclear, Some("-1"), None),
    (200, r#"{"errcode":40013}"#, Unclear, Some("40013"), None),
    (200, r#"{"errcode":9000001,"errmsg":{}}"#, Unclear, Some("9000001"), None),
    (200, r#"{"errcode":0.0}"#, Unclear, None, None),
    (200, r#"{"errcode":"00x"}"#, Unclear, None, None),
    (200, r#"{"errcode":""}"#, Unclear, None, None),
    (200, r#"{"errcode":"-"}"#, Unclear, None, None),
    (200, r#"{"errcode":" 0"}"#, Unclear, None, None),
    (200, r#"{"errcode":"+0"}"#, Unclear, None, None),
    (200, r#"{"errcode":null}"#, Unclear, None, None),
    (200, r#"{"errcode":false}"#, Unclear, None, None),
    (200, r#"{"errcode":[0]}"#, Unclear, None, None),
    (200, r#"{"errcode":18446744073709551615}"#, Unclear, None, None),
    (200, r#"{"errmsg":"ok"}"#, Unclear, None, None),
    (200, "{}", Unclear, None, None),
    (200, "", Unclear, None, None),
    (200, "0", Unclear, None, None),
    (200, r#"{"errcode":0,"errcode":0}"#, Unclear, None, None),
    (200, r#"{"errcode":0"#, Unclear, None, None),
    (200, r#"{"errcode":0,....}"#, Unclear, None, None),
    (200, "<html>ok</html>", Unclear, None, None),
    (201, r#"{"errcode":0}"#, Unclear, None, None),
    (302, r#"{"errcode":0}"#, Unclear, None, None),
    (401, r#"{"errcode":40001,"errmsg":"invalid"}"#, Unclear, Some("40001"), Some("invalid")),
    (404, "", Unclear, None, None),
    (500, r#"{"errcode":0}"#, Unclear, None, None),
    (502, "Bad Gateway", Unclear, None, None),
];

#[test]
fn only_an_errcode_of_zero_is_accepted_and_only_the_token_is_a_proof_of_no_execution() {
    for (status, body, verdict, code, message) in TABLE {
        let answer = gateway().read_deduct(&reply(*status, *body));
        assert_eq!(answer.verdict, *verdict, "{status} {body}");
        assert_eq!(answer.code.as_deref(), *code, "{status} {body}");
        assert_eq!(answer.code_message.as_deref(), *message, "{status} {body}");
        assert!(!answer.forged && answer.facts.is_empty() && !answer.why.is_empty());
    }
}

#[test]
fn an_answer_without_end_is_unclear_and_a_long_text_is_cut() {
    let long = format!(r#"{{"errcode":0,"errmsg":"{}"}}"#, "x".repeat(70_000));
    assert_eq!(gateway().read_deduct(&reply(200, long)).verdict, Unclear);
    let text = format!(r#"{{"errcode":5,"errmsg":"{}"}}"#, "x".repeat(7000));
    let answer = gateway().read_deduct(&reply(200, text));
    assert_eq!(answer.code_message.map(|text| text.len()), Some(256));
    assert_eq!(answer.why, "errcode 5");
}
