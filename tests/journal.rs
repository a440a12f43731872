//! Nothing is sent that cannot be remembered.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::fs;
use std::process::Command;

use common::on_every_gateway;
use common::program::{command, hold_lock, lock, run};
use common::shop::{FEE, Shop};
use common::{Client, E_DUPLICATE, E_JOURNAL, OK, UNKNOWN};
use wxpay_simulator::{Api, Operation, Scenario, State};

on_every_gateway! {
    a_full_disk_refuses_the_charge_before_it_is_sent,
    a_journal_that_cannot_be_written_refuses_the_charge_before_it_is_sent,
    a_journal_that_another_program_keeps_locked_refuses_the_charge_before_it_is_sent,
    a_journal_that_cannot_be_used_is_told_at_open,
    a_finished_order_is_replayed_and_another_sale_under_its_number_is_refused,
    a_paid_order_is_reversed_when_the_till_asks_and_only_once,
    an_order_of_another_till_can_be_reversed_by_its_number,
    a_reverse_that_is_refused_stays_open_and_is_told,
    without_reverse_an_unclear_order_stays_open_and_reverse_is_unsupported,
}

/// Runs a sale in a process that cannot write beyond `blocks` of 512 bytes into any file.
fn sale_with_a_full_disk(shop: &Shop, scenario: Scenario, blocks: u64) -> (i32, String, String) {
    let sale = shop.sale(scenario);
    let config = shop.config_file();
    let fee = FEE.to_string();
    let arguments = [
        config.to_str().unwrap(),
        &sale.out_trade_no,
        &fee,
        &sale.auth_code,
    ];
    let program = command("examples-c/sale.c", &arguments);
    let mut limited = Command::new("sh");
    limited
        .arg("-c")
        // Without the signal a write beyond the limit fails, as on a full disk.
        .arg(format!(
            "trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\""
        ))
        .arg(program.get_program())
        .args(program.get_args());
    for (name, value) in program.get_envs() {
        limited.env(name, value.unwrap_or_default());
    }
    let (code, output) = run(limited);
    (code, output, sale.out_trade_no)
}

fn a_full_disk_refuses_the_charge_before_it_is_sent(api: Api) {
    let shop = Shop::open_on(api);
    // Makes the journal, and leaves pages for the limit to bite on.
    let till = shop.till();
    for _ in 0..30 {
        let sale = shop.sale(Scenario::Paid);
        assert_eq!(till.micropay(&sale.request()).status(), OK);
    }
    drop(till);
    let charged = shop.simulator.ledger().totals;
    let (code, output, _) = sale_with_a_full_disk(&shop, Scenario::Paid, 1);
    assert_eq!(code, 3, "{output}");
    assert_eq!(shop.simulator.ledger().totals, charged, "{output}");

    // Every limit between "cannot open" and "enough": refused and not charged, or paid.
    let mut refused = 0;
    let mut paid = 0;
    for blocks in (8..200).step_by(8) {
        let (code, output, number) = sale_with_a_full_disk(&shop, Scenario::Paid, blocks);
        let net = shop.simulator.net_charged(&number);
        match code {
            0 => {
                assert_eq!(net, FEE, "{output}");
                paid += 1;
            }
            _ => {
                assert_eq!(net, 0, "limit {blocks}: {output}");
                assert!(output.contains("journal"), "limit {blocks}: {output}");
                refused += 1;
            }
        }
    }
    assert!(refused > 0 && paid > 0, "{refused} refused, {paid} paid");
}

fn a_journal_that_cannot_be_written_refuses_the_charge_before_it_is_sent(api: Api) {
    let shop = Shop::open_on(api);
    drop(shop.till());
    let (code, output, number) = sale_with_a_full_disk(&shop, Scenario::Paid, 0);
    assert_eq!(code, 3, "{output}");
    assert!(output.contains("journal"), "{output}");
    assert!(shop.simulator.ledger().order(&number).is_none());
}

fn a_journal_that_another_program_keeps_locked_refuses_the_charge_before_it_is_sent(api: Api) {
    let shop = Shop::open_on(api);
    let till = shop.till();
    let lock = lock(&shop.journal());
    let sale = shop.sale(Scenario::Paid);
    let outcome = till.micropay(&sale.request());
    assert_eq!(outcome.status(), E_JOURNAL, "{outcome:?}");
    assert_eq!(shop.count(&sale, Operation::Micropay), 0);
    assert_eq!(till.reverse(&sale.out_trade_no).status(), E_JOURNAL);
    assert_eq!(shop.count(&sale, Operation::Reverse), 0);
    drop(lock);
    assert_eq!(till.micropay(&sale.request()).status(), OK);
}

/// Does nothing unless [`lock`] has started it.
#[test]
fn holds_the_lock_it_is_told_to() {
    hold_lock();
}

fn a_journal_that_cannot_be_used_is_told_at_open(api: Api) {
    let shop = Shop::open_on(api);
    let config = shop.config();
    for content in [
        &b""[..],
        b"not a database, but long enough to be looked at twice",
    ] {
        fs::write(shop.journal(), content).unwrap();
        let refusal = Client::open_toml(&config).map(|_| ()).unwrap_err();
        assert_eq!(refusal.status(), E_JOURNAL, "{refusal:?}");
        assert!(refusal.message().contains("damaged"), "{refusal:?}");
        assert_eq!(fs::read(shop.journal()).unwrap(), content, "it was touched");
    }
}

fn a_finished_order_is_replayed_and_another_sale_under_its_number_is_refused(api: Api) {
    let shop = Shop::open_on(api);
    let till = shop.till();
    for scenario in [Scenario::Paid, Scenario::NotEnough, Scenario::PasswordNever] {
        let sale = shop.sale(scenario);
        let first = till.micropay(&sale.request());
        let requests = shop.received(&sale, Operation::Micropay);
        let second = till.micropay(&sale.request());
        assert_eq!(second.status(), first.status());
        assert_eq!(second.get_int("replayed"), Some(1));
        assert_eq!(second.get("transaction_id"), first.get("transaction_id"));
        assert_eq!(second.get("code"), first.get("code"));
        let other = till.micropay(&sale.request().with_int("total_fee", FEE + 1));
        assert_eq!(other.status(), E_DUPLICATE, "{other:?}");
        assert_eq!(other.get_int("total_fee"), Some(FEE), "that sale's facts");
        assert_eq!(
            shop.simulator.requests().len(),
            requests,
            "something was sent"
        );
        shop.agrees(&sale, &second);
    }
}

fn a_paid_order_is_reversed_when_the_till_asks_and_only_once(api: Api) {
    let shop = Shop::open_on(api);
    let till = shop.till();
    let sale = shop.sale(Scenario::Paid);
    assert_eq!(till.micropay(&sale.request()).status(), OK);
    let outcome = till.reverse(&sale.out_trade_no);
    assert_eq!(outcome.status(), common::REVERSED, "{outcome:?}");
    assert_eq!(outcome.get("reversal").as_deref(), Some("completed"));
    shop.agrees(&sale, &outcome);
    let again = till.reverse(&sale.out_trade_no);
    assert_eq!(
        (again.status(), again.get_int("replayed")),
        (common::REVERSED, Some(1))
    );
    assert_eq!(shop.count(&sale, Operation::Reverse), 1);
    let replayed = till.micropay(&sale.request());
    assert_eq!(replayed.status(), common::REVERSED, "{replayed:?}");
}

fn an_order_of_another_till_can_be_reversed_by_its_number(api: Api) {
    let shop = Shop::open_on(api);
    let sale = shop.sale(Scenario::Paid);
    assert_eq!(shop.till().micropay(&sale.request()).status(), OK);
    let other = shop.till_with("wxpay-journal.db", "other.db");
    let outcome = other.reverse(&sale.out_trade_no);
    assert_eq!(outcome.status(), common::REVERSED, "{outcome:?}");
    shop.agrees(&sale, &outcome);
    assert_eq!(
        shop.order(&sale).map(|order| order.state),
        Some(State::Revoked)
    );
}

fn a_reverse_that_is_refused_stays_open_and_is_told(api: Api) {
    let shop = Shop::open_on(api);
    let till = shop.till();
    let sale = shop.sale(Scenario::ReverseTradeError);
    assert_eq!(till.micropay(&sale.request()).status(), UNKNOWN);
    let outcome = till.reverse(&sale.out_trade_no);
    assert_eq!(outcome.status(), UNKNOWN, "{outcome:?}");
    assert_eq!(outcome.get("code").as_deref(), Some("TRADE_ERROR"));
    assert_eq!(outcome.get("reversal").as_deref(), Some("required"));
    assert_eq!(till.recover().get_int("open"), Some(1));
}

fn without_reverse_an_unclear_order_stays_open_and_reverse_is_unsupported(api: Api) {
    let shop = Shop::open_on(api);
    let till = shop.till_with("[policy]\n", "[policy]\nreverse = \"never\"\n");
    let sale = shop.sale(Scenario::PasswordNever);
    let outcome = till.micropay(&sale.request());
    assert_eq!(outcome.status(), UNKNOWN, "{outcome:?}");
    assert_eq!(outcome.get("reversal").as_deref(), Some("required"));
    assert_eq!(
        till.reverse(&sale.out_trade_no).status(),
        common::E_UNSUPPORTED
    );
    assert_eq!(till.recover().status(), UNKNOWN);
    assert_eq!(shop.count(&sale, Operation::Reverse), 0);
    shop.simulator
        .payer(&sale.out_trade_no, wxpay_simulator::PayerAction::Pay)
        .unwrap();
    let outcome = till.recover();
    assert_eq!(outcome.status(), OK, "{outcome:?}");
    assert_eq!(outcome.json()["orders"][0]["status"], OK);
}
