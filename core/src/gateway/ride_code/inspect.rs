//! What of the configuration is there, for the self-test.

use super::RideCode;
use crate::config::RideSignType;
use crate::gateway::Finding;

impl RideCode {
    /// Whether rides can be deducted and callbacks read, and what to ask Tencent for if not.
    pub fn inspect(&self) -> Finding {
        let config = &self.config;
        let sign_type = config.sign.as_ref().map(|sign| sign.sign_type);
        let missing = [
            (
                config.deduct_url.is_none(),
                "no ride can be deducted without ride_code.deduct_url",
            ),
            (
                config.sign.is_none(),
                "no callback can be verified without ride_code.sign_type",
            ),
            (
                config.seal.is_none(),
                "no callback can be decrypted without ride_code.aes_key",
            ),
            (
                sign_type == Some(RideSignType::None),
                "callbacks are not signed (ride_code.sign_type = \"NONE\"): nothing but the \
                 encryption speaks for them",
            ),
        ];
        let missing: Vec<_> = missing
            .into_iter()
            .filter_map(|(applies, what)| applies.then_some(what))
            .collect();
        // Somebody else may deduct, or read the callbacks.
        let useless =
            config.deduct_url.is_none() && (config.sign.is_none() || config.seal.is_none());
        Finding {
            check: "ride_code",
            wrong: useless,
            message: match missing.as_slice() {
                [] => "rides can be deducted and their callbacks read".to_owned(),
                missing => missing.join("; "),
            },
        }
    }
}
