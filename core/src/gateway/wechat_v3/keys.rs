//! The keys that answers are verified with: platform certificates and WeChat Pay public keys side by
//! side, by serial.

use super::WechatV3;
use crate::config::WechatV3Config;
use crate::exchange::{Call, Reply};
use crate::gateway::{KeyError, KeySource, Stamp};

/// Keys by their `Wechatpay-Serial`.
pub(super) struct KeyRing;

impl KeyRing {
    pub(super) fn new(_config: &WechatV3Config) -> Self {
        unimplemented!()
    }

    /// The serial that answers should be signed under.
    pub(super) fn preferred(&self) -> Option<String> {
        unimplemented!()
    }
}

impl KeySource for WechatV3 {
    fn any(&self, _now: i64) -> bool {
        unimplemented!()
    }

    fn due(&self, _now: i64) -> bool {
        unimplemented!()
    }

    fn download(&self, _stamp: &Stamp) -> Call {
        unimplemented!()
    }

    fn install(&self, _reply: &Reply) -> Result<String, KeyError> {
        unimplemented!()
    }

    fn restore(&self, _cached: &[u8], _now: i64) -> Result<String, KeyError> {
        unimplemented!()
    }

    fn cached(&self) -> Vec<u8> {
        unimplemented!()
    }
}
