//! Connections that prove nothing: nothing is sent over them.

use wxpay_simulator::hostile::{Case, Gateway, Subject};
use wxpay_simulator::{Api, PolicyNumbers, Scenario, Settings};

use super::common::shop::{Shop, quick_on};
use super::common::{Client, E_NETWORK, each, on_every_gateway};
use super::rides::{gate, ride};
use super::{Surprises, at_host, cases, gateway, hostile};

on_every_gateway! {
    a_hostile_connection_gets_nothing,
}

/// A shop with a host for each case, and tills that know that one alone.
fn play(gateway: Gateway, settings: Settings, ask: impl Fn(&Shop, &Client, &Case, &str) + Sync) {
    let plays: Vec<_> = cases(gateway, Subject::Connection).enumerate().collect();
    let shop = Shop::with(Settings {
        ports: vec![0; plays.len()],
        hostile: plays.iter().map(|(_, case)| hostile(case)).collect(),
        ..settings
    });
    let numbers = PolicyNumbers {
        connect_timeout: 600,
        ..PolicyNumbers::quick()
    };
    let (config, hosts) = (shop.config_with(numbers), shop.simulator.hosts());
    each(&plays, |(host, case)| {
        let till = at_host(&shop, &config, *host);
        ask(&shop, &till, case, &hosts[*host]);
    });
    let requests = shop.simulator.requests();
    assert!(requests.is_empty(), "something was sent: {requests:?}");
}

fn a_hostile_connection_gets_nothing(api: Api) {
    let surprises = Surprises::default();
    play(gateway(api), quick_on(api), |shop, till, case, host| {
        let sale = shop.sale(Scenario::Paid);
        let outcome = till.micropay(&sale.request());
        surprises.check(case, &[E_NETWORK], &outcome);
        if !outcome.message().contains(host) {
            surprises.add(case, &format!("does not name {host}: {outcome:?}"));
        }
        surprises.check(case, &[E_NETWORK], &till.query(&sale.out_trade_no));
    });
    surprises.none();
}

#[test]
fn a_ride_over_a_hostile_connection_is_not_sent() {
    let surprises = Surprises::default();
    play(Gateway::Ride, gate(), |_, till, case, host| {
        let port = host.rsplit(':').next().unwrap_or_default();
        let outcome = till.ride_pay(&ride(&format!("R{port}-0000")));
        surprises.check(case, &[E_NETWORK], &outcome);
    });
    surprises.none();
}
