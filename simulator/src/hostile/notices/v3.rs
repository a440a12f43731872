//! APIv3: what reports a payment or a refund.

use crate::hostile::Told::{Conflict, Foreign, Forged, Nothing, Read};
use crate::hostile::{Case, Edit, Headers, Seal, Text};
use crate::hostile::{V3, WECHAT};

use super::{payment, refund};

pub(in crate::hostile) const CASES: &[Case] = &[
    payment(
        V3,
        "notice/v3-plain",
        Read,
        "The honest one: the others differ from it.",
    ),
    refund(V3, "notice/v3-refund-plain", Read, "The honest one."),
    payment(
        V3,
        "notice/v3-sign-missing",
        Forged,
        "Without a signature anybody may have written it.",
    )
    .seal(Seal::None),
    payment(V3, "notice/v3-sign-wrong", Forged, "Over other bytes.").seal(Seal::Wrong),
    payment(
        V3,
        "notice/v3-sign-impostor",
        Forged,
        "By another key under the platform's serial.",
    )
    .seal(Seal::Impostor),
    payment(
        V3,
        "notice/v3-sign-unknown-key",
        Forged,
        "By a key that nobody was told of.",
    )
    .seal(Seal::OtherKey),
    payment(
        V3,
        "notice/v3-six-minutes-old",
        Forged,
        "After five minutes it is a replay.",
    )
    .seal(Seal::Old(360)),
    payment(
        V3,
        "notice/v3-six-minutes-ahead",
        Forged,
        "A time that has not come is as wrong.",
    )
    .seal(Seal::Old(-360)),
    payment(
        V3,
        "notice/v3-probe",
        Forged,
        "WeChat's own probe whether signatures are looked at.",
    )
    .headers(&[Headers::Set(
        "wechatpay-signature",
        "WECHATPAY/SIGNTEST/AAAA",
    )]),
    payment(
        V3,
        "notice/v3-then-blank",
        Forged,
        "Not so much as a blank may be added.",
    )
    .text_after(&[Text::Back(b" ")]),
    payment(
        V3,
        "notice/v3-no-resource",
        Nothing,
        "An envelope without a letter.",
    )
    .fields(&[Edit::Drop("/resource")]),
    payment(
        V3,
        "notice/v3-other-algorithm",
        Nothing,
        "An algorithm that was not agreed upon.",
    )
    .fields(&[Edit::Set("/resource/algorithm", "\"NONE\"")]),
    payment(
        V3,
        "notice/v3-other-nonce",
        Forged,
        "It does not open under another nonce.",
    )
    .fields(&[Edit::Set("/resource/nonce", "\"0123456789ab\"")]),
    payment(
        V3,
        "notice/v3-short-nonce",
        Nothing,
        "A nonce has twelve bytes.",
    )
    .fields(&[Edit::Set("/resource/nonce", "\"01234567\"")]),
    payment(
        V3,
        "notice/v3-other-associated-data",
        Forged,
        "What goes with it is proven, too.",
    )
    .fields(&[Edit::Set("/resource/associated_data", "\"refund\"")]),
    payment(
        V3,
        "notice/v3-short-ciphertext",
        Forged,
        "Shorter than its tag.",
    )
    .fields(&[Edit::Set("/resource/ciphertext", "\"AAAA\"")]),
    payment(
        V3,
        "notice/v3-no-base64",
        Nothing,
        "Letters that are no Base64.",
    )
    .fields(&[Edit::Set("/resource/ciphertext", "\"!!\"")]),
    payment(
        V3,
        "notice/v3-unknown-event",
        Nothing,
        "An event about neither orders nor refunds.",
    )
    .fields(&[Edit::Set("/event_type", "\"COUPON.USE\"")]),
    payment(
        V3,
        "notice/v3-refund-event",
        Nothing,
        "A payment that calls itself a refund names none.",
    )
    .fields(&[Edit::Set("/event_type", "\"REFUND.SUCCESS\"")]),
    payment(V3, "notice/v3-no-order", Nothing, "A payment of no order.")
        .inner(&[Edit::Drop("/out_trade_no")]),
    payment(
        V3,
        "notice/v3-other-merchant",
        Forged,
        "Encrypted for us, about another merchant.",
    )
    .inner(&[Edit::Set("/mchid", "\"1999999999\"")]),
    payment(
        V3,
        "notice/v3-fen-more",
        Conflict,
        "One fen more than was asked.",
    )
    .inner(&[Edit::Set("/amount/total", "889")]),
    payment(
        V3,
        "notice/v3-day-old",
        Foreign,
        "Paid before the order was made.",
    )
    .inner(&[Edit::Set("/success_time", "\"2020-01-01T00:00:00+08:00\"")]),
    payment(
        V3,
        "notice/v3-inner-twice",
        Nothing,
        "Which of two amounts counts is not for us to guess.",
    )
    .inner_text(&[Text::Swap("{", b"{\"amount\":{\"total\":1},")]),
    payment(
        V3,
        "notice/v3-inner-garbage",
        Nothing,
        "It opens, and is no message.",
    )
    .inner_text(&[Text::Whole(b"hello")]),
    payment(
        V3,
        "notice/v3-inner-empty",
        Nothing,
        "It opens, and is nothing.",
    )
    .inner_text(&[Text::Whole(b"")]),
    payment(
        WECHAT,
        "notice/other-language",
        Nothing,
        "The other generation's language, or anybody's.",
    )
    .text(&[Text::Whole(b"a=b&c=d")]),
];
