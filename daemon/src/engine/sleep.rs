//! The machine's sleep, between logind and the core.

use pwasync_core::{
    effect::Inhibition, event::Event, facts::Sleep, policy::WakeMachine, time::Timestamp,
};

use super::Engine;
use crate::{
    channel::{Inhibitions, Logind, SleepView},
    clock::AlarmError,
};

/// What the engine keeps of it.
pub(super) struct Sleeping {
    pub(super) view: SleepView,
    inhibitions: Inhibitions,
}

impl Sleeping {
    pub(super) fn new(now: Timestamp, inhibitions: Inhibitions) -> Self {
        let logind = Logind::Absent;
        let view = SleepView { logind, since: now, alarm_problem: None, alarm_at: None };
        Self { view, inhibitions }
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
    /// Looks at the clocks before anything is done at a time that they may have skipped.
    pub(super) fn notice_sleep(&mut self) {
        if let Some(slept) = self.host.slept() {
            tracing::info!(?slept, "the machine has slept");
            self.happened(Event::Slept(slept));
        }
    }

    /// Looks whether the machine can be woken, where policy wants that.
    pub(super) fn check_alarm(&mut self) {
        let problem = match self.policy.loaded.policy.suspend.wake {
            WakeMachine::Never => None,
            WakeMachine::Charging | WakeMachine::Always => self.host.check_alarm().err(),
        };
        let at = self.sleeping.view.alarm_at;
        self.note_alarm(problem, at);
    }

    pub(super) fn set_alarm(&mut self, at: Option<Timestamp>) {
        // One that is taken back says nothing of the next.
        let problem = match (self.host.set_alarm(at), at) {
            (Ok(()), Some(_)) => None,
            (Ok(()), None) => self.sleeping.view.alarm_problem,
            (Err(problem), _) => Some(problem),
        };
        self.note_alarm(problem, at);
    }

    fn note_alarm(&mut self, problem: Option<AlarmError>, at: Option<Timestamp>) {
        let view = &mut self.sleeping.view;
        if let Some(problem) = problem.filter(|problem| view.alarm_problem != Some(*problem)) {
            tracing::warn!(%problem, "the machine cannot be woken, as `suspend.wake` wants it");
        }
        view.alarm_problem = problem;
        view.alarm_at = at.filter(|_| problem.is_none());
    }

    pub(super) fn take_logind(&mut self, logind: Logind) {
        if self.sleeping.view.logind == logind {
            return;
        }
        let before = self.sleeping.sleep();
        self.sleeping.view.logind = logind;
        self.sleeping.view.since = self.host.now();
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
