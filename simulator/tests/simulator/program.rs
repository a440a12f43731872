use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use wxpay_simulator::{
    Api, Fubei, FubeiApi, FubeiLevel, PlatformKeys, PolicyNumbers, Region, RideCode, RideScenario,
    Scenario, Settings,
};

use crate::client::{start, start_with};

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_wxpay-simulator"))
}

/// Ends the program with the test, whatever the test's end.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The program, ready, and what it has printed by then.
fn run(dir: &Path, options: &[&str]) -> (Running, Vec<String>) {
    let ports = ["--port", "0", "--port", "0", "--control-port", "0"];
    let mut running = Running(
        program()
            .args(ports)
            .args(options)
            .arg("--dir")
            .arg(dir)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program is built"),
    );
    let out = running.0.stdout.take().expect("it is piped");
    let out = BufReader::new(out);
    let mut lines = Vec::new();
    for line in out.lines() {
        lines.push(line.expect("it prints UTF-8"));
        if lines.last().is_some_and(|line| line.starts_with("ready ")) {
            break;
        }
    }
    (running, lines)
}

#[test]
fn the_program_says_when_it_is_ready_and_its_ledger_can_be_printed() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("sandbox");
    let (mut running, lines) = run(&dir, &["--quick"]);
    let ready = lines.last().unwrap();
    assert!(ready.contains("control=http://127.0.0.1:"), "{ready}");
    let codes = lines.iter().filter(|line| line.starts_with("13")).count();
    assert_eq!(codes, Scenario::ALL.len());
    for file in [
        "wxpay.toml",
        "ca.pem",
        "apiclient_cert.p12",
        "api_key.txt",
        "ready.json",
    ] {
        assert!(dir.join(file).exists(), "{file}");
    }
    let printed = program()
        .arg("ledger")
        .arg("--dir")
        .arg(&dir)
        .output()
        .unwrap();
    assert!(printed.status.success());
    let ledger: serde_json::Value = serde_json::from_slice(&printed.stdout).unwrap();
    assert_eq!(ledger["totals"]["orders"], 0);

    #[cfg(unix)]
    {
        let id = running.0.id().to_string();
        let told = Command::new("kill").args(["-TERM", &id]).status().unwrap();
        assert!(told.success());
        assert!(running.0.wait().unwrap().success());
        assert!(!dir.join("ready.json").exists());
    }
}

#[test]
fn the_program_writes_the_configuration_of_the_api_that_was_asked_for() {
    for (options, has, lacks) in [
        (&[][..], "gateway = \"wechat-v2\"", "[wechat_v3]"),
        (&["--api", "v3"], "gateway = \"wechat-v3\"", "[wechat_v2]"),
        (&["--api", "fubei"], "api = \"1.0\"", "[ride_code]"),
        (
            &[
                "--api",
                "fubei",
                "--fubei-api",
                "2.0",
                "--fubei-level",
                "vendor",
            ],
            "merchant_id = \"1227366\"",
            "app_id",
        ),
        (&["--ride-code"], "[ride_code]", "[fubei]"),
        (
            &["--api", "v3", "--platform-keys", "public-key"],
            "public_key = { file = \"pub_key.pem\" }",
            "platform_certificates",
        ),
        (
            &["--api", "v3", "--platform-keys", "certificates"],
            "platform_certificates = \"auto\"",
            "public_key",
        ),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let (_running, _) = run(dir.path(), options);
        let text = fs::read_to_string(dir.path().join("wxpay.toml")).unwrap();
        assert!(text.contains(has) && !text.contains(lacks), "{text}");
    }
}

#[test]
fn payers_refunds_and_notifications_are_reached_from_the_command_line() {
    let dir = tempfile::tempdir().unwrap();
    let (_running, _) = run(dir.path(), &[]);
    let said = |arguments: &[&str]| {
        let output = program()
            .args(arguments)
            .arg("--dir")
            .arg(dir.path())
            .output()
            .unwrap();
        let text = if output.status.success() {
            output.stdout
        } else {
            output.stderr
        };
        (output.status.success(), String::from_utf8(text).unwrap())
    };
    let (ended_well, text) = said(&["notifications"]);
    assert!(
        ended_well && text.contains("\"notifications\": []"),
        "{text}"
    );
    for (arguments, reason) in [
        (["payer", "A", "pay"], "no order"),
        (["refund", "R", "succeed"], "no refund"),
        (["ride", "R", "succeed"], "no ride"),
        (["payer", "A", "steal"], "steal"),
    ] {
        let (ended_well, text) = said(&arguments);
        assert!(!ended_well && text.contains(reason), "{text}");
    }
}

#[test]
fn callbacks_of_rides_are_addressed_from_the_command_line() {
    let dir = tempfile::tempdir().unwrap();
    let (_running, lines) = run(
        dir.path(),
        &["--ride-code", "--ride-callback", "http://127.0.0.1:9/"],
    );
    let rides = lines.iter().filter(|line| line.starts_with("RIDE")).count();
    assert_eq!(rides, RideScenario::ALL.len());
    for arguments in [
        &["ride-callback", "http://127.0.0.1:9/other"][..],
        &["ride-callback"],
    ] {
        let set = program()
            .args(arguments)
            .arg("--dir")
            .arg(dir.path())
            .output()
            .unwrap();
        assert!(set.status.success(), "{arguments:?}");
    }
    let wrong = program()
        .args(["ride-callback", "nowhere", "--dir"])
        .arg(dir.path())
        .output()
        .unwrap();
    assert!(!wrong.status.success());
    let error = String::from_utf8(wrong.stderr).unwrap();
    assert!(error.contains("http or https"), "{error}");
}

#[test]
fn a_service_provider_is_not_written_into_a_configuration_for_1_0() {
    let dir = tempfile::tempdir().unwrap();
    let output = program()
        .args(["--api", "fubei", "--fubei-level", "vendor", "--dir"])
        .arg(dir.path())
        .output()
        .unwrap();
    assert!(!output.status.success());
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("--fubei-api 2.0"), "{error}");
    assert!(!dir.path().join("wxpay.toml").exists());
}

#[test]
fn the_scenarios_of_orders_and_rides_can_be_printed() {
    let output = program().arg("scenarios").output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let begin = |with: &str| text.lines().filter(|line| line.starts_with(with)).count();
    assert_eq!(begin("13"), Scenario::ALL.len());
    assert_eq!(begin("RIDE"), RideScenario::ALL.len());
}

#[test]
fn the_ledger_of_nobody_is_a_clear_error() {
    let output = program()
        .args(["ledger", "--control", "http://127.0.0.1:9"])
        .output()
        .unwrap();
    assert!(!output.status.success());
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("no simulator answers"), "{error}");
}

#[test]
fn a_configuration_names_everything_a_till_needs() {
    let dir = tempfile::tempdir().unwrap();
    let simulator = start();
    let text = simulator
        .config_toml(dir.path(), Some(PolicyNumbers::quick()))
        .unwrap();
    for line in [
        "gateway = \"wechat-v2\"",
        "mch_id = \"10000100\"",
        "sign_type = \"HMAC-SHA256\"",
        "profile = \"mainland\"",
        "window = \"2000ms\"",
        "answer_timeout = \"1500ms\"",
    ] {
        assert!(text.lines().any(|known| known == line), "{line} in\n{text}");
    }
    assert!(text.contains(&simulator.hosts()[1]));
    let ca = fs::read_to_string(dir.path().join("ca.pem")).unwrap();
    assert_eq!(ca, simulator.ca_pem());
    assert!(text.contains(&*dir.path().join("ca.pem").to_string_lossy()));

    let hong_kong = start_with(Settings {
        region: Region::HongKong,
        ..Settings::default()
    });
    let path = hong_kong.write_config(dir.path(), None).unwrap();
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains("profile = \"hk\"") && text.contains("region = \"hk\""));
    assert!(text.contains("ca_file = \"ca.pem\"") && !text.contains("window"));
}

#[test]
fn a_configuration_for_apiv3_names_keys_and_accounts() {
    let dir = tempfile::tempdir().unwrap();
    let public_key = [
        "public_key_id = \"PUB_KEY_ID_01",
        "public_key = { file = \"pub_key.pem\" }",
    ];
    let certificates = [
        "platform_certificates = \"auto\"",
        "platform_ca = { file = \"platform_ca.pem\" }",
    ];
    for (platform_keys, has, lacks) in [
        (
            PlatformKeys::Certificates,
            vec![certificates],
            vec![public_key],
        ),
        (
            PlatformKeys::PublicKey,
            vec![public_key],
            vec![certificates],
        ),
        (PlatformKeys::Both, vec![public_key, certificates], vec![]),
    ] {
        let simulator = start_with(Settings {
            api: Api::V3,
            platform_keys,
            ..Settings::default()
        });
        let path = simulator.write_config(dir.path(), None).unwrap();
        let text = fs::read_to_string(path).unwrap();
        let serial = format!("serial_no = \"{}\"", simulator.client_serial_no());
        for line in [
            "gateway = \"wechat-v3\"",
            "[wechat_v3]",
            "appid = \"wx2421b1c4370ec43b\"",
            "mchid = \"10000100\"",
            "private_key = { file = \"apiclient_key.pem\" }",
            "certificate = { file = \"apiclient_cert.pem\" }",
            "api_v3_key = { file = \"api_v3_key.txt\" }",
            serial.as_str(),
        ] {
            assert!(text.lines().any(|known| known == line), "{line} in\n{text}");
        }
        for line in has.iter().flatten() {
            assert!(text.contains(line), "{line} in\n{text}");
        }
        for line in lacks
            .iter()
            .flatten()
            .chain(&["client_certificate", "region"])
        {
            assert!(!text.contains(line), "{line} in\n{text}");
        }
        for (file, content) in [
            ("apiclient_key.pem", simulator.client_key_pem()),
            ("apiclient_cert.pem", simulator.client_cert_pem()),
            ("api_v3_key.txt", &simulator.merchant().api_v3_key),
            ("pub_key.pem", simulator.public_key_pem()),
            ("platform_ca.pem", &simulator.platform_ca_pem()),
        ] {
            let found = fs::read_to_string(dir.path().join(file)).unwrap();
            assert_eq!(found, content, "{file}");
        }
    }
    let mut settings = Settings {
        api: Api::V3,
        region: Region::HongKong,
        ..Settings::default()
    };
    settings.merchants[0].sub_mch_ids = vec!["20000001".to_owned()];
    let provider = start_with(settings);
    let text = provider.config_toml(dir.path(), None).unwrap();
    for line in [
        "sp_appid = \"wx2421b1c4370ec43b\"",
        "sp_mchid = \"10000100\"",
        "sub_mchid = \"20000001\"",
        "region = \"hk\"",
    ] {
        assert!(text.lines().any(|known| known == line), "{line} in\n{text}");
    }
    assert!(!text.contains("\nappid") && !text.contains("\nmchid"));
}

#[test]
fn a_configuration_for_fubei_names_its_account_and_address() {
    let dir = tempfile::tempdir().unwrap();
    for (api, level, has, lacks, secret) in [
        (
            FubeiApi::V1,
            FubeiLevel::Merchant,
            ["app_id = \"20161219113441561987\"", "api = \"1.0\""],
            "vendor_sn",
            "0123456789abcdef0123456789abcdef",
        ),
        (
            FubeiApi::V2,
            FubeiLevel::Merchant,
            ["app_id = \"20161219113441561987\"", "api = \"2.0\""],
            "merchant_id",
            "0123456789abcdef0123456789abcdef",
        ),
        (
            FubeiApi::V2,
            FubeiLevel::Vendor,
            [
                "vendor_sn = \"2018071920330100001\"",
                "merchant_id = \"1227366\"",
            ],
            "app_id",
            "fedcba9876543210fedcba9876543210",
        ),
    ] {
        let simulator = start_with(Settings {
            api: Api::Fubei,
            fubei: Fubei {
                api,
                level,
                ..Fubei::default()
            },
            ..Settings::default()
        });
        let path = simulator.write_config(dir.path(), None).unwrap();
        let text = fs::read_to_string(path).unwrap();
        let gateway = match api {
            FubeiApi::V1 => "/gateway",
            FubeiApi::V2 => "/gateway/agent",
        };
        let url = format!("url = \"{}{gateway}\"", simulator.hosts()[0]);
        for line in [
            "gateway = \"fubei\"",
            "[fubei]",
            "secret = { file = \"fubei_secret.txt\" }",
            url.as_str(),
            has[0],
            has[1],
        ] {
            assert!(text.lines().any(|known| known == line), "{line} in\n{text}");
        }
        for line in [lacks, "hosts", "store_id", "[ride_code]"] {
            assert!(!text.contains(line), "{line} in\n{text}");
        }
        let written = fs::read_to_string(dir.path().join("fubei_secret.txt")).unwrap();
        assert_eq!(written, secret);
    }
}

#[test]
fn a_configuration_has_a_ride_code_if_there_is_one() {
    let dir = tempfile::tempdir().unwrap();
    let simulator = start_with(Settings {
        ride_code: Some(RideCode::example()),
        ..Settings::default()
    });
    let text = simulator.config_toml(dir.path(), None).unwrap();
    let url = format!(
        "deduct_url = \"{}/intp/transportcode/simulated?access_token={{access_token}}\"",
        simulator.hosts()[0]
    );
    for line in [
        "gateway = \"wechat-v2\"",
        "[ride_code]",
        "mch_id = \"1230000109\"",
        "appid = \"wx0000000000000001\"",
        url.as_str(),
        "sign_type = \"HMAC-SHA256\"",
        "sign_fields = [\"appid\", \"mch_id\", \"nonce_str\", \"encrypted_data\", \"iv\"]",
        "sign_skip_empty = true",
        "sign_key_style = \"amp_key\"",
        "sign_case = \"upper\"",
        "aes_key_encoding = \"raw\"",
        "iv_encoding = \"base64\"",
        "data_encoding = \"base64\"",
    ] {
        assert!(text.lines().any(|known| known == line), "{line} in\n{text}");
    }
    for (file, content) in [
        ("ride_access_token.txt", "SIMULATED_ACCESS_TOKEN"),
        ("ride_sign_key.txt", "0123456789abcdef"),
        ("ride_aes_key.txt", "0123456789abcdef0123456789abcdef"),
    ] {
        assert!(text.contains(file), "{file} in\n{text}");
        let written = fs::read_to_string(dir.path().join(file)).unwrap();
        assert_eq!(written, content, "{file}");
    }
}
