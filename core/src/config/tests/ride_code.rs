//! `[ride_code]`.

use super::*;
use crate::config::{
    DeductUrl, RideCodeConfig, RideSignType, SignKeyStyle, TextEncoding as Encoding,
};

/// Line numbers count from here.
const RIDE: &str = r#"gateway = "fubei"

[journal]
path = "wxpay-journal.db"

[fubei]
app_id = "20161219113441561987"
secret = "hush-0123456789"

[ride_code]
mch_id = "1230000109"
deduct_url = "https://rides.example.com:8443/deduct?v=1&access_token={access_token}"
access_token = "hush-token"
sign_type = "MD5"
sign_key = "hush-sign"
aes_key = "hush-0123456789a"
aes_key_encoding = "raw"
"#;

fn with(from: &str, to: &str) -> String {
    assert!(RIDE.contains(from), "{from}");
    RIDE.replacen(from, to, 1)
}

fn ride_and_warnings(text: &str) -> (RideCodeConfig, Vec<String>) {
    let config = checked(text).unwrap_or_else(|error| panic!("{error}"));
    (config.ride_code.expect("a section"), config.warnings)
}

fn ride(text: &str) -> RideCodeConfig {
    let (ride, warnings) = ride_and_warnings(text);
    assert_eq!(warnings, Vec::<String>::new());
    ride
}

fn url_of(text: &str) -> DeductUrl {
    let start = RIDE.find("deduct_url").unwrap();
    let end = RIDE.find("sign_type").unwrap();
    let line = format!("deduct_url = \"{text}\"\n");
    ride(&format!("{}{line}{}", &RIDE[..start], &RIDE[end..]))
        .deduct_url
        .expect("an address")
}

#[test]
fn what_is_not_given_has_the_documented_defaults() {
    let config = ride(RIDE);
    assert_eq!(config.mch_id, "1230000109");
    assert_eq!(config.appid, None);
    let url = config.deduct_url.unwrap();
    assert_eq!(url.host.as_str(), "https://rides.example.com:8443/");
    assert_eq!(url.path, "/deduct?v=1&access_token={access_token}");
    assert!(url.wants_access_token());
    assert_eq!(config.access_token.unwrap().expose(), "hush-token");
    let sign = config.sign.unwrap();
    assert_eq!(sign.sign_type, RideSignType::Md5);
    assert_eq!(sign.key.expose(), "hush-sign");
    let five = ["appid", "mch_id", "nonce_str", "encrypted_data", "iv"];
    assert_eq!(sign.fields, five);
    assert!(sign.skip_empty && !sign.lower_case);
    assert_eq!(sign.key_style, SignKeyStyle::AmpKey);
    let seal = config.seal.unwrap();
    let encodings = (seal.iv_encoding, seal.data_encoding);
    assert_eq!(encodings, (Encoding::Base64, Encoding::Base64));
}

#[test]
fn every_value_can_be_given() {
    let text = with(
        "aes_key = \"hush-0123456789a\"\naes_key_encoding = \"raw\"",
        "appid = \"wx0000000000000001\"\nsign_fields = [\"iv\", \"encrypted_data\"]\nsign_skip_empty = false\n\
         sign_key_style = \"suffix\"\nsign_case = \"lower\"\naes_key = { file = \"ride_aes_key.txt\" }\n\
         aes_key_encoding = \"base64\"\niv_encoding = \"hex\"\ndata_encoding = \"hex\"",
    );
    let config = ride(&text);
    assert_eq!(config.appid.as_deref(), Some("wx0000000000000001"));
    let sign = config.sign.unwrap();
    assert_eq!(sign.fields, ["iv", "encrypted_data"]);
    assert!(!sign.skip_empty && sign.lower_case);
    assert_eq!(sign.key_style, SignKeyStyle::Suffix);
    let seal = config.seal.unwrap();
    let encodings = (seal.iv_encoding, seal.data_encoding);
    assert_eq!(encodings, (Encoding::Hex, Encoding::Hex));
}

#[test]
fn what_tencent_hands_over_may_all_be_absent_and_so_may_the_section() {
    let bare = &RIDE[..RIDE.find("deduct_url").unwrap()];
    let config = ride(bare);
    assert!(config.deduct_url.is_none() && config.access_token.is_none());
    assert!(config.sign.is_none() && config.seal.is_none());

    let none = &RIDE[..RIDE.find("[ride_code]").unwrap()];
    assert!(checked(none).unwrap().ride_code.is_none());
}

#[test]
fn it_stands_beside_any_gateway() {
    let section = &RIDE[RIDE.find("[ride_code]").unwrap()..];
    let config = checked(&format!("{BASE}{section}")).unwrap();
    assert_eq!(config.ride_code.unwrap().mch_id, "1230000109");
}

#[test]
fn a_key_may_be_of_three_lengths_and_written_in_three_ways() {
    for (key, encoding) in [
        ("0123456789abcdef", "raw"),
        ("0123456789abcdef01234567", "raw"),
        ("0123456789abcdef0123456789abcdef", "raw"),
        ("00112233445566778899aabbccddeeFF", "hex"),
        ("tiihtNczf5v6AKRyjwEUhQ==", "base64"),
        ("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "base64"),
    ] {
        let text = with("hush-0123456789a", key);
        let text = text.replacen("\"raw\"", &format!("\"{encoding}\""), 1);
        assert!(ride(&text).seal.is_some(), "{key}");
    }
}

#[test]
fn an_address_is_kept_in_two_parts() {
    for (text, host, path) in [
        ("https://a.example/deduct", "https://a.example/", "/deduct"),
        (
            "https://A.example:443/d/?x=1",
            "https://a.example/",
            "/d/?x=1",
        ),
        (
            "https://[2001:db8::1]/d?t={access_token}&x=1",
            "https://[2001:db8::1]/",
            "/d?t={access_token}&x=1",
        ),
    ] {
        let url = url_of(text);
        assert_eq!((url.host.as_str(), url.path.as_str()), (host, path));
        assert_eq!(url.wants_access_token(), text.contains('{'));
    }
}

#[test]
fn unsigned_callbacks_are_taken_by_name_only_and_with_a_warning() {
    let text = with("\"MD5\"\nsign_key = \"hush-sign\"", "\"NONE\"");
    let (config, warnings) = ride_and_warnings(&text);
    assert_eq!(config.sign.unwrap().sign_type, RideSignType::None);
    assert_eq!(warnings.len(), 1);
    let place = "wxpay.toml:14: ride_code.sign_type: NONE: callbacks are believed without";
    assert!(warnings[0].starts_with(place), "{}", warnings[0]);

    let with_key = with("\"MD5\"", "\"NONE\"");
    let (config, warnings) = ride_and_warnings(&with_key);
    assert_eq!(config.sign.unwrap().key.expose(), "");
    assert_eq!(warnings.len(), 1);
}

#[test]
fn a_signature_that_leaves_out_what_it_protects_is_warned_of() {
    let text = with("aes_key =", "sign_fields = [\"mch_id\", \"iv\"]\naes_key =");
    let (_, warnings) = ride_and_warnings(&text);
    assert_eq!(warnings.len(), 1);
    let place = "wxpay.toml:16: ride_code.sign_fields: leaves out encrypted_data: ";
    assert!(warnings[0].starts_with(place), "{}", warnings[0]);
}

#[test]
fn no_secret_is_in_a_debug_text_and_no_query_either() {
    let text = with("v=1", "app_key=hush-query");
    let debug = format!("{:?}", checked(&text).unwrap());
    assert!(!debug.contains("hush"), "{debug}");
    assert!(
        debug.contains("DeductUrl(https://rides.example.com:8443/deduct)"),
        "{debug}"
    );
}

#[test]
fn the_pages_example_is_a_configuration_and_the_reference_lists_every_key() {
    let page = include_str!("../../../../docs/ride-code.md").replace("\r\n", "\n");
    let example = page.split("```toml\n").nth(1).unwrap();
    let example = example.split("```").next().unwrap();
    let config = ride(&format!(
        "{}{example}",
        &RIDE[..RIDE.find("[ride_code]").unwrap()]
    ));
    assert!(config.deduct_url.is_some() && config.sign.is_some() && config.seal.is_some());

    let reference = include_str!("../../../../docs/configuration.md");
    let section = reference.split("## `[ride_code]`").nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let listed: Vec<_> = section
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .collect();
    assert_eq!(listed, crate::config::ride_code::KEYS);
}

#[test]
fn an_address_and_a_token_have_an_end() {
    let longest = format!("https://a.example/{}", "d".repeat(2048 - 18));
    assert_eq!(url_of(&longest).path.len(), 2048 - 17);
    let longer = with(URL, &format!("{longest}d"));
    assert_eq!(checked(&longer).unwrap_err().to_string(), URL_ERROR);

    let token = "t".repeat(1024);
    assert!(ride(&with("hush-token", &token)).access_token.is_some());
    let error = checked(&with("hush-token", &format!("{token}t"))).unwrap_err();
    assert!(error.to_string().contains("must be 1 to 1024"), "{error}");
}

const URL: &str = "https://rides.example.com:8443/deduct?v=1&access_token={access_token}";
const URL_ERROR: &str = r#"wxpay.toml:12: ride_code.deduct_url: must be like "https://host.example/path?access_token={access_token}": https with a path, no user name, no fragment"#;
const BRACES: &str = "wxpay.toml:12: ride_code.deduct_url: may hold {access_token} once, behind the question mark, and no other braces";
const KEY: &str = "aes_key = \"hush-0123456789a\"\naes_key_encoding = \"raw\"\n";

/// Piece of the base, what stands there instead, the error.
#[rustfmt::skip]
const TABLE: &[(&str, &str, &str)] = &[
    ("mch_id = \"1230000109\"", "", "wxpay.toml:10: ride_code.mch_id: is missing; it is the merchant number (商户号) of the rides"),
    ("\"1230000109\"", "1230000109", "wxpay.toml:11: ride_code.mch_id: must be text in quotes"),
    ("1230000109", "hush", "wxpay.toml:11: ride_code.mch_id: must be up to 32 digits, as in 10000100"),
    ("mch_id", "appid = \"wx 1\"\nmch_id", "wxpay.toml:11: ride_code.appid: must be up to 32 letters and digits, as in wx2421b1c4370ec43b"),
    ("mch_id", "mchid", "wxpay.toml:11: ride_code.mchid: is unknown; did you mean mch_id?"),
    ("[ride_code]", "[ridecode]", "wxpay.toml:10: ridecode: is unknown; did you mean ride_code?"),
    // deduct_url, access_token
    (URL, "http://a.example/d?access_token={access_token}", URL_ERROR),
    (URL, "https://a.example/?access_token={access_token}", URL_ERROR),
    (URL, "https://a.example?access_token={access_token}", URL_ERROR),
    (URL, "https://hush@a.example/d?access_token={access_token}", URL_ERROR),
    (URL, "https://:hush@a.example/d?access_token={access_token}", URL_ERROR),
    (URL, "https://a.example/d?access_token={access_token}#x", URL_ERROR),
    (URL, "https://a.example/d 1?access_token={access_token}", URL_ERROR),
    (URL, "a.example/d", URL_ERROR),
    (URL, "https:///d?x", URL_ERROR),
    (URL, "https://a.example/{access_token}", BRACES),
    (URL, "https://a.example/d?a={access_token}&b={access_token}", BRACES),
    (URL, "https://a.example/d?access_token={ACCESS_TOKEN}", BRACES),
    (URL, "https://a.example/d?access_token={access_token}&x={y}", BRACES),
    (URL, "https://a.example/d?access_token=hush", "wxpay.toml:12: ride_code.deduct_url: must say access_token={access_token}; the token itself goes into access_token"),
    (URL, "https://a.example/d?access_token=hush{access_token}", "wxpay.toml:12: ride_code.deduct_url: must say access_token={access_token}; the"),
    (URL, "https://a.example/d", "wxpay.toml:13: ride_code.access_token: would never be sent: deduct_url has no place for it. Write …?access_token={access_token} there, or take it out"),
    ("deduct_url = \"https://rides.example.com:8443/deduct?v=1&access_token={access_token}\"", "", "wxpay.toml:10: ride_code.deduct_url: is missing; access_token is sent to it"),
    ("hush-token", "hush token", "wxpay.toml:13: ride_code.access_token: must be 1 to 1024 printable ASCII characters without blanks"),
    ("\"hush-token\"", "{ env = \"WXPAY_NONE\" }", "wxpay.toml:13: ride_code.access_token.env: the environment variable WXPAY_NONE is not set in this process"),
    // the signature
    ("sign_type = \"MD5\"", "", "wxpay.toml:10: ride_code.sign_type: is missing; sign_key needs it; \"HMAC-SHA256\", \"MD5\" or \"NONE\""),
    ("sign_type = \"MD5\"\nsign_key = \"hush-sign\"", "sign_case = \"lower\"", "wxpay.toml:10: ride_code.sign_type: is missing; sign_case needs it; "),
    ("sign_key = \"hush-sign\"", "", "wxpay.toml:10: ride_code.sign_key: is missing; it is the key of sign_type, from Tencent"),
    ("\"MD5\"\nsign_key = \"hush-sign\"", "\"HMAC-SHA256\"", "wxpay.toml:10: ride_code.sign_key: is missing; it is the key of sign_type, from Tencent"),
    ("\"MD5\"", "\"md5\"", "wxpay.toml:14: ride_code.sign_type: must be \"HMAC-SHA256\" or \"MD5\" or \"NONE\""),
    ("\"hush-sign\"", "\"\"", "wxpay.toml:15: ride_code.sign_key: must be text in quotes (not empty), { file = \"…\" } or { env = \"…\" }"),
    ("hush-sign", "hush\\n", "wxpay.toml:15: ride_code.sign_key: must not hold control characters such as line ends"),
    ("aes_key =", "sign_fields = []\naes_key =", "wxpay.toml:16: ride_code.sign_fields: must name what is signed; without it: appid, mch_id, nonce_str, encrypted_data, iv"),
    ("aes_key =", "sign_fields = [\"iv\", \"sign\"]\naes_key =", "wxpay.toml:16: ride_code.sign_fields: must be \"appid\" or \"mch_id\" or \"nonce_str\" or \"encrypted_data\" or \"iv\""),
    ("aes_key =", "sign_fields = [\"iv\", \"iv\"]\naes_key =", "wxpay.toml:16: ride_code.sign_fields: names iv twice"),
    ("aes_key =", "sign_skip_empty = \"no\"\naes_key =", "wxpay.toml:16: ride_code.sign_skip_empty: must be true or false, without quotes"),
    ("aes_key =", "sign_key_style = \"key\"\naes_key =", "wxpay.toml:16: ride_code.sign_key_style: must be \"amp_key\" or \"suffix\""),
    ("aes_key =", "sign_case = \"Upper\"\naes_key =", "wxpay.toml:16: ride_code.sign_case: must be \"upper\" or \"lower\""),
    // the encryption
    ("aes_key_encoding = \"raw\"", "", "wxpay.toml:10: ride_code.aes_key_encoding: is missing; say how aes_key is written: \"raw\", \"hex\" or \"base64\"; there is no default"),
    (KEY, "aes_key_encoding = \"raw\"", "wxpay.toml:10: ride_code.aes_key: is missing; aes_key_encoding needs it; it is the key of callbacks, from Tencent"),
    (KEY, "iv_encoding = \"hex\"", "wxpay.toml:10: ride_code.aes_key: is missing; iv_encoding needs it; "),
    ("hush-0123456789a", "hush-0123456789", "wxpay.toml:16: ride_code.aes_key: must be 16, 24 or 32 bytes, has 15 read as aes_key_encoding says; is that right?"),
    ("\"raw\"", "\"hex\"", "wxpay.toml:16: ride_code.aes_key: is not what aes_key_encoding says; copy it as Tencent gave it, without blanks"),
    ("\"raw\"", "\"base64\"", "wxpay.toml:16: ride_code.aes_key: is not what aes_key_encoding says; copy it as Tencent gave it, without blanks and with its = at the end"),
    ("\"raw\"", "\"ascii\"", "wxpay.toml:17: ride_code.aes_key_encoding: must be \"base64\" or \"hex\" or \"raw\""),
    ("\"raw\"", "\"raw\"\niv_encoding = \"text\"", "wxpay.toml:18: ride_code.iv_encoding: must be \"base64\" or \"hex\" or \"raw\""),
    ("\"raw\"", "\"raw\"\ndata_encoding = \"raw\"", "wxpay.toml:18: ride_code.data_encoding: must be \"base64\" or \"hex\""),
];

#[test]
fn every_mistake_is_named_with_its_place_and_the_remedy_and_without_the_secret() {
    for (from, to, wanted) in TABLE {
        let error = checked(&with(from, to)).expect_err(to).to_string();
        assert!(
            error.starts_with(wanted),
            "{to}\n have {error}\n want {wanted}"
        );
        assert!(!error.contains("hush"), "{error}");
    }
}
