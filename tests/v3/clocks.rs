//! Clocks that are wrong: the till's, the gateway's, and one that jumps while a payment is under way.

use super::*;
use crate::common::{DECLINED, E_FORGED, REVERSED, UNKNOWN};
use wxpay_simulator::{Fault, FaultKind};

const MINUTE: i64 = 60;
const DAY: i64 = 86_400;

/// A gateway whose clock is so far ahead of the till's.
fn ahead(seconds: i64, settings: Settings) -> Shop {
    Shop::with(Settings {
        skew_seconds: seconds,
        ..settings
    })
}

/// What was sent for a sale as a charge, and what the gateway took of it.
fn charges(shop: &Shop, sale: &Sale) -> (usize, u32) {
    let requests = shop.simulator.requests();
    let sent = requests
        .iter()
        .filter(|request| request.operation == Some(Operation::Micropay))
        .count();
    (sent, shop.order(sale).map_or(0, |order| order.submits))
}

#[test]
fn a_wrong_clock_costs_the_first_charge_a_second_try_and_the_next_ones_nothing() {
    each(&[DAY, -DAY, 6 * MINUTE, -6 * MINUTE], |&skew| {
        let shop = ahead(skew, keys_of(PlatformKeys::PublicKey));
        let till = shop.till();
        let log = Log::of(&till);
        let first = shop.sale(Scenario::Paid);
        let outcome = pay(&shop, &till, &first, OK);
        // The first was refused for its time, so it was not executed; the second was.
        assert_eq!(charges(&shop, &first), (2, 1), "{skew}");
        assert_eq!(outcome.get_int("attempts"), Some(2), "{outcome:?}");
        assert_eq!(shop.order(&first).map(|order| order.charges), Some(1));
        let refused = shop.simulator.requests()[0].clone();
        assert_eq!(
            (refused.verdict.as_str(), refused.answer.as_str()),
            ("SIGN_ERROR", "401")
        );

        let second = shop.sale(Scenario::Paid);
        let outcome = pay(&shop, &till, &second, OK);
        assert_eq!(charges(&shop, &second), (3, 1), "{skew}");
        assert_eq!(outcome.get_int("attempts"), Some(1), "{outcome:?}");
        for (scenario, status) in [
            (Scenario::PasswordPaid, OK),
            (Scenario::PasswordNever, REVERSED),
            (Scenario::NotEnough, DECLINED),
        ] {
            pay(&shop, &till, &shop.sale(scenario), status);
        }
        let requests = shop.simulator.requests();
        let refused = requests
            .iter()
            .filter(|request| request.answer == "401")
            .count();
        assert_eq!(refused, 1, "{skew}: {requests:?}");
        assert!(
            requests.iter().all(|request| request.nonce_repeats == 0),
            "a nonce was used twice"
        );
        // Told once: that it was sent twice, and to set the clock.
        let side = if skew > 0 { "slow" } else { "fast" };
        let told = log.warnings(side);
        assert_eq!(told.len(), 1, "{skew}: {:?}", log.warnings(""));
        assert!(told[0].contains("set it"), "{told:?}");
        assert_eq!(
            log.warnings("sent again").len(),
            1,
            "{:?}",
            log.warnings("")
        );
    });
}

#[test]
fn a_clock_within_the_documents_five_minutes_costs_nothing() {
    each(&[4 * MINUTE, -4 * MINUTE], |&skew| {
        let shop = ahead(skew, keys_of(PlatformKeys::PublicKey));
        let till = shop.till();
        let log = Log::of(&till);
        let sale = shop.sale(Scenario::PasswordPaid);
        pay(&shop, &till, &sale, OK);
        assert_eq!(charges(&shop, &sale), (1, 1));
        assert_eq!(log.warnings("set it").len(), 1, "{:?}", log.warnings(""));
    });
}

/// The download comes first, so the charge needs no second try.
#[test]
fn with_certificates_to_fetch_the_clock_is_known_before_the_charge() {
    each(&[DAY, -DAY, 6 * MINUTE], |&skew| {
        let shop = ahead(skew, keys_of(PlatformKeys::Certificates));
        let sale = shop.sale(Scenario::Paid);
        pay(&shop, &shop.till(), &sale, OK);
        assert_eq!(charges(&shop, &sale), (1, 1), "{skew}");
        assert_eq!(downloads(&shop), 2, "{skew}");
        // The next start has the keys but not the clock.
        let sale = shop.sale(Scenario::Paid);
        pay(&shop, &shop.till(), &sale, OK);
        assert_eq!(charges(&shop, &sale), (3, 1), "{skew}");
    });
}

/// A gateway that refuses the second try as well has not executed it either.
#[test]
fn a_charge_that_is_refused_twice_is_refused_and_not_sent_a_third_time() {
    let shop = ahead(DAY, keys_of(PlatformKeys::PublicKey));
    let config = config_without(
        &shop.config(),
        &["serial_no", "certificate"],
        "serial_no = \"1234567890ABCDEF\"",
    );
    let sale = shop.sale(Scenario::Paid);
    let outcome = pay(&shop, &open(&config), &sale, common::E_REJECTED);
    assert_eq!(shop.simulator.requests().len(), 2);
    assert_eq!(outcome.get_int("attempts"), Some(2), "{outcome:?}");
    assert!(outcome.message().contains("serial_no"), "{outcome:?}");
}

/// What a till with a wrong clock would believe if it went by its own: signatures of its own time.
#[test]
fn a_wrong_clock_is_not_open_to_replays() {
    each(&[DAY, -DAY, 6 * MINUTE, -6 * MINUTE], |&skew| {
        let shop = ahead(skew, keys_of(PlatformKeys::Both));
        let till = open(&hasty(&shop));
        for operation in EVERY_OPERATION {
            let of_the_tills_time = FaultKind::OldTimestamp { seconds: skew };
            shop.simulator
                .fault(Fault::always(operation, of_the_tills_time));
        }
        let sale = shop.sale(Scenario::Paid);
        let outcome = pay(&shop, &till, &sale, UNKNOWN);
        assert_eq!(outcome.get("transaction_id"), None, "{skew}: {outcome:?}");
        // A reader, whose very first answer it is.
        let reader = shop.till_with("wxpay-journal.db", "other.db");
        assert_eq!(
            reader.query(&sale.out_trade_no).status(),
            E_FORGED,
            "{skew}"
        );
        shop.simulator.clear_faults();
        assert_eq!(reader.query(&sale.out_trade_no).status(), REVERSED);
        assert_eq!(till.recover().status(), OK);
    });
}

/// The gateway's clock is set while the payer types the password, or is being waited for.
#[test]
fn a_gateway_whose_clock_jumps_ahead_during_a_payment_is_followed() {
    let cases: Vec<_> = [DAY, 6 * MINUTE]
        .into_iter()
        .flat_map(|skew| {
            [
                (Scenario::AnswerLost, Operation::Micropay, OK),
                (Scenario::PasswordPaid, Operation::Orderquery, OK),
                (Scenario::PasswordNever, Operation::Orderquery, REVERSED),
            ]
            .map(|case| (skew, case))
        })
        .collect();
    each(&cases, |&(skew, (scenario, operation, status))| {
        let shop = Shop::with(keys_of(PlatformKeys::PublicKey));
        let till = shop.till();
        let sale = shop.sale(scenario);
        let mut task = start_until(&shop, &till, &sale, |order| match operation {
            Operation::Orderquery => order.queries >= 1,
            _ => order.submits == 1,
        });
        shop.simulator.set_skew(skew);
        ended(&shop, &sale, &task.wait(-1), status);
        pay(&shop, &till, &shop.sale(Scenario::Paid), OK);
    });
}

/// A clock that goes far back looks like answers from the past. They are not believed, however right their
/// `Date`: the sale stays open until the clock has gone on for five minutes, or the till has a new start.
#[test]
fn a_gateway_whose_clock_is_set_far_back_is_not_believed_at_once() {
    each(&[-DAY, -20 * MINUTE], |&skew| {
        let shop = Shop::with(keys_of(PlatformKeys::PublicKey));
        let till = open(&hasty(&shop));
        pay(&shop, &till, &shop.sale(Scenario::Paid), OK);
        shop.simulator.set_skew(skew);
        let sale = shop.sale(Scenario::Paid);
        let outcome = pay(&shop, &till, &sale, UNKNOWN);
        assert!(outcome.message().contains("a replay?"), "{outcome:?}");
        assert_eq!(
            outcome.get("reversal").as_deref(),
            Some("required"),
            "{outcome:?}"
        );
        drop(till);
        let till = shop.till();
        assert_eq!(
            till.recover().get_int("orders.0.status"),
            Some(REVERSED.into())
        );
        pay(&shop, &till, &shop.sale(Scenario::PasswordPaid), OK);
    });
}
