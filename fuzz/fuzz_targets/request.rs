//! Decoding of requests.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| beckon_fuzz::request::run(data));
