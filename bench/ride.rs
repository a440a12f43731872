//! What a gate waits for beyond the network: building a deduction, and verifying, decrypting and
//! reading a callback. Beside it, in the same run and turn by turn, `ride_peer.c`: the same by hand
//! with OpenSSL and cJSON. `bench/run.sh` builds both.

#![allow(clippy::unwrap_used, reason = "a benchmark may panic")]

use std::hint::black_box;
use std::process::Command;
use std::time::Instant;

use wxpay_core::config::Config;
use wxpay_core::fields::Fields;
use wxpay_core::gateway::ride_code::{ExpectedRide, RideCode};
use wxpay_core::verdict::QueryVerdict;

const CALLBACK: &[u8] = include_bytes!("ride_callback.json");
const CALLBACK_FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../bench/ride_callback.json");
/// As the peer has it.
const ACCESS_TOKEN: &str = "74_Zk3vX0c9pQ7tN1bR5sW8yA2dF4gH6jK0lM9nB7vC5xZ1qW3eR5tY7uI9oP0aSdF";
const PASSENGER: &str =
    "TXSIMULATED0000000000000000000000000000000000000000000000000000000000000000";
const NUMBER: &str = "RIDE-20261122-000001";

const TURNS: usize = 21;
const ROUNDS: u32 = 5_000;

fn configured() -> RideCode {
    let folder = tempfile::tempdir().unwrap();
    let text = format!(
        r#"
        gateway = "fubei"
        [journal]
        path = '{}/journal.db'
        [fubei]
        app_id = "20161201155413000000"
        secret = "0123456789abcdef0123456789abcdef"
        [ride_code]
        mch_id = "1230000109"
        appid = "wx0000000000000001"
        deduct_url = "https://localhost/intp/transportcode/simulated?access_token={{access_token}}"
        access_token = "{ACCESS_TOKEN}"
        sign_type = "HMAC-SHA256"
        sign_key = "0123456789abcdef"
        aes_key = "0123456789abcdef0123456789abcdef"
        aes_key_encoding = "raw"
        "#,
        folder.path().display()
    );
    let config = Config::from_toml(&text).unwrap();
    RideCode::new(config.ride_code.unwrap())
}

fn deduct(ride_code: &RideCode) -> usize {
    let fields: Fields = [
        ("out_trade_no", NUMBER),
        ("qrcode", PASSENGER),
        ("total_fee", "180"),
        ("original_fee", "200"),
        ("machine_ip", "10.1.2.3"),
        ("machine_latitude", "22.543096"),
        ("machine_longitude", "114.057865"),
        ("body", "公交代扣"),
        ("start_time", "20261122090500"),
        ("line_name", "M393"),
        ("trade_scene", "BUS"),
    ]
    .into_iter()
    .collect();
    let ride = ride_code.ride(&fields).unwrap();
    let call = ride_code.deduct(&ride);
    call.path.len() + call.body.len()
}

fn callback(ride_code: &RideCode, expected: &ExpectedRide) -> QueryVerdict {
    let notice = ride_code.open(CALLBACK.trim_ascii_end()).unwrap();
    ride_code.judge(&notice, expected).verdict
}

/// Nanoseconds a round.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn timed(mut job: impl FnMut()) -> f64 {
    let begun = Instant::now();
    for _ in 0..ROUNDS {
        job();
    }
    begun.elapsed().as_secs_f64() * 1e9 / f64::from(ROUNDS)
}

/// What the peer prints: a name and nanoseconds in each line.
fn peer(program: &str) -> [f64; 2] {
    let output = Command::new(program)
        .args([CALLBACK_FILE, &ROUNDS.to_string()])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    ["deduct", "callback"].map(|job| {
        let line = text.lines().find_map(|line| line.strip_prefix(job));
        line.unwrap().trim().parse().unwrap()
    })
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let program = std::env::var("WXPAY_RIDE_PEER").expect("run bench/run.sh, which sets it");
    let ride_code = configured();
    let expected = ExpectedRide {
        out_trade_no: NUMBER.to_owned(),
        total_fee: Some(200),
        attach: Some(NUMBER.to_owned()),
    };
    assert_eq!(callback(&ride_code, &expected), QueryVerdict::Paid);

    // In turns, so that whatever else the machine does falls on both.
    let [mut ours, mut theirs] = [0, 1].map(|_| [Vec::new(), Vec::new()]);
    for _ in 0..TURNS {
        ours[0].push(timed(|| {
            black_box(deduct(&ride_code));
        }));
        ours[1].push(timed(|| {
            black_box(callback(&ride_code, &expected));
        }));
        for (all, one) in theirs.iter_mut().zip(peer(&program)) {
            all.push(one);
        }
    }
    println!("| ride code | wxpay, µs | OpenSSL and cJSON, µs | ratio |");
    println!("|---|---|---|---|");
    let names = [
        "check the fields and build a deduction",
        "verify, decrypt and read a callback",
    ];
    for ((name, ours), theirs) in names.into_iter().zip(&mut ours).zip(&mut theirs) {
        let (ours, theirs) = (median(ours) / 1e3, median(theirs) / 1e3);
        println!(
            "| {name} | {ours:.1} | {theirs:.1} | {:.2} |",
            ours / theirs
        );
    }
}
