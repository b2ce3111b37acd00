//! Conditions: standing facts that hold registrations, worked out when asked.

use super::Scheduler;
use crate::{
    blocker::{Blocker, BlockerCode},
    facts::{BatteryLevel, Sleep, StoreAccess},
    key::{SessionId, SyncKind},
    ready::Door,
    registration::{Registration, State, Wait},
    sessions::Readiness,
    time::Timestamp,
};

impl Scheduler {
    /// When the wait for facts after the start ends; `None`: it has ended.
    pub(super) fn starting_ends(&self, now: Timestamp) -> Option<Timestamp> {
        let ends = self.host.started() + self.policy.starting_limit;
        (self.host.online().is_none() && ends > now).then_some(ends)
    }

    /// What the host holds against all registrations of a kind.
    pub(super) fn host_blockers(&self, kind: SyncKind, now: Timestamp) -> Vec<Blocker> {
        let mut blockers = Vec::new();
        let mut add = |code, since, earliest| blockers.push(Blocker { code, since, earliest });
        let online_since = self.host.online_since().unwrap_or(self.host.started());
        if let Some(ends) = self.starting_ends(now) {
            add(BlockerCode::Starting, self.host.started(), Some(ends));
        } else if self.host.online() != Some(true) {
            add(BlockerCode::Offline, online_since, None);
        } else if !self.host.is_settled(now) {
            let since = self.host.settling_since().unwrap_or(online_since);
            add(BlockerCode::Settling, since, self.host.settled_at());
        }
        if let Some((power, since)) = self.host.power() {
            match (
                kind,
                power.level(self.policy.rules.periodic.battery, self.policy.rules.one_off.battery),
            ) {
                (_, BatteryLevel::Critical) => add(BlockerCode::BatteryCritical, since, None),
                (SyncKind::Periodic, BatteryLevel::Low) => {
                    add(BlockerCode::BatteryLow, since, None)
                }
                (SyncKind::OneOff, BatteryLevel::Low) | (_, BatteryLevel::Enough) => {}
            }
        }
        if let (Sleep::Suspending, since) = self.host.sleep() {
            add(BlockerCode::Suspending, since, None);
        }
        if let (StoreAccess::ReadOnly, since) = self.host.store() {
            add(BlockerCode::StoreReadOnly, since, None);
        }
        blockers
    }

    /// All that holds a registration; empty while it runs.
    pub(super) fn blockers(&self, registration: &Registration, now: Timestamp) -> Vec<Blocker> {
        let mut blockers = Vec::new();
        let mut add = |code, since, earliest| blockers.push(Blocker { code, since, earliest });
        let waits_since = registration.last_attempt.as_ref().map(|ended| ended.finished_at);
        let waits_since = waits_since.unwrap_or(registration.registered_at);
        match registration.state {
            State::Firing { .. } => return Vec::new(),
            State::Waiting { until, wait: Wait::Period } => {
                add(BlockerCode::NotDue, waits_since, Some(until));
            }
            State::Waiting { until, wait: Wait::BackOff } => {
                add(BlockerCode::BackOff, waits_since, Some(until));
            }
            State::Pending => {}
        }
        let profile = &registration.key.worker.profile;
        match self.sessions.of_profile(profile) {
            Some((id, session)) if session.readiness == Readiness::Ready => {
                let full = self.sessions.out_count() >= self.slots();
                if full || self.sessions.door(profile) == Door::Shut {
                    let since = self.last_slot_taken(id).unwrap_or(waits_since);
                    add(BlockerCode::Concurrency, since, None);
                }
            }
            Some(_) | None => {
                let since = self.sessions.gone_since(profile).unwrap_or(self.host.started());
                add(BlockerCode::BrowserClosed, since, None);
            }
        }
        blockers.extend(self.host_blockers(registration.kind(), now));
        blockers
    }

    /// When the last slot was taken: of a session that is full, or of all.
    fn last_slot_taken(&self, session: SessionId) -> Option<Timestamp> {
        let full = self.sessions.out_count() >= self.slots();
        let out = self.sessions.all_out().map(|(_, out)| out);
        let counted = out.filter(|out| full || out.session == Some(session));
        let taken = counted.filter_map(|out| self.registrations.get(out.registration)?.running());
        taken.map(|attempt| attempt.sent_at).max()
    }

    pub(super) fn slots(&self) -> usize {
        usize::try_from(self.policy.slots).unwrap_or(usize::MAX)
    }
}
