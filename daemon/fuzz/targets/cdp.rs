//! What Chromium writes into its debugging pipe: frames, messages, and the mirrors that take them.

#![no_main]

use std::sync::Arc;

use pwasync_chromium::{
    cdp::{FrameBuffer, Incoming, SessionId, parse},
    pages::{Pages, Place},
    registry::{Lookup, Registry},
};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((size, stream)) = bytes.split_first() else { return };
    let frames = frames([stream]);
    assert_eq!(self::frames(stream.chunks(usize::from(*size) + 1)), frames, "cut by {size}");

    let session: SessionId = Arc::from("S");
    let (mut registry, mut pages) = (Registry::default(), Pages::default());
    pages.open(Arc::clone(&session), "T", Place::TopLevel);
    for frame in frames.into_iter().flatten() {
        let Ok(Incoming::Event(event)) = parse(&frame) else { continue };
        for scope in registry.handle_event(&event) {
            assert_eq!(registry.look_up(&scope), Lookup::Absent, "{scope} went and is there");
        }
        match event.method.as_str() {
            "Runtime.executionContextCreated" => pages.context_created(&session, &event.params),
            "Runtime.executionContextDestroyed" => pages.context_destroyed("S", &event.params),
            "Runtime.executionContextsCleared" => pages.contexts_cleared("S"),
            _ => {}
        }
        assert!(pages.windows().len() <= 1);
    }
});

fn frames<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Vec<Option<Vec<u8>>> {
    let (mut buffer, mut frames) = (FrameBuffer::default(), Vec::new());
    for chunk in chunks {
        buffer.push(chunk, |frame| frames.push(frame));
    }
    frames
}
