//! The service that agents speak which start closed browsers.

use std::{pin::Pin, sync::Arc, time::Duration};

use futures_util::Stream;
use pwasync_core::key::LauncherId;
use pwasync_proto::v1::{self as wire, launcher_server::Launcher};
use tokio_util::task::TaskTracker;
use tonic::{Request, Response, Status, Streaming};
use wire::launcher_attach_request::Message;

use super::{
    convert::{
        launch_failed_from_proto, launch_token_from_proto, launcher_closing_to_proto,
        launcher_hello_from_proto, launcher_welcome_to_proto, profiles_from_proto,
        to_launcher_to_proto,
    },
    dialogue::{Dialogue, Line, Place, begin},
    owners::What,
    peer::{Identity, guest, identity},
    status::Refusal,
};
use crate::channel::{Closing, EngineSender, FromLauncher, Input, OpenLauncher, Reply, ToLauncher};

/// Streams of one user at once. One launcher is enough; those that are superseded or have not
/// said `LauncherHello` count too.
const LAUNCHERS: u32 = 8;

/// See the module.
pub(super) struct LauncherService {
    engine: EngineSender,
    /// Each attached launcher has one.
    streams: TaskTracker,
}

impl LauncherService {
    pub(super) fn new(engine: EngineSender, streams: TaskTracker) -> Self {
        Self { engine, streams }
    }
}

#[tonic::async_trait]
impl Launcher for LauncherService {
    type AttachStream =
        Pin<Box<dyn Stream<Item = Result<wire::LauncherAttachResponse, Status>> + Send + 'static>>;

    async fn attach(
        &self,
        request: Request<Streaming<wire::LauncherAttachRequest>>,
    ) -> Result<Response<Self::AttachStream>, Status> {
        let identity = identity(&request)?;
        let guest = guest(&request)?;
        let limit = ("launchers of one user", LAUNCHERS);
        let place = guest.owners().take(guest.share(), What::Launchers, limit)?;
        let at = Place { engine: self.engine.clone(), place, guest };
        let stream = begin(Launching(identity), at, request.into_inner(), &self.streams);
        Ok(Response::new(Box::pin(stream)))
    }
}

/// Who attaches.
pub(super) struct Launching(Arc<Identity>);

impl Dialogue for Launching {
    type Up = wire::LauncherAttachRequest;
    type Down = wire::LauncherAttachResponse;
    type Welcome = LauncherId;
    type Said = ToLauncher;
    type Id = LauncherId;

    const HELLO: &'static str = "`LauncherHello`";

    fn open(
        &self,
        first: wire::LauncherAttachRequest,
        line: Line<ToLauncher>,
        reply: Reply<LauncherId>,
    ) -> Result<Input, Refusal> {
        let hello = match first.message {
            Some(Message::Hello(hello)) => hello,
            other => {
                let name = other.as_ref().map_or("an unknown message", name);
                return Err(Refusal::Protocol(format!("{name} came before `LauncherHello`")));
            }
        };
        let (profiles, agent) = launcher_hello_from_proto(hello)?;
        let owner = self.0.caller.owner;
        let Line { outbox, cut_off } = line;
        Ok(Input::OpenLauncher(OpenLauncher { owner, profiles, agent, outbox, cut_off, reply }))
    }

    fn id(id: &LauncherId) -> LauncherId {
        *id
    }

    fn hear(id: LauncherId, request: wire::LauncherAttachRequest) -> Result<Input, Refusal> {
        let said = match request.message {
            Some(Message::LaunchStarted(started)) => {
                FromLauncher::Started(launch_token_from_proto(&started.launch_token)?)
            }
            Some(Message::LaunchFailed(failed)) => {
                let (token, reason) = launch_failed_from_proto(failed)?;
                FromLauncher::Failed { token, reason }
            }
            Some(Message::ProfilesChanged(changed)) => {
                FromLauncher::Profiles(profiles_from_proto(&changed.profiles)?)
            }
            Some(Message::Hello(_)) => {
                return Err(Refusal::Protocol("`LauncherHello` came twice".into()));
            }
            None => return Err(Refusal::Protocol("an unknown message came".into())),
        };
        Ok(Input::Launcher(id, said))
    }

    fn closed(id: LauncherId) -> Input {
        Input::Launcher(id, FromLauncher::Closed)
    }

    fn welcome(id: &LauncherId) -> wire::LauncherAttachResponse {
        launcher_welcome_to_proto(*id)
    }

    fn say(said: &ToLauncher) -> wire::LauncherAttachResponse {
        to_launcher_to_proto(said)
    }

    fn end(said: &ToLauncher) -> Option<Closing> {
        match said {
            ToLauncher::Closing { reason, .. } => Some(*reason),
            ToLauncher::Launch { .. } | ToLauncher::Cancel(_) => None,
        }
    }

    fn closing(
        reason: wire::ClosingReason,
        after: Option<Duration>,
        detail: String,
    ) -> wire::LauncherAttachResponse {
        launcher_closing_to_proto(reason, after, detail)
    }
}

fn name(message: &Message) -> &'static str {
    match message {
        Message::Hello(_) => "`LauncherHello`",
        Message::LaunchStarted(_) => "`LaunchStarted`",
        Message::LaunchFailed(_) => "`LaunchFailed`",
        Message::ProfilesChanged(_) => "`ProfilesChanged`",
    }
}
