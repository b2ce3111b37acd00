//! Launchers of the reference, and the browsers that they are starting.

use std::{collections::BTreeSet, time::Duration};

use pwasync_core::{key::SyncKind, time::Timestamp};

use super::{Reference, Started};
use crate::model::transition::{Key, owner};

#[derive(Clone, Debug)]
pub(super) struct Launcher {
    serial: u64,
    profiles: BTreeSet<usize>,
}

#[derive(Clone, Debug)]
pub(super) struct Launch {
    /// The launcher that was asked; `None`: the start failed.
    asked: Option<u64>,
    /// The launcher knows.
    pub(super) delivered: bool,
    /// The browser must attach, or is not started again, until then.
    pub(super) until: Timestamp,
    failures: u32,
}

impl Reference {
    /// Profiles whose browser a launcher knows it is to start.
    pub(in crate::model) fn launching(&self) -> Vec<usize> {
        let under_way =
            self.launches.iter().filter(|(_, one)| one.asked.is_some() && one.delivered);
        under_way.map(|(profile, _)| *profile).collect()
    }

    pub(in crate::model) fn has_launcher(&self, owner: usize) -> bool {
        self.launchers.contains_key(&owner)
    }

    pub(super) fn open_launcher(&mut self, owner: usize, profiles: &BTreeSet<usize>) {
        self.serials += 1;
        let launcher = Launcher { serial: self.serials, profiles: profiles.clone() };
        if self.launchers.insert(owner, launcher).is_some() {
            self.waits.push("close launcher".to_owned());
        }
    }

    pub(super) fn launcher_profiles(&mut self, owner: usize, profiles: &BTreeSet<usize>) {
        if let Some(launcher) = self.launchers.get_mut(&owner) {
            launcher.profiles.clone_from(profiles);
        }
    }

    pub(super) fn close_launcher(&mut self, owner: usize) {
        self.launchers.remove(&owner);
    }

    /// The launcher that was asked says so.
    pub(super) fn launch_failed(&mut self, profile: usize) {
        let here = self.launchers.get(&owner(profile)).map(|launcher| launcher.serial);
        let asked = self.launches.get(&profile).and_then(|launch| launch.asked);
        let failures = self.launches.get(&profile).map_or(0, |launch| launch.failures);
        if asked.is_some() && asked == here {
            self.launch_ended(profile, failures);
        }
    }

    /// It does not work: not again for a minute, two, four, up to an hour.
    pub(super) fn launch_ended(&mut self, profile: usize, failures: u32) {
        let (now, policy) = (self.now, &self.policy);
        let longer = |delay: Duration, _| (delay * 2).min(policy.max_launch_delay);
        let until = now + (0..failures).fold(policy.launch_delay, longer);
        let launch = Launch { asked: None, delivered: true, until, failures: failures + 1 };
        self.launches.insert(profile, launch);
    }

    pub(super) fn end_launches(&mut self) {
        let late = |(profile, launch): (&usize, &Launch)| {
            let late = launch.asked.is_some() && launch.until <= self.now;
            late.then_some((*profile, launch.failures))
        };
        let late: Vec<_> = self.launches.iter().filter_map(late).collect();
        for (profile, failures) in late {
            self.waits.push("cancel launch".to_owned());
            self.launch_ended(profile, failures);
        }
        self.forget_failures();
    }

    /// Of a profile without registrations failures count no longer once their delay is over.
    pub(super) fn forget_failures(&mut self) {
        let (now, entries) = (self.now, &self.book.entries);
        self.launches.retain(|profile, launch| {
            let asked_for = entries.iter().any(|one| one.key.profile == *profile);
            launch.asked.is_some() || launch.until > now || asked_for
        });
    }

    /// A browser attached: it need not be started.
    pub(super) fn launched(&mut self, profile: usize, named: bool) -> Started {
        let asked = self.launches.remove(&profile).filter(|launch| launch.asked.is_some());
        match asked {
            Some(launch) if named && launch.delivered => Started::ByLauncher(launch.failures),
            Some(_) => {
                self.waits.push("cancel launch".to_owned());
                Started::ByUser
            }
            None => Started::ByUser,
        }
    }

    /// What stands between a closed browser and its events.
    pub(super) fn closed(&self, profile: usize) -> Vec<&'static str> {
        match self.launches.get(&profile) {
            Some(launch) if launch.asked.is_some() => return vec!["BROWSER_LAUNCHING"],
            Some(launch) if launch.until > self.now => return vec!["BROWSER_CLOSED"],
            Some(_) | None => {}
        }
        let launcher = self.launchers.get(&owner(profile));
        if launcher.is_some_and(|launcher| launcher.profiles.contains(&profile)) {
            vec!["BROWSER_CLOSED"]
        } else {
            vec!["BROWSER_CLOSED", "NO_LAUNCHER"]
        }
    }

    /// Closed browsers are started for what nothing else holds, and what is used.
    pub(super) fn start_browsers(&mut self) {
        for profile in 0..3 {
            let rests = self.launches.get(&profile).is_some_and(|one| one.until > self.now);
            let launcher = self.launchers.get(&owner(profile));
            let launcher = launcher.filter(|launcher| launcher.profiles.contains(&profile));
            let Some(launcher) = launcher.map(|launcher| launcher.serial) else { continue };
            if rests || self.sessions.contains_key(&profile) {
                continue;
            }
            let waits = self.book.entries.iter().filter(|one| {
                one.key.profile == profile && self.held_by_these_alone(one, &["BROWSER_CLOSED"])
            });
            let mut waits: Vec<Key> = waits.map(|one| one.key).collect();
            waits.sort_by_key(|key| (key.kind, *key));
            let one_off = waits.iter().any(|key| key.kind == SyncKind::OneOff);
            if !one_off {
                waits.retain(|key| !self.suspend_if_unused(*key));
            }
            if waits.is_empty() {
                continue;
            }
            let failures = self.launches.get(&profile).map_or(0, |launch| launch.failures);
            let until = self.now + self.policy.launch_limit;
            let launch = Launch { asked: Some(launcher), delivered: false, until, failures };
            self.launches.insert(profile, launch);
            self.waits.push(format!("launch {profile}"));
        }
    }
}
