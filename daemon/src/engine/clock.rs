//! The wall clock, as far as it is more than an offset: whether it can be trusted, and what becomes
//! of what was read by one that could not.
//!
//! After a boot the clock may be wrong until somebody sets it. When it is set by much, what is on
//! disk is read again by the clock as it is then: the core falls and rises as after a failed
//! commit, once everything that it wrote is on disk.

use std::time::Duration;

use pwasync_core::{
    Loaded,
    event::Event,
    saved::Saved,
    time::{Timestamp, WallClock},
};

use super::{Engine, EngineError, HOST_UPDATE_GAP};
use crate::{channel::Closing, clock::Synchronised, host::Host};

/// A clock that is not set by then is taken as it is (design, section 6).
const DOUBT: Duration = Duration::from_secs(600);
/// Being so wrong is no harm to anybody.
const NEAR_MILLIS: u64 = 60_000;

/// What the engine keeps of it.
#[derive(Debug)]
pub(super) struct Trust {
    /// Until then the clock may be wrong.
    pub(super) doubt_until: Option<Timestamp>,
    /// It was set, and what is on disk is to be read again.
    read_again: bool,
    /// Since when it is as it is.
    pub(super) since: Timestamp,
}

impl Trust {
    /// At the start, or after a simulated boot.
    pub(super) fn at_start(host: &Host) -> Self {
        let now = host.now();
        let ends = host.booted_at().map(|booted| booted + DOUBT);
        let doubtful = match host.synchronised() {
            Synchronised::Yes => None,
            Synchronised::Unknown => ends.filter(|ends| *ends > now),
        };
        Self { doubt_until: doubtful, read_again: false, since: now }
    }
}

impl Engine {
    pub(super) fn take_wall_clock(&mut self, wall: WallClock) {
        if wall == self.wall {
            return;
        }
        let WallClock { offset_millis, utc_offset } = wall;
        let utc_offset_seconds = utc_offset.as_seconds();
        tracing::info!(offset_millis, utc_offset_seconds, "the wall clock was set");
        let step = offset_millis.abs_diff(self.wall.offset_millis);
        (self.wall, self.trust.since) = (wall, self.host.now());
        if self.doubt_until().is_some() && step >= NEAR_MILLIS {
            // The core that is restored hears of it.
            self.trust.read_again = true;
        } else {
            self.happened(Event::WallClockChanged(wall));
        }
    }

    /// Until when the clock may be wrong.
    fn doubt_until(&self) -> Option<Timestamp> {
        let now = self.host.now();
        self.trust.doubt_until.filter(|until| *until > now)
    }

    /// What was read from the disk, with what is to be thought of the clock.
    pub(super) fn loaded(&mut self, saved: Saved) -> Loaded {
        if self.host.synchronised() == Synchronised::Yes {
            self.trust.doubt_until = None;
        }
        Loaded { saved, doubt_until: self.doubt_until() }
    }

    /// What is on disk is to be read again: nothing rides along any more.
    pub(super) fn reads_again(&self) -> bool {
        self.trust.read_again && self.down.is_none()
    }

    /// Reads what is on disk again, once everything is there.
    pub(super) fn read_again(&mut self) -> Result<(), EngineError> {
        if !self.reads_again() || !self.pipeline.is_idle() || self.stopping {
            return Ok(());
        }
        self.trust.read_again = false;
        tracing::info!("the clock was wrong since the boot: what is on disk is read again");
        self.sessions.close_all(Closing::Restarting, HOST_UPDATE_GAP);
        self.drop_core("the clock was set, and the records are read again".to_owned());
        self.reopen()
    }

    /// A simulated machine boots, with a clock that is wrong by so much.
    pub(super) fn boot_simulated(&mut self, error_millis: i64) {
        let Some(host) = self.host.simulated() else { return };
        host.boot(error_millis);
        self.wall = host.wall;
        self.trust = Trust::at_start(&self.host);
    }
}
