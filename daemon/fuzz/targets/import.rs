//! Lines of an export, from their bytes to a scheduler that took them over.

#![no_main]

libfuzzer_sys::fuzz_target!(|lines: &[u8]| pwasyncd::store::fuzzing::import(lines));
