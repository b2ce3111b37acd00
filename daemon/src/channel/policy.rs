//! How the policy is read again, and how it is shown.

use std::path::PathBuf;

use tokio::sync::{mpsc, oneshot};

use super::{EngineGone, Input};
use crate::policy::{Changed, Described, LoadedPolicy, PolicyProblems};

/// Wishes that may wait: each is one person's, and all files are read for it.
const WISHES: usize = 16;

/// The policy files were read again.
#[derive(Debug)]
pub struct PolicyRead {
    /// The policy that they make, or everything that is wrong with them.
    pub read: Result<Box<LoadedPolicy>, PolicyProblems>,
    /// Who waits for what comes of it.
    pub reply: Option<ReloadReply>,
}

/// What came of a reload.
pub type ReloadReply = oneshot::Sender<Result<Reloaded, PolicyProblems>>;

/// A policy that took the place of another.
#[derive(Clone, Debug)]
pub struct Reloaded {
    /// What is different.
    pub changed: Vec<Changed>,
    /// The files, in the order in which they were read.
    pub files: Vec<PathBuf>,
}

/// The policy as it is shown.
#[derive(Clone, Debug)]
pub struct PolicyView {
    /// Every value that holds.
    pub values: Vec<Described>,
    /// The files, in the order in which they were read.
    pub files: Vec<PathBuf>,
    /// What was wrong with the files when they were read last; the values are those from before.
    pub problems: Option<PolicyProblems>,
}

/// Wishes that the policy be read again.
#[derive(Clone, Debug)]
pub struct ReloadSender(mpsc::Sender<ReloadReply>);

/// Makes the channel of these wishes.
pub fn reloads() -> (ReloadSender, mpsc::Receiver<ReloadReply>) {
    let (sender, receiver) = mpsc::channel(WISHES);
    (ReloadSender(sender), receiver)
}

impl ReloadSender {
    /// Has the policy read again, and waits until it holds; with a mistake in it, the one before
    /// stays.
    ///
    /// # Errors
    /// When the daemon is stopping.
    pub async fn reload(&self) -> Result<Result<Reloaded, PolicyProblems>, EngineGone> {
        let (reply, answer) = oneshot::channel();
        self.0.send(reply).await.map_err(|_| EngineGone)?;
        answer.await.map_err(|_| EngineGone)
    }
}

/// Says only what the policy files say.
#[derive(Clone, Debug)]
pub struct PolicySender(pub(super) mpsc::Sender<Input>);

impl PolicySender {
    /// Waits for room, then hands over what was read.
    ///
    /// # Errors
    /// When the engine has ended.
    pub async fn send(&self, read: PolicyRead) -> Result<(), EngineGone> {
        self.0.send(Input::Policy(read)).await.map_err(|_| EngineGone)
    }
}
