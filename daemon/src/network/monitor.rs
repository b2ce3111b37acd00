//! The monitor: sends a snapshot when it starts and whenever one differs from the last.

use std::{error::Error, time::Duration};

use pwasync_core::facts::Netlink;
use tokio::time::sleep;

use super::{
    naming::Naming,
    session::{Session, SessionError},
};
use crate::channel::NetworkSender;

/// How the monitor reads.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Bytes that the kernel may keep for it, before it drops messages. The kernel itself allows
    /// at most `net.core.rmem_max`.
    pub receive_buffer: i32,
    /// How networks are named.
    pub naming: Naming,
}

impl Default for Settings {
    fn default() -> Self {
        Self { receive_buffer: 1024 * 1024, naming: Naming::default() }
    }
}

/// The pause after the first session that could not even be opened; it doubles from there.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Sends snapshots until the engine has ended.
///
/// A full channel holds it back: the kernel then keeps the changes, or drops them and says so, and
/// everything is read anew.
pub async fn watch(settings: Settings, engine: NetworkSender) {
    let mut last = None;
    let mut pause = FIRST_PAUSE;
    loop {
        let error = match Session::open(settings).await {
            Ok(mut session) => {
                pause = FIRST_PAUSE;
                match send_changes(&mut session, &engine, &mut last).await {
                    Ok(()) => return,
                    Err(error) => error,
                }
            }
            Err(error) => {
                report(&error);
                sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
                continue;
            }
        };
        report(&error);
    }
}

fn report(error: &SessionError) {
    if matches!(error, SessionError::Overflow) {
        tracing::debug!("the kernel dropped netlink messages; everything is read anew");
    } else {
        let error: &(dyn Error + 'static) = error;
        tracing::warn!(error, "netlink is read anew");
    }
}

/// Ends well when the engine has ended.
async fn send_changes(
    session: &mut Session,
    engine: &NetworkSender,
    last: &mut Option<Netlink>,
) -> Result<(), SessionError> {
    loop {
        let snapshot = session.snapshot();
        if last.as_ref() != Some(&snapshot) {
            if engine.send(snapshot.clone()).await.is_err() {
                return Ok(());
            }
            *last = Some(snapshot);
        }
        session.follow().await?;
    }
}
