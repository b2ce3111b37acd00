//! The kernel's messages of devices.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pwasyncd::power::fuzzing::uevent(bytes));
