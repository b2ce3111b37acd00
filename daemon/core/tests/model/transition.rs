//! What can happen in the model, and how often.

use std::{fmt, time::Duration};

use proptest::{collection::vec, option, prelude::*, sample::select, strategy::Union};
use pwasync_core::{
    Force, NewRegistration, NewSchedule,
    attempt::Outcome,
    facts::{Power, Sleep, StoreAccess},
    key::{ProfileKey, RegistrationKey, SyncKind},
};

use super::reference::Reference;
use crate::support::{facts::HostChange, names};

/// The profiles of the model: two of one owner, one of another.
const PROFILES: [&str; 3] = ["ana", "ana.work", "bob"];
const SCOPES: [&str; 2] = ["a", "b"];
const TAGS: [&str; 2] = ["x", "y"];

/// A small key, so that the same one comes up again and again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) profile: usize,
    pub(super) scope: usize,
    pub(super) kind: SyncKind,
    tag: usize,
}

impl Key {
    pub(super) fn owner(self) -> usize {
        owner(self.profile)
    }

    pub(super) fn worker(self) -> (usize, usize) {
        (self.profile, self.scope)
    }

    /// The key as the core knows it.
    pub(super) fn real(self) -> RegistrationKey {
        let (profile, scope) = (PROFILES[self.profile], SCOPES[self.scope]);
        names::key(&format!("{profile}/{scope}:{}", TAGS[self.tag]), self.kind)
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

/// What a registration asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wish {
    pub(super) key: Key,
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
        NewRegistration { key: self.key.real(), app: None, schedule }
    }
}

#[derive(Clone, Debug)]
pub(super) enum Transition {
    Register(Wish),
    Unregister(Key),
    RemoveScope(Key),
    Reconcile(usize, Vec<Wish>),
    /// From the owner's next request on, its uid has another login name.
    NewLogin(usize),
    Host(HostChange),
    Attach {
        profile: usize,
        capacity: u32,
        /// What the browser says of the attempts that it was sent, if they are still out.
        running: Vec<Key>,
        finished: Vec<(Key, Outcome)>,
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
    RunNow(Key, Force),
    Remove(Key),
    Pass(Duration),
    /// From here on nothing reaches the disk.
    Hold,
    Commit,
    /// What has not reached the disk is lost.
    Crash,
}

pub(super) fn transitions(state: &Reference) -> BoxedStrategy<Transition> {
    let out = state.delivered();
    let profile = || 0..PROFILES.len();
    let mut choices = vec![
        (12, wish().prop_map(Transition::Register).boxed()),
        (2, key().prop_map(Transition::Unregister).boxed()),
        (1, key().prop_map(Transition::RemoveScope).boxed()),
        (1, reconcile().boxed()),
        (1, (0..2_usize).prop_map(Transition::NewLogin).boxed()),
        (9, host().prop_map(Transition::Host).boxed()),
        (6, attach(out.clone())),
        (8, profile().prop_map(Transition::Ready).boxed()),
        (2, profile().prop_map(Transition::Close).boxed()),
        (1, profile().prop_map(Transition::FinishedLate).boxed()),
        (
            3,
            (key(), select(&[Force::No, Force::Yes]))
                .prop_map(|(key, force)| Transition::RunNow(key, force))
                .boxed(),
        ),
        (1, key().prop_map(Transition::Remove).boxed()),
        (14, pass().prop_map(Transition::Pass).boxed()),
        (1, Just(Transition::Hold).boxed()),
        (2, Just(Transition::Commit).boxed()),
        (3, Just(Transition::Crash).boxed()),
    ];
    if !out.is_empty() {
        choices.push((6, select(out.clone()).prop_map(Transition::Started).boxed()));
        choices.push((18, finished(out)));
    }
    Union::new_weighted(choices).boxed()
}

fn key() -> impl Strategy<Value = Key> + Clone {
    let kind = select(&[SyncKind::OneOff, SyncKind::OneOff, SyncKind::Periodic]);
    (0..PROFILES.len(), 0..SCOPES.len(), kind, 0..TAGS.len())
        .prop_map(|(profile, scope, kind, tag)| Key { profile, scope, kind, tag })
}

fn wish() -> impl Strategy<Value = Wish> {
    let expires_in = option::weighted(0.3, select(&[60_u64, 400, 7_200]));
    let hours = select(&[0_u64, 12, 13, 24]);
    (key(), expires_in, hours).prop_map(|(key, expires_in, hours)| Wish {
        key,
        expires_in: expires_in.map(Duration::from_secs),
        min_interval: Duration::from_secs(hours * 3_600),
    })
}

fn reconcile() -> impl Strategy<Value = Transition> {
    (0..PROFILES.len(), vec(wish(), 0..5)).prop_map(|(profile, mut list)| {
        for wish in &mut list {
            wish.key.profile = profile;
        }
        Transition::Reconcile(profile, list)
    })
}

fn host() -> impl Strategy<Value = HostChange> {
    let power =
        (select(&[3_u8, 5, 6, 20, 21, 80]), any::<bool>()).prop_map(|(percent, on_battery)| {
            HostChange::Power(Power { battery_percent: Some(percent), on_battery })
        });
    prop_oneof![
        6 => select(&[1_u8, 1, 2]).prop_map(|network| HostChange::Network(Some(network))),
        2 => Just(HostChange::Network(None)),
        2 => power,
        1 => Just(HostChange::Sleep(Sleep::Suspending)),
        2 => Just(HostChange::Sleep(Sleep::Awake)),
        1 => Just(HostChange::Store(StoreAccess::ReadOnly)),
        2 => Just(HostChange::Store(StoreAccess::Writable)),
    ]
}

/// A browser names each attempt that it was sent as running, as finished, or not at all.
fn attach(out: Vec<Key>) -> BoxedStrategy<Transition> {
    let said = vec(option::weighted(0.8, option::weighted(0.3, outcome())), out.len());
    (0..PROFILES.len(), 1..=3_u32, said)
        .prop_map(move |(profile, capacity, said)| {
            let (mut running, mut finished) = (Vec::new(), Vec::new());
            for (key, said) in out.iter().zip(said).filter(|(key, _)| key.profile == profile) {
                match said {
                    None => {}
                    Some(None) => running.push(*key),
                    Some(Some(outcome)) => finished.push((*key, outcome)),
                }
            }
            Transition::Attach { profile, capacity, running, finished }
        })
        .boxed()
}

fn finished(out: Vec<Key>) -> BoxedStrategy<Transition> {
    let retry_after = option::weighted(0.2, select(&[10_u64, 1_200, 200_000]));
    (select(out), outcome(), retry_after)
        .prop_map(|(key, outcome, retry_after)| {
            let retry_after = retry_after.map(Duration::from_secs);
            Transition::Finished { key, outcome, retry_after }
        })
        .boxed()
}

fn outcome() -> impl Strategy<Value = Outcome> + Clone {
    prop_oneof![
        3 => Just(Outcome::Completed),
        4 => Just(Outcome::Rejected),
        2 => Just(Outcome::Offline),
        1 => Just(Outcome::Aborted),
        2 => Just(Outcome::Unavailable),
        1 => Just(Outcome::TimedOut),
        1 => Just(Outcome::ScopeGone),
    ]
}

fn pass() -> impl Strategy<Value = Duration> {
    let seconds = prop_oneof![
        5 => 1..6_u64,
        4 => 6..60_u64,
        4 => select(&[180_u64, 300, 301, 900, 1_800]),
        2 => 1_000..50_000_u64,
        1 => Just(31 * 86_400_u64),
    ];
    seconds.prop_map(Duration::from_secs)
}
