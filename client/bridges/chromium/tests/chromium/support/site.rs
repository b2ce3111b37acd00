//! A small web app and its server. The page takes expressions from the test and evaluates them; the
//! service worker asks the server what to do with each event.

use std::{
    collections::{BTreeMap, VecDeque},
    convert::Infallible,
    sync::{Arc, Mutex},
};

use http_body_util::{BodyExt, Full};
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::Notify, task::JoinSet, time::timeout};

use super::log::{LIMIT, Log};

const PAGE: &str = include_str!("pwa/page.html");
const WORKER: &str = include_str!("pwa/sw.js");

/// An event that arrived in the worker, as the worker tells it.
pub(crate) type Hit = Value;

#[derive(Clone, Debug)]
pub(crate) struct Site {
    pub(crate) port: u16,
    /// What the worker got.
    pub(crate) hits: Log<Hit>,
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    /// What the worker does with a tag: the body of an async function of the event.
    work: Mutex<BTreeMap<String, String>>,
    /// Expressions for each page, by its name.
    next: Mutex<BTreeMap<String, VecDeque<(u64, String)>>>,
    more: Notify,
    results: Log<(u64, Value)>,
    count: Mutex<u64>,
    _server: Mutex<JoinSet<()>>,
}

impl Site {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State {
            work: Mutex::default(),
            next: Mutex::default(),
            more: Notify::new(),
            results: Log::new(),
            count: Mutex::new(0),
            _server: Mutex::default(),
        });
        let site = Self { port, hits: Log::new(), state };
        let server = site.clone();
        site.state._server.lock().unwrap().spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let Ok((stream, _)) = listener.accept().await else { return };
                let site = server.clone();
                connections.spawn(async move {
                    let service = service_fn(move |request| {
                        let site = site.clone();
                        async move { Ok::<_, Infallible>(site.answer(request).await) }
                    });
                    drop(
                        http1::Builder::new().serve_connection(TokioIo::new(stream), service).await,
                    );
                });
                while connections.try_join_next().is_some() {}
            }
        });
        site
    }

    pub(crate) fn origin(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// The page of this name; its worker's scope is the folder of the same name.
    pub(crate) fn url(&self, page: &str) -> String {
        format!("{}/{page}/", self.origin())
    }

    /// From then on the worker does this with events of the tag.
    pub(crate) fn on(&self, tag: &str, body: &str) {
        self.state.work.lock().unwrap().insert(tag.to_owned(), body.to_owned());
    }

    /// Has the page evaluate the body of an async function; an exception comes as
    /// `{"error": name}`.
    pub(crate) async fn run(&self, page: &str, body: &str) -> Value {
        let id = {
            let mut count = self.state.count.lock().unwrap();
            *count += 1;
            *count
        };
        {
            let mut next = self.state.next.lock().unwrap();
            next.entry(page.to_owned()).or_default().push_back((id, body.to_owned()));
        }
        self.state.more.notify_waiters();
        self.state.results.wait(body, |(result, _)| *result == id).await.1
    }

    /// Answers what asks for the page's next expression, and waits for no result.
    pub(crate) fn release(&self, page: &str) {
        let mut next = self.state.next.lock().unwrap();
        next.entry(page.to_owned()).or_default().push_back((0, String::new()));
        self.state.more.notify_waiters();
    }

    /// Waits until an event of the tag has reached the worker.
    pub(crate) async fn hit(&self, tag: &str) -> Hit {
        self.hits.wait(tag, |hit| hit["tag"] == tag).await
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let path = request.uri().path().to_owned();
        let (kind, body) = match path.rsplit('/').next().unwrap_or_default() {
            "sw.js" => ("text/javascript", WORKER.to_owned()),
            "next" => ("application/json", self.next(path.trim_matches('/')).await.to_string()),
            "result" => {
                let result = body(request).await;
                let id = result["id"].as_u64().unwrap();
                self.state.results.push((id, result["value"].clone()));
                ("text/plain", String::new())
            }
            "work" => {
                let hit = body(request).await;
                let tag = hit["tag"].as_str().unwrap().to_owned();
                self.hits.push(hit);
                let work = self.state.work.lock().unwrap().get(&tag).cloned();
                ("text/plain", work.unwrap_or_default())
            }
            _ => ("text/html", PAGE.to_owned()),
        };
        Response::builder()
            .header("content-type", kind)
            .header("cache-control", "no-store")
            .body(Full::new(Bytes::from(body)))
            .unwrap()
    }

    /// The next expression for a page; null after a while, and the page asks again.
    async fn next(&self, path: &str) -> Value {
        let page = path.split('/').next().unwrap_or_default();
        let found = async {
            loop {
                let more = self.state.more.notified();
                tokio::pin!(more);
                more.as_mut().enable();
                let next =
                    self.state.next.lock().unwrap().get_mut(page).and_then(VecDeque::pop_front);
                if let Some((id, body)) = next {
                    return json!({ "id": id, "body": body });
                }
                more.await;
            }
        };
        timeout(LIMIT / 3, found).await.unwrap_or(Value::Null)
    }
}

async fn body(request: Request<Incoming>) -> Value {
    let bytes = request.into_body().collect().await.unwrap().to_bytes();
    serde_json::from_slice(&bytes).unwrap()
}
