//! APIv2: signatures that prove nothing.

use crate::hostile::Told::{Forged, Nothing, Read};
use crate::hostile::{Case, Edit, Seal, Text};

use super::v2;

pub(in crate::hostile) const CASES: &[Case] = &[
    // The signature.
    v2(
        "v2/sign-missing",
        Forged,
        "Without a signature anybody may have written it.",
    )
    .seal(Seal::None),
    v2("v2/sign-wrong", Forged, "One digit is wrong.").seal(Seal::Wrong),
    v2("v2/sign-other-key", Forged, "Another merchant's key.").seal(Seal::OtherKey),
    v2("v2/sign-no-key", Forged, "No key: anybody can compute it.").seal(Seal::NoKey),
    v2(
        "v2/sign-other-algorithm",
        Forged,
        "The answer must not choose the weaker algorithm.",
    )
    .seal(Seal::OtherAlgorithm),
    v2("v2/sign-says-md5", Forged, "Not even if it says so.")
        .fields(&[Edit::Set("sign_type", "MD5")])
        .seal(Seal::OtherAlgorithm),
    v2("v2/sign-empty", Forged, "An empty signature is none.").after(&[Edit::Set("sign", "")]),
    v2("v2/sign-blank", Forged, "Nor is a blank one.").after(&[Edit::Set("sign", " ")]),
    v2("v2/sign-zeros", Forged, "Nor are zeros.")
        .after(&[Edit::Set("sign", "00000000000000000000000000000000")]),
    v2("v2/sign-long", Forged, "Nor a longer one.").after(&[Edit::Append("sign", "00")]),
    v2("v2/sign-very-long", Forged, "Nor a very long one.").after(&[Edit::Long("sign", 60_000)]),
    v2("v2/sign-short", Forged, "Nor its first half.")
        .after(&[Edit::Set("sign", "0123456789ABCDEF")]),
    v2("v2/sign-null", Forged, "Nor a word for nothing.").after(&[Edit::Set("sign", "null")]),
    v2("v2/sign-chinese", Forged, "Nor letters that are no digits.")
        .after(&[Edit::Set("sign", "签名签名签名签名签名签名签名签名")]),
    v2(
        "v2/sign-renamed",
        Forged,
        "A signature under another name is a field.",
    )
    .after(&[Edit::Rename("sign", "Sign")]),
    v2(
        "v2/sign-blank-behind",
        Forged,
        "A signature with something behind it.",
    )
    .after(&[Edit::Append("sign", "\u{0}")])
    .text(&[Text::SwapAll("\u{0}", "x")]),
    v2(
        "v2/sign-lower-case",
        Read,
        "Hexadecimal digits have no capitals that matter.",
    )
    .seal(Seal::Lower),
    v2(
        "v2/sign-documents",
        Forged,
        "The signature of the documents' own example.",
    )
    .after(&[Edit::Set("sign", "9A0A8659F005D6984697E2CA0A9CF3B7")]),
    // Signed, then changed.
    v2(
        "v2/then-changed",
        Forged,
        "What was changed behind the signature was not signed.",
    )
    .after(&[Edit::Set("return_msg", "changed")]),
    v2("v2/then-added", Forged, "Nor what was added.").after(&[Edit::Set("added", "x")]),
    v2("v2/then-left-out", Forged, "Nor may anything be missing.")
        .after(&[Edit::Drop("later_extension")]),
    v2("v2/then-renamed", Forged, "Nor be called something else.")
        .after(&[Edit::Rename("later_extension", "earlier_extension")]),
    v2("v2/then-refunded", Forged, "The state least of all.")
        .after(&[Edit::Set("trade_state", "REFUND")]),
    v2(
        "v2/then-blank",
        Nothing,
        "A blank that the official SDK does not sign makes a state that no document has.",
    )
    .after(&[Edit::Append("trade_state", " ")])
    .of_orders(),
    v2(
        "v2/then-emptied",
        Forged,
        "An emptied field was signed with what it held.",
    )
    .after(&[Edit::Set("later_extension", "")]),
    v2(
        "v2/then-empty-added",
        Read,
        "An empty field is not signed, and says nothing.",
    )
    .after(&[Edit::Set("coupon_id", "")]),
    v2("v2/then-nonce", Forged, "The nonce is signed, too.")
        .after(&[Edit::Set("nonce_str", "0123456789ABCDEF0123456789ABCDEF")]),
    v2("v2/then-other-merchant", Forged, "So is the merchant.")
        .after(&[Edit::Set("mch_id", "1999999999")]),
    v2(
        "v2/then-ampersand",
        Forged,
        "Fields must not flow together in what is signed.",
    )
    .after(&[Edit::Set("later_extension", "a&b=c")]),
];
