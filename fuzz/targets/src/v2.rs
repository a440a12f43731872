//! The merchant of APIv2, and its signatures made here.

use wxpay_core::config::{Region, Secret, SignType, WechatV2Config};
use wxpay_core::crypto::digest::{hmac_sha256_hex_upper, md5_hex_upper};
use wxpay_core::fields::Fields;
use wxpay_core::gateway::wechat_v2::WechatV2;
use wxpay_core::gateway::wechat_v2::fuzzing::{read_xml, write_xml};

pub(crate) const KEY: &str = "192006250b4c09247ec02edce69f6a2d";
pub(crate) const APPID: &str = "wx2421b1c4370ec43b";
pub(crate) const MCH_ID: &str = "10000100";
pub(crate) const SUB_MCH_ID: &str = "452532745";

/// Bit 0: for a shop; bit 1: by MD5.
#[derive(Clone, Copy)]
pub(crate) struct Merchant(pub(crate) u8);

impl Merchant {
    pub(crate) fn for_a_shop(self) -> bool {
        self.0 & 1 != 0
    }

    pub(crate) fn gateway(self) -> WechatV2 {
        WechatV2::new(WechatV2Config {
            appid: APPID.into(),
            mch_id: MCH_ID.into(),
            sub_appid: None,
            sub_mch_id: self.for_a_shop().then(|| SUB_MCH_ID.into()),
            api_key: Secret::new(KEY),
            sign_type: match self.0 & 2 {
                0 => SignType::HmacSha256,
                _ => SignType::Md5,
            },
            client_certificate: None,
            auth_code_check: true,
            region: Region::Mainland,
        })
    }

    fn signature<'a>(self, pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
        let mut text = String::new();
        for (name, value) in pairs.filter(|(name, value)| *name != "sign" && !value.is_empty()) {
            text += &format!("{name}={value}&");
        }
        text += &format!("key={KEY}");
        match self.0 & 2 {
            0 => hmac_sha256_hex_upper(KEY.as_bytes(), text.as_bytes()),
            _ => md5_hex_upper(text.as_bytes()),
        }
    }

    /// The same message with a right signature, if it is a message.
    pub(crate) fn signed(self, message: &[u8]) -> Option<Vec<u8>> {
        let mut fields = read_xml(message)?;
        let sign = self.signature(fields.iter());
        fields.set("sign", sign);
        Some(write_xml(&fields))
    }

    /// Whether a message is signed with our key, as it is or with its values trimmed as the official
    /// SDK does.
    pub(crate) fn proves(self, fields: &Fields) -> bool {
        let given = fields.get("sign").unwrap_or_default().to_ascii_uppercase();
        let blank = |c: char| c <= ' ';
        let trimmed = fields
            .iter()
            .map(|(name, value)| (name, value.trim_matches(blank)));
        given == self.signature(fields.iter()) || given == self.signature(trimmed)
    }

    /// Whether a message says in so many words that our order was paid as asked.
    pub(crate) fn says_paid(self, fields: &Fields) -> bool {
        let shop = match self.for_a_shop() {
            true => Some(SUB_MCH_ID),
            false => fields.get("sub_mch_id"),
        };
        fields.get("return_code") == Some("SUCCESS")
            && fields.get("result_code") == Some("SUCCESS")
            && fields.get("appid") == Some(APPID)
            && fields.get("mch_id") == Some(MCH_ID)
            && fields.get("sub_mch_id") == shop
            && fields.get("out_trade_no") == Some(crate::shop::OUT_TRADE_NO)
            && fields.get("total_fee").and_then(|fee| fee.parse().ok())
                == Some(crate::shop::TOTAL_FEE)
            && fields.get("fee_type").unwrap_or("CNY") == "CNY"
            && fields.get("attach").unwrap_or(crate::shop::ATTACH) == crate::shop::ATTACH
            && fields
                .get("time_end")
                .is_some_and(|time| time >= "20261121115900")
    }
}
