//! The simulator as a program; see `docs/simulator.md`.

mod cli;
mod qr;

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
