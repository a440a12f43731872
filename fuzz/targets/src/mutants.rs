//! Seeded changes to seeds, for the runs without libFuzzer.

use fastrand::Rng;

/// What turns one message into another.
const TOKENS: &[&[u8]] = &[
    b"SUCCESS",
    b"FAIL",
    b"REFUND",
    b"NOTPAY",
    b"USERPAYING",
    b"CLOSED",
    b"888",
    b"887",
    b"8.88",
    b"-1",
    b"0",
    b"1e3",
    b"9223372036854775808",
    b"null",
    b"true",
    b"\"\"",
    b"{}",
    b"[]",
    b"\\u0000",
    b"<![CDATA[",
    b"]]>",
    b"<!DOCTYPE a>",
    b"&#0;",
    b"&amp;",
    b"%00",
    b"&",
    b"=",
    b"\r\n",
    b"\n\n",
    b"\xef\xbb\xbf",
    b"\xff",
    b"\x00",
    b"T1-000042",
    b"total_fee",
    b"out_trade_no",
    b"sign",
];

/// A seed with one to four changes; `other` is a second seed to take parts of.
pub fn mutant(rng: &mut Rng, seed: &[u8], other: &[u8]) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..rng.u8(1..=4) {
        change(rng, &mut bytes, other);
    }
    bytes.truncate(1 << 20);
    bytes
}

fn change(rng: &mut Rng, bytes: &mut Vec<u8>, other: &[u8]) {
    let at = rng.usize(..=bytes.len());
    let end = (at + rng.usize(..=16)).min(bytes.len());
    match rng.u8(..9) {
        0 => {
            bytes.drain(at..end);
        }
        1 => bytes.truncate(at),
        2 => {
            let token = TOKENS[rng.usize(..TOKENS.len())];
            bytes.splice(at..at, token.iter().copied());
        }
        3 => {
            let token = TOKENS[rng.usize(..TOKENS.len())];
            bytes.splice(at..end, token.iter().copied());
        }
        4 => {
            let part = bytes[at..end].to_vec();
            let to = rng.usize(..=bytes.len());
            bytes.splice(to..to, part);
        }
        5 => {
            let from = rng.usize(..=other.len());
            let to = (from + rng.usize(..=64)).min(other.len());
            bytes.splice(at..at, other[from..to].iter().copied());
        }
        // A value gone over into the next one, a name into its value.
        6 => {
            let count = rng.usize(1..200);
            let part = bytes[at..end].repeat(count);
            bytes.splice(at..end, part);
        }
        7 if at < bytes.len() => bytes[at] = rng.u8(..),
        _ if at < bytes.len() => bytes[at] ^= 1 << rng.u8(..8),
        _ => bytes.push(rng.u8(..)),
    }
}
