//! Exports, imports and checks: streams that take as long as they take, and whose parts must keep
//! coming.

use std::time::Duration;

use pwasync_proto::v1;
use tokio::sync::mpsc;
use tokio::time;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

use super::admin::client;
use super::{Connection, Repeat};
use crate::wire::{check_report, imported};
use crate::{CheckReport, ClientError, ImportMode, Imported};

/// The next part of a stream must come so soon.
const NEXT_PART: Duration = Duration::from_secs(30);
/// What the daemon does with an import once it has it all.
const IMPORT_LIMIT: Duration = Duration::from_secs(600);
/// Bytes of a message of an import: the daemon takes 64 KiB.
const PART_BYTES: usize = 48 << 10;
/// Messages that may wait for the daemon.
const PARTS: usize = 2;

impl Connection {
    pub(crate) async fn export(&self, owner_uid: Option<u32>) -> Result<ExportStream, ClientError> {
        let stream = self
            .call(Repeat::Once, |channel| async move {
                client(channel).export(v1::ExportRequest { owner_uid }).await
            })
            .await?;
        Ok(ExportStream { connection: self.clone(), stream })
    }

    pub(crate) async fn check_store(&self) -> Result<CheckStream, ClientError> {
        let stream = self
            .call(Repeat::Once, |channel| async move {
                client(channel).check_store(v1::CheckStoreRequest {}).await
            })
            .await?;
        Ok(CheckStream { connection: self.clone(), stream })
    }

    /// `next` gives the next bytes; none: that was all.
    pub(crate) async fn import<E>(
        &self,
        mode: ImportMode,
        mut next: impl AsyncFnMut() -> Result<Option<Vec<u8>>, E>,
    ) -> Result<Result<Imported, ClientError>, E> {
        let dry_run = match mode {
            ImportMode::Apply => false,
            ImportMode::DryRun => true,
        };
        let (sender, parts) = mpsc::channel(PARTS);
        let mut calling = client(self.channel.clone());
        let call = calling.import(ReceiverStream::new(parts));
        let send = async {
            while let Some(bytes) = next().await? {
                for part in bytes.chunks(PART_BYTES) {
                    let message = v1::ImportRequest { dry_run, part: part.to_vec(), last: false };
                    // What the daemon has refused already it does not read.
                    if sender.send(message).await.is_err() {
                        return Ok(());
                    }
                }
            }
            let last = v1::ImportRequest { dry_run, part: Vec::new(), last: true };
            let _ = sender.send(last).await;
            // Nothing follows.
            drop(sender);
            Ok(())
        };
        let call = time::timeout(IMPORT_LIMIT, call);
        let (answer, sent) = tokio::join!(call, send);
        sent?;
        Ok(match answer {
            Ok(Ok(answer)) => Ok(imported(answer.into_inner())),
            Ok(Err(status)) => Err(self.error(&status)),
            Err(_) => Err(ClientError::TimedOut { limit: IMPORT_LIMIT }),
        })
    }
}

/// Parts of an export as they come.
#[derive(Debug)]
pub(crate) struct ExportStream {
    connection: Connection,
    stream: Streaming<v1::ExportResponse>,
}

impl ExportStream {
    /// None: that was all.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<u8>>, ClientError> {
        let message = next_of(&self.connection, self.stream.message()).await?;
        Ok(message.map(|v1::ExportResponse { part }| part))
    }
}

/// Reports of a check as they come.
#[derive(Debug)]
pub(crate) struct CheckStream {
    connection: Connection,
    stream: Streaming<v1::CheckStoreResponse>,
}

impl CheckStream {
    /// None: that was all.
    pub(crate) async fn next(&mut self) -> Result<Option<CheckReport>, ClientError> {
        loop {
            let message = next_of(&self.connection, self.stream.message()).await?;
            let Some(message) = message else { return Ok(None) };
            if let Some(report) = check_report(message) {
                return Ok(Some(report));
            }
        }
    }
}

async fn next_of<T>(
    connection: &Connection,
    message: impl Future<Output = Result<Option<T>, Status>>,
) -> Result<Option<T>, ClientError> {
    match time::timeout(NEXT_PART, message).await {
        Ok(message) => message.map_err(|status| connection.error(&status)),
        Err(_) => Err(ClientError::TimedOut { limit: NEXT_PART }),
    }
}
