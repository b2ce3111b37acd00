//! Exports, imports and checks of the store.

use std::time::Duration;

use futures_util::StreamExt;
use pwasync_core::{ImportMode, Viewer, key::OwnerId};
use pwasync_proto::v1 as wire;
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Status, Streaming};

use super::{AdminService, Answers, check_owner};
use crate::{
    channel::{Interrupted, PARTS, Transfer, TransferError},
    grpc::{
        convert::{checked_to_proto, import_problems_to_proto, imported_to_proto},
        peer::identity,
        status::Refusal,
    },
};

/// The next message of an import must come so soon.
const NEXT_PART: Duration = Duration::from_secs(30);

impl AdminService {
    pub(super) async fn exported(
        &self,
        call: Request<wire::ExportRequest>,
    ) -> Result<Answers<wire::ExportResponse>, Refusal> {
        let identity = identity(&call)?;
        let named = call.get_ref().owner_uid.map(OwnerId::from_uid).transpose()?;
        check_owner(&identity, named)?;
        let whose = match identity.viewer {
            Viewer::Owner(own) => Some(own),
            Viewer::Administrator => named,
        };
        let (sender, parts) = mpsc::channel(PARTS);
        let caller = identity.caller.owner;
        self.transfers.send(Transfer::Export { caller, whose, parts: sender }).await?;
        let parts = ReceiverStream::new(parts).map(|part| match part {
            Ok(part) => Ok(wire::ExportResponse { part }),
            Err(error) => Err(Status::from(Refusal::from(error))),
        });
        Ok(Box::pin(parts))
    }

    pub(super) async fn imported(
        &self,
        call: Request<Streaming<wire::ImportRequest>>,
    ) -> Result<wire::ImportResponse, Refusal> {
        let identity = identity(&call)?;
        let mut messages = call.into_inner();
        let mut message = next_message(&mut messages).await?;
        let mode = if message.dry_run { ImportMode::Try } else { ImportMode::Apply };
        let (sender, parts) = mpsc::channel(PARTS);
        let (reply, answer) = oneshot::channel();
        let (viewer, caller) = (identity.viewer, identity.caller.clone());
        self.transfers.send(Transfer::Import { viewer, caller, mode, parts, reply }).await?;
        loop {
            // What is wrong already ends the reading: the answer tells.
            if sender.send(Ok(message.part)).await.is_err() || message.last {
                break;
            }
            message = match next_message(&mut messages).await {
                Ok(message) => message,
                Err(refusal) => {
                    // The reading ended by itself, or is told to.
                    let _ = sender.send(Err(Interrupted)).await;
                    return Err(refusal);
                }
            };
        }
        drop(sender);
        match answer.await {
            Ok(Ok(imported)) => Ok(imported_to_proto(&imported)),
            Ok(Err(TransferError::Lines { first, count })) => {
                Ok(import_problems_to_proto(first, count))
            }
            Ok(Err(TransferError::Refused(refused))) => {
                let first = refused.first.iter().map(ToString::to_string).collect();
                Ok(import_problems_to_proto(first, refused.count as u64))
            }
            Ok(Err(error)) => Err(error.into()),
            Err(_) => Err(Refusal::NotRecorded),
        }
    }

    pub(super) async fn checked(
        &self,
        call: Request<wire::CheckStoreRequest>,
    ) -> Result<Answers<wire::CheckStoreResponse>, Refusal> {
        let identity = identity(&call)?;
        match identity.viewer {
            Viewer::Administrator => {}
            Viewer::Owner(_) => return Err(Refusal::AdministratorsOnly("a check of the store")),
        }
        let (sender, reports) = mpsc::channel(PARTS);
        let caller = identity.caller.owner;
        self.transfers.send(Transfer::Check { caller, reports: sender }).await?;
        let reports = ReceiverStream::new(reports).map(|report| match report {
            Ok(report) => Ok(checked_to_proto(report)),
            Err(error) => Err(Status::from(Refusal::from(error))),
        });
        Ok(Box::pin(reports))
    }
}

async fn next_message(
    messages: &mut Streaming<wire::ImportRequest>,
) -> Result<wire::ImportRequest, Refusal> {
    let broken = |why: &str| Refusal::Protocol(format!("the import {why}"));
    match timeout(NEXT_PART, messages.message()).await {
        Ok(Ok(Some(message))) => Ok(message),
        Ok(Ok(None)) => Err(broken("ended before its last message")),
        Ok(Err(status)) => Err(broken(&format!("cannot be read: {}", status.message()))),
        Err(_) => Err(broken(&format!("stood still for {} s", NEXT_PART.as_secs()))),
    }
}
