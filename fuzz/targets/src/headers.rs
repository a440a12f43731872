//! Header lines that a host's web server hands over.

use wxpay_core::client::fuzzing::read_headers;

/// Any text as header lines.
pub fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Some(headers) = read_headers(&text) else {
        return;
    };
    assert!(text.len() <= 64 * 1024 && headers.len() <= 128);
    let mut written = String::new();
    for (name, value) in &headers {
        assert!((1..=64).contains(&name.len()) && !name.contains(char::is_uppercase));
        assert!(!name.contains([' ', ':', '\r', '\n']));
        assert!(value.len() <= 8 * 1024 && !value.contains(['\r', '\n', '\0']));
        written += &format!("{name}: {value}\r\n");
    }
    // A name and a colon without a blank are shorter by that blank.
    if written.len() <= 64 * 1024 {
        assert_eq!(read_headers(&written), Some(headers));
    }
}
