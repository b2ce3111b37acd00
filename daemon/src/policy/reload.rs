//! Reads the policy again while the daemon runs: on SIGHUP, and when somebody asks.

use tokio::{
    signal::unix::Signal,
    sync::mpsc,
    task::{JoinError, spawn_blocking},
};

use super::PolicySource;
use crate::channel::{PolicyRead, PolicySender, ReloadReply};

/// Reads the policy at each wish, one after another, so that what was read last is what holds.
/// Ends when the engine is gone.
///
/// # Errors
/// When the reading panicked.
pub async fn watch(
    source: PolicySource,
    mut hangups: Signal,
    mut wishes: mpsc::Receiver<ReloadReply>,
    sender: PolicySender,
) -> Result<(), JoinError> {
    loop {
        let reply = tokio::select! {
            _ = hangups.recv() => None,
            Some(reply) = wishes.recv() => Some(reply),
        };
        let source = source.clone();
        // Files are read on a thread of their own: a network file system may be slow.
        let read = spawn_blocking(move || source.load()).await?;
        let read = PolicyRead { read: read.map(Box::new), reply };
        if sender.send(read).await.is_err() {
            return Ok(());
        }
    }
}
