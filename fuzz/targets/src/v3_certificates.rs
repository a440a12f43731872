//! Platform certificates of APIv3: none is taken up that no authority issued. No seed is one that was
//! issued, and nobody can make one up.

use serde_json::json;
use wxpay_core::gateway::KeySource as _;

use crate::{input, shop, v3};

/// As a download's body, as what a download seals, or as the file that is kept; then the bytes.
pub fn run(data: &[u8]) {
    let (how, data) = input::choice(data, 3);
    let gateway = v3::without_keys();
    let result = match how {
        0 => {
            let (headers, body) = input::headers(data);
            gateway.install(&shop::reply(200, headers, body))
        }
        1 => {
            let (serial, pem) = match data.iter().position(|byte| *byte == b'\n') {
                Some(end) => (&data[..end], &data[end + 1..]),
                None => (&b""[..], data),
            };
            let body = json!({ "data": [{
                "serial_no": String::from_utf8_lossy(serial),
                "encrypt_certificate": v3::sealed(pem, "certificate"),
            }]});
            gateway.install(&shop::reply(200, Vec::new(), body.to_string().as_bytes()))
        }
        _ => gateway.restore(data, shop::NOW),
    };
    let error = result.expect_err("a certificate was taken up");
    assert!(error.why.chars().count() < 512, "{}", error.why);
    assert!(!gateway.any(shop::NOW) && gateway.due(shop::NOW));
    assert!(!gateway.cached().windows(5).any(|five| five == b"BEGIN"));
}
