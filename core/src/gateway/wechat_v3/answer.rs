//! From replies to verdicts.

use serde_json::Value;

use super::WechatV3;
use crate::exchange::Reply;
use crate::gateway::{Answer, Expected};
use crate::outcome::Facts;
use crate::verdict::{QueryVerdict, ReverseVerdict, SubmitVerdict};

/// An error answer: its HTTP status, `code` and `message` (empty where missing).
pub(super) struct Refusal<'a> {
    pub(super) status: u16,
    pub(super) code: &'a str,
    pub(super) message: &'a str,
}

/// What an answer means, why, and what it tells the till.
pub(super) type Reading<V> = (V, String, Facts);

impl WechatV3 {
    pub(super) fn submit_answer(&self, _: &Expected, _: &Reply) -> Answer<SubmitVerdict> {
        unimplemented!()
    }

    pub(super) fn query_answer(&self, _: &Expected, _: &Reply) -> Answer<QueryVerdict> {
        unimplemented!()
    }

    pub(super) fn reverse_answer(&self, _: &Expected, _: &Reply) -> Answer<ReverseVerdict> {
        unimplemented!()
    }

    /// What every operation's answer has in common: verification, the JSON, `code` and `message`, the
    /// request id. `proven` gets the body of a verified 2xx (`Null` if it is empty), `refused` an
    /// error answer, which may be unsigned, as the documents have it; `unclear` is everything else.
    pub(super) fn read_answer<V>(
        &self,
        _reply: &Reply,
        _unclear: V,
        _refused: impl FnOnce(&Refusal<'_>) -> (V, String),
        _proven: impl FnOnce(&Value) -> Reading<V>,
    ) -> Answer<V> {
        unimplemented!()
    }
}
