//! The machine's sleep, between logind and the core.

use pwasync_core::{effect::Inhibition, event::Event, facts::Sleep, time::Timestamp};

use super::Engine;
use crate::channel::{Inhibitions, Logind, SleepView};

/// What the engine keeps of it.
pub(super) struct Sleeping {
    pub(super) view: SleepView,
    inhibitions: Inhibitions,
}

impl Sleeping {
    pub(super) fn new(now: Timestamp, inhibitions: Inhibitions) -> Self {
        Self { view: SleepView { logind: Logind::Absent, since: now }, inhibitions }
    }

    /// Delays the machine's sleep from now on, or does not.
    pub(super) fn inhibit(&self, inhibition: Inhibition) {
        self.inhibitions.tell(inhibition);
    }

    /// Whether the machine sleeps. Nobody tells when it wakes once logind is gone.
    pub(super) fn sleep(&self) -> Sleep {
        match self.view.logind {
            Logind::Absent => Sleep::Awake,
            Logind::Present { sleep, .. } => sleep,
        }
    }
}

impl Engine {
    pub(super) fn take_logind(&mut self, logind: Logind) {
        if self.sleeping.view.logind == logind {
            return;
        }
        let before = self.sleeping.sleep();
        self.sleeping.view = SleepView { logind, since: self.host.now() };
        let sleep = self.sleeping.sleep();
        if sleep == before {
            return;
        }
        match sleep {
            Sleep::Suspending => tracing::info!("the machine goes to sleep"),
            Sleep::Awake => tracing::info!("the machine is awake"),
        }
        self.happened(Event::SleepChanged(sleep));
    }
}
