//! One user's flood: connections that call without end and come again when they are told to go;
//! and another user's calls meanwhile, one after the other.

use std::time::Duration;

use anyhow::Context;
use pwasync_proto::v1::{self as wire, background_sync_client::BackgroundSyncClient};
use rustix::{
    process::{Gid, Uid},
    thread::{
        CpuSet, sched_setaffinity, set_thread_groups, set_thread_res_gid, set_thread_res_uid,
    },
};
use serde::{Deserialize, Serialize};
use tokio::{task::JoinSet, time::timeout};
use tonic::{Code, transport::Channel};

use super::{Arguments, connect, key};
use crate::clock::Moment;

/// Calls that each connection has outstanding.
const OUTSTANDING: usize = 16;
/// From call to call of who is not in a hurry.
const STEADY: Duration = Duration::from_millis(15);

/// What became of a flood.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Flooded {
    /// Calls that were answered as asked.
    pub(crate) served: u64,
    /// Calls that were refused.
    pub(crate) refused: u64,
    /// Calls and connections that failed otherwise.
    pub(crate) failed: u64,
}

/// How long each of the calls took, in microseconds.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Steady {
    /// In the order of the calls.
    pub(crate) times: Vec<f64>,
}

/// Becomes another user, on one core, where the arguments say so.
///
/// # Errors
/// When this process may not.
pub(super) fn become_another(arguments: &Arguments) -> anyhow::Result<()> {
    if let Some(core) = arguments.core {
        let mut cores = CpuSet::new();
        cores.set(core);
        sched_setaffinity(None, &cores).context("cannot stay on one core")?;
    }
    if let Some(number) = arguments.user {
        let (user, group) = (Uid::from_raw(number), Gid::from_raw(number));
        // There is one thread yet, and the kernel keeps who calls connect.
        set_thread_groups(&[]).context("cannot leave groups")?;
        set_thread_res_gid(group, group, group).context("cannot change the group")?;
        set_thread_res_uid(user, user, user).context("cannot become another user")?;
    }
    Ok(())
}

/// Floods for the span.
///
/// # Errors
/// When a caller panics.
pub(super) async fn flood(arguments: &Arguments) -> anyhow::Result<Flooded> {
    let end = arguments.span().warm_up + arguments.span().measured;
    let begun = Moment::now();
    let mut connections = JoinSet::new();
    for _ in 0..arguments.connections {
        let socket = arguments.socket.clone();
        connections.spawn(async move {
            let mut all = Flooded::default();
            while begun.elapsed() < end {
                match timeout(end, connect(socket.clone())).await {
                    Ok(Ok(channel)) => call_until_closed(&channel, begun, end, &mut all).await,
                    Ok(Err(_)) | Err(_) => all.failed += 1,
                }
                tokio::task::yield_now().await;
            }
            all
        });
    }
    let mut all = Flooded::default();
    while let Some(one) = connections.join_next().await {
        all.add(one.context("a caller panicked")?);
    }
    Ok(all)
}

async fn call_until_closed(channel: &Channel, begun: Moment, end: Duration, seen: &mut Flooded) {
    let mut calls = JoinSet::new();
    let mut number = 0;
    loop {
        while calls.len() < OUTSTANDING {
            let mut client = BackgroundSyncClient::new(channel.clone());
            let key = Some(key("flood", number % 100));
            number += 1;
            calls.spawn(async move {
                client.register(wire::RegisterRequest { key, ..Default::default() }).await
            });
        }
        let left = end.saturating_sub(begun.elapsed());
        match timeout(left, calls.join_next()).await {
            Ok(Some(Ok(Ok(_)))) => seen.served += 1,
            Ok(Some(Ok(Err(status)))) if status.code() == Code::ResourceExhausted => {
                seen.refused += 1;
            }
            Ok(Some(_) | None) => {
                seen.failed += 1;
                return;
            }
            Err(_) => return,
        }
    }
}

impl Flooded {
    pub(crate) fn add(&mut self, other: Self) {
        self.served += other.served;
        self.refused += other.refused;
        self.failed += other.failed;
    }
}

/// Registers one sync after the other, without hurry.
///
/// # Errors
/// When a call fails.
pub(super) async fn steady(arguments: &Arguments) -> anyhow::Result<Steady> {
    let mut client = BackgroundSyncClient::new(connect(arguments.socket.clone()).await?);
    let profile = format!("steady-{}", arguments.rounds);
    let begun = Moment::now();
    let span = arguments.span();
    let (mut times, mut ticks) = (Vec::new(), tokio::time::interval(STEADY));
    for number in 0.. {
        ticks.tick().await;
        let key = Some(key(&profile, number));
        let asked = Moment::now();
        client.register(wire::RegisterRequest { key, ..Default::default() }).await?;
        let answered = Moment::now();
        if answered.since(begun) > span.warm_up + span.measured {
            break;
        }
        if answered.since(begun) > span.warm_up {
            times.push(answered.since(asked).as_secs_f64() * 1e6);
        }
    }
    Ok(Steady { times })
}
