//! Sessions of the reference, and how its attempts end.

use std::{collections::BTreeSet, time::Duration};

use pwasync_core::{attempt::Outcome, key::SyncKind};

use super::{
    DAY, HOUR, MINUTE, Reference, SECOND, Session,
    entry::{Entry, State},
    requests::Tell,
};
use crate::model::transition::{Key, Speech};

impl Reference {
    /// What a browser says. What it speaks of may be over by the time that it is heard.
    pub(in crate::model) fn say(&mut self, speech: &Speech) {
        match speech {
            Speech::Attach { profile, capacity, running, finished } => {
                let running = running.iter().filter_map(|key| self.heard_of(*key)).collect();
                let finished = finished.iter();
                let finished = finished.filter_map(|(key, how)| Some((self.heard_of(*key)?, *how)));
                let finished = finished.collect();
                self.scan();
                self.attach(*profile, usize::try_from(*capacity).unwrap(), running, finished);
            }
            Speech::Ready(profile) => {
                self.scan();
                self.ready(*profile);
            }
            Speech::Close(profile) => {
                self.scan();
                self.close(*profile);
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
        }
    }

    pub(in crate::model) fn attach(
        &mut self,
        profile: usize,
        capacity: usize,
        running: Vec<u64>,
        finished: Vec<(u64, Outcome)>,
    ) {
        if self.close(profile) {
            self.waits.push("superseded".to_owned());
        }
        self.sessions.insert(profile, Session { capacity, ready: false });
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
            firing.deadline = now + 3 * MINUTE;
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
        let (now, online) = (self.now, matches!(self.facts.network, Some(Some(_))));
        let Some(one) = self.by_serial(serial) else { return };
        let Some(firing) = one.firing() else { return };
        let key = one.key;
        let asked = retry_after.unwrap_or_default().min(DAY);
        let (row, free) = match (outcome, firing.started_at) {
            (Outcome::ScopeGone, _) => {
                one.state = State::Due;
                if firing.attached {
                    // The attempt has ended: there is nothing to cancel.
                    self.detach(key);
                }
                self.remove_where(|other| other.worker() == key.worker(), Tell::Yes);
                return;
            }
            (Outcome::Completed, _) => (None, 0),
            (Outcome::Rejected, _) if online => (None, 0),
            (Outcome::TimedOut, _) => (None, 0),
            (Outcome::Rejected | Outcome::Offline, _) => (Some("offline"), 3),
            (Outcome::Unavailable, _) => (Some("unavailable"), 10),
            (Outcome::Aborted | Outcome::Lost, None) => (Some("lost unstarted"), 10),
            (Outcome::Aborted | Outcome::Lost, Some(_)) => (Some("lost started"), 1),
        };
        if outcome == Outcome::Completed || firing.reregistered {
            (one.attempts, one.row) = (0, None);
            match (one.key.kind, firing.reregistered) {
                (SyncKind::OneOff, true) => one.state = State::Due,
                (SyncKind::OneOff, false) => {
                    self.forget(key);
                    return;
                }
                (SyncKind::Periodic, _) => one.regular_interval(&firing, now, asked),
            }
        } else {
            let before = one.row.filter(|(of, _)| Some(*of) == row).map_or(0, |(_, times)| times);
            one.row = row.map(|of| (of, before + 1));
            let times = before + 1;
            let p_09 = (30 * SECOND * 2_u32.pow(times.min(8) - 1)).min(HOUR);
            if row.is_none() || times > free {
                one.attempts += 1;
                let mut delay = 5 * MINUTE * 3_u32.pow(one.attempts - 1);
                if row == Some("unavailable") {
                    delay = delay.max(p_09);
                }
                let last = one.attempts == 3 || firing.last_chance;
                match one.key.kind {
                    SyncKind::OneOff if last => {
                        self.forget(key);
                        return;
                    }
                    SyncKind::Periodic if one.attempts == 3 => {
                        one.attempts = 0;
                        one.regular_interval(&firing, now, asked);
                    }
                    SyncKind::OneOff | SyncKind::Periodic => {
                        one.state = State::BackOff(now + delay.max(asked));
                    }
                }
            } else {
                let delay = match row {
                    Some("unavailable") => p_09,
                    Some("offline") if online => SECOND,
                    Some(_) | None => Duration::ZERO,
                };
                let delay = delay.max(asked);
                let waits = State::BackOff(now + delay);
                one.state = if delay.is_zero() { State::Due } else { waits };
            }
        }
        if self.find(key).is_some_and(|one| one.expires_at.is_some_and(|at| at <= now)) {
            self.forget(key);
        }
    }

    pub(in crate::model) fn detach(&mut self, key: Key) {
        if let Some(Entry { state: State::Firing(firing), .. }) = self.find_mut(key) {
            firing.attached = false;
        }
    }

    pub(in crate::model) fn forget(&mut self, key: Key) {
        self.book.entries.retain(|one| one.key != key);
    }
}
