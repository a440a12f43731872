//! The self-test: keys, certificate, clock, hosts, journal.

use serde_json::{Value, json};

use super::Client;
use super::calls::Claim;
use crate::crypto::digest;
use crate::exchange::OnCancel;
use crate::gateway::Expected;
use crate::guidance::Asked;
use crate::outcome::Outcome;
use crate::signal::Signal;
use crate::status::Status;
use crate::verdict::QueryVerdict;

/// A certificate that expires within this time is worth a word.
const EXPIRY_NOTICE: i64 = 30 * 24 * 3600;
/// More than this is worth setting the clock for; v3 gateways refuse at 300.
const SKEW_NOTICE: i64 = 60;

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
        let mut checks = vec![self.check_journal(), self.check_certificate()];
        let hosts = self.check_hosts(call.signal());
        let reached = hosts.iter().any(|check| check.failure.is_none());
        checks.extend(hosts);
        if reached {
            checks.push(self.check_credentials(call.signal()));
            checks.push(self.check_clock());
        }
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
            return Check::passed(name, "none is configured; orders cannot be reversed");
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
        let probed = self.transport.probe(signal);
        let check = |(host, result): (String, Result<(), String>)| match result {
            Ok(()) => Check::passed("host", format!("{host} answers")),
            Err(why) => Check::failed("host", Status::Network, format!("{host}: {why}")),
        };
        probed.into_iter().map(check).collect()
    }

    /// Asks for an order that cannot exist: only a request with the right key is told so.
    fn check_credentials(&self, signal: &Signal) -> Check {
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
        let answer = match told {
            Ok(told) => told.answer,
            Err(failure) => return Check::failed(name, Status::Network, failure.cause),
        };
        match answer.verdict {
            QueryVerdict::NotFound => Check::passed(name, "the gateway accepts the credentials"),
            QueryVerdict::Rejected => Check::failed(name, Status::Config, answer.why),
            _ if answer.forged => Check::failed(name, Status::Config, answer.why),
            _ => Check::failed(name, Status::Network, answer.why),
        }
    }

    fn check_clock(&self) -> Check {
        let name = "clock";
        let Some(gateway) = self.gateway_time() else {
            return Check::passed(name, "the gateway does not tell its time");
        };
        let skew = self.clock.unix_ms() / 1000 - gateway;
        if skew.abs() > SKEW_NOTICE {
            let side = if skew > 0 { "fast" } else { "slow" };
            let message = format!("this machine's clock is {} s {side}; set it", skew.abs());
            return Check::passed(name, message);
        }
        Check::passed(
            name,
            format!("this machine's clock is {skew} s off the gateway's"),
        )
    }
}
