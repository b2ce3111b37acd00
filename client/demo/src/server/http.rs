//! One request, one answer. Knows paths and status codes; what is accepted, the desk decides.

use std::{convert::Infallible, time::Duration};

use http_body_util::{BodyExt, Full, Limited};
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header::{
        ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue,
        X_CONTENT_TYPE_OPTIONS,
    },
};
use pwasync_e2e::{Moment, SentMessage};
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

use super::{desk::DeskInput, files};

const BODY_BYTES: usize = 16 * 1_024;
const BODY_LIMIT: Duration = Duration::from_secs(10);
const TEXT_BYTES: usize = 4_000;
const ID_BYTES: usize = 64;

type Answer = Response<Full<Bytes>>;

/// Answers a request; errors are answers, too.
pub(super) async fn answer(
    request: Request<Incoming>,
    desk: mpsc::Sender<DeskInput>,
) -> Result<Answer, Infallible> {
    let at = Moment::now();
    let mut answer = match request.uri().path() {
        "/api/messages" => match *request.method() {
            Method::POST => take_message(at, request, &desk).await,
            _ => not_allowed("POST"),
        },
        "/api/news" => match *request.method() {
            Method::GET => tell_news(&desk).await,
            _ => not_allowed("GET"),
        },
        path => match (request.method(), files::find(path)) {
            (&Method::GET | &Method::HEAD, Some(file)) => with_body(file.media_type, file.bytes),
            (_, Some(_)) => not_allowed("GET, HEAD"),
            (_, None) => plain(StatusCode::NOT_FOUND),
        },
    };
    let headers = answer.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'self'"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Ok(answer)
}

async fn take_message(
    at: Moment,
    request: Request<Incoming>,
    desk: &mpsc::Sender<DeskInput>,
) -> Answer {
    let message = match read_message(request).await {
        Ok(message) => message,
        Err((status, reason)) => {
            // Only the log misses it when the desk has closed.
            let _ = desk.send(DeskInput::Refused { at, status: status.as_u16(), reason }).await;
            return plain(status);
        }
    };
    let (reply, status) = oneshot::channel();
    let sent = desk.send(DeskInput::Arrived { at, message, reply }).await;
    match (sent, status.await) {
        (Ok(()), Ok(status)) => plain(StatusCode::from_u16(status).unwrap_or_default()),
        (Err(_), _) | (_, Err(_)) => plain(StatusCode::SERVICE_UNAVAILABLE),
    }
}

async fn read_message(request: Request<Incoming>) -> Result<SentMessage, (StatusCode, String)> {
    let body = Limited::new(request.into_body(), BODY_BYTES).collect();
    let body = timeout(BODY_LIMIT, body)
        .await
        .map_err(|_| (StatusCode::REQUEST_TIMEOUT, format!("body took over {BODY_LIMIT:?}")))?
        .map_err(|error| (StatusCode::PAYLOAD_TOO_LARGE, format!("body: {error}")))?;
    let message: SentMessage = serde_json::from_slice(&body.to_bytes())
        .map_err(|error| (StatusCode::BAD_REQUEST, format!("body: {error}")))?;
    check(&message).map_err(|reason| (StatusCode::UNPROCESSABLE_ENTITY, reason))?;
    Ok(message)
}

fn check(message: &SentMessage) -> Result<(), String> {
    if message.id.is_empty() || message.id.len() > ID_BYTES {
        return Err(format!("field `id`: {} bytes, must be 1 to {ID_BYTES}", message.id.len()));
    }
    if message.text.is_empty() || message.text.len() > TEXT_BYTES {
        let length = message.text.len();
        return Err(format!("field `text`: {length} bytes, must be 1 to {TEXT_BYTES}"));
    }
    Ok(())
}

async fn tell_news(desk: &mpsc::Sender<DeskInput>) -> Answer {
    let (reply, count) = oneshot::channel();
    let sent = desk.send(DeskInput::Count { reply }).await;
    let (Ok(()), Ok(count)) = (sent, count.await) else {
        return plain(StatusCode::SERVICE_UNAVAILABLE);
    };
    let headline = match count {
        0 => "The server has not had any post yet.".to_owned(),
        1 => "The server has had one message.".to_owned(),
        many => format!("The server has had {many} messages."),
    };
    with_body("application/json", serde_json::json!({ "headline": headline }).to_string())
}

fn with_body(media_type: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    answer
}

fn plain(status: StatusCode) -> Answer {
    let mut answer = with_body("text/plain", status.canonical_reason().unwrap_or_default());
    *answer.status_mut() = status;
    answer
}

fn not_allowed(methods: &'static str) -> Answer {
    let mut answer = plain(StatusCode::METHOD_NOT_ALLOWED);
    answer.headers_mut().insert(ALLOW, HeaderValue::from_static(methods));
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(id: &str, text: &str) -> SentMessage {
        SentMessage {
            id: id.to_owned(),
            text: text.to_owned(),
            written_at: 0.0,
            started_at: 0.0,
            attempts: 1,
            last_chance: false,
        }
    }

    #[test]
    fn a_field_over_its_limit_is_named() {
        assert_eq!(check(&message("a", "hello")), Ok(()));
        let error = check(&message("a", &"x".repeat(4_001))).unwrap_err();
        assert_eq!(error, "field `text`: 4001 bytes, must be 1 to 4000");
        let error = check(&message("", "hello")).unwrap_err();
        assert_eq!(error, "field `id`: 0 bytes, must be 1 to 64");
    }
}
