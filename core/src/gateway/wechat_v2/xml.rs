//! APIv2 messages: `<xml>` with flat children. Strict both ways.
//!
//! Nothing but elements, text, CDATA, the five predefined entities and numeric references is read.
//! Tencent itself probes merchants with external entities, so a document type is an error, not
//! skipped. Comments are errors too: they could split a value, and no gateway sends them.

use std::collections::BTreeMap;
use std::str;

use quick_xml::escape::{escape, resolve_xml_entity};
use quick_xml::events::attributes::Attributes;
use quick_xml::events::{BytesCData, BytesDecl, BytesRef, BytesStart, Event};
use quick_xml::reader::Reader;

use crate::fields::Fields;
use crate::gateway::rules::is_xml_character;

const MAX_MESSAGE_BYTES: usize = 1024 * 1024;
/// Room for most messages of ours.
const ORDINARY_MESSAGE: usize = 1024;
const MAX_FIELDS: usize = 512;
const MAX_NAME_BYTES: usize = 64;
const MAX_VALUE_BYTES: usize = 64 * 1024;

/// Why a message cannot be read; never any of its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum XmlError {
    #[error("the message is longer than 1 MiB")]
    TooLong,
    #[error("the message is not UTF-8")]
    NotUtf8,
    #[error("the message is not well-formed XML, or is cut short")]
    Malformed,
    #[error("a document type, processing instruction or comment is not allowed")]
    Forbidden,
    #[error("the root element is not <xml>")]
    Root,
    #[error("elements may not be nested")]
    Nested,
    #[error("elements may not have attributes")]
    Attributes,
    #[error("an element name is not 1 to 64 letters, digits and underscores")]
    Name,
    #[error("an element appears twice")]
    Duplicate,
    #[error("there are more than 512 elements")]
    TooManyFields,
    #[error("a value is longer than 64 KiB")]
    ValueTooLong,
    #[error("an entity is neither predefined nor a character")]
    Entity,
    #[error("a character that XML 1.0 forbids")]
    Character,
    #[error("text outside of the fields")]
    StrayText,
}

/// Writes a message. Names are trusted; values must be of XML characters.
///
/// `detail` and `scene_info` hold JSON and are protected with CDATA, as the documents ask; everything
/// else is escaped.
pub(super) fn write<'a>(parameters: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<u8> {
    let mut message = String::with_capacity(ORDINARY_MESSAGE);
    let tag = |message: &mut String, open: &str, name: &str| {
        for part in [open, name, ">"] {
            message.push_str(part);
        }
    };
    tag(&mut message, "<", "xml");
    for (name, value) in parameters {
        tag(&mut message, "<", name);
        if matches!(name, "detail" | "scene_info") && !value.contains('\r') {
            for part in BytesCData::escaped(value) {
                message.push_str("<![CDATA[");
                message.push_str(&part);
                message.push_str("]]>");
            }
        } else {
            // A reader turns a bare carriage return into a line feed, which nobody signed.
            for (index, line) in escape(value).split('\r').enumerate() {
                if index > 0 {
                    message.push_str("&#13;");
                }
                message.push_str(line);
            }
        }
        tag(&mut message, "</", name);
    }
    tag(&mut message, "</", "xml");
    message.into_bytes()
}

/// Reads a message: every field it has, known or not.
pub(super) fn parse(message: &[u8]) -> Result<Fields, XmlError> {
    parse_rooted(message, &["xml"])
}

/// The same with one of these root elements.
pub(super) fn parse_rooted(message: &[u8], roots: &[&str]) -> Result<Fields, XmlError> {
    if message.len() > MAX_MESSAGE_BYTES {
        return Err(XmlError::TooLong);
    }
    let text = str::from_utf8(message).map_err(|_| XmlError::NotUtf8)?;
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);

    let mut reader = Reader::from_str(text);
    reader.config_mut().enable_all_checks(true);
    reader.config_mut().expand_empty_elements = true;

    let mut fields = BTreeMap::new();
    let mut place = Place::Start;
    loop {
        let event = reader.read_event().map_err(|_| XmlError::Malformed)?;
        place = match (place, event) {
            (Place::Start, Event::Decl(declaration)) => {
                check_declaration(&declaration)?;
                Place::Prolog
            }
            (Place::Start | Place::Prolog, Event::Start(start)) => {
                if !roots.contains(&start.name().as_ref()) {
                    return Err(XmlError::Root);
                }
                check_no_attributes(&start)?;
                Place::Root
            }
            (Place::Root, Event::Start(start)) => {
                let name = field_name(&start)?;
                if fields.len() == MAX_FIELDS {
                    return Err(XmlError::TooManyFields);
                }
                Place::Field(name, String::new())
            }
            (Place::Root, Event::End(_)) => Place::End,
            (Place::Field(name, mut value), event) => match event {
                Event::Text(part) => {
                    if part.contains("]]>") {
                        return Err(XmlError::Malformed);
                    }
                    append(&mut value, &part.xml10_content())?;
                    Place::Field(name, value)
                }
                Event::CData(part) => {
                    append(&mut value, &part.xml10_content())?;
                    Place::Field(name, value)
                }
                Event::GeneralRef(reference) => {
                    append(&mut value, &resolve(&reference)?)?;
                    Place::Field(name, value)
                }
                Event::End(_) => {
                    if fields.insert(name, value).is_some() {
                        return Err(XmlError::Duplicate);
                    }
                    Place::Root
                }
                Event::Start(_) | Event::Empty(_) => return Err(XmlError::Nested),
                Event::Eof | Event::Decl(_) => return Err(XmlError::Malformed),
                Event::Comment(_) | Event::DocType(_) | Event::PI(_) => {
                    return Err(XmlError::Forbidden);
                }
            },
            (Place::End, Event::Eof) => return Ok(fields.into()),
            (place, Event::Text(between)) => {
                if !between.chars().all(is_blank) {
                    return Err(XmlError::StrayText);
                }
                place.after_blanks()
            }
            (_, Event::CData(_) | Event::GeneralRef(_)) => return Err(XmlError::StrayText),
            (_, Event::Comment(_) | Event::DocType(_) | Event::PI(_)) => {
                return Err(XmlError::Forbidden);
            }
            (
                _,
                Event::Eof | Event::Decl(_) | Event::Start(_) | Event::End(_) | Event::Empty(_),
            ) => return Err(XmlError::Malformed),
        };
    }
}

/// Where in the message the reader is.
enum Place {
    Start,
    Prolog,
    Root,
    Field(String, String),
    End,
}

impl Place {
    /// A declaration may only be the very first thing.
    fn after_blanks(self) -> Self {
        match self {
            Self::Start => Self::Prolog,
            other => other,
        }
    }
}

/// The reader looks for what it wants to know in a declaration, whatever is around it.
fn check_declaration(declaration: &BytesDecl<'_>) -> Result<(), XmlError> {
    let said = Attributes::new(declaration, "xml".len())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| XmlError::Malformed)?;
    let names: Vec<_> = said.iter().map(|one| one.key.as_ref()).collect();
    let plain = |value: &str| {
        value
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
    };
    if !matches!(
        names[..],
        ["version"]
            | ["version", "encoding"]
            | ["version", "standalone"]
            | ["version", "encoding", "standalone"]
    ) || !said.iter().all(|one| plain(&one.value))
    {
        return Err(XmlError::Malformed);
    }
    match declaration.encoding() {
        None => Ok(()),
        Some(Ok(encoding)) if encoding.eq_ignore_ascii_case("utf-8") => Ok(()),
        Some(Ok(_)) => Err(XmlError::NotUtf8),
        Some(Err(_)) => Err(XmlError::Malformed),
    }
}

fn check_no_attributes(start: &BytesStart<'_>) -> Result<(), XmlError> {
    if start.attributes_raw().chars().all(is_blank) {
        Ok(())
    } else {
        Err(XmlError::Attributes)
    }
}

fn field_name(start: &BytesStart<'_>) -> Result<String, XmlError> {
    check_no_attributes(start)?;
    let name = start.name();
    let name = name.as_ref();
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if name.is_empty() || name.len() > MAX_NAME_BYTES || !name.bytes().all(allowed) {
        return Err(XmlError::Name);
    }
    Ok(name.to_owned())
}

fn append(value: &mut String, part: &str) -> Result<(), XmlError> {
    // What most values are made of is quickly told.
    let plain = part.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if !plain && !part.chars().all(is_xml_character) {
        return Err(XmlError::Character);
    }
    if value.len() + part.len() > MAX_VALUE_BYTES {
        return Err(XmlError::ValueTooLong);
    }
    value.push_str(part);
    Ok(())
}

fn resolve(reference: &BytesRef<'_>) -> Result<String, XmlError> {
    match reference.resolve_char_ref() {
        Ok(Some(character)) => Ok(character.to_string()),
        Ok(None) => resolve_xml_entity(reference)
            .map(str::to_owned)
            .ok_or(XmlError::Entity),
        Err(_) => Err(XmlError::Entity),
    }
}

fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r' | '\n')
}
