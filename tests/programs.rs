//! The C programs of the tree against the simulator, under valgrind.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};

use common::on_every_gateway;
use common::program::{Till, command, compile, run, under_valgrind};
use common::shop::{FEE, Sale, Shop, quick, quick_on};
use common::{OK, Request};
use wxpay_simulator::{Api, Operation, PayerAction, RideCode, Scenario, Settings, State, Timing};

on_every_gateway! {
    a_scanned_payment_is_clean,
    a_scanned_payment_that_nobody_makes_is_closed,
    refunds_in_parts_are_clean_and_asking_for_them_again_refunds_nothing_twice,
    the_receiver_of_notifications_is_clean_and_believes_what_is_proven,
}

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
    let mut program = command("examples-c/pay.c", &["8.88", &sale.auth_code]);
    program
        .env("WXPAY_CONFIG", config)
        .env("TILL_ORDERS", shop.folder.path().join("orders.txt"))
        .stdout(Stdio::piped());
    let mut till = program.spawn().unwrap();
    let submitted = || {
        shop.simulator
            .ledger()
            .orders
            .iter()
            .any(|order| order.queries > 0)
    };
    while !submitted() {
        assert_eq!(till.try_wait().unwrap(), None, "it ended before it asked");
        common::pause(5);
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
        common::pause(5);
    }
    // Closing leaves the order open, as a power cut does.
    drop((task, till));
    let (code, output) = run(under_valgrind("examples-c/recover.c", &[&config]));
    assert_eq!(code, 0, "{output}");
    let line = format!("{} WXPAY_REVERSED {FEE}", sale.out_trade_no);
    assert!(output.contains(&line), "{output}");
}

/// The program that shows a code, with something in place of an encoder of QR codes.
fn scanned(shop: &Shop, number: &str, seconds: &str, encoder: &str) -> Command {
    let config = patient_config(shop);
    let fee = FEE.to_string();
    let arguments = [&config, number, &fee, seconds];
    let mut program = under_valgrind("examples-c/native.c", &arguments);
    program.env("QR_ENCODER", encoder);
    program
}

fn a_scanned_payment_is_clean(api: Api) {
    let shop = Shop::open_on(api);
    let mut program = scanned(&shop, "NATIVE1", "0", "sed s/^/SCAN:/");
    program.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut till = program.spawn().unwrap();
    // Paid when it is shown, and not before.
    let mut output = BufReader::new(till.stdout.take().unwrap());
    let mut text = String::new();
    while !text.contains("SCAN:weixin://") {
        let read = output.read_line(&mut text).unwrap();
        assert!(read > 0, "{text}");
    }
    shop.simulator.payer("NATIVE1", PayerAction::Pay).unwrap();
    output.read_to_string(&mut text).unwrap();
    let ended = till.wait_with_output().unwrap();
    let errors = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(0), "{text}\n{errors}");
    assert!(
        text.contains("name=WXPAY_OK out_trade_no=NATIVE1"),
        "{text}\n{errors}"
    );
    assert_eq!(shop.simulator.net_charged("NATIVE1"), FEE);
}

fn a_scanned_payment_that_nobody_makes_is_closed(api: Api) {
    let shop = Shop::open_on(api);
    // Without an encoder there is still the text.
    let (code, output) = run(scanned(&shop, "NATIVE1", "1", "false"));
    assert_eq!(code, 1, "{output}");
    assert!(output.contains("weixin://"), "{output}");
    assert!(output.contains("cannot be drawn"), "{output}");
    assert!(output.contains("name=WXPAY_REVERSED"), "{output}");
    let ledger = shop.simulator.ledger();
    let order = ledger.order("NATIVE1").unwrap();
    assert_eq!(
        (order.state, order.net_fen),
        (State::Closed, 0),
        "{order:?}"
    );
}

fn refunds_in_parts_are_clean_and_asking_for_them_again_refunds_nothing_twice(api: Api) {
    let shop = Shop::open_on(api);
    let config = patient_config(&shop);
    let Sale {
        out_trade_no,
        auth_code,
    } = shop.sale(Scenario::Paid);
    let request = Request::sale(&out_trade_no, &auth_code, FEE);
    assert_eq!(shop.till().micropay(&request).status(), OK);
    let total = FEE.to_string();
    let arguments = [&config, out_trade_no.as_str(), &total, "300", "588"];
    for _ in 0..2 {
        let (code, output) = run(under_valgrind("examples-c/refund.c", &arguments));
        assert_eq!(code, 0, "{output}");
        for part in ["R1 refund_fee=300", "R2 refund_fee=588"] {
            let line = format!("REFUND name=WXPAY_REFUNDED out_refund_no={out_trade_no}-{part}");
            assert!(output.contains(&line), "{output}");
        }
        assert_eq!(shop.simulator.net_charged(&out_trade_no), 0, "{output}");
        let refunds = shop.simulator.ledger().refunds;
        assert_eq!(refunds.len(), 2, "{refunds:?}");
        assert!(
            refunds.iter().all(|refund| refund.submits == 1),
            "{refunds:?}"
        );
    }
    // A part more than there is.
    let arguments = [&config, out_trade_no.as_str(), &total, "300", "588", "1"];
    let (code, output) = run(under_valgrind("examples-c/refund.c", &arguments));
    assert_eq!(code, 1, "{output}");
    assert!(output.contains("name=WXPAY_DECLINED"), "{output}");
    assert_eq!(shop.simulator.net_charged(&out_trade_no), 0, "{output}");
}

/// Sends bytes to a server and returns the status that it answers with, 0 if it hangs up.
fn http(port: &str, request: &[u8]) -> u16 {
    let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
    // The server may have answered and hung up before it has read everything.
    let _ = stream.write_all(request);
    let _ = stream.shutdown(Shutdown::Write);
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    let status = answer.split(' ').nth(1);
    status.map_or(0, |status| status.parse().unwrap())
}

fn the_receiver_of_notifications_is_clean_and_believes_what_is_proven(api: Api) {
    // Under valgrind an answer may come too late; then it is sent again.
    let timing = Timing {
        notify_retry_ms: vec![1_000; 100],
        ..quick().timing
    };
    let shop = Shop::with(Settings {
        timing,
        ..quick_on(api)
    });
    let config = patient_config(&shop);
    let mut server = under_valgrind("examples-c/notify_server.c", &[&config, "0"]);
    server.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut server = Till(server.spawn().unwrap());
    let mut lines = BufReader::new(server.0.stdout.take().unwrap()).lines();
    let listening = lines.next().unwrap().unwrap();
    let port = listening
        .trim_end_matches('/')
        .rsplit(':')
        .next()
        .unwrap()
        .to_owned();

    // What anybody may send.
    let post = |headers: &str, body: &str| {
        let length = body.len();
        let head = format!("POST /wxpay HTTP/1.1\r\nContent-Length: {length}\r\n{headers}\r\n");
        http(&port, &[head.as_bytes(), body.as_bytes()].concat())
    };
    let mut noticed = 0;
    for (headers, body) in [
        ("", ""),
        ("", "{}"),
        ("", "<xml></xml>"),
        ("A: \u{ff}\r\n", "[]"),
    ] {
        let status = post(headers, body);
        assert!((200..600).contains(&status), "{status}");
        noticed += 1;
    }
    let huge = format!("POST / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(40_000));
    for (request, status) in [
        (&b"GET / HTTP/1.1\r\n\r\n"[..], 405),
        (b"\r\n\r\n", 405),
        (b"POST / HTTP/1.1\r\n\r\n", 411),
        (b"POST / HTTP/1.1\r\nContent-Length: 2 2\r\n\r\n{}", 411),
        (b"POST / HTTP/1.1\r\nContent-Length: -2\r\n\r\n{}", 411),
        (
            b"POST / HTTP/1.1\r\nContent-Length: 2\r\ncontent-length: 2\r\n\r\n{}",
            411,
        ),
        (
            b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
            413,
        ),
        (b"POST / HTTP/1.1\r\nA\0: b\r\n\r\n", 400),
        (huge.as_bytes(), 431),
        // Cut off.
        (b"", 0),
        (b"POST", 0),
        (b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n{}", 0),
    ] {
        let text = String::from_utf8_lossy(&request[..request.len().min(60)]);
        assert_eq!(http(&port, request), status, "{text}");
    }
    for _ in 0..noticed {
        let line = lines.next().unwrap().unwrap();
        assert!(line.starts_with("NOTICE name=WXPAY_E_"), "{line}");
    }

    // What the gateway sends: a payment, then a refund.
    let till = shop.till();
    let url = format!("http://127.0.0.1:{port}/wxpay");
    let order = Request::order("NATIVE1", FEE).with("notify_url", &url);
    let shown = till.prepay(&order);
    assert_eq!(shown.status(), OK, "{shown:?}");
    shop.simulator.payer("NATIVE1", PayerAction::Pay).unwrap();
    let line = lines.next().unwrap().unwrap();
    let expected = format!(
        "NOTICE name=WXPAY_OK notification=payment out_trade_no=NATIVE1 out_refund_no=- total_fee={FEE}"
    );
    assert_eq!(line, expected);
    let refund = Request::refund("NATIVE1", "NATIVE1-R1", FEE, 300).with("notify_url", &url);
    let refunded = till.refund(&refund);
    assert!(
        [common::ACCEPTED, common::REFUNDED].contains(&refunded.status()),
        "{refunded:?}"
    );
    // No request tells Fubei where to report refunds: that is set for the account.
    if api == Api::Fubei {
        let notification = loop {
            match shop.simulator.notification_for_refund("NATIVE1-R1", None) {
                Ok(notification) => break notification,
                Err(_) => common::pause(5),
            }
        };
        let body = String::from_utf8(notification.body.clone()).unwrap();
        assert_eq!(post(&notification.header_lines(), &body), 200);
    }
    let line = lines
        .map(|line| line.unwrap())
        .find(|line| !line.starts_with(&expected))
        .unwrap();
    let expected = "NOTICE name=WXPAY_REFUNDED notification=refund out_trade_no=NATIVE1 out_refund_no=NATIVE1-R1";
    assert!(line.starts_with(expected), "{line}");
    while shop
        .simulator
        .notifications()
        .iter()
        .any(|notification| !notification.delivered)
    {
        common::pause(5);
    }
    // Server and till share the journal.
    let known = till.prepay(&order);
    assert_eq!(known.status(), common::E_DUPLICATE, "{known:?}");
    assert_eq!(known.get("other_status").as_deref(), Some("WXPAY_OK"));

    let terminate = Command::new("kill")
        .args(["-TERM", &server.0.id().to_string()])
        .status();
    assert!(terminate.unwrap().success());
    let mut errors = String::new();
    let mut stderr = server.0.stderr.take().unwrap();
    stderr.read_to_string(&mut errors).unwrap();
    assert_eq!(server.0.wait().unwrap().code(), Some(0), "{errors}");
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
fn the_validator_is_clean_and_its_rides_end_by_their_callbacks() {
    let timing = Timing {
        notify_retry_ms: vec![500; 200],
        ..quick().timing
    };
    let shop = Shop::with(Settings {
        timing,
        ride_code: Some(RideCode::example()),
        ..quick()
    });
    let config = patient_config(&shop);
    let mut server = command("examples-c/notify_server.c", &[&config, "0"]);
    server.stdout(Stdio::piped());
    let mut server = Till(server.spawn().unwrap());
    let mut lines = BufReader::new(server.0.stdout.take().unwrap()).lines();
    let listening = lines.next().unwrap().unwrap();
    let url = listening.strip_prefix("listening on ").unwrap();
    shop.simulator.set_ride_callback(Some(url)).unwrap();

    let arguments = |number| {
        [
            config.as_str(),
            number,
            "200",
            "M393",
            "20261122090500",
            "TXSIMULATED0001",
        ]
    };
    for (number, first, notice, later) in [
        (
            "RIDE-0000",
            (0, "WXPAY_ACCEPTED"),
            "WXPAY_OK",
            (0, "WXPAY_OK"),
        ),
        (
            "RIDE-0101",
            (0, "WXPAY_ACCEPTED"),
            "WXPAY_DECLINED",
            (1, "WXPAY_DECLINED"),
        ),
        (
            "RIDE-0301",
            (2, "WXPAY_UNKNOWN"),
            "WXPAY_OK",
            (0, "WXPAY_OK"),
        ),
    ] {
        let ended = |name: &str| format!("RIDE name={name} out_trade_no={number} total_fee=200 ");
        let (code, output) = run(under_valgrind("examples-c/ride.c", &arguments(number)));
        assert_eq!(code, first.0, "{output}");
        assert!(output.contains(&ended(first.1)), "{output}");

        let expected = format!("NOTICE name={notice} notification=ride out_trade_no={number} ");
        let told = lines.find(|line| line.as_ref().unwrap().starts_with(&expected));
        assert!(told.is_some(), "{expected}");
        // While the validator's own call lasts, nobody else settles the ride: then it is told once more.
        let known = (0..200).any(|_| {
            let (_, output) = run(command("examples-c/ride.c", &arguments(number)));
            output.contains(&ended(later.1))
        });
        assert!(known, "{number}");
        let (code, output) = run(under_valgrind("examples-c/ride.c", &arguments(number)));
        assert_eq!(code, later.0, "{output}");
        assert!(output.contains(&ended(later.1)), "{output}");
    }
    let rides = shop.simulator.ledger().rides;
    assert!(rides.iter().all(|ride| ride.requests == 1), "{rides:?}");
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
