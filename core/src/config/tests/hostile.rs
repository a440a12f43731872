use proptest::prelude::*;

use super::*;
use crate::config::LIMIT;

#[test]
fn a_document_made_to_exhaust_the_parser_is_an_error_like_any_other() {
    let long = LIMIT - 100;
    for text in [
        format!("a = {}", "[".repeat(long)),
        format!("a = {}", "{a=".repeat(long / 3)),
        format!("a{} = 1", ".a".repeat(long / 2)),
        format!("[a{}]", ".a".repeat(long / 2)),
        "gateway = 1\n".repeat(long / 12),
        format!("{} = 1", "x".repeat(long)),
        format!("gateway = \"{}\"", "x".repeat(long)),
    ] {
        let error = Config::from_toml(&text).unwrap_err().to_string();
        assert!(error.len() < 200, "{error}");
    }
}

/// Lines that reach every part of the checks.
fn line() -> impl Strategy<Value = String> {
    let keys = "gateway|language|encoding|path|lease|appid|mch_id|api_key|hosts|region|proxy|ca_file|window|reverse|client_certificate|mchid|sp_mchid|sub_mchid|serial_no|private_key|certificate|api_v3_key|public_key_id|public_key|platform_certificates|platform_certificate_cache|platform_ca|deduct_url|access_token|sign_type|sign_key|sign_fields|aes_key|aes_key_encoding|[a-zé_.]{1,8}";
    let values = "[0-9]{1,3}|true|\"[0-9a-zA-Z:/.@ ]{0,34}\"|\\[(\"[a-z:/]{0,9}\",){0,3}\\]|\\{ (file|env|p12|cert|key) = \"[a-z0-9_.]{0,12}\" \\}|[\\PC]{0,8}";
    let header = "\\[{1,2}(journal|wechat_v2|wechat_v3|policy|transport|fubei|ride_code|[a-z\"'.]{0,5})\\]{0,2}";
    prop_oneof![
        3 => (keys, values).prop_map(|(key, value)| format!("{key} = {value}")),
        1 => header.prop_map(|text| text),
        1 => any::<String>(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn any_text_gives_a_configuration_or_an_error(lines in prop::collection::vec(line(), 0..12)) {
        let lines = lines.join("\n");
        let _ = checked(&lines);
        for version in ["2", "3"] {
            let begin = format!("gateway = \"wechat-v{version}\"\njournal.path = \"a\"\n[wechat_v{version}]\n");
            let _ = checked(&(begin + &lines));
        }
    }

    #[test]
    fn no_slip_of_the_keyboard_brings_the_key_into_an_error(
        index in any::<prop::sample::Index>(),
        removed in 0..6_usize,
        inserted in "[\\PC\n]{0,3}",
    ) {
        let mut text: Vec<char> = BASE.chars().collect();
        let start = index.index(text.len());
        let end = (start + removed).min(text.len());
        text.splice(start..end, inserted.chars());
        let text: String = text.into_iter().collect();
        if let Err(ConfigError(error)) = checked(&text) {
            prop_assert!(!error.contains("56789abcdef"), "{error}");
        }
    }
}
