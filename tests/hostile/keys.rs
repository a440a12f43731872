//! The list of platform certificates (APIv3): with what is not proven nothing is charged.

use wxpay_simulator::hostile::{Case, Subject, Told};
use wxpay_simulator::{Api, Operation, PlatformKeys, PlatformSigner, Scenario, Settings};

use super::common::shop::{Shop, quick_on};
use super::common::{E_FORGED, E_NETWORK, E_REJECTED, OK, each};
use super::{Gateway, Surprises, at_host, cases, fault, hasty, is_endless, patient};

/// As many hosts as a shop has here; each case has one, and a till that knows no other.
const HOSTS: usize = 100;

#[test]
fn a_hostile_list_of_certificates_is_used_or_nothing_is_charged() {
    let surprises = Surprises::default();
    let all: Vec<&Case> = cases(Gateway::V3, Subject::Answer)
        .filter(|case| case.certificates != Told::Skipped)
        .collect();
    for some in all.chunks(HOSTS) {
        let shop = Shop::with(Settings {
            platform_keys: PlatformKeys::Certificates,
            platform_signer: PlatformSigner::Certificate,
            ports: vec![0; some.len()],
            ..quick_on(Api::V3)
        });
        let plays: Vec<_> = some.iter().copied().enumerate().collect();
        for (host, case) in &plays {
            let fault = fault(case, Operation::Certificates).on_host(*host);
            shop.simulator.fault(fault);
        }
        let [patient, hasty] = [patient(), hasty()].map(|numbers| shop.config_with(numbers));
        each(&plays, |(host, case)| {
            let sale = shop.sale(Scenario::Paid);
            let config = if is_endless(case) { &hasty } else { &patient };
            let outcome = at_host(&shop, config, *host).micropay(&sale.request());
            match case.certificates {
                Told::Read => surprises.check(case, &[OK], &outcome),
                _ => surprises.check(case, &[E_NETWORK, E_FORGED, E_REJECTED], &outcome),
            }
            let charges = shop.count(&sale, Operation::Micropay);
            if charges != usize::from(outcome.status() == OK) {
                surprises.add(case, &format!("{charges} charges: {outcome:?}"));
            }
            shop.agrees(&sale, &outcome);
        });
        shop.simulator.clear_faults();
        each(&plays, |(host, case)| {
            let sale = shop.sale(Scenario::Paid);
            let outcome = at_host(&shop, &patient, *host).micropay(&sale.request());
            surprises.check(case, &[OK], &outcome);
            shop.agrees(&sale, &outcome);
        });
    }
    surprises.none();
}
