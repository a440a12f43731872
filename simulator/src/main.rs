//! The simulator as a program; see `docs/simulator.md`.

mod cli;
mod qr;
mod running;
mod tables;

use std::process::ExitCode;

fn main() -> ExitCode {
    match cli::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("wxpay-simulator: {error}");
            ExitCode::FAILURE
        }
    }
}
