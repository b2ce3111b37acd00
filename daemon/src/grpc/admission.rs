//! Lets a call in when its owner's turn has come, and keeps its places until its answer was read.
//!
//! Calls of one owner are worked on a few at a time, at the owner's pace; more of them wait, and
//! what is still more is refused before its message is read. An answer that nobody reads keeps
//! its place, so that there are never more of them than that.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::{
    sync::OwnedSemaphorePermit,
    time::{Sleep, sleep},
};
use tonic::{
    Code, Status,
    body::Body,
    codegen::{Bytes, http},
};
use tower::{Layer, Service};

use super::{
    guest::Guest,
    owners::{Held, What},
    peer::Peer,
    status::Refusal,
};

/// The message of a call must be whole so soon: until then the call keeps others from theirs.
const MESSAGE_LIMIT: Duration = Duration::from_secs(30);

/// Methods whose messages come and go as long as the caller likes.
const STREAMING: [&str; 10] = [
    "/grpc.health.v1.Health/Watch",
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
    "/pwasync.v1.Admin/CheckStore",
    "/pwasync.v1.Admin/Export",
    "/pwasync.v1.Admin/Import",
    "/pwasync.v1.Admin/Watch",
    "/pwasync.v1.BackgroundSync/Attach",
    "/pwasync.v1.BackgroundSync/Reconcile",
    "/pwasync.v1.Launcher/Attach",
];

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(super) struct Admit;

impl<S> Layer<S> for Admit {
    type Service = Admitted<S>;

    fn layer(&self, inner: S) -> Admitted<S> {
        Admitted { inner }
    }
}

/// A service behind [`Admit`].
#[derive(Clone, Debug)]
pub(super) struct Admitted<S> {
    inner: S,
}

impl<S> Service<http::Request<Body>> for Admitted<S>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Send,
{
    type Response = http::Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let next = self.inner.clone();
        let inner = std::mem::replace(&mut self.inner, next);
        let form =
            if STREAMING.contains(&request.uri().path()) { Form::Streaming } else { Form::Unary };
        Box::pin(admit(inner, request, form))
    }
}

/// How many messages a call has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Unary,
    Streaming,
}

async fn admit<S>(
    mut inner: S,
    request: http::Request<Body>,
    form: Form,
) -> Result<http::Response<Body>, S::Error>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>>,
{
    let Some(guest) = request.extensions().get::<Peer>().map(Peer::guest) else {
        // Each service refuses a call without a connection by itself.
        return inner.call(request).await;
    };
    if !is_grpc(request.headers()) {
        guest.refused();
        let mut response = http::Response::new(Body::empty());
        *response.status_mut() = http::StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return Ok(response);
    }
    let mut open = Open { guest: guest.clone(), answered: false };
    let places = match take_places(&guest, form).await {
        Ok(places) => places,
        Err(refusal) => {
            open.answered = true;
            guest.refused();
            return Ok(Status::from(refusal).into_http());
        }
    };
    let request = match form {
        Form::Unary => request.map(|body| Body::new(Whole { body, limit: None })),
        Form::Streaming => request,
    };
    let response = inner.call(request).await;
    open.answered = true;
    let response = response?;
    let is_spent = response
        .headers()
        .get(Status::GRPC_STATUS)
        .is_some_and(|status| Code::from_bytes(status.as_bytes()) == Code::ResourceExhausted);
    if is_spent {
        guest.refused();
    }
    Ok(response.map(|body| Body::new(Answer { body, _places: places })))
}

/// Whether a request says that it is a call whose messages are protobuf. tonic does not look, and a
/// type that says something else would be served.
fn is_grpc(headers: &http::HeaderMap) -> bool {
    let content_type = headers.get(http::header::CONTENT_TYPE).map(http::HeaderValue::as_bytes);
    let form = content_type.and_then(|value| value.strip_prefix(b"application/grpc"));
    form.map(|form| form.strip_prefix(b"+proto").unwrap_or(form))
        .is_some_and(|rest| matches!(rest.first(), None | Some(b';' | b' ')))
}

/// A call that was not answered yet; one that is taken back before is counted.
struct Open {
    guest: Guest,
    answered: bool,
}

impl Drop for Open {
    fn drop(&mut self) {
        if !self.answered {
            self.guest.refused();
        }
    }
}

/// What a call holds until its answer was read.
struct Places {
    _there: Held,
    _working: Option<[OwnedSemaphorePermit; 2]>,
}

async fn take_places(guest: &Guest, form: Form) -> Result<Places, Refusal> {
    let (owners, share) = (guest.owners(), guest.share());
    let limit = ("calls of one user", owners.traffic().waiting_calls);
    let there = owners.take(share, What::Calls, limit)?;
    owners.turn_to_call(share).await;
    let working = match form {
        Form::Unary => {
            let of_connection = guest.turn_to_work().await?;
            Some([of_connection, owners.turn_to_work(share).await?])
        }
        Form::Streaming => None,
    };
    Ok(Places { _there: there, _working: working })
}

/// A message that must be whole in time.
struct Whole {
    body: Body,
    /// Begins when it has to be waited for.
    limit: Option<Pin<Box<Sleep>>>,
}

impl HttpBody for Whole {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = self.get_mut();
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(context) {
            return Poll::Ready(frame);
        }
        let limit = this.limit.get_or_insert_with(|| Box::pin(sleep(MESSAGE_LIMIT)));
        if limit.as_mut().poll(context).is_pending() {
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(Refusal::MessageLate { limit: MESSAGE_LIMIT }.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// An answer, with the places of its call.
struct Answer {
    body: Body,
    _places: Places,
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        Pin::new(&mut self.get_mut().body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use prost::Message;
    use prost_types::FileDescriptorSet;
    use pwasync_proto::v1::FILE_DESCRIPTOR_SET;

    use super::*;

    /// Methods of a description whose messages are not one each way.
    fn streaming(set: &[u8]) -> Vec<String> {
        let set = FileDescriptorSet::decode(set).unwrap();
        let services = set.file.iter().flat_map(|file| {
            file.service.iter().map(|one| (format!("/{}.{}", file.package(), one.name()), one))
        });
        let methods = services.flat_map(|(path, service)| {
            let methods = service.method.iter();
            let methods = methods.filter(|one| one.client_streaming() || one.server_streaming());
            methods.map(move |one| format!("{path}/{}", one.name()))
        });
        methods.collect()
    }

    #[test]
    fn the_list_of_streams_is_that_of_the_protocol() {
        let described: BTreeSet<_> = [
            FILE_DESCRIPTOR_SET,
            tonic_health::pb::FILE_DESCRIPTOR_SET,
            tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
            tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
        ]
        .iter()
        .flat_map(|set| streaming(set))
        .collect();
        assert_eq!(described, STREAMING.iter().map(|path| (*path).to_owned()).collect());
    }
}
