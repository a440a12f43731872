//! Whether an answer or a notification was signed by WeChat Pay, and when.
//!
//! Source: "签名验证", APIv3.

use super::WechatV3;
use crate::exchange::Reply;
use crate::gateway::Stamp;

/// What the signature headers of a message are worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verification {
    /// Signed by WeChat Pay, fresh.
    Proven {
        /// When, unix seconds.
        signed_at: i64,
    },
    /// None of the four headers is there.
    Unsigned,
    /// Anything else: a header missing, a probe, a stale time, a wrong signature, an unknown key.
    Disproved {
        /// What is wrong; never the signature.
        why: String,
        /// The serial that no key is known for.
        unknown_key: Option<String>,
    },
}

impl WechatV3 {
    /// Checks the signature of `headers` (names in lower case) over `body`; `now` is the gateway's
    /// clock, unix seconds.
    pub(super) fn verify(
        &self,
        _headers: &[(String, String)],
        _body: &[u8],
        _now: i64,
    ) -> Verification {
        unimplemented!()
    }
}

/// Whether a 401 is owed to the time in `stamp`.
pub(super) fn refused_for_clock(_reply: &Reply, _stamp: &Stamp) -> bool {
    unimplemented!()
}
