//! Notifications and callbacks: anybody may send them, so what is not proven is nothing.

use super::Told::{Conflict, Foreign, Forged, Nothing, Read};
use super::{Case, Edit, FUBEI, Headers, RIDE, Seal, Subject, Text, Told, V2, V3, WECHAT, case};

const fn payment(
    on: &'static [super::Gateway],
    id: &'static str,
    told: Told,
    why: &'static str,
) -> Case {
    case(on, id, told, why).about(Subject::Payment)
}

const fn refund(
    on: &'static [super::Gateway],
    id: &'static str,
    told: Told,
    why: &'static str,
) -> Case {
    case(on, id, told, why).about(Subject::Refund)
}

const fn ride(id: &'static str, told: Told, why: &'static str) -> Case {
    case(RIDE, id, told, why).about(Subject::Ride)
}

pub(super) const CASES: &[Case] = &[
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
