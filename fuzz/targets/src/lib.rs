//! What every parser of bytes from outside must hold to, whatever the bytes.
//!
//! A module is a target: its `run` takes any bytes and panics if something is wrong. libFuzzer calls
//! it by `fuzz/fuzz_targets`, `tests/corpus.rs` calls it with every seed of `fuzz/seeds` and with
//! mutants of them, so that both hold the library to the same rules. Most targets read a choice from the
//! first bytes, as digits, so that seeds can be read and written by hand.
//!
//! Two kinds of input reach a parser that checks signatures: bytes as they are, of which nothing may be
//! believed, and bytes that are signed or sealed here with our own keys, so that what is behind the
//! check is reached as well. Signatures are made and checked here once more, by other code than the
//! library's.

pub mod c_strings;
pub mod c_surface;
pub mod certificates;
pub mod configuration;
pub mod fubei_answers;
pub mod fubei_notices;
pub mod fubei_values;
pub mod headers;
pub mod invoke_json;
pub mod json;
pub mod mutants;
pub mod pem;
pub mod pkcs12;
pub mod reached;
pub mod requests;
pub mod ride_answers;
pub mod ride_notices;
pub mod v2_answers;
pub mod v2_notices;
pub mod v2_xml;
pub mod v3_answers;
pub mod v3_certificates;
pub mod v3_notices;

mod fubei;
mod input;
mod ride;
mod shop;
mod v2;
mod v3;

/// One target.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Of its module, its seeds and its program.
    pub name: &'static str,
    /// Panics if something is wrong.
    pub run: fn(&[u8]),
    /// How many mutants a short run takes.
    pub mutants: u32,
    /// What its seeds come to.
    pub reaches: &'static [&'static str],
    /// Files that are seeds too, by their ends, of `core/tests/fixtures`.
    pub fixtures: &'static [&'static str],
}

macro_rules! targets {
    ($($name:ident $mutants:literal [$($reaches:literal)*] $($fixture:literal)*;)*) => {
        /// All of them.
        pub const TARGETS: &[Target] = &[$(Target {
            name: stringify!($name),
            run: $name::run,
            mutants: $mutants,
            reaches: &[$($reaches),*],
            fixtures: &[$($fixture),*],
        }),*];
    };
}

targets! {
    c_strings 10_000 [];
    c_surface 400 ["forged" "nobody there" "open" "running"];
    certificates 3_000 ["trusted"] ".pem";
    configuration 5_000 ["fubei" "wechat-v2" "wechat-v3"];
    fubei_answers 10_000 ["ended" "found paid" "paid" "ready" "refunded" "undone"];
    fubei_notices 10_000 ["paid" "refunded"];
    fubei_values 10_000 [];
    headers 10_000 [];
    invoke_json 10_000 [];
    json 10_000 [];
    pem 2_000 ["certificate" "key" "public key"] ".pem";
    pkcs12 300 ["identity"] ".p12";
    requests 3_000 ["prepay" "refund" "ride" "sale"];
    ride_answers 10_000 ["accepted" "rejected"];
    ride_notices 10_000 ["paid"];
    v2_answers 10_000 ["paid" "ready" "refunded" "undone"];
    v2_notices 10_000 ["paid" "refunded"];
    v2_xml 10_000 [];
    v3_answers 2_000 ["paid" "ready" "refunded" "undone"];
    v3_certificates 3_000 [] ".pem";
    v3_notices 2_000 ["paid" "refunded"];
}
