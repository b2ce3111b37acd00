//! Who registers what: owners, profiles, sites, and names of which some are as long as can be.

use std::collections::BTreeMap;

use pwasync_client::{
    Attempt, AttemptEnd, Outcome as ClientOutcome, ProfileId, Registration, RegistrationKey,
    RegistrationState, SyncKind,
};
use pwasync_e2e::{
    HarnessError, User,
    ledger::{Again, Kind, Outcome, Shown, Slot},
};

/// Root, and two users whom the machine does not know.
pub(crate) const OWNERS: usize = 3;
const PROFILES: [&str; 2] = ["plain", USED];
/// The profile that reports how its sites are used.
pub(crate) const USED: &str = "used";
const SITES: usize = 3;
/// Names of each kind at a site, and how many of them are long.
const ONE_OFFS: (usize, usize) = (16, 6);
const PERIODICS: (usize, usize) = (8, 3);
/// The longest tag that the protocol allows.
const LONGEST_TAG: usize = 10_240;
/// Where registrations carry their version.
const APP: &str = "https://app.example/";

/// One name under which something can be registered.
pub(crate) struct Name {
    pub(crate) key: RegistrationKey,
}

/// One site in one profile of one owner: all that one caller is about.
#[derive(Clone)]
pub(crate) struct Site {
    pub(crate) owner: usize,
    pub(crate) profile: ProfileId,
    pub(crate) origin: String,
    pub(crate) slots: Vec<Slot>,
}

/// All of it.
pub(crate) struct Plan {
    pub(crate) uids: Vec<u32>,
    pub(crate) names: Vec<Name>,
    pub(crate) sites: Vec<Site>,
    by_name: BTreeMap<(u32, RegistrationKey), Slot>,
}

impl Plan {
    pub(crate) fn new() -> Result<Self, HarnessError> {
        let others = (1..OWNERS).map(|nth| User::unused(nth - 1).map(User::uid));
        let uids = std::iter::once(Ok(0)).chain(others).collect::<Result<Vec<_>, _>>()?;
        let mut plan =
            Self { uids, names: Vec::new(), sites: Vec::new(), by_name: BTreeMap::new() };
        for owner in 0..OWNERS {
            for profile in PROFILES {
                for site in 0..SITES {
                    plan.add_site(owner, profile, site);
                }
            }
        }
        Ok(plan)
    }

    /// The same names for each owner and profile: they must not get mixed up.
    fn add_site(&mut self, owner: usize, profile: &str, site: usize) {
        let uid = self.uids[owner];
        let profile = ProfileId { browser: "torture".into(), profile: profile.into() };
        let origin = format!("https://site{site}.example");
        let mut slots = Vec::new();
        for (kind, (count, long)) in [(SyncKind::OneOff, ONE_OFFS), (SyncKind::Periodic, PERIODICS)]
        {
            for number in 0..count {
                let length = if number < long { LONGEST_TAG } else { 12 };
                let key = RegistrationKey {
                    profile: profile.clone(),
                    scope: format!("{origin}/app/"),
                    kind,
                    tag: format!("{number:0>length$}"),
                };
                let slot = Slot(self.names.len());
                self.by_name.insert((uid, key.clone()), slot);
                self.names.push(Name { key });
                slots.push(slot);
            }
        }
        self.sites.push(Site { owner, profile, origin, slots });
    }

    pub(crate) fn kinds(&self) -> Vec<Kind> {
        let kind = |name: &Name| match name.key.kind {
            SyncKind::OneOff => Kind::OneOff,
            SyncKind::Periodic if name.key.profile.profile == USED => Kind::Suspendable,
            SyncKind::Periodic => Kind::Periodic,
        };
        self.names.iter().map(kind).collect()
    }

    pub(crate) fn find(&self, uid: u32, key: &RegistrationKey) -> Option<Slot> {
        self.by_name.get(&(uid, key.clone())).copied()
    }

    /// The profiles of an owner, each with its slots.
    pub(crate) fn profiles(&self, owner: usize) -> BTreeMap<ProfileId, Vec<Slot>> {
        let mut profiles: BTreeMap<ProfileId, Vec<Slot>> = BTreeMap::new();
        for site in self.sites.iter().filter(|site| site.owner == owner) {
            profiles.entry(site.profile.clone()).or_default().extend(&site.slots);
        }
        profiles
    }
}

/// The app under which a version is registered.
pub(crate) fn app(version: u64) -> String {
    format!("{APP}{version}")
}

/// A registration as the ledger knows it.
pub(crate) fn shown(registration: &Registration) -> Result<Shown, String> {
    let app = registration.app_id.as_deref().and_then(|app| app.strip_prefix(APP));
    let version = app.and_then(|version| version.parse().ok());
    let version = version.ok_or_else(|| format!("app `{:?}`", registration.app_id))?;
    let last = registration.last_attempt.as_ref();
    let last = last.map(|attempt| Ok::<_, String>((attempt.id.as_str().parse()?, end(attempt))));
    Ok(Shown {
        id: registration.id.value(),
        attempts: registration.attempts,
        version,
        again: match registration.state {
            RegistrationState::ReregisteredWhileFiring => Again::Yes,
            RegistrationState::Pending
            | RegistrationState::Waiting
            | RegistrationState::Firing
            | RegistrationState::Suspended => Again::No,
        },
        last: last.transpose()?,
    })
}

fn end(attempt: &Attempt) -> Option<Outcome> {
    Some(match attempt.end? {
        AttemptEnd::Outcome(ClientOutcome::Completed) => Outcome::Completed,
        AttemptEnd::Outcome(ClientOutcome::Rejected) => Outcome::Rejected,
        AttemptEnd::Outcome(ClientOutcome::Unavailable) => Outcome::Unavailable,
        AttemptEnd::Outcome(ClientOutcome::Offline) => Outcome::Offline,
        AttemptEnd::Outcome(ClientOutcome::Aborted) => Outcome::Aborted,
        AttemptEnd::Outcome(ClientOutcome::TimedOut | ClientOutcome::ScopeGone)
        | AttemptEnd::Lost => Outcome::Other,
    })
}

/// How a browser reports it.
pub(crate) fn reported(outcome: Outcome) -> ClientOutcome {
    match outcome {
        Outcome::Completed => ClientOutcome::Completed,
        Outcome::Rejected => ClientOutcome::Rejected,
        Outcome::Unavailable => ClientOutcome::Unavailable,
        Outcome::Offline => ClientOutcome::Offline,
        Outcome::Aborted | Outcome::Other => ClientOutcome::Aborted,
    }
}
