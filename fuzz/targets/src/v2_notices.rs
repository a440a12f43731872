//! Notices of APIv2: a payment is not opened unless it is signed with our key.

use aws_lc_rs::cipher::{AES_256, PaddedBlockEncryptingKey, UnboundCipherKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use wxpay_core::crypto::digest::md5_hex_upper;
use wxpay_core::fields::Fields;
use wxpay_core::gateway::wechat_v2::fuzzing::{read_xml, write_xml};
use wxpay_core::gateway::{Notice, NoticeError, Notification, Notifications};
use wxpay_core::verdict::{QueryVerdict, RefundVerdict};

use crate::input;
use crate::reached::reached;
use crate::shop;
use crate::v2::{self, Merchant};

/// What to do with the bytes (leave them, sign them as a payment, seal them as a refund), for whom, the
/// message.
pub fn run(data: &[u8]) {
    let (how, data) = input::choice(data, 3);
    let (merchant, data) = input::choice(data, 4);
    let merchant = Merchant(merchant);
    let body = match how {
        0 => data.to_vec(),
        1 => merchant.signed(data).unwrap_or_else(|| data.to_vec()),
        _ => sealed(merchant, data),
    };
    let gateway = merchant.gateway();
    let opened = gateway.open(&Notice {
        headers: &[],
        body: &body,
        now: shop::NOW,
    });
    let fields = read_xml(&body).unwrap_or_default();
    match opened {
        Ok(Notification::Payment {
            out_trade_no,
            message,
        }) => {
            assert!(merchant.proves(&fields), "an unsigned payment was opened");
            assert_eq!(Some(out_trade_no.as_str()), fields.get("out_trade_no"));
            let answer = gateway.judge(&message, &shop::expected());
            shop::check(&answer);
            if answer.verdict == QueryVerdict::Paid {
                assert!(merchant.says_paid(&fields), "{fields:?}");
                shop::check_paid(&answer.facts);
            }
        }
        Ok(Notification::Refund {
            out_refund_no,
            message,
        }) => {
            assert_eq!(how, 2, "somebody else sealed a refund");
            assert_eq!(fields.get("mch_id"), Some(v2::MCH_ID));
            assert_eq!(message["out_refund_no"], out_refund_no);
            let answer = gateway.judge_refund(&message, &shop::expected_refund());
            shop::check(&answer);
            if answer.verdict == RefundVerdict::Refunded {
                reached("refunded");
                assert_eq!(out_refund_no, shop::OUT_REFUND_NO);
                assert_eq!(message["out_trade_no"], shop::OUT_TRADE_NO);
                assert_eq!(message["refund_status"], "SUCCESS");
                assert_eq!(answer.facts["refund_fee"], shop::REFUND_FEE);
            }
        }
        Err(NoticeError::Malformed(why) | NoticeError::Forged { why, .. }) => {
            assert!(why.chars().count() < 256, "{why}");
        }
    }
}

/// A refund as WeChat Pay sends it.
fn sealed(merchant: Merchant, text: &[u8]) -> Vec<u8> {
    let key = md5_hex_upper(v2::KEY.as_bytes()).to_ascii_lowercase();
    let mut sealed = text.to_vec();
    UnboundCipherKey::new(&AES_256, key.as_bytes())
        .and_then(PaddedBlockEncryptingKey::ecb_pkcs7)
        .and_then(|key| key.encrypt(&mut sealed))
        .expect("a key of 32 bytes seals anything");
    let sealed = BASE64.encode(sealed);
    let shop = [("sub_mch_id", v2::SUB_MCH_ID)];
    let shop = shop.into_iter().filter(|_| merchant.for_a_shop());
    let fields: Fields = [
        ("return_code", "SUCCESS"),
        ("appid", v2::APPID),
        ("mch_id", v2::MCH_ID),
        ("nonce_str", "TeqClE3i0mvn3DrK"),
        ("req_info", &sealed),
    ]
    .into_iter()
    .chain(shop)
    .collect();
    write_xml(&fields)
}
