//! The ride code: what reports a ride.

use crate::hostile::Told::{Conflict, Forged, Nothing, Read};
use crate::hostile::{Case, Edit, Seal, Text};

use super::ride;

pub(in crate::hostile) const CASES: &[Case] = &[
    ride(
        "notice/ride-plain",
        Read,
        "The honest one: the others differ from it.",
    ),
    ride(
        "notice/ride-sign-missing",
        Forged,
        "Without a signature anybody may have written it.",
    )
    .seal(Seal::None),
    ride("notice/ride-sign-wrong", Forged, "One digit is wrong.").seal(Seal::Wrong),
    ride(
        "notice/ride-sign-other-key",
        Forged,
        "Another platform's key.",
    )
    .seal(Seal::OtherKey),
    ride(
        "notice/ride-sign-no-key",
        Forged,
        "No key: anybody can compute it.",
    )
    .seal(Seal::NoKey),
    ride(
        "notice/ride-other-merchant",
        Forged,
        "Signed, about another merchant.",
    )
    .fields(&[
        Edit::Replace("/mch_id", "\"1999999999\""),
        Edit::Replace("/appidmch_id", "\"1999999999\""),
    ]),
    ride(
        "notice/ride-other-appid",
        Forged,
        "Signed, about another app.",
    )
    .fields(&[Edit::Set("/appid", "\"wx0000000000000009\"")]),
    ride("notice/ride-no-merchant", Nothing, "Signed, about nobody.")
        .fields(&[Edit::Drop("/mch_id"), Edit::Drop("/appidmch_id")]),
    ride(
        "notice/ride-two-merchants",
        Nothing,
        "By both of the names that the documents have for it.",
    )
    .after(&[
        Edit::Set("/appidmch_id", "\"1\""),
        Edit::Set("/mch_id", "\"1\""),
    ]),
    ride("notice/ride-no-ciphertext", Nothing, "About nothing.")
        .fields(&[Edit::Drop("/encrypted_data")]),
    ride(
        "notice/ride-no-iv",
        Nothing,
        "Without its beginning it does not open.",
    )
    .fields(&[Edit::Drop("/iv")]),
    ride("notice/ride-short-iv", Forged, "Nor with half of it.")
        .fields(&[Edit::Set("/iv", "\"AAAAAAAA\"")]),
    ride(
        "notice/ride-other-iv",
        Forged,
        "Another beginning turns the first block into something else.",
    )
    .fields(&[Edit::Set("/iv", "\"AAAAAAAAAAAAAAAAAAAAAA==\"")]),
    ride(
        "notice/ride-one-block",
        Forged,
        "A block of somebody else's.",
    )
    .fields(&[Edit::Set("/encrypted_data", "\"AAAAAAAAAAAAAAAAAAAAAA==\"")]),
    ride(
        "notice/ride-odd-length",
        Forged,
        "Blocks that are not whole.",
    )
    .fields(&[Edit::Set("/encrypted_data", "\"AAAA\"")]),
    ride("notice/ride-empty", Forged, "No blocks.").fields(&[Edit::Set("/encrypted_data", "\"\"")]),
    ride(
        "notice/ride-number-for-text",
        Nothing,
        "A number where a text belongs.",
    )
    .fields(&[Edit::Set("/encrypted_data", "17")]),
    ride(
        "notice/ride-then-changed",
        Forged,
        "What was changed behind the signature was not signed.",
    )
    .after(&[Edit::Set("/nonce_str", "\"changed\"")]),
    ride(
        "notice/ride-inner-words",
        Forged,
        "It opens, and is no JSON.",
    )
    .inner_text(&[Text::Whole(b"SUCCESS")]),
    ride(
        "notice/ride-inner-twice",
        Forged,
        "Which of two states counts is not for us to guess.",
    )
    .inner_text(&[Text::Swap("{", b"{\"trade_state\":\"FAIL\",")]),
    ride("notice/ride-no-number", Forged, "About no ride.").inner(&[Edit::Drop("/out_trade_no")]),
    ride(
        "notice/ride-odd-number",
        Forged,
        "About a number that no ride can have.",
    )
    .inner(&[Edit::Set("/out_trade_no", "\"a\\u0000b\"")]),
    ride(
        "notice/ride-no-state",
        Forged,
        "Without a state it tells no end.",
    )
    .inner(&[Edit::Drop("/trade_state")]),
    ride(
        "notice/ride-state-number",
        Forged,
        "Nor with one that is no text.",
    )
    .inner(&[Edit::Set("/trade_state", "0")]),
    ride(
        "notice/ride-fen-more",
        Conflict,
        "One fen more than was asked.",
    )
    .inner(&[Edit::Set("/total_fee", "181")]),
    ride(
        "notice/ride-amount-negative",
        Forged,
        "An amount below zero is none.",
    )
    .inner(&[Edit::Set("/total_fee", "-180")]),
    ride("notice/ride-amount-decimal", Forged, "Fen are whole.")
        .inner(&[Edit::Set("/total_fee", "180.5")]),
    ride(
        "notice/ride-state-unknown",
        Conflict,
        "A state that no document has leaves the ride in doubt.",
    )
    .inner(&[Edit::Set("/trade_state", "\"PAID\"")]),
];
