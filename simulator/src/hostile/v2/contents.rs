//! APIv2: proven answers that are not about what was asked.

use crate::hostile::Told::{
    Closed, Conflict, Foreign, Forged, NotFound, NotPaid, Nothing, Paying, Read, Refunded,
    Reversed, Skipped,
};
use crate::hostile::{Case, Edit, Seal};

use super::v2;

pub(in crate::hostile) const CASES: &[Case] = &[
    // Signed, about something else.
    v2(
        "v2/other-merchant",
        Forged,
        "Signed with our key about another merchant: not our answer.",
    )
    .fields(&[Edit::Set("mch_id", "1999999999")]),
    v2(
        "v2/no-merchant",
        Forged,
        "An answer that names no merchant could be anybody's.",
    )
    .fields(&[Edit::Drop("mch_id")]),
    v2("v2/other-appid", Forged, "About another app.")
        .fields(&[Edit::Set("appid", "wx0000000000000009")]),
    v2("v2/no-appid", Forged, "About no app.").fields(&[Edit::Drop("appid")]),
    v2(
        "v2/merchant-with-blank",
        Forged,
        "A number with a blank is another number.",
    )
    .fields(&[Edit::Append("mch_id", " ")]),
    v2("v2/merchant-longer", Forged, "So is a longer one.").fields(&[Edit::Append("mch_id", "0")]),
    v2(
        "v2/other-order",
        Forged,
        "An earlier order's answer is not this one's.",
    )
    .fields(&[Edit::Set("out_trade_no", "SOMEBODYELSESORDER")])
    .refund_query(Conflict),
    v2(
        "v2/order-longer",
        Forged,
        "A number that begins like ours is another's.",
    )
    .fields(&[Edit::Append("out_trade_no", "0")])
    .reverse(Skipped)
    .refund_query(Conflict)
    .bare_answers(Skipped),
    v2(
        "v2/order-with-blank",
        Forged,
        "So is one with a blank, though the official SDK would not sign it.",
    )
    .fields(&[Edit::Append("out_trade_no", " ")])
    .reverse(Skipped)
    .refund_query(Conflict)
    .bare_answers(Skipped),
    v2(
        "v2/no-order",
        Nothing,
        "A payment of no order is not this one's.",
    )
    .fields(&[Edit::Drop("out_trade_no")])
    .of_orders(),
    v2("v2/order-empty", Nothing, "Nor is one of an empty number.")
        .fields(&[Edit::Set("out_trade_no", "")])
        .of_orders()
        .reverse(Skipped),
    // Signed, and not what was asked.
    v2(
        "v2/fen-more",
        Conflict,
        "One fen more than was asked is not this sale.",
    )
    .fields(&[Edit::Set("total_fee", "889")])
    .of_orders(),
    v2("v2/fen-less", Conflict, "Nor one less.")
        .fields(&[Edit::Set("total_fee", "887")])
        .of_orders(),
    v2("v2/amount-zero", Conflict, "Nor nothing.")
        .fields(&[Edit::Set("total_fee", "0")])
        .of_orders(),
    v2("v2/amount-missing", Nothing, "Paid, but what?")
        .fields(&[Edit::Drop("total_fee")])
        .of_orders(),
    v2("v2/amount-empty", Nothing, "An empty amount is none.")
        .fields(&[Edit::Set("total_fee", "")])
        .of_orders(),
    v2("v2/amount-negative", Nothing, "Nor is one below zero.")
        .fields(&[Edit::Set("total_fee", "-888")])
        .of_orders(),
    v2("v2/amount-signed", Nothing, "Nor one with a sign.")
        .fields(&[Edit::Set("total_fee", "+888")])
        .of_orders(),
    v2("v2/amount-decimal", Nothing, "Fen are whole.")
        .fields(&[Edit::Set("total_fee", "888.0")])
        .of_orders(),
    v2("v2/amount-yuan", Nothing, "And no yuan.")
        .fields(&[Edit::Set("total_fee", "8.88")])
        .of_orders(),
    v2("v2/amount-exponent", Nothing, "And in plain digits.")
        .fields(&[Edit::Set("total_fee", "888e0")])
        .of_orders(),
    v2("v2/amount-hex", Nothing, "Decimal ones.")
        .fields(&[Edit::Set("total_fee", "0x378")])
        .of_orders(),
    v2("v2/amount-comma", Nothing, "Without commas.")
        .fields(&[Edit::Set("total_fee", "8,88")])
        .of_orders(),
    v2("v2/amount-blank", Nothing, "Without blanks.")
        .fields(&[Edit::Set("total_fee", " 888")])
        .of_orders(),
    v2("v2/amount-wide", Nothing, "In ASCII.")
        .fields(&[Edit::Set("total_fee", "８８８")])
        .of_orders(),
    v2(
        "v2/amount-overflow",
        Nothing,
        "And no more than 64 bits hold.",
    )
    .fields(&[Edit::Set("total_fee", "18446744073709552504")])
    .of_orders(),
    v2("v2/amount-words", Nothing, "Words are no amount.")
        .fields(&[Edit::Set("total_fee", "NaN")])
        .of_orders(),
    v2(
        "v2/currency",
        Conflict,
        "888 cents of another country are not 888 fen.",
    )
    .fields(&[Edit::Set("fee_type", "HKD")])
    .of_orders(),
    v2(
        "v2/currency-lower-case",
        Conflict,
        "A currency has capitals; what has none was not asked for.",
    )
    .fields(&[Edit::Set("fee_type", "cny")])
    .of_orders(),
    v2(
        "v2/currency-missing",
        Read,
        "Without a currency it is CNY (the documents' default).",
    )
    .fields(&[Edit::Drop("fee_type")])
    .of_orders(),
    v2(
        "v2/day-old",
        Foreign,
        "Paid before this sale began: somebody else's sale of the same number.",
    )
    .fields(&[Edit::Replace("time_end", "20200101000000")])
    .of_orders(),
    v2(
        "v2/time-missing",
        Nothing,
        "Paid, but when? It could be an earlier sale.",
    )
    .fields(&[Edit::Drop("time_end")])
    .of_orders(),
    v2("v2/time-words", Nothing, "A time that is none.")
        .fields(&[Edit::Set("time_end", "yesterday")])
        .of_orders(),
    v2("v2/time-month-13", Nothing, "There is no thirteenth month.")
        .fields(&[Edit::Set("time_end", "20261301000000")])
        .of_orders(),
    v2(
        "v2/time-unix",
        Nothing,
        "Seconds since 1970 are another notation.",
    )
    .fields(&[Edit::Set("time_end", "1790000000")])
    .of_orders(),
    v2("v2/time-iso", Nothing, "So is APIv3's.")
        .fields(&[Edit::Set("time_end", "2099-01-01T00:00:00+08:00")])
        .of_orders(),
    // States.
    v2(
        "v2/state-unknown",
        Nothing,
        "A state that no document has decides nothing.",
    )
    .fields(&[Edit::Set("trade_state", "PAID")])
    .of_orders(),
    v2("v2/state-missing", Nothing, "No state, no ending.")
        .fields(&[Edit::Drop("trade_state")])
        .of_orders(),
    v2("v2/state-empty", Nothing, "Nor an empty one.")
        .fields(&[Edit::Set("trade_state", "")])
        .of_orders(),
    v2("v2/state-lower-case", Nothing, "Nor one in small letters.")
        .fields(&[Edit::Set("trade_state", "success")])
        .of_orders(),
    v2("v2/state-blank", Nothing, "Nor one with a blank.")
        .fields(&[Edit::Set("trade_state", "SUCCESS ")])
        .of_orders(),
    v2("v2/state-list", Nothing, "Nor two.")
        .fields(&[Edit::Set("trade_state", "SUCCESS,REFUND")])
        .of_orders(),
    v2(
        "v2/state-notpay",
        NotPaid,
        "A proven statement is told as it is; what is on record stays.",
    )
    .fields(&[Edit::Set("trade_state", "NOTPAY")])
    .of_orders(),
    v2("v2/state-payerror", NotPaid, "The same.")
        .fields(&[Edit::Set("trade_state", "PAYERROR")])
        .of_orders(),
    v2("v2/state-userpaying", Paying, "The same.")
        .fields(&[Edit::Set("trade_state", "USERPAYING")])
        .of_orders(),
    v2("v2/state-closed", Closed, "The same.")
        .fields(&[Edit::Set("trade_state", "CLOSED")])
        .of_orders(),
    v2("v2/state-revoked", Reversed, "The same.")
        .fields(&[Edit::Set("trade_state", "REVOKED")])
        .of_orders(),
    v2("v2/state-refund", Refunded, "The same.")
        .fields(&[Edit::Set("trade_state", "REFUND")])
        .of_orders(),
    // Codes.
    v2(
        "v2/return-missing",
        Nothing,
        "Neither SUCCESS nor FAIL is nothing.",
    )
    .fields(&[Edit::Drop("return_code")]),
    v2("v2/return-lower-case", Nothing, "Nor is success.")
        .fields(&[Edit::Set("return_code", "success")]),
    v2(
        "v2/return-fail",
        Nothing,
        "A failure to communicate says nothing about the money.",
    )
    .fields(&[
        Edit::Set("return_code", "FAIL"),
        Edit::Set("return_msg", "系统繁忙"),
    ]),
    v2(
        "v2/result-missing",
        Nothing,
        "An answer without a result has none.",
    )
    .fields(&[Edit::Drop("result_code")]),
    v2(
        "v2/result-unknown",
        Nothing,
        "Nor one with a result that there is not.",
    )
    .fields(&[Edit::Set("result_code", "MAYBE")]),
    v2(
        "v2/result-fail-no-code",
        Nothing,
        "A failure without a reason is no refusal; a close is confirmed by a query.",
    )
    .fields(&[Edit::Set("result_code", "FAIL")])
    .close(Read),
    v2(
        "v2/result-fail-unknown-code",
        Nothing,
        "Nor is one with a reason that no document has.",
    )
    .fields(&[
        Edit::Set("result_code", "FAIL"),
        Edit::Set("err_code", "NEVER_HEARD_OF"),
    ]),
    v2(
        "v2/result-fail-systemerror",
        Nothing,
        "SYSTEMERROR says that it may have been done.",
    )
    .fields(&[
        Edit::Set("result_code", "FAIL"),
        Edit::Set("err_code", "SYSTEMERROR"),
    ]),
    v2(
        "v2/not-exist",
        NotFound,
        "A proven statement about this moment; what is on record stays.",
    )
    .fields(&[
        Edit::Set("result_code", "FAIL"),
        Edit::Set("err_code", "ORDERNOTEXIST"),
    ])
    .of_orders(),
    v2(
        "v2/unsigned-not-exist",
        Forged,
        "An unsigned one is anybody's.",
    )
    .fields(&[
        Edit::Set("result_code", "FAIL"),
        Edit::Set("err_code", "ORDERNOTEXIST"),
    ])
    .seal(Seal::None),
    v2(
        "v2/recall-for-ever",
        Read,
        "A reverse that asks to be repeated for ever is never done.",
    )
    .fields(&[Edit::Set("recall", "Y")])
    .of_orders()
    .reverse(Nothing),
];
