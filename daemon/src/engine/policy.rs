//! The policy that holds, and the last attempt to read another.

use pwasync_core::policy::Traffic;
use tokio::sync::watch;

use super::Engine;
use crate::{
    channel::{PolicyRead, PolicyView, Reloaded},
    policy::{LoadedPolicy, PolicyProblems},
    recording::SetPolicy,
};

/// The policy as the engine keeps it.
#[derive(Debug)]
pub(super) struct HeldPolicy {
    pub(super) loaded: LoadedPolicy,
    /// What is wrong with the files; [`Self::loaded`] is then what they said before.
    problems: Option<PolicyProblems>,
    /// For those who watch over the socket.
    traffic: watch::Sender<Traffic>,
}

impl HeldPolicy {
    pub(super) fn new(loaded: LoadedPolicy) -> Self {
        let (traffic, _) = watch::channel(loaded.policy.traffic);
        Self { loaded, problems: None, traffic }
    }

    /// How much the socket may carry, whenever that changes.
    pub(super) fn traffic(&self) -> watch::Receiver<Traffic> {
        self.traffic.subscribe()
    }

    /// Takes another policy; the one before.
    fn replace(&mut self, loaded: LoadedPolicy) -> LoadedPolicy {
        self.traffic.send_replace(loaded.policy.traffic);
        self.problems = None;
        std::mem::replace(&mut self.loaded, loaded)
    }

    pub(super) fn view(&self) -> PolicyView {
        PolicyView {
            values: self.loaded.describe(),
            files: self.loaded.files.clone(),
            problems: self.problems.clone(),
        }
    }

    /// Why the files could not be taken over, on one line.
    pub(super) fn problem(&self) -> Option<String> {
        let problems = self.problems.as_ref()?;
        let first = problems.problems.first()?;
        Some(match problems.count() {
            1 => first.to_string(),
            count => format!("{first} (and {} more)", count - 1),
        })
    }
}

impl Engine {
    /// The files were read again. With a mistake in them the policy stays; what runs goes on in
    /// any case.
    pub(super) fn take_policy(&mut self, PolicyRead { read, reply }: PolicyRead) {
        let answer = match read {
            Ok(loaded) => Ok(self.replace_policy(*loaded)),
            Err(problems) => {
                for problem in &problems.problems {
                    tracing::warn!("{}", problem.without_sites());
                }
                tracing::warn!(mistakes = problems.count(), "the policy stays as it was");
                self.policy.problems = Some(problems.clone());
                Err(problems)
            }
        };
        if let Some(reply) = reply {
            // Whoever asked may have gone.
            let _ = reply.send(answer);
        }
    }

    fn replace_policy(&mut self, loaded: LoadedPolicy) -> Reloaded {
        let before = self.policy.replace(loaded);
        let changed = self.policy.loaded.changes_since(&before);
        tracing::info!(changed = changed.len(), "policy read again");
        for change in &changed {
            tracing::debug!(?change, "policy changed");
        }
        let policy = &self.policy.loaded.policy;
        // A core that is down is restored with the policy that holds then.
        if self.down.is_none() && *policy != before.policy {
            let policy = Box::new(policy.clone());
            self.call(SetPolicy(policy));
        }
        self.check_alarm();
        Reloaded { changed, files: self.policy.loaded.files.clone() }
    }
}
