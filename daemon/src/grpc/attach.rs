//! The session of a browser profile: what is said on its stream.

use std::{sync::Arc, time::Duration};

use pwasync_core::key::SessionId;
use pwasync_proto::v1 as wire;
use wire::attach_request::Message;

use super::{
    convert::{
        attempt_id_from_proto, closing_to_proto, finished_from_proto, hello_from_proto,
        to_session_to_proto, welcome_to_proto,
    },
    dialogue::{Dialogue, Line},
    peer::Identity,
    status::Refusal,
};
use crate::channel::{Closing, FromSession, Input, OpenSession, Reply, ToSession, Welcome};

/// Who attaches.
pub(super) struct Attaching(pub(super) Arc<Identity>);

impl Dialogue for Attaching {
    type Up = wire::AttachRequest;
    type Down = wire::AttachResponse;
    type Welcome = Welcome;
    type Said = ToSession;
    type Id = SessionId;

    const HELLO: &'static str = "`Hello`";

    fn open(
        &self,
        first: wire::AttachRequest,
        line: Line<ToSession>,
        reply: Reply<Welcome>,
    ) -> Result<Input, Refusal> {
        let hello = match first.message {
            Some(Message::Hello(hello)) => hello,
            other => {
                let name = other.as_ref().map_or("an unknown message", name);
                return Err(Refusal::Protocol(format!("{name} came before `Hello`")));
            }
        };
        let Self(identity) = self;
        let hello = hello_from_proto(identity.caller.owner, hello)?;
        Ok(Input::OpenSession(OpenSession {
            profile: hello.profile,
            agent: hello.agent,
            process_id: identity.process_id,
            capacity: hello.capacity,
            running: hello.running,
            finished: hello.finished,
            launch: hello.launch,
            outbox: line.outbox,
            cut_off: line.cut_off,
            reply,
        }))
    }

    fn id(welcome: &Welcome) -> SessionId {
        welcome.session
    }

    fn hear(id: SessionId, request: wire::AttachRequest) -> Result<Input, Refusal> {
        from_session(request).map(|said| Input::Session(id, said))
    }

    fn closed(id: SessionId) -> Input {
        Input::Session(id, FromSession::Closed)
    }

    fn welcome(welcome: &Welcome) -> wire::AttachResponse {
        welcome_to_proto(welcome)
    }

    fn say(said: &ToSession) -> wire::AttachResponse {
        to_session_to_proto(said)
    }

    fn end(said: &ToSession) -> Option<Closing> {
        match said {
            ToSession::Closing { reason, .. } => Some(*reason),
            ToSession::Wake(_)
            | ToSession::Cancel { .. }
            | ToSession::Recorded { .. }
            | ToSession::Host(_) => None,
        }
    }

    fn closing(
        reason: wire::ClosingReason,
        after: Option<Duration>,
        detail: String,
    ) -> wire::AttachResponse {
        closing_to_proto(reason, after, detail)
    }
}

fn from_session(request: wire::AttachRequest) -> Result<FromSession, Refusal> {
    match request.message {
        Some(Message::Ready(wire::Ready {})) => Ok(FromSession::Ready),
        Some(Message::Started(started)) => {
            Ok(FromSession::Started(attempt_id_from_proto(&started.attempt_id)?))
        }
        Some(Message::Finished(finished)) => {
            Ok(FromSession::Finished(finished_from_proto(finished)?))
        }
        Some(Message::Hello(_)) => Err(Refusal::Protocol("`Hello` came twice".into())),
        None => Err(Refusal::Protocol("an unknown message came".into())),
    }
}

fn name(message: &Message) -> &'static str {
    match message {
        Message::Hello(_) => "`Hello`",
        Message::Ready(_) => "`Ready`",
        Message::Started(_) => "`Started`",
        Message::Finished(_) => "`Finished`",
    }
}
