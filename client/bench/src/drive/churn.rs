//! Syncs that come and go: registered, woken, finished, and that again.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use anyhow::Context;
use pwasync_proto::v1::attach_response;
use tokio::task::JoinSet;

use super::Arguments;
use crate::browser::Browser;

/// Events that one browser takes at once.
const CAPACITY: u32 = 32;

/// Has `connections` browsers go through `count` cycles in all; each has as many syncs out as it
/// takes events at once. How many cycles ended with a confirmed outcome.
///
/// # Errors
/// When a call fails, or something does not come.
pub(super) async fn drive(arguments: &Arguments) -> anyhow::Result<usize> {
    let left = Arc::new(AtomicUsize::new(arguments.count));
    let mut browsers = JoinSet::new();
    for number in 0..arguments.connections {
        let profile = format!("churn-{number}");
        let browser = Browser::attach(arguments.socket.clone(), &profile, CAPACITY).await?;
        browsers.spawn(churn(browser, Arc::clone(&left)));
    }
    let mut done = 0;
    while let Some(ended) = browsers.join_next().await {
        done += ended.context("a browser panicked")??;
    }
    anyhow::ensure!(done == arguments.count, "{done} of {} cycles ended", arguments.count);
    Ok(done)
}

/// One browser: its next sync is registered when the outcome of one is on disk.
async fn churn(mut browser: Browser, left: Arc<AtomicUsize>) -> anyhow::Result<usize> {
    let (mut next, mut out, mut done) = (0, 0, 0);
    let mut calls = JoinSet::new();
    loop {
        while out < usize::try_from(CAPACITY)? && take(&left) {
            // Tags come back, as those of a real app do.
            let number = next % 1_000;
            next += 1;
            out += 1;
            let (mut client, key) = (browser.client.clone(), super::key(&browser.profile, number));
            let request =
                pwasync_proto::v1::RegisterRequest { key: Some(key), ..Default::default() };
            calls.spawn(async move { client.register(request).await.map(drop) });
        }
        if out == 0 {
            break;
        }
        match browser.message().await? {
            attach_response::Message::Wake(wake) => browser.complete(wake.attempt_id).await?,
            attach_response::Message::Recorded(_) => {
                out -= 1;
                done += 1;
            }
            attach_response::Message::Welcome(_)
            | attach_response::Message::Cancel(_)
            | attach_response::Message::HostState(_) => {}
            attach_response::Message::Closing(closing) => {
                anyhow::bail!("a session was closed: {:?}", closing.reason());
            }
        }
        while let Some(ended) = calls.try_join_next() {
            ended.context("a call panicked")??;
        }
    }
    while let Some(ended) = calls.join_next().await {
        ended.context("a call panicked")??;
    }
    Ok(done)
}

fn take(left: &AtomicUsize) -> bool {
    left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
}
