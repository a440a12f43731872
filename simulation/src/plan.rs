//! What a seed stands for: who pays how, what goes wrong, and with which settings.
//!
//! What is not planned here is drawn when it happens, from the same seed.

use std::time::Duration;

use wxpay_core::config::{OnRecoveredPaid, PolicyConfig, Region, ReverseMode};

use crate::prepay;

/// Which codec the tills use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Api {
    V2Md5,
    V2Hmac,
    V3,
    /// 1.0, a merchant for itself.
    Fubei1,
    /// 2.0, a service provider for a merchant.
    Fubei2,
}

impl Api {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::V2Md5 | Self::V2Hmac => "APIv2",
            Self::V3 => "APIv3",
            Self::Fubei1 | Self::Fubei2 => "Fubei",
        }
    }

    pub(crate) fn is_fubei(self) -> bool {
        matches!(self, Self::Fubei1 | Self::Fubei2)
    }
}

/// What a reverse does to a number that the gateway has never seen; no document says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stranger {
    /// "No such order", and nothing else.
    Unknown,
    /// The number is used up, and shown as reversed.
    BurntShown,
    /// The number is used up, and still not found.
    BurntHidden,
    /// Success, and nothing was done.
    Ignored,
    /// "Again", without end.
    Again,
}

/// One run.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) api: Api,
    pub(crate) sqlite: bool,
    pub(crate) policy: PolicyConfig,
    pub(crate) hosts: usize,
    /// Tills, and whether they are threads of one process.
    pub(crate) tills: usize,
    pub(crate) one_process: bool,
    pub(crate) crashes: u32,
    pub(crate) crash_percent: f64,
    pub(crate) cancels: u32,
    /// Of everything on the wire, in percent.
    pub(crate) faults: f64,
    /// What the gateway itself does wrong, in percent.
    pub(crate) gateway_faults: f64,
    pub(crate) suspends: bool,
    pub(crate) journal_faults: f64,
    pub(crate) clock_jumps: bool,
    /// A clock that goes ahead makes orders old: what proves that a charge cannot come any more then
    /// counts on the wire being quick.
    pub(crate) clock_ahead: bool,
    pub(crate) explicit_reverse: bool,
    pub(crate) refunds: bool,
    pub(crate) close: bool,
    /// Tills make orders that the payer scans.
    pub(crate) prepay: bool,
    pub(crate) stranger: Stranger,
    /// The number was used by somebody else long ago.
    pub(crate) foreign: bool,
    /// Only the answer to the charge is lost, so that the time of it is known.
    pub(crate) calm: bool,
}

impl Plan {
    pub(crate) fn new(seed: u64) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut percent = |share: f64| rng.f64() * 100.0 < share;
        let multi = percent(35.0);
        let crashing = percent(35.0);
        let clock_jumps = percent(15.0);
        let clock_ahead = clock_jumps && percent(50.0);
        let prepay = prepay::wanted(seed);
        let foreign = percent(4.0) || (prepay && prepay::used_before(seed));
        let calm = foreign && !prepay && percent(40.0);
        let api = match () {
            () if percent(2.0) => Api::V3,
            () if percent(13.0) && !prepay => Api::Fubei1,
            () if percent(15.0) && !prepay => Api::Fubei2,
            () if percent(50.0) => Api::V2Md5,
            () => Api::V2Hmac,
        };
        let mainland = PolicyConfig::profile(Region::Mainland);
        let policy = match () {
            () if percent(50.0) => mainland,
            () if percent(20.0) => PolicyConfig::profile(Region::HongKong),
            () if percent(20.0) => PolicyConfig {
                reverse: ReverseMode::Never,
                ..mainland
            },
            () if percent(25.0) => PolicyConfig {
                confirm_declines: false,
                ..mainland
            },
            () if percent(60.0) => PolicyConfig {
                on_recovered_paid: OnRecoveredPaid::Reverse,
                ..mainland
            },
            () => PolicyConfig {
                code_lifetime: Duration::from_secs(120),
                window: Duration::from_secs(20),
                ..mainland
            },
        };
        let faulty = percent(70.0);
        let sqlite = seed % 500 == 7;
        let one_process = percent(40.0);
        let two_hosts = percent(70.0);
        let suspends = percent(8.0);
        let cancels = percent(30.0);
        let journal_faults = percent(8.0);
        let explicit_reverse = percent(12.0) && !foreign;
        let refunds = percent(12.0);
        let close = percent(5.0);
        let gateway_faulty = percent(50.0);
        let stranger = match rng.u8(..10) {
            0..5 => Stranger::Unknown,
            5..7 => Stranger::BurntShown,
            7 => Stranger::BurntHidden,
            8 => Stranger::Ignored,
            _ => Stranger::Again,
        };
        let tills = if multi { rng.usize(2..=3) } else { 1 };
        let heavy = rng.f64();
        Self {
            seed,
            api,
            sqlite,
            policy,
            // Fubei has one.
            hosts: if two_hosts && !api.is_fubei() { 2 } else { 1 },
            tills: if calm { 1 } else { tills },
            one_process,
            crashes: if crashing && !calm { rng.u32(1..=4) } else { 0 },
            crash_percent: 1.0 + 9.0 * rng.f64(),
            cancels: u32::from(cancels && !calm),
            faults: if faulty && !calm {
                5.0 + 60.0 * heavy * heavy
            } else {
                0.0
            },
            gateway_faults: if gateway_faulty && !calm {
                30.0 * rng.f64()
            } else {
                0.0
            },
            suspends: suspends && !calm,
            journal_faults: if journal_faults && !calm { 4.0 } else { 0.0 },
            clock_jumps: clock_jumps && !calm,
            clock_ahead: clock_ahead && !calm,
            explicit_reverse: explicit_reverse && !calm,
            refunds: refunds && !foreign,
            close: close && !calm,
            prepay,
            stranger,
            foreign,
            calm,
        }
    }
}
