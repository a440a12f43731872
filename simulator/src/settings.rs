//! What a simulator is started with.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::fubei::Fubei;
use crate::hostile::Hostile;
use crate::requests::RequestRecord;
use crate::ride::RideCode;

/// Everything that is fixed when a simulator starts. `Settings::default()` is two hosts on free
/// ports, one ordinary merchant, mainland rules, real-time durations and no control port.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whose documents are enforced.
    pub region: Region,
    /// The accounts it knows. The first one is written into configurations.
    pub merchants: Vec<Merchant>,
    /// One host an entry; 0 takes a free port. All hosts share one ledger.
    pub ports: Vec<u16>,
    /// Where the control interface listens on 127.0.0.1 (0: a free port); `None`: nowhere.
    pub control_port: Option<u16>,
    /// Which server certificate the hosts show.
    pub certificate: Certificate,
    /// Cases of the table of hostile gateways whose subject is the connection: how the hosts meet
    /// connections, in the order of `ports`. It goes before `certificate`; hosts beyond it are honest.
    pub hostile: Vec<Hostile>,
    /// How the PKCS#12 file is encrypted.
    pub pkcs12: Pkcs12,
    /// The durations and repetitions of scenarios.
    pub timing: Timing,
    /// What becomes of a paid order that is reversed.
    pub reversed_paid: ReversedPaid,
    /// What a reverse of a number that was never booked does.
    pub reverse_unknown: ReverseUnknown,
    /// Refuse every reverse with `USERPAYING` as long as the payer is at the password prompt, in
    /// every scenario.
    pub refuse_reverse_while_paying: bool,
    /// In which shape faulty requests are refused.
    pub request_errors: RequestErrors,
    /// Accept parameters that the documents do not list. A typing error stays unseen then.
    pub allow_unknown_parameters: bool,
    /// `sign_type` in written configurations; the simulator itself takes both.
    pub sign_type: SignType,
    /// Which API written configurations use; the simulator itself serves both.
    pub api: Api,
    /// What proves APIv3 answers: what is handed out and written into configurations.
    pub platform_keys: PlatformKeys,
    /// Which of two keys signs at first; see
    /// [`Simulator::set_platform_signer`](crate::Simulator::set_platform_signer). Matters with
    /// [`PlatformKeys::Both`] only.
    pub platform_signer: PlatformSigner,
    /// How an APIv3 charge says that the payer is at the password prompt.
    pub paying_form: PayingForm,
    /// Sign APIv3 error bodies, too. WeChat's clients do not verify them.
    pub sign_errors: bool,
    /// What a coupon of the platform pays of every sale, fen: APIv3 answers then have a
    /// `promotion_detail` and a smaller `payer_total`, and Fubei 1.0 takes it off as the merchant's
    /// discount where `discount_switch` is 1. The ledger counts it as the payer's money.
    pub coupon_fen: i64,
    /// Added to the `Date` header and to every time in answers; APIv3 requests are measured by this
    /// clock, too.
    pub skew_seconds: i64,
    /// Everything about Fubei.
    pub fubei: Fubei,
    /// A ride-code platform; `None`: there is none, and none in written configurations.
    pub ride_code: Option<RideCode>,
    /// Called once for every request when its answer is decided, on a thread of the simulator.
    pub log: Option<Log>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            region: Region::Mainland,
            merchants: vec![Merchant::example(), Merchant::second_example()],
            ports: vec![0, 0],
            control_port: None,
            certificate: Certificate::Good,
            hostile: Vec::new(),
            pkcs12: Pkcs12::Legacy,
            timing: Timing::default(),
            reversed_paid: ReversedPaid::Revoked,
            reverse_unknown: ReverseUnknown::NotExist,
            refuse_reverse_while_paying: false,
            request_errors: RequestErrors::AsWechat,
            allow_unknown_parameters: false,
            sign_type: SignType::HmacSha256,
            api: Api::V2,
            platform_keys: PlatformKeys::Both,
            platform_signer: PlatformSigner::PublicKey,
            paying_form: PayingForm::Accepted,
            sign_errors: false,
            coupon_fen: 0,
            skew_seconds: 0,
            fubei: Fubei::default(),
            ride_code: None,
            log: None,
        }
    }
}

/// Which documents' rules are enforced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Region {
    /// `body` up to 127 bytes, CNY only.
    Mainland,
    /// `body` up to 32 bytes, any `fee_type`; answers carry `rate` and `cash_fee_type`.
    HongKong,
}

/// An account.
#[derive(Clone)]
pub struct Merchant {
    /// Its app id.
    pub appid: String,
    /// Its merchant number.
    pub mch_id: String,
    /// Its APIv2 key.
    pub api_key: String,
    /// Its APIv3 key: 32 ASCII characters.
    pub api_v3_key: String,
    /// Institution mode: the shops it acts for. If there are any, `sub_mch_id` is required and must
    /// be one of them; if there are none, it must be absent.
    pub sub_mch_ids: Vec<String>,
}

impl Merchant {
    /// The account that configurations are written for; number and key are the ones printed in
    /// WeChat's own documents.
    pub fn example() -> Self {
        Self {
            appid: "wx2421b1c4370ec43b".to_owned(),
            mch_id: "10000100".to_owned(),
            api_key: "192006250b4c09247ec02edce69f6a2d".to_owned(),
            api_v3_key: "a7cde1ZJB1kG2e7VfTs3jQzaWizur8Gb".to_owned(),
            sub_mch_ids: Vec::new(),
        }
    }

    /// Somebody else, so that an app id can belong to another merchant number.
    pub fn second_example() -> Self {
        Self {
            appid: "wxd930ea5d5a258f4f".to_owned(),
            mch_id: "10000200".to_owned(),
            api_key: "8934e7d15453e97507ef794cf7b0519d".to_owned(),
            api_v3_key: "01234567890abcdefedcba9876543210".to_owned(),
            sub_mch_ids: Vec::new(),
        }
    }
}

impl Merchant {
    /// What is wrong with it.
    pub(crate) fn objection(&self) -> Option<&'static str> {
        let key = &self.api_v3_key;
        (key.len() != 32 || !key.bytes().all(|byte| byte.is_ascii_graphic()))
            .then_some("a merchant's api_v3_key has to be 32 ASCII characters")
    }
}

impl fmt::Debug for Merchant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Merchant({})", self.mch_id)
    }
}

/// The server certificate that the hosts show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certificate {
    /// For localhost, 127.0.0.1 and ::1, from the simulator's CA.
    Good,
    /// From the simulator's CA, but for another name.
    WrongHost,
    /// From the simulator's CA, expired.
    Expired,
    /// For the right names, from a CA that nobody was told of.
    UnknownCa,
}

/// How the client certificate's PKCS#12 file is encrypted. What WeChat uses today is not documented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pkcs12 {
    /// Triple DES and an HMAC-SHA1 integrity code, as older tools write it.
    Legacy,
    /// AES-256 and HMAC-SHA256.
    Modern,
}

/// What becomes of a paid order that is reversed. The money goes back either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReversedPaid {
    /// `trade_state` REVOKED.
    Revoked,
    /// `trade_state` REFUND.
    Refund,
}

/// What a reverse of a number that was never booked does; no document says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReverseUnknown {
    /// It answers ORDERNOTEXIST and remembers nothing: a charge still under way can be booked later.
    NotExist,
    /// It succeeds and the number can never be paid afterwards.
    Tombstone,
    /// It says SUCCESS and does nothing, as was reported from the field.
    EmptySuccess,
}

/// In which shape faulty requests are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestErrors {
    /// What comes before the signature is proven (method, XML, account, signature) as
    /// `return_code` FAIL, the rest as `result_code` FAIL with `err_code`.
    AsWechat,
    /// All as `return_code` FAIL.
    Communication,
    /// All as `result_code` FAIL with `err_code`, signed as soon as the account is known.
    Business,
}

/// APIv2 signature algorithms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignType {
    /// `MD5`
    Md5,
    /// `HMAC-SHA256`
    HmacSha256,
}

impl SignType {
    /// As in the parameter `sign_type`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::HmacSha256 => "HMAC-SHA256",
        }
    }
}

/// The gateways that a configuration can be for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Api {
    /// XML, signed with a shared key.
    V2,
    /// JSON, signed with RSA keys.
    V3,
    /// Fubei, as [`Settings::fubei`] says.
    Fubei,
}

/// What proves APIv3 answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlatformKeys {
    /// Platform certificates alone, as older merchants have them.
    Certificates,
    /// The WeChat Pay public key alone, as new merchants have it: `/v3/certificates` has nothing to
    /// give.
    PublicKey,
    /// Both, as while a merchant moves from the one to the other.
    Both,
}

/// Which kind of platform key signs answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlatformSigner {
    /// The newest platform certificate's.
    Certificate,
    /// The WeChat Pay public key's.
    PublicKey,
}

/// How an APIv3 charge says that the payer is at the password prompt; documents and practice differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayingForm {
    /// HTTP 202 with `trade_state` USERPAYING, as seen in the field.
    Accepted,
    /// HTTP 200 with `trade_state` USERPAYING, as documented.
    Ok,
    /// HTTP 400 with the error code USERPAYING.
    ErrorCode,
}

/// Durations (milliseconds) and repetitions of scenarios.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timing {
    /// How long the payer needs for the password.
    pub password_ms: i64,
    /// A slow answer that still arrives in time.
    pub delayed_ms: u64,
    /// A slow answer that no client waits for.
    pub too_late_ms: u64,
    /// When a charge that is booked late takes effect, if time decides.
    pub late_ms: i64,
    /// How many queries see nothing before a charge that is booked late takes effect, if queries decide.
    pub late_queries: u32,
    /// How many queries of a booked order say ORDERNOTEXIST when the query lags.
    pub lag_queries: u32,
    /// How many reverses ask to be repeated.
    pub recalls: u32,
    /// How many reverses are refused because the payer is busy.
    pub busy_reverses: u32,
    /// Between two bytes of a slow answer.
    pub slow_byte_ms: u64,
    /// The platform revokes what is unpaid this long after the submit; `None`: never.
    pub auto_revoke_ms: Option<i64>,
    /// A charge still under way this long after the submit fails, because its code has expired.
    pub code_lifetime_ms: i64,
    /// A reverse that comes earlier after the submit is counted as early (it is not refused).
    pub reverse_not_before_ms: i64,
    /// The payer pays an order made by prepay this long after it was made; `None`: only when told.
    pub prepay_ms: Option<i64>,
    /// How long a refund is on its way; 0: none at all.
    pub refund_ms: i64,
    /// How long Fubei shows a reverse under way: REVOKING. The money is back already.
    pub revoking_ms: i64,
    /// How long an accepted ride takes to be deducted.
    pub ride_ms: i64,
    /// A notification that was not answered as it should is sent again after the first of these,
    /// then after the second, and so on.
    pub notify_retry_ms: Vec<u64>,
}

impl Default for Timing {
    /// Real time.
    fn default() -> Self {
        Self {
            password_ms: 8_000,
            delayed_ms: 4_000,
            too_late_ms: 25_000,
            late_ms: 12_000,
            late_queries: 3,
            lag_queries: 2,
            recalls: 2,
            busy_reverses: 2,
            slow_byte_ms: 200,
            auto_revoke_ms: None,
            code_lifetime_ms: 60_000,
            reverse_not_before_ms: 15_000,
            prepay_ms: None,
            refund_ms: 3_000,
            revoking_ms: 2_000,
            ride_ms: 2_000,
            notify_retry_ms: [15, 15, 30, 180].map(|seconds| seconds * 1_000).to_vec(),
        }
    }
}

impl Timing {
    /// Goes with [`PolicyNumbers::quick`](crate::PolicyNumbers::quick): a sale takes a second or two.
    pub fn quick() -> Self {
        Self {
            password_ms: 700,
            delayed_ms: 400,
            too_late_ms: 2_500,
            late_ms: 900,
            late_queries: 2,
            slow_byte_ms: 100,
            code_lifetime_ms: 4_000,
            reverse_not_before_ms: 1_000,
            refund_ms: 300,
            revoking_ms: 150,
            ride_ms: 300,
            notify_retry_ms: vec![200, 200, 400, 800],
            ..Self::default()
        }
    }
}

/// Receives one record a request.
#[derive(Clone)]
pub struct Log(Arc<dyn Fn(&RequestRecord) + Send + Sync>);

impl Log {
    /// Calls `sink` for every request, one at a time. It must not call the simulator's methods.
    pub fn new(sink: impl Fn(&RequestRecord) + Send + Sync + 'static) -> Self {
        Self(Arc::new(sink))
    }

    pub(crate) fn write(&self, record: &RequestRecord) {
        (self.0)(record);
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Log")
    }
}
