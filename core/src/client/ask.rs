//! One question to the gateway and its answer, with all that may come between them: a clock to be
//! set right, a key to be fetched.

use std::fmt;

use super::{Client, Level};
use crate::exchange::{Call, Failure, Limits, Reply, Resend};
use crate::gateway::{Answer, Stamp};
use crate::signal::Signal;

/// An answer that was read.
pub(super) struct Told<V> {
    /// What it was read from.
    pub(super) reply: Reply,
    /// What it says.
    pub(super) answer: Answer<V>,
    /// How often the question was sent: once more if it was refused for its time, and if it was answered
    /// by a probe.
    pub(super) requests: u32,
}

impl Client {
    /// Sends what `call` builds and reads the reply. `number` is the order's or the refund's, for the
    /// log.
    ///
    /// A charge goes out a second time only where the reply proves that the first was not executed
    /// because of this machine's clock; by then the gateway's clock is known. What may be asked at any
    /// time is asked again when the reply is but a probe. A failure is always that of the last
    /// request.
    pub(super) fn ask<V: fmt::Debug>(
        &self,
        number: &str,
        limits: Limits,
        signal: &Signal,
        call: impl Fn(&Stamp) -> Call,
        read: impl Fn(&Reply, &Stamp) -> Answer<V>,
    ) -> Result<Told<V>, Failure> {
        let exchange = |call: &Call| self.exchange(Some(number), call, limits, signal);
        self.keys.have(limits, signal)?;
        let mut stamp = self.stamp();
        let mut question = call(&stamp);
        let mut reply = exchange(&question)?;
        let mut requests = 1;
        if self.gateway.refused_for_clock(&reply, &stamp) {
            self.sinks.log(Level::Warning, || {
                format!(
                    "{number} {}: refused because this machine's clock is wrong; sent again with the \
                     gateway's time. Set the clock",
                    question.operation
                )
            });
            stamp = self.stamp();
            question = call(&stamp);
            reply = again(&reply, exchange(&question)?);
            requests += 1;
        }
        if question.resend == Resend::Freely && self.gateway.is_probe(&reply) {
            self.sinks.log(Level::Info, || {
                format!(
                    "{number} {}: answered by a probe of the signature check; asked again",
                    question.operation
                )
            });
            stamp = self.stamp();
            question = call(&stamp);
            reply = again(&reply, exchange(&question)?);
            requests += 1;
        }
        reply.now = Some(self.clocks.verification_time(
            reply.date,
            self.clock.now(),
            self.clock.unix_ms() / 1000,
        ));
        let mut answer = read(&reply, &stamp);
        if let Some(serial) = &answer.unknown_key
            && self.keys.fetch_for(serial, limits, signal)
        {
            answer = read(&reply, &stamp);
        }
        if let Some(signed_at) = answer.signed_at {
            self.clocks.signed(signed_at, self.clock.now());
        }
        self.log_exchange(number, &question, &reply, &answer);
        Ok(Told {
            reply,
            answer,
            requests,
        })
    }
}

/// What came of the first request's own repetitions is as open as before.
fn again(before: &Reply, reply: Reply) -> Reply {
    let repeated = before.repeated || reply.repeated;
    Reply { repeated, ..reply }
}
