//! Where results go: standard output, in one piece or change by change.

use std::future;
use std::io::{self, BufWriter, StdoutLock, Write};
use std::os::fd::AsFd;

use serde::Serialize;
use tokio::io::Interest;
use tokio::net::unix::pipe;

use crate::failure::Failure;
use crate::json;

/// Standard output, held for the whole run.
pub(crate) struct Output {
    out: BufWriter<StdoutLock<'static>>,
}

impl Output {
    pub(crate) fn stdout() -> Self {
        Self { out: BufWriter::new(io::stdout().lock()) }
    }

    /// Writes text as it is, through to the reader.
    pub(crate) fn text(&mut self, text: &str) -> Result<(), Failure> {
        self.out.write_all(text.as_bytes())?;
        self.out.flush()?;
        Ok(())
    }

    /// Writes one document on one line, through to the reader.
    pub(crate) fn json(&mut self, document: &impl Serialize) -> Result<(), Failure> {
        self.text(&json::line(document)?)
    }

    /// The same for bytes, such as generated files.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.out.write_all(bytes)?;
        self.out.flush()?;
        Ok(())
    }
}

/// Waits until nobody can read standard output any more: a pipe whose other end is closed. Never
/// comes back where that cannot be known, as with a file.
pub(crate) async fn reader_gone() {
    // Unchecked: whatever it is, it is only watched, and left as it was.
    let stdout = io::stdout().as_fd().try_clone_to_owned();
    if let Ok(stdout) = stdout.and_then(pipe::Sender::from_owned_fd_unchecked)
        && stdout.ready(Interest::ERROR).await.is_ok()
    {
        return;
    }
    future::pending().await
}
