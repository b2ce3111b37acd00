//! Starting closed browsers: asks an owner's launcher, and waits for the browser to attach.

use std::collections::BTreeSet;

use super::Scheduler;
use crate::{
    change::{LaunchChange, What},
    effect::Effect,
    key::{LaunchToken, LauncherId, OwnerId, ProfileId, ProfileKey},
    launchers::{Ended, Start},
    ready::Door,
    sessions::Started,
    time::Timestamp,
};

impl Scheduler {
    /// Takes a launcher and what it can start; an older one of the same owner is replaced.
    pub fn open_launcher(
        &mut self,
        now: Timestamp,
        owner: OwnerId,
        profiles: BTreeSet<ProfileId>,
    ) -> LauncherId {
        self.do_overdue(now);
        let (id, older) = self.launchers.open(owner, profiles);
        if let Some(older) = older {
            self.effects.push_back(Effect::CloseLauncher(older));
        }
        self.refresh_doors_of(owner);
        self.finish();
        id
    }

    /// The number of the newest launcher.
    pub fn last_launcher(&self) -> LauncherId {
        self.launchers.last()
    }

    /// Numbers launchers from here on, where this core follows another in the same process.
    pub fn number_launchers_after(&mut self, last: LauncherId) {
        self.launchers.number_after(last);
    }

    pub(super) fn launcher_profiles(&mut self, id: LauncherId, profiles: BTreeSet<ProfileId>) {
        if let Some(owner) = self.launchers.set_profiles(id, profiles) {
            self.refresh_doors_of(owner);
        }
    }

    pub(super) fn launcher_closed(&mut self, id: LauncherId) {
        if let Some(owner) = self.launchers.close(self.now, id) {
            self.refresh_doors_of(owner);
        }
    }

    pub(super) fn launch_failed(&mut self, id: LauncherId, token: LaunchToken, reason: Box<str>) {
        let Some(profile) = self.launchers.profile_of(id, token) else { return };
        self.give_up_launch(&profile, reason);
    }

    fn give_up_launch(&mut self, profile: &ProfileKey, reason: Box<str>) {
        self.launchers.failed(self.now, profile, &self.policy);
        self.refresh_door(profile);
        self.notify(What::Launch { profile: profile.clone(), what: LaunchChange::Failed(reason) });
    }

    /// What stands between a closed browser and its start.
    pub(super) fn start_door(&self, profile: &ProfileKey) -> Door {
        match self.launchers.start(profile, self.now) {
            Start::Possible => Door::Startable,
            Start::Impossible | Start::UnderWay { .. } | Start::BackOff { .. } => Door::Shut,
        }
    }

    fn refresh_doors_of(&mut self, owner: OwnerId) {
        for profile in self.registrations.profiles_of(owner) {
            self.refresh_door(&profile);
        }
    }

    /// Has the browsers started for which something is due that nothing else holds.
    pub(super) fn start_browsers(&mut self) {
        while let Some(profile) = self.ready.next_to_start().cloned() {
            // They would be suspended as soon as the browser is there (P-16).
            let periodic = self.ready.periodic_alone(&profile).unwrap_or_default();
            let suspended = periodic.into_iter().filter(|id| self.suspend_if_unused(*id)).count();
            if suspended > 0 {
                continue;
            }
            let token = self.next_attempt();
            let asked = self.launchers.ask(self.now, &profile, token, &self.policy);
            self.refresh_door(&profile);
            let Some((launcher, token)) = asked else { continue };
            let what = LaunchChange::Asked;
            self.effects.push_back(Effect::Launch { launcher, profile: profile.clone(), token });
            self.notify(What::Launch { profile, what });
        }
    }

    /// A browser attached: it need not be started any more.
    pub(super) fn launched(&mut self, profile: &ProfileKey, named: Option<LaunchToken>) -> Started {
        let Some((launcher, token, failures)) = self.launchers.attached(profile) else {
            return Started::ByUser;
        };
        if named == Some(token) {
            return Started::ByLauncher { failures };
        }
        self.effects.push_back(Effect::LaunchCancel { launcher, token });
        Started::ByUser
    }

    /// A browser that was launched and went before it took wakes did not start: it would be
    /// launched again at once, for ever.
    pub(super) fn launch_came_to_nothing(&mut self, profile: &ProfileKey, started: Started) {
        let Started::ByLauncher { failures } = started else { return };
        self.launchers.failed_after(self.now, profile, failures, &self.policy);
        self.refresh_door(profile);
        let what = LaunchChange::Failed("the browser went before it was ready".into());
        self.notify(What::Launch { profile: profile.clone(), what });
    }

    /// Ends launches that took too long, and delays that are over.
    pub(super) fn end_launches(&mut self) {
        while let Some((profile, ended)) = self.launchers.pop_ended(self.now) {
            match ended {
                Ended::Silent(launcher, token) => {
                    self.effects.push_back(Effect::LaunchCancel { launcher, token });
                    self.give_up_launch(&profile, "the browser did not attach in time".into());
                }
                Ended::Delay => {
                    if !self.registrations.has_profile(&profile) {
                        self.launchers.forget_failures(self.now, &profile);
                    }
                    self.refresh_door(&profile);
                }
            }
        }
    }
}
