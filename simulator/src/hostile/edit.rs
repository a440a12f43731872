//! Changes as data: of fields, of text, of headers, and the kinds of signatures.

use serde_json::Value;

/// A change of the fields. In JSON a name is a pointer (`/amount/total`) and a value is JSON; in XML and
/// forms both are plain.
#[derive(Clone, Copy, Debug)]
pub enum Edit {
    /// Sets a field, there or not.
    Set(&'static str, &'static str),
    /// Sets a field if it is there.
    Replace(&'static str, &'static str),
    /// Leaves a field out.
    Drop(&'static str),
    /// Calls a field something else.
    Rename(&'static str, &'static str),
    /// XML, forms: writes a field once more, before the first one.
    Again(&'static str, &'static str),
    /// Writes so many fields more: the name with a number, and the value.
    Many(usize, &'static str, &'static str),
    /// A text of so many `x`.
    Long(&'static str, usize),
    /// Adds something to the end of a text.
    Append(&'static str, &'static str),
}

/// A change of a body's bytes.
#[derive(Clone, Copy, Debug)]
pub enum Text {
    /// Other bytes.
    Whole(&'static [u8]),
    /// In front.
    Front(&'static [u8]),
    /// At the end.
    Back(&'static [u8]),
    /// The first occurrence of a text becomes bytes.
    Swap(&'static str, &'static [u8]),
    /// Every occurrence.
    SwapAll(&'static str, &'static str),
    /// So many bytes are missing at the end.
    Cut(usize),
    /// So many times the same in front of the first occurrence of a text.
    Pile(&'static str, &'static str, usize),
    /// UTF-16, with a byte order mark: big-endian.
    Utf16Be,
    /// The same, little-endian.
    Utf16Le,
    /// Small letters for capitals.
    Lower,
}

/// A change of the headers.
#[derive(Clone, Copy, Debug)]
pub enum Headers {
    /// Sets it, there or not.
    Set(&'static str, &'static str),
    /// Leaves it out.
    Drop(&'static str),
    /// Once more.
    Again(&'static str, &'static str),
    /// Once more with the value that it has.
    Twice(&'static str),
    /// Adds something to the end of the value.
    Append(&'static str, &'static str),
    /// Cuts so many characters off the end.
    Cut(&'static str, usize),
    /// Its value becomes that of another.
    Copy(&'static str, &'static str),
}

/// The signature that is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seal {
    /// The right one.
    Right,
    /// None.
    None,
    /// Of the right form, and wrong.
    Wrong,
    /// APIv2: by another key; APIv3: by a stranger's, under the stranger's serial.
    OtherKey,
    /// APIv3: by a stranger's key under the platform's serial.
    Impostor,
    /// APIv2: by the other algorithm.
    OtherAlgorithm,
    /// APIv2: with no key at all.
    NoKey,
    /// APIv2: in small letters.
    Lower,
    /// Made this many seconds ago (APIv3).
    Old(i64),
    /// APIv3: over the body alone, without time and nonce.
    BodyAlone,
    /// APIv3: over the body without its last line end.
    NoLineEnd,
}

/// Changes XML's or a form's fields.
pub(crate) fn pairs(fields: &mut Vec<(String, String)>, edits: &[Edit]) {
    for edit in edits {
        let at = |fields: &[(String, String)], name: &str| {
            fields.iter().position(|(known, _)| known == name)
        };
        match *edit {
            Edit::Set(name, value) => match at(fields, name) {
                Some(at) => fields[at].1 = value.to_owned(),
                None => fields.push((name.to_owned(), value.to_owned())),
            },
            Edit::Replace(name, value) => {
                if let Some(at) = at(fields, name) {
                    fields[at].1 = value.to_owned();
                }
            }
            Edit::Drop(name) => fields.retain(|(known, _)| known != name),
            Edit::Rename(name, other) => {
                if let Some(at) = at(fields, name) {
                    fields[at].0 = other.to_owned();
                }
            }
            Edit::Again(name, value) => {
                let place = at(fields, name).unwrap_or(0);
                fields.insert(place, (name.to_owned(), value.to_owned()));
            }
            Edit::Many(count, name, value) => {
                fields.extend((0..count).map(|n| (format!("{name}{n}"), value.to_owned())));
            }
            Edit::Long(name, length) => {
                let long = "x".repeat(length);
                match at(fields, name) {
                    Some(at) => fields[at].1 = long,
                    None => fields.push((name.to_owned(), long)),
                }
            }
            Edit::Append(name, more) => {
                if let Some(at) = at(fields, name) {
                    fields[at].1.push_str(more);
                }
            }
        }
    }
}

/// Changes a JSON document's members.
pub(crate) fn json_fields(document: &mut Value, edits: &[Edit]) {
    for edit in edits {
        match *edit {
            Edit::Set(name, value) | Edit::Again(name, value) => set(document, name, value),
            Edit::Replace(name, value) => {
                if document.pointer(name).is_some() {
                    set(document, name, value);
                }
            }
            Edit::Drop(name) => {
                take(document, name);
            }
            Edit::Rename(name, other) => {
                if let Some(value) = take(document, name) {
                    put(document, other, value);
                }
            }
            Edit::Many(count, name, value) => {
                for n in 0..count {
                    set(document, &format!("{name}{n}"), value);
                }
            }
            Edit::Long(name, length) => put(document, name, "x".repeat(length).into()),
            Edit::Append(name, more) => {
                if let Some(Value::String(text)) = document.pointer_mut(name) {
                    text.push_str(more);
                }
            }
        }
    }
}

fn set(document: &mut Value, name: &str, value: &str) {
    // A test reads every value of the table.
    put(
        document,
        name,
        serde_json::from_str(value).unwrap_or_default(),
    );
}

fn put(document: &mut Value, name: &str, value: Value) {
    let (parent, name) = name.rsplit_once('/').unwrap_or(("", name));
    if let Some(Value::Object(parent)) = document.pointer_mut(parent) {
        parent.insert(name.to_owned(), value);
    }
}

fn take(document: &mut Value, name: &str) -> Option<Value> {
    let (parent, name) = name.rsplit_once('/').unwrap_or(("", name));
    document.pointer_mut(parent)?.as_object_mut()?.remove(name)
}

/// Changes a body.
pub(crate) fn bytes(body: &mut Vec<u8>, texts: &[Text]) {
    for text in texts {
        match *text {
            Text::Whole(other) => *body = other.to_vec(),
            Text::Front(front) => drop(body.splice(0..0, front.iter().copied())),
            Text::Back(back) => body.extend_from_slice(back),
            Text::Swap(from, to) => {
                if let Some(at) = find(body, from.as_bytes()) {
                    drop(body.splice(at..at + from.len(), to.iter().copied()));
                }
            }
            Text::SwapAll(from, to) => {
                *body = String::from_utf8_lossy(body).replace(from, to).into_bytes();
            }
            Text::Cut(count) => body.truncate(body.len().saturating_sub(count)),
            Text::Pile(before, what, count) => {
                if let Some(at) = find(body, before.as_bytes()) {
                    drop(body.splice(at..at, what.repeat(count).into_bytes()));
                }
            }
            Text::Utf16Be => *body = utf16(body, u16::to_be_bytes),
            Text::Utf16Le => *body = utf16(body, u16::to_le_bytes),
            Text::Lower => body.make_ascii_lowercase(),
        }
    }
}

fn utf16(body: &[u8], order: fn(u16) -> [u8; 2]) -> Vec<u8> {
    let text = format!("\u{FEFF}{}", String::from_utf8_lossy(body));
    text.encode_utf16().flat_map(order).collect()
}

fn find(body: &[u8], wanted: &[u8]) -> Option<usize> {
    body.windows(wanted.len()).position(|have| have == wanted)
}

/// Changes headers.
pub(crate) fn told_headers(headers: &mut Vec<(&'static str, String)>, edits: &[Headers]) {
    for edit in edits {
        let value = |headers: &[(&str, String)], name: &str| {
            let found = headers.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        let replace = |headers: &mut Vec<(&'static str, String)>, name: &'static str, value| {
            headers.retain(|(known, _)| *known != name);
            headers.push((name, value));
        };
        match *edit {
            Headers::Set(name, value) => replace(headers, name, value.to_owned()),
            Headers::Drop(name) => headers.retain(|(known, _)| *known != name),
            Headers::Again(name, value) => headers.push((name, value.to_owned())),
            Headers::Twice(name) => {
                let value = value(headers, name);
                headers.push((name, value));
            }
            Headers::Append(name, more) => {
                let value = value(headers, name) + more;
                replace(headers, name, value);
            }
            Headers::Cut(name, count) => {
                let mut value = value(headers, name);
                value.truncate(value.len().saturating_sub(count));
                replace(headers, name, value);
            }
            Headers::Copy(name, from) => {
                let value = value(headers, from);
                replace(headers, name, value);
            }
        }
    }
}
