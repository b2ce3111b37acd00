//! One stored record of any kind and version.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pwasyncd::store::fuzzing::record(bytes));
