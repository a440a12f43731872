//! Two hosts, of which one comes or goes. `faults/` has what both APIs share.

use super::*;
use crate::common::{E_NETWORK, REVERSED};
use wxpay_simulator::{Fault, FaultKind, HostState};

#[track_caller]
fn set(shop: &Shop, host: usize, state: HostState) {
    shop.simulator
        .set_host(host, state)
        .expect("there is such a host");
}

/// The second host hands out the keys, too.
#[test]
fn with_the_first_host_down_keys_and_charge_come_from_the_second() {
    each(&[HostState::Down, HostState::Hang], |&state| {
        let shop = Shop::with(keys_of(PlatformKeys::Certificates));
        set(&shop, 0, state);
        let till = shop.till_with(
            "connect_timeout = \"2000ms\"",
            "connect_timeout = \"900ms\"",
        );
        let sale = shop.sale(Scenario::Paid);
        let outcome = pay(&shop, &till, &sale, OK);
        assert_eq!(
            outcome.get("host").as_ref(),
            shop.simulator.hosts().get(1),
            "{state:?}"
        );
        assert_eq!(shop.operations(&sale), [Operation::Micropay]);
        assert_eq!(downloads(&shop), 1);
    });
}

/// Connected, and cut off before anything is answered: the charge is not sent a second time, a question
/// is.
#[test]
fn a_host_that_dies_after_the_connection_gets_no_second_charge_on_the_other() {
    for kind in [FaultKind::DropBefore, FaultKind::DropAfter] {
        let shop = Shop::with(keys_of(PlatformKeys::Both));
        let till = shop.till();
        for operation in EVERY_OPERATION {
            shop.simulator
                .fault(Fault::always(operation, kind.clone()).on_host(0));
        }
        let sale = shop.sale(Scenario::Paid);
        let status = if kind == FaultKind::DropAfter {
            OK
        } else {
            REVERSED
        };
        let outcome = pay(&shop, &till, &sale, status);
        assert_eq!(
            shop.count(&sale, Operation::Micropay),
            1,
            "{kind:?}: {outcome:?}"
        );
        let requests = shop.simulator.requests();
        let charge = requests
            .iter()
            .find(|request| request.operation == Some(Operation::Micropay));
        assert_eq!(charge.map(|request| request.host), Some(0));
        assert!(requests.iter().any(|request| request.host == 1));
    }
}

/// A key is missing in the middle of a payment, and one of the hosts is down.
#[test]
fn a_rotation_while_a_host_is_down_is_followed_by_the_other() {
    each(&[0, 1], |&down| {
        let shop = Shop::with(keys_of(PlatformKeys::Certificates));
        prepare(&shop);
        let till = shop.till();
        let sale = shop.sale(Scenario::PasswordPaid);
        let mut task = start_until(&shop, &till, &sale, |order| order.queries >= 1);
        set(&shop, down, HostState::Down);
        shop.simulator
            .rotate_platform_key()
            .expect("there is a next key");
        ended(&shop, &sale, &task.wait(-1), OK);
        assert_eq!(downloads(&shop), 2);
    });
}

/// Both go down in the middle of a payment and come back: nothing is lost, and nothing charged twice.
#[test]
fn hosts_that_come_back_within_the_window_settle_the_sale() {
    let shop = Shop::with(keys_of(PlatformKeys::Both));
    let till = shop.till();
    let sale = shop.sale(Scenario::PasswordPaid);
    let mut task = start_until(&shop, &till, &sale, |order| order.submits == 1);
    for host in 0..2 {
        set(&shop, host, HostState::Down);
    }
    assert_eq!(till.query("SOMETHINGELSE").status(), E_NETWORK);
    set(&shop, 1, HostState::Up);
    ended(&shop, &sale, &task.wait(-1), OK);
    assert_eq!(shop.count(&sale, Operation::Micropay), 1);
}
