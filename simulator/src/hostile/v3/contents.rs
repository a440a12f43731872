//! APIv3: proven answers that are not about what was asked, and errors.

use crate::hostile::Told::{
    Closed, Conflict, Foreign, Forged, NotPaid, Nothing, Paying, Read, Refunded, Rejected,
    Reversed, Skipped,
};
use crate::hostile::{Case, Edit, Seal, Text};

use super::v3;

pub(in crate::hostile) const CASES: &[Case] = &[
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
