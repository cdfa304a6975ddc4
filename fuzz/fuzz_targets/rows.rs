//! Rows of import files.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| beckon_fuzz::rows::run(data));
