#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| wxpay_fuzz_targets::v3_certificates::run(data));
