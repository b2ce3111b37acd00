//! Plays the life of a [`phone`](super::phone) in a [`World`].

use std::{collections::BTreeMap, sync::Arc};

use pwasync_core::{
    Caller, EngagementReport, NewRegistration, NewSchedule, Wakes,
    change::{Change, RegistrationChange, What},
    effect::{Effect, Wake},
    event::Event,
    facts::{Connection, Connectivity, Metered, NetworkId, Power, PowerSaver, Sleep},
    key::{
        AppId, AttemptId, OwnerId, ProfileId, ProfileKey, RegistrationId, RegistrationKey, Scope,
        Tag, WorkerKey,
    },
    policy::Policy,
    registration::Registration,
    site::SiteKey,
    time::{Timestamp, WallClock},
    wall::WallTime,
};

use super::{
    facts::HostChange,
    phone::{self, Act, Agenda, Ask, Attempted, Browser, Does, Lived, Network, Starts},
    world::{Hello, Left, World},
};

/// What a connection manager says while there is no network.
const NO_CONNECTION: Connection = Connection {
    connectivity: Connectivity::None,
    metered: Metered::Unknown,
    roaming: None,
    transport: None,
    network: None,
};

/// Somebody who looks on.
pub(crate) trait Onlooker {
    /// The host or a browser is as it is from now on.
    fn changed(&mut self, world: &World);
    /// An attempt was sent out for a registration.
    fn sent(&mut self, now: Timestamp, attempt: AttemptId, registration: &Registration);
    /// A registration that stood still goes on, or one has another interval.
    fn moved(&mut self, now: Timestamp, registration: RegistrationId);
}

/// Nobody.
impl Onlooker for () {
    fn changed(&mut self, _: &World) {}
    fn sent(&mut self, _: Timestamp, _: AttemptId, _: &Registration) {}
    fn moved(&mut self, _: Timestamp, _: RegistrationId) {}
}

/// The first so many days under a policy.
pub(crate) fn live(policy: Policy, days: u64, onlooker: &mut impl Onlooker) -> (Lived, Wakes) {
    let mut life = Life {
        world: World::long_lived(policy),
        agenda: Agenda::new(days),
        lived: Lived::default(),
        networks: BTreeMap::new(),
        onlooker,
    };
    life.begin();
    life.live();
    let wakes = life.world.scheduler.wakes();
    (life.lived, wakes)
}

struct Life<'a, O> {
    world: World,
    agenda: Agenda,
    lived: Lived,
    /// Numbers of the networks that the phone has been in.
    networks: BTreeMap<&'static str, u8>,
    onlooker: &'a mut O,
}

impl<O: Onlooker> Life<'_, O> {
    /// What a simulated host says before it is driven.
    fn begin(&mut self) {
        self.world.now = phone::START;
        self.world.host(HostChange::Connection(Some(NO_CONNECTION)));
        self.world.host(HostChange::Network(None));
        self.world.host(HostChange::Power(Power::MAINS));
        self.world.host(HostChange::Saver(Some(PowerSaver::Off)));
    }

    fn live(&mut self) {
        while let Some(next) = self.agenda.next() {
            if self.world.step(next).is_some() {
                self.collect();
                continue;
            }
            self.world.now = self.world.now.max(next);
            while let Some(act) = self.agenda.take(self.world.now) {
                self.act(act);
            }
            self.collect();
        }
    }

    fn act(&mut self, act: Act) {
        match act {
            Act::Finish(browser, finished) => {
                let session = self.world.browsers[&profile(browser)].id;
                self.world.event(Event::AttemptFinished { session, finished });
            }
            Act::Does(does) => {
                // Whether a worker had started matters when its browser closes.
                self.collect();
                self.does(does);
                self.onlooker.changed(&self.world);
            }
        }
    }

    fn does(&mut self, does: Does) {
        match does {
            Does::Clock(utc_offset) => {
                let wall = self.world.facts.wall;
                self.world.host(HostChange::Wall(WallClock { utc_offset, ..wall }));
            }
            Does::Network(network) => self.enter(network),
            Does::Power(power, saver) => {
                // What holds more comes first.
                let power = HostChange::Power(power);
                let saved = HostChange::Saver(Some(saver));
                let changes = match saver {
                    PowerSaver::On => [saved, power],
                    PowerSaver::Off => [power, saved],
                };
                changes.into_iter().for_each(|change| self.world.host(change));
            }
            Does::Suspend => self.world.host(HostChange::Sleep(Sleep::Suspending)),
            Does::SleepUntil(at) => {
                self.world.now = at;
                self.world.host(HostChange::Sleep(Sleep::Awake));
            }
            Does::Open(browser) => {
                self.world.attach(&profile(browser), Hello::default(), |_| None);
                self.world.ready(&profile(browser));
            }
            Does::Close(browser) => {
                self.world.close(&profile(browser));
                self.agenda.closed(browser);
            }
            Does::Register(ask) => {
                let new = new_registration(&ask);
                let caller = caller();
                let done = self.world.input(|core, now| core.register(now, &caller, new));
                done.unwrap();
            }
            Does::Use(browser, site, kinds) => {
                let at = WallTime::of(self.world.now, self.world.facts.wall);
                let events = kinds.iter().map(|kind| (*kind, at)).collect();
                let report = EngagementReport::Events(events);
                let site = SiteKey { profile: profile(browser), origin: site.origin().into() };
                let caller = caller();
                let done = self
                    .world
                    .input(|core, now| core.report_engagement(now, &caller, &site, &report));
                done.unwrap();
            }
        }
    }

    /// The connection manager speaks before netlink, as the simulated host has it.
    fn enter(&mut self, network: Option<Network>) {
        let numbers = &mut self.networks;
        let number = network.map(|network| {
            let next = u8::try_from(numbers.len() + 1).unwrap();
            *numbers.entry(network.name).or_insert(next)
        });
        let connection = network.map_or(NO_CONNECTION, |network| Connection {
            connectivity: network.connectivity,
            metered: network.metered,
            roaming: Some(network.roaming),
            transport: Some(network.transport),
            network: number.map(|number| NetworkId::new(number.into())),
        });
        self.world.host(HostChange::Connection(Some(connection)));
        self.world.host(HostChange::Network(number));
    }

    /// Notes what left, and lets the workers take their wakes.
    fn collect(&mut self) {
        loop {
            let left = self.world.take_left();
            if left.is_empty() {
                return;
            }
            for (at, left) in left {
                match left {
                    Left::Effect(Effect::Wake(wake)) => self.woken(&wake),
                    Left::Effect(Effect::Notify(change)) => self.told(change),
                    Left::Effect(_) | Left::Reply(_) => {}
                }
                assert_eq!(at, self.world.now, "it left earlier");
            }
        }
    }

    fn woken(&mut self, wake: &Wake) {
        let attempt = wake.attempt;
        let profile = &wake.key.worker.profile.profile;
        let browser = Browser::of((profile.browser(), profile.profile()));
        let starts = self.agenda.woken(self.world.now, attempt, (browser, &name(&wake.key)));
        if starts == Starts::Yes {
            let session = wake.session;
            self.world.event(Event::AttemptStarted { session, attempt });
        }
    }

    fn told(&mut self, change: Change) {
        let Change { at, what: What::Registration { id, key, what } } = change else { return };
        match what {
            RegistrationChange::Woken(attempt) => {
                let view = self.world.scheduler.registration(at, &key);
                let registration = view.expect("it was just woken").registration;
                self.onlooker.sent(at, attempt.id, &registration);
                let (sent_at, name) = (attempt.sent_at, name(&key));
                let attempted = Attempted { registration: id, name, sent_at, ended: None };
                self.lived.sent(attempt.id, attempted);
            }
            RegistrationChange::Finished { ended, .. } => {
                self.lived.ended(ended.id, (ended.outcome, ended.finished_at));
            }
            RegistrationChange::Revived | RegistrationChange::Updated => {
                self.onlooker.moved(at, id);
            }
            RegistrationChange::Created
            | RegistrationChange::Rearmed
            | RegistrationChange::Held(_)
            | RegistrationChange::Suspended
            | RegistrationChange::Started(_)
            | RegistrationChange::Removed(_) => {}
        }
    }
}

fn name(key: &RegistrationKey) -> String {
    phone::name(key.worker.scope.as_str(), key.tag.as_str())
}

fn owner() -> OwnerId {
    OwnerId::from_uid(1_000).unwrap()
}

fn caller() -> Caller {
    Caller { owner: owner(), name: "ana".into() }
}

fn profile(browser: Browser) -> ProfileKey {
    let (browser, profile) = browser.names();
    ProfileKey { owner: owner(), profile: ProfileId::parse(browser, profile).unwrap() }
}

fn new_registration(ask: &Ask) -> NewRegistration {
    let scope = Scope::parse(&ask.site.scope()).unwrap();
    let worker = Arc::new(WorkerKey { profile: profile(ask.browser), scope });
    let schedule = match ask.min_interval {
        None => NewSchedule::OneOff { expires_in: None },
        Some(min_interval) => NewSchedule::Periodic { min_interval },
    };
    NewRegistration {
        key: RegistrationKey { worker, kind: ask.kind(), tag: Tag::parse(ask.tag).unwrap() },
        app: None::<AppId>,
        schedule,
        constraints: ask.constraints,
    }
}
