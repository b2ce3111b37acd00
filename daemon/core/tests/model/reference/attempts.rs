//! Sessions of the reference, and how its attempts end.

use std::{collections::BTreeSet, time::Duration};

use pwasync_core::{
    attempt::Outcome,
    facts::Reach,
    key::SyncKind,
    policy::{Policy, Rules},
};

use super::{
    Reference, Session, Started,
    entry::{Entry, State},
    requests::Tell,
};
use crate::model::transition::{Key, Speech};

impl Reference {
    /// What a browser says. What it speaks of may be over by the time that it is heard.
    pub(in crate::model) fn say(&mut self, speech: &Speech) {
        match speech {
            Speech::Attach { profile, capacity, running, finished, launched } => {
                let named = *launched && self.launching().contains(profile);
                let running = running.iter().filter_map(|key| self.heard_of(*key)).collect();
                let finished = finished.iter();
                let finished = finished.filter_map(|(key, how)| Some((self.heard_of(*key)?, *how)));
                let finished = finished.collect();
                self.scan();
                let capacity = usize::try_from(*capacity).unwrap();
                self.attach((*profile, capacity, named), running, finished);
            }
            Speech::Ready(profile) => {
                self.scan();
                self.ready(*profile);
            }
            Speech::Close(profile) => {
                self.scan();
                let session = self.sessions.get(profile).copied();
                self.close(*profile);
                if let Some(Session {
                    ready: false, started: Started::ByLauncher(failures), ..
                }) = session
                {
                    self.launch_ended(*profile, failures);
                }
            }
            Speech::Started(key) => {
                let heard = self.heard_of(*key).filter(|_| self.is_attached(key.profile));
                self.scan();
                if let Some(serial) = heard {
                    // Its limit may have passed on the way here.
                    if self.by_serial(serial).is_none() {
                        self.waits.push("recorded false".to_owned());
                    }
                    self.started(serial);
                }
            }
            Speech::Finished { key, outcome, retry_after } => {
                let heard = self.heard_of(*key).filter(|_| self.is_attached(key.profile));
                self.scan();
                if let Some(serial) = heard {
                    self.take_outcome(serial, *outcome, *retry_after);
                }
            }
            Speech::FinishedLate(profile) => {
                self.scan();
                self.finished_late(*profile);
            }
            Speech::Launcher(owner, profiles) => {
                self.scan();
                self.open_launcher(*owner, profiles);
            }
            Speech::LauncherProfiles(owner, profiles) => {
                self.scan();
                self.launcher_profiles(*owner, profiles);
            }
            Speech::LauncherClosed(owner) => {
                self.scan();
                self.close_launcher(*owner);
            }
            Speech::LaunchFailed(profile) => {
                let named = self.launching().contains(profile);
                self.scan();
                if named {
                    self.launch_failed(*profile);
                }
            }
        }
    }

    pub(in crate::model) fn attach(
        &mut self,
        (profile, capacity, named): (usize, usize, bool),
        running: Vec<u64>,
        finished: Vec<(u64, Outcome)>,
    ) {
        if self.close(profile) {
            self.waits.push("superseded".to_owned());
        }
        let started = self.launched(profile, named);
        self.sessions.insert(profile, Session { capacity, ready: false, started });
        for (serial, outcome) in finished {
            self.take_outcome(serial, outcome, None);
        }
        let mut abandoned = 0;
        for serial in running {
            match self.by_serial(serial) {
                Some(Entry { state: State::Firing(firing), .. }) => firing.attached = true,
                Some(_) | None => abandoned += 1,
            }
            self.started(serial);
        }
        let lost = |one: &Entry| {
            let firing = one.firing()?;
            (one.key.profile == profile && !firing.attached).then_some(firing.serial)
        };
        let lost: Vec<_> = self.book.entries.iter().filter_map(lost).collect();
        for serial in lost {
            self.end(serial, Outcome::Lost, None);
        }
        self.reply = format!("abandon {abandoned}");
    }

    pub(in crate::model) fn ready(&mut self, profile: usize) {
        if let Some(session) = self.sessions.get_mut(&profile) {
            session.ready = true;
        }
    }

    pub(in crate::model) fn close(&mut self, profile: usize) -> bool {
        for one in &mut self.book.entries {
            if let (State::Firing(firing), true) = (&mut one.state, one.key.profile == profile) {
                firing.attached = false;
            }
        }
        self.sessions.remove(&profile).is_some()
    }

    pub(in crate::model) fn started(&mut self, serial: u64) {
        let now = self.now;
        if let Some(Entry { state: State::Firing(firing), .. }) = self.by_serial(serial)
            && firing.started_at.is_none()
        {
            firing.started_at = Some(now);
            firing.deadline = now + firing.run_limit;
        }
    }

    pub(in crate::model) fn take_outcome(
        &mut self,
        serial: u64,
        outcome: Outcome,
        retry_after: Option<Duration>,
    ) {
        let counted = self.by_serial(serial).is_some();
        self.end(serial, outcome, retry_after);
        self.waits.push(format!("recorded {counted}"));
    }

    pub(in crate::model) fn finished_late(&mut self, profile: usize) {
        let out: BTreeSet<_> = self.firing().map(|(_, firing)| firing.serial).collect();
        if self.is_attached(profile) && self.heard.iter().any(|serial| !out.contains(serial)) {
            self.waits.push("recorded false".to_owned());
        }
    }

    /// The table of outcomes (design, section 3).
    pub(in crate::model) fn end(
        &mut self,
        serial: u64,
        outcome: Outcome,
        retry_after: Option<Duration>,
    ) {
        let (now, online) = (self.now, self.facts.reach() == Reach::Online);
        let slept = self.is_of_sleep(outcome);
        let policy = self.policy.clone();
        let Some(one) = self.by_serial(serial) else { return };
        let (Some(firing), key) = (one.firing(), one.key) else { return };
        one.last = Some((firing.sent_at, now));
        if let Some(started) = firing.started_at {
            let ran = now.saturating_since(started);
            self.spend(key, |spent| spent.run_time += ran);
        }
        let asked = retry_after.unwrap_or_default().min(policy.max_retry_after);
        let (row, free) = match (outcome, firing.started_at) {
            (Outcome::ScopeGone, _) => {
                self.ended(key);
                self.remove_where(|other| other.worker() == key.worker(), Tell::Yes);
                return;
            }
            (Outcome::Completed | Outcome::TimedOut, _) => (None, 0),
            (Outcome::Rejected, _) if online => (None, 0),
            (Outcome::Rejected | Outcome::Offline, _) => (Some("offline"), policy.free_offline),
            (Outcome::Unavailable, _) => (Some("unavailable"), policy.free_unavailable),
            (Outcome::Aborted | Outcome::Lost, None) => {
                (Some("lost unstarted"), policy.free_lost_unstarted)
            }
            (Outcome::Aborted | Outcome::Lost, Some(_)) => {
                (Some("lost started"), policy.free_lost_started)
            }
        };
        let Some(one) = self.find_mut(key) else { return };
        let before = one.row.filter(|(of, _)| Some(*of) == row).map_or(0, |(_, times)| times);
        let times = before + 1;
        if outcome == Outcome::Completed || firing.reregistered {
            (one.attempts, one.row, one.forward) = (0, None, 0);
            match (key.kind, firing.reregistered) {
                (SyncKind::OneOff, true) => one.state = State::Due,
                (SyncKind::OneOff, false) => {
                    self.forget(key);
                    return;
                }
                (SyncKind::Periodic, _) => self.regular_interval(key, &firing, asked),
            }
        } else if slept {
            let waits = State::BackOff { until: now + asked, earliest: now + asked };
            one.state = if retry_after.is_some() { waits } else { State::Due };
        } else if row.is_some() && times <= free {
            one.row = row.map(|of| (of, times));
            let delay = match row {
                Some("unavailable") => unavailable_delay(&policy, times),
                Some("offline") if online => policy.offline_delay.max(policy.settle),
                Some(_) | None => Duration::ZERO,
            };
            let until = now + delay.max(asked);
            let named = retry_after.is_some() || !delay.is_zero();
            let waits = State::BackOff { until, earliest: until };
            one.state = if named { waits } else { State::Due };
        } else if firing.forward {
            // P-03: it is free, whatever became of it; the delay begins anew.
            self.back_off(key, Charged::No, asked, Duration::ZERO);
        } else {
            one.row = row.map(|of| (of, times));
            one.attempts += 1;
            let spent = one.attempts >= one.max_attempts;
            match key.kind {
                SyncKind::OneOff if spent || firing.last_chance => {
                    self.forget(key);
                    return;
                }
                SyncKind::Periodic if spent => {
                    one.attempts = 0;
                    if one.row.is_none() {
                        one.forward = 0;
                    }
                    self.regular_interval(key, &firing, asked);
                }
                SyncKind::OneOff | SyncKind::Periodic => {
                    let least = match row {
                        Some("unavailable") => unavailable_delay(&policy, times),
                        Some(_) | None => Duration::ZERO,
                    };
                    self.back_off(key, Charged::Yes, asked, least);
                }
            }
        }
        if self.find(key).is_some_and(|one| one.expires_at.is_some_and(|at| at <= now)) {
            self.forget(key);
        }
    }

    /// The delay after a failure, no shorter than a server asked for; a network that comes back
    /// ends it, but not that of a worker that does not start.
    fn back_off(&mut self, key: Key, charged: Charged, asked: Duration, least: Duration) {
        let (now, return_delay) = (self.now, self.policy.return_delay);
        let Some(one) = self.find(key) else { return };
        let delay = charged_delay(&self.rules(one), one.attempts.max(1)).max(least);
        let until = now + delay.max(asked);
        let mends = charged == Charged::No || least.is_zero();
        let earliest = if mends { (now + return_delay.max(asked)).min(until) } else { until };
        if let Some(one) = self.find_mut(key) {
            one.state = State::BackOff { until, earliest };
        }
    }

    /// The attempt has ended: there is nothing to cancel.
    fn ended(&mut self, key: Key) {
        if let Some(one) = self.find_mut(key) {
            one.state = State::Due;
        }
    }

    pub(in crate::model) fn forget(&mut self, key: Key) {
        self.book.entries.retain(|one| one.key != key);
        self.forget_unused(&key.site());
        self.forget_failures();
    }
}

/// Whether an attempt counts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Charged {
    Yes,
    No,
}

/// K-04, K-05: 5 min, 15 min, 45 min ...
pub(super) fn charged_delay(rules: &Rules, attempts: u16) -> Duration {
    let longer = |delay: Duration, _| (delay * rules.retry_factor).min(rules.max_retry_delay);
    (1..attempts).fold(rules.initial_retry_delay, longer)
}

/// P-09: 30 s, 1 min, 2 min ... 1 h.
fn unavailable_delay(policy: &Policy, times: u32) -> Duration {
    let longer = |delay: Duration, _| (delay * 2).min(policy.max_unavailable_delay);
    (1..times).fold(policy.unavailable_delay, longer)
}
