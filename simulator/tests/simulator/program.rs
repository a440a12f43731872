use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use wxpay_simulator::{PolicyNumbers, Region, Scenario, Settings};

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

#[test]
fn the_program_says_when_it_is_ready_and_its_ledger_can_be_printed() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("sandbox");
    let mut running = Running(
        program()
            .args([
                "--port",
                "0",
                "--port",
                "0",
                "--control-port",
                "0",
                "--quick",
            ])
            .arg("--dir")
            .arg(&dir)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap(),
    );
    let out = BufReader::new(running.0.stdout.take().unwrap());
    let mut lines = Vec::new();
    for line in out.lines() {
        lines.push(line.unwrap());
        if lines.last().is_some_and(|line| line.starts_with("ready ")) {
            break;
        }
    }
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
