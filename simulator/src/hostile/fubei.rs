//! Fubei: nothing is signed, so what an answer says of itself is all there is beside TLS.

use super::Told::{Conflict, Foreign, Forged, Nothing, Paying, Read, Skipped};
use super::{Case, Edit, FUBEI, Text, Told, case};

const fn fubei(id: &'static str, told: Told, why: &'static str) -> Case {
    case(FUBEI, id, told, why)
}

pub(super) const CASES: &[Case] = &[
    fubei("fubei/empty", Nothing, "Nothing at all.").text(&[Text::Whole(b"")]),
    fubei(
        "fubei/no-result-code",
        Nothing,
        "Without a result there is none.",
    )
    .fields(&[Edit::Drop("/result_code")]),
    fubei("fubei/result-null", Nothing, "Nor is nothing one.")
        .fields(&[Edit::Set("/result_code", "null")]),
    fubei("fubei/result-list", Nothing, "Nor a list.")
        .fields(&[Edit::Set("/result_code", "[200]")]),
    fubei("fubei/result-true", Nothing, "Nor a truth.")
        .fields(&[Edit::Set("/result_code", "true")]),
    fubei(
        "fubei/result-unknown",
        Nothing,
        "A code that no document has decides nothing.",
    )
    .fields(&[Edit::Set("/result_code", "299")]),
    fubei(
        "fubei/result-decimal",
        Nothing,
        "200.0 is another text than 200.",
    )
    .fields(&[Edit::Set("/result_code", "200.5")]),
    fubei("fubei/result-negative", Nothing, "Nor is -200 a success.")
        .fields(&[Edit::Set("/result_code", "-200")]),
    fubei(
        "fubei/result-text",
        Read,
        "The documents write it as number and as text.",
    )
    .fields(&[Edit::Set("/result_code", "\"200\"")]),
    fubei(
        "fubei/success-false",
        Nothing,
        "200 and no success contradict each other; a close is confirmed by a query.",
    )
    .fields(&[Edit::Set("/success", "false")])
    .close(Read),
    fubei(
        "fubei/server-fault",
        Nothing,
        "A server's fault says nothing about the money.",
    )
    .fields(&[Edit::Set("/result_code", "500")]),
    fubei("fubei/no-data", Nothing, "Success of what?")
        .fields(&[Edit::Drop("/data")])
        .of_orders(),
    fubei("fubei/data-null", Nothing, "Of nothing.")
        .fields(&[Edit::Set("/data", "null")])
        .of_orders(),
    fubei(
        "fubei/data-list",
        Nothing,
        "Of an empty list, as PHP writes an empty object.",
    )
    .fields(&[Edit::Set("/data", "[]")])
    .of_orders(),
    fubei("fubei/data-number", Nothing, "A number is no object.")
        .fields(&[Edit::Set("/data", "17")]),
    fubei(
        "fubei/data-words",
        Nothing,
        "Nor is a text that is no JSON.",
    )
    .fields(&[Edit::Set("/data", "\"SUCCESS\"")]),
    fubei(
        "fubei/data-list-of-one",
        Nothing,
        "Nor is a list with something in it.",
    )
    .fields(&[Edit::Set("/data", "[{}]")]),
    fubei(
        "fubei/data-twice",
        Nothing,
        "Which of two is meant is not for us to guess.",
    )
    .text(&[Text::Swap("\"data\":", b"\"data\":{},\"data\":")]),
    fubei("fubei/state-twice", Nothing, "Nor which of two states.")
        .text(&[Text::Swap(
            "\"data\":{",
            b"\"data\":{\"trade_state\":\"SUCCESS\",\"trade_state\":\"SUCCESS\",",
        )])
        .refund_query(Skipped),
    fubei(
        "fubei/two-states",
        Nothing,
        "Nor, of 1.0's name and 2.0's, which of two that differ.",
    )
    .fields(&[Edit::Set("/data/order_status", "\"CLOSED\"")])
    .of_orders(),
    fubei(
        "fubei/other-order",
        Forged,
        "An earlier order's answer is not this one's.",
    )
    .fields(&[Edit::Set(
        "/data/merchant_order_sn",
        "\"SOMEBODYELSESORDER\"",
    )])
    .refund_query(Skipped),
    fubei(
        "fubei/order-longer",
        Forged,
        "A number that begins like ours is another's.",
    )
    .fields(&[Edit::Append("/data/merchant_order_sn", "0")])
    .refund_query(Skipped),
    fubei(
        "fubei/order-number",
        Forged,
        "A number in place of the text is another.",
    )
    .fields(&[Edit::Set("/data/merchant_order_sn", "17")])
    .refund_query(Skipped),
    fubei(
        "fubei/no-order",
        Nothing,
        "A payment of no order is not this one's.",
    )
    .fields(&[Edit::Drop("/data/merchant_order_sn")])
    .of_orders(),
    fubei("fubei/order-null", Nothing, "Nor is one of nothing.")
        .fields(&[Edit::Set("/data/merchant_order_sn", "null")])
        .of_orders(),
    fubei(
        "fubei/order-empty",
        Nothing,
        "Nor is one of an empty number.",
    )
    .fields(&[Edit::Set("/data/merchant_order_sn", "\"\"")])
    .of_orders(),
    fubei(
        "fubei/fen-more",
        Conflict,
        "One fen more than was asked is not this sale.",
    )
    .fields(&[
        Edit::Set("/data/order_price", "8.89"),
        Edit::Set("/data/total_fee", "8.89"),
    ])
    .of_orders(),
    fubei("fubei/fen-less", Conflict, "Nor one less.")
        .fields(&[
            Edit::Set("/data/order_price", "8.87"),
            Edit::Set("/data/total_fee", "8.87"),
        ])
        .of_orders(),
    fubei(
        "fubei/amount-in-fen",
        Conflict,
        "888 yuan are a hundred times as much.",
    )
    .fields(&[
        Edit::Set("/data/order_price", "888"),
        Edit::Set("/data/total_fee", "888"),
    ])
    .of_orders(),
    fubei(
        "fubei/amount-zero",
        Conflict,
        "Nothing is not what was asked.",
    )
    .fields(&[
        Edit::Set("/data/order_price", "0"),
        Edit::Set("/data/total_fee", "0"),
    ])
    .of_orders(),
    fubei(
        "fubei/amount-fraction",
        Nothing,
        "A fraction of a fen is no amount.",
    )
    .fields(&[Edit::Set("/data/order_price", "8.881")])
    .of_orders(),
    fubei("fubei/amount-negative", Nothing, "Nor is one below zero.")
        .fields(&[Edit::Set("/data/order_price", "-8.88")])
        .of_orders(),
    fubei("fubei/amount-words", Nothing, "Nor are words.")
        .fields(&[Edit::Set("/data/order_price", "\"much\"")])
        .of_orders(),
    fubei(
        "fubei/amount-with-sign",
        Nothing,
        "Nor is one with a currency's sign.",
    )
    .fields(&[Edit::Set("/data/order_price", "\"¥8.88\"")])
    .of_orders(),
    fubei("fubei/amount-comma", Nothing, "Nor one with a comma.")
        .fields(&[Edit::Set("/data/order_price", "\"8,88\"")])
        .of_orders(),
    fubei(
        "fubei/amount-exponent",
        Nothing,
        "Nor one with an exponent.",
    )
    .fields(&[Edit::Set("/data/order_price", "\"888e-2\"")])
    .of_orders(),
    fubei("fubei/amount-blank", Nothing, "Nor one with a blank.")
        .fields(&[Edit::Set("/data/order_price", "\" 8.88\"")])
        .of_orders(),
    fubei("fubei/amount-list", Nothing, "Nor a list.")
        .fields(&[Edit::Set("/data/order_price", "[8.88]")])
        .of_orders(),
    fubei("fubei/amount-true", Nothing, "Nor a truth.")
        .fields(&[Edit::Set("/data/order_price", "true")])
        .of_orders(),
    fubei(
        "fubei/amount-overflow",
        Nothing,
        "Nor more than 64 bits hold.",
    )
    .fields(&[Edit::Set("/data/order_price", "\"999999999999999999.99\"")])
    .of_orders(),
    fubei("fubei/amount-missing", Nothing, "Paid, but what?")
        .fields(&[
            Edit::Drop("/data/order_price"),
            Edit::Drop("/data/total_fee"),
        ])
        .of_orders(),
    fubei(
        "fubei/amount-as-text",
        Read,
        "Some answers write amounts as text.",
    )
    .fields(&[
        Edit::Set("/data/order_price", "\"8.880\""),
        Edit::Set("/data/total_fee", "\"8.88\""),
    ])
    .of_orders(),
    fubei(
        "fubei/day-old",
        Foreign,
        "Paid before this sale began: somebody else's sale of the same number.",
    )
    .fields(&[
        Edit::Replace("/data/pay_time", "1577808000"),
        Edit::Replace("/data/finish_time", "\"20200101000000\""),
    ])
    .of_orders(),
    fubei(
        "fubei/time-missing",
        Nothing,
        "Paid, but when? It could be an earlier sale.",
    )
    .fields(&[
        Edit::Drop("/data/pay_time"),
        Edit::Drop("/data/finish_time"),
    ])
    .of_orders(),
    fubei("fubei/time-words", Nothing, "A time that is none.")
        .fields(&[
            Edit::Replace("/data/pay_time", "\"yesterday\""),
            Edit::Replace("/data/finish_time", "\"yesterday\""),
        ])
        .of_orders(),
    fubei(
        "fubei/state-unknown",
        Nothing,
        "A state that no document has decides nothing.",
    )
    .fields(&[Edit::Set("/data/trade_state", "\"PAID\"")])
    .of_orders(),
    fubei("fubei/state-missing", Nothing, "No state, no ending.")
        .fields(&[Edit::Drop("/data/trade_state")])
        .of_orders(),
    fubei("fubei/state-empty", Nothing, "Nor an empty one.")
        .fields(&[Edit::Set("/data/trade_state", "\"\"")])
        .of_orders(),
    fubei(
        "fubei/state-lower-case",
        Nothing,
        "Nor one in small letters.",
    )
    .fields(&[Edit::Set("/data/trade_state", "\"success\"")])
    .of_orders(),
    fubei("fubei/state-blank", Nothing, "Nor one with a blank.")
        .fields(&[Edit::Set("/data/trade_state", "\"SUCCESS \"")])
        .of_orders(),
    fubei("fubei/state-true", Nothing, "Nor a truth.")
        .fields(&[Edit::Set("/data/trade_state", "true")])
        .of_orders(),
    fubei("fubei/state-list", Nothing, "Nor a list.")
        .fields(&[Edit::Set("/data/trade_state", "[\"SUCCESS\"]")])
        .of_orders(),
    fubei(
        "fubei/state-userpaying",
        Paying,
        "What is said is told; what is on record stays.",
    )
    .fields(&[Edit::Set("/data/trade_state", "\"USERPAYING\"")])
    .of_orders(),
    fubei(
        "fubei/deep-data",
        Nothing,
        "Lists in lists until the stack ends.",
    )
    .text(&[
        Text::Swap("\"data\":", b"\"data\":"),
        Text::Pile("{\"", "[", 50_000),
    ]),
    fubei(
        "fubei/xml-in-data",
        Nothing,
        "Another language in the middle.",
    )
    .fields(&[Edit::Set(
        "/data",
        "\"<xml><trade_state>SUCCESS</trade_state></xml>\"",
    )]),
];
