//! Fubei's signature, written for the simulator alone: a mistake in the library must not be mirrored
//! here.

use md5::{Digest, Md5};

/// The signature over `fields` other than `sign`: sorted by name, empty ones included, with the bare
/// secret at the end (Fubei facts §4).
pub(super) fn sign<'a>(
    fields: impl IntoIterator<Item = (&'a str, &'a str)>,
    secret: &str,
) -> String {
    let mut pairs: Vec<_> = fields
        .into_iter()
        .filter(|(name, _)| *name != "sign")
        .collect();
    pairs.sort_unstable();
    let pairs: Vec<_> = pairs
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    hex::encode_upper(Md5::digest(pairs.join("&") + secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "0123456789abcdef0123456789abcdef";

    fn request<'a>(
        level: (&'a str, &'a str),
        method: &'a str,
        biz_content: &'a str,
    ) -> [(&'a str, &'a str); 8] {
        // In an order that is not the signature's.
        [
            ("version", "1.0"),
            ("sign", "left out"),
            ("sign_method", "md5"),
            level,
            ("nonce", "87sdf9806sdf73jkds"),
            ("method", method),
            ("format", "json"),
            ("biz_content", biz_content),
        ]
    }

    const MERCHANT: (&str, &str) = ("app_id", "20160922135339595387");

    #[test]
    fn vector_s1_a_merchants_query() {
        let content = r#"{"merchant_order_sn":"20160120105532871512"}"#;
        let fields = request(MERCHANT, "openapi.payment.order.query", content);
        assert_eq!(sign(fields, SECRET), "48A94D416BBC86F3A913CF328F007051");
    }

    #[test]
    fn vector_s2_chinese_text() {
        let content = r#"{"type":1,"merchant_order_sn":"T1","auth_code":"134567890123456789","total_fee":0.01,"body":"测试"}"#;
        let fields = request(MERCHANT, "openapi.payment.order.swipe", content);
        assert_eq!(sign(fields, SECRET), "485E9D0FE7535A0FA046CA1DE4840A0E");
    }

    #[test]
    fn vector_s3_a_service_providers_query() {
        let content = r#"{"merchant_order_sn":"20160120105532871512"}"#;
        let vendor = ("vendor_sn", "2018071920330100001");
        let fields = request(vendor, "fbpay.order.query", content);
        assert_eq!(sign(fields, SECRET), "F475792CC82F1B897CC02CA6EEEA1B8E");
    }

    #[test]
    fn vector_s4_a_callback() {
        let data = r#"{"merchant_order_sn":"T1","order_status":"SUCCESS","total_amount":0.01}"#;
        let fields = [
            ("result_message", "success"),
            ("result_code", "200"),
            ("data", data),
        ];
        assert_eq!(sign(fields, SECRET), "D9319C7C18F9F82BECAFA4310F772E82");
    }

    /// The vendor's own unit test, with the secret that it prints.
    #[test]
    fn vector_s5_the_inputs_of_the_official_unit_test() {
        let content = r#"{"merchant_order_sn":"28867994"}"#;
        let merchant = ("app_id", "20170609152021917511");
        let fields = request(merchant, "openapi.payment.order.close", content);
        let secret = "672f295578a545c24b397bae275e6f81";
        assert_eq!(sign(fields, secret), "C0A8CDE6A5F975E24FACAC48DF03701F");
    }
}
