//! The C programs of the tree against the simulator, under valgrind.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::program::{compile, run, under_valgrind};
use common::shop::{FEE, Sale, Shop};
use wxpay_simulator::{Operation, Scenario};

/// Valgrind slows a till down many times over, so its durations are longer than elsewhere.
fn patient_config(shop: &Shop) -> String {
    let text = shop
        .config()
        .replace("answer_timeout = \"1500ms\"", "answer_timeout = \"30s\"")
        .replace("connect_timeout = \"2000ms\"", "connect_timeout = \"30s\"");
    let path = shop.folder.path().join("wxpay.toml");
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

fn sell(program: &str, scenario: Scenario, exit: i32, words: &str) {
    let shop = Shop::open();
    let config = patient_config(&shop);
    let Sale {
        out_trade_no,
        auth_code,
    } = shop.sale(scenario);
    let fee = FEE.to_string();
    let (code, output) = run(under_valgrind(
        program,
        &[&config, &out_trade_no, &fee, &auth_code],
    ));
    assert_eq!(code, exit, "{output}");
    assert!(output.contains(words), "{output}");
    let net = shop.simulator.net_charged(&out_trade_no);
    assert_eq!(net, if exit == 0 { FEE } else { 0 }, "{output}");
}

#[test]
fn the_sale_of_the_readme_is_clean() {
    sell("examples-c/sale.c", Scenario::Paid, 0, "PAID");
}

#[test]
fn the_sale_of_the_readme_is_clean_when_it_is_refused() {
    sell(
        "examples-c/sale.c",
        Scenario::NotEnough,
        1,
        "DO NOT HAND OVER",
    );
}

#[test]
fn the_till_with_one_thread_is_clean() {
    sell(
        "examples-c/nonblocking.c",
        Scenario::PasswordPaid,
        0,
        "name=WXPAY_OK",
    );
    sell(
        "examples-c/nonblocking.c",
        Scenario::PasswordNever,
        1,
        "name=WXPAY_REVERSED",
    );
}

#[test]
fn the_small_till_is_clean() {
    for (scenario, exit) in [(Scenario::Paid, 0), (Scenario::Recall, 1)] {
        let shop = Shop::open();
        let config = patient_config(&shop);
        let sale = shop.sale(scenario);
        let mut program = under_valgrind("examples-c/pay.c", &["8.88", &sale.auth_code]);
        program
            .env("WXPAY_CONFIG", config)
            .env("TILL_ORDERS", shop.folder.path().join("orders.txt"));
        let (code, output) = run(program);
        assert_eq!(code, exit, "{output}");
        let ledger = shop.simulator.ledger();
        assert_eq!(
            ledger.totals.net_fen,
            if exit == 0 { FEE } else { 0 },
            "{output}"
        );
        let number = &ledger.orders[0].out_trade_no;
        let orders = fs::read_to_string(shop.folder.path().join("orders.txt")).unwrap();
        assert_eq!(
            orders
                .lines()
                .filter(|line| line.contains(number.as_str()))
                .count(),
            2
        );
    }
}

#[test]
fn ctrl_c_cancels_the_small_till_and_the_payment_is_undone() {
    let shop = Shop::open();
    let config = shop.config_file();
    let sale = shop.sale(Scenario::PasswordNever);
    let mut program = common::program::command("examples-c/pay.c", &["8.88", &sale.auth_code]);
    program
        .env("WXPAY_CONFIG", config)
        .env("TILL_ORDERS", shop.folder.path().join("orders.txt"))
        .stdout(std::process::Stdio::piped());
    let till = program.spawn().unwrap();
    let submitted = || {
        shop.simulator
            .ledger()
            .orders
            .iter()
            .any(|order| order.queries > 0)
    };
    while !submitted() {
        std::thread::yield_now();
    }
    let interrupt = Command::new("kill")
        .args(["-INT", &till.id().to_string()])
        .status();
    assert!(interrupt.unwrap().success());
    let output = till.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("WXPAY_REVERSED"), "{text}");
    assert_eq!(shop.simulator.ledger().totals.net_fen, 0);
}

#[test]
fn the_start_up_routine_is_clean_and_lists_what_it_settled() {
    let shop = Shop::open();
    let config = patient_config(&shop);
    let till = shop.till();
    let sale = shop.sale(Scenario::PasswordNever);
    let task = till.start(&sale.request()).unwrap();
    while shop.count(&sale, Operation::Orderquery) == 0 {
        std::thread::yield_now();
    }
    // Closing leaves the order open, as a power cut does.
    drop((task, till));
    let (code, output) = run(under_valgrind("examples-c/recover.c", &[&config]));
    assert_eq!(code, 0, "{output}");
    let line = format!("{} WXPAY_REVERSED {FEE}", sale.out_trade_no);
    assert!(output.contains(&line), "{output}");
}

#[test]
fn every_function_survives_nonsense_under_valgrind() {
    let program = compile("tests/c/abi.c");
    assert!(program.exists());
    let folder = tempfile::tempdir().unwrap();
    let (code, output) = run(under_valgrind(
        "tests/c/abi.c",
        &[folder.path().to_str().unwrap()],
    ));
    assert_eq!(code, 0, "{output}");
}

#[test]
fn the_readmes_quote_the_example_to_the_letter() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let example = fs::read_to_string(root.join("examples-c/sale.c")).unwrap();
    for readme in ["README.md", "README.zh-CN.md"] {
        let text = fs::read_to_string(root.join(readme)).unwrap();
        assert!(
            text.contains(&format!("```c\n{example}```")),
            "{readme} quotes another sale.c"
        );
    }
}
