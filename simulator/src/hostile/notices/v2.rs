//! APIv2: what reports a payment or a refund.

use crate::hostile::Told::{Conflict, Foreign, Forged, Nothing, Read};
use crate::hostile::V2;
use crate::hostile::{Case, Edit, Seal, Text};

use super::{payment, refund};

pub(in crate::hostile) const CASES: &[Case] = &[
    payment(
        V2,
        "notice/v2-plain",
        Read,
        "The honest one: the others differ from it.",
    ),
    payment(
        V2,
        "notice/v2-sign-missing",
        Forged,
        "Without a signature anybody may have written it.",
    )
    .seal(Seal::None),
    payment(V2, "notice/v2-sign-wrong", Forged, "One digit is wrong.").seal(Seal::Wrong),
    payment(
        V2,
        "notice/v2-sign-other-key",
        Forged,
        "Another merchant's key.",
    )
    .seal(Seal::OtherKey),
    payment(
        V2,
        "notice/v2-sign-no-key",
        Forged,
        "No key: anybody can compute it.",
    )
    .seal(Seal::NoKey),
    payment(
        V2,
        "notice/v2-then-changed",
        Forged,
        "What was changed behind the signature was not signed.",
    )
    .after(&[Edit::Set("total_fee", "1")]),
    payment(
        V2,
        "notice/v2-other-merchant",
        Forged,
        "Signed, about another merchant.",
    )
    .fields(&[Edit::Set("mch_id", "1999999999")]),
    payment(
        V2,
        "notice/v2-other-appid",
        Forged,
        "Signed, about another app.",
    )
    .fields(&[Edit::Set("appid", "wx0000000000000009")]),
    payment(V2, "notice/v2-no-order", Nothing, "A payment of no order.")
        .fields(&[Edit::Drop("out_trade_no")]),
    payment(
        V2,
        "notice/v2-fen-more",
        Conflict,
        "One fen more than was asked.",
    )
    .fields(&[Edit::Set("total_fee", "889")]),
    payment(
        V2,
        "notice/v2-currency",
        Conflict,
        "In another country's money.",
    )
    .fields(&[Edit::Set("fee_type", "HKD")]),
    payment(
        V2,
        "notice/v2-day-old",
        Foreign,
        "Paid before the order was made.",
    )
    .fields(&[Edit::Set("time_end", "20200101000000")]),
    payment(
        V2,
        "notice/v2-return-fail",
        Nothing,
        "What says that nothing was said is not signed, either.",
    )
    .fields(&[Edit::Set("return_code", "FAIL")]),
    payment(
        V2,
        "notice/v2-doctype",
        Nothing,
        "WeChat's own probe for external entities.",
    )
    .text(&[Text::Front(
        b"<!DOCTYPE x [<!ENTITY e SYSTEM \"http://xxe.invalid/\">]>",
    )]),
    payment(
        V2,
        "notice/v2-twice",
        Nothing,
        "Which of two amounts counts is not for us to guess.",
    )
    .text(&[Text::Swap("<xml>", b"<xml><total_fee>1</total_fee>")]),
    payment(V2, "notice/v2-empty", Nothing, "Nothing at all.").text(&[Text::Whole(b"")]),
    payment(V2, "notice/v2-cut", Nothing, "The end is missing.").text(&[Text::Cut(4)]),
    payment(
        V2,
        "notice/v2-sealed-instead",
        Nothing,
        "A payment that says it is an encrypted refund.",
    )
    .fields(&[Edit::Set("req_info", "!!")]),
    refund(V2, "notice/v2-refund-plain", Read, "The honest one."),
    refund(
        V2,
        "notice/v2-refund-other-merchant",
        Forged,
        "Another merchant's envelope.",
    )
    .fields(&[Edit::Set("mch_id", "1999999999")]),
    refund(
        V2,
        "notice/v2-refund-no-merchant",
        Forged,
        "Nobody's envelope.",
    )
    .fields(&[Edit::Drop("mch_id")]),
    refund(
        V2,
        "notice/v2-refund-no-base64",
        Nothing,
        "Letters that are no Base64.",
    )
    .fields(&[Edit::Set("req_info", "!!")]),
    refund(V2, "notice/v2-refund-empty", Forged, "Nothing encrypted.")
        .fields(&[Edit::Set("req_info", "")]),
    refund(
        V2,
        "notice/v2-refund-one-block",
        Forged,
        "A block of somebody else's.",
    )
    .fields(&[Edit::Set("req_info", "AAAAAAAAAAAAAAAAAAAAAA==")]),
    refund(
        V2,
        "notice/v2-refund-no-number",
        Nothing,
        "A refund of no number.",
    )
    .inner(&[Edit::Drop("out_refund_no")]),
    refund(
        V2,
        "notice/v2-refund-odd-number",
        Forged,
        "A number that no till can have given.",
    )
    .inner(&[Edit::Set("out_refund_no", "a b</x>")]),
    refund(
        V2,
        "notice/v2-refund-no-message",
        Forged,
        "It opens, and is no message.",
    )
    .inner_text(&[Text::Whole(b"hello")]),
    refund(
        V2,
        "notice/v2-refund-other-root",
        Forged,
        "It opens, and is another message.",
    )
    .inner_text(&[Text::SwapAll("root>", "other>")]),
    refund(
        V2,
        "notice/v2-refund-unencrypted",
        Forged,
        "What should be encrypted stands beside, and is not signed.",
    )
    .fields(&[
        Edit::Drop("req_info"),
        Edit::Set("refund_status", "SUCCESS"),
    ]),
];
