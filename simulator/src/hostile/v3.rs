//! APIv3: signatures that prove nothing, and proven answers that are not about what was asked.

use super::Told::{
    Closed, Conflict, Foreign, Forged, NotPaid, Nothing, Paying, Read, Refunded, Rejected,
    Reversed, Skipped,
};
use super::{Case, Edit, Headers, Seal, Text, Told, V3, case};

const SIGNATURE: &str = "wechatpay-signature";
const TIMESTAMP: &str = "wechatpay-timestamp";
const NONCE: &str = "wechatpay-nonce";
const SERIAL: &str = "wechatpay-serial";

const fn v3(id: &'static str, told: Told, why: &'static str) -> Case {
    case(V3, id, told, why)
}

pub(super) const CASES: &[Case] = &[
    // The signature.
    v3(
        "v3/sign-missing",
        Forged,
        "A 2xx without a signature anybody may have written.",
    )
    .seal(Seal::None).certificates(Read),
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
    v3("v3/then-lower-case", Forged, "Nor capitals become small.").text_after(&[Text::Lower]).bare_answers(Skipped),
    v3("v3/then-two", Forged, "Nor a second document follow.").text_after(&[Text::Back(b"{}")]),
    v3("v3/then-garbage", Forged, "Nor may it be something else.")
        .text_after(&[Text::Whole(b"\xff\xfe")]),
    // Signed, about something else.
    v3(
        "v3/other-merchant",
        Forged,
        "Signed, about another merchant: the key is the same for all of them.",
    )
    .fields(&[Edit::Set("/mchid", "\"1999999999\"")]).bare_answers(Skipped),
    v3("v3/other-appid", Forged, "About another app.")
        .fields(&[Edit::Set("/appid", "\"wx0000000000000009\"")]).bare_answers(Skipped),
    v3(
        "v3/other-order",
        Forged,
        "An earlier order's answer is not this one's.",
    )
    .fields(&[Edit::Set("/out_trade_no", "\"SOMEBODYELSESORDER\"")])
    .refund_query(Skipped).bare_answers(Skipped),
    v3(
        "v3/order-longer",
        Forged,
        "A number that begins like ours is another's.",
    )
    .fields(&[Edit::Append("/out_trade_no", "0")])
    .refund_query(Skipped).bare_answers(Skipped),
    v3("v3/order-number", Forged, "A number is no text.")
        .fields(&[Edit::Set("/out_trade_no", "17")])
        .refund_query(Skipped).bare_answers(Skipped),
    v3("v3/order-list", Forged, "Nor is a list.")
        .fields(&[Edit::Set("/out_trade_no", "[\"A\"]")])
        .refund_query(Skipped).bare_answers(Skipped),
    v3(
        "v3/merchant-number",
        Forged,
        "Our number as a number is another kind of value.",
    )
    .fields(&[Edit::Set("/mchid", "10000100")]).bare_answers(Skipped),
    v3(
        "v3/no-merchant",
        Nothing,
        "A payment of no merchant is not this one's.",
    )
    .fields(&[Edit::Drop("/mchid")])
    .of_orders(),
    v3("v3/merchant-null", Nothing, "Nor is one of nobody.")
        .fields(&[Edit::Set("/mchid", "null")])
        .of_orders(),
    v3(
        "v3/no-order",
        Nothing,
        "A payment of no order is not this one's.",
    )
    .fields(&[Edit::Drop("/out_trade_no")])
    .of_orders(),
    v3(
        "v3/other-refund",
        Read,
        "Another refund's answer is not this one's; of an order it says nothing.",
    )
    .fields(&[Edit::Set("/out_refund_no", "\"SOMEBODYELSESREFUND\"")])
    .refund_query(Forged),
    v3(
        "v3/null",
        Nothing,
        "JSON, and nothing; a reverse is confirmed by a query, whatever it says.",
    )
    .text(&[Text::Whole(b"null")])
    .reverse(Read),
    v3("v3/empty", Nothing, "Nothing at all, and signed; the same.")
        .text(&[Text::Whole(b"")])
        .reverse(Read),
    // Signed, and not what was asked.
    v3(
        "v3/fen-more",
        Conflict,
        "One fen more than was asked is not this sale.",
    )
    .fields(&[Edit::Set("/amount/total", "889")])
    .of_orders(),
    v3("v3/fen-less", Conflict, "Nor one less.")
        .fields(&[Edit::Set("/amount/total", "887")])
        .of_orders(),
    v3("v3/amount-zero", Conflict, "Nor nothing.")
        .fields(&[Edit::Set("/amount/total", "0")])
        .of_orders(),
    v3("v3/amount-missing", Nothing, "Paid, but what?")
        .fields(&[Edit::Drop("/amount/total")])
        .of_orders(),
    v3("v3/amounts-missing", Nothing, "No amounts at all.")
        .fields(&[Edit::Drop("/amount")])
        .of_orders(),
    v3("v3/amount-null", Nothing, "Nothing is no amount.")
        .fields(&[Edit::Set("/amount/total", "null")])
        .of_orders(),
    v3("v3/amount-text", Nothing, "A text is no number.")
        .fields(&[Edit::Set("/amount/total", "\"888\"")])
        .of_orders(),
    v3("v3/amount-negative", Nothing, "Nor may it be below zero.")
        .fields(&[Edit::Set("/amount/total", "-888")])
        .of_orders(),
    v3("v3/amount-decimal", Nothing, "Fen are whole.")
        .fields(&[Edit::Set("/amount/total", "888.0")])
        .of_orders(),
    v3("v3/amount-yuan", Nothing, "And no yuan.")
        .fields(&[Edit::Set("/amount/total", "8.88")])
        .of_orders(),
    v3("v3/amount-exponent", Nothing, "And in plain digits.")
        .fields(&[Edit::Set("/amount/total", "8.88e2")])
        .of_orders(),
    v3(
        "v3/amount-overflow",
        Nothing,
        "And no more than 64 bits hold.",
    )
    .fields(&[Edit::Set("/amount/total", "18446744073709551615")])
    .of_orders(),
    v3("v3/amount-list", Nothing, "And one.")
        .fields(&[Edit::Set("/amount/total", "[888]")])
        .of_orders(),
    v3("v3/amount-true", Nothing, "And no truth.")
        .fields(&[Edit::Set("/amount/total", "true")])
        .of_orders(),
    v3(
        "v3/amounts-list",
        Nothing,
        "Amounts in a list are nobody's.",
    )
    .fields(&[Edit::Set("/amount", "[{\"total\":888}]")])
    .of_orders(),
    v3(
        "v3/currency",
        Conflict,
        "888 cents of another country are not 888 fen.",
    )
    .fields(&[Edit::Set("/amount/currency", "\"HKD\"")])
    .of_orders(),
    v3(
        "v3/currency-lower-case",
        Conflict,
        "A currency has capitals; what has none was not asked for.",
    )
    .fields(&[Edit::Set("/amount/currency", "\"cny\"")])
    .of_orders(),
    v3(
        "v3/currency-missing",
        Read,
        "Without a currency it is CNY (the documents' default).",
    )
    .fields(&[Edit::Drop("/amount/currency")])
    .of_orders(),
    v3(
        "v3/day-old",
        Foreign,
        "Paid before this sale began: somebody else's sale of the same number.",
    )
    .fields(&[Edit::Replace(
        "/success_time",
        "\"2020-01-01T00:00:00+08:00\"",
    )])
    .of_orders(),
    v3(
        "v3/time-missing",
        Nothing,
        "Paid, but when? It could be an earlier sale.",
    )
    .fields(&[Edit::Drop("/success_time")])
    .of_orders(),
    v3("v3/time-words", Nothing, "A time that is none.")
        .fields(&[Edit::Set("/success_time", "\"yesterday\"")])
        .of_orders(),
    v3("v3/time-number", Nothing, "Nor is a number.")
        .fields(&[Edit::Set("/success_time", "1790000000")])
        .of_orders(),
    v3(
        "v3/time-without-zone",
        Nothing,
        "Without a zone it could be any of 24.",
    )
    .fields(&[Edit::Set("/success_time", "\"2099-01-01T00:00:00\"")])
    .of_orders(),
    v3("v3/time-month-13", Nothing, "There is no thirteenth month.")
        .fields(&[Edit::Set("/success_time", "\"2026-13-01T00:00:00+08:00\"")])
        .of_orders(),
    v3(
        "v3/time-february-30",
        Nothing,
        "Nor a thirtieth of February.",
    )
    .fields(&[Edit::Set("/success_time", "\"2099-02-30T00:00:00+08:00\"")])
    .of_orders(),
    // States.
    v3(
        "v3/state-unknown",
        Nothing,
        "A state that no document has decides nothing.",
    )
    .fields(&[Edit::Set("/trade_state", "\"PAID\"")])
    .of_orders(),
    v3("v3/state-missing", Nothing, "No state, no ending.")
        .fields(&[Edit::Drop("/trade_state")])
        .of_orders(),
    v3("v3/state-empty", Nothing, "Nor an empty one.")
        .fields(&[Edit::Set("/trade_state", "\"\"")])
        .of_orders(),
    v3("v3/state-lower-case", Nothing, "Nor one in small letters.")
        .fields(&[Edit::Set("/trade_state", "\"success\"")])
        .of_orders(),
    v3("v3/state-blank", Nothing, "Nor one with a blank.")
        .fields(&[Edit::Set("/trade_state", "\"SUCCESS \"")])
        .of_orders(),
    v3("v3/state-list", Nothing, "Nor in a list.")
        .fields(&[Edit::Set("/trade_state", "[\"SUCCESS\"]")])
        .of_orders(),
    v3("v3/state-true", Nothing, "Nor a truth.")
        .fields(&[Edit::Set("/trade_state", "true")])
        .of_orders(),
    v3(
        "v3/state-notpay",
        NotPaid,
        "A proven statement is told as it is; what is on record stays.",
    )
    .fields(&[Edit::Set("/trade_state", "\"NOTPAY\"")])
    .of_orders(),
    v3("v3/state-payerror", NotPaid, "The same.")
        .fields(&[Edit::Set("/trade_state", "\"PAYERROR\"")])
        .of_orders(),
    v3("v3/state-userpaying", Paying, "The same.")
        .fields(&[Edit::Set("/trade_state", "\"USERPAYING\"")])
        .of_orders(),
    v3("v3/state-closed", Closed, "The same.")
        .fields(&[Edit::Set("/trade_state", "\"CLOSED\"")])
        .of_orders(),
    v3("v3/state-revoked", Reversed, "The same.")
        .fields(&[Edit::Set("/trade_state", "\"REVOKED\"")])
        .of_orders(),
    v3("v3/state-refund", Refunded, "The same.")
        .fields(&[Edit::Set("/trade_state", "\"REFUND\"")])
        .of_orders(),
    v3(
        "v3/state-of-no-order",
        Nothing,
        "A state that ends an order has to name it.",
    )
    .fields(&[
        Edit::Set("/trade_state", "\"REVOKED\""),
        Edit::Drop("/out_trade_no"),
    ])
    .of_orders(),
    // Errors.
    v3(
        "v3/error-500",
        Nothing,
        "A server's error decides nothing, whatever its code; a reverse and a close are confirmed by a query, and nothing is shown.",
    )
    .status(500)
    .fields(&[Edit::Set("/code", "\"ORDER_NOT_EXIST\"")])
    .reverse(Read).prepay(Rejected).close(Read),
    v3(
        "v3/error-without-code",
        Nothing,
        "A refusal without a reason is none.",
    )
    .status(400)
    .seal(Seal::None),
    v3(
        "v3/error-unknown-code",
        Nothing,
        "Nor is one with a reason that no document has.",
    )
    .status(400)
    .fields(&[Edit::Set("/code", "\"NEVER_HEARD_OF\"")])
    .seal(Seal::None),
    v3("v3/error-code-number", Nothing, "Nor one that is no text.")
        .status(400)
        .fields(&[Edit::Set("/code", "404")])
        .seal(Seal::None),
    v3(
        "v3/error-wrong-sign",
        Forged,
        "An error need not be signed; if it is, then rightly.",
    )
    .status(404)
    .fields(&[Edit::Set("/code", "\"ORDER_NOT_EXIST\"")])
    .seal(Seal::Wrong),
    v3("v3/error-giant", Nothing, "An error is never that long.")
        .status(404)
        .fields(&[
            Edit::Set("/code", "\"ORDER_NOT_EXIST\""),
            Edit::Long("/message", 200_000),
        ])
        .seal(Seal::None),
];
