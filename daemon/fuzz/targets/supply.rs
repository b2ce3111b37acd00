//! What a driver writes into the files of a battery and a charger.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pwasyncd::power::fuzzing::supplies(bytes));
