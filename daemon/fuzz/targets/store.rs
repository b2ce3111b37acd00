//! A whole store, from its pieces to a scheduler that goes on with it.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pwasyncd::store::fuzzing::store(bytes));
