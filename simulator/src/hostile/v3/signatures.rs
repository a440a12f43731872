//! APIv3: signatures that prove nothing.

use crate::hostile::Told::{Forged, Read, Skipped};
use crate::hostile::{Case, Headers, Seal, Text};

use super::v3;

const SIGNATURE: &str = "wechatpay-signature";
const TIMESTAMP: &str = "wechatpay-timestamp";
const NONCE: &str = "wechatpay-nonce";
const SERIAL: &str = "wechatpay-serial";

pub(in crate::hostile) const CASES: &[Case] = &[
    // The signature.
    v3(
        "v3/sign-missing",
        Forged,
        "A 2xx without a signature anybody may have written.",
    )
    .seal(Seal::None)
    .certificates(Read),
    v3("v3/sign-wrong", Forged, "Over other bytes.").seal(Seal::Wrong),
    v3(
        "v3/sign-unknown-key",
        Forged,
        "By a key that nobody was told of, under its own serial.",
    )
    .seal(Seal::OtherKey),
    v3(
        "v3/sign-impostor",
        Forged,
        "By another key under the platform's serial.",
    )
    .seal(Seal::Impostor),
    v3(
        "v3/sign-body-alone",
        Forged,
        "Without time and nonce it could be sent again for ever.",
    )
    .seal(Seal::BodyAlone),
    v3(
        "v3/sign-no-line-end",
        Forged,
        "The last line end is signed, too.",
    )
    .seal(Seal::NoLineEnd),
    v3(
        "v3/sign-six-minutes-old",
        Forged,
        "After five minutes it is a replay.",
    )
    .seal(Seal::Old(360)),
    v3("v3/sign-a-day-old", Forged, "After a day all the more.").seal(Seal::Old(86_400)),
    v3("v3/sign-of-1970", Forged, "Or after half a century.").seal(Seal::Old(1_700_000_000)),
    v3(
        "v3/sign-six-minutes-ahead",
        Forged,
        "A time that has not come is as wrong.",
    )
    .seal(Seal::Old(-360)),
    v3("v3/sign-a-day-ahead", Forged, "By a day all the more.").seal(Seal::Old(-86_400)),
    v3(
        "v3/sign-two-minutes-old",
        Read,
        "Within five minutes clocks may differ.",
    )
    .seal(Seal::Old(120)),
    v3(
        "v3/probe",
        Forged,
        "WeChat's own probe whether signatures are looked at.",
    )
    .headers(&[Headers::Set(SIGNATURE, "WECHATPAY/SIGNTEST/AAAA")]),
    v3("v3/no-signature", Forged, "Three headers of four.").headers(&[Headers::Drop(SIGNATURE)]),
    v3("v3/no-timestamp", Forged, "Without a time.").headers(&[Headers::Drop(TIMESTAMP)]),
    v3("v3/no-nonce", Forged, "Without a nonce.").headers(&[Headers::Drop(NONCE)]),
    v3(
        "v3/no-serial",
        Forged,
        "Without a serial nobody knows which key to try.",
    )
    .headers(&[Headers::Drop(SERIAL)]),
    v3("v3/only-serial", Forged, "A serial alone.").headers(&[
        Headers::Drop(SIGNATURE),
        Headers::Drop(TIMESTAMP),
        Headers::Drop(NONCE),
    ]),
    v3("v3/signature-empty", Forged, "An empty signature is none.")
        .headers(&[Headers::Set(SIGNATURE, "")]),
    v3(
        "v3/signature-no-base64",
        Forged,
        "Letters that are no Base64.",
    )
    .headers(&[Headers::Set(SIGNATURE, "!!!!")]),
    v3("v3/signature-short", Forged, "A signature that is cut.")
        .headers(&[Headers::Cut(SIGNATURE, 4)]),
    v3(
        "v3/signature-unpadded",
        Forged,
        "Base64 without its padding.",
    )
    .headers(&[Headers::Cut(SIGNATURE, 2)]),
    v3(
        "v3/signature-long",
        Forged,
        "A signature with something behind it.",
    )
    .headers(&[Headers::Append(SIGNATURE, "AAAA")]),
    v3("v3/signature-very-long", Forged, "A very long one.")
        .headers(&[Headers::Append(SIGNATURE, include_str!("long.txt"))]),
    v3(
        "v3/signature-of-zeros",
        Forged,
        "Zeros, as in the ECDSA of 2022, for RSA.",
    )
    .headers(&[Headers::Set(
        SIGNATURE,
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    )]),
    v3(
        "v3/signature-of-one",
        Forged,
        "One, whose every power is one.",
    )
    .headers(&[Headers::Set(SIGNATURE, "AQ==")]),
    v3(
        "v3/signature-twice",
        Forged,
        "Two signatures, one of which is right.",
    )
    .headers(&[Headers::Again(SIGNATURE, "AAAA")]),
    v3(
        "v3/signature-twice-equal",
        Forged,
        "Twice the very same is none of WeChat's.",
    )
    .headers(&[Headers::Twice(SIGNATURE)]),
    v3("v3/signature-list", Forged, "Two in one line.")
        .headers(&[Headers::Append(SIGNATURE, ", AAAA")]),
    v3("v3/timestamp-twice", Forged, "Two times.").headers(&[Headers::Twice(TIMESTAMP)]),
    v3("v3/nonce-twice", Forged, "Two nonces.").headers(&[Headers::Twice(NONCE)]),
    v3("v3/serial-twice", Forged, "Two serials.").headers(&[Headers::Twice(SERIAL)]),
    v3(
        "v3/serial-other",
        Forged,
        "Another serial for the right signature.",
    )
    .headers(&[Headers::Set(
        SERIAL,
        "5157F09EFDC096DE15EBE81A47057A7232F1B8E1",
    )]),
    v3("v3/serial-empty", Forged, "An empty serial.").headers(&[Headers::Set(SERIAL, "")]),
    v3("v3/serial-path", Forged, "A serial that looks for a file.")
        .headers(&[Headers::Set(SERIAL, "../../../../etc/passwd")]),
    v3("v3/serial-long", Forged, "A serial longer than any.")
        .headers(&[Headers::Set(SERIAL, include_str!("long.txt"))]),
    v3(
        "v3/serial-with-blank",
        Forged,
        "A serial with a blank in it.",
    )
    .headers(&[Headers::Append(SERIAL, " A")]),
    v3(
        "v3/nonce-other",
        Forged,
        "Another nonce than the one that was signed.",
    )
    .headers(&[Headers::Set(NONCE, "0123456789ABCDEF0123456789ABCDEF")]),
    v3("v3/nonce-empty", Forged, "An empty nonce.").headers(&[Headers::Set(NONCE, "")]),
    v3(
        "v3/nonce-with-blank",
        Forged,
        "Blanks could cut the message up differently.",
    )
    .headers(&[Headers::Append(NONCE, " A")]),
    v3("v3/timestamp-words", Forged, "A time that is none.")
        .headers(&[Headers::Set(TIMESTAMP, "now")]),
    v3(
        "v3/timestamp-negative",
        Forged,
        "A time before there was time.",
    )
    .headers(&[Headers::Set(TIMESTAMP, "-1")]),
    v3("v3/timestamp-decimal", Forged, "A time with fractions.")
        .headers(&[Headers::Append(TIMESTAMP, ".0")]),
    v3(
        "v3/timestamp-milliseconds",
        Forged,
        "A time in milliseconds.",
    )
    .headers(&[Headers::Append(TIMESTAMP, "000")]),
    v3(
        "v3/timestamp-overflow",
        Forged,
        "A time that no machine holds.",
    )
    .headers(&[Headers::Set(TIMESTAMP, "99999999999999999999")]),
    v3("v3/timestamp-signed", Forged, "A time with a sign.")
        .headers(&[Headers::Set(TIMESTAMP, "+1790000000")]),
    v3(
        "v3/timestamp-is-nonce",
        Forged,
        "Values that have changed places.",
    )
    .headers(&[Headers::Copy(TIMESTAMP, NONCE)]),
    v3(
        "v3/unknown-type",
        Read,
        "The type of the signature is not looked at: there is one, and it verifies.",
    )
    .headers(&[Headers::Set(
        "wechatpay-signature-type",
        "WECHATPAY2-SM2-WITH-SM3",
    )]),
    // Signed, then changed.
    v3(
        "v3/then-changed",
        Forged,
        "What was changed behind the signature was not signed.",
    )
    .text_after(&[Text::SwapAll("later_extension", "Later_extension")]),
    v3(
        "v3/then-blank",
        Forged,
        "Not so much as a blank may be added.",
    )
    .text_after(&[Text::Back(b" ")]),
    v3("v3/then-line-end", Forged, "Nor a line end.").text_after(&[Text::Back(b"\n")]),
    v3("v3/then-cut", Forged, "Nor anything be missing.").text_after(&[Text::Cut(1)]),
    v3("v3/then-emptied", Forged, "Least of all everything.").text_after(&[Text::Whole(b"")]),
    v3("v3/then-member", Forged, "Nor a member be added.")
        .text_after(&[Text::Swap("{", b"{\"z\":1,")]),
    v3("v3/then-bom", Forged, "Nor a mark in front.").text_after(&[Text::Front(b"\xef\xbb\xbf")]),
    v3("v3/then-lower-case", Forged, "Nor capitals become small.")
        .text_after(&[Text::Lower])
        .bare_answers(Skipped),
    v3("v3/then-two", Forged, "Nor a second document follow.").text_after(&[Text::Back(b"{}")]),
    v3("v3/then-garbage", Forged, "Nor may it be something else.")
        .text_after(&[Text::Whole(b"\xff\xfe")]),
];
