//! Policy files.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| pwasyncd::policy::fuzzing::file(text));
