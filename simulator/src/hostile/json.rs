//! JSON that is none, or that means two things; in APIv3 rightly signed, so that it is read at all.

use super::Told::{Nothing, Read};
use super::{Case, Gateway, JSON, Text, Told, case};

const UNSIGNED: &[Gateway] = &[Gateway::Fubei, Gateway::Ride];
const WITH_RIDE: &[Gateway] = &[Gateway::V3, Gateway::Fubei, Gateway::Ride];

const fn json(id: &'static str, told: Told, why: &'static str) -> Case {
    case(WITH_RIDE, id, told, why)
}

pub(super) const CASES: &[Case] = &[
    json("json/blank", Nothing, "Blanks are no JSON.").text(&[Text::Whole(b" \n")]),
    case(UNSIGNED, "json/null", Nothing, "JSON, and nothing.").text(&[Text::Whole(b"null")]),
    json("json/true", Nothing, "JSON, and no object.").text(&[Text::Whole(b"true")]),
    json("json/number", Nothing, "Nor is a number.").text(&[Text::Whole(b"0")]),
    json("json/string", Nothing, "Nor a text.").text(&[Text::Whole(b"\"SUCCESS\"")]),
    json("json/list", Nothing, "Nor a list.").text(&[Text::Front(b"["), Text::Back(b"]")]),
    json("json/empty-object", Nothing, "An object without members.")
        .text(&[Text::Whole(b"{}")])
        .reverse(Told::Skipped),
    json("json/xml", Nothing, "Another generation's language.").text(&[Text::Whole(
        b"<xml><trade_state>SUCCESS</trade_state></xml>",
    )]),
    json("json/html", Nothing, "A page.").text(&[Text::Whole(b"<html></html>")]),
    json("json/form", Nothing, "A form.").text(&[Text::Whole(b"trade_state=SUCCESS&errcode=0")]),
    json("json/word", Nothing, "A word.").text(&[Text::Whole(b"SUCCESS")]),
    json("json/jsonp", Nothing, "A call of a function.")
        .text(&[Text::Front(b"callback("), Text::Back(b")")]),
    json("json/prefix", Nothing, "What guards JSON against browsers.")
        .text(&[Text::Front(b")]}',\n")]),
    json("json/two", Nothing, "Two documents.").text(&[Text::Back(b"{}")]),
    json("json/lines", Nothing, "A document a line.").text(&[Text::Back(b"\n{}\n")]),
    json("json/comma-behind", Nothing, "Something is to follow.").text(&[Text::Back(b",")]),
    json(
        "json/nul-behind",
        Nothing,
        "A NUL ends a text for some readers.",
    )
    .text(&[Text::Back(b"\0")]),
    json("json/brace-behind", Nothing, "An end without a beginning.").text(&[Text::Back(b"}")]),
    json("json/cut", Nothing, "The last brace is missing.").text(&[Text::Cut(1)]),
    json("json/cut-more", Nothing, "More of it is missing.").text(&[Text::Cut(12)]),
    json(
        "json/trailing-comma",
        Nothing,
        "JavaScript bears with it, JSON does not.",
    )
    .text(&[Text::Cut(1), Text::Back(b",}")]),
    json("json/leading-comma", Nothing, "Nor with this.").text(&[Text::Swap("{", b"{,")]),
    json("json/comment", Nothing, "Nor with comments.").text(&[Text::Swap("{", b"{/* */")]),
    json("json/line-comment", Nothing, "Of either kind.").text(&[Text::Swap("{", b"{// \n")]),
    json("json/single-quotes", Nothing, "Nor with other quotes.").text(&[Text::SwapAll("\"", "'")]),
    json("json/bare-name", Nothing, "Nor with names that have none.")
        .text(&[Text::Swap("{", b"{a:1,")]),
    json("json/nan", Nothing, "Nor with numbers that are none.")
        .text(&[Text::Swap("{", b"{\"a\":NaN,")]),
    json("json/infinity", Nothing, "Or too large to be one.")
        .text(&[Text::Swap("{", b"{\"a\":Infinity,")]),
    json("json/hex", Nothing, "Or of another base.").text(&[Text::Swap("{", b"{\"a\":0x10,")]),
    json("json/leading-zero", Nothing, "Or that look like one.")
        .text(&[Text::Swap("{", b"{\"a\":010,")]),
    json("json/plus", Nothing, "Or have a sign that they need not.")
        .text(&[Text::Swap("{", b"{\"a\":+1,")]),
    json("json/bare-point", Nothing, "Or begin with a point.")
        .text(&[Text::Swap("{", b"{\"a\":.5,")]),
    json(
        "json/huge-exponent",
        Nothing,
        "Or have an exponent that no machine holds.",
    )
    .text(&[Text::Swap("{", b"{\"a\":1e999,")]),
    json("json/undefined", Nothing, "JavaScript's other nothing.")
        .text(&[Text::Swap("{", b"{\"a\":undefined,")]),
    json("json/true-in-capitals", Nothing, "Python's truth.")
        .text(&[Text::Swap("{", b"{\"a\":True,")]),
    json("json/bad-escape", Nothing, "An escape that there is not.")
        .text(&[Text::Swap("{", b"{\"a\":\"\\x41\",")]),
    json("json/half-escape", Nothing, "Half of one.")
        .text(&[Text::Swap("{", b"{\"a\":\"\\u00\",")]),
    json("json/lone-surrogate", Nothing, "Half of a character.")
        .text(&[Text::Swap("{", b"{\"a\":\"\\ud800\",")]),
    json("json/line-end-in-text", Nothing, "A line end in a text.")
        .text(&[Text::Swap("{", b"{\"a\":\"b\nc\",")]),
    json("json/tab-in-text", Nothing, "A tab in one.")
        .text(&[Text::Swap("{", b"{\"a\":\"b\tc\",")]),
    json("json/nul-in-text", Nothing, "A NUL in one.")
        .text(&[Text::Swap("{", b"{\"a\":\"b\0c\",")]),
    json("json/not-utf8", Nothing, "Bytes that are no letters.")
        .text(&[Text::Swap("{", b"{\"a\":\"\xff\xfe\",")]),
    json(
        "json/overlong",
        Nothing,
        "A letter written longer than it need be.",
    )
    .text(&[Text::Swap("{", b"{\"a\":\"\xc1\x81\",")]),
    json("json/gbk", Nothing, "GBK where UTF-8 was agreed.")
        .text(&[Text::Swap("{", b"{\"a\":\"\xb3\xc9\xb9\xa6\",")]),
    json("json/utf16-be", Nothing, "Two bytes a letter.").text(&[Text::Utf16Be]),
    json("json/utf16-le", Nothing, "The other way round.").text(&[Text::Utf16Le]),
    json(
        "json/byte-order-mark",
        Nothing,
        "JSON has none (RFC 8259 §8.1).",
    )
    .text(&[Text::Front(b"\xef\xbb\xbf")]),
    json(
        "json/twice",
        Nothing,
        "Which of two equal names counts is not for us to guess.",
    )
    .text(&[Text::Swap("{", b"{\"a\":1,\"a\":2,")]),
    json(
        "json/twice-equal",
        Nothing,
        "Nor does it matter that both say the same.",
    )
    .text(&[Text::Swap("{", b"{\"a\":1,\"a\":1,")]),
    json(
        "json/twice-escaped",
        Nothing,
        "Nor that one is written otherwise.",
    )
    .text(&[Text::Swap("{", b"{\"a\":1,\"\\u0061\":2,")]),
    json("json/twice-inside", Nothing, "Nor how deep.")
        .text(&[Text::Swap("{", b"{\"z\":{\"a\":1,\"a\":2},")]),
    json(
        "json/deep-lists",
        Nothing,
        "Lists in lists until the stack ends.",
    )
    .text(&[Text::Front(b"{\"a\":"), Text::Pile("{", "[", 100_000)]),
    json("json/deep-objects", Nothing, "Objects in objects.")
        .text(&[Text::Pile("{", "{\"a\":", 20_000)]),
    json("json/33-deep", Nothing, "One deeper than any answer needs.").text(&[Text::Swap(
        "{",
        b"{\"z\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[0]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]],",
    )]),
    json("json/megabytes", Nothing, "More than any answer has.")
        .text(&[Text::Pile("{", " ", 1_100_000)]),
    json("json/colon-for-comma", Nothing, "A sign for another.")
        .text(&[Text::Swap("{", b"{\"a\":1:")]),
    json(
        "json/name-without-value",
        Nothing,
        "A name with nothing to it.",
    )
    .text(&[Text::Swap("{", b"{\"a\",")]),
    json("json/number-as-name", Nothing, "Names are texts.").text(&[Text::Swap("{", b"{1:1,")]),
    json("json/unclosed-text", Nothing, "A text that does not end.")
        .text(&[Text::Swap("{", b"{\"a")]),
    // What is none of these.
    json(
        "json/blanks",
        Read,
        "Blanks around the document mean nothing.",
    )
    .text(&[Text::Front(b" \r\n\t"), Text::Back(b"\n")]),
    json(
        "json/unknown-member",
        Read,
        "Gateways add members; nobody need know them.",
    )
    .text(&[Text::Swap("{", b"{\"unheard_of\":{\"a\":[1,null,\"x\"]},")]),
    json("json/empty-name", Read, "Even one without a name.").text(&[Text::Swap("{", b"{\"\":1,")]),
    json(
        "json/large-number",
        Read,
        "Or with a number that nobody can hold, where nobody looks.",
    )
    .text(&[Text::Swap("{", b"{\"z\":123456789012345678901234567890,")]),
    json(
        "json/escapes",
        Read,
        "Escapes are the characters that they stand for.",
    )
    .text(&[Text::Swap("{", b"{\"z\":\"\\u0041\\/\\n\\ud83d\\ude00\",")]),
    case(
        JSON,
        "json/almost-the-names",
        Read,
        "Names that look like ours are not ours.",
    )
    .text(&[Text::Swap(
        "{",
        "{\"trade_state \":\"REFUND\",\"Trade_State\":\"REVOKED\",\"tradе_state\":\"CLOSED\","
            .as_bytes(),
    )]),
];
