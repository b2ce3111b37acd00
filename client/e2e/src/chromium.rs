//! A hand and an eye for the scene: types and clicks in a page, and takes its picture, over
//! Chromium's debugging port. It attaches to pages only: an attached worker would not stop.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpStream},
    path::Path,
    time::Duration,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_tungstenite::{WebSocketStream, client_async, tungstenite::Message};

use crate::{error::HarnessError, namespace::Namespace, wait::until};

const CALL_LIMIT: Duration = Duration::from_secs(30);
/// Things that Chromium does not announce are looked at again after this.
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// Milliseconds after which a condition is put to the page once more.
const ROUND_MILLIS: u32 = 2_000;
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// A connection to Chromium. Calls go one after another.
#[derive(Debug)]
pub struct Chromium {
    socket: WebSocketStream<tokio::net::TcpStream>,
    last_call: u64,
}

/// A page that is attached to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    session: String,
}

impl Chromium {
    /// Connects to the Chromium of this profile as soon as it listens.
    ///
    /// # Errors
    /// When it does not listen inside `limit`.
    pub async fn connect(
        namespace: &Namespace,
        profile: &Path,
        limit: Duration,
    ) -> Result<Self, HarnessError> {
        let file = profile.join("DevToolsActivePort");
        let (stream, path) = until(limit, "Chromium's debugging port", || {
            let (port, path) = parse_port(&fs::read_to_string(&file).ok()?)?;
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
            // A file of an earlier run names a port that nobody listens on.
            let stream = namespace.enter(|| TcpStream::connect(address)).ok()?.ok()?;
            stream.set_nonblocking(true).ok()?;
            Some((stream, path))
        })
        .await?;
        let stream = tokio::net::TcpStream::from_std(stream)
            .map_err(|source| HarnessError::system("connect to Chromium", source))?;
        let handshake = client_async(format!("ws://127.0.0.1{path}"), stream);
        let (socket, _) = timeout(CONNECT_LIMIT, handshake)
            .await
            .map_err(|late| HarnessError::chromium("handshake", late))?
            .map_err(|error| HarnessError::chromium("handshake", error))?;
        Ok(Self { socket, last_call: 0 })
    }

    /// Attaches to the first page whose address begins with `prefix`, when it is there.
    ///
    /// # Errors
    /// When it does not appear inside `limit`.
    pub async fn page(&mut self, prefix: &str, limit: Duration) -> Result<Page, HarnessError> {
        let found = timeout(limit, async {
            loop {
                if let Some(target) = self.find_page(prefix).await? {
                    return self.attach(&target).await;
                }
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        });
        found.await.unwrap_or_else(|_| {
            let what = format!("a page at `{prefix}`");
            Err(HarnessError::TimeOut { what, limit, tail: String::new() })
        })
    }

    /// Opens a new page.
    ///
    /// # Errors
    /// When Chromium refuses.
    pub async fn open(&mut self, url: &str) -> Result<Page, HarnessError> {
        let made = self.call("Target.createTarget", json!({ "url": url }), None).await?;
        let target = made["targetId"].as_str().unwrap_or_default().to_owned();
        self.attach(&target).await
    }

    /// Evaluates an expression in the page, waits for its promise, and returns its value.
    ///
    /// # Errors
    /// When it throws or rejects.
    pub async fn evaluate(&mut self, page: &Page, expression: &str) -> Result<Value, HarnessError> {
        let parameters =
            json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let mut answer = self.call("Runtime.evaluate", parameters, Some(page)).await?;
        if let Some(exception) = answer.get("exceptionDetails") {
            return Err(HarnessError::chromium(format!("evaluate `{expression}`"), exception));
        }
        Ok(answer["result"]["value"].take())
    }

    /// Waits until an expression is true in the page; it is evaluated again whenever the
    /// document changes, and in the next document when this one goes.
    ///
    /// # Errors
    /// When it does not become true inside `limit`.
    pub async fn wait_until(
        &mut self,
        page: &Page,
        condition: &str,
        limit: Duration,
    ) -> Result<(), HarnessError> {
        let expression = format!(
            "new Promise((resolve, reject) => {{
               const look = () => {{ try {{ if ({condition}) finish(true); }} catch (error) {{ reject(error); }} }};
               const watch = new MutationObserver(look);
               const late = setTimeout(() => finish(false), {ROUND_MILLIS});
               const finish = (met) => {{ watch.disconnect(); clearTimeout(late); resolve(met); }};
               watch.observe(document, {{ subtree: true, childList: true, attributes: true, characterData: true }});
               look();
             }})"
        );
        // A document that goes, or has no body yet, is an error of this round only.
        let met = timeout(limit, async {
            while !matches!(self.evaluate(page, &expression).await, Ok(Value::Bool(true))) {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        });
        if met.await.is_ok() {
            return Ok(());
        }
        let text = self.evaluate(page, "document.body.innerText").await?;
        let tail = format!("\n  page: {}", text.as_str().unwrap_or_default().replace('\n', " | "));
        Err(HarnessError::TimeOut { what: format!("`{condition}` in the page"), limit, tail })
    }

    /// Loads the page anew and waits until that is done.
    ///
    /// # Errors
    /// When it is not done inside `limit`.
    pub async fn reload(&mut self, page: &Page, limit: Duration) -> Result<(), HarnessError> {
        self.evaluate(page, "self.beforeReload = true").await?;
        self.call("Page.reload", json!({}), Some(page)).await?;
        let loaded = "!self.beforeReload && document.readyState === 'complete'";
        self.wait_until(page, loaded, limit).await
    }

    /// Clicks in the middle of the element that `selector` finds.
    ///
    /// # Errors
    /// When there is no such element.
    pub async fn click(&mut self, page: &Page, selector: &str) -> Result<(), HarnessError> {
        let place = format!(
            "(() => {{ const e = document.querySelector({}); e.scrollIntoView({{block: 'nearest'}});
               const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; }})()",
            json!(selector)
        );
        let at = self.evaluate(page, &place).await?;
        for kind in ["mousePressed", "mouseReleased"] {
            let event =
                json!({ "type": kind, "x": at[0], "y": at[1], "button": "left", "clickCount": 1 });
            self.call("Input.dispatchMouseEvent", event, Some(page)).await?;
        }
        Ok(())
    }

    /// Types text into the element that has the focus.
    ///
    /// # Errors
    /// When Chromium refuses.
    pub async fn type_text(&mut self, page: &Page, text: &str) -> Result<(), HarnessError> {
        self.call("Input.insertText", json!({ "text": text }), Some(page)).await.map(drop)
    }

    /// Grants `origin` (no slash at its end) a permission, by its name in the web's API.
    ///
    /// # Errors
    /// When Chromium does not know the permission.
    pub async fn grant(&mut self, origin: &str, permission: &str) -> Result<(), HarnessError> {
        let grant =
            json!({ "origin": origin, "permission": { "name": permission }, "setting": "granted" });
        self.call("Browser.setPermission", grant, None).await.map(drop)
    }

    /// Makes the page fit for pictures: a phone's size, no scroll bars, nothing in motion.
    ///
    /// # Errors
    /// When Chromium refuses.
    pub async fn pose(&mut self, page: &Page) -> Result<(), HarnessError> {
        let size = json!({ "width": 412, "height": 800, "deviceScaleFactor": 2, "mobile": false });
        let still =
            json!({ "features": [{ "name": "prefers-reduced-motion", "value": "reduce" }] });
        self.call("Emulation.setDeviceMetricsOverride", size, Some(page)).await?;
        self.call("Emulation.setScrollbarsHidden", json!({ "hidden": true }), Some(page)).await?;
        self.call("Emulation.setEmulatedMedia", still, Some(page)).await.map(drop)
    }

    /// The page's picture as PNG.
    ///
    /// # Errors
    /// When Chromium gives none.
    pub async fn screenshot(&mut self, page: &Page) -> Result<Vec<u8>, HarnessError> {
        let answer =
            self.call("Page.captureScreenshot", json!({ "format": "png" }), Some(page)).await?;
        BASE64_STANDARD
            .decode(answer["data"].as_str().unwrap_or_default())
            .map_err(|error| HarnessError::chromium("decode the screenshot", error))
    }

    /// Sends a command of the DevTools protocol and returns its result.
    ///
    /// # Errors
    /// When Chromium answers with an error, or not in time.
    pub async fn call(
        &mut self,
        method: &str,
        parameters: Value,
        page: Option<&Page>,
    ) -> Result<Value, HarnessError> {
        self.last_call += 1;
        let mut request = json!({ "id": self.last_call, "method": method, "params": parameters });
        if let Some(page) = page {
            request["sessionId"] = json!(page.session);
        }
        let answer = timeout(CALL_LIMIT, self.exchange(request)).await;
        answer.map_err(|late| HarnessError::chromium(method, late))?.and_then(|mut answer| {
            match answer.get("error") {
                Some(error) => Err(HarnessError::chromium(method, error)),
                None => Ok(answer["result"].take()),
            }
        })
    }

    async fn exchange(&mut self, request: Value) -> Result<Value, HarnessError> {
        let broken = |error| HarnessError::chromium("its connection broke", error);
        self.socket.send(Message::text(request.to_string())).await.map_err(broken)?;
        while let Some(message) = self.socket.next().await {
            let Message::Text(text) = message.map_err(broken)? else { continue };
            let Ok(answer) = serde_json::from_str::<Value>(&text) else { continue };
            if answer["id"] == request["id"] {
                return Ok(answer);
            }
        }
        Err(HarnessError::chromium("its connection ended", &request["method"]))
    }

    async fn find_page(&mut self, prefix: &str) -> Result<Option<String>, HarnessError> {
        let targets = self.call("Target.getTargets", json!({}), None).await?;
        let infos = targets["targetInfos"].as_array().map(Vec::as_slice).unwrap_or_default();
        let ours = infos.iter().find(|info| {
            info["type"] == "page"
                && info["url"].as_str().is_some_and(|url| url.starts_with(prefix))
        });
        Ok(ours.and_then(|info| info["targetId"].as_str()).map(str::to_owned))
    }

    async fn attach(&mut self, target: &str) -> Result<Page, HarnessError> {
        let parameters = json!({ "targetId": target, "flatten": true });
        let answer = self.call("Target.attachToTarget", parameters, None).await?;
        let session = answer["sessionId"].as_str();
        let session = session.ok_or_else(|| HarnessError::chromium("attach to a page", &answer))?;
        Ok(Page { session: session.to_owned() })
    }
}

/// The file holds the port and, on its second line, the path of the browser's endpoint.
fn parse_port(text: &str) -> Option<(u16, String)> {
    let (port, path) = text.split_once('\n')?;
    let path = path.trim();
    path.starts_with('/').then_some((port.parse().ok()?, path.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_file_that_is_half_written_is_no_port() {
        assert_eq!(parse_port("4711"), None);
        assert_eq!(parse_port("4711\n"), None);
        let whole = parse_port("4711\n/devtools/browser/x\n");
        assert_eq!(whole, Some((4711, "/devtools/browser/x".to_owned())));
    }
}
