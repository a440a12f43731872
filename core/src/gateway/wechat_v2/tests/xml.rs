//! The strict reader and the writer.

use proptest::prelude::*;

use super::*;
use crate::gateway::Gateway;
use crate::gateway::rules::is_xml_character;
use crate::gateway::wechat_v2::xml::{XmlError, parse, write};

fn read(text: &str) -> Result<Vec<(String, String)>, XmlError> {
    let fields = parse(text.as_bytes())?;
    Ok(fields
        .iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect())
}

fn one(text: &str) -> String {
    match read(text).expect(text).as_slice() {
        [(name, value)] if name == "a" => value.clone(),
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn text_cdata_and_entities_are_read_as_their_characters() {
    for (text, value) in [
        ("<xml><a>1</a></xml>", "1"),
        ("<xml><a><![CDATA[1 < 2 & 3]]></a></xml>", "1 < 2 & 3"),
        ("<xml><a>x<![CDATA[y]]>z</a></xml>", "xyz"),
        ("<xml><a><![CDATA[]]]]><![CDATA[>]]></a></xml>", "]]>"),
        ("<xml><a>&lt;&gt;&amp;&quot;&apos;</a></xml>", "<>&\"'"),
        ("<xml><a>&#65;&#x42;&#x1F35C;&#13;</a></xml>", "AB🍜\r"),
        ("<xml><a>1\r\n2\r3</a></xml>", "1\n2\n3"),
        ("<xml><a> 1 </a></xml>", " 1 "),
        ("<xml ><a\n>1</a ></xml>", "1"),
        ("\u{FEFF}<xml><a>1</a></xml>", "1"),
        (
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<xml><a>1</a></xml>\n",
            "1",
        ),
        ("<?xml version='1.0'?><xml><a>1</a></xml>", "1"),
        (
            "<?xml version=\"1.0\" encoding='utf-8' standalone=\"yes\" ?><xml><a>1</a></xml>",
            "1",
        ),
        ("\n <xml>\t<a>1</a>\r\n</xml> ", "1"),
        ("<xml><a><![CDATA[&amp;]]></a></xml>", "&amp;"),
        ("<xml><a>&amp;lt;</a></xml>", "&lt;"),
        ("<xml><a>1</a><b></b><c/></xml>", "1"),
    ] {
        assert_eq!(one(text), value, "{text}");
    }
    assert_eq!(read("<xml/>"), Ok(Vec::new()));
}

#[test]
fn everything_else_is_refused() {
    for (text, error) in [
        ("", XmlError::Malformed),
        ("garbage", XmlError::StrayText),
        ("<html></html>", XmlError::Root),
        ("<XML><a>1</a></XML>", XmlError::Root),
        ("<xml><a>1</a>", XmlError::Malformed),
        ("<xml><a>1", XmlError::Malformed),
        ("<xml><a>1</a></xm", XmlError::Malformed),
        ("<xml><a>1</b></xml>", XmlError::Malformed),
        ("<xml><a><![CDATA[1</a></xml>", XmlError::Malformed),
        ("<xml><a>1</a></xml><xml/>", XmlError::Malformed),
        ("<xml><a>1</a></xml>more", XmlError::StrayText),
        ("<xml>text<a>1</a></xml>", XmlError::StrayText),
        ("<xml><![CDATA[text]]><a>1</a></xml>", XmlError::StrayText),
        ("<xml>&amp;<a>1</a></xml>", XmlError::StrayText),
        ("<xml><a>1</a><a>2</a></xml>", XmlError::Duplicate),
        ("<xml><a></a><a>2</a></xml>", XmlError::Duplicate),
        ("<xml><a>1</a><a/></xml>", XmlError::Duplicate),
        ("<xml><a><b>1</b></a></xml>", XmlError::Nested),
        ("<xml><a>1<b/></a></xml>", XmlError::Nested),
        ("<xml x=\"1\"><a>1</a></xml>", XmlError::Attributes),
        ("<xml><a x=\"1\">1</a></xml>", XmlError::Attributes),
        ("<xml xmlns=\"urn:x\"><a>1</a></xml>", XmlError::Attributes),
        ("<xml><x:a>1</x:a></xml>", XmlError::Name),
        ("<xml><ä>1</ä></xml>", XmlError::Name),
        ("<xml><a>&nbsp;</a></xml>", XmlError::Entity),
        ("<xml><a>&xxe;</a></xml>", XmlError::Entity),
        ("<xml><a>&#0;</a></xml>", XmlError::Entity),
        ("<xml><a>&#xD800;</a></xml>", XmlError::Entity),
        ("<xml><a>&#x110000;</a></xml>", XmlError::Entity),
        ("<xml><a>&#8;</a></xml>", XmlError::Character),
        ("<xml><a>&#xFFFE;</a></xml>", XmlError::Character),
        ("<xml><a>\u{1}</a></xml>", XmlError::Character),
        ("<xml><a>\0</a></xml>", XmlError::Character),
        ("<xml><a>1 & 2</a></xml>", XmlError::Malformed),
        ("<xml><a>1 ]]> 2</a></xml>", XmlError::Malformed),
        ("<xml><!-- c --><a>1</a></xml>", XmlError::Forbidden),
        ("<xml><a>1<!-- c -->2</a></xml>", XmlError::Forbidden),
        ("<xml><?php 1?><a>1</a></xml>", XmlError::Forbidden),
        ("<xml><a><?php 1?></a></xml>", XmlError::Forbidden),
        ("<!DOCTYPE xml><xml><a>1</a></xml>", XmlError::Forbidden),
        (
            "<xml><a>1</a><?xml version=\"1.0\"?></xml>",
            XmlError::Malformed,
        ),
        (
            " <?xml version=\"1.0\"?><xml><a>1</a></xml>",
            XmlError::Malformed,
        ),
        (
            "<?xml version=\"1.0\" encoding=\"GBK\"?><xml><a>1</a></xml>",
            XmlError::NotUtf8,
        ),
        (
            "<?xml version=\"1.0\" enco><!DOCTYPE x>ding=\"UTF-8\"?><xml><a>1</a></xml>",
            XmlError::Malformed,
        ),
        (
            "<?xml version=\"1.0\" encoding=\"UTF-8\" encoding=\"GBK\"?><xml><a>1</a></xml>",
            XmlError::Malformed,
        ),
        (
            "<?xml encoding=\"UTF-8\"?><xml><a>1</a></xml>",
            XmlError::Malformed,
        ),
        (
            "<?xml version=\"<\"?><xml><a>1</a></xml>",
            XmlError::Malformed,
        ),
        (
            "<?xml version=\"1.0\" standalone=\"&amp;\"?><xml><a>1</a></xml>",
            XmlError::Malformed,
        ),
        (
            "<?xml version=\"1.0\" more=\"1\"?><xml><a>1</a></xml>",
            XmlError::Malformed,
        ),
    ] {
        assert_eq!(read(text), Err(error), "{text}");
    }
}

#[test]
fn bytes_that_are_not_utf8_are_refused() {
    for bytes in [
        &b"<xml><a>\xC4\xE3\xBA\xC3</a></xml>"[..],
        &b"\xFF\xFE<\0x\0m\0l\0/\0>\0"[..],
        &b"<xml><a>\xED\xA0\x80</a></xml>"[..],
    ] {
        assert_eq!(parse(bytes), Err(XmlError::NotUtf8));
    }
}

#[test]
fn size_count_and_length_are_limited() {
    let fields = |count: usize| {
        let fields: String = (0..count).map(|n| format!("<a{n}>1</a{n}>")).collect();
        format!("<xml>{fields}</xml>")
    };
    assert_eq!(read(&fields(512)).map(|fields| fields.len()), Ok(512));
    assert_eq!(read(&fields(513)), Err(XmlError::TooManyFields));

    let value = |length: usize| format!("<xml><a>{}</a></xml>", "x".repeat(length));
    assert_eq!(one(&value(64 * 1024)).len(), 64 * 1024);
    assert_eq!(read(&value(64 * 1024 + 1)), Err(XmlError::ValueTooLong));
    assert_eq!(read(&value(1024 * 1024)), Err(XmlError::TooLong));

    let name = |length: usize| {
        let name = "n".repeat(length);
        format!("<xml><{name}>1</{name}></xml>")
    };
    assert!(read(&name(64)).is_ok());
    assert_eq!(read(&name(65)), Err(XmlError::Name));

    let deep = "<xml>".repeat(10_000);
    assert_eq!(read(&deep), Err(XmlError::Nested));
}

#[test]
fn a_carriage_return_is_written_so_that_it_is_read_back() {
    for name in ["attach", "detail"] {
        let message = write([(name, "1\r\n2\r3")]);
        assert_eq!(parse(&message).unwrap().get(name), Some("1\r\n2\r3"));
    }
}

#[test]
fn the_documents_own_broken_cdata_is_just_text() {
    let value = one("<xml><a>![CDATA[SUCCESS]]</a></xml>");
    assert_eq!(value, "![CDATA[SUCCESS]]");
}

fn xml_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[ -~]{0,40}",
        "(\\]|>|<|&|;|#|!|\\[|CDATA|x|\r|\n){0,20}",
    ]
    .prop_map(|text| text.chars().filter(|c| is_xml_character(*c)).collect())
}

/// Any sale that the rules allow.
fn good_sale() -> impl Strategy<Value = Fields> {
    (
        "[0-9A-Za-z_|*@-]{1,32}",
        "1[0-5][0-9]{16}",
        1..=i32::MAX,
        "[^\\pC\\s][^\\pC]{0,28}[^\\pC\\s]",
        proptest::option::of("[!-~][ -~\u{4E00}-\u{9FFF}]{0,38}[!-~]"),
        proptest::option::of(xml_text()),
        proptest::option::of("[!-~]{1,32}"),
    )
        .prop_map(
            |(number, code, fee, body, attach, goods_name, device_info)| {
                let detail = goods_name.map(|name: String| {
                    serde_json::json!({ "goods_detail": [{ "goods_name": name }] }).to_string()
                });
                [
                    ("out_trade_no", Some(number)),
                    ("auth_code", Some(code)),
                    ("total_fee", Some(fee.to_string())),
                    ("body", Some(body)),
                    ("attach", attach),
                    ("detail", detail),
                    ("device_info", device_info),
                ]
                .into_iter()
                .filter_map(|(name, value)| Some((name, value?)))
                .collect()
            },
        )
}

proptest! {
    #[test]
    fn any_value_is_read_back_as_it_was_written(
        values in proptest::collection::vec(xml_text(), 1..5),
    ) {
        let names = ["attach", "body", "detail", "goods_tag", "scene_info"];
        let fields: Fields = names
            .into_iter()
            .zip(values)
            .filter(|(_, value)| !value.is_empty())
            .collect();

        prop_assert_eq!(parse(&write(fields.iter())), Ok(fields));
    }

    #[test]
    fn any_good_sale_is_read_back_as_it_was_signed(fields in good_sale()) {
        let gateway = gateway();
        let order = gateway.order(&fields).map_err(|e| TestCaseError::fail(e.to_string()))?;
        let message = parse(&gateway.submit(&order, &stamp()).body);
        let message = message.map_err(|e| TestCaseError::fail(e.to_string()))?;

        for (name, value) in order.parameters.iter() {
            prop_assert_eq!(message.get(name), value.as_str());
        }
        for (name, value) in fields.iter() {
            prop_assert_eq!(message.get(name), Some(value));
        }
        prop_assert_eq!(message.iter().count(), order.parameters.iter().count() + 3);
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = parse(&bytes);
    }

    #[test]
    fn no_near_miss_of_a_message_makes_the_reader_panic(
        text in "(<xml>|</xml>|<a>|</a>|<a/>|<!\\[CDATA\\[|\\]\\]>|&#x?[0-9]{0,9};|&[a-z]{0,4};|<!DOCTYPE|<!--|-->|<\\?|\\?>|x| |\0|\u{FEFF}){0,30}",
    ) {
        let _ = parse(text.as_bytes());
    }

    #[test]
    fn no_fields_make_the_checks_panic(
        pairs in proptest::collection::vec((any::<String>(), any::<String>()), 0..6),
        name in proptest::sample::select(vec!["auth_code", "total_fee", "detail", "out_trade_no", "time_start"]),
        value in any::<String>(),
    ) {
        let mut fields = sale_with(name, &value);
        for (name, value) in pairs {
            fields.set(name, value);
        }
        let _ = gateway().order(&fields);
        let _ = hong_kong().order(&fields);
    }

    #[test]
    fn no_reply_makes_the_codec_panic_or_believe_it(
        status in 100u16..600,
        body in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let reply = reply(status, body);
        let gateway = gateway();
        prop_assert!(gateway.read_submit(&expected(), &reply).facts.is_empty());
        prop_assert!(gateway.read_query(&expected(), &reply).facts.is_empty());
        prop_assert!(gateway.read_reverse(&expected(), &reply).facts.is_empty());
    }
}
