//! The self-test: keys, certificate, clock, hosts, journal, the ride code.

use serde_json::{Value, json};

use super::calls::Claim;
use super::{Client, clocks};
use crate::crypto::digest;
use crate::exchange::OnCancel;
use crate::gateway::{Expected, Finding, KeySource};
use crate::guidance::Asked;
use crate::outcome::Outcome;
use crate::signal::Signal;
use crate::status::Status;
use crate::transport::Transport;
use crate::verdict::QueryVerdict;

/// A certificate that expires within this time is worth a word.
const EXPIRY_NOTICE: i64 = 30 * 24 * 3600;

/// One line of the self-test.
struct Check {
    name: &'static str,
    /// What the whole test ends with if this fails.
    failure: Option<Status>,
    message: String,
}

impl Check {
    fn passed(name: &'static str, message: impl Into<String>) -> Self {
        Self {
            name,
            failure: None,
            message: message.into(),
        }
    }

    fn failed(name: &'static str, status: Status, message: impl Into<String>) -> Self {
        Self {
            name,
            failure: Some(status),
            message: message.into(),
        }
    }

    /// A finding that is wrong keeps every payment from working.
    fn from_finding(finding: Finding) -> Self {
        match finding.wrong {
            true => Self::failed(finding.check, Status::Config, finding.message),
            false => Self::passed(finding.check, finding.message),
        }
    }

    fn to_value(&self) -> Value {
        json!({ "check": self.name, "ok": self.failure.is_none(), "message": self.message })
    }
}

impl Client {
    /// Tries everything that a payment needs without making one. The result lists `checks`.
    pub fn check(&self) -> Outcome {
        let call = match self.calls.enter(Claim::Nothing) {
            Ok(call) => call,
            Err(refused) => return self.refused(Asked::Other, &refused, None),
        };
        let mut checks = vec![self.check_journal()];
        match self.gateway.inspect(self.keys.time()) {
            findings if findings.is_empty() => checks.push(self.check_certificate()),
            findings => checks.extend(findings.into_iter().map(Check::from_finding)),
        }
        let hosts = self.check_hosts(call.signal());
        let reached = hosts.iter().any(|check| check.failure.is_none());
        checks.extend(hosts);
        if reached {
            self.check_keys(&mut checks, call.signal());
            checks.push(self.check_clock());
        }
        checks.extend(self.check_ride(call.signal()));
        // One host of several may be down; a payment then goes to another.
        let decisive = |check: &&Check| check.name != "host" || !reached;
        let status = checks
            .iter()
            .filter(decisive)
            .find_map(|check| check.failure);
        let failed = checks.iter().filter(|check| check.failure.is_some());
        let messages: Vec<_> = failed.map(|check| check.message.as_str()).collect();
        let message = match messages.as_slice() {
            [] => "everything that a payment needs is in order".to_owned(),
            messages => messages.join("; "),
        };
        let mut outcome = Outcome::with_message(status.unwrap_or(Status::Ok), message);
        outcome.set(
            "checks",
            checks.iter().map(Check::to_value).collect::<Vec<_>>(),
        );
        self.explain(Asked::Other, outcome)
    }

    fn check_journal(&self) -> Check {
        match self.journal.check() {
            Ok(()) => Check::passed("journal", "the journal can be written"),
            Err(error) => Check::failed("journal", Status::Journal, error.to_string()),
        }
    }

    fn check_certificate(&self) -> Check {
        let name = "client_certificate";
        let Some(expires) = self.certificate_expires else {
            let message = match self.gateway.can_reverse() {
                true => "none is needed",
                false => "none is configured; orders cannot be reversed",
            };
            return Check::passed(name, message);
        };
        let left = expires - self.clock.unix_ms() / 1000;
        let days = left / (24 * 3600);
        if left <= 0 {
            let message = "the client certificate has expired; download a new one from the merchant \
                           platform";
            return Check::failed(name, Status::Config, message);
        }
        if left < EXPIRY_NOTICE {
            let message = format!("the client certificate expires in {days} days; renew it");
            return Check::passed(name, message);
        }
        Check::passed(
            name,
            format!("the client certificate is good for {days} days"),
        )
    }

    fn check_hosts(&self, signal: &Signal) -> Vec<Check> {
        probed("host", self.transport.as_ref(), signal)
    }

    /// What rides need beside the journal. Its host is the only one.
    fn check_ride(&self, signal: &Signal) -> Vec<Check> {
        let Some(ride) = &self.ride else {
            return Vec::new();
        };
        let mut checks = vec![Check::from_finding(ride.codec.inspect())];
        if let Some(transport) = &ride.transport {
            checks.extend(probed("ride_host", transport.as_ref(), signal));
        }
        checks
    }

    /// Fetches keys where that is how they come, and asks one question.
    fn check_keys(&self, checks: &mut Vec<Check>, signal: &Signal) {
        if let Some(source) = self.gateway.keys() {
            let fetched = self.fetch_keys(source, signal);
            put(checks, fetched);
            if !source.any(self.keys.time()) {
                return;
            }
        }
        let asked = self.check_credentials(signal);
        put(checks, asked);
    }

    /// Whether the keys that verify answers can be fetched.
    fn fetch_keys(&self, source: &dyn KeySource, signal: &Signal) -> Vec<Check> {
        let fault = match self.keys.fetch(source, OnCancel::Cut.into(), signal) {
            Ok(text) => return vec![Check::passed("platform_keys", text)],
            Err(fault) => fault,
        };
        if let Some(reply) = fault.reply.as_ref().filter(|reply| reply.status == 401) {
            let findings = self.gateway.diagnose(reply);
            return findings.into_iter().map(Check::from_finding).collect();
        }
        let gone = fault
            .reply
            .as_ref()
            .is_some_and(|reply| reply.status == 404);
        if gone && source.any(self.keys.time()) {
            return vec![Check::passed("platform_certificates", fault.why)];
        }
        let status = if fault.refused {
            Status::Config
        } else {
            Status::Network
        };
        vec![Check::failed("platform_keys", status, fault.why)]
    }

    /// Asks for an order that cannot exist: only a request with the right key is told so.
    fn check_credentials(&self, signal: &Signal) -> Vec<Check> {
        let name = "credentials";
        let number = format!("wxpaycheck{}", &digest::random_hex()[..16]);
        let expected = Expected {
            out_trade_no: number,
            ..Expected::default()
        };
        let told = self.ask(
            &expected.out_trade_no,
            OnCancel::Cut.into(),
            signal,
            |stamp| self.gateway.query(&expected, stamp),
            |reply, _| self.gateway.read_query(&expected, reply),
        );
        let told = match told {
            Ok(told) => told,
            Err(failure) => return vec![Check::failed(name, Status::Network, failure.cause)],
        };
        let findings = self.gateway.diagnose(&told.reply);
        let explained = findings
            .iter()
            .any(|finding| finding.wrong || finding.check == name);
        let mut checks: Vec<_> = findings.into_iter().map(Check::from_finding).collect();
        let answer = told.answer;
        match answer.verdict {
            _ if explained => {}
            QueryVerdict::NotFound => {
                checks.push(Check::passed(name, "the gateway accepts the credentials"));
            }
            QueryVerdict::Rejected => {
                checks.push(Check::failed(name, Status::Config, answer.why));
            }
            _ if answer.forged => checks.push(Check::failed(name, Status::Config, answer.why)),
            _ => checks.push(Check::failed(name, Status::Network, answer.why)),
        }
        checks
    }

    fn check_clock(&self) -> Check {
        let name = "clock";
        let Some(gateway) = self.gateway_time() else {
            return Check::passed(name, "the gateway does not tell its time");
        };
        Check::passed(name, clocks::skew(self.clock.unix_ms() / 1000, gateway))
    }
}

fn probed(name: &'static str, transport: &dyn Transport, signal: &Signal) -> Vec<Check> {
    let probed = transport.probe(signal);
    let check = |(host, result): (String, Result<(), String>)| match result {
        Ok(()) => Check::passed(name, format!("{host} answers")),
        Err(why) => Check::failed(name, Status::Network, format!("{host}: {why}")),
    };
    probed.into_iter().map(check).collect()
}

/// Adds checks; one that was made before stays only if it failed.
fn put(checks: &mut Vec<Check>, more: Vec<Check>) {
    for check in more {
        match checks.iter_mut().find(|have| have.name == check.name) {
            Some(have) if have.failure.is_none() => *have = check,
            Some(_) => {}
            None => checks.push(check),
        }
    }
}

#[cfg(test)]
mod tests;
