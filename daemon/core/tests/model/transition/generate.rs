//! How often what happens in the model, and to whom.

use std::{collections::BTreeSet, time::Duration};

use proptest::{
    collection::{btree_set, vec},
    option,
    prelude::*,
    sample::select,
    strategy::Union,
};
use pwasync_core::{
    Force,
    attempt::Outcome,
    constraints::{Constraints, Transport, Transports},
    engagement::{EventKind, Level, Points},
    facts::{
        Connection, Connectivity, Metered, NetworkId, Power, PowerSaver, Reach, Sleep, StoreAccess,
    },
    key::SyncKind,
    lease::{Fact, FactValue, Leased},
    site::PermissionState,
    time::WallClock,
    wall::UtcOffset,
};

use super::{
    Key, PROFILES, Report, Request, SCOPES, Speech, TAGS, Transition, Use, Who, Wish, owner,
};
use crate::{
    model::reference::{GiveBack, POLICIES, Reference},
    support::facts::HostChange,
};

/// Weighed so that most of the time something can run: what stands in the way is put aside sooner
/// or later, and what is there already comes up again.
pub(in crate::model) fn transitions(state: &Reference) -> BoxedStrategy<Transition> {
    let out = state.delivered();
    let profile = || 0..PROFILES.len();
    let away = (0..PROFILES.len()).filter(|profile| !state.is_attached(*profile));
    let away: Vec<_> = away.collect();
    let mut choices = vec![
        (8, wish(key()).prop_map(Request::Register).prop_map(Transition::Ask).boxed()),
        (1, key().prop_map(Request::RemoveScope).prop_map(Transition::Ask).boxed()),
        (1, reconcile().boxed()),
        (1, (0..2_usize).prop_map(Transition::NewLogin).boxed()),
        (1, (0..POLICIES).prop_map(Transition::Policy).boxed()),
        (4, sites().prop_map(Transition::Ask).boxed()),
        (4, people().prop_map(Transition::Ask).boxed()),
        (3, launchers().prop_map(Transition::Say).boxed()),
        (3, host().prop_map(Transition::Host).boxed()),
        (2, attach((0..PROFILES.len()).collect(), out.clone())),
        (4, profile().prop_map(Speech::Ready).prop_map(Transition::Say).boxed()),
        (1, profile().prop_map(Speech::Close).prop_map(Transition::Say).boxed()),
        (1, profile().prop_map(Speech::FinishedLate).prop_map(Transition::Say).boxed()),
        (8, pass().prop_map(Transition::Pass).boxed()),
        (1, pass().prop_map(Transition::Jump).boxed()),
        (1, pass().prop_map(Transition::Sleep).boxed()),
        (1, Just(Transition::Hold).boxed()),
        (2, Just(Transition::Commit).boxed()),
        (2, Just(Transition::Crash).boxed()),
        (1, Just(Transition::FailCommit).boxed()),
    ];
    // Up to the next deadline and no further, so that there is time to answer what it brings.
    let next = state.next_instant().filter(|at| *at > state.now);
    choices.extend(next.map(|at| {
        let by = at.saturating_since(state.now);
        (10, Just(Transition::Pass(by)).boxed())
    }));
    choices.extend(put_aside(state).map(|change| (5, Just(Transition::Host(change)).boxed())));
    choices.extend(leases_put_aside(state).map(|ask| (2, Just(Transition::Ask(ask)).boxed())));
    for owner in (0..2).filter(|owner| !state.has_launcher(*owner)) {
        choices.push((1, launcher(Just(owner)).prop_map(Transition::Say).boxed()));
    }
    for profile in state.launching() {
        let failed = Speech::LaunchFailed(profile);
        choices.push((2, Just(Transition::Say(failed)).boxed()));
        choices.push((3, attach(vec![profile], out.clone())));
    }
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
    let battery = Power { battery_percent: Some(80), ..Power::MAINS };
    let low = facts.power.is_some_and(|power| power.on_battery);
    let offline = !matches!(facts.network, Some(Some(_)));
    let saver = facts.saver == Some(PowerSaver::On);
    let bad = facts.connection.filter(|one| {
        let connectivity = one.connectivity;
        connectivity != Connectivity::Full || one.metered.is_metered() || one.roaming == Some(true)
    });
    let good = |one: Connection| Connection {
        connectivity: Connectivity::Full,
        metered: Metered::No,
        roaming: Some(false),
        ..one
    };
    let aside = [
        offline.then_some(HostChange::Network(Some(1))),
        low.then_some(HostChange::Power(battery)),
        saver.then_some(HostChange::Saver(None)),
        bad.map(|one| HostChange::Connection(Some(good(one)))),
        (facts.sleep == Sleep::Suspending).then_some(HostChange::Sleep(Sleep::Awake)),
        (facts.store == StoreAccess::ReadOnly).then_some(HostChange::Store(StoreAccess::Writable)),
    ];
    aside.into_iter().flatten()
}

/// What ends pauses and overrides early.
fn leases_put_aside(state: &Reference) -> impl Iterator<Item = Request> {
    let whom =
        |subject: &pwasync_core::lease::Subject| ALL.into_iter().find(|who| who.real() == *subject);
    let whom: Vec<Who> =
        state.book.leases.iter().filter_map(|lease| whom(&lease.subject)).collect();
    let both = [GiveBack::Pause, GiveBack::Override(None)];
    whom.into_iter().flat_map(move |who| both.map(|what| Request::GiveBack { who, what }))
}

const ALL: [Who; 11] = [
    Who::All,
    Who::Owner(0),
    Who::Owner(1),
    Who::Origin(0, 0),
    Who::Origin(0, 1),
    Who::Origin(1, 0),
    Who::Origin(1, 1),
    Who::App(0, 0),
    Who::App(0, 1),
    Who::App(1, 0),
    Who::App(1, 1),
];

fn people() -> impl Strategy<Value = Request> {
    let lasts = select(&[5_u64, 60, 600, 3_600, 90_000]).prop_map(Duration::from_secs);
    let what = prop_oneof![
        1 => Just(Leased::Pause),
        2 => fact_value().prop_map(Leased::Override),
    ];
    let fact = select(&[
        Fact::Network,
        Fact::Metered,
        Fact::Roaming,
        Fact::Transport,
        Fact::Charging,
        Fact::Battery,
        Fact::PowerSaver,
    ]);
    let back = prop_oneof![Just(GiveBack::Pause), option::of(fact).prop_map(GiveBack::Override),];
    prop_oneof![
        3 => (select(&ALL), what, lasts)
            .prop_map(|(who, what, lasts)| Request::Lease { who, what, lasts }),
        1 => (select(&ALL), back).prop_map(|(who, what)| Request::GiveBack { who, what }),
    ]
}

fn fact_value() -> impl Strategy<Value = FactValue> {
    let reach = select(&[Reach::Online, Reach::Online, Reach::Limited, Reach::Offline]);
    prop_oneof![
        2 => reach.prop_map(FactValue::Network),
        1 => any::<bool>().prop_map(FactValue::Metered),
        1 => any::<bool>().prop_map(FactValue::Roaming),
        1 => select(&Transport::ALL).prop_map(FactValue::Transport),
        1 => select(&[3_u8, 15, 80]).prop_map(FactValue::Battery),
        1 => any::<bool>().prop_map(FactValue::Charging),
        1 => any::<bool>().prop_map(FactValue::PowerSaver),
    ]
}

fn sites() -> impl Strategy<Value = Request> {
    let site = || (0..PROFILES.len(), 0..2_usize);
    let kind = select(&[SyncKind::OneOff, SyncKind::Periodic]);
    let state = select(&[
        PermissionState::Granted,
        PermissionState::Granted,
        PermissionState::Prompt,
        PermissionState::Denied,
    ]);
    let apps = btree_set(0..2_usize, 0..3);
    prop_oneof![
        2 => (site(), kind, state)
            .prop_map(|(site, kind, state)| Request::Permission { site, kind, state }),
        3 => (0..PROFILES.len(), apps)
            .prop_map(|(profile, apps)| Request::Installed { profile, apps }),
        1 => site().prop_map(|(profile, origin)| Request::ClearOrigin(profile, origin)),
        6 => (site(), report()).prop_map(|(site, report)| Request::Engage { site, report }),
        1 => (site(), select(&[0.0, 0.4, 20.0, 60.0]))
            .prop_map(|(site, points)| Request::SetEngagement { site, points }),
    ]
}

fn report() -> impl Strategy<Value = Report> {
    let kind = select(&[
        EventKind::Navigation,
        EventKind::UserInput,
        EventKind::MediaVisible,
        EventKind::MediaHidden,
        EventKind::Notification,
        EventKind::ShortcutLaunch,
    ]);
    let ago = select(&[0_u64, 30, 4_000, 100_000]).prop_map(Duration::from_secs);
    let events = vec((kind, ago).prop_map(|(kind, ago)| Use { kind, ago }), 0..5);
    let level = select(&[Level::None, Level::Minimal, Level::Low, Level::High]);
    prop_oneof![
        4 => events.prop_map(Report::Events),
        1 => select(&[0.0, 0.3, 30.0, 70.0]).prop_map(|it| Report::Score(Points::nearest(it))),
        1 => level.prop_map(Report::Level),
    ]
}

/// An owner and some of its profiles.
fn profiles(of: impl Strategy<Value = usize>) -> impl Strategy<Value = (usize, BTreeSet<usize>)> {
    (of, btree_set(0..PROFILES.len(), 1..4)).prop_map(|(of, mut profiles)| {
        profiles.retain(|profile| owner(*profile) == of);
        (of, profiles)
    })
}

fn launcher(owner: impl Strategy<Value = usize>) -> impl Strategy<Value = Speech> {
    profiles(owner).prop_map(|(owner, profiles)| Speech::Launcher(owner, profiles))
}

fn launchers() -> impl Strategy<Value = Speech> {
    prop_oneof![
        launcher(0..2_usize),
        profiles(0..2_usize)
            .prop_map(|(owner, profiles)| Speech::LauncherProfiles(owner, profiles)),
        (0..2_usize).prop_map(Speech::LauncherClosed),
        (0..PROFILES.len()).prop_map(Speech::LaunchFailed),
    ]
}

fn key() -> impl Strategy<Value = Key> + Clone {
    let kind = select(&[SyncKind::OneOff, SyncKind::OneOff, SyncKind::Periodic]);
    (0..PROFILES.len(), 0..SCOPES.len(), kind, 0..TAGS.len())
        .prop_map(|(profile, scope, kind, tag)| Key { profile, scope, kind, tag })
}

fn wish(key: impl Strategy<Value = Key>) -> impl Strategy<Value = Wish> {
    let expires_in = option::weighted(0.3, select(&[60_u64, 400, 7_200]));
    let hours = select(&[0_u64, 12, 13, 24]);
    let app = option::weighted(0.4, 0..2_usize);
    (key, app, constraints(), expires_in, hours).prop_map(
        |(key, app, constraints, expires_in, hours)| Wish {
            key,
            app,
            constraints,
            expires_in: expires_in.map(Duration::from_secs),
            min_interval: Duration::from_secs(hours * 3_600),
        },
    )
}

/// Mostly none.
fn constraints() -> impl Strategy<Value = Constraints> {
    let wifi = Transports::default().with(Transport::Wifi);
    let none = Constraints::default();
    select(vec![
        none,
        none,
        none,
        none,
        none,
        none,
        none,
        Constraints { unmetered: true, ..none },
        Constraints { transports: wifi.with(Transport::Ethernet), ..none },
        Constraints { charging: true, ..none },
        Constraints { battery_not_low: true, ..none },
        Constraints { known_network: true, ..none },
    ])
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
            let battery_percent = Some(percent);
            HostChange::Power(Power { battery_percent, on_battery, ..Power::MAINS })
        });
    let saver = option::of(select(&[PowerSaver::On, PowerSaver::Off]));
    prop_oneof![
        6 => select(&[1_u8, 1, 2]).prop_map(|network| HostChange::Network(Some(network))),
        3 => Just(HostChange::Network(None)),
        4 => option::weighted(0.9, connection()).prop_map(HostChange::Connection),
        2 => power,
        1 => saver.prop_map(HostChange::Saver),
        1 => wall().prop_map(HostChange::Wall),
        1 => Just(HostChange::Sleep(Sleep::Suspending)),
        2 => Just(HostChange::Sleep(Sleep::Awake)),
        1 => Just(HostChange::Store(StoreAccess::ReadOnly)),
        2 => Just(HostChange::Store(StoreAccess::Writable)),
    ]
}

fn connection() -> impl Strategy<Value = Connection> {
    let connectivity = select(&[
        Connectivity::Full,
        Connectivity::Full,
        Connectivity::Full,
        Connectivity::Unchecked,
        Connectivity::Limited,
        Connectivity::Limited,
        Connectivity::Portal,
        Connectivity::None,
    ]);
    let metered = select(&[Metered::No, Metered::No, Metered::Unknown, Metered::Yes]);
    let roaming = option::of(proptest::bool::weighted(0.3));
    let transport = option::of(select(&Transport::ALL));
    let network = option::of((1..4_u64).prop_map(NetworkId::new));
    (connectivity, metered, roaming, transport, network).prop_map(
        |(connectivity, metered, roaming, transport, network)| Connection {
            connectivity,
            metered,
            roaming,
            transport,
            network,
        },
    )
}

/// Steps back and ahead, and a journey.
fn wall() -> impl Strategy<Value = WallClock> {
    let hours = select(&[-30_i64, 0, 0, 5, 100]);
    (hours, select(&[0, 0, 7_200])).prop_map(|(hours, east)| WallClock {
        offset_millis: hours * 3_600_000,
        utc_offset: UtcOffset::from_seconds(east),
    })
}

/// A browser names each attempt that it was sent as running, as finished, or not at all.
fn attach(profiles: Vec<usize>, out: Vec<Key>) -> BoxedStrategy<Transition> {
    let said = vec(option::weighted(0.8, option::weighted(0.3, outcome())), out.len());
    (select(profiles), 1..=3_u32, said, any::<bool>())
        .prop_map(move |(profile, capacity, said, launched)| {
            let (mut running, mut finished) = (Vec::new(), Vec::new());
            for (key, said) in out.iter().zip(said).filter(|(key, _)| key.profile == profile) {
                match said {
                    None => {}
                    Some(None) => running.push(*key),
                    Some(Some(outcome)) => finished.push((*key, outcome)),
                }
            }
            Transition::Say(Speech::Attach { profile, capacity, running, finished, launched })
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
        4 => 1_000..50_000_u64,
        1 => Just(8 * 86_400_u64),
        1 => Just(31 * 86_400_u64),
    ];
    seconds.prop_map(Duration::from_secs)
}
