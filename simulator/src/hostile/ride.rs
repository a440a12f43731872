//! The ride code's answers: nobody signs them, and nothing in them says that money has moved.

use super::Told::{Nothing, Read};
use super::{Case, Edit, RIDE, Text, Told, case};

const fn ride(id: &'static str, told: Told, why: &'static str) -> Case {
    case(RIDE, id, told, why)
}

pub(super) const CASES: &[Case] = &[
    ride("ride/empty", Nothing, "Nothing at all.").text(&[Text::Whole(b"")]),
    ride(
        "ride/no-errcode",
        Nothing,
        "Without a code it is not said that the ride was taken on.",
    )
    .fields(&[Edit::Drop("/errcode")]),
    ride("ride/errcode-null", Nothing, "Nothing is no code.")
        .fields(&[Edit::Set("/errcode", "null")]),
    ride("ride/errcode-true", Nothing, "Nor is a truth.").fields(&[Edit::Set("/errcode", "true")]),
    ride("ride/errcode-false", Nothing, "Nor is it zero, as in C.")
        .fields(&[Edit::Set("/errcode", "false")]),
    ride("ride/errcode-list", Nothing, "Nor is a list.").fields(&[Edit::Set("/errcode", "[0]")]),
    ride("ride/errcode-object", Nothing, "Nor an object.").fields(&[Edit::Set("/errcode", "{}")]),
    ride("ride/errcode-decimal", Nothing, "A code is whole.")
        .fields(&[Edit::Set("/errcode", "0.5")]),
    ride("ride/errcode-words", Nothing, "And no word.").fields(&[Edit::Set("/errcode", "\"ok\"")]),
    ride("ride/errcode-empty", Nothing, "And not empty.").fields(&[Edit::Set("/errcode", "\"\"")]),
    ride("ride/errcode-blank", Nothing, "And has no blanks.")
        .fields(&[Edit::Set("/errcode", "\" 0\"")]),
    ride("ride/errcode-hex", Nothing, "And is decimal.")
        .fields(&[Edit::Set("/errcode", "\"0x0\"")]),
    ride("ride/errcode-text", Read, "Its digits as text are as good.")
        .fields(&[Edit::Set("/errcode", "\"0\"")]),
    ride(
        "ride/errcode-one",
        Nothing,
        "A code that no document lists decides nothing.",
    )
    .fields(&[Edit::Set("/errcode", "1")]),
    ride(
        "ride/errcode-huge",
        Nothing,
        "Nor one that no machine holds.",
    )
    .fields(&[Edit::Set("/errcode", "99999999999999999999")]),
    ride(
        "ride/errcode-capitals",
        Nothing,
        "A name in capitals is another name.",
    )
    .fields(&[Edit::Rename("/errcode", "/ErrCode")]),
    ride(
        "ride/errcode-twice",
        Nothing,
        "Which of two codes counts is not for us to guess.",
    )
    .text(&[Text::Swap("{", b"{\"errcode\":0,")]),
    ride(
        "ride/busy",
        Nothing,
        "A busy server may have deducted all the same.",
    )
    .fields(&[Edit::Set("/errcode", "-1")]),
    ride(
        "ride/says-paid",
        Read,
        "A state in the answer is no news: the callback tells.",
    )
    .fields(&[
        Edit::Set("/trade_state", "\"SUCCESS\""),
        Edit::Set("/transaction_id", "\"1\""),
    ]),
    ride("ride/message-long", Read, "A long message is cut.")
        .fields(&[Edit::Long("/errmsg", 10_000)]),
    ride(
        "ride/message-number",
        Read,
        "One that is no text is left out.",
    )
    .fields(&[Edit::Set("/errmsg", "17")]),
    ride("ride/80-kib", Nothing, "More than any answer has.")
        .fields(&[Edit::Long("/errmsg", 80_000)]),
];
