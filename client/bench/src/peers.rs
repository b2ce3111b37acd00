//! The neighbours and the bare disk: how each is started and called.

pub(crate) mod beanstalkd;
pub(crate) mod groupsync;
pub(crate) mod postgres;
pub(crate) mod redis;
pub(crate) mod sqlite;

use std::{os::unix::net::UnixStream, path::Path, time::Duration};

use anyhow::Context;
use pwasync_e2e::{Process, on_path, until};

/// A server that does not answer after it does not start.
const READY_LIMIT: Duration = Duration::from_secs(20);
/// What is enqueued, as long as a registration's record.
pub(crate) const PAYLOAD: [u8; 200] = [b'x'; 200];

/// Where a program of the system is.
///
/// # Errors
/// When it is not installed.
fn installed(program: &str) -> anyhow::Result<std::path::PathBuf> {
    on_path(program).with_context(|| format!("`{program}` is not installed"))
}

/// Waits until a server takes connections on its socket, or has ended.
///
/// # Errors
/// When it ends first, or is not ready in time.
async fn until_it_listens(process: &mut Process, socket: &Path) -> anyhow::Result<()> {
    let listens_or_ended = || match UnixStream::connect(socket) {
        Ok(_) => Some(true),
        Err(_) => (!process.is_running()).then_some(false),
    };
    let listens = until(READY_LIMIT, "the server to listen", listens_or_ended).await?;
    anyhow::ensure!(listens, "it ended: {}", process.tail());
    Ok(())
}
