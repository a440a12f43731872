//! Command line: options, what is printed, and when to stop.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};
use serde::Serialize;
use wxpay_simulator::{
    Api, Fubei, FubeiApi, FubeiLevel, Log, PayerAction, PlatformKeys, PolicyNumbers, RefundAction,
    Region, RideAction, RideCode, Settings, SignType, Simulator, Timing,
};

use crate::qr;
use crate::running::{READY, Ready, Running, get, request};
use crate::tables::{rides, rows, scenarios};

#[derive(Parser)]
#[command(
    name = "wxpay-simulator",
    version,
    about = "A WeChat Pay gateway to test tills against",
    after_help = "Without a command it serves until ctrl-C. What happens to a sale is chosen by \
                  the last four digits of the auth code, and to a ride by those of its number: see \
                  `wxpay-simulator scenarios`."
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: Serve,
}

#[derive(Subcommand)]
enum Command {
    /// Print the ledger of a running simulator
    Ledger {
        #[command(flatten)]
        running: Running,
        /// A line for each order, refund and ride instead of JSON
        #[arg(long)]
        table: bool,
    },
    /// Let the payer, the platform or the merchant's back office do something to an order
    Payer {
        #[command(flatten)]
        running: Running,
        /// The order's out_trade_no
        number: String,
        /// What happens; an order made by prepay is paid by `pay`
        action: Payer,
    },
    /// Let the bank do something to a refund
    Refund {
        #[command(flatten)]
        running: Running,
        /// The refund's out_refund_no
        number: String,
        /// What happens
        action: Bank,
    },
    /// Let the platform do something to a ride that it has accepted
    Ride {
        #[command(flatten)]
        running: Running,
        /// The ride's out_order_no
        number: String,
        /// What happens
        action: Platform,
    },
    /// Say where the callbacks of rides are sent from now on
    RideCallback {
        #[command(flatten)]
        running: Running,
        /// An http or https URL without parameters; nowhere if it is left out
        url: Option<String>,
    },
    /// Print the notifications of a running simulator and what became of them
    Notifications {
        #[command(flatten)]
        running: Running,
    },
    /// Print what the last four digits of an auth code do, and those of a ride's number
    Scenarios,
    /// Draw the QR code of a text in the terminal
    Qr {
        /// The text, such as a code_url; otherwise standard input
        text: Option<String>,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum Payer {
    Pay,
    Fail,
    Wait,
    Close,
    Refund,
}

impl From<Payer> for PayerAction {
    fn from(action: Payer) -> Self {
        match action {
            Payer::Pay => Self::Pay,
            Payer::Fail => Self::Fail,
            Payer::Wait => Self::Wait,
            Payer::Close => Self::Close,
            Payer::Refund => Self::Refund,
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
enum Bank {
    Succeed,
    Fail,
    Wait,
    Close,
}

impl From<Bank> for RefundAction {
    fn from(action: Bank) -> Self {
        match action {
            Bank::Succeed => Self::Succeed,
            Bank::Fail => Self::Fail,
            Bank::Wait => Self::Wait,
            Bank::Close => Self::Close,
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
enum Platform {
    Succeed,
    Fail,
    Wait,
}

impl From<Platform> for RideAction {
    fn from(action: Platform) -> Self {
        match action {
            Platform::Succeed => Self::Succeed,
            Platform::Fail => Self::Fail,
            Platform::Wait => Self::Wait,
        }
    }
}

#[derive(Args)]
struct Serve {
    /// Where to write wxpay.toml, certificates and keys
    #[arg(long, default_value = "wxpay-simulator")]
    dir: PathBuf,
    /// A host's port, once for each host; 0 takes a free one
    #[arg(long = "port", value_name = "PORT", default_values_t = [8443, 8444])]
    ports: Vec<u16>,
    /// The control interface's port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 8480)]
    control_port: u16,
    /// Which API the written configuration uses; the gateway serves all of them
    #[arg(long, value_enum, default_value_t = Generation::V2)]
    api: Generation,
    /// Which of Fubei's interfaces a configuration written for it uses; the gateway serves both
    #[arg(long, value_enum, default_value_t = Interface::V1)]
    fubei_api: Interface,
    /// Who signs in a configuration written for Fubei; the gateway takes both
    #[arg(long, value_enum, default_value_t = Level::Merchant)]
    fubei_level: Level,
    /// Deduct rides, too, and write [ride_code] into the configuration
    #[arg(long)]
    ride_code: bool,
    /// Where the callbacks of rides are sent at first; nowhere unless given
    #[arg(long, value_name = "URL", requires = "ride_code")]
    ride_callback: Option<String>,
    /// What proves APIv3 answers
    #[arg(long, value_enum, default_value_t = Keys::Both)]
    platform_keys: Keys,
    /// Whose documents are enforced
    #[arg(long, value_enum, default_value_t = Mode::Mainland)]
    gateway_mode: Mode,
    /// What a configuration written for APIv2 signs with
    #[arg(long, value_enum, default_value_t = Signature::HmacSha256)]
    sign_type: Signature,
    /// Short durations, here and in the written configuration: a sale takes a second or two
    #[arg(long)]
    quick: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Generation {
    V2,
    V3,
    Fubei,
}

#[derive(Clone, Copy, ValueEnum)]
enum Interface {
    /// openapi.payment.order.…
    #[value(name = "1.0")]
    V1,
    /// fbpay.order.…
    #[value(name = "2.0")]
    V2,
}

#[derive(Clone, Copy, ValueEnum)]
enum Level {
    /// The merchant, by app_id
    Merchant,
    /// His service provider, by vendor_sn; goes with --fubei-api 2.0
    Vendor,
}

#[derive(Clone, Copy, ValueEnum)]
enum Keys {
    /// Platform certificates alone
    Certificates,
    /// The WeChat Pay public key alone
    PublicKey,
    /// Both; the public key signs until the control interface says otherwise
    Both,
}

#[derive(Clone, Copy, ValueEnum)]
enum Mode {
    Mainland,
    Hk,
}

#[derive(Clone, Copy, ValueEnum)]
enum Signature {
    Md5,
    HmacSha256,
}

pub(crate) type Failure = Box<dyn std::error::Error>;

pub(crate) fn run() -> Result<(), Failure> {
    let cli = Cli::parse();
    match cli.command {
        None => serve(&cli.serve),
        Some(Command::Scenarios) => print(&format!("{}\n{}", scenarios(), rides())),
        Some(Command::Qr { text }) => {
            let text = match text {
                Some(text) => text,
                None => io::read_to_string(io::stdin())?,
            };
            print(&qr::draw(text.trim_end_matches(['\r', '\n']))?)
        }
        Some(Command::Ledger { running, table }) => {
            let json = get(&running.control()?, "/ledger")?;
            if table {
                print(&rows(&serde_json::from_str(&json)?))
            } else {
                print(&json)
            }
        }
        Some(Command::Payer {
            running,
            number,
            action,
        }) => {
            let action = PayerAction::from(action);
            act(running, &format!("/payer/{number}"), action)
        }
        Some(Command::Refund {
            running,
            number,
            action,
        }) => {
            let action = RefundAction::from(action);
            act(running, &format!("/refunds/{number}"), action)
        }
        Some(Command::Ride {
            running,
            number,
            action,
        }) => {
            let action = RideAction::from(action);
            act(running, &format!("/rides/{number}"), action)
        }
        Some(Command::RideCallback { running, url }) => {
            let body = serde_json::json!({ "url": url }).to_string();
            print(&request(
                &running.control()?,
                "POST",
                "/ride-callback",
                &body,
            )?)
        }
        Some(Command::Notifications { running }) => {
            print(&get(&running.control()?, "/notifications")?)
        }
    }
}

fn act(running: Running, path: &str, action: impl Serialize) -> Result<(), Failure> {
    let body = serde_json::json!({ "action": action }).to_string();
    print(&request(&running.control()?, "POST", path, &body)?)
}

fn serve(options: &Serve) -> Result<(), Failure> {
    if let (Generation::Fubei, Level::Vendor, Interface::V1) =
        (options.api, options.fubei_level, options.fubei_api)
    {
        return Err("--fubei-level vendor goes with --fubei-api 2.0".into());
    }
    let ready = options.dir.join(READY);
    match fs::remove_file(&ready) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let simulator = Simulator::start(Settings {
        api: match options.api {
            Generation::V2 => Api::V2,
            Generation::V3 => Api::V3,
            Generation::Fubei => Api::Fubei,
        },
        fubei: Fubei {
            api: match options.fubei_api {
                Interface::V1 => FubeiApi::V1,
                Interface::V2 => FubeiApi::V2,
            },
            level: match options.fubei_level {
                Level::Merchant => FubeiLevel::Merchant,
                Level::Vendor => FubeiLevel::Vendor,
            },
            ..Fubei::default()
        },
        ride_code: options.ride_code.then(|| RideCode {
            callback_url: options.ride_callback.clone(),
            ..RideCode::example()
        }),
        platform_keys: match options.platform_keys {
            Keys::Certificates => PlatformKeys::Certificates,
            Keys::PublicKey => PlatformKeys::PublicKey,
            Keys::Both => PlatformKeys::Both,
        },
        region: match options.gateway_mode {
            Mode::Mainland => Region::Mainland,
            Mode::Hk => Region::HongKong,
        },
        sign_type: match options.sign_type {
            Signature::Md5 => SignType::Md5,
            Signature::HmacSha256 => SignType::HmacSha256,
        },
        ports: options.ports.clone(),
        control_port: Some(options.control_port),
        timing: if options.quick {
            Timing::quick()
        } else {
            Timing::default()
        },
        log: Some(Log::new(|record| {
            // A log that nobody reads any more is no reason to stop serving.
            let _ = writeln!(io::stdout(), "{record}");
        })),
        ..Settings::default()
    })?;
    let numbers = options.quick.then(PolicyNumbers::quick);
    let config = simulator.write_config(&options.dir, numbers)?;
    let control = simulator.control_url().unwrap_or_default();
    print(&introduction(&simulator, &config, &control))?;

    let told = Ready {
        control: control.clone(),
        config: config.clone(),
        hosts: simulator.hosts(),
    };
    // Renamed into place, so that nobody reads half of it.
    let unfinished = options.dir.join("ready.json.new");
    fs::write(&unfinished, serde_json::to_string_pretty(&told)?)?;
    fs::rename(&unfinished, &ready)?;
    print(&format!(
        "ready control={control} config={}\n",
        config.display()
    ))?;

    wait_for_the_end()?;
    fs::remove_file(&ready)?;
    Ok(())
}

fn introduction(simulator: &Simulator, config: &Path, control: &str) -> String {
    format!(
        "wxpay simulator {}\n\
         hosts           {}\n\
         control         {control}\n\
         configuration   {}\n\
         \n\
         Auth codes: 18 digits, 10 to 15 at the front. The last four choose what happens; change\n\
         the ones before for every sale, a code is good for one order. Fubei takes Alipay's (28 at\n\
         the front) and UnionPay's (622, and 19 digits), too.\n\
         \n{}\n{}",
        env!("CARGO_PKG_VERSION"),
        simulator.hosts().join(" "),
        config.display(),
        scenarios(),
        match simulator.settings().ride_code {
            Some(_) => format!(
                "Rides: the last four digits of out_order_no.\n\n{}\n",
                rides()
            ),
            None => String::new(),
        },
    )
}

fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}

fn wait_for_the_end() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let mut terminate = signal(SignalKind::terminate())?;
            tokio::select! {
                interrupted = tokio::signal::ctrl_c() => interrupted,
                _ = terminate.recv() => Ok(()),
            }
        }
        #[cfg(not(unix))]
        tokio::signal::ctrl_c().await
    })?;
    Ok(())
}
