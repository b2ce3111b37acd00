//! Forecasts: what the copy says comes true in the world, and the world does not notice.

use std::time::Duration;

use pwasync_core::{
    Forecast, ForecastQuestion, NewRegistration, NewSchedule, Supposition, Viewer,
    constraints::Constraints,
    effect::Effect,
    facts::Reach,
    key::{RegistrationId, SyncKind},
    lease::FactValue,
    policy::Policy,
};

use crate::support::{
    facts::HostChange,
    names::{caller, clock, key, key_name, owner, profile},
    world::{Hello, Left, World},
};

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

/// A world with an open browser on network 1.
fn open_world() -> World {
    let mut world = World::new(Policy::default());
    world.host(HostChange::Network(Some(1)));
    let ana = profile("ana");
    world.attach(&ana, Hello::default(), |_| None);
    world.ready(&ana);
    world
}

fn register(world: &mut World, name: &str, every: Option<Duration>) -> RegistrationId {
    let (kind, schedule) = match every {
        None => (SyncKind::OneOff, NewSchedule::OneOff { expires_in: None }),
        Some(min_interval) => (SyncKind::Periodic, NewSchedule::Periodic { min_interval }),
    };
    let constraints = Constraints::default();
    let new = NewRegistration { key: key(name, kind), app: None, schedule, constraints };
    let caller = caller(new.key.owner());
    let registered = world.input(|scheduler, now| scheduler.register(now, &caller, new));
    registered.unwrap().view.registration.id
}

fn look(
    world: &World,
    suppositions: Vec<Supposition>,
    horizon: Duration,
    only: Option<RegistrationId>,
) -> Forecast {
    let before = world.scheduler.to_saved();
    let viewer = Viewer::Owner(owner("ana"));
    let foresight = world.scheduler.foresight(world.now, viewer, only);
    let forecast = foresight.look(&ForecastQuestion { suppositions, horizon, only });
    assert_eq!(world.scheduler.to_saved(), before, "a forecast touches nothing");
    forecast
}

fn told(forecast: &Forecast) -> Vec<String> {
    let events = forecast.events.iter();
    events.map(|event| format!("{} {}", clock(event.at), key_name(&event.key))).collect()
}

fn codes(forecast: &Forecast) -> Vec<String> {
    let all = forecast.held.iter().flat_map(|(_, _, blockers)| blockers);
    all.map(|blocker| crate::support::names::code(blocker.code)).collect()
}

/// The wakes that leave until then.
fn wakes(world: &mut World, until: Duration) -> Vec<String> {
    world.take_left();
    world.run_until(world.now + until);
    let left = world.take_left();
    left.iter()
        .filter_map(|(at, left)| match left {
            Left::Effect(Effect::Wake(wake)) => {
                Some(format!("{} {}", clock(*at), key_name(&wake.key)))
            }
            Left::Effect(_) | Left::Reply(_) => None,
        })
        .collect()
}

#[test]
fn what_a_forecast_names_comes_true() {
    let mut world = open_world();
    world.run_until(world.now + HOUR);
    register(&mut world, "news", Some(12 * HOUR));
    register(&mut world, "shop:feed", Some(24 * HOUR));
    let foreseen = told(&look(&world, Vec::new(), 13 * HOUR, None));
    assert_eq!(foreseen, ["13:00 news"]);
    assert_eq!(wakes(&mut world, 12 * HOUR + Duration::from_secs(1)), foreseen);
}

#[test]
fn a_supposed_metered_network_holds_until_three_intervals_have_passed() {
    let mut world = open_world();
    let news = register(&mut world, "news", Some(12 * HOUR));
    let metered = vec![Supposition::Fact(FactValue::Metered(true))];
    let forecast = look(&world, metered.clone(), 30 * HOUR, Some(news));
    assert_eq!((told(&forecast), codes(&forecast)), (vec![], vec!["METERED".to_owned()]));
    let forecast = look(&world, metered, 3 * DAY, Some(news));
    assert_eq!(told(&forecast), ["1d 12:00 news"]);
}

#[test]
fn a_forecast_of_one_names_no_other() {
    let mut world = open_world();
    register(&mut world, "news", Some(12 * HOUR));
    let feed = register(&mut world, "shop:feed", Some(24 * HOUR));
    let forecast = look(&world, Vec::new(), 30 * HOUR, Some(feed));
    assert_eq!(told(&forecast), ["1d 00:00 shop:feed"]);
    let metered = vec![Supposition::Fact(FactValue::Metered(true))];
    let forecast = look(&world, metered, 30 * HOUR, Some(feed));
    assert_eq!((told(&forecast), codes(&forecast)), (vec![], vec!["METERED".to_owned()]));
}

#[test]
fn time_passes_under_what_was_supposed_before() {
    let mut world = open_world();
    let mail = register(&mut world, "news", Some(12 * HOUR));
    let suppositions = vec![
        Supposition::Fact(FactValue::Network(Reach::Offline)),
        Supposition::Advance(20 * HOUR),
        Supposition::Fact(FactValue::Network(Reach::Online)),
    ];
    let forecast = look(&world, suppositions, HOUR, Some(mail));
    assert_eq!(told(&forecast), ["20:00 news"]);
}

#[test]
fn a_battery_of_fifteen_percent_holds_periodic_events() {
    let mut world = open_world();
    register(&mut world, "news", Some(12 * HOUR));
    let low = vec![Supposition::Fact(FactValue::Battery(15))];
    let forecast = look(&world, low, DAY, None);
    assert_eq!((told(&forecast), codes(&forecast)), (vec![], vec!["BATTERY_LOW".to_owned()]));
}

#[test]
fn a_closed_browser_is_said_unless_it_is_supposed_to_be_open() {
    let mut world = World::new(Policy::default());
    world.host(HostChange::Network(Some(1)));
    let mail = register(&mut world, "mail", None);
    let forecast = look(&world, Vec::new(), DAY, Some(mail));
    assert!(codes(&forecast).contains(&"BROWSER_CLOSED".to_owned()), "{forecast:?}");
    let forecast = look(&world, vec![Supposition::BrowsersOpen], DAY, Some(mail));
    assert_eq!(told(&forecast), ["00:00:01 mail"]);
}

#[test]
fn a_forecast_shows_no_registrations_of_others() {
    let mut world = open_world();
    register(&mut world, "bob/mail", None);
    let forecast = look(&world, vec![Supposition::BrowsersOpen], DAY, None);
    assert_eq!((told(&forecast).len(), forecast.held.len()), (0, 0));
}

#[test]
fn what_runs_is_taken_to_run_into_its_limit() {
    let mut world = open_world();
    world.run_until(world.now + HOUR);
    for name in ["a", "b", "c", "d"] {
        register(&mut world, name, None);
    }
    let fifth = register(&mut world, "e", None);
    // The start limit of 30 s frees the first slot.
    assert_eq!(told(&look(&world, Vec::new(), DAY, Some(fifth))), ["01:00:30 e"]);
}

#[test]
fn what_is_supposed_together_is_so_at_once() {
    let mut world = open_world();
    let news = register(&mut world, "news", Some(12 * HOUR));
    let both = vec![
        Supposition::Fact(FactValue::Network(Reach::Offline)),
        Supposition::Advance(20 * HOUR),
        Supposition::Fact(FactValue::Network(Reach::Online)),
        Supposition::Fact(FactValue::Metered(true)),
    ];
    let forecast = look(&world, both, HOUR, Some(news));
    assert_eq!((told(&forecast), codes(&forecast)), (vec![], vec!["METERED".to_owned()]));
}
