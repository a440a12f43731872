//! The XML of APIv2: what was read is written and read again as the same, and limits hold.

use wxpay_core::gateway::wechat_v2::fuzzing::{read_xml, write_xml};

/// Any bytes as a message.
pub fn run(data: &[u8]) {
    let Some(fields) = read_xml(data) else {
        return;
    };
    assert!(data.len() <= 1024 * 1024);
    assert!(fields.iter().count() <= 512);
    for (name, value) in fields.iter() {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        assert!(
            (1..=64).contains(&name.len()) && name.bytes().all(plain),
            "{name}"
        );
        assert!(value.len() <= 64 * 1024, "{name} is too long");
        assert!(!value.contains(['\0', '\u{fffe}', '\u{ffff}']), "{name}");
    }
    let text = str::from_utf8(data).expect("what is not UTF-8 is not read");
    if !text.contains("<![CDATA[") {
        assert!(
            !text.contains("<!"),
            "a document type or a comment was read"
        );
        assert!(text.matches("<?").count() <= 1, "an instruction was read");
    }

    let written = write_xml(&fields);
    let again = read_xml(&written).expect("what was written is a message");
    assert!(
        fields.iter().eq(again.iter()),
        "written otherwise than read"
    );
    assert_eq!(write_xml(&again), written);
}
