//! A running simulator, reached from outside: its `ready.json` and its control interface.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use serde::{Deserialize, Serialize};

use crate::cli::Failure;

/// Which running simulator.
#[derive(Args)]
pub(crate) struct Running {
    /// Its control interface; taken from the directory's ready.json unless given
    #[arg(long, value_name = "URL")]
    control: Option<String>,
    /// Where the running simulator wrote its files
    #[arg(long, default_value = "wxpay-simulator")]
    dir: PathBuf,
}

impl Running {
    pub(crate) fn control(self) -> Result<String, Failure> {
        match self.control {
            Some(url) => Ok(url),
            None => Ok(ready_file(&self.dir)?.control),
        }
    }
}

/// What scripts wait for: `ready.json`.
#[derive(Serialize, Deserialize)]
pub(crate) struct Ready {
    pub(crate) control: String,
    pub(crate) config: PathBuf,
    pub(crate) hosts: Vec<String>,
}

pub(crate) const READY: &str = "ready.json";

fn ready_file(dir: &Path) -> Result<Ready, Failure> {
    let path = dir.join(READY);
    let text = fs::read_to_string(&path).map_err(|error| {
        format!(
            "{}: {error}; is a simulator running? Name it with --control or --dir",
            path.display()
        )
    })?;
    Ok(serde_json::from_str(&text)?)
}

pub(crate) fn get(control: &str, path: &str) -> Result<String, Failure> {
    request(control, "GET", path, "")
}

/// A plain HTTP request to the control interface.
pub(crate) fn request(
    control: &str,
    method: &str,
    path: &str,
    body: &str,
) -> Result<String, Failure> {
    let address = control
        .trim_end_matches('/')
        .strip_prefix("http://")
        .ok_or("--control has to be a URL such as http://127.0.0.1:8480")?;
    let address = address
        .to_socket_addrs()?
        .next()
        .ok_or("--control names no address")?;
    let limit = Duration::from_secs(5);
    let mut stream = TcpStream::connect_timeout(&address, limit)
        .map_err(|error| format!("no simulator answers at {control}: {error}"))?;
    stream.set_read_timeout(Some(limit))?;
    stream.write_all(
        format!(
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .as_bytes(),
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer
        .split_once("\r\n\r\n")
        .ok_or("that is no control interface")?;
    match head.split(' ').nth(1) {
        Some("200") => Ok(body.to_owned()),
        _ => Err(format!("the control interface refused: {body}").into()),
    }
}
