//! What administrators ask for: run now, remove.

use super::{RegistrationView, Scheduler, Viewer, firing::Cause};
use crate::{
    attempt::Attempt,
    blocker::{Blocker, BlockerCode},
    change::RemovalReason,
    key::{AttemptId, RegistrationId},
    time::Timestamp,
};

/// Whether to pass over what holds a registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Force {
    /// Run only if nothing holds it.
    No,
    /// Run in spite of what holds it, as far as that is possible.
    Yes,
}

/// The answer to a wish to run now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunNow {
    /// The wake is on its way.
    Woken {
        /// The attempt.
        attempt: AttemptId,
        /// What was passed over.
        bypassed: Vec<Blocker>,
    },
    /// It runs already.
    AlreadyRunning(AttemptId),
    /// Held by these; nothing changed.
    Held(Vec<Blocker>),
}

impl Scheduler {
    /// Runs a registration if nothing holds it, or by force. `None`: none that the viewer sees.
    pub fn run_now(
        &mut self,
        now: Timestamp,
        viewer: Viewer,
        id: RegistrationId,
        force: Force,
    ) -> Option<RunNow> {
        self.do_overdue(now);
        let registration = self.registrations.get(id)?;
        if !viewer.sees(registration.key.owner()) {
            return None;
        }
        if let Some(attempt) = registration.running() {
            return Some(RunNow::AlreadyRunning(attempt.id));
        }
        let blockers = self.blockers(registration, self.now);
        let (firm, soft): (Vec<_>, Vec<_>) = blockers
            .iter()
            .cloned()
            .partition(|one| is_firm(one.code) || self.is_above(viewer, one));
        let fired: Option<Attempt> = match force {
            Force::No if !blockers.is_empty() => return Some(RunNow::Held(blockers)),
            Force::Yes if !firm.is_empty() => return Some(RunNow::Held(firm)),
            Force::No | Force::Yes => self.fire(id, Cause::Asked),
        };
        // What goes along with it goes now.
        self.finish();
        Some(match fired {
            Some(attempt) => RunNow::Woken { attempt: attempt.id, bypassed: soft },
            None => RunNow::Held(blockers),
        })
    }

    /// Only an administrator passes over what an administrator holds against everybody (P-10).
    fn is_above(&self, viewer: Viewer, blocker: &Blocker) -> bool {
        let everybody = self.leases.pause_of_all().is_some();
        blocker.code == BlockerCode::Paused && everybody && viewer != Viewer::Administrator
    }

    /// Removes a registration; as it was. `None`: none that the viewer sees.
    pub fn remove_by_id(
        &mut self,
        now: Timestamp,
        viewer: Viewer,
        id: RegistrationId,
    ) -> Option<RegistrationView> {
        self.do_overdue(now);
        let view = self.registration_by_id(now, viewer, id)?;
        self.remove(id, RemovalReason::Administrator);
        self.finish();
        Some(view)
    }
}

/// What no force can pass over: without a browser, a slot or a record there is no attempt, nothing
/// new starts before the machine sleeps, and what is denied stays denied.
fn is_firm(code: BlockerCode) -> bool {
    matches!(
        code,
        BlockerCode::BrowserClosed
            | BlockerCode::BrowserLaunching
            | BlockerCode::NoLauncher
            | BlockerCode::Concurrency
            | BlockerCode::PermissionDenied
            | BlockerCode::Suspending
            | BlockerCode::StoreReadOnly
    )
}
