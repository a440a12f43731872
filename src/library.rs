//! The library itself.

use std::ffi::{CStr, c_char};

use crate::boundary::guarded;

const VERSION: &CStr = {
    let bytes = concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes();
    match CStr::from_bytes_with_nul(bytes) {
        Ok(version) => version,
        Err(_) => panic!("a version is ASCII without a NUL"),
    }
};

const VERSION_NUMBER: u32 = part(env!("CARGO_PKG_VERSION_MAJOR")) * 1_000_000
    + part(env!("CARGO_PKG_VERSION_MINOR")) * 1_000
    + part(env!("CARGO_PKG_VERSION_PATCH"));

const fn part(digits: &str) -> u32 {
    match u32::from_str_radix(digits, 10) {
        Ok(number) if number < 1_000 => number,
        _ => panic!("each part of the version has at most three digits"),
    }
}

/// The version of the library that is loaded, such as "0.1.0": ASCII, static, never NULL. Works
/// before anything else does. Any thread.
#[unsafe(no_mangle)]
pub extern "C" fn wxpay_version() -> *const c_char {
    guarded(c"".as_ptr(), || VERSION.as_ptr())
}

/// The version of the library that is loaded as one number: major * 1000000 + minor * 1000 +
/// patch. A program may compare it with WXPAY_VERSION_NUMBER, the version of the header that it
/// was compiled with: a library of the same major version that is not older serves it. Any thread.
#[unsafe(no_mangle)]
pub extern "C" fn wxpay_version_number() -> u32 {
    guarded(0, || VERSION_NUMBER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_and_the_text_are_the_same_version() {
        let parts = VERSION.to_str().unwrap().split('.');
        let number = parts.fold(0, |sum, part| sum * 1_000 + part.parse::<u32>().unwrap());
        assert_eq!(number, wxpay_version_number());
    }
}
