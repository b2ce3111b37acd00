//! The wire to whoever started the machine: points and notes go out, requests are answered.

use std::{
    fs::{File, OpenOptions},
    io::{Read as _, Write as _},
    path::Path,
};

use anyhow::Context;
use tokio::{process::Command, task::spawn_blocking};

/// Longest answer.
const ANSWER: usize = 64;

/// Whether a point holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    Yes,
    No,
}

impl From<bool> for Holds {
    fn from(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}

/// See the module.
pub(super) struct Port {
    file: File,
}

impl Port {
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).open(path);
        Ok(Self { file: file.context("cannot open the port")? })
    }

    pub(super) fn say(&mut self, line: &str) -> anyhow::Result<()> {
        self.file.write_all(format!("{line}\n").as_bytes()).context("cannot write to the port")
    }

    pub(super) fn note(&mut self, text: &str) -> anyhow::Result<()> {
        self.say(&format!("# {text}"))
    }

    /// Reports a point with its figures.
    pub(super) fn point(&mut self, text: &str, holds: impl Into<Holds>) -> anyhow::Result<()> {
        let word = match holds.into() {
            Holds::Yes => "ok",
            Holds::No => "not ok",
        };
        self.say(&format!("{word} - {}", text.replace('\n', "; ")))
    }

    /// Has something done outside; the answer.
    pub(super) async fn ask(&mut self, what: &str) -> anyhow::Result<String> {
        self.say(&format!("ask {what}"))?;
        let mut file = self.file.try_clone().context("cannot read from the port")?;
        let read = spawn_blocking(move || {
            let mut answer = Vec::new();
            let mut byte = [0];
            while answer.len() < ANSWER {
                file.read_exact(&mut byte)?;
                if byte == [b'\n'] {
                    break;
                }
                answer.push(byte[0]);
            }
            std::io::Result::Ok(answer)
        });
        let answer = read.await.context("the reader has ended")?.context("nobody answers")?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }

    /// What the daemon and its neighbours have logged last.
    pub(super) async fn journal(&mut self) -> anyhow::Result<()> {
        let mut command = Command::new("journalctl");
        command.args(["--no-pager", "--lines=60", "--output=short-monotonic"]);
        let journal = command.output().await.context("cannot read the journal")?;
        for line in String::from_utf8_lossy(&journal.stdout).lines() {
            self.note(&format!("journal: {line}"))?;
        }
        Ok(())
    }
}
