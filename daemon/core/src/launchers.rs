//! Attached launchers, and the browsers that they are starting.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use crate::{
    key::{AttemptId, LaunchToken, LauncherId, OwnerId, ProfileId, ProfileKey},
    policy::Policy,
    time::Timestamp,
};

/// Launchers by owner, the newest each, and launches under way.
#[derive(Clone, Debug, Default)]
pub(crate) struct Launchers {
    by_owner: BTreeMap<OwnerId, Launcher>,
    owner_of: BTreeMap<LauncherId, OwnerId>,
    /// When the last launcher of an owner went.
    gone: BTreeMap<OwnerId, Timestamp>,
    launches: BTreeMap<ProfileKey, Launch>,
    ends: BTreeSet<(Timestamp, ProfileKey)>,
    last: u64,
}

#[derive(Clone, Debug)]
struct Launcher {
    id: LauncherId,
    profiles: BTreeSet<ProfileId>,
}

/// A launch under way, or one that failed.
#[derive(Clone, Copy, Debug)]
struct Launch {
    stage: Stage,
    since: Timestamp,
    /// Failures in a row.
    failures: u32,
}

#[derive(Clone, Copy, Debug)]
enum Stage {
    /// The browser must attach by this instant.
    Asked { token: LaunchToken, launcher: LauncherId, until: Timestamp },
    /// Not tried again before this instant.
    Failed { until: Timestamp },
}

/// How the start of a closed browser stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// Nothing can start it; since when, where that is known.
    Impossible,
    /// It could be started.
    Possible,
    /// It is being started.
    UnderWay { since: Timestamp },
    /// The last start failed.
    BackOff { since: Timestamp, until: Timestamp },
}

impl Launchers {
    /// Takes a launcher; the older one of its owner, which it replaces.
    pub(crate) fn open(
        &mut self,
        owner: OwnerId,
        profiles: BTreeSet<ProfileId>,
    ) -> (LauncherId, Option<LauncherId>) {
        self.last += 1;
        let id = LauncherId::new(self.last);
        let older = self.by_owner.insert(owner, Launcher { id, profiles });
        let older = older.map(|older| older.id);
        if let Some(older) = older {
            self.owner_of.remove(&older);
        }
        self.owner_of.insert(id, owner);
        (id, older)
    }

    pub(crate) fn last(&self) -> LauncherId {
        LauncherId::new(self.last)
    }

    pub(crate) fn number_after(&mut self, last: LauncherId) {
        self.last = self.last.max(last.number());
    }

    pub(crate) fn owner_of(&self, id: LauncherId) -> Option<OwnerId> {
        self.owner_of.get(&id).copied()
    }

    /// What it can start changed; its owner.
    pub(crate) fn set_profiles(
        &mut self,
        id: LauncherId,
        profiles: BTreeSet<ProfileId>,
    ) -> Option<OwnerId> {
        let owner = self.owner_of(id)?;
        self.by_owner.get_mut(&owner)?.profiles = profiles;
        Some(owner)
    }

    /// It is gone; its owner.
    pub(crate) fn close(&mut self, now: Timestamp, id: LauncherId) -> Option<OwnerId> {
        let owner = self.owner_of.remove(&id)?;
        self.by_owner.remove(&owner);
        self.gone.insert(owner, now);
        Some(owner)
    }

    /// Since when the owner has none, if it had one since the start.
    pub(crate) fn gone_since(&self, owner: OwnerId) -> Option<Timestamp> {
        self.gone.get(&owner).copied()
    }

    /// How the start of a profile's browser stands.
    pub(crate) fn start(&self, profile: &ProfileKey, now: Timestamp) -> Start {
        match self.launches.get(profile) {
            Some(Launch { stage: Stage::Asked { .. }, since, .. }) => {
                return Start::UnderWay { since: *since };
            }
            Some(Launch { stage: Stage::Failed { until }, since, .. }) if *until > now => {
                return Start::BackOff { since: *since, until: *until };
            }
            Some(_) | None => {}
        }
        match self.by_owner.get(&profile.owner) {
            Some(launcher) if launcher.profiles.contains(&profile.profile) => Start::Possible,
            Some(_) | None => Start::Impossible,
        }
    }

    /// Notes that the owner's launcher is asked to start a browser; whom to ask.
    pub(crate) fn ask(
        &mut self,
        now: Timestamp,
        profile: &ProfileKey,
        token: AttemptId,
        policy: &Policy,
    ) -> Option<(LauncherId, LaunchToken)> {
        let launcher = self.by_owner.get(&profile.owner)?.id;
        let token = LaunchToken(token);
        let until = now + policy.launch_limit;
        let stage = Stage::Asked { token, launcher, until };
        let failures = self.launches.get(profile).map_or(0, |launch| launch.failures);
        self.put(profile, Launch { stage, since: now, failures });
        Some((launcher, token))
    }

    /// The browser attached: nothing is to be started. The launch that was under way, and how
    /// many failed before it.
    pub(crate) fn attached(
        &mut self,
        profile: &ProfileKey,
    ) -> Option<(LauncherId, LaunchToken, u32)> {
        let launch = self.take(profile)?;
        match launch.stage {
            Stage::Asked { token, launcher, .. } => Some((launcher, token, launch.failures)),
            Stage::Failed { .. } => None,
        }
    }

    /// The profile of a launch under way.
    pub(crate) fn profile_of(
        &self,
        launcher: LauncherId,
        wanted: LaunchToken,
    ) -> Option<ProfileKey> {
        let owner = self.owner_of(launcher)?;
        let own = self.launches.iter().filter(|(profile, _)| profile.owner == owner);
        own.filter(
            |(_, launch)| matches!(launch.stage, Stage::Asked { token, .. } if token == wanted),
        )
        .map(|(profile, _)| profile.clone())
        .next()
    }

    /// The start did not work; it is tried again after a while.
    pub(crate) fn failed(&mut self, now: Timestamp, profile: &ProfileKey, policy: &Policy) {
        let before = self.launches.get(profile).map_or(0, |launch| launch.failures);
        self.failed_after(now, profile, before, policy);
    }

    /// The same after so many failures in a row.
    pub(crate) fn failed_after(
        &mut self,
        now: Timestamp,
        profile: &ProfileKey,
        failures: u32,
        policy: &Policy,
    ) {
        let failures = failures.saturating_add(1);
        let until = now + delay(policy, failures);
        self.put(profile, Launch { stage: Stage::Failed { until }, since: now, failures });
    }

    /// Nobody will ask for this profile's browser: the failures of its launches count no longer
    /// once their delay is over.
    pub(crate) fn forget_failures(&mut self, now: Timestamp, profile: &ProfileKey) {
        if let Some(Launch { stage: Stage::Failed { until }, .. }) = self.launches.get(profile)
            && *until <= now
        {
            self.take(profile);
        }
    }

    /// The next launch whose limit or delay ends.
    pub(crate) fn next_end(&self) -> Option<Timestamp> {
        self.ends.first().map(|(at, _)| *at)
    }

    /// Takes a launch whose limit or delay has ended.
    pub(crate) fn pop_ended(&mut self, now: Timestamp) -> Option<(ProfileKey, Ended)> {
        let (at, profile) = self.ends.first()?.clone();
        if at > now {
            return None;
        }
        self.ends.pop_first();
        let ended = match self.launches.get(&profile)?.stage {
            Stage::Asked { token, launcher, .. } => Ended::Silent(launcher, token),
            Stage::Failed { .. } => Ended::Delay,
        };
        Some((profile, ended))
    }

    fn put(&mut self, profile: &ProfileKey, launch: Launch) {
        self.take(profile);
        self.ends.insert((launch.ends(), profile.clone()));
        self.launches.insert(profile.clone(), launch);
    }

    fn take(&mut self, profile: &ProfileKey) -> Option<Launch> {
        let launch = self.launches.remove(profile)?;
        self.ends.remove(&(launch.ends(), profile.clone()));
        Some(launch)
    }
}

/// What ended of a launch.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ended {
    /// The browser did not attach in time.
    Silent(LauncherId, LaunchToken),
    /// The delay after a failure.
    Delay,
}

impl Launch {
    fn ends(&self) -> Timestamp {
        match self.stage {
            Stage::Asked { until, .. } | Stage::Failed { until } => until,
        }
    }
}

/// Doubles with each failure.
fn delay(policy: &Policy, failures: u32) -> Duration {
    let factor = 2_u32.saturating_pow(failures.saturating_sub(1));
    policy.launch_delay.saturating_mul(factor).min(policy.max_launch_delay)
}
