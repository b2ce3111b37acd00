//! Requests over gRPC, through their conversions.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pwasyncd::grpc::fuzzing::request(bytes));
