//! The scheduler's side of the model: does what a transition says, and tells what became of it in
//! the reference's words.

use std::time::Duration;

use pwasync_core::{
    Caller, Force, NewLease, RunNow, Scheduler, Viewer,
    attempt::{Finished, Outcome},
    effect::{Counted, Effect},
    engagement::Points,
    event::Event,
    key::{AttemptId, OwnerId, RegistrationKey, SessionId},
    registration::{Registration, Reregistered, Schedule, State, Wait},
};

use super::{
    reference::{GiveBack, Reference},
    transition::{
        Key, Request, Speech, Transition, app_id, app_scope, name, owner, real_profile, site,
    },
};
use crate::support::{
    names::{self, clock, code, words},
    world::{Commits, Hello, Left, World},
};

/// Does to the world what the transition says; its answer in the reference's words.
pub(super) fn act(world: &mut World, reference: &Reference, transition: &Transition) -> String {
    let reply = happen(world, reference, transition);
    // Also what came to nothing is an input; only a jump is none.
    if !matches!(transition, Transition::Jump(_)) {
        world.tick();
    }
    reply
}

fn happen(world: &mut World, reference: &Reference, transition: &Transition) -> String {
    match transition {
        Transition::Ask(request) => return ask(world, reference, request),
        Transition::Say(speech) => return say(world, speech),
        Transition::Host(change) => world.host(*change),
        // The next request says so.
        Transition::NewLogin(_) => {}
        Transition::Policy(number) => {
            world.set_policy(Reference::policy(*number, reference.policy.settle));
        }
        Transition::Pass(by) => world.run_until(world.now + *by),
        Transition::Jump(by) => world.now = world.now + *by,
        Transition::Sleep(by) => world.sleep(*by),
        Transition::Hold => world.commits = Commits::Held,
        Transition::Commit => {
            world.commits = Commits::AtOnce;
            world.commit();
        }
        Transition::Crash => {
            world.commits = Commits::AtOnce;
            world.crash();
        }
        Transition::FailCommit => {
            world.commits = Commits::AtOnce;
            world.fail_commit();
        }
    }
    String::new()
}

fn ask(world: &mut World, reference: &Reference, request: &Request) -> String {
    match request {
        Request::Register(wish) => {
            let caller = caller(reference, wish.key.owner());
            let result = world.input(|core, now| core.register(now, &caller, wish.real()));
            result.map_or("refused".to_owned(), |done| words(done.change))
        }
        Request::Unregister(key) => {
            let caller = caller(reference, key.owner());
            words(world.input(|core, now| core.unregister(now, &caller, &key.real())))
        }
        Request::RemoveScope(key) => {
            let caller = caller(reference, key.owner());
            let worker = key.real().worker;
            world.input(|core, now| core.remove_scope(now, &caller, &worker)).to_string()
        }
        Request::Reconcile(profile, list) => {
            let caller = caller(reference, owner(*profile));
            let list = list.iter().map(|wish| wish.real()).collect();
            let profile = real_profile(*profile);
            let result = world.input(|core, now| core.reconcile(now, &caller, &profile, list));
            result.map_or("refused".to_owned(), |done| {
                format!("added {}, removed {}", done.added.len(), done.removed.len())
            })
        }
        Request::RunNow(key, force) => run_now(world, *key, *force),
        Request::Remove(key) => {
            if let Some(one) = find(world, *key) {
                let all = Viewer::Administrator;
                world.input(|core, now| core.remove_by_id(now, all, one.id));
            }
            String::new()
        }
        Request::Permission { .. }
        | Request::Installed { .. }
        | Request::ClearOrigin(..)
        | Request::Engage { .. }
        | Request::SetEngagement { .. } => ask_of_site(world, reference, request),
        Request::Lease { who, what, lasts } => {
            // What is overdue goes by the facts until now.
            world.tick();
            let (subject, what, lasts) = (who.real(), *what, *lasts);
            let new = NewLease { subject, what, place: None, lasts, reason: "".into() };
            let all = Viewer::Administrator;
            world.input(|core, now| core.lease(now, all, new)).unwrap();
            String::new()
        }
        Request::GiveBack { who, what } => {
            world.tick();
            let (subject, all) = (who.real(), Viewer::Administrator);
            let back = world.input(|core, now| match what {
                GiveBack::Pause => core.resume(now, all, &subject),
                GiveBack::Override(fact) => core.clear_override(now, all, &subject, *fact),
            });
            back.unwrap().to_string()
        }
    }
}

/// What is asked of sites and apps.
fn ask_of_site(world: &mut World, reference: &Reference, request: &Request) -> String {
    match request {
        Request::Permission { site: at, kind, state } => {
            let (caller, site) = (caller(reference, owner(at.0)), site(at.0, at.1));
            let ask =
                |core: &mut Scheduler, now| core.set_permission(now, &caller, &site, *kind, *state);
            world.input(ask).unwrap().to_string()
        }
        Request::Installed { profile, apps } => {
            let caller = caller(reference, owner(*profile));
            let apps = apps.iter().map(|app| (app_id(*app), app_scope(*app))).collect();
            let profile = real_profile(*profile);
            let changed =
                world.input(|core, now| core.set_installed_apps(now, &caller, &profile, apps));
            let changed = changed.unwrap();
            format!("added {}, removed {}", changed.added, changed.removed)
        }
        Request::ClearOrigin(profile, origin) => {
            let (caller, site) = (caller(reference, owner(*profile)), site(*profile, *origin));
            world.input(|core, now| core.clear_origin(now, &caller, &site)).to_string()
        }
        Request::Engage { site: at, report } => {
            let (caller, site) = (caller(reference, owner(at.0)), site(at.0, at.1));
            let wall = world.facts.wall.local(world.now).wall;
            let report = report.real(wall);
            world.input(|core, now| core.report_engagement(now, &caller, &site, &report)).unwrap();
            String::new()
        }
        Request::SetEngagement { site: at, points } => {
            let (site, points) = (site(at.0, at.1), Points::nearest(*points));
            world.input(|core, now| core.set_engagement(now, &site, points));
            String::new()
        }
        Request::Register(_)
        | Request::Unregister(_)
        | Request::RemoveScope(_)
        | Request::Reconcile(..)
        | Request::RunNow(..)
        | Request::Remove(_)
        | Request::Lease { .. }
        | Request::GiveBack { .. } => unreachable!("it is of no site"),
    }
}

fn say(world: &mut World, speech: &Speech) -> String {
    match speech {
        Speech::Attach { profile, capacity, running, finished, launched } => {
            let launch = world.launches.get(&real_profile(*profile)).map(|(_, token)| *token);
            let stale = world.ended().next();
            let running = running.iter().filter_map(|key| heard_of(world, *key)).chain(stale);
            let said = finished
                .iter()
                .filter_map(|(key, outcome)| Some(ended(heard_of(world, *key)?, *outcome, None)));
            let hello = Hello {
                capacity: Some(*capacity),
                running: running.collect(),
                finished: said.collect(),
                launch: launch.filter(|_| *launched),
            };
            let opened = world.attach(&real_profile(*profile), hello, |_| None);
            return format!("abandon {}", opened.abandon.len() - usize::from(stale.is_some()));
        }
        Speech::Ready(profile) => world.ready(&real_profile(*profile)),
        Speech::Close(profile) => world.close(&real_profile(*profile)),
        Speech::Started(key) => {
            if let Some((session, attempt)) = heard_here(world, *key) {
                world.event(Event::AttemptStarted { session, attempt });
            }
        }
        Speech::Finished { key, outcome, retry_after } => {
            if let Some((session, attempt)) = heard_here(world, *key) {
                let finished = ended(attempt, *outcome, *retry_after);
                world.event(Event::AttemptFinished { session, finished });
            }
        }
        Speech::FinishedLate(profile) => {
            world.tick();
            let session = world.browsers.get(&real_profile(*profile)).map(|browser| browser.id);
            if let (Some(session), Some(attempt)) = (session, world.ended().last()) {
                let before = world.scheduler.to_saved();
                let finished = ended(attempt, Outcome::Completed, None);
                world.event(Event::AttemptFinished { session, finished });
                assert_eq!(world.scheduler.to_saved(), before, "a late outcome counted");
            }
        }
        Speech::Launcher(owner, profiles) => {
            let profiles = profiles.iter().map(|one| real_profile(*one).profile).collect();
            world.open_launcher(real_owner(*owner), profiles);
        }
        Speech::LauncherProfiles(owner, profiles) => {
            let profiles = profiles.iter().map(|one| real_profile(*one).profile).collect();
            world.launcher_profiles(real_owner(*owner), profiles);
        }
        Speech::LauncherClosed(owner) => world.close_launcher(real_owner(*owner)),
        Speech::LaunchFailed(profile) => {
            let launch = world.launches.get(&real_profile(*profile)).copied();
            if let Some((launcher, token)) = launch {
                world.event(Event::LaunchFailed { launcher, token, reason: "".into() });
            }
        }
    }
    String::new()
}

fn run_now(world: &mut World, key: Key, force: Force) -> String {
    let Some(one) = find(world, key) else { return String::new() };
    let mut reply = String::new();
    world.run_now(
        |core, now, force| {
            let firm = |codes: Vec<String>| format!("held by {}", codes.join(" "));
            reply = match core.run_now(now, Viewer::Administrator, one.id, force) {
                None => String::new(),
                Some(RunNow::Woken { .. }) => "runs".to_owned(),
                Some(RunNow::AlreadyRunning(_)) => "runs already".to_owned(),
                Some(RunNow::Held(blockers)) => {
                    firm(blockers.iter().map(|blocker| code(blocker.code)).collect())
                }
            };
            None
        },
        force,
    );
    reply
}

fn real_owner(owner: usize) -> OwnerId {
    names::owner(["ana", "bob"][owner])
}

fn caller(reference: &Reference, owner: usize) -> Caller {
    let id = real_owner(owner);
    Caller { owner: id, name: reference.login(owner).to_string().into() }
}

fn ended(attempt: AttemptId, outcome: Outcome, retry_after: Option<Duration>) -> Finished {
    Finished { attempt, outcome, detail: "".into(), retry_after }
}

fn find(world: &World, key: Key) -> Option<Registration> {
    Some(world.scheduler.registration(world.now, &key.real())?.registration)
}

/// The attempt of a key, if its wake reached a browser.
fn heard_of(world: &World, key: Key) -> Option<AttemptId> {
    let attempt = find(world, key)?.running()?.id;
    world.was_delivered(attempt).then_some(attempt)
}

/// The same, with the session that can speak of it.
fn heard_here(world: &World, key: Key) -> Option<(SessionId, AttemptId)> {
    let attempt = heard_of(world, key)?;
    Some((world.browsers.get(&real_profile(key.profile))?.id, attempt))
}

/// What left, in the reference's words.
pub(super) fn said(world: &World, left: &Left) -> Option<String> {
    let Left::Effect(effect) = left else { return None };
    match effect {
        Effect::Wake(wake) => {
            let chance = if wake.last_chance { " last chance" } else { "" };
            Some(format!("wake {}{chance}", name(&wake.key)))
        }
        Effect::Cancel { attempt, reason, .. } => {
            Some(format!("cancel {} {}", name(world.key_of(*attempt)), words(reason)))
        }
        Effect::Recorded { counted, .. } => Some(format!("recorded {}", *counted == Counted::Yes)),
        Effect::CloseSession { .. } => Some("superseded".to_owned()),
        Effect::Launch { profile, .. } => {
            let place = (0..3).find(|place| real_profile(*place) == *profile)?;
            Some(format!("launch {place}"))
        }
        Effect::LaunchCancel { .. } => Some("cancel launch".to_owned()),
        Effect::CloseLauncher(_) => Some("close launcher".to_owned()),
        Effect::CheckConnection(_) => Some("check connection".to_owned()),
        Effect::Record(_)
        | Effect::Notify(_)
        | Effect::Inhibit(_)
        | Effect::WakeMachine(_)
        | Effect::HostChanged => None,
    }
}

/// The whole list in the reference's words.
pub(super) fn listed(world: &World) -> Vec<String> {
    let list = world.scheduler.to_saved().registrations;
    list.iter().map(|one| describe(world, one)).collect()
}

fn describe(world: &World, one: &Registration) -> String {
    let state = match &one.state {
        State::Pending => "due".to_owned(),
        State::Waiting { until, wait: Wait::Period } => format!("period until {}", clock(*until)),
        State::Waiting { until, wait: Wait::BackOff { earliest } } => {
            format!("back-off until {} from {}", clock(*until), clock(*earliest))
        }
        State::Suspended { since } => format!("suspended since {}", clock(*since)),
        State::Firing { attempt, reregistered } => {
            let (sent, until) = (clock(attempt.sent_at), clock(attempt.deadline()));
            let started = attempt.started_at().map_or("not".to_owned(), clock);
            let again = *reregistered == Reregistered::WhileFiring;
            format!(
                "firing {} sent {sent} started {started} until {until} last {} \
                 forward {} again {again}",
                attempt.number, attempt.last_chance, attempt.brought_forward
            )
        }
    };
    let row =
        one.streak.map_or("none".to_owned(), |row| format!("{} {}", row.length, words(row.of)));
    let life = match one.schedule {
        Schedule::OneOff { expires_at } => format!("expires {}", clock(expires_at)),
        Schedule::Periodic { min_interval, anchor, plan } => {
            format!("every {min_interval:?} from {} by {:?}", clock(anchor), Some(plan))
        }
    };
    format!(
        "{} {}: {state}; {} of {} charged, {} forward; row {row}; {life}; {}",
        one.id,
        name(&one.key),
        one.attempts,
        one.max_attempts,
        one.brought_forward,
        codes(world, &one.key).join(" ")
    )
}

pub(super) fn codes(world: &World, key: &RegistrationKey) -> Vec<String> {
    let view = world.scheduler.registration(world.now, key).unwrap();
    view.blockers.iter().map(|blocker| code(blocker.code)).collect()
}
