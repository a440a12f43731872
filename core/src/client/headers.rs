//! Pure: the header lines of an HTTP request, as a host's web server hands them over.

const MAX_BYTES: usize = 64 * 1024;
const MAX_LINES: usize = 128;
const MAX_NAME_BYTES: usize = 64;
const MAX_VALUE_BYTES: usize = 8 * 1024;

/// Why lines cannot be read; never any of their content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum HeaderError {
    #[error("longer than 64 KiB together")]
    TooLong,
    #[error("more than 128 lines")]
    TooMany,
    #[error("line {0}: not \"Name: value\"; give the header lines alone, without the request line")]
    Shape(usize),
    #[error("line {0}: continues the line before it; unfold it")]
    Folded(usize),
    #[error("line {0}: longer than 8 KiB")]
    ValueTooLong(usize),
    #[error("line {0}: a control character")]
    Control(usize),
}

/// Names in lower case and values without outer blanks, in order. Lines end with LF or CR LF; empty
/// ones may stand at the end.
pub(super) fn parse(text: &str) -> Result<Vec<(String, String)>, HeaderError> {
    if text.len() > MAX_BYTES {
        return Err(HeaderError::TooLong);
    }
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        return Ok(Vec::new());
    }
    text.split('\n')
        .enumerate()
        .map(|(index, line)| {
            if index == MAX_LINES {
                return Err(HeaderError::TooMany);
            }
            header(line.strip_suffix('\r').unwrap_or(line), index + 1)
        })
        .collect()
}

fn header(line: &str, number: usize) -> Result<(String, String), HeaderError> {
    if line.starts_with([' ', '\t']) {
        return Err(HeaderError::Folded(number));
    }
    let (name, value) = line.split_once(':').ok_or(HeaderError::Shape(number))?;
    if name.is_empty() || name.len() > MAX_NAME_BYTES || !name.bytes().all(is_token) {
        return Err(HeaderError::Shape(number));
    }
    if value.len() > MAX_VALUE_BYTES {
        return Err(HeaderError::ValueTooLong(number));
    }
    if value
        .chars()
        .any(|character| character.is_control() && character != '\t')
    {
        return Err(HeaderError::Control(number));
    }
    let value = value.trim_matches([' ', '\t']);
    Ok((name.to_ascii_lowercase(), value.to_owned()))
}

/// `tchar` of RFC 9110.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Vec<(String, String)> {
        parse(text).unwrap()
    }

    #[test]
    fn lines_are_read_with_either_line_end_and_without_outer_blanks() {
        let lines = "Wechatpay-Serial: PUB_KEY_ID_1\r\nContent-Type:application/json\nX-Empty:\nA: \t b c \t\r\n\r\n";
        let wanted = [
            ("wechatpay-serial", "PUB_KEY_ID_1"),
            ("content-type", "application/json"),
            ("x-empty", ""),
            ("a", "b c"),
        ];
        let wanted = wanted.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(read(lines), wanted);
        assert_eq!(read(""), []);
        assert_eq!(read("\r\n\n"), []);
    }

    #[test]
    fn a_colon_in_a_value_belongs_to_it_and_equal_names_are_all_kept() {
        let lines = "Host: 192.0.2.7:443\nX: 1\nx: 2";
        assert_eq!(read(lines)[0].1, "192.0.2.7:443");
        assert_eq!(
            read(lines)[1..],
            [("x".into(), "1".into()), ("x".into(), "2".into())]
        );
    }

    #[test]
    fn what_is_no_header_line_is_refused_with_its_number() {
        for (text, error) in [
            ("POST /notify HTTP/1.1\r\nA: b", HeaderError::Shape(1)),
            ("A: b\n\nC: d", HeaderError::Shape(2)),
            ("A: b\n: d", HeaderError::Shape(2)),
            ("A b: c", HeaderError::Shape(1)),
            ("A : c", HeaderError::Shape(1)),
            ("Ä: c", HeaderError::Shape(1)),
            ("A: b\r\n c", HeaderError::Folded(2)),
            ("A: b\n\tc", HeaderError::Folded(2)),
            (" A: b", HeaderError::Folded(1)),
            ("A: b\rC: d", HeaderError::Control(1)),
            ("A: b\0", HeaderError::Control(1)),
            ("A: b\u{85}c", HeaderError::Control(1)),
        ] {
            assert_eq!(parse(text), Err(error), "{text:?}");
        }
    }

    #[test]
    fn sizes_are_limited() {
        let lines = |count: usize| "a: b\n".repeat(count);
        assert_eq!(read(&lines(MAX_LINES)).len(), MAX_LINES);
        assert_eq!(parse(&lines(MAX_LINES + 1)), Err(HeaderError::TooMany));
        let value = |length: usize| format!("a:{}", "b".repeat(length));
        assert_eq!(read(&value(MAX_VALUE_BYTES)).len(), 1);
        let error = Err(HeaderError::ValueTooLong(1));
        assert_eq!(parse(&value(MAX_VALUE_BYTES + 1)), error);
        let name = |length: usize| format!("{}: b", "a".repeat(length));
        assert_eq!(read(&name(MAX_NAME_BYTES)).len(), 1);
        assert_eq!(parse(&name(MAX_NAME_BYTES + 1)), Err(HeaderError::Shape(1)));
        assert_eq!(
            parse(&"\n".repeat(MAX_BYTES + 1)),
            Err(HeaderError::TooLong)
        );
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_without_a_panic(text in any::<String>()) {
            let _ = parse(&text);
        }

        #[test]
        fn anything_like_header_lines_is_read_or_refused_without_a_panic(
            text in "([A-Za-z-]{0,5}[: \t\r\n\0é]{0,3}){0,40}"
        ) {
            for (name, value) in parse(&text).unwrap_or_default() {
                prop_assert!(!name.is_empty() && name == name.to_ascii_lowercase());
                prop_assert!(!value.contains(['\r', '\n', '\0']));
            }
        }

        #[test]
        fn what_was_written_is_read_back(
            lines in prop::collection::vec(("[a-z][a-z0-9-]{0,20}", "([!-~]([ -~]{0,40}[!-~])?)?"), 0..20),
            crlf in any::<bool>(),
        ) {
            let end = if crlf { "\r\n" } else { "\n" };
            let text: String = lines
                .iter()
                .map(|(name, value)| format!("{name}: {value}{end}"))
                .collect();
            prop_assert_eq!(parse(&text), Ok(lines));
        }
    }
}
