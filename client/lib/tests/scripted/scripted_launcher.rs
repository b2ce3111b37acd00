//! The scripted daemon's end of a launcher's stream.

use pwasync_proto::v1;
use pwasync_proto::v1::launcher_server::Launcher;
use pwasync_proto::v1::{launcher_attach_request, launcher_attach_response};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use crate::scripted_daemon::{Call, soon};

/// The daemon's end of a launcher's stream.
#[derive(Debug)]
pub(crate) struct AttachedLauncher {
    requests: Streaming<v1::LauncherAttachRequest>,
    answers: mpsc::Sender<Result<v1::LauncherAttachResponse, Status>>,
}

impl AttachedLauncher {
    pub(crate) async fn said(&mut self) -> launcher_attach_request::Message {
        let message = soon("a message", self.requests.message()).await.unwrap();
        message.unwrap().message.unwrap()
    }

    pub(crate) async fn say(&self, message: launcher_attach_response::Message) {
        let message = v1::LauncherAttachResponse { message: Some(message) };
        self.answers.send(Ok(message)).await.unwrap();
    }
}

pub(crate) struct LauncherService {
    pub(crate) calls: mpsc::Sender<Call>,
}

#[tonic::async_trait]
impl Launcher for LauncherService {
    type AttachStream = ReceiverStream<Result<v1::LauncherAttachResponse, Status>>;

    async fn attach(
        &self,
        request: Request<Streaming<v1::LauncherAttachRequest>>,
    ) -> Result<Response<Self::AttachStream>, Status> {
        let (answers, messages) = mpsc::channel(16);
        let launcher = AttachedLauncher { requests: request.into_inner(), answers };
        let told = self.calls.send(Call::Launcher(Box::new(launcher))).await;
        told.map_err(|_| Status::unavailable("the test is over"))?;
        Ok(Response::new(ReceiverStream::new(messages)))
    }
}
