//! What pages and workers send through the bridge's binding.

#![no_main]

use pwasync_chromium::call::{ApiCall, MAX_PAYLOAD_BYTES};

libfuzzer_sys::fuzz_target!(|payload: &str| {
    let Ok(call) = ApiCall::parse(payload) else { return };
    assert!(call.scope.len() + call.tag.len() <= MAX_PAYLOAD_BYTES);
});
