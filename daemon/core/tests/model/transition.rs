//! What can happen in the model.

mod generate;

use std::{collections::BTreeSet, fmt, sync::Arc, time::Duration};

use pwasync_core::{
    EngagementReport, Force, NewRegistration, NewSchedule,
    attempt::Outcome,
    constraints::Constraints,
    engagement::{EventKind, Level, Points},
    key::{AppId, ProfileKey, RegistrationKey, Scope, SyncKind, Tag, WorkerKey},
    lease::{Leased, Subject},
    site::{PermissionState, SiteKey},
    wall::WallTime,
};

pub(super) use self::generate::transitions;
use super::reference::GiveBack;
use crate::support::{facts::HostChange, names};

/// The profiles of the model: two of one owner, one of another.
const PROFILES: [&str; 3] = ["ana", "ana.work", "bob"];
/// Two scopes of one origin, and another.
const SCOPES: [&str; 3] = ["https://a.example/", "https://a.example/in/", "https://b.example/"];
const ORIGINS: [&str; 2] = ["https://a.example", "https://b.example"];
const TAGS: [&str; 2] = ["x", "y"];

/// A small key, so that the same one comes up again and again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) profile: usize,
    pub(super) scope: usize,
    pub(super) kind: SyncKind,
    pub(super) tag: usize,
}

impl Key {
    pub(super) fn owner(self) -> usize {
        owner(self.profile)
    }

    pub(super) fn worker(self) -> (usize, usize) {
        (self.profile, self.scope)
    }

    pub(super) fn site(self) -> SiteKey {
        site(self.profile, usize::from(self.scope == 2))
    }

    /// The key as the core knows it.
    pub(super) fn real(self) -> RegistrationKey {
        let scope = Scope::parse(SCOPES[self.scope]).unwrap();
        let worker = Arc::new(WorkerKey { profile: real_profile(self.profile), scope });
        RegistrationKey { worker, kind: self.kind, tag: Tag::parse(TAGS[self.tag]).unwrap() }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", name(&self.real()))
    }
}

/// A key's name with its kind.
pub(super) fn name(key: &RegistrationKey) -> String {
    let kind = match key.kind {
        SyncKind::OneOff => "",
        SyncKind::Periodic => "~",
    };
    format!("{}{kind}", names::key_name(key))
}

/// The owner of a profile.
pub(super) fn owner(profile: usize) -> usize {
    usize::from(profile == 2)
}

pub(super) fn real_profile(profile: usize) -> ProfileKey {
    names::profile(PROFILES[profile])
}

/// The site of an origin in a profile.
pub(super) fn site(profile: usize, origin: usize) -> SiteKey {
    SiteKey { profile: real_profile(profile), origin: ORIGINS[origin].into() }
}

/// The origin of a scope.
pub(super) fn origin_of(scope: usize) -> &'static str {
    ORIGINS[usize::from(scope == 2)]
}

/// The app of an origin.
pub(super) fn app_id(origin: usize) -> AppId {
    AppId::parse(&format!("{}/app", ORIGINS[origin])).unwrap()
}

pub(super) fn app_scope(origin: usize) -> Scope {
    Scope::parse(&format!("{}/", ORIGINS[origin])).unwrap()
}

/// What a registration asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wish {
    pub(super) key: Key,
    pub(super) app: Option<usize>,
    pub(super) constraints: Constraints,
    /// One-offs: their expiry.
    pub(super) expires_in: Option<Duration>,
    /// Periodic ones: their interval.
    pub(super) min_interval: Duration,
}

impl Wish {
    pub(super) fn real(self) -> NewRegistration {
        let schedule = match self.key.kind {
            SyncKind::OneOff => NewSchedule::OneOff { expires_in: self.expires_in },
            SyncKind::Periodic => NewSchedule::Periodic { min_interval: self.min_interval },
        };
        NewRegistration {
            key: self.key.real(),
            app: self.app.map(app_id),
            schedule,
            constraints: self.constraints,
        }
    }
}

#[derive(Clone, Debug)]
pub(super) enum Transition {
    Ask(Request),
    Say(Speech),
    Host(HostChange),
    /// From the owner's next request on, its uid has another login name.
    NewLogin(usize),
    /// The policy with this number is in force from here on.
    Policy(usize),
    Pass(Duration),
    /// Time passes, and nobody tells the core until the next input.
    Jump(Duration),
    /// The same, asleep, which is noticed.
    Sleep(Duration),
    /// From here on nothing reaches the disk.
    Hold,
    Commit,
    /// What has not reached the disk is lost.
    Crash,
    /// The same, but the process goes on.
    FailCommit,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub(super) enum Request {
    Register(Wish),
    Unregister(Key),
    RemoveScope(Key),
    Reconcile(usize, Vec<Wish>),
    RunNow(Key, Force),
    Remove(Key),
    Permission {
        /// Profile and origin.
        site: (usize, usize),
        kind: SyncKind,
        state: PermissionState,
    },
    Installed {
        profile: usize,
        apps: BTreeSet<usize>,
    },
    ClearOrigin(usize, usize),
    Engage {
        site: (usize, usize),
        report: Report,
    },
    SetEngagement {
        site: (usize, usize),
        points: f64,
    },
    Lease {
        who: Who,
        what: Leased,
        lasts: Duration,
    },
    GiveBack {
        who: Who,
        what: GiveBack,
    },
}

/// Whom a pause or an override is about.
#[derive(Clone, Copy, Debug)]
pub(super) enum Who {
    All,
    Owner(usize),
    Origin(usize, usize),
    App(usize, usize),
}

impl Who {
    pub(super) fn real(self) -> Subject {
        let owner = |owner: usize| names::owner(["ana", "bob"][owner]);
        match self {
            Self::All => Subject::All,
            Self::Owner(one) => Subject::Owner(owner(one)),
            Self::Origin(one, origin) => Subject::Origin(owner(one), ORIGINS[origin].into()),
            Self::App(one, app) => Subject::App(owner(one), app_id(app)),
        }
    }
}

/// What a browser reports of the use of a site.
#[derive(Clone, Debug)]
pub(super) enum Report {
    Events(Vec<Use>),
    Score(Points),
    Level(Level),
}

/// Something that a user did, some time ago.
#[derive(Clone, Copy, Debug)]
pub(super) struct Use {
    pub(super) kind: EventKind,
    pub(super) ago: Duration,
}

impl Use {
    pub(super) fn real(self, now: WallTime) -> (EventKind, WallTime) {
        (self.kind, now.saturating_sub(self.ago))
    }
}

impl Report {
    pub(super) fn real(&self, now: WallTime) -> EngagementReport {
        match self {
            Self::Events(events) => {
                EngagementReport::Events(events.iter().map(|one| one.real(now)).collect())
            }
            Self::Score(points) => EngagementReport::Score(*points),
            Self::Level(level) => EngagementReport::Level(*level),
        }
    }
}

/// What a browser or a launcher says.
#[derive(Clone, Debug)]
pub(super) enum Speech {
    Attach {
        profile: usize,
        capacity: u32,
        /// Of the attempts that it was sent, if they are still out.
        running: Vec<Key>,
        finished: Vec<(Key, Outcome)>,
        /// It names the launch that started it, if there was one.
        launched: bool,
    },
    Ready(usize),
    Close(usize),
    Started(Key),
    Finished {
        key: Key,
        outcome: Outcome,
        retry_after: Option<Duration>,
    },
    /// An outcome of an attempt that ended before.
    FinishedLate(usize),
    /// A launcher of this owner that can start these profiles.
    Launcher(usize, BTreeSet<usize>),
    LauncherProfiles(usize, BTreeSet<usize>),
    LauncherClosed(usize),
    LaunchFailed(usize),
}
