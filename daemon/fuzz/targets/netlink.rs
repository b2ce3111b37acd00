//! Datagrams of the kernel.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pwasyncd::network::fuzzing::datagram(bytes));
