//! Why the engine does not start, or ends.

use std::io;

use crate::store::{committer::SendError, error::StoreError};

/// Why the engine could not start, or ended.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The store did not open at the start.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The kernel gave no timer.
    #[error("cannot set the timer")]
    Timer(#[source] io::Error),
    /// The store's thread did not start or is gone.
    #[error("the store's thread is gone")]
    Committer,
}

impl From<SendError> for EngineError {
    fn from(error: SendError) -> Self {
        // At most one batch and one opening are ever out, and the channel holds both.
        tracing::error!(%error, "cannot reach the store's thread");
        Self::Committer
    }
}
