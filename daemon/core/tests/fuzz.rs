//! The model as a fuzz target of `daemon/fuzz`: it stands here, among the parts that it is made of.

#![no_main]
#![expect(dead_code, unused_imports, reason = "the tests themselves are left out")]

mod model;
mod support;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    model::bytes::run(bytes);
});
