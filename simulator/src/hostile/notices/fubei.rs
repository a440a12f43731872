//! Fubei: what reports a payment or a refund.

use crate::hostile::FUBEI;
use crate::hostile::Told::{Forged, Nothing, Read};
use crate::hostile::{Case, Edit, Seal, Text};

use super::{payment, refund};

pub(in crate::hostile) const CASES: &[Case] = &[
    payment(
        FUBEI,
        "notice/fubei-plain",
        Read,
        "The honest one: the others differ from it.",
    ),
    refund(FUBEI, "notice/fubei-refund-plain", Read, "The honest one."),
    payment(
        FUBEI,
        "notice/fubei-sign-missing",
        Forged,
        "Without a signature anybody may have written it.",
    )
    .seal(Seal::None),
    payment(
        FUBEI,
        "notice/fubei-sign-wrong",
        Forged,
        "One digit is wrong.",
    )
    .seal(Seal::Wrong),
    payment(
        FUBEI,
        "notice/fubei-sign-other-key",
        Forged,
        "Another secret.",
    )
    .seal(Seal::OtherKey),
    payment(
        FUBEI,
        "notice/fubei-sign-no-key",
        Forged,
        "No secret: anybody can compute it.",
    )
    .seal(Seal::NoKey),
    payment(
        FUBEI,
        "notice/fubei-then-changed",
        Forged,
        "What was changed behind the signature was not signed.",
    )
    .after(&[Edit::Append("data", " ")]),
    payment(
        FUBEI,
        "notice/fubei-then-added",
        Forged,
        "Nor what was added.",
    )
    .after(&[Edit::Set("added", "x")]),
    payment(
        FUBEI,
        "notice/fubei-twice",
        Nothing,
        "Which of two fields counts is not for us to guess.",
    )
    .after(&[Edit::Again("data", "{}")]),
    payment(FUBEI, "notice/fubei-no-data", Nothing, "About nothing.").fields(&[Edit::Drop("data")]),
    payment(
        FUBEI,
        "notice/fubei-data-words",
        Nothing,
        "Words are no JSON.",
    )
    .fields(&[Edit::Set("data", "SUCCESS")]),
    payment(
        FUBEI,
        "notice/fubei-no-order",
        Nothing,
        "A payment of no order.",
    )
    .inner(&[Edit::Drop("/merchant_order_sn")]),
    payment(
        FUBEI,
        "notice/fubei-json",
        Nothing,
        "JSON where a form was agreed.",
    )
    .text(&[Text::Whole(b"{}")]),
    payment(
        FUBEI,
        "notice/fubei-bad-escape",
        Nothing,
        "An escape that there is not.",
    )
    .text(&[Text::Back(b"&a=%zz")]),
    payment(
        FUBEI,
        "notice/fubei-many-fields",
        Nothing,
        "More fields than any callback has.",
    )
    .fields(&[Edit::Many(100, "f", "x")]),
];
