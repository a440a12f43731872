//! The platform's keys change while a payment is under way.

use super::*;
use crate::common::{REVERSED, UNKNOWN};
use wxpay_simulator::{Fault, FaultKind};

/// What happens to the platform's key.
type Change = fn(&Shop);

/// In the middle of a payment: when, and what of the payment is still to come.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// The charge is booked, its answer not yet signed.
    DuringTheCharge,
    /// The answer to the charge is lost, no query has been sent.
    BetweenChargeAndQuery,
    /// A query was answered, another one will be.
    BetweenQueries,
    /// The order is closed, the answer to that not yet signed.
    DuringTheReverse,
    /// The order is being closed, and a query will confirm it.
    BeforeTheConfirmation,
}

impl Moment {
    const ALL: [Self; 5] = [
        Self::DuringTheCharge,
        Self::BetweenChargeAndQuery,
        Self::BetweenQueries,
        Self::DuringTheReverse,
        Self::BeforeTheConfirmation,
    ];

    /// Pays with the keys changed at this moment.
    fn play(self, shop: &Shop, till: &Client, change: Change) -> (Sale, Outcome) {
        let slow = |operation| Fault::once(operation, FaultKind::DelayBefore { ms: 300 });
        let (scenario, fault) = match self {
            Self::DuringTheCharge => (Scenario::Paid, Some(slow(Operation::Micropay))),
            Self::BetweenChargeAndQuery => (Scenario::AnswerLost, None),
            Self::BetweenQueries => (Scenario::PasswordPaid, None),
            Self::DuringTheReverse => (Scenario::PasswordNever, Some(slow(Operation::Reverse))),
            Self::BeforeTheConfirmation => (
                Scenario::PasswordNever,
                Some(Fault::once(Operation::Reverse, FaultKind::DropAfter)),
            ),
        };
        let sale = shop.sale(scenario);
        if let Some(fault) = fault {
            shop.simulator.fault(fault.for_order(&sale.out_trade_no));
        }
        let mut task = start_until(shop, till, &sale, |order| match self {
            Self::DuringTheCharge | Self::BetweenChargeAndQuery => order.submits == 1,
            Self::BetweenQueries => order.queries == 1,
            Self::DuringTheReverse | Self::BeforeTheConfirmation => order.reverses == 1,
        });
        change(shop);
        (sale, task.wait(-1))
    }

    fn status(self) -> i32 {
        match self {
            Self::DuringTheCharge | Self::BetweenChargeAndQuery | Self::BetweenQueries => OK,
            Self::DuringTheReverse | Self::BeforeTheConfirmation => REVERSED,
        }
    }
}

fn rotate(shop: &Shop) {
    shop.simulator
        .rotate_platform_key()
        .expect("there is a next key");
}

#[test]
fn a_key_that_is_rotated_in_the_middle_of_a_payment_costs_one_download_and_nothing_else() {
    each(&Moment::ALL, |&moment| {
        let shop = Shop::with(keys_of(PlatformKeys::Certificates));
        prepare(&shop);
        let till = shop.till();
        let (sale, outcome) = moment.play(&shop, &till, rotate);
        ended(&shop, &sale, &outcome, moment.status());
        assert_eq!(downloads(&shop), 2, "{moment:?}");
        if let Moment::DuringTheCharge = moment {
            assert_eq!(shop.operations(&sale), [Operation::Micropay], "{moment:?}");
        }
        // What was fetched is kept.
        pay(&shop, &till, &shop.sale(Scenario::Paid), OK);
        drop(till);
        pay(&shop, &shop.till(), &shop.sale(Scenario::Paid), OK);
        assert_eq!(downloads(&shop), 2, "{moment:?}");
    });
}

#[test]
fn a_signer_that_is_switched_in_the_middle_of_a_payment_is_known_beforehand() {
    let changes: [(PlatformSigner, Change); 2] = [
        (PlatformSigner::Certificate, |shop| {
            let switched = shop
                .simulator
                .set_platform_signer(PlatformSigner::PublicKey);
            switched.expect("both sign");
        }),
        (PlatformSigner::PublicKey, |shop| {
            let switched = shop
                .simulator
                .set_platform_signer(PlatformSigner::Certificate);
            switched.expect("both sign");
        }),
    ];
    let cases: Vec<_> = changes
        .into_iter()
        .flat_map(|change| Moment::ALL.map(|moment| (change, moment)))
        .collect();
    each(&cases, |&((first, change), moment)| {
        let shop = Shop::with(signed_by(first));
        prepare(&shop);
        let till = shop.till();
        let (sale, outcome) = moment.play(&shop, &till, change);
        ended(&shop, &sale, &outcome, moment.status());
        assert_eq!(downloads(&shop), 1, "{first:?} {moment:?}");
    });
}

#[test]
fn a_rotation_and_a_switch_of_the_signer_in_one_payment_are_followed() {
    let shop = Shop::with(signed_by(PlatformSigner::PublicKey));
    prepare(&shop);
    let till = shop.till();
    let sale = shop.sale(Scenario::PasswordNever);
    let mut task = start_until(&shop, &till, &sale, |order| order.queries == 1);
    rotate(&shop);
    let switched = shop
        .simulator
        .set_platform_signer(PlatformSigner::Certificate);
    switched.expect("both sign");
    while shop.order(&sale).is_some_and(|order| order.reverses == 0) {
        task.wait(2);
    }
    let switched = shop
        .simulator
        .set_platform_signer(PlatformSigner::PublicKey);
    switched.expect("both sign");
    ended(&shop, &sale, &task.wait(-1), REVERSED);
    assert_eq!(downloads(&shop), 2);
}

/// Who was not told of the new kind of key is told what to do; the sale stays open until it is done.
#[test]
fn a_signer_that_is_not_configured_leaves_the_sale_open_until_it_is() {
    type Case = (
        PlatformSigner,
        PlatformSigner,
        &'static [&'static str],
        &'static str,
    );
    let cases: [Case; 2] = [
        (
            PlatformSigner::Certificate,
            PlatformSigner::PublicKey,
            &["public_key_id", "public_key"],
            "public_key_id",
        ),
        (
            PlatformSigner::PublicKey,
            PlatformSigner::Certificate,
            &["platform_certificates", "platform_ca"],
            "platform_certificates = \"auto\"",
        ),
    ];
    each(&cases, |&(first, second, without, remedy)| {
        let shop = Shop::with(signed_by(first));
        let old = open(&config_without(&hasty(&shop), without, ""));
        pay(&shop, &old, &shop.sale(Scenario::Paid), OK);
        let sale = shop.sale(Scenario::PasswordPaid);
        let mut task = start_until(&shop, &old, &sale, |order| order.submits == 1);
        shop.simulator
            .set_platform_signer(second)
            .expect("both sign");
        let outcome = task.wait(-1);
        ended(&shop, &sale, &outcome, UNKNOWN);
        assert!(outcome.message().contains(remedy), "{outcome:?}");
        drop(old);

        let new = shop.till();
        let recovered = new.recover();
        assert_eq!(recovered.status(), OK, "{recovered:?}");
        assert_eq!(recovered.get_int("open"), Some(0), "{recovered:?}");
        assert_eq!(
            recovered.get_int("orders.0.status"),
            Some(REVERSED.into()),
            "{recovered:?}"
        );
        assert_eq!(shop.simulator.net_charged(&sale.out_trade_no), 0);
        pay(&shop, &new, &shop.sale(Scenario::Paid), OK);
    });
}

/// A key that nobody hands out proves nothing, and is not asked for again and again.
#[test]
fn a_serial_that_stays_unknown_is_not_believed_and_costs_one_download() {
    type Case = (PlatformKeys, bool, usize);
    let cases: [Case; 4] = [
        (PlatformKeys::Certificates, false, 1),
        (PlatformKeys::Certificates, true, 1),
        (PlatformKeys::Both, true, 1),
        (PlatformKeys::PublicKey, true, 0),
    ];
    each(&cases, |&(platform_keys, every, more)| {
        let shop = Shop::with(keys_of(platform_keys));
        let first = if platform_keys == PlatformKeys::PublicKey {
            pay(&shop, &shop.till(), &shop.sale(Scenario::Paid), OK);
            0
        } else {
            prepare(&shop);
            1
        };
        let till = open(&hasty(&shop));
        let operations: &[Operation] = if every {
            &EVERY_OPERATION
        } else {
            &[Operation::Micropay]
        };
        for operation in operations {
            shop.simulator
                .fault(Fault::always(*operation, FaultKind::UnknownSerial));
        }
        let status = if every { UNKNOWN } else { OK };
        for _ in 0..2 {
            let outcome = pay(&shop, &till, &shop.sale(Scenario::Paid), status);
            let told = outcome.message().contains("answers are signed");
            assert!(told, "{outcome:?}");
        }
        assert_eq!(downloads(&shop), first + more, "{platform_keys:?} {every}");
        shop.simulator.clear_faults();
        assert_eq!(till.recover().status(), OK);
    });
}

/// The same, and there is no getting at the list of certificates either.
#[test]
fn a_download_that_fails_is_not_repeated_for_every_answer() {
    let kinds = [
        FaultKind::DropBefore,
        FaultKind::Http {
            status: 503,
            executed: false,
        },
        FaultKind::DelayAfter { ms: 60_000 },
    ];
    each(&kinds, |kind| {
        let shop = Shop::with(keys_of(PlatformKeys::Certificates));
        prepare(&shop);
        rotate(&shop);
        let till = open(&hasty(&shop));
        shop.simulator
            .fault(Fault::always(Operation::Certificates, kind.clone()));
        let sale = shop.sale(Scenario::Paid);
        let outcome = pay(&shop, &till, &sale, UNKNOWN);
        assert_eq!(
            outcome.get("reversal").as_deref(),
            Some("required"),
            "{outcome:?}"
        );
        // One in five seconds, which asks both hosts at most.
        let tried = downloads(&shop) - 1;
        assert!((1..=4).contains(&tried), "{kind:?}: {tried}");
        shop.simulator.clear_faults();
        drop(till);
        let recovered = shop.till().recover();
        assert_eq!(
            recovered.get_int("orders.0.status"),
            Some(REVERSED.into()),
            "{recovered:?}"
        );
        assert_eq!(shop.simulator.net_charged(&sale.out_trade_no), 0);
    });
}
