//! So many registrations, as fast as they can be made.

use anyhow::Context;
use pwasync_proto::v1::{self as wire, background_sync_client::BackgroundSyncClient};
use tokio::task::JoinSet;

use super::{Arguments, connect, key};

/// Has callers on shared connections register `count` syncs. How many they were.
///
/// # Errors
/// When a call fails.
pub(super) async fn drive(arguments: &Arguments) -> anyhow::Result<usize> {
    let mut channels = Vec::new();
    for _ in 0..arguments.connections {
        channels.push(connect(arguments.socket.clone()).await?);
    }
    let (callers, count) = (arguments.callers, arguments.count);
    let mut calls = JoinSet::new();
    for caller in 0..callers {
        let mut client = BackgroundSyncClient::new(channels[caller % channels.len()].clone());
        calls.spawn(async move {
            for number in (caller..count).step_by(callers) {
                // Ten profiles: a user with as many syncs has more than one browser.
                let key = Some(key(&format!("profile-{}", number % 10), number / 10));
                client.register(wire::RegisterRequest { key, ..Default::default() }).await?;
            }
            Ok::<_, tonic::Status>(())
        });
    }
    while let Some(ended) = calls.join_next().await {
        ended.context("a caller panicked")??;
    }
    Ok(count)
}
