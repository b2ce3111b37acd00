//! What can happen in the model, and how often.

use std::{fmt, time::Duration};

use proptest::{collection::vec, option, prelude::*, sample::select, strategy::Union};
use pwasync_core::{
    Force, NewRegistration, NewSchedule,
    attempt::Outcome,
    constraints::Constraints,
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
    pub(super) tag: usize,
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
        NewRegistration {
            key: self.key.real(),
            app: None,
            schedule,
            constraints: Constraints::default(),
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
    Pass(Duration),
    /// Time passes, and nobody tells the core until the next input.
    Jump(Duration),
    /// From here on nothing reaches the disk.
    Hold,
    Commit,
    /// What has not reached the disk is lost.
    Crash,
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
}

/// What a browser says.
#[derive(Clone, Debug)]
pub(super) enum Speech {
    Attach {
        profile: usize,
        capacity: u32,
        /// Of the attempts that it was sent, if they are still out.
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
}

/// Weighed so that most of the time something can run: what stands in the way is put aside sooner
/// or later, and what is there already comes up again.
pub(super) fn transitions(state: &Reference) -> BoxedStrategy<Transition> {
    let out = state.delivered();
    let profile = || 0..PROFILES.len();
    let away = (0..PROFILES.len()).filter(|profile| !state.is_attached(*profile));
    let away: Vec<_> = away.collect();
    let mut choices = vec![
        (8, wish(key()).prop_map(Request::Register).prop_map(Transition::Ask).boxed()),
        (1, key().prop_map(Request::RemoveScope).prop_map(Transition::Ask).boxed()),
        (1, reconcile().boxed()),
        (1, (0..2_usize).prop_map(Transition::NewLogin).boxed()),
        (3, host().prop_map(Transition::Host).boxed()),
        (2, attach((0..PROFILES.len()).collect(), out.clone())),
        (4, profile().prop_map(Speech::Ready).prop_map(Transition::Say).boxed()),
        (1, profile().prop_map(Speech::Close).prop_map(Transition::Say).boxed()),
        (1, profile().prop_map(Speech::FinishedLate).prop_map(Transition::Say).boxed()),
        (8, pass().prop_map(Transition::Pass).boxed()),
        (1, pass().prop_map(Transition::Jump).boxed()),
        (1, Just(Transition::Hold).boxed()),
        (2, Just(Transition::Commit).boxed()),
        (2, Just(Transition::Crash).boxed()),
    ];
    // Up to the next deadline and no further, so that there is time to answer what it brings.
    let next = state.next_instant().filter(|at| *at > state.now);
    choices.extend(next.map(|at| {
        let by = at.saturating_since(state.now);
        (10, Just(Transition::Pass(by)).boxed())
    }));
    choices.extend(put_aside(state).map(|change| (5, Just(Transition::Host(change)).boxed())));
    if !away.is_empty() {
        choices.push((6, attach(away, out.clone())));
    }
    let known = state.keys();
    if !known.is_empty() {
        let force = select(&[Force::No, Force::Yes]);
        let known = || select(known.clone());
        choices.extend([
            (7, wish(known()).prop_map(Request::Register).prop_map(Transition::Ask).boxed()),
            (2, known().prop_map(Request::Unregister).prop_map(Transition::Ask).boxed()),
            (
                3,
                (known(), force)
                    .prop_map(|(key, force)| Transition::Ask(Request::RunNow(key, force)))
                    .boxed(),
            ),
            (1, known().prop_map(Request::Remove).prop_map(Transition::Ask).boxed()),
        ]);
    }
    if !out.is_empty() {
        choices.push((
            9,
            select(out.clone()).prop_map(Speech::Started).prop_map(Transition::Say).boxed(),
        ));
        choices.push((
            4,
            wish(select(out.clone())).prop_map(Request::Register).prop_map(Transition::Ask).boxed(),
        ));
        choices.push((12, finished(out)));
    }
    Union::new_weighted(choices).boxed()
}

/// What ends the host's facts that hold all.
fn put_aside(state: &Reference) -> impl Iterator<Item = HostChange> {
    let facts = &state.facts;
    let battery = Power { battery_percent: Some(80), on_battery: false };
    let low = facts.power.is_some_and(|power| power.on_battery);
    let offline = !matches!(facts.network, Some(Some(_)));
    let aside = [
        offline.then_some(HostChange::Network(Some(1))),
        low.then_some(HostChange::Power(battery)),
        (facts.sleep == Sleep::Suspending).then_some(HostChange::Sleep(Sleep::Awake)),
        (facts.store == StoreAccess::ReadOnly).then_some(HostChange::Store(StoreAccess::Writable)),
    ];
    aside.into_iter().flatten()
}

fn key() -> impl Strategy<Value = Key> + Clone {
    let kind = select(&[SyncKind::OneOff, SyncKind::OneOff, SyncKind::Periodic]);
    (0..PROFILES.len(), 0..SCOPES.len(), kind, 0..TAGS.len())
        .prop_map(|(profile, scope, kind, tag)| Key { profile, scope, kind, tag })
}

fn wish(key: impl Strategy<Value = Key>) -> impl Strategy<Value = Wish> {
    let expires_in = option::weighted(0.3, select(&[60_u64, 400, 7_200]));
    let hours = select(&[0_u64, 12, 13, 24]);
    (key, expires_in, hours).prop_map(|(key, expires_in, hours)| Wish {
        key,
        expires_in: expires_in.map(Duration::from_secs),
        min_interval: Duration::from_secs(hours * 3_600),
    })
}

fn reconcile() -> impl Strategy<Value = Transition> {
    (0..PROFILES.len(), vec(wish(key()), 0..5)).prop_map(|(profile, mut list)| {
        for wish in &mut list {
            wish.key.profile = profile;
        }
        Transition::Ask(Request::Reconcile(profile, list))
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
fn attach(profiles: Vec<usize>, out: Vec<Key>) -> BoxedStrategy<Transition> {
    let said = vec(option::weighted(0.8, option::weighted(0.3, outcome())), out.len());
    (select(profiles), 1..=3_u32, said)
        .prop_map(move |(profile, capacity, said)| {
            let (mut running, mut finished) = (Vec::new(), Vec::new());
            for (key, said) in out.iter().zip(said).filter(|(key, _)| key.profile == profile) {
                match said {
                    None => {}
                    Some(None) => running.push(*key),
                    Some(Some(outcome)) => finished.push((*key, outcome)),
                }
            }
            Transition::Say(Speech::Attach { profile, capacity, running, finished })
        })
        .boxed()
}

fn finished(out: Vec<Key>) -> BoxedStrategy<Transition> {
    let retry_after = option::weighted(0.2, select(&[10_u64, 1_200, 200_000]));
    (select(out), outcome(), retry_after)
        .prop_map(|(key, outcome, retry_after)| {
            let retry_after = retry_after.map(Duration::from_secs);
            Transition::Say(Speech::Finished { key, outcome, retry_after })
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
        7 => Just(1_u64),
        3 => 2..6_u64,
        4 => 6..60_u64,
        4 => select(&[180_u64, 300, 301, 900, 1_800]),
        2 => 1_000..50_000_u64,
        1 => Just(31 * 86_400_u64),
    ];
    seconds.prop_map(Duration::from_secs)
}
