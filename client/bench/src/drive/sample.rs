//! One registration, whose answer the echo gives too.

use pwasync_proto::v1::{self as wire, background_sync_client::BackgroundSyncClient};

use super::{Arguments, connect, key};

/// Registers once. The answer, encoded.
///
/// # Errors
/// When the call fails.
pub(super) async fn drive(arguments: &Arguments) -> anyhow::Result<Vec<u8>> {
    let mut client = BackgroundSyncClient::new(connect(arguments.socket.clone()).await?);
    let key = Some(key("sample", 0));
    let answer = client.register(wire::RegisterRequest { key, ..Default::default() }).await?;
    Ok(prost::Message::encode_to_vec(&answer.into_inner()))
}
