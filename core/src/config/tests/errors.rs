use super::*;
use crate::config::LIMIT;

/// Piece of the base, what stands there instead, the error. Every text that a test passes as a
/// secret contains `hush` or is the base's key.
#[rustfmt::skip]
const TABLE: &[(&str, &str, &str)] = &[
    // the document
    ("\n\n[journal]", "\nkey =\n[journal]", "wxpay.toml:2: is not TOML: "),
    ("[policy]", "[policy", "wxpay.toml:12: is not TOML: "),
    ("api_key = \"", "api_key = \"hush\"hush", "wxpay.toml:9: is not TOML: "),
    ("[policy]", "[journal]", "wxpay.toml:12: is not TOML: duplicate key"),
    // top level
    ("gateway = \"wechat-v2\"", "", "wxpay.toml: gateway: is missing; write gateway = \"wechat-v2\", \"wechat-v3\" or \"fubei\""),
    ("\"wechat-v2\"", "\"alipay\"", "wxpay.toml:1: gateway: must be \"wechat-v2\" or \"wechat-v3\" or \"fubei\""),
    ("\"wechat-v2\"", "2", "wxpay.toml:1: gateway: must be text in quotes"),
    ("\"wechat-v2\"", "\"\"", "wxpay.toml:1: gateway: must not be empty"),
    ("\"wechat-v2\"", "\"fubei\"", "wxpay.toml: fubei: is missing; gateway = \"fubei\" needs this section"),
    ("[policy]", "[fubei]\nappid = \"hush\"\n[policy]", "wxpay.toml:13: fubei.appid: is unknown; did you mean app_id?"),
    ("\"wechat-v2\"", "\"wechat-v3\"", "wxpay.toml: wechat_v3: is missing; gateway = \"wechat-v3\" needs this section"),
    ("[policy]", "[wechat_v3]\nmch_id = \"hush\"\n[policy]", "wxpay.toml:13: wechat_v3.mch_id: is unknown; did you mean mchid?"),
    ("[policy]", "wechat_v3 = 1\n[policy]", "wxpay.toml:12: wechat_v2.wechat_v3: is unknown; known here: appid, mch_id, sub_appid, sub_mch_id, api_key, sign_type, client_certificate, auth_code_check, region, hosts"),
    ("[policy]", "[polciy]", "wxpay.toml:12: polciy: is unknown; did you mean policy?"),
    ("\n\n[journal]", "\nlang = 1\n[journal]", "wxpay.toml:2: lang: is unknown; known here: gateway, language, encoding, journal, wechat_v2, wechat_v3, fubei, ride_code, policy, transport"),
    ("\n\n[journal]", "\nlanguage = \"de\"\n[journal]", "wxpay.toml:2: language: must be \"zh-CN\" or \"en\""),
    ("\n\n[journal]", "\nencoding = \"big5\"\n[journal]", "wxpay.toml:2: encoding: must be \"utf-8\" or \"gbk\""),
    // [journal]
    ("path = \"wxpay-journal.db\"", "", "wxpay.toml:3: journal.path: is missing; write path = \"wxpay-journal.db\", a file on a local disk"),
    ("[journal]\npath = \"wxpay-journal.db\"", "", "wxpay.toml: journal.path: is missing; write path = \"wxpay-journal.db\", a file on a local disk"),
    ("[journal]\npath = \"wxpay-journal.db\"", "journal = 1", "wxpay.toml:3: journal: must be a table with path, lease"),
    ("wxpay-journal.db", "/nowhere/wxpay.db", "wxpay.toml:4: journal.path: the folder /nowhere does not exist; create it"),
    ("wxpay-journal.db", "/shop/data", "wxpay.toml:4: journal.path: is a folder; name a file in it"),
    ("\n\n[wechat_v2]", "\nlease = \"0s\"\n[wechat_v2]", "wxpay.toml:5: journal.lease: must be longer than zero"),
    ("\n\n[wechat_v2]", "\nlaese = \"9s\"\n[wechat_v2]", "wxpay.toml:5: journal.laese: is unknown; did you mean lease?"),
    // [wechat_v2]
    ("appid = \"wx2421b1c4370ec43b\"", "", "wxpay.toml:6: wechat_v2.appid: is missing; it is the app id bound to the merchant number"),
    ("wx2421b1c4370ec43b", "wx2421 b1c4370ec43b", "wxpay.toml:7: wechat_v2.appid: must be up to 32 letters and digits, as in wx2421b1c4370ec43b"),
    ("wx2421b1c4370ec43b", "wx2421b1c4370ec43bwx2421b1c4370ec", "wxpay.toml:7: wechat_v2.appid: must be up to 32 letters and digits, as in wx2421b1c4370ec43b"),
    ("mch_id = \"10000100\"", "", "wxpay.toml:6: wechat_v2.mch_id: is missing; it is the merchant number (商户号)"),
    ("mch_id = \"10000100\"", "mch_id = 10000100", "wxpay.toml:8: wechat_v2.mch_id: must be text in quotes"),
    ("10000100", "1000010O", "wxpay.toml:8: wechat_v2.mch_id: must be up to 32 digits, as in 10000100"),
    ("api_key =", "sub_appid = \"wx-1\"\napi_key =", "wxpay.toml:9: wechat_v2.sub_appid: must be up to 32 letters and digits, as in wx2421b1c4370ec43b"),
    ("api_key =", "sub_mch_id = \"x\"\napi_key =", "wxpay.toml:9: wechat_v2.sub_mch_id: must be up to 32 digits, as in 10000100"),
    ("api_key = ", "apikey = ", "wxpay.toml:9: wechat_v2.apikey: is unknown; did you mean api_key?"),
    ("api_key = \"0123456789abcdef0123456789ABCDEF\"", "", "wxpay.toml:6: wechat_v2.api_key: is missing; it is the APIv2 key of 商户平台 → 账户中心 → API安全"),
    ("0123456789abcdef0123456789ABCDEF", "hush56789abcdef0123456789ABCDEF", "wxpay.toml:9: wechat_v2.api_key: must be 32 characters, has 31; copy the APIv2 key from where it was set (商户平台 → 账户中心 → API安全), or set a new one there"),
    ("0123456789abcdef0123456789ABCDEF", "hush56789abcdef0123456789ABCDEF ", "wxpay.toml:9: wechat_v2.api_key: must be ASCII without blanks, has other characters; copy the APIv2 key from where it was set (商户平台 → 账户中心 → API安全), or set a new one there"),
    ("0123456789abcdef0123456789ABCDEF", "hush56789abcdef0123456789ABCDEFＦ", "wxpay.toml:9: wechat_v2.api_key: must be ASCII without blanks, has other characters; copy"),
    ("\"0123456789abcdef0123456789ABCDEF\"", "\"\"", "wxpay.toml:9: wechat_v2.api_key: must be text in quotes (not empty), { file = \"…\" } or { env = \"…\" }"),
    ("\"0123456789abcdef0123456789ABCDEF\"", "5", "wxpay.toml:9: wechat_v2.api_key: must be text in quotes (not empty), { file = \"…\" } or { env = \"…\" }"),
    ("\"0123456789abcdef0123456789ABCDEF\"", "{ }", "wxpay.toml:9: wechat_v2.api_key: must have either file = \"…\" or env = \"…\""),
    ("\"0123456789abcdef0123456789ABCDEF\"", "{ file = \"api_key.txt\", env = \"WXPAY_API_KEY\" }", "wxpay.toml:9: wechat_v2.api_key: must have either file = \"…\" or env = \"…\""),
    ("\"0123456789abcdef0123456789ABCDEF\"", "{ fiel = \"api_key.txt\" }", "wxpay.toml:9: wechat_v2.api_key.fiel: is unknown; did you mean file?"),
    ("\"0123456789abcdef0123456789ABCDEF\"", "{ file = \"/nowhere.txt\" }", "wxpay.toml:9: wechat_v2.api_key.file: cannot read /nowhere.txt: entity not found"),
    ("\"0123456789abcdef0123456789ABCDEF\"", "{ file = \"empty.txt\" }", "wxpay.toml:9: wechat_v2.api_key.file: the file is empty"),
    ("\"0123456789abcdef0123456789ABCDEF\"", "{ file = \"utf-16.txt\" }", "wxpay.toml:9: wechat_v2.api_key.file: the file is not UTF-8 text; save it as UTF-8"),
    ("\"0123456789abcdef0123456789ABCDEF\"", "{ file = \"/shop/long.txt\" }", "wxpay.toml:9: wechat_v2.api_key.file: cannot read /shop/long.txt: it is too large"),
    ("\"0123456789abcdef0123456789ABCDEF\"", "{ file = \"short.txt\" }", "wxpay.toml:9: wechat_v2.api_key: must be 32 characters, has 31; copy"),
    ("\"0123456789abcdef0123456789ABCDEF\"", "{ env = \"WXPAY_NONE\" }", "wxpay.toml:9: wechat_v2.api_key.env: the environment variable WXPAY_NONE is not set in this process"),
    ("\"0123456789abcdef0123456789ABCDEF\"", "{ env = \"WXPAY_EMPTY\" }", "wxpay.toml:9: wechat_v2.api_key.env: the environment variable WXPAY_EMPTY is not set in this process"),
    ("api_key =", "sign_type = \"SHA1\"\napi_key =", "wxpay.toml:9: wechat_v2.sign_type: must be \"HMAC-SHA256\" or \"MD5\""),
    ("api_key =", "region = \"us\"\napi_key =", "wxpay.toml:9: wechat_v2.region: must be \"mainland\" or \"hk\""),
    ("api_key =", "auth_code_check = \"no\"\napi_key =", "wxpay.toml:9: wechat_v2.auth_code_check: must be true or false, without quotes"),
    (BASE, "gateway = \"wechat-v2\"\n[journal]\npath = \"wxpay.db\"", "wxpay.toml: wechat_v2: is missing; gateway = \"wechat-v2\" needs this section"),
    // hosts
    ("api_key =", "hosts = \"https://api.mch.weixin.qq.com\"\napi_key =", "wxpay.toml:9: wechat_v2.hosts: must be an array such as [\"…\", \"…\"]"),
    ("api_key =", "hosts = []\napi_key =", "wxpay.toml:9: wechat_v2.hosts: must name 1 to 8 hosts; without hosts the region's own are used"),
    ("api_key =", "hosts = [\n  \"https://a\",\n  \"https://A/\",\n]\napi_key =", "wxpay.toml:11: wechat_v2.hosts: names one host twice"),
    ("api_key =", "hosts = [\n  1,\n]\napi_key =", "wxpay.toml:10: wechat_v2.hosts: must be text in quotes"),
    ("api_key =", "hosts = [\"http://a\"]\napi_key =", HOST_ERROR),
    ("api_key =", "hosts = [\"api.mch.weixin.qq.com\"]\napi_key =", HOST_ERROR),
    ("api_key =", "hosts = [\"https://a/pay\"]\napi_key =", HOST_ERROR),
    ("api_key =", "hosts = [\"https://a/?b\"]\napi_key =", HOST_ERROR),
    ("api_key =", "hosts = [\"https://a/#b\"]\napi_key =", HOST_ERROR),
    ("api_key =", "hosts = [\"https://hush@a\"]\napi_key =", HOST_ERROR),
    ("api_key =", "hosts = [\"https://:hush@a\"]\napi_key =", HOST_ERROR),
    ("api_key =", "hosts = [\"https://\"]\napi_key =", HOST_ERROR),
    // client_certificate
    ("client_certificate = { p12 = \"aes.p12\" }", "", "wxpay.toml:6: wechat_v2: client_certificate is missing; reversing needs it. Give { p12 = \"apiclient_cert.p12\" }, or write reverse = \"never\" in [policy]"),
    ("{ p12 = \"aes.p12\" }", "\"aes.p12\"", "wxpay.toml:10: wechat_v2.client_certificate: must be a table with p12, password, cert, key"),
    ("p12 = \"aes.p12\"", "", CERTIFICATE_ERROR),
    ("p12 = \"aes.p12\"", "cert = \"rsa.pem\"", CERTIFICATE_ERROR),
    ("p12 = \"aes.p12\"", "p12 = \"aes.p12\", key = \"rsa.key.pem\"", CERTIFICATE_ERROR),
    ("p12 = \"aes.p12\"", "cert = \"rsa.pem\", key = \"rsa.key.pem\", password = \"hush\"", CERTIFICATE_ERROR),
    ("aes.p12", "/nowhere.p12", "wxpay.toml:10: wechat_v2.client_certificate.p12: cannot read /nowhere.p12: entity not found"),
    ("aes.p12", "rsa.pem", "wxpay.toml:10: wechat_v2.client_certificate.p12: the file is damaged or not a PKCS#12 file; download it again"),
    ("aes.p12", "no-key.p12", "wxpay.toml:10: wechat_v2.client_certificate.p12: the file holds no private key"),
    ("p12 = \"aes.p12\"", "p12 = \"aes.p12\", password = \"hush\"", "wxpay.toml:10: wechat_v2.client_certificate.password: the file does not open: the password is wrong; it is the mch_id unless it was changed"),
    ("\"10000100\"", "\"10000101\"", "wxpay.toml:10: wechat_v2.client_certificate.p12: the file does not open: the password is wrong; mch_id was tried; give the right one as password"),
    ("p12 = \"aes.p12\"", "cert = \"rsa.key.pem\", key = \"rsa.key.pem\"", "wxpay.toml:10: wechat_v2.client_certificate.cert: the file holds no certificate"),
    ("p12 = \"aes.p12\"", "cert = \"rsa.pem\", key = \"rsa.pem\"", "wxpay.toml:10: wechat_v2.client_certificate.key: the file holds no private key"),
    ("p12 = \"aes.p12\"", "cert = \"version1.pem\", key = \"rsa.key.pem\"", "wxpay.toml:10: wechat_v2.client_certificate.cert: the file holds a certificate that cannot be read (X.509 version 3 is needed)"),
    ("p12 = \"aes.p12\"", "cert = \"rsa.pem\", key = \"ec.key.pem\"", "wxpay.toml:10: wechat_v2.client_certificate.key: the private key does not belong to the certificate; both must be from one download"),
    ("p12 = \"aes.p12\"", "cert = \"rsa.pem\", key = \"rsa.encrypted.key.pem\"", "wxpay.toml:10: wechat_v2.client_certificate.key: the file holds an encrypted private key; decrypt it with `openssl pkey -in encrypted.pem -out apiclient_key.pem`"),
    // [policy]
    ("\"mainland\"", "\"uk\"", "wxpay.toml:13: policy.profile: must be \"mainland\" or \"hk\""),
    ("profile = \"mainland\"", "reverse = \"no\"", "wxpay.toml:13: policy.reverse: must be \"automatic\" or \"never\""),
    ("profile = \"mainland\"", "confirm_declines = 1", "wxpay.toml:13: policy.confirm_declines: must be true or false, without quotes"),
    ("profile = \"mainland\"", "on_recovered_paid = \"keep\"", "wxpay.toml:13: policy.on_recovered_paid: must be \"report\" or \"reverse\""),
    ("profile = \"mainland\"", "reverse = \"never\"\non_recovered_paid = \"reverse\"", "wxpay.toml:12: policy: on_recovered_paid = \"reverse\" cannot be done with reverse = \"never\"; remove one"),
    ("profile = \"mainland\"", "first_query = \"46s\"", "wxpay.toml:12: policy: first_query (46s) must not be longer than window (45s)"),
    ("profile = \"mainland\"", "window = \"14s\"", "wxpay.toml:12: policy: reverse_not_before (15s) must not be longer than window (14s)"),
    ("profile = \"mainland\"", "reverse_budget = \"1s\"", "wxpay.toml:12: policy: reverse_interval (2s) must not be longer than reverse_budget (1s)"),
    ("profile = \"mainland\"", "confirm_interval = \"46s\"", "wxpay.toml:12: policy: confirm_interval (46s) must not be longer than reverse_budget (45s)"),
    ("profile = \"mainland\"", "query_interval = \"0s\"", "wxpay.toml:13: policy.query_interval: must be longer than zero"),
    ("profile = \"mainland\"", "window = \"0ms\"", "wxpay.toml:13: policy.window: must be longer than zero"),
    ("profile = \"mainland\"", "reverse_budget = \"0s\"", "wxpay.toml:13: policy.reverse_budget: must be longer than zero"),
    ("profile = \"mainland\"", "reverse_interval = \"0s\"", "wxpay.toml:13: policy.reverse_interval: must be longer than zero"),
    ("profile = \"mainland\"", "window = \"10m1s\"", "wxpay.toml:13: policy.window: must be 10 minutes at most"),
    ("profile = \"mainland\"", "window = 45", DURATION_ERROR),
    ("profile = \"mainland\"", "window = \"45\"", DURATION_ERROR),
    ("profile = \"mainland\"", "window = \"-45s\"", DURATION_ERROR),
    ("profile = \"mainland\"", "window = \"45s ago\"", DURATION_ERROR),
    ("profile = \"mainland\"", "window = \"soon\"", DURATION_ERROR),
    ("profile = \"mainland\"", "window = \"00:00:45\"", DURATION_ERROR),
    ("profile = \"mainland\"", "window = \"PT45S\"", DURATION_ERROR),
    ("profile = \"mainland\"", "window = \"\"", DURATION_ERROR),
    ("profile = \"mainland\"", "first_qurey = \"5s\"", "wxpay.toml:13: policy.first_qurey: is unknown; did you mean first_query?"),
    // [transport]
    ("connect_timeout", "conect_timeout", "wxpay.toml:16: transport.conect_timeout: is unknown; did you mean connect_timeout?"),
    ("connect_timeout = \"5s\"", "connect_timeout = \"0s\"", "wxpay.toml:16: transport.connect_timeout: must be longer than zero"),
    ("connect_timeout = \"5s\"", "answer_timeout = \"0s\"", "wxpay.toml:16: transport.answer_timeout: must be longer than zero"),
    ("connect_timeout = \"5s\"", "ca_file = \"/nowhere.pem\"", "wxpay.toml:16: transport.ca_file: cannot read /nowhere.pem: entity not found"),
    ("connect_timeout = \"5s\"", "ca_file = \"rsa.key.pem\"", "wxpay.toml:16: transport.ca_file: the file holds no certificate"),
    ("connect_timeout = \"5s\"", "ca_file = \"not-a-root.pem\"", "wxpay.toml:16: transport.ca_file: certificate 1 of the file cannot be trusted: it is no X.509 CA certificate"),
    ("connect_timeout = \"5s\"", "proxy = \"ftp://hush:hush@proxy\"", PROXY_ERROR),
    ("connect_timeout = \"5s\"", "proxy = \"10.0.0.1:3128\"", PROXY_ERROR),
    ("connect_timeout = \"5s\"", "proxy = \"http://hush@proxy/pac\"", PROXY_ERROR),
    ("connect_timeout = \"5s\"", "proxy = \"http://proxy/?hush\"", PROXY_ERROR),
    ("connect_timeout = \"5s\"", "proxy = \"socks5://\"", PROXY_ERROR),
];

const HOST_ERROR: &str = "wxpay.toml:9: wechat_v2.hosts: must be like \"https://api.mch.weixin.qq.com\": https, no path, query or user name";
const CERTIFICATE_ERROR: &str = "wxpay.toml:10: wechat_v2.client_certificate: must have either p12 (and password unless it is mch_id), or cert and key";
const DURATION_ERROR: &str = "wxpay.toml:13: policy.window: must be a duration in quotes such as \"5s\", \"250ms\" or \"1m30s\"";
const PROXY_ERROR: &str = "wxpay.toml:16: transport.proxy: must be like \"http://10.0.0.1:3128\"; schemes: http, https, socks4, socks4a, socks5, socks5h";

#[test]
fn every_mistake_is_named_with_its_place_and_the_remedy() {
    for (old, new, expected) in TABLE {
        let error = checked(&base_with(old, new)).expect_err(new).to_string();
        let open_ended = expected.ends_with("copy") || expected.contains("is not TOML");
        let fits = match open_ended {
            true => error.starts_with(expected),
            false => error == **expected,
        };
        assert!(fits, "{new:?}\n  gives    {error}\n  expected {expected}");
        assert!(!error.contains('\n'), "more than one line: {error}");
    }
}

#[test]
fn no_error_holds_a_secret() {
    for (old, new, _) in TABLE {
        if let Err(ConfigError(error)) = checked(&base_with(old, new)) {
            assert!(!error.contains("hush"), "{error}");
            assert!(!error.contains(API_KEY), "{error}");
        }
    }
}

#[test]
fn a_certificate_out_of_its_time_is_refused() {
    let before = checked_at(BASE, 0).unwrap_err().to_string();
    assert!(
        before.starts_with(
            "wxpay.toml:10: wechat_v2.client_certificate.p12: the certificate is valid from 20"
        ) && before.ends_with("only, and this machine's clock says 1970-01-01; set the clock"),
        "{before}"
    );
    let after = checked_at(BASE, 5_000_000_000).unwrap_err().to_string();
    assert!(
        after.contains("the certificate expired on 21")
            && after.ends_with(
                "(this machine's clock says 2128-06-11); \
                 get a new one at 商户平台 → 账户中心 → API安全"
            ),
        "{after}"
    );
}

#[test]
fn text_without_a_file_is_called_configuration_and_limited() {
    let error = Config::from_toml("gateway = 1").unwrap_err();
    assert_eq!(
        error.to_string(),
        "configuration:1: gateway: must be text in quotes"
    );
    let error = Config::from_toml(&"#".repeat(LIMIT + 1)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "configuration: is larger than 262144 bytes"
    );
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wxpay.toml");
    let error = |path: &Path| Config::from_file(path).unwrap_err().to_string();

    assert!(error(&path).contains("wxpay.toml: cannot be read: "));
    assert!(error(folder.path()).ends_with("cannot be read: it is not a file"));
    std::fs::write(&path, b"gateway = \"\xD6\xD0\"").unwrap();
    assert!(error(&path).ends_with("wxpay.toml: is not UTF-8 text; save it as UTF-8"));
    std::fs::write(&path, vec![b'#'; LIMIT + 1]).unwrap();
    assert!(error(&path).ends_with("cannot be read: it is larger than 262144 bytes"));
}
