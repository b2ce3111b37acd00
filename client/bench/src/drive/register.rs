//! Register, again and again, each time for another sync.

use pwasync_proto::v1::{self as wire, background_sync_client::BackgroundSyncClient};
use tonic::transport::Channel;

use super::{Arguments, connect, key};
use crate::load::{Caller, Measured, closed_loop};

/// Has callers on shared connections register.
///
/// # Errors
/// When a call fails.
pub(super) async fn drive(arguments: &Arguments) -> anyhow::Result<Measured> {
    let mut channels = Vec::new();
    for _ in 0..arguments.connections {
        channels.push(connect(arguments.socket.clone()).await?);
    }
    let registering = |number: usize| {
        let client = BackgroundSyncClient::new(channels[number % channels.len()].clone());
        Registering { client, profile: format!("profile-{number}"), next: 0 }
    };
    let callers = (0..arguments.callers).map(registering).collect();
    closed_loop(callers, arguments.span()).await
}

struct Registering {
    client: BackgroundSyncClient<Channel>,
    profile: String,
    next: usize,
}

impl Caller for Registering {
    async fn call(&mut self) -> anyhow::Result<()> {
        let key = Some(key(&self.profile, self.next));
        self.next += 1;
        self.client.register(wire::RegisterRequest { key, ..Default::default() }).await?;
        Ok(())
    }
}
