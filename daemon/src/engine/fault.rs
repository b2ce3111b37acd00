//! A failed commit is a crash of the core without the process: what was gated is dropped, the
//! sessions end as at a restart, the store is opened again and the core restored from it.
//!
//! There is no undo. Until the store is back, reads are answered from the last state, which says
//! that the store is read-only and shows nothing new that was not recorded; everything else is
//! dropped, so that its caller gets UNAVAILABLE. A store that does not open at the start leaves
//! nothing to read: then only the status is told.

use std::{error::Error, time::Duration};

use pwasync_core::{
    Scheduler, Viewer,
    effect::{Effect, Inhibition},
    event::Event,
    facts::StoreAccess,
    time::Timestamp,
};
use tokio::{sync::mpsc, time::timeout};

use super::{
    Engine, EngineError,
    pipeline::{Gated, Pipeline},
};
use crate::{
    channel::Closing,
    recording::{Happened, RecordedCore, Remove},
    store::{
        Opened,
        committer::{Answer, Command, Committer},
        error::{Doing, Remedy, SetAside, StoreError},
    },
};

/// First delay before the store is opened again; doubles up to [`LONGEST`]. A disk that works again
/// is to be noticed within seconds, and to ask one that does not costs a small write.
const SHORTEST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(2);

/// The store's thread is waited for so long when the daemon stops. What was answered is on disk,
/// and a disk that does not answer must not keep the daemon from ending.
const CLOSING: Duration = Duration::from_secs(5);

/// Sessions come back after this time.
const RECONNECT: Duration = Duration::from_secs(1);

/// The core is down.
#[derive(Debug)]
pub(super) struct Down {
    pub(super) problem: String,
    pub(super) since: Timestamp,
    /// `None` while the store is being opened.
    pub(super) reopen_at: Option<Timestamp>,
    delay: Duration,
    pub(super) known: Known,
}

/// What may be missing among the records.
#[derive(Debug, Default)]
pub(super) struct Losses {
    /// Whole stores, each in a sentence.
    pub(super) stores: Vec<String>,
    /// Single records since the start.
    pub(super) records: usize,
}

impl Losses {
    /// Notes and logs what an opening found.
    pub(super) fn note(&mut self, opened: &Opened) {
        self.stores.clone_from(&opened.losses);
        for loss in &self.stores {
            tracing::warn!(%loss, "remove it when it is of no use any more");
        }
        self.records = self.records.saturating_add(opened.set_aside.len());
        warn_of_set_aside(&opened.set_aside);
    }
}

/// What there is to read while the core is down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// What the former core knew.
    LastState,
    /// Nothing: the store has not been opened yet.
    Nothing,
}

/// How the store is at the start.
pub(super) enum First {
    Open(Box<Opened>),
    Down(Down),
}

impl First {
    /// Waits for the first opening.
    ///
    /// # Errors
    /// When only a person can help.
    pub(super) async fn wait(
        answers: &mut mpsc::Receiver<Answer>,
        now: Timestamp,
        limit: Duration,
    ) -> Result<Self, EngineError> {
        let (error, reopen_at) = match timeout(limit, answers.recv()).await {
            Ok(Some(Answer::Opened(opened))) => match *opened {
                Ok(opened) => return Ok(Self::Open(Box::new(opened))),
                Err(error) => match error.remedy() {
                    Remedy::Person => return Err(error.into()),
                    Remedy::OpenAgain => (error, Some(now + SHORTEST)),
                },
            },
            Ok(Some(Answer::Committed(_)) | None) => return Err(EngineError::Committer),
            Err(_) => (StoreError::stalled(Doing::Open, limit), None),
        };
        let problem = chain(&error);
        tracing::error!(%problem, "cannot open the store yet: nothing is known until it opens");
        let (delay, known) = (SHORTEST, Known::Nothing);
        Ok(Self::Down(Down { problem, since: now, reopen_at, delay, known }))
    }
}

impl Engine {
    /// The committer has been silent for too long: what it does is waited for no more. The store is
    /// opened again once it is done.
    pub(super) fn stall(&mut self) -> Result<(), EngineError> {
        self.fall(&StoreError::stalled(Doing::Commit, self.patience))
    }

    /// The batch is not on disk, or nobody knows: the core is down.
    pub(super) fn fall(&mut self, error: &StoreError) -> Result<(), EngineError> {
        if self.is_opening() {
            // The batch was under way when the power was cut: what it became is about to be read.
            return Ok(());
        }
        let problem = chain(error);
        tracing::error!(%problem, "cannot record: read-only until the store works again");
        self.drop_core(problem);
        self.reopen()
    }

    /// Drops what has not left, and ends the sessions.
    pub(super) fn drop_core(&mut self, problem: String) {
        self.committer.take_back();
        // Its sessions end, and with them what ran.
        self.sleeping.inhibit(Inhibition::Free);
        self.set_alarm(None);
        let unrecorded = self.pipeline.drop_all();
        self.sessions.close_all(Closing::Restarting, RECONNECT);
        self.launchers.close_all(Closing::Restarting, RECONNECT);
        let now = self.host.now();
        // The old core answers reads only. Watchers hear that it is read-only; whatever else it
        // wants done is dropped.
        for id in unrecorded {
            self.core.call(now, Remove(Viewer::Administrator, id));
        }
        while self.core.scheduler().poll_effect().is_some() {}
        self.core.call(now, Happened(Event::StoreChanged(StoreAccess::ReadOnly)));
        while let Some(effect) = self.core.scheduler().poll_effect() {
            if matches!(effect, Effect::Notify(_)) {
                self.carry_out(vec![Gated::Effect(effect)]);
            }
        }
        let (delay, known) = (SHORTEST, Known::LastState);
        self.down = Some(Down { problem, since: now, reopen_at: None, delay, known });
    }

    pub(super) fn reopen(&mut self) -> Result<(), EngineError> {
        if let Some(down) = &mut self.down {
            down.reopen_at = None;
        }
        let disk = self.simulation.disk();
        self.committer.send(Command::Open(self.host.frame(self.wall), disk))?;
        Ok(())
    }

    /// The core is down, and the store is being opened.
    pub(super) fn is_opening(&self) -> bool {
        self.down.as_ref().is_some_and(|down| down.reopen_at.is_none())
    }

    /// The store was opened again, or not.
    pub(super) fn rise(&mut self, opened: Result<Opened, StoreError>) {
        let now = self.host.now();
        let Some(down) = &mut self.down else { return };
        let opened = match opened {
            Ok(opened) => opened,
            Err(error) => {
                down.problem = chain(&error);
                tracing::warn!(problem = %down.problem, "the store does not open yet");
                down.reopen_at = Some(now + down.delay);
                down.delay = (down.delay * 2).min(LONGEST);
                self.simulation.refuse_power_cuts();
                return;
            }
        };
        let downtime = now.saturating_since(down.since);
        self.down = None;
        self.losses.note(&opened);
        if let (Some(simulated), Some(at)) = (self.host.simulated(), opened.simulated_now) {
            simulated.now = at;
        }
        let now = self.host.now();
        let epoch = opened.epoch;
        self.pipeline = Pipeline::restored(opened.saved.counters.last_registration);
        let policy = self.policy.loaded.policy.clone();
        let loaded = self.loaded(opened.saved);
        let mut core = Scheduler::restore_by_clock(now, policy, epoch, loaded);
        // A stream of the former core that ends late must not end one of this core.
        core.number_sessions_after(self.core.scheduler().last_session());
        core.number_launchers_after(self.core.scheduler().last_launcher());
        self.core = RecordedCore::new(core);
        self.feed_facts();
        tracing::info!(epoch, ?downtime, "the store works again");
        self.answer_power_cuts(epoch);
    }
}

/// Waits for the store's thread, but not for ever.
pub(super) async fn close(committer: Committer, patience: Duration) {
    let closing = tokio::task::spawn_blocking(|| committer.stop());
    if timeout(CLOSING.min(patience), closing).await.is_err() {
        tracing::error!("the store's disk does not answer: it is left behind");
    }
}

/// The error and what is behind it, on one line.
fn chain(error: &StoreError) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

fn warn_of_set_aside(set_aside: &[SetAside]) {
    if !set_aside.is_empty() {
        let count = set_aside.len();
        tracing::error!(count, "records did not decode and were set aside");
        for record in set_aside {
            tracing::debug!(?record, "set aside");
        }
    }
}
