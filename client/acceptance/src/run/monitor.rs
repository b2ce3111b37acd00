//! QEMU's monitor: one JSON object a line, answers and events mixed.

use std::{collections::VecDeque, time::Duration};

use anyhow::{Context, bail};
use pwasync_e2e::bed::Plug;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    net::{
        UnixStream,
        unix::{OwnedReadHalf, OwnedWriteHalf},
    },
    time::timeout,
};

const ANSWER_LIMIT: Duration = Duration::from_secs(60);
/// Events that nobody has asked for yet; older ones are forgotten.
const KEPT: usize = 64;

/// See the module.
pub(super) struct Monitor {
    lines: Lines<BufReader<OwnedReadHalf>>,
    write: OwnedWriteHalf,
    events: VecDeque<String>,
}

impl Monitor {
    /// Takes its greeting.
    pub(super) async fn greet(stream: UnixStream) -> anyhow::Result<Self> {
        let (read, write) = stream.into_split();
        let lines = BufReader::new(read).lines();
        let mut monitor = Self { lines, write, events: VecDeque::new() };
        monitor.next().await?;
        monitor.ask("qmp_capabilities", None).await?;
        Ok(monitor)
    }

    /// Plugs the guest's cable in or out.
    pub(super) async fn plug(&mut self, plug: Plug) -> anyhow::Result<()> {
        let up = plug == Plug::In;
        self.ask("set_link", Some(json!({ "name": "cable", "up": up }))).await
    }

    /// Has something done.
    pub(super) async fn ask(
        &mut self,
        command: &str,
        arguments: Option<Value>,
    ) -> anyhow::Result<()> {
        let mut message = json!({ "execute": command });
        if let Some(arguments) = arguments {
            message["arguments"] = arguments;
        }
        let line = format!("{message}\n");
        self.write.write_all(line.as_bytes()).await.context("cannot reach QEMU's monitor")?;
        let answered = timeout(ANSWER_LIMIT, async {
            loop {
                let message = self.next().await?;
                if message.get("return").is_some() {
                    return Ok(());
                }
                if let Some(error) = message.get("error") {
                    bail!("QEMU refuses `{command}`: {error}");
                }
                self.keep(&message);
            }
        });
        answered.await.context("QEMU's monitor does not answer")?
    }

    /// The next event, also one that has come already.
    pub(super) async fn next_event(&mut self) -> anyhow::Result<String> {
        loop {
            if let Some(kept) = self.events.pop_front() {
                return Ok(kept);
            }
            let message = self.next().await?;
            self.keep(&message);
        }
    }

    fn keep(&mut self, message: &Value) {
        if let Some(event) = message.get("event").and_then(Value::as_str) {
            self.events.push_back(event.to_owned());
            if self.events.len() > KEPT {
                self.events.pop_front();
            }
        }
    }

    async fn next(&mut self) -> anyhow::Result<Value> {
        let line = self.lines.next_line().await.context("cannot read from QEMU's monitor")?;
        let line = line.context("QEMU has ended")?;
        serde_json::from_str(&line).context("QEMU's monitor speaks no JSON")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A monitor that has said all of this.
    async fn having_said(lines: &[&str]) -> (Monitor, UnixStream) {
        let (near, mut far) = UnixStream::pair().unwrap();
        let greeting = ["{\"QMP\": {}}", "{\"return\": {}}"];
        for line in greeting.iter().chain(lines) {
            far.write_all(format!("{line}\n").as_bytes()).await.unwrap();
        }
        (Monitor::greet(near).await.unwrap(), far)
    }

    #[tokio::test]
    async fn an_event_before_an_answer_is_kept() {
        let said = ["{\"event\": \"SUSPEND\"}", "{\"return\": {}}"];
        let (mut monitor, _far) = having_said(&said).await;
        monitor.plug(Plug::Out).await.unwrap();
        assert_eq!(monitor.next_event().await.unwrap(), "SUSPEND");
    }

    #[tokio::test]
    async fn what_is_refused_is_told() {
        let (mut monitor, _far) = having_said(&["{\"error\": {\"desc\": \"no such card\"}}"]).await;
        let refused = monitor.plug(Plug::In).await.unwrap_err();
        assert!(refused.to_string().contains("no such card"), "{refused:#}");
    }
}
