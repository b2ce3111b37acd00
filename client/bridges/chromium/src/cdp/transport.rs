//! Cuts what Chromium writes into frames: JSON texts that end with a NUL byte.
//!
//! Does no I/O and looks at no content.

use std::mem;

/// The longest frame that is kept. A page decides how long its messages are; ours need far less.
pub const MAX_FRAME_BYTES: usize = 4 * 1024 * 1024;

/// Collects bytes and yields whole frames. A frame over the limit is dropped as a whole, and the
/// stream goes on behind it.
#[derive(Debug, Default)]
pub struct FrameBuffer {
    partial: Vec<u8>,
    skipping: bool,
}

impl FrameBuffer {
    /// Adds bytes as they were read; `frame` is called for each frame that they complete, with
    /// `None` for one that was too long.
    pub fn push(&mut self, bytes: &[u8], mut frame: impl FnMut(Option<Vec<u8>>)) {
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(|byte| *byte == 0) {
            self.append(&rest[..end]);
            let whole = mem::take(&mut self.partial);
            frame(if mem::take(&mut self.skipping) { None } else { Some(whole) });
            rest = &rest[end + 1..];
        }
        self.append(rest);
    }

    fn append(&mut self, bytes: &[u8]) {
        if self.skipping {
            return;
        }
        if self.partial.len() + bytes.len() > MAX_FRAME_BYTES {
            self.skipping = true;
            self.partial = Vec::new();
            return;
        }
        self.partial.extend_from_slice(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_whole_however_they_are_cut() {
        let stream = b"{\"a\":1}\0\0{\"b\":2}\0{\"c\"";
        for size in 1..stream.len() {
            let mut buffer = FrameBuffer::default();
            let frames = collect(&mut buffer, stream.chunks(size));
            let expected: Vec<Option<Vec<u8>>> =
                vec![Some(b"{\"a\":1}".to_vec()), Some(Vec::new()), Some(b"{\"b\":2}".to_vec())];
            assert_eq!(frames, expected, "in pieces of {size}");
        }
    }

    #[test]
    fn a_frame_over_the_limit_is_dropped_and_the_next_one_is_kept() {
        let mut buffer = FrameBuffer::default();
        let long = vec![b'x'; MAX_FRAME_BYTES + 1];
        let frames = collect(&mut buffer, [&long[..], b"\0{}\0"]);
        assert_eq!(frames, vec![None, Some(b"{}".to_vec())]);
    }

    #[test]
    fn a_frame_of_the_limit_is_kept() {
        let mut buffer = FrameBuffer::default();
        let long = vec![b'x'; MAX_FRAME_BYTES];
        let frames = collect(&mut buffer, [&long[..], b"\0"]);
        assert_eq!(frames.len(), 1);
        assert_eq!(frames[0].as_ref().map(Vec::len), Some(MAX_FRAME_BYTES));
    }

    fn collect<'a>(
        buffer: &mut FrameBuffer,
        chunks: impl IntoIterator<Item = &'a [u8]>,
    ) -> Vec<Option<Vec<u8>>> {
        let mut frames = Vec::new();
        for chunk in chunks {
            buffer.push(chunk, |frame| frames.push(frame));
        }
        frames
    }
}
